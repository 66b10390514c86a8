"""A calm market with its sockets, a bot in it that places orders of every kind, and all that came of it."""

from typing import Any, ClassVar, Final

from msgspec.structs import replace

from calm_market import LOT, START_NS, SYMBOL, TICK, calm_with
from simexchange.dialects.base import Reply, Request, StreamSession
from simexchange.domain.commands import AmendOrder, CancelOrder, Command, PlaceOrder, PlaceOrderList
from simexchange.domain.enums import (
    Contingency,
    OrderType,
    PegReference,
    Side,
    TimeInForce,
    TriggerKind,
    TriggerSource,
)
from simexchange.domain.events import Batch, OrderAccepted
from simexchange.domain.trigger import Peg, Trigger
from simexchange.domain.units import RATE_ONE
from simexchange.scenario import build_world
from simexchange.services.anatomy import Role
from simexchange.services.bus import Stage
from simexchange.services.clock import MINUTE, SECOND, ManualClock
from simexchange.venues import VENUES

OTHER: Final = "ETH/USDT"
BUY: Final = Side.BUY
SELL: Final = Side.SELL


class Recorder:
    """All batches of a venue; what it has heard is not turned back."""

    state_role: ClassVar = Role.RECORD

    def __init__(self) -> None:
        self.batches: list[Batch] = []

    def hear(self, batch: Batch) -> None:
        self.batches.append(batch)

    def take(self) -> list[Batch]:
        heard, self.batches = self.batches, []
        return heard


class DeadlySink:
    """A client's end of a socket: hears until it is closed, and then nothing any more, as the real one."""

    state_role: ClassVar = Role.RECORD

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.closed: tuple[int, str] | None = None

    def send(self, payload: bytes) -> None:
        if self.closed is None:
            self.heard.append(payload)

    def ping(self, payload: bytes) -> None: ...

    def close(self, code: int, reason: str = "") -> None:
        if self.closed is None:
            self.closed = (code, reason)


class Story:
    """BTC/USDT and ETH/USDT of the calm scenario, served by a dialect without a transport."""

    def __init__(self, seed: int = 42) -> None:
        self.clock = ManualClock(START_NS)
        self.world = build_world(calm_with(SYMBOL, OTHER), self.clock, seed).world
        self.door = self.world.doors["binance"]
        self.dialect = VENUES["binance"].open(self.door, self.world.randomness, "venue")
        self.dialect.start()
        self.world.keep(self.dialect)
        self.recorder = Recorder()
        self.door.bus.listen(Stage.DASHBOARD, self.recorder.hear)
        self.world.snapshots.begin()

    def account(self, name: str) -> int:
        account = self.door.venue.views.account_named(name)
        assert account is not None
        return account.account_id

    def connect(self, target: str) -> tuple[StreamSession, DeadlySink]:
        path, _, query = target.partition("?")
        session = self.dialect.open_stream(Request("GET", path, query, {}, b"", "127.0.0.1"))
        assert not isinstance(session, Reply)
        session.sink = sink = DeadlySink()
        session.on_open()
        return session, sink

    def get(self, target: str) -> Reply:
        path, _, query = target.partition("?")
        return self.dialect.handle(Request("GET", path, query, {}, b"", "127.0.0.1"))

    def live(self, minutes: int = 10) -> list[Batch]:
        """Orders of every kind, then time: everything that came of it."""
        self.recorder.take()
        for _ in range(minutes):
            for command in self.commands():
                batch = self.door.submit(command)
                accepted = batch.events[0]
                if isinstance(accepted, OrderAccepted) and accepted.order.client_order_id.startswith("changed"):
                    self._change(accepted.order.order_id, accepted.order.quantity)
            self.get("/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=5")
            self.clock.advance(MINUTE)
        return self.recorder.take()

    def commands(self) -> list[Command]:
        """Around the price of now, so that some work at once, some soon, and some never."""
        last = self.door.venue.markets[SYMBOL].last_price // TICK * TICK
        name = str(self.clock.now_ns() // SECOND)
        near, far = last // 2000 // TICK * TICK, last // 50 // TICK * TICK
        alice, bob = self.account("alice"), self.account("bob")

        def order(kind: str, side: Side = BUY, price: int = last - near, **changes: Any) -> PlaceOrder:
            plain = PlaceOrder(alice, SYMBOL, side, OrderType.LIMIT, f"{kind}-{name}", 1_000 * LOT, price)
            return replace(plain, **changes)

        def stop(at: int, kind: TriggerKind = TriggerKind.STOP, trail: int = 0) -> Trigger:
            return Trigger(kind, at, TriggerSource.LAST, trail)

        above = order("above", SELL, last + near, post_only=True)
        below = order("below", SELL, last - near - TICK, trigger=stop(last - near))
        working = order("working", price=last - TICK)
        pending = order("pending", SELL, last + near)
        return [
            order("limit"),
            order("taking", price=last + near),
            order("market", SELL, 0, order_type=OrderType.MARKET),
            order("fok", price=last + far, time_in_force=TimeInForce.FOK),
            order("iceberg", price=last - 2 * TICK, quantity=5_000 * LOT, display_quantity=1_000 * LOT),
            order("stop", SELL, last - far, trigger=stop(last - near)),
            order("profit", SELL, last, trigger=stop(last + near, TriggerKind.TAKE_PROFIT)),
            order("trailing", SELL, last - far, trigger=stop(0, trail=RATE_ONE // 500)),
            order("pegged", price=0, peg=Peg(PegReference.PRIMARY, 0)),
            order("changed-1", price=last - far),
            order("changed-2", SELL, price=last + far),
            replace(order("bobs", SELL, last - near), account_id=bob),
            PlaceOrderList(alice, SYMBOL, f"oco-{name}", Contingency.OCO, (above, below), below_first=False),
            PlaceOrderList(alice, SYMBOL, f"oto-{name}", Contingency.OTO, (working, pending)),
        ]

    def _change(self, order_id: int, quantity: int) -> None:
        alice = self.account("alice")
        self.door.submit(AmendOrder(alice, SYMBOL, order_id, None, quantity // 2, 0))
        if order_id % 2:
            self.door.submit(CancelOrder(alice, SYMBOL, order_id))


def two_digests() -> list[str]:
    """Of a new world, and of one that has lived for two minutes."""
    story = Story()
    start = story.world.state_hash()
    story.live(2)
    return [start, story.world.state_hash()]
