"""python-binance: sockets of AsyncClient, both ways to the user stream, and the depth cache manager."""

import asyncio
from collections.abc import Callable
from typing import Any

from binance import BinanceSocketManager, DepthCacheManager

from conformance.clients.observing import SYMBOL, Observations, Venue, report
from conformance.clients.python_binance import async_client, point_at

CHECKPOINTS = 5
ATTEMPTS = 10


async def hear(socket: Any, enough: int = 1) -> list[Any]:
    """The first messages of a socket."""
    async with socket as stream:
        return [await stream.recv() for _ in range(enough)]


async def hear_until(socket: Any, act: Callable[[], Any], satisfied: Callable[[list[Any]], bool]) -> list[Any]:
    """Opens the socket, acts, and gathers messages until they satisfy."""
    messages: list[Any] = []
    async with socket as stream:
        await act()
        while not satisfied(messages):
            messages.append(await stream.recv())
    return messages


class Trading:
    """One resting order that is canceled and one market order, and what the events should say of them."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.resting: dict[str, Any] = {}
        self.market: dict[str, Any] = {}

    async def act(self) -> None:
        best = await self.client.get_orderbook_ticker(symbol=SYMBOL)
        price = f"{float(best['bidPrice']) * 0.8:.2f}"
        self.resting = await self.client.order_limit_buy(symbol=SYMBOL, quantity="0.001", price=price)
        await self.client.cancel_order(symbol=SYMBOL, orderId=self.resting["orderId"])
        self.market = await self.client.order_market_buy(symbol=SYMBOL, quantity="0.001")

    def told(self, messages: list[Any]) -> bool:
        """The market order's end was told, and the balances after it."""
        filled = [at for at, event in enumerate(messages) if self.is_last_fill(event)]
        return bool(filled) and any(event["e"] == "outboundAccountPosition" for event in messages[filled[0] :])

    def is_last_fill(self, event: dict[str, Any]) -> bool:
        return (event["e"], event.get("i"), event.get("X")) == ("executionReport", self.market.get("orderId"), "FILLED")

    def seen(self, messages: list[Any]) -> dict[str, Any]:
        return {"resting": self.resting, "market": self.market, "events": messages}


async def by_subscription(manager: Any, client: Any) -> dict[str, Any]:
    """The user socket of today: a subscription on the WebSocket API."""
    trading = Trading(client)
    return trading.seen(await hear_until(manager.user_socket(), trading.act, trading.told))


async def by_listen_key(manager: Any, client: Any) -> dict[str, Any]:
    """The user stream of older bots: a listen key as the name of a stream."""
    listen_key = await client.stream_get_listen_key()
    await client.stream_keepalive(listen_key)
    trading = Trading(client)

    def told(wrapped: list[Any]) -> bool:
        return trading.told([message["data"] for message in wrapped])

    wrapped = await hear_until(manager.multiplex_socket([listen_key]), trading.act, told)
    await client.stream_close(listen_key)
    named = {message["stream"] for message in wrapped} == {listen_key}
    return {"named_after_the_key": named, **trading.seen([message["data"] for message in wrapped])}


async def withdraw(client: Any) -> list[Any]:
    """What the account's user socket says of a withdrawal."""

    async def act() -> None:
        await client.withdraw(coin="USDT", amount="25", address="0x00000000000000000000000000000000000000aa")

    return await hear_until(BinanceSocketManager(client).user_socket(), act, lambda events: len(events) == 2)


async def be_hit(maker: Any, taker: Any) -> dict[str, Any]:
    """A bid inside the spread that another account sells into; tried again when the market moved in between."""
    async with BinanceSocketManager(maker).user_socket() as stream:
        for _ in range(ATTEMPTS):
            best = await maker.get_orderbook_ticker(symbol=SYMBOL)
            price = f"{float(best['askPrice']) - 0.01:.2f}"
            bid = await maker.order_limit_buy(symbol=SYMBOL, quantity="0.0005", price=price)
            hit = {"symbol": SYMBOL, "side": "SELL", "type": "LIMIT", "timeInForce": "IOC"}
            await taker.create_order(**hit, quantity="0.0005", price=price)
            trades = await maker.get_my_trades(symbol=SYMBOL, orderId=bid["orderId"])
            if sum(float(trade["qty"]) for trade in trades if trade["isMaker"]) > 0.00049:
                break
            if (await maker.get_order(symbol=SYMBOL, orderId=bid["orderId"]))["status"] == "NEW":
                await maker.cancel_order(symbol=SYMBOL, orderId=bid["orderId"])
        reports: list[Any] = []
        while not reports or reports[-1]["X"] != "FILLED":
            event = await stream.recv()
            if event["e"] == "executionReport" and event["i"] == bid["orderId"]:
                reports.append(event)
    return {"bid": bid, "trades": trades, "reports": reports}


async def keep_depth_cache(client: Any) -> dict[str, Any]:
    """Compares the cache with the venue's book whenever both stand at the same update id."""
    checkpoints: list[int] = []
    differences: list[Any] = []
    manager = DepthCacheManager(client, symbol=SYMBOL, ws_interval=100)
    async with manager as stream:
        while len(checkpoints) < CHECKPOINTS:
            cache = await stream.recv()
            theirs = await client.get_order_book(symbol=SYMBOL, limit=50)
            if manager._last_update_id != theirs["lastUpdateId"]:
                continue
            checkpoints.append(theirs["lastUpdateId"])
            for found, side in ((cache.get_bids(), "bids"), (cache.get_asks(), "asks")):
                expected = [[float(price), float(quantity)] for price, quantity in theirs[side]]
                differences += [
                    pair for pair in zip(found[: len(expected)], expected, strict=False) if pair[0] != pair[1]
                ]
                differences += [len(expected)] if len(found) < len(expected) else []
    return {"checkpoints": checkpoints, "differences": differences}


async def main(seen: Observations, venue: Venue, flavor: str) -> None:
    point_at(venue)
    client = await async_client(venue.accounts["alice"])
    other = await async_client(venue.accounts["bob"])
    mallory = await async_client(venue.accounts["mallory"])
    manager = BinanceSocketManager(client)
    try:
        await asyncio.gather(
            seen.step("depth", hear, manager.depth_socket(SYMBOL, interval=100), 3),
            seen.step("top_levels", hear, manager.depth_socket(SYMBOL, depth="5"), 2),
            seen.step("trade", hear, manager.trade_socket(SYMBOL), 2),
            seen.step("aggregate_trade", hear, manager.aggtrade_socket(SYMBOL)),
            seen.step("candle", hear, manager.kline_socket(SYMBOL)),
            seen.step("ticker", hear, manager.symbol_ticker_socket(SYMBOL)),
            seen.step("mini_ticker", hear, manager.symbol_miniticker_socket(SYMBOL)),
            seen.step("mini_tickers", hear, manager.miniticker_socket()),
            seen.step("best_prices", hear, manager.symbol_book_ticker_socket(SYMBOL)),
            seen.step("combined", hear, manager.multiplex_socket(["btcusdt@trade", "ethusdt@depth@100ms"]), 4),
            seen.step("depth_cache", keep_depth_cache, client),
            seen.step("user_socket", by_subscription, manager, client),
            seen.step("listen_key", by_listen_key, BinanceSocketManager(other), other),
        )
        await seen.step("unknown_key", other.stream_keepalive, "x" * 64)
        await seen.step("withdrawal", withdraw, mallory)
        await seen.step("maker", be_hit, other, client)
    finally:
        await asyncio.gather(*(one.close_connection() for one in (client, other, mallory)))


if __name__ == "__main__":
    report(main)
