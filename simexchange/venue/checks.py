"""Pre-trade checks: one function per rule, run in RejectReason order; the first that fails is the answer.

A check returns None, or the reason and a text that says which rule, what was sent and what would have passed.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from simexchange.domain.commands import PlaceOrder
from simexchange.domain.enums import (
    BUY,
    CONTINUOUS,
    MARKET,
    SELL,
    TradingStatus,
)
from simexchange.domain.errors import RejectReason
from simexchange.domain.instrument import PriceBand, Rules
from simexchange.domain.units import RATE_DECIMALS, Price, Quantity, format_trimmed
from simexchange.venue.accounts import Account
from simexchange.venue.market import Market

Failure: TypeAlias = tuple[RejectReason, str]
Check: TypeAlias = Callable[[PlaceOrder, Market, Account, int], Failure | None]


def eligibility(order: PlaceOrder, market: Market, account: Account, now_ns: int) -> Failure | None:
    if not account.can_trade:
        return RejectReason.ACCOUNT_DISABLED, f"{account.name} may not trade"
    status = market.status
    if status is not CONTINUOUS and not (status is TradingStatus.POST_ONLY and order.post_only):
        return RejectReason.INSTRUMENT_NOT_TRADING, f"{order.symbol} is {status.value}"
    rules = market.rules
    if order.order_type not in rules.order_types:
        return RejectReason.ORDER_TYPE_UNSUPPORTED, f"{order.symbol} takes no {order.order_type.value} orders"
    if order.post_only and not rules.post_only:
        return RejectReason.POST_ONLY_UNSUPPORTED, f"{order.symbol} takes no post-only orders"
    if order.quote_quantity and not (
        rules.quote_quantity_market and order.order_type is MARKET and order.trigger is None
    ):
        return RejectReason.QUOTE_QUANTITY_UNSUPPORTED, f"{order.symbol} takes no orders by quote amount"
    mode = order.self_trade_prevention
    if mode is not None and mode not in rules.self_trade_prevention:
        return RejectReason.SELF_TRADE_PREVENTION_UNSUPPORTED, f"{order.symbol} does not allow {mode.value}"
    return None


def features(order: PlaceOrder, market: Market, account: Account, now_ns: int) -> Failure | None:
    wanted, rules = order.trigger, market.rules
    if wanted is not None:
        if (wanted.kind, order.order_type) not in rules.triggers:
            kind = f"{wanted.kind.value} {order.order_type.value}"
            return RejectReason.TRIGGER_UNSUPPORTED, f"{order.symbol} takes no {kind} orders"
        if wanted.is_trailing and rules.trail_above is None and rules.trail_below is None:
            return RejectReason.TRAILING_UNSUPPORTED, f"{order.symbol} takes no trailing orders"
    if order.display_quantity and not rules.max_iceberg_parts:
        return RejectReason.ICEBERG_UNSUPPORTED, f"{order.symbol} takes no icebergs"
    if order.hidden and not rules.hidden:
        return RejectReason.HIDDEN_UNSUPPORTED, f"{order.symbol} takes no hidden orders"
    if order.peg is not None and not rules.pegs:
        return RejectReason.PEG_UNSUPPORTED, f"{order.symbol} takes no pegged orders"
    return None


def price(order: PlaceOrder, market: Market, account: Account, now_ns: int) -> Failure | None:
    rules, wanted = market.rules, order.trigger
    if wanted is not None and (wanted.price or not wanted.is_trailing):
        failure = _price_value(wanted.price, "trigger price", market, rules)
        if failure is not None:
            return failure
    if order.order_type is MARKET:
        return None
    if order.peg is not None and not order.price:
        if wanted is not None:
            return None
        return RejectReason.PEG_WITHOUT_PRICE, "the book does not reach as deep as the peg"
    failure = _price_value(order.price, "price", market, rules)
    if failure is not None:
        return failure
    return None if rules.price_band is None else _price_band(order, market, rules.price_band, now_ns)


def _price_value(value: Price, what: str, market: Market, rules: Rules) -> Failure | None:
    decimals = market.instrument.price_decimals
    if value < rules.min_price or value <= 0:
        return RejectReason.PRICE_TOO_LOW, _bound(what, value, decimals, rules.min_price)
    if rules.max_price and value > rules.max_price:
        return RejectReason.PRICE_TOO_HIGH, _bound(what, value, decimals, rules.max_price)
    if rules.tick_size and (value - rules.min_price) % rules.tick_size:
        return RejectReason.PRICE_OFF_TICK, _step(what, value, decimals, rules.tick_size)
    return None


def _price_band(order: PlaceOrder, market: Market, band: PriceBand, now_ns: int) -> Failure | None:
    low, high = market.price_bounds(band, order.side, now_ns)
    if low <= order.price <= high or high == 0:
        return None
    decimals = market.instrument.price_decimals
    return (
        RejectReason.PRICE_OUTSIDE_BAND,
        (
            f"price {format_trimmed(order.price, decimals)} is not within"
            f" {format_trimmed(low, decimals)} to {format_trimmed(high, decimals)}"
        ),
    )


def quantity(order: PlaceOrder, market: Market, account: Account, now_ns: int) -> Failure | None:
    if order.quote_quantity:
        return None
    rules, value, decimals = market.rules, order.quantity, market.instrument.quantity_decimals
    if value < rules.min_quantity or value <= 0:
        return RejectReason.QUANTITY_TOO_SMALL, _bound("quantity", value, decimals, rules.min_quantity)
    if rules.max_quantity and value > rules.max_quantity:
        return RejectReason.QUANTITY_TOO_LARGE, _bound("quantity", value, decimals, rules.max_quantity)
    if rules.lot_size and (value - rules.min_quantity) % rules.lot_size:
        return RejectReason.QUANTITY_OFF_LOT, _step("quantity", value, decimals, rules.lot_size)
    if order.order_type is MARKET:
        if value < rules.market_min_quantity:
            return RejectReason.MARKET_QUANTITY_TOO_SMALL, _bound(
                "quantity", value, decimals, rules.market_min_quantity
            )
        if rules.market_max_quantity and value > rules.market_max_quantity:
            return RejectReason.MARKET_QUANTITY_TOO_LARGE, _bound(
                "quantity", value, decimals, rules.market_max_quantity
            )
        if rules.market_lot_size and (value - rules.market_min_quantity) % rules.market_lot_size:
            return RejectReason.MARKET_QUANTITY_OFF_LOT, _step("quantity", value, decimals, rules.market_lot_size)
    return None


def notional(order: PlaceOrder, market: Market, account: Account, now_ns: int) -> Failure | None:
    rules = market.rules
    is_market = order.order_type is MARKET
    if order.quote_quantity:
        value = order.quote_quantity
    else:
        base_price = order.price
        if not base_price:
            stop = order.trigger.price if order.trigger is not None else 0
            base_price = stop or market.average_price(now_ns)
        value = base_price * order.quantity * market.quote_factor
    decimals = market.instrument.quote.decimals
    if value < rules.min_notional and (rules.min_notional_for_market or not is_market):
        return RejectReason.NOTIONAL_TOO_SMALL, _bound("notional", value, decimals, rules.min_notional)
    if rules.max_notional and value > rules.max_notional and (rules.max_notional_for_market or not is_market):
        return RejectReason.NOTIONAL_TOO_LARGE, _bound("notional", value, decimals, rules.max_notional)
    return None


def iceberg(order: PlaceOrder, market: Market, account: Account, now_ns: int) -> Failure | None:
    display, rules = order.display_quantity, market.rules
    if not display:
        return None
    decimals = market.instrument.quantity_decimals
    if display <= 0 or display < rules.min_quantity:
        return RejectReason.QUANTITY_TOO_SMALL, _bound("display quantity", display, decimals, rules.min_quantity)
    if rules.lot_size and (display - rules.min_quantity) % rules.lot_size:
        return RejectReason.QUANTITY_OFF_LOT, _step("display quantity", display, decimals, rules.lot_size)
    if display > order.quantity:
        return (
            RejectReason.ICEBERG_EXCEEDS_QUANTITY,
            f"shows {format_trimmed(display, decimals)} of {format_trimmed(order.quantity, decimals)}",
        )
    parts = -(-order.quantity // display)
    if parts > rules.max_iceberg_parts:
        return RejectReason.ICEBERG_PARTS_EXCEEDED, f"{parts} parts, at most {rules.max_iceberg_parts}"
    return None


def trail(order: PlaceOrder, market: Market, account: Account, now_ns: int) -> Failure | None:
    wanted, rules = order.trigger, market.rules
    if wanted is None or not wanted.trail_rate:
        return None
    bounds = rules.trail_above if wanted.rises(order.side) else rules.trail_below
    if bounds is not None and bounds[0] <= wanted.trail_rate <= bounds[1]:
        return None
    return RejectReason.TRAIL_OUT_OF_RANGE, f"trails by {format_trimmed(wanted.trail_rate, RATE_DECIMALS)}"


def room(order: PlaceOrder, market: Market, account: Account, now_ns: int) -> Failure | None:
    return room_for((order,), market, account)


def room_for(orders: tuple[PlaceOrder, ...], market: Market, account: Account) -> Failure | None:
    """Whether the account may have these orders open on the instrument beside those it has."""
    rules, own = market.rules, account.open_orders.get(market.symbol, {})
    if account.house:
        return None
    cap = rules.max_open_orders
    if cap and len(own) + len(orders) > cap:
        return RejectReason.OPEN_ORDERS_EXCEEDED, f"{len(own)} open orders, at most {cap}"
    cap = rules.max_triggered_orders
    more = sum(1 for order in orders if order.trigger is not None)
    if cap and more:
        count = sum(1 for other in own.values() if other.terms.trigger is not None)
        if count + more > cap:
            return RejectReason.TRIGGERED_ORDERS_EXCEEDED, f"{count} open orders with a trigger, at most {cap}"
    cap = rules.max_iceberg_orders
    more = sum(1 for order in orders if order.display_quantity)
    if cap and more:
        count = sum(1 for other in own.values() if other.terms.display_quantity)
        if count + more > cap:
            return RejectReason.ICEBERG_ORDERS_EXCEEDED, f"{count} open icebergs, at most {cap}"
    return None


def open_orders(order: PlaceOrder, market: Market, account: Account, now_ns: int) -> Failure | None:
    cap = market.rules.max_open_orders
    if not cap or account.house:
        return None
    count = len(account.open_orders.get(order.symbol, ()))
    return None if count < cap else (RejectReason.OPEN_ORDERS_EXCEEDED, f"{count} open orders, at most {cap}")


def position(order: PlaceOrder, market: Market, account: Account, now_ns: int) -> Failure | None:
    cap = market.rules.max_position
    if not cap or order.side is SELL:
        return None
    balance = account.balance(market.base_name)
    wanted = (balance.free + balance.held) // market.base_factor + order.quantity
    wanted += sum(
        other.leaves_quantity for other in account.open_orders.get(order.symbol, {}).values() if other.terms.side is BUY
    )
    if wanted <= cap:
        return None
    return RejectReason.POSITION_EXCEEDED, _bound("position", wanted, market.instrument.quantity_decimals, cap)


def client_order_id(order: PlaceOrder, market: Market, account: Account, now_ns: int) -> Failure | None:
    earlier = account.by_client_order_id.get((order.symbol, order.client_order_id))
    if earlier is None or not earlier.status.is_open:
        return None
    return (
        RejectReason.CLIENT_ORDER_ID_DUPLICATE,
        f"an open order is already called {order.client_order_id!r}",
    )


CHECKS: Final[tuple[Check, ...]] = (
    eligibility,
    features,
    price,
    quantity,
    notional,
    iceberg,
    trail,
    room,
    position,
    client_order_id,
)
"""What does not depend on the opposite side of the book. Liquidity and funds follow in ``placing``."""
PLAIN_CHECKS: Final[tuple[Check, ...]] = (
    eligibility,
    price,
    quantity,
    notional,
    open_orders,
    position,
    client_order_id,
)
"""The same for an order without trigger, peg and concealment: the others would have nothing to say."""
SIZE_CHECKS: Final[tuple[Check, ...]] = (quantity, notional, iceberg)
PRICE_CHECKS: Final[tuple[Check, ...]] = (price, notional)


def failure_of(
    checks: tuple[Check, ...], order: PlaceOrder, market: Market, account: Account, now_ns: int
) -> Failure | None:
    """The first of these rules that an order breaks."""
    for check in checks:
        failure = check(order, market, account, now_ns)
        if failure is not None:
            return failure
    return None


def _bound(what: str, value: Price | Quantity, decimals: int, bound: int) -> str:
    relation = "below the minimum" if value < bound else "above the maximum"
    if value <= 0 and bound <= 0:
        return f"{what} {format_trimmed(value, decimals)} is not above 0"
    return f"{what} {format_trimmed(value, decimals)} is {relation} {format_trimmed(bound, decimals)}"


def _step(what: str, value: Price | Quantity, decimals: int, step: int) -> str:
    return f"{what} {format_trimmed(value, decimals)} is not a multiple of {format_trimmed(step, decimals)}"
