"""The pages of the server: where one begins, what a query found, one node, finds by words, and notices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urlencode, urlsplit

import pyoxigraph as ox

from kg.lookup import Found, Hit, derive_counts, describe
from kg.queries import Table, load_queries
from kg.store import Graph, query
from kg.vocabulary import DCTERMS, FOAF, KG, RDF, RDFS, SKOS, TERMS, Names

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = [
    "Page",
    "Site",
    "derive_finds",
    "derive_homonyms",
    "derive_node",
    "derive_results",
    "derive_start",
    "derive_triples",
    "read_style",
    "render_page",
    "to_notice",
    "to_site",
]

_MOST_ROWS = 200
_SAID = """
SELECT ?property ?value (MIN(?name) AS ?label) ?node {
  ?node ?property ?value
  OPTIONAL { ?value skos:prefLabel|foaf:name|dcterms:title|rdfs:label ?name }
} GROUP BY ?node ?property ?value ORDER BY ?property ?label ?value LIMIT 201"""
_SAID_BY = """
SELECT ?subject ?property (MIN(?name) AS ?label) ?node {
  ?subject ?property ?node
  OPTIONAL { ?subject skos:prefLabel|foaf:name|dcterms:title|rdfs:label|oa:exact ?name }
} GROUP BY ?node ?subject ?property ORDER BY ?property ?label ?subject LIMIT 201"""
_LABELS = (SKOS.prefLabel, FOAF.name, DCTERMS.title, RDFS.label)
_NAMED_COLUMNS = frozenset({"subject", "on", "metric", "against", "thing", "author", "version", "task"})
"""Columns of a card whose cells are names of nodes."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where the server is: the address of its first page, which ends in a slash, and the path of that."""

    url: str
    root: str


def to_site(url: str) -> Site:
    """The site at an address."""
    return Site(url, urlsplit(url).path)


@dataclass(frozen=True, slots=True)
class Cell:
    """Words in a table, and where they lead."""

    text: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table under a heading; `numeric` names columns of numbers, `note` says what it leaves out."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: frozenset[str] = frozenset()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What a page shows; `sparql` is the text in its form, without which it has none."""

    title: str
    kind: str = ""
    note: str = ""
    grids: tuple[Grid, ...] = ()
    sparql: str | None = None
    formats: tuple[Cell, ...] = ()


def derive_start(graph: Graph, site: Site, limits: Table) -> Page:
    """The first page: what the graph holds, a form, the named queries to begin with, and the limits."""
    queries = tuple(
        (Cell(each.name, _to_query(site, each.sparql)), Cell(each.help.partition("\n")[0]))
        for each in load_queries().values()
    )
    files = (
        (Cell("graph.nq", f"{site.root}graph.nq"), Cell("all statements, as N-Quads")),
        (Cell("VoID", f"{site.root}.well-known/void"), Cell("what is in it, for programs")),
        (Cell("SPARQL", f"{site.root}sparql"), Cell("the endpoint, and its service description")),
    )
    grids = (
        Grid("Queries to begin with", ("query", "what it tells"), queries),
        _to_plain_grid("What is in it", derive_counts(graph)),
        Grid("For programs", ("address", "what it is"), files),
        _to_plain_grid("Limits", limits),
    )
    return Page("The graph", grids=grids, sparql=_EXAMPLE)


_EXAMPLE = """SELECT ?model (COUNT(DISTINCT ?paper) AS ?papers) {
  ?paper kg:uses ?m .
  ?m a kg:Model ; skos:prefLabel ?model
} GROUP BY ?model ORDER BY DESC(?papers) ?model LIMIT 20"""


def derive_results(answer: ox.QuerySolutions, sparql: str, names: Names, site: Site) -> Page:
    """The rows of a SELECT, the first of them where they are many."""
    columns = tuple(variable.value for variable in answer.variables)
    rows = list[tuple[Cell, ...]]()
    more = False
    for solution in answer:
        if more := len(rows) == _MOST_ROWS:
            break
        rows.append(tuple(_to_cell(term, names, site) for term in solution))
    count = f"The first {_MOST_ROWS} rows of more." if more else _count(len(rows), "row")
    formats = tuple(
        Cell(name, _to_query(site, sparql, format))
        for name, format in (("CSV", "csv"), ("TSV", "tsv"), ("JSON", "json"), ("XML", "xml"))
    )
    return Page("Answer", note=count, grids=(Grid("", columns, tuple(rows)),), sparql=sparql, formats=formats)


def derive_triples(triples: Sequence[ox.Triple], sparql: str, names: Names, site: Site) -> Page:
    """What a CONSTRUCT or DESCRIBE gives, the first triples where they are many."""
    rows = tuple(
        tuple(_to_cell(term, names, site) for term in (each.subject, each.predicate, each.object))
        for each in triples[:_MOST_ROWS]
    )
    more = len(triples) > _MOST_ROWS
    count = f"The first {_MOST_ROWS} triples of more." if more else _count(len(rows), "triple")
    formats = tuple(
        Cell(name, _to_query(site, sparql, format))
        for name, format in (("Turtle", "turtle"), ("N-Triples", "ntriples"), ("JSON-LD", "jsonld"))
    )
    grid = Grid("", ("subject", "predicate", "object"), rows)
    return Page("Answer", note=count, grids=(grid,), sparql=sparql, formats=formats)


