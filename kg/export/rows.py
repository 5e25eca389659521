"""The graph as tables: what their columns are, and their rows, read from the store by SPARQL.

    papers      a paper, by its first summary              summaries   a text: what offsets count into
    authors     a person, or a handle                      entities    a model, method, data set, …
    results     a number that a sentence states            questions   what a summary leaves open
    edges       a statement that links two of the above    evidence    a place that backs a statement

Columns to read come first, IRIs last: `iri` is the row's own, and `X_iri` (a list: `X_iris`) the
`iri` of a row that it points to. So tables join on IRIs, and papers on their arXiv ids as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import groupby, islice
from typing import Any, Literal, cast

from pyoxigraph import RdfFormat, parse

from kg.store import Store, select
from kg.vocabulary import FIELDS, KG, OA, PROV

__all__ = ["TABLES", "Kind", "Row", "Sheet", "Tables"]

Kind = Literal["text", "list", "integer", "number", "day"]
"""What a column holds; a list is one of texts, a day is ISO 8601, a number a decimal."""

Row = Mapping[str, str | list[str]]
"""Column → its value as the graph writes it; what is unknown is absent."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a table holds: the kinds of its columns, in their order, and how its rows are read, in theirs."""

    name: str
    columns: Mapping[str, Kind]
    rows: Callable[[Tables], Iterable[Row]]


_SUMMARIES = """
SELECT ?paper ?day ?source ?title ?abstract ?byline ?iri ?paper_iri {
  ?iri kg:about ?paper_iri ; dcterms:title ?title ; dcterms:abstract ?abstract ; kg:byline ?byline ;
    kg:inDigest ?digest .
  ?paper_iri fabio:hasArXivId ?paper . ?digest dcterms:date ?day ; dcterms:source ?source .
} ORDER BY ?iri"""
_PAGES = "SELECT ?key ?value { ?key a kg:Paper ; rdfs:seeAlso ?value }"
_BYLINES = """
SELECT ?summary ?start ?author ?name {
  ?mention kg:role dcterms:creator ; kg:refersTo ?author ; oa:start ?start ; oa:hasSource ?summary .
  ?author foaf:name ?name .
}"""
_AUTHORS = """
SELECT ?name ?kind (COUNT(DISTINCT ?paper) AS ?papers) ?iri {
  ?iri a kg:Author ; foaf:name ?name ; kg:nameKind ?kind . ?paper dcterms:creator ?iri .
} GROUP BY ?name ?kind ?iri ORDER BY ?name ?iri"""
_ENTITIES = """
SELECT ?type ?name ?better ?parameters ?family ?same_as ?iri ?family_iri {
  VALUES (?class ?type) { (kg:Model "model") (kg:Method "method") (kg:Dataset "dataset")
    (kg:Benchmark "benchmark") (kg:Metric "metric") (kg:Task "task") }
  ?iri a ?class ; skos:prefLabel ?name .
  OPTIONAL { ?iri kg:better ?better }
  OPTIONAL { ?iri kg:parameterCount ?parameters }
  OPTIONAL { ?iri dcterms:isVersionOf ?family_iri . ?family_iri skos:prefLabel ?family }
  OPTIONAL { ?iri skos:exactMatch ?same_as }
} ORDER BY ?type ?name ?iri"""
_OTHER_NAMES = "SELECT ?key ?value { ?key skos:altLabel ?value }"
_NAMED_IN = """
SELECT DISTINCT ?key ?value { ?value ?role ?key .
  VALUES ?role { kg:proposes kg:uses kg:evaluatesOn kg:comparesWith kg:addresses kg:mentions } }"""
