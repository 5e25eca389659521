"""What people decided about names, in a file that they may edit: `DIR/overrides.csv`.

    decision,type,name,into
    merge,method,Group RPO,GRPO
    split,benchmark,Math,

`merge`: all that is called `name` is the thing that is called `into`. `split`: what is written exactly
`name` is a thing by itself. The order of the lines does not matter.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Literal, get_args

from kg.errors import SourceError
from kg.model import ENTITY_TYPES, EntityType

__all__ = ["OVERRIDES", "Override", "read_overrides", "to_csv"]

OVERRIDES = "overrides.csv"
"""The name of the file, in the folder of the graph."""

Decision = Literal["merge", "split"]


@dataclass(frozen=True, slots=True, order=True)
class Override:
    """One decision about a name of one type; `into` is empty for a split."""

    decision: Decision
    type: EntityType
    name: str
    into: str = ""


_COLUMNS = [field.name for field in fields(Override)]


def read_overrides(path: Path) -> tuple[Override, ...]:
    """The decisions in a file, sorted, each once; none where there is no file.

    Raises `SourceError` with the line that cannot be read.
    """
    if path.exists() and not path.is_file():
        raise SourceError(f"{path} cannot be read: it is no file")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            if rows.fieldnames not in (None, _COLUMNS):
                raise SourceError(f"{path}:1: not the four columns {','.join(_COLUMNS)}")
            return tuple(sorted({_parse(row, f"{path}:{rows.line_num}") for row in rows}))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{path} cannot be read: it is no CSV in UTF-8") from error


def _parse(row: dict[str, str], place: str) -> Override:
    if None in row or None in row.values():
        raise SourceError(f"{place}: not the four columns {','.join(_COLUMNS)}")
    if row["decision"] not in get_args(Decision):
        known = ", ".join(get_args(Decision))
        raise SourceError(f"{place}: no decision {row['decision']!r}; there are {known}")
    if row["type"] not in ENTITY_TYPES:
        raise SourceError(f"{place}: no type {row['type']!r}; there are {', '.join(ENTITY_TYPES)}")
    if not row["name"] or (row["decision"] == "merge") != bool(row["into"]):
        raise SourceError(f"{place}: a merge needs a name and what it goes into, a split a name alone")
    return Override(**row)  # type: ignore[arg-type]


def to_csv(overrides: Iterable[Override]) -> str:
    """The file's text, sorted, each decision once; empty without any."""
    rows = sorted(set(overrides))
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    if rows:
        table.writerow(_COLUMNS)
    table.writerows(map(astuple, rows))
    return text.getvalue()
