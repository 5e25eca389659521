"""Facts and their resolution → quads; `kg.facts` is the way back.

Each summary has a named graph, named by the summary's IRI, that holds all it states. Three more
graphs belong to no summary: `identity` (what a thing is called and why), `components` (which
extractor made the mentions), and `ontology`. Nodes are named, literals canonical, nothing is blank.

A mention's kg:role is the very property that the mention backs, so that for every
`?paper kg:uses ?thing` there is a mention with `kg:role kg:uses ; kg:refersTo ?thing`.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import cache
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from kg.delta import derive_delta, to_decimal_text
from kg.model import (
    Author,
    EntityType,
    Facts,
    Mention,
    Paper,
    Question,
    Result,
    Summary,
)
from kg.resolve import Relation, Resolution, Thing, ThingKey, Tie
from kg.vocabulary import (
    CLASSES,
    DCTERMS,
    FABIO,
    FIELDS,
    FOAF,
    KG,
    KINDS,
    OA,
    PROV,
    RDF,
    RDFS,
    ROLES,
    SKOS,
    SLOTS,
    XSD,
    Names,
    ontology_path,
)

__all__ = [
    "fingerprint",
    "to_component_quads",
    "to_identity_quads",
    "to_ontology_quads",
    "to_quads",
]

READER = "digest"
"""The component that an author's mention comes from: the byline is structure, not extraction."""

RELATIONS: dict[Relation, str] = {
    "isVersionOf": DCTERMS.isVersionOf,
    "isPartOf": DCTERMS.isPartOf,
    "broader": SKOS.broader,
}
"""How a thing stands to what its name says is the whole of it, or broader."""

Put = Callable[[str, str, "str | Literal"], None]
"""Adds one triple to the graph at hand; a plain string is an IRI, a literal says that it is one."""


@cache
def _term(iri: str) -> NamedNode:
    return NamedNode(iri)


def _text(value: str) -> Literal:
    return Literal(value)


def _integer(value: int) -> Literal:
    return Literal(str(value), datatype=_term(XSD.integer))


def _decimal(value: str | Decimal) -> Literal:
    return Literal(to_decimal_text(Decimal(value)), datatype=_term(XSD.decimal))


def _date(value: str) -> Literal:
    return Literal(value, datatype=_term(XSD.date))


def _collect(graph: str) -> tuple[list[Quad], Put]:
    """A list of quads of one graph, and the function that fills it."""
    quads: list[Quad] = []
    name = NamedNode(graph)

    def put(subject: str, predicate: str, value: str | Literal) -> None:
        node = NamedNode(value) if isinstance(value, str) else value
        quads.append(Quad(NamedNode(subject), _term(predicate), node, name))

    return quads, put


def to_quads(facts: Facts, resolution: Resolution, names: Names) -> list[Quad]:
    """The named graph of one summary."""
    summary = facts.summary
    quads, put = _collect(names.summary(summary))
    _put_summary(put, summary, names)
    for author in summary.authors:
        _put_author(put, summary, author, resolution, names)
    keys = resolution.keys(facts)
    for entity in facts.entities:
        key = keys[entity.type, entity.name]
        for mention in entity.mentions:
            put(names.paper(summary.paper), ROLES[mention.role], names.entity(*key))
            _put_naming(put, summary, mention, entity.type, key, names)
    for position, result in enumerate(facts.results, 1):
        _put_result(put, facts, result, names.result(summary, position), keys, names)
    for position, question in enumerate(facts.questions, 1):
        _put_question(put, summary, question, names.question(summary, position), names)
    return quads


