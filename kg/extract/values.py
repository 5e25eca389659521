"""The numbers of a text that may be results (helper E2 writes the rules)."""

from __future__ import annotations

from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup

__all__ = ["NAME", "ValueFinder", "make_values"]

NAME = "kg_values"


class ValueFinder:
    """Writes `doc.spans["values"]`."""

    def __call__(self, doc: Doc) -> Doc:
        self.set_annotations(doc, self.match(doc))
        return doc

    def match(self, doc: Doc) -> list[Span]:
        return []

    def set_annotations(self, doc: Doc, found: list[Span]) -> None:
        doc.spans["values"] = SpanGroup(doc, name="values", spans=found)


@Language.factory(NAME, requires=["doc.spans"], assigns=["doc.spans"])
def make_values(nlp: Language, name: str) -> ValueFinder:
    """The component, for `nlp.add_pipe`."""
    return ValueFinder()
