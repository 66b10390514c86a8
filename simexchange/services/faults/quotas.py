"""Limits that a rule puts up itself: so many in a window, and what lies beyond is refused.

Windows begin at multiples of their length since the epoch, as a venue's do. What lies within the limit passes untouched
and is no match of the rule: ``when`` picks among what lies beyond.
"""

from typing import Annotated, ClassVar, Final, Generic, Literal, TypeAlias, TypeVar

from msgspec import Meta

from simexchange.domain.commands import RestoreKey, RevokeKey
from simexchange.services.durations import Duration
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.facts import PLACEMENTS, Call, Purpose
from simexchange.services.faults.fault import Fault, Params
from simexchange.services.faults.kinds import Kind
from simexchange.services.faults.rate_limits import REQUESTS
from simexchange.services.faults.stage import Stage
from simexchange.services.faults.verdicts import Breakage, Delivery, Trouble, TroubleKind, Verdict

AtLeastZero: TypeAlias = Annotated[int, Meta(ge=0)]
POLICY_VIOLATION: Final = 1008


class QuotaParams(Params, frozen=True):
    limit: AtLeastZero = 0
    """How many pass in each window; 0: none, and the refusal names the venue's own limit."""
    interval: Duration = Duration("1m")
    """How long a window is."""


QuotaT = TypeVar("QuotaT", bound=QuotaParams)


