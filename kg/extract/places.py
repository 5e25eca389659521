"""Where one sentence names something: each family of rules takes the words that no earlier one has taken."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from kg.extract.kinds import purpose_votes, votes
from kg.extract.known import find_models, find_terms, known_term
from kg.extract.lexicon import Term
from kg.extract.names import Pair, find_runs, is_generic, shape
from kg.extract.phrases import closes, find_phrases, head_type
from kg.extract.sections import Section
from kg.extract.words import Word, begins_term, modifies, read_words
from kg.model import EntityType

__all__ = ["Place", "find_own_name", "find_places"]

_TITLE_NAME = re.compile(
    r"([^\s:][^:]{1,40}?)(?:(?: Technical Report| System Card)?$|\s?(?::|\s-{1,2}|\s—)\s)"
)
_OPENING_NAME = re.compile(r"(?:The )?([A-Z][\w-]+(?: [A-Z0-9][\w.-]*){0,2})(?:,| is| are) (?:an?|the) ")
_PROPOSES = re.compile(
    r"\b(?:introduc|propos|present|develop|releas|describ|unveil|design|construct|creat|build|contribut|name|call|"
    r"term|dub|coin|establish|offer)\w*,?\s(?P<gap>(?:[\w-]+,?\s|\"){0,7})$"
)
_NEW = re.compile(r"\b(?:new|novel|newly \w+|proposed|our|authors' own)\s(?:[\w-]+\s){0,2}$")
_LINKS = re.compile(r"\b(?:for|on|using|with|of|to|by|that|and|in|from|which|where|as|replacing)\b")
_RIVAL = re.compile(
    r"\b(?:outperform\w*|surpass\w*|exceed\w*|beat\w*|compar(?:ed|ing) (?:to|with|against)|relative to|"
    r"than|over|versus|vs\.?|against|unlike|baselines?(?: such as| like|,)?)"
    r"\s(?:the\s|an?\s)?(?:[\w-]+\s){0,2}$"
    r"|\b(?:from|than|against|versus|vs\.?|compared (?:to|with))\s[\d.]{1,9}\s?%?\s"
    r"(?:for|with|by|of|from)\s(?:the\s)?$"
)
_CITED = re.compile(
    r"\b(?:such as|like|e\.g\.,?|including|(?:based|built|builds) (?:up)?on|existing|from|"
    r"(?:built|made|created|constructed|generated|collected) (?:with|using)|"
    r"derived from|inspired by|original|pre-?trained|adapting|evaluated on|trained on)\s(?:the\s|an?\s)?$"
)
_JOINS = re.compile(r"(?:\s\([^()]{1,40}\))?(?:,| and| or| &|, and|, or|/)\s?(?:the )?")
_CALLED = re.compile(
    r"\s(?:benchmark|data ?set|corpus|leaderboard|suite|environment|model|framework|baseline|algorithm)s?\b|"
    r"\sof\s\d"
)
_NO_NAMES = frozenset({"scientist", "scientists", "engineer", "engineers", "researchers", "practitioners"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text names something, by which rule, and what the words around it say of its kind.

    `sure` is the kind when the rule knows it, `known` the name that the lexicon has for it.
    `proposed`, `rival`, `cited`: the words before it say that the paper presents it, compares with it, or
    names it as something that is there already.
    """

    start: int
    end: int
    text: str
    rule: str
    section: Section
    sure: EntityType | None = None
    votes: tuple[tuple[EntityType, int], ...] = ()
    known: str = ""
    proposed: bool = False
    rival: bool = False
    cited: bool = False


