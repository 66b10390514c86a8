"""The world: venues under one clock, one seed, one journal. ``Door.submit`` is the only way to change anything.

submit = stamp -> journal -> execute -> publish. Nothing awaits, nothing interleaves: one writer, no half state.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from simexchange.domain.commands import Command
from simexchange.domain.events import Batch
from simexchange.services.anatomy import is_state
from simexchange.services.bus import Bus
from simexchange.services.clock import WorldClock
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.plan import FaultPlan
from simexchange.services.faults.reading import show_rule
from simexchange.services.faults.stage import CommandTap, Stage
from simexchange.services.faults.timeline import Fired
from simexchange.services.gateway_time import GatewayTime
from simexchange.services.journal import Journal
from simexchange.services.market_data.market_data import MarketData
from simexchange.services.randomness import Randomness
from simexchange.services.snapshots import START, Snapshot, Snapshots
from simexchange.venue.venue import Venue

ResultT = TypeVar("ResultT")


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
        self.taps: tuple[CommandTap, ...] = ()
        """Who sees commands just before and just after the engine; faults put themselves there."""
        self.rehearsal: Callable[[Callable[[], Any]], Any] | None = None
        """Set by whoever can take the world back."""
        self._afterwards: deque[Callable[[], None]] = deque()
        market_data.listen_to(self.bus)

    @property
    def is_busy(self) -> bool:
        """Whether a batch is under way."""
        return self._busy

    def submit(self, command: Command) -> Batch:
        """Execute one command now and tell everyone; the batch holds all that came of it."""
        if self.taps:
            return self._submit_tapped(command)
        return self._submit(command)

    def afterwards(self, action: Callable[[], None]) -> None:
        """Act as soon as the batch under way is published and before its reply is rendered (now, if there is none)."""
        if self._busy:
            self._afterwards.append(action)
        else:
            action()

    def rehearse(self, run: Callable[[], ResultT]) -> ResultT:
        """What ``run`` would give, with the venue and everything around it as they were before; nobody is told."""
        assert self.rehearsal is not None, "the world is not complete"
        result: ResultT = self.rehearsal(run)
        return result

    def _submit_tapped(self, command: Command) -> Batch:
        taps = self.taps
        for tap in taps:
            command = tap.before(command)
        batch = self._submit(command)
        for tap in taps:
            tap.after(batch)
        return batch

    def _submit(self, command: Command) -> Batch:
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
        while self._afterwards:
            self._afterwards.popleft()()
        return batch

    def mute(self) -> None:
        """Nobody is told of anything, and nothing is on record, until a checkpoint is gone back to."""
        self.bus.mute(lambda listener: is_state(getattr(listener, "__self__", None)))
        self._journal = Journal(1)


class World:
    """All venues of one simulation, and the states it can go back to."""

    def __init__(self, clock: WorldClock, seed: int, journal_capacity: int = 10_000) -> None:
        self.clock = clock
        self.randomness = Randomness(seed)
        self.journal = Journal(journal_capacity)
        self.doors: dict[str, Door] = {}
        self.snapshots = Snapshots(self, clock)
        self.stage = Stage(clock, self.randomness)
        self.faults = FaultPlan(self.stage)
        self.faults.timeline.on_fired = self._note_fired
        self.faults.on_rule = self._note_rule
        self.journal.is_house = self._is_house
        self.snapshots.before_turning_back.append(self._prepare_to_turn_back)
        self.snapshots.on_turned_back.append(self._note_turned_back)

    @property
    def seed(self) -> int:
        return self.randomness.seed

    def keep(self, part: object) -> None:
        """A dialect, or whatever else has state but does not hang on the world: it goes back with it."""
        self.snapshots.keep(part)

    def snapshot(self) -> Snapshot:
        """Remember the present state. Raises TooManySnapshots."""
        return self.snapshots.take()

    def revert(self, snapshot_id: str) -> None:
        """Go back to a snapshot, as often as one likes; younger ones are dropped. Raises UnknownSnapshot."""
        self.snapshots.revert(snapshot_id)

    def drop(self, snapshot_id: str) -> None:
        """Forget a snapshot. Raises UnknownSnapshot."""
        self.snapshots.drop(snapshot_id)

    def reset(self) -> None:
        """Back to the scenario's start, as ``snapshots.begin`` found it; all snapshots are dropped."""
        self.snapshots.reset()

    def state_hash(self) -> str:
        """A digest of the present state in hex: without connections and the record, the same in every process."""
        return self.snapshots.state_hash()

    def open_venue(self, name: str) -> Door:
        """A new, empty venue and its door."""
        assert name not in self.doors, f"venue {name} exists"
        market_data = MarketData(self.randomness, name, self.clock.now_ns())
        door = Door(name, Venue(name), self.clock, self.journal, market_data)
        door.rehearsal = lambda run: self.snapshots.rehearse(door.mute, run)
        self.doors[name] = self.stage.doors[name] = door
        return door

    def _note_fired(self, fired: Fired) -> None:
        fired.seq = self.journal.note_fault(fired.ts_ns, "fired", fired)

    def _note_rule(self, action: str, armed: Armed) -> None:
        self.journal.note_fault(self.clock.now_ns(), action, {"id": armed.id} | show_rule(armed.spec))

    def _is_house(self, venue: str, command: Command) -> bool:
        account = self.doors[venue].venue.accounts.get(getattr(command, "account_id", -1))
        return account is not None and account.house

    def _prepare_to_turn_back(self) -> None:
        assert not any(door.is_busy for door in self.doors.values()), "a listener may not turn the world back"
        self.faults.clear()

    def _note_turned_back(self, snapshot_id: str) -> None:
        self.faults.resume()
        self.journal.note(self.clock.now_ns(), "reset" if snapshot_id == START else "reverted", snapshot_id)
