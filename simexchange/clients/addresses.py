"""Addresses of real exchanges, replaced: scheme and host become the served venue's, paths stay."""

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from simexchange.handle.venue import VenueHandle

_HTTP: Final = re.compile(r"^https?://[^/]+")
_WEBSOCKET: Final = re.compile(r"^wss?://[^/]+")


def rebased(address: Any, venue: "VenueHandle") -> Any:
    """An address, or a tree of them; what is no address stays as it is."""
    if isinstance(address, dict):
        return {name: rebased(part, venue) for name, part in address.items()}
    if isinstance(address, list):
        return [rebased(part, venue) for part in address]
    if not isinstance(address, str):
        return address
    return _WEBSOCKET.sub(venue.ws_url, _HTTP.sub(venue.rest_url, address))


def rebased_subclass(kind: type, suffix: str, venue: "VenueHandle") -> type:
    """The class with every address among its attributes replaced (names ending in ``suffix``); itself is left alone."""
    addresses = {
        name: rebased(getattr(kind, name), venue)
        for name in dir(kind)
        if name.endswith(suffix) and isinstance(getattr(kind, name), str)
    }
    return type(kind.__name__, (kind,), addresses)
