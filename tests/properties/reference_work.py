"""What happens to orders at work: matching, order lists and triggers, each by looking at everything there is."""

from dataclasses import replace

from properties.reference_rules import breaks_a_rule, peg_price
from properties.reference_state import FEES, MINUTE, ONE, Fact, Market, Order, OrderList, State
from simexchange.domain.enums import SelfTradePrevention, Side, TimeInForce, TriggerSource

STOPS_TAKER = (SelfTradePrevention.EXPIRE_TAKER, SelfTradePrevention.EXPIRE_BOTH)


def leave(market: Market, order: Order, end: str) -> None:
    market.open.remove(order)
    order.state, order.end = "gone", end


def expire(market: Market, order: Order, reason: str, facts: list[Fact], prevented_id: int | None = None) -> None:
    leave(market, order, reason)
    facts.append(("expired", order.order_id, reason, order.leaves, order.cum, order.prevented, prevented_id))
    if order.members is not None and reason != "sibling_worked":
        market.stirred.append(order)


# Matching.


def work(state: State, market: Market, order: Order, facts: list[Fact]) -> None:
    """The order meets the book; what is left of it rests or ends."""
    order.state = "working"
    if order.time_in_force is TimeInForce.FOK and rehearse(market, order)[1]:
        expire(market, order, "fok_unfilled", facts)
    elif match(state, market, order, facts):
        expire(market, order, "self_trade", facts, market.next_prevented - 1)
    elif order.leaves and order.is_market:
        expire(market, order, "no_liquidity", facts)
    elif order.leaves and order.time_in_force is TimeInForce.IOC:
        expire(market, order, "ioc_remainder", facts)
    elif order.leaves:
        market.sit(order)
    else:
        leave(market, order, "filled")
    if order.members is not None:
        market.stirred.append(order)


def match(state: State, market: Market, taker: Order, facts: list[Fact]) -> bool:
    """Trade as far as it goes; True if meeting its own account ended the incoming order."""
    while taker.leaves:
        maker = market.front(taker.side)
        if maker is None or not market.within(taker.side, taker.price, maker):
            return False
        if maker.account != taker.account or taker.mode is SelfTradePrevention.NONE:
            trade(state, market, taker, maker, facts)
        elif prevent(market, taker, maker, facts):
            return True
    return False


def prevent(market: Market, taker: Order, maker: Order, facts: list[Fact]) -> bool:
    common = min(taker.leaves, maker.leaves)
    lost_by_taker, lost_by_maker = {
        SelfTradePrevention.EXPIRE_TAKER: (taker.leaves, 0),
        SelfTradePrevention.EXPIRE_MAKER: (0, maker.leaves),
        SelfTradePrevention.EXPIRE_BOTH: (taker.leaves, maker.leaves),
        SelfTradePrevention.DECREMENT: (common, common),
        SelfTradePrevention.TRANSFER: (common, common),
    }[taker.mode]
    prevented_id = market.next_prevented
    market.next_prevented += 1
    taker.leaves -= lost_by_taker
    taker.prevented += lost_by_taker
    market.reduce(maker, lost_by_maker)
    maker.prevented += lost_by_maker
    facts.append(("prevented", prevented_id, taker.order_id, maker.order_id, lost_by_taker, lost_by_maker))
    if maker.leaves == 0:
        expire(market, maker, "self_trade", facts, prevented_id)
    return taker.leaves == 0


def trade(state: State, market: Market, taker: Order, maker: Order, facts: list[Fact]) -> None:
    deal(state, market, taker, maker, min(taker.leaves, maker.shown or maker.leaves), maker.price, facts)


