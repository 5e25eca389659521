"""The graph as a network, for Gephi, yEd, Cytoscape and NetworkX: the nodes and edges of `kg.network`.

All four formats hold the same nodes by the same IRIs, with the same attributes, and the same edges in
the same order. XML has no place for some control characters: a `\\ufffd` stands for each. Node-link
JSON holds, beside the network, the facts that the whole graph follows from.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any

from kg.records import to_record
from kg.store import Store

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["to_cytoscape", "to_gexf", "to_graphml", "to_nodelink"]

_COLOURS = {
    "paper": "#5b6472",
    "author": "#8a7a5c",
    "model": "#0072b2",
    "method": "#c4500a",
    "dataset": "#00805c",
    "benchmark": "#b0468a",
    "metric": "#2b8fc4",
    "task": "#a87000",
    "result": "#8a909b",
    "question": "#8a909b",
}
"""What a type of nodes is drawn in, as in the picture of `kg view`."""

_NOT_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
"""What XML 1.0 has no place for, or (a carriage return) reads as something else."""

_CHANGING = re.compile(rb'(?<=<meta) lastmodifieddate="[^"]*"|(?<=<creator>NetworkX) [^<]*| name=""')
"""In the head of a GEXF file: the day of writing, the writer's version, an attribute that GEXF has not."""


def to_graphml(store: Store) -> Iterator[bytes]:
    """The network as GraphML; attributes go by their names, edges by their numbers."""
    import networkx as nx

    file = BytesIO()
    nx.write_graphml_xml(_to_xml_safe(_to_network(store)), file, named_key_ids=True)
    yield file.getvalue() + b"\n"


def to_gexf(store: Store) -> Iterator[bytes]:
    """The network as GEXF 1.2, with a colour for each type, and a size by the number of edges."""
    import networkx as nx

    graph = _to_xml_safe(_to_network(store))
    for node, edges in graph.degree():
        graph.nodes[node]["viz"] = _to_viz(graph.nodes[node]["type"], edges)
    for *_, data in graph.edges(data=True):
        data["label"] = data["relation"]
    file = BytesIO()
    nx.write_gexf(graph, file)
    head, mark, body = file.getvalue().partition(b"<attributes")
    yield _CHANGING.sub(b"", head) + mark + body + b"\n"


def _to_network(store: Store) -> nx.MultiDiGraph:
    from kg.network import to_networkx

    return to_networkx(store)


def _to_viz(type: str, edges: int) -> dict[str, Any]:
    red, green, blue = bytes.fromhex(_COLOURS[type][1:])
    size = round(4 + 4 * math.log2(1 + edges), 1)
    return {"color": {"r": red, "g": green, "b": blue, "a": 1.0}, "size": size}


def _to_xml_safe(graph: nx.MultiDiGraph) -> nx.MultiDiGraph:
    """The same network, its edges numbered across all of it, its texts as XML can hold them."""
    safe = graph.__class__()
    safe.add_nodes_from((node, _clean(data)) for node, data in graph.nodes(data=True))
    edges = enumerate(graph.edges(data=True))
    safe.add_edges_from((source, target, number, _clean(data)) for number, (source, target, data) in edges)
    return safe


def _clean(data: dict[str, Any]) -> dict[str, Any]:
    return {name: _NOT_XML.sub("\ufffd", v) if isinstance(v, str) else v for name, v in data.items()}


def to_nodelink(store: Store) -> Iterator[bytes]:
    """The network as `networkx.node_link_graph(json, edges="edges")` reads it; and all facts.

    `graph` holds `format` ("kg"), the `base` of the IRIs, and `facts`: the records of `kg.records`.
    """
    graph = _to_network(store)
    yield b'{"directed": true,\n"multigraph": true,\n"graph": {"format": "kg",\n"base": '
    yield _to_json(store.names.base) + b',\n"facts": '
    yield from _to_array(map(to_record, store.facts()))
    yield b'},\n"nodes": '
    yield from _to_array({"id": node, **data} for node, data in graph.nodes(data=True))
    edges = graph.edges(keys=True, data=True)
    yield b',\n"edges": '
    yield from _to_array({"source": s, "target": t, "key": key, **data} for s, t, key, data in edges)
    yield b"}\n"


def to_cytoscape(store: Store) -> Iterator[bytes]:
    """The network as Cytoscape and `networkx.cytoscape_graph` read it.

    There `name` is what is shown, `interaction` an edge's relation, and `value` the node itself: the
    value of a result is its `resultValue`.
    """
    graph = _to_network(store)
    yield b'{"data": {"name": "kg"},\n"directed": true,\n"multigraph": true,\n"elements": {"nodes": '
    yield from _to_array({"data": _to_element(node, data)} for node, data in graph.nodes(data=True))
    yield b',\n"edges": '
    yield from _to_array(
        {"data": {"id": f"e{n}", "source": s, "target": t, "key": key, "interaction": d["relation"], **d}}
        for n, (s, t, key, d) in enumerate(graph.edges(keys=True, data=True))
    )
    yield b"}}\n"


def _to_element(node: str, data: dict[str, Any]) -> dict[str, Any]:
    renamed = {"resultValue" if name == "value" else name: value for name, value in data.items()}
    return {"id": node, "value": node, "name": data["label"], **renamed}


def _to_array(items: Iterable[Any]) -> Iterator[bytes]:
    """A JSON array, an item a line."""
    mark = b"["
    for item in items:
        yield mark + b"\n" + _to_json(item)
        mark = b","
    yield b"\n]" if mark == b"," else b"[]"


def _to_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
