"""What an order may not be, read from the documentation of filters and orders; answers are reasons' names or empty."""

from properties.reference_state import ONE, Account, Market, Order, State
from simexchange.domain.enums import OrderType, PegReference, Side, TradingStatus
from simexchange.domain.instrument import Rules
from simexchange.domain.trigger import Peg


def first(*reasons: str) -> str:
    return next((reason for reason in reasons if reason), "")


def named(broken: dict[str, bool]) -> str:
    return next((reason for reason, is_broken in broken.items() if is_broken), "")


def peg_price(market: Market, side: Side, peg: Peg) -> int:
    """The ``levels``-th price deeper than the best visible one, or 0."""
    seen = side if peg.reference is PegReference.PRIMARY else side.opposite
    prices = sorted(market.depth(seen), reverse=seen is Side.BUY)
    return prices[peg.levels] if peg.levels < len(prices) else 0


def not_eligible(market: Market, account: Account, order: Order, by_quote: bool = False) -> str:
    rules = market.rules
    kind = OrderType.MARKET if order.is_market else OrderType.LIMIT
    open_for_it = market.status is TradingStatus.CONTINUOUS or (
        market.status is TradingStatus.POST_ONLY and order.post_only
    )
    no_quotes = not rules.quote_quantity_market or not order.is_market or order.trigger is not None
    return named(
        {
            "account_disabled": not account.may_trade,
            "instrument_not_trading": not open_for_it,
            "order_type_unsupported": kind not in rules.order_types,
            "post_only_unsupported": order.post_only and not rules.post_only,
            "quote_quantity_unsupported": by_quote and no_quotes,
        }
    )


def not_supported(rules: Rules, order: Order) -> str:
    trigger, kind = order.trigger, OrderType.MARKET if order.is_market else OrderType.LIMIT
    no_trails = rules.trail_above is None and rules.trail_below is None
    return named(
        {
            "trigger_unsupported": trigger is not None and (trigger.kind, kind) not in rules.triggers,
            "trailing_unsupported": trigger is not None and trigger.is_trailing and no_trails,
            "iceberg_unsupported": order.display != 0 and not rules.max_iceberg_parts,
            "hidden_unsupported": order.hidden and not rules.hidden,
            "peg_unsupported": order.peg is not None and not rules.pegs,
        }
    )


def bad_price(state: State, market: Market, order: Order) -> str:
    trigger = order.trigger
    if trigger is not None and (trigger.price or not trigger.is_trailing):
        reason = bad_price_value(market.rules, trigger.price)
        if reason:
            return reason
    if order.is_market or (order.peg is not None and not order.price and trigger is not None):
        return ""
    if order.peg is not None and not order.price:
        return "peg_without_price"
    return bad_price_value(market.rules, order.price) or outside_band(state, market, order)


def bad_price_value(rules: Rules, price: int) -> str:
    return named(
        {
            "price_too_low": price <= 0 or price < rules.min_price,
            "price_too_high": 0 < rules.max_price < price,
            "price_off_tick": rules.tick_size > 0 and (price - rules.min_price) % (rules.tick_size or 1) != 0,
        }
    )


def outside_band(state: State, market: Market, order: Order) -> str:
    band = market.rules.price_band
    if band is None:
        return ""
    average = market.average(state.now, band.minutes)
    buy = order.side is Side.BUY
    down, up = (band.bid_down, band.bid_up) if buy else (band.ask_down, band.ask_up)
    return "price_outside_band" if average and not average * down <= order.price * ONE <= average * up else ""


def bad_quantity(rules: Rules, order: Order) -> str:
    bounds = [("quantity", rules.min_quantity, rules.max_quantity, rules.lot_size)]
    if order.is_market:
        lots = (rules.market_min_quantity, rules.market_max_quantity, rules.market_lot_size)
        bounds.append(("market_quantity", *lots))
    for name, least, most, lot in bounds:
        if order.quantity <= 0 or order.quantity < least:
            return f"{name}_too_small"
        if 0 < most < order.quantity:
            return f"{name}_too_large"
        if lot and (order.quantity - least) % lot:
            return f"{name}_off_lot"
    return ""


