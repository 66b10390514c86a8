"""Keeps a world's real clock going: runs the timers that are due from the event loop, sockets served in between."""

import asyncio
import logging
from typing import Final

from simexchange.services.clock import MILLISECOND, NANOSECONDS, Clock, monotonic_ns

SLICE: Final = 8
"""Timers run between two looks at the stopwatch."""
TURN_NS: Final = 2 * MILLISECOND
"""How long one turn of the loop may go on running timers before sockets get their turn."""

log = logging.getLogger(__name__)


class Pacemaker:
    """Drives one clock on one event loop, from ``start`` to ``stop``."""

    def __init__(self, clock: Clock, loop: asyncio.AbstractEventLoop) -> None:
        self._clock = clock
        self._loop = loop
        self._wait: asyncio.TimerHandle | asyncio.Handle | None = None
        self._is_beating = False

    def start(self) -> None:
        assert self._clock.on_earlier_timer is None, "a clock has one driver"
        self._clock.on_earlier_timer = self._arm
        self._arm()

    def stop(self) -> None:
        self._clock.on_earlier_timer = None
        if self._wait is not None:
            self._wait.cancel()
            self._wait = None

    def _arm(self) -> None:
        """Wait for the next timer; while timers run, the end of the turn does that once for all they set."""
        if self._is_beating:
            return
        if self._wait is not None:
            self._wait.cancel()
            self._wait = None
        due_ns = self._clock.next_due_ns()
        if due_ns is None:
            return
        wait_ns = due_ns - self._clock.now_ns()
        if wait_ns <= 0:
            self._wait = self._loop.call_soon(self._beat)
        else:
            self._wait = self._loop.call_at(self._loop.time() + wait_ns / NANOSECONDS, self._beat)

    def _beat(self) -> None:
        """Run what is due, for at most a turn's time. A failing timer is logged and costs no other its turn."""
        self._wait = None
        self._is_beating = True
        ends_ns = monotonic_ns() + TURN_NS
        try:
            while self._clock.run_due(SLICE) == SLICE and monotonic_ns() < ends_ns:
                pass
        except Exception:
            log.exception("bug: a timer failed")
        finally:
            self._is_beating = False
        if self._clock.on_earlier_timer is not None:
            self._arm()
