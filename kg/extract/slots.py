"""Results from the numbers of a sentence: each with metric, target, subject, baseline and direction.

Pure rules over a `Frame`. A learned slot filler takes the place of `fill`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from kg.extract.frames import DATA, SYSTEMS, Frame, Named, new_named
from kg.extract.lexicon import fold, load_terms
from kg.extract.metrics import find_metric
from kg.extract.phrases import head_type
from kg.extract.targets import find_targets
from kg.extract.wording import HEDGES, any_of, phrase_after, words_of
from kg.model import Direction

__all__ = ["Filled", "fill"]

_RIVAL_LEAD = re.compile(
    r"\b(?:compared (?:to|with)|over|than|versus|vs\.?|against|relative to|outperform\w*|surpass\w*|exceed\w*"
    r"|beat\w*|superior to|inferior to|better than|baselines?|behind|improv\w* upon|match\w*|predecessor)"
    r"(?: [^\s,;()]+){0,5},? ?\(?$",
    re.IGNORECASE,
)
_COMPARED_TO = re.compile(
    r"\b(?:compared (?:to|with)|outperform\w*|surpass\w*|exceed\w*|than|versus|vs\.?) (?:the |its )?$"
)
_RIVAL_NAMED = re.compile(
    r"\b(?:compared (?:to|with)|over|than|outperform\w*|surpass\w*|exceed\w*|versus|vs\.?|for) (?:the |an? )"
    r"(?P<name>(?:[\w-]+ ){1,4}?)baseline\b"
)
_VAGUE = words_of(
    """strong best strongest existing original previous prior standard baseline baselines other all the a
    an its next next-best second-best traditional conventional current state-of-the-art SOTA sota
    supervised several various many most of for in on with by to and larger smaller model models method
    methods LLMs VLMs MLLMs"""
)
_LISTED = re.compile(r"(?: \([^()]{1,30}\))?(?:,|,? and|,? or) (?:[\w-]+ ){0,2}")
_LABELS = re.compile(rf"(?:'s)?(?::| -| \()? ?{HEDGES}")
_ACTS = re.compile(
    r"(?: \([^()]{1,40}\))?(?:'s)?(?: [\w-]+){0,3}? (?:\w*ly )?"
    + any_of(
        """achiev improv outperform reduc surpass reach attain obtain scor demonstrat show exhibit exceed
        increas boost yield deliver record gain enhanc provid maintain accelerat has had is was can
        generat requir produc solv perform lead rank rais"""
    )
)
_DATA_ACTS = re.compile(
    r" (?:\w+ly )?"
    + any_of("improv boost rais reduc increas enhanc outperform surpass achiev reach gain yield")
)
_BY_SYSTEM = re.compile(r"\b(?:by|for|with|using|from) (?:[^\s,;()]+ ){0,3}$")
_BY_NUMBER = re.compile(rf"\bby {HEDGES}$")
_OWNS = re.compile(rf"(?:'s)?(?: [\w-]+){{0,2}}(?: \(| of| at|:)? ?(?:[\w@-]+ ){{0,2}}{HEDGES}")
_OWNED_BY = re.compile(r"(?: [\w@-]+){0,3} (?:for|by|of|from|with|achieved by) (?:[\w-]+ ){0,3}")
_DOWN = re.compile(
    r"\b"
    + any_of(
        """reduc decreas lower drop declin degrad fall fell shrink cut sav mitigat minimi[sz] diminish less
        fewer smaller shorter worse underperform lag trail short suppress plummet loss los[et] slow
        cheaper behind below deteriorat"""
    )
    + r"\w*",
    re.IGNORECASE,
)
_UP = re.compile(
    r"\b"
    + any_of(
        """improv increas boost enhanc rais gain ris[ei] rose grow grew outperform surpass exceed beat
        accelerat higher better faster greater more superior speed lead advantage margin ahead over\\b"""
    )
    + r"\w*",
    re.IGNORECASE,
)
_BETTER = re.compile(
    r"improv|enhanc|outperform|surpass|better|superior|speed|accelerat|lead|advantage", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Filled:
    """One result of a frame: the position of its number, of its baseline's number, and its slots."""

    position: int
    metric: Named | None = None
    on: Named | None = None
    subject: Named | None = None
    baseline: Named | None = None
    rival: int | None = None
    direction: Direction | None = None


