"""Stops, trailing stops, icebergs and pegs over REST: what each needs, how it is refused, what becomes of it."""

from typing import Any, Final

import pytest

from dialects.binance.orders_story import FULL, RESULT, STOP, STOP_LIMIT, SYMBOL, Market, status
from dialects.binance.rest_bench import EVERYTHING, ORDER, Bench, amount, units

TAKE_PROFIT: Final = STOP | {"type": "TAKE_PROFIT", "stopPrice": "61000"}
BUY_STOP: Final = STOP | {"side": "BUY", "stopPrice": "61000"}
TRAILING: Final = STOP | {"stopPrice": None, "trailingDelta": "100"}
MAKER: Final = {"type": "LIMIT_MAKER", "timeInForce": None, "price": "59900"}
MARKET: Final = {"type": "MARKET", "price": None, "timeInForce": None}
PEG: Final = {"price": None, "pegPriceType": "PRIMARY_PEG"}


@pytest.fixture
def bench() -> Market:
    return Market()


def filter_failure(name: str) -> tuple[int, int, str]:
    return 400, -1013, f"Filter failure: {name}"


def not_required(name: str) -> tuple[int, int, str]:
    return 400, -1106, f"Parameter '{name}' sent when not required."


def missing(name: str) -> tuple[int, int, str]:
    return 400, -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."


