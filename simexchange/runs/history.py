"""What happened when in a run, for people: the timeline's entries, and faults as they fired, many of a rule as one.

Hears of every entry of the journal as it is noted, since the journal itself keeps only the latest.
"""

from typing import ClassVar, Final

from msgspec import Struct

from simexchange.domain.secret import mask_runs
from simexchange.runs.result import Happening
from simexchange.services.anatomy import Role
from simexchange.services.faults.timeline import Fired
from simexchange.services.journal import Entry, FaultEntry, NoteEntry, RequestEntry

_MARKS: Final = ("timeline", "timeline failed", "note", "reverted")
_AFRESH: Final = "reset"


class Strike(Struct):
    """One rule's firings: the first, and how many there were."""

    since_ns: int
    seq: int
    kind: str
    where: str
    count: int = 1


class Story:
    """Not part of the world: it is told on when the world goes back, and begins anew when the world does."""

    state_role: ClassVar = Role.RECORD

    def __init__(self, started_ns: int) -> None:
        self.requests = 0
        """Answered, or never to be answered."""
        self._started_ns = started_ns
        self._strikes: dict[str, Strike] = {}
        self._notes: list[Happening] = []

    def hear(self, entry: Entry) -> None:
        """One entry of the journal."""
        if isinstance(entry, RequestEntry):
            self.requests += 1
        elif isinstance(entry, FaultEntry):
            if isinstance(entry.what, Fired):
                self._fired(entry, entry.what)
        elif isinstance(entry, NoteEntry):
            self._note(entry)

    def happenings(self) -> tuple[Happening, ...]:
        """In the order in which they happened; a rule that fires again adds to its own line."""
        told = list(self._notes)
        for rule, strike in self._strikes.items():
            times = f", {strike.count} times in all" if strike.count > 1 else ""
            told.append(Happening(strike.since_ns, strike.seq, f"{strike.kind} ({rule}) strikes{strike.where}{times}"))
        return tuple(sorted(told, key=lambda one: one.seq))

    def _note(self, note: NoteEntry) -> None:
        if note.action == _AFRESH:
            self._notes.clear()
            self._strikes.clear()
            self._started_ns = note.ts_ns
        elif note.action in _MARKS:
            prefix = "" if note.action == "timeline" else f"{note.action}: "
            self._notes.append(Happening(note.ts_ns - self._started_ns, note.seq, f"{prefix}{note.detail}"))

    def _fired(self, entry: FaultEntry, fired: Fired) -> None:
        strike = self._strikes.get(fired.rule)
        if strike is None:
            since_ns = entry.ts_ns - self._started_ns
            self._strikes[fired.rule] = Strike(since_ns, entry.seq, fired.kind, _where(fired))
        else:
            strike.count += 1


def _where(fired: Fired) -> str:
    """What the first firing was about; a path may hold a listen key."""
    parts = (fired.account, mask_runs(fired.endpoint or fired.channel), fired.client_order_id)
    words = " ".join(part for part in parts if part)
    return f" {words}" if words else ""
