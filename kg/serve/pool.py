"""Questions to workers: some at once, some waiting, the rest sent away; dead workers are replaced.

A graph is held by a process of its own, which forks the workers (kg/serve/worker.py). When a build has
published another graph, that is loaded by another process; once it is there, questions go to its workers,
and the former process ends when it has answered what it was asked.
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
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from kg.errors import KGError, StoreError
from kg.serve.answers import Answer, Question, to_json
from kg.serve.limits import Limits
from kg.serve.worker import ANSWER, QUESTION, to_order
from kg.snapshot import MASTER, open_master, to_version

__all__ = ["Busy", "Pool", "open_pool"]

_GRACE = 0.5
"""Seconds that a worker gets beyond the limit before it is ended from here."""

_LOOK = 1.0
"""Seconds between two looks for a new graph."""


class Busy(KGError):
    """No question can be taken just now."""


@dataclass(eq=False, slots=True)
class _Worker:
    """A worker by its process, with the two ends of its channel."""

    process: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


class _Holder:
    """The process that holds one graph and forks its workers."""

    def __init__(
        self, file: BufferedReader, process: subprocess.Popen[bytes], control: socket.socket
    ) -> None:
        self.file = file
        self.version = to_version(os.fstat(file.fileno()))
        self.idle: list[_Worker] = []
        self.asked = 0
        self.retired = False
        self.lost = False
        self._process = process
        self._control = control
        self._lock = asyncio.Lock()

    async def take(self) -> _Worker:
        """A worker that is idle, or a new one; who is no longer wanted when it is made becomes idle."""
        self.asked += 1
        while self.idle:
            worker = self.idle.pop()
            if not worker.reader.at_eof():
                return worker
            await self._bury(worker)
        making = asyncio.ensure_future(self._make())
        try:
            return await asyncio.shield(making)
        except asyncio.CancelledError:
            making.add_done_callback(lambda made: self.give_back(made.result()))
            raise

    async def _make(self) -> _Worker:
        try:
            async with self._lock:
                process, channel = await asyncio.to_thread(self._fork)
        except OSError as error:
            self.lost = True
            self.asked -= 1
            raise Busy("the graph is being loaded again; ask again in a second") from error
        reader, writer = await asyncio.open_connection(sock=channel)
        return _Worker(process, reader, writer)

    def _fork(self) -> tuple[int, socket.socket]:
        self._control.sendall(b"fork\n")
        said, files, _, _ = socket.recv_fds(self._control, 64, 1)
        if not files:
            raise ConnectionError("the process that holds the graph is gone")
        return int(said), socket.socket(fileno=files[0])

    def give_back(self, worker: _Worker) -> None:
        self.asked -= 1
        self.idle.append(worker)
        self._close_if_done()

    async def end(self, worker: _Worker) -> int:
        """Ends a worker that is of no more use; returns its exit code, or minus the signal that ended it."""
        status = await self._bury(worker)
        self.asked -= 1
        self._close_if_done()
        return status

    async def _bury(self, worker: _Worker) -> int:
        worker.writer.close()
        async with self._lock:
            return await asyncio.to_thread(self._end, worker.process)

    def _end(self, process: int) -> int:
        try:
            self._control.sendall(f"end {process}\n".encode())
            return int(self._control.recv(64) or -signal.SIGKILL)
        except OSError:
            return -signal.SIGKILL

    def retire(self) -> None:
        """Lets the process end as soon as nobody waits for one of its workers."""
        self.retired = True
        self._close_if_done()

    def _close_if_done(self) -> None:
        if self.retired and not self.asked:
            self.close()

    def close(self) -> None:
        """Ends the process and its workers."""
        for worker in self.idle:
            worker.writer.close()
        self._control.close()
        self.file.close()
        self._process.kill()
        self._process.wait()


async def _open_holder(folder: Path, limits: Limits, url: str, union: bool) -> _Holder:
    """Loads the published graph of a folder in a process of its own. Raises `StoreError`."""
    file, names = open_master(folder)
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "kg.serve.worker"],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
    holder = _Holder(file, process, ours)
    try:
        socket.send_fds(ours, [to_order(limits, names.base, url, union)], [file.fileno()])
        said = await asyncio.to_thread(ours.recv, 65536)
        died = "the process that loads it died, perhaps for want of memory"
        if error := json.loads(said).get("error") if said else died:
            raise StoreError(f"cannot serve the graph in {folder}: {error}")
    except BaseException:
        holder.close()
        raise
    return holder


class Pool:
    """The workers of a folder's published graph. Open it with `open_pool`."""

    def __init__(self, folder: Path, limits: Limits, holder: _Holder) -> None:
        self.limits = limits
        self._folder = folder
        self._holder = holder
        self._asked = 0
        self._free = asyncio.Semaphore(limits.workers)
        self._renewing = asyncio.Lock()

    @property
    def version(self) -> str:
        """Which graph is served now."""
        return self._holder.version

    def open_file(self) -> int:
        """The served graph as a file, to read and to close."""
        return os.dup(self._holder.file.fileno())

    async def ask(self, question: Question) -> Answer:
        """Has a worker answer. Raises `Busy` where too many wait already."""
        if self._asked >= self.limits.workers + self.limits.waiting:
            raise Busy("too many questions at once; ask again in a second")
        self._asked += 1
        try:
            async with self._free:
                return await self._ask(question)
        finally:
            self._asked -= 1

    async def _ask(self, question: Question) -> Answer:
        holder = self._holder
        worker = await holder.take()
        began = time.monotonic()
        try:
            answer = await asyncio.wait_for(_converse(worker, question), self.limits.seconds + _GRACE)
        except (OSError, EOFError, TimeoutError):
            status = await holder.end(worker)
            return self._explain(status, time.monotonic() - began)
        except BaseException:
            await holder.end(worker)
            raise
        holder.give_back(worker)
        return answer

    def _explain(self, status: int, seconds: float) -> Answer:
        """The answer in place of one that a worker did not live to give."""
        if status == -signal.SIGALRM or seconds >= self.limits.seconds:
            reason = f"the query takes longer than {self.limits.seconds:g} s; ask for less, or add a LIMIT"
            return Answer(504, "text/plain; charset=utf-8", f"{reason}\n".encode())
        reason = "the query takes more memory than it may; ask for less, or add a LIMIT"
        return Answer(507, "text/plain; charset=utf-8", f"{reason}\n".encode())

    async def renew(self, url: str, union: bool) -> bool:
        """Goes over to the graph that is published now, if it is another or ours is lost; tells whether."""
        async with self._renewing:
            same = to_version((self._folder / MASTER).stat()) == self.version
            if same and not self._holder.lost:
                return False
            former, self._holder = self._holder, await _open_holder(self._folder, self.limits, url, union)
            former.retire()
            return True

    def close(self) -> None:
        """Ends all processes."""
        self._holder.close()


async def _converse(worker: _Worker, question: Question) -> Answer:
    text = to_json(question)
    worker.writer.write(QUESTION.pack(len(text)) + text)
    await worker.writer.drain()
    head, body = ANSWER.unpack(await worker.reader.readexactly(ANSWER.size))
    found = json.loads(await worker.reader.readexactly(head))
    return Answer(found["status"], found["type"], await worker.reader.readexactly(body), found["cut"])


@asynccontextmanager
async def open_pool(folder: Path, limits: Limits, url: str, *, union: bool = True) -> AsyncIterator[Pool]:
    """Serves the published graph of a folder, and goes over to each that is published while it does.

    Raises `StoreError` where there is none.
    """
    pool = Pool(folder, limits, await _open_holder(folder, limits, url, union))
    watching = asyncio.create_task(_watch(pool, url, union))
    try:
        yield pool
    finally:
        watching.cancel()
        pool.close()


async def _watch(pool: Pool, url: str, union: bool) -> None:
    """Looks for a new graph, for good; one that cannot be loaded is tried again."""
    while True:
        await asyncio.sleep(_LOOK)
        try:
            await pool.renew(url, union)
        except (KGError, OSError):
            continue
