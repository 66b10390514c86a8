"""Messages late and out of order: when each leaves, in which order, and that none is lost."""

import pytest

from fault_bench import FaultBench, StreamWire
from simexchange.services.clock import MILLISECOND, SECOND


def trade(bench: FaultBench, times: int = 1) -> None:
    for _ in range(times):
        bench.alice.order(side="SELL", quantity="0.001")
        bench.bob.order(side="BUY", quantity="0.001")


def trade_ids(socket: StreamWire) -> list[int]:
    return [message["t"] for message in socket.messages() if message["e"] == "trade"]


def reports(socket: StreamWire) -> list[tuple[int, str]]:
    """(order id, execution type) of each executionReport."""
    return [(message["i"], message["x"]) for message in socket.messages() if message["e"] == "executionReport"]


def listener(bench: FaultBench, name: str = "bob") -> StreamWire:
    account = bench.bob if name == "bob" else bench.alice
    return bench.stream("/ws/" + bench.dialect.listen_keys.start(account.account_id))


def test_a_delayed_message_comes_when_its_time_has_come_with_the_bytes_it_had() -> None:
    plain = FaultBench()
    other = plain.stream("/ws/btcusdt@trade")
    trade(plain)
    bench = FaultBench()
    socket = bench.stream("/ws/btcusdt@trade")
    bench.arm("ws-delay", by="250ms")
    trade(bench)
    bench.advance(250 * MILLISECOND - 1)
    assert socket.texts() == []
    bench.advance(1)
    assert socket.texts() == other.texts()


def test_messages_behind_a_delayed_one_wait_for_it_unless_order_does_not_matter() -> None:
    for keep_order, at_once, later in ((True, [], [1, 2, 3]), (False, [2, 3], [1])):
        bench = FaultBench()
        socket = bench.stream("/ws/btcusdt@trade")
        bench.arm("ws-delay", by="1s", keep_order=keep_order, when={"count": 1})
        trade(bench, 3)
        assert trade_ids(socket) == at_once
        bench.advance(SECOND)
        assert trade_ids(socket) == later
        trade(bench)
        assert trade_ids(socket) == [4]


def test_messages_of_channels_that_the_rule_does_not_mean_are_in_time() -> None:
    bench = FaultBench()
    socket = bench.stream("/ws/btcusdt@trade/btcusdt@bookTicker")
    bench.arm("ws-delay", match={"channel": "trade"})
    trade(bench)
    assert {message.get("e") for message in socket.messages()} == {None}


@pytest.mark.parametrize("distribution", ["uniform", "lognormal"])
def test_drawn_delays_are_those_of_the_seed_with_the_median_and_the_tail_asked_for(distribution: str) -> None:
    lives = []
    for _ in range(2):
        bench = FaultBench()
        socket = bench.stream("/ws/btcusdt@trade")
        bench.arm("ws-delay", by="1s", by_p99="1500ms", distribution=distribution, keep_order=False)
        trade(bench, 400)
        arrivals: list[int] = []
        for step in range(1, 200):
            bench.advance(50 * MILLISECOND)
            arrivals += [step * 50] * len(trade_ids(socket))
        lives.append(arrivals)
    assert lives[0] == lives[1]
    arrivals = lives[0]
    assert len(arrivals) == 400
    assert 950 <= arrivals[200] <= 1_050
    assert 1_350 <= arrivals[395] <= 1_650


def test_what_is_held_when_the_rule_goes_leaves_at_once_in_order() -> None:
    bench = FaultBench()
    socket = bench.stream("/ws/btcusdt@trade")
    armed = bench.arm("ws-delay", by="1h", by_p99="2h", distribution="uniform", keep_order=False)
    trade(bench, 4)
    assert trade_ids(socket) == []
    bench.plan.remove(armed.id)
    assert trade_ids(socket) == [1, 2, 3, 4]
    trade(bench)
    assert trade_ids(socket) == [5]
    bench.advance(7_200 * SECOND)
    assert trade_ids(socket) == []


