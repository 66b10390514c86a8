"""Dormant orders of one instrument and one price source, and which of them a price sets off.

A price that sets off nothing costs a few comparisons, however many orders sleep; adding and removing one costs a
search, not a walk. Plain triggers lie sorted by price. Trailing orders are in ``matching.trails``.
"""

from typing import Final, TypeAlias

from sortedcontainers import SortedDict

from simexchange.domain.enums import BUY, SELL, Side
from simexchange.domain.ids import OrderId
from simexchange.domain.order import Order
from simexchange.domain.trigger import Trigger
from simexchange.domain.units import Price
from simexchange.matching.trails import FAR, Trail

Queue: TypeAlias = dict[OrderId, Order]
SetOff: TypeAlias = tuple[list[Order], list[Order]]
"""Orders that work now, and trailing orders that begin to follow now."""
NOBODY: Final[SetOff] = ([], [])
UNKNOWN: Final = (1, 0)
"""The quiet prices are to be worked out anew: none is known to be quiet."""


class _Sleepers:
    """Orders by trigger price, for one direction. Keys are signed so that the next to fire is always the smallest."""

    __slots__ = ("by_price", "next", "sign")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.by_price: SortedDict[int, Queue] = SortedDict()
        self.next: int | None = None

    def add(self, price: Price, order: Order) -> None:
        key = self.sign * price
        self.by_price.setdefault(key, {})[order.terms.order_id] = order
        if self.next is None or key < self.next:
            self.next = key

    def discard(self, price: Price, order_id: OrderId) -> bool:
        """Take an order out; False if it is not here."""
        key = self.sign * price
        queue = self.by_price.get(key)
        if queue is None or queue.pop(order_id, None) is None:
            return False
        if not queue:
            del self.by_price[key]
            self._look()
        return True

    def take(self, market_price: Price) -> list[tuple[int, OrderId, Order]]:
        """Remove and return what ``market_price`` sets off, with the place it has among all that is set off."""
        fired: list[tuple[int, OrderId, Order]] = []
        while self.by_price and self.by_price.peekitem(0)[0] <= self.sign * market_price:
            key, queue = self.by_price.popitem(0)
            fired.extend((key, order_id, order) for order_id, order in queue.items())
        self._look()
        return fired

    def _look(self) -> None:
        self.next = self.by_price.peekitem(0)[0] if self.by_price else None


class TriggerBook:
    """All dormant orders that follow one price source of one instrument.

    ``count`` is how many. Between two prices nothing happens at all: they are kept until something else does.
    """

    __slots__ = ("_falling", "_quiet", "_rising", "_trails", "count")

    def __init__(self) -> None:
        self._rising = _Sleepers(1)
        self._falling = _Sleepers(-1)
        self._trails = {BUY: Trail(BUY), SELL: Trail(SELL)}
        self._quiet: tuple[Price, Price] = UNKNOWN
        self.count = 0

    def __len__(self) -> int:
        return self.count

    def add(self, order: Order, market_price: Price) -> bool:
        """Put an order to sleep; True if it trails and follows from ``market_price`` (0: none is known yet) at once."""
        terms = order.terms
        trigger = terms.trigger
        assert trigger is not None, "only triggered orders sleep"
        self.count += 1
        self._quiet = UNKNOWN
        if trigger.is_trailing and market_price and (not trigger.price or trigger.is_met(terms.side, market_price)):
            self._trails[terms.side].follow(order, market_price)
            return True
        self._sleepers(terms.side, trigger).add(trigger.price, order)
        return False

    def discard(self, order: Order) -> None:
        """Take an order out, if it sleeps here."""
        terms = order.terms
        trigger = terms.trigger
        assert trigger is not None, "only triggered orders sleep"
        if self._sleepers(terms.side, trigger).discard(trigger.price, terms.order_id) or (
            trigger.is_trailing and self._trails[terms.side].discard(terms.order_id)
        ):
            self.count -= 1
            self._quiet = UNKNOWN

    def take(self, market_price: Price) -> SetOff:
        """What a market price sets off: the trigger it met first, then the oldest order."""
        low, high = self._quiet
        if low <= market_price <= high or not self.count:
            return NOBODY
        rising, falling, trails = self._rising, self._falling, self._trails
        up, down = trails[BUY].take(market_price), trails[SELL].take(market_price)
        if rising.next is not None and rising.next <= market_price:
            up = up + rising.take(market_price)
        if falling.next is not None and falling.next <= -market_price:
            down = down + falling.take(market_price)
        if not up and not down:
            self._quiet = self._quiet_prices()
            return NOBODY
        self._quiet = UNKNOWN
        fired: list[Order] = []
        following: list[Order] = []
        for direction in (up, down):
            for _, order_id, order in sorted(direction, key=_place):
                trail, trigger = trails[order.terms.side], order.terms.trigger
                assert trigger is not None, "only triggered orders sleep"
                if not trigger.is_trailing or trail.let_go(order_id):
                    fired.append(order)
                else:
                    trail.follow(order, market_price)
                    following.append(order)
        self.count -= len(fired)
        return fired, following

    def extreme(self, order: Order) -> Price:
        """The best price a trailing order has seen; 0 if it does not follow."""
        return self._trails[order.terms.side].extreme(order.terms.order_id)

    def _quiet_prices(self) -> tuple[Price, Price]:
        """The lowest and the highest price that set nobody off and move no best price."""
        rising, falling = self._rising.next, self._falling.next
        buys, sells = self._trails[BUY].quiet(), self._trails[SELL].quiet()
        return (
            max(buys[0], sells[0], -FAR if falling is None else 1 - falling),
            min(buys[1], sells[1], FAR if rising is None else rising - 1),
        )

    def _sleepers(self, side: Side, trigger: Trigger) -> _Sleepers:
        """Where an order sleeps; one without a trigger price waits for any price at all."""
        return self._rising if not trigger.price or trigger.rises(side) else self._falling


def _place(entry: tuple[int, OrderId, Order]) -> tuple[int, OrderId]:
    return entry[0], entry[1]
