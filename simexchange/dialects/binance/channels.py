"""The venue's market streams as one table: how a name is written, its event, its speed, and the feed behind it.

``find_feed`` turns a stream name into a feed; ``coverage`` turns the table into rows of the fidelity table.
Source: "WebSocket Streams for Binance", detailed stream information.
"""

import re
from collections.abc import Callable, Iterable
from typing import TypeAlias

from msgspec import Struct

from simexchange.dialects.base import Coverage, Fidelity
from simexchange.dialects.binance.feeds import (
    AggregateTradeFeed,
    BookTickerFeed,
    DepthUpdateFeed,
    MarketSource,
    PartialDepthFeed,
    TradeFeed,
)
from simexchange.dialects.binance.hub import Feed, Topic
from simexchange.dialects.binance.names import DELISTED, wire_symbol
from simexchange.dialects.binance.statistics_feeds import (
    AllStatisticsFeed,
    AveragePrice,
    KlineFeed,
    MiniTicker,
    StatisticFeed,
    Ticker,
    WindowTicker,
)
from simexchange.dialects.binance.stream_settings import StreamSettings
from simexchange.domain.ids import Symbol
from simexchange.services.clock import HOUR, MILLISECOND
from simexchange.services.market_data.intervals import Interval

MakeFeed: TypeAlias = Callable[[MarketSource, Topic, Symbol, re.Match[str]], Feed]

UTC_PLUS_8_NS = 8 * HOUR
WINDOWS = {"1h": HOUR, "4h": 4 * HOUR, "1d": 24 * HOUR}
INTERVALS = {interval.value: interval for interval in Interval}


class Channel(Struct, frozen=True):
    """One row: ``pattern`` as the venue documents it, ``expression`` what of a name must match behind ``<symbol>@``.

    A channel of all symbols matches the whole name. ``make`` None means: accepted, and silent.
    """

    pattern: str
    expression: str
    event: str
    speed: str
    make: MakeFeed | None
    fidelity: Fidelity = Fidelity.SAME
    note: str = ""
    all_symbols: bool = False


def _depth_update(source: MarketSource, topic: Topic, symbol: Symbol, match: re.Match[str]) -> Feed:
    return DepthUpdateFeed(source, topic, symbol, _period_ns(match))


def _partial_depth(source: MarketSource, topic: Topic, symbol: Symbol, match: re.Match[str]) -> Feed:
    return PartialDepthFeed(source, topic, symbol, _period_ns(match), int(match["levels"]))


def _period_ns(match: re.Match[str]) -> int:
    return int(match["period"] or 1000) * MILLISECOND


def _kline(source: MarketSource, topic: Topic, symbol: Symbol, match: re.Match[str]) -> Feed:
    offset_ns = UTC_PLUS_8_NS if match["zone"] else 0
    return KlineFeed(source, topic, symbol, INTERVALS[match["interval"]], offset_ns)


def _window_ticker(source: MarketSource, match: re.Match[str]) -> WindowTicker:
    return WindowTicker(source, match["window"], WINDOWS[match["window"]])


_PERIOD = r"(?:@(?P<period>100|1000)ms)?"
_INTERVAL = f"(?P<interval>{'|'.join(INTERVALS)})"
_WINDOW = f"(?P<window>{'|'.join(WINDOWS)})"

