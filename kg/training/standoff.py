"""Standoff annotations: where a text names the things that readers marked, by offsets, without its words.

Gold says what a paper states, by names; a model learns from places. One JSON object a summary:

    {"id", "source", "date", "sha256",           the summary, and the SHA-256 of its title, NUL, abstract
     "entities": [{"type", "role", "optional", "places": [PLACE, …]}, …],
     "results": [{"kind", "direction", "unit", "optional", "value": PLACE,
                  "subject", "on", "metric", "baseline": {"places": [PLACE, …], "open": true | false},
                  "baseline_value": PLACE | null}, …]}

A PLACE is [field, start, end] in code points of the stored text; one may lie inside another.
`open` says that leaving the slot out is right as well. Optional marks without a place are left out. Places
in follow-up questions are given too, though nothing is stated there. The texts come from the user's own
digest, which must be the same to the character.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kg.errors import SourceError
from kg.extract.normalise import SIGNS, View, to_view
from kg.extract.numerals import Number, find_numbers
from kg.gold import to_number_key
from kg.model import Summary
from kg.records import Record
from kg.vocabulary import SLOTS

__all__ = ["Aligned", "align", "derive_standoff", "read_standoff", "text_hash"]

SHORT = 4
"""Up to so many characters, a name is looked for in its own capitals first: "USE" is not "use"."""

_KEYS: Final = {"id", "source", "date", "sha256", "entities", "results"}

_Span = tuple[int, int]
"""Characters of a view's text."""


@dataclass(frozen=True)
class Aligned:
    """The standoff of one paper, none where its text is not there; in words, what is missing."""

    id: str
    record: Record | None
    unplaced: tuple[str, ...]


def derive_standoff(marks: Iterable[Record], summaries: Iterable[Summary]) -> Iterator[Aligned]:
    """Each marked paper aligned with the first of its summaries, in the order of the marks."""
    texts: dict[str, Summary] = {}
    for summary in summaries:
        texts.setdefault(summary.paper.arxiv_id, summary)
    for paper in marks:
        text = texts.get(paper["id"])
        yield align(paper, text) if text else Aligned(paper["id"], None, ("no text of it is there",))


def read_standoff(path: Path) -> tuple[list[Record], bytes]:
    """The annotations in a file, and the file's bytes. Raises `SourceError`."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror}") from error
    records = []
    for number, line in enumerate(raw.splitlines(), 1):
        try:
            record = json.loads(line)
            if not record.keys() >= _KEYS:
                raise ValueError
        except (ValueError, AttributeError, RecursionError) as error:
            raise SourceError(f"{path}:{number}: no standoff annotation; kg standoff prints them") from error
        records.append(record)
    return records, raw


def align(paper: Record, summary: Summary) -> Aligned:
    """The marks of a paper as places in one summary of it."""
    view = to_view(summary)
    unplaced: list[str] = []

    def lacks(mark: Record, what: str) -> None:
        if not mark.get("optional"):
            unplaced.append(f"{what} has no place in the text")

    entities, results = [], []
    for entity in paper["entities"]:
        places = _places(view, [entity["name"], *(entity.get("aliases") or [])])
        if places:
            entities.append(_entity(entity, places))
        else:
            lacks(entity, f"{entity['type']} {entity['name']!r}")
    for result in paper["results"]:
        numbers = _numbers(view, result.get("evidence") or "")
        value = _number(numbers, result["value"])
        if value is None:
            lacks(result, f"value {result['value']!r}")
            continue
        results.append(_result(view, result, numbers, value))
        for name in _left_out(result, results[-1]):
            lacks(result, f"{name} of {result['value']!r}")
    record = {
        "id": paper["id"],
        "source": summary.source,
        "date": summary.date,
        "sha256": text_hash(summary),
        "entities": entities,
        "results": results,
    }
    return Aligned(paper["id"], record, tuple(unplaced))


def text_hash(summary: Summary) -> str:
    """SHA-256 (hex) of the texts that offsets count into."""
    return hashlib.sha256(f"{summary.title}\0{summary.abstract}".encode()).hexdigest()


def _entity(entity: Record, places: list[list[object]]) -> Record:
    kept = {"type": entity["type"], "role": entity["role"], "optional": bool(entity.get("optional"))}
    return {**kept, "places": places}


def _result(view: View, result: Record, numbers: list[Number], value: Number) -> Record:
    baseline = _number([n for n in numbers if n != value], result.get("baseline_value"))
    return {
        "kind": result["kind"],
        "direction": result.get("direction"),
        "unit": result.get("unit"),
        "optional": bool(result.get("optional")),
        "value": _place(view, (value.start, value.end)),
        **{name: _slot(view, result[name]) for name in SLOTS},
        "baseline_value": None if baseline is None else _place(view, (baseline.start, baseline.end)),
    }


def _left_out(result: Record, placed: Record) -> list[str]:
    """What of a placed result is marked, may not be left out, and has no place."""
    slots = [name for name in SLOTS if not (placed[name]["places"] or placed[name]["open"])]
    against = result.get("baseline_value") is not None and placed["baseline_value"] is None
    return [*slots, *(["baseline value"] if against else [])]


def _slot(view: View, fillers: list[str | None]) -> Record:
    names = [filler for filler in fillers if filler is not None]
    return {"places": _places(view, names), "open": None in fillers or not fillers}


def _places(view: View, names: list[str]) -> list[list[object]]:
    """Everywhere that one of the names stands, in the order of the text, the longer before the shorter."""
    found = {span for name in names for span in _occurrences(view.text, name)}
    return [_place(view, span) for span in sorted(found, key=lambda span: (span[0], -span[1]))]


def _occurrences(text: str, name: str) -> list[_Span]:
    """Where a name stands as whole words: as written, and, unless that would be another word, in any case."""
    words = name.translate(SIGNS).split()
    if not words:
        return []
    pattern = r"(?<!\w)" + " ".join(map(re.escape, words)) + r"(?!\w|\.\d)"
    exact = [match.span() for match in re.finditer(pattern, text)]
    if exact and len(name) <= SHORT:
        return exact
    return [match.span() for match in re.finditer(pattern, text, re.IGNORECASE)]


def _numbers(view: View, evidence: str) -> list[Number]:
    """The numbers in the words that a reader gave as evidence."""
    spans = _occurrences(view.text, evidence)
    read = find_numbers(view.text)
    return [number for number in read if any(a <= number.start and number.end <= b for a, b in spans)]


def _number(numbers: list[Number], value: object) -> Number | None:
    """The number that reads as the value, sign or not."""
    wanted = to_number_key(value)
    keys = ((n, to_number_key(n.value if n.upper is None else f"{n.value}-{n.upper}")) for n in numbers)
    return next((n for n, key in keys if wanted and key and key.lstrip("-") == wanted.lstrip("-")), None)


def _place(view: View, span: _Span) -> list[object]:
    found = view.evidence(*span)
    return [found.field, found.start, found.end]
