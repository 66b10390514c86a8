"""A market that goes on while bots do their errands."""

import random
from functools import partial
from typing import Final

from dialects.binance.rest_bench import units
from order_fault_bench import HOUSE, OrderFaultBench
from simexchange.domain.commands import CancelOrder, PlaceOrder
from simexchange.domain.enums import LIMIT, Side
from simexchange.domain.events import OrderAccepted
from simexchange.domain.units import RATE_ONE
from simexchange.services.clock import MILLISECOND, Timer

BTC: Final = "BTC/USDT"
LEVELS: Final = 20
MOVES: Final = 20
STEP_NS: Final = 250 * MILLISECOND


class Market:
    """A house that keeps twenty levels on either side of 60,000 and changes one of them four times a second."""

    def __init__(self, bench: OrderFaultBench) -> None:
        self._bench = bench
        self._chance = random.Random(5)
        self._orders: dict[int, int] = {}
        """Offset in dollars from the middle (negative: a bid) -> order id."""
        self._placed = 0
        self._moves: list[Timer] = []
        self.middle = 60_000
        self._fill()
        self._timer = bench.clock.after(STEP_NS, self._step)

    def market(self, _venue: str, _symbol: str) -> "Market":
        """As a world's house is asked for it."""
        return self

    def move(self, rate: int, over_ns: int = 0) -> int:
        """Move by a part of the price, at once or in twenty steps; the rate that brings it back."""
        there = self.middle + self.middle * rate // RATE_ONE
        if not over_ns:
            self._jump(there)
        for step in range(1, MOVES + 1) if over_ns else ():
            on_the_way = self.middle + (there - self.middle) * step // MOVES
            self._moves.append(self._bench.clock.after(over_ns * step // MOVES, partial(self._jump, on_the_way)))
        return -rate * RATE_ONE // (RATE_ONE + rate)

    def stop(self) -> None:
        """Nothing changes any more."""
        for timer in (self._timer, *self._moves):
            timer.cancel()

    def _jump(self, middle: int) -> None:
        for offset in tuple(self._orders):
            self._cancel(offset)
        self.middle = middle
        self._fill()

    def _fill(self) -> None:
        for distance in range(1, LEVELS + 1):
            self._place(-distance * 7)
            self._place(distance * 7)

    def _place(self, offset: int) -> None:
        self._placed += 1
        side = Side.BUY if offset < 0 else Side.SELL
        size = units(f"0.{3 * self._chance.randint(4, 33):02}")
        batch = self._bench.door.submit(
            PlaceOrder(HOUSE, BTC, side, LIMIT, f"house-{self._placed}", size, units(str(self.middle + offset)))
        )
        first = batch.events[0]
        if isinstance(first, OrderAccepted):
            self._orders[offset] = first.order.order_id

    def _cancel(self, offset: int) -> None:
        self._bench.door.submit(CancelOrder(HOUSE, BTC, self._orders.pop(offset)))

    def _step(self) -> None:
        """One level nearer or farther, near the top more often than not."""
        if not self._bench.market.book.best(Side.BUY)[0]:
            self._orders.clear()
            self._fill()
        elif self._orders and self._chance.random() < 0.5:
            self._cancel(min(self._orders, key=lambda offset: (abs(offset) * self._chance.random(), offset)))
        else:
            free = self._chance.choice((-1, 1)) * self._chance.randint(1, 7 * LEVELS)
            if free not in self._orders:
                self._place(free)
        self._timer = self._bench.clock.after(STEP_NS, self._step)
