"""What the rules see in a text: every thing that may be meant, its type, and what the paper does with it.

They see more than a reader would mark; kg.extract.judge decides, with what the encoder read.
"""

from __future__ import annotations

from dataclasses import dataclass

from kg.extract.names import find_pairs
from kg.extract.places import Place, find_own_name, find_places
from kg.extract.roles import ROLES
from kg.extract.sections import Section, Told
from kg.extract.things import Thing, gather
from kg.model import EntityType, Role

__all__ = ["Sighting", "find_sightings", "role_at"]

_TALK: dict[EntityType, tuple[Section, ...]] = {
    "task": ("implication", "method"),
    "method": ("implication", "objective"),
    "metric": ("implication", "method", "objective"),
}
"""Sections where fewer than four in ten terms of a type that stand there once are right (training papers)."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A thing as the rules see it: all its places, its type, and whether the paper presents it.

    `meant`: by the rules alone, whether the text speaks of it.
    """

    key: str
    type: EntityType
    proposed: bool
    meant: bool
    places: tuple[Place, ...]


def find_sightings(text: str, told: list[Told]) -> list[Sighting]:
    """The things in the told sentences of a text, in the order of their first places."""
    own = find_own_name(text, told)
    pairs = [list(find_pairs(text, start, end)) for start, end, _ in told]
    twins = {text[slice(*short)]: text[slice(*long)] for some in pairs for long, short in some}
    places = [
        place
        for span, some in zip(told, pairs, strict=True)
        for place in find_places(text, span, some, own, twins)
    ]
    return [_sighting(thing, own) for thing in gather(places, twins)]


def role_at(place: Place, type: EntityType, proposed: bool) -> Role:
    """What the paper does with a thing of the type, at one of its places."""
    if proposed:
        return "proposes"
    return "comparesWith" if place.rival and type in ("model", "method") else ROLES[type]


def _sighting(thing: Thing, own: str | None) -> Sighting:
    proposed = _is_proposed(thing, own)
    return Sighting(thing.key, _type(thing, proposed), proposed, _is_meant(thing), tuple(thing.places))


def _type(thing: Thing, proposed: bool) -> EntityType:
    """The thing's type; a data set that the text only measures on is a benchmark."""
    measured = not proposed and thing.places[0].section == "results"
    return "benchmark" if measured and thing.type == "dataset" else thing.type


def _is_meant(thing: Thing) -> bool:
    """Whether the text speaks of the thing: what stands once, in a section that deals in others, is talk."""
    [first, *more] = thing.places
    if more or first.rule == "own":
        return True
    if first.rule == "phrase":
        return first.section not in _TALK.get(thing.type, ())
    return first.section != "title" or first.rule not in ("name", "term")


def _is_proposed(thing: Thing, own: str | None) -> bool:
    """Whether the paper presents the thing: under its own name, in so many words, or as a new name."""
    named = [place for place in thing.places if place.rule != "phrase"]
    if own and any(place.text.casefold().startswith(own.casefold()) for place in named):
        return True
    if thing.type == "task" or not thing.rules.isdisjoint({"term", "model"}):
        return False
    if any(place.proposed for place in named):
        return True
    first = min(thing.places, key=lambda p: p.start)
    known = any(place.rival or place.cited for place in thing.places)
    told = first.section in ("body", "objective", "method")
    return told and not known and first.rule != "phrase" and thing.type != "metric"
