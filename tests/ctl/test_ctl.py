import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from command_line import PATIENCE_S, Running, command, environment, hear_interrupts, running, simexchange
from simexchange.cli import app
from simexchange.ctl.client import Client
from simexchange.ctl.faults import rule_of
from simexchange.ctl.output import flat
from simexchange.ctl.pairs import read_pairs

TOKEN = "chosen-for-tests"


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("ctl")
    with running(folder, "--clock", "manual", "--start", "2026-01-05T00:00:00Z", SIMX_CONTROL_TOKEN=TOKEN) as served:
        yield served


class Ended(NamedTuple):
    """What a command came to."""

    returncode: int
    stdout: str
    stderr: str


class Shell:
    """``simexchange ctl`` with the address and the token in the environment."""

    def __init__(self, exchange: Running) -> None:
        self.variables = {"SIMX_CONTROL_URL": exchange.described["control_url"], "SIMX_CONTROL_TOKEN": TOKEN}

    def run(self, *arguments: str) -> Ended:
        """In this process: starting one for each command would take most of the time."""
        ended = CliRunner().invoke(app, ["ctl", *arguments], env=self.variables, prog_name="simexchange")
        return Ended(ended.exit_code, ended.stdout, ended.stderr)

    def says(self, *arguments: str) -> str:
        """What it prints where all is well."""
        ended = self.run(*arguments)
        assert (ended.returncode, ended.stderr) == (0, ""), ended
        return ended.stdout

    def refuses(self, *arguments: str, code: int = 1) -> str:
        ended = self.run(*arguments)
        assert (ended.returncode, ended.stdout) == (code, ""), ended
        return ended.stderr


@pytest.fixture
def shell(exchange: Running) -> Shell:
    shell = Shell(exchange)
    shell.says("reset")
    return shell


def test_faults_are_armed_listed_and_removed(shell: Shell) -> None:
    said = shell.says(
        "faults", "add", "response-lost", "account=alice", "endpoint=POST /api/v3/order", "count=1", "ttl=9s"
    )
    assert said == (
        "fault-1: kind=response-lost match=account=alice endpoint=POST /api/v3/order when=count=1 effect=apply ttl=9s\n"
    )
    heads, row = (line.split("  ") for line in shell.says("faults", "list").splitlines())
    assert " ".join(heads).split() == ["id", "kind", "match", "when", "more", "matched", "fired", "live"]
    assert [cell.strip() for cell in row if cell] == [
        "fault-1",
        "response-lost",
        "account=alice endpoint=POST /api/v3/order",
        "count=1",
        "effect=apply ttl=9s",
        "0",
        "0",
        "yes",
    ]
    assert json.loads(shell.says("--json", "faults", "show", "fault-1"))["when"] == {"count": 1}
    assert "count=2" in shell.says("faults", "change", "fault-1", "count=2")
    assert shell.says("faults", "fired") == "nothing fired\n"
    assert shell.says("faults", "rm", "fault-1") == "fault-1 removed: 0 matched, 0 fired\n"
    assert shell.says("faults", "list") == "no faults\n"
    assert shell.says("faults", "clear") == "removed nothing\n"
    assert "response-lost" in shell.says("faults", "catalogue")
    assert "client_sees" in shell.says("faults", "catalogue", "response-lost")


def test_what_the_exchange_refuses_is_told_on_stderr_and_exits_with_1(shell: Shell) -> None:
    assert shell.refuses("faults", "add", "response-lots") == (
        "simexchange: kind: there is no fault 'response-lots'; did you mean 'response-lost'?\n"
    )
    assert shell.refuses("faults", "add", "response-lost", "acount=x") == (
        "simexchange: acount: response-lost has no such parameter; did you mean 'account'?\n"
    )
    assert shell.refuses("clock", "advance", "5") == (
        "simexchange: by: '5' is no duration: 400ms, 7s, 1m30s, 24h and 3d pass\n"
    )
    assert shell.refuses("orders", "place", "alice", "buy", "BTCUSDT", "0.01", "59000.001") == (
        "simexchange: price 59000.001 is not a multiple of 0.01 [price_off_tick]\n"
    )
    assert shell.refuses("get", "/nowhere") == (
        "simexchange: there is nothing at /nowhere; /docs lists what there is\n"
    )


