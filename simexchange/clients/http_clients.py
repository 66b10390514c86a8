"""httpx without a socket: transports that hand requests straight to an exchange in the same process."""

from typing import TYPE_CHECKING, Any

from simexchange.clients.loading import load

if TYPE_CHECKING:
    from simexchange.handle.venue import VenueHandle


def httpx_transport(venue: "VenueHandle") -> Any:
    """For ``httpx.Client(transport=..., base_url=simx.binance.rest_url)``."""
    return load("simexchange.clients.httpx_transports", "httpx").Transport(venue.asgi)


def httpx_async_transport(venue: "VenueHandle") -> Any:
    """The same for ``httpx.AsyncClient``."""
    return load("simexchange.clients.httpx_transports", "httpx").AsyncTransport(venue.asgi)
