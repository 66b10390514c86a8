"""The TLS front: a few ports on which all venues answer to their real host names, as if one were out there.

A connection's first bytes are looked at, not taken, before TLS is spoken: they tell the name the client asks for, so
that a venue, its certificate and its faults are chosen before the handshake, and that a client which speaks plain HTTP
or asks for a stranger is told. The first request's Host must agree; then the connection is the venue's own, served by
the very protocols of its plain port, and nothing here sees another byte of it.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final, cast

from msgspec import Struct

from simexchange.dialects.base import Reply
from simexchange.services.faults.verdicts import Handshake
from simexchange.transports.certificates import LOCAL_NAMES
from simexchange.transports.client_hello import HANDSHAKE, UNRECOGNIZED_NAME, fatal_alert, record_size, server_name
from simexchange.transports.doorstep import Way
from simexchange.transports.http import error_page, render
from simexchange.transports.port import DEFAULT_LIMITS, WireLimits
from simexchange.transports.server import VenueServer
from simexchange.transports.tls import Contexts

ACCEPTED_AT_ONCE: Final = 100
PAUSE_S: Final = 1.0
"""How long new clients wait when the system has no socket for them."""
_WHOLE_GREETING: Final = 1 << 16
_END_OF_HEAD: Final = b"\r\n\r\n"
_TEXT: Final = b"text/plain; charset=utf-8"
_NOT_HTTPS: Final = b"This port speaks TLS: https:// and wss://, not http:// and ws://.\n"

log = logging.getLogger(__name__)


class FrontLimits(Struct, frozen=True):
    """Times in seconds."""

    handshake_s: float = 10.0
    """From the connection to the end of the handshake."""
    farewell_s: float = 1.0
    """How long a client may take to confirm the end of TLS."""
    swallowed_s: float = 120.0
    """How long a client that is to hear nothing is listened to at most."""


DEFAULT_FRONT_LIMITS: Final = FrontLimits()


class FrontVenue:
    """One venue behind the front, with its own names and those it answers to as a stand-in."""

    def __init__(self, name: str, server: VenueServer, hosts: Iterable[str], contexts: Contexts) -> None:
        self.name = name
        self.server = server
        self.hosts = tuple(hosts)
        self.contexts = contexts


class Directory:
    """Which venue is meant by which name."""

    def __init__(self, venues: Mapping[str, FrontVenue], unnamed: Contexts) -> None:
        """``unnamed`` are the certificates for this machine's own names, which no venue has to itself."""
        self.venues = venues
        self.unnamed = unnamed
        self._by_host = {host: venue for venue in venues.values() for host in venue.hosts}
        self.only = next(iter(venues.values())) if len(venues) == 1 else None
        """The one that is meant where nobody says, if there is but one."""

    def named(self, host: str) -> FrontVenue | None:
        return self._by_host.get(host)

    def find(self, asked: FrontVenue | None, host: str | None) -> FrontVenue | None:
        """The venue of a request; ``asked`` is whose certificate the client has seen, ``host`` what it says now."""
        if host is None or host in LOCAL_NAMES:
            return asked or self.only
        venue = self._by_host.get(host)
        return venue if asked is None or venue is asked else None

    def __str__(self) -> str:
        return "; ".join(f"{venue.name}: {', '.join(venue.hosts)}" for venue in self.venues.values())


