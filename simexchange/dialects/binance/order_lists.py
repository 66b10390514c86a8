"""Order lists: OCO, OTO, OTOCO, OPO, OPOCO and the OCO of old are placed and canceled.

The orders of a list are read as plain ones under longer names. Of a pair the stop loss comes first, whichever side of
the market it is on, as in all documented replies. Source: Binance REST, "Order lists"; WebSocket API, the same.
"""

from typing import Final, NoReturn

from simexchange.dialects.binance import errors, list_params, list_shapes, order_shapes, params
from simexchange.dialects.binance.context import Context, Handler, Operation, Security
from simexchange.dialects.binance.errors import BinanceRefusal, Entry
from simexchange.dialects.binance.order_command import Words, order_command
from simexchange.dialects.binance.order_types import TYPE_RULES, TypeRule
from simexchange.dialects.binance.params import Args, Param
from simexchange.dialects.binance.trading import SYMBOL, refuse_order, trailing_since
from simexchange.domain.commands import CancelOrderList, PlaceOrder, PlaceOrderList
from simexchange.domain.enums import BUY, SELL, Contingency, Side, TriggerKind
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import CancelRejected, OrderAccepted, OrderListPlaced, OrderListRejected
from simexchange.venue.market import Market

_MISPLACED: Final[dict[tuple[Side, bool, TriggerKind | None], Entry]] = {
    (BUY, True, None): errors.OCO_BUY_LIMIT,
    (BUY, True, TriggerKind.TAKE_PROFIT): errors.OCO_BUY_PROFIT,
    (BUY, False, TriggerKind.STOP): errors.OCO_BUY_STOP,
    (SELL, True, TriggerKind.STOP): errors.OCO_SELL_STOP,
    (SELL, False, None): errors.OCO_SELL_LIMIT,
    (SELL, False, TriggerKind.TAKE_PROFIT): errors.OCO_SELL_PROFIT,
}
"""(side, whether it is the order above, what triggers it) -> what the venue says to that."""


class _Leg:
    """One order of a list as it was asked for."""

    __slots__ = ("command", "rule")

    def __init__(
        self, context: Context, market: Market, args: Args, words: Words, rule: TypeRule, *, sized: bool = True
    ) -> None:
        own = {name: args[word] for name, word in words.items() if word in args}
        self.rule = rule
        self.command: PlaceOrder = order_command(context, market, own, rule, words, sized=sized)


def place_oco(context: Context, args: Args) -> object:
    """POST /api/v3/orderList/oco, orderList.place.oco."""
    market = context.symbols.market(args["symbol"])
    legs = _pair(context, market, args, list_params.ABOVE, list_params.BELOW)
    return _submit(context, args, market, Contingency.OCO, legs)


def place_old_oco(context: Context, args: Args) -> object:
    """POST /api/v3/order/oco (deprecated), orderList.place: a limit order and a stop loss on its other side."""
    market = context.symbols.market(args["symbol"])
    if "stopLimitPrice" in args and "stopLimitTimeInForce" not in args:
        raise BinanceRefusal(errors.ALSO_NEEDED, "stopLimitTimeInForce")
    stop_rule = TYPE_RULES["STOP_LOSS_LIMIT" if "stopLimitPrice" in args else "STOP_LOSS"]
    stop = _Leg(context, market, args, list_params.OLD_STOP, stop_rule)
    limit = _Leg(context, market, args, list_params.OLD_LIMIT, TYPE_RULES["LIMIT_MAKER"])
    return _submit(context, args, market, Contingency.OCO, [stop, limit])


def place_oto(context: Context, args: Args) -> object:
    """POST /api/v3/orderList/oto, orderList.place.oto."""
    market = context.symbols.market(args["symbol"])
    legs = [_working(context, market, args), _pending(context, market, args)]
    return _submit(context, args, market, Contingency.OTO, legs)


