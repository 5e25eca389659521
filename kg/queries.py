"""Asking in SPARQL: the named queries of ontology/queries/, their parameters, and what is refused.

A query is a file `NAME.rq`. Its leading comment is its help, and declares its parameters:

    # Results on a benchmark, the best first.
    #
    # param benchmark (thing): a benchmark, data set or task, by any name it is written with

A parameter is a variable of the SELECT clause. It is bound as an RDF term, never pasted into the
text; one that is not given stays free, and the query answers for every value. Of the kinds, `thing`
and `author` are looked up by name, `paper` is an arXiv id, `day` a date, `text` any string.

Text from outside passes `guard` before Oxigraph's parser sees it: no SERVICE (it would open a
connection), no `<file:…>`, bounded length, nesting and number of parts (many overflow the parser's stack).
"""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache
from html import escape
from typing import Literal, TypeVar, cast, get_args

import pyoxigraph as ox

from kg.errors import QueryError
from kg.model import parse_arxiv_id
from kg.resolve import name_key
from kg.store import Answer, Graph, Term, query, select
from kg.turtle import to_turtle
from kg.vocabulary import PREFIXES, XSD, ontology_path

__all__ = [
    "FORMATS",
    "Format",
    "NamedQuery",
    "Parameter",
    "Table",
    "ask",
    "bind",
    "close_names",
    "guard",
    "load_queries",
    "parse_query",
    "reasons",
    "to_table",
]

T = TypeVar("T")
Format = Literal["table", "csv", "tsv", "json", "xml", "turtle"]
Kind = Literal["thing", "author", "paper", "day", "text"]

FORMATS: tuple[Format, ...] = get_args(Format)

_NAMES: dict[str, str] = {
    "thing": "SELECT ?name ?form { ?x skos:prefLabel ?name ; skos:prefLabel|skos:altLabel ?form }"
    " ORDER BY ?name",
    "author": "SELECT DISTINCT ?name (?name AS ?form) { ?x foaf:name ?name }",
    "paper": "SELECT DISTINCT ?name (?name AS ?form) { ?x fabio:hasArXivId ?name }",
}
"""Kinds of parameters that are looked up by name: every name, with the forms it is written in."""

