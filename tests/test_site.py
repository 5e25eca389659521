"""The pages of the server, made without one: what they say, what they leave out, where they lead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast
from urllib.parse import parse_qs, unquote_plus, urlsplit

import lxml.html
import pyoxigraph as ox
import pytest
from digests import digest, row
from hostile import NAMES, hostile_facts
from playwright.sync_api import Browser
from stores import store_of

from kg.build import build
from kg.errors import QueryError
from kg.lookup import Hit, find, search
from kg.queries import Table, guard, load_queries
from kg.snapshot import Snapshot, load_snapshot, open_master
from kg.store import query
from kg.views.node import derive_node
from kg.views.page import Page, Site, read_style, render_page
from kg.views.site import (
    derive_finds,
    derive_homonyms,
    derive_query,
    derive_results,
    derive_start,
    derive_triples,
    to_notice,
)

SITE = Site("http://127.0.0.1:8000/kg/", "/kg/")
LIMITS = Table(("limit", "value"), (("time", "5 s"),))
ELEMENTS = """html head meta title link body nav a form input button main h1 h2 small p section div ul li
    span label b textarea table thead tbody tr th td details summary mark pre"""
ATTRIBUTES = """lang charset name content rel href aria-label class action role type placeholder required
    id rows spellcheck for value dir title tabindex scope colspan data-label"""
WIDE = """[...document.querySelectorAll('.box, html')]
    .filter((each) => each.scrollWidth > each.clientWidth + 1).length"""


def load(folder: Path) -> Snapshot:
    file, names = open_master(folder)
    with file:
        return load_snapshot(file, names)


@pytest.fixture(scope="module")
def graph(example: Path) -> Snapshot:
    return load(example)


def built(folder: Path, *texts: str, byline: str = "Ann Lee") -> Snapshot:
    """A graph of one paper for each text."""
    rows = [row(f"2401.{n:05}", f"Paper {n}", byline, text) for n, text in enumerate(texts, 1)]
    (folder / "1.md").write_text(digest("2024-01-01", *rows), encoding="utf-8")
    build([str(folder)], folder)
    return load(folder)


def node(graph: Snapshot, name: str) -> Page:
    (found,) = find(graph, name)
    page = derive_node(graph, found.iri, SITE)
    assert page
    return page


def grid(page: Page, heading: str) -> list[dict[str, str]]:
    """The rows of a table of a page."""
    (found,) = (each for each in page.grids if each.heading == heading)
    return [dict(zip(found.columns, (cell.text for cell in line), strict=True)) for line in found.rows]


def links(page: Page) -> dict[str, str]:
    """Where the words of a page lead."""
    tree = lxml.html.fromstring(render_page(page, SITE))
    return {link.text_content(): link.get("href") for link in tree.iter("a")}


def rows_of(graph: Snapshot, sparql: str) -> ox.QuerySolutions:
    return cast(ox.QuerySolutions, query(graph.quads, sparql))


# Results


def test_results_say_their_kind_and_stand_in_order(tmp_path: Path) -> None:
    graph = built(
        tmp_path,
        "Alpha improves accuracy by 3.5% on GLUE.",
        "Beta reaches an accuracy of 71.5% on GLUE.",
        "Gamma reaches an accuracy of 91.5% on GLUE.",
    )
    results = grid(node(graph, "GLUE"), "results")
    assert [(each["value"], each["kind"]) for each in results] == [
        ("91.5%", "score"),
        ("71.5%", "score"),
        ("3.5%", "gain"),
    ]
    assert all("on" not in each for each in results)
    assert [each["on"] for each in grid(node(graph, "2401.00002"), "results")] == ["GLUE"]


def test_where_less_is_better_less_stands_first(tmp_path: Path) -> None:
    graph = built(
        tmp_path,
        "Alpha reaches a perplexity of 21.5 on WikiText-2.",
        "Beta reaches a perplexity of 11.5 on WikiText-2.",
    )
    assert [each["value"] for each in grid(node(graph, "WikiText-2"), "results")] == ["11.5", "21.5"]


def test_the_words_of_a_result_stand_below_it(graph: Snapshot) -> None:
    tree = lxml.html.fromstring(render_page(node(graph, "GLUE"), SITE))
    (words,) = tree.xpath("//*[@id='results']//tr[@class='words']/td")
    assert words.text_content().startswith("BERT with Cottention has a GLUE average of 81.8")
    assert words.get("colspan") == str(len(tree.xpath("//*[@id='results']//th")))
    assert "words" not in [head.text_content() for head in tree.xpath("//*[@id='results']//th")]


# Named queries


def test_a_named_query_is_a_page_with_a_form(graph: Snapshot) -> None:
    named = load_queries()["leaderboard"]
    page = derive_query(graph, named, {"benchmark": "glue"}, SITE, 1_000)
    assert page.title == named.help.partition("\n")[0].rstrip(".")
    assert [line["value"] for line in grid(page, "")] == ["83.1", "81.8"]
    assert "benchmark" not in page.grids[0].columns
    tree = lxml.html.fromstring(render_page(page, SITE))
    (form,) = tree.xpath("//form[@class='query fields']")
    assert (form.get("action"), dict(form.fields)) == ("/kg/query/leaderboard", {"benchmark": "GLUE"})
    assert named.parameters[0].help in form.text_content()
    assert links(page)["Cottention"] == "/kg/find?name=Cottention"
    assert links(page)["2409.18747"] == "/kg/paper/2409.18747"


@pytest.mark.parametrize("name", sorted(load_queries()))
def test_the_sparql_of_a_page_asks_the_same(graph: Snapshot, name: str) -> None:
    named = load_queries()[name]
    known = {"thing": "Cottention", "benchmark": "GLUE", "author": "gmongaras"}
    known |= {"paper": "2409.18747", "day": "2024-10-01", "beaten": "MM1-30B", "metric": "accuracy"}
    values = {each.name: known.get(each.name, "GLUE") for each in named.parameters}
    page = derive_query(graph, named, values, SITE, 1_000)
    assert page.asked
    guard(page.asked.text)
    assert parse_qs(urlsplit(page.asked.link).query)["query"] == [page.asked.text]
    shown = len(page.grids[0].rows) if page.grids else 0
    assert min(sum(1 for _ in rows_of(graph, page.asked.text)), 200) == shown


def test_a_query_about_a_thing_waits_for_one(graph: Snapshot) -> None:
    named = load_queries()["evidence"]
    assert not derive_query(graph, named, {}, SITE, 1_000).grids
    everything = derive_query(graph, named, {"thing": ""}, SITE, 1_000)
    assert everything.count == f"{len(everything.grids[0].rows)} rows."
    assert derive_query(graph, load_queries()["papers"], {}, SITE, 1_000).grids


def test_a_long_list_is_cut_and_says_so(graph: Snapshot) -> None:
    named = replace(load_queries()["counts"], sparql="SELECT ?s ?p { ?s ?p ?o }")
    page = derive_query(graph, named, {}, SITE, 100_000)
    assert len(page.grids[0].rows) == 200
    assert page.count == "200 rows shown; downloads hold up to 100,000 rows."


@pytest.mark.parametrize("values", [{"benchmark": "no such thing"}, {"nothing": "x"}])
def test_what_a_query_cannot_mean_is_an_error(graph: Snapshot, values: dict[str, str]) -> None:
    with pytest.raises(QueryError):
        derive_query(graph, load_queries()["leaderboard"], values, SITE, 1_000)


def test_things_lead_to_what_tells_more_of_them(graph: Snapshot) -> None:
    assert links(node(graph, "GLUE"))["Leaderboard"] == "/kg/query/leaderboard?benchmark=GLUE"
    assert links(node(graph, "GLUE"))["All evidence"] == "/kg/query/evidence?thing=GLUE"
    found = links(node(graph, "Cottention"))
    assert found["What beats it"] == "/kg/query/beats?beaten=Cottention"
    assert found["What it is compared with"] == "/kg/query/compared-with?thing=Cottention"


# Evidence


def test_a_paper_shows_its_text_with_the_evidence_marked(graph: Snapshot) -> None:
    page = node(graph, "2409.18747")
    (passage,) = page.passages
    title, abstract, _ = ("".join(piece.text for piece in each) for each in passage.paragraphs)
    assert title == page.title
    said = next(
        iter(rows_of(graph, 'SELECT ?t { ?s kg:about/fabio:hasArXivId "2409.18747" ; dcterms:abstract ?t }'))
    )
    assert abstract == said["t"].value
    marks = {piece.text: piece for piece in passage.paragraphs[1] if piece.marks}
    assert marks["Cottention"].marks.startswith("thing method")
    assert (
        marks["Cottention"].link == f"/kg/{find(graph, 'Cottention')[0].iri.removeprefix(graph.names.base)}"
    )
    assert marks["81.8"].marks == "result value"
    assert marks["81.8"].link.startswith("/kg/result/")
    assert not any(each.heading == "summaries" for each in page.grids)


def test_a_paper_names_things_with_words_and_confidence(graph: Snapshot) -> None:
    names = grid(node(graph, "2409.18747"), "names")
    (proposed,) = (each for each in names if each["does"] == "proposes")
    assert (proposed["thing"], proposed["words"]) == ("Cottention", "Cottention")
    assert 0 < float(proposed["confidence"]) <= 1


def test_a_result_and_a_mention_are_called_by_what_they_say(graph: Snapshot) -> None:
    result = next(iter(rows_of(graph, "SELECT ?r { ?r kg:on/skos:prefLabel 'GLUE' }")))["r"]
    page = derive_node(graph, result.value, SITE)
    assert page
    assert (page.title, page.kind) == ("Cottention on GLUE: 81.8", "Result")
    assert grid(page, "results")[0]["kind"] == "score"
    mention = next(iter(rows_of(graph, "SELECT ?m { ?m kg:refersTo/skos:prefLabel 'GLUE' }")))["m"]
    page = derive_node(graph, mention.value, SITE)
    assert page
    assert page.title == "“GLUE”"
    assert grid(page, "mention")[0]["thing"] == "GLUE"


def test_the_papers_of_a_thing_have_titles(graph: Snapshot) -> None:
    titles = {each["title"] for each in grid(node(graph, "Cottention"), "papers")}
    assert titles == {node(graph, "2409.18747").title}


# Search


def test_search_has_one_row_a_node_and_says_where_it_stops(graph: Snapshot) -> None:
    hits = [Hit("method", "X", ""), Hit("method", "X", "Xs"), Hit("text", "2409.18747", "… x …")]
    page = derive_finds(hits, "x", SITE, 100)
    assert page.note == "2 finds."
    assert links(page)["2409.18747"] == "/kg/paper/2409.18747"
    assert derive_finds(hits, "x", SITE, 3).note == "The first 3 finds of more; add a word."
    names = [(hit.kind, hit.name) for hit in search(graph, "a", 500)]
    assert len(set(names)) == len(names)


def test_a_search_for_nothing_is_answered_kindly(graph: Snapshot) -> None:
    assert search(graph, " ") == []
    assert derive_finds([], " ", SITE, 100).note == "Write a name, or words of a text, into the field above."
    assert "fewer" in derive_finds([], "qqqq", SITE, 100).note


# Answers


def test_answers_show_names_in_place_of_paths(graph: Snapshot) -> None:
    sparql = "SELECT ?p ?m { ?p kg:proposes ?m . ?m skos:prefLabel 'Cottention' }"
    page = derive_results(rows_of(graph, sparql), sparql, graph, SITE, 1_000)
    (paper, method) = page.grids[0].rows[0]
    assert paper.text == node(graph, "2409.18747").title
    assert (paper.link, paper.title) == ("/kg/paper/2409.18747", "paper/2409.18747")
    assert method.text == "Cottention"


def test_a_long_answer_says_what_a_download_holds(graph: Snapshot) -> None:
    sparql = "SELECT * { ?s ?p ?o }"
    page = derive_results(rows_of(graph, sparql), sparql, graph, SITE, 1_000)
    assert page.count == "200 rows shown; downloads hold up to 1,000 rows."
    assert len(page.grids[0].rows) == 200
    triples = list(cast(ox.QueryTriples, query(graph.quads, "CONSTRUCT WHERE { ?s kg:on ?o }")))
    page = derive_triples(triples, "x", graph, SITE, 1_000)
    assert page.count == f"{len(triples)} triples."
    assert [format.text for format in page.formats] == ["Turtle", "N-Triples", "JSON-LD", "RDF/XML"]


# First page, and pages of nodes


def test_the_first_page_leads_somewhere(graph: Snapshot) -> None:
    page = derive_start(graph, SITE, LIMITS)
    found = links(page)
    assert found["GLUE"] == "/kg/find?name=GLUE"
    assert found["2024-10-01"] == "/kg/query/papers?day=2024-10-01"
    assert {found[name] for name in load_queries()} == {f"/kg/query/{name}" for name in load_queries()}
    tree = lxml.html.fromstring(render_page(page, SITE))
    assert tree.xpath("//section[@id='limits']//td")[0].text_content() == "time"
    order = [each.tag for each in tree.xpath("//main/div | //main/form | //main/section")]
    assert order[:3] == ["div", "form", "section"]


def test_statements_are_closed_and_mentions_counted(graph: Snapshot) -> None:
    tree = lxml.html.fromstring(render_page(node(graph, "Cottention"), SITE))
    (pointing,) = tree.xpath("//section[@id='what-points-to-it']/details[not(@open)]")
    assert "mentions" in pointing.xpath(".//td")[0].text_content()
    assert not [link for link in pointing.xpath(".//a/@href") if link.startswith("/kg/mention/")]
    assert tree.xpath("//section[@id='statements']/details[not(@open)]")


def test_persons_of_one_name_are_told_apart_by_a_paper(tmp_path: Path) -> None:
    graph = built(tmp_path, "Zeta is a method.", "Omega is a method.")
    found = find(graph, "Ann Lee")
    page = derive_homonyms(found, graph, SITE)
    assert sorted(line["one of them"] for line in grid(page, "")) == ["Paper 1", "Paper 2"]


def test_notices_give_no_advice_for_a_command_line(graph: Snapshot) -> None:
    with pytest.raises(QueryError, match="try: kg search WORDS") as raised:
        find(graph, "qqqqqqqq")
    page = to_notice("Nothing found", str(raised.value), words="qqqqqqqq & co")
    assert page.note == "nothing in the graph is named 'qqqqqqqq'"
    assert links(page)["Search names and texts for “qqqqqqqq & co”"] == "/kg/search?words=qqqqqqqq%20%26%20co"


# Whoever means harm


def check(page: Page) -> None:
    """A page has only elements and attributes of its template, and leads only to here and to the web."""
    tree = lxml.html.fromstring(render_page(page, SITE))
    for element in tree.iter():
        assert element.tag in ELEMENTS.split()
        assert set(element.keys()) <= set(ATTRIBUTES.split())
        for attribute in ("href", "action"):
            if (link := element.get(attribute, "data:,")) != "data:,":
                assert link.startswith(("/kg/", "http://", "https://")), link
                assert not link.startswith("/kg//"), link
    assert page.title.strip() in tree.xpath("//h1")[0].text_content()
    assert not tree.xpath("//script | //style | //iframe | //img")


def hostile_pages(graph: Snapshot, text: str) -> Iterator[Page]:
    """Every page that says this."""
    yield derive_finds(search(graph, text, 100), text, SITE, 100)
    yield derive_finds([Hit(text, text, text), Hit("text", text, text)], text, SITE, 100)
    yield to_notice(text, text, text, words=text)
    found = find(graph, text)
    yield derive_homonyms(found, graph, SITE)
    for each in found:
        page = derive_node(graph, each.iri, SITE)
        assert page
        yield page


def test_hostile_text_is_only_shown(tmp_path: Path) -> None:
    found = [hostile_facts(name, f"2401.{number:05}") for number, name in enumerate(NAMES)]
    with store_of(found, tmp_path):
        pass
    graph = load(tmp_path)
    for text in NAMES:
        for page in hostile_pages(graph, text.replace(",", ";").strip()):
            check(page)
    for solution in rows_of(
        graph, "SELECT DISTINCT ?n { ?n a ?c FILTER(?c IN (kg:Result, kg:Mention, kg:Paper)) }"
    ):
        page = derive_node(graph, solution["n"].value, SITE)
        assert page
        check(page)
    for named in load_queries().values():
        check(derive_query(graph, named, {each.name: "" for each in named.parameters}, SITE, 1_000))
    everything = "SELECT ?paper ?thing ?author ?p { ?paper ?p ?thing . ?thing ?q ?author }"
    check(derive_results(rows_of(graph, everything), everything, graph, SITE, 1_000))
    check(derive_start(graph, SITE, LIMITS))


def test_no_address_leads_to_a_script_or_to_another_host_by_stealth(graph: Snapshot) -> None:
    base = graph.names.base
    node, elsewhere = ox.NamedNode(f"{base}method/x"), ox.NamedNode("javascript:alert(1)")
    terms = (ox.NamedNode(f"{base}/evil.example/"), ox.NamedNode("data:text/html,x"), elsewhere)
    known = (ox.NamedNode("http://www.w3.org/2004/02/skos/core#exactMatch"), elsewhere)
    store = ox.Store()
    store.extend(ox.Quad(node, each, term) for each in known for term in terms)
    method = ox.NamedNode("https://w3id.org/paperkg/ontology#Method")
    store.add(ox.Quad(node, ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type"), method))
    hostile = Snapshot(graph.names, store)
    page = derive_node(hostile, node.value, SITE)
    assert page
    check(page)
    assert "javascript:alert(1)" in render_page(page, SITE)
    for sparql in ("SELECT * { ?s ?p ?o }", "SELECT ?page { ?s ?p ?page }"):
        page = derive_results(rows_of(hostile, sparql), sparql, hostile, SITE, 1_000)
        check(page)
        assert not any(unquote_plus(link).startswith(("//", "/kg//")) for link in links(page).values())


# Looks


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_the_screen(
    graph: Snapshot, browser: Browser, tmp_path: Path, scheme: str, width: int
) -> None:
    pages = {
        "start": derive_start(graph, SITE, LIMITS),
        "thing": node(graph, "GLUE"),
        "paper": node(graph, "2409.18747"),
        "query": derive_query(graph, load_queries()["leaderboard"], {"benchmark": "GLUE"}, SITE, 1_000),
        "search": derive_finds(search(graph, "attention", 100), "attention", SITE, 100),
        "notice": to_notice("Nothing found", "x" * 300, words="x" * 300),
    }
    (tmp_path / "style.css").write_bytes(read_style())
    shown = browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    for name, page in pages.items():
        text = render_page(page, SITE).replace('href="/kg/style.css"', 'href="style.css"')
        (tmp_path / f"{name}.html").write_text(text, encoding="utf-8")
        shown.goto((tmp_path / f"{name}.html").as_uri())
        assert shown.evaluate(WIDE) == 0, name
        back = shown.evaluate("getComputedStyle(document.body).backgroundColor")
        assert back == ("rgb(21, 23, 27)" if scheme == "dark" else "rgb(251, 251, 250)")
    shown.close()
