"""One minute of generated history as single trades that add up to its bar exactly. Integers only, ticks and lots.

Either side of the market is solved on its own: prices follow a path through open, high, low and close, sizes are
drawn, then lots move between trades, and one lot moves between prices, until the side's quote fits to the unit.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, TypeAlias

from simexchange.services.market_data.bars import Bar
from simexchange.services.market_data.history_split import TRADES_A_MINUTE

RawTrade: TypeAlias = tuple[int, int, int, bool]
"""(ts_ns, price in ticks, quantity in lots, whether the buyer took)."""

DRAWS: Final = 8
"""Random bytes per trade: four for its time, one each for side and size, two for its price."""
LOOSE: Final = 3
"""Trades per side whose price is nobody's open, high, low or close: what the solution needs."""


def trades_of(bar: Bar, end_ns: int, draws: bytes) -> list[RawTrade]:
    """The trades of a minute, in time order, all before ``end_ns``; ``draws`` holds ``DRAWS`` bytes per trade."""
    count = bar[5]
    assert count >= TRADES_A_MINUTE, "a minute of history broke its promises"
    times = _times(bar[0], end_ns, count, draws)
    anchors = _anchors(bar, draws)
    prices = _prices(bar, anchors, draws)
    buys = _sides(anchors, count, draws)
    weights = [16 + (draws[index * DRAWS + 5] ** 2 >> 7) for index in range(count)]
    quantities = [0] * count
    for is_buy, quantity, quote in ((True, bar[6], bar[7]), (False, bar[8], bar[9])):
        members = [index for index in range(count) if buys[index] is is_buy]
        loose = [index for index in members if index not in anchors]
        _fit(members, loose, prices, quantities, weights, (quantity, quote, bar[3], bar[2]))
    return list(zip(times, prices, quantities, buys, strict=True))


def _times(start_ns: int, end_ns: int, count: int, draws: bytes) -> list[int]:
    duration = end_ns - start_ns
    chances = sorted(int.from_bytes(draws[at : at + 4], "big") for at in range(0, count * DRAWS, DRAWS))
    return [start_ns + (duration * chance >> 32) for chance in chances]


def _anchors(bar: Bar, draws: bytes) -> dict[int, int]:
    """Which trade makes the open, the high, the low, the close: {position: price}, in order of position."""
    last = bar[5] - 1
    at_high = 1 + draws[6] * (last - 2) // 256
    at_low = 1 + draws[7] * (last - 2) // 256
    if at_low >= at_high:
        at_low += 1
    return dict(sorted({0: bar[1], at_high: bar[2], at_low: bar[3], last: bar[4]}.items()))


def _prices(bar: Bar, anchors: dict[int, int], draws: bytes) -> list[int]:
    """Prices along straight lines between the anchors, jittered, inside low and high."""
    low, high = bar[3], bar[2]
    prices = [0] * bar[5]
    jitter = (high - low) // 4 + 1
    stops = list(anchors.items())
    for (begin, before), (finish, after) in pairwise(stops):
        prices[begin] = before
        for index in range(begin + 1, finish):
            at = index * DRAWS + 6
            noise = draws[at] + draws[at + 1] - 255
            price = before + (after - before) * (index - begin) // (finish - begin) + jitter * noise // 256
            prices[index] = low if price < low else min(price, high)
    prices[-1] = bar[4]
    return prices


def _sides(anchors: dict[int, int], count: int, draws: bytes) -> list[bool]:
    """Who took, drawn; the first loose trades are dealt out so that either side has enough of them."""
    buys = [draws[index * DRAWS + 4] >= 128 for index in range(count)]
    loose = [index for index in range(count) if index not in anchors]
    for position, index in enumerate(loose[: 2 * LOOSE]):
        buys[index] = position % 2 == 0
    return buys


def _fit(
    members: Sequence[int],
    loose: list[int],
    prices: list[int],
    quantities: list[int],
    weights: Sequence[int],
    wanted: tuple[int, int, int, int],
) -> None:
    """Give one side's trades quantities, and its loose ones prices, that add up to the wanted quantity and quote."""
    quantity, quote, low, high = wanted
    joker, *loose = loose
    others = [index for index in members if index != joker]
    _deal(others, quantity - 1, weights, quantities)
    quantities[joker] = 1
    prices[joker] = low
    target = quote - low
    shift = (target - sum(prices[index] * quantities[index] for index in others)) // quantity
    for index in loose:
        price = prices[index] + shift
        prices[index] = low if price < low else min(price, high)
    rest = _transport(others, prices, quantities, target, high - low)
    if not 0 <= rest <= high - low:
        prices[loose[0]], prices[loose[1]] = high, low
        rest = _transport(others, prices, quantities, target, high - low)
    assert 0 <= rest <= high - low, "a minute of history broke its promises"
    prices[joker] = low + rest


def _deal(members: Sequence[int], quantity: int, weights: Sequence[int], quantities: list[int]) -> None:
    """One lot each, and the rest by weight."""
    total = sum(weights[index] for index in members)
    rest = quantity - len(members)
    given = so_far = 0
    for index in members:
        so_far += weights[index]
        reached = rest * so_far // total
        quantities[index] = 1 + reached - given
        given = reached


def _transport(members: Sequence[int], prices: Sequence[int], quantities: list[int], target: int, width: int) -> int:
    """Move lots between cheap and dear trades until what is missing from ``target`` lies in 0..width; what is left."""
    rest = target - sum(prices[index] * quantities[index] for index in members)
    order = sorted(members, key=prices.__getitem__)
    cheap, dear = 0, len(order) - 1
    while cheap < dear and not 0 <= rest <= width:
        lower, upper = order[cheap], order[dear]
        gap = prices[upper] - prices[lower]
        giver, taker = (lower, upper) if rest > 0 else (upper, lower)
        spare = quantities[giver] - 1
        if not gap:
            break
        if rest > 0:
            moved = min(spare, rest // gap)
            rest -= moved * gap
        else:
            moved = min(spare, -(rest // gap))
            rest += moved * gap
        quantities[giver] -= moved
        quantities[taker] += moved
        if moved == spare:
            if giver == lower:
                cheap += 1
            else:
                dear -= 1
    return rest
