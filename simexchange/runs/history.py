"""What happened when in a run, for people: the timeline's entries, and faults as they fired, many of a kind as one."""

from simexchange.runs.result import Happening
from simexchange.services.faults.timeline import Fired
from simexchange.services.journal import Journal
from simexchange.services.snapshots import START

_MARKS = ("timeline", "timeline failed", "note", "reverted")


def happenings(journal: Journal, started_ns: int) -> tuple[Happening, ...]:
    """In the order in which they happened; a rule that fires again adds to its own line."""
    lines: dict[tuple[str, str], tuple[int, int, str, int]] = {}
    order: list[Happening] = []
    for note in journal.notes:
        if note.ts_ns >= started_ns and note.action in _MARKS and note.detail != START:
            prefix = "" if note.action == "timeline" else f"{note.action}: "
            order.append(Happening(note.ts_ns - started_ns, note.seq, f"{prefix}{note.detail}"))
    for entry in journal.faults:
        fired = entry.what
        if entry.action != "fired" or not isinstance(fired, Fired) or fired.ts_ns < started_ns:
            continue
        key = (fired.rule, fired.kind)
        first = lines.get(key)
        if first is None:
            lines[key] = (fired.ts_ns - started_ns, entry.seq, _where(fired), 1)
        else:
            lines[key] = (*first[:3], first[3] + 1)
    for (rule, kind), (since_ns, seq, where, count) in lines.items():
        times = f", {count} times in all" if count > 1 else ""
        order.append(Happening(since_ns, seq, f"{kind} ({rule}) strikes{where}{times}"))
    return tuple(sorted(order, key=lambda one: one.seq))


def _where(fired: Fired) -> str:
    """What the first firing was about."""
    parts = (fired.account, fired.endpoint or fired.channel, fired.client_order_id)
    words = " ".join(part for part in parts if part)
    return f" {words}" if words else ""
