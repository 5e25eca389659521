"""The W3C's SPARQL 1.1 suites, run through our own HTTP.

    python tests/w3c.py ../shared/w3c/sparql/sparql11

Query evaluation: each test's data become the published graph of a folder, which the server goes over to;
the query is posted, and the answer compared with the expected one up to the names of blank nodes: the
variables, the rows with how often each comes, and their order where the query orders them. (No expected
result of these suites has an `rs:index`.) Protocol: the requests of the manifest, as they stand there.
"""

from __future__ import annotations

import csv
import io
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import httpx
import pyoxigraph as ox
from serving import Running, serving, write_master

from kg.serve.web import Settings

__all__ = ["EVALUATION", "Evaluation", "read_evaluations", "read_protocol", "run_evaluations", "run_protocol"]

_MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
_QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RDFS = "http://www.w3.org/2000/01/rdf-schema#"
_RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
_HT = "http://www.w3.org/2011/http#"
_CNT = "http://www.w3.org/2011/content#"
_UT = "http://www.w3.org/2009/sparql/tests/test-update#"
EVALUATION = ("manifest-sparql11-query.ttl", "manifest-sparql11-results.ttl")
"""The manifests of what is evaluated: 232 tests."""

Node = ox.NamedNode | ox.BlankNode


@dataclass(frozen=True)
class Evaluation:
    """A test: its name, its query, the data of its default graph and of its named ones, what is expected."""

    name: str
    query: Path
    data: tuple[Path, ...]
    named: tuple[tuple[str, Path], ...]
    result: Path


def _load(path: Path) -> ox.Store:
    store = ox.Store()
    store.load(path=str(path), format=ox.RdfFormat.TURTLE, base_iri=path.as_uri())
    return store


def _objects(store: ox.Store, subject: Node, property: str) -> list[Node | ox.Literal]:
    return [quad.object for quad in store.quads_for_pattern(subject, ox.NamedNode(property), None)]  # type: ignore[misc]


def _object(store: ox.Store, subject: Node, property: str) -> Node | ox.Literal | None:
    return next(iter(_objects(store, subject, property)), None)


def _members(store: ox.Store, head: Node) -> Iterator[Node]:
    while head.value != _RDF + "nil":
        yield _object(store, head, _RDF + "first")  # type: ignore[misc]
        head = _object(store, head, _RDF + "rest")  # type: ignore[assignment]


def _to_base(path: Path) -> str:
    """The address that a file of the suite has here; `file:` ones are refused in queries."""
    return f"http://suite{path}"


def _to_path(node: object) -> Path:
    return Path(node.value.removeprefix("file://"))  # type: ignore[attr-defined]


def _entries(manifest: Path, type: str) -> Iterator[tuple[ox.Store, Node]]:
    """The tests of a type in a manifest and in those that it includes."""
    store = _load(manifest)
    for quad in store.quads_for_pattern(None, ox.NamedNode(_MF + "include"), None):
        for each in _members(store, quad.object):  # type: ignore[arg-type]
            yield from _entries(_to_path(each), type)
    for quad in store.quads_for_pattern(None, ox.NamedNode(_MF + "entries"), None):
        for each in _members(store, quad.object):  # type: ignore[arg-type]
            if ox.NamedNode(_MF + type) in _objects(store, each, _RDF + "type"):
                yield store, each


# Query evaluation


def read_evaluations(suite: Path) -> Iterator[Evaluation]:
    """The tests of query evaluation below a folder of the suite."""
    for manifest in EVALUATION:
        for store, test in _entries(suite / manifest, "QueryEvaluationTest"):
            action = _object(store, test, _MF + "action")
            data = tuple(map(_to_path, _objects(store, action, _QT + "data")))  # type: ignore[arg-type]
            named = [_named(store, each) for each in _objects(store, action, _QT + "graphData")]  # type: ignore[arg-type]
            query, result = (
                _to_path(_object(store, action, _QT + "query")),  # type: ignore[arg-type]
                _to_path(_object(store, test, _MF + "result")),
            )
            name = f"{query.parent.name}/{test.value.rpartition('#')[2]}"
            yield Evaluation(name, query, data, tuple(sorted(named)), result)


