"""Order entry: placing, testing, canceling. The wire's words become commands here, and batches become replies.

Source: Binance REST, "Trading endpoints"; WebSocket API, "Trading requests".
"""

from collections.abc import Mapping
from typing import Final, NoReturn

from simexchange.dialects.base import Fidelity
from simexchange.dialects.binance import errors, list_shapes, names, order_shapes, params, shapes
from simexchange.dialects.binance.context import Context, Operation, Security
from simexchange.dialects.binance.errors import BinanceRefusal
from simexchange.dialects.binance.order_command import order_command
from simexchange.dialects.binance.order_types import TYPE_RULES, TYPE_WORDS, TypeRule
from simexchange.dialects.binance.params import Args, Param
from simexchange.dialects.binance.shapes import Json
from simexchange.domain.commands import CancelAllOrders, CancelOrder, PlaceOrder
from simexchange.domain.enums import OrderStatus
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import CancelRejected, OrderAccepted, OrderRejected, OrderTested
from simexchange.venue.market import Market


def place_order(context: Context, args: Args) -> object:
    """POST /api/v3/order, order.place."""
    dialect = context.dialect
    market = dialect.symbols.market(args["symbol"])
    rule = TYPE_RULES[args["type"]]
    command = order_command(context, market, args, rule)
    dialect.limits.check_orders(command.account_id, 1, context.now_ns)
    return submit_order(context, args, command, rule)


def submit_order(context: Context, args: Args, command: PlaceOrder, rule: TypeRule) -> object:
    """Place an order and answer in the form asked for."""
    batch = context.door.submit(command)
    event = batch.events[0]
    if type(event) is not OrderAccepted:
        assert isinstance(event, OrderRejected)
        refuse_order(event.reason, rule)
    response = args.get("newOrderRespType") or rule.response
    if response == "ACK":
        return order_shapes.order_ack(args["symbol"], event.order, context.unit_ns)
    return order_shapes.placed_order(
        args["symbol"],
        event,
        batch.events,
        context.unit_ns,
        full=response == "FULL",
        trailing_ns=trailing_since(context, event),
    )


def trailing_since(context: Context, event: OrderAccepted) -> int:
    """When a new order began to trail, which the event that brought it comes too early to say."""
    terms = event.order
    if terms.trigger is None or not terms.trigger.is_trailing or event.status is OrderStatus.PENDING:
        return terms.trailing_ns
    order = context.venue.views.order(terms.account_id, terms.symbol, terms.order_id)
    return order.terms.trailing_ns if order is not None else terms.trailing_ns


def refuse_order(reason: RejectReason, rule: TypeRule) -> NoReturn:
    if reason in (RejectReason.TRIGGER_UNSUPPORTED, RejectReason.ORDER_TYPE_UNSUPPORTED):
        raise BinanceRefusal(errors.NOT_SUPPORTED, rule.title)
    raise BinanceRefusal(errors.REJECTS[reason])


def dry_run_order(context: Context, args: Args) -> object:
    """POST /api/v3/order/test, order.test: every check, no order."""
    market = context.symbols.market(args["symbol"])
    rule = TYPE_RULES[args["type"]]
    command = order_command(context, market, args, rule, test_only=True)
    event = context.door.submit(command).events[0]
    if not isinstance(event, OrderTested):
        assert isinstance(event, OrderRejected)
        refuse_order(event.reason, rule)
    if not args.get("computeCommissionRates"):
        return {}
    return {
        "standardCommissionForOrder": shapes.commission(event.maker_fee, event.taker_fee),
        "specialCommissionForOrder": shapes.commission(0, 0),
        "taxCommissionForOrder": shapes.commission(0, 0),
        "discount": shapes.DISCOUNT,
    }


def cancel_order(context: Context, args: Args) -> object:
    """DELETE /api/v3/order, order.cancel: the order, or the whole order list it is part of."""
    market = context.symbols.market(args["symbol"])
    order_id, client_order_id = args.get("orderId"), args.get("origClientOrderId")
    if order_id is None and client_order_id is None:
        raise BinanceRefusal(errors.EITHER_MANDATORY, "origClientOrderId", "orderId")
    return cancel_one(context, args, market, order_id, client_order_id, args.get("newClientOrderId"))


def cancel_one(
    context: Context,
    args: Args,
    market: Market,
    order_id: int | None,
    client_order_id: str | None,
    request_id: str | None,
) -> Json:
    restriction: OrderStatus | None = args.get("cancelRestrictions")
    account_id = context.owner.account_id
    if restriction is not None:
        order = context.venue.views.order(account_id, market.symbol, order_id, client_order_id)
        if order is not None and order.status.is_open and order.status is not restriction:
            raise BinanceRefusal(errors.CANCEL_RESTRICTED)
    request_id = request_id or context.dialect.next_client_order_id()
    batch = context.door.submit(CancelOrder(account_id, market.symbol, order_id, client_order_id, request_id))
    if isinstance(batch.events[0], CancelRejected):
        raise BinanceRefusal(errors.CANCEL_REJECTS[batch.events[0].reason])
    return list_shapes.canceled(args["symbol"], batch, context.unit_ns)[0]


