"""ccxt.pro: public streams and the account's own events, followed side by side on one exchange object."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import ccxt.pro

from conformance.clients.ccxt_exchange import PAIR, exchange_for
from conformance.clients.observing import SYMBOL, Observations, Venue, report

CHECKPOINTS = 5
SHORT_BOOKS = 3
OTHER_PAIR = "ETH/USDT"


async def follow_book(exchange: Any) -> dict[str, Any]:
    """Compares the client's book with the venue's whenever both stand at the same update id."""
    checkpoints: list[int] = []
    differences: list[Any] = []
    while len(checkpoints) < CHECKPOINTS:
        await exchange.watch_order_book(PAIR)
        theirs = await exchange.public_get_depth({"symbol": SYMBOL, "limit": 50})
        own = exchange.orderbooks[PAIR]
        if own["nonce"] != theirs["lastUpdateId"]:
            continue
        checkpoints.append(own["nonce"])
        for side in ("bids", "asks"):
            expected = [[float(price), float(amount)] for price, amount in theirs[side]]
            found = [list(level[:2]) for level in own[side][: len(expected)]]
            differences += [pair for pair in zip(found, expected, strict=False) if pair[0] != pair[1]]
            differences += [len(expected)] if len(found) < len(expected) else []
    return {"checkpoints": checkpoints, "differences": differences}


async def follow_short_book(exchange: Any) -> list[dict[str, Any]]:
    """Five levels of another instrument's book, over several updates."""
    books = []
    for _ in range(SHORT_BOOKS):
        book = await exchange.watch_order_book(OTHER_PAIR, 5)
        books.append({side: [list(level) for level in book[side]] for side in ("bids", "asks")})
    return books


async def follow_candles(exchange: Any) -> dict[str, Any]:
    """The candle in progress, beside what REST says of the same minute."""
    candles = await exchange.watch_ohlcv(PAIR, "1m")
    last = list(candles[-1])
    return {"streamed": last, "fetched": await exchange.fetch_ohlcv(PAIR, "1m", int(last[0]), 1)}


async def follow_tickers(exchange: Any, watch: Callable[..., Awaitable[Any]], fields: list[str]) -> dict[str, Any]:
    """The chosen fields of two instruments' tickers, waiting until both were heard of."""
    heard: dict[str, Any] = {}
    while len(heard) < 2:
        for pair, ticker in (await watch([PAIR, OTHER_PAIR])).items():
            heard[pair] = {name: ticker[name] for name in fields}
    return heard


class OwnEvents:
    """Everything the three private channels say, and a way to wait until they have said it."""

    def __init__(self, exchange: Any) -> None:
        self.exchange = exchange
        self.orders: list[dict[str, Any]] = []
        self.trades: list[dict[str, Any]] = []
        self.balances: list[dict[str, Any]] = []
        self.tape: list[dict[str, Any]] = []
        self._heard = asyncio.Event()

    def listen(self) -> list["asyncio.Task[None]"]:
        exchange = self.exchange
        return [
            asyncio.ensure_future(self._keep(lambda: exchange.watch_orders(PAIR), self.orders)),
            asyncio.ensure_future(self._keep(lambda: exchange.watch_my_trades(PAIR), self.trades)),
            asyncio.ensure_future(self._keep(lambda: exchange.watch_trades(PAIR), self.tape)),
            asyncio.ensure_future(self._keep(exchange.watch_balance, self.balances)),
        ]

    async def _keep(self, watch: Callable[[], Awaitable[Any]], into: list[dict[str, Any]]) -> None:
        while True:
            news = await watch()
            into += [dict(item) for item in news] if isinstance(news, list) else [dict(news)]
            self._heard.set()

    async def until(self, heard: Callable[[], bool]) -> None:
        while not heard():
            self._heard.clear()
            await self._heard.wait()

    async def until_order(self, order_id: str, status: str) -> dict[str, Any]:
        def found() -> list[dict[str, Any]]:
            return [order for order in self.orders if (order["id"], order["status"]) == (order_id, status)]

        await self.until(lambda: bool(found()))
        return found()[-1]


async def live(exchange: Any, events: OwnEvents) -> dict[str, Any]:
    """Rests and cancels an order, then trades at market, and gathers what the private channels said of it."""
    book = await exchange.fetch_order_book(PAIR, 5)
    price = float(exchange.price_to_precision(PAIR, book["bids"][0][0] * 0.8))
    resting = await exchange.create_order_ws(PAIR, "limit", "buy", 0.001, price)
    opened = await events.until_order(resting["id"], "open")
    await events.until(lambda: any(held(balance, "USDT") > 0 for balance in events.balances))
    while_resting = next(balance for balance in events.balances if held(balance, "USDT") > 0)
    await events.until(lambda: bool(events.tape))
    await exchange.cancel_order_ws(resting["id"], PAIR)
    canceled = await events.until_order(resting["id"], "canceled")
    market = await exchange.create_order_ws(PAIR, "market", "buy", 0.001)
    closed = await events.until_order(market["id"], "closed")
    own_ids = {trade["id"] for trade in await exchange.fetch_my_trades_ws(PAIR, None, 50)}
    await events.until(lambda: sum(t["amount"] for t in events.trades if t["order"] == market["id"]) > 0.00099)
    fills = [trade for trade in events.trades if trade["order"] == market["id"]]
    await events.until(lambda: {trade["id"] for trade in fills} <= {trade["id"] for trade in events.tape})
    await events.until(lambda: held(events.balances[-1], "USDT") == 0)
    return {
        "opened": opened,
        "canceled": canceled,
        "closed": closed,
        "market": market,
        "fills": fills,
        "history_has_fills": {trade["id"] for trade in fills} <= own_ids,
        "tape": [trade for trade in events.tape if trade["id"] in {fill["id"] for fill in fills}],
        "while_resting": while_resting,
        "at_the_end": events.balances[-1],
        "account": await exchange.fetch_balance(),
    }


def held(balance: dict[str, Any], asset: str) -> float:
    return float((balance.get(asset) or {}).get("used") or 0)


async def follow_account(exchange: Any) -> dict[str, Any]:
    await exchange.authenticate({"type": "spot"})
    events = OwnEvents(exchange)
    listeners = events.listen()
    try:
        return await live(exchange, events)
    finally:
        for listener in listeners:
            listener.cancel()
        await asyncio.gather(*listeners, return_exceptions=True)


async def main(seen: Observations, venue: Venue, flavor: str) -> None:
    exchange = exchange_for(ccxt.pro.binance, venue, venue.accounts["bob"])
    try:
        await exchange.load_markets()
        if await exchange.fetch_open_orders_ws(PAIR):
            await exchange.cancel_all_orders_ws(PAIR)
        mini, best = ["last", "high", "low", "baseVolume"], ["bid", "ask", "bidVolume", "askVolume"]
        await asyncio.gather(
            seen.step("book", follow_book, exchange),
            seen.step("short_book", follow_short_book, exchange),
            seen.step("mini_ticker", exchange.watch_ticker, PAIR),
            seen.step("ticker", exchange.watch_ticker, PAIR, {"name": "ticker"}),
            seen.step("tickers", follow_tickers, exchange, exchange.watch_tickers, mini),
            seen.step("bids_asks", follow_tickers, exchange, exchange.watch_bids_asks, best),
            seen.step("candles", follow_candles, exchange),
            seen.step("account", follow_account, exchange),
        )
        await seen.step("unwatch", exchange.un_watch_ticker, PAIR)
    finally:
        await exchange.close()


if __name__ == "__main__":
    report(main)
