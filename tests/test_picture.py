"""The picture: what it draws and tells, that it needs nothing from elsewhere, and that no text runs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from digests import digest, example_row, row
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Frame, Page
from stores import store_of
from strategies import HOSTILE

from kg.build import build
from kg.errors import QueryError
from kg.model import (
    ENTITY_TYPES,
    Author,
    Entity,
    Evidence,
    Facts,
    Mention,
    Paper,
    Question,
    Result,
    Slot,
    Summary,
)
from kg.store import open_store
from kg.views.cards import Place, derive_cards, to_segments
from kg.views.layout import derive_positions
from kg.views.picture import Picture, draw, to_network
from kg.views.scene import derive_scene

FORTY = [
    *HOSTILE,
    "<script>hit()</script>",
    "<img src=x onerror=hit()>",
    "<svg onload=hit()>",
    "<svg><script>hit()</script></svg>",
    "<iframe srcdoc='<script>parent.hit()</script>'>",
    "<a href=javascript:hit()>x</a>",
    "javascript:hit()",
    "data:text/html,<script>hit()</script>",
    '"><script>hit()</script>',
    "'><script>hit()</script>",
    "'-hit()-'",
    '"-hit()-"',
    "${hit()}",
    "`${hit()}`",
    "{{ hit() }}",
    "{% raw %}{{ hit() }}",
    "{{constructor.constructor('hit()')()}}",
    "</title><script>hit()</script>",
    "</style><script>hit()</script>",
    "</textarea><script>hit()</script>",
    "<!--<script>hit()//-->",
    "--><script>hit()</script>",
    "]]><script>hit()</script>",
    "<style>@import 'http://evil.example/x.css';</style>",
    "<link rel=stylesheet href=http://evil.example/x.css>",
    "<base href=http://evil.example/>",
    "<meta http-equiv=refresh content='0;url=http://evil.example/'>",
    "<object data=http://evil.example/x></object>",
    "<input autofocus onfocus=hit()>",
    "<details open ontoggle=hit()>",
    "<math><mi xlink:href=javascript:hit()>x",
    "\\u003cscript\\u003ehit()\\u003c/script\\u003e",
    "&lt;script&gt;hit()&lt;/script&gt;",
    "__proto__",
    "constructor",
    "\u2028\u2029 line ends",
]
"""Texts that would run, load or break something if any part of a page took them for more than text."""


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Opens a picture in a page that fails the test on any error, dialog or request."""
    problems = list[str]()
    pages = list[Page]()

    def opened(picture: Picture, **options: Any) -> Page:
        file = tmp_path / f"picture-{len(pages)}.html"
        file.write_text(picture.html, encoding="utf-8")
        page = browser.new_page(**{"viewport": {"width": 1280, "height": 800}} | options)
        pages.append(page)
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("dialog", lambda dialog: problems.append(dialog.message))
        page.on("request", lambda r: None if r.url == file.as_uri() else problems.append(r.url))
        page.add_init_script(
            "window.hits = 0; window.hit = window.alert = () => { window.hits += 1 };" + RECORD
        )
        page.goto(file.as_uri())
        until(page, "typeof network === 'object'")
        return page

    yield opened
    assert [page.evaluate("window.hits") for page in pages] == [0] * len(pages)
    for page in pages:
        page.close()
    assert problems == []


def until(place: Page | Frame, condition: str) -> None:
    """Waits until an expression holds; the page's policy lets none be polled from within."""
    for _ in range(200):
        if place.evaluate(condition):
            return
        place.wait_for_timeout(50)
    pytest.fail(f"it never came to {condition}")


RECORD = """
window.written = [];
const fill = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
  const { a, e, f } = this.getTransform(), width = this.measureText(text).width * a;
  const size = parseFloat(this.font.match(/([\\d.]+)px/)[1]) * a;
  const left = e + a * x - (this.textAlign === "center" ? width / 2 : 0), top = f + a * y - size / 2;
  window.written.push({ text, left, right: left + width, top, bottom: top + size });
  return fill.apply(this, arguments);
};
"""
"""Notes every text on the canvas with its box, in the pixels of the screen."""


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Picture:
    folder = tmp_path_factory.mktemp("example")
    build([], folder)
    with open_store(folder) as store:
        return draw(store)


def content(picture: Picture) -> Any:
    found = re.search(r'id="data">(.*?)</script>', picture.html, re.DOTALL)
    assert found
    return json.loads(found[1])


