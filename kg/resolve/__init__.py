"""Names in many papers → one thing, each merge with a reason.

    names           a name's normal form: what spellings of one name agree in
    abbreviations   what a text says a short form is short for
    versions        what a name says of its family, its whole and its size
    known           what the lexicon and `known.toml` know: spellings, directions, links
    uses            how each summary names each thing
    overrides       what people decided
    keys            which thing a use is a use of
    things          what things are called, and why
    people          authors that are one person

A thing is a type and a key. The key is that of the fullest name, once what is known, what texts explain
and what people decided have been heard, in this order; there are no chains of likenesses. All of it is a
function of all facts and overrides together: their order does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kg.model import Author, EntityType, Facts, Summary
from kg.resolve.keys import Keys
from kg.resolve.names import name_key
from kg.resolve.overrides import Override
from kg.resolve.people import Node, Tie, derive_people
from kg.resolve.things import Form, Reason, Relation, Thing, derive_things, to_called
from kg.resolve.uses import Seen, ThingKey, read_uses

__all__ = [
    "Form",
    "Reason",
    "Relation",
    "Resolution",
    "Thing",
    "ThingKey",
    "Tie",
    "derive_resolution",
    "name_key",
]


class Resolution:
    """Which thing each entity is, and which person each author of a byline is.

    `people` gives, for a name and a paper, the first paper of that person and why they are one; `idle` are
    the decisions about names that no text writes.
    """

    def __init__(
        self,
        things: Mapping[ThingKey, Thing],
        people: Mapping[Node, tuple[str, Tie]],
        keys: Keys,
        idle: tuple[Override, ...] = (),
    ) -> None:
        self.things = things
        self.people = people
        self.idle = idle
        self._keys = keys

    def keys(self, facts: Facts) -> dict[tuple[EntityType, str], ThingKey]:
        """The key of the thing that each entity is, by the entity's type and name."""
        uses = read_uses(facts)
        return {(e.type, e.name): self._keys.of(use) for e, use in zip(facts.entities, uses, strict=True)}

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
    decided = sorted(set(overrides))
    keys = Keys(seen)
    keys.settle_types(seen)
    keys.split(each for each in decided if each.decision == "split")
    things = derive_things(seen, keys)
    called = to_called(things)
    named = {keys.before_merges(use) for use in seen.uses}
    merges, idle = list[tuple[ThingKey, ThingKey]](), list[Override]()
    for decision in decided:
        one, other = (
            called.get((decision.type, name)) for name in (decision.name, decision.into or decision.name)
        )
        if one is None or other is None or one not in named or not _is_apart(decision, one):
            idle.append(decision)
        elif decision.decision == "merge":
            merges.append((one, other))
    if merges:
        keys.merge(merges)
        things = derive_things(seen, keys, things)
    return Resolution(things, derive_people(seen.bylines), keys, tuple(idle))


def _is_apart(decided: Override, key: ThingKey) -> bool:
    """Whether a split has made a thing of its own; a merge has nothing to make."""
    return decided.decision == "merge" or key[1].endswith(f"\n={decided.name}")
