import pytest

from simexchange.domain.events import BalancesChanged
from simexchange.domain.ids import AccountId
from simexchange.venue.accounts import Account
from simexchange.venue.ledger import Ledger


def ledger() -> tuple[Ledger, Account, Account]:
    accounts: dict[AccountId, Account] = {}
    made = Ledger(accounts)
    alice, bob = Account(2, "alice"), Account(3, "bob")
    accounts |= {2: alice, 3: bob}
    made.deposit(alice, "USDT", 1000)
    made.deposit(bob, "BTC", 50)
    made.take_changes(0)
    return made, alice, bob


def test_a_posting_takes_from_one_place_what_it_gives_to_another() -> None:
    made, alice, bob = ledger()
    made.hold(alice, "USDT", 400)
    assert (alice.balance("USDT").free, alice.balance("USDT").held) == (600, 400)
    made.settle(alice, bob, "USDT", 300, 7)
    assert (alice.balance("USDT").free, alice.balance("USDT").held) == (600, 100)
    assert bob.balance("USDT").free == 293
    made.release(alice, "USDT", 100)
    assert (alice.balance("USDT").free, alice.balance("USDT").held) == (700, 0)
    made.withdraw(alice, "USDT", 700, 10)
    assert made.trial_balance() == {"USDT": 0, "BTC": 0}


def test_changes_come_once_in_touch_order_with_the_balances_as_they_ended() -> None:
    made, alice, bob = ledger()
    made.hold(bob, "BTC", 10)
    made.hold(alice, "USDT", 5)
    made.settle(bob, alice, "BTC", 10, 0)
    made.release(alice, "USDT", 5)
    assert made.take_changes(77) == [
        BalancesChanged(3, (("BTC", 40, 0),)),
        BalancesChanged(2, (("USDT", 1000, 0), ("BTC", 10, 0))),
    ]
    assert (alice.updated_ns, bob.updated_ns) == (77, 77)
    assert made.take_changes(78) == []
    assert alice.updated_ns == 77


def test_money_that_is_not_there_is_a_bug_and_fails_loudly() -> None:
    made, alice, bob = ledger()
    with pytest.raises(AssertionError):
        made.hold(alice, "USDT", 1001)
    with pytest.raises(AssertionError):
        made.release(alice, "USDT", 1)
    with pytest.raises(AssertionError):
        made.settle(alice, bob, "USDT", 1, 0)
    with pytest.raises(AssertionError):
        made.withdraw(alice, "USDT", 1001, 0)
    with pytest.raises(AssertionError):
        made.hold(alice, "USDT", -1)
