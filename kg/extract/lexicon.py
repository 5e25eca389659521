"""What any practitioner of the field knows by name, shipped in `lexicon/*.toml`."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, cast

from kg.model import Direction, EntityType

__all__ = [
    "Head",
    "Term",
    "fold",
    "load_beginnings",
    "load_families",
    "load_forms",
    "load_heads",
    "load_terms",
    "load_words",
]

_JOINTS = re.compile(r"'s\b|[\s\-_/'’^]+|\.(?!\d)")


@dataclass(frozen=True, slots=True)
class Term:
    """A thing known by name; `cased` marks a homograph.

    `better` is the good direction of a metric, `least` and `most` the ends of its range.
    """

    name: str
    type: EntityType
    aliases: tuple[str, ...] = ()
    better: Direction | None = None
    cased: bool = False
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """What a noun makes of the term that it closes: its type, and what else the term needs.

    "modified": a modifier; "alone": nothing; "supported": a modifier, and words nearby that bear it out.
    """

    type: EntityType
    how: Literal["modified", "alone", "supported"]


def fold(name: str) -> str:
    """The form that names are compared in: case, width, hyphens and spaces do not matter, + and * do."""
    return _JOINTS.sub("", unicodedata.normalize("NFKC", name).casefold())


@cache
def load_terms() -> tuple[Term, ...]:
    """Every term of the lexicon."""
    tables = (_load(f"{kind}s") for kind in ("metric", "task", "method", "benchmark", "dataset"))
    return tuple(_term(table["type"], entry) for table in tables for entry in table["things"])


@cache
def load_forms() -> dict[str, tuple[tuple[str, Term], ...]]:
    """Folded form -> (the form as the lexicon writes it, its term), for every name and alias."""
    forms: dict[str, tuple[tuple[str, Term], ...]] = {}
    for term in load_terms():
        for form in (term.name, *term.aliases):
            forms[fold(form)] = (*forms.get(fold(form), ()), (form, term))
    return forms


@cache
def load_beginnings() -> frozenset[str]:
    """What the folded forms begin with: text that is none of these begins no known form."""
    return frozenset(form[:length] for form in load_forms() for length in range(1, len(form)))


@cache
def load_families() -> dict[str, bool]:
    """Family of models -> whether it is a homograph, which needs a version or a size."""
    table = _load("models")
    guarded = frozenset(table["guarded"])
    return {family: family in guarded for family in table["families"]}


@cache
def load_heads() -> dict[str, Head]:
    """Noun -> what it makes of the term that it closes. Metrics may stand in the plural."""
    heads: dict[str, Head] = {}
    for kind, entry in _load("heads").items():
        for how in ("alone", "modified", "supported"):
            for noun in entry.get(how, "").split():
                for form in (noun, noun + "s") if kind == "metric" else (noun,):
                    heads.setdefault(form, Head(cast(EntityType, kind), how))
    return heads


@cache
def load_words(name: str) -> dict[str, frozenset[str]]:
    """The word lists of one file of the lexicon."""
    return {title: frozenset(words.split()) for title, words in _load(name).items()}


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "lexicon" / f"{name}.toml").read_text("utf-8"))


def _term(type: EntityType, entry: dict[str, Any]) -> Term:
    return Term(
        entry["name"],
        type,
        tuple(entry.get("aliases", ())),
        entry.get("better"),
        entry.get("guard") == "case",
        entry.get("least"),
        entry.get("most"),
    )
