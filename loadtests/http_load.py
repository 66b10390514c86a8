"""Load for an HTTP server: signed requests made in advance, sent by wrk, or by a raw asyncio client where wrk is not.

The generator does nothing but send: a request is signed and laid out before the round begins, and each differs in
client id, price, quantity and timestamp.
"""

import asyncio
import hmac
import json
import random
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast
from urllib.request import Request, urlopen

from benching import Absent, Figures, elapsed_s
from simexchange.services.clock import MILLISECOND, WorldClock, monotonic_ns

CONNECTIONS: Final = 32
OPEN_AT_ONCE: Final = 64
"""How many requests lie between an order and its cancel: more than are under way, fewer than may be open."""
PINGS: Final = 8 * CONNECTIONS
RECV_WINDOW_MS: Final = 60_000
ORDER: Final = "/api/v3/order"
TEST: Final = "/api/v3/order/test"

_SCRIPT: Final = """
local requests, at, count = {}, 0, 0
function init(args)
  local file = io.open(args[1], "rb")
  for one in file:read("*a"):gmatch("([^%z]+)%z") do count = count + 1; requests[count] = one end
  file:close()
end
function request()
  at = at % count + 1
  return requests[at]
end
function done(summary, latency, _)
  local e = summary.errors
  io.write(string.format('\\n{"requests": %d, "us": %d, "p50": %d, "p99": %d, "refused": %d, "lost": %d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.status, e.connect + e.read + e.write + e.timeout))
end
"""


