"""A tiny signing client for the Binance dialect over the in-process wires of ``FaultBench``, on the manual clock.

It knows bytes, keys and timeouts, and decides nothing: what an answer means is its bot's business. Time passes only
while a bot waits (for an answer, or by ``sleep``); meanwhile ``while_waiting`` is called, so that streams are heard.
"""

import json
from collections.abc import Callable
from typing import Any, Final

from dialects.binance.rest_bench import Client
from fault_bench import FaultBench, HttpAnswer, StreamWire, Wire
from simexchange.services.clock import MILLISECOND, SECOND

TIMEOUT_NS: Final = 5 * SECOND
STEP_NS: Final = 20 * MILLISECOND
_PONG: Final = 0xA


class NoAnswer(Exception):
    """The connection ended, or nothing came in time: nobody knows what became of the request."""


class Answer:
    """A whole answer. ``json`` is None where the body is none."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes | str) -> None:
        self.status = status
        self.headers = headers
        try:
            self.json: Any = json.loads(body)
        except ValueError:
            self.json = None


class Refused(Exception):
    """A socket was not opened, or not subscribed."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.status} {answer.json}")
        self.answer = answer


class Socket:
    """A WebSocket that answers the venue's pings."""

    def __init__(self, wire: StreamWire) -> None:
        self._wire = wire

    @property
    def is_open(self) -> bool:
        return self._wire.end is None and self._wire.close_code is None

    def say(self, message: Any) -> None:
        self._wire.say(message)

    def messages(self) -> list[Any]:
        """What came since the last call, but for what is no JSON."""
        found = []
        for text in self._wire.texts():
            try:
                found.append(json.loads(text))
            except ValueError:
                continue
        while self._wire.pings and self.is_open:
            self._wire.frame(_PONG, self._wire.pings.pop(0))
        return found

    def close(self) -> None:
        self._wire.hang_up()


class VenueClient:
    """One machine with one account's key. ``offset_ms`` is what it believes the venue's clock to be ahead by."""

    def __init__(self, bench: FaultBench, keys: Client, uses_listen_key: bool = False) -> None:
        self.bench = bench
        self.keys = keys
        self.uses_listen_key = uses_listen_key
        self.offset_ms = 0
        self.while_waiting: Callable[[], object] = lambda: None
        self._wire: Wire | None = None

    @property
    def now_ns(self) -> int:
        """The machine's own clock."""
        return self.bench.clock.now_ns()

    def sleep(self, nanoseconds: int) -> None:
        self.sleep_until(self.now_ns + nanoseconds)

    def sleep_until(self, instant_ns: int) -> None:
        while self.now_ns < instant_ns:
            self._pass_time(min(5 * STEP_NS, instant_ns - self.now_ns))

    def ask(self, method: str, path: str, signed: bool = True, **params: Any) -> Answer:
        """Send a request on the connection that is kept open, or on a new one. Raises NoAnswer."""
        if signed:
            data = self.bench.request(self.keys, method, path, **({"timestamp": self._timestamp_ms} | params))
        else:
            query = "&".join(f"{name}={value}" for name, value in params.items())
            data = self.bench.raw(method, f"{path}?{query}" if query else path, self.keys.api_key)
        if self._wire is None or self._wire.end is not None:
            self._wire = self.bench.wire()
        wire = self._wire
        wire.take()
        wire.feed(data)
        if not self._within_timeout(lambda: wire.end is not None or _first_answer(wire.written) is not None):
            wire.hang_up()
        received = wire.take()
        first = _first_answer(received)
        if first is None:
            raise NoAnswer(f"{method} {path}: {len(received)} bytes came, then {wire.end}")
        if len(first) < len(received):
            wire.hang_up()
        answer = HttpAnswer(first)
        return Answer(answer.status, answer.headers, answer.body)

    def depth_stream(self) -> Socket:
        """Listen to the changes of the book. Raises Refused, NoAnswer."""
        return Socket(self._open("/ws/btcusdt@depth@100ms"))

    def user_stream(self) -> Socket:
        """Listen to the account. Raises Refused, NoAnswer."""
        if self.uses_listen_key:
            answer = self.ask("POST", "/api/v3/userDataStream", signed=False)
            if answer.status != 200:
                raise Refused(answer)
            return Socket(self._open(f"/ws/{answer.json['listenKey']}"))
        socket = Socket(self._open("/ws-api/v3"))
        params: dict[str, Any] = {"apiKey": self.keys.api_key, "timestamp": self._timestamp_ms}
        params["signature"] = self.keys.signer.sign("&".join(f"{name}={params[name]}" for name in sorted(params)))
        socket.say({"id": 1, "method": "userDataStream.subscribe.signature", "params": params})
        replies: list[Any] = []

        def is_decided() -> bool:
            replies.extend(socket.messages())
            return bool(replies) or not socket.is_open

        self._within_timeout(is_decided)
        if not replies:
            raise NoAnswer("subscribing to the user data")
        if replies[0]["status"] != 200:
            raise Refused(self._as_answer(replies[0]))
        return socket

    @property
    def _timestamp_ms(self) -> int:
        return self.now_ns // MILLISECOND + self.offset_ms

    def _open(self, path: str) -> StreamWire:
        wire = self.bench.stream(path)

        def is_decided() -> bool:
            if not wire.is_accepted and wire.refusal is None:
                wire.read_handshake()
            return wire.is_accepted or wire.refusal is not None or wire.end is not None

        if not self._within_timeout(is_decided):
            wire.hang_up()
        if wire.refusal is not None:
            raise Refused(Answer(wire.refusal.status, wire.refusal.headers, wire.refusal.body))
        if not wire.is_accepted:
            raise NoAnswer(path)
        return wire

    def _as_answer(self, reply: Any) -> Answer:
        """A refusal of the WebSocket API in the form of one of REST."""
        error = reply["error"]
        until_ms = error.get("data", {}).get("retryAfter")
        headers = {} if until_ms is None else {"retry-after": str(max(until_ms - self._timestamp_ms, 0) // 1000 + 1)}
        return Answer(reply["status"], headers, json.dumps({"code": error["code"], "msg": error["msg"]}))

    def _within_timeout(self, holds: Callable[[], bool]) -> bool:
        """Let time pass until something holds; False if it does not within the timeout."""
        until_ns = self.now_ns + TIMEOUT_NS
        while not holds():
            if self.now_ns >= until_ns:
                return False
            self._pass_time(STEP_NS)
        return True

    def _pass_time(self, nanoseconds: int) -> None:
        self.bench.advance(nanoseconds)
        self.while_waiting()


def _first_answer(data: bytes | bytearray) -> bytes | None:
    """The first whole answer of what came; None if it has not come yet."""
    head, end, body = bytes(data).partition(b"\r\n\r\n")
    if not end:
        return None
    size = int(HttpAnswer(head + end).headers["content-length"])
    return None if len(body) < size else head + end + body[:size]
