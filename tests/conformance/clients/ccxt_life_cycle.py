"""ccxt: an account's life over REST (flavors sync and async) and over the WebSocket API (flavor pro)."""

import importlib
from collections.abc import Callable
from typing import Any

from conformance.clients.ccxt_exchange import PAIR, exchange_for
from conformance.clients.observing import SYMBOL, Account, Observations, Venue, report, settled

KINDS = {"sync": "ccxt", "async": "ccxt.async_support", "pro": "ccxt.pro"}
TRADERS = {"sync": "alice", "async": "bob", "pro": "alice"}
MINUTE_MS = 60_000


class Life:
    """One flavor's exchange objects, and the name each action has in it."""

    def __init__(self, seen: Observations, venue: Venue, flavor: str) -> None:
        self.seen = seen
        self.venue = venue
        self.kind = importlib.import_module(KINDS[flavor]).binance
        self.over_socket = flavor == "pro"
        self.opened: list[Any] = []
        self.account = venue.accounts[TRADERS[flavor]]
        self.exchange = self.open(self.account)

    def open(self, account: Account, **options: Any) -> Any:
        exchange = exchange_for(self.kind, self.venue, account, **options)
        self.opened.append(exchange)
        return exchange

    def open_ready(self, account: Account, **options: Any) -> Any:
        """A second client that knows the markets already, so that its first request is the one under test."""
        exchange = self.open(account, **options)
        exchange.set_markets(self.exchange.markets, self.exchange.currencies)
        return exchange

    def act(self, name: str, exchange: Any = None) -> Callable[..., Any]:
        """`create_order`, or the same over the socket: ccxt.pro's `create_order_ws`."""
        return getattr(exchange or self.exchange, f"{name}_ws" if self.over_socket else name)  # type: ignore[no-any-return]

    async def place(self, step: str, order_type: str, side: str, amount: Any, limit: Any = None, **more: Any) -> Any:
        return await self.seen.step(step, self.act("create_order"), PAIR, order_type, side, amount, limit, more)

    async def close(self) -> None:
        for exchange in self.opened:
            if hasattr(exchange, "close"):
                await settled(exchange.close())


async def look_at_the_market(life: Life) -> None:
    seen, exchange = life.seen, life.exchange
    await seen.step("markets", exchange.load_markets)
    seen.note("currencies", exchange.currencies)
    await seen.step("time", exchange.fetch_time)
    seen.note("own_time", exchange.milliseconds())
    await seen.step("status", exchange.fetch_status)
    await seen.step("book", exchange.fetch_order_book, PAIR, 20)
    await seen.step("ticker", exchange.fetch_ticker, PAIR)
    await seen.step("tickers", exchange.fetch_tickers)
    await seen.step("bids_asks", exchange.fetch_bids_asks)
    await seen.step("last_prices", exchange.fetch_last_prices)
    await seen.step("tape", life.act("fetch_trades"), PAIR, None, 50)
    await seen.step("candles", life.act("fetch_ohlcv"), PAIR, "1m", None, 1000)
    hours_since = exchange.milliseconds() - 300 * 60 * MINUTE_MS
    await seen.step("hours", exchange.fetch_ohlcv, PAIR, "1h", hours_since, 200)


class Prices:
    """Prices around the book's best, in the venue's own precision."""

    def __init__(self, exchange: Any, book: dict[str, Any]) -> None:
        bid, ask = book["bids"][0][0], book["asks"][0][0]
        self.resting = float(exchange.price_to_precision(PAIR, bid * 0.8))
        self.below = float(exchange.price_to_precision(PAIR, bid * 0.98))
        self.crossing = float(exchange.price_to_precision(PAIR, ask * 1.01))


async def rest_query_and_cancel(life: Life, prices: Prices) -> None:
    seen, client_id = life.seen, f"rest-{life.exchange.milliseconds()}"
    placed = await life.place("rest", "limit", "buy", 0.001, prices.resting, newClientOrderId=client_id)
    order_id = placed["id"]
    seen.note("rest_client_id", client_id)
    await seen.step("balance_while_resting", life.exchange.fetch_balance)
    await life.place("duplicate", "limit", "buy", 0.001, prices.resting, newClientOrderId=client_id)
    await seen.step("query_by_id", life.act("fetch_order"), order_id, PAIR)
    await seen.step("query_by_client_id", life.act("fetch_order"), "", PAIR, {"origClientOrderId": client_id})
    await seen.step("open_orders", life.act("fetch_open_orders"), PAIR)
    await seen.step("cancel", life.act("cancel_order"), order_id, PAIR)
    await seen.step("cancel_again", life.act("cancel_order"), order_id, PAIR)
    await seen.step("query_canceled", life.act("fetch_order"), order_id, PAIR)
    await seen.step("query_unknown", life.act("fetch_order"), "999999999", PAIR)
    await life.place("reuse_after_cancel", "limit", "buy", 0.001, prices.resting, newClientOrderId=client_id)
    await seen.step("cancel_by_client_id", life.act("cancel_order"), "", PAIR, {"origClientOrderId": client_id})


async def cancel_all(life: Life, prices: Prices) -> None:
    await life.place("first_of_two", "limit", "buy", 0.001, prices.resting)
    await life.place("second_of_two", "limit", "buy", 0.002, prices.resting)
    await life.seen.step("cancel_all", life.act("cancel_all_orders"), PAIR)
    await life.seen.step("open_after_cancel_all", life.act("fetch_open_orders"), PAIR)
    await life.seen.step("cancel_none", life.act("cancel_all_orders"), PAIR)