class Signer:
    """One account's requests, laid out for one server."""

    def __init__(self, authority: str, api_key: str, secret: str) -> None:
        self.authority = authority
        self._api_key = api_key
        self._secret = secret.encode()
        self._clock = WorldClock()
        self._random = random.Random(7)
        self._number = 0

    def request(self, method: str, path: str, query: str) -> bytes:
        query += f"&recvWindow={RECV_WINDOW_MS}&timestamp={self._clock.now_ns() // MILLISECOND}"
        signature = hmac.new(self._secret, query.encode(), "sha256").hexdigest()
        head = f"{method} {path}?{query}&signature={signature} HTTP/1.1\r\nHost: {self.authority}\r\n"
        length = "Content-Length: 0\r\n" if method == "POST" else ""
        return f"{head}X-MBX-APIKEY: {self._api_key}\r\n{length}\r\n".encode()

    def orders(self, count: int) -> list[bytes]:
        """Orders that rest far from the market, each canceled ``OPEN_AT_ONCE`` orders later; half and half.

        They begin with pings: a server may accept a connection late, and its order would come after the cancel.
        """
        ids = [f"bench{self._number + number}" for number in range(count // 2)]
        self._number += len(ids)
        requests = [f"GET /api/v3/ping HTTP/1.1\r\nHost: {self.authority}\r\n\r\n".encode()] * PINGS
        for place in range(len(ids) + OPEN_AT_ONCE):
            if place < len(ids):
                requests.append(self._order(ORDER, ids[place]))
            if place >= OPEN_AT_ONCE:
                name = ids[place - OPEN_AT_ONCE]
                requests.append(self.request("DELETE", ORDER, f"symbol=BTCUSDT&origClientOrderId={name}"))
        return requests

    def tests(self, count: int) -> list[bytes]:
        """Orders for order/test: every check, no order."""
        self._number += count
        return [self._order(TEST, f"bench{self._number + number}") for number in range(count)]

    def cancel_all(self) -> None:
        """Leave no open order behind; that there is none is no error."""
        method, target, _ = self.request("DELETE", "/api/v3/openOrders", "symbol=BTCUSDT").decode().split(" ", 2)
        url = f"http://{self.authority}{target}"
        call = Request(url, method=method, headers={"X-MBX-APIKEY": self._api_key})
        try:
            urlopen(call, timeout=10).close()
        except OSError as error:
            if getattr(error, "code", 0) != 400:
                raise

    def _order(self, path: str, client_order_id: str) -> bytes:
        draw = self._random.randrange
        side, dollars = ("BUY", 40_000 + draw(10)) if draw(2) else ("SELL", 90_000 + draw(10))
        price, quantity = f"{dollars}.{draw(100):02d}", f"0.00{draw(100, 1000)}"
        return self.request(
            "POST",
            path,
            f"symbol=BTCUSDT&side={side}&type=LIMIT&timeInForce=GTC&quantity={quantity}&price={price}"
            f"&newClientOrderId={client_order_id}",
        )


def has_wrk() -> bool:
    return shutil.which("wrk") is not None


def load(authority: str, requests: Sequence[bytes], seconds: float) -> Figures:
    """Send the requests over and over for some seconds; req/s, p50 and p99 in ms. Absent if any was refused."""
    figures = _wrk(authority, requests, seconds) if has_wrk() else asyncio.run(_raw(authority, requests, seconds))
    if figures["refused"] or figures["lost"] or not figures["rate"]:
        raise Absent(f"{figures['refused']:.0f} requests refused, {figures['lost']:.0f} lost")
    return figures


def _wrk(authority: str, requests: Sequence[bytes], seconds: float) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        script, recorded = Path(folder) / "replay.lua", Path(folder) / "requests"
        script.write_text(_SCRIPT)
        recorded.write_bytes(b"\0".join(requests) + b"\0")
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "-s", str(script)]
        done = subprocess.run(
            [*command, f"http://{authority}/", "--", str(recorded)],
            capture_output=True,
            text=True,
            timeout=seconds + 30,
        )
    last = done.stdout.strip().rpartition("\n")[2]
    if not last.startswith("{"):
        raise Absent(f"wrk failed: {done.stderr.strip() or last}")
    said: Mapping[str, Any] = json.loads(last)
    return {
        "requests": said["requests"],
        "rate": said["requests"] * 1e6 / said["us"],
        "p50": said["p50"] / 1e3,
        "p99": said["p99"] / 1e3,
        "refused": said["refused"],
        "lost": said["lost"],
    }


class _Sender(asyncio.Protocol):
    """One keep-alive connection: the next request leaves when the reply is whole."""

    def __init__(self, shared: "_Round") -> None:
        self._shared = shared
        self._received = b""
        self._sent_ns = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._send()

    def connection_lost(self, _exc: Exception | None) -> None:
        self._shared.lost += not self._shared.over

    def data_received(self, data: bytes) -> None:
        received = self._received = self._received + data
        head, blank, body = received.partition(b"\r\n\r\n")
        if not blank:
            return
        at = head.lower().find(b"content-length:")
        if at >= 0 and len(body) < int(head[at + 15 :].split(b"\r\n", 1)[0]):
            return
        self._received = b""
        self._shared.latencies.append(monotonic_ns() - self._sent_ns)
        self._shared.refused += not head.startswith(b"HTTP/1.1 2")
        if self._shared.over:
            self._transport.close()
        else:
            self._send()

    def _send(self) -> None:
        self._sent_ns = monotonic_ns()
        self._transport.write(self._shared.next())


class _Round:
    def __init__(self, requests: Sequence[bytes]) -> None:
        self.latencies: list[int] = []
        self.refused = self.lost = 0
        self.over = False
        self._requests = requests
        self._at = -1

    def next(self) -> bytes:
        self._at = (self._at + 1) % len(self._requests)
        return self._requests[self._at]


async def _raw(authority: str, requests: Sequence[bytes], seconds: float) -> Figures:
    host, _, port = authority.rpartition(":")
    shared = _Round(requests)
    loop = asyncio.get_running_loop()
    began_ns = monotonic_ns()
    connections = [await loop.create_connection(lambda: _Sender(shared), host, int(port)) for _ in range(CONNECTIONS)]
    await asyncio.sleep(seconds)
    shared.over = True
    took_s = elapsed_s(began_ns)
    await asyncio.sleep(0.1)
    for transport, _ in connections:
        transport.abort()
    ordered = sorted(shared.latencies) or [0]
    return {
        "requests": len(shared.latencies),
        "rate": len(shared.latencies) / took_s,
        "p50": ordered[len(ordered) // 2] / 1e6,
        "p99": ordered[len(ordered) * 99 // 100] / 1e6,
        "refused": shared.refused,
        "lost": shared.lost,
    }
