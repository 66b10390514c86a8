import asyncio

import pytest

from control_bench import OPTIONS, Control, with_control
from fake_venue import eventually
from simexchange.services.clock import DAY, HOUR, MINUTE

START_NS = OPTIONS.start_ns or 0


def test_time_is_shown_and_moved() -> None:
    async def work(control: Control) -> None:
        shown = await control.get("/clock")
        assert shown | {"next_timer": None} == {
            "mode": "manual",
            "speed": "0",
            "scaled_speed": "1",
            "now": "2026-01-05T00:00:00Z",
            "now_ns": START_NS,
            "machine_time": False,
            "next_timer": None,
        }
        assert await control.do("POST", "/clock/advance", {"by": "1m30s"}) == {
            "now": "2026-01-05T00:01:30Z",
            "now_ns": START_NS + 90 * 10**9,
            "ran": 0,
        }
        moved = await control.do("POST", "/clock/advance", {"to": "2026-01-05T01:00:00+00:00"})
        assert moved["now"] == "2026-01-05T01:00:00Z"

    with_control(work)


def test_a_move_answers_once_all_that_was_due_has_happened() -> None:
    async def work(control: Control) -> None:
        happened: list[int] = []
        clock = control.exchange.clock
        for second in (3, 1, 2, 9):
            clock.after(second * 10**9, lambda: happened.append(clock.now_ns() - START_NS))
        moved = await control.do("POST", "/clock/advance", {"by": "5s"})
        assert happened == [10**9, 2 * 10**9, 3 * 10**9]
        assert moved["ran"] == 3
        assert (await control.get("/clock"))["next_timer"] == "2026-01-05T00:00:09Z"

    with_control(work)


def test_moves_that_make_no_sense_are_refused_and_move_nothing() -> None:
    async def work(control: Control) -> None:
        for body in ({}, {"by": "1s", "to": "2026-01-06T00:00:00Z"}):
            refused = await control.refused("POST", "/clock/advance", body)
            assert refused == {
                "status": 422,
                "detail": "one of by and to is wanted, and not both",
                "passes": '{"by": "5s"}',
            }
        assert await control.refused("POST", "/clock/advance", {"by": "-1s"}) == {
            "status": 422,
            "detail": "by: '-1s' is negative: 400ms, 7s, 1m30s, 24h and 3d pass",
            "field": "by",
            "sent": "-1s",
            "passes": "400ms, 7s, 1m30s, 24h and 3d pass",
        }
        assert await control.refused("POST", "/clock/advance", {"to": "2026-01-04T00:00:00Z"}) == {
            "status": 422,
            "detail": "to: 2026-01-04T00:00:00Z is past, and time does not go back",
            "field": "to",
            "sent": "2026-01-04T00:00:00Z",
            "passes": "2026-01-05T00:00:00Z on",
        }
        assert (await control.refused("POST", "/clock/advance", {"by": 5}))["field"] == "by"
        assert (await control.refused("POST", "/clock/advance", {"to": "soon"}))["field"] == "to"
        assert (await control.get("/clock"))["now_ns"] == START_NS

    with_control(work)


def test_time_goes_on_in_another_way() -> None:
    async def work(control: Control) -> None:
        scaled = await control.do("PATCH", "/clock", {"mode": "scaled", "speed": 1000})
        assert (scaled["mode"], scaled["speed"]) == ("scaled", "1000")
        manual = await control.do("PATCH", "/clock", {"mode": "manual", "now": "2027-01-05T00:00:00Z"})
        assert (manual["mode"], manual["now"]) == ("manual", "2027-01-05T00:00:00Z")
        notes = (await control.get("/journal", kind="note"))["entries"]
        assert [(note["action"], note["detail"]) for note in notes] == [
            ("clock changed", "scaled"),
            ("clock changed", "manual"),
        ]

    with_control(work)


def test_the_speed_is_what_time_runs_at_and_that_of_scaled_time_is_kept() -> None:
    async def work(control: Control) -> None:
        shown = []
        for change in ({"mode": "scaled", "speed": 1000}, {"mode": "real"}, {"mode": "manual"}, {"mode": "scaled"}):
            clock = await control.do("PATCH", "/clock", change)
            shown.append((clock["mode"], clock["speed"], clock["scaled_speed"]))
            assert (await control.get("/clock"))["speed"] == clock["speed"]
        assert shown == [
            ("scaled", "1000", "1000"),
            ("real", "1", "1000"),
            ("manual", "0", "1000"),
            ("scaled", "1000", "1000"),
        ]

    with_control(work)


def test_changes_that_make_no_sense_are_refused() -> None:
    async def work(control: Control) -> None:
        assert (await control.refused("PATCH", "/clock", {}))["passes"] == "mode, speed or now"
        refused = await control.refused("PATCH", "/clock", {"mode": "fast"})
        assert (refused["field"], refused["sent"], refused["passes"]) == (
            "mode",
            "fast",
            "real, scaled or manual passes.",
        )
        refused = await control.refused("PATCH", "/clock", {"speed": "5"})
        assert refused["detail"] == "speed: only scaled time has one, and this is manual"
        refused = await control.refused("PATCH", "/clock", {"mode": "scaled", "speed": 0})
        assert (refused["field"], refused["sent"], refused["passes"]) == ("speed", 0, "0.001 to 100000")
        assert (await control.refused("PATCH", "/clock", {"now": "2020-01-01T00:00:00Z"}))["field"] == "now"
        assert (await control.get("/clock"))["mode"] == "manual"

    with_control(work)


def test_a_move_ends_where_it_is_once_nobody_waits_for_it() -> None:
    async def work(control: Control) -> None:
        clock = control.exchange.clock

        def every_minute() -> None:
            clock.after(MINUTE, every_minute)

        every_minute()
        move = asyncio.create_task(control.do("POST", "/clock/advance", {"by": "3650d"}))
        await eventually(lambda: clock.now_ns() > START_NS + HOUR)
        move.cancel()
        with pytest.raises(asyncio.CancelledError):
            await move
        assert (await control.do("POST", "/clock/advance", {"by": "0s"}))["now_ns"] < START_NS + 3_650 * DAY

    with_control(work)
