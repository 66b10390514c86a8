"""Two bots that keep a book over a ``FaultBench``, one by the venue's documented procedure and one naively; a market.

Source of the procedure: "WebSocket Streams for Binance", how to manage a local order book correctly.
"""

import json
import random
from typing import Any, Final

from dialects.binance.rest_bench import amount, units
from fault_bench import FaultBench, StreamWire
from simexchange.dialects.binance.names import text8
from simexchange.domain.commands import CancelOrder, CreateAccount, Deposit, PlaceOrder
from simexchange.domain.enums import OrderType, SelfTradePrevention, Side
from simexchange.domain.events import OrderAccepted
from simexchange.services.clock import MILLISECOND

BTC: Final = "BTC/USDT"
STREAM: Final = "/ws/btcusdt@depth@100ms"
MOST_IGNORED: Final = 5
"""Messages below its own id that the careful bot bears before it believes that the ids began anew."""

Book = dict[str, str]


class Flow:
    """Seeded orders of two house accounts that rest, trade and are canceled around 60,000; every other one at once.

    Few levels are touched twice but by who comes and goes, so that what a bot gets wrong stays wrong.
    """

    def __init__(self, bench: FaultBench, seed: int = 3) -> None:
        self._bench = bench
        self._chance = random.Random(seed)
        self._placed = 0
        self._open: list[tuple[int, int]] = []
        for account_id in (900, 901):
            bench.door.submit(CreateAccount(account_id, f"trader-{account_id}", house=True))
            for asset in ("BTC", "USDT"):
                bench.door.submit(Deposit(account_id, asset, amount("1000000000")))

    def step(self) -> None:
        """One order more or one fewer."""
        chance = self._chance.random()
        if self._open and (chance < 0.3 or len(self._open) > 120):
            place = len(self._open) - 1 if chance < 0.25 else self._chance.randrange(len(self._open))
            account_id, order_id = self._open.pop(place)
            self._bench.door.submit(CancelOrder(account_id, BTC, order_id))
            return
        side = self._chance.choice((Side.BUY, Side.SELL))
        distance = self._chance.randint(-50, 20_000)
        cents = 6_000_000 - distance if side is Side.BUY else 6_000_000 + distance
        account_id = self._chance.choice((900, 901))
        self._placed += 1
        batch = self._bench.door.submit(
            PlaceOrder(
                account_id,
                BTC,
                side,
                OrderType.LIMIT,
                f"flow-{self._placed}",
                units(f"0.{self._chance.randint(1, 99):02d}"),
                cents * units("0.01"),
                self_trade_prevention=SelfTradePrevention.NONE,
            )
        )
        first = batch.events[0]
        if isinstance(first, OrderAccepted):
            self._open.append((account_id, first.order.order_id))

    def run(self, steps: int, *bots: "BookBot") -> None:
        """So many steps, 100 ms apart, with the bots listening."""
        for _ in range(steps):
            self.step()
            self._bench.advance(100 * MILLISECOND)
            for bot in bots:
                bot.hear()


class BookBot:
    """Asks for snapshots over HTTP and listens to one stream; reconnects when it is cut."""

    def __init__(self, bench: FaultBench) -> None:
        self.bench = bench
        self.bids: Book = {}
        self.asks: Book = {}
        self.connections = 0
        self.snapshots = 0
        self.wire = self.connect()

    def connect(self) -> StreamWire:
        self.connections += 1
        return self.bench.stream(STREAM)

    def hear(self) -> None:
        """Take in what came."""
        for text in self.wire.texts():
            try:
                message = json.loads(text)
            except json.JSONDecodeError:
                self.on_garbage()
            else:
                if message["e"] == "depthUpdate":
                    self.on_diff(message)
        if self.wire.end is not None or self.wire.close_code is not None:
            self.wire = self.connect()
            self.on_reconnect()

    def fetch(self) -> Any:
        self.snapshots += 1
        return self.bench.ask(self.bench.raw("GET", "/api/v3/depth?symbol=BTCUSDT&limit=5000")).json

    def set_book(self, snapshot: Any) -> None:
        self.bids = dict(snapshot["bids"])
        self.asks = dict(snapshot["asks"])

    def apply(self, diff: Any) -> None:
        for side, levels in ((self.bids, diff["b"]), (self.asks, diff["a"])):
            for price, quantity in levels:
                if float(quantity):
                    side[price] = quantity
                else:
                    side.pop(price, None)

    def on_diff(self, diff: Any) -> None:
        raise NotImplementedError

    def on_garbage(self) -> None:
        """A message that cannot be read."""

    def on_reconnect(self) -> None:
        """There is a new connection."""


class NaiveBot(BookBot):
    """One snapshot for its whole life, then whatever comes, in the order in which it comes."""

    def on_diff(self, diff: Any) -> None:
        if not self.snapshots:
            self.set_book(self.fetch())
        self.apply(diff)


class CarefulBot(BookBot):
    """The documented procedure. Besides it starts over when the book is crossed, and when ids stay below its own."""

    def __init__(self, bench: FaultBench) -> None:
        self.update_id: int | None = None
        self.buffer: list[Any] = []
        self.ignored = 0
        self.restarts = 0
        super().__init__(bench)

    def on_diff(self, diff: Any) -> None:
        self.buffer.append(diff)
        if self.update_id is None and not self._is_synchronized():
            return
        while self.buffer:
            if not self._take(self.buffer.pop(0)):
                self.restart()
                return

    def _is_synchronized(self) -> bool:
        snapshot = self.fetch()
        if snapshot["lastUpdateId"] < self.buffer[0]["U"]:
            return False
        self.buffer = [diff for diff in self.buffer if diff["u"] > snapshot["lastUpdateId"]]
        self.set_book(snapshot)
        self.update_id = snapshot["lastUpdateId"]
        return True

    def _take(self, diff: Any) -> bool:
        """Apply one; False if the book is no longer to be believed."""
        assert self.update_id is not None
        if diff["u"] < self.update_id:
            self.ignored += 1
            return self.ignored < MOST_IGNORED
        if diff["U"] > self.update_id + 1:
            return False
        self.ignored = 0
        self.apply(diff)
        self.update_id = diff["u"]
        bid, ask = max(map(float, self.bids), default=0.0), min(map(float, self.asks), default=float("inf"))
        return bid < ask

    def restart(self) -> None:
        self.restarts += 1
        self.update_id, self.buffer, self.ignored = None, [], 0

    on_garbage = restart
    on_reconnect = restart


def has_the_servers_book(bot: BookBot) -> bool:
    """Level by level, to the last decimal."""
    book = bot.bench.market.book
    bids, asks = (
        {text8(price): text8(quantity) for price, quantity in book.depth(side, 5_000)} for side in (Side.BUY, Side.SELL)
    )
    assert len(bids) > 10
    assert len(asks) > 10
    return (bot.bids, bot.asks) == (bids, asks)
