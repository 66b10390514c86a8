"""Real exchanges by their hosts, and how each client is pointed at the simulated one instead."""

import sys
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from types import FrameType
from typing import Final

from msgspec import Struct

REAL_HOSTS: Final[Mapping[str, tuple[str, ...]]] = {
    "binance": ("*.binance.com", "*.binance.us", "*.binance.vision", "*.binancefuture.com", "*.binance.me"),
    "bybit": ("*.bybit.com", "*.bytick.com", "*.bybit-tr.com", "*.bybit.nl"),
    "okx": ("*.okx.com", "okx.com", "*.okex.com", "*.okx.us"),
    "kraken": ("*.kraken.com", "kraken.com"),
}
"""Venue -> patterns."""


class ClientHint(Struct, frozen=True):
    """How a client is told where its exchange is. ``modules`` are beginnings of its modules' names."""

    name: str
    modules: tuple[str, ...]
    instead: str


CLIENT_HINTS: Final = (
    ClientHint(
        "ccxt",
        ("ccxt",),
        'take simx.{venue}.ccxt("alice") (ccxt_async, ccxt_pro), or replace every address in exchange.urls["api"]'
        " with simx.{venue}.rest_url and ws_url",
    ),
    ClientHint(
        "python-binance",
        ("binance.client", "binance.base_client", "binance.async_client", "binance.ws"),
        'take simx.{venue}.python_binance("alice") (python_binance_async, python_binance_streams), or set'
        " Client.API_URL, AsyncClient.WS_API_URL and BinanceSocketManager.STREAM_URL before the first is made",
    ),
    ClientHint(
        "binance-connector",
        ("binance.api", "binance.spot", "binance.websocket"),
        'take simx.{venue}.connector("alice"), or give Spot base_url=simx.{venue}.rest_url and its WebSocket clients'
        " stream_url=simx.{venue}.ws_url",
    ),
    ClientHint("pybit", ("pybit",), "set HTTP(...).endpoint to simx.{venue}.rest_url"),
    ClientHint("python-okx", ("okx",), "give its clients domain=simx.{venue}.rest_url"),
    ClientHint("krakenex", ("krakenex",), "set API(...).uri to simx.{venue}.rest_url"),
)
OTHERWISE: Final = "point the client at simx.{venue}.rest_url and simx.{venue}.ws_url"


def venue_of(host: str) -> str | None:
    """The venue that a host belongs to."""
    name = host.lower().rstrip(".")
    for venue, patterns in REAL_HOSTS.items():
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            return venue
    return None


def hints(host: str, caller: FrameType | None) -> list[str]:
    """What to do instead of reaching a host: for the client that calls, or else for those that are imported."""
    venue = venue_of(host)
    if venue is None:
        return []
    spelled = venue.replace("-", "_")
    calling = tuple(_modules(caller))
    found = [hint for hint in CLIENT_HINTS if _is_any_of(calling, hint.modules)]
    found = found[:1] or [hint for hint in CLIENT_HINTS if _is_any_of(tuple(sys.modules), hint.modules)]
    return [f"{hint.name}: {hint.instead.format(venue=spelled)}" for hint in found] or [OTHERWISE.format(venue=spelled)]


def _modules(frame: FrameType | None) -> Iterator[str]:
    while frame is not None:
        yield frame.f_globals.get("__name__", "")
        frame = frame.f_back


def _is_any_of(modules: tuple[str, ...], beginnings: tuple[str, ...]) -> bool:
    return any(
        module == beginning or module.startswith(f"{beginning}.") for module in modules for beginning in beginnings
    )
