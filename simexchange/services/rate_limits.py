"""Limits any venue may have: counters in fixed calendar windows, and bans that grow with every offence.

Windows start at multiples of their length since the epoch and are forgotten whole when the next one begins, so a
counter costs one dict entry per key and never a scan. Keys are addresses, accounts, or whatever a dialect counts by.
"""

from collections.abc import Hashable
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)


class CalendarWindow(Generic[KeyT]):
    """Counts per key within the current window. Times are nanoseconds since the epoch.

    ``counts`` may be read and written directly by whoever has called ``roll`` for this instant.
    """

    __slots__ = ("counts", "ends_ns", "length_ns", "limit")

    def __init__(self, length_ns: int, limit: int) -> None:
        self.length_ns = length_ns
        self.limit = limit
        """The most a window allows; 0 means that nothing is ever too much."""
        self.ends_ns = 0
        self.counts: dict[KeyT, int] = {}

    def roll(self, now_ns: int) -> None:
        """Begin a new window if the current one is over."""
        if now_ns >= self.ends_ns:
            self.ends_ns = now_ns - now_ns % self.length_ns + self.length_ns
            self.counts.clear()

    def count(self, key: KeyT, now_ns: int) -> int:
        if now_ns >= self.ends_ns:
            self.roll(now_ns)
        return self.counts.get(key, 0)

    def add(self, key: KeyT, now_ns: int, amount: int = 1) -> int:
        """Count ``amount`` more (or fewer: never below 0) and give the new count."""
        if now_ns >= self.ends_ns:
            self.roll(now_ns)
        count = self.counts.get(key, 0) + amount
        if count < 0:
            count = 0
        self.counts[key] = count
        return count

    def used(self, now_ns: int) -> list[tuple[KeyT, int]]:
        """Every key that has counted something in this window, with its count."""
        self.roll(now_ns)
        return [(key, count) for key, count in self.counts.items() if count]

    def exceeds(self, count: int) -> bool:
        return 0 < self.limit < count


class Bans(Generic[KeyT]):
    """Who is shut out until when. Each ban of a key is twice as long as its last, up to the longest.

    A key that has stayed clear of bans for as long as the longest one starts anew.
    """

    __slots__ = ("_until", "first_ns", "longest_ns")

    def __init__(self, first_ns: int, longest_ns: int) -> None:
        self.first_ns = first_ns
        self.longest_ns = longest_ns
        self._until: dict[KeyT, tuple[int, int]] = {}

    def __bool__(self) -> bool:
        return bool(self._until)

    def until(self, key: KeyT, now_ns: int) -> int | None:
        """When the key's ban ends, or None where it has none."""
        entry = self._until.get(key)
        return entry[0] if entry is not None and now_ns < entry[0] else None

    def ban(self, key: KeyT, now_ns: int) -> int:
        """Shut a key out from now on; when that ends."""
        until_ns, length_ns = self._until.get(key, (0, 0))
        if length_ns and now_ns < until_ns + self.longest_ns:
            length_ns = min(2 * length_ns, self.longest_ns)
        else:
            length_ns = self.first_ns
        self._until[key] = now_ns + length_ns, length_ns
        return now_ns + length_ns

    def active(self, now_ns: int) -> list[tuple[KeyT, int]]:
        """Who is shut out now, and until when."""
        return [(key, until_ns) for key, (until_ns, _) in self._until.items() if now_ns < until_ns]

    def lift(self, key: KeyT) -> None:
        self._until.pop(key, None)
