"""A sentence with its numbers and the things it names: what the rules for slots look at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from kg.extract.numerals import Number
from kg.extract.roles import ROLES
from kg.extract.sightings import Sighting, role_at
from kg.extract.values import Kind
from kg.extract.wording import CHANGE_GAP
from kg.model import EntityType, Role

__all__ = ["DATA", "SYSTEMS", "Frame", "Named", "new_named", "to_named"]

SYSTEMS: Final[tuple[EntityType, ...]] = ("model", "method")
DATA: Final[tuple[EntityType, ...]] = ("benchmark", "dataset")

_NAME_END = re.compile(r"'s?$|[.,/&-]+$")
_LIST_GAP = re.compile(r" ?(?:,|/|,? and|,? or) ?(?:by |a |an )?")


@dataclass(frozen=True, slots=True)
class Named:
    """A mention of the thing `key` at `text[start:end]`."""

    start: int
    end: int
    type: EntityType
    key: str
    role: Role = "mentions"

    @property
    def id(self) -> tuple[EntityType, str]:
        return (self.type, self.key)

    def overlaps(self, start: int, end: int) -> bool:
        return self.start < end and start < self.end


def to_named(seen: Sighting) -> Iterator[Named]:
    """The places of a thing as the rules see it."""
    for place in seen.places:
        yield Named(place.start, place.end, seen.type, seen.key, role_at(place, seen.type, seen.proposed))


def new_named(start: int, name: str, type: EntityType, role: Role | None = None) -> Named:
    """A thing that only the words around a number name."""
    name = _NAME_END.sub("", name)
    return Named(start, start + len(name), type, name.casefold(), role or ROLES[type])


@dataclass(frozen=True, slots=True)
class Frame:
    """A sentence, `text[start:end]`: its numbers with their kinds, the things it names, and the
    things that the paper proposes, the first of the title first."""

    text: str
    start: int
    end: int
    numbers: Sequence[Number]
    kinds: Sequence[Kind]
    things: Sequence[Named]
    proposed: Sequence[Named] = ()

    def among(self, types: Sequence[EntityType], start: int, end: int) -> list[Named]:
        """The things of these types between two offsets, in their order."""
        return [one for one in self.things if one.type in types and start <= one.start and one.end <= end]

    def clause(self, position: int) -> tuple[int, int]:
        """From the semicolon before a number to the one behind it."""
        number = self.numbers[position]
        left = self.text.rfind(";", self.start, number.start) + 1
        right = self.text.find(";", number.end, self.end)
        return left or self.start, self.end if right < 0 else right

    def gap(self, position: int) -> str:
        """The text between the number before this one and this one; empty for the first."""
        if not position:
            return ""
        return self.text[self.numbers[position - 1].end : self.numbers[position].start]

    def anchor(self, position: int) -> int:
        """The number that starts the frame of this one: A in `from A to B`."""
        changed = self.kinds[position] == "score" and position and self.kinds[position - 1] == "baseline"
        return position - 1 if changed and CHANGE_GAP.fullmatch(self.gap(position)) else position

    def segment(self, position: int) -> tuple[int, int]:
        """From the end of the number before this one to the start of the result after it."""
        left, right = self.start, self.end
        for before in range(self.anchor(position) - 1, -1, -1):
            if self.kinds[before] != "other":
                left = self.numbers[before].end
                break
        for after in range(position + 1, len(self.numbers)):
            if self.kinds[after] not in ("other", "baseline"):
                right = self.numbers[after].start
                break
        return left, right

    def listed(self, position: int) -> list[int]:
        """The positions of the numbers that stand in one list with this one: `3%, 4% and 5%`."""
        first = last = position
        while first and _LIST_GAP.fullmatch(self.gap(first)):
            first -= 1
        while last + 1 < len(self.numbers) and _LIST_GAP.fullmatch(self.gap(last + 1)):
            last += 1
        return list(range(first, last + 1))
