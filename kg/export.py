"""The graph as files: each is written beside its place, then moved into it, whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

from pyoxigraph import RdfFormat, parse

from kg.errors import OutputError
from kg.graph import to_turtle
from kg.model import Skipped
from kg.store import Store

__all__ = ["write_nquads", "write_rejects", "write_turtle"]


def write_nquads(store: Store, path: Path) -> int:
    """Writes all named graphs as sorted canonical N-Quads, the master file; returns the quads."""
    lines = store.lines()
    _write(path, (line + b"\n" for line in lines))
    return len(lines)


def write_turtle(nquads: Path, path: Path) -> int:
    """Writes the union of the graphs in a master file as Turtle, subjects in order; returns its bytes."""
    quads = parse(path=str(nquads), format=RdfFormat.N_QUADS)
    turtle = to_turtle(triple for triple, _ in groupby(quad.triple for quad in quads))
    _write(path, [turtle])
    return len(turtle)


def write_rejects(rejects: Iterable[Skipped], path: Path) -> None:
    """Writes what could not be read, one JSON object a line; no file where there is nothing."""
    lines = [json.dumps(asdict(skipped), ensure_ascii=False) + "\n" for skipped in rejects]
    if lines:
        _write(path, [line.encode() for line in lines])
        return
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"cannot remove {path}: {error.strerror}; choose another folder with -o") from error


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    """Raises `OutputError` where the folder cannot be written; an earlier file then stays as it was."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}; choose another folder with -o") from error
