"""Uses and keys → things: what each is called, why its other forms are it, what its name says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Final, Literal, get_args

from kg.model import Direction, EntityType
from kg.resolve.keys import Keys
from kg.resolve.known import find_known, find_metric
from kg.resolve.names import name_key
from kg.resolve.uses import Seen, ThingKey, Use
from kg.resolve.versions import find_broader, find_wholes, is_split, parse_size

__all__ = ["Form", "Reason", "Relation", "Thing", "derive_things", "to_called"]

Reason = Literal["spelling", "lexicon", "abbreviation", "text", "by hand"]
"""Why a form names a thing: spelt alike, known, explained by papers, one thing in a text, decided."""

Relation = Literal["isVersionOf", "isPartOf", "broader"]

_COMMON: Final = 3
"""How many papers must name a task that is not known before others are narrower than it."""


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


def derive_things(seen: Seen, keys: Keys) -> dict[ThingKey, Thing]:
    """Every thing that is named, or is the family of one, by its key."""
    heard: dict[ThingKey, _Heard] = defaultdict(_Heard)
    for use, papers in sorted(seen.uses.items()):
        key = keys.of(use)
        heard[key].longs.update(filter(None, (use.long,)))
        for form in (use.name, *use.aliases):
            heard[key].hear(form, papers, *_reason(use, form, key, keys, seen))
            if keys.before_merges(use) == key and _is_name(use, form, key, keys):
                heard[key].names.add(form)
    common = {key for key, of in heard.items() if len(of.writing()) >= _COMMON or find_known(*key)}
    return _with_wholes({key: _derive_thing(key, heard[key]) for key in sorted(heard)}, common)


def to_called(things: Mapping[ThingKey, Thing]) -> dict[ThingKey, ThingKey]:
    """The key of the thing that has a name, by type and name; a label goes before other forms."""
    called: dict[ThingKey, ThingKey] = {}
    for key, thing in things.items():
        called |= {(thing.type, form.written): key for form in thing.forms}
    return called | {(thing.type, thing.label): key for key, thing in things.items()}


@dataclass(slots=True)
class _Heard:
    """What was heard of one thing.

    `papers`: those that write each form; `bearing`: those that bear out why the form is this thing;
    `names`: the forms that name it wherever they stand, fit to be the label; `longs`: what texts say its
    name is short for.
    """

    papers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    bearing: dict[str, dict[Reason, set[str]]] = field(default_factory=lambda: defaultdict(dict))
    names: set[str] = field(default_factory=set)
    longs: set[str] = field(default_factory=set)

    def hear(self, form: str, papers: set[str], reason: Reason, bearing: set[str]) -> None:
        self.papers[form] |= papers
        self.bearing[form].setdefault(reason, set()).update(bearing or papers)

    def writing(self) -> set[str]:
        """The papers that write it in whatever form."""
        return set().union(*self.papers.values())

    def to_form(self, written: str) -> Form:
        """A form with the best of its reasons."""
        reason = min(self.bearing[written], key=get_args(Reason).index)
        return Form(written, reason, tuple(sorted(self.bearing[written][reason])))


def _is_name(use: Use, form: str, thing: ThingKey, keys: Keys) -> bool:
    own = thing[1] in (f"={form}", f"{name_key(form, use.type)} {use.coined}")
    return own or keys.of_form(use.type, form) == thing[1]


def _reason(use: Use, form: str, thing: ThingKey, keys: Keys, seen: Seen) -> tuple[Reason, set[str]]:
    """Why a form of a use is a thing; the papers that say so, where not all that write it do."""
    type, key = use.type, name_key(form, use.type)
    if key == thing[1] or thing[1] in (f"={form}", f"{key} {use.coined}"):
        return "spelling", set()
    known = find_known(type, key)
    if known and known.key == thing[1]:
        return "lexicon", set()
    explained = seen.longs.get((type, key), {})
    explaining = [explained[long] for long in explained if keys.of_form(type, long) == thing[1]]
    if explaining:
        return "abbreviation", set().union(*explaining)
    if keys.of_form(type, form) == thing[1]:
        told = seen.told.get((type, key), set())
        return ("abbreviation", told) if told else ("spelling", set())
    return "text" if keys.before_merges(use) == thing else "by hand", set()


def _derive_thing(thing: ThingKey, heard: _Heard) -> Thing:
    type, key = thing
    known = find_known(type, key)
    known = known if known and known.key == key else None
    label = known.name if known else _find_label(thing, heard)
    metric = find_metric(label) if type == "metric" else None
    return Thing(
        type,
        key,
        label,
        tuple(heard.to_form(form) for form in sorted(heard.papers.keys() - {label})),
        better=metric.better if metric else None,
        least=metric.least if metric else None,
        most=metric.most if metric else None,
        parameters=parse_size(label)[1] if type == "model" else None,
        link=known.link if known else None,
        paper=known.paper if known else None,
    )


def _find_label(thing: ThingKey, heard: _Heard) -> str:
    """The commonest name; behind it what sets it apart from other things of this name."""
    label = _commonest(thing[0], heard)
    if heard.longs and not heard.names:
        return f"{label} ({min(heard.longs)})"
    paper = thing[1].partition(" ")[2] if " " in thing[1] and not thing[1].startswith("=") else ""
    return f"{label} ({paper})" if paper else label


def _commonest(type: EntityType, heard: _Heard) -> str:
    """Of the forms that are names by themselves the one that most papers write, its spellings together.

    Without any, the longest form.
    """
    among = heard.names or {max(sorted(heard.papers), key=len)}
    spelt: dict[str, set[str]] = defaultdict(set)
    for form in among:
        spelt[name_key(form, type)] |= heard.papers[form]
    best = min(spelt, key=lambda key: (-len(spelt[key]), key))
    alike = [form for form in among if name_key(form, type) == best]
    return min(alike, key=lambda form: (-len(heard.papers[form]), form)).replace("Ã—", "×")


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