def _put_summary(put: Put, summary: Summary, names: Names) -> None:
    paper, node = names.paper(summary.paper), names.summary(summary)
    digest = names.digest(summary.source, summary.date)
    put(paper, RDF.type, KG.Paper)
    put(paper, DCTERMS.title, _text(summary.title))
    put(paper, FABIO.hasArXivId, _text(summary.paper.arxiv_id))
    for link in summary.paper.links:
        put(paper, RDFS.seeAlso, link)
    put(digest, RDF.type, KG.Digest)
    put(digest, DCTERMS.source, _text(summary.source))
    put(digest, DCTERMS.date, _date(summary.date))
    put(node, RDF.type, KG.Summary)
    put(node, KG.about, paper)
    put(node, KG.inDigest, digest)
    for field, term in FIELDS.items():
        put(node, term, _text(summary.text(field)))


def _put_author(put: Put, summary: Summary, author: Author, resolution: Resolution, names: Names) -> None:
    person = names.author(author.name, *resolution.person(summary, author))
    put(person, RDF.type, KG.Author)
    if author.kind == "handle":
        put(person, RDF.type, FOAF.OnlineAccount)
    put(person, FOAF.name, _text(author.name))
    put(person, KG.nameKind, _text(author.kind))
    put(names.paper(summary.paper), DCTERMS.creator, person)
    _put_mention(put, summary, Mention(author.evidence, "creator", READER, 10), person, names)


def _put_naming(
    put: Put, summary: Summary, mention: Mention, type: EntityType, key: ThingKey, names: Names
) -> str:
    """A mention of a thing; it says what type it was read as, where the thing turned out to be another."""
    read_as = "" if type == key[0] else type
    node = _put_mention(put, summary, mention, names.entity(*key), names, read_as)
    if read_as:
        put(node, KG.readAs, CLASSES[type])
    return node


def _put_mention(put: Put, summary: Summary, mention: Mention, target: str, names: Names, *more: str) -> str:
    evidence = mention.evidence
    thing = target.removeprefix(names.base)
    distinguishing = (mention.role, thing, mention.component, str(mention.confidence), *filter(None, more))
    node = names.mention(summary, evidence.field, evidence.start, evidence.end, *distinguishing)
    put(node, RDF.type, KG.Mention)
    put(node, OA.hasSource, names.summary(summary))
    put(node, KG.inField, FIELDS[evidence.field])
    put(node, OA.start, _integer(evidence.start))
    put(node, OA.end, _integer(evidence.end))
    put(node, OA.exact, _text(evidence.quote))
    put(node, KG.refersTo, target)
    put(node, KG.role, ROLES[mention.role])
    put(node, PROV.wasGeneratedBy, names.component(mention.component))
    put(node, KG.confidence, _decimal(Decimal(mention.confidence) / 10))
    return node


def _put_result(
    put: Put,
    facts: Facts,
    result: Result,
    node: str,
    keys: dict[tuple[EntityType, str], ThingKey],
    names: Names,
) -> None:
    summary = facts.summary
    put(node, RDF.type, KG.Result)
    put(node, KG.statedIn, names.summary(summary))
    put(node, KG.kind, KINDS[result.kind])
    put(node, KG.value, _decimal(result.value))
    put(node, KG.valueText, _text(result.value_mention.evidence.quote))
    if result.upper is not None:
        put(node, KG.upperValue, _decimal(result.upper))
    if result.unit is not None:
        put(node, KG.unit, _text(result.unit))
    if result.direction is not None:
        put(node, KG.direction, _text(result.direction))
    if result.baseline_value is not None:
        put(node, KG.baselineValue, _decimal(result.baseline_value))
    for mention in (result.sentence, result.value_mention, result.baseline_mention):
        if mention is not None:
            put(node, KG.evidence, _put_mention(put, summary, mention, node, names))
    for name, slot in result.slots.items():
        key = keys[slot.type, slot.name]
        put(node, SLOTS[name], names.entity(*key))
        put(node, KG.evidence, _put_naming(put, summary, slot.mention, slot.type, key, names))
    _put_delta(put, facts, result, node)


def _put_delta(put: Put, facts: Facts, result: Result, node: str) -> None:
    delta = derive_delta(result, facts.results)
    if delta is None:
        return
    put(node, KG.delta, _decimal(delta.value))
    put(node, KG.deltaKind, _text(delta.kind))
    if delta.check is not None:
        put(node, KG.deltaCheck, _text(delta.check))


