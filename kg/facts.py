"""Quads → facts: what `kg.graph` wrote, read back by its structure.

Neither the names of graphs nor the IRIs of things decide what is read: the union will do, and so
will a graph below another base. A mention belongs to the summary of its oa:hasSource, a result to
that of its kg:statedIn, a question to that of its mention.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple, TypeVar, cast

from pyoxigraph import Literal, NamedNode, Quad

from kg.check import check_facts
from kg.delta import to_decimal_text
from kg.errors import FactsError, KGError
from kg.graph import to_component_quads, to_identity_quads, to_ontology_quads, to_quads
from kg.model import (
    PAPER_ROLES,
    Author,
    Direction,
    Entity,
    EntityType,
    Evidence,
    Facts,
    Field,
    Mention,
    NameKind,
    Paper,
    Question,
    Result,
    ResultKind,
    Role,
    Slot,
    Summary,
)
from kg.resolve import Resolution, ThingKey, derive_resolution
from kg.vocabulary import (
    CLASSES,
    DCTERMS,
    DEFAULT_BASE,
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
    SLOTS,
    TERMS,
    XSD,
    Names,
)

__all__ = ["Reread", "from_quads", "to_whole_quads"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reread:
    """What some quads give back.

    `faults` are the summaries that hold no facts, by IRI, each with its reason. `left` counts, by
    property, the statements that no fact holds; `derived` those that kg derives, and otherwise than
    they stand there: names and their reasons, deltas, the ontology. `base` is what the IRIs of the
    summaries start with, None where they are not of our form.
    """

    facts: tuple[Facts, ...]
    faults: tuple[tuple[str, str], ...]
    left: Mapping[str, int]
    derived: Mapping[str, int]
    base: str | None


def from_quads(quads: Iterable[Quad]) -> Reread:
    """The facts in `quads`, sorted by summary, and all that they do not hold.

    Names that became one thing come as one. Needs the types of things (the graph `identity`) and the
    components; the names of graphs do not matter.
    """
    nodes, left = _read_nodes(quads)
    read, faults = _read_summaries(nodes)
    facts = tuple(found.facts for found in read)
    base = next(filter(None, map(_base, read)), None)
    named = {iri for iri, node in nodes.items() if not _DERIVED_CLASSES.isdisjoint(_classes(node))}
    for found in read:
        _discard(nodes, to_quads(found.facts, _AsNamed(found), _AsWritten(found)))
    _discard(nodes, _shared_quads(facts, derive_resolution(facts), Names(base or DEFAULT_BASE)))
    derived = Counter[str]()
    for iri, node in nodes.items():
        for term, values in node.items():
            anew = term in _DERIVED or (iri in named and term in TERMS) or iri.startswith(_ONTOLOGY)
            (derived if anew else left)[term] += len(values)
    return Reread(facts, tuple(faults), +left, +derived, base)


_Value = NamedNode | Literal
_Node = dict[str, dict[_Value, None]]
"""Property → its values, each once, in the order of reading."""
_Nodes = dict[str, _Node]

_ONTOLOGY = KG.iri.rstrip("#")
_DERIVED = {KG.delta, KG.deltaKind, KG.deltaCheck}
_DERIVED_CLASSES = {*CLASSES.values(), KG.Identification, KG.Component}
_NUMBERS = (XSD.decimal, XSD.integer)
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})")

_TYPES_BACK: dict[str, EntityType] = {iri: type for type, iri in CLASSES.items()}
_ROLES_BACK: dict[str, Role] = {iri: role for role, iri in ROLES.items()}
_FIELDS_BACK: dict[str, Field] = {iri: field for field, iri in FIELDS.items()}
_KINDS_BACK: dict[str, ResultKind] = {iri: kind for kind, iri in KINDS.items()}
_TENTHS = {to_decimal_text(Decimal(tenths) / 10): tenths for tenths in range(11)}


def _read_nodes(quads: Iterable[Quad]) -> tuple[_Nodes, Counter[str]]:
    """The statements by subject and property; and how many of each property have a nameless end."""
    nodes: _Nodes = {}
    left = Counter[str]()
    terms: dict[str, str] = {}
    for quad in quads:
        term = quad.predicate.value
        term = terms.setdefault(term, term)
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode | Literal):
            node = nodes.setdefault(quad.subject.value, {})
            node.setdefault(term, {})[_canonical(quad.object)] = None
        else:
            left[term] += 1
    return nodes, left


def _canonical(value: _Value) -> _Value:
    """What another tool may write as `1.0` or `07` is our `1` or `7`."""
    if isinstance(value, Literal) and value.datatype.value in _NUMBERS and _NUMBER.fullmatch(value.value):
        return Literal(to_decimal_text(Decimal(value.value)), datatype=value.datatype)
    return value


def _classes(node: _Node) -> Iterator[str]:
    return (value.value for value in node.get(RDF.type, ()))


@dataclass(frozen=True, slots=True)
class _Part:
    """The nodes that belong to one summary; results and questions in the order of their positions."""

    iri: str
    mentions: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)


class _Placed(NamedTuple):
    """A mention as a graph holds it: what it refers to, and the type that it was read as, if another.

    `instead_of`: what its words would name, had nobody decided otherwise.
    """

    mention: Mention
    target: str
    read_as: EntityType | None
    instead_of: str


_Named = tuple[str, EntityType, str]
"""The IRI of a thing, the type that its mentions were read as, and what they would name without decisions."""


@dataclass(frozen=True, slots=True)
class _Read:
    """The facts of one summary, and the IRIs that its things have in the graph that it was read from."""

    facts: Facts
    part: _Part
    paper: str
    digest: str
    people: dict[Author, str]
    keys: dict[tuple[EntityType, str], ThingKey]
    mentions: dict[str, _Placed]
    components: dict[str, str]


def _read_summaries(nodes: _Nodes) -> tuple[list[_Read], list[tuple[str, str]]]:
    """The summaries that hold facts, sorted; and the others, by IRI, each with the reason.

    The nodes of the others are taken out of `nodes`: they are told as one.
    """
    read: dict[tuple[str, str, str], _Read] = {}
    faults: list[tuple[str, str]] = []
    dropped: set[str] = set()
    extractors = {value.value for node in nodes.values() for value in node.get(KG.fingerprint, ())}
    decided = _read_decided(nodes)
    for part in _parts(nodes):
        try:
            found = _read_part(part, nodes, extractors, decided)
            if read.setdefault(found.facts.summary.key, found) is not found:
                raise FactsError("another summary of the same source, day and paper stands before it")
        except FactsError as error:
            faults.append((part.iri, str(error)))
            dropped |= _around(part, nodes)
    for iri in dropped:
        nodes.pop(iri, None)
    return [read[key] for key in sorted(read)], faults


def _parts(nodes: _Nodes) -> list[_Part]:
    """Every summary with its nodes, sorted by IRI."""
    parts = {iri: _Part(iri) for iri in sorted(nodes) if KG.Summary in _classes(nodes[iri])}
    for iri in sorted(nodes, key=lambda iri: (len(tail := iri.rpartition("/")[2]), tail)):
        node = nodes[iri]
        for kind in _classes(node):
            if kind == KG.Mention:
                for part in _of(parts, node.get(OA.hasSource, ())):
                    part.mentions.append(iri)
            elif kind == KG.Result:
                for part in _of(parts, node.get(KG.statedIn, ())):
                    part.results.append(iri)
            elif kind == KG.OpenQuestion:
                backing = (nodes.get(mention.value, {}) for mention in node.get(KG.evidence, ()))
                for part in _of(parts, {s: None for each in backing for s in each.get(OA.hasSource, ())}):
                    part.questions.append(iri)
    return list(parts.values())


def _of(parts: Mapping[str, _Part], values: Iterable[_Value]) -> Iterator[_Part]:
    return (parts[value.value] for value in values if value.value in parts)


def _around(part: _Part, nodes: _Nodes) -> set[str]:
    """The nodes of a summary with its paper, its day, and what its mentions refer to."""
    own = {part.iri, *part.mentions, *part.results, *part.questions}
    ways = (KG.about, KG.inDigest, KG.refersTo)
    return own | {value.value for iri in own for way in ways for value in nodes[iri].get(way, ())}


def _read_part(part: _Part, nodes: _Nodes, extractors: Set[str], decided: _Decided) -> _Read:
    """The facts of one summary. Raises `FactsError` with the first thing that is amiss."""
    mentions = {iri: _read_placed(iri, nodes, decided) for iri in part.mentions}
    named: dict[_Named, set[Mention]] = defaultdict(set)
    people: dict[Author, str] = {}
    for mention, target, read_as, instead_of in mentions.values():
        if mention.role in PAPER_ROLES:
            named[target, read_as or _read_type(target, nodes), instead_of].add(mention)
        elif mention.role == "creator":
            name, kind = _text(nodes, target, FOAF.name), _text(nodes, target, KG.nameKind)
            people[Author(name, cast(NameKind, kind), mention.evidence)] = target
    things = {key: Entity(key[1], tuple(sorted(found))) for key, found in named.items()}
    names = {key: (entity.type, entity.name) for key, entity in things.items()}
    keys = {names[key]: (_read_type(key[0], nodes), key[0]) for key in things}
    components = {_text(nodes, iri, RDFS.label): iri for iri in _makers(part.mentions, nodes)}
    facts = Facts(
        summary=_read_summary(part.iri, nodes, people),
        extractor=_read_extractor(components.values(), nodes, extractors),
        entities=tuple(sorted(things.values())),
        results=tuple(_read_result(iri, nodes, mentions, names) for iri in part.results),
        questions=tuple(
            Question(_backing(iri, nodes, mentions, "leavesOpen").mention) for iri in part.questions
        ),
    )
    check_facts(facts)
    paper, digest = (_iri(nodes, part.iri, term) for term in (KG.about, KG.inDigest))
    return _Read(facts, part, paper, digest, people, keys, mentions, components)


def _read_summary(iri: str, nodes: _Nodes, people: Iterable[Author]) -> Summary:
    paper, digest = _iri(nodes, iri, KG.about), _iri(nodes, iri, KG.inDigest)
    return Summary(
        paper=Paper(_text(nodes, paper, FABIO.hasArXivId)),
        source=_text(nodes, digest, DCTERMS.source),
        date=_text(nodes, digest, DCTERMS.date, XSD.date),
        title=_text(nodes, iri, DCTERMS.title),
        abstract=_text(nodes, iri, DCTERMS.abstract),
        byline=_text(nodes, iri, KG.byline),
        authors=tuple(sorted(people, key=lambda author: author.evidence)),
    )


def _makers(mentions: Iterable[str], nodes: _Nodes) -> set[str]:
    return {_iri(nodes, iri, PROV.wasGeneratedBy) for iri in mentions}


def _read_extractor(components: Iterable[str], nodes: _Nodes, extractors: Set[str]) -> str:
    """The one fingerprint of these components; without any, of all."""
    found = {_text(nodes, iri, KG.fingerprint) for iri in components} or extractors
    if len(found) != 1:
        raise FactsError(f"its components have {len(found)} values of kg:fingerprint, not one")
    return next(iter(found))


def _read_type(iri: str, nodes: _Nodes) -> EntityType:
    found = [_TYPES_BACK[kind] for kind in _classes(nodes.get(iri, {})) if kind in _TYPES_BACK]
    if len(found) != 1:
        raise FactsError(f"{iri} has {len(found)} of the types {', '.join(_TYPES_BACK.values())}, not one")
    return found[0]


def _read_mention(iri: str, nodes: _Nodes) -> Mention:
    evidence = Evidence(
        _known(_FIELDS_BACK, nodes, iri, KG.inField),
        _integer(nodes, iri, OA.start),
        _integer(nodes, iri, OA.end),
        _text(nodes, iri, OA.exact),
    )
    confidence = _text(nodes, iri, KG.confidence, XSD.decimal)
    if confidence not in _TENTHS:
        raise FactsError(f"kg:confidence of {iri} is not 0, 0.1, … or 1")
    component = _text(nodes, _iri(nodes, iri, PROV.wasGeneratedBy), RDFS.label)
    return Mention(evidence, _known(_ROLES_BACK, nodes, iri, KG.role), component, _TENTHS[confidence])


_Decided = Mapping[tuple[str, str, str], str]
"""The thing, the form and the paper of each decision by hand → what the form would name without it."""


def _read_decided(nodes: _Nodes) -> _Decided:
    """What is damaged decides nothing; it is told as what kg derives otherwise."""
    decided: dict[tuple[str, str, str], str] = {}
    for iri in (iri for iri, node in nodes.items() if KG.insteadOf in node):
        with suppress(FactsError):
            form = (_iri(nodes, iri, KG.identifies), _text(nodes, iri, KG.writtenAs))
            for paper in nodes[iri].get(PROV.wasDerivedFrom, ()):
                decided[*form, paper.value] = _text(nodes, iri, KG.insteadOf)
    return decided


def _read_placed(iri: str, nodes: _Nodes, decided: _Decided) -> _Placed:
    read_as = _known(_TYPES_BACK, nodes, iri, KG.readAs) if KG.readAs in nodes[iri] else None
    mention, target = _read_mention(iri, nodes), _iri(nodes, iri, KG.refersTo)
    paper = _iri(nodes, _iri(nodes, iri, OA.hasSource), KG.about)
    return _Placed(mention, target, read_as, decided.get((target, mention.evidence.quote, paper), ""))


_Mentions = Mapping[str, _Placed]
_Names = Mapping[_Named, tuple[EntityType, str]]


def _read_result(iri: str, nodes: _Nodes, mentions: _Mentions, names: _Names) -> Result:
    def maybe(term: str, type: str = XSD.string) -> str | None:
        return _text(nodes, iri, term, type) if term in nodes[iri] else None

    slots = {
        name: _read_slot(
            _iri(nodes, iri, term), _backing(iri, nodes, mentions, _ROLES_BACK[term]), nodes, names
        )
        for name, term in SLOTS.items()
        if term in nodes[iri]
    }
    baseline = maybe(KG.baselineValue, XSD.decimal)
    return Result(
        kind=_known(_KINDS_BACK, nodes, iri, KG.kind),
        value=_text(nodes, iri, KG.value, XSD.decimal),
        value_mention=_backing(iri, nodes, mentions, "value").mention,
        sentence=_backing(iri, nodes, mentions, "statedIn").mention,
        upper=maybe(KG.upperValue, XSD.decimal),
        unit=maybe(KG.unit),
        direction=cast("Direction | None", maybe(KG.direction)),
        baseline_value=baseline,
        baseline_mention=(
            None if baseline is None else _backing(iri, nodes, mentions, "baselineValue").mention
        ),
        **slots,
    )


def _read_slot(thing: str, placed: _Placed, nodes: _Nodes, names: _Names) -> Slot:
    key = (thing, placed.read_as or _read_type(thing, nodes), placed.instead_of)
    if key not in names:
        raise FactsError(f"no mention of its paper names {thing}")
    return Slot(*names[key], placed.mention)


def _backing(iri: str, nodes: _Nodes, mentions: _Mentions, role: Role) -> _Placed:
    """The one mention with a role among the kg:evidence of a node."""
    backing = [mentions[e.value] for e in nodes[iri].get(KG.evidence, ()) if e.value in mentions]
    found = [placed for placed in backing if placed.mention.role == role]
    if len(found) != 1:
        raise FactsError(f"{iri} has {len(found)} mentions with the role {TERMS[ROLES[role]]}, not one")
    return found[0]


def _one(nodes: _Nodes, iri: str, term: str) -> _Value:
    found = nodes.get(iri, {}).get(term, {})
    if len(found) != 1:
        raise FactsError(f"{iri} has {len(found)} values of {TERMS[term]}, not one")
    return next(iter(found))


def _iri(nodes: _Nodes, iri: str, term: str) -> str:
    value = _one(nodes, iri, term)
    if not isinstance(value, NamedNode):
        raise FactsError(f"{TERMS[term]} of {iri} is no IRI")
    return value.value


def _text(nodes: _Nodes, iri: str, term: str, type: str = XSD.string) -> str:
    value = _one(nodes, iri, term)
    if not isinstance(value, Literal) or value.datatype.value != type:
        raise FactsError(f"{TERMS[term]} of {iri} is no {TERMS[type]}")
    return value.value


def _integer(nodes: _Nodes, iri: str, term: str) -> int:
    text = _text(nodes, iri, term, XSD.integer)
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise FactsError(f"{TERMS[term]} of {iri} is no place in a text")
    return int(text)


def _known(table: Mapping[str, T], nodes: _Nodes, iri: str, term: str) -> T:
    value = _iri(nodes, iri, term)
    if value not in table:
        raise FactsError(f"{TERMS[term]} of {iri} is {value}, which kg does not know")
    return table[value]


# The quads again, to see what the facts do not hold


class _AsNamed(Resolution):
    """Keeps things and people what they are in the graph that a summary was read from: their IRIs."""

    def __init__(self, read: _Read) -> None:
        self._read = read

    def keys(self, facts: Facts) -> dict[tuple[EntityType, str], ThingKey]:
        return self._read.keys

    def person(self, summary: Summary, author: Author) -> tuple[str, ...]:
        return (self._read.people[author],)


class _AsWritten(Names):
    """Gives back the IRIs that a summary's nodes have in the graph that it was read from."""

    def __init__(self, read: _Read) -> None:
        self.base = ""
        self._read = read
        self._mentions: dict[tuple[str, int, int, tuple[str, ...]], str] = {}
        for iri, (mention, target, read_as, _) in read.mentions.items():
            evidence = mention.evidence
            distinguishing = (
                mention.role,
                target,
                mention.component,
                str(mention.confidence),
                *filter(None, (read_as,)),
            )
            self._mentions[evidence.field, evidence.start, evidence.end, distinguishing] = iri

    def paper(self, paper: Paper) -> str:
        return self._read.paper

    def digest(self, source: str, date: str) -> str:
        return self._read.digest

    def summary(self, summary: Summary) -> str:
        return self._read.part.iri

    def author(self, name: str, *distinguishing: str) -> str:
        return distinguishing[0]

    def entity(self, type: EntityType, key: str) -> str:
        return key

    def mention(self, summary: Summary, field: str, start: int, end: int, *distinguishing: str) -> str:
        return self._mentions.get((field, start, end, distinguishing), _NOWHERE)

    def result(self, summary: Summary, position: int) -> str:
        return self._read.part.results[position - 1]

    def question(self, summary: Summary, position: int) -> str:
        return self._read.part.questions[position - 1]

    def component(self, name: str) -> str:
        return self._read.components.get(name, _NOWHERE)


