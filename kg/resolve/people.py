"""Authors → persons: a name alone makes nobody one with another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Final, Literal

from kg.model import Author

__all__ = ["Node", "Tie", "derive_people"]

Node = tuple[str, str]
"""A name, and a paper whose byline it stands in."""

Tie = Literal["co-authors", "handle"]
"""What two bylines share besides a name: two more authors, or a platform account."""

_LONGEST_BYLINE: Final = 60


def derive_people(bylines: Mapping[str, frozenset[Author]]) -> dict[Node, tuple[str, Tie]]:
    """(name, paper) → the smallest paper of that person, and why, for persons with several papers.

    Papers of one name are joined where an account, or else two more authors, stand in both bylines; very
    long bylines tell nothing about a person. `bylines` gives the authors of each paper.
    """
    roots: dict[Node, Node] = {}
    ties: dict[Node, set[Tie]] = {}

    def root(node: Node) -> Node:
        while (above := roots.get(node, node)) != node:
            roots[node] = roots.get(above, above)
            node = above
        return node

    seen: dict[tuple[str, ...], str] = {}
    for paper in sorted(bylines):
        for name, others, tie in _evidence(bylines[paper]):
            first = seen.setdefault((name, *others), paper)
            if first != paper:
                ties.setdefault((name, first), set()).add(tie)
                low, high = sorted((root((name, first)), root((name, paper))))
                roots[high] = low
    why: dict[Node, Tie] = {}
    for node in sorted(ties):
        why[root(node)] = min({why.get(root(node), "handle"), *ties[node]})
    return {node: (root(node)[1], why[root(node)]) for node in roots if root(node) != node}


def _evidence(authors: frozenset[Author]) -> Iterator[tuple[str, tuple[str, ...], Tie]]:
    """Each person's name of a byline with what would prove it to be the same person elsewhere."""
    tokens = sorted({author.name for author in authors})
    handles = sorted({author.name for author in authors if author.kind == "handle"})
    if len(tokens) > _LONGEST_BYLINE:
        return
    for name in sorted({author.name for author in authors if author.kind == "name"}):
        for handle in handles:
            yield name, (handle,), "handle"
        for pair in combinations([token for token in tokens if token != name], 2):
            yield name, pair, "co-authors"
