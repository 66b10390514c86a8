"""A venue of an exchange in this process, reached without a socket: requests go to its event loop, answers come back.

Faults act on them as on a plain ASGI server: an answer may be late, cut off, or never come. WebSockets need the port.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import Future
from typing import Any, Final

from msgspec import Struct

from simexchange.handle.server_thread import ServerThread
from simexchange.handle.waiting import outcome
from simexchange.transports.http import VenueApplication

_PEER: Final = ("127.0.0.1", 0)
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Answer(Struct, frozen=True):
    """``whole``: whether all of the body came that the headers promise."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    whole: bool


class Socketless:
    """One venue. An ASGI application of its own, and what the transports of HTTP clients are made of."""

    def __init__(self, thread: ServerThread, application: VenueApplication) -> None:
        self._thread = thread
        self._application = application

    def begin(
        self, method: str, path: str, query: bytes, headers: list[tuple[bytes, bytes]], body: bytes
    ) -> "Future[Answer]":
        """Ask; who no longer wants the answer cancels the future. Raises Stopped."""
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query,
            "headers": [(name.lower(), value) for name, value in headers],
            "client": _PEER,
        }
        return self._thread.submit(self._answered(scope, body))

    async def _answered(self, scope: dict[str, Any], body: bytes) -> Answer:
        told: list[MutableMapping[str, Any]] = []
        unread = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> MutableMapping[str, Any]:
            if unread:
                return unread.pop()
            await asyncio.Event().wait()  # whoever asked stays until the answer is there, or cancels this
            raise AssertionError("nobody sets it")

        async def send(message: MutableMapping[str, Any]) -> None:
            told.append(message)

        await self._application(scope, receive, send)
        start, *rest = told
        return Answer(
            start["status"], list(start["headers"]), b"".join(part.get("body", b"") for part in rest), bool(rest)
        )

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """ASGI 3, on the caller's event loop; HTTP alone."""
        assert scope["type"] == "http", f"a venue without its socket speaks HTTP, not {scope['type']}"
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        asked = self.begin(scope["method"], scope["path"], scope["query_string"], list(scope["headers"]), body)
        answer = await outcome(asked)
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        if answer.whole:
            await send({"type": "http.response.body", "body": answer.body})
