"""An account's life through clients that hand over the venue's own JSON: python-binance and binance-connector.

A `Door` is one client object under neutral verbs, so that the five of them live the same life.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.clients.observing import SYMBOL, Account, Observations, Venue, settled

HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Door:
    """One client object: verb -> its method, and how to close it."""

    verbs: Mapping[str, Callable[..., Any]]
    close: Callable[[], Any]

    def __getitem__(self, verb: str) -> Callable[..., Any]:
        return self.verbs[verb]

    def __contains__(self, verb: str) -> bool:
        return verb in self.verbs


@dataclass(frozen=True)
class Conditions:
    """How a client differs from a well-kept one."""

    clock_offset_ms: int = 0


OpenDoor = Callable[[Account, Conditions], Awaitable[Door]]


@dataclass
class Life:
    """The account's own door, and how to open others."""

    seen: Observations
    venue: Venue
    account: Account
    open_door: OpenDoor
    door: Door
    doors: list[Door] = field(default_factory=list)

    async def step(self, name: str, verb: str, **words: Any) -> Any:
        return await self.seen.step(name, self.door[verb], **words)

    async def place(self, step: str, **words: Any) -> Any:
        return await self.step(step, "new_order", symbol=SYMBOL, **words)

    async def other(self, account: Account, **conditions: Any) -> Door:
        door = await self.open_door(account, Conditions(**conditions))
        self.doors.append(door)
        return door


class Prices:
    """Prices around the book's best, as text with the venue's two decimals."""

    def __init__(self, book: dict[str, Any]) -> None:
        bid, ask = float(book["bids"][0][0]), float(book["asks"][0][0])
        self.resting = f"{bid * 0.8:.2f}"
        self.below = f"{bid * 0.98:.2f}"
        self.crossing = f"{ask * 1.01:.2f}"
        self.too_far = f"{bid * 0.1:.2f}"
        self.beyond_the_balance = f"{1_000_000 / float(self.resting):.4f}"


async def look_at_the_market(life: Life) -> None:
    await life.step("time", "time")
    await life.step("exchange_info", "exchange_info")
    await life.step("book", "book", symbol=SYMBOL, limit=20)
    await life.step("recent_trades", "recent_trades", symbol=SYMBOL, limit=50)
    await life.step("old_trades", "old_trades", symbol=SYMBOL, limit=10)
    await life.step("aggregate_trades", "aggregate_trades", symbol=SYMBOL, limit=20)
    await life.step("candles", "candles", symbol=SYMBOL, interval="1m", limit=1000)
    await life.step("average_price", "average_price", symbol=SYMBOL)
    await life.step("ticker", "ticker", symbol=SYMBOL)
    await life.step("tickers", "tickers")
    await life.step("best_prices", "best_prices", symbol=SYMBOL)
    await life.step("last_price", "last_price", symbol=SYMBOL)
    await life.step("unknown_symbol", "book", symbol="NOPEUSDT")
    await life.step("account", "account")


def limit_buy(price: str, quantity: str = "0.001", time_in_force: str = "GTC", **more: Any) -> dict[str, Any]:
    return {
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": time_in_force,
        "quantity": quantity,
        "price": price,
        **more,
    }


async def rest_query_and_cancel(life: Life, prices: Prices) -> None:
    client_id = f"rest-{life.seen.steps['time']['value']['serverTime']}"
    resting = limit_buy(prices.resting, newClientOrderId=client_id)
    placed = await life.place("rest", **resting)
    life.seen.note("rest_client_id", client_id)
    life.seen.note("rest_price", prices.resting)
    by_id = {"symbol": SYMBOL, "orderId": placed["orderId"]}
    by_client_id = {"symbol": SYMBOL, "origClientOrderId": client_id}
    await life.step("account_while_resting", "account")
    await life.place("duplicate", **resting)
    await life.step("query_by_id", "order", **by_id)
    await life.step("query_by_client_id", "order", **by_client_id)
    await life.step("open_orders", "open_orders", symbol=SYMBOL)
    await life.step("cancel", "cancel", **by_id)
    await life.step("cancel_again", "cancel", **by_id)
    await life.step("query_canceled", "order", **by_id)
    await life.step("query_unknown", "order", symbol=SYMBOL, orderId=999999999)
    await life.place("reuse_after_cancel", **resting)
    await life.step("cancel_by_client_id", "cancel", **by_client_id)


async def cancel_all(life: Life, prices: Prices) -> None:
    await life.place("first_of_two", **limit_buy(prices.resting))
    await life.place("second_of_two", **limit_buy(prices.resting, "0.002"))
    await life.step("cancel_all", "cancel_all", symbol=SYMBOL)
    await life.step("open_after_cancel_all", "open_orders", symbol=SYMBOL)
    await life.step("cancel_none", "cancel_all", symbol=SYMBOL)


