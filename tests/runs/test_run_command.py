import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from command_line import PATIENCE_S, command, environment
from simexchange.runs.command import without_proxy

TESTS = Path(__file__).resolve().parent.parent
BOT = TESTS / "small_bot.py"
FAST = "version: 1\nname: tested\nclock: {mode: scaled, speed: 100}\n"


class Ran:
    """A run that is over."""

    def __init__(self, done: "subprocess.CompletedProcess[str]") -> None:
        self.code = done.returncode
        self.out = done.stdout
        self.err = done.stderr

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def arguments(folder: Path, scenario: str, *bot: str, options: tuple[str, ...] = ()) -> list[str]:
    path = folder / "tested.yaml"
    path.write_text(FAST + scenario)
    return command("run", *options, str(path), "--", sys.executable, str(BOT), *map(str, bot))


def run(folder: Path, scenario: str, *bot: str, options: tuple[str, ...] = ()) -> Ran:
    """Run the small bot in a scenario of these lines."""
    return Ran(
        subprocess.run(
            arguments(folder, scenario, *bot, options=options),
            env=environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
            cwd=folder,
        )
    )


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_bot_that_does_all_right_passes_and_its_output_passes_through(tmp_path: Path) -> None:
    expect = "expect: [{never: duplicate_order_intent}, {at_end: {account: alice, open_orders: 0}}]\n"
    ran = run(tmp_path, expect, "order", "a1", "cancel", "a1", "say", "goodbye")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "goodbye")
    lines = [" ".join(line.split()) for line in ran.err.splitlines() if line.strip()]
    assert lines[:3] == [
        "simexchange run: scenario tested, seed 42",
        "passed never duplicate_order_intent",
        "passed at the end alice has 0 open orders",
    ]
    assert lines[3].startswith("PASSED after ")
    assert lines[3].endswith(": the bot exited, 2 requests")


def test_an_expectation_that_failed_makes_it_one_with_the_evidence(tmp_path: Path) -> None:
    expect = "expect: [{never: order_placed, account: alice}, {at_end: {account: alice, open_orders: 0}}]\n"
    ran = run(tmp_path, expect, "order", "a1")
    assert ran.code == 1
    assert "FAILED   never order_placed (alice): seen: BTC/USDT a1 [journal " in ran.err
    assert "FAILED   at the end alice has 0 open orders: 1 are open on binance: a1" in ran.err


def test_a_lost_answer_that_is_looked_up_in_time(tmp_path: Path) -> None:
    scenario = (
        "timeline: [{at: 0s, fault: {kind: response-lost, match: {account: alice}, when: {count: 1}}}]\n"
        "expect: [{within: 1h, after: response-lost, see: order_query_by_client_id, account: alice}]\n"
    )
    good = run(tmp_path, scenario, "order", "a1", "look", "a1", options=("--json",))
    assert (good.code, good.json["outcome"]) == (0, "passed")
    assert [(one["state"], one["why"]) for one in good.json["expectations"]] == [("passed", "seen once")]
    assert any(
        "response-lost (timeline-1) strikes alice POST /api/v3/order a1" in one["text"]
        for one in good.json["happenings"]
    )
    bad = run(tmp_path, scenario, "order", "a1", options=("--json",))
    assert (bad.code, bad.json["outcome"]) == (1, "failed")
    assert "the bot exited before its time was over" in bad.json["failures"][0]


def test_a_bad_scenario_is_two_and_says_where(tmp_path: Path) -> None:
    ran = run(tmp_path, "timelime: []\n", "order", "a1")
    assert ran.code == 2
    assert "tested.yaml:4:1: timelime" in ran.err
    assert "did you mean 'timeline'?" in ran.err


def test_an_action_that_fails_makes_it_a_bad_scenario(tmp_path: Path) -> None:
    scenario = "timeline: [{at: 0s, delist: {symbol: SOL/USDT}}, {at: 0s, halt: {symbol: SOL/USDT}}]\nends_after: 5m\n"
    ran = run(tmp_path, scenario, "order", "a1", "stay", options=("--json",))
    assert (ran.code, ran.json["outcome"]) == (2, "bad scenario")
    done, failed = ran.json["entries"]
    assert done["state"] == "done"
    assert failed == {
        "id": "timeline-2",
        "when": "0s",
        "what": "halt SOL/USDT",
        "state": "failed",
        "at": "0s",
        "error": "SOL/USDT on binance is delisted for good",
    }
    assert "bad scenario: 0s halt SOL/USDT: SOL/USDT on binance is delisted for good" in ran.err


def test_a_bot_that_asks_nothing_never_connected(tmp_path: Path) -> None:
    ran = run(tmp_path, "", "say", "hello")
    assert (ran.code, ran.out) == (3, "hello\n")
    assert "the bot never connected" in ran.err


@pytest.mark.parametrize(("options", "code"), [((), 1), (("--ignore-bot-exit",), 0)])
def test_a_bot_that_fails_is_named(tmp_path: Path, options: tuple[str, ...], code: int) -> None:
    ran = run(tmp_path, "", "order", "a1", "exit", "7", options=options)
    assert ran.code == code
    assert "the bot exited with 7" in ran.err


