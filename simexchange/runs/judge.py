"""What has become of a scenario's expectations: a verdict for each, with its evidence."""

from typing import Any

from msgspec import Struct

from simexchange.dialects.gate import Gate
from simexchange.domain.enums import Word
from simexchange.scenario.timeline import Script, Timeline
from simexchange.world import World


class VerdictState(Word):
    PASSED = "passed"
    FAILED = "failed"
    PENDING = "pending"
    SKIPPED = "skipped"


class Verdict(Struct, frozen=True):
    """One expectation: its words, what has become of it, why, and the entries of the journal that show it."""

    text: str
    state: VerdictState
    why: str = ""
    evidence: tuple[int, ...] = ()

    def shown(self) -> dict[str, Any]:
        """As plain data."""
        return {"text": self.text, "state": self.state.value, "why": self.why, "evidence": list(self.evidence)}


class Judge:
    """Judges one run."""

    def __init__(self, world: World, script: Script, timeline: Timeline, gates: tuple[Gate, ...]) -> None:
        self._script = script
        self._timeline = timeline
        self._gates = gates
        self._world = world
        self.closed_ns = 0
        """When the run was over; 0 while it is not."""

    def begin(self) -> None: ...

    def shift(self, by_ns: int) -> None: ...

    def close(self) -> None:
        self.closed_ns = self._world.clock.now_ns()

    def verdicts(self) -> tuple[Verdict, ...]:
        return ()
