from typing import Any

import pytest

from dialects.binance.rest_bench import EVERYTHING, START_MS, units
from fault_bench import HttpAnswer
from order_fault_bench import HOUSE, OrderFaultBench, position, report
from simexchange.domain.commands import CancelOrder
from simexchange.domain.enums import Side
from simexchange.services.clock import MILLISECOND, SECOND
from simexchange.services.faults.order_answers import BalanceRace

REPLACE: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.1",
    "price": "59000",
    "newClientOrderId": "a2",
    "cancelOrigClientOrderId": "a1",
    "cancelNewClientOrderId": "c1",
}
POOR = (400, -2010, "Account has insufficient balance for requested action.")


def later(bench: OrderFaultBench, data: bytes, nanoseconds: int) -> HttpAnswer:
    """The answer to a request that comes after exactly so long."""
    wire = bench.wire()
    wire.feed(data)
    bench.advance(nanoseconds - 1)
    assert wire.take() == b""
    bench.advance(1)
    return HttpAnswer(wire.take())


def test_a_slow_answer_is_the_true_one_and_streams_do_not_wait_for_it() -> None:
    bench, plain = OrderFaultBench(), OrderFaultBench()
    bench.arm("slow-ack", delay="2s")
    wire = bench.wire()
    wire.feed(bench.order(bench.alice, newClientOrderId="a1"))
    assert bench.told_briefly() == ["NEW NEW 0.00000000", "outboundAccountPosition"]
    bench.advance(2 * SECOND)
    assert wire.take() == plain.place().raw


def test_a_cancel_is_answered_late_with_the_order_gone_before() -> None:
    bench = OrderFaultBench()
    bench.arm("cancel-acknowledged-late", delay="2s")
    bench.place()
    wire = bench.wire()
    wire.feed(bench.request(bench.alice, "DELETE", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="a1"))
    assert (bench.found(), wire.take()) == (("canceled", 0), b"")
    bench.advance(2 * SECOND)
    assert HttpAnswer(wire.take()).json["status"] == "CANCELED"


def test_a_pending_cancel_leaves_the_order_open_and_may_come_too_late() -> None:
    bench = OrderFaultBench()
    bench.arm("cancel-acknowledged-late", delay="2s", phase="pending")
    bench.place()
    wire = bench.wire()
    wire.feed(bench.request(bench.alice, "DELETE", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="a1"))
    assert bench.found() == ("new", 0)
    bench.place(bench.bob, side="SELL")
    bench.advance(2 * SECOND)
    assert HttpAnswer(wire.take()).refusal == (400, -2011, "Unknown order sent.")
    assert bench.found() == ("filled", units("0.1"))


def test_a_held_request_is_overtaken_by_the_next() -> None:
    bench = OrderFaultBench()
    bench.arm("request-reordered", hold="200ms", when={"count": 1})
    wire = bench.wire()
    wire.feed(bench.order(bench.alice, newClientOrderId="a1"))
    assert bench.place(newClientOrderId="a2").json["orderId"] == 1
    bench.advance(200 * MILLISECOND)
    assert HttpAnswer(wire.take()).json["orderId"] == 2
    assert bench.open_orders(bench.alice) == ["a2", "a1"]


@pytest.mark.parametrize(("effect", "orders"), [("apply", ["a1"]), ("discard", [])])
def test_an_order_is_called_a_duplicate_whether_it_is_there_or_not(effect: str, orders: list[str]) -> None:
    bench = OrderFaultBench()
    bench.arm("duplicate-client-id", effect=effect, when={"count": 1})
    answer = bench.place()
    assert answer.refusal == (400, -2010, "Duplicate order sent.")
    assert "x-mbx-order-count-10s" not in answer.headers
    assert bench.open_orders(bench.alice) == orders
    (fired,) = bench.fired
    assert (fired.effect, fired.client_order_id) == (effect, "a1")


def test_only_an_order_that_must_not_take_is_turned_down_as_if_it_would() -> None:
    bench = OrderFaultBench()
    bench.arm("post-only-would-cross", when={"count": 1})
    assert bench.place(newClientOrderId="plain").json["status"] == "NEW"
    maker = {"type": "LIMIT_MAKER", "timeInForce": None}
    assert bench.place(**maker).refusal == (400, -2010, "Order would immediately match and take.")
    assert bench.place(**maker).json["clientOrderId"] == "a1"
    assert bench.open_orders(bench.alice) == ["plain", "a1"]
    assert [fired.client_order_id for fired in bench.fired] == ["a1"]


