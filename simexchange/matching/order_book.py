"""One instrument's book: two sides of price levels. Holds orders and totals; knows nothing of money or accounts.

Invariants: no empty level; a level's quantity is the sum of its orders' leaves; at rest the best bid lies below the
best ask. Every change notes the level it touched until ``take_changes``.
"""

from itertools import islice

from sortedcontainers import SortedDict

from simexchange.domain.enums import (
    BUY,
    SELL,
    Side,
)
from simexchange.domain.order import Order
from simexchange.domain.units import Price, Quantity
from simexchange.matching.price_level import PriceLevel


class BookSide:
    """The levels of one side, best price first. Keys are negated for bids so that the best is always the smallest.

    ``best`` is the first level or None: kept, because every published change asks for it.
    """

    __slots__ = ("best", "levels", "sign", "touched")

    def __init__(self, side: Side) -> None:
        self.sign = -1 if side is BUY else 1
        self.levels: SortedDict[int, PriceLevel] = SortedDict()
        self.best: PriceLevel | None = None
        self.touched: dict[Price, None] = {}

    def __len__(self) -> int:
        return len(self.levels)

    def level(self, price: Price) -> PriceLevel | None:
        level: PriceLevel | None = self.levels.get(self.sign * price)
        return level

    def add(self, order: Order) -> None:
        price = order.terms.price
        key = self.sign * price
        level = self.levels.get(key)
        if level is None:
            level = self.levels[key] = PriceLevel(price)
            best = self.best
            if best is None or key < self.sign * best.price:
                self.best = level
        level.add(order)
        self.touched[price] = None

    def remove(self, order: Order) -> None:
        """Take a resting order out, whatever it still wants; its open quantity stays its own."""
        price = order.terms.price
        level = self.levels[self.sign * price]
        level.quantity -= order.leaves_quantity
        self.touched[price] = None
        self.drop(level, order)

    def reduce(self, level: PriceLevel, order: Order, quantity: Quantity) -> None:
        """Lower an order's open quantity without touching its place in the queue."""
        level.quantity -= quantity
        order.leaves_quantity -= quantity
        self.touched[level.price] = None

    def drop(self, level: PriceLevel, order: Order) -> None:
        """Take out an order whose open quantity is off the total, and its level if it was the last."""
        level.remove(order)
        if not level.orders:
            del self.levels[self.sign * level.price]
            if level is self.best:
                self.best = self.levels.peekitem(0)[1] if self.levels else None

    def depth(self, limit: int) -> list[tuple[Price, Quantity]]:
        """At most ``limit`` levels as (price, quantity), best first."""
        return [(level.price, level.quantity) for level in islice(self.levels.values(), limit)]

    def take_changes(self) -> tuple[tuple[Price, Quantity], ...]:
        """The levels touched since the last call with their totals now; 0 where a level is gone."""
        touched = self.touched
        if not touched:
            return ()
        get, sign = self.levels.get, self.sign
        changes = []
        for price in touched:
            level = get(sign * price)
            changes.append((price, 0 if level is None else level.quantity))
        touched.clear()
        return tuple(changes)


class OrderBook:
    """Bids and asks of one instrument. ``update_id`` counts the changes that were published."""

    __slots__ = ("asks", "bids", "update_id")

    def __init__(self) -> None:
        self.bids = BookSide(BUY)
        self.asks = BookSide(SELL)
        self.update_id = 0

    def side(self, side: Side) -> BookSide:
        return self.bids if side is BUY else self.asks

    def against(self, side: Side) -> BookSide:
        """The side an incoming order of ``side`` would take from."""
        return self.asks if side is BUY else self.bids

    def best(self, side: Side) -> tuple[Price, Quantity]:
        """Best price and its quantity, or (0, 0)."""
        level = self.side(side).best
        return (level.price, level.quantity) if level is not None else (0, 0)

    def depth(self, side: Side, limit: int) -> list[tuple[Price, Quantity]]:
        return self.side(side).depth(limit)

    def crosses(self, side: Side, price: Price) -> bool:
        """Whether a limit order at ``price`` would take."""
        level = self.against(side).best
        if level is None:
            return False
        return level.price <= price if side is BUY else level.price >= price