_RESULTS = """
SELECT ?subject ?on ?metric ?kind ?value ?upper_value ?unit ?direction ?baseline ?baseline_value ?delta
  ?delta_kind ?delta_check ?value_text ?sentence ?iri ?subject_iri ?on_iri ?metric_iri ?baseline_iri
  ?summary_iri {
  ?iri kg:statedIn ?summary_iri ; kg:kind ?class ; kg:value ?value ; kg:valueText ?value_text ;
    kg:evidence ?place .
  ?place kg:role kg:statedIn ; oa:exact ?sentence .
  BIND(LCASE(STRAFTER(STR(?class), STR(kg:))) AS ?kind)
  OPTIONAL { ?iri kg:subject ?subject_iri . ?subject_iri skos:prefLabel ?subject }
  OPTIONAL { ?iri kg:on ?on_iri . ?on_iri skos:prefLabel ?on }
  OPTIONAL { ?iri kg:metric ?metric_iri . ?metric_iri skos:prefLabel ?metric }
  OPTIONAL { ?iri kg:baseline ?baseline_iri . ?baseline_iri skos:prefLabel ?baseline }
  OPTIONAL { ?iri kg:upperValue ?upper_value }
  OPTIONAL { ?iri kg:unit ?unit }
  OPTIONAL { ?iri kg:direction ?direction }
  OPTIONAL { ?iri kg:baselineValue ?baseline_value }
  OPTIONAL { ?iri kg:delta ?delta ; kg:deltaKind ?delta_kind . OPTIONAL { ?iri kg:deltaCheck ?delta_check } }
}"""
_QUESTIONS = """
SELECT ?question ?iri ?summary_iri {
  ?iri a kg:OpenQuestion ; rdfs:label ?question ; kg:evidence/oa:hasSource ?summary_iri .
}"""
_STATED = """
SELECT ?source_iri ?property ?target_iri ?summary_iri {
  GRAPH ?summary_iri { ?source_iri ?property ?target_iri }
  VALUES ?property { kg:proposes kg:uses kg:evaluatesOn kg:comparesWith kg:addresses kg:mentions
    kg:leavesOpen kg:subject kg:on kg:metric kg:baseline dcterms:creator }
}"""
_STATES = """
SELECT ?source_iri ?target_iri ?summary_iri {
  ?target_iri kg:statedIn ?summary_iri . ?summary_iri kg:about ?source_iri }"""
_WHOLES = """
SELECT ?source_iri ?property ?target_iri {
  VALUES ?property { dcterms:isVersionOf dcterms:isPartOf skos:broader }
  ?source_iri ?property ?target_iri }"""
_NODES = """
SELECT ?node ?type ?label {
  VALUES (?class ?type) { (kg:Model "model") (kg:Method "method") (kg:Dataset "dataset")
    (kg:Benchmark "benchmark") (kg:Metric "metric") (kg:Task "task") (kg:Author "author")
    (kg:Result "result") (kg:OpenQuestion "question") }
  ?node a ?class ; skos:prefLabel|foaf:name|kg:valueText|rdfs:label ?label .
}"""
_COMPONENTS = "SELECT ?key ?value { ?key a kg:Component ; rdfs:label ?value }"
_STATEMENTS = "SELECT ?key ?value { ?value kg:evidence ?key }"
_TOGETHER = 50_000
"""Lines of the master that are parsed at once."""

_FIELDS = tuple(FIELDS)


def _lists(store: Store, sparql: str) -> Mapping[str, list[str]]:
    """?key → its ?values, sorted."""
    found = defaultdict[str, list[str]](list)
    for row in select(store, sparql):
        found[row["key"]].append(row["value"])
    for values in found.values():
        values.sort()
    return found


