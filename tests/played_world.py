"""A scenario as it would be served, in motion and judged, without sockets and on a manual clock."""

import asyncio
from typing import Any, cast

from dialects.binance.rest_bench import PEER
from fault_bench import FakeLoop, FaultBench, HttpAnswer, StreamWire, Wire
from simexchange.dialects.gate import Gate
from simexchange.runs.runner import Runner
from simexchange.scenario import build_world
from simexchange.scenario.specs import Scenario
from simexchange.services.clock import MILLISECOND, ManualClock
from simexchange.transports.port import Port
from simexchange.venue.keys import ApiKey
from simexchange.venues import VENUES

START_NS = 1_767_600_000_000_000_000
"""2026-01-05 08:00 UTC."""
VENUE = "binance"


class PlayedWorld:
    """The binance venue of a scenario; ``begin`` has been called. Wires see it as they see a ``FaultBench``."""

    def __init__(self, scenario: Scenario, seed: int | None = None) -> None:
        self.clock = ManualClock(START_NS)
        self.built = build_world(scenario, self.clock, seed)
        self.world = self.built.world
        self.door = self.world.doors[VENUE]
        limits = scenario.venues[VENUE].limits_text
        self.dialect = VENUES[VENUE].open(self.door, self.world.randomness, limits)
        self.dialect.start()
        self.loop = FakeLoop()
        self.gate = Gate(self.dialect, self.door, self.world.faults, self.world.journal)
        self.world.stage.controls[VENUE] = self.gate
        self.port = Port(self.gate, cast(asyncio.AbstractEventLoop, self.loop))
        self.world.keep(self.dialect)
        self.world.snapshots.before_turning_back.append(self.gate.drop_held)
        self.runner = Runner(self.world, self.built.scenario, [self.gate])
        self.world.snapshots.begin()
        self.runner.begin()

    @property
    def now_ms(self) -> int:
        return self.clock.now_ns() // MILLISECOND

    def advance(self, nanoseconds: int) -> None:
        self.clock.advance(nanoseconds)
        self.loop.turn()

    def wire(self, source: str = PEER) -> Wire:
        """A fresh HTTP connection."""
        return Wire(self._bench, source)

    def stream(self, path: str, source: str = PEER) -> StreamWire:
        """A fresh WebSocket."""
        return StreamWire(self._bench, path, source)

    def key(self, name: str) -> ApiKey:
        """The key that an account would use now: its latest."""
        account = self.door.venue.views.account_named(name)
        assert account is not None
        return [key for key in self.door.venue.keys.values() if key.account_id == account.account_id][-1]

    @property
    def _bench(self) -> FaultBench:
        return cast(FaultBench, cast(Any, self))


__all__ = ["START_NS", "HttpAnswer", "PlayedWorld"]
