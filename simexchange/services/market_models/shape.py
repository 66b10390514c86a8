"""The shape of a market: what can be changed about one while it runs, its price apart."""

from msgspec import Struct

from simexchange.domain.units import RATE_ONE, Rate


class Shape(Struct, frozen=True):
    """``levels`` are those of the near ladder, a side; behind it stands a deep one with about as many.

    ``lean`` is by how many ticks the middle of the spread lies above the fair price (below it, if negative).
    ``sizes`` multiplies the sizes of resting orders, ``trades`` how often noise trades; RATE_ONE is once.
    """

    spread_ticks: int = 2
    levels: int = 50
    sizes: Rate = RATE_ONE
    trades: Rate = RATE_ONE
    lean: int = 0
