"""WebSocket fan-out beside websockets.broadcast and a floor without protocol; memory per connection; lag under load.

The subscribers are raw sockets in this process, on one core, the senders processes on another. A round lasts from the
word to send until the last subscriber has the last byte. Usage: python loadtests/bench_streams.py [--quick]
"""

import contextlib
import re
import selectors
import socket
import sys
from typing import Final

from benching import (
    Absent,
    Child,
    Contest,
    Figures,
    amount,
    chosen_rounds,
    cpu_s,
    elapsed_s,
    options,
    pin,
    resident_bytes,
    table,
    verdict,
)
from simexchange.services.clock import WorldClock, monotonic_ns
from simexchange.transports.outbox import text_frame
from stream_servers import MESSAGE

ROUNDS: Final = 6
SUBSCRIBERS: Final = 1_000
MESSAGES: Final = 150
A_TURN: Final = 5
LISTENERS: Final = 100
SAMPLED: Final = 10
RATE: Final = 1_000
PATIENCE_S: Final = 20.0

FLOOR: Final = "raw asyncio floor"
LIBRARY: Final = "websockets.broadcast"
OURS: Final = "ours"
SENDERS: Final = {LIBRARY: "websockets", OURS: "ours", FLOOR: "floor"}
STREAMS: Final = "btcusdt@depth@100ms/btcusdt@trade/btcusdt@ticker&timeUnit=MICROSECOND"
_EVENT_TIME: Final = re.compile(rb'"E":(\d{16})')


