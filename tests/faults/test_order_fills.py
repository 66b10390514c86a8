from typing import Any

import pytest

from dialects.binance.rest_bench import EVERYTHING, START_MS, units
from fault_bench import HttpAnswer
from order_fault_bench import OrderFaultBench, position, report
from simexchange.domain.commands import SetTradingStatus
from simexchange.domain.enums import Side, TradingStatus
from simexchange.services.clock import MILLISECOND, SECOND

NOT_CANCELED = (400, -2011, "Unknown order sent.")


def fill_report(**changes: Any) -> dict[str, Any]:
    """The report of a1's complete fill at its own price."""
    full = {
        "x": "TRADE",
        "X": "FILLED",
        "l": "0.10000000",
        "z": "0.10000000",
        "L": "60000.00000000",
        "n": "0.00010000",
        "N": "BTC",
        "t": 1,
        "I": 4,
        "w": False,
        "m": True,
        "M": True,
        "Z": "6000.00000000",
        "Y": "6000.00000000",
    }
    return report(**(full | changes))


def test_the_fill_is_told_before_the_order_is_answered() -> None:
    bench, plain = OrderFaultBench(), OrderFaultBench()
    bench.arm("fill-before-ack", ack_after="500ms", when={"count": 1})
    wire = bench.wire()
    wire.feed(bench.order(bench.alice, newClientOrderId="a1"))
    assert bench.told() == [
        report(),
        position(("USDT", "94000.00000000", "6000.00000000")),
        fill_report(),
        position(("BTC", "2.09990000", "0.00000000"), ("USDT", "94000.00000000", "0.00000000")),
    ]
    assert wire.take() == b""
    bench.advance(500 * MILLISECOND)
    assert wire.take() == plain.place().raw
    assert bench.found() == ("filled", units("0.1"))
    (trade,) = bench.get("/api/v3/myTrades", symbol="BTCUSDT").json
    assert (trade["qty"], trade["commission"], trade["isMaker"]) == ("0.10000000", "0.00010000", True)
    bench.assert_sound()


def test_a_part_of_the_order_is_filled_before_its_answer_in_whole_lots() -> None:
    bench = OrderFaultBench()
    bench.arm("fill-before-ack", ratio="0.333333", ack_after="0s")
    assert bench.place().json["executedQty"] == "0.00000000"
    assert bench.told_briefly() == [
        "NEW NEW 0.00000000",
        "outboundAccountPosition",
        "TRADE PARTIALLY_FILLED 0.03333000",
        "outboundAccountPosition",
    ]


def test_over_the_websocket_api_the_fill_comes_before_the_answer_on_one_and_the_same_socket() -> None:
    bench = OrderFaultBench()
    bench.arm("fill-before-ack")
    socket = bench.stream("/ws-api/v3")

    def ask(number: int, method: str, **params: Any) -> None:
        params |= {"apiKey": bench.alice.api_key, "timestamp": bench.now_ms}
        text = "&".join(f"{name}={params[name]}" for name in sorted(params))
        socket.say({"id": number, "method": method, "params": params | {"signature": bench.alice.signer.sign(text)}})

    ask(1, "userDataStream.subscribe.signature")
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    ask(2, "order.place", **order, quantity="0.1", price="60000")
    told = [message.get("event", {}).get("X") for message in socket.messages() if "event" in message]
    assert told == ["NEW", None, "FILLED", None]
    bench.advance(SECOND)
    (answer,) = socket.messages()
    assert (answer["id"], answer["result"]["status"]) == (2, "NEW")


def test_an_order_that_waits_for_its_trigger_or_took_all_it_wanted_is_left_alone() -> None:
    bench = OrderFaultBench(rules=EVERYTHING)
    bench.rest(Side.SELL, "1", "60000")
    bench.place(bench.bob)
    bench.arm("fill-before-ack", ack_after="0s", ratio="0.5")
    bench.place(type="STOP_LOSS_LIMIT", stopPrice="61000", price="62000")
    bench.place(newClientOrderId="a2")
    assert (bench.found(), bench.found("a2")) == (("new", 0), ("filled", units("0.1")))
    bench.assert_sound()


def test_a_cancel_comes_too_late_and_the_order_is_filled() -> None:
    bench = OrderFaultBench()
    bench.arm("cancel-lost-to-fill", when={"count": 1})
    bench.place()
    bench.told()
    answer = bench.cancel()
    assert answer.refusal == NOT_CANCELED
    assert bench.told() == [
        fill_report(),
        position(("BTC", "2.09990000", "0.00000000"), ("USDT", "94000.00000000", "0.00000000")),
    ]
    assert bench.get("/api/v3/order", symbol="BTCUSDT", orderId=1).json["status"] == "FILLED"
    (fired,) = bench.fired
    assert (fired.kind, fired.client_order_id) == ("cancel-lost-to-fill", "a1")
    bench.assert_sound()


def test_a_cancel_after_a_fill_in_part_leaves_a_canceled_order_with_a_quantity() -> None:
    bench = OrderFaultBench()
    bench.arm("cancel-rejected-filled", ratio="37%")
    bench.place()
    answer = bench.cancel().json
    assert (answer["status"], answer["executedQty"]) == ("CANCELED", "0.03700000")
    bench.assert_sound()


