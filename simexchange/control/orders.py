"""Orders of an account, placed and canceled without its key, in neutral words; the venue's own rules hold."""

from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from simexchange.control.accounts import place as _place
from simexchange.control.controls import Controls
from simexchange.control.operations import Asked, Made, Operation
from simexchange.control.problems import Problem, bad
from simexchange.control.reading import Body, Query, instant, share, units
from simexchange.domain.commands import CancelAllOrders, CancelOrder, FillOrder, PlaceOrder
from simexchange.domain.enums import OrderType, Side, TimeInForce, TriggerKind
from simexchange.domain.events import CancelRejected, OrderAccepted, OrderCanceled
from simexchange.domain.order import Order
from simexchange.domain.trigger import Trigger
from simexchange.domain.units import RATE_ONE, format_trimmed, mul_div, round_down
from simexchange.services.durations import format_instant
from simexchange.services.likeness import did_you_mean
from simexchange.venue.accounts import Account
from simexchange.venue.market import Market
from simexchange.world import Door

_TYPES: Final[dict[str, tuple[TriggerKind | None, OrderType]]] = {
    "limit": (None, OrderType.LIMIT),
    "market": (None, OrderType.MARKET),
    "stop_market": (TriggerKind.STOP, OrderType.MARKET),
    "stop_limit": (TriggerKind.STOP, OrderType.LIMIT),
    "take_profit_market": (TriggerKind.TAKE_PROFIT, OrderType.MARKET),
    "take_profit_limit": (TriggerKind.TAKE_PROFIT, OrderType.LIMIT),
}
_TYPE_NAMES: Final = {kind: name for name, kind in _TYPES.items()}


class NewOrder(Body, frozen=True):
    symbol: Annotated[str, Meta(examples=["BTC/USDT"])]
    """BTC/USDT and BTCUSDT pass."""
    side: Literal["buy", "sell"]
    """buy or sell passes."""
    quantity: Annotated[str, Meta(examples=["0.01"])] | None = None
    """Of the base asset, as decimal text; a market order may have quote_quantity instead."""
    type: Literal["limit", "market", "stop_market", "stop_limit", "take_profit_market", "take_profit_limit"] = "limit"
    """limit, market, stop_market, stop_limit, take_profit_market and take_profit_limit pass."""
    price: Annotated[str, Meta(examples=["59000"])] | None = None
    """Decimal text; of limit orders."""
    quote_quantity: str | None = None
    """Of a market order: how much of the quote asset to spend or get."""
    time_in_force: Literal["gtc", "ioc", "fok", "gtd"] = "gtc"
    """gtc, ioc, fok and gtd pass."""
    expires: str | None = None
    """Of gtd: when it ends, as 2026-01-05T00:00:00Z."""
    post_only: bool = False
    client_order_id: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    """Made up where there is none."""
    trigger_price: str | None = None
    """Of stops and take-profits, as decimal text."""
    trail: str | None = None
    """Of stops and take-profits that follow the price: "1%" or 0.01; trigger_price, if any, activates it."""
    display_quantity: str | None = None
    """Of an iceberg: how much of it the book shows."""


class FillBody(Body, frozen=True):
    """All that is left of it, where neither quantity nor ratio is said."""

    quantity: str | None = None
    """Of the base asset, as decimal text; not more than is left."""
    ratio: Annotated[str, Meta(examples=["0.37"])] | None = None
    """The part of what is left, rounded down to the lot: "0.37" and "37%" pass."""
    price: str | None = None
    """Decimal text; the order's own, by default, or one that is better for its owner."""


class OrderView(Struct, frozen=True):
    order_id: int
    """Unique within its instrument."""
    client_order_id: str
    symbol: str
    side: str
    type: str
    status: str
    """new, partially_filled, filled, canceled, expired; pending in a list."""
    time_in_force: str
    price: str | None
    quantity: str
    filled: str
    filled_quote: str
    """What the fills were worth, in the quote asset."""
    post_only: bool
    trigger_price: str | None
    created: str
    updated: str
    list_id: int | None
    """The order list it is part of."""


class OrdersQuery(Query, frozen=True):
    state: Literal["open", "all"] = "open"
    """open or all."""
    symbol: str | None = None


class SymbolQuery(Query, frozen=True):
    symbol: str | None = None
    """Of one instrument; of all otherwise."""


class Canceled(Struct, frozen=True):
    canceled: list[OrderView]


