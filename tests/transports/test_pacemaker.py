import asyncio

import pytest

from fake_venue import eventually, run
from simexchange.services.clock import MILLISECOND, ManualClock, WorldClock
from simexchange.transports.pacemaker import SLICE, Pacemaker


def test_timers_run_when_due_and_in_order() -> None:
    async def work() -> list[str]:
        clock = WorldClock()
        ran: list[str] = []
        pacemaker = Pacemaker(clock, asyncio.get_running_loop())

        def set_another() -> None:
            clock.after(0, lambda: ran.append("at once"))

        clock.after(20 * MILLISECOND, lambda: ran.append("late"))
        pacemaker.start()
        clock.after(10 * MILLISECOND, lambda: ran.append("early"))
        clock.after(0, set_another)
        await eventually(lambda: len(ran) == 3)
        pacemaker.stop()
        return ran

    assert run(work()) == ["at once", "early", "late"]


def test_a_canceled_timer_does_not_run() -> None:
    async def work() -> list[str]:
        clock = WorldClock()
        ran: list[str] = []
        pacemaker = Pacemaker(clock, asyncio.get_running_loop())
        pacemaker.start()
        clock.after(0, lambda: ran.append("canceled")).cancel()
        clock.after(MILLISECOND, lambda: ran.append("kept"))
        await eventually(lambda: bool(ran))
        pacemaker.stop()
        return ran

    assert run(work()) == ["kept"]


def test_sockets_get_their_turn_while_timers_pile_up() -> None:
    async def work() -> tuple[int, int]:
        clock = WorldClock()
        pacemaker = Pacemaker(clock, asyncio.get_running_loop())
        ran = 0

        def again() -> None:
            nonlocal ran
            ran += 1
            clock.after(0, again)

        clock.after(0, again)
        pacemaker.start()
        turns = 0
        while ran < 20_000:
            turns += 1
            await asyncio.sleep(0)
        pacemaker.stop()
        return turns, ran

    turns, ran = run(work())
    assert turns >= 2
    assert ran // turns >= SLICE


def test_a_failing_timer_is_logged_and_costs_no_other_its_turn(caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> list[str]:
        clock = WorldClock()
        ran: list[str] = []
        clock.after(0, lambda: ran.append("before"))
        clock.after(0, lambda: ran.append(str(1 // 0)))
        clock.after(0, lambda: ran.append("after"))
        pacemaker = Pacemaker(clock, asyncio.get_running_loop())
        pacemaker.start()
        await eventually(lambda: len(ran) == 2)
        pacemaker.stop()
        return ran

    assert run(work()) == ["before", "after"]
    assert "ZeroDivisionError" in caplog.text


def test_a_stopped_pacemaker_runs_nothing_more() -> None:
    async def work() -> list[str]:
        clock = ManualClock(0)
        ran: list[str] = []
        pacemaker = Pacemaker(clock, asyncio.get_running_loop())
        pacemaker.start()
        clock.after(0, lambda: ran.append("never"))
        pacemaker.stop()
        clock.after(0, lambda: ran.append("never"))
        await asyncio.sleep(0.005)
        assert clock.on_earlier_timer is None
        return ran

    assert run(work()) == []
