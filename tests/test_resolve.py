"""Names become things: what is one, what stays apart, and why."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest import TempPathFactory
from strategies import facts

from kg.errors import SourceError
from kg.model import Author, Entity, EntityType, Evidence, Facts, Mention, Paper, Role, Summary
from kg.readers.digest import parse_byline
from kg.resolve import Form, Relation, Resolution, derive_resolution, name_key
from kg.resolve.abbreviations import find_abbreviations
from kg.resolve.overrides import OVERRIDES, Override, read_overrides, to_csv


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


@pytest.fixture(autouse=True, scope="module")
def lexicon() -> None:
    """Loads what is known once, so that no property is timed while it is read."""
    derive_resolution([named("1", "metric", "accuracy")])


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


REASONS: list[tuple[EntityType, str, str, str]] = [
    ("method", "chain-of-thought", "CoT", "lexicon"),
    ("method", "chain-of-thought", "Chain of Thought", "spelling"),
    ("method", "supervised fine-tuning", "SFT", "lexicon"),
    ("benchmark", "AIME 2024", "AIME24", "spelling"),
    ("task", "tulip question answering", "tulip QA", "spelling"),
]


@pytest.mark.parametrize(("type", "name", "form", "reason"), REASONS)
def test_a_form_has_its_true_reason(type: EntityType, name: str, form: str, reason: str) -> None:
    more = [named("2", type, name), named("3", type, name)]
    for found in ([named("1", type, name, form), *more], [named("1", type, form), *more]):
        (thing,) = derive_resolution(found).things.values()
        (other,) = thing.forms
        assert (thing.label, other.written, other.reason) == (name, form, reason)


def test_an_alias_with_other_digits_is_another_thing() -> None:
    resolution = derive_resolution([named("1", "metric", "pass@1"), named("2", "metric", "pass@10")])
    assert len(resolution.things) == 2


METRICS = [
    ("FID-30K", "down"),
    ("Recall@1", "up"),
    ("Recall@7", "up"),
    ("nDCG@10", "up"),
    ("pass@32", "up"),
    ("Gauge", None),
]


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
    assert model.variant == "chat"
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


# What texts explain


def explained(paper: str, type: EntityType, text: str, name: str, title: str = "T") -> Facts:
    """Facts of a text that names one thing, proposed where the title begins with its name."""
    summary = Summary(Paper(paper), "digest", "2024-01-01", title, text, "")
    start = text.index(name)
    role: Role = "proposes" if title.startswith(name) else "uses"
    mention = Mention(Evidence("abstract", start, start + len(name), name), role, "kg_entities", 9)
    return Facts(summary, "f", (Entity(type, (mention,)),))


def labels(*facts: Facts, overrides: Sequence[Override] = ()) -> dict[str, list[str]]:
    """The label of each thing, with the names that became it."""
    resolution = derive_resolution(facts, overrides)
    found: dict[str, set[str]] = {}
    for each in facts:
        for (_, name), key in resolution.keys(each).items():
            found.setdefault(resolution.things[key].label, set()).add(name)
    return {label: sorted(names) for label, names in sorted(found.items())}


LONG = "grouped tulip pruning"


def tulips(number: int, long: str = LONG) -> Facts:
    return explained(f"{number}", "method", f"We use {long} (GTP) here.", long)


def alone(number: int, name: str = "GTP", type: EntityType = "method") -> Facts:
    return explained(f"{number}", type, f"We use {name} here.", name)


def test_a_short_form_that_papers_explain_alike_is_the_long_one() -> None:
    assert labels(tulips(1), tulips(2), alone(3)) == {LONG: ["GTP", LONG]}
    (thing,) = derive_resolution([tulips(1), tulips(2), alone(3)]).things.values()
    assert thing.forms == (Form("GTP", "abbreviation", ("1", "2")),)


def test_one_paper_explains_a_short_form_for_itself_alone() -> None:
    assert labels(tulips(1), alone(3)) == {"GTP": ["GTP"], LONG: [LONG]}


def test_a_short_form_that_papers_explain_otherwise_stays_by_itself() -> None:
    other = [tulips(3, "gradual tensor packing"), tulips(4, "gradual tensor packing")]
    assert labels(tulips(1), tulips(2), *other, alone(5)) == {
        "GTP": ["GTP"],
        "gradual tensor packing": ["gradual tensor packing"],
        LONG: [LONG],
    }


def test_wordings_of_one_long_form_are_one() -> None:
    assert labels(tulips(1), tulips(2), tulips(3, "grouped tulips pruning")) == {
        LONG: [LONG, "grouped tulips pruning"]
    }


OTHER_LONGS = [
    ("MLM", "multimodal language model", "multilingual language model"),
    ("GRM", "generalist reward model", "generative reward model"),
    ("MRM", "multifurcation reward model", "multimodal reward model"),
]


@pytest.mark.parametrize(("short", "one", "two"), OTHER_LONGS)
def test_long_forms_that_begin_alike_stay_apart(short: str, one: str, two: str) -> None:
    texts = [(number, long) for number, long in enumerate((one, one, two, two))]
    facts = [explained(f"{n}", "model", f"A {long} ({short}).", long) for n, long in texts]
    assert labels(*facts) == {one: [one], two: [two]}


def test_a_form_in_another_case_is_no_kin() -> None:
    assert len(labels(alone(1, "SaM"), alone(2, "Segment Anything", "model"))) == 2
    assert len(labels(alone(1, "SAM"), alone(2, "Segment Anything", "model"))) == 1


def test_a_paper_s_own_proposal_keeps_its_type() -> None:
    own = explained("1", "method", "RULER prunes.", "RULER", "RULER: Pruning")
    read = [alone(n, "RULER", "benchmark") for n in range(2, 20)] + [own]
    assert set(derive_resolution(read).things) == {("benchmark", "ruler"), ("method", "ruler")}


def test_a_family_is_the_thing_that_its_name_is() -> None:
    facts = [alone(1, "Vision Transformer", "model"), alone(2, "ViT-22B", "model")]
    things = derive_resolution(facts).things
    assert {thing.label for thing in things.values()} == {"Vision Transformer", "ViT-22B"}
    assert things["model", "vit22b"].wholes == (("isVersionOf", "visiontransformer"),)
    read = [alone(n, name, "model") for n, name in enumerate(("Tulip2", "Tulip2-7B", "Rose"))]
    decided = derive_resolution(read, [Override("merge", "model", "Tulip2", "Rose")]).things
    assert decided["model", "tulip2-7b"].wholes == (("isVersionOf", "rose"),)


def test_a_word_is_no_short_form() -> None:
    assert labels(tulips(1), tulips(2), alone(3, "gtp")) == {LONG: [LONG], "gtp": ["gtp"]}


def test_a_paper_that_explains_a_known_short_form_otherwise_means_another_thing() -> None:
    odd = explained("2", "metric", "The word entropy ratio (WER) falls; WER again.", "WER")
    assert labels(alone(1, "WER", "metric"), odd) == {"WER": ["WER"], "WER (word entropy ratio)": ["WER"]}


# Names that several papers give to what they propose


def test_a_name_that_two_papers_coin_is_two_things() -> None:
    one = explained("1", "method", "TULIP prunes.", "TULIP", "TULIP: Pruning")
    two = explained("2", "method", "TULIP grows.", "TULIP", "TULIP: Growing")
    assert labels(one, two, alone(3, "TULIP")) == {
        "TULIP": ["TULIP"],
        "TULIP (1)": ["TULIP"],
        "TULIP (2)": ["TULIP"],
    }
    assert labels(one, alone(3, "TULIP")) == {"TULIP": ["TULIP"]}


def test_what_two_papers_coin_is_no_version_of_what_others_call_so() -> None:
    one = explained("1", "model", "TulipNet prunes.", "TulipNet", "TulipNet: Pruning")
    two = explained("2", "model", "TulipNet grows.", "TulipNet", "TulipNet: Growing")
    things = derive_resolution([one, two, alone(3, "TulipNet", "model"), alone(4, "TulipNet-7B", "model")])
    assert {thing.label: thing.wholes for thing in things.things.values()} == {
        "TulipNet": (),
        "TulipNet (1)": (),
        "TulipNet (2)": (),
        "TulipNet-7B": (("isVersionOf", "tulipnet"),),
    }


# Types


def test_types_that_are_taken_for_each_other_are_settled_by_number() -> None:
    read = [alone(n, "TulipNet", "model") for n in (1, 2)] + [alone(3, "TulipNet", "method")]
    resolution = derive_resolution(read)
    assert set(resolution.things) == {("model", "tulipnet")}
    assert resolution.keys(read[2]) == {("method", "TulipNet"): ("model", "tulipnet")}


def test_a_method_and_a_benchmark_of_one_name_stay_apart() -> None:
    assert (
        len(derive_resolution([alone(1, "TulipEval", "method"), alone(2, "TulipEval", "benchmark")]).things)
        == 2
    )


def test_a_word_is_no_short_name_of_another_type() -> None:
    read = [alone(n, "CLIP", "model") for n in range(9)] + [alone(99, "clip mechanism", "method")]
    assert set(derive_resolution(read).things) == {("model", "clip"), ("method", "Clip")}


def test_a_slip_among_many_is_settled() -> None:
    read = [alone(n, "TulipEval", "benchmark") for n in range(12)] + [alone(99, "TulipEval", "metric")]
    assert set(derive_resolution(read).things) == {("benchmark", "tulipeval")}


def test_what_a_result_is_measured_by_stays_a_metric() -> None:
    from sample_graph import sample_facts

    read = [alone(n, "accuracy", "benchmark") for n in range(30)] + [sample_facts()]
    assert derive_resolution(read).keys(read[-1])["metric", "accuracy"][0] == "metric"


# Versions


WHOLES = [
    ("benchmark", "TulipBench Verified", "TulipBench", "isVersionOf"),
    ("benchmark", "TulipBench-500", "TulipBench", "isVersionOf"),
    ("benchmark", "TULIP 2025", "TULIP", "isVersionOf"),
    ("benchmark", "TulipBench val", "TulipBench", "isPartOf"),
    ("model", "Qwen2.5-VL-7B-Instruct", "Qwen2.5-VL-7B", "isVersionOf"),
    ("model", "Qwen2.5-VL-7B", "Qwen2.5-VL", "isVersionOf"),
    ("model", "GPT-4o-mini", "GPT-4o", "isVersionOf"),
    ("task", "blue tulip counting", "tulip counting", "broader"),
]


@pytest.mark.parametrize(("type", "name", "whole", "relation"), WHOLES)
def test_a_name_says_what_it_is_a_version_of(
    type: EntityType, name: str, whole: str, relation: Relation
) -> None:
    things = derive_resolution([alone(1, name, type), *(alone(n, whole, type) for n in (2, 3, 4))]).things
    assert things[type, name_key(name, type)].wholes == ((relation, name_key(whole, type)),)


NO_WHOLES = [
    ("benchmark", "TulipBench for Roses", "TulipBench"),
    ("model", "Vision Transformer", "Vision"),
    ("task", "counting of tulips", "tulips"),
    ("metric", "tulip accuracy", "accuracy"),
]


@pytest.mark.parametrize(("type", "name", "other"), NO_WHOLES)
def test_other_names_say_nothing_of_the_kind(type: EntityType, name: str, other: str) -> None:
    things = derive_resolution([alone(1, name, type), *(alone(n, other, type) for n in (2, 3, 4))]).things
    assert things[type, name_key(name, type)].wholes == ()


SAME: list[tuple[EntityType, str, str]] = [
    ("benchmark", "AIME24", "AIME 2024"),
    ("benchmark", "AIME'24", "AIME2024"),
    ("model", "LLaMA-2-13B", "Llama 2 13B"),
    ("model", "Qwen2.5-Instruct-7B", "Qwen2.5-7B-Instruct"),
    ("model", "Claude Sonnet 4", "Claude 4 Sonnet"),
    ("model", "GPT-40", "GPT-4o"),
    ("model", "01-mini", "o1-mini"),
    ("model", "OpenAI o1", "o1"),
    ("metric", "Pass@1", "pass@1 accuracy"),
    ("metric", "R@5", "Recall@5"),
    ("metric", "avg. accuracy", "mean accuracy"),
    ("model", "LLaVA-v1.5", "LLaVA 1.5"),
    ("method", "GRPO algorithm", "GRPO"),
    ("method", "PRMs", "PRM"),
    ("method", "ReAct", "Re-Act"),
    ("metric", "token", "tokens"),
    ("model", "TRELLIS", "Trellis"),
    ("dataset", "GEOM-DRUGS", "GEOM-Drugs"),
    ("metric", "accuracy (%)", "accuracy"),
    ("method", "FM (Flexible Match)", "Flexible Match"),
    ("task", "medical QA", "medical question answering"),
]


@pytest.mark.parametrize(("type", "one", "two"), SAME)
def test_one_thing_in_two_writings(type: EntityType, one: str, two: str) -> None:
    assert len(labels(alone(1, one, type), alone(2, two, type))) == 1


APART: list[tuple[EntityType, str, str]] = [
    ("benchmark", "SWE-bench", "SWE-bench Verified"),
    ("benchmark", "GPQA", "GPQA Diamond"),
    ("benchmark", "AIME 2024", "AIME25"),
    ("benchmark", "MATH", "Math"),
    ("model", "Qwen2.5-7B", "Qwen2.5-72B"),
    ("model", "GPT-4", "GPT-40"),
    ("model", "world model", "World"),
    ("metric", "ROUGE", "ROUGE-L"),
    ("metric", "pass@1", "pass@10"),
    ("method", "MAP", "map"),
    ("metric", "aCCS", "ACC"),
    ("method", "rectified flow", "Reflow"),
    ("method", "instruction tuning", "visual instruction tuning"),
    ("task", "tool use", "tool calling"),
    ("model", "Titans", "Titan"),
    ("benchmark", "ARC (Easy)", "ARC (Challenge)"),
    ("metric", "WER (clean)", "WER (other)"),
    ("model", "Llama-3 (Instruct)", "Llama-3 (base)"),
]


@pytest.mark.parametrize(("type", "one", "two"), APART)
def test_two_things_that_look_alike(type: EntityType, one: str, two: str) -> None:
    assert len(labels(alone(1, one, type), alone(2, two, type))) == 2


def test_a_link_out_is_that_of_the_known_thing() -> None:
    (thing,) = derive_resolution([alone(1, "GSM8K", "benchmark")]).things.values()
    assert thing.link == "https://github.com/openai/grade-school-math"


# Decisions


def merged(name: str, into: str) -> Override:
    return Override("merge", "method", name, into)


def test_what_is_merged_is_one_under_the_name_that_stays() -> None:
    facts = (alone(1, "Tulip"), alone(2, "Rose"), alone(3, "rose"), alone(4, "Lily"))
    decisions = [merged("Rose", "Tulip"), merged("Tulip", "Lily")]
    assert labels(*facts, overrides=decisions[:1]) == {"Lily": ["Lily"], "Tulip": ["Rose", "Tulip", "rose"]}
    for order in (decisions, decisions[::-1]):
        assert labels(*facts, overrides=order) == {"Lily": ["Lily", "Rose", "Tulip", "rose"]}
    forms = derive_resolution(facts, decisions).things["method", "Lily"].forms
    assert {form.written: form.reason for form in forms} == dict.fromkeys(
        ("Rose", "Tulip", "rose"), "by hand"
    )


def test_merges_in_a_circle_end() -> None:
    facts = (alone(1, "Tulip"), alone(2, "Rose"))
    circle = [merged("Rose", "Tulip"), merged("Tulip", "Rose")]
    assert len(labels(*facts, overrides=circle)) == 1
    (idle,) = derive_resolution(facts, circle).idle
    assert (idle.decision, idle.against) == (circle[1], circle[0])


def test_a_merge_of_names_that_are_not_there_changes_nothing() -> None:
    assert labels(alone(1, "Tulip"), overrides=[merged("Rose", "Fern")]) == {"Tulip": ["Tulip"]}


def test_what_is_split_stands_by_itself_and_may_be_merged_elsewhere() -> None:
    facts = (alone(1, "Tulip"), alone(2, "tulip"), alone(3, "Rose"))
    split = Override("split", "method", "tulip")
    assert labels(*facts, overrides=[split]) == {"Rose": ["Rose"], "Tulip": ["Tulip"], "tulip": ["tulip"]}
    both = [split, merged("tulip", "Rose")]
    assert labels(*facts, overrides=both) == {"Rose": ["Rose", "tulip"], "Tulip": ["Tulip"]}


def test_a_split_leaves_papers_that_also_write_another_name() -> None:
    split = Override("split", "method", "SFT")
    facts = [
        named("1", "method", "SFT"),
        named("2", "method", "SFT", "supervised fine-tuning"),
        named("3", "method", "supervised fine-tuning"),
        named("4", "method", "SFT"),
    ]
    resolution = derive_resolution(facts, [split])
    assert {thing.label: thing.forms for thing in resolution.things.values()} == {
        "SFT": (Form("SFT", "by hand", ("1", "4"), "supervised fine-tuning"),),
        "supervised fine-tuning": (Form("SFT", "lexicon", ("2",)),),
    }
    done = resolution.splits[split]
    assert (done.papers, done.others) == ({"1", "4"}, {"2"})


def test_two_summaries_of_a_paper_write_its_names_together() -> None:
    split = Override("split", "method", "SFT")
    facts = [named("1", "method", "SFT"), named("1", "method", "supervised fine-tuning")]
    (idle,) = derive_resolution(facts, [split]).idle
    assert idle.why == "each paper that writes 'SFT' also writes another name of supervised fine-tuning"


def test_no_split_makes_two_things_of_one_label() -> None:
    facts = [alone(1, "FID", "metric"), alone(2, "Fréchet Inception Distance", "metric")]
    assert labels(*facts) == {"FID": ["FID", "Fréchet Inception Distance"]}
    (idle,) = derive_resolution(facts, [Override("split", "metric", "FID")]).idle
    assert idle.why == "'FID' is what the metric is called by; split its other names"
    others = [alone(1, "Tulip-Net"), alone(2, "Tulip-Net"), alone(3, "TulipNet")]
    split = Override("split", "method", "Tulip-Net")
    assert labels(*others, overrides=[split]) == {"Tulip-Net": ["Tulip-Net"], "TulipNet": ["TulipNet"]}


def test_what_was_split_in_vain_takes_nothing_along() -> None:
    facts = [named("1", "method", "SFT", "supervised fine-tuning"), alone(2, "Rose")]
    decisions = [Override("split", "method", "SFT"), merged("SFT", "Rose")]
    assert set(labels(*facts, overrides=decisions)) == {"Rose", "supervised fine-tuning"}
    assert [each.decision for each in derive_resolution(facts, decisions).idle] == decisions[::-1]


def test_things_of_one_name_that_are_merged_say_so() -> None:
    one = explained("1", "method", "TULIP prunes.", "TULIP", "TULIP: Pruning")
    two = explained("2", "method", "TULIP grows.", "TULIP", "TULIP: Growing")
    things = derive_resolution([one, two], [merged("TULIP (1)", "TULIP (2)")]).things
    assert [(thing.label, thing.forms) for thing in things.values()] == [
        (
            "TULIP (2)",
            (Form("TULIP", "spelling", ("2",)), Form("TULIP", "by hand", ("1",), "TULIP (1)")),
        )
    ]


_names = st.text(st.characters(exclude_categories=["Cs", "Cc"])).map(str.strip).filter(bool)


@given(st.lists(st.builds(Override, st.just("split"), st.just("method"), _names), max_size=4))
def test_decisions_come_back_from_their_file(
    tmp_path_factory: TempPathFactory, found: list[Override]
) -> None:
    path = tmp_path_factory.mktemp("decisions") / OVERRIDES
    path.write_bytes(to_csv(found).encode())
    assert read_overrides(path) == tuple(sorted(set(found)))


WRONG = [
    ("merge,method,A,B", "not the four columns"),
    ("decision,type,name,into\njoin,method,A,B", "no decision 'join'"),
    ("decision,type,name,into\nmerge,plant,A,B", "no type 'plant'"),
    ("decision,type,name,into\nmerge,method,A,", "a merge needs a name and what it goes into"),
    ("decision,type,name,into\nsplit,method,A,B", "a split a name alone"),
    ("decision,type,name,into\nsplit,method", "not the four columns"),
    ('decision,type,name,into\nsplit,method,A,\n"split,method', r"overrides.csv:3: it is no CSV"),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_a_file_of_decisions_that_cannot_be_read(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / OVERRIDES
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=message):
        read_overrides(path)


# People


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


def test_a_shared_account_makes_one_person() -> None:
    one, two = named("1", "method", byline="Wei Li, cy9"), named("2", "method", byline="cy9, Wei Li")
    resolution = derive_resolution([one, two])
    assert person(resolution, one, "Wei Li") == person(resolution, two, "Wei Li") == ("name", "1")
    assert resolution.people == {("Wei Li", "2"): ("1", "handle")}


# Abbreviations


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("We use Flexible Match (FM).", [("FM", "Flexible Match")]),
        ("via large language models (LLMs), trained", [("LLM", "large language models")]),
        ("a Fréchet Inception Distance (FID) of 3", [("FID", "Fréchet Inception Distance")]),
        (
            "reinforcement learning with verifiable rewards (RLVR)",
            [("RLVR", "reinforcement learning with verifiable rewards")],
        ),
        ("in first, second tulip (FT) there", []),
        ('by "Slow Perception" (SP)', [("SP", "Slow Perception")]),
        ("by FM (Flexible Match), as", [("FM", "Flexible Match")]),
        ("by Grouped Tulip Pruning (GTP; Sec. 2)", [("GTP", "Grouped Tulip Pruning")]),
        ("on TulipBench (Tulip and its benchmark)", []),
        ("an accuracy (of 3)", []),
        ("it gains 3 points (up from 2)", []),
        ("a tulip (T) grows", []),
        ("(FM) Flexible Match", []),
    ],
)
def test_abbreviations_that_a_text_explains(text: str, pairs: list[tuple[str, str]]) -> None:
    assert list(find_abbreviations(text)) == pairs


@given(st.text())
def test_any_text_can_be_searched_for_abbreviations(text: str) -> None:
    for short, long in find_abbreviations(text):
        assert short in text and long in text and len(short) < len(long)
