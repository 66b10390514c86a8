"""Messages that come late or out of order. Nothing is lost: what is held when the rule goes leaves then, in order."""

from typing import Annotated, Final

from msgspec import Meta

from simexchange.services.durations import Duration
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.facts import ORDERS, Frame, Subject
from simexchange.services.faults.fault import Fault, Instead, Params
from simexchange.services.faults.held import HeldMessages
from simexchange.services.faults.kinds import Kind
from simexchange.services.faults.rule import draw_ppb
from simexchange.services.faults.spread import Distribution, drawn
from simexchange.services.faults.stage import Stage
from simexchange.services.faults.stream_messages import FRAME_MATCHES, check_wait

_MOST_FORGOTTEN: Final = 100
"""Lines whose message left by itself, before their entries are swept out."""


class DelayParams(Params, frozen=True):
    by: Duration = Duration("2s")
    """How late a message comes, or the median of that."""
    by_p99: Duration | None = None
    """The 99th percentile, where ``by`` is the median of a distribution."""
    distribution: Distribution = "fixed"
    """How delays are spread: fixed, uniform, or lognormal as real latencies are."""
    keep_order: bool = True
    """Whether messages of a socket that fit the rule wait for those before them."""

    def __post_init__(self) -> None:
        check_wait("by", self.by)
        if (self.by_p99 is None) is not (self.distribution == "fixed"):
            raise ValueError("by_p99 and a distribution (uniform, lognormal) pass together, or neither")
        if self.by_p99 is not None and self.by_p99 < self.by:
            raise ValueError(f"by_p99 {self.by_p99} is below by {self.by}: the 99th percentile is above the median")


class FillDelayParams(DelayParams, frozen=True):
    by: Duration = Duration("30s")


