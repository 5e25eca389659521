"""What one question may cost."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from kg.queries import Table

__all__ = ["Limits", "to_limit_table"]

_MIB = 1024 * 1024


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one answer, and of how many are made at once.

    `seconds` is time by the clock; `memory` is in bytes, beside what the graph takes; an answer is cut after
    `rows` rows or triples and before `size` bytes. `workers` questions are answered at once and `waiting`
    more wait; others are sent away.
    """

    seconds: float = 5.0
    memory: int = 512 * _MIB
    rows: int = 100_000
    size: int = 16 * _MIB
    workers: int = 2 * _cores() + 4
    waiting: int = 64


def to_limit_table(limits: Limits) -> Table:
    """The limits in words."""
    rows = (
        ("time of an answer", f"{limits.seconds:g} s"),
        ("memory of an answer", f"{limits.memory // _MIB:,} MiB beside the graph"),
        ("rows or triples of an answer", f"{limits.rows:,}"),
        ("bytes of an answer", f"{limits.size:,}"),
        ("answers made at once", f"{limits.workers:,}, and {limits.waiting:,} may wait"),
    )
    return Table(("limit", "value"), rows)
