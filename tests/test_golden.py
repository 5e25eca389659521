"""One small summary as Turtle, read and approved by hand: `golden.ttl` is what kg means to say."""

from __future__ import annotations

from pathlib import Path

from rdflib import Graph
from rdflib.compare import graph_diff, isomorphic, to_isomorphic

from kg.graph import to_component_quads, to_identity_quads, to_quads
from kg.model import (
    Entity,
    EntityType,
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
from kg.readers.digest import parse_byline
from kg.resolve import derive_resolution
from kg.turtle import to_turtle
from kg.vocabulary import Names

GOLDEN = Path(__file__).parent / "golden.ttl"
TEXT = "Omega reaches 71.5% accuracy on GLUE, up from 70% with BERT. It is not said how fast Omega is."
SUMMARY = Summary(
    Paper("2401.00001"), "digest", "2024-01-02", "Omega", TEXT, "Ann Lee, bob7", parse_byline("Ann Lee, bob7")
)


def mention(words: str, role: Role, component: str = "kg_entities") -> Mention:
    start = TEXT.index(words)
    return Mention(Evidence("abstract", start, start + len(words), words), role, component, 9)


def slot(type: EntityType, name: str, role: Role) -> Slot:
    return Slot(type, name, mention(name, role, "kg_results"))


def omega() -> Facts:
    entities = (
        Entity("benchmark", (mention("GLUE", "evaluatesOn"),)),
        Entity("method", (mention("Omega", "proposes"),)),
        Entity("metric", (mention("accuracy", "uses"),)),
        Entity("model", (mention("BERT", "comparesWith"),)),
    )
    result = Result(
        kind="score",
        value="71.5",
        value_mention=mention("71.5%", "value", "kg_results"),
        sentence=mention(TEXT.partition(". ")[0] + ".", "statedIn", "kg_results"),
        unit="%",
        baseline_value="70",
        baseline_mention=mention("70%", "baselineValue", "kg_results"),
        subject=slot("method", "Omega", "subject"),
        on=slot("benchmark", "GLUE", "on"),
        metric=slot("metric", "accuracy", "metric"),
        baseline=slot("model", "BERT", "baseline"),
    )
    question = Question(mention("It is not said how fast Omega is.", "leavesOpen", "kg_sections"))
    return Facts(SUMMARY, "f00d", tuple(sorted(entities)), (result,), (question,))


def turtle() -> bytes:
    facts, names = omega(), Names("https://example.org/")
    resolution = derive_resolution([facts])
    components = {each.component for each in facts.mentions()}
    quads = [
        *to_quads(facts, resolution, names),
        *to_identity_quads(resolution, names),
        *to_component_quads(components, facts.extractor, names),
    ]
    return b"".join(to_turtle(sorted({str(quad.triple).encode() for quad in quads})))


def test_the_golden_graph() -> None:
    golden, now = Graph().parse(GOLDEN), Graph().parse(data=turtle(), format="turtle")
    _, missing, surplus = graph_diff(to_isomorphic(golden), to_isomorphic(now))
    assert isomorphic(golden, now), f"missing:\n{missing.serialize()}\nsurplus:\n{surplus.serialize()}"
