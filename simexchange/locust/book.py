"""Where a load meets the venue's limits: weight used, refusals, bans, headroom; the master joins all workers'."""

from typing import Any, Final

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from simexchange.locust.wires import Seen

NANOSECONDS: Final = 1_000_000_000


class Figures(Struct):
    """Of one venue. Sums add up over processes, most are the most of any."""

    requests: int = 0
    limited: int = 0
    banned: int = 0
    waited_ns: int = 0
    reconnects: int = 0
    most_weight: int = 0
    weight_limit: int = 0
    most_orders: int = 0

    def note(self, seen: Seen) -> None:
        self.requests += 1
        self.limited += seen.limited
        self.banned += seen.banned
        self.most_weight = max(self.most_weight, seen.used_weight)
        self.most_orders = max(self.most_orders, seen.orders)

    def join(self, other: "Figures") -> None:
        for name in ("requests", "limited", "banned", "waited_ns", "reconnects"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("most_weight", "weight_limit", "most_orders"):
            setattr(self, name, max(getattr(self, name), getattr(other, name)))


class LimitBook:
    """Every venue's figures of this process, and of all workers on the master."""

    def __init__(self) -> None:
        self.venues: dict[str, Figures] = {}
        self._untold: dict[str, Figures] = {}

    def of(self, venue: str) -> Figures:
        return self.venues.setdefault(venue, Figures())

    def note(self, venue: str, seen: Seen) -> None:
        self.of(venue).note(seen)

    def take(self) -> dict[str, Any]:
        """What has come since the last call, as plain data, for the master."""
        told = {}
        for venue, figures in self.venues.items():
            before = self._untold.get(venue, Figures())
            news = replace(figures)
            for name in ("requests", "limited", "banned", "waited_ns", "reconnects"):
                setattr(news, name, getattr(figures, name) - getattr(before, name))
            told[venue] = to_builtins(news)
            self._untold[venue] = replace(figures)
        return told

    def join(self, told: dict[str, Any]) -> None:
        """Add what a worker told."""
        for venue, figures in told.items():
            self.of(venue).join(Figures(**figures))

    def lines(self) -> list[str]:
        """The report: a line for each venue."""
        return [line for venue, figures in self.venues.items() for line in _lines(venue, figures)]


def _lines(venue: str, figures: Figures) -> list[str]:
    weight = f"{figures.most_weight} of weight in its busiest minute"
    if figures.weight_limit:
        headroom = max(100 - 100 * figures.most_weight // figures.weight_limit, 0)
        weight += f", of {figures.weight_limit}: {headroom} % headroom"
    lines = [f"{venue}: {figures.requests} requests, {weight}; at most {figures.most_orders} open orders in 10 s"]
    refused = f"{figures.limited} refused with 429, {figures.banned} while banned (418)"
    waited = f"{figures.waited_ns // NANOSECONDS} s waited because the venue said so"
    lines.append(f"{venue}: {refused}, {waited}, {figures.reconnects} reconnects of streams")
    return lines


BOOK: Final = LimitBook()
