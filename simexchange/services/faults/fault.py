"""What every fault is: made when a rule is armed, asked about what fits the rule, told when the rule goes.

A fault acts by what its methods return, or through the stage; what it did to the stage it undoes in ``disarm``, so that
no residue stays. It holds plain state only (snapshots copy it).
"""

from typing import ClassVar, Generic, TypeAlias, TypeVar

from msgspec import Struct

from simexchange.domain.events import Batch
from simexchange.services.clock import Timer
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.facts import Call, Frame, Purpose
from simexchange.services.faults.stage import FaultyDoor, Stage, StreamHandle
from simexchange.services.faults.verdicts import Handshake, Verdict


class Params(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A kind's own parameters. Names, types and defaults are its interface; docstrings below fields are its help."""


ParamsT = TypeVar("ParamsT", bound=Params)
Instead: TypeAlias = tuple[tuple[int, bytes], ...] | None
"""What goes out in a message's place: payloads, each after so many virtual ns; None for the message itself."""


class Fault(Generic[ParamsT]):
    """One armed rule's behaviour. Override what the kind acts on, and nothing else.

    ``purposes`` are what it is about where its rule names no endpoint; ``decides`` says whether its verdicts decide an
    answer, so that it is not asked about a request on which another rule has decided.

    The plan calls ``on_call`` and ``on_frame`` for what fits the rule, for which ``concerns`` is true and which its
    ``when`` chose; ``on_batch``, ``on_socket`` and ``arm`` come uncounted, and count with ``self.armed.fires(facts)``
    themselves. A fault that ``counts_itself`` gets requests and messages uncounted too: all that fit and that it
    concerns, from its beginning to its end.
    """

    purposes: ClassVar[frozenset[Purpose] | None] = None
    decides: ClassVar[bool] = True
    counts_itself: ClassVar[bool] = False

    def __init__(self, params: ParamsT, armed: Armed, stage: Stage) -> None:
        self.params = params
        self.armed = armed
        self.stage = stage
        self.has_begun = False
        self._opening: Timer | None = None

    @property
    def venues(self) -> tuple[str, ...]:
        """The venues the rule is about."""
        wanted = self.armed.spec.match.venue
        return tuple(self.stage.doors) if wanted is None else (wanted,)

    @property
    def is_asked(self) -> bool:
        """Whether it is to be asked about anything at this instant."""
        return self.has_begun if self.counts_itself else self.armed.is_live()

    def chooses(self, facts: Call | Frame) -> bool:
        """Count a match; whether ``when`` chose it. A fault that counts itself is asked in any case."""
        return self.counts_itself or self.armed.fires(facts) is not None

    def begin(self) -> None:
        """Arm it, or see to it that it is armed when its window opens; not before its event has happened."""
        if not self.armed.counts.awake or self.has_begun:
            return
        window = self.armed.spec.when.window
        now_ns = self.stage.clock.now_ns()
        if window is not None:
            opens_ns, ends_ns = (self.armed.armed_ns + edge for edge in window)
            if now_ns >= ends_ns:
                return
            self._opening = self.stage.clock.set_timer(ends_ns if now_ns >= opens_ns else opens_ns, self._turn)
            if now_ns < opens_ns:
                return
        self.has_begun = True
        self.arm()

    def end(self) -> None:
        """Undo it, if it had begun."""
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None
        if self.has_begun:
            self.has_begun = False
            self.disarm()

    def _turn(self) -> None:
        """The window opens, or closes."""
        was_open = self.has_begun
        self._opening = None
        if was_open:
            self.end()
        else:
            self.begin()

    def arm(self) -> None:
        """The rule begins (again, when its window opens or its event happens)."""

    def take_over(self, before: "Fault[ParamsT]") -> None:
        """It comes in the place of a rule that was changed, and has its counts: what was counted is not to be again."""

    def resume(self) -> None:
        """The world went back to a moment at which the rule had begun: do again whatever lies outside of its state."""

    def disarm(self) -> None:
        """The rule ends: undo everything, let go of everything held."""

    def concerns(self, call: Call) -> bool:  # noqa: ARG002  (most faults concern whatever their rule matches)
        """Whether a request that fits the rule is any of this fault's business; it is not counted otherwise."""
        return True

    def concerns_frame(self, frame: Frame) -> bool:
        """The same of a message. Answers to requests are left alone unless a fault says otherwise."""
        return not frame.is_reply

    def on_call(self, call: Call) -> Verdict | None:
        """What becomes of a chosen request."""
        raise NotImplementedError

    def on_frame(self, frame: Frame) -> Instead:
        """What is sent instead of a chosen message: (after so many virtual ns, payload), in order; () for nothing.

        None leaves it alone, for other rules to change.
        """
        raise NotImplementedError

    def on_handshake(self, call: Call) -> Handshake:
        """How the TLS handshake of a chosen client goes wrong; ``call`` knows the venue and where it comes from."""
        raise NotImplementedError

    def on_socket(self, venue: str, socket: StreamHandle) -> None:
        """A WebSocket opened, or a message of its client was answered, so that it may listen to something else now."""
        raise NotImplementedError

    def holds(self, socket: tuple[str, int]) -> int:  # noqa: ARG002
        """How many messages it keeps back now from that socket (venue and number)."""
        return 0

    def on_batch(self, door: FaultyDoor, batch: Batch) -> None:
        """One venue's batch, while it is being published: act through ``door.afterwards``."""
        raise NotImplementedError