def _put_question(put: Put, summary: Summary, question: Question, node: str, names: Names) -> None:
    put(node, RDF.type, KG.OpenQuestion)
    put(node, RDFS.label, _text(question.mention.evidence.quote))
    put(names.paper(summary.paper), KG.leavesOpen, node)
    put(node, KG.evidence, _put_mention(put, summary, question.mention, node, names))


def to_identity_quads(resolution: Resolution, names: Names) -> list[Quad]:
    """What each thing is called, and why each other form names it; why authors of papers are one person."""
    quads, put = _collect(names.graph("identity"))
    for thing in resolution.things.values():
        _put_thing(put, thing, names)
    persons: dict[tuple[str, str, Tie], set[str]] = defaultdict(set)
    for (name, paper), (first, tie) in resolution.people.items():
        persons[name, first, tie] |= {first, paper}
    for (name, first, tie), papers in sorted((key, sorted(papers)) for key, papers in persons.items()):
        _put_identification(put, names.author(name, "name", first), name, tie, papers, names)
    return quads


def _put_thing(put: Put, thing: Thing, names: Names) -> None:
    node = names.entity(thing.type, thing.key)
    put(node, RDF.type, CLASSES[thing.type])
    put(node, SKOS.prefLabel, _text(thing.label))
    if thing.better is not None:
        put(node, KG.better, _text(thing.better))
    for end, value in ((KG.least, thing.least), (KG.most, thing.most)):
        if value is not None:
            put(node, end, _integer(value))
    if thing.parameters is not None:
        put(node, KG.parameterCount, _integer(thing.parameters))
    if thing.variant is not None:
        put(node, KG.variant, _text(thing.variant))
    for relation, key in thing.wholes:
        put(node, RELATIONS[relation], names.entity(thing.type, key))
    if thing.link is not None:
        put(node, SKOS.exactMatch, thing.link)
    if thing.paper is not None:
        put(node, RDFS.seeAlso, Paper(thing.paper).links[0])
    for form in thing.forms:
        if form.written != thing.label:
            put(node, SKOS.altLabel, _text(form.written))
        _put_identification(put, node, form.written, form.reason, form.papers, names, form.instead_of)


def _put_identification(
    put: Put,
    node: str,
    form: str,
    reason: str,
    papers: Iterable[str],
    names: Names,
    instead_of: str | None = None,
) -> None:
    identification = names.identification(node, form, *([instead_of] if instead_of else []))
    put(identification, RDF.type, KG.Identification)
    put(identification, KG.identifies, node)
    put(identification, KG.writtenAs, _text(form))
    put(identification, KG.reason, _text(reason))
    if instead_of is not None:
        put(identification, KG.insteadOf, _text(instead_of))
    for paper in papers:
        put(identification, PROV.wasDerivedFrom, names.paper(Paper(paper)))


def to_component_quads(components: Iterable[str], extractor: str, names: Names) -> list[Quad]:
    """The components that mentions come from, each with the fingerprint of the extractor."""
    quads, put = _collect(names.graph("components"))
    for component in sorted({*components, READER}):
        node = names.component(component)
        put(node, RDF.type, KG.Component)
        put(node, RDFS.label, _text(component))
        put(node, KG.fingerprint, _text(extractor))
    return quads


def to_ontology_quads(names: Names) -> list[Quad]:
    """The ontology itself, so that a query can ask what a term means."""
    graph = NamedNode(names.graph("ontology"))
    triples = parse(path=str(ontology_path("kg.ttl")), format=RdfFormat.TURTLE)
    return [Quad(t.subject, t.predicate, t.object, graph) for t in triples]


@cache
def fingerprint() -> str:
    """SHA-256 (hex) of the code that facts become quads by: another version writes them anew."""
    here = Path(__file__).parent
    sources = (here / f"{name}.py" for name in ("delta", "graph", "model", "vocabulary"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
