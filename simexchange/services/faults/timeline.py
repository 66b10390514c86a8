"""What fired: which rule, at which of its matches, on what, when. A bounded record that tests assert on."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final

from msgspec import Struct

from simexchange.domain.ids import ClientOrderId, OrderId, Symbol
from simexchange.services.faults.facts import Call, Facts, Frame

KEPT: Final = 10_000


class Fired(Struct):
    """One firing. ``ordinal`` counts the rule's matches from 1, ``request`` is the request's place in the journal.

    ``order_id`` is filled in once the engine has given one.
    """

    ts_ns: int
    rule: str
    kind: str
    ordinal: int
    venue: str = ""
    account: str = ""
    symbol: Symbol = ""
    connection: int = 0
    request: int = 0
    endpoint: str = ""
    channel: str = ""
    order_id: OrderId | None = None
    client_order_id: ClientOrderId = ""
    effect: str = ""
    detail: str = ""
    seq: int = 0
    """Its own place in the journal."""

    def shown(self) -> dict[str, Any]:
        """Whatever it has to tell, by name."""
        return {
            name: value
            for name in self.__struct_fields__
            if (value := getattr(self, name)) not in ("", None, 0) or name in ("ts_ns", "ordinal")
        }


def fired_on(facts: Facts | None, ts_ns: int, rule: str, kind: str, ordinal: int) -> Fired:
    """A firing on a request, a message, an order, or on nothing but the time."""
    fired = Fired(ts_ns, rule, kind, ordinal)
    if facts is None:
        return fired
    fired.venue, fired.account, fired.symbol = facts.venue, facts.account, facts.symbol
    fired.order_id, fired.client_order_id = facts.order_id, facts.client_order_id
    if isinstance(facts, Call):
        fired.connection, fired.request, fired.endpoint = facts.connection, facts.request, facts.names[0]
    elif isinstance(facts, Frame):
        fired.connection, fired.channel = facts.connection, facts.channel or facts.event
    return fired


class Timeline:
    """The last firings, oldest first; ``on_fired`` hears of each (the journal does)."""

    def __init__(self, kept: int = KEPT) -> None:
        self._ring: deque[Fired] = deque(maxlen=kept)
        self.on_fired: Callable[[Fired], None] | None = None

    def note(self, fired: Fired) -> None:
        self._ring.append(fired)
        if self.on_fired is not None:
            self.on_fired(fired)

    def __iter__(self) -> Iterator[Fired]:
        return iter(self._ring)

    def __len__(self) -> int:
        return len(self._ring)
