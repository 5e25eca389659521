"""What is known of things: the lexicon of the extractor, and what only their identity needs.

`known.toml` holds further spellings, links out and directions; unlike the lexicon it may change without
any text being read anew. A link is there only where it is certain; none is guessed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import cast

from kg.extract.lexicon import load_terms
from kg.model import Direction, EntityType
from kg.resolve.names import name_key
from kg.resolve.versions import is_version

__all__ = ["Known", "find_known", "find_metric", "is_alias"]


@dataclass(frozen=True, slots=True)
class Known:
    """A thing that practitioners know by name.

    `better`, `least` and `most` are those of a metric; `cased` marks a homograph, which another case makes
    another word; `link` is the IRI of Wikidata's item, or the address of the thing's home page; `paper` is
    the arXiv id of the paper that introduces it.
    """

    type: EntityType
    name: str
    aliases: tuple[str, ...] = ()
    better: Direction | None = None
    least: int | None = None
    most: int | None = None
    cased: bool = False
    link: str | None = None
    paper: str | None = None

    @property
    def key(self) -> str:
        """The key of the thing."""
        return name_key(self.name, self.type)

    @property
    def forms(self) -> tuple[str, ...]:
        """Its name and its aliases."""
        return (self.name, *self.aliases)


def find_known(type: EntityType, key: str) -> Known | None:
    """The known thing that one of its forms gives this key, in whatever case where it is no homograph."""
    return _by_key().get((type, key)) or _by_key(cased=False).get((type, key.casefold()))


def is_alias(known: Known, form: str) -> bool:
    """Whether it takes the lexicon to know a form: not the thing's name spelt otherwise, but an alias."""
    key = name_key(form)
    return key != name_key(known.name) and key in map(name_key, known.aliases)


def find_metric(name: str) -> Known | None:
    """What is known of a metric, or else of the metric that its last words name.

    Of `FID-30K` and `Recall@5` it is what is known of `FID` and `Recall`, of `pass@32` that of `pass@k`, of
    `mean PSNR` that of `PSNR`.
    """
    any_k = re.sub(r"@\d+$", "@k", name)
    bare = re.sub(r"\s*[@_-]?\s*\d+k?$", "", re.sub("^R@", "Recall@", name), flags=re.IGNORECASE)
    words = bare.split()
    ends = (" ".join(words[start:]) for start in range(len(words)))
    return next(filter(None, map(_find_measure, (name, any_k, *ends))), None)


def _find_measure(name: str) -> Known | None:
    key = name_key(name, "metric")
    return _measures().get(key) or _measures().get(key.casefold())


@cache
def _load() -> Mapping[tuple[EntityType, str], Known]:
    """Every known thing by type and key; those of `known.toml` come first, and add to the lexicon's."""
    lexicon: dict[tuple[EntityType, str], Known] = {}
    for term in load_terms():
        one = Known(term.type, term.name, term.aliases, term.better, term.least, term.most, term.cased)
        lexicon.setdefault((one.type, one.key), one)
    things: dict[tuple[EntityType, str], Known] = {}
    for type, entries in tomllib.loads((files(__package__) / "known.toml").read_text("utf-8")).items():
        for entry in entries:
            one = Known(cast(EntityType, type), **entry | {"aliases": tuple(entry.get("aliases", ()))})
            known = lexicon.get((one.type, one.key), one)
            things[one.type, one.key] = replace(
                known,
                aliases=(*one.aliases, *known.aliases),
                better=one.better or known.better,
                link=one.link,
                paper=one.paper,
            )
    return things | {key: one for key, one in lexicon.items() if key not in things}


@cache
def _by_key(*, cased: bool = True) -> Mapping[tuple[EntityType, str], Known]:
    """Known things by the key of their names, then of those aliases that are the same thing.

    An alias with other digits, or with the words of a version, is not; nor one that has an entry.
    """
    found: dict[tuple[EntityType, str], Known] = {}
    things = [one for one in _load().values() if cased or not one.cased]
    pairs = [(one.name, one) for one in things]
    pairs += [(form, one) for one in things for form in one.aliases if not _is_other(form, one.name)]
    for form, one in pairs:
        key = name_key(form, one.type)
        found.setdefault((one.type, key if cased else key.casefold()), one)
    return found


def _is_other(form: str, name: str) -> bool:
    return re.findall(r"\d+", form) != re.findall(r"\d+", name) or is_version(form, name)


@cache
def _measures() -> Mapping[str, Known]:
    """Every known metric, by the key of each of its forms, the names first."""
    metrics = [one for one in _load().values() if one.type == "metric"]
    pairs = [(one.name, one) for one in metrics] + [(f, one) for one in metrics for f in one.aliases]
    return {name_key(form, "metric"): one for form, one in reversed(pairs)}
