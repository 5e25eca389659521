"""Numbers as written, and what each number of a sentence is."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.extract import load_pipeline
from kg.extract.numerals import LONGEST, find_numbers, to_decimal
from kg.extract.values import derive_kinds


def numbers(text: str) -> list[tuple[str, str | None, str | None, str]]:
    return [(n.value, n.upper, n.unit, n.form) for n in find_numbers(text)]


def kinds(sentence: str) -> dict[str, str]:
    """What each number of a sentence is, by its quote, without what is no result."""
    found = list(find_numbers(sentence))
    each = zip(found, derive_kinds(sentence, 0, len(sentence), found), strict=True)
    return {sentence[n.start : n.end]: kind for n, kind in each if kind != "other"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("an accuracy of 55.60", ("55.6", None, None, "plain")),
        ("a score of 100.", ("100", None, None, "plain")),
        ("rose to .50", ("0.5", None, None, "plain")),
        ("1,234.50 of them", ("1234.5", None, None, "plain")),
        ("by 4.0 %", ("4", None, "%", "percent")),
        ("by 7 percent", ("7", None, "%", "percent")),
        ("+2.36%", ("2.36", None, "%", "percent")),
        ("a coefficient of -0.50", ("-0.5", None, None, "plain")),
        ("a 5-point gain", ("5", None, "points", "points")),
        ("12.0 percentage points", ("12", None, "points", "points")),
        ("3.2x faster", ("3.2", None, "x", "factor")),
        ("1.8 times faster", ("1.8", None, "x", "factor")),
        ("a 9-fold rise", ("9", None, "x", "factor")),
        ("24fps", ("24", None, "FPS", "quantity")),
        ("35.41 dB", ("35.41", None, "dB", "quantity")),
        ("120 tokens/s", ("120", None, "tokens/s", "quantity")),
        ("$0.05", ("0.05", None, "$", "quantity")),
        ("by 40-50%", ("40", "50", "%", "percent")),
        ("by 5.7% to 8.1%", ("5.7", "8.1", "%", "percent")),
        ("10%-15% less", ("10", "15", "%", "percent")),
        ("2.5x to 5x faster", ("2.5", "5", "x", "factor")),
        ("between 3.5% and 12.1%", ("3.5", "12.1", "%", "percent")),
    ],
)
def test_numerals(text: str, expected: tuple[str, str | None, str | None, str]) -> None:
    assert numbers(text) == [expected]


@pytest.mark.parametrize(
    "text",
    ["GPT-4", "v1.5", "pass@1", "Llama-3.1-8B", "10^400", "1,2,3,4", "9" * 5000, "１２", "٣٤", "½", "x²"],
)
def test_what_is_no_number(text: str) -> None:
    assert [n for n in numbers(text) if n[3] not in ("label", "magnitude")] == []


@pytest.mark.parametrize("text", ["1e999", "4-bit", "256x256", "1.72e-13", "9.89E-03"])
def test_codes_are_labels(text: str) -> None:
    assert {form for *_, form in numbers(text)} <= {"label"}


def test_from_a_to_b_are_two_numbers() -> None:
    assert [value for value, *_ in numbers("from 10% to 20%")] == ["10", "20"]


@pytest.mark.parametrize("text", ["by 76% to 47%", "between 9.5% and 3.1%", "by 50-40%", "by 3x to 3x"])
def test_what_falls_is_no_range(text: str) -> None:
    assert [upper for _, upper, *_ in numbers(text)] in ([None], [None, None])


def test_decimals_are_canonical() -> None:
    assert to_decimal("007.50") == "7.5"
    assert to_decimal("0.000", negative=True) == "0"
    assert to_decimal("1" * (LONGEST + 1)) is None


@given(st.text(alphabet="0123456789.,-+%~x× abkKM$()", max_size=80))
def test_any_text_gives_canonical_decimals(text: str) -> None:
    previous = 0
    for number in find_numbers(text):
        assert previous <= number.start < number.end <= len(text)
        previous = number.end
        for value in filter(None, (number.value, number.upper)):
            assert re.fullmatch(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?", value)
            assert len(value.replace("-", "").replace(".", "")) <= LONGEST


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Our parser reaches an F1 score of 71.3 on TreeSet.", {"71.3": "score"}),
        ("Our parser reaches 71.3% accuracy.", {"71.3%": "score"}),
        ("It scores 64 on the exam.", {"64": "score"}),
        ("It needs a latency of 12 ms.", {"12 ms": "score"}),
        ("Nova raises accuracy from 39.4 to 55.6.", {"39.4": "baseline", "55.6": "score"}),
        ("Nova lifts recall (50.1 to 63.4).", {"50.1": "baseline", "63.4": "score"}),
        ("Nova lifts recall to 74.2% from 30.5% before.", {"74.2%": "score", "30.5%": "baseline"}),
        ("Nova has an error of 3.1 compared to 4.5 for Vega.", {"3.1": "score", "4.5": "baseline"}),
        ("Nova has 81% accuracy, beating Vega (72%).", {"81%": "score", "72%": "baseline"}),
        ("Nova has 81% accuracy, beating the 72% of Vega.", {"81%": "score", "72%": "baseline"}),
        ("Nova cuts latency by 40%.", {"40%": "gain"}),
        ("Nova is 3.5% better.", {"3.5%": "gain"}),
        ("a gain of up to 6 points over Vega", {"6 points": "gain"}),
        ("a +4.2 improvement", {"+4.2": "gain"}),
        ("Nova gains 7.9% and 6.7% improvements, respectively.", {"7.9%": "gain", "6.7%": "gain"}),
        ("It beats Vega by 3% and 4%, respectively.", {"3%": "gain", "4%": "gain"}),
        ("It reaches 71%, a 5-point gain over Vega.", {"71%": "score", "5-point": "gain"}),
        ("Nova is 1.8 times faster.", {"1.8 times": "ratio"}),
        ("The score is 0.40 ± 0.11.", {"0.40": "score"}),
        ("It has 90.2% accuracy on A and 83.6% on B.", {"90.2%": "score", "83.6%": "score"}),
    ],
)
def test_kinds(sentence: str, expected: dict[str, str]) -> None:
    assert kinds(sentence) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "We train a 7B model on 12 million images for 3 days.",
        "The suite has 27 tasks in 8 languages, released in 2024.",
        "Claude 3.5 Sonnet answers first.",
        "The top 20% of tokens are kept at 70% sparsity.",
        "It uses only 30% of the training data.",
        "See Table 4 and Section 3.2.",
        "p < 0.05, a learning rate of 0.001 and 4-bit weights",
    ],
)
def test_what_is_no_result(sentence: str) -> None:
    assert kinds(sentence) == {}


def test_follow_up_questions_and_titles_give_no_value() -> None:
    text = (
        "Nova: 90% Better Parsing\n\nNova reaches 71% accuracy. Follow-up Questions: 1. Why is 71% the limit?"
    )
    doc = load_pipeline()(text)
    assert [(span.text, span.label_) for span in doc.spans["values"]] == [("71%", "score")]


@pytest.mark.parametrize(
    "text",
    [
        "1.5 2.5 " * 6000,
        "X is 3.5%. " * 4000,
        "from 3.1 to 4.2 " * 3000,
        "by up to an average of " * 2000,
        "(" * 50_000,
    ],
)
def test_hostile_numerals_take_linear_time(text: str) -> None:
    component = load_pipeline().get_pipe("kg_values")
    doc = load_pipeline().make_doc(text)
    doc.spans["sentences"] = [doc[:]]
    start = time.perf_counter()
    component(doc)
    assert time.perf_counter() - start < 5
