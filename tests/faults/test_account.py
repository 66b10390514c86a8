from typing import Any

import pytest

from dialects.binance.rest_bench import START_MS, amount
from order_fault_bench import OrderFaultBench, position
from simexchange.domain.commands import SetFees
from simexchange.domain.enums import Permission
from simexchange.domain.units import RATE_ONE

ALICE: dict[str, Any] = {"match": {"account": "alice"}}
LOCKED = "This account may not place or cancel orders."
HISTORY = "/sapi/v1/capital/withdraw/history"


def test_a_locked_account_neither_places_nor_cancels_and_reads_as_ever() -> None:
    bench, plain = OrderFaultBench(), OrderFaultBench()
    for one in (bench, plain):
        one.place()
    rule = bench.arm("account-locked", **ALICE)
    assert bench.place(newClientOrderId="a2").refusal == (400, -2010, LOCKED)
    assert bench.cancel().refusal == (400, -2011, LOCKED)
    everything = bench.request(bench.alice, "DELETE", "/api/v3/openOrders", symbol="BTCUSDT")
    assert bench.ask(everything).refusal == (400, -2011, LOCKED)
    account = bench.get("/api/v3/account").json
    assert (account["canTrade"], account["canWithdraw"], account["canDeposit"]) == (False, True, True)
    assert bench.open_orders(bench.alice) == ["a1"]
    assert bench.place(bench.bob).json["status"] == "NEW"
    assert [fired.account for fired in bench.fired] == ["alice"]
    bench.plan.remove(rule.id)
    assert bench.get("/api/v3/account").json["canTrade"] is True
    assert bench.cancel().json == plain.cancel().json


def test_a_locked_account_may_be_left_its_cancels() -> None:
    bench = OrderFaultBench()
    bench.place()
    bench.arm("account-locked", **ALICE, cancel_allowed=True)
    assert bench.place(newClientOrderId="a2").refusal == (400, -2010, LOCKED)
    assert bench.cancel().json["status"] == "CANCELED"


@pytest.mark.parametrize(
    ("asset", "delta", "shown", "left"),
    [
        ("USDT", "-100", "-100.00000000", "99900.00000000"),
        ("USDT", "0.5", "0.50000000", "100000.50000000"),
        ("BTC", "-7", "-2.00000000", "0.00000000"),
    ],
)
def test_money_comes_and_goes_and_the_stream_tells(asset: str, delta: str, shown: str, left: str) -> None:
    bench = OrderFaultBench()
    rule = bench.arm("balance-external-change", **ALICE, asset=asset, delta=delta)
    assert bench.told() == [
        {"e": "balanceUpdate", "E": START_MS, "a": asset, "d": shown, "T": START_MS},
        position((asset, left, "0.00000000")),
    ]
    bench.plan.remove(rule.id)
    balances = {row["asset"]: row["free"] for row in bench.get("/api/v3/account").json["balances"]}
    assert balances[asset] == left, "the money does not come back"
    bench.assert_sound()


def test_money_that_orders_hold_does_not_go() -> None:
    bench = OrderFaultBench()
    bench.place(quantity="1")
    bench.arm("balance-external-change", **ALICE, delta="-100000")
    assert bench.found() == ("new", 0)
    bench.assert_sound()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"asset": "DOGE"}, "asset: binance has no 'DOGE'; there are BTC, USDT"),
        ({"delta": "much"}, "delta: 'much' is no amount of USDT: 100 and 0.5 pass"),
        ({"delta": "0"}, "delta: 0 changes nothing: 100 and -0.5 pass"),
    ],
)
def test_an_amount_that_makes_no_sense_is_refused(params: dict[str, str], message: str) -> None:
    bench = OrderFaultBench()
    with pytest.raises(ValueError, match=message):
        bench.arm("balance-external-change", **params)
    assert not bench.plan.rules


def balance(bench: OrderFaultBench, name: str = "alice") -> str:
    rows = bench.get("/api/v3/account", getattr(bench, name)).json["balances"]
    return str({row["asset"]: row["free"] for row in rows}["USDT"])


def test_a_changed_rule_moves_no_money_a_second_time() -> None:
    """Whoever wants that has another rule, or a count."""
    bench = OrderFaultBench()
    rule = bench.arm("balance-external-change", **ALICE, delta="-100")
    for changes in ({"delta": "-500"}, {"ttl": "1h"}, {"when": {"window": ["0s", "5s"]}}):
        assert bench.plan.change(rule.id, changes).counts.fired == 1
    assert (balance(bench), len(bench.fired)) == ("99900.00000000", 1)
    bench.plan.change(rule.id, {"match": {"account": None}})
    assert (balance(bench), balance(bench, "bob")) == ("99900.00000000", "99500.00000000")
    assert [fired.account for fired in bench.fired] == ["alice", "bob"]


def test_a_changed_rule_moves_money_again_as_long_as_its_count_allows() -> None:
    bench = OrderFaultBench()
    rule = bench.arm("balance-external-change", **ALICE, delta="-100", when={"count": 2})
    left = []
    for _ in range(3):
        bench.plan.change(rule.id, {"delta": "-500"})
        left.append(balance(bench))
    assert left == ["99400.00000000"] * 3
    bench.plan.change(rule.id, {"when": {"count": 3}})
    assert (balance(bench), len(bench.fired)) == ("98900.00000000", 3)


def test_a_thief_does_not_come_again_because_the_rule_is_changed() -> None:
    bench = OrderFaultBench()
    mallory = bench.open_account("mallory", permissions=tuple(Permission))
    rule = bench.arm("stolen-key-withdrawal", match={"account": "mallory"}, amount="0.5")
    bench.plan.change(rule.id, {"amount": "1", "address": "another"})
    (row,) = bench.get(HISTORY, mallory).json
    assert (row["amount"], row["address"], len(bench.fired)) == ("0.50000000", "thief", 1)


