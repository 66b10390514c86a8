from functools import partial

import pytest

from simexchange.services.clock import (
    DAY,
    FEW_TIMERS,
    HOUR,
    MINUTE,
    SECOND,
    Clock,
    ManualClock,
    WorldClock,
    monotonic_ns,
)


def test_a_manual_clock_moves_only_when_told_to_and_never_back() -> None:
    clock = ManualClock(100)
    assert clock.now_ns() == 100
    clock.advance(50)
    assert clock.now_ns() == 150
    clock.advance_to(120)
    assert clock.now_ns() == 150


def test_timers_run_in_order_of_time_then_of_setting_each_at_its_own_instant() -> None:
    clock, ran = ManualClock(0), list[tuple[str, int]]()

    def note(name: str) -> None:
        ran.append((name, clock.now_ns()))

    clock.set_timer(30, lambda: note("late"))
    clock.set_timer(10, lambda: note("first"))
    clock.set_timer(10, lambda: note("second"))
    clock.after(20, lambda: note("after"))
    assert clock.advance(25) == 3
    assert ran == [("first", 10), ("second", 10), ("after", 20)]
    assert clock.now_ns() == 25
    assert clock.advance(5) == 1
    assert ran[-1] == ("late", 30)


def test_a_canceled_timer_never_runs() -> None:
    clock, ran = ManualClock(0), list[str]()
    first = clock.set_timer(10, lambda: ran.append("first"))
    second = clock.set_timer(20, lambda: ran.append("second"))
    clock.set_timer(10, second.cancel)
    first.cancel()
    first.cancel()
    assert clock.next_due_ns() == 10
    assert clock.advance(100) == 1
    assert ran == []
    assert clock.next_due_ns() is None


def test_timers_that_were_canceled_do_not_pile_up_until_they_are_due() -> None:
    clock, ran = ManualClock(0), list[int]()
    for at_ns in (DAY, 1, HOUR):
        clock.set_timer(at_ns, partial(ran.append, at_ns))
    for _ in range(10 * FEW_TIMERS):
        clock.after(DAY, lambda: ran.append(0)).cancel()
        assert len(clock.capture().timers) <= FEW_TIMERS
    for _ in range(3 * FEW_TIMERS):
        clock.after(DAY, lambda: None)
    assert len(clock.capture().timers) >= 3 * FEW_TIMERS, "those that will run are kept, however many"
    clock.advance(DAY)
    assert ran == [1, HOUR, DAY]


def test_a_timer_may_set_the_next_one_on_the_way() -> None:
    clock, ticks = ManualClock(0), list[int]()

    def tick() -> None:
        ticks.append(clock.now_ns())
        clock.after(SECOND, tick)

    clock.after(SECOND, tick)
    clock.advance(MINUTE)
    assert ticks == [second * SECOND for second in range(1, 61)]


def test_a_timer_for_the_past_runs_on_the_next_turn_without_turning_time_back() -> None:
    clock, ran = ManualClock(100), list[int]()
    clock.set_timer(40, lambda: ran.append(clock.now_ns()))
    assert ran == []
    assert clock.run_due() == 1
    assert ran == [100]
    clock.set_timer(40, lambda: ran.append(clock.now_ns()))
    clock.advance(0)
    assert ran == [100, 100]


def test_run_due_runs_what_is_due_and_no_more_than_its_limit() -> None:
    clock, ran = ManualClock(100), list[int]()
    for at_ns in (10, 20, 30, 101):
        clock.set_timer(at_ns, lambda at_ns=at_ns: ran.append(at_ns))  # type: ignore[misc]
    assert clock.run_due(limit=2) == 2
    assert clock.run_due() == 1
    assert clock.run_due() == 0
    assert ran == [10, 20, 30]


def test_a_timer_that_fails_does_not_run_again() -> None:
    clock = ManualClock(0)

    def fail() -> None:
        raise ArithmeticError

    clock.set_timer(10, fail)
    with pytest.raises(ArithmeticError):
        clock.advance(10)
    assert clock.advance(10) == 0


def test_whoever_drives_the_clock_hears_of_a_timer_due_before_all_others() -> None:
    clock, heard = ManualClock(0), list[int | None]()
    clock.on_earlier_timer = lambda: heard.append(clock.next_due_ns())
    for at_ns in (50, 60, 50, 40):
        clock.set_timer(at_ns, lambda: None)
    assert heard == [50, 40]


def test_real_time_never_goes_back() -> None:
    times = iter((100, 100, 100, 90, 110, 110))
    clock = WorldClock(wall=lambda: next(times))
    assert [clock.now_ns() for _ in range(4)] == [100, 100, 110, 110]


def test_the_stopwatch_runs_forward() -> None:
    assert monotonic_ns() <= monotonic_ns()


def test_a_clock_without_a_time_source_says_so() -> None:
    with pytest.raises(NotImplementedError):
        Clock().now_ns()