IMMEDIATELY: Final = (400, -2010, "Order would trigger immediately.")
NO_STOP: Final = (400, -1102, "Param 'stopPrice' or 'trailingDelta' must be sent, but both were empty/null!")
TOGETHER: Final = "Combination of optional fields invalid."
COMBINATION: Final = (400, -1014, "Unsupported order combination.")
NO_PEG: Final = (400, -1013, "This order type may not use pegged price.")
WRONG_PEG: Final = (400, -1013, "This price peg cannot be used with this order type.")


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (STOP | {"stopPrice": None}, NO_STOP),
        (STOP_LIMIT | {"stopPrice": None}, NO_STOP),
        (STOP | {"quantity": None}, missing("quantity")),
        (STOP_LIMIT | {"price": None}, missing("price")),
        (STOP_LIMIT | {"timeInForce": None}, missing("timeInForce")),
        (STOP | {"price": "1"}, not_required("price")),
        (STOP | {"timeInForce": "GTC"}, not_required("timeInForce")),
        (STOP | {"icebergQty": "0.01"}, not_required("icebergQty")),
        (STOP | {"quantity": None, "quoteOrderQty": "100"}, not_required("quoteOrderQty")),
        (STOP_LIMIT | {"quoteOrderQty": "100"}, not_required("quoteOrderQty")),
        (MAKER | {"stopPrice": "1"}, not_required("stopPrice")),
        (MARKET | {"trailingDelta": "100"}, not_required("trailingDelta")),
        (MARKET | {"icebergQty": "0.01"}, not_required("icebergQty")),
        (STOP | {"stopPrice": "59000.123456789"}, (400, -1111, "Parameter 'stopPrice' has too much precision.")),
        ({"icebergQty": "0.000000001"}, (400, -1111, "Parameter 'icebergQty' has too much precision.")),
        (STOP | {"stopPrice": "59000.001"}, filter_failure("PRICE_FILTER")),
        (STOP | {"stopPrice": "0"}, filter_failure("PRICE_FILTER")),
        (BUY_STOP | {"stopPrice": "1000000.01"}, filter_failure("PRICE_FILTER")),
        (STOP_LIMIT | {"price": "0"}, (400, -1013, "Invalid price.")),
        (STOP | {"quantity": "0"}, (400, -1013, "Invalid quantity.")),
        (STOP | {"quantity": "0.00001"}, filter_failure("NOTIONAL")),
        (STOP | {"quantity": "100.00001"}, filter_failure("MARKET_LOT_SIZE")),
        (STOP | {"quantity": "2.00001"}, (400, -2010, "Account has insufficient balance for requested action.")),
        (STOP | {"trailingDelta": "9"}, filter_failure("TRAILING_DELTA")),
        (STOP | {"trailingDelta": "2001"}, filter_failure("TRAILING_DELTA")),
        (STOP | {"trailingDelta": "0"}, filter_failure("TRAILING_DELTA")),
        (STOP | {"trailingDelta": str(2**63 - 1)}, filter_failure("TRAILING_DELTA")),
        (STOP | {"stopPrice": "60000"}, IMMEDIATELY),
        (BUY_STOP | {"stopPrice": "60000"}, IMMEDIATELY),
        (TAKE_PROFIT | {"stopPrice": "60000"}, IMMEDIATELY),
        (TAKE_PROFIT | {"side": "BUY", "stopPrice": "60000"}, IMMEDIATELY),
        (STOP_LIMIT | {"stopPrice": "60000.01"}, IMMEDIATELY),
        ({"icebergQty": "0.2"}, (400, -2010, "IcebergQty exceeds QTY.")),
        ({"icebergQty": "0.00099"}, filter_failure("ICEBERG_PARTS")),
        ({"icebergQty": "0.000015"}, filter_failure("LOT_SIZE")),
        ({"icebergQty": "0.01", "timeInForce": "IOC"}, COMBINATION),
        (STOP_LIMIT | {"icebergQty": "0.01", "timeInForce": "FOK"}, COMBINATION),
        (PEG | {"pegPriceType": "MIDDLE"}, (400, -1210, "Invalid pegPriceType.")),
        (PEG | {"pegOffsetType": "TICK", "pegOffsetValue": "1"}, (400, -1211, "Invalid pegOffsetType.")),
        (
            PEG | {"pegOffsetType": "PRICE_LEVEL"},
            (
                400,
                -1128,
                f"{TOGETHER} Recommendation: 'pegOffsetType' and 'pegOffsetValue' must both be sent.",
            ),
        ),
        (
            PEG | {"pegOffsetType": "PRICE_LEVEL", "pegOffsetValue": "101"},
            (400, -1102, "'pegOffsetValue' contains unexpected value. Cannot be greater than 100."),
        ),
        ({"pegOffsetType": "PRICE_LEVEL", "pegOffsetValue": "1"}, not_required("pegOffsetType")),
        (MARKET | {"pegPriceType": "MARKET_PEG"}, NO_PEG),
        (STOP | {"pegPriceType": "MARKET_PEG"}, NO_PEG),
        (MAKER | {"price": None, "pegPriceType": "MARKET_PEG"}, WRONG_PEG),
        (PEG | {"timeInForce": "IOC"}, COMBINATION),
        (PEG | {"price": "0"}, (400, -1013, "Invalid price.")),
        (PEG | {"price": "60000.001"}, filter_failure("PRICE_FILTER")),
        (
            PEG | {"pegOffsetType": "PRICE_LEVEL", "pegOffsetValue": "2"},
            (400, -2010, "Order book liquidity is too low for this pegged order."),
        ),
    ],
)
def test_an_order_that_breaks_a_rule_is_refused_in_the_venues_words(
    bench: Market, order: dict[str, Any], expected: tuple[int, int, str]
) -> None:
    assert bench.alice.order(**order).refusal == expected
    assert bench.alice.ask("POST", "/api/v3/order/test", **(ORDER | order)).refusal == expected
    assert bench.alice.ask("GET", "/api/v3/allOrders", **SYMBOL).body == []


@pytest.mark.parametrize(
    ("rules", "order", "text"),
    [
        ({"triggers": ()}, STOP, "Stop loss"),
        ({"triggers": ()}, STOP_LIMIT, "Stop loss limit"),
        ({"triggers": EVERYTHING.triggers[:2]}, TAKE_PROFIT, "Take profit"),
        ({"triggers": ()}, STOP_LIMIT | {"type": "TAKE_PROFIT_LIMIT", "stopPrice": "61000"}, "Take profit limit"),
        ({"trail_above": None, "trail_below": None}, TRAILING, "Trailing stop"),
        ({"max_iceberg_parts": 0}, {"icebergQty": "0.01"}, "Iceberg"),
        ({"pegs": False}, PEG, "Pegged"),
    ],
)
def test_what_the_symbol_does_not_take_is_refused_by_name(
    bench: Market, rules: dict[str, Any], order: dict[str, Any], text: str
) -> None:
    bench.change_rules(**rules)
    assert bench.alice.order(**order).refusal == (400, -1013, f"{text} orders are not supported for this symbol.")


