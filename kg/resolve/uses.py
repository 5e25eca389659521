"""Facts → how each summary names each thing, which is all that resolving needs of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from kg.model import Author, EntityType, Facts, Role, Summary
from kg.resolve.abbreviations import find_abbreviations
from kg.resolve.names import name_key

__all__ = ["Seen", "ThingKey", "Use", "read_uses", "to_realm"]

ThingKey = tuple[EntityType, str]
"""A type, and the normal form of a name: what makes a thing the same one.

What sets a thing apart from others of the same name stands behind a line break, which no name holds.
"""

_REALMS: Final[Mapping[EntityType, str]] = {
    "model": "system", "method": "system", "task": "system",
    "dataset": "data", "benchmark": "data", "metric": "metric",
}  # fmt: skip
"""In one realm, a name that two papers coin is two things, whatever types it was read as."""

_ALLOWED: Final[Mapping[Role, frozenset[EntityType]]] = {
    "evaluatesOn": frozenset(("benchmark", "dataset", "task")),
    "on": frozenset(("benchmark", "dataset", "task")),
    "metric": frozenset(("metric",)),
    "subject": frozenset(("model", "method", "dataset", "benchmark")),
    "baseline": frozenset(("model", "method", "dataset", "benchmark")),
}
"""The types that the graph's shapes let a thing in such a role have."""


@dataclass(frozen=True, slots=True, order=True)
class Use:
    """How a summary names a thing, and what that summary says of it.

    `long`: what the text says the name is short for; `types`: those that it may have in the graph;
    `coined`: the paper, where its title gives this name to what it proposes.
    """

    type: EntityType
    name: str
    aliases: tuple[str, ...]
    long: str
    types: tuple[EntityType, ...]
    coined: str


@dataclass(slots=True)
class Seen:
    """All that the names of all summaries say, without their order."""

    uses: dict[Use, set[str]] = field(default_factory=dict)
    longs: dict[ThingKey, dict[str, set[str]]] = field(default_factory=dict)
    """What a short form is short for, as written, with the papers that say so."""
    told: dict[ThingKey, set[str]] = field(default_factory=dict)
    """The papers that say what is short for a long form."""
    coined: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    """The papers that give a name, by realm and key, to what they propose."""
    bylines: dict[str, frozenset[Author]] = field(default_factory=dict)

    def read(self, facts: Facts) -> None:
        summary, paper = facts.summary, facts.summary.paper.arxiv_id
        self.bylines[paper] = self.bylines.get(paper, frozenset()) | frozenset(summary.authors)
        explained = _read_explained(summary)
        for use in _read_uses(facts, explained):
            self.uses.setdefault(use, set()).add(paper)
            if use.coined:
                self.coined.setdefault(to_realm(use.type, name_key(use.name, use.type)), set()).add(paper)
        named = {(e.type, name_key(m.evidence.quote, e.type)) for e in facts.entities for m in e.mentions}
        for short, long in explained.items():
            for type in {type for type, _ in named}:
                keys = {(type, name_key(form, type)) for form in (short, long)}
                if not keys.isdisjoint(named):
                    self.longs.setdefault((type, name_key(short, type)), {}).setdefault(long, set()).add(
                        paper
                    )
                    self.told.setdefault((type, name_key(long, type)), set()).add(paper)


def _read_explained(summary: Summary) -> dict[str, str]:
    """The abbreviations that a summary explains; of two explanations of one the first stands."""
    pairs: dict[str, str] = {}
    for text in (summary.title, summary.abstract):
        for short, long in find_abbreviations(text):
            pairs.setdefault(short, long)
    return pairs


def to_realm(type: EntityType, key: str) -> tuple[str, str]:
    """What names of kindred types are counted together by."""
    return _REALMS[type], key.casefold()


def read_uses(facts: Facts) -> list[Use]:
    """One use for each entity, in their order."""
    return _read_uses(facts, _read_explained(facts.summary))


def _read_uses(facts: Facts, longs: Mapping[str, str]) -> list[Use]:
    title = facts.summary.title.partition(":")
    coined = title[0].strip() if title[1] else ""
    filled: dict[tuple[EntityType, str], set[Role]] = defaultdict(set)
    for result in facts.results:
        for slot in result.slots.values():
            filled[slot.type, slot.name].add(slot.mention.role)
    uses = []
    for entity in facts.entities:
        roles = {*entity.roles, *filled[entity.type, entity.name]}
        allowed = [_ALLOWED[role] for role in roles if role in _ALLOWED]
        names = (entity.name, *entity.aliases)
        its_own = coined in names and "proposes" in entity.roles
        uses.append(
            Use(
                entity.type,
                entity.name,
                entity.aliases,
                longs.get(entity.name, longs.get(entity.name.removesuffix("s"), "")),
                tuple(sorted(frozenset.intersection(*allowed))) if allowed else (),
                facts.summary.paper.arxiv_id if its_own else "",
            )
        )
    return uses
