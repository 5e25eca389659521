"""The report: that it counts right, shows every name as text, and is the same file every time."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from playwright.sync_api import Browser, Page
from stores import store_of
from strategies import HOSTILE, days, decimals, facts, texts

import kg.cli
from kg.build import build
from kg.errors import OutputError, QueryError
from kg.model import (
    Author,
    Entity,
    EntityType,
    Evidence,
    Facts,
    Mention,
    Paper,
    Result,
    ResultKind,
    Role,
    Slot,
    Summary,
)
from kg.store import Store, open_store
from kg.views.plots import Bar, render_bars, render_board, render_co_authors, render_months
from kg.views.report import Report, derive_report, render_report, write_report
from kg.views.tallies import (
    Board,
    CoAuthors,
    Months,
    Score,
    Usage,
    choose_boards,
    derive_bests,
    derive_boards,
    derive_co_authors,
    derive_months,
    derive_rivals,
    derive_span,
)

SVG = "{http://www.w3.org/2000/svg}"
SHARP = [
    *HOSTILE,
    "<img src=http://evil.example/x onerror=hit()>",
    "<svg><script>hit()</script></svg>",
    "</title></text></svg><script>hit()</script>",
    "]]><script>hit()</script>",
    "<style>@import 'http://evil.example/x.css';</style>",
    "&lt;b&gt; &amp; &#x3c;script&#x3e;",
    "{{ hit() }} {% raw %}",
    "url(http://evil.example/x)",
    "$x^2$ and $\\frac{1}{0}$",
    "\\u003cscript\\u003e",
    "عمر الخيام",
    "a name " * 60,
]
"""Names that would run, load, vanish or break something where they are taken for more than text."""


# Facts by hand


class Digest:
    """Facts about one paper, written piece by piece into a text that holds them."""

    def __init__(self, number: int, day: str, *authors: str) -> None:
        self.number, self.day, self.authors = number, day, authors
        self.text = ""
        self.named: dict[tuple[EntityType, str], list[Mention]] = {}
        self.results = list[Result]()

    def put(self, text: str, role: Role) -> Mention:
        start = len(self.text)
        self.text += f"{text} | "
        return Mention(Evidence("abstract", start, start + len(text), text), role, "kg_sample", 9)

    def name(self, type: EntityType, name: str, role: Role) -> Digest:
        self.named.setdefault((type, name), []).append(self.put(name, role))
        return self

    def slot(self, type: EntityType, name: str, role: Role, as_named: Role) -> Slot:
        self.name(type, name, as_named)
        return Slot(type, name, self.put(name, role))

    def score(
        self,
        value: str,
        on: str = "SpellBench",
        metric: str = "accuracy",
        unit: str | None = "%",
        subject: str = "Alphabet",
        baseline: str = "",
        kind: ResultKind = "score",
    ) -> Digest:
        """A score; a baseline is given as `Betabet 39.4`."""
        rival, _, level = baseline.rpartition(" ")
        result = Result(
            kind,
            value,
            self.put(value, "value"),
            self.put(f"a sentence about {subject}", "statedIn"),
            unit=unit,
            subject=self.slot("method", subject, "subject", "proposes"),
            on=self.slot("benchmark", on, "on", "evaluatesOn"),
            metric=self.slot("metric", metric, "metric", "uses") if metric else None,
            baseline=self.slot("method", rival, "baseline", "comparesWith") if rival else None,
            baseline_value=level or None,
            baseline_mention=self.put(level, "baselineValue") if level else None,
        )
        self.results.append(result)
        return self

    def facts(self) -> Facts:
        byline, authors = "", list[Author]()
        for name in self.authors:
            evidence = Evidence("byline", len(byline), len(byline) + len(name), name)
            authors.append(Author(name, "name", evidence))
            byline += f"{name}, "
        paper = Paper(f"2401.{self.number:05d}")
        summary = Summary(paper, "digest", self.day, f"T{self.number}", self.text, byline, tuple(authors))
        entities = (Entity(type, tuple(sorted(found))) for (type, _), found in self.named.items())
        return Facts(summary, "f", tuple(sorted(entities)), tuple(self.results), ())


@contextmanager
def digests(folder: Path, *found: Digest) -> Iterator[Store]:
    with store_of([each.facts() for each in found], folder) as store:
        yield store


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Report]:
    folder = tmp_path_factory.mktemp("example")
    build([], folder)
    with open_store(folder) as store:
        yield derive_report(store)


def busy(store_folder: Path) -> Iterator[Digest]:
    """A year of papers: a board, teams, rivals, and names that fill the plots."""
    for number in range(48):
        team = number % 9
        name = f"Alphabet-{number}"
        authors = [f"Author {letter}{team}" for letter in "ABCDEF"[: 2 + number % 5]]
        found = Digest(number, f"2024-{1 + number // 4:02}-{1 + number % 28:02}", *authors)
        found.score(f"{50 + (number * 37) % 41}", subject=name, baseline=f"Betabet-{number % 7} {40 + team}")
        yield found.name("model", f"Speller-{number % 5}", "uses")


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("year")
    with digests(folder, *busy(folder)) as store:
        return derive_report(store)


@pytest.fixture(scope="module")
def sharp(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A report in which everything has the name of something sharp."""
    found = list[Digest]()
    names = [plain(name) for name in SHARP]
    for number, name in enumerate(names):
        each = Digest(number, f"2024-01-{1 + number:02}", f"{name} author".replace(",", ""), "Bo Chen")
        each.score("1", on=name, metric=name, unit=name, subject=name, baseline=f"{name}-2 3")
        found.append(each.name("model", f"{name} model", "uses"))
    with digests(tmp_path_factory.mktemp("sharp"), *found) as store:
        return derive_report(store, names)


