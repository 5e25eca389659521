"""The routes of the server, and running it."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import (
    HTMLResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route
from starlette.types import ASGIApp

from kg.errors import KGError
from kg.serve.gate import Gate, to_entry
from kg.serve.limits import Limits
from kg.serve.pool import Busy, Pool, open_pool
from kg.serve.protocol import TRIPLES, Refused, choose_format, parse_query_request
from kg.serve.questions import (
    Answer,
    NamePage,
    Node,
    QueryPage,
    Question,
    SearchPage,
    Service,
    Sparql,
    StartPage,
    Void,
)
from kg.serve.server import Outbox, to_server
from kg.views.page import Site, read_style, render_page, to_sentence, to_site
from kg.views.site import to_notice

__all__ = ["Settings", "run", "serve"]

_LONGEST_BODY = 1_000_000
_PIECE = 256 * 1024
_SLOWEST = 10.0
"""Seconds within which the body of a request must be here."""

_DATA = TRIPLES[:-1]
"""The formats of triples for programs."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a folder's graph is served. Raises `KGError` on what would leave the server open, or nowhere.

    `url` is the public address, where it is another than `host` and `port` say; `guests` are the origins
    whose pages may ask. With `union`, the default graph is the union of all graphs, else it is empty.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    url: str = ""
    token: str = ""
    guests: tuple[str, ...] = ()
    union: bool = True
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if not self.is_local and not self.token:
            raise KGError(f"{self.host} can be reached from elsewhere: give a --token, or stay on 127.0.0.1")
        if not self.is_local and not self.url:
            raise KGError(f"{self.host} has no name for others: give with --url by which address they come")
        parts = urlsplit(self.url or "http://x/")
        if not _is_origin(parts) or not parts.path.endswith("/") or parts.query:
            raise KGError(f"{self.url!r} is no address that ends in a slash, as https://kg.example.org/ is")
        for guest in self.guests:
            if guest != "*" and (not _is_origin(urlsplit(guest)) or urlsplit(guest).path):
                raise KGError(f"{guest!r} is no origin, as https://notebook.example.org is; nor is it *")

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches the server."""
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False


def _is_origin(parts: SplitResult) -> bool:
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def serve(folder: Path, settings: Settings, say: Callable[[str], None]) -> None:
    """Serves a folder's graph until it is interrupted, and says where. Raises `KGError`."""
    if os.name != "posix":
        raise KGError("kg serve needs Linux or macOS: its limits rest on what these do to a process")
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listening = socket.create_server((settings.host, settings.port), family=family, backlog=256)
    except OSError as error:
        where = f"{settings.host}, port {settings.port}"
        how = "another --port" if error.errno in (errno.EADDRINUSE, errno.EACCES) else "another --host"
        raise KGError(f"cannot listen on {where}: {error.strerror}; choose {how}") from error

    def ready(pool: Pool, url: str) -> None:
        say(f"Serving the graph in {folder} at {url} (Ctrl-C ends it).")

    with listening, suppress(KeyboardInterrupt):
        asyncio.run(run(folder, settings, listening, ready, say))


async def run(
    folder: Path,
    settings: Settings,
    listening: socket.socket,
    ready: Callable[[Pool, str], None],
    say: Callable[[str], None],
) -> None:
    """Serves on a socket until cancelled or interrupted; `ready` is told when, with the address."""
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    port = listening.getsockname()[1]
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    site = to_site(settings.url or f"http://{host}:{port}/")
    async with open_pool(folder, settings.limits, site.url, union=settings.union, say=say) as pool:
        server = to_server(_make_app(pool, site, settings, port))
        ready(pool, site.url)
        await server.serve(sockets=[listening])


def _make_app(pool: Pool, site: Site, settings: Settings, port: int) -> ASGIApp:
    """The application: routes behind the gate."""
    asking = partial(_asking, pool, site, Outbox())
    routes = [
        Route("/", asking(_ask_start), methods=["GET"]),
        Route("/sparql", asking(_ask_sparql), methods=["GET", "POST"]),
        Route("/sparql/", asking(_ask_sparql), methods=["GET", "POST"]),
        Route("/search", asking(_ask_search), methods=["GET"]),
        Route("/find", asking(_ask_name), methods=["GET"]),
        Route("/query/{name}", asking(_ask_query), methods=["GET"]),
        Route("/.well-known/void", asking(_ask_void), methods=["GET"]),
        Route("/graph.nq", _sending(pool), methods=["GET"]),
        Route("/style.css", _send_style, methods=["GET"]),
        Route("/{path:path}", asking(_ask_node), methods=["GET"]),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: _explain})
    return Gate(app, to_entry(site.url, port, settings.guests, settings.token))