def derive_node(graph: Graph, iri: str, site: Site) -> Page | None:
    """All that the graph says of a node, and of what points to it; None where it says nothing."""
    node = {"node": ox.NamedNode(iri)}
    said, by = (list(cast(ox.QuerySolutions, query(graph.quads, q, node))) for q in (_SAID, _SAID_BY))
    if not said and not by:
        return None
    found = _to_found(iri, said, graph.names)
    sections = describe(graph, found).sections if found.kind in _DESCRIBED else ()
    grids = (
        *(_to_grid(section.heading, section.table, site) for section in sections),
        _to_statements("statements", ("property", "value", "label"), said, graph.names, site),
        _to_statements("what points to it", ("subject", "property", "label"), by, graph.names, site),
    )
    formats = tuple(
        Cell(name, f"{_to_link(iri, graph.names, site)}?format={format}")
        for name, format in (("Turtle", "turtle"), ("JSON-LD", "jsonld"), ("N-Triples", "ntriples"))
    )
    shown = tuple(grid for grid in grids if grid.rows)
    return Page(found.label, found.kind, note=iri, grids=shown, formats=formats)


_DESCRIBED = frozenset({"Author", "Paper", "Method", "Model", "Dataset", "Benchmark", "Metric", "Task"})


def _to_found(iri: str, said: Iterable[ox.QuerySolution], names: Names) -> Found:
    """What a node is called and what it is, as its own statements say."""
    values: dict[str, list[str]] = {}
    for row in said:
        values.setdefault(row["property"].value, []).append(row["value"].value)
    label = next((min(values[term]) for term in _LABELS if term in values), iri.removeprefix(names.base))
    kinds = [each.removeprefix(KG.iri) for each in values.get(RDF.type, ()) if each.startswith(KG.iri)]
    return Found(iri, min(kinds, default=""), label)


def derive_finds(hits: Sequence[Hit], words: str, site: Site) -> Page:
    """What a search found, each find leading to its node."""
    rows = tuple(
        (
            Cell(hit.kind),
            Cell(hit.name, f"{site.root}find?{urlencode({'name': hit.name})}"),
            Cell(hit.words),
        )
        for hit in hits
    )
    note = _count(len(rows), "find") if rows else "Nothing has all of these words; try fewer of them."
    return Page(f"Finds for “{words}”", note=note, grids=(Grid("", ("kind", "name", "words"), rows),))


def derive_homonyms(found: Iterable[Found], names: Names, site: Site) -> Page:
    """Nodes of one name, to choose from."""
    rows = tuple(
        (Cell(each.label, _to_link(each.iri, names, site)), Cell(each.kind.lower())) for each in found
    )
    return Page(
        f"What is called {rows[0][0].text}",
        note=_count(len(rows), "thing"),
        grids=(Grid("", ("name", "kind"), rows),),
    )


def to_notice(title: str, note: str, sparql: str | None = None) -> Page:
    """A page that only says something, beside the query that it is about."""
    return Page(title, note=note, sparql=sparql)


def _to_statements(
    heading: str, columns: tuple[str, str, str], rows: list[ox.QuerySolution], names: Names, site: Site
) -> Grid:
    """Statements as rows of two: a node that has a label is shown by it."""
    first, second, label = columns
    cells = []
    for row in rows[:_MOST_ROWS]:
        pair = {name: _to_cell(row[name], names, site) for name in (first, second)}
        if row[label] is not None:
            labelled = "value" if "value" in pair else "subject"
            pair[labelled] = Cell(row[label].value, pair[labelled].link)
        cells.append((pair[first], pair[second]))
    note = f"The first {_MOST_ROWS} of more." if len(rows) > _MOST_ROWS else ""
    return Grid(heading, (first, second), tuple(cells), note=note)


def _to_grid(heading: str, table: Table, site: Site) -> Grid:
    rows = tuple(
        tuple(_to_named(column, text, site) for column, text in zip(table.columns, row, strict=True))
        for row in table.rows[:_MOST_ROWS]
    )
    note = f"The first {_MOST_ROWS} of {len(table.rows):,}." if len(table.rows) > _MOST_ROWS else ""
    return Grid(heading, table.columns, rows, table.numeric, note)


def _to_plain_grid(heading: str, table: Table) -> Grid:
    rows = tuple(tuple(map(Cell, row)) for row in table.rows)
    return Grid(heading, table.columns, rows, table.numeric)


def _to_named(column: str, text: str, site: Site) -> Cell:
    """A cell of a card; a name leads to its node, an address of the web to there."""
    if column == "paper":
        return Cell(text, f"{site.root}paper/{quote(text, safe='')}")
    if text and column in _NAMED_COLUMNS:
        return Cell(text, f"{site.root}find?{urlencode({'name': text})}")
    return Cell(text, text if column == "page" else "")


def _to_cell(term: object, names: Names, site: Site) -> Cell:
    """A term to look at; a node leads to its page, an address of the web to there."""
    if not isinstance(term, ox.NamedNode):
        return Cell("" if term is None else str(getattr(term, "value", term)))
    text = TERMS.get(term.value) or term.value.removeprefix(names.base)
    return Cell(text, _to_link(term.value, names, site))


def _to_link(iri: str, names: Names, site: Site) -> str:
    if iri.startswith(names.base):
        return site.root + iri.removeprefix(names.base)
    return iri if iri.startswith(("https://", "http://")) else ""


def _to_query(site: Site, sparql: str, format: str = "") -> str:
    asked = {"query": sparql} | ({"format": format} if format else {})
    return f"{site.root}sparql?{urlencode(asked)}"


def _count(number: int, one: str) -> str:
    return f"{number:,} {one}{'s' * (number != 1)}"


def render_page(page: Page, site: Site) -> str:
    """The page, whole but for the style sheet; without scripts."""
    return _template().render(page=page, site=site)


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("site.html")


@cache
def read_style() -> bytes:
    """The style sheet of all pages."""
    return (Path(__file__).parent / "site.css").read_bytes()