def list_all(asked: Asked) -> list[OrderView]:
    door, account = _place(asked)
    wanted = asked.query.symbol
    symbols = list(door.venue.markets) if wanted is None else [asked.controls.market(door, wanted).symbol]
    found: list[Order] = []
    for symbol in symbols:
        views = door.venue.views
        own = views.orders(account.account_id, symbol) if asked.query.state == "all" else None
        found += views.open_orders(account.account_id, symbol) if own is None else own
    return [view_of(door, order) for order in found]


def place(asked: Asked) -> Made:
    door, account = _place(asked)
    command = _command(asked.controls, door, account, asked.body)
    batch = asked.controls.submit(door, command)
    accepted = next(event for event in batch.events if isinstance(event, OrderAccepted))
    order = door.venue.views.order(account.account_id, command.symbol, accepted.order.order_id)
    assert order is not None, "an accepted order is kept"
    view = view_of(door, order)
    return Made(view, f"/venues/{door.name}/accounts/{account.name}/orders/{view.order_id}")


def show(asked: Asked) -> OrderView:
    door, account = _place(asked)
    return view_of(door, _known(asked, door, account))


def cancel(asked: Asked) -> OrderView:
    door, account = _place(asked)
    order = _known(asked, door, account)
    if not order.status.is_open:
        raise Problem(409, f"order {asked.path['order']} is {order.status.value}")
    asked.controls.submit(door, CancelOrder(account.account_id, order.terms.symbol, order.terms.order_id))
    return view_of(door, order)


def fill(asked: Asked) -> OrderView:
    """Somebody from outside trades with it, at its own price unless told otherwise."""
    door, account = _place(asked)
    order, body = _known(asked, door, account), asked.body
    if not order.status.is_open:
        raise Problem(409, f"order {asked.path['order']} is {order.status.value}")
    market = door.venue.markets[order.terms.symbol]
    if body.quantity is not None and body.ratio is not None:
        raise bad("ratio", "one of quantity and ratio passes, and not both", sent=body.ratio, passes='"0.37"')
    quantity = order.leaves_quantity
    if body.quantity is not None:
        quantity = units("quantity", body.quantity, market.instrument.quantity_decimals)
    elif body.ratio is not None:
        ratio = share("ratio", body.ratio)
        if not 0 < ratio <= RATE_ONE:
            raise bad("ratio", "is no part of an order", sent=body.ratio, passes="more than 0, up to 1 or 100%")
        quantity = round_down(mul_div(quantity, ratio, RATE_ONE), market.rules.lot_size)
    price = 0 if body.price is None else units("price", body.price, market.instrument.price_decimals)
    asked.controls.submit(door, FillOrder(market.symbol, order.terms.order_id, quantity, price))
    return view_of(door, order)


def cancel_all(asked: Asked) -> Canceled:
    door, account = _place(asked)
    wanted = asked.query.symbol
    symbol = None if wanted is None else asked.controls.market(door, wanted).symbol
    batch = door.submit(CancelAllOrders(account.account_id, symbol))
    if any(isinstance(event, CancelRejected) for event in batch.events):
        return Canceled([])  # there were none
    views = door.venue.views
    ended = [event.order for event in batch.events if isinstance(event, OrderCanceled)]
    orders = [views.order(account.account_id, terms.symbol, terms.order_id) for terms in ended]
    return Canceled([view_of(door, order) for order in orders if order is not None])


def _command(controls: Controls, door: Door, account: Account, body: NewOrder) -> PlaceOrder:
    market = controls.market(door, body.symbol)
    instrument, (kind, order_type) = market.instrument, _TYPES[body.type]
    if (order_type is OrderType.LIMIT) is (body.price is None):
        raise bad("price", f"a {body.type} order {'needs one' if body.price is None else 'has none'}")
    if (body.quantity is None) is (body.quote_quantity is None):
        raise bad("quantity", "one of quantity and quote_quantity is wanted, and not both", passes='"0.01"')
    if (body.time_in_force == "gtd") is (body.expires is None):
        raise bad("expires", "is wanted of gtd orders, and of no others")
    price = 0 if body.price is None else units("price", body.price, instrument.price_decimals)
    given: dict[str, Any] = {"price": price}
    for field, decimals in (
        ("quantity", instrument.quantity_decimals),
        ("quote_quantity", instrument.quote.decimals),
        ("display_quantity", instrument.quantity_decimals),
    ):
        text = getattr(body, field)
        given[field] = 0 if text is None else units(field, text, decimals)
    return PlaceOrder(
        account.account_id,
        market.symbol,
        Side(body.side),
        order_type,
        body.client_order_id or f"control-{market.next_order_id}",
        time_in_force=TimeInForce(body.time_in_force),
        post_only=body.post_only,
        trigger=_trigger(market, kind, body),
        expires_ns=None if body.expires is None else instant("expires", body.expires),
        **given,
    )


