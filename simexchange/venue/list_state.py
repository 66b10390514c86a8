"""How far an order list has come."""

from msgspec import Struct

from simexchange.domain.enums import Contingency
from simexchange.domain.events import OrderList
from simexchange.domain.order import Order


class ListState(Struct):
    """One order list. ``legs`` are its orders as given: for OTO the working order first."""

    order_list: OrderList
    legs: list[Order]
    pays_other: bool = False
    released: bool = False
    ended: bool = False

    @property
    def working(self) -> Order | None:
        """The working order that the others wait for; None for an OCO and once it is filled."""
        return self.legs[0] if self.order_list.contingency is Contingency.OTO and not self.released else None

    def pair(self) -> list[Order]:
        """The orders of which one cancels the other."""
        return self.legs if self.order_list.contingency is Contingency.OCO else self.legs[1:]