def number_of(picture: Picture, label: str, type: str = "") -> int:
    nodes = content(picture)["nodes"]
    return next(n["id"] for n in nodes if n["label"] == label and type in ("", n["group"]))


def select(page: Page, number: int) -> None:
    page.evaluate(f"select({number})")


# The page


def test_it_is_one_file_that_loads_nothing(picture: Picture, open_page: Callable[..., Page]) -> None:
    page = open_page(picture)
    page.wait_for_timeout(300)
    assert not re.search(r"""(?:src|href|action)\s*=\s*["']?\s*(?:https?:)?//""", picture.html)
    assert not re.search(r"@import|url\(\s*[\"']?(?:https?:)?//", picture.html)
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0
    assert page.locator("canvas").count() == 1


def test_its_policy_runs_the_two_scripts_and_no_other(picture: Picture, browser: Browser) -> None:
    html = picture.html.replace("</body>", "<script>window.intruder = true</script></body>")
    page = browser.new_page()
    page.set_content(html)
    until(page, "typeof network === 'object'")
    assert page.evaluate("window.intruder") is None
    page.close()


def test_positions_are_whole_and_nothing_moves_by_itself(
    picture: Picture, open_page: Callable[..., Page]
) -> None:
    nodes = content(picture)["nodes"]
    assert all(type(node["x"]) is int and type(node["y"]) is int for node in nodes)
    page = open_page(picture)
    page.wait_for_timeout(300)
    places = page.evaluate("network.getPositions()")
    assert places == {str(node["id"]): {"x": node["x"], "y": node["y"]} for node in nodes}


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_labels_do_not_cover_one_another(
    picture: Picture, open_page: Callable[..., Page], size: tuple[int, int]
) -> None:
    page = open_page(picture, viewport={"width": size[0], "height": size[1]})
    page.evaluate("written.length = 0; network.redraw()")
    page.wait_for_timeout(200)
    written = {box["text"] + str(box["left"]): box for box in page.evaluate("written")}
    boxes = list(written.values())
    assert len(boxes) > 12
    for number, one in enumerate(boxes):
        assert one["left"] >= 0
        for other in boxes[number + 1 :]:
            apart = (
                one["right"] <= other["left"]
                or other["right"] <= one["left"]
                or one["bottom"] <= other["top"]
                or other["bottom"] <= one["top"]
            )
            assert apart, (one, other)


def test_neighbours_light_up(picture: Picture, open_page: Callable[..., Page]) -> None:
    page = open_page(picture)
    paper = number_of(picture, "Hyper-Connections", "paper")
    near = next(iter(page.evaluate(f"[...neighbours[{paper}].keys()]")))
    far = number_of(picture, "GLUE")
    point = "number => { const {x, y} = network.canvasToDOM(place[number]); return [x, y]; }"
    colour = f"""number => {{
      const [x, y] = ({point})(number), ratio = devicePixelRatio;
      const context = document.querySelector("canvas").getContext("2d");
      return [...context.getImageData(x * ratio, y * ratio, 1, 1).data];
    }}"""
    before = [page.evaluate(colour, number) for number in (near, far)]
    box = page.locator("#picture").bounding_box()
    assert box
    x, y = page.evaluate(point, paper)
    page.mouse.move(box["x"] + x, box["y"] + y)
    until(page, f"state.hovered === {paper}")
    page.wait_for_timeout(100)
    after = [page.evaluate(colour, number) for number in (near, far)]
    assert after[0] == before[0]
    assert after[1] != before[1]
    page.mouse.move(box["x"] + 5, box["y"] + box["height"] - 5)
    until(page, "state.hovered === null")
    page.wait_for_timeout(100)
    assert [page.evaluate(colour, number) for number in (near, far)] == before


def test_light_and_dark(picture: Picture, open_page: Callable[..., Page]) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light, dark = (open_page(picture, color_scheme=scheme).evaluate(ground) for scheme in ("light", "dark"))
    assert light != dark
    page = open_page(picture, color_scheme="light")
    page.get_by_label("Light or dark").click()
    assert page.evaluate(ground) == dark
    assert page.evaluate("colours.back") != page.evaluate("getComputedStyle(document.body).color")


def test_the_legend_filters_by_type(picture: Picture, open_page: Callable[..., Page]) -> None:
    page = open_page(picture)
    authors = [node["id"] for node in content(picture)["nodes"] if node["group"] == "author"]
    button = page.locator("#legend button", has_text="authors")
    assert str(len(authors)) in button.inner_text()
    button.click()
    assert button.get_attribute("aria-pressed") == "false"
    assert page.evaluate("[...state.hidden].sort((a, b) => a - b)") == authors
    assert all(page.evaluate(f"{authors}.map(id => dots.get(id).hidden)"))
    button.click()
    assert page.evaluate("state.hidden.size") == 0


