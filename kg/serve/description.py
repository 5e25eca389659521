"""What the endpoint says of itself and of its data: SPARQL 1.1 Service Description, and VoID.

https://www.w3.org/TR/sparql11-service-description/, https://www.w3.org/TR/void/
"""

from __future__ import annotations

from typing import cast

import pyoxigraph as ox

from kg.snapshot import Snapshot
from kg.store import query
from kg.views.page import Site
from kg.vocabulary import DCTERMS, KG, PREFIXES, RDF, XSD

__all__ = ["derive_service", "derive_void"]

_SD = "http://www.w3.org/ns/sparql-service-description#"
_VOID = "http://rdfs.org/ns/void#"
_FORMATS = "http://www.w3.org/ns/formats/"
_RESULTS = ("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV")
_TRIPLES = ("Turtle", "N-Triples", "JSON-LD", "RDF_XML")
_COUNTS = {
    "triples": "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }",
    "entities": "SELECT (COUNT(DISTINCT ?s) AS ?n) { GRAPH ?g { ?s a ?class } }",
    "classes": "SELECT (COUNT(DISTINCT ?class) AS ?n) { GRAPH ?g { ?s a ?class } }",
    "properties": "SELECT (COUNT(DISTINCT ?p) AS ?n) { GRAPH ?g { ?s ?p ?o } }",
}
_CLASSES = "SELECT ?class (COUNT(DISTINCT ?s) AS ?n) { GRAPH ?g { ?s a ?class } } GROUP BY ?class"

Object = ox.NamedNode | ox.Literal


def derive_service(graph: Snapshot, site: Site) -> list[ox.Triple]:
    """The service: its endpoint, language, formats and data set."""
    service, data = ox.NamedNode(f"{site.url}sparql#service"), _data(site)
    facts: list[tuple[str, Object]] = [
        (RDF.type, _sd("Service")),
        (_SD + "endpoint", ox.NamedNode(f"{site.url}sparql")),
        (_SD + "supportedLanguage", _sd("SPARQL11Query")),
        (_SD + "defaultDataset", data),
        *((_SD + "resultFormat", ox.NamedNode(_FORMATS + name)) for name in (*_RESULTS, *_TRIPLES)),
    ]
    default = ox.NamedNode(f"{site.url}sparql#default")
    if graph.strict is None:
        facts.append((_SD + "feature", _sd("UnionDefaultGraph")))
    size = _count(graph.asked, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    return [
        *_say(service, facts),
        *_say(data, [(RDF.type, _sd("Dataset")), (_SD + "defaultGraph", default)]),
        *_say(default, [(RDF.type, _sd("Graph")), (_VOID + "triples", size)]),
    ]


def derive_void(graph: Snapshot, site: Site) -> list[ox.Triple]:
    """The data: how much of what there is, where to ask and where to download it."""
    data = _data(site)
    facts: list[tuple[str, Object]] = [
        (RDF.type, _void("Dataset")),
        (DCTERMS.title, ox.Literal("A knowledge graph of AI papers, read from digests")),
        (_VOID + "sparqlEndpoint", ox.NamedNode(f"{site.url}sparql")),
        (_VOID + "dataDump", ox.NamedNode(f"{site.url}graph.nq")),
        (_VOID + "uriSpace", ox.Literal(graph.names.base)),
        (_VOID + "feature", ox.NamedNode(_FORMATS + "N-Quads")),
        *((_VOID + "vocabulary", ox.NamedNode(iri)) for iri in PREFIXES.values() if iri != XSD.iri),
    ]
    facts += [(_VOID + name, _count(graph.quads, text)) for name, text in _COUNTS.items()]
    return [*_say(data, facts), *_partitions(graph, data, site)]


def _partitions(graph: Snapshot, data: ox.NamedNode, site: Site) -> list[ox.Triple]:
    """How many nodes of each class of kg's there are."""
    triples = []
    for row in cast(ox.QuerySolutions, query(graph.quads, _CLASSES)):
        name = row["class"].value.removeprefix(KG.iri)
        if not row["class"].value.startswith(KG.iri):
            continue
        part = ox.NamedNode(f"{site.url}.well-known/void#{name}")
        facts: list[tuple[str, Object]] = [
            (RDF.type, _void("Dataset")),
            (_VOID + "class", cast(ox.NamedNode, row["class"])),
            (_VOID + "entities", cast(ox.Literal, row["n"])),
        ]
        triples += [*_say(data, [(_VOID + "classPartition", part)]), *_say(part, facts)]
    return triples


def _count(quads: ox.Store, text: str) -> ox.Literal:
    (row,) = cast(ox.QuerySolutions, query(quads, text))
    return cast(ox.Literal, row["n"])


def _data(site: Site) -> ox.NamedNode:
    return ox.NamedNode(f"{site.url}.well-known/void#data")


def _sd(term: str) -> ox.NamedNode:
    return ox.NamedNode(_SD + term)


def _void(term: str) -> ox.NamedNode:
    return ox.NamedNode(_VOID + term)


def _say(node: ox.NamedNode, facts: list[tuple[str, Object]]) -> list[ox.Triple]:
    return [ox.Triple(node, ox.NamedNode(property), value) for property, value in facts]
