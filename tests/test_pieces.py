"""A text as wordpieces with hints: nothing of it is left out, and each piece knows its place."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from kg.extract.normalise import GAP
from kg.extract.numerals import find_numbers
from kg.extract.pieces import COLUMNS, MOST, Pieces, read_pieces
from kg.extract.sections import derive_sections
from kg.extract.sightings import find_sightings
from kg.extract.values import derive_kinds

TEXT = f"FoldNet: Folding{GAP}FoldNet reaches an accuracy of 71.5% on MazeBench. It has 12 layers."


def pieces_of(text: str) -> Pieces:
    told = [span for span in derive_sections(text) if span[2] != "questions"]
    values = []
    for start, end, _ in told:
        numbers = [one for one in find_numbers(text) if start <= one.start < end]
        values += list(zip(numbers, derive_kinds(text, start, end, numbers), strict=True))
    return read_pieces(text, told, find_sightings(text, told), values)


def hint(text: str, word: str, column: str) -> int:
    """The feature of the first piece of a word's first place."""
    read = pieces_of(text)
    at = text.index(word)
    return read.features[read.within(at, at + len(word))[0]][list(COLUMNS).index(column)]


def test_what_lower_casing_loses_is_told() -> None:
    assert len({hint(TEXT, word, "shape") for word in ("FoldNet", "Folding", "reaches")}) == 3


def test_the_rules_tell_what_they_see() -> None:
    assert hint(TEXT, "MazeBench", "type") == 1 + 2 * 3  # the beginning of a benchmark
    assert hint(TEXT, "reaches", "type") == 0
    assert hint(TEXT, "71", "number") == 1
    assert hint(TEXT, "12", "number") == 5


def test_a_long_text_is_read_in_windows_of_whole_sentences() -> None:
    sentence = "Another of the many words that a paper may hold is here. "
    text = "On Length" + GAP + sentence * 100
    read = pieces_of(text)
    assert [last - first <= MOST for first, last in read.windows] == [True] * len(read.windows)
    assert all(text[read.spans[first][0]] in "OA" for first, _ in read.windows)


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=200))
def test_pieces_stand_in_order_and_windows_hold_each_of_them_once(abstract: str) -> None:
    text = "T" + GAP + abstract
    read = pieces_of(text)
    assert all(0 <= start <= end <= len(text) for start, end in read.spans)
    assert list(read.spans) == sorted(read.spans)
    assert [at for window in read.windows for at in range(*window)] == list(range(len(read.ids)))
    assert len(read.ids) == len(read.spans) == len(read.features)
    for row in read.features:
        assert all(0 <= value < size for value, size in zip(row, COLUMNS.values(), strict=True))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4)), max_size=20), st.integers(0, 60))
def test_within_finds_the_pieces_that_touch_characters(gaps: list[tuple[int, int]], start: int) -> None:
    spans, at = [], 0
    for gap, length in gaps:
        spans.append((at + gap, at + gap + length))
        at += gap + length
    read = Pieces((0,) * len(spans), tuple(spans), (), ())
    end = start + 3
    assert list(read.within(start, end)) == [i for i, (a, b) in enumerate(spans) if a < end and start < b]
