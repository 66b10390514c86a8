"""How far an order list has come."""

from msgspec import Struct

from simexchange.domain.enums import PENDING, Contingency
from simexchange.domain.events import OrderList
from simexchange.domain.order import Order
from simexchange.domain.units import Amount, Quantity


class ListState(Struct):
    """One order list. ``legs`` are its orders as given: for OTO the working order first."""

    order_list: OrderList
    legs: list[Order]
    pays_other: bool = False
    released: bool = False
    ended: bool = False
    receipt: Amount = 0
    """What the working order received so far and the list keeps for the pending ones, where one pays the other."""
    receipt_quantity: Quantity = 0
    receipt_fee: Amount = 0
    """How much of the working order's fills and fees ``receipt`` accounts for."""

    @property
    def working(self) -> Order | None:
        """The working order that the others wait for; None for an OCO and once it is filled."""
        return self.legs[0] if self.order_list.contingency is Contingency.OTO and not self.released else None

    def pair(self) -> list[Order]:
        """The orders of which one cancels the other."""
        return self.legs if self.order_list.contingency is Contingency.OCO else self.legs[1:]

    def sharing(self) -> list[Order]:
        """The open orders that hold money, together as much as the one that needs most."""
        return [leg for leg in self.legs if leg.status.is_open and leg.status is not PENDING]