def test_a_command_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    path = tmp_path / "tested.yaml"
    path.write_text(FAST)
    done = subprocess.run(
        command("run", str(path), "--", "no-such-bot"),
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (2, "simexchange: cannot run no-such-bot: No such file or directory\n")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--clock", "manual"), "nobody moves a manual clock while a bot runs: --clock scaled (or real)"),
        (("--timeout", "soon"), "--timeout: 'soon' is no duration"),
        (("--grace", "0s"), "--grace 0s leaves no time at all"),
        (("--junit", "no/where.xml"), "there is no folder"),
    ],
)
def test_options_that_make_no_sense_are_told(tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    ran = run(tmp_path, "", "order", "a1", options=options)
    assert ran.code == 2
    assert words in " ".join(ran.err.split())


def test_the_end_of_the_scenario_ends_the_bot_and_all_it_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    ran = run(
        tmp_path,
        "ends_after: 8m\nexpect: [{at_end: {account: alice, open_orders: 1}}]\n",
        *("order", "a1", "stubborn", "child", str(pids), "stay"),
        options=("--grace", "200ms", "--json"),
    )
    assert (ran.code, ran.json["ended_by"], ran.json["bot_exit"]) == (0, "the scenario ended", None)
    assert ran.json["elapsed"].startswith("8m")
    assert [is_alive(int(pid)) for pid in pids.read_text().split()] == [False, False]


def test_a_run_that_takes_too_long_is_cut_off(tmp_path: Path) -> None:
    ran = run(tmp_path, "", "order", "a1", "stay", options=("--timeout", "5s", "--json"))
    assert (ran.code, ran.json["ended_by"]) == (1, "the run took too long")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_ends_bot_and_world(tmp_path: Path, number: signal.Signals, code: int) -> None:
    pids = tmp_path / "pids"
    started = arguments(
        tmp_path, "", "order", "a1", "child", str(pids), "say", "ready", "stay", options=("--grace", "1s")
    )
    with subprocess.Popen(
        started, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        assert any(line == "ready\n" for line in lines)
        process.send_signal(number)
        _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == code
    assert "INTERRUPTED after" in errors
    assert [is_alive(int(pid)) for pid in pids.read_text().split()] == [False, False]


def test_reports_are_written_and_hold_what_they_must(tmp_path: Path) -> None:
    scenario = (
        'timeline: [{at: 0s, note: "a <b> & | c"}]\n'
        "expect: [{never: order_rejected}, {never: withdraw_request}, {report_card: {account: alice, at_least: B}}]\n"
    )
    ran = run(
        tmp_path,
        scenario,
        *("order", "a<&>1"),
        options=("--junit", "junit.xml", "--report", "report.md", "--bot-output", "bot.log"),
    )
    assert (ran.code, ran.out) == (1, "")
    assert "Illegal characters found in parameter 'newClientOrderId'" in (tmp_path / "bot.log").read_text()
    suite = ElementTree.fromstring((tmp_path / "junit.xml").read_bytes())[0]
    assert suite.attrib["tests"] == "4"
    assert "| 0s | note: a &lt;b> & \\| c |" in (tmp_path / "report.md").read_text()
    assert "1 of 3 expectations were skipped, which is not passed" in ran.err


def test_a_report_that_cannot_be_written_is_told_after_the_summary(tmp_path: Path) -> None:
    ran = run(tmp_path, "", "order", "a1", options=("--junit", ".", "--report", "fine.md"))
    assert ran.code == 1
    assert ran.err.endswith("simexchange: cannot write .: Is a directory\n")
    assert "PASSED after" in ran.err
    assert (tmp_path / "fine.md").read_text().startswith("# tested: passed")


def test_a_key_that_is_replaced_is_found_in_the_file_of_now(tmp_path: Path) -> None:
    scenario = "timeline: [{at: 20s, key: {account: alice, do: rotate, overlap: 1s}}]\n"
    ran = run(
        tmp_path,
        scenario,
        *(
            "order",
            "a1",
            "env",
            "SIMX_ENV_FILE",
            "env",
            "SIMX_BINANCE_ALICE_API_KEY",
            "wait-for",
            "keys.env",
            "nothing",
        ),
        options=("--env-out", "keys.env", "--timeout", "5s"),
    )
    _, file, old = ran.out.splitlines()
    assert file == str(tmp_path / "keys.env")
    lines = [line for line in Path(file).read_text().splitlines() if "ALICE_API_KEY" in line]
    assert len(lines) == 1
    assert lines[0] != f"SIMX_BINANCE_ALICE_API_KEY={old}"
    assert Path(file).stat().st_mode & 0o777 == 0o600
    assert "keys have changed" in ran.err


@pytest.mark.parametrize(
    ("environment", "exempt"),
    [
        ({}, None),
        ({"http_proxy": "http://proxy:3128"}, "127.0.0.1,localhost"),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "intern"}, "intern,127.0.0.1,localhost"),
        ({"ALL_PROXY": "socks5://proxy", "no_proxy": "*"}, "*"),
    ],
)
def test_a_bot_asks_no_proxy_for_the_exchange(environment: dict[str, str], exempt: str | None) -> None:
    expected = {} if exempt is None else {"no_proxy": exempt, "NO_PROXY": exempt}
    assert without_proxy(environment) == expected
