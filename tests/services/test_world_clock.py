"""Time that follows the machine, runs faster, or stands; switched, moved and turned back while it runs."""

from collections.abc import Callable

import pytest

from a_machine import Machine
from simexchange.services.clock import (
    AS_FAST,
    DAY,
    HOUR,
    LONGEST_LAG,
    MILLISECOND,
    MINUTE,
    SECOND,
    ClockError,
    ClockMode,
    Speed,
    WorldClock,
    monotonic_ns,
)

NOW = 1_790_000_000 * SECOND
START = 1_767_571_200 * SECOND
TWENTY = Speed.parse("20")


@pytest.fixture
def machine() -> Machine:
    return Machine(NOW)


def scaled(machine: Machine, speed: str = "20") -> WorldClock:
    return WorldClock(ClockMode.SCALED, Speed.parse(speed), START, machine)


def manual(machine: Machine) -> WorldClock:
    return WorldClock(ClockMode.MANUAL, start_ns=START, wall=machine)


def noting(clock: WorldClock, ran: list[tuple[str, int]]) -> Callable[[str], Callable[[], None]]:
    """Timers that write down their name and when they ran, counted from START."""
    return lambda name: lambda: ran.append((name, clock.now_ns() - START))


def test_real_time_is_the_machines(machine: Machine) -> None:
    clock = WorldClock(wall=machine)
    machine.passes(SECOND)
    assert (clock.now_ns(), clock.wall_ns(), clock.is_machine_time) == (NOW + SECOND, NOW + SECOND, True)


def test_real_time_may_start_anywhere(machine: Machine) -> None:
    clock = WorldClock(start_ns=START, wall=machine)
    machine.passes(SECOND)
    assert (clock.now_ns(), clock.wall_ns(), clock.is_machine_time) == (START + SECOND, NOW + SECOND, False)


@pytest.mark.parametrize(("speed", "hours"), [("20", 20), ("1", 1), ("0.5", 0), ("100000", 100_000)])
def test_scaled_time_runs_at_its_speed(machine: Machine, speed: str, hours: int) -> None:
    clock = scaled(machine, speed)
    machine.passes(HOUR)
    assert (clock.now_ns() - START) // HOUR == hours


def test_manual_time_stands(machine: Machine) -> None:
    clock = manual(machine)
    machine.passes(HOUR)
    assert (clock.now_ns(), clock.wall_ns()) == (START, NOW + HOUR)


def test_a_clock_without_a_start_begins_now(machine: Machine) -> None:
    assert WorldClock(ClockMode.MANUAL, wall=machine).now_ns() == NOW
    assert WorldClock(ClockMode.SCALED, TWENTY, wall=machine).now_ns() == NOW


def test_time_goes_on_from_where_it_is_when_the_mode_changes(machine: Machine) -> None:
    clock, told = WorldClock(wall=machine), list[ClockMode]()
    clock.on_change = lambda: told.append(clock.mode)
    machine.passes(SECOND)
    clock.set_mode(ClockMode.SCALED, TWENTY)
    assert clock.now_ns() == NOW + SECOND
    machine.passes(SECOND)
    clock.set_mode(ClockMode.MANUAL)
    machine.passes(SECOND)
    assert clock.now_ns() == NOW + 21 * SECOND
    clock.set_mode(ClockMode.SCALED)
    machine.passes(SECOND)
    assert (clock.now_ns(), clock.speed) == (NOW + 41 * SECOND, TWENTY)
    clock.set_mode(ClockMode.SCALED, Speed.parse("0.5"))
    machine.passes(2 * SECOND)
    clock.set_mode(ClockMode.REAL)
    machine.passes(SECOND)
    assert (clock.now_ns(), clock.is_machine_time) == (NOW + 43 * SECOND, False)
    assert told == [ClockMode.SCALED, ClockMode.MANUAL, ClockMode.SCALED, ClockMode.SCALED, ClockMode.REAL]


@pytest.mark.parametrize("mode", ClockMode)
def test_time_may_be_moved_in_any_mode_and_each_timer_runs_at_its_own_instant(
    machine: Machine, mode: ClockMode
) -> None:
    clock, ran = WorldClock(mode, TWENTY, START, machine), list[tuple[str, int]]()
    note = noting(clock, ran)
    clock.after(2 * MINUTE, note("late"))
    clock.after(MINUTE, note("early"))
    clock.after(MINUTE, note("second"))
    assert clock.advance(2 * MINUTE - 1) == 2
    assert ran == [("early", MINUTE), ("second", MINUTE)]
    assert clock.now_ns() == START + 2 * MINUTE - 1
    assert clock.advance_to(START + DAY) == 1
    assert ran[2:] == [("late", 2 * MINUTE)]
    assert clock.advance_to(START) == 0
    assert clock.now_ns() == START + DAY
    machine.passes(SECOND)
    assert clock.now_ns() == START + DAY + {"real": 1, "scaled": 20, "manual": 0}[mode.value] * SECOND


