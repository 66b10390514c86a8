"""Rules count right while 64 clients talk at once, over real sockets that stay open."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from dialects.binance.rest_bench import Client
from fake_venue import connected, run
from fault_bench import FaultBench
from served_faults import client_from, served
from simexchange.services.faults.rule import draw_ppb

CLIENTS = 64
EACH = 25
ALL = CLIENTS * EACH
BOTH_SERVERS = pytest.mark.parametrize("plain_asgi", [False, True], ids=["hot path", "plain ASGI"])


def crowd(bench: FaultBench, request: bytes, plain_asgi: bool = False) -> Counter[int]:
    """Everybody asks the same at once, again and again on one connection each; how often each status came."""

    async def client(port: int, seen: Counter[int]) -> None:
        async with connected(port) as wire:
            for _ in range(EACH):
                await wire.send(request)
                seen[(await wire.read_reply())[0]] += 1

    async def story() -> Counter[int]:
        seen: Counter[int] = Counter()
        async with served(bench, plain_asgi) as server:
            await asyncio.gather(*(client(server.port, seen) for _ in range(CLIENTS)))
        return seen

    return run(story())


def ordinals(bench: FaultBench) -> list[int]:
    return [fired.ordinal for fired in bench.fired]


@BOTH_SERVERS
@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({"skip": 100, "count": 50}, range(101, 151)),
        ({"count": 1}, range(1, 2)),
        ({"every_nth": 7}, range(7, ALL + 1, 7)),
        ({"skip": 3, "every_nth": 100, "count": 4}, range(103, 404, 100)),
        ({}, range(1, ALL + 1)),
    ],
    ids=str,
)
def test_exactly_those_are_chosen_that_when_says(when: dict[str, Any], expected: range, plain_asgi: bool) -> None:
    bench = FaultBench()
    rule = bench.arm("http-venue-overload", when=when, match={"endpoint": "GET /api/v3/time"})
    seen = crowd(bench, bench.raw("GET", "/api/v3/time"), plain_asgi)
    assert seen == Counter({503: len(expected), 200: ALL - len(expected)}) - Counter()
    assert ordinals(bench) == list(expected)
    assert rule.counts.fired == len(expected)


def test_chance_is_the_seeds_and_the_ordinals_alone() -> None:
    found = []
    for _ in range(2):
        bench = FaultBench()
        bench.arm("http-venue-overload", id="some", when={"probability": "10%"})
        crowd(bench, bench.raw("GET", "/api/v3/time"))
        found.append(ordinals(bench))
    seed = bench.world.randomness.seed
    chosen = [number for number in range(1, ALL + 1) if draw_ppb(seed, "some", number) < 100_000_000]
    assert found == [chosen, chosen]
    assert 100 < len(chosen) < 220


def test_two_rules_count_apart() -> None:
    bench = FaultBench()
    slow = bench.arm("latency", request="0s", when={"every_nth": 2})
    busy = bench.arm("html-error", when={"every_nth": 5})
    seen = crowd(bench, bench.raw("GET", "/api/v3/ping"))
    assert seen == Counter({200: ALL - ALL // 5, 502: ALL // 5})
    assert (slow.counts.matched, slow.counts.fired) == (ALL, ALL // 2)
    assert (busy.counts.matched, busy.counts.fired) == (ALL, ALL // 5)


def test_each_key_has_one_firing_of_its_own() -> None:
    bench = FaultBench()
    clients = [bench.alice, bench.bob, *(bench.open_account(f"client{number}x") for number in range(CLIENTS - 2))]
    bench.arm("signature-rejected-sporadic", when={"once_per_key": True})

    async def ask(port: int, client: Client) -> list[int]:
        async with connected(port) as wire:
            seen = []
            for _ in range(5):
                await wire.send(bench.request(client, "GET", "/api/v3/openOrders", symbol="BTCUSDT"))
                seen.append((await wire.read_reply())[0])
            return seen

    async def story() -> list[list[int]]:
        async with served(bench) as server:
            return await asyncio.gather(*(ask(server.port, client) for client in clients))

    assert run(story()) == [[400, 200, 200, 200, 200]] * CLIENTS


def test_who_is_not_meant_gets_the_same_bytes_as_if_nobody_was() -> None:
    """64 accounts, each from an address of its own; the rules are about the first one's orders and address."""
    seen = []
    for armed in (False, True):
        bench = FaultBench()
        clients = [bench.open_account(f"client{number}x") for number in range(CLIENTS)]
        if armed:
            bench.arm("rate-limited", match={"account": "client0x"}, when={"count": 3})
            bench.arm("ip-banned", match={"source_ip": "127.0.1.0"}, when={"count": 3})
            bench.arm("latency", request="0s", match={"key": clients[0].api_key})
            bench.arm("http-malformed-json", mode="random", match={"account": "client0x"})
        seen.append(run(_talks(bench, clients)))
        assert bool(bench.fired) is armed
    without, within = seen
    assert without[1:] == within[1:]
    assert without[0] != within[0]


async def _talks(bench: FaultBench, clients: list[Client]) -> list[list[bytes]]:
    async def talk(port: int, number: int, client: Client) -> list[bytes]:
        answers = []
        async with client_from(f"127.0.1.{number}", port) as wire:
            order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "1"}
            for _ in range(5):
                await wire.send(bench.request(client, "GET", "/api/v3/account"))
                await wire.send(bench.request(client, "POST", "/api/v3/order/test", **order))
                answers.append(await wire.reader.readuntil(b"\r\n\r\n"))
                answers.append(await _rest_of_two(wire.reader, answers[-1]))
        return answers

    async with served(bench) as server:
        talks = [talk(server.port, number, client) for number, client in enumerate(clients)]
        return await asyncio.gather(*talks)


async def _rest_of_two(reader: asyncio.StreamReader, head: bytes) -> bytes:
    """What is left of an answer whose head came, and the whole next one."""
    body = await reader.readexactly(_size(head))
    head = await reader.readuntil(b"\r\n\r\n")
    return body + head + await reader.readexactly(_size(head))


def _size(head: bytes) -> int:
    return int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
