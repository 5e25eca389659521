"""A question → an answer, from a graph in memory. It runs in a worker, and knows nothing of HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import singledispatch
from itertools import chain
from typing import Any, cast

import pyoxigraph as ox

from kg.errors import QueryError
from kg.lookup import describe, find, search
from kg.queries import NamedQuery, Table, bind, guard, load_queries, reasons, to_table
from kg.serve.cut import Results, serialize_results
from kg.serve.description import derive_service, derive_void
from kg.serve.limits import Limits, to_limit_table
from kg.serve.questions import (
    TYPES,
    Answer,
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
)
from kg.snapshot import Snapshot
from kg.store import query
from kg.turtle import to_turtle
from kg.views.node import derive_node
from kg.views.page import Page, Site, render_page, to_sentence
from kg.views.site import (
    derive_finds,
    derive_homonyms,
    derive_query,
    derive_results,
    derive_start,
    derive_triples,
    to_notice,
)
from kg.vocabulary import PREFIXES

__all__ = ["Context", "answer", "make_context"]

_FORMATS = {
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "jsonld": ox.RdfFormat.JSON_LD,
    "rdfxml": ox.RdfFormat.RDF_XML,
}
_FINDS = 100


@dataclass(frozen=True, slots=True)
class Context:
    """What a worker answers from: the graph, where the server is, what an answer may cost.

    `ready` are answers that do not change while the graph does not.
    """

    graph: Snapshot
    site: Site
    limits: Limits
    ready: Mapping[Question, Answer] = field(default_factory=dict)


def make_context(graph: Snapshot, site: Site, limits: Limits) -> Context:
    """The context of a graph, with the answers that would else be made again and again."""
    context = Context(graph, site, limits)
    void, service = derive_void(graph, site), derive_service(graph, site)
    ready: dict[Question, Answer] = {StartPage(): answer(StartPage(), context)}
    for format in ("turtle", *_FORMATS):
        ready[Void(format)] = _to_answer(void, format, limits)
        ready[Service(format)] = _to_answer(service, format, limits)
    return Context(graph, site, limits, ready)


def answer(question: Question, context: Context) -> Answer:
    """Answers: with 400 what is refused or malformed, with 507 what takes more room than it may."""
    try:
        found = context.ready.get(question) or _answer(question, context)
    except QueryError as error:
        return _refuse(question, context, 400, str(error))
    except MemoryError:
        return _refuse(question, context, 507, "the query takes more memory than it may")
    if len(found.body) > context.limits.size:
        return _refuse(question, context, 507, f"the answer has more than {context.limits.size:,} bytes")
    return found


@singledispatch
def _answer(question: Question, context: Context) -> Answer:
    raise NotImplementedError(question)


def _refuse(question: Question, context: Context, status: int, reason: str) -> Answer:
    sentence = to_sentence(reason)
    if isinstance(question, Sparql) and question.results == "html":
        return _to_page(to_notice("No answer", sentence, question.text), context, status)
    if isinstance(question, NamePage | QueryPage):
        return _to_page(to_notice("Nothing found", sentence, words=_words(question)), context, 404)
    return _say(status, reason)


def _words(question: NamePage | QueryPage) -> str:
    """What was looked for, to search it instead."""
    if isinstance(question, NamePage):
        return question.name
    return " ".join(value for _, value in question.values)


def _say(status: int, reason: str) -> Answer:
    return Answer(status, TYPES["text"], f"{reason}\n".encode())


def _to_page(page: Page, context: Context, status: int = 200) -> Answer:
    return Answer(status, TYPES["html"], render_page(page, context.site).encode())


# SPARQL


@_answer.register
def _(question: Sparql, context: Context) -> Answer:
    guard(question.text)
    with reasons(question.text):
        found = query(
            context.graph.asked,
            question.text,
            base=f"{context.site.url}sparql",
            default=question.default,
            named=question.named,
        )
        if isinstance(found, ox.QueryTriples):
            return _answer_triples(found, question, context)
        if not question.results:
            return _say(
                406, "this query's answer comes as json, xml, csv or tsv; ask for one of them in Accept"
            )
        if isinstance(found, ox.QueryBoolean):
            return _answer_boolean(bool(found), found, question, context)
        return _answer_rows(found, question, context)


def _answer_rows(found: ox.QuerySolutions, question: Sparql, context: Context) -> Answer:
    if question.results == "html":
        page = derive_results(found, question.text, context.graph, context.site, context.limits.rows)
        return _to_page(page, context)
    more = f"{context.site.url}#limits"
    text, cut = serialize_results(found, cast(Results, question.results), context.limits, more)
    return Answer(200, TYPES[question.results], text, cut)


def _answer_boolean(truth: bool, found: ox.QueryBoolean, question: Sparql, context: Context) -> Answer:
    said = str(truth).lower()
    if question.results == "html":
        return _to_page(to_notice(said.capitalize(), "", question.text), context)
    if question.results in ("csv", "tsv"):
        return Answer(200, TYPES[question.results], f"{said}\n".encode())
    format = ox.QueryResultsFormat.JSON if question.results == "json" else ox.QueryResultsFormat.XML
    return Answer(200, TYPES[question.results], found.serialize(format=format) or b"")


def _answer_triples(found: Iterable[ox.Triple], question: Sparql, context: Context) -> Answer:
    if not question.triples:
        formats = "turtle, ntriples, jsonld or rdfxml"
        return _say(406, f"this query's answer comes as {formats}; ask for one of them in Accept")
    triples, cut = _take(found, context.limits)
    if question.triples == "html":
        page = derive_triples(triples, question.text, context.graph, context.site, context.limits.rows)
        return _to_page(page, context)
    return _to_answer(triples, question.triples, context.limits, cut)


def _take(found: Iterable[ox.Triple], limits: Limits) -> tuple[list[ox.Triple], bool]:
    """The triples, sorted, each once, as many as the limits allow; and whether there are more."""
    lines: dict[str, ox.Triple] = {}
    room = limits.size
    for triple in found:
        line = str(triple)
        room -= len(line.encode())
        if len(lines) == limits.rows or room < 0:
            return [lines[line] for line in sorted(lines)], True
        lines[line] = triple
    return [lines[line] for line in sorted(lines)], False


def _to_answer(triples: Sequence[ox.Triple], format: str, limits: Limits, more: bool = False) -> Answer:
    """Triples as text; half of them where it is too long, and so on."""
    cut = f"the first {len(triples):,} triples" if more else ""
    if format == "turtle":
        body = b"".join(to_turtle(sorted(str(triple).encode() for triple in triples)))
    else:
        body = ox.serialize(triples, format=_FORMATS[format], prefixes=PREFIXES) or b""
    if cut and format in ("turtle", "ntriples"):
        body = f"# cut: {cut} of more\n".encode() + body
    if len(body) > limits.size and len(triples) > 1:
        return _to_answer(triples[: len(triples) // 2], format, limits, more=True)
    return Answer(200, TYPES[format], body, cut)


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
    said = graph.quads.quads_for_pattern(node, None, None, ox.DefaultGraph())
    by = graph.quads.quads_for_pattern(None, None, node, ox.DefaultGraph())
    triples, more = _take((quad.triple for quad in chain(said, by)), context.limits)
    if not triples:
        return _missing(question, context)
    return _to_answer(triples, question.format, context.limits, more)


def _missing(question: Node, context: Context) -> Answer:
    reason = f"The graph says nothing of {question.path}"
    if question.format == "html":
        return _to_page(to_notice("Not found", f"{reason}."), context, 404)
    return _say(404, reason)


# Pages


@_answer.register
def _(question: StartPage, context: Context) -> Answer:
    return _to_page(derive_start(context.graph, context.site, to_limit_table(context.limits)), context)


@_answer.register
def _(question: SearchPage, context: Context) -> Answer:
    hits = search(context.graph, question.words, _FINDS)
    return _to_page(derive_finds(hits, question.words, context.site, _FINDS), context)


@_answer.register
def _(question: NamePage, context: Context) -> Answer:
    found = find(context.graph, question.name)
    if len(found) == 1:
        return Answer(303, TYPES["text"], found[0].iri.removeprefix(context.graph.names.base).encode())
    return _to_page(derive_homonyms(found, context.graph, context.site), context)


@_answer.register
def _(question: QueryPage, context: Context) -> Answer:
    named, values = _named(question.name), dict(question.values)
    return _to_page(derive_query(context.graph, named, values, context.site, context.limits.rows), context)


def _named(name: str) -> NamedQuery:
    try:
        return load_queries()[name]
    except KeyError:
        raise QueryError(f"no query {name!r}; there are {', '.join(load_queries())}") from None


# Tools


@_answer.register
def _(question: SearchTool, context: Context) -> Answer:
    hits = search(context.graph, question.words, question.limit + 1)
    return _to_json([asdict(hit) for hit in hits], question.limit)


@_answer.register
def _(question: DescribeTool, context: Context) -> Answer:
    most = context.limits.rows
    cards = [describe(context.graph, found) for found in find(context.graph, question.name)]
    sections = [len(section.table.rows) for card in cards for section in card.sections]
    told = [
        {"name": card.found.label, "kind": card.found.kind.lower(), "iri": card.found.iri}
        | {section.heading: _to_records(section.table)[:most] for section in card.sections}
        for card in cards
    ]
    cut = f"the first {most:,} rows of each table" if max(sections, default=0) > most else ""
    return replace(_to_json(told, most), cut=cut)


@_answer.register
def _(question: QueryTool, context: Context) -> Answer:
    named = _named(question.name)
    found = query(context.graph.quads, named.sparql, bind(context.graph, named, dict(question.values)))
    return _to_json(_to_records(to_table(found, context.graph.names.base)), question.limit)


def _to_records(table: Table) -> list[dict[str, str]]:
    return [
        {column: cell for column, cell in zip(table.columns, row, strict=True) if cell} for row in table.rows
    ]


def _to_json(records: Sequence[Any], limit: int) -> Answer:
    """The first records as JSON."""
    body = json.dumps(records[:limit], ensure_ascii=False).encode()
    cut = f"the first {limit:,} rows" if len(records) > limit else ""
    return Answer(200, "application/json", body, cut)
