"""The graph as NetworkX: things are nodes, statements are edges that carry their words.

Mentions become the `words` of the edges they back, so that the graph stays small and every edge
still shows its evidence. Attributes are plain strings, integers and floats, never None or lists,
since networkx's GraphML and GEXF writers raise on those.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import networkx as nx
from pyoxigraph import Literal, NamedNode, Quad

from kg.model import PAPER_ROLES
from kg.vocabulary import CLASSES, DCTERMS, FABIO, FOAF, KG, OA, RDF, RDFS, ROLES, SKOS, SLOTS

__all__ = ["to_networkx"]

_CLASSES = {
    KG.Paper: "paper",
    KG.Author: "author",
    KG.Result: "result",
    KG.OpenQuestion: "question",
    **{iri: type for type, iri in CLASSES.items()},
}
_LABELS = (SKOS.prefLabel, FOAF.name, DCTERMS.title, RDFS.label, KG.valueText)
_RELATIONS = {
    *(ROLES[role] for role in PAPER_ROLES),
    *SLOTS.values(),
    KG.leavesOpen,
    DCTERMS.creator,
    DCTERMS.isVersionOf,
    DCTERMS.isPartOf,
    SKOS.broader,
}
_NUMBERS = ("value", "upperValue", "baselineValue", "delta")
_ATTRIBUTES = {
    FABIO.hasArXivId: "arxivId",
    KG.nameKind: "nameKind",
    KG.better: "better",
    KG.parameterCount: "parameterCount",
    KG.variant: "variant",
    KG.kind: "kind",
    KG.value: "value",
    KG.upperValue: "upperValue",
    KG.unit: "unit",
    KG.direction: "direction",
    KG.baselineValue: "baselineValue",
    KG.delta: "delta",
    KG.deltaKind: "deltaKind",
    KG.deltaCheck: "deltaCheck",
}
STATES = "states"
"""The relation from a paper to its results; the graph itself goes by the summary between them."""


def to_networkx(quads: Iterable[Quad]) -> nx.MultiDiGraph:
    """A MultiDiGraph of the papers, authors, things, results and questions in `quads`.

    Nodes are IRIs with `label`, `type` (`method`, `paper`, `result`, …) and what is known of them; an
    edge has `relation`, the `summary` that states it ("" where names alone do), its `day`, and the
    `words` that say so. A paper `states` its results. Nodes and edges come sorted.
    """
    objects, links = _read(quads)
    types = {iri: _CLASSES[c] for iri, node in objects.items() for c in node[RDF.type] if c in _CLASSES}
    graph = nx.MultiDiGraph()
    titles = _titles(objects)
    graph.add_nodes_from(
        (iri, _attributes(objects[iri], types[iri], titles.get(iri))) for iri in sorted(types)
    )
    words = _words(objects)
    for source, relation, target, summary in sorted(_edges(links, objects, types)):
        digest = objects[summary][KG.inDigest] if summary in objects else []
        graph.add_edge(
            source,
            target,
            relation=relation.rpartition("#")[2].rpartition("/")[2],
            summary=summary if digest else "",
            day=objects[digest[0]][DCTERMS.date][0] if digest else "",
            words=words.get((summary, KG.statedIn if relation == STATES else relation, target), ""),
        )
    return graph


_Node = defaultdict[str, list[str]]


_Link = tuple[str, str, str, str]


def _read(quads: Iterable[Quad]) -> tuple[dict[str, _Node], set[_Link]]:
    """Subject → property → the values of its objects; and each statement that may be an edge.

    The default graph is passed over: it holds the union of the named ones once more.
    """
    objects: dict[str, _Node] = defaultdict(lambda: defaultdict(list))
    links: set[_Link] = set()
    for quad in quads:
        if not isinstance(quad.graph_name, NamedNode) or not isinstance(quad.object, NamedNode | Literal):
            continue
        subject, relation, value = str(quad.subject)[1:-1], quad.predicate.value, quad.object.value
        objects[subject][relation].append(value)
        if relation in _RELATIONS or relation == KG.statedIn:
            links.add((subject, relation, value, quad.graph_name.value))
    return dict(objects), links


def _titles(objects: dict[str, _Node]) -> dict[str, str]:
    """What the first summary of each paper calls it: the first by day, then by source."""

    def when(summary: _Node) -> tuple[str, str]:
        digest = objects[summary[KG.inDigest][0]]
        return digest[DCTERMS.date][0], digest[DCTERMS.source][0]

    titles: dict[str, str] = {}
    for summary in sorted((node for node in objects.values() if KG.Summary in node[RDF.type]), key=when):
        titles.setdefault(summary[KG.about][0], summary[DCTERMS.title][0])
    return titles


def _attributes(node: _Node, type: str, title: str | None) -> dict[str, str | int | float]:
    label = title or next((min(node[term]) for term in _LABELS if node[term]), "")
    known = {name: min(node[term]) for term, name in _ATTRIBUTES.items() if node[term]}
    return {"label": label, "type": type} | {name: _plain(name, value) for name, value in known.items()}


def _plain(name: str, value: str) -> str | int | float:
    if name in _NUMBERS:
        return float(value)
    return int(value) if name == "parameterCount" else value.removeprefix(KG.iri)


def _words(objects: dict[str, _Node]) -> dict[tuple[str, str, str], str]:
    """(summary, property, target) → the first words that back it, title before abstract."""
    found: dict[tuple[str, str, str], tuple[bool, int, str]] = {}
    for node in objects.values():
        if KG.Mention not in node[RDF.type]:
            continue
        key = (node[OA.hasSource][0], node[KG.role][0], node[KG.refersTo][0])
        place = (node[KG.inField][0] != DCTERMS.title, int(node[OA.start][0]), node[OA.exact][0])
        found[key] = min(place, found.get(key, place))
    return {key: quote for key, (_, _, quote) in found.items()}


def _edges(links: Iterable[_Link], objects: dict[str, _Node], types: dict[str, str]) -> Iterator[_Link]:
    """The links between two nodes of the network, and paper → result."""
    for source, relation, target, graph in links:
        if relation == KG.statedIn and source in types:
            yield objects[target][KG.about][0], STATES, source, target
        elif source in types and target in types:
            yield source, relation, target, graph
