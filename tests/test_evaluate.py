"""Evaluation: its definitions one by one, its errors, and equality with the scorer beside the gold."""

from __future__ import annotations

import doctest
import importlib.util
import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import kg.gold
from kg.errors import SourceError
from kg.evaluate import ROWS, Difference, Evaluation, Score, derive_evaluation, to_lines
from kg.gold import parse_gold, read_gold, to_name_key, to_number_key
from kg.model import ENTITY_TYPES, Entity, Evidence, Facts, Mention, Paper, Result, Slot, Summary
from kg.records import to_record

Json = dict[str, Any]
SLOTS = ("subject", "on", "metric", "baseline")


# Small gold and small extractions


def thing(type: str, name: str, *aliases: str, role: str = "used", optional: bool = False) -> Json:
    return {"type": type, "name": name, "aliases": list(aliases), "role": role, "optional": optional}


def marked(value: str, kind: str = "score", **more: Any) -> Json:
    return {"value": value, "kind": kind, **{name: [None] for name in SLOTS}, **more}


def found(value: str, kind: str = "score", **more: Any) -> Json:
    return {"value": value, "kind": kind, **more}


def paper(
    entities: list[Json] | None = None, results: list[Json] | None = None, id: str = "2401.00001"
) -> Json:
    return {"id": id, "entities": entities or [], "results": results or []}


def evaluate(gold: list[Json], records: list[Json]) -> Evaluation:
    return derive_evaluation([parse_gold(json.dumps(g)) for g in gold], records)


def of_things(gold: list[Json], extracted: list[Json], row: str = "entity") -> Score:
    return evaluate([paper(gold)], [paper(extracted)]).rows[row]


def of_results(gold: list[Json], extracted: list[Json]) -> dict[str, Score]:
    rows = evaluate([paper(results=gold)], [paper(results=extracted)]).rows
    return {row: score for row, score in rows.items() if row.startswith("result")}


def test_doctests() -> None:
    tried = doctest.testmod(kg.gold)
    assert tried.attempted >= 2
    assert tried.failed == 0


# Keys


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("GLUE", "the GLUE Benchmark"),
        ("Chain of Thought", "chain-of-thought"),
        ("success rate", "Success  Rates"),
        ("a novel DiaSynth framework", "DiaSynth"),
        ("Flexible Match (FM)", "Flexible Match"),
        ("ＧＰＴ-4", "GPT-4"),
        ("2Ã—2 grid", "2×2 grid"),
        ("(hidden)", "hidden"),
        ("our proposed MM1", "the (small) MM1"),
        ("FID", "FIDs"),
    ],
)
def test_the_same_name(one: str, other: str) -> None:
    assert to_name_key(one) == to_name_key(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C++", "C"),
        ("Llama-3-8B", "Llama-3-70B"),
        ("loss", "los"),
        ("GPT-3.5", "GPT-35"),
        ("the new", "the"),
        ("GPS", "GP"),
    ],
)
def test_another_name(one: str, other: str) -> None:
    assert to_name_key(one) != to_name_key(other)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("1,234.50", "1234.5"),
        ("40-50", "40-50"),
        ("40–50 %", "40-50"),
        ("−3.0", "-3"),
        ("0.40 ± 0.11", "0.4"),
        (55.6, "55.6"),
        ("Threefold ", "threefold"),
        ("", None),
        (None, None),
    ],
)
def test_number_key(written: object, key: str | None) -> None:
    assert to_number_key(written) == key


def test_keys_take_linear_time() -> None:
    for hostile in (
        " " * 200_000 + "x",
        "(" * 200_000,
        "the " * 50_000 + "-",
        "a." * 100_000,
        "1." * 100_000,
    ):
        to_name_key(hostile)
        to_number_key(hostile)


# Scores


def test_figures() -> None:
    score = Score(right=3, wrong=1, missed=3)
    assert (score.precision, score.recall, score.f1) == (0.75, 0.5, 0.6)
    assert (Score().precision, Score().recall, Score().f1) == (0.0, 0.0, 0.0)


