"""Technical terms that are no names: a known head noun and what modifies it ("image classification")."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kg.extract.kinds import purpose_votes
from kg.extract.lexicon import load_heads, load_words
from kg.extract.names import is_quantity, shape
from kg.extract.words import Word, modifies
from kg.model import EntityType

__all__ = ["closes", "find_phrases", "head_type"]

MOST_MODIFIERS = 4

_GENERIC_TAIL = load_words("generic")["tails"]
_NUMBER_BEFORE = re.compile(r"\d(?:-?[a-z]{1,7}|\s?(?:%|x|×|times|points?|-fold))?\s(?:[\w-]+\s){0,3}$")
_NUMBER_AFTER = re.compile(
    r"(?:\s[\w()-]+){0,4}?\s(?:of|by|to|from|at|is|was|=|reaching|averaging)\s(?:[\w-]+\s){0,2}[~<>≈]?\d"
)
_FREE_METRICS = frozenset({"score", "scores", "similarity", "distance", "consistency", "alignment", "error"})


def head_type(word: str) -> EntityType | None:
    """The type of the terms that a noun closes, in the singular or plural, or None."""
    heads, form = load_heads(), word.casefold()
    head = heads.get(form) or heads.get(form.removesuffix("s"))
    return head.type if head and head.how != "supported" else None


def find_phrases(text: str, words: list[Word], taken: set[int]) -> Iterator[tuple[int, int, EntityType]]:
    """First word, one past the last, type of each term; no term has a word whose index is in `taken`."""
    heads = load_heads()
    for last, word in enumerate(words):
        head = heads.get(word.lower)
        if head is None or last in taken or not closes(words, last):
            continue
        first = _first_modifier(text, words, last, head.type, taken)
        if first == last and head.how != "alone":
            continue
        if head.how != "supported" or _is_supported(head.type, text, words[first].start, word.end):
            yield first, last + 1, head.type


def _is_supported(kind: EntityType, text: str, start: int, end: int) -> bool:
    """Whether a number stands close to a metric, or a method is said to be used."""
    before, after = text[max(0, start - 40) : start], text[end : end + 60]
    if kind == "metric":
        return bool(_NUMBER_BEFORE.search(before) or _NUMBER_AFTER.match(after))
    return purpose_votes(before)[kind] > 0


def closes(words: list[Word], last: int) -> bool:
    """Whether no further noun follows that would make this one a modifier."""
    if last + 1 == len(words) or not words[last + 1].glued:
        return True
    following = words[last + 1]
    return following.lower in _GENERIC_TAIL or not modifies(following)


def _first_modifier(text: str, words: list[Word], last: int, kind: EntityType, taken: set[int]) -> int:
    """The index of the first word of the term that ends at `last`."""
    first = last
    named_score = kind == "metric" and words[last].lower in _FREE_METRICS
    while first > 0 and last - first < MOST_MODIFIERS and first - 1 not in taken:
        before = words[first - 1]
        if not (words[first].glued or _in_brackets(text, before) or _in_brackets(text, words[first])):
            break
        if before.possessive or not modifies(before) or (shape(before.text) == "name" and not named_score):
            break
        first -= 1
    while first < last and not _opens(text, words, first):
        first += 1
    return first


def _in_brackets(text: str, word: Word) -> bool:
    """Whether a word alone stands in brackets, as in "text-to-image (T2I) generation"."""
    alone = text[word.start - 2 : word.start] == " (" and text[word.end : word.end + 2] == ") "
    return alone and not word.text.endswith(("LM", "LMs"))


def _opens(text: str, words: list[Word], first: int) -> bool:
    """Whether a term may begin with a word: no number, no letter, no bracket, no title's "Learning"."""
    word = words[first]
    if len(word.text) == 1 or text[word.start - 1 : word.start] == "(" or is_quantity(word.text):
        return False
    return not (first == 0 and word.lower.endswith("ing"))
