"""Accounts, money, instruments."""

import pytest

from builders import (
    CROSS,
    SYMBOL,
    Exchange,
    amount,
    asset,
    balances_changed,
    instrument,
    listing,
    price,
    rate,
    reasons,
    rules,
)
from simexchange.domain.commands import (
    CreateAccount,
    Deposit,
    ListInstrument,
    SetAccountStatus,
    Withdraw,
)
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import (
    AccountCreated,
    AccountStatusChanged,
    BalanceAdjusted,
    BalancesChanged,
    CommandRejected,
    InstrumentListed,
    OrderRejected,
)
from simexchange.domain.ids import EXTERNAL_ACCOUNT, FEE_ACCOUNT, FIRST_ACCOUNT
from simexchange.venue.venue import Venue


def test_an_account_is_created_once() -> None:
    exchange = Exchange()
    assert exchange.execute(CreateAccount(7, "alice")).events == (AccountCreated(7, "alice"),)
    assert exchange.execute(CreateAccount(7, "bob")).events == (
        CommandRejected(RejectReason.ALREADY_EXISTS, "account 7 exists"),
    )
    found = exchange.venue.views.account_named("alice")
    assert found is not None
    assert found.account_id == 7
    assert exchange.venue.views.account_named("bob") is None


@pytest.mark.parametrize("account_id", [EXTERNAL_ACCOUNT, FEE_ACCOUNT])
def test_the_venues_own_accounts_are_taken(account_id: int) -> None:
    assert Exchange().execute(CreateAccount(account_id, "mine")).events == (
        CommandRejected(RejectReason.ALREADY_EXISTS, f"account {account_id} exists"),
    )


def test_a_deposit_comes_from_outside() -> None:
    exchange = Exchange()
    exchange.execute(CreateAccount(7, "alice"))
    assert exchange.execute(Deposit(7, "USDT", amount("5"))).events == (
        BalanceAdjusted(7, "USDT", amount("5")),
        BalancesChanged(7, (("USDT", amount("5"), 0),)),
    )
    external = exchange.venue.accounts[EXTERNAL_ACCOUNT].balance("USDT")
    assert (external.free, external.held) == (-amount("5"), 0)
    assert exchange.venue.views.trial_balance() == {"USDT": 0}


@pytest.mark.parametrize(
    ("command", "reason", "rule"),
    [
        (Deposit(99, "DOGE", 0), RejectReason.ACCOUNT_UNKNOWN, "no account 99"),
        (Deposit(FIRST_ACCOUNT, "DOGE", 0), RejectReason.ASSET_UNKNOWN, "no asset DOGE"),
        (Deposit(FIRST_ACCOUNT, "BTC", 0), RejectReason.AMOUNT_NOT_POSITIVE, "a deposit is above 0"),
        (Deposit(FIRST_ACCOUNT, "BTC", -1), RejectReason.AMOUNT_NOT_POSITIVE, "a deposit is above 0"),
        (Withdraw(99, "DOGE", 0), RejectReason.ACCOUNT_UNKNOWN, "no account 99"),
        (Withdraw(FIRST_ACCOUNT, "DOGE", 0), RejectReason.ASSET_UNKNOWN, "no asset DOGE"),
        (
            Withdraw(FIRST_ACCOUNT, "BTC", 0),
            RejectReason.AMOUNT_NOT_POSITIVE,
            "a withdrawal is above 0 and covers its fee",
        ),
        (
            Withdraw(FIRST_ACCOUNT, "BTC", 1, fee=2),
            RejectReason.AMOUNT_NOT_POSITIVE,
            "a withdrawal is above 0 and covers its fee",
        ),
        (
            Withdraw(FIRST_ACCOUNT, "BTC", 1, fee=-1),
            RejectReason.AMOUNT_NOT_POSITIVE,
            "a withdrawal is above 0 and covers its fee",
        ),
        (
            Withdraw(FIRST_ACCOUNT, "BTC", amount("100.00000001")),
            RejectReason.INSUFFICIENT_BALANCE,
            "withdraws 100.00000001 BTC, free 100",
        ),
        (
            Withdraw(FIRST_ACCOUNT, "ETH", 1),
            RejectReason.INSUFFICIENT_BALANCE,
            "withdraws 0.00000001 ETH, free 0",
        ),
        (SetAccountStatus(99), RejectReason.ACCOUNT_UNKNOWN, "no account 99"),
    ],
)
def test_a_money_command_that_breaks_a_rule_changes_nothing(
    command: Deposit | Withdraw | SetAccountStatus, reason: RejectReason, rule: str
) -> None:
    exchange = Exchange(listing(), listing(CROSS))
    alice = exchange.trader("alice")
    assert exchange.execute(command).events == (CommandRejected(reason, rule),)
    assert alice.balance("BTC") == (amount("100"), 0)


