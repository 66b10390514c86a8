"""Sockets that are taken to read slowly, by the byte and in virtual time, and what a venue does when too much waits.

What waits is bounded for each socket. When the rule goes, what waits leaves at once, in order.
"""

from collections import deque
from functools import partial
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, field

from simexchange.services.clock import SECOND, Timer
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.facts import Frame
from simexchange.services.faults.fault import Fault, Instead, Params
from simexchange.services.faults.kinds import Kind
from simexchange.services.faults.socket_fault import SocketName
from simexchange.services.faults.stage import Stage
from simexchange.services.faults.stream_messages import FRAME_MATCHES

POLICY_VIOLATION: Final = 1008


class SlowParams(Params, frozen=True):
    buffer_bytes: Annotated[int, Meta(ge=1, le=1 << 26)] = 16_384
    """What the venue keeps for a socket that does not keep up."""
    bytes_per_second: Annotated[int, Meta(ge=1, le=1 << 32)] = 4_096
    """How fast each socket is taken to read, in virtual time."""
    policy: Literal["close", "drop_oldest", "drop_newest"] = "close"
    """What becomes of a socket for which there is more than that."""


class Backlog(Struct, eq=False):
    """What waits for one socket, and when its next message has been read."""

    frames: deque[Frame] = field(default_factory=deque)
    size: int = 0
    timer: Timer | None = None


class SlowConsumer(Fault[SlowParams]):
    """Every socket reads so slowly. Counts overflows; a rule that is spent lets everything pass again."""

    counts_itself = True

    def __init__(self, params: SlowParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self._backlogs: dict[SocketName, Backlog] = {}

    def on_frame(self, frame: Frame) -> Instead:
        if not self.armed.is_live():
            self._flush(frame.socket)
            return None
        backlog = self._backlogs.setdefault(frame.socket, Backlog())
        if backlog.size + len(frame.payload) > self.params.buffer_bytes and not self._overflow(frame, backlog):
            return ()
        if frame.socket not in self._backlogs:
            return None
        backlog.frames.append(frame)
        backlog.size += len(frame.payload)
        if backlog.timer is None:
            self._read_next(frame.socket)
        return ()

    def _overflow(self, frame: Frame, backlog: Backlog) -> bool:
        """Too much for the buffer; whether the message may go in all the same."""
        if self.armed.fires(frame) is None:
            self._flush(frame.socket)
            return True
        if self.params.policy == "drop_newest":
            return False
        if self.params.policy == "close":
            self._forget(frame.socket)
            self._close(frame)
            return False
        if len(frame.payload) > self.params.buffer_bytes:
            return False
        while backlog.frames and backlog.size + len(frame.payload) > self.params.buffer_bytes:
            backlog.size -= len(backlog.frames.popleft().payload)
        if not backlog.frames and backlog.timer is not None:
            backlog.timer.cancel()
            backlog.timer = None
        return True

    def _close(self, frame: Frame) -> None:
        for socket in self.stage.controls[frame.venue].sockets():
            if socket.number == frame.connection:
                socket.close(POLICY_VIOLATION, "slow consumer")

    def _read_next(self, socket: SocketName) -> None:
        backlog = self._backlogs[socket]
        takes_ns = len(backlog.frames[0].payload) * SECOND // self.params.bytes_per_second
        backlog.timer = self.stage.clock.after(takes_ns, partial(self._on_read, socket))

    def _on_read(self, socket: SocketName) -> None:
        backlog = self._backlogs[socket]
        backlog.timer = None
        frame = backlog.frames.popleft()
        backlog.size -= len(frame.payload)
        if backlog.frames:
            self._read_next(socket)
        else:
            del self._backlogs[socket]
        frame.send(frame.payload)

    def _flush(self, socket: SocketName) -> None:
        for frame in self._forget(socket):
            frame.send(frame.payload)

    def _forget(self, socket: SocketName) -> deque[Frame]:
        backlog = self._backlogs.pop(socket, None)
        if backlog is None:
            return deque()
        if backlog.timer is not None:
            backlog.timer.cancel()
        return backlog.frames

    def disarm(self) -> None:
        for socket in tuple(self._backlogs):
            self._flush(socket)


KINDS: Final = (
    Kind(
        name="ws-slow-consumer-cut",
        family="slow consumers",
        priority="P0",
        summary="Sockets read slowly; when too much waits for one it is cut, or messages are dropped.",
        correct_bot="Drains first and computes later; takes a new snapshot after any overflow.",
        params=SlowParams,
        make=SlowConsumer,
        matches=FRAME_MATCHES,
        evidence=("sammchardy/python-binance#1016", "altangent/ccxws#76", "Kucoin/kucoin-api-docs#44"),
    ),
)
