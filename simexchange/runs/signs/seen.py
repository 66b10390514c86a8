"""What detectors hear and say: one answered request in neutral words, and one sighting of a sign.

A client cannot act on an answer before it has it. Requests on another connection than the one that was answered may
have been on their way already: for ``IN_FLIGHT_NS`` they are held against nobody.
"""

from collections.abc import Callable
from typing import ClassVar, Final, TypeAlias

from msgspec import Struct

from simexchange.domain.ids import AccountId, ClientOrderId, OrderId
from simexchange.services.clock import MILLISECOND, SECOND
from simexchange.services.faults.facts import Call
from simexchange.services.faults.stage import FaultyDoor
from simexchange.services.faults.verdicts import Breakage
from simexchange.services.journal import BatchEntry, ConnectionEntry, RequestEntry
from simexchange.services.outcomes import Answer, Outcome
from simexchange.world import World

IN_FLIGHT_NS: Final = 50 * MILLISECOND
UNNOTICED_NS: Final = 10 * SECOND
"""How long a client may take to notice that nobody answers."""
WHOLE: Final = ("", Breakage.DRIP.value, Breakage.TWICE.value)
"""Fates of an answer that the client can read."""


class Sighting(Struct, frozen=True):
    """One sign, seen once. ``evidence`` are entries of the journal, the request itself last.

    ``account`` is "" for a request that does not say whose it is; then it may be of anybody ``among``.
    """

    sign: str
    ts_ns: int
    evidence: tuple[int, ...]
    venue: str
    account: str = ""
    among: tuple[str, ...] = ()
    order_id: OrderId | None = None
    client_order_id: ClientOrderId = ""
    text: str = ""

    def is_of(self, account: str | None, venue: str | None) -> bool:
        """Whether it counts for an expectation about this account (None: any) on this venue."""
        if venue not in (None, self.venue):
            return False
        if account is None or self.account == account:
            return True
        return not self.account and (not self.among or account in self.among)


class Heard(Struct, frozen=True):
    """One request or handshake and what it was answered. ``kinds`` are the faults that acted on it.

    ``scale`` is how much faster the world's time runs than the machine's, where the network is.
    """

    seq: int
    ts_ns: int
    answered_ns: int
    venue: str
    connection: int
    source: str
    call: Call
    outcome: Outcome
    fate: str
    trouble: str
    kinds: tuple[str, ...]
    among: tuple[str, ...]
    scale: int = 1

    @property
    def account(self) -> str:
        return self.call.account

    @property
    def answer(self) -> Answer:
        return self.outcome.answer

    @property
    def is_told(self) -> bool:
        """Whether the client has the answer, whole."""
        return self.fate in WHOLE

    @property
    def is_silent(self) -> bool:
        return self.fate == Breakage.SILENCE.value

    @property
    def is_lost(self) -> bool:
        """Whether the client cannot tell what became of it."""
        return not self.is_told or self.answer is Answer.UNKNOWN

    def knew(self, earlier: "Heard") -> bool:
        """Whether the client had learned how an earlier request ended when it sent this one."""
        learned_ns = earlier.answered_ns
        if earlier.is_silent:
            learned_ns += UNNOTICED_NS * self.scale
        elif earlier.connection != self.connection:
            learned_ns += IN_FLIGHT_NS * self.scale
        return self.seq > earlier.seq and self.ts_ns >= learned_ns

    def sighting(self, sign: str, *earlier: "Heard", text: str = "") -> Sighting:
        """A sign that this request is, for those that came before it."""
        call = self.call
        words = " ".join(part for part in (call.names[0], call.symbol, call.client_order_id, text) if part)
        return Sighting(
            sign,
            self.ts_ns,
            (*(one.seq for one in earlier), self.seq),
            self.venue,
            self.account,
            self.among,
            call.order_id,
            call.client_order_id,
            words,
        )


See: TypeAlias = Callable[[Sighting], None]


class Detector:
    """Looks for some signs. Plain state only: it goes back with the world."""

    signs: ClassVar[tuple[str, ...]] = ()

    def __init__(self, world: World, see: See) -> None:
        self.world = world
        self.see = see

    def request(self, heard: Heard, entry: RequestEntry) -> None:
        """A request was answered, or will never be."""

    def batch(self, door: FaultyDoor, entry: BatchEntry) -> None:
        """One command of somebody outside of the house was carried out."""

    def connection(self, entry: ConnectionEntry) -> None:
        """A WebSocket was opened or closed."""

    def owner(self, venue: str, account_id: AccountId) -> str:
        """An account's name; "" for one of the house, and for none."""
        account = self.world.doors[venue].venue.accounts.get(account_id)
        return "" if account is None or account.house else account.name


def same_order(
    order_id: OrderId | None, client_order_id: str, other_id: OrderId | None, other_client_order_id: str
) -> bool:
    """Whether two mentions can mean one order: no id that both give may differ."""
    if client_order_id and other_client_order_id:
        return client_order_id == other_client_order_id
    return order_id is None or other_id is None or order_id == other_id
