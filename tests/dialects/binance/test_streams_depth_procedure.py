"""A client that keeps a book as the venue's documentation tells it to has the server's book, for 100,000 diffs.

Source: "WebSocket Streams for Binance", how to manage a local order book correctly.
"""

import random
from collections import deque
from typing import Final

import msgspec
import pytest
from msgspec.structs import replace

from dialects.binance.stream_bench import BTC, PEER, Bench, units
from dialects.binance.user_bench import OrdersBench
from simexchange.dialects.base import Request
from simexchange.dialects.binance.names import text8
from simexchange.dialects.binance.settings import LIMITS_OFF, BinanceSettings
from simexchange.domain.commands import CancelOrder, CreateAccount, Deposit, PlaceOrder
from simexchange.domain.enums import OrderType, SelfTradePrevention, Side, TimeInForce, TriggerKind
from simexchange.domain.events import OrderAccepted, OrderTriggered
from simexchange.domain.trigger import Trigger
from simexchange.domain.units import parse_units

DIFFS: Final = 100_000
CHECK_EVERY: Final = 500
RESTART_EVERY: Final = 20_000
MOST_OPEN: Final = 300
SHORT_STEPS: Final = 6_000
TICK: Final = units("0.01")
LOT: Final = units("0.001")


class Level(msgspec.Struct, array_like=True):
    price: str
    quantity: str


class Snapshot(msgspec.Struct):
    last_update_id: int = msgspec.field(name="lastUpdateId")
    bids: list[Level]
    asks: list[Level]


class Diff(msgspec.Struct):
    first_id: int = msgspec.field(name="U")
    last_id: int = msgspec.field(name="u")
    bids: list[Level] = msgspec.field(name="b")
    asks: list[Level] = msgspec.field(name="a")


_diffs = msgspec.json.Decoder(Diff)
_snapshots = msgspec.json.Decoder(Snapshot)


