"""Where the exchange is and whose keys there are: from SIMX_* variables, or a file of them."""

import os
from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path
from typing import Final

from msgspec import Struct

from simexchange.description import env_name, read_env

ENV_FILE: Final = "SIMX_ENV_FILE"
NOT_FOR_TRADING: Final = frozenset({"reader", "mallory", "locked"})
"""Default accounts whose keys are there to be refused."""


class NoTarget(Exception):
    """Nothing says where the exchange is; the message says how to tell."""


class Key(Struct, frozen=True):
    """One account's API key."""

    account: str
    api_key: str
    api_secret: str

    def __repr__(self) -> str:
        return f"Key({self.account!r})"


class Target(Struct, frozen=True):
    """One venue to be loaded."""

    venue: str
    rest_url: str
    ws_url: str
    symbols: tuple[str, ...]
    keys: tuple[Key, ...]


class KeyPool:
    """Hands out keys in turn. Workers begin at different places, so that few share a key."""

    def __init__(self, keys: Iterable[Key], worker: int = 0, workers: int = 1) -> None:
        self._keys = tuple(keys)
        self._next = count(max(worker, 0) * max(1, len(self._keys) // max(workers, 1)))

    def take(self) -> Key:
        if not self._keys:
            raise NoTarget("no account to trade with: start the exchange with --accounts N for N more")
        return self._keys[next(self._next) % len(self._keys)]


def variables(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The SIMX_* variables there are; those of the process go before those of the file."""
    found = {}
    path = environment.get(ENV_FILE)
    if path:
        found = read_env(Path(path).read_text(encoding="utf-8").splitlines())
    return found | {name: value for name, value in environment.items() if name.startswith("SIMX_")}


def target(venue: str, environment: Mapping[str, str] = os.environ) -> Target:
    """A venue as the variables describe it. Raises NoTarget."""
    known, prefix = variables(environment), f"SIMX_{env_name(venue)}_"
    rest_url = known.get(f"{prefix}REST_URL")
    if rest_url is None:
        raise NoTarget(f"{prefix}REST_URL is not set: `simexchange serve --env-out simx.env`, then {ENV_FILE}=simx.env")
    owners = [
        name.removeprefix(prefix).removesuffix("_API_KEY")
        for name in known
        if name.startswith(prefix) and name.endswith("_API_KEY")
    ]
    keys = [
        Key(owner.lower(), known[f"{prefix}{owner}_API_KEY"], known[f"{prefix}{owner}_API_SECRET"])
        for owner in owners
        if owner.lower() not in NOT_FOR_TRADING
    ]
    symbols = tuple(symbol for symbol in known.get(f"{prefix}SYMBOLS", "").split(",") if symbol)
    return Target(venue, rest_url, known.get(f"{prefix}WS_URL", ""), symbols, tuple(keys))
