"""Withdrawals and the other corners of /sapi."""

from typing import Any

import pytest

from dialects.binance.rest_bench import START_MS, Bench, Client, amount
from simexchange.domain.commands import Deposit, SetAccountStatus, Withdraw
from simexchange.domain.enums import Permission

WITHDRAW = "/sapi/v1/capital/withdraw/apply"


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def mallory(bench: Bench) -> Client:
    return bench.open_account("mallory", permissions=tuple(Permission))


def test_a_withdrawal_takes_the_money_and_gives_an_id(bench: Bench, mallory: Client) -> None:
    first = mallory.ask("POST", WITHDRAW, coin="BTC", amount="0.5", address="somewhere", network="BTC", name="x")
    second = mallory.ask("POST", WITHDRAW, coin="BTC", amount="1", address="somewhere")
    assert list(first.body) == ["id"]
    assert len(first.body["id"]) == 32
    assert first.body != second.body
    balances = mallory.ask("GET", "/api/v3/account").body["balances"]
    assert balances[0] == {"asset": "BTC", "free": "0.50000000", "locked": "0.00000000"}
    assert bench.door.venue.views.trial_balance() == {"BTC": 0, "USDT": 0}


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"amount": "2.1"}, (400, -4026, "User has insufficient balance")),
        ({"coin": "XYZ"}, (400, -4019, "The current currency is not open for withdrawal")),
        ({"amount": "0"}, (400, -4022, "The amount must be bigger than 0.")),
        ({"amount": "0.000000001"}, (400, -1111, "Parameter 'amount' has too much precision.")),
        (
            {"address": None},
            (400, -1102, "Mandatory parameter 'address' was not sent, was empty/null, or malformed."),
        ),
    ],
)
def test_a_withdrawal_that_cannot_be_is_refused(
    mallory: Client, params: dict[str, Any], expected: tuple[int, int, str]
) -> None:
    asked = {"coin": "BTC", "amount": "1", "address": "somewhere"} | params
    assert mallory.ask("POST", WITHDRAW, **asked).refusal == expected


def test_an_account_that_may_not_withdraw_is_told_so(bench: Bench, mallory: Client) -> None:
    bench.door.submit(SetAccountStatus(mallory.account_id, can_withdraw=False))
    answer = mallory.ask("POST", WITHDRAW, coin="BTC", amount="1", address="somewhere")
    assert answer.refusal == (400, -4015, "Withdrawals are disabled on this account.")


def test_a_withdrawal_obeys_the_keys_address_list(bench: Bench) -> None:
    client = bench.open_account("mallory", permissions=tuple(Permission), ip_allow=("203.0.113.7",))
    text = client.signed_text(coin="BTC", amount="1", address="somewhere")
    assert client.send("POST", WITHDRAW, text).status == 401
    assert client.send("POST", WITHDRAW, text, peer="203.0.113.7").status == 200


@pytest.mark.parametrize(
    ("permissions", "ip_allow", "expected"),
    [
        ((Permission.READ,), (), (False, True, False, False)),
        (tuple(Permission), ("127.0.0.1",), (True, True, True, True)),
    ],
)
def test_the_restrictions_are_those_of_the_key_that_asks(
    bench: Bench,
    permissions: tuple[Permission, ...],
    ip_allow: tuple[str, ...],
    expected: tuple[bool, bool, bool, bool],
) -> None:
    client = bench.open_key("key", bench.alice.account_id, permissions=permissions, ip_allow=ip_allow)
    body = client.ask("GET", "/sapi/v1/account/apiRestrictions").body
    names = ("ipRestrict", "enableReading", "enableWithdrawals", "enableSpotAndMarginTrading")
    assert tuple(body[name] for name in names) == expected


def test_the_trade_fee_of_one_symbol_or_of_all(bench: Bench) -> None:
    bench.list_instrument("ETH/USDT")
    rows = bench.alice.ask("GET", "/sapi/v1/asset/tradeFee").body
    assert [row["symbol"] for row in rows] == ["BTCUSDT", "ETHUSDT"]
    assert bench.alice.ask("GET", "/sapi/v1/asset/tradeFee", symbol="ETHUSDT").body == rows[1:]
    assert bench.alice.ask("POST", "/sapi/v3/asset/getUserAsset", asset="ETH").body == []


