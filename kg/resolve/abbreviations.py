"""Abbreviations that a text explains: `Flexible Match (FM)`.

The algorithm of A. S. Schwartz and M. A. Hearst, "A simple algorithm for identifying abbreviation
definitions in biomedical text", Pacific Symposium on Biocomputing 8, 2003, 451-462: the shortest words
before a bracket that hold the letters of the short form in their order, the first letter of it at the
beginning of a word. Made narrower by what names of this field look like: a short form has a capital,
and a long form does not reach back over a comma or another bracket.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

__all__ = ["find_abbreviations", "signature"]

_BRACKET: Final = re.compile(r"\(([^()\s]{2,12})\)")
_SHORT: Final = re.compile(r"(?=.*[A-Z])[A-Za-z0-9][A-Za-z0-9@&+\-]*")
_STOP: Final = re.compile(r"[,;:()]|\.\s")
_FUNCTION_WORD: Final = re.compile("an?|and|by|for|from|in|of|on|or|the|to|via|with")


def find_abbreviations(text: str) -> Iterator[tuple[str, str]]:
    """(short, long) as written, for each `long (short)` in the text; a plural s of the short form goes."""
    for bracket in _BRACKET.finditer(text):
        short = re.sub(r"(?<=[A-Z0-9])s$", "", bracket[1])
        if len(short) < 2 or not _SHORT.fullmatch(short):
            continue
        before = _STOP.split(text[: bracket.start()])[-1].split()
        within = " ".join(before[-min(len(short) + 5, len(short) * 2) :])
        long = _find_long(short, within)
        if long and re.search(r"[ -]", long):
            yield short, long


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
    """What long forms of one short form agree in: the beginnings of their words, without small words."""
    words = re.findall(r"\w+", long.casefold())
    return tuple(word[:5] for word in words if not _FUNCTION_WORD.fullmatch(word))
