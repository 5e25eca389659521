"""Names → the keys of things: what names lead to once all evidence has been heard."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Set
from typing import Final, Literal

from kg.model import ENTITY_TYPES, EntityType
from kg.resolve.abbreviations import signature
from kg.resolve.known import Known, find_known, is_alias
from kg.resolve.names import is_proper, name_key
from kg.resolve.uses import Seen, ThingKey, Use, to_realm

__all__ = ["How", "Keys", "to_apart"]

_KIN: Final = frozenset(
    frozenset(pair) for pair in (("model", "method"), ("dataset", "benchmark"), ("method", "task"))
)
"""Types that readers take one for another."""

_KINDRED: Final[Mapping[EntityType, tuple[EntityType, ...]]] = {
    type: tuple(other for other in ENTITY_TYPES if {type, other} in _KIN) for type in ENTITY_TYPES
}

_MOST: Final = 0.8
"""The share of the papers that explain a short form which must agree on what it is short for."""

_OVERWHELMING: Final = 10
"""How many times more papers must read a name as one type than as another that is no kin."""


How = Literal["spelling", "lexicon", "abbreviation"]
"""Why a form by itself is a name of a thing."""

_SHORT: Final = 5
"""Names of so few letters are taken for what they are as a kin type only where they are written so."""


class Keys:
    """What names lead to: the key of the thing that a use is a use of."""

    def __init__(self, seen: Seen) -> None:
        self._canonical: dict[ThingKey, tuple[str, How]] = {}
        self._several = {name for name, papers in seen.coined.items() if len(papers) > 1}
        self._types: dict[ThingKey, EntityType] = {}
        self._apart: dict[tuple[ThingKey, str], Set[str]] = {}
        self._merged: dict[ThingKey, ThingKey] = {}
        self._explain(seen.longs)
        forms = ((use.type, form) for use in seen.uses for form in (use.name, *use.aliases))
        self._complete_years({(type, name_key(form, type)) for type, form in forms})

    def of(self, use: Use, paper: str) -> ThingKey:
        """The key of the thing that a use in a paper is a use of."""
        (key,) = self.before_merges(use, {paper})
        return self.follow(key)

    def before_merges(self, use: Use, papers: Set[str]) -> dict[ThingKey, Set[str]]:
        """The keys that a use in these papers has before anything is merged by hand, with their papers."""
        key = self.undecided(use)
        apart = papers & self._apart.get((key, use.name), frozenset())
        parts = {key: papers - apart, to_apart(key, use.name): apart}
        return {each: some for each, some in parts.items() if some}

    def is_apart(self, key: ThingKey, name: str) -> bool:
        """Whether somebody made this name of a thing one by itself."""
        return (key, name) in self._apart

    def undecided(self, use: Use) -> ThingKey:
        """The key that a use has where nobody decides anything."""
        key = self._by_name(use)
        type = self._types.get((use.type, key), use.type)
        if (use.types and type not in use.types) or (use.coined and {use.type, type} not in _KIN):
            type = use.type
        return (type, key)

    def of_name(self, type: EntityType, name: str) -> ThingKey:
        """The key of the thing that a name by itself is a name of."""
        key, _ = self.of_form(type, name)
        return self.follow((self._types.get((type, key), type), key))

    def of_form(self, type: EntityType, form: str) -> tuple[str, How]:
        """The key that a form has by itself, or as a kin type, where more is known of it; and why."""
        key = name_key(form, type)
        for each in (type, *_KINDRED[type]):
            theirs = name_key(form, each)
            known = find_known(each, theirs)
            if known and (each == type or len(form) > _SHORT or form in known.forms):
                alike = known.key == key and not is_alias(known, form)
                return known.key, "spelling" if alike else "lexicon"
            if (each, theirs) in self._canonical and (each == type or len(form) > _SHORT or form.isupper()):
                return self._canonical[each, theirs]
        return key, "spelling"

    def _by_name(self, use: Use) -> str:
        """A form that is but the tail of the fullest name decides nothing: `accuracy` is not all of it."""
        key = name_key(use.name, use.type)
        if use.coined and to_realm(use.type, key) in self._several:
            return f"{key}\n{use.coined}"
        known = find_known(use.type, key)
        if use.long and (known is None or _explains_otherwise(known, use.long)):
            return self.of_form(use.type, use.long)[0]
        for form in (use.name, *(alias for alias in use.aliases if not _is_tail(alias, use.name))):
            known = find_known(use.type, name_key(form, use.type))
            if known:
                return known.key
        return self.of_form(use.type, use.name)[0]

    def _explain(self, longs: Mapping[ThingKey, Mapping[str, set[str]]]) -> None:
        """Short forms become what nearly all papers that explain them say; wordings of it become one."""
        for (type, short), explained in sorted(longs.items()):
            groups: dict[tuple[str, ...], dict[str, set[str]]] = defaultdict(dict)
            for long in sorted(explained):
                groups[signature(long)][long] = explained[long]
            papers = {sign: set[str]().union(*group.values()) for sign, group in groups.items()}
            best = min(groups, key=lambda sign: (-len(papers[sign]), sign))
            known = find_known(type, short)
            least = 3 if len(short) < 3 else 2
            agreed = len(papers[best]) >= least and len(papers[best]) >= _MOST * len(
                set().union(*papers.values())
            )
            if not agreed or (known and any(_explains_otherwise(known, long) for long in groups[best])):
                continue
            target = known.key if known else self._commonest(type, groups[best])
            for form in (short, *(name_key(long, type) for long in groups[best])):
                self._canonical.setdefault((type, form), (target, "abbreviation"))

    def _commonest(self, type: EntityType, group: Mapping[str, set[str]]) -> str:
        long = min(group, key=lambda long: (-len(group[long]), long))
        return self.of_form(type, long)[0]

    def _complete_years(self, keys: set[ThingKey]) -> None:
        """`AIME24` is `AIME 2024` where that is written too, or known."""
        for type, key in sorted(keys):
            year = re.fullmatch(r"(.*[a-z])-?(2\d)", key) if type in ("benchmark", "dataset") else None
            full = f"{year[1]}20{year[2]}" if year else ""
            if full and ((type, full) in keys or find_known(type, full)):
                self._canonical.setdefault((type, key), (full, "spelling"))

    def settle_types(self, seen: Seen) -> None:
        """A name that is read as several types gets the commonest, where the others are kin or slips."""
        read: dict[str, dict[EntityType, set[str]]] = defaultdict(lambda: defaultdict(set))
        forms: dict[ThingKey, set[str]] = defaultdict(set)
        for use, papers in seen.uses.items():
            key = self._by_name(use)
            read[key][use.type] |= papers
            forms[use.type, key].update((use.name, *use.aliases))
        for key, types in read.items():
            known = [type for type in types if find_known(type, key)]
            among = known if len(known) == 1 else types
            most = min(among, key=lambda type: (-len(types[type]), type))
            for type in types.keys() - {most, *known}:
                shared = not forms[type, key].isdisjoint(forms[most, key])
                plain = not any(is_proper(w) for f in forms[type, key] | forms[most, key] for w in f.split())
                if _is_settled(key, type, most, len(types[type]), len(types[most]), shared, plain):
                    self._types[type, key] = most

    def split(self, apart: Mapping[tuple[ThingKey, str], Set[str]]) -> None:
        """Names of things are things by themselves in these papers."""
        self._apart = dict(apart)

    def merge(self, merges: Mapping[ThingKey, ThingKey]) -> None:
        """All that leads to the first of two things leads to the second."""
        self._merged.update(merges)

    def follow(self, key: ThingKey) -> ThingKey:
        """Where merges lead to in the end."""
        end = key
        while end in self._merged:
            end = self._merged[end]
        while key != end:
            self._merged[key], key = end, self._merged[key]
        return end


def to_apart(key: ThingKey, name: str) -> ThingKey:
    """The key of what is written so, where somebody took it out of a thing."""
    return key[0], f"{key[1]}\n={name}"


def _explains_otherwise(known: Known, long: str) -> bool:
    """Whether what is known of a short form says that it is short for something else."""
    longs = [form for form in known.forms if len(form.split()) > 1]
    return bool(longs) and signature(long) not in map(signature, longs)


def _is_tail(form: str, name: str) -> bool:
    form, name = form.casefold(), re.sub(r" ?\([^()]*\)$", "", name).casefold()
    return name.removesuffix("s").endswith((f" {form.removesuffix('s')}", f"-{form.removesuffix('s')}"))


def _is_settled(
    key: str, one: EntityType, most: EntityType, few: int, many: int, shared: bool, plain: bool
) -> bool:
    """Whether what `few` papers read as one type is what `many` read as another.

    Types that are no kin need the same spelling and many more papers, since `RULER` is a method and a
    benchmark, unless the name is of plain words (`factuality`); a short name needs the same spelling and
    more papers, since `MLE` is a task and a method.
    """
    if {one, most} not in _KIN:
        return shared and many >= (2 if plain else _OVERWHELMING) * few
    return len(key) > 4 or (shared and many >= 3 * few)
