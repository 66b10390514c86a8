"""Fills that come when they hurt: before the answer, before the cancel, or at set times.

A fill is a real trade of that very order with somebody from outside (``FillOrder``).
"""

from functools import partial
from typing import Final

from msgspec import Struct

from simexchange.domain.commands import CancelAllOrders, CancelOrder, Command
from simexchange.domain.events import Batch
from simexchange.domain.order import Order
from simexchange.services.durations import Duration
from simexchange.services.faults.facts import PLACEMENTS, Call, Purpose
from simexchange.services.faults.fault import Fault, Params
from simexchange.services.faults.kinds import Kind
from simexchange.services.faults.order_tools import (
    BY_FILLS,
    Later,
    check_share,
    check_wait,
    fill,
    part_of,
    placed_orders,
    resting_order,
)
from simexchange.services.faults.quantities import Ratio
from simexchange.services.faults.stage import FaultyDoor
from simexchange.services.faults.verdicts import Verdict


class FillBeforeAckParams(Params, frozen=True):
    ratio: Ratio = Ratio("1")
    """How much of the order is filled before its answer leaves."""
    ack_after: Duration = Duration("500ms")
    """How long the answer waits after the fill."""

    def __post_init__(self) -> None:
        check_share("ratio", self.ratio)
        check_wait("ack_after", self.ack_after)


class FillBeforeAck(Fault[FillBeforeAckParams]):
    """The answer is true of the moment at which it was made: the fill came after that, and is told first."""

    decides = False

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (the order is known once it is there)
        return Verdict(after=self.fill_now, hold_after_ns=self.params.ack_after)

    def fill_now(self, call: Call, batches: tuple[Batch, ...]) -> None:
        door = self.stage.door(call.venue)
        for terms in placed_orders(call, batches):
            fill(door, terms, part_of(door.venue.markets[terms.symbol], terms.quantity, self.params.ratio))


class LostCancelParams(Params, frozen=True):
    ratio: Ratio = Ratio("1")
    """How much of what is left of the order is filled just before the cancel; with less than all the cancel wins."""

    def __post_init__(self) -> None:
        check_share("ratio", self.ratio)


class LostCancel(Fault[LostCancelParams]):
    """Only a cancel of an order that rests is a match."""

    counts_itself = True
    decides = False

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (which order it is shows at the engine)
        return Verdict(at_engine=self.fill_first)

    def fill_first(self, call: Call, command: Command) -> Command:
        door = self.stage.door(call.venue)
        for order in _about_to_go(door, command):
            if resting_order(door, order.terms) is not None and self.armed.fires(call) is not None:
                market = door.venue.markets[order.terms.symbol]
                fill(door, order.terms, part_of(market, order.leaves_quantity, self.params.ratio))
        return command


def _about_to_go(door: FaultyDoor, command: Command) -> list[Order]:
    """The open orders that a cancel is about."""
    views = door.venue.views
    if isinstance(command, CancelOrder):
        order = views.order(command.account_id, command.symbol, command.order_id, command.client_order_id)
        return [order] if order is not None else []
    if isinstance(command, CancelAllOrders):
        return views.open_orders(command.account_id, command.symbol)
    return []


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """One fill: how long after the acceptance, and which share of the whole order."""

    after: Duration
    ratio: Ratio

    def __post_init__(self) -> None:
        check_wait("after", self.after)
        check_share("ratio", self.ratio)


class FillPlanParams(Params, frozen=True):
    plan: tuple[Step, ...] = (Step(Duration("1s"), Ratio("0.5")), Step(Duration("2s"), Ratio("0.5")))
    """The fills: {after, ratio} each, counted from the acceptance, shares of the whole order."""


class FillPlan(Later[FillPlanParams]):
    """Only an order that rests after its acceptance is a match."""

    counts_itself = True
    decides = False

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (the order is known once it is there)
        return Verdict(after=self.plan)

    def plan(self, call: Call, batches: tuple[Batch, ...]) -> None:
        door = self.stage.door(call.venue)
        for terms in placed_orders(call, batches):
            if resting_order(door, terms) is None or self.armed.fires(call) is None:
                continue
            market = door.venue.markets[terms.symbol]
            for step in self.params.plan:
                self.later(step.after, partial(fill, door, terms, part_of(market, terms.quantity, step.ratio)))


KINDS: Final = (
    Kind(
        name="fill-before-ack",
        family="order fills",
        priority="P0",
        summary="The order is filled, and the stream tells so, before its acceptance is answered.",
        correct_bot="Takes a fill of an order that is not confirmed yet, and ignores the late confirmation.",
        params=FillBeforeAckParams,
        make=FillBeforeAck,
        purposes=PLACEMENTS,
        evidence=("nautechsystems/nautilus_trader#3436", "purefinance/mmb#127", "hummingbot/hummingbot#905"),
    ),
    Kind(
        name="cancel-lost-to-fill",
        family="order fills",
        priority="P0",
        summary="Just before the cancel reaches the engine, the order is filled.",
        correct_bot="Fetches the order's final state: it may well be filled, it was never 'not placed'.",
        params=LostCancelParams,
        make=LostCancel,
        purposes=frozenset({Purpose.CANCEL, Purpose.REPLACE}),
        aliases=("cancel-rejected-filled",),
        evidence=("enarjord/passivbot#514", "freqtrade/freqtrade#3208", "hummingbot/hummingbot#4558"),
    ),
    Kind(
        name="fill-plan",
        family="order fills",
        priority="P1",
        summary="A resting order is filled in parts, at set times after its acceptance.",
        correct_bot=BY_FILLS,
        params=FillPlanParams,
        make=FillPlan,
        purposes=PLACEMENTS,
    ),
)
