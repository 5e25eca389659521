"""Names in many papers → one thing, each merge with a reason.

    names           a name's normal form: what spellings of one name agree in
    abbreviations   what texts say a short form is short for
    versions        what a name says of its family, its whole and its size
    known           what the lexicon and `known.toml` know: spellings, directions, links
    people          authors that are one person
    overrides       what people decided

A thing is a type and a key. The key is that of the fullest name, once what is known, what texts explain
and what people decided have been heard, in this order; there are no chains of likenesses. All of it is a
function of all facts and overrides together: their order does not matter.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Final, Literal, get_args

from kg.model import ENTITY_TYPES, Author, Direction, EntityType, Facts, Role, Summary
from kg.resolve.abbreviations import find_abbreviations, signature
from kg.resolve.known import Known, find_known, find_metric
from kg.resolve.names import is_proper, name_key
from kg.resolve.overrides import Override
from kg.resolve.people import Node, Tie, derive_people
from kg.resolve.versions import find_broader, find_wholes, is_split, parse_size

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

Reason = Literal["spelling", "lexicon", "abbreviation", "text", "by hand"]
"""Why a form names a thing: spelt alike, known, explained by papers, one thing in a text, decided."""

Relation = Literal["isVersionOf", "isPartOf", "broader"]
ThingKey = tuple[EntityType, str]

_KIN: Final = frozenset(
    frozenset(pair) for pair in (("model", "method"), ("dataset", "benchmark"), ("method", "task"))
)
"""Types that readers take one for another."""

_KINDRED: Final[Mapping[EntityType, tuple[EntityType, ...]]] = {
    type: tuple(other for other in ENTITY_TYPES if {type, other} in _KIN) for type in ENTITY_TYPES
}

_ALLOWED: Final[Mapping[Role, frozenset[EntityType]]] = {
    "evaluatesOn": frozenset(("benchmark", "dataset", "task")),
    "on": frozenset(("benchmark", "dataset", "task")),
    "metric": frozenset(("metric",)),
    "subject": frozenset(("model", "method", "dataset", "benchmark")),
    "baseline": frozenset(("model", "method", "dataset", "benchmark")),
}
"""The types that the graph's shapes let a thing in such a role have."""

_MOST: Final = 0.8
"""The share of the papers that explain a short form which must agree on what it is short for."""

_COMMON: Final = 3
"""How many papers must name a task that is not known before others are narrower than it."""

_OVERWHELMING: Final = 10
"""How many times more papers must read a name as one type than as another that is no kin."""


@dataclass(frozen=True, slots=True, order=True)
class Form:
    """One way of writing a thing, why it is this thing, and the papers that bear it out (arXiv ids)."""

    written: str
    reason: Reason
    papers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Thing:
    """One node for one thing: its label, the other forms it is written in, and what its name says.

    `wholes` are the things that this one is a version or a part of, or narrower than; `link` is what the
    thing is elsewhere, `paper` the arXiv id of the paper that introduces it.
    """

    type: EntityType
    key: str
    label: str
    forms: tuple[Form, ...] = ()
    wholes: tuple[tuple[Relation, str], ...] = ()
    better: Direction | None = None
    least: int | None = None
    most: int | None = None
    parameters: int | None = None
    link: str | None = None
    paper: str | None = None


class Resolution:
    """Which thing each entity is, and which person each author of a byline is.

    `people` gives, for a name and a paper, the first paper of that person and why they are one.
    """

    def __init__(
        self, things: Mapping[ThingKey, Thing], people: Mapping[Node, tuple[str, Tie]], keys: _Keys
    ) -> None:
        self.things = things
        self.people = people
        self._keys = keys

    def keys(self, facts: Facts) -> dict[tuple[EntityType, str], ThingKey]:
        """The key of the thing that each entity is, by the entity's type and name."""
        uses = _read_uses(facts)
        return {(e.type, e.name): self._keys.of(use) for e, use in zip(facts.entities, uses, strict=True)}

    def person(self, summary: Summary, author: Author) -> tuple[str, ...]:
        """What tells a person from others of the same name: the first paper of the one person."""
        if author.kind == "handle":
            return ("handle",)
        paper = summary.paper.arxiv_id
        return ("name", self.people.get((author.name, paper), (paper,))[0])


