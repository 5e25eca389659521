"""The model card: what the weights were made of and how good they are, as Markdown beside them.

After Mitchell et al. 2019, "Model Cards for Model Reporting" (https://arxiv.org/abs/1810.03993).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kg.training.calibrate import Bin, Calibrated

__all__ = ["CARD", "Made", "render_card"]

CARD: Final = "README.md"


@dataclass(frozen=True, slots=True)
class Made:
    """How a model came to be.

    `held` of the `papers` are held out of a first fit; `unmarked` texts nobody annotated; `files` has the
    bytes of each file; `minutes` is the time that it took.
    """

    date: str
    seed: int
    epochs: int
    papers: int
    held: int
    unmarked: int
    standoff: str
    base: str
    minutes: int
    files: tuple[tuple[str, int], ...]


def render_card(made: Made, found: Calibrated) -> str:
    """The card."""
    return "\n".join([_origin(made), _scores(made, found), _confidences(found)])


def _origin(made: Made) -> str:
    files = "\n".join(f"| `{name}` | {size / 1e3:,.0f} kB |" for name, size in made.files)
    return f"""\
# The model of kg

Made by `kg train` on {made.date}; do not edit. It reads the summary of an AI paper and says which words name
a model, a method, a data set, a benchmark, a metric or a task, what the paper does with each, and which of
them fill the slots of a stated result. English only; summaries, not papers.

| | |
| --- | --- |
| data | {made.papers} summaries, annotated by reading; standoff with SHA-256 `{made.standoff}` |
| also read | {made.unmarked} summaries that nobody annotated, as a first fit labelled them |
| base | all-MiniLM-L6-v2, Apache-2.0; `model.safetensors` with SHA-256 `{made.base}` |
| licence | Apache-2.0 |
| seed, epochs | {made.seed}, {made.epochs} |
| time | {made.minutes} minutes |
{files}
"""


def _scores(made: Made, found: Calibrated) -> str:
    return f"""\
## Scores

"Marked" means by careful reading, each paper against written guidelines. A thing is right where it goes by a
name that was marked, under its type; of several finds of one mark, one is right. `kg evaluate` is stricter on
names.

The weights above come from all {made.papers} summaries. The figures come from a fit without {made.held} of
them (those whose ids have the smallest SHA-256), measured on these, in eight bits; the judge's part is
cross-validated over five folds.

| things, type included | |
| --- | --- |
| precision | {found.precision:.3f} |
| recall | {found.recall:.3f} |
| F1 | {found.f1:.3f} |
"""


def _confidences(found: Calibrated) -> str:
    return f"""\
## What a confidence is worth

Of what was found with each confidence, the share that readers marked: of things, under that type; of
results, the number with that target and that metric.

{_reliability("things", found.things)}

{_reliability("results", found.results)}
"""


def _reliability(what: str, bins: Iterable[Bin]) -> str:
    head = f"| confidence of {what} | found | right |\n| --- | --- | --- |"
    rows = (f"| {one.confidence / 10:.1f} | {one.count} | {one.right:.2f} |" for one in bins)
    return "\n".join([head, *rows])