def _trigger(market: Market, kind: TriggerKind | None, body: NewOrder) -> Trigger | None:
    if kind is None:
        for field in ("trigger_price", "trail"):
            if getattr(body, field) is not None:
                raise bad(field, f"a {body.type} order has none", sent=getattr(body, field))
        return None
    if body.trigger_price is None and body.trail is None:
        raise bad("trigger_price", f"a {body.type} order needs one, or trail")
    price = 0
    if body.trigger_price is not None:
        price = units("trigger_price", body.trigger_price, market.instrument.price_decimals)
    rate = 0 if body.trail is None else share("trail", body.trail)
    if rate < 0:
        raise bad("trail", "is negative", sent=body.trail, passes="1%")
    return Trigger(kind, price, trail_rate=rate)


def _known(asked: Asked, door: Door, account: Account) -> Order:
    """The order by either id. Raises Problem: 404 where there is none, 409 where several instruments have one."""
    name, views = asked.path["order"], door.venue.views
    symbols = list(door.venue.markets)
    if asked.query.symbol is not None:
        symbols = [asked.controls.market(door, asked.query.symbol).symbol]
    found: list[Order] = []
    for symbol in symbols:
        order = views.order(account.account_id, symbol, client_order_id=name)
        if order is None and name.isascii() and name.isdigit() and len(name) < 19:
            order = views.order(account.account_id, symbol, int(name))
        if order is not None:
            found.append(order)
    if not found:
        ids = [order.terms.client_order_id for order in views.open_orders(account.account_id)]
        raise Problem(404, f"{account.name} has no order {name!r}; {did_you_mean(name, ids)}")
    if len(found) > 1:
        several = ", ".join(order.terms.symbol for order in found)
        raise Problem(409, f"{account.name} has an order {name} on each of {several}: say which with ?symbol=")
    return found[0]


def view_of(door: Door, order: Order) -> OrderView:
    terms = order.terms
    instrument = door.venue.markets[terms.symbol].instrument
    trigger = terms.trigger

    def price(value: int) -> str | None:
        return format_trimmed(value, instrument.price_decimals) if value else None

    return OrderView(
        terms.order_id,
        terms.client_order_id,
        terms.symbol,
        terms.side.value,
        _TYPE_NAMES[None if trigger is None else trigger.kind, terms.order_type],
        order.status.value,
        terms.time_in_force.value,
        price(terms.price),
        format_trimmed(terms.quantity, instrument.quantity_decimals),
        format_trimmed(order.cum_quantity, instrument.quantity_decimals),
        format_trimmed(order.cum_quote, instrument.quote.decimals),
        terms.post_only,
        None if trigger is None else price(trigger.price),
        format_instant(terms.created_ns),
        format_instant(order.updated_ns),
        terms.list_id,
    )


_ALL: Final = "/venues/{venue}/accounts/{account}/orders"
_ONE: Final = "/venues/{venue}/accounts/{account}/orders/{order}"
OPERATIONS: Final = (
    Operation("GET", _ALL, "An account's orders", list_all, list[OrderView], query=OrdersQuery, problems=(404,)),
    Operation(
        "POST",
        _ALL,
        "Place an order as the account; the venue's no comes as 422 with its reason and rule",
        place,
        OrderView,
        201,
        body=NewOrder,
        problems=(404,),
        example={"symbol": "BTC/USDT", "side": "buy", "quantity": "0.01", "price": "59000"},
    ),
    Operation(
        "DELETE",
        _ALL,
        "Cancel all its open orders, or those of one instrument",
        cancel_all,
        Canceled,
        query=SymbolQuery,
        problems=(404,),
    ),
    Operation(
        "GET",
        _ONE,
        "One order, by its id or client order id",
        show,
        OrderView,
        query=SymbolQuery,
        problems=(404, 409),
    ),
    Operation(
        "DELETE", _ONE, "Cancel one order, by either id", cancel, OrderView, query=SymbolQuery, problems=(404, 409)
    ),
    Operation(
        "POST",
        f"{_ONE}/fill",
        "Fill a resting order, whole or in part, by a trade from outside",
        fill,
        OrderView,
        query=SymbolQuery,
        body=FillBody,
        problems=(404, 409),
        example={"ratio": "0.37"},
    ),
)
