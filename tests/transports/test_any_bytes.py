"""Whatever bytes a client sends, in whatever pieces, it gets replies or a refusal, and nothing is logged as a bug."""

import asyncio
import logging
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from fake_venue import FakeDialect
from simexchange.dialects.gate import lone_gate
from simexchange.transports.hot_path import HttpProtocol
from simexchange.transports.port import Port, WireLimits

HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
PARTS = (
    b"GET ",
    b"POST ",
    b"CONNECT a:1 ",
    b"/x?a=1&b=%zz",
    b"http://h/%ff?#",
    b"*",
    b" HTTP/1.1\r\n",
    b" HTTP/1.0\r\n",
    b"Content-Length: 5\r\n",
    b"Content-Length: 99999999999999999999\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Expect: 100-continue\r\n",
    b"Connection: upgrade\r\n",
    b"Upgrade: h2c\r\n",
    b"Upgrade: websocket\r\n",
    b"Connection: close\r\n",
    b"X: \xff\xfe\r\n",
    b"\r\n",
    b"5\r\nabcde\r\n",
    b"0\r\n\r\n",
    b"GET /x HTTP/1.1\r\n\r\n",
    b"POST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
    HANDSHAKE,
)
FRAMES = st.builds(
    lambda opcode, data, fin: Frame(opcode, data, fin).serialize(mask=True) if len(data) < 126 or opcode < 8 else data,
    st.sampled_from(Opcode),
    st.binary(max_size=200),
    st.just(True),
)


class Wires(asyncio.Transport):
    """A transport that remembers what was written and serves nobody."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.written = bytearray()
        self.protocol: asyncio.BaseProtocol | None = None
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        """Nobody minds."""

    def pause_reading(self) -> None:
        """Nobody minds."""

    def resume_reading(self) -> None:
        """Nobody minds."""


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


class Complaints(logging.Handler):
    """Collects what is logged as a bug."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


def feed(loop: asyncio.AbstractEventLoop, chunks: list[bytes]) -> tuple[bytes, FakeDialect]:
    """Everything written in answer; the session, if one was opened, has ended."""
    dialect = FakeDialect()
    wires = Wires()
    port = Port(lone_gate(dialect), loop, WireLimits(max_head=500, max_body=300, max_message=150))
    wires.protocol = HttpProtocol(port)
    complaints = Complaints()
    logging.getLogger("simexchange").addHandler(complaints)
    try:
        wires.protocol.connection_made(wires)
        for chunk in chunks:
            if not wires.closed and chunk:
                wires.protocol.data_received(chunk)
        port.outbox.flush()
        wires.protocol.connection_lost(None)
    finally:
        logging.getLogger("simexchange").removeHandler(complaints)
    assert not [text for text in complaints.texts if "session failed" not in text]
    assert port.connections == set()
    return bytes(wires.written), dialect


def cut(data: bytes, at: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in at)})
    return [data[start:end] for start, end in pairwise(edges)]


@settings(max_examples=400)
@given(
    parts=st.lists(st.one_of(st.sampled_from(PARTS), st.binary(max_size=20)), max_size=12),
    at=st.lists(st.integers(0, 2_000), max_size=6),
)
def test_any_bytes_as_http(loop: asyncio.AbstractEventLoop, parts: list[bytes], at: list[int]) -> None:
    whole, asked = feed(loop, [b"".join(parts)])
    assert whole == b"" or whole.startswith(b"HTTP/1.1 ")
    assert b"HTTP/1.1 500" not in whole
    in_pieces, asked_in_pieces = feed(loop, cut(b"".join(parts), at))
    assert b"HTTP/1.1 500" not in in_pieces
    assert [r.path for r in asked_in_pieces.requests] == [r.path for r in asked.requests]


@settings(max_examples=300)
@given(
    frames=st.lists(st.one_of(FRAMES, st.binary(max_size=30)), max_size=10),
    at=st.lists(st.integers(0, 2_000), max_size=6),
)
def test_any_bytes_as_frames(loop: asyncio.AbstractEventLoop, frames: list[bytes], at: list[int]) -> None:
    written, dialect = feed(loop, [HANDSHAKE, *cut(b"".join(frames), at)])
    assert written.startswith(b"HTTP/1.1 101 ")
    heard = [kind for kind, _ in dialect.sessions[0].heard]
    assert heard[0] == "open"
    assert heard[-1] == "close"
    assert heard.count("close") == 1
