"""The life of orders over REST: placed, refused, filled, expired, canceled; replies in the venue's words."""

from typing import Any, Final

import pytest

from dialects.binance.rest_bench import ORDER, Bench, Client, units
from simexchange.domain.commands import SetAccountStatus, SetFees, SetTradingStatus
from simexchange.domain.enums import OrderType, SelfTradePrevention, TradingStatus

SYMBOL: Final = {"symbol": "BTCUSDT"}
UNKNOWN: Final = (400, -2011, "Unknown order sent.")
NO_ORDER: Final = (400, -2013, "Order does not exist.")
CLOSED: Final = (400, -1013, "Market is closed.")


@pytest.fixture
def bench() -> Bench:
    return Bench()


def market(client: Client, side: str, **amounts: str) -> Any:
    return client.ask("POST", "/api/v3/order", **SYMBOL, side=side, type="MARKET", **amounts)


def failure(name: str) -> tuple[int, int, str]:
    return 400, -1013, f"Filter failure: {name}"


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ({"price": "0.001"}, failure("PRICE_FILTER")),
        ({"price": "1000000.01"}, failure("PRICE_FILTER")),
        ({"price": "60000.001"}, failure("PRICE_FILTER")),
        ({"quantity": "0.000009"}, failure("LOT_SIZE")),
        ({"quantity": "9000.00001"}, failure("LOT_SIZE")),
        ({"quantity": "0.000011"}, failure("LOT_SIZE")),
        ({"quantity": "0.00001"}, failure("NOTIONAL")),
        ({"quantity": "1000"}, failure("NOTIONAL")),
        ({"quantity": "50"}, (400, -2010, "Account has insufficient balance for requested action.")),
        ({"side": "SELL", "quantity": "2.1"}, (400, -2010, "Account has insufficient balance for requested action.")),
    ],
)
def test_an_order_that_breaks_a_rule_is_refused_in_the_venues_words(
    bench: Bench, order: dict[str, str], expected: tuple[int, int, str]
) -> None:
    assert bench.alice.order(**order).refusal == expected
    assert bench.alice.ask("POST", "/api/v3/order/test", **(ORDER | order)).refusal == expected
    assert bench.alice.ask("GET", "/api/v3/allOrders", **SYMBOL).body == []


def test_a_price_outside_the_band_is_refused(bench: Bench) -> None:
    trade(bench)
    assert bench.alice.order(price="11999.99").refusal == failure("PERCENT_PRICE_BY_SIDE")
    assert bench.alice.order(price="12000").status == 200


def test_a_market_order_above_its_own_maximum_is_refused(bench: Bench) -> None:
    bench.alice.order()
    assert market(bench.bob, "SELL", quantity="100.00001").refusal == failure("MARKET_LOT_SIZE")


def test_too_many_open_orders_are_refused(bench: Bench) -> None:
    bench.change_rules(max_open_orders=2)
    assert [bench.alice.order(quantity="0.001").status for _ in range(2)] == [200, 200]
    assert bench.alice.order(quantity="0.001").refusal == failure("MAX_NUM_ORDERS")


def test_too_large_a_position_is_refused(bench: Bench) -> None:
    bench.change_rules(max_position=units("2.05"))
    assert bench.alice.order(quantity="0.06").refusal == failure("MAX_POSITION")


def test_a_second_open_order_of_one_client_id_is_refused(bench: Bench) -> None:
    assert bench.alice.order(newClientOrderId="mine").status == 200
    assert bench.alice.order(newClientOrderId="mine").refusal == (400, -2010, "Duplicate order sent.")
    assert bench.bob.order(newClientOrderId="mine").status == 200
    bench.alice.ask("DELETE", "/api/v3/order", **SYMBOL, origClientOrderId="mine")
    assert bench.alice.order(newClientOrderId="mine").status == 200


def test_a_post_only_order_that_would_take_is_refused(bench: Bench) -> None:
    bench.bob.order(side="SELL")
    answer = bench.alice.order(type="LIMIT_MAKER", timeInForce=None)
    assert answer.refusal == (400, -2010, "Order would immediately match and take.")


