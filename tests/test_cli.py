import json
import os
import pty
import re
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest
from typer.main import get_command
from websockets.asyncio.client import connect

from client_environments import client_python
from command_line import PATIENCE_S, command, environment, running, simexchange
from fake_venue import HOST, Wire, connected, refused_or_ended, run
from simexchange import __version__
from simexchange.cli import app
from simexchange.transports.server import open_socket

GENEROUS_S = 5.0
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def fetch(url: str) -> object:
    with urlopen(url, timeout=PATIENCE_S) as response:
        return json.load(response)


def test_without_arguments_it_prints_help() -> None:
    ended = simexchange()
    assert ended.returncode == 0
    assert ended.stdout.startswith("Usage: simexchange [OPTIONS] COMMAND [ARGS]...")
    assert {"serve", "config", "coverage"} <= set(ended.stdout.split())
    assert ended.stderr == ""


def test_it_tells_its_version() -> None:
    assert simexchange("--version").stdout == f"simexchange {__version__}\n"


def test_help_documents_exit_codes_and_variables() -> None:
    text = " ".join(simexchange("serve", "--help").stdout.split())
    assert "Exit codes: 0 all went well, 1 it could not be done (a port is taken), 2 wrong usage." in text
    assert "env var: SIMX_PORT_BASE" in text


def test_every_option_of_serve_has_a_variable_of_its_name() -> None:
    serve = get_command(app).commands["serve"]  # type: ignore[attr-defined]  # the command is a group of them
    variables = {option.opts[0]: option.envvar for option in serve.params}
    assert len(variables) > 15
    assert variables == {name: f"SIMX_{name.removeprefix('--').replace('-', '_').upper()}" for name in variables}


def test_json_prints_one_line_and_what_it_says_is_served(tmp_path: Path) -> None:
    with running(tmp_path) as exchange:
        assert list(exchange.described) == [
            "version",
            "seed",
            "scenario",
            "control_url",
            "control_token",
            "venues",
        ]
        assert exchange.described["seed"] == 42
        assert list(exchange.venue) == ["rest_url", "ws_url", "symbols", "accounts"]
        accounts = {account["name"]: account for account in exchange.venue["accounts"]}
        assert list(accounts) == ["alice", "bob", "reader", "mallory", "locked"]
        assert accounts["mallory"]["permissions"] == ["read", "trade", "withdraw"]
        assert accounts["alice"]["balances"]["USDT"] == "100000"
        assert fetch(exchange.venue["rest_url"] + "/api/v3/ping") == {}
        ticker = fetch(exchange.venue["rest_url"] + "/api/v3/ticker/bookTicker?symbol=BTCUSDT")
        assert isinstance(ticker, dict)
        assert float(ticker["bidPrice"]) > 0
        assert fetch(exchange.described["control_url"] + "/health/ready") == {"status": "ready"}
        exchange.signal(signal.SIGTERM)
        assert exchange.end() == (0, b"")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_soon_with_open_sockets_and_a_request_in_flight(
    tmp_path: Path, number: signal.Signals
) -> None:
    async def work(port: int, ws_url: str) -> int | None:
        async with connect(ws_url + "/ws/btcusdt@trade") as client, connected(port) as wire:
            await wire.send(b"POST /api/v3/order HTTP/1.1\r\nContent-Length: 100\r\n\r\nsymbol=")
            exchange.signal(number)
            await client.wait_closed()
            assert await refused_or_ended(wire.read_to_end()) == b""
            return client.close_code

    with running(tmp_path) as exchange:
        started = time.perf_counter()
        closed = run(work(exchange.port, exchange.venue["ws_url"]))
        assert exchange.end() == (0, b"")
        took = time.perf_counter() - started
    assert closed == 1001
    assert took < GENEROUS_S
    assert "Traceback" not in exchange.log()


WITHOUT_ACCELERATORS = (
    "import sys; sys.modules.update(uvloop=None, httptools=None); from simexchange.cli import main; main()"
)


