"""From the text of a summary to its facts: a spaCy pipeline of our own components.

spaCy is imported when something is extracted, not when this package is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import cache, partial
from importlib.metadata import entry_points, version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from kg.model import Facts, Summary
from kg.workers import share

if TYPE_CHECKING:
    from spacy.language import Language

__all__ = ["extract", "find_guests", "fingerprint", "load_pipeline"]

_OWN = "paperkg"
CHUNK = 32
"""Summaries that travel to a worker together."""


def extract(summaries: Iterable[Summary], workers: int = 1) -> Iterator[Facts]:
    """Yield the facts of each summary, in input order, reading only a few chunks ahead.

    With `workers` above 1 the work is spread over that many processes of our own.
    """
    work = partial(_extract_chunk, extractor=fingerprint())
    for found in share(work, _chunks(summaries), workers):
        yield from found


@cache
def load_pipeline() -> Language:
    """The pipeline, loaded once a process. `pipeline.py` documents what it writes on a Doc."""
    from kg.extract.pipeline import make_pipeline

    return make_pipeline(name for name, _ in find_guests())


def find_guests() -> list[tuple[str, str]]:
    """The components of other packages, sorted, each with its package and version.

    A guest is a spaCy factory (an entry point of `spacy_factories`) whose name begins with `kg_`.
    """
    found = entry_points(group="spacy_factories")
    guests = {each.name: each.dist for each in found if each.name.startswith("kg_") and each.dist}
    return [(n, f"{d.name} {d.version}") for n, d in sorted(guests.items()) if d.name != _OWN]


@cache
def fingerprint() -> str:
    """SHA-256 (hex) over all that decides what is extracted: this package's files, spaCy, and guests."""
    here = Path(__file__).parent
    read = (path for path in here.rglob("*") if path.suffix in {".py", ".toml", ".cfg"})
    names = sorted(path.relative_to(here).as_posix() for path in read)
    digest = hashlib.sha256("".join([version("spacy"), *(f"\n{n} {d}" for n, d in find_guests())]).encode())
    for name in names:
        content = (here / name).read_bytes()
        digest.update(f"\n{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _chunks(summaries: Iterable[Summary]) -> Iterator[list[Summary]]:
    rest = iter(summaries)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def _extract_chunk(chunk: list[Summary], extractor: str) -> list[Facts]:
    from kg.extract.facts import derive_facts
    from kg.extract.normalise import to_view

    nlp = load_pipeline()
    views = [to_view(summary) for summary in chunk]
    with nlp.memory_zone():
        return [derive_facts(nlp(view.text), view, extractor) for view in views]
