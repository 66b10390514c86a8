"""Keeps the garbage collector's pauses short while an exchange is served, without letting garbage pile up.

Orders, fills and candles are kept for good, so the older they get the less there is to find among them, and the longer
it takes to look: a full collection in a busy world stops everybody for tens of milliseconds. Here only the youngest
objects are looked at on the go; once a second what is left of them is set aside (``gc.freeze``), and once an hour
everything is gone through. For a process that serves and does nothing else: the settings are the whole process's.
"""

import asyncio
import gc
from typing import Final

YOUNG: Final = 700
"""New objects between two looks at the youngest; a look takes a tenth of a millisecond."""
NEVER: Final = 1_000_000
TIDY_S: Final = 1.0
TIDIES_PER_FULL: Final = 3_600


class Housekeeper:
    """Owns the collector's settings from ``start`` to ``stop``."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._before = gc.get_threshold()
        self._tidies = 0
        self._next: asyncio.TimerHandle | None = None

    def start(self) -> None:
        gc.freeze()
        gc.set_threshold(YOUNG, NEVER, NEVER)
        self._wait()

    def stop(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None
        gc.set_threshold(*self._before)
        gc.unfreeze()

    def tidy(self) -> None:
        """Collect what is young; every so often, what is old too."""
        self._tidies += 1
        if self._tidies % TIDIES_PER_FULL:
            gc.collect(1)
        else:
            gc.unfreeze()
            gc.collect()
        gc.freeze()

    def _wait(self) -> None:
        self._next = self._loop.call_later(TIDY_S, self._tidy_and_wait)

    def _tidy_and_wait(self) -> None:
        self.tidy()
        self._wait()
