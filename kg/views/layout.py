"""Where the nodes of a picture stand: a force-directed layout that is the same on every machine.

After ForceAtlas2 (Jacomy et al. 2014, doi:10.1371/journal.pone.0098679): every two nodes repel each
other by their degrees, neighbours attract, a little gravity keeps all together; then nodes that
would cover one another are moved apart. Only operations whose last bit IEEE 754 fixes are used (no
sum whose order follows the processor, no exponential), so that the integers at the end do not
depend on where they were computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

    Floats = NDArray[float64]

__all__ = ["derive_positions"]

_ROUNDS = 300
_TIDYING = 100
_REPULSION = 90.0
_ATTRACTION = 0.1
_GRAVITY = 0.02
_ROOM = 70.0
"""Pixels that a node has for itself, in width and in height, on the average."""

_GAP = 6.0
"""Pixels between two nodes at least."""


def derive_positions(sizes: Sequence[float], edges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """A position in pixels for each node, by the nodes' radii and the pairs that are joined.

    Takes time in the square of the number of nodes: some 2 s for 500.
    """
    import numpy as np

    if not sizes:
        return []
    pairs = np.array(sorted({(min(pair), max(pair)) for pair in edges if pair[0] != pair[1]}), dtype=int)
    ones, others = pairs.reshape(-1, 2).T
    degree = 1.0 + np.bincount(pairs.ravel(), minlength=len(sizes))
    weight = degree[:, None] * degree[None, :] * _REPULSION
    x, y = _spiral(len(sizes))
    for number in range(_ROUNDS):
        dx, dy = _apart(x), _apart(y)
        strength = weight / (dx * dx + dy * dy + 1.0)
        forces = []
        for here, delta in ((x, dx), (y, dy)):
            force = np.add.reduce(delta * strength, axis=0) - _GRAVITY * degree * here
            pull = (here[others] - here[ones]) * _ATTRACTION
            np.add.at(force, ones, pull)
            np.add.at(force, others, -pull)
            forces.append(force / degree)
        most = 60.0 * (1 - number / _ROUNDS) + 1.0
        x, y = _move(x, y, forces[0], forces[1], most)
    room = _ROOM * len(sizes) ** 0.5 / max(float(np.ptp(x)), float(np.ptp(y)), 1.0)
    x, y = _tidy(x * room, y * room, np.array(sizes, dtype=float))
    return [(int(one), int(other)) for one, other in zip(np.round(x), np.round(y), strict=True)]


def _spiral(count: int) -> tuple[Floats, Floats]:
    """Points a golden angle apart, as seeds stand in a sunflower."""
    import numpy as np

    xs, ys, x, y = [], [], 1.0, 0.0
    cos, sin = -0.7373688780783197, 0.6754902942615238
    for number in range(count):
        xs.append(x * 30.0 * (number + 0.5) ** 0.5)
        ys.append(y * 30.0 * (number + 0.5) ** 0.5)
        x, y = x * cos - y * sin, x * sin + y * cos
    return np.array(xs), np.array(ys)


def _apart(here: Floats) -> Floats:
    """From each node (row) to each other one (column)."""
    return here[None, :] - here[:, None]


def _move(x: Floats, y: Floats, dx: Floats, dy: Floats, most: float) -> tuple[Floats, Floats]:
    """Steps of at most `most` pixels; rounded, so that no last bit ever grows."""
    import numpy as np

    length = np.sqrt(dx * dx + dy * dy) + 1e-9
    share = np.minimum(1.0, most / length)
    return np.round(x + dx * share, 6), np.round(y + dy * share, 6)


def _tidy(x: Floats, y: Floats, radii: Floats) -> tuple[Floats, Floats]:
    """Moves nodes that cover one another apart, a part of the way at a time."""
    import numpy as np

    wanted = radii[:, None] + radii[None, :] + _GAP
    np.fill_diagonal(wanted, 0.0)
    for _ in range(_TIDYING):
        dx, dy = _apart(x), _apart(y)
        distance = np.sqrt(dx * dx + dy * dy) + 1e-9
        share = np.maximum(0.0, wanted - distance) / distance * 0.4
        if not share.any():
            break
        x, y = (
            np.round(x + np.add.reduce(dx * share, axis=0), 6),
            np.round(y + np.add.reduce(dy * share, axis=0), 6),
        )
    return x, y
