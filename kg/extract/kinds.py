"""What kind of thing a name names, from its form and from the words around it."""

from __future__ import annotations

import re
from collections import Counter
from typing import cast

from kg.extract.known import known_term
from kg.model import EntityType

__all__ = ["form_votes", "noun_kind", "purpose_votes", "votes"]

_NOUNS: dict[EntityType, str] = {
    "benchmark": r"benchmarks?|benchmarking|leaderboards?|testbeds?|test (?:sets?|suites?)|challenges?|"
    r"arenas?|evaluation suites?|environments?",
    "dataset": r"data ?sets?|corpus|corpora|collections?|database|data",
    "model": r"[LMV]{0,2}L?[LV]Ms?|models?|checkpoints?|backbones?|encoders?|networks?|transformers?|family|"
    r"variants?|series|assistants?",
    "method": r"frameworks?|methods?|approach(?:es)?|algorithms?|techniques?|architectures?|systems?|"
    r"solution|pipelines?|strateg(?:y|ies)|paradigms?|modules?|mechanisms?|loss|losses|agents?|toolkits?|tools?|"
    r"librar(?:y|ies)|platforms?|engines?|optimizers?|tokenizers?|protocols?|polic(?:y|ies)|recipes?|layers?|"
    r"adapters?|procedures?|decoders?|attention|training|pretraining|fine-tuning|optimization|workflows?|"
    r"simulators?|interfaces?",
    "metric": r"metrics?|measures?|scores?|index",
    "task": r"tasks?|problems?",
}
_KIND = r"(?<![\w-])(?:" + "|".join(f"(?P<{kind}>{nouns})" for kind, nouns in _NOUNS.items()) + r")(?![\w-])"
_TELLING = re.compile(_KIND, re.IGNORECASE)
_MODIFIED = re.compile(
    r"\s(?!(?:for|that|which|to|of|on|in|with|using|based|designed|built|trained|and|or|by|from|as|via|where|at|"
    r"is|are|was|featuring|comprising|containing|consisting|called|named|capable|specialized|it|spanning|covering)\b)"
    r"[\w-]"
)
_AFTER = re.compile(r"(?:\s\([^()]{1,40}\))?(?:'s)?\s(?:[\w-]+\s)?" + _KIND)
_APPOSED = re.compile(
    r"(?:\s\([^()]{1,60}\))?(?:,| is| are| as|:| -+)\s"
    r"(?:(?:an?|the|our|two|both)\s|(?=Benchmark))([^.;:()]{1,110})",
    re.IGNORECASE,
)
_LISTED = re.compile(
    _KIND
    + r"(?:,? (?:such as|like|including|e\.g\.,?|namely|called|named|termed|dubbed)|[,:]| \((?:e\.g\.,? )?)"
    r"\s?(?:the )?$",
    re.IGNORECASE,
)
_TITLED = re.compile(rf"(?::| -{{1,2}}| —) (?:[\w-]+ ){{1,8}}{_KIND}(?=\n|$)", re.IGNORECASE)
_SUBTITLE = re.compile(r": (?:Benchmarking|Evaluating|Assessing|Measuring)\b")
_COUNTED = re.compile(
    r"(?:\s\([^()]{1,60}\))?,\s(?:over |about |some )?\d[\d,.]*(?:K|M| million| thousand)?\s"
    r"(?:[\w-]+\s){0,3}?"
    r"(?:pairs|images|videos|clips|samples|examples|documents|conversations|dialogues|annotations|records)\b"
)
_ACTS = re.compile(
    r"(?:\s\([^()]{1,40}\))?\s(?:significantly |consistently |also )?"
    r"(?:achiev|outperform|surpass|attain|reach|improv|obtain|exceed|reduc|beat)(?:s|es|ed)\b"
)
_MEASURED_AFTER = re.compile(r"\)?(?:\s(?:scores?|values?))?\s?(?:of|=|:|at|up to)\s?\d")
_BEFORE: tuple[tuple[EntityType, int, re.Pattern[str]], ...] = (
    ("dataset", 4, re.compile(r"\b(?:pre-?|fine-?)?train(?:ed|ing)\s(?:\w+\s)?on\s(?:the\s)?(?:[\w-]+\s)?$")),
    ("benchmark", 3, re.compile(r"\b(?:on|across)\s(?:the\s)?(?:[\w-]+\s)?$")),
    (
        "model",
        1,
        re.compile(
            r"\b(?:outperform\w*|surpass\w*|exceed\w*|beat\w*|compared (?:to|with)|than|over|versus|vs\.?|"
            r"against|unlike)\s(?:the\s)?(?:[\w-]+\s)?$"
        ),
    ),
    (
        "model",
        5,
        re.compile(
            r"\d(?:\s?%|x|\spoints?|\stimes)?\s(?:[a-z]+\s)?"
            r"(?:relative to|compared (?:to|with)|than|versus|against)\s(?:the\s)?$"
        ),
    ),
    ("model", 2, re.compile(r"\bfine-?tun(?:ed?|ing)\s(?:the\s|a\s)?(?:[\w-]+\s)?$")),
    (
        "method",
        1,
        re.compile(
            r"\b(?:using|via|by|through|leverag\w+|employ\w+|appl\w+|us(?:es|ed|e))\s(?:the\s|an?\s)?$"
        ),
    ),
    (
        "metric",
        1,
        re.compile(r"(?:\d\s?%?|\b(?:higher|lower|better|average|mean|highest|lowest|in))\s$"),
    ),
)
_LEAD = r"(?:\s(?:the|an?|its|novel|new|efficient|two-stage|multi-stage|both))*\s$"
_MEANS = re.compile(
    r"\b(?:using|via|through|with|by|uses?|employ(?:s|ing)|leverag(?:es|ing)|incorporat(?:es|ing)|based on|"
    r"combin(?:es|ing)|integrat(?:es|ing)|introduc(?:es|ing)|propos(?:es?|ing)|involves?|appl(?:ies|ying)|called|"
    r"performs?)" + _LEAD
)
_AIM = re.compile(
    r"\b(?:for|on|of|towards?|improv(?:e|es|ed|ing)|enhanc(?:e|es|ed|ing)|evaluat(?:e|es|ing)|address(?:es|ing)?|"
    r"mitigat(?:e|es|ing)|tackl(?:e|es|ing)|existing|efficient|robust|accurate|automated?)" + _LEAD
)
_SUFFIXED = re.compile(r"([A-Za-z]+)(?:[-(×]|\d|\s(?:v?\d|[A-Z]))")
_FORMS: tuple[tuple[EntityType, int, re.Pattern[str]], ...] = (
    ("benchmark", 8, re.compile(r"(?:[Bb]ench|BENCH)(?![a-z])")),
    (
        "benchmark",
        5,
        re.compile(r"(?<=.)(?:QA|Eval|EVAL|-eval|Arena|ARENA|Challenge|Leaderboard)(?:[-+ ]|$)"),
    ),
    ("dataset", 6, re.compile(r"(?:\d[KMkm]\+?|-Train|Instruct|Data|Dataset|Corpus|Set)$")),
    ("model", 7, re.compile(r"[-\d]\d*(?:\.\d+)?[Bb](?![A-Za-z])")),
    ("model", 7, re.compile(r"(?:LLaVA|[Ll]lama|LLaMA|Qwen|GPT|VLA|LLM|VLM|CLIP)(?![a-z])")),
    ("model", 3, re.compile(r"(?:Net|Former|former|BERT|Diffusion|Gen|-VL)(?:[-v\d]|$)")),
    ("metric", 6, re.compile(r"@|(?:[Ss]core|SCORE|-[Ss]im|Sim|AUC|Acc|Rate|Accuracy|Error)$|FID")),
)
"""Kind and weight of what the form of a name shows."""


