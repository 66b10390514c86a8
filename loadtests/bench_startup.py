"""From the start of the process until it is ready, and until it stopped; what imports cost; an exchange in a fixture.

Usage: python loadtests/bench_startup.py [--quick]
"""

import asyncio
import contextlib
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benching import (
    STARTUP_S,
    Child,
    Contest,
    Figures,
    chosen_rounds,
    elapsed_s,
    middle,
    options,
    peers_python,
    report_absent,
    table,
    verdict,
)
from simexchange.app import Exchange, Options
from simexchange.services.clock import monotonic_ns
from simexchange.transports.server import new_event_loop

ROUNDS: Final = 7
FIXTURES: Final = 10
SHOWN: Final = 12

OURS: Final = "simexchange serve --json, the market seeded"
BARE: Final = "uvicorn and a bare ASGI callable"
MOTO: Final = "moto server"


def serve_round() -> Figures:
    """Milliseconds until the JSON line, until the first answer, and from SIGTERM to the end."""
    began_ns = monotonic_ns()
    child = Child(("-m", "simexchange", "serve", "--port-base", "0", "--json", "--log-level", "warning"), core=None)
    ready_s = elapsed_s(began_ns)
    try:
        with urllib.request.urlopen(child.ready["venues"]["binance"]["rest_url"] + "/api/v3/ping", timeout=10) as reply:
            reply.read()
        answered_s = elapsed_s(began_ns)
    finally:
        stopping_ns = monotonic_ns()
        child.stop()
    return {"ready": ready_s * 1e3, "answered": answered_s * 1e3, "stopped": elapsed_s(stopping_ns) * 1e3}


def server_round(name: str, python: Path | str) -> Callable[[], Figures]:
    def measure() -> Figures:
        began_ns = monotonic_ns()
        child = Child(("loadtests/http_servers.py", name), python=python, core=None)
        ready_s = elapsed_s(began_ns)
        try:
            host, _, port = child.ready["authority"].rpartition(":")
            with socket.create_connection((host, int(port)), timeout=10) as made:
                made.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                made.recv(1)
            answered_s = elapsed_s(began_ns)
        finally:
            stopping_ns = monotonic_ns()
            child.stop()
        return {"ready": ready_s * 1e3, "answered": answered_s * 1e3, "stopped": elapsed_s(stopping_ns) * 1e3}

    return measure


async def fixture() -> Figures:
    """The same exchange in this process, once its modules are known."""
    began_ns = monotonic_ns()
    exchange = Exchange(Options(port_base=0))
    await exchange.start()
    started_s, stopping_ns = elapsed_s(began_ns), monotonic_ns()
    await exchange.stop()
    return {"started": started_s * 1e3, "stopped": elapsed_s(stopping_ns) * 1e3}


def imports() -> list[tuple[str, float, float]]:
    """(module, own ms, ms with all it imports) of what serving imports, the dearest first."""
    program = "from simexchange import serving, app, scenario; from simexchange.dialects.binance import streams"
    program += "; from simexchange.transports import hot_path"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", program], capture_output=True, text=True, timeout=STARTUP_S
    )
    found = []
    for line in done.stderr.splitlines():
        own, _, rest = line.removeprefix("import time:").partition("|")
        total, _, name = rest.partition("|")
        if own.strip().isdigit():
            found.append((name.strip(), int(own) / 1e3, int(total) / 1e3))
    return found


def show_imports(found: list[tuple[str, float, float]]) -> None:
    packages: dict[str, list[float]] = {}
    for name, own, _ in found:
        packages.setdefault(name.partition(".")[0], []).append(own)
    dearest = sorted(packages.items(), key=lambda item: -sum(item[1]))[:SHOWN]
    everything = sum(own for _, own, _ in found)
    rows = [(name, str(len(owns)), f"{sum(owns):.1f}") for name, owns in dearest]
    rows.append(("everything", str(len(found)), f"{everything:.1f}"))
    table("Imports before serving (slower under the profile than without)", ("package", "modules", "own ms"), rows)


def main() -> int:
    chosen = options(__doc__, ROUNDS).parse_args()
    rounds = chosen_rounds(chosen)
    contest = Contest(BARE)
    contest.enter(BARE, server_round("bare", sys.executable))
    contest.enter(OURS, serve_round)
    python = peers_python()
    if python is None:
        contest.absent[MOTO] = "the peers' environment is missing; `make bench` makes it"
    else:
        contest.enter(MOTO, server_round("moto", python))
    contest.run(rounds, deadline_s=45)
    loop = new_event_loop()
    with contextlib.closing(loop):
        asyncio.set_event_loop(loop)
        runs = [loop.run_until_complete(fixture()) for _ in range(rounds if chosen.quick else FIXTURES)]
    table(
        "Process start and stop, in milliseconds",
        ("process", "ready", "first answer", "end after SIGTERM"),
        [
            (name, *(f"{contest.median(name, figure):.0f}" for figure in ("ready", "answered", "stopped")))
            for name in contest.names
        ],
    )
    report_absent(contest.absent)
    started, stopped = (middle(run[figure] for run in runs) for figure in ("started", "stopped"))
    table(
        "The whole exchange in a running process, in milliseconds",
        ("start", "stop"),
        [(f"{started:.1f}", f"{stopped:.1f}")],
    )
    show_imports(imports())
    print()
    verdict("process start to ready, s", contest.median(OURS, "ready") / 1e3, 0.5, at_least=False)
    verdict("stop inside a process, ms", stopped, 30, at_least=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
