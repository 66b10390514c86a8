import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame, Opcode

from fake_venue import HOST, FakeDialect, FakeSession, Wire, connected, eventually, run, serving
from simexchange.transports.outbox import Outbox, text_frame
from simexchange.transports.port import WireLimits
from simexchange.transports.server import VenueServer

both_ways = pytest.mark.parametrize("plain_asgi", [False, True], ids=["hot path", "plain ASGI"])

HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@asynccontextmanager
async def streaming(
    dialect: FakeDialect, limits: WireLimits | None = None, plain_asgi: bool = False
) -> AsyncIterator[tuple[VenueServer, ClientConnection]]:
    async with (
        serving(dialect, limits, plain_asgi) as server,
        connect(f"ws://{HOST}:{server.port}/ws", compression=None, ping_interval=None) as client,
    ):
        yield server, client


@asynccontextmanager
async def raw_stream(dialect: FakeDialect, limits: WireLimits | None = None) -> AsyncIterator[Wire]:
    async with serving(dialect, limits) as server, connected(server.port) as wire:
        await wire.send(HANDSHAKE)
        assert (await wire.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        yield wire


def masked(opcode: Opcode, data: bytes, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=True)


def close_frame(code: int, reason: bytes = b"") -> bytes:
    payload = code.to_bytes(2, "big") + reason
    return bytes((0x88, len(payload))) + payload


async def closed_with(client: ClientConnection) -> tuple[int, str]:
    await client.wait_closed()
    assert client.close_code is not None
    return client.close_code, client.close_reason or ""


@both_ways
def test_a_session_hears_and_speaks_from_open_to_close(plain_asgi: bool) -> None:
    async def work() -> FakeSession:
        dialect = FakeDialect()
        async with streaming(dialect, plain_asgi=plain_asgi) as (_, client):
            await client.send("grüße")
            assert await client.recv() == "grüße"
            await client.send(b"bytes")
            assert await client.recv() == "bytes"
        await eventually(lambda: dialect.sessions[0].heard[-1][0] == "close")
        return dialect.sessions[0]

    assert run(work()).heard == [("open", None), ("text", "grüße"), ("text", "bytes"), ("close", None)]


@both_ways
def test_the_dialect_sees_the_handshake(plain_asgi: bool) -> None:
    async def work() -> FakeDialect:
        dialect = FakeDialect()
        async with serving(dialect, plain_asgi=plain_asgi) as server:
            url = f"ws://{HOST}:{server.port}/ws?streams=a/b@depth"
            async with connect(url, additional_headers={"X-MBX-APIKEY": "key"}) as client:
                assert client.response is not None
                assert set(map(str.lower, client.response.headers)) == {
                    "upgrade",
                    "connection",
                    "sec-websocket-accept",
                }
        return dialect

    request = run(work()).requests[0]
    assert (request.method, request.path, request.query) == ("GET", "/ws", "streams=a/b@depth")
    assert (request.peer, request.headers[b"x-mbx-apikey"]) == (HOST, b"key")


@both_ways
def test_a_refused_handshake_is_the_dialects_reply(plain_asgi: bool) -> None:
    async def work() -> None:
        async with serving(FakeDialect(), plain_asgi=plain_asgi) as server:
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"ws://{HOST}:{server.port}/elsewhere")
            response = refused.value.response
            assert (response.status_code, response.body) == (404, b'{"code":404}')
            assert response.headers["X-Reason"] == "unknown"

    run(work())


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"Sec-WebSocket-Version: 12", 400),
        (b"Sec-WebSocket-Key: short", 400),
        (b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==, x", 400),
    ],
)
def test_an_improper_handshake_is_refused_before_the_dialect_sees_it(line: bytes, status: int) -> None:
    async def work() -> int:
        dialect = FakeDialect()
        name = line.split(b":")[0]
        kept = [row for row in HANDSHAKE.split(b"\r\n") if not row.startswith(name)]
        async with serving(dialect) as server, connected(server.port) as wire:
            await wire.send(b"\r\n".join((*kept[:-2], line, b"", b"")))
            reply = await wire.read_reply()
        assert dialect.requests == []
        return reply[0]

    assert run(work()) == status