def cancel_open_orders(context: Context, args: Args) -> object:
    """DELETE /api/v3/openOrders, openOrders.cancelAll: all orders and order lists of one symbol."""
    market = context.symbols.market(args["symbol"])
    request_id = context.dialect.next_client_order_id()
    batch = context.door.submit(CancelAllOrders(context.owner.account_id, market.symbol, request_id))
    if isinstance(batch.events[0], CancelRejected):
        raise BinanceRefusal(errors.CANCEL_REJECTS[batch.events[0].reason])
    return list_shapes.canceled(args["symbol"], batch, context.unit_ns)


def dry_run_weight(texts: Mapping[str, str]) -> int:
    return 20 if texts.get("computeCommissionRates", "").lower() == "true" else 1


SYMBOL: Final = Param("symbol", params.symbol, mandatory=True)
SIDE: Final = params.choice(names.SIDES, errors.BAD_SIDE)
TYPE: Final = params.choice(TYPE_WORDS, errors.BAD_ORDER_TYPE)
TIME_IN_FORCE: Final = params.choice(names.TIMES_IN_FORCE, errors.BAD_TIME_IN_FORCE)
PEG_PRICE_TYPE: Final = params.choice(names.PEG_REFERENCES, errors.BAD_PEG_PRICE_TYPE)
PEG_OFFSET_TYPE: Final = params.choice({names.PEG_OFFSET: names.PEG_OFFSET}, errors.BAD_PEG_OFFSET_TYPE)
RESPONSE: Final = Param("newOrderRespType", params.choice({word: word for word in ("ACK", "RESULT", "FULL")}))
SELF_TRADE_PREVENTION: Final = Param(
    "selfTradePreventionMode",
    params.choice(names.SELF_TRADE_PREVENTIONS),
    fidelity=Fidelity.SIMPLIFIED,
    note="no groups of accounts: TRANSFER works as the venue's does within one account, as DECREMENT",
)
CANCEL_RESTRICTIONS: Final = Param(
    "cancelRestrictions",
    params.choice(
        {"ONLY_NEW": OrderStatus.NEW, "ONLY_PARTIALLY_FILLED": OrderStatus.PARTIALLY_FILLED},
        errors.BAD_CANCEL_RESTRICTIONS,
    ),
)
COMMISSION_RATES: Final = Param("computeCommissionRates", params.boolean)

ORDER_PARAMS: Final = (
    SYMBOL,
    Param("side", SIDE, mandatory=True),
    Param("type", TYPE, mandatory=True),
    Param("timeInForce", TIME_IN_FORCE),
    Param("quantity", params.decimal),
    Param("quoteOrderQty", params.decimal),
    Param("price", params.decimal),
    Param("newClientOrderId", params.client_id),
    Param("strategyId", params.long),
    Param("strategyType", params.strategy_type),
    Param("stopPrice", params.decimal),
    Param("trailingDelta", params.long),
    Param("icebergQty", params.decimal),
    RESPONSE,
    SELF_TRADE_PREVENTION,
    Param("pegPriceType", PEG_PRICE_TYPE),
    Param("pegOffsetValue", params.long),
    Param("pegOffsetType", PEG_OFFSET_TYPE),
)

OPERATIONS: Final = (
    Operation(
        "New order",
        "POST /api/v3/order",
        "order.place",
        Security.TRADE,
        1,
        ORDER_PARAMS,
        place_order,
        orders=1,
        free_when_successful=True,
    ),
    Operation(
        "Test new order",
        "POST /api/v3/order/test",
        "order.test",
        Security.TRADE,
        dry_run_weight,
        (*ORDER_PARAMS, COMMISSION_RATES),
        dry_run_order,
    ),
    Operation(
        "Cancel order",
        "DELETE /api/v3/order",
        "order.cancel",
        Security.TRADE,
        1,
        (
            SYMBOL,
            Param("orderId", params.long),
            Param("origClientOrderId", params.client_id),
            Param("newClientOrderId", params.client_id),
            CANCEL_RESTRICTIONS,
        ),
        cancel_order,
        free_when_successful=True,
    ),
    Operation(
        "Cancel all open orders on a symbol",
        "DELETE /api/v3/openOrders",
        "openOrders.cancelAll",
        Security.TRADE,
        1,
        (SYMBOL,),
        cancel_open_orders,
        free_when_successful=True,
    ),
)
