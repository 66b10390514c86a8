"""A ccxt exchange object pointed at the served venue, whichever of ccxt's three flavors it is."""

import re
from typing import Any

from conformance.clients.observing import Account, Venue

PAIR = "BTC/USDT"


def exchange_for(kind: Any, venue: Venue, account: Account, **options: Any) -> Any:
    """A `kind` (ccxt.binance and its kin) with the account's key; every address is replaced before any call."""
    exchange = kind({"apiKey": account.api_key, "secret": account.api_secret, "options": options})
    exchange.urls["api"] = rebased(exchange.urls["api"], venue)
    return exchange


def rebased(address: Any, venue: Venue) -> Any:
    """The tree of addresses with every scheme and host replaced and every path kept."""
    if isinstance(address, dict):
        return {name: rebased(value, venue) for name, value in address.items()}
    over_http = re.sub(r"^https?://[^/]+", venue.rest_url, address)
    return re.sub(r"^wss?://[^/]+", venue.ws_url, over_http)
