"""Keeps a world's clock going: runs the timers that are due from the event loop, sockets served in between.

Real and scaled time are waited for; time that is moved by hand is moved in slices, one move after the other.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from simexchange.services.clock import MILLISECOND, NANOSECONDS, WorldClock, monotonic_ns
from simexchange.transports.stragglers import Stragglers

SLICE: Final = 8
"""Timers run between two looks at the stopwatch."""
TURN_NS: Final = 2 * MILLISECOND
"""How long one turn of the loop may go on running timers before sockets get their turn."""

log = logging.getLogger(__name__)


class Stopped(Exception):
    """A move was under way or waited its turn when its pacemaker was stopped: time stays where it was by then."""


class Pacemaker:
    """Drives one clock on one event loop, from ``start`` to ``stop``."""

    def __init__(
        self, clock: WorldClock, loop: asyncio.AbstractEventLoop, stragglers: Stragglers | None = None
    ) -> None:
        self._clock = clock
        self._stragglers = stragglers if stragglers is not None else Stragglers()
        self._loop = loop
        self._wait: asyncio.TimerHandle | asyncio.Handle | None = None
        self._is_running_timers = False
        self._is_stopped = False
        self._moving = asyncio.Lock()

    def start(self) -> None:
        assert self._clock.on_earlier_timer is None, "a clock has one driver"
        self._is_stopped = False
        self._clock.on_earlier_timer = self._clock.on_change = self._arm
        self._arm()

    def stop(self) -> None:
        """Run no timer any more, and end every move."""
        self._is_stopped = True
        self._stragglers.let_go()
        self._clock.on_earlier_timer = self._clock.on_change = None
        if self._wait is not None:
            self._wait.cancel()
            self._wait = None

    async def advance(self, by_ns: int) -> int:
        """Move time forward by that much, counted from when this move's turn comes; as ``advance_to``."""
        asked = self._clock.restored
        async with self._moving:
            return await self._move(self._clock.now_ns() + by_ns, asked)

    async def advance_to(self, at_ns: int) -> int:
        """Move time to ``at_ns``; answers once all that was due has happened, in order: how many timers ran.

        Moves wait for each other. A canceled one leaves time where it was by then, as does one that ``restore``
        overtakes, under way or waiting. Raises Stopped.
        """
        asked = self._clock.restored
        async with self._moving:
            return await self._move(at_ns, asked)

    async def _move(self, at_ns: int, restored: int) -> int:
        clock = self._clock
        ran = clock.ran
        with clock.held():
            is_under_way = True
            while is_under_way and clock.restored == restored:
                if self._is_stopped:
                    raise Stopped
                is_under_way = self._run_for_a_turn(lambda: clock.run_until(at_ns, 1), self._stragglers)
                await asyncio.sleep(0)
                await self._stragglers.wait()
        return clock.ran - ran

    def _arm(self) -> None:
        """Wait for the next timer; while timers run, the end of the turn does that once for all they set."""
        if self._is_running_timers:
            return
        if self._wait is not None:
            self._wait.cancel()
            self._wait = None
        wait_ns = self._clock.wait_ns()
        if wait_ns is None:
            return
        if wait_ns <= 0:
            self._wait = self._loop.call_soon(self._beat)
        else:
            self._wait = self._loop.call_at(self._loop.time() + wait_ns / NANOSECONDS, self._beat)

    def _beat(self) -> None:
        """Run what is due, for at most a turn's time."""
        self._wait = None
        self._run_for_a_turn(lambda: self._clock.run_due(SLICE))
        if self._clock.on_earlier_timer is not None:
            self._arm()

    def _run_for_a_turn(self, run: Callable[[], int], until: Stragglers | None = None) -> bool:
        """Run slices until one is empty, the turn is over, or ``until`` holds something; whether there may be more.

        A failing timer is logged and costs no other its turn.
        """
        ends_ns = monotonic_ns() + TURN_NS
        self._is_running_timers = True
        try:
            while run():
                if until or monotonic_ns() >= ends_ns:
                    return True
            return False
        except Exception:
            log.exception("bug: a timer failed")
            return True
        finally:
            self._is_running_timers = False
