"""python-binance with nothing but a key: its addresses are those it was released with."""

import asyncio
from typing import Any

from binance import AsyncClient, BinanceSocketManager, Client, ReconnectingWebsocket

from conformance.clients.observing import SYMBOL, Observations, Venue, report
from conformance.clients.python_binance_streams import by_subscription, hear

QUANTITY = "0.001"


def trade(seen: Observations, client: Any) -> None:
    seen.call("account", client.get_account)
    best = client.get_orderbook_ticker(symbol=SYMBOL)
    price = f"{float(best['bidPrice']) * 0.9:.2f}"
    placed = seen.call("placed", client.order_limit_buy, symbol=SYMBOL, quantity=QUANTITY, price=price)
    seen.call("open", client.get_open_orders, symbol=SYMBOL)
    seen.call("canceled", client.cancel_order, symbol=SYMBOL, orderId=placed["orderId"])
    seen.call("bought", client.order_market_buy, symbol=SYMBOL, quantity=QUANTITY)


async def listen(seen: Observations, client: Any) -> None:
    # Closing a socket waits for its next message, and on a quiet stream for as long as this.
    ReconnectingWebsocket.TIMEOUT = 2
    manager = BinanceSocketManager(client)
    await asyncio.gather(
        seen.step("trade", hear, manager.trade_socket(SYMBOL)),
        seen.step("user_socket", by_subscription, manager, client),
    )


async def listen_and_leave(seen: Observations, key: str, secret: str) -> None:
    client = await AsyncClient.create(key, secret)
    try:
        await listen(seen, client)
    finally:
        await client.close_connection()


def script(seen: Observations, venue: Venue, flavor: str) -> None:
    account = venue.accounts["bob"]
    if flavor == "sync":
        trade(seen, Client(account.api_key, account.api_secret))
    else:
        asyncio.run(listen_and_leave(seen, account.api_key, account.api_secret))
    seen.note("addresses", [Client.API_URL, BinanceSocketManager.STREAM_URL, Client.WS_API_URL])


if __name__ == "__main__":
    report(script)