_RESULTS = {
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
}
_NUMERIC = {XSD.decimal, XSD.integer, XSD.double}
_LONGEST = 100_000
_DEEPEST = 64
_MOST_JOINTS = 500
_MOST_TOKENS = 5_000
_STACK = 64 * 1024 * 1024
_COMMENT = re.compile(r"(?<!\S)#[^\n\r]*")
_UPDATE = re.compile(
    r"\s*+(?:(?:base|prefix\s++[^\s<]*+)\s*+<[^<>]*+>\s*+)*+"
    r"(?:insert|delete|with|load|clear|drop|create|add|move|copy)\b",
    re.IGNORECASE,
)
_PARAMETER = re.compile(r"# param (?P<name>\w+) \((?P<kind>\w+)\): (?P<help>.+)")
_TOKEN = re.compile(
    r"(?P<file><file:)"
    r"|(?P<skip>"
    r"\#[^\n\r]*"  # comment
    r"|<[A-Za-z][A-Za-z0-9+.-]*://[^<>\"{}|^`\\\x00-\x20]*>"  # IRI that cannot be a comparison
    r"|<[\w.~:/?=%-]{0,200}>"  # IRI in which, were it a comparison, nothing could hide
    r'|"""(?:[^"\\]|\\.|"(?!""))*"""|\'\'\'(?:[^\'\\]|\\.|\'(?!\'\'))*\'\'\''
    r'|"(?!"")(?:[^"\\\n\r]|\\.)*"|\'(?!\'\')(?:[^\'\\\n\r]|\\.)*\''
    r"|[?$]\w+"  # variable
    r"|:(?:(?:\w|%[0-9A-F]{2})(?:[\w-]|%[0-9A-F]{2})*)?"  # end of a prefixed name or blank node
    r"|\d+\.\d+)"
    r"|(?P<vague><[^<>\"{}|^`\\\x00-\x20]*>|[\"'\\])"
    r"|(?P<service>\w*?service)"
    r"|\w+|(?P<open><<|[{(\[])|(?P<close>>>|[})\]])|(?P<sign>[-!+*/^|&.;,])",
    re.DOTALL | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A variable of a named query that a user may bind."""

    name: str
    kind: Kind
    help: str


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A query of the library: what it tells, what it takes, and its SPARQL."""

    name: str
    help: str
    parameters: tuple[Parameter, ...]
    sparql: str


@dataclass(frozen=True, slots=True)
class Table:
    """An answer to look at: IRIs are shortened, literals are their text, unbound cells are empty.

    `numeric` names the columns that hold nothing but numbers.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[str] = frozenset()

    def _repr_html_(self) -> str:
        """The table as a notebook shows it."""
        sides = ["right" if column in self.numeric else "left" for column in self.columns]
        head = "".join(_to_html_cell("th", *pair) for pair in zip(self.columns, sides, strict=True))
        rows = (
            "".join(_to_html_cell("td", *pair) for pair in zip(row, sides, strict=True)) for row in self.rows
        )
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _to_html_cell(tag: str, text: str, side: str) -> str:
    return f'<{tag} style="text-align:{side}">{escape(text)}</{tag}>'


@cache
def load_queries() -> Mapping[str, NamedQuery]:
    """The named queries that ship with kg, by name."""
    files = sorted(ontology_path("queries").glob("*.rq"))
    return {file.stem: parse_query(file.stem, file.read_text(encoding="utf-8")) for file in files}


def parse_query(name: str, text: str) -> NamedQuery:
    """A query from its text; the comment before its first other line is its help."""
    comment = re.match(r"(?:#[^\n]*\n)*", text)
    lines = comment[0].splitlines() if comment else []
    found = [(line, _PARAMETER.fullmatch(line)) for line in lines]
    wrong = [m["kind"] for _, m in found if m and m["kind"] not in get_args(Kind)]
    if wrong:
        raise QueryError(
            f"query {name!r}: no kind of parameter {wrong[0]!r}; there are {', '.join(get_args(Kind))}"
        )
    parameters = tuple(Parameter(m["name"], cast(Kind, m["kind"]), m["help"]) for _, m in found if m)
    help = "\n".join(line.removeprefix("#").strip() for line, m in found if not m)
    return NamedQuery(name, help.strip(), parameters, text)


def bind(store: Graph, query: NamedQuery, values: Mapping[str, str]) -> dict[str, Term]:
    """RDF terms for what a user wrote. Raises `QueryError` on an unknown parameter, name or date."""
    kinds = {parameter.name: parameter.kind for parameter in query.parameters}
    unknown = sorted(values.keys() - kinds.keys()) if query.name in load_queries() else []
    if unknown:
        known = ", ".join(kinds) or "none"
        raise QueryError(f"query {query.name!r} has no parameter {unknown[0]!r}; it takes: {known}")
    return {name: _to_term(store, kinds.get(name, "text"), value) for name, value in values.items()}


def _to_term(store: Graph, kind: Kind, value: str) -> Term:
    if kind == "paper":
        value = parse_arxiv_id(value)
    if kind in _NAMES:
        return ox.Literal(_known_name(store, kind, value))
    if kind == "day":
        try:
            return ox.Literal(date.fromisoformat(value).isoformat(), datatype=ox.NamedNode(XSD.date))
        except ValueError as error:
            raise QueryError(f"{value!r} is not a day like 2024-10-01") from error
    try:
        return ox.NamedNode(value[1:-1]) if re.fullmatch(r"<[^<>\s]+>", value) else ox.Literal(value)
    except ValueError as error:
        raise QueryError(f"{value!r} is no RDF term: {error}") from error


def _known_name(store: Graph, kind: Kind, value: str) -> str:
    """The name in the graph that a user means: a label, one spelt alike, or what another form is of.

    Raises `QueryError` where a form is of several things, or of none.
    """
    owners: dict[str, set[str]] = defaultdict(set)
    for row in select(store, _NAMES[kind]):
        owners[row["form"]].add(row["name"])
    labels = {name for names in owners.values() for name in names}
    if value in labels:
        return value
    key = name_key(value)
    alike = sorted((name.casefold() != value.casefold(), name) for name in labels if name_key(name) == key)
    if alike:
        return alike[0][1]
    meant = owners.get(value) or {n for form, names in owners.items() if name_key(form) == key for n in names}
    if len(meant) > 1:
        raise QueryError(f"{value!r} is short for several things; name one: {', '.join(sorted(meant)[:9])}")
    if not meant:
        forms = {form: min(names) for form, names in owners.items()}
        raise QueryError(f"nothing in the graph is named {value!r}; {close_names(value, forms)}")
    return meant.pop()


def close_names(name: str, forms: Mapping[str, str]) -> str:
    """What to try in place of a name that is not there. `forms` gives each form's label."""
    by_case = {form.casefold(): forms[form] for form in sorted(forms)}
    close = get_close_matches(name.casefold(), by_case, n=3, cutoff=0.6)
    return (
        f"near: {', '.join(dict.fromkeys(by_case[form] for form in close))}"
        if close
        else "try: kg search WORDS"
    )


def guard(sparql: str) -> None:
    """Raises `QueryError` on text that must not reach the parser. Linear in the text's length.

    Oxigraph's keywords need no space around them, and `<` opens an IRI or compares, which only its
    grammar can tell. So where the two readings differ, the text is refused.
    """
    if len(sparql) > _LONGEST:
        raise QueryError(f"the query has {len(sparql)} characters; at most {_LONGEST} are read")
    _scan(sparql)
    _scan(re.sub(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})", _decode, sparql))


def _scan(sparql: str) -> None:
    depth = joints = 0
    for count, token in enumerate(_TOKEN.finditer(sparql)):
        kind = token.lastgroup
        if count > _MOST_TOKENS:
            raise QueryError(f"the query has more than {_MOST_TOKENS} words")
        if kind == "service":
            raise QueryError("SERVICE is refused: a query never leaves this machine")
        if kind == "file":
            raise QueryError("<file:…> is refused: a query reads no files")
        if kind == "vague":
            raise QueryError(
                f"the query can be read in two ways at {token[0][:30]!r}: put a space on both sides of "
                "< and > where they compare, write IRIs in full, close quotes, and use \\ only inside quotes"
            )
        depth += (kind == "open") - (kind == "close")
        joints += kind in ("open", "sign")
        if depth > _DEEPEST:
            raise QueryError(f"the query nests deeper than {_DEEPEST} levels")
        if joints > _MOST_JOINTS:
            raise QueryError(f"the query joins more than {_MOST_JOINTS} parts")


def _decode(escape: re.Match[str]) -> str:
    code = int(escape[1] or escape[2], 16)
    return chr(code) if code < 0x110000 else escape[0]


def ask(
    store: Graph, sparql: str, bindings: Mapping[str, Term] | None = None, format: Format = "table"
) -> Table | str:
    """The answer to a query, guarded and interruptible; `turtle` is for CONSTRUCT and DESCRIBE.

    Raises `QueryError` where the query is refused, malformed, or the format does not fit it.
    """
    guard(sparql)
    quads, base = store.quads, store.names.base
    with reasons(sparql):
        return _interruptible(lambda: _render(query(quads, sparql, bindings), format, base))


@contextmanager
def reasons(sparql: str) -> Iterator[None]:
    """Turns what the engine says against a query, while it is asked, into a `QueryError`."""
    try:
        yield
    except (SyntaxError, RuntimeError, ValueError) as error:
        if isinstance(error, SyntaxError) and _UPDATE.match(_COMMENT.sub(" ", sparql)):
            raise QueryError("updates are refused: the graph follows from the digests alone") from error
        raise QueryError(f"the query cannot be answered: {_to_reason(str(error))}") from error


def _to_reason(message: str) -> str:
    """The parser's message in words: of all that it expected, what one may type."""
    found = re.match(r"error at (\d+):(\d+): expected (?:one of )?(.*)", message, re.DOTALL)
    if not found:
        return message
    where = f"line {found[1]}, column {found[2]}"
    if "Prefix not found" in found[3]:
        return f"{where}: a prefix is not declared; known by themselves are {', '.join(PREFIXES)}"
    expected = [each for each in found[3].split(", ") if re.fullmatch(r'"[^"]+"|[A-Za-z]+', each)]
    return f"{where}: expected {' '.join(expected[:12])}{' …' if len(expected) > 12 else ''}"


def _interruptible(work: Callable[[], T]) -> T:
    """Runs work aside, so that Ctrl-C reaches the main thread while Oxigraph evaluates.

    Answers must die in the thread they were born in, so an error comes back without its frames.
    """
    done: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:
            failed.append(error.with_traceback(None))

    before = threading.stack_size(_STACK)
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    threading.stack_size(before)
    while thread.is_alive():
        thread.join(0.1)
    if failed:
        raise failed[0]
    return done[0]


def _render(answer: Answer, format: Format, base: str) -> Table | str:
    if format == "table":
        return to_table(answer, base)
    if isinstance(answer, ox.QueryTriples):
        if format != "turtle":
            raise QueryError(f"CONSTRUCT and DESCRIBE give triples: use --format turtle, not {format}")
        return b"".join(to_turtle(sorted({str(triple).encode() for triple in answer}))).decode()
    if format == "turtle":
        raise QueryError(
            "turtle is for CONSTRUCT and DESCRIBE; SELECT and ASK give table, csv, tsv, json, xml"
        )
    if isinstance(answer, ox.QueryBoolean) and format in ("csv", "tsv"):
        return f"{str(bool(answer)).lower()}\n"
    text = (answer.serialize(format=_RESULTS[format]) or b"").decode()
    return text if text.endswith("\n") else text + "\n"


def to_table(answer: Answer, base: str) -> Table:
    """An answer as a table of strings; triples are sorted, the rows of a SELECT stay in its order."""
    if isinstance(answer, ox.QueryBoolean):
        return Table(("answer",), ((str(bool(answer)).lower(),),))
    if isinstance(answer, ox.QueryTriples):
        triples = [(t.subject, t.predicate, t.object) for t in sorted(answer, key=str)]
        return Table(("subject", "predicate", "object"), _cells(triples, base))
    columns = tuple(variable.value for variable in answer.variables)
    rows = [tuple(row[name] for name in columns) for row in answer]
    numeric = (name for name, *terms in zip(columns, *rows, strict=True) if _are_numbers(terms))
    return Table(columns, _cells(rows, base), frozenset(numeric))


def _cells(rows: Iterable[Iterable[object]], base: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(_cell(term, base) for term in row) for row in rows)


def _are_numbers(terms: Iterable[object]) -> bool:
    bound = [term for term in terms if term is not None]
    return bool(bound) and all(isinstance(t, ox.Literal) and t.datatype.value in _NUMERIC for t in bound)


def _cell(term: object, base: str) -> str:
    """A term to look at: `kg:uses`, `paper/2409.20566`, or the text of a literal."""
    if not isinstance(term, ox.NamedNode):
        return "" if term is None else str(getattr(term, "value", term))
    for prefix, iri in PREFIXES.items():
        if term.value.startswith(iri):
            return f"{prefix}:{term.value.removeprefix(iri)}"
    return term.value.removeprefix(base)