def test_the_money_of_a_cancel_cannot_be_used_for_a_while() -> None:
    bench = OrderFaultBench()
    bench.arm("insufficient-balance-race", release_delay="500ms")
    bench.place(quantity="1")
    bench.cancel()
    assert bench.place(quantity="0.5", newClientOrderId="a2").json["status"] == "NEW", "other money is there"
    assert bench.place(quantity="1").refusal == POOR
    bench.told()
    bench.advance(500 * MILLISECOND - 1)
    assert bench.place(quantity="1").refusal == POOR
    assert bench.told() == []
    bench.advance(1)
    assert bench.place(quantity="1").json["status"] == "NEW"
    assert len(bench.fired) == 2
    bench.assert_sound()


def test_what_the_house_cancels_all_day_is_not_remembered_for_anybody() -> None:
    bench = OrderFaultBench()
    rule = bench.arm("insufficient-balance-race", release_delay="1s")
    race = bench.plan._faults[rule.id]
    assert isinstance(race, BalanceRace)
    bench.rest(Side.SELL, "5", "61000", "h")
    bench.door.submit(CancelOrder(HOUSE, "BTC/USDT", client_order_id="h"))
    assert race.freed == []
    names = ("a1", "a2", "a3")
    for name in names:
        bench.place(quantity="0.1", newClientOrderId=name)
    for name in names:
        bench.cancel(origClientOrderId=name)
        bench.advance(SECOND)
    assert len(race.freed) == 1, "those before are over, though no order has come since"


def test_a_sell_waits_for_its_coins_a_market_buy_for_what_it_would_cost() -> None:
    bench = OrderFaultBench()
    bench.arm("insufficient-balance-race")
    bench.rest(Side.SELL, "5", "61000")
    bench.place(bench.bob, price="61000")
    bench.place(side="SELL", quantity="2", price="62000")
    bench.place(quantity="1.6", newClientOrderId="a2")
    bench.cancel()
    bench.cancel(origClientOrderId="a2")
    market = {"type": "MARKET", "timeInForce": None, "price": None}
    assert bench.place(side="SELL", quantity="0.1").refusal == POOR
    assert bench.place(**market, quantity="0.1").refusal == POOR
    assert bench.place(**market, quantity=None, quoteOrderQty="5000").refusal == POOR
    assert bench.place(**market, quantity="0.01").json["status"] == "FILLED"


def test_of_a_replacement_the_new_order_fails_and_none_is_left() -> None:
    bench = OrderFaultBench()
    bench.arm("cancel-replace-half", leg="new")
    bench.place()
    answer = bench.ask(
        bench.request(
            bench.alice, "POST", "/api/v3/order/cancelReplace", **REPLACE, cancelReplaceMode="STOP_ON_FAILURE"
        )
    )
    assert (answer.status, answer.json) == (
        409,
        {
            "code": -2021,
            "msg": "Order cancel-replace partially failed.",
            "data": {
                "cancelResult": "SUCCESS",
                "newOrderResult": "FAILURE",
                "cancelResponse": {
                    "symbol": "BTCUSDT",
                    "origClientOrderId": "a1",
                    "orderId": 1,
                    "orderListId": -1,
                    "clientOrderId": "c1",
                    "transactTime": START_MS,
                    "price": "60000.00000000",
                    "origQty": "0.10000000",
                    "executedQty": "0.00000000",
                    "origQuoteOrderQty": "0.00000000",
                    "cummulativeQuoteQty": "0.00000000",
                    "status": "CANCELED",
                    "timeInForce": "GTC",
                    "type": "LIMIT",
                    "side": "BUY",
                    "selfTradePreventionMode": "EXPIRE_MAKER",
                },
                "newOrderResponse": {
                    "code": -2010,
                    "msg": "Account has insufficient balance for requested action.",
                },
            },
        },
    )
    assert bench.open_orders(bench.alice) == []
    bench.assert_sound()


