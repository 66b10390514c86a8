"""Time that is wrong: the venue's clock, what it tells of it, and timestamps it will not have.

A wrong clock is the gateway's alone (``services.gateway_time``): what happened when stays true, and nothing is left of
it once the rule is gone. A clock that stood wrong while its rule was changed is wrong from that instant anew.
"""

from typing import Annotated, Any, Final, TypeVar

from msgspec import Meta

from simexchange.services.clock import MINUTE
from simexchange.services.durations import Duration
from simexchange.services.faults.facts import PLACEMENTS, Call, Purpose
from simexchange.services.faults.fault import Fault, Params
from simexchange.services.faults.kinds import Kind
from simexchange.services.faults.quantities import PPM
from simexchange.services.faults.verdicts import Effect, Trouble, TroubleKind, Verdict

SIGNED: Final = frozenset(Purpose) - {
    Purpose.MARKET_DATA,
    Purpose.RULES,
    Purpose.TIME,
    Purpose.STATUS,
    Purpose.USER_STREAM,
    Purpose.CONNECT,
    Purpose.SUBSCRIBE,
}
"""What carries a timestamp and a signature."""
ParamsT = TypeVar("ParamsT", bound=Params)


class Deviating(Fault[ParamsT]):
    """A deviation of the gateway's time for as long as the rule is in force, under the rule's name."""

    def deviation(self) -> dict[str, Any]:
        """What ``GatewayTime.add`` is told."""
        raise NotImplementedError

    def arm(self) -> None:
        self.armed.fires(None)
        for venue in self.venues:
            self.stage.doors[venue].gateway.add(self.armed.id, **self.deviation())

    def disarm(self) -> None:
        for venue in self.venues:
            self.stage.doors[venue].gateway.remove(self.armed.id)


class SkewParams(Params, frozen=True):
    by: Duration = Duration("5s")
    """How far the venue's clock is ahead; negative ("-2s"): behind, so that clients' clocks seem ahead."""


class Skew(Deviating[SkewParams]):
    def deviation(self) -> dict[str, Any]:
        return {"skew_ns": int(self.params.by)}


class DriftParams(Params, frozen=True):
    ppm: Annotated[int, Meta(ge=-500_000, le=500_000)] = 20_000
    """Millionths by which the venue's clock runs faster (negative: slower); 20000 is 1.2 s in a minute."""
    per_minute: Duration | None = None
    """The same as what it gains in a minute ("1.2s"); where it is given, it counts."""


class Drift(Deviating[DriftParams]):
    def deviation(self) -> dict[str, Any]:
        gain = self.params.per_minute
        return {"drift_ppm": self.params.ppm if gain is None else gain * PPM // MINUTE}


class StepParams(Params, frozen=True):
    step: Duration = Duration("30s")
    """How far the clock jumps ahead (negative: back)."""
    endpoint_only: bool = True
    """Whether only the answer to the question for the time is wrong, and timestamps are judged by the true time."""


class Step(Deviating[StepParams]):
    def deviation(self) -> dict[str, Any]:
        return {"skew_ns": int(self.params.step), "endpoint_only": self.params.endpoint_only}


class StampParams(Params, frozen=True):
    """Nothing to set: ``match`` and ``when`` say which requests."""


class Signed(Fault[StampParams]):
    """Requests that name a key, which clients may send with public ones too."""

    purposes = SIGNED
    trouble_kind = TroubleKind.TOO_LATE

    def concerns(self, call: Call) -> bool:
        return bool(call.key) or call.account_id is not None

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (whatever its timestamp is)
        return Verdict(Trouble(self.trouble_kind))


class Ahead(Signed):
    trouble_kind = TroubleKind.AHEAD_OF_TIME


class ExpiredInQueue(Signed):
    """The second look at the timestamp, just before the engine; the order has been counted by then."""

    purposes = PLACEMENTS

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (whatever its timestamp is)
        return Verdict(Trouble(self.trouble_kind), Effect.DISCARD, at_door=self._count)

    def _count(self, call: Call) -> None:
        if call.account_id is not None:
            self.stage.controls[call.venue].dialect.count_unplaced(call.account_id)


_FAMILY: Final = "time"
_RESYNC: Final = (
    "Measures its offset from the venue's time (half the round trip off), signs anew and sends again, once."
)

KINDS: Final = (
    Kind(
        name="clock-skew",
        family=_FAMILY,
        priority="P0",
        summary="The venue's clock is off: what it tells and what it judges timestamps by.",
        correct_bot=_RESYNC,
        params=SkewParams,
        make=Skew,
        matches=("venue",),
        evidence=("ccxt/node-binance-api#638", "JKorf/Binance.Net#139"),
    ),
    Kind(
        name="clock-drift",
        family=_FAMILY,
        priority="P1",
        summary="The venue's clock runs faster or slower than true time.",
        correct_bot="Measures its offset again and again, not once at the start.",
        params=DriftParams,
        make=Drift,
        matches=("venue",),
        evidence=("ccxt/node-binance-api#638",),
    ),
    Kind(
        name="server-clock-step",
        family=_FAMILY,
        priority="P1",
        summary="The venue's time jumps, or the answer to the question for it lies.",
        correct_bot="Notices the step, resyncs once, does not swing; bears events whose times go back.",
        params=StepParams,
        make=Step,
        matches=("venue",),
        evidence=("JKorf/Binance.Net#139",),
    ),
    Kind(
        name="clock-ahead",
        family=_FAMILY,
        priority="P0",
        summary="A signed request is refused for a timestamp ahead of the venue's time, whatever it says.",
        correct_bot=f"{_RESYNC} A wider receive window would not help.",
        params=StampParams,
        make=Ahead,
        evidence=("ccxt/node-binance-api#638", "sieblyio/bybit-api#5", "JKorf/Bybit.Net#273"),
    ),
    Kind(
        name="recvwindow-expired",
        family=_FAMILY,
        priority="P0",
        summary="A signed request is refused as older than its receive window, whatever it says.",
        correct_bot=f"{_RESYNC} An order goes out with a fresh price.",
        params=StampParams,
        make=Signed,
        evidence=("bybit-exchange/pybit#191", "sieblyio/bybit-api#236", "binance/binance-connector-dotnet#53"),
    ),
    Kind(
        name="recvwindow-expired-in-queue",
        family=_FAMILY,
        priority="P1",
        summary="An order passes the gate and expires just before the engine: refused, and still counted as an order.",
        correct_bot="Knows that there is no order, and that one of its order count is gone.",
        params=StampParams,
        make=ExpiredInQueue,
        evidence=("binance/binance-spot-api-docs CHANGELOG, recvWindow",),
    ),
)
