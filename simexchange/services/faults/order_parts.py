"""Fills in part: so much of an order at its acceptance and no more, or all but what nobody can sell.

Where an order would take more than its part on arrival, the house's orders in its way are taken away first; those of
other clients are not. What lacks is filled by somebody from outside (``FillOrder``).
"""

from functools import partial
from typing import Annotated, Final, Generic, Literal, TypeVar

from msgspec import Meta

from simexchange.domain.commands import CancelOrder, Command, PlaceOrder
from simexchange.domain.enums import FOK, LIMIT, MARKET
from simexchange.domain.events import Batch
from simexchange.domain.ids import AccountId
from simexchange.domain.order import Order, OrderTerms
from simexchange.domain.units import Quantity
from simexchange.services.durations import Duration
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.facts import PLACEMENTS, Call
from simexchange.services.faults.fault import Params
from simexchange.services.faults.kinds import Kind
from simexchange.services.faults.order_tools import (
    BY_FILLS,
    Later,
    check_share,
    check_wait,
    end_by_venue,
    fill,
    is_new_order,
    part_of,
    placed_orders,
    resting_order,
)
from simexchange.services.faults.quantities import Ratio
from simexchange.services.faults.stage import FaultyDoor, Stage
from simexchange.services.faults.verdicts import Verdict

Then = Literal["nothing", "rest", "cancel"]


class PartParams(Params, frozen=True):
    then: Then = "nothing"
    """What becomes of the remainder: it stays, is filled too (rest), or is ended by the venue (cancel)."""
    after: Duration = Duration("1s")
    """How long after the fill."""

    def __post_init__(self) -> None:
        check_wait("after", self.after)


class PartialFillParams(PartParams, frozen=True):
    ratio: Ratio = Ratio("0.37")
    """How much of the order is filled at its acceptance."""

    def __post_init__(self) -> None:
        check_share("ratio", self.ratio)
        check_wait("after", self.after)


class PartThenCancelParams(PartialFillParams, frozen=True):
    then: Then = "cancel"
    """What becomes of the remainder: it stays, is filled too (rest), or is ended by the venue (cancel)."""


class DustParams(PartParams, frozen=True):
    remainder_lots: Annotated[int, Meta(ge=1)] = 1
    """What is left of the order, in lots."""


PartT = TypeVar("PartT", bound=PartParams)


class InPart(Later[PartT], Generic[PartT]):
    """Only a plain order by quantity that may be filled in part is a match: no FOK, none that waits for a trigger."""

    counts_itself = True
    decides = False

    def __init__(self, params: PartT, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self.chosen: dict[tuple[str, AccountId, str], Quantity] = {}

    def part(self, door: FaultyDoor, order: PlaceOrder) -> Quantity:
        """How much of it is to be filled; 0 where it cannot be that."""
        raise NotImplementedError

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (the order shows at the engine)
        return Verdict(at_engine=self.make_room, after=self.complete)

    def make_room(self, call: Call, command: Command) -> Command:
        """See to it that no more than the part is filled on arrival, and of an order that will not rest no less."""
        if is_new_order(command) and _may_be_parted(command):
            door = self.stage.door(call.venue)
            part = self.part(door, command)
            if 0 < part < command.quantity and self.armed.fires(call) is not None:
                self.chosen[call.venue, command.account_id, command.client_order_id] = part
                if not command.post_only:
                    thin(door, command, part)
        return command

    def complete(self, call: Call, batches: tuple[Batch, ...]) -> None:
        """Fill what lacks, and see to the remainder later."""
        door = self.stage.door(call.venue)
        for terms in placed_orders(call, batches):
            part = self.chosen.get((call.venue, terms.account_id, terms.client_order_id))
            order = None if part is None else resting_order(door, terms)
            if part is not None and order is not None:
                fill(door, terms, part - order.cum_quantity)
                if self.params.then == "rest":
                    self.later(self.params.after, partial(fill, door, terms, terms.quantity))
                elif self.params.then == "cancel":
                    self.later(self.params.after, partial(end_by_venue, door, terms))
        self.chosen.clear()


class PartialFill(InPart[PartialFillParams]):
    def part(self, door: FaultyDoor, order: PlaceOrder) -> Quantity:
        return part_of(door.venue.markets[order.symbol], order.quantity, self.params.ratio)


class Dust(InPart[DustParams]):
    def part(self, door: FaultyDoor, order: PlaceOrder) -> Quantity:
        lot = door.venue.markets[order.symbol].rules.lot_size or 1
        return order.quantity - self.params.remainder_lots * lot


def _may_be_parted(order: PlaceOrder) -> bool:
    return order.time_in_force is not FOK and order.trigger is None and order.peg is None and not order.quote_quantity


def thin(door: FaultyDoor, order: PlaceOrder, most: Quantity) -> None:
    """Leave of the house's orders on the other side no more than the order is to take, in the order it meets them."""
    accounts = door.venue.accounts
    for met in _in_its_way(door, order):
        if most >= met.leaves_quantity:
            most -= met.leaves_quantity
            continue
        terms, house = met.terms, accounts[met.terms.account_id].house
        if house:
            door.submit(CancelOrder(terms.account_id, terms.symbol, terms.order_id))
            if most:
                _rest_again(door, terms, most)
        most = 0


def _in_its_way(door: FaultyDoor, order: PlaceOrder) -> list[Order]:
    """The others' orders that it would meet, first come first."""
    against = door.venue.markets[order.symbol].book.against(order.side)
    found: list[Order] = []
    for level in against.walk():
        if order.order_type is not MARKET and against.sign * level.price > against.sign * order.price:
            break
        found += (*level.orders.values(), *level.hidden.values())
    return [met for met in found if met.terms.account_id != order.account_id]


def _rest_again(door: FaultyDoor, terms: OrderTerms, quantity: Quantity) -> None:
    """A smaller order of the same owner at the same price."""
    name = f"part-{terms.order_id}"
    door.submit(PlaceOrder(terms.account_id, terms.symbol, terms.side, LIMIT, name, quantity, terms.price))


KINDS: Final = (
    Kind(
        name="partial-fill",
        family="order fills",
        priority="P0",
        summary="A part of the order is filled at its acceptance; the remainder stays, is filled, or is ended.",
        correct_bot=BY_FILLS,
        params=PartialFillParams,
        make=PartialFill,
        purposes=PLACEMENTS,
        evidence=("ccxt/ccxt#3851", "ccxt/node-binance-api#194", "askmike/gekko#2405", "freqtrade/freqtrade#13537"),
    ),
    Kind(
        name="partial-fill-then-cancel",
        family="order fills",
        priority="P0",
        summary="A part of the order is filled, then the venue ends it: over, and not for nothing.",
        correct_bot=BY_FILLS,
        params=PartThenCancelParams,
        make=PartialFill,
        purposes=PLACEMENTS,
        evidence=("ccxt/ccxt#3851", "binance-exchange/binance-java-api#271", "freqtrade/freqtrade#13537"),
    ),
    Kind(
        name="partial-fill-dust",
        family="order fills",
        priority="P1",
        summary="All of the order is filled but a remainder too small to be sold.",
        correct_bot="Adds the remainder to its position or marks it as dust; does not loop on refusals.",
        params=DustParams,
        make=Dust,
        purposes=PLACEMENTS,
        evidence=("freqtrade/freqtrade#3622", "freqtrade/freqtrade#2877", "freqtrade/freqtrade#7586"),
    ),
)