def deal(
    state: State, market: Market, taker: Order, maker: Order, quantity: int, price: int, facts: list[Fact]
) -> None:
    """So much changes hands between these two at this price."""
    quote, base = market.quote(price, quantity), market.base(quantity)
    buyer, seller = (taker, maker) if taker.side is Side.BUY else (maker, taker)
    state.move(market.instrument.quote.name, buyer.account, seller.account, quote)
    state.move(market.instrument.base.name, seller.account, buyer.account, base)
    fees = {}
    for order, liquidity in ((taker, 1), (maker, 0)):
        asset = market.instrument.base if order is buyer else market.instrument.quote
        rate = state.rates(order.account, market.symbol)[liquidity]
        grain = 10 ** (asset.decimals - asset.precision)
        fee = (base if order is buyer else quote) * rate // (ONE * grain) * grain
        state.move(asset.name, order.account, FEES, fee)
        fees[order.order_id] = fee
        order.cum += quantity
        order.cum_quote += quote
        order.cum_fee += fee
    taker.leaves -= quantity
    market.reduce(maker, quantity)
    if maker.leaves == 0:
        leave(market, maker, "filled")
    if maker.members is not None:
        market.stirred.append(maker)
    market.last_price = price
    market.news.append(price)
    market.trades = [t for t in market.trades if t[0] > state.now // MINUTE - 10]
    market.trades.append((state.now // MINUTE, price, quantity))
    market.deals.append(
        (
            market.next_trade,
            (buyer.account, base, fees[buyer.order_id]),
            (seller.account, quote, fees[seller.order_id]),
        )
    )
    halves = [(o.order_id, o.leaves, o.cum, o.cum_quote, o.prevented, fees[o.order_id]) for o in (taker, maker)]
    facts.append(("trade", market.next_trade, price, quantity, *halves))
    market.next_trade += 1


def rehearse(market: Market, order: Order) -> tuple[int, int]:
    """(what it would pay in quote, what would be left of it) if it came in now: played through on copies."""
    others = [replace(o, members=None) for o in market.resting(order.side.opposite)]
    stage, taker, paid = replace(market, open=others), replace(order, members=None), 0
    while taker.leaves:
        maker = stage.front(taker.side)
        if maker is None or not stage.within(taker.side, taker.price, maker):
            break
        if maker.account == taker.account and taker.mode is not SelfTradePrevention.NONE:
            left = taker.leaves
            if prevent(stage, taker, maker, []):
                return paid, left if taker.mode in STOPS_TAKER else 0
        else:
            traded = min(taker.leaves, maker.shown or maker.leaves)
            taker.leaves -= traded
            stage.reduce(maker, traded)
            if maker.leaves == 0:
                stage.open.remove(maker)
            paid += market.quote(maker.price, traded)
    return paid, taker.leaves


# What follows from trades and ends.


def calm(state: State, market: Market, facts: list[Fact]) -> None:
    """Go on until nothing more happens: triggers see the trades, lists react, released and triggered orders work."""
    released: list[OrderList] = []
    waiting: list[Order] = []
    while True:
        if market.news:
            waiting += set_off(market, TriggerSource.LAST, market.news.pop(0))
        elif market.stirred:
            react(state, market, market.stirred.pop(0), released, facts)
        elif released:
            release(state, market, released.pop(0), facts)
        elif waiting:
            order = waiting.pop(0)
            if order.state == "set off":
                wake(state, market, order, facts)
        else:
            return


def react(state: State, market: Market, order: Order, released: list[OrderList], facts: list[Fact]) -> None:
    found = order.members
    assert found is not None
    if found.ended:
        return
    is_over = order.state == "gone"
    if found.working is None:
        if order in found.pair and (order.cum or is_over):
            expire_sibling(market, found, order, facts)
    elif order is found.working:
        if found.pays_other:
            keep_receipt(state, market, found, order)
        if order.end == "filled":
            found.is_released = True
            released.append(found)
    if found.working is not None and is_over:
        for leg in [leg for leg in found.legs if leg.state != "gone"]:
            expire(market, leg, "sibling_worked" if leg is found.working else "working_order_ended", facts)
    end_if_over(found, facts)


def expire_sibling(market: Market, found: OrderList, order: Order, facts: list[Fact]) -> None:
    for leg in found.pair:
        if leg is not order and leg.state != "gone":
            expire(market, leg, "sibling_worked", facts)


def end_if_over(found: OrderList, facts: list[Fact]) -> None:
    if not found.ended and all(leg.state == "gone" for leg in found.legs):
        found.ended = True
        found.receipt = 0
        facts.append(("list_ended", found.list_id))


def keep_receipt(state: State, market: Market, found: OrderList, order: Order) -> None:
    """Lock what was bought; the fee is taken from other free money where there is enough."""
    seen_cum, seen_fee = found.receipt_seen
    received, fee = market.base(order.cum - seen_cum), order.cum_fee - seen_fee
    found.receipt_seen = (order.cum, order.cum_fee)
    free = state.free(order.account, market.instrument.base.name)
    found.receipt += received if free >= received else min(received - fee, free)


def release(state: State, market: Market, found: OrderList, facts: list[Fact]) -> None:
    pending = [leg for leg in found.legs[1:] if leg.state == "pending"]
    if found.pays_other:
        quantity = found.receipt // market.base(1)
        found.receipt = 0
        for leg in pending:
            quantity = sellable(market, leg, quantity)
        for leg in pending:
            leg.quantity = leg.leaves = quantity
    for leg in pending:
        if leg.trigger is not None:
            leg.reserve = leg.trigger.price or market.reference(leg.trigger.source)
        elif leg.peg is not None:
            leg.price = peg_price(market, leg.side, leg.peg)
    needs = [market.need(leg) for leg in pending]
    if pending[0].is_market and pending[0].trigger is None and pending[0].side is Side.BUY:
        needs = [rehearse(market, pending[0])[0]]
    fits = not any(breaks_a_rule(state, market, leg, found.pays_other) for leg in pending)
    if not fits or max(needs) > state.free(pending[0].account, market.pays(pending[0].side)):
        for leg in pending:
            expire(market, leg, "release_refused", facts)
        return
    for leg in pending:
        leg.state = "accepted"
        facts.append(("released", leg.order_id, leg.quantity, leg.price))
    for leg in pending:
        begin(state, market, leg, facts)


def sellable(market: Market, leg: Order, quantity: int) -> int:
    rules = market.rules
    filters = [(rules.min_quantity, rules.max_quantity, rules.lot_size)]
    if leg.is_market:
        filters.append((rules.market_min_quantity, rules.market_max_quantity, rules.market_lot_size))
    for least, most, lot in filters:
        if most:
            quantity = min(quantity, most)
        if lot and quantity >= least:
            quantity = least + (quantity - least) // lot * lot
    return quantity


# Triggers.


def begin(state: State, market: Market, order: Order, facts: list[Fact]) -> None:
    """An order starts to work, or to sleep until its trigger is met."""
    trigger = order.trigger
    if trigger is None:
        work(state, market, order, facts)
        return
    order.state = "asleep"
    price = market.reference(trigger.source)
    if trigger.is_trailing and price and (not trigger.price or is_met(order, price)):
        order.extreme = price


def rises(order: Order) -> bool:
    """Whether a price at or above the trigger price sets it off, else at or below."""
    assert order.trigger is not None
    return (order.trigger.kind.value == "stop") == (order.side is Side.BUY)


def is_met(order: Order, price: int) -> bool:
    assert order.trigger is not None
    return price >= order.trigger.price if rises(order) else price <= order.trigger.price


def set_off(market: Market, source: TriggerSource, price: int) -> list[Order]:
    """The orders that a price wakes: the trigger it met first, then the oldest. Trailing ones note the price."""
    up: list[tuple[int, Order]] = []
    down: list[tuple[int, Order]] = []
    for order in market.open:
        trigger = order.trigger
        if order.state != "asleep" or trigger is None or trigger.source is not source:
            continue
        if not trigger.is_trailing:
            if is_met(order, price):
                (up if rises(order) else down).append((trigger.price, order))
        elif not order.extreme:
            if not trigger.price or is_met(order, price):
                order.extreme = price
        elif order.side is Side.BUY:
            order.extreme = min(order.extreme, price)
            level = order.extreme + trigger.trail_amount or 0
            if not trigger.trail_amount:
                level = -(-order.extreme * (ONE + trigger.trail_rate) // ONE)
            if price >= level:
                up.append((level, order))
        else:
            order.extreme = max(order.extreme, price)
            level = order.extreme - trigger.trail_amount
            if not trigger.trail_amount:
                level = order.extreme * (ONE - trigger.trail_rate) // ONE
            if price <= level:
                down.append((level, order))
    up.sort(key=lambda entry: (entry[0], entry[1].order_id))
    down.sort(key=lambda entry: (-entry[0], entry[1].order_id))
    fired = [order for _, order in up + down]
    for order in fired:
        order.state = "set off"
    return fired


def wake(state: State, market: Market, order: Order, facts: list[Fact]) -> None:
    if order.peg is not None:
        order.price = peg_price(market, order.side, order.peg)
    order.state = "working"
    facts.append(("triggered", order.order_id, order.price))
    if order.members is not None and order.members.working is None and order in order.members.pair:
        expire_sibling(market, order.members, order, facts)
    if breaks_a_rule(state, market, replace(order, trigger=None)):
        expire(market, order, "release_refused", facts)
        return
    if order.side is Side.BUY:
        cost = rehearse(market, order)[0] if order.is_market else market.need(order)
        if cost > state.free(order.account, market.instrument.quote.name, apart_from=order):
            expire(market, order, "insufficient_balance", facts)
            return
    work(state, market, order, facts)