@pytest.mark.parametrize(
    ("rules", "order", "name"),
    [
        ({"max_triggered_orders": 1}, STOP, "MAX_NUM_ALGO_ORDERS"),
        (
            {"max_iceberg_orders": 1},
            {"icebergQty": "0.01", "quantity": "0.02", "price": "59900"},
            "MAX_NUM_ICEBERG_ORDERS",
        ),
        ({"max_open_orders": 1}, TAKE_PROFIT, "MAX_NUM_ORDERS"),
        ({"max_position": units("2.15")}, {"price": "59900"}, "MAX_POSITION"),
    ],
)
def test_one_open_order_too_many_of_its_kind_is_refused(
    bench: Market, rules: dict[str, Any], order: dict[str, Any], name: str
) -> None:
    bench.change_rules(**rules)
    assert bench.alice.order(**order).status == 200
    assert bench.alice.order(**order).refusal == filter_failure(name)
    assert bench.carol.order(**order).status == 200


@pytest.mark.parametrize(
    ("order", "price", "is_sold"),
    [
        (STOP, "59000", True),
        (STOP, "59000.01", False),
        (STOP, "58000", True),
        (TAKE_PROFIT, "61000", True),
        (TAKE_PROFIT, "60999.99", False),
    ],
)
def test_a_stop_sells_what_the_book_takes_once_a_trade_reaches_its_price(
    bench: Market, order: dict[str, Any], price: str, is_sold: bool
) -> None:
    bench.alice.order(**order, newClientOrderId="stop")
    before = status(bench.alice, "stop")
    assert (before["status"], before["isWorking"], before["workingTime"]) == ("NEW", False, -1)
    bench.advance(1_000)
    bench.trade_at(price, bid="57000")
    now = status(bench.alice, "stop")
    if is_sold:
        assert (now["status"], now["cummulativeQuoteQty"]) == ("FILLED", "5700.00000000")
        assert (now["isWorking"], now["workingTime"]) == (True, bench.now_ms)
    else:
        assert now == before


def test_a_triggered_limit_order_rests_at_its_price_under_its_own_id(bench: Market) -> None:
    placed = bench.alice.order(**STOP_LIMIT, newClientOrderId="stop", **FULL).body
    bench.trade_at("58950")
    assert bench.get("/api/v3/depth", **SYMBOL).body["asks"] == [["58900.00000000", "0.10000000"]]
    now = status(bench.alice, "stop")
    assert (now["orderId"], now["type"], now["isWorking"]) == (placed["orderId"], "STOP_LOSS_LIMIT", True)
    assert now["stopPrice"] == "59000.00000000"


def test_a_triggered_order_that_finds_no_book_says_why_it_expired(bench: Market) -> None:
    bench.alice.order(**STOP, newClientOrderId="stop")
    bench.trade_at("58950")
    now = status(bench.alice, "stop")
    assert (now["status"], now["expiryReason"]) == ("EXPIRED", "INSUFFICIENT_LIQUIDITY")


def test_the_reply_to_an_order_does_not_tell_what_it_set_off(bench: Market) -> None:
    """Alice's stop is set off by bob's own order and sells into what bob's order left to rest."""
    bench.trade_at("60000", bid="59000")
    bench.alice.order(**(STOP | {"stopPrice": "59500"}), newClientOrderId="stop")
    bench.carol.order(side="BUY", price="59400", quantity="0.01")
    body = bench.bob.order(side="SELL", price="59400", quantity="0.01").body
    assert [fill["price"] for fill in body["fills"]] == ["59400.00000000"]
    assert (body["status"], body["executedQty"]) == ("FILLED", "0.01000000")
    assert status(bench.alice, "stop")["status"] == "FILLED"


def test_a_trailing_stop_follows_the_best_price_and_sells_after_the_retreat(bench: Market) -> None:
    bench.alice.order(**TRAILING, newClientOrderId="trail")
    for price, expected in (("62000", "NEW"), ("61380.01", "NEW"), ("61380", "FILLED")):
        bench.trade_at(price, bid="61000")
        assert status(bench.alice, "trail")["status"] == expected


def test_a_trailing_stop_with_a_price_follows_from_the_trade_that_reaches_it(bench: Market) -> None:
    bench.alice.order(**(TRAILING | {"stopPrice": "59500"}), newClientOrderId="trail")
    assert status(bench.alice, "trail")["trailingTime"] == -1
    bench.advance(1_000)
    bench.trade_at("59400", bid="50000")
    assert status(bench.alice, "trail")["trailingTime"] == bench.now_ms
    bench.trade_at("58806", bid="50000")
    assert status(bench.alice, "trail")["status"] == "FILLED"


