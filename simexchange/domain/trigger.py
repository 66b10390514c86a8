"""What makes a dormant order work: a price reached, or a retreat from the best price seen (trailing).

Source of the rules: Binance "Trailing Stop FAQ" and the order types table; other venues name the same things otherwise.
"""

from msgspec import Struct

from simexchange.domain.enums import BUY, PegReference, Side, TriggerKind, TriggerSource
from simexchange.domain.units import RATE_ONE, Price, Rate, mul_div


class Trigger(Struct, frozen=True, gc=False):
    """A plain trigger has a ``price``. A trailing one has a rate or an amount, and ``price`` (if any) activates it."""

    kind: TriggerKind
    price: Price = 0
    source: TriggerSource = TriggerSource.LAST
    trail_rate: Rate = 0
    """Retreat as a share of the extreme price; RATE_ONE is all of it."""
    trail_amount: Price = 0

    @property
    def is_trailing(self) -> bool:
        return self.trail_rate > 0 or self.trail_amount > 0

    def rises(self, side: Side) -> bool:
        """Whether ``price`` is met from below (market price >= price) or from above (<=)."""
        return (self.kind is TriggerKind.STOP) is (side is BUY)

    def is_met(self, side: Side, market_price: Price) -> bool:
        return market_price >= self.price if self.rises(side) else market_price <= self.price

    def trailed_price(self, side: Side, extreme: Price) -> Price:
        """Where a trailing order triggers: above the lowest price for a buy, below the highest for a sell; inclusive.

        Rounded so that a whole price meets it exactly when it meets the exact quotient.
        """
        if self.trail_amount:
            return extreme + self.trail_amount if side is BUY else extreme - self.trail_amount
        if side is BUY:
            return mul_div(extreme, RATE_ONE + self.trail_rate, RATE_ONE, up=True)
        return mul_div(extreme, RATE_ONE - self.trail_rate, RATE_ONE)


class Peg(Struct, frozen=True, gc=False):
    """A limit price taken from the book when the order comes in (or is triggered): ``levels`` deeper than the best."""

    reference: PegReference
    levels: int = 0