def test_a_market_order_by_quote_needs_a_book(bench: Bench) -> None:
    text = "Order book liquidity is less than symbol minimum quantity."
    assert market(bench.alice, "BUY", quoteOrderQty="100").refusal == (400, -2010, text)
    bench.bob.order(side="SELL")
    text = "Order book liquidity is less than `LOT_SIZE` filter minimum quantity."
    bench.change_rules(min_notional=0)
    assert market(bench.alice, "BUY", quoteOrderQty="0.01").refusal == (400, -2010, text)


def trade(bench: Bench) -> None:
    """One trade at 60000, so that the market has a price; the book is empty again."""
    bench.alice.order(quantity="0.01")
    bench.bob.order(side="SELL", quantity="0.01")


def test_a_market_order_by_quantity_without_a_book_expires(bench: Bench) -> None:
    trade(bench)
    body = market(bench.alice, "BUY", quantity="1").body
    assert (body["status"], body["executedQty"], body["expiryReason"]) == (
        "EXPIRED",
        "0.00000000",
        "INSUFFICIENT_LIQUIDITY",
    )


@pytest.mark.parametrize("status", [TradingStatus.HALTED, TradingStatus.CLOSED, TradingStatus.CANCEL_ONLY])
def test_nothing_is_placed_while_the_market_does_not_trade(bench: Bench, status: TradingStatus) -> None:
    bench.door.submit(SetTradingStatus("BTC/USDT", status))
    assert bench.alice.order().refusal == CLOSED


def test_orders_are_canceled_while_the_market_is_halted(bench: Bench) -> None:
    bench.alice.order()
    bench.door.submit(SetTradingStatus("BTC/USDT", TradingStatus.HALTED))
    assert bench.alice.ask("DELETE", "/api/v3/order", **SYMBOL, orderId=1).body["status"] == "CANCELED"


def test_an_account_that_may_not_trade_is_told_so(bench: Bench) -> None:
    bench.door.submit(SetAccountStatus(bench.alice.account_id, can_trade=False))
    assert bench.alice.order().refusal == (400, -2010, "This account may not place or cancel orders.")


@pytest.mark.parametrize(
    ("rules", "order", "text"),
    [
        (
            {"order_types": (OrderType.LIMIT,)},
            {"type": "MARKET", "price": None, "timeInForce": None},
            "Market orders are not supported for this symbol.",
        ),
        (
            {"post_only": False},
            {"type": "LIMIT_MAKER", "timeInForce": None},
            "Limit maker orders are not supported for this symbol.",
        ),
        (
            {"quote_quantity_market": False},
            {"type": "MARKET", "price": None, "timeInForce": None, "quantity": None, "quoteOrderQty": "10"},
            "Quote order qty market orders are not support for this symbol.",
        ),
        (
            {"self_trade_prevention": (SelfTradePrevention.NONE,)},
            {"selfTradePreventionMode": "EXPIRE_BOTH"},
            "This symbol does not allow the specified self-trade prevention mode.",
        ),
    ],
)
def test_what_the_symbol_does_not_allow_is_refused(
    bench: Bench, rules: dict[str, Any], order: dict[str, Any], text: str
) -> None:
    bench.change_rules(**rules)
    assert bench.alice.order(**order).refusal == (400, -1013, text)


def test_exchange_info_says_what_the_symbol_allows(bench: Bench) -> None:
    bench.change_rules(order_types=(OrderType.LIMIT,), post_only=False, quote_quantity_market=False)
    row = bench.get("/api/v3/exchangeInfo").body["symbols"][0]
    assert (row["orderTypes"], row["quoteOrderQtyMarketAllowed"]) == (["LIMIT"], False)


@pytest.mark.parametrize(
    ("order", "keys"),
    [
        ({}, "fills"),
        ({"type": "LIMIT_MAKER", "timeInForce": None}, "transactTime"),
        ({"type": "LIMIT_MAKER", "timeInForce": None, "newOrderRespType": "FULL"}, "fills"),
        ({"newOrderRespType": "RESULT"}, "workingTime"),
        ({"newOrderRespType": "ACK"}, "transactTime"),
    ],
)
def test_the_response_type_defaults_by_order_type(bench: Bench, order: dict[str, Any], keys: str) -> None:
    ladder = ("fills", "workingTime", "transactTime")
    body = bench.alice.order(**order).body
    assert next(key for key in ladder if key in body) == keys


