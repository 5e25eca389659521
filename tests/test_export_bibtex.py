"""BibTeX holds the papers: pybtex reads back every title and name as it was."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hostile import NAMES, export_twice, hostile_facts
from pybtex.database import BibliographyData, Entry, Person, parse_string
from stores import passing_store_of, store_of, with_500_summaries

from kg.build import build
from kg.export.bibtex import to_bibtex
from kg.model import Facts, Paper, Summary
from kg.readers.digest import parse_byline
from kg.store import Store

COMMANDS = {
    "textbackslash{}": "\\",
    "textbraceleft{}": "{",
    "textbraceright{}": "}",
    "textasciitilde{}": "~",
    "textasciicircum{}": "^",
    "textless{}": "<",
    "textgreater{}": ">",
    "textbar{}": "|",
}
COMMAND = re.compile(r"\\(text[a-z]+\{\}|[&%$#_])")


def text(store: Store) -> str:
    return b"".join(to_bibtex(store)).decode("utf-8")


def read(store: Store) -> dict[str, tuple[str, Entry]]:
    """By arXiv id: the key and the entry."""
    library: BibliographyData = parse_string(text(store), "bibtex")
    return {plain(entry.fields["eprint"]): (key, entry) for key, entry in library.entries.items()}


def plain(latex: str) -> str:
    """What LaTeX prints; nothing in it may run but the commands that print one character."""
    assert not re.search(r"[\\{}~^&%$#_<>|]", COMMAND.sub("", latex)), latex
    return COMMAND.sub(lambda found: COMMANDS.get(found[1], found[1]), latex)


def title(entry: Entry) -> str:
    braced = entry.fields["title"]
    assert (braced[0], braced[-1]) == ("{", "}")
    return plain(braced[1:-1])


def name(person: Person) -> str:
    """One person's name; what is braced is all of it."""
    parts = [*person.first_names, *person.middle_names, *person.prelast_names, *person.last_names]
    assert not person.lineage_names
    if parts[0].startswith("{") and parts[-1].endswith("}"):
        assert len(parts) == 1
        return plain(parts[0][1:-1])
    return plain(" ".join(parts))


def spaced(words: str) -> str:
    """BibTeX takes a run of spaces for one."""
    return " ".join(words.split())


def check(store: Store, found: list[Facts]) -> None:
    entries = read(store)
    papers = {each.summary.paper.arxiv_id for each in found}
    assert list(entries) == sorted(papers)
    for paper in papers:
        own = sorted((f.summary for f in found if f.summary.paper.arxiv_id == paper), key=lambda s: s.date)
        authors = next((summary.authors for summary in own if summary.authors), ())
        key, entry = entries[paper]
        assert re.fullmatch(r"[a-z0-9-]+-[A-Za-z0-9.-]+", key)
        assert entry.type == "misc"
        assert spaced(title(entry)) == spaced(own[0].title)
        assert [spaced(name(p)) for p in entry.persons.get("author", [])] == [spaced(a.name) for a in authors]
        assert entry.fields["archiveprefix"] == "arXiv"
        assert entry.fields["url"] == f"https://arxiv.org/abs/{paper}"


@with_500_summaries
def test_bibtex_holds_the_papers_of_500_summaries(found: list[Facts]) -> None:
    with passing_store_of(found) as store:
        check(store, found)


def test_hostile_text_survives(tmp_path: Path) -> None:
    found = [hostile_facts(name, f"2401.{number:05}") for number, name in enumerate(NAMES)]
    with store_of(found, tmp_path) as store:
        check(store, found)
        for entry in text(store).split("\n\n"):
            assert entry.count("{") == entry.count("}"), "BibTeX counts braces, a \\ before them or not"


def of(paper: str, byline: str = "", day: str = "2024-10-01", title: str = "A title") -> Facts:
    return Facts(Summary(Paper(paper), "digest", day, title, "", byline, parse_byline(byline)), "f")


def test_an_entry_reads_well(tmp_path: Path) -> None:
    found = of("2409.20566", "Ada King, Zoë de la Cruz, spellfan7, Plato", title="R&D at 50%: a_b")
    with store_of([found], tmp_path) as store:
        assert text(store).partition("\n\n")[2] == (
            "@misc{king2024-2409.20566,\n"
            "  title = {{R\\&D at 50\\%: a\\_b}},\n"
            "  author = {Ada King and Zoë de la Cruz and {spellfan7} and {Plato}},\n"
            "  year = {2024},\n"
            "  month = sep,\n"
            "  eprint = {2409.20566},\n"
            "  archiveprefix = {arXiv},\n"
            "  url = {https://arxiv.org/abs/2409.20566}\n"
            "}\n"
        )


@pytest.mark.parametrize(
    ("paper", "key", "year", "month"),
    [
        ("2409.20566", "king2024-2409.20566", "2024", "September"),
        ("0704.0001", "king2007-0704.0001", "2007", "April"),
        ("hep-th/9901001", "king1999-hep-th-9901001", "1999", "January"),
        ("math.GT/0309136", "king2003-math.GT-0309136", "2003", "September"),
        ("cs/0012001", "king2000-cs-0012001", "2000", "December"),
    ],
)
def test_an_id_tells_year_and_month(paper: str, key: str, year: str, month: str, tmp_path: Path) -> None:
    with store_of([of(paper, "Ada King")], tmp_path) as store:
        ((found, entry),) = read(store).values()
    assert (found, entry.fields["year"], entry.fields["month"]) == (key, year, month)


def test_what_is_not_known_is_not_said(tmp_path: Path) -> None:
    with store_of([of("2413.00001")], tmp_path) as store:
        ((key, entry),) = read(store).values()
    assert key == "anonymous-2413.00001"
    assert set(entry.fields) == {"title", "eprint", "archiveprefix", "url"}


def test_a_paper_with_two_summaries_stands_once(tmp_path: Path) -> None:
    found = [
        of("2409.20566", "Alan Turing, Ada King", day="2024-10-03", title="The later title"),
        of("2409.20566", "Ada King, Alan Turing", day="2024-10-02", title="The other title"),
        of("2409.20566", "", day="2024-10-01", title="The first title"),
    ]
    with store_of(found, tmp_path) as store:
        ((_, entry),) = read(store).values()
    assert title(entry) == "The first title"
    assert [str(person) for person in entry.persons["author"]] == ["King, Ada", "Turing, Alan"]


def test_the_same_graph_gives_the_same_bytes(tmp_path: Path) -> None:
    build([], tmp_path / "graph")
    one, other = export_twice(tmp_path / "graph", tmp_path, "bibtex")
    assert one == other
    assert one["bibtex"].count(b"\n@misc{") == 10
