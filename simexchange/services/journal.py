"""What happened, in one sequence: a bounded ring of batches in memory.

Commands are stamped and noted before they are executed, so a command that crashes the venue is still on record.
"""

from collections import deque
from collections.abc import Iterator

from simexchange.domain.commands import Command
from simexchange.domain.events import Batch


class Journal:
    """The last ``capacity`` batches of a world, oldest first, and the command under way."""

    def __init__(self, capacity: int = 10_000) -> None:
        self._ring: deque[tuple[str, Batch]] = deque(maxlen=capacity)
        self.pending: tuple[str, int, Command] | None = None

    def begin(self, venue: str, ts_ns: int, command: Command) -> None:
        self.pending = (venue, ts_ns, command)

    def finish(self, venue: str, batch: Batch) -> None:
        self._ring.append((venue, batch))
        self.pending = None

    def __iter__(self) -> Iterator[tuple[str, Batch]]:
        return iter(self._ring)

    def __len__(self) -> int:
        return len(self._ring)
