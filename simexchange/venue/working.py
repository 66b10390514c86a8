"""An order at work: it meets the book, what is left of it rests or ends; and what follows from that, until it is quiet.

The aftermath is where orders set one another off: order lists first (a fill or an end of one leg), then triggers, the
oldest trade first. Every order is triggered and released at most once, so this ends.
"""

from msgspec.structs import replace

from simexchange.domain.enums import FILLED, FOK, IOC, MARKET, NEW, SELL, ExpireReason, TriggerSource
from simexchange.domain.events import OrderReleased, OrderTriggered, Trade
from simexchange.domain.order import Order
from simexchange.domain.units import Price, Quantity
from simexchange.matching.matcher import match, reach
from simexchange.venue import order_lists
from simexchange.venue.holds import needed_for, reserve_price
from simexchange.venue.list_state import ListState
from simexchange.venue.pegging import take_peg_price
from simexchange.venue.rechecks import may_work
from simexchange.venue.settlement import settle
from simexchange.venue.turn import Turn


def work(turn: Turn, order: Order) -> None:
    """An order whose money is held meets the book; it rests, is filled, or ends."""
    market, terms = turn.market, order.terms
    fillable = terms.time_in_force is not FOK or _fills_whole(turn, order)
    steps = match(market.book, order) if fillable else []
    prevented = bool(steps) and settle(turn, order, steps)
    if prevented:
        turn.expire(order, ExpireReason.SELF_TRADE)
    elif order.leaves_quantity == 0:
        turn.close(order, FILLED)
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
            turn.release_surplus(order)


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
    """Let order lists and triggers do what follows from this command's trades and ends, until nothing more does.

    Trades are looked at before lists react, so that an order which a list releases does not see the trades before it.
    """
    released: list[ListState] = []
    waiting: list[Order] = []
    last = turn.market.last_triggers
    while True:
        while turn.scanned < len(turn.events):
            event = turn.events[turn.scanned]
            turn.scanned += 1
            if last.count and type(event) is Trade:
                waiting += _set_off(turn, TriggerSource.LAST, event.price)
        if turn.stirred:
            released.extend(order_lists.react(turn))
        elif released:
            release(turn, released.pop(0))
        elif waiting:
            order = waiting.pop(0)
            if order.status.is_open:
                wake(turn, order)
        else:
            return


def release(turn: Turn, found: ListState) -> None:
    """The working order of a list is filled: its pending orders take their money and work, or none of them does."""
    pending = [leg for leg in found.legs[1:] if leg.status.is_open]
    if found.pays_other:
        _size_by_receipt(turn, found, pending)
    for order in pending:
        order.status = NEW
        order.updated_ns = turn.ts_ns
        trigger = order.terms.trigger
        if trigger is not None:
            order.reserve_price = reserve_price(turn.market, trigger)
        else:
            take_peg_price(turn.market, order)
    if not all(may_work(turn, order, sized=found.pays_other) for order in pending) or not _pay_for(turn, pending):
        for order in pending:
            turn.expire(order, ExpireReason.RELEASE_REFUSED)
        return
    for order in pending:
        turn.events.append(OrderReleased(order.terms, turn.market.take_execution_id()))
    for order in pending:
        if order.status.is_open:
            begin(turn, order)


def _pay_for(turn: Turn, pending: list[Order]) -> bool:
    """Hold what released orders need; a market buy pays what the book asks now."""
    return turn.hold(pending) and all(order.terms.trigger is not None or _afford(turn, order) for order in pending)


def _size_by_receipt(turn: Turn, found: ListState, pending: list[Order]) -> None:
    """The pending orders sell what was received, in whole lots; of a pair both the same."""
    rules, market = turn.market.rules, turn.market
    received = found.receipt // market.base_factor
    order_lists.free_receipt(turn, found)
    quantity = received
    for order in pending:
        quantity = _whole_lots(quantity, rules.min_quantity, rules.max_quantity, rules.lot_size)
        if order.terms.order_type is MARKET:
            least, most = rules.market_min_quantity, rules.market_max_quantity
            quantity = _whole_lots(quantity, least, most, rules.market_lot_size)
    for order in pending:
        order.terms = replace(order.terms, quantity=quantity)
        order.leaves_quantity = quantity


def _whole_lots(quantity: Quantity, least: Quantity, most: Quantity, lot: Quantity) -> Quantity:
    quantity = min(quantity, most) if most else quantity
    return quantity - (quantity - least) % lot if lot and quantity >= least else quantity


def begin(turn: Turn, order: Order) -> None:
    """An order with its money held: it goes to sleep if it has a trigger, else it works at once."""
    trigger = order.terms.trigger
    if trigger is None:
        if order.terms.working_ns != turn.ts_ns:
            order.terms = replace(order.terms, working_ns=turn.ts_ns)
        work(turn, order)
        return
    market = turn.market
    if market.triggers[trigger.source].add(order, market.reference_price(trigger.source)):
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
    return fired


def wake(turn: Turn, order: Order) -> None:
    """A dormant order works from now on: its siblings hear of it, a peg takes its price, a market buy its money."""
    order.terms = replace(order.terms, working_ns=turn.ts_ns)
    take_peg_price(turn.market, order)
    order.updated_ns = turn.ts_ns
    turn.events.append(OrderTriggered(order.terms, turn.market.take_execution_id()))
    if order.terms.list_id is not None:
        order_lists.expire_siblings(turn, order)
    if not may_work(turn, order):
        turn.expire(order, ExpireReason.RELEASE_REFUSED)
    elif not _afford(turn, order):
        turn.expire(order, ExpireReason.INSUFFICIENT_BALANCE)
    else:
        if order.terms.peg is not None:
            turn.release_surplus(order)
        work(turn, order)


def _afford(turn: Turn, order: Order) -> bool:
    """A market buy pays what the book asks now, a peg what it gives: hold the difference to what is held, if any."""
    terms, market = order.terms, turn.market
    if terms.side is SELL:
        return True
    if terms.order_type is MARKET:
        mode = terms.self_trade_prevention
        needed = reach(market.book, terms.side, order.leaves_quantity, 0, terms.account_id, mode).cost
        needed *= market.quote_factor
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
