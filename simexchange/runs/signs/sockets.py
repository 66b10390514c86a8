"""WebSockets that come and go: who opens one again, subscribes again, listens to its own orders again."""

from typing import ClassVar, Final, TypeAlias

from msgspec import Struct

from simexchange.dialects.gate import Gate
from simexchange.domain.ids import AccountId
from simexchange.runs.signs.seen import Detector, See, Sighting
from simexchange.services.anatomy import Role
from simexchange.services.clock import MINUTE
from simexchange.services.faults.stage import StreamHandle
from simexchange.services.journal import ConnectionEntry
from simexchange.world import World

OVERLAP_NS: Final = MINUTE
"""A socket that was opened so long before another one was given up has taken its place."""
Origin: TypeAlias = tuple[str, str]


class Ears:
    """The WebSockets that are open now, and whose orders they tell of. Looks at connections, which are no state."""

    state_role: ClassVar = Role.RECORD

    def __init__(self, gates: tuple[Gate, ...]) -> None:
        self._gates = {gate.name: gate for gate in gates}

    def hears(self, venue: str, account_id: AccountId) -> bool:
        """Whether an account listens to its own orders."""
        gate = self._gates.get(venue)
        return gate is not None and any(account_id in socket.accounts() for socket in gate.sockets())

    def find(self, venue: str, number: int) -> StreamHandle | None:
        """The WebSocket of that number, if it is open."""
        gate = self._gates.get(venue)
        if gate is None:
            return None
        return next((socket for socket in gate.sockets() if socket.number == number), None)


class Line(Struct):
    """One WebSocket while it is open: since when, after which others' end, and for whom."""

    opened_ns: int
    seq: int
    origin: Origin
    follows: int | None = None
    """The journal's entry of the loss that it makes up for."""
    accounts: tuple[str, ...] = ()
    has_channels: bool = False


class Sockets(Detector):
    """``among`` of these sightings is whoever the address is known to be, or the accounts the socket listens for."""

    signs: ClassVar = ("reconnected", "resubscribed", "user_stream_renewed")

    def __init__(self, world: World, see: See, ears: Ears) -> None:
        super().__init__(world, see)
        self._ears = ears
        self._lines: dict[tuple[str, int], Line] = {}
        self._lost: dict[Origin, list[int]] = {}
        """Losses by address that nothing has made up for, as entries of the journal."""
        self._lost_private: dict[tuple[str, str], int] = {}
        self.people: dict[Origin, tuple[str, ...]] = {}
        """Whose keys have come from an address; kept up to date by the witness."""

    def connection(self, entry: ConnectionEntry) -> None:
        origin = (entry.venue, entry.source)
        if entry.action == "opened":
            line = self._lines[entry.venue, entry.connection] = Line(entry.ts_ns, entry.seq, origin)
            lost = self._lost.get(origin)
            if lost:
                line.follows = lost.pop(0)
                self._say("reconnected", line, entry.ts_ns, (line.follows, entry.seq))
        elif entry.action == "listening":
            self._look(entry.venue, entry.connection, entry.ts_ns, entry.seq)
        else:
            gone = self._lines.pop((entry.venue, entry.connection), None)
            if gone is not None:
                self._lose(gone, entry)

    def _lose(self, gone: Line, entry: ConnectionEntry) -> None:
        """A socket has ended; another may have been opened for it already."""
        heir = next(
            (
                line
                for line in self._lines.values()
                if line.origin == gone.origin
                and line.follows is None
                and gone.opened_ns < line.opened_ns
                and line.opened_ns + OVERLAP_NS >= entry.ts_ns
            ),
            None,
        )
        if heir is None:
            self._lost.setdefault(gone.origin, []).append(entry.seq)
        else:
            heir.follows = entry.seq
            self._say("reconnected", heir, entry.ts_ns, (entry.seq, heir.seq))
            if heir.has_channels:
                self._say("resubscribed", heir, entry.ts_ns, (entry.seq, heir.seq))
        for account in gone.accounts:
            if heir is not None and account in heir.accounts:
                self._say_private(account, heir, entry.ts_ns, (entry.seq, heir.seq))
            else:
                self._lost_private[gone.origin[0], account] = entry.seq

    def _look(self, venue: str, number: int, ts_ns: int, seq: int) -> None:
        """What a socket listens to now."""
        line, socket = self._lines.get((venue, number)), self._ears.find(venue, number)
        if line is None or socket is None:
            return
        accounts = tuple(filter(None, (self.owner(venue, one) for one in socket.accounts())))
        for account in accounts:
            ended = self._lost_private.pop((venue, account), None) if account not in line.accounts else None
            if ended is not None:
                self._say_private(account, line, ts_ns, (ended, seq))
        line.accounts = accounts
        has_channels = bool(accounts) or any(True for _ in socket.channels())
        if has_channels and not line.has_channels and line.follows is not None:
            self._say("resubscribed", line, ts_ns, (line.follows, seq))
        line.has_channels = has_channels

    def _say(self, sign: str, line: Line, ts_ns: int, evidence: tuple[int, ...]) -> None:
        among = line.accounts or self.people.get(line.origin, ())
        self.see(Sighting(sign, ts_ns, evidence, line.origin[0], among=among))

    def _say_private(self, account: str, line: Line, ts_ns: int, evidence: tuple[int, ...]) -> None:
        self.see(Sighting("user_stream_renewed", ts_ns, evidence, line.origin[0], account))
