import asyncio

from control_bench import Control, with_control
from fake_venue import eventually


def test_a_request_that_was_held_is_counted_once() -> None:
    async def work(control: Control) -> None:
        tally, journal = control.exchange.controls.tally, control.exchange.world.journal
        await control.do("POST", "/faults", {"kind": "latency", "match": {"venue": "binance"}, "response": "5s"})
        asked = asyncio.ensure_future(control.venue.get("/api/v3/ping"))
        await eventually(lambda: len(journal.requests) == 1)
        tally.fold()
        assert dict(tally.requests) == {}, "nobody has answered it"
        await control.do("POST", "/clock/advance", {"by": "5s"})
        assert (await asked).status_code == 200
        for _ in range(2):
            tally.fold()
            assert dict(tally.requests) == {("binance", "GET /api/v3/ping", "2xx"): 1}
        asked = asyncio.ensure_future(control.venue.get("/api/v3/ping"))
        await eventually(lambda: len(journal.requests) == 2)
        await control.do("POST", "/clock/advance", {"by": "5s"})
        await asked
        tally.fold()
        assert dict(tally.requests) == {("binance", "GET /api/v3/ping", "2xx"): 2}
        assert tally.fired == {"latency": 2}
        assert tally.overruns == 0

    with_control(work)