def test_a_filter_changes_no_colour(picture: Picture, open_page: Callable[..., Page]) -> None:
    page = open_page(picture)
    of_all = "nodes.map((_, id) => network.body.nodes[id].options.color.background)"
    before = page.evaluate(of_all)
    page.locator("#legend button", has_text="tasks").click()
    page.locator("#legend button", has_text="tasks").click()
    assert page.evaluate(of_all) == before
    assert len(set(before)) == len({node["group"] for node in content(picture)["nodes"]})


def test_what_is_asked_for_is_shown_though_filtered(picture: Picture, open_page: Callable[..., Page]) -> None:
    page = open_page(picture)
    page.locator("#legend button", has_text="models").click()
    box = page.get_by_label("Search what is drawn")
    box.fill("GPT-4")
    box.press("Enter")
    assert page.evaluate("state.hidden.size") == 0
    assert page.locator("#legend button", has_text="models").get_attribute("aria-pressed") == "true"


def test_it_can_be_used_by_keyboard(picture: Picture, open_page: Callable[..., Page]) -> None:
    page = open_page(picture)
    box = page.get_by_label("Search what is drawn")
    box.fill("cottention: linear")
    assert box.get_attribute("aria-activedescendant") == "find-0"
    box.press("Enter")
    assert page.evaluate("document.activeElement.id") == "panel"
    page.locator("aside .text mark.thing", has_text="GLUE").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("aside h2").inner_text() == "GLUE"
    box.focus()
    page.keyboard.press("Escape")
    assert page.locator("aside h2").inner_text() == "What the papers say"


def test_search_finds_by_any_name(picture: Picture, open_page: Callable[..., Page]) -> None:
    page = open_page(picture)
    box = page.get_by_label("Search what is drawn")
    box.fill("2409.18747")
    box.press("Enter")
    assert "Cottention" in page.locator("aside h2").inner_text()
    box.fill("mathv")
    assert page.locator("#finds .name").first.inner_text() == "MathVista"
    page.locator("#finds [role=option]").first.click()
    assert page.locator("aside h2").inner_text() == "MathVista"
    box.fill("no such thing")
    assert "Nothing has such a name." in page.locator("#finds").inner_text()


# The panel


def test_a_paper_shows_its_summary_with_the_evidence(
    picture: Picture, open_page: Callable[..., Page]
) -> None:
    page = open_page(picture)
    select(page, number_of(picture, "Cottention: Linear Transformers With Cosine Attention"))
    panel = page.locator("aside")
    values = panel.locator(".text mark.value").all_inner_texts()
    assert {"81.8", "83.1"} <= set(values)
    assert "GLUE" in panel.locator(".text mark.thing").all_inner_texts()
    summary = content(picture)["papers"][str(page.evaluate("state.selected"))][0]
    assert panel.locator(".text").inner_text() == "".join(segment[0] for segment in summary["abstract"])
    assert panel.locator("a").first.get_attribute("href") == "https://arxiv.org/abs/2409.18747"
    question = panel.locator(".item").last.inner_text()
    assert question == "Which part of the kernel holds the unexplained memory?"


def test_panels_lead_to_one_another_and_back(picture: Picture, open_page: Callable[..., Page]) -> None:
    page = open_page(picture)
    select(page, number_of(picture, "Cottention: Linear Transformers With Cosine Attention"))
    page.locator("aside .text mark.thing", has_text="GLUE").first.click()
    assert page.locator("aside h2").inner_text() == "GLUE"
    assert "81.8" in page.locator("aside .score").all_inner_texts()[0]
    assert "GLUE" in page.locator("aside .quote mark.this").all_inner_texts()
    page.locator("aside .link", has_text="Cottention: Linear").first.click()
    assert page.locator("aside h2").inner_text().startswith("Cottention: Linear")
    page.go_back()
    assert page.locator("aside h2").inner_text() == "GLUE"
    page.keyboard.press("Escape")
    assert page.locator("aside h2").inner_text() == "What the papers say"


def test_every_panel_can_be_shown(picture: Picture, open_page: Callable[..., Page]) -> None:
    page = open_page(picture)
    for node in content(picture)["nodes"]:
        select(page, node["id"])
        assert page.locator("aside h2").inner_text() == node["label"]


# What is drawn


