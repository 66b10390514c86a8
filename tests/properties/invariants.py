"""What must be true of a venue between any two commands, seen by walking through all of it."""

from collections.abc import Iterator
from itertools import islice

from simexchange.domain.enums import OrderStatus, Side
from simexchange.domain.ids import EXTERNAL_ACCOUNT
from simexchange.matching.order_book import BookSide
from simexchange.matching.price_level import PriceLevel
from simexchange.venue.holds import needed_for
from simexchange.venue.market import Market
from simexchange.venue.venue import Venue


def state_violations(venue: Venue) -> Iterator[str]:
    """Every broken invariant as a sentence; nothing from a sound venue."""
    for asset, total in venue.views.trial_balance().items():
        if total:
            yield f"{asset} sums to {total}"
    for market in venue.markets.values():
        yield from _market(venue, market)
    yield from _lists(venue)
    for account_id, account in venue.accounts.items():
        needed = venue.views.held_for_orders(account_id)
        for asset, balance in account.balances.items():
            if balance.held < 0 or (balance.free < 0 and account_id != EXTERNAL_ACCOUNT):
                yield f"account {account_id} has {balance.free} free and {balance.held} held {asset}"
            if balance.held != needed.pop(asset, 0):
                yield f"account {account_id} holds {balance.held} {asset}, its orders need something else"
        if any(needed.values()):
            yield f"account {account_id} needs {needed} held and has no such balance"


def _market(venue: Venue, market: Market) -> Iterator[str]:
    book, symbol = market.book, market.instrument.symbol
    bid, ask = book.bids.best, book.asks.best
    if bid is not None and ask is not None and bid.price >= ask.price:
        yield f"{symbol} is crossed at rest: {bid.price} >= {ask.price}"
    resting = set()
    for side in Side:
        yield from _side(f"{symbol} {side.value}", book.side(side), side)
        for level in book.side(side).walk():
            for order in (*level.orders.values(), *level.hidden.values()):
                resting.add(order.terms.order_id)
                if order.terms.side is not side or order.terms.symbol != symbol:
                    yield f"{symbol}: order {order.terms.order_id} rests in the wrong book or side"
    working, dormant = set(), 0
    for account in venue.accounts.values():
        for order in account.open_orders.get(symbol, {}).values():
            terms = order.terms
            if terms.working_ns >= 0:
                working.add(terms.order_id)
            elif order.status is not OrderStatus.PENDING:
                dormant += 1
            done = order.leaves_quantity + order.cum_quantity + order.prevented_quantity
            unsized = order.status is OrderStatus.PENDING and not terms.quantity
            if done != terms.quantity or (order.leaves_quantity <= 0 and not unsized) or not order.status.is_open:
                yield f"{symbol}: open order {terms.order_id} adds up to {done} of {terms.quantity}"
            if order.held < 0 or (terms.working_ns >= 0 and order.held != needed_for(market, order)):
                yield f"{symbol}: order {terms.order_id} holds {order.held}"
            if account.by_client_order_id.get((symbol, terms.client_order_id)) is not order:
                yield f"{symbol}: order {terms.order_id} is not found under its name {terms.client_order_id}"
    if resting != working:
        yield f"{symbol}: {resting ^ working} rest or work, not both"
    if dormant != sum(len(book) for book in market.triggers.values()):
        yield f"{symbol}: {dormant} orders are dormant, not as many sleep"


def _lists(venue: Venue) -> Iterator[str]:
    latest = islice(reversed(venue.order_lists.values()), 50)
    still_open = (found for own in venue.open_lists.values() for found in own.values())
    for found in (*latest, *still_open):
        name = f"list {found.order_list.list_id}"
        is_open = any(leg.status.is_open for leg in found.legs)
        known = venue.open_lists.get(found.order_list.account_id, {}).get(found.order_list.client_list_id) is found
        if is_open is found.ended or known is found.ended:
            yield f"{name} is over or open, not both"
        named = tuple((leg.terms.order_id, leg.terms.client_order_id) for leg in found.legs)
        if named != found.order_list.orders:
            yield f"{name} says {found.order_list.orders}, its legs {named}"
        waits = found.working is not None
        for leg in found.pair():
            if leg.status.is_open and waits is not (leg.status is OrderStatus.PENDING):
                yield f"{name}: leg {leg.terms.order_id} is {leg.status.value}"
            if leg.status.is_open and leg.cum_quantity and len(found.sharing()) > 1:
                yield f"{name}: leg {leg.terms.order_id} traded and its sibling is open"


def _side(name: str, side: BookSide, kind: Side) -> Iterator[str]:
    levels = list(side.walk())
    prices = [level.price for level in levels]
    if prices != sorted(set(prices), reverse=kind is Side.BUY):
        yield f"{name}: levels out of order {prices}"
    if side.best is not (levels[0] if levels else None):
        yield f"{name}: the best level is not the first"
    for level in levels:
        yield from _level(f"{name} {level.price}", level)


def _level(name: str, level: PriceLevel) -> Iterator[str]:
    visible, hidden = list(level.orders.values()), list(level.hidden.values())
    if not visible and not hidden:
        yield f"{name}: an empty level"
    if any(order.terms.hidden for order in visible) or not all(order.terms.hidden for order in hidden):
        yield f"{name}: hidden orders stand among the visible"
    if level.quantity != sum(order.shown_quantity or order.leaves_quantity for order in visible):
        yield f"{name}: total {level.quantity} is not what its orders show"
    for order in visible:
        if order.terms.display_quantity and not 0 < order.shown_quantity <= order.leaves_quantity:
            yield f"{name}: order {order.terms.order_id} shows {order.shown_quantity} of {order.leaves_quantity}"
    if any(order.terms.price != level.price for order in (*visible, *hidden)):
        yield f"{name}: an order of another price"
