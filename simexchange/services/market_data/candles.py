"""Candles of every interval, from generated history and live bars alike, as one sequence without a seam.

Made when asked for: bars of the largest grain that divides the interval are folded; finished candles are remembered.
An interval without trades repeats the close before it with no volume, as venues publish it. Live bars that have been
dropped (see ``live.KEPT``) leave a gap between the history and what is still there.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from msgspec import Struct

from simexchange.domain.units import Amount, Price, Quantity
from simexchange.services.clock import DAY, SECOND
from simexchange.services.market_data import history, live
from simexchange.services.market_data.bars import CLOSE, START, Bar, fold, scale
from simexchange.services.market_data.history import History
from simexchange.services.market_data.intervals import Interval
from simexchange.services.market_data.live import LiveBars
from simexchange.services.market_data.tape import Units

__all__ = ["Candle", "Candles", "Interval"]

KEPT_CANDLES: Final = 3_000
KEPT_SERIES: Final = 24
"""Finished candles are remembered for so many (interval, offset) pairs, so many of each."""


class Candle(Struct, frozen=True, gc=False):
    """One interval. ``close_ns`` is the exclusive end; volume in quantity units, quotes are amounts.

    The taker's figures count the trades in which the buyer took.
    """

    open_ns: int
    close_ns: int
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Quantity
    quote: Amount
    trades: int
    taker_volume: Quantity
    taker_quote: Amount


class Series:
    """History up to the start and live bars from it on, in the instrument's units."""

    def __init__(self, past: History | None, units: Units, live_bars: LiveBars, start_ns: int) -> None:
        self.past = past
        self.live = live_bars
        self.start_ns = start_ns
        self._units = units

    def scaled(self, bar: Bar) -> Bar:
        return scale(bar, self._units.tick, self._units.lot, self._units.quote)

    def cover(self, from_ns: int, to_ns: int) -> list[Bar]:
        """Bars, in time order, that hold the trades of ``from_ns`` .. ``to_ns``, both on whole seconds."""
        found: list[Bar] = []
        if self.past is not None and from_ns < self.start_ns:
            earlier = self.past.cover(from_ns, to_ns)
            if earlier:
                found.append(self.scaled(fold(earlier[0][START], earlier)))
        start_ns = self.start_ns - self.start_ns % SECOND
        if to_ns > start_ns:
            found += self.live.cover(max(from_ns, start_ns), to_ns)
        return found

    def close_before(self, ts_ns: int) -> Price | None:
        """The last price before ``ts_ns`` (on a whole second); None if nothing had been traded by then."""
        price = self.live.close_before(ts_ns) if ts_ns > self.start_ns else None
        if price is not None or self.past is None or ts_ns <= 0:
            return price
        bars = self.past.bars(history.MINUTE_TIER, min(ts_ns, self.start_ns) - 1, self.start_ns)[:1]
        earlier = [bar for bar in self.past.cover(bars[0][START], ts_ns) if bars[0][START] < ts_ns]
        return self.scaled(earlier[-1])[CLOSE] if earlier else self.scaled(bars[0])[1]


