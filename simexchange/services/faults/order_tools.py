"""What faults about orders share: which order a request names or made, how much of it a share is, and filling it.

Fills and ends are commands through the door like any other, so the engine, the ledger and every stream agree on them.
"""

from collections.abc import Callable, Iterable
from typing import Final, Generic, TypeGuard

from simexchange.domain.commands import CancelOrder, FillOrder, PlaceOrder
from simexchange.domain.enums import CONTINUOUS, CancelReason
from simexchange.domain.events import Batch, OrderAccepted
from simexchange.domain.ids import AccountId, OrderId, Symbol
from simexchange.domain.order import Order, OrderTerms
from simexchange.domain.units import Quantity
from simexchange.services.clock import Timer
from simexchange.services.durations import Duration
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.facts import Call, OrderFacts
from simexchange.services.faults.fault import Fault, ParamsT
from simexchange.services.faults.quantities import PPM, Ratio
from simexchange.services.faults.stage import FaultyDoor, Stage
from simexchange.venue.market import Market

BY_FILLS: Final = "Its inventory is the sum of its fills, whatever an order's status or an answer says."
"""What a correct bot does about fills in part."""


def check_wait(name: str, wait: Duration) -> None:
    """Raises ValueError for a wait below zero."""
    if wait < 0:
        raise ValueError(f"{name} is {wait}: 0s and more passes")


def check_share(name: str, share: Ratio) -> None:
    """Raises ValueError for what is no part of a whole."""
    if not 0 < share.ppm <= PPM:
        raise ValueError(f"{name} is {share}: above 0 and up to 1 passes, as 0.37 or 37%")


def named_order(door: FaultyDoor, call: Call) -> Order | None:
    """The order, open or closed, that a request names."""
    if call.account_id is None or (call.order_id is None and not call.client_order_id):
        return None
    return door.venue.views.order(call.account_id, call.symbol, call.order_id, call.client_order_id or None)


def placed_orders(call: Call, batches: Iterable[Batch]) -> list[OrderTerms]:
    """The orders that a request brought into being, in the order in which they were accepted."""
    return [
        event.order
        for batch in batches
        for event in batch.events
        if isinstance(event, OrderAccepted) and event.order.account_id == call.account_id
    ]


def part_of(market: Market, quantity: Quantity, share: Ratio) -> Quantity:
    """That share of a quantity in whole lots, one at least; all of it where the share is one."""
    if share.ppm >= PPM:
        return quantity
    lot = market.rules.lot_size or 1
    part = share.of(quantity)
    return min(max(part - part % lot, lot), quantity)


def open_order(door: FaultyDoor, account_id: AccountId, symbol: Symbol, order_id: OrderId) -> Order | None:
    """The order, if it is still open."""
    order = door.venue.views.order(account_id, symbol, order_id)
    return order if order is not None and order.status.is_open else None


def facts_on(door: FaultyDoor, terms: OrderTerms) -> OrderFacts:
    """An order as the timeline notes it."""
    name = door.venue.accounts[terms.account_id].name
    return OrderFacts(
        door.name, name, terms.account_id, terms.symbol, terms.side, terms.order_id, terms.client_order_id
    )


def resting_order(door: FaultyDoor, terms: OrderTerms) -> Order | None:
    """The order, if it rests where trades can happen."""
    order = open_order(door, terms.account_id, terms.symbol, terms.order_id)
    if order is None or order.terms.working_ns < 0:
        return None
    return order if door.venue.markets[terms.symbol].status is CONTINUOUS else None


def fill(door: FaultyDoor, terms: OrderTerms, quantity: Quantity) -> bool:
    """Fill so much of an order, or what it still wants; False if it does not rest, or nothing trades."""
    order = resting_order(door, terms)
    if order is None or quantity <= 0:
        return False
    door.submit(FillOrder(terms.symbol, terms.order_id, min(quantity, order.leaves_quantity)))
    return True


def end_by_venue(door: FaultyDoor, terms: OrderTerms) -> bool:
    """The venue ends an order; False if it is over already."""
    if open_order(door, terms.account_id, terms.symbol, terms.order_id) is None:
        return False
    door.submit(CancelOrder(terms.account_id, terms.symbol, terms.order_id, reason=CancelReason.VENUE))
    return True


def is_new_order(command: object) -> TypeGuard[PlaceOrder]:
    """Whether a command is a new order and not the mere test of one."""
    return isinstance(command, PlaceOrder) and not command.test_only


class Later(Fault[ParamsT], Generic[ParamsT]):
    """A fault that does things later; what it has not done when it is removed it never does."""

    def __init__(self, params: ParamsT, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self.timers: list[Timer] = []

    def later(self, delay_ns: int, action: Callable[[], object]) -> None:
        """Act after so much virtual time; at once if it is none."""
        if delay_ns <= 0:
            action()
            return

        def act() -> None:
            self.timers.remove(timer)
            action()

        timer = self.stage.clock.after(delay_ns, act)
        self.timers.append(timer)

    def disarm(self) -> None:
        for timer in self.timers:
            timer.cancel()
        self.timers.clear()
