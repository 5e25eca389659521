"""What kind of thing a name names, from the words around it."""

from __future__ import annotations

import re
from collections import Counter

from kg.model import EntityType

__all__ = ["noun_kind", "votes"]

_NOUNS: dict[EntityType, str] = {
    "benchmark": r"benchmarks?|benchmarking|leaderboards?|testbeds?|test sets?|test suites?|evaluation suites?|challenges?|arenas?",
    "dataset": r"data ?sets?|corpus|corpora|collections?|database|data",
    "model": r"(?:[LMV]{0,2}L?[LV]Ms?)|models?|checkpoints?|backbones?|encoders?|networks?|transformers?|variants?|family|series|assistants?",
    "method": (
        r"frameworks?|methods?|approach(?:es)?|algorithms?|techniques?|architectures?|systems?|pipelines?|strateg(?:y|ies)|"
        r"paradigms?|modules?|mechanisms?|loss|losses|agents?|toolkits?|librar(?:y|ies)|platforms?|engines?|optimizers?|"
        r"tokenizers?|protocols?|polic(?:y|ies)|recipes?|tools?|layers?|adapters?|procedures?|decoders?|attention|training|"
        r"pretraining|fine-tuning|optimization|environments?|simulators?|interfaces?|workflows?|solution"
    ),
    "metric": r"metrics?|measures?|scores?|index",
    "task": r"tasks?|problems?",
}  # fmt: skip
_KIND = re.compile(
    r"(?<![\w-])(?:" + "|".join(f"(?P<{kind}>{nouns})" for kind, nouns in _NOUNS.items()) + r")(?![\w-])"
)
_AFTER = re.compile(r"(?:\s\([^()]{1,40}\))?(?:'s)?\s(?:[\w-]+\s){0,1}?" + _KIND.pattern)
_APPOSED = re.compile(
    r"(?:\s\([^()]{1,60}\))?(?:,| is| are| as|:| -+)\s(?:an?|the|our|two|both)\s([^.;:()]{1,110})"
)
_MEASURED_AFTER = re.compile(r"(?:\s(?:scores?|values?))?\s?(?:of|=|:|at)\s?\d")
_MEASURED_BEFORE = re.compile(r"(?:\d\s?%?|\b(?:higher|lower|better|average|mean|highest|lowest|in))\s$")
_LISTED = re.compile(
    _KIND.pattern
    + r"(?:,? (?:such as|like|including|e\.g\.,?|namely|called|named|termed|dubbed|:)|,|:| \((?:e\.g\.,? )?)\s?(?:the )?$"
)
_ON = re.compile(r"\b(?:on|across)\s(?:the\s)?(?:[\w-]+\s)?$")
_RIVAL = re.compile(
    r"\b(?:outperform\w*|surpass\w*|exceed\w*|beat\w*|compared (?:to|with)|than|over|versus|vs\.?|against|unlike)"
    r"\s(?:the\s)?(?:[\w-]+\s)?$"
)
_TRAINED_ON = re.compile(r"\b(?:pre-?|fine-?)?train(?:ed|ing)\s(?:\w+\s)?on\s(?:the\s)?(?:[\w-]+\s)?$")
_TUNED = re.compile(r"\bfine-?tun(?:ed?|ing)\s(?:the\s|a\s)?(?:[\w-]+\s)?$")
_MEANS = re.compile(
    r"\b(?:using|via|by|through|leverag\w+|employ\w+|appl\w+|us(?:es|ed|e))\s(?:the\s|an?\s)?$"
)


def noun_kind(text: str) -> EntityType | None:
    """The kind that the first telling noun of a phrase says: "a benchmark for language models" is a benchmark."""
    match = _KIND.search(text)
    return _named(match) if match else None


def votes(before: str, after: str) -> Counter[EntityType]:
    """How strongly the words before and after a name, in its sentence, speak for each kind."""
    found: Counter[EntityType] = Counter()
    if match := _AFTER.match(after):
        found[_named(match)] += 5
    elif (match := _APPOSED.match(after)) and (kind := noun_kind(match[1])):
        found[kind] += 6
    if match := _LISTED.search(before):
        found[_named(match)] += 5
    for pattern, kind, weight in _BEFORE:
        if pattern.search(before):
            found[kind] += weight
    if _MEASURED_AFTER.match(after):
        found["metric"] += 3
    return found


_BEFORE: tuple[tuple[re.Pattern[str], EntityType, int], ...] = (
    (_TRAINED_ON, "dataset", 4),
    (_ON, "benchmark", 3),
    (_RIVAL, "model", 1),
    (_TUNED, "model", 2),
    (_MEANS, "method", 1),
    (_MEASURED_BEFORE, "metric", 1),
)


def _named(match: re.Match[str]) -> EntityType:
    return next(kind for kind in _NOUNS if match[kind])
