"""What the name of a thing says of the things around it: versions, splits, sizes, broader tasks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from kg.extract.lexicon import load_families
from kg.model import EntityType
from kg.resolve.names import is_proper, to_words

__all__ = ["find_broader", "find_wholes", "is_split", "is_version", "parse_size", "parse_variant"]

_OF_VERSION: Final = re.compile(
    "verified|lite|pro|plus|hard|easy|challenge|diamond|extended|redux|mini|full|core|live|multimodal"
    "|multilingual|extra|small|large|long|short|i2v|next"
)
_OF_SPLIT: Final = re.compile("dev|eval|minival|set|split|std|test|testmini|train|val|valid|validation")
_NUMBER: Final = re.compile(r"\+{1,2}|[vV]?\d+(?:\.\d+)*[kKmM]?")
_VARIANTS: Final = {"instruct": "instruct", "inst": "instruct", "chat": "chat", "base": "base"}
_PREPOSITION: Final = re.compile("across|against|and|by|for|from|in|of|on|or|over|to|under|via|with|without")
_JOINT: Final = re.compile(r"(?<=\w)(?=[\s_\-(/:])|(?<=[^\W\d_])(?=['’]?\d)|(?<=\w)(?=\+)")
_SIZE: Final = re.compile(r"[\s_(-]+(\d{1,4}(?:\.\d{1,3})?(?=[Bb])|\d{2,4}(?=M))([BbM])(?![A-Za-z0-9])")
_SHOTS: Final = re.compile(r"-\d{1,2}")
"""What is left of `MMLU-5 shot` is no version."""


def parse_size(label: str) -> tuple[str | None, int | None]:
    """`Llama-3-8B-Instruct` → (`Llama-3`, 8000000000): the family, and the parameters that it names.

    Of millions only two digits and more count: the `1M` of a name is the length of its context.
    """
    size = _SIZE.search(label)
    if not size or not size.start() or not size[1].strip("0."):
        return None, None
    whole, _, fraction = size[1].partition(".")
    exponent = 6 if size[2] == "M" else 9
    return label[: size.start()], int(whole + fraction.ljust(exponent, "0"))


def parse_variant(label: str) -> str | None:
    """`Llama-3-8B-Instruct` → `instruct`: what a model was made into, where its name says so."""
    last = [word.casefold() for word in to_words(label)[1:] if word.casefold() in _VARIANTS]
    return _VARIANTS[last[-1]] if last else None


def find_wholes(type: EntityType, label: str) -> Iterator[str]:
    """The names that this one may be a version of, the nearest first: `Qwen2.5-VL-7B` → `Qwen2.5-VL`, …

    Of a model each beginning that looks like a name; of a benchmark or data set each one that only words
    and numbers of versions or splits follow. Whether such a thing exists is not known here.
    """
    if type not in ("model", "benchmark", "dataset") or (type == "model" and label in load_families()):
        return
    for end in _ends(label):
        whole, rest = label[:end].rstrip(" _-(/:'’"), label[end:]
        if _is_family(whole, label) if type == "model" else _is_tail(rest):
            yield whole


def is_version(name: str, whole: str) -> bool:
    """Whether a name is the whole's, and more words that only tell a version or a split."""
    rest = name[len(whole) :]
    return name.startswith(whole) and bool(rest) and (_all(rest, _OF_VERSION) or is_split(name, whole))


def is_split(name: str, whole: str) -> bool:
    """Whether what follows the whole's name only tells which part of it is meant: `val`, `test-std`."""
    rest = name[len(whole) :]
    return _all(rest, _OF_SPLIT) and any(map(str.isalpha, rest)) and not _all(rest, _OF_VERSION)


def find_broader(label: str) -> Iterator[str]:
    """The names of broader tasks that end this one, the nearest first: `image editing` → `editing`."""
    words = label.split()
    if not any(_PREPOSITION.fullmatch(word.casefold()) for word in words):
        for start in range(1, len(words)):
            yield " ".join(words[start:])


def _ends(label: str) -> list[int]:
    """Where a shorter name may end, the last first."""
    return [joint.start() for joint in _JOINT.finditer(label)][::-1]


def _all(rest: str, words: re.Pattern[str]) -> bool:
    found = re.findall(
        r"\+{1,2}|[a-z]\d[a-z]|v?\d+(?:\.\d+)*[km]?(?![^\W\d_])|[^\W\d_]+|\d+", rest.casefold()
    )
    return bool(found) and all(_NUMBER.fullmatch(word) or words.fullmatch(word) for word in found)


def _is_family(text: str, label: str) -> bool:
    """Whether text may be a family's name: known, before a size, or some word of it looks like a name."""
    return text in load_families() or text == parse_size(label)[0] or any(map(is_proper, to_words(text)))


def _is_tail(rest: str) -> bool:
    """Whether the rest of the name of a benchmark or data set only tells a version or a split."""
    return not _SHOTS.fullmatch(rest) and (_all(rest, _OF_VERSION) or _all(rest, _OF_SPLIT))