def test_an_iceberg_shows_its_tip_alone(bench: Market) -> None:
    bench.alice.order(price="59995", icebergQty="0.03", newClientOrderId="ice")
    assert bench.get("/api/v3/depth", **SYMBOL, limit=1).body["bids"] == [["59995.00000000", "0.03000000"]]
    bench.bob.order(side="SELL", price="59995", quantity="0.04")
    assert bench.get("/api/v3/depth", **SYMBOL, limit=1).body["bids"] == [["59995.00000000", "0.02000000"]]
    assert status(bench.alice, "ice")["executedQty"] == "0.04000000"


def test_a_pegged_stop_takes_its_price_from_the_book_when_it_is_triggered(bench: Market) -> None:
    peg = STOP_LIMIT | {"price": None, "pegPriceType": "PRIMARY_PEG"}
    bench.alice.order(**peg, newClientOrderId="peg")
    assert "peggedPrice" not in status(bench.alice, "peg")
    bench.bob.ask("DELETE", "/api/v3/openOrders", **SYMBOL)
    bench.bob.order(side="SELL", price="59500")
    bench.trade("58950")
    now = status(bench.alice, "peg")
    assert (now["price"], now["peggedPrice"], now["isWorking"]) == ("0.00000000", "59500.00000000", True)


def test_a_market_peg_takes_what_the_best_price_holds_and_no_more(bench: Market) -> None:
    order = {"price": None, "pegPriceType": "MARKET_PEG", "timeInForce": "IOC", "quantity": "0.15"}
    body = bench.alice.order(**order).body
    assert (body["executedQty"], body["peggedPrice"], body["status"]) == ("0.10000000", "60010.00000000", "EXPIRED")


def test_a_stop_holds_the_money_it_would_pay(bench: Market) -> None:
    bench.alice.order(**BUY_STOP)
    balances = bench.alice.ask("GET", "/api/v3/account").body["balances"]
    assert balances[1]["locked"] == "6100.00000000"
    assert bench.alice.order(**(BUY_STOP | {"quantity": "1.6"})).refusal[1] == -2010


def test_the_reply_to_a_triggered_order_defaults_to_ack(bench: Market) -> None:
    for kind in (STOP, STOP_LIMIT, TAKE_PROFIT):
        assert list(bench.alice.order(**kind).body)[-1] == "transactTime"
    assert "workingTime" in bench.alice.order(**STOP, **RESULT).body


def test_exchange_info_says_what_the_symbol_takes() -> None:
    bench = Bench(rules=EVERYTHING)
    bench.change_rules(
        triggers=EVERYTHING.triggers[:1],
        trail_above=None,
        max_position=units("10"),
        max_iceberg_orders=7,
        min_notional=amount("10"),
    )
    row = bench.get("/api/v3/exchangeInfo").body["symbols"][0]
    assert row["orderTypes"] == ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS_LIMIT"]
    filters = {entry.pop("filterType"): entry for entry in row["filters"]}
    assert filters["TRAILING_DELTA"] == {
        "minTrailingAboveDelta": 0,
        "maxTrailingAboveDelta": 0,
        "minTrailingBelowDelta": 10,
        "maxTrailingBelowDelta": 2000,
    }
    assert filters["ICEBERG_PARTS"] == {"limit": 100}
    assert filters["MAX_NUM_ICEBERG_ORDERS"] == {"maxNumIcebergOrders": 7}
    assert filters["MAX_POSITION"] == {"maxPosition": "10.00000000"}


def test_a_filter_that_is_off_is_not_listed() -> None:
    row = Bench().get("/api/v3/exchangeInfo").body["symbols"][0]
    assert [entry["filterType"] for entry in row["filters"]] == [
        "PRICE_FILTER",
        "LOT_SIZE",
        "MARKET_LOT_SIZE",
        "PERCENT_PRICE_BY_SIDE",
        "NOTIONAL",
        "MAX_NUM_ORDERS",
    ]
    flags = ("icebergAllowed", "ocoAllowed", "otoAllowed", "opoAllowed", "allowTrailingStop", "amendAllowed")
    assert [row[flag] for flag in flags] == [False] * 6
