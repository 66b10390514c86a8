"""An order: what was asked (``OrderTerms``, immutable) and how far it has come (``Order``, the one mutable value).

Events carry the terms by reference and the progress by value, so an encoder never looks back into the venue.
"""

from typing import Final

from msgspec import Struct

from simexchange.domain.enums import OrderStatus, OrderType, SelfTradePrevention, Side, TimeInForce
from simexchange.domain.ids import AccountId, ClientOrderId, OrderId, Symbol
from simexchange.domain.trigger import Peg, Trigger
from simexchange.domain.units import Amount, Price, Quantity


class OrderTerms(Struct, frozen=True, gc=False):
    """What the owner asked for. An amendment makes new terms; it never changes these."""

    order_id: OrderId
    client_order_id: ClientOrderId
    account_id: AccountId
    symbol: Symbol
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    price: Price
    """0 for a market order."""
    quantity: Quantity
    """For a market order by quote amount: what the book could fill when it came in."""
    quote_quantity: Amount
    """The quote amount asked for, or 0."""
    post_only: bool
    self_trade_prevention: SelfTradePrevention
    created_ns: int
    strategy_id: int | None = None
    strategy_type: int | None = None
    working_ns: int = -1
    """Since when it works in the book; -1 while it is dormant or pending."""
    trigger: Trigger | None = None
    trailing_ns: int = -1
    """Since when a trailing order follows the price."""
    display_quantity: Quantity = 0
    """How much of an iceberg the book shows at a time; 0 shows all."""
    hidden: bool = False
    reduce_only: bool = False
    expires_ns: int | None = None
    list_id: int | None = None
    peg: Peg | None = None
    asked_price: Price = 0
    """The price its owner named beside a peg; ``price`` is what the book gave."""


class Order(Struct, gc=False):
    """The state of one order: ``leaves + cum + prevented == quantity`` as long as it is open."""

    terms: OrderTerms
    leaves_quantity: Quantity
    held: Amount
    """Still held for it, in the asset it pays with: base for a sell, quote for a buy."""
    updated_ns: int
    status: OrderStatus = OrderStatus.NEW
    cum_quantity: Quantity = 0
    cum_quote: Amount = 0
    cum_fee: Amount = 0
    """Fees so far, in the asset it receives."""
    prevented_quantity: Quantity = 0
    prevented_id: int | None = None
    """The last prevented match it was part of."""
    concealed: bool = False
    """An iceberg or hidden order: the book does not show all that it wants."""
    shown_quantity: Quantity = 0
    """What a concealed order shows now: an iceberg's present tip, 0 for a hidden order."""
    reserve_price: Price = 0
    """What a dormant buy without a limit price reckons with; what it holds is worked out from it."""
    amends: int = 0


TRANSITIONS: Final[dict[OrderStatus, dict[str, OrderStatus]]] = {
    OrderStatus.PENDING: {
        "release": OrderStatus.NEW,
        "amend": OrderStatus.PENDING,
        "cancel": OrderStatus.CANCELED,
        "expire": OrderStatus.EXPIRED,
    },
    OrderStatus.NEW: {
        "trigger": OrderStatus.NEW,
        "amend": OrderStatus.NEW,
        "fill_partly": OrderStatus.PARTIALLY_FILLED,
        "fill": OrderStatus.FILLED,
        "cancel": OrderStatus.CANCELED,
        "expire": OrderStatus.EXPIRED,
    },
    OrderStatus.PARTIALLY_FILLED: {
        "amend": OrderStatus.PARTIALLY_FILLED,
        "fill_partly": OrderStatus.PARTIALLY_FILLED,
        "fill": OrderStatus.FILLED,
        "cancel": OrderStatus.CANCELED,
        "expire": OrderStatus.EXPIRED,
    },
    OrderStatus.FILLED: {},
    OrderStatus.CANCELED: {},
    OrderStatus.EXPIRED: {},
}
"""The life cycle: status -> what happens -> next status. A status with no way out is final."""
