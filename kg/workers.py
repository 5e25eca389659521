"""Work shared by processes: in order, a little ahead, and gone with the process that asked for it."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from kg.errors import KGError

__all__ = ["share"]

Item = TypeVar("Item")
Done = TypeVar("Done")


def share(work: Callable[[Item], Done], items: Iterable[Item], workers: int) -> Iterator[Done]:
    """Yields `work` of each item, in their order, with `workers` processes two items ahead each.

    With one worker or none it is done here. The processes are spawned, so `work` and what it takes
    and gives are pickled, and a script needs its `if __name__ == "__main__":`. Raises `KGError`
    where a process dies.
    """
    if workers <= 1:
        yield from map(work, items)
        return
    context = multiprocessing.get_context("spawn")
    waiting: deque[Future[Done]] = deque()
    try:
        with ProcessPoolExecutor(workers, mp_context=context, initializer=_die_with_parent) as pool:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise KGError(
            "a worker process died, perhaps for want of memory; run the same command again"
        ) from error


def _die_with_parent() -> None:
    """Ends this process when its parent is gone, however it went: a killed one tells nobody."""

    def watch() -> None:
        parent = multiprocessing.parent_process()
        if parent:
            parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
