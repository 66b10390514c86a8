"""Ready-made configuration that points an unmodified client library at a simulated venue.

Every address of a library is replaced, those of other markets too: a library so configured reaches no real exchange.
"""

import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import Struct

from simexchange.description import AccountDescription, VenueDescription, env_name
from simexchange.services.likeness import did_you_mean


class Target(Struct, frozen=True):
    """One account of one venue, at one address (``http://host:port``, no path)."""

    venue: str
    url: str
    account: AccountDescription

    @property
    def ws_url(self) -> str:
        scheme, _, rest = self.url.partition("://")
        return f"{'wss' if scheme == 'https' else 'ws'}://{rest}"


class ConfigError(ValueError):
    """There is no such configuration."""


def target(venue_name: str, venue: VenueDescription, account_name: str, url: str | None) -> Target:
    """Raises ConfigError for an unknown account or an address that is more, or less, than scheme, host and port."""
    account = venue.account(account_name)
    if account is None:
        names = ", ".join(account.name for account in venue.accounts)
        raise ConfigError(f"{venue_name} has no account {account_name!r}; it has {names}")
    url = (url or venue.rest_url).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
        raise ConfigError(f"{url!r} is no address such as http://127.0.0.1:8788")
    return Target(venue_name, url, account)


def _ccxt_urls(at: Target) -> dict[str, Any]:
    """ccxt's ``urls.api`` tree for its class ``binance``."""
    rest, ws = at.url, at.ws_url
    urls: dict[str, Any] = {"public": f"{rest}/api/v3", "private": f"{rest}/api/v3", "v1": f"{rest}/api/v1"}
    urls["sapi"] = f"{rest}/sapi/v1"
    urls |= {f"sapiV{version}": f"{rest}/sapi/v{version}" for version in (2, 3, 4)}
    for api in ("fapi", "dapi", "eapi"):
        urls |= {f"{api}{access}": f"{rest}/{api}/v1" for access in ("Public", "Private")}
        urls |= {
            f"{api}{access}V{version}": f"{rest}/{api}/v{version}"
            for access in ("Public", "Private")
            for version in (2, 3)
        }
        urls[f"{api}Data"] = f"{rest}/futures/data"
    urls |= {"papi": f"{rest}/papi/v1", "papiV2": f"{rest}/papi/v2"}
    markets = ("spot", "margin", "linear", "inverse", "future", "delivery", "delta", "stock", "option")
    streams: dict[str, Any] = dict.fromkeys(markets, f"{ws}/ws")
    streams |= {"optionMarket": f"{ws}/market/ws", "optionPrivate": f"{ws}/private/ws", "papi": f"{ws}/pm/ws"}
    streams["ws-api"] = {
        "spot": f"{ws}/ws-api/v3",
        **dict.fromkeys(("linear", "future"), f"{ws}/ws-fapi/v1"),
        **dict.fromkeys(("inverse", "delivery", "delta"), f"{ws}/ws-dapi/v1"),
    }
    urls["ws"] = streams
    return urls


def ccxt_json(at: Target) -> str:
    """What ccxt's constructor takes, in any of its languages."""
    settings = {"apiKey": at.account.api_key, "secret": at.account.api_secret, "urls": {"api": _ccxt_urls(at)}}
    return json.dumps(settings, indent=2)


def ccxt_python(at: Target) -> str:
    return f'''\
import re

import ccxt  # ccxt.async_support and ccxt.pro are pointed the same way


def pointed(urls):
    """Every address of the library, at the simulated venue instead."""
    if isinstance(urls, dict):
        return {{name: pointed(url) for name, url in urls.items()}}
    url = re.sub(r"^https?://[^/]+", "{at.url}", urls)
    return re.sub(r"^wss?://[^/]+", "{at.ws_url}", url)


exchange = ccxt.binance(
    {{
        "apiKey": "{at.account.api_key}",
        "secret": "{at.account.api_secret}",
    }}
)
exchange.urls["api"] = pointed(exchange.urls["api"])
'''


def freqtrade(at: Target) -> str:
    """The part of freqtrade's configuration that is about the exchange: one more ``--config`` beside the bot's own."""
    exchange = {
        "name": "binance",
        "key": at.account.api_key,
        "secret": at.account.api_secret,
        "ccxt_config": {"urls": {"api": _ccxt_urls(at)}},
    }
    return json.dumps({"exchange": exchange}, indent=2)


def python_binance(at: Target) -> str:
    return f'''\
import re

from binance import AsyncClient, BinanceSocketManager, Client

# Every address of the library, at the simulated venue instead; to be done before the first client is made.
for kind in (Client, AsyncClient, BinanceSocketManager):
    for name in dir(kind):
        if name.endswith("_URL"):
            url = re.sub(r"^https?://[^/]+", "{at.url}", getattr(kind, name))
            setattr(kind, name, re.sub(r"^wss?://[^/]+", "{at.ws_url}", url))

client = Client(
    "{at.account.api_key}",
    "{at.account.api_secret}",
)
'''


def binance_connector(at: Target) -> str:
    return f'''\
from binance.spot import Spot

client = Spot(
    api_key="{at.account.api_key}",
    api_secret="{at.account.api_secret}",
    base_url="{at.url}",
)

# Sockets: SpotWebsocketStreamClient(stream_url="{at.ws_url}")
#          SpotWebsocketAPIClient(stream_url="{at.ws_url}/ws-api/v3")
'''


def env(at: Target) -> str:
    """The lines of ``serve --env-out`` that concern this account."""
    prefix = f"SIMX_{env_name(at.venue)}"
    owner = f"{prefix}_{env_name(at.account.name)}"
    lines = {
        f"{prefix}_REST_URL": at.url,
        f"{prefix}_WS_URL": at.ws_url,
        f"{owner}_API_KEY": at.account.api_key,
        f"{owner}_API_SECRET": at.account.api_secret,
    }
    return "".join(f"{name}={value}\n" for name, value in lines.items())


CONFIGURATIONS: Final[dict[str, dict[str, Callable[[Target], str]]]] = {
    "ccxt": {"python": ccxt_python, "json": ccxt_json},
    "python-binance": {"python": python_binance},
    "binance-connector": {"python": binance_connector},
    "freqtrade": {"json": freqtrade},
    "env": {"env": env},
}
"""Client -> format -> the text; the first format is the default."""
_OF_OTHER_VENUES: Final = {"pybit": "bybit", "python-okx": "okx", "krakenex": "kraken"}


def why_not(client: str) -> str:
    """Why there is no configuration of that name."""
    venue = _OF_OTHER_VENUES.get(client)
    if venue is not None:
        return f"there is no configuration {client!r}: it is a client of {venue}, which this version does not serve"
    return f"there is no configuration {client!r}; {did_you_mean(client, CONFIGURATIONS)}"


def configuration(client: str, form: str | None, at: Target) -> str:
    """Raises ConfigError for a client or a format there is not."""
    forms = CONFIGURATIONS.get(client)
    if forms is None:
        raise ConfigError(why_not(client))
    render = forms.get(form or next(iter(forms)))
    if render is None:
        raise ConfigError(f"{client} is configured in {' or '.join(forms)}, not in {form}")
    text = render(at)
    return text if text.endswith("\n") else text + "\n"
