"""Sockets that are taken to read slowly: late messages, then what the policy says, within a bound."""

import pytest

from fault_bench import FaultBench, StreamWire
from simexchange.services.clock import SECOND

ONE = 130
"""A trade has about so many bytes."""


def trade(bench: FaultBench, times: int = 1) -> None:
    for _ in range(times):
        bench.alice.order(side="SELL", quantity="0.001")
        bench.bob.order(side="BUY", quantity="0.001")


def trade_ids(socket: StreamWire) -> list[int]:
    return [message["t"] for message in socket.messages() if message["e"] == "trade"]


def test_messages_come_as_fast_as_they_are_read() -> None:
    bench = FaultBench()
    socket = bench.stream("/ws/btcusdt@trade")
    bench.arm("ws-slow-consumer-cut", buffer_bytes=10 * ONE, bytes_per_second=ONE)
    trade(bench, 3)
    assert trade_ids(socket) == []
    arrivals = []
    for _ in range(3):
        bench.advance(SECOND)
        arrivals.append(trade_ids(socket))
    assert arrivals == [[1], [2], [3]]
    assert not bench.fired


def test_a_socket_with_too_much_to_read_is_closed() -> None:
    bench = FaultBench()
    socket = bench.stream("/ws/btcusdt@trade")
    other = bench.stream("/ws/btcusdt@trade")
    bench.arm("ws-slow-consumer-cut", match={"connection": socket.number}, buffer_bytes=3 * ONE, bytes_per_second=ONE)
    trade(bench, 5)
    assert trade_ids(socket) == []
    assert (socket.close_code, socket.close_reason) == (1008, "slow consumer")
    assert (trade_ids(other), other.close_code) == ([1, 2, 3, 4, 5], None)
    assert [fired.connection for fired in bench.fired] == [socket.number]


@pytest.mark.parametrize(("policy", "survivors"), [("drop_oldest", [5, 6, 7]), ("drop_newest", [1, 2, 3])])
def test_messages_are_dropped_at_either_end_of_what_waits(policy: str, survivors: list[int]) -> None:
    bench = FaultBench()
    socket = bench.stream("/ws/btcusdt@trade")
    bench.arm("ws-slow-consumer-cut", policy=policy, buffer_bytes=3 * ONE, bytes_per_second=ONE)
    trade(bench, 7)
    bench.advance(60 * SECOND)
    assert trade_ids(socket) == survivors
    assert socket.close_code is None
    assert len(bench.fired) == 4


@pytest.mark.parametrize("policy", ["drop_oldest", "drop_newest"])
def test_a_message_larger_than_the_buffer_is_lost(policy: str) -> None:
    bench = FaultBench()
    socket = bench.stream("/ws/btcusdt@trade")
    bench.arm("ws-slow-consumer-cut", policy=policy, buffer_bytes=10)
    trade(bench, 2)
    bench.advance(60 * SECOND)
    assert trade_ids(socket) == []


def test_what_waits_leaves_with_the_rule() -> None:
    bench = FaultBench()
    socket = bench.stream("/ws/btcusdt@trade")
    armed = bench.arm("ws-slow-consumer-cut", bytes_per_second=1)
    trade(bench, 3)
    bench.plan.remove(armed.id)
    assert trade_ids(socket) == [1, 2, 3]
    trade(bench)
    bench.advance(3_600 * SECOND)
    assert trade_ids(socket) == [4]


def test_a_rule_that_is_spent_lets_everything_pass_again() -> None:
    bench = FaultBench()
    socket = bench.stream("/ws/btcusdt@trade")
    bench.arm("ws-slow-consumer-cut", policy="drop_newest", buffer_bytes=2 * ONE, bytes_per_second=1, when={"count": 1})
    trade(bench, 3)
    assert trade_ids(socket) == []
    trade(bench)
    assert trade_ids(socket) == [1, 2, 4]
