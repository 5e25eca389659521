"""The store under fire: builds that are killed, and disks that fail, each in a process of its own.

    python tests/fire.py kills 60
    LD_PRELOAD=./faults.so python tests/fire.py faults ./faults.so 10

Prints a line of JSON for each trial: what was done, whether it was cut off, what is wrong then ("" where
nothing is). A process is forked once all is imported, so that a trial is short and dies at any of its
writes; the process that forks opens no store, since the engine's threads would not be in a fork. Every
trial works on a folder of its own and does one of: build (the example into an empty folder), add, replace,
remove. `faults.so` is made of faults.c; of an act's writes, each 10th fails here, as EIO does and as a full
disk does.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kg.build import build, example, remove
from kg.errors import KGError
from kg.store import open_store

HEAD = "## Papers for 2025-01-02\n\n| Title | Authors | Summary |\n|-------|---------|---------|\n"
ROW = (
    "| Omega{n}: On Trees (Read more on [arXiv](https://arxiv.org/abs/2501.{n:05}))| Ann Lee, bob7 |"
    " Omega{n} reaches {value}% on GLUE. |\n"
)
GONE = "2409.20566"


@dataclass(frozen=True)
class Act:
    """What is done to a copy of a folder, what ends it later, and the graphs before and after."""

    start: Path
    do: Callable[[Path], object]
    finish: Callable[[Path], object]
    loses: int
    before: str
    after: str


def write_digest(path: Path, many: int, value: int) -> str:
    path.write_text(
        HEAD + "".join(ROW.format(n=n, value=value) for n in range(1, many + 1)), encoding="utf-8"
    )
    return str(path)


def make_acts(home: Path) -> dict[str, Act]:
    few, edited = write_digest(home / "few.md", 3, 71), write_digest(home / "edited.md", 3, 72)
    more = write_digest(home / "more.md", 12, 71)
    empty, start = home / "empty", home / "start"
    empty.mkdir()
    apart(lambda: build([example(), few], start))

    def act(
        start: Path, do: Callable[[Path], object], finish: Callable[[Path], object], loses: int = 0
    ) -> Act:
        folder = copy(start, home / "done")
        apart(lambda: do(folder))
        return Act(start, do, finish, loses, digest(start), digest(folder))

    def building(*sources: str) -> Callable[[Path], object]:
        return lambda folder: build(sources, folder)

    return {
        "build": act(empty, building(example()), building(example())),
        "add": act(start, building(more), building(more)),
        "replace": act(start, building(edited), building(edited), loses=3),
        "remove": act(start, lambda folder: remove(GONE, folder), _finish_removal(few), loses=1),
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


def digest(folder: Path) -> str:
    """The published graph's hash; "" without one."""
    master = folder / "graph.nq"
    return hashlib.sha256(master.read_bytes()).hexdigest() if master.exists() else ""


def judge(act: Act, folder: Path) -> str:
    """What is wrong with a folder in which the act was cut off, or when it is brought to its end."""
    if digest(folder) not in (act.before, act.after):
        return "the published graph is neither the old nor the new one"
    if act.before:
        lost = len(facts_of(act.start) - facts_of(folder))
        if lost > act.loses:
            return f"{lost} summaries are lost"
    try:
        act.finish(folder)
    except KGError as error:
        return f"the next build fails: {error}"
    return "" if digest(folder) == act.after else "the next build gives another graph"


def facts_of(folder: Path) -> set[str]:
    with open_store(folder) as store:
        return {repr(facts) for facts in store.facts()}


def apart(work: Callable[[], object], kill_after: float | None = None) -> int:
    """Runs work in a fork, perhaps killed: 0 fine, 2 a `KGError`, 3 another, or minus the signal."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except KGError:
            os._exit(2)
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            os._exit(3)
        os._exit(0)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def tell(work: Callable[[], str], home: Path) -> str:
    """What work gives, which a fork does."""
    told = home / "told"
    apart(lambda: told.write_text(work(), encoding="utf-8"))
    return told.read_text(encoding="utf-8")


def kills(home: Path, trials: int) -> Iterator[dict[str, object]]:
    acts, dice = make_acts(home), random.Random(0)
    spans = {name: seconds_of(act, home) for name, act in acts.items()}
    cut = 0
    while cut < trials:
        name = list(acts)[cut % len(acts)]
        act, folder = acts[name], copy(acts[name].start, home / "trial")
        ended = apart(partial(act.do, folder), dice.uniform(0, spans[name]))
        cut += ended == -signal.SIGKILL
        wrong = tell(partial(judge, act, folder), home)
        yield {"act": name, "cut": ended == -signal.SIGKILL, "wrong": wrong}


def seconds_of(act: Act, home: Path) -> float:
    folder = copy(act.start, home / "timed")
    began = time.monotonic()
    apart(lambda: act.do(folder))
    return time.monotonic() - began


def faults(home: Path, library: str, every: int) -> Iterator[dict[str, object]]:
    shim, acts = ctypes.CDLL(library), make_acts(home)
    shim.kg_count.restype = ctypes.c_long

    def arm(folder: Path, number: int, error: int, onwards: bool) -> None:
        shim.kg_arm(str(folder).encode(), ctypes.c_long(number), error, int(onwards))

    for name, act in acts.items():
        writes = writes_of(act, home, shim, arm)
        for error, onwards in ((errno.EIO, False), (errno.ENOSPC, True)):
            for number in range(1, writes, every):
                folder = copy(act.start, home / "trial")
                ended = apart(partial(_do_armed, act, folder, partial(arm, folder, number, error, onwards)))
                wrong = tell(partial(judge, act, folder), home) if ended in (0, 2) else "no error of ours"
                fault = {"error": errno.errorcode[error], "write": number, "of": writes}
                yield {"act": name, **fault, "cut": ended != 0, "wrong": wrong}


def _do_armed(act: Act, folder: Path, arm: Callable[[], None]) -> None:
    arm()
    act.do(folder)


def writes_of(act: Act, home: Path, shim: ctypes.CDLL, arm: Callable[[Path, int, int, bool], None]) -> int:
    """How many writes an act makes where none fails."""
    folder = copy(act.start, home / "counted")

    def work() -> str:
        _do_armed(act, folder, partial(arm, folder, 0, 0, False))
        return str(shim.kg_count())

    return int(tell(work, home))


def main(what: str, *arguments: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        home = Path(name).resolve()
        if what == "kills":
            trials = kills(home, int(arguments[0]))
        else:
            trials = faults(home, arguments[0], int(arguments[1]))
        for trial in trials:
            print(json.dumps(trial), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
