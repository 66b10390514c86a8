"""An order at work: it meets the book, what is left of it rests or ends; and what follows from that, until it is quiet.

The aftermath is where orders set one another off: order lists first (a fill or an end of one leg), then triggers, the
oldest trade first. Every order is triggered and released at most once, so this ends.
"""

from msgspec.structs import replace

from simexchange.domain.enums import FILLED, FOK, IOC, MARKET, NEW, SELL, ExpireReason, TriggerSource
from simexchange.domain.events import OrderReleased, OrderTriggered, Trade
from simexchange.domain.order import Order
from simexchange.domain.units import Price
from simexchange.matching.matcher import match, reach
from simexchange.venue import order_lists
from simexchange.venue.list_state import ListState
from simexchange.venue.pegging import pegged_price
from simexchange.venue.settlement import settle
from simexchange.venue.turn import SET_OFF, Turn, needed_for


def work(turn: Turn, order: Order) -> None:
    """An order whose money is held meets the book; it rests, is filled, or ends."""
    market, terms = turn.market, order.terms
    account = turn.account_of(order)
    fillable = terms.time_in_force is not FOK or _fills_whole(turn, order)
    steps = match(market.book, order) if fillable else []
    prevented = bool(steps) and settle(turn, account, order, steps)
    if prevented:
        turn.expire(order, ExpireReason.SELF_TRADE)
    elif order.leaves_quantity == 0:
        account.close_order(order, FILLED, turn.ts_ns)
        turn.stir(order)
    elif not fillable:
        turn.expire(order, ExpireReason.FOK_UNFILLED)
    elif terms.order_type is MARKET:
        turn.expire(order, ExpireReason.NO_LIQUIDITY)
    elif terms.time_in_force is IOC:
        turn.expire(order, ExpireReason.IOC_REMAINDER)
    else:
        market.book.side(terms.side).add(order)
        if steps:
            turn.stir(order)
    if steps or order.status is not NEW:
        turn.release_surplus(order, ended=not order.status.is_open)


def _fills_whole(turn: Turn, order: Order) -> bool:
    terms = order.terms
    found = reach(
        turn.market.book,
        terms.side,
        order.leaves_quantity,
        terms.price,
        terms.account_id,
        terms.self_trade_prevention,
    )
    return found.quantity + found.decremented >= order.leaves_quantity


def aftermath(turn: Turn) -> None:
    """Let order lists and triggers do what follows from this command's trades and ends, until nothing more does."""
    market, scanned = turn.market, 0
    waiting: list[Order] = []
    last = market.triggers[TriggerSource.LAST]
    while True:
        if turn.stirred:
            for found in order_lists.react(turn):
                release(turn, found)
        while scanned < len(turn.events):
            event = turn.events[scanned]
            scanned += 1
            if isinstance(event, Trade) and last:
                waiting.extend(_set_off(turn, TriggerSource.LAST, event.price))
        if turn.stirred:
            continue
        if not waiting:
            return
        order = waiting.pop(0)
        if order.status.is_open:
            wake(turn, order)


def release(turn: Turn, found: ListState) -> None:
    """The working order of a list is filled: its pending orders take their money and work, or none of them does."""
    pending = [leg for leg in found.legs[1:] if leg.status.is_open]
    for order in pending:
        if found.pays_other:
            _size_by_receipt(turn, order, found.legs[0])
        order.status = NEW
        order.updated_ns = turn.ts_ns
    if not all(order.leaves_quantity and may_work(turn, order) for order in pending) or not hold_for(turn, pending):
        for order in pending:
            turn.expire(order, ExpireReason.RELEASE_REFUSED)
        return
    for order in pending:
        turn.events.append(OrderReleased(order.terms, turn.market.take_execution_id()))
    for order in pending:
        if order.status.is_open:
            begin(turn, order)


def _size_by_receipt(turn: Turn, order: Order, working: Order) -> None:
    rules, market = turn.market.rules, turn.market
    fills = turn.account_of(working).fills.get(market.symbol, [])
    fees = sum(
        fill.execution.fee
        for fill in fills
        if fill.execution.order.order_id == working.terms.order_id and fill.execution.fee_asset == market.base_name
    )
    received = (working.cum_quantity * market.base_factor - fees) // market.base_factor
    quantity = received - received % rules.lot_size if rules.lot_size else received
    order.terms = replace(order.terms, quantity=quantity)
    order.leaves_quantity = quantity