def test_it_draws_around_a_thing(tmp_path: Path) -> None:
    build([], tmp_path)
    with open_store(tmp_path) as store:
        near = derive_scene(store, ["Cottention"], hops=1)
        far = derive_scene(store, ["Cottention"], hops=2)
        two = derive_scene(store, ["Cottention", "GPT-4"], hops=1)
        with pytest.raises(QueryError, match="near: Cottention"):
            derive_scene(store, ["Cotention"])
    assert near.nodes[0].label == "Cottention"
    assert {"GLUE", "softmax attention"} <= {node.label for node in near.nodes} < {n.label for n in far.nodes}
    assert two.around == ("Cottention", "GPT-4")
    assert {"Cottention", "GPT-4"} <= {node.label for node in two.nodes}


def test_what_is_left_out_is_said(tmp_path: Path, open_page: Callable[..., Page]) -> None:
    build([], tmp_path)
    with open_store(tmp_path) as store:
        whole, part = derive_scene(store), derive_scene(store, limit=40)
        small = draw(store, limit=40)
    assert whole.left_out == {}
    assert len(part.nodes) == 40
    assert sum(part.left_out.values()) == len(whole.nodes) - 40
    assert part.nodes[0] == whole.nodes[0]
    assert list(part.nodes) == [node for node in whole.nodes if node in part.nodes]
    assert f"the 40 most connected of {len(whole.nodes)}" in open_page(small).locator("aside").inner_text()


def test_days_filter(tmp_path: Path, open_page: Callable[..., Page]) -> None:
    folder = tmp_path / "digests"
    folder.mkdir()
    for day in (1, 2, 3):
        (folder / f"{day}.md").write_text(digest(f"2024-01-0{day}", example_row(day)))
    build([str(folder)], tmp_path)
    with open_store(tmp_path) as store:
        page = open_page(draw(store))
    page.locator("#from").fill("2024-01-02")
    page.locator("#from").dispatch_event("change")
    shown = page.evaluate("nodes.filter((n, i) => n.group === 'paper' && !state.hidden.has(i)).length")
    assert shown == 2
    assert "2 papers" in page.locator("#summary").inner_text()
    assert "2024-01-02 to 2024-01-03" in page.locator("#summary").inner_text()
    assert page.locator("#legend button", has_text="papers").locator(".count").inner_text() == "2"


def test_the_same_graph_gives_the_same_page(picture: Picture, tmp_path: Path) -> None:
    build([], tmp_path)
    assert (tmp_path / "graph.html").read_text(encoding="utf-8") == picture.html


