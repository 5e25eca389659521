"""What fills the slots of a measured number: metric, on, subject, baseline, and its direction.

Pure functions over the text of one sentence, the numbers in it and the things named in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kg.extract.numerals import Number
from kg.extract.values import COMPARATIVE, GAIN_NOUN, HEDGES, METRIC_WORD, Kind, phrase_after
from kg.model import Direction, EntityType, Role

__all__ = ["Filled", "Frame", "Thing", "fill"]

SYSTEMS: tuple[EntityType, ...] = ("model", "method")
_ROLES: dict[EntityType, Role] = {"metric": "uses", "benchmark": "evaluatesOn", "task": "addresses"}
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
    """One result of a frame: the position of its number, of its baseline's number, and its slots."""

    position: int
    metric: Thing | None = None
    on: Thing | None = None
    subject: Thing | None = None
    baseline: Thing | None = None
    rival: int | None = None
    direction: Direction | None = None


def fill(frame: Frame) -> list[Filled]:
    """The results of a frame, in the order of their numbers."""
    metrics: dict[int, Thing | None] = {}
    linked = link_baselines(frame)
    filled: list[Filled] = []
    for position, kind in enumerate(frame.kinds):
        if kind in ("other", "baseline"):
            continue
        metrics[position] = find_metric(frame, position, metrics)
        subject = find_subject(frame, position)
        result = Filled(
            position,
            metrics[position],
            None,
            subject,
            find_baseline(frame, position, subject),
            direction=find_direction(frame, position),
        )
        for on in find_on(frame, position) or [None]:
            for rival in linked.get(position) or [None]:
                named = find_rival(frame, rival) if rival is not None else None
                filled.append(replace(result, on=on, rival=rival, baseline=named or result.baseline))
    return filled


# ---------------------------------------------------------------- metric

_GENERIC = frozenset(
    "score scores performance result results value values rate improvement improvements total average average-case"
    " gain gains margin quality-score baseline increase reduction".split()
)
_LEADING = re.compile(
    r"(?:(?:state-of-the-art|SOTA|new|best|highest|lowest|higher|lower|superior|strong|competitive|impressive|high|low"
    r"|remarkable|notable|overall|average|peak|maximum|minimum|final|improved|better|relative|absolute|significant"
    r"|average|up|to|only|an?|the|its|their|reported|top|good|excellent|comparable|additional|substantial|performance"
    r"|'s|negligible|minimal|slight|single|first|perfect|respective|initial|base|baseline|consistent) )+"
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
    r"|preserv)(?:e|es|ed|s|ing|ting|ts)?$|scor(?:ed|ing)$"
)
_METRIC = re.compile(rf"(?:[\w-]*-)?{METRIC_WORD}(?:[@\-_/+][\w.%+-]*)?s?|[A-Z][\w-]*@[\w.]+|[a-z]+@[\w.]+", re.ASCII)
_LEAD_OUT = re.compile(
    rf"(?P<bracket> ?\((?P<abbreviation>[^()]{{1,40}})\))?"
    rf"(?P<join> (?:of|at|to|is|was|by|reaching|exceeding|between|around|averaging|above|below|over|=)"
    rf"| ?[:=>≥(<]| (?:as (?:high|low) as)|) ?{HEDGES}$"
)
_CHANGED = re.compile(
    r"\b(?:improv|increas|reduc|decreas|boost|enhanc|rais|lower|cut|degrad|accelerat|lift|elevat|rais|shorten|speed"
    r"|minimi[sz]|mitigat|drop)(?:e|es|ed|s|ing|ting|ts)? (?P<object>[^;]{2,90}?)"
    rf"(?: (?:by|from|to) | )?(?:{HEDGES})$"
)
_NOUN_IN = re.compile(rf"(?:[\w-]+ ){{0,3}}?{GAIN_NOUN} (?:in|of|for|on) (?:the |its |their |average |overall |mean )*", re.I)
_IN_TERMS = re.compile(r"(?:in terms of|as measured by|measured by|measured in|in|on) (?:the |average |overall |mean )*")


