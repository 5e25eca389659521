"""What people decided about names, in a file that they may edit: `DIR/overrides.csv`.

    decision,type,name,into
    merge,method,Group RPO,GRPO
    split,benchmark,Math,

`merge`: all that is called `name` is the thing that is called `into`. `split`: where a paper writes a
thing exactly `name`, and in no other way, that is a thing by itself. The order of the lines does not
matter; none is a comment, since the commands write the file anew.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TextIO, cast, get_args

from kg.errors import SourceError
from kg.model import ENTITY_TYPES, EntityType

__all__ = ["OVERRIDES", "Override", "read_overrides", "to_csv"]

OVERRIDES = "overrides.csv"
"""The name of the file, in the folder of the graph."""

Decision = Literal["merge", "split"]


@dataclass(frozen=True, slots=True, order=True)
class Override:
    """One decision about a name of one type; `into` is empty for a split, `line` is where it was read."""

    decision: Decision
    type: EntityType
    name: str
    into: str = ""
    line: int = field(default=0, compare=False)


_COLUMNS = ["decision", "type", "name", "into"]


def read_overrides(path: Path) -> tuple[Override, ...]:
    """The decisions in a file, sorted, each once; none where there is no file.

    Raises `SourceError` with the line that cannot be read, or the two that contradict each other.
    """
    if path.exists() and not path.is_file():
        raise SourceError(f"{path} cannot be read: it is no file")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            found = _refuse_contradictions(_read_rows(file, path), path)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{path} cannot be read: it is no CSV in UTF-8") from error
    return tuple(sorted(found))


def _read_rows(file: TextIO, path: Path) -> list[Override]:
    """Each decision once, with its first line."""
    rows, line = csv.DictReader(file, strict=True), 1
    found: dict[Override, None] = {}
    try:
        if rows.fieldnames not in (None, _COLUMNS):
            raise SourceError(f"{path}:1: not the four columns {','.join(_COLUMNS)}")
        line = rows.line_num + 1
        for row in rows:
            found.setdefault(_parse(row, path, rows.line_num))
            line = rows.line_num + 1
    except csv.Error as error:
        raise SourceError(f"{path}:{line}: it is no CSV: {error}") from error
    return list(found)


def _refuse_contradictions(found: list[Override], path: Path) -> list[Override]:
    """Raises `SourceError` where a name is merged into two, or a merge leads back to where it began."""
    merged: dict[tuple[EntityType, str], Override] = {}
    for each in found:
        if each.decision == "split":
            continue
        former = merged.setdefault((each.type, each.name), each)
        if former is not each:
            raise SourceError(
                f"{path}:{former.line} and {each.line}: the {each.type} {each.name!r} is merged into "
                f"{former.into!r} and into {each.into!r}; keep one of the two lines"
            )
        last: Override | None = each
        while last and last.into != each.name:
            last = merged.get((each.type, last.into))
        if last:
            places = f"{last.line} and {each.line}" if last is not each else f"{each.line}"
            raise SourceError(f"{path}:{places}: {each.name!r} is merged into itself; take a line out")
    return found


def _parse(row: dict[str, str], path: Path, line: int) -> Override:
    place = f"{path}:{line}"
    if None in row or None in row.values():
        raise SourceError(f"{place}: not the four columns {','.join(_COLUMNS)}")
    decision, type, name, into = (row[column].strip() for column in _COLUMNS)
    if decision.casefold() not in get_args(Decision):
        known = ", ".join(get_args(Decision))
        raise SourceError(f"{place}: no decision {decision!r}; there are {known}")
    if type.casefold() not in ENTITY_TYPES:
        raise SourceError(f"{place}: no type {type!r}; there are {', '.join(ENTITY_TYPES)}")
    if not name or (decision.casefold() == "merge") != bool(into):
        raise SourceError(f"{place}: a merge needs a name and what it goes into, a split a name alone")
    return Override(cast(Decision, decision.casefold()), cast(EntityType, type.casefold()), name, into, line)


def to_csv(overrides: Iterable[Override]) -> str:
    """The file's text, sorted, each decision once; empty without any."""
    rows = sorted(set(overrides))
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    if rows:
        table.writerow(_COLUMNS)
    table.writerows((each.decision, each.type, each.name, each.into) for each in rows)
    return text.getvalue()
