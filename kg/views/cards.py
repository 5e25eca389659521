"""What the panel beside a picture tells of each node: facts, results, and texts with their evidence.

A text is cut into segments where mentions begin and end, so that a page needs to count no
characters: a segment is its words alone, or its words, the number of the thing that they name, and
the marks that they bear (`result`, `value`, `question`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any

import pyoxigraph as ox

from kg.store import Store
from kg.views.scene import Scene
from kg.vocabulary import DCTERMS, FABIO, FIELDS, FOAF, KG, OA, RDF, RDFS, SKOS

__all__ = ["Place", "Segment", "derive_cards", "to_segments"]

Segment = list[Any]
"""`[words]` or `[words, thing or None, [marks]]`."""

Texts = Mapping[str, list[Segment]]
"""The fields of a summary in segments."""

Properties = dict[str, list[str]]
"""Property → the values of a node."""

_SLOTS = {"subject": KG.subject, "on": KG.on, "metric": KG.metric, "against": KG.baseline}
_NUMBERS = {"value": KG.valueText, "at": KG.baselineValue}
_MARKS = {KG.statedIn: "result", KG.value: "value", KG.baselineValue: "value", KG.leavesOpen: "question"}
_FACTS = {
    KG.parameterCount: "parameters",
    KG.variant: "variant",
    DCTERMS.isVersionOf: "version of",
    DCTERMS.isPartOf: "part of",
    SKOS.broader: "narrower than",
    KG.better: "better",
    KG.nameKind: "kind of name",
}

_LINKED = {DCTERMS.isVersionOf, DCTERMS.isPartOf, SKOS.broader}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text names something; `thing` is its number among the references, `mark` what else it is."""

    start: int
    end: int
    thing: int | None
    mark: str


@dataclass(slots=True)
class _References:
    """Numbers things that texts name: those drawn by their place in the scene, others after them."""

    numbers: dict[str, int]
    others: list[str] = field(default_factory=list)

    def number(self, iri: str) -> int:
        if iri not in self.numbers:
            self.numbers[iri] = len(self.numbers)
            self.others.append(iri)
        return self.numbers[iri]


def derive_cards(store: Store, scene: Scene) -> dict[str, Any]:
    """As plain JSON: `things` (a card for each node, in the scene's order), `papers` (what each drawn
    paper's summaries say, by the paper's number) and `others` (label and type of what texts name and
    the scene leaves out).
    """
    references = _References({node.iri: number for number, node in enumerate(scene.nodes)})
    papers = {
        number: [_read_summary(store, iri, references) for iri in _summaries(store, node.iri)]
        for number, node in enumerate(scene.nodes)
        if node.type == "paper"
    }
    things = [_thing(store, node.iri, references) for node in scene.nodes]
    return {"things": things, "papers": papers, "others": [_name(store, iri) for iri in references.others]}


def _summaries(store: Store, paper: str) -> list[str]:
    """The summaries of a paper, by day, then by source."""

    def when(summary: str) -> tuple[str, str]:
        digest = _about(store, _about(store, summary)[KG.inDigest][0])
        return digest[DCTERMS.date][0], digest[DCTERMS.source][0]

    found = store.quads.quads_for_pattern(
        None, ox.NamedNode(KG.about), ox.NamedNode(paper), ox.DefaultGraph()
    )
    return sorted((str(quad.subject)[1:-1] for quad in found), key=when)


def _read(quads: Iterable[ox.Quad]) -> dict[str, Properties]:
    nodes: dict[str, Properties] = defaultdict(lambda: defaultdict(list))
    for quad in quads:
        nodes[str(quad.subject)[1:-1]][quad.predicate.value].append(quad.object.value)  # type: ignore[union-attr]
    return nodes


def _about(store: Store, iri: str) -> Properties:
    union = store.quads.quads_for_pattern(ox.NamedNode(iri), None, None, ox.DefaultGraph())
    return _read(union).get(iri, {})


def _name(store: Store, iri: str) -> dict[str, str]:
    node = _about(store, iri)
    label = next((min(node[term]) for term in (SKOS.prefLabel, FOAF.name, RDFS.label) if term in node), "")
    classes = (c.removeprefix(KG.iri).lower() for c in node.get(RDF.type, ()) if c.startswith(KG.iri))
    return {"label": label, "type": min(classes, default="")}


