"""Feeds that speak when the clock strikes: candles, rolling statistics and the average price.

Source: "WebSocket Streams for Binance", kline, ticker, mini ticker, rolling window and average price streams.
"""

from abc import abstractmethod

from simexchange.dialects.binance import encoders
from simexchange.dialects.binance.feeds import MarketSource, SymbolFeed
from simexchange.dialects.binance.hub import Feed, Topic
from simexchange.dialects.binance.names import DELISTED, wire_symbol
from simexchange.domain.ids import Symbol
from simexchange.services.clock import DAY, MINUTE, SECOND
from simexchange.services.market_data.candles import Candle
from simexchange.services.market_data.intervals import Interval
from simexchange.services.market_data.ticker import WindowStats

AVERAGE_MINUTES = 5
MOST_CLOSED_CANDLES = 1000

Said = tuple[object, ...]
"""What a statistic said, without its times: two events that say the same need only one telling."""


class KlineFeed(SymbolFeed):
    """The candle in progress once per period, and each candle's last word when it closes."""

    def __init__(self, source: MarketSource, topic: Topic, symbol: Symbol, interval: Interval, offset_ns: int) -> None:
        super().__init__(source, topic, symbol)
        self._interval = interval
        self._offset_ns = offset_ns
        self._period_ns = SECOND if interval is Interval.SECOND_1 else 2 * SECOND
        self._open_ns = 0

    def start(self) -> None:
        self._open_ns = self._current(self.source.door.clock.now_ns()).open_ns
        self.source.beats.join(self._period_ns, self._tell)

    def stop(self) -> None:
        self.source.beats.leave(self._period_ns, self._tell)

    def _current(self, now_ns: int) -> Candle:
        return self.source.data(self.symbol).candles.current(self._interval, now_ns, self._offset_ns)

    def _tell(self, now_ns: int) -> None:
        current = self._current(now_ns)
        last_id = self.source.data(self.symbol).tape.last_trade_id
        if current.open_ns == self._open_ns:
            self._publish(now_ns, current, last_id, closed=False)
            return
        closed = self.source.data(self.symbol).candles.query(
            self._interval, self._open_ns, current.open_ns - 1, MOST_CLOSED_CANDLES, self._offset_ns
        )
        self._open_ns = current.open_ns
        # Trade ids are dense, so the ids of a closed candle follow from how many trades came after it.
        last_id -= current.trades + sum(candle.trades for candle in closed)
        for candle in closed:
            last_id += candle.trades
            self._publish(now_ns, candle, last_id, closed=True)

    def _publish(self, now_ns: int, candle: Candle, last_id: int, *, closed: bool) -> None:
        first_id = last_id - candle.trades + 1
        if not candle.trades:
            first_id = last_id = -1
        self.topic.publish(
            encoders.kline(
                self.wire,
                self.topic.unit,
                now_ns,
                self._interval.value,
                candle,
                max(first_id, -1),
                last_id,
                closed,
            )
        )


class Statistic:
    """One kind of rolling statistic: its window, what of it can change, and its event."""

    def __init__(self, source: MarketSource) -> None:
        self.source = source

    def stats(self, symbol: Symbol, now_ns: int) -> WindowStats:
        return self.source.rolling(symbol, now_ns - DAY, now_ns)

    @abstractmethod
    def said(self, symbol: Symbol, now_ns: int) -> Said:
        """All that the event says apart from times."""

    @abstractmethod
    def encode(self, symbol: Symbol, unit: int, now_ns: int) -> bytes: ...


class MiniTicker(Statistic):
    def said(self, symbol: Symbol, now_ns: int) -> Said:
        stats = self.stats(symbol, now_ns)
        return (stats.open, stats.high, stats.low, stats.last, stats.volume, stats.quote)

    def encode(self, symbol: Symbol, unit: int, now_ns: int) -> bytes:
        return encoders.mini_ticker(wire_symbol(symbol), unit, now_ns, self.stats(symbol, now_ns))


