"""The graph as a picture: one HTML file that needs no other, drawn by vis-network.

pyvis holds the drawing (its `Network`, `Node` and `Edge`) and ships the vis-network file; the page
itself is ours, since pyvis' own loads from other hosts and lets labels run as scripts. All text
reaches the page as JSON, and the page shows it as text; its policy runs only the two scripts in it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kg.store import Store
from kg.views.cards import derive_cards
from kg.views.layout import derive_positions
from kg.views.scene import TYPES, Node, Scene, derive_scene
from kg.views.templates import load_template
from kg.vocabulary import slug

if TYPE_CHECKING:
    from pyvis.network import Network

__all__ = ["PICTURE", "Picture", "draw", "render_picture", "to_file_name", "to_network"]

PICTURE = "graph.html"
"""The file that a picture of the whole graph is written to."""

_SHAPES = {
    "paper": "square",
    "author": "triangle",
    "model": "dot",
    "method": "dot",
    "dataset": "diamond",
    "benchmark": "star",
    "metric": "triangleDown",
    "task": "hexagon",
}
"""No two types of a like colour have one shape, for those who see colours otherwise."""

_LARGEST = 28.0
_STAR = 1.4
"""A star covers less than a circle around it: it is drawn so much larger."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A page, whole; a notebook shows it in a frame."""

    html: str = field(repr=False)

    def _repr_html_(self) -> str:
        style = "width:100%;height:640px;border:1px solid #8884;border-radius:8px"
        return f'<iframe style="{style}" sandbox="allow-scripts" srcdoc="{escape(self.html)}"></iframe>'


def to_file_name(around: Sequence[str]) -> str:
    """What a picture's file is called; a name that no file can bear as it is has a hash behind it."""
    if not around:
        return PICTURE
    name = " ".join(around)
    plain = slug(name)
    if plain != name.lower().replace(" ", "-"):
        plain += f"-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"
    return f"around-{plain}.html"


def draw(store: Store, around: Sequence[str] = (), *, hops: int = 2, limit: int = 500) -> Picture:
    """A picture of the `limit` most important nodes, or of those around the things of some names.

    Raises `QueryError` where nothing has such a name.
    """
    scene = derive_scene(store, around, hops=hops, limit=limit)
    sizes = [_size(node) for node in scene.nodes]
    positions = derive_positions(sizes, [(edge.source, edge.target) for edge in scene.edges])
    return Picture(
        render_picture(to_network(scene, positions), scene, derive_cards(store, scene), store.names.base)
    )


def _size(node: Node) -> float:
    """A radius in pixels, whose area grows with the importance."""
    least = 7.0 if node.type == "paper" else 5.0
    size = min(_LARGEST, least + 1.6 * math.sqrt(node.importance))
    return round(size * _STAR if _SHAPES[node.type] == "star" else size, 1)


def to_network(scene: Scene, positions: Sequence[tuple[int, int]]) -> Network:
    """A scene as pyvis holds it: nodes by number, at fixed places, physics off.

    Fills pyvis' lists itself: `add_edge` looks through all nodes, and `from_nx` through all edges too.
    """
    from pyvis.edge import Edge
    from pyvis.network import Network
    from pyvis.node import Node as Dot

    network = Network(directed=True)
    network.toggle_physics(False)
    for number, (node, (x, y)) in enumerate(zip(scene.nodes, positions, strict=True)):
        shape = _SHAPES[node.type]
        dot = Dot(number, shape, node.label, group=node.type, x=x, y=y, size=_size(node), papers=node.papers)
        network.nodes.append(dot.options)
    for edge in scene.edges:
        line = Edge(edge.source, edge.target, relations=list(edge.relations))
        network.edges.append(line.options)
    return network


def render_picture(network: Network, scene: Scene, cards: dict[str, Any], base: str = "") -> str:
    """The page for a drawing: its nodes and edges, and the cards of its panel."""
    folder = Path(__file__).parent
    heading = ", ".join(scene.around) or "kg"
    script = (folder / "picture.js").read_text(encoding="utf-8")
    content = {
        "nodes": network.nodes,
        "edges": network.edges,
        "keys": [node.iri.removeprefix(base) for node in scene.nodes],
        "types": TYPES,
        "shapes": _SHAPES,
        "around": scene.around,
        "left_out": scene.left_out,
        **cards,
    }
    return load_template("picture.html", trim=False).render(
        title=heading if scene.around else "Knowledge graph",
        heading=heading,
        style=(folder / "picture.css").read_text(encoding="utf-8"),
        engine=_engine(),
        script=script,
        hashes=[_hash(_engine()), _hash(script)],
        data=_to_json(content),
    )


@cache
def _engine() -> str:
    """The vis-network script inside the installed pyvis."""
    libraries = files("pyvis").joinpath("templates", "lib")
    newest = max((each for each in libraries.iterdir() if each.name.startswith("vis-")), key=lambda v: v.name)
    return newest.joinpath("vis-network.min.js").read_text(encoding="utf-8").replace("\r\n", "\n")


def _hash(script: str) -> str:
    """What a Content Security Policy calls a script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _to_json(value: Any) -> str:
    """JSON that may stand inside a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
