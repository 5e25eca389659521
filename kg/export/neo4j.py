"""The graph for Neo4j 5: CSV files with the headers of its importer, and the two scripts that load them.

Every node has the label Resource and one of its own (Paper, Model, Result, Mention, …), and its IRI as
key. Relationships are those of `kg.network` (PROPOSES, EVALUATES_ON, …), with the summary that states
them, its day, and the words; and those that lead to the evidence: ABOUT, STATED_IN, EVIDENCE,
REFERS_TO, HAS_SOURCE. Which files there are does not depend on the graph.

LOAD CSV takes a backslash within quotes for an escape, unless the server is told otherwise; the importer
does so only if it is told to. So backslashes are doubled, within quotes, and `import.sh` tells it. The
items of a list stand between U+001F, which no text holds; so do two labels.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kg.export.rows import TABLES, Kind, Row, Tables
from kg.export.tables import to_csv_line
from kg.model import ENTITY_TYPES, PAPER_ROLES
from kg.store import Store
from kg.vocabulary import SLOTS

__all__ = ["to_neo4j"]

_BETWEEN = "\x1f"
_TABLES = {table.name: table for table in TABLES}
_GROUPS = {"entities": "type", "edges": "relation"}
"""Tables that become a file for each value of a column."""

_TYPES: Mapping[Kind, tuple[str, str]] = {
    "text": ("", "{}"),
    "list": (":string[]", r"split({}, '\u001F')"),
    "integer": (":long", "toInteger({})"),
    "number": (":double", "toFloat({})"),
    "day": (":date", "date({})"),
}
"""How a header names the type of a property, and how Cypher makes it of text."""

_CONSTRAINT = """\
// Loads the files beside this one from the import folder of a Neo4j 5 server:
//     cypher-shell -d DATABASE -f load.cypher
// It adds and updates; it removes nothing. A new database is filled faster by import.sh.
CREATE CONSTRAINT kg_resource_iri IF NOT EXISTS FOR (n:Resource) REQUIRE n.iri IS UNIQUE;
"""
_IMPORT = """\
#!/bin/sh
# Fills a new Neo4j 5 database, on its server, from the files beside this one: sh import.sh DATABASE
cd -- "$(dirname -- "$0")" &&
exec neo4j-admin database import full "$@" \\
  --legacy-style-quoting=true --multiline-fields=true --array-delimiter=U+001F"""


@dataclass(frozen=True, slots=True)
class _File:
    """The nodes with one label, or the relationships of one type: the table that they come from (and
    its group), the columns that become properties, and of relationships those of their two ends.
    """

    label: str
    table: str
    group: str = ""
    properties: tuple[str, ...] = ()
    ends: tuple[str, str] | None = None

    @property
    def name(self) -> str:
        """`nodes-open-question.csv`, `relationships-evaluates-on.csv`."""
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", self.label).replace("_", "-").lower()
        return f"{'relationships' if self.ends else 'nodes'}-{words}.csv"

    @property
    def columns(self) -> dict[str, Kind]:
        """The properties with their kinds."""
        kinds = _TABLES[self.table].columns
        return {name: kinds[name] for name in self.properties}

    @property
    def header(self) -> tuple[str, ...]:
        """What the file calls its columns; the iri of a node is its id."""
        names = (name + _TYPES[kind][0] for name, kind in self.columns.items())
        return (":START_ID", ":END_ID", *names, ":TYPE") if self.ends else ("iri:ID", *names, ":LABEL")


def _nodes() -> Iterator[_File]:
    labels = {
        "papers": "Paper",
        "summaries": "Summary",
        "authors": "Author",
        "results": "Result",
        "questions": "OpenQuestion",
        "evidence": "Mention",
    }
    for table, label in labels.items():
        yield _File(label, table, "", _own(table))
    for type in ENTITY_TYPES:
        yield _File(type.capitalize(), "entities", type, _own("entities"))


def _own(table: str) -> tuple[str, ...]:
    """The columns of a table that no relationship says."""
    return tuple(name for name in _TABLES[table].columns if not re.search(r"(^|_)iris?$", name))


def _relationships() -> Iterator[_File]:
    ends = ("source_iri", "target_iri")
    for relation in (*PAPER_ROLES, "leavesOpen", "creator", "states", *SLOTS):
        yield _File(_to_type(relation), "edges", relation, ("summary_iri", "paper", "day", "words"), ends)
    for relation in ("isVersionOf", "isPartOf", "broader"):
        yield _File(_to_type(relation), "edges", relation, ends=ends)
    yield _File("ABOUT", "summaries", ends=("iri", "paper_iri"))
    yield _File("STATED_IN", "results", ends=("iri", "summary_iri"))
    yield _File("EVIDENCE", "evidence", ends=("statement_iris", "iri"))
    yield _File("REFERS_TO", "evidence", ends=("iri", "refers_to_iri"))
    yield _File("HAS_SOURCE", "evidence", ends=("iri", "summary_iri"))


def _to_type(relation: str) -> str:
    """`evaluatesOn` → `EVALUATES_ON`."""
    return re.sub(r"(?=[A-Z])", "_", relation).upper()


_NODES = tuple(_nodes())
_RELATIONSHIPS = tuple(_relationships())


def to_neo4j(store: Store) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Nodes and relationships, `load.cypher` for a running server, and `import.sh` for a new database."""
    tables = Tables(store)
    groups = {table: _group(_TABLES[table].rows(tables), column) for table, column in _GROUPS.items()}
    for file in _NODES + _RELATIONSHIPS:
        rows = groups[file.table][file.group] if file.group else _TABLES[file.table].rows(tables)
        yield file.name, _to_lines(file, rows)
    yield "load.cypher", [_to_cypher().encode()]
    yield "import.sh", [_to_import().encode()]


