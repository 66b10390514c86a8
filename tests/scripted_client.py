"""A client that does the same things at the same virtual times, and writes down every byte it sends and hears.

Sensible enough to meet every part of a bad day: it looks up what it lost, opens streams again, takes up new keys.
"""

import hmac
import sys
from hashlib import sha256
from typing import Any, Final

import msgspec

from fault_bench import HttpAnswer, StreamWire
from played_world import PlayedWorld
from simexchange.scenario.parse import parse_scenario
from simexchange.services.clock import MILLISECOND

STEP_NS: Final = 500 * MILLISECOND
SCENARIO: Final = """
version: 1
name: bad-minutes
seed: 42
ends_after: 3m
venues:
  binance:
    latency: {request: {p50: 30ms, p99: 400ms}, stream: {p50: 15ms, p99: 250ms}}
timeline:
  - {at: 2s, fault: {kind: response-lost, match: {account: alice}, when: {probability: "10%"}, effect: apply}}
  - {at: 2s, fault: {kind: ws-drop, match: {venue: binance}, when: {probability: "2%"}}}
  - {at: 10s, move: {symbol: BTC/USDT, by: "-9%", over: 20s}}
  - {at: 10s, for: 30s, spread: {symbol: BTC/USDT, ticks: 1500, levels: 15, sizes: "0.3", trades: "5"}}
  - {at: 40s, for: 5s, fault: {kind: rate-limited, match: {venue: binance}, retry_after: 3s}}
  - {at: 55s, for: 10s, fault: {kind: ws-reorder, match: {venue: binance}, when: {every_nth: 5}}}
  - {at: 70s, for: 1s, fault: {kind: ws-disconnect, match: {venue: binance}}}
  - {at: 80s, for: 20s, fault: {kind: clock-skew, match: {venue: binance}, by: 5s}}
  - {at: 100s, rules: {symbol: BTC/USDT, tick: "0.1"}}
  - {at: 110s, for: 10s, halt: {symbol: BTC/USDT}}
  - {at: 125s, key: {account: alice, do: rotate, overlap: 10s}}
  - {at: 140s, balance: {account: alice, asset: USDT, withdraw: "5000"}}
  - {at: 150s, for: 10s, fault: {kind: downtime, match: {venue: binance}}}
  - {on: {event: order_accepted, account: alice, nth: 5}, fill: {ratio: "0.37"}}
expect:
  - {never: duplicate_order_intent, account: alice}
  - {never: request_before_retry_after, account: alice}
  - {never: withdraw_request, account: alice}
  - {within: 15s, after: response-lost, see: order_query_by_client_id, account: alice}
  - {within: 30s, after: ws-disconnect, see: reconnected, account: alice}
  - {at_end: {account: alice, open_orders: 0}}
"""


class ScriptedClient:
    """Alice's. ``transcript`` is everything that went over the wires, in order."""

    def __init__(self, world: PlayedWorld) -> None:
        self.world = world
        self.transcript: list[str] = []
        self.lost: list[str] = []
        """Client order ids whose fate is unknown."""
        self._line = world.wire()
        self._pending: str | None = None
        self._stream: StreamWire = world.stream("/stream?streams=btcusdt@depth/btcusdt@trade")
        self._places = 0

    def step(self, number: int) -> None:
        """One move of the script, then half a second."""
        self._listen()
        if self._pending is None:
            if self.lost:
                self._ask("GET", "/api/v3/order", origClientOrderId=self.lost[0])
            elif number % 3 == 0:
                self._place()
            elif number % 3 == 1:
                self._ask("GET", "/api/v3/openOrders")
            else:
                self._ask("DELETE", "/api/v3/openOrders")
        self.world.advance(STEP_NS)
        self._hear()

    def _place(self) -> None:
        self._places += 1
        tick = ".00" if self._places % 2 else ".10"
        side, price = ("BUY", "54000") if self._places % 2 else ("SELL", "66000")
        name = f"order-{self._places}"
        terms = {"side": side, "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.02", "price": price + tick}
        self._ask("POST", "/api/v3/order", newClientOrderId=name, **terms)
        self.lost.insert(0, name)

    def _ask(self, method: str, path: str, **params: str) -> None:
        key = self.world.key("alice")
        if self._line.end is not None:
            self._line = self.world.wire()
        params = {"symbol": "BTCUSDT", **params, "timestamp": str(self.world.now_ms)}
        query = "&".join(f"{name}={value}" for name, value in params.items())
        query += "&signature=" + hmac.new(key.material.reveal().encode(), query.encode(), sha256).hexdigest()
        data = f"{method} {path}?{query} HTTP/1.1\r\nHost: venue\r\nX-MBX-APIKEY: {key.api_key}\r\n\r\n".encode()
        self._pending = params.get("newClientOrderId") or params.get("origClientOrderId") or ""
        self._note(">", data)
        self._line.feed(data)

    def _hear(self) -> None:
        """The answer, if it has come; a connection that has ended answers nothing any more."""
        data = self._line.take()
        if data:
            self._note("<", data)
            self._settle(HttpAnswer(data))
            self._pending = None
        elif self._line.end is not None:
            self._note("!", (self._line.end or "").encode())
            self._pending = None

    def _settle(self, answer: HttpAnswer) -> None:
        known = answer.status == 200 or (answer.status == 400 and b'"code":-10' not in answer.body)
        if known and self._pending in self.lost:
            self.lost.remove(self._pending)

    def _listen(self) -> None:
        if not self._stream.is_accepted:
            self._stream.read_handshake()
        if self._stream.is_accepted:
            for text in self._stream.texts():
                self._note("~", text.encode())
        if self._stream.end is not None or self._stream.close_code is not None:
            self._stream.hang_up()
            self._note("!", b"stream")
            self._stream = self.world.stream("/stream?streams=btcusdt@depth/btcusdt@trade")

    def _note(self, mark: str, data: bytes) -> None:
        self.transcript.append(f"{self.world.now_ms} {mark} {data.decode('latin-1')}")


def play(seed: int, steps: int = 360) -> list[str]:
    """The whole story: the transcript, then what the runner says about it, then the world's digest."""
    world = PlayedWorld(parse_scenario(SCENARIO), seed)
    client = ScriptedClient(world)
    for number in range(steps):
        client.step(number)
    world.runner.judge.close()
    status: dict[str, Any] = world.runner.status()
    fired = [msgspec.json.encode(one.shown()).decode() for one in world.world.faults.timeline]
    notes = [f"{note.ts_ns} {note.action} {note.detail}" for note in world.world.journal.notes]
    return [*client.transcript, *fired, *notes, msgspec.json.encode(status).decode(), world.world.state_hash()]


if __name__ == "__main__":
    sys.stdout.buffer.write(("\n".join(play(int(sys.argv[1]))) + "\n").encode())
