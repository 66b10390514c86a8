"""The venue's documented procedure for a local order book, and nothing else.

Source: "WebSocket Streams for Binance", how to manage a local order book correctly. A book is valid or it is not: after
a gap it is thrown away, changes are kept aside, and only a snapshot that reaches them makes it valid again. One that
is crossed cannot be right either.
"""

from decimal import Decimal
from typing import Any

Levels = dict[str, str]


class LocalBook:
    """Price -> quantity for either side, as the venue writes them."""

    def __init__(self) -> None:
        self.bids: Levels = {}
        self.asks: Levels = {}
        self.update_id: int | None = None
        """The last change it contains; None while it is not valid."""
        self._newest = 0
        self._aside: list[Any] = []

    @property
    def needs_snapshot(self) -> bool:
        """Whether there are changes that wait for a snapshot."""
        return self.update_id is None and bool(self._aside)

    def invalidate(self) -> None:
        """Believe nothing any more."""
        self.bids, self.asks = {}, {}
        self.update_id, self._newest, self._aside = None, 0, []

    def on_diff(self, diff: Any) -> bool:
        """Take in a change; False if it tells nothing new."""
        if diff["u"] <= self._newest:
            return False
        if self.update_id is not None and diff["U"] > self.update_id + 1:
            self.invalidate()
        self._newest = diff["u"]
        if self.update_id is None:
            self._aside.append(diff)
        elif diff["u"] > self.update_id:
            self._apply(diff)
            if self._is_crossed:
                self.invalidate()
        return True

    def on_snapshot(self, snapshot: Any) -> None:
        """Begin with a snapshot, unless the changes kept aside begin after it: then another one is needed."""
        last = snapshot["lastUpdateId"]
        if self._aside and last + 1 < self._aside[0]["U"]:
            return
        self.bids, self.asks = dict(snapshot["bids"]), dict(snapshot["asks"])
        self.update_id = last
        aside, self._aside = self._aside, []
        for diff in aside:
            if diff["u"] > self.update_id:
                self._apply(diff)

    def top(self) -> tuple[Decimal, Decimal] | None:
        """Best bid and best ask; None if the book is not valid or empty on a side."""
        if self.update_id is None or not self.bids or not self.asks:
            return None
        return max(map(Decimal, self.bids)), min(map(Decimal, self.asks))

    @property
    def _is_crossed(self) -> bool:
        top = self.top()
        return top is not None and top[0] >= top[1]

    def _apply(self, diff: Any) -> None:
        for side, levels in ((self.bids, diff["b"]), (self.asks, diff["a"])):
            for price, quantity in levels:
                if Decimal(quantity):
                    side[price] = quantity
                else:
                    side.pop(price, None)
        self.update_id = diff["u"]
