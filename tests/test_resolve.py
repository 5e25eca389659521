"""Names become things: what is one, what stays apart, and why."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import facts

from kg.model import Author, Entity, EntityType, Evidence, Facts, Mention, Paper, Summary
from kg.readers.digest import parse_byline
from kg.resolve import Form, Resolution, derive_resolution, name_key


def named(paper: str, type: EntityType, *forms: str, byline: str = "") -> Facts:
    """Facts that name one thing in these forms."""
    abstract = " ; ".join(forms)
    summary = Summary(Paper(paper), "digest", "2024-01-01", "T", abstract, byline, parse_byline(byline))
    mentions, start = [], 0
    for form in forms:
        start = abstract.index(form, start)
        evidence = Evidence("abstract", start, start + len(form), form)
        mentions.append(Mention(evidence, "uses", "kg_entities", 9))
        start += len(form)
    return Facts(summary, "f", (Entity(type, tuple(sorted(mentions))),) if forms else ())


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Chain-of-Thought", "chain of thought"),
        ("GLUE benchmark", "GLUE"),
        ("diffusion models", "Diffusion Model"),
        ("Flexible Match (FM)", "flexible match"),
        ("DHCÃ—4", "DHC×4"),
        ("ＧＰＴ-4", "GPT-4"),
    ],
)
def test_spellings_of_one_name(one: str, two: str) -> None:
    assert name_key(one) == name_key(two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("MATH", "MATH-500"),
        ("AIME 2024", "AIME 2025"),
        ("Llama-3-8B", "Llama-3-70B"),
        ("Llama-3-8B", "Llama-38B"),
        ("C", "C++"),
        ("A*", "A"),
        ("GPT-4", "GPT-4o"),
        ("ViT-L/14", "ViT-L/16"),
        ("Llama-3 (8B)", "Llama-3 (70B)"),
        ("AIME (2024)", "AIME"),
    ],
)
def test_names_that_stay_apart(one: str, two: str) -> None:
    assert name_key(one) != name_key(two)


@given(st.text(max_size=40))
def test_a_key_is_a_fixed_point_and_never_empty(name: str) -> None:
    key = name_key(name)
    assert (key != "") == (name != "")


@given(st.lists(facts(), max_size=4), st.randoms())
def test_the_order_of_facts_does_not_matter(found: list[Facts], chance: random.Random) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)
    one, other = derive_resolution(shuffled), derive_resolution(found)
    assert (one.things, one.people) == (other.things, other.people)
    assert list(map(one.keys, found)) == list(map(other.keys, found))


def test_the_label_is_the_most_frequent_name_and_forms_have_reasons() -> None:
    resolution = derive_resolution(
        [
            named("1", "method", "Gauge Flow", "GF"),
            named("2", "method", "gauge-flow"),
            named("3", "method", "Gauge Flow"),
        ]
    )
    (thing,) = resolution.things.values()
    assert thing.label == "Gauge Flow"
    assert thing.forms == (Form("GF", "text", ("1",)), Form("gauge-flow", "spelling", ("2",)))


def test_the_lexicon_names_what_it_knows() -> None:
    (thing,) = derive_resolution([named("1", "metric", "F1 score")]).things.values()
    assert (thing.label, thing.better) == ("F1", "up")
    assert thing.forms == (Form("F1 score", "spelling", ("1",)),)


def test_an_alias_with_other_digits_is_another_thing() -> None:
    resolution = derive_resolution([named("1", "metric", "pass@1"), named("2", "metric", "pass@10")])
    assert len(resolution.things) == 2


METRICS = [("FID-30K", "down"), ("Recall@1", "up"), ("Recall@7", "up"), ("nDCG@10", "up"), ("Gauge", None)]


@pytest.mark.parametrize(("metric", "better"), METRICS)
def test_a_metric_with_other_digits_keeps_its_direction(metric: str, better: str | None) -> None:
    (thing,) = derive_resolution([named("1", "metric", metric)]).things.values()
    assert (thing.label.casefold(), thing.better) == (metric.casefold(), better)


RANGES = [("accuracy", 0, 100), ("FID", 0, None), ("Pearson correlation", -100, 100), ("Gauge", None, None)]


@pytest.mark.parametrize(("metric", "least", "most"), RANGES)
def test_a_metric_has_the_range_that_the_lexicon_knows(
    metric: str, least: int | None, most: int | None
) -> None:
    (thing,) = derive_resolution([named("1", "metric", metric)]).things.values()
    assert (thing.least, thing.most) == (least, most)


def test_a_size_in_brackets_is_one() -> None:
    assert (
        derive_resolution([named("1", "model", "Quokka-2 (8B)")])
        .things["model", name_key("Quokka-2 (8B)", "model")]
        .parameters
        == 8_000_000_000
    )


def test_a_model_knows_its_size_and_family() -> None:
    things = derive_resolution([named("1", "model", "Quokka-2-1.5B-Chat")]).things
    model, family = (things["model", name_key(name, "model")] for name in ("Quokka-2-1.5B-Chat", "Quokka-2"))
    assert (model.parameters, model.wholes) == (1_500_000_000, (("isVersionOf", family.key),))
    assert family.label == "Quokka-2"


def test_a_length_of_context_is_no_size() -> None:
    (thing,) = derive_resolution([named("1", "model", "Quokka-2-1M")]).things.values()
    assert (thing.parameters, thing.wholes) == (None, ())


@pytest.mark.parametrize(
    ("name", "alias"), [("parsing accuracy", "accuracy"), ("top-20 accuracy", "accuracy")]
)
def test_the_tail_of_a_name_decides_nothing(name: str, alias: str) -> None:
    (thing,) = derive_resolution([named("1", "metric", name, alias)]).things.values()
    assert thing.label == name


def test_a_short_form_that_the_lexicon_knows_decides() -> None:
    (thing,) = derive_resolution([named("1", "metric", "F1 measure of this kind", "F1")]).things.values()
    assert thing.label == "F1"


def test_two_types_are_two_things() -> None:
    assert (
        len(derive_resolution([named("1", "dataset", "Corpora"), named("2", "task", "Corpora")]).things) == 2
    )


def person(resolution: Resolution, facts: Facts, name: str) -> tuple[str, ...]:
    author: Author = next(a for a in facts.summary.authors if a.name == name)
    return resolution.person(facts.summary, author)


def test_a_handle_is_one_account_everywhere() -> None:
    one, two = named("1", "method", byline="ann7, Bo Li"), named("2", "method", byline="ann7")
    resolution = derive_resolution([one, two])
    assert person(resolution, one, "ann7") == person(resolution, two, "ann7")


def test_a_shared_name_alone_is_two_people() -> None:
    one, two = named("1", "method", byline="Wei Li, Bo Yu"), named("2", "method", byline="Wei Li, Bo Yu")
    resolution = derive_resolution([one, two])
    assert person(resolution, one, "Wei Li") != person(resolution, two, "Wei Li")


def test_a_shared_name_with_two_shared_authors_is_one_person() -> None:
    one = named("1", "method", byline="Wei Li, Bo Yu, cy9")
    two = named("2", "method", byline="cy9, Wei Li, Bo Yu, Di Wu")
    other = named("3", "method", byline="Wei Li, Ed Xu")
    resolution = derive_resolution([other, two, one])
    assert person(resolution, one, "Wei Li") == person(resolution, two, "Wei Li") == ("name", "1")
    assert person(resolution, other, "Wei Li") == ("name", "3")


def test_many_papers_of_the_same_people_are_joined_at_once() -> None:
    byline = "Ann Lee, Bo Li, Cy Do"
    found = [named(f"{number:04}", "method", byline=byline) for number in range(2000)]
    resolution = derive_resolution(found)
    assert {person(resolution, each, "Ann Lee") for each in found} == {("name", "0000")}


def test_a_chain_of_shared_authors_is_one_person() -> None:
    found = [
        named(paper, "method", byline=f"Wei Li, {others}")
        for paper, others in (
            ("3", "Bo Yu, Cy Do"),
            ("1", "Di Wu, Ed Xu"),
            ("2", "Bo Yu, Cy Do, Di Wu, Ed Xu"),
        )
    ]
    resolution = derive_resolution(found)
    assert {person(resolution, each, "Wei Li") for each in found} == {("name", "1")}


def test_a_summary_counts_once_for_a_thing_that_it_names_twice() -> None:
    """So that facts read back from a graph, where the two are one, give the same labels."""
    text = "visual score, visual score of a model, visual, visual"
    summary = Summary(Paper("2401.00009"), "digest", "2024-01-01", "On Scores", text, "")

    def entity(*places: tuple[int, int]) -> Entity:
        mentions = (Mention(Evidence("abstract", a, b, text[a:b]), "uses", "kg", 5) for a, b in places)
        return Entity("metric", tuple(mentions))

    apart = Facts(summary, "f", tuple(sorted((entity((0, 12)), entity((39, 45))))))
    joined = Facts(summary, "f", (entity((0, 12), (39, 45)),))
    assert derive_resolution([apart]).things == derive_resolution([joined]).things
