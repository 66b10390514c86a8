"""binance-connector: its clients take their address when they are made."""

from typing import TYPE_CHECKING, Any

from simexchange.clients.loading import load

if TYPE_CHECKING:
    from simexchange.handle.venue import VenueHandle

PACKAGE = "binance-connector"


def connector(venue: "VenueHandle", account: str, **options: Any) -> Any:
    """A ``Spot``."""
    owner = venue.account(account)
    return load("binance.spot", PACKAGE).Spot(owner.api_key, owner.api_secret, base_url=venue.rest_url, **options)


def connector_streams(venue: "VenueHandle", **options: Any) -> Any:
    """A ``SpotWebsocketStreamClient``; connects when it is made, to be ended with ``stop()``."""
    module = load("binance.websocket.spot.websocket_stream", PACKAGE)
    return module.SpotWebsocketStreamClient(stream_url=venue.ws_url, **options)


def connector_ws_api(venue: "VenueHandle", account: str, **options: Any) -> Any:
    """A ``SpotWebsocketAPIClient``; connects when it is made, to be ended with ``stop()``."""
    module, owner = load("binance.websocket.spot.websocket_api", PACKAGE), venue.account(account)
    return module.SpotWebsocketAPIClient(
        stream_url=f"{venue.ws_url}/ws-api/v3", api_key=owner.api_key, api_secret=owner.api_secret, **options
    )