def test_an_order_without_a_client_id_gets_one_of_the_venues_form(bench: Bench) -> None:
    first, second = (bench.alice.order(quantity="0.001").body["clientOrderId"] for _ in range(2))
    assert first != second
    for name in (first, second):
        assert len(name) == 22
        assert name.isalnum()
        assert name.isascii()


def test_fees_of_the_account_show_in_the_fills(bench: Bench) -> None:
    bench.door.submit(SetFees(bench.alice.account_id, maker_fee=0, taker_fee=50_000))
    bench.bob.order(side="SELL")
    fill = bench.alice.order().body["fills"][0]
    assert (fill["commission"], fill["commissionAsset"]) == ("0.00005000", "BTC")
    commission = bench.alice.ask("GET", "/api/v3/account/commission", **SYMBOL).body["standardCommission"]
    assert (commission["maker"], commission["taker"]) == ("0.00000000", "0.00050000")


def test_an_order_over_several_levels_reports_a_fill_for_each(bench: Bench) -> None:
    trade(bench)
    for price in ("60000", "60001", "60002"):
        bench.bob.order(side="SELL", price=price, quantity="0.01")
    body = market(bench.alice, "BUY", quantity="0.025").body
    assert [(fill["price"], fill["qty"], fill["tradeId"]) for fill in body["fills"]] == [
        ("60000.00000000", "0.01000000", 2),
        ("60001.00000000", "0.01000000", 3),
        ("60002.00000000", "0.00500000", 4),
    ]
    assert body["cummulativeQuoteQty"] == "1500.02000000"


def test_a_test_order_leaves_no_trace(bench: Bench) -> None:
    seen = bench.alice.ask("GET", "/api/v3/account").bytes
    assert bench.alice.ask("POST", "/api/v3/order/test", **ORDER).body == {}
    assert bench.alice.ask("GET", "/api/v3/account").bytes == seen
    assert bench.alice.ask("GET", "/api/v3/openOrders").body == []


@pytest.mark.parametrize(
    "names", [{"orderId": 1}, {"origClientOrderId": "mine"}, {"orderId": 1, "origClientOrderId": "mine"}]
)
def test_an_order_is_canceled_and_queried_by_either_name_or_both(bench: Bench, names: dict[str, Any]) -> None:
    bench.alice.order(newClientOrderId="mine")
    assert bench.alice.ask("GET", "/api/v3/order", **SYMBOL, **names).body["status"] == "NEW"
    assert bench.alice.ask("DELETE", "/api/v3/order", **SYMBOL, **names).body["status"] == "CANCELED"
    assert bench.alice.ask("DELETE", "/api/v3/order", **SYMBOL, **names).refusal == UNKNOWN
    assert bench.alice.ask("GET", "/api/v3/order", **SYMBOL, **names).body["status"] == "CANCELED"


@pytest.mark.parametrize(("method", "expected"), [("DELETE", UNKNOWN), ("GET", NO_ORDER)])
@pytest.mark.parametrize("names", [{"orderId": 99}, {"origClientOrderId": "other"}])
def test_an_unknown_order_is_neither_canceled_nor_found(
    bench: Bench, method: str, expected: tuple[int, int, str], names: dict[str, Any]
) -> None:
    bench.bob.order(newClientOrderId="other")
    assert bench.alice.ask(method, "/api/v3/order", **SYMBOL, **names).refusal == expected


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_two_names_of_different_orders_are_refused(bench: Bench, method: str) -> None:
    bench.alice.order(newClientOrderId="mine")
    answer = bench.alice.ask(method, "/api/v3/order", **SYMBOL, orderId=1, origClientOrderId="other")
    assert answer.refusal == (400, -2039, "Client order ID is not correct for this order ID.")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_order_must_be_named(bench: Bench, method: str) -> None:
    text = "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"
    assert bench.alice.ask(method, "/api/v3/order", **SYMBOL).refusal == (400, -1102, text)