def may_work(turn: Turn, order: Order) -> bool:
    """Whether an order may begin now: a post-only one does not take, a trigger is not met yet."""
    terms, market = order.terms, turn.market
    if terms.trigger is not None:
        return terms.trigger.is_trailing or not terms.trigger.is_met(terms.side, market.last_price)
    return not (terms.post_only and market.book.crosses(terms.side, terms.price))


def hold_for(turn: Turn, orders: list[Order]) -> bool:
    """Hold what one order, or a pair of which only one will trade, needs; False (and nothing held) if it is not there.

    The leg that rests comes first and holds all it needs; the other holds what it would need beyond that.
    """
    resting_first = sorted(orders, key=lambda order: order.terms.trigger is not None)
    held = 0
    shares = []
    for order in resting_first:
        shares.append(max(0, needed_for(turn.market, order) - held))
        held += shares[-1]
    account, asset = turn.account_of(orders[0]), turn.paying_asset(orders[0].terms.side)
    if account.balance(asset).free < held:
        return False
    turn.state.ledger.hold(account, asset, held)
    for order, share in zip(resting_first, shares, strict=True):
        order.held = share
    return True


def begin(turn: Turn, order: Order) -> None:
    """An order with its money held: it goes to sleep if it has a trigger, else it works at once."""
    trigger = order.terms.trigger
    if trigger is None:
        if order.terms.working_ns != turn.ts_ns:
            order.terms = replace(order.terms, working_ns=turn.ts_ns)
        work(turn, order)
        return
    market = turn.market
    price = market.reference_price(trigger.source)
    market.triggers[trigger.source].add(order, price)
    if order.extreme:
        order.terms = replace(order.terms, trailing_ns=turn.ts_ns)


def look_at(turn: Turn, source: TriggerSource, price: Price) -> None:
    """A mark or index price moved: wake what it sets off."""
    for order in _set_off(turn, source, price):
        if order.status.is_open:
            wake(turn, order)
            aftermath(turn)


def _set_off(turn: Turn, source: TriggerSource, price: Price) -> list[Order]:
    fired, following = turn.market.triggers[source].take(price)
    for order in following:
        order.terms = replace(order.terms, trailing_ns=turn.ts_ns)
    for order in fired:
        # From here on it is neither dormant nor in the book; an end that reaches it before its turn must know.
        order.terms = replace(order.terms, working_ns=SET_OFF)
    return fired


def wake(turn: Turn, order: Order) -> None:
    """A dormant order works from now on: its siblings hear of it, a peg takes its price, a market buy its money."""
    market = turn.market
    order.terms = replace(order.terms, working_ns=turn.ts_ns)
    if order.terms.peg is not None:
        order.terms = replace(order.terms, price=pegged_price(market, order.terms.side, order.terms.peg))
    order.updated_ns = turn.ts_ns
    turn.events.append(OrderTriggered(order.terms, market.take_execution_id()))
    if order.terms.list_id is not None:
        order_lists.expire_siblings(turn, order)
    if _afford(turn, order):
        work(turn, order)
    else:
        turn.expire(order, ExpireReason.INSUFFICIENT_BALANCE)
        turn.release_surplus(order, ended=True)


def _afford(turn: Turn, order: Order) -> bool:
    """A triggered market buy held its trigger price and pays what the book asks: hold the difference, if any."""
    terms, market = order.terms, turn.market
    if terms.side is SELL:
        return True
    if terms.order_type is MARKET:
        found = reach(market.book, terms.side, order.leaves_quantity, 0, terms.account_id, terms.self_trade_prevention)
        needed = found.cost * market.quote_factor
    else:
        needed = needed_for(market, order)
    missing = needed - order.held
    if missing <= 0:
        return True
    account = turn.account_of(order)
    if account.balance(market.quote_name).free < missing:
        return False
    turn.state.ledger.hold(account, market.quote_name, missing)
    order.held += missing
    return True