_TAIL = re.compile(rf" (?:values?|levels?|(?!gap|difference|loss|lead|margin){GAIN_NOUN})$")
_SPEEDUP = re.compile(r"speed-?ups?|accelerations?", re.IGNORECASE)
_GAIN_LEAD = re.compile(rf"{COMPARATIVE}|absolute|relative|average|overall|in|reduction|increase", re.IGNORECASE)
_GAIN_TAIL = re.compile(rf"(?!speed-?up|acceleration){GAIN_NOUN}", re.IGNORECASE)
_RISEN = re.compile(
    r" (?:(?:was|were|is|are|has|have) )?(?:improv|increas|ris|rose|drop|decreas|fall|fell|declin|plummet|reduc|chang"
    r"|grew|grow|climb|jump|rais|degrad|shrank|shrink)(?:es|ed|ing|s|ped|ping)?(?: \w+ly)? (?:from|to|by) [^,;]*$"
)


_OWNED = re.compile(
    r".{0,60}?(?:(?<!Pearson)(?<!Spearman)(?<!Kendall)(?<!Cohen)(?<!Krippendorff)'s|s') (?=\S)"
)


def find_metric(frame: Frame, position: int, found_before: Mapping[int, Thing | None]) -> Thing | None:
    """The metric of a number: beside it, else what changed, else of the number before it."""
    generic = False
    for rule in (_metric_of, _metric_next, _metric_gained, _metric_before_by, _metric_risen, _metric_changed):
        found = rule(frame, position)
        if found:
            return found[0]
        generic = generic or found is not None
    kind = frame.kinds[position]
    gap = frame.text[frame.numbers[position - 1].end : frame.numbers[position].start] if position else ""
    if generic or (kind == "ratio" and not re.match(r", (?:an? |nearly )", gap)):
        return None
    if found_before:
        return found_before[max(found_before)]
    return _metric_nearest(frame, position)


Found = tuple[Thing, ...] | None
"""One thing; none, since the words are generic; or None, where a rule has nothing to say."""


def _phrase(frame: Frame, start: int, end: int, sure: bool) -> Found:
    """The metric in the words `text[start:end]`; `sure` says that they cannot be anything else."""
    text = frame.text
    if owned := _OWNED.match(text, start, end):
        start = owned.end()
    if tail := _TAIL.search(text, start, end):
        end, sure = tail.start(), True
    start = _skip(_LEADING, text, start, end)
    for thing in frame.among(DATA, start, end):
        if thing.start == start and thing.end < end - 1:
            start = _skip(_LEADING, text, thing.end + (text[thing.end] == " "), end)
    words = text[start:end].split()
    if not words or _VERB.match(words[0]) or words[0].lower() in _EDGE:
        return None
    if words[-1].lower() in ("performance", "results") or all(word.lower().strip(",.") in _GENERIC for word in words):
        return ()
    known = _known(frame, start, end)
    if known is not None and (not sure or known.start <= start and not _OWNED.match(text, known.start, end)):
        return (known,)
    if known is None:
        worded = bool(_METRIC.fullmatch(words[-1].strip("'\"")))
        taken = any(t.start < end and start < t.end for t in frame.things if t.type not in ("task", "metric"))
        if not worded and (taken or not sure):
            return None
    new = _new(start, text[start:end], "metric")
    return (replace(new, key=known.key) if known else new,)


def _skip(pattern: re.Pattern[str], text: str, start: int, end: int) -> int:
    while match := pattern.match(text, start, end):
        start = match.end()
    return start


def _known(frame: Frame, start: int, end: int) -> Thing | None:
    """The known metric that ends where the words `text[start:end]` end, the longest of several."""
    found = [
        thing
        for thing in frame.among(("metric",), frame.start, frame.end)
        if thing.start < end and start < thing.end and thing.end >= end - 7
        and not any(number.start < thing.end and thing.start < number.end for number in frame.numbers)
    ]
    return max(found, key=lambda t: t.end - t.start, default=None)


def _words_back(text: str, start: int, end: int) -> int:
    """Where the noun phrase that ends at `end` starts."""
    first = end
    floor = max(start, end - 100)
    for count, match in enumerate(reversed(list(re.finditer(r"\S+", text[floor:end])))):
        word = match.group()
        if re.fullmatch(r"\([\w@-]{1,12}\)", word) and count:
            continue
        bare = word.strip("(\"'")
        stop = bare.lower() in _EDGE or _VERB.match(bare) or re.search(r"[,;:.)—]$|(?<!Pearson)(?<!Spearman)(?<!Kendall)(?<!Cohen)(?<!Krippendorff)'s?$", word)
        if count == 6 or stop or re.fullmatch(r"[0-9.,%]+x?", bare):
            break
        first = floor + match.start()
        if word.startswith("("):
            first += 1
            break
    return first


