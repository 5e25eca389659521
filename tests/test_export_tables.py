"""The tables hold what the graph says, each way; CSV survives hostile text and spreadsheets."""

from __future__ import annotations

import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pyoxigraph as ox
import pytest
from hostile import NAMES, export_twice, hostile_facts
from sample_graph import sample_facts
from stores import count_reads, passing_store_of, store_of, with_500_summaries

from kg.build import build
from kg.errors import OutputError
from kg.export import FORMATS, export
from kg.export.rows import TABLES, Sheet
from kg.model import Entity, Evidence, Facts, Mention, Paper, Question, Result, Slot, Summary
from kg.network import to_networkx
from kg.readers.digest import parse_byline
from kg.store import Store, open_store, query

Cell = str | tuple[str, ...]
Rows = list[dict[str, Cell]]

THINGS = "kg:Model kg:Method kg:Dataset kg:Benchmark kg:Metric kg:Task"
NAMED_IN = "^(kg:proposes|kg:uses|kg:evaluatesOn|kg:comparesWith|kg:addresses|kg:mentions)"
LABEL = "skos:prefLabel|foaf:name|kg:valueText|rdfs:label"
BY_SUMMARY = {
    "paper": "{0}/kg:about/fabio:hasArXivId",
    "day": "{0}/kg:inDigest/dcterms:date",
    "paper_iri": "{0}/kg:about",
    "summary_iri": "{0}",
}


def by_summary(path: str) -> dict[str, str]:
    return {column: template.format(path) for column, template in BY_SUMMARY.items()}


# Table → the class of its rows, and the path of properties from a row to the values of each column.
PATHS: dict[str, tuple[str, dict[str, str]]] = {
    "papers": (
        "kg:Paper",
        {
            "arxiv_id": "fabio:hasArXivId",
            "authors": "dcterms:creator/foaf:name",
            "pages": "rdfs:seeAlso",
            "author_iris": "dcterms:creator",
        },
    ),
    "summaries": (
        "kg:Summary",
        {
            "paper": "kg:about/fabio:hasArXivId",
            "day": "kg:inDigest/dcterms:date",
            "source": "kg:inDigest/dcterms:source",
            "title": "dcterms:title",
            "abstract": "dcterms:abstract",
            "byline": "kg:byline",
            "paper_iri": "kg:about",
        },
    ),
    "authors": ("kg:Author", {"name": "foaf:name", "kind": "kg:nameKind"}),
    "entities": (
        THINGS,
        {
            "type": "a",
            "name": "skos:prefLabel",
            "other_names": "skos:altLabel",
            "better": "kg:better",
            "parameters": "kg:parameterCount",
            "family": "dcterms:isVersionOf/skos:prefLabel",
            "family_iri": "dcterms:isVersionOf",
            "same_as": "skos:exactMatch",
        },
    ),
    "results": (
        "kg:Result",
        {
            "subject": "kg:subject/skos:prefLabel",
            "on": "kg:on/skos:prefLabel",
            "metric": "kg:metric/skos:prefLabel",
            "baseline": "kg:baseline/skos:prefLabel",
            "kind": "kg:kind",
            "value": "kg:value",
            "upper_value": "kg:upperValue",
            "unit": "kg:unit",
            "direction": "kg:direction",
            "baseline_value": "kg:baselineValue",
            "delta": "kg:delta",
            "delta_kind": "kg:deltaKind",
            "delta_check": "kg:deltaCheck",
            "value_text": "kg:valueText",
            "subject_iri": "kg:subject",
            "on_iri": "kg:on",
            "metric_iri": "kg:metric",
            "baseline_iri": "kg:baseline",
        }
        | by_summary("kg:statedIn"),
    ),
    "questions": ("kg:OpenQuestion", {"question": "rdfs:label"} | by_summary("kg:evidence/oa:hasSource")),
    "evidence": (
        "kg:Mention",
        {
            "field": "kg:inField",
            "start": "oa:start",
            "end": "oa:end",
            "words": "oa:exact",
            "role": "kg:role",
            "type": "kg:refersTo/a",
            "refers_to": f"kg:refersTo/({LABEL})",
            "component": "prov:wasGeneratedBy/rdfs:label",
            "confidence": "kg:confidence",
            "refers_to_iri": "kg:refersTo",
            "statement_iris": "^kg:evidence",
        }
        | by_summary("oa:hasSource"),
    ),
}
COUNTS = {
    ("papers", "summaries"): "^kg:about",
    ("authors", "papers"): "^dcterms:creator",
    ("entities", "papers"): NAMED_IN,
}


def write(store: Store, format: str) -> dict[str, bytes]:
    """The files of a format, by their names."""
    return {name: b"".join(pieces) for name, pieces in FORMATS[format].write(store)}  # type: ignore[misc]