def test_frames_sent_together_with_the_handshake_are_not_lost() -> None:
    async def work() -> bytes:
        async with serving(FakeDialect()) as server, connected(server.port) as wire:
            await wire.send(HANDSHAKE + masked(Opcode.PING, b"early") + masked(Opcode.TEXT, b"bird"))
            await wire.reader.readuntil(b"\r\n\r\n")
            return await wire.reader.readexactly(2 + 5 + 2 + 4)

    received = run(work())
    assert b"\x8a\x05early" in received
    assert b"\x81\x04bird" in received


def test_a_websocket_follows_requests_on_the_same_connection() -> None:
    async def work() -> bytes:
        async with serving(FakeDialect()) as server, connected(server.port) as wire:
            await wire.send(b"GET /x HTTP/1.1\r\n\r\n" + HANDSHAKE)
            assert (await wire.read_reply())[2] == b"GET /x? "
            await wire.reader.readuntil(b"\r\n\r\n")
            await wire.send(masked(Opcode.TEXT, b"hello"))
            return await wire.reader.readexactly(7)

    assert run(work()) == b"\x81\x05hello"


def test_a_ping_is_answered_with_its_own_payload_and_told_to_the_session() -> None:
    async def work() -> FakeSession:
        dialect = FakeDialect()
        async with raw_stream(dialect) as wire:
            await wire.send(masked(Opcode.PING, b"are you there"))
            assert await wire.reader.readexactly(15) == b"\x8a\x0dare you there"
        return dialect.sessions[0]

    assert ("ping", b"are you there") in run(work()).heard


def test_a_sessions_ping_goes_out_and_its_pong_comes_back() -> None:
    async def work() -> FakeSession:
        dialect = FakeDialect()
        async with streaming(dialect) as (_, client):
            await client.send("ping 1700000000000")
            await eventually(lambda: len(dialect.sessions[0].heard) == 3)
        return dialect.sessions[0]

    assert run(work()).heard[1:3] == [("text", "ping 1700000000000"), ("pong", b"1700000000000")]


def test_fragments_make_one_message() -> None:
    async def work() -> FakeSession:
        dialect = FakeDialect()
        async with raw_stream(dialect) as wire:
            await wire.send(masked(Opcode.TEXT, b"gr", fin=False))
            await wire.send(masked(Opcode.PING, b"between"))
            assert await wire.reader.readexactly(9) == b"\x8a\x07between"
            await wire.send(masked(Opcode.CONT, "ü".encode()[:1], fin=False))
            await wire.send(masked(Opcode.CONT, "ü".encode()[1:]))
            assert await wire.reader.readexactly(6) == b"\x81\x04gr\xc3\xbc"
        return dialect.sessions[0]

    assert ("text", "grü") in run(work()).heard


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (masked(Opcode.TEXT, b"\xc3\x28"), 1007),
        (masked(Opcode.TEXT, b"\xc3", fin=False) + masked(Opcode.CONT, b"\x28"), 1007),
        (masked(Opcode.TEXT, b"x" * 2_001), 1009),
        (masked(Opcode.TEXT, b"x" * 1_500, fin=False) + masked(Opcode.CONT, b"x" * 1_500), 1009),
        (masked(Opcode.CONT, b"of nothing"), 1002),
        (masked(Opcode.TEXT, b"a", fin=False) + masked(Opcode.TEXT, b"b"), 1002),
        (b"\x81\x02hi", 1002),
        (b"\x83\x80\x00\x00\x00\x00", 1002),
        (b"\xc1\x80\x00\x00\x00\x00", 1002),
        (b"\x89\xfe\x01\x00\x00\x00\x00\x00" + b"x" * 256, 1002),
        (b"\xff" * 64, 1002),
    ],
    ids=[
        "invalid UTF-8",
        "invalid UTF-8 across fragments",
        "too long",
        "too long in fragments",
        "continuation of nothing",
        "unfinished message",
        "not masked",
        "unknown opcode",
        "reserved bit",
        "long ping",
        "garbage",
    ],
)
def test_what_breaks_the_protocol_is_closed_with_its_code(sent: bytes, code: int) -> None:
    async def work() -> tuple[bytes, FakeSession]:
        dialect = FakeDialect()
        async with raw_stream(dialect, WireLimits(max_message=2_000)) as wire:
            await wire.send(sent)
            return await wire.read_to_end(), dialect.sessions[0]

    received, session = run(work())
    assert received[0] == 0x88
    assert int.from_bytes(received[2:4], "big") == code
    assert session.heard == [("open", None), ("close", None)]


