"""Questions to workers: some at once, some waiting, the rest sent away; dead workers are replaced.

A graph is held by a process of its own, the zygote, which forks the workers (kg/serve/worker.py). When a
build has published another graph, that is loaded by another zygote; once it is there, questions go to its
workers, and the former ends when it has answered what it was asked.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import TypeVar

from kg.errors import KGError, StoreError
from kg.serve.limits import Limits
from kg.serve.questions import ANSWER, TYPES, Answer, Question, Sparql, pack_question, unpack_answer
from kg.serve.worker import to_order
from kg.snapshot import open_master, to_version
from kg.store import MASTER

__all__ = ["Busy", "Pool", "open_pool"]

T = TypeVar("T")

_GRACE = 0.5
"""Seconds that a worker gets beyond the limit before it is ended from here."""

_LOOK = 1.0
"""Seconds between two looks for a new graph."""

_QUICK = 2.0
"""Seconds after which a question gives way to others; sooner, it may be one that waits for its turn."""

_NICE = 15

_PATIENCE = 2
"""How many times as long as an answer may take a question waits for a worker."""

_PAGES = 2
"""Workers for pages and tools, which queries cannot take from them."""


class Busy(KGError):
    """No question can be taken just now."""


class _Lost(Exception):
    """The zygote is gone."""


@dataclass(eq=False, slots=True)
class _Worker:
    """A worker by its process, with the two ends of its channel."""

    process: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    slow: bool = False

    def give_way(self) -> None:
        """Lets others go first from now on, and for good: the system lets nobody take that back."""
        self.slow = True
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.process, _NICE)


class _Zygote:
    """The process that holds one graph and forks its workers."""

    def __init__(
        self, file: BufferedReader, process: subprocess.Popen[bytes], control: socket.socket
    ) -> None:
        self.file = file
        self.version = to_version(os.fstat(file.fileno()))
        self.lost = False
        self.process = process
        self.idle: list[_Worker] = []
        self._control = control
        self._in_use = 0
        self._retired = False
        self._lock = asyncio.Lock()

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Keeps the process, even when it is retired meanwhile."""
        self._in_use += 1
        try:
            yield
        finally:
            self._in_use -= 1
            self._close_if_done()

    async def take(self) -> _Worker:
        """A worker that is idle, or a new one, which becomes idle where nobody waits for it any longer."""
        while self.idle:
            worker = self.idle.pop()
            if not worker.reader.at_eof():
                return worker
            await self.end(worker)
        making = asyncio.ensure_future(self._make())
        try:
            return await asyncio.shield(making)
        except asyncio.CancelledError:
            making.add_done_callback(self._keep)
            raise

    def _keep(self, made: asyncio.Future[_Worker]) -> None:
        if not made.cancelled() and made.exception() is None:
            self.idle.append(made.result())
            self._close_if_done()

    async def _make(self) -> _Worker:
        try:
            process, channel = await self._order(self._fork)
        except (_Lost, OSError) as error:
            self.lost = True
            raise Busy("the graph is being loaded again; ask again in a second") from error
        if channel is None:
            raise Busy("the system has no room for another process; ask again in a second")
        reader, writer = await asyncio.open_connection(sock=channel)
        return _Worker(process, reader, writer)

    def _fork(self) -> tuple[int, socket.socket | None]:
        self._control.sendall(b"fork\n")
        said, files, _, _ = socket.recv_fds(self._control, 64, 1)
        if not said:
            raise _Lost
        return int(said), socket.socket(fileno=files[0]) if files else None

    async def give_back(self, worker: _Worker) -> None:
        """Keeps a worker for the next question, unless it has become slow."""
        if worker.slow:
            await self.end(worker)
        else:
            self.idle.append(worker)

    async def end(self, worker: _Worker) -> int:
        """Ends a worker that is of no more use, for certain, whoever waits for it.

        Returns its exit code, or minus the signal that ended it.
        """
        worker.writer.close()
        return await asyncio.shield(asyncio.ensure_future(self._order(partial(self._end, worker.process))))

    def _end(self, process: int) -> int:
        try:
            self._control.sendall(f"end {process}\n".encode())
            return int(self._control.recv(64) or -signal.SIGKILL)
        except OSError:
            return -signal.SIGKILL

    async def _order(self, order: Callable[[], T]) -> T:
        """Gives the process one order, and waits for what it says to it before the next."""
        async with self._lock:
            return await asyncio.to_thread(order)

    def retire(self) -> None:
        """Lets the process end as soon as nobody waits for one of its workers."""
        self._retired = True
        self._close_if_done()

    def _close_if_done(self) -> None:
        if self._retired and not self._in_use:
            self.close()

    def close(self) -> None:
        """Ends the process and its workers, which are of its group."""
        if self.file.closed:
            return
        for worker in self.idle:
            worker.writer.close()
        self.idle.clear()
        self._control.close()
        self.file.close()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


async def _open_zygote(folder: Path, limits: Limits, url: str, union: bool) -> _Zygote:
    """Loads the published graph of a folder in a process of its own. Raises `StoreError`."""
    file, names = await asyncio.to_thread(open_master, folder)
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "kg.serve.worker"],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
    zygote = _Zygote(file, process, ours)
    try:
        order = to_order(limits, names.base, url, union)
        said = await asyncio.to_thread(_send_graph, ours, order, file)
        if error := json.loads(said).get("error"):
            raise StoreError(f"cannot serve {folder / MASTER}: {error}")
    except BaseException:
        zygote.close()
        raise
    return zygote


