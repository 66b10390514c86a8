"""Every shipped scenario, played from its start to its end with nobody trading in it."""

import pytest

from played_world import PlayedWorld
from simexchange.scenario import library
from simexchange.services.clock import MINUTE

NAMES = library.names()


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_scenario_can_be_carried_out_to_its_end(name: str) -> None:
    scenario = library.load(name)
    world = PlayedWorld(scenario)
    world.advance(scenario.ends_after or MINUTE)
    steps = world.runner.timeline.steps
    assert [step.error for step in steps if step.error] == []
    assert {step.state.value for step in steps if step.entry.at is not None} <= {"done"}
    assert {step.state.value for step in steps if step.entry.on is not None} <= {"pending"}
    assert world.runner.timeline.has_ended is (scenario.ends_after is not None)
    nevers = [verdict for verdict in world.runner.verdicts() if verdict.text.startswith("never")]
    assert {verdict.state.value for verdict in nevers} <= {"passed"}


def test_a_reset_ends_what_the_scenario_had_done() -> None:
    world = PlayedWorld(library.load("halt-and-delist"))
    start = world.world.state_hash()
    world.advance(5 * MINUTE)
    assert world.world.state_hash() != start
    world.world.reset()
    assert world.world.state_hash() == start
