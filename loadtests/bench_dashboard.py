"""What it costs the exchange that somebody looks: processor time of the server under a steady load of signed orders.

Contestants: nobody looking; one reader of /events, who hears of everything; and a whole dashboard, which reads /events
and asks for clock, candles, depth, orders, limits and sockets as often as the page does. Each round serves the same
load: 500 requests a second, which are 1,000 entries of the journal a second. How smooth the page itself stays is
measured in the browser: tests/dashboard.

Usage: python loadtests/bench_dashboard.py [--quick]
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, Final

from websockets.asyncio.client import connect

from benching import ROOT, Absent, Contest, Figures, amount, chosen_rounds, cpu_s, elapsed_s, options, table, verdict
from http_load import PINGS, Signer
from simexchange.services.clock import monotonic_ns

ROUNDS: Final = 5
SECONDS: Final = 6
QUICK_SECONDS: Final = 3
TICK_S: Final = 0.02
PER_TICK: Final = 10
NOBODY: Final = "nobody looks"
READER: Final = "one reader of /events"
PAGE: Final = "a whole dashboard"
GOAL_US: Final = 200.0
DEADLINE_S: Final = 240.0
WATCHED: Final = (
    (0.5, "/clock"),
    (1.0, "/scenario/status"),
    (1.0, "/venues/binance/instruments/BTC-USDT/candles?interval=1m&limit=3"),
    (0.5, "/venues/binance/instruments/BTC-USDT/depth?levels=14&account=alice"),
    (1.0, "/venues/binance/accounts/alice/activity?limit=60"),
    (1.0, "/venues/binance/limits"),
    (1.5, "/venues/binance/connections"),
)
"""What the page asks for, and every how many seconds."""


class Exchange:
    """One served exchange, in a process of its own."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "simexchange", "serve", "--json", "--port-base", "0", "--limits", "off"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise Absent("the exchange did not start")
        told: dict[str, Any] = json.loads(line)
        self.control = told["control_url"].removeprefix("http://")
        self.token = told["control_token"]
        venue = told["venues"]["binance"]
        self.venue = venue["rest_url"].removeprefix("http://")
        alice = next(account for account in venue["accounts"] if account["name"] == "alice")
        self.signer = Signer(self.venue, alice["api_key"], alice["api_secret"])

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


async def load(exchange: Exchange, seconds: int) -> int:
    """So many requests a second, whatever they take; how many were answered."""
    requests = exchange.signer.orders(int(seconds / TICK_S) * PER_TICK)[PINGS:]
    reader, writer = await asyncio.open_connection(*exchange.venue.split(":"))
    answered = 0

    async def read() -> None:
        nonlocal answered
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.split(b":")[1]))
            answered += 1

    reading = asyncio.create_task(read())
    began_ns = monotonic_ns()
    for at in range(0, len(requests), PER_TICK):
        writer.write(b"".join(requests[at : at + PER_TICK]))
        await asyncio.sleep(max(0.0, (at // PER_TICK + 1) * TICK_S - elapsed_s(began_ns)))
    await asyncio.sleep(5 * TICK_S)
    reading.cancel()
    writer.close()
    return answered


async def read_events(exchange: Exchange, heard: list[int]) -> None:
    headers = {"Authorization": f"Bearer {exchange.token}"}
    async with connect(f"ws://{exchange.control}/events", additional_headers=headers, max_size=None) as events:
        async for message in events:
            heard[0] += str(message).count("\n") + 1


async def ask(exchange: Exchange, every_s: float, path: str) -> None:
    """Like one of the page's panels, over a connection of its own."""
    reader, writer = await asyncio.open_connection(*exchange.control.split(":"))
    head = f"GET {path} HTTP/1.1\r\nHost: {exchange.control}\r\nAuthorization: Bearer {exchange.token}\r\n\r\n".encode()
    while True:
        writer.write(head)
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        assert answer.startswith(b"http/1.1 200"), path
        length = next(line for line in answer.split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        await asyncio.sleep(every_s)


Watch = Callable[[Exchange, list[int]], list[Awaitable[None]]]
WATCHES: Final[dict[str, Watch]] = {
    NOBODY: lambda _exchange, _heard: [],
    READER: lambda exchange, heard: [read_events(exchange, heard)],
    PAGE: lambda exchange, heard: [
        read_events(exchange, heard),
        *(ask(exchange, every_s, path) for every_s, path in WATCHED),
    ],
}


async def play(exchange: Exchange, watch: Watch, seconds: int) -> Figures:
    """Processor seconds of the server per second, and what a reader heard."""
    heard = [0]
    async with AsyncExitStack() as stack:
        for work in watch(exchange, heard):
            stack.callback(asyncio.ensure_future(work).cancel)
        await asyncio.sleep(0.3)
        heard[0] = 0
        before, began_ns = cpu_s(exchange.process.pid), monotonic_ns()
        answered = await load(exchange, seconds)
        took_s = elapsed_s(began_ns)
        used = cpu_s(exchange.process.pid) - before
    return {"cpu": used / took_s, "events": heard[0] / took_s, "answered": answered / took_s}


def main() -> None:
    chosen = options(__doc__, ROUNDS).parse_args()
    seconds = QUICK_SECONDS if chosen.quick else SECONDS
    exchange = Exchange()
    try:
        contest = Contest(NOBODY)
        for name, watch in WATCHES.items():
            contest.enter(name, lambda watch=watch: asyncio.run(play(exchange, watch, seconds)))  # type: ignore[misc]
        contest.run(chosen_rounds(chosen), DEADLINE_S)
    finally:
        exchange.stop()
    events = contest.median(READER, "events")
    cost = {
        name: (contest.median(name, "cpu") - contest.median(NOBODY, "cpu")) / events * 1e6 for name in (READER, PAGE)
    }
    rows = [
        (
            name,
            amount(contest.median(name, "answered")),
            amount(contest.median(name, "events")) if name != NOBODY else "",
            f"{100 * contest.median(name, 'cpu'):.1f} %",
            f"{cost[name]:.0f}" if name in cost else "",
        )
        for name in contest.names
    ]
    head = ("", "requests/s", "entries/s heard", "of one core", "us an entry")
    table("The server's processor time while somebody looks", head, rows)
    verdict("microseconds of the server's for an entry that a reader hears", cost[READER], GOAL_US, at_least=False)


if __name__ == "__main__":
    main()
