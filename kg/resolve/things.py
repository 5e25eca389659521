"""Uses and keys → things: what each is called, why its other forms are it, what its name says."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Final, Literal, get_args

from kg.model import Direction, EntityType
from kg.resolve.keys import Keys
from kg.resolve.known import find_known, find_metric, is_alias
from kg.resolve.names import name_key
from kg.resolve.uses import Seen, ThingKey, Use
from kg.resolve.versions import find_broader, find_wholes, is_split, parse_size, parse_variant

__all__ = ["Form", "Reason", "Relation", "Thing", "derive_things"]

Reason = Literal["spelling", "lexicon", "abbreviation", "text", "by hand"]
"""Why a form names a thing: spelt alike, known, explained by papers, one thing in a text, decided."""

Relation = Literal["isVersionOf", "isPartOf", "broader"]

_COMMON: Final = 3
"""How many papers must name a task that is not known before others are narrower than it."""


@dataclass(frozen=True, slots=True, order=True)
class Form:
    """One way of writing a thing, why it is this thing, and the papers that bear it out (arXiv ids).

    `instead_of` is the label of the thing that it would be, had nobody decided otherwise; only of such
    forms a thing may have the same one twice, or its own label.
    """

    written: str
    reason: Reason
    papers: tuple[str, ...]
    instead_of: str | None = None


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
    variant: str | None = None
    link: str | None = None
    paper: str | None = None


def derive_things(
    seen: Seen, keys: Keys, before: Mapping[ThingKey, Thing] | None = None
) -> dict[ThingKey, Thing]:
    """Every thing that is named, or is the family of one, by its key.

    `before` are the things as they are where nobody decides anything, where somebody did.
    """
    heard: dict[ThingKey, _Heard] = defaultdict(_Heard)
    for use, papers in sorted(seen.uses.items()):
        undecided = keys.undecided(use)
        for unmerged, some in keys.before_merges(use, papers).items():
            key = keys.follow(unmerged)
            heard[key].longs.update(filter(None, (use.long,)))
            for form in (use.name, *use.aliases):
                if key == undecided:
                    heard[key].hear(form, some, *_reason(use, form, key, keys, seen))
                else:
                    heard[key].decide(form, some, (before or {})[undecided].label)
                if unmerged == key and _is_name(use, form, key, keys):
                    heard[key].names.add(form)
    bare = {key: _commonest(key[0], heard[key]) for key in sorted(heard)}
    shared = Counter((key[0], name) for key, name in bare.items())
    things = {
        key: _derive_thing(key, heard[key], before or {}, name, shared[key[0], name] > 1)
        for key, name in bare.items()
    }
    common = {key for key, of in heard.items() if len(of.writing()) >= _COMMON or find_known(*key)}
    return _with_wholes(things, common, bare, keys)


@dataclass(slots=True)
class _Heard:
    """What was heard of one thing.

    `papers`: those that write each form; `bearing`: those that bear out why the form is this thing;
    `names`: the forms that name it wherever they stand, fit to be the label; `longs`: what texts say its
    name is short for; `decided`: those that write a form that would name another thing, by its label.
    """

    papers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    bearing: dict[str, dict[Reason, set[str]]] = field(default_factory=lambda: defaultdict(dict))
    names: set[str] = field(default_factory=set)
    longs: set[str] = field(default_factory=set)
    decided: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))

    def hear(self, form: str, papers: Set[str], reason: Reason, bearing: Set[str]) -> None:
        self.papers[form] |= papers
        self.bearing[form].setdefault(reason, set()).update(bearing or papers)

    def decide(self, form: str, papers: Set[str], instead_of: str) -> None:
        self.papers[form] |= papers
        self.decided[form, instead_of] |= papers

    def writing(self) -> set[str]:
        """The papers that write it in whatever form."""
        return set().union(*self.papers.values())

    def to_forms(self, label: str) -> tuple[Form, ...]:
        """Each form but the label with the best of its reasons, and all that somebody decided."""
        best = {form: min(why, key=get_args(Reason).index) for form, why in self.bearing.items()}
        forms = [
            Form(form, why, _sort(self.bearing[form][why])) for form, why in best.items() if form != label
        ]
        forms += [Form(form, "by hand", _sort(ids), was) for (form, was), ids in self.decided.items()]
        return tuple(sorted(forms, key=lambda form: (form.written, form.instead_of or "")))


def _sort(papers: Set[str]) -> tuple[str, ...]:
    return tuple(sorted(papers))


def _is_name(use: Use, form: str, thing: ThingKey, keys: Keys) -> bool:
    if keys.is_apart(thing, form):
        return False
    name, _, apart = thing[1].partition("\n")
    own = apart == f"={form}" or (apart == use.coined != "" and name_key(form, use.type) == name)
    return own or keys.of_form(use.type, form)[0] == thing[1]


def _reason(use: Use, form: str, thing: ThingKey, keys: Keys, seen: Seen) -> tuple[Reason, set[str]]:
    """Why a form of a use is a thing; the papers that say so, where not all that write it do."""
    type, key = use.type, name_key(form, use.type)
    if key == thing[1].partition("\n")[0]:
        known = find_known(type, key)
        return "lexicon" if known and is_alias(known, form) else "spelling", set()
    explained = seen.longs.get((type, key), {})
    explaining = [explained[long] for long in explained if keys.of_form(type, long)[0] == thing[1]]
    found, how = keys.of_form(type, form)
    if found == thing[1] and how != "abbreviation":
        return how, set()
    if found == thing[1] or explaining:
        return "abbreviation", set().union(*explaining, seen.told.get((type, key), set()))
    return "text", set()


def _derive_thing(
    thing: ThingKey, heard: _Heard, before: Mapping[ThingKey, Thing], name: str, shared: bool
) -> Thing:
    """A thing that most papers call `name`, as they call others where that is `shared`."""
    type, key = thing
    known = find_known(type, key)
    known = known if known and known.key == key else None
    kept = before.get(thing) if not heard.names else None
    label = known.name if known else kept.label if kept else _find_label(thing, heard, name, shared)
    metric = find_metric(label) if type == "metric" else None
    return Thing(
        type,
        key,
        label,
        heard.to_forms(label),
        better=metric.better if metric else None,
        least=metric.least if metric else None,
        most=metric.most if metric else None,
        parameters=parse_size(label)[1] if type == "model" else None,
        variant=parse_variant(label) if type == "model" else None,
        link=known.link if known else None,
        paper=known.paper if known else None,
    )


def _find_label(thing: ThingKey, heard: _Heard, name: str, shared: bool) -> str:
    """The name, and behind it what sets the thing apart from others of this name."""
    if shared and heard.longs and not heard.names:
        return f"{name} ({min(heard.longs)})"
    apart = thing[1].partition("\n")[2]
    return f"{name} ({apart})" if apart and not apart.startswith("=") else name


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


def _with_wholes(
    things: dict[ThingKey, Thing], common: Set[ThingKey], bare: Mapping[ThingKey, str], keys: Keys
) -> dict[ThingKey, Thing]:
    """Adds what each thing is a version of, a part of, or narrower than, and families that nobody names.

    `bare` are the names that papers write; another thing that is called so is no whole.
    """
    families = {parse_size(thing.label)[0] for thing in things.values() if thing.type == "model"}
    for label in sorted(filter(None, families), reverse=True):
        key = keys.of_name("model", label)
        things.setdefault(key, Thing(*key, label))
    return {
        key: replace(each, wholes=tuple(_wholes(key, each, things, common, bare.get(key, ""), keys)))
        for key, each in things.items()
    }


def _wholes(
    own: ThingKey,
    thing: Thing,
    things: Mapping[ThingKey, Thing],
    common: Set[ThingKey],
    bare: str,
    keys: Keys,
) -> Iterator[tuple[Relation, str]]:
    """The nearest thing that a name says is the whole of this one, or the nearest common task it narrows."""
    for whole in find_wholes(thing.type, thing.label):
        key = keys.of_name(thing.type, whole)
        if key in things and key != own and key[0] == thing.type and whole != bare:
            part = thing.type != "model" and is_split(thing.label, whole)
            yield "isPartOf" if part else "isVersionOf", key[1]
            return
    for broader in find_broader(thing.label) if thing.type == "task" else ():
        key = keys.of_name("task", broader)
        if key in common and key != own and key[0] == "task":
            yield "broader", key[1]
            return
