"""What every WebSocket of the venue has in common: pings, a 24 hour life, message and connection limits.

Sans-I/O and driven by the clock's timers alone. Sources: "WebSocket Streams for Binance", general information and
WebSocket limits; "Public WebSocket API", connection limits.
"""

from collections import deque
from collections.abc import Callable
from typing import ClassVar, TypeAlias

from simexchange.dialects.base import StreamSession
from simexchange.dialects.binance.stream_settings import StreamSettings
from simexchange.services.anatomy import Role
from simexchange.services.clock import MILLISECOND, SECOND, Clock, Timer

POLICY_VIOLATION = 1008
GOING_AWAY = 1001
REMEMBERED_PINGS = 8


class Connection(StreamSession):
    """One open socket: keeps itself alive, ends itself after a day, and ends a client that talks too much.

    Subclasses answer ``receive`` and give back what they hold in ``release``; after ``hang_up`` nothing more is heard.
    """

    state_role: ClassVar = Role.FLEETING

    def __init__(self, clock: Clock, settings: StreamSettings, messages_per_second: int = 0) -> None:
        self.clock = clock
        self.settings = settings
        self.connected_ns = clock.now_ns()
        self.ended = False
        self._limit = messages_per_second
        self._heard: deque[int] = deque(maxlen=messages_per_second or 1)
        self.pings: deque[bytes] = deque(maxlen=REMEMBERED_PINGS)
        """The payloads of the latest pings."""
        self._unanswered: deque[tuple[int, bytes]] = deque()
        self._timers: list[Timer] = []
        self._pace = (settings.ping_interval_ns, settings.pong_timeout_ns)
        self._impatience: Timer | None = None

    def receive(self, text: str) -> None:
        """Answer one text message."""
        raise NotImplementedError

    def release(self) -> None:
        """Give back every subscription; called exactly once."""
        raise NotImplementedError

    def say_goodbye(self) -> None:
        """Send the venue's ``serverShutdown``."""
        raise NotImplementedError

    def on_open(self) -> None:
        self.connected_ns = self.clock.now_ns()
        self._timers = [
            self.clock.after(self.settings.lifetime_ns, self._expire),
            self.clock.after(self.settings.ping_interval_ns, self._beat),
        ]

    def on_text(self, text: str) -> None:
        if self._within_limit():
            self.receive(text)

    def on_ping(self, payload: bytes) -> None:  # noqa: ARG002  (only that it came counts)
        self._within_limit()

    def on_pong(self, payload: bytes) -> None:
        """A pong answers the ping whose payload it copies and all before it; any other one only counts."""
        if not self._within_limit():
            return
        if any(sent == payload for _, sent in self._unanswered):
            while self._unanswered.popleft()[1] != payload:
                pass

    def on_close(self) -> None:
        self._end()

    def pace_pings(self, pace: tuple[int, int] | None) -> None:
        """Ping so often and wait so long, from now on; None: as this venue does. A ping goes out at once."""
        if self.ended:
            return
        self._pace = pace or (self.settings.ping_interval_ns, self.settings.pong_timeout_ns)
        self._unanswered.clear()
        if self._impatience is not None:
            self._impatience.cancel()
            self._impatience = None
        self._timers[1].cancel()
        if pace is None:
            self._timers[1] = self.clock.after(self.settings.ping_interval_ns, self._beat)
        else:
            self._beat()

    def hang_up(self, code: int, reason: str = "") -> None:
        """Close from the venue's side."""
        if not self.ended:
            self._end()
            self.sink.close(code, reason)

    def _end(self) -> None:
        if self.ended:
            return
        self.ended = True
        for timer in (*self._timers, self._impatience):
            if timer is not None:
                timer.cancel()
        self.release()

    def _expire(self) -> None:
        self.hang_up(GOING_AWAY, "Connection is valid for 24 hours")

    def _beat(self) -> None:
        now = self.clock.now_ns()
        interval_ns, timeout_ns = self._pace
        if self._is_unanswered(now):
            return
        payload = str(now // MILLISECOND).encode()
        self.pings.append(payload)
        self._unanswered.append((now, payload))
        self.sink.ping(payload)
        self._timers[1] = self.clock.after(interval_ns, self._beat)
        if timeout_ns < interval_ns and not self.ended:
            self._impatience = self.clock.after(timeout_ns, self._check_pong)

    def _check_pong(self) -> None:
        self._is_unanswered(self.clock.now_ns())

    def _is_unanswered(self, now_ns: int) -> bool:
        """Whether the client took too long over a pong, and was cut for it."""
        if not self._unanswered or now_ns - self._unanswered[0][0] < self._pace[1]:
            return False
        self.hang_up(POLICY_VIOLATION, "Pong timeout")
        return True

    def _within_limit(self) -> bool:
        if self.ended:
            return False
        if self._limit <= 0:
            return True
        now = self.clock.now_ns()
        heard = self._heard
        if len(heard) == self._limit and now - heard[0] < SECOND:
            self.hang_up(POLICY_VIOLATION, "Too many requests")
            return False
        heard.append(now)
        return True


Action: TypeAlias = Callable[[int], None]
"""Something to do at a time, given in ns."""


class Beats:
    """Periodic work, aligned to the clock: one timer per period, and none while nobody needs it."""

    state_role: ClassVar = Role.FLEETING

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._members: dict[int, dict[Action, None]] = {}
        self._timers: dict[int, Timer] = {}

    def join(self, period_ns: int, action: Action) -> None:
        """Call ``action`` at every multiple of ``period_ns`` since the epoch, in order of joining."""
        self._members.setdefault(period_ns, {})[action] = None
        if period_ns not in self._timers:
            self._arm(period_ns)

    def leave(self, period_ns: int, action: Action) -> None:
        members = self._members.get(period_ns)
        if members is None:
            return
        members.pop(action, None)
        if not members:
            del self._members[period_ns]
            self._timers.pop(period_ns).cancel()

    def _arm(self, period_ns: int) -> None:
        at_ns = (self._clock.now_ns() // period_ns + 1) * period_ns
        self._timers[period_ns] = self._clock.set_timer(at_ns, lambda: self._strike(period_ns))

    def _strike(self, period_ns: int) -> None:
        now = self._clock.now_ns()
        self._arm(period_ns)
        for action in tuple(self._members[period_ns]):
            action(now)
