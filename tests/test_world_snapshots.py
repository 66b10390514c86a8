"""A whole world goes back and lives the same life again: orders, market, sockets, limits and time."""

import os
import subprocess
import sys
from enum import Enum
from pathlib import Path

import msgspec
import pytest
from msgspec import Struct
from websockets.asyncio.client import connect

from calm_market import SYMBOL
from fake_venue import connected, run
from simexchange.app import Exchange, Options
from simexchange.dialects.base import StreamSession
from simexchange.dialects.binance.dialect import BinanceDialect
from simexchange.domain.enums import Side
from simexchange.domain.events import (
    Batch,
    OrderAmended,
    OrderCanceled,
    OrderExpired,
    OrderListEnded,
    OrderListPlaced,
    OrderReleased,
    OrderTriggered,
    Trade,
)
from simexchange.services.anatomy import role_of
from simexchange.services.bus import Stage
from simexchange.services.checkpoint import Checkpoint
from simexchange.services.clock import HOUR, MINUTE, SECOND, ClockMode
from simexchange.services.journal import NoteEntry
from simexchange.services.snapshots import UnknownSnapshot
from snapshot_story import DeadlySink, Story, two_digests

TESTS = Path(__file__).resolve().parent
STREAMS = "btcusdt@trade/btcusdt@depth@100ms/btcusdt@kline_1m/!miniTicker@arr"
NEVER_WALKED = {
    *("NoneType", "bool", "float", "int", "range", "str"),
    *("Route", "Method"),
    *("Journal", "Snapshots", "Watchers", "Recorder"),
}
"""Classes at which the walk over a world ends without proof that their objects hold values alone.

A new one needs a thought: what changes in it would not be turned back.
"""


def test_the_same_life_is_lived_again_and_is_that_of_a_new_world() -> None:
    story = Story()
    start = story.world.state_hash()
    first = story.live()
    end = story.world.state_hash()
    kinds = {type(event) for batch in first for event in batch.events}
    assert kinds >= {Trade, OrderTriggered, OrderExpired, OrderCanceled, OrderAmended, OrderListPlaced, OrderListEnded}
    assert kinds >= {OrderReleased}
    for _ in range(2):
        story.world.reset()
        assert story.world.state_hash() == start
        assert story.live() == first
        assert story.world.state_hash() == end
    anew = Story()
    assert anew.world.state_hash() == start
    assert anew.live() == first
    assert anew.world.state_hash() == end


def test_a_snapshot_in_the_middle_of_everything_can_be_gone_back_to() -> None:
    story = Story()
    story.live(2)
    snapshot = story.world.snapshot()
    middle = story.world.state_hash()
    first = story.live(2)
    end = story.world.state_hash()
    for _ in range(2):
        story.world.revert(snapshot.snapshot_id)
        assert (story.world.state_hash(), story.clock.now_ns()) == (middle, snapshot.taken_ns)
        assert story.live(2) == first
        assert story.world.state_hash() == end
    story.world.drop(snapshot.snapshot_id)
    with pytest.raises(UnknownSnapshot):
        story.world.revert(snapshot.snapshot_id)


def test_money_never_comes_into_being_on_the_way_back() -> None:
    story = Story()
    ledger = story.door.venue.ledger
    for _ in range(2):
        story.live(1)
        assert set(ledger.trial_balance().values()) == {0}
        story.world.reset()
        assert set(ledger.trial_balance().values()) == {0}


def test_another_seed_is_another_world() -> None:
    assert Story(1).world.state_hash() != Story(2).world.state_hash()


