"""Sentences and the part of the summary that each belongs to."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.extract.normalise import GAP
from kg.extract.sections import LONGEST_SENTENCE, derive_sections, split_sentences


def told(abstract: str) -> list[tuple[str, str]]:
    text = "A Title" + GAP + abstract
    return [(section, text[a:b]) for a, b, section in derive_sections(text)][1:]


@pytest.mark.parametrize(
    "text",
    [
        "Gains reach 5.4 points on v1.5 of the suite.",
        "We follow Smith et al. Closely related work does not.",
        "Some tasks, e.g. Parsing, are hard, i.e. They fail.",
        "It beats Llama-3.1 vs. Qwen2.5 by 3.2%.",
    ],
)
def test_one_sentence_stays_one(text: str) -> None:
    assert [text[a:b] for a, b in split_sentences(text)] == [text]


def test_sentences_end_where_they_end() -> None:
    text = 'It works (see above). "Really?" Yes! 40% more.'
    assert [text[a:b] for a, b in split_sentences(text)] == [
        "It works (see above).",
        '"Really?"',
        "Yes!",
        "40% more.",
    ]


def test_a_measured_number_ends_a_sentence_and_the_number_of_an_item_does_not() -> None:
    text = "It grows by 3.14. d) One thing helps: 1. Rain."
    assert [text[a:b] for a, b in split_sentences(text)] == [
        "It grows by 3.14.",
        "d) One thing helps: 1. Rain.",
    ]


def test_letters_name_the_sections() -> None:
    assert told("a) To parse faster. b) A new parser. c) It gains 4%. d) Use it. e) More.") == [
        ("objective", "To parse faster."),
        ("method", "A new parser."),
        ("results", "It gains 4%."),
        ("implication", "Use it."),
        ("body", "More."),
    ]


def test_roman_numbers_name_the_sections_and_hold_until_the_next() -> None:
    assert told("i) A parser. ii) To parse. iii) Trees. iv) It gains 4%. It is small. v) Use it.") == [
        ("objective", "A parser."),
        ("objective", "To parse."),
        ("method", "Trees."),
        ("results", "It gains 4%."),
        ("results", "It is small."),
        ("implication", "Use it."),
    ]


def test_without_marks_words_tell_the_section() -> None:
    sections = [
        section
        for section, _ in told(
            "Foo is a parser. The main objective is speed. The methodology involves trees. "
            "Experiments show a gain. The principal implication is that trees help."
        )
    ]
    assert sections == ["body", "objective", "method", "results", "implication"]


@pytest.mark.parametrize(
    "opening", ["Follow-up questions: ", "Follow-Up Questions: ", "Follow up question: "]
)
def test_follow_up_questions_are_items(opening: str) -> None:
    assert told(f"It gains 4%. {opening}1. The paper uses trees. How deep? 2. What of speed?") == [
        ("results", "It gains 4%."),
        ("questions", "The paper uses trees. How deep?"),
        ("questions", "What of speed?"),
    ]


def test_follow_up_questions_without_numbers_are_sentences() -> None:
    assert told("It works. Follow-up questions: How deep? How fast?")[1:] == [
        ("questions", "How deep?"),
        ("questions", "How fast?"),
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "The paper does not specify the hardware used for training.",
        "The authors do not explicitly mention the size of the corpus.",
        "The summary doesn't report error bars.",
    ],
)
def test_what_the_paper_leaves_out_is_a_question(sentence: str) -> None:
    assert told(f"It works. {sentence}")[1:] == [("questions", sentence)]


def test_only_the_clause_that_says_so_is_a_question() -> None:
    assert told(
        "The parser beats the strongest baseline on four suites, but the paper does not report by how much."
    ) == [
        ("body", "The parser beats the strongest baseline on four suites"),
        ("questions", "but the paper does not report by how much."),
    ]


def test_a_measured_number_is_never_lost_to_a_question() -> None:
    text = "The paper does not report variance but states 71.3% accuracy."
    assert told(text)[0][0] != "questions"


@given(st.text(max_size=300))
def test_sections_lie_in_order_and_do_not_overlap(text: str) -> None:
    spans = list(derive_sections(text))
    assert all(0 <= a < b <= len(text) for a, b, _ in spans)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))


@given(st.text("ab. ", max_size=200), st.integers(0, 3))
def test_no_sentence_is_endless(text: str, times: int) -> None:
    long = text + "word " * (times * LONGEST_SENTENCE)
    spans = list(split_sentences(long))
    assert all(b - a <= LONGEST_SENTENCE for a, b in spans)
    assert "".join(long[a:b] for a, b in spans).replace(" ", "") == long.replace(" ", "")


def test_a_sentence_about_follow_up_questions_is_none_of_them() -> None:
    text = "The agent listens. Follow-up questions are answered by a second agent."
    assert "questions" not in {section for section, _ in told(text)}
    assert told("It listens. Follow-up questions 1. How long?")[1:] == [("questions", "How long?")]
