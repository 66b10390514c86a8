"""What may be set on this venue's dialect. Everything defaults to what the venue does."""

from typing import Final

from msgspec import Struct

from simexchange.dialects.binance.stream_settings import StreamSettings
from simexchange.services.clock import DAY, MINUTE


class LimitSettings(Struct, frozen=True):
    """Request and order limits, each per fixed calendar window; a limit of 0 is switched off.

    The defaults are the venue's: "LIMITS", "IP Limits", "Unfilled Order Count". How many refused requests bring a
    ban is not published; neither are the steps between its documented first (2 minutes) and last (3 days) length.
    """

    request_weight: int = 6_000
    """Per minute and IP, REST and WebSocket API together."""
    raw_requests: int = 300_000
    """Per 5 minutes and IP."""
    orders_10s: int = 100
    """Unfilled orders per 10 seconds and account."""
    orders_1d: int = 200_000
    sapi_weight: int = 12_000
    """Per minute and IP, /sapi alone."""
    refusals_before_ban: int = 10
    """Refused requests (429) of one IP in one window that are borne; the next one bans."""
    first_ban_ns: int = 2 * MINUTE
    longest_ban_ns: int = 3 * DAY


LIMITS_OFF: Final = LimitSettings(request_weight=0, raw_requests=0, orders_10s=0, orders_1d=0, sapi_weight=0)


class BinanceSettings(Struct, frozen=True):
    limits: LimitSettings = LimitSettings()
    streams: StreamSettings = StreamSettings()
    listen_keys: bool = True
    """Serve the user data stream by listenKey, which the venue has retired and bots in the field still use."""


VENUE_SETTINGS: Final = BinanceSettings()
"""Everything as the venue has it."""
