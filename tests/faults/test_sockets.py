"""Sockets that fall silent, are cut or half open: which ones, what their clients see, and what is left afterwards."""

from typing import Any

import pytest

from fault_bench import FaultBench, StreamWire
from simexchange.services.clock import MINUTE, SECOND
from simexchange.services.faults.reading import RuleRefused

TRADE, DEPTH = "/ws/btcusdt@trade", "/ws/btcusdt@depth@100ms"


def trade(bench: FaultBench, times: int = 1) -> None:
    for _ in range(times):
        bench.alice.order(side="SELL", quantity="0.001")
        bench.bob.order(side="BUY", quantity="0.001")


def listener(bench: FaultBench, name: str) -> StreamWire:
    account = bench.bob if name == "bob" else bench.alice
    return bench.stream("/ws/" + bench.dialect.listen_keys.start(account.account_id))


def subscriber(bench: FaultBench, name: str) -> StreamWire:
    """A WebSocket API socket that listens to an account."""
    client = bench.bob if name == "bob" else bench.alice
    socket = bench.stream("/ws-api/v3")
    params = {"apiKey": client.api_key, "timestamp": bench.now_ms}
    signature = client.signer.sign("&".join(f"{key}={params[key]}" for key in sorted(params)))
    params = params | {"signature": signature}
    socket.say({"id": 1, "method": "userDataStream.subscribe.signature", "params": params})
    assert socket.messages()[0]["status"] == 200
    return socket


def events(socket: StreamWire) -> list[str]:
    return [message.get("event", message)["e"] for message in socket.messages()]


def ended(socket: StreamWire) -> tuple[int | None, str, str | None]:
    """(close code, reason, how the connection ended)."""
    socket.texts()
    return socket.close_code, socket.close_reason, socket.end


# Which sockets.


def test_open_sockets_are_struck_oldest_first_and_later_ones_until_the_count_is_up() -> None:
    bench = FaultBench()
    first, second = bench.stream(TRADE), bench.stream(TRADE)
    bench.arm("ws-disconnect", when={"count": 1})
    assert (ended(first)[0], ended(second)[0]) == (1001, None)
    bench = FaultBench()
    first = bench.stream(TRADE)
    bench.arm("ws-disconnect", when={"count": 2})
    second, third = bench.stream(TRADE), bench.stream(TRADE)
    assert [ended(socket)[0] for socket in (first, second, third)] == [1001, 1001, None]


@pytest.mark.parametrize(
    ("match", "struck"),
    [
        ({"channel": "trade"}, {"trade", "both"}),
        ({"channel": "depth"}, {"depth", "both"}),
        ({"channel": "depth@100ms"}, {"depth"}),
        ({"channel": "kline_*"}, set()),
        ({"symbol": "BTC-USDT"}, {"trade", "depth", "both"}),
        ({"channel": "btcusdt@depth"}, {"depth", "both"}),
        ({"channel": "btcusdt@depth@100ms"}, {"depth"}),
        ({"channel": "ethusdt@depth"}, set()),
        ({"channel": "public"}, {"trade", "depth", "both", "idle", "api"}),
        ({"channel": "private"}, {"alice", "bob"}),
        ({"channel": "executionReport"}, {"alice", "bob"}),
        ({"account": "bob"}, {"bob"}),
        ({"account": "bob", "channel": "trade"}, set()),
        ({"source_ip": "10.1.0.0/16"}, {"depth"}),
        ({"connection": 2}, {"trade"}),
        ({"venue": "binance"}, {"trade", "depth", "both", "idle", "alice", "bob", "api"}),
    ],
)
def test_a_socket_is_matched_by_what_it_listens_to_whose_it_is_and_where_it_comes_from(
    match: dict[str, Any], struck: set[str]
) -> None:
    bench = FaultBench()
    sockets = {
        "trade": bench.stream(TRADE),
        "depth": bench.stream(DEPTH, source="10.1.2.3"),
        "both": bench.stream("/stream?streams=btcusdt@depth/btcusdt@trade"),
        "idle": bench.stream("/ws"),
        "alice": listener(bench, "alice"),
        "bob": subscriber(bench, "bob"),
        "api": bench.stream("/ws-api/v3"),
    }
    bench.arm("ws-disconnect", match=match)
    assert {name for name, socket in sockets.items() if ended(socket)[0] is not None} == struck
    assert {fired.connection for fired in bench.fired} == {sockets[name].number for name in struck}