def _end_of(text: str, start: int, words: Sequence[str]) -> int:
    for word in words:
        start = text.find(word, start) + len(word)
    return start


def _metric_of(frame: Frame, position: int) -> Found:
    """`a success rate (SR) of 67%`, `WER: 3.1`, `(FID 2.1`."""
    text, end = frame.text, frame.numbers[position].start
    lead = _LEAD_OUT.search(text, max(frame.start, end - 110), end)
    if not lead:
        return None
    join = lead["join"].strip()
    gain = frame.kinds[position] == "gain"
    if join in ("over", "by") or (join == "" and gain):
        return None
    if join in ("", "(", "<") and _metric_next(frame, position):
        return None
    start = _words_back(text, frame.start, lead.start())
    if start >= lead.start():
        return None
    found = _phrase(frame, start, lead.start(), sure=join == "of" and not gain)
    return found or (None if gain else found)


def _metric_next(frame: Frame, position: int) -> Found:
    """`40.0% mean accuracy`, `a 2.1% accuracy improvement`, `3x faster inference`, `2 GB of memory`."""
    number, kind = frame.numbers[position], frame.kinds[position]
    offset = number.end
    if number.form == "quantity" and frame.text.startswith(" of ", offset):
        offset += 3
    words = list(phrase_after(frame.text[offset : frame.end]))
    if not words:
        return None
    start = frame.text.find(words[0], offset)
    lacking = bool(re.match(r"(?:fewer|less)$", words[0]))
    if kind != "score":
        while words and _GAIN_LEAD.fullmatch(words[0]):
            start += len(words.pop(0)) + 1
        while words and _GAIN_TAIL.fullmatch(words[-1]):
            words.pop()
    if not words:
        return None
    sure = lacking or ((kind == "score" or number.signed or offset > number.end) and len(words) <= 4)
    sure = sure and not re.search(r"[^s]s$", words[-1]) or lacking
    if kind == "ratio" and _SPEEDUP.fullmatch(words[-1]) and len(words) > 1:
        start = frame.text.find(words[-1], start)
        words, sure = words[-1:], True
    return _phrase(frame, start, _end_of(frame.text, start, words), sure)


def _metric_gained(frame: Frame, position: int) -> Found:
    """`a 5% increase in success rate`, `by 5% in accuracy`."""
    number = frame.numbers[position]
    for lead_in in (_NOUN_IN, _IN_TERMS):
        lead = lead_in.match(frame.text, number.end + 1, frame.end)
        words = phrase_after(" " + frame.text[lead.end() : frame.end]) if lead else ()
        if lead and words:
            found = _phrase(frame, lead.end(), _end_of(frame.text, lead.end(), words), sure=False)
            if found:
                return found
    return None


def _metric_before_by(frame: Frame, position: int) -> Found:
    """`increased CR by 8% and PCR by 4%`."""
    end = frame.numbers[position].start
    lead = re.compile(rf" by {HEDGES}$").search(frame.text, max(frame.start, end - 60), end)
    if not lead:
        return None
    start = _words_back(frame.text, frame.start, lead.start())
    return _phrase(frame, start, lead.start(), sure=False) if start < lead.start() else None


def _metric_risen(frame: Frame, position: int) -> Found:
    """`accuracy dropped from 3 to 2`, `memory for X decreased to 1 GB`."""
    end = frame.numbers[position].start
    rise = None
    for rise in _RISEN.finditer(frame.text, max(frame.start, end - 120), end):
        pass
    if rise is None:
        return None
    start = _words_back(frame.text, frame.start, rise.start())
    found = _phrase(frame, start, rise.start(), sure=False) if start < rise.start() else None
    if found is not None:
        return found
    floor = max(frame.start, rise.start() - 70)
    if metrics := frame.among(("metric",), floor, rise.start()):
        return (metrics[-1],)
    named = None
    for named in re.finditer(rf"(?<![\w-]){METRIC_WORD}(?![\w-])", frame.text[floor : rise.start()]):
        pass
    return _phrase(frame, floor + named.start(), floor + named.end(), sure=False) if named else None


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
    if not words:
        return None
    end = _end_of(frame.text, first, words)
    whole = end == last and words[-1].islower() and len(words) <= 4
    return _phrase(frame, first, end, sure=whole)


