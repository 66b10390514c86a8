"""Requests and replies in HTTP/1.1: what the plain ASGI application and the hot path have in common, and the former.

One callable per venue: no routing, no middleware, no request object but the dialect's own. It never looks into a
request; what it cannot hand to the dialect (too large, not HTTP) it refuses with a front server's error page.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from msgspec import Struct

from simexchange.dialects.base import Reply, Request
from simexchange.dialects.gate import Gate
from simexchange.services.faults.verdicts import Breakage, Delivery
from simexchange.transports.breakage import altered, write_broken

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MAX_BODY: Final = 1 << 20
"""Bytes; what front servers allow unless told otherwise."""
_CUT: Final = (Breakage.RESET, Breakage.CLOSE, Breakage.TRUNCATE)
_HTML: Final = b"text/html"
_PAGE: Final = (
    "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n</body>\r\n</html>\r\n"
)


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


class AsgiPeer(Struct):
    """One request's client: a plain server does not tell its connections apart."""

    number: int
    source: str


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class VenueApplication:
    """A venue as a plain ASGI callable, for any ASGI server; WebSockets never come this way."""

    def __init__(self, gate: Gate, max_body: int = MAX_BODY) -> None:
        self.gate = gate
        self.max_body = max_body
        self.connections: Callable[[], Iterable[Any]] = tuple
        """The server's, each with its ``client`` and ``transport``; without them an answer is only ever cut short."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http", f"a venue port speaks HTTP, not {scope['type']}"
        body = await self._body(receive)
        delivery = None
        if body is None:
            reply = error_page(413)
        else:
            reply, delivery = await self._answered(_request(scope, body))
            if delivery is not None and self._breaks(scope, reply, delivery):
                await _gone(receive)
                return
        headers = [
            (b"content-type", reply.content_type),
            (b"content-length", b"%d" % len(reply.body)),
            *reply.headers,
        ]
        if body is None:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        if delivery is not None and delivery.how in _CUT:
            return  # less than the headers promise: the server closes the connection
        await send({"type": "http.response.body", "body": reply.body})

    def _breaks(self, scope: Scope, reply: Reply, delivery: Delivery) -> bool:
        """Whether the answer went past the server, or nowhere; the connection ends with it."""
        if delivery.how is Breakage.SILENCE:
            return True
        if delivery.how is Breakage.GARBLE:
            return False
        client = scope.get("client")
        for connection in self.connections():
            transport = connection.transport
            if transport is not None and connection.client == client:
                has_body = scope["method"] != "HEAD"
                data, size = render(reply, b"close", has_body), len(reply.body) if has_body else 0
                write_broken(transport, data, size, delivery, self.gate.later, transport.close)
                return True
        return False

    async def _answered(self, request: Request) -> tuple[Reply, Delivery | None]:
        """The answer, once it is there, and how to break it."""
        gate = self.gate
        peer = AsgiPeer(gate.next_connection(), request.peer)
        if not gate.plan.judges_calls:
            return gate.answer(request, peer.number), None
        answered: asyncio.Future[tuple[Reply | None, Delivery | None]] = asyncio.get_running_loop().create_future()

        def decide(reply: Reply | None, delivery: Delivery | None) -> None:
            if not answered.done():
                answered.set_result((reply, delivery))

        gate.perform(request, peer, decide)
        reply, delivery = await answered
        reply = reply if reply is not None else Reply(500, b"")
        return (reply if delivery is None else altered(reply, delivery)), delivery

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
