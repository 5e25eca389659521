"""The values that flow through kg: frozen, hashable, ordered, free of any library.

A `Summary` is read from a source. Extraction turns it into `Facts`: entities, results and open
questions, each resting on `Evidence`, which points into one of the summary's three texts. Offsets
are Unicode code points, and a quote equals its slice, always: `Facts` refuses anything else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from kg.errors import FactsError

__all__ = [
    "ENTITY_TYPES",
    "PAPER_ROLES",
    "Author",
    "Direction",
    "Entity",
    "EntityType",
    "Evidence",
    "Facts",
    "Field",
    "Mention",
    "NameKind",
    "Paper",
    "Question",
    "Result",
    "ResultKind",
    "Role",
    "Skipped",
    "Slot",
    "Summary",
    "parse_arxiv_id",
]

Field = Literal["title", "abstract", "byline"]
EntityType = Literal["model", "method", "dataset", "benchmark", "metric", "task"]
ResultKind = Literal["score", "gain", "ratio"]
Direction = Literal["up", "down"]
NameKind = Literal["name", "handle"]

_PaperRole = Literal["proposes", "uses", "evaluatesOn", "comparesWith", "addresses", "mentions"]
Role = Literal[
    _PaperRole,
    # result → thing or number
    "subject", "on", "metric", "baseline", "value", "baselineValue", "statedIn",
    # paper → author, paper → question
    "creator", "leavesOpen",
]  # fmt: skip
"""The property of the graph that a mention backs."""

_ADDRESS = re.compile(
    r"(?:arxiv:|https?://(?:www\.)?(?:arxiv\.org/(?:abs|pdf)|huggingface\.co/papers)/)?"
    r"([0-9]{4}\.[0-9]{4,5}|[a-z-]+(?:\.[a-z]{2})?/[0-9]{7})(?:v[0-9]+)?(?:\.pdf)?",
    re.IGNORECASE,
)

ENTITY_TYPES: tuple[EntityType, ...] = get_args(EntityType)
PAPER_ROLES: tuple[Role, ...] = get_args(_PaperRole)
"""What a paper does with a thing."""


@dataclass(frozen=True, slots=True, order=True)
class Paper:
    """One paper, whatever the number of texts about it."""

    arxiv_id: str

    @property
    def links(self) -> tuple[str, str]:
        """The paper's page on arXiv and on Hugging Face."""
        return (
            f"https://arxiv.org/abs/{self.arxiv_id}",
            f"https://huggingface.co/papers/{self.arxiv_id}",
        )


def parse_arxiv_id(address: str) -> str:
    """The id in `arXiv:2409.20566v2` or in a page's address; any other text comes back as it is."""
    found = _ADDRESS.fullmatch(address.strip())
    return found[1] if found else address


@dataclass(frozen=True, slots=True, order=True)
class Evidence:
    """The words behind a statement: `text[start:end] == quote` in one field of one summary."""

    field: Field
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True, order=True)
class Author:
    """One token of a byline, in its order; `kind` tells a person's name from a platform handle."""

    name: str
    kind: NameKind
    evidence: Evidence


