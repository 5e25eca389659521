"""Sentences, and the part of the summary that each belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, cast

from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup

from kg.extract.normalise import GAP

__all__ = [
    "NAME",
    "Section",
    "SectionFinder",
    "Told",
    "derive_sections",
    "find_told",
    "make_sections",
    "split_sentences",
]

NAME = "kg_sections"

Section = Literal["title", "objective", "method", "results", "implication", "questions", "body"]

Told = tuple[int, int, Section]
"""A sentence that states something: start, end, and its part of the summary."""

LONGEST_SENTENCE = 1500
"""Characters of a sentence; the longest of the genre has some 900."""

_STOP = re.compile(r"[.!?][\"')\]]{0,3} (?=[\"'(\[]{0,2}[^\W_])|[:\"] (?=[ai]\) )")
_NO_STOP = re.compile(
    r"(?:\b(?:et al|e\.g|i\.e|vs|cf|Figs?|Eq|Sec|Tab|approx|resp|Dr|St)|\b[A-Z]"
    r"|(?:^|(?<!\d)[.:?!)] ?|[.:?!)] )\d{1,2})\. $"
)
_PREAMBLE = re.compile(r"(?:here(?:'s| is)|this is|below is) [^.:]{0,60}\b(?:summary|overview)\b", re.I)
_MARKER = re.compile(r"\(?(?:([a-g])|([iv]{1,4})|\d{1,2})\) |\d{1,2}\. (?=[A-Z])")
_ITEM = re.compile(r"(?<=[:.?!)\"'*] )\(?\d{1,2}[.)] (?=[\"'(]?[A-Z])")
_QUESTIONS = re.compile(
    r"(?:^|(?<=[.?!)\"'] ))(?:\(?[a-z]{1,3}\) )?(?:here are some )?follow[- ]?up questions?"
    r"(?: ?:|[^.?!:]{0,60}:(?= \d)|(?= \d)) ?",
    re.I,
)
_UNSAID = re.compile(
    r"\b(?:paper|authors?|abstract|summary|study|text|work|article|it|they)\b[^.;]{0,60}? "
    r"(?:does|do|did)(?: not|n't)(?: \w+ly)? "
    r"(?:mention|say|state|specify|address|discuss|provide|report|detail|disclose|elaborate|quantify)\b",
    re.I,
)
_MEASURED = re.compile(r"\d\s?%|\d\.\d")

_LETTERS: tuple[Section, ...] = ("objective", "method", "results", "implication")
_ROMANS: dict[str, Section] = {
    "i": "objective", "ii": "objective", "iii": "method", "iv": "results", "v": "implication",
}  # fmt: skip
_CUES: tuple[tuple[Section, re.Pattern[str]], ...] = (
    ("implication", re.compile(r"\b(?:implications?|AI engineers|practitioners)\b", re.I)),
    ("objective", re.compile(r"\b(?:objective|question|goal|aim)s?\b|\baim(?:s|ed)? to\b", re.I)),
    ("method", re.compile(r"\bmethodolog(?:y|ies)\b|\b(?:method|approach) (?:involv|us|employ)", re.I)),
    ("results", re.compile(r"\b(?:results?|experiments?|findings?|evaluations?)\b|\d\s?%", re.I)),
    ("results", re.compile(r"\b(?:achiev|outperform|surpass|demonstrat|improv)", re.I)),
)


def split_sentences(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence, without surrounding space; a list marker is none.

    What runs on for more than `LONGEST_SENTENCE` characters is cut between two words.
    """
    start = 0
    for match in _STOP.finditer(text):
        if not _NO_STOP.search(text, max(start, match.end() - 12), match.end()):
            yield from _cut(text, start, match.end() - 1)
            start = match.end()
    yield from _cut(text, start, len(text.rstrip()))


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    start = end - len(text[start:end].lstrip())
    while end - start > LONGEST_SENTENCE:
        cut = text.rfind(" ", start + 1, start + LONGEST_SENTENCE)
        cut = cut if cut > start else start + LONGEST_SENTENCE
        yield start, cut
        start = cut + 1 if text[cut] == " " else cut
    if start < end:
        yield start, end


