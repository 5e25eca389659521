"""The processes that answer, started as `python -m kg.serve.worker` with a socket as standard input.

The first process loads the graph and then only forks: each fork is a worker that shares that memory,
answers over a socket of its own, and can do nothing else. It has no file and no connection, and cannot
open one; its memory is bounded; the kernel ends it when an answer takes longer than it may, wherever the
engine is just then. So a query that gets past every other guard still cannot read, write, call or stay.

What the pool sends to the first process, a line each, and what comes back:

    {"limits": …, "base": …, "url": …, "union": …}    with the file of the graph → {}, or {"error": …}
    fork                                               → the worker's id, with its socket; or -1
    end ID                                             → how the worker ended

They are a group of processes, which ends when the pool closes the socket.
"""

from __future__ import annotations

import errno
import gc
import json
import os
import resource
import signal
import socket
import sys
import threading
from dataclasses import asdict
from pathlib import Path

from kg.errors import StoreError
from kg.queries import load_queries
from kg.serve.answers import Context, answer, make_context
from kg.serve.limits import Limits
from kg.serve.questions import QUESTION, TYPES, Answer, pack_answer, unpack_question
from kg.snapshot import load_snapshot
from kg.views.page import render_page, to_site
from kg.views.site import to_notice
from kg.vocabulary import Names

__all__ = ["main", "to_order"]

_STACK = 64 * 1024 * 1024
_CHANNEL = 3
"""The one file that a worker keeps beside the three standard ones, which lead nowhere."""

_TOLD = 1000
"""Characters of an error that are told."""

_MOST_FILES = 4096
"""More than the first process ever has open."""

_KEPT = 0.25
"""The share of the memory of an answer that a worker may keep when it has answered."""


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
        control.sendall(json.dumps({"error": str(error)[:_TOLD]}).encode() + b"\n")
        return
    control.sendall(b"{}\n")
    with control.makefile("rb") as orders:
        for line in orders:
            _obey(line.split(), control, context)
    os.killpg(0, signal.SIGKILL)


def _load(order: dict[str, object], file: int) -> Context:
    """The graph in memory, and all that workers would else have to load from files."""
    site = to_site(str(order["url"]))
    with open(file, "rb") as opened:
        graph = load_snapshot(opened, Names(str(order["base"])), union=bool(order["union"]))
    render_page(to_notice("", ""), site)
    load_queries()
    context = make_context(graph, site, Limits(**order["limits"]))  # type: ignore[arg-type]
    gc.freeze()
    return context


def _obey(words: list[bytes], control: socket.socket, context: Context) -> None:
    if words[0] == b"fork":
        _fork(control, context)
    else:
        child = int(words[1])
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        control.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _fork(control: socket.socket, context: Context) -> None:
    try:
        ours, theirs = socket.socketpair()
        child = os.fork()
    except OSError:
        control.sendall(b"-1\n")
        return
    if child == 0:
        _become_worker(theirs.fileno(), context)
    socket.send_fds(control, [f"{child}\n".encode()], [ours.fileno()])
    ours.close()
    theirs.close()


def _become_worker(channel: int, context: Context) -> None:
    """Confines this process, and answers until the channel is closed. Does not return."""
    try:
        _confine(channel, context.limits)
        threading.stack_size(_STACK)
        thread = threading.Thread(target=_answer_all, args=(context,))
        thread.start()
        thread.join()
        os._exit(0)
    finally:
        os._exit(1)


def _confine(channel: int, limits: Limits) -> None:
    """Leaves this process one channel, no means to open files or connections, and bounded memory."""
    room = _size() + limits.memory + _STACK
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nowhere, standard)
    os.dup2(channel, _CHANNEL)
    os.closerange(_CHANNEL + 1, _MOST_FILES)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_CHANNEL + 1, _CHANNEL + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (room, room))


def _size() -> int:
    """The bytes of address space that this process has, where the system tells."""
    told = Path("/proc/self/statm")
    return int(told.read_bytes().split()[0]) * resource.getpagesize() if told.exists() else 0


def _answer_all(context: Context) -> None:
    """Answers one question after another; ends where it would keep much memory for good."""
    start = _peak()
    while head := _read(QUESTION.size):
        question = _read(*QUESTION.unpack(head))
        signal.setitimer(signal.ITIMER_REAL, context.limits.seconds)
        found = _answer(question, context)
        signal.setitimer(signal.ITIMER_REAL, 0)
        _write(found)
        if _peak() - start > _KEPT * context.limits.memory:
            return


def _peak() -> int:
    """The most memory that this process ever had, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _answer(question: bytes, context: Context) -> Answer:
    """The answer; an error of ours is told as one, and the worker lives on.

    Where memory ends while Python renders, it may want a file to tell of that, and has none: that is the
    memory's fault too.
    """
    try:
        return answer(unpack_question(question), context)
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.EMFILE:
            return Answer(507, TYPES["text"], b"the answer takes more memory than it may\n")
        return Answer(500, TYPES["text"], f"an error in kg, please report it: {error!r}\n".encode())


def _read(size: int) -> bytes:
    pieces = []
    while size > 0 and (piece := os.read(_CHANNEL, size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _write(found: Answer) -> None:
    rest = memoryview(pack_answer(found))
    while rest:
        rest = rest[os.write(_CHANNEL, rest) :]


if __name__ == "__main__":
    main()