def fill(frame: Frame) -> list[Filled]:
    """The results of a frame, in the order of their numbers.

    A number gives two results where it holds on two benchmarks or is compared with two values.
    """
    linked = link_baselines(frame)
    rivals = find_rivals(frame)
    filled: list[Filled] = []
    for position, kind in enumerate(frame.kinds):
        if kind in ("other", "baseline"):
            continue
        metric = find_metric(frame, position, filled[-1].metric if filled else None)
        subject = find_subject(frame, position, rivals)
        baseline = find_baseline(frame, position, subject, rivals)
        direction = find_direction(frame, position, metric)
        result = Filled(position, metric, None, subject, baseline, None, direction)
        for on in find_targets(_without(frame, [*rivals, subject]), position) or (None,):
            filled.append(replace(result, on=on))
            compared = [
                replace(filled[-1], rival=rival, baseline=find_owner(frame, rival, subject) or baseline)
                for rival in linked.get(position, ())
            ]
            filled[-1:] = compared or filled[-1:]
    return filled


def _without(frame: Frame, taken: Sequence[Named | None]) -> Frame:
    """The frame without the things that compete, so that nothing is measured on them."""
    ids = {thing.id for thing in taken if thing}
    things, proposed = ([t for t in some if t.id not in ids] for some in (frame.things, frame.proposed))
    return replace(frame, things=things, proposed=proposed)


def find_rivals(frame: Frame) -> list[Named]:
    """The systems of the sentence that something is compared with."""
    rivals: list[Named] = []
    for thing in frame.among((*SYSTEMS, *DATA), frame.start, frame.end):
        lead = _RIVAL_LEAD if thing.type in SYSTEMS else _COMPARED_TO
        listed = (
            thing.type in SYSTEMS and rivals and _LISTED.fullmatch(frame.text, rivals[-1].end, thing.start)
        )
        if listed or lead.search(frame.text, max(frame.start, thing.start - 70), thing.start):
            rivals.append(thing)
    return rivals


def find_subject(frame: Frame, position: int, rivals: Sequence[Named]) -> Named | None:
    """What achieved a number: a system beside it, the one that its verb belongs to, or the proposed one."""
    number, text = frame.numbers[position], frame.text
    left, right = frame.segment(position)
    own = [thing for thing in frame.among(SYSTEMS, frame.start, frame.end) if thing not in rivals]
    ahead = [thing for thing in own if thing.end <= number.start]
    labels = (thing for thing in ahead if _LABELS.fullmatch(text, thing.end, number.start))
    if label := next(labels, None):
        return label
    named = [thing for thing in ahead if not text[thing.start : thing.end].islower()]
    for group in ([thing for thing in named if left <= thing.start], named, ahead):
        acting = [thing for thing in group if _ACTS.match(text, thing.end, number.start)]
        if acting:
            return acting[-1]
    ours = {thing.id for thing in frame.proposed}
    for thing in frame.among(DATA, left, number.start):
        if thing.id in ours and _DATA_ACTS.match(text, thing.end, number.start):
            return thing
    behind = [thing for thing in own if number.end <= thing.start < right]
    by = [thing for thing in behind if _BY_SYSTEM.search(text, number.end, thing.start)]
    systems = [thing for thing in frame.proposed if thing.type in SYSTEMS]
    return next((group[0] for group in (named, by, ahead, systems) if group), None)


def find_baseline(
    frame: Frame, position: int, subject: Named | None, rivals: Sequence[Named]
) -> Named | None:
    """The system that a number is compared with, nearest first; a gain `by 3%` has it ahead."""
    number = frame.numbers[position]
    left, right = frame.segment(position)
    others = [thing for thing in rivals if subject is None or thing.id != subject.id]
    ahead = [thing for thing in others if left <= thing.start < number.start][-1:]
    behind = [thing for thing in others if number.end <= thing.start < right]
    later = [thing for thing in others if right <= thing.start and frame.kinds[position] != "score"]
    by = _BY_NUMBER.search(frame.text, max(frame.start, number.start - 60), number.start)
    before = (
        [thing for thing in others if thing.start < number.start][-1:]
        if frame.anchor(position) != position
        else []
    )
    groups = (ahead, behind, later) if by else (behind, ahead, later, before)
    known = next((group[0] for group in groups if group), None)
    return known or _unknown_rival(frame, number.end, right)


