"""Trailing orders of one side that follow the price: where each of them triggers, without touching each of them.

Orders that have seen the same best price share a herd, and in it those with the same retreat share a group. A new
best price moves whole herds and merges those it overtakes, the smaller into the larger, so that an order's share of
that work stays small however long it trails.
"""

from typing import Final, TypeAlias

from sortedcontainers import SortedDict, SortedList

from simexchange.domain.enums import SELL, Side
from simexchange.domain.ids import OrderId
from simexchange.domain.order import Order
from simexchange.domain.trigger import Trigger
from simexchange.domain.units import Price

Retreat: TypeAlias = tuple[int, int]
"""(whether it is an amount, how much): what two trailing orders of a herd must share to share a group."""


FAR: Final = 1 << 100
"""Beyond any price."""


class _Group:
    """Orders with the same retreat in the same herd; they trigger together."""

    __slots__ = ("herd", "orders", "retreat", "trigger")

    def __init__(self, herd: "_Herd", retreat: Retreat, trigger: Trigger) -> None:
        self.herd = herd
        self.retreat = retreat
        self.trigger = trigger
        self.orders: dict[OrderId, Order] = {}


class _Herd:
    """Orders that have seen the same best price, by retreat: the smallest of a kind triggers first."""

    __slots__ = ("alarm", "extreme", "groups")

    def __init__(self, extreme: Price) -> None:
        self.extreme = extreme
        self.alarm: int | None = None
        self.groups: SortedDict[Retreat, _Group] = SortedDict()

    def nearest(self, side: Side) -> _Group:
        """The group that triggers first: the smallest rate or the smallest amount."""
        first: _Group = self.groups.peekitem(0)[1]
        if first.retreat[0]:
            return first
        index = self.groups.bisect_left((1, 0))
        if index == len(self.groups):
            return first
        amount: _Group = self.groups.peekitem(index)[1]
        by_rate, by_amount = (group.trigger.trailed_price(side, self.extreme) for group in (first, amount))
        return first if (by_rate >= by_amount) is (side is SELL) else amount


class Trail:
    """Trailing orders of one side. ``sign`` is +1 for sells (they follow the highest price), -1 for buys.

    Herds are keyed by ``sign * extreme``: those a price overtakes come first. An alarm is ``-sign`` times the price
    at which the first group of a herd triggers: those a price sets off come first.
    """

    __slots__ = ("_alarms", "_group_of", "_herds", "side", "sign")

    def __init__(self, side: Side) -> None:
        self.side = side
        self.sign = 1 if side is SELL else -1
        self._herds: SortedDict[int, _Herd] = SortedDict()
        self._alarms: SortedList[tuple[int, int]] = SortedList()
        self._group_of: dict[OrderId, _Group] = {}

    def follow(self, order: Order, price: Price) -> None:
        """Start to follow at ``price``."""
        trigger = order.terms.trigger
        assert trigger is not None, "only triggered orders trail"
        key = self.sign * price
        herd = self._herds.get(key)
        if herd is None:
            herd = self._herds[key] = _Herd(price)
        retreat = (1, trigger.trail_amount) if trigger.trail_amount else (0, trigger.trail_rate)
        group = herd.groups.get(retreat)
        if group is None:
            group = herd.groups[retreat] = _Group(herd, retreat, trigger)
            self._set_alarm(herd)
        group.orders[order.terms.order_id] = order
        self._group_of[order.terms.order_id] = group

    def discard(self, order_id: OrderId) -> bool:
        """Take an order out; False if it does not follow."""
        group = self._group_of.pop(order_id, None)
        if group is None:
            return False
        del group.orders[order_id]
        if not group.orders:
            self._disband(group)
        return True

    def let_go(self, order_id: OrderId) -> bool:
        """Forget an order that ``take`` returned; False if it was not one of those."""
        return self._group_of.pop(order_id, None) is not None

    def take(self, price: Price) -> list[tuple[int, OrderId, Order]]:
        """Note a price: move the herds it overtakes, remove and return what its retreat sets off, with its place."""
        herds = self._herds
        if not herds:
            return []
        key = self.sign * price
        if herds.peekitem(0)[0] < key:
            self._advance(key, price)
        fired: list[tuple[int, OrderId, Order]] = []
        while self._alarms and self._alarms[0][0] <= -key:
            alarm, herd_key = self._alarms[0]
            group = herds[herd_key].nearest(self.side)
            fired.extend((alarm, order_id, order) for order_id, order in group.orders.items())
            self._disband(group)
        return fired

    def quiet(self) -> tuple[Price, Price]:
        """The lowest and the highest price that set nobody off and are no new best price."""
        if not self._herds:
            return -FAR, FAR
        first_moved, first_fired = self.sign * self._herds.peekitem(0)[0], -self.sign * self._alarms[0][0]
        return (first_fired + 1, first_moved) if self.side is SELL else (first_moved, first_fired - 1)

    def extreme(self, order_id: OrderId) -> Price:
        """The best price an order has seen, or 0."""
        group = self._group_of.get(order_id)
        return group.herd.extreme if group is not None else 0

    def _advance(self, key: int, price: Price) -> None:
        """Everybody who saw less than ``price`` has seen ``price`` now, and is one herd with those who had."""
        herds = [self._herds[key]] if key in self._herds else []
        while self._herds and self._herds.peekitem(0)[0] < key:
            herds.append(self._herds.popitem(0)[1])
        largest = max(herds, key=lambda herd: len(herd.groups))
        for herd in herds:
            self._drop_alarm(herd)
            if herd is not largest:
                self._merge(herd, largest)
        largest.extreme = price
        self._herds[key] = largest
        self._set_alarm(largest)

    def _merge(self, small: _Herd, large: _Herd) -> None:
        for retreat, group in small.groups.items():
            twin = large.groups.get(retreat)
            if twin is not None and len(twin.orders) >= len(group.orders):
                twin.orders.update(group.orders)
                self._group_of.update(dict.fromkeys(group.orders, twin))
                continue
            if twin is not None:
                group.orders.update(twin.orders)
                self._group_of.update(dict.fromkeys(twin.orders, group))
            group.herd = large
            large.groups[retreat] = group

    def _disband(self, group: _Group) -> None:
        herd = group.herd
        del herd.groups[group.retreat]
        if herd.groups:
            self._set_alarm(herd)
        else:
            self._drop_alarm(herd)
            del self._herds[self.sign * herd.extreme]

    def _set_alarm(self, herd: _Herd) -> None:
        alarm = -self.sign * herd.nearest(self.side).trigger.trailed_price(self.side, herd.extreme)
        if alarm != herd.alarm:
            self._drop_alarm(herd)
            herd.alarm = alarm
            self._alarms.add((alarm, self.sign * herd.extreme))

    def _drop_alarm(self, herd: _Herd) -> None:
        if herd.alarm is not None:
            self._alarms.remove((herd.alarm, self.sign * herd.extreme))
            herd.alarm = None
