"""Abbreviations that a text explains: `Flexible Match (FM)`.

The algorithm of A. S. Schwartz and M. A. Hearst, "A simple algorithm for identifying abbreviation
definitions in biomedical text", Pacific Symposium on Biocomputing 8, 2003, 451-462: the shortest words
beside a bracket that hold the letters of the short form in their order, the first letter of it at the
beginning of a word. Made narrower by what names of this field look like: a short form has a capital,
and a long form is not the short one explained, nor reaches back over a comma or another bracket.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

__all__ = ["find_abbreviations", "is_short_for", "signature"]

_BRACKET: Final = re.compile(r"\(([^()]{2,100})\)")
_SHORT: Final = re.compile(r"(?=.*[A-Z])[A-Za-z0-9][A-Za-z0-9@&+\-]{1,11}")
_STOP: Final = re.compile(r"[,;:()]|\.\s")
_QUOTES: Final = "\"'`“”‘’*"
_FUNCTION_WORD: Final = re.compile("an?|and|by|for|from|in|of|on|or|the|to|via|with")
_ENDING: Final = re.compile("(?<=...)(?:ation|ing|ed|er|or|al)?s?$")
_MOST_FUNCTION_WORDS: Final = 2
_LONGEST: Final = 120
"""Characters before a bracket that may hold a long form."""


def find_abbreviations(text: str) -> Iterator[tuple[str, str]]:
    """(short, long) as written, for each `long (short)` and `short (long)`; a plural s of the short goes."""
    for bracket in _BRACKET.finditer(text):
        before = _STOP.split(text[max(0, bracket.start() - _LONGEST) : bracket.start()])[-1].split()
        inside = _STOP.split(bracket[1])[0].strip()
        if " " not in inside:
            short, within = _to_short(inside), before[-min(len(inside) + 5, len(inside) * 2) :]
        else:
            short, within = _to_short(before[-1] if before else ""), inside.split()
        long = _find_long(short, " ".join(within)) if _SHORT.fullmatch(short) else None
        if long and (" " not in inside or long == inside) and _is_long(short, long):
            yield short, long.strip(_QUOTES)


def is_short_for(short: str, long: str) -> bool:
    """Whether the letters of a short form come from the words of a long one, from the first of them on."""
    short = _to_short(short)
    return bool(_SHORT.fullmatch(short)) and _find_long(short, long) == long and _is_long(short, long)


def _to_short(text: str) -> str:
    return re.sub(r"(?<=[A-Z0-9])s$", "", text.strip(_QUOTES))


def _is_long(short: str, long: str) -> bool:
    """Whether this may be the long form: several words, few of them small, and none the short form's own."""
    words = re.findall(r"\w+", long)
    small = sum(1 for word in words if _FUNCTION_WORD.fullmatch(word.casefold()))
    own = any(len(word) > 2 and word.casefold() in short.casefold() for word in words[:1])
    return len(words) > 1 and small <= _MOST_FUNCTION_WORDS and not own


def _find_long(short: str, within: str) -> str | None:
    """The shortest end of `within` that the letters of `short` come from, from its last one backwards."""
    at = len(within)
    letters = [letter for letter in short.casefold() if letter.isalnum()]
    folded = within.casefold()
    if len(folded) != len(within):
        return None
    for position, letter in reversed(list(enumerate(letters))):
        at = folded.rfind(letter, 0, at)
        while position == 0 and at > 0 and folded[at - 1].isalnum():
            at = folded.rfind(letter, 0, at)
        if at < 0:
            return None
    start = max(within.rfind(" ", 0, at), within.rfind("/", 0, at)) + 1
    long = within[start:].strip()
    return long if len(long) > len(short) else None


def signature(long: str) -> tuple[str, ...]:
    """What wordings of one long form agree in: its words without their endings, and without small words."""
    words = re.findall(r"\w+", long.casefold())
    return tuple(_ENDING.sub("", word) for word in words if not _FUNCTION_WORD.fullmatch(word))
