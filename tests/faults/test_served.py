"""Faults over real sockets: what the system does with them, on the hot path and behind a plain ASGI server."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from fake_venue import Wire, connected, eventually, run
from fault_bench import FaultBench
from served_faults import served
from simexchange.services.clock import SECOND
from simexchange.transports.server import VenueServer

BOTH_SERVERS = pytest.mark.parametrize("plain_asgi", [False, True], ids=["hot path", "plain ASGI"])


def over_sockets(bench: FaultBench, plain_asgi: bool, story: Any) -> None:
    """Run a story of (server, connection)."""

    async def told() -> None:
        async with served(bench, plain_asgi) as server, connected(server.port) as wire:
            await story(server, wire)

    run(told())


def ping(bench: FaultBench) -> bytes:
    return bench.raw("GET", "/api/v3/ping")


async def ends(reading: Coroutine[Any, Any, bytes]) -> tuple[bytes, str]:
    """What came, and how the connection ended."""
    try:
        return await reading, "closed"
    except ConnectionResetError:
        return b"", "reset"


@BOTH_SERVERS
def test_a_refusal_arrives_whole_and_the_connection_goes_on(plain_asgi: bool) -> None:
    bench = FaultBench()
    bench.arm("rate-limited", retry_after="7s", when={"count": 1})

    async def story(_server: VenueServer, wire: Wire) -> None:
        await wire.send(ping(bench))
        status, headers, body = await wire.read_reply()
        assert (status, headers[b"retry-after"], body[:13]) == (429, b"7", b'{"code":-1003')
        await wire.send(ping(bench))
        assert (await wire.read_reply())[0] == 200

    over_sockets(bench, plain_asgi, story)


@BOTH_SERVERS
@pytest.mark.parametrize(("sees", "end"), [("rst", "reset"), ("fin", "closed")])
def test_a_cut_leaves_no_byte(plain_asgi: bool, sees: str, end: str) -> None:
    bench = FaultBench()
    bench.arm("connection-reset", client_sees=sees, effect="apply")

    async def story(_server: VenueServer, wire: Wire) -> None:
        await wire.send(bench.order(bench.alice, newClientOrderId="mine"))
        assert await ends(wire.read_to_end()) == (b"", end)
        assert bench.open_orders(bench.alice) == ["mine"]

    over_sockets(bench, plain_asgi, story)


@BOTH_SERVERS
def test_a_body_ends_in_the_middle(plain_asgi: bool) -> None:
    bench = FaultBench()
    bench.arm("truncated-body", keep="50%")

    async def story(_server: VenueServer, wire: Wire) -> None:
        await wire.send(bench.raw("GET", "/api/v3/time"))
        data, end = await ends(wire.read_to_end())
        head, _, body = data.partition(b"\r\n\r\n")
        assert (end, body) == ("closed", b'{"serverTime":')
        assert b"Content-Length: 28" in head

    over_sockets(bench, plain_asgi, story)


@BOTH_SERVERS
def test_a_held_answer_comes_when_its_time_has_come(plain_asgi: bool) -> None:
    bench = FaultBench()
    bench.arm("latency", response="5s")

    async def story(_server: VenueServer, wire: Wire) -> None:
        await wire.send(bench.order(bench.alice, newClientOrderId="mine"))
        await eventually(lambda: bool(bench.open_orders(bench.alice)))
        reading = asyncio.ensure_future(wire.read_reply())
        bench.clock.advance(5 * SECOND - 1)
        await asyncio.sleep(0)
        assert not reading.done()
        bench.clock.advance(1)
        assert (await reading)[0] == 200

    over_sockets(bench, plain_asgi, story)


@BOTH_SERVERS
def test_a_hanging_connection_stays_open_and_silent_until_it_is_reset(plain_asgi: bool) -> None:
    bench = FaultBench()
    bench.arm("http-hang", lasts="60s")

    async def story(_server: VenueServer, wire: Wire) -> None:
        await wire.send(ping(bench))
        await eventually(lambda: bool(bench.fired))
        reading = asyncio.ensure_future(ends(wire.read_to_end()))
        bench.clock.advance(60 * SECOND - 1)
        await asyncio.sleep(0)
        assert not reading.done()
        bench.clock.advance(1)
        assert await reading == (b"", "reset")

    over_sockets(bench, plain_asgi, story)


@BOTH_SERVERS
@pytest.mark.parametrize("kind", ["duplicate-answer", "slow-body"])
def test_an_answer_may_come_twice_or_bit_by_bit(plain_asgi: bool, kind: str) -> None:
    bench = FaultBench()
    bench.arm(kind)

    async def story(_server: VenueServer, wire: Wire) -> None:
        await wire.send(ping(bench))
        first = await wire.read_reply(has_body=False)
        assert await wire.reader.readexactly(1) == b"{"
        bench.clock.advance(SECOND)
        assert await wire.reader.readexactly(1) == b"}"
        if kind == "duplicate-answer":
            assert await wire.read_reply(has_body=False) == first

    over_sockets(bench, plain_asgi, story)


@BOTH_SERVERS
def test_a_venue_that_is_down_refuses_resets_and_is_back_on_the_same_port(plain_asgi: bool) -> None:
    bench = FaultBench()

    async def story(server: VenueServer, wire: Wire) -> None:
        await wire.send(ping(bench))
        await wire.read_reply()
        rule = bench.arm("downtime")
        assert await ends(wire.read_to_end()) == (b"", "reset")
        with pytest.raises(ConnectionRefusedError):
            async with connected(server.port):
                pass
        bench.plan.remove(rule.id)
        async with connected(server.port) as again:
            await again.send(ping(bench))
            assert (await again.read_reply())[0] == 200

    over_sockets(bench, plain_asgi, story)


def test_a_restart_says_goodbye_before_the_port_closes() -> None:
    bench = FaultBench()

    async def story(server: VenueServer, wire: Wire) -> None:
        await wire.send(
            b"GET /ws HTTP/1.1\r\nHost: venue\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        assert (await wire.read_reply())[0] == 101
        bench.arm("server-restart", lead="10s", lasts="5s")
        notice = b'{"e":"serverShutdown","E":%d}' % bench.now_ms
        assert await wire.reader.readexactly(2 + len(notice)) == bytes((0x81, len(notice))) + notice
        bench.clock.advance(10 * SECOND)
        reason = b"Going away"
        assert await wire.reader.readexactly(4 + len(reason)) == b"\x88\x0c\x03\xe9" + reason
        with pytest.raises(ConnectionRefusedError):
            async with connected(server.port):
                pass
        bench.clock.advance(5 * SECOND)
        async with connected(server.port) as again:
            await again.send(ping(bench))
            assert (await again.read_reply())[0] == 200

    over_sockets(bench, False, story)
