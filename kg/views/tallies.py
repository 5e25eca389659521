"""What the plots show, counted in the graph: boards, co-authors, rivals, and uses by month."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from typing import Literal, cast

from kg.store import Store, select

__all__ = [
    "Board",
    "CoAuthors",
    "Months",
    "Rival",
    "Score",
    "Span",
    "Usage",
    "choose_boards",
    "derive_bests",
    "derive_boards",
    "derive_co_authors",
    "derive_months",
    "derive_rivals",
    "derive_span",
]

_SCORES = """
SELECT DISTINCT ?on ?benchmark ?class ?metric ?unit ?better ?day ?value ?text ?thing ?as ?paper ?words {
  ?on skos:prefLabel ?benchmark ; a ?class .
  ?result kg:on ?on ; kg:kind kg:Score ; kg:statedIn ?summary .
  ?summary kg:about/fabio:hasArXivId ?paper ; kg:inDigest/dcterms:date ?day .
  ?sentence kg:refersTo ?result ; kg:role kg:statedIn ; oa:exact ?words .
  {
    ?result kg:value ?value ; kg:valueText ?text . BIND("subject" AS ?as)
    OPTIONAL { ?result kg:subject/skos:prefLabel ?thing }
  } UNION {
    ?result kg:baselineValue ?value . BIND("baseline" AS ?as)
    ?place kg:refersTo ?result ; kg:role kg:baselineValue ; oa:exact ?text .
    OPTIONAL { ?result kg:baseline/skos:prefLabel ?thing }
  }
  OPTIONAL { ?result kg:unit ?unit }
  OPTIONAL { ?result kg:metric ?measure . ?measure skos:prefLabel ?metric }
  OPTIONAL { ?result kg:metric/kg:better ?better }
}
"""
_BOARD = ("on", "benchmark", "class", "metric", "unit", "better")
"""What tells one board from another."""

_BYLINES = """
SELECT DISTINCT ?paper ?author ?name { ?paper dcterms:creator ?author . ?author foaf:name ?name }
"""
_COMPARED = """
SELECT DISTINCT ?paper ?thing ?b ?rival {
  { ?a skos:prefLabel ?thing . ?paper kg:proposes ?a ; kg:comparesWith ?b . ?b skos:prefLabel ?rival }
  UNION {
    ?a skos:prefLabel ?thing . ?result kg:subject ?a ; kg:baseline ?b ; kg:statedIn/kg:about ?paper .
    ?b skos:prefLabel ?rival
  }
  FILTER(?a != ?b)
}
"""
_USES = {
    "benchmarks": """
SELECT DISTINCT ?thing ?name ?paper ?day {
  GRAPH ?summary { ?paper kg:evaluatesOn ?thing } ?thing a kg:Benchmark ; skos:prefLabel ?name .
  ?summary kg:inDigest/dcterms:date ?day
}
""",
    "methods": """
