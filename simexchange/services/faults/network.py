"""The way between client and venue: slow, thin, cut, dead or stuttering. What the engine did is not its business.

Every length is virtual time, and drawn, where it is, by the number of the rule's match.
"""

from typing import Annotated, ClassVar, Final

from msgspec import Meta

from simexchange.services.clock import MILLISECOND, SECOND
from simexchange.services.durations import Duration
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.facts import Call, Purpose
from simexchange.services.faults.fault import Fault, Params
from simexchange.services.faults.kinds import BOTH, Kind
from simexchange.services.faults.lost import Lost, LostParams, Sees
from simexchange.services.faults.spread import Distribution, drawn
from simexchange.services.faults.stage import Stage
from simexchange.services.faults.verdicts import Breakage, Delivery, Effect, Verdict

DEFAULT_DELAY: Final = Duration("400ms")
SLICE_NS: Final = 50 * MILLISECOND
MOST_CONNECTIONS: Final = 10_000


class LatencyParams(Params, frozen=True):
    request: Duration | None = None
    """How long a request takes to the engine; 400ms where nothing is said of the response either."""
    response: Duration | None = None
    """How long the answer takes back; the engine has the order by then, and its streams tell of it."""
    request_p99: Duration | None = None
    """The 99th percentile, where ``request`` is the median of a distribution."""
    response_p99: Duration | None = None
    """The same of ``response``."""
    distribution: Distribution = "fixed"
    """How lengths are spread: fixed, uniform, or lognormal as real latencies are."""

    def __post_init__(self) -> None:
        for name in ("request", "response"):
            median, tail = getattr(self, name), getattr(self, f"{name}_p99")
            if (median or 0) < 0:
                raise ValueError(f"{name} {median} is negative: 400ms passes")
            if tail is not None and tail < (median or 0):
                raise ValueError(f"{name}_p99 {tail} is below {name} {median}: the 99th percentile is above the median")
            if tail is not None and self.distribution == "fixed":
                raise ValueError(f"{name}_p99 means nothing to fixed lengths: distribution uniform or lognormal passes")
            if tail is None and median is not None and self.distribution != "fixed":
                raise ValueError(f"{self.distribution} lengths need {name}_p99 beside {name}")


class Latency(Fault[LatencyParams]):
    decides = False

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (all take their time)
        params = self.params
        request = DEFAULT_DELAY if params.request is None and params.response is None else params.request
        return Verdict(
            hold_before_ns=self._length("request", request, params.request_p99),
            hold_after_ns=self._length("response", params.response, params.response_p99),
        )

    def _length(self, name: str, median: int | None, tail: int | None) -> int:
        if median is None:
            return 0
        return drawn(self.params.distribution, median, tail or median, self.armed.draw(name))


class BandwidthParams(Params, frozen=True):
    bytes_per_second: Annotated[int, Meta(ge=1)] = 1_000
    """How fast answers come in, heads and bodies."""


