"""Fitting the judge: how far to believe the encoder and the rules, on texts that the encoder never saw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import torch

from kg.errors import SourceError
from kg.extract.encoder import Encoder, Reading
from kg.extract.judge import (
    Weights,
    add_read,
    is_known,
    keep_facts,
    link_facts,
    propose_facts,
    share_of,
    type_of,
)
from kg.extract.links import CHOICES, Chosen, Floats, choose
from kg.gold import to_name_key
from kg.training.examples import Answer, Example

__all__ = ["Bin", "Calibrated", "calibrate"]

# How much the rules' word may count in a slot: not at all, or e^9 times the network's.
_TRUSTS: Final = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 9.0)
_ALMOST: Final = 0.99
"""The share of the most right choices that counts as no fewer."""

_FOLDS: Final = 5
_SHRINK: Final = 1.0
"""The weight of the squares of a logistic model's weights in its loss."""

Row = tuple[tuple[float, ...], bool]
"""What speaks for something, and whether it is so."""


@dataclass(frozen=True, slots=True)
class Bin:
    """What was found with a confidence: how many, and the share of them that is right."""

    confidence: int
    count: int
    right: float


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Weights, and what they are worth: scores on held-out texts, and how honest the confidence is."""

    weights: Weights
    precision: float
    recall: float
    things: tuple[Bin, ...]
    results: tuple[Bin, ...]

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / (self.precision + self.recall or 1.0)


@dataclass(frozen=True, slots=True)
class _Case:
    """A thing of a held-out text: its facts, whether it is marked (none: may be or not), and as proposed.

    `marks` are the marks that it stands for, by example and position.
    """

    example: int
    facts: tuple[float, ...]
    right: bool | None
    marks: frozenset[tuple[int, int]]
    propose: tuple[float, ...]
    proposed: bool | None


@dataclass(frozen=True, slots=True)
class _Weighed:
    """A result of a held-out text, and the shares of what may fill its slots."""

    example: int
    answer: Answer
    shares: Floats


def calibrate(examples: Sequence[Example], encoder: Encoder) -> Calibrated:
    """Weights fitted on the examples, which the encoder must not have learned from.

    What is said of them is cross-validated: the share of a thing comes from weights that were fitted
    on other texts. Raises `SourceError` where there is nothing to weigh by.
    """
    readings = [encoder.read(one.pieces) for one in examples]
    cases = [case for at, one in enumerate(examples) for case in _cases(at, one, readings[at])]
    sure = [case for case in cases if case.right is not None]
    rows = [(case.facts, bool(case.right)) for case in sure]
    shares = _cross_validated(rows, [case.example for case in sure])
    wanted = sum(not one.optional for example in examples for one in example.marked)
    threshold, precision, recall = _best_threshold(shares, [case.marks for case in sure], wanted)
    weighed = _weigh(examples, readings, encoder)
    slots = _slot_trust(weighed)
    links = [_link_row(one, slots) for one in weighed]
    link_shares = _cross_validated(links, [one.example for one in weighed])
    weights = Weights(
        keep=_logistic(rows),
        propose=_logistic([(c.propose, c.proposed) for c in cases if c.proposed is not None]),
        link=_logistic(links),
        slots=slots,
        threshold=threshold,
    )
    kept = [(share, right) for share, (_, right) in zip(shares, rows, strict=True) if share >= threshold]
    found = zip(link_shares, (right for _, right in links), strict=True)
    return Calibrated(weights, precision, recall, tuple(_bins(kept)), tuple(_bins(found)))


def _cases(at: int, example: Example, read: Reading) -> Iterator[_Case]:
    for seen in add_read(example.text, example.told, example.sightings, read):
        type = type_of(seen, read)
        keys = {to_name_key(place.text) for place in seen.places}
        hits = [(nth, one) for nth, one in enumerate(example.marked) if keys & one.keys]
        required = [(nth, one) for nth, one in hits if not one.optional]
        marks = frozenset((at, nth) for nth, one in required if one.type == type)
        yield _Case(
            at,
            keep_facts(seen, read, type),
            bool(marks) if required or not hits else None,
            marks,
            propose_facts(seen, read, type),
            any(one.role == "proposed" for _, one in required) if required and not is_known(seen) else None,
        )


def _weigh(examples: Sequence[Example], readings: Sequence[Reading], encoder: Encoder) -> list[_Weighed]:
    pairs = zip(examples, readings, strict=True)
    return [
        _Weighed(at, answer, encoder.weigh(read, answer.link))
        for at, (one, read) in enumerate(pairs)
        for answer in one.answers
    ]


def _slot_trust(weighed: Sequence[_Weighed]) -> tuple[float, ...]:
    """For each slot how much the rules' word counts: as much as costs hardly a right choice.

    A rule can be read and mended, and the differences between neighbours are a matter of chance.
    """
    chosen = []
    for slot in range(len(CHOICES)):
        right = {
            trust: sum(_is_right(one, slot, (trust,) * len(CHOICES)) for one in weighed) for trust in _TRUSTS
        }
        chosen.append(max(t for t in _TRUSTS if right[t] >= _ALMOST * max(right.values())))
    return tuple(chosen)


def _choose(one: _Weighed, trust: Sequence[float]) -> Chosen:
    of = one.answer
    return choose(of.frame, of.filled, of.link, one.shares, trust, fixed=of.split)


def _is_right(one: _Weighed, slot: int, trust: Sequence[float]) -> bool:
    """Whether a reader accepts what is chosen for the slot."""
    answer = one.answer
    chosen = _choose(one, trust).filled
    named = (chosen.subject, chosen.on, chosen.metric, chosen.baseline)
    if slot < len(named):
        at = {nth for nth, f in enumerate(answer.link.fillers) if f.thing and f.thing == named[slot]}
    else:
        at = {
            nth for nth, f in enumerate(answer.link.fillers) if f.thing is None and f.position == chosen.rival
        }
    return not answer.right[slot].isdisjoint(at or {len(answer.link.fillers)})


def _link_row(one: _Weighed, trust: Sequence[float]) -> Row:
    """What speaks for a result, and whether its target and its metric are right."""
    return link_facts(_choose(one, trust), len(one.answer.frame.numbers)), all(
        _is_right(one, CHOICES.index(slot), trust) for slot in ("on", "metric")
    )


def _cross_validated(rows: Sequence[Row], groups: Sequence[int]) -> list[float]:
    """The share of each row by weights fitted on the texts of the other folds."""
    shares = [0.0] * len(rows)
    for fold in range(_FOLDS):
        weights = _logistic([row for row, at in zip(rows, groups, strict=True) if at % _FOLDS != fold])
        for nth, (row, at) in enumerate(zip(rows, groups, strict=True)):
            if at % _FOLDS == fold:
                shares[nth] = share_of(weights, row[0])
    return shares


def _logistic(rows: Iterable[Row]) -> tuple[float, ...]:
    """The weights of a logistic model of the rows, all but the first drawn towards 0."""
    rows = list(rows)
    if not rows:
        raise SourceError("the texts held out have nothing to weigh by; annotate more, things and results")
    facts, right = zip(*rows, strict=True)
    x = torch.tensor(facts, dtype=torch.float64)
    y = torch.tensor(right, dtype=torch.float64)
    weights = torch.zeros(x.shape[1], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> float:
        optimizer.zero_grad()
        lost = torch.nn.functional.binary_cross_entropy_with_logits(x @ weights, y, reduction="sum")
        lost = lost + _SHRINK / 2 * (weights[1:] ** 2).sum()
        lost.backward()
        return float(lost.detach())

    optimizer.step(loss)
    return tuple(round(each, 4) for each in weights.tolist())


def _best_threshold(
    shares: Sequence[float], marks: Sequence[frozenset[tuple[int, int]]], wanted: int
) -> tuple[float, float, float]:
    """The share, in hundredths, from which on keeping gives the best F1; precision and recall there.

    Of several finds of one mark, one is right.
    """

    def measured(threshold: float) -> tuple[float, float, float]:
        kept = [some for share, some in zip(shares, marks, strict=True) if share >= threshold]
        right = min(len(frozenset[tuple[int, int]]().union(*kept)), sum(map(bool, kept)))
        return threshold, right / (len(kept) or 1), right / (wanted or 1)

    def f1(found: tuple[float, float, float]) -> float:
        return 2 * found[1] * found[2] / (found[1] + found[2] or 1.0)

    return max((measured(hundredths / 100) for hundredths in range(20, 71)), key=f1)


def _bins(found: Iterable[tuple[float, bool]]) -> Iterator[Bin]:
    by_tenth: dict[int, list[bool]] = {}
    for share, right in found:
        by_tenth.setdefault(round(10 * share), []).append(right)
    for tenth, some in sorted(by_tenth.items()):
        yield Bin(tenth, len(some), sum(some) / len(some))