def _metric_nearest(frame: Frame, position: int) -> Thing | None:
    number = frame.numbers[position]
    metrics = frame.among(("metric",), frame.start, frame.end)
    return min(metrics, key=lambda t: abs(t.start - number.start), default=None)


# ---------------------------------------------------------------- on

_AT = r"\b(?:on|in|for|across|over|at|within|of|from|against)(?: both)? (?:(?!compared\b|than\b|while\b|outperform|surpass)[^\s,;:()]+ ){0,4}?"
_BEHIND = re.compile(rf"(?:(?!;|\bwhile\b|\bwhereas\b|\b(?:out)?perform|\bsurpass|\bcompared\b|\band (?:[a-z]+(?:s|ed|ing)) ).)*?{_AT}[\"']?\(?")
_AHEAD = re.compile(rf"{_AT}[\"']?\(?$", re.IGNORECASE)
_AHEAD_ON = re.compile(r"\b[Oo]n (?:[^\s,;:()]+ ){0,3}?[\"']?$")
_GROUP = re.compile(
    r"\b(?:on|across|over|in|for) (?:the |a |an |all |various |multiple |several |diverse |different |many |most |other"
    r" |standard |challenging |downstream |public |popular |common |both |\w+-?\w* of |its |their |our |unseen |[0-9]+ |two |three |four |five |six"
    r" |seven |eight |nine |ten |eleven |twelve )*(?P<name>(?:[A-Za-z][\w/&'-]*,? ){1,5}?)(?:benchmarks?|tasks?|datasets?|suites?)\b"
)
_NAME = r"(?P<name>(?:[0-9]{1,4}[A-Z]?-)?[A-Z][\w+./&'*-]*(?: (?:[A-Z][\w+./&'*-]*|[0-9]{1,4}(?:x[0-9]{1,4})?|v[0-9.]+)){0,3})"
_NAMED_BEHIND = re.compile(rf"\b(?:on|in) (?:both )?(?:the |our |its )?(?:[a-z-]+ )?(?!Top-){_NAME}")
_NO_CROSSING = re.compile(r";|\b(?:while|whereas|compared|by|than)\b|perform|surpass")
_NAMED_HEAD = re.compile(
    rf"\b[Oo]n (?:the |our |its )?(?:[a-z-]+ |[0-9]-shot )?{_NAME}"
    r"(?:(?: \w+){0,2},| (?:[a-z][\w-]* ){0,2}(?:benchmark|data ?set|test set|suite|challenge|leaderboard|track|task)s?\b)"
)
_TWIN = re.compile(rf"(?: \([^()]{{1,20}}\))? and (?:the )?{_NAME}")
_TEST_NAME = re.compile(r"(?i:bench(?:mark)?|arena)\b|Eval\b|QA\b")
_NO_NAME = frozenset("the a an test evaluation benchmark proposed new held-out such these this existing several tested downstream across"
    " average other all on in of different main relevant related various multiple both and respective baselines".split())


def _anchor(frame: Frame, position: int) -> int:
    """The number that starts the frame of this one: A in `from A to B`."""
    if position and frame.kinds[position - 1] == "baseline" and frame.kinds[position] == "score":
        gap = frame.text[frame.numbers[position - 1].end : frame.numbers[position].start]
        if re.search(r"\bto\b|→|->", gap) and len(gap) < 60:
            return position - 1
    return position


def _segment(frame: Frame, position: int) -> tuple[int, int]:
    """From the number before this one to the result after it."""
    left, right = frame.start, frame.end
    first = _anchor(frame, position)
    for number, kind in zip(frame.numbers[:first], frame.kinds, strict=False):
        if kind != "other":
            left = number.end
    for number, kind in reversed(list(zip(frame.numbers[position + 1 :], frame.kinds[position + 1 :], strict=True))):
        if kind not in ("other", "baseline"):
            right = number.start
    return left, right


def find_on(frame: Frame, position: int) -> list[Thing]:
    """What a number was measured on; more than one thing where it holds on `both A and B`."""
    on = _find_on(frame, position)
    return _with_twin(frame, on) if on else []