SELECT DISTINCT ?thing ?name ?paper ?day {
  VALUES ?class { kg:Method kg:Model }
  GRAPH ?summary { ?paper kg:uses ?thing } ?thing a ?class ; skos:prefLabel ?name .
  ?summary kg:inDigest/dcterms:date ?day
}
""",
}
_MOST_MONTHS = 24
_DAYS = "SELECT DISTINCT ?paper ?day { ?summary kg:about ?paper ; kg:inDigest/dcterms:date ?day }"


@dataclass(frozen=True, slots=True, order=True)
class Score:
    """A level that a sentence states, of its subject or (`baseline`) of what that is compared with.

    `text` is the number as written; `thing` is "" where the sentence names none.
    """

    day: str
    value: Decimal
    thing: str
    baseline: bool
    text: str
    paper: str
    words: str


@dataclass(frozen=True, slots=True)
class Board:
    """The scores on a benchmark in one metric and unit ("" where none is named), by day.

    `on` is the benchmark's IRI and `kind` its class; `better` is "up", "down" or, where not known, "".
    """

    on: str
    benchmark: str
    kind: str
    metric: str
    unit: str
    better: Literal["up", "down", ""]
    scores: tuple[Score, ...]


@dataclass(frozen=True, slots=True)
class CoAuthors:
    """Authors, each with the number of their papers, and pairs of their places with those they share.

    The pairs that share most come first; `of` counts all authors who share a paper with another.
    """

    authors: tuple[tuple[str, int], ...]
    ties: tuple[tuple[int, int, int], ...]
    of: int


@dataclass(frozen=True, slots=True)
class Rival:
    """What things are compared with, by how many papers, and those things with their papers."""

    name: str
    papers: int
    things: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """A thing, how many papers use it in each month, and in all."""

    name: str
    papers: int
    by_month: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Months:
    """Months without a gap, the papers of each, and the things that most papers use, of `of` things."""

    months: tuple[str, ...]
    papers: tuple[int, ...]
    rows: tuple[Usage, ...]
    of: int


@dataclass(frozen=True, slots=True)
class Span:
    """How many papers there are, and their first and last day ("" without any)."""

    papers: int
    first: str
    last: str


def derive_span(store: Store) -> Span:
    """The papers of the graph, and from when they are."""
    rows = list(select(store, _DAYS))
    days = sorted(row["day"] for row in rows)
    return Span(len({row["paper"] for row in rows}), *((days[0], days[-1]) if days else ("", "")))


def derive_boards(store: Store) -> tuple[Board, ...]:
    """All boards, those with the most scores first."""
    boards: dict[tuple[str, ...], set[Score]] = defaultdict(set)
    for row in select(store, _SCORES):
        boards[tuple(row.get(name, "") for name in _BOARD)].add(_to_score(row))
    found = (_to_board(board, scores) for board, scores in boards.items())
    return tuple(sorted(found, key=lambda b: (-len(b.scores), b.benchmark, b.metric, b.unit, b.on)))


def choose_boards(boards: Iterable[Board], limit: int = 3) -> tuple[Board, ...]:
    """The largest board of each of `limit` benchmarks, those whose metric is named before others."""
    named = sorted(boards, key=lambda board: (not board.metric, -len(board.scores)))
    largest: dict[str, Board] = {}
    for board in named:
        if board.kind == "Benchmark" and len(board.scores) > 1:
            largest.setdefault(board.on, board)
    return tuple(largest.values())[:limit]


def _to_score(row: Mapping[str, str]) -> Score:
    return Score(
        day=row["day"],
        value=Decimal(row["value"]),
        thing=row.get("thing", ""),
        baseline=row["as"] == "baseline",
        text=row["text"],
        paper=row["paper"],
        words=row["words"],
    )


def _to_board(board: Sequence[str], scores: Iterable[Score]) -> Board:
    on, benchmark, kind, metric, unit, better = board
    direction = cast(Literal["up", "down", ""], better)
    return Board(on, benchmark, kind.rpartition("#")[2], metric, unit, direction, tuple(sorted(scores)))


def derive_bests(board: Board) -> tuple[Score, ...]:
    """The scores that were the best of all until their day, one a day; none where no way is better.

    Where some reach the same on a day, the first by name counts; a subject goes before a baseline.
    """
    if not board.better:
        return ()
    sign = 1 if board.better == "up" else -1
    bests = list[Score]()
    ranked = sorted(board.scores, key=lambda s: (s.day, -sign * s.value, s.baseline, s))
    for score in ranked:
        if not bests or sign * score.value > sign * bests[-1].value:
            bests.append(score)
    return tuple(bests)


def derive_co_authors(store: Store, limit: int = 60) -> CoAuthors:
    """About `limit` authors: both of each pair, the pairs that share most papers first."""
    names: dict[str, str] = {}
    papers: dict[str, set[str]] = defaultdict(set)
    for row in select(store, _BYLINES):
        author, name = row["author"], row["name"]
        names[author] = min(name, names.get(author, name))
        papers[row["paper"]].add(author)
    shared = Counter(pair for authors in papers.values() for pair in combinations(sorted(authors), 2))
    written = Counter(author for authors in papers.values() for author in authors)
    ranked = sorted(shared, key=lambda pair: (-shared[pair], names[pair[0]], names[pair[1]], pair))
    place = _first_of(ranked, limit)
    ties = ((place[a], place[b], shared[a, b]) for a, b in ranked if a in place and b in place)
    return CoAuthors(
        authors=tuple((names[author], written[author]) for author in place),
        ties=tuple(ties),
        of=len({author for pair in shared for author in pair}),
    )


def _first_of(pairs: Iterable[tuple[str, str]], limit: int) -> dict[str, int]:
    """A place for each of both in the first pairs, until there are `limit`."""
    place: dict[str, int] = {}
    for pair in pairs:
        if len(place | dict.fromkeys(pair)) > limit:
            break
        for each in pair:
            place.setdefault(each, len(place))
    return place


def derive_rivals(store: Store) -> tuple[Rival, ...]:
    """What things are compared with, by the number of papers that do so."""
    things: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in select(store, _COMPARED):
        things[row["b"], row["rival"]][row["thing"]].add(row["paper"])
    rivals = (
        Rival(rival, len(set().union(*found.values())), _ranked({t: len(p) for t, p in found.items()}))
        for (_, rival), found in sorted(things.items())
    )
    return tuple(sorted(rivals, key=lambda rival: (-rival.papers, rival.name)))


def _ranked(counts: dict[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def derive_months(store: Store, what: Literal["benchmarks", "methods"], limit: int = 10) -> Months:
    """The benchmarks that most papers evaluate on, or the methods and models that most use, by month.

    A paper counts once a month, in the month of the digest that says so. Of many months, the last 24.
    """
    papers: dict[str, set[str]] = defaultdict(set)
    for row in select(store, _DAYS):
        papers[row["day"][:7]].add(row["paper"])
    months = _months_until(max(papers), min(papers)) if papers else ()
    uses: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for row in select(store, _USES[what]):
        month = row["day"][:7]
        if month in months:
            uses[row["name"], row["thing"]].add((month, row["paper"]))
    rows = (_to_usage(name, uses[name, node], months) for name, node in sorted(uses))
    ranked = sorted(rows, key=lambda row: (-row.papers, row.name))
    return Months(months, tuple(len(papers[month]) for month in months), tuple(ranked[:limit]), len(ranked))


def _to_usage(name: str, uses: Collection[tuple[str, str]], months: Iterable[str]) -> Usage:
    by_month = Counter(month for month, _ in uses)
    return Usage(name, len({paper for _, paper in uses}), tuple(by_month[month] for month in months))


def _months_until(last: str, first: str) -> tuple[str, ...]:
    """The months up to `last`, such as 2024-10, from `first` on, at most the last `_MOST_MONTHS`."""
    year, month = map(int, last.split("-"))
    numbers = range(year * 12 + month - _MOST_MONTHS, year * 12 + month)
    names = (f"{number // 12:04}-{number % 12 + 1:02}" for number in numbers if number >= 12)
    return tuple(name for name in names if name >= first)
