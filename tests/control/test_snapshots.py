from control_bench import ALICE, LOST, Control, with_control

ORDER = {"symbol": "BTC/USDT", "side": "buy", "quantity": "1", "price": "50000"}


def test_the_world_goes_back_to_a_snapshot_as_often_as_one_likes() -> None:
    async def work(control: Control) -> None:
        await control.do("POST", f"{ALICE}/orders", ORDER)
        reply = await control.http.post("/snapshots")
        assert (reply.status_code, reply.headers["location"]) == (201, "/snapshots/s1")
        taken = {"id": "s1", "taken": "2026-01-05T00:00:00Z", "taken_ns": 1_767_571_200_000_000_000}
        assert reply.json() == taken
        digest = control.exchange.world.state_hash()
        for _ in range(2):
            await control.do("DELETE", f"{ALICE}/orders")
            await control.do("POST", "/clock/advance", {"by": "1h"})
            await control.do("POST", "/snapshots")
            back = await control.do("POST", "/snapshots/s1/revert", state_hash="true")
            assert back == {"now": taken["taken"], "now_ns": taken["taken_ns"], "state_hash": digest}
            assert len(await control.get(f"{ALICE}/orders")) == 1
            assert await control.get("/snapshots") == [taken]
        assert await control.get("/snapshots/s1") == taken
        assert await control.do("DELETE", "/snapshots/s1") is None
        assert await control.get("/snapshots") == []

    with_control(work)


def test_reset_goes_back_to_the_start_and_ends_rules_and_snapshots() -> None:
    async def work(control: Control) -> None:
        start = control.exchange.world.state_hash()
        await control.do("POST", f"{ALICE}/orders", ORDER)
        await control.do("POST", "/faults", LOST)
        await control.do("POST", "/snapshots")
        await control.do("POST", "/clock/advance", {"by": "1h"})
        assert await control.do("POST", "/reset") == {
            "now": "2026-01-05T00:00:00Z",
            "now_ns": 1_767_571_200_000_000_000,
            "state_hash": None,
        }
        assert control.exchange.world.state_hash() == start
        assert await control.get("/faults") == []
        assert await control.get("/snapshots") == []
        assert await control.get(f"{ALICE}/orders", state="all") == []

    with_control(work)


def test_snapshots_that_are_not_there_are_told() -> None:
    async def work(control: Control) -> None:
        assert await control.refused("GET", "/snapshots/s1") == {
            "status": 404,
            "detail": "there is no snapshot 's1'; there is none",
        }
        await control.do("POST", "/snapshots")
        for method, path in (("POST", "/snapshots/s2/revert"), ("DELETE", "/snapshots/s2")):
            refused = await control.refused(method, path)
            assert refused == {"status": 404, "detail": "there is no snapshot 's2'; there is s1"}

    with_control(work)