def test_it_serves_without_uvloop_and_httptools() -> None:
    async def work(port: int, ws_url: str) -> None:
        async with connected(port) as wire:
            await wire.send(b"GET /api/v3/ping HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
            assert [(await wire.read_reply())[::2] for _ in range(2)] == [(200, b"{}")] * 2
            await wire.send(b"\x16\x03\x01 no HTTP at all\r\n\r\n")
            assert (await wire.read_reply())[0] == 400
        async with connect(ws_url + "/ws") as client:
            await client.send('{"method":"LIST_SUBSCRIPTIONS","id":1}')
            assert json.loads(await client.recv()) == {"result": [], "id": 1}
            process.terminate()
            await client.wait_closed()
            assert client.close_code == 1001

    process = subprocess.Popen(
        [sys.executable, "-c", WITHOUT_ACCELERATORS, "serve", "--json", "--port-base", "0"],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        venue = json.loads(process.stdout.readline())["venues"]["binance"]
        run(work(int(venue["rest_url"].rpartition(":")[2]), venue["ws_url"]))
        out, errors = process.communicate(timeout=PATIENCE_S)
        assert (process.returncode, out) == (0, b"")
        assert b"Traceback" not in errors
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    async def until_told_to_go(wire: Wire) -> None:
        while (await wire.reader.readexactly(1)) != b"\x88":
            pass

    async def work(port: int) -> int:
        async with connected(port) as deaf:
            await deaf.send(HANDSHAKE)
            await deaf.reader.readuntil(b"\r\n\r\n")
            exchange.signal(signal.SIGINT)
            await until_told_to_go(deaf)
            exchange.signal(signal.SIGINT)
            return exchange.end()[0]

    with running(tmp_path) as exchange:
        assert run(work(exchange.port)) == 128 + signal.SIGINT


def test_env_out_is_a_private_file_with_the_same_facts(tmp_path: Path) -> None:
    file = tmp_path / "simx.env"
    with running(tmp_path, "--env-out", str(file)) as exchange:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        lines = dict(line.split("=", 1) for line in file.read_text().splitlines())
        alice = exchange.venue["accounts"][0]
        assert lines["SIMX_BINANCE_REST_URL"] == exchange.venue["rest_url"]
        assert lines["SIMX_BINANCE_ALICE_API_SECRET"] == alice["api_secret"]
        assert lines["SIMX_CONTROL_URL"] == exchange.described["control_url"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_env_out_that_cannot_be_written_fails(tmp_path: Path) -> None:
    file = tmp_path / "nowhere" / "simx.env"
    ended = simexchange("serve", "--port-base", "0", "--env-out", str(file))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.endswith(f"simexchange: cannot write {file}: No such file or directory\n")


def test_a_taken_port_is_explained_with_exit_code_1() -> None:
    with open_socket(HOST, 0) as taken:
        port = taken.getsockname()[1]
        ended = simexchange("serve", "--port-base", str(port))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert f"simexchange: port {port} on 127.0.0.1, wanted for control, is taken" in ended.stderr
    assert "--port-base (SIMX_PORT_BASE)" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("serve", "--venue", "nowhere"), "there is no venue 'nowhere'; there is binance"),
        (("serve", "--scenario", "doom"), "there is no scenario 'doom'; there is calm"),
        (("serve", "--limits", "everything"), "'everything' is none of: venue, off, name=number"),
        (("serve", "--log-level", "loud"), "--log-level is one of debug, info, warning, error"),
        (("serve", "--log-format", "xml"), "--log-format is one of console, json"),
        (("serve", "--port-base", "70000"), "--port-base"),
        (("serve", "--seed", "lucky"), "--seed"),
        (("serve", "--accounts", "-1"), "--accounts"),
        (("dance",), "No such command 'dance'"),
        (("config", "ccxt", "--account", "carol"), "binance has no account 'carol'; it has alice, bob"),
        (("config", "curl"), "there is no configuration 'curl'"),
        (("config", "pybit"), "it is a client of bybit, which this version does not serve"),
        (("config", "ccxt", "--port-base", "0"), "give --url"),
    ],
)
def test_wrong_usage_is_explained_with_exit_code_2(arguments: tuple[str, ...], complaint: str) -> None:
    ended = simexchange(*arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert complaint in ended.stderr
    assert "Traceback" not in ended.stderr


def test_every_option_can_be_an_environment_variable(tmp_path: Path) -> None:
    file = tmp_path / "simx.env"
    variables = {
        "SIMX_SEED": "7",
        "SIMX_ACCOUNTS": "2",
        "SIMX_HOST": "127.0.0.1",
        "SIMX_SCENARIO": "calm",
        "SIMX_VENUE": "binance",
        "SIMX_LIMITS": "request_weight=1",
        "SIMX_LOG_LEVEL": "error",
        "SIMX_ENV_OUT": str(file),
        "SIMX_JSON": "1",
    }
    with running(tmp_path, **variables) as exchange:
        assert exchange.described["seed"] == 7
        assert len(exchange.venue["accounts"]) == 7
        assert "SIMX_SEED=7\n" in file.read_text()
        assert fetch(exchange.venue["rest_url"] + "/api/v3/ping") == {}
        with pytest.raises(OSError, match="429"):
            fetch(exchange.venue["rest_url"] + "/api/v3/ping")


def test_keys_follow_from_the_seed_and_config_knows_them(tmp_path: Path) -> None:
    with running(tmp_path, "--seed", "9") as exchange:
        alice = exchange.venue["accounts"][0]
        url = exchange.venue["rest_url"]
    lines = simexchange("config", "env", "--seed", "9", "--url", url).stdout
    assert lines == (
        f"SIMX_BINANCE_REST_URL={url}\n"
        f"SIMX_BINANCE_WS_URL={exchange.venue['ws_url']}\n"
        f"SIMX_BINANCE_ALICE_API_KEY={alice['api_key']}\n"
        f"SIMX_BINANCE_ALICE_API_SECRET={alice['api_secret']}\n"
    )
    other = simexchange("config", "env", "--seed", "10", "--url", url).stdout
    assert alice["api_key"] not in other


ASK = {
    "ccxt": 'print(exchange.fetch_balance()["USDT"]["total"])',
    "python-binance": 'print(float(client.get_asset_balance("USDT")["free"]))',
    "binance-connector": 'print(float({b["asset"]: b["free"] for b in client.account()["balances"]}["USDT"]))',
}


@pytest.mark.parametrize(
    ("client", "where"), [("ccxt", "ccxt"), ("python-binance", "ccxt"), ("binance-connector", "connector")]
)
def test_pasted_configuration_works(tmp_path: Path, client: str, where: str) -> None:
    python = client_python(where)
    with running(tmp_path) as exchange:
        program = simexchange("config", client, "--url", exchange.venue["rest_url"]).stdout + ASK[client]
        ended = subprocess.run(
            [str(python), "-c", program],
            env=environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    assert (ended.stdout, ended.stderr) == ("100000.0\n", "")


def test_pasted_json_works_in_ccxt(tmp_path: Path) -> None:
    python = client_python("ccxt")
    with running(tmp_path) as exchange:
        settings = simexchange("config", "ccxt", "--format", "json", "--url", exchange.venue["rest_url"]).stdout
        ended = subprocess.run(
            [str(python), "-c", "import ccxt, json, sys; exchange = ccxt.binance(json.load(sys.stdin));" + ASK["ccxt"]],
            env=environment(),
            input=settings,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    assert (ended.stdout, ended.stderr) == ("100000.0\n", "")


def on_a_terminal(**variables: str) -> str:
    """What ``simexchange serve`` writes on a terminal until it is ready."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command("serve", "--port-base", "0"),
        env=environment(**variables),
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    try:
        text = b""
        while b"Ctrl-C stops" not in text:
            text += os.read(ours, 65_536)
        return text.decode()
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
        os.close(ours)


def test_the_banner_has_colour_on_a_terminal_unless_asked_not_to() -> None:
    assert "\x1b[" in on_a_terminal()
    assert "\x1b[" not in on_a_terminal(NO_COLOR="1")


def test_the_banner_is_plain_where_there_is_no_terminal(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w+b") as out:
        process = subprocess.Popen(
            command("serve", "--port-base", "0"), env=environment(), stdout=out, stderr=subprocess.DEVNULL
        )
        try:
            deadline = time.perf_counter() + PATIENCE_S
            while b"Ctrl-C" not in (text := (tmp_path / "out").read_bytes()) and time.perf_counter() < deadline:
                assert process.poll() is None
        finally:
            process.terminate()
            process.wait(PATIENCE_S)
    assert b"\x1b" not in text
    assert re.search(rb"binance  http://127\.0\.0\.1:\d+ +ws://127\.0\.0\.1:\d+  5\n", text)
    assert b"alice" in text


def test_secrets_stay_out_of_the_log_at_its_most_talkative(tmp_path: Path) -> None:
    async def work(port: int, ws_url: str, api_key: str, secret: str) -> None:
        async with connected(port) as wire:
            head = f"GET /api/v3/account?timestamp=1&signature={secret} HTTP/1.1\r\nX-MBX-APIKEY: {api_key}\r\n\r\n"
            await wire.send(head.encode())
            await wire.read_reply()
            await wire.send(f"{secret}\r\n\r\n".encode())
            await wire.read_to_end()
        async with connect(ws_url + "/ws-api/v3") as client:
            await client.send(json.dumps({"id": secret, "method": secret, "params": {"apiKey": api_key}}))
            await client.recv()
            await client.send(secret)

    with running(tmp_path, "--log-level", "debug") as exchange:
        alice = exchange.venue["accounts"][0]
        run(work(exchange.port, exchange.venue["ws_url"], alice["api_key"], alice["api_secret"]))
        exchange.signal(signal.SIGTERM)
        exchange.end()
        for account in exchange.venue["accounts"]:
            assert account["api_secret"] not in exchange.log()


def test_coverage_prints_and_checks_a_file(tmp_path: Path) -> None:
    assert simexchange("coverage").stdout.startswith("### Binance spot\n")
    assert set(json.loads(simexchange("coverage", "--json").stdout)) == {"binance"}
    file = tmp_path / "README.md"
    begin, end = "<!-- coverage: begin (written by `simexchange coverage --write`) -->", "<!-- coverage: end -->"
    file.write_text(f"{begin}\n{end}\n")
    assert simexchange("coverage", "--check", str(file)).returncode == 1
    assert simexchange("coverage", "--write", str(file)).stdout == f"{file}: renewed\n"
    assert simexchange("coverage", "--check", str(file)).stdout == f"{file}: up to date\n"
    file.write_text("nothing here\n")
    ended = simexchange("coverage", "--write", str(file))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "needs these two lines" in ended.stderr
    assert simexchange("coverage", "--check", str(tmp_path / "no.md")).returncode == 1
