"""What is kept of what the rules saw, under which type and with what confidence: the encoder has a word.

What is kept, and what is proposed, is decided by small logistic models over what the rules and the encoder
say. Their weights are fitted on texts that the encoder had not learned from, so that a share is an honest
confidence: of the things at 0.8, eight in ten are right (the model card shows how far that holds).
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from kg.errors import ExtractorError
from kg.extract.encoder import HEARD, OPTIONAL, Reading
from kg.extract.links import CHOICES, Chosen, Floats
from kg.extract.pieces import RULES
from kg.extract.places import Place
from kg.extract.roles import ROLES, fit_role
from kg.extract.sections import Told
from kg.extract.sightings import Sighting, role_at
from kg.extract.things import thing_key
from kg.extract.words import read_words
from kg.model import ENTITY_TYPES, EntityType, Role

__all__ = [
    "JUDGE",
    "READ",
    "Judged",
    "Weights",
    "add_read",
    "is_known",
    "is_proposed",
    "judge",
    "keep_facts",
    "link_facts",
    "load_weights",
    "propose_facts",
    "role_of",
    "share_of",
    "type_of",
]

JUDGE: Final = "judge.json"

READ: Final = "read"
"""The rule of a place that only the encoder found."""

_MOST_ODDS: Final = 60.0
"""The log odds beyond which a share is 0 or 1 in all but name."""

_SURE: Final = 6.0
"""The log odds beyond which nothing is made of a difference."""

_SIZES: Final = (9 + len(RULES) + 1 + len(ENTITY_TYPES), 5 + len(ENTITY_TYPES), 9, len(CHOICES))
"""How many facts speak for keeping, for proposing, for a result; how many slots there are."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of the decisions.

    `keep`, `propose`, `link`: those of the facts of the functions of these names. `slots`: how much the
    rules' word counts in a slot. `threshold`: from which share on a thing is kept.
    """

    keep: tuple[float, ...]
    propose: tuple[float, ...]
    link: tuple[float, ...]
    slots: tuple[float, ...]
    threshold: float


@dataclass(frozen=True, slots=True)
class Judged:
    """A thing that is kept: its places, each with what the paper does there; its share of being right."""

    key: str
    type: EntityType
    places: tuple[tuple[Place, Role], ...]
    share: float


def judge(text: str, told: Sequence[Told], seen: Sequence[Sighting], read: Reading) -> Iterator[Judged]:
    """The things of a text that are kept, those that only the encoder found among them."""
    weights = load_weights(read.model)
    for one in add_read(text, told, seen, read):
        type = type_of(one, read)
        share = share_of(weights.keep, keep_facts(one, read, type))
        if share >= weights.threshold:
            proposed = is_proposed(one, read, type, weights.propose)
            places = ((place, role_of(place, type, proposed, read)) for place in one.places)
            yield Judged(one.key, type, tuple(places), share)


@cache
def load_weights(folder: Path) -> Weights:
    """The weights that lie beside an encoder. Raises `ExtractorError`."""
    path = folder / JUDGE
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        keep, propose, link, slots = (tuple(read[name]) for name in ("keep", "propose", "link", "slots"))
        if (len(keep), len(propose), len(link), len(slots)) != _SIZES:
            raise ValueError("other facts")
        if not all(map(math.isfinite, (*keep, *propose, *link, *slots))) or not 0 <= read["threshold"] <= 1:
            raise ValueError("no numbers")
        return Weights(keep, propose, link, slots, read["threshold"])
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise ExtractorError(f"{path} holds no weights of this version; kg train writes them") from error


def share_of(weights: Sequence[float], facts: Sequence[float]) -> float:
    """The share that a logistic model gives to facts."""
    odds = sum(w * f for w, f in zip(weights, facts, strict=True))
    return 1 / (1 + math.exp(-max(-_MOST_ODDS, min(_MOST_ODDS, odds))))


def is_known(seen: Sighting) -> bool:
    """Whether the lexicon knows the thing by name; then its word stands."""
    return any(place.rule in ("term", "model") for place in seen.places)


def is_proposed(seen: Sighting, read: Reading, type: EntityType, weights: Sequence[float]) -> bool:
    """Whether the paper presents the thing; of what the lexicon knows, only the rules may say so."""
    if is_known(seen):
        return seen.proposed
    return share_of(weights, propose_facts(seen, read, type)) >= 0.5


def type_of(seen: Sighting, read: Reading) -> EntityType:
    """The type of what the lexicon knows; else what the encoder's shares say over all places."""
    if is_known(seen):
        return seen.type
    heard = [_type_shares(place, read) for place in seen.places]
    votes = [sum(column) for column in zip(*heard, strict=True)]
    return ENTITY_TYPES[max(range(len(votes)), key=votes.__getitem__)] if any(votes) else seen.type


