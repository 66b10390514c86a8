"""Order entry: placing, testing, canceling. The wire's words become commands here, and batches become replies.

Source: Binance REST, "Trading endpoints"; WebSocket API, "Trading requests".
"""

from collections.abc import Mapping
from typing import Final, NoReturn

from simexchange.dialects.base import Coverage, Fidelity
from simexchange.dialects.binance import errors, names, params, shapes
from simexchange.dialects.binance.context import Context, Operation, Security
from simexchange.dialects.binance.errors import BinanceRefusal
from simexchange.dialects.binance.params import PRECISION_EXCEEDED, Args, Param
from simexchange.domain.commands import CancelAllOrders, CancelOrder, PlaceOrder
from simexchange.domain.enums import OrderStatus, OrderType, SelfTradePrevention, TimeInForce
from simexchange.domain.events import (
    CancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderTested,
)
from simexchange.venue.market import Market

_UNSUPPORTED_FEATURES: Final = {
    "icebergQty": "Iceberg",
    "trailingDelta": "Trailing stop",
    "pegPriceType": "Pegged",
}


_STOPS: Final = ("stopPrice", "trailingDelta")


class TypeRule:
    """What one order type of the wire needs, forbids and becomes. "Additional mandatory parameters".

    ``order_type`` None: not supported, and ``refused_as`` names it in the refusal. ``unwanted`` are the names worth
    a closer look: an order without them, and with all of ``needed``, passes at the first glance.
    """

    __slots__ = ("forbidden", "mandatory", "needed", "order_type", "post_only", "refused_as", "response", "unwanted")

    def __init__(
        self,
        order_type: OrderType | None,
        mandatory: tuple[str, ...],
        forbidden: tuple[str, ...],
        *,
        post_only: bool = False,
        response: str = "ACK",
        refused_as: str = "",
    ) -> None:
        self.order_type = order_type
        self.mandatory = mandatory
        self.forbidden = forbidden
        self.post_only = post_only
        self.response = response
        self.refused_as = refused_as
        self.needed = frozenset(mandatory)
        self.unwanted = frozenset({*forbidden, *_UNSUPPORTED_FEATURES, *_STOPS})


TYPE_RULES: Final[dict[str, TypeRule]] = {
    "LIMIT": TypeRule(
        OrderType.LIMIT,
        ("timeInForce", "quantity", "price"),
        ("quoteOrderQty", *_STOPS),
        response="FULL",
    ),
    "MARKET": TypeRule(OrderType.MARKET, (), ("timeInForce", "price", "icebergQty", *_STOPS), response="FULL"),
    "LIMIT_MAKER": TypeRule(
        OrderType.LIMIT, ("quantity", "price"), ("timeInForce", "quoteOrderQty", *_STOPS), post_only=True
    ),
    "STOP_LOSS": TypeRule(None, ("quantity",), ("timeInForce", "price", "quoteOrderQty"), refused_as="Stop loss"),
    "STOP_LOSS_LIMIT": TypeRule(
        None, ("timeInForce", "quantity", "price"), ("quoteOrderQty",), refused_as="Stop loss limit"
    ),
    "TAKE_PROFIT": TypeRule(None, ("quantity",), ("timeInForce", "price", "quoteOrderQty"), refused_as="Take profit"),
    "TAKE_PROFIT_LIMIT": TypeRule(
        None, ("timeInForce", "quantity", "price"), ("quoteOrderQty",), refused_as="Take profit limit"
    ),
}


def place_order(context: Context, args: Args) -> object:
    """POST /api/v3/order, order.place."""
    dialect = context.dialect
    market = dialect.symbols.market(args["symbol"])
    rule = TYPE_RULES[args["type"]]
    command = _command(context, args, market, rule)
    dialect.limits.check_orders(command.account_id, 1, context.now_ns)
    batch = dialect.door.submit(command)
    event = batch.events[0]
    if type(event) is not OrderAccepted:
        _refuse(event)
    response = args.get("newOrderRespType") or rule.response
    if response == "ACK":
        return shapes.order_ack(args["symbol"], event.order, context.unit_ns)
    return shapes.placed_order(args["symbol"], event, batch.events, context.unit_ns, full=response == "FULL")


def _refuse(event: object) -> NoReturn:
    assert isinstance(event, OrderRejected)
    raise BinanceRefusal(errors.REJECTS[event.reason])


