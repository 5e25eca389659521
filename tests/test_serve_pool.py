"""What is easily lost among processes and connections: time, counts, memory, whole groups of processes."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import httpx
import pytest
from serving import Running, finish, serving, write_master
from test_serve import COUNT, TITLES, rows

from kg.build import build
from kg.serve.limits import Limits
from kg.serve.pool import Busy, Pool, _Lane, open_pool
from kg.serve.questions import Sparql
from kg.serve.web import Settings

SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
HTML = {"accept": "text/html"}


@pytest.fixture(scope="module")
def server(example: Path) -> Iterator[Running]:
    with serving(example) as running:
        yield running


def below(process: int) -> list[int]:
    """The processes below one, on Linux."""
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def test_a_small_answer_does_not_wait_for_an_acknowledgement(server: Running) -> None:
    def ask() -> float:
        began = time.perf_counter()
        server.ask("ASK {}")
        return time.perf_counter() - began

    assert median(ask() for _ in range(20)) < 0.03


# Counts


def test_whoever_gives_up_leaves_nothing_behind(example: Path) -> None:
    limits = Limits(seconds=0.2, workers=4)

    async def give_up(pool: Pool, after: float) -> None:
        asking = asyncio.create_task(pool.ask(Sparql(SLOW)))
        await asyncio.sleep(after)
        asking.cancel()
        await asyncio.wait([asking])

    async def main() -> None:
        async with open_pool(example, limits, "http://x/") as pool:
            for number in range(40):
                await asyncio.gather(*(give_up(pool, 0.15 + 0.002 * (number % 50)) for _ in range(4)))
            await asyncio.sleep(0.5)
            zygote = pool._zygote
            assert (pool._queries._inside, zygote._in_use) == (0, 0)
            assert len(below(zygote.process.pid)) == len(zygote.idle) <= 4
            assert (await pool.ask(Sparql("ASK {}"))).status == 200

    finish(main())


def test_the_end_of_a_pool_is_the_end_of_all_its_processes(example: Path) -> None:
    async def main() -> list[int]:
        async with open_pool(example, Limits(seconds=30), "http://x/") as pool:
            asking = [asyncio.create_task(pool.ask(Sparql(SLOW))) for _ in range(3)]
            await asyncio.sleep(0.5)
            zygote = pool._zygote.process.pid
            processes = [zygote, *below(zygote)]
            for each in asking:
                each.cancel()
        return processes

    processes = finish(main())
    assert len(processes) == 4
    deadline = time.monotonic() + 2
    while any(Path(f"/proc/{each}/cmdline").exists() and _lives(each) for each in processes):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _lives(process: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False


def test_a_retired_graph_goes_when_its_last_question_is_answered(tmp_path: Path) -> None:
    build([], tmp_path)
    with serving(tmp_path, Settings(limits=Limits(seconds=2))) as running:
        former = running.pool._zygote
        asking = asyncio.run_coroutine_threadsafe(running.pool.ask(Sparql(SLOW)), running.loop)
        time.sleep(0.3)
        os.utime(tmp_path / "graph.nq")
        running.wait(running.pool.renew())
        assert former.process.poll() is None
        assert asking.result().status == 504
        time.sleep(0.2)
        assert former.process.poll() is not None


def test_a_worker_that_keeps_much_memory_is_replaced(example: Path) -> None:
    with serving(example, Settings(limits=Limits(memory=256 * 1024 * 1024))) as running:
        (before,) = _after(running, "ASK {}")
        grown = "SELECT (STRLEN(?v) AS ?n) { BIND('xxxxxxxxxxxxxxxx' AS ?v0) " + " ".join(
            f"BIND(CONCAT(?v{n}, ?v{n}) AS ?v{n + 1})" for n in range(21)
        )
        assert rows(running.ask(grown + " BIND(?v21 AS ?v) }")) == [{"n": str(16 * 2**21)}]
        (after,) = _after(running, "ASK {}")
        assert before != after


def _after(running: Running, query: str) -> list[int]:
    """The idle workers, when a query was answered."""
    assert running.ask(query).status_code == 200
    time.sleep(0.1)
    return [worker.process for worker in running.pool._zygote.idle]


# A graph that cannot be loaded


def test_a_broken_graph_is_told_once(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    build([], tmp_path)
    with serving(tmp_path) as running:
        before = rows(running.ask(COUNT))
        write_master(tmp_path, b"<x:a> <x:b> broken\n")
        time.sleep(3.5)
        assert rows(running.ask(COUNT)) == before
    out, err = capfd.readouterr()
    assert err == ""
    (said,) = out.splitlines()
    assert said.startswith(f"cannot serve {tmp_path / 'graph.nq'}: it cannot be loaded: ")
    assert said.endswith("run kg build again; the graph before it is served on")


# Pages


def test_pages_show_the_graph_where_queries_are_strict(example: Path) -> None:
    with serving(example, Settings(union=False)) as strict:
        assert rows(strict.ask("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")) == [{"n": "0"}]
        assert "Cottention" in strict.client.get("search", params={"words": "cottention"}, headers=HTML).text
        assert strict.client.get("find", params={"name": "GLUE"}).status_code == 303
        for accept in ("text/html", "text/turtle"):
            assert strict.client.get("paper/2409.20566", headers={"accept": accept}).status_code == 200


def test_a_person_gets_a_page_whatever_goes_wrong(example: Path) -> None:
    limits = Limits(seconds=1, memory=128 * 1024 * 1024, size=50_000)
    doubled = " ".join(f"BIND(CONCAT(?v{n}, ?v{n}) AS ?v{n + 1})" for n in range(40))
    with serving(example, Settings(limits=limits)) as running:
        for query, status in (
            (SLOW, 504),
            ("SELECT (STRLEN(?v40) AS ?n) { BIND('xxxxxxxx' AS ?v0) " + doubled + " }", 507),
            (
                "SELECT (GROUP_CONCAT(CONCAT(?a, ?b)) AS ?x) { ?p skos:prefLabel ?a . ?q skos:prefLabel ?b }",
                507,
            ),
            ("SELECT", 400),
        ):
            answer = running.ask(query, "text/html")
            assert answer.status_code == status, query
            assert answer.headers["content-type"].startswith("text/html")
            assert "<textarea" in answer.text
            assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("format", ["turtle", "ntriples", "jsonld", "rdfxml"])
def test_triples_stay_below_the_size_in_every_format(example: Path, format: str) -> None:
    with serving(example, Settings(limits=Limits(size=50_000))) as running:
        asked = {"query": "CONSTRUCT WHERE { ?s ?p ?o }", "format": format}
        answer = running.client.get("sparql", params=asked)
        assert answer.status_code == 200
        assert 10_000 < len(answer.content) <= 50_000
        assert answer.headers["kg-cut"].startswith("the first ")


def test_pages_come_while_queries_keep_all_workers(example: Path) -> None:
    with serving(example, Settings(limits=Limits(seconds=2, workers=2))) as running:
        asking = [
            asyncio.run_coroutine_threadsafe(running.pool.ask(Sparql(SLOW)), running.loop) for _ in range(20)
        ]
        time.sleep(0.3)
        began = time.monotonic()
        assert running.client.get("", headers=HTML).status_code == 200
        assert running.client.get("find", params={"name": "GLUE"}).status_code == 303
        assert time.monotonic() - began < 1
        for each in asking:
            each.cancel()


def test_long_queries_give_way_to_short_ones(example: Path) -> None:
    with serving(example, Settings(limits=Limits(seconds=4, workers=6))) as running:
        asking = [
            asyncio.run_coroutine_threadsafe(running.pool.ask(Sparql(SLOW)), running.loop) for _ in range(4)
        ]
        time.sleep(2.5)
        busy = below(running.pool._zygote.process.pid)
        assert [os.getpriority(os.PRIO_PROCESS, each) for each in busy] == [15] * 4
        assert len(rows(running.ask(TITLES))) == 10
        (quick,) = (worker.process for worker in running.pool._zygote.idle)
        assert os.getpriority(os.PRIO_PROCESS, quick) == os.getpriority(os.PRIO_PROCESS, 0)
        assert {each.result().status for each in asking} == {504}


def test_nobody_waits_for_a_worker_for_good() -> None:
    async def main() -> None:
        lane = _Lane(workers=1, waiting=1, seconds=0.1)
        async with lane.enter():
            with pytest.raises(Busy, match="others have been asking for long"):
                async with lane.enter():
                    pass
        async with lane.enter():
            pass
        assert lane._inside == 0

    finish(main())


# Connections


def test_silent_connections_keep_nobody_out(server: Running) -> None:
    with ExitStack() as stack:
        for _ in range(700):
            stack.enter_context(socket.create_connection(server.address))
        for _ in range(5):
            assert len(rows(server.ask(TITLES))) == 10


def test_the_server_listens_on_ipv6_too(example: Path) -> None:
    with serving(example, Settings(host="::1")) as running:
        assert running.url.startswith("http://[::1]:")
        assert len(rows(running.ask(TITLES))) == 10


def test_a_download_is_not_sent_twice(server: Running) -> None:
    first = server.client.get("graph.nq")
    again = server.client.get("graph.nq", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_many_requests_leak_no_files(server: Running) -> None:
    def files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    for _ in range(20):
        server.ask(TITLES)
    before = files()
    for _ in range(10):
        with httpx.Client(base_url=server.url) as client:
            for _ in range(30):
                assert client.get("style.css").status_code == 200
                assert client.get("graph.nq").status_code == 200
    time.sleep(0.2)
    assert files() <= before + 2


def test_a_graph_that_is_no_file_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    build([], tmp_path)
    with serving(tmp_path) as running:
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "pipe").replace(tmp_path / "graph.nq")
        for _ in range(10):
            assert len(rows(running.ask(TITLES))) == 10
            time.sleep(0.3)
    assert "it is no file; run kg build again" in capfd.readouterr().out


def test_a_redirection_stays_here(tmp_path: Path) -> None:
    base = "https://w3id.org/paperkg/data/"
    line = f'<{base}/evil.example/x> <http://www.w3.org/2004/02/skos/core#prefLabel> "GPT-4" <{base}g> .\n'
    kind = f"<{base}/evil.example/x> a <https://w3id.org/paperkg/ontology#Model> <{base}g> .\n"
    kind = kind.replace(" a ", " <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> ")
    write_master(tmp_path, (line + kind).encode())
    with serving(tmp_path) as running:
        found = running.client.get("find", params={"name": "GPT-4"}).headers["location"]
        assert found == "/evil.example/x"


@pytest.mark.parametrize("graph", ["http://[", "http://a\u2100b/ ", "http://e.org/<"])
def test_an_ill_formed_graph_is_refused(server: Running, graph: str) -> None:
    for name in ("default-graph-uri", "named-graph-uri"):
        answer = server.client.get("sparql", params={"query": "ASK {}", name: graph})
        assert answer.status_code == 400, graph
