"""The plots of the report: values in, SVG out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from kg.views.layout import derive_positions
from kg.views.svg import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    WIDTH,
    Box,
    Label,
    Line,
    cut,
    put_labels,
    put_text,
    render_svg,
    to_id,
    width,
)
from kg.views.tallies import Board, CoAuthors, Months, Score, derive_bests

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Bar", "render_bars", "render_board", "render_co_authors", "render_months", "to_measure"]

_SUBJECT: dict[str, Any] = {"marker": "o", "linestyle": "none", "color": BLUE, "markeredgewidth": 0}
_BASELINE: dict[str, Any] = {
    "marker": "D",
    "linestyle": "none",
    "markerfacecolor": "none",
    "markeredgecolor": ORANGE,
    "markeredgewidth": 1.6,
}
_TIE: dict[str, Any] = {"color": INK, "alpha": 0.4, "solid_capstyle": "round"}
_BETTER = {"up": "higher is better", "down": "lower is better", "": "which way is better is not known"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MOST_DAYS = 60
"""Days that are marked by days; more are marked by months."""

_WIDE = 30
"""How many times the least value the greatest is, from where on a scale is logarithmic."""

_FARTHEST = Decimal(10**30)
_FEW = 7
"""Scores that need less height."""

_MOST_LABELS = 150
_LONGEST = 130.0
"""Pixels of a name beside a dot."""

_NAMES = 286.0
"""Where bars start, right of their names."""

_HEAD = 58
"""Pixels for what stands over a plot."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar with its name, what it counts, and names that stand beside it."""

    name: str
    count: int
    beside: tuple[str, ...] = ()


def to_measure(board: Board) -> str:
    """The metric and the unit of a board in words."""
    return ", ".join(part for part in (board.metric or "score, metric not named", board.unit) if part)


# The board


def render_board(board: Board) -> str:
    """Scores by day, and the best until each day as a line where it is known which way is better."""
    return render_svg(
        f"{board.benchmark}: {to_measure(board)}",
        300 if len(board.scores) < _FEW else 480,
        partial(_paint_board, board),
    )


def _paint_board(board: Board, figure: Figure) -> None:
    height = figure.get_size_inches()[1] * 72
    left, bottom, right, top = 44.0, 54.0, WIDTH - 8.0, height - _HEAD - 18
    axes = figure.add_axes((left / WIDTH, bottom / height, (right - left) / WIDTH, (top - bottom) / height))
    wide = _scale_values(axes, [_level(score) for score in board.scores])
    _scale_days(axes, [_number(score) for score in board.scores])
    title = f"{board.benchmark}: {to_measure(board)}"
    _put_head(figure, title, _BETTER[board.better] + ", logarithmic scale" * wide)
    put_text(figure, right, 12, "day of the digest", align="right", alpha=0.75)
    bests = derive_bests(board)
    line = _to_corners(board, bests)
    if line:
        axes.plot(*zip(*line, strict=True), color=GREEN, linewidth=2, gid=to_id(hint="best so far"))
    for score in board.scores:
        _paint_score(axes, score, score in bests)
    _paint_key(figure, bool(bests))
    _label_scores(figure, axes, board, bests, (left, bottom, WIDTH - 4, top + 18))


def _number(score: Score) -> int:
    return date.fromisoformat(score.day).toordinal()


def _level(score: Score) -> float:
    """The value, as far as a scale goes."""
    return float(max(-_FARTHEST, min(_FARTHEST, score.value)))


def _scale_values(axes: Axes, values: Sequence[float]) -> bool:
    """Whether the scale became logarithmic."""
    least, most = min(values), max(values)
    wide = least > 0 and most / least >= _WIDE
    if wide:
        from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

        axes.set_yscale("log")
        axes.set_ylim(least / 1.4, most * 1.4)
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        room = 0.1 * (most - least) or 0.1 * abs(most) or 1.0
        axes.set_ylim(least - room, most + room)
    axes.tick_params(which="both", length=0, pad=6)
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    return wide


def _scale_days(axes: Axes, days: Sequence[int]) -> None:
    first, last = min(days), max(days)
    room = max(1.0, 0.03 * (last - first))
    axes.set_xlim(first - room, last + room)
    marks = _months_between(first, last) if last - first > _MOST_DAYS else _days_between(first, last)
    axes.set_xticks([day for day, _ in marks], [name for _, name in marks])


