"""From marks to a model: labels stand where the marks are, a fit is repeatable, its card says what it is."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from digests import digest, row

from kg.build import train_model
from kg.errors import SourceError
from kg.model import ENTITY_TYPES, Paper, Summary
from kg.records import Record
from kg.training.examples import UNMARKED, Example, derive_examples
from kg.training.standoff import align, read_standoff

trained = pytest.mark.skipif(find_spec("torch") is None, reason="needs the extra: pip install '.[train]'")

ABSTRACT = "FoldNet is a method for folding. FoldNet reaches an accuracy of 71.5% on MazeBench, above CutNet."


def summary(nth: int = 0) -> Summary:
    return Summary(Paper(f"2401.{nth:05}"), "day.md", "2024-01-01", "FoldNet: Folding", ABSTRACT, "")


def marks(nth: int = 0) -> Record:
    def thing(type: str, name: str, role: str, *, optional: bool = False) -> Record:
        return {"type": type, "name": name, "aliases": [], "role": role, "optional": optional}

    return {
        "id": f"2401.{nth:05}",
        "entities": [
            thing("method", "FoldNet", "proposed"),
            thing("metric", "accuracy", "used"),
            thing("benchmark", "MazeBench", "evaluated_on"),
            thing("task", "folding", "used", optional=True),
        ],
        "results": [
            {
                "subject": ["FoldNet"], "on": ["MazeBench"],
                "metric": ["accuracy"], "baseline": ["CutNet", None],
                "kind": "score", "direction": None, "value": "71.5", "unit": "%", "baseline_value": None,
                "evidence": "accuracy of 71.5% on MazeBench", "optional": False,
            }
        ],
    }  # fmt: skip


def standoff(nth: int = 0) -> Record:
    record = align(marks(nth), summary(nth)).record
    assert record is not None
    return record


def example() -> Example:
    [one] = derive_examples([standoff()], [summary()])
    return one


def tag_at(one: Example, word: str) -> int:
    at = one.text.index(word)
    return one.tags[one.pieces.within(at, at + len(word))[0]]


def test_labels_stand_where_the_marks_are() -> None:
    one = example()
    assert tag_at(one, "MazeBench") == 1 + 2 * ENTITY_TYPES.index("benchmark")
    assert tag_at(one, "accuracy") == 1 + 2 * ENTITY_TYPES.index("metric")
    assert tag_at(one, "folding") == 1 + 2 * len(ENTITY_TYPES)  # may be marked or not
    assert tag_at(one, "reaches") == 0
    assert {role for role, tag in zip(one.roles, one.tags, strict=True) if tag == 0} == {UNMARKED}


def test_the_answer_to_a_slot_is_every_place_that_goes_by_an_accepted_name() -> None:
    [answer] = example().answers
    named = [{answer.link.fillers[at].thing.key for at in right if at < len(answer.link.fillers)}  # type: ignore[union-attr]
             for right in answer.right[:4]]  # fmt: skip
    assert named == [{"foldnet"}, {"mazebench"}, {"accuracy"}, {"cutnet"}]
    nothing = len(answer.link.fillers)
    assert [nothing in right for right in answer.right] == [False, False, False, True, True]


def test_a_text_that_is_not_there_or_another_is_refused() -> None:
    with pytest.raises(SourceError, match="its text is not there"):
        list(derive_examples([standoff(1)], [summary()]))
    with pytest.raises(SourceError, match="not the one that was annotated"):
        list(derive_examples([standoff() | {"sha256": "0"}], [summary()]))


@pytest.mark.parametrize("line", ["nonsense", "[]", "{}", '{"id": "1"}'])
def test_what_is_no_annotation_is_named_by_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(standoff()) + "\n" + line + "\n")
    with pytest.raises(SourceError, match=r"a\.jsonl:2: no standoff annotation"):
        read_standoff(path)


def test_the_annotations_that_ship_hold_no_word_of_the_texts() -> None:
    """Places, labels and hashes only: of every string, none is longer than a name of a role or an id."""
    records, _ = read_standoff(Path(read_standoff.__globals__["__file__"]).with_name("annotations.jsonl"))
    assert len(records) == 780

    def strings(value: object) -> set[str]:
        match value:
            case str():
                return {value}
            case dict():
                return set().union(*map(strings, value.values()))
            case list():
                return set().union(*map(strings, value)) if value else set()
        return set()

    for record in records:
        names = {record["id"], record["source"], record["date"], record["sha256"]}
        units = {result["unit"] for result in record["results"]}
        assert all(len(unit or "") <= 24 for unit in units)
        rest = strings(record) - names - units
        assert rest <= _LABELS, rest - _LABELS


_LABELS = {
    *ENTITY_TYPES, "title", "abstract", "proposed", "used", "evaluated_on", "compared", "mentioned",
    "score", "gain", "ratio", "up", "down",
}  # fmt: skip


@pytest.fixture
def sources(tmp_path: Path) -> tuple[Path, Path]:
    """Annotations of 24 texts of ours, and a digest of these and four more."""
    rows = [row(f"2401.{nth:05}", "FoldNet: Folding", "Ann Lee", ABSTRACT) for nth in range(28)]
    page = tmp_path / "day.md"
    page.write_text(digest("2024-01-01", *rows), encoding="utf-8")
    gold = tmp_path / "gold.jsonl"
    gold.write_text("".join(json.dumps(marks(nth)) + "\n" for nth in range(24)))
    from kg.build import derive_annotations

    aligned, _ = derive_annotations(gold, [str(page)])
    annotations = tmp_path / "annotations.jsonl"
    annotations.write_text("".join(json.dumps(each.record) + "\n" for each in aligned))
    return annotations, page


@trained
def test_a_fit_is_repeatable_and_its_model_reads(sources: tuple[Path, Path], tmp_path: Path) -> None:
    annotations, page = sources
    found, _ = train_model(annotations, [str(page)], tmp_path / "a", epochs=15)
    again, _ = train_model(annotations, [str(page)], tmp_path / "b", epochs=15)
    assert found == again
    assert found.f1 > 0.5  # every text is the same: a network that learns anything finds its things
    card = (tmp_path / "a" / "README.md").read_text()
    assert (
        "24 summaries" in card
        and "4 summaries that nobody annotated" in card
        and f"| F1 | {found.f1:.3f} |" in card
    )
    from kg.extract.encoder import Encoder

    reading = Encoder(tmp_path / "a").read(example().pieces)
    [place] = [at for at, tag in enumerate(example().tags) if tag == 1 + 2 * ENTITY_TYPES.index("benchmark")]
    assert reading.tags[place].argmax() in (7, 8)


@trained
def test_too_few_texts_are_refused(sources: tuple[Path, Path], tmp_path: Path) -> None:
    annotations, page = sources
    few = tmp_path / "few.jsonl"
    few.write_text("".join(annotations.read_text().splitlines(keepends=True)[:3]))
    with pytest.raises(SourceError, match="too few to learn from"):
        train_model(few, [str(page)], tmp_path / "a")


@pytest.mark.skipif(find_spec("torch") is not None, reason="torch is there")
def test_without_the_extra_training_says_what_to_install(sources: tuple[Path, Path], tmp_path: Path) -> None:
    annotations, page = sources
    with pytest.raises(SourceError, match=r"pip install 'paperkg\[train\]'"):
        train_model(annotations, [str(page)], tmp_path / "a")


MARK = {"type": "method", "role": "used", "optional": False, "places": [["title", 0, 7]]}


@pytest.mark.parametrize(
    "change",
    [
        {"entities": [{"type": "method", "role": "proposed", "optional": False}]},
        {"entities": [{"type": "alien", "role": "used", "optional": False, "places": [["title", 0, 7]]}]},
        {
            "entities": [
                {"type": "method", "role": "used", "optional": False, "places": [["abstract", 0, 9999]]}
            ]
        },
        {"entities": [{"type": "method", "role": "used", "optional": False, "places": [["byline", 0, 3]]}]},
        {"entities": None},
        {"results": [{"kind": "score"}]},
    ],
)
def test_an_annotation_that_does_not_fit_is_refused(change: Record) -> None:
    with pytest.raises(SourceError, match=r"2401\.00000: the annotation does not fit its text"):
        list(derive_examples([standoff() | change], [summary()]))
