"""What a number was measured on: the benchmark, the data set or else the task of its frame."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from kg.extract.frames import DATA, Frame, Named, new_named
from kg.extract.wording import HEDGES, any_of, words_of
from kg.model import EntityType

__all__ = ["find_targets"]

TASK: tuple[EntityType, ...] = ("task",)
REACH = 300
"""How far behind a number its target is looked for, in characters."""

_AT = (
    r"\b(?:on|in|for|across|over|at|within|of|from|against)(?: both)?"
    r" (?:(?!compared\b|than\b|while\b|outperform|surpass)[^\s,;:()]+ ){0,4}?"
)
_BESIDE = re.compile(
    r"(?: (?!achiev|reach|obtain|attain|improv|outperform|with\b)[\w@/-]+){0,4}"
    rf" ?(?:\((?:[a-z]+ ){{0,4}}|: |of |to |by |from |in ){HEDGES}"
)
_CLIMBS = re.compile(
    r" (?:score |accuracy |performance )?"
    + any_of("reach climb ris rose increas improv grow grew jump go get stand drop fall fell decreas declin")
    + rf"\w* (?:(?:up|down) )?(?:to |at |by |from )?{HEDGES}"
)
_OPENS = re.compile(r"(?:[;:,] |\b(?:and|while|whereas|but) )(?:the )?$")
_FEW_WORDS = re.compile(r" (?:[\w-]+ ){0,2}")
_BEHIND = re.compile(
    r"(?:(?!;|\bwhile\b|\bwhereas\b|\b(?:out)?perform|\bsurpass|\bcompared\b|\band [a-z]+(?:s|ed|ing) ).)*?"
    rf"{_AT}[\"']?\(?"
)
_AHEAD = re.compile(rf"{_AT}[\"']?\(?$", re.IGNORECASE)
_AHEAD_ON = re.compile(r"\b[Oo]n (?:[^\s,;:()]+ ){0,3}?[\"']?$")
_NAME = (
    r"(?P<name>(?:[0-9]{1,4}[A-Z]?-)?[A-Z][\w+./&'*×-]*"
    r"(?: (?:[A-Z][\w+./&'*-]*|[0-9]{1,4}(?:x[0-9]{1,4})?|v[0-9.]+)){0,3})"
)
_NAMED_BEHIND = re.compile(rf"\b(?:on|in) (?:both )?(?:the |our |its )?(?:[a-z-]+ )?(?!Top-){_NAME}")
_NO_CROSSING = re.compile(r";|\b(?:while|whereas|compared|by|than)\b|perform|surpass")
_NAMED_AHEAD = re.compile(
    rf"\b[Oo]n (?:the |our |its )?(?:[a-z-]+ |[0-9]-shot )?{_NAME}(?:(?: \w+){{0,2}},"
    r"| (?:[a-z][\w-]* ){0,2}(?:benchmark|data ?set|test set|suite|challenge|leaderboard|track|task)s?\b)"
)
_TWIN = re.compile(rf"(?: \([^()]{{1,20}}\))? and (?:the )?{_NAME}")
_BOTH = re.compile(r"\bboth (?:the )?$")
_AND = re.compile(r"(?: \([^()]{1,20}\))? and (?:the )?")
_COORDINATED = re.compile(r"(?: (?!and\b|on\b|while\b|in\b)[^,;]+)?(?:,|,? and|,? as well as) [^,;]*")
_THING_GAP = re.compile(r"(?: [\w-]+)?(?:,|,? and|,? or|/) ?(?:the |on |for )?")
_GROUP = re.compile(
    r"\b(?:on|across|over|in|for) (?:"
    + any_of(
        r"""the an? all various multiple several diverse different many most other standard challenging
        downstream public popular common both \w+-?\w*_of its their our unseen [0-9]+ two three four five
        six seven eight nine ten eleven twelve"""
    )
    + r" )*(?P<name>(?:[A-Za-z][\w/&'-]*,? ){1,5}?)(?:benchmarks?|tasks?|datasets?|suites?)\b"
)
_GROUP_STOP = re.compile(r"[;(]|\b(?:while|compared|outperform|surpass)")
_NO_GROUP = words_of(
    """the a an test evaluation benchmark proposed new held-out such these this existing several tested
    downstream across average other all on in of different main relevant related various multiple both and
    respective baselines standard"""
)
_TEST_NAME = re.compile(r"(?i:bench(?:mark)?|arena)\b|Eval\b|QA\b")


def find_targets(frame: Frame, position: int) -> list[Named]:
    """What the number at `position` was measured on; two things where it holds on `both A and B`."""
    on = _named_beside(frame, position) or _on_behind(frame, position, DATA)
    if frame.kinds[position] == "ratio":
        on = on or _on_behind(frame, position, TASK)
    else:
        on = on or _loosely(frame, position)
    return _with_twin(frame, on) if on else []


def _named_beside(frame: Frame, position: int) -> Named | None:
    return _on_listed(frame, position) or _on_beside(frame, position)


def _loosely(frame: Frame, position: int) -> Named | None:
    """What stands further away, or what the paper proposes to measure on."""
    return (
        _unknown_behind(frame, position)
        or _on_ahead(frame, position, DATA, _AHEAD_ON)
        or _unknown_ahead(frame, position)
        or _on_shared(frame, position)
        or _on_behind(frame, position, TASK)
        or _on_group(frame, position)
        or _on_ahead(frame, position, DATA, _AHEAD)
        or _on_ahead(frame, position, TASK, _AHEAD)
        or _proposed(frame)
        or _nearest(frame, position)
    )


def _on_listed(frame: Frame, position: int) -> Named | None:
    """`3% and 4% on HumanEval and MBPP, respectively`."""
    group = frame.listed(position)
    if len(group) < 2 or frame.text.find("respectively", frame.start, frame.end) < 0:
        return None
    for run in _runs(frame, frame.among(DATA, frame.start, frame.end)):
        if len(run) == len(group):
            return run[group.index(position)]
    return None


def _runs(frame: Frame, things: Iterable[Named]) -> list[list[Named]]:
    """The things, cut into the lists in which they stand."""
    runs: list[list[Named]] = []
    for thing in things:
        if runs and _THING_GAP.fullmatch(frame.text, runs[-1][-1].end, thing.start):
            runs[-1].append(thing)
        else:
            runs.append([thing])
    return runs


def _on_beside(frame: Frame, position: int) -> Named | None:
    """`MathVista (55.6`, `a GSM8K accuracy of 3`, `88.0% ImageNet accuracy`, `and MMLU climbs to 3`."""
    text, number = frame.text, frame.numbers[position]
    left, right = frame.segment(position)
    first = frame.numbers[frame.anchor(position)].start
    for thing in reversed(frame.among(DATA, left, first)):
        opens = thing.start == frame.start or _OPENS.search(text, max(left, thing.start - 14), thing.start)
        if _BESIDE.fullmatch(text, thing.end, first) or (opens and _CLIMBS.fullmatch(text, thing.end, first)):
            return thing
    behind = frame.among(DATA, number.end, right)
    return next((thing for thing in behind if _FEW_WORDS.fullmatch(text, number.end, thing.start)), None)


def _on_behind(frame: Frame, position: int, types: Sequence[EntityType]) -> Named | None:
    """`3% on the hard split of X`, before another clause starts."""
    end = frame.numbers[position].end
    things = frame.among(types, end, min(frame.segment(position)[1], end + REACH))
    return next((thing for thing in things if _BEHIND.fullmatch(frame.text, end, thing.start)), None)


def _on_ahead(
    frame: Frame, position: int, types: Sequence[EntityType], lead: re.Pattern[str]
) -> Named | None:
    """`On X, the model reaches 3%`: the last one before the number."""
    number = frame.numbers[position]
    for floor in (frame.segment(position)[0], frame.start):
        ahead = frame.among(types, floor, number.start)
        led = [
            thing for thing in ahead if lead.search(frame.text, max(floor, thing.start - 120), thing.start)
        ]
        if led:
            return led[-1]
    return None


def _unknown_behind(frame: Frame, position: int) -> Named | None:
    """`3% on NewBench`, where nothing of that name is known."""
    end = frame.numbers[position].end
    right = min(frame.segment(position)[1], end + 90)
    stop = _NO_CROSSING.search(frame.text, end, right)
    return _unknown(frame, _NAMED_BEHIND.finditer(frame.text, end, stop.start() if stop else right))


def _unknown_ahead(frame: Frame, position: int) -> Named | None:
    """`On NewBench, X reaches 3%`, where nothing of that name is known."""
    start = frame.numbers[position].start
    ahead = [*_NAMED_AHEAD.finditer(frame.text, max(frame.start, start - 400), start)]
    return _unknown(frame, reversed(ahead))


def _unknown(frame: Frame, matches: Iterable[re.Match[str]]) -> Named | None:
    """A benchmark of the first name that is no known thing."""
    for match in matches:
        new = new_named(match.start("name"), match["name"], "benchmark")
        over = [thing for thing in frame.things if thing.overlaps(new.start, new.end)]
        if all(
            thing.type == "method" and new.start <= thing.start and thing.end <= new.end + 3 for thing in over
        ):
            return new
    return None


def _on_shared(frame: Frame, position: int) -> Named | None:
    """`a PSNR of 17.6 and an LPIPS of 0.3 on NewSet`."""
    following = position + 1
    if following == len(frame.numbers) or frame.kinds[following] != frame.kinds[position]:
        return None
    gap = frame.gap(following)
    if len(gap) > 70 or not _COORDINATED.fullmatch(gap):
        return None
    return (
        _on_behind(frame, following, DATA)
        or _unknown_behind(frame, following)
        or _on_shared(frame, following)
    )


def _on_group(frame: Frame, position: int) -> Named | None:
    """`across various mathematical reasoning benchmarks`."""
    end = frame.numbers[position].end
    match = _GROUP.search(frame.text, end, min(frame.segment(position)[1], end + 110))
    if not match or _GROUP_STOP.search(frame.text, end, match.start()):
        return None
    taken = any(thing.overlaps(*match.span("name")) for thing in frame.things)
    if taken or not _NO_GROUP.isdisjoint(match["name"].lower().split()):
        return None
    return new_named(match.start("name"), match["name"].strip(), "task")


def _proposed(frame: Frame) -> Named | None:
    """The benchmark that the paper proposes."""
    for thing in frame.proposed:
        if thing.type == "benchmark" or _TEST_NAME.search(frame.text, thing.start, thing.end):
            return thing if thing.type in DATA else replace(thing, type="benchmark")
    return None


def _nearest(frame: Frame, position: int) -> Named | None:
    start = frame.numbers[position].start
    named = frame.among(("benchmark",), *frame.clause(position))
    return min(named, key=lambda thing: abs(thing.start - start), default=None)


def _with_twin(frame: Frame, on: Named) -> list[Named]:
    """The thing, and the one beside it in `both A and B`."""
    if not _BOTH.search(frame.text, max(frame.start, on.start - 10), on.start):
        return [on]
    for thing in frame.among(DATA, on.end, frame.end):
        if _AND.fullmatch(frame.text, on.end, thing.start):
            return [on, thing]
    if match := _TWIN.match(frame.text, on.end, frame.end):
        return [on, new_named(match.start("name"), match["name"], "benchmark")]
    return [on]
