import pytest

from run_bench import RunBench
from simexchange.domain.commands import CancelAllOrders, Deposit
from simexchange.runs.verdicts import Verdict, VerdictState


def looked_after(*seconds: float, within: str = "5s", client_order_id: str = "a1") -> Verdict:
    """An answer is lost; alice looks her order up after each of these."""
    bench = RunBench.expecting(
        f"{{within: {within}, after: response-lost, see: order_query_by_client_id, account: alice}}"
    )
    bench.arm("response-lost", when={"count": 1})
    bench.place("a1")
    for more in seconds:
        bench.pass_time(more)
        bench.ask_as("alice", "GET", "/api/v3/order", symbol="BTCUSDT", origClientOrderId=client_order_id)
    bench.pass_time(20)
    bench.end()
    return bench.verdicts[0]


def test_what_is_seen_in_time_has_passed_with_the_cause_and_the_look_as_evidence() -> None:
    verdict = looked_after(5)
    assert (verdict.state, verdict.why, len(verdict.evidence)) == (VerdictState.PASSED, "seen once", 2)


def test_what_is_seen_too_late_has_failed() -> None:
    verdict = looked_after(5.001)
    assert verdict.text == "within 5s after response-lost see order_query_by_client_id (alice)"
    assert (verdict.state, verdict.why) == (VerdictState.FAILED, "not seen in time after response-lost a1")


def test_what_is_never_seen_has_failed_once_the_time_is_over() -> None:
    assert looked_after().state is VerdictState.FAILED


def test_a_look_at_another_order_is_not_the_one_that_is_wanted() -> None:
    assert looked_after(1, client_order_id="other").state is VerdictState.FAILED


def test_each_time_it_happens_the_time_starts() -> None:
    bench = RunBench.expecting("{within: 5s, after: order_accepted, see: open_orders_query, account: alice}")
    for number, late in enumerate((1, 2, 6)):
        bench.place(f"a{number}")
        bench.pass_time(late)
        bench.ask_as("alice", "GET", "/api/v3/openOrders")
        assert bench.states == [VerdictState.PASSED if late < 5 else VerdictState.FAILED]


def test_while_the_time_runs_it_is_pending_and_says_what_is_left() -> None:
    bench = RunBench.expecting("{within: 5s, after: order_accepted, see: open_orders_query}")
    assert bench.verdicts[0].why == "no order_accepted so far"
    bench.place("a1")
    bench.pass_time(2)
    assert (bench.states, bench.verdicts[0].why) == ([VerdictState.PENDING], "3s were left")
    assert bench.end() == ["pending"]
    bench.pass_time(10)
    assert bench.states == [VerdictState.PENDING], "the run was over before its time was"


def test_no_new_key_is_waited_for_where_none_is_left() -> None:
    bench = RunBench(
        "timeline:\n"
        "  - {at: 1s, key: {account: alice, do: rotate, overlap: 5s}}\n"
        "  - {at: 60s, key: {account: alice, do: revoke}}\n"
        "expect: [{within: 10s, after: key, see: new_key_used, account: alice}]"
    )
    bench.pass_time(2)
    key = list(bench.door.venue.keys.values())[-1]
    bench.alice.api_key, bench.alice.signer.secret = key.api_key, key.material.reveal()
    assert b" 200 " in bench.ask_as("alice", "GET", "/api/v3/account")
    bench.pass_time(100)
    assert bench.end() == ["passed"]
    assert bench.verdicts[0].why == "seen once"


def test_what_was_never_put_to_the_test_is_skipped_and_not_passed() -> None:
    bench = RunBench.expecting("{within: 5s, after: response-lost, see: order_query}")
    assert bench.states == [VerdictState.PENDING]
    assert bench.end() == ["skipped"]
    assert bench.verdicts[0].why == "response-lost did not happen"


def test_what_happens_to_others_starts_no_time_for_alice() -> None:
    bench = RunBench.expecting("{within: 5s, after: order_accepted, see: order_query, account: alice}")
    bench.say(bench.order(bench.bob))
    assert bench.end() == ["skipped"]


@pytest.mark.parametrize("action", ["note: hear", "halt: {}", "balance: {account: alice, asset: BTC, deposit: '1'}"])
def test_an_action_of_the_timeline_starts_the_time(action: str) -> None:
    name = action.partition(":")[0]
    bench = RunBench(
        f"timeline: [{{at: 3s, {action}}}]\nexpect: [{{within: 5s, after: {name}, see: account_query, account: alice}}]"
    )
    bench.ask_as("alice", "GET", "/api/v3/account")
    bench.pass_time(7)
    assert bench.states == [VerdictState.PENDING]
    bench.ask_as("alice", "GET", "/api/v3/account")
    assert bench.end() == ["passed"]


@pytest.mark.parametrize(("at", "state"), [(4, "failed"), (6, "passed")])
def test_no_request_must_not_see_one(at: float, state: str) -> None:
    bench = RunBench("timeline: [{at: 1s, note: quiet}]\nexpect: [{within: 5s, after: note, see: no_request}]")
    bench.pass_time(1)
    bench.pass_time(at)
    bench.get("/api/v3/time")
    bench.pass_time(5)
    assert bench.end() == [state]


