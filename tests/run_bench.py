"""A scenario on a venue behind its wire protocols, without sockets and on a manual clock, for tests of runs."""

from typing import Any

from fault_bench import FaultBench
from simexchange.runs.runner import Runner
from simexchange.runs.verdicts import Verdict, VerdictState
from simexchange.scenario.parse import parse_scenario
from simexchange.scenario.specs import Scenario
from simexchange.services.clock import MILLISECOND, SECOND

_TIMELINE = """\
timeline:
  - {at: 30d, fault: {kind: response-lost}}
  - {at: 30d, fault: {kind: request-lost}}
  - {at: 30d, fault: {kind: downtime}}
  - {at: 30d, fault: {kind: ws-disconnect}}
  - {at: 30d, note: nothing of this happens in a test}
"""
"""So that expectations may name these kinds of faults, which tests arm by hand."""


def scenario_of(text: str = "", name: str = "tested") -> Scenario:
    """A scenario of the usual venue with these further lines."""
    return parse_scenario(f"version: 1\nname: {name}\n{text}")


class RunBench(FaultBench):
    """``fault_bench`` (BTC/USDT, alice and bob) with a scenario that has begun."""

    def __init__(self, text: str = "", **options: Any) -> None:
        super().__init__(**options)
        self.world.keep(self.dialect)
        self.runner = Runner(self.world, scenario_of(text), [self.gate])
        self.world.snapshots.begin()
        self.runner.begin()
        self.line = self.wire()
        """The connection that requests go over, unless a test opens others."""

    @classmethod
    def expecting(cls, *expectations: str, **options: Any) -> "RunBench":
        """``"{never: oversell}"``: each in YAML."""
        return cls(_TIMELINE + "expect:\n" + "".join(f"  - {one}\n" for one in expectations), **options)

    @property
    def seq(self) -> int:
        return self.world.journal.seq

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        return self.runner.verdicts()

    @property
    def states(self) -> list[VerdictState]:
        return [verdict.state for verdict in self.verdicts]

    def end(self) -> list[str]:
        """The run is over: what became of its expectations."""
        self.runner.judge.close()
        return [state.value for state in self.states]

    def say(self, data: bytes) -> bytes:
        """Send a request on the usual connection, and take what comes back."""
        if self.line.end is not None:
            self.line = self.wire()
        self.line.take()
        self.line.feed(data)
        return self.line.take()

    def get(self, path: str, **params: Any) -> bytes:  # type: ignore[override]  # bytes over the wire
        """A public request."""
        query = "&".join(f"{name}={value}" for name, value in params.items())
        return self.say(self.raw("GET", f"{path}?{query}"))

    def ask_as(self, name: str, method: str, path: str, **params: Any) -> bytes:
        """A signed request of alice's or bob's."""
        client = {"alice": self.alice, "bob": self.bob}[name]
        return self.say(self.request(client, method, path, **params))

    def place(self, client_order_id: str | None = None, **changes: Any) -> bytes:
        """An order of alice's."""
        return self.say(self.order(self.alice, newClientOrderId=client_order_id, **changes))

    def pass_time(self, seconds: float) -> None:
        self.advance(int(seconds * SECOND) // MILLISECOND * MILLISECOND)