def bad_notional(state: State, market: Market, order: Order, quote_quantity: int = 0) -> str:
    rules, stop = market.rules, order.trigger.price if order.trigger is not None else 0
    price = order.price or stop or market.average(state.now, 5)
    notional = quote_quantity or market.quote(price, order.quantity)
    if notional < rules.min_notional and (not order.is_market or rules.min_notional_for_market):
        return "notional_too_small"
    if 0 < rules.max_notional < notional and (not order.is_market or rules.max_notional_for_market):
        return "notional_too_large"
    return ""


def bad_iceberg(rules: Rules, order: Order) -> str:
    if not order.display:
        return ""
    lot = rules.lot_size
    return named(
        {
            "quantity_too_small": order.display < 0 or order.display < rules.min_quantity,
            "quantity_off_lot": lot > 0 and (order.display - rules.min_quantity) % (lot or 1) != 0,
            "iceberg_exceeds_quantity": order.display > order.quantity,
            "iceberg_parts_exceeded": order.quantity > order.display * rules.max_iceberg_parts,
        }
    )


def bad_size(state: State, market: Market, order: Order) -> str:
    return first(
        bad_quantity(market.rules, order), bad_notional(state, market, order), bad_iceberg(market.rules, order)
    )


def bad_trail(rules: Rules, order: Order) -> str:
    trigger = order.trigger
    if trigger is None or not trigger.trail_rate:
        return ""
    above = (trigger.kind.value == "stop") == (order.side is Side.BUY)
    bounds = rules.trail_above if above else rules.trail_below
    return "" if bounds and bounds[0] <= trigger.trail_rate <= bounds[1] else "trail_out_of_range"


def no_room(state: State, market: Market, orders: list[Order]) -> str:
    """Caps on open orders, on triggered ones and on icebergs; the house has none."""
    account_id = orders[0].account
    if state.accounts[account_id].house:
        return ""
    own, rules = state.open_of(account_id, market.symbol), market.rules
    triggered = [o for o in own if o.trigger is not None], [o for o in orders if o.trigger is not None]
    icebergs = [o for o in own if o.display], [o for o in orders if o.display]
    return named(
        {
            "open_orders_exceeded": 0 < rules.max_open_orders < len(own) + len(orders),
            "triggered_orders_exceeded": bool(triggered[1])
            and 0 < rules.max_triggered_orders < len(triggered[0]) + len(triggered[1]),
            "iceberg_orders_exceeded": bool(icebergs[1])
            and 0 < rules.max_iceberg_orders < len(icebergs[0]) + len(icebergs[1]),
        }
    )


def too_much(state: State, market: Market, order: Order) -> str:
    """The caps of the account, its position and its names."""
    cap, own = market.rules.max_position, state.open_of(order.account, market.symbol)
    has = state.accounts[order.account].owned.get(market.instrument.base.name, 0) // market.base(1)
    coming = sum(other.leaves for other in own if other.side is Side.BUY)
    return first(
        no_room(state, market, [order]),
        "position_exceeded" if cap and order.side is Side.BUY and has + coming + order.quantity > cap else "",
        "client_order_id_duplicate" if any(o.client_order_id == order.client_order_id for o in own) else "",
    )


def would_not_begin(market: Market, order: Order) -> str:
    """Whether the market as it is forbids it: it would take though it may not, or its trigger is met already."""
    trigger = order.trigger
    if trigger is None:
        return "post_only_would_take" if order.post_only and market.crosses(order.side, order.price) else ""
    price = market.reference(trigger.source)
    if trigger.is_trailing or not price:
        return ""
    above = (trigger.kind.value == "stop") == (order.side is Side.BUY)
    return "would_trigger_immediately" if (price >= trigger.price if above else price <= trigger.price) else ""


def breaks_a_rule(state: State, market: Market, order: Order, is_new_size: bool = False) -> bool:
    """Whether an order that comes to work by a release or a trigger breaks a rule after all."""
    return bool(
        (order.peg is not None and (bad_price(state, market, order) or bad_notional(state, market, order)))
        or (is_new_size and bad_size(state, market, order))
        or would_not_begin(market, order)
    )