def _with_twin(frame: Frame, on: Thing) -> list[Thing]:
    """The thing, and the one beside it in `both A and B`."""
    if re.search(r"\bboth (?:the )?$", frame.text[max(frame.start, on.start - 10) : on.start]):
        for thing in frame.among(DATA, on.end, frame.end):
            if re.fullmatch(r"(?: \([^()]{1,20}\))? and (?:the )?", frame.text[on.end : thing.start]):
                return [on, thing]
        if match := _TWIN.match(frame.text, on.end, frame.end):
            return [on, _new(match.start("name"), match["name"], "benchmark")]
    return [on]


def _new(start: int, name: str, type: EntityType) -> Thing:
    """A thing that only the frame of a result names."""
    name = re.sub(r"'s?$|[.,/&-]+$", "", name)
    return Thing(start, start + len(name), type, name.casefold(), _ROLES[type])


def _find_on(frame: Frame, position: int) -> Thing | None:
    """Named behind the number, before it, or what the paper proposes."""
    found = _on_listed(frame, position) or _on_beside(frame, position) or _on_behind(frame, position, DATA)
    if found or frame.kinds[position] == "ratio":
        return found or _on_behind(frame, position, ("task",))
    return (
        _on_ahead(frame, position, DATA, _AHEAD_ON)
        or _on_named(frame, position)
        or _on_shared(frame, position)
        or _on_behind(frame, position, ("task",))
        or _on_group(frame, position)
        or _on_ahead(frame, position, DATA)
        or _on_ahead(frame, position, ("task",))
        or next((_as_data(thing) for thing in frame.proposed if _is_test(frame, thing)), None)
        or _on_nearest(frame, position)
    )


def _as_data(thing: Thing) -> Thing:
    return thing if thing.type in DATA else replace(thing, type="benchmark")


def _on_nearest(frame: Frame, position: int) -> Thing | None:
    number = frame.numbers[position]
    named = frame.among(("benchmark",), frame.start, frame.end)
    return min(named, key=lambda t: abs(t.start - number.start), default=None)


def _is_test(frame: Frame, thing: Thing) -> bool:
    return thing.type == "benchmark" or bool(_TEST_NAME.search(frame.text[thing.start : thing.end]))


def _on_beside(frame: Frame, position: int) -> Thing | None:
    """`MathVista (55.6`, `a GSM8K accuracy of 3`, `88.0% ImageNet accuracy`."""
    text, number = frame.text, frame.numbers[position]
    left, right = _segment(frame, position)
    first = frame.numbers[_anchor(frame, position)].start
    for thing in reversed(frame.among(DATA, left, first)):
        if re.fullmatch(rf"(?: (?!achiev|reach|obtain|attain|improv|outperform|with\b)[\w@/-]+){{0,4}} ?(?:\((?:[a-z]+ ){{0,4}}|: |of |to |by |from |in ){HEDGES}", text[thing.end : first]):
            return thing
    for thing in frame.among(DATA, number.end, right):
        if re.fullmatch(r" (?:[\w-]+ ){0,2}", text[number.end : thing.start]):
            return thing
    return None


def _on_behind(frame: Frame, position: int, types: Sequence[EntityType]) -> Thing | None:
    number = frame.numbers[position]
    _, right = _segment(frame, position)
    for thing in frame.among(types, number.end, right):
        if _BEHIND.fullmatch(frame.text, number.end, thing.start):
            return thing
    return None


def _on_named(frame: Frame, position: int) -> Thing | None:
    """`3% on NewBench`, `On NewBench, X reaches`, where nothing of that name is known."""
    number = frame.numbers[position]
    _, right = _segment(frame, position)
    stop = _NO_CROSSING.search(frame.text, number.end, right)
    places = [*_NAMED_BEHIND.finditer(frame.text, number.end, min(stop.start() if stop else right, number.end + 90))]
    places += reversed([*_NAMED_HEAD.finditer(frame.text, frame.start, number.start)])
    for match in places:
        new = _new(match.start("name"), match["name"], "benchmark")
        over = [t for t in frame.things if t.start < new.end and new.start < t.end]
        if not any(t.type != "method" or t.start < new.start or t.end > new.end + 3 for t in over):
            return new
    return None


def _on_shared(frame: Frame, position: int) -> Thing | None:
    """`a PSNR of 17.6 and an LPIPS of 0.3 on NewSet`."""
    following = position + 1
    if following == len(frame.numbers) or frame.kinds[following] != frame.kinds[position]:
        return None
    gap = frame.text[frame.numbers[position].end : frame.numbers[following].start]
    if len(gap) > 70 or not _COORDINATED.fullmatch(gap):
        return None
    return _on_behind(frame, following, DATA) or _on_named(frame, following) or _on_shared(frame, following)


