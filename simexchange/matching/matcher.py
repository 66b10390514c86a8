"""Matching one incoming order against the book: who meets whom, for how much, at the maker's price.

Moves quantities only. What the steps mean in money and events is the venue's business (``venue.settlement``).
"""

from collections.abc import Iterator
from typing import Final, TypeAlias

from msgspec import Struct

from simexchange.domain.enums import (
    MARKET,
    SelfTradePrevention,
    Side,
)
from simexchange.domain.ids import AccountId
from simexchange.domain.order import Order
from simexchange.domain.units import Price, Quantity
from simexchange.matching.order_book import BookSide, OrderBook
from simexchange.matching.price_level import PriceLevel


class Fill(Struct, frozen=True, gc=False):
    """The incoming order and ``maker`` trade; the leaves are those right after this step."""

    maker: Order
    price: Price
    quantity: Quantity
    maker_leaves: Quantity
    taker_leaves: Quantity


class Prevention(Struct, frozen=True, gc=False):
    """The incoming order met an order of its own account and did not trade.

    ``maker_expires`` / ``taker_expires`` say who ends here, the prevented quantities what each lost; the leaves are
    those right after this step.
    """

    maker: Order
    price: Price
    maker_expires: bool
    taker_expires: bool
    maker_prevented: Quantity
    taker_prevented: Quantity
    maker_leaves: Quantity
    taker_leaves: Quantity


DECREMENTING: Final = (SelfTradePrevention.DECREMENT, SelfTradePrevention.TRANSFER)
"""Modes in which both sides lose what they have in common. A transfer needs two accounts; within one it decrements."""

Step: TypeAlias = Fill | Prevention


def match(book: OrderBook, taker: Order) -> list[Step]:
    """Match ``taker`` as far as its price and quantity reach; the steps in order. The book and the leaves change.

    A maker that is filled or expires has left the book when this returns; whatever ``taker`` still wants is its
    ``leaves_quantity``. After a step with ``taker_expires`` nothing more is matched.
    """
    steps: list[Step] = []
    terms = taker.terms
    against = book.against(terms.side)
    sign = against.sign
    account_id = terms.account_id
    limit_key = None if terms.order_type is MARKET else sign * terms.price
    while taker.leaves_quantity > 0 and (level := against.best) is not None:
        if limit_key is not None and sign * level.price > limit_key:
            break
        while taker.leaves_quantity > 0 and (maker := level.front()) is not None:
            if maker.terms.account_id == account_id and terms.self_trade_prevention is not SelfTradePrevention.NONE:
                step = _prevent(against, level, maker, taker)
                steps.append(step)
                if step.taker_expires:
                    return steps
                continue
            quantity = taker.leaves_quantity
            offered = maker.shown_quantity or maker.leaves_quantity
            if offered < quantity:
                quantity = offered
            taker.leaves_quantity -= quantity
            if quantity == maker.leaves_quantity:
                against.remove(maker)
                maker.leaves_quantity = 0
            else:
                against.reduce(level, maker, quantity)
            steps.append(Fill(maker, level.price, quantity, maker.leaves_quantity, taker.leaves_quantity))
    return steps


def fill_one(book: OrderBook, maker: Order, quantity: Quantity, price: Price) -> Fill:
    """``quantity`` of a resting order is taken out of its turn, at ``price``; nothing of whoever takes it is left."""
    side, level_price = book.side(maker.terms.side), maker.terms.price
    level = side.level(level_price)
    assert level is not None, "the order rests"
    assert 0 < quantity <= maker.leaves_quantity, "no more can be taken than it wants"
    if quantity == maker.leaves_quantity:
        side.remove(maker)
        maker.leaves_quantity = 0
    else:
        side.reduce(level, maker, quantity)
    return Fill(maker, price, quantity, maker.leaves_quantity, 0)