@dataclass(slots=True)
class _Sentence:
    """The words of one sentence, and the places that rules have taken in it so far."""

    text: str
    start: int
    end: int
    section: Section
    words: list[Word]
    taken: set[int] = field(default_factory=set)
    places: list[Place] = field(default_factory=list)

    def take(self, first: int, last: int, rule: str, sure: EntityType | None = None, known: str = "") -> None:
        """Make a place of the words `first` to `last`, unless one of them is taken."""
        if not self.taken.isdisjoint(range(first, last)):
            return
        self.taken.update(range(first, last))
        start, end = self.words[first].start, self.words[last - 1].end
        before = self.text[max(self.start, start - 80) : start]
        after = self.text[end : min(self.end, end + 150)]
        gap = _PROPOSES.search(before)
        self.places.append(
            Place(
                start,
                end,
                self.text[start:end],
                rule,
                self.section,
                None if rule == "phrase" else sure,
                tuple(sorted(_context(before, after, rule, sure).items())),
                known,
                bool((gap and not _LINKS.search(gap["gap"])) or _NEW.search(before)),
                bool(_RIVAL.search(before)),
                bool(_CITED.search(before)),
            )
        )


def find_own_name(text: str, told: list[tuple[int, int, Section]]) -> str | None:
    """The name of what the paper proposes, where title or opening sentence begin with it."""
    opening = next((span for span in told if span[2] != "title"), None)
    for start, end, section in [*told[:1], *([opening] if opening else [])]:
        pattern = _TITLE_NAME if section == "title" else _OPENING_NAME
        match = pattern.match(text, start, end)
        if match and _is_own(match[1], text[end:]):
            return match[1]
    return None


def find_places(
    text: str, span: tuple[int, int, Section], pairs: list[Pair], own: str | None, twins: dict[str, str]
) -> list[Place]:
    """The places in one sentence (start, end, section), in their order, none overlapping.

    `pairs` are its long and short forms, `own` is the name of what the paper proposes, and `twins` says
    what the whole text lets its short forms stand for.
    """
    start, end, section = span
    sentence = _Sentence(text, start, end, section, read_words(text, start, end))
    for first, last in _occurrences(sentence.words, own):
        sentence.take(first, last, "own")
    terms = list(_terms(sentence.words, twins))
    for first, last, term in terms:
        if not _extendable(sentence.words[first:last]):
            sentence.take(first, last, "term", term.type, term.name)
    for first, last in find_models(sentence.words):
        sentence.take(first, last, "model", "model")
    _take_pairs(sentence, pairs)
    _take_short(sentence, twins)
    _take_runs(sentence)
    _take_listed(sentence)
    for first, last, kind in find_phrases(text, sentence.words, sentence.taken):
        sentence.take(first, last, "phrase", kind)
    for first, last, term in terms:
        sentence.take(first, last, "term", term.type, term.name)
    return list(_coordinated(text, sorted(sentence.places, key=lambda p: p.start)))


def _is_own(name: str, rest: str) -> bool:
    """Whether what a title begins with is a name: by its shape, or because the text repeats it."""
    words = read_words(name, 0, len(name))
    if not words or len(words) > 4 or not begins_term(words[0]) or words[0].text[0].islower():
        return False
    if len(words) == 1 and shape(words[0].text) == "name":
        return True
    forms = "|".join(re.escape(form) for form in (name, name.upper()))
    return re.search(rf"(?<![\w-])(?:{forms})(?![\w-])", rest) is not None


def _occurrences(words: list[Word], name: str | None) -> Iterator[tuple[int, int]]:
    parts = [word.text for word in read_words(name, 0, len(name))] if name else []
    for i in range(len(words) - len(parts) + 1):
        if parts and all(map(_is_form, words[i : i + len(parts)], parts)):
            yield i, i + len(parts)


def _is_form(word: Word, part: str) -> bool:
    """Whether a word is part of a name, as the name has it or in more capitals: "RULER" for "Ruler"."""
    same = word.text == part
    return same or (word.lower == part.casefold() and sum(c.isupper() for c in word.text) > 1)


def _terms(words: list[Word], twins: dict[str, str]) -> Iterator[tuple[int, int, Term]]:
    """The known terms, save short forms that the text itself lets stand for something else.

    "inference time" of "inference time scaling" is no metric.
    """
    for first, last, term in find_terms(words):
        long = twins.get(words[first].text) if last == first + 1 else None
        redefined = long is not None and known_term(long) != term
        modifier = term.type == "metric" and term.name.islower() and not closes(words, last - 1)
        if not redefined and not modifier:
            yield first, last, term


