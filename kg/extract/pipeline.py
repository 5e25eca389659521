"""The pipeline: `spacy.blank("en")`, our tokenizer, four components, and those of other packages.

    kg_sections   doc.spans["sentences"]   one Span a sentence; label: title, objective, method, results,
                                           implication, questions or body. "questions" holds follow-up
                                           questions and "the paper does not say …"; no fact rests on it.
    kg_entities   doc.spans["entities"]    one Span a mention; label: an `EntityType`; `span.id_`: the key of
                                           the thing, one for all its mentions in this text;
                                           `span._.kg_role`: a `Role` from paper to thing;
                                           `span._.kg_confidence`: tenths, 0 to 10;
                                           `span._.kg_component`: who found it (kg_entities; kg_results may
                                           append spans of its own, under its own name)
    kg_values     doc.spans["values"]      one Span a number that may be a result; label: a `Kind` of
                                           values.py; `span._.kg_number`: its `Number` of numerals.py
    kg_results    doc._.kg_results         tuple of `kg.extract.results.Candidate`; its slots are Spans of
                                           doc.spans["entities"]

The text is a `View` (normalise.py): the title, a blank line, the abstract. The tokenizer cuts at every
change between letters, digits and signs, so that `doc.char_span(start, end)` hits every boundary that a
rule may want. `span.start_char` and `span.end_char` count into the view; `View.evidence` maps them back.

A component is `match(doc)`, which returns what it found, then `set_annotations(doc, found)`, which
writes it. A guest, a factory of another package whose name begins with `kg_`, comes after kg_entities
and may append to doc.spans["entities"], with all that is said of them above.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import DummyTokenizer
from spacy.vocab import Vocab

from kg.extract import entities, results, sections, values

__all__ = ["Tokenizer", "make_pipeline"]

_TOKEN = re.compile(r"[^\W\d_]+|\d+|.", re.DOTALL)


class Tokenizer(DummyTokenizer):
    """Cuts at every change between letters, digits and signs; linear, whatever the text."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        words: list[str] = []
        spaces: list[bool] = []
        for token in _TOKEN.findall(text):
            if token == " " and spaces and not spaces[-1]:
                spaces[-1] = True
            else:
                words.append(token)
                spaces.append(False)
        return Doc(self.vocab, words=words, spaces=spaces)


def make_pipeline(guests: Iterable[str] = ()) -> Language:
    """A new pipeline, ready to read the text of a `View`; guests come after the entities."""
    nlp = spacy.blank("en")
    nlp.tokenizer = Tokenizer(nlp.vocab)
    for name in (sections.NAME, values.NAME, entities.NAME, *guests, results.NAME):
        nlp.add_pipe(name)
    return nlp
