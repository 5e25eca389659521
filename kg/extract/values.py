"""What each number of a text is: a score, a gain, a ratio, the value of a baseline, or no result."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup

from kg.extract.numerals import Number, find_numbers
from kg.extract.wording import (
    CHANGE_GAP,
    GAIN_NOUN,
    HEDGES,
    METRIC_WORD,
    any_of,
    is_gain_word,
    phrase_after,
    words_of,
)

__all__ = ["NAME", "Kind", "ValueFinder", "Valued", "derive_kinds", "find_valued", "make_values"]

NAME = "kg_values"

Kind = Literal["score", "gain", "ratio", "baseline", "other"]
"""`baseline` is the value that another number is compared with, `other` no measured outcome."""

Valued = tuple[Number, Kind]
"""A number of the text and what it is."""

Span.set_extension("kg_number", default=None, force=True)

MOST_NUMBERS = 40
"""The numbers of a sentence that are read; what holds more is no sentence about results."""

_RISEN = any_of("improv increas reduc decreas outperform surpass exceed boost enhanc rais drop declin degrad")
_METRIC_END = rf"\b{METRIC_WORD}[^\s,;()]{{0,12}}(?: \([^()]{{1,40}}\))?"

_FROM = re.compile(rf"\bfrom (?:[\w-]+ ){{0,4}}?{HEDGES}$")
_UP_FROM = re.compile(rf",? (?:up |down )?from {HEDGES}")
_NO_RESULT_BEFORE = re.compile(
    r"(?:\b(?:top|bottom|first|last|hit|level|version|table|figure|fig\.|section|phase|stage|step|epoch|layer)"
    r"[ -]?"
    r"|\bp ?[<=>] ?|\bat a rate of |± ?|\+/- ?|@|\b[A-Za-z]+[@_]?="
    r"|\b(?:temperature|sparsity|threshold|confidence|dropout|batch size"
    r"|(?:expansion|learning|sampling|frame|dropout|mask\w*) (?:rate|ratio|factor)s?)(?: of| =|=)? )$",
    re.IGNORECASE,
)
_NO_RESULT_AFTER = re.compile(
    r" (?:(?!(?:of|on|in|for|across|with|and|at)\b)\w+ )?"
    + any_of("sparsity mask(?:ing)? confidence quantile resolution threshold significance flip dropout scale")
    + r"\b(?! rate)| ?-?bits?\b(?![- ]?rate)|-?(?:shot|way|dimensional)\b"
    r"| (?:spatial|temporal) compression\b(?! rat)"
)
_SHARE = re.compile(
    " of (?:"
    + any_of(
        """the its their all total available original full labell?ed training pre-?training model base
        trainable visual required"""
    )
    + r" )*(?:[\w-]+ )?"
    + any_of(
        """data parameters? tokens? samples? datasets? compute computation training costs? memory VRAM FLOPs
        resources layers examples budget neurons heads size weights annotations corpus images pairs"""
    )
    + r"\b"
)
_COUNTED = re.compile(
    r"(?:[- ][a-z][\w-]*){0,3}[- ]"
    + any_of(
        """models? LLMs tasks? datasets? benchmarks? languages? samples? examples? images? videos? questions?
        prompts? papers? categories classes domains? steps? layers? tokens? problems? agents? types?
        methods? participants? instances? pairs dimensions scenes objects subjects baselines? metrics?
        turns? labels? laws encoders? LMMs VLMs MLLMs GPUs?"""
    )
    + r"\b"
)
_BY = re.compile(
    rf"(?<!ed )(?<!shown )\bby (?:(?:a|an) (?:\w+ )?(?:margin|factor|average) of )?{HEDGES}\(?{HEDGES}$",
    re.IGNORECASE,
)
_GAIN_OF = re.compile(
    rf"\b{GAIN_NOUN}(?: \([^()]{{1,30}}\))?(?: (?:in|on|for|over)"
    r"(?: (?!(?:with|and|while|achieving|reaching|of|by)\b)[^\s,;:()]+){1,7})?(?: \([^()]{1,30}\))?,? "
    rf"(?:of|by|ranging from|between|exceeding|averaging|reaching|at|is|was|are|were) {HEDGES}$",
    re.IGNORECASE,
)
_GAIN_BRACKET = re.compile(
    rf"\b(?:{GAIN_NOUN}|{_RISEN}\w*(?: [\w/&.-]+){{0,4}}) ?\((?:by |of )?{HEDGES}$", re.IGNORECASE
)
_GAIN_VERB = re.compile(
    r"\b(?:gain|improv|los|sav|drop|declin|decreas|reduc|fall|degrad|deteriorat|lag|trail)"
    rf"(?:e|es|ed|s|ing|ped|ping)?(?: short)? {HEDGES}$",
    re.IGNORECASE,
)
_SHORTFALL = re.compile(r" (?:short of|behind|above|below|ahead of|over) ")
_ALONGSIDE = re.compile(
    rf"(?:,|,? (?:and|or|but)|/) ?(?:by |a |an |another )?{HEDGES}"
    r"|(?: (?:on|in|for|over|than|across) [^,;()]{1,60}|(?: [^\s,;()]+){1,4})?(?: \([^()]{1,40}\))?"
    rf"(?:,|,? (?:and|or)) (?:[\w/+.()'-]+ ){{0,6}}?(?:by |of )?{HEDGES}"
)
_OTHER_WORD = r"(?:(?!(?:and|or|on|in|by|with|while|but|achiev\w*)\b)[^\s,;()]{1,40} )"
_COMPARED = any_of(
    """compared_(?:to|with) versus vs\\.? than against relative_to as_opposed_to instead_of whereas
    (?:close|similar|comparable|superior|inferior)_to (?:up|down)_from"""
)
_PASSING = any_of(
    """over above below exceed(?:s|ed|ing)? surpass(?:es|ed|ing)? outperform(?:s|ed|ing)? beat(?:s|ing)?
    match(?:es|ed|ing)? approach(?:es|ing) near(?:s|ing)"""
)
_AGAINST = re.compile(
    rf"(?:\b{_COMPARED} {_OTHER_WORD}{{0,9}}?{HEDGES}|\b{_PASSING} {_OTHER_WORD}{{1,9}}?"
    r"|\b(?:while|whereas|but|where|which) (?:[^,;()]{1,60}? )?(?:achiev|scor|reach|obtain|attain|manag)\w* "
    rf"{HEDGES})$",
    re.IGNORECASE,
)
_RIVAL_BRACKET = re.compile(
    r"(?:\b(?:compared (?:to|with)|versus|vs\.?|than|against|over|below|above|exceed\w*|surpass\w*"
    r"|(?:out|under)perform\w*|beat\w*|superior to|inferior to|baselines?)\b"
    r"[^;()]{0,60}(?:\([^;()]{1,30}\)[^;()]{1,40}){0,4}"
    r"\((?:[^;()]{1,40}, )?(?:[A-Za-z][\w@.-]*(?: score)?(?::| of| =)? )?"
    rf"|\(chance ){HEDGES}$",
    re.IGNORECASE,
)
_SCORE_BEFORE = re.compile(
    rf"(?:{_METRIC_END} (?:\w+ )?"
    rf"(?:of|at|to|is|was|reach(?:ing|es|ed)|exceed(?:ing|s|ed)|=|around|averaging|above|below|between)"
    rf" ?{HEDGES}|{_METRIC_END} ?[:=>(<,]? ?{HEDGES}|\b(?:of|with|to|at|is|was|=) {HEDGES}"
    r"|\b(?:achiev|obtain|attain|reach|scor|yield|get|got|record|report|averag|deliver|exhibit|maintain)\w* "
    rf"{HEDGES}|: {HEDGES}|\({HEDGES})$"
)
_SCORE_AFTER = re.compile(rf" ?(?:[\w@/&+.'-]+ ){{0,3}}{METRIC_WORD}(?![A-Za-z])")
_SURE_SCORE_BEFORE = re.compile(
    rf"(?:{_METRIC_END} (?:of|to|is|was) {HEDGES}|\bscor(?:es|ed|ing) {HEDGES}|\bpoints? {HEDGES})$"
)
_QUANTITY_BEFORE = re.compile(
    rf"(?:{_METRIC_END} (?:of|to|is|was) {HEDGES}"
    rf"|\b(?:achiev|obtain|attain|reach|scor|record|deliver)\w* {HEDGES})$"
)
_SIZE_UNITS = words_of("hours days steps words years months m GB MB")
"""Units that as often say how much there was as how well it went."""
_LISTED_ON = re.compile(r" (?:on|for|in) (?:the |our |its )?[A-Z]")
_VERSION = re.compile(rf"(?<![\w-])(?!{METRIC_WORD} )[A-Z][\w-]* $")
_VERSION_NEXT = re.compile(r"'s| (?:[A-Z]|[a-z]+(?:s|ed) )")
_SHORT = re.compile(r"[0-9]{1,2}(?:\.[0-9])?")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")


@dataclass(frozen=True, slots=True)
class _Place:
    """A number in its sentence: the words before and after, the number before it and its kind."""

    number: Number
    left: str
    right: str
    decimal: bool
    phrase: tuple[str, ...] = field(default=())
    gap: str | None = None
    previous: Number | None = None
    previous_kind: Kind | None = None
    following: Number | None = None
    next_gap: str = ""


def derive_kinds(text: str, start: int, end: int, numbers: Sequence[Number]) -> list[Kind]:
    """The kind of each number of one sentence, `text[start:end]`, in their order."""
    kinds: list[Kind] = []
    measured = False
    for position, number in enumerate(numbers[:MOST_NUMBERS]):
        previous = numbers[position - 1] if position else None
        following = numbers[position + 1] if position + 1 < len(numbers) else None
        place = _Place(
            number=number,
            left=text[max(start, number.start - 200) : number.start],
            right=text[number.end : min(end, number.end + 200)],
            decimal="." in text[number.start : number.end],
            phrase=tuple(text[slice(*phrase_after(text, number.end, end))].split()),
            gap=text[previous.end : number.start][-200:] if previous else None,
            previous=previous,
            previous_kind=kinds[-1] if kinds else None,
            following=following,
            next_gap=text[number.end : following.start][:200] if following else "",
        )
        kinds.append(_kind(place, measured))
        measured = measured or kinds[-1] != "other"
        shared = place.gap is not None and re.fullmatch(r",? and |, ?|/", place.gap)
        if shared and kinds[-2:] == ["score", "gain"] and previous and previous.form == number.form:
            kinds[-2] = "gain"
    return kinds + ["other"] * (len(numbers) - len(kinds))


def _kind(place: _Place, measured: bool) -> Kind:
    if _is_no_result(place):
        return "other"
    if change := _change(place):
        return change
    if measured and _is_rival(place):
        return "baseline"
    if _is_gain(place):
        return "gain"
    if place.number.form == "factor":
        return "ratio"
    if measured and _AGAINST.search(place.left):
        return "baseline"
    if _is_alongside(place) and place.previous_kind is not None:
        return place.previous_kind
    return "score" if _is_score(place) else "other"


def _is_no_result(place: _Place) -> bool:
    number = place.number
    if number.form in ("label", "magnitude"):
        return True
    if number.form == "plain" and _is_version(place):
        return True
    if number.form == "percent" and _SHARE.match(place.right) and not _BY.search(place.left):
        return True
    if number.form == "plain" and not place.decimal and _COUNTED.match(place.right):
        return True
    return bool(_NO_RESULT_BEFORE.search(place.left) or _NO_RESULT_AFTER.match(place.right))


def _is_version(place: _Place) -> bool:
    """`Claude 3.5 Sonnet`, `Qwen 2.5 shows`: not `IoU 0.5` and not `Model 2.5 on X`."""
    if place.number.signed or not _SHORT.fullmatch(place.number.value):
        return False
    return bool(_VERSION.search(place.left) and _VERSION_NEXT.match(place.right))


def _change(place: _Place) -> Kind | None:
    """`from 39.4 to 55.6`: the value of a baseline, then a score."""
    number, following = place.number, place.following
    measured = place.decimal or number.form != "plain" or re.search(METRIC_WORD, place.left[-60:])
    if following is not None and measured and CHANGE_GAP.fullmatch(place.next_gap):
        arrow = "→" in place.next_gap or "->" in place.next_gap
        bare = place.left.endswith("(") and number.form == following.form
        if arrow or bare or _FROM.search(place.left):
            return "baseline"
    if place.gap is None:
        return None
    if place.previous_kind == "baseline" and CHANGE_GAP.fullmatch(place.gap):
        return "score"
    return "baseline" if place.previous_kind == "score" and _UP_FROM.fullmatch(place.gap) else None


def _is_rival(place: _Place) -> bool:
    """`outperforming X (53.6%)`, `baselines such as X (FID 23.9) and Y (20.3)`."""
    if place.number.form in ("points", "factor") or place.number.signed:
        return False
    return bool(_RIVAL_BRACKET.search(place.left)) and not any(is_gain_word(w) for w in place.phrase)


def _is_gain(place: _Place) -> bool:
    number = place.number
    if number.form not in ("percent", "points", "plain", "quantity"):
        return False
    if any(is_gain_word(word) for word in place.phrase[:6]):
        return number.form != "plain" or place.decimal or number.signed
    if number.form == "points" or (number.signed and number.value[0] != "-"):
        return True
    if place.left[-1:] in ("↑", "↓"):
        return True
    if _BY.search(place.left) or _GAIN_OF.search(place.left) or _GAIN_BRACKET.search(place.left):
        return number.form == "percent" or place.decimal or bool(_SCORE_AFTER.match(place.right))
    return number.form == "percent" and bool(_GAIN_VERB.search(place.left) or _SHORTFALL.match(place.right))


def _is_alongside(place: _Place) -> bool:
    """`by 3% and 4%`, `90.2% on A and 83.6% on B`."""
    return (
        place.gap is not None
        and place.previous is not None
        and place.previous_kind not in ("baseline", "other")
        and place.previous.form == place.number.form != "plain"
        and bool(_ALONGSIDE.fullmatch(place.gap))
    )


def _is_score(place: _Place) -> bool:
    number = place.number
    if number.form == "percent":
        return True
    if number.form == "quantity":
        before = _SURE_SCORE_BEFORE if number.unit in _SIZE_UNITS else _QUANTITY_BEFORE
        return bool(before.search(place.left) or _SCORE_AFTER.match(place.right))
    if not place.decimal:
        return not _YEAR.fullmatch(number.value) and bool(_SURE_SCORE_BEFORE.search(place.left))
    if _LISTED_ON.match(place.right):
        return True
    listed = place.gap is not None and re.fullmatch(r",? ?(?:and )?(?:[\w./@+-]+ ){0,6}\(?", place.gap)
    if listed and place.previous_kind in ("score", "gain"):
        return True
    return bool(_SCORE_BEFORE.search(place.left) or _SCORE_AFTER.match(place.right))


def find_valued(doc: Doc) -> list[Valued]:
    """The numbers of a Doc, each with what it is."""
    return [(span._.kg_number, cast(Kind, span.label_)) for span in doc.spans["values"]]


class ValueFinder:
    """Writes `doc.spans["values"]`: a Span a number, its `Kind` as label, its `Number` as `_.kg_number`."""

    def __call__(self, doc: Doc) -> Doc:
        self.set_annotations(doc, self.match(doc))
        return doc

    def match(self, doc: Doc) -> list[tuple[Number, Kind]]:
        """The numbers of every sentence that states something, and what each is."""
        text = doc.text
        numbers = list(find_numbers(text))
        starts = [number.start for number in numbers]
        found: list[tuple[Number, Kind]] = []
        for sentence in doc.spans["sentences"]:
            if sentence.label_ not in ("questions", "title"):
                start, end = sentence.start_char, sentence.end_char
                inside = numbers[bisect_left(starts, start) : bisect_left(starts, end)]
                found += zip(inside, derive_kinds(text, start, end, inside), strict=True)
        return found

    def set_annotations(self, doc: Doc, found: list[tuple[Number, Kind]]) -> None:
        spans = []
        for number, kind in found:
            span = doc.char_span(number.start, number.end, label=kind)
            if span is not None:
                span._.kg_number = number
                spans.append(span)
        doc.spans["values"] = SpanGroup(doc, name="values", spans=spans)


@Language.factory(NAME, requires=["doc.spans"], assigns=["doc.spans"])
def make_values(nlp: Language, name: str) -> ValueFinder:
    """The component, for `nlp.add_pipe`."""
    return ValueFinder()
