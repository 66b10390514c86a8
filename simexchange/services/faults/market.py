"""Markets that go where nobody expects: crashes, wide spreads, thin books, bursts of trades.

The house's makers and noise do it (``market_models``), so every stream and candle agrees; shapes and prices come back
when the rule goes.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta

from simexchange.domain.enums import SELL, Side
from simexchange.domain.units import RATE_ONE, Rate
from simexchange.services.durations import Duration
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.fault import Fault, Params
from simexchange.services.faults.kinds import Kind
from simexchange.services.faults.on_instruments import MATCHES, OnMarkets
from simexchange.services.faults.order_tools import check_share, check_wait
from simexchange.services.faults.quantities import PPM, Ratio
from simexchange.services.faults.stage import FaultyDoor, Stage
from simexchange.services.market_models.instrument_market import WIDEST
from simexchange.venue.market import Market

_RATE_PER_PPM: Final = RATE_ONE // PPM
BASIS_POINTS: Final = 10_000


class FlashCrashParams(Params, frozen=True):
    drop: Ratio = Ratio("10%")
    """How far the price falls."""
    over: Duration = Duration("5s")
    """How long the fall takes; 0s is a jump."""
    recover_after: Duration = Duration("10s")
    """How long after the fall the price begins to come back."""
    recover_over: Duration = Duration("30s")
    """How long the way back takes."""
    sweep: bool = False
    """Whether somebody sells into every bid down to there first."""

    def __post_init__(self) -> None:
        check_share("drop", self.drop)
        if self.drop.ppm > PPM * 99 // 100:
            raise ValueError(f"drop is {self.drop}: 99% at most passes")
        for name in ("over", "recover_after", "recover_over"):
            check_wait(name, getattr(self, name))


class FlashCrash(OnMarkets[FlashCrashParams]):
    """It is the base asset that falls, once on a venue, whichever of its instruments the rule matches.

    A rule that is changed after its fall is over lets nothing fall again, unless ``when.count`` has one left.
    """

    def __init__(self, params: FlashCrashParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self.fallen: list[tuple[str, str, Rate]] = []
        """(venue, symbol, the move that takes the fall back)"""
        self.under_way: frozenset[tuple[str, str]] = frozenset()

    def act(self, door: FaultyDoor, market: Market) -> None:
        made, params = self.made(door.name, market.symbol), self.params
        bid = market.book.best(Side.BUY)[0]
        if params.sweep and bid:
            made.sweep(SELL, max(bid - params.drop.of(bid), market.rules.tick_size))
        fallen = [
            self.stage.door(venue).venue.markets[symbol] for venue, symbol, _ in self.fallen if venue == door.name
        ]
        if market.base_name in [other.base_name for other in fallen]:
            return
        back = made.move(-params.drop.ppm * _RATE_PER_PPM, params.over)
        entry = (door.name, market.symbol, back)
        self.fallen.append(entry)
        self.later(params.over + params.recover_after, lambda: self._recover(entry))

    def is_over(self, venue: str, symbol: str) -> bool:
        return (venue, symbol) not in self.under_way

    def take_over(self, before: Fault[FlashCrashParams]) -> None:
        super().take_over(before)
        if isinstance(before, FlashCrash):
            self.under_way = frozenset((venue, symbol) for venue, symbol, _ in before.fallen)

    def _recover(self, entry: tuple[str, str, Rate]) -> None:
        venue, symbol, back = entry
        self.fallen.remove(entry)
        self.made(venue, symbol).move(back, self.params.recover_over)

    def disarm(self) -> None:
        super().disarm()
        while self.fallen:
            venue, symbol, back = self.fallen.pop()
            self.made(venue, symbol).move(back)


class SpreadParams(Params, frozen=True):
    bps: Annotated[int, Meta(ge=1, le=5_000)] = 100
    """How wide the spread is, in hundredths of a percent of the price."""
    spread_ticks: Annotated[int, Meta(ge=1, le=WIDEST)] | None = None
    """The same in ticks; decides if it is given."""
    side: Literal["both", "bid", "ask"] = "both"
    """Which side leaves; the other stays where it is."""


class Spread(OnMarkets[SpreadParams]):
    def act(self, door: FaultyDoor, market: Market) -> None:
        made, side = self.made(door.name, market.symbol), self.params.side
        usual = made.shape.spread_ticks
        price = market.book.best(Side.SELL)[0] or market.last_price
        by_points = price * self.params.bps // (BASIS_POINTS * market.rules.tick_size)
        wide = min(max(self.params.spread_ticks or by_points, 1), WIDEST)
        if side == "both":
            self.keep(made, made.reshape(spread_ticks=wide))
            return
        wide += (wide - usual) % 2  # so that the side that stays moves by whole ticks, that is by none
        away = (wide - usual) // 2
        self.keep(made, made.reshape(spread_ticks=wide, lean=-away if side == "bid" else away))


class ThinBookParams(Params, frozen=True):
    levels: Annotated[int, Meta(ge=0, le=500)] = 3
    """How many levels a side are left near the price, and about as many far from it, beside the best quotes."""
    sizes: Ratio = Ratio("0.1")
    """How large resting orders are, compared with usual."""

    def __post_init__(self) -> None:
        if not PPM // 1_000 <= self.sizes.ppm <= PPM * 1_000:
            raise ValueError(f"sizes is {self.sizes}: 0.001 to 1000 passes")


class ThinBook(OnMarkets[ThinBookParams]):
    def act(self, door: FaultyDoor, market: Market) -> None:
        made = self.made(door.name, market.symbol)
        self.keep(made, made.reshape(levels=self.params.levels, sizes=self.params.sizes.ppm * _RATE_PER_PPM))


class BurstParams(Params, frozen=True):
    factor: Annotated[int, Meta(ge=1, le=1_000)] = 100
    """How many times as many trades as usual."""


class Burst(OnMarkets[BurstParams]):
    def act(self, door: FaultyDoor, market: Market) -> None:
        made = self.made(door.name, market.symbol)
        self.keep(made, made.reshape(trades=self.params.factor * RATE_ONE))


KINDS: Final = (
    Kind(
        name="flash-crash",
        family="market",
        priority="P0",
        summary="The price falls through the levels within seconds, and comes back.",
        correct_bot="Stops at its limit of loss, checks prices for sense, does not panic into the hole.",
        params=FlashCrashParams,
        make=FlashCrash,
        matches=MATCHES,
        evidence=("freqtrade/freqtrade#893", "Loopring/dexwebapp#101"),
    ),
    Kind(
        name="spread-blowout",
        family="market",
        priority="P1",
        summary="Bids and asks move far apart, or one side leaves.",
        correct_bot="Sends no market orders into the void; widens its own quotes or waits.",
        params=SpreadParams,
        make=Spread,
        matches=MATCHES,
        evidence=("freqtrade/freqtrade#6539", "freqtrade/freqtrade#7934", "vegaprotocol/vega#7542"),
    ),
    Kind(
        name="thin-book",
        family="market",
        priority="P1",
        summary="Few levels with little in them.",
        correct_bot="Looks at the depth before it sizes an order; keeps its slippage within its limit.",
        params=ThinBookParams,
        make=ThinBook,
        matches=MATCHES,
        evidence=("freqtrade/freqtrade#6539", "freqtrade/freqtrade#7934"),
    ),
    Kind(
        name="volume-burst",
        family="market",
        priority="P1",
        summary="Many times as many trades, and messages, as usual.",
        correct_bot="Joins messages it cannot keep up with; its lag comes back down and its memory stays as it is.",
        params=BurstParams,
        make=Burst,
        matches=MATCHES,
        evidence=("sammchardy/python-binance#1295", "oliver-zehentleitner/unicorn-binance-websocket-api#211"),
    ),
)
