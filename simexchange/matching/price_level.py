"""All orders at one price, oldest first, and what of them the book shows."""

from typing import Final

from simexchange.domain.ids import OrderId
from simexchange.domain.order import Order
from simexchange.domain.units import Price, Quantity

COMPACT_AFTER: Final = 32
NOBODY: Final[dict[OrderId, Order]] = {}
"""The hidden orders of a level without any, as nearly all are; never written to."""


class PriceLevel:
    """A queue in time priority; hidden orders stand behind all visible ones. ``quantity`` is the visible total.

    Adding, removing anywhere and reading the front take constant time: a dictionary keeps insertion order, and is
    rebuilt once the entries removed from it outnumber those left (else finding the front would slow down).
    """

    __slots__ = ("_removed", "hidden", "orders", "price", "quantity")

    def __init__(self, price: Price) -> None:
        self.price = price
        self.quantity: Quantity = 0
        self.orders: dict[OrderId, Order] = {}
        self.hidden = NOBODY
        self._removed = 0

    def __bool__(self) -> bool:
        return bool(self.orders or self.hidden)

    def add(self, order: Order) -> None:
        if order.concealed:
            self._add_concealed(order)
        else:
            self.orders[order.terms.order_id] = order
            self.quantity += order.leaves_quantity

    def remove(self, order: Order) -> None:
        """Take out an order whose visible quantity is already off the total."""
        if order.terms.hidden:
            del self.hidden[order.terms.order_id]
        else:
            del self.orders[order.terms.order_id]
        self._removed += 1
        if self._removed > COMPACT_AFTER + len(self.orders) + len(self.hidden):
            self.orders = dict(self.orders.items())
            self.hidden = dict(self.hidden.items()) or NOBODY
            self._removed = 0

    def front(self) -> Order | None:
        """The order next in line."""
        return next(iter((self.orders or self.hidden).values()), None)

    def refill(self, order: Order) -> None:
        """An iceberg's tip is used up: the next part goes to the back of the queue."""
        order.shown_quantity = min(order.terms.display_quantity, order.leaves_quantity)
        self.quantity += order.shown_quantity
        self.remove(order)
        self.orders[order.terms.order_id] = order

    def _add_concealed(self, order: Order) -> None:
        if order.terms.hidden:
            order.shown_quantity = 0
            if self.hidden is NOBODY:
                self.hidden = {}
            self.hidden[order.terms.order_id] = order
        else:
            order.shown_quantity = min(order.terms.display_quantity, order.leaves_quantity)
            self.orders[order.terms.order_id] = order
            self.quantity += order.shown_quantity
