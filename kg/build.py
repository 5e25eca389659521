"""The whole flow on one page: digests → papers → facts → graph → store → files.

    read_digests    text to summaries, and what could not be read          kg/readers/
    extract         summaries to facts, only those that are new            kg/extract/
    Store.keep      facts kept by summary                                  kg/store.py
    Store.refresh   names resolved, facts to quads, changed graphs written kg/resolve/, kg/graph.py
    export, draw    the files at the top of the folder                     kg/export/, kg/views/

Whoever wants one step calls its function; `build`, `import_graphs` and `remove` compose them. An import
takes its facts from graphs that others made, instead of extracting them    kg/imports.py
`merge` and `split` decide about names, and every later build abides by it  kg/decisions.py
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from kg.decisions import decide_merge, decide_split, take_back, to_refusal
from kg.errors import OutputError, QueryError, SourceError, StoreError
from kg.export import FORMATS, export
from kg.extract import extract, fingerprint
from kg.files import write_file
from kg.gold import read_marks
from kg.imports import Imported, read_graphs
from kg.model import Skipped, Summary, parse_arxiv_id
from kg.progress import Track, untracked
from kg.readers.digest import find_digests, read_digests
from kg.records import Record, to_record
from kg.resolve import Resolution, derive_resolution
from kg.resolve.overrides import Override
from kg.store import Refreshed, Store, open_store
from kg.training.standoff import Aligned, derive_standoff, read_standoff
from kg.views.picture import PICTURE, draw

if TYPE_CHECKING:
    from kg.training.calibrate import Calibrated

__all__ = [
    "PUBLISHED",
    "Apart",
    "Built",
    "build",
    "derive_annotations",
    "derive_records",
    "example",
    "import_graphs",
    "merge",
    "remove",
    "split",
    "train_model",
]

_TOGETHER = 32
_WORTH_A_POOL = 200
PUBLISHED = ("nquads", "turtle", "csv")
"""The formats that a build writes, the master first, beside the picture; the others are asked for."""


@dataclass(frozen=True, slots=True)
class Built:
    """What one build did, and what the graph holds after it.

    `new` summaries were not known, or with another text; `renewed` ones had been extracted by another
    extractor; `replaced` ones were kept with other facts of the same text.
    """

    read: int
    skipped: tuple[Skipped, ...]
    new: int
    renewed: int
    replaced: int
    graphs: Refreshed
    papers: int
    summaries: int
    quads: int


@dataclass(frozen=True, slots=True)
class Apart:
    """A decision that a name is a thing by itself, and in how many papers it now is.

    In `others`, which also write another name of it, it stays what is called `stays`.
    """

    decided: Override
    papers: int = 0
    others: int = 0
    stays: str = ""


def example() -> str:
    """The path of the bundled example digest."""
    return str(files("kg") / "example")


def build(
    sources: Sequence[str] = (),
    folder: Path | str = "outputs",
    *,
    base: str | None = None,
    workers: int = 1,
    track: Track = untracked,
) -> Built:
    """Reads `sources` (without any, the bundled example) into the graph in `folder`.

    Only what is new, edited, or was found by another extractor is extracted. A text that differs from
    the one kept for its source, day and paper is an edit, and replaces it; of two such texts in one
    build the first stands. `workers` processes share a large extraction; above one, a script needs its
    `if __name__ == "__main__":`. Raises `SourceError` where no paper can be read, `StoreError`, and
    `OutputError`; facts found until then are kept.
    """
    folder = _folder(folder)
    summaries, skipped = _read(sources or [example()])
    with open_store(folder, base=base, write=True) as store:
        if not sources:
            _refuse_others(store, summaries, folder)
        new = [summary for summary in summaries if store.extractor_of(summary) is None]
        edited = {summary.key for summary in new}
        renewed = [summary for summary in store.outdated(fingerprint()) if summary.key not in edited]
        _extract(store, new + renewed, workers, track)
        store.reject(find_digests(sources or [example()]), skipped)
        graphs, quads = _publish(store, folder, track)
        return Built(
            read=len(summaries),
            skipped=tuple(skipped),
            new=len(new),
            renewed=len(renewed),
            replaced=0,
            graphs=graphs,
            papers=len(store.papers()),
            summaries=store.count(),
            quads=quads,
        )


def import_graphs(
    files: Sequence[str],
    folder: Path | str = "outputs",
    *,
    format: str = "",
    track: Track = untracked,
) -> Built:
    """Reads graphs that kg exported into the graph in `folder`, facts and evidence as they are.

    A summary replaces the one of the same source, day and paper. An empty folder takes over the base of
    the first graph's IRIs. `renewed` counts the summaries whose facts another extractor found: the next
    `build` extracts them again, as it does everywhere. What is not taken over is in `skipped`. Raises
    `SourceError` where no summary can be read, `StoreError` and `OutputError`.
    """
    folder = _folder(folder)
    found = read_graphs(files, format)
    with open_store(folder, base=_base(folder, found), write=True) as store:
        new = {each.summary.key for each in found.facts if store.extractor_of(each.summary) is None}
        others = {each.summary.key: each for each in found.facts if each.summary.key not in new}
        replaced = sum(others.get(kept.summary.key, kept) != kept for kept in store.facts())
        store.keep(found.facts)
        store.reject(files, found.skipped)
        graphs, quads = _publish(store, folder, track)
        return Built(
            read=len(found.facts),
            skipped=found.skipped,
            new=len(new),
            replaced=replaced,
            renewed=sum(each.extractor != fingerprint() for each in found.facts),
            graphs=graphs,
            papers=len(store.papers()),
            summaries=store.count(),
            quads=quads,
        )


def _base(folder: Path, found: Imported) -> str | None:
    """The base that a store with facts already has; else that of the graphs."""
    try:
        with open_store(folder) as store:
            return store.names.base if store.count() else found.base
    except StoreError:
        return found.base


def derive_records(
    sources: Sequence[str], *, workers: int = 1, track: Track = untracked
) -> tuple[Iterable[Record], list[Skipped]]:
    """The facts in `sources` as JSON records, extracted as they are taken; and what was skipped."""
    summaries, skipped = _read(sources)
    count = len(summaries)
    facts = track(extract(summaries, workers if count >= _WORTH_A_POOL else 1), "Extracting", count)
    return (to_record(each) for each in facts), skipped


def derive_annotations(gold: Path | str, sources: Sequence[str]) -> tuple[Iterable[Aligned], list[Skipped]]:
    """The marks of a gold file as places in the texts of `sources`, to learn from; and what was skipped."""
    summaries, skipped = _read(sources)
    return derive_standoff(read_marks(gold), summaries), skipped


def train_model(
    standoff: Path | str,
    sources: Sequence[str],
    folder: Path | str,
    *,
    epochs: int | None = None,
    seed: int = 0,
    track: Track = untracked,
) -> tuple[Calibrated, list[Skipped]]:
    """Fits the model of the extractor on annotated texts and writes it into `folder`, with its card.

    `standoff` is what `kg standoff` prints, `sources` are the digests with the texts; their other texts are
    learned from too, as a first fit labels them. Returns what the model is worth on texts held out of that
    fit, and what of the digests was skipped. Raises
    `SourceError`, `OutputError` and `ExtractorError`.
    """
    try:
        from kg.training.examples import derive_examples, derive_unmarked
        from kg.training.fit import EPOCHS
        from kg.training.train import train
    except ModuleNotFoundError as error:
        raise SourceError(f"training needs {error.name}: pip install 'paperkg[train]'") from error
    annotations, raw = read_standoff(Path(standoff))
    summaries, skipped = _read(sources)
    examples = list(track(derive_examples(annotations, summaries), "Reading the texts", len(annotations)))
    marked = {annotation["id"] for annotation in annotations}
    others = [summary for summary in summaries if summary.paper.arxiv_id not in marked]
    unmarked = list(track(derive_unmarked(others), "Reading other texts", len(others)))
    return train(
        examples,
        unmarked,
        raw,
        _folder(folder),
        epochs=EPOCHS if epochs is None else epochs,
        seed=seed,
        track=track,
    ), skipped


def remove(paper: str, folder: Path | str = "outputs", *, track: Track = untracked) -> int:
    """Takes one paper, by its arXiv id, out of the graph; returns how many summaries it had."""
    with open_store(folder) as store:
        if parse_arxiv_id(paper) not in store.papers():
            raise StoreError(f"no paper {paper!r} in {folder}; an id looks like 2409.20566")
    with open_store(folder, write=True) as store:
        removed = store.remove(parse_arxiv_id(paper))
        _publish(store, Path(folder), track)
        return removed


def merge(
    name: str,
    into: str,
    folder: Path | str = "outputs",
    *,
    type: str = "",
    undo: bool = False,
    track: Track = untracked,
) -> Override:
    """Decides that two names are one thing, which keeps the name `into`; with `undo`, takes it back.

    Undoing gives the former graph again, byte for byte. Raises `QueryError` where the names are of no
    two things of one type or the decision contradicts an earlier one, and `StoreError`.
    """
    decided, _ = _decide(
        Path(folder),
        undo,
        lambda store: take_back(store, name, into, type) if undo else decide_merge(store, name, into, type),
        track,
    )
    return decided


def split(
    name: str,
    folder: Path | str = "outputs",
    *,
    type: str = "",
    undo: bool = False,
    track: Track = untracked,
) -> Apart:
    """Decides that what papers write `name`, and in no other way, is a thing by itself; or takes it back.

    A paper that also writes another name of the thing keeps it. Raises `QueryError` where no paper writes
    it alone or the decision contradicts an earlier one, and `StoreError`.
    """
    decided, resolved = _decide(
        Path(folder),
        undo,
        lambda store: take_back(store, name, type=type) if undo else decide_split(store, name, type),
        track,
    )
    if undo:
        return Apart(decided)
    done = resolved.splits[decided]
    stays = resolved.things[done.origin].label if done.origin in resolved.things else ""
    return Apart(decided, len(done.papers), len(done.others), stays)


def _decide(
    folder: Path, undo: bool, choose: Callable[[Store], Override], track: Track
) -> tuple[Override, Resolution]:
    """Takes a decision, or takes it back; nothing is written where it would change nothing."""
    with open_store(folder) as store:
        store.papers()
    with open_store(folder, write=True) as store:
        decided, before = choose(store), store.overrides()
        after = {*before} - {decided} if undo else {*before, decided}
        resolved = derive_resolution(store.facts(), after)
        for idle in resolved.idle if not undo else ():
            if decided in (idle.decision, idle.against):
                raise QueryError(to_refusal(idle))
        store.decide(after)
        _publish(store, folder, track)
    return decided, resolved


def _folder(folder: Path | str) -> Path:
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise OutputError(
            f"cannot write to {folder}: {error.strerror}; choose another folder with -o"
        ) from error
    return Path(folder)


def _read(sources: Sequence[str]) -> tuple[list[Summary], list[Skipped]]:
    summaries, skipped = list[Summary](), list[Skipped]()
    for found in read_digests(sources):
        (summaries if isinstance(found, Summary) else skipped).append(found)  # type: ignore[arg-type]
    if not summaries:
        reasons = [f"{each.place}: {each.reason}" for each in skipped[:5]]
        more = [f"and {len(skipped) - 5} more"] if len(skipped) > 5 else []
        why = "; ".join([*reasons, *more]) or "its days have no rows"
        raise SourceError(f"no paper in {', '.join(sources)}: {why}")
    return summaries, skipped


def _refuse_others(store: Store, summaries: list[Summary], folder: Path) -> None:
    others = store.papers() - {summary.paper.arxiv_id for summary in summaries}
    if others:
        raise StoreError(
            f"{folder} holds {len(others)} other papers; kg build without SOURCE builds the bundled example: "
            "give a SOURCE, or another folder with -o"
        )


def _extract(store: Store, summaries: list[Summary], workers: int, track: Track) -> None:
    """Keeps facts as they come, a few together, so that an interruption loses little."""
    count = len(summaries)
    found = iter(track(extract(summaries, workers if count >= _WORTH_A_POOL else 1), "Extracting", count))
    while some := list(islice(found, _TOGETHER)):
        store.keep(some)


def _publish(store: Store, folder: Path, track: Track) -> tuple[Refreshed, int]:
    refreshed = store.refresh(track)
    quads = store.publish(write_file)
    for name in track(PUBLISHED, "Writing the files", len(PUBLISHED)):
        export(store, name, folder / FORMATS[name].target)
    write_file(folder / PICTURE, [draw(store).html.encode()])
    _write_rejects(store.rejects(), folder / "rejects.jsonl")
    return refreshed, quads


def _write_rejects(rejects: Iterable[Skipped], path: Path) -> None:
    """Writes what could not be read, one JSON object a line; no file where there is nothing."""
    lines = [json.dumps(asdict(skipped), ensure_ascii=False) + "\n" for skipped in rejects]
    if lines:
        write_file(path, (line.encode() for line in lines))
        return
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"cannot remove {path}: {error.strerror}; choose another folder with -o") from error
