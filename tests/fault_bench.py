"""A venue behind its gate and its real wire protocols, without sockets: bytes in, bytes out, on a manual clock.

What a client would see of a connection is what its ``Wire`` holds: the bytes written, and how it ended.
"""

import asyncio
import json
import socket
from base64 import b64encode
from collections import deque
from collections.abc import Callable
from typing import Any, cast

from dialects.binance.rest_bench import ORDER, PEER, Bench, Client
from simexchange.dialects.gate import Gate
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.timeline import Fired
from simexchange.transports.hot_path import HttpProtocol
from simexchange.transports.port import Port

__all__ = ["ORDER", "PEER", "FaultBench", "HttpAnswer", "StreamWire", "Wire"]


class FakeLoop:
    """Runs what is due at the end of the turn when told to; what should happen later by the wall never does."""

    def __init__(self) -> None:
        self._soon: deque[Callable[[], object]] = deque()

    def call_soon(self, callback: Callable[..., object], *args: object) -> None:
        self._soon.append(lambda: callback(*args))

    def call_later(self, _delay: float, _callback: Callable[..., object], *_args: object) -> "FakeLoop":
        return self

    def cancel(self) -> None:
        """What was not going to happen is canceled."""

    def turn(self) -> None:
        while self._soon:
            self._soon.popleft()()