def noun_kind(text: str) -> EntityType | None:
    """What the first telling noun of a phrase says, unless it modifies another noun.

    "a benchmark for language models" is a benchmark, "a data selection method" a method.
    """
    first: EntityType | None = None
    for match in _TELLING.finditer(text):
        if not _MODIFIED.match(text, match.end()):
            return _named(match)
        first = first or _named(match)
    return first


def purpose_votes(before: str) -> Counter[EntityType]:
    """How strongly the words before a term speak for what is done (a task) or for what does it (a method)."""
    found: Counter[EntityType] = Counter()
    for kind, pattern in (("method", _MEANS), ("task", _AIM)):
        if pattern.search(before):
            found[cast(EntityType, kind)] += 3
    return found


def form_votes(name: str) -> Counter[EntityType]:
    """How strongly the form of a name itself speaks for a kind."""
    shown: Counter[EntityType] = Counter()
    base = _SUFFIXED.match(name)
    if base and (term := known_term(base[1])):
        shown[term.type] += 6
    for kind, weight, pattern in _FORMS:
        if pattern.search(name):
            shown[kind] += weight
    return shown


def votes(before: str, after: str) -> Counter[EntityType]:
    """How strongly the words before and after a name, in its sentence, speak for each kind."""
    found: Counter[EntityType] = Counter()
    if match := _AFTER.match(after):
        found[_named(match)] += 5
    elif (match := _APPOSED.match(after)) and (kind := noun_kind(match[1])):
        found[kind] += 6
    elif match := _TITLED.match(after):
        found[_named(match)] += 5
    if _COUNTED.match(after):
        found["dataset"] += 5
    if _SUBTITLE.match(after):
        found["benchmark"] += 6
    if match := _LISTED.search(before):
        found[_named(match)] += 5
    for kind, weight, pattern in _BEFORE:
        if pattern.search(before):
            found[kind] += weight
    if _MEASURED_AFTER.match(after):
        found["metric"] += 3
    if _ACTS.match(after):
        found["model"] += 1
    return found


def _named(match: re.Match[str]) -> EntityType:
    return next(kind for kind in _NOUNS if match[kind])
