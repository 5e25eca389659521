"""The pipeline, as `config.cfg` has it: our tokenizer, four components, and those of other packages.

    kg_sections   doc.spans["sentences"]   one Span a sentence; label: title, objective, method, results,
                                           implication, questions or body. "questions" holds follow-up
                                           questions and "the paper does not say …"; no fact rests on it.
    kg_values     doc.spans["values"]      one Span a number that may be a result; label: a `Kind` of
                                           values.py; `span._.kg_number`: its `Number` of numerals.py
    kg_entities   doc.spans["entities"]    one Span a mention; label: an `EntityType`; `span.id_`: the key of
                                           the thing, one for all its mentions in this text;
                                           `span._.kg_role`: a `Role` from paper to thing;
                                           `span._.kg_confidence`: tenths, 0 to 10;
                                           `span._.kg_component`: who found it (kg_entities; kg_results may
                                           append spans of its own, under its own name).
                  doc._.kg_sightings       tuple of `Sighting`: all that the rules saw
                  doc._.kg_reading         the `Reading` of the encoder; without one, rules alone fill slots
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
from collections.abc import Callable, Iterable
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import DummyTokenizer, load_config, load_model_from_config, registry
from spacy.vocab import Vocab

from kg.errors import ExtractorError
from kg.extract import entities

__all__ = ["Tokenizer", "make_pipeline", "make_tokenizer"]

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


@registry.tokenizers("kg_tokenizer")  # type: ignore[untyped-decorator]
def make_tokenizer() -> Callable[[Language], Tokenizer]:
    """The tokenizer, for `[nlp] tokenizer` of a configuration."""
    return lambda nlp: Tokenizer(nlp.vocab)


def make_pipeline(config: Path, guests: Iterable[str] = ()) -> Language:
    """A new pipeline as `config` says, ready to read the text of a `View`; guests come after the entities.

    Raises `ExtractorError` where the configuration cannot be read or names what is not there.
    """
    try:
        nlp = load_model_from_config(load_config(config), auto_fill=True)
    except (OSError, ValueError) as error:
        raise ExtractorError(f"{config}: {error}") from error
    own = nlp.pipe_names
    at = own.index(entities.NAME) + 1 if entities.NAME in own else len(own)
    for nth, name in enumerate(guest for guest in guests if guest not in own):
        nlp.add_pipe(name, before=at + nth if at + nth < len(nlp.pipe_names) else None)
    return nlp
