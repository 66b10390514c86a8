"""Ports that refuse or swallow calls, over real sockets; the same port is open again afterwards."""

import asyncio
import socket
import struct
from contextlib import suppress

import pytest

from fake_venue import HOST, FakeDialect, connected, refused_or_ended, run, serving
from simexchange.transports.server import VenueServer

PING = b"GET /ping HTTP/1.1\r\nHost: venue\r\n\r\n"


async def status(port: int) -> int:
    async with connected(port) as wire:
        await wire.send(PING)
        return (await wire.read_reply())[0]


async def is_open_again(server: VenueServer) -> bool:
    """The port listens as soon as the cause is gone; who calls at once is served."""
    return await status(server.port) == 200


async def is_swallowed(port: int) -> bool:
    """Whether a call gets no answer of any kind: neither accepted nor refused."""
    with socket.socket() as caller:
        caller.setblocking(False)
        calling = asyncio.ensure_future(asyncio.get_running_loop().sock_connect(caller, (HOST, port)))
        done, _ = await asyncio.wait([calling], timeout=0.2)
        calling.cancel()
        with suppress(asyncio.CancelledError):
            await calling
        return not done


@pytest.mark.parametrize("plain_asgi", [False, True])
def test_a_closed_port_refuses_whoever_comes_and_leaves_who_is_there_alone(plain_asgi: bool) -> None:
    async def story() -> None:
        async with serving(FakeDialect(), plain_asgi=plain_asgi) as server, connected(server.port) as old:
            await old.send(PING)
            assert (await old.read_reply())[0] == 200
            server.keep_out("one")
            for _ in range(2):
                with pytest.raises(ConnectionRefusedError):
                    await status(server.port)
            await old.send(PING)
            assert (await old.read_reply())[0] == 200
            server.let_in("one")
            assert await is_open_again(server)

    run(story())


def test_a_port_is_open_once_it_has_no_cause_left() -> None:
    async def story() -> None:
        async with serving(FakeDialect()) as server:
            server.keep_out("one")
            server.keep_out("two")
            server.let_in("one")
            server.let_in("never")
            with pytest.raises(ConnectionRefusedError):
                await status(server.port)
            server.let_in("two")
            assert await is_open_again(server)

    run(story())


def test_a_port_that_opens_and_closes_within_a_turn_is_what_it_was_last() -> None:
    async def story() -> None:
        async with serving(FakeDialect()) as server:
            for _ in range(3):
                server.keep_out("one")
                server.let_in("one")
            assert await is_open_again(server)
            server.keep_out("one")
            server.let_in("one")
            server.keep_out("one")
            await asyncio.sleep(0)
            with pytest.raises(ConnectionRefusedError):
                await status(server.port)

    run(story())


def test_a_dead_port_swallows_calls_and_a_closed_one_counts_for_more() -> None:
    async def story() -> None:
        async with serving(FakeDialect()) as server:
            server.keep_out("dead", swallow=True)
            assert await is_swallowed(server.port)
            server.keep_out("closed")
            with pytest.raises(ConnectionRefusedError):
                await status(server.port)
            server.let_in("closed")
            assert await is_swallowed(server.port)
            server.let_in("dead")
            assert await is_open_again(server)

    run(story())


@pytest.mark.parametrize("plain_asgi", [False, True])
def test_a_port_resets_every_connection_it_has(plain_asgi: bool) -> None:
    async def story() -> None:
        async with serving(FakeDialect(), plain_asgi=plain_asgi) as server, connected(server.port) as wire:
            await wire.send(PING)
            await wire.read_reply()
            server.reset_connections()
            with pytest.raises(ConnectionResetError):
                await wire.read_to_end()
            assert await is_open_again(server)

    run(story())


def test_a_port_that_is_closed_when_the_server_stops_stays_closed() -> None:
    async def story() -> int:
        async with serving(FakeDialect()) as server:
            server.keep_out("one")
        server.let_in("one")
        return server.port

    port = run(story())
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert again.connect_ex((HOST, port)) != 0


def test_a_port_that_somebody_else_took_is_opened_once_it_is_free() -> None:
    async def story() -> None:
        async with serving(FakeDialect()) as server:
            server.keep_out("one")
            with socket.socket() as other:
                other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                other.bind((HOST, server.port))
                other.listen()
                server.let_in("one")
                assert await refused_or_ended(_no_answer(server.port)) == b""
            for _ in range(200):
                try:
                    assert await is_open_again(server)
                except ConnectionRefusedError:
                    await asyncio.sleep(0.01)
                else:
                    return
            raise AssertionError("the port never opened again")

    run(story())


async def _no_answer(port: int) -> bytes:
    async with connected(port):
        return b""