def _explain(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return PlainTextResponse(f"{error.detail}\n", error.status_code, error.headers)


def _asking(
    pool: Pool, site: Site, outbox: Outbox, parse: Callable[[Request], Awaitable[Question]]
) -> Callable[[Request], Awaitable[Response]]:
    """A route that has the pool answer what a request asks."""

    async def respond(request: Request) -> Response:
        try:
            question = await parse(request)
            answer = await _unless_gone(request, pool.ask(question))
            return outbox.post(_to_response(answer, question, site))
        except Refused as refused:
            return PlainTextResponse(f"{refused}\n", refused.status)
        except Busy as busy:
            return PlainTextResponse(f"{busy}\n", 503, {"retry-after": "1"})
        except ClientDisconnect:
            return PlainTextResponse("", 400)

    return respond


async def _unless_gone(request: Request, work: Coroutine[Any, Any, Answer]) -> Answer:
    """What the work gives; it is given up as soon as the client leaves. Raises `ClientDisconnect` then."""
    asked, gone = asyncio.create_task(work), asyncio.create_task(_until_gone(request))
    try:
        await asyncio.wait((asked, gone), return_when=asyncio.FIRST_COMPLETED)
        if not asked.done():
            raise ClientDisconnect
        return asked.result()
    finally:
        asked.cancel()
        gone.cancel()


async def _until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _to_response(answer: Answer, question: Question, site: Site) -> Response:
    if answer.status == 303:
        return RedirectResponse(site.root + answer.body.decode().lstrip("/"), 303)
    if answer.status >= 400 and isinstance(question, Sparql) and question.results == "html":
        return _to_page(answer, question.text, site)
    headers = {"content-type": answer.type} | ({"kg-cut": f"{answer.cut} of more"} if answer.cut else {})
    return Response(answer.body, answer.status, headers)


def _to_page(answer: Answer, sparql: str, site: Site) -> Response:
    """An error as a person sees it, with the query to mend."""
    if answer.type.startswith("text/html"):
        return HTMLResponse(answer.body, answer.status)
    page = to_notice("No answer", to_sentence(answer.body.decode().strip()), sparql)
    return HTMLResponse(render_page(page, site), answer.status)


async def _read_body(request: Request) -> bytes:
    """The body of a request that is neither too long nor too slow."""
    pieces, size = list[bytes](), 0
    try:
        async with asyncio.timeout(_SLOWEST):
            async for piece in request.stream():
                pieces.append(piece)
                size += len(piece)
                if size > _LONGEST_BODY:
                    raise Refused(413, f"a request has at most {_LONGEST_BODY:,} bytes")
    except TimeoutError as error:
        raise Refused(408, f"the request did not arrive within {_SLOWEST:g} s") from error
    return b"".join(pieces)


async def _ask_sparql(request: Request) -> Question:
    accept = ",".join(request.headers.getlist("accept"))
    body = await _read_body(request) if request.method == "POST" else b""
    types = request.headers.getlist("content-type")
    content_type = types[0] if len(types) == 1 else ""
    found = parse_query_request(request.method, request.scope["query_string"], content_type, body, accept)
    if found:
        return found
    format = _choose(request, TRIPLES)
    return StartPage() if format == "html" else Service(format)


async def _ask_start(request: Request) -> Question:
    return StartPage()


async def _ask_search(request: Request) -> Question:
    return SearchPage(request.query_params.get("words", ""))


async def _ask_name(request: Request) -> Question:
    return NamePage(request.query_params.get("name", ""))


async def _ask_query(request: Request) -> Question:
    return QueryPage(request.path_params["name"], tuple(request.query_params.items()))


async def _ask_void(request: Request) -> Question:
    return Void(_choose(request, _DATA))


async def _ask_node(request: Request) -> Question:
    raw: bytes = request.scope["raw_path"]
    path = raw.decode("ascii", "replace").partition("?")[0]
    return Node(path.removeprefix("/"), _choose(request, ("html", *_DATA)))


def _choose(request: Request, formats: tuple[str, ...]) -> str:
    accept = ",".join(request.headers.getlist("accept"))
    return choose_format(request.query_params.get("format", ""), accept, formats)


def _sending(pool: Pool) -> Callable[[Request], Awaitable[Response]]:
    """The route of the whole graph as a file."""

    async def respond(request: Request) -> Response:
        etag = {"etag": f'"{pool.version}"'}
        if request.headers.get("if-none-match") == etag["etag"]:
            return Response(status_code=304, headers=etag)
        file = pool.open_file()
        headers = {
            "content-length": str(os.fstat(file).st_size),
            "content-disposition": 'attachment; filename="graph.nq"',
        }
        return StreamingResponse(_read_file(file), media_type="application/n-quads", headers=headers | etag)

    return respond


async def _read_file(file: int) -> AsyncIterator[bytes]:
    """A file in pieces, from its beginning, wherever others read it; closes it."""
    place = 0
    try:
        while piece := await asyncio.to_thread(os.pread, file, _PIECE, place):
            yield piece
            place += len(piece)
    finally:
        os.close(file)


async def _send_style(request: Request) -> Response:
    return Response(
        read_style(), headers={"content-type": "text/css; charset=utf-8", "cache-control": "max-age=600"}
    )