def place_otoco(context: Context, args: Args) -> object:
    """POST /api/v3/orderList/otoco, orderList.place.otoco."""
    market = context.symbols.market(args["symbol"])
    legs = [_working(context, market, args), *_pending_pair(context, market, args)]
    return _submit(context, args, market, Contingency.OTO, legs)


def place_opo(context: Context, args: Args) -> object:
    """POST /api/v3/orderList/opo, orderList.place.opo: the pending order sells what the working one bought."""
    market = _check_opo(context, args)
    legs = [_working(context, market, args), _pending(context, market, args, sized=False)]
    return _submit(context, args, market, Contingency.OTO, legs, pays_other=True)


def place_opoco(context: Context, args: Args) -> object:
    """POST /api/v3/orderList/opoco, orderList.place.opoco."""
    market = _check_opo(context, args)
    legs = [_working(context, market, args), *_pending_pair(context, market, args, sized=False)]
    return _submit(context, args, market, Contingency.OTO, legs, pays_other=True)


def _check_opo(context: Context, args: Args) -> Market:
    market = context.symbols.market(args["symbol"])
    if args["workingSide"] is not BUY:
        raise BinanceRefusal(errors.OPO_WORKING_SELLS)
    if args["pendingSide"] is not SELL:
        raise BinanceRefusal(errors.OPO_PENDING_BUYS)
    return market


def _working(context: Context, market: Market, args: Args) -> _Leg:
    return _Leg(context, market, args, list_params.WORKING, TYPE_RULES[args["workingType"]])


def _pending(context: Context, market: Market, args: Args, *, sized: bool = True) -> _Leg:
    return _Leg(context, market, args, list_params.PENDING, TYPE_RULES[args["pendingType"]], sized=sized)


def _pending_pair(context: Context, market: Market, args: Args, *, sized: bool = True) -> list[_Leg]:
    return _pair(context, market, args, list_params.PENDING_ABOVE, list_params.PENDING_BELOW, sized=sized)


def _pair(
    context: Context, market: Market, args: Args, above: Words, below: Words, *, sized: bool = True
) -> list[_Leg]:
    """The orders above and below the market, the stop loss first; refused if they are no OCO."""
    rules = [TYPE_RULES[args[words["type"]]] for words in (above, below)]
    for rule in rules:
        if rule.word in ("LIMIT", "MARKET"):
            raise BinanceRefusal(errors.OCO_TYPE)
    if rules[0].kind is None and rules[1].kind is None:
        raise BinanceRefusal(errors.OCO_BOTH_LIMIT)
    for rule, is_above in zip(rules, (True, False), strict=True):
        misplaced = _MISPLACED.get((args[above["side"]], is_above, rule.kind))
        if misplaced is not None:
            raise BinanceRefusal(misplaced)
    legs = [
        _Leg(context, market, args, words, rule, sized=sized) for words, rule in zip((above, below), rules, strict=True)
    ]
    return legs if rules[0].kind is TriggerKind.STOP else legs[::-1]


def _submit(
    context: Context,
    args: Args,
    market: Market,
    contingency: Contingency,
    legs: list[_Leg],
    *,
    pays_other: bool = False,
) -> object:
    account_id, unit_ns = context.owner.account_id, context.unit_ns
    context.dialect.limits.check_orders(account_id, len(legs), context.now_ns)
    commands = tuple(leg.command for leg in legs)
    command = PlaceOrderList(
        account_id,
        market.symbol,
        args.get("listClientOrderId") or context.dialect.next_client_order_id(),
        contingency,
        commands,
        pays_other,
        # The stop loss leads its pair, and of sells it is the one below.
        below_first=commands[-1].side is SELL,
    )
    batch = context.door.submit(command)
    placed = batch.events[0]
    if isinstance(placed, OrderListRejected):
        _refuse(placed, market, legs, command)
    assert isinstance(placed, OrderListPlaced)
    symbol, response = args["symbol"], args.get("newOrderRespType", "RESULT")
    reply = list_shapes.order_list(symbol, placed.order_list, list_shapes.EXECUTING, batch.ts_ns, unit_ns)
    accepted = [event for event in batch.events if isinstance(event, OrderAccepted)]
    if response == "ACK":
        reply["orderReports"] = [order_shapes.order_ack(symbol, event.order, unit_ns) for event in accepted]
        return reply
    full = response == "FULL"
    reply["orderReports"] = [
        order_shapes.placed_order(
            symbol, event, batch.events, unit_ns, full=full, trailing_ns=trailing_since(context, event)
        )
        for event in accepted
    ]
    return reply


