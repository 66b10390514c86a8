from typing import Any

import pytest

from dialects.binance.rest_bench import START_MS, units
from order_fault_bench import OrderFaultBench, position, report
from simexchange.domain.commands import SetTradingStatus, Withdraw
from simexchange.domain.enums import TradingStatus
from simexchange.services.clock import SECOND

CLOSED = (400, -1013, "Market is closed.")
FILTERED = "Filter failure: "


def listed(bench: OrderFaultBench) -> Any:
    """What exchangeInfo says of BTCUSDT, or None."""
    symbols = bench.ask(bench.raw("GET", "/api/v3/exchangeInfo")).json["symbols"]
    return next((row for row in symbols if row["symbol"] == "BTCUSDT"), None)


def filters(bench: OrderFaultBench) -> dict[str, Any]:
    return {row["filterType"]: row for row in listed(bench)["filters"]}


@pytest.mark.parametrize(("action", "status", "orders"), [("halt", "HALT", ["a1"]), ("break", "BREAK", [])])
def test_trading_stops_with_or_without_the_orders_and_begins_again(action: str, status: str, orders: list[str]) -> None:
    bench = OrderFaultBench()
    bench.list_instrument("ETH/USDT")
    bench.place()
    rule = bench.arm("symbol-halt-delist", match={"symbol": "BTCUSDT"}, action=action)
    assert bench.place(newClientOrderId="a2").refusal == CLOSED
    assert (listed(bench)["status"], bench.open_orders(bench.alice)) == (status, orders)
    assert bench.place(symbol="ETHUSDT", newClientOrderId="e1").json["status"] == "NEW"
    assert [(fired.venue, fired.symbol) for fired in bench.fired] == [("binance", "BTC/USDT")]
    bench.plan.remove(rule.id)
    assert listed(bench)["status"] == "TRADING"
    assert bench.place(newClientOrderId="a2").json["status"] == "NEW"


@pytest.mark.parametrize("when", [{}, {"count": 1}])
def test_a_halt_goes_on_when_its_rule_is_changed_and_counts_once(when: dict[str, int]) -> None:
    bench = OrderFaultBench()
    rule = bench.arm("symbol-halt-delist", match={"symbol": "BTCUSDT"}, when=when)
    changed = bench.plan.change(rule.id, {"action": "break"})
    assert (listed(bench)["status"], changed.counts.fired, len(bench.fired)) == ("BREAK", 1, 1)
    bench.plan.remove(rule.id)
    assert listed(bench)["status"] == "TRADING"


def test_a_delisted_instrument_loses_its_orders_then_its_name_and_may_come_back() -> None:
    bench = OrderFaultBench()
    bench.list_instrument("ETH/USDT")
    bench.place()
    bench.told()
    rule = bench.arm("symbol-halt-delist", match={"symbol": "BTC/USDT"}, action="delist", remove_after="60s")
    ended = report(x="EXPIRED", X="EXPIRED", I=2, w=False, eR="EXCHANGE_CANCELED")
    assert bench.told() == [ended, position(("USDT", "100000.00000000", "0.00000000"))]
    assert bench.ask(bench.raw("GET", "/api/v3/depth?symbol=BTCUSDT")).json["bids"] == []
    bench.advance(60 * SECOND - 1)
    assert (listed(bench)["status"], bench.place().refusal) == ("BREAK", CLOSED)
    bench.advance(1)
    unknown = (400, -1121, "Invalid symbol.")
    assert (listed(bench), bench.place().refusal) == (None, unknown)
    assert bench.ask(bench.raw("GET", "/api/v3/depth?symbol=BTCUSDT")).refusal == unknown
    assert bench.ask(bench.raw("GET", "/api/v3/exchangeInfo?symbol=BTCUSDT")).refusal == unknown
    prices = bench.ask(bench.raw("GET", "/api/v3/ticker/price")).json
    assert [row["symbol"] for row in prices] == ["ETHUSDT"]
    stream = bench.stream("/ws/btcusdt@depth")
    assert stream.is_accepted
    bench.plan.remove(rule.id)
    assert listed(bench)["status"] == "TRADING"
    assert bench.place(newClientOrderId="a2").json["orderId"] == 2
    bench.assert_sound()


