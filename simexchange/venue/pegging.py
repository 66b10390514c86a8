"""Where a pegged order's price comes from: the book as it is when the order comes to work. It does not move later.

Source: Binance "Pegged orders".
"""

from itertools import islice

from msgspec.structs import replace

from simexchange.domain.commands import PlaceOrder
from simexchange.domain.enums import PegReference, Side
from simexchange.domain.order import Order
from simexchange.domain.trigger import Peg
from simexchange.domain.units import Price
from simexchange.venue.market import Market


def pegged_price(market: Market, side: Side, peg: Peg) -> Price:
    """The price of the level ``peg.levels`` deeper than the best; 0 where the book does not reach that deep."""
    book_side = market.book.side(side) if peg.reference is PegReference.PRIMARY else market.book.against(side)
    visible = (level for level in book_side.walk() if level.quantity)
    level = next(islice(visible, peg.levels, None), None)
    return level.price if level is not None else 0


def with_peg(market: Market, command: PlaceOrder) -> PlaceOrder:
    """The command with the price its peg has now; one with a trigger gets its price when it is triggered."""
    if command.peg is None or command.trigger is not None:
        return command
    return replace(command, price=pegged_price(market, command.side, command.peg))


def take_peg_price(market: Market, order: Order) -> None:
    """A pegged order comes to work: its price is what the book gives now."""
    terms = order.terms
    if terms.peg is not None:
        order.terms = replace(terms, price=pegged_price(market, terms.side, terms.peg))
