"""The metric of a number, from the words in front of it, behind it, or of the number before it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import cache

from kg.extract.frames import DATA, Frame, Named, new_named
from kg.extract.lexicon import fold, load_terms
from kg.extract.wording import (
    COMPARATIVE,
    GAIN_NOUN,
    HEDGES,
    METRIC_WORD,
    OWNER,
    any_of,
    phrase_after,
    phrase_before,
    starts_with_verb,
    words_of,
)

__all__ = ["find_metric"]

_Answer = tuple[Named, ...] | None
"""One thing; none, since the words are generic; or None, where a rule has nothing to say."""

_GENERIC = words_of(
    """score scores performance result results value values rate improvement improvements total average gain
    gains margin baseline increase reduction metric"""
)
_LEADING = re.compile(
    "(?:"
    + any_of(
        """state-of-the-art SOTA new best highest lowest higher lower superior strong competitive
        impressive high low remarkable notable overall average peak maximum minimum final improved
        better significant up to only an? the its their reported top good excellent comparable
        additional substantial performance 's negligible leading near-lossless minimal slight single
        first perfect respective initial base baseline consistent"""
    )
    + " )+"
)
_METRIC = re.compile(
    rf"(?:[\w-]*-)?{METRIC_WORD}(?:[@\-_/+][\w.%+-]*)?s?|[A-Z][\w-]*@[\w.]+|[a-z]+@[\w.]+",
    re.ASCII,
)
_METRIC_INSIDE = re.compile(rf"(?<![\w-]){METRIC_WORD}(?![\w-])")
_LEAD_OUT = re.compile(
    r"(?: ?\([^()]{1,40}\))?"
    r"(?P<join> (?:of|at|to|is|was|by|reaching|exceeding|between|around|averaging|above|below|over|=)"
    rf"| ?[:=>≥(<]| (?:as (?:high|low) as)|) ?{HEDGES}$"
)
_SHORT_FORM = re.compile(r"[A-Z]{2,6}")
_SCORING = re.compile(r"\bscor(?:es?|ed|ing)$")
_BY = re.compile(rf" by {HEDGES}$")
_CHANGED = re.compile(
    r"\b"
    + any_of(
        """improv increas reduc decreas boost enhanc rais lower cut degrad accelerat lift elevat shorten speed
        minimi[sz] mitigat drop"""
    )
    + rf"(?:e|es|ed|s|ing|ting|ts)? (?P<object>[^;]{{2,90}}?)(?: (?:by|from|to) | )?{HEDGES}$"
)
_RISEN = re.compile(
    " (?:(?:was|were|is|are|has|have) )?"
    + any_of(
        """improv increas ris rose drop decreas fall fell declin plummet reduc chang grew grow climb jump
        rais degrad shrank shrink slow"""
    )
    + r"(?:es|ed|ing|s|ped|ping)?(?: down| up)?(?: \w+ly)? (?:from|to|by) [^,;]*$"
)
_MODIFIERS = r"(?:the |its |their |average |overall |mean )*"
_GAIN_IN = re.compile(rf"(?:[\w-]+ ){{0,3}}?{GAIN_NOUN} (?:in|of|for|on) {_MODIFIERS}", re.IGNORECASE)
_IN_TERMS = re.compile(rf"(?:in terms of|as measured by|measured by|measured in|in|on|for) {_MODIFIERS}")
_TAIL = re.compile(rf" (?:values?|levels?|(?!gap|difference|loss|lead|margin){GAIN_NOUN})$")
_PRAISED = re.compile(rf"{OWNER.pattern}|(?:{COMPARATIVE}) |{_LEADING.pattern}")
_SPEEDUP = re.compile(r"speed-?ups?|accelerations?", re.IGNORECASE)
_GAIN_LEAD = re.compile(
    rf"{COMPARATIVE}|absolute|relative|average|overall|in|reduction|increase", re.IGNORECASE
)
_GAIN_TAIL = re.compile(rf"(?!speed-?up|acceleration){GAIN_NOUN}", re.IGNORECASE)
_PLURAL = re.compile(r"[^s]s$")
_APPOSED = re.compile(r", (?:an? |nearly )")


def find_metric(frame: Frame, position: int, earlier: Named | None) -> Named | None:
    """The metric of a number: beside it, else what changed, else `earlier`, that of the result before it."""
    generic = False
    for rule in _RULES:
        found = rule(frame, position)
        if found:
            return found[0]
        generic = generic or found is not None
    apart = frame.kinds[position] == "ratio" and not _APPOSED.match(frame.gap(position))
    if generic or apart:
        return None
    first = not any(kind not in ("other", "baseline") for kind in frame.kinds[:position])
    return _nearest(frame, position) if first else earlier


def _phrase(frame: Frame, start: int, end: int, sure: bool) -> _Answer:
    """The metric in the words `text[start:end]`; `sure` says that they cannot be anything else."""
    text = frame.text
    if owner := OWNER.match(text, start, end):
        start = owner.end()
    if tail := _TAIL.search(text, start, end):
        end, sure = tail.start(), True
    start = _without_lead(frame, start, end)
    words = text[start:end].split()
    if not words or starts_with_verb(text[start:end]):
        return None
    if words[-1].lower() in ("performance", "results") or _GENERIC.issuperset(
        word.lower().strip(",.") for word in words
    ):
        return ()
    known = _known(frame, start, end)
    if known is not None and (
        not sure or (known.start <= start and not _PRAISED.match(text, known.start, end))
    ):
        return (_own(frame, known),)
    new = new_named(start, text[start:end], "metric")
    if known is not None:
        return (replace(new, key=known.key),)
    taken = any(thing.overlaps(start, end) for thing in frame.things if thing.type not in ("task", "metric"))
    last = words[-1].strip("'\"")
    worded = _METRIC.fullmatch(last) or _METRIC.fullmatch(last.lower())
    return (new,) if worded or (sure and not taken) else None


def _without_lead(frame: Frame, start: int, end: int) -> int:
    """Where a phrase starts without praise and without the benchmark in front: `the best GSM8K accuracy`."""
    while lead := _LEADING.match(frame.text, start, end):
        start = lead.end()
    for thing in frame.among(DATA, start, end):
        if thing.start == start and thing.end < end - 1:
            return _without_lead(frame, thing.end + (frame.text[thing.end] == " "), end)
    return start


def _known(frame: Frame, start: int, end: int) -> Named | None:
    """The known metric that ends where the words `text[start:end]` end, the longest of several."""
    found = [
        thing
        for thing in frame.among(("metric",), frame.start, frame.end)
        if thing.overlaps(start, end)
        and thing.end >= end - len(" (ABBR)")
        and not any(thing.overlaps(number.start, number.end) for number in frame.numbers)
    ]
    return max(found, key=lambda thing: thing.end - thing.start, default=None)


def _own(frame: Frame, known: Named) -> Named:
    """The metric by itself where its thing is a narrower one: `accuracy` beside `parsing accuracy`."""
    name = frame.text[known.start : known.end]
    narrower = known.key != fold(name) and known.key.endswith(fold(name))
    return replace(known, key=name.casefold()) if narrower and fold(name) in _metric_names() else known


@cache
def _metric_names() -> frozenset[str]:
    """The names of the metrics that the lexicon knows, folded."""
    terms = (term for term in load_terms() if term.type == "metric")
    return frozenset(fold(name) for term in terms for name in (term.name, *term.aliases))


def _in_front(frame: Frame, position: int) -> _Answer:
    """`a success rate (SR) of 67%`, `WER: 3.1`, `(FID 2.1`."""
    text, end, gain = frame.text, frame.numbers[position].start, frame.kinds[position] == "gain"
    lead = _LEAD_OUT.search(text, max(frame.start, end - 110), end)
    if not lead:
        return None
    join = lead["join"].strip()
    if (
        join in ("over", "by")
        or (join == "" and gain)
        or (join in ("", "(", "<") and _behind(frame, position))
    ):
        return None
    if join == "" and _SCORING.search(text, frame.start, lead.start()):
        return ()
    start = phrase_before(text, frame.start, lead.start())
    found = _phrase(frame, start, lead.start(), sure=join == "of" and not gain)
    return found or (None if gain else found)


def _behind(frame: Frame, position: int) -> _Answer:
    """`40.0% mean accuracy`, `a 2.1% accuracy improvement`, `3x faster inference`, `2 GB of memory`."""
    number, kind, text = frame.numbers[position], frame.kinds[position], frame.text
    amount = number.form == "quantity" and text.startswith(" of ", number.end)
    start, end = phrase_after(text, number.end + (3 if amount else 0), frame.end)
    whole, lacking = end, text.startswith(("fewer ", "less "), start)
    if kind != "score":
        start, end = _without_gain(text, start, end)
    words = text[start:end].split()
    if not words:
        return None
    if kind == "ratio" and _SPEEDUP.fullmatch(words[-1]):
        return _phrase(frame, end - len(words[-1]), end, sure=True)
    outcome = kind == "score" or number.signed or amount
    sure = lacking or end < whole or (outcome and len(words) <= 4 and not _PLURAL.search(words[-1]))
    return _phrase(frame, start, end, sure)


def _without_gain(text: str, start: int, end: int) -> tuple[int, int]:
    """The phrase without what only says that there is a gain: `relative accuracy improvement`."""
    words = text[start:end].split()
    while words and _GAIN_LEAD.fullmatch(words[0]):
        start = min(end, start + len(words.pop(0)) + 1)
    while words and _GAIN_TAIL.fullmatch(words[-1]):
        end = max(start, end - len(words.pop()) - 1)
    return start, end


def _gained(frame: Frame, position: int) -> _Answer:
    """`a 5% increase in success rate`, `by 5% in accuracy`."""
    for lead_in in (_GAIN_IN, _IN_TERMS):
        if lead := lead_in.match(frame.text, frame.numbers[position].end + 1, frame.end):
            found = _phrase(frame, *phrase_after(frame.text, lead.end(), frame.end), sure=False)
            if found:
                return found
    return None


def _before_by(frame: Frame, position: int) -> _Answer:
    """`increased CR by 8% and PCR by 4%`."""
    end = frame.numbers[position].start
    lead = _BY.search(frame.text, max(frame.start, end - 60), end)
    if not lead:
        return None
    start = phrase_before(frame.text, frame.start, lead.start())
    return _phrase(
        frame, start, lead.start(), sure=bool(_SHORT_FORM.fullmatch(frame.text, start, lead.start()))
    )


def _risen(frame: Frame, position: int) -> _Answer:
    """`accuracy dropped from 3 to 2`, `memory for X decreased to 1 GB`."""
    end = frame.numbers[frame.anchor(position)].start
    rise = _last(_RISEN, frame.text, max(frame.start, end - 120), end)
    if rise is None:
        return None
    found = _phrase(frame, phrase_before(frame.text, frame.start, rise.start()), rise.start(), sure=False)
    if found is not None:
        return found
    floor = max(frame.start, rise.start() - 70)
    if metrics := frame.among(("metric",), floor, rise.start()):
        return (_own(frame, metrics[-1]),)
    named = _last(_METRIC_INSIDE, frame.text, floor, rise.start())
    return _phrase(frame, *named.span(), sure=False) if named else None


def _changed(frame: Frame, position: int) -> _Answer:
    """`reduces latency by 40%`, `improves the accuracy of X on Y from 3 to 4`."""
    text, end = frame.text, frame.numbers[frame.anchor(position)].start
    inner = position and frame.kinds[position] != "score"
    start = frame.numbers[position - 1].end if inner else max(frame.start, end - 160)
    change = _last(_CHANGED, text, start, end)
    if change is None:
        return None
    if metrics := frame.among(("metric",), *change.span("object")):
        return (_own(frame, metrics[-1]),)
    first, last = phrase_after(text, *change.span("object"))
    whole = last == change.end("object") and len(text[first:last].split()) <= 4
    return _phrase(frame, first, last, sure=whole and text[first:last].split(" ")[-1].islower())


def _last(pattern: re.Pattern[str], text: str, start: int, end: int) -> re.Match[str] | None:
    return next(iter(deque(pattern.finditer(text, start, end), maxlen=1)), None)


def _nearest(frame: Frame, position: int) -> Named | None:
    start = frame.numbers[position].start
    metrics = frame.among(("metric",), *frame.clause(position))
    nearest = min(metrics, key=lambda thing: abs(thing.start - start), default=None)
    return _own(frame, nearest) if nearest else None


_RULES: tuple[Callable[[Frame, int], _Answer], ...] = (
    _in_front,
    _behind,
    _gained,
    _before_by,
    _risen,
    _changed,
)