@pytest.mark.parametrize(
    ("mode", "status", "code", "message", "new", "orders"),
    [
        ("STOP_ON_FAILURE", 400, -2022, "Order cancel-replace failed.", "NOT_ATTEMPTED", ["a1"]),
        ("ALLOW_FAILURE", 409, -2021, "Order cancel-replace partially failed.", "SUCCESS", ["a1", "a2"]),
    ],
)
def test_of_a_replacement_the_cancel_fails_and_the_old_order_stays(
    mode: str, status: int, code: int, message: str, new: str, orders: list[str]
) -> None:
    bench = OrderFaultBench()
    bench.arm("cancel-replace-half", leg="cancel")
    bench.place()
    answer = bench.ask(
        bench.request(bench.alice, "POST", "/api/v3/order/cancelReplace", **REPLACE, cancelReplaceMode=mode)
    )
    assert (answer.status, answer.json["code"], answer.json["msg"]) == (status, code, message)
    data = answer.json["data"]
    assert (data["cancelResult"], data["newOrderResult"]) == ("FAILURE", new)
    assert data["cancelResponse"] == {"code": -2011, "msg": "Unknown order sent."}
    assert bench.open_orders(bench.alice) == orders


def test_an_accepted_order_is_ended_by_the_venue_and_only_the_stream_tells() -> None:
    bench = OrderFaultBench()
    bench.arm("async-reject", after="100ms", when={"count": 1})
    assert bench.place().json["status"] == "NEW"
    bench.told()
    bench.advance(100 * MILLISECOND)
    at = START_MS + 100
    ended = report(E=at, T=at, x="EXPIRED", X="EXPIRED", I=2, w=False, eR="EXCHANGE_CANCELED")
    assert bench.told() == [ended, position(("USDT", "100000.00000000", "0.00000000"), at=at)]
    found = bench.get("/api/v3/order", symbol="BTCUSDT", orderId=1).json
    assert (found["status"], found["expiryReason"]) == ("EXPIRED", "EXCHANGE_CANCELED")
    bench.assert_sound()


def test_the_venue_ends_an_order_list_as_a_whole() -> None:
    bench = OrderFaultBench(rules=EVERYTHING)
    bench.place(bench.bob, quantity="0.01")
    bench.place(newClientOrderId="a0", side="SELL", quantity="0.01")
    bench.arm("async-reject", after="100ms")
    pair = {"aboveType": "LIMIT_MAKER", "abovePrice": "61000", "belowType": "STOP_LOSS", "belowStopPrice": "59000"}
    listed = bench.request(
        bench.alice, "POST", "/api/v3/orderList/oco", symbol="BTCUSDT", side="SELL", quantity="1", **pair
    )
    assert bench.ask(listed).json["listOrderStatus"] == "EXECUTING"
    bench.told()
    bench.advance(100 * MILLISECOND)
    assert bench.told_briefly() == [
        "EXPIRED EXPIRED 0.00000000",
        "EXPIRED EXPIRED 0.00000000",
        "listStatus",
        "outboundAccountPosition",
    ]
    rows = bench.get("/api/v3/allOrders", symbol="BTCUSDT").json[1:]
    assert [(row["status"], row["expiryReason"]) for row in rows] == [("EXPIRED", "EXCHANGE_CANCELED")] * 2
    bench.assert_sound()


def test_an_order_that_is_over_is_not_ended_again_and_a_removed_rule_ends_none() -> None:
    bench = OrderFaultBench()
    rule = bench.arm("async-reject", after="100ms")
    bench.place()
    bench.cancel()
    bench.place(newClientOrderId="a2")
    bench.advance(50 * MILLISECOND)
    bench.plan.remove(rule.id)
    bench.advance(SECOND)
    assert (bench.found("a1"), bench.found("a2")) == (("canceled", 0), ("new", 0))


@pytest.mark.parametrize(
    "kind", ["slow-ack", "post-only-would-cross", "insufficient-balance-race", "cancel-replace-half", "async-reject"]
)
def test_others_get_the_same_bytes_as_without_the_rule_and_so_does_all_once_it_is_gone(kind: str) -> None:
    raw = []
    for armed in (False, True):
        bench = OrderFaultBench(rules=EVERYTHING)
        if armed:
            rule = bench.arm(kind, match={"account": "alice"})
        raw.append([bench.place(bench.bob).raw, bench.place(bench.bob, type="LIMIT_MAKER", timeInForce=None).raw])
        if armed:
            bench.plan.remove(rule.id)
        raw[-1] += [bench.place().raw, bench.cancel().raw, bench.place(type="LIMIT_MAKER", timeInForce=None).raw]
    assert raw[0] == raw[1]


def test_a_wait_below_zero_is_refused() -> None:
    bench = OrderFaultBench()
    with pytest.raises(ValueError, match="after is -1s: 0s and more passes"):
        bench.arm("async-reject", after="-1s")
