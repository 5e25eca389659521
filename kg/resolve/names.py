"""A name → its normal form, in which spellings of one name agree and versions stay apart."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from kg.extract.lexicon import load_families
from kg.model import EntityType
from kg.resolve.abbreviations import is_short_for

__all__ = ["is_proper", "name_key", "to_words"]

_MARKED: Final = re.compile(r"([A-Za-z])[\u0300-\u036f]+")
_AND: Final = re.compile(r"(?<=\w)\s*&\s*(?=\w)")
_LAST_BRACKET: Final = re.compile(r"(.*\S) ?\(([^()]*)\)")
_WORD: Final = re.compile(r"[^\s_\-–—/()'’]+")
_VERSION: Final = re.compile(r"\d{1,2}(?:\.\d{1,2})?")
_SHORT_WORD: Final = re.compile(r"[A-Za-z]?[a-z]{1,4}")
"""A word that another case would make a short form."""

_SIZE: Final = re.compile(r"\d+(?:\.\d+)?[bm](?:illion)?")
_BRITISH: Final = (("isation", "ization"), ("modelling", "modeling"), ("labelling", "labeling"))
_MISREAD: Final = re.compile(r"^(gpt ?4)[0o](?=\b)|^[0o]([134])(?=\b)")
"""What digests make of GPT-4o, o1 and o3: letters and digits that look alike."""

_MEAN: Final = re.compile(r"^(?:avg\.? |mean (?=(?:accuracy|performance|reward|score|success|win)\b))")
"""What means the average; before other words, a mean is part of a name."""

_MAKER: Final = re.compile("openai|google|deepmind|meta|alibaba|anthropic|microsoft")

_KIND_WORDS: Final[Mapping[EntityType | None, re.Pattern[str]]] = {
    None: re.compile("approach|benchmark|dataset|framework|method|metric|model|score|task"),
    "model": re.compile("checkpoint"),
    "method": re.compile("algorithm|approach|framework|mechanism|method|technique"),
    "dataset": re.compile("benchmark|dataset"),
    "benchmark": re.compile("benchmark|dataset|leaderboard|suite"),
    "metric": re.compile("metric|score"),
    "task": re.compile("task"),
}
"""What the last word of a name may say of its kind, and adds nothing to the name."""

_SPELT_OUT: Final = {
    "cot": "chain of thought",
    "i2v": "image to video",
    "llm": "large language model",
    "math": "mathematical",
    "maths": "mathematical",
    "mllm": "multimodal large language model",
    "qa": "question answering",
    "robot": "robotic",
    "t2i": "text to image",
    "t2v": "text to video",
    "vlm": "vision language model",
    "vqa": "visual question answering",
}
"""Words in names of methods and tasks, and what nobody in the field would tell from them."""

_SAYS_NOTHING_AFTER: Final = {"accuracy": ("rate", "score"), "precision": ("rate",), "recall": ("rate",)}


@cache
def name_key(name: str, type: EntityType | None = None) -> str:
    """The normal form of a name: width, case, accents, hyphens, spaces, plural and kind words go.

    Of a `type`, what only such names may lose goes too: `GRPO algorithm` is `GRPO`, `Claude Sonnet 4` is
    `Claude 4 Sonnet`, `Pass@1 accuracy` is `pass@1`. Versions stay apart: `MATH-500` is not `MATH`,
    `Llama-3 (8B)` is not `Llama-3 (70B)`, `C++` is not `C`; of a last bracket only the short or the long
    form of what stands before it goes. Case tells a short word from a short form: `map` is no `MAP` (but
    models are written in any case).
    """
    words = _drop_kind(to_words(_less_bracket(_plain(name))), type)
    if type in ("method", "task"):
        words = [part for word in words for part in _spell_out(word)]
    last = _singular(words[-1], type if len(words) == 1 else None) if words else ""
    if len(words) == 1 and type not in (None, "model") and _SHORT_WORD.fullmatch(words[0][: len(last)]):
        return last.capitalize()
    words = [*map(str.casefold, words[:-1]), *filter(None, (last,))]
    joined = ""
    for word in _ORDERS[type](words) if type in _ORDERS else words:
        joined += "-" + word if joined[-1:].isdigit() and word[0].isdigit() else word
    for british, american in _BRITISH:
        joined = joined.replace(british, american)
    return joined or _plain(name).casefold() or name


def to_words(name: str) -> list[str]:
    """The words of a name, as they are written, without what joins them."""
    return _WORD.findall(name)


def is_proper(word: str) -> bool:
    """Whether a word is a name by its look: a digit, or a capital behind the first letter."""
    return any(letter.isdigit() or letter.isupper() for letter in word[1:]) or word[:1].isdigit()


def _plain(name: str) -> str:
    """One form of width, accents, spaces and signs; the case stays."""
    text = unicodedata.normalize("NFKC", name.replace("Ã—", "×"))
    text = _MARKED.sub(r"\1", unicodedata.normalize("NFD", text))
    return " ".join(_AND.sub(" and ", unicodedata.normalize("NFC", text)).split())


def _less_bracket(text: str) -> str:
    """The long form of `Flexible Match (FM)` and of `FM (Flexible Match)`; nor does `(%)` count."""
    bracket = _LAST_BRACKET.fullmatch(text)
    if bracket is None:
        return text
    name, inside = bracket.groups()
    if is_short_for(name, inside):
        return inside
    return name if is_short_for(inside, name) or not any(map(str.isalnum, inside)) else text


def _drop_kind(words: list[str], type: EntityType | None) -> list[str]:
    """A class of models is called a model (`world model`), and so keeps the word; a name does not."""
    while len(words) > 1:
        last = _singular(words[-1], None)
        of_model = type is not None and last == "model" and any(map(_is_model_name, words[:-1]))
        if not (of_model or _KIND_WORDS[type].fullmatch(last)):
            break
        words = words[:-1]
    return words


def _spell_out(word: str) -> list[str]:
    """The words that a word of many names is as good as: of `VQA`, `LLM`, `math`."""
    return _SPELT_OUT.get(_singular(word, None), word).split()


def _is_model_name(word: str) -> bool:
    return is_proper(word) or word.casefold() in _families()


def _singular(word: str, type: EntityType | None) -> str:
    """A name's last or only word without a plural s, in small letters.

    The only word of a model's or a data set's name ends as it is written, unless it is a word or a short
    form: `Titans` is not `Titan`.
    """
    folded = word.casefold()
    if word[:-1].isupper() and word.endswith("s") and len(word) > 2:
        return folded[:-1]
    plural = len(word) > 3 and folded.endswith("s") and not folded.endswith("ss")
    named = type in ("model", "benchmark", "dataset") and not word.islower()
    capitals = type is not None and word.endswith("S")
    return folded[:-1] if plural and not named and not capitals else folded


@cache
def _families() -> frozenset[str]:
    """The families of models whose name is one word."""
    return frozenset(family.casefold() for family in load_families() if len(to_words(family)) == 1)


def _order_model(words: list[str]) -> list[str]:
    """The maker goes; of a known family the version comes next, and the size last."""
    while len(words) > 1 and _MAKER.fullmatch(words[0]):
        words = words[1:]
    words = [re.sub(r"^v(?=\d)", "", word) for word in words]
    words = _MISREAD.sub(r"\1o\2", " ".join(map(_whole, words))).split()
    if not words or re.sub(r"[\d.]+$", "", words[0]) not in _families():
        return words
    versions = [word for word in words[1:] if _VERSION.fullmatch(word)]
    sizes = [word for word in words[1:] if _SIZE.fullmatch(word)]
    return [words[0], *versions, *(w for w in words[1:] if w not in (*versions, *sizes)), *sizes]


def _order_metric(words: list[str]) -> list[str]:
    """What behind `pass@1` or `accuracy` says nothing more goes; a mean of what has a name is its average."""
    words = [re.sub("^r@", "recall@", word) for word in words]
    words = _MEAN.sub("average ", " ".join(words)).split()
    if len(words) == 2 and "@" in words[0] and words[1] in ("accuracy", "rate", "score"):
        return words[:1]
    if len(words) > 1 and words[-1] in _SAYS_NOTHING_AFTER.get(words[-2], ()):
        return words[:-1]
    return words


def _order_data(words: list[str]) -> list[str]:
    return [_whole(word) for word in words]


def _whole(word: str) -> str:
    """`2.0` is `2`."""
    return re.sub(r"(?<=\d)\.0$", "", word)


_ORDERS: Final[Mapping[EntityType | None, Callable[[list[str]], list[str]]]] = {
    "model": _order_model,
    "metric": _order_metric,
    "benchmark": _order_data,
    "dataset": _order_data,
}
