"""Each family of rules that finds what a text names, on sentences of our own."""

from __future__ import annotations

from collections import defaultdict

import pytest

from kg.extract.kinds import noun_kind
from kg.extract.lexicon import fold, load_families, load_forms, load_heads, load_terms
from kg.extract.names import find_pairs, shape
from kg.extract.normalise import GAP
from kg.extract.sections import derive_sections
from kg.extract.sightings import Sighting, find_sightings, role_at
from kg.extract.things import thing_key
from kg.model import EntityType


def found(abstract: str, title: str = "On Reading") -> dict[str, EntityType]:
    """Name -> type, for every place that `abstract` (and the title) names something."""
    return {name: kind for kind, names in things(abstract, title) for name in names}


def things(abstract: str, title: str = "On Reading") -> list[tuple[EntityType, list[str]]]:
    """Type and forms of each thing."""
    groups: dict[tuple[EntityType, str], set[str]] = defaultdict(set)
    for seen in meant(abstract, title):
        groups[seen.type, seen.key] |= {place.text for place in seen.places}
    return [(kind, sorted(names)) for (kind, _), names in groups.items()]


def meant(abstract: str, title: str = "On Reading") -> list[Sighting]:
    """What the rules see and take to be meant."""
    text = title + GAP + abstract
    told = [span for span in derive_sections(text) if span[2] != "questions"]
    return [seen for seen in find_sightings(text, told) if seen.meant]


def roles(abstract: str, title: str = "On Reading") -> dict[str, str]:
    return {
        place.text: role_at(place, seen.type, seen.proposed)
        for seen in meant(abstract, title)
        for place in seen.places
    }


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("We tune it with LoRA on one card.", "LoRA", "method"),
        ("It is scored on GSM8K only.", "GSM8K", "benchmark"),
        ("It is scored on the MATH benchmark.", "MATH", "benchmark"),
        ("It lowers perplexity by a lot.", "perplexity", "metric"),
        ("It is trained on Common Crawl for a week.", "Common Crawl", "dataset"),
        ("We use Chain-of-Thought here.", "Chain-of-Thought", "method"),
        ("It reaches AIME 2024 level.", "AIME 2024", "benchmark"),
    ],
)
def test_the_lexicon_is_known_by_sight(text: str, name: str, kind: str) -> None:
    assert found(text)[name] == kind


VERSIONS = [
    ("Its pass@1 is 50.1 and its pass@8 is 70.2 there.", "pass@1", "pass@8"),
    ("It is faster than FlashAttention and FlashAttention-2 there.", "FlashAttention", "FlashAttention-2"),
    ("We compare TulipGPT with the small TulipGPT-S there.", "TulipGPT", "TulipGPT-S"),
]


@pytest.mark.parametrize(("text", "one", "other"), VERSIONS)
def test_versions_and_sizes_in_one_text_are_things_of_their_own(text: str, one: str, other: str) -> None:
    names = [forms for _, forms in things(text)]
    assert [one] in names and [other] in names


@pytest.mark.parametrize("name", ["LLaVA-Play-90K", "GPT4-Teach-52K", "Qwen-Shelf-2M"])
def test_data_named_after_a_model_is_no_model(name: str) -> None:
    assert found(f"It is trained on the {name} dataset for a day.")[name] == "dataset"


@pytest.mark.parametrize("name", ["Yi-34B-200K", "GPT-4-32K"])
def test_a_length_of_context_leaves_a_model_one(name: str) -> None:
    assert found(f"It is compared with {name} on one card.")[name] == "model"


@pytest.mark.parametrize(
    "text",
    [
        "We do the math and glue the parts.",
        "A spider sat on a bird.",
        "The falcon and the orca dream of a llama-like genie.",
        "We apply a ruler to the atari console.",
    ],
)
def test_homographs_need_their_case(text: str) -> None:
    assert found(text) == {}


