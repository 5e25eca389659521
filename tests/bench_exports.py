"""How fast the large files are written, beside the libraries that one would else write them with.

    python tests/bench_exports.py FOLDER     a folder with a graph that kg build made

rdflib gets its graph in memory, read before the clock starts; kg writes from the folder.
"""

from __future__ import annotations

import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import networkx as nx
from rdflib import Dataset, Graph

from kg.export import export
from kg.store import Store, open_store
from kg.views.picture import render_picture, to_network
from kg.views.scene import derive_scene

NODES = 10_000


def timed(work: Callable[[], object], rounds: int = 1) -> float:
    """Seconds, the best of some rounds."""
    spans = [time.perf_counter()]
    for _ in range(rounds):
        work()
        spans.append(time.perf_counter())
    return min(after - before for before, after in pairwise(spans))


def show(what: str, ours: float, theirs: float) -> None:
    print(f"{what:34} {ours:8.2f} s {theirs:8.2f} s {theirs / ours:7.1f} times", flush=True)


def compare_rdf(store: Store, folder: Path) -> None:
    ours = {
        name: timed(lambda name=name: export(store, name, folder / name), 3)
        for name in ("nquads", "ntriples", "turtle")
    }
    dataset = Dataset()
    dataset.parse(folder / "nquads", format="nquads")
    show("N-Quads", ours["nquads"], timed(lambda: dataset.serialize(folder / "theirs", format="nquads")))
    graph = Graph()
    graph.parse(folder / "ntriples", format="nt")
    with warnings.catch_warnings(action="ignore"):
        show("N-Triples", ours["ntriples"], timed(lambda: graph.serialize(folder / "theirs", format="nt")))
    show("Turtle", ours["turtle"], timed(lambda: graph.serialize(folder / "theirs", format="turtle")))


def compare_picture(store: Store, folder: Path) -> None:
    """The drawing and its page against pyvis' from_nx alone, both with the same nodes and edges."""
    from pyvis.network import Network

    scene = derive_scene(store, limit=NODES)
    places = [(number, number) for number in range(len(scene.nodes))]
    cards = {"things": [], "papers": {}, "others": []}

    def draw() -> None:
        page = render_picture(to_network(scene, places), scene, cards)
        (folder / "graph.html").write_text(page, encoding="utf-8")

    graph = nx.Graph()
    graph.add_nodes_from((node.iri, {"label": node.label, "title": node.type}) for node in scene.nodes)
    graph.add_edges_from((scene.nodes[edge.source].iri, scene.nodes[edge.target].iri) for edge in scene.edges)
    draw()
    what = f"picture, {len(scene.nodes)} nodes, {len(scene.edges)} edges"
    show(what, timed(draw, 3), timed(lambda: Network().from_nx(graph)))


def main() -> None:
    print(f"{'':34} {'kg':>10} {'other':>10}")
    with open_store(sys.argv[1]) as store, tempfile.TemporaryDirectory() as folder:
        compare_picture(store, Path(folder))
        compare_rdf(store, Path(folder))


if __name__ == "__main__":
    main()
