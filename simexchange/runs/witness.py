"""Listens to the journal and tells what was seen: signs of a bot, and what happened to it.

Requests are described and their answers read only here, so nobody pays for it while nothing is expected.
"""

from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from simexchange.dialects.base import Reply, Request
from simexchange.dialects.gate import Gate
from simexchange.domain.events import Trade
from simexchange.domain.ids import ClientOrderId, OrderId
from simexchange.runs.signs.intents import Intents
from simexchange.runs.signs.looks import Keys, Looks
from simexchange.runs.signs.orders import Orders
from simexchange.runs.signs.secrets import Secrets
from simexchange.runs.signs.seen import Detector, Heard, See
from simexchange.runs.signs.sockets import Ears, Sockets
from simexchange.runs.signs.waits import Downtime, Waits
from simexchange.services.clock import ClockMode, WorldClock
from simexchange.services.faults.event_names import names_of
from simexchange.services.faults.facts import Call
from simexchange.services.faults.timeline import Fired
from simexchange.services.journal import BatchEntry, ConnectionEntry, Entry, FaultEntry, RequestEntry
from simexchange.services.outcomes import Answer, Outcome
from simexchange.world import World

MOST_UNANSWERED: Final = 10_000
"""Requests that faults have fired on and whose answer is awaited; of more, the latest: some faults fire behind it."""


class Cause(Struct, frozen=True):
    """Something that happened to a bot, after which it should do something. ``what`` is its name in a scenario."""

    what: str
    ts_ns: int
    seq: int
    venue: str = ""
    account: str = ""
    order_id: OrderId | None = None
    client_order_id: ClientOrderId = ""


class Witness:
    """One run's. ``see`` hears of signs, ``on_cause`` of faults that fired and of events, ``on_request`` of each."""

    def __init__(
        self,
        world: World,
        gates: tuple[Gate, ...],
        see: See,
        on_cause: Callable[[Cause], None],
        on_request: Callable[[Heard], None],
        looks_for_secrets: bool,
    ) -> None:
        self._world = world
        self._gates = {gate.name: gate for gate in gates}
        self._on_cause = on_cause
        self._on_request = on_request
        self._kinds: dict[int, tuple[str, ...]] = {}
        """Faults that fired on requests that are not answered yet."""
        ears = Ears(gates)
        self._sockets = Sockets(world, see, ears)
        self._detectors: list[Detector] = [
            Waits(world, see),
            Downtime(world, see),
            Intents(world, see, ears),
            Looks(world, see),
            Keys(world, see),
            Orders(world, see),
            self._sockets,
        ]
        if looks_for_secrets:
            self._detectors.append(Secrets(world, see))

    def hear(self, entry: Entry) -> None:
        """One entry of the journal, as it is noted."""
        if isinstance(entry, RequestEntry):
            self._request(entry)
        elif isinstance(entry, BatchEntry):
            self._batch(entry)
        elif isinstance(entry, FaultEntry):
            if entry.action == "fired" and isinstance(entry.what, Fired):
                self._fired(entry, entry.what)
        elif isinstance(entry, ConnectionEntry):
            for detector in self._detectors:
                detector.connection(entry)

    def _request(self, entry: RequestEntry) -> None:
        kinds = self._kinds.pop(entry.seq, ())
        gate = self._gates.get(entry.venue)
        if gate is None:
            return
        call = entry.call if entry.call is not None else _described(gate, entry.request)
        if call is None:
            return
        people = self._people(entry, call)
        heard = Heard(
            entry.seq,
            entry.ts_ns,
            entry.answered_ns,
            entry.venue,
            entry.connection,
            entry.source,
            call,
            _outcome(gate, entry.reply),
            entry.fate,
            entry.trouble,
            kinds,
            () if call.account else people,
            _scale(self._world.clock),
        )
        for detector in self._detectors:
            detector.request(heard, entry)
        self._on_request(heard)

    def _people(self, entry: RequestEntry, call: Call) -> tuple[str, ...]:
        """Whose keys have come from that address so far."""
        origin = (entry.venue, entry.source)
        known = self._sockets.people.get(origin, ())
        if call.account and call.account not in known:
            known = self._sockets.people[origin] = (*known, call.account)
        return known

    def _batch(self, entry: BatchEntry) -> None:
        """What the house does by itself, which is nearly everything, concerns nobody."""
        if self._world.journal.is_house(entry.venue, entry.batch.command) and not any(
            isinstance(event, Trade) for event in entry.batch.events
        ):
            return
        door = self._world.stage.door(entry.venue)
        for name, facts in names_of(door, entry.batch):
            if facts is None:
                self._on_cause(Cause(name, entry.ts_ns, entry.seq, entry.venue))
            else:
                self._on_cause(
                    Cause(
                        name,
                        entry.ts_ns,
                        entry.seq,
                        entry.venue,
                        facts.account,
                        facts.order_id or None,
                        facts.client_order_id,
                    )
                )
        for detector in self._detectors:
            detector.batch(door, entry)

    def _fired(self, entry: FaultEntry, fired: Fired) -> None:
        if fired.request:
            self._kinds[fired.request] = (*self._kinds.get(fired.request, ()), fired.kind)
            if len(self._kinds) > MOST_UNANSWERED:
                del self._kinds[next(iter(self._kinds))]
        self._on_cause(
            Cause(
                fired.kind,
                entry.ts_ns,
                entry.seq,
                fired.venue,
                fired.account,
                fired.order_id,
                fired.client_order_id,
            )
        )


def _described(gate: Gate, request: Any) -> Call | None:
    return gate.dialect.describe(request) if isinstance(request, Request) else None


def _outcome(gate: Gate, reply: Any) -> Outcome:
    if isinstance(reply, Reply):
        return gate.dialect.outcome(reply)
    if reply is None or isinstance(reply, bytes):
        return gate.dialect.message_outcome(reply) if reply is not None else Outcome(Answer.UNKNOWN)
    return Outcome(Answer.DONE)


def _scale(clock: WorldClock) -> int:
    """How much faster the world's time runs than the machine's, in whole numbers and at least 1."""
    if clock.mode is not ClockMode.SCALED:
        return 1
    return max(clock.speed.billionths // 10**9, 1)