# Boards


def test_a_board_holds_one_metric_and_one_unit(tmp_path: Path) -> None:
    first = Digest(1, "2024-01-02").score("55.6", baseline="Betabet 39.4").score("0.5", unit=None)
    second = Digest(2, "2024-01-01").score("70").score("3", metric="perplexity", unit=None)
    second.score("4", metric="").score("9", on="QuizBank").score("5", baseline="Betabet 65", kind="gain")
    with digests(tmp_path, first, second) as store:
        boards = derive_boards(store)
    assert [(b.benchmark, b.metric, b.unit, b.better, len(b.scores)) for b in boards] == [
        ("SpellBench", "accuracy", "%", "up", 3),
        ("QuizBank", "accuracy", "%", "up", 1),
        ("SpellBench", "", "%", "", 1),
        ("SpellBench", "accuracy", "", "up", 1),
        ("SpellBench", "perplexity", "", "down", 1),
    ]
    assert [(s.day, s.value, s.thing, s.baseline, s.paper) for s in boards[0].scores] == [
        ("2024-01-01", Decimal(70), "Alphabet", False, "2401.00002"),
        ("2024-01-02", Decimal("39.4"), "Betabet", True, "2401.00001"),
        ("2024-01-02", Decimal("55.6"), "Alphabet", False, "2401.00001"),
    ]
    assert boards[0].scores[0].words == "a sentence about Alphabet"


def test_the_boards_that_are_drawn(tmp_path: Path) -> None:
    """By itself the largest of each benchmark, one whose metric is named before all others."""
    found = Digest(1, "2024-01-01").score("1", on="One")
    for value in "123":
        found.score(value, on="Unnamed", metric="").score(value, on="Three").score(value, on="Four")
    for value in "45":
        found.score(value, on="Two").score(value, on="Two", unit=None).score(value, on="Four")
    with digests(tmp_path, found) as store:
        boards = derive_boards(store)
        named = derive_report(store, ["Two", "One", "One"])
    assert [(b.benchmark, b.unit) for b in choose_boards(boards, 9)] == [
        ("Four", "%"),
        ("Three", "%"),
        ("Two", ""),
        ("Unnamed", "%"),
    ]
    assert [plot.name for plot in named.chapters[0].plots] == [
        "board-1-two-accuracy",
        "board-2-two-accuracy",
        "board-3-one-accuracy",
    ]


