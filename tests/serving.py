"""A real server over a folder's graph, in a thread of the tests or as the command, on a free port."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from kg.serve.pool import Pool
from kg.serve.web import Settings, run
from kg.store import open_store

__all__ = ["Running", "aside", "finish", "serving", "serving_command", "write_master"]

T = TypeVar("T")

_SLOWEST_START = 60


def aside(work: Callable[[], T]) -> T:
    """What work gives in a thread of its own: Playwright leaves a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()


def finish(work: Coroutine[Any, Any, T]) -> T:
    """What work gives in a loop of its own."""
    return aside(lambda: asyncio.run(work))


@dataclass(frozen=True)
class Running:
    """A server, a client of it, its pool, and the loop that they run in."""

    url: str
    client: httpx.Client
    pool: Pool
    loop: asyncio.AbstractEventLoop

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """What work gives, which is done where the server is."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    @property
    def address(self) -> tuple[str, int]:
        url = httpx.URL(self.url)
        return url.host, url.port or 80

    def ask(self, sparql: str, accept: str = "application/sparql-results+json") -> httpx.Response:
        return self.client.get("sparql", params={"query": sparql}, headers={"accept": accept})


def write_master(folder: Path, quads: bytes) -> None:
    """Makes a folder whose published graph is these N-Quads, whatever they are."""
    with open_store(folder, write=True):
        pass
    (folder / "graph.new").write_bytes(quads)
    (folder / "graph.new").replace(folder / "graph.nq")


@contextmanager
def serving(folder: Path, settings: Settings | None = None, port: int = 0) -> Iterator[Running]:
    """Serves the folder's graph, on a free port if on no other, until the block ends."""
    started = threading.Event()
    found: list[Any] = []
    failed: list[BaseException] = []

    async def main(listening: socket.socket) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def ready(pool: Pool, url: str) -> None:
            found.extend((loop, task, pool, url))
            started.set()

        with suppress(asyncio.CancelledError):
            await run(folder, settings or Settings(), listening, ready, print)

    def work(listening: socket.socket) -> None:
        try:
            asyncio.run(main(listening))
        except BaseException as error:
            failed.append(error)
            started.set()

    host = settings.host if settings else "127.0.0.1"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=256) as listening:
        thread = threading.Thread(target=work, args=(listening,))
        thread.start()
        started.wait()
        if failed:
            raise failed[0]
        loop, task, pool, url = found
        try:
            with httpx.Client(base_url=url, timeout=30) as client:
                yield Running(url, client, pool, loop)
        finally:
            loop.call_soon_threadsafe(task.cancel)
            thread.join()
    if failed:
        raise failed[0]


@contextmanager
def serving_command(folder: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Runs `kg serve` over the folder, on a free port if on no other: its address, and the process.

    The line that it says has been read and is as it must be. The process is killed when the block ends.
    """
    command = [sys.executable, "-c", "from kg.cli import main; main()", "serve", "-s", str(folder)]
    with subprocess.Popen(
        [*command, "--port", "0", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        late = threading.Timer(_SLOWEST_START, process.kill)
        late.start()
        try:
            assert process.stderr
            said = process.stderr.readline()
            late.cancel()
            where = re.fullmatch(
                rf"Serving the graph in {re.escape(str(folder))} at (\S+) \(Ctrl-C ends it\)\.\n", said
            )
            assert where, said + process.stderr.read()
            yield where[1], process
        finally:
            late.cancel()
            process.kill()