class Tables:
    """The rows of all tables of one store; what several of them need is read once, and kept.

    A mention or an edge takes about a kilobyte until the last table is through.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def papers(self) -> Iterator[Row]:
        pages, bylines = _lists(self._store, _PAGES), _bylines(self._store)
        for paper, texts in groupby(self._by_day, key=lambda row: row["paper"]):
            first, *others = texts
            authors = {iri: name for text in (first, *others) for iri, name in bylines[text["iri"]]}
            yield {
                "arxiv_id": paper,
                "title": first["title"],
                "day": first["day"],
                "summaries": str(1 + len(others)),
                "authors": list(authors.values()),
                "pages": pages[first["paper_iri"]],
                "iri": first["paper_iri"],
                "author_iris": list(authors),
            }

    def summaries(self) -> Iterable[Row]:
        return self._summaries.values()

    def authors(self) -> Iterable[Row]:
        return select(self._store, _AUTHORS)

    def entities(self) -> Iterator[Row]:
        names, papers = _lists(self._store, _OTHER_NAMES), _lists(self._store, _NAMED_IN)
        for row in select(self._store, _ENTITIES):
            iri = row["iri"]
            yield {**row, "other_names": names[iri], "papers": str(len(papers[iri]))}

    def results(self) -> Iterator[Row]:
        return self._in_order(_RESULTS)

    def questions(self) -> Iterator[Row]:
        return self._in_order(_QUESTIONS)

    def edges(self) -> Iterator[Row]:
        """The edges that `kg.network` draws, with the same words."""
        words = _words(self._mentions)
        edges = list[dict[str, str]]()
        for row in _links(self._store):
            row["source_type"], row["source"] = self._nodes[row["source_iri"]]
            row["target_type"], row["target"] = self._nodes[row["target_iri"]]
            if summary := row.get("summary_iri"):
                row |= self._about(summary)
                row["words"] = words[summary, row["relation"], row["target_iri"]]
            edges.append(row)
        order = ("relation", "source", "target", "source_iri", "target_iri", "summary_iri")
        edges.sort(key=lambda row: [row.get(name, "") for name in order])
        yield from edges

    def evidence(self) -> Iterator[Row]:
        statements = _lists(self._store, _STATEMENTS)
        for row in self._mentions:
            type, label = self._nodes[row["refers_to_iri"]]
            yield {
                **row,
                **self._about(row["summary_iri"]),
                "type": type,
                "refers_to": label,
                "statement_iris": statements.get(row["iri"], []),
            }

    def _in_order(self, sparql: str) -> Iterator[Row]:
        """What summaries state, in their order; `10` comes after `9`."""
        rows = list(select(self._store, sparql))
        for row in sorted(rows, key=lambda row: (row["summary_iri"], len(row["iri"]), row["iri"])):
            yield row | self._about(row["summary_iri"])

    def _about(self, summary: str) -> dict[str, str]:
        """What a row about a summary says of it."""
        row = self._summaries[summary]
        return {"paper": row["paper"], "day": row["day"], "paper_iri": row["paper_iri"]}

    @cached_property
    def _summaries(self) -> dict[str, dict[str, str]]:
        return {row["iri"]: row for row in select(self._store, _SUMMARIES)}

    @cached_property
    def _by_day(self) -> list[dict[str, str]]:
        """The summaries, a paper's together, the earliest first."""
        return sorted(self._summaries.values(), key=lambda row: (row["paper"], row["day"], row["source"]))

    @cached_property
    def _nodes(self) -> dict[str, tuple[str, str]]:
        """Each node of the network → its type and its label; a paper's is its first summary's title."""
        nodes = {row["node"]: (row["type"], row["label"]) for row in select(self._store, _NODES)}
        for row in self._by_day:
            nodes.setdefault(row["paper_iri"], ("paper", row["title"]))
        return nodes

    @cached_property
    def _mentions(self) -> list[dict[str, str]]:
        """All mentions, summary by summary, in the order of its texts."""

        def place(row: dict[str, str]) -> tuple[str, int, int, int, str]:
            field, start, end = _FIELDS.index(row["field"]), int(row["start"]), int(row["end"])
            return row["summary_iri"], field, start, end, row["iri"]

        return sorted(_mentions(self._store), key=place)


def _bylines(store: Store) -> Mapping[str, list[tuple[str, str]]]:
    """Summary → its authors, with their names, in the order of the byline."""
    found = defaultdict[str, list[tuple[str, str]]](list)
    for row in sorted(select(store, _BYLINES), key=lambda row: (int(row["start"]), row["author"])):
        found[row["summary"]].append((row["author"], row["name"]))
    return found


