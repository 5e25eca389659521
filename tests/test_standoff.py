"""Standoff annotations: marks become places, and the places slice to what was marked."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from kg.cli import app
from kg.gold import read_marks
from kg.model import Paper, Summary
from kg.readers.digest import read_digests
from kg.training.standoff import align, derive_standoff, text_hash

Json = dict[str, Any]
SLOTS = ("subject", "on", "metric", "baseline")


def summary(title: str, abstract: str, id: str = "2401.00001") -> Summary:
    return Summary(Paper(id), "digest", "2024-01-01", title, abstract, "")


def thing(name: str, *aliases: str, type: str = "method", optional: bool = False) -> Json:
    return {"type": type, "name": name, "aliases": list(aliases), "role": "used", "optional": optional}


def result(value: str, evidence: str, baseline_value: str | None = None, **slots: list[str | None]) -> Json:
    return {
        "kind": "score",
        "value": value,
        "evidence": evidence,
        "baseline_value": baseline_value,
        **{name: slots.get(name, [None]) for name in SLOTS},
    }


def marks(*things: Json, results: tuple[Json, ...] = ()) -> Json:
    return {"id": "2401.00001", "entities": list(things), "results": list(results)}


def quotes(text: Summary, places: list[Any]) -> list[str]:
    return [text.text(field)[start:end] for field, start, end in places]


def entity_quotes(text: Summary, *things: Json) -> list[list[str]]:
    record = align(marks(*things), text).record
    assert record is not None
    return [quotes(text, each["places"]) for each in record["entities"]]


def test_a_name_is_placed_wherever_it_stands_in_any_case() -> None:
    text = summary("Gradient Folding", "We use gradient folding. GRADIENT folding, not gradient foldings.")
    assert entity_quotes(text, thing("gradient folding")) == [
        ["Gradient Folding", "gradient folding", "GRADIENT folding"]
    ]


def test_a_short_name_keeps_its_capitals() -> None:
    text = summary("Sentences", "We use USE, and use it well.")
    assert entity_quotes(text, thing("USE")) == [["USE"]]


def test_a_name_does_not_stand_in_a_later_version() -> None:
    text = summary("T", "Fold-2.5 beats Fold-2. And Fold-2.")
    assert entity_quotes(text, thing("Fold-2")) == [["Fold-2", "Fold-2"]]


def test_what_a_placed_result_lacks_is_named() -> None:
    text = summary("T", "FoldNet rises to 5.")
    marked = result("5", "rises to 5", "3.5", subject=["FoldNet"], on=["Maze"])
    aligned = align(marks(results=(marked,)), text)
    assert aligned.unplaced == (
        "on of '5' has no place in the text",
        "baseline value of '5' has no place in the text",
    )


def test_a_form_inside_a_longer_one_is_a_place_too() -> None:
    text = summary("T", "Wide Net (WN) and WN win.")
    assert entity_quotes(text, thing("Wide Net (WN)", "WN")) == [["Wide Net (WN)", "WN", "WN"]]


def test_offsets_count_into_the_stored_text_behind_repairs() -> None:
    text = summary("T", "It’s **Fold‑Net** \U0001f600 that wins — Fold-Net again.")
    assert entity_quotes(text, thing("Fold-Net")) == [["Fold‑Net", "Fold-Net"]]


def test_a_result_stands_where_its_evidence_stands() -> None:
    text = summary("T", "With 5 layers, FoldNet rises from 3.5 to 5 on Maze. Nets of depth 5 fail.")
    marked = result("5", "rises from 3.5 to 5 on Maze", "3.5", subject=["FoldNet"], on=["Maze", None])
    record = align(marks(results=(marked,)), text).record
    assert record is not None
    [placed] = record["results"]
    assert placed["value"] == ["abstract", text.abstract.index("5 on Maze"), text.abstract.index(" on Maze")]
    assert quotes(text, [placed["baseline_value"]]) == ["3.5"]
    assert quotes(text, placed["subject"]["places"]) == ["FoldNet"]
    assert [placed[name]["open"] for name in SLOTS] == [False, True, True, True]


def test_what_has_no_place_is_named_unless_it_is_optional() -> None:
    text = summary("T", "Nothing is said here.")
    aligned = align(
        marks(thing("FoldNet"), thing("MazeNet", optional=True), results=(result("7", "7"),)), text
    )
    assert aligned.unplaced == (
        "method 'FoldNet' has no place in the text",
        "value '7' has no place in the text",
    )
    [missing] = derive_standoff([marks()], [summary("T", "", id="2402.00002")])
    assert (missing.record, missing.unplaced) == (None, ("no text of it is there",))


def test_another_text_has_another_hash() -> None:
    assert (
        len({text_hash(summary(*texts)) for texts in (("a", "b"), ("ab", ""), ("", "ab"), ("a", "c"))}) == 4
    )


@given(
    st.lists(st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,7}[A-Za-z0-9]", fullmatch=True), min_size=1, max_size=4)
)
def test_any_name_slices_to_itself(names: list[str]) -> None:
    text = summary("T", " ; ".join(names))
    for name, found in zip(names, entity_quotes(text, *map(thing, names)), strict=True):
        assert name in found
        assert {quote.casefold() for quote in found} == {name.casefold()}


def test_the_training_gold_is_placed(shared: Path) -> None:
    """All required things and results but for 12, told otherwise in their evidence; and 8 slots."""
    texts = [each for each in read_digests([str(shared / "gold" / "train.md")]) if isinstance(each, Summary)]
    by_id = {text.paper.arxiv_id: text for text in texts}
    found = list(derive_standoff(read_marks(shared / "gold" / "train.gold.jsonl"), texts))
    missing = [what for aligned in found for what in aligned.unplaced]
    assert len(found) == 780
    assert Counter(what.split()[0] for what in missing) == {"value": 12, "baseline": 7, "metric": 1}
    for aligned in found:
        assert aligned.record is not None
        text = by_id[aligned.id]
        assert aligned.record["sha256"] == text_hash(text)
        assert all(all(quotes(text, entity["places"])) for entity in aligned.record["entities"])


def test_the_command_prints_no_word_of_a_text(tmp_path: Path) -> None:
    digest, gold = tmp_path / "2024-01-01.md", tmp_path / "gold.jsonl"
    digest.write_text(
        "## Papers for 2024-01-01\n\n| Title | Authors | Summary |\n|---|---|---|\n"
        "| FoldNet (Read more on [arXiv](https://arxiv.org/abs/2401.00001))| A | FoldNet folds mazes. |\n",
        encoding="utf-8",
    )
    gold.write_text(json.dumps(marks(thing("FoldNet"), thing("Origami"))) + "\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["standoff", str(gold), str(digest)])
    assert done.exit_code == 0, done.output
    record = json.loads(done.stdout)
    assert record["entities"] == [
        {"type": "method", "role": "used", "optional": False, "places": [["title", 0, 7], ["abstract", 0, 7]]}
    ]
    assert "FoldNet" not in done.stdout
    assert done.stderr == "2401.00001: method 'Origami' has no place in the text\n"