def _prevent(against: BookSide, level: PriceLevel, maker: Order, taker: Order) -> Prevention:
    mode = taker.terms.self_trade_prevention
    if mode in DECREMENTING:
        maker_prevented = taker_prevented = min(taker.leaves_quantity, maker.leaves_quantity)
        maker_expires = maker_prevented == maker.leaves_quantity
        taker_expires = taker_prevented == taker.leaves_quantity
    else:
        maker_expires = mode is not SelfTradePrevention.EXPIRE_TAKER
        taker_expires = mode is not SelfTradePrevention.EXPIRE_MAKER
        maker_prevented = maker.leaves_quantity if maker_expires else 0
        taker_prevented = taker.leaves_quantity if taker_expires else 0
    taker.leaves_quantity -= taker_prevented
    if maker_expires:
        against.remove(maker)
        maker.leaves_quantity -= maker_prevented
    elif maker_prevented:
        against.reduce(level, maker, maker_prevented)
    return Prevention(
        maker,
        level.price,
        maker_expires,
        taker_expires,
        maker_prevented,
        taker_prevented,
        maker.leaves_quantity,
        taker.leaves_quantity,
    )


class Reach(Struct, frozen=True, gc=False):
    """What an incoming order would get right now."""

    quantity: Quantity
    """What would trade."""
    cost: int
    """Sum of price * quantity over those trades, in raw units (times the instrument's quote factor: an amount)."""
    decremented: Quantity = 0
    """What it would lose to self-trade prevention on the way."""


def reach(
    book: OrderBook,
    side: Side,
    quantity: Quantity,
    price: Price,
    account_id: AccountId,
    mode: SelfTradePrevention,
) -> Reach:
    """What ``quantity`` would trade against the book now, up to ``price`` (0: any price). Nothing changes."""
    got = cost = decremented = 0
    careful = account_id if mode is not SelfTradePrevention.NONE else None
    for is_own, level_price, offered in _offers(book, side, price, careful):
        open_quantity = quantity - got - decremented
        if open_quantity <= 0:
            break
        wanted = min(open_quantity, offered)
        if not is_own:
            got += wanted
            cost += wanted * level_price
        elif mode in DECREMENTING:
            decremented += wanted
        elif mode is not SelfTradePrevention.EXPIRE_MAKER:
            break
    return Reach(got, cost, decremented)


def quantity_for_quote(
    book: OrderBook, side: Side, budget: int, lot: Quantity, account_id: AccountId, mode: SelfTradePrevention
) -> Quantity:
    """How much a market order worth ``budget`` (raw units: price * quantity) comes to against the book now.

    Whole lots only; own orders that would expire are passed over. 0 when the book holds nothing to take.
    """
    got = 0
    passed_over = account_id if mode is SelfTradePrevention.EXPIRE_MAKER else None
    for is_own, level_price, offered in _offers(book, side, 0, passed_over):
        if is_own:
            continue
        wanted = min(budget // level_price, offered)
        got += wanted
        budget -= wanted * level_price
        if wanted < offered:
            break
    return got - got % lot if lot else got


def _offers(
    book: OrderBook, side: Side, price: Price, account_id: AccountId | None
) -> Iterator[tuple[bool, Price, Quantity]]:
    """What an incoming order meets, in order: (whether ``account_id`` owns it, price, quantity).

    An iceberg offers a part each time its turn comes, but to its own account the whole at once: prevention takes it
    whole.
    """
    against = book.against(side)
    for level in against.walk():
        if price and against.sign * level.price > against.sign * price:
            return
        again: list[tuple[Quantity, Quantity]] = []
        for maker in level.orders.values():
            leaves, shown = maker.leaves_quantity, maker.shown_quantity
            if maker.terms.account_id == account_id:
                yield True, level.price, leaves
            elif shown:
                yield False, level.price, shown
                again.append((leaves - shown, maker.terms.display_quantity))
            else:
                yield False, level.price, leaves
        while again:
            rest = [(leaves, display) for leaves, display in again if leaves]
            for leaves, display in rest:
                yield False, level.price, min(leaves, display)
            again = [(max(0, leaves - display), display) for leaves, display in rest]
        for maker in level.hidden.values():
            yield maker.terms.account_id == account_id, level.price, maker.leaves_quantity
