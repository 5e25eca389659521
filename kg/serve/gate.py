"""Who may ask, and the headers of every answer. Localhost is not trusted: any page in a browser reaches it.

A page elsewhere can have a browser send requests here. So a request is let in only if it names one of our
own hosts (a name that is made to point here is none), and if no other site has caused it, except one that
was allowed with `--cors`, or by going to a page, as a link does. A token can be asked for; on another address
than this machine's it must be.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Entry", "Gate", "to_entry"]

_LOCAL = ("127.0.0.1", "localhost", "[::1]")
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "vary": "Accept, Origin",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """Who is let in: `hosts` and `origins` are ours, `guests` other origins, or `*`."""

    hosts: frozenset[str]
    origins: frozenset[str]
    guests: frozenset[str] = frozenset()
    token: str = ""


def to_entry(url: str, port: int, guests: Iterable[str] = (), token: str = "") -> Entry:
    """Who is let in at `url`, and at this machine's own names where a port is listened on."""
    own = {f"{name}:{port}" for name in _LOCAL} | ({*_LOCAL} if port == 80 else set())
    public = urlsplit(url.lower())
    origins = {f"http://{host}" for host in own} | {f"{public.scheme}://{public.netloc}"}
    return Entry(frozenset(own | {public.netloc}), frozenset(origins), frozenset(guests), token)


class Gate:
    """An ASGI application that lets requests through to another, or answers 400, 401, 403 or 421 itself."""

    def __init__(self, app: ASGIApp, entry: Entry) -> None:
        self._app = app
        self._entry = entry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")
        guest = bool(origin) and not self._is_own(origin) and self._is_guest(origin)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add_headers(MutableHeaders(scope=message), origin if guest else "")
            await send(message)

        refusal = self._refuse(scope["method"], headers)
        if refusal is None and guest and scope["method"] == "OPTIONS":
            refusal = _allow_methods()
        await (refusal or self._app)(scope, receive, send_with_headers)

    def _refuse(self, method: str, headers: Headers) -> Response | None:
        """The answer to a request that is not let in; None for others."""
        hosts = headers.getlist("host")
        if len(hosts) != 1:
            return _say(400, "a request names one host")
        if hosts[0].lower() not in self._entry.hosts:
            return _say(421, f"this server is not {hosts[0]!r}; start it with --url to give it another name")
        if self._is_foreign(method, headers):
            return _say(
                403, "a page of another site may not ask here; start the server with --cors to let it"
            )
        if method != "OPTIONS" and not self._has_token(headers.get("authorization", "")):
            refusal = _say(401, "a token is asked for: Authorization: Bearer TOKEN, or as a password")
            refusal.headers["www-authenticate"] = 'Basic realm="kg", charset="UTF-8"'
            return refusal
        return None

    def _is_foreign(self, method: str, headers: Headers) -> bool:
        """Whether a page of another site caused a request, other than by going to a page here."""
        origins = headers.getlist("origin")
        if origins:
            return len(origins) > 1 or not (self._is_own(origins[0]) or self._is_guest(origins[0]))
        if headers.get("sec-fetch-site", "none") in ("none", "same-origin") or self._is_guest("*"):
            return False
        followed = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        return not (followed and method in ("GET", "HEAD"))

    def _is_own(self, origin: str) -> bool:
        return origin.lower() in self._entry.origins

    def _is_guest(self, origin: str) -> bool:
        return bool(self._entry.guests & {origin, "*"})

    def _has_token(self, authorization: str) -> bool:
        if not self._entry.token:
            return True
        scheme, _, credentials = authorization.partition(" ")
        given = credentials.strip().encode("latin-1")
        if scheme.lower() == "basic":
            try:
                given = base64.b64decode(given, validate=True).partition(b":")[2]
            except binascii.Error:
                return False
        known = scheme.lower() in ("basic", "bearer")
        return known and hmac.compare_digest(given, self._entry.token.encode())

    def _add_headers(self, headers: MutableHeaders, guest: str) -> None:
        for name, value in _HEADERS.items():
            headers[name] = value
        if guest:
            headers["access-control-allow-origin"] = "*" if "*" in self._entry.guests else guest
            headers["access-control-expose-headers"] = "Kg-Cut, Retry-After"
            headers["cross-origin-resource-policy"] = "cross-origin"


def _allow_methods() -> Response:
    """The answer to what a browser asks before a guest's request."""
    return Response(
        status_code=204,
        headers={
            "access-control-allow-methods": "GET, HEAD, POST",
            "access-control-allow-headers": "Accept, Authorization, Content-Type",
            "access-control-max-age": "600",
        },
    )


def _say(status: int, reason: str) -> PlainTextResponse:
    return PlainTextResponse(f"{reason}\n", status)
