"""The connections that time moved by hand waits for: those that owe a pong, or have not read what was sent to them.

A day that passes in seconds would otherwise cut clients that are only as fast as their machine. Waiting is bounded:
who does not catch up in time is waited for no longer, until it falls behind anew.
"""

import asyncio
from typing import Final

PATIENCE_S: Final = 0.25
"""Many times what a client on the same machine takes to answer, busy or not."""


class Stragglers:
    """Who is behind now, over all ports of one exchange."""

    def __init__(self) -> None:
        self._behind: set[object] = set()
        self._caught_up = asyncio.Event()

    def __bool__(self) -> bool:
        return bool(self._behind)

    def add(self, connection: object) -> None:
        self._behind.add(connection)
        self._caught_up.clear()

    def discard(self, connection: object) -> None:
        self._behind.discard(connection)
        if not self._behind:
            self._caught_up.set()

    def let_go(self) -> None:
        """Wait for nobody who is behind now."""
        self._behind.clear()
        self._caught_up.set()

    async def wait(self) -> None:
        """Until all have caught up, or have had time enough to."""
        if not self._behind:
            return
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._caught_up.wait()
        except TimeoutError:
            self.let_go()
