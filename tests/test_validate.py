"""Every promise of shapes.ttl: the sample keeps it, and one small edit breaks it and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from pyoxigraph import Literal, NamedNode, Quad, Store
from rdflib import RDF, SH, Graph, URIRef
from sample_graph import sample_quads
from strategies import facts

from kg.errors import SourceError
from kg.graph import to_component_quads, to_identity_quads, to_quads
from kg.model import Facts
from kg.resolve import derive_resolution
from kg.validate import Report, Violation, derive_report, to_lines
from kg.vocabulary import KG, OA, PREFIXES, Names, ontology_path

SHAPES_IRI = "https://w3id.org/paperkg/shapes#"
SHAPES = Graph().parse(ontology_path("shapes.ttl"))
PROLOGUE = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in PREFIXES.items())


def thing(label: str) -> str:
    return f'?thing skos:prefLabel "{label}" .'


def called(label: str) -> str:
    return f'?x skos:prefLabel "{label}" .'


def untyped(label: str) -> str:
    """A thing that nothing but its paper refers to, without its class."""
    return f"DELETE {{ ?thing a ?class }} WHERE {{ {thing(label)} ?thing a ?class }}"


def instead(node: str, path: str, value: str) -> str:
    """Another value in the place of the one that a node has; the node is described by a pattern."""
    return f"DELETE {{ ?x {path} ?old }} INSERT {{ ?x {path} {value} }} WHERE {{ {node} ?x {path} ?old }}"


def without(node: str, path: str) -> str:
    return f"DELETE {{ ?x {path} ?old }} WHERE {{ {node} ?x {path} ?old }}"


def also(node: str, path: str, value: str) -> str:
    return f"INSERT {{ ?x {path} {value} }} WHERE {{ {node} }}"


def second_filler(role: str) -> str:
    """A second filler of a result's slot, with evidence like the first, and of no class."""
    return f"""
        INSERT {{ ?result kg:{role} <urn:other> ; kg:evidence <urn:mention> .
                  <urn:mention> ?path ?value ; kg:refersTo <urn:other> }}
        WHERE {{ ?result kg:evidence ?mention . ?mention kg:role kg:{role} ; ?path ?value
                 FILTER (?path != kg:refersTo) }}"""


def filler_is(role: str, kind: str) -> str:
    """What fills the slot of a result is of this class as well."""
    return f"INSERT {{ ?thing a kg:{kind} }} WHERE {{ ?result kg:{role} ?thing }}"


def unbacked(role: str) -> str:
    """A statement of a result without its mention."""
    return f"""
        DELETE {{ ?mention ?path ?value . ?result kg:evidence ?mention }}
        WHERE {{ ?result kg:evidence ?mention . ?mention kg:role kg:{role} ; ?path ?value }}"""


PAPER = "?x a kg:Paper ."
SUMMARY = "?x a kg:Summary ."
DIGEST = "?x a kg:Digest ."
PERSON = '?x a kg:Author ; kg:nameKind "name" .'
ACCOUNT = '?x a kg:Author ; kg:nameKind "handle" .'
METHOD = '?x skos:prefLabel "Deltabet" .'
METRIC = "?x a kg:Metric ."
MODEL = "?x a kg:Model ; kg:parameterCount ?count ."
FORM = "?x a kg:Identification ."
SCORE = "?x a kg:Result ; kg:kind kg:Score ."
GAIN = "?x a kg:Result ; kg:kind kg:Gain ."
COMPONENT = '?x a kg:Component ; rdfs:label "kg_sample" .'
QUESTION = "?x a kg:OpenQuestion ."
MENTION = "?x kg:role kg:uses ; kg:refersTo/skos:prefLabel 'OpenPile' ."

