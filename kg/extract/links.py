"""What may fill the slots of a result, and what the rules say of each: the input of a choice.

Every place where a thing is named, in the sentence or near it, may be the subject, the target, the metric
or the baseline of a number, and every other number of its sentence the baseline's value. The encoder's
network scores each of them beside "nothing"; the rules' own choice is part of what it is told.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kg.extract.frames import DATA, Frame, Named
from kg.extract.slots import Filled
from kg.model import ENTITY_TYPES, EntityType, Role
from kg.vocabulary import SLOTS

__all__ = [
    "CHOICES",
    "COMPETES",
    "FACTS",
    "TARGETS",
    "Chosen",
    "Filler",
    "Floats",
    "Link",
    "choose",
    "derive_link",
    "fits",
    "is_split",
]

Floats = NDArray[np.float32]

CHOICES: Final = (*SLOTS, "baseline_value")
"""The slots that are chosen, in the order of the network's answers; the last takes numbers."""

COMPETES: Final[tuple[EntityType, ...]] = ("model", "method", "dataset", "benchmark")
"""What may be subject or baseline."""

TARGETS: Final[tuple[EntityType, ...]] = (*DATA, "task")
"""What a number may be measured on."""

_CERTAIN: Final = 30.0
"""What no share of the network outweighs, on a logarithmic scale."""

_REACH: Final = 60
"""How many places before the sentence, and from its start on, may fill a slot; no honest text has more."""

_STEPS: Final = (15, 50, 120)
"""Characters between a filler and its number: beside it, near, in reach, far."""

_ROLES: Final[dict[Role, int]] = {"proposes": 0, "comparesWith": 1}
_WHERE: Final = 2 * (len(_STEPS) + 1) + 3
FACTS: Final = 2 * len(CHOICES) + len(ENTITY_TYPES) + 1 + _WHERE + 3
"""How many facts the rules tell of a filler, each 0 or 1."""


