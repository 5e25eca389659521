"""The pages of the server: where one begins, what a query found, one node, finds by words, and notices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import cast

import pyoxigraph as ox

from kg.lookup import Found, Hit, derive_counts
from kg.queries import NamedQuery, Table, bind, load_queries, to_table
from kg.store import Graph, Term, query
from kg.views.page import (
    LONGEST_WORDS,
    MOST_ROWS,
    TRIPLES,
    Cell,
    Grid,
    Page,
    Parameter,
    Shortlist,
    Site,
    find_label,
    to_cell,
    to_count,
    to_find,
    to_formats,
    to_link,
    to_named_query,
    to_paper,
    to_query,
)
from kg.vocabulary import XSD

__all__ = [
    "derive_finds",
    "derive_homonyms",
    "derive_query",
    "derive_results",
    "derive_start",
    "derive_triples",
    "to_notice",
]

_ROWS = {"CSV": "csv", "TSV": "tsv", "JSON": "json", "XML": "xml"}
_SHORT = 7
"""How many entries a short list has."""

_NUMERIC = frozenset({XSD.decimal, XSD.integer, XSD.double})
_MORE_NAMES = frozenset(
    ("subject", "on", "against", "winner", "rival", "baseline", "version", "proposed", "co_author", "model")
)
"""Columns that hold names of nodes and are no parameters of a named query."""

_MORE_PAPERS = frozenset({"first_paper", "other_paper"})
_COMMAND = "; try: kg search WORDS"
"""Advice of a `QueryError` to whoever reads it in a terminal."""

_ABOUT = (
    "Every model, method, data set, benchmark, metric, task and author that these digests of papers name, "
    "and every result that they state, each with the words that say so. Look a name up above, or begin here."
)
_EXAMPLE = """SELECT ?model (COUNT(DISTINCT ?paper) AS ?papers) {
  ?paper kg:uses ?m .
  ?m a kg:Model ; skos:prefLabel ?model
} GROUP BY ?model ORDER BY DESC(?papers) ?model LIMIT 20"""


# Where one begins


def derive_start(graph: Graph, site: Site, limits: Table) -> Page:
    """The first page: what this is, where to begin, a form, the named queries, what is in it, the limits."""
    queries = tuple(
        (Cell(each.name, to_named_query(each.name, site)), Cell(each.help.partition("\n")[0]))
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
    return Page(
        "What papers say", note=_ABOUT, shortlists=_to_shortlists(graph, site), grids=grids, sparql=_EXAMPLE
    )


def _to_shortlists(graph: Graph, site: Site) -> tuple[Shortlist, ...]:
    def rows(name: str) -> list[dict[str, str]]:
        table = to_table(query(graph.quads, load_queries()[name].sparql), graph.names.base)
        return [dict(zip(table.columns, row, strict=True)) for row in table.rows]

    days = sorted(rows("digest-days"), key=lambda row: row["day"], reverse=True)
    return (
        _to_shortlist("Measured on by most papers", "top-benchmarks", "benchmark", rows, site),
        _to_shortlist("Used by most papers", "top-methods", "thing", rows, site),
        Shortlist(
            "Latest digests",
            tuple(
                (Cell(row["day"], to_named_query("papers", site, day=row["day"])), _of_papers(row))
                for row in days[:_SHORT]
            ),
            Cell("All days", to_named_query("digest-days", site)),
        ),
    )


def _to_shortlist(
    heading: str, name: str, column: str, rows: Callable[[str], list[dict[str, str]]], site: Site
) -> Shortlist:
    entries = tuple((Cell(row[column], to_find(row[column], site)), _of_papers(row)) for row in rows(name))
    return Shortlist(heading, entries[:_SHORT], Cell("More of them", to_named_query(name, site)))


def _of_papers(row: Mapping[str, str]) -> str:
    return to_count(int(row["papers"]), "paper")


def _to_plain_grid(heading: str, table: Table) -> Grid:
    rows = tuple(tuple(map(Cell, row)) for row in table.rows)
    return Grid(heading, table.columns, rows, table.numeric)


# What a query found


def derive_results(answer: ox.QuerySolutions, sparql: str, graph: Graph, site: Site, most: int) -> Page:
    """The rows of a SELECT, the first of them where they are many; a download holds at most `most`."""
    columns = tuple(variable.value for variable in answer.variables)
    rows = [tuple(solution) for solution in islice(answer, MOST_ROWS + 1)]
    grid = _to_answer_grid(columns, rows[:MOST_ROWS], graph, site)
    count = _to_shown(len(rows), "row", most)
    return Page("Answer", count=count, grids=(grid,), sparql=sparql, formats=to_formats(sparql, _ROWS, site))


def derive_triples(triples: Sequence[ox.Triple], sparql: str, graph: Graph, site: Site, most: int) -> Page:
    """What a CONSTRUCT or DESCRIBE gives, the first triples where they are many; else as of a SELECT."""
    rows = [(each.subject, each.predicate, each.object) for each in triples[: MOST_ROWS + 1]]
    columns = ("subject", "predicate", "object")
    cells = tuple(tuple(to_cell(term, graph, site) for term in row) for row in rows[:MOST_ROWS])
    return Page(
        "Answer",
        count=_to_shown(len(rows), "triple", most),
        grids=(Grid("", columns, cells),),
        sparql=sparql,
        formats=to_formats(sparql, TRIPLES, site),
    )


def derive_query(graph: Graph, named: NamedQuery, values: Mapping[str, str], site: Site, most: int) -> Page:
    """A named query: its parameters as a form, and what it finds for these values.

    One about a thing or an author asks nothing until its form was sent, even if empty.
    Raises `QueryError` as `bind` does.
    """
    given = {name: value for name, value in values.items() if value}
    bound = bind(graph, named, given)
    head, _, rest = named.help.partition("\n")
    waits = not values and any(each.kind in ("thing", "author") for each in named.parameters)
    grids, count = ((), "") if waits else _ask_named(graph, named, bound, site, most)
    asked = _with_values(named.sparql, bound)
    fields = tuple(
        Parameter(each.name, each.help, bound[each.name].value if each.name in bound else "")
        for each in named.parameters
    )
    return Page(
        head.rstrip("."),
        note=rest.strip(),
        count=count,
        action=to_named_query(named.name, site),
        parameters=fields,
        formats=() if waits else to_formats(asked, _ROWS, site),
        grids=grids,
        asked=Cell(asked, to_query(asked, site)),
    )


def _ask_named(
    graph: Graph, named: NamedQuery, bound: Mapping[str, Term], site: Site, most: int
) -> tuple[tuple[Grid, ...], str]:
    """The rows less what is the same in all, since it was asked for, and how many there are."""
    answer = cast(ox.QuerySolutions, query(graph.quads, named.sparql, bound))
    columns = [variable.value for variable in answer.variables]
    shown = [each for each in columns if each not in bound] or columns
    rows = [tuple(solution[name] for name in shown) for solution in islice(answer, MOST_ROWS + 1)]
    grid = _to_answer_grid(tuple(shown), rows[:MOST_ROWS], graph, site)
    plain = tuple(name.replace("_", " ") for name in grid.columns)
    numeric = frozenset(name.replace("_", " ") for name in grid.numeric)
    grids = (replace(grid, columns=plain, numeric=numeric),) if rows else ()
    return grids, _to_shown(len(rows), "row", most)


def _with_values(sparql: str, bound: Mapping[str, Term]) -> str:
    """The query with its parameters bound in its own text."""
    if not bound:
        return sparql.strip()
    variables, terms = (" ".join(each) for each in (map("?{}".format, bound), map(str, bound.values())))
    return f"{sparql.strip()}\nVALUES ({variables}) {{ ({terms}) }}"


def _to_shown(found: int, one: str, most: int) -> str:
    """How many there are; `found` is one more than are shown where there are more."""
    if found <= MOST_ROWS:
        return f"{to_count(found, one)}."
    return f"{MOST_ROWS} {one}s shown; downloads hold up to {most:,} {one}s."


def _to_answer_grid(
    columns: tuple[str, ...], rows: list[tuple[object, ...]], graph: Graph, site: Site
) -> Grid:
    cells = tuple(
        tuple(_to_answer_cell(name, term, graph, site) for name, term in zip(columns, row, strict=True))
        for row in rows
    )
    numeric = {
        name for name, *terms in zip(columns, *rows, strict=True) if terms and all(map(_is_number, terms))
    }
    long = columns[-1:] == ("words",) and any(len(row[-1].text) > LONGEST_WORDS for row in cells)
    return Grid("", columns, cells, frozenset(numeric), below=long)


def _is_number(term: object) -> bool:
    return term is None or (isinstance(term, ox.Literal) and term.datatype.value in _NUMERIC)


def _to_answer_cell(column: str, term: object, graph: Graph, site: Site) -> Cell:
    """A term to look at; a name leads to what is called so, where its column is one of names."""
    cell = to_cell(term, graph, site)
    if not cell.text or not isinstance(term, ox.Literal) or _is_number(term):
        return cell
    if column in _MORE_NAMES | _columns_of("thing", "author"):
        return Cell(cell.text, to_find(cell.text, site))
    if column in _MORE_PAPERS | _columns_of("paper"):
        return Cell(cell.text, to_paper(cell.text, site))
    return cell


def _columns_of(*kinds: str) -> frozenset[str]:
    """The columns of named queries that are parameters of these kinds."""
    queries = load_queries().values()
    return frozenset(each.name for named in queries for each in named.parameters if each.kind in kinds)


# What a name or words found


def derive_finds(hits: Sequence[Hit], words: str, site: Site, limit: int) -> Page:
    """What a search found, each find leading to its node; `limit` is how many were asked for."""
    if not words.strip():
        return Page("Search", note="Write a name, or words of a text, into the field above.")
    title = f"Finds for “{words}”"
    if not hits:
        return Page(title, note="Nothing has all of these words; try fewer of them.")
    rows = tuple(_to_rows(hits, site))
    full = len(hits) >= limit
    note = f"The first {limit} finds of more; add a word." if full else f"{to_count(len(rows), 'find')}."
    return Page(title, note=note, grids=(Grid("", ("name", "kind", "words"), rows),))


def _to_rows(hits: Iterable[Hit], site: Site) -> Iterator[tuple[Cell, ...]]:
    """A row for each kind and name, with the words that were found first."""
    rows: dict[tuple[str, str], Hit] = {}
    for hit in hits:
        rows.setdefault((hit.kind, hit.name), hit)
    for hit in rows.values():
        link = to_paper(hit.name, site) if hit.kind == "text" else to_find(hit.name, site)
        yield Cell(hit.name, link), Cell(hit.kind), Cell(hit.words)


def derive_homonyms(found: Sequence[Found], graph: Graph, site: Site) -> Page:
    """Nodes of one name, to choose from; papers tell them apart."""
    rows = tuple(_to_homonym(node, graph, site) for node in found)
    grid = Grid("", ("name", "kind", "papers", "one of them"), rows, frozenset({"papers"}))
    return Page(f"What is called {found[0].label}", note=f"{to_count(len(rows), 'thing')}.", grids=(grid,))


def _to_homonym(found: Found, graph: Graph, site: Site) -> tuple[Cell, ...]:
    names = graph.names
    own = (Cell(found.label, to_link(found.iri, names, site)), Cell(found.kind.lower()))
    pointing = graph.quads.quads_for_pattern(None, None, ox.NamedNode(found.iri), ox.DefaultGraph())
    subjects = {quad.subject.value for quad in pointing if isinstance(quad.subject, ox.NamedNode)}
    papers = sorted(iri for iri in subjects if iri.startswith(f"{names.base}paper/"))
    if not papers:
        return (*own, Cell("0"), Cell(""))
    title = find_label(graph, ox.NamedNode(papers[-1]))
    return (*own, Cell(f"{len(papers):,}"), Cell(title, to_link(papers[-1], names, site)))


# What is only said


def to_notice(title: str, note: str, sparql: str | None = None, *, words: str = "") -> Page:
    """A page that only says something, beside the query that it is about, or words to look for instead."""
    return Page(title, note=note.replace(_COMMAND, ""), sparql=sparql, search=words)