def test_a_move_that_goes_nowhere_leaves_machine_time_what_it_is(machine: Machine) -> None:
    clock = WorldClock(wall=machine)
    with clock.held():
        machine.passes(SECOND)
        assert clock.now_ns() == NOW
        clock.run_until(NOW, 1)
    assert clock.now_ns() == NOW + SECOND
    assert clock.is_machine_time


def test_ten_thousand_timers_over_a_day_run_in_order_and_soon(machine: Machine) -> None:
    clock, ran = manual(machine), list[int]()
    instants = [START + (number * 7_919 % 10_000) * DAY // 10_000 for number in range(10_000)]
    for at_ns in instants:
        clock.set_timer(at_ns, lambda: ran.append(clock.now_ns()))
    began = monotonic_ns()
    assert clock.advance(DAY) == 10_000
    assert monotonic_ns() - began < 2 * SECOND
    assert ran == sorted(instants)


@pytest.mark.parametrize(
    ("mode", "speed", "wait_ns"),
    [
        (ClockMode.REAL, "1", MINUTE),
        (ClockMode.SCALED, "20", 3 * SECOND),
        (ClockMode.SCALED, "0.5", 2 * MINUTE),
        (ClockMode.SCALED, "7", 8_571_428_572),
        (ClockMode.MANUAL, "1", None),
    ],
)
def test_a_driver_is_told_how_long_the_machine_must_wait(
    machine: Machine, mode: ClockMode, speed: str, wait_ns: int | None
) -> None:
    clock = WorldClock(mode, Speed.parse(speed), START, machine)
    assert clock.wait_ns() is None
    timer = clock.after(MINUTE, lambda: None)
    assert clock.wait_ns() == wait_ns
    machine.passes(SECOND)
    assert clock.wait_ns() == (None if wait_ns is None else wait_ns - SECOND)
    if wait_ns is not None:
        machine.passes(wait_ns - SECOND)
        assert clock.wait_ns() == 0
        assert clock.run_due() == 1
    timer.cancel()
    clock.set_timer(START, lambda: None)
    assert clock.wait_ns() == 0


def test_scaled_time_waits_for_its_timers(machine: Machine) -> None:
    clock, ran = scaled(machine), list[tuple[str, int]]()
    note = noting(clock, ran)
    for seconds in (60, 70, 80):
        clock.after(seconds * SECOND, note(f"{seconds}"))
    machine.passes(3_750 * MILLISECOND)
    assert clock.now_ns() == START + MINUTE
    assert clock.run_due() == 2
    assert ran == [("60", MINUTE), ("70", 70 * SECOND)]
    assert clock.now_ns() == START + 75 * SECOND


def test_a_machine_that_cannot_keep_up_makes_scaled_time_slower_and_no_timer_late(machine: Machine) -> None:
    clock, ran = scaled(machine), list[tuple[str, int]]()
    note = noting(clock, ran)
    clock.after(MINUTE, note("first"))
    clock.after(MINUTE + 20 * LONGEST_LAG, note("made up for"))
    clock.after(2 * MINUTE, note("later"))
    machine.passes(HOUR)
    assert clock.run_due() == 2
    assert ran == [("first", MINUTE), ("made up for", MINUTE + 20 * SECOND)]
    assert clock.now_ns() == START + MINUTE + 20 * LONGEST_LAG
    machine.passes(2 * SECOND)
    assert clock.run_due() == 1


def test_real_time_runs_timers_as_late_as_it_gets_to_them(machine: Machine) -> None:
    clock, ran = WorldClock(start_ns=START, wall=machine), list[tuple[str, int]]()
    clock.after(MINUTE, noting(clock, ran)("late"))
    machine.passes(HOUR)
    assert clock.run_due() == 1
    assert ran == [("late", HOUR)]


@pytest.mark.parametrize("mode", [ClockMode.SCALED, ClockMode.MANUAL])
def test_time_and_timers_go_back_to_what_was_captured(machine: Machine, mode: ClockMode) -> None:
    clock, ran = WorldClock(mode, TWENTY, START, machine), list[tuple[str, int]]()
    note = noting(clock, ran)
    clock.after(MINUTE, note("kept"))
    canceled = clock.after(MINUTE, note("canceled later"))
    state = clock.capture()
    for speed in (Speed.parse("3"), None):
        canceled.cancel()
        new = clock.after(SECOND, note("new"))
        clock.advance(HOUR)
        clock.set_mode(ClockMode.REAL, speed)
        machine.passes(HOUR)
        left = clock.after(0, note("left"))
        assert ran == [("new", SECOND), ("kept", MINUTE)]
        ran.clear()
        clock.restore(state)
        assert (clock.mode, clock.speed, clock.now_ns()) == (mode, TWENTY, START)
        assert (new.action, left.action) == (None, None)
        assert clock.advance(HOUR) == 2
        assert ran == [("kept", MINUTE), ("canceled later", MINUTE)]
        ran.clear()
        clock.restore(state)


def test_restored_real_time_is_the_machines_and_what_is_overdue_runs_at_once_in_order(machine: Machine) -> None:
    clock, ran = WorldClock(wall=machine), list[str]()
    clock.after(2 * MINUTE, lambda: ran.append("second"))
    clock.after(MINUTE, lambda: ran.append("first"))
    clock.after(DAY, lambda: ran.append("later"))
    state = clock.capture()
    clock.set_mode(ClockMode.MANUAL)
    clock.advance(7 * DAY)
    ran.clear()
    machine.passes(HOUR)
    clock.restore(state)
    assert (clock.now_ns(), clock.is_machine_time) == (NOW + HOUR, True)
    assert clock.wait_ns() == 0
    assert clock.run_due() == 2
    assert ran == ["first", "second"]
    assert clock.wait_ns() == DAY - HOUR


def test_a_clock_begins_anew_without_its_timers(machine: Machine) -> None:
    clock, told = WorldClock(wall=machine), list[int]()
    timer = clock.after(MINUTE, lambda: None)
    clock.on_change = lambda: told.append(clock.now_ns())
    clock.begin(ClockMode.MANUAL, start_ns=START)
    assert (clock.now_ns(), clock.mode, clock.next_due_ns(), timer.action) == (START, ClockMode.MANUAL, None, None)
    clock.begin(ClockMode.REAL)
    assert (clock.now_ns(), clock.is_machine_time) == (NOW, True)
    assert told == [START, NOW]
    assert clock.restored == 2


def test_a_failing_timer_leaves_time_where_it_was_and_flowing(machine: Machine) -> None:
    clock = scaled(machine)

    def fail() -> None:
        raise ArithmeticError

    clock.after(MINUTE, fail)
    with pytest.raises(ArithmeticError):
        clock.advance(HOUR)
    assert clock.now_ns() == START + MINUTE
    machine.passes(SECOND)
    assert clock.now_ns() == START + MINUTE + 20 * SECOND


@pytest.mark.parametrize(
    ("text", "shown"), [("20", "20"), ("0.5", "0.5"), ("0.001", "0.001"), ("100000.000", "100000")]
)
def test_a_speed_is_a_ratio(text: str, shown: str) -> None:
    assert str(Speed.parse(text)) == shown
    assert str(AS_FAST) == "1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0", "speed '0' is not between 0.001 and 100000"),
        ("-1", "speed '-1' is not between 0.001 and 100000"),
        ("100000.1", "speed '100000.1' is not between 0.001 and 100000"),
        ("0.0009", "speed '0.0009' is not between 0.001 and 100000"),
        ("fast", "speed: 'fast' is not a plain decimal number such as '12.5'"),
        ("1e3", "speed: '1e3' is not a plain decimal number such as '12.5'"),
        ("0.0010000001", "speed: '0.0010000001' has more than 9 decimals"),
    ],
)
def test_no_other_speed_is_read(text: str, message: str) -> None:
    with pytest.raises(ClockError) as error:
        Speed.parse(text)
    assert str(error.value) == message


def test_modes_have_names() -> None:
    assert [ClockMode.named(mode.value) for mode in ClockMode] == list(ClockMode)
    with pytest.raises(ClockError) as error:
        ClockMode.named("fast")
    assert str(error.value) == "there is no clock mode 'fast'; there is real, scaled, manual"


def test_the_slowest_time_loses_nothing(machine: Machine) -> None:
    clock = scaled(machine, "0.001")
    machine.passes(1000 * DAY)
    assert clock.now_ns() == START + DAY
