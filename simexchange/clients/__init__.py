"""Real client libraries, wired to a served venue: every address replaced before the first call.

A row per venue says which clients can be had, by the name that a handle knows them by; nothing of a client is imported
before it is asked for. A further venue adds a row.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from simexchange.clients import binance_connector, ccxt_clients, http_clients, python_binance

Factory: TypeAlias = Callable[..., Any]
"""(venue, account's name, **options) -> the client; ``venue`` as a handle has it."""

_CCXT: Final[Mapping[str, Factory]] = {
    "ccxt": ccxt_clients.ccxt,
    "ccxt_async": ccxt_clients.ccxt_async,
    "ccxt_pro": ccxt_clients.ccxt_pro,
}
_HTTP: Final[Mapping[str, Factory]] = {
    "httpx_transport": http_clients.httpx_transport,
    "httpx_async_transport": http_clients.httpx_async_transport,
}
CLIENTS: Final[Mapping[str, Mapping[str, Factory]]] = {
    "binance": {
        **_CCXT,
        **_HTTP,
        "python_binance": python_binance.python_binance,
        "python_binance_async": python_binance.python_binance_async,
        "python_binance_streams": python_binance.python_binance_streams,
        "connector": binance_connector.connector,
        "connector_streams": binance_connector.connector_streams,
        "connector_ws_api": binance_connector.connector_ws_api,
    },
}
"""Venue -> name -> factory."""


def factories(venue: str) -> Mapping[str, Factory]:
    """The clients of a venue by name."""
    return CLIENTS.get(venue, {})
