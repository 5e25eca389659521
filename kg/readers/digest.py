"""Digests in Markdown: days, tables, rows → summaries, and what could not be read and why.

    ## Papers for 2024-10-01
    | Title | Authors | Summary |
    |-------|---------|---------|
    | A title that may
      wrap (Read more on [arXiv](https://arxiv.org/abs/ID) or [HuggingFace](…))| names, handles | text |

Two early forms are read too: a fourth `Link` cell that holds the address, and a title cell that
ends in " - read more on [arXiv](…)". A row runs over as many physical lines as it needs, and a
summary may hold `|`; every line that becomes no summary is returned as `Skipped`.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import date
from glob import glob, has_magic
from pathlib import Path

from kg.errors import SourceError
from kg.model import Author, Evidence, NameKind, Paper, Skipped, Summary

__all__ = ["SOURCE", "UNSTORABLE", "find_digests", "parse_byline", "parse_digest", "read_digests"]

SOURCE = "digest"

LARGEST = 256 * 1024 * 1024
"""Bytes of the largest source that is read: digests are a thousand times smaller."""

_HEADING = re.compile(r"#{1,6} ")
_DAY = re.compile(r"##\s+Papers for\s+(?P<day>\S+)\s*$", re.IGNORECASE)
_COLUMNS = re.compile(r"\|\s*Title\s*\|\s*Authors\s*\|\s*Summary\s*\|(?:\s*Link\s*\|)?", re.IGNORECASE)
_RULE = re.compile(r"\|[\s|:-]*")
_ID = r"(?P<id>(?-i:[0-9]{4}\.[0-9]{4,5}|[a-z-]+(?:\.[A-Z]{2})?/[0-9]{7}))(?:v[0-9]+)?"
_LINKED_TITLE = re.compile(
    r"(?:\(|[-–—]\s?)read more on \[arxiv\]\(https?://arxiv\.org/abs/" + _ID + r"/?\)"
    r"(?:\s+or\s+\[[^\]|]{0,40}\]\([^()\s]{0,300}\))?\s*\)?\s*\|",
    re.IGNORECASE,
)
_LINK_CELL = re.compile(r"\|\s*\[[^\]|]{0,40}\]\(https?://arxiv\.org/abs/" + _ID + r"/?\)\s*\|$")
UNSTORABLE = re.compile("[\x00-\x1f\ud800-\udfff\ufffe\uffff]")
"""What no text of the graph holds: controls, lone surrogates, non-characters."""


def find_digests(sources: Iterable[str]) -> list[str]:
    """The files behind files, folders (every `*.md` below), globs, and `-`, sorted, each once.

    Raises `SourceError` where a source does not exist or holds no such file.
    """
    return sorted({path for source in sources for path in _files(source)})


def read_digests(sources: Iterable[str]) -> Iterator[Summary | Skipped]:
    """Reads what `find_digests` finds, so that the order of `sources` does not matter.

    Of two texts for one paper on one day the first stands and the second is `Skipped`, as is a file
    that cannot be read, is not UTF-8 text, or holds no digest.
    """
    named = frozenset(sources)
    seen: dict[tuple[str, str, str], Summary] = {}
    for path in find_digests(named):
        try:
            text = _read_text(path, named=path in named)
        except (OSError, ValueError) as error:
            yield Skipped(path, 0, f"cannot be read: {getattr(error, 'strerror', None) or error}", "")
            continue
        for line, block, found in _read_blocks(text):
            if isinstance(found, str):
                yield Skipped(path, line, found, block)
            elif seen.setdefault(found.key, found) is found:
                yield found
            elif seen[found.key] != found:
                yield Skipped(path, line, "another text for the same paper and day stands before it", block)


def _read_text(path: str, named: bool) -> str:
    """Raises `OSError` or `ValueError`. Pipes and devices are read only where a user names them."""
    if path == "-":
        if sys.stdin is None:
            raise ValueError("standard input is closed")
        data = sys.stdin.buffer.read(LARGEST + 1)
    elif not named and not Path(path).is_file():
        raise ValueError("not a regular file")
    else:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ValueError(f"larger than {LARGEST >> 20} MB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 text ({error.reason} at byte {error.start})") from error


def _files(source: str) -> list[str]:
    path = Path(source)
    try:
        if path.is_dir():
            found = _files_below(source)
        elif source == "-" or path.exists():
            found = [source]
        elif has_magic(source):
            found = [file for file in glob(source, recursive=True) if Path(file).is_file()]
            if not found:
                raise FileNotFoundError
        else:
            raise FileNotFoundError
    except (OSError, ValueError) as error:
        raise SourceError(
            f"no file or folder {source!r}; give a digest, a folder of them, a glob, or - for standard input"
        ) from error
    if not found:
        raise SourceError(f"no digest in {source!r}: it holds no file that ends in .md")
    return found


def _files_below(folder: str) -> list[str]:
    """Every `*.md` below a folder, whatever it is, and every folder that cannot be listed."""
    closed: list[str] = []
    below = os.walk(folder, onerror=lambda error: closed.append(str(error.filename)))
    return [
        *(str(Path(top) / name) for top, _, names in below for name in names if name.endswith(".md")),
        *closed,
    ]


def parse_digest(text: str, source: str = "-") -> Iterator[Summary | Skipped]:
    """Parses one digest, several days perhaps. `source` is named in what is skipped."""
    for line, block, found in _read_blocks(text):
        yield Skipped(source, line, found, block) if isinstance(found, str) else found


def _read_blocks(text: str) -> Iterator[tuple[int, str, Summary | str]]:
    """Each row as (line, its text, the summary or the reason why it is none)."""
    day: str | None = None
    seen_day = False
    for line, block in _blocks(text):
        heading = _DAY.match(block)
        if heading or (seen_day and _HEADING.match(block)):
            seen_day, day = True, _parse_day(heading["day"]) if heading else None
            if day is None:
                yield line, block, "not a heading like '## Papers for 2024-10-01'"
        elif block.startswith("|"):
            yield line, block, _parse_row(block, day)
        elif seen_day:
            yield line, block, "text outside a table"
    if not seen_day:
        yield 1, "", "no digest: no line '## Papers for DATE'"


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """The headings, rows and stray lines of a digest, each joined to one line, with its number."""
    start, parts = 0, list[str]()
    for number, raw in enumerate(text.split("\n"), 1):
        line = _storable(raw)
        opens = line.startswith("|") or _HEADING.match(line) is not None
        if parts and (opens or not parts[0].startswith("|") or _closed(parts)):
            yield start, " ".join(parts)
            parts = []
        if line and not _is_table_head(line):
            start = start if parts else number
            parts.append(line)
    if parts:
        yield start, " ".join(parts)


def _is_table_head(line: str) -> bool:
    return _COLUMNS.fullmatch(line) is not None or ("--" in line and _RULE.fullmatch(line) is not None)


def _closed(parts: list[str]) -> bool:
    return parts[-1].endswith("|") and not (len(parts) == 1 and parts[0] == "|")


def _storable(text: str) -> str:
    """Text as the graph stores it: tabs are spaces; controls, lone surrogates, non-characters go."""
    return UNSTORABLE.sub("", text.replace("\t", " ")).strip()


def _parse_day(text: str) -> str | None:
    try:
        return date.fromisoformat(text).isoformat() if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        return None


def _parse_row(row: str, day: str | None) -> Summary | str:
    """A summary, or the reason why the row is none."""
    if day is None:
        return "row below no line '## Papers for DATE'"
    if len(row) < 2 or not row.endswith("|"):
        return "row cut off: it does not end in '|'"
    if _COLUMNS.match(row):
        return "row on the line of its table's head"
    linked = _LINKED_TITLE.search(row)
    if linked:
        if _LINKED_TITLE.search(row, linked.end()):
            return "two rows on one line"
        byline, bar, abstract = row[linked.end() : -1].partition("|")
        title, arxiv_id = row[1 : linked.start()], linked["id"]
    else:
        link = _LINK_CELL.search(row)
        if not link:
            return "row without an arXiv link"
        title, _, rest = row[1 : link.start()].partition("|")
        byline, bar, abstract = rest.partition("|")
        arxiv_id = link["id"]
    if not bar:
        return "row cut off: fewer than three cells"
    if not title.strip():
        return "row without a title"
    byline = byline.strip()
    return Summary(
        Paper(arxiv_id), SOURCE, day, title.strip(), abstract.strip(), byline, parse_byline(byline)
    )


def parse_byline(byline: str) -> tuple[Author, ...]:
    """The authors of a byline, in its order. One plain ASCII word is a handle, not a name."""
    authors = []
    for token in re.finditer(r"[^,\s](?:[^,]*[^,\s])?", byline):
        kind: NameKind = "handle" if re.fullmatch(r"[A-Za-z0-9_.-]+", token[0]) else "name"
        authors.append(Author(token[0], kind, Evidence("byline", token.start(), token.end(), token[0])))
    return tuple(authors)
