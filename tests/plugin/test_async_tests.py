"""Coroutines as tests: with anyio's plugin, with pytest-asyncio's, and with neither."""

import subprocess
from pathlib import Path

import pytest

from client_environments import client_python
from command_line import environment


def test_it_works_under_anyio(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import asyncio
        import pytest

        pytestmark = pytest.mark.anyio

        @pytest.fixture(params=["asyncio", ("asyncio", {"use_uvloop": True})], ids=["asyncio", "uvloop"])
        def anyio_backend(request):
            return request.param

        async def ask(url):
            host, _, port = url.removeprefix("http://").partition(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(b"GET /api/v3/ping HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
            line = await reader.readline()
            writer.close()
            await writer.wait_closed()
            return line

        async def test_a_request(simx):
            assert await ask(simx.binance.rest_url) == b"HTTP/1.1 200 OK\\r\\n"
            before = simx.now
            assert (await simx.aadvance("5s") - before).total_seconds() == 5
            assert (simx.advance("5s") - before).total_seconds() == 10

        async def test_the_guard(simx):
            with pytest.raises(RuntimeError, match="was about to reach"):
                await asyncio.open_connection("api.binance.com", 443)
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-W", "default")
    result.assert_outcomes(passed=4, warnings=2)


@pytest.mark.slow
def test_it_works_under_pytest_asyncio_with_streams_that_must_be_read(tmp_path: Path) -> None:
    (tmp_path / "test_streams.py").write_text(
        """\
import asyncio
import json

import pytest
from websockets.asyncio.client import connect

pytestmark = [pytest.mark.asyncio, pytest.mark.simx(seed=7, clock="manual")]


async def test_a_stream_is_read_while_time_moves(simx):
    async with connect(simx.binance.ws_url + "/ws/btcusdt@trade", proxy=None) as stream:
        trades = []

        async def read():
            async for text in stream:
                trades.append(json.loads(text))

        reading = asyncio.ensure_future(read())
        await simx.aadvance("1m")
        reading.cancel()
        assert len(trades) > 10
        assert {(trade["e"], trade["s"]) for trade in trades} == {("trade", "BTCUSDT")}


async def test_ccxt_pro(simx):
    async with simx.binance.ccxt_pro("alice") as exchange:
        watching = asyncio.ensure_future(exchange.watch_trades("BTC/USDT"))
        while not watching.done():
            await simx.aadvance("1s")
            await asyncio.sleep(0.01)
        assert (await watching)[0]["symbol"] == "BTC/USDT"


async def test_ccxt_async(simx):
    async with simx.binance.ccxt_async("alice") as exchange:
        order = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 59000)
        assert [found["client_order_id"] for found in simx.binance.orders("alice")] == [order["clientOrderId"]]
"""
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    result = run(tmp_path, "plugin")
    assert "3 passed" in result.stdout, result.stdout


@pytest.mark.slow
def test_it_works_under_trio(tmp_path: Path) -> None:
    (tmp_path / "test_trio.py").write_text(
        """\
import anyio
import httpx
import pytest

pytestmark = [pytest.mark.anyio, pytest.mark.simx(seed=7)]


@pytest.fixture
def anyio_backend():
    return "trio"


async def test_time_moves_while_the_loop_goes_on(simx):
    before, turns = simx.now, 0

    async def turn():
        nonlocal turns
        while True:
            turns += 1
            await anyio.sleep(0)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(turn)
        after = await simx.aadvance("2m")
        tasks.cancel_scope.cancel()
    assert (after - before).total_seconds() == 120
    assert turns > 1


async def test_a_venue_without_its_socket(simx):
    simx.faults.add("http-hang", endpoint="GET /api/v3/time")
    transport = simx.binance.httpx_async_transport()
    async with httpx.AsyncClient(transport=transport, base_url=simx.binance.rest_url, trust_env=False) as http:
        assert (await http.get("/api/v3/ping")).status_code == 200
        with pytest.raises(httpx.ReadTimeout):
            await http.get("/api/v3/time", timeout=0.05)


async def test_the_guard(simx):
    with pytest.raises(RuntimeError, match="was about to reach"):
        await anyio.connect_tcp("api.binance.com", 443)


async def test_a_block():
    import simexchange

    async with simexchange.serve(clock="manual") as simx:
        await simx.aadvance("1s")
"""
    )
    result = run(tmp_path, "plugin", "-p", "no:asyncio")
    assert "4 passed" in result.stdout, result.stdout


def run(folder: Path, environment_name: str, *options: str) -> "subprocess.CompletedProcess[str]":
    """pytest in an environment of the clients, with this project's own code."""
    root = str(Path(__file__).resolve().parents[2])
    plugin = ["-p", "simexchange.pytest_plugin", "-p", "no:cacheprovider"]
    return subprocess.run(
        [str(client_python(environment_name)), "-m", "pytest", "-q", *plugin, *options, str(folder)],
        cwd=folder,
        env=environment(PYTHONPATH=root),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