def _group(rows: Iterable[Row], column: str) -> Mapping[str, list[Row]]:
    groups = defaultdict[str, list[Row]](list)
    for row in rows:
        groups[str(row[column])].append(row)
    return groups


def _to_lines(file: _File, rows: Iterable[Row]) -> Iterator[bytes]:
    yield to_csv_line(file.header)
    label = file.label if file.ends else f"Resource{_BETWEEN}{file.label}"
    for row in rows:
        own = [_to_cell(row.get(name)) for name in file.properties]
        for ends in _ends(row, *file.ends) if file.ends else [[row["iri"]]]:
            yield to_csv_line([*map(_to_cell, ends), *own, label])


def _ends(row: Row, start: str, end: str) -> list[list[str | list[str]]]:
    """Where a row's relationships start and end: one, or one for each item of the start."""
    starts = row[start]
    return [[each, row[end]] for each in (starts if isinstance(starts, list) else [starts])]


def _to_cell(value: str | list[str] | None) -> str:
    text = _BETWEEN.join(value) if isinstance(value, list) else value or ""
    return text.replace("\\", "\\\\")


def _to_cypher() -> str:
    return "\n".join(
        [_CONSTRAINT, *map(_to_load_nodes, _NODES), *map(_to_load_relationships, _RELATIONSHIPS)]
    )


def _to_load_nodes(file: _File) -> str:
    return _to_load(file, "MERGE (n:Resource {iri: row.`iri:ID`})", [f"n:{file.label}", *_assign("n", file)])


def _to_load_relationships(file: _File) -> str:
    """A summary states a relationship once; a relationship without a summary is there once."""
    key = " {summary_iri: row.summary_iri}" if "summary_iri" in file.properties else ""
    merge = (
        "MATCH (a:Resource {iri: row.`:START_ID`})\n  MATCH (b:Resource {iri: row.`:END_ID`})\n"
        f"  MERGE (a)-[r:{file.label}{key}]->(b)"
    )
    return _to_load(file, merge, _assign("r", file))


def _assign(variable: str, file: _File) -> Iterator[str]:
    for name, kind in file.columns.items():
        header, conversion = _TYPES[kind]
        yield f"{variable}.{name} = {conversion.format(f'row.`{name}{header}`')}"


def _to_load(file: _File, merge: str, assignments: Iterable[str]) -> str:
    set = ",\n    ".join(assignments)
    return (
        f"LOAD CSV WITH HEADERS FROM 'file:///{file.name}' AS row\nCALL {{\n  WITH row\n  {merge}\n"
        + (f"  SET {set}\n" if set else "")
        + "} IN TRANSACTIONS OF 10000 ROWS;\n"
    )


def _to_import() -> str:
    nodes = (f"--nodes={file.name}" for file in _NODES)
    relationships = (f"--relationships={file.name}" for file in _RELATIONSHIPS)
    return " \\\n  ".join([_IMPORT, *nodes, *relationships]) + "\n"
