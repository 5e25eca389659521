"""The page of one node: what the graph says of it, in tables and in texts with the evidence marked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import cast

import pyoxigraph as ox

from kg.lookup import Card, Found, Section, describe
from kg.queries import Table
from kg.store import Graph, query
from kg.views.cards import Place, Segment, to_segments
from kg.views.page import (
    LONGEST_WORDS,
    MOST_ROWS,
    TRIPLES,
    Cell,
    Grid,
    Page,
    Passage,
    Site,
    find_label,
    to_cell,
    to_count,
    to_find,
    to_link,
    to_named_query,
    to_paper,
)
from kg.vocabulary import DCTERMS, FIELDS, KG, RDF, Names

__all__ = ["derive_node"]

_THINGS = frozenset({"Method", "Model", "Dataset", "Benchmark", "Metric", "Task"})
_DESCRIBED = _THINGS | {"Author", "Paper", "Result", "Mention"}
_NAMED_COLUMNS = frozenset({"subject", "on", "metric", "against", "thing", "author", "version", "task"})
"""Columns of a card whose cells are names of nodes."""

_ORDER = ("part of", "versions", "narrower", "results", "papers", "written as", "read as")
"""Which tables of a card stand first on a page."""

_OUTWARD = ("pages", "elsewhere")
"""Tables of a card that are addresses of the web."""

_SUMMARIES = """
SELECT ?summary ?day ?title ?abstract ?byline ?paper {
  ?summary kg:about ?paper ; kg:inDigest/dcterms:date ?day ;
    dcterms:title ?title ; dcterms:abstract ?abstract ; kg:byline ?byline
} ORDER BY ?day ?summary"""
_MENTIONS = """
SELECT ?field ?start ?end ?role ?target ?summary {
  ?mention oa:hasSource ?summary ; kg:inField ?field ; oa:start ?start ; oa:end ?end ;
    kg:role ?role ; kg:refersTo ?target
}"""
_MARKS = {KG.statedIn: "result", KG.value: "value", KG.baselineValue: "value", KG.leavesOpen: "question"}
_LINKED_MARKS = frozenset({KG.value, KG.baselineValue})
"""The marks that lead to what they are the evidence of."""


def derive_node(graph: Graph, iri: str, site: Site) -> Page | None:
    """All that the graph says of a node, and of what points to it; None where it says nothing."""
    node = ox.NamedNode(iri)
    said = list(graph.quads.quads_for_pattern(node, None, None, ox.DefaultGraph()))
    by = list(graph.quads.quads_for_pattern(None, None, node, ox.DefaultGraph()))
    if not said and not by:
        return None
    found = _to_found(iri, said, graph)
    card = describe(graph, found) if found.kind in _DESCRIBED else Card(found, ())
    grids = (*_to_sections(card, site), _to_statements(said, graph, site), _to_pointing(by, graph, site))
    link = to_link(iri, graph.names, site)
    return Page(
        _to_title(card, said),
        found.kind,
        note=iri,
        links=(*_to_links(found, said, site), *_to_outward(card)),
        formats=tuple(Cell(name, f"{link}?format={format}") for name, format in TRIPLES.items()),
        passages=tuple(_to_passages(graph, found, site)),
        grids=tuple(grid for grid in grids if grid.rows),
    )


def _to_found(iri: str, said: Iterable[ox.Quad], graph: Graph) -> Found:
    """What a node is called and what it is, as its own statements say."""
    kinds = [each.removeprefix(KG.iri) for each in _values(said, RDF.type) if each.startswith(KG.iri)]
    label = find_label(graph, ox.NamedNode(iri)) or iri.removeprefix(graph.names.base)
    return Found(iri, min(kinds, default=""), label)


def _values(said: Iterable[ox.Quad], term: str) -> list[str]:
    return sorted(
        quad.object.value
        for quad in said
        if quad.predicate.value == term and isinstance(quad.object, ox.NamedNode | ox.Literal)
    )


def _to_title(card: Card, said: Iterable[ox.Quad]) -> str:
    """`DetectGPT on HC3: 0.053` of a result, the quoted words of a mention, the name of all else."""
    kind, label = card.found.kind, card.found.label
    if kind == "Mention":
        return f"“{label}”"
    if kind == "Digest":
        return f"Digest of {min(_values(said, DCTERMS.date), default=label)}"
    if kind != "Result" or not card.sections:
        return label
    table = card.sections[0].table
    row = dict(zip(table.columns, table.rows[0], strict=True))
    what = " on ".join(filter(None, (row.get("subject") or row.get("metric"), row.get("on"))))
    return f"{what}: {row['value']}" if what else row["value"]


def _to_links(found: Found, said: Iterable[ox.Quad], site: Site) -> tuple[Cell, ...]:
    """The named queries that tell more of a node."""
    asked: list[tuple[str, str, str]] = []
    if found.kind in ("Benchmark", "Dataset", "Task"):
        asked.append(("Leaderboard", "leaderboard", "benchmark"))
    if found.kind in ("Method", "Model"):
        asked += [
            ("What beats it", "beats", "beaten"),
            ("What it is compared with", "compared-with", "thing"),
        ]
    if found.kind in _THINGS:
        asked.append(("All evidence", "evidence", "thing"))
    if found.kind == "Digest":
        return tuple(
            Cell("Its papers", to_named_query("papers", site, day=day)) for day in _values(said, DCTERMS.date)
        )
    return tuple(Cell(text, to_named_query(name, site, **{of: found.label})) for text, name, of in asked)


def _to_outward(card: Card) -> Iterator[Cell]:
    """The addresses of the web that a card tells."""
    for section in card.sections:
        if section.heading in _OUTWARD:
            for (address,) in section.table.rows:
                web = address.startswith(("https://", "http://"))
                yield Cell(address.partition("//")[2] or address, address if web else "")


# Tables


def _to_sections(card: Card, site: Site) -> Iterator[Grid]:
    """The tables of a card, less what the page says in another way."""
    order = {heading: place for place, heading in enumerate(_ORDER)}
    for section in sorted(card.sections, key=lambda section: order.get(section.heading, len(order))):
        if section.heading not in ("summaries", *_OUTWARD):
            own = card.found.label if card.found.kind in _THINGS else ""
            yield _to_grid(_without(section, own), site)


def _without(section: Section, name: str) -> Section:
    """The section less the columns that say nothing but a name, which the page is about."""
    table = section.table
    columns = list(zip(table.columns, *table.rows, strict=True))
    own = [set(cells) == {name} and column in _NAMED_COLUMNS for column, *cells in columns]
    if not any(own) or all(own):
        return section
    kept = [each for each, is_own in zip(columns, own, strict=True) if not is_own]
    names, *rows = zip(*kept, strict=True)
    return replace(section, table=replace(table, columns=names, rows=tuple(rows)))


def _to_grid(section: Section, site: Site) -> Grid:
    table = section.table
    records = (dict(zip(table.columns, row, strict=True)) for row in table.rows[:MOST_ROWS])
    rows = tuple(tuple(_to_named(column, record, site) for column in table.columns) for record in records)
    note = f"{MOST_ROWS} of {len(table.rows):,} shown." if len(table.rows) > MOST_ROWS else ""
    return Grid(section.heading, table.columns, rows, table.numeric, note, below=_has_long_words(table))


def _has_long_words(table: Table) -> bool:
    return table.columns[-1] == "words" and any(len(row[-1]) > LONGEST_WORDS for row in table.rows)


def _to_named(column: str, record: Mapping[str, str], site: Site) -> Cell:
    """A cell of a card; a name leads to its node, an id and a title to their paper."""
    text = record[column]
    if column in ("paper", "title") and "paper" in record:
        return Cell(text, to_paper(record["paper"], site))
    if text and column in _NAMED_COLUMNS:
        return Cell(text, to_find(text, site))
    return Cell(text)


def _to_statements(said: list[ox.Quad], graph: Graph, site: Site) -> Grid:
    """What is said of a node, as rows of two."""
    ordered = sorted(said, key=lambda quad: (quad.predicate.value, str(quad.object)))
    pairs = [(quad.predicate, quad.object) for quad in ordered[:MOST_ROWS]]
    note = f"{MOST_ROWS} of {len(said):,} shown." if len(said) > MOST_ROWS else ""
    return Grid("statements", ("property", "value"), _to_rows(pairs, graph, site), note=note, folded=True)


def _to_pointing(by: list[ox.Quad], graph: Graph, site: Site) -> Grid:
    """What points to a node, as rows of two; of mentions, only how many there are."""
    mention = f"<{graph.names.base}mention/"
    counts = Counter(quad.predicate for quad in by if str(quad.subject).startswith(mention))
    others = [quad for quad in by if not str(quad.subject).startswith(mention)]
    ordered = sorted(others, key=lambda quad: (quad.predicate.value, str(quad.subject)))
    rows = _to_rows([(quad.subject, quad.predicate) for quad in ordered[:MOST_ROWS]], graph, site)
    folded = tuple(
        (Cell(to_count(count, "mention")), to_cell(term, graph, site))
        for term, count in sorted(counts.items(), key=lambda each: each[0].value)
    )
    note = f"{MOST_ROWS} of {len(others):,} shown." if len(others) > MOST_ROWS else ""
    return Grid("what points to it", ("subject", "property"), folded + rows, note=note, folded=True)


def _to_rows(
    pairs: Iterable[tuple[object, object]], graph: Graph, site: Site
) -> tuple[tuple[Cell, ...], ...]:
    return tuple(tuple(to_cell(term, graph, site) for term in pair) for pair in pairs)


# Texts


def _to_passages(graph: Graph, found: Found, site: Site) -> Iterator[Passage]:
    """The texts about a paper, or the one that a summary is, with what they say of the graph's nodes."""
    if found.kind not in ("Paper", "Summary"):
        return
    bound = {"paper" if found.kind == "Paper" else "summary": ox.NamedNode(found.iri)}
    for row in cast(ox.QuerySolutions, query(graph.quads, _SUMMARIES, bound)):
        targets: list[str] = []
        places = _read_places(graph, row["summary"], targets)
        paragraphs = (
            tuple(_to_pieces(to_segments(row[name].value, places[term]), targets, graph.names, site))
            for name, term in FIELDS.items()
        )
        yield Passage(f"Digest of {row['day'].value}", tuple(filter(None, paragraphs)))


