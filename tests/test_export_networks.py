"""GraphML, GEXF, node-link and Cytoscape JSON hold the network, read back by other parsers."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from conftest import need
from hostile import NAMES, export_twice, hostile_facts
from lxml import etree
from sample_graph import sample_facts
from stores import count_reads, passing_store_of, store_of, with_500_summaries

from kg.build import build
from kg.export import networks
from kg.model import Facts
from kg.network import to_networkx
from kg.records import from_record
from kg.store import Store, open_store

Data = dict[str, Any]
Nodes = dict[str, Data]
Edges = list[tuple[str, str, Data]]

CAST: dict[str | None, Any] = {"string": str, "double": float, "long": int}
PALETTE = Path(networks.__file__).parents[1] / "views" / "picture.css"


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("example")
    build([], folder)
    with open_store(folder) as store:
        yield store


def network(store: Store) -> tuple[Nodes, Edges]:
    graph = to_networkx(store)
    return dict(graph.nodes(data=True)), list(graph.edges(data=True))


def text(store: Store, format: str) -> bytes:
    return b"".join(getattr(networks, f"to_{format}")(store))


# By lxml and json


def read_graphml(content: bytes) -> tuple[Nodes, Edges, list[str]]:
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False))
    space = {"g": "http://graphml.graphdrawing.org/xmlns"}
    keys = {key.get("id"): key for key in root.findall("g:key", space)}

    def data(element: Any) -> Data:
        cells = element.findall("g:data", space)
        assert all(keys[cell.get("key")].get("for") == etree.QName(element).localname for cell in cells)
        found = ((keys[cell.get("key")], cell.text or "") for cell in cells)
        return {key.get("attr.name"): CAST[key.get("attr.type")](value) for key, value in found}

    (graph,) = root.findall("g:graph", space)
    assert graph.get("edgedefault") == "directed"
    edges = graph.findall("g:edge", space)
    return (
        {node.get("id"): data(node) for node in graph.findall("g:node", space)},
        [(edge.get("source"), edge.get("target"), data(edge)) for edge in edges],
        [edge.get("id") for edge in edges],
    )


def read_gexf(content: bytes) -> tuple[Nodes, Edges, list[str]]:
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False))
    space = {"g": "http://www.gexf.net/1.2draft"}
    titles = {a.get("id"): a for a in root.iterfind(".//g:attribute", space)}

    def data(element: Any) -> Data:
        cells = ((titles[v.get("for")], v.get("value")) for v in element.iterfind(".//g:attvalue", space))
        return {a.get("title"): CAST[a.get("type")](value) for a, value in cells}

    edges = root.findall(".//g:edge", space)
    nodes = {n.get("id"): {"label": n.get("label"), **data(n)} for n in root.iterfind(".//g:node", space)}
    found = [(edge.get("source"), edge.get("target"), data(edge)) for edge in edges]
    for edge, (_, _, attributes) in zip(edges, found, strict=True):
        assert edge.get("label") == attributes["relation"]
        assert str(attributes.pop("networkx_key")) == edge.get("id")
    return nodes, found, [edge.get("id") for edge in edges]


def read_nodelink(content: bytes) -> tuple[Nodes, Edges, list[str]]:
    read = json.loads(content)
    edges = [(edge.pop("source"), edge.pop("target"), edge) for edge in read["edges"]]
    keys = [f"{source} {target} {edge.pop('key')}" for source, target, edge in edges]
    return {node.pop("id"): node for node in read["nodes"]}, edges, keys


def read_cytoscape(content: bytes) -> tuple[Nodes, Edges, list[str]]:
    elements = json.loads(content)["elements"]
    nodes, edges, ids = {}, [], []
    for data in (element["data"] for element in elements["nodes"]):
        ids.append(data["id"])
        assert data.pop("value") == data["id"]
        assert data.pop("name") == data["label"]
        if "resultValue" in data:
            data["value"] = data.pop("resultValue")
        nodes[data.pop("id")] = data
    for data in (element["data"] for element in elements["edges"]):
        ids.append(data.pop("id"))
        assert data.pop("interaction") == data["relation"]
        del data["key"]
        edges.append((data.pop("source"), data.pop("target"), data))
    assert all(isinstance(id, str) for id in ids)
    return nodes, edges, ids


READERS = {
    "graphml": read_graphml,
    "gexf": read_gexf,
    "nodelink": read_nodelink,
    "cytoscape": read_cytoscape,
}


def check(store: Store) -> None:
    """Each file holds the nodes and edges of the network, in order; ids are unique; facts come back."""
    expected = network(store)
    for format, read in READERS.items():
        nodes, edges, ids = read(text(store, format))
        assert (nodes, edges) == expected, format
        assert list(nodes) == list(expected[0])
        assert len(set(ids)) == len(ids)
    graph = json.loads(text(store, "nodelink"))["graph"]
    assert graph.keys() == {"format", "base", "facts"}
    assert (graph["format"], graph["base"]) == ("kg", store.names.base)
    assert [from_record(record) for record in graph["facts"]] == list(store.facts())


@with_500_summaries
def test_networks_hold_what_500_summaries_say(found: list[Facts]) -> None:
    with passing_store_of(found) as store:
        check(store)


def test_networks_hold_what_the_example_says(example: Store) -> None:
    nodes, edges = network(example)
    assert len(nodes) > 100
    assert len(edges) > 100
    check(example)


def test_hostile_text_survives(tmp_path: Path) -> None:
    found = [hostile_facts(name, f"2401.{number:05}") for number, name in enumerate(NAMES)]
    with store_of(found, tmp_path) as store:
        check(store)
        assert {name.replace(",", ";") for name in NAMES} <= {
            data["words"] for *_, data in read_graphml(text(store, "graphml"))[1]
        }


def test_facts_are_written_as_they_are_read(example: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = count_reads(monkeypatch, "facts")
    counts = [0, *(taken() for _ in networks.to_nodelink(example))]
    assert counts[-1] == example.count() > 5
    assert max(after - before for before, after in pairwise(counts)) == 1


def test_a_graph_without_papers_is_a_network_too(tmp_path: Path) -> None:
    with store_of([], tmp_path) as store:
        assert network(store) == ({}, [])
        check(store)


@pytest.mark.parametrize("character", ["\x00", "\x0b", "\x1f", "\r", "\ufffe", "\uffff"])
def test_what_xml_cannot_hold_is_seen_to_be_missing(character: str, tmp_path: Path) -> None:
    with store_of([hostile_facts(f"a{character}b")], tmp_path) as store:
        for format in ("graphml", "gexf"):
            nodes, *_ = READERS[format](text(store, format))
            assert {data["label"] for data in nodes.values()} == {"a\ufffdb"}
        for format in ("nodelink", "cytoscape"):
            nodes, *_ = READERS[format](text(store, format))
            assert {data["label"] for data in nodes.values()} == {f"a{character}b"}


# By NetworkX


def test_networkx_reads_graphml(example: Store) -> None:
    nodes, edges = network(example)
    read = nx.read_graphml(BytesIO(text(example, "graphml")), force_multigraph=True)
    assert dict(read.nodes(data=True)) == nodes
    assert list(read.edges(data=True)) == edges
    assert sorted(key for *_, key in read.edges(keys=True)) == list(range(len(edges)))


def test_networkx_reads_gexf(example: Store) -> None:
    nodes, edges = network(example)
    read = nx.read_gexf(BytesIO(text(example, "gexf")))
    assert {node: without(data, "viz") for node, data in read.nodes(data=True)} == nodes
    assert [(s, t, without(data, "id", "label")) for s, t, data in read.edges(data=True)] == edges


def test_networkx_reads_nodelink(example: Store) -> None:
    expected = to_networkx(example)
    read = nx.node_link_graph(json.loads(text(example, "nodelink")), edges="edges")
    read.graph.clear()
    assert nx.node_link_data(read, edges="edges") == nx.node_link_data(expected, edges="edges")


def test_networkx_reads_cytoscape(example: Store) -> None:
    expected = to_networkx(example)
    read = nx.cytoscape_graph(json.loads(text(example, "cytoscape")))
    assert list(read) == list(expected)
    assert list(read.edges(keys=True)) == list(expected.edges(keys=True))
    values = {node: data["resultValue"] for node, data in read.nodes(data=True) if "resultValue" in data}
    assert values == {n: data["value"] for n, data in expected.nodes(data=True) if "value" in data}


def without(data: Data, *names: str) -> Data:
    return {name: value for name, value in data.items() if name not in names}


# For Gephi, and for the next day


def test_gexf_is_coloured_by_type_as_the_picture(example: Store) -> None:
    palette = dict(
        re.findall(r"--([a-z]+): (#[0-9a-f]{6})", PALETTE.read_text("utf-8").partition("@media")[0])
    )
    colours, sizes = {}, {}
    for node, data in nx.read_gexf(BytesIO(text(example, "gexf"))).nodes(data=True):
        colour = data["viz"]["color"]
        drawn = f"#{colour['r']:02x}{colour['g']:02x}{colour['b']:02x}"
        assert colours.setdefault(data["type"], drawn) == drawn
        sizes[node] = data["viz"]["size"]
    assert {type: c for type, c in colours.items() if type in palette} == {
        type: palette[type] for type in colours if type in palette
    }
    assert {"paper", "author", "method", "model"} <= palette.keys() & colours.keys()
    degree = dict(to_networkx(example).degree())
    assert sorted(sizes, key=lambda n: (sizes[n], n)) == sorted(degree, key=lambda n: (degree[n], n))


def test_gexf_tells_no_day_and_no_version(example: Store) -> None:
    head = text(example, "gexf").partition(b"<attributes")[0]
    assert b"lastmodifieddate" not in head
    assert b"<creator>NetworkX</creator>" in head


def test_xmllint_finds_no_fault(tmp_path: Path) -> None:
    need("xmllint", shutil.which("xmllint") is not None)
    with store_of([sample_facts(), *map(hostile_facts, NAMES[:1])], tmp_path) as store:
        for format in ("graphml", "gexf"):
            subprocess.run(["xmllint", "--noout", "-"], input=text(store, format), check=True)


def test_the_same_graph_gives_the_same_bytes(tmp_path: Path) -> None:
    build([], tmp_path / "graph")
    one, other = export_twice(tmp_path / "graph", tmp_path, *READERS)
    assert one == other
    assert set(one) == set(READERS)
