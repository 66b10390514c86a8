"""Refusals that name a wait: too many requests, bans of an address, the firewall's penalty.

Where ``when`` picks matches (count, every_nth, probability, once_per_key), exactly those are refused. Else a client is
refused from its first request on until its wait is over, then served for as long as the rule lives: a venue keeps its
word. Whoever goes on asking while it should wait collects strikes, and strikes bring bans that grow.
"""

from functools import partial
from typing import Annotated, Final, Generic, Literal, TypeAlias, TypeVar

from msgspec import Meta, Struct

from simexchange.services.clock import MINUTE
from simexchange.services.durations import Duration
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.facts import Call, Purpose
from simexchange.services.faults.fault import Fault, Params
from simexchange.services.faults.kinds import BOTH, Kind
from simexchange.services.faults.stage import Stage
from simexchange.services.faults.verdicts import Trouble, TroubleKind, Verdict

AtLeastZero: TypeAlias = Annotated[int, Meta(ge=0)]
REQUESTS: Final = frozenset(Purpose) - {Purpose.CONNECT, Purpose.SUBSCRIBE}
"""What weight limits are about: not the market streams."""
LADDER: Final = (Duration("2m"), Duration("10m"), Duration("1h"), Duration("1d"), Duration("3d"))


class Wait(Struct):
    """How long one client is to stay away, and how it keeps to that."""

    told_ns: int | None
    """The instant it was told to wait for; None where it was told none."""
    over_ns: int
    strikes: int = 0
    step: int = -1
    """Which step of the ladder its ban has come to; -1 while it is not banned."""


WaitingT = TypeVar("WaitingT", bound=Params)