_COORDINATED = re.compile(r"(?: (?!and\b|on\b|while\b|in\b)[^,;]+)?(?:,|,? and|,? as well as) [^,;]*")


def _on_group(frame: Frame, position: int) -> Thing | None:
    """`across various mathematical reasoning benchmarks`."""
    number = frame.numbers[position]
    _, right = _segment(frame, position)
    match = _GROUP.search(frame.text, number.end, min(right, number.end + 110))
    if not match or re.search(r"[;(]|\b(?:while|compared|outperform|surpass)", frame.text[number.end : match.start()]):
        return None
    name = match["name"].strip()
    if set(name.lower().split()) & _NO_NAME or any(t.start < match.end("name") and match.start("name") < t.end for t in frame.things):
        return None
    return _new(match.start("name"), name, "task")


def _on_ahead(
    frame: Frame, position: int, types: Sequence[EntityType], lead: re.Pattern[str] = _AHEAD
) -> Thing | None:
    number = frame.numbers[position]
    left, _ = _segment(frame, position)
    for floor in (left, frame.start):
        ahead = frame.among(types, floor, number.start)
        led = [thing for thing in ahead if lead.search(frame.text, floor, thing.start)]
        if led:
            return led[-1]
    return None


def _on_listed(frame: Frame, position: int) -> Thing | None:
    """`3% and 4% on HumanEval and MBPP, respectively`."""
    group = _numbers_listed(frame, position)
    if len(group) < 2 or "respectively" not in frame.text[frame.start : frame.end]:
        return None
    for run in _runs(frame, frame.among(DATA, frame.start, frame.end)):
        if len(run) == len(group):
            return run[group.index(position)]
    return None


def _numbers_listed(frame: Frame, position: int) -> list[int]:
    """The positions of the numbers that stand in one list with this one."""
    group = [position]
    while group[0] > 0 and _LIST_GAP.fullmatch(frame.text[frame.numbers[group[0] - 1].end : frame.numbers[group[0]].start]):
        group.insert(0, group[0] - 1)
    while group[-1] + 1 < len(frame.numbers) and _LIST_GAP.fullmatch(
        frame.text[frame.numbers[group[-1]].end : frame.numbers[group[-1] + 1].start]
    ):
        group.append(group[-1] + 1)
    return group


_LIST_GAP = re.compile(r" ?(?:,|/|,? and|,? or) ?(?:by |a |an )?")
_THING_GAP = re.compile(r"(?: [\w-]+)?(?:,|,? and|,? or|/) ?(?:the |on |for )?")


def _runs(frame: Frame, things: Sequence[Thing]) -> list[list[Thing]]:
    """The things, cut into the lists in which they stand."""
    runs: list[list[Thing]] = []
    for thing in things:
        if runs and _THING_GAP.fullmatch(frame.text[runs[-1][-1].end : thing.start]):
            runs[-1].append(thing)
        else:
            runs.append([thing])
    return runs


# ---------------------------------------------------------------- subject and baseline

_RIVAL_LEAD = re.compile(
    r"\b(?:compared (?:to|with)|over|than|versus|vs\.?|against|relative to|outperform\w*|surpass\w*|exceed\w*|beat\w*"
    r"|superior to|inferior to|better than|baselines?|behind|improv\w* upon|match\w*|predecessor)"
    r"(?: [^\s,;()]+){0,5},? ?\(?$",
    re.IGNORECASE,
)
_LISTED = re.compile(r"(?: \([^()]{1,30}\))?(?:,|,? and|,? or) (?:[\w-]+ ){0,2}$")
_LABELS = re.compile(rf"(?:'s)?(?::| -| \()? ?{HEDGES}")
_ACTS = re.compile(
    r"(?: \([^()]{1,40}\))?(?:'s)?(?: [\w-]+){0,3}? (?:\w*ly )?(?:achiev|improv|outperform|reduc|surpass|reach|attain|obtain"
    r"|scor|demonstrat|show|exhibit|exceed|increas|boost|yield|deliver|record|gain|enhanc|provid|maintain|accelerat"
    r"|has|had|is|was|can|generat|requir|produc|solv|perform|lead|rank)"
)
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
    """What achieved a number: a system beside it, the one that its verb belongs to, or the proposed one."""
    number, text = frame.numbers[position], frame.text
    rivals = _rivals(frame)
    left, right = _segment(frame, position)
    own = [thing for thing in frame.among(SYSTEMS, frame.start, frame.end) if thing not in rivals]
    ahead = [thing for thing in own if thing.end <= number.start]
    behind = [thing for thing in own if number.end <= thing.start < right]
    for thing in ahead:
        if _LABELS.fullmatch(text, thing.end, number.start):
            return thing
    named = [thing for thing in ahead if _is_name(frame, thing)]
    for group in ([t for t in named if t.start >= left], named, ahead):
        acting = [thing for thing in group if _ACTS.match(text, thing.end, number.start)]
        if acting:
            return acting[-1]
    by = [thing for thing in behind if _BY_SYSTEM.search(text, number.end, thing.start)]
    proposed = [thing for thing in frame.proposed if thing.type in SYSTEMS]
    for group in (named, by, ahead, proposed, list(frame.proposed)):
        if group:
            return group[0]
    return None


