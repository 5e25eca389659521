"""The graph in the languages of RDF, each a stream of pieces in one fixed order.

The sorted N-Quads that a build publishes are the master. N-Triples, Turtle and RDF/XML hold the
union of its graphs, and are read off it line by line; TriG and JSON-LD keep the graphs apart, and
take them from the store one by one.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby, islice
from typing import Any

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse, serialize

from kg import turtle
from kg.store import Store
from kg.vocabulary import PREFIXES, RDF, XSD, ontology_path

__all__ = ["to_jsonld", "to_nquads", "to_ntriples", "to_rdfxml", "to_trig", "to_turtle"]

_TOGETHER = 10_000
"""Lines of N-Triples that become RDF/XML at once."""


def to_nquads(store: Store) -> Iterator[bytes]:
    """All named graphs as sorted canonical N-Quads: the master itself."""
    return store.lines()


def to_ntriples(store: Store) -> Iterator[bytes]:
    """The union of the graphs as sorted canonical N-Triples."""
    return (triple + b" .\n" for triple in _triples(store.lines()))


def to_turtle(store: Store) -> Iterator[bytes]:
    """The union of the graphs as Turtle, subjects in order."""
    return turtle.to_turtle(_triples(store.lines()))


def _triples(quads: Iterable[bytes]) -> Iterator[bytes]:
    """What sorted N-Quads lines say, each triple once, without the graph and the final dot."""
    last = b""
    for line in quads:
        triple = line[: line.rindex(b" <")]
        if triple != last:
            yield triple
            last = triple


def to_trig(store: Store) -> Iterator[bytes]:
    """All named graphs as TriG, graphs and subjects in order."""
    yield turtle.to_prefixes()
    for name, triples in store.graphs():
        yield f"\n<{name}> {{\n".encode()
        yield from turtle.to_paragraphs(triples)
        yield b"}\n"


def to_rdfxml(store: Store) -> Iterator[bytes]:
    """The union of the graphs as RDF/XML, subjects and namespaces in order."""
    triples = to_ntriples(store)
    head = b""
    while lines := list(islice(triples, _TOGETHER)):
        union = parse(b"".join(lines), format=RdfFormat.N_TRIPLES)
        xml = serialize((quad.triple for quad in union), format=RdfFormat.RDF_XML, prefixes=PREFIXES) or b""
        version, root, body = xml.split(b"\n", 2)
        if not head:
            namespaces = sorted(re.findall(rb' xmlns:\w+="[^"]*"', root))
            head = version + b"\n<rdf:RDF" + b"".join(namespaces) + b">\n"
            yield head
        yield body.removesuffix(b"</rdf:RDF>")
    yield b"</rdf:RDF>\n"


def to_jsonld(store: Store) -> Iterator[bytes]:
    """All named graphs as JSON-LD: our context within, then each graph with its nodes, in order."""
    context = json.loads(ontology_path("context.jsonld").read_text(encoding="utf-8"))
    yield b'{"@context": ' + _to_json(context["@context"]) + b',\n"@graph": ['
    for number, (name, triples) in enumerate(store.graphs()):
        quads = parse(b" .\n".join([*triples, b""]), format=RdfFormat.N_TRIPLES)
        nodes = [_to_node(group) for _, group in groupby(quads, key=lambda quad: quad.subject)]
        yield b",\n" if number else b"\n"
        yield b'{"id": ' + _to_json(name) + b', "@graph": [\n'
        yield b",\n".join(map(_to_json, nodes)) + b"\n]}"
    yield b"\n]}\n"


def _to_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _to_node(quads: Iterable[Quad]) -> dict[str, Any]:
    """One node object, compacted by our context; its statements come together, sorted."""
    node = defaultdict[str, list[Any]](list, {"id": [], "type": []})
    for quad in quads:
        node["id"] = [quad.subject.value]  # type: ignore[union-attr]
        term, type = _terms().get(quad.predicate.value, (quad.predicate.value, None))
        node[term].append(_to_value(quad.object, type))
    return {term: value[0] if len(value) == 1 else value for term, value in node.items() if value}


def _to_value(term: Any, type: str | None) -> Any:
    if isinstance(term, NamedNode):
        if type == "@vocab":
            return _terms().get(term.value, (term.value, None))[0]
        return term.value if type == "@id" else {"id": term.value}
    assert isinstance(term, Literal)
    if term.language:
        return {"@value": term.value, "@language": term.language}
    if term.datatype.value != (type or XSD.string):
        return {"@value": term.value, "type": term.datatype.value}
    return int(term.value) if type == XSD.integer else term.value


@cache
def _terms() -> dict[str, tuple[str, str | None]]:
    """What our context calls an IRI, and the type that it gives to its values, if any."""
    context = json.loads(ontology_path("context.jsonld").read_text(encoding="utf-8"))["@context"]
    found = dict[str, tuple[str, str | None]]()
    for term, meaning in context.items():
        iri, type = (meaning["@id"], meaning["@type"]) if isinstance(meaning, dict) else (meaning, None)
        if isinstance(iri, str) and ":" in iri and not iri.endswith(("#", "/")):
            found[_expand(iri)] = (term, _expand(type) if type and type[0] != "@" else type)
    return found | {RDF.type: ("type", "@vocab")}


def _expand(name: str) -> str:
    prefix, _, local = name.partition(":")
    return PREFIXES[prefix] + local
