"""Candle history from before the start, made up on demand: from the month down to the minute, each split exact.

Any stretch since 1970 can be asked for at any grain without making what lies between: a bar depends on the seed, its
place and its parent alone. All of it ends at ``start_ns`` with the price the live market starts from; the bars in
progress at that moment are cut short there. Integers only; prices in ticks, quantities in lots.

What it is not: recorded data. Moves have no fat tails or clusters, volume has no daily rhythm.
"""

from itertools import pairwise
from math import isqrt
from typing import Final

from simexchange.services.clock import DAY, HOUR, MINUTE, SECOND
from simexchange.services.market_data import history_split
from simexchange.services.market_data.bars import START, TRADES, Bar, as_bar
from simexchange.services.market_data.history_plan import LEAST_LOTS, HistoryPlan, per_span
from simexchange.services.market_data.history_split import BILLION, excess, least_trades, quote_bounds
from simexchange.services.market_data.history_trades import DRAWS, RawTrade, trades_of
from simexchange.services.market_data.intervals import month_of, month_start
from simexchange.services.randomness import Randomness

MONTH_TIER: Final = 0
SPANS: Final = (0, DAY, 2 * HOUR, 15 * MINUTE, MINUTE)
"""The length of a bar per tier, coarse to fine; months come first and have none.

Few and wide tiers, since a split costs more than its parts."""
MINUTE_TIER: Final = len(SPANS) - 1
USUAL_MONTH: Final = 30 * DAY
DEVIATION: Final = 256
"""The standard deviation of ``_bell``."""
REVERSION: Final = 49
"""Going back a month keeps this many fiftieths of the distance from today's price, or 50 years would lead nowhere."""
DIGEST: Final = 64
KEPT_BARS: Final = 24_000
KEPT_MINUTES: Final = 64
FIXED: Final = 64


