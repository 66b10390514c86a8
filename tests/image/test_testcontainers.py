"""The container class without an engine: what it would start, and a handle to an exchange that is started instead."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import Running, running
from simexchange.testcontainers import SimExchangeContainer

TOKEN = "a-token-of-the-tests-0123456789"


class NoEngine:
    """Stands where the engine's client would."""

    def __init__(self, **_: object) -> None:
        self.client = None


@pytest.fixture(autouse=True)
def _no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("testcontainers.core.container.DockerClient", NoEngine)


class Elsewhere(SimExchangeContainer):
    """Its engine has started an exchange of this machine."""

    def __init__(self, served: Running) -> None:
        super().__init__(token=TOKEN)
        self._ports = {8787: int(served.described["control_url"].rpartition(":")[2]), 8788: served.port}

    def get_container_host_ip(self) -> str:
        return "127.0.0.1"

    def get_exposed_port(self, port: int) -> int:
        return self._ports[port]


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Elsewhere]:
    with running(tmp_path, "--control-token", TOKEN) as served:
        yield Elsewhere(served)


def test_options_become_variables_and_the_control_port_is_guarded() -> None:
    container = SimExchangeContainer("mine:1", seed=7, clock="manual", tls=True)
    assert container.image == "mine:1"
    assert container.env == {
        "SIMX_CONTROL_HOST": "0.0.0.0",
        "SIMX_CONTROL_TOKEN": container.token,
        "SIMX_SEED": "7",
        "SIMX_CLOCK": "manual",
        "SIMX_TLS": "true",
    }
    assert {int(port) for port in container.ports} == {8787, 8788}
    assert SimExchangeContainer().token != container.token
    assert len(container.token) >= 16


def test_its_addresses_are_those_the_ports_are_mapped_to(container: Elsewhere) -> None:
    assert container.rest_url() == f"http://127.0.0.1:{container.get_exposed_port(8788)}"
    assert container.ws_url() == f"ws://127.0.0.1:{container.get_exposed_port(8788)}"


def test_its_handle_is_the_one_of_pytest(container: Elsewhere) -> None:
    simx = container.simx()
    assert simx.binance.rest_url == container.rest_url()
    simx.faults.add("response-lost", account="alice", count=1)
    assert [rule["kind"] for rule in simx.faults.list()] == ["response-lost"]
    simx.reset()
    assert simx.faults.list() == []