def _command(context: Context, args: Args, market: Market, rule: TypeRule, *, test_only: bool = False) -> PlaceOrder:
    """The checks that depend on the order type, then the command."""
    order_type = rule.order_type
    if order_type is None or not rule.unwanted.isdisjoint(args) or not rule.needed <= args.keys():
        _refuse_names(args, rule)
    quantity, price, quote_quantity = args.get("quantity"), args.get("price", 0), args.get("quoteOrderQty")
    if order_type is None:
        raise BinanceRefusal(errors.NOT_SUPPORTED, rule.refused_as)
    if order_type is OrderType.MARKET:
        if quantity is None and quote_quantity is None:
            raise BinanceRefusal(errors.EITHER_MANDATORY, "quantity", "quoteOrderQty")
        if quantity is not None and quote_quantity is not None:
            raise BinanceRefusal(errors.NOT_REQUIRED, "quoteOrderQty")
    elif price == 0:
        raise BinanceRefusal(errors.INVALID_PRICE)
    if quantity == 0 or quote_quantity == 0:
        raise BinanceRefusal(errors.INVALID_QUANTITY)
    if PRECISION_EXCEEDED in (quantity, price, quote_quantity):
        raise BinanceRefusal(errors.TOO_PRECISE, _too_precise(args))
    return PlaceOrder(
        context.owner.account_id,
        market.symbol,
        args["side"],
        order_type,
        args.get("newClientOrderId") or context.dialect.next_client_order_id(),
        quantity or 0,
        price,
        (quote_quantity or 0) * 10 ** (market.instrument.quote.decimals - params.DECIMALS),
        args.get("timeInForce", TimeInForce.GTC),
        rule.post_only,
        args.get("selfTradePreventionMode"),
        args.get("strategyId"),
        args.get("strategyType"),
        test_only=test_only,
    )


def _refuse_names(args: Args, rule: TypeRule) -> None:
    """Say which parameter is one too many or missing, or that its feature is not to be had."""
    for name in rule.forbidden:
        if name in args:
            raise BinanceRefusal(errors.NOT_REQUIRED, name)
    for name in rule.mandatory:
        if name not in args and not (name == "price" and "pegPriceType" in args):
            raise BinanceRefusal(errors.MANDATORY, name)
    if rule.order_type is None and args.keys().isdisjoint(_STOPS):
        raise BinanceRefusal(errors.EITHER_MANDATORY, *_STOPS)
    for name in ("stopPrice", "icebergQty"):
        if args.get(name) == PRECISION_EXCEEDED:
            raise BinanceRefusal(errors.TOO_PRECISE, name)
    for name, feature in _UNSUPPORTED_FEATURES.items():
        if args.get(name):
            raise BinanceRefusal(errors.NOT_SUPPORTED, feature)


def _too_precise(args: Args) -> str:
    return next(name for name in ("quantity", "quoteOrderQty", "price") if args.get(name) == PRECISION_EXCEEDED)


def dry_run_order(context: Context, args: Args) -> object:
    """POST /api/v3/order/test, order.test: every check, no order."""
    market = context.symbols.market(args["symbol"])
    command = _command(context, args, market, TYPE_RULES[args["type"]], test_only=True)
    event = context.door.submit(command).events[0]
    if not isinstance(event, OrderTested):
        _refuse(event)
    if not args.get("computeCommissionRates"):
        return {}
    return {
        "standardCommissionForOrder": shapes.commission(event.maker_fee, event.taker_fee),
        "specialCommissionForOrder": shapes.commission(0, 0),
        "taxCommissionForOrder": shapes.commission(0, 0),
        "discount": shapes.DISCOUNT,
    }


def cancel_order(context: Context, args: Args) -> object:
    """DELETE /api/v3/order, order.cancel."""
    market = context.symbols.market(args["symbol"])
    order_id, client_order_id = args.get("orderId"), args.get("origClientOrderId")
    if order_id is None and client_order_id is None:
        raise BinanceRefusal(errors.EITHER_MANDATORY, "origClientOrderId", "orderId")
    restriction = args.get("cancelRestrictions")
    if restriction is not None:
        _check_restriction(context, market, args, restriction)
    request_id = args.get("newClientOrderId") or context.dialect.next_client_order_id()
    command = CancelOrder(context.owner.account_id, market.symbol, order_id, client_order_id, request_id)
    batch = context.door.submit(command)
    event = batch.events[0]
    if isinstance(event, CancelRejected):
        raise BinanceRefusal(errors.CANCEL_REJECTS[event.reason])
    assert isinstance(event, OrderCanceled)
    return shapes.canceled_order(args["symbol"], event, batch.ts_ns, context.unit_ns)