def _days_between(first: int, last: int) -> list[tuple[int, str]]:
    step = max(1, -(-(last - first) // 6))
    return [(day, date.fromordinal(day).isoformat()) for day in range(first, last + 1, step)]


def _months_between(first: int, last: int) -> list[tuple[int, str]]:
    """The first days of months, a dozen at most; a year stands under its first month."""
    start, end = date.fromordinal(first), date.fromordinal(last)
    numbers = range(start.year * 12 + start.month, end.year * 12 + end.month)
    shown = numbers[:: -(-len(numbers) // 12)]
    first_of = {number // 12: number for number in reversed(shown)}
    return [
        (
            date(year, month + 1, 1).toordinal(),
            _MONTHS[month] + f"\n{year}" * (first_of[year] == year * 12 + month),
        )
        for year, month in (divmod(number, 12) for number in shown)
    ]


def _to_corners(board: Board, bests: Sequence[Score]) -> list[tuple[int, float]]:
    """The corners of the stairs from best to best, until the last day of the board."""
    ends = [*(_number(best) for best in bests[1:]), _number(board.scores[-1])]
    return [
        (day, _level(best)) for best, end in zip(bests, ends, strict=False) for day in (_number(best), end)
    ]


def _paint_score(axes: Axes, score: Score, best: bool) -> None:
    hint = f"{score.thing or 'a thing without a name'}{', a baseline' * score.baseline}: {score.text} "
    hint += f"(arXiv {score.paper}, {score.day}) “{score.words}”"
    look = _BASELINE if score.baseline else _SUBJECT
    size = 9 if best else 7
    axes.plot([_number(score)], [_level(score)], markersize=size, gid=to_id(hint=hint), **look)


def _label_scores(figure: Figure, axes: Axes, board: Board, bests: Sequence[Score], bounds: Box) -> None:
    """Names and values beside the dots, those of the best first."""
    order = sorted(board.scores, key=lambda score: (score not in bests, score.baseline, score))
    labels = list[Label]()
    for score in order:
        x, y = axes.transData.transform((_number(score), _level(score)))
        text = f"{cut(score.thing, _LONGEST, 11)} {cut(score.text, _LONGEST, 11)}".strip()
        hint = f"{score.thing} {score.text}"
        best = score in bests
        labels.append(Label(x, y, 6, text * (len(labels) < _MOST_LABELS), hint, best, board.better * best))
    corners = [axes.transData.transform(corner) for corner in _to_corners(board, bests)]
    stairs = [(*start, *end) for start, end in pairwise(corners)]
    put_labels(figure, labels, bounds, stairs)


def _paint_key(figure: Figure, best: bool) -> None:
    sheet = _sheet(figure)
    y = figure.get_size_inches()[1] * 72 - 36
    sheet.plot([574], [y], markersize=7, **_SUBJECT)
    put_text(figure, 584, y, "of a paper's subject")
    sheet.plot([730], [y], markersize=7, **_BASELINE)
    put_text(figure, 740, y, "of a baseline")
    if best:
        sheet.plot([846, 868], [y, y], color=GREEN, linewidth=2)
        put_text(figure, 876, y, "best so far")


# What every plot needs


def _put_head(figure: Figure, title: str, counted: str) -> None:
    """What the plot shows, and below it what is counted."""
    height = figure.get_size_inches()[1] * 72
    put_text(figure, 0, height - 12, title, size=16, room=WIDTH - 80, fontweight="bold")
    put_text(figure, 0, height - 36, counted, alpha=0.75)


def _sheet(figure: Figure) -> Axes:
    """Axes over the whole figure that count pixels from the left and the bottom, and show nothing."""
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(0, figure.get_size_inches()[1] * 72)
    return axes


def _papers(count: int) -> str:
    return f"{count:,} paper{'s' * (count != 1)}"


# Co-authors


def render_co_authors(title: str, co_authors: CoAuthors) -> str:
    """Authors as dots, the larger the more papers; lines, the wider the more papers they share."""
    return render_svg(title, 720, partial(_paint_co_authors, title, co_authors))


def _paint_co_authors(title: str, co_authors: CoAuthors, figure: Figure) -> None:
    _put_head(figure, title, "a dot grows with an author's papers, a line with the papers of both together")
    authors = co_authors.authors
    radii = [min(16.0, 3.0 + 1.5 * papers**0.5) for _, papers in authors]
    places = _spread(co_authors, radii)
    sheet = _sheet(figure)
    lines = list[Line]()
    for one, other, papers in reversed(co_authors.ties):
        lines.append((*places[one], *places[other]))
        x1, y1, x2, y2 = lines[-1]
        hint = f"{authors[one][0]} and {authors[other][0]}: {_papers(papers)} together"
        sheet.plot([x1, x2], [y1, y2], linewidth=min(9.0, 1.5 * papers - 0.5), gid=to_id(hint=hint), **_TIE)
    labels = list[Label]()
    for (name, papers), (x, y), radius in zip(authors, places, radii, strict=True):
        hint = f"{name}: {_papers(papers)}"
        sheet.plot([x], [y], markersize=2 * radius, gid=to_id(hint=hint), **_SUBJECT)
        labels.append(Label(x, y, radius, cut(name, 170, 11), hint))
    put_labels(figure, labels, (4, 4, WIDTH - 4, 720 - _HEAD), lines)


def _spread(co_authors: CoAuthors, radii: Iterable[float]) -> list[tuple[float, float]]:
    """Places that fill the plot, far enough apart for names."""
    edges = [(one, other) for one, other, _ in co_authors.ties]
    places = derive_positions([radius + 30 for radius in radii], edges)
    across, up = (sorted(each) for each in zip(*places, strict=True))
    x_scale = (WIDTH - 240) / max(1, across[-1] - across[0])
    y_scale = (720 - _HEAD - 60) / max(1, up[-1] - up[0])
    return [(120 + (x - across[0]) * x_scale, 30 + (y - up[0]) * y_scale) for x, y in places]


# Bars


def render_bars(title: str, counted: str, bars: Sequence[Bar]) -> str:
    """Bars with their counts, under a title and a line that says what is counted."""
    return render_svg(title, _HEAD + 30 * len(bars) + 8, partial(_paint_bars, title, counted, bars))


def _paint_bars(title: str, counted: str, bars: Sequence[Bar], figure: Figure) -> None:
    _put_head(figure, title, counted)
    longest = 210.0 if any(bar.beside for bar in bars) else 600.0
    beside = _NAMES + longest + 56
    scale = min(60.0, longest / max(bar.count for bar in bars))
    sheet = _sheet(figure)
    for number, bar in enumerate(reversed(bars)):
        y = 22 + 30 * number
        length = scale * bar.count
        put_text(figure, 0, y, bar.name, room=_NAMES - 16, size=13)
        sheet.barh([y], [length], left=_NAMES, height=18, color=BLUE)
        put_text(figure, _NAMES + length + 8, y, f"{bar.count:,}", size=13, fontweight="bold")
        hint = ", ".join(bar.beside)
        put_text(figure, beside, y, _some(bar.beside, WIDTH - beside - 8), hint=hint, alpha=0.8)


def _some(names: Sequence[str], room: float, size: float = 12) -> str:
    """As many names as have room, the first cut where need be, and how many more there are."""
    shown = ""
    for number, name in enumerate(names):
        more = len(names) - number - 1
        longer = f"{shown}, {name}" if shown else cut(name, room - width(" and 1,000 more", size), size)
        if number and width(longer + f" and {more:,} more" * (more > 0), size) > room:
            return f"{shown} and {more + 1:,} more"
        shown = longer
    return shown


# Months


def render_months(title: str, counted: str, months: Months) -> str:
    """A row of bars for each thing, a bar for each month; all bars have one scale."""
    scale, rows = _to_scale(months)
    height = _HEAD + 62 + sum(rows)
    return render_svg(title, round(height), partial(_paint_months, title, counted, months, scale, rows))


def _to_scale(months: Months) -> tuple[float, list[float]]:
    """Pixels a paper, and the height of each row, which its highest bar fills."""
    highest = [max(row.by_month) for row in months.rows]
    scale = min(24.0, 320 / sum(highest))
    return scale, [scale * count + 26 for count in highest]


def _paint_months(
    title: str, counted: str, months: Months, scale: float, rows: Sequence[float], figure: Figure
) -> None:
    _put_head(figure, title, counted)
    right = WIDTH - 80.0
    step = (right - _NAMES) / len(months.months)
    middles = [_NAMES + step * (number + 0.5) for number in range(len(months.months))]
    sheet = _sheet(figure)
    base = figure.get_size_inches()[1] * 72 - _HEAD
    for row, height in zip(months.rows, rows, strict=True):
        base -= height
        put_text(figure, 0, base + 8, row.name, room=_NAMES - 16, size=13)
        put_text(figure, right + 14, base + 8, f"{row.papers:,}", size=13, fontweight="bold")
        sheet.plot([_NAMES, right], [base, base], color=INK, alpha=0.25, linewidth=1)
        heights = [scale * count for count in row.by_month]
        sheet.bar(middles, heights, bottom=base, width=step * 0.62, color=BLUE)
        for x, top, count in zip(middles, heights, row.by_month, strict=True):
            put_text(figure, x, base + top + 8, f"{count:,}" * (count > 0), size=10, align="center")
    _put_months(figure, months, middles, right)


def _put_months(figure: Figure, months: Months, middles: Sequence[float], right: float) -> None:
    put_text(figure, 0, 46, "month", alpha=0.75)
    put_text(figure, 0, 12, "papers read", alpha=0.75)
    put_text(figure, right + 14, 46, "papers", alpha=0.75)
    for x, month, papers in zip(middles, months.months, months.papers, strict=True):
        year, number = month.split("-")
        put_text(figure, x, 46, _MONTHS[int(number) - 1], size=11, align="center")
        if month == months.months[0] or number == "01":
            put_text(figure, x, 32, year, size=11, align="center")
        put_text(figure, x, 12, f"{papers:,}", size=10, align="center", alpha=0.75)
