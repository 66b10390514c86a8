"""A ladder: resting orders on a fixed grid of prices, so many on either side of the market.

The grid does not move with the market; orders are added where the market leaves room and taken away where it comes
too close or goes too far. So a small move costs a few commands, and far levels stand still.
"""

from collections.abc import Callable, Iterable

from simexchange.domain.enums import BUY, SELL, Side
from simexchange.domain.ids import OrderId
from simexchange.services.market_models.desk import Desk


class Ladder:
    """``count`` levels a side, ``step`` ticks apart, beginning ``gap`` ticks outside the best quotes."""

    def __init__(self, desk: Desk, step: int, count: int, gap: int, lots_at: Callable[[int], int]) -> None:
        self._desk = desk
        self._step = step
        self._count = count
        self._gap = gap
        self._lots_at = lots_at
        self._levels: dict[Side, dict[int, OrderId]] = {BUY: {}, SELL: {}}
        self._ranges: dict[Side, range] = {BUY: range(0), SELL: range(0)}

    def __len__(self) -> int:
        return len(self._levels[BUY]) + len(self._levels[SELL])

    def reshape(self, count: int, gap: int) -> None:
        """From the next ``settle`` on, so many levels a side, beginning so far out."""
        self._count = count
        self._gap = gap

    def aim(self, bid: int, ask: int) -> None:
        """Say where the best quotes will be, and take away what would stand in their way."""
        top = (bid - self._gap - 1) // self._step
        bottom = -(-(ask + self._gap + 1) // self._step)
        self._ranges[BUY] = range(top, max(top - self._count, 0), -1)
        self._ranges[SELL] = range(bottom, bottom + self._count)
        self._drop(BUY, [level for level in self._levels[BUY] if level > top])
        self._drop(SELL, [level for level in self._levels[SELL] if level < bottom])

    def settle(self) -> None:
        """Add the levels that lack, nearest first, then drop those too far out."""
        for side in (BUY, SELL):
            levels, wanted = self._levels[side], self._ranges[side]
            if len(levels) == len(wanted) and (not wanted or (wanted[0] in levels and wanted[-1] in levels)):
                continue
            for distance, level in enumerate(wanted):
                if level not in levels:
                    self._add(side, level, distance)
            self._drop(side, [level for level in levels if level not in wanted])

    def forget_lost(self) -> int:
        """Forget levels that were eaten, and take away what is left of those more than half eaten; how many."""
        resting = self._desk.open_orders()
        lost = 0
        for side, levels in self._levels.items():
            gone = []
            for level, order_id in levels.items():
                order = resting.get(order_id)
                if order is None or 2 * order.leaves_quantity < order.terms.quantity:
                    gone.append(level)
            lost += len(gone)
            self._drop(side, gone)
        return lost

    def renew_all(self) -> None:
        """Replace every level by an order of a new size, one at a time, so that the book is never empty."""
        for side in (BUY, SELL):
            for distance in range(len(self._ranges[side])):
                self.renew(side, distance)

    def renew(self, side: Side, distance: int) -> None:
        """Replace one level by an order of a new size."""
        wanted = self._ranges[side]
        if distance < len(wanted):
            self._drop(side, [wanted[distance]])
            self._add(side, wanted[distance], distance)

    def _add(self, side: Side, level: int, distance: int) -> None:
        order_id = self._desk.place(side, level * self._step, self._lots_at(distance))
        if order_id:
            self._levels[side][level] = order_id

    def _drop(self, side: Side, gone: Iterable[int]) -> None:
        levels = self._levels[side]
        for level in gone:
            order_id = levels.pop(level, 0)
            if order_id:
                self._desk.cancel(order_id)