@pytest.mark.parametrize(
    "name",
    [
        "GPT-4o",
        "Llama-3.1-8B-Instruct",
        "Claude 3.5 Sonnet",
        "Gemini 2.5 Pro",
        "Qwen2.5-VL-7B",
        "DeepSeek-R1-Distill-Qwen-1.5B",
        "Stable Diffusion 3",
        "o3-mini",
        "Llama 3 8B",
        "Falcon-40B",
    ],
)
def test_models_of_known_families_carry_version_and_size(name: str) -> None:
    assert found(f"We compare with {name} in all runs.") == {name: "model"}


def test_a_number_after_a_model_is_no_version() -> None:
    assert "GPT-4" in found("It gives GPT-4 85.2% of the votes.")


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("We release ZorbaNet, a benchmark for parsers.", "ZorbaNet", "benchmark"),
        ("We release ZorbaNet, a large corpus of jokes.", "ZorbaNet", "dataset"),
        ("Results on the ZorbaSuite benchmark are low.", "ZorbaSuite", "benchmark"),
        ("It is trained on the ZorbaText dataset.", "ZorbaText", "dataset"),
        ("It uses the ZorbaFlow framework.", "ZorbaFlow", "method"),
        ("Benchmarks such as ZorbaSuite are too easy.", "ZorbaSuite", "benchmark"),
        ("It outperforms the ZorbaTron model.", "ZorbaTron", "model"),
        ("Scores on ZorbaBench rise.", "ZorbaBench", "benchmark"),
        ("It cuts errors by 9.1% relative to ZorbaQA.", "ZorbaQA", "model"),
        ("They made ZorbaText, 4,000 pairs of poem and gloss.", "ZorbaText", "dataset"),
        ("It is built with LeafLet V2 alone.", "LeafLet V2", "method"),
        ("ZorbaTron-7B is small.", "ZorbaTron-7B", "model"),
        ("It has a ZorbaScore of 3.2 there.", "ZorbaScore", "metric"),
    ],
)
def test_context_and_form_tell_the_kind_of_a_new_name(text: str, name: str, kind: str) -> None:
    assert found(text)[name] == kind


def test_names_in_a_list_share_what_is_said_of_one() -> None:
    names = found("It is tested on ZorbaOne, ZorbaTwo, and GSM8K.")
    assert names == {"ZorbaOne": "benchmark", "ZorbaTwo": "benchmark", "GSM8K": "benchmark"}


@pytest.mark.parametrize(
    "text",
    [
        "It is 4.4x faster and needs 100GB of RGB images for LLMs on H100 GPUs.",
        "AI-generated JSON from an LLM-based API on arXiv.",
        "The KL-regularized, GPU-friendly code uses 5x5 tiles.",
        "AI Engineers and Data Scientists in the USA.",
        "Extensive Experiments show this. Our Results are robust.",
    ],
)
def test_shapes_that_name_nothing(text: str) -> None:
    assert found(text) == {}


@pytest.mark.parametrize(
    ("text", "long", "short"),
    [
        ("by Tiny Parse Reward (TPR) now", "Tiny Parse Reward", "TPR"),
        ("by supervised fine-tuning (SFT) now", "supervised fine-tuning", "SFT"),
        ("by TPR (Tiny Parse Reward) now", "Tiny Parse Reward", "TPR"),
        ("with large parse trees (LPTs) now", "large parse trees", "LPTs"),
    ],
)
def test_pairs_of_long_and_short_form(text: str, long: str, short: str) -> None:
    [(first, second)] = find_pairs(text, 0, len(text))
    assert (text[slice(*first)], text[slice(*second)]) == (long, short)


def test_brackets_that_abbreviate_nothing_are_no_pair() -> None:
    text = "the parser (see Table 3) and the scorer (GPT-4) agree"
    assert list(find_pairs(text, 0, len(text))) == []