def test_what_is_not_drawn_is_said(tmp_path: Path) -> None:
    found = Digest(1, "2024-01-01").name("model", "Speller", "uses")
    for number, unit in enumerate(("%", "points", "ms", "GB", "h")):
        for value in range(5 - number):
            found.score(str(value), unit=unit)
    with digests(tmp_path, found) as store:
        said = derive_report(store, ["SpellBench", "Speller"]).chapters[0].said
        with pytest.raises(QueryError, match="nothing in the graph is named 'SpelBench'; near: SpellBench"):
            derive_report(store, ["SpelBench"])
    assert said[1:] == (
        "Not drawn of SpellBench, with their scores: accuracy, GB (2), accuracy, h (1).",
        "No score is stated on Speller.",
    )


scores = st.builds(
    Score,
    day=st.integers(1, 9).map(lambda day: f"2024-01-0{day}"),
    value=st.integers(-4, 4).map(Decimal),
    thing=st.sampled_from("abc"),
    baseline=st.booleans(),
    text=st.just("1"),
    paper=st.sampled_from(["2401.1", "2401.2"]),
    words=st.just("w"),
)


def board_of(found: set[Score], better: Literal["up", "down", ""]) -> Board:
    return Board("iri", "SpellBench", "Benchmark", "accuracy", "%", better, tuple(sorted(found)))


@given(st.sets(scores, min_size=1, max_size=20), st.sampled_from(["up", "down"]))
def test_the_best_until_a_day_is_the_best_of_all_until_then(
    found: set[Score], better: Literal["up", "down"]
) -> None:
    bests = derive_bests(board_of(found, better))
    best = max if better == "up" else min
    for day in {score.day for score in found}:
        until = [score for score in bests if score.day <= day]
        assert until[-1].value == best(score.value for score in found if score.day <= day)
    values = [score.value for score in bests]
    assert values == sorted(set(values), reverse=better == "down")
    assert len({score.day for score in bests}) == len(bests)
    assert set(bests) <= found


@given(st.sets(scores, min_size=1, max_size=12), st.sampled_from(["up", "down", ""]))
@settings(max_examples=25, deadline=None)
def test_the_line_of_a_board_climbs_from_best_to_best(
    found: set[Score], better: Literal["up", "down", ""]
) -> None:
    board = board_of(found, better)
    lines = [
        group.find("path")
        for group in parse(render_board(board)).iter("g")
        if group.findtext("title") == "best so far"
    ]
    if not better:
        assert lines == []
        return
    (path,) = lines
    corners = [tuple(map(float, corner.split())) for corner in re.findall(r"[ML] (\S+ \S+)", path.get("d"))]
    heights = list(dict.fromkeys(y for _, y in corners))
    assert len(heights) == len(derive_bests(board))
    assert heights == sorted(heights, reverse=better == "up")
    assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(corners))


def test_a_baseline_looks_unlike_a_subject() -> None:
    one = Score("2024-01-01", Decimal(1), "a", False, "1", "2401.1", "w")
    svg = parse(render_board(board_of({one, replace(one, baseline=True)}, "")))
    markers = {f"#{path.get('id')}": path.get("d") for path in svg.iter("path")}
    shapes = {
        group.findtext("title").partition(":")[0]: markers[use.get("href")]
        for group in svg.iter("g")
        for use in group.findall("./g/use")
        if group.find("title") is not None
    }
    assert set(shapes) == {"a", "a, a baseline"}
    assert len(set(shapes.values())) == 2


# Other numbers


