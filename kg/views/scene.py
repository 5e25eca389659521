"""Which nodes a picture shows: the most connected of the graph, or those around some things.

Papers, authors and things are nodes; what a paper does with a thing, who wrote it, what was measured
on what and against what are edges. Results have no node of their own: they join what they are about.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from kg.lookup import find
from kg.model import ENTITY_TYPES
from kg.store import Store, select

__all__ = ["TYPES", "Edge", "Node", "Scene", "derive_scene"]

TYPES = ("paper", "author", *ENTITY_TYPES)
"""The types of nodes, in the order of a legend."""

_NODES = """
SELECT ?node ?type ?name {
  { VALUES ?class { kg:Author kg:Model kg:Method kg:Dataset kg:Benchmark kg:Metric kg:Task }
    ?node a ?class ; skos:prefLabel|foaf:name ?name }
  UNION { ?summary kg:about ?node ; dcterms:title ?name ; kg:inDigest ?digest .
    ?digest dcterms:date ?day ; dcterms:source ?source . BIND(kg:Paper AS ?class) }
  BIND(LCASE(STRAFTER(STR(?class), "#")) AS ?type)
} ORDER BY ?day ?source ?name
"""
_EDGES = """
SELECT DISTINCT ?source ?relation ?target {
  { VALUES (?property ?relation) {
      (kg:proposes "proposes") (kg:uses "uses") (kg:evaluatesOn "evaluates on")
      (kg:comparesWith "compares with") (kg:addresses "addresses") (kg:mentions "mentions")
      (dcterms:creator "by") (dcterms:isVersionOf "version of")
      (dcterms:isPartOf "part of") (skos:broader "narrower than") }
    ?source ?property ?target }
  UNION { ?result kg:subject ?source ; kg:on ?target . BIND("measured on" AS ?relation) }
  UNION { ?result kg:subject ?source ; kg:baseline ?target . BIND("measured against" AS ?relation) }
}
"""


@dataclass(frozen=True, slots=True)
class Node:
    """A paper, an author or a thing.

    `importance` is how many of its neighbours join it to others, `papers` how many of them are papers.
    """

    iri: str
    type: str
    label: str
    importance: int
    papers: int


@dataclass(frozen=True, slots=True)
class Edge:
    """Two nodes, by their places in the scene, and all that joins them."""

    source: int
    target: int
    relations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """What is drawn: the most important node first; `left_out` counts by type what is not drawn.

    `around` holds the labels of the things that the scene was asked for, if any.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    left_out: Mapping[str, int]
    around: tuple[str, ...] = ()


def derive_scene(store: Store, around: Sequence[str] = (), *, hops: int = 2, limit: int = 500) -> Scene:
    """The `limit` most important nodes; of those at most `hops` edges from the things called `around`,
    the nearest first. Raises `QueryError` where nothing has such a name.
    """
    wanted = [found for name in around for found in find(store, name)]
    links = _read_links(store)
    neighbours = _join(links)
    nodes = _nodes(store, neighbours)
    distance = (
        _distances({found.iri for found in wanted}, neighbours, hops) if wanted else dict.fromkeys(nodes, 0)
    )
    ranked = sorted(
        (node for iri, node in nodes.items() if iri in distance),
        key=lambda node: (distance[node.iri], -node.importance, TYPES.index(node.type), node.label, node.iri),
    )
    chosen = _connected(ranked, neighbours, limit)
    left_out = Counter(node.type for node in nodes.values()) - Counter(node.type for node in chosen)
    place = {node.iri: number for number, node in enumerate(chosen)}
    return Scene(
        tuple(chosen),
        tuple(_edges(links, place)),
        {type: left_out[type] for type in TYPES if left_out[type]},
        tuple(found.label for found in wanted),
    )


def _read_links(store: Store) -> list[tuple[str, str, str]]:
    return sorted((row["source"], row["relation"], row["target"]) for row in select(store, _EDGES))


def _join(links: Iterable[tuple[str, str, str]]) -> dict[str, set[str]]:
    neighbours: dict[str, set[str]] = defaultdict(set)
    for source, _, target in links:
        if source != target:
            neighbours[source].add(target)
            neighbours[target].add(source)
    return neighbours


def _nodes(store: Store, neighbours: Mapping[str, set[str]]) -> dict[str, Node]:
    named: dict[str, tuple[str, str]] = {}
    for row in select(store, _NODES):
        named.setdefault(row["node"], (row["type"], row["name"]))
    nodes = {}
    for iri, (type, label) in named.items():
        around = neighbours.get(iri, set())
        importance = sum(len(neighbours[other]) > 1 for other in around)
        papers = sum(named[other][0] == "paper" for other in around)
        nodes[iri] = Node(iri, type, label, importance, papers)
    return nodes


def _distances(starts: set[str], neighbours: Mapping[str, set[str]], hops: int) -> dict[str, int]:
    distance = dict.fromkeys(starts, 0)
    edge = starts
    for hop in range(1, hops + 1):
        edge = {other for iri in edge for other in neighbours.get(iri, ())} - distance.keys()
        distance.update(dict.fromkeys(edge, hop))
    return distance


def _connected(ranked: list[Node], neighbours: Mapping[str, set[str]], limit: int) -> list[Node]:
    """`limit` nodes by rank: the first, then always the first that is joined to one of them, if any is."""
    rank = {node.iri: number for number, node in enumerate(ranked)}
    waiting, joined, chosen = iter(range(len(ranked))), list[int](), set[int]()
    while len(chosen) < min(limit, len(ranked)):
        number = heappop(joined) if joined else next(waiting)
        if number in chosen:
            continue
        chosen.add(number)
        for other in neighbours.get(ranked[number].iri, ()):
            if rank.get(other, number) not in chosen:
                heappush(joined, rank[other])
    return [ranked[number] for number in sorted(chosen)]


def _edges(links: Iterable[tuple[str, str, str]], place: Mapping[str, int]) -> Iterator[Edge]:
    relations: dict[tuple[int, int], set[str]] = defaultdict(set)
    for source, relation, target in links:
        if source in place and target in place and source != target:
            relations[place[source], place[target]].add(relation)
    for (one, other), found in sorted(relations.items()):
        yield Edge(one, other, tuple(sorted(found)))
