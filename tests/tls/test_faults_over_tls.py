"""What faults do to a client of the TLS front: the same as on the plain port, and what only TLS can suffer."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError

from fake_venue import HOST, Wire, eventually
from fault_bench import FaultBench
from served_faults import served
from simexchange.transports.server import VenueServer, new_event_loop
from simexchange.transports.tls_front import TlsPort
from tls.fronted import API, STREAM, Loop, calling, front_of, run_on, trusting

BOTH_LOOPS = pytest.mark.parametrize("loop", [new_event_loop, asyncio.new_event_loop], ids=["fastest", "standard"])
Story = Callable[[TlsPort, VenueServer], Awaitable[None]]


def over_tls(bench: FaultBench, story: Story, loop: Loop = new_event_loop) -> None:
    async def told() -> None:
        async with served(bench) as server, front_of({"venue": server}) as front:
            await story(front, server)

    run_on(loop, told())


async def ping(wire: Wire) -> tuple[int, bytes]:
    await wire.send(b"GET /api/v3/ping HTTP/1.1\r\nHost: %s\r\n\r\n" % API.encode())
    status, _, body = await wire.read_reply()
    return status, body


async def fails(front: TlsPort) -> OSError:
    """How a client that asks for a venue fails before it has said a word."""
    with pytest.raises(OSError) as failure:
        async with calling(front.port, API):
            pass
    return failure.value


async def works(front: TlsPort) -> None:
    async with calling(front.port, API) as wire:
        assert await ping(wire) == (200, b"{}")


@BOTH_LOOPS
def test_a_reset_is_a_reset(loop: Loop) -> None:
    bench = FaultBench()
    bench.arm("connection-reset", when={"count": 1}, match={"endpoint": "GET /api/v3/ping"})

    async def story(front: TlsPort, _: VenueServer) -> None:
        async with calling(front.port, API) as wire:
            with pytest.raises(ConnectionResetError):
                await ping(wire)
        await works(front)

    over_tls(bench, story, loop)


@BOTH_LOOPS
def test_a_body_cut_short_ends_where_it_was_cut(loop: Loop) -> None:
    bench = FaultBench()
    bench.arm("truncated-body", when={"count": 1}, match={"endpoint": "GET /api/v3/time"})

    async def story(front: TlsPort, _: VenueServer) -> None:
        async with calling(front.port, API) as wire:
            await wire.send(b"GET /api/v3/time HTTP/1.1\r\nHost: %s\r\n\r\n" % API.encode())
            head, body = (await wire.read_to_end()).split(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            assert body.startswith(b"{")
            assert b"Content-Length: %d\r\n" % len(body) not in head + b"\r\n"
        await works(front)

    over_tls(bench, story, loop)


@BOTH_LOOPS
def test_a_stream_may_be_cut_without_a_word(loop: Loop) -> None:
    bench = FaultBench()

    async def story(front: TlsPort, _: VenueServer) -> None:
        uri, context = f"wss://{STREAM}/ws/btcusdt@trade", trusting()
        async with connect(uri, host=HOST, port=front.port, ssl=context, server_hostname=STREAM) as client:
            bench.arm("ws-disconnect", abrupt=True)
            with pytest.raises(ConnectionClosedError) as closed:
                await client.recv()
            assert (closed.value.rcvd, closed.value.sent) == (None, None)

    over_tls(bench, story, loop)


def test_an_expired_certificate_is_refused_by_the_client_as_often_as_the_rule_says() -> None:
    bench = FaultBench()
    bench.arm("tls-handshake-failure", when={"count": 2})

    async def story(front: TlsPort, _: VenueServer) -> None:
        for _attempt in range(2):
            failure = await fails(front)
            assert isinstance(failure, ssl.SSLCertVerificationError)
            assert failure.verify_message == "certificate has expired"
        await works(front)
        assert [(fired.kind, fired.ordinal) for fired in bench.fired] == [
            ("tls-handshake-failure", 1),
            ("tls-handshake-failure", 2),
        ]

    over_tls(bench, story)


def test_another_host_s_certificate_is_refused_by_the_client_until_the_rule_goes() -> None:
    bench = FaultBench()
    armed = bench.arm("tls-handshake-failure", mode="wrong_host")

    async def story(front: TlsPort, _: VenueServer) -> None:
        failure = await fails(front)
        assert isinstance(failure, ssl.SSLCertVerificationError)
        assert failure.verify_message == f"Hostname mismatch, certificate is not valid for '{API}'."
        bench.world.faults.remove(armed.id)
        await works(front)

    over_tls(bench, story)


@BOTH_LOOPS
def test_a_handshake_may_be_cut(loop: Loop) -> None:
    bench = FaultBench()
    bench.arm("tls-handshake-failure", mode="cut", when={"count": 1})

    async def story(front: TlsPort, _: VenueServer) -> None:
        assert isinstance(await fails(front), ConnectionResetError)
        await works(front)

    over_tls(bench, story, loop)


def test_a_rule_about_other_addresses_leaves_handshakes_alone() -> None:
    bench = FaultBench()
    bench.arm("tls-handshake-failure", match={"source_ip": "203.0.113.7"})

    async def story(front: TlsPort, _: VenueServer) -> None:
        await works(front)
        assert bench.fired == []

    over_tls(bench, story)


def test_open_connections_outlive_a_bad_certificate() -> None:
    bench = FaultBench()

    async def story(front: TlsPort, _: VenueServer) -> None:
        async with calling(front.port, API) as wire:
            assert (await ping(wire))[0] == 200
            bench.arm("tls-handshake-failure")
            assert (await ping(wire))[0] == 200
            await fails(front)

    over_tls(bench, story)


@BOTH_LOOPS
def test_a_venue_that_refuses_connections_resets_those_of_the_front(loop: Loop) -> None:
    bench = FaultBench()

    async def story(front: TlsPort, _: VenueServer) -> None:
        async with calling(front.port, API) as before:
            assert (await ping(before))[0] == 200
            armed = bench.arm("tcp-connect-refused")
            assert isinstance(await fails(front), ConnectionResetError)
            assert (await ping(before))[0] == 200
        bench.world.faults.remove(armed.id)
        await works(front)

    over_tls(bench, story, loop)


def test_a_venue_that_swallows_calls_answers_no_greeting() -> None:
    bench = FaultBench()

    async def story(front: TlsPort, _: VenueServer) -> None:
        bench.arm("tcp-connect-blackhole")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1), calling(front.port, API):
                pass
        await eventually(lambda: not front._greetings)

    over_tls(bench, story)


def test_a_venue_that_goes_down_resets_its_clients_of_the_front() -> None:
    bench = FaultBench()

    async def story(front: TlsPort, server: VenueServer) -> None:
        async with calling(front.port, API) as wire:
            assert (await ping(wire))[0] == 200
            server.reset_connections()
            with pytest.raises(ConnectionResetError):
                await wire.read_to_end()

    over_tls(bench, story)