BREAKS: dict[str, list[str]] = {
    "PaperTitle": [without(PAPER, "dcterms:title"), also(PAPER, "dcterms:title", '"Titel"@de')],
    "PaperArXivId": [
        instead(PAPER, "fabio:hasArXivId", '"2410.0001x"'),
        instead(PAPER, "fabio:hasArXivId", "2410.00001"),
        also(PAPER, "fabio:hasArXivId", '"2410.00002"'),
    ],
    "PaperPage": [
        instead(PAPER, "rdfs:seeAlso", '"https://arxiv.org/abs/2410.00001"'),
        also(PAPER, "rdfs:seeAlso", "<http://example.org/>"),
    ],
    "PaperCreator": ["DELETE { ?x a kg:Author } WHERE { " + PERSON + " }"],
    "PaperProposes": [
        "DELETE { ?paper kg:mentions ?thing . ?mention kg:role kg:mentions . ?thing a ?class } "
        "INSERT { ?paper kg:proposes ?thing . ?mention kg:role kg:proposes } "
        "WHERE { ?paper kg:mentions ?thing . ?thing skos:prefLabel 'Deltabet' ; a ?class . "
        "?mention kg:role kg:mentions ; kg:refersTo ?thing }"
    ],
    "PaperUses": [untyped("OpenPile")],
    "PaperEvaluatesOn": [untyped("QuizBank")],
    "PaperComparesWith": [untyped("Gammabet")],
    "PaperMentions": [untyped("Deltabet")],
    "PaperAddresses": [untyped("question spelling")],
    "PaperLeavesOpen": [without(QUESTION, "rdf:type")],
    "PaperStatementHasMention": [
        f"DELETE {{ ?x ?path ?value }} WHERE {{ {MENTION} ?x ?path ?value }}",
        "DELETE { ?x ?path ?value } WHERE { ?x kg:role dcterms:creator ; ?path ?value }",
    ],
    "Summary": [also(SUMMARY, "rdfs:comment", '"new"')],
    "SummaryAbout": [
        """INSERT { <urn:other> a kg:Paper ; dcterms:title "Other" ; fabio:hasArXivId "2410.00002" ;
                    rdfs:seeAlso <https://arxiv.org/> , <https://huggingface.co/> .
                    ?summary kg:about <urn:other> } WHERE { ?summary a kg:Summary }""",
    ],
    "SummaryInDigest": [without(SUMMARY, "kg:inDigest"), instead(SUMMARY, "kg:inDigest", "<urn:other>")],
    "SummaryTitle": [
        "INSERT { ?s dcterms:title ?longer } WHERE { ?s a kg:Summary ; dcterms:title ?t "
        "BIND (CONCAT(?t, ' again') AS ?longer) }"
    ],
    "SummaryAbstract": [
        "INSERT { ?s dcterms:abstract ?longer } WHERE { ?s a kg:Summary ; dcterms:abstract ?t "
        "BIND (CONCAT(?t, ' again') AS ?longer) }"
    ],
    "SummaryByline": [
        "INSERT { ?s kg:byline ?longer } WHERE { ?s kg:byline ?t BIND (CONCAT(?t, ' again') AS ?longer) }"
    ],
    "QuoteInsideText": [instead(MENTION, "oa:end", "999")],
    "QuoteSlicesBack": [
        instead(MENTION, "oa:exact", '"ClosedPile"'),
        "DELETE { ?x oa:start ?old } INSERT { ?x oa:start ?new } WHERE { "
        + MENTION
        + " ?x oa:start ?old BIND (?old - 1 AS ?new) }",
    ],
    "MentionBacksStatement": [
        "INSERT { <urn:mention> ?path ?value ; kg:role kg:addresses } WHERE { "
        + MENTION
        + " ?x ?path ?value FILTER (?path != kg:role) }"
    ],
    "Digest": [also(DIGEST, "rdfs:comment", '"new"')],
    "DigestSource": [without(DIGEST, "dcterms:source")],
    "DigestDate": [
        instead(DIGEST, "dcterms:date", '"2024-10-01"'),
        instead(DIGEST, "dcterms:date", '"2024-13-01"^^xsd:date'),
    ],
    "AuthorName": [without(PERSON, "foaf:name"), also(PERSON, "foaf:name", '"Ada"')],
    "AuthorNameKind": [instead(ACCOUNT, "kg:nameKind", '"nick"'), without(PERSON, "kg:nameKind")],
    "HandleIsAccount": ["DELETE { ?x a foaf:OnlineAccount } WHERE { ?x a foaf:OnlineAccount }"],
    "AccountHasHandle": [also(PERSON, "a", "foaf:OnlineAccount")],
    "ThingLabel": [without(METHOD, "skos:prefLabel"), also(METHOD, "skos:prefLabel", '"Delta"')],
    "ThingOtherLabel": [
        "INSERT { ?thing skos:altLabel 'Deltabet' . <urn:form> a kg:Identification ; kg:identifies ?thing ; "
        "kg:writtenAs 'Deltabet' ; kg:reason 'spelling' ; prov:wasDerivedFrom <urn:paper> } "
        "WHERE { ?thing skos:prefLabel 'Deltabet' }"
    ],
    "ThingLabelHasReason": [
        also(METHOD, "skos:altLabel", '"Delta"'),
        "DELETE { ?thing skos:altLabel ?form } WHERE { ?thing skos:altLabel ?form }",
        "INSERT { <urn:form> a kg:Identification ; kg:identifies ?thing ; kg:writtenAs 'Deltabet' ; "
        "kg:reason 'by hand' ; prov:wasDerivedFrom <urn:paper> } WHERE { ?thing skos:prefLabel 'Deltabet' }",
    ],
    "MetricBetter": [instead(METRIC, "kg:better", '"sideways"'), also(METRIC, "kg:better", '"down"')],
    "MetricLeast": [also(METRIC, "kg:least", "1"), instead(METRIC, "kg:least", "101")],
    "MetricMost": [also(METRIC, "kg:most", "99")],
    "ModelFamily": [
        "DELETE { ?family a ?class } WHERE { ?model dcterms:isVersionOf ?family . ?family a ?class }"
    ],
    "BenchmarkVersion": [also(called("SpellBench"), "dcterms:isVersionOf", "<urn:other>")],
    "BenchmarkPart": [also(called("SpellBench val"), "dcterms:isPartOf", "<urn:other>")],
    "DatasetVersion": [also(called("OpenPile"), "dcterms:isVersionOf", "<urn:other>")],
    "DatasetPart": [also(called("OpenPile"), "dcterms:isPartOf", "<urn:other>")],
    "TaskBroader": [also(called("letter question answering"), "skos:broader", "<urn:other>")],
    "ThingElsewhere": [also(called("BERT"), "skos:exactMatch", "<urn:other>")],
    "ModelVariant": [also(called("BERT"), "kg:variant", '"giant"')],
    "ModelParameterCount": [instead(MODEL, "kg:parameterCount", "0")],
    "BetterOfMetric": [also(METHOD, "kg:better", '"up"')],
    "LeastOfMetric": [also(METHOD, "kg:least", "0")],
    "MostOfMetric": [also(METHOD, "kg:most", "100")],
    "ParametersOfModel": [also(METHOD, "kg:parameterCount", "8")],
    "Identification": [also(FORM, "rdfs:comment", '"new"')],
    "IdentificationIdentifies": [
        "INSERT DATA { <urn:form> a kg:Identification ; kg:identifies <urn:other> ; kg:writtenAs 'x' ; "
        "kg:reason 'spelling' ; prov:wasDerivedFrom <urn:paper> }"
    ],
    "IdentificationWrittenAs": [
        "INSERT { ?x kg:writtenAs 'other' . ?thing skos:altLabel 'other' } "
        "WHERE { ?x a kg:Identification ; kg:identifies ?thing }"
    ],
    "IdentificationReason": [without(FORM, "kg:reason"), instead(FORM, "kg:reason", '"a guess"')],
    "IdentificationInsteadOf": [also(FORM, "kg:insteadOf", "1")],
    "IdentificationPapers": [without(FORM, "prov:wasDerivedFrom")],
    "Result": [also(GAIN, "rdfs:comment", '"new"')],
    "ResultStatedIn": [also(GAIN, "kg:statedIn", "<urn:other>")],
    "ResultKind": [instead(GAIN, "kg:kind", "kg:Metric"), without(GAIN, "kg:kind")],
    "ResultValue": [
        also(SCORE, "kg:value", "1"),
        instead(SCORE, "kg:value", '"55.6"'),
        instead(GAIN, "kg:upperValue", "1.0"),
    ],
    "ResultValueText": [without(GAIN, "kg:valueText")],
    "ResultUpperValue": [instead(GAIN, "kg:upperValue", "3"), also(GAIN, "kg:upperValue", "4.0")],
    "ResultUnit": [instead(GAIN, "kg:unit", '""')],
    "ResultDirection": [instead(GAIN, "kg:direction", '"sideways"')],
    "ResultSubject": [second_filler("subject"), *(filler_is("subject", kind) for kind in ("Metric", "Task"))],
    "ResultOn": [second_filler("on")],
    "ResultMetric": [second_filler("metric")],
    "ResultBaseline": [
        second_filler("baseline"),
        *(filler_is("baseline", kind) for kind in ("Metric", "Task")),
    ],
    "ResultBaselineValue": [also(SCORE, "kg:baselineValue", "1.0"), instead(SCORE, "kg:baselineValue", "1")],
    "ResultEvidence": ["INSERT { ?x kg:evidence <urn:other> } WHERE { " + GAIN + " }"],
    "ResultDelta": [also(SCORE, "kg:delta", "1.0")],
    "ResultDeltaKind": [instead(SCORE, "kg:deltaKind", '"miles"')],
    "ResultDeltaCheck": [instead(GAIN, "kg:deltaCheck", '"perhaps"')],
    "ResultDeltaWhole": [without(GAIN, "kg:deltaKind"), without(SCORE, "kg:delta")],
    "ResultSlotHasMention": [unbacked("subject"), unbacked("on"), unbacked("metric"), unbacked("baseline")],
    "ResultNumberHasMention": [unbacked("baselineValue")],
    "ResultValueTextIsQuote": [instead(GAIN, "kg:valueText", '"2–3%"')],
    "Mention": [also(MENTION, "rdfs:comment", '"new"')],
    "MentionSource": [also(MENTION, "oa:hasSource", "<urn:other>")],
    "MentionInField": [without(MENTION, "kg:inField")],
    "MentionStart": [
        instead(MENTION, "oa:start", "-1"),
        without(MENTION, "oa:start"),
        "DELETE { ?x oa:start ?old } INSERT { ?x oa:start ?end } "
        "WHERE { " + MENTION + " ?x oa:start ?old ; oa:end ?end }",
    ],
    "MentionEnd": [without(MENTION, "oa:end")],
    "MentionExact": [without(MENTION, "oa:exact")],
    "MentionRefersTo": [
        "INSERT { ?x kg:refersTo ?other } WHERE { " + MENTION + " ?other skos:prefLabel 'Llama-3-8B' }"
    ],
    "MentionRole": [
        "INSERT { ?x kg:role kg:mentions . ?paper kg:mentions ?thing } "
        "WHERE { " + MENTION + " ?x kg:refersTo ?thing . ?paper a kg:Paper }"
    ],
    "MentionReadAs": [also(MENTION, "kg:readAs", "kg:Paper")],
    "MentionComponent": [
        without(MENTION, "prov:wasGeneratedBy"),
        instead(MENTION, "prov:wasGeneratedBy", "<urn:other>"),
    ],
    "MentionConfidence": [
        instead(MENTION, "kg:confidence", "1.1"),
        instead(MENTION, "kg:confidence", "-0.1"),
    ],
    "Component": [also(COMPONENT, "rdfs:comment", '"new"')],
    "ComponentLabel": [without(COMPONENT, "rdfs:label")],
    "ComponentFingerprint": [also(COMPONENT, "kg:fingerprint", '"f01"')],
    "OpenQuestion": [also(QUESTION, "rdfs:comment", '"new"')],
    "QuestionLabel": [instead(QUESTION, "rdfs:label", '"Why?"'), without(QUESTION, "rdfs:label")],
    "QuestionEvidence": [also(QUESTION, "kg:evidence", "<urn:other>")],
    "QuestionOfPaper": ["INSERT { <urn:other> kg:leavesOpen ?x } WHERE { " + QUESTION + " }"],
}