def _thing(store: Store, iri: str, references: _References) -> dict[str, Any]:
    node = _about(store, iri)
    facts = []
    for term, name in _FACTS.items():
        for value in sorted(node.get(term, ())):
            linked = term in _LINKED
            shown = _to_size(int(value)) if term == KG.parameterCount else value
            facts.append([name, references.number(value) if linked else shown])
    card: dict[str, Any] = {"facts": facts}
    if node.get(FABIO.hasArXivId):
        card["arxiv"] = min(node[FABIO.hasArXivId])
    forms = sorted(set(node.get(SKOS.altLabel, ())) - set(node.get(SKOS.prefLabel, ())))
    return card | ({"forms": forms} if forms else {})


def _to_size(parameters: int) -> str:
    """`8 billion`, `350 million`, `1.3 billion`."""
    for unit, name in ((10**9, "billion"), (10**6, "million")):
        if parameters >= unit:
            return f"{parameters / unit:g} {name}"
    return f"{parameters:,}"


def _read_summary(store: Store, iri: str, references: _References) -> dict[str, Any]:
    """One summary: its day, its texts in segments, and its results."""
    nodes = _read(store.quads.quads_for_pattern(None, None, None, ox.NamedNode(iri)))
    summary = nodes[iri]
    places: dict[str, list[Place]] = {term: [] for term in FIELDS.values()}
    for node in nodes.values():
        if KG.Mention in node[RDF.type]:
            places[node[KG.inField][0]].append(_to_mention(node, references))
    texts: Texts = {name: to_segments(summary[term][0], places[term]) for name, term in FIELDS.items()}
    results = sorted(
        (iri for iri, node in nodes.items() if KG.Result in node[RDF.type]),
        key=lambda iri: int(iri.rpartition("/")[2]),
    )
    day = nodes[summary[KG.inDigest][0]][DCTERMS.date][0]
    found = [_result(nodes, nodes[each], texts, references) for each in results]
    return {"day": day, **texts, "results": found}


def _to_mention(node: Properties, references: _References) -> Place:
    mark = _MARKS.get(node[KG.role][0], "")
    thing = None if mark else references.number(node[KG.refersTo][0])
    return Place(int(node[OA.start][0]), int(node[OA.end][0]), thing, mark)


def _result(
    nodes: dict[str, Properties],
    node: Properties,
    texts: Texts,
    references: _References,
) -> dict[str, Any]:
    """A result: what fills its slots, its numbers as written, and the segments that its sentence is."""
    sentence = next(
        nodes[mention] for mention in node[KG.evidence] if nodes[mention][KG.role] == [KG.statedIn]
    )
    slots = {name: references.number(node[term][0]) for name, term in _SLOTS.items() if term in node}
    numbers = {name: node[term][0] for name, term in _NUMBERS.items() if term in node}
    if "at" in numbers and node.get(KG.unit) == ["%"]:
        numbers["at"] += "%"
    kind = node[KG.kind][0].removeprefix(KG.iri).lower()
    return {"kind": kind, **slots, **numbers, "said": _span(texts, sentence)}


def _span(texts: Texts, mention: Properties) -> list[Any]:
    """The field that a mention is in, the first of the segments that it covers, the one after its last."""
    field = next(name for name, term in FIELDS.items() if term == mention[KG.inField][0])
    ends = [0, *accumulate(len(segment[0]) for segment in texts[field])]
    return [field, ends.index(int(mention[OA.start][0])), ends.index(int(mention[OA.end][0]))]


def to_segments(text: str, mentions: Iterable[Place]) -> list[Segment]:
    """A text in pieces that, joined, are the text again; where mentions overlap the shortest names."""
    found = list(mentions)
    cuts = sorted({0, len(text)}.union(*((mention.start, mention.end) for mention in found)))
    return [_segment(text, start, end, found) for start, end in pairwise(cuts)]


def _segment(text: str, start: int, end: int, mentions: list[Place]) -> Segment:
    over = [mention for mention in mentions if mention.start <= start and end <= mention.end]
    named = min(
        (mention for mention in over if mention.thing is not None),
        key=lambda mention: (mention.end - mention.start, mention.thing),
        default=None,
    )
    marks = sorted({mention.mark for mention in over if mention.mark})
    if named is None and not marks:
        return [text[start:end]]
    return [text[start:end], named.thing if named else None, marks]