def derive_resolution(facts: Iterable[Facts], overrides: Iterable[Override] = ()) -> Resolution:
    """Resolves all names of all summaries. The order of `facts` and `overrides` does not matter."""
    seen = _Seen()
    for each in facts:
        seen.read(each)
    keys = _Keys(seen)
    keys.settle_types(seen)
    keys.split(overrides)
    merges = [each for each in overrides if each.decision == "merge"]
    if merges:
        keys.merge(merges, _derive_things(seen, keys))
    return Resolution(_derive_things(seen, keys), derive_people(seen.bylines), keys)


@dataclass(frozen=True, slots=True, order=True)
class _Use:
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
class _Seen:
    """All that the names of all summaries say, without their order."""

    uses: dict[_Use, set[str]] = field(default_factory=dict)
    longs: dict[ThingKey, dict[str, set[str]]] = field(default_factory=dict)
    """What a short form is short for, as written, with the papers that say so."""
    coined: dict[str, set[str]] = field(default_factory=dict)
    bylines: dict[str, frozenset[Author]] = field(default_factory=dict)

    def read(self, facts: Facts) -> None:
        summary, paper = facts.summary, facts.summary.paper.arxiv_id
        self.bylines[paper] = self.bylines.get(paper, frozenset()) | frozenset(summary.authors)
        for use in _read_uses(facts):
            self.uses.setdefault(use, set()).add(paper)
            if use.coined:
                self.coined.setdefault(name_key(use.name, use.type), set()).add(paper)
        named = {(e.type, name_key(m.evidence.quote, e.type)) for e in facts.entities for m in e.mentions}
        for short, long in _explained(summary).items():
            for type in {type for type, _ in named}:
                keys = {(type, name_key(form, type)) for form in (short, long)}
                if not keys.isdisjoint(named):
                    explained = self.longs.setdefault((type, name_key(short, type)), {})
                    explained.setdefault(long, set()).add(paper)


def _explained(summary: Summary) -> dict[str, str]:
    """The abbreviations that a summary explains; of two explanations of one the first stands."""
    pairs: dict[str, str] = {}
    for text in (summary.title, summary.abstract):
        for short, long in find_abbreviations(text):
            pairs.setdefault(short, long)
    return pairs


def _read_uses(facts: Facts) -> list[_Use]:
    """One use for each entity, in their order."""
    longs = {name_key(short): long for short, long in _explained(facts.summary).items()}
    title = facts.summary.title.partition(":")
    coined = title[0] if title[1] else ""
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
            _Use(
                entity.type,
                entity.name,
                entity.aliases,
                longs.get(name_key(entity.name), ""),
                tuple(sorted(frozenset.intersection(*allowed))) if allowed else (),
                facts.summary.paper.arxiv_id if its_own else "",
            )
        )
    return uses


