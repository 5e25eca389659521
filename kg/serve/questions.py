"""What is asked of workers and what they answer: values, and how they pass between processes.

A question goes as JSON after its length; an answer as a head, which is JSON, and its body as it is, after
the lengths of both.
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass
from typing import Any, cast, get_args

__all__ = [
    "ANSWER",
    "QUESTION",
    "TYPES",
    "Answer",
    "DescribeTool",
    "NamePage",
    "Node",
    "QueryPage",
    "QueryTool",
    "Question",
    "SearchPage",
    "SearchTool",
    "Service",
    "Sparql",
    "StartPage",
    "Values",
    "Void",
    "pack_answer",
    "pack_question",
    "to_type",
    "unpack_answer",
    "unpack_question",
]

QUESTION = struct.Struct("!I")
"""What comes before a question: its length."""

ANSWER = struct.Struct("!II")
"""What comes before an answer: the lengths of its head and of its body."""

TYPES: dict[str, str] = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": "text/csv; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "turtle": "text/turtle; charset=utf-8",
    "ntriples": "application/n-triples",
    "jsonld": "application/ld+json",
    "rdfxml": "application/rdf+xml",
    "html": "text/html; charset=utf-8",
    "text": "text/plain; charset=utf-8",
}
"""The media type of each format."""

Values = tuple[tuple[str, str], ...]
"""Parameters of a named query with their values."""


def to_type(format: str) -> str:
    """The media type of a format, without parameters."""
    return TYPES[format].partition(";")[0]


@dataclass(frozen=True, slots=True)
class Sparql:
    """A query. `results` and `triples` are the formats that the asker takes, "" where it takes none.

    `default` and `named` are the graphs to ask, in place of what the query says of that.
    """

    text: str
    results: str = "json"
    triples: str = "turtle"
    default: tuple[str, ...] | None = None
    named: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """All about the node whose IRI is `path` below the graph's base."""

    path: str
    format: str


@dataclass(frozen=True, slots=True)
class Service:
    """What the endpoint says of itself."""

    format: str


@dataclass(frozen=True, slots=True)
class Void:
    """What the endpoint says of its data."""

    format: str


@dataclass(frozen=True, slots=True)
class StartPage:
    """The first page."""


@dataclass(frozen=True, slots=True)
class SearchPage:
    """The page of what has all of these words."""

    words: str


@dataclass(frozen=True, slots=True)
class NamePage:
    """The page of what is called so, or of all that are."""

    name: str


@dataclass(frozen=True, slots=True)
class QueryPage:
    """The page of a named query and what it finds."""

    name: str
    values: Values = ()


@dataclass(frozen=True, slots=True)
class SearchTool:
    """As JSON, what has all of these words."""

    words: str
    limit: int


@dataclass(frozen=True, slots=True)
class DescribeTool:
    """As JSON, all about what is called so."""

    name: str


@dataclass(frozen=True, slots=True)
class QueryTool:
    """As JSON, the first rows that a named query finds."""

    name: str
    values: Values
    limit: int


Question = (
    Sparql
    | Node
    | Service
    | Void
    | StartPage
    | SearchPage
    | NamePage
    | QueryPage
    | SearchTool
    | DescribeTool
    | QueryTool
)
_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Question)}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: its HTTP status, media type and body; `cut` says what of it is there, if not all.

    Of a redirection the body is the path below the site.
    """

    status: int
    type: str
    body: bytes
    cut: str = ""


def pack_question(question: Question) -> bytes:
    """A question as it is sent, its length before it."""
    text = json.dumps({"kind": type(question).__name__, **asdict(question)}).encode()
    return QUESTION.pack(len(text)) + text


def unpack_question(text: bytes) -> Question:
    """The question in what came after its length."""
    found = json.loads(text)
    kind = _KINDS[found.pop("kind")]
    return cast(Question, kind(**{name: _to_tuples(value) for name, value in found.items()}))


def _to_tuples(value: Any) -> Any:
    return tuple(map(_to_tuples, value)) if isinstance(value, list) else value


def pack_answer(answer: Answer) -> bytes:
    """An answer as it is sent, the lengths of its parts before it."""
    head = json.dumps({"status": answer.status, "type": answer.type, "cut": answer.cut}).encode()
    return ANSWER.pack(len(head), len(answer.body)) + head + answer.body


def unpack_answer(head: bytes, body: bytes) -> Answer:
    """The answer in the two parts that came after their lengths."""
    return Answer(**json.loads(head), body=body)
