"""Lengths of time drawn from a distribution, in whole numbers: the same draw gives the same length everywhere.

A distribution is named by its median and its 99th percentile, as people measure latencies.
"""

from bisect import bisect_right
from math import isqrt
from typing import Final, Literal, TypeAlias

from simexchange.services.faults.quantities import PPB

Distribution: TypeAlias = Literal["fixed", "uniform", "lognormal"]
_POINT: Final = 40
"""Binary digits behind the point."""
_ONE: Final = 1 << _POINT
_BITS: Final = 20
"""Binary digits of an exponent that count."""
_UPPER_HALF: Final = (
    (500_000_000, 0),
    (550_000_000, 125_661),
    (600_000_000, 253_347),
    (650_000_000, 385_320),
    (700_000_000, 524_401),
    (750_000_000, 674_490),
    (800_000_000, 841_621),
    (850_000_000, 1_036_433),
    (900_000_000, 1_281_552),
    (925_000_000, 1_439_531),
    (950_000_000, 1_644_854),
    (977_249_868, 2_000_000),
    (990_000_000, 2_326_348),
    (995_000_000, 2_575_829),
    (999_000_000, 3_090_232),
    (1_000_000_000, 3_719_016),
)
"""The normal distribution: probability in billionths, deviations in millionths; the last one is that of 0.9999."""
_NINETY_NINTH: Final = 2_326_348
_PROBABILITIES: Final = [probability for probability, _ in _UPPER_HALF]


def drawn(distribution: Distribution, p50: int, p99: int, draw: int) -> int:
    """A length with that median and 99th percentile (``p50 <= p99``), from a draw of 0..10^9-1; never below 0."""
    if distribution == "fixed" or p99 <= p50 or p50 <= 0:
        return p50
    if distribution == "uniform":
        width = (p99 - p50) * 100 // 49
        return max(p50 - width // 2 + width * draw // PPB, 0)
    exponent = deviation(draw) * _ONE // _NINETY_NINTH
    factor = power((p99 << _POINT) // p50, abs(exponent))
    return p50 * factor >> _POINT if exponent >= 0 else (p50 << _POINT) // factor


def deviation(draw: int) -> int:
    """How many millionths of a standard deviation above the mean a normal variable is at this draw."""
    mirrored = max(draw, PPB - draw)
    place = min(bisect_right(_PROBABILITIES, mirrored), len(_UPPER_HALF) - 1)
    (low, below), (high, above) = _UPPER_HALF[place - 1], _UPPER_HALF[place]
    found = below + (above - below) * (mirrored - low) // (high - low)
    return found if draw == mirrored else -found


def power(base: int, exponent: int) -> int:
    """``base ** exponent``, all three with ``_POINT`` binary digits behind the point; neither is negative."""
    whole, fraction = exponent >> _POINT, exponent & (_ONE - 1)
    result = _ONE
    for _ in range(whole):
        result = result * base >> _POINT
    root = base
    for bit in range(1, _BITS + 1):
        root = isqrt(root << _POINT)
        if fraction >> (_POINT - bit) & 1:
            result = result * root >> _POINT
    return result
