"""Neo4j's files, read by the rules of Neo4j's own reader, hold the nodes and statements of the graph."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile import NAMES, hostile_facts
from sample_graph import sample_facts
from stores import passing_store_of, store_of, with_500_summaries
from test_export_tables import Cell, Rows, odd_facts, read_tables, write

from kg.build import build
from kg.export import export
from kg.model import Facts
from kg.store import Store, open_store, query

OWN = {
    "papers": "Paper",
    "summaries": "Summary",
    "authors": "Author",
    "results": "Result",
    "questions": "OpenQuestion",
    "evidence": "Mention",
}
PROPERTIES = (
    "proposes", "uses", "evaluatesOn", "comparesWith", "addresses", "mentions", "leavesOpen", "subject", "on",
    "metric", "baseline", "about", "statedIn", "evidence", "refersTo",
)  # fmt: skip
TRIPLES = {f"kg:{name}": re.sub("(?=[A-Z])", "_", name).upper() for name in PROPERTIES} | {
    "dcterms:creator": "CREATOR",
    "dcterms:isVersionOf": "IS_VERSION_OF",
    "dcterms:isPartOf": "IS_PART_OF",
    "skos:broader": "BROADER",
    "oa:hasSource": "HAS_SOURCE",
}
# Type in a header → how the script must read such a column.
CONVERSIONS = {
    "": "= row.`{}`",
    "ID": "iri: row.`{}`",
    "START_ID": "iri: row.`{}`",
    "END_ID": "iri: row.`{}`",
    "string[]": r"= split(row.`{}`, '\u001F')",
    "long": "= toInteger(row.`{}`)",
    "double": "= toFloat(row.`{}`)",
    "date": "= date(row.`{}`)",
}


def read_neo4j(files: dict[str, bytes], kind: str) -> list[dict[str, str]]:
    """The rows of all files of nodes, or of relationships."""
    names = sorted(name for name in files if name.startswith(f"{kind}-"))
    return [row for name in names for row in read_file(files[name].decode("utf-8"))]


def read_file(text: str) -> list[dict[str, str]]:
    """A file as LOAD CSV finds it: empty cells are null, so absent."""
    header, *rows = read_rows(text)
    assert all(len(row) == len(header) for row in rows)
    return [{str(n): cell for n, cell in zip(header, row, strict=True) if cell} for row in rows]


def read_rows(text: str) -> Iterator[list[str]]:
    """The rules of Neo4j's reader with legacy quoting: a quote opens at the start of a cell alone, and
    within quotes `""`, `\\"` and `\\\\` stand for their last character, any other backslash for itself.
    """
    row, place = list[str](), 0
    while place < len(text):
        cell, place = read_cell(text, place)
        row.append(cell)
        assert place < len(text), "no end of line"
        assert text[place] in ",\n", f"characters after an ending quote: {text[place : place + 20]!r}"
        if text[place] == "\n":
            yield row
            row = []
        place += 1
    assert not row


def read_cell(text: str, place: int) -> tuple[str, int]:
    if text[place] != '"':
        found = re.compile(r"[^,\r\n]*").match(text, place)
        assert found
        return found[0], found.end()
    cell, place = "", place + 1
    while text[place] != '"' or text[place + 1 : place + 2] == '"':
        place += text[place] == '"' or (text[place] == "\\" and text[place + 1] in '"\\')
        cell += text[place]
        place += 1
    return cell, place + 1


def to_properties(row: dict[str, str]) -> dict[str, Cell]:
    """The properties that a header types, by their names."""
    plain: dict[str, Cell] = {}
    for header, cell in row.items():
        name, _, type = header.partition(":")
        if name and name != "iri":
            plain[name] = tuple(cell.split("\x1f")) if type == "string[]" else cell
    return plain


def check_neo4j(store: Store, files: dict[str, bytes], tables: dict[str, Rows]) -> None:
    nodes = read_neo4j(files, "nodes")
    expected = {}
    for name, label in OWN.items():
        expected |= {row["iri"]: (label, without_iris(row)) for row in tables[name]}
    for row in tables["entities"]:
        expected[row["iri"]] = (str(row["type"]).capitalize(), without_iris(row))
    assert len(nodes) == len(expected)
    assert {
        row["iri:ID"]: (row[":LABEL"].removeprefix("Resource\x1f"), to_properties(row)) for row in nodes
    } == expected
    links = read_neo4j(files, "relationships")
    assert {(row[":START_ID"], row[":TYPE"], row[":END_ID"]) for row in links} == statements(store)
    assert {row[":START_ID"] for row in links} | {row[":END_ID"] for row in links} <= set(expected)
    edges = Counter(
        (row["source_iri"], row["target_iri"], row.get("summary_iri"), row.get("words"), row.get("day"))
        for row in tables["edges"]
        if row["relation"] not in ("isVersionOf", "isPartOf", "broader")
    )
    assert edges == Counter(
        (row[":START_ID"], row[":END_ID"], row["summary_iri"], row.get("words"), row.get("day:date"))
        for row in links
        if "summary_iri" in row
    )


def without_iris(row: dict[str, Cell]) -> dict[str, Cell]:
    return {name: value for name, value in row.items() if not re.search(r"(^|_)iris?$", name)}


def statements(store: Store) -> set[tuple[str, str, str]]:
    found = set()
    for term, type in TRIPLES.items():
        for row in query(store.quads, f"SELECT ?s ?o {{ ?s {term} ?o }}"):
            found.add((row["s"].value, type, row["o"].value))
    for row in query(store.quads, "SELECT ?s ?o { ?o kg:statedIn/kg:about ?s }"):
        found.add((row["s"].value, "STATES", row["o"].value))
    return found


@with_500_summaries
def test_neo4j_holds_what_500_summaries_say(found: list[Facts]) -> None:
    with passing_store_of(found) as store:
        tables = read_tables(write(store, "csv"))
        check_neo4j(store, write(store, "neo4j"), tables)


def test_neo4j_holds_what_the_example_says(tmp_path: Path) -> None:
    build([], tmp_path / "graph")
    with open_store(tmp_path / "graph") as store:
        tables = read_tables(write(store, "csv"))
        check_neo4j(store, write(store, "neo4j"), tables)


@pytest.mark.parametrize("start", ["\\", '\\"', '"', '"\\', "\\\\", "'", ";", "`", "${x}", "\\u0022"])
def test_hostile_text_survives(start: str, tmp_path: Path) -> None:
    with store_of([odd_facts(start)], tmp_path) as store:
        tables = read_tables(write(store, "csv"))
        check_neo4j(store, write(store, "neo4j"), tables)


def test_hostile_names_survive(tmp_path: Path) -> None:
    found = [hostile_facts(name, f"2401.{number:05}") for number, name in enumerate(NAMES)]
    with store_of(found, tmp_path) as store:
        check_neo4j(store, write(store, "neo4j"), read_tables(write(store, "csv")))


def test_the_scripts_hold_nothing_of_the_graph(tmp_path: Path) -> None:
    scripts = []
    for number, facts in enumerate([[], [sample_facts()], [odd_facts("`")]]):
        folder = tmp_path / str(number)
        folder.mkdir()
        with store_of(facts, folder) as store:
            files = write(store, "neo4j")
        scripts.append((sorted(files), files["load.cypher"], files["import.sh"]))
    assert scripts[0] == scripts[1] == scripts[2]


def test_the_script_reads_each_column_of_each_file(tmp_path: Path) -> None:
    with store_of([sample_facts()], tmp_path) as store:
        files = {name: file.decode("utf-8") for name, file in write(store, "neo4j").items()}
    constraint, *loads = files["load.cypher"].split("LOAD CSV WITH HEADERS FROM ")
    assert "CREATE CONSTRAINT" in constraint
    read = {}
    for load in loads:
        (name,) = re.findall(r"^'file:///([a-z-]+\.csv)' AS row$", load, re.MULTILINE)
        read[name] = set(re.findall(r"row\.`([^`]+)`", load))
        assert load.rstrip().endswith("} IN TRANSACTIONS OF 10000 ROWS;")
        for header in read[name]:
            assert CONVERSIONS[header.partition(":")[2]].format(header) in load
    headers = {
        name: file.partition("\n")[0].split(",") for name, file in files.items() if name.endswith(".csv")
    }
    assert read == {name: {*header} - {":LABEL", ":TYPE"} for name, header in headers.items()}


def test_the_importer_is_given_every_file(tmp_path: Path) -> None:
    with store_of([sample_facts()], tmp_path) as store:
        folder = export(store, "neo4j", tmp_path / "neo4j")
    admin = tmp_path / "bin" / "neo4j-admin"
    admin.parent.mkdir()
    admin.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    admin.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", str(folder / "import.sh"), "my graph"],
        env={"PATH": f"{admin.parent}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    arguments = done.stdout.splitlines()
    assert arguments[:4] == ["database", "import", "full", "my graph"]
    assert {"--legacy-style-quoting=true", "--array-delimiter=U+001F"} <= set(arguments)
    files = {each.rpartition("=")[2] for each in arguments if each.startswith(("--nodes", "--relationships"))}
    assert files == {path.name for path in folder.glob("*.csv")}
