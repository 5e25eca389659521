"""Stores of made-up facts, for the tests of what reads a store."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import facts

from kg.files import write_file
from kg.model import Facts
from kg.store import Store, open_store

__all__ = ["count_reads", "passing_store_of", "store_of", "with_500_summaries"]

_MEMORY = Path("/dev/shm")


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


@contextmanager
def passing_store_of(facts: Iterable[Facts]) -> Iterator[Store]:
    """A store that is gone afterwards; it lies in memory, where the system has a folder there."""
    where = _MEMORY if _MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=where) as folder, store_of(facts, Path(folder)) as store:
        yield store


def with_500_summaries(test: Callable[[list[Facts]], None]) -> Callable[[], None]:
    """Runs a test on generated facts about 500 summaries, ten at a time in one store."""
    ten = st.lists(facts(), min_size=10, max_size=10, unique_by=lambda each: each.summary.key)
    return settings(max_examples=50, deadline=None)(given(ten)(test))


def count_reads(monkeypatch: pytest.MonkeyPatch, method: str) -> Callable[[], int]:
    """Counts what is taken, one by one, from what a method of `Store` gives."""
    read, taken = getattr(Store, method), 0

    @wraps(read)
    def counted(store: Store) -> Iterator[object]:
        nonlocal taken
        for each in read(store):
            taken += 1
            yield each

    monkeypatch.setattr(Store, method, counted)
    return lambda: taken
