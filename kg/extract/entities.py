"""The things that a text names: seen by rules, read by the encoder, judged on both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup

from kg.extract.encoder import Reading, load_encoder
from kg.extract.judge import Judged, judge
from kg.extract.pieces import MODEL, read_pieces
from kg.extract.sections import find_told
from kg.extract.sightings import Sighting, find_sightings
from kg.extract.values import find_valued

__all__ = ["NAME", "EntityFinder", "Found", "make_entities"]

NAME = "kg_entities"

Doc.set_extension("kg_sightings", default=(), force=True)
Doc.set_extension("kg_reading", default=None, force=True)
Span.set_extension("kg_role", default="mentions", force=True)
Span.set_extension("kg_confidence", default=5, force=True)
Span.set_extension("kg_component", default=NAME, force=True)


@dataclass(frozen=True, slots=True)
class Found:
    """What the rules see in a text, what the encoder makes of it, and what is kept."""

    seen: tuple[Sighting, ...]
    reading: Reading
    kept: tuple[Judged, ...]


class EntityFinder:
    """Writes `doc.spans["entities"]`, `doc._.kg_sightings` and `doc._.kg_reading`."""

    def __init__(self, model: Path) -> None:
        self.model = model

    def __call__(self, doc: Doc) -> Doc:
        self.set_annotations(doc, self.match(doc))
        return doc

    def match(self, doc: Doc) -> Found:
        """What is named outside the questions."""
        told = find_told(doc)
        seen = find_sightings(doc.text, told)
        reading = load_encoder(self.model).read(read_pieces(doc.text, told, seen, find_valued(doc)))
        return Found(tuple(seen), reading, tuple(judge(doc.text, told, seen, reading)))

    def set_annotations(self, doc: Doc, found: Found) -> None:
        """Write the mentions as spans."""
        doc._.kg_sightings, doc._.kg_reading = found.seen, found.reading
        doc.spans["entities"] = SpanGroup(doc, name="entities", spans=list(_kept(doc, found.kept)))


@Language.factory(
    NAME,
    requires=["doc.spans"],
    assigns=["doc.spans", "doc._.kg_sightings", "doc._.kg_reading"],
    default_config={"model": ""},
)
def make_entities(nlp: Language, name: str, model: str) -> EntityFinder:
    """The component, for `nlp.add_pipe`; `model` is a folder that `kg train` wrote, else the one shipped."""
    return EntityFinder(Path(model) if model else MODEL)


def _kept(doc: Doc, judged: tuple[Judged, ...]) -> Iterator[Span]:
    for one in judged:
        for place, role in one.places:
            span = doc.char_span(
                place.start, place.end, label=one.type, span_id=one.key, alignment_mode="expand"
            )
            if span is not None:
                span._.kg_role, span._.kg_confidence = role, round(10 * one.share)
                yield span
