"""Rules that an order meets when it begins to work, and again: when it is amended, released, or priced by its peg."""

from typing import Final

from simexchange.domain.commands import PlaceOrder
from simexchange.domain.errors import RejectReason
from simexchange.domain.order import Order, OrderTerms
from simexchange.domain.units import format_trimmed
from simexchange.venue import checks
from simexchange.venue.checks import Check, Failure
from simexchange.venue.market import Market
from simexchange.venue.turn import DORMANT, Turn

RESIZE_CHECKS: Final[tuple[Check, ...]] = (checks.eligibility, *checks.SIZE_CHECKS)
REPRICE_CHECKS: Final[tuple[Check, ...]] = (checks.eligibility, checks.price, *checks.SIZE_CHECKS)


def timing(market: Market, order: PlaceOrder) -> Failure | None:
    """Whether the market as it is lets the order begin: a trigger not met yet, a post-only order that does not take."""
    wanted = order.trigger
    if wanted is not None:
        last = market.reference_price(wanted.source)
        if not wanted.is_trailing and last and wanted.is_met(order.side, last):
            decimals = market.instrument.price_decimals
            return (
                RejectReason.WOULD_TRIGGER_IMMEDIATELY,
                f"trigger {format_trimmed(wanted.price, decimals)} is met at {format_trimmed(last, decimals)}",
            )
    elif order.post_only and market.book.crosses(order.side, order.price):
        return RejectReason.POST_ONLY_WOULD_TAKE, f"{order.side.value} would take from the book"
    return None


def as_asked(terms: OrderTerms) -> PlaceOrder:
    """The command that would ask for an order with these terms, without the trigger once that is done."""
    return PlaceOrder(
        account_id=terms.account_id,
        symbol=terms.symbol,
        side=terms.side,
        order_type=terms.order_type,
        client_order_id=terms.client_order_id,
        quantity=terms.quantity,
        price=terms.price,
        time_in_force=terms.time_in_force,
        post_only=terms.post_only,
        trigger=terms.trigger if terms.working_ns == DORMANT else None,
        display_quantity=terms.display_quantity,
        hidden=terms.hidden,
        peg=terms.peg,
    )


def may_work(turn: Turn, order: Order, *, sized: bool = False) -> bool:
    """Whether an order may begin now: its timing, its price if a peg gave it, its size if that is new."""
    market, asked = turn.market, as_asked(order.terms)
    account = turn.account_of(order)
    again: tuple[Check, ...] = checks.PRICE_CHECKS if order.terms.peg is not None else ()
    if sized:
        again += checks.SIZE_CHECKS
    return checks.failure_of(again, asked, market, account, turn.ts_ns) is None and timing(market, asked) is None
