from run_bench import RunBench
from simexchange.domain.commands import CancelOrder

SIGNS = (
    "order_rejected",
    "filter_rejected",
    "insufficient_balance",
    "oversell",
    "self_trade",
    "order_placed",
    "order_canceled",
    "all_orders_canceled",
)


def seen(*orders: dict[str, str]) -> set[str]:
    """The signs of alice's orders, one after the other."""
    bench = RunBench.expecting(*(f"{{never: {sign}, account: alice}}" for sign in SIGNS))
    for number, changes in enumerate(orders):
        bench.place(f"a{number}", **changes)
    bench.end()
    return {sign for sign, verdict in zip(SIGNS, bench.verdicts, strict=True) if verdict.state.value == "failed"}


def test_an_order_that_rests_is_placed_and_nothing_else() -> None:
    assert seen({}) == {"order_placed"}


def test_rules_that_are_broken_are_seen() -> None:
    assert seen({"price": "60000.001"}) == {"order_rejected", "filter_rejected"}
    assert seen({"quantity": "0.00001"}) == {"order_rejected", "filter_rejected"}
    assert seen({"quantity": "0.123456789"}) == {"order_rejected", "filter_rejected"}


def test_an_order_that_makes_no_sense_is_rejected_and_breaks_no_filter() -> None:
    assert seen({"side": "UP"}) == {"order_rejected"}


def test_more_than_the_account_has_is_too_much_and_only_selling_it_is_an_oversell() -> None:
    assert seen({"quantity": "5"}) == {"order_rejected", "insufficient_balance"}
    assert seen({"side": "SELL", "quantity": "5"}) == {"order_rejected", "insufficient_balance", "oversell"}


def test_selling_what_is_held_already_is_an_oversell() -> None:
    sell = {"side": "SELL", "quantity": "1.5", "price": "70000"}
    assert seen(sell, sell) == {"order_placed", "order_rejected", "insufficient_balance", "oversell"}


def test_meeting_ones_own_order_is_seen() -> None:
    assert "self_trade" in seen({}, {"side": "SELL"})
    assert "self_trade" not in seen({}, {"side": "SELL", "price": "60000.01"})


def test_a_rejection_that_a_fault_says_is_held_against_nobody() -> None:
    bench = RunBench.expecting("{never: order_rejected}", "{never: insufficient_balance}")
    bench.arm("duplicate-client-id", when={"count": 1})
    bench.place("a1")
    bench.end()
    assert [entry.trouble for entry in bench.world.journal.requests] == ["duplicate_order"]
    assert [verdict.state.value for verdict in bench.verdicts] == ["passed", "passed"]


def test_canceling_is_seen_and_canceling_the_last_one_leaves_none() -> None:
    bench = RunBench.expecting("{never: order_canceled}", "{never: all_orders_canceled}")
    bench.place("a1")
    bench.place("a2")
    bench.door.submit(CancelOrder(bench.alice.account_id, "BTC/USDT", client_order_id="a1"))
    assert [state.value for state in bench.states] == ["failed", "pending"]
    bench.door.submit(CancelOrder(bench.alice.account_id, "BTC/USDT", client_order_id="a2"))
    assert bench.end() == ["failed", "failed"]


def test_who_has_no_order_has_canceled_all_there_were() -> None:
    bench = RunBench(
        "timeline: [{at: 1s, halt: {}}]\n"
        "expect: [{within: 1s, after: halt, see: all_orders_canceled, account: alice},"
        " {within: 1s, after: halt, see: all_orders_canceled, account: bob}]"
    )
    bench.place("a1")
    bench.pass_time(3)
    assert bench.end() == ["failed", "passed"]


def test_the_orders_of_others_are_not_alices() -> None:
    bench = RunBench.expecting("{never: order_placed, account: alice}")
    bench.say(bench.order(bench.bob))
    assert bench.end() == ["passed"]