@dataclass(frozen=True, slots=True, order=True)
class Summary:
    """One text about one paper, in one source, on one day (ISO 8601)."""

    paper: Paper
    source: str
    date: str
    title: str
    abstract: str
    byline: str
    authors: tuple[Author, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes a summary the same one: source, day and paper. Another text is an edit."""
        return (self.source, self.date, self.paper.arxiv_id)

    def text(self, field: Field) -> str:
        """The stored text that offsets in `field` count into."""
        return str(getattr(self, field))


@dataclass(frozen=True, slots=True, order=True)
class Skipped:
    """A piece of a source that could not be read: where it stands, why, and its text."""

    source: str
    line: int
    reason: str
    text: str

    @property
    def place(self) -> str:
        """`FILE:LINE`, or the file alone where it is all of it."""
        return f"{self.source}:{self.line}" if self.line else self.source


@dataclass(frozen=True, slots=True, order=True)
class Mention:
    """One place where a thing is named, the property that the place backs, and who found it.

    `component` is the name of the pipeline component; `confidence` is in tenths, 0 to 10.
    """

    evidence: Evidence
    role: Role
    component: str
    confidence: int


@dataclass(frozen=True, slots=True, order=True)
class Entity:
    """One thing that a summary names, under every form in which it is written there."""

    type: EntityType
    mentions: tuple[Mention, ...]

    @property
    def name(self) -> str:
        """The fullest form as written: the longest quote, the most frequent of equals, then the first."""
        places = sorted({m.evidence for m in self.mentions}, key=lambda e: (e.field != "title", e))
        quotes = Counter(place.quote for place in places)
        return max(quotes, key=lambda quote: (len(quote), quotes[quote]))

    @property
    def aliases(self) -> tuple[str, ...]:
        """The other forms as written, sorted."""
        return tuple(sorted({m.evidence.quote for m in self.mentions} - {self.name}))

    @property
    def roles(self) -> tuple[Role, ...]:
        """What the paper does with the thing, sorted."""
        return tuple(sorted({m.role for m in self.mentions}))


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """The filler of one slot of a result: an entity of the same summary, and the words that say so."""

    type: EntityType
    name: str
    mention: Mention


@dataclass(frozen=True, slots=True)
class Result:
    """One measured number that a sentence states.

    `value`, `upper` (the far end of a range) and `baseline_value` are canonical decimals ("55.6");
    `value_mention` quotes the number as written, with its unit; `sentence` quotes the sentence.
    """

    kind: ResultKind
    value: str
    value_mention: Mention
    sentence: Mention
    upper: str | None = None
    unit: str | None = None
    direction: Direction | None = None
    baseline_value: str | None = None
    baseline_mention: Mention | None = None
    subject: Slot | None = None
    on: Slot | None = None
    metric: Slot | None = None
    baseline: Slot | None = None

    @property
    def slots(self) -> dict[str, Slot]:
        """The filled slots, by name."""
        named = {"subject": self.subject, "on": self.on, "metric": self.metric, "baseline": self.baseline}
        return {name: slot for name, slot in named.items() if slot is not None}

    @property
    def mentions(self) -> tuple[Mention, ...]:
        """Every mention that this result rests on."""
        own = (self.sentence, self.value_mention, self.baseline_mention)
        return (*(m for m in own if m is not None), *(s.mention for s in self.slots.values()))


@dataclass(frozen=True, slots=True, order=True)
class Question:
    """What a summary says is open: a follow-up question, or "the paper does not say …"."""

    mention: Mention


@dataclass(frozen=True, slots=True)
class Facts:
    """All that was extracted from one summary. `extractor` is the fingerprint of what did it.

    Raises `FactsError` if a quote does not slice back or a slot names an entity that is not there.
    """

    summary: Summary
    extractor: str
    entities: tuple[Entity, ...] = ()
    results: tuple[Result, ...] = ()
    questions: tuple[Question, ...] = ()

    def __post_init__(self) -> None:
        for evidence in self.evidence():
            if self.summary.text(evidence.field)[evidence.start : evidence.end] != evidence.quote:
                raise FactsError(f"{self.summary.key}: {evidence} does not slice back")
        known = [(e.type, e.name) for e in self.entities]
        if len(known) != len(set(known)):
            raise FactsError(f"{self.summary.key}: an entity stands twice in {known}")
        wanted = {(s.type, s.name) for r in self.results for s in r.slots.values()}
        if not wanted <= set(known):
            raise FactsError(f"{self.summary.key}: slots without entity: {wanted - set(known)}")

    def mentions(self) -> Iterator[Mention]:
        """Every mention of every extracted statement."""
        for entity in self.entities:
            yield from entity.mentions
        for result in self.results:
            yield from result.mentions
        for question in self.questions:
            yield question.mention

    def evidence(self) -> Iterator[Evidence]:
        """The words behind every statement, the byline's authors included."""
        for author in self.summary.authors:
            yield author.evidence
        for mention in self.mentions():
            yield mention.evidence
