"""Which numbers are results, and what fills their slots: spans of the Doc."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from spacy.language import Language
from spacy.tokens import Doc, Span

from kg.extract.encoder import Reading, load_encoder
from kg.extract.frames import Frame, Named, to_named
from kg.extract.judge import link_facts, load_weights, share_of
from kg.extract.links import COMPETES, TARGETS, choose, derive_link, is_split
from kg.extract.numerals import Number
from kg.extract.sections import Told, find_told
from kg.extract.slots import Filled, fill
from kg.extract.values import Valued, find_valued
from kg.model import Direction, EntityType, ResultKind

__all__ = ["NAME", "Candidate", "ResultFinder", "Stated", "find_frames", "make_results"]

NAME = "kg_results"
CONFIDENCE = 5
"""In tenths: that of a result where no encoder has read the text, and of a thing that only a slot names."""

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


@dataclass(frozen=True, slots=True)
class Stated:
    """A result before it is written; `confidence` is in tenths."""

    sentence: Span
    frame: Frame
    filled: Filled
    confidence: int


class ResultFinder:
    """Writes `doc._.kg_results`, and appends to `doc.spans["entities"]` what only a slot names."""

    def __call__(self, doc: Doc) -> Doc:
        self.set_annotations(doc, self.match(doc))
        return doc

    def match(self, doc: Doc) -> list[Stated]:
        """Each result: its sentence, its numbers, what fills its slots, and how sure that is."""
        sentences = {span.start_char: span for span in doc.spans["sentences"]}
        things, doubtful = _things(doc)
        every = sorted([*things, *doubtful], key=lambda thing: thing.start)
        found = []
        for frame in find_frames(doc.text, find_told(doc), find_valued(doc), things):
            for filled in _weighed(frame, fill(frame), every, doc._.kg_reading):
                found.append(Stated(sentences[frame.start], frame, *filled))
        return found

    def set_annotations(self, doc: Doc, found: list[Stated]) -> None:
        """Write the results, and the things that only they name."""
        fillers = _Fillers(doc)
        doc._.kg_results = tuple(_candidate(fillers, one) for one in found)


def find_frames(
    text: str, told: Sequence[Told], values: Sequence[Valued], things: Sequence[Named]
) -> Iterator[Frame]:
    """A frame for each sentence with a number that may be part of a result."""
    named = sorted(things, key=lambda thing: (thing.start, -thing.end))
    proposed = [thing for thing in named if thing.role == "proposes"]
    numbers = [value for value in values if value[1] != "other"]
    for start, end, _ in told:
        inside = _within(numbers, start, end, lambda value: value[0].start)
        if inside:
            yield Frame(
                text=text,
                start=start,
                end=end,
                numbers=[number for number, _ in inside],
                kinds=[kind for _, kind in inside],
                things=_within(named, start, end, lambda thing: thing.start),
                proposed=proposed,
            )


def _things(doc: Doc) -> tuple[list[Named], list[Named]]:
    """What the rules fill slots with, and what else may fill them.

    As in training, that is what the rules see and mean, and all the rest; what only others found joins
    the first. Where another component found the entities, these are all there is.
    """
    found = [_thing(span) for span in doc.spans["entities"]]
    meant, rest = (
        [one for seen in doc._.kg_sightings if seen.meant is is_meant for one in to_named(seen)]
        for is_meant in (True, False)
    )
    places = {(one.start, one.end) for one in (*meant, *rest)}
    return meant + [one for one in found if (one.start, one.end) not in places], rest


def _weighed(
    frame: Frame, found: list[Filled], things: Sequence[Named], reading: Reading | None
) -> Iterator[tuple[Filled, int]]:
    """The results of a frame, their slots as the encoder has them, where it read the text.

    Where the rules find one number measured on several things or against several values, that stands.
    """
    for filled in found:
        if reading is None:
            yield filled, CONFIDENCE
            continue
        link = derive_link(frame, filled, things)
        weights = load_weights(reading.model)
        shares = load_encoder(reading.model).weigh(reading, link)
        chosen = choose(frame, filled, link, shares, weights.slots, fixed=is_split(filled, found))
        yield chosen.filled, round(10 * share_of(weights.link, link_facts(chosen, len(frame.numbers))))


class _Fillers:
    """The spans of the things that fill slots; what only a slot names joins doc.spans["entities"]."""

    def __init__(self, doc: Doc) -> None:
        self.doc = doc
        self.spans: dict[tuple[int, int], list[Span]] = defaultdict(list)
        for span in doc.spans["entities"]:
            self.spans[span.start_char, span.end_char].append(span)

    def span(self, thing: Named | None, types: Sequence[EntityType]) -> Span | None:
        """The thing at its place, under one of these types; a new entity where it is not there."""
        if thing is None:
            return None
        there = self.spans[thing.start, thing.end]
        known = next((span for span in there if span.label_ in types and span.id_ == thing.key), None)
        return known or self._add(thing, there)

    def _add(self, thing: Named, there: list[Span]) -> Span:
        span = _char_span(self.doc, thing.start, thing.end, thing.type, thing.key)
        if not there:  # spans of one place share their attributes
            span._.kg_role, span._.kg_confidence, span._.kg_component = thing.role, CONFIDENCE, NAME
        self.doc.spans["entities"].append(span)
        there.append(span)
        return span


def _within(items: list[Item], start: int, end: int, key: Callable[[Item], int]) -> list[Item]:
    """The items, sorted by `key`, whose key lies between the two."""
    return items[bisect_left(items, start, key=key) : bisect_left(items, end, key=key)]


def _candidate(fillers: _Fillers, stated: Stated) -> Candidate:
    frame, filled = stated.frame, stated.filled
    number, kind = frame.numbers[filled.position], frame.kinds[filled.position]
    rival = None if filled.rival is None else frame.numbers[filled.rival]
    return Candidate(
        kind=cast(ResultKind, kind),
        value=number.value if kind == "score" else _amount(number),
        value_span=_char_span(fillers.doc, number.start, number.end),
        sentence=stated.sentence,
        confidence=stated.confidence,
        upper=number.upper,
        unit=number.unit,
        direction=filled.direction,
        baseline_value=None if rival is None else rival.value,
        baseline_span=None if rival is None else _char_span(fillers.doc, rival.start, rival.end),
        subject=fillers.span(filled.subject, COMPETES),
        on=fillers.span(filled.on, TARGETS),
        metric=fillers.span(filled.metric, ("metric",)),
        baseline=fillers.span(filled.baseline, COMPETES),
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
