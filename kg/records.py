"""Facts as JSON, and back: one record a summary.

The form of `kg extract`, of what the store keeps, and of what scorers read: names and slots are
plain strings; beside them stand the mentions, with offsets into the texts that the record carries.
"""

from __future__ import annotations

from typing import Any, Final

from kg.model import (
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

__all__ = ["Record", "from_record", "to_record", "to_summary"]

Record = dict[str, Any]

ROLE_NAMES: Final[dict[Role, str]] = {
    "proposes": "proposed",
    "evaluatesOn": "evaluated_on",
    "comparesWith": "compared",
    "uses": "used",
    "addresses": "used",
    "mentions": "mentioned",
}
"""What a record calls an entity's role, the most telling first."""


def to_record(facts: Facts) -> Record:
    """A JSON object for one summary: its texts, and every fact with the mentions behind it."""
    summary = facts.summary
    return {
        "id": summary.paper.arxiv_id,
        "source": summary.source,
        "date": summary.date,
        "title": summary.title,
        "abstract": summary.abstract,
        "byline": summary.byline,
        "extractor": facts.extractor,
        "authors": [{"name": a.name, "kind": a.kind, **_evidence(a.evidence)} for a in summary.authors],
        "entities": [_entity(entity) for entity in facts.entities],
        "results": [_result(result) for result in facts.results],
        "questions": [_mention(question.mention) for question in facts.questions],
    }


def _evidence(evidence: Evidence) -> Record:
    return {"field": evidence.field, "start": evidence.start, "end": evidence.end, "quote": evidence.quote}


def _mention(mention: Mention) -> Record:
    return {
        **_evidence(mention.evidence),
        "role": mention.role,
        "component": mention.component,
        "confidence": mention.confidence / 10,
    }


def _entity(entity: Entity) -> Record:
    return {
        "type": entity.type,
        "name": entity.name,
        "aliases": list(entity.aliases),
        "role": next(name for role, name in ROLE_NAMES.items() if role in entity.roles),
        "mentions": [_mention(mention) for mention in entity.mentions],
    }


def _result(result: Result) -> Record:
    own = {
        "sentence": result.sentence,
        "value": result.value_mention,
        "baseline_value": result.baseline_mention,
    }
    return {
        "kind": result.kind,
        "direction": result.direction,
        "value": result.value if result.upper is None else f"{result.value}-{result.upper}",
        "unit": result.unit,
        **dict.fromkeys(("subject", "on", "metric", "baseline")),
        **{name: slot.name for name, slot in result.slots.items()},
        "baseline_value": result.baseline_value,
        "range": [result.value, result.upper],
        "mentions": {name: _mention(mention) for name, mention in own.items() if mention is not None},
        "slots": {name: {"type": s.type, **_mention(s.mention)} for name, s in result.slots.items()},
    }


def from_record(record: Record) -> Facts:
    """The facts that `to_record` wrote. Raises `KeyError` or `FactsError` on anything else."""
    return Facts(
        summary=to_summary(record),
        extractor=record["extractor"],
        entities=tuple(
            Entity(e["type"], tuple(_read_mention(m) for m in e["mentions"])) for e in record["entities"]
        ),
        results=tuple(_read_result(r) for r in record["results"]),
        questions=tuple(Question(_read_mention(q)) for q in record["questions"]),
    )


def to_summary(record: Record) -> Summary:
    """The summary alone, which stays readable where the facts of an older extractor are not."""
    return Summary(
        paper=Paper(record["id"]),
        source=record["source"],
        date=record["date"],
        title=record["title"],
        abstract=record["abstract"],
        byline=record["byline"],
        authors=tuple(Author(a["name"], a["kind"], _read_evidence(a)) for a in record["authors"]),
    )


def _read_evidence(record: Record) -> Evidence:
    return Evidence(record["field"], record["start"], record["end"], record["quote"])


def _read_mention(record: Record) -> Mention:
    confidence = round(record["confidence"] * 10)
    return Mention(_read_evidence(record), record["role"], record["component"], confidence)


def _read_result(record: Record) -> Result:
    mentions = {name: _read_mention(mention) for name, mention in record["mentions"].items()}
    slots = {
        name: Slot(slot["type"], record[name], _read_mention(slot)) for name, slot in record["slots"].items()
    }
    value, upper = record["range"]
    return Result(
        kind=record["kind"],
        value=value,
        value_mention=mentions["value"],
        sentence=mentions["sentence"],
        upper=upper,
        unit=record["unit"],
        direction=record["direction"],
        baseline_value=record["baseline_value"],
        baseline_mention=mentions.get("baseline_value"),
        **slots,
    )