def _named(store: ox.Store, each: Node) -> tuple[str, Path]:
    """A named graph: a file by itself, or one with a label that is its name."""
    label, graph = _object(store, each, _RDFS + "label"), _object(store, each, _QT + "graph")
    path = _to_path(graph or each)
    return (label.value if label else _to_base(path)), path


def to_nquads(test: Evaluation) -> bytes:
    """The data of a test, the default graph in lines without a graph."""
    store = ox.Store()
    graphs = [(ox.DefaultGraph(), path) for path in test.data]
    graphs += [(ox.NamedNode(name), path) for name, path in test.named]  # type: ignore[misc]
    for graph, path in graphs:
        format = ox.RdfFormat.RDF_XML if path.suffix == ".rdf" else ox.RdfFormat.TURTLE
        store.load(path=str(path), format=format, base_iri=_to_base(path), to_graph=graph)
    return store.dump(format=ox.RdfFormat.N_QUADS) or b""


def run_evaluations(running: Running, folder: Path, tests: list[Evaluation]) -> Iterator[tuple[str, str]]:
    """Each test's name, with what is wrong with our answer ("" where nothing is)."""
    served: bytes | None = None
    for test in tests:
        quads = to_nquads(test)
        if quads != served:
            write_master(folder, quads)
            running.wait(running.pool.renew())
            served = quads
        yield test.name, _judge(running, test)


def _judge(running: Running, test: Evaluation) -> str:
    body = f"BASE <{_to_base(test.query)}>\n".encode() + test.query.read_bytes()
    accept = {".csv": "text/csv", ".tsv": "text/tab-separated-values", ".ttl": "text/turtle, */*;q=0.1"}
    headers = {
        "content-type": "application/sparql-query",
        "accept": accept.get(test.result.suffix, "application/sparql-results+json, text/turtle"),
    }
    answer = running.client.post("sparql", content=body, headers=headers)
    if answer.status_code != 200:
        return f"{answer.status_code} {answer.text.strip()}"
    ordered = _is_ordered(test.query.read_text(encoding="utf-8"))
    if test.result.suffix == ".csv":
        same = _is_same_csv(answer.text, test.result.read_text(encoding="utf-8"), ordered)
    elif answer.headers["content-type"].startswith("text/turtle"):
        same = _is_same(_graph(answer.content, test.result), _graph(test.result.read_bytes(), test.result))
    else:
        found = _solutions(answer.content, answer.headers["content-type"], ordered)
        same = _is_same(found, _expected(test.result, ordered))
    return "" if same else "another answer than expected"


def _is_ordered(query: str) -> bool:
    """Whether a query orders its own rows, not just those of a part."""
    return bool(re.search(r"\bORDER\s+BY\b", query.rpartition("}")[2], re.IGNORECASE))


def _is_same_csv(one: str, other: str, ordered: bool) -> bool:
    (head, *rows), (other_head, *other_rows) = _csv(one), _csv(other)
    same = rows == other_rows if ordered else Counter(rows) == Counter(other_rows)
    return head == other_head and same


def _csv(text: str) -> list[tuple[str, ...]]:
    return [tuple(row) for row in csv.reader(io.StringIO(text))]


def _graph(turtle: bytes, path: Path) -> ox.Dataset:
    return ox.Dataset(
        ox.Quad(quad.subject, quad.predicate, quad.object)
        for quad in ox.parse(turtle, format=ox.RdfFormat.TURTLE, base_iri=_to_base(path))
    )


def _solutions(content: bytes, type: str, ordered: bool) -> ox.Dataset:
    format = ox.QueryResultsFormat.from_media_type(type.partition(";")[0])
    return _to_dataset(ox.parse_query_results(content, format=format), ordered)  # type: ignore[arg-type]