async def take(life: Life, prices: Prices) -> None:
    """Every way to trade at once, and the ways to find that one cannot."""
    await life.place("market_by_quantity", side="BUY", type="MARKET", quantity="0.001")
    await life.place("market_by_cost", side="BUY", type="MARKET", quoteOrderQty="50")
    await life.place("market_sell", side="SELL", type="MARKET", quantity="0.001")
    await life.place("ioc_fills", **limit_buy(prices.crossing, "0.0005", "IOC"))
    await life.place("ioc_expires", **limit_buy(prices.below, "0.0005", "IOC"))
    await life.place("fok_fills", **limit_buy(prices.crossing, "0.0005", "FOK"))
    await life.place("fok_expires", **limit_buy(prices.below, "0.0005", "FOK"))
    await life.step("test_order", "test_order", symbol=SYMBOL, **limit_buy(prices.crossing))
    await life.step("all_orders", "all_orders", symbol=SYMBOL)
    await life.step("own_trades", "own_trades", symbol=SYMBOL)
    await life.step("order_counts", "order_counts")


async def be_refused(life: Life, prices: Prices) -> None:
    """Orders the venue must not accept."""
    maker = {"side": "BUY", "type": "LIMIT_MAKER", "quantity": "0.001"}
    await life.place("post_only_rests", **maker, price=prices.resting)
    await life.place("post_only_crosses", **maker, price=prices.crossing)
    await life.place("bad_tick", **limit_buy(f"{prices.resting}1"))
    await life.place("bad_lot", **limit_buy(prices.resting, "0.0010001"))
    await life.place("too_precise", **limit_buy(f"{prices.resting}0123456789"))
    await life.place("too_small", **limit_buy(prices.resting, "0.00001"))
    await life.place("too_far", **limit_buy(prices.too_far, "0.1"))
    await life.place("insufficient", **limit_buy(prices.resting, prices.beyond_the_balance))
    await life.place("no_price", side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.001")
    await life.place("bad_side", **limit_buy(prices.resting) | {"side": "HOLD"})
    await life.step("cancel_all_after_refusals", "cancel_all", symbol=SYMBOL)


async def use_the_wallet(life: Life) -> None:
    """What is served under /sapi, over REST alone."""
    target = {"coin": "USDT", "amount": "25", "address": "0x00000000000000000000000000000000000000aa"}
    await life.step("system_status", "system_status")
    await life.step("coins", "coins")
    await life.step("trade_fee", "trade_fee", symbol=SYMBOL)
    await life.step("restrictions", "restrictions")
    await life.step("withdraw_refused", "withdraw", **target)
    mallory = await life.other(life.venue.accounts["mallory"])
    await life.seen.step("mallory_restrictions", mallory["restrictions"])
    await life.seen.step("mallory_before", mallory["account"])
    await life.seen.step("withdraw_allowed", mallory["withdraw"], **target)
    await life.seen.step("mallory_after", mallory["account"])


async def be_turned_away(life: Life, prices: Prices) -> None:
    """Keys, secrets, permissions, addresses and clocks that do not open the door."""
    seen, accounts, own = life.seen, life.venue.accounts, life.account
    order = {"symbol": SYMBOL, **limit_buy(prices.resting)}
    forger = await life.other(own.with_secret("not the secret of this key"))
    await seen.step("bad_secret", forger["account"])
    await seen.step("bad_secret_order", forger["new_order"], **order)
    await seen.step("unknown_key", (await life.other(own.with_key("A" * 64)))["account"])
    await seen.step("malformed_key", (await life.other(own.with_key("short")))["account"])
    reader = await life.other(accounts["reader"])
    await seen.step("reader_reads", reader["account"])
    await seen.step("reader_order", reader["new_order"], **order)
    await seen.step("locked", (await life.other(accounts["locked"]))["account"])
    await seen.step("slow_clock", (await life.other(own, clock_offset_ms=-60_000))["account"])
    await seen.step("fast_clock", (await life.other(own, clock_offset_ms=5_000))["account"])
    await seen.step("wide_window", life.door["account_in_window"], 60_001)


async def live(seen: Observations, venue: Venue, account: Account, open_door: OpenDoor) -> None:
    """The whole life, through the door that `open_door` opens for `account`."""
    life = Life(seen, venue, account, open_door, await open_door(account, Conditions()))
    try:
        await look_at_the_market(life)
        await life.step("clean_start", "cancel_all", symbol=SYMBOL)
        prices = Prices(await settled(life.door["book"](symbol=SYMBOL, limit=5)))
        await rest_query_and_cancel(life, prices)
        await cancel_all(life, prices)
        await take(life, prices)
        await be_refused(life, prices)
        if "withdraw" in life.door:
            await use_the_wallet(life)
        await be_turned_away(life, prices)
    finally:
        for door in (life.door, *life.doors):
            await settled(door.close())