# Things


def test_aliases_lead_to_a_thing() -> None:
    gold = [thing("method", "Flexible Match (FM)", "FM score")]
    assert of_things(gold, [thing("method", "FM")]) == Score(1, 0, 0)
    assert of_things(gold, [thing("method", "Matching", "FM")]) == Score(1, 0, 0)


def test_the_seventh_alias_does_not_count() -> None:
    gold, six = [thing("method", "FM")], ["a1", "a2", "a3", "a4", "a5", "a6"]
    assert of_things(gold, [thing("method", "Matching", *six[1:], "FM")]) == Score(1, 0, 0)
    assert of_things(gold, [thing("method", "Matching", *six, "FM")]) == Score(0, 1, 1)


def test_a_second_copy_is_wrong() -> None:
    gold = [thing("model", "MM1", "MM One")]
    assert of_things(gold, [thing("model", "MM1"), thing("model", "MM One")]) == Score(1, 1, 0)


def test_aliases_of_two_other_things_say_nothing() -> None:
    gold = [thing("model", "MM1"), thing("model", "MM2"), thing("model", "MM3")]
    assert of_things(gold, [thing("model", "MM1", "MM2")]) == Score(1, 0, 2)
    assert of_things(gold, [thing("model", "MM1", "MM2", "MM3")]) == Score(0, 1, 3)
    assert of_things(gold, [thing("model", "models", "MM2", "MM3")]) == Score(0, 1, 3)


def test_optional_things_are_neither_required_nor_punished() -> None:
    gold = [thing("method", "fine-tuning", optional=True)]
    assert of_things(gold, []) == Score(0, 0, 0)
    assert of_things(gold, [thing("task", "fine-tuning"), thing("method", "fine tuning")]) == Score(0, 0, 0)


def test_types_are_strict_coarse_or_one() -> None:
    gold = [thing("dataset", "D-Rep"), thing("metric", "FID")]
    rows = evaluate([paper(gold)], [paper([thing("benchmark", "D-Rep"), thing("task", "FID")])]).rows
    assert rows["entity"] == Score(0, 2, 2)
    assert rows["entity-coarse"] == Score(1, 1, 1)
    assert rows["entity:dataset"] == Score(0, 0, 1)
    assert rows["entity:benchmark"] == Score(0, 1, 0)
    assert rows["entity:model"] == Score(0, 0, 0)


def test_proposed_things_whatever_their_type() -> None:
    gold = [thing("method", "COFFEE", role="proposed"), thing("model", "GPT-4")]
    extracted = [thing("dataset", "COFFEE", role="proposed"), thing("model", "GPT-4", role="proposed")]
    assert of_things(gold, extracted, "proposed") == Score(1, 1, 0)
    assert of_things(gold, [{"type": "method", "name": "COFFEE"}], "proposed") == Score(0, 0, 1)


# Results


def test_a_result_is_right_in_value_core_full_and_unit() -> None:
    gold = [
        marked("55.6", on=["MathVista"], metric=[None, "score"], baseline=["MM1"], unit="percentage points"),
    ]
    whole = found("55.60", on="mathvista", metric="performance", baseline="MM1", unit="point")
    assert of_results(gold, [whole]) == dict.fromkeys(of_results(gold, []), Score(1, 0, 0))
    poor = of_results(gold, [whole | {"baseline": None, "unit": "%"}])
    assert poor["result-value"] == poor["result-core"] == Score(1, 0, 0)
    assert poor["result-full"] == poor["result-unit"] == Score(0, 1, 1)
    assert of_results(gold, [whole | {"on": "MATH"}])["result-core"] == Score(0, 1, 1)
    assert of_results(gold, [whole | {"kind": "gain"}])["result-value"] == Score(0, 1, 1)
    assert of_results(gold, [])["result-value"] == Score(0, 0, 1)


