"""Clients wired to a venue: in the environments that hold them, and what is said where they are missing."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

import simexchange
from client_environments import ROOT, client_python
from command_line import environment
from simexchange.clients import CLIENTS, factories
from simexchange.clients.addresses import rebased, rebased_subclass
from simexchange.clients.ccxt_clients import VENUES
from simexchange.clients.loading import ClientMissing, load
from simexchange.handle.venue import VenueHandle
from simexchange.venues import VENUES as SERVED

REST, WS = "http://127.0.0.1:1", "ws://127.0.0.1:1"
PATIENCE_S = 120


class Venue:
    rest_url = REST
    ws_url = WS


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://api.binance.com/api/v3", f"{REST}/api/v3"),
        ("https://api{}.binance.{}/api", f"{REST}/api"),
        ("wss://stream.binance.com:9443/ws", f"{WS}/ws"),
        ("https://api.{hostname}", REST),
        ({"a": {"b": ["wss://x/ws", 3, None]}, "c": "text"}, {"a": {"b": [f"{WS}/ws", 3, None]}, "c": "text"}),
    ],
)
def test_scheme_and_host_are_replaced_and_paths_stay(address: Any, expected: Any) -> None:
    venue: Any = Venue()
    assert rebased(address, venue) == expected


def test_a_class_of_addresses_gets_a_subclass_and_stays_as_it_is() -> None:
    class Client:
        API_URL = "https://api.binance.com/api"
        OTHER = "https://stays.example.com"

    venue: Any = Venue()
    made: Any = rebased_subclass(Client, "_URL", venue)
    assert issubclass(made, Client)
    assert (made.__name__, made.API_URL, made.OTHER) == ("Client", f"{REST}/api", "https://stays.example.com")
    assert Client.API_URL == "https://api.binance.com/api"


def test_a_client_that_is_not_installed_is_named_with_its_package() -> None:
    with pytest.raises(ClientMissing) as missing:
        load("no_such_client.async_support", "no-such-client")
    assert str(missing.value) == (
        "this client needs no-such-client, which cannot be imported here (No module named 'no_such_client'):"
        " pip install no-such-client"
    )
    with simexchange.serve() as simx:
        venue: VenueHandle = simx.binance
        with pytest.raises(ImportError, match="pip install ccxt"):
            venue.ccxt("alice")


def test_every_venue_that_is_served_has_clients_and_ccxt_knows_them_all() -> None:
    assert set(SERVED) == set(CLIENTS) == set(VENUES)
    assert factories("nowhere") == {}


CCXT = """
import asyncio, json, sys
import simexchange

def hosts(tree):
    if isinstance(tree, dict):
        return set().union(*map(hosts, tree.values()))
    return {tree.split("/")[2]} if "://" in str(tree) else set()

async def main(simx):
    seen = {}
    sync = simx.binance.ccxt("alice", timeout=5000, options={"recvWindow": 4000})
    seen["hosts"] = [sorted(hosts({part: sync.urls.get(part, {}) for part in ("api", "test", "demo")}))]
    seen["sync"] = sync.fetch_balance()["USDT"]["total"]
    options = sync.options
    seen["options"] = [sync.timeout, options["recvWindow"], options["fetchMarkets"]["types"], sync.enableRateLimit]
    async with simx.binance.ccxt_async("bob") as exchange:
        seen["async"] = (await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 30000))["status"]
    async with simx.binance.ccxt_pro("bob") as exchange:
        seen["pro"] = (await exchange.create_order_ws("BTC/USDT", "limit", "buy", 0.01, 30000))["status"]
    client = await simx.binance.python_binance_async("alice")
    seen["python-binance async"] = (await client.get_symbol_info("BTCUSDT"))["symbol"]
    streams = simx.binance.python_binance_streams(client)
    async with streams.depth_socket("BTCUSDT", depth="5") as stream:
        await simx.aadvance("2s")
        seen["python-binance streams"] = len((await stream.recv())["bids"])
    await client.close_connection()
    client = simx.binance.python_binance("alice")
    seen["python-binance"] = client.get_asset_balance("BTC")["free"]
    every = {name: getattr(client, name) for name in dir(client) if name.endswith("_URL")}
    seen["python-binance hosts"] = sorted(hosts(every))
    own = simx.binance.rest_url.partition("//")[2]
    print(json.dumps(seen).replace(own, "own"))

with simexchange.serve(seed=7, clock="manual") as simx:
    asyncio.run(main(simx))
"""
CONNECTOR = """
import json, queue
import simexchange

with simexchange.serve(seed=7, clock="manual") as simx:
    seen, heard = {}, queue.Queue()
    client = simx.binance.connector("alice")
    seen["rest"] = client.account()["canTrade"]
    stream = simx.binance.connector_streams(on_message=lambda _, text: heard.put(text))
    stream.agg_trade("btcusdt")
    seen["subscribed"] = json.loads(heard.get(timeout=20))["result"]
    stream.stop()
    api = simx.binance.connector_ws_api("alice", on_message=lambda _, text: heard.put(text))
    api.account()
    seen["socket"] = json.loads(heard.get(timeout=20))["result"]["canTrade"]
    api.stop()
    print(json.dumps(seen))
"""


def seen(code: str, folder: Path, packages: str = "") -> str:
    """What a script prints in the environment of a project that uses the plugin, with further packages before it."""
    python = client_python("plugin")
    ended = subprocess.run(
        [str(python), "-W", "ignore::DeprecationWarning", "-c", code],
        cwd=folder,
        env=environment(PYTHONPATH=os.pathsep.join(filter(None, (packages, str(ROOT))))),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    return ended.stdout.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.conformance
def test_ccxt_and_python_binance_reach_the_venue_and_nobody_else(tmp_path: Path) -> None:
    assert json.loads(seen(CCXT, tmp_path)) == {
        "hosts": [["own"]],
        "sync": 100_000,
        "options": [5000, 4000, ["spot"], False],
        "async": "open",
        "pro": "open",
        "python-binance async": "BTCUSDT",
        "python-binance streams": 5,
        "python-binance": "2.00000000",
        "python-binance hosts": ["own"],
    }


@pytest.mark.slow
@pytest.mark.conformance
def test_binance_connector_reaches_the_venue(tmp_path: Path) -> None:
    """Its package has the same name as python-binance's, so its own environment's packages come first."""
    packages = client_python("connector").parent.parent.glob("lib/python*/site-packages")
    told = seen(CONNECTOR, tmp_path, str(next(iter(packages))))
    assert told == '{"rest": true, "subscribed": null, "socket": true}'