def _extendable(words: list[Word]) -> bool:
    """Whether a known term may be the end of a longer one: "accuracy" of "zero-shot accuracy"."""
    return head_type(words[-1].text) is not None and all(shape(word.text) != "name" for word in words)


def _take_pairs(sentence: _Sentence, pairs: list[Pair]) -> None:
    """Take both forms of each pair; "large language model (LLM)" names nothing.

    "text-to-image (T2I) generation" is left to the terms.
    """
    words, text = sentence.words, sentence.text
    at = {word.start: i for i, word in enumerate(words)} | {word.end: i + 1 for i, word in enumerate(words)}
    for long, short in pairs:
        if not all(edge in at for edge in (*long, *short)):
            continue
        following = words[at[short[1]]] if at[short[1]] < len(words) else None
        if following and text.startswith(") ", short[1]) and head_type(following.text):
            continue
        if is_generic(text[slice(*short)]):
            sentence.taken.update(range(at[long[0]], at[long[1]]))
            continue
        term = known_term(text[slice(*long)])
        if term:
            sentence.take(at[long[0]], at[long[1]], "term", term.type, term.name)
            continue
        kind = head_type(words[at[long[1]] - 1].text)
        sentence.take(at[long[0]], at[long[1]], "long", kind)
        sentence.take(at[short[0]], at[short[1]], "short", kind)


def _take_short(sentence: _Sentence, twins: dict[str, str]) -> None:
    """Take the short forms that the text has explained."""
    for i, word in enumerate(sentence.words):
        if word.text in twins and not is_generic(word.text) and shape(word.text) != "name":
            sentence.take(i, i + 1, "short")


def _take_runs(sentence: _Sentence) -> None:
    """Take words that are names by their shape, and runs of capitalised words."""
    words = sentence.words
    for first, last, strong in find_runs(sentence.text, words, sentence.section == "title"):
        if strong:
            sentence.take(first, last, "name")
        elif last - first > 1:
            if modifies(words[first]) and words[last - 1].lower not in _NO_NAMES:
                sentence.take(first, last, "titled")
        elif first > 0 and _CALLED.match(sentence.text, words[first].end, sentence.end):
            sentence.take(first, last, "titled")


def _take_listed(sentence: _Sentence) -> None:
    """Take a capitalised word that a list joins to a name before it: "GSM8K, MathVista, and Spring"."""
    for first, last, _ in find_runs(sentence.text, sentence.words, sentence.section == "title"):
        start = sentence.words[first].start
        ends = [place.end for place in sentence.places if start - 12 < place.end < start]
        if any(_JOINS.fullmatch(sentence.text, end, start) for end in ends):
            sentence.take(first, last, "titled")


def _context(before: str, after: str, rule: str, sure: EntityType | None) -> Counter[EntityType]:
    """What the words around a place say of its kind; a phrase's head noun speaks too."""
    if rule != "phrase":
        return votes(before, after)
    heard = purpose_votes(before) if sure in ("task", "method") else Counter[EntityType]()
    if sure:
        heard[sure] += 2
    return heard


def _coordinated(text: str, places: list[Place]) -> Iterator[Place]:
    """The places; names that a list joins ("X, Y and Z") share what is said of any of them."""
    group: list[Place] = []
    for place in places:
        if group and not (
            place.rule != "phrase"
            and group[-1].rule != "phrase"
            and _JOINS.fullmatch(text, group[-1].end, place.start)
        ):
            yield from _shared(group)
            group = []
        group.append(place)
    yield from _shared(group)


def _shared(group: list[Place]) -> Iterator[Place]:
    if len(group) < 2:
        yield from group
        return
    heard: Counter[EntityType] = Counter()
    for place in group:
        heard.update(dict(place.votes))
        if place.sure:
            heard[place.sure] += 4
    rival, cited = any(place.rival for place in group), any(place.cited for place in group)
    for place in group:
        yield replace(place, votes=tuple(sorted(heard.items())), rival=rival, cited=cited)
