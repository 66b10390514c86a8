"""The one clock of a world, and the timers that hang on it. Times are nanoseconds since the Unix epoch.

Nothing else reads the machine's time. Whatever must happen later is a timer here, so that a manual clock can make
it happen now, in order.
"""

import heapq
import time
from collections.abc import Callable
from typing import Final

NANOSECONDS: Final = 1_000_000_000
MILLISECOND: Final = 1_000_000
SECOND: Final = NANOSECONDS
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


class Timer:
    """One thing that will happen; ``cancel`` makes it not happen."""

    __slots__ = ("action", "at_ns")

    def __init__(self, at_ns: int, action: Callable[[], None]) -> None:
        self.at_ns = at_ns
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        self.action = None


class Clock:
    """Time and timers. Timers due at the same instant run in the order in which they were set."""

    def __init__(self) -> None:
        self._timers: list[tuple[int, int, Timer]] = []
        self._sequence = 0
        self.on_earlier_timer: Callable[[], None] | None = None
        """Called when a timer is set that is due before all others; whoever drives the clock re-arms its wait."""

    def now_ns(self) -> int:
        raise NotImplementedError

    def set_timer(self, at_ns: int, action: Callable[[], None]) -> Timer:
        """Run ``action`` once the clock reaches ``at_ns`` (at once, on the next turn, if that is past)."""
        timer = Timer(at_ns, action)
        self._sequence += 1
        heapq.heappush(self._timers, (at_ns, self._sequence, timer))
        if self.on_earlier_timer is not None and self._timers[0][2] is timer:
            self.on_earlier_timer()
        return timer

    def after(self, delay_ns: int, action: Callable[[], None]) -> Timer:
        return self.set_timer(self.now_ns() + delay_ns, action)

    def next_due_ns(self) -> int | None:
        """When the earliest live timer is due, or None."""
        while self._timers and self._timers[0][2].action is None:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def run_due(self, limit: int = 10_000) -> int:
        """Run every timer due by now, in order, at most ``limit``; how many ran."""
        ran = 0
        while ran < limit:
            due = self.next_due_ns()
            if due is None or due > self.now_ns():
                break
            self._run_next()
            ran += 1
        return ran

    def _run_next(self) -> None:
        timer = heapq.heappop(self._timers)[2]
        action, timer.action = timer.action, None
        if action is not None:
            action()


class RealClock(Clock):
    """The machine's time, kept from ever going backwards."""

    def __init__(self) -> None:
        super().__init__()
        self._last_ns = 0

    def now_ns(self) -> int:
        now = time.time_ns()
        if now > self._last_ns:
            self._last_ns = now
        return self._last_ns


class ManualClock(Clock):
    """Time that moves only when told to; ``advance_to`` runs what is due on the way at its own instant."""

    def __init__(self, start_ns: int) -> None:
        super().__init__()
        self._now_ns = start_ns

    def now_ns(self) -> int:
        return self._now_ns

    def advance(self, by_ns: int) -> int:
        """Move forward; how many timers ran."""
        return self.advance_to(self._now_ns + by_ns)

    def advance_to(self, at_ns: int) -> int:
        """Move to ``at_ns``, running every timer due on the way when its time has come; how many ran."""
        ran = 0
        while (due := self.next_due_ns()) is not None and due <= at_ns:
            self._now_ns = max(self._now_ns, due)
            self._run_next()
            ran += 1
        self._now_ns = max(self._now_ns, at_ns)
        return ran


def monotonic_ns() -> int:
    """A stopwatch for measurements; never used for anything that a client can see."""
    return time.perf_counter_ns()
