"""What facts from outside must keep before they are believed.

Extraction keeps these promises by itself; a graph that someone passes on may keep none. `Facts`
already refuses a quote that does not slice back; here stand the types of all values, and what the
texts, days, numbers and roles may be, so that whatever is kept can be written and read again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from kg.errors import FactsError
from kg.model import (
    PAPER_ROLES,
    Author,
    Entity,
    Evidence,
    Facts,
    Mention,
    Paper,
    Question,
    Result,
    Role,
    Slot,
    Summary,
)
from kg.readers.digest import SOURCE, UNSTORABLE, parse_byline

__all__ = ["check_facts"]

_ARXIV_ID = re.compile(r"[0-9]{4}\.[0-9]{4,5}|[a-z]+(?:-[a-z]+)*(?:\.[A-Z]{2})?/[0-9]{7}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DECIMAL = re.compile(r"(?!-0$)-?(?:0|[1-9][0-9]{0,29})(?:\.[0-9]{0,29}[1-9])?")
_HINTS: Mapping[Any, Mapping[str, Any]] = {
    type: get_type_hints(type)
    for type in (Facts, Summary, Paper, Author, Entity, Result, Slot, Question, Mention, Evidence)
}
_LONGEST_NAME = 200
"""Characters of a source's or a component's name, which stand in IRIs."""

_LONGEST_QUOTE, _MOST_RESULTS, _MOST_MENTIONS = 1000, 1000, 2000
"""Characters of what names a thing or a unit; results and mentions of one summary: ten times what is seen.

Names are compared by patterns, results with one another.
"""


def check_facts(facts: Facts) -> None:
    """Raises `FactsError` with the first promise that `facts` do not keep."""
    if not _fits(facts, Facts):
        raise FactsError("a value is of another type than the model says")
    for fault in _faults(facts):
        raise FactsError(fault)


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value is what its annotation says, and all values in it."""
    origin = get_origin(hint)
    if origin in (UnionType, Union):
        return any(_fits(value, each) for each in get_args(hint))
    if origin is Literal:
        return isinstance(value, str) and value in get_args(hint)
    if origin is tuple:
        return type(value) is tuple and all(_fits(each, get_args(hint)[0]) for each in value)
    parts = _HINTS.get(hint, {}).items()
    return type(value) is hint and all(_fits(getattr(value, name), part) for name, part in parts)


def _faults(facts: Facts) -> Iterator[str]:
    mentions = sum(1 for _ in facts.mentions())
    if mentions > _MOST_MENTIONS:
        yield f"{mentions} mentions are more than the {_MOST_MENTIONS} that are read of one summary"
    if len(facts.results) > _MOST_RESULTS:
        yield f"{len(facts.results)} results are more than the {_MOST_RESULTS} that are read of one summary"
    yield from _faults_of_summary(facts.summary)
    yield from _faults_of_name("the extractor's fingerprint", facts.extractor)
    for evidence in facts.evidence():
        yield from _faults_of_evidence(evidence, facts.summary)
    if facts.summary.source == SOURCE and facts.summary.authors != parse_byline(facts.summary.byline):
        yield "its authors are not those of its byline"
    for mention in facts.mentions():
        yield from _faults_of_name("a component's name", mention.component)
        if not 0 <= mention.confidence <= 10:
            yield f"confidence {mention.confidence / 10} is not between 0 and 1"
    for entity in facts.entities:
        if not entity.mentions:
            yield f"a {entity.type} has no mention"
        for mention in entity.mentions:
            yield from _faults_of_role(mention, *PAPER_ROLES)
            if len(mention.evidence.quote) > _LONGEST_QUOTE:
                yield f"a {entity.type} is named by more than {_LONGEST_QUOTE} characters"
    for result in facts.results:
        yield from _faults_of_result(result)
    for question in facts.questions:
        yield from _faults_of_role(question.mention, "leavesOpen")


def _faults_of_summary(summary: Summary) -> Iterator[str]:
    if not _ARXIV_ID.fullmatch(summary.paper.arxiv_id):
        yield f"{_short(summary.paper.arxiv_id)} is no arXiv id, as 2409.20566 is"
    if not _is_day(summary.date):
        yield f"{_short(summary.date)} is no day, as 2024-10-01 is"
    yield from _faults_of_name("the source's name", summary.source)
    for field, text in (("title", summary.title), ("abstract", summary.abstract), ("byline", summary.byline)):
        yield from _faults_of_text(f"the {field}", text)
    if not summary.title.strip():
        yield "the title is empty"
    for author in summary.authors:
        yield from _faults_of_text("an author's name", author.name)
        if not author.name:
            yield "an author's name is empty"
        if author.evidence.field != "byline":
            yield f"the author {_short(author.name)} stands outside the byline"


def _faults_of_evidence(evidence: Evidence, summary: Summary) -> Iterator[str]:
    if not 0 <= evidence.start < evidence.end <= len(summary.text(evidence.field)):
        yield f"{evidence.start} to {evidence.end} is no place in the {evidence.field}"


def _faults_of_result(result: Result) -> Iterator[str]:
    yield from _faults_of_role(result.sentence, "statedIn")
    yield from _faults_of_role(result.value_mention, "value")
    if result.baseline_mention is not None:
        yield from _faults_of_role(result.baseline_mention, "baselineValue")
    if (result.baseline_mention is None) != (result.baseline_value is None):
        yield "a baseline's value and its mention do not stand together"
    for name, slot in result.slots.items():
        if slot.mention.role != name:
            yield f"the mention of a result's {name} has the role {slot.mention.role}"
    for value in (result.value, result.upper, result.baseline_value):
        if value is None:
            continue
        if not _DECIMAL.fullmatch(value):
            yield f"{_short(value)} is no decimal of at most 30 digits a side, in its shortest form"
        elif value is result.upper and Decimal(value) <= Decimal(result.value):
            yield f"the range from {_short(result.value)} to {_short(value)} does not rise"
    if result.unit is not None:
        yield from _faults_of_name("a unit", result.unit, _LONGEST_QUOTE)


def _faults_of_role(mention: Mention, *roles: Role) -> Iterator[str]:
    if mention.role not in roles:
        yield f"the mention of {_short(mention.evidence.quote)} has the role {mention.role} there"


def _faults_of_name(what: str, name: str, longest: int = _LONGEST_NAME) -> Iterator[str]:
    yield from _faults_of_text(what, name)
    if not name or len(name) > longest:
        yield f"{what} has {len(name)} characters, not 1 to {longest}"


def _faults_of_text(what: str, text: str) -> Iterator[str]:
    if UNSTORABLE.search(text):
        yield f"{what} holds a control character or another that is no text"


def _is_day(text: str) -> bool:
    try:
        return _DAY.fullmatch(text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:60] + "…")
