"""What compose.yaml promises, as far as it can be told without an engine."""

from typing import Any

import pytest
import yaml

from client_environments import ROOT
from simexchange.trust import ADDING, REPLACING
from simexchange.venues import VENUES


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return read


def test_the_bot_cannot_reach_anything_but_the_exchange(compose: dict[str, Any]) -> None:
    bot = compose["services"]["bot"]
    assert bot["networks"] == ["venue"]
    assert compose["networks"]["venue"]["internal"] is True
    assert "ports" not in bot


def test_the_exchange_answers_to_names_that_its_certificates_cover(compose: dict[str, Any]) -> None:
    aliases = set(compose["services"]["exchange"]["networks"]["venue"]["aliases"])
    known = {host for kind in VENUES.values() for host in kind.hosts}
    assert aliases <= known
    assert {"api.binance.com", "stream.binance.com", "ws-api.binance.com"} <= aliases


def test_the_bot_trusts_the_authority_whichever_library_it_uses(compose: dict[str, Any]) -> None:
    exchange, bot = compose["services"]["exchange"], compose["services"]["bot"]
    assert exchange["volumes"] == ["authority:/var/lib/simexchange"]
    assert bot["volumes"] == ["authority:/authority:ro"]
    assert bot["environment"] == dict.fromkeys((*REPLACING, *ADDING), "/authority/ca.pem")


def test_neither_writes_to_its_root_and_the_bot_waits_until_the_exchange_is_healthy(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert all(service["read_only"] for service in services.values())
    assert services["bot"]["depends_on"] == {"exchange": {"condition": "service_healthy"}}
    assert "SIMX_CONTROL_TOKEN" not in services["exchange"]["environment"]


def test_the_image_keeps_its_authority_where_compose_shares_it() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "SIMX_CA_DIR=/var/lib/simexchange" in dockerfile
    assert "chown 10001:10001 /var/lib/simexchange" in dockerfile
    assert "USER 10001:10001" in dockerfile