def read_csv(table: Sheet, file: bytes) -> list[dict[str, str]]:
    """A table's cells, as Arrow's reader of CSV finds them, without the empty ones."""
    found = pa.csv.read_csv(
        pa.BufferReader(file),
        parse_options=pa.csv.ParseOptions(newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(
            column_types=dict.fromkeys(table.columns, pa.string()), strings_can_be_null=False
        ),
    )
    assert found.column_names == list(table.columns)
    return [{name: cell for name, cell in row.items() if cell} for row in found.to_pylist()]


def read_tables(files: Mapping[str, bytes]) -> dict[str, Rows]:
    """All tables, with what defuses and joins cells undone."""
    return {
        table.name: [
            {name: to_value(cell, table.columns[name]) for name, cell in row.items()}
            for row in read_csv(table, files[f"{table.name}.csv"])
        ]
        for table in TABLES
    }


def to_value(cell: str, kind: str) -> Cell:
    if kind in ("text", "list"):
        cell = cell.removeprefix("'")
    if kind != "list":
        return cell
    return tuple(re.sub(r"\\(.)", r"\1", item) for item in cell.split(" | "))


def read_parquet(folder: Path, name: str) -> Rows:
    """The rows of a Parquet file, as DuckDB finds them; what is NULL or empty is absent."""
    found = duckdb.execute("SELECT * FROM read_parquet(?)", [str(folder / f"{name}.parquet")])
    names = [column[0] for column in found.description or ()]
    rows = (zip(names, row, strict=True) for row in found.fetchall())
    return [{name: to_text(value) for name, value in row if value not in (None, "", [])} for row in rows]


def to_text(value: Any) -> Cell:
    return tuple(value) if isinstance(value, list) else str(value)


def values(store: Store, classes: str, path: str) -> set[tuple[str, str]]:
    """(row, value) for a column: what lies at the end of a path; terms of vocabularies as their names."""
    sparql = f"SELECT DISTINCT ?iri ?value {{ VALUES ?class {{ {classes} }} ?iri a ?class ; {path} ?value }}"
    return {
        (row["iri"].value, to_plain(row["value"], store.names.base))
        for row in query(store.quads, sparql)
        if row["value"].value
    }


def to_plain(term: Any, base: str) -> str:
    if isinstance(term, ox.Literal) or term.value.startswith((base, "https://arxiv", "https://hugg")):
        return str(term.value)
    return str(re.split("[#/]", term.value)[-1])


def cells(rows: Rows, column: str) -> set[tuple[str, str]]:
    found = set()
    for row in rows:
        value = row.get(column, ())
        found |= {(str(row["iri"]), each) for each in ((value,) if isinstance(value, str) else value)}
    return found


def lowered(pairs: set[tuple[str, str]]) -> set[tuple[str, str]]:
    return {(iri, {"OpenQuestion": "question"}.get(value, value.lower())) for iri, value in pairs}


def check_tables(store: Store, tables: Mapping[str, Rows]) -> None:
    for name, (classes, columns) in PATHS.items():
        iris = [str(row["iri"]) for row in tables[name]]
        assert len(iris) == len(set(iris))
        assert set(iris) == {iri for iri, _ in values(store, classes, "a")}
        for column, path in columns.items():
            expected, found = values(store, classes, path), cells(tables[name], column)
            if column in ("type", "kind") and name != "authors":
                expected = {pair for pair in lowered(expected) if pair[1] != "onlineaccount"}
            if column == "same_as":
                found = {(iri, page.rpartition("/")[2]) for iri, page in found}
            if column == "refers_to":
                papers = {str(row["iri"]): str(row["title"]) for row in tables["papers"]}
                found = {pair for pair in found if pair[1] not in papers}
            assert found == expected, (name, column)
    for (name, column), path in COUNTS.items():
        classes, _ = PATHS[name]
        counted = Counter(iri for iri, _ in values(store, classes, path))
        assert {
            str(row["iri"]): int(str(row[column])) for row in tables[name] if row[column] != "0"
        } == counted
    check_edges(store, tables)


def check_edges(store: Store, tables: Mapping[str, Rows]) -> None:
    network = to_networkx(store)
    columns = ("source_iri", "relation", "target_iri", "summary_iri", "day", "words")
    found = Counter(tuple(row.get(column, "") for column in columns) for row in tables["edges"])
    assert found == Counter(
        (s, d["relation"], t, d["summary"], d["day"], d["words"]) for s, t, d in network.edges(data=True)
    )
    titles = {row["iri"]: row["title"] for row in tables["papers"]}
    for row in tables["edges"]:
        for end in ("source", "target"):
            node = network.nodes[row[f"{end}_iri"]]
            assert row[f"{end}_type"] == node["type"]
            assert row.get(end, "") == titles.get(row[f"{end}_iri"], node["label"])


def check_sentences(tables: Mapping[str, Rows]) -> None:
    """The sentence of a result, and every other place, is where the offsets say."""
    texts = {row["iri"]: row for row in tables["summaries"]}
    sentences = defaultdict(set)
    for row in tables["evidence"]:
        text = str(texts[row["summary_iri"]][str(row["field"])])
        assert text[int(str(row["start"])) : int(str(row["end"]))] == row["words"]
        if row["role"] == "statedIn":
            sentences[row["refers_to_iri"]].add(row["words"])
    assert {row["iri"]: {row["sentence"]} for row in tables["results"]} == sentences


def check_parquet(store: Store, tables: Mapping[str, Rows]) -> None:
    """Parquet holds the rows of the CSV; its numbers are doubles."""
    with tempfile.TemporaryDirectory() as folder:
        export(store, "parquet", Path(folder) / "parquet")
        for table in TABLES:
            found = read_parquet(Path(folder) / "parquet", table.name)
            assert [rounded(row, table) for row in found] == [
                rounded(row, table) for row in tables[table.name]
            ]


def rounded(row: Mapping[str, Cell], table: Sheet) -> dict[str, Cell | float]:
    """A row with its numbers as doubles."""
    return {
        name: float(str(value)) if table.columns[name] in ("number", "integer") else value
        for name, value in row.items()
    }


@with_500_summaries
def test_tables_hold_what_500_summaries_say(found: list[Facts]) -> None:
    with passing_store_of(found) as store:
        tables = read_tables(write(store, "csv"))
        check_tables(store, tables)
        check_sentences(tables)
        check_parquet(store, tables)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("example")
    build([], folder)
    with open_store(folder) as store:
        yield store


def test_tables_hold_what_the_example_says(example: Store) -> None:
    tables = read_tables(write(example, "csv"))
    assert all(tables[table.name] for table in TABLES)
    check_tables(example, tables)
    check_sentences(tables)
    check_parquet(example, tables)


def test_tables_join(example: Store) -> None:
    tables = read_tables(write(example, "csv"))
    things = {
        row["iri"]
        for name in ("papers", "authors", "entities", "results", "questions")
        for row in tables[name]
    }
    summaries = {row["iri"] for row in tables["summaries"]}
    for rows in tables.values():
        for row in rows:
            for column, value in row.items():
                if column.endswith(("_iri", "_iris")):
                    known = summaries if column == "summary_iri" else things
                    assert {*([value] if isinstance(value, str) else value)} <= known, column


# What Parquet says of itself


def test_parquet_has_the_types_of_the_columns(example: Store) -> None:
    files = write(example, "parquet")
    results, entities = (
        pa.parquet.read_schema(pa.BufferReader(files[f"{name}.parquet"])) for name in ("results", "entities")
    )
    assert results.field("value").type == pa.float64()
    assert results.field("day").type == pa.date32()
    assert entities.field("other_names").type.value_type == pa.string()
    assert entities.field("parameters").type == pa.int64()


def test_parquet_says_what_it_needs(example: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(OutputError) as caught:
        export(example, "parquet", tmp_path / "parquet")
    assert str(caught.value) == "parquet needs pyarrow: pip install pyarrow"


def test_parquet_holds_hostile_text(tmp_path: Path) -> None:
    found = [hostile_facts(name, f"2401.{number:05}") for number, name in enumerate(NAMES)]
    with store_of(found, tmp_path) as store:
        tables = read_tables(write(store, "csv"))
        check_tables(store, tables)
        check_parquet(store, tables)
    assert {row["title"] for row in tables["papers"]} == {name.replace(",", ";") for name in NAMES}


# Spreadsheets


def odd_facts(start: str) -> Facts:
    """Facts in which every text that a person wrote begins with `start`."""
    title, value = f"{start}1 \\|\\ a | b\", 'c'", f"{start}2%"
    byline = title.split(",")[0].strip()
    authors = parse_byline(byline)
    summary = Summary(Paper("2401.00001"), "odd", "2024-01-01", title, value, byline, authors)
    whole = Evidence("title", 0, len(title), title)
    number = Evidence("abstract", 0, len(value), value)

    def mention(role: Any, evidence: Evidence = whole) -> Mention:
        return Mention(evidence, role, title, 9)

    part = Evidence("title", 0, 3, title[:3])
    thing = Entity("method", (mention("proposes", part), mention("proposes")))
    named = Entity("metric", (mention("uses"),))
    result = Result(
        "gain",
        "-2",
        mention("value", number),
        mention("statedIn", number),
        unit=value,
        subject=Slot("method", title, mention("subject")),
        metric=Slot("metric", title, mention("metric")),
    )
    question = Question(mention("leavesOpen"))
    return Facts(summary, "f", tuple(sorted((thing, named))), (result,), (question,))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "'", "''", "'=", "|", "\\", " =", '"', ",", "=|"])
