"""The graph as tables for pandas, spreadsheets and databases: CSV and Parquet of one definition.

CSV is UTF-8 with a header, `\\n` at the ends of lines and RFC 4180's quotes. An empty cell is an
unknown value. A list is its items between ` | `; in an item, `\\` and `|` have a `\\` before them.
Numbers are exact, as the graph writes them. A spreadsheet runs a cell that starts with `=`, `+`, `-`,
`@`, a tab or a carriage return; so a cell that holds text has `'` before such a start, and before a `'`
there: whoever reads it takes one leading `'` away.

Parquet holds lists as lists, days as dates, and numbers as doubles, which is what pandas, DuckDB and
Arrow compute with. A double keeps 15 digits; `value_text` and the CSV keep all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import islice
from typing import Any

from kg.errors import OutputError
from kg.export.rows import TABLES, Kind, Row, Sheet, Tables
from kg.store import Store

__all__ = ["to_csv", "to_csv_line", "to_parquet"]

_GROUP = 50_000
"""Rows that Parquet keeps together: as many are in memory at once."""

_QUOTED = re.compile(r'[",\r\n\\]|^\s|\s$')
_RUN = re.compile(r"[=+\-@\t\r\n']")
_SPECIAL = re.compile(r"[\\|]")


def to_csv(store: Store) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Each table as one CSV file, in a stream."""
    tables = Tables(store)
    for table in TABLES:
        yield f"{table.name}.csv", _to_lines(table, table.rows(tables))


def _to_lines(table: Sheet, rows: Iterable[Row]) -> Iterator[bytes]:
    yield to_csv_line(table.columns)
    for row in rows:
        yield to_csv_line(_to_cell(row.get(name), kind) for name, kind in table.columns.items())


def _to_cell(value: str | list[str] | None, kind: Kind) -> str:
    if not value:
        return ""
    if isinstance(value, list):
        value = " | ".join(_SPECIAL.sub(r"\\\g<0>", item) for item in value)
    return f"'{value}" if kind in ("text", "list") and _RUN.match(value) else value


def to_csv_line(cells: Iterable[str]) -> bytes:
    """One line of CSV; a cell that needs quotes, or that some readers would strip, has them."""
    quoted = ('"' + cell.replace('"', '""') + '"' if _QUOTED.search(cell) else cell for cell in cells)
    return (",".join(quoted) + "\n").encode()


def to_parquet(store: Store) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Each table as one Parquet file. Raises `OutputError` where pyarrow is missing."""
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise OutputError("parquet needs pyarrow: pip install pyarrow") from error
    tables = Tables(store)
    for table in TABLES:
        yield f"{table.name}.parquet", [_to_file(table, table.rows(tables))]


_PLAIN: dict[Kind, Callable[[Any], Any]] = {
    "text": str,
    "list": list,
    "integer": int,
    "number": float,
    "day": date.fromisoformat,
}


def _to_file(table: Sheet, rows: Iterable[Row]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {
        "text": pa.string(),
        "list": pa.list_(pa.string()),
        "integer": pa.int64(),
        "number": pa.float64(),
        "day": pa.date32(),
    }
    schema = pa.schema([(name, types[kind]) for name, kind in table.columns.items()])
    sink = pa.BufferOutputStream()
    remaining = iter(rows)
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        while some := list(islice(remaining, _GROUP)):
            writer.write_table(pa.Table.from_pylist([_to_plain(row, table) for row in some], schema))
    return bytes(sink.getvalue())


def _to_plain(row: Row, table: Sheet) -> dict[str, Any]:
    kinds = table.columns
    return {name: _PLAIN[kinds[name]](value) for name, value in row.items() if name in kinds}