def broken_by(update: str) -> set[str]:
    """The local names of the shapes that the sample breaks after an update that changes it."""
    store = Store()
    store.extend(Quad(q.subject, q.predicate, q.object) for q in sample_quads())
    before = set(store)
    store.update(PROLOGUE + update)
    assert set(store) != before, f"the update changes nothing: {update}"
    report = derive_report([list(store)])
    return {violation.shape.removeprefix(SHAPES_IRI) for violation in report.violations}


def named_shapes() -> set[str]:
    kinds = (SH.NodeShape, SH.PropertyShape)
    found = {str(shape) for kind in kinds for shape in SHAPES.subjects(RDF.type, kind)}
    return {iri.removeprefix(SHAPES_IRI) for iri in found}


@pytest.mark.parametrize("shape", sorted(named_shapes()))
def test_each_shape_is_broken_alone(shape: str) -> None:
    assert {frozenset(broken_by(update)) for update in BREAKS[shape]} == {frozenset({shape})}


def test_breaks_are_of_shapes() -> None:
    assert set(BREAKS) == named_shapes()


@pytest.mark.parametrize("shape", sorted(named_shapes()))
def test_each_shape_speaks(shape: str) -> None:
    node = URIRef(SHAPES_IRI + shape)
    speakers = [node, *SHAPES.objects(node, SH.sparql)]
    messages = [str(message) for speaker in speakers for message in SHAPES.objects(speaker, SH.message)]
    assert len(messages) == 1
    assert messages[0].endswith(".")