def test_months_count_papers_by_the_digest_that_says_so(tmp_path: Path) -> None:
    found = [
        Digest(1, "2023-11-30").name("benchmark", "SpellBench", "evaluatesOn").name("method", "LoRA", "uses"),
        Digest(1, "2024-02-01").name("benchmark", "SpellBench", "evaluatesOn"),
        Digest(2, "2024-02-29").name("benchmark", "SpellBench", "evaluatesOn").name("model", "Abc-1", "uses"),
        Digest(3, "2024-02-29").name("benchmark", "QuizBank", "mentions").name("model", "Abc-1", "mentions"),
    ]
    with digests(tmp_path, *found) as store:
        benchmarks, methods = derive_months(store, "benchmarks"), derive_months(store, "methods")
        span = derive_span(store)
    assert benchmarks.months == ("2023-11", "2023-12", "2024-01", "2024-02")
    assert benchmarks.papers == (1, 0, 0, 3)
    assert benchmarks.rows == (Usage("SpellBench", 2, (1, 0, 0, 2)),)
    assert methods.rows == (Usage("Abc-1", 1, (0, 0, 0, 1)), Usage("LoRA", 1, (1, 0, 0, 0)))
    assert (span.papers, span.first, span.last) == (3, "2023-11-30", "2024-02-29")


def test_of_many_months_the_last_24_count(tmp_path: Path) -> None:
    found = [
        Digest(1, "1999-12-31").name("benchmark", "OldBench", "evaluatesOn"),
        Digest(2, "2024-02-29").name("benchmark", "SpellBench", "evaluatesOn"),
    ]
    with digests(tmp_path, *found) as store:
        months = derive_months(store, "benchmarks")
    assert (len(months.months), months.months[0], months.months[-1]) == (24, "2022-03", "2024-02")
    assert [row.name for row in months.rows] == ["SpellBench"]


def test_rivals_are_counted_by_papers(tmp_path: Path) -> None:
    found = [
        Digest(1, "2024-01-01").name("method", "Alphabet", "proposes").name("method", "LoRA", "comparesWith"),
        Digest(2, "2024-01-01")
        .score("2", subject="Alphabet", baseline="LoRA 1")
        .score("3", subject="Betabet", baseline="LoRA 1"),
        Digest(3, "2024-01-01").name("method", "LoRA", "comparesWith"),
    ]
    with digests(tmp_path, *found) as store:
        (rival,) = derive_rivals(store)
    assert (rival.name, rival.papers) == ("LoRA", 2)
    assert rival.things == (("Alphabet", 2), ("Betabet", 1))


def test_co_authors_are_counted_by_papers(tmp_path: Path) -> None:
    found = [
        Digest(1, "2024-01-01", "Ada Example", "Bo Chen", "Cy Young"),
        Digest(2, "2024-01-02", "Ada Example", "Bo Chen", "Cy Young", "Dee Dupont"),
        Digest(3, "2024-01-02", "Nemo Alone"),
    ]
    with digests(tmp_path, *found) as store:
        all_of, some = derive_co_authors(store), derive_co_authors(store, limit=2)
    assert all_of.authors == (("Ada Example", 2), ("Bo Chen", 2), ("Cy Young", 2), ("Dee Dupont", 1))
    assert all_of.of == 4
    assert all_of.ties == ((0, 1, 2), (0, 2, 2), (1, 2, 2), (0, 3, 1), (1, 3, 1), (2, 3, 1))
    assert some == CoAuthors((("Ada Example", 2), ("Bo Chen", 2)), ((0, 1, 2),), 4)


# SVG


def parse(svg: str) -> Any:
    """The plot, read by lxml, without namespaces."""
    root = etree.fromstring(svg.encode())
    for element in root.iter():
        assert element.tag.startswith(SVG)
        element.tag = element.tag.removeprefix(SVG)
    return root