class LocalBook:
    """The documented procedure, step by step: texts as keys, as a client that never computes would keep them."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.applied = 0
        self.bids: dict[str, str] = {}
        self.asks: dict[str, str] = {}
        self._update_id = 0
        self._connect()

    def _connect(self) -> None:
        self._socket = self._bench.connect("/ws/btcusdt@depth@100ms")
        self._buffer: deque[Diff] = deque()
        self._synchronized = False

    def restart(self) -> None:
        """Lose the connection and begin anew."""
        self._socket.leave()
        self._connect()

    def hear(self) -> None:
        """Take in what has come, answer pings, and apply all that can be applied."""
        for payload in self._socket.sink.pings:
            self._socket.session.on_pong(payload)
        self._socket.sink.pings.clear()
        self._buffer.extend(_diffs.decode(message) for message in self._socket.raw())
        if not self._synchronized and len(self._buffer) >= 3:
            self._synchronize()
        while self._synchronized and self._buffer:
            self._apply(self._buffer.popleft())

    def _synchronize(self) -> None:
        reply = self._bench.dialect.handle(Request("GET", "/api/v3/depth", "symbol=BTCUSDT&limit=5000", {}, b"", PEER))
        assert reply.status == 200, reply.body
        snapshot = _snapshots.decode(reply.body)
        if snapshot.last_update_id < self._buffer[0].first_id:
            return
        while self._buffer and self._buffer[0].last_id <= snapshot.last_update_id:
            self._buffer.popleft()
        if self._buffer:
            assert self._buffer[0].first_id <= snapshot.last_update_id + 1 <= self._buffer[0].last_id
        self.bids = {level.price: level.quantity for level in snapshot.bids}
        self.asks = {level.price: level.quantity for level in snapshot.asks}
        self._update_id = snapshot.last_update_id
        self._synchronized = True

    def _apply(self, diff: Diff) -> None:
        if diff.last_id < self._update_id:
            return
        assert diff.first_id <= self._update_id + 1, "events were missed"
        for side, levels in ((self.bids, diff.bids), (self.asks, diff.asks)):
            for level in levels:
                if level.quantity == "0.00000000":
                    side.pop(level.price, None)
                else:
                    side[level.price] = level.quantity
        self._update_id = diff.last_id
        self.applied += 1

    @property
    def is_current(self) -> bool:
        return self._synchronized and self._update_id == self._bench.door.venue.markets[BTC].book.update_id


class Flow:
    """Seeded orders that rest, match and are canceled around a price that wanders.

    ``every_kind`` brings icebergs, hidden orders and stops that set one another off.
    """

    def __init__(self, bench: Bench, *, every_kind: bool = False) -> None:
        self._bench = bench
        self._every_kind = every_kind
        self.triggered = self.cascades = 0
        self._chance = random.Random(11)
        self._middle = 10_000
        self._placed = 0
        self._open: list[tuple[int, int]] = []
        self._traders = (900, 901)
        for account_id in self._traders:
            bench.door.submit(CreateAccount(account_id, f"trader-{account_id}", house=True))
            for asset in ("BTC", "USDT"):
                bench.door.submit(Deposit(account_id, asset, parse_units("1000000000", 16)))

    def step(self) -> None:
        chance = self._chance.random()
        if self._open and (chance < 0.3 or len(self._open) > MOST_OPEN):
            account_id, order_id = self._open.pop(self._chance.randrange(len(self._open)))
            self._bench.door.submit(CancelOrder(account_id, BTC, order_id))
            return
        self._middle += self._chance.randint(-3, 3)
        side = self._chance.choice((Side.BUY, Side.SELL))
        distance = self._chance.randint(-4, 60)
        ticks = self._middle - distance if side is Side.BUY else self._middle + distance
        account_id = self._chance.choice(self._traders)
        self._placed += 1
        order = PlaceOrder(
            account_id,
            BTC,
            side,
            OrderType.LIMIT,
            f"flow-{self._placed}",
            quantity=LOT * self._chance.randint(1, 2_000),
            price=TICK * ticks,
            time_in_force=TimeInForce.IOC if chance > 0.95 else TimeInForce.GTC,
            self_trade_prevention=SelfTradePrevention.NONE,
        )
        batch = self._bench.door.submit(self._dressed(order) if self._every_kind else order)
        first = batch.events[0]
        if isinstance(first, OrderAccepted) and chance <= 0.95:
            self._open.append((account_id, first.order.order_id))
        triggered = sum(1 for event in batch.events if isinstance(event, OrderTriggered))
        self.triggered += triggered
        self.cascades += triggered > 1

    def _dressed(self, order: PlaceOrder) -> PlaceOrder:
        """A third stays as it is; the others become icebergs, hidden orders or stops."""
        kind = self._chance.randrange(6)
        if kind == 0:
            return replace(order, display_quantity=min(order.quantity, LOT * 50), time_in_force=TimeInForce.GTC)
        if kind == 1:
            return replace(order, hidden=True, time_in_force=TimeInForce.GTC)
        if kind in (2, 3):
            away = TICK * self._chance.randint(1, 12)
            price = order.price + away if order.side is Side.BUY else order.price - away
            trigger = Trigger(TriggerKind.STOP, TICK * self._middle + away * (1 if order.side is Side.BUY else -1))
            return replace(order, trigger=trigger, price=price)
        return order


def rest_book(bench: Bench) -> tuple[dict[str, str], dict[str, str]]:
    """The whole book as REST gives it."""
    reply = bench.dialect.handle(Request("GET", "/api/v3/depth", "symbol=BTCUSDT&limit=5000", {}, b"", PEER))
    snapshot = _snapshots.decode(reply.body)
    bids, asks = ({level.price: level.quantity for level in side} for side in (snapshot.bids, snapshot.asks))
    return bids, asks


def shown(bench: Bench, side: Side) -> dict[str, str]:
    """What the orders of a side show, added up one by one: the tip of an iceberg, nothing of a hidden order."""
    totals: dict[int, int] = {}
    for account in bench.door.venue.accounts.values():
        for order in account.all_open_orders():
            terms = order.terms
            if terms.side is side and terms.working_ns >= 0 and not terms.hidden:
                tip = order.shown_quantity if terms.display_quantity else order.leaves_quantity
                totals[terms.price] = totals.get(terms.price, 0) + tip
    return {text8(price): text8(quantity) for price, quantity in totals.items()}


def server_book(bench: Bench, side: Side) -> dict[str, str]:
    book = bench.door.venue.markets[BTC].book
    return {text8(price): text8(quantity) for price, quantity in book.depth(side, 5_000)}


@pytest.mark.slow
def test_a_client_that_follows_the_procedure_has_the_servers_book_over_100_000_diffs() -> None:
    bench = Bench()
    flow = Flow(bench)
    book = LocalBook(bench)
    checked = restarts = 0
    while book.applied < DIFFS:
        before = book.applied
        for _ in range(1 + book.applied % 2):
            flow.step()
        bench.advance(100)
        book.hear()
        if book.applied == before or not book.is_current:
            continue
        if book.applied % CHECK_EVERY == 0:
            checked += 1
            assert book.bids == server_book(bench, Side.BUY)
            assert book.asks == server_book(bench, Side.SELL)
        if book.applied % RESTART_EVERY == RESTART_EVERY // 2:
            restarts += 1
            book.restart()
    assert checked >= DIFFS // CHECK_EVERY - restarts
    assert restarts == 5
    assert len(book.bids) > 20
    assert len(book.asks) > 20


def test_icebergs_hidden_orders_and_stops_that_set_one_another_off_leave_client_and_server_with_one_book() -> None:
    """Also: the trades of the stream are those of the tape, none missing, none twice."""
    bench = OrdersBench(BinanceSettings(limits=LIMITS_OFF))
    bench.advance(1_000)
    trades = bench.connect("/ws/btcusdt@trade")
    flow = Flow(bench, every_kind=True)
    book = LocalBook(bench)
    checked = 0
    told: list[int] = []
    first = bench.door.venue.markets[BTC].next_trade_id
    for step in range(SHORT_STEPS):
        flow.step()
        if step % 3:
            continue
        bench.advance(100)
        book.hear()
        for payload in trades.sink.pings:
            trades.session.on_pong(payload)
        trades.sink.pings.clear()
        told.extend(event["t"] for event in trades.take())
        if book.is_current and step % 30 == 0:
            checked += 1
            assert rest_book(bench) == (book.bids, book.asks)
            assert (book.bids, book.asks) == (shown(bench, Side.BUY), shown(bench, Side.SELL))
    assert told == list(range(first, bench.door.venue.markets[BTC].next_trade_id))
    assert len(told) > 500
    assert checked > 100
    assert flow.triggered > 200
    assert flow.cascades > 20
