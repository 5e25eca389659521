"""Whoever means harm: hostile queries, requests that are no HTTP, requests that other sites cause."""

from __future__ import annotations

import base64
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode

import httpx
import pytest
from hostile_queries import HOSTILE_QUERIES, services
from serving import Running, serving
from test_serve import QUERY, TITLES, rows

from kg.build import build
from kg.queries import load_queries
from kg.serve.limits import Limits
from kg.serve.web import Settings

LIMIT = 1.0
ATTACKS = [(kind, name) for kind, queries in HOSTILE_QUERIES.items() for name in queries]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("attacked")
    build([], folder)
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Running]:
    with serving(folder, Settings(limits=Limits(seconds=LIMIT, memory=256 * 1024 * 1024))) as running:
        yield running


def test_there_are_hostile_queries_of_many_kinds() -> None:
    assert len(ATTACKS) >= 40
    assert len(HOSTILE_QUERIES) >= 10


@pytest.mark.parametrize(("kind", "name"), ATTACKS, ids=[": ".join(attack) for attack in ATTACKS])
def test_a_hostile_query_ends_in_an_error_in_time_and_the_server_lives(
    server: Running, kind: str, name: str
) -> None:
    began = time.monotonic()
    answer = server.client.post(
        "sparql", content=HOSTILE_QUERIES[kind][name].encode(), headers={"content-type": QUERY}
    )
    assert time.monotonic() - began < LIMIT + 1
    assert answer.status_code in (400, 413, 504, 507), answer.text[:300]
    assert answer.text.strip()
    assert len(rows(server.ask(TITLES))) == 10


# Nothing leaves


@contextmanager
def canary() -> Iterator[tuple[str, list[bytes]]]:
    """An address, and what whoever connects to it says first."""
    heard: list[bytes] = []

    def listen(listening: socket.socket) -> None:
        while True:
            try:
                line, _ = listening.accept()
            except OSError:
                return
            with line:
                line.settimeout(1)
                heard.append(line.recv(1000))

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=listen, args=(listening,), daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/", heard
        listening.shutdown(socket.SHUT_RDWR)


def test_no_query_calls_out(server: Running) -> None:
    with canary() as (where, heard):
        spellings = services(where) | {
            "FROM": f"SELECT * FROM <{where}> {{ ?s ?p ?o }}",
            "FROM NAMED": f"SELECT * FROM NAMED <{where}> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
            "LOAD": f"LOAD <{where}>",
            "GRAPH": f"SELECT * {{ GRAPH <{where}> {{ ?s ?p ?o }} }}",
            "DESCRIBE": f"DESCRIBE <{where}>",
        }
        for text in spellings.values():
            server.client.post("sparql", content=text.encode(), headers={"content-type": QUERY})
            server.client.get("sparql", params={"query": "ASK {}", "default-graph-uri": where})
        time.sleep(0.2)
        assert heard == []


CONFINED = """
import sys, os, socket, resource, pyoxigraph as ox
from kg.serve.limits import Limits
from kg.serve import worker
ours, theirs = socket.socketpair()
store = ox.Store()
store.query("ASK {}")
child = os.fork()
if child == 0:
    worker._confine(theirs.fileno(), Limits(memory=64 * 1024 * 1024))
    def tried(act):
        try:
            act()
        except BaseException as error:
            return type(error).__name__
        return "done"
    said = [
        tried(lambda: open("/etc/passwd")),
        tried(lambda: open("/tmp/kg-was-here", "w")),
        tried(lambda: socket.create_connection(("127.0.0.1", PORT))),
        tried(lambda: list(store.query("SELECT * { SERVICE <http://127.0.0.1:PORT/> { ?s ?p ?o } }"))),
        tried(lambda: bytearray(256 * 1024 * 1024)),
    ]
    os.write(3, " ".join(said).encode())
    os._exit(0)
os.waitpid(child, 0)
print(ours.recv(1000).decode())
"""


def test_a_worker_has_no_files_no_network_and_bounded_memory_even_where_a_guard_fails() -> None:
    """Here nothing scans the query: the engine itself is told to call out, and cannot."""
    with canary() as (where, heard):
        script = CONFINED.replace("PORT", where.rpartition(":")[2].strip("/"))
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        time.sleep(0.2)
        assert heard == []
    assert done.stdout.split() == ["OSError", "OSError", "OSError", "OSError", "MemoryError"]


# Localhost is not trusted

