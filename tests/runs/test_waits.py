import pytest

from run_bench import RunBench

LIMITED = {"match": {"account": "alice"}, "retry_after": "10s", "when": {"count": 1}}


@pytest.fixture
def limited() -> RunBench:
    bench = RunBench.expecting("{never: request_before_retry_after, account: alice}", "{never: request_while_banned}")
    bench.arm("rate-limited", **LIMITED)
    assert b" 429 " in bench.place("a1")
    return bench


def test_a_request_before_retry_after_is_seen_with_the_refusal_and_the_request(limited: RunBench) -> None:
    refusal = limited.world.journal.requests[-1].seq
    limited.pass_time(9)
    limited.place("a2")
    early = limited.world.journal.requests[-1].seq
    assert limited.end() == ["failed", "passed"]
    assert limited.verdicts[0].evidence == (refusal, early)
    assert limited.verdicts[0].why == "seen: POST /api/v3/order BTC/USDT a2"


def test_a_request_once_retry_after_has_passed_is_not_seen(limited: RunBench) -> None:
    limited.pass_time(10)
    limited.place("a2")
    assert limited.end() == ["passed", "passed"]


def test_a_public_request_counts_for_whoever_uses_the_address(limited: RunBench) -> None:
    limited.pass_time(1)
    limited.get("/api/v3/time")
    assert limited.end() == ["failed", "passed"]


def test_a_request_that_was_on_its_way_already_is_held_against_nobody(limited: RunBench) -> None:
    limited.pass_time(0.04)
    limited.ask(limited.raw("GET", "/api/v3/time"), limited.wire())
    assert limited.end() == ["passed", "passed"]


def test_who_goes_on_hammering_has_known_since_the_first_refusal() -> None:
    bench = RunBench.expecting("{never: request_before_retry_after, account: alice}")
    bench.arm("rate-limited", retry_after="10s")
    for _ in range(3):
        bench.ask(bench.order(bench.alice), bench.wire())
        bench.pass_time(0.03)
    assert bench.end() == ["failed"]


def test_a_request_from_another_address_is_not_seen(limited: RunBench) -> None:
    limited.pass_time(1)
    limited.ask(limited.raw("GET", "/api/v3/time"), limited.wire("203.0.113.9"))
    assert limited.end() == ["passed", "passed"]


def test_a_refusal_that_never_arrived_told_nobody_to_wait() -> None:
    bench = RunBench.expecting("{never: request_before_retry_after, account: alice}")
    bench.arm("rate-limited", **LIMITED)
    bench.arm("response-lost", when={"count": 1})
    bench.place("a1")
    bench.place("a2")
    fates = [entry.fate for entry in bench.world.journal.requests]
    assert bench.end() == (["failed"] if fates[0] == "" else ["passed"])


@pytest.mark.parametrize(("after", "state"), [(29, "failed"), (30, "passed")])
def test_a_ban_lasts_until_it_is_over(after: int, state: str) -> None:
    bench = RunBench.expecting("{never: request_while_banned, account: alice}")
    bench.place("a0")
    bench.arm("ip-banned", retry_after="30s", when={"count": 1})
    assert b" 418 " in bench.get("/api/v3/time")
    bench.pass_time(after)
    bench.get("/api/v3/depth", symbol="BTCUSDT")
    assert bench.end() == [state]


def test_a_limit_on_orders_binds_orders_alone() -> None:
    bench = RunBench.expecting("{never: request_before_retry_after, account: alice}")
    bench.arm("order-count-limit", when={"count": 1})
    assert b" 429 " in bench.place("a1")
    bench.pass_time(0.3)
    bench.ask_as("alice", "GET", "/api/v3/openOrders")
    bench.get("/api/v3/time")
    assert bench.runner.judge.verdicts()[0].evidence == ()
    bench.place("a2")
    assert bench.end() == ["failed"]


def test_the_venues_own_limit_counts_like_a_faults() -> None:
    bench = RunBench.expecting("{never: request_before_retry_after}")
    answers = [bench.get("/api/v3/depth", symbol="BTCUSDT", limit=5000)[9:12] for _ in range(26)]
    assert (answers[23], answers[24]) == (b"200", b"429")
    assert bench.end() == ["failed"]


def test_a_poll_a_second_is_no_hammering_and_two_are() -> None:
    bench = RunBench.expecting("{never: request_during_downtime}", "{never: order_during_downtime}")
    bench.arm("downtime")
    for _ in range(3):
        bench.get("/api/v3/ping")
        bench.pass_time(1)
    assert [state.value for state in bench.states] == ["pending", "pending"]
    bench.get("/api/v3/ping")
    bench.pass_time(0.5)
    bench.get("/api/v3/ping")
    assert bench.end() == ["failed", "passed"]


def test_an_order_is_not_sent_to_a_venue_that_said_it_is_down() -> None:
    bench = RunBench.expecting("{never: order_during_downtime, account: alice}")
    bench.arm("maintenance")
    bench.place("a1")
    assert [state.value for state in bench.states] == ["pending"]
    bench.pass_time(5)
    bench.place("a2")
    assert bench.end() == ["failed"]


def test_the_first_order_into_a_halt_could_not_know_and_the_next_one_did() -> None:
    bench = RunBench(
        "timeline: [{at: 1s, for: 1m, halt: {symbol: BTC/USDT}}]\nexpect: [{never: order_during_downtime}]"
    )
    bench.pass_time(1)
    bench.place("a1")
    assert [state.value for state in bench.states] == ["pending"]
    bench.place("a2")
    assert [state.value for state in bench.states] == ["failed"]


def test_orders_after_a_halt_are_orders_like_any_other() -> None:
    bench = RunBench(
        "timeline: [{at: 1s, for: 1m, halt: {symbol: BTC/USDT}}]\nexpect: [{never: order_during_downtime}]"
    )
    bench.pass_time(1)
    bench.place("a1")
    bench.pass_time(60)
    bench.place("a2")
    bench.place("a3")
    assert bench.end() == ["passed"]
    assert bench.open_orders(bench.alice) == ["a2", "a3"]
