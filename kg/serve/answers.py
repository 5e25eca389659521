"""A question → an answer, from a snapshot in memory. It runs in a worker, and knows nothing of HTTP.

Questions and answers pass between processes as JSON, an answer's body as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import singledispatch
from itertools import islice
from typing import Any, Literal, cast, get_args

import pyoxigraph as ox

from kg.errors import QueryError
from kg.lookup import describe, find, search
from kg.queries import Table, bind, guard, load_queries, reasons, to_table
from kg.serve.cut import Results, serialize_results
from kg.serve.description import derive_service, derive_void
from kg.serve.limits import Limits, to_limits
from kg.snapshot import Snapshot
from kg.store import query
from kg.turtle import to_turtle
from kg.views.site import (
    Page,
    Site,
    derive_finds,
    derive_homonyms,
    derive_node,
    derive_results,
    derive_start,
    derive_triples,
    render_page,
    to_notice,
)
from kg.vocabulary import PREFIXES

__all__ = [
    "TYPES",
    "Answer",
    "Context",
    "Describing",
    "Find",
    "Finds",
    "Node",
    "Question",
    "Sparql",
    "Start",
    "Tool",
    "answer",
    "from_json",
    "to_json",
    "to_type",
]

TYPES: dict[str, str] = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": "text/csv; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "turtle": "text/turtle; charset=utf-8",
    "ntriples": "application/n-triples",
    "jsonld": "application/ld+json",
    "rdfxml": "application/rdf+xml",
    "html": "text/html; charset=utf-8",
}
"""The media type of each format."""

_FORMATS = {
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "jsonld": ox.RdfFormat.JSON_LD,
    "rdfxml": ox.RdfFormat.RDF_XML,
}
_ABOUT = """
CONSTRUCT { ?node ?p ?o . ?s ?q ?node } WHERE {
  VALUES ?node { %s } { ?node ?p ?o } UNION { ?s ?q ?node }
}"""


def to_type(format: str) -> str:
    """The media type of a format, without parameters."""
    return TYPES[format].partition(";")[0]


@dataclass(frozen=True, slots=True)
class Sparql:
    """A query. `results` and `triples` are the formats that the asker takes, "" where it takes none.

    `default` and `named` are the graphs to ask, in place of what the query says of that.
    """

    text: str
    results: str = "json"
    triples: str = "turtle"
    default: tuple[str, ...] | None = None
    named: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """All about the node whose IRI is `path` below the graph's base."""

    path: str
    format: str


@dataclass(frozen=True, slots=True)
class Describing:
    """What the endpoint says of itself (`service`) or of its data (`void`)."""

    what: Literal["service", "void"]
    format: str


@dataclass(frozen=True, slots=True)
class Start:
    """The first page."""


@dataclass(frozen=True, slots=True)
class Finds:
    """The page of what has all of these words."""

    words: str


@dataclass(frozen=True, slots=True)
class Find:
    """The page of what is called so, or of all that are."""

    name: str


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool of the assistant: `search`, `describe`, or a named query with parameters; it answers in JSON."""

    name: str
    arguments: Mapping[str, str] = field(default_factory=dict)


Question = Sparql | Node | Describing | Start | Finds | Find | Tool
_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Question)}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: its HTTP status, media type and body; `cut` says what of it is there, if not all.

    Of a redirection the body is the path below the site.
    """

    status: int
    type: str
    body: bytes
    cut: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """What a worker answers from: the graph, where the server is, and what an answer may cost."""

    graph: Snapshot
    site: Site
    limits: Limits


def to_json(question: Question) -> bytes:
    return json.dumps({"kind": type(question).__name__, **asdict(question)}).encode()


def from_json(text: bytes) -> Question:
    found = json.loads(text)
    lists = {name: tuple(value) for name, value in found.items() if isinstance(value, list)}
    return cast(Question, _KINDS[found.pop("kind")](**(found | lists)))


def answer(question: Question, context: Context) -> Answer:
    """Answers, with 400 what is refused or malformed, with 507 what takes more memory than it may."""
    try:
        return _answer(question, context)
    except QueryError as error:
        return _refuse(question, context, 400, str(error))
    except MemoryError:
        return _refuse(question, context, 507, "the query takes more memory than it may")


@singledispatch
def _answer(question: Question, context: Context) -> Answer:
    raise NotImplementedError(question)


def _refuse(question: Question, context: Context, status: int, reason: str) -> Answer:
    if isinstance(question, Sparql) and question.results == "html":
        return _to_page(to_notice("No answer", _to_sentence(reason), question.text), context, status)
    if isinstance(question, Find):
        return _to_page(to_notice("Nothing found", _to_sentence(reason)), context, 404)
    return Answer(status, "text/plain; charset=utf-8", f"{reason}\n".encode())


def _to_sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:]}{'' if reason.endswith('…') else '.'}"


def _to_page(page: Page, context: Context, status: int = 200) -> Answer:
    return Answer(status, TYPES["html"], render_page(page, context.site).encode())


# SPARQL


@_answer.register
def _(question: Sparql, context: Context) -> Answer:
    guard(question.text)
    graph = context.graph
    with reasons(question.text):
        found = query(
            graph.quads,
            question.text,
            base=f"{context.site.url}sparql",
            default=question.default,
            named=question.named,
        )
        if isinstance(found, ox.QueryTriples):
            return _answer_triples(found, question, context)
        if not question.results:
            return _unacceptable("json, xml, csv or tsv")
        if isinstance(found, ox.QueryBoolean):
            return _answer_boolean(found, question, context)
        if question.results == "html":
            return _to_page(derive_results(found, question.text, graph.names, context.site), context)
        more = f"{context.site.url}#limits"
        text, cut = serialize_results(found, cast(Results, question.results), context.limits, more)
    return Answer(200, TYPES[question.results], text, cut)


