"""What the lexicon knows by name: terms, and models of known families with version and size."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from kg.extract.lexicon import Term, fold, load_beginnings, load_families, load_forms, load_words
from kg.extract.words import Word

__all__ = ["find_models", "find_terms", "known_term"]

_TAIL = re.compile(r"[-.\d]|v\d|[A-Z]|$")
_VERSIONED = re.compile(r"\d|-.*\d|-[A-Z]|[A-Z]")
_VERSION = re.compile(
    r"(?:[vVk]?\d(?:\.\d{1,2})?[a-z]?|v\d[\d.]*|\d{1,4}(?:\.\d{1,2})?[BMbm]|R1|V3)(?:-[A-Za-z0-9.]+)*"
)
_VARIANTS = load_words("generic")["variants"]
_SUFFIXED = re.compile(
    r"-(?:based|like|style|generated|powered|driven|guided|family|judged|initialized|backed)$"
    r"|[A-Za-z](?<![Bb])-\d+[KkM]$"
)
"""What makes a name that begins like a model's one of something else: `GPT-4-based`, `LLaVA-Play-90K`."""


def find_terms(words: list[Word]) -> Iterator[tuple[int, int, Term]]:
    """First word, one past the last, and the term, for the longest known form at each place; none overlap."""
    folded = [fold(word.text) for word in words]
    i = 0
    while i < len(words):
        end, term = _longest_term(words, folded, i)
        if term:
            yield i, end, term
        i = end


def _longest_term(words: list[Word], folded: list[str], i: int) -> tuple[int, Term | None]:
    """One past the last word of the longest term that begins at `i`, and the term if there is one."""
    forms, beginnings = load_forms(), load_beginnings()
    end, found, so_far = i + 1, None, ""
    for j in range(i, len(words)):
        so_far += folded[j]
        if j > i and not words[j].glued:
            break
        known = forms.get(so_far) or forms.get(so_far.removesuffix("s"))
        if known and (term := _term(" ".join(word.text for word in words[i : j + 1]), known)):
            end, found = j + 1, term
        if so_far not in beginnings:
            break
    return end, found


def known_term(written: str) -> Term | None:
    """The term that goes by this form, or None."""
    return _term(written, load_forms().get(fold(written), ()))


def _term(written: str, known: tuple[tuple[str, Term], ...]) -> Term | None:
    return next((term for form, term in known if _is_written(written, form, term.cased)), None)


def _is_written(written: str, form: str, cased: bool) -> bool:
    """Whether the case fits: short names and homographs as the lexicon has them, others in any case."""
    if cased:
        return written in (form, form + "s")
    if len(form) <= 5 and sum(c.isupper() for c in form) >= 2:
        return written in (form, form + "s", form.upper())
    return form.islower() or written != written.lower() or any(c.isdigit() for c in written)


@cache
def _families() -> dict[str, tuple[tuple[tuple[str, ...], bool], ...]]:
    """First word, lower case -> the families that begin with it, the longest first."""
    first: dict[str, list[tuple[tuple[str, ...], bool]]] = {}
    for family, guarded in load_families().items():
        parts = tuple(family.split())
        first.setdefault(parts[0].casefold(), []).append((parts, guarded))
    return {word: tuple(sorted(found, key=lambda f: -len(f[0]))) for word, found in first.items()}


@cache
def _single() -> tuple[re.Pattern[str], dict[str, bool]]:
    """One pattern for the families of one word, and which of them are homographs."""
    one = {family: guarded for family, guarded in load_families().items() if " " not in family}
    names = sorted(one, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, names)), re.IGNORECASE), {
        n.casefold(): g for n, g in one.items()
    }


def find_models(words: list[Word]) -> Iterator[tuple[int, int]]:
    """First word and one past the last of each model of a known family."""
    i = 0
    while i < len(words):
        length = _family_length(words, i)
        if not length:
            i += 1
            continue
        end = i + length
        while end < len(words) and words[end].glued and _continues(words[end].text):
            end += 1
        if length > 1 or end > i + 1 or not _needs_version(words[i].text):
            yield i, end
        i = end


def _family_length(words: list[Word], i: int) -> int:
    """How many words the name of a family takes at `i`; 0 for none."""
    for parts, _ in _families().get(words[i].lower, ()):
        run = words[i : i + len(parts)]
        same = [w.lower for w in run] == [p.casefold() for p in parts]
        if len(parts) > 1 and same and run[0].text[0].isupper():
            return len(parts)
    text = words[i].text
    if _SUFFIXED.search(text):
        return 0
    pattern, _ = _single()
    match = pattern.match(text)
    if match is None or not _TAIL.match(text, match.end()):
        return 0
    return int(not text.islower() or any(c.isdigit() for c in text))


def _needs_version(text: str) -> bool:
    pattern, guarded = _single()
    match = pattern.match(text)
    return match is not None and guarded[match[0].casefold()] and not _VERSIONED.match(text, match.end())


def _continues(text: str) -> bool:
    return text in _VARIANTS or bool(_VERSION.fullmatch(text)) or text.split("-")[0] in _VARIANTS
