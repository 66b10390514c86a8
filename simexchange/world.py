"""The world: venues under one clock, one seed, one journal. ``Door.submit`` is the only way to change anything.

submit = stamp -> journal -> execute -> publish. Nothing awaits, nothing interleaves: one writer, no half state.
"""

from simexchange.domain.commands import Command
from simexchange.domain.events import Batch
from simexchange.services.bus import Bus
from simexchange.services.clock import WorldClock
from simexchange.services.gateway_time import GatewayTime
from simexchange.services.journal import Journal
from simexchange.services.market_data.market_data import MarketData
from simexchange.services.randomness import Randomness
from simexchange.venue.venue import Venue


class Door:
    """One venue as everybody meets it, house traders included: submit commands, read views and market data."""

    def __init__(self, name: str, venue: Venue, clock: WorldClock, journal: Journal, market_data: MarketData) -> None:
        self.name = name
        self.venue = venue
        self.clock = clock
        self.gateway = GatewayTime(clock)
        """The venue's time as clients meet it, which may be wrong."""
        self.bus = Bus()
        self.market_data = market_data
        self._journal = journal
        self._last_ns = 0
        self._busy = False
        market_data.listen_to(self.bus)

    def submit(self, command: Command) -> Batch:
        """Execute one command now and tell everyone; the batch holds all that came of it."""
        ts_ns = self.clock.now_ns()
        if ts_ns < self._last_ns:
            ts_ns = self._last_ns
        self._last_ns = ts_ns
        assert not self._busy, "a listener may not submit while a batch is being published"
        self._busy = True
        try:
            self._journal.begin(self.name, ts_ns, command)
            batch = self.venue.execute(command, ts_ns)
            self.bus.publish(batch)
            self._journal.finish(self.name, batch)
        finally:
            self._busy = False
        return batch


class World:
    """All venues of one simulation."""

    def __init__(self, clock: WorldClock, seed: int, journal_capacity: int = 10_000) -> None:
        self.clock = clock
        self.randomness = Randomness(seed)
        self.journal = Journal(journal_capacity)
        self.doors: dict[str, Door] = {}

    @property
    def seed(self) -> int:
        return self.randomness.seed

    def open_venue(self, name: str) -> Door:
        """A new, empty venue and its door."""
        assert name not in self.doors, f"venue {name} exists"
        market_data = MarketData(self.randomness, name, self.clock.now_ns())
        door = Door(name, Venue(name), self.clock, self.journal, market_data)
        self.doors[name] = door
        return door
