"""The things that a text names: seen by rules, read by the encoder, judged on both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup

from kg.extract.encoder import Reading, load_encoder
from kg.extract.judge import Judged, judge
from kg.extract.pieces import read_pieces
from kg.extract.sightings import Sighting, Told, find_sightings, role_at
from kg.extract.values import Kind
from kg.model import EntityType, Role

__all__ = ["NAME", "EntityFinder", "Found", "make_entities"]

NAME = "kg_entities"

Doc.set_extension("kg_reading", default=None, force=True)
Span.set_extension("kg_role", default="mentions", force=True)
Span.set_extension("kg_confidence", default=5, force=True)
Span.set_extension("kg_component", default=NAME, force=True)


@dataclass(frozen=True, slots=True)
class Found:
    """What is kept of a text, what is not, and the reading behind it."""

    kept: tuple[Judged, ...]
    doubtful: tuple[Sighting, ...]
    reading: Reading


class EntityFinder:
    """Writes `doc.spans["entities"]`, `doc.spans["doubtful"]` and `doc._.kg_reading`."""

    def __call__(self, doc: Doc) -> Doc:
        self.set_annotations(doc, self.match(doc))
        return doc

    def match(self, doc: Doc) -> Found:
        """Every thing that is named outside the questions."""
        spans = [span for span in doc.spans["sentences"] if span.label_ != "questions"]
        told = cast(list[Told], [(span.start_char, span.end_char, span.label_) for span in spans])
        values = [(value._.kg_number, cast(Kind, value.label_)) for value in doc.spans["values"]]
        seen = find_sightings(doc.text, told)
        reading = load_encoder().read(read_pieces(doc.text, told, seen, values))
        kept = tuple(judge(doc.text, told, seen, reading))
        keys = {one.key for one in kept}
        return Found(kept, tuple(one for one in seen if one.key not in keys), reading)

    def set_annotations(self, doc: Doc, found: Found) -> None:
        """Write the mentions as spans."""
        doc._.kg_reading = found.reading
        doc.spans["entities"] = SpanGroup(doc, name="entities", spans=list(_kept(doc, found.kept)))
        doc.spans["doubtful"] = SpanGroup(doc, name="doubtful", spans=list(_doubtful(doc, found.doubtful)))


@Language.factory(NAME, requires=["doc.spans"], assigns=["doc.spans", "doc._.kg_reading"])
def make_entities(nlp: Language, name: str) -> EntityFinder:
    """The component, for `nlp.add_pipe`."""
    return EntityFinder()


def _kept(doc: Doc, judged: tuple[Judged, ...]) -> Iterator[Span]:
    for one in judged:
        for place, role in one.places:
            yield _span(doc, place.start, place.end, one.type, one.key, role, round(10 * one.share))


def _doubtful(doc: Doc, seen: tuple[Sighting, ...]) -> Iterator[Span]:
    for one in seen:
        for place in one.places:
            role = role_at(place, one.type, one.proposed)
            yield _span(doc, place.start, place.end, one.type, one.key, role, 0)


def _span(
    doc: Doc, start: int, end: int, type: EntityType, key: str, role: Role, confidence: int
) -> Span:
    span = cast(Span, doc.char_span(start, end, label=type, span_id=key, alignment_mode="expand"))
    span._.kg_role, span._.kg_confidence = role, confidence
    return span
