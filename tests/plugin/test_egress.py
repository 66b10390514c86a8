import asyncio
import http.client
import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvloop

from client_environments import ROOT, client_python
from command_line import environment
from simexchange.plugin.egress import EgressGuard, EgressRefused, EgressWarning
from simexchange.plugin.egress_hints import hints, venue_of
from simexchange.plugin.hosts import Allowed, is_own

REAL = "api.binance.com"
FOREIGN = "192.0.2.7"
"""An address of documentation: it is nobody's."""


@pytest.fixture
def guard() -> Iterator[EgressGuard]:
    with EgressGuard() as guard:
        yield guard


@pytest.fixture
def listening() -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()


def by_uvloop(host: str) -> None:
    async def connect() -> None:
        await asyncio.get_running_loop().create_connection(asyncio.Protocol, host, 443)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(connect())


def by_uvloops_resolver(host: str) -> None:
    async def resolve() -> None:
        await asyncio.get_running_loop().getaddrinfo(host, 443)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(resolve())


def by_uvloops_sock_connect(host: str) -> None:
    async def connect() -> None:
        with socket.socket() as client:
            client.setblocking(False)
            await asyncio.get_running_loop().sock_connect(client, (host, 443))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(connect())


def by_asyncio(host: str) -> None:
    async def connect() -> None:
        await asyncio.open_connection(host, 443)

    asyncio.run(connect())


def by_asyncios_sock_connect(host: str) -> None:
    async def connect() -> None:
        with socket.socket() as client:
            client.setblocking(False)
            await asyncio.get_running_loop().sock_connect(client, (host, 443))

    asyncio.run(connect())


def by_httpx(host: str) -> None:
    httpx.get(f"https://{host}/api/v3/time", trust_env=False)


def by_http_client(host: str) -> None:
    http.client.HTTPConnection(host).request("GET", "/")


def by_datagram(host: str) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.sendto(b"x", (host, 53))


def by_connect_ex(host: str) -> None:
    with socket.socket() as client:
        client.connect_ex((host, 443))


def by_gethostbyname(host: str) -> None:
    socket.gethostbyname(host)


WAYS = [
    by_uvloop,
    by_uvloops_resolver,
    by_uvloops_sock_connect,
    by_asyncio,
    by_asyncios_sock_connect,
    by_httpx,
    by_http_client,
    by_datagram,
    by_connect_ex,
    by_gethostbyname,
]


@pytest.mark.parametrize("host", [REAL, FOREIGN])
@pytest.mark.parametrize("way", WAYS)
def test_no_way_leads_to_another_machine(guard: EgressGuard, way: Any, host: str) -> None:
    with pytest.raises(EgressRefused) as refused:
        way(host)
    assert f"was about to reach {host}" in str(refused.value)
    assert guard.take_refused() == [host]


def test_a_real_exchange_is_named_with_what_to_do_about_each_client(guard: EgressGuard) -> None:
    with pytest.raises(EgressRefused) as refused:
        socket.getaddrinfo(REAL, 443)
    first, *rest = str(refused.value).splitlines()
    assert first == (
        "a test that uses simexchange was about to reach api.binance.com, which is the real binance; it may reach this"
        " machine alone."
    )
    assert rest == [
        "  point the client at simx.binance.rest_url and simx.binance.ws_url",
        "  To allow it: simx_allow_hosts = api.binance.com in pytest's ini file; --simx-allow-egress allows all.",
    ]
    guard.take_refused()


def test_the_client_that_calls_is_told_what_to_override() -> None:
    frames: dict[str, Any] = {}
    code = "import sys\ndef call():\n    return sys._getframe()\n"
    for module in ("ccxt.base.exchange", "binance.base_client", "binance.api", "pybit._http_manager", "krakenex.api"):
        namespace: dict[str, Any] = {"__name__": module}
        exec(code, namespace)
        frames[module] = namespace["call"]()
    assert hints(REAL, frames["ccxt.base.exchange"])[0].startswith('ccxt: take simx.binance.ccxt("alice")')
    assert hints(REAL, frames["binance.base_client"])[0].startswith("python-binance: take simx.binance.python_binance(")
    assert hints(REAL, frames["binance.api"])[0].startswith("binance-connector: take simx.binance.connector(")
    assert hints("api.bybit.com", frames["pybit._http_manager"]) == [
        "pybit: set HTTP(...).endpoint to simx.bybit.rest_url"
    ]
    assert hints("api.kraken.com", frames["krakenex.api"]) == ["krakenex: set API(...).uri to simx.kraken.rest_url"]
    assert hints("example.com", frames["ccxt.base.exchange"]) == []


