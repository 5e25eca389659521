"""From standoff annotations and the texts that they point into to what a network learns from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kg.errors import SourceError
from kg.extract import load_pipeline
from kg.extract.encoder import HEARD, OPTIONAL
from kg.extract.frames import Frame, to_named
from kg.extract.links import CHOICES, Filler, Link, derive_link, is_split
from kg.extract.normalise import View, to_view
from kg.extract.pieces import Pieces, read_pieces
from kg.extract.results import find_frames
from kg.extract.sections import Told, find_told
from kg.extract.sightings import Sighting, find_sightings
from kg.extract.slots import Filled, fill
from kg.extract.values import Valued, find_valued
from kg.gold import to_name_key
from kg.model import ENTITY_TYPES, Summary
from kg.records import ROLE_NAMES, Record
from kg.training.standoff import text_hash

__all__ = ["UNMARKED", "Answer", "Example", "Marked", "derive_examples", "derive_unmarked"]

UNMARKED: Final = -100
"""The label of a piece that nothing is learned from."""

_ROLES: Final = tuple(ROLE_NAMES[role] for role in HEARD)
_Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Marked:
    """A thing that readers marked: its places in the view, and the keys of its names there."""

    type: str
    role: str
    optional: bool
    spans: tuple[_Span, ...]
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Answer:
    """A result to fill, as the rules fill it, and for each slot which fillers are right.

    `split`: the rules find several results in its number.
    The place after the last filler stands for none. Where nothing is right, nothing is known of the slot;
    where that holds of all, no reader marked the number.
    """

    frame: Frame
    filled: Filled
    split: bool
    link: Link
    right: tuple[frozenset[int], ...]


@dataclass(frozen=True, slots=True)
class Example:
    """One text: what the rules saw, its pieces, and the labels of each piece.

    `tags`: 0 for nothing, then B and I of each entity type, then B and I of what may be marked or not;
    `roles`: what the paper does with the thing that the piece belongs to.
    """

    id: str
    text: str
    told: tuple[Told, ...]
    sightings: tuple[Sighting, ...]
    pieces: Pieces
    tags: tuple[int, ...]
    roles: tuple[int, ...]
    marked: tuple[Marked, ...]
    answers: tuple[Answer, ...]


def derive_examples(standoff: Iterable[Record], summaries: Iterable[Summary]) -> Iterator[Example]:
    """One example for each annotated text. Raises `SourceError` where a text is missing or another."""
    texts: dict[str, dict[str, Summary]] = {}
    for summary in summaries:
        texts.setdefault(summary.paper.arxiv_id, {})[text_hash(summary)] = summary
    for record in standoff:
        known = texts.get(record["id"])
        if not known:
            raise SourceError(f"{record['id']}: its text is not there; give the digest of {record['date']}")
        if record["sha256"] not in known:
            raise SourceError(f"{record['id']}: the text is not the one that was annotated; use that digest")
        try:
            yield _example(record, known[record["sha256"]])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise SourceError(
                f"{record['id']}: the annotation does not fit its text ({error}); kg standoff makes such"
            ) from error


def derive_unmarked(summaries: Iterable[Summary]) -> Iterator[Example]:
    """One example without labels for each text."""
    return (_example({"entities": [], "results": []}, summary) for summary in summaries)


def _example(record: Record, summary: Summary) -> Example:
    view = to_view(summary)
    told, values = _read(view.text)
    sightings = find_sightings(view.text, told)
    pieces = read_pieces(view.text, told, sightings, values)
    marked = tuple(_marked(view, entity) for entity in record["entities"])
    tags, roles = _labels(pieces, marked)
    answers = tuple(_answers(view, record, told, sightings, values))
    return Example(
        summary.paper.arxiv_id, view.text, tuple(told), tuple(sightings), pieces, tags, roles, marked, answers
    )


def _read(text: str) -> tuple[list[Told], list[Valued]]:
    """The told sentences and the numbers of a text."""
    nlp = load_pipeline()
    with nlp.select_pipes(enable=["kg_sections", "kg_values"]):
        doc = nlp(text)
    return find_told(doc), find_valued(doc)


def _marked(view: View, entity: Record) -> Marked:
    spans = tuple(_spans(view, entity["places"]))
    keys = frozenset(to_name_key(view.text[slice(*span)]) for span in spans)
    return Marked(entity["type"], entity["role"], entity["optional"], spans, keys)


def _spans(view: View, places: Iterable[Sequence[Any]]) -> Iterator[_Span]:
    for field, start, end in places:
        if field not in ("title", "abstract") or not 0 <= start < end <= len(view.summary.text(field)):
            raise ValueError(f"no place {[field, start, end]}")
        yield view.find(field, start, end)


def _labels(pieces: Pieces, marked: Iterable[Marked]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Tags and roles of the pieces; of marks that overlap, the longest stands."""
    tags, roles = [0] * len(pieces.ids), [UNMARKED] * len(pieces.ids)
    found = [(start - end, one.optional, start, end, one) for one in marked for start, end in one.spans]
    for _, _, start, end, one in sorted(found, key=lambda item: item[:3]):
        inside = pieces.within(start, end)
        if any(tags[at] for at in inside):
            continue
        first = OPTIONAL if one.optional else 1 + 2 * ENTITY_TYPES.index(one.type)
        for nth, at in enumerate(inside):
            tags[at], roles[at] = first + (nth > 0), _ROLES.index(one.role)
    return tuple(tags), tuple(roles)


