"""What the websockets client sees of dying sockets on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError

from fake_venue import HOST, eventually, run
from fault_bench import FaultBench
from served_faults import served
from simexchange.services.clock import SECOND

PING_S = 0.3
"""How soon the client takes a socket that does not pong for dead."""


@asynccontextmanager
async def client_of(bench: FaultBench, path: str, **options: Any) -> AsyncIterator[ClientConnection]:
    """A client of a stream that it has heard a trade of."""
    async with (
        served(bench) as server,
        connect(
            f"ws://{HOST}:{server.port}{path}",
            compression=None,
            close_timeout=PING_S,
            **({"ping_interval": None} | options),
        ) as client,
    ):
        trade(bench)
        assert json.loads(await client.recv())["t"] == 1
        yield client


def trade(bench: FaultBench) -> None:
    bench.alice.order(side="SELL", quantity="0.001")
    bench.bob.order(side="BUY", quantity="0.001")


async def closing(client: ClientConnection) -> ConnectionClosedError:
    """How the client learns that the connection is gone."""
    with pytest.raises(ConnectionClosedError) as ended:
        await client.recv()
    return ended.value


def story(work: Coroutine[Any, Any, None]) -> None:
    run(work)


def test_the_client_reads_the_code_and_the_reason() -> None:
    async def work() -> None:
        bench = FaultBench()
        async with client_of(bench, "/ws/btcusdt@trade") as client:
            trade(bench)
            bench.arm("ws-disconnect", code=1008, reason="Pong timeout")
            assert json.loads(await client.recv())["t"] == 2, "what was said before still arrives"
            ended = await closing(client)
            assert ended.rcvd is not None
            assert (ended.rcvd.code, ended.rcvd.reason) == (1008, "Pong timeout")

    story(work())


@pytest.mark.parametrize("rst", [True, False])
def test_an_abrupt_end_has_no_close_frame(rst: bool) -> None:
    async def work() -> None:
        bench = FaultBench()
        async with client_of(bench, "/ws/btcusdt@trade") as client:
            bench.arm("ws-abrupt-drop", rst=rst)
            ended = await closing(client)
            assert (ended.rcvd, ended.sent) == (None, None)
            assert isinstance(ended.__cause__, ConnectionResetError) is rst

    story(work())


def test_a_silent_socket_pongs_and_says_nothing() -> None:
    async def work() -> None:
        bench = FaultBench()
        async with client_of(bench, "/ws/btcusdt@trade") as client:
            armed = bench.arm("ws-silent", match={"channel": "trade"})
            trade(bench)
            await (await client.ping())
            bench.plan.remove(armed.id)
            trade(bench)
            assert json.loads(await client.recv())["t"] == 3

    story(work())


@pytest.mark.parametrize("kind", ["ws-halfopen-blackhole", "ws-silent"])
def test_a_client_that_pings_finds_out_that_nobody_is_there(kind: str) -> None:
    async def work() -> None:
        bench = FaultBench()
        options = {"answer_ping": False} if kind == "ws-silent" else {}
        async with client_of(bench, "/ws/btcusdt@trade", ping_interval=PING_S, ping_timeout=PING_S) as client:
            armed = bench.arm(kind, **options)
            trade(bench)
            ended = await closing(client)
            assert ended.sent is not None
            assert (ended.sent.code, ended.sent.reason) == (1011, "keepalive ping timeout")
            bench.plan.remove(armed.id)

    story(work())


def test_a_half_open_socket_is_reset_when_the_rule_goes_and_the_next_one_works() -> None:
    async def work() -> None:
        bench = FaultBench()
        async with client_of(bench, "/ws/btcusdt@trade") as client:
            armed = bench.arm("ws-halfopen-blackhole")
            trade(bench)
            bench.clock.advance(300 * SECOND)
            await asyncio.sleep(0)
            bench.plan.remove(armed.id)
            ended = await closing(client)
            assert (ended.rcvd, ended.sent) == (None, None)
            await eventually(lambda: not bench.gate.sockets())

    story(work())


def test_a_message_in_several_frames_is_put_together_by_the_client() -> None:
    async def work() -> None:
        bench = FaultBench()
        async with client_of(bench, "/ws/btcusdt@trade") as client:
            bench.arm("ws-frame-edge", fragments=7)
            trade(bench)
            assert json.loads(await client.recv())["t"] == 2

    story(work())


def test_a_message_that_is_no_text_makes_the_client_close() -> None:
    async def work() -> None:
        bench = FaultBench()
        async with client_of(bench, "/ws/btcusdt@trade") as client:
            bench.arm("ws-corrupt", damage="not_utf8")
            trade(bench)
            ended = await closing(client)
            assert ended.sent is not None
            assert ended.sent.code == 1007

    story(work())
