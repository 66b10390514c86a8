"""python-binance: subclasses of its clients whose every address is the venue's; the originals stay as they are."""

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from simexchange.clients.addresses import rebased_subclass
from simexchange.clients.loading import load

if TYPE_CHECKING:
    from simexchange.handle.venue import VenueHandle

PACKAGE = "python-binance"


def python_binance(venue: "VenueHandle", account: str, **options: Any) -> Any:
    """A synchronous ``Client``; it pings when it is made."""
    kind, owner = rebased_subclass(load("binance.client", PACKAGE).Client, "_URL", venue), venue.account(account)
    return kind(owner.api_key, owner.api_secret, **options)


def python_binance_async(venue: "VenueHandle", account: str, **options: Any) -> Coroutine[Any, Any, Any]:
    """An ``AsyncClient``, once awaited; to be closed with ``await client.close_connection()``."""
    kind: Any = rebased_subclass(load("binance.async_client", PACKAGE).AsyncClient, "_URL", venue)
    owner = venue.account(account)
    made: Coroutine[Any, Any, Any] = kind.create(owner.api_key, owner.api_secret, **options)
    return made


def python_binance_streams(venue: "VenueHandle", client: Any, **options: Any) -> Any:
    """A ``BinanceSocketManager`` for an ``AsyncClient``."""
    manager = load("binance.ws.streams", PACKAGE).BinanceSocketManager
    return rebased_subclass(manager, "STREAM_URL", venue)(client, **options)