def test_a_pair_is_one_thing_wherever_it_stands() -> None:
    [(kind, names)] = [
        thing
        for thing in things("It uses Tiny Parse Reward (TPR). The TPR module is small.")
        if "TPR" in thing[1]
    ]
    assert (kind, names) == ("method", ["TPR", "Tiny Parse Reward"])


def test_a_class_of_models_is_no_thing() -> None:
    assert found("We study Large Language Models (LLMs) and a Graphical User Interface (GUI).") == {}


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("a model for video object segmentation is built", "video object segmentation", "task"),
        ("we use contrastive negative sampling here", "contrastive negative sampling", "method"),
        ("it improves the average success rate much", "average success rate", "metric"),
        ("it helps text-to-image (T2I) generation here", "text-to-image (T2I) generation", "task"),
        ("high-quality image generation models are slow", "image generation", "task"),
        ("we improve significantly improved speech translation here", "speech translation", "task"),
    ],
)
def test_terms_are_a_head_noun_and_its_modifiers(text: str, name: str, kind: str) -> None:
    assert found(text)[name] == kind


def test_a_vague_metric_counts_beside_a_number_only() -> None:
    assert "inference cost" in found("It cuts inference cost by 40% there.")
    assert "inference cost" not in found("It cuts inference cost there.")


def test_the_context_tells_means_from_ends() -> None:
    assert found("It learns via next-token prediction.")["next-token prediction"] == "method"
    assert found("A model for stock price prediction is built.")["stock price prediction"] == "task"


def test_the_shorter_telling_is_the_same_thing() -> None:
    assert things("The zero-shot accuracy is high. Its accuracy is 71.2% there.") == [
        ("metric", ["accuracy", "zero-shot accuracy"])
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ZorbaBench", "Zorba-Bench"),
        ("ZorbaBench", "the ZorbaBench benchmark"),
        ("Sparse Autoencoder", "sparse autoencoders"),
        ("Flexible Match (FM)", "flexible match"),
    ],
)
def test_forms_of_one_name_share_a_key(first: str, second: str) -> None:
    assert thing_key(first) == thing_key(second)


@pytest.mark.parametrize(
    ("first", "second"), [("A*", "A"), ("C++", "C"), ("Zorba-7B", "Zorba-70B"), ("HumanEval", "HumanEval+")]
)
def test_other_names_have_other_keys(first: str, second: str) -> None:
    assert thing_key(first) != thing_key(second)


def test_what_the_title_opens_with_is_proposed() -> None:
    said = roles("Stickers is a way to mark text. We use LoRA.", "Stickers: Marking Text by Hand")
    assert said["Stickers"] == "proposes"
    assert said["LoRA"] == "uses"


def test_a_title_that_opens_with_a_sentence_names_nothing() -> None:
    assert "Less Is Enough" not in roles("We prune a parser.", "Less Is Enough: Pruning Parsers")


@pytest.mark.parametrize(
    "text",
    [
        "This paper introduces ZorbaFlow, a framework for parsing.",
        "We propose a novel framework called ZorbaFlow that parses.",
        "The authors present ZorbaFlow.",
        "ZorbaFlow is a new way to parse.",
    ],
)
def test_what_a_sentence_presents_is_proposed(text: str) -> None:
    assert roles(text)["ZorbaFlow"] == "proposes"


def test_the_own_name_may_stand_in_capitals() -> None:
    said = roles("SUNDIAL tells the hour. The sundial of the park is old.", "Sundial: Clocks that Learn")
    assert {name: role for name, role in said.items() if name.casefold() == "sundial"} == {
        "Sundial": "proposes",
        "SUNDIAL": "proposes",
    }
    assert found("SUNDIAL tells the hour.", "Sundial: A Method to Tell Hours")["SUNDIAL"] == "method"


def test_a_title_says_at_its_end_what_is_named() -> None:
    text = "It learns from ZorbaFlow data."
    assert found(text, "ZorbaFlow -- A Wordless Talk")["ZorbaFlow"] == "dataset"
    assert found(text, "ZorbaFlow -- Talk Writing Framework")["ZorbaFlow"] == "method"


