"""What happened, in one sequence: requests, batches, faults, connections; each kind in a bounded ring of its own.

One counter numbers everything, so the rings together are one story; the house's own batches, most of all there is,
have a ring apart and push nobody out. Commands are stamped and noted before they are executed, so a command that
crashes the venue is still on record. Requests are kept as they came, keys and signatures included: whoever shows an
entry masks them.
"""

from collections import deque
from collections.abc import Callable, Iterator
from heapq import merge
from typing import Any, TypeAlias

from msgspec import Struct

from simexchange.domain.commands import Command
from simexchange.domain.events import Batch


class RequestEntry(Struct, gc=False):
    """One request or handshake over HTTP, or one message of a client over a WebSocket, and what came back.

    ``request`` and ``reply`` are the dialect's own objects (a text and the texts sent for it, on a WebSocket). ``fate``
    says how a fault had it delivered: "" means as usual. ``call`` are the request's facts, where somebody needed them;
    ``trouble`` is what a fault had the venue say. Of a long reply only the beginning is kept once everybody has heard
    of it; ``left_out`` is how many bytes are gone.
    """

    seq: int
    ts_ns: int
    venue: str
    connection: int
    source: str
    request: Any
    reply: Any = None
    answered_ns: int = 0
    fate: str = ""
    call: Any = None
    trouble: str = ""
    left_out: int = 0
    request_left_out: int = 0
    """The same of a long request."""

    def __repr__(self) -> str:
        return f"RequestEntry({self.seq}, {self.venue!r})"


class AnswerEntry(Struct, frozen=True, gc=False):
    """A request that was held has got its answer, which stands in the request's own entry."""

    seq: int
    ts_ns: int
    request: RequestEntry

    @property
    def venue(self) -> str:
        return self.request.venue


class BatchEntry(Struct, frozen=True, gc=False):
    seq: int
    ts_ns: int
    venue: str
    batch: Batch


class FaultEntry(Struct, frozen=True):
    """``what`` is a firing, or the rule that was armed, changed or removed as plain data (``action`` says which)."""

    seq: int
    ts_ns: int
    action: str
    what: Any


class ConnectionEntry(Struct, frozen=True, gc=False):
    """A socket was opened, closed, or cut (``action``); "listening", while somebody observes the venue: to what may
    have changed."""

    seq: int
    ts_ns: int
    venue: str
    connection: int
    source: str
    action: str
    detail: str = ""


class NoteEntry(Struct, frozen=True, gc=False):
    """Something about the world as a whole: reset, reverted, clock changed, scenario loaded."""

    seq: int
    ts_ns: int
    action: str
    detail: str = ""


Entry: TypeAlias = RequestEntry | AnswerEntry | BatchEntry | FaultEntry | ConnectionEntry | NoteEntry
Listener: TypeAlias = Callable[[Entry], None]