def test_a_removed_rule_delists_nothing_later() -> None:
    bench = OrderFaultBench()
    bench.plan.remove(bench.arm("symbol-halt-delist", action="delist", remove_after="5s").id)
    bench.advance(10 * SECOND)
    assert listed(bench)["status"] == "TRADING"


def test_filters_change_while_orders_rest_and_come_back() -> None:
    bench = OrderFaultBench()
    before = filters(bench)
    bench.place(price="60000.01")
    rule = bench.arm("filters-change-runtime", tick="0.1", lot="0.001", min_notional="100", max_quantity="5")
    now = filters(bench)
    assert now["PRICE_FILTER"]["tickSize"] == "0.10000000"
    assert (now["LOT_SIZE"]["stepSize"], now["LOT_SIZE"]["maxQty"]) == ("0.00100000", "5.00000000")
    assert now["NOTIONAL"]["minNotional"] == "100.00000000"
    for changes, name in (
        ({"price": "60000.01"}, "PRICE_FILTER"),
        ({"quantity": "0.0105"}, "LOT_SIZE"),
        ({"quantity": "0.001"}, "NOTIONAL"),
        ({"quantity": "6"}, "LOT_SIZE"),
    ):
        assert bench.place(newClientOrderId="a2", **changes).refusal == (400, -1013, FILTERED + name)
    assert bench.open_orders(bench.alice) == ["a1"]
    bench.plan.remove(rule.id)
    assert filters(bench) == before
    assert bench.place(newClientOrderId="a2", price="60000.01", quantity="0.001").json["status"] == "NEW"


def test_a_rule_that_names_no_filter_makes_tick_and_lot_coarser() -> None:
    bench = OrderFaultBench()
    bench.arm("filters-change-runtime")
    now = filters(bench)
    assert (now["PRICE_FILTER"]["tickSize"], now["LOT_SIZE"]["stepSize"]) == ("0.10000000", "0.00010000")


def test_two_rules_about_different_filters_go_in_any_order() -> None:
    bench = OrderFaultBench()
    before = filters(bench)
    tick, lot = (bench.arm("filters-change-runtime", **one) for one in ({"tick": "1"}, {"lot": "0.01"}))
    bench.plan.remove(tick.id)
    assert filters(bench)["LOT_SIZE"]["stepSize"] == "0.01000000"
    bench.plan.remove(lot.id)
    assert filters(bench) == before


STATUS_RULES = (
    {"kind": "symbol-halt-delist", "action": "break"},
    {"kind": "symbol-halt-delist"},
    {"kind": "cancel-only-mode"},
)


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
def test_rules_about_one_status_go_in_any_order(order: tuple[int, ...]) -> None:
    bench = OrderFaultBench()
    statuses = (TradingStatus.CLOSED, TradingStatus.HALTED, TradingStatus.CANCEL_ONLY)
    rules = [bench.plan.add(rule) for rule in STATUS_RULES]
    left = [0, 1, 2]
    for place in order:
        assert bench.market.status is statuses[left[-1]]
        bench.plan.remove(rules[place].id)
        left.remove(place)
    assert bench.market.status is TradingStatus.CONTINUOUS


@pytest.mark.parametrize("first", [0, 1])
def test_rules_about_one_filter_go_in_any_order(first: int) -> None:
    bench = OrderFaultBench()
    before = filters(bench)
    rules = [bench.arm("filters-change-runtime", tick=tick) for tick in ("1", "10")]
    assert filters(bench)["PRICE_FILTER"]["tickSize"] == "10.00000000"
    bench.plan.remove(rules.pop(first).id)
    assert filters(bench)["PRICE_FILTER"]["tickSize"] == ("10.00000000", "1.00000000")[first]
    bench.plan.remove(rules.pop().id)
    assert filters(bench) == before


def test_who_changed_the_status_while_a_rule_lived_keeps_his_way() -> None:
    bench = OrderFaultBench()
    rule = bench.arm("symbol-halt-delist")
    bench.door.submit(SetTradingStatus("BTC/USDT", TradingStatus.POST_ONLY))
    bench.plan.remove(rule.id)
    assert bench.market.status is TradingStatus.POST_ONLY


