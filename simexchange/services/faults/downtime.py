"""The venue is away: its port closed or dead, its servers restarting, its services under maintenance.

What a rule did to a port, a socket or a handshake it undoes when it goes: the port listens again, frozen sockets are
let go. Connections that were cut stay cut. Without a port (tests without sockets) a refused client sees a reset.
"""

from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias, TypeVar

from msgspec import Meta

from simexchange.services.durations import Duration
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.facts import Call, Purpose
from simexchange.services.faults.fault import Fault, Params
from simexchange.services.faults.kinds import Kind
from simexchange.services.faults.order_tools import Later, end_by_venue
from simexchange.services.faults.rule import Match
from simexchange.services.faults.socket_fault import fits_socket
from simexchange.services.faults.stage import Stage, StreamHandle
from simexchange.services.faults.verdicts import Breakage, Delivery, Trouble, TroubleKind, Verdict

ErrorStatus: TypeAlias = Annotated[int, Meta(ge=400, le=599)]
GOING_AWAY: Final = 1001
CUT: Final = Verdict(delivery=Delivery(Breakage.RESET), unheard=True)
UNANSWERED: Final = Verdict(delivery=Delivery(Breakage.SILENCE), unheard=True)
ParamsT = TypeVar("ParamsT", bound=Params)


class Away(Fault[ParamsT]):
    """What these faults share: sockets and ports of the venues their rule is about."""

    @property
    def is_whole(self) -> bool:
        """Whether the rule is about everybody at a venue."""
        match = self.armed.spec.match
        return match == Match(venue=match.venue)

    def ports(self) -> list[Any]:
        return [self.stage.ports[venue] for venue in self.venues if venue in self.stage.ports]

    def sockets(self) -> list[StreamHandle]:
        """The open WebSockets that the rule is about; one that names an endpoint is about none."""
        match = self.armed.spec.match
        return [
            socket
            for venue in self.venues
            if venue in self.stage.controls and match.endpoint is None
            for socket in self.stage.controls[venue].sockets()
            if fits_socket(match, self.stage.door(venue), socket)
        ]

    def close_sockets(self) -> None:
        for socket in self.sockets():
            socket.close(GOING_AWAY, "Going away")


class DowntimeParams(Params, frozen=True):
    mode: Literal["refused", "reset", "hang", "http", "html"] = "refused"
    """refused: the port is closed; reset: whoever sends is reset; hang: nobody answers; http: 503 in the venue's words;
    html: 503 in a front server's. Where match names more than the venue, refused is reset."""
    status: ErrorStatus = 503
    """Of http and html."""
    template: Literal["nginx", "cloudflare", "cloudfront"] = "nginx"
    """Whose page html is."""


