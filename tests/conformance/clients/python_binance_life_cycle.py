"""python-binance: an account's life through Client (sync), AsyncClient (async) and its WebSocket API (socket)."""

from collections.abc import Callable
from typing import Any

from binance import Client

from conformance.clients.observing import Account, Observations, Venue, report, settled
from conformance.clients.python_binance import async_client, point_at
from conformance.clients.wire_life_cycle import Conditions, Door, live

TRADERS = {"sync": "alice", "async": "bob", "socket": "alice"}

OVER_REST = {
    "time": "get_server_time",
    "exchange_info": "get_exchange_info",
    "book": "get_order_book",
    "recent_trades": "get_recent_trades",
    "old_trades": "get_historical_trades",
    "aggregate_trades": "get_aggregate_trades",
    "candles": "get_klines",
    "average_price": "get_avg_price",
    "ticker": "get_ticker",
    "tickers": "get_ticker",
    "best_prices": "get_orderbook_ticker",
    "last_price": "get_symbol_ticker",
    "account": "get_account",
    "new_order": "create_order",
    "test_order": "create_test_order",
    "cancel": "cancel_order",
    "cancel_all": "cancel_all_open_orders",
    "order": "get_order",
    "open_orders": "get_open_orders",
    "all_orders": "get_all_orders",
    "own_trades": "get_my_trades",
    "order_counts": "get_current_order_count",
    "system_status": "get_system_status",
    "coins": "get_all_coins_info",
    "trade_fee": "get_trade_fee",
    "restrictions": "get_account_api_permissions",
    "withdraw": "withdraw",
}
OVER_SOCKET = {
    "time": "ws_get_time",
    "exchange_info": "ws_get_exchange_info",
    "book": "ws_get_order_book",
    "recent_trades": "ws_get_recent_trades",
    "old_trades": "ws_get_historical_trades",
    "aggregate_trades": "ws_get_aggregate_trades",
    "candles": "ws_get_klines",
    "average_price": "ws_get_avg_price",
    "ticker": "ws_get_ticker",
    "tickers": "ws_get_ticker",
    "best_prices": "ws_get_orderbook_ticker",
    "last_price": "ws_get_symbol_ticker",
    "account": "ws_get_account",
    "new_order": "ws_create_order",
    "test_order": "ws_create_test_order",
    "cancel": "ws_cancel_order",
    "cancel_all": "ws_cancel_all_open_orders",
    "order": "ws_get_order",
    "open_orders": "ws_get_open_orders",
    "all_orders": "ws_get_all_orders",
    "own_trades": "ws_get_my_trades",
    "order_counts": "ws_get_account_rate_limits_orders",
}


def account_in_window(client: Any, over_socket: bool) -> Callable[[int], Any]:
    """The account query with a chosen recvWindow, which REST takes from the client's setting."""

    def ask(window_ms: int) -> Any:
        if over_socket:
            return client.ws_get_account(recvWindow=window_ms)
        client.REQUEST_RECVWINDOW = window_ms
        return client.get_account()

    return ask


async def open_door(flavor: str, account: Account, conditions: Conditions) -> Door:
    if flavor == "sync":
        client: Any = Client(account.api_key, account.api_secret)
    else:
        client = await async_client(account)
    client.timestamp_offset += conditions.clock_offset_ms
    names = OVER_SOCKET if flavor == "socket" else OVER_REST
    verbs = {verb: getattr(client, name) for verb, name in names.items()}
    verbs["account_in_window"] = account_in_window(client, flavor == "socket")
    # close_connection waits for the socket's next message, which does not come here; the streams' script calls it.
    return Door(verbs, client.session.close)


async def main(seen: Observations, venue: Venue, flavor: str) -> None:
    point_at(venue)

    async def open_flavor(account: Account, conditions: Conditions) -> Door:
        return await settled(open_door(flavor, account, conditions))  # type: ignore[no-any-return]

    await live(seen, venue, venue.accounts[TRADERS[flavor]], open_flavor)


if __name__ == "__main__":
    report(main)