def test_a_notebook_shows_it(picture: Picture, browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(picture._repr_html_())
    frame = page.frames[-1]
    until(frame, "typeof network === 'object'")
    assert frame.locator("aside h2").inner_text() == "What the papers say"
    frame.evaluate("select(3)")
    assert frame.locator("aside h2").inner_text() == content(picture)["nodes"][3]["label"]
    page.close()


@pytest.mark.parametrize("style", ["display:none", "width:0;height:0", "width:60px;height:60px"])
def test_a_frame_that_has_no_room_yet_is_no_harm(picture: Picture, browser: Browser, style: str) -> None:
    page = browser.new_page()
    problems = list[str]()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.set_content(picture._repr_html_().replace("width:100%;height:640px", style))
    frame = page.frames[-1]
    until(frame, "typeof network === 'object'")
    page.evaluate("document.querySelector('iframe').style.cssText = 'width:900px;height:600px'")
    until(frame, "innerWidth === 900 && network.getScale() > 0.3")
    assert frame.locator("aside h2").inner_text() == "What the papers say"
    assert problems == []
    page.close()


def test_pyvis_holds_the_drawing(tmp_path: Path) -> None:
    build([], tmp_path)
    with open_store(tmp_path) as store:
        scene = derive_scene(store)
    network = to_network(scene, [(0, 0)] * len(scene.nodes))
    assert [node["label"] for node in network.nodes] == [node.label for node in scene.nodes]
    assert [(e["from"], e["to"]) for e in network.edges] == [(e.source, e.target) for e in scene.edges]
    assert network.options.physics.enabled is False


# Hostile and odd texts


def named(summary: Summary, quote: str, role: Any, component: str = "kg") -> Mention:
    start = summary.abstract.index(quote)
    return Mention(Evidence("abstract", start, start + len(quote), quote), role, component, 5)


def hostile_facts(number: int, text: str) -> Facts:
    """A summary that has one text for its title, its author, its thing and its question."""
    byline = text
    summary = Summary(
        Paper(f"2401.{number:05d}"), "digest", "2024-01-01", text, f"{text} reaches 5 on {text}.", byline,
        (Author(text, "name", Evidence("byline", 0, len(text), text)),),
    )  # fmt: skip
    type = ENTITY_TYPES[number % len(ENTITY_TYPES)]
    entity = Entity(type, (named(summary, text, "proposes"),))
    result = Result(
        "score", "5", named(summary, "5", "value"), named(summary, summary.abstract, "statedIn"), unit=text,
        subject=Slot(type, text, named(summary, text, "subject")),
    )  # fmt: skip
    return Facts(summary, "f", (entity,), (result,), (Question(named(summary, text, "leavesOpen")),))


def test_forty_hostile_texts_are_shown_as_text(tmp_path: Path, open_page: Callable[..., Page]) -> None:
    assert len(set(FORTY)) >= 40
    with store_of([hostile_facts(n, text) for n, text in enumerate(FORTY)], tmp_path) as store:
        picture = draw(store)
    page = open_page(picture)
    shown = set()
    for node in content(picture)["nodes"]:
        select(page, node["id"])
        panel = page.locator("aside")
        assert panel.locator("h2").evaluate("e => e.textContent") == node["label"]
        assert panel.locator("script, iframe, img, object, svg, link, style, base").count() == 0
        shown.add(node["label"])
        page.evaluate("search.value = nodes[state.selected].label; showFinds()")
        assert page.locator("#finds script, #finds img, #finds svg").count() == 0
    assert shown >= set(FORTY)
    page.wait_for_timeout(200)


def test_a_name_in_the_title_of_the_page_is_text(tmp_path: Path, open_page: Callable[..., Page]) -> None:
    text = "</title><script>hit()</script>"
    with store_of([hostile_facts(0, text)], tmp_path) as store:
        page = open_page(draw(store, [text]))
    assert page.locator("aside h2").evaluate("e => e.textContent") == text
    assert page.title() == f"{text}, {text}, {text} · kg"


def test_odd_things_can_be_drawn(tmp_path: Path, open_page: Callable[..., Page]) -> None:
    """A very long title, Chinese names, and a node with four hundred edges."""
    rows = [
        row(f"2402.{n:05d}", f"Net{n}", f"张伟{n}, 王芳", "On the GLUE benchmark, it reaches 5%.")
        for n in range(400)
    ]
    rows.append(
        row("2402.09999", "A Very Long Title " * 30, "Ann Lee", "On the GLUE benchmark, it reaches 5%.")
    )
    file = tmp_path / "odd.md"
    file.write_text(digest("2024-02-01", *rows), encoding="utf-8")
    build([str(file)], tmp_path)
    with open_store(tmp_path) as store:
        picture = draw(store)
    page = open_page(picture)
    select(page, number_of(picture, "GLUE", "benchmark"))
    assert page.locator("aside .item").count() >= 300


# Segments and positions


spans = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), max_size=8)


@given(st.text(min_size=1, max_size=40), spans)
def test_segments_are_the_text(text: str, found: list[tuple[int, int]]) -> None:
    places = [
        Place(start, min(start + length, len(text)), thing, "")
        for thing, (start, length) in enumerate(found)
        if start < len(text)
    ]
    segments = to_segments(text, places)
    assert "".join(segment[0] for segment in segments) == text
    shown = {segment[1] for segment in segments if len(segment) > 1}
    shortest = min((p.end - p.start for p in places), default=0)
    assert {p.thing for p in places if p.end - p.start == shortest and places} & shown or not places


@given(st.integers(1, 40), st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)), max_size=60))
@settings(max_examples=40, deadline=None)
def test_nodes_stand_apart(count: int, pairs: list[tuple[int, int]]) -> None:
    edges = [(one % count, other % count) for one, other in pairs]
    places = derive_positions([8.0] * count, edges)
    assert places == derive_positions([8.0] * count, edges)
    assert len(places) == count
    for number, (x, y) in enumerate(places):
        for other_x, other_y in places[number + 1 :]:
            assert (x - other_x) ** 2 + (y - other_y) ** 2 >= 14**2


def test_nothing_has_no_place() -> None:
    assert derive_positions([], []) == []


def test_an_empty_graph_is_drawn(tmp_path: Path, open_page: Callable[..., Page]) -> None:
    with store_of([], tmp_path) as store:
        assert derive_cards(store, derive_scene(store)) == {"things": [], "papers": {}, "others": []}
        page = open_page(draw(store))
    assert page.locator("#summary").inner_text().startswith("0 nodes")
