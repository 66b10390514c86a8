"""The rules in force, and what they make of requests, messages, orders and time. The one place that arms and removes.

When rules overlap: all that fit count and act, in the order in which they were armed; delays and acts add up, and the
first whose verdict decides the answer has decided it - later ones that would decide are not asked and do not count.
Of rules about messages the first that makes something of one acts alone; what it holds and sends later no rule sees.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from simexchange.domain.events import Batch
from simexchange.services.anatomy import Role
from simexchange.services.bus import Stage as BusStage
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.event_names import names_of
from simexchange.services.faults.facts import Call, Frame, OrderFacts, Purpose
from simexchange.services.faults.fault import Fault, Instead
from simexchange.services.faults.kinds import Catalogue, load_catalogue
from simexchange.services.faults.reading import RuleRefused, read_rule, show_rule
from simexchange.services.faults.rule import Counts, RuleSpec, purpose_fits
from simexchange.services.faults.stage import FaultyDoor, Stage, StreamHandle
from simexchange.services.faults.subjects import check_subjects
from simexchange.services.faults.timeline import Timeline
from simexchange.services.faults.verdicts import Handshake, Verdict

MOST_RULES: Final = 1_000


class UnknownRule(KeyError):
    """There is no rule of that id."""


class Watchers(list[Callable[[], None]]):
    """Who is to be told; wiring, which stays when a world is turned back."""

    state_role: ClassVar = Role.RECORD


class FaultPlan:
    """Every armed rule of one world.

    ``judges_calls``, ``judges_frames`` and ``judges_sockets`` are what hot paths look at: False as long as no rule is
    about any.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.timeline = Timeline()
        self.judges_calls = False
        self.judges_frames = False
        self.judges_sockets = False
        self.watchers = Watchers()
        """Called whenever rules come or go; transports look again at what they must watch."""
        self.on_rule: Callable[[str, Armed], None] | None = None
        """Hears that a rule was armed, changed or removed; the journal does."""
        self._faults: dict[str, Fault[Any]] = {}
        self._purposes: dict[str, frozenset[Purpose] | None] = {}
        self._on_calls: tuple[Fault[Any], ...] = ()
        self._on_frames: tuple[Fault[Any], ...] = ()
        self._on_sockets: tuple[Fault[Any], ...] = ()
        self._on_handshakes: tuple[Fault[Any], ...] = ()
        self._on_batches: tuple[Fault[Any], ...] = ()
        self._listeners: dict[str, Callable[[Batch], None]] = {}
        self._count = 0
        self._catalogue: Catalogue | None = None

    @property
    def catalogue(self) -> Catalogue:
        """Every kind there is; loaded when it is first needed."""
        if self._catalogue is None:
            self._catalogue = load_catalogue()
        return self._catalogue

    @property
    def rules(self) -> tuple[Armed, ...]:
        """In the order in which they were armed."""
        return tuple(fault.armed for fault in self._faults.values())

    def read(self, data: Mapping[str, Any]) -> RuleSpec:
        """A rule from plain data. Raises RuleRefused."""
        return read_rule(data, self.catalogue, self.stage.doors)

    def add(self, rule: RuleSpec | Mapping[str, Any]) -> Armed:
        """Arm a rule now. Raises RuleRefused."""
        if isinstance(rule, RuleSpec):
            spec = rule
        else:
            spec = self.read(rule)
            check_subjects(spec.match, self.stage.doors)
        if spec.id is not None and spec.id in self._faults:
            raise RuleRefused("id", f"a rule {spec.id!r} is armed already")
        if len(self._faults) >= MOST_RULES:
            raise RuleRefused("", f"{MOST_RULES} rules are armed already, which is the most there may be")
        return self._told("armed", self._enter(self._made(spec.id or self._next_id(), spec, None)))

    def change(self, rule_id: str, changes: Mapping[str, Any]) -> Armed:
        """Replace parts of a rule; it goes on counting where it was. Raises UnknownRule or RuleRefused."""
        fault = self._find(rule_id)
        shown = show_rule(fault.armed.spec)
        if "kind" in changes and changes["kind"] != fault.armed.spec.kind:
            raise RuleRefused("kind", "a rule keeps its kind: remove this one and add another")
        if changes.get("id", rule_id) != rule_id:
            raise RuleRefused("id", "a rule keeps its id: remove this one and add another")
        merged = shown | {name: value for name, value in changes.items() if name != "id"}
        own = fault.params.__struct_encode_fields__  # null is a value of a parameter, and nothing elsewhere
        spec = self.read({name: value for name, value in merged.items() if value is not None or name in own})
        if spec.match != fault.armed.spec.match:
            check_subjects(spec.match, self.stage.doors)
        changed = self._made(rule_id, spec, fault.armed)
        changed.take_over(fault)
        place = list(self._faults)
        self._end(fault)
        self._enter(changed)
        self._faults = {name: self._faults[name] for name in place}
        self._sort()
        return self._told("changed", changed.armed)

    def remove(self, rule_id: str) -> Armed:
        """End a rule: it leaves no trace but in the timeline. Raises UnknownRule."""
        fault = self._find(rule_id)
        self._end(fault)
        del self._faults[rule_id], self._purposes[rule_id]
        self._sort()
        return self._told("removed", fault.armed)

    def clear(self) -> None:
        """End every rule, the last one first."""
        for rule_id in reversed(tuple(self._faults)):
            self.remove(rule_id)

    def get(self, rule_id: str) -> Armed:
        """One rule. Raises UnknownRule."""
        return self._find(rule_id).armed

    def resume(self) -> None:
        """The world went back: rules of that moment are in force again, and everybody looks what to watch."""
        for fault in self._faults.values():
            if fault.has_begun:
                fault.resume()
        for watcher in tuple(self.watchers):
            watcher()

    # What rules are asked about.

    def judge(self, call: Call) -> Verdict | None:
        """What becomes of a request: everything its rules say, or None if they say nothing."""
        verdict: Verdict | None = None
        for fault in self._on_calls:
            if verdict is not None and verdict.decides and fault.decides:
                continue
            if not self._is_about(fault, call) or not fault.concerns(call):
                continue
            if not fault.chooses(call):
                continue
            said = fault.on_call(call)
            if said is not None:
                verdict = said if verdict is None else verdict.joined(said)
        return verdict

    def judge_frame(self, frame: Frame) -> Instead:
        """What is sent instead of a message, or None to send it as it is."""
        for fault in self._on_frames:
            if not fault.is_asked or not fault.armed.spec.match.fits(frame) or not fault.concerns_frame(frame):
                continue
            instead = fault.on_frame(frame) if fault.chooses(frame) else None
            if instead is not None:
                return instead
        return None

    def held(self, venue: str, connection: int) -> int:
        """How many messages rules keep back now from a WebSocket."""
        return sum(fault.holds((venue, connection)) for fault in self._on_frames)

    def judge_handshake(self, venue: str, source: str) -> Handshake | None:
        """How a client's TLS handshake with a venue goes wrong, or None to let it be."""
        call = Call(venue, ("TLS",), Purpose.CONNECT, source)
        for fault in self._on_handshakes:
            if fault.is_asked and fault.armed.spec.match.fits(call) and fault.chooses(call):
                return fault.on_handshake(call)
        return None

    def judge_socket(self, venue: str, socket: StreamHandle) -> None:
        """Show a WebSocket that opened, or may listen to something else now, to the rules about sockets."""
        for fault in self._on_sockets:
            if fault.is_asked:
                fault.on_socket(venue, socket)

    # Coming and going.

    def _next_id(self) -> str:
        while True:
            self._count += 1
            rule_id = f"fault-{self._count}"
            if rule_id not in self._faults:
                return rule_id

    def _made(self, rule_id: str, spec: RuleSpec, before: Armed | None) -> Fault[Any]:
        """What a rule does, not begun yet. Raises RuleRefused where that makes no sense in this world."""
        kind = self.catalogue.find(spec.kind)
        assert kind is not None, "the rule was read with this catalogue"
        stage = self.stage
        armed = Armed(rule_id, spec, stage.randomness.seed, stage.clock.now_ns, self.timeline)
        if before is not None:
            awake = before.counts.awake or spec.when.on_event is None
            armed.counts = Counts(before.counts.matched, before.counts.fired, before.counts.keys, awake)
            armed.armed_ns = before.armed_ns
        return kind.make(spec.params, armed, stage)

    def _enter(self, fault: Fault[Any]) -> Armed:
        armed, rule_id = fault.armed, fault.armed.id
        kind = self.catalogue.find(armed.spec.kind)
        assert kind is not None, "the rule was read with this catalogue"
        self._faults[rule_id] = fault
        self._purposes[rule_id] = kind.purposes if kind.purposes is not None else fault.purposes
        self._sort()
        if armed.ends_ns is not None:
            armed.expiry = self.stage.clock.set_timer(armed.ends_ns, lambda: self._expire(rule_id))
        fault.begin()
        return armed

    def _end(self, fault: Fault[Any]) -> None:
        if fault.armed.expiry is not None:
            fault.armed.expiry.cancel()
        fault.end()

    def _expire(self, rule_id: str) -> None:
        if rule_id in self._faults:
            self.remove(rule_id)

    def _told(self, action: str, armed: Armed) -> Armed:
        if self.on_rule is not None:
            self.on_rule(action, armed)
        return armed

    def _find(self, rule_id: str) -> Fault[Any]:
        fault = self._faults.get(rule_id)
        if fault is None:
            raise UnknownRule(rule_id)
        return fault

    def _is_about(self, fault: Fault[Any], call: Call) -> bool:
        armed = fault.armed
        if not fault.is_asked or not armed.spec.match.fits(call):
            return False
        return purpose_fits(self._purposes[armed.id], armed.spec.match, call)

    def _sort(self) -> None:
        """Who is asked about what; and listen to the venues only while somebody needs to hear."""
        faults = tuple(self._faults.values())
        self._on_calls = tuple(fault for fault in faults if _overrides(fault, "on_call"))
        self._on_frames = tuple(fault for fault in faults if _overrides(fault, "on_frame"))
        self._on_sockets = tuple(fault for fault in faults if _overrides(fault, "on_socket"))
        self._on_handshakes = tuple(fault for fault in faults if _overrides(fault, "on_handshake"))
        self._on_batches = tuple(
            fault for fault in faults if _overrides(fault, "on_batch") or fault.armed.spec.when.on_event is not None
        )
        self.judges_calls = bool(self._on_calls)
        self.judges_frames = bool(self._on_frames)
        self.judges_sockets = bool(self._on_sockets)
        if self._on_batches and not self._listeners:
            for name, door in self.stage.doors.items():
                listener = self._listeners[name] = self._listener(door)
                door.bus.listen(BusStage.FAULTS, listener)
        elif self._listeners and not self._on_batches:
            for name, listener in self._listeners.items():
                self.stage.doors[name].bus.leave(listener)
            self._listeners = {}
        for watcher in tuple(self.watchers):
            watcher()

    def _listener(self, door: FaultyDoor) -> Callable[[Batch], None]:
        def listen(batch: Batch) -> None:
            for fault in self._on_batches:
                if not fault.armed.counts.awake:
                    self._wake(fault, door, batch)
                elif _overrides(fault, "on_batch"):
                    fault.on_batch(door, batch)

        return listen

    def _wake(self, fault: Fault[Any], door: FaultyDoor, batch: Batch) -> None:
        wanted = fault.armed.spec.when.on_event
        for name, facts in names_of(door, batch):
            if name == wanted and self._fits_event(fault, facts, door):
                fault.armed.counts.awake = True
                door.afterwards(fault.begin)
                return

    @staticmethod
    def _fits_event(fault: Fault[Any], facts: OrderFacts | None, door: FaultyDoor) -> bool:
        match = fault.armed.spec.match
        if facts is None:
            return match.fits_place(door.name)
        return match.fits_place(facts.venue, facts.symbol, facts.account) and (
            match.side is None or match.side.lower() == facts.side.value
        )


def _overrides(fault: Fault[Any], method: str) -> bool:
    return getattr(type(fault), method) is not getattr(Fault, method)
