"""The ontology defines what the code uses, explains it, and its JSON-LD context can write and read it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pyoxigraph import RdfFormat, parse, serialize
from rdflib import OWL, RDF, RDFS, BNode, Graph, Literal, URIRef
from rdflib.compare import isomorphic
from sample_graph import sample_quads

from kg.graph import to_ontology_quads
from kg.vocabulary import KG, Names, ontology_path

ONTOLOGY = Graph().parse(ontology_path("kg.ttl"))
HEADER = URIRef("https://w3id.org/paperkg/ontology")
CONTEXT: dict[str, Any] = json.loads(ontology_path("context.jsonld").read_text(encoding="utf-8"))
rdflib_warns_of_itself = pytest.mark.filterwarnings(
    "ignore:ConjunctiveGraph is deprecated:DeprecationWarning"
)
OWN = sorted({str(node) for node in ONTOLOGY.subjects() if str(node).startswith(KG.iri)})
KINDS = {OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.NamedIndividual}


def sample() -> Graph:
    """The sample without its named graphs."""
    triples = serialize([quad.triple for quad in sample_quads()], format=RdfFormat.N_TRIPLES)
    return Graph().parse(data=triples, format="nt")


def test_terms_are_those_of_the_code() -> None:
    assert {iri.removeprefix(KG.iri) for iri in OWN} == KG.terms


def test_no_node_is_blank() -> None:
    assert not [term for triple in ONTOLOGY for term in triple if isinstance(term, BNode)]
    assert len(to_ontology_quads(Names())) == len(ONTOLOGY)


@pytest.mark.parametrize("iri", OWN)
def test_each_term_is_explained(iri: str) -> None:
    term = URIRef(iri)
    assert len(list(ONTOLOGY.objects(term, RDFS.label))) == 1
    (comment,) = ONTOLOGY.objects(term, RDFS.comment)
    assert isinstance(comment, Literal)
    assert comment.language == "en"
    assert comment.endswith(".")
    assert list(ONTOLOGY.objects(term, RDFS.isDefinedBy)) == [HEADER]
    assert len(KINDS & set(ONTOLOGY.objects(term, RDF.type))) == 1


def test_header() -> None:
    assert (HEADER, RDF.type, OWL.Ontology) in ONTOLOGY
    assert list(ONTOLOGY.objects(HEADER, OWL.versionInfo))


TIES = {
    "Paper": {"fabio:Preprint", "schema:ScholarlyArticle"},
    "Author": {"foaf:Person"},
    "Method": {"mls:Algorithm", "skos:Concept"},
    "Model": {"mls:Model", "fair4ml:MLModel", "skos:Concept"},
    "Dataset": {"mls:Dataset", "schema:Dataset", "skos:Concept"},
    "Benchmark": {"mls:EvaluationSpecification", "skos:Concept"},
    "Metric": {"mls:EvaluationMeasure", "skos:Concept"},
    "Task": {"mls:Task", "skos:Concept"},
    "Result": {"mls:ModelEvaluation", "fair4ml:MLModelEvaluation"},
    "Mention": {"oa:SpecificResource", "oa:TextPositionSelector", "oa:TextQuoteSelector", "prov:Entity"},
    "Component": {"prov:Activity"},
}


@pytest.mark.parametrize("name", sorted(TIES))
def test_classes_are_tied_to_known_ones(name: str) -> None:
    parents = ONTOLOGY.objects(URIRef(KG.iri + name), RDFS.subClassOf)
    assert {ONTOLOGY.namespace_manager.curie(str(parent)) for parent in parents} == TIES[name]


def test_ranges_are_those_of_the_sample() -> None:
    graph = sample()
    for term in ONTOLOGY.subjects(RDF.type, OWL.ObjectProperty):
        assert all(isinstance(value, URIRef) for value in graph.objects(None, term)), term
    for term in ONTOLOGY.subjects(RDF.type, OWL.DatatypeProperty):
        (datatype,) = ONTOLOGY.objects(term, RDFS.range)
        written = {str(value.datatype or "") for value in graph.objects(None, term)}  # type: ignore[attr-defined]
        assert written == {str(datatype).replace("http://www.w3.org/2001/XMLSchema#string", "")}, term


@pytest.mark.parametrize("side", [RDFS.domain, RDFS.range])
def test_domains_and_ranges_hold_in_the_sample(side: URIRef) -> None:
    graph = sample()
    known = graph + ONTOLOGY
    for term, wanted in ONTOLOGY.subject_objects(side):
        if (wanted, RDF.type, OWL.Class) not in ONTOLOGY:
            continue
        nodes = graph.subjects(term) if side == RDFS.domain else graph.objects(None, term)
        assert all((node, RDF.type, wanted) in known for node in nodes), term


def test_context_names_every_term_of_the_sample() -> None:
    context = CONTEXT["@context"]
    prefixes = {key: iri for key, iri in context.items() if isinstance(iri, str) and iri.endswith(("#", "/"))}

    def expanded(definition: str | dict[str, str]) -> str:
        curie = definition if isinstance(definition, str) else definition["@id"]
        prefix, _, name = curie.partition(":")
        return prefixes.get(prefix, "") + name

    named = {expanded(value) for key, value in context.items() if key not in prefixes and key != "@version"}
    graph = sample()
    used = {str(p) for p in graph.predicates()} | {str(c) for c in graph.objects(None, RDF.type)}
    assert {KG.iri + term for term in KG.terms} <= named
    assert used - named == {str(RDF.type)}


@rdflib_warns_of_itself
def test_context_round_trip() -> None:
    graph = sample()
    text = graph.serialize(format="json-ld", context=CONTEXT["@context"])
    written = json.loads(text)
    (result,) = [node for node in written["@graph"] if node["type"] == "Result" and "on" in node]
    assert result["value"] == "55.6"
    assert result["kind"] == "Score"
    assert all(":" not in key for node in written["@graph"] for key in node)
    assert isomorphic(Graph().parse(data=text, format="json-ld"), graph)
    assert {quad.triple for quad in parse(text, format=RdfFormat.JSON_LD)} == {
        q.triple for q in sample_quads()
    }


@rdflib_warns_of_itself
def test_context_reads_short_keys() -> None:
    text = json.dumps(
        {
            **CONTEXT,
            "id": "urn:m",
            "type": "Mention",
            "inField": "title",
            "role": "creator",
            "start": "3",
            "confidence": "0.9",
            "refersTo": "urn:a",
        }
    )
    expected = """
        @prefix kg: <https://w3id.org/paperkg/ontology#> . @prefix dcterms: <http://purl.org/dc/terms/> .
        <urn:m> a kg:Mention ; kg:inField dcterms:title ; kg:role dcterms:creator ; kg:refersTo <urn:a> ;
            <http://www.w3.org/ns/oa#start> 3 ; kg:confidence 0.9 ."""
    assert isomorphic(Graph().parse(data=text, format="json-ld"), Graph().parse(data=expected))