HOST = "127.0.0.1:{port}"
EVIL = "http://evil.example"
FOLLOWED = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
HEADERS = [
    ("GET", {}, 200),
    ("GET", {"host": "localhost:{port}"}, 200),
    ("GET", {"host": "LOCALHOST:{port}"}, 200),
    ("GET", {"host": "[::1]:{port}"}, 200),
    ("GET", {"host": "evil.example"}, 421),
    ("GET", {"host": "evil.example:{port}"}, 421),
    ("GET", {"host": "127.0.0.1"}, 421),
    ("GET", {"host": "127.0.0.1:1"}, 421),
    ("GET", {"host": "127.0.0.1.evil.example:{port}"}, 421),
    ("GET", {"host": "localhost.:{port}"}, 421),
    ("GET", {"host": "0.0.0.0:{port}"}, 421),
    ("GET", {"host": "127.0.0.1:{port}@evil.example"}, 421),
    ("GET", {"host": ""}, 421),
    ("GET", {"host": "evil.example", "x-forwarded-host": HOST}, 421),
    ("GET", {"x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}, 200),
    ("GET", {"origin": "http://127.0.0.1:{port}"}, 200),
    ("GET", {"origin": "http://localhost:{port}"}, 200),
    ("GET", {"origin": EVIL}, 403),
    ("GET", {"origin": "null"}, 403),
    ("GET", {"origin": "https://127.0.0.1:{port}"}, 403),
    ("GET", {"origin": "http://127.0.0.1"}, 403),
    ("GET", {"origin": "http://127.0.0.1:{port}.evil.example"}, 403),
    ("GET", {"origin": "file://"}, 403),
    ("POST", {"origin": "http://127.0.0.1:{port}"}, 200),
    ("POST", {"origin": EVIL}, 403),
    ("POST", {"origin": "null"}, 403),
    ("POST", {"origin": EVIL, **FOLLOWED}, 403),
    ("OPTIONS", {"origin": EVIL, "access-control-request-method": "POST"}, 403),
    ("GET", {"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}, 200),
    ("GET", {"sec-fetch-site": "none", **FOLLOWED}, 200),
    ("GET", {"sec-fetch-site": "cross-site", **FOLLOWED}, 200),
    ("GET", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}, 403),
    ("GET", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}, 403),
    ("GET", {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}, 403),
    ("POST", {"sec-fetch-site": "cross-site", **FOLLOWED}, 403),
]


@pytest.mark.parametrize(("method", "headers", "status"), HEADERS)
def test_only_our_own_pages_and_followed_links_are_let_in(
    server: Running, method: str, headers: dict[str, str], status: int
) -> None:
    port = str(server.address[1])
    given = {name: value.replace("{port}", port) for name, value in headers.items()}
    if method == "POST":
        answer = server.client.post("sparql", data={"query": "ASK {}"}, headers=given)
    else:
        answer = server.client.request(method, "sparql", params={"query": "ASK {}"}, headers=given)
    assert answer.status_code == status
    assert "access-control-allow-origin" not in answer.headers


def test_two_hosts_or_two_origins_are_refused(server: Running) -> None:
    host = f"127.0.0.1:{server.address[1]}"
    for extra in (f"Host: {host}\r\nHost: evil", f"Host: {host}\r\nOrigin: http://{host}\r\nOrigin: {EVIL}"):
        with socket.create_connection(server.address) as line:
            line.sendall(f"GET / HTTP/1.1\r\n{extra}\r\nConnection: close\r\n\r\n".encode())
            assert line.recv(1000).split()[1] in (b"400", b"403")


@pytest.mark.parametrize(
    ("guests", "origin", "allowed"),
    [
        (("https://a.example",), "https://a.example", "https://a.example"),
        (("https://a.example",), "https://b.example", None),
        (("https://a.example",), "http://a.example", None),
        (("*",), "https://b.example", "*"),
    ],
)
def test_other_pages_may_ask_only_where_that_is_asked_for(
    folder: Path, guests: tuple[str, ...], origin: str, allowed: str | None
) -> None:
    with serving(folder, Settings(guests=guests)) as running:
        for method in ("GET", "OPTIONS"):
            answer = running.client.request(
                method, "sparql", params={"query": "ASK {}"}, headers={"origin": origin}
            )
            assert answer.headers.get("access-control-allow-origin") == allowed
            assert (answer.status_code in (200, 204)) == (allowed is not None)


def test_a_token_opens_and_nothing_else_does(folder: Path) -> None:
    def basic(password: str) -> str:
        return f"Basic {base64.b64encode(f'anyone:{password}'.encode()).decode()}"

    with serving(folder, Settings(token="s3cret-ü")) as running:
        for given, status in (
            ("Bearer s3cret-ü", 200),
            ("bearer s3cret-ü", 200),
            (basic("s3cret-ü"), 200),
            ("", 401),
            ("Bearer", 401),
            ("Bearer s3cret", 401),
            ("Basic s3cret-ü", 401),
            (basic("other"), 401),
            ("Basic ////", 401),
            ("Digest s3cret-ü", 401),
        ):
            for path in ("sparql?query=ASK{}", "", "graph.nq", "paper/2409.18747"):
                answer = running.client.get(path, headers={"authorization": given.encode()})
                assert answer.status_code == status, given
        assert running.client.get("").headers["www-authenticate"].startswith("Basic ")


# Requests that are no HTTP


def malformed(number: int) -> bytes:
    """A request that is broken somewhere; which way, the number decides."""
    dice = random.Random(number)
    host = b"Host: 127.0.0.1:%d\r\n"
    good = b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\n" + host + b"Connection: close\r\n\r\n"
    post = b"POST /sparql HTTP/1.1\r\n" + host + b"Content-Type: application/sparql-query\r\n%b\r\nASK {}"
    ways = [
        lambda: bytes(dice.randrange(256) for _ in range(dice.randrange(1, 400))),
        lambda: _mutate(good, dice),
        lambda: _mutate(post.replace(b"%b", b"Content-Length: 6\r\n"), dice),
        lambda: post.replace(
            b"%b", b"Content-Length: %s\r\n" % dice.choice([b"-1", b"x", b"6, 7", b"9" * 30])
        ),
        lambda: post.replace(b"%b", b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n"),
        lambda: post.replace(b"%b", b"Transfer-Encoding: chunked\r\n").replace(
            b"ASK {}", b"zz\r\nASK {}\r\n"
        ),
        lambda: post.replace(
            b"%b", b"Transfer-Encoding: %s\r\n" % dice.choice([b"gzip", b"x", b"chunked, x"])
        ),
        lambda: (
            b"GET /%s HTTP/1.1\r\n" % dice.choice([b"%", b"%zz", b"\xff\xfe", b"%00", b"//", b"\\"])
            + host
            + b"\r\n"
        ),
        lambda: b"GET / HTTP/%s\r\n" % dice.choice([b"9.9", b"1", b"1.1.1", b"x", b"0.9"]) + host + b"\r\n",
        lambda: b"GET / HTTP/1.1\r\n" + host + b"X: " + b"y" * 70_000 + b"\r\n\r\n",
        lambda: b"GET / HTTP/1.1\r\n" + host + b"".join(b"X%d: y\r\n" % i for i in range(2_000)) + b"\r\n",
        lambda: b"GET /" + b"x" * 80_000 + b" HTTP/1.1\r\n" + host + b"\r\n",
        lambda: b"GET / HTTP/1.1\n" + host.replace(b"\r", b"") + b" folded: x\n\n",
        lambda: (
            b"GET / HTTP/1.1\r\n"
            + host
            + b"%b\r\n\r\n" % dice.choice([b"no colon", b": x", b"a b: c", b"\0: x"])
        ),
        lambda: (
            b"%s / HTTP/1.1\r\n" % dice.choice([b"get", b"G\0T", b"", b"X" * 5_000, b"CONNECT"])
            + host
            + b"\r\n"
        ),
        lambda: b"GET http://evil.example/ HTTP/1.1\r\n" + host + b"\r\n",
        lambda: good[: dice.randrange(1, len(good))],
        lambda: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        lambda: (
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(dice.randrange(256) for _ in range(200))
        ),
        lambda: good.replace(b"query=ASK%7B%7D", b"query=%ff%fe&default-graph-uri=%00"),
    ]
    return ways[number % len(ways)]()


def _mutate(request: bytes, dice: random.Random) -> bytes:
    """The request with some bytes gone, doubled, or others."""
    found = bytearray(request)
    for _ in range(dice.randrange(1, 8)):
        place = dice.randrange(len(found))
        match dice.randrange(3):
            case 0:
                del found[place]
            case 1:
                found.insert(place, dice.randrange(256))
            case _:
                found[place] = dice.randrange(256)
    return bytes(found)


def exchange(address: tuple[str, int], request: bytes) -> bytes:
    """What is answered to some bytes, in a quarter of a second."""
    pieces = []
    with socket.create_connection(address, timeout=0.25) as line:
        try:
            line.sendall(request)
            while piece := line.recv(65536):
                pieces.append(piece)
        except (ConnectionError, TimeoutError):
            pass
    return b"".join(pieces)


def test_2000_malformed_requests_get_no_500_and_no_traceback(folder: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "from kg.cli import main; main()",
        "serve",
        "-s",
        str(folder),
        "--port",
        "0",
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stderr and process.stdout
        url = process.stderr.readline().decode().split(" at ")[1].split()[0]
        address = ("127.0.0.1", int(url.rstrip("/").rpartition(":")[2]))
        requests = (malformed(number).replace(b"%d", str(address[1]).encode()) for number in range(2_000))
        with ThreadPoolExecutor(16) as clients:
            answers = list(clients.map(partial(exchange, address), requests))
        assert httpx.get(f"{url}sparql", params={"query": "ASK {}"}).status_code == 200
        process.terminate()
        assert (process.stdout.read(), process.stderr.read()) == (b"", b"")
    statuses = Counter(answer.split()[1] for answer in answers if answer)
    assert not [status for status in statuses if status.startswith(b"5")], statuses
    assert statuses[b"400"] > 500
    assert not [answer for answer in answers if b"Traceback" in answer]


def test_a_slow_body_is_given_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.serve.web._SLOWEST", 0.3)
    with serving(folder) as running, socket.create_connection(running.address) as line:
        host = f"Host: 127.0.0.1:{running.address[1]}\r\n"
        head = f"POST /sparql HTTP/1.1\r\n{host}Content-Type: {QUERY}\r\nContent-Length: 9\r\n\r\nASK"
        line.sendall(head.encode())
        assert line.recv(1000).split()[1] == b"408"


def test_a_slow_head_is_given_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.serve.server._SLOWEST_HEAD", 0.4)
    with serving(folder) as running:
        for first in (b"", b"GET / HTTP/1.1\r\n"):
            with socket.create_connection(running.address, timeout=5) as line:
                line.sendall(first)
                began = time.monotonic()
                with suppress(ConnectionError):
                    assert line.recv(1000) == b""
                assert 0.3 < time.monotonic() - began < 2
        host = f"Host: 127.0.0.1:{running.address[1]}\r\n"
        with socket.create_connection(running.address, timeout=5) as line:
            for _ in range(3):
                line.sendall(f"GET /style.css HTTP/1.1\r\n{host}\r\n".encode())
                assert b"200 OK" in line.recv(100_000)
                time.sleep(0.6)


def test_answers_that_nobody_reads_do_not_pile_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.serve.server._MOST_HELD", 40 * 1024 * 1024)
    monkeypatch.setattr("kg.serve.server._SLOWEST_READER", 3)
    big = urlencode({"query": "SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 30000", "format": "json"})
    with serving(folder) as running, ExitStack() as stack:
        host = f"Host: 127.0.0.1:{running.address[1]}\r\n"
        lines = [stack.enter_context(socket.create_connection(running.address)) for _ in range(8)]
        for line in lines:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.sendall(f"GET /sparql?{big} HTTP/1.1\r\n{host}\r\n".encode())
        time.sleep(2)
        heads = [line.recv(15).split()[1] for line in lines]
        assert set(heads) == {b"200", b"503"}
        time.sleep(3)
        assert running.ask("SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 30000").status_code == 200


# Good clients among attackers


def siege(url: str, clients: int, requests: int, attackers: int) -> tuple[list[float], list[int]]:
    """The seconds and statuses of good clients' requests, while others attack until the last is through."""
    queries = [
        load_queries()[name].sparql for name in ("top-methods", "papers", "counts", "families", "gains")
    ]
    attacks = [
        text for kind in ("cartesian products", "path bombs") for text in HOSTILE_QUERIES[kind].values()
    ]
    seconds, statuses, done = list[float](), list[int](), threading.Event()

    def behave() -> None:
        with httpx.Client(base_url=url, timeout=60) as client:
            for number in range(requests):
                began = time.monotonic()
                answer = client.get("sparql", params={"query": queries[number % len(queries)]})
                seconds.append(time.monotonic() - began)
                statuses.append(answer.status_code)

    def attack(first: int) -> None:
        with httpx.Client(base_url=url, timeout=60) as client:
            while not done.is_set():
                client.post("sparql", data={"query": attacks[first % len(attacks)]})
                first += 1

    good = [threading.Thread(target=behave) for _ in range(clients - attackers)]
    bad = [threading.Thread(target=attack, args=(number,), daemon=True) for number in range(attackers)]
    for thread in (*bad, *good):
        thread.start()
    for thread in good:
        thread.join()
    done.set()
    for thread in bad:
        thread.join()
    return seconds, statuses


def test_good_clients_are_answered_while_others_attack(folder: Path) -> None:
    requests = int(os.environ.get("KG_SIEGE", "20"))
    with serving(folder) as running:
        seconds, statuses = siege(running.url, 16, requests, 2)
    assert statuses == [200] * 14 * requests
    assert quantiles(seconds, n=100)[98] <= 2


if __name__ == "__main__":
    taken, _ = siege(sys.argv[1], 16, 200, 2)
    cuts = quantiles(taken, n=100)
    print(f"{len(taken)} good requests: median {cuts[49]:.3f} s, p99 {cuts[98]:.3f} s")