class Journal:
    """The last ``capacity`` entries of every kind, and the command under way."""

    def __init__(self, capacity: int = 10_000) -> None:
        self.seq = 0
        """The number of the latest entry."""
        self.capacity = capacity
        self.requests: deque[RequestEntry] = deque(maxlen=capacity)
        self.answers: deque[AnswerEntry] = deque(maxlen=capacity)
        self.batches: deque[BatchEntry] = deque(maxlen=capacity)
        self.house: deque[BatchEntry] = deque(maxlen=capacity)
        self.faults: deque[FaultEntry] = deque(maxlen=capacity)
        self.connections: deque[ConnectionEntry] = deque(maxlen=capacity)
        self.notes: deque[NoteEntry] = deque(maxlen=capacity)
        self.pending: tuple[str, int, Command] | None = None
        self.is_house: Callable[[str, Command], bool] = _nobody
        """Whether a venue's command is one of the house's; set by the world."""
        self.listeners: tuple[Listener, ...] = ()

    def begin(self, venue: str, ts_ns: int, command: Command) -> None:
        self.pending = (venue, ts_ns, command)

    def finish(self, venue: str, batch: Batch) -> None:
        self.seq += 1
        entry = BatchEntry(self.seq, batch.ts_ns, venue, batch)
        (self.house if self.is_house(venue, batch.command) else self.batches).append(entry)
        self.pending = None
        if self.listeners:
            self._tell(entry)

    def note_request(self, venue: str, ts_ns: int, connection: int, source: str, request: Any) -> RequestEntry:
        """A request came; its reply is filled in by ``note_reply``."""
        self.seq += 1
        entry = RequestEntry(self.seq, ts_ns, venue, connection, source, request)
        self.requests.append(entry)
        return entry

    def note_answered(self, entry: RequestEntry) -> None:
        """A request that was answered at once; its number was taken when it came."""
        self.requests.append(entry)
        if self.listeners:
            self._tell(entry)

    def note_reply(self, entry: RequestEntry, ts_ns: int, reply: Any, fate: str = "") -> None:
        """What a request was answered with, and when; listeners hear of both now."""
        entry.reply = reply
        entry.answered_ns = ts_ns
        entry.fate = fate
        if self.listeners:
            self._tell(entry)

    def note_late_reply(self, entry: RequestEntry, ts_ns: int, reply: Any, fate: str = "") -> None:
        """The same of a request that was held: its answer has a number of its own."""
        self.note_reply(entry, ts_ns, reply, fate)
        self.seq += 1
        self._add(self.answers, AnswerEntry(self.seq, ts_ns, entry))

    def note_fault(self, ts_ns: int, action: str, what: Any) -> int:
        self.seq += 1
        return self._add(self.faults, FaultEntry(self.seq, ts_ns, action, what))

    def note_connection(
        self, venue: str, ts_ns: int, connection: int, source: str, action: str, detail: str = ""
    ) -> None:
        self.seq += 1
        self._add(self.connections, ConnectionEntry(self.seq, ts_ns, venue, connection, source, action, detail))

    def note(self, ts_ns: int, action: str, detail: str = "") -> None:
        self.seq += 1
        self._add(self.notes, NoteEntry(self.seq, ts_ns, action, detail))

    def listen(self, listener: Listener) -> None:
        """Hear of every entry from now on: of a request once it is answered."""
        self.listeners = (*self.listeners, listener)

    def leave(self, listener: Listener) -> None:
        self.listeners = tuple(kept for kept in self.listeners if kept != listener)

    def entries(self) -> Iterator[Entry]:
        """Everything that is kept, in the order in which it happened."""
        return merge(*self._rings(house=True), key=lambda entry: entry.seq)

    def since(self, seq: int, house: bool = True) -> Iterator[Entry]:
        """What is kept of the entries after ``seq``, in order, at the cost of those alone."""
        return merge(*(_after(ring, seq) for ring in self._rings(house)), key=lambda entry: entry.seq)

    def forgotten(self, house: bool = True) -> int:
        """The number up to which entries may have been pushed out; all after it are kept."""
        return max((ring[0].seq - 1 for ring in self._rings(house) if len(ring) == self.capacity), default=0)

    def _rings(self, house: bool) -> "tuple[deque[Any], ...]":
        own = (self.requests, self.answers, self.batches, self.faults, self.connections, self.notes)
        return (*own, self.house) if house else own

    def __iter__(self) -> Iterator[tuple[str, Batch]]:
        """Every batch that is kept with its venue, the house's included."""
        for entry in merge(self.batches, self.house, key=lambda entry: entry.seq):
            yield entry.venue, entry.batch

    @property
    def kept(self) -> int:
        """How many entries there are, of all kinds."""
        return sum(len(ring) for ring in self._rings(house=True))

    def __len__(self) -> int:
        return len(self.batches) + len(self.house)

    def _add(self, ring: "deque[Any]", entry: Entry) -> int:
        ring.append(entry)
        if self.listeners:
            self._tell(entry)
        return entry.seq

    def _tell(self, entry: Entry) -> None:
        for listener in self.listeners:
            listener(entry)


def _after(ring: "deque[Any]", seq: int) -> list[Any]:
    entries: list[Any] = []
    for entry in reversed(ring):
        if entry.seq <= seq:
            break
        entries.append(entry)
    entries.reverse()
    return entries


def _nobody(_venue: str, _command: Command) -> bool:
    return False
