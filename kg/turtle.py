"""Sorted N-Triples lines → Turtle, a subject a paragraph, as they come.

Canonical lines need no parser: each of their escapes is Turtle's too, and what Turtle writes shorter
(a prefixed name, a plain number) is told from the ends of a term. So a graph of any size streams
through, faster than statement by statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kg.vocabulary import PREFIXES, RDF, TERMS

__all__ = ["to_paragraphs", "to_prefixes", "to_turtle"]

_NAMESPACES = [(f"<{iri}".encode(), f"{prefix}:".encode()) for prefix, iri in PREFIXES.items()]
_LOCAL = re.compile(rb"[A-Za-z][A-Za-z0-9_-]*")
_PLAIN = re.compile(rb'"(-?[0-9]+)"\^\^xsd:integer|"(-?[0-9]+\.[0-9]+)"\^\^xsd:decimal')
"""Numbers that Turtle writes without quotes and type."""

_TERMS = {f"<{iri}>".encode(): name.encode() for iri, name in TERMS.items()} | {
    f"<{RDF.type}>".encode(): b"a"
}
_IRI, _TYPED = b"<>"


class _Names(dict[bytes, bytes]):
    """IRIs of vocabularies → prefixed names where a prefix fits, else as they are."""

    def __missing__(self, iri: bytes) -> bytes:
        for start, prefix in _NAMESPACES:
            local = iri[len(start) : -1]
            if iri.startswith(start) and _LOCAL.fullmatch(local):
                return self.setdefault(iri, prefix + local)
        return self.setdefault(iri, iri)


class _Literals(dict[bytes, bytes]):
    """Literals with a type → plain numbers, or with the prefixed name of their type."""

    def __missing__(self, literal: bytes) -> bytes:
        text, _, datatype = literal.rpartition(b"^^")
        named = text + b"^^" + _Names()[datatype]
        number = _PLAIN.fullmatch(named)
        return self.setdefault(literal, (number[1] or number[2]) if number else named)


def to_turtle(triples: Iterable[bytes]) -> Iterator[bytes]:
    """A Turtle document, in pieces.

    `triples` are canonical N-Triples lines without their final " .", sorted, each once.
    """
    yield to_prefixes()
    yield from to_paragraphs(triples)


def to_prefixes() -> bytes:
    """The declarations that a Turtle document begins with."""
    return "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items()).encode()


def to_paragraphs(triples: Iterable[bytes]) -> Iterator[bytes]:
    """What a Turtle document says of each subject, after an empty line; what it is comes first."""
    names, literals = _Names(_TERMS), _Literals()
    subject = predicate = b""
    types, others = list[bytes](), list[bytes]()
    for line in triples:
        about, by, value = line.split(b" ", 2)
        if about != subject:
            if subject:
                yield _paragraph(subject, types, others)
            subject, predicate, types, others = about, b"", [], []
        name = names[by]
        if name == b"a":
            types.append(names[value])
            continue
        if value[0] == _IRI:
            value = names.get(value, value)
        elif value[-1] == _TYPED:
            value = literals[value]
        if by == predicate:
            others[-1] += b", " + value
        else:
            others.append(name + b" " + value)
            predicate = by
    if subject:
        yield _paragraph(subject, types, others)


def _paragraph(subject: bytes, types: list[bytes], others: list[bytes]) -> bytes:
    first = [b"a " + b", ".join(types)] if types else []
    return b"\n" + subject + b" " + b" ;\n    ".join(first + others) + b" .\n"
