"""The things that a text names, by lexicon, shape and context."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup

from kg.extract.kinds import purpose_votes, votes
from kg.extract.known import find_models, find_terms, term_type
from kg.extract.names import Pair, find_pairs, find_runs, is_generic, shape
from kg.extract.phrases import find_phrases, head_type
from kg.extract.things import Place, Thing, gather
from kg.extract.words import Word, begins_term, modifies, read_words
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
_PEOPLE = frozenset({"scientist", "scientists", "engineer", "engineers", "researchers", "practitioners"})
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
    own = _own_name(text, told)
    places: list[Place] = []
    twins: dict[str, str] = {}
    for start, end, section in told:
        pairs = list(find_pairs(text, start, end))
        twins |= {text[slice(*short)]: text[slice(*long)] for long, short in pairs}
        places.extend(_places(text, start, end, section == "title", own, pairs))
    for thing in gather(places, twins):
        yield from _mentions(thing)


def _own_name(text: str, told: list[tuple[int, int, str]]) -> str | None:
    """The name of what the paper proposes, where title or opening sentence begin with it."""
    for start, end, section in told[:2]:
        pattern = _TITLE_NAME if section == "title" else _OPENING_NAME
        match = pattern.match(text, start, end)
        if match and _is_own(match[1], text[end:]):
            return match[1]
    return None


def _is_own(name: str, rest: str) -> bool:
    """Whether the words that a title begins with are a name: by their shape, or because the text repeats them."""
    words = read_words(name, 0, len(name))
    if not words or len(words) > 4 or not begins_term(words[0]) or words[0].text[0].islower():
        return False
    if len(words) == 1 and shape(words[0].text) == "name":
        return True
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", rest) is not None


def _places(
    text: str, start: int, end: int, in_title: bool, own: str | None, pairs: list[Pair]
) -> list[Place]:
    """Every place in one sentence that names something; none overlap."""
    words = read_words(text, start, end)
    places: list[Place] = []
    taken: set[int] = set()

    def take(first: int, last: int, rule: str, sure: EntityType | None = None, known: str = "") -> None:
        if taken.isdisjoint(range(first, last)):
            taken.update(range(first, last))
            a, b = words[first].start, words[last - 1].end
            places.append(_place(text, (start, a, b, end), rule, sure, known))

    for first, last in _occurrences(words, own):
        take(first, last, "own")
    terms = list(find_terms(words))
    for i, j, term in terms:
        if head_type(words[j - 1].text) is None or any(shape(word.text) == "name" for word in words[i:j]):
            take(i, j, "term", term.type, term.name)
    for i, j in find_models(words):
        take(i, j, "model", "model")
    at = {word.start: i for i, word in enumerate(words)} | {word.end: i + 1 for i, word in enumerate(words)}
    for long, short in pairs:
        if all(edge in at for edge in (*long, *short)):
            if is_generic(text[slice(*short)]):
                taken.update(range(at[long[0]], at[long[1]]))
                continue
            kind = term_type(text[slice(*long)]) or head_type(words[at[long[1]] - 1].text)
            take(at[long[0]], at[long[1]], "long", kind)
            take(at[short[0]], at[short[1]], "short", kind)
    for i, j, strong in find_runs(text, words, in_title):
        if strong or (j - i > 1 and modifies(words[i]) and words[j - 1].lower not in _PEOPLE):
            take(i, j, "name" if strong else "titled")
    for i, j, kind in find_phrases(text, words, taken):
        take(i, j, "phrase", kind)
    for i, j, term in terms:
        take(i, j, "term", term.type, term.name)
    return places


def _occurrences(words: list[Word], name: str | None) -> Iterator[tuple[int, int]]:
    parts = [word.text for word in read_words(name, 0, len(name))] if name else []
    for i in range(len(words) - len(parts) + 1):
        if parts and [word.text for word in words[i : i + len(parts)]] == parts:
            yield i, i + len(parts)


def _place(text: str, at: tuple[int, int, int, int], rule: str, sure: EntityType | None, known: str) -> Place:
    """A place at `at[1]:at[2]` in the sentence `at[0]:at[3]`, with what its context says."""
    floor, start, end, ceiling = at
    before, after = text[max(floor, start - 80) : start], text[end : min(ceiling, end + 150)]
    gap = _PROPOSES.search(before)
    proposed = rule == "own" or bool(gap and not _LINKS.search(gap["gap"]))
    heard = votes(before, after) if rule != "phrase" else purpose_votes(before)
    if rule == "phrase" and sure in ("task", "method"):
        heard[sure] += 2
        sure = None
    return Place(start, end, text[start:end], rule, sure, tuple(sorted(heard.items())), known, proposed)


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
