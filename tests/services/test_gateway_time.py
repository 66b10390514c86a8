"""A venue's clock as clients meet it: right by default, wrong on demand, and fair to clients that cannot know it."""

import pytest

from a_machine import Machine
from simexchange.services.clock import DAY, HOUR, MILLISECOND, MINUTE, SECOND, ClockMode, Speed, WorldClock
from simexchange.services.gateway_time import KEPT_SYNCS, GatewayTime

NOW = 1_790_000_000 * SECOND
START = 1_767_571_200 * SECOND


@pytest.fixture
def machine() -> Machine:
    return Machine(NOW)


@pytest.fixture
def clock(machine: Machine) -> WorldClock:
    return WorldClock(ClockMode.MANUAL, start_ns=START, wall=machine)


@pytest.fixture
def gateway(clock: WorldClock) -> GatewayTime:
    return GatewayTime(clock)


def test_in_plain_real_time_there_is_one_time(machine: Machine) -> None:
    gateway = GatewayTime(WorldClock(wall=machine))
    gateway.said_ns()
    machine.passes(HOUR)
    now = NOW + HOUR
    assert (gateway.now_ns(), gateway.said_ns(), gateway.shown(now), gateway.references()) == (now, now, now, (now,))
    gateway.add("skew", skew_ns=SECOND)
    assert gateway.references() == (now + SECOND,)


def test_elsewhere_a_client_may_go_by_three_clocks(machine: Machine, clock: WorldClock, gateway: GatewayTime) -> None:
    assert gateway.references() == (START, NOW)
    assert gateway.said_ns() == START
    clock.advance(HOUR)
    machine.passes(SECOND)
    assert gateway.references() == (START + HOUR, NOW + SECOND, START + SECOND)


@pytest.mark.parametrize("mode", [ClockMode.SCALED, ClockMode.REAL])
def test_so_it_may_once_time_is_no_longer_the_machines(machine: Machine, mode: ClockMode) -> None:
    clock = WorldClock(mode, Speed.parse("20"), wall=machine)
    gateway = GatewayTime(clock)
    clock.advance(DAY)
    assert gateway.said_ns() == NOW + DAY
    clock.advance(HOUR)
    machine.passes(SECOND)
    passed = 20 * SECOND if mode is ClockMode.SCALED else SECOND
    assert gateway.references() == (NOW + DAY + HOUR + passed, NOW + SECOND, NOW + DAY + SECOND)


def test_the_latest_syncs_are_remembered_those_that_agree_as_one(clock: WorldClock, gateway: GatewayTime) -> None:
    for _ in range(2 * KEPT_SYNCS):
        for _ in range(3):
            gateway.said_ns()
        clock.advance(MINUTE)
    latest = [START + (2 * KEPT_SYNCS - back) * MINUTE for back in range(KEPT_SYNCS + 1)]
    assert gateway.references() == (latest[0], NOW, *latest[1:])


def test_skews_and_drifts_add_up_and_are_taken_back_one_by_one(
    machine: Machine, clock: WorldClock, gateway: GatewayTime
) -> None:
    gateway.said_ns()
    gateway.add("skew", skew_ns=-90 * SECOND)
    clock.advance(HOUR)
    gateway.add("drift", drift_ppm=200)
    gateway.add("back", drift_ppm=-50)
    assert gateway.now_ns() == START + HOUR - 90 * SECOND
    clock.advance(HOUR)
    wrong = -90 * SECOND + 540 * MILLISECOND
    assert gateway.now_ns() == gateway.said_ns() == START + 2 * HOUR + wrong
    assert gateway.references() == (START + 2 * HOUR + wrong, NOW + wrong, START + 2 * HOUR + wrong, START + wrong)
    gateway.remove("skew")
    assert gateway.now_ns() == START + 2 * HOUR + 540 * MILLISECOND
    gateway.remove("back")
    gateway.remove("back")
    assert gateway.now_ns() == START + 2 * HOUR + 720 * MILLISECOND
    gateway.remove("drift")
    assert gateway.now_ns() == clock.now_ns() == START + 2 * HOUR


def test_one_cause_has_one_deviation(gateway: GatewayTime) -> None:
    gateway.add("skew", skew_ns=SECOND)
    gateway.add("skew", skew_ns=2 * SECOND)
    assert gateway.now_ns() == START + 2 * SECOND


def test_a_lie_of_the_endpoint_is_told_and_not_judged_by(clock: WorldClock, gateway: GatewayTime) -> None:
    gateway.add("step", skew_ns=HOUR, endpoint_only=True)
    assert gateway.said_ns() == START + HOUR
    assert gateway.now_ns() == gateway.shown(clock.now_ns()) == START
    assert gateway.references() == (START, NOW, START)