@pytest.mark.parametrize("when", [{}, {"count": 1}])
def test_what_a_rule_sets_is_set_anew_when_it_is_changed_and_counts_once(when: dict[str, int]) -> None:
    bench = OrderFaultBench()
    rule = bench.arm("account-locked", **ALICE, when=when)
    changed = bench.plan.change(rule.id, {"cancel_allowed": True})
    assert bench.get("/api/v3/account").json["canTrade"] is False
    assert (changed.counts.fired, len(bench.fired)) == (1, 1)
    bench.plan.remove(rule.id)
    assert bench.get("/api/v3/account").json["canTrade"] is True


def test_a_thief_takes_all_that_a_key_may_withdraw_and_the_history_shows_where_to() -> None:
    bench = OrderFaultBench()
    mallory = bench.open_account("mallory", permissions=tuple(Permission))
    hears = bench.listen(mallory)
    bench.arm("stolen-key-withdrawal", match={"account": "mallory"})
    assert hears.messages() == [
        {"e": "balanceUpdate", "E": START_MS, "a": "BTC", "d": "-2.00000000", "T": START_MS},
        position(("BTC", "0.00000000", "0.00000000")),
    ]
    (row,) = bench.get(HISTORY, mallory).json
    assert (row["coin"], row["amount"], row["address"], row["status"]) == ("BTC", "2.00000000", "thief", 6)
    bench.assert_sound()


def test_a_thief_takes_so_much_as_the_rule_says() -> None:
    bench = OrderFaultBench()
    mallory = bench.open_account("mallory", permissions=tuple(Permission))
    bench.arm("stolen-key-withdrawal", match={"account": "mallory"}, asset="USDT", amount="250.5", address="bc1q")
    (row,) = bench.get(HISTORY, mallory).json
    assert (row["coin"], row["amount"], row["address"]) == ("USDT", "250.50000000", "bc1q")


@pytest.mark.parametrize(
    "key", [{}, {"permissions": tuple(Permission), "ip_allow": ("203.0.113.7/32",)}], ids=["no permission", "a list"]
)
def test_a_key_that_may_not_withdraw_or_not_from_anywhere_loses_nothing(key: dict[str, Any]) -> None:
    bench = OrderFaultBench()
    owner = bench.open_account("careful", **key)
    bench.arm("stolen-key-withdrawal", match={"account": "careful"})
    assert bench.door.venue.accounts[owner.account_id].balance("BTC").free == amount("2")
    (fired,) = bench.fired
    assert (fired.account, fired.detail) == ("careful", "refused: no key may withdraw from any address")


def commission(bench: OrderFaultBench) -> list[str]:
    rates = bench.get("/api/v3/account/commission", symbol="BTCUSDT").json["standardCommission"]
    return [rates["maker"], rates["taker"]]


@pytest.mark.parametrize("match", [{"account": "alice"}, {"account": "alice", "symbol": "btc-usdt"}])
def test_other_fees_are_paid_from_now_on_and_the_old_ones_afterwards(match: dict[str, str]) -> None:
    bench = OrderFaultBench()
    before = commission(bench)
    rule = bench.arm("fee-change", match=match, maker="1%", taker="0.02")
    assert commission(bench) == ["0.01000000", "0.02000000"]
    bench.place()
    bench.place(bench.bob, side="SELL")
    bench.place(newClientOrderId="a2", side="SELL")
    (bought,) = bench.get("/api/v3/myTrades", symbol="BTCUSDT").json
    assert (bought["commission"], bought["commissionAsset"]) == ("0.00100000", "BTC")
    bench.plan.remove(rule.id)
    assert commission(bench) == before
    account = bench.door.venue.accounts[bench.alice.account_id]
    assert (account.maker_fee, account.taker_fee, account.instrument_fees) == (None, None, {})
    bench.assert_sound()


def test_fees_of_an_accounts_own_are_put_back() -> None:
    bench = OrderFaultBench()
    bench.door.submit(SetFees(bench.alice.account_id, RATE_ONE // 100, RATE_ONE // 50))
    bench.plan.remove(bench.arm("fee-change", **ALICE).id)
    account = bench.door.venue.accounts[bench.alice.account_id]
    assert (account.maker_fee, account.taker_fee) == (RATE_ONE // 100, RATE_ONE // 50)


def test_a_rate_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="taker is -1%: 0 and more, less than 1 passes"):
        OrderFaultBench().arm("fee-change", taker="-1%")


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize(
    "kind", ["account-locked", "fee-change", "key-revoked", "key-expired", "permission-lost", "key-ip-not-allowlisted"]
)
def test_two_rules_that_set_the_same_thing_go_in_any_order_and_leave_nothing(kind: str, first: int) -> None:
    bench = OrderFaultBench()
    before = commission(bench)
    rules = [bench.arm(kind, **ALICE) for _ in range(2)]
    bench.plan.remove(rules.pop(first).id)
    bench.plan.remove(rules.pop().id)
    bench.advance(1)
    assert commission(bench) == before
    assert bench.place().json["status"] == "NEW"


def test_the_fees_of_the_latest_rule_count_until_it_goes() -> None:
    bench = OrderFaultBench()
    earlier, later = (bench.arm("fee-change", **ALICE, maker=rate, taker=rate) for rate in ("1%", "2%"))
    bench.plan.remove(later.id)
    assert commission(bench) == ["0.01000000", "0.01000000"]
    later = bench.arm("fee-change", **ALICE, maker="2%", taker="2%")
    bench.plan.remove(earlier.id)
    assert commission(bench) == ["0.02000000", "0.02000000"]
