"""A memento of a graph of objects: what each of them held, to be put back in place, as often as one likes.

Objects stay the ones they are, so references, bound methods, closures and timers stay valid; what came into being
since is no longer referred to. What an object is, and where the walk ends, is ``anatomy``'s to say.
"""

import gc
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import Any

from simexchange.services.anatomy import Kind, kind_of, references
from simexchange.services.keepers import FEW, KEEPERS, Keeper


class Checkpoint:
    """The state of everything that can be reached from ``roots``; ``revert`` goes back to it.

    Must not be taken or reverted to from within a command or a timer. ``values`` are the classes at which the walk
    ended, ``size`` is how many objects are saved.
    """

    def __init__(self, roots: Iterable[object]) -> None:
        self.values: set[type] = set()
        self.size = 0
        self._leading: set[type] = set()
        self._keepers: dict[Kind, Keeper] = {}
        self._seen: dict[type, dict[int, Any]] = {}
        self._pending: defaultdict[type, dict[int, Any]] = defaultdict(dict)
        self._sort(list(roots))
        with _collector_paused():
            while self._pending:
                kind = next(iter(self._pending))
                self._visit(kind, self._pending.pop(kind))

    def revert(self) -> None:
        """Put everything back."""
        for _, keeper in sorted(self._keepers.items(), key=lambda item: item[0] is Kind.CLOCK):
            keeper.restore()

    def _sort(self, found: Collection[Any]) -> None:
        """Line up what may lead on, by class."""
        kinds = set(map(type, found))
        leading = kinds - self.values
        if not leading:
            return
        for kind in leading - self._leading:
            (self.values if kind_of(kind) is Kind.VALUE else self._leading).add(kind)
        leading &= self._leading
        pending = self._pending
        if kinds == {tuple}:
            self._sort(list(chain.from_iterable(found)))
        elif len(leading) == len(kinds) == 1:
            pending[leading.pop()].update(zip(map(id, found), found, strict=True))
        elif leading:
            for value in found:
                kind = type(value)
                if kind in leading:
                    pending[kind][id(value)] = value

    def _visit(self, kind: type, found: dict[int, Any]) -> None:
        """Save those objects of one class that are new, and line up what they lead to."""
        if kind is tuple:
            self._sort(list(chain.from_iterable(found.values())))
            return
        seen = self._seen.setdefault(kind, {})
        if seen:
            if found.keys() <= seen.keys():
                return
            for known in found.keys() & seen.keys():
                del found[known]
        seen |= found
        if not found:
            return
        how = kind_of(kind)
        objects = list(found.values())
        if how < Kind.CELL:
            self._sort(list(chain.from_iterable(map(partial(references, how), objects))))
            return
        self.size += len(objects)
        keeper = self._keepers.get(how)
        if keeper is None:
            keeper = self._keepers[how] = KEEPERS[how]()
        few: list[Any] = []
        for led_to in keeper.keep(objects):
            if len(led_to) < FEW:
                few += led_to
            else:
                self._sort(led_to)
        self._sort(few)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Thousands of objects come into being, and all are there to stay: nothing to be found among them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
