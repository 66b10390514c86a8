"""What a rule can match: facts about one request, one stream message or one order, in neutral words."""

from collections.abc import Callable
from typing import Final, TypeAlias

from msgspec import Struct

from simexchange.domain.enums import Side, Word
from simexchange.domain.ids import AccountId, ClientOrderId, OrderId, Symbol


class Purpose(Word):
    """What a request is for, on whatever venue."""

    PLACE = "place"
    AMEND = "amend"
    CANCEL = "cancel"
    REPLACE = "replace"
    """Cancel and place in one request."""
    ORDER_QUERY = "order_query"
    OPEN_ORDERS = "open_orders"
    ORDER_HISTORY = "order_history"
    FILLS = "fills"
    ACCOUNT = "account"
    WITHDRAW = "withdraw"
    MARKET_DATA = "market_data"
    RULES = "rules"
    """The venue's instruments and their filters."""
    TIME = "time"
    STATUS = "status"
    USER_STREAM = "user_stream"
    """Anything about being told of one's own orders: listen keys, logons, subscriptions."""
    CONNECT = "connect"
    """A WebSocket handshake."""
    SUBSCRIBE = "subscribe"
    OTHER = "other"


COMMANDS: Final = frozenset({Purpose.PLACE, Purpose.AMEND, Purpose.CANCEL, Purpose.REPLACE})
"""Purposes that change orders: those whose lost answers cost money."""
PLACEMENTS: Final = frozenset({Purpose.PLACE, Purpose.REPLACE})


class Subject(Word):
    """What a stream message tells of, or a request asks about, on whatever venue."""

    BOOK_CHANGES = "book_changes"
    """Levels that changed since the message before."""
    BOOK = "book"
    """Levels as they are, many or few."""
    BEST_QUOTES = "best_quotes"
    TRADES = "trades"
    CANDLES = "candles"
    STATISTICS = "statistics"
    ORDER = "order"
    FILL = "fill"
    """An order, because it traded."""
    MONEY = "money"
    NOTICE = "notice"
    """The venue about itself, a connection or a credential."""
    OTHER = "other"


BOOKS: Final = frozenset({Subject.BOOK_CHANGES, Subject.BOOK, Subject.BEST_QUOTES})
ORDERS: Final = frozenset({Subject.ORDER, Subject.FILL})


class Call(Struct):
    """One request, over HTTP or as a message of an order-entry socket, or a handshake.

    ``names`` are all the venue calls it by ("POST /api/v3/order", "order.place"). Empty where the request does not
    say: a public request has no key. ``order`` holds whichever of order id and client order id it names.
    """

    venue: str
    names: tuple[str, ...]
    purpose: Purpose
    source: str = ""
    connection: int = 0
    key: str = ""
    account: str = ""
    account_id: AccountId | None = None
    symbol: Symbol = ""
    side: Side | None = None
    order_id: OrderId | None = None
    client_order_id: ClientOrderId = ""
    weight: int = 1
    subject: Subject = Subject.OTHER
    request: int = 0
    """Its place in the journal."""
    over_socket: bool = False
    subscribes: bool = False
    """Whether it asks to be told of something from now on."""
    quantity: str = ""
    """How much an order is for, in base or quote, as a plain decimal; "" where the request does not say."""
    price: str = ""
    asked: str = ""
    """All parameters but time, key and signature, so that two requests for the same can be told to be that."""
    handled: bool = False
    """Whether the dialect has had it, so that limits are charged already."""


class Frame(Struct):
    """One message on its way to a client. ``channel`` is the venue's stream name without its symbol ("depth@100ms").

    ``event`` is the venue's word for what it tells ("depthUpdate", "executionReport"); ``is_reply`` marks the answer to
    a request of this very socket. ``send`` delivers a payload to that socket, now or later, past all rules,
    ``send_in_parts`` as a message of several frames.
    """

    venue: str
    connection: int
    payload: bytes
    send: Callable[[bytes], None]
    channel: str = ""
    event: str = ""
    subject: Subject = Subject.OTHER
    symbol: Symbol = ""
    account: str = ""
    account_id: AccountId | None = None
    source: str = ""
    key: str = ""
    is_reply: bool = False
    side: Side | None = None
    order_id: OrderId | None = None
    client_order_id: ClientOrderId = ""
    send_in_parts: Callable[[bytes, int], None] | None = None

    @property
    def is_private(self) -> bool:
        return self.account_id is not None

    @property
    def socket(self) -> tuple[str, int]:
        """Which socket of the world it goes to."""
        return self.venue, self.connection


class OrderFacts(Struct, frozen=True):
    """One order that something happened to."""

    venue: str
    account: str
    account_id: AccountId
    symbol: Symbol
    side: Side
    order_id: OrderId
    client_order_id: ClientOrderId


class Place(Struct, frozen=True):
    """Where a rule acts by itself: a venue, and of it an account or an instrument ("" for none)."""

    venue: str
    account: str = ""
    symbol: Symbol = ""
    side: Side | None = None
    order_id: OrderId | None = None
    client_order_id: ClientOrderId = ""


Facts: TypeAlias = Call | Frame | OrderFacts | Place
