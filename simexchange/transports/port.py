"""What all connections of one venue port share: the gate, the limits of the transport, and who is connected."""

from asyncio import AbstractEventLoop, TimerHandle
from typing import Final, Protocol

from msgspec import Struct

from simexchange.dialects.gate import Gate
from simexchange.transports.http import MAX_BODY
from simexchange.transports.outbox import Outbox
from simexchange.transports.stragglers import Stragglers

_CHECKS_PER_IDLE_TIME: Final = 8


class WireLimits(Struct, frozen=True):
    """What one connection may cost. Sizes in bytes, times in seconds."""

    max_head: int = 1 << 16
    """Request line and headers together."""
    max_body: int = MAX_BODY
    max_message: int = 1 << 18
    """One WebSocket message of a client, all its fragments together."""
    max_backlog: int = 1 << 21
    """What may wait for a slow reader of a stream before it is disconnected."""
    idle_s: float = 75.0
    """How long an HTTP connection may take to send its next request, whole."""
    close_s: float = 5.0
    """How long the peer of a closed stream may take to confirm."""
    linger_s: float = 1.0
    """How long a refused client may go on sending, so that it reads the refusal before it meets a closed socket."""


DEFAULT_LIMITS: Final = WireLimits()


class Connection(Protocol):
    """One client, of whatever protocol."""

    is_stream: bool
    """Whether it is a WebSocket."""

    def shutdown(self) -> None:
        """Take leave: streams with close code 1001, HTTP by closing."""

    def abort(self) -> None:
        """Drop the connection without another byte."""

    def watch(self) -> None:
        """Rules have come or gone."""

    def reset(self) -> None:
        """End it with a RST."""

    def expire(self, before: int) -> None:
        """Close if nothing whole has come since that tick."""


class Port:
    """One venue's port, apart from the listening socket."""

    def __init__(
        self,
        gate: Gate,
        loop: AbstractEventLoop,
        limits: WireLimits = DEFAULT_LIMITS,
        stragglers: Stragglers | None = None,
    ) -> None:
        self.gate = gate
        self.loop = loop
        self.limits = limits
        self.outbox = Outbox(loop)
        self.connections: set[Connection] = set()
        self.stragglers = stragglers if stragglers is not None else Stragglers()
        self.tick = 0
        """A coarse clock: reading it costs nothing, where a timer per request would."""
        self._next_tick: TimerHandle | None = None
        gate.plan.watchers.append(self._on_rules)

    def _on_rules(self) -> None:
        """Rules came or went: streams look at their messages, or no longer do."""
        for connection in tuple(self.connections):
            connection.watch()

    def start_ticking(self) -> None:
        self._next_tick = self.loop.call_later(self.limits.idle_s / _CHECKS_PER_IDLE_TIME, self._on_tick)

    def stop_ticking(self) -> None:
        if self._next_tick is not None:
            self._next_tick.cancel()
            self._next_tick = None
        if self._on_rules in self.gate.plan.watchers:
            self.gate.plan.watchers.remove(self._on_rules)

    def _on_tick(self) -> None:
        self.tick += 1
        before = self.tick - _CHECKS_PER_IDLE_TIME
        for connection in tuple(self.connections):
            connection.expire(before)
        self.start_ticking()
