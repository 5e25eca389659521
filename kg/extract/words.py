"""Words of a sentence with their places, and which of them technical terms are made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from kg.extract.lexicon import load_words

__all__ = ["Word", "begins_term", "modifies", "read_words"]

_WORD = re.compile(r"[^\W_](?:[\w²³°]|[-./+'@&×^](?=[^\W_])|\+{1,2}(?!\w)|\*(?!\w))*")


def _inflected(verbs: frozenset[str]) -> frozenset[str]:
    """Every regular form of the verbs."""
    forms = set(verbs)
    for verb in verbs:
        stem, doubled = verb.removesuffix("e"), verb + verb[-1]
        forms |= {f"{stem}ing", f"{stem}ed", f"{verb}s", f"{verb}es", f"{doubled}ing", f"{doubled}ed"}
        forms |= {f"{verb[:-1]}ies", f"{verb[:-1]}ied"}
    return frozenset(forms)


_LISTS = load_words("english")
_STOP, _OPENERS, _ING, _ED, _S_NOUNS = (_LISTS[n] for n in ("stop", "openers", "ing", "ed", "s_nouns"))
_VERBS = _inflected(_LISTS["verbs"]) - _ING - _ED - _LISTS["noun_verbs"] | _LISTS["irregular"]
_NEVER = _STOP | _VERBS | _LISTS["adjectives"]


@dataclass(frozen=True)
class Word:
    """A word at `start:end` of the view's text.

    `glued`: one space alone parts it from the word before; `possessive`: 's follows it.
    """

    text: str
    start: int
    end: int
    glued: bool
    possessive: bool = False

    @cached_property
    def lower(self) -> str:
        return self.text.lower()


def read_words(text: str, start: int, end: int) -> list[Word]:
    """The words between `start` and `end`; a possessive 's stays outside."""
    words: list[Word] = []
    last = -1
    for match in _WORD.finditer(text, start, end):
        form, first = match.group(), match.start()
        bare = form.removesuffix("'s")
        glued = first == last + 1 and text[last] == " "
        words.append(Word(bare, first, first + len(bare), glued, bare != form))
        last = match.end()
    return words


def modifies(word: Word) -> bool:
    """Whether a word may stand before a noun as part of a technical term ("supervised", "video")."""
    lower = word.lower
    if lower in _NEVER or lower.endswith("ly") or not any(c.isalpha() for c in lower):
        return False
    if "-" in lower:
        return True
    if lower.endswith("ed"):
        return lower in _ED
    if lower.endswith("s") and not lower.endswith(("ss", "us", "is")) and word.text == lower:
        return lower in _S_NOUNS
    return True


def begins_term(word: Word) -> bool:
    """Whether a capitalised word may open a name: not "The", "We" or "Experiments"."""
    lower = word.lower
    return lower not in _STOP and lower not in _OPENERS and not lower.endswith("ly")
