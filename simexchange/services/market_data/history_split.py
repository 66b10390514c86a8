"""Splitting one bar of generated history into smaller ones that add up to it exactly. Integers only.

Everything is in ticks and lots. Each bar of history keeps these promises, which make every split possible and every
minute expressible as single trades:

- low <= open, close <= high, and neighbours join: an open is the close before it;
- at least ``TRADES_A_MINUTE`` trades a minute, at least ``LOTS_A_TRADE`` lots per trade on either side;
- either side's average price keeps an eighth of the bar's range away from its high and its low.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from simexchange.services.clock import MINUTE
from simexchange.services.market_data.bars import Bar

TRADES_A_MINUTE: Final = 12
LOTS_A_TRADE: Final = 16
BILLION: Final = 1_000_000_000
DRAWS: Final = 4
"""Random bytes per child: activity, buyers' share, reach of the high, reach of the low."""
WIDEST: Final = 8


def least_trades(duration_ns: int) -> int:
    """The fewest trades a bar of this length may have."""
    return -(-duration_ns // MINUTE) * TRADES_A_MINUTE


def excess(reach: int, draw: int) -> int:
    """How far a bar reaches beyond its open and close: a tenth to one and a half of a typical move."""
    return 3 * reach * (64 + 3 * draw // 4) ** 2 >> 17


def quote_bounds(low: int, high: int, quantity: int) -> tuple[int, int]:
    """The least and the most a side of ``quantity`` may have traded for between ``low`` and ``high``."""
    margin = (high - low) * quantity // 8
    return low * quantity + margin, high * quantity - margin


def split(
    parent: Bar,
    starts: Sequence[int],
    end_ns: int,
    moves: Sequence[int],
    tilts: Sequence[int],
    draws: bytes,
    reach: int,
) -> list[Bar]:
    """``parent`` as bars opening at ``starts``, the last of them ending at ``end_ns``.

    ``moves`` are the random price moves of each child and ``tilts`` how far its average price lies off the middle of
    its open and close, both in parts per billion; ``reach`` is the typical size of a move. ``draws`` holds ``DRAWS``
    random bytes per child.
    """
    if len(starts) == 1:
        return [parent]
    durations = durations_of(starts, end_ns)
    leans = [parent[1] * tilt // BILLION for tilt in tilts]
    trades, buys, sells = _activity(parent, durations, draws)
    path = bridge(parent[1], parent[4], durations, moves)
    _meet_average(path, parent, leans, buys, sells)
    lows, highs = _ranges(parent, path, leans, draws, parent[1] * reach // BILLION)
    buy_quotes, sell_quotes = _quotes(parent, path, leans, lows, highs, buys, sells)
    return list(zip(starts, path, highs, lows, path[1:], trades, buys, buy_quotes, sells, sell_quotes, strict=False))


def durations_of(starts: Sequence[int], end_ns: int) -> list[int]:
    """How long each of the stretches is that open at ``starts``, the last of which ends at ``end_ns``."""
    return [after - before for before, after in pairwise([*starts, end_ns])]


def bridge(opened: int, close: int, durations: Sequence[int], moves: Sequence[int]) -> list[int]:
    """Prices at the boundaries of stretches: from ``opened`` to ``close`` by random ``moves`` (parts per billion)."""
    count = len(durations)
    elapsed, walked, total = 0, 0, sum(moves)
    duration = sum(durations)
    path = [opened]
    for index in range(count - 1):
        elapsed += durations[index]
        walked += moves[index]
        drift = walked - total * (index + 1) // count
        straight = opened + (close - opened) * elapsed // duration
        path.append(straight + straight * drift // BILLION)
    path.append(close)
    return path


def _shares(total: int, weights: Sequence[int], least: Sequence[int]) -> list[int]:
    """``total`` in parts: everybody's least, and the rest by weight; exact."""
    rest = total - sum(least)
    weight = sum(weights)
    parts, given, so_far = [], 0, 0
    for own, floor in zip(weights, least, strict=True):
        so_far += own
        reached = rest * so_far // weight
        parts.append(floor + reached - given)
        given = reached
    return parts


def _activity(parent: Bar, durations: Sequence[int], draws: bytes) -> tuple[list[int], list[int], list[int]]:
    """Trades, buyers' and sellers' quantity per child."""
    counts, buying, selling = [], [], []
    for duration, activity, share in zip(durations, draws[::DRAWS], draws[1::DRAWS], strict=False):
        counts.append(duration * (192 + (activity >> 1)))
        weight = duration * (160 + (activity * activity >> 8))
        buying.append(weight * (192 + (share >> 1)))
        selling.append(weight * (319 - (share >> 1)))
    trades = _shares(parent[5], counts, [least_trades(duration) for duration in durations])
    least = [LOTS_A_TRADE * count for count in trades]
    return trades, _shares(parent[6], buying, least), _shares(parent[8], selling, least)


def _meet_average(
    path: list[int], parent: Bar, leans: Sequence[int], buys: Sequence[int], sells: Sequence[int]
) -> None:
    """Bend a path until its mean is the parent's average price, and keep it inside the parent's bounds.

    The correction has the shape a random bridge takes when its mean is known: a parabola.
    """
    count = len(leans)
    norm = count * count - 1
    double = 2 * (parent[6] + parent[8])
    for _ in range(2):
        traded = 0
        for index in range(count):
            traded += (buys[index] + sells[index]) * (path[index] + path[index + 1] + 2 * leans[index])
        lift = 6 * ((2 * (parent[7] + parent[9]) - traded) // double)
        for index in range(1, count):
            price = path[index] + lift * index * (count - index) // norm
            path[index] = _inside(price, parent[3], parent[2])


def _inside(price: int, low: int, high: int) -> int:
    """Turned back at the bounds: a path cut off there would show the same high again and again."""
    if price > high:
        return max(2 * high - price, low)
    return min(2 * low - price, high) if price < low else price


def _ranges(
    parent: Bar, path: Sequence[int], leans: Sequence[int], draws: bytes, reach: int
) -> tuple[list[int], list[int]]:
    """Lows and highs: the ends of each child and a random excess, inside the parent's, which somebody touches."""
    top, bottom = parent[2], parent[3]
    lows, highs = [], []
    highest, lowest, at_highest, at_lowest = 0, top + 1, 0, 0
    for index in range(len(path) - 1):
        before, after = path[index], path[index + 1]
        lower, upper = (before, after) if before < after else (after, before)
        if upper > highest:
            highest, at_highest = upper, index
        if lower < lowest:
            lowest, at_lowest = lower, index
        rise, fall = draws[index * DRAWS + 2], draws[index * DRAWS + 3]
        middle = ((before + after) >> 1) + leans[index]
        upper, lower = max(upper, middle), min(lower, middle)
        upper += excess(reach, rise)
        lower -= excess(reach, fall)
        highs.append(upper if upper < top else top)
        lows.append(lower if lower > bottom else bottom)
    highs[at_highest] = top
    lows[at_lowest] = bottom
    return lows, highs


def _quotes(
    parent: Bar,
    path: Sequence[int],
    leans: Sequence[int],
    lows: list[int],
    highs: list[int],
    buys: Sequence[int],
    sells: Sequence[int],
) -> tuple[list[int], list[int]]:
    """What each child's buyers and sellers traded for; widens the children's ranges as far as that needs.

    At full width every child spans its parent's range, where by the promises above there always is a solution.
    """
    for width in range(WIDEST + 1):
        if width:
            for index in range(len(lows)):
                highs[index] += (parent[2] - highs[index]) * width // WIDEST
                lows[index] -= (lows[index] - parent[3]) * width // WIDEST
        buy_quotes = _side_quotes(parent[7], path, leans, lows, highs, buys)
        if buy_quotes is None:
            continue
        sell_quotes = _side_quotes(parent[9], path, leans, lows, highs, sells)
        if sell_quotes is not None:
            return buy_quotes, sell_quotes
    raise AssertionError("a bar of history broke its promises")


def _side_quotes(
    target: int,
    path: Sequence[int],
    leans: Sequence[int],
    lows: Sequence[int],
    highs: Sequence[int],
    quantities: Sequence[int],
) -> list[int] | None:
    """One side's quotes that add up to ``target``, each inside its bounds; None if the bounds do not allow it."""
    quotes, floors, ceilings = [], [], []
    total = floor_total = ceiling_total = 0
    for index, quantity in enumerate(quantities):
        low, high = lows[index], highs[index]
        # quote_bounds, written out: this line runs for every bar of history
        margin = (high - low) * quantity >> 3
        floor, ceiling = low * quantity + margin, high * quantity - margin
        quote = ((path[index] + path[index + 1]) * quantity >> 1) + leans[index] * quantity
        quote = floor if quote < floor else ceiling if quote > ceiling else quote
        quotes.append(quote)
        floors.append(floor)
        ceilings.append(ceiling)
        total += quote
        floor_total += floor
        ceiling_total += ceiling
    if not floor_total <= target <= ceiling_total:
        return None
    missing = target - total
    if not missing:
        return quotes
    bounds, room = (ceilings, ceiling_total - total) if missing > 0 else (floors, floor_total - total)
    given = so_far = 0
    for index, bound in enumerate(bounds):
        so_far += bound - quotes[index]
        reached = missing * so_far // room
        quotes[index] += reached - given
        given = reached
    return quotes
