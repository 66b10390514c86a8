"""One scenario being carried out on a served world: the timeline, and the judge of what is expected.

The runner is part of the world's state: it goes back with it, and begins anew when the world is reset.
"""

from collections.abc import Iterable
from typing import Any, ClassVar, Final

from simexchange.dialects.gate import Gate
from simexchange.runs.judge import Judge
from simexchange.runs.verdicts import Verdict
from simexchange.scenario.specs import Scenario
from simexchange.scenario.timeline import Script, Step, StepState, Timeline
from simexchange.services.anatomy import Role
from simexchange.services.durations import format_duration, format_instant
from simexchange.services.snapshots import START
from simexchange.world import World

_FIXED: Final = ("instruments", "accounts", "limits", "key_length")
"""What a world is built from, and keeps as long as it lives."""


class ScenarioConflict(ValueError):
    """A scenario for another world than this one; the message says what differs, and what to do."""


class _Ends:
    """How the world tells the runner that it has gone back. Not turned back itself."""

    state_role: ClassVar = Role.RECORD

    def __init__(self, runner: "Runner") -> None:
        self._runner = runner

    def turned_back(self, snapshot_id: str) -> None:
        self._runner.turned_back(snapshot_id)


class Runner:
    """``begin`` once the world is being served; ``status`` at any time."""

    def __init__(self, world: World, scenario: Scenario, gates: Iterable[Gate] = ()) -> None:
        self.script = Script(scenario)
        self.timeline = Timeline(world, self.script)
        self.judge = Judge(world, self.script, self.timeline, tuple(gates))
        self._world = world
        world.keep(self)
        world.snapshots.on_turned_back.append(_Ends(self).turned_back)

    @property
    def scenario(self) -> Scenario:
        return self.script.scenario

    def begin(self) -> None:
        """The scenario starts now."""
        self.judge.begin()
        self.timeline.begin()

    def turned_back(self, snapshot_id: str) -> None:
        """The world has gone back to a snapshot, or to its start."""
        if not self.script.has_begun:
            return
        if snapshot_id == START:
            self.begin()
            return
        (taken_ns,) = (one.taken_ns for one in self._world.snapshots.list() if one.snapshot_id == snapshot_id)
        self.judge.turned_back(self.timeline.turned_back(taken_ns))

    def load(self, scenario: Scenario) -> None:
        """Begin another scenario on the same world, from its start. Raises ScenarioConflict.

        Timeline, expectations, end and latency are replaced. A world's instruments, accounts and limits are what it was
        built from; a scenario that differs there needs a world of its own.
        """
        self._check_fits(scenario)
        self.script.scenario = scenario
        self._world.reset()
        if not self.script.has_begun:
            self.begin()

    def _check_fits(self, scenario: Scenario) -> None:
        mine = self.scenario.venues
        if set(scenario.venues) - set(mine):
            missing = ", ".join(sorted(set(scenario.venues) - set(mine)))
            raise ScenarioConflict(f"this world has no venue {missing}; {_HINT.format(scenario.name)}")
        for name, spec in scenario.venues.items():
            for part in _FIXED:
                if getattr(spec, part) != getattr(mine[name], part):
                    raise ScenarioConflict(
                        f"{part} of {name} are not those this world was built with; {_HINT.format(scenario.name)}"
                    )

    # What there is to tell.

    def verdicts(self) -> tuple[Verdict, ...]:
        """What has become of every expectation so far."""
        return self.judge.verdicts()

    def status(self) -> dict[str, Any]:
        """Progress as plain data; instants as ISO 8601 texts of the world's time."""
        timeline, scenario = self.timeline, self.scenario
        started_ns, now_ns = timeline.started_ns, self._world.clock.now_ns()
        ends_ns = None if scenario.ends_after is None else started_ns + scenario.ends_after
        return {
            "scenario": scenario.name,
            "started": format_instant(started_ns) if started_ns else None,
            "now": format_instant(now_ns),
            "elapsed": format_duration(now_ns - started_ns) if started_ns else None,
            "ends": format_instant(ends_ns) if ends_ns is not None and started_ns else None,
            "ended": timeline.has_ended,
            "entries": [shown_step(step, started_ns) for step in timeline.steps],
            "expectations": [verdict.shown() for verdict in self.verdicts()],
        }


_HINT: Final = "start it with `simexchange serve --scenario {}`"


def shown_step(step: Step, started_ns: int) -> dict[str, Any]:
    """One entry of a timeline as plain data; times are durations since the scenario's start."""
    shown: dict[str, Any] = {"id": step.name, "when": step.when, "what": step.what, "state": step.state.value}
    if step.done_ns:
        shown["at"] = format_duration(step.done_ns - started_ns)
    if step.ended_ns:
        shown["ended_at"] = format_duration(step.ended_ns - started_ns)
    if step.state is StepState.FAILED:
        shown["error"] = step.error
    return shown
