"""Clients that hand over the venue's own JSON live an account's life, over REST and over the WebSocket API.

python-binance raises BinanceAPIException with the venue's code and HTTP status, binance-connector ClientError;
connector's WebSocket API client raises nothing, so its refusals are the answers themselves.
"""

from itertools import pairwise
from typing import Any

import pytest

from conformance.harness import Observe, Seen

pytestmark = pytest.mark.conformance

SYMBOLS = {"BTCUSDT", "ETHUSDT", "SOLUSDT", "ETHBTC"}
MINUTE_MS = 60_000
REST = {
    "python-binance-sync": ("ccxt", "python_binance_life_cycle", "sync"),
    "python-binance-async": ("ccxt", "python_binance_life_cycle", "async"),
    "connector-rest": ("connector", "connector_life_cycle", "rest"),
}
SOCKET = {
    "python-binance-socket": ("ccxt", "python_binance_life_cycle", "socket"),
    "connector-socket": ("connector", "connector_life_cycle", "socket"),
}
CLIENTS = REST | SOCKET
EXCEPTIONS = {
    "python-binance-sync": "BinanceAPIException",
    "python-binance-async": "BinanceAPIException",
    "python-binance-socket": "BinanceAPIException",
    "connector-rest": "ClientError",
    "connector-socket": "RefusedOverSocket",
}


