"""The market of one instrument as somebody at the controls sees it: its price can be moved and its book reshaped.

Reshapings lie over each other: the latest decides, and any of them may be taken away in any order, so that overlapping
faults leave nothing behind. Nothing here may be called while a batch is being published: what can be seen at once
(a jump, a new shape) is put on the book at once.
"""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from simexchange.domain.enums import Side
from simexchange.domain.ids import Symbol
from simexchange.domain.units import RATE_ONE, Price, Rate, mul_div
from simexchange.services.clock import Clock
from simexchange.services.market_models.market_maker import MarketMaker
from simexchange.services.market_models.noise_traders import NoiseTrader
from simexchange.services.market_models.price_path import FairPrice
from simexchange.services.market_models.shape import Shape

WIDEST: Final = 1_000_000
DEEPEST: Final = 500
LARGEST: Final[Rate] = 1_000 * RATE_ONE
LEAST: Final[Rate] = RATE_ONE // 1_000


class ShapeError(ValueError):
    """A market can not be shaped like that; the message says what would pass."""


class Reshaping(Struct, frozen=True, eq=False):
    """One change of a market's shape, None where it leaves it as it is. ``sizes`` and ``trades`` multiply the usual."""

    spread_ticks: int | None = None
    levels: int | None = None
    sizes: Rate | None = None
    trades: Rate | None = None
    lean: int | None = None

    def over(self, shape: Shape, usual: Shape) -> Shape:
        """The shape with this change."""
        return Shape(
            shape.spread_ticks if self.spread_ticks is None else self.spread_ticks,
            shape.levels if self.levels is None else self.levels,
            shape.sizes if self.sizes is None else mul_div(usual.sizes, self.sizes, RATE_ONE),
            shape.trades if self.trades is None else mul_div(usual.trades, self.trades, RATE_ONE),
            shape.lean if self.lean is None else self.lean,
        )


class InstrumentMarket:
    """One instrument's price path, maker and noise."""

    def __init__(
        self, venue_name: str, symbol: Symbol, clock: Clock, fair: FairPrice, maker: MarketMaker, noise: NoiseTrader
    ) -> None:
        self.venue_name = venue_name
        self.symbol = symbol
        self.maker = maker
        self.noise = noise
        self._clock = clock
        self._fair = fair
        self._usual = maker.shape
        self._standing: Reshaping | None = None
        self._reshapings: list[Reshaping] = []

    @property
    def shape(self) -> Shape:
        """How the market is now."""
        return self.maker.shape

    def move(self, by: Rate, over_ns: int = 0) -> Rate:
        """Move the fair price by a part of it (-12 % is ``-RATE_ONE * 12 // 100``), smoothly over ``over_ns``.

        0 ns is a jump, and is on the book when this returns. It is the base asset that moves, on this venue: its other
        instruments of that asset move along. Gives the move that takes this one back. Raises MoveError.
        """
        back = self._fair.move(by, over_ns, self._clock.now_ns())
        if not over_ns:
            self.maker.look()
        return back

    def reshape(
        self,
        spread_ticks: int | None = None,
        levels: int | None = None,
        sizes: Rate | None = None,
        trades: Rate | None = None,
        lean: int | None = None,
    ) -> Reshaping:
        """Change spread, levels a side, sizes of resting orders and frequency of trades, until ``undo`` of the result.

        ``sizes`` and ``trades`` are factors as rates (RATE_ONE: as usual in this scenario); ``lean`` moves the middle
        of the spread so many ticks up or down. Raises ShapeError.
        """
        _check("spread_ticks", spread_ticks, 1, WIDEST)
        _check("levels", levels, 0, DEEPEST)
        _check("sizes", sizes, LEAST, LARGEST)
        _check("trades", trades, LEAST, LARGEST)
        _check("lean", lean, -WIDEST, WIDEST)
        reshaping = Reshaping(spread_ticks, levels, sizes, trades, lean)
        self._reshapings.append(reshaping)
        self._take_shape()
        return reshaping

    def let_stand(self, reshaping: Reshaping | None) -> None:
        """Let a change of shape take the place of the one that stood before; with None there is none any more."""
        before, self._standing = self._standing, reshaping
        if before is not None:
            self.undo(before)

    def sweep(self, side: Side, price: Price) -> None:
        """Have noise take everything that rests up to ``price``, at once."""
        self.noise.sweep(side, price)

    def undo(self, reshaping: Reshaping) -> None:
        """Take one change of shape away again; nothing happens if it is gone already."""
        if reshaping in self._reshapings:
            self._reshapings.remove(reshaping)
            self._take_shape()

    def _take_shape(self) -> None:
        shape = replace(self._usual)
        for reshaping in self._reshapings:
            shape = reshaping.over(shape, self._usual)
        self.noise.pace = shape.trades / RATE_ONE
        self.maker.take_shape(shape)


def _check(name: str, value: int | None, least: int, most: int) -> None:
    if value is not None and not least <= value <= most:
        raise ShapeError(f"{name} is {value}; from {least} to {most} is possible")
