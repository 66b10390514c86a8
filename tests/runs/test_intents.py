import pytest

from run_bench import RunBench
from simexchange.domain.commands import CancelAllOrders

ALL = ("{never: duplicate_order_intent, account: alice}", "{never: order_before_reconciling, account: alice}")


def lost(effect: str = "apply", sees: str = "fin") -> RunBench:
    """The answer to alice's first order is lost."""
    bench = RunBench.expecting(*ALL)
    bench.arm("response-lost", when={"count": 1}, effect=effect, client_sees=sees)
    assert bench.place("a1") == b""
    bench.pass_time(1)
    return bench


@pytest.mark.parametrize("effect", ["apply", "discard"])
def test_the_same_again_under_another_id_is_a_duplicate_intent_whatever_the_engine_knows(effect: str) -> None:
    bench = lost(effect)
    bench.place("a2")
    assert bench.end() == ["failed", "failed"]
    first, second = (entry.seq for entry in bench.world.journal.requests)
    assert bench.verdicts[0].evidence == (first, second)


def test_a_quantity_is_the_same_however_it_is_written() -> None:
    bench = lost()
    bench.place("a2", quantity="0.10000")
    assert bench.end() == ["failed", "failed"]


@pytest.mark.parametrize("change", [{"side": "SELL"}, {"quantity": "0.2"}])
def test_another_order_is_no_duplicate_yet_comes_before_any_look(change: dict[str, str]) -> None:
    bench = lost()
    bench.place("a2", **change)
    assert bench.end() == ["passed", "failed"]


def test_the_same_again_under_the_same_id_is_what_a_correct_bot_does() -> None:
    bench = lost()
    bench.place("a1")
    bench.place("a2")
    assert bench.end() == ["passed", "passed"]


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/api/v3/order", {"symbol": "BTCUSDT", "origClientOrderId": "a1"}),
        ("/api/v3/openOrders", {}),
        ("/api/v3/openOrders", {"symbol": "BTCUSDT"}),
        ("/api/v3/allOrders", {"symbol": "BTCUSDT"}),
        ("/api/v3/myTrades", {"symbol": "BTCUSDT"}),
    ],
)
def test_any_look_at_orders_settles_it(path: str, params: dict[str, str]) -> None:
    bench = lost()
    bench.ask_as("alice", "GET", path, **params)
    bench.place("a2")
    assert bench.end() == ["passed", "passed"]


def test_a_look_at_another_order_settles_nothing() -> None:
    bench = lost()
    bench.ask_as("alice", "GET", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="other")
    bench.place("a2")
    assert bench.end() == ["failed", "failed"]


def test_a_look_that_is_refused_or_lost_is_none() -> None:
    bench = lost()
    bench.arm("rate-limited", when={"count": 1})
    bench.ask_as("alice", "GET", "/api/v3/openOrders")
    bench.arm("response-lost", match={"endpoint": "GET /api/v3/openOrders"}, when={"count": 1})
    bench.ask_as("alice", "GET", "/api/v3/openOrders")
    bench.pass_time(1)
    bench.place("a2")
    assert bench.end() == ["failed", "failed"]


def test_a_look_of_somebody_else_settles_nothing() -> None:
    bench = lost()
    bench.ask_as("bob", "GET", "/api/v3/openOrders")
    bench.place("a2")
    assert bench.end() == ["failed", "failed"]


def test_a_silent_connection_takes_ten_seconds_to_be_noticed() -> None:
    bench = lost(sees="timeout")
    bench.line = bench.wire()
    bench.place("a2", quantity="0.3")
    assert [state.value for state in bench.states] == ["pending", "pending"]
    bench.pass_time(10)
    bench.place("a3", quantity="0.4")
    assert bench.end() == ["passed", "failed"]


def test_an_error_that_leaves_the_state_open_is_a_lost_answer() -> None:
    bench = RunBench.expecting(*ALL)
    bench.arm("error-after-accept", when={"count": 1})
    assert b" 50" in bench.place("a1")[:13]
    bench.place("a2")
    assert bench.end() == ["failed", "failed"]


def test_an_order_that_the_user_stream_told_of_is_not_unknown() -> None:
    bench = RunBench.expecting(*ALL)
    stream = bench.stream("/ws/" + bench.dialect.listen_keys.start(bench.alice.account_id))
    assert stream.is_accepted
    bench.arm("response-lost", when={"count": 1})
    bench.place("a1")
    assert [message["c"] for message in stream.messages() if message["e"] == "executionReport"] == ["a1"]
    bench.pass_time(1)
    bench.place("a2")
    assert bench.end() == ["passed", "passed"]


def test_nothing_is_unknown_where_every_answer_came() -> None:
    bench = RunBench.expecting(*ALL)
    for number in range(3):
        bench.place(f"a{number}")
    assert bench.end() == ["passed", "passed"]


def twice(**second: str) -> list[str]:
    bench = RunBench.expecting("{never: duplicate_client_order_id, account: alice}")
    bench.place("a1")
    bench.door.submit(CancelAllOrders(bench.alice.account_id))
    bench.place("a1", **second)
    return bench.end()


def test_an_id_is_used_for_one_order_alone() -> None:
    assert twice(quantity="0.2") == ["failed"]
    assert twice() == ["failed"]


def test_an_id_may_be_used_again_where_the_first_answer_was_lost_or_a_refusal() -> None:
    for kind in ("response-lost", "rate-limited"):
        bench = RunBench.expecting("{never: duplicate_client_order_id, account: alice}")
        bench.arm(kind, when={"count": 1})
        bench.place("a1")
        bench.pass_time(1)
        bench.place("a1")
        assert bench.end() == ["passed"]
