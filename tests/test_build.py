"""Builds add what is new and nothing else; whatever the order, the bytes are those of one build."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from digests import days, digest, example_row
from rdflib import Graph
from rdflib.compare import isomorphic

import kg.build
from kg.build import build, example, remove
from kg.errors import OutputError, SourceError, StoreError
from kg.facts import from_quads
from kg.model import Facts
from kg.queries import Table, ask
from kg.resolve.keys import Keys
from kg.store import open_store

FILES = ("graph.nq", "graph.ttl")
ROOT = Path(__file__).parents[1]


def contents(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in FILES]


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, Path]:
    folder = tmp_path / "digests"
    folder.mkdir()
    found = {day: folder / f"{day}.md" for day in days()}
    for day, text in days().items():
        found[day].write_text(text)
    return found


@pytest.fixture
def whole(tmp_path: Path, sources: dict[str, Path]) -> list[bytes]:
    build([str(tmp_path / "digests")], tmp_path / "whole")
    return contents(tmp_path / "whole")


def test_a_second_build_adds_nothing(tmp_path: Path, sources: dict[str, Path]) -> None:
    first = build([str(tmp_path / "digests")], tmp_path / "out")
    before = contents(tmp_path / "out")
    again = build([str(tmp_path / "digests")], tmp_path / "out")
    assert (first.new, first.papers, again.new, again.papers) == (12, 12, 0, 12)
    assert (again.graphs.written, again.graphs.dropped) == (0, 0)
    assert contents(tmp_path / "out") == before


def test_pieces_in_any_order_give_the_same_bytes(
    tmp_path: Path, sources: dict[str, Path], whole: list[bytes]
) -> None:
    for seed in range(3):
        shuffled = list(sources.values())
        random.Random(seed).shuffle(shuffled)
        for path in shuffled:
            build([str(path)], tmp_path / f"pieces{seed}")
        assert contents(tmp_path / f"pieces{seed}") == whole


def test_a_small_change_is_made_in_place_and_gives_the_same_bytes(tmp_path: Path) -> None:
    digests = days(8, 3)
    for name, texts in (("some", list(digests.values())[:-1]), ("all", list(digests.values()))):
        (tmp_path / f"{name}.md").write_text("".join(texts))
    build([str(tmp_path / "some.md")], tmp_path / "out")
    folder = next((tmp_path / "out" / ".store").glob("quads-*"))
    (tmp_path / "one.md").write_text(digest("2024-02-01", example_row(25)))
    build([str(tmp_path / "one.md")], tmp_path / "out")
    assert folder.exists(), "a small change rebuilt everything"
    (tmp_path / "both.md").write_text((tmp_path / "some.md").read_text() + (tmp_path / "one.md").read_text())
    build([str(tmp_path / "both.md")], tmp_path / "fresh")
    assert contents(tmp_path / "out") == contents(tmp_path / "fresh")
    assert union_is_sound(tmp_path / "out")
    remove("2401.00025", tmp_path / "out")
    build([str(tmp_path / "some.md")], tmp_path / "fresh2")
    assert contents(tmp_path / "out") == contents(tmp_path / "fresh2")
    assert union_is_sound(tmp_path / "out")


def union_is_sound(folder: Path) -> bool:
    """Whether the default graph holds just the statements of the named graphs."""
    with open_store(folder) as store:
        union = store.quads.quads_for_pattern(None, None, None, ox.DefaultGraph())
        return {quad.triple for quad in union} == {quad.triple for quad in store}


def test_an_edited_row_replaces_its_summary(
    tmp_path: Path, sources: dict[str, Path], whole: list[bytes]
) -> None:
    build([str(tmp_path / "digests")], tmp_path / "out")
    path = sources["2024-01-02"]
    text = path.read_text()
    path.write_text(text.replace(example_row(4), example_row(4, value="91.9")))
    edited = build([str(tmp_path / "digests")], tmp_path / "out")
    assert (edited.new, edited.summaries) == (1, 12)
    assert b"91.9" in contents(tmp_path / "out")[0]
    path.write_text(text)
    build([str(path)], tmp_path / "out")
    assert contents(tmp_path / "out") == whole


def test_a_paper_on_two_days_has_two_summaries(tmp_path: Path) -> None:
    text = digest("2024-01-01", example_row(1)) + digest("2024-01-09", example_row(1, value="95.5"))
    (tmp_path / "two.md").write_text(text)
    built = build([str(tmp_path / "two.md")], tmp_path / "out")
    assert (built.papers, built.summaries) == (1, 2)
    with open_store(tmp_path / "out") as store:
        table = ask(store, "SELECT ?thing (COUNT(*) AS ?n) { ?p kg:proposes ?thing } GROUP BY ?thing")
        assert isinstance(table, Table)
        assert table.rows
        assert {count for _, count in table.rows} == {"1"}, "the union repeats a statement"
    assert remove("2401.00001", tmp_path / "out") == 2


def test_a_removed_paper_is_gone(tmp_path: Path, sources: dict[str, Path], whole: list[bytes]) -> None:
    (tmp_path / "more.md").write_text(digest("2024-03-01", example_row(20)))
    build([str(tmp_path / "digests"), str(tmp_path / "more.md")], tmp_path / "out")
    assert remove("2401.00020", tmp_path / "out") == 1
    assert contents(tmp_path / "out") == whole
    with pytest.raises(StoreError, match=r"no paper '2401\.00020'"):
        remove("2401.00020", tmp_path / "out")


def test_another_base_rewrites_every_iri(tmp_path: Path, sources: dict[str, Path]) -> None:
    build([str(tmp_path / "digests")], tmp_path / "out", base="https://example.org/kg/")
    assert b"https://w3id.org/paperkg/data/" not in contents(tmp_path / "out")[0]
    build([str(sources["2024-01-01"])], tmp_path / "out")
    assert b"https://w3id.org/paperkg/data/" not in contents(tmp_path / "out")[0], "the base was forgotten"
    build([str(sources["2024-01-01"])], tmp_path / "out", base="https://example.com/")
    assert b"https://example.org/kg/" not in contents(tmp_path / "out")[0]


def test_another_extractor_extracts_all_again(
    tmp_path: Path, sources: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    build([str(tmp_path / "digests")], tmp_path / "out")
    monkeypatch.setattr(kg.build, "fingerprint", lambda: "another")
    built = build([str(sources["2024-01-01"])], tmp_path / "out")
    assert (built.read, built.new, built.renewed) == (3, 0, 12)


def test_facts_that_no_longer_hold_together_are_extracted_again(
    tmp_path: Path, sources: dict[str, Path], whole: list[bytes]
) -> None:
    build([str(tmp_path / "digests")], tmp_path / "out")
    with sqlite3.connect(tmp_path / "out" / ".store" / "facts.sqlite") as db:
        broken = """replace(record, '"subject": "', '"subject": "?')"""
        db.execute(f"UPDATE facts SET extractor = 'old', record = {broken}")
    db.close()
    assert build([str(sources["2024-01-01"])], tmp_path / "out").renewed == 12
    assert contents(tmp_path / "out") == whole


def test_an_interrupted_extraction_keeps_what_it_found(
    tmp_path: Path, sources: dict[str, Path], monkeypatch: pytest.MonkeyPatch, whole: list[bytes]
) -> None:
    monkeypatch.setattr(kg.build, "_TOGETHER", 2)

    def interrupted(items: Iterator[Facts], _what: str, _total: int) -> Iterator[Facts]:
        for number, facts in enumerate(items):
            if number == 5:
                raise KeyboardInterrupt
            yield facts

    with pytest.raises(KeyboardInterrupt):
        build([str(tmp_path / "digests")], tmp_path / "out", track=interrupted)
    assert build([str(tmp_path / "digests")], tmp_path / "out").new == 8
    assert contents(tmp_path / "out") == whole


def test_an_interrupted_change_is_done_again(
    tmp_path: Path, sources: dict[str, Path], monkeypatch: pytest.MonkeyPatch, whole: list[bytes]
) -> None:
    from kg.store import Store

    build([str(tmp_path / "digests")], tmp_path / "out")
    (tmp_path / "more.md").write_text(digest("2024-03-01", example_row(20)))

    def killed(self: Store, iri: str, new: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Store, "_replace", killed)
        build([str(tmp_path / "more.md")], tmp_path / "out")
    remove("2401.00020", tmp_path / "out")
    assert contents(tmp_path / "out") == whole


def test_a_swap_that_is_cut_short_is_done_again(
    tmp_path: Path, sources: dict[str, Path], monkeypatch: pytest.MonkeyPatch, whole: list[bytes]
) -> None:
    from kg.store import Store

    build([str(tmp_path / "digests")], tmp_path / "out")
    aside = Store._build_aside

    def killed(self: Store, graphs: Iterable[object]) -> Path:
        aside(self, graphs)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Store, "_build_aside", killed)
        build([str(tmp_path / "digests")], tmp_path / "out", base="https://example.org/")
    with open_store(tmp_path / "out") as store:
        assert next(iter(store)).subject.value.startswith("https://w3id.org/")  # type: ignore[union-attr]
    build([str(tmp_path / "digests")], tmp_path / "out")
    assert contents(tmp_path / "out") == whole


def test_readers_are_told_of_an_interrupted_change(
    tmp_path: Path, sources: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from kg.store import Store

    build([str(tmp_path / "digests")], tmp_path / "out")
    (tmp_path / "more.md").write_text(digest("2024-03-01", example_row(20)))
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Store, "_replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        build([str(tmp_path / "more.md")], tmp_path / "out")
    with open_store(tmp_path / "out") as store, pytest.raises(StoreError, match="was interrupted"):
        list(store)


def test_a_change_of_the_lexicon_renames_every_graph(
    tmp_path: Path, sources: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    build([str(tmp_path / "digests")], tmp_path / "out")
    with monkeypatch.context() as patch:
        patch.setattr(Keys, "undecided", lambda self, use: (use.type, f"new {use.name}"))
        remove("2401.00000", tmp_path / "out")
    with open_store(tmp_path / "out") as store:
        bare = "SELECT * { ?paper kg:evaluatesOn ?thing FILTER NOT EXISTS { ?thing skos:prefLabel ?label } }"
        assert ask(store, bare) == Table(("paper", "thing"), ()), "a graph still names what is gone"


@pytest.mark.parametrize("damage", ["emptied", "truncated", "removed", "flipped"])
def test_damaged_quads_are_built_again(
    tmp_path: Path, sources: dict[str, Path], whole: list[bytes], damage: str
) -> None:
    build([str(tmp_path / "digests")], tmp_path / "out")
    (folder,) = (tmp_path / "out" / ".store").glob("quads-*")
    tables = [file for file in folder.iterdir() if file.suffix == ".sst" or damage == "emptied"]
    assert tables
    for file in tables:
        if damage == "truncated":
            file.write_bytes(file.read_bytes()[:100])
        elif damage == "flipped":
            content = file.read_bytes()
            file.write_bytes(bytes(byte ^ 0xFF for byte in content[:200]) + content[200:])
        else:
            file.unlink()
    assert build([str(tmp_path / "digests")], tmp_path / "out").new == 0
    assert contents(tmp_path / "out") == whole


def test_a_file_name_that_is_no_text(tmp_path: Path) -> None:
    name = os.fsdecode(bytes(tmp_path) + b"/b\xff.md")
    Path(name).write_text(digest("2024-01-01", example_row(1), "| No link | ann | Text. |\n"))
    assert build([name], tmp_path / "out").new == 1
    assert "b\\\\xff.md" in (tmp_path / "out" / "rejects.jsonl").read_text()


def test_a_store_of_another_format_is_told(tmp_path: Path, sources: dict[str, Path]) -> None:
    build([str(sources["2024-01-01"])], tmp_path / "out")
    with sqlite3.connect(tmp_path / "out" / ".store" / "facts.sqlite") as db:
        db.execute("UPDATE meta SET value = '0' WHERE name = 'format'")
    db.close()
    with pytest.raises(StoreError, match="has format 0, not 1"):
        build([str(sources["2024-01-01"])], tmp_path / "out")


def test_without_a_source_other_papers_are_refused(tmp_path: Path, sources: dict[str, Path]) -> None:
    build([str(sources["2024-01-01"])], tmp_path / "out")
    with pytest.raises(StoreError, match="holds 3 other papers"):
        build([], tmp_path / "out")


def test_rejects_are_kept_and_forgotten_once_mended(tmp_path: Path) -> None:
    source = tmp_path / "bad.md"
    source.write_text(digest("2024-01-01", example_row(1), "| No link | ann | Text. |\n"))
    assert len(build([str(source)], tmp_path / "out").skipped) == 1
    assert "row without an arXiv link" in (tmp_path / "out" / "rejects.jsonl").read_text()
    source.write_text(digest("2024-01-01", example_row(1)))
    build([str(source)], tmp_path / "out")
    assert not (tmp_path / "out" / "rejects.jsonl").exists()


def test_sources_without_a_paper_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("# Notes\n")
    with pytest.raises(SourceError, match=r"no paper in .*notes\.md: .*no digest"):
        build([str(tmp_path / "notes.md")], tmp_path / "out")


def test_an_output_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write to"):
        build([], tmp_path / "file")


def test_two_writers_are_kept_apart(tmp_path: Path, sources: dict[str, Path]) -> None:
    with open_store(tmp_path / "out", write=True), pytest.raises(StoreError, match="another kg is writing"):
        build([str(sources["2024-01-01"])], tmp_path / "out")


def test_a_store_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no graph in"), open_store(tmp_path / "nowhere"):
        pass


def test_a_damaged_store_is_told(tmp_path: Path, sources: dict[str, Path]) -> None:
    build([str(sources["2024-01-01"])], tmp_path / "out")
    (tmp_path / "out" / ".store" / "facts.sqlite").write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreError, match="cannot be used"):
        build([str(sources["2024-01-01"])], tmp_path / "out")


def test_the_store_gives_its_facts_back_from_its_quads(tmp_path: Path, sources: dict[str, Path]) -> None:
    build([str(tmp_path / "digests")], tmp_path / "out")
    quads = ox.parse(path=str(tmp_path / "out" / "graph.nq"), format=ox.RdfFormat.N_QUADS)
    with open_store(tmp_path / "out") as store:
        assert from_quads(quads).facts == tuple(store.facts())


def test_the_graph_is_an_rdflib_dataset_too(tmp_path: Path, sources: dict[str, Path]) -> None:
    build([str(sources["2024-01-01"])], tmp_path / "out")
    with open_store(tmp_path / "out") as store:
        dataset = store.to_rdflib()
        assert {str(graph.identifier) for graph in dataset.graphs()} > {store.names.graph("identity")}


SCRIPT = "import sys; from kg.build import build; build(sys.argv[2:], sys.argv[1])"


def test_the_environment_does_not_matter(
    tmp_path: Path, sources: dict[str, Path], whole: list[bytes]
) -> None:
    for seed, zone, locale in (("1", "Asia/Tokyo", "C"), ("4711", "America/Lima", "C.UTF-8")):
        out = tmp_path / seed
        environment = os.environ | {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale, "PYTHONUTF8": "0"}
        shuffled = [str(path) for path in sources.values()][:: -1 if seed == "1" else 1]
        subprocess.run([sys.executable, "-c", SCRIPT, str(out), *shuffled], check=True, env=environment)
        assert contents(out) == whole


def test_outputs_hold_the_example_byte_for_byte(tmp_path: Path) -> None:
    built = build([], tmp_path / "out")
    assert (built.read, built.papers, built.skipped) == (10, 10, ())
    assert contents(tmp_path / "out") == contents(ROOT / "outputs")


def test_the_example_as_turtle_is_the_golden_graph(tmp_path: Path) -> None:
    build([example()], tmp_path / "out")
    golden, now = (Graph().parse(folder / "graph.ttl") for folder in (ROOT / "outputs", tmp_path / "out"))
    assert isomorphic(golden, now)


def test_sorted_lines_are_canonical(tmp_path: Path, sources: dict[str, Path], whole: list[bytes]) -> None:
    lines = whole[0].splitlines(keepends=True)
    assert lines == sorted(set(lines))
    quads = ox.parse(whole[0], format=ox.RdfFormat.N_QUADS)
    assert b"".join(sorted(f"{quad} .\n".encode() for quad in quads)) == whole[0]


def test_what_a_killed_build_left_half_written_goes_in_time(tmp_path: Path) -> None:
    build([], tmp_path)
    old, fresh = tmp_path / ".graph.nq.0123abcd", tmp_path / ".graph.nq.89ab4567"
    for left in (old, fresh):
        left.write_bytes(b"half")
    os.utime(old, (0, 0))
    other = tmp_path / ".graph.nq.mine"
    other.write_bytes(b"mine")
    os.utime(other, (0, 0))
    build([], tmp_path)
    assert (old.exists(), fresh.exists(), other.exists()) == (False, True, True)
