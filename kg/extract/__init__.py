"""From the text of a summary to its facts: a spaCy pipeline of our own components.

spaCy is imported when something is extracted, not when this package is.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from functools import cache, partial
from importlib.metadata import entry_points, version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from kg.errors import ExtractorError
from kg.model import Facts, Summary
from kg.workers import share

if TYPE_CHECKING:
    from spacy.language import Language

__all__ = ["extract", "find_config", "find_guests", "fingerprint", "load_pipeline"]

_OWN = "paperkg"
_DECIDING = frozenset({".py", ".toml", ".cfg", ".json", ".onnx"})
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

    return make_pipeline(find_config(), (name for name, _ in find_guests()))


def find_config() -> Path:
    """The configuration of the pipeline: the file that `KG_CONFIG` names, else the one shipped."""
    return Path(os.environ.get("KG_CONFIG") or Path(__file__).parent / "config.cfg")


def find_guests() -> list[tuple[str, str]]:
    """The components of other packages, sorted, each with its package and version.

    A guest is a spaCy factory (an entry point of `spacy_factories`) whose name begins with `kg_`.
    """
    found = entry_points(group="spacy_factories")
    guests = {each.name: each.dist for each in found if each.name.startswith("kg_") and each.dist}
    return [(n, f"{d.name} {d.version}") for n, d in sorted(guests.items()) if d.name != _OWN]


@cache
def fingerprint() -> str:
    """SHA-256 (hex) over all that decides what is extracted.

    That is this package's files, spaCy, guests, and, where a configuration of one's own is used, that
    file with the models and the packages that it names; not the version of onnxruntime, since what is
    kept of its answers is rounded. Raises `ExtractorError` where one cannot be read.
    """
    packages, paths = find_guests(), [Path(__file__).parent]
    if os.environ.get("KG_CONFIG"):
        from kg.extract.pipeline import read_config

        components = read_config(find_config())["components"].values()
        packages = sorted({*packages, *_packages({str(each.get("factory")) for each in components})})
        paths += [find_config(), *(Path(each["model"]) for each in components if each.get("model"))]
    names = (f"\n{name} {package}" for name, package in packages)
    digest = hashlib.sha256("".join([version("spacy"), *names]).encode())
    for name, content in (each for path in paths for each in _contents(path)):
        digest.update(f"\n{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _packages(wanted: set[str]) -> Iterator[tuple[str, str]]:
    """Those of the factories that other packages make, each with its package and version."""
    for each in entry_points(group="spacy_factories"):
        if each.name in wanted and each.dist and each.dist.name != _OWN:
            yield each.name, f"{each.dist.name} {each.dist.version}"


def _contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of a file, or of each file of a folder that decides something, sorted."""
    if path.is_file():
        yield path.name, _read(path)
        return
    for file in sorted(each for each in path.rglob("*") if each.suffix in _DECIDING):
        yield file.relative_to(path).as_posix(), _read(file)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ExtractorError(f"cannot read {path}: {error.strerror}; see KG_CONFIG") from error


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
