"""The servers of one pytest run: one per exchange that was wanted, few at a time."""

from collections.abc import Callable
from typing import Final

from simexchange.handle.simx import Simx
from simexchange.plugin.markers import Wanted

MOST: Final = 4
"""Servers kept at a time; the one that was least recently wanted makes room."""


class Servers:
    """Starts what is wanted, and ends all of it."""

    def __init__(self, start: Callable[[Wanted], Simx], pinned: Wanted, most: int = MOST) -> None:
        self._start = start
        self._pinned = pinned
        self._most = most
        self._running: dict[Wanted, Simx] = {}

    def get(self, wanted: Wanted) -> Simx:
        """The server of that exchange, started if it is not running. Raises what starting raises."""
        server = self._running.pop(wanted, None)
        if server is None:
            self._make_room()
            server = self._start(wanted)
        self._running[wanted] = server  # the last place: the most recently wanted
        return server

    def stop(self) -> None:
        """End all."""
        while self._running:
            _, server = self._running.popitem()
            server.stop()

    def _make_room(self) -> None:
        if len(self._running) >= self._most:
            oldest = next(wanted for wanted in self._running if wanted != self._pinned)
            self._running.pop(oldest).stop()

    def __len__(self) -> int:
        return len(self._running)
