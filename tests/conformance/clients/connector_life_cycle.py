"""binance-connector: an account's life through Spot (rest) and SpotWebsocketAPIClient (socket)."""

import json
import queue
import time
import uuid
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from binance.spot import Spot
from binance.websocket.spot.websocket_api import SpotWebsocketAPIClient

from conformance.clients.observing import STEP_SECONDS, Account, Observations, Venue, report
from conformance.clients.wire_life_cycle import Conditions, Door, live

TRADERS = {"rest": "bob", "socket": "bob"}

OVER_REST = {
    "time": "time",
    "exchange_info": "exchange_info",
    "book": "depth",
    "recent_trades": "trades",
    "old_trades": "historical_trades",
    "aggregate_trades": "agg_trades",
    "candles": "klines",
    "average_price": "avg_price",
    "ticker": "ticker_24hr",
    "tickers": "ticker_24hr",
    "best_prices": "book_ticker",
    "last_price": "ticker_price",
    "account": "account",
    "new_order": "new_order",
    "test_order": "new_order_test",
    "cancel": "cancel_order",
    "cancel_all": "cancel_open_orders",
    "order": "get_order",
    "open_orders": "get_open_orders",
    "all_orders": "get_orders",
    "own_trades": "my_trades",
    "order_counts": "get_order_rate_limit",
    "system_status": "system_status",
    "coins": "coin_info",
    "trade_fee": "trade_fee",
    "restrictions": "api_key_permissions",
    "withdraw": "withdraw",
}
OVER_SOCKET = {
    "time": "server_time",
    "exchange_info": "exchange_info",
    "book": "order_book",
    "recent_trades": "recent_trades",
    "aggregate_trades": "aggregate_trades",
    "candles": "klines",
    "average_price": "avg_price",
    "ticker": "ticker_24hr",
    "tickers": "ticker_24hr",
    "best_prices": "ticker_book",
    "last_price": "ticker_price",
    "account": "account",
    "new_order": "new_order",
    "test_order": "new_order_test",
    "cancel": "cancel_order",
    "cancel_all": "cancel_open_orders",
    "order": "get_order",
    "open_orders": "get_open_orders",
    "all_orders": "order_history",
    "own_trades": "my_trades",
    "order_counts": "order_rate_limit",
}


class RefusedOverSocket(Exception):
    """An answer with an error: this client hands it to its callback and raises nothing of its own."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(answer["error"]["msg"])
        self.code = answer["error"]["code"]
        self.status_code = answer["status"]


class Conversation:
    """Asks over a callback client and waits for the answer that carries the same id."""

    def __init__(self, url: str, account: Account) -> None:
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self.client = SpotWebsocketAPIClient(
            stream_url=url, api_key=account.api_key, api_secret=account.api_secret, on_message=self._hear
        )

    def _hear(self, _: object, text: str) -> None:
        self._answers.put(json.loads(text))

    def ask(self, name: str, **words: Any) -> Any:
        request_id = str(uuid.uuid4())
        getattr(self.client, name)(id=request_id, **words)
        while True:
            answer = self._answers.get(timeout=STEP_SECONDS)
            if answer["id"] != request_id:
                continue
            if answer["status"] != 200:
                raise RefusedOverSocket(answer)
            return answer["result"]

    def verb(self, name: str) -> Callable[..., Any]:
        return lambda **words: self.ask(name, **words)


def at_another_time(call: Callable[..., Any], offset_ms: int) -> Callable[..., Any]:
    """`call` with the machine's clock off by `offset_ms`, as this client reads it."""
    if not offset_ms:
        return call

    def late(*args: Any, **words: Any) -> Any:
        moved = int(time.time() * 1000) + offset_ms
        with (
            patch("binance.api.get_timestamp", return_value=moved),
            patch("binance.lib.utils.get_timestamp", return_value=moved),
        ):
            return call(*args, **words)

    return late


def rest_door(venue: Venue, account: Account) -> Door:
    client = Spot(account.api_key, account.api_secret, base_url=venue.rest_url, timeout=STEP_SECONDS)
    verbs = {verb: getattr(client, name) for verb, name in OVER_REST.items()}
    verbs["account_in_window"] = lambda window_ms: client.account(recvWindow=window_ms)
    return Door(verbs, client.session.close)


def socket_door(venue: Venue, account: Account) -> Door:
    talk = Conversation(f"{venue.ws_url}/ws-api/v3", account)
    verbs = {verb: talk.verb(name) for verb, name in OVER_SOCKET.items()}
    verbs["old_trades"] = lambda **words: talk.ask("historical_trades", apiKey=account.api_key, **words)
    verbs["account_in_window"] = lambda window_ms: talk.ask("account", recvWindow=window_ms)
    return Door(verbs, talk.client.stop)


async def main(seen: Observations, venue: Venue, flavor: str) -> None:
    async def open_door(account: Account, conditions: Conditions) -> Door:
        door = (socket_door if flavor == "socket" else rest_door)(venue, account)
        offset_ms = conditions.clock_offset_ms
        return Door({verb: at_another_time(call, offset_ms) for verb, call in door.verbs.items()}, door.close)

    await live(seen, venue, venue.accounts[TRADERS[flavor]], open_door)


if __name__ == "__main__":
    report(main)
