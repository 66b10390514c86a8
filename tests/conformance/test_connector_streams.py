"""binance-connector's sockets: market streams in both framings, and the listen key as a stream's name."""

from typing import Any

import pytest

from conformance.harness import Observe, Seen

pytestmark = pytest.mark.conformance


@pytest.fixture(scope="module")
def seen(observe: Observe) -> Seen:
    return observe("connector", "connector_streams", "")


@pytest.fixture(scope="module")
def own(seen: Seen) -> dict[str, Any]:
    return seen.value("own_events")  # type: ignore[no-any-return]


def reports(own: dict[str, Any], order: str) -> list[dict[str, Any]]:
    order_id = own[order]["orderId"]
    return [event for event in own["events"] if event["e"] == "executionReport" and event["i"] == order_id]


@pytest.mark.parametrize(
    "event",
    ["depthUpdate", "trade", "aggTrade", "kline", "24hrTicker", "24hrMiniTicker", "1hTicker", "avgPrice"],
)
def test_an_event_arrives_unwrapped_on_a_raw_connection(seen: Seen, event: str) -> None:
    message = seen.value("every_stream")["by_kind"][event]
    assert (message["e"], message["s"]) == (event, "BTCUSDT")


def test_partial_books_and_best_prices_arrive_without_an_event_name(seen: Seen) -> None:
    by_kind = seen.value("every_stream")["by_kind"]
    assert list(by_kind["levels"]) == ["lastUpdateId", "bids", "asks"]
    assert list(by_kind["best"]) == ["u", "s", "b", "B", "a", "A"]


def test_all_mini_tickers_arrive_as_one_array(seen: Seen) -> None:
    assert {ticker["e"] for ticker in seen.value("every_stream")["by_kind"]["array"]} == {"24hrMiniTicker"}


def test_subscriptions_are_answered_listed_and_dropped(seen: Seen) -> None:
    streams = seen.value("every_stream")
    assert streams["by_kind"]["answer"] == {"result": None, "id": 7}
    assert streams["listed"]["id"] == 8
    assert set(streams["listed"]["result"]) == set(streams["asked"])
    assert streams["dropped"] == {"result": None, "id": 9}


def test_a_combined_connection_names_its_streams(seen: Seen) -> None:
    named = [message for message in seen.value("combined") if "stream" in message]
    assert {message["stream"] for message in named} == {"btcusdt@trade", "btcusdt@depth@100ms"}
    assert all(list(message) == ["stream", "data"] for message in named)


def test_a_malformed_subscription_is_answered_with_an_error(seen: Seen) -> None:
    assert seen.value("refused")["error"]["code"] == 2


def test_a_resting_order_and_its_cancel_are_told(own: dict[str, Any]) -> None:
    told = reports(own, "resting")
    assert [(event["x"], event["X"]) for event in told] == [("NEW", "NEW"), ("CANCELED", "CANCELED")]
    assert told[1]["C"] == own["resting"]["clientOrderId"]


def test_a_market_order_is_told_from_new_to_filled(own: dict[str, Any]) -> None:
    told = reports(own, "market")
    assert [event["x"] for event in told] == ["NEW"] + ["TRADE"] * (len(told) - 1)
    assert (told[-1]["X"], told[-1]["z"]) == ("FILLED", "0.00100000")


def test_balances_are_told_with_every_change(own: dict[str, Any]) -> None:
    changes = [event for event in own["events"] if event["e"] == "outboundAccountPosition"]
    assert [balance["a"] for balance in changes[-1]["B"]] != []
    assert len(changes) == 3


def test_a_listen_key_is_kept_and_closed(own: dict[str, Any]) -> None:
    assert (own["kept"], own["closed"]) == ({}, {})


def test_a_listen_key_lives_over_the_websocket_api(seen: Seen) -> None:
    key = seen.value("key_over_socket")
    assert (key["started"]["id"], key["started"]["status"]) == ("start", 200)
    assert len(key["started"]["result"]["listenKey"]) == 64
    assert [key[name]["status"] for name in ("pinged", "stopped")] == [200, 200]
    assert (key["late"]["status"], key["late"]["error"]["code"]) == (400, -1125)


def test_a_key_that_never_was_is_refused(seen: Seen) -> None:
    refused = seen.raised("unknown_key")
    assert (refused["class"], refused["code"]) == ("ClientError", -1125)