_NOWHERE = "urn:nowhere"
"""The IRI of a node that the graph lacks: what is said of it is not looked for."""


def to_whole_quads(facts: Sequence[Facts], names: Names) -> Iterator[Quad]:
    """The whole graph of some facts by themselves: summaries, names and reasons, components, ontology."""
    resolution = derive_resolution(facts)
    for each in facts:
        yield from to_quads(each, resolution, names)
    yield from _shared_quads(facts, resolution, names)


def _shared_quads(facts: Iterable[Facts], resolution: Resolution, names: Names) -> Iterator[Quad]:
    components: dict[str, set[str]] = defaultdict(set)
    for each in facts:
        components[each.extractor].update(mention.component for mention in each.mentions())
    yield from to_identity_quads(resolution, names)
    for extractor in sorted(components):
        yield from to_component_quads(components[extractor], extractor, names)
    yield from to_ontology_quads(names)


def _discard(nodes: _Nodes, quads: Iterable[Quad]) -> None:
    for quad in quads:
        node = nodes.get(cast(NamedNode, quad.subject).value, {})
        node.get(quad.predicate.value, {}).pop(cast(_Value, quad.object), None)


def _base(read: _Read) -> str | None:
    """What the IRI of a summary starts with, where it is an IRI of ours on the web."""
    tail = Names().summary(read.facts.summary).removeprefix(DEFAULT_BASE)
    base = read.part.iri.removesuffix(tail)
    if base + tail != read.part.iri or not base.startswith(("http://", "https://")):
        return None
    try:
        return Names(base).base
    except KGError:
        return None
