"""What happened, as immutable values; one ``Batch`` per command.

The order of events inside one batch, for every command (tests assert whole lists):

==============================  =========================================================================
command                         events
==============================  =========================================================================
PlaceOrder, refused by a rule   OrderRejected
PlaceOrder, dry run             OrderTested
PlaceOrder                      OrderAccepted, its work, the aftermath
PlaceOrderList                  OrderListRejected | OrderListPlaced, OrderAccepted per leg, the work of each that
                                works at once, the aftermath
AmendOrder                      OrderAmended (of a pair: two), OrderListUpdated if a leg was renamed; when it lost
                                priority its work and the aftermath | AmendRejected
CancelOrder                     OrderCanceled, of a list: per open leg, then OrderListEnded | CancelRejected
CancelOrderList                 OrderCanceled per open leg, OrderListEnded | CancelRejected
CancelAllOrders                 OrderCanceled*, OrderListEnded* | CancelRejected
ExpireOrders                    OrderExpired*, the aftermath
SetReferencePrice               ReferencePriceSet, the aftermath
Deposit, Withdraw               BalanceAdjusted | CommandRejected
SetTradingStatus                TradingStatusChanged, when closing: OrderCanceled*, OrderListEnded*; when trading
                                continues: the aftermath of the mark and index prices as they are now
all others                      the one event named after them | CommandRejected
==============================  =========================================================================

*Its work*, in match order: Trade | TradePrevented | OrderExpired (maker), then OrderExpired (what is left of an order
that does not rest). *The aftermath*, until nothing more happens: what order lists do about fills, triggers and ends
(OrderExpired | OrderReleased and its work | OrderListEnded), then the triggers that the trades so far set off, oldest
trade first, of one trade the trigger it met first, then the oldest order (OrderTriggered and its work). Then, for
every command: BookUpdated for the instrument if its visible book changed, BalancesChanged per touched account (taker
first, the others in order of touch).

One fact, one event: a match is one ``Trade`` with two ``Execution``s that carry all an encoder needs.
"""

from typing import TypeAlias

from msgspec import Struct

from simexchange.domain.commands import Command
from simexchange.domain.enums import (
    CancelReason,
    Contingency,
    ExpireReason,
    KeyKind,
    Liquidity,
    OrderStatus,
    Permission,
    SelfTradePrevention,
    Side,
    TradingStatus,
    TriggerSource,
)
from simexchange.domain.errors import RejectReason
from simexchange.domain.ids import AccountId, AssetName, ClientOrderId, OrderId, Symbol, TradeId
from simexchange.domain.instrument import Instrument, Rules
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


class ReferencePriceSet(Struct, frozen=True, gc=False):
    symbol: Symbol
    source: TriggerSource
    price: Price


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


class BookUpdated(Struct, frozen=True, gc=False):
    """One instrument's visible book after a command: changed levels as (price, new total; 0 removes), best prices.

    ``update_id`` rises by one per event and never skips. A missing best price is 0 with quantity 0.
    """

    symbol: Symbol
    update_id: int
    bids: tuple[tuple[Price, Quantity], ...]
    asks: tuple[tuple[Price, Quantity], ...]
    best_bid: Price
    best_bid_quantity: Quantity
    best_ask: Price
    best_ask_quantity: Quantity


class BalancesChanged(Struct, frozen=True, gc=False):
    """New balances of one account: (asset, free, held) for every asset the command touched, in touch order."""

    account_id: AccountId
    balances: tuple[tuple[AssetName, Amount, Amount], ...]


class BalanceAdjusted(Struct, frozen=True, gc=False):
    """Money came in (delta > 0) or went out (delta < 0)."""

    account_id: AccountId
    asset: AssetName
    delta: Amount


class AccountCreated(Struct, frozen=True, gc=False):
    account_id: AccountId
    name: str


class AccountStatusChanged(Struct, frozen=True, gc=False):
    account_id: AccountId
    can_trade: bool
    can_withdraw: bool
    can_deposit: bool


class FeesChanged(Struct, frozen=True, gc=False):
    account_id: AccountId
    symbol: Symbol | None
    maker_fee: Rate
    taker_fee: Rate


class KeyCreated(Struct, frozen=True, gc=False):
    account_id: AccountId
    api_key: str
    kind: KeyKind
    permissions: tuple[Permission, ...]
    ip_allow: tuple[str, ...]
    expires_ns: int | None


class KeyChanged(Struct, frozen=True, gc=False):
    account_id: AccountId
    api_key: str
    permissions: tuple[Permission, ...]
    ip_allow: tuple[str, ...]
    expires_ns: int | None


class KeyRevoked(Struct, frozen=True, gc=False):
    account_id: AccountId
    api_key: str


class InstrumentListed(Struct, frozen=True, gc=False):
    """``last_price`` is where the price history ends, ``first_trade_id`` the id of the first trade to come."""

    instrument: Instrument
    rules: Rules
    last_price: Price = 0
    first_trade_id: int = 1


class RulesChanged(Struct, frozen=True, gc=False):
    symbol: Symbol
    rules: Rules


class TradingStatusChanged(Struct, frozen=True, gc=False):
    symbol: Symbol
    status: TradingStatus


class CommandRejected(Struct, frozen=True, gc=False):
    reason: RejectReason
    rule: str = ""


Event: TypeAlias = (
    OrderAccepted
    | OrderTriggered
    | OrderReleased
    | OrderAmended
    | AmendRejected
    | OrderListPlaced
    | OrderListUpdated
    | OrderListEnded
    | OrderListRejected
    | ReferencePriceSet
    | OrderTested
    | OrderRejected
    | Trade
    | TradePrevented
    | OrderCanceled
    | OrderExpired
    | CancelRejected
    | BookUpdated
    | BalancesChanged
    | BalanceAdjusted
    | AccountCreated
    | AccountStatusChanged
    | FeesChanged
    | KeyCreated
    | KeyChanged
    | KeyRevoked
    | InstrumentListed
    | RulesChanged
    | TradingStatusChanged
    | CommandRejected
)


class Batch(Struct, frozen=True, gc=False):
    """Everything one command did, delivered after it finished: the unit of journal, streams and tests."""

    seq: int
    ts_ns: int
    command: Command
    events: tuple[Event, ...]
