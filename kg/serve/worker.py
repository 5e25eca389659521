"""The processes that answer, started as `python -m kg.serve.worker` with a socket as standard input.

The first process loads the graph and then only forks: each fork is a worker that shares that memory,
answers over a socket of its own, and can do nothing else. It has no file and no connection, and cannot
open one; its memory is bounded; the kernel ends it when an answer takes longer than it may, wherever the
engine is just then. So a query that gets past every other guard still cannot read, write, call or stay.

What the pool asks of the first process, a line each:

    {"seconds": …, "memory": …, …, "url": …, "union": …}   with the file of the graph → loaded, or why not
    fork                                                    → the worker's id, with its socket
    end ID                                                  → how the worker ended
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import socket
import struct
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

from kg.errors import StoreError
from kg.queries import load_queries
from kg.serve.answers import Answer, Context, answer, from_json
from kg.serve.limits import Limits
from kg.snapshot import load_snapshot
from kg.views.site import Site, render_page, to_notice
from kg.vocabulary import Names

__all__ = ["ANSWER", "QUESTION", "main", "to_order"]

QUESTION = struct.Struct("!I")
"""What comes before a question: its length."""

ANSWER = struct.Struct("!II")
"""What comes before an answer: the lengths of its head, which is JSON, and of its body."""

_STACK = 64 * 1024 * 1024
_CHANNEL = 3
"""The one file that a worker keeps beside the three standard ones, which lead nowhere."""


def to_order(limits: Limits, base: str, url: str, union: bool) -> bytes:
    """What the first process is told to load a graph for."""
    order = {"limits": asdict(limits), "base": base, "url": url, "union": union}
    return json.dumps(order).encode() + b"\n"


def main() -> None:
    """Loads the graph that the other end of standard input sends, and forks workers as it is told."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=os.dup(0))
    order, (file,), _, _ = socket.recv_fds(control, 65536, 1)
    try:
        context = _load(json.loads(order), file)
    except StoreError as error:
        control.sendall(json.dumps({"error": str(error)}).encode() + b"\n")
        return
    control.sendall(b"{}\n")
    with control.makefile("rb") as orders:
        for line in orders:
            _obey(line.split(), control, context)


def _load(order: dict[str, object], file: int) -> Context:
    """The graph in memory, and all that workers would else have to load from files."""
    url = str(order["url"])
    site = Site(url, urlsplit(url).path)
    with open(file, "rb") as opened:
        graph = load_snapshot(opened, Names(str(order["base"])), union=bool(order["union"]))
    render_page(to_notice("", ""), site)
    load_queries()
    gc.freeze()
    return Context(graph, site, Limits(**order["limits"]))  # type: ignore[arg-type]


def _obey(words: list[bytes], control: socket.socket, context: Context) -> None:
    if words[0] == b"fork":
        ours, theirs = socket.socketpair()
        child = os.fork()
        if child == 0:
            _become_worker(theirs.fileno(), context)
        socket.send_fds(control, [f"{child}\n".encode()], [ours.fileno()])
        ours.close()
        theirs.close()
    else:
        child = int(words[1])
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        control.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _become_worker(channel: int, context: Context) -> None:
    """Confines this process, and answers until the channel is closed. Does not return."""
    try:
        _confine(channel, context.limits)
        threading.stack_size(_STACK)
        thread = threading.Thread(target=_answer_all, args=(context,))
        thread.start()
        thread.join()
    finally:
        os._exit(0)


def _confine(channel: int, limits: Limits) -> None:
    """Leaves this process one channel, no means to open files or connections, and bounded memory."""
    room = _size() + limits.memory + _STACK
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nowhere, standard)
    os.dup2(channel, _CHANNEL)
    os.closerange(_CHANNEL + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    resource.setrlimit(resource.RLIMIT_NOFILE, (_CHANNEL + 1, _CHANNEL + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (room, room))


def _size() -> int:
    """The bytes of address space that this process has, where the system tells."""
    told = Path("/proc/self/statm")
    return int(told.read_bytes().split()[0]) * resource.getpagesize() if told.exists() else 0


def _answer_all(context: Context) -> None:
    while head := _read(QUESTION.size):
        question = _read(*QUESTION.unpack(head))
        signal.setitimer(signal.ITIMER_REAL, context.limits.seconds)
        found = _answer(question, context)
        signal.setitimer(signal.ITIMER_REAL, 0)
        _write(found)


def _answer(question: bytes, context: Context) -> Answer:
    """The answer; an error of ours is told as one, and the worker lives on."""
    try:
        return answer(from_json(question), context)
    except Exception as error:
        return Answer(
            500, "text/plain; charset=utf-8", f"an error in kg, please report it: {error!r}\n".encode()
        )


def _read(size: int) -> bytes:
    pieces = []
    while size > 0 and (piece := os.read(_CHANNEL, size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _write(found: Answer) -> None:
    head = json.dumps({"status": found.status, "type": found.type, "cut": found.cut}).encode()
    rest = memoryview(ANSWER.pack(len(head), len(found.body)) + head + found.body)
    while rest:
        rest = rest[os.write(_CHANNEL, rest) :]


if __name__ == "__main__":
    main()
