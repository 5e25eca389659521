"""Graphs that someone passed on → facts, and all that is not taken over, each with its reason.

Of a graph in a language of RDF the structure is read, of a node-link file the records beside the
network. Either way the graph is made again from the facts: what does not come out of them is told.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kg.check import check_facts
from kg.errors import FactsError, KGError, SourceError
from kg.facts import from_quads, to_whole_quads
from kg.model import Facts, Skipped
from kg.readers.graphs import NodeLink, find_format, read_node_link, read_quads
from kg.records import from_record, to_record
from kg.vocabulary import DEFAULT_BASE, TERMS, Names

__all__ = ["Imported", "read_graph", "read_graphs"]

_NAMED = 8
"""How many properties one message names."""


@dataclass(frozen=True, slots=True)
class Imported:
    """The facts of a graph, sorted by summary; what is not taken over; the base of its IRIs, if known."""

    facts: tuple[Facts, ...]
    skipped: tuple[Skipped, ...]
    base: str | None


def read_graphs(files: Sequence[str], format: str = "") -> Imported:
    """Reads some files, each a graph of its own; of two texts for one summary the first file's stands.

    A file that cannot be read is `Skipped`. Raises `SourceError` where nothing is left.
    """
    found: dict[tuple[str, str, str], Facts] = {}
    skipped: list[Skipped] = []
    base = None
    for path in sorted(set(files)):
        try:
            one = read_graph(path, format)
        except SourceError as error:
            skipped.append(_skip(path, str(error).removeprefix(path).lstrip(": ")))
            continue
        base = base or one.base
        skipped += one.skipped
        for facts in one.facts:
            if found.setdefault(facts.summary.key, facts) != facts:
                skipped.append(_skip(path, f"{facts.summary.key}: another file before it has other facts"))
    if not found:
        raise SourceError("; ".join(f"{each.source}: {each.reason}" for each in skipped[:5]))
    return Imported(tuple(found[key] for key in sorted(found)), tuple(skipped), base)


def read_graph(path: str, format: str = "") -> Imported:
    """Reads one file, in one of `kg.readers.graphs.FORMATS`; by itself its name says in which.

    Raises `SourceError` where it cannot be read, or holds no summary whose facts can be.
    """
    chosen = find_format(path, format)
    found = _read_node_link(path) if chosen == "nodelink" else _read_rdf(path, chosen)
    if not found.facts:
        reasons = "; ".join(each.reason for each in found.skipped[:3])
        raise SourceError(f"{path} holds no summary that kg can read{': ' if reasons else ''}{reasons}")
    return found


def _read_rdf(path: str, format: str) -> Imported:
    found = from_quads(read_quads(path, format))
    skipped = [_skip(path, f"{iri}: {reason}") for iri, reason in found.faults]
    skipped += _tell(path, "left out, since no fact holds it", found.left)
    skipped += _tell(path, "derived anew, and otherwise", found.derived)
    return Imported(found.facts, tuple(skipped), found.base)


def _tell(path: str, what: str, counts: Mapping[str, int]) -> Iterator[Skipped]:
    """One message about some statements, by their properties, the most frequent first."""
    if not counts:
        return
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    named = [f"{TERMS.get(iri, f'<{iri[:100]}>')} ×{count}" for iri, count in ranked[:_NAMED]]
    more = [f"{len(ranked) - _NAMED} other properties"] if len(ranked) > _NAMED else []
    yield _skip(path, f"{what}: {', '.join(named + more)} (in all {sum(counts.values())})")


def _read_node_link(path: str) -> Imported:
    file = read_node_link(path)
    base = _to_base(file.base)
    found: dict[tuple[str, str, str], Facts] = {}
    skipped: list[Skipped] = []
    for number, record in enumerate(file.records, 1):
        try:
            facts = _parse_record(record)
            if found.setdefault(facts.summary.key, facts) is not facts:
                raise FactsError("another record of the same source, day and paper stands before it")
        except FactsError as error:
            skipped.append(_skip(path, f"record {number}: {error}"))
            continue
        skipped += (_skip(path, f"record {number}: {reason}") for reason in _unlike(record, facts))
    facts_read = [found[key] for key in sorted(found)]
    skipped += (_skip(path, reason) for reason in _differences(file, facts_read, Names(base or DEFAULT_BASE)))
    return Imported(tuple(facts_read), tuple(skipped), base)


def _to_base(text: str) -> str | None:
    try:
        return Names(text).base if text.startswith(("http://", "https://")) else None
    except KGError:
        return None


def _parse_record(record: Any) -> Facts:
    """The facts of a record from outside. Raises `FactsError` on all that `to_record` does not write."""
    try:
        facts = from_record(record)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise FactsError(f"no record of facts ({type(error).__name__}: {error})") from error
    check_facts(facts)
    return facts


def _unlike(record: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    again = to_record(facts)
    unlike = sorted(key for key in record.keys() | again.keys() if record.get(key) != again.get(key))
    if unlike:
        yield f"what it says is not all that its mentions say, which are read: {', '.join(map(repr, unlike))}"


def _differences(file: NodeLink, facts: Sequence[Facts], names: Names) -> Iterator[str]:
    """How the network in a file differs from the one that follows from its facts."""
    from kg.network import to_networkx

    network = to_networkx(to_whole_quads(facts, names))
    nodes = ({"id": node, **data} for node, data in network.nodes(data=True))
    edges = ({"source": s, "target": t, **data} for s, t, data in network.edges(data=True))
    for what, given, follow in (("nodes", file.nodes, nodes), ("edges", map(_bare, file.edges), edges)):
        there, here = Counter(map(_to_text, given)), Counter(map(_to_text, follow))
        if there != here:
            lost, come = (there - here).total(), (here - there).total()
            yield f"its {what} are made anew from its facts: {lost} are not taken over, {come} come instead"


def _bare(edge: Any) -> Any:
    return {name: edge[name] for name in edge if name != "key"} if isinstance(edge, dict) else edge


def _to_text(item: Any) -> str:
    return json.dumps(item, sort_keys=True)


def _skip(path: str, reason: str) -> Skipped:
    """Something that is not taken over. The reason may quote what comes from outside."""
    return Skipped(path, 0, reason[:1000].encode("utf-8", "backslashreplace").decode(), "")
