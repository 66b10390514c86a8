"""What happens to orders and order lists. The order of events in a batch is the table in ``events``."""

from msgspec import Struct

from simexchange.domain.enums import (
    CancelReason,
    Contingency,
    ExpireReason,
    Liquidity,
    OrderStatus,
    SelfTradePrevention,
    Side,
)
from simexchange.domain.errors import RejectReason
from simexchange.domain.ids import AccountId, AssetName, ClientOrderId, OrderId, Symbol, TradeId
from simexchange.domain.order import OrderTerms
from simexchange.domain.units import Amount, Price, Quantity, Rate


class OrderAccepted(Struct, frozen=True, gc=False):
    """The order is known and will work. ``execution_id`` numbers the events of one instrument's orders."""

    order: OrderTerms
    execution_id: int
    status: OrderStatus = OrderStatus.NEW
    """PENDING for an order that waits for the working order of its list."""


class OrderTriggered(Struct, frozen=True, gc=False):
    """A dormant order works from now on, under the same id."""

    order: OrderTerms
    execution_id: int
    cum_quantity: Quantity = 0


class OrderReleased(Struct, frozen=True, gc=False):
    """A pending order's working order was filled: it is NEW now (dormant if it has a trigger)."""

    order: OrderTerms
    execution_id: int


class OrderAmended(Struct, frozen=True, gc=False):
    """``order`` holds the new terms, ``previous`` the old ones."""

    order: OrderTerms
    previous: OrderTerms
    execution_id: int
    status: OrderStatus
    leaves_quantity: Quantity
    cum_quantity: Quantity
    cum_quote: Amount
    prevented_quantity: Quantity


class AmendRejected(Struct, frozen=True, gc=False):
    account_id: AccountId
    symbol: Symbol
    reason: RejectReason
    rule: str = ""


class OrderList(Struct, frozen=True, gc=False):
    """Orders that belong together: (order id, client order id) of each leg in the order they were given."""

    list_id: int
    client_list_id: ClientOrderId
    account_id: AccountId
    symbol: Symbol
    contingency: Contingency
    orders: tuple[tuple[OrderId, ClientOrderId], ...]
    created_ns: int


class OrderListPlaced(Struct, frozen=True, gc=False):
    order_list: OrderList


class OrderListUpdated(Struct, frozen=True, gc=False):
    """A leg was renamed by an amendment."""

    order_list: OrderList


class OrderListEnded(Struct, frozen=True, gc=False):
    """No leg is open any more."""

    order_list: OrderList


class OrderListRejected(Struct, frozen=True, gc=False):
    """No list came to be; ``leg`` is the index of the order at fault, or None where it is their relation."""

    account_id: AccountId
    symbol: Symbol
    reason: RejectReason
    leg: int | None = None
    rule: str = ""


class OrderTested(Struct, frozen=True, gc=False):
    """A dry run passed every check; these are the rates it would have paid."""

    symbol: Symbol
    maker_fee: Rate
    taker_fee: Rate


class OrderRejected(Struct, frozen=True, gc=False):
    """No order came to be. The request is the batch's command; ``rule`` says which rule, what was sent, what passes."""

    account_id: AccountId
    symbol: Symbol
    reason: RejectReason
    rule: str = ""


class Execution(Struct, frozen=True, gc=False):
    """One order's half of a trade. ``last_quote`` and cumulative sums are quote amounts, ``fee`` in ``fee_asset``."""

    order: OrderTerms
    liquidity: Liquidity
    status: OrderStatus
    execution_id: int
    last_quantity: Quantity
    last_price: Price
    last_quote: Amount
    leaves_quantity: Quantity
    cum_quantity: Quantity
    cum_quote: Amount
    prevented_quantity: Quantity
    fee: Amount
    fee_asset: AssetName


class Trade(Struct, frozen=True, gc=False):
    """One match, at the maker's price. ``side`` is the taker's."""

    symbol: Symbol
    trade_id: TradeId
    price: Price
    quantity: Quantity
    quote: Amount
    side: Side
    taker: Execution
    maker: Execution


class TradeBusted(Struct, frozen=True, gc=False):
    """A trade was annulled: the buyer gave ``quantity`` back less its fee, the seller ``quote`` less its own."""

    symbol: Symbol
    trade_id: TradeId
    price: Price
    quantity: Quantity
    quote: Amount
    buyer: AccountId
    seller: AccountId
    buyer_fee: Amount
    """In the base asset."""
    seller_fee: Amount
    """In the quote asset."""


class TradePrevented(Struct, frozen=True, gc=False):
    """Two orders of one account met and did not trade.

    The prevented quantities are what each side lost to it: all it still wanted if it expires, the decrement, or 0 for
    a side that goes on untouched. ``price`` is the maker's. An expiry follows as an OrderExpired of its own.
    """

    symbol: Symbol
    prevented_id: int
    mode: SelfTradePrevention
    price: Price
    taker: OrderTerms
    maker: OrderTerms
    taker_execution_id: int
    maker_execution_id: int
    taker_prevented_quantity: Quantity
    maker_prevented_quantity: Quantity
    taker_leaves_quantity: Quantity
    maker_leaves_quantity: Quantity
    taker_cum_quantity: Quantity
    maker_cum_quantity: Quantity
    taker_cum_quote: Amount
    maker_cum_quote: Amount
    taker_total_prevented: Quantity
    maker_total_prevented: Quantity


class OrderCanceled(Struct, frozen=True, gc=False):
    order: OrderTerms
    execution_id: int
    cum_quantity: Quantity
    cum_quote: Amount
    prevented_quantity: Quantity
    reason: CancelReason
    request_id: ClientOrderId = ""


class OrderExpired(Struct, frozen=True, gc=False):
    """The venue ended the order; ``leaves_quantity`` is what was left and will not be done."""

    order: OrderTerms
    execution_id: int
    leaves_quantity: Quantity
    cum_quantity: Quantity
    cum_quote: Amount
    prevented_quantity: Quantity
    reason: ExpireReason
    prevented_id: int | None = None


class CancelRejected(Struct, frozen=True, gc=False):
    account_id: AccountId
    symbol: Symbol | None
    reason: RejectReason