def test_no_request_for_as_long_as_that_has_passed() -> None:
    bench = RunBench("timeline: [{at: 1s, note: quiet}]\nexpect: [{within: 5s, after: note, see: no_request}]")
    bench.pass_time(4)
    assert bench.states == [VerdictState.PENDING]
    bench.pass_time(3)
    assert bench.end() == ["passed"]


def test_never_fails_at_the_first_sight_and_counts_the_others() -> None:
    bench = RunBench.expecting("{never: order_placed, account: alice}")
    assert (bench.states, bench.verdicts[0].why) == ([VerdictState.PENDING], "so far")
    bench.place("a1")
    assert (bench.states, bench.verdicts[0].why) == ([VerdictState.FAILED], "seen: BTC/USDT a1")
    bench.place("a2")
    assert bench.verdicts[0].why == "seen: BTC/USDT a1, 2 times in all"


def test_what_is_seen_once_the_run_is_over_does_not_count() -> None:
    bench = RunBench("ends_after: 10s\nexpect: [{never: order_placed}]")
    bench.pass_time(10)
    bench.place("a1")
    assert bench.states == [VerdictState.PASSED]


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ("open_orders: 1", ""),
        ("open_orders: 0", "1 are open on binance: a1"),
        ("open_orders: 2", "1 are open on binance: a1"),
        ('balances: {BTC: "2.5"}', ""),
        ('balances: {BTC: "2"}', "2.5 BTC on binance"),
        ('balances: {USDT: "100000"}', ""),
        ('balances: {BTC: {at_least: "2.5", at_most: "3"}}', ""),
        ('balances: {BTC: {at_least: "2.51"}}', "2.5 BTC on binance"),
        ('balances: {BTC: {at_most: "2.4"}, USDT: "1"}', "2.5 BTC on binance; 100000 USDT on binance"),
        ('balances: {ETH: "0"}', ""),
        ('position: {BTC/USDT: "0"}', ""),
        ('position: {BTC/USDT: {at_least: "0.1"}}', "a position of 0 in BTC/USDT on binance"),
    ],
)
def test_the_state_in_the_end(state: str, why: str) -> None:
    bench = RunBench.expecting(f"{{at_end: {{account: alice, {state}}}}}")
    bench.place("a1")
    bench.door.submit(Deposit(bench.alice.account_id, "BTC", 5 * 10**15))
    assert bench.states == [VerdictState.PENDING]
    assert bench.end() == ["failed" if why else "passed"]
    assert bench.verdicts[0].why == why


def test_a_position_is_what_was_bought_less_what_was_sold() -> None:
    bench = RunBench.expecting('{at_end: {account: alice, position: {BTC/USDT: "0.06"}}}')
    bench.place("a1")
    bench.say(bench.order(bench.bob, side="SELL"))
    bench.say(bench.order(bench.bob, quantity="0.04"))
    bench.place("a2", side="SELL", quantity="0.04")
    assert bench.end() == ["passed"]


def test_a_bot_may_put_things_in_order_on_its_way_out() -> None:
    bench = RunBench.expecting("{at_end: {account: alice, open_orders: 0}}")
    bench.place("a1")
    assert bench.end() == ["failed"]
    bench.door.submit(CancelAllOrders(bench.alice.account_id))
    bench.runner.judge.settle()
    assert bench.states == [VerdictState.PASSED]


def test_a_report_card_is_skipped_loudly() -> None:
    bench = RunBench.expecting("{report_card: {account: alice, practice: time sync, at_least: B}}")
    assert bench.end() == ["skipped"]
    assert bench.verdicts[0] == Verdict(
        "report card of alice: time sync at least B", VerdictState.SKIPPED, "no report card in this version"
    )


def test_nothing_listens_while_nothing_is_expected() -> None:
    plain = RunBench()
    assert (plain.world.journal.listeners, plain.gate.is_observed) == ((), False)
    expecting = RunBench.expecting("{never: oversell}")
    assert (len(expecting.world.journal.listeners), expecting.gate.is_observed) == (1, True)
    expecting.end()
    assert (expecting.world.journal.listeners, expecting.gate.is_observed) == ((), False)


def test_a_revert_takes_back_what_was_seen_since() -> None:
    bench = RunBench.expecting("{never: order_placed}", "{within: 5s, after: order_accepted, see: order_query}")
    snapshot = bench.world.snapshot()
    bench.place("a1")
    bench.pass_time(6)
    assert bench.end() == ["failed", "failed"]
    bench.world.revert(snapshot.snapshot_id)
    assert bench.states == [VerdictState.PENDING, VerdictState.PENDING]
    bench.place("a2")
    assert bench.states == [VerdictState.FAILED, VerdictState.PENDING]


def test_a_reset_begins_anew_and_hears_everything_once() -> None:
    bench = RunBench.expecting("{never: order_placed}")
    bench.place("a1")
    for _ in range(3):
        bench.world.reset()
        assert bench.states == [VerdictState.PENDING]
    bench.place("a2")
    assert bench.verdicts[0].why == "seen: BTC/USDT a2"
    assert len(bench.world.journal.listeners) == 1