@pytest.mark.parametrize("value", ["0", "-1", "much"])
def test_a_filter_that_makes_no_sense_is_refused(value: str) -> None:
    bench = OrderFaultBench()
    with pytest.raises(ValueError, match=f"tick: '{value}' is no tick of BTC/USDT: a number above 0 passes"):
        bench.arm("filters-change-runtime", tick=value)
    assert not bench.plan.rules


def test_an_order_too_far_from_the_last_price_is_turned_down() -> None:
    bench = OrderFaultBench()
    bench.place(bench.bob, side="SELL")
    bench.place(newClientOrderId="a0")
    bench.arm("price-band-reject", band="1%")
    for at in ("59399.99", "60600.01"):
        side = {"price": at, "side": "BUY" if at < "6" else "SELL"}
        assert bench.place(**side).refusal == (400, -1013, FILTERED + "PERCENT_PRICE_BY_SIDE")
    assert bench.place(price="59400").json["status"] == "NEW"
    market = {"type": "MARKET", "timeInForce": None, "price": None}
    assert bench.place(bench.bob, side="SELL", quantity="0.01", **market).json["executedQty"] == "0.01000000"
    assert len(bench.fired) == 2


def test_a_trade_is_annulled_and_only_balances_tell() -> None:
    bench = OrderFaultBench()
    hears_bob = bench.listen(bench.bob)
    bench.arm("trade-bust", match={"account": "alice"}, when={"count": 1}, after="1s")
    bench.place()
    bench.place(bench.bob, side="SELL")
    bench.told()
    hears_bob.messages()
    bench.advance(SECOND)
    at = START_MS + 1_000
    update = {"e": "balanceUpdate", "E": at, "T": at}
    assert bench.told() == [
        update | {"a": "BTC", "d": "-0.09990000"},
        update | {"a": "USDT", "d": "6000.00000000"},
        position(("BTC", "2.00000000", "0.00000000"), ("USDT", "100000.00000000", "0.00000000"), at=at),
    ]
    assert hears_bob.messages()[:2] == [
        update | {"a": "USDT", "d": "-5994.00000000"},
        update | {"a": "BTC", "d": "0.10000000"},
    ]
    assert bench.get("/api/v3/myTrades", symbol="BTCUSDT").json == []
    assert bench.get("/api/v3/order", symbol="BTCUSDT", orderId=1).json["status"] == "FILLED"
    (fired,) = bench.fired
    assert (fired.kind, fired.account, fired.client_order_id) == ("trade-bust", "alice", "a1")
    bench.assert_sound()


def test_a_trade_whose_proceeds_are_gone_stands() -> None:
    bench = OrderFaultBench()
    bench.arm("trade-bust", match={"account": "alice"})
    bench.place()
    bench.place(bench.bob, side="SELL")
    alice = bench.door.venue.accounts[bench.alice.account_id]
    bench.door.submit(Withdraw(alice.account_id, "BTC", alice.balance("BTC").free))
    bench.told()
    bench.advance(SECOND)
    assert bench.told() == []
    assert len(bench.get("/api/v3/myTrades", symbol="BTCUSDT").json) == 1


def test_trades_of_others_stand_and_a_removed_rule_annuls_none() -> None:
    bench = OrderFaultBench()
    rule = bench.arm("trade-bust", match={"account": "alice", "side": "SELL"})
    bench.place()
    bench.place(bench.bob, side="SELL")
    assert not bench.fired
    bench.place(newClientOrderId="a2", side="SELL")
    bench.place(bench.bob)
    assert len(bench.fired) == 1
    bench.plan.remove(rule.id)
    bench.advance(2 * SECOND)
    assert bench.found("a2") == ("filled", units("0.1"))
    assert len(bench.get("/api/v3/myTrades", symbol="BTCUSDT").json) == 2


def test_a_trade_annulled_at_once_is_gone_when_its_order_is_answered() -> None:
    bench = OrderFaultBench()
    bench.arm("trade-bust", match={"account": "bob"}, after="0s")
    bench.place()
    assert bench.place(bench.bob, side="SELL").json["status"] == "FILLED"
    assert bench.get("/api/v3/myTrades", bench.bob, symbol="BTCUSDT").json == []
    bench.assert_sound()
