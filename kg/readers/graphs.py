"""Graphs in files, as kg writes them: Turtle, N-Triples, N-Quads, TriG and JSON-LD → quads; node-link JSON.

A file may come from anyone, and parsers trust it further than is safe: nested statements and nested
JSON-LD end the process, chains of terms in a context too, a prefix may be megabytes long. So a file
is looked through before it is parsed, in one pass. XML is not read at all, since its entities expand
without bound, and nothing is ever fetched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from kg.errors import SourceError

__all__ = ["FORMATS", "NodeLink", "find_format", "read_node_link", "read_quads"]

FORMATS: Mapping[str, str] = {
    "turtle": ".ttl",
    "ntriples": ".nt",
    "nquads": ".nq",
    "trig": ".trig",
    "jsonld": ".jsonld",
    "nodelink": ".json",
}
"""What is read, and how its files end."""

LARGEST = 1 << 30
"""Bytes of the largest file that is read: a graph of some ten thousand papers."""

_LANGUAGES = {
    "turtle": RdfFormat.TURTLE,
    "ntriples": RdfFormat.N_TRIPLES,
    "nquads": RdfFormat.N_QUADS,
    "trig": RdfFormat.TRIG,
    "jsonld": RdfFormat.JSON_LD,
}
_XML = ("rdf", "rdfxml", "xml", "owl", "graphml", "gexf")
_INSTEAD = "export N-Quads or Turtle and import that"
_XML_START = re.compile(rb"\s*<(?:\?xml|!DOCTYPE|!--|(?:[a-z]+:)?(?:rdf|graphml|gexf)[\s/>])", re.IGNORECASE)
_LONGEST_IRI = 4096
_NESTED_STATEMENTS = 100
_NO_BRACKET = bytes(set(range(256)) - set(b'"[]{}'))
_DEEPEST_JSON = 50
_LARGEST_CONTEXT, _MOST_TERMS = 1 << 16, 500


def _key(name: str) -> re.Pattern[bytes]:
    """Finds a key of a JSON object, its characters escaped or not."""
    escaped = "".join(rf"(?:{re.escape(c)}|\\u00{ord(c):02x})" for c in name)
    return re.compile(rf'"{escaped}"\s*+:\s*+'.encode(), re.IGNORECASE)


_CONTEXT, _IMPORT = _key("@context"), _key("@import")
_UNKNOWN = "urn:not-in-context:"
"""What JSON-LD's keys become that no context explains; by themselves they would vanish."""


def find_format(path: str, format: str = "") -> str:
    """One of `FORMATS`: `format`, or what the file's name says.

    Raises `SourceError` where that is none of them, or is one that kg refuses.
    """
    name = format or Path(path).suffix.lower().removeprefix(".")
    if name in _XML:
        raise SourceError(f"{path}: {name} is not read: XML can expand without bound; {_INSTEAD}")
    found = next((each for each, end in FORMATS.items() if name in (each, end[1:])), None)
    if found is None:
        what = repr(name) if name else "a name without an ending"
        raise SourceError(
            f"{path}: {what} is no format that is read; say one of {', '.join(FORMATS)} with -f"
        )
    return found


def read_quads(path: str, format: str) -> Iterator[Quad]:
    """The statements of a file in one of the languages of RDF, as they come.

    Raises `SourceError` where it cannot be read, is not of that language, or is not safe to parse.
    """
    data = _read_bytes(path)
    if format == "jsonld":
        data = _with_context(path, data)
    elif _nested_statements(data) > _NESTED_STATEMENTS:
        raise SourceError(f"{path}: statements about statements are not read; {_INSTEAD}")
    base = "https://relative.invalid/" if format == "jsonld" else None
    try:
        for quad in parse(data, format=_LANGUAGES[format], base_iri=base):
            if any(len(iri) > _LONGEST_IRI for iri in _iris(quad)):
                raise ValueError(f"an IRI is longer than {_LONGEST_IRI} characters")
            yield quad
    except MemoryError as error:
        raise SourceError(f"{path}: one of its texts is larger than 16 MB, or never ends") from error
    except (SyntaxError, ValueError) as error:
        reason = getattr(error, "msg", None) or str(error)
        raise SourceError(f"{path} is not {format} that kg can read: {reason[:300]}") from error


def _iris(quad: Quad) -> Iterator[str]:
    for term in (quad.subject, quad.predicate, quad.object, quad.graph_name):
        if isinstance(term, NamedNode):
            yield term.value
    if isinstance(quad.object, Literal):
        yield quad.object.datatype.value


