"""Noise: traders without a reason who take what rests, at random moments, in random sizes.

Moments are those of a Poisson process, sizes log-normal, so now and then one walks through several levels. They lean
the way the fair price went. They always take and never leave an order behind.
"""

from math import exp
from typing import Final

from simexchange.domain.enums import BUY, LIMIT, MARKET, SELL, Side, TimeInForce
from simexchange.domain.units import Price, Quantity
from simexchange.services.clock import SECOND
from simexchange.services.market_models.desk import Desk
from simexchange.services.randomness import Randomness

SIZE_SPREAD: Final = 1.0
LARGEST: Final = 40.0
"""The largest size in mean trades."""
PATIENCE: Final = 8e-4
"""How far beyond the best price a limit may reach, as a part of it."""
MARKET_SHARE: Final = 0.25
LEAN: Final = 0.15


class NoiseTrader:
    """All noise on one instrument; ``trade_quantity`` is the mean size."""

    def __init__(self, desk: Desk, randomness: Randomness, trade_quantity: Quantity, trades_per_second: float) -> None:
        self._desk = desk
        self._random = randomness.stream(f"noise/{desk.name}")
        self._trade_quantity = trade_quantity
        self._mean_wait_ns = SECOND / trades_per_second
        self.pace = 1.0
        """How many times as often as usual it trades."""
        self._last_ask = 0

    def wait_ns(self) -> int:
        """How long until the next one trades."""
        return max(1, int(self._random.expovariate(1.0) * self._mean_wait_ns / self.pace))

    def sweep(self, side: Side, price: Price) -> None:
        """Take everything that rests up to ``price`` (as much as one order may)."""
        desk = self._desk
        desk.refresh_rules()
        rules, against = desk.rules, desk.book.against(side)
        reached = (level for level in against.walk() if against.sign * level.price <= against.sign * price)
        lots = sum(order.leaves_quantity for level in reached for order in level.orders.values()) // rules.lot_size
        most = rules.max_quantity // rules.lot_size if rules.max_quantity else lots
        if desk.is_trading and lots:
            desk.place(side, price // rules.tick_size, min(lots, most), TimeInForce.IOC)

    def trade(self) -> None:
        """Take something from the book, if it trades and there is anything to take."""
        desk, random = self._desk, self._random
        desk.refresh_rules()
        bid, ask = desk.best_tick(BUY), desk.best_tick(SELL)
        lean = LEAN if ask > self._last_ask else -LEAN if ask < self._last_ask else 0.0
        self._last_ask = ask
        side = BUY if random.random() < 0.5 + lean else SELL
        size = min(exp(random.gauss(-SIZE_SPREAD * SIZE_SPREAD / 2, SIZE_SPREAD)), LARGEST)
        order_type = MARKET if random.random() < MARKET_SHARE else LIMIT
        reach = random.random() * PATIENCE
        if not desk.is_trading or not bid or not ask:
            return
        tick = round(ask * (1 + reach)) if side is BUY else max(round(bid * (1 - reach)), 1)
        lots = max(int(self._trade_quantity * size / desk.rules.lot_size), desk.least_lots(tick))
        desk.place(side, tick, lots, TimeInForce.IOC if order_type is LIMIT else TimeInForce.GTC, order_type)
