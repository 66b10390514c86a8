"""How much money open orders hold: alone, and as a pair of which only one will trade."""

from collections.abc import Iterable

from simexchange.domain.enums import SELL
from simexchange.domain.order import Order
from simexchange.domain.trigger import Trigger
from simexchange.domain.units import Amount, Price
from simexchange.venue.market import Market


def needed_for(market: Market, order: Order) -> Amount:
    """What an open order's open quantity may cost, in the asset it pays with."""
    terms = order.terms
    if terms.side is SELL:
        return order.leaves_quantity * market.base_factor
    return (terms.price or order.reserve_price) * order.leaves_quantity * market.quote_factor


def reserve_price(market: Market, trigger: Trigger) -> Price:
    """What a buy without a limit price reckons with while it sleeps: its trigger price, or the market's now."""
    return trigger.price or market.reference_price(trigger.source)


def shares(market: Market, legs: Iterable[Order]) -> list[tuple[Order, Amount]]:
    """What each leg holds so that all of them together can pay for any one of them.

    The leg that rests comes first and holds all it needs; another holds what it would need beyond that.
    """
    covered = 0
    found = []
    for leg in sorted(legs, key=_sleeps):
        share = max(0, needed_for(market, leg) - covered)
        covered += share
        found.append((leg, share))
    return found


def _sleeps(order: Order) -> bool:
    return order.terms.trigger is not None