def test_wrong_usage_exits_with_2(shell: Shell) -> None:
    assert "Missing argument" in shell.refuses("faults", "add", code=2)
    assert "is not name=value" in shell.refuses("faults", "add", "latency", "count", code=2)
    assert "No such command" in shell.refuses("fautls", code=2)
    assert "the body is not JSON" in shell.refuses("post", "/faults", "{", code=2)


def test_time_is_moved_and_the_world_goes_back(shell: Shell) -> None:
    assert shell.says("clock", "show").splitlines()[:4] == [
        "mode          manual",
        "speed         0",
        "scaled_speed  20",
        "now           2026-01-05T00:00:00Z",
    ]
    assert shell.says("clock", "advance", "1m30s").startswith("now 2026-01-05T00:01:30Z; ")
    assert shell.says("snapshot", "take") == "s1\n"
    assert shell.says("clock", "advance", "--to", "2026-01-05T00:02:00Z").startswith("now 2026-01-05T00:02:00Z; ")
    assert shell.says("snapshot", "list").splitlines() == ["id  taken", "s1  2026-01-05T00:01:30Z"]
    assert shell.says("snapshot", "revert", "s1") == "back at s1; now 2026-01-05T00:01:30Z\n"
    assert shell.says("snapshot", "drop", "s1") == "s1 dropped\n"
    assert shell.says("reset") == "back at the start; now 2026-01-05T00:00:00Z\n"
    assert "mode          manual" in shell.says("clock", "set", "manual")


def test_accounts_keys_and_orders(shell: Shell) -> None:
    made = json.loads(shell.says("--json", "accounts", "create", "carol", "USDT=1000"))
    assert made["balances"] == {"USDT": {"free": "1000", "held": "0"}}
    assert "1100" in shell.says("accounts", "deposit", "carol", "USDT=100")
    assert "1050" in shell.says("accounts", "withdraw", "carol", "USDT=50")
    listed = shell.says("accounts", "list")
    assert made["key"]["id"] in listed
    assert made["key"]["api_secret"] not in listed
    issued = json.loads(shell.says("--json", "keys", "issue", "carol", "--permission", "read", "--label", "bot"))
    assert issued["permissions"] == ["read"]
    assert json.loads(shell.says("--json", "keys", "rotate", "carol", "bot"))["label"] == "bot"
    assert "revoked" in shell.says("keys", "revoke", "carol", "bot")
    assert shell.says("orders", "list", "carol") == "no orders\n"
    shell.says("orders", "place", "carol", "buy", "BTCUSDT", "0.01", "50000", "--with", "client_order_id=7")
    assert [row.split()[1] for row in shell.says("orders", "list", "carol").splitlines()[1:]] == ["7"]
    assert "canceled" in shell.says("orders", "cancel", "carol", "7")
    assert shell.says("orders", "cancel", "carol") == "there were none\n"


def test_markets_are_moved_halted_and_changed(shell: Shell) -> None:
    assert shell.says("move", "BTCUSDT", "-12%", "--over", "10s") == (
        "BTC/USDT moves by -12% until 2026-01-05T00:00:10Z\n"
    )
    assert shell.says("halt", "BTCUSDT", "--for", "45s") == "BTC/USDT is halted\n"
    assert shell.says("resume", "BTCUSDT") == "BTC/USDT is continuous\n"
    changed = json.loads(shell.says("--json", "instruments", "set", "BTCUSDT", "tick=0.1", "market.levels=3"))
    assert (changed["rules"]["tick"], changed["market"]["levels"]) == ("0.1", 3)
    assert shell.says("delist", "ETHUSDT") == "ETH/USDT is delisted\n"
    assert "ETH/USDT  delisted" in shell.says("instruments", "list")


def test_what_happened_is_told_and_verified(shell: Shell) -> None:
    shell.says("orders", "place", "alice", "buy", "BTCUSDT", "0.01", "50000")
    line = shell.says("journal", "--limit", "1")
    assert line.split(maxsplit=3)[1:] == [
        "2026-01-05T00:00:00Z",
        "batch",
        "binance alice  place_order -> order_accepted, book_updated, balances_changed\n",
    ]
    assert json.loads(shell.says("--json", "journal", "--limit", "1"))["command"]["type"] == "place_order"
    assert shell.says("verify", "POST /api/v3/order", "--none") == "passed: 0 requests, none wanted\n"
    ended = shell.run("verify", "POST /api/v3/order")
    assert (ended.returncode, ended.stdout) == (1, "FAILED: 0 requests, at least 1 wanted\n")


