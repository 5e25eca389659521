"""How fast the large files are written, beside the libraries that one would else write them with.

    python tests/bench_exports.py FOLDER     a folder with a graph that kg build made

rdflib gets its graph in memory, read before the clock starts; kg writes from the folder. The picture
is drawn at given places and without the panel's texts, as pyvis draws it.
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


def compare_rdf(graph: Path, folder: Path) -> None:
    """The writers read the master that the last build left; where it is gone, they sort the quads anew."""
    (folder / ".store").symlink_to((graph / ".store").resolve())
    ours = {
        (name, kind): time_export(where, name, folder / name)
        for name in ("nquads", "ntriples", "turtle")
        for kind, where in (("from the master", graph), ("without it", folder))
    }
    dataset, union = Dataset(), Graph()
    dataset.parse(folder / "nquads", format="nquads")
    union.parse(folder / "ntriples", format="nt")
    with warnings.catch_warnings(action="ignore"):
        theirs = {
            "nquads": timed(lambda: dataset.serialize(folder / "theirs", format="nquads")),
            "ntriples": timed(lambda: union.serialize(folder / "theirs", format="nt")),
            "turtle": timed(lambda: union.serialize(folder / "theirs", format="turtle")),
        }
    for (name, kind), seconds in ours.items():
        show(f"{name}, {kind}", seconds, theirs[name])


def time_export(graph: Path, name: str, path: Path) -> float:
    with open_store(graph) as store:
        return timed(lambda: export(store, name, path), 3)


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
    graph = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        with open_store(graph) as store:
            compare_picture(store, Path(folder))
        compare_rdf(graph, Path(folder))


if __name__ == "__main__":
    main()
