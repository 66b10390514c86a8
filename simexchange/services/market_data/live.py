"""Live trading as bars: the second in progress, and bounded rings of finished bars at a few grains.

A trade touches one bar, the second's. When a trade opens a new second the finished one moves up: into its minute, and
from there, as each ends, into its quarter of an hour, hour and day. Bars without trades are not stored.
"""

from bisect import bisect_left
from typing import Final

from simexchange.domain.units import Amount, Price, Quantity
from simexchange.services.clock import DAY, HOUR, MINUTE, SECOND
from simexchange.services.market_data.bars import CLOSE, START, Bar, as_bar, fold

SPANS: Final = (SECOND, MINUTE, 15 * MINUTE, HOUR, DAY)
"""The length of a bar per grain, fine to coarse; each divides the next."""
KEPT: Final = (3_600, 10_800, 3_200, 20_000, 20_000)
"""How many finished bars of each grain stay: at least 1,000 candles of every interval made of them."""


class BarRing:
    """Finished bars in time order; keeps at least ``kept`` of the newest and at most twice as many."""

    __slots__ = ("_kept", "bars", "complete_from_ns")

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self.bars: list[Bar] = []
        self.complete_from_ns = 0
        """Nothing that opened here or later has been dropped."""

    def add(self, bar: Bar) -> None:
        bars = self.bars
        bars.append(bar)
        if len(bars) >= 2 * self._kept:
            del bars[: self._kept]
            self.complete_from_ns = bars[0][START]

    def between(self, from_ns: int, to_ns: int) -> list[Bar]:
        """Bars that open from ``from_ns`` up to, not including, ``to_ns``."""
        bars = self.bars
        if not bars or bars[-1][START] < from_ns:
            return []
        low = bisect_left(bars, (from_ns,))
        return bars[low : bisect_left(bars, (to_ns,), low)]


class LiveBars:
    """Everything traded since the start, in the instrument's units and quote amounts."""

    __slots__ = ("_open", "_rings", "_second")

    def __init__(self) -> None:
        self._second: list[int] = []
        self._open: list[Bar | None] = [None] * len(SPANS)
        self._rings = [BarRing(kept) for kept in KEPT]

    def add(self, ts_ns: int, price: Price, quantity: Quantity, quote: Amount, buyer_took: bool) -> None:
        """One trade, not older than the one before."""
        bar = self._second
        start_ns = ts_ns - ts_ns % SECOND
        if not bar or bar[0] != start_ns:
            if bar:
                self._finish_second(start_ns)
            self._second = bar = [start_ns, price, price, price, price, 0, 0, 0, 0, 0]
        if price > bar[2]:
            bar[2] = price
        elif price < bar[3]:
            bar[3] = price
        bar[4] = price
        bar[5] += 1
        if buyer_took:
            bar[6] += quantity
            bar[7] += quote
        else:
            bar[8] += quantity
            bar[9] += quote

    def _finish_second(self, now_ns: int) -> None:
        """File the second's bar, and every coarser one that ended before ``now_ns``."""
        finished = as_bar(self._second)
        for grain, span in enumerate(SPANS):
            start_ns = finished[START] - finished[START] % span
            opened = self._open[grain]
            merged = fold(start_ns, [finished] if opened is None else [opened, finished])
            if now_ns - start_ns < span:
                self._open[grain] = merged
                return
            self._open[grain] = None
            self._rings[grain].add(merged)
            finished = merged

    def kept_from(self, grain: int) -> int:
        """Bars of this grain that opened here or later are all still there."""
        return self._rings[grain].complete_from_ns

    def bars(self, grain: int, from_ns: int, to_ns: int) -> list[Bar]:
        """Bars of a grain that open within ``from_ns`` .. ``to_ns`` (exclusive), the one in progress included."""
        found = self._rings[grain].between(from_ns, to_ns)
        unfinished = self._unfinished(grain)
        if unfinished is not None and from_ns <= unfinished[START] < to_ns:
            found.append(unfinished)
        return found

    def _unfinished(self, grain: int) -> Bar | None:
        if not self._second:
            return None
        second = as_bar(self._second)
        parts = [bar for bar in self._open[grain:0:-1] if bar is not None]
        start_ns = second[START] - second[START] % SPANS[grain]
        return fold(start_ns, [*parts, second])

    def cover(self, from_ns: int, to_ns: int) -> list[Bar]:
        """Bars that together hold exactly the trades of ``from_ns`` .. ``to_ns``, both on whole seconds.

        Where fine bars have been dropped the stretch begins a little early, on the next coarser boundary.
        """
        found: list[Bar] = []
        at_ns, grain = from_ns, 0
        while grain < len(SPANS) - 1 and at_ns < self.kept_from(grain):
            grain += 1
            at_ns = from_ns - from_ns % SPANS[grain]
        while grain < len(SPANS) - 1 and at_ns < to_ns:
            up_ns = at_ns + -at_ns % SPANS[grain + 1]
            if up_ns + SPANS[grain + 1] > to_ns:
                break
            found += self.bars(grain, at_ns, up_ns)
            at_ns, grain = up_ns, grain + 1
        for finer in range(grain, -1, -1):
            down_ns = to_ns - to_ns % SPANS[finer]
            if down_ns > at_ns:
                found += self.bars(finer, at_ns, down_ns)
                at_ns = down_ns
        return found

    def close_before(self, ts_ns: int) -> Price | None:
        """The last price of the bars kept that opened before ``ts_ns``; None if there is none."""
        if not self._second:
            return None
        if self._second[0] < ts_ns:
            return self._second[4]
        for ring in self._rings:
            at = bisect_left(ring.bars, (ts_ns,))
            if at:
                return ring.bars[at - 1][CLOSE]
            if not ring.complete_from_ns:
                break
        return None
