"""Where nodes stand: apart from one another, on whole pixels, and in the same places on every machine."""

from __future__ import annotations

import json
import math
import os
import random
import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest

from kg.views.layout import derive_positions

GAP = 6 - math.sqrt(2)
"""Pixels between two nodes at least: six, less what the way to whole pixels may take of them."""

PRINT = """
import json, sys
import numpy as np
from kg.views.layout import derive_positions
print(json.dumps(np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])))
print(json.dumps(derive_positions(*json.load(sys.stdin))))
"""


def tangle(count: int, edges: int) -> tuple[list[float], list[tuple[int, int]]]:
    """Nodes of mixed sizes, a few of which are joined to most."""
    chance = random.Random(count + edges)
    sizes = [chance.choice([6.0, 8.5, 13.25, 28.0]) for _ in range(count)]
    return sizes, [(int(count * chance.random() ** 3), chance.randrange(count)) for _ in range(edges)]


@pytest.mark.parametrize(("count", "edges"), [(300, 0), (300, 300), (300, 1200), (300, 6000), (40, 780)])
def test_nodes_of_mixed_sizes_do_not_cover_one_another(count: int, edges: int) -> None:
    sizes, pairs = tangle(count, edges)
    places = derive_positions(sizes, pairs)
    assert all(type(number) is int for place in places for number in place)
    for (one, size), (other, other_size) in combinations(zip(places, sizes, strict=True), 2):
        assert math.dist(one, other) >= size + other_size + GAP


def test_another_processor_puts_them_in_the_same_places() -> None:
    """One that has none of what NumPy's quicker code asks for; in single precision half the nodes move."""
    sizes, pairs = tangle(300, 1200)
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    plain = {"OPENBLAS_NUM_THREADS": "1", "OPENBLAS_CORETYPE": "Prescott"}
    done = subprocess.run(
        [sys.executable, "-c", PRINT],
        input=json.dumps([sizes, pairs]),
        env=os.environ | plain | {"NPY_DISABLE_CPU_FEATURES": " ".join(found)},
        capture_output=True,
        check=True,
        text=True,
    )
    features, places = map(json.loads, done.stdout.splitlines())
    assert features == []
    assert [tuple(place) for place in places] == derive_positions(sizes, pairs)
