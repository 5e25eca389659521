"""What the pipeline wrote on a Doc, as the plain values of kg.model."""

from __future__ import annotations

from collections import defaultdict
from typing import cast

from spacy.tokens import Doc, Span

from kg.errors import ExtractorError
from kg.extract.normalise import View
from kg.extract.results import Candidate
from kg.extract.roles import fit_role
from kg.model import (
    ENTITY_TYPES,
    PAPER_ROLES,
    Entity,
    EntityType,
    Facts,
    Mention,
    Question,
    Result,
    Role,
    Slot,
)

__all__ = ["derive_facts"]

_Id = tuple[EntityType, str]
"""A type and the key that all mentions of one thing share in one text."""


def derive_facts(doc: Doc, view: View, extractor: str) -> Facts:
    """All that stands on `doc`, the pipeline's reading of `view.text`, with its evidence."""
    names, entities = _entities(doc, view)
    return Facts(
        summary=view.summary,
        extractor=extractor,
        entities=entities,
        results=tuple(_result(candidate, names, view) for candidate in doc._.kg_results),
        questions=tuple(_questions(doc, view)),
    )


def _entities(doc: Doc, view: View) -> tuple[dict[_Id, str], tuple[Entity, ...]]:
    """The name of each thing, its fullest quote; the entities, sorted, one for each type and name."""
    mentions: dict[_Id, set[Mention]] = defaultdict(set)
    for span in doc.spans["entities"]:
        _refuse_unknown(span, view)
        thing, mine = _thing(span), span._
        role = fit_role(thing[0], mine.kg_role)  # a second thing at the same place shares the first one's
        mentions[thing].add(_mention(span, role, mine.kg_component, mine.kg_confidence, view))
    names: dict[_Id, str] = {}
    named: dict[tuple[EntityType, str], set[Mention]] = defaultdict(set)
    for thing, found in mentions.items():
        kind = thing[0]
        names[thing] = Entity(kind, tuple(sorted(found))).name
        named[kind, names[thing]] |= found
    return names, tuple(sorted(Entity(kind, tuple(sorted(found))) for (kind, _), found in named.items()))


def _refuse_unknown(span: Span, view: View) -> None:
    """Raises `ExtractorError` where a component wrote on a span what no fact can say."""
    mine = span._
    try:
        view.evidence(span.start_char, span.end_char)
    except ValueError as error:
        raise ExtractorError(f"{mine.kg_component} found {span.text!r}: {error}") from error
    said = {
        "label": (span.label_, span.label_ in ENTITY_TYPES),
        "kg_role": (mine.kg_role, mine.kg_role in PAPER_ROLES),
        "kg_component": (mine.kg_component, isinstance(mine.kg_component, str)),
        "kg_confidence": (mine.kg_confidence, mine.kg_confidence in range(11)),
    }
    for name, (value, known) in said.items():
        if not known:
            raise ExtractorError(
                f"{mine.kg_component} gave {span.text!r} the {name} {value!r}; "
                f"labels are {', '.join(ENTITY_TYPES)}, roles {', '.join(PAPER_ROLES)}, confidences 0 to 10"
            )


def _result(candidate: Candidate, names: dict[_Id, str], view: View) -> Result:
    def mention(span: Span, role: Role) -> Mention:
        return _mention(span, role, "kg_results", candidate.confidence, view)

    def slot(span: Span | None, role: Role) -> Slot | None:
        if span is None:
            return None
        thing = _thing(span)
        return Slot(thing[0], names[thing], mention(span, role))

    baseline_span = candidate.baseline_span
    return Result(
        kind=candidate.kind,
        value=candidate.value,
        value_mention=mention(candidate.value_span, "value"),
        sentence=mention(candidate.sentence, "statedIn"),
        upper=candidate.upper,
        unit=candidate.unit,
        direction=candidate.direction,
        baseline_value=candidate.baseline_value,
        baseline_mention=None if baseline_span is None else mention(baseline_span, "baselineValue"),
        subject=slot(candidate.subject, "subject"),
        on=slot(candidate.on, "on"),
        metric=slot(candidate.metric, "metric"),
        baseline=slot(candidate.baseline, "baseline"),
    )


def _questions(doc: Doc, view: View) -> list[Question]:
    sentences = [span for span in doc.spans["sentences"] if span.label_ == "questions"]
    return [Question(_mention(span, "leavesOpen", "kg_sections", 10, view)) for span in sentences]


def _thing(span: Span) -> _Id:
    return cast(EntityType, span.label_), span.id_


def _mention(span: Span, role: Role, component: str, confidence: int, view: View) -> Mention:
    return Mention(view.evidence(span.start_char, span.end_char), role, component, confidence)