def test_sample_holds_every_property() -> None:
    used = {quad.predicate.value for quad in sample_quads()}
    assert {term for term in KG.terms if term[0].islower()} == {
        iri.removeprefix(KG.iri) for iri in used if iri.startswith(KG.iri)
    }


def test_shapes_cover_every_property_of_the_sample() -> None:
    paths = {str(path) for path in SHAPES.objects(None, SH.path)}
    assert {quad.predicate.value for quad in sample_quads()} - paths == {str(RDF.type)}


def test_shapes_cover_every_class_of_the_sample() -> None:
    targets = {str(target) for target in SHAPES.objects(None, SH.targetClass)}
    classes = {quad.object.value for quad in sample_quads() if quad.predicate.value == str(RDF.type)}  # type: ignore[union-attr]
    assert classes == targets
    kinds = {"ResultKind", "Score", "Gain", "Ratio"}
    assert {term for term in KG.terms - kinds if term[0].isupper()} == {
        iri.removeprefix(KG.iri) for iri in targets if iri.startswith(KG.iri)
    }


def test_sample_conforms() -> None:
    quads = sample_quads()
    own = sum("/summary/" in str(quad.graph_name) for quad in quads)
    assert derive_report([quads]) == Report(summaries=1, quads=own, violations=())


SAYS_WHAT_GOES_WHERE = {
    "PaperEvaluatesOn",
    "PaperAddresses",
    "ResultSubject",
    "ResultOn",
    "ResultMetric",
    "ResultBaseline",
    "ResultValue",
}
"""The shapes that random facts may break, since they put any thing in any slot and ranges upside down."""