@pytest.mark.parametrize(
    ("host", "venue"),
    [
        ("api.binance.com", "binance"),
        ("STREAM.BINANCE.COM.", "binance"),
        ("testnet.binance.vision", "binance"),
        ("stream.bybit.com", "bybit"),
        ("ws.okx.com", "okx"),
        ("okx.com", "okx"),
        ("ws-auth.kraken.com", "kraken"),
        ("example.com", None),
        ("notbinance.com", None),
    ],
)
def test_hosts_of_real_exchanges_are_known(host: str, venue: str | None) -> None:
    assert venue_of(host) == venue


@pytest.mark.parametrize(
    ("host", "own"),
    [
        (None, True),
        ("", True),
        ("localhost", True),
        (b"localhost", True),
        ("api.localhost", True),
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("::1%lo", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", True),
        (socket.gethostname(), True),
        ("192.168.1.4", False),
        ("::ffff:192.0.2.7", False),
        ("localhost.example.com", False),
        (REAL, False),
        (7, False),
    ],
)
def test_this_machine_is_told_from_others(host: Any, own: bool) -> None:
    assert is_own(host) is own


def test_this_machine_and_its_sockets_are_reached(guard: EgressGuard, listening: tuple[str, int]) -> None:
    host, port = listening
    socket.create_connection(("localhost", port)).close()
    by = {socket.AF_UNIX: "\0simexchange-nobody"} if hasattr(socket, "AF_UNIX") else {}
    for family, address in by.items():
        with socket.socket(family) as client, pytest.raises(ConnectionRefusedError):
            client.connect(address)

    async def connect() -> None:
        _, writer = await asyncio.open_connection(host, port)
        writer.close()
        await writer.wait_closed()

    asyncio.run(connect())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(connect())
    assert guard.take_refused() == []


def test_names_addresses_and_networks_can_be_allowed() -> None:
    allowed = Allowed(["api.example.com", "*.example.org", "192.0.2.0/24", "2001:db8::1"])
    assert all(
        host in allowed for host in ("API.example.com.", "a.b.example.org", FOREIGN, b"192.0.2.9", "2001:db8::1")
    )
    assert not any(host in allowed for host in ("example.com", "example.org", "192.0.3.7", "2001:db8::2", REAL))


def test_what_an_allowed_name_resolves_to_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[Any] = []
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (FOREIGN, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)
    monkeypatch.setattr(socket.socket, "connect", lambda own, address: reached.append(address))
    with EgressGuard(["api.example.com"]):
        with pytest.raises(EgressRefused):
            socket.create_connection((FOREIGN, 443))
        socket.create_connection(("api.example.com", 443)).close()
        socket.create_connection((FOREIGN, 443)).close()
    assert reached == [(FOREIGN, 443)] * 2


def test_the_guard_leaves_nothing_behind_and_does_nothing_when_it_is_off() -> None:
    def state() -> list[Any]:
        owners = (socket, socket.socket, uvloop.Loop)
        names = ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "connect", "connect_ex", "sendto", "sock_connect")
        return [(owner, name, vars(owner).get(name)) for owner in owners for name in (*names, "create_connection")]

    before = state()
    with EgressGuard(is_off=True):
        assert state() == before
    with EgressGuard():
        assert state() != before
    assert state() == before


