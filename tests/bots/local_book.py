"""The venue's documented procedure for a local order book, and nothing else.

Source: "WebSocket Streams for Binance", how to manage a local order book correctly. A book is valid or it is not: after
a gap it is thrown away, changes are kept aside, and only a snapshot that reaches them makes it valid again. So it is
when it is crossed, or is not what another snapshot of the same id says: ids alone prove nothing.
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
        self.was_wrong = False
        """Whether it was found wrong since somebody last set this to False."""
        self._newest = 0
        self._aside: list[Any] = []
        self._witness: Any = None

    @property
    def needs_snapshot(self) -> bool:
        """Whether there are changes that wait for a snapshot."""
        return self.update_id is None and bool(self._aside)

    def invalidate(self) -> None:
        """Believe nothing any more."""
        self.bids, self.asks = {}, {}
        self.update_id, self._newest, self._aside, self._witness = None, 0, [], None

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
            self._examine()
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

    def compare(self, snapshot: Any) -> None:
        """Hold it against a snapshot of its best levels, now or as soon as it has come as far."""
        self._witness = snapshot
        self._examine()

    def _examine(self) -> None:
        top = self.top()
        is_wrong = top is not None and top[0] >= top[1]
        if self._witness is not None and self.update_id is not None and self.update_id >= self._witness["lastUpdateId"]:
            is_wrong |= self.update_id == self._witness["lastUpdateId"] and not self._begins_as(self._witness)
            self._witness = None
        if is_wrong:
            self.was_wrong = True
            self.invalidate()

    def _begins_as(self, snapshot: Any) -> bool:
        for side, levels, is_bids in ((self.bids, snapshot["bids"], True), (self.asks, snapshot["asks"], False)):
            best = sorted(side, key=Decimal, reverse=is_bids)[: len(levels)]
            if [[price, side[price]] for price in best] != levels:
                return False
        return True

    def _apply(self, diff: Any) -> None:
        for side, levels in ((self.bids, diff["b"]), (self.asks, diff["a"])):
            for price, quantity in levels:
                if Decimal(quantity):
                    side[price] = quantity
                else:
                    side.pop(price, None)
        self.update_id = diff["u"]