class Wire(asyncio.Transport):
    """A connection as asyncio would give it. ``end`` is None, "closed" (FIN) or "reset" (RST)."""

    def __init__(self, bench: "FaultBench", source: str) -> None:
        super().__init__()
        self.bench = bench
        self.source = source
        self.written = bytearray()
        self.end: str | None = None
        self.reads = True
        self._lingers = True
        self._protocol: asyncio.Protocol = HttpProtocol(bench.port)
        self._protocol.connection_made(self)

    # What a protocol asks of a transport.

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"peername": (self.source, 50_000), "socket": self}.get(name, default)

    def setsockopt(self, _level: int, option: int, _value: bytes) -> None:
        assert option == socket.SO_LINGER
        self._lingers = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.end is None:
            self.written += data

    def can_write_eof(self) -> bool:
        return False

    def close(self) -> None:
        self._finish("closed")

    def abort(self) -> None:
        self._finish("closed" if self._lingers else "reset")

    def _finish(self, end: str) -> None:
        if self.end is None:
            self.end = end
            self.bench.loop.call_soon(self._protocol.connection_lost, None)

    def is_closing(self) -> bool:
        return self.end is not None

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True

    def get_write_buffer_size(self) -> int:
        return 0

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = cast(asyncio.Protocol, protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._protocol

    @property
    def number(self) -> int:
        """The connection's number, as rules match it."""
        return cast(HttpProtocol, self._protocol).number

    # What a client does.

    def feed(self, data: bytes) -> None:
        """Bytes of the client; ignored once the connection has ended, or while nobody reads it."""
        if self.end is None and self.reads:
            self._protocol.data_received(data)
        self.bench.loop.turn()

    def hang_up(self) -> None:
        """The client goes away."""
        if self.end is None:
            self.end = "left"
            self._protocol.connection_lost(None)
        self.bench.loop.turn()

    def take(self) -> bytes:
        """Everything written since the last call."""
        self.bench.loop.turn()
        data, self.written = bytes(self.written), bytearray()
        return data


class HttpAnswer:
    """One HTTP answer, taken apart; ``raw`` is all of it."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        head, _, self.body = raw.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(status.split(" ")[1])
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}

    @property
    def is_whole(self) -> bool:
        return len(self.body) == int(self.headers["content-length"])

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def refusal(self) -> tuple[int, int, str]:
        """(HTTP status, code, text)."""
        return self.status, self.json["code"], self.json["msg"]


class StreamWire(Wire):
    """A WebSocket, open or refused. ``texts`` takes the messages that came since the last call."""

    def __init__(self, bench: "FaultBench", path: str, source: str = PEER, headers: str = "") -> None:
        super().__init__(bench, source)
        key = b64encode(b"0123456789abcdef").decode()
        self.feed(
            f"GET {path} HTTP/1.1\r\nHost: venue\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{headers}\r\n".encode()
        )
        self.pings: list[bytes] = []
        self.pongs: list[bytes] = []
        self.close_code: int | None = None
        self.close_reason = ""
        self._rest = b""
        self.refusal: HttpAnswer | None = None
        self.is_accepted = False
        self.read_handshake()

    def read_handshake(self) -> None:
        """Look at the answer to the handshake, if it has come."""
        data = self.take()
        if data.startswith(b"HTTP/1.1 101"):
            self.is_accepted = True
            self._rest = data.partition(b"\r\n\r\n")[2]
        elif data:
            self.refusal = HttpAnswer(data)

    def say(self, message: Any) -> None:
        """Send one text message, masked as a client's are."""
        text = message if isinstance(message, str) else json.dumps(message)
        self.frame(0x1, text.encode())

    def frame(self, opcode: int, payload: bytes) -> None:
        size = len(payload)
        length = bytes((0x80 | size,)) if size < 126 else bytes((0x80 | 126, size >> 8, size & 0xFF))
        self.feed(bytes((0x80 | opcode,)) + length + b"\0\0\0\0" + payload)

    def texts(self) -> list[str]:
        """The text messages since the last call, as they were sent."""
        data, found = self._rest + self.take(), []
        while len(data) >= 2:
            opcode, size, at = data[0] & 0x0F, data[1] & 0x7F, 2
            if size == 126:
                size, at = int.from_bytes(data[2:4], "big"), 4
            elif size == 127:
                size, at = int.from_bytes(data[2:10], "big"), 10
            if len(data) < at + size:
                break
            payload, data = data[at : at + size], data[at + size :]
            if opcode == 0x1:
                found.append(payload.decode("utf-8", "replace"))
            elif opcode == 0x8:
                self.close_code, self.close_reason = int.from_bytes(payload[:2], "big"), payload[2:].decode()
            elif opcode == 0x9:
                self.pings.append(payload)
            elif opcode == 0xA:
                self.pongs.append(payload)
        self._rest = data
        return found

    def messages(self) -> list[Any]:
        """The messages since the last call, decoded."""
        return [json.loads(text) for text in self.texts()]


class FaultBench(Bench):
    """``rest_bench.Bench`` (BTC/USDT, alice and bob) behind a gate and a port."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.open_port()

    def open_port(self) -> None:
        """Put the venue behind its gate."""
        self.loop = FakeLoop()
        self.plan = self.world.faults
        self.gate = Gate(self.dialect, self.door, self.plan, self.world.journal)
        self.world.stage.controls["binance"] = self.gate
        self.port = Port(self.gate, cast(asyncio.AbstractEventLoop, self.loop))

    def arm(self, kind: str, **rule: Any) -> Armed:
        """Arm a rule: ``match``, ``when``, ``effect``, ``ttl`` and the kind's own parameters."""
        return self.plan.add({"kind": kind} | rule)

    @property
    def fired(self) -> list[Fired]:
        return list(self.plan.timeline)

    def advance(self, nanoseconds: int) -> None:
        self.clock.advance(nanoseconds)
        self.loop.turn()

    def wire(self, source: str = PEER) -> Wire:
        """A fresh HTTP connection."""
        return Wire(self, source)

    def stream(self, path: str, source: str = PEER) -> StreamWire:
        """A fresh WebSocket: "/ws/btcusdt@trade", "/stream?streams=...", "/ws-api/v3"."""
        return StreamWire(self, path, source)

    def request(self, client: Client, method: str, path: str, /, **params: Any) -> bytes:
        """A signed request as bytes (``timestamp`` is added)."""
        return self.raw(method, f"{path}?{client.signed_text(**params)}", client.api_key)

    def raw(self, method: str, target: str, api_key: str = "", body: bytes = b"") -> bytes:
        key = f"X-MBX-APIKEY: {api_key}\r\n" if api_key else ""
        size = f"Content-Length: {len(body)}\r\n" if body else ""
        return f"{method} {target} HTTP/1.1\r\nHost: venue\r\n{key}{size}\r\n".encode() + body

    def order(self, client: Client, /, **changes: Any) -> bytes:
        """A limit order to buy 0.1 BTC at 60,000, or what the changes make of it, as bytes."""
        return self.request(client, "POST", "/api/v3/order", **(ORDER | changes))

    def ask(self, data: bytes, wire: Wire | None = None) -> HttpAnswer:
        """Send a request on a connection (a fresh one) and take its answer, which must come at once."""
        wire = wire or self.wire()
        wire.take()
        wire.feed(data)
        return HttpAnswer(wire.take())

    def open_orders(self, client: Client) -> list[str]:
        """Client order ids of the account's open orders, as the engine knows them."""
        account = self.door.venue.accounts[client.account_id]
        return [order.terms.client_order_id for order in account.all_open_orders()]
