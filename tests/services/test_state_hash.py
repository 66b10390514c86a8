import os
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest

from simexchange.domain.enums import Side
from simexchange.domain.secret import Secret
from simexchange.services.anatomy import Role
from simexchange.services.clock import ClockMode, ManualClock, WorldClock
from simexchange.services.state_hash import state_hash

TESTS = Path(__file__).resolve().parent.parent
PROGRAM = "from services.test_state_hash import a_state; from simexchange.services.state_hash import state_hash; "
PROGRAM += "print(state_hash({'root': a_state()}))"


class Connection:
    """Lives no longer than somebody is connected."""

    state_role: ClassVar = Role.FLEETING

    def __init__(self, heard: int = 0) -> None:
        self.heard = heard

    def beat(self) -> None:
        self.heard += 1


def digest(value: Any) -> str:
    return state_hash({"root": value})


def a_state() -> dict[str, Any]:
    """Everything whose order or place in memory might differ between processes."""
    clock = ManualClock(5)
    clock.set_timer(7, print)
    return {"names": {"b", "a", "c"}, "sides": frozenset(Side), "half": 0.5, "clock": clock, "functions": [digest, len]}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2),
        (1, "1"),
        (1, True),
        ([1, 2], [2, 1]),
        ([1, 2], (1, 2)),
        ([[1], 2], [[1, 2]]),
        ({1: 2, 3: 4}, {3: 4, 1: 2}),
        (Side.BUY, Side.SELL),
        (Secret("a"), Secret("b")),
        (ManualClock(1), ManualClock(2)),
    ],
)
def test_different_states_have_different_digests(one: Any, other: Any) -> None:
    assert digest(one) != digest(other)
    assert digest([one]) != digest([other])


def test_who_shares_what_counts() -> None:
    shared: list[int] = []
    assert digest([shared, shared]) != digest([[], []])
    assert digest([[], []]) == digest([[], []])


def test_equal_values_count_as_equal_wherever_they_are() -> None:
    assert digest([10**20, ("a", "b")]) == digest([int("1" + "0" * 20), tuple("ab")])


def test_connections_and_their_timers_are_left_out() -> None:
    def clock_with(*connections: Connection) -> WorldClock:
        clock = ManualClock(1)
        for connection in connections:
            clock.set_timer(5, connection.beat)
            clock.set_timer(6, lambda connection=connection: connection.beat())  # type: ignore[misc]
        return clock

    alone = {"clock": clock_with(), "open": {}, "hub": Connection(1)}
    connection = Connection()
    assert digest({"clock": clock_with(), "open": {connection: 1}, "hub": Connection(2)}) == digest(alone)

    clock = ManualClock(1)
    clock.set_timer(5, connection.beat)
    clock.set_timer(6, lambda: connection.beat())
    assert digest(clock) == digest(clock_with())


def test_a_canceled_timer_does_not_count_and_a_live_one_does() -> None:
    clock = ManualClock(1)
    empty = digest(clock)
    timer = clock.set_timer(5, print)
    assert digest(clock) != empty
    timer.cancel()
    assert digest(clock) == empty


def test_the_machines_time_does_not_count() -> None:
    one, other = (WorldClock(ClockMode.REAL, wall=lambda at=at: at) for at in (1, 2))  # type: ignore[misc]
    assert digest(one) == digest(other)


def test_two_processes_with_different_hash_seeds_give_the_same_digest() -> None:
    def elsewhere(hash_seed: str) -> str:
        path = f"{TESTS.parent}{os.pathsep}{TESTS}"
        environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": path}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True, timeout=60
        )
        return done.stdout.strip()

    assert elsewhere("0") == elsewhere("4242")