CHANNELS: tuple[Channel, ...] = (
    Channel("<symbol>@aggTrade", "aggTrade", "aggTrade", "real-time", lambda s, t, y, _: AggregateTradeFeed(s, t, y)),
    Channel("<symbol>@trade", "trade", "trade", "real-time", lambda s, t, y, _: TradeFeed(s, t, y)),
    Channel(
        "<symbol>@kline_<interval>",
        f"kline_{_INTERVAL}(?P<zone>)",
        "kline",
        "1000 ms for 1s, 2000 ms for the others",
        _kline,
    ),
    Channel(
        "<symbol>@kline_<interval>@+08:00",
        f"kline_{_INTERVAL}(?P<zone>@\\+08:00)",
        "kline",
        "1000 ms for 1s, 2000 ms for the others",
        _kline,
    ),
    Channel(
        "<symbol>@miniTicker",
        "miniTicker",
        "24hrMiniTicker",
        "1000 ms",
        lambda s, t, y, _: StatisticFeed(s, t, y, MiniTicker(s)),
    ),
    Channel(
        "!miniTicker@arr",
        "!miniTicker@arr",
        "24hrMiniTicker",
        "1000 ms",
        lambda s, t, _, __: AllStatisticsFeed(s, t, MiniTicker(s)),
        all_symbols=True,
    ),
    Channel(
        "!miniTicker@arr@<period>ms",
        r"!miniTicker@arr@(?P<period>1000|3000)ms",
        "24hrMiniTicker",
        "1000 ms or 3000 ms",
        lambda s, t, _, match: AllStatisticsFeed(s, t, MiniTicker(s), _period_ns(match)),
        note="never documented, but what older clients ask for",
        all_symbols=True,
    ),
    Channel(
        "<symbol>@ticker",
        "ticker",
        "24hrTicker",
        "1000 ms",
        lambda s, t, y, _: StatisticFeed(s, t, y, Ticker(s)),
    ),
    Channel(
        "!ticker@arr",
        "!ticker@arr",
        "24hrTicker",
        "1000 ms",
        lambda s, t, _, __: AllStatisticsFeed(s, t, Ticker(s)),
        note="retired by the venue on 2026-03-26; a setting, on by default, keeps it for older bots",
        all_symbols=True,
    ),
    Channel(
        "<symbol>@ticker_<window>",
        f"ticker_{_WINDOW}",
        "<window>Ticker",
        "1000 ms",
        lambda s, t, y, match: StatisticFeed(s, t, y, _window_ticker(s, match)),
    ),
    Channel(
        "!ticker_<window>@arr",
        f"!ticker_{_WINDOW}@arr",
        "<window>Ticker",
        "1000 ms",
        lambda s, t, _, match: AllStatisticsFeed(s, t, _window_ticker(s, match)),
        all_symbols=True,
    ),
    Channel("<symbol>@bookTicker", "bookTicker", "(none)", "real-time", lambda s, t, y, _: BookTickerFeed(s, t, y)),
    Channel(
        "<symbol>@avgPrice",
        "avgPrice",
        "avgPrice",
        "1000 ms",
        lambda s, t, y, _: StatisticFeed(s, t, y, AveragePrice(s)),
    ),
    Channel(
        "<symbol>@depth<levels>[@100ms]",
        rf"depth(?P<levels>5|10|20){_PERIOD}",
        "(none)",
        "1000 ms or 100 ms",
        _partial_depth,
    ),
    Channel("<symbol>@depth[@100ms]", rf"depth{_PERIOD}", "depthUpdate", "1000 ms or 100 ms", _depth_update),
    Channel(
        "<symbol>@referencePrice",
        "referencePrice",
        "referencePrice",
        "1000 ms",
        None,
        Fidelity.MISSING,
        "no instrument has a reference price; accepted, silent",
    ),
    Channel(
        "<symbol>@blockTrade",
        "blockTrade",
        "blockTrade",
        "real-time",
        None,
        Fidelity.MISSING,
        "there are no block trades; accepted, silent",
    ),
    Channel(
        "!bookTicker",
        "!bookTicker",
        "(none)",
        "real-time",
        None,
        Fidelity.MISSING,
        "retired by the venue and no longer documented; accepted, silent",
        all_symbols=True,
    ),
)

_TABLE = tuple((re.compile(channel.expression), channel) for channel in CHANNELS)


class StreamNames:
    """Stream names of one venue and the feeds they stand for."""

    def __init__(self, source: MarketSource, settings: StreamSettings) -> None:
        self._source = source
        self._settings = settings
        self._symbols: dict[str, Symbol] = {}

    def find_feed(self, topic: Topic) -> Feed | None:
        """The feed of a topic; None for a name, symbol or case that no channel has: such streams are silent."""
        symbol_text, at, rest = topic.name.partition("@")
        everything = topic.name.startswith("!")
        symbol = "" if everything else self._symbol(symbol_text)
        if symbol is None or not at:
            return None
        if everything:
            rest = topic.name
        for expression, channel in _TABLE:
            match = expression.fullmatch(rest) if channel.all_symbols is everything else None
            if match is not None:
                if channel.make is None or (rest == "!ticker@arr" and not self._settings.all_tickers):
                    return None
                return channel.make(self._source, topic, symbol, match)
        return None

    def _symbol(self, text: str) -> Symbol | None:
        """The instrument of a stream name's lower-case symbol."""
        symbol, markets = self._symbols.get(text), self._source.door.venue.markets
        if symbol is None:
            for known in markets:
                self._symbols[wire_symbol(known).lower()] = known
            symbol = self._symbols.get(text)
        return symbol if symbol is not None and markets[symbol].status is not DELISTED else None


def coverage() -> Iterable[Coverage]:
    """A row of the fidelity table per channel."""
    for channel in CHANNELS:
        note = f"{channel.speed}; {channel.note}" if channel.note else channel.speed
        yield Coverage("stream", channel.pattern, channel.fidelity, note)
