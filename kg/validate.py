"""Whether a graph keeps the promises of `ontology/shapes.ttl`: SHACL, in batches of summaries.

The verdict is a value. A `Report` says what was checked and holds every `Violation`; nothing is
printed, and a graph that does not conform is no error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import pyshacl
from oxrdflib import OxigraphStore
from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, Store, parse, serialize
from pyoxigraph import Literal as OxLiteral
from pyshacl.errors import ReportableRuntimeError
from rdflib import RDF, SH, BNode, Graph, Literal, URIRef
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib.query import Result
from rdflib.term import Node

from kg.errors import KGError, SourceError
from kg.vocabulary import KG, PREFIXES, XSD, ontology_path
from kg.workers import share

__all__ = ["BATCH", "Report", "Violation", "derive_report", "to_lines"]

BATCH = 50
"""Summaries that make a good batch: larger ones are no faster, and need more memory."""


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """One broken promise. `path` and `value` are empty where the shape speaks of the node as a whole.

    `graph` is the named graph that describes the focus node: a summary's IRI, which also names the
    source, day and paper, or the graph of identity or of components.
    """

    shape: str
    graph: str
    focus: str
    path: str
    value: str
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was checked (summaries, and the quads of their graphs), and what is wrong, sorted."""

    summaries: int
    quads: int
    violations: tuple[Violation, ...]

    @property
    def conforms(self) -> bool:
        """Whether no shape was broken."""
        return not self.violations


class _Checked(NamedTuple):
    summaries: int
    quads: int
    violations: list[Violation]


def derive_report(batches: Iterable[Iterable[Quad]], shapes: Path | None = None, workers: int = 1) -> Report:
    """Checks one batch after the other, so that memory does not grow with the graph.

    A batch holds the whole named graphs of some summaries (`BATCH` of them is a good number), all
    quads of the things that these refer to, of the families of such models, and of the components.
    The ontology is added here. With `workers` above 1 as many processes share the batches; they are
    spawned, so a script that asks for them needs the usual `if __name__ == "__main__":`.

    `shapes` are those of the ontology if not given. Raises `SourceError` where they cannot be read
    or are no valid SHACL, `KGError` where a process dies.
    """
    path = shapes or ontology_path("shapes.ttl")
    _load_graph(path)
    summaries = quads = 0
    violations: set[Violation] = set()
    for checked in share(partial(_check, shapes=path), map(_to_bytes, batches), workers):
        summaries += checked.summaries
        quads += checked.quads
        violations.update(checked.violations)
    return Report(summaries, quads, tuple(sorted(violations)))


def to_lines(report: Report, examples: int = 3) -> list[str]:
    """The report as plain text: one line of verdict, then each broken shape with its first examples."""
    checked = f"{report.summaries:,} summaries, {report.quads:,} statements of theirs"
    if report.conforms:
        return [f"conforms: {checked}"]
    lines = [f"does not conform: {len(report.violations):,} violations in {checked}"]
    by_promise = attrgetter("shape", "message")
    for (shape, message), group in groupby(sorted(report.violations, key=by_promise), key=by_promise):
        found = list(group)
        lines += ["", f"{shape.rpartition('#')[2]}: {len(found):,} × {message}"]
        for violation in found[:examples]:
            lines += _example(violation)
        if len(found) > examples:
            lines.append(f"  … and {len(found) - examples:,} more")
    return lines


def _example(violation: Violation) -> Iterator[str]:
    yield f"  {violation.focus}"
    if violation.path:
        yield f"    {_curie(violation.path)} {_clip(violation.value)}".rstrip()
    elif violation.value != violation.focus:
        yield f"    {_clip(violation.value)}"
    if violation.graph != violation.focus:
        yield f"    in {violation.graph}"


def _curie(iri: str) -> str:
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace):
            return f"{prefix}:{iri.removeprefix(namespace)}"
    return iri


def _clip(text: str) -> str:
    return text if len(text) <= 200 else text[:199] + "…"


def _to_bytes(batch: Iterable[Quad]) -> bytes:
    return serialize(batch, format=RdfFormat.N_QUADS) or b""


def _check(batch: bytes, shapes: Path) -> _Checked:
    quads = list(parse(batch, format=RdfFormat.N_QUADS))
    summaries = {q.subject.value for q in quads if q.object == _SUMMARY and q.predicate == _TYPE}
    graphs = {q.subject.value: _graph(q) for q in sorted(quads, key=_graph, reverse=True)}
    report = _run_pyshacl(_to_data(quads), shapes)
    found = [_to_violation(report, node, graphs) for node in report.subjects(RDF.type, SH.ValidationResult)]
    return _Checked(len(summaries), sum(_graph(quad) in summaries for quad in quads), found)


_TYPE, _SUMMARY = NamedNode(str(RDF.type)), NamedNode(KG.Summary)


def _graph(quad: Quad) -> str:
    return quad.graph_name.value if isinstance(quad.graph_name, NamedNode) else ""


class _Data(Graph):
    """What pySHACL walks over; its SPARQL goes to Oxigraph, which answers ten times faster."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.oxigraph = Graph(OxigraphStore(store=store), identifier=DATASET_DEFAULT_GRAPH_ID)

    def query(self, *args: Any, **kwargs: Any) -> Result:
        return self.oxigraph.query(*args, **kwargs)


def _to_data(quads: list[Quad]) -> Graph:
    store = Store()
    store.bulk_extend(Quad(q.subject, q.predicate, q.object) for q in quads)
    data = _Data(store)
    for subject, predicate, value in _load_graph(ontology_path("kg.ttl")):
        data.add((subject, predicate, value))
    for quad in quads:
        data.add((_to_term(quad.subject), _to_term(quad.predicate), _to_term(quad.object)))
    return data


@lru_cache(100_000)
def _to_term(term: object) -> URIRef | BNode | Literal:
    match term:
        case NamedNode():
            return URIRef(term.value)
        case BlankNode():
            return BNode(term.value)
        case OxLiteral(language=None) if term.datatype.value == XSD.string:
            return Literal(term.value)
        case OxLiteral(language=None):
            return Literal(term.value, datatype=URIRef(term.datatype.value), normalize=False)
        case OxLiteral():
            return Literal(term.value, lang=term.language)
    raise KGError(f"{term} cannot be validated: a triple is no term here")


@cache
def _load_graph(path: Path) -> Graph:
    try:
        return Graph().parse(path, format="turtle")
    except (OSError, SyntaxError) as error:
        raise SourceError(f"{path} cannot be read as Turtle: {error}") from error


def _run_pyshacl(data: Graph, shapes: Path) -> Graph:
    try:
        _, report, _ = pyshacl.validate(data, shacl_graph=_load_graph(shapes), inplace=True)
    except ReportableRuntimeError as error:
        raise SourceError(f"{shapes} cannot be run as SHACL: {error}") from error
    if not isinstance(report, Graph):
        raise SourceError(f"{shapes} cannot be run as SHACL: {report}")
    return report


def _to_violation(report: Graph, node: Node, graphs: dict[str, str]) -> Violation:
    def text(term: Node) -> str:
        found = sorted(str(o) for o in report.objects(node, term) if not isinstance(o, BNode))
        return found[0] if found else ""

    focus = text(SH.focusNode)
    return Violation(
        shape=text(SH.sourceShape),
        graph=graphs.get(focus, ""),
        focus=focus,
        path=text(SH.resultPath),
        value=text(SH.value),
        message=text(SH.resultMessage),
    )
