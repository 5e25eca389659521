"""How long work tells how far it is: functions take a `Track`, and whoever shows progress passes one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

__all__ = ["Track", "untracked"]

T = TypeVar("T")


class Track(Protocol):
    """Passes items on and shows how far they are: what is being done, and how many there are."""

    def __call__(self, items: Iterable[T], what: str, total: int, /) -> Iterable[T]: ...


def untracked(items: Iterable[T], _what: str, _total: int) -> Iterable[T]:
    """Passes items on and shows nothing."""
    return items
