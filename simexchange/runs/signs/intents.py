"""What a bot does about an order whose answer it never had: the unknown state."""

from typing import ClassVar, Final, TypeAlias

from simexchange.domain.events import (
    OrderAccepted,
    OrderCanceled,
    OrderListPlaced,
    OrderListRejected,
    OrderRejected,
)
from simexchange.runs.signs.seen import Detector, Heard, See, same_order
from simexchange.runs.signs.sockets import Ears
from simexchange.services.faults.facts import COMMANDS, PLACEMENTS, Purpose
from simexchange.services.faults.stage import FaultyDoor
from simexchange.services.journal import BatchEntry, RequestEntry
from simexchange.services.outcomes import Answer
from simexchange.world import World

Owner: TypeAlias = tuple[str, str]
"""A venue and an account."""
MOST_LOST: Final = 1_000
MOST_IDS: Final = 20_000
"""Client order ids that are remembered; of more, the latest."""
LOOKS: Final = frozenset({Purpose.ORDER_QUERY, Purpose.OPEN_ORDERS, Purpose.ORDER_HISTORY, Purpose.FILLS})
SETTLING: Final = frozenset({*LOOKS, Purpose.CANCEL})
"""What tells an order's fate when it is answered."""
DEFINITE: Final = frozenset({Answer.DONE, Answer.ORDER_UNKNOWN, Answer.DUPLICATE})
_OWN: Final = (OrderAccepted, OrderCanceled, OrderListPlaced)


class Intents(Detector):
    signs: ClassVar = ("duplicate_order_intent", "order_before_reconciling", "duplicate_client_order_id")

    def __init__(self, world: World, see: See, ears: Ears) -> None:
        super().__init__(world, see)
        self._ears = ears
        self._lost: dict[Owner, list[Heard]] = {}
        self._told_by_stream: dict[Owner, int] = {}
        self._ids: dict[tuple[str, str, str, str], tuple[Heard, bool]] = {}
        """The first order of a client order id, and whether the client was told that it is there."""

    def batch(self, door: FaultyDoor, entry: BatchEntry) -> None:
        """An account that listens to its own orders has the answer from there."""
        for event in entry.batch.events:
            if isinstance(event, OrderRejected | OrderListRejected):
                continue
            if isinstance(event, _OWN):
                terms = event.order_list if isinstance(event, OrderListPlaced) else event.order
                if self._ears.hears(door.name, terms.account_id):
                    self._told_by_stream[door.name, self.owner(door.name, terms.account_id)] = entry.seq

    def request(self, heard: Heard, entry: RequestEntry) -> None:  # noqa: ARG002
        if not heard.account:
            return
        owner, purpose = (heard.venue, heard.account), heard.call.purpose
        lost = self._lost.setdefault(owner, [])
        if purpose in PLACEMENTS:
            self._judge(heard, lost)
            if purpose is Purpose.PLACE and heard.call.client_order_id:
                self._look_at_id(heard)
        if heard.is_told and heard.answer in DEFINITE and (purpose in SETTLING or purpose in PLACEMENTS):
            lost[:] = [one for one in lost if not _settles(heard, one)]
        if purpose in COMMANDS and heard.is_lost and self._told_by_stream.get(owner, 0) < heard.seq:
            lost.append(heard)
            del lost[:-MOST_LOST]

    def _judge(self, heard: Heard, lost: list[Heard]) -> None:
        """An order while others' fates are unknown: the same again under its own id is the right thing to do."""
        for one in lost:
            if one.call.symbol != heard.call.symbol or not heard.knew(one) or _is_retry(heard, one):
                continue
            if one.call.purpose in PLACEMENTS and _intent(one) == _intent(heard):
                self.see(heard.sighting("duplicate_order_intent", one))
            self.see(heard.sighting("order_before_reconciling", one))

    def _look_at_id(self, heard: Heard) -> None:
        key = (heard.venue, heard.account, heard.call.symbol, heard.call.client_order_id)
        first, was_told = self._ids.get(key, (heard, False))
        if first is not heard and (_terms(first) != _terms(heard) or (was_told and heard.knew(first))):
            self.see(heard.sighting("duplicate_client_order_id", first))
        is_told = heard.is_told and heard.answer is Answer.DONE
        self._ids[key] = (heard if is_told and not was_told else first, was_told or is_told)
        if len(self._ids) > MOST_IDS:
            del self._ids[next(iter(self._ids))]


def _is_retry(heard: Heard, lost: Heard) -> bool:
    return bool(heard.call.client_order_id) and heard.call.client_order_id == lost.call.client_order_id


def _settles(heard: Heard, lost: Heard) -> bool:
    """Whether an answer says what became of a lost command."""
    call, about = heard.call, lost.call
    if heard.seq <= lost.seq or (call.symbol and call.symbol != about.symbol):
        return False
    if call.purpose in PLACEMENTS:
        return _is_retry(heard, lost)
    return same_order(call.order_id, call.client_order_id, about.order_id, about.client_order_id)


def _intent(heard: Heard) -> tuple[object, ...]:
    return heard.call.symbol, heard.call.side, _plain(heard.call.quantity)


def _terms(heard: Heard) -> tuple[object, ...]:
    return (*_intent(heard), _plain(heard.call.price))


def _plain(decimal: str) -> str:
    return decimal.rstrip("0").rstrip(".") if "." in decimal else decimal
