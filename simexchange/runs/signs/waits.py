"""Requests of somebody who was told to wait, or that the venue is down, and did not mind."""

from typing import ClassVar, Final, TypeAlias

from simexchange.runs.signs.seen import Detector, Heard, See
from simexchange.services.clock import SECOND
from simexchange.services.faults.facts import PLACEMENTS, Purpose
from simexchange.services.faults.verdicts import TroubleKind
from simexchange.services.journal import RequestEntry
from simexchange.services.outcomes import Answer
from simexchange.world import World

Origin: TypeAlias = tuple[str, str]
"""A venue, and the address (or the account) that it told to wait."""
Told: TypeAlias = tuple[Heard, int]
"""The refusal, the first of those whose waits follow on one another, and when the wait of the last is over."""


class Waits(Detector):
    signs: ClassVar = ("request_while_banned", "request_before_retry_after")

    def __init__(self, world: World, see: See) -> None:
        super().__init__(world, see)
        self._bans: dict[Origin, Told] = {}
        self._waits: dict[Origin, Told] = {}
        self._order_waits: dict[Origin, Told] = {}

    def request(self, heard: Heard, entry: RequestEntry) -> None:  # noqa: ARG002
        origin, owner = (heard.venue, heard.source), (heard.venue, heard.account)
        if heard.call.purpose is not Purpose.SUBSCRIBE:  # an open stream costs no request
            self._check("request_while_banned", heard, self._bans.get(origin))
            is_early = self._check("request_before_retry_after", heard, self._waits.get(origin))
            if heard.call.purpose in PLACEMENTS and not is_early:
                self._check("request_before_retry_after", heard, self._order_waits.get(owner))
        until_ns = heard.outcome.waits_until(heard.answered_ns) if heard.is_told else None
        if until_ns is None:
            return
        if heard.answer is Answer.ORDERS_EXCEEDED:
            _tell(self._order_waits, owner, heard, until_ns)
            return
        _tell(self._waits, origin, heard, until_ns)
        if heard.answer is Answer.BANNED:
            _tell(self._bans, origin, heard, until_ns)

    def _check(self, sign: str, heard: Heard, told: Told | None) -> bool:
        if told is None:
            return False
        refusal, until_ns = told
        is_early = heard.ts_ns < until_ns and heard.knew(refusal)
        if is_early:
            self.see(heard.sighting(sign, refusal))
        return is_early


def _tell(told: dict[Origin, Told], origin: Origin, heard: Heard, until_ns: int) -> None:
    """Whoever is refused again while it should wait has known of it since the first time."""
    first, ends_ns = told.get(origin, (heard, 0))
    told[origin] = (first if heard.ts_ns < ends_ns else heard, until_ns)


DOWN: Final = frozenset({"downtime", "maintenance"})
"""Faults under which a venue is down."""
DOWN_TROUBLES: Final = frozenset({TroubleKind.UNAVAILABLE.value, TroubleKind.MAINTENANCE.value})


class Downtime(Detector):
    signs: ClassVar = ("request_during_downtime", "order_during_downtime")

    def __init__(self, world: World, see: See) -> None:
        super().__init__(world, see)
        self._first: dict[Origin, Heard] = {}
        """The first request of a downtime whose end the client could notice."""
        self._latest: dict[Origin, Heard] = {}
        self._halted: dict[tuple[str, str, str], Heard] = {}

    def request(self, heard: Heard, entry: RequestEntry) -> None:  # noqa: ARG002
        origin = (heard.venue, heard.source)
        is_order = heard.call.purpose in PLACEMENTS
        if heard.trouble in DOWN_TROUBLES or not DOWN.isdisjoint(heard.kinds):
            first, latest = self._first.get(origin), self._latest.get(origin)
            if first is not None and latest is not None and heard.knew(first):
                if heard.ts_ns - latest.ts_ns < SECOND:
                    self.see(heard.sighting("request_during_downtime", first, latest))
                if is_order:
                    self.see(heard.sighting("order_during_downtime", first))
            self._latest[origin] = heard
            self._first.setdefault(origin, heard)
            return
        self._first.pop(origin, None)
        self._latest.pop(origin, None)
        if is_order:
            self._look_at_halts(heard)

    def _look_at_halts(self, heard: Heard) -> None:
        """The first order into a halt could not know; the next one did."""
        key = (heard.venue, heard.account, heard.call.symbol)
        if heard.answer is not Answer.NOT_TRADING:
            self._halted.pop(key, None)
            return
        first = self._halted.setdefault(key, heard)
        if first is not heard and heard.knew(first):
            self.see(heard.sighting("order_during_downtime", first))
