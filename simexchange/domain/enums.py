"""The closed vocabularies of the core, in the field's standard terms. Wire words belong to the dialects."""

from enum import Enum
from typing import Final


class Word(Enum):
    """A closed vocabulary. Hashed by identity: members are singletons and live in dictionaries on the hot path."""

    __hash__ = object.__hash__


class Side(Word):
    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> "Side":
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(Word):
    """How an order prices itself once it works. Triggers and display quantities are properties of their own."""

    LIMIT = "limit"
    MARKET = "market"


class TimeInForce(Word):
    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"
    GTD = "gtd"
    """Until ``expires_ns``; the venue is told when that is by ``ExpireOrders``."""


class OrderStatus(Word):
    """FIX OrdStatus 39. The table of allowed changes is ``order.TRANSITIONS``."""

    PENDING = "pending"
    """Part of an order list and waiting for the list's working order; holds nothing."""
    NEW = "new"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"

    @property
    def is_open(self) -> bool:
        return self is NEW or self is PARTIALLY_FILLED or self is PENDING


class Liquidity(Word):
    MAKER = "maker"
    TAKER = "taker"


class SelfTradePrevention(Word):
    """What happens when two orders of one account would match; the incoming order's mode decides."""

    NONE = "none"
    EXPIRE_TAKER = "expire_taker"
    EXPIRE_MAKER = "expire_maker"
    EXPIRE_BOTH = "expire_both"
    DECREMENT = "decrement"
    TRANSFER = "transfer"
    """Between accounts of one trade group that both ask for it; within one account the same as DECREMENT."""


class CancelReason(Word):
    REQUESTED = "requested"
    INSTRUMENT_CLOSED = "instrument_closed"
    LIST_CANCELED = "list_canceled"
    """A sibling in its order list was canceled."""
    VENUE = "venue"


class ExpireReason(Word):
    """Why an order ended without being canceled by its owner and without being filled."""

    IOC_REMAINDER = "ioc_remainder"
    FOK_UNFILLED = "fok_unfilled"
    NO_LIQUIDITY = "no_liquidity"
    SELF_TRADE = "self_trade"
    SIBLING_WORKED = "sibling_worked"
    """Another order of its list was triggered, filled or ended."""
    WORKING_ORDER_ENDED = "working_order_ended"
    """It waited for a working order that ended without being filled."""
    RELEASE_REFUSED = "release_refused"
    """It broke a rule when it came to work: released by its working order, or triggered with a peg."""
    INSUFFICIENT_BALANCE = "insufficient_balance"
    """It was triggered and the account can not pay for it any more."""
    TIME_REACHED = "time_reached"


class TriggerKind(Word):
    STOP = "stop"
    TAKE_PROFIT = "take_profit"


class TriggerSource(Word):
    """Which price sets a trigger off."""

    LAST = "last"
    MARK = "mark"
    INDEX = "index"


class PegReference(Word):
    PRIMARY = "primary"
    """The best price of the order's own side."""
    MARKET = "market"
    """The best price of the opposite side."""


class Contingency(Word):
    OCO = "oco"
    """Two orders, one cancels the other."""
    OTO = "oto"
    """A working order whose complete fill releases the pending ones (two of those form an OCO)."""


class TradingStatus(Word):
    CONTINUOUS = "continuous"
    POST_ONLY = "post_only"
    CANCEL_ONLY = "cancel_only"
    HALTED = "halted"
    CLOSED = "closed"
    DELISTED = "delisted"
    """Closed, and no longer spoken of: to clients it is as if it had never been."""


class Permission(Word):
    READ = "read"
    TRADE = "trade"
    WITHDRAW = "withdraw"


class KeyKind(Word):
    HMAC = "hmac"
    RSA = "rsa"
    ED25519 = "ed25519"


# CPython 3.11 reaches a member through its class at ten times the cost of a global name, and the core compares
# members dozens of times per command: the hot path imports these.
BUY: Final = Side.BUY
SELL: Final = Side.SELL
LIMIT: Final = OrderType.LIMIT
MARKET: Final = OrderType.MARKET
PENDING: Final = OrderStatus.PENDING
NEW: Final = OrderStatus.NEW
PARTIALLY_FILLED: Final = OrderStatus.PARTIALLY_FILLED
FILLED: Final = OrderStatus.FILLED
CANCELED: Final = OrderStatus.CANCELED
EXPIRED: Final = OrderStatus.EXPIRED
IOC: Final = TimeInForce.IOC
FOK: Final = TimeInForce.FOK
MAKER: Final = Liquidity.MAKER
TAKER: Final = Liquidity.TAKER
CONTINUOUS: Final = TradingStatus.CONTINUOUS
