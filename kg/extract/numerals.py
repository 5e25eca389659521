"""Numbers as written in running text: sign, digits, unit, ranges; canonical decimals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

__all__ = ["Form", "Number", "find_numbers"]

Form = Literal["percent", "points", "factor", "quantity", "magnitude", "plain", "label"]
"""How a number is written: `quantity` has a unit of measurement, `magnitude` a K, M or billion,
and a `label` is part of a name or a code (`3D`, `4-bit`, `256x256`, `1e9`)."""

LONGEST = 30
"""Digits of the longest number that is read; a longer one is no measurement."""

_DIGITS = (
    rf"(?:[0-9]{{1,3}}(?:,[0-9]{{3}}){{1,9}}|[0-9]{{1,{LONGEST}}})(?:\.[0-9]{{1,{LONGEST}}})?"
    rf"|\.[0-9]{{1,{LONGEST}}}"
)
_NUMBER = re.compile(
    rf"(?<![\w.,@^\\])(?<!\w[-/.])(?P<dollar>\$)?(?P<sign>(?<![\w)\]%])[+-])?(?P<digits>{_DIGITS})"
    r"(?![0-9]|[.,][0-9])"
)
_FAR_END = re.compile(rf"(?P<dollar>\$)?(?P<sign>\+)?(?P<digits>{_DIGITS})(?![0-9]|[.,][0-9])")
_JOIN = re.compile(r" ?[-~] ?| (?P<word>to|and) ")

_UNITS = (
    "tokens per second", "frames per second", "milliseconds", "tokens/second", "tokens/sec", "tokens/s",
    "ms/img", "TFLOPS", "GFLOPS", "MFLOPS", "TFLOPs", "GFLOPs", "MFLOPs", "FLOPs", "FPS", "fps",
    "seconds", "second", "secs", "sec", "minutes", "minute", "min", "hours", "hour", "days", "months",
    "years", "degrees", "degree", "meters", "meter", "words", "steps", "kbps", "GiB", "GB", "MB", "KB", "dB",
    "Hz", "kHz",
    "ms", "cm", "mm", "km", "s", "m", "h",
)  # fmt: skip
_UNIT = re.compile(
    r"(?P<points>(?: ?%)?[ -](?:absolute )?(?:percentage[ -])?(?:points?|pts|pp)\b|pp\b| ?%pts?\b)"
    r"|(?P<percent> ?%[p+]?(?![A-Za-z])| (?:percent|per cent)\b)"
    r"|(?P<factor> ?[x×](?![A-Za-z0-9]| ?[0-9])| times\b|[ -]?folds?\b)"
    r"|(?P<magnitude> ?[KMBTk](?![A-Za-z0-9])| (?:thousand|million|billion|trillion)\b)"
    rf"|(?P<quantity>[ -]?(?:{'|'.join(map(re.escape, _UNITS))})(?![A-Za-z0-9/]))"
)
_NAMED_UNIT = {"percent": "%", "points": "points", "factor": "x"}
_SAME_UNIT = {
    "tokens per second": "tokens/s",
    "tokens/second": "tokens/s",
    "tokens/sec": "tokens/s",
    "frames per second": "FPS",
    "fps": "FPS",
    "milliseconds": "ms",
    "second": "seconds",
    "secs": "seconds",
    "sec": "seconds",
    "s": "seconds",
    "minute": "minutes",
    "min": "minutes",
    "hour": "hours",
    "h": "hours",
    "degree": "degrees",
    "meter": "meters",
}
_GLUED = re.compile(r"[A-Za-z_^]|[-×x][A-Za-z0-9]| ?[x×] ?[0-9]|/[A-Za-z]")
_RANGE_LEAD = re.compile(
    r"(?:\bbetween|\brang(?:e|es|ed|ing)(?: from)?"
    r"|\b(?:gain|improvement|increase|reduction|decrease|drop)s? from|\b(?:by|of|up|average)) [~+]?$",
    re.IGNORECASE,
)
_FROM = re.compile(r"\bfrom (?:[^\s,;()]{1,30} ){0,5}$")
_GAIN_NEXT = re.compile(
    r" (?:\w+ )?(?:faster|slower|higher|lower|better|more|fewer|less|increase|improvement|gain|reduction"
    r"|decrease|drop|boost|speed-?up)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, order=True)
class Number:
    """One number, or range of numbers, at `text[start:end]`, its unit included.

    `value` and `upper`, the far end of a range, are canonical decimals: no exponent, no trailing
    zero, no plus, at most `LONGEST` digits.
    """

    start: int
    end: int
    value: str
    form: Form
    unit: str | None = None
    upper: str | None = None
    signed: bool = False


def find_numbers(text: str) -> Iterator[Number]:
    """The numbers of a text in their order, ASCII digits only, that fit into `LONGEST` digits."""
    position = 0
    while match := _NUMBER.search(text, position):
        number = _read(text, match)
        position = match.end()
        if number is not None:
            number = _as_range(text, number)
            position = number.end
            yield number


def to_decimal(digits: str, negative: bool = False) -> str | None:
    """`1,234.50` → `1234.5`; None where more than `LONGEST` digits are left."""
    whole, _, fraction = digits.replace(",", "").partition(".")
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    if len(whole) + len(fraction) > LONGEST:
        return None
    value = f"{whole}.{fraction}" if fraction else whole
    return f"-{value}" if negative and value != "0" else value


def _read(text: str, match: re.Match[str]) -> Number | None:
    """The number that `match` found, with the unit behind it."""
    value = to_decimal(match["digits"], match["sign"] == "-")
    if value is None:
        return None
    number = Number(match.start(), match.end(), value, "plain", signed=bool(match["sign"]))
    if unit := _UNIT.match(text, match.end()):
        form: Form = unit.lastgroup  # type: ignore[assignment]
        written = unit.group().strip(" -")
        name = _NAMED_UNIT.get(form) or _SAME_UNIT.get(written, written)
        return replace(number, end=unit.end(), form=form, unit=name)
    if match["dollar"]:
        return replace(number, form="quantity", unit="$")
    if _GLUED.match(text, match.end()):
        return replace(number, form="label")
    return number


def _as_range(text: str, number: Number) -> Number:
    """The number with what follows it, where the two are a range: `40-50%`, `by 2x to 3x`."""
    join = _JOIN.match(text, number.end)
    match = _FAR_END.match(text, join.end()) if join else None
    far = _read(text, match) if match else None
    if join is None or far is None or far.form in ("label", "magnitude"):
        return number
    if not _is_range(text, number, far, join["word"]):
        return number
    return replace(number, end=far.end, form=far.form, unit=far.unit, upper=far.value)


def _is_range(text: str, near: Number, far: Number, word: str | None) -> bool:
    if float(near.value) >= float(far.value):
        return False
    if word is None:
        return near.form in ("plain", "label", far.form)
    lead = _RANGE_LEAD.search(text, max(0, near.start - 24), near.start)
    if near.form != far.form or (near.form == "plain" and not (lead and "rang" in lead.group())):
        return False
    if word == "and":
        return lead is not None and lead.group().lower().startswith("between")
    if _FROM.search(text, max(0, near.start - 60), near.start) and not (lead and "from" in lead.group()):
        return False
    return lead is not None or bool(_GAIN_NEXT.match(text, far.end))
