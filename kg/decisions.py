"""What somebody decides about names → the decisions that the next build applies."""

from __future__ import annotations

import shlex
from typing import cast

from kg.errors import QueryError
from kg.lookup import Found, find, former_names, forms, near
from kg.model import ENTITY_TYPES, EntityType
from kg.resolve import Idle, name_key
from kg.resolve.overrides import OVERRIDES, Override
from kg.store import Store

__all__ = ["decide_merge", "decide_split", "take_back", "tell_idle", "to_refusal"]

_TOLD = 5
"""How many decisions or names an error tells."""


def decide_merge(store: Store, name: str, into: str, type: str = "") -> Override:
    """That what is called `name` is what is called `into`; `type` where names are of several things.

    Raises `QueryError` where the two are no things of one type, or one thing already, and where the first
    is what it is by an earlier decision.
    """
    ones, others = _things(store, name, type), _things(store, into, type)
    pairs = [(one, other) for one in ones for other in others if one.kind == other.kind]
    if not pairs:
        raise QueryError(
            f"{name!r} is {_kinds(ones)}, {into!r} {_kinds(others)}: only things of one type are merged"
        )
    if len(pairs) > 1:
        told = f"several things have these names: {_labels(ones + others)}"
        how = "with --type" if len({one.kind for one, _ in pairs}) > 1 else "by the names told here"
        raise QueryError(f"{told}; say which {how}")
    one, other = pairs[0]
    if one.iri == other.iri:
        raise QueryError(f"{name!r} and {into!r} are one {_type(one)} already: {one.label}")
    decided = former_names(store, name) if name_key(name) != name_key(one.label) else set()
    for each in store.overrides():
        if each.decision == "merge" and each.type == _type(one) and each.name in decided:
            raise QueryError(
                f"{name!r} is {one.label} by an earlier decision: merge {one.label!r} itself, or undo that "
                f"first: {_to_undo(each)}"
            )
    return Override("merge", _type(one), one.label, other.label)


def decide_split(store: Store, name: str, type: str = "") -> Override:
    """That where a paper writes a thing `name` alone, this is a thing by itself.

    Raises `QueryError` where nothing is written so, where it is what the thing is called by, where nothing
    else is with it, or where somebody merged it.
    """
    things = _things(store, name, type)
    kind, labels = _type(things[0]), {thing.label for thing in things}
    if any(_type(thing) != kind for thing in things):
        raise QueryError(f"several things are called {name!r}: {_labels(things)}; say which with --type")
    for each in store.overrides():
        if each.decision == "merge" and each.type == kind and {name, *labels} & {each.name, each.into}:
            raise QueryError(
                f"{each.name!r} was merged into {each.into!r} by hand; undo that first: {_to_undo(each)}"
            )
    written = sorted({form for thing in things for form in forms(store, thing.iri)})
    if len(written) < 2:
        raise QueryError(f"{name!r} is a {kind} by itself already")
    if name not in written:
        called = " or ".join(sorted(labels))
        raise QueryError(f"nothing is written {name!r}; {called} is written {', '.join(written)}")
    if name in labels:
        others = _some([form for form in written if form != name], ", ")
        raise QueryError(f"{name!r} is what the {kind} is called by; split its other names: {others}")
    return Override("split", kind, name)


def take_back(store: Store, name: str, into: str = "", type: str = "") -> Override:
    """The decision about these names that was taken before, by whatever names it was, or is, taken.

    Raises `QueryError` where there is none.
    """
    _check_type(type)
    taken = [each for each in store.overrides() if type in ("", each.type)]
    asked = [each for each in taken if bool(each.into) == bool(into)]
    decided = [each for each in asked if (each.name, each.into) == (name, into)]
    if not decided:
        ones, others = _meant(store, name), _meant(store, into) if into else {""}
        keys = [(each, name_key(each.name), name_key(each.into)) for each in asked]
        decided = [each for each, one, other in keys if one in ones and other in others]
    if len(decided) == 1:
        return decided[0]
    what = "several such decisions were" if decided else "no such decision was"
    told = _some([_to_undo(each) for each in decided or taken], "; ")
    raise QueryError(f"{what} taken; there are: {told or 'none'}")


def _some(told: list[str], joint: str) -> str:
    more = [f"and {len(told) - _TOLD} more"] if len(told) > _TOLD else []
    return joint.join([*told[:_TOLD], *more])


def _meant(store: Store, name: str) -> set[str]:
    """The keys of what a name is, was before somebody decided, and is spelt."""
    return {name_key(each) for each in (name, *former_names(store, name), *_called(store, name))}


def _called(store: Store, name: str) -> list[str]:
    try:
        return [found.label for found in find(store, name, _classes(""))]
    except QueryError:
        return []


def to_refusal(idle: Idle) -> str:
    """Why a decision that would change nothing is not taken."""
    if idle.against is None:
        return idle.why
    return f"that contradicts the {_to_words(idle.against)}; undo that first: {_to_undo(idle.against)}"


def tell_idle(store: Store, idle: Idle) -> str:
    """Where a decision stands that changes nothing, what it is, and why, in a line."""
    decided, against = idle.decision, idle.against
    told = f"{OVERRIDES}:{decided.line}: {_to_words(decided)}; {idle.why}"
    if idle.missing:
        told += f"; {near(store, idle.missing, _classes(decided.type))}"
    return told if against is None else f"{told}: line {against.line}, {_to_words(against)}"


def _to_words(decided: Override) -> str:
    into = f" into {decided.into!r}" if decided.into else ""
    return f"{decided.decision} of the {decided.type} {decided.name!r}{into}"


def _to_undo(decided: Override) -> str:
    """The command that takes a decision back."""
    names = [decided.name, decided.into] if decided.into else [decided.name]
    dashed = ["--", *names] if any(name.startswith("-") for name in names) else []
    options = ["--type", decided.type, "--undo"]
    return shlex.join(["kg", decided.decision, *([] if dashed else names), *options, *dashed])


def _things(store: Store, name: str, type: str) -> list[Found]:
    _check_type(type)
    try:
        return find(store, name, _classes(type))
    except QueryError as error:
        try:
            others = find(store, name)
        except QueryError:
            raise error from None
        if type:
            raise QueryError(f"no {type} is named {name!r}; it is {_kinds(others)}") from error
        raise QueryError(
            f"{name!r} is {_kinds(others)}, and neither authors nor papers are merged or split by hand"
        ) from error


def _type(found: Found) -> EntityType:
    return cast(EntityType, found.kind.lower())


def _check_type(type: str) -> None:
    if type not in ("", *ENTITY_TYPES):
        raise QueryError(f"no type {type!r}; there are {', '.join(ENTITY_TYPES)}")


def _classes(type: str) -> set[str]:
    return {each.capitalize() for each in ((type,) if type else ENTITY_TYPES)}


def _labels(found: list[Found]) -> str:
    return ", ".join(f"{each.label} ({_type(each)})" for each in dict.fromkeys(found))


def _kinds(found: list[Found]) -> str:
    kinds = sorted({each.kind.lower() for each in found})
    return " or ".join(f"an {kind}" if kind == "author" else f"a {kind}" for kind in kinds)
