"""Order amend keep priority: a smaller quantity in place, and the history of such changes.

Source: Binance REST, "Order Amend Keep Priority", "Query Order Amendments"; "Order Amend Keep Priority FAQ".
"""

from typing import Final

from simexchange.dialects.base import Fidelity
from simexchange.dialects.binance import errors, list_shapes, order_shapes, params
from simexchange.dialects.binance.account import own
from simexchange.dialects.binance.context import Context, Operation, Security
from simexchange.dialects.binance.errors import BinanceRefusal
from simexchange.dialects.binance.order_history import LIMIT, window
from simexchange.dialects.binance.params import PRECISION_EXCEEDED, Args, Param
from simexchange.dialects.binance.trading import SYMBOL
from simexchange.domain.commands import AmendOrder
from simexchange.domain.events import AmendRejected, OrderAmended


def amend_order(context: Context, args: Args) -> object:
    """PUT /api/v3/order/amend/keepPriority, order.amend.keepPriority."""
    market = context.symbols.market(args["symbol"])
    order_id, client_order_id = args.get("orderId"), args.get("origClientOrderId")
    if order_id is None and client_order_id is None:
        raise BinanceRefusal(errors.EITHER_MANDATORY, "origClientOrderId", "orderId")
    quantity = args["newQty"]
    if quantity == PRECISION_EXCEEDED:
        raise BinanceRefusal(errors.TOO_PRECISE, "newQty")
    if quantity == 0:
        raise BinanceRefusal(errors.INVALID_QUANTITY)
    account_id = context.owner.account_id
    name = args.get("newClientOrderId") or context.dialect.next_client_order_id()
    command = AmendOrder(
        account_id, market.symbol, order_id, client_order_id, quantity, keep_priority=True, new_client_order_id=name
    )
    batch = context.door.submit(command)
    event = batch.events[0]
    if isinstance(event, AmendRejected):
        raise BinanceRefusal(errors.AMEND_REJECTS[event.reason])
    assert isinstance(event, OrderAmended)
    reply: dict[str, object] = {
        "transactTime": context.time(batch.ts_ns),
        "executionId": event.execution_id,
        "amendedOrder": order_shapes.amended_order(args["symbol"], event, context.unit_ns),
    }
    if event.order.list_id is not None:
        found = context.venue.views.order_list(account_id, event.order.list_id)
        assert found is not None, "the order is part of it"
        reply["listStatus"] = list_shapes.amended_list(args["symbol"], found.order_list)
    return reply


def amendments(context: Context, args: Args) -> object:
    """GET /api/v3/order/amendments, order.amendments: of one order, the first one first."""
    market = context.symbols.market(args["symbol"])
    order_id, first = args["orderId"], args.get("fromExecutionId", 0)
    if context.venue.views.order(context.owner.account_id, market.symbol, order_id) is None:
        return []
    entries = context.dialect.chronicle.amendments(market.symbol, order_id)
    chosen = [entry for entry in entries if entry.event.execution_id >= first]
    return [
        order_shapes.amendment(args["symbol"], entry, context.unit_ns)
        for entry in window(chosen, args, oldest_first=True)
    ]


OPERATIONS: Final = (
    Operation(
        "Order amend keep priority",
        "PUT /api/v3/order/amend/keepPriority",
        "order.amend.keepPriority",
        Security.TRADE,
        4,
        (
            SYMBOL,
            Param("orderId", params.long),
            Param("origClientOrderId", params.client_id),
            Param("newClientOrderId", params.client_id),
            Param("newQty", params.decimal, mandatory=True),
        ),
        amend_order,
        fidelity=Fidelity.SIMPLIFIED,
        note="a quantity that is filled already is refused; the venue's answer to it is not documented",
    ),
    own(
        "Query order amendments",
        "order/amendments",
        "order.amendments",
        4,
        amendments,
        SYMBOL,
        Param("orderId", params.long, mandatory=True),
        Param("fromExecutionId", params.long),
        LIMIT,
    ),
)
