"""Runs the ``simexchange`` command in a process of its own, always within a time."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PATIENCE_S = 30


def environment(**more: str) -> dict[str, str]:
    """This process's environment without settings of the exchange, colours and proxies."""
    unwanted = ("SIMX_", "NO_COLOR", "TERM")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(unwanted) and not name.lower().endswith("_proxy")
    }
    return kept | {"NO_PROXY": "*", "TERM": "xterm", **more}


def hear_interrupts() -> None:
    """For ``preexec_fn``: a suite that was started in the background ignores SIGINT, and so would its children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "simexchange", *arguments]


def simexchange(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run to the end."""
    return subprocess.run(
        command(*arguments),
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


class Running:
    """A served exchange."""

    def __init__(self, process: "subprocess.Popen[bytes]", errors: Path) -> None:
        self._process = process
        self._errors = errors
        self.line = self._read_line()
        self.described: dict[str, Any] = json.loads(self.line)
        self.venue: dict[str, Any] = self.described["venues"]["binance"]
        self.port = int(self.venue["rest_url"].rpartition(":")[2])

    def _read_line(self) -> str:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE_S)
        line = self._process.stdout.readline() if ready else b""
        assert line, f"the exchange did not start: {self.log()}"
        return line.decode()

    def log(self) -> str:
        return self._errors.read_text()

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def end(self) -> tuple[int, bytes]:
        """Wait for the end: the exit code, and what else was written on standard output."""
        rest, _ = self._process.communicate(timeout=PATIENCE_S)
        return self._process.returncode, rest


@contextmanager
def running(folder: Path, *arguments: str, **variables: str) -> Iterator[Running]:
    """``simexchange serve --json`` on free ports, ready; killed in the end if it still runs."""
    errors = folder / "stderr.log"
    with errors.open("wb") as log:
        process = subprocess.Popen(
            command("serve", "--json", "--port-base", "0", *arguments),
            env=environment(**variables),
            stdout=subprocess.PIPE,
            stderr=log,
        )
    try:
        yield Running(process, errors)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=PATIENCE_S)
