"""The published graph in memory: what a server answers from while builds go on beside it.

A build replaces `graph.nq` by another file, so one that was opened stays as it was: a snapshot is
of one build, whole, whatever happens in the folder meanwhile.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from io import BufferedReader
from itertools import islice
from pathlib import Path

import pyoxigraph as ox

from kg.errors import StoreError
from kg.store import MASTER, open_store
from kg.vocabulary import Names

__all__ = ["Snapshot", "load_snapshot", "open_master", "to_version"]

_TOGETHER = 100_000
"""Lines that are loaded at once."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A graph in memory: `quads`, in the named graphs and in their union, which is the default graph.

    `strict` holds the same without the union, where queries shall see no more than the file says.
    """

    names: Names
    quads: ox.Store
    strict: ox.Store | None = None

    @property
    def asked(self) -> ox.Store:
        """What queries of users see."""
        return self.strict or self.quads


def open_master(folder: Path) -> tuple[BufferedReader, Names]:
    """The published graph of a folder, opened, and what its things are called.

    Raises `StoreError` where nothing was published.
    """
    with open_store(folder) as store:
        names = store.names
    try:
        file = os.fdopen(os.open(folder / MASTER, os.O_RDONLY | os.O_NONBLOCK), "rb")
    except OSError as error:
        raise StoreError(f"cannot read {folder / MASTER}: {error.strerror}; run kg build again") from error
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise StoreError(f"cannot read {folder / MASTER}: it is no file; run kg build again")
    return file, names


def to_version(status: os.stat_result) -> str:
    """What tells one published graph from another: which file it is, its size and when it was written."""
    return f"{status.st_ino:x}-{status.st_size:x}-{status.st_mtime_ns:x}"


def load_snapshot(file: BufferedReader, names: Names, *, union: bool = True) -> Snapshot:
    """Loads N-Quads; of a published graph every line has a graph. Raises `StoreError` on other text."""
    quads = ox.Store()
    try:
        while lines := list(islice(file, _TOGETHER)):
            quads.bulk_load(b"".join(lines), format=ox.RdfFormat.N_QUADS)
            if union:
                quads.bulk_load(b"".join(map(_to_triple, lines)), format=ox.RdfFormat.N_TRIPLES)
    except (OSError, SyntaxError, ValueError) as error:
        raise StoreError(f"it cannot be loaded: {error}; run kg build again") from error
    return Snapshot(names, quads) if union else Snapshot(names, _with_union(quads), quads)


def _to_triple(line: bytes) -> bytes:
    """The line of the same statement in no graph; a graph is the last term of its line."""
    return line[: line.rindex(b" <")] + b" .\n"


def _with_union(quads: ox.Store) -> ox.Store:
    """The same quads with their union as the default graph."""
    both = ox.Store()
    both.bulk_extend(quads)
    both.bulk_extend(ox.Quad(*quad.triple) for quad in quads)
    return both
