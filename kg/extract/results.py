"""Which values are results, and what fills their slots (helper E2 writes the rules)."""

from __future__ import annotations

from dataclasses import dataclass

from spacy.language import Language
from spacy.tokens import Doc, Span

from kg.model import Direction, ResultKind

__all__ = ["NAME", "Candidate", "ResultFinder", "make_results"]

NAME = "kg_results"

Doc.set_extension("kg_results", default=(), force=True)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One result as spans of its Doc. Numbers are canonical decimals; confidence is in tenths.

    `value_span` covers the number as written with its unit, `sentence` is one of
    doc.spans["sentences"], and each slot is one of doc.spans["entities"].
    """

    kind: ResultKind
    value: str
    value_span: Span
    sentence: Span
    confidence: int
    upper: str | None = None
    unit: str | None = None
    direction: Direction | None = None
    baseline_value: str | None = None
    baseline_span: Span | None = None
    subject: Span | None = None
    on: Span | None = None
    metric: Span | None = None
    baseline: Span | None = None


class ResultFinder:
    """Writes `doc._.kg_results`."""

    def __call__(self, doc: Doc) -> Doc:
        self.set_annotations(doc, self.match(doc))
        return doc

    def match(self, doc: Doc) -> tuple[Candidate, ...]:
        return ()

    def set_annotations(self, doc: Doc, found: tuple[Candidate, ...]) -> None:
        doc._.kg_results = found


@Language.factory(NAME, requires=["doc.spans"], assigns=["doc._.kg_results", "doc.spans"])
def make_results(nlp: Language, name: str) -> ResultFinder:
    """The component, for `nlp.add_pipe`."""
    return ResultFinder()