def shown(svg: str) -> set[str]:
    """All texts of a plot, and those that show under the pointer."""
    return {element.text for element in parse(svg).iter("text", "title")}


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("name", SHARP, ids=range(len(SHARP)))
def test_every_plot_shows_any_name_as_text(name: str) -> None:
    """Whole in a hint where the name is too long; and no glyph is looked for: warnings are errors."""
    score = Score("2024-01-01", Decimal(1), name, False, "1", "2401.1", name)
    board = Board("iri", name, "Benchmark", name, name, "up", (score,))
    months = Months(("2024-01", "2024-02"), (1, 1), (Usage(name, 1, (0, 1)),), 1)
    plots = {
        "board": render_board(board),
        "co-authors": render_co_authors(name, CoAuthors(((name, 1), ("B", 1)), ((0, 1, 1),), 2)),
        "bars": render_bars(name, name, [Bar(name, 1, (name,))]),
        "months": render_months(name, name, months),
    }
    for kind, svg in plots.items():
        texts = shown(svg)
        assert any(plain(name) in text for text in texts), kind
        assert {element.tag for element in parse(svg).iter()} <= {
            "svg", "style", "g", "path", "defs", "use", "text", "title", "clipPath", "rect",
        }  # fmt: skip


def test_what_xml_cannot_hold_is_replaced() -> None:
    svg = render_bars("a\x01b", "\x0bc", [Bar("d\ufffe e", 1, ("f\ud800",))])
    assert {"a\ufffdb", "\ufffdc", "d\ufffd e", "f\ufffd"} <= shown(svg)


@given(texts, texts, decimals, days)
@settings(max_examples=40, deadline=None)
def test_any_score_can_be_drawn(thing: str, unit: str, value: str, day: str) -> None:
    score = Score(day, Decimal(value), thing, False, value, "2401.1", thing)
    other = Score("2024-01-01", Decimal(1), unit, True, "1", "2401.1", unit)
    board = Board("iri", thing, "Benchmark", unit, unit, "down", tuple(sorted((score, other))))
    assert any(plain(thing) in text for text in shown(render_board(board)))


@pytest.mark.parametrize("value", ["1e400", "-1e400", "1e-400", "0"])
def test_a_scale_bears_any_number(value: str) -> None:
    one = Score("0001-01-01", Decimal(value), "a", False, value, "2401.1", "w")
    two = Score("9999-12-31", Decimal(1), "b", False, "1", "2401.1", "w")
    assert {f"a {value}", "b 1"} <= shown(render_board(board_of({one, two}, "up")))


@given(st.lists(facts(), max_size=4, unique_by=lambda f: f.summary.paper))
@settings(max_examples=10, deadline=None)
def test_any_graph_has_a_report(tmp_path_factory: pytest.TempPathFactory, found: list[Facts]) -> None:
    with store_of(found, tmp_path_factory.mktemp("any")) as store:
        report = derive_report(store)
    for chapter in report.chapters:
        assert chapter.said
        for plot in chapter.plots:
            assert len(shown(plot.svg)) > 2
    assert report.span.papers == len(found)


def test_a_plot_that_covers_nothing_says_it_in_words(tmp_path: Path) -> None:
    with digests(tmp_path) as store:
        report = derive_report(store)
    assert [plot for chapter in report.chapters for plot in chapter.plots] == []
    assert [chapter.said for chapter in report.chapters] == [
        ("There is no board yet: on no benchmark do two scores stand in one metric and one unit.",),
        ("No paper compares what it proposes with anything.",),
        ("No paper names a benchmark that it evaluates on, or a method or model that it uses.",),
        ("No paper has two authors.",),
    ]
    assert "<p>The graph holds no paper yet.</p>" in render_report(report)


def test_colours_stand_out_on_light_and_on_dark(example: Report) -> None:
    head, rest = render_report(example).split("@media (prefers-color-scheme: dark)", 1)
    light, dark = (dict(re.findall(r"--(\w+): (#\w{6})", part)) for part in (head, rest))
    for theme in (light, dark):
        for ground in ("back", "card"):
            assert contrast(theme["soft"], theme[ground]) >= 4.5
            assert contrast(theme["text"], theme[ground]) >= 7
            for colour in ("blue", "orange", "green"):
                assert contrast(theme[colour], theme[ground]) >= 3, (colour, theme[ground])


