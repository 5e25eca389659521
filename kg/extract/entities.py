"""The things that a text names, by lexicon, shape and context."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup

from kg.extract.kinds import votes
from kg.extract.known import find_models, find_terms
from kg.extract.names import find_pairs, find_runs
from kg.extract.phrases import find_phrases, head_type
from kg.extract.things import Place, Thing, gather
from kg.extract.words import Word, begins_term, read_words
from kg.model import EntityType, Role

__all__ = ["NAME", "EntityFinder", "Found", "make_entities"]

NAME = "kg_entities"

Span.set_extension("kg_role", default="mentions", force=True)
Span.set_extension("kg_confidence", default=5, force=True)
Span.set_extension("kg_component", default=NAME, force=True)

_TITLE_NAME = re.compile(r"([^\s:][^:]{1,40}?)\s?(?::| - | -- | — )\s?(?=\S)")
_OPENING_NAME = re.compile(r"(?:The )?([A-Z][\w-]+(?: [A-Z0-9][\w.-]*){0,2})(?:,| is| are) (?:an?|the) ")
_PROPOSES = re.compile(
    r"\b(?:introduc|propos|present|develop|releas|describ|unveil|design|construct|creat|build|contribut|name|call|term|"
    r"dub|coin|establish|offer)\w*,?\s(?P<gap>(?:[\w-]+\s|[\w-]+,\s|\"){0,7})$"
)
_LINKS = re.compile(r"\b(?:for|on|using|with|of|to|by|that|and|in|from|which|where|as)\b")


@dataclass(frozen=True, slots=True)
class Found:
    """A mention: characters `start` to `end` of the text name the thing `key`. Confidence in tenths."""

    start: int
    end: int
    type: EntityType
    key: str
    role: Role
    confidence: int
    rule: str


class EntityFinder:
    """Writes `doc.spans["entities"]`."""

    def __call__(self, doc: Doc) -> Doc:
        self.set_annotations(doc, self.match(doc))
        return doc

    def match(self, doc: Doc) -> list[Found]:
        """Every mention of every thing, outside the questions."""
        told = [
            (span.start_char, span.end_char, span.label_)
            for span in doc.spans["sentences"]
            if span.label_ != "questions"
        ]
        return list(find_entities(doc.text, told))

    def set_annotations(self, doc: Doc, found: list[Found]) -> None:
        """Write the mentions as spans."""
        spans = []
        for one in found:
            span = doc.char_span(one.start, one.end, label=one.type, span_id=one.key, alignment_mode="expand")
            if span is not None:
                span._.kg_role, span._.kg_confidence = one.role, one.confidence
                spans.append(span)
        doc.spans["entities"] = SpanGroup(doc, name="entities", spans=spans)


@Language.factory(NAME, requires=["doc.spans"], assigns=["doc.spans"])
def make_entities(nlp: Language, name: str) -> EntityFinder:
    """The component, for `nlp.add_pipe`."""
    return EntityFinder()


def find_entities(text: str, told: list[tuple[int, int, str]]) -> Iterator[Found]:
    """The mentions in the told sentences (start, end, section) of a text."""
    places: list[Place] = []
    own = _own_name(text, told)
    for start, end, section in told:
        places.extend(_places(text, start, end, section == "title", own))
    for thing in gather(places):
        yield from _mentions(thing)


def _own_name(text: str, told: list[tuple[int, int, str]]) -> str | None:
    """The name of what the paper proposes, where title or opening sentence begin with it."""
    for start, end, section in told[:2]:
        pattern = _TITLE_NAME if section == "title" else _OPENING_NAME
        match = pattern.match(text, start, end)
        if match and _is_name(match[1]):
            return match[1]
    return None


def _is_name(text: str) -> bool:
    words = read_words(text, 0, len(text))
    if not words or len(words) > 4 or not begins_term(words[0]) or text[0].islower():
        return False
    return words[0].lower not in _GERUNDS and (len(words) == 1 or all(not w.text[0].islower() for w in words))


_GERUNDS = frozenset(
    [
        "rethinking",
        "towards",
        "toward",
        "beyond",
        "scaling",
        "learning",
        "exploring",
        "improving",
        "from",
        "when",
        "what",
        "how",
    ]
)


def _places(text: str, start: int, end: int, in_title: bool, own: str | None) -> list[Place]:
    """Every place in one sentence that names something; none overlap."""
    words = read_words(text, start, end)
    places: list[Place] = []
    taken: set[int] = set()

    def take(
        first: int, last: int, rule: str, sure: EntityType | None = None, twin: str | None = None
    ) -> None:
        if taken.isdisjoint(range(first, last)):
            taken.update(range(first, last))
            a, b = words[first].start, words[last - 1].end
            places.append(_place(text, start, a, b, end, rule, sure, twin))

    if own:
        for first, last in _occurrences(words, own):
            take(first, last, "own")
    terms = [(i, j, term) for i, j, term in find_terms(words)]
    for i, j, term in terms:
        if term.name != term.name.lower():
            take(i, j, "term", term.type)
    for i, j in find_models(words):
        take(i, j, "model", "model")
    for long, short in find_pairs(text, start, end):
        _take_pair(text, words, long, short, take)
    for i, j, strong in find_runs(text, words, in_title):
        if strong or j - i > 1:
            take(i, j, "name" if strong else "titled")
    phrases = list(find_phrases(text, words, taken))
    for i, j, kind in phrases:
        take(i, j, "phrase", kind)
    for i, j, term in terms:
        take(i, j, "term", term.type)
    return places


def _take_pair(text, words, long, short, take) -> None:
    at = {word.start: i for i, word in enumerate(words)}
    ends = {word.end: i + 1 for i, word in enumerate(words)}
    if long[0] in at and long[1] in ends and short[0] in at and short[1] in ends:
        full = text[slice(*long)]
        kind = head_type(full.split()[-1])
        take(at[long[0]], ends[long[1]], "long", kind)
        take(at[short[0]], ends[short[1]], "short", kind, full)


def _occurrences(words: list[Word], name: str) -> Iterator[tuple[int, int]]:
    parts = [word.text for word in read_words(name, 0, len(name))]
    for i in range(len(words) - len(parts) + 1):
        if [word.text for word in words[i : i + len(parts)]] == parts:
            yield i, i + len(parts)


def _place(text, floor, start, end, ceiling, rule, sure, twin) -> Place:
    quote = text[start:end]
    before, after = text[max(floor, start - 80) : start], text[end : min(ceiling, end + 150)]
    heard = votes(before, after)
    gap = _PROPOSES.search(before)
    proposed = rule == "own" or bool(gap and not _LINKS.search(gap["gap"]))
    return Place(start, end, quote, rule, sure, tuple(sorted(heard.items())), twin, proposed)


def _mentions(thing: Thing) -> Iterator[Found]:
    kind = thing.type
    for place in sorted(thing.places, key=lambda p: p.start):
        role: Role = "proposes" if thing.proposed else _ROLES[kind]
        yield Found(place.start, place.end, kind, thing.key, role, 5, place.rule)


_ROLES: dict[EntityType, Role] = {
    "task": "addresses",
    "benchmark": "evaluatesOn",
    "dataset": "uses",
    "metric": "uses",
    "model": "uses",
    "method": "uses",
}