class Ticker(Statistic):
    def said(self, symbol: Symbol, now_ns: int) -> Said:
        return (*_content(self.stats(symbol, now_ns)), *self.source.best(symbol))

    def encode(self, symbol: Symbol, unit: int, now_ns: int) -> bytes:
        best = self.source.best(symbol)
        return encoders.ticker(wire_symbol(symbol), unit, now_ns, self.stats(symbol, now_ns), best)


class WindowTicker(Statistic):
    """A window that opens on a full minute, so that it may be up to a minute wider than its name."""

    def __init__(self, source: MarketSource, name: str, window_ns: int) -> None:
        super().__init__(source)
        self._name = name
        self._window_ns = window_ns

    def stats(self, symbol: Symbol, now_ns: int) -> WindowStats:
        opened = now_ns - self._window_ns
        return self.source.rolling(symbol, opened - opened % MINUTE, now_ns)

    def said(self, symbol: Symbol, now_ns: int) -> Said:
        return _content(self.stats(symbol, now_ns))

    def encode(self, symbol: Symbol, unit: int, now_ns: int) -> bytes:
        stats = self.stats(symbol, now_ns)
        return encoders.window_ticker(wire_symbol(symbol), unit, now_ns, self._name, stats)


class AveragePrice(Statistic):
    def said(self, symbol: Symbol, now_ns: int) -> Said:
        return (self.source.market(symbol).average_price(now_ns, AVERAGE_MINUTES),)

    def encode(self, symbol: Symbol, unit: int, now_ns: int) -> bytes:
        price = self.source.market(symbol).average_price(now_ns, AVERAGE_MINUTES)
        recent = self.source.data(symbol).tape.recent(1)
        last_ns = recent[-1].ts_ns if recent else now_ns
        return encoders.average_price(wire_symbol(symbol), unit, now_ns, AVERAGE_MINUTES, price, last_ns)


class StatisticFeed(Feed):
    """One instrument's statistic, once a second when it changed, and once for whoever joined."""

    def __init__(self, source: MarketSource, topic: Topic, symbol: Symbol, statistic: Statistic) -> None:
        super().__init__(topic)
        self._source = source
        self._symbol = symbol
        self._statistic = statistic
        self._said: Said = ()

    def start(self) -> None:
        self._source.beats.join(SECOND, self._tell)

    def stop(self) -> None:
        self._source.beats.leave(SECOND, self._tell)

    def _tell(self, now_ns: int) -> None:
        said = self._statistic.said(self._symbol, now_ns)
        if said != self._said or self.topic.newcomer:
            self._said = said
            self.topic.publish(self._statistic.encode(self._symbol, self.topic.unit, now_ns))


class AllStatisticsFeed(Feed):
    """A statistic of every instrument that changed within the period, as one array; nothing when none did."""

    def __init__(self, source: MarketSource, topic: Topic, statistic: Statistic, period_ns: int = SECOND) -> None:
        super().__init__(topic)
        self._source = source
        self._statistic = statistic
        self._period_ns = period_ns
        self._said: dict[Symbol, Said] = {}

    def start(self) -> None:
        self._source.beats.join(self._period_ns, self._tell)

    def stop(self) -> None:
        self._source.beats.leave(self._period_ns, self._tell)

    def _tell(self, now_ns: int) -> None:
        events: list[bytes] = []
        newcomer = self.topic.newcomer
        for symbol, market in self._source.door.venue.markets.items():
            if market.status is DELISTED:
                continue
            said = self._statistic.said(symbol, now_ns)
            if newcomer or said != self._said.get(symbol):
                self._said[symbol] = said
                events.append(self._statistic.encode(symbol, self.topic.unit, now_ns))
        if events:
            self.topic.publish(b"[" + b",".join(events) + b"]")


def _content(stats: WindowStats) -> Said:
    return (
        stats.open,
        stats.high,
        stats.low,
        stats.last,
        stats.volume,
        stats.quote,
        stats.first_trade_id,
        stats.last_trade_id,
        stats.trades,
    )
