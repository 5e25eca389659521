"""What a page of the server is made of, where its words lead, and how it becomes HTML without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import pyoxigraph as ox

from kg.store import Graph
from kg.views.templates import load_template
from kg.vocabulary import DCTERMS, FOAF, KG, OA, RDFS, SKOS, TERMS, Names

__all__ = [
    "LONGEST_WORDS",
    "MOST_ROWS",
    "TRIPLES",
    "Cell",
    "Grid",
    "Page",
    "Parameter",
    "Passage",
    "Shortlist",
    "Site",
    "find_label",
    "read_style",
    "render_page",
    "to_cell",
    "to_count",
    "to_find",
    "to_formats",
    "to_link",
    "to_named_query",
    "to_paper",
    "to_query",
    "to_sentence",
    "to_site",
]

MOST_ROWS = 200
"""How many rows of a table a page shows."""

LONGEST_WORDS = 60
"""Words that are longer than so many characters stand below their row."""

TRIPLES = {"Turtle": "turtle", "N-Triples": "ntriples", "JSON-LD": "jsonld", "RDF/XML": "rdfxml"}
"""The formats that triples can be had in."""

_LABELS = tuple(
    map(ox.NamedNode, (SKOS.prefLabel, FOAF.name, DCTERMS.title, RDFS.label, OA.exact, KG.writtenAs))
)


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
    """Words, where they lead, what else is to know of them, and (in a text) the marks that they bear."""

    text: str
    link: str = ""
    title: str = ""
    marks: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table under a heading; `numeric` names columns of numbers, `note` says what it leaves out.

    With `below`, the last cell of each row stands below the others; with `folded`, all stands closed.
    """

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: frozenset[str] = frozenset()
    note: str = ""
    below: bool = False
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Shortlist:
    """The first of many under a heading, each with a word on it, and where all are."""

    heading: str
    entries: tuple[tuple[Cell, str], ...]
    more: Cell


@dataclass(frozen=True, slots=True)
class Passage:
    """A text under a heading: its title, its words and its byline, each in pieces."""

    heading: str
    paragraphs: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A field of a form, what it is for, and what stands in it."""

    name: str
    help: str
    value: str


@dataclass(frozen=True, slots=True)
class Page:
    """What a page shows, in this order.

    `search` is words to look for instead; `sparql` is the text in a form, `parameters` are the fields of
    another, which asks the page at `action`; `count` says how much was found; `asked` is a query that is
    only shown, and where to change it.
    """

    title: str
    kind: str = ""
    note: str = ""
    search: str = ""
    links: tuple[Cell, ...] = ()
    shortlists: tuple[Shortlist, ...] = ()
    sparql: str | None = None
    action: str = ""
    parameters: tuple[Parameter, ...] = ()
    count: str = ""
    formats: tuple[Cell, ...] = ()
    passages: tuple[Passage, ...] = ()
    grids: tuple[Grid, ...] = ()
    asked: Cell | None = None


# Where words lead


def to_link(iri: str, names: Names, site: Site) -> str:
    """A node's page, or an address of the web; "" where an IRI is neither."""
    if iri.startswith(names.base):
        path = iri.removeprefix(names.base)
        return "" if path.startswith("/") else site.root + path
    return iri if iri.startswith(("https://", "http://")) else ""


def to_paper(arxiv_id: str, site: Site) -> str:
    return f"{site.root}paper/{quote(arxiv_id, safe='')}"


def to_find(name: str, site: Site) -> str:
    """The page of what is called so."""
    return f"{site.root}find?{urlencode({'name': name})}"


def to_named_query(name: str, site: Site, **values: str) -> str:
    return f"{site.root}query/{quote(name, safe='')}{'?' if values else ''}{urlencode(values)}"


def to_query(sparql: str, site: Site, format: str = "") -> str:
    asked = {"query": sparql} | ({"format": format} if format else {})
    return f"{site.root}sparql?{urlencode(asked)}"


def to_formats(sparql: str, formats: Mapping[str, str], site: Site) -> tuple[Cell, ...]:
    """The addresses of a query's answer as files."""
    return tuple(Cell(name, to_query(sparql, site, format)) for name, format in formats.items())


def to_cell(term: object, graph: Graph, site: Site) -> Cell:
    """A term to look at: a node by its name, if it has one, leads to its page, others to the web."""
    if not isinstance(term, ox.NamedNode):
        return Cell("" if term is None else str(getattr(term, "value", term)))
    base = graph.names.base
    path = TERMS.get(term.value) or term.value.removeprefix(base)
    label = find_label(graph, term) if term.value.startswith(base) else ""
    return Cell(label or path, to_link(term.value, graph.names, site), path if label else "")


def find_label(graph: Graph, node: ox.NamedNode) -> str:
    """What a node is called, the first of several; "" where it has no name."""
    for term in _LABELS:
        found = graph.quads.quads_for_pattern(node, term, None, ox.DefaultGraph())
        if values := [quad.object.value for quad in found if isinstance(quad.object, ox.Literal)]:
            return min(values)
    return ""


def to_sentence(reason: str) -> str:
    """What an error says, as a sentence."""
    return f"{reason[:1].upper()}{reason[1:]}{'' if reason.endswith('…') else '.'}"


def to_count(number: int, one: str) -> str:
    return f"{number:,} {one}{'s' * (number != 1)}"


# HTML


def render_page(page: Page, site: Site) -> str:
    """The page, whole but for the style sheet; without scripts."""
    return load_template("site.html").render(page=page, site=site)


@cache
def read_style() -> bytes:
    """The style sheet of all pages."""
    return (Path(__file__).parent / "site.css").read_bytes()
