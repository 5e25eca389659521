"""The parts of the server that need none: content negotiation, cuts, and messages between processes."""

from __future__ import annotations

import csv
import io

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.serve.cut import Results, serialize_results
from kg.serve.limits import Limits
from kg.serve.protocol import RESULTS, TRIPLES, choose
from kg.serve.questions import (
    QUESTION,
    DescribeTool,
    NamePage,
    Node,
    QueryPage,
    QueryTool,
    Question,
    SearchPage,
    SearchTool,
    Service,
    Sparql,
    StartPage,
    Void,
    pack_question,
    unpack_question,
)

FORMATS: dict[Results, ox.QueryResultsFormat] = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "tsv": ox.QueryResultsFormat.TSV,
    "csv": ox.QueryResultsFormat.CSV,
}
NASTY = ['},{"', "</result>", "\n", "\r\n", '"', "\\", "a,b", "]}}", "<results>", "x" * 40, "é", "\u2028"]


def found(values: list[str]) -> ox.QuerySolutions:
    """A table of two columns, the same text in both."""
    rows = " ".join(str(ox.Literal(value)) for value in values)
    return ox.Store().query(f"SELECT ?a ?b {{ VALUES ?a {{ {rows} }} BIND(?a AS ?b) }}")  # type: ignore[return-value]


def read(text: bytes, format: Results) -> list[list[str]]:
    if format == "csv":
        return list(csv.reader(io.StringIO(text.decode(), newline="")))[1:]
    parsed = ox.parse_query_results(text, format=FORMATS[format])
    return [[term.value for term in row] for row in parsed]  # type: ignore[union-attr]


@pytest.mark.parametrize("format", FORMATS)
@given(
    values=st.lists(st.sampled_from(NASTY), max_size=12),
    rows=st.integers(1, 12),
    size=st.integers(200, 2_000),
)
def test_a_cut_answer_holds_the_first_rows_whole(
    format: Results, values: list[str], rows: int, size: int
) -> None:
    whole, none = serialize_results(found(values), format, Limits(), "http://x/#limits")
    text, cut = serialize_results(found(values), format, Limits(rows=rows, size=size), "http://x/#limits")
    all_rows, some = read(whole, format), read(text, format)
    assert none == ""
    assert some == all_rows[: len(some)]
    assert len(some) <= rows
    assert len(text) <= size or not some
    assert bool(cut) == (len(some) < len(all_rows))
    assert (text == whole) == (not cut)
    if not cut or cut == f"the first {rows} rows":
        assert len(some) == min(rows, len(all_rows))


def test_json_and_xml_link_to_what_tells_of_the_cut() -> None:
    for format in ("json", "xml"):
        text, _ = serialize_results(found(NASTY), format, Limits(rows=2), "http://x/#limits")  # type: ignore[arg-type]
        assert b"http://x/#limits" in text[:150]


@pytest.mark.parametrize(
    ("accept", "formats", "chosen"),
    [
        ("", RESULTS, "json"),
        (",", RESULTS, "json"),
        ("*/*;q=0.1", TRIPLES, "turtle"),
        ("text/html;q=0.9, text/turtle", TRIPLES, "turtle"),
        ("text/*;q=0.5, application/*;q=0.6", TRIPLES, "ntriples"),
        ("application/rdf+xml;q=1.000", TRIPLES, "rdfxml"),
        ("application/rdf+xml;q=2", TRIPLES, "rdfxml"),
        ("text/turtle;q=0, text/html;q=0", TRIPLES, ""),
        ("text/turtle;charset=utf-8;q=0.5", TRIPLES, "turtle"),
        ("image/*", TRIPLES, ""),
        ("application/json", TRIPLES, "jsonld"),
        ("application/xml", RESULTS, "xml"),
    ],
)
def test_the_format_is_what_is_wanted_most(accept: str, formats: tuple[str, ...], chosen: str) -> None:
    assert choose(accept, formats) == chosen


@given(st.text())
def test_any_accept_header_is_understood_or_passed_over(accept: str) -> None:
    assert choose(accept, RESULTS) in ("", *RESULTS)


@pytest.mark.parametrize(
    "question",
    [
        Sparql("ASK {}", "csv", "", ("x:g",), ()),
        Node("paper/1", "html"),
        Void("turtle"),
        Service("jsonld"),
        StartPage(),
        SearchPage("a b"),
        NamePage("a"),
        QueryPage("leaderboard", (("benchmark", "GLUE"),)),
        SearchTool("x", 3),
        DescribeTool("x"),
        QueryTool("leaderboard", (("benchmark", "GLUE"),), 5),
    ],
)
def test_a_question_survives_the_way_to_a_worker(question: Question) -> None:
    assert unpack_question(pack_question(question)[QUESTION.size :]) == question