class Delay(Fault[DelayParams]):
    """Draws depend on the rule and the message's place among those it matched, and on nothing else."""

    counts_itself = True

    def __init__(self, params: DelayParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self._held = HeldMessages(stage.clock)
        self._last: dict[tuple[str, int], int] = {}
        """When the last message held for a socket leaves."""

    def on_frame(self, frame: Frame) -> Instead:
        now_ns = self.stage.clock.now_ns()
        if not len(self._held):
            self._last.clear()
        queued_until_ns = self._last.get(frame.socket, 0) if self.params.keep_order else 0
        fired = self.armed.fires(frame)
        due_ns = now_ns if fired is None else now_ns + self._drawn_ns(fired.ordinal)
        leaves_ns = max(due_ns, queued_until_ns)
        if leaves_ns <= now_ns and queued_until_ns < now_ns:
            return None
        self._held.keep(frame, frame.payload, leaves_ns)
        self._last[frame.socket] = leaves_ns
        return ()

    def holds(self, socket: tuple[str, int]) -> int:
        return self._held.of(socket)

    def _drawn_ns(self, ordinal: int) -> int:
        params = self.params
        draw = draw_ppb(self.stage.randomness.seed, f"{self.armed.id}/delay", ordinal)
        return drawn(params.distribution, params.by, params.by_p99 or params.by, draw)

    def disarm(self) -> None:
        self._held.release_all()
        self._last.clear()


class FillDelay(Delay):
    def concerns_frame(self, frame: Frame) -> bool:
        return frame.subject is Subject.FILL


class ReorderParams(Params, frozen=True):
    window: Annotated[int, Meta(ge=1, le=1_000)] = 1
    """How many later messages overtake the chosen one: 1 swaps neighbours."""
    across_channels: bool = False
    """Whether messages of other channels of the socket overtake it too."""
    longest: Duration = Duration("5s")
    """How long it waits for them."""

    def __post_init__(self) -> None:
        check_wait("longest", self.longest)


class Reorder(Fault[ReorderParams]):
    """Within a channel of a socket and an instrument, if not across them."""

    counts_itself = True

    def __init__(self, params: ReorderParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self._held = HeldMessages(stage.clock)
        self._waiting: dict[tuple[object, ...], tuple[int, int]] = {}
        """Line of messages -> (what it waits by, how many have yet to overtake it)."""

    def holds(self, socket: tuple[str, int]) -> int:
        return self._held.of(socket)

    def line_of(self, frame: Frame) -> tuple[object, ...]:
        """Messages of one line can overtake one another."""
        return frame.socket if self.params.across_channels else (*frame.socket, frame.channel, frame.symbol)

    def on_frame(self, frame: Frame) -> Instead:
        line = self.line_of(frame)
        number, left = self._waiting.pop(line, (0, 0))
        if left > 1 and number in self._held:
            self._waiting[line] = (number, left - 1)
            return None
        late = self._held.take(number) if number else None
        if late is not None:
            return (0, frame.payload), (0, late.payload)
        if self.armed.fires(frame) is None:
            return None
        number = self._held.keep(frame, frame.payload, self.stage.clock.now_ns() + self.params.longest)
        self._waiting[line] = (number, self.params.window)
        if len(self._waiting) > len(self._held) + _MOST_FORGOTTEN:
            self._waiting = {line: wait for line, wait in self._waiting.items() if wait[0] in self._held}
        return ()

    def disarm(self) -> None:
        self._held.release_all()
        self._waiting.clear()


class UserReorder(Reorder):
    """Within what a socket hears of one order."""

    def concerns_frame(self, frame: Frame) -> bool:
        return frame.subject in ORDERS and frame.order_id is not None

    def line_of(self, frame: Frame) -> tuple[object, ...]:
        return (*frame.socket, frame.account, frame.symbol, frame.order_id)


class UserReorderParams(Params, frozen=True):
    window: Annotated[int, Meta(ge=1, le=1_000)] = 1
    """How many later reports of the order overtake the chosen one."""
    longest: Duration = Duration("5s")
    """How long it waits for them."""

    def __post_init__(self) -> None:
        check_wait("longest", self.longest)


def _user_reorder(params: UserReorderParams, armed: Armed, stage: Stage) -> UserReorder:
    return UserReorder(ReorderParams(params.window, longest=params.longest), armed, stage)


KINDS: Final = (
    Kind(
        name="ws-delay",
        family="stream timing",
        priority="P0",
        summary="Messages come late; those of a socket stay in order unless the rule says otherwise.",
        correct_bot="Compares event times with its own synced clock, and quotes nothing on data that is too old.",
        params=DelayParams,
        make=Delay,
        matches=FRAME_MATCHES,
    ),
    Kind(
        name="delayed-fill-event",
        family="stream timing",
        priority="P0",
        summary="An order trades at once, and the report of it comes late.",
        correct_bot="Reconciles fills by REST now and then; does not quote again on an inventory it only believes in.",
        params=FillDelayParams,
        make=FillDelay,
        matches=FRAME_MATCHES,
        evidence=("hummingbot/hummingbot#5826", "ondra-novak/mmbot#25"),
    ),
    Kind(
        name="ws-reorder",
        family="stream timing",
        priority="P1",
        summary="A message is overtaken by those behind it.",
        correct_bot="Goes by ids and event times, not by the order of arrival.",
        params=ReorderParams,
        make=Reorder,
        matches=FRAME_MATCHES,
        evidence=("nautechsystems/nautilus_trader#4157", "QuantConnect/Lean#852"),
    ),
    Kind(
        name="user-event-out-of-order",
        family="stream timing",
        priority="P0",
        summary="Reports of one order come in the wrong order: new after filled, filled after canceled.",
        correct_bot="Lets an order's state go forward only; books a late fill all the same, and ignores a late NEW.",
        params=UserReorderParams,
        make=_user_reorder,
        matches=FRAME_MATCHES,
        evidence=("nautechsystems/nautilus_trader#4157", "brndnmtthws/thetagang#709"),
    ),
)
