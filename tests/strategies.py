"""Random facts that keep the promises of the model: quotes slice back, slots name entities."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from kg.delta import to_decimal_text
from kg.model import (
    ENTITY_TYPES,
    PAPER_ROLES,
    Entity,
    Evidence,
    Facts,
    Field,
    Mention,
    Paper,
    Question,
    Result,
    Role,
    Slot,
    Summary,
)
from kg.readers.digest import parse_byline
from kg.resolve import name_key

HOSTILE = [
    "</script><script>alert(1)</script>",
    'a"b\\c',
    "x' OR 1=1 } UNION { ?s ?p ?o",
    "C++",
    "A*",
    "日本語モデル",
    "e\u0301\u200d\u202e",
    "𝔸𝔹",
    "%2F/..",
    "Ã—4",
]

_characters = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
texts = st.one_of(st.text(_characters, min_size=1, max_size=60), st.sampled_from(HOSTILE)).map(
    lambda text: text.strip() or "x"
)
decimals = st.integers(-(10**9), 10**9).map(lambda number: to_decimal_text(Decimal(number).scaleb(-3)))
papers = st.from_regex(r"[0-9]{4}\.[0-9]{5}", fullmatch=True).map(Paper)
days = st.dates().map(lambda day: day.isoformat())


@st.composite
def summaries(draw: st.DrawFn) -> Summary:
    byline = ", ".join(draw(st.lists(texts.map(lambda t: t.replace(",", "")), max_size=4)))
    byline = byline.strip()
    return Summary(draw(papers), "digest", draw(days), draw(texts), draw(texts), byline, parse_byline(byline))


@st.composite
def mentions(draw: st.DrawFn, summary: Summary, role: Role) -> Mention:
    field: Field = draw(st.sampled_from(["title", "abstract"]))
    text = summary.text(field)
    start = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(start + 1, len(text)))
    component = draw(st.sampled_from(["kg_entities", "kg_results", "mine/and yours"]))
    return Mention(Evidence(field, start, end, text[start:end]), role, component, draw(st.integers(0, 10)))


@st.composite
def entities(draw: st.DrawFn, summary: Summary) -> tuple[Entity, ...]:
    """Entities no two of which are one thing, sorted."""
    found: dict[object, Entity] = {}
    for _ in range(draw(st.integers(0, 5))):
        roles = draw(st.lists(st.sampled_from(PAPER_ROLES), min_size=1, max_size=3))
        own = sorted({draw(mentions(summary, role)) for role in roles})
        entity = Entity(draw(st.sampled_from(ENTITY_TYPES)), tuple(own))
        found.setdefault((entity.type, name_key(entity.name, entity.type)), entity)
    unique = {(entity.type, entity.name): entity for entity in found.values()}
    return tuple(sorted(unique.values()))


@st.composite
def results(draw: st.DrawFn, summary: Summary, known: tuple[Entity, ...]) -> Result:
    def slot(role: Role) -> Slot | None:
        if not known or not draw(st.booleans()):
            return None
        entity = draw(st.sampled_from(known))
        return Slot(entity.type, entity.name, draw(mentions(summary, role)))

    baseline = draw(st.one_of(st.none(), decimals))
    value = draw(decimals)
    rise = draw(st.one_of(st.none(), st.integers(1, 10**6)))
    return Result(
        kind=draw(st.sampled_from(["score", "gain", "ratio"])),
        value=value,
        value_mention=draw(mentions(summary, "value")),
        sentence=draw(mentions(summary, "statedIn")),
        upper=None if rise is None else to_decimal_text(Decimal(value) + Decimal(rise).scaleb(-3)),
        unit=draw(st.one_of(st.none(), texts)),
        direction=draw(st.sampled_from([None, "up", "down"])),
        baseline_value=baseline,
        baseline_mention=None if baseline is None else draw(mentions(summary, "baselineValue")),
        subject=slot("subject"),
        on=slot("on"),
        metric=slot("metric"),
        baseline=slot("baseline"),
    )


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    summary = draw(summaries())
    known = draw(entities(summary))
    return Facts(
        summary=summary,
        extractor="fingerprint",
        entities=known,
        results=tuple(draw(results(summary, known)) for _ in range(draw(st.integers(0, 3)))),
        questions=tuple(
            Question(draw(mentions(summary, "leavesOpen"))) for _ in range(draw(st.integers(0, 2)))
        ),
    )