def contrast(one: str, other: str) -> float:
    """As the Web Content Accessibility Guidelines define it."""

    def luminance(colour: str) -> float:
        parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


# Files


def test_the_page_holds_its_plots_and_asks_for_nothing(year: Report) -> None:
    page = render_report(year)
    ids = re.findall(r'\bid="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]*)"|url\(#([^)"]*)\)', page)) <= {
        pair for id in ids for pair in ((id, ""), ("", id))
    }
    assert set(re.findall(r"[a-z]+://[^\"]*", page)) == {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in page
    assert "<script" not in page
    names = [plot.name for chapter in year.chapters for plot in chapter.plots]
    assert names == [
        "board-1-spellbench-accuracy",
        "rivals",
        "benchmarks",
        "methods-and-models",
        "co-authors",
    ]
    assert all(plot.svg in page for chapter in year.chapters for plot in chapter.plots)


SCRIPT = """
import sys
from kg.store import open_store
from kg.views.report import derive_report, render_report
with open_store(sys.argv[1]) as store:
    sys.stdout.buffer.write(render_report(derive_report(store)).encode())
assert not {"matplotlib.pyplot", "tkinter"} & set(sys.modules)
"""


def test_the_same_graph_gives_the_same_bytes(tmp_path: Path) -> None:
    """Whatever the hash seed, the locale, the time zone, or the user's own settings of matplotlib."""
    (tmp_path / "graph").mkdir()
    with digests(tmp_path / "graph", *busy(tmp_path)):
        pass
    settings = tmp_path / "matplotlibrc"
    settings.write_text("lines.linewidth: 9\nfont.size: 30\nsvg.fonttype: path\naxes.grid: True\n")
    pages = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT, str(tmp_path / "graph")],
            env=os.environ | {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale} | more,
            check=True,
            capture_output=True,
        ).stdout
        for seed, zone, locale, more in (
            ("1", "UTC", "C", {}),
            ("2", "Pacific/Auckland", "C.UTF-8", {"MATPLOTLIBRC": str(settings)}),
        )
    }
    assert len(pages) == 1


def test_plots_lie_beside_the_page(year: Report, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    folder = write_report(year, path)
    assert folder == tmp_path / "page"
    (folder / "mine.svg").write_text("mine")
    for chapter in year.chapters:
        for plot in chapter.plots:
            assert (folder / f"{plot.name}.svg").read_text(encoding="utf-8") == plot.svg
    write_report(replace(year, chapters=year.chapters[1:]), path)
    assert not (folder / "board-1-spellbench-accuracy.svg").exists()
    assert (folder / "mine.svg").exists()
    with pytest.raises(OutputError, match=r"page: its name must end in \.html"):
        write_report(year, tmp_path / "page")


Ran = tuple[int, str, str]


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Ran]:
    """Runs kg in a folder with the example's graph."""
    monkeypatch.chdir(tmp_path)
    build([], tmp_path / "outputs")

    def kg_command(*words: str) -> Ran:
        monkeypatch.setattr("sys.argv", ["kg", *words])
        with pytest.raises(SystemExit) as stopped:
            kg.cli.main()
        captured = capsys.readouterr()
        return int(stopped.value.code or 0), captured.out, captured.err

    return kg_command


def test_the_command(run: Callable[..., Ran], example: Report) -> None:
    wrote = f"Wrote {Path('outputs/report.html')}, and its plots as SVG into {Path('outputs/report')}.\n"
    assert run("report") == (0, "", wrote)
    page = Path("outputs/report.html").read_text(encoding="utf-8")
    assert page == render_report(example)
    assert run("report", "-o", "-") == (0, page, "")
    assert run("report", "--on", "GLUE", "--on", "DocVQA", "-o", "two.html", "-q") == (0, "", "")
    boards = sorted(path.name for path in Path("two").glob("board-*"))
    assert boards == ["board-1-glue-score-metric-not-named.svg", "board-2-docvqa-score-metric-not-named.svg"]