def exponential(billionths: int) -> int:
    """e to the power of ``billionths`` / 10**9, in parts per billion; good to four digits within +-3."""
    value = (1 << FIXED) + ((billionths << FIXED) // BILLION >> 16)
    for _ in range(16):
        value = value * value >> FIXED
    return value * BILLION >> FIXED


def _bell(draws: bytes, at: int) -> int:
    """A bell-shaped number around 0 from the three bytes at ``at``."""
    return 2 * (draws[at] + draws[at + 1] + draws[at + 2]) - 765


class History:
    """One instrument's past up to ``start_ns``. ``last_ticks`` is the price it ends at, ``lots`` the mean trade."""

    def __init__(
        self, randomness: Randomness, room: str, plan: HistoryPlan, start_ns: int, last_ticks: int, lots: int
    ) -> None:
        self.start_ns = start_ns
        self._randomness = randomness
        self._name = f"history/{room}"
        self._plan = plan
        self._last_ticks = last_ticks
        factors = [("market", plan.market), *plan.own]
        self._factors = [(name, rate) for name, rate in factors if rate]
        self._lots = max(lots, LEAST_LOTS)
        self._month = month_of(start_ns - 1)
        self._opens: list[int] = []
        self._months: dict[int, Bar] = {}
        self._reaches = [self._reach(span or USUAL_MONTH) for span in SPANS]
        self._sizes = [[(name, per_span(rate, span)) for name, rate in self._factors] for span in SPANS]
        self._splits: dict[tuple[int, int], list[Bar]] = {}
        self._kept = 0
        self._minutes: dict[int, list[RawTrade]] = {}

    def _reach(self, span_ns: int) -> int:
        return isqrt(sum(per_span(rate, span_ns) ** 2 for _, rate in self._factors))

    def bars(self, tier: int, from_ns: int, to_ns: int) -> list[Bar]:
        """All bars of a tier that overlap ``from_ns`` .. ``to_ns`` (exclusive), in time order."""
        to_ns = min(to_ns, self.start_ns)
        from_ns = max(from_ns, 0)
        if from_ns >= to_ns:
            return []
        if tier == MONTH_TIER:
            return [self._month_bar(month) for month in range(month_of(from_ns), month_of(to_ns - 1) + 1)]
        span = SPANS[tier]
        first = from_ns - from_ns % span
        found: list[Bar] = []
        for parent in self.bars(tier - 1, from_ns, to_ns):
            found += self._children(tier - 1, parent)
        low = (first - found[0][START]) // span
        high = (to_ns - 1 - found[0][START]) // span + 1
        return found[low:high]

    def bar(self, tier: int, start_ns: int) -> Bar:
        """The bar of a tier (not months) that opens at ``start_ns``."""
        if tier > MONTH_TIER + 1:
            parent_ns = start_ns - start_ns % SPANS[tier - 1]
            siblings = self._splits.get((tier - 1, parent_ns))
            if siblings is None:
                siblings = self._children(tier - 1, self.bar(tier - 1, parent_ns))
            return siblings[(start_ns - parent_ns) // SPANS[tier]]
        return self.bars(tier, start_ns, start_ns + 1)[0]

    def cover(self, from_ns: int, to_ns: int) -> list[Bar]:
        """Bars that make up ``from_ns`` .. ``to_ns`` exactly, as few as there are; stretches without trades lack."""
        to_ns = min(to_ns, self.start_ns)
        at_ns = max(from_ns, 0)
        found: list[Bar] = []
        while at_ns < to_ns:
            for tier in range(MONTH_TIER + 1, len(SPANS)):
                end_ns = min(at_ns + SPANS[tier], self.start_ns)
                if at_ns % SPANS[tier] == 0 and end_ns <= to_ns:
                    found.append(self.bar(tier, at_ns))
                    break
            else:
                minute_ns = at_ns - at_ns % MINUTE
                end_ns = min(minute_ns + MINUTE, to_ns)
                part = [trade for trade in self.trades(minute_ns) if at_ns <= trade[0] < end_ns]
                if part:
                    found.append(sum_trades(at_ns, part))
            at_ns = end_ns
        return found

    def trades(self, minute_ns: int) -> list[RawTrade]:
        """The trades of the minute that opens at ``minute_ns``, in time order."""
        trades = self._minutes.get(minute_ns)
        if trades is None:
            bar = self.bar(MINUTE_TIER, minute_ns)
            draws = self._randomness.stream(f"{self._name}/trades/{minute_ns}").randbytes(DRAWS * bar[5])
            trades = trades_of(bar, min(minute_ns + MINUTE, self.start_ns), draws)
            if len(self._minutes) >= KEPT_MINUTES:
                del self._minutes[next(iter(self._minutes))]
            self._minutes[minute_ns] = trades
        return trades

    def seconds(self, from_ns: int, to_ns: int) -> list[Bar]:
        """One bar per second with trades that opens within ``from_ns`` .. ``to_ns`` (exclusive)."""
        found: list[Bar] = []
        for minute in self.bars(MINUTE_TIER, from_ns, to_ns):
            by_second: dict[int, list[RawTrade]] = {}
            for trade in self.trades(minute[START]):
                by_second.setdefault(trade[0] - trade[0] % SECOND, []).append(trade)
            found += [
                sum_trades(start_ns, trades) for start_ns, trades in by_second.items() if from_ns <= start_ns < to_ns
            ]
        return found

    def trades_since(self, from_ns: int) -> int:
        """How many trades there are from ``from_ns`` (on a whole minute) to the end."""
        month = month_of(from_ns)
        later = sum(self._month_bar(after)[TRADES] for after in range(month + 1, self._month + 1))
        return later + sum(bar[TRADES] for bar in self.cover(from_ns, month_start(month + 1)))

    def minute_of_trade(self, back: int) -> int | None:
        """The minute that holds the ``back``-th trade from the end (1 is the last); None if there are not as many."""
        month = self._month
        while month >= 0:
            bar = self._month_bar(month)
            if back <= bar[TRADES]:
                break
            back -= bar[TRADES]
            month -= 1
        else:
            return None
        for tier in range(MINUTE_TIER):
            for child in reversed(self._children(tier, bar)):
                if back <= child[TRADES]:
                    bar = child
                    break
                back -= child[TRADES]
        return bar[START]

    def _children(self, tier: int, parent: Bar) -> list[Bar]:
        key = (tier, parent[START])
        children = self._splits.get(key)
        if children is None:
            children = self._split(tier, parent)
            self._kept += len(children)
            while self._kept > KEPT_BARS:
                self._kept -= len(self._splits.pop(next(iter(self._splits))))
            self._splits[key] = children
        return children

    def _split(self, tier: int, parent: Bar) -> list[Bar]:
        begin_ns = parent[START]
        full_ns = begin_ns + SPANS[tier] if tier else month_start(month_of(begin_ns) + 1)
        end_ns = min(full_ns, self.start_ns)
        span = SPANS[tier + 1]
        starts = range(begin_ns, end_ns, span)
        count = len(starts)
        if count == 1:
            return [parent]
        moves, tilts = self._moves(tier + 1, begin_ns, count)
        draws = self._draws(f"{self._name}/{tier}/{begin_ns}", history_split.DRAWS * count)
        return history_split.split(parent, starts, end_ns, moves, tilts, draws, self._reaches[tier + 1])

    def _moves(self, tier: int, begin_ns: int, count: int) -> tuple[list[int], list[int]]:
        """Moves and tilts of the ``count`` bars of a tier inside the bar that opens at ``begin_ns``.

        They come from the factors, which instruments share. A tilt is even within half a usual move, as wide as the
        mean of a random bridge is.
        """
        moves, tilts = [0] * count, [0] * count
        for name, size in self._sizes[tier]:
            draws = self._draws(f"history/{name}/{tier}/{begin_ns}", 4 * count)
            for index in range(count):
                at = 4 * index
                moves[index] += _bell(draws, at) * size // DEVIATION
                tilts[index] += (2 * draws[at + 3] - 255) * size // 510
        return moves, tilts

    def _draws(self, name: str, count: int) -> bytes:
        """Random bytes of one name: digests, since setting up a generator costs ten times as much as one."""
        if count <= DIGEST:
            return self._randomness.digest(name)
        return b"".join(self._randomness.digest(f"{name}/{part}") for part in range(-(-count // DIGEST)))

    def _month_bar(self, month: int) -> Bar:
        bar = self._months.get(month)
        if bar is None:
            bar = self._months[month] = self._make_month(month)
        return bar

    def _make_month(self, month: int) -> Bar:
        begin_ns = month_start(month)
        opened = self._month_open(month)
        close = self._last_ticks if month == self._month else self._month_open(month + 1)
        end_ns = min(month_start(month + 1), self.start_ns)
        days = history_split.durations_of(range(begin_ns, end_ns, DAY), end_ns)
        moves, tilts = self._moves(MONTH_TIER + 1, begin_ns, len(days))
        path = history_split.bridge(opened, close, days, moves)
        draws = self._draws(f"{self._name}/month/{month}", 4)
        reach = opened * self._reaches[MONTH_TIER + 1] // BILLION
        high = max(path) + excess(reach, draws[0])
        low = max(1, min(path) - excess(reach, draws[1]))
        trades = self._plan.trades_a_day * (192 + (draws[2] >> 1)) // 256 * (end_ns - begin_ns) // DAY
        trades = max(trades, least_trades(end_ns - begin_ns))
        buy = trades * self._lots * (112 + (draws[3] >> 3)) // 256
        sell = trades * self._lots * (144 - (draws[3] >> 3)) // 256
        middles = sum(before + after for before, after in pairwise(path))
        lean = opened * sum(tilts) // BILLION
        quotes = []
        for quantity in (buy, sell):
            least, most = quote_bounds(low, high, quantity, trades)
            quotes.append(min(max((middles + 2 * lean) * quantity // (2 * len(days)), least), most))
        return (begin_ns, opened, high, low, close, trades, buy, quotes[0], sell, quotes[1])

    def _month_open(self, month: int) -> int:
        """The price a month opened at, in ticks; walks back from the start once."""
        back = self._month - month
        if back >= len(self._opens):
            self._walk_back()
        return self._opens[back]

    def _walk_back(self) -> None:
        """Opens of every month since 1970, from the start backwards: a walk per factor, pulled to today's price."""
        levels = [0] * (self._month + 1)
        begin_ns = month_start(self._month)
        part = isqrt((self.start_ns - begin_ns) * 10**6 // (month_start(self._month + 1) - begin_ns))
        for name, rate in self._factors:
            size = per_span(rate, USUAL_MONTH)
            level = 0
            stream = self._randomness.stream(f"history/{name}/months")
            draws = stream.randbytes(3 * (self._month + 1))
            for back in range(self._month + 1):
                bell = _bell(draws, 3 * back)
                level = level * REVERSION // 50 + (bell if back else bell * part // 1000)
                levels[back] += level * size // DEVIATION
        self._opens = [max(1, self._last_ticks * exponential(level) // BILLION) for level in levels]


def sum_trades(start_ns: int, trades: list[RawTrade]) -> Bar:
    """One bar of trades in time order (at least one)."""
    prices = [trade[1] for trade in trades]
    sums = [0, 0, 0, 0]
    for _, price, quantity, is_buy in trades:
        side = 0 if is_buy else 2
        sums[side] += quantity
        sums[side + 1] += price * quantity
    return as_bar([start_ns, prices[0], max(prices), min(prices), prices[-1], len(trades), *sums])