def _send_graph(control: socket.socket, order: bytes, file: BufferedReader) -> bytes:
    """What the process says when it has loaded the graph, or died of it."""
    died = b'{"error": "the process that loads it died, perhaps for want of memory"}'
    try:
        socket.send_fds(control, [order], [file.fileno()])
        return control.recv(65536) or died
    except OSError:
        return died


class _Lane:
    """Lets so many in at once; so many more wait, each for so long; others are sent away."""

    def __init__(self, workers: int, waiting: int, seconds: float) -> None:
        self._most = workers + waiting
        self._seconds = seconds
        self._inside = 0
        self._free = asyncio.Semaphore(workers)

    @asynccontextmanager
    async def enter(self) -> AsyncIterator[None]:
        if self._inside >= self._most:
            raise Busy("too many questions at once; ask again in a second")
        self._inside += 1
        try:
            try:
                async with asyncio.timeout(self._seconds):
                    await self._free.acquire()
            except TimeoutError:
                raise Busy("others have been asking for long; ask again in a second") from None
            try:
                yield
            finally:
                self._free.release()
        finally:
            self._inside -= 1


class Pool:
    """The workers of a folder's published graph. Open it with `open_pool`."""

    def __init__(self, folder: Path, limits: Limits, url: str, union: bool, zygote: _Zygote) -> None:
        self.limits = limits
        self._folder = folder
        self._url = url
        self._union = union
        self._zygotes = [zygote]
        self._queries = _Lane(limits.workers, limits.waiting, _PATIENCE * limits.seconds)
        self._pages = _Lane(_PAGES, limits.waiting, _PATIENCE * limits.seconds)
        self._renewing = asyncio.Lock()

    @property
    def _zygote(self) -> _Zygote:
        return self._zygotes[-1]

    @property
    def version(self) -> str:
        """Which graph is served now."""
        return self._zygote.version

    def open_file(self) -> int:
        """The served graph as a file, to read and to close."""
        return os.dup(self._zygote.file.fileno())

    async def ask(self, question: Question) -> Answer:
        """Has a worker answer. Raises `Busy` where too many wait already."""
        lane = self._queries if isinstance(question, Sparql) else self._pages
        async with lane.enter():
            zygote = self._zygote
            with zygote.in_use():
                return await self._ask(zygote, question)

    async def _ask(self, zygote: _Zygote, question: Question) -> Answer:
        worker = await zygote.take()
        began = time.monotonic()
        slowing = asyncio.get_running_loop().call_later(_QUICK, worker.give_way)
        try:
            async with asyncio.timeout(self.limits.seconds + _GRACE):
                answer = await self._converse(worker, question)
        except (OSError, EOFError, TimeoutError):
            status = await zygote.end(worker)
            if status == 0:  # it had ended before the question came
                return await self._ask(zygote, question)
            return self._explain(status, time.monotonic() - began)
        except BaseException:
            await zygote.end(worker)
            raise
        finally:
            slowing.cancel()
        await zygote.give_back(worker)
        return answer

    async def _converse(self, worker: _Worker, question: Question) -> Answer:
        worker.writer.write(pack_question(question))
        await worker.writer.drain()
        head, body = ANSWER.unpack(await worker.reader.readexactly(ANSWER.size))
        if body > self.limits.size:
            raise EOFError(f"an answer of {body} bytes")
        said = await worker.reader.readexactly(head)
        return unpack_answer(said, await worker.reader.readexactly(body))

    def _explain(self, status: int, seconds: float) -> Answer:
        """The answer in place of one that a worker did not live to give."""
        if status == -signal.SIGALRM or seconds >= self.limits.seconds:
            reason = f"the query takes longer than {self.limits.seconds:g} s; ask for less, or add a LIMIT"
            return Answer(504, TYPES["text"], f"{reason}\n".encode())
        if status < 0:
            reason = "the query takes more memory than it may; ask for less, or add a LIMIT"
            return Answer(507, TYPES["text"], f"{reason}\n".encode())
        return Answer(500, TYPES["text"], b"a worker of kg ended by itself; ask again, and report it\n")

    async def renew(self) -> bool:
        """Goes over to the graph that is published now, if it is another or ours is lost; tells whether.

        Raises `StoreError` and `OSError`; the former graph then goes on.
        """
        async with self._renewing:
            same = to_version((self._folder / MASTER).stat()) == self.version
            if same and not self._zygote.lost:
                return False
            zygote = await _open_zygote(self._folder, self.limits, self._url, self._union)
            former = self._zygote
            self._zygotes = [each for each in self._zygotes if not each.file.closed] + [zygote]
            former.retire()
            return True

    def close(self) -> None:
        """Ends all processes."""
        for zygote in self._zygotes:
            zygote.close()


@asynccontextmanager
async def open_pool(
    folder: Path, limits: Limits, url: str, *, union: bool = True, say: Callable[[str], None] = print
) -> AsyncIterator[Pool]:
    """Serves the published graph of a folder, and goes over to each that is published while it does.

    Raises `StoreError` where there is none; says why a later one cannot be served.
    """
    pool = Pool(folder, limits, url, union, await _open_zygote(folder, limits, url, union))
    watching = asyncio.create_task(_watch(pool, folder, say))
    try:
        yield pool
    finally:
        watching.cancel()
        pool.close()


async def _watch(pool: Pool, folder: Path, say: Callable[[str], None]) -> None:
    """Looks for a new graph, for good; one that cannot be served is told once."""
    failed = version = ""
    while True:
        await asyncio.sleep(_LOOK)
        try:
            version = to_version((folder / MASTER).stat())
            if version != failed:
                await pool.renew()
        except FileNotFoundError:
            continue
        except Exception as error:
            failed = version
            say(f"{error}; the graph before it is served on")
