"""Which numbers are results, and what fills their slots: spans of the Doc."""

from __future__ import annotations

from dataclasses import dataclass

from spacy.language import Language
from spacy.tokens import Doc, Span

from kg.extract.numerals import Number
from kg.extract.slots import Filled, Frame, Thing, fill
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
    """Writes `doc._.kg_results`, and appends to `doc.spans["entities"]` what only a slot names."""

    def __call__(self, doc: Doc) -> Doc:
        self.set_annotations(doc, self.match(doc))
        return doc

    def match(self, doc: Doc) -> tuple[Candidate, ...]:
        found: list[Candidate] = []
        spans = {(span.start_char, span.end_char, span.label_, span.id_): span for span in doc.spans["entities"]}
        things = sorted((_thing(span) for span in doc.spans["entities"]), key=lambda t: (t.start, -t.end))
        proposed = [thing for thing in things if thing.role == "proposes"]
        values = list(doc.spans["values"])

        def span_of(thing: Thing | None) -> Span | None:
            if thing is None:
                return None
            key = (thing.start, thing.end, thing.type, thing.key)
            if key not in spans:
                span = doc.char_span(thing.start, thing.end, label=thing.type, span_id=thing.key)
                span._.kg_role, span._.kg_confidence, span._.kg_component = "uses", 3, NAME
                spans[key] = span
                doc.spans["entities"].append(span)
            return spans[key]

        for sentence in doc.spans["sentences"]:
            start, end = sentence.start_char, sentence.end_char
            inside = [v for v in values if start <= v.start_char and v.end_char <= end]
            if not inside:
                continue
            frame = Frame(
                text=doc.text, start=start, end=end,
                numbers=[v._.kg_number for v in inside], kinds=[v.label_ for v in inside],
                things=[t for t in things if start <= t.start and t.end <= end], proposed=proposed,
            )
            filled = fill(frame)
            for i, (v, f) in enumerate(zip(inside, filled)):
                if v.label_ in ("score", "gain", "ratio"):
                    n: Number = v._.kg_number
                    value = n.value.lstrip("-") if v.label_ != "score" else n.value
                    base = None
                    if v.label_ == "score":
                        for j in (i - 1, i + 1, i + 2, i+3):
                            if 0 <= j < len(inside) and inside[j].label_ == "baseline" and inside[j]._.kg_number.form == n.form:
                                base = inside[j]; break
                    found.append(Candidate(
                        v.label_, value, v, sentence, 5, n.upper, n.unit, f.direction,
                        base._.kg_number.value if base is not None else None, base,
                        span_of(f.subject), span_of(f.on), span_of(f.metric), span_of(f.baseline)))
        return tuple(found)

    def set_annotations(self, doc: Doc, found: tuple[Candidate, ...]) -> None:
        doc._.kg_results = found


def _thing(span: Span) -> Thing:
    return Thing(span.start_char, span.end_char, span.label_, span.id_, span._.kg_role)


@Language.factory(NAME, requires=["doc.spans"], assigns=["doc._.kg_results", "doc.spans"])
def make_results(nlp: Language, name: str) -> ResultFinder:
    """The component, for `nlp.add_pipe`."""
    return ResultFinder()