def _links(store: Store) -> Iterator[dict[str, str]]:
    for row in select(store, _STATED):
        yield {**row, "relation": _local(row["property"])}
    yield from ({**row, "relation": "states"} for row in select(store, _STATES))
    yield from ({**row, "relation": _local(row["property"])} for row in select(store, _WHOLES))


def _words(mentions: Iterable[dict[str, str]]) -> Mapping[tuple[str, str, str], str]:
    """(summary, relation, target) → the first words that back it, title before abstract."""
    words: dict[tuple[str, str, str], str] = {}
    for row in mentions:
        relation = "states" if row["role"] == "statedIn" else row["role"]
        words.setdefault((row["summary_iri"], relation, row["refers_to_iri"]), row["words"])
    return words


def _mentions(store: Store) -> Iterator[dict[str, str]]:
    components = {row["key"]: row["value"] for row in select(store, _COMPONENTS)}
    for iri, quads in groupby(_quads(store, "mention"), key=lambda quad: quad.subject):
        node = {quad.predicate.value: quad.object.value for quad in quads}
        yield {
            "field": _local(node[KG.inField]),
            "start": node[OA.start],
            "end": node[OA.end],
            "words": node[OA.exact],
            "role": _local(node[KG.role]),
            "component": components[node[PROV.wasGeneratedBy]],
            "confidence": node[KG.confidence],
            "iri": iri.value,
            "refers_to_iri": node[KG.refersTo],
            "summary_iri": node[OA.hasSource],
        }


def _quads(store: Store, kind: str) -> Iterator[Any]:
    """What the master says of the nodes of one kind, node by node: quicker than a query for many."""
    start = f"<{store.names.base}{kind}/".encode()
    lines = (line for line in store.lines() if line.startswith(start))
    while some := b"".join(islice(lines, _TOGETHER)):
        yield from parse(some, format=RdfFormat.N_QUADS)


@cache
def _local(iri: str) -> str:
    return iri.rpartition("#")[2].rpartition("/")[2]


def _columns(names: str) -> dict[str, Kind]:
    """`day:day words` → {"day": "day", "words": "text"}."""
    pairs = (name.partition(":") for name in names.split())
    return {name: cast(Kind, kind or "text") for name, _, kind in pairs}


TABLES: tuple[Sheet, ...] = (
    Sheet(
        "papers",
        _columns("arxiv_id title day:day summaries:integer authors:list pages:list iri author_iris:list"),
        Tables.papers,
    ),
    Sheet(
        "summaries", _columns("paper day:day source title abstract byline iri paper_iri"), Tables.summaries
    ),
    Sheet("authors", _columns("name kind papers:integer iri"), Tables.authors),
    Sheet(
        "entities",
        _columns(
            "type name other_names:list better parameters:integer family papers:integer same_as iri "
            "family_iri"
        ),
        Tables.entities,
    ),
    Sheet(
        "results",
        _columns(
            "paper day:day subject on metric kind value:number upper_value:number unit direction baseline "
            "baseline_value:number delta:number delta_kind delta_check value_text sentence iri subject_iri "
            "on_iri metric_iri baseline_iri paper_iri summary_iri"
        ),
        Tables.results,
    ),
    Sheet("questions", _columns("paper day:day question iri paper_iri summary_iri"), Tables.questions),
    Sheet(
        "edges",
        _columns(
            "source_type source relation target_type target paper day:day words source_iri target_iri "
            "summary_iri"
        ),
        Tables.edges,
    ),
    Sheet(
        "evidence",
        _columns(
            "paper day:day field start:integer end:integer words role type refers_to component "
            "confidence:number iri refers_to_iri statement_iris:list paper_iri summary_iri"
        ),
        Tables.evidence,
    ),
)
"""All tables; each row holds what its `columns` name, and perhaps more."""
