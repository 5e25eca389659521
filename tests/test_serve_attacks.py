"""Whoever means harm: hostile queries, requests that are no HTTP, requests that other sites cause.

    python tests/test_serve_attacks.py http://127.0.0.1:8000/

Has good clients ask a server while others attack it, and prints how the good ones fared.
"""

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
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode

import httpx
import pytest
from hostile_queries import EXPECTED, HOSTILE_QUERIES, attack, services
from serving import Running, serving, serving_command
from test_serve import QUERY, TITLES, rows

from kg.queries import load_queries
from kg.serve.limits import Limits
from kg.serve.web import Settings

LIMIT = 1.0
ATTACKS = [(kind, name) for kind, queries in HOSTILE_QUERIES.items() for name in queries]


@pytest.fixture(scope="module")
def server(example: Path) -> Iterator[Running]:
    with serving(example, Settings(limits=Limits(seconds=LIMIT, memory=256 * 1024 * 1024))) as running:
        yield running


def test_there_are_hostile_queries_of_many_kinds() -> None:
    assert len(ATTACKS) >= 40
    assert len(HOSTILE_QUERIES) >= 10


@pytest.mark.parametrize(("kind", "name"), ATTACKS, ids=[": ".join(attack) for attack in ATTACKS])
def test_a_hostile_query_ends_in_an_error_in_time_and_the_server_lives(
    server: Running, kind: str, name: str
) -> None:
    answer, seconds = attack(server.client, kind, name)
    assert seconds < LIMIT + 1
    assert answer.status_code in EXPECTED[kind], answer.text[:300]
    assert answer.text.strip()
    assert len(rows(server.ask(TITLES))) == 10


def test_what_wants_too_much_memory_is_told_so(example: Path) -> None:
    with serving(example, Settings(limits=Limits(seconds=30, memory=64 * 1024 * 1024))) as running:
        answer, seconds = attack(running.client, "memory bombs", "doubling")
        assert (answer.status_code, answer.text) == (
            507,
            "the query takes more memory than it may; ask for less, or add a LIMIT\n",
        )
        assert seconds < 10


def test_what_wants_too_much_time_is_told_so(example: Path) -> None:
    with serving(example, Settings(limits=Limits(seconds=0.5))) as running:
        answer, seconds = attack(running.client, "path bombs", "twelve steps")
        assert (answer.status_code, answer.text) == (
            504,
            "the query takes longer than 0.5 s; ask for less, or add a LIMIT\n",
        )
        assert 0.5 <= seconds < 1.5


# Nothing leaves


@contextmanager
def canary() -> Iterator[tuple[str, Callable[[], list[object]]]]:
    """An address, and what tells who connected to it; that connects itself and must be heard."""
    heard, own = list[object](), set[object]()

    def listen(listening: socket.socket) -> None:
        while True:
            try:
                line, peer = listening.accept()
            except OSError:
                return
            heard.append(peer)
            line.close()

    def others() -> list[object]:
        with socket.create_connection(listening.getsockname(), timeout=5) as line:
            own.add(line.getsockname())
            deadline = time.monotonic() + 5
            while line.getsockname() not in heard:
                assert time.monotonic() < deadline, "the canary is deaf"
                time.sleep(0.01)
        return [peer for peer in heard if peer not in own]

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=listen, args=(listening,), daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/", others
        listening.shutdown(socket.SHUT_RDWR)


def test_the_canary_hears_who_says_nothing() -> None:
    with canary() as (where, others):
        assert others() == []
        url = httpx.URL(where)
        for _ in range(3):
            with socket.create_connection((url.host, url.port or 0)) as line:
                assert others()[-1] == line.getsockname()
        assert len(others()) == 3


def test_no_query_calls_out(server: Running) -> None:
    with canary() as (where, others):
        refused = services(where) | {"LOAD": f"LOAD <{where}>"}
        answered = {
            "FROM": f"SELECT * FROM <{where}> {{ ?s ?p ?o }}",
            "FROM NAMED": f"SELECT * FROM NAMED <{where}> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
            "GRAPH": f"SELECT * {{ GRAPH <{where}> {{ ?s ?p ?o }} }}",
            "DESCRIBE": f"DESCRIBE <{where}>",
        }
        for status, queries in ((400, refused), (200, answered)):
            for name, text in queries.items():
                answer = server.client.post("sparql", content=text.encode(), headers={"content-type": QUERY})
                assert answer.status_code == status, (name, answer.text)
        for kind in ("default", "named"):
            answer = server.client.get("sparql", params={"query": "ASK {}", f"{kind}-graph-uri": where})
            assert answer.status_code == 200
        assert others() == []


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
    with canary() as (where, others):
        script = CONFINED.replace("PORT", where.rpartition(":")[2].strip("/"))
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        assert others() == []
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
    example: Path, guests: tuple[str, ...], origin: str, allowed: str | None
) -> None:
    with serving(example, Settings(guests=guests)) as running:
        for method in ("GET", "OPTIONS"):
            answer = running.client.request(
                method, "sparql", params={"query": "ASK {}"}, headers={"origin": origin}
            )
            assert answer.headers.get("access-control-allow-origin") == allowed
            assert (answer.status_code in (200, 204)) == (allowed is not None)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_token_opens_and_nothing_else_does(example: Path, host: str) -> None:
    def basic(password: str) -> str:
        return f"Basic {base64.b64encode(f'anyone:{password}'.encode()).decode()}"

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = "" if host == "127.0.0.1" else f"http://localhost:{port}/"
    with serving(example, Settings(host=host, token="s3cret-ü", url=url), port) as running:
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