class _Keys:
    """What names lead to: the key of the thing that a use is a use of."""

    def __init__(self, seen: _Seen) -> None:
        self._canonical: dict[ThingKey, str] = {}
        self._several = {key for key, papers in seen.coined.items() if len(papers) > 1}
        self._types: dict[ThingKey, EntityType] = {}
        self._split: set[ThingKey] = set()
        self._merged: dict[ThingKey, ThingKey] = {}
        self._explain(seen.longs)
        self._complete_years({(use.type, name_key(use.name, use.type)) for use in seen.uses})

    def of(self, use: _Use) -> ThingKey:
        """The key of the thing that a use is a use of."""
        key = self.before_merges(use)
        return self._merged.get(key, key)

    def before_merges(self, use: _Use) -> ThingKey:
        """The same, had nobody merged things by hand."""
        key = self._by_name(use)
        type = self._types.get((use.type, key), use.type)
        if use.types and type not in use.types:
            type = use.type
        return (type, f"={use.name}") if (type, use.name) in self._split else (type, key)

    def of_form(self, type: EntityType, form: str) -> str:
        """The key that a form has by itself, or as a kin type, where more is known of it."""
        key = name_key(form, type)
        for each in (type, *_KINDRED[type]):
            known = find_known(each, name_key(form, each))
            if known or (each, name_key(form, each)) in self._canonical:
                return known.key if known else self._canonical[each, name_key(form, each)]
        return key

    def _by_name(self, use: _Use) -> str:
        """A form that is but the tail of the fullest name decides nothing: `accuracy` is not all of it."""
        key = name_key(use.name, use.type)
        if use.coined and key in self._several:
            return f"{key} {use.coined}"
        known = find_known(use.type, key)
        if use.long and (known is None or _explains_otherwise(known, use.long)):
            return self.of_form(use.type, use.long)
        for form in (use.name, *(alias for alias in use.aliases if not _is_tail(alias, use.name))):
            known = find_known(use.type, name_key(form, use.type))
            if known:
                return known.key
        return self.of_form(use.type, use.name)

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
                self._canonical.setdefault((type, form), target)

    def _commonest(self, type: EntityType, group: Mapping[str, set[str]]) -> str:
        long = min(group, key=lambda long: (-len(group[long]), long))
        return self.of_form(type, long)

    def _complete_years(self, keys: set[ThingKey]) -> None:
        """`AIME24` is `AIME 2024` where that is written too, or known."""
        for type, key in sorted(keys):
            year = re.fullmatch(r"(.*[a-z])-?(2\d)", key) if type in ("benchmark", "dataset") else None
            full = f"{year[1]}20{year[2]}" if year else ""
            if full and ((type, full) in keys or find_known(type, full)):
                self._canonical.setdefault((type, key), full)

    def settle_types(self, seen: _Seen) -> None:
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

    def split(self, overrides: Iterable[Override]) -> None:
        """What is written so is a thing by itself."""
        self._split = {(each.type, each.name) for each in overrides if each.decision == "split"}

    def merge(self, merges: Iterable[Override], things: Mapping[ThingKey, Thing]) -> None:
        """All that leads to one thing leads to another."""
        called: dict[ThingKey, list[ThingKey]] = defaultdict(list)
        for key, thing in things.items():
            for name in (thing.label, *(form.written for form in thing.forms)):
                called[thing.type, name].append(key)
        for each in sorted(merges):
            one, other = (self._named(each.type, name, called, things) for name in (each.name, each.into))
            one, other = self._merged.get(one, one), self._merged.get(other, other)
            if one != other:
                self._merged |= {key: other for key, into in self._merged.items() if into == one}
                self._merged[one] = other

    def _named(
        self,
        type: EntityType,
        name: str,
        called: Mapping[ThingKey, list[ThingKey]],
        things: Mapping[ThingKey, Thing],
    ) -> ThingKey:
        keys = called.get((type, name), [])
        labelled = [key for key in keys if things[key].label == name]
        return (labelled or keys or [(type, self.of_form(type, name))])[0]


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


