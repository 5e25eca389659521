"""Which nodes a picture shows where not all fit: those that are joined to others there."""

from __future__ import annotations

from pathlib import Path

import pytest
from stores import store_of

from kg.model import Entity, Evidence, Facts, Mention, Paper, Summary
from kg.views.scene import Scene, derive_scene

NAMED = {
    "A1": [f"n{n}" for n in range(5)],
    "A2": [f"n{n}" for n in range(5)],
    "B1": [f"p{n}" for n in range(5)],
    "B2": [f"p{n}" for n in range(5)],
    "C1": ["n0c", "x1"],
    "C2": ["n0c", "x2"],
    "D1": ["n0d", "x3"],
    "D2": ["n0d", "x4"],
}
"""Paper → the methods that it names. By importance A and B come first, then n0, n0c, n0d, n1, …"""


def paper(number: int, title: str, names: list[str]) -> Facts:
    text = " ".join(names)

    def place(name: str) -> Evidence:
        start = text.index(name)
        return Evidence("abstract", start, start + len(name), name)

    methods = [Entity("method", (Mention(place(name), "uses", "kg_sample", 9),)) for name in names]
    summary = Summary(Paper(f"2401.{number:05}"), "sample", "2024-01-01", title, text, "")
    return Facts(summary, "f", tuple(sorted(methods)))


def labels(scene: Scene) -> list[str]:
    return [node.label for node in scene.nodes]


def scenes(folder: Path, named: dict[str, list[str]], *limits: int) -> list[Scene]:
    with store_of(
        [paper(n, title, names) for n, (title, names) in enumerate(named.items())], folder
    ) as store:
        return [derive_scene(store, limit=limit) for limit in limits]


def test_nodes_that_would_stand_alone_make_room(tmp_path: Path) -> None:
    (scene,) = scenes(tmp_path, {title: NAMED[title] for title in ("A1", "A2", "B1", "B2")}, 5)
    assert labels(scene) == ["A1", "A2", "n0", "n1", "n2"], "B1 and B2 are as important, but alone"
    assert len(scene.edges) == 6
    assert scene.left_out == {"paper": 2, "method": 7}


def test_so_do_those_that_took_their_place(tmp_path: Path) -> None:
    (scene,) = scenes(tmp_path, NAMED, 5)
    assert labels(scene) == ["A1", "A2", "n0", "n1", "n2"], "n0c and n0d would take the place of B1 and B2"
    assert len(scene.edges) == 6


def test_where_all_fit_the_lonely_stay(tmp_path: Path) -> None:
    whole, part = scenes(tmp_path, {"A1": NAMED["A1"], "A2": NAMED["A2"], "alone": []}, 8, 7)
    assert "alone" in labels(whole)
    assert whole.left_out == {}
    assert "alone" not in labels(part)
    assert part.left_out == {"paper": 1}


@pytest.mark.parametrize("limit", [2, 3, 4])
def test_even_a_small_picture_joins_what_it_shows(tmp_path: Path, limit: int) -> None:
    (scene,) = scenes(tmp_path, NAMED, limit)
    assert len(scene.nodes) == limit
    assert scene.edges
