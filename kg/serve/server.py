"""Uvicorn as we run it: it says nothing by itself, and waits for nobody long.

Of itself it waits for good for the rest of a request's head, and takes an answer of any size into its
memory for a client that does not read. Here a head has its time, and an answer is handed on in pieces, as
they are read, within a time; and only so much is held for all clients together.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
import uvicorn
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["Outbox", "to_server"]

_MOST_CONNECTIONS = 512
_SLOWEST_HEAD = 10.0
"""Seconds within which a request's head must be there, from the connection or its first byte on."""

_SLOWEST_READER = 60.0
"""Seconds within which an answer must have been read."""

_PIECE = 64 * 1024
_MOST_HELD = 256 * 1024 * 1024
"""Bytes of answers that are held for clients to read them."""


def to_server(app: ASGIApp) -> uvicorn.Server:
    """A server of an application, for sockets that are listening already."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=_Punctual,
            ws="none",
            lifespan="off",
            access_log=False,
            log_level="critical",
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=2,
        )
    )


class _Punctual(H11Protocol):
    """Closes a connection on which the head of a request takes too long, or the oldest idle one of many."""

    _late: asyncio.TimerHandle | None = None
    _began = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._began = self.loop.time()
        if len(self.connections) > _MOST_CONNECTIONS:
            self._make_room()
        self._watch()

    def _make_room(self) -> None:
        others = (each for each in self.connections if isinstance(each, _Punctual))
        idle = [each for each in others if each.conn.their_state is h11.IDLE]
        min(idle, key=lambda each: each._began).transport.abort()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unwatch()

    def _watch(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._unwatch()
        elif self._late is None:
            self._late = self.loop.call_later(_SLOWEST_HEAD, self.transport.abort)

    def _unwatch(self) -> None:
        if self._late:
            self._late.cancel()
            self._late = None


class Outbox:
    """Answers on their way to clients."""

    def __init__(self) -> None:
        self._held = 0

    def post(self, response: Response) -> Response:
        """The response, sent as it is read; or, where too much waits to be read, one that says so."""
        size = len(response.body)
        if self._held + size > _MOST_HELD:
            return PlainTextResponse("too many answers wait to be read\n", 503, {"retry-after": "1"})
        return _Paced(self, response)

    def hold(self, size: int) -> None:
        """Notes that so many bytes more are held; fewer, where it is negative."""
        self._held += size


class _Paced(Response):
    """Sends another response's body in pieces, each when the one before is read."""

    def __init__(self, outbox: Outbox, response: Response) -> None:
        self._outbox = outbox
        self._response = response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body: Any = memoryview(self._response.body)
        head = {"status": self._response.status_code, "headers": self._response.raw_headers}
        self._outbox.hold(len(body))
        try:
            async with asyncio.timeout(_SLOWEST_READER):
                await send({"type": "http.response.start", **head})
                for start in range(0, len(body), _PIECE):
                    piece = bytes(body[start : start + _PIECE])
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                await send({"type": "http.response.body"})
        finally:
            self._outbox.hold(-len(body))
