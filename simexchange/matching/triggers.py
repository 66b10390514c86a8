"""Dormant orders of one instrument and one price source, and which of them a price sets off.

A price that sets off nothing costs a comparison or two, however many orders sleep. Plain triggers lie sorted by
price. Trailing orders that share a retreat and the best price seen share a group: a new best price moves groups,
not orders, and merges those that now agree.
"""

from typing import Final, TypeAlias

from sortedcontainers import SortedDict

from simexchange.domain.enums import BUY, SELL, Side
from simexchange.domain.ids import OrderId
from simexchange.domain.order import Order
from simexchange.domain.trigger import Trigger
from simexchange.domain.units import Price

Queue: TypeAlias = dict[OrderId, Order]
Retreat: TypeAlias = tuple[int, Price]
"""(rate, amount): what two trailing orders must share to share a group."""


class _Sleepers:
    """Orders by trigger price, for one direction. Keys are signed so that the next to fire is always the smallest."""

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.by_price: SortedDict[int, Queue] = SortedDict()
        self.next: int | None = None

    def add(self, price: Price, order: Order) -> None:
        self.by_price.setdefault(self.sign * price, {})[order.terms.order_id] = order
        self._look()

    def discard(self, price: Price, order_id: OrderId) -> None:
        key = self.sign * price
        queue = self.by_price.get(key)
        if queue is not None and queue.pop(order_id, None) is not None and not queue:
            del self.by_price[key]
            self._look()

    def take(self, market_price: Price) -> list[Order]:
        """Remove and return what ``market_price`` sets off: nearest trigger price first, then oldest."""
        if self.next is None or self.next > self.sign * market_price:
            return []
        fired: list[Order] = []
        while self.by_price and self.by_price.peekitem(0)[0] <= self.sign * market_price:
            fired.extend(self.by_price.popitem(0)[1].values())
        self._look()
        return fired

    def _look(self) -> None:
        self.next = self.by_price.peekitem(0)[0] if self.by_price else None


class _Group:
    __slots__ = ("extreme", "orders", "trigger_price")

    def __init__(self, extreme: Price, trigger_price: Price) -> None:
        self.extreme = extreme
        self.trigger_price = trigger_price
        self.orders: Queue = {}


class _Trail:
    """Trailing orders of one side. ``sign`` is +1 for sells (they follow the highest price), -1 for buys."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.sign = 1 if side is SELL else -1
        self._groups: SortedDict[int, dict[Retreat, _Group]] = SortedDict()
        self._group_of: dict[OrderId, tuple[int, Retreat]] = {}
        self._nearest: int | None = None

    def follow(self, order: Order, price: Price) -> None:
        """Start to follow at ``price``."""
        trigger = order.terms.trigger
        assert trigger is not None, "only triggered orders trail"
        self._join(self.sign * price, trigger, price, {order.terms.order_id: order})
        self._look()

    def discard(self, order_id: OrderId) -> None:
        place = self._group_of.pop(order_id, None)
        if place is None:
            return
        extreme_key, retreat = place
        group = self._groups[extreme_key][retreat]
        del group.orders[order_id]
        if not group.orders:
            self._remove(extreme_key, retreat)
            self._look()

    def take(self, price: Price) -> list[Order]:
        """Note a market price: move the extremes it exceeds, remove and return what its retreat sets off."""
        if not self._groups:
            return []
        key = self.sign * price
        if self._groups.peekitem(0)[0] < key:
            self._advance(key, price)
        if self._nearest is None or key > self._nearest:
            return []
        fired: list[Order] = []
        for extreme_key, by_retreat in list(self._groups.items()):
            for retreat, group in list(by_retreat.items()):
                if key <= self.sign * group.trigger_price:
                    fired.extend(group.orders.values())
                    for order_id in group.orders:
                        del self._group_of[order_id]
                    self._remove(extreme_key, retreat)
        self._look()
        return sorted(fired, key=_age)

    def extreme(self, order_id: OrderId) -> Price:
        """The best price an order has seen, or 0."""
        place = self._group_of.get(order_id)
        return self.sign * place[0] if place is not None else 0

    def _advance(self, key: int, price: Price) -> None:
        while self._groups and self._groups.peekitem(0)[0] < key:
            by_retreat = self._groups.popitem(0)[1]
            for group in by_retreat.values():
                trigger = next(iter(group.orders.values())).terms.trigger
                assert trigger is not None, "only triggered orders trail"
                self._join(key, trigger, price, group.orders)
        self._look()

    def _join(self, key: int, trigger: Trigger, price: Price, orders: Queue) -> None:
        retreat = (trigger.trail_rate, trigger.trail_amount)
        by_retreat = self._groups.setdefault(key, {})
        group = by_retreat.get(retreat)
        if group is None:
            group = by_retreat[retreat] = _Group(price, trigger.trailed_price(self.side, price))
        group.orders.update(orders)
        for order_id, order in orders.items():
            order.extreme = price
            self._group_of[order_id] = (key, retreat)

    def _remove(self, key: int, retreat: Retreat) -> None:
        by_retreat = self._groups[key]
        del by_retreat[retreat]
        if not by_retreat:
            del self._groups[key]

    def _look(self) -> None:
        prices = [self.sign * group.trigger_price for groups in self._groups.values() for group in groups.values()]
        self._nearest = max(prices) if prices else None


def _age(order: Order) -> OrderId:
    return order.terms.order_id


RISING: Final = 1
FALLING: Final = -1


class TriggerBook:
    """All dormant orders that follow one price source of one instrument."""

    def __init__(self) -> None:
        self._rising = _Sleepers(RISING)
        self._falling = _Sleepers(FALLING)
        self._trails = {BUY: _Trail(BUY), SELL: _Trail(SELL)}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, order: Order, market_price: Price) -> None:
        """Put an order to sleep. A trailing one without an activation price follows from ``market_price`` at once."""
        terms = order.terms
        trigger = terms.trigger
        assert trigger is not None, "only triggered orders sleep"
        self._count += 1
        if trigger.is_trailing and (not trigger.price or trigger.is_met(terms.side, market_price)):
            self._trails[terms.side].follow(order, market_price)
        else:
            self._sleepers(terms.side, trigger).add(trigger.price, order)

    def remove(self, order: Order) -> None:
        terms = order.terms
        trigger = terms.trigger
        assert trigger is not None, "only triggered orders sleep"
        self._count -= 1
        self._sleepers(terms.side, trigger).discard(trigger.price, terms.order_id)
        if trigger.is_trailing:
            self._trails[terms.side].discard(terms.order_id)

    def take(self, market_price: Price) -> tuple[list[Order], list[Order]]:
        """What a market price sets off: orders that work now, and trailing orders that begin to follow now."""
        if not self._count:
            return [], []
        fired = self._trails[BUY].take(market_price) + self._trails[SELL].take(market_price)
        following: list[Order] = []
        for order in self._rising.take(market_price) + self._falling.take(market_price):
            trigger = order.terms.trigger
            assert trigger is not None, "only triggered orders sleep"
            if trigger.is_trailing:
                self._trails[order.terms.side].follow(order, market_price)
                following.append(order)
            else:
                fired.append(order)
        self._count -= len(fired)
        return fired, following

    def _sleepers(self, side: Side, trigger: Trigger) -> _Sleepers:
        return self._rising if trigger.rises(side) else self._falling