def test_margin_pairs_need_a_key_and_bear_a_signature(bench: Bench) -> None:
    path = "/sapi/v1/margin/allPairs"
    assert bench.get(path).status == 401
    assert bench.alice.send("GET", path).body == []
    assert bench.alice.ask("GET", path, recvWindow="5000").body == []


def test_withdrawals_are_listed_the_latest_first(bench: Bench, mallory: Client) -> None:
    history = "/sapi/v1/capital/withdraw/history"
    first = mallory.ask("POST", WITHDRAW, coin="BTC", amount="0.5", address="somewhere").body["id"]
    bench.advance(1_000)
    bench.door.submit(Withdraw(mallory.account_id, "USDT", amount("10"), amount("0.5"), "elsewhere"))
    bench.door.submit(Deposit(mallory.account_id, "USDT", amount("10")))
    usdt, btc = mallory.ask("GET", history).body
    assert btc == {
        "id": first,
        "amount": "0.50000000",
        "transactionFee": "0",
        "coin": "BTC",
        "status": 6,
        "address": "somewhere",
        "txId": first,
        "applyTime": "2026-01-05 08:00:00",
        "network": "BTC",
        "transferType": 0,
        "info": "",
        "confirmNo": 1,
        "walletType": 0,
        "txKey": "",
        "completeTime": "2026-01-05 08:00:00",
    }
    assert (usdt["amount"], usdt["transactionFee"], usdt["address"]) == ("9.50000000", "0.5", "elsewhere")
    assert mallory.ask("GET", history, coin="BTC").body == mallory.ask("GET", history, offset=1).body == [btc]
    assert mallory.ask("GET", history, limit=1).body == [usdt]
    assert mallory.ask("GET", history, status=4).body == []
    assert mallory.ask("GET", history, endTime=START_MS).body == [btc]
    assert mallory.ask("GET", history, startTime=START_MS + 1).body == [usdt]
    assert bench.alice.ask("GET", history).body == []


def test_deposits_are_listed_the_latest_first(bench: Bench) -> None:
    history, alice = "/sapi/v1/capital/deposit/hisrec", bench.open_account("dora")
    opened_with = 2
    bench.advance(1_000)
    bench.door.submit(Deposit(alice.account_id, "BTC", amount("0.5")))
    bench.advance(1_000)
    number = bench.door.submit(Deposit(alice.account_id, "USDT", amount("10"))).seq
    bench.door.submit(Withdraw(alice.account_id, "USDT", amount("10")))
    usdt, btc, *others = alice.ask("GET", history).body
    assert len(others) == opened_with
    assert usdt == {
        "id": str(number),
        "amount": "10",
        "coin": "USDT",
        "network": "USDT",
        "status": 1,
        "address": "",
        "addressTag": "",
        "txId": f"{number:064X}",
        "insertTime": START_MS + 2_000,
        "transferType": 0,
        "confirmTimes": "1/1",
        "unlockConfirm": 0,
        "walletType": 0,
    }
    assert (btc["coin"], btc["amount"], btc["insertTime"]) == ("BTC", "0.5", START_MS + 1_000)
    assert alice.ask("GET", history, offset=1, limit=1).body == [btc]
    assert alice.ask("GET", history, coin="BTC").body == [btc, others[0]]
    assert alice.ask("GET", history, txId=usdt["txId"], includeSource="true").body == [usdt]
    assert (
        alice.ask("GET", history, limit=1).body == alice.ask("GET", history, startTime=START_MS + 1_001).body == [usdt]
    )
    assert alice.ask("GET", history, endTime=START_MS).body == others
    assert alice.ask("GET", history, status=0).body == []
    assert bench.alice.ask("GET", history, startTime=START_MS + 1_000).body == []
