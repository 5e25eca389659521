"""Which numbers are results, and what fills their slots: spans of the Doc."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast

from spacy.language import Language
from spacy.tokens import Doc, Span

from kg.extract.frames import Frame, Named
from kg.extract.numerals import Number
from kg.extract.slots import Filled, fill
from kg.model import Direction, EntityType, ResultKind

__all__ = ["NAME", "Candidate", "ResultFinder", "make_results"]

NAME = "kg_results"
CONFIDENCE = 5

Item = TypeVar("Item")

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

    def match(self, doc: Doc) -> list[tuple[Span, Frame, Filled]]:
        """Sentence, frame and slots of each result."""
        things = sorted((_thing(span) for span in doc.spans["entities"]), key=lambda t: (t.start, -t.end))
        proposed = [thing for thing in things if thing.role == "proposes"]
        text = doc.text
        values = [value for value in doc.spans["values"] if value.label_ != "other"]
        found = []
        for sentence in doc.spans["sentences"]:
            inside = _within(values, sentence, lambda value: value.start_char)
            if inside:
                frame = Frame(
                    text=text,
                    start=sentence.start_char,
                    end=sentence.end_char,
                    numbers=[value._.kg_number for value in inside],
                    kinds=[value.label_ for value in inside],
                    things=_within(things, sentence, lambda thing: thing.start),
                    proposed=proposed,
                )
                found += [(sentence, frame, filled) for filled in fill(frame)]
        return found

    def set_annotations(self, doc: Doc, found: list[tuple[Span, Frame, Filled]]) -> None:
        fillers = _Fillers(doc)
        doc._.kg_results = tuple(_candidate(fillers, *one) for one in found)


class _Fillers:
    """The spans of the things that fill slots; what only a slot names joins doc.spans["entities"]."""

    def __init__(self, doc: Doc) -> None:
        self.doc = doc
        self.known = {_thing(span): span for span in doc.spans["entities"]}
        self.places = {(thing.start, thing.end) for thing in self.known}

    def span(self, thing: Named | None) -> Span | None:
        if thing is None or thing in self.known:
            return self.known[thing] if thing else None
        span = _char_span(self.doc, thing.start, thing.end, thing.type, thing.key)
        if (thing.start, thing.end) not in self.places:  # spans of one place share their attributes
            span._.kg_role, span._.kg_confidence, span._.kg_component = thing.role, CONFIDENCE, NAME
        self.doc.spans["entities"].append(span)
        self.known[thing] = span
        return span


def _within(sorted_items: list[Item], sentence: Span, start: Callable[[Item], int]) -> list[Item]:
    """The items, sorted by their start, that start in the sentence."""
    first = bisect_left(sorted_items, sentence.start_char, key=start)
    return sorted_items[first : bisect_left(sorted_items, sentence.end_char, key=start)]


def _candidate(fillers: _Fillers, sentence: Span, frame: Frame, filled: Filled) -> Candidate:
    number, kind = frame.numbers[filled.position], frame.kinds[filled.position]
    rival = None if filled.rival is None else frame.numbers[filled.rival]
    return Candidate(
        kind=cast(ResultKind, kind),
        value=number.value if kind == "score" else _amount(number),
        value_span=_char_span(fillers.doc, number.start, number.end),
        sentence=sentence,
        confidence=CONFIDENCE,
        upper=number.upper,
        unit=number.unit,
        direction=filled.direction,
        baseline_value=None if rival is None else rival.value,
        baseline_span=None if rival is None else _char_span(fillers.doc, rival.start, rival.end),
        subject=fillers.span(filled.subject),
        on=fillers.span(filled.on),
        metric=fillers.span(filled.metric),
        baseline=fillers.span(filled.baseline),
    )


def _amount(number: Number) -> str:
    """By how much something changed: no sign, save where a range would then not rise."""
    bare = number.value.removeprefix("-")
    rises = number.upper is None or float(bare) < float(number.upper)
    return bare if rises else number.value


def _char_span(doc: Doc, start: int, end: int, label: str = "", key: str = "") -> Span:
    return cast(Span, doc.char_span(start, end, label=label, span_id=key, alignment_mode="expand"))


def _thing(span: Span) -> Named:
    return Named(span.start_char, span.end_char, cast(EntityType, span.label_), span.id_, span._.kg_role)


@Language.factory(NAME, requires=["doc.spans"], assigns=["doc._.kg_results", "doc.spans"])
def make_results(nlp: Language, name: str) -> ResultFinder:
    """The component, for `nlp.add_pipe`."""
    return ResultFinder()