def derive_sections(text: str) -> Iterator[tuple[int, int, Section]]:
    """Start, end and label of the title and of each sentence of a view's text."""
    title_end = text.find(GAP)
    if title_end > 0:
        yield 0, title_end, "title"
    start = title_end + len(GAP) if title_end >= 0 else 0
    asked = _QUESTIONS.search(text, start)
    end = asked.start() if asked else len(text)
    yield from _told(text, start, end)
    if asked:
        yield from _asked(text, asked.end())


def _told(text: str, start: int, end: int) -> Iterator[tuple[int, int, Section]]:
    """The sentences before the follow-up questions."""
    part: Section | None = None
    for a, b in split_sentences(text[start:end]):
        first, last = start + a, start + b
        if marker := _MARKER.match(text, first, last):
            first = marker.end()
            part = _marked(marker) or part
        if first < last:
            yield from _parted(text, first, last, part or _cued(text[first:last]))


def _parted(text: str, start: int, end: int, section: Section) -> Iterator[tuple[int, int, Section]]:
    """A sentence, in two where a clause at its end says what the paper leaves out."""
    unsaid = _UNSAID.search(text, start, end)
    if unsaid is None or _MEASURED.search(text, unsaid.start(), end):
        yield start, end, section
        return
    cut = max(text.rfind(sign, start, unsaid.start()) for sign in (", ", "; ", " ("))
    if cut - start > 40:
        yield start, cut, section
        yield cut + 2, end, "questions"
    else:
        yield start, end, "questions"


def _asked(text: str, start: int) -> Iterator[tuple[int, int, Section]]:
    """The follow-up questions: one a numbered item, or one a sentence."""
    items = list(_ITEM.finditer(text, start))
    if items:
        starts = [start, *(item.end() for item in items)]
        ends = [*(item.start() for item in items), len(text)]
        spans = list(zip(starts, ends, strict=True))
    else:
        spans = [(start + a, start + b) for a, b in split_sentences(text[start:])]
    for first, last in spans:
        if marker := _MARKER.match(text, first, last):
            first = marker.end()
        if stripped := text[first:last].rstrip():
            yield first, first + len(stripped), "questions"


def _marked(marker: re.Match[str]) -> Section | None:
    letter, roman = marker.groups()
    if letter:
        place = ord(letter) - ord("a")
        return _LETTERS[place] if place < len(_LETTERS) else "body"
    return _ROMANS.get(roman, "body") if roman else None


def _cued(sentence: str) -> Section:
    """The section that the words of a sentence show; "Here is a summary of …" tells the title again."""
    if _PREAMBLE.match(sentence):
        return "title"
    return next((section for section, cue in _CUES if cue.search(sentence)), "body")


def find_told(doc: Doc) -> list[Told]:
    """The sentences of a Doc that state something: all but the questions."""
    spans = [span for span in doc.spans["sentences"] if span.label_ != "questions"]
    return [(span.start_char, span.end_char, cast(Section, span.label_)) for span in spans]


class SectionFinder:
    """Writes `doc.spans["sentences"]`."""

    def __call__(self, doc: Doc) -> Doc:
        self.set_annotations(doc, self.match(doc))
        return doc

    def match(self, doc: Doc) -> list[Span]:
        """A Span for each sentence, its section as label."""
        spans = (
            doc.char_span(start, end, label=section, alignment_mode="expand")
            for start, end, section in derive_sections(doc.text)
        )
        return [span for span in spans if span is not None]

    def set_annotations(self, doc: Doc, found: list[Span]) -> None:
        doc.spans["sentences"] = SpanGroup(doc, name="sentences", spans=found)


@Language.factory(NAME, assigns=["doc.spans"])
def make_sections(nlp: Language, name: str) -> SectionFinder:
    """The component, for `nlp.add_pipe`."""
    return SectionFinder()
