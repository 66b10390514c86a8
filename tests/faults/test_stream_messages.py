"""Messages lost, doubled and damaged: the very bytes."""

import json

import pytest

from fault_bench import FaultBench, StreamWire
from simexchange.services.clock import MILLISECOND, SECOND
from simexchange.services.faults.reading import RuleRefused

TRADES = {"match": {"channel": "trade"}}


def trade(bench: FaultBench, times: int = 1) -> None:
    """Alice sells to Bob, one lot at a time."""
    for _ in range(times):
        bench.alice.order(side="SELL", quantity="0.001")
        bench.bob.order(side="BUY", quantity="0.001")


def trade_ids(socket: StreamWire) -> list[int]:
    return [message["t"] for message in socket.messages() if message["e"] == "trade"]


def sent_without(bench: FaultBench, socket: StreamWire, times: int) -> list[str]:
    trade(bench, times)
    return socket.texts()


def test_dropped_messages_vanish_in_a_row_and_the_rest_is_untouched() -> None:
    plain = FaultBench()
    expected = sent_without(plain, plain.stream("/ws/btcusdt@trade"), 8)
    bench = FaultBench()
    socket = bench.stream("/ws/btcusdt@trade")
    bench.arm("ws-drop", **TRADES, n=2, when={"skip": 1, "count": 2})
    trade(bench, 8)
    assert socket.texts() == [expected[0], *expected[5:]]
    assert [(fired.kind, fired.ordinal, fired.channel, fired.symbol, fired.connection) for fired in bench.fired] == [
        ("ws-drop", 2, "trade", "BTC/USDT", socket.number),
        ("ws-drop", 3, "trade", "BTC/USDT", socket.number),
    ]


def test_a_rule_that_is_taken_away_amid_a_run_drops_no_more() -> None:
    bench = FaultBench()
    socket = bench.stream("/ws/btcusdt@trade")
    armed = bench.arm("ws-drop", n=100)
    trade(bench, 3)
    bench.plan.remove(armed.id)
    trade(bench, 2)
    assert trade_ids(socket) == [4, 5]


def test_a_gap_takes_changes_of_the_book_alone_and_the_ids_go_on() -> None:
    bench = FaultBench()
    socket = bench.stream("/stream?streams=btcusdt@depth@100ms/btcusdt@trade")
    bench.arm("ws-gap", n=2, when={"skip": 1, "count": 1})
    for _ in range(4):
        trade(bench)
        bench.advance(100 * MILLISECOND)
    messages = socket.messages()
    assert [message["data"]["t"] for message in messages if message["stream"] == "btcusdt@trade"] == [1, 2, 3, 4]
    first, second = [message["data"] for message in messages if message["stream"] == "btcusdt@depth@100ms"]
    assert second["U"] == first["u"] + 5, "two events a message are missing"


def test_copies_are_the_same_to_the_byte_at_once_or_later() -> None:
    for after, at_once, later in (("0s", 3, 0), ("1s", 1, 2)):
        bench = FaultBench()
        socket = bench.stream("/ws/btcusdt@trade")
        bench.arm("ws-duplicate", copies=2, after=after, when={"count": 1})
        trade(bench)
        first = socket.texts()
        assert first == first[:1] * at_once
        bench.advance(2 * SECOND)
        assert socket.texts() == first[:1] * later


def test_copies_yet_to_come_die_with_the_rule() -> None:
    bench = FaultBench()
    socket = bench.stream("/ws/btcusdt@trade")
    armed = bench.arm("ws-duplicate", after="1s")
    trade(bench)
    bench.plan.remove(armed.id)
    bench.advance(5 * SECOND)
    assert trade_ids(socket) == [1]


