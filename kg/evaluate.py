"""How well extraction finds what careful readers marked: precision and recall against gold facts.

Two names are one where a key or an alias of both is the same;
a slot of a result agrees where it is one of the fillers that the gold accepts. What the gold calls
optional is neither required nor punished. The rows:

    entity          same thing, same type; a second copy of one thing is wrong
    entity-coarse   the same, with method and model as one type, and dataset and benchmark
    entity:TYPE     the row `entity`, for one type
    proposed        the things that the paper itself introduces, whatever their type
    result-value    value and kind
    result-core     value, kind, on, metric
    result-full     value, kind, on, metric, subject, baseline, baseline value, direction
    result-unit     value, kind, unit
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final, Literal

from kg.gold import Gold, Measured, Thing, to_found
from kg.model import ENTITY_TYPES
from kg.records import Record
from kg.vocabulary import SLOTS

__all__ = ["ROWS", "Difference", "Evaluation", "Score", "derive_evaluation", "to_lines"]

RESULT_ROWS: Final = ("result-value", "result-core", "result-full", "result-unit")
ROWS: Final = (
    "entity",
    "entity-coarse",
    *(f"entity:{type}" for type in ENTITY_TYPES),
    "proposed",
    *RESULT_ROWS,
)
"""The rows of an evaluation, in their order."""

# The values


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of facts, and the figures that follow from them (0.0 where there is nothing to divide by)."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """The share of what was extracted that is right."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 0.0

    @property
    def recall(self) -> float:
        """The share of what the gold requires that was found."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact on which gold and extraction differ: what is amiss, the fact's type or kind, its words."""

    what: Literal["wrong", "missed", "slots"]
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What extraction got right, over all papers of the gold.

    `rows` maps each name of `ROWS` to its score; `errors` has one entry a paper that differs, in the
    gold's order; `absent` names the papers of the gold that were not extracted at all.
    """

    papers: int
    rows: Mapping[str, Score]
    errors: tuple[tuple[str, tuple[Difference, ...]], ...]
    absent: tuple[str, ...]


# Matching things


@dataclass(frozen=True, slots=True)
class _MatchedThings:
    """The things of the gold that were found, the found ones that are wrong, those of the gold missed."""

    right: tuple[Thing, ...]
    wrong: tuple[Thing, ...]
    missed: tuple[Thing, ...]

    def score(self, type: str | None = None) -> Score:
        """The counts, over all types or over one."""
        groups = (self.right, self.wrong, self.missed)
        return Score(*(sum(type in (None, thing.type) for thing in group) for group in groups))

    def differences(self) -> Iterator[Difference]:
        yield from (Difference("wrong", thing.type, thing.name) for thing in self.wrong)
        yield from (Difference("missed", thing.type, thing.name) for thing in self.missed)


def _match_things(
    marked: Sequence[Thing], found: Iterable[Thing], coarsen: Callable[[str], str]
) -> _MatchedThings:
    """Gives each found thing the first thing of the gold with its name and coarsened type, once each.

    One that is left over is wrong, unless it may be something optional.
    """
    missed = [thing for thing in marked if not thing.optional]
    right, wrong = [], []
    for thing in found:
        same = _named_alike(thing, marked)
        fitting = [m for m in missed if m in same and coarsen(m.type) == coarsen(thing.type)]
        if fitting:
            missed.remove(fitting[0])
            right.append(fitting[0])
        elif not any(m.optional for m in same):
            wrong.append(thing)
    return _MatchedThings(tuple(right), tuple(wrong), tuple(missed))


def _named_alike(thing: Thing, marked: Iterable[Thing]) -> list[Thing]:
    """The things of the gold that share a name with a found one.

    None where its aliases run wild: where they, and not its name, lead to two things or more.
    """
    same = [m for m in marked if m.keys & thing.keys]
    required = [m for m in same if not m.optional]
    by_alias = sum(not m.keys & thing.name_keys for m in required)
    return [] if by_alias > 1 else same


def _as_is(type: str) -> str:
    return type


def _coarse(type: str) -> str:
    return {"method": "model", "dataset": "benchmark"}.get(type, type)


def _whatever(_type: str) -> str:
    return ""


# Matching results


@dataclass(frozen=True, slots=True)
class _Pair:
    """A marked and a found result of the same kind and value, and which of their parts agree."""

    marked: Measured
    found: Measured
    parts: Mapping[str, bool]

    @property
    def rank(self) -> tuple[bool, int, int]:
        """How much speaks for the pair; the higher the sooner it is taken."""
        core = self.parts["on"] + self.parts["metric"]
        return (not self.marked.optional, core, sum(self.parts.values()))

    def holds(self, row: str) -> bool:
        """Whether the pair agrees in all that a row asks for."""
        return {
            "result-value": True,
            "result-core": self.parts["on"] and self.parts["metric"],
            "result-full": all(self.parts.values()),
            "result-unit": self.marked.unit == self.found.unit,
        }[row]

    def differences(self) -> Iterator[Difference]:
        amiss = (name for name, agrees in self.parts.items() if not agrees)
        words = [f"{name} {self.found.said[name]}, not {self.marked.said[name]}" for name in amiss]
        if words:
            yield Difference("slots", str(self.marked.kind), f"{self.marked.value}: {'; '.join(words)}")


@dataclass(frozen=True, slots=True)
class _MatchedResults:
    """Pairs of which the gold requires one side, found results that are wrong, marked ones missed."""

    pairs: tuple[_Pair, ...]
    wrong: tuple[Measured, ...]
    missed: tuple[Measured, ...]

    def score(self, row: str) -> Score:
        """The counts of one row; a pair that does not hold is both wrong and missed."""
        right = sum(pair.holds(row) for pair in self.pairs)
        broken = len(self.pairs) - right
        return Score(right, broken + len(self.wrong), broken + len(self.missed))

    def differences(self) -> Iterator[Difference]:
        for pair in self.pairs:
            yield from pair.differences()
        yield from (Difference("missed", str(result.kind), result.text) for result in self.missed)
        yield from (Difference("wrong", str(result.kind), result.text) for result in self.wrong)


def _match_results(marked: Sequence[Measured], found: Sequence[Measured]) -> _MatchedResults:
    """Pairs results one to one, the pairs that agree best first, earlier ones before later ones."""
    pairs = {
        (m, f): _Pair(marked[m], found[f], _agreement(marked[m], found[f]))
        for m, f in product(range(len(marked)), range(len(found)))
        if (marked[m].kind, marked[m].value) == (found[f].kind, found[f].value)
    }
    taken = dict[int, int]()
    for m, f in sorted(pairs, key=lambda at: pairs[at].rank, reverse=True):
        if m not in taken and f not in taken.values():
            taken[m] = f
    return _MatchedResults(
        pairs=tuple(pairs[at] for at in taken.items() if not marked[at[0]].optional),
        wrong=tuple(f for i, f in enumerate(found) if i not in taken.values()),
        missed=tuple(m for i, m in enumerate(marked) if i not in taken and not m.optional),
    )


def _agreement(marked: Measured, found: Measured) -> dict[str, bool]:
    """Which parts agree. A direction that the gold does not give is free."""
    return {
        **{name: bool(marked.slots[name] & found.slots[name]) for name in SLOTS},
        "baseline_value": marked.baseline_value == found.baseline_value,
        "direction": marked.direction in (None, found.direction),
    }


# Counting


def derive_evaluation(gold: Iterable[Gold], records: Iterable[Record]) -> Evaluation:
    """Compares extracted records (as `kg.records.to_record` gives them) with the gold.

    A paper of the gold without a record counts with all its facts missed; records of other papers
    are passed over. Of several records with one id, from several summaries, the last one counts.
    """
    gold = tuple(gold)
    wanted = {paper.id for paper in gold}
    found = {record["id"]: to_found(record) for record in records if record["id"] in wanted}
    counts = {row: Counter[str]() for row in ROWS}
    errors = []
    for paper in gold:
        scores, differences = _compare(paper, found.get(paper.id, Gold(paper.id, (), ())))
        for row, score in scores.items():
            counts[row].update(right=score.right, wrong=score.wrong, missed=score.missed)
        if differences:
            errors.append((paper.id, differences))
    return Evaluation(
        papers=len(gold),
        rows={row: Score(**count) for row, count in counts.items()},
        errors=tuple(errors),
        absent=tuple(paper.id for paper in gold if paper.id not in found),
    )


def _compare(paper: Gold, found: Gold) -> tuple[dict[str, Score], tuple[Difference, ...]]:
    """The scores of one paper by row, and where it differs (by strict types)."""
    strict = _match_things(paper.things, found.things, _as_is)
    coarse = _match_things(paper.things, found.things, _coarse)
    proposed = _match_things(
        [thing for thing in paper.things if thing.proposed or thing.optional],
        [thing for thing in found.things if thing.proposed],
        _whatever,
    )
    results = _match_results(paper.results, found.results)
    scores = {
        "entity": strict.score(),
        "entity-coarse": coarse.score(),
        **{f"entity:{type}": strict.score(type) for type in ENTITY_TYPES},
        "proposed": proposed.score(),
        **{row: results.score(row) for row in RESULT_ROWS},
    }
    return scores, (*strict.differences(), *results.differences())


# Showing


def to_lines(evaluation: Evaluation, errors: int = 0) -> list[str]:
    """The table that a terminal shows, then what is amiss in the first `errors` papers that differ."""
    lines = [f"{'':16}  precision  recall     F1  right  wrong  missed"]
    for row, s in evaluation.rows.items():
        figures = f"{s.precision:9.3f}  {s.recall:6.3f}  {s.f1:5.3f}"
        lines.append(f"{row:16}  {figures}  {s.right:5}  {s.wrong:5}  {s.missed:6}")
    lines.append(f"papers: {evaluation.papers}")
    if evaluation.absent:
        lines.append(f"not in the source: {len(evaluation.absent)} ({_some(evaluation.absent)})")
    for paper, differences in evaluation.errors[: max(errors, 0)]:
        lines += ["", _printable(paper)]
        lines += [f"  {d.what:6}  {d.kind:9}  {_printable(d.text)}" for d in differences]
    return lines


def _some(names: Sequence[str], most: int = 5) -> str:
    return _printable(", ".join(names[:most])) + (", …" if len(names) > most else "")


def _printable(text: str) -> str:
    """One line that no terminal takes for a command."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in " ".join(text.split()))
