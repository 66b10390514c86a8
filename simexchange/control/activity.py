"""What an account did and what became of it: its latest orders with the states they went through, and its fills."""

from collections.abc import Sequence
from typing import Annotated, Final

from msgspec import Meta, Struct

from simexchange.control.accounts import place
from simexchange.control.operations import Asked, Operation
from simexchange.control.orders import OrderView, view_of
from simexchange.control.reading import Query
from simexchange.domain.enums import OrderStatus
from simexchange.domain.order import Order
from simexchange.domain.units import format_trimmed
from simexchange.services.durations import format_instant
from simexchange.venue.accounts import Fill
from simexchange.world import Door


class ActivityQuery(Query, frozen=True):
    symbol: str | None = None
    """Of one instrument; of all otherwise."""
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 50
    """At most so many orders and so many fills of an instrument, the latest."""


class StepView(Struct, frozen=True):
    status: str
    at: str
    at_ns: int
    filled: str
    """How much of it was filled by then."""


class FillView(Struct, frozen=True):
    symbol: str
    order_id: int
    client_order_id: str
    trade_id: int
    side: str
    price: str
    quantity: str
    liquidity: str
    at: str
    at_ns: int


class StoryView(Struct, frozen=True):
    order: OrderView
    open: bool
    created_ns: int
    path: list[StepView]
    """The states it went through, the present one last."""


class ActivityView(Struct, frozen=True):
    orders: list[StoryView]
    """The latest first."""
    fills: list[FillView]
    """The oldest first."""


def show(asked: Asked) -> ActivityView:
    door, account = place(asked)
    query = asked.query
    symbols = list(door.venue.markets) if query.symbol is None else [asked.controls.market(door, query.symbol).symbol]
    orders: list[Order] = []
    fills: list[FillView] = []
    for symbol in symbols:
        known = account.orders.get(symbol) or account.open_orders.get(symbol, {})
        orders += list(known.values())[-query.limit :]
        fills += [_fill(door, fill) for fill in account.fills.get(symbol, [])[-query.limit :]]
    orders.sort(key=lambda order: (order.terms.created_ns, order.terms.order_id), reverse=True)
    del orders[query.limit :]
    wanted = {(order.terms.symbol, order.terms.order_id) for order in orders}
    by_order: dict[tuple[str, int], list[Fill]] = {}
    for symbol in symbols:
        for fill in account.fills.get(symbol, ()):
            place_of = (symbol, fill.execution.order.order_id)
            if place_of in wanted:
                by_order.setdefault(place_of, []).append(fill)
    fills.sort(key=lambda fill: fill.at_ns)
    return ActivityView(
        [_story(door, order, by_order.get((order.terms.symbol, order.terms.order_id), ())) for order in orders], fills
    )


def _fill(door: Door, fill: Fill) -> FillView:
    execution = fill.execution
    terms = execution.order
    instrument = door.venue.markets[terms.symbol].instrument
    return FillView(
        terms.symbol,
        terms.order_id,
        terms.client_order_id,
        fill.trade_id,
        terms.side.value,
        format_trimmed(execution.last_price, instrument.price_decimals),
        format_trimmed(execution.last_quantity, instrument.quantity_decimals),
        execution.liquidity.value,
        format_instant(fill.ts_ns),
        fill.ts_ns,
    )


def _story(door: Door, order: Order, fills: Sequence[Fill]) -> StoryView:
    terms = order.terms
    decimals = door.venue.markets[terms.symbol].instrument.quantity_decimals

    def step(status: OrderStatus, at_ns: int, filled: int) -> StepView:
        return StepView(status.value, format_instant(at_ns), at_ns, format_trimmed(filled, decimals))

    path = [step(OrderStatus.NEW, terms.created_ns, 0)]
    path += [step(fill.execution.status, fill.ts_ns, fill.execution.cum_quantity) for fill in fills]
    if path[-1].status != order.status.value:
        path.append(step(order.status, order.updated_ns, order.cum_quantity))
    return StoryView(view_of(door, order), order.status.is_open, terms.created_ns, path)


OPERATIONS: Final = (
    Operation(
        "GET",
        "/venues/{venue}/accounts/{account}/activity",
        "An account's latest orders with the states they went through, and its fills",
        show,
        ActivityView,
        query=ActivityQuery,
        problems=(404,),
    ),
)