def malformed(number: int, host: bytes) -> bytes:
    """A request that is broken somewhere, or odd; which way, the number decides, and it is in there too."""
    dice, n = random.Random(number), b"%d" % number
    host_line = b"Host: " + host + b"\r\n"
    good = b"GET /sparql?query=ASK%7B%7D&n=" + n + b" HTTP/1.1\r\n" + host_line + b"Connection: close\r\n\r\n"
    post = (
        b"POST /sparql?n="
        + n
        + b" HTTP/1.1\r\n"
        + host_line
        + b"Content-Type: application/sparql-query\r\n@\r\nASK {}"
    )

    def noise(size: int) -> bytes:
        return bytes(dice.randrange(256) for _ in range(size))

    def get(path: bytes, lines: bytes = b"", version: bytes = b"1.1", method: bytes = b"GET") -> bytes:
        return method + b" " + path + b" HTTP/" + version + b"\r\n" + host_line + lines + b"\r\n"

    def pick(*choices: bytes) -> bytes:
        return dice.choice(choices).replace(b"@", n)

    ways = [
        lambda: noise(dice.randrange(8, 400)),
        lambda: _mutate(good, dice),
        lambda: _mutate(post.replace(b"@", b"Content-Length: 6\r\n"), dice),
        lambda: post.replace(b"@", b"Content-Length: " + pick(b"-@", b"x@", b"6, @", b"9" * 30) + b"\r\n"),
        lambda: post.replace(b"@", b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n"),
        lambda: post.replace(b"@", b"Transfer-Encoding: chunked\r\n") + pick(b"zz@\r\nx\r\n", b"-@\r\n"),
        lambda: post.replace(b"@", b"Transfer-Encoding: " + pick(b"gzip", b"x@", b"chunked, @") + b"\r\n"),
        lambda: get(pick(b"/@%", b"/%zz@", b"/@\xff\xfe", b"/@%00", b"//@", b"/\\@", b"@", b"/ @")),
        lambda: get(b"/" + n, version=pick(b"9.@", b"1", b"1.1.@", b"x@", b"0.9", b"")),
        lambda: get(b"/" + n, b"X: " + b"y" * 70_000 + b"\r\n"),
        lambda: get(b"/" + n, b"".join(b"X%d: y\r\n" % i for i in range(2_000))),
        lambda: get(b"/" + b"x" * 80_000 + n),
        lambda: b"GET /" + n + b" HTTP/1.1\n" + host_line.replace(b"\r", b"") + b" folded: x\n\n",
        lambda: get(b"/" + n, pick(b"no colon", b": @", b"a b: c", b"\0: x", b"x\xff: @") + b"\r\n"),
        lambda: get(b"/" + n, method=pick(b"get", b"G\0T", b"", b"X" * 5_000, b"CONNECT", b"G(T)")),
        lambda: get(b"http://evil" + n + b".example/"),
        lambda: get(b"/" + n, b"X: y\r\n")[: -dice.randrange(1, 30)],
        lambda: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + noise(9),
        lambda: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + noise(200),
        lambda: good.replace(b"query=ASK%7B%7D", b"query=%ff%fe&default-graph-uri=%00"),
    ]
    return ways[number % len(ways)]()


def _mutate(request: bytes, dice: random.Random) -> bytes:
    """The request with some bytes gone, doubled, or others; one of them belongs in no head."""
    found = bytearray(request)
    for _ in range(dice.randrange(8)):
        place = dice.randrange(len(found))
        match dice.randrange(3):
            case 0:
                del found[place]
            case 1:
                found.insert(place, dice.randrange(256))
            case _:
                found[place] = dice.randrange(256)
    found.insert(dice.randrange(len(found) // 2), dice.choice(b"\0\r\x01\x7f\xff"))
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


def test_2000_malformed_requests_get_no_500_and_no_traceback(example: Path) -> None:
    with serving_command(example) as (url, process):
        where = httpx.URL(url)
        requests = [malformed(number, where.netloc) for number in range(2_000)]
        assert len({*requests}) == 2_000
        with ThreadPoolExecutor(16) as clients:
            answers = list(clients.map(partial(exchange, (where.host, where.port or 0)), requests))
        assert httpx.get(f"{url}sparql", params={"query": "ASK {}"}).status_code == 200
        process.terminate()
        assert process.stdout and process.stderr
        assert (process.stdout.read(), process.stderr.read()) == ("", "")
    statuses = Counter(int(answer.split()[1]) if answer else 0 for answer in answers)
    print("statuses, 0 where nothing is answered:", dict(sorted(statuses.items())))
    assert not [status for status in statuses if status >= 500]
    assert statuses[400] > 1_000
    assert not [answer for answer in answers if answer and not answer.startswith(b"HTTP/1.1 ")]
    assert not [answer for answer in answers if b"Traceback" in answer]


def test_a_slow_body_is_given_up(example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.serve.web._SLOWEST", 0.3)
    with serving(example) as running, socket.create_connection(running.address) as line:
        host = f"Host: 127.0.0.1:{running.address[1]}\r\n"
        head = f"POST /sparql HTTP/1.1\r\n{host}Content-Type: {QUERY}\r\nContent-Length: 9\r\n\r\nASK"
        line.sendall(head.encode())
        assert line.recv(1000).split()[1] == b"408"


def test_a_slow_head_is_given_up(example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.serve.server._SLOWEST_HEAD", 0.4)
    with serving(example) as running:
        for first in (b"", b"GET / HTTP/1.1\r\n"):
            with socket.create_connection(running.address, timeout=5) as line:
                line.sendall(first)
                began = time.monotonic()
                with suppress(ConnectionError):
                    assert line.recv(1000) == b""
                assert 0.3 < time.monotonic() - began < 2
        for _ in range(3):
            assert running.client.get("style.css").status_code == 200
            time.sleep(0.6)


def test_answers_that_nobody_reads_do_not_pile_up(example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.serve.server._MOST_HELD", 40 * 1024 * 1024)
    monkeypatch.setattr("kg.serve.server._SLOWEST_READER", 3)
    big = urlencode({"query": "SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 30000", "format": "json"})
    with serving(example) as running, ExitStack() as stack:
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


def to_bound(name: str, **values: str) -> str:
    """A named query with its parameters bound, as one who asks by HTTP writes it."""
    bound = "".join(f'\n  VALUES ?{name} {{ "{value}" }}' for name, value in values.items())
    return load_queries()[name].sparql.replace("WHERE {", f"WHERE {{{bound}", 1)


def siege(url: str, clients: int, requests: int, attackers: int) -> list[tuple[float, int]]:
    """Good clients' requests, each with its seconds and status, while others attack until all are through.

    Status 0 is that of a request that was not answered. Who dies of something else fails the whole.
    """
    queries = [
        to_bound("leaderboard", benchmark="GLUE"),
        to_bound("results-of", thing="GPT-4"),
        to_bound("compared-with", thing="GPT-4"),
        to_bound("digest-days"),
        TITLES + " LIMIT 20",
    ]
    attacks = [
        text for kind in ("cartesian products", "path bombs") for text in HOSTILE_QUERIES[kind].values()
    ]
    done = threading.Event()

    def behave() -> list[tuple[float, int]]:
        found = []
        with httpx.Client(base_url=url, timeout=60) as client:
            for number in range(requests):
                began = time.monotonic()
                try:
                    status = client.get(
                        "sparql", params={"query": queries[number % len(queries)]}
                    ).status_code
                except httpx.HTTPError:
                    status = 0
                found.append((time.monotonic() - began, status))
        return found

    def attack_on(first: int) -> int:
        with httpx.Client(base_url=url, timeout=60) as client:
            while not done.is_set():
                client.post("sparql", data={"query": attacks[first % len(attacks)]})
                first += 1
        return first

    with ThreadPoolExecutor(clients) as threads:
        bad = [threads.submit(attack_on, number) for number in range(attackers)]
        good = [threads.submit(behave) for _ in range(clients - attackers)]
        try:
            found = [each for client in good for each in client.result()]
        finally:
            done.set()
        for number, client in enumerate(bad):
            assert client.result() > number, "nobody attacked"
    return found


def test_good_clients_are_answered_while_others_attack(example: Path) -> None:
    requests = int(os.environ.get("KG_SIEGE", "20"))
    with serving(example) as running:
        found = siege(running.url, 16, requests, 2)
    assert Counter(status for _, status in found) == {200: 14 * requests}
    assert quantiles([seconds for seconds, _ in found], n=100)[98] <= 2


def main(url: str) -> None:
    found = siege(url, 16, 200, 2)
    statuses = Counter(status for _, status in found)
    cuts = quantiles([seconds for seconds, _ in found], n=100)
    print(f"{len(found)} good requests, {len(found) - statuses[200]} failures {dict(statuses)}")
    print(f"median {cuts[49]:.3f} s, p99 {cuts[98]:.3f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
