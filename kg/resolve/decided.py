"""What people decided, applied to the keys of things; and what of it changes nothing, with the reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from kg.model import EntityType
from kg.resolve.keys import Keys, to_apart
from kg.resolve.known import find_known
from kg.resolve.names import name_key
from kg.resolve.overrides import Override
from kg.resolve.things import Thing, derive_things
from kg.resolve.uses import Seen, ThingKey

__all__ = ["Decided", "Idle", "Split", "apply"]


@dataclass(frozen=True, slots=True)
class Idle:
    """A decision that changes nothing, and why.

    `missing` is the name that nothing has, `against` the decision that it contradicts.
    """

    decision: Override
    why: str
    missing: str = ""
    against: Override | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """The thing that a name was taken out of, the papers that write it alone, and those that write more.

    In the `others`, which also write another name of the thing, the name stays one of it.
    """

    origin: ThingKey
    papers: Set[str]
    others: Set[str]


@dataclass(frozen=True, slots=True)
class Decided:
    """The things as they are once all decisions have been heard."""

    things: Mapping[ThingKey, Thing]
    splits: Mapping[Override, Split]
    idle: tuple[Idle, ...]


def apply(decisions: Iterable[Override], seen: Seen, keys: Keys) -> Decided:
    """Splits, then merges, whatever the order of the decisions; `keys` follow them from now on."""
    decided = sorted(set(decisions))
    before = derive_things(seen, keys)
    if not decided:
        return Decided(before, {}, ())
    written = _read_written(seen, keys)
    found = {each: _split(each, written, before) for each in decided if each.decision == "split"}
    splits = {each: split for each, split in found.items() if isinstance(split, Split)}
    idle = [each for each in found.values() if isinstance(each, Idle)]
    keys.split({(split.origin, each.name): split.papers for each, split in splits.items()})
    unmerged = derive_things(seen, keys, before) if splits else before
    called = _Called(unmerged)
    merges = _Merges(called, _named(seen, keys), splits, _in_vain(idle, called))
    idle += filter(None, [merges.take(each) for each in decided if each.decision == "merge"])
    keys.merge({one: other for one, (other, _) in merges.taken.items()})
    things = derive_things(seen, keys, {**unmerged, **before}) if merges.taken else unmerged
    return Decided(things, splits, tuple(sorted(idle, key=lambda each: each.decision)))


def _named(seen: Seen, keys: Keys) -> set[ThingKey]:
    """The things that texts name, and not only the names of others."""
    return {key for use, papers in seen.uses.items() for key in keys.before_merges(use, papers)}


def _in_vain(idle: Iterable[Idle], called: _Called) -> set[Override]:
    """The splits that leave a name to a thing that is called otherwise."""
    return {each.decision for each in idle if not called.is_label(each.decision.type, each.decision.name)}


# Splits


@dataclass(slots=True)
class _Written:
    """How papers write a thing where nobody decides anything.

    `alone`: the papers that write a form and no other; `beside`: those that also write another; `names`:
    the forms that are names of it by themselves.
    """

    alone: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    beside: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    names: set[str] = field(default_factory=set)


def _read_written(seen: Seen, keys: Keys) -> dict[ThingKey, _Written]:
    forms: dict[tuple[ThingKey, str], set[str]] = defaultdict(set)
    written: dict[ThingKey, _Written] = defaultdict(_Written)
    for use, papers in seen.uses.items():
        key, own = keys.undecided(use), (use.name, *use.aliases)
        written[key].names.update(form for form in own if keys.of_form(use.type, form)[0] == key[1])
        for paper in papers:
            forms[key, paper].update(own)
    for (key, paper), together in forms.items():
        for form in together:
            (written[key].alone if len(together) == 1 else written[key].beside)[form].add(paper)
    return written


def _split(
    decided: Override, written: Mapping[ThingKey, _Written], before: Mapping[ThingKey, Thing]
) -> Split | Idle:
    """What a split does: of several things with this name it is about the one that most papers call so."""
    name = decided.name
    ways = {key: way for key, way in written.items() if key[0] == decided.type}
    having = [key for key, way in ways.items() if name in way.alone or name in way.beside]
    if not having:
        return Idle(decided, f"no text names a {decided.type} {name!r}", missing=name)
    key = min(having, key=lambda key: (-len(ways[key].alone.get(name, ())), key))
    way, label = ways[key], before[key].label
    forms = {*way.alone, *way.beside, label}
    if len(forms) == 1 or "\n" in key[1]:
        return Idle(decided, f"{name!r} is a {decided.type} by itself already")
    if label == name and (find_known(*key) or way.names == {name}):
        return Idle(decided, f"{name!r} is what the {decided.type} is called by; split its other names")
    if name not in way.alone:
        return Idle(decided, f"each paper that writes {name!r} also writes another name of {label}")
    return Split(key, way.alone[name], way.beside.get(name, set()))


# Merges


class _Called:
    """What each name is a name of, as `kg.lookup.find` has it: labels before other forms before spellings."""

    def __init__(self, things: Mapping[ThingKey, Thing]) -> None:
        self._labels: dict[tuple[EntityType, str], set[ThingKey]] = defaultdict(set)
        self._forms: dict[tuple[EntityType, str], set[ThingKey]] = defaultdict(set)
        self._alike: dict[tuple[EntityType, str], set[ThingKey]] = defaultdict(set)
        for key, thing in things.items():
            self._labels[thing.type, thing.label].add(key)
            for form in {thing.label, *(form.written for form in thing.forms)}:
                self._forms[thing.type, form].add(key)
                self._alike[thing.type, name_key(form)].add(key)

    def is_label(self, type: EntityType, name: str) -> bool:
        return (type, name) in self._labels

    def find(self, type: EntityType, name: str) -> set[ThingKey]:
        same = self._labels.get((type, name)) or self._forms.get((type, name))
        return same or self._alike.get((type, name_key(name)), set())


@dataclass(slots=True)
class _Merges:
    """Merges as they are taken: which thing becomes which, and by what decision.

    `named` are the things that texts name, `splits` what was split before, `vain` what could not be.
    """

    called: _Called
    named: Set[ThingKey]
    splits: Mapping[Override, Split]
    vain: Set[Override]
    taken: dict[ThingKey, tuple[ThingKey, Override]] = field(default_factory=dict)

    def take(self, decided: Override) -> Idle | None:
        """Takes a decision, or says why it changes nothing."""
        found = list[ThingKey]()
        for name in (decided.name, decided.into):
            things = self.called.find(decided.type, name)
            if not things:
                return Idle(decided, f"no {decided.type} is named {name!r}", missing=name)
            if len(things) > 1:
                return Idle(decided, f"several things are named {name!r}")
            in_vain = next((e for e in self.vain if (e.type, e.name) == (decided.type, name)), None)
            if in_vain:
                return Idle(decided, f"{name!r} is no {decided.type} by itself", against=in_vain)
            found += things
        one, other = found
        if one == other:
            return Idle(decided, f"{decided.name!r} and {decided.into!r} are one {decided.type} already")
        if one not in self.named:
            return Idle(decided, f"no text writes {decided.name!r} by itself")
        against = self._contradicted(one, other)
        if against:
            return Idle(decided, "it contradicts another", against=against)
        self.taken[one] = (other, decided)
        return None

    def _contradicted(self, one: ThingKey, other: ThingKey) -> Override | None:
        """The decision by which the first is another thing already, or the second is it, or must not be."""
        if one in self.taken:
            return self.taken[one][1]
        end, last = self._end(other)
        if end == one:
            return last
        for split, found in self.splits.items():
            parts = (found.origin, to_apart(found.origin, split.name))
            if {self._end(part)[0] for part in parts} == {one, end}:
                return split
        return None

    def _end(self, key: ThingKey) -> tuple[ThingKey, Override | None]:
        """Where merges lead a thing in the end, and the last of them."""
        last: Override | None = None
        while key in self.taken:
            key, last = self.taken[key]
        return key, last
