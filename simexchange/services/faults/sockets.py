"""Sockets that fall silent, are cut, or are half open; the client finds out, or does not.

Silence takes away messages and leaves the socket; what was said meanwhile is gone. A cut socket stays cut. A half-open
one has nobody on the other side any more: when the rule goes, whoever still holds it sees it reset.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta

from simexchange.domain.ids import Symbol
from simexchange.domain.units import RATE_ONE
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.facts import Frame
from simexchange.services.faults.fault import Instead, Params, ParamsT
from simexchange.services.faults.kinds import Kind
from simexchange.services.faults.quantities import PPM, Ratio
from simexchange.services.faults.socket_fault import SOCKET_MATCHES, SocketFault
from simexchange.services.faults.stage import Stage, StreamHandle
from simexchange.services.market_models.house import NoMarket

CloseCode = Annotated[int, Meta(ge=1000, le=4999)]
_NO_CODES: Final = (1004, 1005, 1006, 1015)
"""Codes that no close frame may carry (RFC 6455, section 7.4.1)."""


class SilenceParams(Params, frozen=True):
    answer_ping: bool = True
    """Whether the client's pings are answered meanwhile; the venue's own go on in any case."""


class Hush(SocketFault[ParamsT]):
    """Messages that fit the rule no longer reach the sockets it struck."""

    def on_frame(self, frame: Frame) -> Instead:
        return () if frame.socket in self.struck else None


class Silence(Hush[SilenceParams]):
    def strike(self, venue: str, socket: StreamHandle) -> None:  # noqa: ARG002  (every venue's sockets alike)
        if not self.params.answer_ping:
            socket.mute_pongs(True)

    def undo(self, socket: StreamHandle) -> None:
        if not self.params.answer_ping:
            socket.mute_pongs(False)


class PrivateDeadParams(Params, frozen=True):
    mode: Literal["silence", "close"] = "silence"
    """silence: the socket stays, and tells nothing of the account any more; close: it is closed with 1001."""


class PrivateDead(Hush[PrivateDeadParams]):
    def fits(self, venue: str, socket: StreamHandle) -> bool:
        return socket.is_private and super().fits(venue, socket)

    def concerns_frame(self, frame: Frame) -> bool:
        return frame.is_private and not frame.is_reply

    def strike(self, venue: str, socket: StreamHandle) -> None:  # noqa: ARG002  (every venue's sockets alike)
        if self.params.mode == "close":
            socket.close(1001)


class DisconnectParams(Params, frozen=True):
    code: CloseCode = 1001
    """The close frame's code."""
    reason: Annotated[str, Meta(max_length=123)] = ""
    """The close frame's text, up to 123 bytes."""
    abrupt: bool = False
    """Reset the connection instead: no close frame at all."""

    def __post_init__(self) -> None:
        if self.code in _NO_CODES:
            raise ValueError(f"{self.code} never stands in a close frame: 1000, 1001, 1008, 1011 and 4000 pass")


class Disconnect(SocketFault[DisconnectParams]):
    def strike(self, venue: str, socket: StreamHandle) -> None:
        del self.struck[venue, socket.number]
        if self.params.abrupt:
            socket.reset()
        else:
            socket.close(self.params.code, self.params.reason)


class AbruptDropParams(Params, frozen=True):
    rst: bool = True
    """Whether the connection is reset (RST) or ended (FIN); no close frame either way."""


class AbruptDrop(SocketFault[AbruptDropParams]):
    def strike(self, venue: str, socket: StreamHandle) -> None:
        del self.struck[venue, socket.number]
        if self.params.rst:
            socket.reset()
        else:
            socket.drop()


class HalfOpenParams(Params, frozen=True):
    pass


class HalfOpen(SocketFault[HalfOpenParams]):
    keeps_closed = True

    def strike(self, venue: str, socket: StreamHandle) -> None:  # noqa: ARG002  (every venue's sockets alike)
        socket.freeze(True)

    def undo(self, socket: StreamHandle) -> None:
        socket.freeze(False)
        socket.reset()