@pytest.mark.parametrize(
    ("gold", "extracted", "full"),
    [
        ({"direction": None}, {"direction": "up"}, True),
        ({"direction": "up"}, {"direction": "down"}, False),
        ({"direction": "up"}, {}, False),
        ({"baseline_value": "39.4"}, {"baseline_value": "39.40"}, True),
        ({"baseline_value": "39.4"}, {}, False),
        ({}, {"baseline_value": "39.4"}, False),
        ({"subject": []}, {}, True),
        ({"subject": ["MM1"]}, {"subject": "performance"}, False),
        ({"subject": ["MM1", "MM1.5 (big)"]}, {"subject": "big"}, True),
        ({"subject": ["MM1.5 (b)"]}, {"subject": "b"}, False),
        ({"metric": [None]}, {"metric": "result_s"}, True),
    ],
)
def test_parts_of_a_result(gold: Json, extracted: Json, full: bool) -> None:
    score = of_results([marked("1", **gold)], [found("1", **extracted)])["result-full"]
    assert score == (Score(1, 0, 0) if full else Score(0, 1, 1))


@pytest.mark.parametrize(("one", "other"), [("times", "x"), ("×", "x"), ("percent", "%"), ("pp", "points")])
def test_the_same_unit(one: str, other: str) -> None:
    score = of_results([marked("1", unit=one)], [found("1", unit=other)])["result-unit"]
    assert score == Score(1, 0, 0)


def test_results_pair_where_they_agree_best() -> None:
    gold = [marked("3", on=["HumanEval"]), marked("3", on=["MBPP"]), marked("3", on=["GLUE"], optional=True)]
    extracted = [found("3", on="GLUE"), found("3", on="MBPP"), found("3", on="HumanEval")]
    assert of_results(gold, extracted)["result-core"] == Score(2, 0, 0)
    assert of_results(gold, extracted[:2])["result-core"] == Score(1, 1, 1)


def test_on_and_metric_pair_results_before_the_other_slots() -> None:
    gold = [marked("3", metric=["accuracy"], subject=["MM1"], baseline=["MM2"])]
    extracted = [found("3", metric="FID", subject="MM1", baseline="MM2"), found("3", metric="accuracy")]
    assert of_results(gold, extracted)["result-core"] == Score(1, 1, 0)


# Papers


def test_a_paper_that_was_not_extracted_is_missed_and_named() -> None:
    gold = [paper([thing("model", "MM1")]), paper([thing("model", "MM2")], id="2401.00002")]
    evaluation = evaluate(gold, [gold[0], paper([thing("model", "MM9")], id="2401.00009")])
    assert evaluation.rows["entity"] == Score(1, 0, 1)
    assert (evaluation.papers, evaluation.absent) == (2, ("2401.00002",))
    assert evaluation.errors == (("2401.00002", (Difference("missed", "model", "MM2"),)),)


def test_the_last_summary_of_a_paper_counts() -> None:
    gold = [paper([thing("model", "MM1")])]
    assert evaluate(gold, [paper(), gold[0]]).rows["entity"] == Score(1, 0, 0)
    assert evaluate(gold, [gold[0], paper()]).rows["entity"] == Score(0, 0, 1)


def test_records_of_facts_are_what_is_compared() -> None:
    summary = Summary(Paper("2401.00001"), "hf", "2024-10-01", "Zed", "Zed gets 71.5% on GLUE.", "")

    def mention(words: str, role: str) -> Mention:
        start = summary.abstract.index(words)
        return Mention(Evidence("abstract", start, start + len(words), words), role, "test", 10)  # type: ignore[arg-type]

    result = Result(
        kind="score",
        value="71.5",
        unit="%",
        value_mention=mention("71.5%", "value"),
        sentence=mention(summary.abstract, "statedIn"),
        subject=Slot("model", "Zed", mention("Zed", "subject")),
        on=Slot("benchmark", "GLUE", mention("GLUE", "on")),
    )
    entities = (
        Entity("model", (mention("Zed", "proposes"),)),
        Entity("benchmark", (mention("GLUE", "evaluatesOn"),)),
    )
    gold = paper(
        [thing("model", "Zed", role="proposed"), thing("benchmark", "GLUE")],
        [marked("71.5", subject=["Zed"], on=["GLUE"], unit="%")],
    )
    evaluation = evaluate([gold], [to_record(Facts(summary, "test", entities, (result,)))])
    assert not evaluation.errors
    assert {row: (s.wrong, s.missed) for row, s in evaluation.rows.items()} == dict.fromkeys(ROWS, (0, 0))
    assert evaluation.rows["proposed"] == evaluation.rows["result-full"] == Score(1, 0, 0)


