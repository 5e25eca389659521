"""How far a result lies from its baseline, and whether the summary's own numbers agree on it.

A gain in per cent may be points or a relative change; only a level and a baseline beside it tell.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from kg.model import Result, Slot

__all__ = ["Delta", "derive_delta", "to_decimal_text"]

DeltaKind = Literal["points", "relative", "factor"]
DeltaCheck = Literal["consistent", "inconsistent", "ambiguous"]


@dataclass(frozen=True, slots=True)
class Delta:
    """A change: signed in the result's own unit, signed in per cent of the baseline, or a bare factor."""

    value: str
    kind: DeltaKind
    check: DeltaCheck | None


def to_decimal_text(value: Decimal) -> str:
    """The canonical form that Oxigraph keeps: no exponent, no trailing zeros, no negative zero."""
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def derive_delta(result: Result, others: Iterable[Result]) -> Delta | None:
    """The delta that a result states or implies, checked against the others of its sentence.

    A level with a baseline value implies a difference in points; `consistent` or `inconsistent`
    says whether a gain stated for the same measure agrees with it. A gain in per cent is `ambiguous`
    until such a level settles it. A level without a baseline has no delta.
    """
    peers = [other for other in others if other is not result and _same_measure(result, other)]
    if result.kind == "score":
        return _delta_of_level(result, peers)
    if result.kind == "ratio":
        return Delta(result.value, "factor", None)
    sign = "-" if result.direction == "down" and not result.value.startswith("-") else ""
    if result.unit != "%":
        return Delta(sign + result.value, "points", None)
    readings = {_reading(level, result) for level in peers if level.kind == "score"} - {None}
    if len(readings) == 1:
        return Delta(sign + result.value, readings.pop() or "relative", "consistent")
    return Delta(sign + result.value, "relative", "ambiguous")


def _delta_of_level(level: Result, peers: list[Result]) -> Delta | None:
    if level.baseline_value is None:
        return None
    difference = to_decimal_text(Decimal(level.value) - Decimal(level.baseline_value))
    gains = [peer for peer in peers if peer.kind == "gain" and peer.upper is None]
    if not gains or level.upper is not None:
        return Delta(difference, "points", None)
    agrees = any(_reading(level, gain) for gain in gains)
    return Delta(difference, "points", "consistent" if agrees else "inconsistent")


def _same_measure(a: Result, b: Result) -> bool:
    """Whether one sentence states both, of the same subject, benchmark, metric and baseline.

    A subject or a baseline may be left out in one; of benchmark and metric, one at least is named.
    """

    def thing(slot: Slot | None) -> tuple[str, str] | None:
        return None if slot is None else (slot.type, slot.name)

    def compatible(one: Slot | None, other: Slot | None) -> bool:
        return one is None or other is None or thing(one) == thing(other)

    return (
        a.sentence.evidence == b.sentence.evidence
        and (a.on is not None or a.metric is not None)
        and (thing(a.on), thing(a.metric)) == (thing(b.on), thing(b.metric))
        and compatible(a.subject, b.subject)
        and compatible(a.baseline, b.baseline)
    )


def _reading(level: Result, gain: Result) -> DeltaKind | None:
    """What a stated gain is, given a level with its baseline: the reading that fits its digits and sign."""
    if level.baseline_value is None or level.upper is not None or gain.upper is not None:
        return None
    value, baseline, stated = Decimal(level.value), Decimal(level.baseline_value), abs(Decimal(gain.value))
    change = value - baseline
    if (gain.direction == "up" and change < 0) or (gain.direction == "down" and change > 0):
        return None
    exponent = stated.as_tuple().exponent
    slack = Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)
    if abs(abs(change) - stated) <= slack:
        return "points"
    if gain.unit == "%" and baseline and abs(abs(100 * change / baseline) - stated) <= slack:
        return "relative"
    return None
