"""The built-in market with one instrument, on a clock the test moves, and a bot in it."""

from typing import Final, TypeVar

from msgspec.structs import replace

from simexchange.domain.commands import PlaceOrder
from simexchange.domain.enums import OrderType, Side, TimeInForce
from simexchange.domain.events import Batch, Event, OrderAccepted, Trade
from simexchange.domain.ids import OrderId
from simexchange.domain.units import Price, Quantity
from simexchange.scenario import Scenario, build_world, calm
from simexchange.services.bus import Stage
from simexchange.services.clock import SECOND, ManualClock

START_NS: Final = 1_767_618_345_678_901_234
"""2026-01-05T13:05:45.678901234Z."""
SYMBOL: Final = "BTC/USDT"
TICK: Final[Price] = 1_000_000
LOT: Final[Quantity] = 1_000

Kind = TypeVar("Kind", bound=Event)


def calm_with(*symbols: str) -> Scenario:
    """The calm scenario with some of its instruments only."""
    scenario = calm()
    venue = scenario.venues["binance"]
    chosen = tuple(spec for spec in venue.instruments if spec.symbol in symbols)
    return replace(scenario, venues={"binance": replace(venue, instruments=chosen)})


class CalmMarket:
    """BTC/USDT of the calm scenario. ``batches`` holds all that happened since it was made, if ``record`` is set."""

    def __init__(self, seed: int = 42, record: bool = False) -> None:
        self.clock = ManualClock(START_NS)
        self.built = build_world(calm_with(SYMBOL), self.clock, seed)
        self.door = self.built.world.doors["binance"]
        self.batches: list[Batch] = []
        if record:
            self.door.bus.listen(Stage.DASHBOARD, self.batches.append)
        self._orders = 0

    def account(self, name: str) -> int:
        account = self.door.venue.views.account_named(name)
        assert account is not None
        return account.account_id

    def depth(self, side: Side) -> list[tuple[Price, Quantity]]:
        return self.door.venue.markets[SYMBOL].book.depth(side, 5_000)

    def best(self, side: Side) -> Price:
        return self.depth(side)[0][0]

    def spread(self) -> Price:
        return self.best(Side.SELL) - self.best(Side.BUY)

    def tightest_spread(self, seconds: int = 5) -> Price:
        """The smallest spread in the next seconds: at any one instant noise may just have taken a quote."""
        spreads = []
        for _ in range(seconds):
            self.clock.advance(SECOND)
            spreads.append(self.spread())
        return min(spreads)

    def order(
        self, side: Side, size: Quantity, at: Price, time_in_force: TimeInForce = TimeInForce.GTC
    ) -> tuple[OrderId, Quantity]:
        """An order of alice's: its id and how much of it was filled at once."""
        self._orders += 1
        batch = self.door.submit(
            PlaceOrder(
                self.account("alice"),
                SYMBOL,
                side,
                OrderType.LIMIT,
                f"alice-{self._orders}",
                size,
                at,
                time_in_force=time_in_force,
            )
        )
        accepted = batch.events[0]
        assert isinstance(accepted, OrderAccepted), accepted
        return accepted.order.order_id, sum(event.quantity for event in batch.events if isinstance(event, Trade))

    def events(self, kind: type[Kind]) -> list[Kind]:
        return [event for batch in self.batches for event in batch.events if isinstance(event, kind)]