# Reading gold


def read_lines(folder: Path, *lines: str) -> tuple[Any, ...]:
    file = folder / "gold.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    return read_gold(file)


def test_read_gold_keeps_order_and_passes_over_empty_lines(tmp_path: Path) -> None:
    lines = ["\ufeff" + json.dumps(paper(id="b")), "", json.dumps(paper(id="a")), " "]
    assert [gold.id for gold in read_lines(tmp_path, *lines)] == ["b", "a"]


def without(record: Json, name: str) -> Json:
    return {key: value for key, value in record.items() if key != name}


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ([], "not a JSON object, but list"),
        (without(paper(), "id"), " lacks 'id'"),
        (without(paper(), "results"), " lacks 'results'"),
        (paper() | {"entities": "MM1"}, "'entities' is \"MM1\", not a list of objects"),
        (paper() | {"entities": ["MM1"]}, "'entities' is [\"MM1\"], not a list of objects"),
        (paper([thing("model", "A"), without(thing("model", "B"), "role")]), "entity 2 lacks 'role'"),
        (
            paper([thing("modle", "A")]),
            "entity 1: 'type' is \"modle\", not one of model, method, dataset, benchmark, metric, task",
        ),
        (
            paper([thing("model", "A") | {"aliases": [None]}]),
            "entity 1: 'aliases' is [null], not a list of texts",
        ),
        (paper(results=[without(marked("1"), "on")]), "result 1 lacks 'on'"),
        (
            paper(results=[marked("1", on="GLUE")]),
            "result 1: 'on' is \"GLUE\", not a list of texts and nulls",
        ),
        (
            paper(results=[marked("1", kind="level")]),
            "result 1: 'kind' is \"level\", not one of score, gain, ratio",
        ),
        (paper(results=[marked("1", unit=5)]), "result 1: 'unit' is 5, not text"),
    ],
)
def test_read_gold_says_where_a_record_is_amiss(tmp_path: Path, record: object, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_lines(tmp_path, json.dumps(paper()), json.dumps(record))
    where = f"{tmp_path / 'gold.jsonl'}:2"
    separator = "" if message.startswith(" ") else ": "
    assert str(caught.value) == where + separator + message


def test_read_gold_says_which_line_is_not_json(tmp_path: Path) -> None:
    where = f"{tmp_path / 'gold.jsonl'}:2: not JSON: "
    for broken in ('{"id": ', "[" * 100_000, "9" * 5_000):
        with pytest.raises(SourceError) as caught:
            read_lines(tmp_path, json.dumps(paper()), broken)
        assert str(caught.value).startswith(where)


def test_read_gold_refuses_what_is_no_gold_file(tmp_path: Path) -> None:
    def refusal(path: Path) -> str:
        with pytest.raises(SourceError) as caught:
            read_gold(path)
        return str(caught.value)

    empty, binary = tmp_path / "empty", tmp_path / "binary"
    empty.touch()
    binary.write_bytes(b"\xff\x00")
    asked = "give a file of JSON lines"
    assert (
        refusal(tmp_path / "no") == f"cannot read gold {tmp_path / 'no'}: No such file or directory; {asked}"
    )
    assert refusal(tmp_path) == f"cannot read gold {tmp_path}: Is a directory; {asked}"
    assert refusal(binary) == f"{binary}: not UTF-8 text (invalid start byte); {asked}"
    assert refusal(empty) == f"{empty}: no gold in it; give a file with one JSON object a line"


# Showing


def test_to_lines() -> None:
    gold = [
        paper(
            [thing("model", "MM1"), thing("metric", "FID\x1b[2J")],
            [
                marked("5", on=["GLUE", "SST"], evidence="5 on GLUE"),
                marked("6", "gain", unit="%", evidence="by 6%"),
            ],
        ),
        paper([thing("model", "MM2")], id="2401.00002"),
        paper([thing("model", "MM3")], id="2401.00003"),
    ]
    extracted = [
        paper(
            [thing("model", "MM1"), thing("task", "Q&A")], [found("5", direction="up"), found("7", unit="x")]
        ),
        gold[2],
    ]
    assert to_lines(evaluate(gold, extracted), errors=1) == [
        "                  precision  recall     F1  right  wrong  missed",
        "entity                0.667   0.500  0.571      2      1       2",
        "entity-coarse         0.667   0.500  0.571      2      1       2",
        "entity:model          1.000   0.667  0.800      2      0       1",
        "entity:method         0.000   0.000  0.000      0      0       0",
        "entity:dataset        0.000   0.000  0.000      0      0       0",
        "entity:benchmark      0.000   0.000  0.000      0      0       0",
        "entity:metric         0.000   0.000  0.000      0      0       1",
        "entity:task           0.000   0.000  0.000      0      1       0",
        "proposed              0.000   0.000  0.000      0      0       0",
        "result-value          0.500   0.500  0.500      1      1       1",
        "result-core           0.000   0.000  0.000      0      2       2",
        "result-full           0.000   0.000  0.000      0      2       2",
        "result-unit           0.500   0.500  0.500      1      1       1",
        "papers: 3",
        "not in the source: 1 (2401.00002)",
        "",
        "2401.00001",
        "  wrong   task       Q&A",
        "  missed  metric     FID\ufffd[2J",
        "  slots   score      5: on nothing, not 'GLUE' or 'SST'",
        "  missed  gain       6 %: by 6%",
        "  wrong   score      7 x: subject nothing, on nothing, metric nothing, baseline nothing",
    ]


def test_to_lines_without_errors_ends_with_the_table() -> None:
    evaluation = evaluate([paper([thing("model", "MM1")])], [paper()])
    assert to_lines(evaluation)[-1] == "papers: 1"
    assert to_lines(evaluation, errors=9)[-1] == "  missed  model      MM1"


# Equality with the scorer beside the gold


@pytest.fixture(scope="session")
def scorer(shared: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("scorer_of_the_gold", shared / "tools" / "score.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    writing, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = writing
    return module


def assert_equal_figures(scorer: ModuleType, gold: list[Json], records: list[Json]) -> Evaluation:
    """Every figure of every row, the order of the rows, and how many errors of which sort."""
    shown: list[tuple[str, list[tuple[str, str, str]]]] = []
    theirs = scorer.score(gold, {record["id"]: record for record in records}, shown)
    ours = evaluate(gold, records)
    figures = {row: (s.precision, s.recall, s.f1, s.right, s.wrong, s.missed) for row, s in ours.rows.items()}
    wanted = ("precision", "recall", "f1", "tp", "fp", "fn")
    assert figures == {row: tuple(s[name] for name in wanted) for row, s in theirs.items()}
    assert list(ours.rows) == list(theirs) == list(ROWS)
    assert [(id, sorted(what.strip() for what, _, _ in errors)) for id, errors in shown] == [
        (id, sorted(difference.what for difference in differences)) for id, differences in ours.errors
    ]
    return ours


def as_extracted(gold: Json, choose: Callable[[list[Any]], Any] = lambda fillers: fillers[0]) -> Json:
    """The gold as if it had been extracted, with one filler a slot."""
    results = [r | {name: choose(r[name]) for name in SLOTS if r[name]} for r in gold["results"]]
    return {"id": gold["id"], "entities": [dict(e) for e in gold["entities"]], "results": results}


def gold_of(shared: Path, name: str) -> list[Json]:
    lines = (shared / "gold" / f"{name}.gold.jsonl").read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line.strip()]


@pytest.mark.parametrize("name", ["seed", "train", "dev"])
def test_gold_against_itself(shared: Path, scorer: ModuleType, name: str) -> None:
    gold = gold_of(shared, name)
    evaluation = assert_equal_figures(scorer, gold, [as_extracted(g) for g in gold])
    assert not evaluation.errors
    assert evaluation.rows["entity"].f1 == evaluation.rows["result-full"].f1 == 1.0
    assert evaluation == derive_evaluation(
        read_gold(shared / "gold" / f"{name}.gold.jsonl"), map(as_extracted, gold)
    )


class Perturbation:
    """Spoils an extraction the way that extractors do, from one seed."""

    def __init__(self, seed: int, names: list[str]) -> None:
        self.random = random.Random(seed)
        self.rate = self.random.choice((0.05, 0.2, 0.5))
        self.names = names

    def often(self) -> bool:
        return self.random.random() < self.rate

    def paper(self, gold: Json) -> Json:
        record = as_extracted(gold, self.random.choice)
        record["entities"] = [e for entity in record["entities"] for e in self.entity(entity)]
        record["results"] = [r for result in record["results"] for r in self.result(result)]
        for facts in (record["entities"], record["results"]):
            if self.often():
                self.random.shuffle(facts)
        return record

    def entity(self, entity: Json) -> list[Json]:
        forms = [entity["name"], *entity["aliases"]]
        entity = dict(entity, name=self.random.choice(forms)) if self.often() else entity
        if self.often():
            entity = entity | {"type": self.random.choice([*ENTITY_TYPES, "other"])}
        if self.often():
            entity = entity | {"role": self.random.choice(["proposed", "used", "compared"])}
        if self.often():
            more = self.random.choices(self.names, k=self.random.randrange(9))
            entity = entity | {"aliases": self.random.sample([*forms, *more], len(forms) + len(more))}
        if self.often():
            entity = entity | {"name": self.random.choice(self.names)}
        if self.often():
            entity = {"type": entity["type"], "name": entity["name"]}
        split = [entity | {"name": form, "aliases": []} for form in forms] if self.often() else [entity]
        return self.some(split)

    def result(self, result: Json) -> list[Json]:
        spoilt = {
            "value": self.random.choice(
                ["1,000.0", "40-50", "-3", "0.40 ± 0.11", "many", result["value"] + "0"]
            ),
            "kind": self.random.choice(["score", "gain", "ratio"]),
            "unit": self.random.choice([None, "%", "percentage points", "times", "pp", "ms"]),
            "direction": self.random.choice([None, "up", "down"]),
            "baseline_value": self.random.choice([None, "39.4", result["value"]]),
            **{name: self.random.choice([None, "", "performance", *self.names]) for name in SLOTS},
        }
        result = {name: spoilt[name] if name in spoilt and self.often() else result[name] for name in result}
        result = {name: v for name, v in result.items() if name in ("value", "kind") or not self.often()}
        return self.some([result])

    def some(self, facts: list[Json]) -> list[Json]:
        """The facts: none, once, or more often."""
        return facts * self.random.choice((0, 2, 3)) if self.often() else facts


@pytest.mark.parametrize(("name", "sample", "seeds"), [("seed", 10, 40), ("train", 30, 12), ("dev", 30, 12)])
def test_spoilt_gold(shared: Path, scorer: ModuleType, name: str, sample: int, seeds: int) -> None:
    papers = gold_of(shared, name)
    reached = set()
    for seed in range(seeds):
        gold = random.Random(seed).sample(papers, sample)
        names = sorted({form for g in gold for e in g["entities"] for form in (e["name"], *e["aliases"])})
        spoil = Perturbation(seed, names)
        records = [spoil.paper(g) for g in gold if not spoil.often()]
        evaluation = assert_equal_figures(scorer, gold, records)
        assert evaluation.rows["entity"].right
        reached |= {d.what for _, differences in evaluation.errors for d in differences}
    assert reached == {"wrong", "missed", "slots"}


PIECES = [
    *(
        "MM1",
        "mm-1",
        "FM",
        "Flexible Match",
        "GLUE",
        "C++",
        "×",
        "Ã—",
        "1.5",
        "pass@1",
        "(FM)",
        "[8B]",
        "(",
        "]",
    ),
    *(
        "the",
        "a",
        "novel",
        "Their",
        "benchmark",
        "Datasets",
        "test",
        "set",
        "score",
        "performance",
        "results",
    ),
    *("value", "rates", "loss", "_s", "-", "!", " ", "\n", "\u00a0", "ﬁne", "（FM）", "İ", "ß"),
]
names = st.one_of(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map(" ".join),
    st.lists(st.sampled_from(PIECES), max_size=3).map("".join),
    st.text(max_size=6),
)
few_names = st.sampled_from(["MM1", "MM2", "mm-1 model", "MM1 (FM)", "FM", "GLUE", "GLUE (FM)", "result_s"])
some_names = st.one_of(few_names, few_names, names)
numerals = st.one_of(
    st.sampled_from(
        ["1", "1.0", "1,0", "10", "-1", "−1", "1-2", "1 – 2", "1 ± 2", "-1-2", "x", "", "1234567", "٣"]
    ),
    st.text("0123456789.,-−± x", max_size=6),
    st.integers(-3, 3),
)
units = st.sampled_from(
    [None, "", "%", "percent", "Per Cent", "pp", "points", "percentage points", "x", "times", "×"]
)
directions = st.sampled_from([None, "up", "down"])
roles = st.sampled_from(["proposed", "used", "mentioned"])
kinds = st.sampled_from(["score", "gain"])

gold_things = st.builds(
    lambda type, name, aliases, role, optional: thing(type, name, *aliases, role=role, optional=optional),
    *(st.sampled_from(ENTITY_TYPES), some_names, st.lists(some_names, max_size=3), roles, st.booleans()),
)
found_things = st.fixed_dictionaries(
    {"type": st.sampled_from([*ENTITY_TYPES, "system"]), "name": some_names},
    optional={
        "aliases": st.none() | st.lists(some_names, max_size=9),
        "role": roles,
        "optional": st.booleans(),
    },
)
gold_results = st.fixed_dictionaries(
    {
        "value": numerals,
        "kind": kinds,
        **dict.fromkeys(SLOTS, st.lists(st.none() | some_names, max_size=3)),
    },
    optional={
        "unit": units,
        "direction": directions,
        "baseline_value": st.none() | numerals,
        "optional": st.booleans(),
    },
)
found_results = st.fixed_dictionaries(
    {},
    optional={
        "value": st.none() | numerals,
        "kind": kinds,
        **dict.fromkeys(SLOTS, st.none() | some_names),
        "unit": units,
        "direction": directions,
        "baseline_value": st.none() | numerals,
    },
)


def papers_of(
    things: st.SearchStrategy[Json], results: st.SearchStrategy[Json]
) -> st.SearchStrategy[list[Json]]:
    some = st.builds(
        paper,
        st.lists(things, max_size=6),
        st.lists(results, max_size=4),
        st.sampled_from(["2401.00001", "2401.00002"]),
    )
    return st.lists(some, max_size=3)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(gold=papers_of(gold_things, gold_results), records=papers_of(found_things, found_results))
def test_small_gold(scorer: ModuleType, gold: list[Json], records: list[Json]) -> None:
    assert_equal_figures(scorer, gold, records)


@settings(max_examples=400, deadline=None)
@given(name=names, numeral=numerals)
def test_small_keys(scorer: ModuleType, name: str, numeral: object) -> None:
    assert to_name_key(name) == scorer.key(name)
    assert to_number_key(numeral) == scorer.number(numeral)
