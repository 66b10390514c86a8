"""binance-connector: SpotWebsocketStreamClient in both framings, and the listen key stream of old bots."""

import json
import queue
import time
from collections.abc import Callable
from typing import Any

from binance.spot import Spot
from binance.websocket.spot.websocket_api import SpotWebsocketAPIClient
from binance.websocket.spot.websocket_stream import SpotWebsocketStreamClient

from conformance.clients.observing import STEP_SECONDS, SYMBOL, Observations, Venue, report

STREAMS = {
    "btcusdt@depth@100ms": "depthUpdate",
    "btcusdt@depth5@100ms": "levels",
    "btcusdt@trade": "trade",
    "btcusdt@aggTrade": "aggTrade",
    "btcusdt@kline_1m": "kline",
    "btcusdt@ticker": "24hrTicker",
    "btcusdt@miniTicker": "24hrMiniTicker",
    "btcusdt@ticker_1h": "1hTicker",
    "btcusdt@bookTicker": "best",
    "btcusdt@avgPrice": "avgPrice",
    "!miniTicker@arr": "array",
}


class Heard:
    """The messages of one connection; as many are read as a step needs."""

    def __init__(self) -> None:
        self._texts: queue.Queue[str] = queue.Queue()

    def __call__(self, _: object, text: str) -> None:
        self._texts.put(text)

    def next(self) -> Any:
        return json.loads(self._texts.get(timeout=STEP_SECONDS))

    def until(self, satisfied: Callable[[list[Any]], bool]) -> list[Any]:
        messages: list[Any] = []
        deadline = time.monotonic() + STEP_SECONDS
        while not satisfied(messages):
            if time.monotonic() > deadline:
                raise TimeoutError(f"heard {messages}")
            messages.append(self.next())
        return messages


def kind_of(message: Any) -> str:
    """What a raw message is; partial books and best prices carry no event name."""
    if isinstance(message, list):
        return "array"
    if "bids" in message:
        return "levels"
    if {"u", "b", "a"} <= message.keys() and "e" not in message:
        return "best"
    return str(message.get("e", "answer"))


def hear_every_stream(venue: Venue) -> dict[str, Any]:
    """One message of every kind over one raw connection, after one SUBSCRIBE for all of them."""
    heard = Heard()
    client = SpotWebsocketStreamClient(stream_url=venue.ws_url, on_message=heard)
    try:
        client.subscribe(list(STREAMS), id=7)
        wanted = {"answer", *STREAMS.values()}
        messages = heard.until(lambda got: wanted <= {kind_of(message) for message in got})
        client.list_subscribe(id=8)
        listed = heard.until(lambda got: bool(got) and kind_of(got[-1]) == "answer")[-1]
        client.unsubscribe(list(STREAMS), id=9)
        dropped = heard.until(lambda got: bool(got) and kind_of(got[-1]) == "answer")[-1]
    finally:
        client.stop()
    by_kind = {kind_of(message): message for message in reversed(messages)}
    return {"by_kind": by_kind, "listed": listed, "dropped": dropped, "asked": list(STREAMS)}


def hear_combined(venue: Venue) -> list[Any]:
    """The client's own methods, one SUBSCRIBE each, over a combined connection."""
    heard = Heard()
    client = SpotWebsocketStreamClient(stream_url=venue.ws_url, on_message=heard, is_combined=True)
    names = {"btcusdt@trade", "btcusdt@depth@100ms"}
    try:
        client.trade(SYMBOL)
        client.diff_book_depth(SYMBOL, speed=100)
        return heard.until(lambda got: names <= {message.get("stream") for message in got})
    finally:
        client.stop()


def refuse_a_stream(venue: Venue) -> Any:
    heard = Heard()
    client = SpotWebsocketStreamClient(stream_url=venue.ws_url, on_message=heard)
    try:
        client.send({"method": "SUBSCRIBE", "params": "btcusdt@trade", "id": "one"})
        return heard.next()
    finally:
        client.stop()


def trade(client: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    price = f"{float(client.book_ticker(symbol=SYMBOL)['bidPrice']) * 0.8:.2f}"
    limit = {"side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.001", "price": price}
    resting = client.new_order(SYMBOL, **limit)
    client.cancel_order(SYMBOL, orderId=resting["orderId"])
    return resting, client.new_order(SYMBOL, side="BUY", type="MARKET", quantity="0.001")


def hear_own_events(venue: Venue) -> dict[str, Any]:
    """A listen key from REST, subscribed to by name; kept alive, then closed."""
    account = venue.accounts["bob"]
    rest = Spot(account.api_key, account.api_secret, base_url=venue.rest_url, timeout=STEP_SECONDS)
    listen_key = rest.new_listen_key()["listenKey"]
    heard = Heard()
    client = SpotWebsocketStreamClient(stream_url=venue.ws_url, on_message=heard)
    try:
        client.user_data(listen_key)
        heard.until(lambda got: bool(got))
        resting, market = trade(rest)

        def told(events: list[Any]) -> bool:
            fills = [at for at, event in enumerate(events) if (event.get("i"), event.get("X")) == ended]
            return bool(fills) and any(event["e"] == "outboundAccountPosition" for event in events[fills[0] :])

        ended = (market["orderId"], "FILLED")
        events = heard.until(told)
        kept = rest.renew_listen_key(listen_key)
        closed = rest.close_listen_key(listen_key)
    finally:
        client.stop()
    return {"resting": resting, "market": market, "events": events, "kept": kept, "closed": closed}


def key_over_socket(venue: Venue) -> dict[str, Any]:
    """The listen key of the WebSocket API, from its start to its stop."""
    account = venue.accounts["bob"]
    heard = Heard()
    client = SpotWebsocketAPIClient(
        stream_url=f"{venue.ws_url}/ws-api/v3",
        api_key=account.api_key,
        api_secret=account.api_secret,
        on_message=heard,
    )
    try:
        client.user_data_start(id="start")
        started = heard.next()
        listen_key = started["result"]["listenKey"]
        client.user_data_ping(listen_key, id="ping")
        pinged = heard.next()
        client.user_data_stop(listen_key, id="stop")
        stopped = heard.next()
        client.user_data_ping(listen_key, id="late")
        return {"started": started, "pinged": pinged, "stopped": stopped, "late": heard.next()}
    finally:
        client.stop()


def main(seen: Observations, venue: Venue, flavor: str) -> None:
    seen.call("every_stream", hear_every_stream, venue)
    seen.call("combined", hear_combined, venue)
    seen.call("refused", refuse_a_stream, venue)
    seen.call("own_events", hear_own_events, venue)
    seen.call("key_over_socket", key_over_socket, venue)
    seen.call("unknown_key", renew_unknown_key, venue)


def renew_unknown_key(venue: Venue) -> Any:
    account = venue.accounts["bob"]
    return Spot(account.api_key, account.api_secret, base_url=venue.rest_url).renew_listen_key("x" * 64)


if __name__ == "__main__":
    report(main)
