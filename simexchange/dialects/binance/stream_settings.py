"""Limits and habits of the venue's sockets.

Source: "WebSocket Streams for Binance", WebSocket limits; "Public WebSocket API", connection limits and user data
stream subscription.
"""

from msgspec import Struct

from simexchange.services.clock import DAY, MINUTE, SECOND


class StreamSettings(Struct, frozen=True):
    """The defaults are the venue's. A limit of 0 is switched off."""

    ping_interval_ns: int = 20 * SECOND
    pong_timeout_ns: int = MINUTE
    lifetime_ns: int = DAY
    messages_per_second: int = 5
    """Incoming frames (ping, pong, text) a market stream connection may send in any second."""
    streams_per_connection: int = 1024
    connections: int = 300
    """New connections of one address in one window; market streams and WebSocket API count separately."""
    connection_window_ns: int = 5 * MINUTE
    all_tickers: bool = True
    """Whether ``!ticker@arr`` still speaks; the venue retired it on 2026-03-26 and many bots still ask for it."""
    user_subscriptions: int = 1000
    """Active user data subscriptions of one WebSocket API connection."""
    user_subscriptions_ever: int = 65_535
    report_triggers: bool = False
    """Whether a dormant order is reported as NEW once more when it is triggered; the documentation does not say."""
    report_rejects: bool = False
    """Whether a rejected order (or list) is reported on the user data stream. The second half of a cancel-replace
    always is."""
