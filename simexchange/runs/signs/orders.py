"""What the engine says about a bot's orders, and what the venue says before the engine hears of them."""

from typing import ClassVar, Final

from simexchange.domain.commands import PlaceOrderList
from simexchange.domain.enums import CancelReason, Side
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import (
    Batch,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderListRejected,
    OrderRejected,
    Trade,
    TradePrevented,
)
from simexchange.domain.ids import AccountId
from simexchange.domain.order import OrderTerms
from simexchange.runs.signs.seen import Detector, Heard, See, Sighting
from simexchange.services.faults.facts import PLACEMENTS
from simexchange.services.faults.stage import FaultyDoor
from simexchange.services.journal import BatchEntry, RequestEntry
from simexchange.services.outcomes import ORDER_FAULTS, Answer
from simexchange.world import World

FILTERS: Final = frozenset(
    {
        RejectReason.PRICE_TOO_LOW,
        RejectReason.PRICE_TOO_HIGH,
        RejectReason.PRICE_OFF_TICK,
        RejectReason.PRICE_OUTSIDE_BAND,
        RejectReason.QUANTITY_TOO_SMALL,
        RejectReason.QUANTITY_TOO_LARGE,
        RejectReason.QUANTITY_OFF_LOT,
        RejectReason.MARKET_QUANTITY_TOO_SMALL,
        RejectReason.MARKET_QUANTITY_TOO_LARGE,
        RejectReason.MARKET_QUANTITY_OFF_LOT,
        RejectReason.NOTIONAL_TOO_SMALL,
        RejectReason.NOTIONAL_TOO_LARGE,
        RejectReason.ICEBERG_EXCEEDS_QUANTITY,
        RejectReason.ICEBERG_PARTS_EXCEEDED,
        RejectReason.TRAIL_OUT_OF_RANGE,
        RejectReason.OPEN_ORDERS_EXCEEDED,
        RejectReason.TRIGGERED_ORDERS_EXCEEDED,
        RejectReason.ICEBERG_ORDERS_EXCEEDED,
        RejectReason.ORDER_LISTS_EXCEEDED,
        RejectReason.AMENDS_EXCEEDED,
        RejectReason.POSITION_EXCEEDED,
    }
)
"""Reasons that are rules of the instrument, which a bot can read."""


class Orders(Detector):
    signs: ClassVar = (
        "order_rejected",
        "filter_rejected",
        "insufficient_balance",
        "oversell",
        "self_trade",
        "order_placed",
        "order_canceled",
        "all_orders_canceled",
    )

    def __init__(self, world: World, see: See) -> None:
        super().__init__(world, see)
        self._rejected: dict[tuple[str, str], int] = {}
        """The latest reject of the engine's for an account, as an entry of the journal."""

    def batch(self, door: FaultyDoor, entry: BatchEntry) -> None:
        closing: dict[AccountId, None] = {}
        for event in entry.batch.events:
            match event:
                case OrderRejected() | OrderListRejected():
                    self._reject(door, entry, event)
                case OrderAccepted(order=order):
                    self._say("order_placed", door, entry, order)
                case OrderCanceled(order=order, reason=reason):
                    closing[order.account_id] = None
                    if reason is CancelReason.REQUESTED:
                        self._say("order_canceled", door, entry, order)
                case OrderExpired(order=order):
                    closing[order.account_id] = None
                case Trade(taker=taker, maker=maker):
                    closing |= dict.fromkeys((taker.order.account_id, maker.order.account_id))
                    if taker.order.account_id == maker.order.account_id:
                        self._say("self_trade", door, entry, taker.order)
                case TradePrevented(taker=taken):
                    self._say("self_trade", door, entry, taken)
        for account_id in closing:
            name = self.owner(door.name, account_id)
            if name and not door.venue.views.open_orders(account_id):
                self.see(Sighting("all_orders_canceled", entry.ts_ns, (entry.seq,), door.name, name))

    def request(self, heard: Heard, entry: RequestEntry) -> None:  # noqa: ARG002
        """An order turned away before the engine: one that does not fit the instrument's decimals, for example."""
        if heard.call.purpose not in PLACEMENTS or heard.trouble or heard.answer not in ORDER_FAULTS:
            return
        if self._rejected.get((heard.venue, heard.account), 0) > heard.seq:
            return
        self.see(heard.sighting("order_rejected"))
        if heard.answer is Answer.FILTER:
            self.see(heard.sighting("filter_rejected"))
        if heard.answer is Answer.BALANCE:
            self.see(heard.sighting("insufficient_balance"))

    def _reject(self, door: FaultyDoor, entry: BatchEntry, event: OrderRejected | OrderListRejected) -> None:
        name = self.owner(door.name, event.account_id)
        if not name or getattr(entry.batch.command, "test_only", False):
            return
        self._rejected[door.name, name] = entry.seq
        signs = ["order_rejected"]
        if event.reason in FILTERS:
            signs.append("filter_rejected")
        if event.reason is RejectReason.INSUFFICIENT_BALANCE:
            signs.append("insufficient_balance")
            if _sells(entry.batch, event):
                signs.append("oversell")
        client_order_id = getattr(entry.batch.command, "client_order_id", "")
        text = f"{event.symbol} {client_order_id}: {event.rule or event.reason.value}"
        for sign in signs:
            self.see(
                Sighting(sign, entry.ts_ns, (entry.seq,), door.name, name, client_order_id=client_order_id, text=text)
            )

    def _say(self, sign: str, door: FaultyDoor, entry: BatchEntry, order: OrderTerms) -> None:
        name = self.owner(door.name, order.account_id)
        if name:
            self.see(
                Sighting(
                    sign,
                    entry.ts_ns,
                    (entry.seq,),
                    door.name,
                    name,
                    order_id=order.order_id,
                    client_order_id=order.client_order_id,
                    text=f"{order.symbol} {order.client_order_id}",
                )
            )


def _sells(batch: Batch, event: OrderRejected | OrderListRejected) -> bool:
    command = batch.command
    if isinstance(command, PlaceOrderList):
        leg = event.leg if isinstance(event, OrderListRejected) and event.leg is not None else 0
        return command.legs[leg].side is Side.SELL
    return getattr(command, "side", None) is Side.SELL
