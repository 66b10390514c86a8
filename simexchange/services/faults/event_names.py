"""What happened on a venue by the names that rules and scenarios know: order_accepted, order_filled, trade ..."""

from collections.abc import Iterator
from typing import Final

from simexchange.domain.commands import RejectRequest
from simexchange.domain.enums import FILLED
from simexchange.domain.events import (
    Batch,
    OrderAccepted,
    OrderAmended,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderTriggered,
    Trade,
    TradingStatusChanged,
)
from simexchange.domain.ids import AccountId
from simexchange.domain.order import OrderTerms
from simexchange.services.faults.facts import OrderFacts
from simexchange.services.faults.stage import FaultyDoor

NAMES: Final = (
    "order_accepted",
    "order_rejected",
    "order_triggered",
    "order_amended",
    "order_canceled",
    "order_expired",
    "order_partly_filled",
    "order_filled",
    "trade",
    "trading_status_changed",
)
_OF_ORDERS: Final = {
    OrderAccepted: "order_accepted",
    OrderTriggered: "order_triggered",
    OrderAmended: "order_amended",
    OrderCanceled: "order_canceled",
    OrderExpired: "order_expired",
}


def names_of(door: FaultyDoor, batch: Batch) -> Iterator[tuple[str, OrderFacts | None]]:
    """Each event of a batch that has a name, with the order it is about; what house accounts do among themselves is not
    told, except as ``trade``.
    """
    for event in batch.events:
        name = _OF_ORDERS.get(type(event))
        if name is not None:
            facts = facts_of(door, event.order)  # type: ignore[union-attr]  # every class in the table has one
            if facts is not None:
                yield name, facts
        elif isinstance(event, Trade):
            yield "trade", None
            for execution in (event.taker, event.maker):
                facts = facts_of(door, execution.order)
                if facts is not None:
                    yield ("order_filled" if execution.status is FILLED else "order_partly_filled"), facts
        elif isinstance(event, OrderRejected):
            yield "order_rejected", _rejected(door, batch, event)
        elif isinstance(event, TradingStatusChanged):
            yield "trading_status_changed", None


def facts_of(door: FaultyDoor, terms: OrderTerms) -> OrderFacts | None:
    """The facts of an order, or None for one of the house."""
    name = _owner(door, terms.account_id)
    if name is None:
        return None
    return OrderFacts(
        door.name, name, terms.account_id, terms.symbol, terms.side, terms.order_id, terms.client_order_id
    )


def _rejected(door: FaultyDoor, batch: Batch, event: OrderRejected) -> OrderFacts | None:
    command = batch.command.request if isinstance(batch.command, RejectRequest) else batch.command
    name = _owner(door, event.account_id)
    side = getattr(command, "side", None)
    if name is None or side is None:
        return None
    client_order_id = getattr(command, "client_order_id", "")
    return OrderFacts(door.name, name, event.account_id, event.symbol, side, 0, client_order_id)


def _owner(door: FaultyDoor, account_id: AccountId) -> str | None:
    account = door.venue.accounts.get(account_id)
    return None if account is None or account.house else account.name
