"""Names in many papers → one thing, each merge with a reason.

Two entities are one thing where their type and their key agree. The key is the curated name where
the lexicon knows one of the forms as written, else the normal form of the fullest name. Authors:
a platform handle is one account everywhere; a person's name is one person across papers only where
the bylines share two more authors, since names alone are shared by many.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Literal

from kg.extract.lexicon import Term, load_terms
from kg.model import Author, Direction, Entity, EntityType, Facts, Mention, Summary

__all__ = ["Reason", "Resolution", "Thing", "derive_resolution", "name_key"]

Reason = Literal["spelling", "lexicon", "text"]
"""Why a form names a thing: spelt alike, known to the lexicon, or one thing in a summary's text."""

ThingKey = tuple[EntityType, str]

_KIND_WORDS = frozenset(
    word + plural
    for word in (
        "approach",
        "benchmark",
        "dataset",
        "framework",
        "method",
        "metric",
        "model",
        "score",
        "task",
    )
    for plural in ("", "s", "es")
)
_LONGEST_BYLINE = 60


@dataclass(frozen=True, slots=True)
class Thing:
    """One node for one thing: its label, the forms it is written in, and why each is this thing."""

    type: EntityType
    key: str
    label: str
    forms: tuple[tuple[str, Reason], ...]
    better: Direction | None = None
    least: int | None = None
    most: int | None = None
    parameters: int | None = None
    family: str | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """Which thing each entity is, and which person each author of a byline is."""

    things: Mapping[ThingKey, Thing]
    people: Mapping[tuple[str, str], str]

    def key(self, entity: Entity) -> ThingKey:
        """The key of the thing that an entity of any summary is."""
        return _thing_key(entity)

    def person(self, summary: Summary, author: Author) -> tuple[str, ...]:
        """What tells a person from others of the same name: the first paper of the one person."""
        if author.kind == "handle":
            return ("handle",)
        paper = summary.paper.arxiv_id
        return ("name", self.people.get((author.name, paper), paper))


def name_key(name: str) -> str:
    """The normal form of a name: width, case, hyphens, spaces, plural, kind words and short forms go.

    Versions stay apart: `MATH-500` is not `MATH`, `Llama-3 (8B)` is not `Llama-3 (70B)`, `C++` is not
    `C`; only a last bracket without a digit is a short form.
    """
    text = " ".join(unicodedata.normalize("NFKC", name.replace("Ã—", "×")).casefold().split())
    text = re.sub(r" ?\([^()\d]*\)$", "", text) or text
    words = re.findall(r"[^\s_\-–—/()]+", text)
    while len(words) > 1 and words[-1] in _KIND_WORDS:
        words.pop()
    if words and len(words[-1]) > 3 and words[-1].endswith("s") and not words[-1].endswith("ss"):
        words[-1] = words[-1][:-1]
    joined = ""
    for word in words:
        joined += "-" + word if joined[-1:].isdigit() and word[0].isdigit() else word
    return joined or text or name


def derive_resolution(facts: Iterable[Facts]) -> Resolution:
    """Resolves all names of all summaries. The order of `facts` does not matter."""
    names: dict[ThingKey, Counter[str]] = defaultdict(Counter)
    forms: dict[ThingKey, set[str]] = defaultdict(set)
    bylines: dict[str, frozenset[Author]] = {}
    for each in facts:
        for key, entity in _merge(each.entities).items():
            names[key][entity.name] += 1
            forms[key].update((entity.name, *entity.aliases))
        paper = each.summary.paper.arxiv_id
        bylines[paper] = bylines.get(paper, frozenset()) | frozenset(each.summary.authors)
    things = {key: _thing(key, names[key], forms[key]) for key in sorted(names)}
    return Resolution(things | dict(_families(things)), _derive_people(bylines))


def _merge(entities: Iterable[Entity]) -> dict[ThingKey, Entity]:
    """What one summary names, each thing once, as its graph holds it."""
    mentions: dict[ThingKey, set[Mention]] = defaultdict(set)
    for entity in entities:
        mentions[_thing_key(entity)].update(entity.mentions)
    return {key: Entity(key[0], tuple(sorted(found))) for key, found in mentions.items()}


@cache
def _known() -> Mapping[ThingKey, Term]:
    """The lexicon by type and key. An alias with other digits is another version, and no merge."""
    known: dict[ThingKey, Term] = {}
    for term in load_terms():
        for form in (term.name, *term.aliases):
            if re.findall(r"\d+", form) == re.findall(r"\d+", term.name):
                known.setdefault((term.type, name_key(form)), term)
    return known


