"""The W3C's suites for SPARQL 1.1, through our HTTP; a part of our own runs where they are absent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import CHECKOUT, need
from serving import Running, serving, write_master
from w3c import Evaluation, read_evaluations, run_evaluations, run_protocol

from kg.serve.web import Settings

SUITE = CHECKOUT.parent / "shared/w3c/sparql/sparql11"

UPDATES = {
    "update_base_uri",
    "update_dataset_default_graph",
    "update_dataset_default_graphs",
    "update_dataset_full",
    "update_dataset_named_graphs",
    "update_post_direct",
    "update_post_form",
}
"""Protocol tests that update; the server only reads."""

ENGINE = {
    "aggregates/agg-empty-group-count-graph": "an empty graph is no group of its own",
    "aggregates/agg-groupconcat-04": "GROUP_CONCAT keeps the language that all its strings have",
    "aggregates/agg-groupconcat-06": "GROUP_CONCAT keeps the language that all its strings have",
    "bindings/graph": "VALUES in GRAPH ?g does not bind ?g",
    "csv-tsv-res/tsv03": "xsd:negativeInteger is stored as xsd:integer",
    "functions/bnode01": "BNODE of one string is one node in all rows",
    "negation/graph-minus": "MINUS in GRAPH ?g counts ?g among what both sides share",
    "property-path/zero_or_more_set_end": "a path of no length reaches no node that no statement has",
    "property-path/zero_or_more_set_start": "a path of no length reaches no node that no statement has",
    "property-path/zero_or_one_set_end": "a path of no length reaches no node that no statement has",
    "property-path/zero_or_one_set_start": "a path of no length reaches no node that no statement has",
}
"""Evaluation tests in which the engine answers otherwise, and how."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Running]:
    write_master(tmp_path, b"")
    with serving(tmp_path, Settings(union=False)) as running:
        yield running


def test_the_protocol_suite_passes_but_for_updates(served: Running, tmp_path: Path) -> None:
    need(f"the W3C's suite in {SUITE}", SUITE.is_dir())
    results = dict(run_protocol(served, tmp_path, SUITE))
    assert len(results) == 34
    assert {name for name, wrong in results.items() if wrong} == UPDATES


def test_the_evaluation_suite_passes_but_for_what_the_engine_does_otherwise(
    served: Running, tmp_path: Path
) -> None:
    need(f"the W3C's suite in {SUITE}", SUITE.is_dir())
    results = dict(run_evaluations(served, tmp_path, list(read_evaluations(SUITE))))
    assert len(results) == 232
    assert {name: wrong for name, wrong in results.items() if wrong}.keys() == ENGINE.keys()


def expect(variable: str, *numbers: int) -> str:
    """The expected answer whose rows each have one integer."""
    type = "http://www.w3.org/2001/XMLSchema#integer"
    terms = [{variable: {"type": "literal", "datatype": type, "value": str(number)}} for number in numbers]
    return json.dumps({"head": {"vars": [variable]}, "results": {"bindings": terms}})


PAIR = (
    '{"head":{"vars":["s","o"]},"results":{"bindings":[{"s":{"type":"uri","value":"x:a"},'
    '"o":{"type":"literal","value":"1"}}]}}'
)
NO = '{"head":{},"boolean":false}'
ROWS = "SELECT ?x { VALUES ?x { 1 2 2 } }"
OWN = {
    "select": ("SELECT ?s ?o { ?s <x:p> ?o }", PAIR),
    "named": (
        "SELECT ?g { GRAPH ?g { ?s ?p ?o } }",
        '{"head":{"vars":["g"]},"results":{"bindings":[{"g":{"type":"uri","value":"x:g"}}]}}',
    ),
    "ask": ("ASK { <x:a> <x:q> ?o }", NO),
    "no-order": (ROWS, expect("x", 2, 1, 2)),
    "order": (f"{ROWS} ORDER BY ?x", expect("x", 1, 2, 2)),
    "order-of-a-part": (f"SELECT ?x {{ {{ {ROWS} ORDER BY ?x }} }}", expect("x", 2, 1, 2)),
    "wrong": ("ASK { <x:a> <x:p> ?o }", NO),
    "wrong-number": ("SELECT (9007199254740993 AS ?x) {}", expect("x", 9007199254740992)),
    "wrong-order": (f"{ROWS} ORDER BY ?x", expect("x", 2, 1, 2)),
    "wrong-times": (ROWS, expect("x", 1, 2)),
    "wrong-value": ("SELECT ?s ?o { ?s <x:p> ?x BIND('2' AS ?o) }", PAIR),
    "wrong-variables": ("SELECT ?s ?o ?none { ?s <x:p> ?o }", PAIR),
}
"""Tests of our own: a query, and the answer that is expected, wrongly or not."""


def test_the_runner_tells_right_from_wrong(served: Running, tmp_path: Path) -> None:
    data, named = tmp_path / "data.ttl", tmp_path / "named.ttl"
    data.write_text('<x:a> <x:p> "1" .', encoding="utf-8")
    named.write_text("<x:b> <x:p> _:n .", encoding="utf-8")
    tests = []
    for name, (query, expected) in OWN.items():
        (tmp_path / f"{name}.rq").write_text(query, encoding="utf-8")
        (tmp_path / f"{name}.srj").write_text(expected, encoding="utf-8")
        query_file, result = tmp_path / f"{name}.rq", tmp_path / f"{name}.srj"
        tests.append(Evaluation(name, query_file, (data,), (("x:g", named),), result))
    assert dict(run_evaluations(served, tmp_path, tests)) == {
        name: "another answer than expected" if name.startswith("wrong") else "" for name in OWN
    }
