"""Client libraries exactly as they were released, with no address set anywhere, trade here and nowhere else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from client_environments import client_python
from tls.networks import ENVIRONMENT, Network, own_network, redirected

pytestmark = pytest.mark.conformance
NETWORKS = {"own network": own_network, "redirected": redirected}


@pytest.fixture(scope="module", params=NETWORKS)
def network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with NETWORKS[request.param](tmp_path_factory.mktemp("network")) as running:
        yield running


@pytest.mark.parametrize("flavor", ["sync", "async"])
def test_ccxt_signs_places_and_cancels(network: Network, flavor: str) -> None:
    seen = network.run("hard_coded_ccxt", flavor)
    assert "BTC/USDT" in seen.value("markets")
    assert seen.value("balance")["USDT"]["free"] > 0
    placed = seen.value("placed")
    assert [(order["id"], order["status"]) for order in seen.value("open")] == [(placed["id"], "open")]
    assert (seen.value("canceled")["id"], seen.value("canceled")["status"]) == (placed["id"], "canceled")
    assert (seen.value("bought")["filled"], seen.value("bought")["status"]) == (0.001, "closed")


def test_ccxt_pro_listens_to_the_market_and_to_its_own_orders(network: Network) -> None:
    seen = network.run("hard_coded_ccxt", "pro")
    placed = seen.value("placed")
    assert seen.value("told_open")["id"] == seen.value("told_canceled")["id"] == placed["id"]
    seen.value("tape")
    hosts = {address.split("/")[2] for address in seen.value("addresses")}
    assert hosts == {"stream.binance.com:9443", "ws-api.binance.com:443"}


def test_python_binance_signs_places_and_cancels(network: Network) -> None:
    seen = network.run("hard_coded_python_binance", "sync")
    assert seen.value("account")["canTrade"] is True
    order_id = seen.value("placed")["orderId"]
    assert [(order["orderId"], order["status"]) for order in seen.value("open")] == [(order_id, "NEW")]
    assert (seen.value("canceled")["orderId"], seen.value("canceled")["status"]) == (order_id, "CANCELED")
    assert (seen.value("bought")["executedQty"], seen.value("bought")["status"]) == ("0.00100000", "FILLED")


def test_python_binance_listens_to_the_market_and_to_its_own_orders(network: Network) -> None:
    seen = network.run("hard_coded_python_binance", "async")
    assert [message["e"] for message in seen.value("trade")] == ["trade"]
    own = seen.value("user_socket")
    told = [(event["i"], event["X"]) for event in own["events"] if event["e"] == "executionReport"]
    resting: dict[str, Any] = own["resting"]
    assert told[:2] == [(resting["orderId"], "NEW"), (resting["orderId"], "CANCELED")]
    assert (own["market"]["orderId"], "FILLED") in told
    assert seen.value("addresses") == [
        "https://api{}.binance.{}/api",
        "wss://stream.binance.{}:9443/",
        "wss://ws-api.binance.{}/ws-api/v3",
    ]


def test_the_doctor_finds_nothing_amiss_where_these_clients_run(tmp_path: Path) -> None:
    with own_network(tmp_path) as network:
        python = str(client_python(ENVIRONMENT))
        ended = network.simexchange("ca", "doctor", "--python", python, SIMX_CA_DIR=str(tmp_path / "ca"))
    marks = [line[:5].strip() for line in ended.stdout.splitlines()]
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
    assert marks == ["ok"] * 11 + ["note"]
    assert f"certifi of {python} has the authority (ccxt, and requests without the variable)" in ended.stdout