def _entry(type: EntityType, form: str) -> Term | None:
    return _known().get((type, name_key(form)))


def _thing_key(entity: Entity) -> ThingKey:
    """A form that is but the tail of the fullest name decides nothing: `accuracy` is not all of it."""
    name = re.sub(r" ?\([^()]*\)$", "", entity.name).casefold()
    telling = (form for form in entity.aliases if not _is_tail(form.casefold(), name))
    for form in (entity.name, *telling):
        entry = _entry(entity.type, form)
        if entry:
            return (entity.type, name_key(entry.name))
    return (entity.type, name_key(entity.name))


def _is_tail(form: str, name: str) -> bool:
    return name.removesuffix("s").endswith((f" {form.removesuffix('s')}", f"-{form.removesuffix('s')}"))


def _thing(key: ThingKey, names: Counter[str], forms: set[str]) -> Thing:
    type, normal = key
    entry = _entry(type, normal)
    label = entry.name if entry else min(names, key=lambda name: (-names[name], name)).replace("Ã—", "×")
    reasons = tuple((form, _reason(type, form, normal)) for form in sorted(forms - {label}))
    metric = _metric(label) if type == "metric" else None
    if metric:
        return Thing(type, normal, label, reasons, metric.better, metric.least, metric.most)
    if type != "model":
        return Thing(type, normal, label, reasons)
    family, parameters = _parse_size(label)
    return Thing(type, normal, label, reasons, parameters=parameters, family=family)


@cache
def _metrics() -> Mapping[str, Term]:
    """Every metric of the lexicon, by the key of each of its forms."""
    metrics = (term for term in load_terms() if term.type == "metric")
    return {name_key(form): term for term in metrics for form in (term.name, *term.aliases)}


def _metric(name: str) -> Term | None:
    """What the lexicon knows of a metric; of `FID-30K` and `Recall@5` what it knows of `FID` and `Recall`."""
    bare = re.sub(r"\s*[@_-]?\s*\d+k?$", "", name, flags=re.IGNORECASE)
    return _metrics().get(name_key(name)) or _metrics().get(name_key(bare))


def _reason(type: EntityType, form: str, key: str) -> Reason:
    if name_key(form) == key:
        return "spelling"
    entry = _entry(type, form)
    return "lexicon" if entry and name_key(entry.name) == key else "text"


def _parse_size(label: str) -> tuple[str | None, int | None]:
    """`Llama-3-8B-Instruct` → (`Llama-3`, 8000000000): the family, and the parameters that it names.

    Of millions only two digits and more count: the `1M` of a name is the length of its context.
    """
    size = re.search(r"[\s_(-]+(\d{1,4}(?:\.\d{1,3})?(?=B)|\d{2,4}(?=M))([BM])(?![A-Za-z0-9])", label)
    if not size or not size.start() or not size[1].strip("0."):
        return None, None
    whole, _, fraction = size[1].partition(".")
    exponent = 9 if size[2] == "B" else 6
    return label[: size.start()], int(whole + fraction.ljust(exponent, "0"))


def _families(things: Mapping[ThingKey, Thing]) -> Iterator[tuple[ThingKey, Thing]]:
    """The families that models are versions of and that no summary names by themselves."""
    for label in sorted({thing.family for thing in things.values() if thing.family}, reverse=True):
        key: ThingKey = ("model", name_key(label))
        if key not in things:
            yield key, Thing("model", key[1], label, ())


def _derive_people(bylines: Mapping[str, frozenset[Author]]) -> dict[tuple[str, str], str]:
    """(name, paper) → the smallest paper of that person, for persons with several papers.

    Papers of one name are joined where two more authors stand in both bylines; very long bylines
    tell nothing about a person.
    """
    roots: dict[tuple[str, str], tuple[str, str]] = {}

    def root(node: tuple[str, str]) -> tuple[str, str]:
        while (above := roots.get(node, node)) != node:
            roots[node] = roots.get(above, above)
            node = above
        return node

    seen: dict[tuple[str, str, str], str] = {}
    for paper in sorted(bylines):
        tokens = sorted({author.name for author in bylines[paper]})
        names = {author.name for author in bylines[paper] if author.kind == "name"}
        if len(tokens) > _LONGEST_BYLINE:
            continue
        for name in sorted(names):
            for one, other in combinations([token for token in tokens if token != name], 2):
                low, high = sorted(
                    (root((name, seen.setdefault((name, one, other), paper))), root((name, paper)))
                )
                roots[high] = low
    return {node: root(node)[1] for node in roots if root(node) != node}
