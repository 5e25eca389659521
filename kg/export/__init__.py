"""The graph as files, for other tools: one dict of formats, each a writer of bytes from a store.

A writer takes the store and yields the pieces of one file, or the names of files with their pieces;
`files` puts them in place. So a writer knows nothing of paths, and any of them can write to a pipe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kg.errors import OutputError
from kg.export import bibtex, neo4j, networks, obsidian, rdf, tables
from kg.files import write_file, write_folder
from kg.store import MASTER, Store

__all__ = ["FORMATS", "File", "Folder", "export", "find_format"]


@dataclass(frozen=True, slots=True)
class File:
    """A format of one file: its usual name, what it is for, and its writer."""

    target: str
    help: str
    write: Callable[[Store], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Folder:
    """A format of several files; `listed` where their names follow from the graph."""

    target: str
    help: str
    write: Callable[[Store], Iterable[tuple[str, Iterable[bytes]]]]
    listed: bool = False


FORMATS: Mapping[str, File | Folder] = {
    "turtle": File("graph.ttl", "Turtle: all statements, to read", rdf.to_turtle),
    "ntriples": File("graph.nt", "N-Triples: all statements, a line each", rdf.to_ntriples),
    "nquads": File(MASTER, "N-Quads: with the graph that each statement stands in", rdf.to_nquads),
    "trig": File("graph.trig", "TriG: Turtle, graph by graph", rdf.to_trig),
    "jsonld": File("graph.jsonld", "JSON-LD with our context, graph by graph", rdf.to_jsonld),
    "rdfxml": File("graph.rdf", "RDF/XML: all statements", rdf.to_rdfxml),
    "csv": Folder("tables", "Tables as CSV: papers, entities, results, evidence, …", tables.to_csv),
    "parquet": Folder("parquet", "The same tables as Parquet", tables.to_parquet),
    "neo4j": Folder("neo4j", "CSV for Neo4j's importer, and a Cypher script that loads it", neo4j.to_neo4j),
    "graphml": File("graph.graphml", "GraphML: the network, for yEd and igraph", networks.to_graphml),
    "gexf": File("graph.gexf", "GEXF: the network, coloured, for Gephi", networks.to_gexf),
    "nodelink": File("graph.json", "Node-link JSON: the network, and all facts", networks.to_nodelink),
    "cytoscape": File("graph.cyjs", "Cytoscape JSON: the network", networks.to_cytoscape),
    "bibtex": File("papers.bib", "BibTeX of the papers", bibtex.to_bibtex),
    "obsidian": Folder("vault", "A vault of linked notes for Obsidian", obsidian.to_vault, listed=True),
}
"""What `kg export --format` takes."""


def find_format(name: str) -> File | Folder:
    """The format of this name. Raises `OutputError` where there is none."""
    if name not in FORMATS:
        raise OutputError(f"no format {name!r}; there are {', '.join(FORMATS)}")
    return FORMATS[name]


def export(store: Store, name: str, path: Path) -> Path:
    """Writes the graph to `path` in one of `FORMATS`, and returns the path; raises `OutputError`.

    The master that a build published is left as it is.
    """
    format = find_format(name)
    if name == "nquads" and store.is_master(path):
        return path
    if isinstance(format, File):
        return write_file(path, format.write(store))
    return write_folder(path, format.write(store), listed=format.listed)