def test_what_something_is_built_with_is_used() -> None:
    assert roles("The maps are built with LeafLet V2 alone.")["LeafLet V2"] == "uses"


def test_an_explained_short_form_is_found_again() -> None:
    [names] = [names for _, names in things("We use Big Elm (B-Elm). The roots of B-Elm are deep.") if names]
    assert names == ["B-Elm", "Big Elm"]


def test_rivals_are_compared_with() -> None:
    said = roles("Experiments show that it outperforms GPT-4o and Claude 3.5 Sonnet on GSM8K.")
    assert said == {"GPT-4o": "comparesWith", "Claude 3.5 Sonnet": "comparesWith", "GSM8K": "evaluatesOn"}


@pytest.mark.parametrize("words", ["up from 39.4 with", "against 47.3% for", "compared to 3.1 of"])
def test_who_has_the_lesser_value_is_compared_with(words: str) -> None:
    assert roles(f"It scores 55.6 on GSM8K, {words} Qwen2.5-7B.")["Qwen2.5-7B"] == "comparesWith"


def test_questions_name_nothing() -> None:
    assert found("It works. Follow-up questions: 1. Would GPT-4o do better on GSM8K?") == {}


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("MathVista", "name"),
        ("GPT-4o", "name"),
        ("3DGS", "name"),
        ("Mamba", "capital"),
        ("7B", "number"),
        ("2024", "number"),
        ("4.4x", "plain"),
        ("LLMs", "plain"),
        ("CLIP-based", "plain"),
        ("RL-induced", "plain"),
        ("video", "plain"),
    ],
)
def test_the_shape_of_a_word(word: str, kind: str) -> None:
    assert shape(word) == kind


def test_the_first_telling_noun_wins() -> None:
    assert noun_kind("benchmark for language models") == "benchmark"
    assert noun_kind("7B-parameter language model and data") == "model"
    assert noun_kind("model-based idea") is None


def test_the_lexicon_is_consistent() -> None:
    assert len({(term.name, term.type) for term in load_terms()}) == len(load_terms())
    clashes = {key for key, forms in load_forms().items() if len({term.type for _, term in forms}) > 1}
    assert clashes == set()
    assert all(fold(form) == key for key, forms in load_forms().items() for form, _ in forms)
    assert all(term.better is None for term in load_terms() if term.type != "metric")
    assert load_families()["GPT"] is False
    assert load_families()["Falcon"] is True
    assert {head.type for head in load_heads().values()} == {"task", "method", "metric"}


def test_a_term_told_once_in_passing_is_talk() -> None:
    told = "a) To parse. b) It uses trees. c) It gains 4%. d) Practitioners may try weather forecasting."
    assert "weather forecasting" not in found(told)
    assert "weather forecasting" in found(told.replace("To parse.", "To improve weather forecasting."))


def test_a_data_set_only_measured_on_is_a_benchmark() -> None:
    assert found("Results on the ZorbaText dataset are low.")["ZorbaText"] == "benchmark"
    assert found("We release ZorbaText, a dataset of jokes. Results are low.")["ZorbaText"] == "dataset"


def test_a_text_may_give_a_known_short_form_another_sense() -> None:
    assert found("It recognises speech (ASR) well. ASR is hard.")["ASR"] == "task"
    assert found("It lowers the attack success rate (ASR). The ASR is 4%.")["ASR"] == "metric"


def test_a_capitalised_word_is_a_name_where_the_text_treats_it_as_one() -> None:
    assert found("Results on the Spring dataset are low.")["Spring"] == "benchmark"
    assert found("It is scored on GSM8K, HumanEval, and Spring there.")["Spring"] == "benchmark"
    assert found("It gains an Edit-Accuracy of 88.4 there.")["Edit-Accuracy"] == "metric"
    assert found("It was built one Spring in Kyoto.") == {}
