"""python-binance's clients pointed at the served venue: every address is replaced before the first is made."""

from typing import Any

from binance import AsyncClient, BinanceSocketManager, Client, ReconnectingWebsocket

from conformance.clients.observing import Account, Venue


def point_at(venue: Venue) -> None:
    """Replaces the addresses of both clients and of the socket manager."""
    for kind in (Client, AsyncClient):
        kind.API_URL = f"{venue.rest_url}/api"
        kind.MARGIN_API_URL = f"{venue.rest_url}/sapi"
        kind.WS_API_URL = f"{venue.ws_url}/ws-api/v3"
    BinanceSocketManager.STREAM_URL = f"{venue.ws_url}/"
    # Closing a socket waits for its next message, and on a quiet stream for as long as this.
    ReconnectingWebsocket.TIMEOUT = 2


async def async_client(account: Account) -> Any:
    return await AsyncClient.create(account.api_key, account.api_secret)
