from typing import Any

import pytest
from websockets.asyncio.client import connect

from control_bench import Control, with_control

ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01"}


async def three_orders(control: Control) -> None:
    for price in ("50000", "50001", "50002"):
        await control.signed("POST", "/api/v3/order", **ORDER, price=price)
    await control.signed("GET", "/api/v3/openOrders", symbol="BTCUSDT")


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"endpoint": "POST /api/v3/order"}, 3),
        ({"endpoint": "/api/v3/order"}, 3),
        ({"endpoint": "/api/v3/*"}, 4),
        ({"endpoint": "order.place"}, 3),
        ({"method": "post", "path": "/api/v3/order"}, 3),
        ({"method": "GET"}, 1),
        ({"path": "/api/*/openOrders"}, 1),
        ({"venue": "binance"}, 4),
        ({"account": "alice"}, 4),
        ({"account": "locked"}, 0),
        ({"symbol": "btc/usdt"}, 4),
        ({"params": {"price": "50001"}}, 1),
        ({"params": {"price": 50001}}, 1),
        ({"params": {"price": "*"}}, 3),
        ({"params": {"price": "50001", "side": "SELL"}}, 0),
        ({}, 4),
    ],
)
def test_requests_are_counted_by_what_they_say(wanted: dict[str, Any], count: int) -> None:
    async def work(control: Control) -> None:
        await three_orders(control)
        answer = await control.do("POST", "/verify", wanted | {"exactly": count})
        assert (answer["passed"], answer["count"]) == (True, count), answer
        assert len(answer["requests"]) == count
        assert answer["near_misses"] == []

    with_control(work)


@pytest.mark.parametrize(
    ("bounds", "passed", "words"),
    [
        ({}, True, "at least 1"),
        ({"at_least": 3}, True, "at least 3"),
        ({"at_least": 4}, False, "at least 4"),
        ({"at_most": 3}, True, "at most 3"),
        ({"at_most": 2}, False, "at most 2"),
        ({"at_least": 1, "at_most": 3}, True, "at least 1 and at most 3"),
        ({"exactly": 3}, True, "exactly 3"),
        ({"exactly": 2}, False, "exactly 2"),
        ({"exactly": 0}, False, "none"),
        ({"none": True}, False, "none"),
        ({"at_least": 0}, True, "any number"),
    ],
)
def test_the_count_is_held_against_what_was_wanted(bounds: dict[str, Any], passed: bool, words: str) -> None:
    async def work(control: Control) -> None:
        await three_orders(control)
        answer = await control.do("POST", "/verify", {"endpoint": "POST /api/v3/order"} | bounds)
        assert (answer["passed"], answer["count"], answer["wanted"]) == (passed, 3, words)
        assert bool(answer["near_misses"]) is not passed

    with_control(work)


def test_near_misses_tell_what_was_different_the_nearest_first() -> None:
    async def work(control: Control) -> None:
        since = control.exchange.world.journal.seq
        await control.signed("GET", "/api/v3/account")
        await control.signed("POST", "/api/v3/order", **ORDER, price="50000")
        wanted = {
            "endpoint": "POST /api/v3/order",
            "account": "alice",
            "params": {"side": "SELL", "signature": "x" * 64},
        }
        answer = await control.do("POST", "/verify", wanted)
        order, account = answer["near_misses"]
        assert order == {
            "request": since + 2,
            "ts": "2026-01-05T00:00:00Z",
            "endpoint": "POST /api/v3/order",
            "account": "alice",
            "differs": [
                {"field": "params.side", "wanted": "SELL", "was": "BUY"},
                {"field": "params.signature", "wanted": "***", "was": "***"},
            ],
        }
        assert account["differs"][0] == {
            "field": "endpoint",
            "wanted": "POST /api/v3/order",
            "was": "GET /api/v3/account",
        }
        assert account["differs"][1] == {"field": "params.side", "wanted": "SELL", "was": None}

    with_control(work)


def test_only_what_came_since_the_last_reset_counts() -> None:
    async def work(control: Control) -> None:
        await three_orders(control)
        await control.do("POST", "/reset")
        assert (await control.do("POST", "/verify", {"none": True}))["passed"] is True
        assert (await control.do("POST", "/verify", {"since": 0}))["count"] == 4
        await control.signed("GET", "/api/v3/account")
        assert (await control.do("POST", "/verify", {}))["count"] == 1

    with_control(work)


def test_messages_of_sockets_count_by_the_names_their_venue_has_for_them() -> None:
    async def work(control: Control) -> None:
        assert control.exchange.description is not None
        url = control.exchange.description.venues["binance"].ws_url
        async with connect(f"{url}/ws-api/v3") as client:
            await client.send('{"id":1,"method":"ticker.price","params":{"symbol":"BTCUSDT"}}')
            await client.recv()
        wanted = {"endpoint": "ticker.price", "params": {"symbol": "BTCUSDT"}}
        assert (await control.do("POST", "/verify", wanted))["count"] == 1
        assert (await control.do("POST", "/verify", {"endpoint": "CONNECT"}))["count"] == 1

    with_control(work)


def test_contradictions_are_refused() -> None:
    async def work(control: Control) -> None:
        for body, field in (
            ({"exactly": 1, "at_least": 1}, "exactly"),
            ({"none": True, "at_most": 1}, "none"),
            ({"at_least": 2, "at_most": 1}, "at_most"),
            ({"at_least": -1}, "at_least"),
            ({"venue": "binanse"}, "venue"),
            ({"endpiont": "x"}, "endpiont"),
            ({"since": 10**9}, "since"),
        ):
            refused = await control.refused("POST", "/verify", body)
            assert (refused["status"], refused["field"]) == (422, field), refused

    with_control(work)
