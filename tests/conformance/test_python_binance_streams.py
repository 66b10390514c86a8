"""python-binance's sockets: public streams, both user streams, the depth cache and the threaded manager."""

from itertools import pairwise
from typing import Any

import pytest

from conformance.harness import Observe, Seen

pytestmark = pytest.mark.conformance


@pytest.fixture(scope="module")
def seen(observe: Observe) -> Seen:
    return observe("ccxt", "python_binance_streams", "")


@pytest.fixture(scope="module")
def threads(observe: Observe) -> Seen:
    return observe("ccxt", "python_binance_threads", "")


@pytest.fixture(params=["user_socket", "listen_key"])
def own(request: pytest.FixtureRequest, seen: Seen) -> dict[str, Any]:
    """What one of the two user streams told of a resting order, its cancel and a market order."""
    return seen.value(request.param)  # type: ignore[no-any-return]


def reports(own: dict[str, Any], order: str) -> list[dict[str, Any]]:
    order_id = own[order]["orderId"]
    return [event for event in own["events"] if event["e"] == "executionReport" and event["i"] == order_id]


def test_depth_updates_follow_one_another(seen: Seen) -> None:
    updates = seen.value("depth")
    assert [update["e"] for update in updates] == ["depthUpdate"] * 3
    for earlier, later in pairwise(updates):
        assert later["U"] == earlier["u"] + 1


def test_top_levels_are_whole_books(seen: Seen) -> None:
    for book in seen.value("top_levels"):
        assert list(book) == ["lastUpdateId", "bids", "asks"]
        assert len(book["bids"]) == len(book["asks"]) == 5
        assert float(book["bids"][0][0]) < float(book["asks"][0][0])


def test_trades_are_consecutive(seen: Seen) -> None:
    first, second = seen.value("trade")
    assert first["e"] == "trade"
    assert second["t"] == first["t"] + 1


@pytest.mark.parametrize(
    ("step", "event"),
    [
        ("aggregate_trade", "aggTrade"),
        ("candle", "kline"),
        ("ticker", "24hrTicker"),
        ("mini_ticker", "24hrMiniTicker"),
    ],
)
def test_a_stream_of_one_symbol_is_heard(seen: Seen, step: str, event: str) -> None:
    (message,) = seen.value(step)
    assert (message["e"], message["s"]) == (event, "BTCUSDT")


def test_mini_tickers_of_the_market_come_as_one_array(seen: Seen) -> None:
    (tickers,) = seen.value("mini_tickers")
    assert {ticker["e"] for ticker in tickers} == {"24hrMiniTicker"}


def test_best_prices_carry_no_event_name(seen: Seen) -> None:
    (best,) = seen.value("best_prices")
    assert list(best) == ["u", "s", "b", "B", "a", "A"]


def test_a_combined_connection_names_its_streams(seen: Seen) -> None:
    for message in seen.value("combined"):
        assert list(message) == ["stream", "data"]
        assert message["stream"] in {"btcusdt@trade", "ethusdt@depth@100ms"}


def test_the_depth_cache_equals_the_venues_book_at_every_checkpoint(seen: Seen) -> None:
    cache = seen.value("depth_cache")
    assert len(set(cache["checkpoints"])) > 1
    assert cache["differences"] == []


def test_a_resting_order_and_its_cancel_are_told(own: dict[str, Any]) -> None:
    told = reports(own, "resting")
    assert [(event["x"], event["X"]) for event in told] == [("NEW", "NEW"), ("CANCELED", "CANCELED")]
    new, canceled = told
    assert (new["c"], new["C"], new["w"]) == (own["resting"]["clientOrderId"], "", True)
    assert (canceled["C"], canceled["w"]) == (own["resting"]["clientOrderId"], False)
    assert canceled["c"] != canceled["C"]


def test_a_market_order_is_told_from_new_to_filled(own: dict[str, Any]) -> None:
    told = reports(own, "market")
    assert [event["x"] for event in told] == ["NEW"] + ["TRADE"] * (len(told) - 1)
    assert told[-1]["X"] == "FILLED"
    assert (told[-1]["z"], told[-1]["m"]) == ("0.00100000", False)
    fills = [(fill["tradeId"], fill["price"], fill["qty"], fill["commission"]) for fill in own["market"]["fills"]]
    assert [(event["t"], event["L"], event["l"], event["n"]) for event in told[1:]] == fills


def test_balances_are_told_after_each_change(own: dict[str, Any]) -> None:
    changes = [event for event in own["events"] if event["e"] == "outboundAccountPosition"]
    assert len(changes) == 3
    held = [{balance["a"]: float(balance["l"]) for balance in change["B"]}["USDT"] for change in changes]
    assert held[0] == pytest.approx(float(own["resting"]["price"]) * 0.001)
    assert held[1:] == [0, 0]


def test_a_makers_fill_is_told(seen: Seen) -> None:
    maker = seen.value("maker")
    told = maker["reports"]
    assert [event["x"] for event in told] == ["NEW"] + ["TRADE"] * (len(told) - 1)
    assert {event["m"] for event in told[1:]} == {True}
    assert [event["t"] for event in told[1:]] == [trade["id"] for trade in maker["trades"]]
    assert {event["N"] for event in told[1:]} == {"BTC"}


def test_a_withdrawal_is_told_as_a_change_and_the_balance_after_it(seen: Seen) -> None:
    change, after = seen.value("withdrawal")
    assert (change["e"], change["a"], change["d"]) == ("balanceUpdate", "USDT", "-25.00000000")
    assert after["e"] == "outboundAccountPosition"
    assert [balance["a"] for balance in after["B"]] == ["USDT"]


def test_a_listen_key_names_its_stream(seen: Seen) -> None:
    assert seen.value("listen_key")["named_after_the_key"] is True


def test_a_key_that_never_was_is_refused(seen: Seen) -> None:
    refused = seen.raised("unknown_key")
    assert (refused["class"], refused["code"]) == ("BinanceAPIException", -1125)


def test_the_threaded_manager_hears_public_streams(threads: Seen) -> None:
    assert threads.value("trade")["e"] == "trade"
    assert threads.value("depth")["e"] == "depthUpdate"


def test_the_threaded_manager_hears_own_events(threads: Seen) -> None:
    own = threads.value("own_events")
    assert [event["x"] for event in own["opened"]] == ["NEW"]
    assert [event["x"] for event in own["canceled"]] == ["CANCELED"]
    assert [event["x"] for event in own["filled"]][:2] == ["NEW", "TRADE"]


def test_the_threaded_manager_stops(threads: Seen) -> None:
    assert threads.value("stopped") is True
