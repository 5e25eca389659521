"""What a result says of the change, and whether the numbers of a summary agree."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.delta import Delta, derive_delta, to_decimal_text
from kg.model import Direction, Evidence, Mention, Result, ResultKind, Slot

SOMEWHERE = Mention(Evidence("abstract", 0, 1, "x"), "value", "kg_results", 9)


def result(
    kind: ResultKind,
    value: str,
    baseline: str | None = None,
    unit: str | None = None,
    direction: Direction | None = None,
    on: str | None = "GLUE",
    against: str | None = None,
    upper: str | None = None,
) -> Result:
    return Result(
        kind,
        value,
        SOMEWHERE,
        SOMEWHERE,
        unit=unit,
        direction=direction,
        baseline_value=baseline,
        upper=upper,
        on=Slot("benchmark", on, SOMEWHERE) if on else None,
        baseline=Slot("model", against, SOMEWHERE) if against else None,
    )


def test_a_level_and_its_baseline_differ_in_points() -> None:
    assert derive_delta(result("score", "55.6", "39.4"), []) == Delta("16.2", "points", None)


def test_a_level_alone_has_no_delta() -> None:
    assert derive_delta(result("score", "55.6"), []) is None


def test_a_ratio_is_a_factor() -> None:
    assert derive_delta(result("ratio", "1.8", direction="up"), []) == Delta("1.8", "factor", None)


def test_a_gain_downwards_is_negative() -> None:
    assert derive_delta(result("gain", "3", unit="points", direction="down"), []) == Delta(
        "-3", "points", None
    )


@pytest.mark.parametrize(
    ("stated", "kind", "check"),
    [
        ("16.2", "points", "consistent"),
        ("41.1", "relative", "consistent"),
        ("41", "relative", "consistent"),
        ("7", "relative", "ambiguous"),
    ],
)
def test_a_gain_in_per_cent_is_settled_by_a_level(stated: str, kind: str, check: str) -> None:
    gain = result("gain", stated, unit="%", direction="up")
    level = result("score", "55.6", "39.4")
    assert derive_delta(gain, [gain, level]) == Delta(stated, kind, check)  # type: ignore[arg-type]


def test_a_gain_that_fits_no_reading_is_told() -> None:
    gain, level = result("gain", "7", unit="%", direction="up"), result("score", "55.6", "39.4")
    assert derive_delta(level, [level, gain]) == Delta("16.2", "points", "inconsistent")


@pytest.mark.parametrize(
    ("level", "gain"),
    [
        (result("score", "55.6", "39.4", against="A"), result("gain", "7", unit="%", against="B")),
        (result("score", "55.6", "39.4", on=None), result("gain", "7", unit="%", on=None)),
        (result("score", "55.6", "39.4", on="MMLU"), result("gain", "7", unit="%")),
        (result("score", "55.6", "39.4", upper="60"), result("gain", "7", unit="%")),
        (result("score", "55.6", "39.4"), result("gain", "7", unit="%", upper="9")),
    ],
)
def test_numbers_of_different_measures_accuse_nobody(level: Result, gain: Result) -> None:
    delta = derive_delta(level, [level, gain])
    assert delta
    assert delta.check is None


def test_a_fall_does_not_confirm_a_rise() -> None:
    level, gain = result("score", "40", "50"), result("gain", "10", unit="%", direction="up")
    assert derive_delta(level, [gain]) == Delta("-10", "points", "inconsistent")


def test_a_baseline_of_zero_divides_nothing() -> None:
    gain, level = result("gain", "5", unit="%"), result("score", "5", "0")
    assert derive_delta(gain, [level]) == Delta("5", "points", "consistent")


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6))
def test_decimals_have_one_form(value: Decimal) -> None:
    text = to_decimal_text(value)
    assert Decimal(text) == value
    assert to_decimal_text(Decimal(text)) == text
    assert "e" not in text.lower()
    assert text != "-0"
