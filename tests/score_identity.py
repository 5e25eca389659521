"""How well the names of a graph of the corpus are resolved, against clusters marked by reading.

    python tests/score_identity.py DIR [tuning|held]

`identity.json` holds the 400 commonest names of the corpus and 200 rare ones, drawn by chance, each with the
types that it was read as, in clusters of what is one thing; half for tuning, half held. DIR is the folder of
a graph that `kg build` made of the corpus. Pairwise and B³ precision and recall (A. Bagga and B. Baldwin,
"Algorithms for scoring coreference chains", 1998) are over the marked names that the graph holds.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kg.model import EntityType, Facts
from kg.resolve import Resolution, ThingKey, derive_resolution
from kg.store import open_store

Item = tuple[str, EntityType]
GOLD = Path(__file__).parent / "identity.json"


@dataclass(frozen=True)
class Scores:
    """Over `items` names: precision and recall of their pairs, and of B³."""

    items: int
    precision: float
    recall: float
    b3_precision: float
    b3_recall: float


def read_clusters(half: str) -> dict[Item, int]:
    """The number of the cluster that each marked name and type is in."""
    clusters = json.loads(GOLD.read_text(encoding="utf-8"))[half]
    return {(name, type): number for number, cluster in enumerate(clusters) for name, type in cluster}


def derive_keys(facts: Iterable[Facts], resolution: Resolution) -> dict[Item, ThingKey]:
    """The thing that each written form of a type most often is."""
    found: dict[Item, Counter[ThingKey]] = defaultdict(Counter)
    for each in facts:
        keys = resolution.keys(each)
        for entity in each.entities:
            for form in (entity.name, *entity.aliases):
                found[form, entity.type][keys[entity.type, entity.name]] += 1
    return {item: min(keys, key=lambda key: (-keys[key], key)) for item, keys in found.items()}


def score(gold: Mapping[Item, int], found: Mapping[Item, ThingKey]) -> Scores:
    items = [item for item in gold if item in found]
    ours, theirs = ({i: {j for j in items if of[i] == of[j]} for i in items} for of in (found, gold))
    both = {i: len(ours[i] & theirs[i]) for i in items}
    pairs = sum(both.values()) - len(items)
    return Scores(
        len(items),
        pairs / max(1, sum(map(len, ours.values())) - len(items)),
        pairs / max(1, sum(map(len, theirs.values())) - len(items)),
        sum(both[i] / len(ours[i]) for i in items) / len(items),
        sum(both[i] / len(theirs[i]) for i in items) / len(items),
    )


def main(folder: str, *halves: str) -> None:
    with open_store(folder) as store:
        resolution = derive_resolution(store.facts(), store.overrides())
        found = derive_keys(store.facts(), resolution)
    for half in halves or ("tuning", "held"):
        scores = score(read_clusters(half), found)
        print(
            f"{half}: {scores.items} names, pairs P {scores.precision:.3f} R {scores.recall:.3f}, "
            f"B³ P {scores.b3_precision:.3f} R {scores.b3_recall:.3f}"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