def test_a_refusal_that_is_swallowed_is_told_as_a_warning(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import socket
        import pytest

        def reach(host):
            try:
                socket.getaddrinfo(host, 443)
            except Exception:
                return "swallowed"

        def test_bot_swallows(simx):
            assert reach("api.binance.com") == "swallowed"

        def test_bot_does_not(simx):
            socket.getaddrinfo("api.kraken.com", 443)

        def test_allowed(simx, monkeypatch):
            with pytest.raises(OSError):
                socket.create_connection(("127.0.0.1", 9))
            with pytest.raises(RuntimeError, match="was about to reach"):
                socket.create_connection(("192.0.2.7", 9))

        def test_that_does_not_use_it():
            assert socket.getaddrinfo.__module__ == "socket"
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-W", "default")
    result.assert_outcomes(passed=3, failed=1, warnings=2)
    result.stdout.fnmatch_lines(
        [
            "E *EgressRefused: a test that uses simexchange was about to reach api.kraken.com, which*",
            "*simexchange*",
            "hosts refused:",
            "  api.kraken.com",
            "*EgressWarning: kept from reaching api.binance.com, and the error was caught",
        ]
    )


def test_egress_can_be_allowed_by_host_and_altogether(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nsimx_allow_hosts =\n    192.0.2.0/24\n    *.example.com\n")
    pytester.makepyfile(
        """
        import socket

        def test_socket(simx, monkeypatch):
            with socket.socket() as client:
                client.setblocking(False)
                assert client.connect_ex(("192.0.2.7", 9)) != 0

        def test_altogether(simx):
            with socket.socket() as client:
                client.setblocking(False)
                assert client.connect_ex(("198.51.100.7", 9)) != 0
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, failed=1)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "--simx-allow-egress")
    result.assert_outcomes(passed=2)


def test_the_warning_is_a_warning_of_ours() -> None:
    guard = EgressGuard()
    with guard, pytest.raises(EgressRefused):
        socket.getaddrinfo(REAL, 443)
    with pytest.warns(EgressWarning, match=r"kept from reaching api\.binance\.com, and the error was caught"):
        guard.warn()
    guard.warn()


CLIENTS = """
import asyncio, json
import aiohttp, ccxt, ccxt.async_support, ccxt.pro, httpx, requests
import binance.async_client, binance.client
from binance.ws.streams import BinanceSocketManager
from websockets.asyncio.client import connect
from simexchange.plugin.egress import EgressGuard, EgressRefused

async def by_ccxt_async():
    async with ccxt.async_support.binance() as exchange:
        await exchange.fetch_time()

async def by_ccxt_pro():
    async with ccxt.pro.binance() as exchange:
        await exchange.watch_trades("BTC/USDT")

async def by_python_binance_async():
    await binance.async_client.AsyncClient.create("key", "secret")

async def by_python_binance_streams():
    client = binance.async_client.AsyncClient("key", "secret")
    try:
        async with BinanceSocketManager(client).trade_socket("BTCUSDT") as stream:
            await stream.recv()
    finally:
        await client.close_connection()

async def by_aiohttp():
    async with aiohttp.ClientSession() as session:
        await session.get("https://api.binance.com/api/v3/time")

async def by_websockets():
    await connect("wss://stream.binance.com:9443/ws", proxy=None)

def by_ccxt():
    ccxt.binance().fetch_time()

def by_python_binance():
    binance.client.Client("key", "secret")

def by_requests():
    requests.get("https://api.binance.com/api/v3/time")

def by_httpx():
    httpx.get("https://api.binance.com/api/v3/time", trust_env=False)

told = {}
for name, way in sorted(vars().copy().items()):
    if name.startswith("by_"):
        with EgressGuard() as guard:
            try:
                ran = way()
                if asyncio.iscoroutine(ran):
                    asyncio.run(asyncio.wait_for(ran, 20))
                told[name] = ["reached", "", []]
            except Exception as error:
                told[name] = [type(error).__name__, str(error), guard.take_refused()]
print(json.dumps(told))
"""


@pytest.mark.slow
@pytest.mark.conformance
def test_clients_that_were_not_pointed_here_are_refused_and_told_what_to_do(tmp_path: Path) -> None:
    ended = subprocess.run(
        [str(client_python("plugin")), "-W", "ignore", "-c", CLIENTS],
        cwd=tmp_path,
        env=environment(PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    told = json.loads(ended.stdout.splitlines()[-1])
    assert len(told) == 10
    for name, (_, message, refused) in told.items():
        assert set(refused) <= {REAL, "stream.binance.com"}, name
        assert refused, name
        assert f"was about to reach {refused[0]}, which is the real binance" in message, name
    assert "\n  ccxt: take simx.binance.ccxt(" in told["by_ccxt"][1]
    assert "\n  python-binance: take simx.binance.python_binance(" in told["by_python_binance"][1]
