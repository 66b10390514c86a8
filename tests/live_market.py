"""A venue with one instrument on which a test makes trades happen, and the obvious way to sum trades up."""

from collections.abc import Sequence
from typing import Final

from builders import listing, price, quantity
from simexchange.domain.commands import CreateAccount, Deposit, PlaceOrder
from simexchange.domain.enums import OrderType, Side
from simexchange.domain.events import Trade
from simexchange.services.bus import Stage
from simexchange.services.clock import HOUR, ManualClock
from simexchange.services.market_data.candles import Candle
from simexchange.services.market_data.market_data import InstrumentFeed
from simexchange.services.market_data.tape import TapeTrade
from simexchange.world import World

MAKER: Final = 2
TAKER: Final = 3
MONDAY_NS: Final = 1_767_571_200_000_000_000
"""2026-01-05T00:00:00Z."""
MIDDAY_NS: Final = MONDAY_NS + 13 * HOUR + 2_345_678_901_234
"""The same Monday, in the middle of an hour, a minute and a second."""
FIRST_TRADE_ID: Final = 3_000_000_000
SYMBOL: Final = "BTC/USDT"


class LiveMarket:
    """BTC/USDT, two accounts that trade with each other when told to; ``trades`` is what the bus said happened."""

    def __init__(
        self,
        start_ns: int = MIDDAY_NS,
        last_price: str = "60000",
        seed: int = 42,
        first_trade_id: int = FIRST_TRADE_ID,
    ) -> None:
        self.clock = ManualClock(start_ns)
        self.world = World(self.clock, seed)
        self.door = self.world.open_venue("test")
        self.trades: list[tuple[int, Trade]] = []
        self.door.submit(listing(last_price=price(last_price), first_trade_id=first_trade_id))
        for account_id in (MAKER, TAKER):
            self.door.submit(CreateAccount(account_id, f"account {account_id}", house=True))
            for asset in ("BTC", "USDT"):
                self.door.submit(Deposit(account_id, asset, 10**30))
        self.door.bus.listen(
            Stage.DASHBOARD,
            lambda batch: self.trades.extend(
                (batch.ts_ns, event) for event in batch.events if isinstance(event, Trade)
            ),
        )
        self._orders = 0

    @property
    def feed(self) -> InstrumentFeed:
        return self.door.market_data.feed(SYMBOL)

    def order(self, account_id: int, side: Side, size: str, at: str) -> None:
        self._orders += 1
        self.door.submit(
            PlaceOrder(account_id, SYMBOL, side, OrderType.LIMIT, f"order-{self._orders}", quantity(size), price(at))
        )

    def trade(self, at: str = "60000", size: str = "1", side: Side = Side.BUY, after_ns: int = 0) -> None:
        """One match, ``after_ns`` from now; ``side`` takes."""
        self.clock.advance(after_ns)
        self.order(MAKER, side.opposite, size, at)
        self.order(TAKER, side, size, at)


def candle_of_trades(open_ns: int, close_ns: int, trades: Sequence[tuple[int, Trade]]) -> Candle:
    """The candle of at least one trade, the obvious way."""
    events = [event for ts_ns, event in trades if open_ns <= ts_ns < close_ns]
    taken = [event for event in events if event.side is Side.BUY]
    prices = [event.price for event in events]
    return Candle(
        open_ns,
        close_ns,
        prices[0],
        max(prices),
        min(prices),
        prices[-1],
        sum(event.quantity for event in events),
        sum(event.quote for event in events),
        len(events),
        sum(event.quantity for event in taken),
        sum(event.quote for event in taken),
    )


def candle_of_tape(open_ns: int, close_ns: int, trades: Sequence[TapeTrade]) -> Candle:
    """The same of trades as the tape has them."""
    inside = [trade for trade in trades if open_ns <= trade.ts_ns < close_ns]
    taken = [trade for trade in inside if trade.side is Side.BUY]
    prices = [trade.price for trade in inside]
    return Candle(
        open_ns,
        close_ns,
        prices[0],
        max(prices),
        min(prices),
        prices[-1],
        sum(trade.quantity for trade in inside),
        sum(trade.quote for trade in inside),
        len(inside),
        sum(trade.quantity for trade in taken),
        sum(trade.quote for trade in taken),
    )


def candle_of_candles(open_ns: int, close_ns: int, candles: Sequence[Candle]) -> Candle:
    """One candle of the finer ones inside it (at least one)."""
    inside = [candle for candle in candles if open_ns <= candle.open_ns < close_ns]
    return Candle(
        open_ns,
        close_ns,
        inside[0].open,
        max(candle.high for candle in inside),
        min(candle.low for candle in inside),
        inside[-1].close,
        sum(candle.volume for candle in inside),
        sum(candle.quote for candle in inside),
        sum(candle.trades for candle in inside),
        sum(candle.taker_volume for candle in inside),
        sum(candle.taker_quote for candle in inside),
    )