def _answers(
    view: View, record: Record, told: list[Told], sightings: list[Sighting], values: list[Valued]
) -> Iterator[Answer]:
    by_value: dict[_Span, list[Record]] = {}
    for result in record["results"]:
        [value] = _spans(view, [result["value"]])
        by_value.setdefault(value, []).append(result)
    named = {seen: list(to_named(seen)) for seen in sightings}
    things = sorted((one for some in named.values() for one in some), key=lambda thing: thing.start)
    meant = [one for seen, some in named.items() if seen.meant for one in some]
    forms: dict[tuple[str, str], str] = {}
    for one in things:
        form = view.text[one.start : one.end]
        forms[one.id] = max(forms.get(one.id, ""), form, key=len)
    for frame in find_frames(view.text, told, values, meant):
        found = fill(frame)
        for filled in found:
            number = frame.numbers[filled.position]
            results = by_value.get((number.start, number.end), [])
            link = derive_link(frame, filled, things)
            right = (_right(view, link, slot, results, forms) for slot in CHOICES)
            known = tuple(right) if results else (frozenset[int](),) * len(CHOICES)
            yield Answer(frame, filled, is_split(filled, found), link, known)


def _right(
    view: View, link: Link, slot: str, results: list[Record], forms: dict[tuple[str, str], str]
) -> frozenset[int]:
    """The fillers that a reader accepts for the slot, the count of fillers standing for none."""
    nothing = len(link.fillers)
    if slot == "baseline_value":
        places = {span for r in results if r[slot] for span in _spans(view, [r[slot]])}
        right = {
            at for at, one in enumerate(link.fillers) if one.thing is None and (one.start, one.end) in places
        }
        return frozenset(right or ([] if places else [nothing]))
    spans = {span for r in results for span in _spans(view, r[slot]["places"])}
    keys = {to_name_key(view.text[slice(*span)]) for span in spans}
    right = {at for at, one in enumerate(link.fillers) if _is_right(view, one, spans, keys, forms)}
    return frozenset(right | ({nothing} if any(r[slot]["open"] for r in results) else set()))


def _is_right(
    view: View, filler: Filler, spans: set[_Span], keys: set[str], forms: dict[tuple[str, str], str]
) -> bool:
    """Whether the filler's thing goes by one of the names, or stands at one of the places."""
    if filler.thing is None:
        return False
    name = forms.get(filler.thing.id, view.text[filler.start : filler.end])
    return (filler.start, filler.end) in spans or to_name_key(name) in keys
