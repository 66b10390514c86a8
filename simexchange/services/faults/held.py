"""Messages kept back: each goes out when its time has come, or all at once, in the order in which they came."""

from functools import partial
from typing import Final

from msgspec import Struct

from simexchange.services.clock import Clock, Timer
from simexchange.services.faults.facts import Frame

MOST_HELD: Final = 10_000
"""Of one rule. With more the oldest go out before their time."""


class Kept(Struct, eq=False):
    """One message on its way to one socket."""

    frame: Frame
    payload: bytes
    timer: Timer | None = None


class HeldMessages:
    """What one rule keeps back. A socket that is gone by then swallows what was meant for it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._count = 0
        self._kept: dict[int, Kept] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, number: int) -> bool:
        return number in self._kept

    def of(self, socket: tuple[str, int]) -> int:
        """How many are meant for that socket (venue and number)."""
        return sum(kept.frame.socket == socket for kept in self._kept.values())

    def keep(self, frame: Frame, payload: bytes, until_ns: int) -> int:
        """Send at that instant; the number to ``take`` it back by."""
        self._count += 1
        kept = self._kept[self._count] = Kept(frame, payload)
        kept.timer = self._clock.set_timer(until_ns, partial(self.release, self._count))
        if len(self._kept) > MOST_HELD:
            self.release(next(iter(self._kept)))
        return self._count

    def take(self, number: int) -> Kept | None:
        """Take one back, unsent; None if it is gone."""
        kept = self._kept.pop(number, None)
        if kept is not None and kept.timer is not None:
            kept.timer.cancel()
        return kept

    def release(self, number: int) -> None:
        """Send one now."""
        kept = self.take(number)
        if kept is not None:
            kept.frame.send(kept.payload)

    def release_all(self) -> None:
        for number in tuple(self._kept):
            self.release(number)

    def forget_all(self) -> None:
        for number in tuple(self._kept):
            self.take(number)