def test_of_all_open_orders_those_that_rest_are_filled_before_they_are_canceled() -> None:
    bench = OrderFaultBench(rules=EVERYTHING)
    bench.place(bench.bob, side="SELL")
    bench.place(newClientOrderId="a0")
    bench.arm("cancel-lost-to-fill")
    bench.place()
    bench.place(newClientOrderId="a2", type="STOP_LOSS_LIMIT", stopPrice="61000", price="62000")
    answer = bench.ask(bench.request(bench.alice, "DELETE", "/api/v3/openOrders", symbol="BTCUSDT"))
    assert [row["origClientOrderId"] for row in answer.json] == ["a2"]
    assert (bench.found(), len(bench.fired)) == (("filled", units("0.1")), 1)


def test_a_replacement_loses_the_race_too() -> None:
    bench = OrderFaultBench()
    bench.arm("cancel-lost-to-fill")
    bench.place()
    changes = {"cancelOrigClientOrderId": "a1", "newClientOrderId": "a2", "cancelReplaceMode": "STOP_ON_FAILURE"}
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.1"}
    answer = bench.ask(
        bench.request(bench.alice, "POST", "/api/v3/order/cancelReplace", **order, price="59000", **changes)
    )
    assert (answer.status, answer.json["code"]) == (400, -2022)
    assert (bench.found(), bench.found("a2")) == (("filled", units("0.1")), None)


@pytest.mark.parametrize("how", ["unknown", "unsigned", "halted"])
def test_a_cancel_that_would_fail_anyway_fills_nothing(how: str) -> None:
    bench = OrderFaultBench()
    bench.arm("cancel-lost-to-fill")
    bench.place()
    if how == "halted":
        bench.door.submit(SetTradingStatus("BTC/USDT", TradingStatus.HALTED))
        assert bench.cancel().json["executedQty"] == "0.00000000"
    elif how == "unknown":
        assert bench.cancel(origClientOrderId="a9").refusal == NOT_CANCELED
    else:
        query = f"symbol=BTCUSDT&orderId=1&timestamp={START_MS}&signature=00"
        answer = bench.ask(bench.raw("DELETE", f"/api/v3/order?{query}", bench.alice.api_key))
        assert answer.refusal == (400, -1022, "Signature for this request is not valid.")
    assert bench.door.venue.views.fills(bench.alice.account_id, "BTC/USDT") == []
    assert not bench.fired


def test_a_resting_order_is_filled_in_parts_at_set_times() -> None:
    bench = OrderFaultBench()
    plan = [{"after": "1s", "ratio": "0.25"}, {"after": "2s", "ratio": "50%"}, {"after": "4s", "ratio": 1}]
    bench.arm("fill-plan", plan=plan)
    assert bench.place().json["status"] == "NEW"
    bench.told()
    seen = []
    for _ in range(4):
        bench.advance(SECOND)
        seen.append([line for line in bench.told_briefly() if line.startswith("TRADE")])
    assert seen == [
        ["TRADE PARTIALLY_FILLED 0.02500000"],
        ["TRADE PARTIALLY_FILLED 0.07500000"],
        [],
        ["TRADE FILLED 0.10000000"],
    ]
    bench.assert_sound()


def test_only_an_order_that_rests_has_a_plan_and_a_removed_rule_fills_no_more() -> None:
    bench = OrderFaultBench()
    bench.rest(Side.SELL, "0.1", "60000")
    rule = bench.arm("fill-plan", when={"count": 1})
    bench.place(newClientOrderId="taken")
    assert not bench.fired
    bench.place()
    assert len(bench.fired) == 1
    bench.advance(SECOND)
    bench.plan.remove(rule.id)
    bench.advance(5 * SECOND)
    assert bench.found() == ("partially_filled", units("0.05"))


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ([{"after": "1s", "ratio": "0"}], "ratio is 0: above 0 and up to 1 passes"),
        ([{"after": "-1s", "ratio": "1"}], "after is -1s: 0s and more passes"),
        ([{"after": "1s"}], "ratio"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(plan: list[dict[str, str]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        OrderFaultBench().arm("fill-plan", plan=plan)


def test_answers_to_orders_without_a_rule_and_after_one_are_the_same() -> None:
    raw = []
    for armed in (False, True):
        bench = OrderFaultBench()
        if armed:
            rules = [bench.arm(kind, match={"account": "alice"}) for kind in ("fill-before-ack", "fill-plan")]
            bench.plan.remove(rules[1].id)
            raw.append([bench.place(bench.bob).raw])
            bench.plan.remove(rules[0].id)
            raw[-1] += [bench.place().raw, bench.cancel().raw]
        else:
            raw.append([bench.place(bench.bob).raw, bench.place().raw, bench.cancel().raw])
    assert raw[0] == raw[1]


def test_an_answer_that_waits_comes_on_its_own_connection() -> None:
    bench = OrderFaultBench()
    bench.arm("fill-before-ack", match={"account": "alice"})
    wire = bench.wire()
    wire.feed(bench.order(bench.alice, newClientOrderId="a1"))
    assert HttpAnswer(bench.place(bench.bob, newClientOrderId="b1").raw).json["clientOrderId"] == "b1"
    bench.advance(SECOND)
    assert HttpAnswer(wire.take()).json["clientOrderId"] == "a1"
