from typing import Any

import pytest
from msgspec.structs import replace

from dialects.binance.rest_bench import START_MS, units
from order_fault_bench import HOUSE, OrderFaultBench, position, report
from simexchange.domain.commands import ChangeRules
from simexchange.domain.enums import Side
from simexchange.services.clock import MILLISECOND, SECOND

PART = units("0.037")


def asks(bench: OrderFaultBench) -> list[tuple[int, int]]:
    return bench.market.book.depth(Side.SELL, 10)


@pytest.mark.parametrize(
    ("then", "told", "status"),
    [
        ("nothing", [], "PARTIALLY_FILLED"),
        ("rest", ["TRADE FILLED 0.10000000", "outboundAccountPosition"], "FILLED"),
        ("cancel", ["EXPIRED EXPIRED 0.03700000", "outboundAccountPosition"], "EXPIRED"),
    ],
)
def test_a_part_of_a_resting_order_is_filled_and_the_remainder_has_its_fate(
    then: str, told: list[str], status: str
) -> None:
    bench = OrderFaultBench()
    bench.arm("partial-fill", then=then, when={"count": 1})
    assert bench.place().json["executedQty"] == "0.00000000"
    assert bench.told()[2:] == [
        report(
            x="TRADE",
            X="PARTIALLY_FILLED",
            l="0.03700000",
            z="0.03700000",
            L="60000.00000000",
            n="0.00003700",
            N="BTC",
            t=1,
            I=4,
            w=True,
            m=True,
            M=True,
            Z="2220.00000000",
            Y="2220.00000000",
        ),
        position(("BTC", "2.03696300", "0.00000000"), ("USDT", "94000.00000000", "3780.00000000")),
    ]
    bench.advance(SECOND - 1)
    assert bench.told() == []
    bench.advance(1)
    assert bench.told_briefly() == told
    assert bench.get("/api/v3/order", symbol="BTCUSDT", orderId=1).json["status"] == status
    bench.assert_sound()


def test_the_end_of_the_remainder_tells_why() -> None:
    bench = OrderFaultBench()
    bench.arm("partial-fill-then-cancel", after="200ms")
    bench.place()
    bench.told()
    bench.advance(200 * MILLISECOND)
    ended = {"x": "EXPIRED", "X": "EXPIRED", "I": 5, "w": False, "z": "0.03700000", "Z": "2220.00000000"}
    at = START_MS + 200
    (told, _) = bench.told()
    assert told == report(E=at, T=at, eR="EXCHANGE_CANCELED", **ended)


def test_an_order_that_would_take_at_once_takes_its_part_from_the_house_and_rests() -> None:
    bench = OrderFaultBench()
    bench.rest(Side.SELL, "0.02", "59990")
    bench.rest(Side.SELL, "1", "59995")
    bench.rest(Side.SELL, "1", "60000", "far")
    bench.rest(Side.SELL, "1", "60001", "beyond")
    bench.arm("partial-fill", ratio="0.37")
    answer = bench.place().json
    assert (answer["status"], answer["executedQty"]) == ("PARTIALLY_FILLED", "0.03700000")
    assert [(fill["price"], fill["qty"]) for fill in answer["fills"]] == [
        ("59990.00000000", "0.02000000"),
        ("59995.00000000", "0.01700000"),
    ]
    assert bench.found() == ("partially_filled", PART)
    assert asks(bench) == [(units("60001"), units("1"))]
    bench.assert_sound()


@pytest.mark.parametrize(
    "order",
    [
        {"type": "MARKET", "timeInForce": None, "price": None},
        {"timeInForce": "IOC"},
        {"side": "SELL", "type": "MARKET", "timeInForce": None, "price": None},
    ],
)
def test_an_order_that_never_rests_ends_with_its_part(order: dict[str, Any]) -> None:
    bench = OrderFaultBench()
    bench.rest(Side.SELL, "0.5", "60000")
    bench.rest(Side.BUY, "0.5", "59990")
    bench.place(bench.bob, quantity="0.01")
    bench.arm("partial-fill")
    answer = bench.place(**order).json
    assert (answer["status"], answer["executedQty"]) == ("EXPIRED", "0.03700000")
    bench.assert_sound()