class Downtime(Away[DowntimeParams]):
    """It counts itself: requests; and, where nobody answers, its beginning."""

    counts_itself: ClassVar[bool] = True

    def __init__(self, params: DowntimeParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self.frozen: list[StreamHandle] = []

    def arm(self) -> None:
        mode = self.params.mode
        if mode not in ("http", "html"):
            self.armed.fires(None, detail="down")
        if mode == "hang":
            self.frozen = self.sockets()
            for socket in self.frozen:
                socket.freeze(True)
        elif mode in ("http", "html"):
            self.close_sockets()
        elif self.is_whole:
            for port in self.ports():
                if mode == "refused":
                    port.keep_out(self.armed.id)
                port.reset_connections()
        if mode in ("refused", "reset"):
            for socket in self.sockets():
                socket.reset()

    def resume(self) -> None:
        self.frozen.clear()
        if self.params.mode == "refused" and self.is_whole:
            for port in self.ports():
                port.keep_out(self.armed.id)

    def disarm(self) -> None:
        for port in self.ports():
            port.let_in(self.armed.id)
        for socket in self.frozen:
            socket.freeze(False)
            socket.reset()
        self.frozen.clear()

    def on_call(self, call: Call) -> Verdict | None:
        mode, status = self.params.mode, self.params.status
        if mode not in ("http", "html"):
            self.armed.fires(call)
            return UNANSWERED if mode == "hang" else CUT
        if self.armed.fires(call) is None:
            return None
        if mode == "http":
            return Verdict(Trouble(TroubleKind.UNAVAILABLE, status=status))
        return Verdict(Trouble(TroubleKind.EDGE_ERROR, status=status, template=self.params.template))


class MaintenanceParams(Params, frozen=True):
    status: ErrorStatus | None = None
    """The HTTP status of refusals; null: the one that belongs to the venue's code."""
    close_ws: bool = True
    """Whether open WebSockets are closed as it begins."""
    cancel_all_on_return: bool = False
    """Whether the venue has ended every open order by the time it is back."""


class Maintenance(Away[MaintenanceParams]):
    """All but the question for the system's status is refused; that one is answered."""

    def arm(self) -> None:
        if self.params.close_ws:
            self.close_sockets()

    def disarm(self) -> None:
        if not self.params.cancel_all_on_return:
            return
        match = self.armed.spec.match
        for venue in self.venues:
            door = self.stage.door(venue)
            for account in tuple(door.venue.accounts.values()):
                if account.house or not match.fits_place(venue, account=account.name):
                    continue
                for order in door.venue.views.open_orders(account.account_id):
                    if match.fits_place(venue, order.terms.symbol):
                        end_by_venue(door, order.terms)

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (whatever it was)
        return Verdict(Trouble(TroubleKind.MAINTENANCE, status=self.params.status))


class RestartParams(Params, frozen=True):
    announced: bool = True
    """Whether every WebSocket is told before."""
    lead: Duration = Duration("10s")
    """How long before."""
    lasts: Duration = Duration("5s")
    """How long the venue is gone."""


class Restart(Later[RestartParams], Away[RestartParams]):
    counts_itself: ClassVar[bool] = True

    def __init__(self, params: RestartParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self.is_down = False

    def arm(self) -> None:
        if not self.params.announced:
            self._go()
            return
        self.armed.fires(None, detail="announced")
        for socket in self.sockets():
            socket.say_goodbye()
        self.later(self.params.lead, self._go)

    def resume(self) -> None:
        if self.is_down:
            for port in self.ports():
                port.keep_out(self.armed.id)

    def disarm(self) -> None:
        super().disarm()
        if self.is_down:
            self._come_back()

    def concerns(self, call: Call) -> bool:  # noqa: ARG002  (whoever comes while it is gone)
        return self.is_down

    def on_call(self, call: Call) -> Verdict:
        self.armed.fires(call)
        return CUT

    def _go(self) -> None:
        self.is_down = True
        self.armed.fires(None, detail="down")
        self.close_sockets()
        for port in self.ports():
            port.keep_out(self.armed.id)
            port.reset_connections(streams=False)
        self.later(self.params.lasts, self._come_back)

    def _come_back(self) -> None:
        self.is_down = False
        for port in self.ports():
            port.let_in(self.armed.id)


class KeptOutParams(Params, frozen=True):
    """Nothing to set: how long it lasts, ``ttl`` and ``when`` say."""


class KeptOut(Away[KeptOutParams]):
    swallows = False

    def arm(self) -> None:
        self.armed.fires(None)
        self.resume()

    def resume(self) -> None:
        for port in self.ports():
            port.keep_out(self.armed.id, swallow=self.swallows)

    def disarm(self) -> None:
        for port in self.ports():
            port.let_in(self.armed.id)


class Blackhole(KeptOut):
    swallows = True


class ReconnectParams(Params, frozen=True):
    times: Annotated[int, Meta(ge=0)] = 3
    """How many handshakes are refused; 0: every one."""
    status: ErrorStatus = 502
    """403 is the firewall's page, 429 the venue's own refusal, anything else a front server's page."""


_REFUSALS: Final = {403: TroubleKind.FIREWALL, 429: TroubleKind.CONNECTIONS_EXCEEDED}


class ReconnectRefused(Fault[ReconnectParams]):
    purposes = frozenset({Purpose.CONNECT})

    def concerns(self, call: Call) -> bool:  # noqa: ARG002  (whoever connects)
        return not self.params.times or self.armed.counts.fired < self.params.times

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (whoever connects)
        status = self.params.status
        return Verdict(Trouble(_REFUSALS.get(status, TroubleKind.EDGE_ERROR), status=status))


_FAMILY: Final = "downtime"
_PAUSE: Final = "Backs off with jitter, keeps its orders as unknown, and reconciles before it trades again."

KINDS: Final = (
    Kind(
        name="downtime",
        family=_FAMILY,
        priority="P0",
        summary="The venue is gone: refused, reset, silent, or 503, with every WebSocket cut.",
        correct_bot=_PAUSE,
        params=DowntimeParams,
        make=Downtime,
        evidence=("hummingbot/hummingbot#8457", "ccxt/ccxt#6722"),
    ),
    Kind(
        name="maintenance",
        family=_FAMILY,
        priority="P0",
        summary="Everything is refused but the question for the system's status, which says why.",
        correct_bot="Pauses, asks for the status now and then, and reconciles fully before the first new order.",
        params=MaintenanceParams,
        make=Maintenance,
        aliases=("maintenance-mode",),
        evidence=("ccxt/ccxt#6722", "Binance-docs/Binance_Futures_python#103"),
    ),
    Kind(
        name="server-restart",
        family=_FAMILY,
        priority="P1",
        summary="The venue restarts: says so on every WebSocket or does not, is gone for a moment, and is back.",
        correct_bot="Acts on the notice; reconnects, subscribes again and reconciles once the venue is back.",
        params=RestartParams,
        make=Restart,
        matches=("venue",),
        evidence=("sieblyio/okx-api#141", "yubing744/trading-gpt#90"),
    ),
    Kind(
        name="tcp-connect-refused",
        family=_FAMILY,
        priority="P1",
        summary="Nobody listens at the port; connections that are open go on.",
        correct_bot=_PAUSE,
        params=KeptOutParams,
        make=KeptOut,
        matches=("venue",),
        evidence=("hummingbot/hummingbot#8457", "hummingbot/hummingbot#3374"),
    ),
    Kind(
        name="tcp-connect-blackhole",
        family=_FAMILY,
        priority="P2",
        summary="Calls to the port are swallowed: neither accepted nor refused; open connections go on.",
        correct_bot="Has a deadline for connecting, apart from that for reading, and tries another host.",
        params=KeptOutParams,
        make=Blackhole,
        matches=("venue",),
        evidence=("ccxt/ccxt#11033", "altangent/ccxws#136"),
    ),
    Kind(
        name="reconnect-refused",
        family=_FAMILY,
        priority="P1",
        summary="The next handshakes of WebSockets are refused.",
        correct_bot="Tries again with growing, jittered pauses, and keeps its quotes off meanwhile.",
        params=ReconnectParams,
        make=ReconnectRefused,
        evidence=("ccxt/php-binance-api#196", "sammchardy/python-binance#834"),
    ),
)
