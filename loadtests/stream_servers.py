"""The senders that ``bench_streams`` compares: ours, the websockets library's, and a floor without any protocol.

Each listens, says where, and then does what single lines on its standard input ask, from its own event loop.
"""

import asyncio
import json
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Final, cast

from benching import answer_ready
from simexchange.dialects.base import Dialect, Reply, Request, StreamSession
from simexchange.dialects.binance.hub import Topic
from simexchange.dialects.gate import lone_gate
from simexchange.domain.commands import CancelOrder, CreateAccount, Deposit, PlaceOrder
from simexchange.domain.enums import OrderType, Side
from simexchange.domain.ids import FIRST_ACCOUNT
from simexchange.services.clock import NANOSECONDS, monotonic_ns
from simexchange.transports.outbox import text_frame
from simexchange.transports.server import VenueServer, new_event_loop, open_socket

HOST: Final = "127.0.0.1"
MESSAGE: Final = b'{"x":"' + b"." * 192 + b'"}'
TURN_S: Final = 0.005
SYMBOL: Final = "BTC/USDT"

Broadcast = Callable[[], None]
Sender = tuple[object, str, Broadcast]
"""The server, to be kept alive; where it listens; what sends one message to everybody."""


class _Listener(StreamSession):
    """Hears everything the topic says."""

    def __init__(self, topic: Topic) -> None:
        self._topic = topic

    def on_open(self) -> None:
        self._topic.add(self.sink, combined=False)

    def on_text(self, text: str) -> None:
        pass

    def on_ping(self, payload: bytes) -> None:
        pass

    def on_pong(self, payload: bytes) -> None:
        pass

    def on_close(self) -> None:
        self._topic.discard(self.sink)


class _OneTopic(Dialect):
    """A venue with one stream."""

    name = "bench"

    def __init__(self) -> None:
        self.topic = Topic("bench", 0)

    def handle(self, request: Request) -> Reply:
        raise NotImplementedError

    def open_stream(self, request: Request) -> StreamSession:
        return _Listener(self.topic)

    def start(self) -> None:
        pass


async def ours() -> Sender:
    dialect = _OneTopic()
    server = VenueServer(lone_gate(dialect), open_socket(HOST, 0), HOST)
    await server.start()
    return server, server.authority, lambda: dialect.topic.publish(bytes(bytearray(MESSAGE)))


async def library() -> Sender:
    from websockets.asyncio.server import ServerConnection, broadcast, serve

    connections: set[ServerConnection] = set()

    async def stay(connection: ServerConnection) -> None:
        connections.add(connection)
        try:
            await connection.wait_closed()
        finally:
            connections.discard(connection)

    server = await serve(stay, HOST, 0, compression=None, ping_interval=None)
    port = next(iter(server.sockets)).getsockname()[1]
    text = MESSAGE.decode()
    return server, f"{HOST}:{port}", lambda: broadcast(connections, text)


class _Floor(asyncio.Protocol):
    """Takes any bytes for a handshake."""

    everyone: Final[set[asyncio.Transport]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._transport.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
        self.everyone.add(self._transport)

    def connection_lost(self, _exc: Exception | None) -> None:
        self.everyone.discard(self._transport)


async def floor() -> Sender:
    listening = socket.create_server((HOST, 0))
    server = await asyncio.get_running_loop().create_server(_Floor, sock=listening, backlog=2_048)
    frame = text_frame(MESSAGE)

    def broadcast() -> None:
        for transport in _Floor.everyone:
            transport.write(frame)

    return server, f"{HOST}:{listening.getsockname()[1]}", broadcast


SENDERS: Final[dict[str, Callable[[], Awaitable[Sender]]]] = {
    "ours": ours,
    "websockets": library,
    "floor": floor,
}


async def send(name: str) -> None:
    """Broadcast ``messages``, ``a_turn`` of them in each turn of the loop, whenever a line asks for it."""
    _server, authority, broadcast = await SENDERS[name]()
    answer_ready({"authority": authority})
    async for asked in _lines():
        for _ in range(asked["messages"] // asked["a_turn"]):
            for _ in range(asked["a_turn"]):
                broadcast()
            await asyncio.sleep(0)
        answer_ready({})


async def _lines() -> Any:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async for line in reader:
        yield json.loads(line)


class Traffic:
    """Two owners who place, cancel and take beside the house: one kind of event after the other."""

    def __init__(self, door: Any) -> None:
        self._door = door
        self._market = door.venue.markets[SYMBOL]
        self._owner = max(max(door.venue.accounts), FIRST_ACCOUNT) + 1
        self._number = 0
        self._resting: list[str] = []
        door.submit(CreateAccount(self._owner, "traffic"))
        for asset in ("BTC", "USDT"):
            door.submit(Deposit(self._owner, asset, 10**25))

    def trade(self) -> None:
        """Take a little from the best level, buying and selling in turn."""
        self._number += 1
        side = Side.BUY if self._number % 2 else Side.SELL
        name = f"take{self._number}"
        self._door.submit(PlaceOrder(self._owner, SYMBOL, side, OrderType.MARKET, name, quantity=20_000))

    def mixed(self) -> None:
        """Of ten commands one takes; the others place near the market, and cancel."""
        if self._number % 10 == 9:
            self.trade()
            return
        self._number += 1
        if len(self._resting) > 20:
            self._door.submit(CancelOrder(self._owner, SYMBOL, client_order_id=self._resting.pop(0)))
            return
        tick = self._market.rules.tick_size
        bid = self._market.book.best(Side.BUY)[0]
        name = f"rest{self._number}"
        price = bid - tick * (1 + self._number % 37)
        order = PlaceOrder(self._owner, SYMBOL, Side.BUY, OrderType.LIMIT, name, quantity=50_000, price=price)
        self._door.submit(order)
        self._resting.append(name)


async def exchange() -> None:
    """The whole exchange; a line asks for traffic: ``kind``, events per second and seconds."""
    from simexchange.app import Exchange, Options
    from simexchange.memory import Housekeeper

    async with Exchange(Options(port_base=0, limits="off")) as served:
        assert served.description is not None
        Housekeeper(asyncio.get_running_loop()).start()
        traffic = Traffic(served.world.doors["binance"])
        answer_ready({"authority": served.description.venues["binance"].rest_url.removeprefix("http://")})
        async for asked in _lines():
            act = getattr(traffic, asked["kind"])
            began_ns, done, wanted = monotonic_ns(), 0, asked["rate"] * asked["seconds"]
            while done < wanted:
                due = min(wanted, (monotonic_ns() - began_ns) * asked["rate"] // NANOSECONDS + 1)
                for _ in range(due - done):
                    act()
                done = max(done, due)
                await asyncio.sleep(TURN_S)
            answer_ready({})


if __name__ == "__main__":
    name = sys.argv[1]
    new_event_loop().run_until_complete(exchange() if name == "exchange" else send(name))
