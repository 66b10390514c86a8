"""A market maker: a tight pair of quotes around the fair price, a ladder behind it, a deep one behind that.

Looks at the market once a second: follows the fair price once it has left the quotes' comfort, puts back what was
eaten, and now and then changes the size of a level so that the book breathes. Its orders are plain limit orders: when
the fair price passes a bot's resting order the maker takes it, as a market would. It has no inventory limits and no
opinion: eating its book has no lasting effect on its price.
"""

from math import exp, floor
from typing import Final

from msgspec import Struct

from simexchange.domain.enums import BUY, SELL, Side
from simexchange.domain.units import RATE_ONE, Price, Quantity
from simexchange.services.market_models.desk import Desk
from simexchange.services.market_models.ladder import Ladder
from simexchange.services.market_models.price_path import FairPrice
from simexchange.services.market_models.shape import Shape
from simexchange.services.randomness import Randomness

STEP: Final = 1.5e-4
"""Levels of the near ladder are this part of the price apart, those of the deep one ``DEEP_STEP``."""
DEEP_STEP: Final = 2e-3
DEEP_LEVELS: Final = 60
"""At most; for every five near levels there are six deep ones."""
COMFORT: Final = 1e-4
"""The quotes stay where they are while the fair price moves less than this part of it, or three quarters of a tick."""
QUOTE_TRADES: Final = 3.0
NEAR_TRADES: Final = 2.0
DEEP_TRADES: Final = 20.0
"""Sizes in mean trades: of the quotes, and of the first level of either ladder."""
RENEWALS: Final = 0.3
"""Near levels that change their size, per look."""


class MakerSettings(Struct, frozen=True):
    """``start_price`` is what the fair price starts at, ``trade_quantity`` the mean size of a trade."""

    start_price: Price
    trade_quantity: Quantity
    shape: Shape = Shape()


class MarketMaker:
    """One instrument's maker. ``look`` is to be called once a second."""

    def __init__(self, desk: Desk, fair: FairPrice, randomness: Randomness, settings: MakerSettings) -> None:
        self._desk = desk
        self._fair = fair
        self._random = randomness.stream(f"market-maker/{desk.name}")
        self._settings = settings
        self.shape = settings.shape
        self._resized = False
        self._least = 1
        self._start_over()

    def _start_over(self) -> None:
        """Nothing rests: plan the ladders for the instrument's present rules."""
        rules, settings = self._desk.rules, self._settings
        self._start = settings.start_price / rules.tick_size
        self._trade_lots = settings.trade_quantity / rules.lot_size
        step = max(1, round(self._start * STEP))
        deep = max(2, round(self._start * DEEP_STEP))
        levels = self.shape.levels
        self._step = step
        self._near = Ladder(self._desk, step, levels, 0, self._near_lots)
        self._deep = Ladder(self._desk, deep, _deep_levels(levels), levels * step, self._deep_lots)
        self._quotes: dict[Side, tuple[int, int]] = {BUY: (0, 0), SELL: (0, 0)}
        self._quoted_at = 0.0
        self._comfort = max(0.75, self._start * COMFORT)

    def take_shape(self, shape: Shape) -> None:
        """Be of that shape from now on, or as soon as the instrument trades: levels come, go, and change their size."""
        self._resized = self._resized or shape.sizes != self.shape.sizes
        self.shape = shape
        self._near.reshape(shape.levels, 0)
        self._deep.reshape(_deep_levels(shape.levels), shape.levels * self._step)
        self.look()

    def _lots(self, trades: float, spread: float) -> int:
        trades *= self.shape.sizes / RATE_ONE
        lots = self._trade_lots * trades * exp(self._random.gauss(-spread * spread / 2, spread))
        return max(int(lots), self._least)

    def _near_lots(self, distance: int) -> int:
        return self._lots(NEAR_TRADES * (1 + distance / 8), 0.35)

    def _deep_lots(self, distance: int) -> int:
        return self._lots(DEEP_TRADES * (1 + distance / 10), 0.35)

    def look(self) -> None:
        """Bring the book to where it should be now."""
        desk = self._desk
        if not desk.is_trading:
            return
        if desk.refresh_rules():
            desk.cancel_all()
            self._start_over()
        fair = self._fair.ratio(desk.door.clock.now_ns()) * self._start
        if len(desk.open_orders()) != len(self._near) + len(self._deep) + 2:
            self._near.forget_lost()
            self._deep.forget_lost()
        rising = fair > self._quoted_at
        if abs(fair - self._quoted_at) > self._comfort:
            self._quoted_at = fair
        spread = self.shape.spread_ticks
        bid = max(floor(self._quoted_at - (spread - 1) / 2) + self.shape.lean, 1)
        self._least = desk.least_lots(max(bid * 3 // 4, 1))
        self._near.aim(bid, bid + spread)
        self._deep.aim(bid, bid + spread)
        if rising:
            self._quote(SELL, bid + spread)
            self._quote(BUY, bid)
        else:
            self._quote(BUY, bid)
            self._quote(SELL, bid + spread)
        self._near.settle()
        self._deep.settle()
        if self._random.random() < RENEWALS and self.shape.levels:
            self._near.renew(self._random.choice((BUY, SELL)), self._random.randrange(self.shape.levels))
        if self._resized:
            self._resize()

    def _resize(self) -> None:
        """Give every resting order a size of the present shape, one after the other: the book is never empty."""
        self._resized = False
        self._near.renew_all()
        self._deep.renew_all()
        for side, (tick, order_id) in self._quotes.items():
            self._desk.cancel(order_id)
            self._quote(side, tick)

    def _quote(self, side: Side, tick: int) -> None:
        """Have a quote of sensible size at ``tick`` and nowhere else.

        Called for the side that makes room first: an ask leaves before the bid follows it up.
        """
        at, order_id = self._quotes[side]
        order = self._desk.open_orders().get(order_id)
        if order is not None:
            if at == tick and 2 * order.leaves_quantity >= order.terms.quantity:
                return
            self._desk.cancel(order_id)
        self._quotes[side] = (tick, self._desk.place(side, tick, self._lots(QUOTE_TRADES, 0.5)))


def _deep_levels(levels: int) -> int:
    return min(DEEP_LEVELS, levels * 6 // 5)
