"""The fault bench behind real loopback sockets, for what only they can show."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fake_venue import HOST, Wire
from fault_bench import FaultBench
from simexchange.transports.port import WireLimits
from simexchange.transports.server import VenueServer, open_socket


@asynccontextmanager
async def served(bench: FaultBench, plain_asgi: bool = False) -> AsyncIterator[VenueServer]:
    """The bench's venue on a port of its own; its clock still moves by hand alone."""
    server = VenueServer(bench.gate, open_socket(HOST, 0), HOST, WireLimits(), plain_asgi)
    bench.world.stage.ports[bench.gate.name] = server
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def client_from(address: str, port: int) -> AsyncIterator[Wire]:
    """A raw connection from one of the machine's loopback addresses."""
    wire = Wire(*await asyncio.open_connection(HOST, port, local_addr=(address, 0)))
    try:
        yield wire
    finally:
        wire.close()