class Bandwidth(Fault[BandwidthParams]):
    """In slices of 50 ms, or byte by byte where that is slower."""

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (every answer is as slow)
        rate = self.params.bytes_per_second
        chunk = max(rate * SLICE_NS // SECOND, 1)
        return Verdict(delivery=Delivery(Breakage.DRIP, chunk=chunk, every_ns=chunk * SECOND // rate))


class SlowBodyParams(Params, frozen=True):
    bytes_per_second: Annotated[int, Meta(ge=1)] = 10
    """How fast the body comes in."""
    chunk: Annotated[int, Meta(ge=1)] = 1
    """How many bytes at a time."""
    head_too: bool = False
    """Whether status line and headers drip as well, or come at once."""


class SlowBody(Fault[SlowBodyParams]):
    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (every body is as slow)
        params = self.params
        every_ns = params.chunk * SECOND // params.bytes_per_second
        return Verdict(
            delivery=Delivery(Breakage.DRIP, chunk=params.chunk, every_ns=every_ns, head_at_once=not params.head_too)
        )


class ResetParams(LostParams, frozen=True):
    client_sees: Sees = "rst"
    """rst: the connection is reset; fin: it is closed without an answer; timeout: it stays open and silent."""


class HangParams(Params, frozen=True):
    lasts: Duration | None = None
    """After how long the connection is reset; null: never, the client has to give up by itself."""


class Hang(Fault[HangParams]):
    """Half-open: the request was taken off the wire, and nobody will ever answer it."""

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (whatever it was, nobody answers)
        lasts = self.params.lasts
        how = Breakage.SILENCE if lasts is None else Breakage.RESET
        return Verdict(effect=self.armed.spec.effect, delivery=Delivery(how), hold_after_ns=lasts or 0)


class KeepaliveParams(Params, frozen=True):
    idle: Duration = Duration("0s")
    """How long a connection must have been idle to be reset when it is used again."""


class KeepaliveReset(Fault[KeepaliveParams]):
    """A connection that was used before is reset: before the request is read (discard), or after (apply).

    Connections from before the rule count as used and idle for long.
    """

    purposes: ClassVar[frozenset[Purpose] | None] = frozenset(Purpose) - {Purpose.CONNECT, Purpose.SUBSCRIBE}

    def __init__(self, params: KeepaliveParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self.newest: dict[str, int] = {}
        self.used_ns: dict[tuple[str, int], int] = {}

    def arm(self) -> None:
        for venue in self.venues:
            if venue in self.stage.controls:
                self.newest[venue] = self.stage.controls[venue].next_connection()

    def disarm(self) -> None:
        self.newest.clear()
        self.used_ns.clear()

    def concerns(self, call: Call) -> bool:
        if call.over_socket:
            return False
        now_ns, which = self.stage.clock.now_ns(), (call.venue, call.connection)
        used_ns = self.used_ns.pop(which, None)
        self.used_ns[which] = now_ns
        if len(self.used_ns) > MOST_CONNECTIONS:
            del self.used_ns[next(iter(self.used_ns))]
        if used_ns is None:
            return call.connection < self.newest.get(call.venue, 0)
        return now_ns - used_ns >= self.params.idle

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (which connection it is has been seen)
        effect = self.armed.spec.effect
        return Verdict(effect=effect, delivery=Delivery(Breakage.RESET), unheard=effect is Effect.DISCARD)


class TwiceParams(Params, frozen=True):
    """Nothing to set: ``match`` and ``when`` say which requests."""


class Twice(Fault[TwiceParams]):
    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (whatever it was, its answer comes twice)
        return Verdict(delivery=Delivery(Breakage.TWICE))


_FAMILY: Final = "network"
_UNKNOWN: Final = "Takes the outcome for unknown, looks the order up by its client order id, and only then decides."

KINDS: Final = (
    Kind(
        name="latency",
        family=_FAMILY,
        priority="P0",
        summary="Requests take time to the engine, answers take time back.",
        correct_bot="Waits longer than the venue does or takes the outcome for unknown; bounds the age of its orders.",
        params=LatencyParams,
        make=Latency,
        aliases=("http-latency",),
        evidence=("JKorf/Binance.Net#706", "ccxt/ccxt#11033"),
    ),
    Kind(
        name="bandwidth",
        family=_FAMILY,
        priority="P2",
        summary="Answers come in at so many bytes in a second.",
        correct_bot="Asks for less at a time, and has a deadline for the whole request.",
        params=BandwidthParams,
        make=Bandwidth,
        evidence=("Shopify/toxiproxy README, bandwidth",),
    ),
    Kind(
        name="slow-body",
        family=_FAMILY,
        priority="P2",
        summary="The body of the answer dribbles in, below any useful rate.",
        correct_bot="Has a deadline for the whole request, not only between two bytes.",
        params=SlowBodyParams,
        make=SlowBody,
        aliases=("tcp-slow-drip",),
        evidence=("Shopify/toxiproxy README, slicer",),
    ),
    Kind(
        name="connection-reset",
        family=_FAMILY,
        priority="P0",
        summary="The connection is cut before any answer; the command was carried out or not.",
        correct_bot=_UNKNOWN,
        params=ResetParams,
        make=Lost,
        effects=BOTH,
        aliases=("close-before-response",),
        evidence=("sammchardy/python-binance#199", "sammchardy/python-binance#485"),
    ),
    Kind(
        name="http-hang",
        family=_FAMILY,
        priority="P1",
        summary="The connection stays open and no answer comes: half-open, as after a middlebox died.",
        correct_bot=f"Gives up by its own deadline. {_UNKNOWN}",
        params=HangParams,
        make=Hang,
        effects=BOTH,
        evidence=("ccxt/ccxt#11033",),
    ),
    Kind(
        name="http-keepalive-reset",
        family=_FAMILY,
        priority="P0",
        summary="A connection that was kept open is reset as it is used again.",
        correct_bot="Repeats by itself only what may be repeated; looks an order up before it sends it again.",
        params=KeepaliveParams,
        make=KeepaliveReset,
        effects=(Effect.DISCARD, Effect.APPLY),
        evidence=("ccxt/binance-trade-bot#158", "sammchardy/python-binance#1104", "ccxt/ccxt#12375"),
    ),
    Kind(
        name="duplicate-answer",
        family=_FAMILY,
        priority="P2",
        summary="The same answer arrives twice; on a connection that is kept open the second one answers nothing.",
        correct_bot="Gives each request its own answer, drops a connection that says too much, books nothing twice.",
        params=TwiceParams,
        make=Twice,
        evidence=("constructed",),
    ),
)