class Quota(Fault[QuotaT], Generic[QuotaT]):
    """Counts by ``counted_by``; subclasses say what the refusal is."""

    def __init__(self, params: QuotaT, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self.window = -1
        self.counts: dict[str, int] = {}

    def counted_by(self, call: Call) -> str:
        raise NotImplementedError

    @property
    def interval_ns(self) -> int:
        return max(self.params.interval, 1)

    @property
    def ends_ns(self) -> int:
        """When the present window ends."""
        return (self.window + 1) * self.interval_ns

    def concerns(self, call: Call) -> bool:
        window = self.stage.clock.now_ns() // self.interval_ns
        if window != self.window:
            self.window = window
            self.counts.clear()
        whose = self.counted_by(call)
        count = self.counts[whose] = self.counts.get(whose, 0) + 1
        return count > self.params.limit

    def disarm(self) -> None:
        self.counts.clear()


class OrderCountParams(QuotaParams, frozen=True):
    interval: Duration = Duration("10s")
    """How long a window is."""
    tells_wait: bool = True
    """Whether the refusal says when the window ends."""


class OrderCount(Quota[OrderCountParams]):
    """Counts requests that place orders, whatever becomes of them."""

    purposes = PLACEMENTS

    def counted_by(self, call: Call) -> str:
        return call.account

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (one too many)
        told_ns = self.ends_ns if self.params.tells_wait else None
        return Verdict(
            Trouble(TroubleKind.ORDERS_EXCEEDED, told_ns, limit=self.params.limit, interval_ns=self.params.interval)
        )


class EndpointLimitParams(QuotaParams, frozen=True):
    per: Literal["source", "key", "account", "everyone"] = "source"
    """Whose requests are counted together."""
    tells_wait: bool = True
    """Whether the refusal says when the window ends."""


class EndpointLimit(Quota[EndpointLimitParams]):
    purposes = REQUESTS

    def counted_by(self, call: Call) -> str:
        per = self.params.per
        whose = "" if per == "everyone" else getattr(call, per)
        return f"{whose} {call.names[0]}"

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (one too many)
        told_ns = self.ends_ns if self.params.tells_wait else None
        return Verdict(
            Trouble(TroubleKind.RATE_LIMITED, told_ns, limit=self.params.limit, interval_ns=self.params.interval)
        )


class AbuseParams(QuotaParams, frozen=True):
    limit: AtLeastZero = 20
    """Requests of one key that pass in each window; what lies beyond is refused."""
    interval: Duration = Duration("10s")
    """How long a window is."""
    refusals: Annotated[int, Meta(ge=1)] = 10
    """Refused requests of one key that are borne; the next one costs the key."""


class Abuse(Quota[AbuseParams]):
    purposes = REQUESTS

    def __init__(self, params: AbuseParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self.refused: dict[tuple[str, str], int] = {}
        self.revoked: list[tuple[str, str]] = []

    def counted_by(self, call: Call) -> str:
        return call.key

    def concerns(self, call: Call) -> bool:
        if not call.key or call.account_id is None or (call.venue, call.key) in self.revoked:
            return False
        return super().concerns(call)

    def on_call(self, call: Call) -> Verdict:
        whose = call.venue, call.key
        refused = self.refused[whose] = self.refused.get(whose, 0) + 1
        if refused > self.params.refusals:
            self.revoked.append(whose)
            self.stage.door(call.venue).submit(RevokeKey(call.key))
            return Verdict(Trouble(TroubleKind.KEY_INVALID))
        return Verdict(
            Trouble(TroubleKind.RATE_LIMITED, self.ends_ns, limit=self.params.limit, interval_ns=self.params.interval)
        )

    def disarm(self) -> None:
        super().disarm()
        for venue, key in self.revoked:
            self.stage.door(venue).submit(RestoreKey(key))
        self.revoked.clear()
        self.refused.clear()


class InboundParams(QuotaParams, frozen=True):
    limit: AtLeastZero = 5
    """Messages of one connection that are heard in each window."""
    interval: Duration = Duration("1s")
    """How long a window is."""
    action: Literal["close", "error"] = "close"
    """What the next one gets: its connection closed (1008), or an answer that says so."""


class Inbound(Quota[InboundParams]):
    """Counts text messages; pings and pongs are the venue's own limit's business."""

    def counted_by(self, call: Call) -> str:
        return f"{call.venue} {call.connection}"

    def concerns(self, call: Call) -> bool:
        return call.over_socket and super().concerns(call)

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (one too many)
        if self.params.action == "close":
            return Verdict(delivery=Delivery(Breakage.SILENCE), before=self._close, unheard=True)
        return Verdict(
            Trouble(TroubleKind.RATE_LIMITED, self.ends_ns, limit=self.params.limit, interval_ns=self.params.interval)
        )

    def _close(self, call: Call) -> None:
        for socket in self.stage.controls[call.venue].sockets():
            if socket.number == call.connection:
                socket.close(POLICY_VIOLATION, "Too many requests")


class ConnectLimitParams(QuotaParams, frozen=True):
    interval: Duration = Duration("5m")
    """How long a window is."""
    status: Annotated[int, Meta(ge=400, le=599)] = 429
    """What the handshake is answered with; 403 is the firewall's page."""


class ConnectLimit(Quota[ConnectLimitParams]):
    """Counts handshakes, accepted or not."""

    purposes: ClassVar[frozenset[Purpose] | None] = frozenset({Purpose.CONNECT})

    def counted_by(self, call: Call) -> str:
        return call.source

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (one too many)
        status = self.params.status
        kind = TroubleKind.FIREWALL if status == 403 else TroubleKind.CONNECTIONS_EXCEEDED
        told_ns = self.ends_ns if kind is TroubleKind.CONNECTIONS_EXCEEDED else None
        return Verdict(Trouble(kind, told_ns, status, limit=self.params.limit, interval_ns=self.params.interval))


_FAMILY: Final = "rate limits"

KINDS: Final = (
    Kind(
        name="order-count-limit",
        family=_FAMILY,
        priority="P1",
        summary="An account has placed too many orders in a while: the next ones are refused.",
        correct_bot="Queues and merges orders, drops stale quotes, and does not send a burst once the window is over.",
        params=OrderCountParams,
        make=OrderCount,
        evidence=("knowm/XChange#4369", "c9s/bbgo#1534"),
    ),
    Kind(
        name="endpoint-limit",
        family=_FAMILY,
        priority="P1",
        summary="An endpoint has a limit of its own: so many requests in a window, for each address, key or account.",
        correct_bot="Keeps a budget for each endpoint, and reads from a refusal when it may ask there again.",
        params=EndpointLimitParams,
        make=EndpointLimit,
        evidence=("binance/binance-spot-api-docs REST API, LIMITS",),
    ),
    Kind(
        name="abuse-revokes-key",
        family=_FAMILY,
        priority="P2",
        summary="A key that goes on after many refusals is revoked; it is whole again once the rule is gone.",
        correct_bot="Never gets there: it stops at the first refusal. Afterwards it stops for good and alerts.",
        params=AbuseParams,
        make=Abuse,
        evidence=("ccxt/ccxt#14993",),
    ),
    Kind(
        name="ws-inbound-limit",
        family=_FAMILY,
        priority="P1",
        summary="A client says too much on one WebSocket: it is disconnected, or told so.",
        correct_bot="Subscribes to many streams in one message, paces itself, and does not subscribe in a loop.",
        params=InboundParams,
        make=Inbound,
        evidence=("ccxt/ccxt#25373", "thrasher-corp/gocryptotrader#2337"),
    ),
    Kind(
        name="ws-connect-limit",
        family=_FAMILY,
        priority="P1",
        summary="Too many new WebSockets of one address: handshakes are refused till the window is over.",
        correct_bot="Reconnects with growing, jittered pauses, one connection after the other.",
        params=ConnectLimitParams,
        make=ConnectLimit,
        evidence=("yubing744/trading-gpt#90", "bitrich-info/xchange-stream#107"),
    ),
)
