"""Names as such: words whose shape says that they name something, and pairs of a name and its short form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from kg.extract.lexicon import load_words
from kg.extract.words import Word, begins_term

__all__ = ["Pair", "Shape", "find_pairs", "find_runs", "is_generic", "is_quantity", "shape"]

Shape = Literal["name", "capital", "number", "plain"]

_GENERIC = load_words("generic")["short_forms"]
"""Short forms of fields, kinds of model, makers and machines: they name no thing of the graph."""

_SUFFIX = re.compile(
    r"-(?:based|like|style|guided|driven|powered|generated|trained|enhanced|aware|level|free|specific|centric|"
    r"inspired|related|only|assisted|augmented|optimized|compatible|tuned|finetuned|derived|native|equipped|"
    r"agnostic|oriented|friendly|compliant|judged|annotated|initialized|distilled|sized|scale|efficient|parameter|"
    r"token|bit|step|shot|way|hop|turn|fold|stage|end|class|dimensional|view|frame|layer|modal|image|video|world|"
    r"time|quality|resolution|fidelity|range|order|rank|language|billion|million|hour|second|minute|person)s?$"
)
_INNER = re.compile(r"[^\W\d_][^\W_]*[A-Z]|[A-Z][a-z]*\d|\d[A-Za-z]|[a-z]\d")
_NUMBER = re.compile(r"[vV]?\d{1,3}|[vV]?\d\.\d{1,2}|20[12]\d|\d{1,3}(?:\.\d{1,2})?[BMKbmk]\+?")
_UNITS = ("%", "x", "×")
_QUANTITY = re.compile(
    r"\d[\d.,]*(?:[xX×+]|[KMG]i?B|TB|[kKMBTdpshm]|[cmn]m|m[sV]|pp|kbps|E-?\d+|min|k?Hz|px|th|nd|rd|st|bits?|dB|M?P|"
    r"[fF][pP][sS])?"
    r"(?:[-x×/].*)?"
)
_ADJECTIVE = re.compile(r"-[a-z]+(?:ed|al|ing|ive|ent|ble|ic)$|(?:LM|VLM|LLM)s$")
_CODE = re.compile(r"[A-Za-z]\d{1,3}|[Tt]op-\w+")
_CAPITALS = re.compile(r"(?<![\w-])[A-Z][\w-]*(?: [A-Z][\w-]*){1,6}$")
_SMALL_WORDS = frozenset(
    {"a", "an", "and", "as", "for", "from", "in", "of", "on", "the", "to", "via", "with"}
)
_BRACKET = re.compile(r" \(([^\W_][\w.+*&@-]{1,15})\)")
_LONG_BRACKET = re.compile(r"(?<![\w-])([A-Z][\w.+*&-]{1,11}) \(([^()]{6,80})\)")


def shape(text: str) -> Shape:
    """What the letters of one word say about it."""
    if _NUMBER.fullmatch(text):
        return "number"
    if _SUFFIX.search(text.lower()) or is_quantity(text):
        return "plain"
    parts = text.split("-")
    if _ADJECTIVE.search(text) or _CODE.fullmatch(text):
        return "plain"
    if any(_INNER.search(part) for part in parts) or (text[0].isupper() and parts[-1][:1].isdigit()):
        return "plain" if is_generic(text) else "name"
    return "capital" if text[0].isupper() and len(text) > 1 else "plain"


def is_quantity(text: str) -> bool:
    """Whether a word is a number, with or without its unit."""
    return _QUANTITY.fullmatch(text) is not None


def is_generic(text: str) -> bool:
    """Whether a short form stands for a field, a kind of model or the like, and names no thing."""
    bare = text.removesuffix("s") if text[:-1].isupper() or text[:-1] in _GENERIC else text
    if bare in _GENERIC:
        return True
    parts = re.split("[-/]", bare)
    return len(parts) > 1 and all(p in _GENERIC or p.islower() or p.isdigit() for p in parts)


def find_runs(text: str, words: list[Word], in_title: bool) -> Iterator[tuple[int, int, bool]]:
    """Runs of words that name something: first word, one past the last, whether a word's own shape says so.

    In a title, where most words are capitalised, only shape counts.
    """
    i = 0
    while i < len(words):
        kind = shape(words[i].text)
        if kind not in ("name", "capital") or (kind == "capital" and (in_title or not begins_term(words[i]))):
            i += 1
            continue
        j, strong = i + 1, kind == "name"
        while j < len(words) and words[j].glued:
            following = shape(words[j].text)
            if following == "plain" or (following == "capital" and in_title):
                break
            if following == "number" and text[words[j].end : words[j].end + 1] in _UNITS:
                break
            strong = strong or following == "name"
            j += 1
        yield i, j, strong
        i = j


Pair = tuple[tuple[int, int], tuple[int, int]]
"""Start and end of the long form, start and end of the short one."""


def find_pairs(text: str, start: int, end: int) -> Iterator[Pair]:
    """Long and short form of one thing, as places: "Long Name (LN)" and "LN (Long Name)"."""
    for match in _BRACKET.finditer(text, start, end):
        short = match[1]
        if sum(c.isupper() for c in short) < 2 and not _INNER.search(short):
            continue
        first = _long_form(text, start, match.start(), short)
        if first is not None:
            yield (first, match.start()), match.span(1)
    for match in _LONG_BRACKET.finditer(text, start, end):
        if _long_form(text, match.start(2), match.end(2), match[1]) == match.start(2):
            yield match.span(2), match.span(1)


def _long_form(text: str, start: int, end: int, short: str) -> int | None:
    """Where the long form that ends at `end` begins: by initials, by letters, or as a run of capitals."""
    letters = [c for c in _spelt_out(short.removesuffix("s")).casefold() if c.isalpha()]
    floor = max(start, end - 12 * (len(letters) + 3))
    window = text[floor:end].casefold()
    if not letters or len(window) != end - floor:
        return None
    at = _by_initials(window, letters)
    if at is None:
        at = _by_letters(window, letters)
    if at is None and (run := _CAPITALS.search(text, floor, end)) and run[0][0].casefold() == letters[0]:
        at = run.start() - floor
    if at is None:
        return None
    long = window[at:]
    wide = len(long.replace("-", " ").split()) <= len(letters) + 4
    clean = not re.search(r"[.;:,()]\s", long) and " " in long.strip().replace("-", " ")
    return floor + at if wide and clean and len(long) > len(short) else None


def _spelt_out(short: str) -> str:
    """A short form with its repetitions written out: "M3CTS" gives "MMMCTS"."""
    return re.sub(r"([A-Za-z])([2-4])", lambda m: m[1] * int(m[2]), short)


def _by_initials(window: str, letters: list[str]) -> int | None:
    """Where the words begin whose initials are the letters; small words between them do not count."""
    left = len(letters)
    for word in reversed(list(re.finditer(r"[^\W_]+", window))):
        if word[0][0] == letters[left - 1]:
            left -= 1
            if left == 0:
                return word.start()
        elif word[0] not in _SMALL_WORDS:
            return None
    return None


def _by_letters(window: str, letters: list[str]) -> int | None:
    """Where the shortest text begins that holds the letters in their order (Schwartz and Hearst 2003)."""
    at = len(window)
    for i in range(len(letters) - 1, -1, -1):
        at -= 1
        while at >= 0 and (window[at] != letters[i] or (i == 0 and at > 0 and window[at - 1].isalnum())):
            at -= 1
        if at < 0:
            return None
    return at
