"""Fills before answers and keys that end sockets, as real clients on loopback meet them."""

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError

from fake_venue import HOST, connected, run
from order_fault_bench import OrderFaultBench
from served_faults import served
from simexchange.services.clock import SECOND

BOTH_SERVERS = pytest.mark.parametrize("plain_asgi", [False, True], ids=["hot path", "plain ASGI"])


def listening(bench: OrderFaultBench, port: int) -> Any:
    key = bench.dialect.listen_keys.start(bench.alice.account_id)
    return connect(f"ws://{HOST}:{port}/ws/{key}", compression=None, ping_interval=None)


async def heard(client: ClientConnection, count: int) -> list[str]:
    return [json.loads(await client.recv()).get("X", "balances") for _ in range(count)]


@BOTH_SERVERS
def test_the_stream_tells_of_the_fill_while_the_client_still_waits_for_its_answer(plain_asgi: bool) -> None:
    bench = OrderFaultBench()
    bench.arm("fill-before-ack", ack_after="1s")

    async def story() -> None:
        async with (
            served(bench, plain_asgi) as server,
            listening(bench, server.port) as client,
            connected(server.port) as wire,
        ):
            await wire.send(bench.order(bench.alice, newClientOrderId="a1"))
            answer = asyncio.ensure_future(wire.read_reply())
            assert await heard(client, 4) == ["NEW", "balances", "FILLED", "balances"]
            assert not answer.done()
            bench.advance(SECOND)
            status, _, body = await answer
            assert (status, json.loads(body)["status"]) == (200, "NEW")

    run(story())


def test_the_sockets_of_a_revoked_key_are_told_and_closed() -> None:
    bench = OrderFaultBench()

    async def story() -> None:
        async with served(bench) as server, listening(bench, server.port) as client, connected(server.port) as wire:
            bench.arm("key-revoked", match={"account": "alice"}, close_ws=True)
            assert json.loads(await client.recv())["e"] == "listenKeyExpired"
            with pytest.raises(ConnectionClosedError) as ended:
                await client.recv()
            assert ended.value.rcvd is not None
            assert ended.value.rcvd.code == 1008
            await wire.send(bench.order(bench.alice))
            assert (await wire.read_reply())[0] == 401

    run(story())
