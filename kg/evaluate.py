"""How well extraction finds what careful readers marked: precision and recall against gold facts.

A gold file has one JSON object a line, one paper each: its entities and its results, as the
guidelines of the gold define them. Two names are one where a key or an alias of both is the same;
a slot of a result agrees where it is one of the fillers that the gold accepts. What the gold calls
optional is neither required nor punished. The rows:

    entity          same thing, same type; a second copy of one thing is wrong
    entity-coarse   the same, with method and model as one type, and dataset and benchmark
    entity:TYPE     the row `entity`, for one type
    proposed        the things that the paper itself introduces, whatever their type
    result-value    value and kind
    result-core     value, kind, on, metric
    result-full     value, kind, on, metric, subject, baseline, baseline value, direction
    result-unit     value, kind, unit
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Final, Literal, get_args

from kg.errors import SourceError
from kg.model import ENTITY_TYPES, ResultKind
from kg.records import Record

__all__ = [
    "ROWS",
    "Difference",
    "Evaluation",
    "Gold",
    "Measured",
    "Score",
    "Thing",
    "derive_evaluation",
    "parse_gold",
    "read_gold",
    "to_lines",
    "to_name_key",
    "to_number_key",
]

SLOTS: Final = ("subject", "on", "metric", "baseline")
RESULT_ROWS: Final = ("result-value", "result-core", "result-full", "result-unit")
ROWS: Final = (
    "entity",
    "entity-coarse",
    *(f"entity:{type}" for type in ENTITY_TYPES),
    "proposed",
    *RESULT_ROWS,
)
"""The rows of an evaluation, in their order."""

NOTHING: Final = ""
"""The key of a slot that is left out; no name has it."""


# The values


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of facts, and the figures that follow from them (0.0 where there is nothing to divide by)."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """The share of what was extracted that is right."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 0.0

    @property
    def recall(self) -> float:
        """The share of what the gold requires that was found."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact on which gold and extraction differ: what is amiss, the fact's type or kind, its words."""

    what: Literal["wrong", "missed", "slots"]
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What extraction got right, over all papers of the gold.

    `rows` maps each name of `ROWS` to its score; `errors` has one entry a paper that differs, in the
    gold's order; `absent` names the papers of the gold that were not extracted at all.
    """

    papers: int
    rows: Mapping[str, Score]
    errors: tuple[tuple[str, tuple[Difference, ...]], ...]
    absent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Thing:
    """An entity, marked or extracted, with the keys of its name and of its name and aliases."""

    type: str
    name: str
    name_keys: frozenset[str]
    keys: frozenset[str]
    proposed: bool
    optional: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """A result, marked or extracted: canonical numbers and unit, and for each of `SLOTS` its keys.

    The keys of a marked slot are all that it accepts. `said` has the slots as they are written,
    `text` the result in a few words.
    """

    kind: str | None
    value: str | None
    baseline_value: str | None
    unit: str
    direction: str | None
    slots: Mapping[str, frozenset[str]]
    said: Mapping[str, str]
    text: str
    optional: bool


@dataclass(frozen=True, slots=True)
class Gold:
    """What is to be found in one paper (or, in the same form, what was found)."""

    id: str
    things: tuple[Thing, ...]
    results: tuple[Measured, ...]


# Keys: what counts as the same name, number, unit

_BRACKETED = re.compile(r" ?[(\[][^()\[\]]*[)\]]")
_ENDS_IN_BRACKET = re.compile(r"[^()\[\]]*[(\[]([^()\[\]]{2,})[)\]]\s*")
_OPENING = re.compile(r"\A(?:(?:an?|its|new|novel|our|proposed|the|their) )+(?=\w)")
_WORD = re.compile(
    r"""  [^\W_]+ (?: [.+@\#×%^] [^\W_]+ )*    # letters and digits, joined by a sign that tells: 1.5, pass@1
        | [+@\#%]                           # or such a sign alone: C++
    """,
    re.VERBOSE,
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_KIND_WORDS = frozenset((
    "approach", "baseline", "baselines", "benchmark", "benchmarks", "dataset", "datasets", "framework",
    "method", "methods", "metric", "metrics", "model", "models", "score", "scores", "set", "task", "tasks",
    "test",
))  # fmt: skip
_SAYS_NOTHING = frozenset((NOTHING, "performance", "result", "results", "value"))
_UNITS = {"fold": "x", "time": "x", "×": "x", "per cent": "%", "percent": "%", "pp": "point"}


def to_name_key(name: str) -> str:
    """The form in which names are compared.

    Case, width, punctuation, brackets, articles, a last word that only says what kind of thing it
    is, and a plural s do not matter.

    >>> to_name_key("The GLUE benchmark"), to_name_key("LLaMA-3 (8B)"), to_name_key("C++")
    ('glue', 'llama3', 'c++')
    """
    text = " ".join(unicodedata.normalize("NFKC", name.replace("Ã—", "×")).casefold().split())
    text = _BRACKETED.sub("", text).strip() or text
    words = _WORD.findall(_OPENING.sub("", text))
    while len(words) > 1 and words[-1] in _KIND_WORDS:
        words.pop()
    key = "".join(words)
    plural = bool(words) and len(words[-1]) > 3 and words[-1].endswith("s") and not words[-1].endswith("ss")
    return key[:-1] if plural else key


def _name_keys(*names: str) -> frozenset[str]:
    """The keys of names; of "Flexible Match (FM)" also that of "FM". Empty keys are dropped."""
    inner = (match[1] for match in map(_ENDS_IN_BRACKET.fullmatch, names) if match)
    return frozenset(to_name_key(name) for name in (*names, *inner)) - {NOTHING}


def to_number_key(value: object) -> str | None:
    """The form in which numbers are compared: six digits count, a range keeps both ends, "±" adds nothing.

    >>> to_number_key("1,234.50"), to_number_key("40-50%"), to_number_key("0.40 ± 0.11"), to_number_key("")
    ('1234.5', '40-50', '0.4', None)
    """
    text = "" if value is None else str(value).strip()
    parts = _NUMBER.findall(text.partition("±")[0].replace(",", ""))
    if not parts:
        return text.casefold() or None
    sign = "-" if len(parts) == 1 and text.startswith(("-", "−")) else ""
    return sign + "-".join(format(float(part), "g") for part in parts)


def _unit_key(unit: str | None) -> str:
    text = (unit or "").casefold().strip().removeprefix("percentage ").rstrip("s")
    return _UNITS.get(text, text)


# From JSON to what is compared


def _to_thing(entity: Record, most_aliases: int | None = None) -> Thing:
    aliases = (entity.get("aliases") or [])[:most_aliases]
    return Thing(
        type=entity["type"],
        name=entity["name"],
        name_keys=_name_keys(entity["name"]),
        keys=_name_keys(entity["name"], *aliases),
        proposed=entity.get("role") == "proposed",
        optional=bool(entity.get("optional")),
    )


def _slot_keys(fillers: Sequence[str | None]) -> frozenset[str]:
    """The keys of all fillers of a slot, `NOTHING` among them where it may be left out."""
    names = _name_keys(*(filler for filler in fillers if filler is not None))
    return names | {NOTHING} if None in fillers or not fillers else names


def _to_measured(result: Record, fillers: Mapping[str, Sequence[str | None]]) -> Measured:
    numbers = {name: result.get(name) for name in ("baseline_value", "direction")}
    said = {name: _in_words(some) for name, some in fillers.items()}
    words = result.get("evidence") or ", ".join(f"{name} {filler}" for name, filler in said.items())
    return Measured(
        kind=result.get("kind"),
        value=to_number_key(result.get("value")),
        baseline_value=to_number_key(result.get("baseline_value")),
        unit=_unit_key(result.get("unit")),
        direction=result.get("direction"),
        slots={name: _slot_keys(some) for name, some in fillers.items()},
        said=said | {name: _in_words([number]) for name, number in numbers.items()},
        text=f"{result.get('value')} {result.get('unit') or ''}".rstrip() + f": {words}",
        optional=bool(result.get("optional")),
    )


def _to_gold(record: Record) -> Gold:
    return Gold(
        id=record["id"],
        things=tuple(_to_thing(entity) for entity in record["entities"]),
        results=tuple(_to_measured(r, {name: r[name] for name in SLOTS}) for r in record["results"]),
    )


def _to_found(record: Record) -> Gold:
    """What was extracted from a paper; of an entity's aliases the first six count."""
    return Gold(
        id=record["id"],
        things=tuple(_to_thing(entity, most_aliases=6) for entity in record["entities"]),
        results=tuple(
            _to_measured(r, {name: [_telling(r.get(name))] for name in SLOTS}) for r in record["results"]
        ),
    )


def _telling(filler: str | None) -> str | None:
    """An extracted filler; none where it only says "performance"."""
    return None if filler is None or to_name_key(filler) in _SAYS_NOTHING else filler


def _in_words(fillers: Sequence[object]) -> str:
    return " or ".join("nothing" if filler is None else repr(filler) for filler in fillers) or "nothing"


# Reading gold

_Rule = tuple[str, Callable[[Any], bool]]
_Rules = Mapping[str, _Rule]


def _one_of(options: Collection[str]) -> _Rule:
    return f"one of {', '.join(options)}", lambda value: isinstance(value, str) and value in options


def _list_of(*types: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(isinstance(item, types) for item in value)


_TEXT: _Rule = ("text", lambda value: isinstance(value, str))
_NUMERAL: _Rule = ("a number", lambda value: isinstance(value, str | int | float))
_FLAG: _Rule = ("true or false", lambda value: isinstance(value, bool))
_NAMES: _Rule = ("a list of texts", _list_of(str))
_FILLERS: _Rule = ("a list of texts and nulls", _list_of(str, type(None)))
_OBJECTS: _Rule = ("a list of objects", _list_of(dict))

_PAPER_NEEDS: _Rules = {"id": _TEXT, "entities": _OBJECTS, "results": _OBJECTS}
_ENTITY_NEEDS: _Rules = {
    "type": _one_of(ENTITY_TYPES),
    "name": _TEXT,
    "role": _one_of(("proposed", "used", "evaluated_on", "compared", "mentioned")),
}
_ENTITY_MAY_HAVE: _Rules = {"aliases": _NAMES, "optional": _FLAG}
_RESULT_NEEDS: _Rules = {
    "kind": _one_of(get_args(ResultKind)),
    "value": _NUMERAL,
    **dict.fromkeys(SLOTS, _FILLERS),
}
_RESULT_MAY_HAVE: _Rules = {
    "direction": _one_of(("up", "down")),
    "unit": _TEXT,
    "baseline_value": _NUMERAL,
    "optional": _FLAG,
    "evidence": _TEXT,
}


def read_gold(path: Path | str) -> tuple[Gold, ...]:
    """The papers of a gold file, in its order; empty lines are passed over.

    Raises `SourceError`, with file and line, where the file cannot be read, holds no paper, or a line
    is not a JSON object with the keys that the guidelines name.
    """
    found = []
    try:
        with Path(path).open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    found.append(parse_gold(line, f"{path}:{number}"))
    except OSError as error:
        raise SourceError(f"cannot read gold {path}: {error.strerror}; give a file of JSON lines") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: not UTF-8 text ({error.reason}); give a file of JSON lines") from error
    if not found:
        raise SourceError(f"{path}: no gold in it; give a file with one JSON object a line")
    return tuple(found)


def parse_gold(line: str, where: str = "gold") -> Gold:
    """One paper of the gold, from its JSON. Raises `SourceError`, which says `where` and what is amiss."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{where}: not JSON: {error}") from error
    if not isinstance(record, dict):
        raise SourceError(f"{where}: not a JSON object, but {type(record).__name__}")
    _check(record, where, _PAPER_NEEDS)
    for number, entity in enumerate(record["entities"], 1):
        _check(entity, f"{where}: entity {number}", _ENTITY_NEEDS, _ENTITY_MAY_HAVE)
    for number, result in enumerate(record["results"], 1):
        _check(result, f"{where}: result {number}", _RESULT_NEEDS, _RESULT_MAY_HAVE)
    return _to_gold(record)


def _check(record: Record, where: str, needs: _Rules, may_have: _Rules | None = None) -> None:
    for name in needs:
        if name not in record:
            raise SourceError(f"{where} lacks {name!r}")
    present = {name: rule for name, rule in (may_have or {}).items() if record.get(name) is not None}
    for name, (wanted, holds) in (*needs.items(), *present.items()):
        if not holds(record[name]):
            raise SourceError(f"{where}: {name!r} is {json.dumps(record[name])[:60]}, not {wanted}")


# Matching things


@dataclass(frozen=True, slots=True)
class _MatchedThings:
    """The things of the gold that were found, the found ones that are wrong, those of the gold missed."""

    right: tuple[Thing, ...]
    wrong: tuple[Thing, ...]
    missed: tuple[Thing, ...]

    def score(self, type: str | None = None) -> Score:
        """The counts, over all types or over one."""
        groups = (self.right, self.wrong, self.missed)
        return Score(*(sum(type in (None, thing.type) for thing in group) for group in groups))

    def differences(self) -> Iterator[Difference]:
        yield from (Difference("wrong", thing.type, thing.name) for thing in self.wrong)
        yield from (Difference("missed", thing.type, thing.name) for thing in self.missed)


def _match_things(
    marked: Sequence[Thing], found: Iterable[Thing], coarsen: Callable[[str], str]
) -> _MatchedThings:
    """Gives each found thing the first thing of the gold with its name and coarsened type, once each.

    One that is left over is wrong, unless it may be something optional.
    """
    missed = [thing for thing in marked if not thing.optional]
    right, wrong = [], []
    for thing in found:
        same = _named_alike(thing, marked)
        fitting = [m for m in missed if m in same and coarsen(m.type) == coarsen(thing.type)]
        if fitting:
            missed.remove(fitting[0])
            right.append(fitting[0])
        elif not any(m.optional for m in same):
            wrong.append(thing)
    return _MatchedThings(tuple(right), tuple(wrong), tuple(missed))


def _named_alike(thing: Thing, marked: Iterable[Thing]) -> list[Thing]:
    """The things of the gold that share a name with a found one.

    None where its aliases run wild: where they, and not its name, lead to two things or more.
    """
    same = [m for m in marked if m.keys & thing.keys]
    required = [m for m in same if not m.optional]
    by_alias = sum(not m.keys & thing.name_keys for m in required)
    return [] if by_alias > 1 else same


def _as_is(type: str) -> str:
    return type


def _coarse(type: str) -> str:
    return {"method": "model", "dataset": "benchmark"}.get(type, type)


def _whatever(_type: str) -> str:
    return ""


# Matching results


@dataclass(frozen=True, slots=True)
class _Pair:
    """A marked and a found result of the same kind and value, and which of their parts agree."""

    marked: Measured
    found: Measured
    parts: Mapping[str, bool]

    @property
    def rank(self) -> tuple[bool, int, int]:
        """How much speaks for the pair; the higher the sooner it is taken."""
        core = self.parts["on"] + self.parts["metric"]
        return (not self.marked.optional, core, sum(self.parts.values()))

    def holds(self, row: str) -> bool:
        """Whether the pair agrees in all that a row asks for."""
        return {
            "result-value": True,
            "result-core": self.parts["on"] and self.parts["metric"],
            "result-full": all(self.parts.values()),
            "result-unit": self.marked.unit == self.found.unit,
        }[row]

    def differences(self) -> Iterator[Difference]:
        amiss = (name for name, agrees in self.parts.items() if not agrees)
        words = [f"{name} {self.found.said[name]}, not {self.marked.said[name]}" for name in amiss]
        if words:
            yield Difference("slots", str(self.marked.kind), f"{self.marked.value}: {'; '.join(words)}")


@dataclass(frozen=True, slots=True)
class _MatchedResults:
    """Pairs of which the gold requires one side, found results that are wrong, marked ones missed."""

    pairs: tuple[_Pair, ...]
    wrong: tuple[Measured, ...]
    missed: tuple[Measured, ...]

    def score(self, row: str) -> Score:
        """The counts of one row; a pair that does not hold is both wrong and missed."""
        right = sum(pair.holds(row) for pair in self.pairs)
        broken = len(self.pairs) - right
        return Score(right, broken + len(self.wrong), broken + len(self.missed))

    def differences(self) -> Iterator[Difference]:
        for pair in self.pairs:
            yield from pair.differences()
        yield from (Difference("missed", str(result.kind), result.text) for result in self.missed)
        yield from (Difference("wrong", str(result.kind), result.text) for result in self.wrong)


def _match_results(marked: Sequence[Measured], found: Sequence[Measured]) -> _MatchedResults:
    """Pairs results one to one, the pairs that agree best first, earlier ones before later ones."""
    pairs = {
        (m, f): _Pair(marked[m], found[f], _agreement(marked[m], found[f]))
        for m, f in product(range(len(marked)), range(len(found)))
        if (marked[m].kind, marked[m].value) == (found[f].kind, found[f].value)
    }
    taken = dict[int, int]()
    for m, f in sorted(pairs, key=lambda at: pairs[at].rank, reverse=True):
        if m not in taken and f not in taken.values():
            taken[m] = f
    return _MatchedResults(
        pairs=tuple(pairs[at] for at in taken.items() if not marked[at[0]].optional),
        wrong=tuple(f for i, f in enumerate(found) if i not in taken.values()),
        missed=tuple(m for i, m in enumerate(marked) if i not in taken and not m.optional),
    )


def _agreement(marked: Measured, found: Measured) -> dict[str, bool]:
    """Which parts agree. A direction that the gold does not give is free."""
    return {
        **{name: bool(marked.slots[name] & found.slots[name]) for name in SLOTS},
        "baseline_value": marked.baseline_value == found.baseline_value,
        "direction": marked.direction in (None, found.direction),
    }


# Counting


def derive_evaluation(gold: Iterable[Gold], records: Iterable[Record]) -> Evaluation:
    """Compares extracted records (as `kg.records.to_record` gives them) with the gold.

    A paper of the gold without a record counts with all its facts missed; records of other papers
    are passed over. Of several records with one id, from several summaries, the last one counts.
    """
    gold = tuple(gold)
    wanted = {paper.id for paper in gold}
    found = {record["id"]: _to_found(record) for record in records if record["id"] in wanted}
    counts = {row: Counter[str]() for row in ROWS}
    errors = []
    for paper in gold:
        scores, differences = _compare(paper, found.get(paper.id, Gold(paper.id, (), ())))
        for row, score in scores.items():
            counts[row].update(right=score.right, wrong=score.wrong, missed=score.missed)
        if differences:
            errors.append((paper.id, differences))
    return Evaluation(
        papers=len(gold),
        rows={row: Score(**count) for row, count in counts.items()},
        errors=tuple(errors),
        absent=tuple(paper.id for paper in gold if paper.id not in found),
    )


def _compare(paper: Gold, found: Gold) -> tuple[dict[str, Score], tuple[Difference, ...]]:
    """The scores of one paper by row, and where it differs (by strict types)."""
    strict = _match_things(paper.things, found.things, _as_is)
    coarse = _match_things(paper.things, found.things, _coarse)
    proposed = _match_things(
        [thing for thing in paper.things if thing.proposed or thing.optional],
        [thing for thing in found.things if thing.proposed],
        _whatever,
    )
    results = _match_results(paper.results, found.results)
    scores = {
        "entity": strict.score(),
        "entity-coarse": coarse.score(),
        **{f"entity:{type}": strict.score(type) for type in ENTITY_TYPES},
        "proposed": proposed.score(),
        **{row: results.score(row) for row in RESULT_ROWS},
    }
    return scores, (*strict.differences(), *results.differences())


# Showing


def to_lines(evaluation: Evaluation, errors: int = 0) -> list[str]:
    """The table that a terminal shows, then what is amiss in the first `errors` papers that differ."""
    lines = [f"{'':16}  precision  recall     F1  right  wrong  missed"]
    for row, s in evaluation.rows.items():
        figures = f"{s.precision:9.3f}  {s.recall:6.3f}  {s.f1:5.3f}"
        lines.append(f"{row:16}  {figures}  {s.right:5}  {s.wrong:5}  {s.missed:6}")
    lines.append(f"papers: {evaluation.papers}")
    if evaluation.absent:
        lines.append(f"not in the source: {len(evaluation.absent)} ({_some(evaluation.absent)})")
    for paper, differences in evaluation.errors[: max(errors, 0)]:
        lines += ["", _printable(paper)]
        lines += [f"  {d.what:6}  {d.kind:9}  {_printable(d.text)}" for d in differences]
    return lines


def _some(names: Sequence[str], most: int = 5) -> str:
    return _printable(", ".join(names[:most])) + (", …" if len(names) > most else "")


def _printable(text: str) -> str:
    """One line that no terminal takes for a command."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in " ".join(text.split()))
