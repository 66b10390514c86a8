"""What faults about whole sockets share: which sockets fit a rule, now and later, and each counted once."""

from collections.abc import Iterable
from typing import ClassVar, Final

from simexchange.domain.ids import Symbol
from simexchange.services.anatomy import Role
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.facts import Frame
from simexchange.services.faults.fault import Fault, ParamsT
from simexchange.services.faults.rule import Match, fits_channel, plain_symbol
from simexchange.services.faults.stage import FaultyDoor, Stage, StreamHandle

SOCKET_MATCHES: Final = ("venue", "account", "symbol", "channel", "connection", "source_ip")
"""What a rule about sockets may match."""
_MOST_MET: Final = 1_000

SocketName = tuple[str, int]


class MetSockets:
    """Which sockets a rule has met, and which of them it struck."""

    state_role: ClassVar = Role.FLEETING

    def __init__(self) -> None:
        self.struck: dict[SocketName, StreamHandle] = {}
        self.met: set[SocketName] = set()


class SocketFault(Fault[ParamsT]):
    """Acts on sockets that fit: those open when it begins, oldest first, then those that open or subscribe later.

    ``when`` counts sockets. Which socket fits is asked again whenever its client has said something; one that fits is
    counted once, whether chosen or not. ``reaches_later`` False leaves later ones alone; ``keeps_closed`` True has the
    sockets it struck to undo even when the venue is done with them.
    """

    counts_itself = True
    reaches_later: ClassVar[bool] = True
    keeps_closed: ClassVar[bool] = False

    def __init__(self, params: ParamsT, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self._sockets = MetSockets()
        self._inherited: frozenset[SocketName] = frozenset()

    @property
    def struck(self) -> dict[SocketName, StreamHandle]:
        """Sockets chosen and dealt with, as long as somebody may have to undo it."""
        return self._sockets.struck

    def arm(self) -> None:
        for venue in self.venues:
            controls = self.stage.controls.get(venue)
            for socket in () if controls is None else controls.sockets():
                if (venue, socket.number) in self._inherited and self.fits(venue, socket):
                    self._strike(venue, socket)
                else:
                    self._meet(venue, socket)
        self._inherited = frozenset()

    def take_over(self, before: Fault[ParamsT]) -> None:
        if isinstance(before, SocketFault):
            self._sockets.met |= before._sockets.met
            self._inherited = frozenset(before.struck)

    def on_socket(self, venue: str, socket: StreamHandle) -> None:
        if self.reaches_later:
            self._meet(venue, socket)

    def disarm(self) -> None:
        for socket in self.struck.values():
            self.undo(socket)
        self.struck.clear()
        self._sockets.met.clear()

    def resume(self) -> None:
        """Every socket was closed on the way back."""
        self.struck.clear()
        self._sockets.met.clear()

    def strike(self, venue: str, socket: StreamHandle) -> None:
        """Do it to a chosen socket."""

    def undo(self, socket: StreamHandle) -> None:
        """The rule goes: leave the socket, which may be gone by now, as it would be."""

    def fits(self, venue: str, socket: StreamHandle) -> bool:
        """Whether a socket is one of those the rule is about."""
        return fits_socket(self.armed.spec.match, self.stage.door(venue), socket)

    def chosen(self, venue: str, socket: StreamHandle) -> bool:
        """Count the socket as a match; whether ``when`` chose it."""
        return self.armed.fires(facts_of(self.stage.door(venue), socket)) is not None

    def meet(self, venue: str, socket: StreamHandle) -> None:
        """A socket that fits, seen for the first time."""
        if self.chosen(venue, socket):
            self._strike(venue, socket)

    def _strike(self, venue: str, socket: StreamHandle) -> None:
        self.struck[venue, socket.number] = socket
        self.strike(venue, socket)

    def _meet(self, venue: str, socket: StreamHandle) -> None:
        name = (venue, socket.number)
        if name in self._sockets.met or not self.fits(venue, socket):
            return
        if len(self._sockets.met) >= _MOST_MET:
            self._forget_closed()
        self._sockets.met.add(name)
        self.meet(venue, socket)

    def _forget_closed(self) -> None:
        open_now = open_sockets(self.stage, self.venues)
        self._sockets.met &= open_now
        if not self.keeps_closed:
            for name in self.struck.keys() - open_now:
                del self.struck[name]


def open_sockets(stage: Stage, venues: Iterable[str]) -> set[SocketName]:
    """The WebSockets of these venues that are open now."""
    return {(venue, socket.number) for venue in venues for socket in stage.controls[venue].sockets()}


def facts_of(door: FaultyDoor, socket: StreamHandle) -> Frame:
    """A socket as the timeline tells of it."""
    frame = Frame(door.name, socket.number, b"", socket.send_past, source=socket.source)
    account_id = next(iter(socket.accounts()), None)
    if account_id is not None:
        frame.account_id, frame.account = account_id, door.venue.accounts[account_id].name
    return frame


def fits_socket(match: Match, door: FaultyDoor, socket: StreamHandle) -> bool:
    """Whether a rule's match means this socket: by where it comes from, whose it is and what it listens to."""
    facts = facts_of(door, socket)
    if match.account is not None:
        names = [door.venue.accounts[account_id].name for account_id in socket.accounts()]
        if match.account not in names:
            return False
        facts.account = match.account
    if match.endpoint is not None or match.key is not None or match.side is not None:
        return False
    if not match.fits_origin(facts) or match.venue not in (None, facts.venue):
        return False
    if match.channel in ("private", "public"):
        return socket.is_private is (match.channel == "private") and _fits_symbol(match, socket)
    return (match.channel is None and match.symbol is None) or any(
        _fits_listening(match, channel, symbol) for channel, symbol in socket.channels()
    )


def _fits_symbol(match: Match, socket: StreamHandle) -> bool:
    return match.symbol is None or any(_is_of(match.symbol, symbol) for _, symbol in socket.channels())


def _fits_listening(match: Match, channel: str, symbol: Symbol) -> bool:
    wanted = match.channel
    if wanted is not None and not fits_channel(wanted, channel, symbol):
        return False
    if match.symbol is None:
        return True
    return _is_of(match.symbol, symbol) or (not symbol and wanted is not None)


def _is_of(wanted: str, symbol: Symbol) -> bool:
    return bool(symbol) and plain_symbol(wanted) == plain_symbol(symbol)