def _read_places(graph: Graph, summary: ox.NamedNode, targets: list[str]) -> Mapping[str, list[Place]]:
    """Where the fields of a summary name what; the IRIs of that are added to `targets`."""
    places: dict[str, list[Place]] = {term: [] for term in FIELDS.values()}
    numbers: dict[str, int] = {}
    for row in cast(ox.QuerySolutions, query(graph.quads, _MENTIONS, {"summary": summary})):
        role, target, field = row["role"].value, row["target"].value, row["field"].value
        mark = _MARKS.get(role, "")
        leads = not mark or role in _LINKED_MARKS
        number = numbers.setdefault(target, len(numbers)) if leads else None
        start, end = int(row["start"].value), int(row["end"].value)
        places[field].append(Place(start, end, number, mark))
    targets += numbers
    return places


def _to_pieces(segments: Iterable[Segment], targets: list[str], names: Names, site: Site) -> Iterator[Cell]:
    for text, *marked in segments:
        number, marks = marked or (None, [])
        if number is None:
            yield Cell(text, marks=" ".join(marks))
            continue
        iri = targets[number]
        kind = iri.removeprefix(names.base).partition("/")[0]
        of = () if kind == "result" else ("thing", kind)
        yield Cell(text, to_link(iri, names, site), kind, " ".join((*of, *marks)))