def test_the_command_without_matplotlib(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert run("report") == (2, "", "kg: kg report needs matplotlib: pip install matplotlib\n")
    assert not Path("outputs/report.html").exists()


# In a browser


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Opens a report in a page that fails the test on any error, dialog or request."""
    problems = list[str]()
    pages = list[Page]()

    def opened(report: Report, width: int = 1280, **options: Any) -> Page:
        file = tmp_path / f"report-{len(pages)}.html"
        file.write_text(render_report(report), encoding="utf-8")
        page = browser.new_page(viewport={"width": width, "height": 800}, **options)
        pages.append(page)
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("dialog", lambda dialog: problems.append(dialog.message))
        page.on("request", lambda r: None if r.url == file.as_uri() else problems.append(r.url))
        page.add_init_script("window.hits = 0; window.hit = window.alert = () => { window.hits += 1 }")
        page.goto(file.as_uri())
        return page

    yield opened
    assert [page.evaluate("window.hits") for page in pages] == [0] * len(pages)
    for page in pages:
        page.close()
    assert problems == []


def test_hostile_names_are_shown_as_text(sharp: Report, open_page: Callable[..., Page]) -> None:
    page = open_page(sharp)
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    cells = set(page.locator("td, th").all_inner_texts())
    titles = page.evaluate("[...document.querySelectorAll('svg title, svg text')].map(e => e.textContent)")
    for name in map(plain, SHARP):
        assert any(name in plain(cell) for cell in cells)
        assert any(name in title for title in titles)
    assert page.locator("svg script, svg image, svg a, img, iframe, link, script").count() == 0


BOXES = """svg => [...svg.querySelectorAll('text')].map(e => {
  const { left, right, top, bottom } = e.getBoundingClientRect();
  return { text: e.textContent, left, right, top: top + 2, bottom: bottom - 2 };
})"""


@pytest.mark.parametrize("which", ["example", "year", "sharp"])
def test_labels_do_not_cover_one_another(
    which: str, request: pytest.FixtureRequest, open_page: Callable[..., Page]
) -> None:
    page = open_page(request.getfixturevalue(which))
    plots = page.locator("svg").all()
    assert len(plots) >= 5
    for plot in plots:
        boxes = plot.evaluate(BOXES)
        frame = plot.bounding_box()
        assert frame
        covered = [
            (one["text"], other["text"])
            for number, one in enumerate(boxes)
            for other in boxes[number + 1 :]
            if one["left"] < other["right"] - 1
            and other["left"] < one["right"] - 1
            and one["top"] < other["bottom"]
            and other["top"] < one["bottom"]
        ]
        assert covered == []
        left, right = frame["x"] - 1, frame["x"] + frame["width"] + 1
        outside = [box["text"] for box in boxes if box["left"] < left or box["right"] > right]
        assert outside == []


def test_most_names_are_drawn(year: Report) -> None:
    """That no label covers another is not bought by leaving them out."""
    (plot,) = year.chapters[3].plots
    authors = {name for row in plot.numbers.rows for name in row[:2]}
    texts = {element.text for element in parse(plot.svg).iter("text")}
    assert len(authors & texts) >= 0.9 * len(authors) > 20


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_both_themes(scheme: str, year: Report, open_page: Callable[..., Page]) -> None:
    page = open_page(year, width=390, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    ink = page.locator("svg text").first.evaluate("e => getComputedStyle(e).fill")
    bar = page.locator("svg path[style*='--blue']").first.evaluate("e => getComputedStyle(e).fill")
    assert (ink, bar) == {
        "light": ("rgb(28, 29, 32)", "rgb(0, 114, 178)"),
        "dark": ("rgb(233, 234, 237)", "rgb(86, 180, 233)"),
    }[scheme]
