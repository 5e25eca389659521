"""How fast queries are answered over our HTTP, beside rdflib in memory and pyoxigraph called directly.

    python tests/bench_serve.py FOLDER [ROUNDS]     a folder with a graph that kg build made

All three hold the same statements in memory and are asked the same text, ten of the named queries, with a
parameter bound by VALUES where they have one. A round asks each once, in turn; of each the median is told.
pyoxigraph and we write the rows as JSON; rdflib's are only made.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import httpx
import pyoxigraph as ox
from rdflib import Graph
from serving import serving

from kg.queries import load_queries
from kg.serve.limits import Limits
from kg.serve.web import Settings
from kg.snapshot import load_snapshot, open_master
from kg.store import query

QUERIES = {
    "leaderboard": ("benchmark", "GSM8K"),
    "results-of": ("thing", "GPT-4o"),
    "methods-for": ("task", "image generation"),
    "compared-with": ("thing", "GPT-4o"),
    "families": ("family", "Qwen2.5"),
    "digest-days": ("", ""),
    "papers": ("", ""),
    "metrics": ("", ""),
    "top-benchmarks": ("", ""),
    "counts": ("", ""),
}
"""Others take rdflib longer than a minute each: top-methods, gains, datasets-used."""


def to_text(name: str) -> str:
    parameter, value = QUERIES[name]
    bound = f'\nVALUES ?{parameter} {{ "{value}" }}' if parameter else ""
    return load_queries()[name].sparql.rstrip() + bound


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def read_graph(folder: Path) -> Graph:
    """The statements of all graphs, in rdflib's own memory."""
    lines = ((folder / "graph.nq").read_bytes()).splitlines()
    triples = b"\n".join(line[: line.rindex(b" <")] + b" ." for line in lines)
    return Graph().parse(data=triples, format="nt")


def main(folder: Path, rounds: int) -> None:
    file, names = open_master(folder)
    with file:
        quads = load_snapshot(file, names).quads
    graph = read_graph(folder)
    print(f"{len(graph):,} statements; medians of {rounds} rounds, in ms")
    print(
        f"{'query':<16}{'rows':>8}{'ours':>10}{'pyoxigraph':>12}{'rdflib':>12}{'rdflib/ours':>13}{'ours/pyox.':>12}"
    )
    ratios = []
    with serving(folder, Settings(limits=Limits(seconds=60))) as running:
        for name in QUERIES:
            text = to_text(name)
            rows = len(list(query(quads, text)))  # type: ignore[arg-type]
            ours, direct, theirs = ask_all(running.client, quads, graph, text, rounds)
            ratios.append(theirs / ours)
            print(
                f"{name:<16}{rows:>8,}{ours * 1e3:>10.1f}{direct * 1e3:>12.1f}{theirs * 1e3:>12.1f}"
                f"{theirs / ours:>13.1f}{ours / direct:>12.2f}"
            )
    print(f"rdflib/ours: least {min(ratios):.1f}, median {median(ratios):.1f}")


def ask_all(
    client: httpx.Client, quads: ox.Store, graph: Graph, text: str, rounds: int
) -> tuple[float, float, float]:
    """The median seconds of a query over our HTTP, in pyoxigraph and in rdflib."""

    def direct() -> object:
        return query(quads, text).serialize(format=ox.QueryResultsFormat.JSON)  # type: ignore[union-attr]

    ways: list[Callable[[], object]] = [
        lambda: client.post("sparql", data={"query": text}).raise_for_status().content,
        direct,
        lambda: list(graph.query(text)),
    ]
    times = [[timed(way) for way in ways] for _ in range(rounds)]
    ours, pyoxigraph, rdflib = (median(each) for each in zip(*times, strict=True))
    return ours, pyoxigraph, rdflib


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3)
