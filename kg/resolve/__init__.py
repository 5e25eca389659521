"""Names in many papers → one thing, each merge with a reason.

    names           a name's normal form: what spellings of one name agree in
    abbreviations   what a text says a short form is short for
    versions        what a name says of its family, its whole and its size
    known           what the lexicon and `known.toml` know: spellings, directions, links
    uses            how each summary names each thing
    overrides       what people decided
    keys            which thing a use is a use of
    things          what things are called, and why
    decided         decisions applied, and those that change nothing
    people          authors that are one person

A thing is a type and a key. The key is that of the fullest name, once what is known, what texts explain
and what people decided have been heard, in this order; there are no chains of likenesses. All of it is a
function of all facts and overrides together: their order does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kg.model import Author, EntityType, Facts, Summary
from kg.resolve.decided import Decided, Idle, Split, apply
from kg.resolve.keys import Keys
from kg.resolve.names import name_key
from kg.resolve.overrides import Override
from kg.resolve.people import Node, Tie, derive_people
from kg.resolve.things import Form, Reason, Relation, Thing
from kg.resolve.uses import Seen, ThingKey, read_uses

__all__ = [
    "Form",
    "Idle",
    "Reason",
    "Relation",
    "Resolution",
    "Split",
    "Thing",
    "ThingKey",
    "Tie",
    "derive_resolution",
    "name_key",
]


class Resolution:
    """Which thing each entity is, and which person each author of a byline is.

    `people` gives, for a name and a paper, the first paper of that person and why they are one; `splits`
    what each split did, `idle` the decisions that change nothing.
    """

    def __init__(self, decided: Decided, people: Mapping[Node, tuple[str, Tie]], keys: Keys) -> None:
        self.things = decided.things
        self.splits = decided.splits
        self.idle = decided.idle
        self.people = people
        self._keys = keys

    def keys(self, facts: Facts) -> dict[tuple[EntityType, str], ThingKey]:
        """The key of the thing that each entity is, by the entity's type and name."""
        paper, uses = facts.summary.paper.arxiv_id, read_uses(facts)
        return {
            (e.type, e.name): self._keys.of(use, paper) for e, use in zip(facts.entities, uses, strict=True)
        }

    def person(self, summary: Summary, author: Author) -> tuple[str, ...]:
        """What tells a person from others of the same name: the first paper of the one person."""
        if author.kind == "handle":
            return ("handle",)
        paper = summary.paper.arxiv_id
        return ("name", self.people.get((author.name, paper), (paper,))[0])


def derive_resolution(facts: Iterable[Facts], overrides: Iterable[Override] = ()) -> Resolution:
    """Resolves all names of all summaries. The order of `facts` and `overrides` does not matter."""
    seen = Seen()
    for each in facts:
        seen.read(each)
    keys = Keys(seen)
    keys.settle_types(seen)
    return Resolution(apply(overrides, seen, keys), derive_people(seen.bylines), keys)
