"""What somebody decides about names → the decisions that the next build applies."""

from __future__ import annotations

from typing import cast

from kg.errors import QueryError
from kg.lookup import Found, find
from kg.model import ENTITY_TYPES, EntityType
from kg.resolve.overrides import Override
from kg.store import Store

__all__ = ["decide_merge", "decide_split", "take_back"]


def decide_merge(store: Store, name: str, into: str, type: str = "") -> Override:
    """That what is called `name` is what is called `into`; `type` where names are of several things.

    Raises `QueryError` where the two are no things of one type, or one thing already.
    """
    ones, others = _things(store, name, type), _things(store, into, type)
    pairs = [(one, other) for one in ones for other in others if one.kind == other.kind]
    if not pairs:
        raise QueryError(
            f"{name!r} is a {_kinds(ones)}, {into!r} a {_kinds(others)}: only things of one type are merged"
        )
    if len(pairs) > 1:
        raise QueryError(f"several things have these names; name the type: --type {_kinds(ones)}")
    one, other = pairs[0]
    if one.iri == other.iri:
        raise QueryError(f"{name!r} and {into!r} are one {_type(one)} already: {one.label}")
    return Override("merge", _type(one), one.label, other.label)


def decide_split(store: Store, name: str, type: str = "") -> Override:
    """That what is written exactly `name` is a thing by itself.

    Raises `QueryError` where nothing is written so, where nothing else is with it, or where somebody
    merged it.
    """
    things = _things(store, name, type)
    if len(things) > 1:
        raise QueryError(f"several things are called {name!r}; name the type: --type {_kinds(things)}")
    thing, kind = things[0], _type(things[0])
    for each in store.overrides():
        if each.decision == "merge" and (each.type, each.name) == (kind, name):
            raise QueryError(
                f"{name!r} was merged by hand; undo that: kg merge {name!r} {each.into!r} --undo"
            )
    if len(store.forms(thing.iri)) < 2:
        raise QueryError(f"{name!r} is a {kind} by itself already")
    if name not in store.forms(thing.iri):
        raise QueryError(
            f"nothing is written {name!r}; {thing.label} is written {', '.join(store.forms(thing.iri))}"
        )
    return Override("split", kind, name)


def take_back(store: Store, name: str, into: str = "", type: str = "") -> Override:
    """The decision about these names that was taken before. Raises `QueryError` where there is none."""
    decided = [
        each
        for each in store.overrides()
        if (each.name, each.into) == (name, into) and type in ("", each.type)
    ]
    if len(decided) != 1:
        known = "; ".join(f"{each.decision} {each.name} {each.into}".strip() for each in store.overrides())
        raise QueryError(f"no such decision was taken; there are: {known or 'none'}")
    return decided[0]


def _things(store: Store, name: str, type: str) -> list[Found]:
    if type not in ("", *ENTITY_TYPES):
        raise QueryError(f"no type {type!r}; there are {', '.join(ENTITY_TYPES)}")
    found = [each for each in find(store, name) if _type(each) in ((type,) if type else ENTITY_TYPES)]
    if not found:
        raise QueryError(f"nothing called {name!r} is a {type or 'thing that has other names'}")
    return found


def _type(found: Found) -> EntityType:
    return cast(EntityType, found.kind.lower())


def _kinds(found: list[Found]) -> str:
    return " or ".join(sorted({_type(each) for each in found}))
