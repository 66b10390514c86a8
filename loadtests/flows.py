"""One flow of orders for every book: who rests where, what is canceled, what takes; the same for all, made from a seed.

A walk through a small model of a book decides it in advance, so that every cancel names an order that rests and every
taking order is filled whole, whichever engine carries it out.
"""

import marshal
import random
from collections import OrderedDict
from pathlib import Path
from typing import Final

NEW: Final = 0
CANCEL: Final = 1
TAKE: Final = 2
BUY: Final = 0
SELL: Final = 1

MID: Final = 50_000
LEVELS_A_SIDE: Final = 500
CANCELS: Final = 0.6
NEWS: Final = 0.3

Step = tuple[int, int, int, int, int]
"""(what, side, order id, price in ticks, quantity); a cancel has price and quantity of the order it ends."""


class Flow:
    """``opening`` fills the book, ``steps`` are what is measured."""

    def __init__(self, resting: int, steps: int, seed: int = 7) -> None:
        self._random = random.Random(seed)
        self._levels: tuple[dict[int, OrderedDict[int, int]], ...] = ({}, {})
        self._open: list[Step] = []
        self._place: dict[int, int] = {}
        self._next_id = 1
        self.opening = [self._new() for _ in range(resting)]
        self.steps = [self._step() for _ in range(steps)]

    def _step(self) -> Step:
        draw = self._random.random()
        if draw < CANCELS:
            return self._cancel()
        return self._new() if draw < CANCELS + NEWS else self._take()

    def _new(self) -> Step:
        side, away = self._random.randrange(2), self._random.randrange(1, LEVELS_A_SIDE + 1)
        price, quantity = MID + (away if side == SELL else -away), self._random.randrange(1, 100)
        step = (NEW, side, self._take_id(), price, quantity)
        self._levels[side].setdefault(price, OrderedDict())[step[2]] = quantity
        self._place[step[2]] = len(self._open)
        self._open.append(step)
        return step

    def _cancel(self) -> Step:
        _, side, order_id, price, quantity = self._random.choice(self._open)
        self._forget(side, price, order_id)
        return (CANCEL, side, order_id, price, quantity)

    def _take(self) -> Step:
        """One to a few of the best orders of the other side, the last of them perhaps in part."""
        side = self._random.randrange(2)
        wanted = left = self._random.randrange(1, 150)
        levels = self._levels[1 - side]
        price = 0
        while left:
            price = min(levels) if side == BUY else max(levels)
            order_id, quantity = next(iter(levels[price].items()))
            got = min(left, quantity)
            left -= got
            if got == quantity:
                self._forget(1 - side, price, order_id)
            else:
                levels[price][order_id] = quantity - got
        return (TAKE, side, self._take_id(), price, wanted)

    def _forget(self, side: int, price: int, order_id: int) -> None:
        level = self._levels[side][price]
        del level[order_id]
        if not level:
            del self._levels[side][price]
        at, last = self._place.pop(order_id), self._open.pop()
        if last[2] != order_id:
            self._open[at] = last
            self._place[last[2]] = at

    def _take_id(self) -> int:
        order_id = self._next_id
        self._next_id += 1
        return order_id

    @property
    def left(self) -> int:
        """Orders that rest in the end."""
        return len(self._open)


def save(flow: Flow, path: Path) -> None:
    path.write_bytes(marshal.dumps((flow.opening, flow.steps, flow.left)))


def load(path: str) -> tuple[list[Step], list[Step], int]:
    opening, steps, left = marshal.loads(Path(path).read_bytes())
    return opening, steps, left
