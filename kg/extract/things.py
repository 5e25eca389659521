"""From places where something is named to things: one key a thing, one type, one role a place."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from kg.extract.kinds import form_votes
from kg.extract.lexicon import fold
from kg.extract.places import Place
from kg.model import EntityType

__all__ = ["Thing", "gather", "thing_key"]

MOST_ALIKE = 100
"""Terms with one head that a shorter one is looked for in; no honest text has more."""

_ARTICLE = re.compile(r"^(?:(?:the|an?|its|their|our|novel|new|proposed)\s+)+(?=\S)", re.IGNORECASE)
_BRACKETED = re.compile(r"\s*[(\[][^()\[\]]*[)\]]")
_TRAILING = re.compile(
    r"(?:\s+(?:benchmark|data ?set|model|method|framework|task|metric|score|test|set|baseline|approach|"
    r"prompting)s?)+$",
    re.IGNORECASE,
)
_SIZE = re.compile(r"-[A-Z]?S$")
"""A small one of several sizes, and no plural: `DiffuGPT-S`."""
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?![^\W_])")
"""A number that tells a version: `8` of `pass@8`, but not the `3` of `3DGS`."""


@dataclass(slots=True)
class Thing:
    """One thing and its places, while they are gathered."""

    key: str
    places: list[Place] = field(default_factory=list)

    @property
    def rules(self) -> set[str]:
        return {place.rule for place in self.places}

    @property
    def type(self) -> EntityType:
        """What the rules know, else what the contexts say most strongly; a method where nothing tells."""
        known = Counter(place.sure for place in self.places if place.sure)
        if known:
            return max(known, key=lambda kind: (known[kind], kind))
        heard: Counter[EntityType] = Counter({"method": 0 if "phrase" in self.rules else 1})
        for place in self.places:
            for kind, weight in place.votes:
                heard[kind] += weight
        for form in {place.text for place in self.places if place.rule != "phrase"}:
            heard.update(form_votes(form))
        return max(heard, key=lambda kind: (heard[kind], kind))


def thing_key(name: str) -> str:
    """What the forms of one name share: no case, hyphens, brackets, article, kind word or plural."""
    bare = _ARTICLE.sub("", _BRACKETED.sub("", name).strip() or name)
    bare = _TRAILING.sub("", bare) or bare
    folded = fold(bare)
    plural = folded.endswith("s") and not folded.endswith("ss") and not _SIZE.search(bare)
    return folded[:-1] if len(folded) > 3 and plural else folded


def gather(places: list[Place], twins: dict[str, str]) -> list[Thing]:
    """The things behind the places, in their order; `twins` ties short forms to long ones."""
    known = ((place.text, place.known) for place in places if place.known)
    ties = [*twins.items(), *(tie for tie in known if not _differ(*tie))]
    same = _joined([(thing_key(a), thing_key(b)) for a, b in ties])
    things: dict[str, Thing] = {}
    for place in sorted(places, key=lambda p: (p.start, -p.end)):
        own = thing_key(place.text)
        key = same.get(own, own)
        things.setdefault(key, Thing(key)).places.append(place)
    return _without_shorter(list(things.values()))


def _differ(one: str, other: str) -> bool:
    """Whether two names tell other versions of one known term: `pass@8` is no `pass@k`."""
    return _NUMBER.findall(one) != _NUMBER.findall(other)


def _joined(ties: list[tuple[str, str]]) -> dict[str, str]:
    """For every key in the ties, the one key that stands for all that are tied to it."""
    above: dict[str, str] = {}

    def top(key: str) -> str:
        while above.setdefault(key, key) != key:
            above[key] = above[above[key]]
            key = above[key]
        return key

    for a, b in ties:
        above[top(a)] = top(b)
    return {key: top(key) for key in list(above)}


def _without_shorter(things: list[Thing]) -> list[Thing]:
    """A term whose words another of its type has too, with the same head, is that term, told shorter."""
    kept: list[Thing] = []
    by_head: dict[tuple[EntityType, str], list[tuple[Thing, list[str]]]] = defaultdict(list)
    for thing in sorted(things, key=lambda t: -max(len(p.text) for p in t.places)):
        if not thing.rules <= {"phrase", "term"}:
            kept.append(thing)
            continue
        words = _words(thing)
        alike = by_head[(thing.type, words[-1])]
        host = next((other for other, longer in alike[:MOST_ALIKE] if _is_part(words, longer)), None)
        if host:
            host.places.extend(thing.places)
        else:
            kept.append(thing)
            alike.append((thing, words))
    return sorted(kept, key=lambda t: min(p.start for p in t.places))


def _is_part(words: list[str], longer: list[str]) -> bool:
    """Whether the words stand in the longer list, in their order."""
    rest = iter(longer)
    return all(word in rest for word in words)


def _words(thing: Thing) -> list[str]:
    longest = max((place.text for place in thing.places), key=len)
    bare = _TRAILING.sub("", _BRACKETED.sub("", longest)) or longest
    return [word.removesuffix("s") for word in re.split(r"[\s-]+", bare.casefold())]
