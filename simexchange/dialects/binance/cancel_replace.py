"""Cancel an order and send a new one in one request, and tell what became of either half.

What can be seen without the book (parameters, filters, the order count) is looked at before anything happens, and
refuses the request as a whole; from then on each half succeeds or fails for itself, and the new order counts as one
even if it was not tried. Source: Binance REST, "Cancel an
Existing Order and Send a New Order", with its table of outcomes; WebSocket API, the same.
"""

from typing import Final

from msgspec.structs import replace

from simexchange.dialects.binance import errors, params
from simexchange.dialects.binance.context import Context, Operation, Security
from simexchange.dialects.binance.errors import BinanceRefusal
from simexchange.dialects.binance.order_command import order_command
from simexchange.dialects.binance.order_types import TYPE_RULES, TypeRule
from simexchange.dialects.binance.params import Args, Param
from simexchange.dialects.binance.shapes import Json
from simexchange.dialects.binance.trading import (
    CANCEL_RESTRICTIONS,
    ORDER_PARAMS,
    cancel_one,
    refuse_order,
    submit_order,
)
from simexchange.domain.commands import PlaceOrder
from simexchange.domain.events import OrderRejected
from simexchange.venue.market import Market

SUCCESS: Final = "SUCCESS"
FAILURE: Final = "FAILURE"
NOT_ATTEMPTED: Final = "NOT_ATTEMPTED"
STOP_ON_FAILURE: Final = "STOP_ON_FAILURE"
CANCEL_ONLY: Final = "CANCEL_ONLY"


def cancel_replace(context: Context, args: Args) -> object:
    """POST /api/v3/order/cancelReplace, order.cancelReplace."""
    market = context.symbols.market(args["symbol"])
    rule = TYPE_RULES[args["type"]]
    if "cancelOrderId" not in args and "cancelOrigClientOrderId" not in args:
        raise BinanceRefusal(errors.EITHER_MANDATORY, "cancelOrigClientOrderId", "cancelOrderId")
    command = order_command(context, market, args, rule)
    _check_filters(context, command, rule)
    too_many = _count_refusal(context, command)
    if too_many is not None and args.get("orderRateLimitExceededMode") != CANCEL_ONLY:
        raise too_many
    canceled, cancel_refusal = _cancel(context, market, args)
    stops = args["cancelReplaceMode"] == STOP_ON_FAILURE
    if cancel_refusal is not None and stops:
        context.dialect.limits.count_unplaced(command.account_id, context.now_ns)
        raise _failed(canceled, NOT_ATTEMPTED, None, whole=True, too_many=too_many)
    placed, place_refusal = _place(context, args, command, rule, too_many)
    if place_refusal is None and cancel_refusal is None:
        return _outcome(SUCCESS, SUCCESS, canceled, placed)
    new_order = SUCCESS if place_refusal is None else FAILURE
    both_failed = cancel_refusal is not None and place_refusal is not None
    cancel = SUCCESS if cancel_refusal is None else FAILURE
    told = too_many if stops else None
    raise _failed(canceled, new_order, placed, whole=both_failed, cancel=cancel, too_many=told)


def _check_filters(context: Context, command: PlaceOrder, rule: TypeRule) -> None:
    """Filters come first, with the old order still open. What only the matching engine sees waits for its turn."""
    event = context.door.submit(replace(command, test_only=True)).events[0]
    if isinstance(event, OrderRejected) and errors.REJECTS[event.reason].code != errors.REJECTED_BALANCE.code:
        refuse_order(event.reason, rule)


def _count_refusal(context: Context, command: PlaceOrder) -> BinanceRefusal | None:
    try:
        context.dialect.limits.check_orders(command.account_id, 1, context.now_ns)
    except BinanceRefusal as refusal:
        return refusal
    return None


def _cancel(context: Context, market: Market, args: Args) -> tuple[Json, BinanceRefusal | None]:
    """The answer to the cancel, and the refusal if it is one."""
    order_id, client_order_id = args.get("cancelOrderId"), args.get("cancelOrigClientOrderId")
    request_id = args.get("cancelNewClientOrderId")
    try:
        return cancel_one(context, args, market, order_id, client_order_id, request_id), None
    except BinanceRefusal as refusal:
        return refusal.body, refusal


def _place(
    context: Context, args: Args, command: PlaceOrder, rule: TypeRule, too_many: BinanceRefusal | None
) -> tuple[object, BinanceRefusal | None]:
    """The answer to the new order, and the refusal if it is one."""
    if too_many is not None:
        return too_many.body, too_many
    try:
        return submit_order(context, args, command, rule), None
    except BinanceRefusal as refusal:
        context.dialect.limits.count_unplaced(command.account_id, context.now_ns)
        return refusal.body, refusal


def _outcome(cancel: str, new_order: str, canceled: object, placed: object) -> Json:
    return {
        "cancelResult": cancel,
        "newOrderResult": new_order,
        "cancelResponse": canceled,
        "newOrderResponse": placed,
    }


def _failed(
    canceled: object,
    new_order: str,
    placed: object,
    *,
    whole: bool,
    cancel: str = FAILURE,
    too_many: BinanceRefusal | None = None,
) -> BinanceRefusal:
    """Too many orders give the whole answer their status, and the time to come back."""
    entry = errors.REPLACE_FAILED if whole else errors.REPLACE_FAILED_PARTLY
    data = _outcome(cancel, new_order, canceled, placed)
    if too_many is None:
        return BinanceRefusal(entry, data=data)
    return BinanceRefusal(entry, data=data, status=too_many.status, retry_after_ns=too_many.retry_after_ns)


def _modes(*words: str) -> params.Reader:
    return params.choice({word: word for word in words})


_HEAD: Final = 3
"""symbol, side and type come first; the mode is documented right behind them."""
OPERATIONS: Final = (
    Operation(
        "Cancel an existing order and send a new order",
        "POST /api/v3/order/cancelReplace",
        "order.cancelReplace",
        Security.TRADE,
        1,
        (
            *ORDER_PARAMS[:_HEAD],
            Param("cancelReplaceMode", _modes(STOP_ON_FAILURE, "ALLOW_FAILURE"), mandatory=True),
            *ORDER_PARAMS[_HEAD:],
            Param("cancelNewClientOrderId", params.client_id),
            Param("cancelOrigClientOrderId", params.client_id),
            Param("cancelOrderId", params.long),
            CANCEL_RESTRICTIONS,
            Param("orderRateLimitExceededMode", _modes("DO_NOTHING", CANCEL_ONLY)),
        ),
        cancel_replace,
        orders=1,
        free_when_successful=True,
    ),
)
