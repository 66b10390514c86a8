"""How sockets end by rule: of age, after a notice, for a missing pong."""

from functools import partial
from typing import Final

from simexchange.services.clock import Timer
from simexchange.services.durations import Duration
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.fault import Fault, Params
from simexchange.services.faults.kinds import Kind
from simexchange.services.faults.quantities import PPB
from simexchange.services.faults.rule import draw_ppb
from simexchange.services.faults.socket_fault import SOCKET_MATCHES, SocketFault, SocketName
from simexchange.services.faults.stage import Stage, StreamHandle
from simexchange.services.faults.stream_messages import check_wait

GOING_AWAY: Final = 1001


class LifetimeParams(Params, frozen=True):
    max_age: Duration = Duration("24h")
    """How old a socket may become before the venue cuts it."""
    early_jitter: Duration = Duration("0s")
    """Sockets are cut up to this much earlier, each by a seeded draw."""

    def __post_init__(self) -> None:
        check_wait("max_age", self.max_age)
        check_wait("early_jitter", self.early_jitter)


class Lifetime(SocketFault[LifetimeParams]):
    """Counts a socket when it is cut; one that is too old already is cut at once."""

    def __init__(self, params: LifetimeParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self._timers: dict[SocketName, Timer] = {}

    def take_over(self, before: Fault[LifetimeParams]) -> None:
        """Every age is looked at anew: nobody was counted for being met."""

    def meet(self, venue: str, socket: StreamHandle) -> None:
        name = f"{self.armed.id}/{venue}/age"
        early_ns = self.params.early_jitter * draw_ppb(self.stage.randomness.seed, name, socket.number) // PPB
        due_ns = max(socket.opened_ns + self.params.max_age - early_ns, self.stage.clock.now_ns())
        self._timers[venue, socket.number] = self.stage.clock.set_timer(due_ns, partial(self._cut, venue, socket))

    def _cut(self, venue: str, socket: StreamHandle) -> None:
        del self._timers[venue, socket.number]
        if socket in self.stage.controls[venue].sockets() and self.chosen(venue, socket):
            socket.close(GOING_AWAY)

    def disarm(self) -> None:
        super().disarm()
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()


class NoticeParams(Params, frozen=True):
    lead: Duration = Duration("10s")
    """How long before the end the notice comes."""

    def __post_init__(self) -> None:
        check_wait("lead", self.lead)


class Notice(SocketFault[NoticeParams]):
    """Sockets opened after the notice are on another server, so to speak: they stay."""

    reaches_later = False

    def __init__(self, params: NoticeParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self._timers: list[Timer] = []

    def strike(self, venue: str, socket: StreamHandle) -> None:
        socket.say_goodbye()
        self._timers.append(self.stage.clock.after(self.params.lead, partial(self._cut, venue, socket)))

    def _cut(self, venue: str, socket: StreamHandle) -> None:
        if self.struck.pop((venue, socket.number), None) is not None:
            socket.close(GOING_AWAY)

    def disarm(self) -> None:
        super().disarm()
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()


class PongParams(Params, frozen=True):
    every: Duration = Duration("2s")
    """How often the venue pings."""
    grace: Duration = Duration("1s")
    """How long a pong may take."""

    def __post_init__(self) -> None:
        if min(self.every, self.grace) <= 0:
            raise ValueError("every and grace must be longer than nothing: 2s and 1s pass")


class PongTimeout(SocketFault[PongParams]):
    """Pings come often, and a client that is late with its pong is cut as the venue cuts it."""

    def strike(self, venue: str, socket: StreamHandle) -> None:  # noqa: ARG002  (every venue's sockets alike)
        socket.pace_pings((self.params.every, self.params.grace))

    def undo(self, socket: StreamHandle) -> None:
        socket.pace_pings(None)


KINDS: Final = (
    Kind(
        name="ws-lifetime",
        family="socket life",
        priority="P0",
        summary="Sockets are closed at a certain age, or somewhat earlier.",
        correct_bot="Opens the next connection before the limit and lets the two overlap, so that nothing is missed.",
        params=LifetimeParams,
        make=Lifetime,
        matches=SOCKET_MATCHES,
        aliases=("ws-24h-cut",),
        evidence=("binance/binance-futures-connector-python#90", "dmikushin/binance-cxx-api#12"),
    ),
    Kind(
        name="ws-shutdown-notice",
        family="socket life",
        priority="P1",
        summary="Sockets are told that the server goes away, and closed a while later.",
        correct_bot="Acts on the notice: opens the replacement first, then lets the old connection go.",
        params=NoticeParams,
        make=Notice,
        matches=SOCKET_MATCHES,
        evidence=("sieblyio/okx-api#141",),
    ),
    Kind(
        name="ws-pong-timeout",
        family="socket life",
        priority="P1",
        summary="The venue pings often and is impatient: who is late with the pong is cut.",
        correct_bot="Answers every ping at once with its payload, however busy it is.",
        params=PongParams,
        make=PongTimeout,
        matches=SOCKET_MATCHES,
        evidence=("ccxt/php-binance-api#453", "ruby-jp/websocket-client-simple#28"),
    ),
)
