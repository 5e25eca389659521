"""Answers that are too long, cut where a row ends, with what says so in the answer itself.

The rows of a SELECT are written by Oxigraph; here its text is cut. So each pattern below is of what
Oxigraph writes, not of all that a format allows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

import pyoxigraph as ox

from kg.serve.limits import Limits

__all__ = ["Results", "serialize_results"]

Results = Literal["json", "xml", "csv", "tsv"]


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a format writes rows: the end of its head, a row, what rows cannot be without, and its tail."""

    format: ox.QueryResultsFormat
    head: bytes
    row: bytes
    sign: bytes
    tail: bytes


_SHAPES: dict[Results, _Shape] = {
    "json": _Shape(
        ox.QueryResultsFormat.JSON,
        rb'"bindings":\[',
        rb'(?:[^"}]++|"(?:[^"\\]++|\\.)*+"|\}(?!,\{))*+\},',
        b"},{",
        b"]}}",
    ),
    "xml": _Shape(
        ox.QueryResultsFormat.XML,
        rb"<results>",
        rb"(?:[^<]++|<(?!/result>))*+</result>",
        b"</result>",
        b"</results></sparql>",
    ),
    "csv": _Shape(
        ox.QueryResultsFormat.CSV, rb"\A[^\n]*\n", rb'(?:[^"\n]++|"(?:[^"]++|"")*+")*+\n', b"\n", b""
    ),
    "tsv": _Shape(ox.QueryResultsFormat.TSV, rb"\A[^\n]*\n", rb"[^\n]*+\n", b"\n", b""),
}


class _Full(Exception):
    """More was written than is wanted."""


class _Buffer:
    """A binary file that takes some more than `size` bytes and then refuses."""

    def __init__(self, size: int) -> None:
        self.pieces: list[bytes] = []
        self.room = size

    def write(self, piece: bytes) -> int:
        if self.room < 0:
            raise _Full
        self.pieces.append(piece)
        self.room -= len(piece)
        return len(piece)

    def flush(self) -> None:
        pass


def serialize_results(
    answer: ox.QuerySolutions, format: Results, limits: Limits, more: str
) -> tuple[bytes, str]:
    """The rows of a SELECT as text, and how they were cut ("" where they were not).

    JSON and XML say so in their heads too, as a link to `more`.
    """
    shape, buffer = _SHAPES[format], _Buffer(limits.size)
    try:
        answer.serialize(buffer, format=shape.format)  # type: ignore[arg-type]
    except _Full:
        whole = False
    else:
        whole = True
    text = b"".join(buffer.pieces)
    if whole and len(text) <= limits.size and text.count(shape.sign) < limits.rows:
        return text, ""
    return _cut(text, shape, limits, whole, more)


def _cut(text: bytes, shape: _Shape, limits: Limits, whole: bool, more: str) -> tuple[bytes, str]:
    """The first rows of a text, within the limits; rows beyond them may be there or not."""
    start = _pattern(shape.head).search(text)
    begin = start.end() if start else 0
    head = _link(text[:begin], more)
    last = limits.size - (len(head) - begin) - len(shape.tail)
    full = _rows(shape.row, limits.rows, limits.rows).match(text, begin)
    if whole and len(text) <= limits.size and (not full or text[full.end() :] == shape.tail):
        return text, ""
    if full and full.end() <= last:
        end, how = full.end(), f"the first {limits.rows:,} rows"
    else:
        some = _rows(shape.row, 0, limits.rows).match(text, begin, last)
        end, how = some.end() if some else begin, f"the first {limits.size:,} bytes"
    body = text[begin:end].removesuffix(b"," if shape.sign == b"},{" else b"")
    return head + body + shape.tail, how


def _link(head: bytes, more: str) -> bytes:
    """The head of an answer with a link to what tells of the cut, in the formats that have one."""
    link = more.encode()
    head = head.replace(b"</head>", b'<link href="' + link + b'"/></head>')
    return head.replace(b"]},", b'],"link":["' + link + b'"]},')


def _rows(row: bytes, least: int, most: int) -> re.Pattern[bytes]:
    return _pattern(b"(?:%b){%d,%d}+" % (row, least, most))


@cache
def _pattern(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern, re.DOTALL)