def _answer_boolean(found: ox.QueryBoolean, question: Sparql, context: Context) -> Answer:
    said = str(bool(found)).lower()
    if question.results == "html":
        return _to_page(to_notice(said.capitalize(), "", question.text), context)
    if question.results in ("csv", "tsv"):
        return Answer(200, TYPES[question.results], f"{said}\n".encode())
    format = ox.QueryResultsFormat.JSON if question.results == "json" else ox.QueryResultsFormat.XML
    return Answer(200, TYPES[question.results], found.serialize(format=format) or b"")


def _answer_triples(found: Iterable[ox.Triple], question: Sparql, context: Context) -> Answer:
    if not question.triples:
        return _unacceptable("turtle, ntriples, jsonld or rdfxml")
    triples, cut = _take(found, context.limits)
    if question.triples == "html":
        return _to_page(derive_triples(triples, question.text, context.graph.names, context.site), context)
    return _to_answer(triples, question.triples, cut)


def _unacceptable(formats: str) -> Answer:
    reason = f"this query's answer comes as {formats}; ask for one of them in Accept\n"
    return Answer(406, "text/plain; charset=utf-8", reason.encode())


def _take(found: Iterable[ox.Triple], limits: Limits) -> tuple[list[ox.Triple], str]:
    """The triples, sorted, as many as the limits allow, and how they were cut."""
    lines: dict[str, ox.Triple] = {}
    room = limits.size
    cut = ""
    for triple in found:
        line = str(triple)
        room -= len(line)
        if len(lines) == limits.rows or room < 0:
            cut = f"the first {len(lines):,} triples"
            break
        lines[line] = triple
    return [lines[line] for line in sorted(lines)], cut


def _to_answer(triples: Iterable[ox.Triple], format: str, cut: str = "") -> Answer:
    if format == "turtle":
        body = b"".join(to_turtle(str(triple).encode() for triple in triples))
    else:
        body = ox.serialize(triples, format=_FORMATS[format], prefixes=PREFIXES) or b""
    note = f"# cut: {cut} of more\n".encode() if cut and format in ("turtle", "ntriples") else b""
    return Answer(200, TYPES[format], note + body, cut)


# Nodes, and what the endpoint says of itself


@_answer.register
def _(question: Node, context: Context) -> Answer:
    graph, site = context.graph, context.site
    try:
        node = ox.NamedNode(graph.names.base + question.path)
    except ValueError:
        return _missing(question, context)
    if question.format == "html":
        page = derive_node(graph, node.value, site)
        return _to_page(page, context) if page else _missing(question, context)
    triples, cut = _take(cast(ox.QueryTriples, query(graph.quads, _ABOUT % node)), context.limits)
    return _to_answer(triples, question.format, cut) if triples else _missing(question, context)


def _missing(question: Node, context: Context) -> Answer:
    reason = f"The graph says nothing of {question.path}"
    if question.format == "html":
        return _to_page(to_notice("Not found", f"{reason}."), context, 404)
    return Answer(404, "text/plain; charset=utf-8", f"{reason}\n".encode())


@_answer.register
def _(question: Describing, context: Context) -> Answer:
    derive: Callable[[Snapshot, Site], list[ox.Triple]]
    derive = derive_service if question.what == "service" else derive_void
    return _to_answer(sorted(derive(context.graph, context.site), key=str), question.format)


# Pages


@_answer.register
def _(question: Start, context: Context) -> Answer:
    return _to_page(derive_start(context.graph, context.site, to_limits(context.limits)), context)


@_answer.register
def _(question: Finds, context: Context) -> Answer:
    hits = search(context.graph, question.words, 100)
    return _to_page(derive_finds(hits, question.words, context.site), context)


@_answer.register
def _(question: Find, context: Context) -> Answer:
    found = find(context.graph, question.name)
    path = found[0].iri.removeprefix(context.graph.names.base)
    if len(found) == 1:
        return Answer(303, "text/plain; charset=utf-8", path.encode())
    return _to_page(derive_homonyms(found, context.graph.names, context.site), context)


# Tools


@_answer.register
def _(question: Tool, context: Context) -> Answer:
    body = json.dumps(_TOOLS.get(question.name, _ask_named)(question, context), ensure_ascii=False)
    if len(body.encode()) > context.limits.size:
        raise QueryError(f"the answer has more than {context.limits.size:,} bytes; ask for less")
    return Answer(200, "application/json", body.encode())


def _search(question: Tool, context: Context) -> Any:
    limit = int(question.arguments.get("limit", "20"))
    return [asdict(hit) for hit in islice(search(context.graph, question.arguments["words"], limit), limit)]


def _describe(question: Tool, context: Context) -> Any:
    cards = (describe(context.graph, found) for found in find(context.graph, question.arguments["name"]))
    return [
        {
            "name": card.found.label,
            "kind": card.found.kind.lower(),
            "iri": card.found.iri,
            **{section.heading: _to_records(section.table) for section in card.sections},
        }
        for card in cards
    ]


def _ask_named(question: Tool, context: Context) -> Any:
    named = load_queries()[question.name]
    values = {name: value for name, value in question.arguments.items() if value}
    found = query(context.graph.quads, named.sparql, bind(context.graph, named, values))
    return _to_records(to_table(found, context.graph.names.base))


def _to_records(table: Table) -> list[dict[str, str]]:
    return [
        {column: cell for column, cell in zip(table.columns, row, strict=True) if cell} for row in table.rows
    ]


_TOOLS: dict[str, Callable[[Tool, Context], Any]] = {"search": _search, "describe": _describe}
