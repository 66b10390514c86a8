from typing import Any

import pytest

from dialects.binance.rest_bench import units
from order_fault_bench import OrderFaultBench
from simexchange.services.clock import MILLISECOND, SECOND

UNKNOWN = (400, -2013, "Order does not exist.")
NOT_CANCELED = (400, -2011, "Unknown order sent.")
ONE: dict[str, Any] = {"symbol": "BTCUSDT", "origClientOrderId": "a1"}


def test_an_order_cannot_be_seen_until_the_lag_is_over() -> None:
    bench = OrderFaultBench()
    bench.arm("order-not-visible", lag="500ms")
    assert bench.place().json["status"] == "NEW"
    bench.advance(500 * MILLISECOND - 1)
    assert bench.get("/api/v3/order", **ONE).refusal == UNKNOWN
    assert bench.get("/api/v3/order", symbol="BTCUSDT", orderId=1).refusal == UNKNOWN
    assert bench.get("/api/v3/openOrders").body == b"[]"
    assert bench.get("/api/v3/allOrders", symbol="BTCUSDT").body == b"[]"
    assert bench.cancel().refusal == NOT_CANCELED
    assert bench.found() == ("new", 0)
    assert [fired.ordinal for fired in bench.fired] == [1, 2, 3, 4, 5]
    bench.advance(1)
    assert bench.get("/api/v3/order", **ONE).json["clientOrderId"] == "a1"
    assert len(bench.get("/api/v3/openOrders").json) == 1
    assert bench.cancel().json["status"] == "CANCELED"
    assert len(bench.fired) == 5


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        ("query", [False, True, True, True]),
        ("open_orders", [True, False, False, True]),
        ("cancel", [True, True, True, False]),
    ],
)
def test_a_scope_hides_orders_there_alone(scope: str, seen: list[bool]) -> None:
    bench = OrderFaultBench()
    bench.arm("order-not-visible", scope=scope)
    bench.place()
    assert seen == [
        bench.get("/api/v3/order", **ONE).status == 200,
        bool(bench.get("/api/v3/openOrders", symbol="BTCUSDT").json),
        bool(bench.get("/api/v3/allOrders", symbol="BTCUSDT").json),
        bench.cancel().status == 200,
    ]


def test_a_list_keeps_the_orders_that_can_be_seen_byte_for_byte() -> None:
    bench = OrderFaultBench()
    bench.place()
    bench.advance(SECOND)
    before = bench.get("/api/v3/openOrders").body
    bench.place(newClientOrderId="a2")
    bench.arm("order-not-visible-yet")
    assert bench.get("/api/v3/openOrders").body == before
    bench.plan.clear()
    assert [row["clientOrderId"] for row in bench.get("/api/v3/openOrders").json] == ["a1", "a2"]


def test_over_the_websocket_api_orders_are_as_invisible() -> None:
    bench = OrderFaultBench()
    bench.arm("order-not-visible")
    bench.place()
    socket = bench.stream("/ws-api/v3")
    answers = []
    for method, params in (("openOrders.status", {}), ("order.status", ONE), ("order.cancel", ONE)):
        asked = params | {"apiKey": bench.alice.api_key, "timestamp": bench.now_ms}
        text = "&".join(f"{name}={asked[name]}" for name in sorted(asked))
        socket.say({"id": 1, "method": method, "params": asked | {"signature": bench.alice.signer.sign(text)}})
        (answer,) = socket.messages()
        answers.append(answer.get("result", answer.get("error")))
    assert answers == [
        [],
        {"code": -2013, "msg": "Order does not exist."},
        {"code": -2011, "msg": "Unknown order sent."},
    ]


def test_orders_of_others_and_older_ones_are_seen_as_ever() -> None:
    bench = OrderFaultBench()
    bench.arm("order-not-visible", match={"account": "alice"})
    bench.place(bench.bob)
    assert len(bench.get("/api/v3/openOrders", bench.bob).json) == 1
    assert not bench.fired


def test_an_order_that_ended_is_nowhere_for_a_while_and_its_fills_are() -> None:
    bench = OrderFaultBench()
    bench.arm("order-vanishes-after-terminal", gap="2s")
    bench.place()
    bench.advance(SECOND)
    assert bench.get("/api/v3/order", **ONE).json["status"] == "NEW"
    bench.place(bench.bob, side="SELL")
    assert bench.found() == ("filled", units("0.1"))
    for _ in range(2):
        assert bench.get("/api/v3/order", **ONE).refusal == UNKNOWN
        assert bench.get("/api/v3/openOrders").body == bench.get("/api/v3/allOrders", symbol="BTCUSDT").body == b"[]"
        assert len(bench.get("/api/v3/myTrades", symbol="BTCUSDT").json) == 1
        bench.advance(SECOND)
    assert bench.get("/api/v3/order", **ONE).json["status"] == "FILLED"
    assert len(bench.get("/api/v3/allOrders", symbol="BTCUSDT").json) == 1
    assert len(bench.fired) == 4


def test_rest_answers_from_the_past_while_streams_do_not() -> None:
    bench = OrderFaultBench()
    bench.arm("rest-ws-divergence", lag="5s")
    assert bench.get("/api/v3/openOrders").json == []
    bench.place()
    assert bench.told_briefly() == ["NEW NEW 0.00000000", "outboundAccountPosition"]
    assert bench.get("/api/v3/openOrders").json == []
    assert len(bench.get("/api/v3/openOrders", symbol="BTCUSDT").json) == 1, "another question"
    assert bench.get("/api/v3/openOrders", bench.bob).json == []
    assert [fired.endpoint for fired in bench.fired] == ["GET /api/v3/openOrders"]
    bench.advance(5 * SECOND)
    assert len(bench.get("/api/v3/openOrders").json) == 1


def test_a_refusal_is_neither_kept_nor_replaced() -> None:
    bench = OrderFaultBench()
    bench.arm("rest-ws-divergence")
    assert bench.get("/api/v3/order", **ONE).refusal == UNKNOWN
    bench.place()
    assert bench.get("/api/v3/order", **ONE).json["status"] == "NEW"
    bench.cancel()
    assert bench.get("/api/v3/order", **ONE).json["status"] == "NEW"
    bench.plan.clear()
    assert bench.get("/api/v3/order", **ONE).json["status"] == "CANCELED"