def _derive_things(seen: _Seen, keys: _Keys) -> dict[ThingKey, Thing]:
    written: dict[ThingKey, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    own: dict[ThingKey, set[str]] = defaultdict(set)
    longs: dict[ThingKey, set[str]] = defaultdict(set)
    reasons: dict[tuple[ThingKey, str], Reason] = {}
    for use, papers in sorted(seen.uses.items()):
        thing = keys.of(use)
        for form in (use.name, *use.aliases):
            written[thing][form] |= papers
            reason = _reason(use, form, thing, keys)
            reasons[thing, form] = min(reason, reasons.get((thing, form), reason), key=_REASONS.index)
            if keys.before_merges(use) == thing and _is_name(use, form, thing, reason, keys):
                own[thing].add(form)
        if use.long:
            longs[thing].add(use.long)
    things = {
        thing: _derive_thing(thing, written[thing], own[thing], longs[thing], reasons, seen)
        for thing in sorted(written)
    }
    common = {
        key
        for key, forms in written.items()
        if len(set[str]().union(*forms.values())) >= _COMMON or find_known(*key)
    }
    return _with_wholes(things, common)


_REASONS: Final = get_args(Reason)


def _is_name(use: _Use, form: str, thing: ThingKey, reason: Reason, keys: _Keys) -> bool:
    """Whether a form names the thing by itself, wherever it stands, and so is fit to be the label."""
    return reason in ("spelling", "lexicon") or keys.of_form(use.type, form) == thing[1]


def _reason(use: _Use, form: str, thing: ThingKey, keys: _Keys) -> Reason:
    key = name_key(form, use.type)
    if key == thing[1] or thing[1] in (f"={form}", f"{key} {use.coined}"):
        return "spelling"
    known = find_known(use.type, key)
    if known and known.key == thing[1]:
        return "lexicon"
    if keys.of_form(use.type, form) == thing[1]:
        return "spelling" if re.search(r"\d$", form) else "abbreviation"
    if use.long and form == use.name and keys.of_form(use.type, use.long) == thing[1]:
        return "abbreviation"
    return "text" if keys.before_merges(use) == thing else "by hand"


def _derive_thing(
    thing: ThingKey,
    written: Mapping[str, set[str]],
    own: set[str],
    longs: set[str],
    reasons: Mapping[tuple[ThingKey, str], Reason],
    seen: _Seen,
) -> Thing:
    type, key = thing
    known = find_known(type, key)
    known = known if known and known.key == key else None
    label = known.name if known else _commonest(type, written, own)
    if longs and not own:
        label = f"{label} ({min(longs)})"
    if " " in key:
        label = f"{label} ({key.rpartition(' ')[2]})"
    forms = tuple(
        Form(form, reasons[thing, form], _bearing(thing, form, reasons[thing, form], written[form], seen))
        for form in sorted(written.keys() - {label})
    )
    metric = find_metric(label) if type == "metric" else None
    return Thing(
        type,
        key,
        label,
        forms,
        better=metric.better if metric else None,
        least=metric.least if metric else None,
        most=metric.most if metric else None,
        parameters=parse_size(label)[1] if type == "model" else None,
        link=known.link if known else None,
        paper=known.paper if known else None,
    )


def _commonest(type: EntityType, written: Mapping[str, set[str]], own: set[str]) -> str:
    """Of the forms that are names by themselves the one that most papers write, its spellings together.

    Without any, the longest form.
    """
    among = own or {max(sorted(written), key=len)}
    spelt: dict[str, set[str]] = defaultdict(set)
    for form in among:
        spelt[name_key(form, type)] |= written[form]
    best = min(spelt, key=lambda key: (-len(spelt[key]), key))
    alike = [form for form in among if name_key(form, type) == best]
    return min(alike, key=lambda form: (-len(written[form]), form)).replace("Ã—", "×")


def _bearing(thing: ThingKey, form: str, reason: Reason, writing: set[str], seen: _Seen) -> tuple[str, ...]:
    """The papers that bear out a reason: those that explain an abbreviation, else all that write the form."""
    type = thing[0]
    if reason != "abbreviation":
        return tuple(sorted(writing))
    key = name_key(form, type)
    explained = [
        papers
        for (of, short), longs in seen.longs.items()
        for long, papers in longs.items()
        if of == type and key in (short, name_key(long, type))
    ]
    return tuple(sorted(set[str]().union(*explained) or writing))


def _with_wholes(things: dict[ThingKey, Thing], common: Set[ThingKey]) -> dict[ThingKey, Thing]:
    """Adds what each thing is a version of, a part of, or narrower than, and families that nobody names."""
    families = {
        label: Thing("model", name_key(label, "model"), label)
        for thing in things.values()
        if thing.type == "model" and (label := parse_size(thing.label)[0])
    }
    for label in sorted(families, reverse=True):
        things.setdefault(("model", families[label].key), families[label])
    return {
        key: replace(thing, wholes=tuple(_wholes(thing, things, common))) for key, thing in things.items()
    }


def _wholes(
    thing: Thing, things: Mapping[ThingKey, Thing], common: Set[ThingKey]
) -> Iterator[tuple[Relation, str]]:
    """The nearest thing that a name says is the whole of this one, or the nearest common task it narrows."""
    for whole in find_wholes(thing.type, thing.label):
        key = name_key(whole, thing.type)
        if (thing.type, key) in things and key != thing.key:
            part = thing.type != "model" and is_split(thing.label, whole)
            yield "isPartOf" if part else "isVersionOf", key
            return
    if thing.type == "task":
        for broader in find_broader(thing.label):
            key = name_key(broader, "task")
            if ("task", key) in common and key != thing.key:
                yield "broader", key
                return
