import json
import re

import pytest

from simexchange.app import Options
from simexchange.client import CONFIGURATIONS, ConfigError, Target, configuration, target
from simexchange.description import VenueDescription, describe_venue
from simexchange.services.clock import ManualClock
from simexchange.venues import VENUES
from small_world import ALICE_KEY, ALICE_SECRET, small_world

FORMS = [(client, form) for client, forms in CONFIGURATIONS.items() for form in forms]


def venue() -> VenueDescription:
    world = small_world(Options(), ManualClock(0))
    return describe_venue(world.doors["binance"].venue, VENUES["binance"].spell, "127.0.0.1:8788")


def alice(url: str | None = None) -> Target:
    return target("binance", venue(), "alice", url)


@pytest.mark.parametrize(("client", "form"), FORMS)
def test_every_configuration_carries_the_key_and_no_address_but_ours(client: str, form: str) -> None:
    text = configuration(client, form, alice())
    assert ALICE_KEY in text
    assert ALICE_SECRET in text
    assert set(re.findall(r"(?:https?|wss?)://[\w.:]+", text)) == {"http://127.0.0.1:8788", "ws://127.0.0.1:8788"}


@pytest.mark.parametrize(("client", "form"), [each for each in FORMS if each[1] == "python"])
def test_python_configurations_compile(client: str, form: str) -> None:
    compile(configuration(client, form, alice()), client, "exec")


def test_the_first_format_is_the_default() -> None:
    assert configuration("ccxt", None, alice()) == configuration("ccxt", "python", alice())


def test_ccxts_json_names_every_address_that_matters_for_spot() -> None:
    settings = json.loads(configuration("ccxt", "json", alice("https://exchange.test:8443/")))
    api = settings["urls"]["api"]
    assert settings["apiKey"] == ALICE_KEY
    assert {name: api[name] for name in ("public", "private", "sapi", "sapiV3", "fapiPublic", "dapiPublic")} == {
        "public": "https://exchange.test:8443/api/v3",
        "private": "https://exchange.test:8443/api/v3",
        "sapi": "https://exchange.test:8443/sapi/v1",
        "sapiV3": "https://exchange.test:8443/sapi/v3",
        "fapiPublic": "https://exchange.test:8443/fapi/v1",
        "dapiPublic": "https://exchange.test:8443/dapi/v1",
    }
    assert api["ws"]["spot"] == "wss://exchange.test:8443/ws"
    assert api["ws"]["ws-api"]["spot"] == "wss://exchange.test:8443/ws-api/v3"


def test_freqtrade_reads_the_addresses_of_ccxt_beside_the_key() -> None:
    urls = json.loads(configuration("ccxt", "json", alice()))["urls"]
    assert json.loads(configuration("freqtrade", None, alice())) == {
        "exchange": {"name": "binance", "key": ALICE_KEY, "secret": ALICE_SECRET, "ccxt_config": {"urls": urls}}
    }


def test_env_lines_are_those_of_serve() -> None:
    assert configuration("env", None, alice()) == (
        "SIMX_BINANCE_REST_URL=http://127.0.0.1:8788\n"
        "SIMX_BINANCE_WS_URL=ws://127.0.0.1:8788\n"
        f"SIMX_BINANCE_ALICE_API_KEY={ALICE_KEY}\n"
        f"SIMX_BINANCE_ALICE_API_SECRET={ALICE_SECRET}\n"
    )


@pytest.mark.parametrize("url", ["127.0.0.1:8788", "ftp://x", "http://x/path", "http://", "http://x?y=1"])
def test_an_address_is_scheme_host_and_port(url: str) -> None:
    with pytest.raises(ConfigError, match="is no address such as"):
        alice(url)


def test_what_there_is_not_is_refused_with_what_there_is() -> None:
    with pytest.raises(ConfigError, match="no account 'carol'; it has alice, locked"):
        target("binance", venue(), "carol", None)
    with pytest.raises(ConfigError, match="there is ccxt, python-binance, binance-connector, freqtrade, env"):
        configuration("curl", None, alice())
    with pytest.raises(ConfigError, match="python-binance is configured in python, not in json"):
        configuration("python-binance", "json", alice())
