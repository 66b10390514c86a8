"""What is being served, as plain data: the one source of the JSON line, the banner, the SIMX_* lines and ``/info``.

Holds the simulated accounts' secrets, which are meant to be shown to whoever started the exchange, and nobody else.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec
from msgspec import Struct

from simexchange import __version__
from simexchange.domain.enums import KeyKind
from simexchange.domain.ids import Symbol
from simexchange.domain.units import format_trimmed, format_units
from simexchange.services.clock import SECOND, ClockMode, WorldClock
from simexchange.services.durations import format_instant
from simexchange.venue.accounts import Account
from simexchange.venue.keys import ApiKey
from simexchange.venue.market import Market
from simexchange.venue.venue import Venue


class AccountDescription(Struct, frozen=True):
    """One account and one of its keys. Balances are what is free, as decimal texts."""

    name: str
    permissions: list[str]
    balances: dict[str, str]
    api_key: str
    api_secret: str
    passphrase: str | None
    key_type: str
    ip_allow: list[str]

    def __repr__(self) -> str:
        return f"AccountDescription({self.name!r})"


class VenueDescription(Struct, frozen=True):
    """One venue. Symbols are in its own spelling; ``prices`` holds the last trade of each, as decimal text."""

    rest_url: str
    ws_url: str
    symbols: list[str]
    prices: dict[str, str]
    accounts: list[AccountDescription]

    def account(self, name: str) -> AccountDescription | None:
        """The account of that name with its latest key: while one replaces another, both are there."""
        return self.by_name().get(name)

    def by_name(self) -> dict[str, AccountDescription]:
        """Every account with its latest key."""
        return {account.name: account for account in self.accounts}


class TlsOptions(Struct, frozen=True):
    """``ports``: exactly these; None for the default ones. ``folder``: the authority's; None keeps it in memory."""

    ports: tuple[int, ...] | None
    folder: Path | None


class TlsDescription(Struct, frozen=True):
    """The TLS front: its ports, and the names by which each venue is called there."""

    ca_file: str | None
    """What clients are to trust; None where it is in memory, and the control port's ``/ca.pem`` to hand out."""
    ports: list[int]
    hosts: dict[str, list[str]]

    def examples(self) -> str:
        """For people: the best-known name of each venue."""
        return ", ".join(hosts[0] for hosts in self.hosts.values())


class Description(Struct, frozen=True):
    seed: int
    scenario: str
    control_url: str
    venues: dict[str, VenueDescription]
    control_token: str | None = None
    clock: str = "real time"
    """For people: how time runs."""
    tls: TlsDescription | None = None

    def __repr__(self) -> str:
        return f"Description({self.control_url!r})"

    def as_json(self) -> str:
        """One line, in the documented shape."""
        tls = {} if self.tls is None else {"tls": self.tls}
        return msgspec.json.encode({"version": __version__, **self._shared(), "venues": self._venues(), **tls}).decode()

    def as_env(self) -> Iterator[str]:
        """The same as ``SIMX_NAME=value`` lines: ``SIMX_BINANCE_REST_URL``, ``SIMX_BINANCE_ALICE_API_KEY``."""
        for name, value in self._shared().items():
            if value is not None:
                yield f"SIMX_{name.upper()}={value}"
        if self.tls is not None:
            yield f"SIMX_TLS_PORTS={','.join(map(str, self.tls.ports))}"
            if self.tls.ca_file is not None:
                yield f"SIMX_CA_FILE={self.tls.ca_file}"
        for venue_name, venue in self.venues.items():
            prefix = f"SIMX_{env_name(venue_name)}"
            yield f"{prefix}_REST_URL={venue.rest_url}"
            yield f"{prefix}_WS_URL={venue.ws_url}"
            yield f"{prefix}_SYMBOLS={','.join(venue.symbols)}"
            for account in venue.by_name().values():
                owner = f"{prefix}_{env_name(account.name)}"
                yield f"{owner}_API_KEY={account.api_key}"
                yield f"{owner}_API_SECRET={account.api_secret}"
                if account.passphrase is not None:
                    yield f"{owner}_PASSPHRASE={account.passphrase}"

    def _shared(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "scenario": self.scenario,
            "control_url": self.control_url,
            "control_token": self.control_token,
        }

    def _venues(self) -> dict[str, Any]:
        return {
            name: {
                "rest_url": venue.rest_url,
                "ws_url": venue.ws_url,
                "symbols": venue.symbols,
                "accounts": [_shown(account) for account in venue.accounts],
            }
            for name, venue in self.venues.items()
        }


def _shown(account: AccountDescription) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(account)
    del shown["ip_allow"]
    return shown


def as_reached(url: str, host: str) -> str:
    """A venue's address for somebody who reaches this machine as ``host``, if the venue listens everywhere."""
    parts = urlsplit(url)
    if parts.hostname not in ("0.0.0.0", "::"):
        return url
    name = f"[{host}]" if ":" in host else host
    return urlunsplit((parts.scheme, f"{name}:{parts.port}", "", "", ""))


def read_env(lines: Iterable[str]) -> dict[str, str]:
    """``SIMX_NAME=value`` lines as variables; other lines are passed over."""
    pairs = (line.partition("=") for line in lines if line.startswith("SIMX_"))
    return {name: value for name, equals, value in pairs if equals}


def env_name(name: str) -> str:
    """A name as part of an environment variable's: ``binance-usdm`` -> ``BINANCE_USDM``."""
    return "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in name).upper()


def describe_clock(clock: WorldClock) -> str:
    """How time runs and what time it is, where that is not the machine's."""
    words = {ClockMode.REAL: "real time", ClockMode.SCALED: f"{clock.speed} times as fast", ClockMode.MANUAL: "manual"}
    how = words[clock.mode]
    return how if clock.is_machine_time else f"{how}, now {format_instant(clock.now_ns() // SECOND * SECOND)}"


def describe_venue(
    venue: Venue, spell: Callable[[Symbol], str], authority: str, secure: bool = False
) -> VenueDescription:
    """A venue as it is now, at ``host:port``; ``spell`` gives a symbol as the venue writes it."""
    suffix = "s" if secure else ""
    return VenueDescription(
        rest_url=f"http{suffix}://{authority}",
        ws_url=f"ws{suffix}://{authority}",
        symbols=[spell(symbol) for symbol in venue.markets],
        prices={spell(symbol): _price(market) for symbol, market in venue.markets.items()},
        accounts=[
            _describe_account(venue, venue.accounts[key.account_id], key)
            for key in venue.keys.values()
            if not key.revoked
        ],
    )


def _price(market: Market) -> str:
    """As many decimals as the tick has."""
    decimals = market.instrument.price_decimals
    places = len(format_trimmed(market.rules.tick_size, decimals).partition(".")[2])
    return format_units(market.last_price, decimals, places)


def _describe_account(venue: Venue, account: Account, key: ApiKey) -> AccountDescription:
    return AccountDescription(
        name=account.name,
        permissions=[permission.value for permission in key.permissions],
        balances={
            asset: format_trimmed(balance.free, venue.assets[asset].decimals)
            for asset, balance in account.balances.items()
            if balance.free or balance.held
        },
        api_key=key.api_key,
        api_secret=key.material.reveal() if key.kind is KeyKind.HMAC else "",
        passphrase=None,
        key_type=key.kind.value,
        ip_allow=list(key.ip_allow),
    )
