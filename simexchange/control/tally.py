"""Counts of what the journal tells, for /metrics: nothing is counted where requests are answered.

Begins when somebody first asks, with what the journal still holds then; from there on it reads the journal a few times
a second, well before it forgets. Where it was too late all the same, it says so. Labels are bounded: no client can make
up more of them, and none holds a key.
"""

import asyncio
from collections import Counter, deque
from typing import TYPE_CHECKING, Any, Final

from simexchange.control.calls import is_handshake
from simexchange.dialects.base import Reply, Request
from simexchange.domain.events import OrderAccepted, OrderRejected, Trade
from simexchange.services.faults.timeline import Fired
from simexchange.services.journal import BatchEntry, RequestEntry

if TYPE_CHECKING:
    from simexchange.control.controls import Controls

EVERY_S: Final = 0.25
MOST_ENDPOINTS: Final = 200
"""Of one venue; what comes later is counted as "other"."""
OTHER: Final = "other"
_NOWHERE: Final = (404, 405)
_LIMITED: Final = (418, 429)


class Tally:
    """Counts since it began. ``fold`` brings them up to now."""

    def __init__(self, controls: "Controls") -> None:
        self._controls = controls
        self._journal = controls.world.journal
        self._seq = 0
        self._endpoints: dict[tuple[str, str, str], str] = {}
        self.requests: Counter[tuple[str, str, str]] = Counter()
        """(venue, endpoint, class of status)."""
        self.limited: Counter[tuple[str, str]] = Counter()
        """(venue, status) of requests that rate limits refused."""
        self.orders: Counter[tuple[str, str]] = Counter()
        """(venue, accepted or rejected), of clients."""
        self.trades: Counter[str] = Counter()
        self.fired: Counter[str] = Counter()
        """Kind of fault -> how often."""
        self.overruns = 0
        """How often the journal had forgotten something before it was counted."""
        self._longest_lag = 0.0
        self._due = 0.0
        self._loop = asyncio.get_running_loop()
        self._wait()

    def take_lag(self) -> float:
        """The longest that the loop came late since this was last asked, in seconds."""
        lag, self._longest_lag = self._longest_lag, 0.0
        return lag

    def fold(self) -> None:
        """Count everything that is on record and was not counted yet."""
        journal, upto = self._journal, self._journal.seq
        late = {answer.request.seq: answer.request for answer in self._new(journal.answers)}
        for entry in self._new(journal.requests):
            if entry.seq not in late and (entry.reply is not None or entry.answered_ns):
                self._count_request(entry)
        for entry in late.values():
            self._count_request(entry)
        for entry in self._new(journal.batches):
            self._count_events(entry)
        for entry in self._new(journal.house):
            for event in entry.batch.events:
                if type(event) is Trade:
                    self.trades[entry.venue] += 1
        for entry in self._new(journal.faults):
            if isinstance(entry.what, Fired):
                self.fired[entry.what.kind] += 1
        self._seq = upto

    def _new(self, ring: "deque[Any]") -> list[Any]:
        found: list[Any] = []
        for entry in reversed(ring):
            if entry.seq <= self._seq:
                break
            found.append(entry)
        else:
            self.overruns += self._seq > 0 and len(ring) == self._journal.capacity
        found.reverse()
        return found

    def _count_request(self, entry: RequestEntry) -> None:
        request, reply = entry.request, entry.reply
        if not isinstance(request, Request):
            self.requests[entry.venue, "message", "message"] += 1
            return
        status = reply.status if isinstance(reply, Reply) else 0
        self.requests[
            entry.venue, self._endpoint(entry, request, status), f"{status // 100}xx" if status else "none"
        ] += 1
        if status in _LIMITED:
            self.limited[entry.venue, str(status)] += 1

    def _endpoint(self, entry: RequestEntry, request: Request, status: int) -> str:
        if is_handshake(request):
            return "CONNECT"
        if status in _NOWHERE:
            return OTHER
        place = (entry.venue, request.method, request.path)
        known = self._endpoints.get(place)
        if known is None:
            if sum(venue == entry.venue for venue, _, _ in self._endpoints) >= MOST_ENDPOINTS:
                return OTHER
            known = self._controls.masks(entry.venue).text(f"{request.method} {request.path}")
            self._endpoints[place] = known
        return known

    def _count_events(self, entry: BatchEntry) -> None:
        for event in entry.batch.events:
            kind = type(event)
            if kind is Trade:
                self.trades[entry.venue] += 1
            elif kind is OrderAccepted:
                self.orders[entry.venue, "accepted"] += 1
            elif kind is OrderRejected:
                self.orders[entry.venue, "rejected"] += 1

    def _wait(self) -> None:
        self._due = self._loop.time() + EVERY_S
        self._loop.call_at(self._due, self._turn)

    def _turn(self) -> None:
        self._longest_lag = max(self._longest_lag, self._loop.time() - self._due)
        if self._controls.exchange.description is None:
            return  # the exchange has ended
        self.fold()
        self._wait()
