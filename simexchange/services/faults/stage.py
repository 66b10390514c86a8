"""What a fault may lay hands on: the venues' doors, the clock, and what dialects and transports let be done to them."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from simexchange.domain.commands import Command
from simexchange.domain.events import Batch
from simexchange.domain.ids import AccountId, Symbol
from simexchange.services.bus import Bus
from simexchange.services.clock import Clock
from simexchange.services.faults.changes import Change
from simexchange.services.faults.layers import Layers
from simexchange.services.randomness import Randomness
from simexchange.venue.venue import Venue


class CommandTap(Protocol):
    """Sees every command of one venue just before and just after the engine."""

    def before(self, command: Command) -> Command:
        """The command to be executed instead (or itself); may raise to stop it."""

    def after(self, batch: Batch) -> None: ...


class FaultyDoor(Protocol):
    """One venue, as a fault sees it."""

    name: str
    venue: Venue
    clock: Clock
    bus: Bus
    taps: tuple[CommandTap, ...]

    def submit(self, command: Command) -> Batch: ...

    def afterwards(self, action: Callable[[], None]) -> None:
        """Act as soon as the batch under way is published (now, if there is none)."""


class StreamHandle(Protocol):
    """One open WebSocket."""

    number: int
    source: str
    opened_ns: int

    @property
    def waiting_bytes(self) -> int:
        """What was sent, and the client has not taken yet."""

    @property
    def is_frozen(self) -> bool: ...

    @property
    def is_private(self) -> bool: ...

    def accounts(self) -> Iterable[AccountId]:
        """Whose orders it is told about, or whose key it is logged on with."""

    def channels(self) -> Iterable[tuple[str, Symbol]]:
        """What it listens to: channel and symbol ("" where a channel has none)."""

    def send_past(self, payload: bytes) -> None:
        """Deliver a message past all rules."""

    def send_in_parts(self, payload: bytes, parts: int) -> None:
        """The same as a message of so many frames."""

    def close(self, code: int, reason: str = "") -> None: ...

    def reset(self) -> None:
        """Cut the connection (RST), no close frame."""

    def drop(self) -> None:
        """End the connection (FIN), no close frame."""

    def freeze(self, frozen: bool) -> None:
        """While frozen nothing leaves and nothing that comes is heard, not even pings: a half-open connection."""

    def mute_pongs(self, muted: bool) -> None:
        """While muted the client's pings are heard and not answered."""

    def pace_pings(self, pace: tuple[int, int] | None) -> None:
        """Ping every so many ns and cut a client that has not answered within so many; None: as the venue does."""

    def say_goodbye(self) -> None:
        """Tell the client that the server is going away, if this venue does."""

    @property
    def has_token(self) -> bool:
        """Whether it listens to an account by a credential that can run out on the socket itself."""

    def end_private(self) -> None:
        """End what it listens to of accounts as the venue does when that credential has run out."""


class VenueCustoms(Protocol):
    """What else a venue does to its clients, its dialect knows how."""

    def close_order_entry(self, source: str) -> None:
        """Close the order-entry sockets of an address."""

    def count_unplaced(self, account_id: AccountId) -> None:
        """Count an order that did not come to be against its account's limits."""


class VenueControls(Protocol):
    """What a dialect lets a fault do to its venue."""

    dialect: VenueCustoms

    def next_connection(self) -> int:
        """A number above those of all connections there have been."""

    def sockets(self) -> Iterable[StreamHandle]:
        """The WebSockets open now, oldest first."""

    def reword(self, payload: bytes, symbol: Symbol, change: Change) -> bytes:
        """A message or an answer with a change made in this venue's words; unchanged where it makes no sense."""

    def stream_key_owners(self) -> tuple[AccountId, ...]:
        """The accounts that have a living stream key (a listenKey), oldest key first."""

    def end_stream_key(self, account_id: AccountId, tells: bool, closes: bool) -> None:
        """End such a key before its time; its listeners are told or not, and cut or not."""


class PortControls(Protocol):
    """What a transport lets a fault do to a venue's port."""

    def keep_out(self, cause: str, swallow: bool = False) -> None:
        """Close the listening socket, so that whoever comes is refused; or ``swallow`` their calls, unanswered."""

    def let_in(self, cause: str) -> None:
        """Listen again, unless another cause is left."""

    def reset_connections(self, streams: bool = True) -> None:
        """Reset every connection there is, idle ones included; those of WebSockets only if ``streams``."""


class Stage:
    """One world, as faults see it. Filled in by whoever builds the world."""

    def __init__(self, clock: Clock, randomness: Randomness) -> None:
        self.clock = clock
        self.randomness = randomness
        self.doors: dict[str, Any] = {}
        self.controls: dict[str, Any] = {}
        self.ports: dict[str, Any] = {}
        self.house: Any = None
        self.layers = Layers()

    def door(self, venue: str) -> FaultyDoor:
        door: FaultyDoor = self.doors[venue]
        return door
