"""What somebody decides about names → the decisions that the next build applies."""

from __future__ import annotations

import shlex
from typing import cast

from kg.errors import QueryError
from kg.lookup import Found, find, forms
from kg.model import ENTITY_TYPES, EntityType
from kg.resolve import name_key
from kg.resolve.overrides import Override
from kg.store import Store

__all__ = ["decide_merge", "decide_split", "take_back"]

_TOLD = 5
"""How many decisions an error names."""


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
        raise QueryError(f"several things have these names: {_labels(ones + others)}; say which")
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
        raise QueryError(f"several things are called {name!r}: {_labels(things)}; say which")
    thing, kind = things[0], _type(things[0])
    for each in store.overrides():
        if each.decision == "merge" and each.type == kind and {name, thing.label} & {each.name, each.into}:
            undo = shlex.join(["kg", "merge", each.name, each.into, "--undo"])
            raise QueryError(f"{each.name!r} was merged into {each.into!r} by hand; undo that first: {undo}")
    if len(forms(store, thing.iri)) < 2:
        raise QueryError(f"{name!r} is a {kind} by itself already")
    if name not in forms(store, thing.iri):
        raise QueryError(
            f"nothing is written {name!r}; {thing.label} is written {', '.join(forms(store, thing.iri))}"
        )
    return Override("split", kind, name)


def take_back(store: Store, name: str, into: str = "", type: str = "") -> Override:
    """The decision about these names that was taken before. Raises `QueryError` where there is none."""
    asked = (name, into)
    taken = [each for each in store.overrides() if type in ("", each.type)]
    exact = [each for each in taken if (each.name, each.into) == asked]
    decided = exact or [each for each in taken if _to_keys(each.name, each.into) == _to_keys(*asked)]
    if len(decided) != 1:
        told = [f"{each.decision} {each.type} {each.name} {each.into}".strip() for each in taken[:_TOLD]]
        more = f"; and {len(taken) - _TOLD} more" if len(taken) > _TOLD else ""
        raise QueryError(f"no such decision was taken; there are: {'; '.join(told) or 'none'}{more}")
    return decided[0]


def _things(store: Store, name: str, type: str) -> list[Found]:
    if type not in ("", *ENTITY_TYPES):
        raise QueryError(f"no type {type!r}; there are {', '.join(ENTITY_TYPES)}")
    return find(store, name, {each.capitalize() for each in ((type,) if type else ENTITY_TYPES)})


def _type(found: Found) -> EntityType:
    return cast(EntityType, found.kind.lower())


def _to_keys(*names: str) -> list[str]:
    return [name_key(name) for name in names]


def _labels(found: list[Found]) -> str:
    return ", ".join(f"{each.label} ({_type(each)})" for each in dict.fromkeys(found))


def _kinds(found: list[Found]) -> str:
    return " or ".join(sorted({_type(each) for each in found}))
