"""One small graph that holds every class and property that `kg.graph` writes, made from facts by hand."""

from __future__ import annotations

from pyoxigraph import Quad

from kg.graph import to_component_quads, to_identity_quads, to_quads
from kg.model import (
    Author,
    Entity,
    EntityType,
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
from kg.resolve import derive_resolution
from kg.resolve.overrides import Override
from kg.vocabulary import Names

TITLE = "Alphabet: spelling with Llama-3-8B"
ABSTRACT = (
    "Alphabet, or ABet, builds on Llama-3-8B and on OpenPile for question spelling. It is measured on "
    "SpellBench and QuizBank and set against Betabet and Gammabet; Deltabet is named too. On SpellBench it "
    "lifts accuracy from 39.4% to 55.6%, ahead of Betabet, with 2-3% fewer errors. How far does it scale? "
    "SpellBench val, letter question answering, BERT and letter games, a task, are named as well, "
    "as are Epsilonbet and Quill-7B-Chat."
)
BYLINE = "Ada Example, spellfan7"
SUMMARY = Summary(
    paper=Paper("2410.00001"),
    source="sample",
    date="2024-10-01",
    title=TITLE,
    abstract=ABSTRACT,
    byline=BYLINE,
    authors=(
        Author("Ada Example", "name", Evidence("byline", 0, 11, "Ada Example")),
        Author("spellfan7", "handle", Evidence("byline", 13, 22, "spellfan7")),
    ),
)


def mention(quote: str, role: Role, field: Field = "abstract", component: str = "kg_sample") -> Mention:
    """The first place of a quote in a text of the sample."""
    start = SUMMARY.text(field).index(quote)
    return Mention(Evidence(field, start, start + len(quote), quote), role, component, 9)


def slot(type: EntityType, name: str, role: Role) -> Slot:
    return Slot(type, name, mention(name, role))


def sample_facts() -> Facts:
    alphabet = Entity(
        "method",
        (
            mention("Alphabet", "proposes", "title"),
            mention("Alphabet", "proposes"),
            mention("ABet", "proposes"),
        ),
    )
    named: list[tuple[EntityType, str, Role]] = [
        ("model", "Llama-3-8B", "uses"),
        ("dataset", "OpenPile", "uses"),
        ("metric", "accuracy", "uses"),
        ("benchmark", "SpellBench", "evaluatesOn"),
        ("benchmark", "QuizBank", "evaluatesOn"),
        ("method", "Betabet", "comparesWith"),
        ("method", "Gammabet", "comparesWith"),
        ("method", "Deltabet", "mentions"),
        ("task", "question spelling", "addresses"),
        ("task", "letter question answering", "mentions"),
        ("task", "question answering", "mentions"),
        ("benchmark", "SpellBench val", "mentions"),
        ("model", "BERT", "mentions"),
        ("method", "letter games", "mentions"),
        ("method", "Epsilonbet", "mentions"),
        ("model", "Quill-7B-Chat", "mentions"),
        ("task", "letter games", "addresses"),
    ]
    others = [Entity(type, (mention(name, role),)) for type, name, role in named]
    sentence = ABSTRACT[ABSTRACT.index("On SpellBench") : ABSTRACT.index(" How far")]
    score = Result(
        kind="score",
        value="55.6",
        value_mention=mention("55.6%", "value"),
        sentence=mention(sentence, "statedIn"),
        unit="%",
        baseline_value="39.4",
        baseline_mention=mention("39.4%", "baselineValue"),
        subject=slot("method", "Alphabet", "subject"),
        on=slot("benchmark", "SpellBench", "on"),
        metric=slot("metric", "accuracy", "metric"),
        baseline=slot("method", "Betabet", "baseline"),
    )
    gain = Result(
        kind="gain",
        value="2",
        value_mention=mention("2-3%", "value"),
        sentence=mention(sentence, "statedIn"),
        upper="3",
        unit="%",
        direction="down",
    )
    question = Question(mention("How far does it scale?", "leavesOpen"))
    return Facts(SUMMARY, "f00", (alphabet, *others), (score, gain), (question,))


def sample_quads() -> list[Quad]:
    """The summary's graph, the things that it names and the components, as a batch for validation."""
    names = Names()
    facts = sample_facts()
    resolution = derive_resolution([facts], [Override("merge", "method", "Epsilonbet", "letter games")])
    return [
        *to_quads(facts, resolution, names),
        *to_identity_quads(resolution, names),
        *to_component_quads(["kg_sample"], "f00", names),
    ]
