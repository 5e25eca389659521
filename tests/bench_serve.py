"""How fast queries are answered over our HTTP, beside rdflib in memory and pyoxigraph called directly.

    python tests/bench_serve.py FOLDER [ROUNDS]     a folder with a graph that kg build made

All three hold the same statements in memory and are asked the same text: ten of the named queries, with a
parameter bound by VALUES where they have one. A round asks each once, in turn; of each the median is told.
rdflib has a minute for a query; where it needs more, it is asked once, and what stands there is at least
that. Ours is the time until http.client has read the whole answer, on a connection that is open. pyoxigraph
and we write the rows as JSON; rdflib's are only made.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

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
    "datasets-used": ("dataset", "ImageNet"),
    "compared-with": ("thing", "GPT-4o"),
    "families": ("family", "Qwen2.5"),
    "gains": ("", ""),
    "top-methods": ("", ""),
    "digest-days": ("", ""),
    "papers": ("", ""),
}
MINUTE = 60


def to_text(name: str) -> str:
    parameter, value = QUERIES[name]
    bound = f'WHERE {{\n  VALUES ?{parameter} {{ "{value}" }}' if parameter else "WHERE {"
    return load_queries()[name].sparql.replace("WHERE {", bound, 1)


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def read_graph(folder: Path) -> Graph:
    """The statements of all graphs, in rdflib's own memory."""
    lines = ((folder / "graph.nq").read_bytes()).splitlines()
    triples = b"\n".join(line[: line.rindex(b" <")] + b" ." for line in lines)
    return Graph().parse(data=triples, format="nt")


def within_a_minute(graph: Graph, text: str) -> tuple[float, int]:
    """The seconds that rdflib takes for a query and its rows; a minute and -1 where it takes longer."""

    def give_up(number: int, frame: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(MINUTE)
    began = time.perf_counter()
    try:
        rows = len(list(graph.query(text)))
    except TimeoutError:
        return MINUTE, -1
    finally:
        signal.alarm(0)
    return time.perf_counter() - began, rows


def main(folder: Path, rounds: int) -> None:
    file, names = open_master(folder)
    with file:
        quads = load_snapshot(file, names).quads
    graph = read_graph(folder)
    print(f"{len(graph):,} statements; medians of {rounds} rounds, in ms")
    print(
        f"{'query':<16}{'rows':>8}{'ours':>10}{'pyoxigraph':>12}{'rdflib':>12}{'rdflib/ours':>13}"
        "  near pyoxigraph"
    )
    ratios, near = list[float](), list[bool]()
    with serving(folder, Settings(limits=Limits(seconds=60))) as running:
        line = HTTPConnection(*running.address)
        for name in QUERIES:
            text = to_text(name)
            rows = len(list(query(quads, text)))  # type: ignore[arg-type]
            ours, direct, theirs, found = ask_all(line, quads, graph, text, rounds)
            assert found in (-1, rows), f"{name}: rdflib finds {found} rows, we {rows}"
            ratios.append(theirs / ours)
            near.append(ours <= 1.5 * direct + 0.005)
            print(
                f"{name:<16}{rows:>8,}{ours * 1e3:>10.1f}{direct * 1e3:>12.1f}"
                f"{'>' * (found < 0):>2}{theirs * 1e3:>10,.0f}{theirs / ours:>13,.1f}"
                f"  {'yes' if near[-1] else 'NO'}",
                flush=True,
            )
    print(f"rdflib/ours: least {min(ratios):.1f}, median {median(ratios):,.1f}")
    print(f"at most 1.5 times pyoxigraph + 5 ms: {sum(near)} of 10")


def ask_all(
    line: HTTPConnection, quads: ox.Store, graph: Graph, text: str, rounds: int
) -> tuple[float, float, float, int]:
    """The median seconds of a query over our HTTP, in pyoxigraph and in rdflib, and rdflib's rows."""

    def ask(text: str = text) -> object:
        line.request("POST", "/sparql", text.encode(), {"content-type": "application/sparql-query"})
        answer = line.getresponse()
        assert answer.status == 200
        return answer.read()

    def direct() -> object:
        return query(quads, text).serialize(format=ox.QueryResultsFormat.JSON)  # type: ignore[union-attr]

    theirs, found = within_a_minute(graph, text)
    times = []
    for _ in range(rounds):
        rdflib_now = within_a_minute(graph, text)[0] if found >= 0 else theirs
        line.close()
        ask("ASK {}")
        times.append((timed(ask), timed(direct), rdflib_now))
    ours, pyoxigraph, rdflib = (median(each) for each in zip(*times, strict=True))
    return ours, pyoxigraph, rdflib, found


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3)
