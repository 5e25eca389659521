"""The graph as files: each is written beside its place, then moved into it, whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from pyoxigraph import DefaultGraph, RdfFormat, parse

from kg.errors import OutputError
from kg.graph import to_turtle
from kg.model import Skipped
from kg.store import Store

__all__ = ["write_nquads", "write_rejects", "write_turtle"]


def write_nquads(store: Store, path: Path) -> int:
    """Writes all named graphs as sorted canonical N-Quads, the master file; returns the quads."""
    lines = store.lines()
    _write(path, b"\n".join([*lines, b""]))
    return len(lines)


def write_turtle(store: Store, path: Path) -> None:
    """Writes the union of all graphs as Turtle, subjects in order."""
    dump = store.quads.dump(format=RdfFormat.N_TRIPLES, from_graph=DefaultGraph()) or b""
    triples = parse(b"\n".join(sorted(dump.splitlines())), RdfFormat.N_TRIPLES)
    _write(path, to_turtle(quad.triple for quad in triples))


def write_rejects(rejects: Iterable[Skipped], path: Path) -> None:
    """Writes what could not be read, one JSON object a line; no file where there is nothing."""
    lines = [json.dumps(asdict(skipped), ensure_ascii=False) + "\n" for skipped in rejects]
    if lines:
        _write(path, "".join(lines).encode())
    else:
        path.unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    """Raises `OutputError` where the folder cannot be written; an earlier file then stays as it was."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}; choose another folder with -o") from error
