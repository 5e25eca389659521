"""The server over real HTTP: the protocol, pages and files, a graph that is published while it serves."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx
import pyoxigraph as ox
import pytest
from serving import Running, aside, serving, serving_command, write_master

from kg.build import build
from kg.errors import KGError, StoreError
from kg.serve.limits import Limits
from kg.serve.web import Settings, serve

T = TypeVar("T")

FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
COUNT = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"
TITLES = "SELECT ?title { ?p a kg:Paper ; dcterms:title ?title } ORDER BY ?title"
DIGEST = """## Papers for 2025-01-02

| Title | Authors | Summary |
|-------|---------|---------|
| Omega (Read more on [arXiv](https://arxiv.org/abs/2501.00001))| Ann Lee | Omega reaches 71.5% on GLUE. |
"""


@pytest.fixture(scope="module")
def server(example: Path) -> Iterator[Running]:
    with serving(example) as running:
        yield running


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    bindings = json.loads(answer.content)["results"]["bindings"]
    return [{name: term["value"] for name, term in row.items()} for row in bindings]


# The protocol


def test_a_query_may_come_in_three_ways(server: Running) -> None:
    asked = [
        server.client.get("sparql", params={"query": TITLES}),
        server.client.post("sparql", data={"query": TITLES}),
        server.client.post("sparql", content=TITLES, headers={"content-type": QUERY}),
        server.client.post("sparql", content=TITLES, headers={"content-type": f"{QUERY}; charset=UTF-8"}),
        server.client.get("sparql/", params={"query": TITLES}),
    ]
    assert len({answer.content for answer in asked}) == 1
    assert len(rows(asked[0])) == 10


@pytest.mark.parametrize(
    ("accept", "type"),
    [
        ("", "application/sparql-results+json"),
        ("*/*", "application/sparql-results+json"),
        ("application/json", "application/sparql-results+json"),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"),
        ("text/csv;q=0.5, application/sparql-results+xml;q=0.9", "application/sparql-results+xml"),
        ("text/csv;q=0, */*", "application/sparql-results+json"),
        ("TEXT/CSV", "text/csv; charset=utf-8"),
        ("text/*", "text/csv; charset=utf-8"),
    ],
)
def test_rows_come_in_the_format_asked_for(server: Running, accept: str, type: str) -> None:
    answer = server.ask(TITLES, accept)
    assert (answer.status_code, answer.headers["content-type"]) == (200, type)


@pytest.mark.parametrize(
    ("accept", "format"),
    [
        ("text/turtle", ox.RdfFormat.TURTLE),
        ("application/n-triples", ox.RdfFormat.N_TRIPLES),
        ("application/ld+json", ox.RdfFormat.JSON_LD),
        ("application/rdf+xml", ox.RdfFormat.RDF_XML),
    ],
)
def test_triples_come_in_the_format_asked_for(server: Running, accept: str, format: ox.RdfFormat) -> None:
    answer = server.ask("CONSTRUCT WHERE { ?p dcterms:title ?t }", accept)
    assert answer.headers["content-type"].partition(";")[0] == accept
    expected = server.ask("SELECT (COUNT(DISTINCT *) AS ?n) { ?p dcterms:title ?t }")
    assert len({*ox.parse(answer.content, format=format)}) == int(rows(expected)[0]["n"])


def test_what_suits_no_accept_is_406(server: Running) -> None:
    assert server.ask(TITLES, "image/png").status_code == 406
    assert server.ask(TITLES, "text/turtle").status_code == 406
    assert server.ask("CONSTRUCT WHERE { ?s ?p ?o }", "text/csv").status_code == 406
    assert server.client.get("sparql", headers={"accept": "image/png"}).status_code == 406


def test_the_address_may_name_the_format(server: Running) -> None:
    answer = server.client.get("sparql", params={"query": TITLES, "format": "csv"})
    assert answer.text.splitlines()[0] == "title"
    assert server.client.get("sparql", params={"query": TITLES, "format": "pdf"}).status_code == 400


@pytest.mark.parametrize("format", ["json", "xml", "csv", "tsv", "html"])
def test_ask_is_answered_in_every_format(server: Running, format: str) -> None:
    answer = server.client.get("sparql", params={"query": "ASK { ?s ?p ?o }", "format": format})
    assert answer.status_code == 200
    assert "true" in answer.text.lower()


@pytest.mark.parametrize(
    ("method", "headers", "body", "status"),
    [
        ("POST", {}, b"", 415),
        ("POST", {"content-type": "text/plain"}, b"ASK {}", 415),
        ("POST", {"content-type": FORM}, b"", 400),
        ("POST", {"content-type": FORM}, b"query=ASK+%7B%7D&query=ASK+%7B%7D", 400),
        ("POST", {"content-type": FORM}, b"query=%ff%fe", 400),
        ("POST", {"content-type": FORM}, "query=ä".encode("latin-1"), 400),
        ("POST", {"content-type": FORM}, b"update=DROP+ALL", 403),
        ("POST", {"content-type": "application/sparql-update"}, b"DROP ALL", 403),
        ("POST", {"content-type": QUERY}, "ASK {} # ä".encode("latin-1"), 400),
        ("POST", {"content-type": f"{QUERY}; charset=utf-16"}, "ASK {}".encode("utf-16"), 415),
        ("POST", {"content-type": QUERY}, b"x" * 1_000_001, 413),
        ("POST", {"content-type": FORM}, b"&".join([b"a=b"] * 1_000), 400),
        ("PUT", {"content-type": QUERY}, b"ASK {}", 405),
        ("DELETE", {}, b"", 405),
        ("PATCH", {}, b"", 405),
    ],
)
def test_a_request_that_asks_nothing_right_is_refused(
    server: Running, method: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    answer = server.client.request(method, "sparql", headers=headers, content=body)
    assert answer.status_code == status
    assert answer.text.strip()


def test_an_error_says_where(server: Running) -> None:
    answer = server.ask("SELECT * {\n  ?s ?p }")
    assert answer.status_code == 400
    assert answer.text.startswith("the query cannot be answered: line 2, column ")


def test_a_query_asks_the_graphs_that_the_request_names(server: Running) -> None:
    (first, *_) = rows(server.ask("SELECT DISTINCT ?g { GRAPH ?g { ?s kg:about ?p } } ORDER BY ?g"))
    one = server.client.get("sparql", params={"query": TITLES, "default-graph-uri": first["g"]})
    assert len(rows(one)) == 1
    named = {"query": "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }", "named-graph-uri": first["g"]}
    assert rows(server.client.get("sparql", params=named)) == [first]
    of_none = {"query": COUNT, "default-graph-uri": "http://e.org/none"}
    assert rows(server.client.get("sparql", params=of_none)) == [{"n": "0"}]


@pytest.mark.parametrize("graph", ["file:///etc/passwd", "FILE:/etc/passwd", "passwd", "http://e.org/a b"])
def test_a_graph_is_no_file(server: Running, graph: str) -> None:
    answer = server.client.get("sparql", params={"query": "ASK {}", "default-graph-uri": graph})
    assert answer.status_code == 400


def test_the_default_graph_is_the_union_or_nothing(example: Path, server: Running) -> None:
    asked = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    assert int(rows(server.ask(asked))[0]["n"]) > 3_000
    with serving(example, Settings(union=False)) as strict:
        assert rows(strict.ask(asked)) == [{"n": "0"}]
        assert rows(strict.ask(COUNT)) == rows(server.ask(COUNT))


# What the endpoint says of itself


def test_the_service_describes_itself(server: Running) -> None:
    answer = server.client.get("sparql", headers={"accept": "text/turtle"})
    store = ox.Store()
    store.load(answer.content, format=ox.RdfFormat.TURTLE)
    sd = "PREFIX sd: <http://www.w3.org/ns/sparql-service-description#> "
    assert store.query(
        f"{sd} ASK {{ ?s a sd:Service ; sd:endpoint <{server.url}sparql> ; sd:feature sd:UnionDefaultGraph ;"
        " sd:supportedLanguage sd:SPARQL11Query ; sd:defaultDataset/sd:defaultGraph ?g }"
    )


def test_void_counts_what_there_is(server: Running) -> None:
    answer = server.client.get(".well-known/void")
    store = ox.Store()
    store.load(answer.content, format=ox.RdfFormat.TURTLE)
    void = "PREFIX void: <http://rdfs.org/ns/void#> "
    (row,) = store.query(f"{void} SELECT ?n {{ ?d void:triples ?n ; void:dataDump <{server.url}graph.nq> }}")  # type: ignore[misc]
    assert row["n"].value == rows(server.ask(COUNT))[0]["n"]


def test_the_whole_graph_can_be_downloaded(server: Running, example: Path) -> None:
    assert server.client.get("graph.nq").content == (example / "graph.nq").read_bytes()


# Nodes and pages


def test_a_node_answers_persons_and_programs(server: Running) -> None:
    page = server.client.get("paper/2409.18747", headers={"accept": "text/html"})
    assert "Cottention: Linear Transformers" in page.text
    turtle = server.client.get("paper/2409.18747", headers={"accept": "text/turtle"})
    assert {str(quad.subject) for quad in ox.parse(turtle.content, format=ox.RdfFormat.TURTLE)} >= {
        "<https://w3id.org/paperkg/data/paper/2409.18747>"
    }
    assert json.loads(server.client.get("paper/2409.18747", params={"format": "jsonld"}).content)


def test_a_node_is_found_at_its_own_address_where_the_base_is_the_servers(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    base = f"http://127.0.0.1:{port}/"
    build([], tmp_path, base=base)
    with serving(tmp_path, port=port) as running:
        for row in rows(
            running.ask("SELECT ?n { ?n a ?class FILTER(STRSTARTS(STR(?n), STR(<" + base + ">))) }")
        ):
            path = row["n"].removeprefix(base)
            for accept in ("text/html", "text/turtle", "application/ld+json"):
                answer = running.client.get(path, headers={"accept": accept})
                assert answer.status_code == 200, path
                assert answer.headers["content-type"].startswith(accept)


@pytest.mark.parametrize("path", ["paper/0000.00000", "nothing", "%2e%2e/etc/passwd", "a%00b", "<x>", "ä"])
@pytest.mark.parametrize("accept", ["text/html", "text/turtle"])
def test_what_is_no_node_is_404(server: Running, path: str, accept: str) -> None:
    assert server.client.get(path, headers={"accept": accept}).status_code == 404


def test_a_name_leads_to_its_node(server: Running) -> None:
    answer = server.client.get("find", params={"name": "Cottention"})
    assert answer.status_code == 303
    assert "Cottention" in server.client.get(answer.headers["location"]).text
    assert server.client.get("find", params={"name": "no such"}).status_code == 404


def test_pages_link_to_what_is_there(server: Running) -> None:
    seen, waiting = set[str](), ["/", "/search?words=attention", "/find?name=Cottention"]
    while waiting and len(seen) < 80:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        answer = server.client.get(path, headers={"accept": "text/html,*/*;q=0.1"}, follow_redirects=True)
        assert answer.status_code == 200, path
        if answer.headers["content-type"].startswith("text/html"):
            waiting += [link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"]*)"', answer.text)]
    assert len(seen) == 80


def test_every_answer_is_locked_down(server: Running) -> None:
    for path in ("", "sparql", "sparql?query=ASK{}", "nothing", "style.css", "graph.nq", "paper/2409.18747"):
        headers = server.client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers


def test_hostile_text_is_only_shown(tmp_path: Path) -> None:
    text = "<script>alert(1)</script>\" onload='x' javascript:alert(1) \u202e"
    literal = ox.Literal(text)
    node = ox.NamedNode("https://w3id.org/paperkg/data/method/x")
    quads = [
        ox.Quad(node, ox.NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel"), literal, node),
        ox.Quad(node, ox.NamedNode("javascript:alert(1)"), ox.NamedNode("javascript:alert(2)"), node),
    ]
    write_master(tmp_path, ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b"")
    with serving(tmp_path) as running:
        html = {"accept": "text/html"}
        pages = [
            running.client.get("method/x", headers=html),
            running.client.get("search", params={"words": text}, headers=html),
            running.client.get("find", params={"name": text}, headers=html),
            running.ask("SELECT * { ?s ?p ?o }", "text/html"),
            running.ask("CONSTRUCT WHERE { ?s ?p ?o }", "text/html"),
            running.ask(f"SELECT * {{ {text}", "text/html"),
        ]
        for page in pages:
            assert "<script" not in page.text
            assert 'href="javascript' not in page.text


# Limits


def test_a_cut_is_visible(example: Path) -> None:
    with serving(example, Settings(limits=Limits(rows=7))) as running:
        answer = running.ask("SELECT * { ?s ?p ?o }")
        assert len(rows(answer)) == 7
        assert answer.headers["kg-cut"] == "the first 7 rows of more"
        assert json.loads(answer.content)["head"]["link"] == [f"{running.url}#limits"]
        turtle = running.ask("CONSTRUCT WHERE { ?s ?p ?o }", "text/turtle")
        assert turtle.text.startswith("# cut: the first 7 triples of more\n")
        assert "kg-cut" not in running.ask("SELECT * { ?s ?p ?o } LIMIT 7").headers


def test_what_takes_too_long_is_ended_and_the_next_is_answered(example: Path) -> None:
    with serving(example, Settings(limits=Limits(seconds=0.5, workers=1))) as running:
        began = time.monotonic()
        answer = running.ask("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }")
        assert (answer.status_code, answer.text) == (
            504,
            "the query takes longer than 0.5 s; ask for less, or add a LIMIT\n",
        )
        assert time.monotonic() - began < 1.5
        assert len(rows(running.ask(TITLES))) == 10


def test_too_many_at_once_are_sent_away_for_a_while(example: Path) -> None:
    limits = Limits(seconds=2, workers=1, waiting=1)
    slow = urlencode({"query": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"})
    with serving(example, Settings(limits=limits)) as running:
        lines = [socket.create_connection(running.address) for _ in range(4)]
        for line in lines:
            line.sendall(f"GET /sparql?{slow} HTTP/1.1\r\nHost: {running.url[7:-1]}\r\n\r\n".encode())
        answers = [line.recv(4096).decode() for line in lines]
        for line in lines:
            line.close()
    statuses = sorted(answer.split()[1] for answer in answers)
    assert statuses == ["503", "503", "504", "504"]
    assert all("retry-after: 1\r\n" in answer for answer in answers if answer.split()[1] == "503")


def test_a_client_that_leaves_takes_its_worker_with_it(example: Path) -> None:
    slow = urlencode({"query": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"})
    with serving(example, Settings(limits=Limits(seconds=1, workers=2))) as running:
        for _ in range(6):
            with socket.create_connection(running.address) as line:
                line.sendall(f"GET /sparql?{slow} HTTP/1.1\r\nHost: {running.url[7:-1]}\r\n\r\n".encode())
        began = time.monotonic()
        assert len(rows(running.ask(TITLES))) == 10
        assert time.monotonic() - began < 1


def test_a_worker_that_dies_by_itself_is_replaced(server: Running) -> None:
    for _ in range(3):
        server.ask(TITLES)
        for worker in server.pool._zygote.idle:
            os.kill(worker.process, signal.SIGKILL)
        time.sleep(0.2)
        assert len(rows(server.ask(TITLES))) == 10


def test_a_graph_whose_process_dies_is_loaded_again(example: Path) -> None:
    with serving(example) as running:
        os.kill(running.pool._zygote.process.pid, signal.SIGKILL)
        time.sleep(0.2)
        statuses = list[int]()
        deadline = time.monotonic() + 10
        while 200 not in statuses and time.monotonic() < deadline:
            statuses.append(running.ask(TITLES).status_code)
            time.sleep(0.1)
        assert set(statuses[:-1]) <= {503}
        assert statuses[-1] == 200


# A graph that is published meanwhile


@contextmanager
def repeating(ask: Callable[[], T]) -> Iterator[list[T]]:
    """What is answered again and again, from a thread, while the block lasts; fails where asking does."""
    answers, done = list[T](), threading.Event()

    def work() -> None:
        while not done.is_set():
            answers.append(ask())

    with ThreadPoolExecutor(1) as threads:
        asking = threads.submit(work)
        try:
            yield answers
        finally:
            done.set()
    asking.result()


def wait_until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def count_served(running: Running) -> int:
    return int(rows(running.ask(COUNT))[0]["n"])


def count_published(folder: Path) -> int:
    return len((folder / "graph.nq").read_bytes().splitlines())


def test_the_server_goes_over_to_a_new_graph(tmp_path: Path) -> None:
    build([], tmp_path)
    old, old_file = count_published(tmp_path), (tmp_path / "graph.nq").read_bytes()
    (tmp_path / "new.md").write_text(DIGEST, encoding="utf-8")
    command = [sys.executable, "-c", "from kg.cli import main; main()", "build", "new.md", "-o", "."]
    with (
        serving(tmp_path) as running,
        repeating(lambda: count_served(running)) as counts,
        repeating(lambda: running.client.get("graph.nq").content) as files,
    ):
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
        during, new, new_file = len(counts), count_published(tmp_path), (tmp_path / "graph.nq").read_bytes()
        wait_until(lambda: counts[-1] != old and files[-1] != old_file)
        after = len(counts)
        wait_until(lambda: len(counts) > after + 20)
    assert old < new
    assert during >= 5
    assert counts == sorted(counts)
    assert {*counts} == {old, new}, "each answer is of the old graph or of the new one, whole"
    assert {*files} == {old_file, new_file}, "so is each download"


def test_what_cannot_be_loaded_leaves_the_old_graph(tmp_path: Path) -> None:
    build([], tmp_path)
    with serving(tmp_path) as running:
        old = count_served(running)
        (tmp_path / "graph.new").write_bytes(b"<x:a> <x:b> broken\n")
        (tmp_path / "graph.new").replace(tmp_path / "graph.nq")
        time.sleep(2.5)
        assert count_served(running) == old
        (tmp_path / "graph.nq").unlink()
        time.sleep(1.5)
        assert count_served(running) == old
        (tmp_path / "new.md").write_text(DIGEST, encoding="utf-8")
        build([str(tmp_path / "new.md")], tmp_path)
        wait_until(lambda: count_served(running) == count_published(tmp_path) != old)


# The command


def test_the_command_serves_until_it_is_interrupted(example: Path) -> None:
    with serving_command(example) as (url, process):
        assert httpx.get(f"{url}sparql", params={"query": "ASK {}"}).json() == {"head": {}, "boolean": True}
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert process.stdout and process.stderr
        assert (process.stdout.read(), process.stderr.read()) == ("", "")


@pytest.mark.parametrize("way", [signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_the_server(example: Path, way: signal.Signals) -> None:
    with serving_command(example) as (url, process):
        httpx.get(f"{url}sparql", params={"query": "ASK {}"})
        children = _descendants(process.pid)
        assert len(children) >= 2
        process.send_signal(way)
        process.wait(10)
        wait_until(lambda: not any(Path(f"/proc/{child}").exists() for child in children))


def _descendants(process: int) -> list[int]:
    """The processes below one, on Linux."""
    found = [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    return [*found, *(below for child in found for below in _descendants(child))]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"host": "0.0.0.0"}, "0.0.0.0 can be reached from elsewhere: give a --token, or stay on 127.0.0.1"),
        (
            {"host": "0.0.0.0", "token": "x"},
            "0.0.0.0 has no name for others: give with --url by which address they come",
        ),
        (
            {"url": "kg.example.org"},
            "'kg.example.org' is no address that ends in a slash, as https://kg.example.org/ is",
        ),
        ({"guests": ("foo",)}, "'foo' is no origin, as https://notebook.example.org is; nor is it *"),
        (
            {"guests": ("https://a/",)},
            "'https://a/' is no origin, as https://notebook.example.org is; nor is it *",
        ),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(KGError, match=f"^{re.escape(message)}$"):
        Settings(**options)


def test_a_port_in_use_and_a_folder_without_a_graph_are_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            KGError, match=rf"cannot listen on 127\.0\.0\.1, port {port}: .*; choose another --port"
        ):
            serve(tmp_path, Settings(port=port), print)
    with pytest.raises(StoreError, match=r"no graph in .*; make one with: kg build"):
        aside(lambda: serve(tmp_path, Settings(port=0), print))