def _nested_statements(data: bytes) -> int:
    """How many statements about statements there may be; those in texts do not count."""
    if data.count(b"<<(") <= _NESTED_STATEMENTS:
        return 0
    return re.sub(rb'"(?:[^"\\]|\\.)*"', b"", data).count(b"<<(")


def _read_bytes(path: str) -> bytes:
    try:
        if not Path(path).is_file():
            raise SourceError(f"no file {path!r}; give a graph that kg exported")
        with Path(path).open("rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise SourceError(f"{path!r} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(data) > LARGEST:
        raise SourceError(
            f"{path} is larger than {LARGEST >> 20} MB; import it in parts, a day or a month each"
        )
    data = data.removeprefix(b"\xef\xbb\xbf")
    if _XML_START.match(data):
        raise SourceError(f"{path} holds XML, which is not read: XML can expand without bound; {_INSTEAD}")
    return data


def _with_context(path: str, data: bytes) -> bytes:
    """JSON-LD that is safe to parse, with a meaning for each key. Raises `SourceError` on any other."""
    if _depth(data) > _DEEPEST_JSON:
        raise SourceError(f"{path} is nested more than {_DEEPEST_JSON} deep; {_INSTEAD}")
    found = [match.end() for match in _CONTEXT.finditer(data)]
    if len(found) > 1 or _IMPORT.search(data):
        raise SourceError(f"{path} has more than one @context, or imports another; {_INSTEAD}")
    if not found:
        return b'{"@context":{"@vocab":"%b"},"@graph":%b}' % (_UNKNOWN.encode(), data)
    context = _parse_context(path, data[found[0] : found[0] + _LARGEST_CONTEXT])
    if "@vocab" in context:
        return data
    return data[: found[0]] + b'{"@vocab":"%b",' % _UNKNOWN.encode() + data[found[0] + 1 :]


def _depth(data: bytes) -> int:
    """How deep the brackets of JSON are nested, those in strings left out."""
    unescaped = data.replace(rb"\\", b"").replace(rb"\"", b"").translate(None, _NO_BRACKET)
    brackets = re.sub(rb'"[^"]*"?', b"", unescaped)
    return max(accumulate(1 if each in b"[{" else -1 for each in brackets), default=0)


def _parse_context(path: str, data: bytes) -> Mapping[str, Any]:
    try:
        context, _ = json.JSONDecoder().raw_decode(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise SourceError(
            f"{path}: its @context is no JSON of at most {_LARGEST_CONTEXT >> 10} KB"
        ) from error
    if not isinstance(context, dict) or not context or len(context) > _MOST_TERMS:
        raise SourceError(
            f"{path}: its @context is not written out, with at most {_MOST_TERMS} terms; kg fetches nothing: "
            f"{_INSTEAD}"
        )
    return context


@dataclass(frozen=True, slots=True)
class NodeLink:
    """A node-link file of kg: the base of its IRIs, its facts as records, its nodes and edges.

    Nothing of it is believed yet.
    """

    base: str
    records: list[Any]
    nodes: list[Any]
    edges: list[Any]


def read_node_link(path: str) -> NodeLink:
    """A node-link file. Raises `SourceError` where it cannot be read, or kg did not write it."""
    data = _read_bytes(path)
    if _depth(data) > _DEEPEST_JSON:
        raise SourceError(f"{path} is nested more than {_DEEPEST_JSON} deep; {_INSTEAD}")
    try:
        found = json.loads(data, object_pairs_hook=_to_dict, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        why = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        raise SourceError(f"{path} is no JSON that kg can read: {why[:300]}") from error
    graph = found.get("graph") if isinstance(found, dict) else None
    if not isinstance(graph, dict) or graph.get("format") != "kg":
        raise SourceError(f"{path} is no node-link file of kg; for JSON-LD say -f jsonld")
    parts: list[Any] = [graph.get("facts"), found.get("nodes"), found.get("edges")]
    if not isinstance(graph.get("base"), str) or not all(isinstance(part, list) for part in parts):
        raise SourceError(f"{path} lacks base, facts, nodes or edges; export it again")
    return NodeLink(graph["base"], *parts)


def _to_dict(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    items = list(pairs)
    found = dict(items)
    if len(found) != len(items):
        raise ValueError("a key stands twice in one object")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number of JSON")
