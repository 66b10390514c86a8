"""The smallest venue there is, and ways to serve it and to talk to it in raw bytes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from simexchange.dialects.base import Dialect, Reply, Request, StreamSession
from simexchange.dialects.gate import lone_gate
from simexchange.transports.port import WireLimits
from simexchange.transports.server import VenueServer, new_event_loop, open_socket
from simexchange.transports.stragglers import Stragglers

T = TypeVar("T")
HOST = "127.0.0.1"
PATIENCE_S = 20.0


class FakeSession(StreamSession):
    """Writes down what it hears; obeys a few words."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []

    def on_open(self) -> None:
        self.heard.append(("open", None))

    def on_text(self, text: str) -> None:
        self.heard.append(("text", text))
        word, _, rest = text.partition(" ")
        if word == "close":
            self.sink.close(int(rest), "as you wish")
        elif word == "bug":
            raise RuntimeError("the session failed")
        elif word == "say":
            for index in range(int(rest)):
                self.sink.send(b"%d" % index)
        elif word == "ping":
            self.sink.ping(rest.encode())
        else:
            self.sink.send(text.encode())

    def on_ping(self, payload: bytes) -> None:
        self.heard.append(("ping", payload))

    def on_pong(self, payload: bytes) -> None:
        self.heard.append(("pong", payload))

    def on_close(self) -> None:
        self.heard.append(("close", None))


class FakeDialect(Dialect):
    """Answers with what it was asked, except at the paths that name something else."""

    name = "fake"

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.sessions: list[FakeSession] = []

    def handle(self, request: Request) -> Reply:
        self.requests.append(request)
        if request.path == "/bug":
            raise RuntimeError("the dialect failed")
        if request.path == "/large":
            return Reply(200, b"x" * int(request.query))
        if request.path == "/teapot":
            return Reply(418, b'{"code":-1003}', ((b"Retry-After", b"7"),))
        text = f"{request.method} {request.path}?{request.query} {request.body.decode('latin-1')}"
        return Reply(200, text.encode())

    def open_stream(self, request: Request) -> StreamSession | Reply:
        self.requests.append(request)
        if request.path == "/bug":
            raise RuntimeError("the dialect failed")
        if request.path != "/ws":
            return Reply(404, b'{"code":404}', ((b"X-Reason", b"unknown"),))
        session = FakeSession()
        self.sessions.append(session)
        return session

    def start(self) -> None:
        """Nothing to do."""


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end on the loop that serves for real, within a bound."""

    async def bounded() -> T:
        async with asyncio.timeout(PATIENCE_S):
            return await work

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(bounded())


@asynccontextmanager
async def serving(
    dialect: Dialect,
    limits: WireLimits | None = None,
    plain_asgi: bool = False,
    stragglers: Stragglers | None = None,
) -> AsyncIterator[VenueServer]:
    server = VenueServer(lone_gate(dialect), open_socket(HOST, 0), HOST, limits or WireLimits(), plain_asgi, stragglers)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


class Wire:
    """A raw connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def read_reply(self, has_body: bool = True) -> tuple[int, dict[bytes, bytes], bytes]:
        """Status, headers (names lower case) and body of the next reply."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        status, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(b": ")
            headers[name.lower()] = value
        size = int(headers.get(b"content-length", b"0")) if has_body else 0
        return int(status.split()[1]), headers, await self.reader.readexactly(size)

    async def read_to_end(self) -> bytes:
        return await self.reader.read()

    def close(self) -> None:
        self.writer.close()


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Wire]:
    wire = Wire(*await asyncio.open_connection(HOST, port))
    try:
        yield wire
    finally:
        wire.close()


async def eventually(holds: Callable[[], bool]) -> None:
    """Let the loop turn until something holds; ``run`` bounds the wait."""
    while not holds():  # noqa: ASYNC110 - the code under test owes nobody an event
        await asyncio.sleep(0.001)


async def refused_or_ended(work: Awaitable[bytes]) -> bytes:
    """What came before the other side closed, however rudely."""
    try:
        return await work
    except ConnectionError:
        return b""
