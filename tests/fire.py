"""The store under fire: builds that are killed, and disks that fail, each in a process of its own.

    python tests/fire.py kills 60
    LD_PRELOAD=./faults.so python tests/fire.py faults ./faults.so 200

Prints a line of JSON for each trial: what was done, whether it was cut off, how far it had come, what is
wrong then ("" where nothing is); and all in one line on the error output at the end. A process is forked
once all is imported, so that a trial is short and dies at any of its writes; the process that forks opens
no quads, since the engine's threads would not be in a fork. Every trial works on a folder of its own and
does one of: build (the example into an empty folder), add, replace, remove, publish (what is in the store
already). Kills are spread evenly over the time that an act takes. `faults.so` is made of faults.c; so many
of the acts' writes as are told, at even distances, fail once with EIO and once with a disk that is full
from then on.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kg.build import build, example, remove
from kg.errors import KGError, StoreError
from kg.store import open_store

HEAD = "## Papers for 2025-01-02\n\n| Title | Authors | Summary |\n|-------|---------|---------|\n"
ROW = (
    "| Omega{n}: On Trees (Read more on [arXiv](https://arxiv.org/abs/{id}))| Ann Lee, bob7 |"
    " Omega{n} reaches {value}% on GLUE. |\n"
)
GONE = "2409.20566"
FEW = tuple(f"2501.{n:05}" for n in range(1, 4))
"""The papers of a small digest."""

PHASES = (
    "before facts were kept",
    "facts kept, quads not refreshed",
    "quads refreshed, not published",
    "done",
)
PUBLISHED = ("graph.nq", "graph.ttl", "graph.html", "tables")

HARMLESS = {
    r"mkdir (\.|\.store|tables)": "the folder is there already",
    r"\w+ \.store/quads-\d+/LOG(\.old\.\d+)?": "what RocksDB writes about itself, for people",
    r"ftruncate \.store/quads-\d+/.*": "RocksDB gives back room that it had asked for and not used",
    r"(unlink|unlinkat|rmdir) \.store/quads-\d+(/.*)?": "of no more use; a later build removes it",
    r"fdatasync \.store": "SQLite asks the folder's entries to last, and takes it that not all systems can",
    r"unlink \.store/lock-journal": "the lock has no content, so its journal has none",
}
"""Writes that may fail without an error of ours, by function and file, and why."""


@dataclass(frozen=True)
class State:
    """What a folder holds: facts by summary, the graphs that follow from them, and its files by their hash.

    `readable` is False where a reader is refused, until somebody writes.
    """

    facts: dict[tuple[str, str, str], str]
    graphs: dict[str, str]
    files: dict[str, str]
    readable: bool = True


@dataclass(frozen=True)
class Act:
    """What is done to a copy of a folder, what ends it later, and what the folder holds before and after."""

    start: Path
    do: Callable[[Path], object]
    finish: Callable[[Path], object]
    before: State
    after: State


def write_digest(path: Path, many: int, value: int) -> str:
    rows = (ROW.format(n=n, id=f"2501.{n:05}", value=value) for n in range(1, many + 1))
    path.write_text(HEAD + "".join(rows), encoding="utf-8")
    return str(path)


def make_acts(home: Path) -> dict[str, Act]:
    few, edited = write_digest(home / "few.md", 3, 71), write_digest(home / "edited.md", 3, 72)
    (home / "edited").mkdir()
    more = write_digest(home / "more.md", 12, 71)
    empty, start, stored = home / "empty", home / "start", home / "stored"
    empty.mkdir()
    apart(lambda: build([example(), few], start))
    copy(start, stored)
    for name in PUBLISHED:
        shutil.rmtree(stored / name) if (stored / name).is_dir() else (stored / name).unlink()

    def act(
        start: Path, do: Callable[[Path], object], finish: Callable[[Path], object], loses: Iterable[str] = ()
    ) -> Act:
        folder = copy(start, home / "done")
        if apart(lambda: do(folder)) != 0:
            raise SystemExit("an act fails where nothing disturbs it")
        made = Act(start, do, finish, read_state(start), read_state(folder))
        lost = {key[2] for key, kept in made.before.facts.items() if made.after.facts.get(key) != kept}
        if lost != set(loses):
            raise SystemExit(f"an act is to lose the facts of {loses}, and loses those of {lost}")
        return made

    def building(*sources: str) -> Callable[[Path], object]:
        return lambda folder: build(sources, folder)

    return {
        "build": act(empty, building(example()), building(example())),
        "add": act(start, building(more), building(more)),
        "replace": act(start, building(edited), building(edited), loses=FEW),
        "remove": act(start, lambda folder: remove(GONE, folder), _finish_removal(few), loses=[GONE]),
        "publish": act(stored, building(few), building(few)),
    }


def _finish_removal(known: str) -> Callable[[Path], object]:
    """Removes what is still there; where it is gone already, any build brings the graph after the facts."""

    def finish(folder: Path) -> None:
        with open_store(folder) as store:
            there = GONE in store.papers()
        if there:
            remove(GONE, folder)
        else:
            build([known], folder)

    return finish


def copy(start: Path, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return Path(shutil.copytree(start, folder))


def read_state(folder: Path) -> State:
    """What a folder holds. Where a reader is refused, what a writer finds in a copy of it."""
    files = {str(path.relative_to(folder)): _hash(path) for path in _files(folder) if path.name[0] != "."}
    if not (folder / ".store/facts.sqlite").exists():
        return State({}, {}, files)
    try:
        return State(_read_facts(folder), _read_graphs(folder), files)
    except StoreError:
        with tempfile.TemporaryDirectory() as name:
            copied = Path(name)
            shutil.copytree(folder / ".store", copied / ".store", ignore=shutil.ignore_patterns("quads-*"))
            with open_store(copied, write=True):
                pass
            return State(_read_facts(copied), _read_graphs(copied), files, readable=False)


def _files(folder: Path) -> list[Path]:
    """The files outside the store."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and ".store" not in path.parts]


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read_facts(folder: Path) -> dict[tuple[str, str, str], str]:
    with open_store(folder) as store:
        return {facts.summary.key: repr(facts) for facts in store.facts()}


