"""What an exchange has to say about a test that failed: a few lines of each thing, nothing secret in them."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from simexchange.handle.backend import SimxError
from simexchange.handle.simx import Simx

WIDTH: Final = 160
REQUESTS: Final = 15
FIRINGS: Final = 10
ORDERS: Final = 10
REFUSED: Final = 5


def describe(simx: Simx, refused: Iterable[str] = ()) -> str:
    """The report's section, in a bounded number of bounded lines."""
    lines: list[str] = []
    for part in (_time, _requests, _firings, _rules, _orders):
        try:
            lines += part(simx)
        except SimxError as error:
            lines.append(f"({part.__name__.strip('_')}: {error})")
    lines += _section("hosts refused", list(refused), REFUSED)
    return "\n".join(_cut(line) for line in lines)


def _time(simx: Simx) -> list[str]:
    return [f"{simx!r}, {simx.clock!r}"]


def _requests(simx: Simx) -> list[str]:
    entries = simx.journal(kind="request", limit=REQUESTS)
    return _section("last requests", [request_line(entry) for entry in entries], REQUESTS)


def request_line(entry: dict[str, Any]) -> str:
    """A request of the journal in a line."""
    return " ".join(f"{name}={value}" for name, value in entry.items())


def _firings(simx: Simx) -> list[str]:
    shown = ("ts", "kind", "rule", "account", "endpoint", "channel", "effect", "detail")
    fired = simx.faults.fired()
    lines = [" ".join(str(entry[name]) for name in shown if entry.get(name)) for entry in fired]
    return _section("faults fired", lines, FIRINGS)


def _rules(simx: Simx) -> list[str]:
    lines = [
        f"{rule['id']} {rule['kind']}: matched {rule['state']['matched']}, fired {rule['state']['fired']}"
        for rule in simx.faults.list()
    ]
    return _section("rules in force", lines, FIRINGS)


def _orders(simx: Simx) -> list[str]:
    return _section("open orders", list(_open_orders(simx)), ORDERS)


def _open_orders(simx: Simx) -> Iterator[str]:
    for name, venue in simx.venues.items():
        for account in venue.accounts:
            for order in venue.orders(account, state="open"):
                yield f"{name} {account}: " + " ".join(f"{field}={value}" for field, value in order.items())


def _section(title: str, lines: list[str], most: int) -> list[str]:
    if not lines:
        return [f"{title}: none"]
    more = [f"  ... {len(lines) - most} before these"] if len(lines) > most else []
    return [f"{title}:", *more, *(f"  {line}" for line in lines[-most:])]


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}..."
