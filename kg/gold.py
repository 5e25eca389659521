"""What careful readers marked, read and made comparable: the keys of names, numbers and units.

A gold file has one JSON object a line, one paper each: its entities and its results, as the
guidelines of the gold define them. What was extracted takes the same form, so that
`kg.evaluate` compares like with like.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

from kg.errors import SourceError
from kg.model import ENTITY_TYPES, ResultKind
from kg.records import Record
from kg.vocabulary import SLOTS

__all__ = [
    "NOTHING",
    "Gold",
    "Measured",
    "Thing",
    "parse_gold",
    "read_gold",
    "read_marks",
    "to_found",
    "to_name_key",
    "to_number_key",
]

NOTHING: Final = ""
"""The key of a slot that is left out; no name has it."""


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
    """A result, marked or extracted: canonical numbers and unit, and for each slot its keys.

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


def to_found(record: Record) -> Gold:
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
    """The papers of a gold file, in its order, made comparable. Raises `SourceError` as `read_marks` does."""
    return tuple(map(_to_gold, read_marks(path)))


def read_marks(path: Path | str) -> tuple[Record, ...]:
    """The papers of a gold file as they are marked, in its order; empty lines are passed over.

    Raises `SourceError`, with file and line, where the file cannot be read, holds no paper, or a line
    is not a JSON object with the keys that the guidelines name.
    """
    found = []
    try:
        with Path(path).open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    found.append(_parse_marks(line, f"{path}:{number}"))
    except OSError as error:
        raise SourceError(f"cannot read gold {path}: {error.strerror}; give a file of JSON lines") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: not UTF-8 text ({error.reason}); give a file of JSON lines") from error
    if not found:
        raise SourceError(f"{path}: no gold in it; give a file with one JSON object a line")
    return tuple(found)


def parse_gold(line: str, where: str = "gold") -> Gold:
    """One paper of the gold, from its JSON. Raises `SourceError`, which says `where` and what is amiss."""
    return _to_gold(_parse_marks(line, where))


def _parse_marks(line: str, where: str) -> Record:
    try:
        record: Record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{where}: not JSON: {error}") from error
    if not isinstance(record, dict):
        raise SourceError(f"{where}: not a JSON object, but {type(record).__name__}")
    _check(record, where, _PAPER_NEEDS)
    for number, entity in enumerate(record["entities"], 1):
        _check(entity, f"{where}: entity {number}", _ENTITY_NEEDS, _ENTITY_MAY_HAVE)
    for number, result in enumerate(record["results"], 1):
        _check(result, f"{where}: result {number}", _RESULT_NEEDS, _RESULT_MAY_HAVE)
    return record


def _check(record: Record, where: str, needs: _Rules, may_have: _Rules | None = None) -> None:
    for name in needs:
        if name not in record:
            raise SourceError(f"{where} lacks {name!r}")
    present = {name: rule for name, rule in (may_have or {}).items() if record.get(name) is not None}
    for name, (wanted, holds) in (*needs.items(), *present.items()):
        if not holds(record[name]):
            raise SourceError(f"{where}: {name!r} is {json.dumps(record[name])[:60]}, not {wanted}")
