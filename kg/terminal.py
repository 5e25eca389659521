"""How values look in a terminal: tables on standard output, messages and progress on standard error.

Text from digests is only ever shown: control and formatting characters become U+FFFD.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from rich import box
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

if TYPE_CHECKING:
    from kg.model import Skipped
    from kg.progress import Track
    from kg.queries import Table

__all__ = [
    "say",
    "say_skipped",
    "show_bytes",
    "show_heading",
    "show_table",
    "show_text",
    "to_count",
    "to_plain",
    "to_tracker",
]

T = TypeVar("T")

_GAP = 3
"""Cells between two columns."""

_NARROWEST = 10
"""Cells that a column needs for an id or a day."""


def to_plain(text: str) -> str:
    """Text that a terminal only shows."""
    return "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cf", "Cs") else c for c in text)


def to_count(number: int, one: str, many: str = "") -> str:
    """`1 paper`, `3,705 papers`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def say(message: str) -> None:
    """A line on standard error."""
    print(to_plain(message), file=sys.stderr)


def say_skipped(skipped: Iterable[Skipped], kept: Path | None = None) -> None:
    """The first few pieces that could not be read, how many more, and where all of them stand."""
    found = list(skipped)
    for each in found[:5]:
        say(f"Skipped {each.place}: {each.reason}")
    if len(found) > 5:
        say(f"… and {len(found) - 5} more.")
    if found and kept:
        say(f"What was skipped stands in {kept}.")


def to_tracker(quiet: bool) -> Track:
    """Shows progress where standard error is a terminal."""

    def track(items: Iterable[T], what: str, total: int) -> Iterable[T]:
        if quiet or not sys.stderr.isatty():
            return items
        from rich.progress import track as show

        return show(items, what, total, console=_console(error=True), transient=True)

    return track


def show_text(text: str) -> None:
    """Prints data as it is; on a terminal, without what a terminal would obey."""
    if sys.stdout.isatty():
        text = "\n".join(map(to_plain, text.split("\n")))
    print(text, end="")


def show_bytes(pieces: Iterable[bytes]) -> None:
    """Prints the pieces of a file; on a terminal, as `show_text` does."""
    if sys.stdout.isatty():
        show_text(b"".join(pieces).decode(errors="replace"))
        return
    sys.stdout.flush()
    sys.stdout.buffer.writelines(pieces)
    sys.stdout.buffer.flush()


def show_heading(text: str, kind: str = "") -> None:
    """A bold line, with what the thing is behind its name."""
    _write(Text(to_plain(text), style="bold"), f"  {to_plain(kind)}" if kind else "")


def show_table(table: Table) -> None:
    """Aligned columns under bold names, numbers to the right.

    Where a table is too wide and ends in a column of words, each row's words stand below it; where
    its columns would have to break ids and days, each row is a record.
    """
    width = _console().width
    natural = [max(map(cell_len, cells)) for cells in zip(table.columns, *table.rows, strict=True)]
    if table.columns[-1:] != ("words",) or _room(natural) <= width:
        _write(_grid(table, [None] * len(natural)))
    elif _room([min(each, _NARROWEST) for each in natural[:-1]]) > width:
        _show_records(table)
    else:
        _show_above_words(table, _fit(natural[:-1], width))


def _room(widths: list[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _show_above_words(table: Table, widths: list[int | None]) -> None:
    short = replace(table, columns=table.columns[:-1], rows=())
    _write(_grid(short, widths))
    for *cells, words in table.rows:
        row = _grid(replace(short, rows=(tuple(cells),)), widths, header=False)
        _write(row, _words(words))


def _show_records(table: Table) -> None:
    for number, (*cells, words) in enumerate(table.rows):
        if number:
            print()
        pairs = tuple((name, cell) for name, cell in zip(table.columns, cells, strict=False) if cell)
        _write(_grid(replace(table, columns=("", ""), rows=pairs), [None, None], header=False), _words(words))


def _words(text: str) -> Padding:
    return Padding(Text(to_plain(text), style="dim"), (0, 0, 0, 4))


def _fit(widths: list[int], room: int) -> list[int | None]:
    """The widths of columns, the widest narrowed until all fit into the room."""
    fitted = list(widths)
    while _room(fitted) > room and max(fitted) > _NARROWEST:
        fitted[fitted.index(max(fitted))] -= 1
    return [*fitted]


def _grid(table: Table, widths: list[int | None], header: bool = True) -> Grid:
    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold", show_header=header)
    for column, width in zip(table.columns, widths, strict=True):
        justify: Literal["left", "right"] = "right" if column in table.numeric else "left"
        grid.add_column(Text(to_plain(column)), justify=justify, overflow="fold", width=width)
    for row in table.rows:
        grid.add_row(*(Text(to_plain(cell)) for cell in row))
    return grid


def _console(error: bool = False) -> Console:
    console = Console(stderr=error, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = 10_000
    console.width = max(console.width, 40)
    return console


def _write(*parts: RenderableType) -> None:
    """Prints by way of a string: rich itself would leave with 1 where the reader has left."""
    console = _console()
    with console.capture() as captured:
        console.print(*parts, sep="")
    for line in captured.get().splitlines():
        print(line.rstrip())
