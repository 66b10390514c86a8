"""ccxt.pro follows public streams and the account's own events, as `watch` methods tell them."""

from typing import Any

import pytest

from conformance.harness import Observe, Seen

pytestmark = pytest.mark.conformance

PAIR = "BTC/USDT"
PAIRS = {"BTC/USDT", "ETH/USDT"}


@pytest.fixture(scope="module")
def seen(observe: Observe) -> Seen:
    return observe("ccxt", "ccxt_streams", "")


@pytest.fixture(scope="module")
def account(seen: Seen) -> dict[str, Any]:
    return seen.value("account")  # type: ignore[no-any-return]


def test_the_followed_book_equals_the_venues_at_every_checkpoint(seen: Seen) -> None:
    book = seen.value("book")
    assert len(set(book["checkpoints"])) > 1
    assert book["differences"] == []


def test_a_book_of_five_levels_stays_sorted_and_uncrossed(seen: Seen) -> None:
    books = seen.value("short_book")
    assert len(books) == 3
    for book in books:
        bids, asks = book["bids"], book["asks"]
        assert 1 <= len(bids) <= 5
        assert 1 <= len(asks) <= 5
        assert bids == sorted(bids, reverse=True)
        assert asks == sorted(asks)
        assert bids[0][0] < asks[0][0]


@pytest.mark.parametrize("step", ["mini_ticker", "ticker"])
def test_the_ticker_is_watched(seen: Seen, step: str) -> None:
    ticker = seen.value(step)
    assert ticker["symbol"] == PAIR
    assert ticker["low"] <= ticker["last"] <= ticker["high"]
    assert ticker["baseVolume"] > 0


def test_the_full_ticker_holds_the_best_prices(seen: Seen) -> None:
    ticker = seen.value("ticker")
    assert ticker["bid"] < ticker["ask"]


def test_tickers_of_two_markets_are_watched(seen: Seen) -> None:
    tickers = seen.value("tickers")
    assert set(tickers) == PAIRS
    assert all(ticker["low"] <= ticker["last"] <= ticker["high"] for ticker in tickers.values())


def test_best_bids_and_asks_of_two_markets_are_watched(seen: Seen) -> None:
    best = seen.value("bids_asks")
    assert set(best) == PAIRS
    assert all(one["bid"] < one["ask"] and one["bidVolume"] > 0 and one["askVolume"] > 0 for one in best.values())


def test_the_candle_in_progress_agrees_with_history(seen: Seen) -> None:
    candles = seen.value("candles")
    (fetched,), streamed = candles["fetched"], candles["streamed"]
    assert streamed[:2] == fetched[:2]
    assert fetched[2] >= streamed[2]
    assert fetched[3] <= streamed[3]
    assert fetched[5] >= streamed[5]


def test_a_stream_is_left(seen: Seen) -> None:
    assert seen.value("unwatch") is not None


def test_a_resting_order_is_seen_open(account: dict[str, Any]) -> None:
    opened = account["opened"]
    assert (opened["symbol"], opened["side"], opened["type"]) == (PAIR, "buy", "limit")
    assert (opened["amount"], opened["filled"], opened["remaining"]) == (0.001, 0, 0.001)


def test_its_cost_is_seen_held(account: dict[str, Any]) -> None:
    cost = account["opened"]["price"] * account["opened"]["amount"]
    assert account["while_resting"]["USDT"]["used"] == pytest.approx(cost, abs=1e-6)


def test_its_cancel_is_seen_under_its_own_client_order_id(account: dict[str, Any]) -> None:
    opened, canceled = account["opened"], account["canceled"]
    assert (canceled["id"], canceled["status"]) == (opened["id"], "canceled")
    assert canceled["clientOrderId"] == opened["clientOrderId"]


def test_a_market_order_placed_over_the_socket_is_seen_closed(account: dict[str, Any]) -> None:
    closed, answered = account["closed"], account["market"]
    assert (closed["id"], closed["status"], closed["filled"]) == (answered["id"], "closed", 0.001)
    assert closed["cost"] == pytest.approx(answered["cost"])


def test_own_trades_are_seen_with_their_fees(account: dict[str, Any]) -> None:
    fills = account["fills"]
    assert sum(fill["amount"] for fill in fills) == pytest.approx(0.001)
    assert {fill["takerOrMaker"] for fill in fills} == {"taker"}
    assert {fill["fee"]["currency"] for fill in fills} == {"BTC"}
    assert sum(fill["fee"]["cost"] for fill in fills) == pytest.approx(0.000001)


def test_own_trades_are_the_same_in_history_and_on_the_tape(account: dict[str, Any]) -> None:
    assert account["history_has_fills"] is True
    fills = {fill["id"]: (fill["price"], fill["amount"], fill["timestamp"]) for fill in account["fills"]}
    tape = {trade["id"]: (trade["price"], trade["amount"], trade["timestamp"]) for trade in account["tape"]}
    assert tape == fills
    assert {trade["side"] for trade in account["tape"]} == {"buy"}


def test_the_last_balances_seen_are_the_accounts(account: dict[str, Any]) -> None:
    last, fetched = account["at_the_end"], account["account"]
    for asset in ("BTC", "USDT"):
        assert last[asset]["free"] == pytest.approx(fetched[asset]["free"]), asset
        assert last[asset]["used"] == 0, asset