async def take(life: Life, prices: Prices) -> None:
    """Every way to trade at once, and the ways to find that one cannot."""
    await life.place("market_by_quantity", "market", "buy", 0.001)
    await life.place("market_by_cost", "market", "buy", 50, quoteOrderQty=50)
    await life.place("market_sell", "market", "sell", 0.001)
    await life.place("ioc_fills", "limit", "buy", 0.0005, prices.crossing, timeInForce="IOC")
    await life.place("ioc_expires", "limit", "buy", 0.0005, prices.below, timeInForce="IOC")
    await life.place("fok_fills", "limit", "sell", 0.0005, prices.below, timeInForce="FOK")
    await life.place("fok_expires", "limit", "buy", 0.0005, prices.below, timeInForce="FOK")
    await life.seen.step("all_orders", life.act("fetch_orders"), PAIR)
    await life.seen.step("own_trades", life.act("fetch_my_trades"), PAIR)


async def be_refused(life: Life, prices: Prices) -> None:
    """Orders the venue must not accept. What ccxt would mend before sending is sent as it is, through `params`."""
    await life.place("post_only_rests", "LIMIT_MAKER", "buy", 0.001, prices.resting)
    await life.place("post_only_crosses", "LIMIT_MAKER", "buy", 0.001, prices.crossing)
    await life.place("bad_tick", "limit", "buy", 0.001, prices.resting, price=f"{prices.resting + 0.001:.3f}")
    await life.place("bad_lot", "limit", "buy", 0.001, prices.resting, quantity="0.0010001")
    await life.place("too_precise", "limit", "buy", 0.001, prices.resting, price=f"{prices.resting}0123456789")
    await life.place("too_small", "limit", "buy", 0.00001, prices.resting)
    await life.place("too_far", "limit", "buy", 0.1, prices.resting / 8)
    await life.place("insufficient", "limit", "buy", round(1_000_000 / prices.resting, 4), prices.resting)
    await life.seen.step("cancel_all_after_refusals", life.act("cancel_all_orders"), PAIR)


async def unified_words(life: Life, prices: Prices) -> None:
    """The spellings ccxt offers over REST alone: postOnly, cost, test orders, fees and withdrawals."""
    seen, exchange = life.seen, life.exchange
    crossing = (PAIR, "limit", "buy", 0.001, prices.crossing)
    await seen.step("post_only_word_crosses", exchange.create_order, *crossing, {"postOnly": True})
    await seen.step("cost_word", exchange.create_market_buy_order_with_cost, PAIR, 20)
    await seen.step("test_order", exchange.create_order, *crossing, {"test": True})
    await seen.step("mended_price", exchange.price_to_precision, PAIR, 48_000.123_456)
    await seen.step("unknown_symbol", exchange.public_get_depth, {"symbol": "NOPEUSDT"})
    await seen.step("trading_fee", exchange.fetch_trading_fee, PAIR)
    await seen.step("trading_fees", exchange.fetch_trading_fees)
    await seen.step("restrictions", exchange.sapi_get_account_apirestrictions)
    address = "0x00000000000000000000000000000000000000aa"
    await seen.step("withdraw_refused", exchange.withdraw, "USDT", 25, address)
    mallory = life.open_ready(life.venue.accounts["mallory"])
    await seen.step("mallory_before", mallory.fetch_balance)
    await seen.step("withdraw_allowed", mallory.withdraw, "USDT", 25, address)
    await seen.step("mallory_after", mallory.fetch_balance)


async def be_turned_away(life: Life, prices: Prices) -> None:
    """Keys, secrets, permissions, addresses and clocks that do not open the door."""
    seen, accounts, own = life.seen, life.venue.accounts, life.account
    balance, place = "fetch_balance", "create_order"
    order = (PAIR, "limit", "buy", 0.001, prices.resting)
    forger = life.open_ready(own.with_secret("not the secret of this key"))
    await seen.step("bad_secret", life.act(balance, forger))
    await seen.step("bad_secret_order", life.act(place, forger), *order)
    await seen.step("unknown_key", life.act(balance, life.open_ready(own.with_key("A" * 64))))
    await seen.step("reader_order", life.act(place, life.open_ready(accounts["reader"])), *order)
    reader = life.open_ready(accounts["reader"])
    await seen.step("reader_reads", life.act(balance, reader))
    await seen.step("reader_order_after_reading", life.act(place, reader), *order)
    await seen.step("locked", life.act(balance, life.open_ready(accounts["locked"])))
    await seen.step("slow_clock", life.act(balance, life.open_ready(own, timeDifference=60_000)))
    await seen.step("fast_clock", life.act(balance, life.open_ready(own, timeDifference=-5_000)))
    await seen.step("wide_window", life.act(balance, life.open_ready(own, recvWindow=60_001)))


async def main(seen: Observations, venue: Venue, flavor: str) -> None:
    life = Life(seen, venue, flavor)
    try:
        await look_at_the_market(life)
        await seen.step("balance", life.exchange.fetch_balance)
        await seen.step("clean_start", life.act("cancel_all_orders"), PAIR)
        prices = Prices(life.exchange, await settled(life.exchange.fetch_order_book(PAIR, 5)))
        await rest_query_and_cancel(life, prices)
        await cancel_all(life, prices)
        await take(life, prices)
        await be_refused(life, prices)
        if not life.over_socket:
            await unified_words(life, prices)
        await be_turned_away(life, prices)
        seen.note("symbol", SYMBOL)
    finally:
        await life.close()


if __name__ == "__main__":
    report(main)
