"""Where an asset is made to go, on top of what chance does with it: a steady drift, and moves that somebody ordered.

A function of time and of the moves alone: how often it is asked, and when, changes nothing. Moves add up as logarithms,
so that they may overlap, and the opposite of one takes it back wherever the price has gone meanwhile.
"""

from math import log, log1p
from typing import Final

from simexchange.domain.units import RATE_ONE, Rate
from simexchange.services.clock import HOUR

DEEPEST: Final[Rate] = -99 * RATE_ONE // 100
HIGHEST: Final[Rate] = 99 * RATE_ONE
"""The bounds of a single move: -99 % and +9900 %."""


class MoveError(ValueError):
    """A move that no price can make; the message says what would pass."""


class Course:
    """One asset's course on one venue. ``drift`` is the part gained or lost per hour, 0.01 for 1 %."""

    def __init__(self, start_ns: int, drift: float = 0.0) -> None:
        self._start_ns = start_ns
        self._drift = log1p(drift)
        self._settled = 0.0
        self._moves: list[tuple[int, int, float]] = []

    def move(self, by: Rate, over_ns: int, now_ns: int) -> Rate:
        """Move by a part of the price (-12 % is -RATE_ONE * 12 // 100), smoothly over ``over_ns``, from now on.

        0 ns is a jump. Gives the move that takes this one back. Raises MoveError.
        """
        if not DEEPEST <= by <= HIGHEST:
            raise MoveError("a price moves by -99 % at least and by 9900 % at most")
        if over_ns < 0:
            raise MoveError("a move takes no time or some, not less")
        self._settle(now_ns)
        self._moves.append((now_ns, over_ns, log((RATE_ONE + by) / RATE_ONE)))
        return round(RATE_ONE * RATE_ONE / (RATE_ONE + by)) - RATE_ONE

    def level(self, now_ns: int) -> float:
        """The logarithm of the price now over the price without any drift and move."""
        level = self._settled + self._drift * ((now_ns - self._start_ns) / HOUR)
        for start_ns, over_ns, by in self._moves:
            level += by * _progress(now_ns - start_ns, over_ns)
        return level

    def _settle(self, now_ns: int) -> None:
        """Moves that are over become one number."""
        going = []
        for move in self._moves:
            start_ns, over_ns, by = move
            if start_ns + over_ns <= now_ns:
                self._settled += by
            else:
                going.append(move)
        self._moves = going


def _progress(passed_ns: int, over_ns: int) -> float:
    """How much of a move is done: from 0 to 1, slowly at both ends and fastest in the middle."""
    if passed_ns >= over_ns:
        return 1.0
    if passed_ns <= 0:
        return 0.0
    share = passed_ns / over_ns
    return share * share * (3 - 2 * share)
