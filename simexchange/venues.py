"""The venues there are: one row each, and nothing of a venue is imported before it is asked for."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from simexchange.dialects.base import Coverage, Dialect
from simexchange.domain.ids import Symbol
from simexchange.services.randomness import Randomness
from simexchange.world import Door

if TYPE_CHECKING:
    from simexchange.dialects.binance.settings import BinanceSettings

PORTS: Final = 6
"""How many ports an exchange takes, from its port base on: control, and one per venue there will be."""


class LimitsError(ValueError):
    """A text that names no limits."""


class VenueKind(Struct, frozen=True):
    """One venue's dialect, as the faces need to know it. A ``limits`` text is what ``--limits`` takes."""

    title: str
    port_offset: int
    """Its port, counted from the port base, which is the control API's."""
    open: Callable[[Door, Randomness, str], Dialect]
    """Makes the dialect of a door, with the limits the text names; LimitsError where it names none."""
    limit_names: Callable[[], tuple[str, ...]]
    spell: Callable[[Symbol], str]
    """A symbol as this venue writes it."""
    coverage: Callable[[], Iterable[Coverage]]
    hosts: tuple[str, ...] = ()
    """Its real host names, by which it is called over TLS."""
    neighbors: tuple[str, ...] = ()
    """Host names of other venues of its operator, for which it answers where those are not opened."""


def check_limits(text: str, venues: Iterable[str]) -> None:
    """Raise LimitsError unless the text means something to every one of these venues."""
    for venue in venues:
        names = VENUES[venue].limit_names()
        for name in read_limits(text):
            if name not in names:
                raise LimitsError(f"{venue} has no limit {name!r}; it has {', '.join(names)}")


def read_limits(text: str) -> dict[str, int]:
    """``name=value,name=value`` as numbers; ``venue`` and ``off`` name none."""
    if text in ("venue", "off"):
        return {}
    limits = {}
    for part in text.split(","):
        name, equals, value = part.strip().partition("=")
        if not (name and equals and value.isascii() and value.isdigit() and len(value) < 16):
            raise LimitsError(f"{part.strip()!r} is none of: venue, off, name=number (0 switches one off)")
        limits[name] = int(value)
    return limits


_BINANCE_REQUESTS: Final = (
    "request_weight",
    "raw_requests",
    "orders_10s",
    "orders_1d",
    "sapi_weight",
    "refusals_before_ban",
)
_BINANCE_STREAMS: Final = ("connections", "messages_per_second", "streams_per_connection")


def _binance_settings(limits: str) -> "BinanceSettings":
    from simexchange.dialects.binance.settings import VENUE_SETTINGS

    chosen = read_limits(limits)
    if limits == "off":
        chosen = dict.fromkeys((*_BINANCE_REQUESTS, *_BINANCE_STREAMS), 0)
        del chosen["refusals_before_ban"]
    replace = msgspec.structs.replace
    requests = {name: value for name, value in chosen.items() if name in _BINANCE_REQUESTS}
    streams = {name: value for name, value in chosen.items() if name in _BINANCE_STREAMS}
    return replace(
        VENUE_SETTINGS,
        limits=replace(VENUE_SETTINGS.limits, **requests),
        streams=replace(VENUE_SETTINGS.streams, **streams),
    )


def _open_binance(door: Door, randomness: Randomness, limits: str) -> Dialect:
    from simexchange.dialects.binance.dialect import BinanceDialect

    return BinanceDialect(door, randomness, _binance_settings(limits))


def _spell_binance(symbol: Symbol) -> str:
    from simexchange.dialects.binance.names import wire_symbol

    return wire_symbol(symbol)


def _cover_binance() -> Iterable[Coverage]:
    from simexchange.dialects.binance import fault_forms, operations, streams

    return (*operations.coverage(), *streams.coverage(), *fault_forms.coverage())


VENUES: Final[dict[str, VenueKind]] = {
    "binance": VenueKind(
        title="Binance spot",
        port_offset=1,
        open=_open_binance,
        limit_names=lambda: (*_BINANCE_REQUESTS, *_BINANCE_STREAMS),
        spell=_spell_binance,
        coverage=_cover_binance,
        hosts=(
            "api.binance.com",
            "api1.binance.com",
            "api2.binance.com",
            "api3.binance.com",
            "api4.binance.com",
            "api-gcp.binance.com",
            "data-api.binance.vision",
            "stream.binance.com",
            "data-stream.binance.vision",
            "ws-api.binance.com",
            "testnet.binance.vision",
            "stream.testnet.binance.vision",
            "ws-api.testnet.binance.vision",
            "demo-api.binance.com",
            "demo-stream.binance.com",
            "demo-ws-api.binance.com",
        ),
        # ccxt asks these for their instruments before it trades spot; the dialect answers that there are none.
        neighbors=("fapi.binance.com", "dapi.binance.com"),
    ),
}
