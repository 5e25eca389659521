"""The things that a text names, by lexicon, shape and context."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup

from kg.model import EntityType, Role

__all__ = ["NAME", "EntityFinder", "Found", "make_entities"]

NAME = "kg_entities"

Span.set_extension("kg_role", default="mentions", force=True)
Span.set_extension("kg_confidence", default=5, force=True)
Span.set_extension("kg_component", default=NAME, force=True)


@dataclass(frozen=True, slots=True)
class Found:
    """A mention: characters `start` to `end` of the text name the thing `key`. Confidence in tenths."""

    start: int
    end: int
    type: EntityType
    key: str
    role: Role = "mentions"
    confidence: int = 5


_SHAPE = re.compile(r"\b[A-Z][a-z]*[A-Z0-9][\w-]*")


class EntityFinder:
    """Writes `doc.spans["entities"]`."""

    def __call__(self, doc: Doc) -> Doc:
        self.set_annotations(doc, self.match(doc))
        return doc

    def match(self, doc: Doc) -> list[Found]:
        sentences = [span for span in doc.spans["sentences"] if span.label_ != "questions"]
        return [found for span in sentences for found in _shapes(doc.text, span.start_char, span.end_char)]

    def set_annotations(self, doc: Doc, found: list[Found]) -> None:
        spans = []
        for one in found:
            span = doc.char_span(one.start, one.end, label=one.type, span_id=one.key)
            if span is not None:
                span._.kg_role, span._.kg_confidence = one.role, one.confidence
                spans.append(span)
        doc.spans["entities"] = SpanGroup(doc, name="entities", spans=spans)


def _shapes(text: str, start: int, end: int) -> Iterator[Found]:
    for match in _SHAPE.finditer(text, start, end):
        yield Found(match.start(), match.end(), "method", match.group().casefold())


@Language.factory(NAME, requires=["doc.spans"], assigns=["doc.spans"])
def make_entities(nlp: Language, name: str) -> EntityFinder:
    """The component, for `nlp.add_pipe`."""
    return EntityFinder()