def _unknown_rival(frame: Frame, start: int, end: int) -> Named | None:
    """`compared to a dense retrieval baseline`, where nothing of that name is known."""
    for match in _RIVAL_NAMED.finditer(frame.text, start, min(end, start + 160)):
        taken = any(thing.overlaps(*match.span("name")) for thing in frame.things)
        if not taken and _VAGUE.isdisjoint(match["name"].lower().split()):
            return new_named(match.start("name"), match["name"].strip(), "method", "comparesWith")
    return None


def link_baselines(frame: Frame) -> dict[int, list[int]]:
    """The positions of the baselines of each score: A of `from A to B`, and what follows it to compare.

    A range is no baseline, since a result has one baseline value only.
    """
    linked: dict[int, list[int]] = {}
    for position, kind in enumerate(frame.kinds):
        if kind == "baseline" and frame.numbers[position].upper is None:
            changed = position + 1 < len(frame.kinds) and frame.anchor(position + 1) == position
            score = position + 1 if changed else _score_before(frame, position)
            if score is not None:
                linked.setdefault(score, []).append(position)
    return linked


def _score_before(frame: Frame, position: int) -> int | None:
    """The score that the baseline at `position` is compared with: the last one, or its twin in a list."""
    form = frame.numbers[position].form
    before = range(position - 1, -1, -1)
    last = next((at for at in before if frame.kinds[at] == "score" and frame.numbers[at].form == form), None)
    if last is None or (form == "plain" and _has_point(frame, last) and not _has_point(frame, position)):
        return None
    scores, baselines = frame.listed(last), frame.listed(position)
    listed = len(scores) == len(baselines) > 1 and scores[-1] < baselines[0]
    return scores[baselines.index(position)] if listed else last


def _has_point(frame: Frame, position: int) -> bool:
    number = frame.numbers[position]
    return "." in frame.text[number.start : number.end]


def find_owner(frame: Frame, position: int, subject: Named | None) -> Named | None:
    """The system that the value of a baseline belongs to: `X (23.9`, `X's 0.4`, `23.9 for X`.

    Never the subject: what rises `from A to B` is not compared with itself.
    """
    number = frame.numbers[position]
    named = frame.among(SYSTEMS, frame.start, frame.end)
    systems = [thing for thing in named if subject is None or thing.id != subject.id]
    for thing in reversed(systems):
        if _OWNS.fullmatch(frame.text, thing.end, number.start):
            return thing
    methods = (thing for thing in frame.among(("task",), number.end, frame.end) if _is_method(frame, thing))
    behind = [*systems, *(replace(thing, type="method") for thing in methods)]
    return next((one for one in behind if _OWNED_BY.fullmatch(frame.text, number.end, one.start)), None)


def _is_method(frame: Frame, thing: Named) -> bool:
    """Whether the head noun of a term is one of methods: `softmax attention`."""
    return head_type(re.split(r"[ -]", frame.text[thing.start : thing.end])[-1]) == "method"


def find_direction(frame: Frame, position: int, metric: Named | None) -> Direction | None:
    """What happened to the metric as it is named; None for a score."""
    if frame.kinds[position] == "score":
        return None
    number, text = frame.numbers[position], frame.text
    if number.value.startswith("-") or text[number.start - 1] == "↓":
        return "down"
    after = text[slice(*phrase_after(text, number.end, frame.end))]
    cues = [*_DOWN.finditer(after), *_UP.finditer(after)][:1]
    if not cues:
        before = text[max(frame.start, number.start - 300) : number.start]
        cues = sorted([*_DOWN.finditer(before), *_UP.finditer(before)], key=lambda cue: cue.start())[-1:]
    if not cues or (_BETTER.match(cues[0].group()) and metric and _is_cost(text[metric.start : metric.end])):
        return "down" if cues else "up"
    return "down" if _DOWN.match(cues[0].group()) else "up"


@cache
def _costs() -> frozenset[str]:
    """The metrics of which less is better, folded."""
    return frozenset(
        fold(name) for term in load_terms() if term.better == "down" for name in (term.name, *term.aliases)
    )


def _is_cost(name: str) -> bool:
    """Whether a metric, or the last words of its name, is one of which less is better."""
    words = re.split(r"[\s-]+", name)
    return any(fold(" ".join(words[first:])) in _costs() for first in range(len(words)))