def test_the_journal_is_followed(shell: Shell) -> None:
    follower = subprocess.Popen(
        command("ctl", "--json", "journal", "--follow", "--kind", "note"),
        env=environment(**shell.variables, PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=hear_interrupts,
    )
    try:
        assert follower.stdout is not None
        assert json.loads(follower.stdout.readline())["action"] == "reset"
        shell.says("reset")
        assert json.loads(follower.stdout.readline())["action"] == "reset"
        follower.send_signal(signal.SIGINT)
        assert follower.wait(PATIENCE_S) != 0
    finally:
        follower.kill()
        follower.communicate(timeout=PATIENCE_S)


def test_scenarios_are_shown_and_played(shell: Shell, tmp_path: Path) -> None:
    assert shell.says("scenario", "load", "flash-crash") == "flash-crash has begun\n"
    assert "flash-crash" in shell.says("scenario", "status")
    file = tmp_path / "mine.yaml"
    file.write_text("version: 1\nname: mine\n")
    assert shell.says("scenario", "load", str(file)) == "mine has begun\n"
    file.write_text("version: 2\nname: mine\n")
    assert shell.refuses("scenario", "load", str(file)).startswith("simexchange: 1 mistakes, of which the first: 1:10")
    bare = tmp_path / "bare"
    bare.write_text("version: 1\nname: bare\n")
    assert shell.says("scenario", "load", str(bare)) == "bare has begun\n", "a folder makes it a file, as with serve"
    assert "No such file" in shell.refuses("scenario", "load", "nowhere.json")
    shell.says("scenario", "load", "calm")


def test_an_exchange_that_is_not_there_is_explained() -> None:
    ended = simexchange("ctl", "--url", "http://127.0.0.1:1", "clock", "show")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        "simexchange: nobody listens at http://127.0.0.1:1: is `simexchange serve` running? Its control address is in"
        " its banner; --url or SIMX_CONTROL_URL names another\n"
    )
    ended = simexchange("ctl", "--url", "127.0.0.1:8787", "clock", "show")
    assert "is no address such as http://127.0.0.1:8787" in ended.stderr


def test_a_missing_token_is_explained(shell: Shell) -> None:
    ended = simexchange("ctl", "clock", "show", SIMX_CONTROL_URL=shell.variables["SIMX_CONTROL_URL"])
    told = "the control token is missing or wrong: give --token or SIMX_CONTROL_TOKEN; `simexchange serve` prints it"
    assert (ended.returncode, ended.stderr) == (1, f"simexchange: {told}\n")


def test_a_port_that_is_no_control_port_is_told(exchange: Running) -> None:
    ended = simexchange("ctl", "--url", exchange.venue["rest_url"], "--token", TOKEN, "clock", "show")
    assert ended.returncode == 1
    assert ended.stderr == "simexchange: the answer was 404, and not from a control port: ''\n"


def test_proxies_never_see_the_token(shell: Shell) -> None:
    proxies = {"http_proxy": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1"}
    ended = subprocess.run(
        command("ctl", "get", "/health/ready"),
        env={**os.environ, **shell.variables, **proxies},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert ended.returncode == 0


def test_help_loads_nothing_that_serves() -> None:
    heavy = ("starlette", "asyncio", "http.client", "simexchange.app")
    script = f"import sys; import simexchange.cli; print([name for name in {heavy} if name in sys.modules])"
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE_S, check=True
    )
    assert ended.stdout == "[]\n"


def test_pairs_are_sorted_into_the_parts_of_a_rule() -> None:
    assert rule_of(
        ["account=7", "connection=3", "count=1", "after=5s", "match.symbol=BTC/USDT", 'when.window=["1s","2s"]']
    ) == {
        "match": {"account": "7", "connection": 3, "symbol": "BTC/USDT"},
        "when": {"count": 1, "window": ["1s", "2s"]},
        "after": "5s",
    }


def test_pairs_are_json_where_they_read_as_json() -> None:
    assert read_pairs(["a=1", "b=true", "c=x", 'd="1"', "e.f=null", "g=1=2"], ["c"]) == {
        "a": 1,
        "b": True,
        "c": "x",
        "d": "1",
        "e": {"f": None},
        "g": "1=2",
    }


def test_mappings_are_told_in_a_line() -> None:
    assert flat({"a": 1, "b": None, "c": ["x", "y"], "d": True}) == "a=1 c=x, y d=yes"


def test_the_client_keeps_the_token_to_itself() -> None:
    assert TOKEN not in repr(Client("http://127.0.0.1:1", TOKEN, raw=False))