class DivergeParams(Params, frozen=True):
    churn: Ratio = Ratio("1%")
    """How far the market jumps while the client is away: levels nearer to the old price than that are gone."""

    def __post_init__(self) -> None:
        if not 0 < abs(self.churn.ppm) <= PPM >> 1:
            raise ValueError(f"a market can not jump by {self.churn}: -50% to 50% passes, but not 0")


class Diverge(SocketFault[DivergeParams]):
    """Cuts the socket first, then moves the house's market, once for each instrument; back when the rule goes."""

    reaches_later = False

    def __init__(self, params: DivergeParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self._moved: dict[tuple[str, Symbol], int] = {}

    def strike(self, venue: str, socket: StreamHandle) -> None:
        del self.struck[venue, socket.number]
        match = self.armed.spec.match
        symbols = {symbol for _, symbol in socket.channels() if symbol and match.fits_place(venue, symbol)}
        socket.reset()
        for symbol in sorted(symbols):
            self._move(venue, symbol)

    def _move(self, venue: str, symbol: Symbol) -> None:
        if (venue, symbol) in self._moved or self.stage.house is None:
            return
        try:
            back = self.stage.house.market(venue, symbol).move(self.params.churn.ppm * RATE_ONE // PPM)
        except NoMarket:
            return
        self._moved[venue, symbol] = back

    def disarm(self) -> None:
        super().disarm()
        for (venue, symbol), back in reversed(tuple(self._moved.items())):
            self.stage.house.market(venue, symbol).move(back)
        self._moved.clear()


_RECOVER: Final = "Reconnects with backoff, subscribes again, takes a new snapshot, fetches missed fills by REST."

KINDS: Final = (
    Kind(
        name="ws-silent",
        family="sockets",
        priority="P0",
        summary="The socket is open and pings are answered, and nothing that matches comes any more.",
        correct_bot="Watches how fresh each channel is, not just the pings; quotes nothing on what is too old.",
        params=SilenceParams,
        make=Silence,
        matches=SOCKET_MATCHES,
        aliases=("ws-silent-stall",),
        evidence=("websocket-client/websocket-client#674", "sammchardy/python-binance#353"),
    ),
    Kind(
        name="private-dead-public-alive",
        family="sockets",
        priority="P0",
        summary="The user data dies alone; market data goes on.",
        correct_bot="Watches the private stream by itself: a heartbeat order, or a look at the account by REST.",
        params=PrivateDeadParams,
        make=PrivateDead,
        matches=SOCKET_MATCHES,
        evidence=("pnpn521521/python-binance-with-futures-websocket#1", "JKorf/Binance.Net#106"),
    ),
    Kind(
        name="ws-disconnect",
        family="sockets",
        priority="P0",
        summary="Sockets are closed with a code or reset: those open, oldest first, then later ones until count is up.",
        correct_bot=_RECOVER + " A clean close is no different.",
        params=DisconnectParams,
        make=Disconnect,
        matches=SOCKET_MATCHES,
        aliases=("ws-close-code",),
        evidence=("hummingbot/hummingbot#7044", "sammchardy/python-binance#1589"),
    ),
    Kind(
        name="ws-abrupt-drop",
        family="sockets",
        priority="P0",
        summary="The connection ends without a close frame.",
        correct_bot=_RECOVER,
        params=AbruptDropParams,
        make=AbruptDrop,
        matches=SOCKET_MATCHES,
        evidence=("binance/binance-connector-python#180", "bmoscon/cryptofeed#23"),
    ),
    Kind(
        name="ws-halfopen-blackhole",
        family="sockets",
        priority="P0",
        summary="Nobody is there any more, and nobody said so: nothing comes, nothing that is sent is heard.",
        correct_bot="Pings, and closes a socket that does not answer in time.",
        params=HalfOpenParams,
        make=HalfOpen,
        matches=SOCKET_MATCHES,
        evidence=("binance/binance-connector-python#227",),
    ),
    Kind(
        name="reconnect-snapshot-diverges",
        family="sockets",
        priority="P0",
        summary="Sockets are reset, and while their clients are away the market jumps: old levels are there no more.",
        correct_bot="Drops its book on reconnect, and keeps no level that the new snapshot does not have.",
        params=DivergeParams,
        make=Diverge,
        matches=SOCKET_MATCHES,
        evidence=("ccxt/ccxt#29210", "bmoscon/cryptofeed#53"),
    ),
)
