"""What the pytest fixture costs: a start of pytest, a server, a test's reset, and the calls of a handle.

Time stands still, as it does in the fixture, and moves by five seconds between two resets.
Usage: python loadtests/bench_fixture.py [--quick]
"""

import subprocess
import sys
from collections.abc import Callable
from typing import Final

import simexchange
from benching import chosen_rounds, elapsed_s, middle, options, table, verdict
from simexchange.handle.simx import Simx
from simexchange.services.clock import monotonic_ns

ROUNDS: Final = 300
QUICK_ROUNDS: Final = 50
IMPORTS: Final = 7
SERVERS: Final = 20
RESET: Final = "reset after an order and 5 s"
DEPTH: Final = "/api/v3/depth?symbol=BTCUSDT&limit=5"


def timed(action: Callable[[], object]) -> float:
    """Milliseconds."""
    began_ns = monotonic_ns()
    action()
    return elapsed_s(began_ns) * 1e3


def import_ms() -> float:
    """The plugin and all it imports, in a process that has pytest already."""
    code = "import pytest; import simexchange.pytest_plugin"
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    rows = (line.removeprefix("import time:").split("|") for line in ended.stderr.splitlines())
    return next(int(total) for _, total, name in rows if name.strip() == "simexchange.pytest_plugin") / 1e3


def server_ms() -> tuple[float, float]:
    """Until it is served, and until it has ended."""
    serving = simexchange.serve(seed=7, clock="manual")
    started = timed(serving.__enter__)
    return started, timed(lambda: serving.__exit__(None, None, None))


def measure(simx: Simx, rounds: int) -> dict[str, list[float]]:
    """A short test and its reset, round by round; then each call once a round."""
    import httpx

    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        simx.binance.place("alice", "BTC/USDT", "buy", "0.01", 30_000)
        simx.advance("5s")
        found.setdefault(RESET, []).append(timed(simx.reset))
    with (
        httpx.Client(base_url=simx.binance.rest_url, trust_env=False) as socketed,
        httpx.Client(
            base_url=simx.binance.rest_url, transport=simx.binance.httpx_transport(), trust_env=False
        ) as socketless,
    ):
        calls: dict[str, Callable[[], object]] = {
            "place an order": lambda: simx.binance.place("alice", "BTC/USDT", "buy", "0.01", 30_000),
            "read open orders": lambda: simx.binance.orders("alice"),
            "arm a fault": lambda: simx.faults.add("response-lost", account="bob", count=1),
            "advance by 5 s": lambda: simx.advance("5s"),
            "verify": lambda: simx.verify("GET", "/api/v3/depth", at_most=1000),
            "a client's request, by httpx": lambda: socketed.get(DEPTH),
            "the same without a socket": lambda: socketless.get(DEPTH),
            "reset after all of these": simx.reset,
        }
        for _ in range(rounds):
            for name, call in calls.items():
                found.setdefault(name, []).append(timed(call))
    return found


def main() -> int:
    chosen = options(__doc__, ROUNDS, QUICK_ROUNDS).parse_args()
    rounds = chosen_rounds(chosen)
    imports = [import_ms() for _ in range(IMPORTS)]
    first, _ = server_ms()
    starts, stops = zip(*(server_ms() for _ in range(SERVERS)), strict=True)
    with simexchange.serve(seed=7, clock="manual") as simx:
        found = measure(simx, rounds)
    rows = [("import the plugin", imports), ("start a server", starts), ("stop it", stops), *found.items()]
    table(
        f"The fixture, in milliseconds, {rounds} rounds",
        ("what", "median", "slowest"),
        [
            ("start the first server of a process, imports included", f"{first:.0f}", "-"),
            *((what, f"{middle(values):.2f}", f"{max(values):.2f}") for what, values in rows),
        ],
    )
    print()
    verdict("import of the plugin, ms", middle(imports), 30, at_least=False)
    verdict(f"{RESET}, ms", middle(found[RESET]), 1, at_least=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
