import statistics
import subprocess
import sys

import simexchange
from command_line import environment
from simexchange.services.clock import MILLISECOND, monotonic_ns

ALLOWED_MS = 30
ROUNDS = 5


def python(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=60, check=True)


def import_us() -> int:
    """Microseconds that importing the plugin takes, with all it imports, where pytest is imported already."""
    ended = python("-X", "importtime", "-c", "import pytest; import simexchange.pytest_plugin")
    rows = (line.removeprefix("import time:").split("|") for line in ended.stderr.splitlines())
    times = {name.strip(): int(total) for _, total, name in rows if total.strip().isdigit()}
    return times["simexchange.pytest_plugin"]


def test_the_plugin_adds_little_to_the_start_of_every_pytest_run() -> None:
    took_us = statistics.median(import_us() for _ in range(ROUNDS))
    assert took_us < ALLOWED_MS * 1000, f"{took_us / 1000:.1f} ms"


def test_a_run_that_asks_for_no_fixture_imports_the_plugin_and_nothing_else() -> None:
    ended = python(
        "-c",
        "import sys, pytest; pytest.main(['--markers', '-p', 'no:cacheprovider']);"
        "print(sorted(name for name in sys.modules if name.partition('.')[0] in"
        " {'simexchange', 'msgspec', 'starlette', 'uvicorn', 'uvloop', 'websockets'}))",
    )
    assert ended.stdout.splitlines()[-1] == "['simexchange', 'simexchange.pytest_plugin']"


def test_a_reset_costs_a_test_about_a_millisecond() -> None:
    """Ten times what it takes where this was measured: a shared machine's pauses say nothing about the code."""
    with simexchange.serve(seed=7, clock="manual") as simx:
        times = []
        for _ in range(100):
            simx.binance.place("alice", "BTC/USDT", "buy", "0.01", 30_000)
            began = monotonic_ns()
            simx.reset()
            times.append(monotonic_ns() - began)
    assert statistics.median(times) < 10 * MILLISECOND, f"{statistics.median(times) / MILLISECOND:.2f} ms"
