"""A TLS front over real loopback sockets, its authority in memory, and clients that trust it alone."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from functools import cache
from typing import Any, TypeVar

from fake_venue import HOST, PATIENCE_S, FakeDialect, Wire, serving
from simexchange.services.clock import WorldClock
from simexchange.transports.certificates import LOCAL_NAMES, Identity, make_authority
from simexchange.transports.port import DEFAULT_LIMITS, WireLimits
from simexchange.transports.server import VenueServer, open_socket
from simexchange.transports.tls import Contexts
from simexchange.transports.tls_front import DEFAULT_FRONT_LIMITS, Directory, FrontLimits, FrontVenue, TlsPort

T = TypeVar("T")
Loop = Callable[[], asyncio.AbstractEventLoop]
API, STREAM, OTHER = "api.venue.example", "stream.venue.example", "api.other.example"
HOSTS = {"venue": (API, STREAM), "other": (OTHER,)}
LISTED = f"venue: {API}, {STREAM}; other: {OTHER}"
PING = b"GET /ping HTTP/1.1\r\nHost: %s\r\n\r\n"
wall_ns = WorldClock().wall_ns


@cache
def authority() -> Identity:
    return make_authority([name for names in HOSTS.values() for name in names], wall_ns())


def trusting(identity: Identity | None = None) -> ssl.SSLContext:
    """A client's context that trusts this authority (the front's own, by default) and no other."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=(identity or authority()).certificate_pem())
    return context


def run_on(loop: Loop, work: Coroutine[Any, Any, T]) -> T:
    """Run to the end on a loop of that kind, within a bound."""

    async def bounded() -> T:
        async with asyncio.timeout(PATIENCE_S):
            return await work

    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(bounded())


@asynccontextmanager
async def front_of(
    servers: Mapping[str, VenueServer],
    limits: FrontLimits = DEFAULT_FRONT_LIMITS,
    wire: WireLimits = DEFAULT_LIMITS,
) -> AsyncIterator[TlsPort]:
    """These servers behind one port, each by its names in HOSTS."""
    venues = {
        name: FrontVenue(name, server, HOSTS[name], Contexts(authority(), HOSTS[name], wall_ns))
        for name, server in servers.items()
    }
    directory = Directory(venues, Contexts(authority(), LOCAL_NAMES, wall_ns))
    front = TlsPort(directory, open_socket(HOST, 0), wire, limits)
    await front.start()
    try:
        yield front
    finally:
        await front.stop()


@asynccontextmanager
async def two_venues(
    limits: FrontLimits = DEFAULT_FRONT_LIMITS, wire: WireLimits = DEFAULT_LIMITS
) -> AsyncIterator[tuple[TlsPort, dict[str, FakeDialect]]]:
    dialects = {name: FakeDialect() for name in HOSTS}
    async with (
        serving(dialects["venue"]) as venue,
        serving(dialects["other"]) as other,
        front_of({"venue": venue, "other": other}, limits, wire) as front,
    ):
        yield front, dialects


@asynccontextmanager
async def calling(port: int, name: str | None, context: ssl.SSLContext | None = None) -> AsyncIterator[Wire]:
    """A TLS connection to the front, asking for that name; for None it asks for none, and checks none."""
    if context is None:
        context = trusting()
    if name is None:
        context.check_hostname = False
    wire = Wire(*await asyncio.open_connection(HOST, port, ssl=context, server_hostname=name or ""))
    try:
        yield wire
    finally:
        wire.close()
        with suppress(OSError):
            await wire.writer.wait_closed()