def test_the_digest_is_the_same_in_every_process() -> None:
    def elsewhere(hash_seed: str) -> list[str]:
        environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": f"{TESTS.parent}{os.pathsep}{TESTS}"}
        done = subprocess.run(
            [sys.executable, "-c", "import snapshot_story; print(*snapshot_story.two_digests())"],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        return done.stdout.split()

    assert elsewhere("0") == elsewhere("4242") == two_digests()


def test_a_snapshot_changes_nothing() -> None:
    taken, untaken = Story(), Story()
    first = untaken.live(2)
    taken.world.snapshot()
    half = taken.live(1)
    taken.world.snapshot()
    assert half + taken.live(1) == first


def test_the_journal_keeps_what_happened_and_notes_the_way_back() -> None:
    story = Story()
    story.live(1)
    snapshot = story.world.snapshot()
    story.clock.advance(SECOND)
    kept = len(story.world.journal.batches)
    story.world.revert(snapshot.snapshot_id)
    story.world.reset()
    journal = story.world.journal
    assert len(journal.batches) == kept > 0
    assert list(journal.notes) == [
        NoteEntry(journal.seq - 1, snapshot.taken_ns, "reverted", "s1"),
        NoteEntry(journal.seq, story.clock.now_ns(), "reset", "start"),
    ]


def test_limits_listen_keys_and_ids_go_back_too() -> None:
    story = Story()
    dialect = story.dialect
    assert isinstance(dialect, BinanceDialect)
    story.get("/api/v3/ping")
    weight = dict(story.get("/api/v3/ping").headers)
    key = dialect.listen_keys.start(story.account("alice"))
    issued = dialect.next_client_order_id()
    story.world.reset()
    assert dialect.listen_keys.account_of(key) is None
    story.get("/api/v3/ping")
    assert dict(story.get("/api/v3/ping").headers) == weight
    assert dialect.listen_keys.start(story.account("alice")) == key
    assert dialect.next_client_order_id() == issued
    story.clock.advance(HOUR + MINUTE)
    assert dialect.listen_keys.account_of(key) is None


def heard(sink: DeadlySink) -> set[str]:
    """The kinds of events that came."""
    return {str(msgspec.json.decode(message).get("e", "answer")) for message in sink.heard if message[:1] == b"{"}


def timers_of(story: Story) -> int:
    return sum(1 for _, _, timer, action in story.clock.capture().timers if action is not None and timer is not None)


def test_every_socket_is_closed_and_none_comes_back() -> None:
    story = Story()
    dialect = story.dialect
    assert isinstance(dialect, BinanceDialect)
    streams, timers = dialect.streams, timers_of(story)
    old = [story.connect(f"/ws/{STREAMS}"), story.connect("/ws-api/v3")]
    story.clock.advance(10 * SECOND)
    story.world.snapshot()
    late = story.connect(f"/stream?streams={STREAMS}")
    story.clock.advance(10 * SECOND)
    for _ in range(2):
        story.world.revert("s1")
        assert [sink.closed for _, sink in (*old, late)] == [(1012, "world reset")] * 3
        assert (dict(streams.sessions), streams.hub.topics, streams.users.accounts) == ({}, 0, 0)
        assert timers_of(story) == timers
        for session, sink in (*old, late):
            session.on_close()
            sink.heard.clear()
        story.clock.advance(10 * SECOND)
        assert [sink.heard for _, sink in (*old, late)] == [[], [], []]
    _, sink = story.connect(f"/ws/{STREAMS}")
    story.clock.advance(10 * SECOND)
    assert heard(sink) == {"trade", "depthUpdate", "kline"}


def test_who_listens_does_not_change_the_digest_nor_the_life_that_follows() -> None:
    story, silent = Story(), Story()
    session, _ = story.connect(f"/ws/{STREAMS}")
    story.clock.advance(5 * SECOND)
    snapshot = story.world.snapshot()
    with_listener = story.world.state_hash()
    session.on_close()
    assert story.world.state_hash() == with_listener
    first = story.live(1)
    story.world.revert(snapshot.snapshot_id)
    assert story.world.state_hash() == with_listener
    assert story.live(1) == first
    silent.clock.advance(5 * SECOND)
    assert silent.live(1) == first


def test_a_rehearsal_is_heard_by_nobody_and_leaves_nothing_behind() -> None:
    story = Story()
    session, sink = story.connect(f"/ws/{STREAMS}")
    before, batches = story.world.state_hash(), len(story.world.journal.batches)
    sink.heard.clear()
    story.recorder.take()
    command = story.commands()[1]
    batch = story.door.rehearse(lambda: story.door.submit(command))
    assert any(isinstance(event, Trade) for event in batch.events)
    assert (story.world.state_hash(), len(story.world.journal.batches)) == (before, batches)
    assert (sink.heard, story.recorder.take()) == ([], [])
    assert isinstance(session, StreamSession)
    assert sink.closed is None
    assert story.door.submit(command) == batch
    assert heard(sink) == {"trade"}


def test_a_listener_may_not_turn_the_world_back() -> None:
    story = Story()
    before = story.world.state_hash()

    def go_back(_: Batch) -> None:
        story.world.reset()

    story.door.bus.listen(Stage.DASHBOARD, go_back)
    with pytest.raises(AssertionError, match="may not turn the world back"):
        story.live(1)
    story.world.reset()
    assert story.world.state_hash() == before


def test_the_house_never_loses_track_of_its_orders() -> None:
    story = Story()
    for _ in range(3):
        story.live(1)
        story.world.reset()
        book = story.door.venue.markets[SYMBOL].book
        levels = [level for side in Side for level in book.side(side).walk()]
        assert all(level.quantity == sum(order.leaves_quantity for order in level.orders.values()) for level in levels)


def test_every_class_at_which_the_walk_ends_holds_values_or_is_known() -> None:
    story = Story()
    story.live(2)
    ends = Checkpoint([story.world, story.dialect]).values
    proven = {
        kind
        for kind in ends
        if issubclass(kind, Enum)
        or (issubclass(kind, Struct) and kind.__struct_config__.frozen and role_of(kind) is None)
    }
    assert len(proven) > 10
    assert {kind.__qualname__ for kind in ends - proven} == NEVER_WALKED


def test_a_served_world_is_reset_under_its_clients() -> None:
    async def work() -> None:
        async with Exchange(Options(port_base=0, clock=ClockMode.MANUAL)) as exchange:
            assert exchange.description is not None
            venue = exchange.description.venues["binance"]
            start = exchange.world.state_hash()
            async with connected(int(venue.rest_url.rpartition(":")[2])) as kept:
                for _ in range(2):
                    await kept.send(b"GET /api/v3/ping HTTP/1.1\r\nHost: x\r\n\r\n")
                    status, headers, _ = await kept.read_reply()
                    assert (status, headers[b"x-mbx-used-weight"]) == (200, b"1")
                    client = await connect(venue.ws_url + "/ws")
                    await client.send('{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}')
                    assert msgspec.json.decode(await client.recv()) == {"result": None, "id": 1}
                    exchange.world.reset()
                    await client.wait_closed()
                    assert (client.close_code, client.close_reason) == (1012, "world reset")
                    assert exchange.world.state_hash() == start

    run(work())


def test_armed_rules_end_on_the_way_back_and_those_of_the_snapshot_are_armed_again() -> None:
    story = Story()
    plan = story.world.faults
    told: list[bool] = []
    plan.watchers.append(lambda: told.append(plan.judges_calls))
    kept = plan.add({"kind": "response-lost", "match": {"venue": "binance"}, "effect": "apply"})
    snapshot = story.world.snapshot()
    plan.add({"kind": "request-lost", "match": {"venue": "binance"}})
    plan.remove(kept.id)
    story.world.revert(snapshot.snapshot_id)
    assert (plan.rules, plan.judges_calls) == ((kept,), True)
    story.world.reset()
    assert (plan.rules, plan.judges_calls) == ((), False)
    assert told[-1] is False