@pytest.mark.parametrize(
    ("sent", "echoed"),
    [(b"\x03\xe8bye", close_frame(1000, b"bye")), (b"\x0f\xa1", close_frame(4001)), (b"", b"\x88\x00")],
)
def test_a_clients_close_is_echoed_and_the_connection_ends(sent: bytes, echoed: bytes) -> None:
    async def work() -> tuple[bytes, FakeSession]:
        dialect = FakeDialect()
        async with raw_stream(dialect) as wire:
            await wire.send(masked(Opcode.TEXT, b"last word") + masked(Opcode.CLOSE, sent))
            return await wire.read_to_end(), dialect.sessions[0]

    received, session = run(work())
    assert received == text_frame(b"last word") + echoed
    assert session.heard == [("open", None), ("text", "last word"), ("close", None)]


def test_a_session_closes_behind_what_it_said() -> None:
    async def work() -> tuple[list[str | bytes], tuple[int, str], FakeSession]:
        dialect = FakeDialect()
        async with streaming(dialect) as (_, client):
            await client.send("say 3")
            await client.send("close 4001")
            await client.send("too late")
            heard = [await client.recv() for _ in range(3)]
            ended = await closed_with(client)
        return heard, ended, dialect.sessions[0]

    heard, ended, session = run(work())
    assert heard == ["0", "1", "2"]
    assert ended == (4001, "as you wish")
    assert session.heard == [("open", None), ("text", "say 3"), ("text", "close 4001"), ("close", None)]


def test_a_closed_sink_swallows_everything() -> None:
    async def work() -> FakeSession:
        dialect = FakeDialect()
        async with raw_stream(dialect) as wire:
            session = dialect.sessions[0]
            wire.close()
            await eventually(lambda: session.heard[-1][0] == "close")
            session.sink.send(b"late")
            session.sink.ping(b"late")
            session.sink.close(1000)
        return session

    assert run(work()).heard == [("open", None), ("close", None)]


def test_a_client_that_does_not_confirm_a_close_is_dropped() -> None:
    async def work() -> bytes:
        dialect = FakeDialect()
        async with raw_stream(dialect, WireLimits(close_s=0.02)) as wire:
            await wire.send(masked(Opcode.TEXT, b"close 1001"))
            try:
                return await wire.read_to_end()
            except ConnectionResetError:
                return close_frame(1001, b"as you wish")

    assert run(work()) == close_frame(1001, b"as you wish")


def test_a_vanished_client_ends_its_session_once() -> None:
    async def work() -> FakeSession:
        dialect = FakeDialect()
        async with raw_stream(dialect) as wire:
            await wire.send(masked(Opcode.TEXT, b"say 1000"))
            wire.writer.transport.abort()
            await eventually(lambda: ("close", None) in dialect.sessions[0].heard)
        return dialect.sessions[0]

    assert run(work()).heard.count(("close", None)) == 1


