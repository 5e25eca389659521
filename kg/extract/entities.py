"""The things that a text names, by lexicon, shape and context."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup

from kg.extract.names import find_pairs
from kg.extract.places import Place, find_own_name, find_places
from kg.extract.roles import ROLES
from kg.extract.sections import Section
from kg.extract.things import Thing, gather
from kg.model import EntityType, Role

__all__ = ["NAME", "EntityFinder", "Found", "make_entities"]

NAME = "kg_entities"

Span.set_extension("kg_role", default="mentions", force=True)
Span.set_extension("kg_confidence", default=5, force=True)
Span.set_extension("kg_component", default=NAME, force=True)

_TALK: dict[EntityType, tuple[Section, ...]] = {
    "task": ("implication", "method"),
    "method": ("implication", "objective"),
    "metric": ("implication", "method", "objective"),
}
"""Sections where fewer than four in ten terms of a type that stand there once are right (training papers)."""

_CONFIDENCE = {"own": 10, "term": 9, "model": 9, "long": 9, "short": 9, "name": 8, "titled": 6, "phrase": 6}
"""By rule, in tenths: the share of its finds that are right on the training papers."""


@dataclass(frozen=True, slots=True)
class Found:
    """A mention: characters `start` to `end` of the text name the thing `key`. Confidence in tenths."""

    start: int
    end: int
    type: EntityType
    key: str
    role: Role
    confidence: int
    rule: str


class EntityFinder:
    """Writes `doc.spans["entities"]`."""

    def __call__(self, doc: Doc) -> Doc:
        self.set_annotations(doc, self.match(doc))
        return doc

    def match(self, doc: Doc) -> list[Found]:
        """Every mention of every thing, outside the questions."""
        told = [
            (span.start_char, span.end_char, cast(Section, span.label_))
            for span in doc.spans["sentences"]
            if span.label_ != "questions"
        ]
        return list(find_entities(doc.text, told))

    def set_annotations(self, doc: Doc, found: list[Found]) -> None:
        """Write the mentions as spans."""
        spans = []
        for one in found:
            span = doc.char_span(one.start, one.end, label=one.type, span_id=one.key, alignment_mode="expand")
            if span is not None:
                span._.kg_role, span._.kg_confidence = one.role, one.confidence
                spans.append(span)
        doc.spans["entities"] = SpanGroup(doc, name="entities", spans=spans)


@Language.factory(NAME, requires=["doc.spans"], assigns=["doc.spans"])
def make_entities(nlp: Language, name: str) -> EntityFinder:
    """The component, for `nlp.add_pipe`."""
    return EntityFinder()


def find_entities(text: str, told: list[tuple[int, int, Section]]) -> Iterator[Found]:
    """The mentions in the told sentences (start, end, section) of a text, thing by thing."""
    own = find_own_name(text, told)
    pairs = [list(find_pairs(text, start, end)) for start, end, _ in told]
    twins = {text[slice(*short)]: text[slice(*long)] for some in pairs for long, short in some}
    places = [
        place
        for span, some in zip(told, pairs, strict=True)
        for place in find_places(text, span, some, own, twins)
    ]
    for thing in filter(_is_meant, gather(places, twins)):
        proposed = _is_proposed(thing, own)
        kind = _kind(thing, proposed)
        for place in thing.places:
            role = _role(place, kind, proposed)
            yield Found(place.start, place.end, kind, thing.key, role, _CONFIDENCE[place.rule], place.rule)


def _kind(thing: Thing, proposed: bool) -> EntityType:
    """The thing's type; a data set that the text only measures on is a benchmark."""
    measured = not proposed and thing.places[0].section == "results"
    return "benchmark" if measured and thing.type == "dataset" else thing.type


def _is_meant(thing: Thing) -> bool:
    """Whether the text speaks of the thing: what stands once, in a section that deals in others, is talk."""
    [first, *more] = thing.places
    if more or first.rule == "own":
        return True
    if first.rule == "phrase":
        return first.section not in _TALK.get(thing.type, ())
    return first.section != "title" or first.rule not in ("name", "term")


def _is_proposed(thing: Thing, own: str | None) -> bool:
    """Whether the paper presents the thing: under its own name, in so many words, or as a new name."""
    named = [place for place in thing.places if place.rule != "phrase"]
    if own and any(place.text.casefold().startswith(own.casefold()) for place in named):
        return True
    if thing.type == "task" or not thing.rules.isdisjoint({"term", "model"}):
        return False
    if any(place.proposed for place in named):
        return True
    first = min(thing.places, key=lambda p: p.start)
    known = any(place.rival or place.cited for place in thing.places)
    told = first.section in ("body", "objective", "method")
    return told and not known and first.rule != "phrase" and thing.type != "metric"


def _role(place: Place, kind: EntityType, proposed: bool) -> Role:
    if proposed:
        return "proposes"
    return "comparesWith" if place.rival and kind in ("model", "method") else ROLES[kind]
