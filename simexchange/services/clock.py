"""The one clock of a world, and the timers that hang on it. Times are nanoseconds since the Unix epoch.

Nothing else reads the machine's time. Whatever must happen later is a timer here, so that time moved by hand makes it
happen now, in order. Virtual time never goes backwards, except by ``restore``.
"""

import heapq
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Self

from msgspec import Struct

from simexchange.domain.enums import Word
from simexchange.domain.units import UnitsError, format_trimmed, mul_div, parse_units

NANOSECONDS: Final = 1_000_000_000
MILLISECOND: Final = 1_000_000
SECOND: Final = NANOSECONDS
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

FEW_TIMERS: Final = 1_024
"""So many canceled ones among them are borne, for the time it takes to look for them."""
LONGEST_LAG: Final = SECOND
"""How much machine time scaled time may be behind before it stops catching up."""


class ClockError(ValueError):
    """A mode or a speed that no clock has; the message says what was given and what would pass."""


class ClockMode(Word):
    REAL = "real"
    """The machine's time, or as far ahead of it or behind it as it was moved."""
    SCALED = "scaled"
    """Flows at a multiple of the machine's speed."""
    MANUAL = "manual"
    """Moves only when told to."""

    @classmethod
    def named(cls, text: str) -> "ClockMode":
        """The mode of that name, or ClockError."""
        for mode in cls:
            if mode.value == text:
                return mode
        raise ClockError(f"there is no clock mode {text!r}; there is {', '.join(mode.value for mode in cls)}")


class Speed(Struct, frozen=True):
    """Virtual time per machine time, in billionths: a ratio of ints."""

    billionths: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """``"20"``, ``"0.5"``; ClockError outside 0.001 to 100000."""
        try:
            speed = cls(parse_units(text, SPEED_DECIMALS))
        except UnitsError as error:
            raise ClockError(f"speed: {error}") from error
        if not SLOWEST.billionths <= speed.billionths <= FASTEST.billionths:
            raise ClockError(f"speed {text!r} is not between {SLOWEST} and {FASTEST}")
        return speed

    def __str__(self) -> str:
        return format_trimmed(self.billionths, SPEED_DECIMALS)


SPEED_DECIMALS: Final = 9
STANDING: Final = Speed(0)
AS_FAST: Final = Speed(10**9)
SLOWEST: Final = Speed(10**6)
FASTEST: Final = Speed(10**14)


class Timer:
    """One thing that will happen; ``cancel`` makes it not happen."""

    __slots__ = ("action", "at_ns")

    def __init__(self, at_ns: int, action: Callable[[], None]) -> None:
        self.at_ns = at_ns
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        self.action = None


class ClockState(Struct, frozen=True):
    """What ``WorldClock.restore`` goes back to: the mode, the time and every timer with what it will do."""

    mode: ClockMode
    speed: Speed
    now_ns: int
    ahead_ns: int
    sequence: int
    timers: tuple[tuple[int, int, Timer, Callable[[], None] | None], ...]


class Clock:
    """Time and timers. Timers due at the same instant run in the order in which they were set."""

    def __init__(self) -> None:
        self._timers: list[tuple[int, int, Timer]] = []
        self._most_timers = FEW_TIMERS
        """With so many the canceled ones among them are looked for."""
        self._sequence = 0
        self.on_earlier_timer: Callable[[], None] | None = None
        """Called when a timer is set that is due before all others; whoever drives the clock re-arms its wait."""
        self.ran = 0
        """How many timers ever ran."""

    def now_ns(self) -> int:
        raise NotImplementedError

    def set_timer(self, at_ns: int, action: Callable[[], None]) -> Timer:
        """Run ``action`` once the clock reaches ``at_ns`` (at once, on the next turn, if that is past)."""
        timer = Timer(at_ns, action)
        self._sequence += 1
        if len(self._timers) >= self._most_timers:
            self._forget_canceled()
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

    def _forget_canceled(self) -> None:
        """Connections that come and go leave timers behind that are due in a day: they may not pile up until then."""
        self._timers[:] = [entry for entry in self._timers if entry[2].action is not None]
        heapq.heapify(self._timers)
        self._most_timers = max(FEW_TIMERS, 2 * len(self._timers))

    def _run_next(self) -> None:
        timer = heapq.heappop(self._timers)[2]
        action, timer.action = timer.action, None
        if action is not None:
            self.ran += 1
            action()


