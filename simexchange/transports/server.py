"""Listening sockets: opened in good time, served by the fastest loop and parser there are, closed without waiting.

uvicorn's own server sleeps in steps of 100 ms and takes the process's signals; its protocol classes do neither, so
they are given sockets here, next to ours.
"""

import asyncio
import errno
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from simexchange.dialects.gate import Gate
from simexchange.services.faults.verdicts import Handshake
from simexchange.transports.breakage import reset
from simexchange.transports.doorstep import BACKLOG, Doorstep, Way
from simexchange.transports.http import VenueApplication
from simexchange.transports.port import DEFAULT_LIMITS, Port, WireLimits
from simexchange.transports.stragglers import Stragglers

if TYPE_CHECKING:
    from uvicorn.server import ServerState

GRACE_S: Final = 0.25
"""How long clients have to take their leave when a server stops."""
_LOOK_S: Final = 0.002


class PortTaken(Exception):
    """Somebody else listens there."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"port {port} on {host} is already in use")
        self.host = host
        self.port = port


class AddressUnusable(Exception):
    """The host is no address of this machine, or the port may not be used."""


def open_socket(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Clients that come early wait until it is served.

    Raises PortTaken or AddressUnusable.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
    except (OSError, OverflowError) as error:
        raise AddressUnusable(f"cannot listen on {host}:{port}: {_reason(error)}") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setblocking(False)
        listening.bind(address)
        listening.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listening.close()
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise PortTaken(host, port) from error
        raise AddressUnusable(f"cannot listen on {host}:{port}: {_reason(error)}") from error
    return listening


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def new_event_loop() -> asyncio.AbstractEventLoop:
    """uvloop's where it is installed, else the standard one."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


class Server:
    """One port being served, from ``start`` to ``stop``. Uses the running loop."""

    def __init__(self, listening: socket.socket, host: str) -> None:
        self._listening = listening
        self._doorstep = Doorstep(listening)
        self.host = host
        self.port = self._doorstep.port

    @property
    def authority(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def reset_unanswered(self) -> None:
        """Reset the connections whose answer is still to come, for it never will; the others stay."""
        for connection in self.connections():
            if getattr(connection, "owes_answer", False):
                connection.reset()

    def connections(self) -> tuple[Any, ...]:
        """Who is connected now."""
        raise NotImplementedError

    async def start(self) -> None:
        """Serve from now on; clients that came early are waiting."""
        raise NotImplementedError

    async def stop(self, grace_s: float = GRACE_S) -> None:
        """Listen no more, let every client know, and drop whoever has not gone after ``grace_s``."""
        self._doorstep.close()
        for connection in self.connections():
            connection.shutdown()
        loop = asyncio.get_running_loop()
        ends = loop.time() + grace_s
        await asyncio.sleep(0)
        while self.connections() and loop.time() < ends:  # noqa: ASYNC110 - uvicorn's tell nobody when they go
            await asyncio.sleep(_LOOK_S)
        for connection in self.connections():
            _abort(connection)
        await asyncio.sleep(0)


def _abort(connection: Any) -> None:
    """Ours know how; of uvicorn's, the transport does."""
    if hasattr(connection, "abort"):
        connection.abort()
    elif connection.transport is not None:
        connection.transport.abort()


class VenueServer(Server):
    """A dialect on a port of its own: on the hot path, or (without httptools, or when asked) as plain ASGI."""

    def __init__(
        self,
        gate: Gate,
        listening: socket.socket,
        host: str,
        limits: WireLimits = DEFAULT_LIMITS,
        plain_asgi: bool = False,
        stragglers: Stragglers | None = None,
    ) -> None:
        super().__init__(listening, host)
        self._stragglers = stragglers
        self._gate = gate
        self._limits = limits
        self._plain_asgi = plain_asgi
        self._shared: Port | None = None
        self._state: ServerState | None = None
        self.make_protocol: Callable[[], asyncio.BaseProtocol]
        """What serves one connection, wherever it came in; set by ``start``."""

    @property
    def way(self) -> Way:
        """How the venue meets who comes."""
        return self._doorstep.way

    async def start(self) -> None:
        shared = self._shared = Port(self._gate, asyncio.get_running_loop(), self._limits, self._stragglers)
        shared.start_ticking()
        self.make_protocol = self._protocol(shared)
        await self._doorstep.open(self.make_protocol)

    def _protocol(self, shared: Port) -> Callable[[], asyncio.BaseProtocol]:
        if not self._plain_asgi:
            try:
                from simexchange.transports.hot_path import HttpProtocol
            except ImportError:
                pass
            else:
                return lambda: HttpProtocol(shared)
        from simexchange.transports.asgi import asgi_protocol, stream_setting

        application = VenueApplication(self._gate, self._limits.max_body)
        protocol, state = asgi_protocol(application, ws=stream_setting(shared), idle_s=self._limits.idle_s)
        self._state, application.connections = state, lambda: tuple(state.connections)
        return protocol

    # What faults do.

    def judge_handshake(self, source: str) -> Handshake | None:
        """How a TLS handshake with this venue goes wrong, if it is to."""
        return self._gate.plan.judge_handshake(self._gate.name, source)

    def keep_out(self, cause: str, swallow: bool = False) -> None:
        self._doorstep.keep_out(cause, swallow)

    def let_in(self, cause: str) -> None:
        self._doorstep.let_in(cause)

    def reset_connections(self, streams: bool = True) -> None:
        for connection in self.connections():
            if not hasattr(connection, "reset"):
                if connection.transport is not None:
                    reset(connection.transport)
            elif streams or not connection.is_stream:
                connection.reset()

    def connections(self) -> tuple[Any, ...]:
        own = self._shared.connections if self._shared is not None else ()
        return (*own, *(self._state.connections if self._state is not None else ()))

    async def stop(self, grace_s: float = GRACE_S) -> None:
        if self._shared is not None:
            self._shared.stop_ticking()
        await super().stop(grace_s)


class ApplicationServer(Server):
    """An ASGI application (the control API) on a port of its own, loaded when its first client comes."""

    def __init__(self, load: Callable[[], Any], listening: socket.socket, host: str) -> None:
        super().__init__(listening, host)
        self._load = load
        self._state: ServerState | None = None
        self._loaded: Callable[[], asyncio.BaseProtocol] | None = None

    async def start(self) -> None:
        await self._doorstep.open(self._protocol)

    def _protocol(self) -> asyncio.BaseProtocol:
        if self._loaded is None:
            from simexchange.transports.asgi import asgi_protocol

            self._loaded, self._state = asgi_protocol(self._load())
        return self._loaded()

    def connections(self) -> tuple[Any, ...]:
        return tuple(self._state.connections) if self._state is not None else ()
