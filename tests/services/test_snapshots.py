from typing import ClassVar

import pytest

from simexchange.services.anatomy import Role
from simexchange.services.clock import ManualClock
from simexchange.services.snapshots import MOST_KEPT, Snapshot, Snapshots, TooManySnapshots, UnknownSnapshot


class Counter:
    state_role: ClassVar = Role.STATE

    def __init__(self) -> None:
        self.count = 0


class Venue:
    """A part with streams; those that are open are part of the state."""

    state_role: ClassVar = Role.STATE

    def __init__(self, told: list[str]) -> None:
        self.open = ["first"]
        self._tell = Telling(told)

    def close_streams(self, code: int, reason: str) -> None:
        for name in self.open:
            self._tell.told.append(f"{name} {code} {reason}")
        self.open.clear()


class Telling:
    state_role: ClassVar = Role.RECORD

    def __init__(self, told: list[str]) -> None:
        self.told = told


class Line:
    """A counter, its clock and its snapshots."""

    def __init__(self) -> None:
        self.clock = ManualClock(100)
        self.counter = Counter()
        self.snapshots = Snapshots(self.counter, self.clock)
        self.snapshots.keep(self.clock)
        self.snapshots.begin()

    def step(self) -> None:
        self.counter.count += 1
        self.clock.advance(10)

    @property
    def ids(self) -> list[str]:
        return [snapshot.snapshot_id for snapshot in self.snapshots.list()]


def test_a_snapshot_can_be_gone_back_to_as_often_as_one_likes() -> None:
    line = Line()
    line.step()
    assert line.snapshots.take() == Snapshot("s1", 110)
    for _ in range(3):
        line.step()
        line.snapshots.revert("s1")
        assert (line.counter.count, line.clock.now_ns()) == (1, 110)
    assert line.ids == ["s1"]


def test_going_back_drops_what_followed() -> None:
    line = Line()
    for _ in range(3):
        line.step()
        line.snapshots.take()
    line.snapshots.revert("s2")
    assert line.ids == ["s1", "s2"]
    assert line.counter.count == 2
    assert line.snapshots.take().snapshot_id == "s4"
    line.snapshots.revert("s1")
    assert line.ids == ["s1"]
    with pytest.raises(UnknownSnapshot, match=r"there is no snapshot 's2'; there is s1"):
        line.snapshots.revert("s2")


def test_a_dropped_snapshot_is_gone_and_the_others_stay() -> None:
    line = Line()
    for _ in range(3):
        line.step()
        line.snapshots.take()
    line.snapshots.drop("s2")
    assert line.ids == ["s1", "s3"]
    with pytest.raises(UnknownSnapshot):
        line.snapshots.drop("s2")
    line.snapshots.revert("s1")
    assert line.ids == ["s1"]


def test_there_is_a_most_of_snapshots() -> None:
    line = Line()
    for _ in range(MOST_KEPT):
        line.snapshots.take()
    with pytest.raises(TooManySnapshots, match="200 snapshots are kept already: drop some"):
        line.snapshots.take()
    line.snapshots.drop("s7")
    assert line.snapshots.take().snapshot_id == "s201"


def test_a_reset_goes_back_to_the_start_and_drops_everything() -> None:
    line = Line()
    line.step()
    line.snapshots.take()
    line.snapshots.reset()
    assert (line.counter.count, line.clock.now_ns(), line.ids) == (0, 100, [])
    with pytest.raises(UnknownSnapshot, match="there is none"):
        line.snapshots.revert("start")


def test_a_world_without_a_start_cannot_be_reset() -> None:
    with pytest.raises(AssertionError, match="not complete"):
        Snapshots(Counter(), ManualClock(0)).reset()


def test_streams_are_closed_before_and_those_that_come_back_after() -> None:
    line, told = Line(), list[str]()
    venue = Venue(told)
    line.snapshots.keep(venue)
    line.snapshots.keep(venue)
    line.snapshots.take()
    venue.open[:] = ["second"]
    line.snapshots.before_turning_back.append(lambda: told.append("before"))
    line.snapshots.on_turned_back.append(lambda snapshot_id: told.append(f"back at {snapshot_id}"))
    line.snapshots.revert("s1")
    assert told == ["before", "second 1012 world reset", "first 1012 world reset", "back at s1"]
    assert venue.open == []


def test_a_rehearsal_leaves_nothing_behind() -> None:
    line = Line()
    line.step()

    def run() -> int:
        line.step()
        return line.counter.count

    assert line.snapshots.rehearse(line.step, run) == 3
    assert (line.counter.count, line.clock.now_ns()) == (1, 110)

    def fail() -> None:
        line.step()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        line.snapshots.rehearse(line.step, fail)
    assert line.counter.count == 1


def test_the_digest_is_that_of_the_state() -> None:
    line = Line()
    start = line.snapshots.state_hash()
    line.step()
    assert line.snapshots.state_hash() != start
    line.snapshots.reset()
    assert line.snapshots.state_hash() == start