@dataclass(frozen=True, slots=True)
class Filler:
    """A place that may fill a slot: that of a thing, or of the number at `position` of the frame."""

    start: int
    end: int
    thing: Named | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """One result to fill: where its number stands, what may fill its slots, and what the rules say.

    `facts` has a row of `FACTS` for each filler; `empty` says of each slot whether the rules left it out.
    """

    start: int
    end: int
    fillers: tuple[Filler, ...]
    facts: tuple[tuple[int, ...], ...]
    empty: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A result with its slots chosen; the shares that subject, target and metric had."""

    filled: Filled
    sure: tuple[float, float, float]


def derive_link(frame: Frame, filled: Filled, things: Sequence[Named]) -> Link:
    """What may fill the slots of a result of the frame.

    `things` are those of the whole text, sorted by their start.
    """
    number = frame.numbers[filled.position]
    chosen = (filled.subject, filled.on, filled.metric, filled.baseline)
    at = bisect_left(things, frame.start, key=lambda thing: thing.start)
    near = things[max(0, at - _REACH) : at + _REACH]
    named = {(one.start, one.end): one for one in (*near, *(one for one in chosen if one))}
    fillers = [Filler(one.start, one.end, thing=one) for _, one in sorted(named.items())]
    fillers += [
        Filler(other.start, other.end, position=at)
        for at, other in enumerate(frame.numbers)
        if at != filled.position
    ]
    facts = tuple(_facts(frame, filled, filler) for filler in fillers)
    empty = (*(int(one is None) for one in chosen), int(filled.rival is None))
    return Link(number.start, number.end, tuple(fillers), facts, empty)


def fits(filler: Filler, slot: str) -> bool:
    """Whether a filler is of the kind that the slot takes: a number for a value, a thing for the others."""
    return (filler.thing is None) == (slot == "baseline_value")


def is_split(filled: Filled, found: Sequence[Filled]) -> bool:
    """Whether the rules find several results in its number: on several things, or against several values."""
    return sum(one.position == filled.position for one in found) > 1


def choose(
    frame: Frame, filled: Filled, link: Link, shares: Floats, trust: Sequence[float], *, fixed: bool = False
) -> Chosen:
    """The result with each slot filled by the largest share.

    `shares` has a row for each filler and a last one for none, a column for each slot; `trust` says for
    each slot by how much, on a logarithmic scale, the rules' own choice weighs more. All places of a
    thing speak for it. Nothing is compared with itself or measured on itself. Whom the rules give the
    baseline's value to stays the baseline; `fixed`: so do the target and that value.
    """
    ruled = np.array([*(facts[: len(CHOICES)] for facts in link.facts), link.empty])
    certain = {
        "on": fixed,
        "baseline_value": fixed,
        "baseline": bool(filled.baseline and filled.rival is not None),
    }
    weighty = [_CERTAIN if certain.get(slot) else trust[at] for at, slot in enumerate(CHOICES)]
    shares = shares * np.exp(ruled * np.array(weighty))
    on, on_share = _best(link, shares[:, 1], TARGETS)
    subject, subject_share = _best(link, shares[:, 0], COMPETES, but=on)
    metric, metric_share = _best(link, shares[:, 2], ("metric",))
    baseline, _ = _best(link, shares[:, 3], COMPETES, but=subject)
    rival = filled.rival if fixed else _rival(frame, link, shares[:, 4])
    chosen = replace(filled, subject=subject, on=on, metric=metric, baseline=baseline, rival=rival)
    return Chosen(chosen, (subject_share, on_share, metric_share))


def _best(
    link: Link, shares: Floats, types: Sequence[EntityType], *, but: Named | None = None
) -> tuple[Named | None, float]:
    """The place, of the thing of these types with the largest share, that most speaks for it; its share."""
    total: dict[tuple[EntityType, str], float] = {}
    places: dict[tuple[EntityType, str], tuple[float, Named]] = {}
    for filler, share in zip(link.fillers, shares.tolist(), strict=False):
        thing = filler.thing
        if thing and thing.type in types and (but is None or thing.key != but.key):
            total[thing.id] = total.get(thing.id, 0.0) + share
            places[thing.id] = max(places.get(thing.id, (-1.0, thing)), (share, thing), key=lambda p: p[0])
    nothing = float(shares[-1])
    best = max(total, key=lambda id: total[id], default=None)
    all_of = sum(total.values()) + nothing or 1.0
    if best is None or total[best] < nothing:
        return None, nothing / all_of
    return places[best][1], total[best] / all_of


def _rival(frame: Frame, link: Link, shares: Floats) -> int | None:
    """The number that the result is compared with; a range is none, since a result has one such value."""
    numbers = [
        (share, filler.position)
        for filler, share in zip(link.fillers, shares.tolist(), strict=False)
        if filler.position is not None and frame.numbers[filler.position].upper is None
    ]
    share, position = max(numbers, default=(0.0, None))
    return position if share > float(shares[-1]) else None


def _facts(frame: Frame, filled: Filled, filler: Filler) -> tuple[int, ...]:
    """Which slots the rules give it, exactly and elsewhere; its type, its distance, its role."""
    thing = filler.thing
    chosen = (filled.subject, filled.on, filled.metric, filled.baseline)
    here = [int(bool(one and (one.start, one.end) == (filler.start, filler.end))) for one in chosen]
    same = [int(bool(one and thing and one.id == thing.id)) for one in chosen]
    rival = int(filler.position is not None and filler.position == filled.rival)
    kind = len(ENTITY_TYPES) if thing is None else ENTITY_TYPES.index(thing.type)
    role = _ROLES.get(thing.role, 2) if thing else 2
    return (
        *here,
        rival,
        *same,
        rival,
        *_one_of(len(ENTITY_TYPES) + 1, kind),
        *_one_of(_WHERE, _where(frame, filled.position, filler)),
        *_one_of(3, role),
    )


def _where(frame: Frame, position: int, filler: Filler) -> int:
    """In the number's sentence, before or behind it and how far; else in a sentence before or behind."""
    number, far = frame.numbers[position], len(_STEPS) + 1
    if filler.end <= frame.start:
        return 2 * far + (0 if "\n" in frame.text[filler.end : frame.start] else 1)
    if filler.start >= frame.end:
        return 2 * far + 2
    behind = filler.start >= number.end
    gap = filler.start - number.end if behind else number.start - filler.end
    return behind * far + sum(gap > step for step in _STEPS)


@cache
def _one_of(count: int, chosen: int) -> tuple[int, ...]:
    return tuple(int(at == chosen) for at in range(count))