def test_a_socket_that_subscribes_later_is_met_then_and_counted_once() -> None:
    bench = FaultBench()
    socket = bench.stream("/ws")
    armed = bench.arm("ws-silent", match={"channel": "trade"}, when={"skip": 1})
    socket.say({"method": "SUBSCRIBE", "params": ["btcusdt@trade"], "id": 1})
    socket.say({"method": "LIST_SUBSCRIPTIONS", "id": 2})
    trade(bench)
    assert [message.get("id", message.get("t")) for message in socket.messages()] == [1, 2, 1]
    assert (armed.counts.matched, armed.counts.fired) == (1, 0)
    other = bench.stream(TRADE)
    trade(bench)
    assert other.messages() == []
    assert (armed.counts.matched, armed.counts.fired) == (2, 1)


def test_a_rule_about_sockets_cannot_name_an_endpoint() -> None:
    with pytest.raises(RuleRefused, match=r"match.endpoint: ws-silent is not matched by that: venue and account"):
        FaultBench().arm("ws-silent", match={"endpoint": "GET /ws"})


# Silence.


def test_a_silent_channel_says_nothing_while_others_of_the_socket_do() -> None:
    bench = FaultBench()
    socket = bench.stream("/ws/btcusdt@trade/btcusdt@bookTicker")
    armed = bench.arm("ws-silent", match={"channel": "trade"})
    trade(bench, 3)
    assert {message.get("e") for message in socket.messages()} == {None}
    socket.say({"method": "LIST_SUBSCRIPTIONS", "id": 1})
    assert socket.messages() == [{"result": ["btcusdt@trade", "btcusdt@bookTicker"], "id": 1}]
    bench.plan.remove(armed.id)
    trade(bench)
    assert [message["t"] for message in socket.messages() if "t" in message] == [4], "what was not told never is"


@pytest.mark.parametrize("answer_ping", [True, False])
def test_a_silent_socket_is_pinged_as_ever_and_pongs_unless_it_may_not(answer_ping: bool) -> None:
    bench = FaultBench()
    socket, other = bench.stream(TRADE), bench.stream(TRADE)
    armed = bench.arm("ws-silent", match={"connection": socket.number}, answer_ping=answer_ping)
    for wire in (socket, other):
        wire.frame(0x9, b"are you there")
    bench.advance(20 * SECOND)
    for wire in (socket, other):
        wire.texts()
    assert socket.pongs == ([b"are you there"] if answer_ping else [])
    assert other.pongs == [b"are you there"]
    assert len(socket.pings) == 1
    assert socket.pings == other.pings
    bench.plan.remove(armed.id)
    socket.frame(0x9, b"and now")
    socket.texts()
    assert socket.pongs[-1] == b"and now"


@pytest.mark.parametrize("listen", [listener, subscriber])
def test_the_private_stream_dies_alone(listen: Any) -> None:
    bench = FaultBench()
    alice, bob, market = listen(bench, "alice"), listen(bench, "bob"), bench.stream(TRADE)
    armed = bench.arm("private-dead-public-alive", match={"account": "bob"})
    trade(bench)
    assert events(bob) == []
    assert "executionReport" in events(alice)
    assert events(market) == ["trade"]
    assert ended(bob) == (None, "", None)
    bench.plan.remove(armed.id)
    trade(bench)
    assert "executionReport" in events(bob)


def test_a_dead_private_socket_still_answers_requests() -> None:
    bench = FaultBench()
    bob = subscriber(bench, "bob")
    bench.arm("private-dead-public-alive")
    bob.say({"id": 9, "method": "ping"})
    assert [message["id"] for message in bob.messages()] == [9]


def test_the_private_stream_may_be_closed_instead() -> None:
    bench = FaultBench()
    bob, market = listener(bench, "bob"), bench.stream(TRADE)
    bench.arm("private-dead-public-alive", mode="close")
    assert (ended(bob)[0], ended(market)[0]) == (1001, None)


# Cuts.


def test_a_socket_is_closed_with_the_code_and_the_reason_asked_for() -> None:
    bench = FaultBench()
    socket = bench.stream(TRADE)
    bench.arm("ws-close-code", code=1008, reason="Pong timeout")
    assert ended(socket)[:2] == (1008, "Pong timeout")
    trade(bench)
    assert socket.messages() == []
    assert bench.gate.sockets() == ()


@pytest.mark.parametrize(
    ("rule", "end"),
    [
        ({"kind": "ws-disconnect", "abrupt": True}, "reset"),
        ({"kind": "ws-abrupt-drop"}, "reset"),
        ({"kind": "ws-abrupt-drop", "rst": False}, "closed"),
    ],
)
def test_an_abrupt_end_has_no_close_frame(rule: dict[str, Any], end: str) -> None:
    bench = FaultBench()
    socket = bench.stream(TRADE)
    bench.plan.add(rule)
    assert ended(socket) == (None, "", end)
    assert bench.gate.sockets() == ()


@pytest.mark.parametrize(
    ("code", "says"), [(999, "from 1000 to 4999"), (5000, "from 1000 to 4999"), (1006, "never stands in")]
)
def test_a_code_that_no_close_frame_may_carry_is_refused(code: int, says: str) -> None:
    with pytest.raises(RuleRefused) as refused:
        FaultBench().arm("ws-disconnect", code=code)
    assert says in str(refused.value)


