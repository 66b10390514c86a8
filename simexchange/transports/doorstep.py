"""The listening end of a port: open, closed so that the system refuses whoever comes, or dead and silent.

Who is connected stays connected; only who comes is concerned. Causes are named, and a port is open as long as it has
none. It opens again on the very port it had; should somebody else have taken that meanwhile, it keeps trying.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from typing import Final

log = logging.getLogger(__name__)

BACKLOG: Final = 2_048
RETRY_S: Final = 0.05
MOST_TRIES: Final = 1_200
_CALLS_TO_FILL: Final = 2
"""A listener that takes no backlog holds one connection and answers no further one (Linux)."""


class Way(Enum):
    """How a port meets who comes."""

    OPEN = "open"
    REFUSING = "refusing"
    SWALLOWING = "swallowing"


class Doorstep:
    """Owns the listening socket, whichever it is at the time."""

    def __init__(self, listening: socket.socket) -> None:
        self._address = listening.getsockname()
        self._family = listening.family
        self._sockets = [listening]
        self._way = Way.OPEN
        self._causes: dict[str, Way] = {}
        self._protocol: Callable[[], asyncio.BaseProtocol] | None = None
        self._server: asyncio.Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._is_over = False

    @property
    def port(self) -> int:
        number: int = self._address[1]
        return number

    @property
    def way(self) -> Way:
        return self._way

    async def open(self, protocol: Callable[[], asyncio.BaseProtocol]) -> None:
        """Serve from now on; clients that came early are waiting."""
        self._protocol = protocol
        await self._serve(self._sockets[0])

    def close(self) -> None:
        """Listen no more, for good."""
        self._is_over = True
        self._leave()

    def keep_out(self, cause: str, swallow: bool = False) -> None:
        """Refuse whoever comes, or ``swallow`` their calls, as long as there is this cause."""
        self._causes[cause] = Way.SWALLOWING if swallow else Way.REFUSING
        self._settle()

    def let_in(self, cause: str) -> None:
        """This cause is gone; a cause that there is not is no error."""
        self._causes.pop(cause, None)
        self._settle()

    def _settle(self) -> None:
        ways = self._causes.values()
        wanted = Way.REFUSING if Way.REFUSING in ways else next(iter(ways), Way.OPEN)
        if self._is_over or wanted is self._way:
            return
        self._leave()
        self._way = wanted
        self._enter(MOST_TRIES)

    def _leave(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        if self._serving is not None:
            self._serving.cancel()
            self._serving = None
        sockets, self._sockets = self._sockets, []
        for one in sockets:
            with suppress(OSError):  # a socket that is not connected; where it listens, this ends it at once
                one.shutdown(socket.SHUT_RDWR)
        if self._server is not None:
            self._server.close()
            self._server = None
        for one in sockets:
            one.close()

    def _enter(self, tries: int) -> None:
        self._retry = None
        if self._way is Way.REFUSING:
            return
        try:
            listening = self._listener(BACKLOG if self._way is Way.OPEN else 0)
        except OSError as error:
            if tries <= 0:
                log.error("port %d cannot be listened on again: %s", self.port, error.strerror)
                return
            loop = asyncio.get_running_loop()
            self._retry = loop.call_later(RETRY_S, self._enter, tries - 1)
            return
        self._sockets = [listening]
        if self._way is Way.OPEN:
            self._serving = asyncio.get_running_loop().create_task(self._serve(listening))
        else:
            self._sockets += [self._caller() for _ in range(_CALLS_TO_FILL)]

    def _listener(self, backlog: int) -> socket.socket:
        listening = socket.socket(self._family, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.setblocking(False)
            listening.bind(self._address)
            listening.listen(backlog)
        except OSError:
            listening.close()
            raise
        return listening

    def _caller(self) -> socket.socket:
        """A call of our own that takes up what room there is."""
        caller = socket.socket(self._family, socket.SOCK_STREAM)
        caller.setblocking(False)
        with suppress(OSError):
            caller.connect(self._address)
        return caller

    async def _serve(self, listening: socket.socket) -> None:
        assert self._protocol is not None, "the port was not opened yet"
        loop = asyncio.get_running_loop()
        server = await loop.create_server(self._protocol, sock=listening, backlog=BACKLOG)
        if listening in self._sockets:
            self._server = server
        else:
            server.close()