def _expected(path: Path, ordered: bool) -> ox.Dataset:
    formats = {
        ".srx": ox.QueryResultsFormat.XML,
        ".srj": ox.QueryResultsFormat.JSON,
        ".tsv": ox.QueryResultsFormat.TSV,
    }
    if path.suffix == ".ttl":
        return _result_set(path)
    found = ox.parse_query_results(path.read_bytes(), format=formats[path.suffix])
    return _to_dataset(found, ordered)  # type: ignore[arg-type]


def _to_dataset(found: ox.QuerySolutions | ox.QueryBoolean, ordered: bool) -> ox.Dataset:
    """Rows as statements, so that they are compared up to the names of blank nodes; twice is not once."""
    if isinstance(found, ox.QueryBoolean):
        return ox.Dataset([_about(ox.BlankNode(), "answer", ox.Literal(bool(found)))])
    names = [variable.value for variable in found.variables]
    quads = _head(names)
    for place, solution in enumerate(found):
        bound = {name: v for name, v in zip(names, solution, strict=True) if v is not None}
        quads += _row(bound, place if ordered else 0)
    return ox.Dataset(quads)


def _head(names: list[str]) -> list[ox.Quad]:
    return [_about(ox.BlankNode(), "variable", ox.Literal(name)) for name in names]


def _row(bound: Mapping[str, object], place: int) -> list[ox.Quad]:
    row = ox.BlankNode()
    quads = [_about(row, "place", ox.Literal(place))]
    for name, value in bound.items():
        if isinstance(value, ox.Literal) and value.language is None:
            value = _canonical(value)
        quads.append(_about(row, f"of-{name}", value))
    return quads


def _about(node: ox.BlankNode, what: str, value: object) -> ox.Quad:
    return ox.Quad(node, ox.NamedNode(f"x:{what}"), value)  # type: ignore[arg-type]


def _canonical(value: ox.Literal) -> ox.Literal:
    """Numbers and truth values by what they mean, as SPARQL's tests compare them."""
    if value.datatype.value.endswith("#boolean"):
        return ox.Literal({"1": "true", "0": "false"}.get(value.value, value.value), datatype=value.datatype)
    read = {"integer": int, "decimal": Decimal, "double": float, "float": float}
    if kind := read.get(value.datatype.value.rpartition("#")[2]):
        try:
            number = kind(value.value)
        except (ValueError, ArithmeticError):
            return value
        text = (
            str(number) if kind is int else f"{number:.10g}" if kind is float else f"{number.normalize():f}"
        )
        return ox.Literal(text, datatype=value.datatype)
    return value


def _result_set(path: Path) -> ox.Dataset:
    """A result set that is written as a graph."""
    store = _load(path)
    heads = store.quads_for_pattern(None, ox.NamedNode(_RS + "resultVariable"), None)
    quads = _head([quad.object.value for quad in heads])  # type: ignore[union-attr]
    for solution in store.quads_for_pattern(None, ox.NamedNode(_RS + "solution"), None):
        bound = {}
        for binding in _objects(store, solution.object, _RS + "binding"):  # type: ignore[arg-type]
            name, value = (_object(store, binding, _RS + each) for each in ("variable", "value"))  # type: ignore[arg-type]
            bound[name.value] = value  # type: ignore[union-attr]
        quads += _row(bound, 0)
    return ox.Dataset(quads)


def _is_same(one: ox.Dataset, other: ox.Dataset) -> bool:
    for each in (one, other):
        each.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return one == other


# Protocol


