"""ccxt lives an account's life: over REST with ccxt and ccxt.async_support, over the WebSocket API with ccxt.pro.

Exception classes are those of ccxt's own table for Binance: its `exceptions`, looked up by message before code.
"""

from typing import Any

import pytest

from conformance.harness import Observe, Seen

pytestmark = pytest.mark.conformance

PAIR = "BTC/USDT"
PAIRS = {"BTC/USDT", "ETH/USDT", "SOL/USDT", "ETH/BTC"}
MINUTE_MS = 60_000


@pytest.fixture(scope="module", params=["sync", "async", "pro"])
def flavor(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def seen(flavor: str, observe: Observe) -> Seen:
    return observe("ccxt", "ccxt_life_cycle", flavor)


@pytest.fixture(scope="module", params=["sync", "async"])
def rest(request: pytest.FixtureRequest, observe: Observe) -> Seen:
    """The flavors that speak REST alone."""
    return observe("ccxt", "ccxt_life_cycle", request.param)


def assert_raised(outcome: dict[str, Any], kind: str, message: str) -> None:
    assert outcome["class"] == kind, outcome
    assert message in outcome["message"], outcome


def test_markets_load_with_their_rules(seen: Seen) -> None:
    markets = seen.value("markets")
    assert set(markets) >= PAIRS
    market = markets[PAIR]
    assert (market["id"], market["base"], market["quote"], market["type"]) == ("BTCUSDT", "BTC", "USDT", "spot")
    assert market["active"] is True
    assert market["precision"]["price"] == 0.01
    assert market["precision"]["amount"] == 0.00001
    assert market["limits"]["amount"]["min"] == 0.00001
    assert market["limits"]["cost"]["min"] == 5


def test_only_spot_markets_are_listed(seen: Seen) -> None:
    assert {market["type"] for market in seen.value("markets").values()} == {"spot"}


def test_currencies_load_from_the_wallet(seen: Seen) -> None:
    currencies = seen.value("currencies")
    assert {"BTC", "ETH", "SOL", "USDT"} <= set(currencies)
    assert currencies["USDT"]["active"] is True


def test_the_clock_is_read(seen: Seen) -> None:
    assert abs(seen.value("time") - seen.value("own_time")) < 5_000


def test_the_venue_says_it_works(seen: Seen) -> None:
    assert seen.value("status")["status"] == "ok"


def test_the_book_has_depth_on_both_sides(seen: Seen) -> None:
    book = seen.value("book")
    bids, asks = book["bids"], book["asks"]
    assert len(bids) == len(asks) == 20
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert bids[0][0] < asks[0][0]
    assert book["nonce"] > 0


def test_the_tape_is_in_order(seen: Seen) -> None:
    tape = seen.value("tape")
    assert len(tape) == 50
    times = [trade["timestamp"] for trade in tape]
    assert times == sorted(times)
    assert {trade["side"] for trade in tape} <= {"buy", "sell"}
    assert len({trade["id"] for trade in tape}) == 50
    assert all(trade["price"] > 0 and trade["amount"] > 0 for trade in tape)


def test_a_thousand_minutes_of_candles_reach_back(seen: Seen) -> None:
    candles = seen.value("candles")
    assert len(candles) == 1000
    opened = [candle[0] for candle in candles]
    assert opened == [opened[0] + minute * MINUTE_MS for minute in range(1000)]
    assert opened[0] % MINUTE_MS == 0
    assert opened[-1] <= seen.value("time") + 5_000
    for _, start, high, low, end, volume in candles:
        assert low <= min(start, end) <= max(start, end) <= high
        assert volume >= 0


def test_candles_start_where_they_are_asked_for(seen: Seen) -> None:
    hours = seen.value("hours")
    assert len(hours) == 200
    first_asked = seen.value("own_time") - 300 * 60 * MINUTE_MS
    assert 0 <= hours[0][0] - first_asked <= 60 * MINUTE_MS + 5_000


def test_the_ticker_agrees_with_the_book(seen: Seen) -> None:
    ticker, book = seen.value("ticker"), seen.value("book")
    assert ticker["symbol"] == PAIR
    assert ticker["bid"] < ticker["ask"]
    assert ticker["low"] <= ticker["last"] <= ticker["high"]
    assert ticker["last"] == pytest.approx(book["bids"][0][0], rel=0.01)
    assert ticker["baseVolume"] > 0


def test_tickers_cover_every_market(seen: Seen) -> None:
    assert set(seen.value("tickers")) == set(seen.value("markets"))
    bids_asks = seen.value("bids_asks")
    assert set(bids_asks) == set(seen.value("markets"))
    assert all(best["bid"] < best["ask"] for best in bids_asks.values())
    last_prices = seen.value("last_prices")
    assert set(last_prices) == set(seen.value("markets"))


def test_balances_add_up(seen: Seen) -> None:
    balance = seen.value("balance")
    for asset in ("BTC", "USDT"):
        assert balance[asset]["free"] > 0
        assert balance[asset]["free"] + balance[asset]["used"] == pytest.approx(balance[asset]["total"])


def test_a_limit_order_rests(seen: Seen) -> None:
    order = seen.value("rest")
    assert (order["status"], order["type"], order["side"]) == ("open", "limit", "buy")
    assert (order["amount"], order["filled"], order["remaining"]) == (0.001, 0, 0.001)
    assert order["clientOrderId"] == seen.value("rest_client_id")
    assert order["timeInForce"] == "GTC"


def test_a_resting_order_holds_its_cost(seen: Seen) -> None:
    order, before, during = seen.value("rest"), seen.value("balance"), seen.value("balance_while_resting")
    cost = order["price"] * order["amount"]
    assert during["USDT"]["used"] - before["USDT"]["used"] == pytest.approx(cost, abs=1e-6)
    assert during["USDT"]["total"] == pytest.approx(before["USDT"]["total"])


def test_a_duplicate_client_order_id_is_refused_while_open(seen: Seen) -> None:
    assert_raised(seen.raised("duplicate"), "InvalidOrder", "Duplicate order sent.")


def test_a_client_order_id_is_free_again_after_the_cancel(seen: Seen) -> None:
    assert seen.value("reuse_after_cancel")["id"] != seen.value("rest")["id"]


@pytest.mark.parametrize("step", ["query_by_id", "query_by_client_id"])
def test_an_order_is_found(seen: Seen, step: str) -> None:
    found, placed = seen.value(step), seen.value("rest")
    assert (found["id"], found["clientOrderId"]) == (placed["id"], placed["clientOrderId"])
    assert (found["status"], found["price"], found["amount"]) == ("open", placed["price"], 0.001)


def test_open_orders_hold_the_resting_one_alone(seen: Seen) -> None:
    assert [order["id"] for order in seen.value("open_orders")] == [seen.value("rest")["id"]]


def test_a_cancel_ends_the_order(seen: Seen) -> None:
    canceled = seen.value("cancel")
    assert (canceled["id"], canceled["status"]) == (seen.value("rest")["id"], "canceled")
    assert seen.value("query_canceled")["status"] == "canceled"


def test_a_second_cancel_finds_no_order(seen: Seen) -> None:
    assert_raised(seen.raised("cancel_again"), "OrderNotFound", "Unknown order sent.")


def test_an_unknown_order_is_not_found(seen: Seen) -> None:
    assert_raised(seen.raised("query_unknown"), "OrderNotFound", "Order does not exist.")


def test_a_cancel_by_client_id_ends_the_order(seen: Seen) -> None:
    assert seen.value("cancel_by_client_id")["id"] == seen.value("reuse_after_cancel")["id"]
    assert seen.value("cancel_by_client_id")["status"] == "canceled"


def test_cancel_all_ends_every_order_of_the_pair(seen: Seen) -> None:
    both = {seen.value("first_of_two")["id"], seen.value("second_of_two")["id"]}
    assert {order["id"] for order in seen.value("cancel_all")} == both
    assert {order["status"] for order in seen.value("cancel_all")} == {"canceled"}
    assert seen.value("open_after_cancel_all") == []


def test_cancel_all_without_orders_finds_none(seen: Seen) -> None:
    assert_raised(seen.raised("cancel_none"), "OrderNotFound", "Unknown order sent.")


@pytest.mark.parametrize("step", ["market_by_quantity", "market_sell"])
def test_a_market_order_by_quantity_fills(seen: Seen, step: str) -> None:
    order = seen.value(step)
    assert (order["status"], order["type"], order["filled"], order["remaining"]) == ("closed", "market", 0.001, 0)
    assert order["average"] == pytest.approx(seen.value("ticker")["last"], rel=0.05)
    assert sum(trade["amount"] for trade in order["trades"]) == pytest.approx(0.001)


def test_a_market_buy_pays_its_fee_in_what_it_bought(seen: Seen) -> None:
    fees = seen.value("market_by_quantity")["fees"]
    assert {fee["currency"] for fee in fees} == {"BTC"}
    assert sum(fee["cost"] for fee in fees) == pytest.approx(0.000001)


def test_a_market_sell_pays_its_fee_in_the_quote(seen: Seen) -> None:
    order = seen.value("market_sell")
    assert {fee["currency"] for fee in order["fees"]} == {"USDT"}
    assert sum(fee["cost"] for fee in order["fees"]) == pytest.approx(order["cost"] * 0.001, rel=0.001)


def test_a_market_order_by_cost_spends_no_more(seen: Seen) -> None:
    order = seen.value("market_by_cost")
    assert order["status"] == "closed"
    assert 49 < order["cost"] <= 50


@pytest.mark.parametrize(("step", "word"), [("ioc_fills", "IOC"), ("fok_fills", "FOK")])
def test_an_order_for_now_or_never_fills_now(seen: Seen, step: str, word: str) -> None:
    order = seen.value(step)
    assert (order["status"], order["filled"], order["timeInForce"]) == ("closed", 0.0005, word)


@pytest.mark.parametrize("step", ["ioc_expires", "fok_expires"])
def test_an_order_for_now_or_never_expires(seen: Seen, step: str) -> None:
    order = seen.value(step)
    assert (order["status"], order["filled"], order["trades"]) == ("expired", 0, [])


def test_order_history_tells_every_order(seen: Seen) -> None:
    history = {order["id"]: order["status"] for order in seen.value("all_orders")}
    assert history[seen.value("rest")["id"]] == "canceled"
    assert history[seen.value("market_by_quantity")["id"]] == "closed"
    assert history[seen.value("fok_expires")["id"]] == "expired"


def test_own_trades_add_up_to_the_fills(seen: Seen) -> None:
    for step in ("market_by_quantity", "market_by_cost", "market_sell", "ioc_fills", "fok_fills"):
        order = seen.value(step)
        fills = [trade for trade in seen.value("own_trades") if trade["order"] == order["id"]]
        assert sum(fill["amount"] for fill in fills) == pytest.approx(order["filled"]), step
        assert {fill["takerOrMaker"] for fill in fills} == {"taker"}, step
        assert {fill["side"] for fill in fills} == {order["side"]}, step


def test_a_post_only_order_rests(seen: Seen) -> None:
    assert seen.value("post_only_rests")["status"] == "open"


def test_a_post_only_order_that_would_cross_is_refused(seen: Seen) -> None:
    refused = seen.raised("post_only_crosses")
    assert_raised(refused, "OrderImmediatelyFillable", "Order would immediately match and take.")


def test_a_price_off_the_tick_is_refused(seen: Seen, flavor: str) -> None:
    # Over the socket ccxt looks at the code -1013 alone; over REST it looks for the filter's name first.
    assert_raised(seen.raised("bad_tick"), *filter_failure(flavor, "PRICE_FILTER"))


def test_a_quantity_off_the_step_is_refused(seen: Seen, flavor: str) -> None:
    assert_raised(seen.raised("bad_lot"), *filter_failure(flavor, "LOT_SIZE"))


def filter_failure(flavor: str, name: str) -> tuple[str, str]:
    return ("BadRequest" if flavor == "pro" else "InvalidOrder", f"Filter failure: {name}" if flavor == "pro" else name)


def test_a_price_with_too_many_decimals_is_refused(seen: Seen) -> None:
    assert_raised(seen.raised("too_precise"), "BadRequest", "Parameter 'price' has too much precision.")


def test_an_order_worth_too_little_is_refused(seen: Seen) -> None:
    assert_raised(seen.raised("too_small"), "BadRequest", "Filter failure: NOTIONAL")


def test_a_price_too_far_from_the_market_is_refused(seen: Seen) -> None:
    assert_raised(seen.raised("too_far"), "InvalidOrder", "Filter failure: PERCENT_PRICE_BY_SIDE")


def test_an_order_beyond_the_balance_is_refused(seen: Seen) -> None:
    refused = seen.raised("insufficient")
    assert_raised(refused, "InsufficientFunds", "Account has insufficient balance for requested action.")


@pytest.mark.parametrize("step", ["bad_secret", "bad_secret_order"])
def test_a_wrong_secret_is_refused(seen: Seen, step: str) -> None:
    assert_raised(seen.raised(step), "AuthenticationError", '"code":-1022')


@pytest.mark.parametrize("step", ["unknown_key", "reader_order", "locked"])
def test_a_key_that_may_not_is_refused(seen: Seen, step: str) -> None:
    assert_raised(seen.raised(step), "AuthenticationError", '"code":-2015')


def test_a_reader_reads(seen: Seen) -> None:
    assert {balance["asset"] for balance in seen.value("reader_reads")["info"]["balances"]} >= {"BTC", "USDT"}


def test_a_readers_order_after_a_read_is_refused(seen: Seen, flavor: str) -> None:
    # Over REST ccxt takes -2015 for a temporary ban once a private request of the same object succeeded.
    expected = "AuthenticationError" if flavor == "pro" else "DDoSProtection"
    assert_raised(seen.raised("reader_order_after_reading"), expected, '"code":-2015')


@pytest.mark.parametrize("step", ["slow_clock", "fast_clock"])
def test_a_clock_that_is_off_is_refused(seen: Seen, step: str) -> None:
    assert_raised(seen.raised(step), "InvalidNonce", '"code":-1021')


def test_a_window_beyond_a_minute_is_refused(seen: Seen) -> None:
    # ccxt keeps -1131 in a table for the venue's own host name; elsewhere it is an ExchangeError, BadRequest's parent.
    refused = seen.raised("wide_window")
    assert "ExchangeError" in refused["classes"], refused
    assert '"code":-1131' in refused["message"]


def test_the_unified_post_only_word_is_refused_alike(rest: Seen) -> None:
    assert rest.raised("post_only_word_crosses")["class"] == "OrderImmediatelyFillable"


def test_the_unified_cost_word_buys(rest: Seen) -> None:
    order = rest.value("cost_word")
    assert order["status"] == "closed"
    assert 19 < order["cost"] <= 20


def test_a_test_order_places_nothing(rest: Seen) -> None:
    assert rest.value("test_order")["id"] is None


def test_ccxt_mends_prices_with_the_venues_tick(rest: Seen) -> None:
    assert rest.value("mended_price") == "48000.12"


def test_an_unknown_symbol_is_refused(rest: Seen) -> None:
    assert_raised(rest.raised("unknown_symbol"), "BadSymbol", '"code":-1121')


def test_trading_fees_are_told(rest: Seen) -> None:
    fee = rest.value("trading_fee")
    assert (fee["symbol"], fee["maker"], fee["taker"]) == (PAIR, 0.001, 0.001)
    assert set(rest.value("trading_fees")) == set(rest.value("markets"))


def test_the_keys_restrictions_are_told(rest: Seen) -> None:
    restrictions = rest.value("restrictions")
    assert restrictions["enableReading"] is True
    assert restrictions["enableSpotAndMarginTrading"] is True
    assert restrictions["enableWithdrawals"] is False


def test_a_withdrawal_without_the_permission_is_refused(rest: Seen) -> None:
    refused = rest.raised("withdraw_refused")
    assert "AuthenticationError" in refused["classes"], refused
    assert '"code":-1002' in refused["message"]


def test_a_withdrawal_with_the_permission_leaves_the_account(rest: Seen) -> None:
    assert rest.value("withdraw_allowed")["id"]
    before, after = rest.value("mallory_before")["USDT"]["total"], rest.value("mallory_after")["USDT"]["total"]
    assert before - after == pytest.approx(25)