def test_a_fill_can_be_told_twice_and_the_money_once() -> None:
    bench = FaultBench()
    key = bench.dialect.listen_keys.start(bench.bob.account_id)
    socket = bench.stream(f"/ws/{key}")
    bench.arm("ws-duplicate-message", match={"account": "bob", "channel": "executionReport"}, when={"skip": 1})
    trade(bench)
    told = [(message["e"], message.get("x"), message.get("t")) for message in socket.messages()]
    assert told == [
        ("executionReport", "NEW", -1),
        ("executionReport", "TRADE", 1),
        ("executionReport", "TRADE", 1),
        ("outboundAccountPosition", None, None),
    ]
    assert [(fired.account, fired.order_id) for fired in bench.fired] == [("bob", 2)]


def test_a_truncated_message_is_its_beginning() -> None:
    plain = FaultBench()
    (whole,) = sent_without(plain, plain.stream("/ws/btcusdt@trade"), 1)
    bench = FaultBench()
    socket = bench.stream("/ws/btcusdt@trade")
    bench.arm("ws-corrupt", keep="25%")
    trade(bench)
    assert socket.texts() == [whole[: len(whole) // 4]]


def test_a_garbled_message_is_text_and_no_json() -> None:
    bench = FaultBench()
    socket = bench.stream("/ws/btcusdt@trade")
    bench.arm("ws-corrupt", damage="garbled")
    trade(bench)
    (text,) = socket.texts()
    assert text.startswith("('e';'trade'.'E';")
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)


def test_a_text_frame_may_hold_what_no_text_holds() -> None:
    bench = FaultBench()
    socket = bench.stream("/ws/btcusdt@trade")
    bench.arm("ws-corrupt", damage="not_utf8")
    trade(bench)
    data = socket.take()
    assert data[0] == 0x81
    assert b'{\xff\xfe"e":"trade"' in data


@pytest.mark.parametrize("path", ["/ws/btcusdt@trade", "/stream?streams=btcusdt@trade"])
def test_a_field_is_added_behind_the_others_and_a_value_replaced_where_it_stands(path: str) -> None:
    plain = FaultBench()
    (whole,) = sent_without(plain, plain.stream(path), 1)
    for options, expected in (
        ({}, whole.replace('"M":true}', '"M":true,"simx":"UNKNOWN"}')),
        ({"path": "/m", "value": "MAYBE"}, whole.replace('"m":false', '"m":"MAYBE"')),
        ({"path": "/no/way", "value": 1}, whole),
    ):
        bench = FaultBench()
        socket = bench.stream(path)
        bench.arm("unknown-enum-or-field", **options)
        trade(bench)
        assert socket.texts() == [expected]


def test_an_order_can_have_a_status_nobody_knows_whatever_its_wrapping() -> None:
    bench = FaultBench()
    socket = bench.stream("/stream?streams=" + bench.dialect.listen_keys.start(bench.bob.account_id))
    match = {"account": "bob", "channel": "executionReport"}
    bench.arm("unknown-enum-or-field", match=match, path="/X", value="INSURANCE_FUND")
    trade(bench)
    reports = [message["data"] for message in socket.messages() if message["data"]["e"] == "executionReport"]
    assert [(report["x"], report["X"]) for report in reports] == [
        ("NEW", "INSURANCE_FUND"),
        ("TRADE", "INSURANCE_FUND"),
    ]


def test_entries_of_a_list_may_be_pointed_at() -> None:
    bench = FaultBench()
    socket = bench.stream("/ws/btcusdt@depth@100ms")
    bench.arm("unknown-enum-or-field", path="/b/0/1", value="NaN")
    bench.bob.order(side="BUY")
    bench.advance(100 * MILLISECOND)
    assert socket.messages()[0]["b"] == [["60000.00000000", "NaN"]]


def test_a_message_may_come_in_several_frames() -> None:
    plain = FaultBench()
    (whole,) = sent_without(plain, plain.stream("/ws/btcusdt@trade"), 1)
    bench = FaultBench()
    socket = bench.stream("/ws/btcusdt@trade")
    bench.arm("ws-frame-edge", fragments=3, when={"count": 1})
    trade(bench)
    data, heads, text = socket.take(), [], b""
    while data:
        heads.append(data[0])
        text += data[2 : 2 + data[1]]
        data = data[2 + data[1] :]
    assert heads == [0x01, 0x00, 0x80]
    assert text.decode() == whole


def test_answers_to_requests_are_left_alone() -> None:
    bench = FaultBench()
    socket = bench.stream("/ws")
    bench.arm("ws-drop")
    bench.arm("ws-corrupt")
    socket.say({"method": "SUBSCRIBE", "params": ["btcusdt@trade"], "id": 7})
    assert socket.texts() == ['{"result":null,"id":7}']


@pytest.mark.parametrize("kind", ["ws-drop", "ws-gap", "ws-duplicate", "ws-corrupt", "ws-delay", "ws-reorder"])
def test_a_rule_about_one_account_leaves_the_other_to_the_byte(kind: str) -> None:
    heard = []
    for is_armed in (False, True):
        bench = FaultBench()
        socket = bench.stream("/ws/" + bench.dialect.listen_keys.start(bench.alice.account_id))
        bench.stream("/ws/" + bench.dialect.listen_keys.start(bench.bob.account_id))
        if is_armed:
            bench.arm(kind, match={"account": "bob"})
        trade(bench, 3)
        heard.append(socket.take())
    assert heard[0] == heard[1]


@pytest.mark.parametrize(
    ("rule", "field", "says"),
    [
        ({"kind": "ws-drop", "n": 0}, "n", "from 1 to 10000"),
        ({"kind": "ws-duplicate", "after": 5}, "after", "has no unit"),
        ({"kind": "ws-duplicate", "after": "-1s"}, "", "after is -1s: 0s and more passes"),
        ({"kind": "ws-delay", "by_p99": "9s"}, "", "by_p99 and a distribution (uniform, lognormal) pass together"),
        ({"kind": "unknown-enum-or-field", "path": "X"}, "path", "that fits"),
        ({"kind": "ws-corrupt", "damage": "cut"}, "damage", '"truncated", "garbled" and "not_utf8" pass'),
        ({"kind": "ws-drop", "match": {"endpoint": "GET /api/v3/depth"}}, "match.endpoint", "is not matched by that"),
        ({"kind": "bad-checksum"}, "kind", "cannot happen on binance: on okx, kraken only"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_what_would_pass(
    rule: dict[str, object], field: str, says: str
) -> None:
    with pytest.raises(RuleRefused) as refused:
        FaultBench().plan.add(rule)
    assert refused.value.field == field
    assert says in refused.value.message


def test_of_rules_about_messages_the_first_that_acts_acts_alone() -> None:
    bench = FaultBench()
    socket = bench.stream("/ws/btcusdt@trade")
    bench.arm("ws-drop", when={"every_nth": 2})
    bench.arm("ws-duplicate", when={"count": 2})
    trade(bench, 4)
    assert trade_ids(socket) == [1, 1, 3, 3]
    assert [(fired.kind, fired.ordinal) for fired in bench.fired] == [
        ("ws-duplicate", 1),
        ("ws-drop", 2),
        ("ws-duplicate", 2),
        ("ws-drop", 4),
    ]


def test_a_rule_that_is_changed_goes_on_counting_where_it_was() -> None:
    bench = FaultBench()
    socket = bench.stream("/ws/btcusdt@trade")
    armed = bench.arm("ws-drop", when={"count": 3})
    trade(bench, 2)
    bench.plan.change(armed.id, {"n": 2})
    trade(bench, 4)
    assert trade_ids(socket) == [5, 6]
    assert len(bench.fired) == 3


def test_a_rule_wakes_on_an_event_and_acts_in_its_window() -> None:
    bench = FaultBench()
    socket = bench.stream("/ws/btcusdt@trade")
    bench.arm("ws-drop", when={"on_event": "order_filled"}, match={"account": "bob"}, id="sleeper")
    bench.arm("ws-silent", when={"window": ["10s", "20s"]}, id="window")
    trade(bench)
    assert trade_ids(socket) == [1]
    bench.advance(10 * SECOND)
    trade(bench)
    assert trade_ids(socket) == []
    bench.advance(10 * SECOND)
    trade(bench)
    assert trade_ids(socket) == [3]
