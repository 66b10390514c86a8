"""Splitting one bar of generated history into smaller ones that add up to it exactly. Integers only.

Everything is in ticks and lots. Each bar of history keeps these promises, which make every split possible and every
minute expressible as single trades:

- low <= open, close <= high, and neighbours join: an open is the close before it;
- at least ``TRADES_A_MINUTE`` trades a minute, at least ``LOTS_A_TRADE`` lots per trade on either side;
- either side's average price keeps so far away from low and high that two lots per trade may be traded at either.

The order of work: how much each part trades, the price path between the parts, who bought how much of it, how far
each part's prices reach, and last the quotes, which have to come out even.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import isqrt
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
    """How far a bar reaches beyond its open and close: a sixth to two thirds of a typical move."""
    return reach * (40 + draw // 2) >> 8


def quote_bounds(low: int, high: int, quantity: int, trades: int) -> tuple[int, int]:
    """The least and the most a side of ``quantity`` may have traded for in a bar of so many trades on both sides."""
    margin = 2 * trades * (high - low)
    return low * quantity + margin, high * quantity - margin


def durations_of(starts: Sequence[int], end_ns: int) -> list[int]:
    """How long each of the stretches is that open at ``starts``, the last of which ends at ``end_ns``."""
    return [after - before for before, after in pairwise([*starts, end_ns])]


def bridge(opened: int, close: int, durations: Sequence[int], moves: Sequence[int]) -> list[int]:
    """Prices at the boundaries of stretches: from ``opened`` to ``close`` by random ``moves`` (parts per billion)."""
    elapsed, walked, total = 0, 0, sum(moves)
    duration = sum(durations)
    path = [opened]
    for own, move in zip(durations[:-1], moves, strict=False):
        elapsed += own
        walked += move
        straight = opened + (close - opened) * elapsed // duration
        path.append(straight + straight * (walked - total * elapsed // duration) // BILLION)
    path.append(close)
    return path


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
    random bytes per child. A last child that is cut short moves as much less.
    """
    if len(starts) == 1:
        return [parent]
    durations = durations_of(starts, end_ns)
    leans = [parent[1] * tilt // BILLION for tilt in tilts]
    reaches = [parent[1] * reach // BILLION] * len(starts)
    if durations[-1] < durations[0]:
        part = isqrt(10**6 * durations[-1] // durations[0])
        leans[-1] = leans[-1] * part // 1000
        reaches[-1] = reaches[-1] * part // 1000
        moves = [*moves[:-1], moves[-1] * part // 1000]
    trades, quantities = _activity(parent, durations, draws)
    path = bridge(parent[1], parent[4], durations, moves)
    _stretch(path, parent[3], parent[2], reaches[0])
    _meet_average(path, parent, leans, quantities)
    middles = [before + after + 2 * lean for (before, after), lean in zip(pairwise(path), leans, strict=True)]
    buys = _buys(parent, middles, trades, quantities, draws)
    sells = [quantity - buy for quantity, buy in zip(quantities, buys, strict=True)]
    lows, highs = _ranges(parent, path, middles, draws, reaches)
    buy_quotes, sell_quotes = _quotes(parent, middles, lows, highs, trades, buys, sells)
    return list(zip(starts, path, highs, lows, path[1:], trades, buys, buy_quotes, sells, sell_quotes, strict=False))


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


def _even_out(values: list[int], target: int, floors: Sequence[int], ceilings: Sequence[int]) -> None:
    """Change values that lie within their bounds so that they add up to ``target``, each as far as it has room."""
    missing = target - sum(values)
    if not missing:
        return
    bounds = ceilings if missing > 0 else floors
    room = sum(bounds) - sum(values)
    given = so_far = 0
    for index, bound in enumerate(bounds):
        so_far += bound - values[index]
        reached = missing * so_far // room
        values[index] += reached - given
        given = reached


def _activity(parent: Bar, durations: Sequence[int], draws: bytes) -> tuple[list[int], list[int]]:
    """Trades and quantity of each child: livelier ones have more of both."""
    lively = draws[::DRAWS]
    counts = [duration * (192 + (draw >> 1)) for duration, draw in zip(durations, lively, strict=False)]
    trades = _shares(parent[5], counts, [least_trades(duration) for duration in durations])
    weights = [duration * (160 + (draw * draw >> 8)) for duration, draw in zip(durations, lively, strict=False)]
    least = [2 * LOTS_A_TRADE * count for count in trades]
    return trades, _shares(parent[6] + parent[8], weights, least)


def _stretch(path: list[int], low: int, high: int, reach: int) -> None:
    """Pull the path's highest and lowest points to within ``reach`` of the parent's high and low.

    Else the whole distance would end up as a spike of a single minute.
    """
    last = len(path) - 1
    width = max(last // 3, 1)
    for bound, sign in ((high, 1), (low, -1)):
        at = max(range(1, last), key=lambda index: sign * path[index])
        gap = sign * (bound - path[at]) - reach
        if gap > 0 and sign * (bound - path[0]) > reach and sign * (bound - path[last]) > reach:
            for index in range(max(1, at - width + 1), min(last, at + width)):
                path[index] += sign * gap * (width - abs(index - at)) // width


def _meet_average(path: list[int], parent: Bar, leans: Sequence[int], quantities: Sequence[int]) -> None:
    """Bend a path until its mean is the parent's average price, and keep it inside the parent's bounds.

    The correction has the shape a random bridge takes when its mean is known: a parabola.
    """
    count = len(leans)
    norm = count * count - 1
    double = 2 * (parent[6] + parent[8])
    for _ in range(2):
        traded = 0
        for index in range(count):
            traded += quantities[index] * (path[index] + path[index + 1] + 2 * leans[index])
        lift = 6 * ((2 * (parent[7] + parent[9]) - traded) // double)
        for index in range(1, count):
            price = path[index] + lift * index * (count - index) // norm
            path[index] = _inside(price, parent[3], parent[2])


def _inside(price: int, low: int, high: int) -> int:
    """Turned back at the bounds: a path cut off there would show the same high again and again."""
    if price > high:
        return max(2 * high - price, low)
    return min(2 * low - price, high) if price < low else price


def _buys(
    parent: Bar, middles: Sequence[int], trades: Sequence[int], quantities: Sequence[int], draws: bytes
) -> list[int]:
    """What buyers took in each child: random shares, leaned with or against the price until their average fits.

    Without the lean the two sides' average prices would drift apart from tier to tier, beyond what minutes can span.
    ``middles`` are twice the children's average prices.
    """
    total, bought = parent[6] + parent[8], parent[6]
    mean = sum(middle * quantity for middle, quantity in zip(middles, quantities, strict=True)) // total
    buys, spread, off = [], 0, 2 * parent[7] - mean * bought
    for middle, quantity, draw in zip(middles, quantities, draws[1::DRAWS], strict=False):
        buy = quantity * bought // total * (384 + draw) >> 9
        distance = middle - mean
        spread += quantity * distance * distance
        off -= buy * distance
        buys.append(buy)
    floors, ceilings = [], []
    for index, quantity in enumerate(quantities):
        floor = LOTS_A_TRADE * trades[index]
        ceiling = quantity - floor
        buy = buys[index]
        if spread:
            buy += quantity * (middles[index] - mean) * off // spread
        buys[index] = floor if buy < floor else ceiling if buy > ceiling else buy
        floors.append(floor)
        ceilings.append(ceiling)
    _even_out(buys, bought, floors, ceilings)
    return buys


def _ranges(
    parent: Bar, path: Sequence[int], middles: Sequence[int], draws: bytes, reaches: Sequence[int]
) -> tuple[list[int], list[int]]:
    """Lows and highs: the ends of each child and a random excess, inside the parent's, which somebody touches."""
    top, bottom = parent[2], parent[3]
    lows, highs = [], []
    highest, lowest, at_highest, at_lowest = 0, top + 1, 0, 0
    for index, (before, after) in enumerate(pairwise(path)):
        lower, upper = (before, after) if before < after else (after, before)
        if upper > highest:
            highest, at_highest = upper, index
        if lower < lowest:
            lowest, at_lowest = lower, index
        middle = middles[index] >> 1
        upper = max(upper, middle) + excess(reaches[index], draws[index * DRAWS + 2])
        lower = min(lower, middle) - excess(reaches[index], draws[index * DRAWS + 3])
        highs.append(upper if upper < top else top)
        lows.append(lower if lower > bottom else bottom)
    highs[at_highest] = top
    lows[at_lowest] = bottom
    return lows, highs


def _quotes(
    parent: Bar,
    middles: Sequence[int],
    lows: list[int],
    highs: list[int],
    trades: Sequence[int],
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
        buy_quotes = _side_quotes(parent[7], middles, lows, highs, trades, buys)
        if buy_quotes is None:
            continue
        sell_quotes = _side_quotes(parent[9], middles, lows, highs, trades, sells)
        if sell_quotes is not None:
            return buy_quotes, sell_quotes
    raise AssertionError("a bar of history broke its promises")


def _side_quotes(
    target: int,
    middles: Sequence[int],
    lows: Sequence[int],
    highs: Sequence[int],
    trades: Sequence[int],
    quantities: Sequence[int],
) -> list[int] | None:
    """One side's quotes that add up to ``target``, each inside its bounds; None if the bounds do not allow it.

    What the first guess misses goes to all alike, as far as their bounds allow, and the rest to whoever has room.
    """
    quotes = [middle * quantity >> 1 for middle, quantity in zip(middles, quantities, strict=True)]
    shift = (target - sum(quotes)) // sum(quantities)
    floors, ceilings = [], []
    for index, quantity in enumerate(quantities):
        # quote_bounds, written out: this runs for every bar of history
        low, high = lows[index], highs[index]
        margin = 2 * trades[index] * (high - low)
        floor, ceiling = low * quantity + margin, high * quantity - margin
        quote = quotes[index] + shift * quantity
        quotes[index] = floor if quote < floor else ceiling if quote > ceiling else quote
        floors.append(floor)
        ceilings.append(ceiling)
    if not sum(floors) <= target <= sum(ceilings):
        return None
    _even_out(quotes, target, floors, ceilings)
    return quotes
