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
FillOrder                       OrderAccepted (of the other side), Trade, the aftermath | CommandRejected
BustTrade                       TradeBusted | CommandRejected
RejectRequest                   OrderRejected | OrderListRejected | AmendRejected | CancelRejected
ExpireOrders                    OrderExpired*, the aftermath
SetReferencePrice               ReferencePriceSet, the aftermath
Deposit, Withdraw               BalanceAdjusted | CommandRejected
SetTradingStatus                TradingStatusChanged, when closing or delisting: OrderCanceled*, OrderListEnded*; when
                                trading continues: the aftermath of the mark and index prices as they are now
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
from simexchange.domain.order_events import (
    AmendRejected,
    CancelRejected,
    Execution,
    OrderAccepted,
    OrderAmended,
    OrderCanceled,
    OrderExpired,
    OrderList,
    OrderListEnded,
    OrderListPlaced,
    OrderListRejected,
    OrderListUpdated,
    OrderRejected,
    OrderReleased,
    OrderTested,
    OrderTriggered,
    Trade,
    TradeBusted,
    TradePrevented,
)
from simexchange.domain.venue_events import (
    AccountCreated,
    AccountStatusChanged,
    BalanceAdjusted,
    BalancesChanged,
    BookUpdated,
    CommandRejected,
    FeesChanged,
    InstrumentListed,
    KeyChanged,
    KeyCreated,
    KeyRestored,
    KeyRevoked,
    ReferencePriceSet,
    RulesChanged,
    TradingStatusChanged,
)

__all__ = [
    "AccountCreated",
    "AccountStatusChanged",
    "AmendRejected",
    "BalanceAdjusted",
    "BalancesChanged",
    "Batch",
    "BookUpdated",
    "CancelRejected",
    "CommandRejected",
    "Event",
    "Execution",
    "FeesChanged",
    "InstrumentListed",
    "KeyChanged",
    "KeyCreated",
    "KeyRestored",
    "KeyRevoked",
    "OrderAccepted",
    "OrderAmended",
    "OrderCanceled",
    "OrderExpired",
    "OrderList",
    "OrderListEnded",
    "OrderListPlaced",
    "OrderListRejected",
    "OrderListUpdated",
    "OrderRejected",
    "OrderReleased",
    "OrderTested",
    "OrderTriggered",
    "ReferencePriceSet",
    "RulesChanged",
    "Trade",
    "TradeBusted",
    "TradePrevented",
    "TradingStatusChanged",
]

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
    | TradeBusted
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
    | KeyRestored
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
