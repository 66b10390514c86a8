"""A bar: one stretch of trading, summed. The common coin of history, live buckets, candles and statistics.

Tuples, since thousands are folded per query: (start_ns, open, high, low, close, trades, buy quantity, buy quote,
sell quantity, sell quote), where buy and sell name the taker's side. The units are the owner's: history counts in
ticks and lots, everything else in the instrument's units and quote amounts.
"""

from collections.abc import Sequence
from typing import TypeAlias

Bar: TypeAlias = tuple[int, int, int, int, int, int, int, int, int, int]

START, OPEN, HIGH, LOW, CLOSE, TRADES, BUY_QUANTITY, BUY_QUOTE, SELL_QUANTITY, SELL_QUOTE = range(10)


def as_bar(values: Sequence[int]) -> Bar:
    """Ten numbers in the order above as a bar."""
    start_ns, opened, high, low, close, trades, buy, buy_quote, sell, sell_quote = values
    return (start_ns, opened, high, low, close, trades, buy, buy_quote, sell, sell_quote)


def fold(start_ns: int, bars: Sequence[Bar]) -> Bar:
    """One bar of several (at least one), in time order, as if it had opened at ``start_ns``."""
    first = bars[0]
    if len(bars) == 1:
        return (start_ns, *first[1:])
    _, opened, high, low, _, trades, buy, buy_quote, sell, sell_quote = first
    for bar in bars[1:]:
        if bar[2] > high:
            high = bar[2]
        if bar[3] < low:
            low = bar[3]
        trades += bar[5]
        buy += bar[6]
        buy_quote += bar[7]
        sell += bar[8]
        sell_quote += bar[9]
    return (start_ns, opened, high, low, bars[-1][4], trades, buy, buy_quote, sell, sell_quote)


def scale(bar: Bar, price_factor: int, quantity_factor: int, quote_factor: int) -> Bar:
    """The same bar in other units."""
    start_ns, opened, high, low, close, trades, buy, buy_quote, sell, sell_quote = bar
    return (
        start_ns,
        opened * price_factor,
        high * price_factor,
        low * price_factor,
        close * price_factor,
        trades,
        buy * quantity_factor,
        buy_quote * quote_factor,
        sell * quantity_factor,
        sell_quote * quote_factor,
    )
