"""Stores of made-up facts, for the tests of what reads a store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kg.files import write_file
from kg.model import Facts
from kg.store import Store, open_store

__all__ = ["store_of"]


@contextmanager
def store_of(facts: Iterable[Facts], folder: Path) -> Iterator[Store]:
    """A store in `folder` that holds these facts and no others, its master published as `kg build` does."""
    with open_store(folder, write=True) as store:
        for paper in store.papers():
            store.remove(paper)
        store.keep(facts)
        store.refresh()
        store.publish(write_file)
        yield store