def keep_facts(seen: Sighting, read: Reading, type: EntityType) -> tuple[float, ...]:
    """What speaks for a thing: how sure the encoder is, at best and on average; which rule, which type."""
    shares = [_thing_share(place, read) for place in seen.places]
    [first, *_] = seen.places
    types = [sum(_type_shares(place, read)) for place in seen.places]
    right = sum(_type_shares(place, read)[ENTITY_TYPES.index(type)] for place in seen.places)
    return (
        1.0,
        _log_odds(max(shares)),
        _log_odds(sum(shares) / len(shares)),
        _log_odds(right / (sum(types) or 1.0)),
        math.log(len(shares)),
        float(seen.meant),
        float(seen.type == type),
        float(any(place.section == "title" for place in seen.places)),
        float(all(place.section == "implication" for place in seen.places)),
        *(float(first.rule == rule) for rule in (*RULES, READ)),
        *(float(type == each) for each in ENTITY_TYPES),
    )


def propose_facts(seen: Sighting, read: Reading, type: EntityType) -> tuple[float, ...]:
    """What speaks for the paper presenting the thing."""
    shares = [float(_mean(read.roles, place, read)[0]) for place in seen.places]
    return (
        1.0,
        _log_odds(max(shares)),
        _log_odds(sum(shares) / len(shares)),
        float(seen.proposed),
        float(any(place.rule == "own" for place in seen.places)),
        *(float(type == each) for each in ENTITY_TYPES),
    )


def link_facts(chosen: Chosen, numbers: int) -> tuple[float, ...]:
    """What speaks for a result: how sure its slots are, which are filled, how many numbers are near."""
    filled = chosen.filled
    return (
        1.0,
        *map(_log_odds, chosen.sure),
        float(filled.on is None),
        float(filled.metric is None),
        float(filled.on is not None and filled.on.type == "task"),
        float(filled.direction is not None),
        math.log(numbers),
    )


def role_of(place: Place, type: EntityType, proposed: bool, read: Reading) -> Role:
    """What the paper does with a thing at a place; what it presents is presented at every place."""
    if proposed or place.rule == READ:
        return role_at(place, type, proposed)
    shares = _mean(read.roles, place, read)
    role = HEARD[1 + int(shares[1:].argmax())]
    return ROLES[type] if role == "uses" else fit_role(type, role)


def add_read(text: str, told: Sequence[Told], seen: Sequence[Sighting], read: Reading) -> list[Sighting]:
    """The sightings, and what stands at other places that the encoder takes for a thing."""
    taken = sorted((place.start, place.end) for one in seen for place in one.places)
    known = {one.key: one for one in seen}
    for start, end in _runs(text, told, read):
        before = bisect_left(taken, (end,)) - 1
        if before < 0 or taken[before][1] <= start:
            section = told[bisect_left(told, start + 1, key=lambda span: span[0]) - 1][2]
            place = Place(start, end, text[start:end], READ, section)
            shares = _type_shares(place, read)
            type = ENTITY_TYPES[max(range(len(shares)), key=shares.__getitem__)]
            key = thing_key(place.text)
            one = known.get(key, Sighting(key, type, False, False, ()))
            known[key] = replace(one, places=(*one.places, place))
    return sorted(known.values(), key=lambda one: min(place.start for place in one.places))


def _runs(text: str, told: Sequence[Told], read: Reading) -> Iterator[tuple[int, int]]:
    """Runs of pieces of one sentence that are rather part of a thing than not, widened to whole words."""
    words = [(word.start, word.end) for word in read_words(text, 0, len(text))]
    begins = read.tags[:, 1:OPTIONAL:2].sum(1) > read.tags[:, 2:OPTIONAL:2].sum(1)
    begins[[at.start for at in (read.pieces.within(a, b) for a, b, _ in told) if at]] = True
    inside = read.tags[:, 1:OPTIONAL].sum(1) >= 0.5
    edge = 0
    for first, last in _stretches(inside.tolist(), begins.tolist()):
        start, end = read.pieces.spans[first][0], read.pieces.spans[last - 1][1]
        low = bisect_left(words, start + 1, key=lambda span: span[1])
        high = bisect_left(words, end, key=lambda span: span[0])
        if low < high and words[low][0] >= edge:
            edge = words[high - 1][1]
            yield words[low][0], edge


def _stretches(inside: Sequence[bool], begins: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Ranges of what is inside; each ends where another begins."""
    first: int | None = None
    for at, is_in in enumerate([*inside, False]):
        if first is not None and not (is_in and not begins[at]):
            yield first, at
            first = None
        if is_in and first is None:
            first = at


def _mean(shares: Floats, place: Place, read: Reading) -> Floats:
    inside = read.pieces.within(place.start, place.end)
    if not inside:
        return np.zeros(shares.shape[1], dtype=np.float32)
    return np.asarray(shares[inside.start : inside.stop].mean(0))


def _thing_share(place: Place, read: Reading) -> float:
    return float(_mean(read.tags, place, read)[1:OPTIONAL].sum())


def _type_shares(place: Place, read: Reading) -> list[float]:
    shares = _mean(read.tags, place, read)[1:OPTIONAL]
    return [float(each) for each in shares[0::2] + shares[1::2]]


def _log_odds(share: float) -> float:
    if share <= 0 or share >= 1:
        return _SURE if share >= 1 else -_SURE
    return max(-_SURE, min(_SURE, math.log(share / (1 - share))))
