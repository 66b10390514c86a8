"""States of a world to come back to: the one it began with, and those taken since.

A snapshot can be gone back to as often as one likes. Going back drops the younger ones: what they followed on has not
happened any more. Nobody stays connected over it: streams are closed before, and once more after, since those that
were open when a snapshot was taken come back with it. The record of what happened is not turned back.
Never to be called from within a command, a timer or a listener.
"""

from collections.abc import Callable
from typing import ClassVar, Final, Protocol, TypeVar, runtime_checkable

from msgspec import Struct

from simexchange.services.anatomy import Role
from simexchange.services.checkpoint import Checkpoint
from simexchange.services.clock import WorldClock
from simexchange.services.state_hash import state_hash

START: Final = "start"
"""The id of the state a world began with; it cannot be dropped."""
SERVICE_RESTART: Final = 1012
RESET_REASON: Final = "world reset"
MOST_KEPT: Final = 200
"""Snapshots of a world; one takes a megabyte or two."""

ResultT = TypeVar("ResultT")


class UnknownSnapshot(LookupError):
    """There is no snapshot of that id; the message lists those there are."""


class TooManySnapshots(ValueError):
    """No more can be kept; the message says what to do."""


class Snapshot(Struct, frozen=True):
    """One snapshot: its id, and the world's time when it was taken."""

    snapshot_id: str
    taken_ns: int


@runtime_checkable
class HasStreams(Protocol):
    """A part of a world that clients are connected to."""

    def close_streams(self, code: int, reason: str) -> None: ...


class Snapshots:
    """The snapshots of one world. ``part`` is the world itself; ``keep`` adds what does not hang on it."""

    state_role: ClassVar = Role.RECORD

    def __init__(self, part: object, clock: WorldClock) -> None:
        self.before_turning_back: list[Callable[[], None]] = []
        """Called while all is still as it is: what reaches outside of the state must be ended properly."""
        self.on_turned_back: list[Callable[[str], None]] = []
        """Called with the snapshot's id once the state is back and nobody is connected."""
        self._parts = [part]
        self._clock = clock
        self._count = 0
        self._start: Checkpoint | None = None
        self._kept: dict[str, tuple[Snapshot, Checkpoint]] = {}

    def keep(self, part: object) -> None:
        """From the next snapshot on this part's state belongs to it, and its streams are closed on the way back."""
        if not any(part is known for known in self._parts):
            self._parts.append(part)

    def begin(self) -> None:
        """The world is complete: this is the state that ``reset`` goes back to."""
        self._kept.clear()
        self._start = Checkpoint(self._parts)

    def take(self) -> Snapshot:
        """Remember the present state. Raises TooManySnapshots."""
        if len(self._kept) >= MOST_KEPT:
            raise TooManySnapshots(f"{MOST_KEPT} snapshots are kept already: drop some, or go back to an older one")
        checkpoint = Checkpoint(self._parts)
        self._count += 1
        snapshot = Snapshot(f"s{self._count}", self._clock.now_ns())
        self._kept[snapshot.snapshot_id] = (snapshot, checkpoint)
        return snapshot

    def list(self) -> tuple[Snapshot, ...]:
        """All that can be gone back to, the oldest first; the start is not among them."""
        return tuple(snapshot for snapshot, _ in self._kept.values())

    def revert(self, snapshot_id: str) -> None:
        """Go back; younger snapshots are dropped. Raises UnknownSnapshot."""
        checkpoint = self._known(snapshot_id)[1]
        self._turn_back(snapshot_id, checkpoint)
        ids = tuple(self._kept)
        for younger in ids[ids.index(snapshot_id) + 1 :]:
            del self._kept[younger]

    def reset(self) -> None:
        """Go back to the start; all snapshots are dropped."""
        assert self._start is not None, "the world is not complete"
        self._turn_back(START, self._start)
        self._kept.clear()

    def drop(self, snapshot_id: str) -> None:
        """Forget one. Raises UnknownSnapshot."""
        self._known(snapshot_id)
        del self._kept[snapshot_id]

    def rehearse(self, prepare: Callable[[], None], run: Callable[[], ResultT]) -> ResultT:
        """What ``run`` gives, after which nothing has happened, what ``prepare`` did included."""
        checkpoint = Checkpoint(self._parts)
        try:
            prepare()
            return run()
        finally:
            checkpoint.revert()

    def state_hash(self) -> str:
        """A digest of the present state, without connections and the record."""
        return state_hash({str(place): part for place, part in enumerate(self._parts)})

    def _turn_back(self, snapshot_id: str, checkpoint: Checkpoint) -> None:
        for action in self.before_turning_back:
            action()
        self._hang_up()
        checkpoint.revert()
        self._hang_up()
        for listener in self.on_turned_back:
            listener(snapshot_id)

    def _hang_up(self) -> None:
        for part in self._parts:
            if isinstance(part, HasStreams):
                part.close_streams(SERVICE_RESTART, RESET_REASON)

    def _known(self, snapshot_id: str) -> tuple[Snapshot, Checkpoint]:
        found = self._kept.get(snapshot_id)
        if found is None:
            raise UnknownSnapshot(f"there is no snapshot {snapshot_id!r}; there is {', '.join(self._kept) or 'none'}")
        return found
