"""The venue's events as the plain facts the reference exchange answers with.

Book and balance events are not facts: ``comparison.py`` keeps a mirror of each and compares those.
"""

from collections.abc import Callable
from typing import Any, Final

from properties.reference_state import Fact
from simexchange.domain import events
from simexchange.domain.enums import OrderStatus
from simexchange.domain.events import Batch


def _half(execution: events.Execution) -> Fact:
    return (
        execution.order.order_id,
        execution.leaves_quantity,
        execution.cum_quantity,
        execution.cum_quote,
        execution.prevented_quantity,
        execution.fee,
    )


FACTS: Final[dict[type, Callable[[Any], Fact]]] = {
    events.OrderAccepted: lambda e: (
        "accepted",
        e.order.order_id,
        e.order.quantity,
        e.order.price,
        e.status is OrderStatus.PENDING,
    ),
    events.OrderTriggered: lambda e: ("triggered", e.order.order_id, e.order.price),
    events.OrderReleased: lambda e: ("released", e.order.order_id, e.order.quantity, e.order.price),
    events.OrderAmended: lambda e: (
        "amended",
        e.order.order_id,
        e.order.quantity,
        e.order.price,
        e.leaves_quantity,
        e.cum_quantity,
        e.order.client_order_id,
    ),
    events.AmendRejected: lambda e: ("amend_rejected", e.reason.value),
    events.OrderListPlaced: lambda e: ("list", e.order_list.list_id, tuple(leg for leg, _ in e.order_list.orders)),
    events.OrderListUpdated: lambda e: (
        "list_updated",
        e.order_list.list_id,
        tuple(name for _, name in e.order_list.orders),
    ),
    events.OrderListEnded: lambda e: ("list_ended", e.order_list.list_id),
    events.OrderListRejected: lambda e: ("list_rejected", e.reason.value, e.leg),
    events.ReferencePriceSet: lambda e: ("reference", e.source.value, e.price),
    events.OrderTested: lambda e: ("tested", e.maker_fee, e.taker_fee),
    events.OrderRejected: lambda e: ("rejected", e.reason.value),
    events.Trade: lambda e: ("trade", e.trade_id, e.price, e.quantity, _half(e.taker), _half(e.maker)),
    events.TradeBusted: lambda e: (
        "busted",
        e.trade_id,
        e.buyer,
        e.seller,
        e.quote,
        e.buyer_fee,
        e.seller_fee,
    ),
    events.TradePrevented: lambda e: (
        "prevented",
        e.prevented_id,
        e.taker.order_id,
        e.maker.order_id,
        e.taker_prevented_quantity,
        e.maker_prevented_quantity,
    ),
    events.OrderExpired: lambda e: (
        "expired",
        e.order.order_id,
        e.reason.value,
        e.leaves_quantity,
        e.cum_quantity,
        e.prevented_quantity,
        e.prevented_id,
    ),
    events.OrderCanceled: lambda e: (
        "canceled",
        e.order.order_id,
        e.reason.value,
        e.cum_quantity,
        e.prevented_quantity,
    ),
    events.CancelRejected: lambda e: ("cancel_rejected", e.reason.value),
    events.BalanceAdjusted: lambda e: ("adjusted", e.account_id, e.asset, e.delta),
    events.AccountCreated: lambda e: ("account", e.account_id),
    events.AccountStatusChanged: lambda e: ("account_status", e.account_id),
    events.FeesChanged: lambda e: ("fees", e.account_id),
    events.InstrumentListed: lambda e: ("listed", e.instrument.symbol),
    events.RulesChanged: lambda e: ("rules", e.symbol),
    events.TradingStatusChanged: lambda e: ("status", e.symbol),
    events.CommandRejected: lambda e: ("refused", e.reason.value),
}


def facts_of(batch: Batch) -> list[Fact]:
    return [FACTS[type(event)](event) for event in batch.events if type(event) in FACTS]