@both_ways
def test_a_bug_in_a_session_closes_with_1011_and_is_logged(plain_asgi: bool, caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> tuple[int, str]:
        async with streaming(FakeDialect(), plain_asgi=plain_asgi) as (_, client):
            await client.send("bug")
            return await closed_with(client)

    assert run(work())[0] == 1011
    assert "RuntimeError: the session failed" in caplog.text


def test_a_bug_in_opening_a_stream_is_a_plain_500(caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> int:
        async with serving(FakeDialect()) as server:
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"ws://{HOST}:{server.port}/bug?signature=canary")
            return refused.value.response.status_code

    assert run(work()) == 500
    assert "RuntimeError: the dialect failed" in caplog.text
    assert "canary" not in caplog.text


def test_nothing_a_client_says_is_logged_at_any_level(caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None:
        dialect = FakeDialect()
        async with serving(dialect) as server:
            url = f"ws://{HOST}:{server.port}/ws?listenKey=canary"
            async with connect(
                url, additional_headers={"X-MBX-APIKEY": "canary"}, logger=logging.getLogger("test.client")
            ) as client:
                await client.send('{"apiKey":"canary"}')
                await client.recv()
            async with connected(server.port) as wire:
                await wire.send(b"POST /order?signature=canary HTTP/1.1\r\nX: canary\r\n\r\n\xffcanary")
                await wire.read_to_end()

    with caplog.at_level(1):
        run(work())
    assert not [r for r in caplog.records if r.name != "test.client" and "canary" in r.getMessage()]


@pytest.mark.parametrize("reads_later", [False, True], ids=["never reads", "reads late"])
def test_a_client_that_does_not_read_is_disconnected_with_1008(reads_later: bool) -> None:
    async def work() -> bytes:
        dialect = FakeDialect()
        limits = WireLimits(max_backlog=200_000, close_s=0.3)
        async with raw_stream(dialect, limits) as wire:
            wire.writer.transport.pause_reading()  # type: ignore[attr-defined]
            session = dialect.sessions[0]
            for _ in range(2_000):
                if session.heard[-1][0] == "close":
                    break
                session.sink.send(b"x" * 50_000)
                await asyncio.sleep(0)
            assert session.heard[-1][0] == "close"
            if not reads_later:
                await asyncio.sleep(0)
                return b""
            wire.writer.transport.resume_reading()  # type: ignore[attr-defined]
            return await wire.read_to_end()

    received = run(work())
    if reads_later:
        assert received.endswith(close_frame(1008, b"slow consumer"))


@both_ways
def test_open_streams_are_told_that_the_server_goes_away(plain_asgi: bool) -> None:
    async def work() -> tuple[tuple[int, str], float, FakeSession]:
        dialect = FakeDialect()
        async with streaming(dialect, plain_asgi=plain_asgi) as (server, client):
            await client.send("x")
            await client.recv()
            started = asyncio.get_running_loop().time()
            stopping = asyncio.ensure_future(server.stop())
            ended = await closed_with(client)
            await stopping
            took = asyncio.get_running_loop().time() - started
        return ended, took, dialect.sessions[0]

    ended, took, session = run(work())
    assert ended == (1001, "")
    assert took < 0.9
    assert session.heard.count(("close", None)) == 1


def test_a_deaf_client_does_not_hold_up_the_end() -> None:
    async def work() -> float:
        dialect = FakeDialect()
        async with serving(dialect) as server, connected(server.port) as wire:
            await wire.send(HANDSHAKE)
            await wire.reader.readuntil(b"\r\n\r\n")
            started = asyncio.get_running_loop().time()
            await server.stop()
            await eventually(lambda: dialect.sessions[0].heard[-1][0] == "close")
            return asyncio.get_running_loop().time() - started

    assert run(work()) < 0.9


class Listener:
    """Where an outbox writes."""

    def __init__(self) -> None:
        self.pending: list[bytes] = []
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)


def say(outbox: Outbox, listener: Listener, payload: bytes) -> None:
    if not listener.pending:
        outbox.register(listener)
    listener.pending.append(outbox.frame(payload))


def test_what_one_turn_says_is_framed_once_and_written_once_per_connection() -> None:
    async def work() -> None:
        outbox = Outbox(asyncio.get_running_loop())
        both, one = Listener(), Listener()
        first, second = b'{"e":"trade"}', b'{"e":"depth"}'
        for listener in (both, one):
            say(outbox, listener, first)
        assert both.pending[0] is one.pending[0]
        say(outbox, both, second)
        assert both.written == one.written == []
        await asyncio.sleep(0)
        assert both.written == [text_frame(first) + text_frame(second)]
        assert one.written == [text_frame(first)]
        say(outbox, one, second)
        await asyncio.sleep(0)
        assert one.written == [text_frame(first), text_frame(second)]

    run(work())


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 100_000])
def test_frames_are_those_of_the_protocol(size: int) -> None:
    payload = os.urandom(size)
    assert text_frame(payload) == Frame(Opcode.TEXT, payload).serialize(mask=False)
