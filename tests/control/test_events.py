import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from control_bench import ALICE, LOST, Control, lines_of, with_control
from fake_venue import eventually

LIMIT = {"symbol": "BTC/USDT", "side": "buy", "quantity": "0.001", "price": "50000"}


def test_what_happens_is_told_as_it_happens_as_the_journal_has_it() -> None:
    async def work(control: Control) -> None:
        async with control.events() as client:
            await control.do("POST", "/faults", LOST)
            await control.signed("GET", "/api/v3/account")
            await control.do("POST", f"{ALICE}/orders", LIMIT)
            told = await lines_of(client, 3)
            assert [entry["kind"] for entry in told] == ["fault", "request", "batch"]
            page = await control.get("/journal", since=told[0]["seq"] - 1)
            assert told == page["entries"]

    with_control(work)


def test_whoever_was_cut_comes_back_and_misses_nothing_and_sees_nothing_twice() -> None:
    async def work(control: Control) -> None:
        start = control.exchange.world.journal.seq
        told: list[dict[str, Any]] = []
        stop = asyncio.Event()

        async def trade() -> None:
            for number in range(120):
                await control.do("POST", f"{ALICE}/orders", LIMIT | {"price": str(40_000 + number)})
                await control.signed("GET", "/api/v3/openOrders")
            stop.set()

        async def read() -> None:
            since, cuts = start, 0
            while not stop.is_set() or since < control.exchange.world.journal.seq:
                client = await control.events(f"?since={since}")
                told.extend(await lines_of(client, 1))
                since = told[-1]["seq"]
                client.transport.abort()
                cuts += 1
            assert cuts > 10

        await asyncio.gather(trade(), read())
        assert told == (await control.get("/journal", since=start, limit=10_000))["entries"]
        assert [entry["kind"] for entry in told].count("batch") == 120

    with_control(work)


def test_a_reader_hears_on_when_the_world_is_turned_back() -> None:
    async def work(control: Control) -> None:
        async with control.events() as client:
            await control.do("POST", f"{ALICE}/orders", LIMIT)
            snapshot = (await control.do("POST", "/snapshots"))["id"]
            await control.do("POST", f"/snapshots/{snapshot}/revert")
            await control.do("POST", f"{ALICE}/orders", LIMIT)
            await control.do("POST", "/reset")
            await control.do("POST", f"{ALICE}/orders", LIMIT)
            told = await lines_of(client, 5)
        assert [entry.get("action", entry["kind"]) for entry in told] == [
            "batch",
            "reverted",
            "batch",
            "reset",
            "batch",
        ]
        assert [entry["seq"] for entry in told] == list(range(told[0]["seq"], told[0]["seq"] + 5))

    with_control(work)


def test_filters_choose_what_is_told() -> None:
    async def work(control: Control) -> None:
        async with control.events("?kind=request&account=alice&since=0") as client:
            await control.do("POST", f"{ALICE}/orders", LIMIT)
            await control.venue.get("/api/v3/time")
            await control.signed("GET", "/api/v3/account")
            (told,) = await lines_of(client, 1)
            assert told["endpoint"] == "GET /api/v3/account"

    with_control(work)


def test_a_reader_that_the_journal_has_left_behind_is_cut() -> None:
    async def work(control: Control) -> None:
        journal = control.exchange.world.journal
        others = journal.listeners
        async with control.events() as client:
            client.transport.pause_reading()
            await eventually(lambda: journal.listeners != others)
            for _ in range(1_000):
                for _ in range(50):
                    journal.note(0, "noise", "x" * 4_000)
                await asyncio.sleep(0)
                if journal.listeners == others:
                    break
            assert journal.listeners == others
            client.transport.resume_reading()
            with suppress(ConnectionClosed):
                while await client.recv():
                    pass
            assert client.close_code in (1006, 1013)

    with_control(work)


def test_whoever_asks_for_what_is_forgotten_is_told_so() -> None:
    async def work(control: Control) -> None:
        journal = control.exchange.world.journal
        for number in range(journal.capacity + 5):
            journal.note(0, "noise", str(number))
        oldest = journal.notes[0].seq
        async with control.events("?since=0&kind=note") as client:
            gap, first = (await lines_of(client, 2))[:2]
        assert gap == {"kind": "gap", "since": 0, "complete_after": oldest - 1}
        assert first["seq"] == oldest
        page = await control.get("/journal", since=0, kind="note")
        assert (page["complete"], page["entries"][0]["seq"]) == (False, oldest)

    with_control(work)


def test_what_a_reader_says_means_nothing() -> None:
    async def work(control: Control) -> None:
        others = control.exchange.world.journal.listeners
        async with control.events() as client:
            await client.send(json.dumps({"hello": 1}))
            await client.send(b"\x00")
            await control.do("POST", f"{ALICE}/orders", LIMIT)
            assert len(await lines_of(client, 1)) == 1
        await eventually(lambda: control.exchange.world.journal.listeners == others)

    with_control(work)


def test_open_readers_do_not_hold_up_the_end() -> None:
    async def work(control: Control) -> None:
        async with control.events() as client:
            await control.do("POST", f"{ALICE}/orders", LIMIT)
            await lines_of(client, 1)
            loop = asyncio.get_running_loop()
            started = loop.time()
            await control.exchange.stop()
            assert loop.time() - started < 0.9
            await client.wait_closed()
        await eventually(lambda: not any("Feed" in repr(task.get_coro()) for task in asyncio.all_tasks()))

    with_control(work)


def test_a_handshake_that_is_refused_is_told_to_the_client_and_is_no_error_of_ours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def work(control: Control) -> None:
        with pytest.raises(InvalidStatus) as refused:
            async with control.events("?since=soon"):
                pass
        assert json.loads(refused.value.response.body)["field"] == "since"

    with_control(work)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