def test_no_cell_runs_in_a_spreadsheet(start: str, tmp_path: Path) -> None:
    with store_of([odd_facts(start)], tmp_path) as store:
        files = write(store, "csv")
        tables = read_tables(files)
        check_tables(store, tables)
    for table in TABLES:
        for row in read_csv(table, files[f"{table.name}.csv"]):
            for name, cell in row.items():
                if table.columns[name] in ("text", "list"):
                    assert cell[0] not in "=+-@\t\r\n", (table.name, name, cell)
    assert tables["results"][0]["value"] == "-2"
    assert tables["papers"][0]["title"] == odd_facts(start).summary.title


def test_a_csv_reads_as_documented(tmp_path: Path) -> None:
    with store_of([sample_facts()], tmp_path) as store:
        lines = write(store, "csv")["entities.csv"].decode("utf-8").splitlines()
    assert lines[0] == "type,name,other_names,better,parameters,family,papers,same_as,iri,family_iri"
    assert lines[-1].startswith("task,question spelling,,,,,1,,https://")
    (alphabet,) = (line for line in lines if line.startswith("method,Alphabet,"))
    assert alphabet.startswith("method,Alphabet,ABet,,,,1,")


# A paper may come twice


def test_a_paper_stands_once_by_its_first_summary(tmp_path: Path) -> None:
    def on(day: str, title: str, byline: str) -> Facts:
        summary = Summary(Paper("2401.00001"), "digest", day, title, "It.", byline, parse_byline(byline))
        return Facts(summary, "f")

    later = on("2024-02-02", "A title: the later", "Ada Lovelace, Alan Turing")
    earlier = on("2024-01-01", "The earlier title", "Grace Hopper, Ada Lovelace")
    with store_of([later, earlier], tmp_path) as store:
        tables = read_tables(write(store, "csv"))
        check_tables(store, tables)
    (paper,) = tables["papers"]
    assert (paper["title"], paper["day"], paper["summaries"]) == ("The earlier title", "2024-01-01", "2")
    assert paper["authors"] == ("Grace Hopper", "Ada Lovelace", "Alan Turing")
    assert [row["day"] for row in tables["summaries"]] == ["2024-01-01", "2024-02-02"]
    assert {row["source"] for row in tables["edges"]} == {"The earlier title"}


