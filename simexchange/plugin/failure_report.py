"""What an exchange has to say about a test that failed: a few lines of each thing, nothing secret in them."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from simexchange.handle.backend import SimxError
from simexchange.handle.simx import Simx

WIDTH: Final = 160
ASKED: Final = 60
"""Of which a request's own words may take so much: what came back matters more."""
REQUESTS: Final = 15
FIRINGS: Final = 10
ORDERS: Final = 10
REFUSED: Final = 5


def describe(simx: Simx, refused: Iterable[str] = ()) -> str:
    """The report's section, in a bounded number of bounded lines."""
    lines: list[str] = []
    for title, part in _PARTS.items():
        try:
            lines += part(simx)
        except SimxError as error:
            lines.append(f"{title}: {error}")
    hosts = list(refused)
    lines += _section("hosts refused", hosts, REFUSED) if hosts else []
    return "\n".join(_cut(line) for line in lines)


def _time(simx: Simx) -> list[str]:
    return [f"{simx!r}, {simx.clock!r}"]


def _requests(simx: Simx) -> list[str]:
    entries = simx.journal(kind="request")
    return _section("last requests", [request_line(entry) for entry in entries], REQUESTS)


def request_line(entry: dict[str, Any]) -> str:
    """A request of the journal in a line: when, who, what, with which parameters, and what came back."""
    asked = " ".join(filter(None, (entry.get("query"), entry.get("body"), entry.get("message"))))
    who, what = entry["account"] or "nobody", entry["endpoint"]
    return " ".join(filter(None, (_clock_time(entry["ts"]), who, what, _cut(asked, ASKED), "->", _reply(entry))))


def _clock_time(ts: str) -> str:
    """The time of day of an instant."""
    return ts.partition("T")[2].rstrip("Z")


def _reply(entry: dict[str, Any]) -> str:
    reply = entry["reply"]
    if reply is None:
        return entry["fate"] or "no answer yet"
    said = f"{reply['status']} {reply['body']}" if "status" in reply else str(reply)
    return f"{said} ({entry['fate']})" if entry["fate"] else said


def _firings(simx: Simx) -> list[str]:
    shown = ("kind", "rule", "account", "endpoint", "channel", "effect", "detail")
    lines = [
        " ".join((_clock_time(fired["ts"]), *(str(fired[name]) for name in shown if fired.get(name))))
        for fired in simx.faults.fired()
    ]
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
                at = f" at {order['price']}" if order["price"] is not None else ""
                yield (
                    f"{name} {account} {order['order_id']} {order['client_order_id']}: {order['side']} {order['type']}"
                    f" {order['quantity']} {order['symbol']}{at}, filled {order['filled']}, {order['status']}"
                )


def _section(title: str, lines: list[str], most: int) -> list[str]:
    if not lines:
        return [f"{title}: none"]
    more = [f"  ... {len(lines) - most} before these"] if len(lines) > most else []
    return [f"{title}:", *more, *(f"  {line}" for line in lines[-most:])]


def _cut(line: str, width: int = WIDTH) -> str:
    """One line of a bearable width."""
    flat = line.replace("\r", "").replace("\n", " ")
    return flat if len(flat) <= width else f"{flat[: width - 3]}..."


_PARTS: Final = {
    "time": _time,
    "requests": _requests,
    "faults fired": _firings,
    "rules": _rules,
    "orders": _orders,
}
