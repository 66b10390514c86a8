"""All visible orders at one price, oldest first, and their total."""

from typing import Final

from simexchange.domain.ids import OrderId
from simexchange.domain.order import Order
from simexchange.domain.units import Price, Quantity

COMPACT_AFTER: Final = 32


class PriceLevel:
    """A queue in time priority. ``quantity`` is the sum of what its orders still want; kept, never recomputed.

    Adding, removing anywhere and reading the front take constant time: a dictionary keeps insertion order, and is
    rebuilt once the entries removed from its front outnumber those left (else finding the front would slow down).
    """

    __slots__ = ("_removed", "orders", "price", "quantity")

    def __init__(self, price: Price) -> None:
        self.price = price
        self.quantity: Quantity = 0
        self.orders: dict[OrderId, Order] = {}
        self._removed = 0

    def add(self, order: Order) -> None:
        self.orders[order.terms.order_id] = order
        self.quantity += order.leaves_quantity

    def remove(self, order: Order) -> None:
        """Take out an order whose open quantity is already off the total."""
        del self.orders[order.terms.order_id]
        self._removed += 1
        if self._removed > COMPACT_AFTER + len(self.orders):
            self.orders = dict(self.orders.items())
            self._removed = 0

    def front(self) -> Order:
        return next(iter(self.orders.values()))