def test_where_the_house_may_not_rest_so_little_a_resting_order_is_filled_from_outside() -> None:
    bench = OrderFaultBench()
    bench.door.submit(ChangeRules("BTC/USDT", replace(bench.market.rules, min_quantity=units("0.05"))))
    bench.rest(Side.SELL, "1", "60000")
    bench.arm("partial-fill")
    assert bench.place().json["executedQty"] == "0.00000000"
    assert bench.found() == ("partially_filled", PART)
    assert bench.door.venue.accounts[HOUSE].open_orders["BTC/USDT"] == {}


def test_orders_of_other_clients_stay_and_may_fill_more_than_the_part() -> None:
    bench = OrderFaultBench()
    bench.place(bench.bob, side="SELL", quantity="0.06")
    bench.rest(Side.SELL, "1", "60000")
    bench.arm("partial-fill")
    assert bench.place().json["executedQty"] == "0.06000000"
    bench.assert_sound()


@pytest.mark.parametrize(
    "order",
    [
        {"timeInForce": "FOK"},
        {"type": "MARKET", "timeInForce": None, "price": None, "quantity": None, "quoteOrderQty": "600"},
        {"quantity": "0.00001", "price": "600000"},
    ],
)
def test_an_order_that_cannot_be_filled_in_part_is_no_match(order: dict[str, Any]) -> None:
    bench, plain = OrderFaultBench(), OrderFaultBench()
    for one in (bench, plain):
        one.rest(Side.SELL, "1", "60000")
        one.place(one.bob, quantity="0.01")
    bench.arm("partial-fill")
    assert bench.place(**order).raw == plain.place(**order).raw
    assert not bench.fired


def test_a_post_only_order_that_would_take_is_refused_as_ever() -> None:
    bench = OrderFaultBench()
    bench.rest(Side.SELL, "1", "60000")
    bench.arm("partial-fill")
    assert bench.place(type="LIMIT_MAKER", timeInForce=None).refusal[1] == -2010
    assert asks(bench) == [(units("60000"), units("1"))]


def test_all_but_a_lot_is_filled_and_the_rest_cannot_be_sold() -> None:
    bench = OrderFaultBench()
    bench.arm("partial-fill-dust", match={"side": "BUY"})
    bench.place()
    assert bench.found() == ("partially_filled", units("0.09999"))
    left = bench.cancel().json
    assert (left["executedQty"], left["origQty"]) == ("0.09999000", "0.10000000")
    dust = bench.place(newClientOrderId="a2", side="SELL", quantity="0.00001")
    assert dust.refusal == (400, -1013, "Filter failure: NOTIONAL")
    bench.assert_sound()


def test_so_many_lots_are_left_as_the_rule_says() -> None:
    bench = OrderFaultBench()
    bench.arm("partial-fill-dust", remainder_lots=7, then="cancel")
    bench.place()
    bench.advance(SECOND)
    assert bench.found() == ("canceled", units("0.09993"))


def test_a_removed_rule_leaves_the_remainder_alone() -> None:
    bench = OrderFaultBench()
    rule = bench.arm("partial-fill", then="rest")
    bench.place()
    bench.plan.remove(rule.id)
    bench.advance(5 * SECOND)
    assert bench.found() == ("partially_filled", PART)
    assert bench.place(newClientOrderId="a2").json["status"] == "NEW"
    assert bench.found("a2") == ("new", 0)


def test_another_account_is_answered_as_ever() -> None:
    bench, plain = OrderFaultBench(), OrderFaultBench()
    bench.arm("partial-fill", match={"account": "alice"})
    assert bench.place(bench.bob).raw == plain.place(plain.bob).raw


@pytest.mark.parametrize("ratio", ["0", "-0.5", "1.01", "much"])
def test_a_ratio_that_is_no_part_is_refused(ratio: str) -> None:
    with pytest.raises(ValueError, match="ratio"):
        OrderFaultBench().arm("partial-fill", ratio=ratio)
