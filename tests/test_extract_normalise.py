"""The text that the pipeline reads: what is repaired, and that every slice of it leads back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.extract.normalise import GAP, LONGEST_RUN, View, to_view
from kg.model import Paper, Summary

ODD = [
    "Ã—",
    "â€™",
    "**",
    "`x`",
    "<time>",
    "\n\n",
    "  ",
    "****",
    "x" * 400,
    "–",
    "“",
    "é",
    "𝔸",
    "\u00c3",
    "*a",
]


def view(title: str, abstract: str = "") -> View:
    return to_view(Summary(Paper("2410.00001"), "digest", "2024-10-01", title, abstract, ""))


texts = st.lists(st.one_of(st.text(max_size=8), st.sampled_from(ODD)), max_size=12).map("".join)


@given(texts, texts, st.data())
def test_every_slice_of_a_view_leads_back_to_the_stored_text(
    title: str, abstract: str, data: st.DataObject
) -> None:
    read = view(title, abstract)
    assert len(read.starts) == len(read.ends) == len(read.text)
    fields = {"title": (0, read.title_end), "abstract": (read.title_end + len(GAP), len(read.text))}
    for field, (first, last) in fields.items():
        if first < last:
            start = data.draw(st.integers(first, last - 1))
            end = data.draw(st.integers(start + 1, last))
            evidence = read.evidence(start, end)
            assert evidence.field == field
            assert evidence.quote
            assert read.summary.text(evidence.field)[evidence.start : evidence.end] == evidence.quote


@given(texts, texts)
def test_the_gap_stands_only_between_title_and_abstract(title: str, abstract: str) -> None:
    read = view(title, abstract)
    assert read.text.index(GAP) == read.title_end
    assert read.text.count(GAP) == 1


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ("runs 4Ã— as fast", "runs 4× as fast"),
        ("the modelâ€™s gain", "the model's gain"),
        ("FrÃ©chet distance", "Fréchet distance"),
        ("a café’s menu", "a café's menu"),
        ("**Bold** and `code`", "Bold and code"),
        ("between <time> tags", "between  tags"),
        ("A* search in O(n*m)", "A* search in O(n*m)"),
        ("two   spaces\nand lines", "two spaces and lines"),
        ("40–50% “quoted”", '40-50% "quoted"'),
        ("wait.......", "wait..."),
    ],
)
def test_what_is_repaired(stored: str, read: str) -> None:
    assert view("T", stored).text == "T" + GAP + read


def test_a_quote_keeps_what_stands_in_the_source() -> None:
    read = view("T", "it is 4Ã— **faster**")
    start = read.text.index("4×")
    assert read.evidence(start, len(read.text)).quote == "4Ã— **faster"


def test_an_unbroken_run_is_cut() -> None:
    read = view("T", "x" * 5000 + " end")
    assert read.text == "T" + GAP + "x" * LONGEST_RUN + " end"
    assert read.evidence(len(read.text) - 3, len(read.text)).start == 5001


@pytest.mark.parametrize(("start", "end"), [(0, 0), (2, 1), (-1, 2), (4, 6), (5, 8), (3, 9), (7, 99)])
def test_a_slice_outside_one_field_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="no slice"):
        view("Title", "Abstract").evidence(start, end)
