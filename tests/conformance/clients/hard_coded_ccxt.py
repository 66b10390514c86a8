"""ccxt with nothing but a key: its addresses are those it was released with."""

import asyncio
import importlib
from typing import Any

from conformance.clients.ccxt_exchange import PAIR
from conformance.clients.ccxt_streams import OwnEvents
from conformance.clients.observing import Observations, Venue, report, settled

KINDS = {"sync": "ccxt", "async": "ccxt.async_support", "pro": "ccxt.pro"}
AMOUNT = 0.001


async def far_below(exchange: Any) -> float:
    book = await settled(exchange.fetch_order_book(PAIR, 5))
    return float(exchange.price_to_precision(PAIR, book["bids"][0][0] * 0.9))


async def trade(seen: Observations, exchange: Any) -> None:
    await seen.step("balance", exchange.fetch_balance)
    price = await far_below(exchange)
    placed = await seen.step("placed", exchange.create_order, PAIR, "limit", "buy", AMOUNT, price)
    await seen.step("open", exchange.fetch_open_orders, PAIR)
    await seen.step("canceled", exchange.cancel_order, placed["id"], PAIR)
    await seen.step("bought", exchange.create_order, PAIR, "market", "buy", AMOUNT)


async def listen(seen: Observations, exchange: Any) -> None:
    """The tape, and the account's own stream told of an order placed and canceled over the WebSocket API."""
    await exchange.authenticate({"type": "spot"})
    events = OwnEvents(exchange)
    listeners = events.listen()
    try:
        price = await far_below(exchange)
        placed = await seen.step("placed", exchange.create_order_ws, PAIR, "limit", "buy", AMOUNT, price)
        await seen.step("told_open", events.until_order, placed["id"], "open")
        await seen.step("canceled", exchange.cancel_order_ws, placed["id"], PAIR)
        await seen.step("told_canceled", events.until_order, placed["id"], "canceled")
        await seen.step("tape", events.until, lambda: bool(events.tape))
        seen.note("addresses", sorted(exchange.clients))
    finally:
        for listener in listeners:
            listener.cancel()
        await asyncio.gather(*listeners, return_exceptions=True)


async def script(seen: Observations, venue: Venue, flavor: str) -> None:
    account = venue.accounts["alice"]
    exchange = importlib.import_module(KINDS[flavor]).binance({"apiKey": account.api_key, "secret": account.api_secret})
    try:
        await seen.step("markets", exchange.load_markets)
        await (listen if flavor == "pro" else trade)(seen, exchange)
    finally:
        if flavor != "sync":
            await exchange.close()


if __name__ == "__main__":
    report(script)
