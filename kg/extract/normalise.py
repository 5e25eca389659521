"""The text that the pipeline reads: repaired, without marks, with a way back to the stored text."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from kg.model import Evidence, Field, Summary

__all__ = ["GAP", "SIGNS", "View", "to_view"]

GAP = "\n\n"
"""Stands between title and abstract, and nowhere else."""

SIGNS = str.maketrans("\u2010\u2011\u2012\u2013\u2212\u2018\u2019\u201c\u201d\u2044", "-----''\"\"/")
"""Dashes, quotation marks and the fraction slash, and how a view writes them."""

LONGEST_RUN = 300
"""What an unbroken run of characters is cut to, so that no rule meets a longer one."""

_BYTES = [bytes([b]) for b in range(0x80, 0xC0)]
_TAILS = sorted({b.decode(codec, "ignore") for b in _BYTES for codec in ("cp1252", "latin-1")})
_TAIL = f"[{re.escape(''.join(_TAILS))}]"
_REPAIRS = re.compile(
    rf"(?P<mojibake>[\u00c2-\u00df]{_TAIL}|[\u00e0-\u00ef]{_TAIL}{{2}}|[\u00f0-\u00f4]{_TAIL}{{3}})"
    r"|(?P<mark>\*{2,}|`+|(?<!\S)\*(?=\w)|</?[A-Za-z]\w{0,15}/?>)"
    r"|(?P<space>\s+)"
    r"|(?P<sign>[\u2010-\u2013\u2212\u2018\u2019\u201c\u201d\u2044])"
    r"|(?P<run>(?P<one>[^\w\s])(?P=one){3,})"
    rf"|(?P<long>\S{{{LONGEST_RUN},}})"
)


@dataclass(frozen=True)
class View:
    """A text to read, and for each of its characters the slice of the stored field it stands for.

    `text[:title_end]` is the title, `text[title_end + len(GAP):]` the abstract. `starts` and `ends`
    have one entry a character of `text`, in code points of the stored field.
    """

    summary: Summary
    text: str
    title_end: int
    starts: array[int]
    ends: array[int]

    def evidence(self, start: int, end: int) -> Evidence:
        """The stored words behind `text[start:end]`, which lies in one field and is not empty.

        Raises `ValueError` for a slice that is empty or reaches into the gap between the fields.
        """
        abstract = self.title_end + len(GAP)
        if not (0 <= start < end <= self.title_end or abstract <= start < end <= len(self.text)):
            raise ValueError(f"{start}:{end} is no slice of the title or of the abstract")
        field: Field = "title" if end <= self.title_end else "abstract"
        first, last = self.starts[start], self.ends[end - 1]
        return Evidence(field, first, last, self.summary.text(field)[first:last])

    def find(self, field: Field, start: int, end: int) -> tuple[int, int]:
        """The slice of `text` that stands for the stored words `start:end` of the field.

        Raises `ValueError` where nothing is left of them.
        """
        low, high = (0, self.title_end) if field == "title" else (self.title_end + len(GAP), len(self.text))
        first = bisect_right(self.ends, start, low, high)
        last = bisect_left(self.starts, end, first, high)
        if first == last:
            raise ValueError(f"nothing is left of {field} {start}:{end}")
        return first, last


def to_view(summary: Summary) -> View:
    """The text of a summary as the pipeline reads it."""
    title, starts, ends = _repair(summary.title)
    abstract, more_starts, more_ends = _repair(summary.abstract)
    for offsets in (starts, ends):
        offsets.extend([0] * len(GAP))
    return View(summary, title + GAP + abstract, len(title), starts + more_starts, ends + more_ends)


def _repair(stored: str) -> tuple[str, array[int], array[int]]:
    """The repaired text; where each of its characters starts and ends in `stored`."""
    pieces: list[str] = []
    starts, ends = array("l"), array("l")

    def put(text: str, start: int, end: int) -> None:
        """Append `text` for `stored[start:end]`, character by character where the lengths agree."""
        pieces.append(text)
        if len(text) == end - start:
            starts.extend(range(start, end))
            ends.extend(range(start + 1, end + 1))
        else:
            starts.extend([start] * len(text))
            ends.extend([end] * len(text))

    done = 0
    for match in _REPAIRS.finditer(stored):
        put(stored[done : match.start()], done, match.start())
        done = match.end()
        text = _replacement(match)
        cut = match.lastgroup in {"run", "long"}
        put(text, match.start(), match.start() + len(text) if cut else done)
    put(stored[done:], done, len(stored))
    return "".join(pieces), starts, ends


def _replacement(match: re.Match[str]) -> str:
    """What one oddity of the stored text reads as."""
    text = match.group()
    match match.lastgroup:
        case "mojibake":
            return _decoded(text).translate(SIGNS)
        case "mark":
            return ""
        case "space":
            return " "
        case "sign":
            return text.translate(SIGNS)
        case "run":
            return text[:3]
        case _:
            return text[:LONGEST_RUN]


def _decoded(text: str) -> str:
    """UTF-8 that was once read as a single-byte encoding, read right; other text as it is."""
    for codec in ("cp1252", "latin-1"):
        try:
            return text.encode(codec).decode()
        except UnicodeError:
            continue
    return text