def _check_restriction(context: Context, market: Market, args: Args, allowed: OrderStatus) -> None:
    order = context.venue.views.order(
        context.owner.account_id, market.symbol, args.get("orderId"), args.get("origClientOrderId")
    )
    if order is not None and order.status.is_open and order.status is not allowed:
        raise BinanceRefusal(errors.CANCEL_RESTRICTED)


def cancel_open_orders(context: Context, args: Args) -> object:
    """DELETE /api/v3/openOrders, openOrders.cancelAll: all orders of one symbol."""
    market = context.symbols.market(args["symbol"])
    request_id = context.dialect.next_client_order_id()
    batch = context.door.submit(CancelAllOrders(context.owner.account_id, market.symbol, request_id))
    if isinstance(batch.events[0], CancelRejected):
        raise BinanceRefusal(errors.CANCEL_REJECTS[batch.events[0].reason])
    return [
        shapes.canceled_order(args["symbol"], event, batch.ts_ns, context.unit_ns)
        for event in batch.events
        if isinstance(event, OrderCanceled)
    ]


def _test_weight(texts: Mapping[str, str]) -> int:
    return 20 if texts.get("computeCommissionRates", "").lower() == "true" else 1


SYMBOL: Final = Param("symbol", params.symbol, mandatory=True)
_MISSING: Final = Fidelity.MISSING
_REFUSED: Final = "refused as on a symbol that does not enable it"
_RESPONSES: Final = {"ACK": "ACK", "RESULT": "RESULT", "FULL": "FULL"}
_STP: Final[dict[str, SelfTradePrevention]] = {
    **names.SELF_TRADE_PREVENTIONS,
    # Takes both orders' modes to be TRANSFER and a group of accounts; without one it is what the venue falls back to.
    "TRANSFER": SelfTradePrevention.DECREMENT,
}

ORDER_PARAMS: Final = (
    SYMBOL,
    Param("side", params.choice(names.SIDES, errors.BAD_SIDE), mandatory=True),
    Param("type", params.choice({word: word for word in TYPE_RULES}, errors.BAD_ORDER_TYPE), mandatory=True),
    Param("timeInForce", params.choice(names.TIMES_IN_FORCE, errors.BAD_TIME_IN_FORCE)),
    Param("quantity", params.decimal),
    Param("quoteOrderQty", params.decimal),
    Param("price", params.decimal),
    Param("newClientOrderId", params.client_id),
    Param("strategyId", params.long),
    Param("strategyType", params.strategy_type),
    Param("stopPrice", params.decimal, fidelity=_MISSING, note=_REFUSED),
    Param("trailingDelta", params.long, fidelity=_MISSING, note=_REFUSED),
    Param("icebergQty", params.decimal, fidelity=_MISSING, note=_REFUSED),
    Param("newOrderRespType", params.choice(_RESPONSES)),
    Param(
        "selfTradePreventionMode",
        params.choice(_STP),
        fidelity=Fidelity.SIMPLIFIED,
        note="TRANSFER works as DECREMENT: there are no groups of accounts",
    ),
    Param("pegPriceType", params.choice({"PRIMARY_PEG": 1, "MARKET_PEG": 2}), fidelity=_MISSING, note=_REFUSED),
    Param("pegOffsetValue", params.long, fidelity=_MISSING, note=_REFUSED),
    Param("pegOffsetType", params.choice({"PRICE_LEVEL": 1}), fidelity=_MISSING, note=_REFUSED),
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
        _test_weight,
        (*ORDER_PARAMS, Param("computeCommissionRates", params.boolean)),
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
            Param(
                "cancelRestrictions",
                params.choice(
                    {"ONLY_NEW": OrderStatus.NEW, "ONLY_PARTIALLY_FILLED": OrderStatus.PARTIALLY_FILLED},
                    errors.BAD_CANCEL_RESTRICTIONS,
                ),
            ),
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

COVERAGE: Final = (
    *(
        Coverage(
            "order type",
            word,
            Fidelity.MISSING if rule.order_type is None else Fidelity.SAME,
            _REFUSED if rule.order_type is None else "",
        )
        for word, rule in TYPE_RULES.items()
    ),
    Coverage("order type", "iceberg", Fidelity.MISSING, _REFUSED),
    Coverage("order type", "trailing stop", Fidelity.MISSING, _REFUSED),
    Coverage("order type", "pegged", Fidelity.MISSING, _REFUSED),
)