@pytest.fixture(scope="module", params=list(CLIENTS))
def client(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def seen(client: str, observe: Observe) -> Seen:
    return observe(*CLIENTS[client])


@pytest.fixture(scope="module", params=list(REST))
def rest(request: pytest.FixtureRequest, observe: Observe) -> Seen:
    """The clients that speak REST, and so reach the wallet."""
    return observe(*REST[request.param])


class Refusals:
    """What a client's refusals must look like."""

    def __init__(self, client: str, seen: Seen) -> None:
        self._exception = EXCEPTIONS[client]
        self._seen = seen

    def check(self, step: str, status: int, code: int, message: str) -> None:
        raised = self._seen.raised(step)
        found = (raised["class"], raised["status"], raised["code"])
        assert found == (self._exception, status, code), raised
        assert message in raised["message"], raised


@pytest.fixture
def refusals(client: str, seen: Seen) -> Refusals:
    return Refusals(client, seen)


def balances(account: dict[str, Any]) -> dict[str, tuple[float, float]]:
    return {one["asset"]: (float(one["free"]), float(one["locked"])) for one in account["balances"]}


def test_the_clock_is_read(seen: Seen) -> None:
    assert seen.value("time")["serverTime"] > 1_700_000_000_000


def test_exchange_information_lists_every_symbol_with_its_filters(seen: Seen) -> None:
    information = seen.value("exchange_info")
    symbols = {one["symbol"]: one for one in information["symbols"]}
    assert set(symbols) >= SYMBOLS
    filters = {one["filterType"]: one for one in symbols["BTCUSDT"]["filters"]}
    assert filters["PRICE_FILTER"]["tickSize"] == "0.01000000"
    assert filters["LOT_SIZE"]["stepSize"] == "0.00001000"
    assert filters["NOTIONAL"]["minNotional"] == "5.00000000"
    limits = {(one["rateLimitType"], one["interval"]) for one in information["rateLimits"]}
    assert limits >= {("REQUEST_WEIGHT", "MINUTE"), ("ORDERS", "SECOND"), ("ORDERS", "DAY")}


def test_the_book_has_depth_on_both_sides(seen: Seen) -> None:
    book = seen.value("book")
    bids, asks = ([float(price) for price, _ in book[side]] for side in ("bids", "asks"))
    assert len(bids) == len(asks) == 20
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert bids[0] < asks[0]


def test_recent_trades_are_consecutive(seen: Seen) -> None:
    ids = [trade["id"] for trade in seen.value("recent_trades")]
    assert ids == list(range(ids[0], ids[0] + 50))
    assert len(seen.value("old_trades")) == 10


def test_aggregate_trades_cover_consecutive_trades(seen: Seen) -> None:
    aggregates = seen.value("aggregate_trades")
    assert len(aggregates) == 20
    for earlier, later in pairwise(aggregates):
        assert later["a"] == earlier["a"] + 1
        assert later["f"] == earlier["l"] + 1


def test_a_thousand_minutes_of_candles_reach_back(seen: Seen) -> None:
    candles = seen.value("candles")
    assert len(candles) == 1000
    opened = [candle[0] for candle in candles]
    assert opened == [opened[0] + minute * MINUTE_MS for minute in range(1000)]
    assert all(candle[6] == candle[0] + MINUTE_MS - 1 for candle in candles)
    for _, start, high, low, end, *_ in candles:
        assert float(low) <= min(float(start), float(end)) <= max(float(start), float(end)) <= float(high)


def test_prices_agree_with_each_other(seen: Seen) -> None:
    best, ticker = seen.value("best_prices"), seen.value("ticker")
    assert best["symbol"] == ticker["symbol"] == "BTCUSDT"
    assert float(best["bidPrice"]) < float(best["askPrice"])
    for price in (ticker["lastPrice"], seen.value("last_price")["price"], seen.value("average_price")["price"]):
        assert float(price) == pytest.approx(float(best["bidPrice"]), rel=0.01)


def test_tickers_cover_every_symbol(seen: Seen) -> None:
    listed = {one["symbol"] for one in seen.value("exchange_info")["symbols"]}
    assert {ticker["symbol"] for ticker in seen.value("tickers")} == listed


def test_an_unknown_symbol_is_refused(refusals: Refusals) -> None:
    refusals.check("unknown_symbol", 400, -1121, "Invalid symbol.")


def test_the_account_is_told(seen: Seen) -> None:
    account = seen.value("account")
    assert (account["canTrade"], account["accountType"]) == (True, "SPOT")
    assert account["commissionRates"]["taker"] == "0.00100000"
    assert balances(account)["USDT"][0] > 0


def test_a_limit_order_rests(seen: Seen) -> None:
    order = seen.value("rest")
    assert (order["status"], order["type"], order["side"], order["timeInForce"]) == ("NEW", "LIMIT", "BUY", "GTC")
    assert order["clientOrderId"] == seen.value("rest_client_id")
    assert float(order["price"]) == float(seen.value("rest_price"))
    assert (order["origQty"], order["executedQty"], order["fills"]) == ("0.00100000", "0.00000000", [])


def test_a_resting_order_holds_its_cost(seen: Seen) -> None:
    before, during = balances(seen.value("account")), balances(seen.value("account_while_resting"))
    cost = float(seen.value("rest_price")) * 0.001
    assert during["USDT"][1] - before["USDT"][1] == pytest.approx(cost, abs=1e-6)
    assert sum(during["USDT"]) == pytest.approx(sum(before["USDT"]))


def test_a_duplicate_client_order_id_is_refused_while_open(refusals: Refusals) -> None:
    refusals.check("duplicate", 400, -2010, "Duplicate order sent.")


def test_a_client_order_id_is_free_again_after_the_cancel(seen: Seen) -> None:
    assert seen.value("reuse_after_cancel")["orderId"] > seen.value("rest")["orderId"]


@pytest.mark.parametrize("step", ["query_by_id", "query_by_client_id"])
def test_an_order_is_found(seen: Seen, step: str) -> None:
    found, placed = seen.value(step), seen.value("rest")
    for name in ("symbol", "orderId", "clientOrderId", "price", "origQty", "status"):
        assert found[name] == placed[name], name
    assert found["isWorking"] is True


def test_open_orders_hold_the_resting_one_alone(seen: Seen) -> None:
    assert [order["orderId"] for order in seen.value("open_orders")] == [seen.value("rest")["orderId"]]


def test_a_cancel_ends_the_order(seen: Seen) -> None:
    canceled, placed = seen.value("cancel"), seen.value("rest")
    assert (canceled["orderId"], canceled["status"]) == (placed["orderId"], "CANCELED")
    assert canceled["origClientOrderId"] == placed["clientOrderId"]
    assert canceled["clientOrderId"] != placed["clientOrderId"]
    assert seen.value("query_canceled")["status"] == "CANCELED"


def test_a_second_cancel_finds_no_order(refusals: Refusals) -> None:
    refusals.check("cancel_again", 400, -2011, "Unknown order sent.")


def test_an_unknown_order_is_not_found(refusals: Refusals) -> None:
    refusals.check("query_unknown", 400, -2013, "Order does not exist.")


def test_a_cancel_by_client_id_ends_the_order(seen: Seen) -> None:
    assert seen.value("cancel_by_client_id")["orderId"] == seen.value("reuse_after_cancel")["orderId"]


def test_cancel_all_ends_every_order_of_the_symbol(seen: Seen) -> None:
    both = {seen.value("first_of_two")["orderId"], seen.value("second_of_two")["orderId"]}
    assert {order["orderId"] for order in seen.value("cancel_all")} == both
    assert seen.value("open_after_cancel_all") == []


def test_cancel_all_without_orders_finds_none(refusals: Refusals) -> None:
    refusals.check("cancel_none", 400, -2011, "Unknown order sent.")


@pytest.mark.parametrize("step", ["market_by_quantity", "market_sell"])
def test_a_market_order_by_quantity_fills(seen: Seen, step: str) -> None:
    order = seen.value(step)
    assert (order["status"], order["executedQty"], order["price"]) == ("FILLED", "0.00100000", "0.00000000")
    assert sum(float(fill["qty"]) for fill in order["fills"]) == pytest.approx(0.001)


def test_fees_are_charged_in_what_was_received(seen: Seen) -> None:
    bought, sold = seen.value("market_by_quantity")["fills"], seen.value("market_sell")["fills"]
    assert {fill["commissionAsset"] for fill in bought} == {"BTC"}
    assert sum(float(fill["commission"]) for fill in bought) == pytest.approx(0.000001)
    assert {fill["commissionAsset"] for fill in sold} == {"USDT"}


def test_a_market_order_by_cost_spends_no_more(seen: Seen) -> None:
    order = seen.value("market_by_cost")
    assert order["origQuoteOrderQty"] == "50.00000000"
    assert 49 < float(order["cummulativeQuoteQty"]) <= 50


@pytest.mark.parametrize(("step", "word"), [("ioc_fills", "IOC"), ("fok_fills", "FOK")])
def test_an_order_for_now_or_never_fills_now(seen: Seen, step: str, word: str) -> None:
    order = seen.value(step)
    assert (order["status"], order["executedQty"], order["timeInForce"]) == ("FILLED", "0.00050000", word)


@pytest.mark.parametrize("step", ["ioc_expires", "fok_expires"])
def test_an_order_for_now_or_never_expires(seen: Seen, step: str) -> None:
    order = seen.value(step)
    assert (order["status"], order["executedQty"], order["fills"]) == ("EXPIRED", "0.00000000", [])


def test_a_test_order_places_nothing(seen: Seen) -> None:
    assert seen.value("test_order") == {}
    newest = max(order["orderId"] for order in seen.value("all_orders"))
    assert newest == seen.value("fok_expires")["orderId"]


def test_order_history_tells_every_order(seen: Seen) -> None:
    history = {order["orderId"]: order["status"] for order in seen.value("all_orders")}
    assert history[seen.value("rest")["orderId"]] == "CANCELED"
    assert history[seen.value("market_by_quantity")["orderId"]] == "FILLED"
    assert history[seen.value("ioc_expires")["orderId"]] == "EXPIRED"


def test_own_trades_are_the_fills(seen: Seen) -> None:
    for step in ("market_by_quantity", "market_by_cost", "market_sell", "ioc_fills", "fok_fills"):
        order = seen.value(step)
        own = [trade for trade in seen.value("own_trades") if trade["orderId"] == order["orderId"]]
        found = [(trade["id"], trade["price"], trade["qty"], trade["commission"]) for trade in own]
        told = [(fill["tradeId"], fill["price"], fill["qty"], fill["commission"]) for fill in order["fills"]]
        assert found == told, step
        assert {(trade["isBuyer"], trade["isMaker"]) for trade in own} == {(order["side"] == "BUY", False)}, step


def test_order_counts_are_told(seen: Seen) -> None:
    counts = {(one["rateLimitType"], one["interval"], one["intervalNum"]) for one in seen.value("order_counts")}
    assert counts == {("ORDERS", "SECOND", 10), ("ORDERS", "DAY", 1)}


def test_a_post_only_order_rests(seen: Seen) -> None:
    assert seen.value("post_only_rests")["orderId"] > 0


def test_a_post_only_order_that_would_cross_is_refused(refusals: Refusals) -> None:
    refusals.check("post_only_crosses", 400, -2010, "Order would immediately match and take.")


@pytest.mark.parametrize(
    ("step", "code", "message"),
    [
        ("bad_tick", -1013, "Filter failure: PRICE_FILTER"),
        ("bad_lot", -1013, "Filter failure: LOT_SIZE"),
        ("too_small", -1013, "Filter failure: NOTIONAL"),
        ("too_far", -1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
        ("too_precise", -1111, "Parameter 'price' has too much precision."),
        ("insufficient", -2010, "Account has insufficient balance for requested action."),
        ("no_price", -1102, "Mandatory parameter 'price' was not sent, was empty/null, or malformed."),
        ("bad_side", -1117, "Invalid side."),
    ],
)
def test_an_order_against_the_rules_is_refused(refusals: Refusals, step: str, code: int, message: str) -> None:
    refusals.check(step, 400, code, message)


@pytest.mark.parametrize(
    ("step", "status", "code", "message"),
    [
        ("bad_secret", 400, -1022, "Signature for this request is not valid."),
        ("bad_secret_order", 400, -1022, "Signature for this request is not valid."),
        ("malformed_key", 401, -2014, "API-key format invalid."),
        ("unknown_key", 401, -2015, "Invalid API-key, IP, or permissions for action."),
        ("reader_order", 401, -2015, "Invalid API-key, IP, or permissions for action."),
        ("locked", 401, -2015, "Invalid API-key, IP, or permissions for action."),
        ("slow_clock", 400, -1021, "Timestamp for this request is outside of the recvWindow."),
        ("fast_clock", 400, -1021, "Timestamp for this request was 1000ms ahead of the server's time."),
        ("wide_window", 400, -1131, "recvWindow"),
    ],
)
def test_a_request_that_may_not_is_turned_away(
    refusals: Refusals, step: str, status: int, code: int, message: str
) -> None:
    refusals.check(step, status, code, message)


def test_a_reader_reads(seen: Seen) -> None:
    assert "USDT" in balances(seen.value("reader_reads"))


def test_the_wallet_is_told(rest: Seen) -> None:
    assert rest.value("system_status") == {"status": 0, "msg": "normal"}
    assert {"BTC", "ETH", "SOL", "USDT"} <= {coin["coin"] for coin in rest.value("coins")}
    assert rest.value("trade_fee") == [{"symbol": "BTCUSDT", "makerCommission": "0.001", "takerCommission": "0.001"}]


def test_restrictions_are_those_of_the_key(rest: Seen) -> None:
    own, mallory = rest.value("restrictions"), rest.value("mallory_restrictions")
    assert (own["enableReading"], own["enableSpotAndMarginTrading"], own["enableWithdrawals"]) == (True, True, False)
    assert mallory["enableWithdrawals"] is True


def test_a_withdrawal_without_the_permission_is_refused(rest: Seen) -> None:
    refused = rest.raised("withdraw_refused")
    assert refused["code"] == -1002
    assert "You are not authorized to execute this request." in refused["message"]


def test_a_withdrawal_with_the_permission_leaves_the_account(rest: Seen) -> None:
    assert rest.value("withdraw_allowed")["id"]
    before, after = balances(rest.value("mallory_before")), balances(rest.value("mallory_after"))
    assert before["USDT"][0] - after["USDT"][0] == pytest.approx(25)
