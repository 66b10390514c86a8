"""Requests and replies in HTTP/1.1: what the plain ASGI application and the hot path have in common, and the former.

One callable per venue: no routing, no middleware, no request object but the dialect's own. It never looks into a
request; what it cannot hand to the dialect (too large, not HTTP) it refuses with a front server's error page.
"""

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from simexchange.dialects.base import Dialect, Reply, Request

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MAX_BODY: Final = 1 << 20
"""Bytes; what front servers allow unless told otherwise."""
PLAIN_TEXT: Final = b"text/plain; charset=utf-8"
_HTML: Final = b"text/html"
_PAGE: Final = (
    "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n</body>\r\n</html>\r\n"
)

log = logging.getLogger(__name__)


def answer(dialect: Dialect, request: Request) -> Reply:
    """The dialect's reply; a bug in it is logged with its traceback and answered with a plain 500.

    The line names method and path alone: queries, bodies and headers hold keys and signatures.
    """
    try:
        return dialect.handle(request)
    except Exception:
        log.exception("bug: %s %s of %s failed", request.method, request.path, dialect.name)
        return bug_reply()


def bug_reply() -> Reply:
    return Reply(500, b"Internal Server Error", content_type=PLAIN_TEXT)


def error_page(status: int) -> Reply:
    """What the server in front of a venue says by itself: HTML, where clients expect JSON."""
    return Reply(status, _PAGE.format(f"{status} {HTTPStatus(status).phrase}").encode(), content_type=_HTML)


@lru_cache(maxsize=256)
def _head(status: int, content_type: bytes) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:  # a venue's own number
        phrase = ""
    return b"HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: " % (status, phrase.encode(), content_type)


def render(reply: Reply, connection: bytes = b"", with_body: bool = True) -> bytes:
    """The reply as it goes over the wire; ``connection`` is that header's value, if it is to be sent."""
    body = reply.body
    parts = [_head(reply.status, reply.content_type), b"%d\r\n" % len(body)]
    for name, value in reply.headers:
        parts += (name, b": ", value, b"\r\n")
    if connection:
        parts += (b"Connection: ", connection, b"\r\n")
    parts.append(b"\r\n")
    if with_body:
        parts.append(body)
    return b"".join(parts)


class VenueApplication:
    """A venue as a plain ASGI callable, for any ASGI server; WebSockets never come this way."""

    def __init__(self, dialect: Dialect, max_body: int = MAX_BODY) -> None:
        self.dialect = dialect
        self.max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http", f"a venue port speaks HTTP, not {scope['type']}"
        body = await self._body(receive)
        reply = error_page(413) if body is None else answer(self.dialect, _request(scope, body))
        headers = [
            (b"content-type", reply.content_type),
            (b"content-length", b"%d" % len(reply.body)),
            *reply.headers,
        ]
        if body is None:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})

    async def _body(self, receive: Receive) -> bytes | None:
        """The whole body, or None once it is larger than allowed."""
        message = await receive()
        body: bytes = message.get("body", b"")
        if not message.get("more_body"):
            return body if len(body) <= self.max_body else None
        chunks = [body]
        size = len(body)
        while message.get("more_body") and size <= self.max_body:
            message = await receive()
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
        return b"".join(chunks) if size <= self.max_body else None


def _request(scope: Scope, body: bytes) -> Request:
    client = scope.get("client")
    return Request(
        scope["method"],
        scope["path"],
        scope["query_string"].decode("latin-1"),
        dict(scope["headers"]),
        body,
        client[0] if client else "",
    )