def subscribe(authority: str, target: str) -> socket.socket:
    """A socket whose handshake is done."""
    host, _, port = authority.rpartition(":")
    made = socket.create_connection((host, int(port)), timeout=10)
    made.sendall(
        f"GET {target} HTTP/1.1\r\nHost: {authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += made.recv(4_096)
    if b" 101 " not in answer.partition(b"\r\n")[0]:
        raise Absent(f"refused: {answer[:80]!r}")
    made.setblocking(False)
    return made


class Audience:
    """The subscribers of one sender."""

    def __init__(self, child: Child, count: int) -> None:
        self.child = child
        before = resident_bytes(child.pid)
        self.sockets = [subscribe(child.ready["authority"], "/ws") for _ in range(count)]
        self.bytes_each = (resident_bytes(child.pid) - before) / count
        self._selector = selectors.DefaultSelector()
        for one in self.sockets:
            self._selector.register(one, selectors.EVENT_READ)

    def hear(self, messages: int, a_turn: int) -> Figures:
        """Have so many messages sent, and take in every one of them."""
        left = messages * len(self.sockets) * len(text_frame(MESSAGE))
        cpu, began_ns = cpu_s(self.child.pid), monotonic_ns()
        self.child.tell({"messages": messages, "a_turn": a_turn})
        while left > 0:
            ready = self._selector.select(1.0)
            for key, _ in ready:
                left -= len(key.fileobj.recv(1 << 18))  # type: ignore[union-attr]
            if elapsed_s(began_ns) > PATIENCE_S:
                raise Absent(f"{left} bytes never came")
        took_s = elapsed_s(began_ns)
        self.child.hear()
        sent = messages * len(self.sockets)
        return {"rate": sent / took_s, "cpu": (cpu_s(self.child.pid) - cpu) * 1e6 / sent}

    def close(self) -> None:
        self._selector.close()
        for one in self.sockets:
            one.close()


def fan_out(rounds: int) -> tuple[Contest, Contest, dict[str, float]]:
    single, coalesced, weights = Contest(LIBRARY), Contest(LIBRARY), {}
    with contextlib.ExitStack() as stack:
        for name, sender in SENDERS.items():
            child = stack.enter_context(Child(("loadtests/stream_servers.py", sender)))
            audience = Audience(child, SUBSCRIBERS)
            stack.callback(audience.close)
            weights[name] = audience.bytes_each
            audience.hear(A_TURN, 1)
            single.enter(name, lambda audience=audience: audience.hear(MESSAGES, 1))  # type: ignore[misc]
            coalesced.enter(name, lambda audience=audience: audience.hear(MESSAGES, A_TURN))  # type: ignore[misc]
        single.run(rounds, deadline_s=45)
        coalesced.run(rounds, deadline_s=45)
    return single, coalesced, weights


def lag(kind: str, seconds: int) -> Figures:
    """Milliseconds from a message's event time until a subscriber has it, over depth, trades and tickers."""
    clock, lags = WorldClock(), list[int]()
    with Child(("loadtests/stream_servers.py", "exchange")) as child, contextlib.ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        before = resident_bytes(child.pid)
        for number in range(LISTENERS):
            one = stack.enter_context(subscribe(child.ready["authority"], f"/stream?streams={STREAMS}"))
            selector.register(one, selectors.EVENT_READ, number % (LISTENERS // SAMPLED) == 0)
        bytes_each = (resident_bytes(child.pid) - before) / LISTENERS
        child.tell({"kind": kind, "rate": RATE, "seconds": seconds})
        began_ns = monotonic_ns()
        while elapsed_s(began_ns) < seconds:
            for key, _ in selector.select(0.1):
                data = key.fileobj.recv(1 << 18)  # type: ignore[union-attr]
                if key.data:
                    now_us = clock.now_ns() // 1_000
                    lags += [now_us - int(sent) for sent in _EVENT_TIME.findall(data)]
        child.hear()
    if len(lags) < LISTENERS:
        raise Absent("hardly a message came")
    lags.sort()
    return {
        "messages": len(lags) * LISTENERS / SAMPLED / seconds,
        "p50": lags[len(lags) // 2] / 1e3,
        "p99": lags[len(lags) * 99 // 100] / 1e3,
        "bytes": bytes_each,
    }


def show_fan_out(single: Contest, coalesced: Contest, weights: dict[str, float]) -> None:
    rows = [
        (
            name,
            amount(single.median(name, "rate")),
            f"{single.ratio(name, 'rate'):.2f}",
            f"{single.median(name, 'cpu'):.1f}",
            amount(coalesced.median(name, "rate")),
            f"{coalesced.ratio(name, 'rate'):.2f}",
            f"{weights[name] / 1024:.1f}",
        )
        for name in single.names
    ]
    table(
        f"One 200-byte message to {SUBSCRIBERS} subscribers, without compression, all on uvloop",
        ("sender", "msg/s", "ratio", "sender us/msg", f"msg/s, {A_TURN} a turn", "ratio", "KB a connection"),
        rows,
    )
    print()
    verdict("fan-out, times websockets.broadcast", single.ratio(OURS, "rate"), 1.2)
    verdict(f"fan-out of {A_TURN} messages a turn, times websockets.broadcast", coalesced.ratio(OURS, "rate"), 3)


def show_lag(figures: dict[str, Figures]) -> None:
    table(
        f"The exchange at {RATE} events/s, {LISTENERS} subscribers of depth, trades and ticker",
        ("events", "msg/s", "p50 ms", "p99 ms", "KB a connection"),
        [
            (name, amount(one["messages"]), f"{one['p50']:.2f}", f"{one['p99']:.2f}", f"{one['bytes'] / 1024:.1f}")
            for name, one in figures.items()
        ],
    )
    print()
    for name, one in figures.items():
        verdict(f"p99 lag in ms, {name}", one["p99"], 10, at_least=False)
    worst = max(one["bytes"] for one in figures.values())
    verdict("KB a connection of the exchange", worst / 1024, 30, at_least=False)


def main() -> int:
    chosen = options(__doc__, ROUNDS).parse_args()
    pin(1)
    show_fan_out(*fan_out(chosen_rounds(chosen)))
    seconds = 3 if chosen.quick else 8
    show_lag({"orders, one in ten a trade": lag("mixed", seconds), "every event a trade": lag("trade", seconds)})
    return 0


if __name__ == "__main__":
    sys.exit(main())
