"""What must be true of a venue between any two commands, seen by walking through all of it."""

from collections.abc import Iterator

from simexchange.domain.enums import Side
from simexchange.domain.ids import EXTERNAL_ACCOUNT
from simexchange.matching.order_book import BookSide
from simexchange.venue.market import Market
from simexchange.venue.venue import Venue


def state_violations(venue: Venue) -> Iterator[str]:
    """Every broken invariant as a sentence; nothing from a sound venue."""
    for asset, total in venue.views.trial_balance().items():
        if total:
            yield f"{asset} sums to {total}"
    for market in venue.markets.values():
        yield from _market(venue, market)
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
    bid, ask = book.best(Side.BUY)[0], book.best(Side.SELL)[0]
    if bid and ask and bid >= ask:
        yield f"{symbol} is crossed at rest: {bid} >= {ask}"
    resting = set()
    for side in Side:
        yield from _side(f"{symbol} {side.value}", book.side(side), side)
        for level in book.side(side).levels.values():
            for order in level.orders.values():
                resting.add((order.terms.account_id, order.terms.order_id))
                if order.terms.side is not side or order.terms.symbol != symbol:
                    yield f"{symbol}: order {order.terms.order_id} rests in the wrong book or side"
    open_orders = set()
    for account in venue.accounts.values():
        for order in account.open_orders.get(symbol, {}).values():
            terms = order.terms
            open_orders.add((account.account_id, terms.order_id))
            done = order.leaves_quantity + order.cum_quantity + order.prevented_quantity
            if done != terms.quantity or order.leaves_quantity <= 0 or not order.status.is_open:
                yield f"{symbol}: open order {terms.order_id} adds up to {done} of {terms.quantity}"
    if resting != open_orders:
        yield f"{symbol}: {resting ^ open_orders} rest or are open, not both"


def _side(name: str, side: BookSide, kind: Side) -> Iterator[str]:
    levels = list(side.levels.values())
    prices = [level.price for level in levels]
    if prices != sorted(set(prices), reverse=kind is Side.BUY):
        yield f"{name}: levels out of order {prices}"
    if side.best is not (levels[0] if levels else None):
        yield f"{name}: the best level is not the first"
    for level in levels:
        queue = list(level.orders.values())
        if not queue:
            yield f"{name} {level.price}: an empty level"
        if level.quantity != sum(order.leaves_quantity for order in queue):
            yield f"{name} {level.price}: total {level.quantity} is not the sum of its orders"
        ages = [order.terms.order_id for order in queue]
        if ages != sorted(ages):
            yield f"{name} {level.price}: out of time priority {ages}"
        if any(order.terms.price != level.price for order in queue):
            yield f"{name} {level.price}: an order of another price"