class Waiting(Fault[WaitingT], Generic[WaitingT]):
    """One wait per address. Subclasses say how a wait begins, what a strike does, and what the client is told."""

    purposes = REQUESTS

    def __init__(self, params: WaitingT, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self.waits: dict[str, Wait] = {}

    def concerns(self, call: Call) -> bool:
        wait = self.waits.get(call.source)
        return wait is None or self.armed.spec.when.picks or self.stage.clock.now_ns() < wait.over_ns

    def on_call(self, call: Call) -> Verdict:
        now_ns = self.stage.clock.now_ns()
        wait = self.waits.get(call.source)
        if wait is None or wait.told_ns is None or now_ns >= wait.told_ns:
            wait = self.waits[call.source] = self.first_wait(call, wait, now_ns)
        else:
            wait.strikes += 1
            self.strike(call, wait, now_ns)
        return Verdict(self.trouble(wait))

    def disarm(self) -> None:
        self.waits.clear()

    def first_wait(self, call: Call, before: Wait | None, now_ns: int) -> Wait:
        raise NotImplementedError

    def strike(self, call: Call, wait: Wait, now_ns: int) -> None:
        """It asked again before its time."""

    def trouble(self, wait: Wait) -> Trouble:
        raise NotImplementedError

    def ban(self, call: Call, wait: Wait, ladder: tuple[int, ...], closes: bool) -> None:
        """Shut it out for the ladder's next step, from now on."""
        wait.step = min(wait.step + 1, len(ladder) - 1)
        wait.told_ns = wait.over_ns = self.stage.clock.now_ns() + ladder[wait.step]
        wait.strikes = 0
        if closes and call.venue in self.stage.controls:
            close = partial(self.stage.controls[call.venue].dialect.close_order_entry, call.source)
            self.stage.clock.after(0, close)  # behind the answer


def lasting(before: Wait | None, now_ns: int, length_ns: int) -> int:
    """When a time that began with the first wait ends."""
    return before.over_ns if before is not None and now_ns < before.over_ns else now_ns + length_ns


class RateLimitedParams(Params, frozen=True):
    retry_after: Duration | None = Duration("7s")
    """How long the client is told to wait; null: it is not told."""
    limit: AtLeastZero = 0
    """The limit that the refusal names; 0: the venue's own."""
    interval: Duration = Duration("1m")
    """What the limit is counted over, as the refusal names it."""
    lasts: Duration | None = None
    """How long a client is refused from its first refusal on; as long as it is told to wait, or else the interval."""
    strikes_to_ban: AtLeastZero = 10
    """Requests during the wait that are borne: the next one bans the address. 0: it never comes to that."""
    ladder: tuple[Duration, ...] = LADDER
    """How long bans last: the first, the second ..."""


class UntoldParams(RateLimitedParams, frozen=True):
    retry_after: Duration | None = None


class RateLimited(Waiting[RateLimitedParams]):
    def first_wait(self, call: Call, before: Wait | None, now_ns: int) -> Wait:  # noqa: ARG002  (for bans)
        params = self.params
        told_ns = None if params.retry_after is None else now_ns + params.retry_after
        return Wait(told_ns, lasting(before, now_ns, params.lasts or params.retry_after or params.interval))

    def strike(self, call: Call, wait: Wait, now_ns: int) -> None:  # noqa: ARG002  (the next wait begins now)
        borne = self.params.strikes_to_ban
        if borne and wait.strikes > borne and not self.armed.spec.when.picks:
            self.ban(call, wait, self.params.ladder, closes=True)

    def trouble(self, wait: Wait) -> Trouble:
        kind = TroubleKind.RATE_LIMITED if wait.step < 0 else TroubleKind.IP_BANNED
        return Trouble(kind, wait.told_ns, limit=self.params.limit, interval_ns=self.params.interval)


class IpBannedParams(Params, frozen=True):
    strikes_to_ban: AtLeastZero = 0
    """Refusals (429) before the ban; 0: the first request is met by the ban."""
    retry_after: Duration | None = None
    """How long the first ban lasts; null: as long as the ladder's first step."""
    ladder: tuple[Duration, ...] = LADDER
    """How long bans last, each time the client makes it worse."""
    strikes_to_grow: AtLeastZero = 10
    """Requests during a ban that bring the ladder's next step; 0: it never grows."""
    close_ws: bool = True
    """Whether the address's order-entry sockets are closed as the ban begins."""


class IpBanned(Waiting[IpBannedParams]):
    purposes = frozenset(Purpose) - {Purpose.SUBSCRIBE}

    def first_wait(self, call: Call, before: Wait | None, now_ns: int) -> Wait:
        wait = Wait(now_ns + MINUTE, lasting(before, now_ns, MINUTE))
        if before is not None:
            wait.step = before.step
        if not self.params.strikes_to_ban:
            self._ban(call, wait)
        return wait

    def strike(self, call: Call, wait: Wait, now_ns: int) -> None:  # noqa: ARG002  (the ban begins now)
        borne = self.params.strikes_to_ban if wait.step < 0 else self.params.strikes_to_grow
        if borne and wait.strikes >= borne:
            self._ban(call, wait)

    def trouble(self, wait: Wait) -> Trouble:
        return Trouble(TroubleKind.RATE_LIMITED if wait.step < 0 else TroubleKind.IP_BANNED, wait.told_ns)

    def _ban(self, call: Call, wait: Wait) -> None:
        first, *others = self.params.ladder or LADDER
        self.ban(call, wait, (self.params.retry_after or first, *others), self.params.close_ws)


class FirewallParams(Params, frozen=True):
    penalty: Duration = Duration("5m")
    """How long the address stays blocked, from its first blocked request on; each request begins it anew."""
    template: Literal["cloudfront", "cloudflare", "nginx"] = "cloudfront"
    """Whose page it is."""
    retry_after: Duration | None = None
    """What a Retry-After header says; null: there is none."""
    status: Annotated[int, Meta(ge=400, le=599)] = 403
    """The page's HTTP status."""


class Firewall(Waiting[FirewallParams]):
    purposes = frozenset(Purpose) - {Purpose.SUBSCRIBE}

    def first_wait(self, call: Call, before: Wait | None, now_ns: int) -> Wait:  # noqa: ARG002  (one client's only)
        return Wait(now_ns + self.params.penalty, now_ns + self.params.penalty)

    def strike(self, call: Call, wait: Wait, now_ns: int) -> None:  # noqa: ARG002  (it begins anew)
        wait.told_ns = wait.over_ns = now_ns + self.params.penalty

    def trouble(self, wait: Wait) -> Trouble:  # noqa: ARG002  (the page does not say how long)
        wait_ns = self.params.retry_after
        told_ns = None if wait_ns is None else self.stage.clock.now_ns() + wait_ns
        return Trouble(TroubleKind.FIREWALL, told_ns, self.params.status, template=self.params.template)


class DisguisedParams(Params, frozen=True):
    status: Annotated[int, Meta(ge=400, le=599)] = 429
    """The HTTP status, which belies the code in the body."""
    retry_after: Duration | None = None
    """What a Retry-After header says; null: there is none."""


class Disguised(Fault[DisguisedParams]):
    """The venue is busy and says it as if the client had asked too much."""

    purposes = REQUESTS

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (whatever it was, the venue is busy)
        wait_ns = self.params.retry_after
        told_ns = None if wait_ns is None else self.stage.clock.now_ns() + wait_ns
        return Verdict(Trouble(TroubleKind.OVERLOADED, told_ns, self.params.status), self.armed.spec.effect)


_FAMILY: Final = "rate limits"

KINDS: Final = (
    Kind(
        name="rate-limited",
        family=_FAMILY,
        priority="P0",
        summary="Too many requests, with the wait that the client is to keep; asking on brings a ban.",
        correct_bot="One gate for all tasks of the address: nothing is sent before the instant named, then less.",
        params=RateLimitedParams,
        make=RateLimited,
        aliases=("rate-limit-429-retry-after",),
        evidence=("thrasher-corp/gocryptotrader#491", "svanas/nefertiti#55", "rotki/rotki#1860"),
    ),
    Kind(
        name="rate-limit-429-no-retry-after",
        family=_FAMILY,
        priority="P0",
        summary="Too many requests, and no word of how long to wait.",
        correct_bot="Backs off by itself, longer each time; a header that is missing crashes nothing.",
        params=UntoldParams,
        make=RateLimited,
        evidence=("bybit-exchange/pybit#340", "freqtrade/freqtrade#9371", "ccxt/ccxt#18901"),
    ),
    Kind(
        name="ip-banned",
        family=_FAMILY,
        priority="P0",
        summary="The address is banned, longer each time it goes on asking; its order-entry sockets are closed.",
        correct_bot="Reads until when, sends nothing at all till then, and outlives waits longer than any it expected.",
        params=IpBannedParams,
        make=IpBanned,
        aliases=("ip-ban-418-escalation",),
        evidence=("rotki/rotki#2990", "thrasher-corp/gocryptotrader#491", "ccxt/binance-api-node#106"),
    ),
    Kind(
        name="http-waf-403-html",
        family=_FAMILY,
        priority="P0",
        summary="The firewall blocks the address with a page of HTML; every further request begins the penalty anew.",
        correct_bot="Stops everything from this address, waits long, alerts; does not take it for a bad key.",
        params=FirewallParams,
        make=Firewall,
        evidence=("JKorf/Binance.Net#115", "tellor-io/telliot#69", "ccxt/ccxt#27468"),
    ),
    Kind(
        name="overload-disguised-as-429",
        family=_FAMILY,
        priority="P1",
        summary="A 429 that means the venue is busy; the command was carried out or not.",
        correct_bot="Finds out what became of the order, and does not shrink its own budget for good.",
        params=DisguisedParams,
        make=Disguised,
        effects=BOTH,
        evidence=("ccxt/ccxt#9612",),
    ),
)
