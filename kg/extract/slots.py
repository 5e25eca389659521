"""What fills the slots of a measured number: metric, on, subject, baseline, and its direction.

Pure functions over the text of one sentence, the numbers in it and the things named in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kg.extract.numerals import Number
from kg.extract.values import COMPARATIVE, GAIN_NOUN, HEDGES, METRIC_WORD, Kind, phrase_after
from kg.model import Direction, EntityType, Role

__all__ = ["Filled", "Frame", "Thing", "fill"]

SYSTEMS: tuple[EntityType, ...] = ("model", "method")
DATA: tuple[EntityType, ...] = ("benchmark", "dataset")


@dataclass(frozen=True, slots=True)
class Thing:
    """A mention of the thing `key` at `text[start:end]`."""

    start: int
    end: int
    type: EntityType
    key: str
    role: Role = "mentions"

    @property
    def id(self) -> tuple[EntityType, str]:
        return (self.type, self.key)


@dataclass(frozen=True, slots=True)
class Frame:
    """A sentence, `text[start:end]`: its numbers with their kinds, the things it names, and the
    things that the paper proposes, the most telling first."""

    text: str
    start: int
    end: int
    numbers: Sequence[Number]
    kinds: Sequence[Kind]
    things: Sequence[Thing]
    proposed: Sequence[Thing]

    def before(self, position: int) -> str:
        return self.text[self.start : self.numbers[position].start]

    def after(self, position: int) -> str:
        return self.text[self.numbers[position].end : self.end]

    def among(self, types: Sequence[EntityType], start: int, end: int) -> list[Thing]:
        """The things of these types between two offsets, in their order."""
        return [thing for thing in self.things if thing.type in types and start <= thing.start and thing.end <= end]


@dataclass(frozen=True, slots=True)
class Filled:
    """The slots of one number."""

    metric: Thing | None = None
    on: Thing | None = None
    subject: Thing | None = None
    baseline: Thing | None = None
    direction: Direction | None = None


def fill(frame: Frame) -> list[Filled]:
    """The slots of every number of the frame that is a result or a baseline, in their order."""
    filled: list[Filled] = []
    for position, kind in enumerate(frame.kinds):
        if kind in ("other", "baseline"):
            filled.append(Filled())
            continue
        metric = find_metric(frame, position, filled)
        on = find_on(frame, position, filled)
        subject = find_subject(frame, position)
        baseline = find_baseline(frame, position, subject)
        filled.append(Filled(metric, on, subject, baseline, find_direction(frame, position)))
    return filled


# ---------------------------------------------------------------- metric

_GENERIC = frozenset(
    "score scores performance result results value values rate improvement improvements total average average-case"
    " gain gains margin quality-score baseline increase reduction".split()
)
_LEADING = re.compile(
    r"(?:(?:state-of-the-art|SOTA|new|best|highest|lowest|higher|lower|superior|strong|competitive|impressive|high|low"
    r"|remarkable|notable|overall|average|mean|peak|maximum|minimum|final|improved|better|relative|absolute|significant"
    r"|average|up|to|only|an?|the|its|their|reported|top|good|excellent|comparable|additional|substantial|performance"
    r"|negligible|minimal|slight|single|first|perfect|respective|initial|base|baseline|consistent) )+"
)
_EDGE = frozenset(
    "a an the its their with in on for of to by and or as at from than that which is are was were has have had having"
    " up only both while when where using via through after before over across under into show shows showed"
    " demonstrate demonstrates demonstrated demonstrating yield yields yielding yielded respective this these each"
    " resulting results result exhibit exhibits exhibited model's models' against but per between e.g. i.e. also even"
    " be can could it they we there if not no either increases increase decreases reduces improves boosts drops"
    " falls rises rose fell reach".split()
)
_VERB = re.compile(
    r"(?:achiev|obtain|attain|reach|record|report|improv|increas|reduc|decreas|boost|enhanc|maintain|deliver|rais|lower"
    r"|outperform|surpass|exceed|includ|indicat|reveal|demonstrat|yield|show|provid|gain|cut|get|got|produc|sav|exhibit"
    r"|preserv|scor)(?:e|es|ed|s|ing|ting|ts)?$"
)
_METRIC = re.compile(rf"(?:[\w-]*-)?{METRIC_WORD}(?:[@\-_/+][\w.%+-]*)?s?|[A-Z][\w-]*@[\w.]+|[a-z]+@[\w.]+", re.ASCII)
_LEAD_OUT = re.compile(
    rf"(?P<bracket> ?\((?P<abbreviation>[^()]{{1,40}})\))?"
    rf"(?P<join> (?:of|at|to|is|was|by|reaching|exceeding|between|around|averaging|above|below|over|=)"
    rf"| ?[:=>≥(<,]| (?:as (?:high|low) as)|) ?{HEDGES}$"
)
_CHANGED = re.compile(
    r"\b(?:improv|increas|reduc|decreas|boost|enhanc|rais|lower|cut|degrad|accelerat|lift|elevat|rais|shorten|speed"
    r"|minimi[sz]|mitigat|drop|outperform)(?:e|es|ed|s|ing|ting|ts)? (?P<object>[^;]{2,90}?)"
    rf"(?: (?:by|from|to) | )?(?:{HEDGES})$"
)
_NOUN_IN = re.compile(rf"(?:[\w-]+ ){{0,3}}?{GAIN_NOUN} (?:in|of|for|on) (?:the |its |their |average |overall |mean )*", re.I)
_IN_TERMS = re.compile(r"(?:in terms of|as measured by|measured by|measured in|in|on) (?:the |average |overall |mean )*")


def find_metric(frame: Frame, position: int, filled: Sequence[Filled]) -> Thing | None:
    """The metric of a number: beside it, else what changed, else of the number before it."""
    for rule in (_metric_of, _metric_next, _metric_gained, _metric_changed, _metric_trailing):
        found = rule(frame, position)
        if found is not None:
            return found[0] if found else None
    before = [f.metric for f, kind in zip(filled, frame.kinds, strict=False) if kind not in ("other", "baseline")]
    if before:
        return before[-1]
    return _metric_nearest(frame, position)


Found = tuple[Thing, ...] | None
"""One thing; none, since the words are generic; or None, where a rule has nothing to say."""


def _phrase(frame: Frame, start: int, end: int, sure: bool) -> Found:
    """The metric in the words `text[start:end]`; `sure` says that they cannot be anything else."""
    text = frame.text
    while lead := _LEADING.match(text, start, end):
        start = lead.end()
    for thing in frame.among((*DATA, *SYSTEMS), start, end):
        if thing.start == start and thing.end < end - 1:
            start = thing.end + (text[thing.end] == " ")
    words = text[start:end].split()
    if not words:
        return None
    if all(word.lower().strip(",.") in _GENERIC for word in words):
        return ()
    known = [t for t in frame.things if t.type == "metric" and t.start < end and start < t.end and t.end >= end - 7]
    if known:
        return (max(known, key=lambda t: t.end - t.start),)
    if not sure and not _METRIC.fullmatch(words[-1].strip("'\"")):
        return None
    name = text[start:end]
    return (Thing(start, end, "metric", name.casefold()),)


def _words_back(text: str, start: int, end: int) -> int:
    """Where the noun phrase that ends at `end` starts."""
    first = end
    for count, match in enumerate(reversed(list(re.finditer(r"\S+", text[max(start, end - 100) : end])))):
        word = match.group()
        bare = word.strip("(\"'")
        if count == 6 or bare.lower() in _EDGE or _VERB.match(bare) or re.search(r"[,;:.)]$|'s$", word) or re.fullmatch(r"[0-9.,%]+x?", bare):
            break
        first = max(start, end - 100) + match.start()
        if word.startswith("("):
            first += 1
            break
    return first


def _metric_of(frame: Frame, position: int) -> Found:
    """`a success rate (SR) of 67%`, `WER: 3.1`, `(FID 2.1`."""
    text, end = frame.text, frame.numbers[position].start
    lead = _LEAD_OUT.search(text, max(frame.start, end - 110), end)
    if not lead:
        return None
    join = lead["join"].strip()
    if join in ("over", "by") or (join == "" and frame.kinds[position] == "gain"):
        return None
    start = _words_back(text, frame.start, lead.start())
    if start >= lead.start():
        return None
    return _phrase(frame, start, lead.start(), sure=join == "of" and frame.kinds[position] == "score")


def _metric_next(frame: Frame, position: int) -> Found:
    """`40.0% mean accuracy`, `a 2.1% accuracy improvement`, `3x faster inference`."""
    number, kind = frame.numbers[position], frame.kinds[position]
    words = list(phrase_after(frame.text[number.end : frame.end]))
    start = frame.text.find(words[0], number.end) if words else -1
    if start < 0:
        return None
    if kind != "score":
        while words and re.fullmatch(rf"{COMPARATIVE}|absolute|relative|average|overall|in|reduction|increase", words[0], re.I):
            start = start + len(words[0]) + 1
            words.pop(0)
        while words and re.fullmatch(GAIN_NOUN, words[-1], re.I) and words[-1].lower() not in ("speedup", "speed-up", "acceleration"):
            words.pop()
    if not words:
        return None
    end = start
    for word in words:
        end = frame.text.find(word, end) + len(word)
    return _phrase(frame, start, end, sure=False)


def _metric_gained(frame: Frame, position: int) -> Found:
    """`a 5% increase in success rate`, `by 5% in accuracy`."""
    number = frame.numbers[position]
    lead = _NOUN_IN.match(frame.text, number.end + 1, frame.end) or _IN_TERMS.match(frame.text, number.end + 1, frame.end)
    if not lead:
        return None
    words = phrase_after(" " + frame.text[lead.end() : frame.end])
    if not words:
        return None
    end = lead.end()
    for word in words:
        end = frame.text.find(word, end) + len(word)
    return _phrase(frame, lead.end(), end, sure=False)


def _metric_changed(frame: Frame, position: int) -> Found:
    """`reduces latency by 40%`, `improves the accuracy of X on Y from 3 to 4`."""
    start = frame.numbers[position - 1].end if position and frame.kinds[position] != "score" else frame.start
    changed = None
    for changed in _CHANGED.finditer(frame.text, start, frame.numbers[position].start):
        pass
    if changed is None:
        return None
    first, last = changed.span("object")
    metrics = frame.among(("metric",), first, last)
    if metrics:
        return (metrics[-1],)
    words = phrase_after(" " + frame.text[first:last])
    end = first
    for word in words:
        end = frame.text.find(word, end) + len(word)
    return _phrase(frame, first, end, sure=False) if words else None


def _metric_trailing(frame: Frame, position: int) -> Found:
    return None


def _metric_nearest(frame: Frame, position: int) -> Thing | None:
    number = frame.numbers[position]
    metrics = frame.among(("metric",), frame.start, frame.end)
    return min(metrics, key=lambda t: abs(t.start - number.start), default=None)


# ---------------------------------------------------------------- on


def _segment(frame: Frame, position: int) -> tuple[int, int]:
    """From the result before this one to the result after it."""
    kinds, numbers = frame.kinds, frame.numbers
    left = max((n.end for n, k in zip(numbers[:position], kinds[:position], strict=True) if k != "other"), default=frame.start)
    right = min(
        (n.start for n, k in zip(numbers[position + 1 :], kinds[position + 1 :], strict=True) if k not in ("other", "baseline")),
        default=frame.end,
    )
    return left, right


def find_on(frame: Frame, position: int, filled: Sequence[Filled]) -> Thing | None:
    """What a number was measured on: named behind it, before it, or what the paper proposes."""
    number = frame.numbers[position]
    left, right = _segment(frame, position)
    bracketed = [t for t in frame.among(DATA, left, number.start) if re.fullmatch(rf" ?\({HEDGES}", frame.text[t.end : number.start])]
    if bracketed:
        return bracketed[-1]
    behind = frame.among(DATA, number.end, right)
    if behind:
        return behind[0]
    ahead = frame.among(DATA, left, number.start)
    if ahead:
        return ahead[-1]
    ahead = frame.among(DATA, frame.start, number.start)
    if ahead:
        return ahead[-1]
    behind = frame.among(DATA, number.end, frame.end)
    if behind:
        return behind[0]
    for thing in frame.proposed:
        if thing.type == "benchmark":
            return thing
    for thing in frame.among(("task",), number.end, right):
        if re.search(r"\b(?:on|in|for|of) (?:[\w-]+ ){0,4}$", frame.text[number.end : thing.start]):
            return thing
    return None


# ---------------------------------------------------------------- subject and baseline

_RIVAL_LEAD = re.compile(
    r"\b(?:compared (?:to|with)|over|than|versus|vs\.?|against|relative to|outperform\w*|surpass\w*|exceed\w*|beat\w*"
    r"|superior to|inferior to|better than|baselines?|behind|such as|like|improv\w* upon|match\w*|predecessor|including)"
    r"(?: [^\s,;()]+){0,5},? ?\(?$",
    re.IGNORECASE,
)
_LISTED = re.compile(r"(?: \([^()]{1,30}\))?(?:,|,? and|,? or) (?:[\w-]+ ){0,2}$")
_BY_SYSTEM = re.compile(r"\b(?:by|for|with|using|from) (?:[^\s,;()]+ ){0,3}$")


def _rivals(frame: Frame) -> list[Thing]:
    """The systems of the sentence that something is compared with."""
    rivals: list[Thing] = []
    for thing in frame.among(SYSTEMS, frame.start, frame.end):
        gap = frame.text[max(frame.start, thing.start - 70) : thing.start]
        listed = rivals and thing.start >= rivals[-1].end and _LISTED.fullmatch(frame.text[rivals[-1].end : thing.start])
        if listed or _RIVAL_LEAD.search(gap):
            rivals.append(thing)
    return rivals


def find_subject(frame: Frame, position: int) -> Thing | None:
    """What achieved a number: a system beside it, the first one of its clause, or the proposed one."""
    number = frame.numbers[position]
    rivals = _rivals(frame)
    left, right = _segment(frame, position)
    own = [t for t in frame.among(SYSTEMS, frame.start, frame.end) if t not in rivals]
    for thing in own:
        if re.fullmatch(rf"(?:'s)?(?::| -| \() ?{HEDGES}", frame.text[thing.end : number.start]):
            return thing
    ahead = [t for t in own if t.end <= number.start]
    near = [t for t in ahead if t.start >= left]
    for group in (near, ahead):
        for thing in group:
            if re.match(r"(?: \([^()]{1,40}\))?(?: \w+){0,3}? (?:\w*ly )?(?:achiev|improv|outperform|reduc|surpass|reach|attain|obtain|scor|demonstrat|show|exhibit|exceed|increas|boost|yield|deliver|get|record|has|is|gain|enhanc|provid|ha[sd]|maintain|accelerat)", frame.text[thing.end : number.start]):
                return thing
    if ahead:
        return ahead[0]
    for thing in frame.proposed:
        if thing.type in SYSTEMS:
            return thing
    behind = [t for t in own if number.end <= t.start < right and _BY_SYSTEM.search(frame.text[number.end : t.start])]
    return behind[0] if behind else (frame.proposed[0] if frame.proposed else None)


def find_baseline(frame: Frame, position: int, subject: Thing | None) -> Thing | None:
    number = frame.numbers[position]
    left, right = _segment(frame, position)
    rivals = [t for t in _rivals(frame) if subject is None or t.id != subject.id]
    behind = [t for t in rivals if number.end <= t.start < right]
    if behind:
        return behind[0]
    ahead = [t for t in rivals if left <= t.start < number.start]
    return ahead[-1] if ahead else None


_DOWN = re.compile(r"\b(?:reduc|decreas|lower|drop|declin|degrad|fall|fell|shrink|cut|sav|mitigat|minimi[sz]|diminish|less|fewer|smaller|shorter|worse|underperform|lag|trail|short|suppress|plummet|loss|los[et]|slow|cheaper|behind|below|deteriorat)\w*", re.I)
_UP = re.compile(r"\b(?:improv|increas|boost|enhanc|rais|gain|ris[ei]|rose|grow|grew|outperform|surpass|exceed|beat|accelerat|higher|better|faster|greater|more|superior|speed|lead|advantage|margin|ahead|over)\w*", re.I)


def find_direction(frame: Frame, position: int) -> Direction | None:
    if frame.kinds[position] == "score":
        return None
    number = frame.numbers[position]
    text = frame.text
    if number.value.startswith("-") or text[number.start - 1] == "↓":
        return "down"
    after = " ".join(phrase_after(text[number.end : frame.end]))
    if _DOWN.search(after):
        return "down"
    if _UP.search(after):
        return "up"
    before = text[frame.start : number.start]
    downs = [m.start() for m in _DOWN.finditer(before)]
    ups = [m.start() for m in _UP.finditer(before)]
    return "down" if downs and (not ups or downs[-1] > ups[-1]) else "up"
