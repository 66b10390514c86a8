"""The pacemaker in scaled and manual time, and time moved by hand while sockets are served."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import connect

from fake_venue import HOST, FakeDialect, connected, eventually, run, serving
from simexchange.services.clock import DAY, HOUR, MINUTE, SECOND, ClockMode, Speed, WorldClock, monotonic_ns
from simexchange.transports import stragglers as stragglers_module
from simexchange.transports.pacemaker import TURN_NS, Pacemaker, Stopped
from simexchange.transports.stragglers import Stragglers

START = 1_767_571_200 * SECOND
FASTEST = Speed.parse("100000")


@asynccontextmanager
async def driven(
    mode: ClockMode = ClockMode.MANUAL, stragglers: Stragglers | None = None
) -> AsyncIterator[tuple[WorldClock, Pacemaker]]:
    clock = WorldClock(mode, FASTEST, START)
    pacemaker = Pacemaker(clock, asyncio.get_running_loop(), stragglers)
    pacemaker.start()
    try:
        yield clock, pacemaker
    finally:
        pacemaker.stop()


def every(clock: WorldClock, period_ns: int, action: Callable[[], None]) -> None:
    """Do something again and again."""

    def again() -> None:
        clock.after(period_ns, again)
        action()

    clock.after(period_ns, again)


def busy() -> None:
    """Take a quarter of a turn."""
    ends_ns = monotonic_ns() + TURN_NS // 4
    while monotonic_ns() < ends_ns:
        pass


def test_manual_time_runs_what_is_due_and_waits_for_nothing_else() -> None:
    async def work() -> list[str]:
        ran: list[str] = []
        async with driven() as (clock, pacemaker):
            clock.after(SECOND, lambda: ran.append("later"))
            clock.after(0, lambda: ran.append("at once"))
            await eventually(lambda: ran == ["at once"])
            assert clock.now_ns() == START
            assert await pacemaker.advance(SECOND - 1) == 0
            assert await pacemaker.advance(1) == 1
        return ran

    assert run(work()) == ["at once", "later"]


def test_scaled_time_runs_timers_at_their_instants() -> None:
    async def work() -> list[int]:
        ran: list[int] = []
        async with driven(ClockMode.SCALED) as (clock, _):
            due = clock.now_ns() + 10 * MINUTE
            for minutes in (20, 10, 0):
                clock.set_timer(due + minutes * MINUTE, lambda: ran.append((clock.now_ns() - due) // MINUTE))
            await eventually(lambda: len(ran) == 3)
        return ran

    assert run(work()) == [0, 10, 20]


def test_a_change_of_mode_is_heard_of() -> None:
    async def work() -> None:
        ran: list[int] = []
        async with driven() as (clock, _):
            clock.after(HOUR, lambda: ran.append(clock.now_ns()))
            clock.set_mode(ClockMode.SCALED)
            await eventually(lambda: bool(ran))
            clock.set_mode(ClockMode.MANUAL)
            stands = clock.now_ns()
            assert stands >= ran[0] == START + HOUR
            await asyncio.sleep(0)
            assert clock.now_ns() == stands

    run(work())


@pytest.mark.parametrize("mode", ClockMode)
def test_a_move_answers_once_all_that_was_due_has_happened_in_order(mode: ClockMode) -> None:
    async def work() -> None:
        ran: list[int] = []
        async with driven(mode) as (clock, pacemaker):
            began = clock.now_ns()
            for hour in range(24, 0, -1):
                clock.set_timer(began + hour * HOUR, lambda: ran.append((clock.now_ns() - began) // HOUR))
            await pacemaker.advance_to(began + DAY)
            assert ran == list(range(1, 25))
            assert clock.now_ns() >= began + DAY

    run(work())


def test_sockets_are_served_while_time_is_moved() -> None:
    async def work() -> list[int]:
        served: list[int] = []
        dialect = FakeDialect()
        async with driven() as (clock, pacemaker), serving(dialect) as server, connected(server.port) as wire:
            every(clock, MINUTE, busy)
            move = asyncio.create_task(pacemaker.advance(2 * HOUR))
            while not move.done():
                await wire.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                assert (await wire.read_reply())[0] == 200
                served.append((clock.now_ns() - START) // MINUTE)
            assert await move == 120
        return served

    served = run(work())
    assert len(set(served)) >= 10
    assert served == sorted(served)


def test_moves_wait_for_each_other() -> None:
    async def work() -> None:
        async with driven() as (clock, pacemaker):
            every(clock, MINUTE, busy)

            async def move() -> tuple[int, int]:
                return await pacemaker.advance(HOUR), (clock.now_ns() - START) // HOUR

            assert [*await asyncio.gather(move(), move())] == [(60, 1), (60, 2)]
            assert await pacemaker.advance_to(START) == 0
            assert clock.now_ns() == START + 2 * HOUR

    run(work())


def test_a_move_may_be_canceled_and_the_next_one_goes_on_from_there() -> None:
    async def work() -> None:
        async with driven() as (clock, pacemaker):
            every(clock, MINUTE, busy)
            move = asyncio.create_task(pacemaker.advance(365 * DAY))
            await eventually(lambda: clock.now_ns() >= START + HOUR)
            move.cancel()
            with pytest.raises(asyncio.CancelledError):
                await move
            stands = clock.now_ns()
            assert stands < START + 365 * DAY
            assert await pacemaker.advance(HOUR) == 60
            assert clock.now_ns() == stands + HOUR

    run(work())


def test_a_move_ends_when_time_is_turned_back() -> None:
    async def work() -> None:
        async with driven() as (clock, pacemaker):
            every(clock, MINUTE, busy)
            state = clock.capture()
            move = asyncio.create_task(pacemaker.advance(365 * DAY))
            await eventually(lambda: clock.now_ns() >= START + HOUR)
            clock.restore(state)
            await move
            assert clock.now_ns() == START
            assert await pacemaker.advance(HOUR) == 60

    run(work())


def test_a_move_that_waits_its_turn_when_time_is_turned_back_does_not_begin() -> None:
    async def work() -> None:
        async with driven() as (clock, pacemaker):
            every(clock, MINUTE, busy)
            state = clock.capture()
            moves = [asyncio.create_task(pacemaker.advance(365 * DAY)) for _ in range(2)]
            await eventually(lambda: clock.now_ns() >= START + HOUR)
            clock.restore(state)
            await moves[0]
            assert await moves[1] == 0
            assert clock.now_ns() == START

    run(work())


def test_moves_end_where_time_is_when_the_pacemaker_stops() -> None:
    async def work() -> None:
        async with driven() as (clock, pacemaker):
            every(clock, MINUTE, busy)
            moves = [asyncio.create_task(pacemaker.advance(365 * DAY)) for _ in range(2)]
            await eventually(lambda: clock.now_ns() >= START + HOUR)
            pacemaker.stop()
            stands = clock.now_ns()
            for move in moves:
                with pytest.raises(Stopped):
                    await move
            assert clock.now_ns() == stands < START + 365 * DAY

    run(work())


@pytest.mark.parametrize("mode", [ClockMode.REAL, ClockMode.MANUAL])
def test_a_move_goes_on_when_the_present_itself_is_restored(mode: ClockMode) -> None:
    async def work() -> None:
        async with driven(mode) as (clock, pacemaker):
            every(clock, MINUTE, busy)
            move = asyncio.create_task(pacemaker.advance(2 * HOUR))
            await eventually(lambda: clock.now_ns() >= START + HOUR)
            clock.restore(clock.capture())
            assert START + HOUR <= clock.now_ns() < START + 2 * HOUR
            assert await move == 120
            assert clock.now_ns() >= START + 2 * HOUR

    run(work())


def test_a_failing_timer_does_not_end_a_move(caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None:
        ran: list[str] = []
        async with driven() as (clock, pacemaker):
            clock.after(MINUTE, lambda: ran.append(str(1 // 0)))
            clock.after(HOUR, lambda: ran.append("after"))
            assert await pacemaker.advance(DAY) == 2
            assert clock.now_ns() == START + DAY
        assert ran == ["after"]

    run(work())
    assert "ZeroDivisionError" in caplog.text


def test_a_move_waits_for_the_pongs_of_those_it_pings() -> None:
    async def work() -> list[tuple[str, Any]]:
        dialect, stragglers = FakeDialect(), Stragglers()
        async with (
            driven(stragglers=stragglers) as (clock, pacemaker),
            serving(dialect, stragglers=stragglers) as server,
            connect(f"ws://{HOST}:{server.port}/ws", ping_interval=None) as client,
        ):
            await client.send("hello")
            session = dialect.sessions[0]
            await eventually(lambda: len(session.heard) == 2)
            every(clock, MINUTE, lambda: session.sink.ping(str((clock.now_ns() - START) // MINUTE).encode()))
            await pacemaker.advance(HOUR)
            return session.heard[2:]

    assert run(work()) == [("pong", str(minute).encode()) for minute in range(1, 61)]


def test_a_move_waits_for_those_who_read_so_that_none_is_too_slow() -> None:
    async def work() -> int:
        dialect, stragglers = FakeDialect(), Stragglers()
        async with (
            driven(stragglers=stragglers) as (clock, pacemaker),
            serving(dialect, stragglers=stragglers) as server,
            connect(f"ws://{HOST}:{server.port}/ws", max_queue=None, compression=None) as client,
        ):
            await client.send("hello")
            await client.recv()
            every(clock, SECOND, lambda: dialect.sessions[0].sink.send(b"x" * 100_000))
            await pacemaker.advance(2 * MINUTE)
            dialect.sessions[0].sink.send(b"end")
            count = 0
            while await client.recv() != "end":
                count += 1
            return count

    assert run(work()) == 120


def test_a_move_does_not_wait_for_ever_for_a_client_that_is_gone_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stragglers_module, "PATIENCE_S", 0.01)

    async def work() -> None:
        stragglers = Stragglers()
        async with driven(stragglers=stragglers) as (clock, pacemaker):
            clock.after(MINUTE, lambda: stragglers.add("quiet"))
            await pacemaker.advance(HOUR)
            assert clock.now_ns() == START + HOUR
            assert not stragglers

    run(work())