# Order, and what is read when


def test_what_a_summary_states_comes_in_its_order(tmp_path: Path) -> None:
    whole = Evidence("abstract", 0, 1, "x")
    results = tuple(
        Result("score", str(n), Mention(whole, "value", "a", 9), Mention(whole, "statedIn", "a", 9))
        for n in range(1, 13)
    )
    texts = "".join(map(chr, range(ord("a"), ord("a") + 12)))
    questions = tuple(
        Question(Mention(Evidence("title", n, n + 1, texts[n]), "leavesOpen", "a", 9)) for n in range(12)
    )
    found = [
        Facts(Summary(Paper(paper), "digest", "2024-01-01", texts, "x", ""), "f", (), results, questions)
        for paper in ("2401.00001", "2401.00002")
    ]
    with store_of(found, tmp_path) as store:
        tables = read_tables(write(store, "csv"))
    assert [row["value"] for row in tables["results"]] == [str(n) for n in range(1, 13)] * 2
    assert [row["question"] for row in tables["questions"]] == [*texts] * 2
    assert [row["paper"] for row in tables["results"]] == ["2401.00001"] * 12 + ["2401.00002"] * 12


def test_a_table_is_read_when_it_is_wanted(example: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mentions, most of the graph, are not read for the tables that do without them."""
    taken = count_reads(monkeypatch, "lines")
    after = {}
    for name, pieces in FORMATS["csv"].write(example):  # type: ignore[misc]
        rows = iter(pieces)
        assert next(rows).endswith(b"\n")
        if not any(after.values()):
            assert taken() == 0, f"{name}: lines were read before the first row was wanted"
        assert sum(1 for _ in rows)
        after[name] = taken()
    assert [name for name, count in after.items() if count] == ["edges.csv", "evidence.csv"]
    assert after["edges.csv"] == after["evidence.csv"], "the mentions were read twice"


# Same input, same bytes


def test_the_same_graph_gives_the_same_bytes(tmp_path: Path) -> None:
    build([], tmp_path / "graph")
    one, other = export_twice(tmp_path / "graph", tmp_path, "csv", "parquet", "neo4j")
    assert one == other
    assert len(one) > 40
