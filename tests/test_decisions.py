"""People's decisions about names: applied by each build, taken back without a trace."""

from __future__ import annotations

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


def test_decisions_of_both_kinds_meet(folder: Path) -> None:
    split("Tulip-Net", folder)
    merge("Tulip-Net", "RoseNet", folder)
    assert forms(folder, "RoseNet") == ["RoseNet", "Tulip-Net"]
    assert (folder / OVERRIDES).read_text() == (
        "decision,type,name,into\nmerge,method,Tulip-Net,RoseNet\nsplit,method,Tulip-Net,\n"
    )


REFUSED = [
    (("merge", "Rosnet", "TulipNet"), "nothing in the graph is named 'Rosnet'; near: RoseNet"),
    (("merge", "Ann Lee", "TulipNet"), "nothing in the graph is named 'Ann Lee'; try: kg search WORDS"),
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
    with pytest.raises(QueryError, match="there are: merge method RoseNet TulipNet"):
        merge("TulipNet", "RoseNet", folder, undo=True)
    with pytest.raises(QueryError, match="undo that first: kg merge RoseNet TulipNet --undo"):
        split("RoseNet", folder)


def test_the_words_that_decided_it_take_it_back(folder: Path) -> None:
    before = contents(folder)
    merge("rosenet", "tulip net", folder)
    merge("rosenet", "tulip net", folder, undo=True)
    assert contents(folder) == before


def test_decisions_that_change_nothing_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / OVERRIDES).write_text(
        "decision,type,name,into\nmerge,method,RosNet,TulipNet\nsplit,method,Fern,\n"
    )
    kg("build", str(folder.parent / "flowers.md"), "-o", str(folder))
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("Without effect")]
    assert [line.split(":")[1].split(";")[0] for line in told] == [
        " merge of the method RosNet into TulipNet",
        " split of the method Fern",
    ]


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
    assert built.graphs.idle == (Override("merge", "method", "RoseNet", "TulipNet"),)


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
    assert [line.split() for line in capsys.readouterr().out.splitlines() if "2401" in line] == [
        ["RoseNet", "by", "hand", "1", "2401.00002"],
        ["Tulip-Net", "spelling", "1", "2401.00003"],
    ]
    kg("merge", "RoseNet", "TulipNet", "--undo", "-s", str(folder))
    assert capsys.readouterr().err == "RoseNet is no longer merged into the method TulipNet.\n"
    kg("why-same", "RoseNet", "-s", str(folder))
    assert capsys.readouterr().err == "RoseNet is written in one way only.\n"
    kg("split", "Tulip-Net", "-s", str(folder))
    assert capsys.readouterr().err == "Tulip-Net is now a method by itself.\n"
    kg("split", "Tulip-Net", "-u", "-s", str(folder), code=2)