@settings(max_examples=25, deadline=None)
@given(facts())
def test_whatever_the_words_the_graph_keeps_its_form(found: Facts) -> None:
    names, resolution = Names(), derive_resolution([found])
    components = {mention.component for mention in found.mentions()}
    quads = [
        *to_quads(found, resolution, names),
        *to_identity_quads(resolution, names),
        *to_component_quads(components, "f00", names),
    ]
    broken = {violation.shape.removeprefix(SHAPES_IRI) for violation in derive_report([quads]).violations}
    assert broken <= SAYS_WHAT_GOES_WHERE


def test_nothing_to_check_conforms() -> None:
    assert derive_report([]) == Report(0, 0, ())
    assert to_lines(derive_report([])) == ["conforms: 0 summaries, 0 statements of theirs"]


def misquoted() -> tuple[list[Quad], Quad]:
    """The sample with one quote that is not what stands there, and the quad that says so."""
    quads = sample_quads()
    wrong = next(q for q in quads if q.predicate == NamedNode(OA.exact) and q.object == Literal("OpenPile"))
    quads.remove(wrong)
    quads.append(Quad(wrong.subject, wrong.predicate, Literal("ClosedPile"), wrong.graph_name))
    return quads, wrong


def test_violation_says_where() -> None:
    quads, wrong = misquoted()
    summary = wrong.graph_name.value  # type: ignore[union-attr]
    expected = Violation(
        shape=SHAPES_IRI + "QuoteSlicesBack",
        graph=summary,
        focus=summary,
        path=OA.exact,
        value=wrong.subject.value,  # type: ignore[union-attr]
        message="The quote of this mention is not what stands between its offsets in the summary's text.",
    )
    assert derive_report([quads]).violations == (expected,)