def _refuse(rejected: OrderListRejected, market: Market, legs: list[_Leg], command: PlaceOrderList) -> NoReturn:
    """Say which order is at fault, or which kind of list the symbol does not take."""
    if rejected.leg is not None:
        refuse_order(rejected.reason, legs[rejected.leg].rule)
    if rejected.reason is RejectReason.ORDER_LIST_UNSUPPORTED:
        taken = market.rules.order_lists
        if len(legs) - (command.contingency is Contingency.OTO) == 2 and Contingency.OCO not in taken:
            raise BinanceRefusal(errors.OCO_NOT_SUPPORTED)
        raise BinanceRefusal(errors.NOT_SUPPORTED, "OTO" if Contingency.OTO not in taken else "OPO")
    raise BinanceRefusal(errors.REJECTS[rejected.reason])


def cancel_list(context: Context, args: Args) -> object:
    """DELETE /api/v3/orderList, orderList.cancel."""
    market = context.symbols.market(args["symbol"])
    list_id, client_list_id = args.get("orderListId"), args.get("listClientOrderId")
    if list_id is None and client_list_id is None:
        raise BinanceRefusal(errors.EITHER_MANDATORY, "orderListId", "listClientOrderId")
    request_id = args.get("newClientOrderId") or context.dialect.next_client_order_id()
    command = CancelOrderList(context.owner.account_id, market.symbol, list_id, client_list_id, request_id)
    batch = context.door.submit(command)
    if isinstance(batch.events[0], CancelRejected):
        raise BinanceRefusal(errors.CANCEL_REJECTS[batch.events[0].reason])
    return list_shapes.canceled(args["symbol"], batch, context.unit_ns)[0]


def _placing(title: str, rest: str, ws: str, orders: int, parameters: tuple[Param, ...], handler: Handler) -> Operation:
    return Operation(
        title,
        f"POST /api/v3/{rest}",
        ws,
        Security.TRADE,
        1,
        parameters,
        handler,
        orders=orders,
        free_when_successful=True,
    )


_PLACE: Final = "orderList.place"
OPERATIONS: Final = (
    _placing("New OCO (deprecated)", "order/oco", _PLACE, 2, list_params.OLD_OCO_PARAMS, place_old_oco),
    _placing("New order list: OCO", "orderList/oco", f"{_PLACE}.oco", 2, list_params.OCO_PARAMS, place_oco),
    _placing("New order list: OTO", "orderList/oto", f"{_PLACE}.oto", 2, list_params.OTO_PARAMS, place_oto),
    _placing("New order list: OTOCO", "orderList/otoco", f"{_PLACE}.otoco", 3, list_params.OTOCO_PARAMS, place_otoco),
    _placing("New order list: OPO", "orderList/opo", f"{_PLACE}.opo", 2, list_params.OPO_PARAMS, place_opo),
    _placing("New order list: OPOCO", "orderList/opoco", f"{_PLACE}.opoco", 3, list_params.OPOCO_PARAMS, place_opoco),
    Operation(
        "Cancel order list",
        "DELETE /api/v3/orderList",
        "orderList.cancel",
        Security.TRADE,
        1,
        (
            SYMBOL,
            Param("orderListId", params.long),
            Param("listClientOrderId", params.client_id),
            Param("newClientOrderId", params.client_id),
        ),
        cancel_list,
        free_when_successful=True,
    ),
)
