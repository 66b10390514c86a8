"""What the market looks like: candles, and the depth with an account's own orders in their queues.

Read when somebody asks, from what the venue has anyway; nothing here is told to clients of a venue.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from simexchange.control.operations import Asked, Operation
from simexchange.control.reading import Query
from simexchange.domain.enums import BUY, SELL, Side
from simexchange.domain.units import format_trimmed
from simexchange.matching.order_book import BookSide
from simexchange.services.clock import SECOND
from simexchange.services.durations import format_instant
from simexchange.services.market_data.candles import Interval
from simexchange.venue.accounts import Account
from simexchange.venue.market import Market


class CandlesQuery(Query, frozen=True):
    interval: Literal["1s", "1m", "5m", "15m", "1h", "1d"] = "1m"
    """1s, 1m, 5m, 15m, 1h and 1d pass."""
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 300
    """At most so many, the latest; the last is in progress."""


class CandleView(Struct, frozen=True):
    time: int
    """When it opens, in seconds since the epoch."""
    open: str
    high: str
    low: str
    close: str
    volume: str
    """Of the base asset."""
    trades: int


class DepthQuery(Query, frozen=True):
    levels: Annotated[int, Meta(ge=1, le=500)] = 20
    """Of each side, best first."""
    account: str | None = None
    """Whose resting orders are wanted too."""


class RestingView(Struct, frozen=True):
    order_id: int
    client_order_id: str
    side: str
    price: str
    quantity: str
    """What is left of it."""
    ahead: str
    """The quantity that stands before it at its price, whether the book shows it or not."""
    place: int
    """Its place in that queue, counted from 1."""


class DepthView(Struct, frozen=True):
    symbol: str
    ts: str
    status: str
    last_price: str | None
    bids: list[tuple[str, str]]
    """Price and quantity, best first."""
    asks: list[tuple[str, str]]
    own: list[RestingView]


def candles(asked: Asked) -> list[CandleView]:
    door = asked.controls.door(asked.path["venue"])
    market = asked.controls.market(door, asked.path["symbol"])
    instrument, feed = market.instrument, door.market_data.feed(market.symbol)
    found = feed.candles.query(Interval(asked.query.interval), limit=asked.query.limit, now_ns=door.clock.now_ns())

    def price(value: int) -> str:
        return format_trimmed(value, instrument.price_decimals)

    return [
        CandleView(
            candle.open_ns // SECOND,
            price(candle.open),
            price(candle.high),
            price(candle.low),
            price(candle.close),
            format_trimmed(candle.volume, instrument.quantity_decimals),
            candle.trades,
        )
        for candle in found
    ]


def depth(asked: Asked) -> DepthView:
    controls, query = asked.controls, asked.query
    door = controls.door(asked.path["venue"])
    market = controls.market(door, asked.path["symbol"])
    own = [] if query.account is None else _own(market, controls.account(door, query.account))
    return DepthView(
        market.symbol,
        format_instant(door.clock.now_ns()),
        market.status.value,
        format_trimmed(market.last_price, market.instrument.price_decimals) if market.last_price else None,
        _levels(market, BUY, query.levels),
        _levels(market, SELL, query.levels),
        own,
    )


def _levels(market: Market, side: Side, limit: int) -> list[tuple[str, str]]:
    instrument = market.instrument
    return [
        (format_trimmed(price, instrument.price_decimals), format_trimmed(quantity, instrument.quantity_decimals))
        for price, quantity in market.book.depth(side, limit)
    ]


def _own(market: Market, account: Account) -> list[RestingView]:
    """The account's orders that stand in the book; stops that wait for their price do not."""
    found = []
    for order in account.open_orders.get(market.symbol, {}).values():
        queue = _ahead(market.book.side(order.terms.side), order.terms.price, order.terms.order_id)
        if queue is None:
            continue
        ahead, place = queue
        found.append(
            RestingView(
                order.terms.order_id,
                order.terms.client_order_id,
                order.terms.side.value,
                format_trimmed(order.terms.price, market.instrument.price_decimals),
                format_trimmed(order.leaves_quantity, market.instrument.quantity_decimals),
                format_trimmed(ahead, market.instrument.quantity_decimals),
                place,
            )
        )
    return found


def _ahead(side: BookSide, price: int, order_id: int) -> tuple[int, int] | None:
    """The quantity before an order at its price, and its place; None where it is not in the book."""
    level = side.level(price)
    if level is None:
        return None
    ahead = 0
    for place, order in enumerate((*level.orders.values(), *level.hidden.values()), 1):
        if order.terms.order_id == order_id:
            return ahead, place
        ahead += order.shown_quantity if order.concealed and not order.terms.hidden else order.leaves_quantity
    return None


_ONE: Final = "/venues/{venue}/instruments/{symbol}"
OPERATIONS: Final = (
    Operation(
        "GET",
        f"{_ONE}/candles",
        "Candles, the last in progress; generated history stands before the start",
        candles,
        list[CandleView],
        query=CandlesQuery,
        problems=(404,),
    ),
    Operation(
        "GET",
        f"{_ONE}/depth",
        "The book by levels, and where an account's own orders stand in their queues",
        depth,
        DepthView,
        query=DepthQuery,
        problems=(404,),
    ),
)
