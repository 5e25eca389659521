"""A text as the encoder reads it: wordpieces, each with what the rules know of it.

The base encoder is blind to capitals; the shape of each word gives them back. All else that the rules
say of a place (type, rule, role, whether it is meant, the kind of a number) is a hint that the encoder
learns to trust or not. Training and use read texts through this file, so that they cannot differ.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from tokenizers import Tokenizer

from kg.extract.sections import Section, Told
from kg.extract.sightings import Sighting, role_at
from kg.extract.values import Kind, Valued
from kg.model import ENTITY_TYPES, Role

__all__ = ["COLUMNS", "MODEL", "MOST", "RULES", "Pieces", "read_pieces"]

MODEL: Final = Path(__file__).parent / "model"
"""Where the weights lie that this package ships."""

MOST: Final = 384
"""The pieces that the encoder reads at once; a longer text is read in windows of whole sentences."""

RULES: Final = ("own", "term", "model", "long", "short", "name", "titled", "phrase")
_SECTIONS: Final[tuple[Section, ...]] = ("title", "objective", "method", "results", "implication", "body")
_ROLES: Final[dict[Role, int]] = {"proposes": 1, "comparesWith": 2}
_KINDS: Final[tuple[Kind, ...]] = ("score", "gain", "ratio", "baseline", "other")

COLUMNS: Final = {
    "shape": 8,
    "continues": 3,
    "section": 1 + len(_SECTIONS),
    "type": 1 + 2 * len(ENTITY_TYPES),
    "rule": 1 + len(RULES),
    "role": 4,
    "meant": 3,
    "number": 1 + len(_KINDS),
}
"""The features of a piece, in their order, each with the number of its values; 0 is "nothing"."""


class _Piece(NamedTuple):
    id: int
    start: int
    end: int
    word: str
    first: bool
    sentence: int


@dataclass(frozen=True, slots=True)
class Pieces:
    """The wordpieces of the told sentences: ids, characters, one row of `COLUMNS` each, and windows.

    A window is a range of pieces that are read together.
    """

    ids: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]
    features: tuple[tuple[int, ...], ...]
    windows: tuple[tuple[int, int], ...]

    def within(self, start: int, end: int) -> range:
        """The pieces that lie in these characters, at least in part."""
        first = bisect_left(self.spans, start, key=lambda span: span[1] - 1)
        return range(first, bisect_left(self.spans, end, lo=first, key=lambda span: span[0]))


@cache
def _load_tokenizer() -> Tokenizer:
    """The tokenizer that the encoder was trained with."""
    tokenizer = Tokenizer.from_file(str(MODEL / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def read_pieces(
    text: str, told: Sequence[Told], sightings: Sequence[Sighting], values: Sequence[Valued]
) -> Pieces:
    """The pieces of the told sentences, with the hints of the rules."""
    pieces = list(_pieces(text, told))
    spans = tuple((piece.start, piece.end) for piece in pieces)
    columns = {name: [0] * len(pieces) for name in COLUMNS}
    columns["shape"] = [_shape(piece.word) for piece in pieces]
    columns["continues"] = [1 if piece.first else 2 for piece in pieces]
    columns["section"] = [1 + _SECTIONS.index(told[piece.sentence][2]) for piece in pieces]
    read = Pieces(tuple(piece.id for piece in pieces), spans, (), tuple(_windows(pieces)))
    _hint_things(read, sightings, columns)
    _hint_numbers(read, values, columns)
    features = tuple(zip(*(columns[name] for name in COLUMNS), strict=True))
    return Pieces(read.ids, spans, features, read.windows)


def _pieces(text: str, told: Sequence[Told]) -> Iterator[_Piece]:
    tokenizer = _load_tokenizer()
    for number, (start, end, _) in enumerate(told):
        read = tokenizer.encode(text[start:end], add_special_tokens=False)
        words = _words(read.word_ids, read.offsets)
        last = None
        for id, word, (first, behind) in zip(read.ids, read.word_ids, read.offsets, strict=True):
            a, b = words[word]
            yield _Piece(id, start + first, start + behind, text[start + a : start + b], word != last, number)
            last = word


def _words(
    numbers: Sequence[int | None], spans: Sequence[tuple[int, int]]
) -> dict[int | None, tuple[int, int]]:
    """The characters of each word, by its number."""
    words: dict[int | None, tuple[int, int]] = {}
    for number, (start, end) in zip(numbers, spans, strict=True):
        words[number] = (words.get(number, (start, end))[0], end)
    return words


def _windows(pieces: Sequence[_Piece]) -> Iterator[tuple[int, int]]:
    """Ranges of at most `MOST` pieces, cut between sentences where one fits."""
    first = 0
    while len(pieces) - first > MOST:
        cut = first + MOST
        while cut > first and pieces[cut].sentence == pieces[cut - 1].sentence:
            cut -= 1
        cut = cut if cut > first else first + MOST
        yield first, cut
        first = cut
    if first < len(pieces):
        yield first, len(pieces)


def _hint_things(read: Pieces, sightings: Sequence[Sighting], columns: dict[str, list[int]]) -> None:
    for seen in sightings:
        for place in seen.places:
            role = _ROLES.get(role_at(place, seen.type, seen.proposed), 3)
            for nth, at in enumerate(read.within(place.start, place.end)):
                columns["type"][at] = 1 + 2 * ENTITY_TYPES.index(seen.type) + (nth > 0)
                columns["rule"][at] = 1 + RULES.index(place.rule)
                columns["role"][at] = role
                columns["meant"][at] = 1 + seen.meant


def _hint_numbers(read: Pieces, values: Sequence[Valued], columns: dict[str, list[int]]) -> None:
    for number, kind in values:
        for at in read.within(number.start, number.end):
            columns["number"][at] = 1 + _KINDS.index(kind)


def _shape(word: str) -> int:
    """What lower-casing loses: signs, digits, small, capitals, Capital, with digits, mIxed."""
    if not any(c.isalnum() for c in word):
        return 1
    for code, holds in enumerate((word.isdigit(), word.islower(), word.isupper(), word.istitle()), 2):
        if holds:
            return code
    return 6 if any(c.isdigit() for c in word) else 7
