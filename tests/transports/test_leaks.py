import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest
from websockets.asyncio.client import connect

from fake_venue import HOST, FakeDialect, connected, eventually, run, serving


@pytest.fixture(autouse=True)
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_a_request_connection_leaves_nothing_for_the_collector() -> None:
    async def work() -> None:
        async with serving(FakeDialect()) as server:
            async with connected(server.port) as wire:
                await wire.send(b"GET /x HTTP/1.1\r\n\r\n")
                await wire.read_reply()
                (left,) = [weakref.ref(connection) for connection in server.connections()]
            await eventually(lambda: not server.connections())
            await asyncio.sleep(0)
            assert left() is None

    run(work())


def test_a_stream_leaves_nothing_for_the_collector() -> None:
    async def work() -> None:
        dialect = FakeDialect()
        async with serving(dialect) as server:
            async with connect(f"ws://{HOST}:{server.port}/ws") as client:
                await client.send("x")
                await client.recv()
                (left,) = [weakref.ref(connection) for connection in server.connections()]
                session = weakref.ref(dialect.sessions.pop())
            await eventually(lambda: not server.connections())
            await asyncio.sleep(0)
            assert left() is None
            assert session() is None

    run(work())
