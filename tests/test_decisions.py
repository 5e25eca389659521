"""People's decisions about names: applied by each build, taken back without a trace."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from digests import digest, row

from kg import lookup
from kg.build import build, import_graphs, merge, remove, split
from kg.cli import main
from kg.errors import QueryError, SourceError
from kg.lookup import explain, find
from kg.resolve.overrides import OVERRIDES, Override
from kg.store import open_store

FLOWERS = digest(
    "2024-01-01",
    row("2401.00001", "TulipNet: Pruning", "Ann Lee", "This paper introduces TulipNet, a pruning method."),
    row("2401.00004", "On TulipNet", "Ed Xu", "This paper introduces TulipNet, a pruning method."),
    row("2401.00002", "RoseNet: Pruning", "Bo Yu", "This paper introduces RoseNet, a pruning method."),
    row(
        "2401.00003",
        "Gauging flowers",
        "Cy Do",
        "We compare Tulip-Net, a pruning method, with DPO on GSM8K.",
    ),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "flowers.md").write_text(FLOWERS, encoding="utf-8")
    build([str(tmp_path / "flowers.md")], tmp_path / "out")
    return tmp_path / "out"


def kg(*words: str, code: int = 0) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["kg", *words])
        with pytest.raises(SystemExit) as stopped:
            main()
    assert int(stopped.value.code or 0) == code


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".store" not in path.parts
    }


def table(shown: str) -> list[list[str]]:
    """The rows of what a command shows about papers, cell by cell."""
    return [re.split(r" {2,}", line) for line in shown.splitlines() if "2401." in line]


def forms(folder: Path, name: str) -> list[str]:
    with open_store(folder) as store:
        (found,) = find(store, name)
        return lookup.forms(store, found.iri)


def test_a_merge_is_applied_kept_by_builds_and_undone_byte_for_byte(folder: Path) -> None:
    before = contents(folder)
    merge("RoseNet", "TulipNet", folder)
    assert forms(folder, "TulipNet") == ["RoseNet", "Tulip-Net", "TulipNet"]
    with open_store(folder) as store:
        (found,) = find(store, "RoseNet")
        assert found.label == "TulipNet"
        (written,) = explain(store, found).sections
    assert ("RoseNet", "by hand", "1", "2401.00002") in written.table.rows
    decided = contents(folder)
    build([str(folder.parent / "flowers.md")], folder)
    assert contents(folder) == decided
    merge("RoseNet", "TulipNet", folder, undo=True)
    assert contents(folder) == before


def test_a_split_is_applied_and_undone_byte_for_byte(folder: Path) -> None:
    before = contents(folder)
    split("Tulip-Net", folder)
    assert forms(folder, "TulipNet") == ["TulipNet"]
    assert forms(folder, "Tulip-Net") == ["Tulip-Net"]
    split("Tulip-Net", folder, undo=True)
    assert contents(folder) == before


def test_a_split_says_in_how_many_papers_it_holds_and_why_in_others_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = "We use supervised fine-tuning (SFT) on GSM8K. SFT helps."
    texts = [both, both, "We use SFT on GSM8K.", "We use supervised fine-tuning on GSM8K."]
    rows = [row(f"2401.0000{n}", f"On {n}", "Ann Lee", text) for n, text in enumerate(texts)]
    (tmp_path / "one.md").write_text(digest("2024-01-01", *rows))
    folder = tmp_path / "out"
    build([str(tmp_path / "one.md")], folder)
    before = contents(folder)
    kg("split", "SFT", "-s", str(folder))
    assert capsys.readouterr().err == (
        "SFT is now a method by itself in 1 paper; "
        "in 2, which also write another name, it stays supervised fine-tuning.\n"
    )
    kg("validate", "-q", "-s", str(folder))
    import_graphs([str(folder / "graph.nq")], tmp_path / "without")
    assert contents(tmp_path / "without")["graph.nq"] == before["graph.nq"]
    kg("split", "SFT", "--undo", "-s", str(folder))
    assert capsys.readouterr().err == "SFT is no longer a method by itself.\n"
    assert contents(folder) == before


def test_decisions_of_both_kinds_meet(folder: Path) -> None:
    split("Tulip-Net", folder)
    merge("Tulip-Net", "RoseNet", folder)
    assert forms(folder, "RoseNet") == ["RoseNet", "Tulip-Net"]
    assert (folder / OVERRIDES).read_text() == (
        "decision,type,name,into\nmerge,method,Tulip-Net,RoseNet\nsplit,method,Tulip-Net,\n"
    )


REFUSED = [
    (("merge", "Rosnet", "TulipNet"), "nothing in the graph is named 'Rosnet'; near: RoseNet"),
    (
        ("merge", "Ann Lee", "Bo Yu"),
        "'Ann Lee' is an author, and neither authors nor papers are merged or split by hand",
    ),
    (("split", "TulipNet"), "'TulipNet' is what the method is called by; split its other names: Tulip-Net"),
    (
        ("merge", "GSM8K", "TulipNet"),
        "'GSM8K' is a benchmark, 'TulipNet' a method: only things of one type are merged",
    ),
    (("merge", "Tulip-Net", "TulipNet"), "'Tulip-Net' and 'TulipNet' are one method already: TulipNet"),
    (("split", "RoseNet"), "'RoseNet' is a method by itself already"),
    (("split", "tulipnet"), "nothing is written 'tulipnet'; TulipNet is written Tulip-Net, TulipNet"),
]


@pytest.mark.parametrize(("command", "message"), REFUSED)
def test_what_cannot_be_decided_is_said(folder: Path, command: tuple[str, ...], message: str) -> None:
    before = contents(folder)
    with pytest.raises(QueryError) as error:
        {"merge": merge, "split": split}[command[0]](*command[1:], folder=folder)  # type: ignore[operator]
    assert str(error.value) == message
    assert contents(folder) == before


def test_what_was_not_decided_cannot_be_taken_back(folder: Path) -> None:
    with pytest.raises(QueryError, match="no such decision was taken; there are: none"):
        split("RoseNet", folder, undo=True)
    merge("RoseNet", "TulipNet", folder)
    with pytest.raises(QueryError, match=r"there are: kg merge RoseNet TulipNet --type method --undo$"):
        merge("TulipNet", "GSM8K", folder, undo=True)
    with pytest.raises(QueryError, match=r"undo that first: kg merge RoseNet TulipNet --type method --undo$"):
        split("RoseNet", folder)
    with pytest.raises(QueryError, match="no type 'metod'; there are model, method"):
        merge("RoseNet", "TulipNet", folder, undo=True, type="metod")


def test_the_words_that_decided_it_take_it_back(folder: Path) -> None:
    before = contents(folder)
    merge("rosenet", "tulip net", folder)
    merge("rosenet", "tulip net", folder, undo=True)
    assert contents(folder) == before
    merge("Tulip-Net", "RoseNet", folder)
    assert (folder / OVERRIDES).read_text() == "decision,type,name,into\nmerge,method,TulipNet,RoseNet\n"
    merge("Tulip-Net", "RoseNet", folder, undo=True)
    assert contents(folder) == before


def test_pages_that_tell_of_the_graph_as_it_was_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kg("view", "TulipNet", "-q", "-s", str(folder))
    kg("merge", "RoseNet", "TulipNet", "-s", str(folder))
    told = capsys.readouterr().err.splitlines()[1:]
    assert told == ["Not written anew: around-tulipnet.html; kg view writes such files."]


def test_decisions_that_change_nothing_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / OVERRIDES).write_text(
        "decision,type,name,into\nmerge,method,RosNet,TulipNet\nsplit,method,Fern,\n"
    )
    kg("build", str(folder.parent / "flowers.md"), "-o", str(folder))
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("Without effect")]
    assert told == [
        "Without effect: overrides.csv:2: merge of the method 'RosNet' into 'TulipNet'; "
        "no method is named 'RosNet'; near: RoseNet.",
        "Without effect: overrides.csv:3: split of the method 'Fern'; "
        "no text names a method 'Fern'; try: kg search WORDS.",
    ]


CONTRADICTORY = [
    (
        "merge,method,A,B\nmerge,method,A,C",
        "overrides.csv:2 and 3: the method 'A' is merged into 'B' and into",
    ),
    ("merge,method,A,A", "overrides.csv:2: 'A' is merged into itself"),
    ("merge,method,A,B\nmerge,method,B,C\nmerge,method,C,A", "overrides.csv:3 and 4: 'C' is merged into its"),
]


@pytest.mark.parametrize(("lines", "message"), CONTRADICTORY)
def test_contradictory_lines_stop_a_build_and_leave_the_graph(folder: Path, lines: str, message: str) -> None:
    (folder / OVERRIDES).write_text(f"decision,type,name,into\n{lines}\n")
    before = contents(folder)
    with pytest.raises(SourceError, match=message):
        build([str(folder.parent / "flowers.md")], folder)
    assert contents(folder) == before


CONTRADICTED = [
    ("merge,method,RoseNet,TulipNet\nmerge,method,rosenet,DPO", "line 2, merge of the method 'RoseNet' into"),
    ("merge,method,RoseNet,TulipNet\nmerge,method,tulipnet,RoseNet", "line 2, merge of the method 'RoseNet'"),
    ("split,method,Tulip-Net,\nmerge,method,Tulip-Net,TulipNet", "line 2, split of the method 'Tulip-Net'"),
    ("split,method,Tulip-Net,\nmerge,method,TulipNet,Tulip-Net", "line 2, split of the method 'Tulip-Net'"),
]


@pytest.mark.parametrize(("lines", "message"), CONTRADICTED)
def test_a_line_that_another_contradicts_in_other_words_changes_nothing_and_names_it(
    folder: Path, lines: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first, _ = lines.split("\n")
    (folder / OVERRIDES).write_text(f"decision,type,name,into\n{first}\n")
    build([str(folder.parent / "flowers.md")], folder)
    before = contents(folder)["graph.nq"]
    (folder / OVERRIDES).write_text(f"decision,type,name,into\n{lines}\n")
    kg("build", str(folder.parent / "flowers.md"), "-o", str(folder))
    assert contents(folder)["graph.nq"] == before
    (told,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("Without effect")]
    assert told.startswith("Without effect: overrides.csv:3: merge") and message in told


def test_names_in_the_file_are_read_as_the_command_reads_them(folder: Path) -> None:
    merge("RoseNet", "TulipNet", folder)
    decided = contents(folder)["graph.nq"]
    (folder / OVERRIDES).write_text("decision,type,name,into\nMerge, method, rosenet , tulip-net\n")
    build([str(folder.parent / "flowers.md")], folder)
    assert contents(folder)["graph.nq"] == decided


def test_what_contradicts_an_earlier_decision_is_refused_with_the_way_out(folder: Path) -> None:
    split("Tulip-Net", folder)
    undo = "kg split Tulip-Net --type method --undo"
    with pytest.raises(QueryError, match=f"contradicts the split of the method 'Tulip-Net'; .*: {undo}$"):
        merge("Tulip-Net", "TulipNet", folder)
    with pytest.raises(QueryError, match="'Tulip-Net' is a method by itself already"):
        split("Tulip-Net", folder)
    split("Tulip-Net", folder, undo=True)
    merge("RoseNet", "TulipNet", folder)
    undo = "kg merge RoseNet TulipNet --type method --undo"
    with pytest.raises(QueryError, match=f"'RoseNet' is TulipNet by an earlier decision: .*: {undo}$"):
        merge("RoseNet", "DPO", folder)


def test_a_name_of_another_type_is_said_to_be_one(folder: Path) -> None:
    with pytest.raises(QueryError, match=r"^no method is named 'GSM8K'; it is a benchmark$"):
        merge("GSM8K", "TulipNet", folder, type="method")


def test_decisions_about_several_types_are_told_apart(folder: Path) -> None:
    (folder / OVERRIDES).write_text("decision,type,name,into\nmerge,method,A,B\nmerge,task,A,B\n")
    told = "several such decisions were taken; there are: kg merge A B --type method --undo; kg merge A B --t"
    with pytest.raises(QueryError, match=told):
        merge("A", "B", folder, undo=True)
    merge("A", "B", folder, undo=True, type="task")
    assert (folder / OVERRIDES).read_text() == "decision,type,name,into\nmerge,method,A,B\n"


def test_ready_commands_hold_any_name(tmp_path: Path) -> None:
    text = "We compare Tulip Net, a pruning method, with DPO."
    (tmp_path / "one.md").write_text(digest("2024-01-01", row("2401.00001", "On Flowers", "Ann Lee", text)))
    build([str(tmp_path / "one.md")], tmp_path / "out")
    (tmp_path / "out" / OVERRIDES).write_text("decision,type,name,into\nmerge,method,-Zero,Tulip Net\n")
    with pytest.raises(QueryError, match=r"there are: kg merge --type method --undo -- -Zero 'Tulip Net'$"):
        merge("DPO", "DPO", tmp_path / "out", undo=True)
    kg("merge", "-s", str(tmp_path / "out"), "--type", "method", "--undo", "--", "-Zero", "Tulip Net")
    assert not (tmp_path / "out" / OVERRIDES).exists()


def test_a_decision_comes_back_with_a_graph_and_its_file_and_is_told_without_it(tmp_path: Path) -> None:
    text = "This paper introduces TulipNet, a pruning method, and RoseNet, a pruning method."
    (tmp_path / "one.md").write_text(digest("2024-01-01", row("2401.00001", "On Flowers", "Ann Lee", text)))
    build([str(tmp_path / "one.md")], tmp_path / "out")
    undecided = contents(tmp_path / "out")["graph.nq"]
    merge("RoseNet", "TulipNet", tmp_path / "out")
    decided = contents(tmp_path / "out")["graph.nq"]
    master = str(tmp_path / "out" / "graph.nq")
    import_graphs([master], tmp_path / "without")
    assert contents(tmp_path / "without")["graph.nq"] == undecided
    (tmp_path / "with").mkdir()
    (tmp_path / "with" / OVERRIDES).write_bytes((tmp_path / "out" / OVERRIDES).read_bytes())
    import_graphs([master], tmp_path / "with")
    assert contents(tmp_path / "with")["graph.nq"] == decided


def test_a_decision_about_a_name_that_came_to_mean_several_things_waits(folder: Path) -> None:
    merge("RoseNet", "TulipNet", folder)
    text = "This paper introduces RoseNet, a pruning method."
    (folder / "more.md").write_text(digest("2024-01-02", row("2401.00009", "RoseNet: Again", "Bo Yu", text)))
    built = build([str(folder / "more.md")], folder)
    (idle,) = built.graphs.idle
    assert idle.decision == Override("merge", "method", "RoseNet", "TulipNet")
    assert idle.why == "several things are named 'RoseNet'"


def test_what_no_text_names_may_keep_its_name(tmp_path: Path) -> None:
    text = "We compare Qwen2-7B, a language model, with Mistral-7B on GSM8K."
    (tmp_path / "one.md").write_text(digest("2024-01-01", row("2401.00001", "On Models", "Ann Lee", text)))
    build([str(tmp_path / "one.md")], tmp_path / "out")
    merge("Qwen2-7B", "Qwen2", tmp_path / "out")
    assert forms(tmp_path / "out", "Qwen2") == ["Qwen2", "Qwen2-7B"]
    with pytest.raises(QueryError, match="no text writes 'Mistral' by itself"):
        merge("Mistral", "Qwen2", tmp_path / "out")


def test_nothing_is_removed_where_the_decisions_cannot_be_read(folder: Path) -> None:
    (folder / OVERRIDES).write_text("bad\n")
    with pytest.raises(SourceError, match="not the four columns"):
        remove("2401.00001", folder)
    (folder / OVERRIDES).unlink()
    assert remove("2401.00001", folder) == 1


def test_an_unknown_type_is_said(folder: Path) -> None:
    with pytest.raises(QueryError, match="no type 'plant'; there are model, method"):
        merge("RoseNet", "TulipNet", folder, type="plant")


def test_a_damaged_file_of_decisions_stops_a_build_and_leaves_the_graph(folder: Path) -> None:
    (folder / OVERRIDES).write_text("decision,type,name,into\njoin,method,A,B\n")
    before = contents(folder)
    with pytest.raises(SourceError, match=r"overrides.csv:2: no decision 'join'"):
        build([str(folder.parent / "flowers.md")], folder)
    assert contents(folder) == before


def test_the_commands_say_what_is_decided_and_why(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kg("merge", "RoseNet", "TulipNet", "-s", str(folder))
    assert capsys.readouterr() == ("", "RoseNet is now the method TulipNet.\n")
    kg("why-same", "RoseNet", "-s", str(folder))
    assert table(capsys.readouterr().out) == [
        ["TulipNet", "its name", "2", "2401.00001, 2401.00004"],
        ["RoseNet", "by hand", "1", "2401.00002"],
        ["Tulip-Net", "spelling", "1", "2401.00003"],
    ]
    kg("merge", "RoseNet", "TulipNet", "--undo", "-s", str(folder))
    assert capsys.readouterr().err == "RoseNet is no longer merged into the method TulipNet.\n"
    kg("why-same", "RoseNet", "-s", str(folder))
    assert table(capsys.readouterr().out) == [["RoseNet", "its name", "1", "2401.00002"]]
    kg("split", "Tulip-Net", "-s", str(folder))
    assert capsys.readouterr().err == "Tulip-Net is now a method by itself in 1 paper.\n"
    kg("why-same", "Tulip-Net", "-s", str(folder))
    assert table(capsys.readouterr().out) == [["Tulip-Net", "by hand, was TulipNet", "1", "2401.00003"]]
    kg("why-same", "Ann Lee", "-s", str(folder))
    assert table(capsys.readouterr().out) == [["2024-01-01", "2401.00001", "TulipNet: Pruning"]]
    kg("split", "Tulip-Net", "-u", "-s", str(folder), code=2)
