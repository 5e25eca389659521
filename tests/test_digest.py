"""Digests in all their forms are read, nothing is lost silently, and bad input is told."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import SourceError
from kg.model import Paper, Skipped, Summary
from kg.readers.digest import find_digests, parse_byline, parse_digest, read_digests

HEAD = "| Title | Authors | Summary |\n|-------|---------|---------|\n"
LINK = "(Read more on [arXiv](https://arxiv.org/abs/2401.00001) or [HuggingFace](https://huggingface.co/papers/2401.00001))"


NO_DAY = "row below no line '## Papers for DATE'"


def day(*rows: str, date: str = "2024-01-02") -> str:
    return f"\n\n## Papers for {date}\n\n{HEAD}" + "\n".join(rows) + "\n"


def only(text: str) -> Summary:
    (found,) = parse_digest(text)
    assert isinstance(found, Summary), found
    return found


def reasons(text: str) -> list[str]:
    return [found.reason for found in parse_digest(text) if isinstance(found, Skipped)]


def test_a_row_becomes_a_summary() -> None:
    found = only(day(f"| Alpha: A Method {LINK}| Ann Lee, bob-7 | It works.  Well. |"))
    assert found.key == ("digest", "2024-01-02", "2401.00001")
    assert (found.title, found.byline, found.abstract) == (
        "Alpha: A Method",
        "Ann Lee, bob-7",
        "It works.  Well.",
    )
    assert found.paper.links == (
        "https://arxiv.org/abs/2401.00001",
        "https://huggingface.co/papers/2401.00001",
    )
    assert [(author.name, author.kind) for author in found.authors] == [
        ("Ann Lee", "name"),
        ("bob-7", "handle"),
    ]


def test_a_title_that_wraps_is_joined_by_one_space() -> None:
    assert (
        only(day("| Alpha: A Very", "  Long", f"  Title {LINK}| Ann Lee | Text. |")).title
        == "Alpha: A Very Long Title"
    )


def test_a_summary_keeps_its_bars_and_marks() -> None:
    text = "Keys | values, `code`, **bold**, <time>, 4Ã—4."
    assert only(day(f"| Alpha {LINK}| | {text} |")).abstract == text


def test_an_empty_author_cell_is_no_author() -> None:
    assert only(day(f"| Alpha {LINK}|  | Text. |")).authors == ()


def test_the_form_with_a_link_cell() -> None:
    row = "| Alpha: A Method | Ann Lee | Some | text. | [Read more](https://arxiv.org/abs/2409.00001v2) |"
    found = only(f"## Papers for 2024-09-06\n\n| Title | Authors | Summary | Link |\n|--|--|--|--|\n{row}\n")
    assert (found.title, found.byline, found.abstract) == ("Alpha: A Method", "Ann Lee", "Some | text.")
    assert found.paper == Paper("2409.00001")


def test_the_form_with_a_dash() -> None:
    found = only(day("| Alpha - read more on [arXiv](https://arxiv.org/abs/2409.00002) | ann | Text. |"))
    assert (found.title, found.paper.arxiv_id) == ("Alpha", "2409.00002")


def test_an_old_identifier_is_read() -> None:
    row = "| Alpha (Read more on [arXiv](https://arxiv.org/abs/hep-th/9901001))| ann | Text. |"
    assert only(day(row)).paper.arxiv_id == "hep-th/9901001"


def test_several_days_in_one_text() -> None:
    row = f"| Alpha {LINK}| ann | Text. |"
    found = list(parse_digest(day(row) + day(row, date="2024-01-03")))
    assert [summary.date for summary in found if isinstance(summary, Summary)] == ["2024-01-02", "2024-01-03"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no digest: no line '## Papers for DATE'"),
        ("# Notes\n\nSome text.\n", "no digest: no line '## Papers for DATE'"),
        (day("| Alpha | ann | Text. |"), "row without an arXiv link"),
        (day(f"| Alpha {LINK}| ann | Text that stops"), "row cut off: it does not end in '|'"),
        (day(f"| Alpha {LINK}| ann |"), "row cut off: fewer than three cells"),
        (day(f"| {LINK}| ann | Text. |"), "row without a title"),
        (day("Some words."), "text outside a table"),
        (day("|"), "row cut off: it does not end in '|'"),
        (day(f"| Alpha {LINK}| ann | T. | | Beta {LINK}| ann | T. |"), "two rows on one line"),
        (day() + f"### Papers for 2024-01-03\n| Alpha {LINK}| ann | T. |\n", NO_DAY),
        (day(HEAD.splitlines()[0] + f" | A {LINK}| ann | T. |"), "row on the line of its table's head"),
        (
            day(f"| Alpha {LINK}| ann | T. |").replace("2401.00001", "２４０１.00001"),
            "row without an arXiv link",
        ),
        (f"| Alpha {LINK}| ann | T. |\n" + day(f"| Beta {LINK}| ann | T. |"), NO_DAY),
        (f"### Papers for 2024-01-02\n| Alpha {LINK}| ann | T. |\n", NO_DAY),
        (
            day(f"| Alpha {LINK}| ann | T. |", date="yesterday"),
            "not a heading like '## Papers for 2024-10-01'",
        ),
        (day(f"| Alpha {LINK}| ann | T. |", date="2024-02-30"), NO_DAY),
    ],
)
def test_what_cannot_be_read_is_told(text: str, reason: str) -> None:
    assert reason in reasons(text)


def test_a_row_cut_in_half_does_not_take_the_next_one() -> None:
    text = day("| Alpha: A Very", f"| Beta {LINK}| ann | Text. |")
    first, second = parse_digest(text, "file.md")
    assert first == Skipped("file.md", 7, "row cut off: it does not end in '|'", "| Alpha: A Very")
    assert isinstance(second, Summary)
    assert second.title == "Beta"


def test_controls_and_lone_surrogates_are_not_stored() -> None:
    found = only(day(f"| Al\x00ph\x1ba {LINK}| ann | Te\ud800xt\uffff\tand\x07 more.\r |"))
    assert (found.title, found.abstract) == ("Alpha", "Text and more.")


def test_a_huge_cell_is_read() -> None:
    for cell in (
        "*" * 20_000,
        "word " * 20_000,
        "| " * 50_000,
        "- " * 50_000,
        "(" * 100_000,
        " " * 100_000 + "x",
    ):
        assert only(day(f"| Alpha {LINK}| {cell.replace('|', ',')} | {cell} x |")).title == "Alpha"


def test_one_paper_twice_on_one_day(tmp_path: Path) -> None:
    row, other = f"| Alpha {LINK}| ann | Text. |", f"| Alpha {LINK}| ann | Another text. |"
    (tmp_path / "a.md").write_text(day(row, row))
    (tmp_path / "b.md").write_text(day(other))
    first, second = read_digests([str(tmp_path)])
    assert isinstance(first, Summary)
    assert isinstance(second, Skipped)
    assert (second.line, second.reason) == (7, "another text for the same paper and day stands before it")


def test_the_order_of_sources_does_not_matter(tmp_path: Path) -> None:
    for name in "ba":
        (tmp_path / f"{name}.md").write_text(
            day(f"| {name} {LINK}| ann | Text. |", date=f"2024-01-0{ord(name) - 96}")
        )
    both = [str(tmp_path / "a.md"), str(tmp_path / "b.md")]
    assert (
        list(read_digests(both)) == list(read_digests(both[::-1])) == list(read_digests([f"{tmp_path}/*.md"]))
    )
    assert find_digests([*both, str(tmp_path)]) == both


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(day(f"| Ä {LINK}| a | T. |").encode())))
    (found,) = read_digests(["-"])
    assert isinstance(found, Summary)
    assert found.title == "Ä"


def test_a_binary_file_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"\x89PNG\xff\xfe\x00")
    (tmp_path / "b.md").write_text(day(f"| Alpha {LINK}| ann | Text. |"))
    first, second = read_digests([str(tmp_path)])
    assert first == Skipped(
        str(tmp_path / "a.md"), 0, "cannot be read: not UTF-8 text (invalid start byte at byte 0)", ""
    )
    assert isinstance(second, Summary)


def test_what_a_folder_holds_is_read_or_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "broken.md").symlink_to(tmp_path / "nowhere")
    (tmp_path / "good.md").write_text(day(f"| Alpha {LINK}| ann | Text. |"))
    told = [each for each in read_digests([str(tmp_path)]) if isinstance(each, Skipped)]
    assert [(Path(each.source).name, each.reason) for each in told] == [
        ("broken.md", "cannot be read: not a regular file"),
        ("pipe.md", "cannot be read: not a regular file"),
    ]


def test_an_endless_source_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.readers.digest.LARGEST", 1 << 20)
    (found,) = read_digests(["/dev/zero"])
    assert found == Skipped("/dev/zero", 0, "cannot be read: larger than 1 MB", "")


def test_sources_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no file or folder"):
        list(read_digests([str(tmp_path / "nowhere.md")]))
    with pytest.raises(SourceError, match="no file or folder"):
        list(read_digests(["x" * 3000]))
    with pytest.raises(SourceError, match=r"holds no file that ends in \.md"):
        list(read_digests([str(tmp_path)]))


@given(st.text(max_size=200))
def test_any_byline_slices_back(byline: str) -> None:
    for author in parse_byline(byline):
        assert byline[author.evidence.start : author.evidence.end] == author.evidence.quote == author.name


@given(st.text(st.sampled_from("| #\n-()[]abc.1/:\\*`<>\r\t\x00"), max_size=300))
def test_any_text_is_read_or_told(text: str) -> None:
    lines = [line for line in text.split("\n") if line.strip()]
    found = list(parse_digest(f"## Papers for 2024-01-02\n{text}", "x"))
    assert all(isinstance(each, Summary | Skipped) for each in found)
    assert found or not any(line.strip("|- \t\r\x00:").startswith(("a", "b", "c")) for line in lines)


def test_the_corpus_is_read_whole(shared: Path) -> None:
    found = list(read_digests([str(shared / "corpus")]))
    summaries = [each for each in found if isinstance(each, Summary)]
    assert (len(found), len(summaries)) == (3715, 3715)
    assert len({summary.paper for summary in summaries}) == 3705
    assert sum(not summary.title or not summary.abstract for summary in summaries) == 0