def test_a_rule_of_a_time_lets_go_when_its_time_is_over() -> None:
    bench = FaultBench()
    socket = bench.stream("/ws/btcusdt@trade")
    bench.arm("ws-delay", by="1h", ttl="5s")
    trade(bench)
    bench.advance(5 * SECOND)
    assert trade_ids(socket) == [1]
    assert bench.plan.rules == ()


def test_a_fill_is_told_late_and_everything_else_in_time() -> None:
    bench = FaultBench()
    bob, alice = listener(bench), listener(bench, "alice")
    bench.arm("delayed-fill-event", match={"account": "bob"}, by="20s")
    trade(bench)
    assert [message["e"] for message in alice.messages()] == [
        "executionReport",
        "outboundAccountPosition",
        "executionReport",
        "outboundAccountPosition",
    ]
    assert [(message["e"], message.get("x")) for message in bob.messages()] == [
        ("executionReport", "NEW"),
        ("outboundAccountPosition", None),
    ]
    assert bench.ask(bench.request(bench.bob, "GET", "/api/v3/openOrders")).json == []
    bench.advance(20 * SECOND)
    assert reports(bob) == [(2, "TRADE")]
    (fired,) = bench.fired
    assert (fired.account, fired.order_id, fired.channel) == ("bob", 2, "executionReport")


def test_neighbours_are_swapped_and_the_chosen_one_is_overtaken_by_as_many_as_asked_for() -> None:
    for window, expected in ((1, [2, 1, 3, 4, 5]), (3, [2, 3, 4, 1, 5])):
        bench = FaultBench()
        socket = bench.stream("/ws/btcusdt@trade")
        bench.arm("ws-reorder", window=window, when={"count": 1})
        trade(bench, 5)
        assert trade_ids(socket) == expected


def test_nobody_is_overtaken_forever() -> None:
    bench = FaultBench()
    socket = bench.stream("/ws/btcusdt@trade")
    bench.arm("ws-reorder", longest="3s", when={"count": 1})
    trade(bench)
    bench.advance(3 * SECOND - 1)
    assert trade_ids(socket) == []
    bench.advance(1)
    assert trade_ids(socket) == [1]
    trade(bench, 2)
    assert trade_ids(socket) == [2, 3]


def test_a_message_is_overtaken_by_its_own_stream_or_by_any() -> None:
    for across_channels, held in ((False, []), (True, ["trade"])):
        bench = FaultBench()
        socket = bench.stream("/ws/btcusdt@trade/btcusdt@bookTicker")
        bench.arm("ws-reorder", across_channels=across_channels, when={"skip": 1, "count": 1})
        trade(bench)
        assert [message["e"] for message in socket.messages() if "e" in message] == held


def test_what_waits_to_be_overtaken_leaves_with_the_rule() -> None:
    bench = FaultBench()
    socket = bench.stream("/ws/btcusdt@trade")
    armed = bench.arm("ws-reorder", window=3)
    trade(bench, 2)
    assert trade_ids(socket) == [2]
    bench.plan.remove(armed.id)
    assert trade_ids(socket) == [1]
    trade(bench)
    bench.advance(60 * SECOND)
    assert trade_ids(socket) == [3]


def test_an_order_is_filled_before_it_is_new_and_other_orders_are_what_they_were() -> None:
    bench = FaultBench()
    bob = listener(bench)
    bench.arm("user-event-out-of-order", match={"account": "bob"}, when={"count": 1})
    trade(bench, 2)
    assert reports(bob) == [(2, "TRADE"), (2, "NEW"), (4, "NEW"), (4, "TRADE")]


def test_a_fill_comes_after_the_cancel_of_the_rest() -> None:
    bench = FaultBench()
    bob = listener(bench)
    bench.bob.order(quantity="0.002")
    bench.arm("user-event-out-of-order", match={"account": "bob"}, when={"count": 1})
    bench.alice.order(side="SELL", quantity="0.001")
    bench.bob.ask("DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=1)
    assert reports(bob) == [(1, "NEW"), (1, "CANCELED"), (1, "TRADE")]
