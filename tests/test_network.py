"""The graph as NetworkX: plain attributes that every writer takes, and words on the edges."""

from __future__ import annotations

import json
import re
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given, settings
from stores import store_of
from strategies import facts
from test_graph import whole

from kg.build import build
from kg.export.bibtex import to_bibtex
from kg.export.obsidian import to_vault
from kg.export.rows import Tables
from kg.lookup import find
from kg.model import Entity, Evidence, Facts, Field, Mention, Paper, Summary
from kg.network import to_networkx
from kg.store import open_store
from kg.views.cards import derive_cards
from kg.views.scene import derive_scene


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> nx.MultiDiGraph:
    folder = tmp_path_factory.mktemp("example")
    build([], folder)
    with open_store(folder) as store:
        return to_networkx(store)


@given(facts())
@settings(max_examples=30)
def test_attributes_are_plain(found: Facts) -> None:
    graph = to_networkx(whole([found]))
    for *_, data in [*graph.nodes(data=True), *graph.edges(data=True)]:
        assert all(type(value) in (str, int, float) for value in data.values())
    assert json.loads(json.dumps(nx.node_link_data(graph, edges="edges")))


def test_every_writer_takes_it(network: nx.MultiDiGraph, tmp_path: Path) -> None:
    nx.write_graphml(network, tmp_path / "g.graphml")
    nx.write_gexf(network, tmp_path / "g.gexf")
    nx.write_gml(network, tmp_path / "g.gml")
    with pytest.warns(UserWarning, match="is not processed"):
        nx.write_pajek(network, tmp_path / "g.net")
    nx.write_adjlist(network, tmp_path / "g.adj")
    nx.write_edgelist(network, tmp_path / "g.edges")
    json.dumps(nx.cytoscape_data(network))
    back = nx.read_graphml(tmp_path / "g.graphml", force_multigraph=True)
    assert set(back) == set(network)
    assert back.number_of_edges() == network.number_of_edges()


def test_edges_carry_their_words(network: nx.MultiDiGraph) -> None:
    for _, _, data in network.edges(data=True):
        assert data["words"] or data["relation"] in ("isVersionOf", "isPartOf", "broader")
        assert data["day"] == ("2024-10-01" if data["words"] else "")


@pytest.mark.parametrize("field", ["title", "abstract"])
@pytest.mark.parametrize("first", ["GLUE", "glue"])
def test_the_words_of_an_edge_are_the_first_title_before_abstract(
    field: Field, first: str, tmp_path: Path
) -> None:
    """Whatever their letters, and however far into the title; both spellings are one benchmark."""
    other = first.swapcase()
    texts: dict[Field, str] = {"title": "A title", "abstract": f"{other} {first}"}
    texts[field] = f"Far into it stands {first}, or {other}."
    summary = Summary(Paper("2401.00001"), "digest", "2024-01-01", texts["title"], texts["abstract"], "")
    named = sorted(
        Mention(Evidence(where, start, start + 4, word), "uses", "kg_entities", 9)
        for where, text in texts.items()
        for word in (first, other)
        if (start := text.find(word)) >= 0
    )
    with store_of([Facts(summary, "f", (Entity("benchmark", tuple(named)),))], tmp_path) as store:
        ((*_, data),) = to_networkx(store).edges(data=True)
        (row,) = Tables(store).edges()
    assert data["words"] == row["words"] == first


def test_it_comes_sorted(network: nx.MultiDiGraph) -> None:
    assert list(network) == sorted(network)
    edges = [(s, t, d["relation"]) for s, t, d in network.edges(data=True)]
    assert {d["type"] for _, d in network.nodes(data=True)} >= {"paper", "author", "method", "result"}
    assert edges == sorted(edges, key=lambda edge: edge[0])


def test_a_paper_is_called_as_its_first_summary_calls_it(tmp_path: Path) -> None:
    """The first by day, whatever its source; of those of one day, the first by source."""
    told = [
        ("a", "2024-01-02", "Alpha: the day after"),
        ("x/y", "2024-01-01", "Beta: the same day"),
        ("x-y", "2024-01-01", "Zeta: the first"),
    ]
    found = [
        Facts(Summary(Paper("2401.00001"), source, day, title, "A text.", ""), "mine")
        for source, day, title in told
    ]
    with store_of(found, tmp_path) as store:
        network, scene = to_networkx(store), derive_scene(store)
        cards = derive_cards(store, scene)
        (row,) = Tables(store).papers()
        bibtex = b"".join(to_bibtex(store)).decode()
        notes = {name: b"".join(pieces).decode() for name, pieces in to_vault(store)}
        hits = find(store, "2401.00001")
    titles = ["Zeta: the first", "Beta: the same day", "Alpha: the day after"]
    assert [data["label"] for _, data in network.nodes(data=True)] == titles[:1]
    assert [node.label for node in scene.nodes] == titles[:1]
    assert [summary["title"] for summary in cards["papers"][0]] == [[[title]] for title in titles]
    assert row["title"] == titles[0]
    assert re.findall("title = {{(.*)}}", bibtex) == titles[:1]
    assert "# Zeta: the first\n" in notes["papers/2401.00001 Zeta the first.md"]
    assert [hit.label for hit in hits] == titles[:1]
