import pytest

from builders import (
    CROSS,
    SYMBOL,
    Exchange,
    amount,
    asset,
    balances_changed,
    execution,
    instrument,
    listing,
    rate,
    rules,
    terms_of,
    trade,
)
from simexchange.domain.commands import ListInstrument, SetFees
from simexchange.domain.enums import Side
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import CommandRejected, FeesChanged, OrderTested, Trade
from simexchange.domain.ids import FEE_ACCOUNT
from simexchange.venue.settlement import _fee


def collected(exchange: Exchange, asset_name: str) -> int:
    return exchange.venue.accounts[FEE_ACCOUNT].balance(asset_name).free


def test_each_side_pays_in_what_it_receives_maker_and_taker_their_own_rate() -> None:
    exchange = Exchange(listing(maker_fee="0.001", taker_fee="0.002"))
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    maker = terms_of(alice.sell("1", at="100"), 1)
    batch = bob.buy("1", at="100")
    taker = terms_of(batch, 2)
    assert batch.events[1] == trade(
        1, execution(taker, 3, ("1", "100"), fee="0.002"), execution(maker, 4, ("1", "100"), fee="0.1")
    )
    assert batch.events[-2:] == (
        balances_changed(bob, USDT=("99900", "0"), BTC=("100.998", "0")),
        balances_changed(alice, USDT=("100099.9", "0"), BTC=("99", "0")),
    )
    assert (collected(exchange, "BTC"), collected(exchange, "USDT")) == (amount("0.002"), amount("0.1"))


def test_a_selling_taker_pays_in_the_quote_asset() -> None:
    exchange = Exchange(listing(maker_fee="0.001", taker_fee="0.002"))
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    maker = terms_of(alice.buy("1", at="100"), 1)
    batch = bob.sell("1", at="100")
    taker = terms_of(batch, 2)
    assert batch.events[1] == trade(
        1, execution(taker, 3, ("1", "100"), fee="0.2"), execution(maker, 4, ("1", "100"), fee="0.001")
    )
    assert batch.events[-2:] == (
        balances_changed(bob, BTC=("99", "0"), USDT=("100099.8", "0")),
        balances_changed(alice, BTC=("100.999", "0"), USDT=("99900", "0")),
    )


def test_fees_round_down_to_the_assets_quantum_fill_by_fill() -> None:
    coarse = instrument(base=asset("BTC", precision=3), quote=asset("USDT", precision=2))
    exchange = Exchange(ListInstrument(coarse, rules(), rate("0.001"), rate("0.001")))
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    alice.sell("5", at="19.99")
    batch = bob.buy("1.9999", at="19.99")
    (match,) = [event for event in batch.events if isinstance(event, Trade)]
    assert (match.taker.fee, match.taker.fee_asset) == (amount("0.001"), "BTC")
    assert (match.maker.fee, match.maker.fee_asset) == (amount("0.03"), "USDT")


@pytest.mark.parametrize(
    ("received", "fraction", "quantum", "fee"),
    [
        (999, "0.001", 1, 0),
        (1000, "0.001", 1, 1),
        (1999, "0.001", 1, 1),
        (1_999_999, "0.001", 1000, 1000),
        (1_000_000, "0.00075", 1, 750),
        (10**30, "0.00000001", 1, 10**22),
        (10**6, "0", 1, 0),
        (10**6, "1", 1, 10**6),
    ],
)
def test_a_fee_is_never_rounded_up(received: int, fraction: str, quantum: int, fee: int) -> None:
    assert _fee(received, rate(fraction), quantum) == fee


def test_an_accounts_own_rates_go_before_the_instruments() -> None:
    exchange = Exchange(listing(maker_fee="0.001", taker_fee="0.002"))
    alice = exchange.trader("alice", maker_fee=rate("0.0001"), taker_fee=rate("0.0002"))
    views = exchange.venue.views
    assert views.fees(alice.account_id, SYMBOL) == (rate("0.0001"), rate("0.0002"))
    assert views.fees(exchange.trader("bob").account_id, SYMBOL) == (rate("0.001"), rate("0.002"))


def test_rates_of_an_account_for_one_instrument_go_before_all_others() -> None:
    exchange = Exchange(listing(maker_fee="0.001", taker_fee="0.002"), listing(CROSS, None, "0.003", "0.004"))
    alice = exchange.trader("alice")
    account_id = alice.account_id
    assert exchange.execute(SetFees(account_id, rate("0.5"), rate("0.6"))).events == (
        FeesChanged(account_id, None, rate("0.5"), rate("0.6")),
    )
    assert exchange.execute(SetFees(account_id, 0, rate("0.25"), CROSS)).events == (
        FeesChanged(account_id, CROSS, 0, rate("0.25")),
    )
    assert exchange.venue.views.fees(account_id, SYMBOL) == (rate("0.5"), rate("0.6"))
    assert exchange.venue.views.fees(account_id, CROSS) == (0, rate("0.25"))


def test_new_rates_apply_to_orders_that_already_rest() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    maker = terms_of(alice.sell("1", at="100"), 1)
    exchange.execute(SetFees(alice.account_id, rate("0.01"), 0))
    batch = bob.buy("1", at="100")
    taker = terms_of(batch, 2)
    assert batch.events[1] == trade(1, execution(taker, 3, ("1", "100")), execution(maker, 4, ("1", "100"), fee="1"))


def test_an_accounts_own_rates_can_be_taken_away_again() -> None:
    exchange = Exchange(listing(maker_fee="0.001", taker_fee="0.002"))
    alice = exchange.trader("alice")
    fees, account_id = exchange.venue.views.fees, alice.account_id
    for symbol in (SYMBOL, None):
        exchange.execute(SetFees(account_id, rate("0.01"), rate("0.02"), symbol))
        assert fees(account_id, SYMBOL) == (rate("0.01"), rate("0.02"))
        assert exchange.execute(SetFees(account_id, None, None, symbol)).events == (
            FeesChanged(account_id, symbol, None, None),
        )
        assert fees(account_id, SYMBOL) == (rate("0.001"), rate("0.002"))


def test_fees_of_an_unknown_account_or_instrument_are_rejected() -> None:
    exchange = Exchange()
    alice = exchange.trader("alice")
    assert exchange.execute(SetFees(99, 0, 0)).events == (
        CommandRejected(RejectReason.ACCOUNT_UNKNOWN, "no account 99"),
    )
    assert exchange.execute(SetFees(alice.account_id, 0, 0, "DOGE/USDT")).events == (
        CommandRejected(RejectReason.INSTRUMENT_UNKNOWN, "no instrument DOGE/USDT"),
    )


def test_a_dry_run_tells_the_rates_and_changes_nothing() -> None:
    exchange = Exchange(listing(maker_fee="0.001", taker_fee="0.002"))
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    alice.sell("1", at="100")
    before = exchange.venue.views.trial_balance(), bob.balance("USDT")
    tested = bob.buy("1", at="100", test_only=True)
    assert tested.events == (OrderTested(SYMBOL, rate("0.001"), rate("0.002")),)
    assert bob.buy("1", test_only=True).events == (OrderTested(SYMBOL, rate("0.001"), rate("0.002")),)
    assert (exchange.venue.views.trial_balance(), bob.balance("USDT")) == before
    assert exchange.venue.markets[SYMBOL].book.best(Side.SELL) == (10_000, 10_000)
    assert exchange.venue.views.orders(bob.account_id, SYMBOL) == []
    batch = bob.buy("1", at="90")
    assert terms_of(batch, 2) == bob.found(2).terms