class Candles:
    """One instrument's candles."""

    def __init__(self, series: Series) -> None:
        self._series = series
        self._finished: dict[tuple[Interval, int], dict[int, Candle]] = {}
        self.now_ns = series.start_ns
        """The latest time anybody spoke of: no candle opens later."""

    def current(self, interval: Interval, now_ns: int, offset_ns: int = 0) -> Candle:
        """The candle in progress at ``now_ns``; all prices 0 if nothing was ever traded."""
        self.now_ns = max(self.now_ns, now_ns)
        open_ns = interval.start_of(now_ns, offset_ns)
        close_ns = interval.next(open_ns, offset_ns)
        found = self._from_cover(open_ns, close_ns)
        return found or Candle(open_ns, close_ns, 0, 0, 0, 0, 0, 0, 0, 0, 0)

    def query(
        self,
        interval: Interval,
        start_ns: int | None = None,
        end_ns: int | None = None,
        limit: int = 500,
        offset_ns: int = 0,
        now_ns: int | None = None,
    ) -> list[Candle]:
        """At most ``limit`` candles that open within ``start_ns`` .. ``end_ns`` (both included), ascending.

        The first ones from ``start_ns`` if it is given, else the last ones up to ``end_ns`` or now. The last may be
        in progress. ``offset_ns`` is the time zone's distance to UTC. Without ``now_ns`` time is taken to stand where
        it was last heard of.
        """
        if now_ns is not None:
            self.now_ns = max(self.now_ns, now_ns)
        opens = self._opens(interval, start_ns, end_ns, limit, offset_ns)
        if not opens:
            return []
        known = self._known(interval, offset_ns)
        missing = [index for index, open_ns in enumerate(opens) if open_ns not in known]
        if not missing:
            return [known[open_ns] for open_ns in opens]
        first, last = missing[0], missing[-1]
        bounds = [*opens[first : last + 1], interval.next(opens[last], offset_ns)]
        fresh = self._make(interval, bounds, offset_ns)
        found = [known[open_ns] for open_ns in opens[:first]] + fresh + [known[at] for at in opens[last + 1 :]]
        known.update((candle.open_ns, candle) for candle in fresh if candle.close_ns <= self.now_ns)
        while len(known) > KEPT_CANDLES:
            del known[next(iter(known))]
        return found

    def _known(self, interval: Interval, offset_ns: int) -> dict[int, Candle]:
        key = (interval, offset_ns)
        known = self._finished.pop(key, None)
        if known is None:
            known = {}
            if len(self._finished) >= KEPT_SERIES:
                del self._finished[next(iter(self._finished))]
        self._finished[key] = known
        return known

    def _opens(
        self, interval: Interval, start_ns: int | None, end_ns: int | None, limit: int, offset_ns: int
    ) -> list[int]:
        last_ns = self.now_ns if end_ns is None else min(end_ns, self.now_ns)
        if last_ns < 0 or limit <= 0:
            return []
        if start_ns is None:
            backwards: list[int] = []
            open_ns = interval.start_of(last_ns, offset_ns)
            while len(backwards) < limit and open_ns > -DAY:
                backwards.append(open_ns)
                open_ns = interval.previous(open_ns, offset_ns)
            return backwards[::-1]
        opens: list[int] = []
        start_ns = max(start_ns, -offset_ns, 0)
        open_ns = interval.start_of(start_ns, offset_ns)
        if open_ns < start_ns:
            open_ns = interval.next(open_ns, offset_ns)
        while len(opens) < limit and open_ns <= last_ns:
            opens.append(open_ns)
            open_ns = interval.next(open_ns, offset_ns)
        return opens

    def _make(self, interval: Interval, bounds: Sequence[int], offset_ns: int) -> list[Candle]:
        """The candles between neighbouring bounds; those nothing is known of lack."""
        span = interval.span_ns
        if offset_ns % DAY and (not span or span >= DAY):
            return [candle for pair in pairwise(bounds) if (candle := self._from_cover(*pair)) is not None]
        series = self._series
        grain = _live_grain(span, offset_ns)
        bars: list[Bar] = []
        if series.past is not None:
            bars = [series.scaled(bar) for bar in self._past_bars(series.past, span, offset_ns, bounds)]
        live_from_ns = max(bounds[0], series.start_ns - series.start_ns % live.SPANS[grain])
        bars += series.live.bars(grain, live_from_ns, bounds[-1])
        gap_ends_ns = series.live.kept_from(grain)
        return self._fold(bounds, bars, gap_ends_ns)

    def _past_bars(self, past: History, span: int, offset_ns: int, bounds: Sequence[int]) -> list[Bar]:
        if span == SECOND:
            return past.seconds(bounds[0], bounds[-1])
        tier = history.MONTH_TIER
        if span or offset_ns:
            fitting = (
                tier
                for tier, length in enumerate(history.SPANS)
                if length and span % length == 0 and offset_ns % length == 0
            )
            tier = next(fitting, history.MINUTE_TIER)
        return past.bars(tier, bounds[0], bounds[-1])

    def _fold(self, bounds: Sequence[int], bars: Sequence[Bar], gap_ends_ns: int) -> list[Candle]:
        series = self._series
        close = None if bars and bars[0][START] == bounds[0] else series.close_before(bounds[0])
        candles: list[Candle] = []
        at, count = 0, len(bars)
        for open_ns, close_ns in pairwise(bounds):
            begin = at
            while at < count and bars[at][START] < close_ns:
                at += 1
            if at > begin:
                candle = _candle(close_ns, fold(open_ns, bars[begin:at]))
                close = candle.close
                candles.append(candle)
            elif close is not None and not series.start_ns < close_ns <= gap_ends_ns:
                candles.append(_flat(open_ns, close_ns, close))
        return candles

    def _from_cover(self, open_ns: int, close_ns: int) -> Candle | None:
        bars = self._series.cover(open_ns, close_ns)
        if bars:
            return _candle(close_ns, fold(open_ns, bars))
        close = self._series.close_before(open_ns)
        return None if close is None else _flat(open_ns, close_ns, close)


def _live_grain(span: int, offset_ns: int) -> int:
    """The largest live grain that an interval and its offset are made of."""
    for grain in range(len(live.SPANS) - 1, 0, -1):
        length = live.SPANS[grain]
        if span % length == 0 and offset_ns % length == 0:
            return grain
    return 0


def _flat(open_ns: int, close_ns: int, price: Price) -> Candle:
    return Candle(open_ns, close_ns, price, price, price, price, 0, 0, 0, 0, 0)


def _candle(close_ns: int, bar: Bar) -> Candle:
    start_ns, opened, high, low, close, trades, buy, buy_quote, sell, sell_quote = bar
    return Candle(
        start_ns, close_ns, opened, high, low, close, buy + sell, buy_quote + sell_quote, trades, buy, buy_quote
    )