@dataclass(frozen=True)
class Exchange:
    """A request of the manifest, and what its answer must be."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    statuses: frozenset[str]
    boolean: str
    format: str


def read_protocol(suite: Path) -> Iterator[tuple[str, list[tuple[str, Path]], list[Exchange]]]:
    """Each protocol test: its name, its named graphs, and its requests."""
    for store, test in _entries(suite / "protocol/manifest.ttl", "ProtocolTest"):
        graphs = [
            (
                _object(store, each, _RDFS + "label").value,  # type: ignore[arg-type, union-attr]
                _to_path(_object(store, each, _UT + "graph")),  # type: ignore[arg-type]
            )
            for each in _objects(store, test, _UT + "graphData")
        ]
        action = _object(store, test, _MF + "action")
        requests = _object(store, action, _HT + "requests")  # type: ignore[arg-type]
        exchanges = [_exchange(store, each) for each in _members(store, requests)]  # type: ignore[arg-type]
        yield test.value.rpartition("#")[2], graphs, exchanges


def _exchange(store: ox.Store, request: Node) -> Exchange:
    def text(node: Node | ox.Literal | None, property: str, default: str = "") -> str:
        found = _object(store, node, property) if node else None  # type: ignore[arg-type]
        return found.value if found else default

    body, answer = _object(store, request, _HT + "body"), _object(store, request, _HT + "resp")
    headers = _object(store, request, _HT + "headers")
    pairs = [
        (text(each, _HT + "fieldName"), text(each, _HT + "fieldValue"))
        for each in (_members(store, headers) if headers else ())  # type: ignore[arg-type]
    ]
    encoding = text(body, _CNT + "characterEncoding", "UTF-8")
    statuses = _objects(store, answer, _MF + "expectedStatus")  # type: ignore[arg-type]
    return Exchange(
        text(request, _HT + "methodName"),
        text(request, _HT + "absolutePath"),
        tuple(pairs),
        text(body, _CNT + "chars").encode(encoding),
        frozenset(each.value.rpartition("StatusCode")[2][0] for each in statuses),
        text(answer, _MF + "expectedBoolean"),
        text(answer, _MF + "expectedFormat"),
    )


_KINDS = {
    "boolean": ("application/sparql-results+json", "application/sparql-results+xml"),
    "tabular": ("application/sparql-results+json", "application/sparql-results+xml", "text/csv"),
    "RDF": ("text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json"),
}


def run_protocol(running: Running, folder: Path, suite: Path) -> Iterator[tuple[str, str]]:
    """Each protocol test's name, with what is wrong with our answers ("" where nothing is)."""
    for name, graphs, exchanges in read_protocol(suite):
        write_master(folder, to_nquads(Evaluation(name, suite, (), tuple(graphs), suite)))
        running.wait(running.pool.renew())
        wrong = (_judge_exchange(running, each) for each in exchanges)
        yield name, next((each for each in wrong if each), "")


def _judge_exchange(running: Running, exchange: Exchange) -> str:
    answer = running.client.request(
        exchange.method,
        exchange.path,
        headers=list(exchange.headers),
        content=exchange.body or None,
    )
    said = f"{answer.status_code} {answer.text.strip()[:100]}"
    if str(answer.status_code)[0] not in exchange.statuses:
        return said
    kind = answer.headers["content-type"].partition(";")[0]
    if exchange.format and kind not in _KINDS[exchange.format]:
        return f"{said} as {kind}"
    if exchange.boolean and _boolean(answer) != exchange.boolean:
        return said
    return ""


def _boolean(answer: httpx.Response) -> str:
    format = ox.QueryResultsFormat.from_media_type(answer.headers["content-type"].partition(";")[0])
    return str(bool(ox.parse_query_results(answer.content, format=format))).lower()  # type: ignore[arg-type]


def main(suite: str) -> None:
    path = Path(suite).resolve()
    with tempfile.TemporaryDirectory() as name:
        write_master(Path(name), b"")
        with serving(Path(name), Settings(union=False)) as running:
            for what, results in (
                ("protocol", run_protocol(running, Path(name), path)),
                ("query evaluation", run_evaluations(running, Path(name), list(read_evaluations(path)))),
            ):
                found = dict(results)
                wrong = {name: why for name, why in found.items() if why}
                print(f"{what}: {len(found) - len(wrong)} of {len(found)} pass")
                for name, why in wrong.items():
                    print(f"  {name}: {why}")


if __name__ == "__main__":
    main(*sys.argv[1:])
