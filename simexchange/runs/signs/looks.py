"""Requests that are signs by what they ask for, and refusals that are signs by what they say."""

from typing import ClassVar, Final

from simexchange.domain.events import KeyCreated, KeyRevoked
from simexchange.runs.signs.seen import Detector, Heard, See
from simexchange.services.faults.facts import Purpose, Subject
from simexchange.services.faults.stage import FaultyDoor
from simexchange.services.journal import BatchEntry, RequestEntry
from simexchange.services.outcomes import Answer
from simexchange.world import World

_BY_PURPOSE: Final = {
    Purpose.ORDER_QUERY: "order_query",
    Purpose.OPEN_ORDERS: "open_orders_query",
    Purpose.ACCOUNT: "account_query",
    Purpose.RULES: "rules_query",
    Purpose.TIME: "time_query",
}
_SEEING: Final = frozenset({Answer.DONE, Answer.ORDER_UNKNOWN})
"""Answers that show something; a look that is refused is none."""


class Looks(Detector):
    signs: ClassVar = (*_BY_PURPOSE.values(), "order_query_by_client_id", "book_snapshot", "withdraw_request")

    def request(self, heard: Heard, entry: RequestEntry) -> None:  # noqa: ARG002
        call = heard.call
        if call.purpose is Purpose.WITHDRAW:
            self.see(heard.sighting("withdraw_request"))
        if not heard.is_told or heard.answer not in _SEEING:
            return
        sign = _BY_PURPOSE.get(call.purpose)
        if sign is not None:
            self.see(heard.sighting(sign))
        if call.purpose is Purpose.ORDER_QUERY and call.client_order_id:
            self.see(heard.sighting("order_query_by_client_id"))
        if call.purpose is Purpose.MARKET_DATA and call.subject is Subject.BOOK:
            self.see(heard.sighting("book_snapshot"))


_BY_ANSWER: Final = {
    Answer.TIMESTAMP: "timestamp_rejected",
    Answer.SIGNATURE: "signature_rejected",
    Answer.PERMISSION: "permission_rejected",
}


class Keys(Detector):
    """Refusals for what a request proves, and keys that come and go. What a fault says is held against nobody."""

    signs: ClassVar = (*_BY_ANSWER.values(), "dead_key_used", "new_key_used")

    def __init__(self, world: World, see: See) -> None:
        super().__init__(world, see)
        self._fresh: set[str] = set()
        self._dead: dict[str, int] = {}

    def batch(self, door: FaultyDoor, entry: BatchEntry) -> None:  # noqa: ARG002
        for event in entry.batch.events:
            if isinstance(event, KeyCreated):
                self._fresh.add(event.api_key)
            elif isinstance(event, KeyRevoked):
                self._dead.setdefault(event.api_key, entry.ts_ns)

    def request(self, heard: Heard, entry: RequestEntry) -> None:  # noqa: ARG002
        key = heard.call.key
        if key and self._is_dead(heard):
            self.see(heard.sighting("dead_key_used"))
            return
        sign = _BY_ANSWER.get(heard.answer)
        if sign is not None:
            if not heard.trouble:
                self.see(heard.sighting(sign))
        elif key in self._fresh:
            self.see(heard.sighting("new_key_used"))

    def _is_dead(self, heard: Heard) -> bool:
        key = self.world.doors[heard.venue].venue.keys.get(heard.call.key)
        if key is None:
            return False
        ended_ns = self._dead.get(key.api_key, 0 if key.revoked else None)
        if ended_ns is not None and ended_ns <= heard.ts_ns:
            return True
        return key.expires_ns is not None and key.expires_ns <= heard.ts_ns