def _read_graphs(folder: Path) -> dict[str, str]:
    """The graphs whose quads are sound, with what they follow from."""
    with closing(sqlite3.connect(folder / ".store/facts.sqlite")) as db:
        changing = db.execute("SELECT value FROM meta WHERE name = 'changing'").fetchone()
        return dict(db.execute("SELECT iri, inputs FROM graphs")) if changing == ("",) else {}


def find_phase(act: Act, now: State) -> str:
    """How far an act had come."""
    if now.files == act.after.files:
        return PHASES[3]
    if now.graphs == act.after.graphs:
        return PHASES[2]
    return PHASES[0] if now.facts == act.before.facts else PHASES[1]


def judge(act: Act, folder: Path, now: State, *, acknowledged: bool) -> str:
    """What is wrong with what a folder holds after an act, or when that is brought to its end."""
    wrong = _find_loss(act, now)
    if not wrong and acknowledged and (now.files, now.facts) != (act.after.files, act.after.facts):
        wrong = "the act ended well, and what it did is not there"
    if wrong:
        return wrong
    if ended := apart(partial(act.finish, folder)):
        return f"the next build fails with {ended}"
    end = read_state(folder)
    return "" if end == act.after else "the next build gives another graph"


def _find_loss(act: Act, now: State) -> str:
    """What is neither as it was nor as the act makes it."""
    for what in ("files", "facts"):
        before, after, found = (getattr(state, what) for state in (act.before, act.after, now))
        for name in sorted({*before, *after, *found}):
            if found.get(name) not in (before.get(name), after.get(name)):
                return f"{name} is {'torn' if name in found else 'lost'}"
    return ""


