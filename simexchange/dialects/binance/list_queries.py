"""What became of an account's order lists. Source: Binance REST, "Query Order list" and the two endpoints after it."""

from typing import Final

from simexchange.dialects.binance import errors, list_shapes, params
from simexchange.dialects.binance.account import own
from simexchange.dialects.binance.context import Context
from simexchange.dialects.binance.errors import BinanceRefusal
from simexchange.dialects.binance.order_history import END, LIMIT, START, check_span, window
from simexchange.dialects.binance.params import Args, Param
from simexchange.dialects.binance.shapes import Json
from simexchange.venue.list_state import ListState


def query_list(context: Context, args: Args) -> object:
    """GET /api/v3/orderList, orderList.status: by id, which goes first, or by the owner's name for it."""
    list_id, name = args.get("orderListId"), args.get("origClientOrderId")
    if list_id is None and name is None:
        raise BinanceRefusal(errors.EITHER_MANDATORY, "orderListId", "origClientOrderId")
    found = context.venue.views.order_list(context.owner.account_id, list_id, name)
    if found is None or name not in (None, found.order_list.client_list_id):
        raise BinanceRefusal(errors.LIST_UNKNOWN)
    return _row(context, found)


def open_lists(context: Context, args: Args) -> object:  # noqa: ARG001  (a Handler takes them)
    """GET /api/v3/openOrderList, openOrderLists.status."""
    return [_row(context, found) for found in _lists(context) if not found.ended]


def all_lists(context: Context, args: Args) -> object:
    """GET /api/v3/allOrderList, allOrderLists: from an id or a time upwards, else the latest, the last one first."""
    start, end, first = args.get("startTime"), args.get("endTime"), args.get("fromId")
    if first is not None and (start is not None or end is not None):
        raise BinanceRefusal(errors.BAD_COMBINATION)
    check_span(args)
    chosen = [
        found
        for found in _lists(context)
        if (first is None or found.order_list.list_id >= first)
        and (start is None or _changed_ns(context, found) >= start)
        and (end is None or _changed_ns(context, found) <= end)
    ]
    upwards = first is not None or start is not None
    rows = [_row(context, found) for found in window(chosen, args, oldest_first=upwards)]
    return rows if upwards else rows[::-1]


def _lists(context: Context) -> list[ListState]:
    return context.venue.views.order_lists(context.owner.account_id)


def _changed_ns(context: Context, found: ListState) -> int:
    return context.dialect.chronicle.list_changed_ns(found.order_list.list_id)


def _row(context: Context, found: ListState) -> Json:
    state = list_shapes.ALL_DONE if found.ended else list_shapes.EXECUTING
    symbol = context.symbols.word(found.order_list.symbol)
    return list_shapes.order_list(symbol, found.order_list, state, _changed_ns(context, found), context.unit_ns)


OPERATIONS: Final = (
    own(
        "Query order list",
        "orderList",
        "orderList.status",
        4,
        query_list,
        Param("orderListId", params.long),
        Param("origClientOrderId", params.client_id),
    ),
    own(
        "Query all order lists",
        "allOrderList",
        "allOrderLists",
        20,
        all_lists,
        Param("fromId", params.long),
        START,
        END,
        LIMIT,
    ),
    own("Query open order lists", "openOrderList", "openOrderLists.status", 6, open_lists),
)
