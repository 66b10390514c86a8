"""What became of an account's orders: open and closed ones, executions, prevented matches.

Rows ascend by id; without a starting point the latest ones come. Source: Binance REST, "Account Endpoints";
WebSocket API, "Account requests".
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from typing import Final, TypeVar

from simexchange.dialects.binance import errors, order_shapes, params, shapes
from simexchange.dialects.binance.account import own
from simexchange.dialects.binance.context import Context
from simexchange.dialects.binance.errors import BinanceRefusal
from simexchange.dialects.binance.params import Args, Param
from simexchange.dialects.binance.shapes import Json
from simexchange.dialects.binance.trading import SYMBOL
from simexchange.domain.order import Order
from simexchange.services.clock import HOUR, MILLISECOND
from simexchange.venue.accounts import Fill

RowT = TypeVar("RowT")

LONGEST_SPAN: Final = 24 * HOUR


_TRADE_COMBINATIONS: Final = frozenset(
    {
        frozenset[str](),
        frozenset({"orderId"}),
        frozenset({"startTime"}),
        frozenset({"endTime"}),
        frozenset({"fromId"}),
        frozenset({"startTime", "endTime"}),
        frozenset({"orderId", "fromId"}),
    }
)


def query_order(context: Context, args: Args) -> object:
    """GET /api/v3/order, order.status."""
    market = context.symbols.market(args["symbol"])
    order_id, client_order_id = args.get("orderId"), args.get("origClientOrderId")
    if order_id is None and client_order_id is None:
        raise BinanceRefusal(errors.EITHER_MANDATORY, "origClientOrderId", "orderId")
    views, account_id = context.venue.views, context.owner.account_id
    order = views.order(account_id, market.symbol, order_id, client_order_id)
    if order is None:
        if order_id is not None and views.order(account_id, market.symbol, order_id) is not None:
            raise BinanceRefusal(errors.CLIENT_ID_MISMATCH)
        raise BinanceRefusal(errors.ORDER_UNKNOWN)
    return _status(context, args["symbol"], order)


def _status(context: Context, symbol: str, order: Order) -> Json:
    terms = order.terms
    ending = None
    if not order.status.is_open:
        ending = context.dialect.chronicle.ending(terms.symbol, terms.order_id)
    return order_shapes.order_status(symbol, order, ending, context.unit_ns)


def open_orders(context: Context, args: Args) -> object:
    """GET /api/v3/openOrders, openOrders.status."""
    symbol = context.symbols.market(args["symbol"]).symbol if "symbol" in args else None
    word = context.symbols.word
    return [
        _status(context, word(order.terms.symbol), order)
        for order in context.venue.views.open_orders(context.owner.account_id, symbol)
    ]


def all_orders(context: Context, args: Args) -> object:
    """GET /api/v3/allOrders, allOrders: by id upwards, else by time of creation, else the latest."""
    market = context.symbols.market(args["symbol"])
    check_span(args)
    orders = context.venue.views.orders(context.owner.account_id, market.symbol)
    start, end = args.get("startTime"), args.get("endTime")
    first, last = 0, len(orders)
    if start is not None:
        first = bisect_left(orders, start, key=_created)
    if end is not None:
        last = bisect_right(orders, end, key=_created)
    order_id = args.get("orderId")
    if order_id is not None:
        first = max(first, bisect_left(orders, order_id, key=_order_id))
    chosen = window(orders[first:last], args, oldest_first=order_id is not None or start is not None)
    return [_status(context, args["symbol"], order) for order in chosen]


def _created(order: Order) -> int:
    return order.terms.created_ns


def _order_id(order: Order) -> int:
    return order.terms.order_id


def check_span(args: Args) -> None:
    """Of two times the first comes first, and they lie at most 24 hours apart."""
    start, end = args.get("startTime"), args.get("endTime")
    if start is None or end is None:
        return
    if end < start:
        raise BinanceRefusal(errors.MANDATORY, "endTime")
    # The end names the last instant of its millisecond.
    if end - start > LONGEST_SPAN + MILLISECOND:
        raise BinanceRefusal(errors.RANGE_TOO_LONG, 24)


def window(rows: list[RowT], args: Args, *, oldest_first: bool) -> list[RowT]:
    """At most ``limit`` rows: the first ones, or the last ones; ascending either way."""
    limit = args.get("limit", 500)
    return rows[:limit] if oldest_first else rows[-limit:]


def my_trades(context: Context, args: Args) -> object:
    """GET /api/v3/myTrades, myTrades: the documented combinations of parameters and no others."""
    market = context.symbols.market(args["symbol"])
    if args.keys() - {"symbol", "limit", *_PROOF} not in _TRADE_COMBINATIONS:
        raise BinanceRefusal(errors.BAD_COMBINATION)
    check_span(args)
    fills = context.venue.views.fills(context.owner.account_id, market.symbol)
    first, last = 0, len(fills)
    if "fromId" in args:
        first = bisect_left(fills, args["fromId"], key=_trade_id)
    if "startTime" in args:
        first = bisect_left(fills, args["startTime"], key=_filled_at)
    if "endTime" in args:
        last = bisect_right(fills, args["endTime"], key=_filled_at)
    chosen = fills[first:last]
    if "orderId" in args:
        chosen = [fill for fill in chosen if fill.execution.order.order_id == args["orderId"]]
    chosen = window(chosen, args, oldest_first="fromId" in args or "startTime" in args)
    return [shapes.account_trade(args["symbol"], fill, context.unit_ns) for fill in chosen]


def _trade_id(fill: Fill) -> int:
    return fill.trade_id


def _filled_at(fill: Fill) -> int:
    return fill.ts_ns


def prevented_matches(context: Context, args: Args) -> object:
    """GET /api/v3/myPreventedMatches, myPreventedMatches: by match, or by order from a match upwards."""
    market = context.symbols.market(args["symbol"])
    match_id, order_id, from_id = (
        args.get("preventedMatchId"),
        args.get("orderId"),
        args.get("fromPreventedMatchId"),
    )
    if match_id is None and order_id is None:
        raise BinanceRefusal(errors.EITHER_MANDATORY, "preventedMatchId", "orderId")
    if match_id is not None and (order_id is not None or from_id is not None or "limit" in args):
        raise BinanceRefusal(errors.BAD_COMBINATION)
    chosen = [
        entry
        for entry in context.venue.views.prevented(context.owner.account_id, market.symbol)
        if (match_id is None or entry.event.prevented_id == match_id)
        and (order_id is None or order_id in (entry.event.taker.order_id, entry.event.maker.order_id))
        and (from_id is None or entry.event.prevented_id >= from_id)
    ]
    return [
        shapes.prevented_match(args["symbol"], entry, context.unit_ns)
        for entry in window(chosen, args, oldest_first=True)
    ]


def _open_orders_weight(texts: Mapping[str, str]) -> int:
    return 6 if "symbol" in texts else 80


def _my_trades_weight(texts: Mapping[str, str]) -> int:
    return 5 if "orderId" in texts else 20


def _prevented_weight(texts: Mapping[str, str]) -> int:
    return 20 if "orderId" in texts else 2


_PROOF: Final = ("timestamp", "recvWindow", "signature", "apiKey")
_ORDER_ID: Final = Param("orderId", params.long)
START: Final = Param("startTime", params.start_time)
END: Final = Param("endTime", params.end_time)
LIMIT: Final = Param("limit", params.limit(500, 1000))

OPERATIONS: Final = (
    own(
        "Query order",
        "order",
        "order.status",
        4,
        query_order,
        SYMBOL,
        _ORDER_ID,
        Param("origClientOrderId", params.client_id),
    ),
    own(
        "Current open orders",
        "openOrders",
        "openOrders.status",
        _open_orders_weight,
        open_orders,
        Param("symbol", params.symbol),
    ),
    own("All orders", "allOrders", "allOrders", 20, all_orders, SYMBOL, _ORDER_ID, START, END, LIMIT),
    own(
        "Account trade list",
        "myTrades",
        "myTrades",
        _my_trades_weight,
        my_trades,
        SYMBOL,
        _ORDER_ID,
        START,
        END,
        Param("fromId", params.long),
        LIMIT,
    ),
    own(
        "Query prevented matches",
        "myPreventedMatches",
        "myPreventedMatches",
        _prevented_weight,
        prevented_matches,
        SYMBOL,
        Param("preventedMatchId", params.long),
        _ORDER_ID,
        Param("fromPreventedMatchId", params.long),
        LIMIT,
    ),
)