def test_somebody_elses_order_is_not_to_be_had(bench: Bench) -> None:
    bench.alice.order()
    assert bench.bob.ask("DELETE", "/api/v3/order", **SYMBOL, orderId=1).refusal == UNKNOWN
    assert bench.bob.ask("GET", "/api/v3/order", **SYMBOL, orderId=1).refusal == NO_ORDER


@pytest.mark.parametrize(
    ("filled", "restriction", "canceled"),
    [
        (False, "ONLY_NEW", True),
        (False, "ONLY_PARTIALLY_FILLED", False),
        (True, "ONLY_NEW", False),
        (True, "ONLY_PARTIALLY_FILLED", True),
    ],
)
def test_a_cancel_may_be_restricted_to_a_status(bench: Bench, filled: bool, restriction: str, canceled: bool) -> None:
    bench.alice.order()
    if filled:
        bench.bob.order(side="SELL", quantity="0.01")
    answer = bench.alice.ask("DELETE", "/api/v3/order", **SYMBOL, orderId=1, cancelRestrictions=restriction)
    if canceled:
        assert answer.body["status"] == "CANCELED"
    else:
        assert answer.refusal == (400, -2011, "Order was not canceled due to cancel restrictions.")


def test_a_restricted_cancel_of_an_unknown_order_is_an_unknown_order(bench: Bench) -> None:
    answer = bench.alice.ask("DELETE", "/api/v3/order", **SYMBOL, orderId=5, cancelRestrictions="ONLY_NEW")
    assert answer.refusal == UNKNOWN
    answer = bench.alice.ask("DELETE", "/api/v3/order", **SYMBOL, orderId=5, cancelRestrictions="SOME")
    assert answer.refusal == (400, -1145, "Invalid cancelRestrictions")


def test_canceling_all_of_a_symbol_takes_every_open_order_and_needs_one(bench: Bench) -> None:
    for price in ("50000", "50001"):
        bench.alice.order(price=price)
    bench.bob.order(price="50002")
    body = bench.alice.ask("DELETE", "/api/v3/openOrders", **SYMBOL).body
    assert [row["orderId"] for row in body] == [1, 2]
    assert bench.alice.ask("DELETE", "/api/v3/openOrders", **SYMBOL).refusal == UNKNOWN
    assert len(bench.bob.ask("GET", "/api/v3/openOrders").body) == 1


def test_money_is_locked_by_an_order_and_free_again_after_its_cancel(bench: Bench) -> None:
    def quote() -> tuple[str, str]:
        row = bench.alice.ask("GET", "/api/v3/account").body["balances"][1]
        return row["free"], row["locked"]

    bench.alice.order()
    assert quote() == ("94000.00000000", "6000.00000000")
    bench.alice.ask("DELETE", "/api/v3/order", **SYMBOL, orderId=1)
    assert quote() == ("100000.00000000", "0.00000000")


def test_transfer_within_one_account_works_as_decrement(bench: Bench) -> None:
    bench.alice.order(side="SELL")
    body = bench.alice.order(selfTradePreventionMode="TRANSFER").body
    assert (body["status"], body["selfTradePreventionMode"]) == ("EXPIRED_IN_MATCH", "TRANSFER")


def test_an_account_trades_with_itself_where_prevention_is_off(bench: Bench) -> None:
    bench.alice.order(side="SELL")
    body = bench.alice.order(selfTradePreventionMode="NONE").body
    assert (body["status"], len(body["fills"])) == ("FILLED", 1)
    trades = bench.alice.ask("GET", "/api/v3/myTrades", **SYMBOL).body
    assert [(row["id"], row["isMaker"]) for row in trades] == [(1, False), (1, True)]


def test_a_short_book_does_not_spend_more_than_there_is(bench: Bench) -> None:
    bench.bob.order(side="SELL", quantity="0.5")
    body = market(bench.alice, "BUY", quoteOrderQty="90000").body
    assert (body["executedQty"], body["cummulativeQuoteQty"], body["status"]) == (
        "0.50000000",
        "30000.00000000",
        "FILLED",
    )
    assert body["origQuoteOrderQty"] == "90000.00000000"