class TlsPort:
    """One port of the front, from ``start`` to ``stop``. Uses the running loop."""

    def __init__(
        self,
        directory: Directory,
        listening: socket.socket,
        wire: WireLimits = DEFAULT_LIMITS,
        limits: FrontLimits = DEFAULT_FRONT_LIMITS,
    ) -> None:
        self.directory = directory
        self.wire = wire
        self.port: int = listening.getsockname()[1]
        self.waiting: set[Lobby | PlainRefusal] = set()
        """Connections that are no venue's yet."""
        self._listening = listening
        self._limits = limits
        self._loop = cast(asyncio.AbstractEventLoop, None)
        self._later: asyncio.TimerHandle | None = None
        self._greetings: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Serve from now on; clients that came early are waiting."""
        self._loop = asyncio.get_running_loop()
        self._listen_again()

    def _listen_again(self) -> None:
        self._later = None
        self._loop.add_reader(self._listening, self._accept)

    async def stop(self) -> None:
        """Listen no more, and drop who is no venue's yet; a venue takes leave of its own clients itself."""
        if self._later is not None:
            self._later.cancel()
        if self._listening.fileno() >= 0:
            self._loop.remove_reader(self._listening)
        self._listening.close()
        greetings = tuple(self._greetings)
        for greeting in greetings:
            greeting.cancel()
        await asyncio.gather(*greetings, return_exceptions=True)
        for connection in tuple(self.waiting):
            connection.abort()
        await asyncio.sleep(0)

    def _accept(self) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                client, address = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:  # mostly there is no file descriptor left
                log.warning("the TLS front cannot take another client for now: %s", error.strerror)
                self._loop.remove_reader(self._listening)
                self._later = self._loop.call_later(PAUSE_S, self._listen_again)
                return
            client.setblocking(False)
            greeting = self._loop.create_task(self._greet(client, address[0]))
            self._greetings.add(greeting)
            greeting.add_done_callback(self._greetings.discard)

    async def _greet(self, client: socket.socket, peer: str) -> None:
        """Make one connection a venue's, or let it go; nothing of it is left behind whatever the client does."""
        try:
            async with asyncio.timeout(self._limits.handshake_s):
                first = await self._first_record(client)
        except (TimeoutError, OSError):
            client.close()
            return
        except BaseException:
            client.close()
            raise
        if not first:
            client.close()
        elif first[0] == HANDSHAKE:
            await self._open(client, server_name(first), peer)
        else:
            await self._loop.connect_accepted_socket(lambda: PlainRefusal(self), client)

    async def _first_record(self, client: socket.socket) -> bytes:
        """The first TLS record, left where it is; less where the client ends before, or speaks something else."""
        wanted, seen = 1, b""
        while len(seen) < wanted:
            await self._readable(client, wanted)
            had, seen = len(seen), client.recv(wanted, socket.MSG_PEEK)
            if len(seen) <= had or seen[0] != HANDSHAKE:
                break
            wanted = max(wanted, record_size(seen))
        _wake_at(client, 1)
        return seen

    async def _readable(self, client: socket.socket, count: int) -> None:
        """Wait until so many bytes are there, or the end."""
        _wake_at(client, count)
        arrived: asyncio.Future[None] = self._loop.create_future()
        self._loop.add_reader(client, _settle, arrived)
        try:
            await arrived
        finally:
            self._loop.remove_reader(client)

    async def _open(self, client: socket.socket, name: str | None, peer: str) -> None:
        """Shake hands as the venue of that name, if there is one, or as this machine."""
        venue = None if name is None else self.directory.named(name)
        if name is not None and venue is None and name not in LOCAL_NAMES:
            log.warning("a client asks for %r, which is no venue here; there are %s", name, self.directory)
            with client:
                client.recv(_WHOLE_GREETING)  # what is left unread would have the system answer with a RST
                client.send(fatal_alert(UNRECOGNIZED_NAME))
            return
        meant = venue or self.directory.only
        if meant is not None and meant.server.way is not Way.OPEN:
            await self._keep_out(client, meant.server.way)
            return
        failure = None if meant is None else meant.server.judge_handshake(peer)
        if failure is Handshake.CUT:
            client.close()  # its greeting was never read, so that the system answers with a RST
            return
        contexts = self.directory.unnamed if venue is None else venue.contexts
        try:
            await self._loop.connect_accepted_socket(
                lambda: Lobby(self, venue),
                client,
                ssl=_CERTIFICATES[failure](contexts),
                ssl_handshake_timeout=self._limits.handshake_s,
                ssl_shutdown_timeout=self._limits.farewell_s,
            )
        except OSError as error:
            log.warning(
                "the TLS handshake of a client with %s failed: %s; `simexchange ca doctor` tells whether clients here"
                " trust the authority",
                name or "this machine",
                error.reason if isinstance(error, ssl.SSLError) else "the client ended it",
            )

    async def _keep_out(self, client: socket.socket, way: Way) -> None:
        """The venue takes nobody now: a RST, as near to a refusal as a shared port comes, or silence."""
        with client, suppress(TimeoutError, OSError):
            if way is Way.SWALLOWING:
                async with asyncio.timeout(self._limits.swallowed_s):
                    while await self._loop.sock_recv(client, _WHOLE_GREETING):
                        pass


