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
                                           append spans of its own, under its own name, where nothing
                                           stands there yet).
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

import configparser
import re
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn

from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import DummyTokenizer, load_config, load_model_from_config, registry
from spacy.vocab import Vocab
from thinc.api import Config

from kg.errors import ExtractorError
from kg.extract import entities

__all__ = ["NEEDED", "Tokenizer", "make_pipeline", "make_tokenizer", "read_config"]

NEEDED = ("kg_sections", "kg_values", "kg_entities", "kg_results")
"""What a pipeline must hold, by these names, whatever factory is behind them."""

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


def read_config(path: Path) -> Config:
    """A configuration; the folders of models that it names count from its own. Raises `ExtractorError`."""
    try:
        config = load_config(path, interpolate=True)
        for component in config["components"].values():
            if component.get("model"):
                component["model"] = str(path.absolute().parent / component["model"])
    except (OSError, ValueError, KeyError, AttributeError, configparser.Error) as error:
        raise ExtractorError(f"cannot use {path}: {_in_short(error)}; see KG_CONFIG") from error
    return config


def _in_short(error: Exception) -> str:
    """The beginning of what spaCy says, on one line."""
    said = "".join(c if c.isprintable() else " " for c in f"{type(error).__name__}: {error}")
    return textwrap.shorten(said, 200, placeholder=" …")


def _name_failure(name: str, component: Callable[[Doc], Doc], docs: list[Doc], error: Exception) -> NoReturn:
    """Says which component failed; what one of ours raises is a mistake of ours, and stays as it is."""
    if type(component).__module__.startswith("kg."):
        raise error
    text = docs[0].text[:40]
    raise ExtractorError(f"{name} failed on {text!r}: {_in_short(error)}") from error


@registry.tokenizers("kg_tokenizer")  # type: ignore[untyped-decorator]
def make_tokenizer() -> Callable[[Language], Tokenizer]:
    """The tokenizer, for `[nlp] tokenizer` of a configuration."""
    return lambda nlp: Tokenizer(nlp.vocab)


def make_pipeline(config: Path, guests: Iterable[str] = ()) -> Language:
    """A new pipeline as `config` says, ready to read the text of a `View`; guests come after the entities.

    Raises `ExtractorError` where the configuration cannot be read or names what is not there.
    """
    try:
        nlp = load_model_from_config(read_config(config), auto_fill=True)
    except (ImportError, OSError, ValueError) as error:
        raise ExtractorError(f"{config}: {_in_short(error)}") from error
    own = [name for name in nlp.pipe_names if name in NEEDED]
    if own != list(NEEDED):
        raise ExtractorError(f"{config}: the pipeline must hold {', '.join(NEEDED)}, in this order")
    nlp.set_error_handler(_name_failure)
    for name in reversed([guest for guest in guests if guest not in nlp.pipe_names]):
        try:
            nlp.add_pipe(name, after=entities.NAME)
        except Exception as error:
            raise ExtractorError(f"{name} cannot join: {_in_short(error)}") from error
    return nlp