class WorldClock(Clock):
    """A clock that follows the machine's, runs faster or slower, or stands until told to move; it may be switched.

    Real time runs timers when it gets to them, as late as the machine is. Scaled time waits for its timers: each runs
    at its own instant, and a machine that cannot keep up makes time slower, not timers late.
    """

    def __init__(
        self,
        mode: ClockMode = ClockMode.REAL,
        speed: Speed = AS_FAST,
        start_ns: int | None = None,
        wall: Callable[[], int] = time.time_ns,
    ) -> None:
        super().__init__()
        self.on_change: Callable[[], None] | None = None
        """Called when the mode, the speed or the time was changed by hand; the driver re-arms its wait."""
        self.restored = 0
        """How often time was turned back, or began anew."""
        self.wall_ns = wall
        """The machine's time."""
        self._now_ns = 0
        self._ahead_ns = 0
        """Real time: how far ahead of the machine's."""
        self._origin = (0, 0)
        """Scaled time: a virtual instant and the machine's time then."""
        self._holds = 0
        self._is_real = False
        """Real and flowing."""
        self._begin(mode, speed, start_ns)

    @property
    def mode(self) -> ClockMode:
        return self._mode

    @property
    def speed(self) -> Speed:
        """Of scaled time; kept while another mode is on."""
        return self._speed

    @property
    def pace(self) -> Speed:
        """What time runs at by itself, in the mode that is on."""
        return {ClockMode.REAL: AS_FAST, ClockMode.SCALED: self._speed, ClockMode.MANUAL: STANDING}[self._mode]

    @property
    def is_machine_time(self) -> bool:
        """Whether this is the machine's time and nothing else."""
        return self._mode is ClockMode.REAL and not self._ahead_ns

    def now_ns(self) -> int:
        if self._is_real:
            now = self.wall_ns() + self._ahead_ns
            if now > self._now_ns:
                self._now_ns = now
                return now
        elif self._mode is ClockMode.SCALED and not self._holds:
            due, now = self.next_due_ns(), self._scaled_ns()
            self._now_ns = max(self._now_ns, now if due is None else min(now, due))
        return self._now_ns

    def set_mode(self, mode: ClockMode, speed: Speed | None = None) -> None:
        """Go on in another mode, or at another speed, from the present instant."""
        self.now_ns()
        self._mode = mode
        if speed is not None:
            self._speed = speed
        self._flow_from_now()
        self._tell()

    def begin(self, mode: ClockMode, speed: Speed = AS_FAST, start_ns: int | None = None) -> None:
        """Start anew, as a new clock would: without a timer, at ``start_ns`` or else the machine's time."""
        for _, _, timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self.restored += 1
        self._begin(mode, speed, start_ns)
        self._tell()

    def _begin(self, mode: ClockMode, speed: Speed, start_ns: int | None) -> None:
        self._mode = mode
        self._speed = speed
        self._now_ns = self.wall_ns() if start_ns is None else start_ns
        self._flow_from_now()
        if start_ns is None:
            self._ahead_ns = 0

    def wait_ns(self) -> int | None:
        """How long the machine must wait for the next timer: 0 if it is due, None if time must be moved first."""
        due = self.next_due_ns()
        if due is None:
            return None
        if due <= self.now_ns():
            return 0
        if self._is_real:
            return due - self._now_ns
        if self._holds or self._mode is ClockMode.MANUAL:
            return None
        since, wall = self._origin
        wait_ns = mul_div(due - since, AS_FAST.billionths, self._speed.billionths, up=True)
        return max(wait_ns - (self.wall_ns() - wall), 0)

    def run_due(self, limit: int = 10_000) -> int:
        if self._holds or self._mode is not ClockMode.SCALED:
            return super().run_due(limit)
        self._bound_lag()
        self._holds += 1  # each timer at its own instant
        try:
            return self._run_until(self._scaled_ns(), limit)
        finally:
            self._holds -= 1

    # Time moved by hand.

    def advance(self, by_ns: int) -> int:
        """Move forward; how many timers ran."""
        return self.advance_to(self.now_ns() + by_ns)

    def advance_to(self, at_ns: int) -> int:
        """Move to ``at_ns``, running every timer due on the way when its time has come; how many ran."""
        ran = 0
        with self.held():
            while count := self.run_until(at_ns, 1000):
                ran += count
        return ran

    @contextmanager
    def held(self) -> Iterator[None]:
        """Time stands still, but for ``run_until``; afterwards it goes on from where it is. For moves in slices."""
        self.now_ns()
        self._holds += 1
        self._set_flow()
        try:
            yield
        finally:
            self._holds -= 1
            if not self._holds:
                ahead_ns = self._ahead_ns
                self._flow_from_now()
                self._ahead_ns = max(self._ahead_ns, ahead_ns)
                self._tell()

    def run_until(self, at_ns: int, limit: int) -> int:
        """One slice of a move, while ``held``: how many timers ran, 0 once time stands at ``at_ns`` with none left."""
        assert self._holds, "time must be held while it is moved"
        ran = self._run_until(at_ns, limit)
        if not ran and at_ns > self._now_ns:
            self._now_ns = at_ns
        return ran

    # Snapshots.

    def capture(self) -> ClockState:
        """All there is to a clock, to come back to."""
        timers = tuple((at_ns, sequence, timer, timer.action) for at_ns, sequence, timer in self._timers)
        now_ns, ahead_ns = self.now_ns(), self._ahead_ns
        if self._holds and self._mode is ClockMode.REAL:
            ahead_ns = now_ns - self.wall_ns()
        return ClockState(self._mode, self._speed, now_ns, ahead_ns, self._sequence, timers)

    def restore(self, state: ClockState) -> None:
        """Go back: scaled and manual time to the captured instant, real time to the machine's, its timers overdue."""
        was_ns = self._now_ns
        self._mode, self._speed, self._ahead_ns = state.mode, state.speed, state.ahead_ns
        self._sequence = state.sequence
        for _, _, timer in self._timers:
            timer.cancel()
        for _, _, timer, action in state.timers:
            timer.action = action
        self._timers[:] = [(at_ns, sequence, timer) for at_ns, sequence, timer, _ in state.timers]
        if state.mode is ClockMode.REAL:
            self._now_ns = self.wall_ns() + state.ahead_ns
            self._set_flow()
        else:
            self._now_ns = state.now_ns
            self._flow_from_now()
        if self._now_ns < was_ns:
            self.restored += 1
        self._tell()

    # How time flows.

    def _run_until(self, at_ns: int, limit: int) -> int:
        ran = 0
        while ran < limit and (due := self.next_due_ns()) is not None and due <= at_ns:
            if due > self._now_ns:
                self._now_ns = due
            self._run_next()
            ran += 1
        return ran

    def _flow_from_now(self) -> None:
        wall = self.wall_ns()
        self._origin = (self._now_ns, wall)
        self._ahead_ns = self._now_ns - wall if self._mode is ClockMode.REAL else 0
        self._set_flow()

    def _set_flow(self) -> None:
        self._is_real = self._mode is ClockMode.REAL and not self._holds

    def _scaled_ns(self) -> int:
        since, wall = self._origin
        return since + (self.wall_ns() - wall) * self._speed.billionths // AS_FAST.billionths

    def _bound_lag(self) -> None:
        """What the machine could not do in time is not all made up for: it might never be."""
        due = self.next_due_ns()
        longest = LONGEST_LAG * self._speed.billionths // AS_FAST.billionths
        if due is not None and self._scaled_ns() - due > longest:
            self._origin = (due + longest, self.wall_ns())

    def _tell(self) -> None:
        if self.on_change is not None:
            self.on_change()


class ManualClock(WorldClock):
    """Time that moves only when told to, on a machine whose own time moves with it: a clock for unit tests."""

    def __init__(self, start_ns: int) -> None:
        super().__init__(ClockMode.MANUAL, start_ns=start_ns, wall=lambda: self._now_ns)


def monotonic_ns() -> int:
    """A stopwatch for measurements; never used for anything that a client can see."""
    return time.perf_counter_ns()
