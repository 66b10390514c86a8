"""What a fault does to one request: values that a dialect turns into bytes and a transport into a broken socket."""

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

from simexchange.domain.commands import Command
from simexchange.domain.enums import Word
from simexchange.domain.events import Batch
from simexchange.services.faults.facts import Call


class Effect(Word):
    """Whether the engine took the command that the fault hides. Both look the same to the client."""

    APPLY = "apply"
    DISCARD = "discard"


class Handshake(Word):
    """How a TLS handshake goes wrong."""

    EXPIRED = "expired"
    WRONG_HOST = "wrong_host"
    CUT = "cut"


class TroubleKind(Word):
    """Every no that a fault may put into a venue's mouth; each dialect has its bytes for each."""

    RATE_LIMITED = "rate_limited"
    IP_BANNED = "ip_banned"
    ORDERS_EXCEEDED = "orders_exceeded"
    CONNECTIONS_EXCEEDED = "connections_exceeded"
    FIREWALL = "firewall"
    """The web application firewall's page."""
    EDGE_ERROR = "edge_error"
    """A content delivery network's or front server's error page: ``status``, ``template``."""
    OVERLOADED = "overloaded"
    INTERNAL = "internal"
    UNEXPECTED_RESPONSE = "unexpected_response"
    TIMEOUT = "timeout"
    """The venue does not know itself what became of the request."""
    UNAVAILABLE = "unavailable"
    MAINTENANCE = "maintenance"
    RESTRICTED = "restricted"
    """Refused for where the client is."""
    RETIRED = "retired"
    """The endpoint is no more."""
    AHEAD_OF_TIME = "ahead_of_time"
    TOO_LATE = "too_late"
    KEY_INVALID = "key_invalid"
    SIGNATURE_INVALID = "signature_invalid"
    ACCOUNT_LOCKED = "account_locked"
    ORDER_UNKNOWN = "order_unknown"
    CANCEL_UNKNOWN = "cancel_unknown"
    DUPLICATE_ORDER = "duplicate_order"
    INSUFFICIENT_BALANCE = "insufficient_balance"
    WOULD_TAKE = "would_take"
    MARKET_CLOSED = "market_closed"
    POST_ONLY_TIME = "post_only_time"
    CANCEL_ONLY_TIME = "cancel_only_time"
    ACKNOWLEDGED = "acknowledged"
    """No trouble to hear of: a subscription that is confirmed, and does not come to be."""
    CUSTOM = "custom"
    """``status``, ``code`` and ``message`` as the rule says them, in the venue's envelope."""
    RAW = "raw"
    """``status``, ``body`` and ``content_type``, as they are."""


class Trouble(Struct, frozen=True):
    """One no with what it tells. Instants are epoch ns; None leaves the venue's hint out."""

    kind: TroubleKind
    retry_at_ns: int | None = None
    status: int | None = None
    code: int | str | None = None
    message: str = ""
    template: str = ""
    limit: int = 0
    interval_ns: int = 0
    body: bytes = b""
    content_type: str = ""


class Breakage(Word):
    """How an answer fails to arrive whole."""

    SILENCE = "silence"
    """Never answered; the connection stays open."""
    RESET = "reset"
    """The connection is reset (RST) without another byte."""
    CLOSE = "close"
    """The connection is closed (FIN) without another byte."""
    TRUNCATE = "truncate"
    """Headers that promise the whole body, part of it, then the end of the connection."""
    DRIP = "drip"
    """The whole answer, so many bytes at a time."""
    GARBLE = "garble"
    """The whole answer with its body replaced by ``alter(body)``."""
    TWICE = "twice"
    """The same answer two times on the connection."""


class Delivery(Struct, frozen=True):
    """How the answer goes over the wire. ``keep_ppm`` is the part of the body that arrives, in millionths."""

    how: Breakage
    keep_ppm: int = 500_000
    chunk: int = 1
    every_ns: int = 0
    head_at_once: bool = False
    """Whether only the body drips."""
    alter: Callable[[bytes], bytes] | None = None
    content_type: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()

    @property
    def needs_truth(self) -> bool:
        """Whether the client sees something of the true answer, so that there must be one."""
        return self.how in (Breakage.TRUNCATE, Breakage.DRIP, Breakage.GARBLE, Breakage.TWICE)


Act: TypeAlias = Callable[[Call], None]
AfterCommit: TypeAlias = Callable[[Call, tuple[Batch, ...]], None]
Edit: TypeAlias = Callable[[bytes], bytes]
AtEngine: TypeAlias = Callable[[Call, Command], Command]


class Verdict(Struct, frozen=True):
    """What becomes of one request.

    Without ``effect`` a ``trouble`` is answered before the request is looked at; with one the request goes as far as
    the engine, which takes it (APPLY) or not (DISCARD), and the client hears the trouble, or what ``delivery`` leaves,
    either way. ``before`` runs just before the request is handled, ``after`` once the engine has taken it and before
    the answer leaves; ``edit`` rewrites the true answer's body (no refusal over HTTP). Holds are virtual nanoseconds
    before and after.
    """

    trouble: Trouble | None = None
    effect: Effect | None = None
    delivery: Delivery | None = None
    hold_before_ns: int = 0
    hold_after_ns: int = 0
    before: Act | None = None
    after: AfterCommit | None = None
    edit: Edit | None = None
    at_door: Act | None = None
    """With DISCARD: runs when a command was stopped; a request that brings none to the engine is answered as ever."""
    unheard: bool = False
    """Nobody looks at the request: nothing is charged, nothing checked, and ``delivery`` is all that comes of it."""
    at_engine: AtEngine | None = None
    """Sees each command of the request just before the engine, which takes what this gives; it may submit others first.
    Nothing comes here of what a dialect refuses by itself."""

    @property
    def decides(self) -> bool:
        """Whether nothing is left for another rule to decide."""
        return self.trouble is not None or self.delivery is not None

    def joined(self, other: "Verdict") -> "Verdict":
        """Both: holds add up, acts and edits follow one another, and the first to decide has decided."""
        first = self if self.decides or not other.decides else other
        return Verdict(
            first.trouble,
            first.effect,
            first.delivery,
            self.hold_before_ns + other.hold_before_ns,
            self.hold_after_ns + other.hold_after_ns,
            _both(self.before, other.before),
            _both(self.after, other.after),
            _chained(self.edit, other.edit),
            first.at_door,
            first.unheard,
            _one_then_other(self.at_engine, other.at_engine),
        )


def _both(first: Callable[..., None] | None, second: Callable[..., None] | None) -> Callable[..., None] | None:
    if first is None or second is None:
        return first or second
    one, two = first, second

    def act(*args: object) -> None:
        one(*args)
        two(*args)

    return act


def _one_then_other(first: AtEngine | None, second: AtEngine | None) -> AtEngine | None:
    if first is None or second is None:
        return first or second
    one, two = first, second
    return lambda call, command: two(call, one(call, command))


def _chained(first: Edit | None, second: Edit | None) -> Edit | None:
    if first is None or second is None:
        return first or second
    one, two = first, second
    return lambda body: two(one(body))
