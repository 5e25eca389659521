"""The report: the graph in plots, each with its numbers, on one page that needs no other file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kg.errors import OutputError
from kg.files import write_file, write_folder
from kg.lookup import find
from kg.queries import Table
from kg.store import Store
from kg.views.plots import Bar, render_bars, render_board, render_co_authors, render_months, to_measure
from kg.views.tallies import (
    Board,
    Months,
    Rival,
    Span,
    choose_boards,
    derive_bests,
    derive_boards,
    derive_co_authors,
    derive_months,
    derive_rivals,
    derive_span,
)
from kg.views.templates import load_template
from kg.vocabulary import slug

__all__ = ["REPORT", "Chapter", "Plot", "Report", "derive_report", "render_report", "write_report"]

REPORT = "report.html"
"""The file that a report is written to."""

_MOST_BOARDS = 3
_MOST_BARS = 15


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot by the name of its file, as an SVG element, with its numbers and a word on them."""

    name: str
    svg: str
    note: str
    numbers: Table


@dataclass(frozen=True, slots=True)
class Chapter:
    """Plots of one kind under a heading; `said` tells what is counted, or why there is no plot."""

    name: str
    heading: str
    said: tuple[str, ...]
    plots: tuple[Plot, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """All chapters, and the papers that they count."""

    span: Span
    chapters: tuple[Chapter, ...]


def derive_report(store: Store, on: Sequence[str] = ()) -> Report:
    """The report of a graph, with the boards of the benchmarks called `on`, else of the largest three.

    Raises `QueryError` where nothing has such a name, and `OutputError` without matplotlib.
    """
    return Report(
        derive_span(store),
        (
            _derive_boards(store, on),
            _derive_rivals(store),
            _derive_months(store),
            _derive_co_authors(store),
        ),
    )


# Boards


def _derive_boards(store: Store, on: Sequence[str]) -> Chapter:
    boards = derive_boards(store)
    chosen, said = _boards_on(store, on, boards) if on else (choose_boards(boards, _MOST_BOARDS), [])
    if not (chosen or on):
        said = ["There is no board yet: on no benchmark do two scores stand in one metric and one unit."]
    if chosen:
        said = [
            "Every score that papers state on a benchmark in one metric and one unit, by the day of the "
            "digest. Settings differ from paper to paper: point at a dot, or open the numbers, to read the "
            "sentence behind it.",
            *said,
        ]
    plots = tuple(_to_board_plot(board, number) for number, board in enumerate(chosen, 1))
    return Chapter("boards", "The state of benchmarks", tuple(said), plots)


def _boards_on(store: Store, on: Sequence[str], boards: Iterable[Board]) -> tuple[list[Board], list[str]]:
    """The largest boards of each benchmark, and what is to be said of those that are not drawn."""
    chosen, said = list[Board](), list[str]()
    for name in dict.fromkeys(on):
        nodes = {found.iri for found in find(store, name)}
        own = [board for board in boards if board.on in nodes]
        chosen += [board for board in own[:_MOST_BOARDS] if board not in chosen]
        left = ", ".join(f"{to_measure(board)} ({len(board.scores)})" for board in own[_MOST_BOARDS:])
        if not own:
            said.append(f"No score is stated on {name}.")
        elif left:
            said.append(f"Not drawn of {own[0].benchmark}, with their scores: {left}.")
    return chosen, said


def _to_board_plot(board: Board, number: int) -> Plot:
    bests = derive_bests(board)
    papers = len({score.paper for score in board.scores})
    note = f"{_count(len(board.scores), 'score')} from {_count(papers, 'paper')}, {_days(board)}."
    if not board.metric:
        note += " The sentences name no metric, so no best is drawn: the scores may not measure the same."
    elif not board.better:
        note += " The graph does not know which way this metric is better, so no best is drawn."
    rows = (
        (
            score.day,
            score.thing,
            score.text,
            "baseline" if score.baseline else "subject",
            "best so far" if score in bests else "",
            score.paper,
            score.words,
        )
        for score in board.scores
    )
    columns = ("day", "thing", "score", "stated as", "best", "paper", "words")
    name = f"board-{number}-{slug(board.benchmark)}-{slug(to_measure(board))}"
    return Plot(name, render_board(board), note, Table(columns, tuple(rows)))


def _days(board: Board) -> str:
    first, last = board.scores[0].day, board.scores[-1].day
    return first if first == last else f"{first} to {last}"


# Rivals


def _derive_rivals(store: Store) -> Chapter:
    rivals = derive_rivals(store)
    heading = "Who compares with whom"
    if not rivals:
        return Chapter("rivals", heading, ("No paper compares what it proposes with anything.",))
    shown = rivals[:_MOST_BARS]
    bars = [Bar(rival.name, rival.papers, _things(rival)) for rival in shown]
    svg = render_bars(
        "The most frequent baselines",
        "papers that compare with it, and the things that they set against it",
        bars,
    )
    numbers = Table(
        ("compared with", "papers", "things (papers, where more than one)"),
        tuple((rival.name, f"{rival.papers:,}", ", ".join(_things(rival))) for rival in shown),
        frozenset({"papers"}),
    )
    said = ("What papers hold their proposals, and whatever they measure, against.", *_closest(rivals))
    note = _some(len(shown), len(rivals), "baselines")
    return Chapter("rivals", heading, said, (Plot("rivals", svg, note, numbers),))


def _things(rival: Rival) -> tuple[str, ...]:
    return tuple(f"{name} ({papers})" if papers > 1 else name for name, papers in rival.things)


def _closest(rivals: Iterable[Rival]) -> Iterator[str]:
    """The pair of things that most papers compare, where more than one does."""
    rival = max(rivals, key=lambda rival: rival.things[0][1])
    thing, papers = rival.things[0]
    if papers > 1:
        yield f"No pair stands in more papers than {thing} with {rival.name}: in {papers:,}."


# Months


def _derive_months(store: Store) -> Chapter:
    benchmarks, methods = derive_months(store, "benchmarks"), derive_months(store, "methods")
    found = (
        _to_months_plot("benchmarks", "papers that evaluate on it", benchmarks),
        _to_months_plot("methods and models", "papers that use it", methods),
    )
    plots = tuple(plot for plot in found if plot)
    said = "A paper counts in the month of the digest that speaks of it."
    if not plots:
        said = "No paper names a benchmark that it evaluates on, or a method or model that it uses."
    return Chapter("months", "Month by month", (said,), plots)


def _to_months_plot(what: str, counted: str, months: Months) -> Plot | None:
    if not months.rows:
        return None
    title = f"Most used {what}"
    if len(months.months) > 1:
        svg = render_months(title, f"{counted}, by month", months)
    else:
        bars = [Bar(row.name, row.papers) for row in months.rows]
        svg = render_bars(title, f"{counted}, in {months.months[0]}", bars)
    rows = [(row.name, *(f"{count:,}" for count in (row.papers, *row.by_month))) for row in months.rows]
    rows.append(("papers read", "", *(f"{count:,}" for count in months.papers)))
    columns = (what, "papers", *months.months)
    note = _some(len(months.rows), months.of, what)
    return Plot(slug(what), svg, note, Table(columns, tuple(rows), frozenset(columns[1:])))


# Co-authors


def _derive_co_authors(store: Store) -> Chapter:
    found = derive_co_authors(store)
    heading = "Who writes with whom"
    if not found.ties:
        return Chapter("co-authors", heading, ("No paper has two authors.",))
    rows = ((found.authors[one][0], found.authors[other][0], f"{n:,}") for one, other, n in found.ties)
    said = (
        "The authors of the pairs who share most papers, with all papers that any two of them share. "
        "Two authors of one name are one only where the graph has a reason."
    )
    numbers = Table(("author", "and", "papers together"), tuple(rows), frozenset({"papers together"}))
    note = (
        _some(len(found.authors), found.of, "authors with a co-author")
        + " A name that would cover another is left out, and shows under the pointer."
    )
    svg = render_co_authors("Authors who share most papers", found)
    plot = Plot("co-authors", svg, note, numbers)
    return Chapter("co-authors", heading, (said,), (plot,))


def _some(shown: int, of: int, what: str) -> str:
    """How much of all a plot shows; of one thing there is nothing to say."""
    if shown < of:
        return f"{shown:,} of {of:,} {what}."
    return f"All {of:,} {what}." if of > 1 else ""


def _count(number: int, one: str) -> str:
    return f"{number:,} {one}{'s' * (number != 1)}"


# The page


def render_report(report: Report) -> str:
    """The page: whole, without scripts, and asking for nothing."""
    return load_template("report.html").render(report=report)


def write_report(report: Report, path: Path) -> Path:
    """Writes the page to `path` and its plots into the folder of that name; returns the folder.

    Raises `OutputError`; `path` must end in `.html` or the like, so that the folder has a name.
    """
    if not path.suffix:
        raise OutputError(f"cannot write the report to {path}: its name must end in .html")
    plots = (plot for chapter in report.chapters for plot in chapter.plots)
    files = ((f"{plot.name}.svg", [plot.svg.encode()]) for plot in plots)
    folder = write_folder(path.with_suffix(""), files, listed=True)
    write_file(path, [render_report(report).encode()])
    return folder