_CERTIFICATES: Final = {
    None: Contexts.good,
    Handshake.EXPIRED: Contexts.expired,
    Handshake.WRONG_HOST: Contexts.wrong_host,
}


def _wake_at(client: socket.socket, count: int) -> None:
    """Have the socket be readable from so many bytes on; where that cannot be, a greeting in pieces has no name."""
    if hasattr(socket, "SO_RCVLOWAT"):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)


def _settle(arrived: "asyncio.Future[None]") -> None:
    if not arrived.done():
        arrived.set_result(None)


class Lobby(asyncio.Protocol):
    """A connection until the head of its first request is there."""

    def __init__(self, front: TlsPort, asked: FrontVenue | None) -> None:
        self._front = front
        self._asked = asked
        self._head = b""
        self._transport = cast(asyncio.Transport, None)
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._front.waiting.add(self)
        loop = asyncio.get_running_loop()
        self._patience = loop.call_later(self._front.wire.idle_s, self.shutdown)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._leave()

    def _leave(self) -> None:
        self._front.waiting.discard(self)
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def data_received(self, data: bytes) -> None:
        if self._transport.is_closing():
            return
        self._head += data
        end = self._head.find(_END_OF_HEAD)
        if end >= 0:
            self._decide(host_of(self._head[: end + 2]))
        elif len(self._head) > self._front.wire.max_head:
            self._refuse(error_page(431))

    def _decide(self, host: str | None) -> None:
        venue = self._front.directory.find(self._asked, host)
        if venue is None:
            self._refuse(self._misdirected(host))
            return
        self._leave()
        transport, protocol = self._transport, cast(asyncio.Protocol, venue.server.make_protocol())
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        protocol.data_received(self._head)

    def _misdirected(self, host: str | None) -> Reply:
        seen = "" if self._asked is None else f" on a connection to {self._asked.name}"
        text = f"There is no venue called {host or ''!r}{seen}. Host names here: {self._front.directory}.\n"
        return Reply(421, text.encode(), content_type=_TEXT)

    def _refuse(self, reply: Reply) -> None:
        self._transport.write(render(reply, b"close"))
        self._transport.close()

    def shutdown(self) -> None:
        self._transport.close()

    def abort(self) -> None:
        self._transport.abort()


class PlainRefusal(asyncio.Protocol):
    """A client that speaks no TLS: told so in HTTP, which it most likely speaks."""

    def __init__(self, front: TlsPort) -> None:
        self._front = front
        self._transport = cast(asyncio.Transport, None)
        self._farewell: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._front.waiting.add(self)
        self._transport.write(render(Reply(400, _NOT_HTTPS, content_type=_TEXT), b"close"))
        self._transport.write_eof()
        # The client may be sending still; a socket closed now would eat the answer.
        loop = asyncio.get_running_loop()
        self._farewell = loop.call_later(self._front.wire.linger_s, self._transport.abort)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._front.waiting.discard(self)
        if self._farewell is not None:
            self._farewell.cancel()

    def shutdown(self) -> None:
        self._transport.close()

    def abort(self) -> None:
        self._transport.abort()


def host_of(head: bytes) -> str | None:
    """The host that a request's head names, lower case and without its port; None where it names none."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"host":
            host = value.strip().decode("latin-1").lower()
            if host.startswith("["):
                return host[1:].partition("]")[0]
            return host.partition(":")[0].removesuffix(".")
    return None