def test_nothing_leaves_a_half_open_socket_and_nothing_is_heard_until_it_is_reset() -> None:
    bench = FaultBench()
    socket, other = bench.stream(TRADE), bench.stream(TRADE)
    armed = bench.arm("ws-halfopen-blackhole", match={"connection": socket.number})
    trade(bench)
    socket.frame(0x9, b"are you there")
    for _ in range(10):
        bench.advance(20 * SECOND)
        other.texts()
        other.frame(0xA, other.pings[-1])
    assert socket.take() == b""
    assert ended(socket)[2] is None, "not even the venue's own pong timeout can be seen"
    assert other.close_code is None
    bench.plan.remove(armed.id)
    assert socket.end == "reset"
    assert other.end is None


def test_a_socket_that_opens_during_a_blackhole_falls_into_it_too() -> None:
    bench = FaultBench()
    bench.arm("ws-halfopen-blackhole", ttl="1m")
    socket = bench.stream(TRADE)
    trade(bench)
    assert socket.messages() == []
    bench.advance(MINUTE)
    assert socket.end == "reset"
    assert [message["t"] for message in _after_trade(bench, bench.stream(TRADE))] == [2]


def _after_trade(bench: FaultBench, socket: StreamWire) -> list[Any]:
    trade(bench)
    return socket.messages()


def test_sockets_are_what_they_were_when_the_world_has_gone_back() -> None:
    bench = FaultBench()
    bench.world.keep(bench.dialect)
    socket = bench.stream(TRADE)
    for kind in ("ws-silent", "ws-halfopen-blackhole", "ws-lifetime", "ws-shutdown-notice", "ws-slow-consumer-cut"):
        bench.arm(kind)
    bench.arm("ws-delay", by="1h")
    trade(bench)
    bench.plan.clear()
    snapshot = bench.world.snapshot()
    bench.arm("ws-silent")
    bench.world.revert(snapshot.snapshot_id)
    later = bench.stream(TRADE)
    trade(bench)
    assert [message["t"] for message in later.messages()] == [2]
    assert socket.messages() == []


def test_rules_about_sockets_live_through_a_way_back() -> None:
    bench = FaultBench()
    bench.world.keep(bench.dialect)
    bench.stream(TRADE)
    for kind in ("ws-silent", "ws-lifetime", "ws-shutdown-notice", "ws-pong-timeout", "ws-token-expired"):
        bench.arm(kind)
    bench.arm("ws-delay", by="1h", match={"channel": "trade"})
    trade(bench)
    snapshot = bench.world.snapshot()
    bench.world.revert(snapshot.snapshot_id)
    later = bench.stream(TRADE)
    trade(bench)
    bench.advance(SECOND // 2)
    assert later.messages() == [], "still silent"
    bench.plan.clear()
    trade(bench)
    assert [message["t"] for message in later.messages()] == [3]


@pytest.mark.parametrize(
    "kind", ["ws-silent", "ws-halfopen-blackhole", "ws-lifetime", "ws-delay", "ws-slow-consumer-cut"]
)
def test_who_is_connected_is_no_part_of_the_worlds_state(kind: str) -> None:
    bench = FaultBench()
    bench.world.keep(bench.dialect)
    bench.stream(TRADE)
    bench.arm(kind)
    trade(bench)
    before = bench.world.state_hash()
    snapshot = bench.world.snapshot()
    bench.world.revert(snapshot.snapshot_id)
    assert bench.world.state_hash() == before


def test_a_rule_about_sockets_that_is_changed_keeps_those_it_struck_and_counts_nobody_twice() -> None:
    bench = FaultBench()
    struck, other = bench.stream(TRADE), bench.stream(TRADE)
    armed = bench.arm("ws-silent", when={"count": 1})
    changed = bench.plan.change(armed.id, {"answer_ping": False})
    trade(bench)
    struck.frame(0x9, b"are you there")
    assert (struck.messages(), struck.pongs) == ([], [])
    assert len(other.messages()) == 1
    assert (changed.counts.matched, changed.counts.fired) == (1, 1)
    bench.plan.remove(armed.id)
    trade(bench)
    struck.frame(0x9, b"and now")
    assert [message["t"] for message in struck.messages()] == [2]
    assert struck.pongs == [b"and now"]


def test_an_age_may_be_changed_for_sockets_that_are_open() -> None:
    bench = FaultBench()
    socket = bench.stream(TRADE)
    armed = bench.arm("ws-lifetime", max_age="10s")
    bench.plan.change(armed.id, {"max_age": "5s"})
    bench.advance(5 * SECOND)
    assert ended(socket)[0] == 1001
    assert len(bench.fired) == 1