def test_batches_and_processes_do_not_matter() -> None:
    quads, _ = misquoted()
    once = derive_report([quads])
    twice = derive_report([quads, quads])
    assert twice.violations == once.violations
    assert derive_report([quads, quads], workers=2) == twice


def test_report_as_text() -> None:
    found = [Violation("urn:s#A", "urn:g", f"urn:{n}", KG.value, str(n) * 300, "No.") for n in range(4)]
    found.append(Violation("urn:s#B", "urn:g", "urn:g", "", "urn:g", "Never."))
    assert to_lines(Report(2, 1000, tuple(found)), examples=1) == [
        "does not conform: 5 violations in 2 summaries, 1,000 statements of theirs",
        "",
        "A: 4 × No.",
        "  urn:0",
        "    kg:value " + "0" * 199 + "…",
        "    in urn:g",
        "  … and 3 more",
        "",
        "B: 1 × Never.",
        "  urn:g",
    ]


def test_shapes_that_cannot_be_read(tmp_path: Path) -> None:
    missing = tmp_path / "missing.ttl"
    with pytest.raises(SourceError, match=r"missing\.ttl cannot be read as Turtle"):
        derive_report([sample_quads()], missing)
    torn = tmp_path / "torn.ttl"
    torn.write_text("<urn:a> <urn:b> ", encoding="utf-8")
    with pytest.raises(SourceError, match=r"torn\.ttl cannot be read as Turtle"):
        derive_report([sample_quads()], torn)


def test_shapes_that_cannot_be_run(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.ttl"
    wrong.write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix kg: <https://w3id.org/paperkg/ontology#> .\n"
        "<urn:s> a sh:NodeShape ; sh:targetClass kg:Paper ; sh:sparql <urn:q> .\n"
        '<urn:q> sh:message "no query" .\n',
        encoding="utf-8",
    )
    with pytest.raises(SourceError, match=r"wrong\.ttl cannot be run as SHACL"):
        derive_report([sample_quads()], wrong)
