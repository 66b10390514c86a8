"""The timeline of a scenario, being carried out: entries armed on the world's clock, or waiting for their event.

Times count from ``begin``. What an entry did is taken back once it has lasted. An action that fails is on record, and
makes the scenario a bad one; it is never passed over. All of it is plain state of the world: after a revert, whatever
had not happened then will happen again; after a reset the timeline begins anew.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Final

from msgspec import Struct

from simexchange.domain.enums import Word
from simexchange.domain.events import Batch
from simexchange.scenario.actions import ActionFailed, Occasion, Undo, act
from simexchange.scenario.specs import Scenario, to_plain
from simexchange.scenario.timeline_specs import Entry, EventSpec
from simexchange.services.anatomy import Role
from simexchange.services.bus import Stage
from simexchange.services.clock import ClockMode, Timer
from simexchange.services.durations import Duration
from simexchange.services.faults.event_names import names_of
from simexchange.services.faults.facts import OrderFacts
from simexchange.services.faults.reading import RuleRefused
from simexchange.world import Door, World

DONE_NOTE: Final = "timeline"
FAILED_NOTE: Final = "timeline failed"


class StepState(Word):
    PENDING = "pending"
    ACTIVE = "active"
    """Done, and not taken back yet."""
    DONE = "done"
    FAILED = "failed"


class Step(Struct):
    """How far one entry has come. Times are epoch ns, 0 where it has not come to that; ``seen`` counts its events."""

    place: int
    entry: Entry
    when: str
    what: str
    state: StepState = StepState.PENDING
    seen: int = 0
    done_ns: int = 0
    ended_ns: int = 0
    error: str = ""
    undo: Undo | None = None

    @property
    def name(self) -> str:
        """Also the id of the rule that it arms."""
        return f"timeline-{self.place + 1}"


class Script:
    """The scenario that is to be played; another one may be put in its place, which no revert undoes."""

    state_role: ClassVar = Role.RECORD

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.has_begun = False
        self.on_done: list[Callable[[Step], None]] = []
        """Hear of every action once it is done."""
        self.on_end: list[Callable[[], None]] = []
        """Hear that ``ends_after`` has passed."""


class Timeline:
    """One scenario's timeline on one world."""

    def __init__(self, world: World, script: Script) -> None:
        self._script = script
        self.started_ns = 0
        """0 until it has begun."""
        self.has_ended = False
        """Whether ``ends_after`` has passed."""
        self.steps: list[Step] = []
        self._world = world
        self._timers: list[Timer] = []
        self._ears: list[tuple[Door, _Ear]] = []

    @property
    def scenario(self) -> Scenario:
        return self._script.scenario

    def begin(self) -> None:
        """Start at the present instant, whatever was under way before."""
        self.stop()
        self._script.has_begun = True
        world = self._world
        self.steps = steps_of(self.scenario)
        self.started_ns = world.clock.now_ns()
        self.has_ended = False
        for step in self.steps:
            if step.entry.at is not None:
                self._set_timer(self.started_ns + step.entry.at, partial(self._perform, step.place, None))
        if self.scenario.ends_after is not None:
            self._set_timer(self.started_ns + self.scenario.ends_after, self._end)
        self._arm_latency()
        if any(step.entry.on is not None for step in self.steps):
            for door in world.doors.values():
                ear = _Ear(self, door)
                self._ears.append((door, ear))
                door.bus.listen(Stage.FAULTS, ear.hear)

    def stop(self) -> None:
        """Nothing happens any more; what has happened stays."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        for door, ear in self._ears:
            door.bus.leave(ear.hear)
        self._ears.clear()

    @property
    def failures(self) -> tuple[Step, ...]:
        """The entries that could not be carried out."""
        return tuple(step for step in self.steps if step.state is StepState.FAILED)

    def turned_back(self, taken_ns: int) -> int:
        """The world has gone back to a state of ``taken_ns``: go on as far from the start as it was then.

        Scaled and manual time have gone back too; real time has not, so the scenario's times move: by how much.
        """
        if self._world.clock.mode is not ClockMode.REAL:
            return 0
        by_ns = self._world.clock.now_ns() - taken_ns
        self._shift(by_ns)
        return by_ns

    def hear(self, door: Door, batch: Batch) -> None:
        """A batch that has just been published: entries whose event it holds follow as soon as that is done."""
        for name, facts in names_of(self._world.stage.door(door.name), batch):
            for step in self.steps:
                wanted = step.entry.on
                if wanted is None or step.state is not StepState.PENDING or step.seen >= wanted.nth:
                    continue
                if wanted.event == name and _fits(wanted, door, batch, facts):
                    step.seen += 1
                    if step.seen == wanted.nth:
                        door.afterwards(partial(self._perform, step.place, facts))

    # What happens.

    def _perform(self, place: int, order: OrderFacts | None) -> None:
        world, step = self._world, self.steps[place]
        action, spec = step.entry.action
        step.done_ns = world.clock.now_ns()
        try:
            step.undo = act(world, action, spec, Occasion(step.name, step.entry.for_, order))
        except ActionFailed as failure:
            self._fail(step, str(failure))
            return
        step.state = StepState.DONE
        if action != "note":
            world.journal.note(step.done_ns, DONE_NOTE, step.what)
        for listener in self._script.on_done:
            listener(step)
        if step.entry.for_ is not None:
            step.state = StepState.ACTIVE
            self._set_timer(step.done_ns + step.entry.for_, partial(self._take_back, place))

    def _take_back(self, place: int) -> None:
        step = self.steps[place]
        step.ended_ns = self._world.clock.now_ns()
        try:
            if step.undo is not None:
                step.undo()
        except ActionFailed as failure:
            self._fail(step, str(failure))
            return
        step.state = StepState.DONE
        self._world.journal.note(step.ended_ns, DONE_NOTE, f"end of {step.what}")

    def _fail(self, step: Step, error: str) -> None:
        step.state, step.error, step.undo = StepState.FAILED, error, None
        self._world.journal.note(self._world.clock.now_ns(), FAILED_NOTE, f"{step.what}: {error}")

    def _end(self) -> None:
        self.has_ended = True
        self._world.journal.note(self._world.clock.now_ns(), DONE_NOTE, "the scenario ends")
        for listener in self._script.on_end:
            listener()

    # Time.

    def _set_timer(self, at_ns: int, action: Callable[[], None]) -> None:
        self._timers.append(self._world.clock.set_timer(at_ns, action))

    def _shift(self, by_ns: int) -> None:
        """Real time has gone on since the snapshot, the scenario has not."""
        self.started_ns += by_ns
        waiting = [(timer.at_ns, timer.action) for timer in self._timers]
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        for at_ns, action in waiting:
            if action is not None:
                self._set_timer(at_ns + by_ns, action)

    def _arm_latency(self) -> None:
        """The delays of the venues are rules like any other, with ids of their own."""
        for venue, spec in self.scenario.venues.items():
            if spec.latency is None or venue not in self._world.doors:
                continue
            for part, kind in (("request", "latency"), ("stream", "ws-delay")):
                delay = getattr(spec.latency, part)
                if delay is not None:
                    self._arm(f"{venue}-{part}-latency", venue, kind, _delay(part, delay.p50, delay.p99))

    def _arm(self, rule_id: str, venue: str, kind: str, params: dict[str, Any]) -> None:
        try:
            self._world.faults.add({"id": rule_id, "kind": kind, "match": {"venue": venue}} | params)
        except RuleRefused as refusal:
            step = Step(len(self.steps), Entry(note=rule_id), "0s", f"latency of {venue}")
            self.steps.append(step)
            self._fail(step, str(refusal))


class _Ear:
    """Listens to one venue. No state, so that what is only rehearsed is not heard."""

    state_role: ClassVar = Role.RECORD

    def __init__(self, timeline: Timeline, door: Door) -> None:
        self._timeline = timeline
        self._door = door

    def hear(self, batch: Batch) -> None:
        self._timeline.hear(self._door, batch)


def steps_of(scenario: Scenario) -> list[Step]:
    """Every entry of the timeline, none of them done."""
    plain = to_plain(scenario).get("timeline", [])
    return [
        Step(place, entry, *describe(said))
        for place, (entry, said) in enumerate(zip(scenario.timeline, plain, strict=True))
    ]


def describe(plain: dict[str, Any]) -> tuple[str, str]:
    """An entry as people read it: when (``80s``, ``on order_accepted 3``), and what (``rate-limited for 10s``)."""
    said = dict(plain)
    on: dict[str, Any] = said.pop("on", {})
    when = said.pop("at", "") or f"on {on['event']} {on.get('nth', 1)}"
    lasts = said.pop("for", "")
    ((action, spec),) = said.items()
    if isinstance(spec, dict):
        kind = spec.get("kind", action)
        told = (value for name, value in spec.items() if name != "kind" and not isinstance(value, dict))
        what = " ".join([kind, *(", ".join(one) if isinstance(one, list | tuple) else str(one) for one in told)])
    else:
        what = f"{action}: {spec}"
    return when, what + (f" for {lasts}" if lasts else "")


def _delay(part: str, p50: Duration, p99: Duration) -> dict[str, Any]:
    """The parameters of the kind of fault that makes such a delay."""
    name = "request" if part == "request" else "by"
    return {name: str(p50), f"{name}_p99": str(p99), "distribution": "lognormal"}


def _fits(wanted: EventSpec, door: Door, batch: Batch, facts: OrderFacts | None) -> bool:
    if wanted.venue not in (None, door.name):
        return False
    symbol = facts.symbol if facts is not None else getattr(batch.command, "symbol", "")
    if wanted.symbol is not None and wanted.symbol != symbol:
        return False
    return wanted.account is None or (facts is not None and facts.account == wanted.account)
