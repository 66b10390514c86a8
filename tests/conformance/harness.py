"""Serves a venue in a process of its own, runs client scripts against it, and hands back what they saw."""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from client_environments import ROOT, client_python

TESTS = ROOT / "tests"
START_SECONDS = 60
STOP_SECONDS = 10
CLIENT_SECONDS = 120


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without settings of the exchange and without proxies."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SIMX_")}
    for name in list(kept):
        if name.lower().endswith("_proxy"):
            del kept[name]
    return kept | {"NO_PROXY": "*", **more}


@dataclass(frozen=True)
class Served:
    """A running exchange, as its own `--json` line describes it."""

    line: str
    pid: int


@contextmanager
def serve(log: Path, *options: str, through: Sequence[str] = ()) -> Iterator[Served]:
    """`simexchange serve --json --port-base 0`, stopped by its own handle whatever happens.

    `through` is a command that runs it in an environment of its own, and has its process id.
    """
    command = [*through, sys.executable, "-m", "simexchange", "serve", "--json", "--port-base", "0", *options]
    with log.open("w") as errors:
        process = subprocess.Popen(
            command, cwd=ROOT, env=clean_environment(), stdout=subprocess.PIPE, stderr=errors, text=True
        )
    try:
        yield Served(_first_line(process, log), process.pid)
        assert process.poll() is None, f"the exchange ended by itself:\n{_tail(log.read_text())}"
        assert "Traceback" not in log.read_text(), f"the exchange has a bug:\n{_tail(log.read_text())}"
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)
        if process.stdout:
            process.stdout.close()


def _first_line(process: "subprocess.Popen[str]", log: Path) -> str:
    """The one line on standard output, waited for in a thread because a pipe has no time limit of its own."""
    assert process.stdout is not None
    lines: queue.Queue[str] = queue.Queue()
    threading.Thread(target=lambda out: lines.put(out.readline()), args=(process.stdout,), daemon=True).start()
    try:
        line = lines.get(timeout=START_SECONDS)
    except queue.Empty:
        line = ""
    if not line:
        pytest.fail(f"the exchange did not start within {START_SECONDS} s:\n{_tail(log.read_text())}")
    return line


@dataclass(frozen=True)
class Seen:
    """One script's observations: a step has a value, or the exception the client raised."""

    steps: dict[str, dict[str, Any]]

    def value(self, step: str) -> Any:
        """What the step returned; fails where the client raised."""
        outcome = self._outcome(step)
        assert "raised" not in outcome, f"{step} raised {outcome['raised']}"
        return outcome["value"]

    def raised(self, step: str) -> dict[str, Any]:
        """class, classes, code, status and message of what the step raised; fails where it returned."""
        outcome = self._outcome(step)
        assert "raised" in outcome, f"{step} returned {outcome.get('value')!r:.500}"
        return outcome["raised"]  # type: ignore[no-any-return]

    def _outcome(self, step: str) -> dict[str, Any]:
        assert step in self.steps, f"the script ended before {step}; it got to {list(self.steps)[-1:]}"
        return self.steps[step]


Observe = Callable[[str, str, str], Seen]
"""(environment, script, flavor) -> what that client saw."""


def run_client(
    served: Served, environment: str, script: str, flavor: str, through: Sequence[str] = (), **variables: str
) -> Seen:
    """Runs conformance.clients.`script` in the client environment and returns what it observed.

    Skips where that environment could not be installed. Fails where the script broke, took longer than
    CLIENT_SECONDS, or tried to leave this machine.
    """
    command = [*through, str(client_python(environment)), "-m", f"conformance.clients.{script}", flavor]
    try:
        ended = subprocess.run(
            command,
            cwd=TESTS,
            env=clean_environment(SIMX_SERVED=served.line, **variables),
            capture_output=True,
            text=True,
            timeout=CLIENT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as slow:
        pytest.fail(f"{script} {flavor} did not end within {CLIENT_SECONDS} s:\n{_tail(slow.stderr)}")
    if ended.returncode != 0:
        pytest.fail(f"{script} {flavor} broke:\n{_tail(ended.stderr)}")
    report = json.loads(ended.stdout.splitlines()[-1])
    assert not report["escapes"], f"{script} {flavor} tried to leave this machine: {report['escapes']}"
    return Seen(report["steps"])


def _tail(output: str | bytes | None) -> str:
    text = output.decode(errors="replace") if isinstance(output, bytes) else output or ""
    return text[-3000:]
