"""Names marked by reading stay what they are, and no order or splitting of builds changes a byte."""

from __future__ import annotations

import hashlib
import os
import random
from pathlib import Path

import pytest
from score_identity import derive_keys, read_clusters, score

from kg.extract import extract
from kg.model import Entity, Evidence, Facts, Mention, Paper, Summary
from kg.readers.digest import read_digests
from kg.resolve import derive_resolution
from kg.resolve.overrides import Override
from kg.store import Store, open_store

SPLITS = int(os.environ.get("KG_SPLITS", "6"))


@pytest.mark.parametrize(("half", "recall"), [("tuning", 0.8), ("held", 0.7)])
def test_names_by_themselves_are_resolved_precisely(half: str, recall: float) -> None:
    """Without the corpus: what papers explain is not there, so fewer names are one, and none wrongly."""
    gold = read_clusters(half)
    facts = []
    for number, (name, type) in enumerate(gold):
        summary = Summary(Paper(f"2401.{number:05}"), "digest", "2024-01-01", "T", name, "")
        mention = Mention(Evidence("abstract", 0, len(name), name), "mentions", "kg", 9)
        facts.append(Facts(summary, "f", (Entity(type, (mention,)),)))
    scores = score(gold, derive_keys(facts, derive_resolution(facts)))
    assert scores.items == len(gold) > 300
    assert scores.precision >= 0.97 and scores.b3_precision >= 0.98
    assert scores.recall >= recall


@pytest.fixture(scope="module")
def sixty(shared: Path) -> list[Facts]:
    """The facts of sixty papers, from all over the corpus."""
    summaries = [each for each in read_digests([str(shared / "corpus")]) if isinstance(each, Summary)]
    return list(extract(random.Random(5).sample(summaries, 60)))


def lines(store: Store) -> str:
    return hashlib.sha256(b"".join(store.lines())).hexdigest()


def test_any_order_and_any_splitting_give_the_same_bytes(sixty: list[Facts], tmp_path: Path) -> None:
    """`KG_SPLITS=200 pytest tests/test_identity.py` tries 200 (some ten minutes)."""
    decided = [Override("split", "method", "GRPO"), Override("merge", "metric", "precision", "recall")]
    with open_store(tmp_path / "whole", write=True) as store:
        store.decide(decided)
        store.keep(sixty)
        store.refresh()
        whole = lines(store)
    for seed in range(SPLITS):
        chance = random.Random(seed)
        order = chance.sample(sixty, len(sixty))
        cuts = sorted(chance.sample(range(1, 60), chance.randint(1, 3)))
        with open_store(tmp_path / str(seed), write=True) as store:
            store.decide(decided)
            for start, end in zip([0, *cuts], [*cuts, 60], strict=True):
                store.keep(order[start:end])
                store.refresh()
            assert lines(store) == whole, f"seed {seed}: {cuts}"