def apart(work: Callable[[], object], kill_after: float | None = None) -> int:
    """Runs work in a fork, perhaps killed: 0 fine, 2 a `KGError`, 3 another, or minus the signal."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            os._exit(2 if isinstance(error, KGError) else 3)
        os._exit(0)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def look(act: Act, folder: Path, *, acknowledged: bool) -> dict[str, object]:
    """What a trial left behind: how far it came, leftovers of files that were written, what is wrong."""
    now = read_state(folder)
    left = sum(path.name[0] == "." for path in _files(folder))
    new = sum(now.files.get(name) == kept for name, kept in act.after.files.items())
    return {
        "phase": find_phase(act, now),
        "new files": f"{new} of {len(act.after.files)}",
        "leftovers": left,
        "readable": now.readable,
        "wrong": judge(act, folder, now, acknowledged=acknowledged),
    }


def kills(home: Path, trials: int) -> Iterator[dict[str, object]]:
    """Trials until so many were cut off, each act's evenly over its time."""
    acts, dice = make_acts(home), random.Random(0)
    spans = {name: seconds_of(act, home) for name, act in acts.items()}
    turns, cut = -(-trials // len(acts)), 0
    while cut < trials:
        name, turn = list(acts)[cut % len(acts)], cut // len(acts)
        act, folder = acts[name], copy(acts[name].start, home / "trial")
        delay = spans[name] * (turn + dice.random()) / turns
        ended = apart(partial(act.do, folder), delay)
        if ended == -signal.SIGKILL:
            cut += 1
        else:
            spans[name] = min(spans[name], delay)
        found = look(act, folder, acknowledged=ended == 0)
        if ended not in (0, -signal.SIGKILL):
            found["wrong"] = found["wrong"] or f"it ended with {ended} by itself"
        yield {"act": name, "cut": ended == -signal.SIGKILL, "seconds": round(delay, 3), **found}


def seconds_of(act: Act, home: Path) -> float:
    folder = copy(act.start, home / "timed")
    began = time.monotonic()
    apart(partial(act.do, folder))
    return time.monotonic() - began


def faults(home: Path, library: str, trials: int) -> Iterator[dict[str, object]]:
    """So many trials, each with another write that fails."""
    shim, acts = ctypes.CDLL(library), make_acts(home)
    shim.kg_count.restype, shim.kg_failed.restype = ctypes.c_long, ctypes.c_char_p

    def do(act: Act, number: int, error: int, onwards: bool) -> tuple[Path, int]:
        folder = copy(act.start, home / "trial")

        def work() -> None:
            shim.kg_arm(str(folder).encode(), ctypes.c_long(number), error, int(onwards))
            act.do(folder)

        return folder, apart(work)

    writes = dict[str, int]()
    for name, act in acts.items():
        do(act, 0, 0, False)
        writes[name] = shim.kg_count()
    kinds = [(name, *how) for name in acts for how in ((errno.EIO, False), (errno.ENOSPC, True))]
    step = max(1, 2 * sum(writes.values()) // trials)
    print(f"{writes} writes, each {step}th fails", file=sys.stderr, flush=True)
    for place, (name, error, onwards) in enumerate(kinds):
        for number in range(1 + place * step // len(kinds), writes[name] + 1, step):
            folder, ended = do(acts[name], number, error, onwards)
            failed = shim.kg_failed().decode().replace(f"{folder}/", "").replace(str(folder), ".")
            harmless = not failed or is_harmless(failed, folder)
            found = look(acts[name], folder, acknowledged=ended == 0)
            if ended not in (0, 2):
                found["wrong"] = f"no error of ours, but {ended}"
            elif ended == 0 and not harmless:
                found["wrong"] = found["wrong"] or "no error"
            fault = {"error": errno.errorcode[error], "write": number, "of": writes[name], "failed": failed}
            yield {"act": name, **fault, "cut": ended != 0, **found}


def is_harmless(failed: str, folder: Path) -> bool:
    """Whether the graph is well without a write.

    Beside what is listed: quads that could not be opened for it are built anew, in another folder; and
    what RocksDB tidies up in the background, it does again, the old files standing until then.
    """
    if any(re.fullmatch(pattern, failed) for pattern in HARMLESS):
        return True
    if not (quads := re.match(r"\w+ (\.store/quads-\d+)\b", failed)):
        return False
    logs = [path.read_bytes() for path in (folder / quads[1]).glob("LOG*")]
    return not (folder / quads[1]).exists() or any(b"Compaction error: IO error" in log for log in logs)


def main(what: str, *arguments: str) -> None:
    counts = Counter[str]()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name).resolve()
        if what == "kills":
            trials = kills(home, int(arguments[0]))
        else:
            trials = faults(home, arguments[0], int(arguments[1]))
        for trial in trials:
            print(json.dumps(trial), flush=True)
            counts.update(_tags(trial))
    print("; ".join(f"{tag}: {count}" for tag, count in sorted(counts.items())), file=sys.stderr)


def _tags(trial: dict[str, object]) -> Iterator[str]:
    """What is counted of a trial."""
    yield from ("trials", f"act {trial['act']}", f"phase {trial['phase']}")
    yield "cut off" if trial["cut"] else "ended well"
    for tag in ("wrong", "failed", "leftovers", "error"):
        if trial.get(tag):
            yield f"error {trial[tag]}" if tag == "error" else tag
    if not trial["readable"]:
        yield "refused to readers"


if __name__ == "__main__":
    main(*sys.argv[1:])
