import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from command_line import environment, hear_interrupts

PATIENCE_S = 30


def test_the_exchange_of_the_first_failure_runs_on_until_somebody_ends_it(tmp_path: Path) -> None:
    (tmp_path / "test_kept.py").write_text(
        "def test_passes(simx):\n"
        "    pass\n\n"
        "def test_fails(simx):\n"
        "    simx.binance.place('alice', 'BTC/USDT', 'buy', '0.01', 30_000)\n"
        "    assert 0\n\n"
        "def test_never_run(simx):\n"
        "    pass\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--simx-keep", str(tmp_path)]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=hear_interrupts,
    )
    assert process.stdout is not None
    try:
        said = ""
        while "/faults/fired" not in said:
            ready, _, _ = select.select([process.stdout], [], [], PATIENCE_S)
            assert ready, said
            said += os.read(process.stdout.fileno(), 65_536).decode()
        assert "simexchange keeps the exchange of test_kept.py::test_fails running. Ctrl-C ends it." in said
        words = said[said.index("journal: curl") :].split("'")
        name, _, value = words[1].partition(": ")
        orders = words[3].replace("/journal?kind=request", "/venues/binance/accounts/alice/orders")
        with urlopen(Request(orders, headers={name: value}), timeout=PATIENCE_S) as answer:
            assert b'"price":"30000"' in answer.read()
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=PATIENCE_S)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stdout.close()
    assert "1 failed, 1 passed" in rest
    assert "--simx-keep: the exchange of test_kept.py::test_fails is kept" in rest


def test_where_nothing_fails_nothing_is_kept(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_passes(simx): pass\n\ndef test_fails_without_it(): assert 0\n")
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "--simx-keep")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.no_fnmatch_line("*simexchange keeps*")
