"""Bots that keep a book: one that follows the documented procedure gets over every fault of it, a naive one not."""

from typing import Any

import pytest

from book_clients import BookBot, CarefulBot, Flow, NaiveBot, has_the_servers_book
from fault_bench import FaultBench
from simexchange.dialects.binance.settings import LIMITS_OFF, BinanceSettings

DEPTH = {"match": {"venue": "binance", "channel": "depth@100ms", "symbol": "BTC/USDT"}}
SOME = {"when": {"skip": 3, "every_nth": 7, "count": 5}}
OFTEN = {"when": {"every_nth": 3}}

FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "ws-drop", "n": 2, **DEPTH, **SOME},
    {"kind": "ws-gap", "n": 3, **DEPTH, **SOME},
    {"kind": "ws-duplicate", "after": "450ms", **DEPTH, **OFTEN},
    {"kind": "ws-reorder", **DEPTH, **OFTEN},
    {"kind": "ws-reorder", "window": 4, **DEPTH, **OFTEN},
    {"kind": "ws-corrupt", **DEPTH, **SOME},
    {"kind": "ws-delay", "by": "300ms", "by_p99": "2s", "distribution": "lognormal", "keep_order": False, **DEPTH},
    {"kind": "stale-book", **DEPTH, **SOME},
    {"kind": "stale-book", "freeze": "stopped", **DEPTH, **SOME},
    {"kind": "book-crossed", **DEPTH, "when": {"count": 1}},
    {"kind": "ws-silent", **DEPTH},
    {"kind": "ws-slow-consumer-cut", "policy": "drop_oldest", "buffer_bytes": 600, "bytes_per_second": 600, **DEPTH},
    {"kind": "ws-slow-consumer-cut", "policy": "drop_newest", "buffer_bytes": 600, "bytes_per_second": 600, **DEPTH},
    {"kind": "ws-slow-consumer-cut", "buffer_bytes": 600, "bytes_per_second": 600, **DEPTH, "when": {"count": 2}},
    {"kind": "ws-disconnect", "when": {"count": 2}},
    {"kind": "ws-abrupt-drop", "when": {"count": 2}},
    {"kind": "ws-halfopen-blackhole", "when": {"count": 2}},
    {"kind": "ws-lifetime", "max_age": "8s", "early_jitter": "1s", "when": {"count": 3}},
    {"kind": "ws-shutdown-notice", "lead": "1150ms"},
)


def name_of(rule: dict[str, Any]) -> str:
    return " ".join(str(rule[name]) for name in ("kind", "policy", "freeze", "window") if name in rule)


def after(rule: dict[str, Any], make: type[BookBot]) -> BookBot:
    """A bot that has lived through a fault, as soon as the rule is gone and it has heard a few messages more."""
    bench = FaultBench(settings=BinanceSettings(limits=LIMITS_OFF))  # a snapshot weighs 250
    flow = Flow(bench)
    flow.run(100)
    bot = make(bench)
    flow.run(30, bot)
    assert has_the_servers_book(bot)
    armed = bench.plan.add(rule)
    for _ in range(12):
        flow.run(3)
        flow.run(7, bot)
    assert bench.fired
    bench.plan.remove(armed.id)
    flow.run(5, bot)
    return bot


@pytest.mark.parametrize("rule", FAULTS, ids=name_of)
def test_a_bot_that_resynchronizes_has_the_servers_book_after_any_fault(rule: dict[str, Any]) -> None:
    assert has_the_servers_book(after(rule, CarefulBot))


@pytest.mark.parametrize("rule", FAULTS, ids=name_of)
def test_a_bot_that_ignores_ids_and_ends_of_connections_has_not(rule: dict[str, Any]) -> None:
    assert not has_the_servers_book(after(rule, NaiveBot))


def test_a_snapshot_older_than_the_stream_is_asked_for_again_by_the_careful_bot_alone() -> None:
    bench = FaultBench()
    flow = Flow(bench)
    flow.run(100)
    bench.arm("stale-snapshot", when={"count": 4})
    flow.run(20)
    careful, naive = CarefulBot(bench), NaiveBot(bench)
    flow.run(30, careful, naive)
    assert (careful.snapshots, naive.snapshots) == (4, 1)
    assert has_the_servers_book(careful)
    assert not has_the_servers_book(naive)


@pytest.mark.parametrize("ids", ["restart", "jump"])
def test_a_book_service_that_starts_anew_is_got_over_by_whoever_replaces_its_book(ids: str) -> None:
    bench = FaultBench()
    flow = Flow(bench)
    flow.run(100)
    careful = CarefulBot(bench)
    flow.run(30, careful)
    armed = bench.arm("book-service-reset", ids=ids)
    flow.run(30, careful)
    assert has_the_servers_book(careful)
    assert careful.restarts == 1
    bench.plan.remove(armed.id)
    flow.run(30, careful)
    assert has_the_servers_book(careful)
    assert careful.restarts == 2


@pytest.mark.parametrize("rule", FAULTS, ids=name_of)
def test_a_socket_that_no_rule_means_gets_the_same_bytes_at_the_same_times(rule: dict[str, Any]) -> None:
    heard = []
    for is_armed in (False, True):
        bench = FaultBench()
        flow = Flow(bench)
        other = bench.stream("/ws/btcusdt@depth@100ms/btcusdt@trade/btcusdt@bookTicker", source="10.0.0.9")
        target = bench.stream("/ws/btcusdt@depth@100ms")
        if is_armed:
            bench.plan.add(rule | {"match": rule.get("match", {}) | {"connection": target.number}})
        flow.run(40)
        bench.advance(9_000_000_000)
        heard.append((bytes(other.written), other.end))
    assert heard[0] == heard[1]
    assert bench.fired


@pytest.mark.parametrize("rule", FAULTS, ids=name_of)
def test_a_rule_that_is_gone_leaves_the_very_bytes_that_were_there_without_it(rule: dict[str, Any]) -> None:
    heard = []
    for is_armed in (False, True):
        bench = FaultBench()
        flow = Flow(bench)
        if is_armed:
            armed = bench.plan.add(rule)
            bench.plan.remove(armed.id)
        stream = bench.stream("/ws/btcusdt@depth@100ms/btcusdt@trade/btcusdt@bookTicker")
        flow.run(40)
        heard.append((bytes(stream.written), stream.end))
    assert heard[0] == heard[1]
    assert not bench.plan.judges_frames
    assert not bench.plan.judges_sockets
