"""Locust against a served exchange: a modest load without an error, a storm of refusals, workers, a recorded bot."""

import csv
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from client_environments import ROOT, client_python
from command_line import Running, environment, running, simexchange

pytestmark = pytest.mark.conformance

SECONDS = 6
PATIENCE_S = 60
LOADTESTS = ROOT / "loadtests"


@contextmanager
def exchange(folder: Path, *options: str) -> Iterator[Running]:
    with running(folder, "--accounts", "20", "--env-out", str(folder / "simx.env"), *options) as served:
        yield served


def command(file: Path, *options: str, seconds: int = SECONDS) -> list[str]:
    locust = client_python("locust").with_name("locust")
    return [str(locust), "-f", str(file), "--headless", "-t", f"{seconds}s", "--only-summary", *options]


def load(folder: Path, file: Path, *options: str, seconds: int = SECONDS) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command(file, "--csv", str(folder / "load"), *options, seconds=seconds),
        env=environment(SIMX_ENV_FILE=str(folder / "simx.env")),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def rows(folder: Path) -> dict[str, dict[str, str]]:
    """Locust's own figures, by name."""
    with (folder / "load_stats.csv").open(newline="") as file:
        return {row["Name"]: row for row in csv.DictReader(file)}


def test_a_modest_load_meets_no_error_and_the_report_says_where_the_limits_are(tmp_path: Path) -> None:
    html = tmp_path / "load.html"
    with exchange(tmp_path):
        ended = load(tmp_path, LOADTESTS / "locust_binance.py", "-u", "20", "-r", "20", "--html", str(html))
    assert ended.returncode == 0, ended.stderr[-3000:]
    total = rows(tmp_path)["Aggregated"]
    assert (int(total["Failure Count"]), int(total["Request Count"]) > 50) == (0, True)
    assert "of 6000: 9" in ended.stdout
    assert "0 refused with 429, 0 while banned (418)" in ended.stdout
    assert "POST /api/v3/order" in html.read_text()


def test_a_storm_of_refusals_is_measured_and_misses_its_level(tmp_path: Path) -> None:
    storm = tmp_path / "storm.py"
    storm.write_text(
        "from locust import constant, task\n"
        "from simexchange.locust import ExchangeUser, service_levels\n"
        "service_levels(failures=None, refused=0)\n"
        "class Hasty(ExchangeUser):\n"
        "    heeds_limits = False\n"
        "    wait_time = constant(0.02)\n"
        "    @task\n"
        "    def look(self):\n"
        "        self.call('GET', '/api/v3/ticker/price', symbol='BTCUSDT')\n"
    )
    with exchange(tmp_path, "--limits", "request_weight=60"):
        ended = load(tmp_path, storm, "-u", "10", "-r", "10", seconds=4)
    assert ended.returncode == 1
    assert "service level missed: 429 and 418: " in ended.stdout
    (line,) = [line for line in ended.stdout.splitlines() if "refused with 429" in line]
    limited, banned = _refusals(line)
    assert limited > 0
    assert banned > 0
    assert "429 -1003" in ended.stderr
    assert "418 -1003" in ended.stderr


def _refusals(line: str) -> tuple[int, int]:
    """``binance: 10 refused with 429, 5 while banned (418), ...``"""
    words = line.split()
    return int(words[1]), int(words[5])


def test_a_bot_that_heeds_the_limits_waits_and_is_never_banned(tmp_path: Path) -> None:
    patient = tmp_path / "patient.py"
    patient.write_text(
        "from locust import constant, task\n"
        "from simexchange.locust import ExchangeUser\n"
        "class Patient(ExchangeUser):\n"
        "    wait_time = constant(0.05)\n"
        "    @task\n"
        "    def look(self):\n"
        "        self.call('GET', '/api/v3/ticker/price', symbol='BTCUSDT')\n"
    )
    with exchange(tmp_path, "--limits", "request_weight=60"):
        ended = load(tmp_path, patient, "-u", "5", "-r", "5", seconds=4)
    (line,) = [line for line in ended.stdout.splitlines() if "refused with 429" in line]
    limited, banned = _refusals(line)
    assert 0 < limited <= 10
    assert banned == 0


def test_streams_are_listened_to_beside_the_requests(tmp_path: Path) -> None:
    with exchange(tmp_path):
        ended = load(tmp_path, LOADTESTS / "locust_mixed.py", "-u", "12", "-r", "12")
    assert ended.returncode == 0, ended.stderr[-3000:]
    found = rows(tmp_path)
    assert int(found["btcusdt@depth@100ms"]["Request Count"]) > 20
    assert int(found["connect"]["Failure Count"]) == 0


def test_two_workers_share_the_load_and_the_master_reports_for_both(tmp_path: Path) -> None:
    port = str(20_000 + os.getpid() % 20_000)
    with exchange(tmp_path):
        variables = environment(SIMX_ENV_FILE=str(tmp_path / "simx.env"))
        locust = client_python("locust").with_name("locust")
        worker = [str(locust), "-f", str(LOADTESTS / "locust_binance.py"), "--worker", "--master-port", port]
        workers = [
            subprocess.Popen(worker, env=variables, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            for _ in range(2)
        ]
        try:
            options = ("--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", port)
            more = ("--expect-workers", "2", "--expect-workers-max-wait", "20", "-u", "10", "-r", "10")
            ended = load(tmp_path, LOADTESTS / "locust_binance.py", *options, *more)
            codes = [process.wait(20) for process in workers]
        finally:
            for process in workers:
                if process.poll() is None:
                    process.kill()
                process.communicate()
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert codes == [0, 0]
    (line,) = [line for line in ended.stdout.splitlines() if "of weight in its busiest minute" in line]
    assert int(line.split()[1]) >= int(rows(tmp_path)["Aggregated"]["Request Count"]) // 2


def test_a_recorded_bot_runs_again_under_locust(tmp_path: Path) -> None:
    with exchange(tmp_path) as served:
        first = load(tmp_path, LOADTESTS / "locust_binance.py", "-u", "3", "-r", "3", seconds=4)
        assert first.returncode == 0, first.stderr[-3000:]
        told = simexchange(
            "ctl",
            "--url",
            served.described["control_url"],
            "--token",
            served.described["control_token"],
            "--json",
            "journal",
        )
        assert told.returncode == 0, told.stderr
        journal = tmp_path / "journal.json"
        journal.write_text(told.stdout)
        recorded = tmp_path / "recorded.py"
        made = simexchange("locustfile", str(journal), "--out", str(recorded))
        assert made.returncode == 0, made.stderr
        again = load(tmp_path, recorded, "-u", "2", "-r", "2", seconds=4)
    assert again.returncode == 0, again.stdout[-2000:] + again.stderr[-2000:]
    assert int(rows(tmp_path)["GET /api/v3/ticker/bookTicker"]["Request Count"]) > 0
