"""ccxt in its three flavors, for every venue: one tree of addresses replaced, and nothing asked that nobody serves."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from simexchange.clients.addresses import rebased
from simexchange.clients.loading import load

if TYPE_CHECKING:
    from simexchange.handle.venue import VenueHandle

_ADDRESSES: Final = ("api", "test", "demo", "apiBackup")
"""The parts of ccxt's ``urls`` that requests go to."""


class CcxtVenue(Struct, frozen=True):
    """What ccxt calls a venue, and the options that keep it to that venue's own port."""

    id: str
    options: Mapping[str, Any]


VENUES: Final[Mapping[str, CcxtVenue]] = {
    "binance": CcxtVenue(
        "binance", {"fetchMarkets": {"types": ["spot"]}, "fetchCurrencies": False, "fetchMargins": False}
    ),
}


def ccxt(venue: "VenueHandle", account: str, **options: Any) -> Any:
    """A synchronous exchange object. ``options`` are its constructor's, its own ``options`` among them."""
    return _exchange("ccxt", venue, account, options)


def ccxt_async(venue: "VenueHandle", account: str, **options: Any) -> Any:
    """The same of ccxt.async_support; to be closed with ``await exchange.close()``, or used with ``async with``."""
    return _exchange("ccxt.async_support", venue, account, options)


def ccxt_pro(venue: "VenueHandle", account: str, **options: Any) -> Any:
    """The same of ccxt.pro, which has streams."""
    return _exchange("ccxt.pro", venue, account, options)


def _exchange(module: str, venue: "VenueHandle", account: str, options: Mapping[str, Any]) -> Any:
    """ccxt's own throttle is off unless it is asked for: a venue that limits says so itself."""
    known, owner = VENUES[venue.name], venue.account(account)
    keys = {"apiKey": owner.api_key, "secret": owner.api_secret}
    if owner.passphrase is not None:
        keys["password"] = owner.passphrase
    config = {"enableRateLimit": False} | keys | dict(options)
    config["options"] = dict(known.options) | dict(options.get("options", {}))
    exchange = getattr(load(module, "ccxt"), known.id)(config)
    for part in _ADDRESSES:
        if part in exchange.urls:
            exchange.urls[part] = rebased(exchange.urls[part], venue)
    return exchange