def _is_name(frame: Frame, thing: Thing) -> bool:
    return any(sign.isupper() or sign.isdigit() for sign in frame.text[thing.start : thing.end])


def find_baseline(frame: Frame, position: int, subject: Thing | None) -> Thing | None:
    """The system that a number is compared with, nearest first; a gain `by 3%` has it ahead."""
    number = frame.numbers[position]
    left, right = _segment(frame, position)
    rivals = [thing for thing in _rivals(frame) if subject is None or thing.id != subject.id]
    ahead = [thing for thing in rivals if left <= thing.start < number.start]
    behind = [thing for thing in rivals if number.end <= thing.start < right]
    later = [thing for thing in rivals if right <= thing.start and frame.kinds[position] != "score"]
    by = re.search(rf"\bby {HEDGES}$", frame.text[max(frame.start, number.start - 60) : number.start])
    groups = (ahead[-1:], behind, later) if by else (behind, ahead[-1:], later)
    return next((group[0] for group in groups if group), None)


def link_baselines(frame: Frame) -> dict[int, list[int]]:
    """The positions of the baselines of each score: A of `from A to B`, and what follows it to compare."""
    linked: dict[int, list[int]] = {}
    for position, kind in enumerate(frame.kinds):
        if kind != "baseline":
            continue
        following = position + 1
        if following < len(frame.kinds) and _anchor(frame, following) == position:
            linked.setdefault(following, []).append(position)
        elif (score := _score_before(frame, position)) is not None:
            linked.setdefault(score, []).append(position)
    return linked


def _score_before(frame: Frame, position: int) -> int | None:
    number = frame.numbers[position]
    scores = [
        earlier
        for earlier in range(position)
        if frame.kinds[earlier] == "score" and frame.numbers[earlier].form == number.form
    ]
    if not scores:
        return None
    written = [frame.text[frame.numbers[at].start : frame.numbers[at].end] for at in (scores[-1], position)]
    if number.form == "plain" and "." in written[0] and "." not in written[1]:
        return None
    rivals = [at for at in range(scores[-1] + 1, position + 1) if frame.kinds[at] == "baseline"]
    listed = _numbers_listed(frame, position)
    scored = _numbers_listed(frame, scores[-1])
    if len(listed) == len(scored) > 1 and set(listed) <= set(rivals + list(range(position, len(frame.kinds)))):
        return scored[listed.index(position)]
    return scores[-1]


def find_rival(frame: Frame, position: int) -> Thing | None:
    """The system that the value of a baseline belongs to: `X (23.9`, `X's 0.4`, `23.9 for X`."""
    number = frame.numbers[position]
    systems = frame.among(SYSTEMS, frame.start, frame.end)
    for thing in reversed(systems):
        if thing.end <= number.start and _OWNS.fullmatch(frame.text, thing.end, number.start):
            return thing
    for thing in systems:
        if number.end <= thing.start and _OWNED_BY.fullmatch(frame.text, number.end, thing.start):
            return thing
    return None


_OWNS = re.compile(rf"(?:'s)?(?: [\w-]+){{0,2}}(?: \(| of| at|:)? ?(?:[\w@-]+ ){{0,2}}{HEDGES}")
_OWNED_BY = re.compile(r"(?: [\w@-]+){0,3} (?:for|by|of|from|with|achieved by) (?:[\w-]+ ){0,3}")


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
