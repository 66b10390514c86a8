"""One instrument's book: two sides of price levels. Holds orders and totals; knows nothing of money or accounts.

Invariants: no empty level; a level's quantity is the sum of what its orders show; at rest the best bid lies below
the best ask. Every change notes the level it touches, with its total until then, until ``take_changes``.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from itertools import islice

from simexchange.domain.enums import (
    BUY,
    SELL,
    Side,
)
from simexchange.domain.order import Order
from simexchange.domain.units import Price, Quantity
from simexchange.matching.price_level import PriceLevel


class BookSide:
    """The levels of one side by price. ``best`` is kept, because every published change asks for it.

    The prices lie in one sorted list: new and gone levels are far more often near its ends than anywhere else, and
    moving a few thousand machine words costs less than any tree.
    """

    __slots__ = ("_prices", "best", "is_bid", "levels", "sign", "touched")

    def __init__(self, side: Side) -> None:
        self.is_bid = side is BUY
        self.sign = -1 if side is BUY else 1
        """A price times this is the smaller, the better the price."""
        self.levels: dict[Price, PriceLevel] = {}
        self._prices: list[Price] = []
        self.best: PriceLevel | None = None
        self.touched: dict[Price, Quantity] = {}

    def __len__(self) -> int:
        return len(self.levels)

    def level(self, price: Price) -> PriceLevel | None:
        return self.levels.get(price)

    def walk(self) -> Iterator[PriceLevel]:
        """Every level, best price first. The side must not change meanwhile."""
        levels = self.levels
        for price in reversed(self._prices) if self.is_bid else self._prices:
            yield levels[price]

    def add(self, order: Order) -> None:
        price = order.terms.price
        level = self.levels.get(price)
        if level is None:
            level = self.levels[price] = PriceLevel(price)
            insort(self._prices, price)
            best = self.best
            if best is None or (price > best.price if self.is_bid else price < best.price):
                self.best = level
        if price not in self.touched:
            self.touched[price] = level.quantity
        level.add(order)

    def remove(self, order: Order) -> None:
        """Take a resting order out, whatever it still wants; its open quantity stays its own."""
        price = order.terms.price
        level = self.levels[price]
        if price not in self.touched:
            self.touched[price] = level.quantity
        level.quantity -= order.shown_quantity if order.concealed else order.leaves_quantity
        level.remove(order)
        if not (level.orders or level.hidden):
            prices = self._prices
            del self.levels[price]
            del prices[bisect_left(prices, price)]
            if level is self.best:
                self.best = self.levels[prices[-1 if self.is_bid else 0]] if prices else None

    def reduce(self, level: PriceLevel, order: Order, quantity: Quantity) -> None:
        """Lower an order's open quantity; its place in the queue stays, unless an iceberg's tip is used up."""
        order.leaves_quantity -= quantity
        if level.price not in self.touched:
            self.touched[level.price] = level.quantity
        if not order.concealed:
            level.quantity -= quantity
        elif order.shown_quantity:
            tip = min(order.shown_quantity, quantity)
            order.shown_quantity -= tip
            level.quantity -= tip
            if not order.shown_quantity and order.leaves_quantity:
                level.refill(order)

    def shrink(self, level: PriceLevel, order: Order, quantity: Quantity) -> None:
        """The owner wants less: the hidden part goes first, and the place in the queue stays in any case."""
        order.leaves_quantity -= quantity
        if level.price not in self.touched:
            self.touched[level.price] = level.quantity
        if not order.concealed:
            level.quantity -= quantity
        elif order.shown_quantity > order.leaves_quantity:
            level.quantity -= order.shown_quantity - order.leaves_quantity
            order.shown_quantity = order.leaves_quantity

    def top(self) -> PriceLevel | None:
        """The best level that shows anything."""
        best = self.best
        if best is None or best.quantity:
            return best
        return next((level for level in self.walk() if level.quantity), None)

    def depth(self, limit: int) -> list[tuple[Price, Quantity]]:
        """At most ``limit`` levels as (price, quantity), best first."""
        visible = ((level.price, level.quantity) for level in self.walk() if level.quantity)
        return list(islice(visible, limit))

    def take_changes(self) -> tuple[tuple[Price, Quantity], ...]:
        """The levels whose visible total is another than at the last call, with it; 0 where nothing is left to see."""
        touched = self.touched
        if not touched:
            return ()
        get = self.levels.get
        changes = []
        for price, before in touched.items():
            level = get(price)
            now = 0 if level is None else level.quantity
            if now != before:
                changes.append((price, now))
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
        level = self.side(side).top()
        return (level.price, level.quantity) if level is not None else (0, 0)

    def depth(self, side: Side, limit: int) -> list[tuple[Price, Quantity]]:
        return self.side(side).depth(limit)

    def crosses(self, side: Side, price: Price) -> bool:
        """Whether a limit order at ``price`` would take."""
        level = self.against(side).best
        if level is None:
            return False
        return level.price <= price if side is BUY else level.price >= price