def test_a_withdrawal_leaves_its_fee_with_the_venue() -> None:
    exchange = Exchange()
    alice = exchange.trader("alice")
    assert exchange.execute(Withdraw(alice.account_id, "BTC", amount("10"), fee=amount("0.5"))).events == (
        BalanceAdjusted(alice.account_id, "BTC", -amount("10")),
        balances_changed(alice, BTC=("90", "0")),
    )
    accounts = exchange.venue.accounts
    assert accounts[FEE_ACCOUNT].balance("BTC").free == amount("0.5")
    assert accounts[EXTERNAL_ACCOUNT].balance("BTC").free == -amount("90.5")
    assert exchange.venue.views.trial_balance() == {"BTC": 0, "USDT": 0}


def test_what_is_held_for_orders_cannot_be_withdrawn() -> None:
    exchange = Exchange()
    alice = exchange.trader("alice")
    alice.sell("60", at="100")
    assert exchange.execute(Withdraw(alice.account_id, "BTC", amount("40.5"))).events == (
        CommandRejected(RejectReason.INSUFFICIENT_BALANCE, "withdraws 40.5 BTC, free 40"),
    )
    exchange.execute(Withdraw(alice.account_id, "BTC", amount("40")))
    assert alice.balance("BTC") == (0, amount("60"))


def test_an_account_may_be_barred_from_each_thing_alone() -> None:
    exchange = Exchange()
    alice = exchange.trader("alice")
    account_id = alice.account_id
    deposit, withdrawal = Deposit(account_id, "BTC", 1), Withdraw(account_id, "BTC", 1)
    assert exchange.execute(SetAccountStatus(account_id, can_withdraw=False)).events == (
        AccountStatusChanged(account_id, can_trade=True, can_withdraw=False, can_deposit=True),
    )
    assert exchange.execute(withdrawal).events == (
        CommandRejected(RejectReason.ACCOUNT_DISABLED, "alice may not withdraw"),
    )
    assert reasons(alice.buy("1", at="100")) == ()
    exchange.execute(SetAccountStatus(account_id, can_deposit=False))
    assert exchange.execute(deposit).events == (
        CommandRejected(RejectReason.ACCOUNT_DISABLED, "alice may not deposit"),
    )
    assert exchange.execute(withdrawal).events[0] == BalanceAdjusted(account_id, "BTC", -1)
    exchange.execute(SetAccountStatus(account_id, can_trade=False))
    assert alice.buy("1", at="100").events == (
        OrderRejected(account_id, SYMBOL, RejectReason.ACCOUNT_DISABLED, "alice may not trade"),
    )
    assert exchange.execute(deposit).events[0] == BalanceAdjusted(account_id, "BTC", 1)


def test_open_orders_of_an_account_barred_from_trading_rest_and_may_be_canceled() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    alice.sell("1", at="100")
    exchange.execute(SetAccountStatus(alice.account_id, can_trade=False))
    bob.buy("0.5", at="100")
    assert alice.balance("USDT") == (amount("100050"), 0)
    alice.cancel(1)
    assert alice.balance("BTC") == (amount("99.5"), 0)


def test_an_instrument_is_listed_once() -> None:
    venue = Venue("test")
    command = ListInstrument(instrument(), rules(), rate("0.001"), rate("0.002"), price("100"), 77)
    assert venue.execute(command, 0).events == (InstrumentListed(instrument(), rules(), price("100"), 77),)
    assert venue.execute(command, 1).events == (CommandRejected(RejectReason.ALREADY_EXISTS, f"{SYMBOL} is listed"),)
    assert venue.markets[SYMBOL].last_price == price("100")
    assert set(venue.assets) == {"BTC", "USDT"}


@pytest.mark.parametrize("changed", ["base", "quote"])
def test_an_asset_has_the_same_decimals_everywhere_or_its_instrument_is_not_listed(changed: str) -> None:
    exchange = Exchange()
    base, quote = {"base": ("BTC", "EUR"), "quote": ("ETH", "BTC")}[changed]
    assets = {"base": asset(base), "quote": asset(quote)} | {changed: asset("BTC", decimals=9)}
    odd = instrument(f"{base}/{quote}", **assets)
    assert exchange.execute(ListInstrument(odd, rules(), 0, 0)).events == (
        CommandRejected(RejectReason.ALREADY_EXISTS, "BTC is known with other decimals"),
    )
    assert set(exchange.venue.assets) == {"BTC", "USDT"}
    assert set(exchange.venue.markets) == {SYMBOL}


def test_batches_are_numbered_and_carry_their_command_and_time() -> None:
    venue = Venue("test")
    first, second = listing(), CreateAccount(7, "alice")
    batches = [venue.execute(first, 10), venue.execute(second, 20)]
    assert [(batch.seq, batch.ts_ns, batch.command) for batch in batches] == [(1, 10, first), (2, 20, second)]


def test_a_new_venue_has_only_its_own_two_accounts() -> None:
    venue = Venue("test")
    assert [account.name for account in venue.accounts.values()] == ["external", "fees"]
    assert (venue.markets, venue.assets, venue.keys) == ({}, {}, {})
