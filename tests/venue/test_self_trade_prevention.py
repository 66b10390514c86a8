import pytest

from builders import (
    FOK,
    SYMBOL,
    Exchange,
    amount,
    balances_changed,
    book_updated,
    execution,
    expired,
    listing,
    price,
    quantity,
    reasons,
    rules,
    terms_of,
    trade,
)
from simexchange.domain.enums import ExpireReason, OrderStatus, SelfTradePrevention
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import OrderAccepted, TradePrevented
from simexchange.domain.order import OrderTerms

NONE = SelfTradePrevention.NONE
TAKER = SelfTradePrevention.EXPIRE_TAKER
MAKER = SelfTradePrevention.EXPIRE_MAKER
BOTH = SelfTradePrevention.EXPIRE_BOTH
DECREMENT = SelfTradePrevention.DECREMENT


def prevented(
    prevented_id: int,
    taker: OrderTerms,
    maker: OrderTerms,
    execution_id: int,
    lost: tuple[str, str],
    leaves: tuple[str, str],
    cum: tuple[str, str] = ("0", "0"),
    cum_quote: tuple[str, str] = ("0", "0"),
    total: tuple[str, str] | None = None,
) -> TradePrevented:
    """Pairs are (taker, maker)."""
    total = total or lost
    return TradePrevented(
        SYMBOL,
        prevented_id,
        taker.self_trade_prevention,
        maker.price,
        taker,
        maker,
        execution_id,
        execution_id + 1,
        quantity(lost[0]),
        quantity(lost[1]),
        quantity(leaves[0]),
        quantity(leaves[1]),
        quantity(cum[0]),
        quantity(cum[1]),
        amount(cum_quote[0]),
        amount(cum_quote[1]),
        quantity(total[0]),
        quantity(total[1]),
    )


def test_none_lets_an_account_trade_with_itself() -> None:
    alice = Exchange().trader("alice")
    maker = terms_of(alice.sell("1", at="100"), 1)
    batch = alice.buy("1", at="100", self_trade_prevention=NONE)
    taker = terms_of(batch, 2)
    assert batch.events == (
        OrderAccepted(taker, 2),
        trade(1, execution(taker, 3, ("1", "100")), execution(maker, 4, ("1", "100"))),
        book_updated(2, asks={"100": "0"}),
        balances_changed(alice, USDT=("100000", "0"), BTC=("100", "0")),
    )


def test_expire_maker_clears_own_orders_away_and_goes_on() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    own = terms_of(alice.sell("1", at="100"), 1)
    other = terms_of(bob.sell("2", at="100"), 2)
    batch = alice.buy("1.5", at="100", self_trade_prevention=MAKER)
    taker = terms_of(batch, 3)
    assert batch.events == (
        OrderAccepted(taker, 3),
        prevented(0, taker, own, 4, lost=("0", "1"), leaves=("1.5", "0")),
        expired(own, 6, ExpireReason.SELF_TRADE, prevented="1", prevented_id=0),
        trade(1, execution(taker, 7, ("1.5", "100")), execution(other, 8, ("1.5", "100"), leaves="0.5")),
        book_updated(3, asks={"100": "0.5"}, best_ask=("100", "0.5")),
        balances_changed(alice, USDT=("99850", "0"), BTC=("101.5", "0")),
        balances_changed(bob, USDT=("100150", "0"), BTC=("98", "0.5")),
    )
    assert alice.found(1).status is OrderStatus.EXPIRED


def test_expire_maker_lets_the_incoming_order_rest_where_its_own_was() -> None:
    alice = Exchange().trader("alice")
    own = terms_of(alice.sell("1", at="100"), 1)
    batch = alice.buy("1", at="100", self_trade_prevention=MAKER)
    taker = terms_of(batch, 2)
    assert batch.events == (
        OrderAccepted(taker, 2),
        prevented(0, taker, own, 3, lost=("0", "1"), leaves=("1", "0")),
        expired(own, 5, ExpireReason.SELF_TRADE, prevented="1", prevented_id=0),
        book_updated(2, bids={"100": "1"}, asks={"100": "0"}, best_bid=("100", "1")),
        balances_changed(alice, USDT=("99900", "100"), BTC=("100", "0")),
    )


def test_expire_taker_ends_the_incoming_order_and_leaves_the_book_alone() -> None:
    alice = Exchange().trader("alice")
    own = terms_of(alice.sell("1", at="100"), 1)
    batch = alice.buy("3", at="100", self_trade_prevention=TAKER)
    taker = terms_of(batch, 2)
    assert batch.events == (
        OrderAccepted(taker, 2),
        prevented(0, taker, own, 3, lost=("3", "0"), leaves=("0", "1")),
        expired(taker, 5, ExpireReason.SELF_TRADE, prevented="3", prevented_id=0),
        balances_changed(alice, USDT=("100000", "0")),
    )
    assert alice.found(1).status is OrderStatus.NEW
    assert alice.found(2).status is OrderStatus.EXPIRED


def test_expire_taker_keeps_what_it_traded_before_it_met_itself() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    other = terms_of(bob.sell("1", at="99"), 1)
    own = terms_of(alice.sell("1", at="100"), 2)
    bob.sell("1", at="101")
    batch = alice.buy("3", at="101", self_trade_prevention=TAKER)
    taker = terms_of(batch, 4)
    assert batch.events == (
        OrderAccepted(taker, 4),
        trade(1, execution(taker, 5, ("1", "99"), leaves="2"), execution(other, 6, ("1", "99"))),
        prevented(0, taker, own, 7, lost=("2", "0"), leaves=("0", "1"), cum=("1", "0"), cum_quote=("99", "0")),
        expired(taker, 9, ExpireReason.SELF_TRADE, cum=("1", "99"), prevented="2", prevented_id=0),
        book_updated(4, asks={"99": "0"}, best_ask=("100", "1")),
        balances_changed(alice, USDT=("99901", "0"), BTC=("100", "1")),
        balances_changed(bob, USDT=("100099", "0"), BTC=("98", "1")),
    )


def test_expire_both_ends_both() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    own = terms_of(alice.sell("1", at="100"), 1)
    bob.sell("1", at="100")
    batch = alice.buy("3", at="100", self_trade_prevention=BOTH)
    taker = terms_of(batch, 3)
    assert batch.events == (
        OrderAccepted(taker, 3),
        prevented(0, taker, own, 4, lost=("3", "1"), leaves=("0", "0")),
        expired(own, 6, ExpireReason.SELF_TRADE, prevented="1", prevented_id=0),
        expired(taker, 7, ExpireReason.SELF_TRADE, prevented="3", prevented_id=0),
        book_updated(3, asks={"100": "1"}, best_ask=("100", "1")),
        balances_changed(alice, USDT=("100000", "0"), BTC=("100", "0")),
    )


def test_decrement_by_a_smaller_incoming_order_ends_that_and_shrinks_the_resting_one() -> None:
    alice = Exchange().trader("alice")
    own = terms_of(alice.sell("3", at="100"), 1)
    batch = alice.buy("1", at="100", self_trade_prevention=DECREMENT)
    taker = terms_of(batch, 2)
    assert batch.events == (
        OrderAccepted(taker, 2),
        prevented(0, taker, own, 3, lost=("1", "1"), leaves=("0", "2")),
        expired(taker, 5, ExpireReason.SELF_TRADE, prevented="1", prevented_id=0),
        book_updated(2, asks={"100": "2"}, best_ask=("100", "2")),
        balances_changed(alice, USDT=("100000", "0"), BTC=("98", "2")),
    )
    shrunk = alice.found(1)
    assert (shrunk.status, shrunk.leaves_quantity, shrunk.prevented_quantity, shrunk.prevented_id) == (
        OrderStatus.NEW,
        quantity("2"),
        quantity("1"),
        0,
    )


def test_decrement_by_a_larger_incoming_order_ends_the_resting_one_and_goes_on() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    own = terms_of(alice.sell("1", at="100"), 1)
    other = terms_of(bob.sell("1", at="100"), 2)
    batch = alice.buy("4", at="101", self_trade_prevention=DECREMENT)
    taker = terms_of(batch, 3)
    assert batch.events == (
        OrderAccepted(taker, 3),
        prevented(0, taker, own, 4, lost=("1", "1"), leaves=("3", "0")),
        expired(own, 6, ExpireReason.SELF_TRADE, prevented="1", prevented_id=0),
        trade(
            1,
            execution(taker, 7, ("1", "100"), leaves="2", prevented="1"),
            execution(other, 8, ("1", "100")),
        ),
        book_updated(3, bids={"101": "2"}, asks={"100": "0"}, best_bid=("101", "2")),
        balances_changed(alice, USDT=("99698", "202"), BTC=("101", "0")),
        balances_changed(bob, USDT=("100100", "0"), BTC=("99", "0")),
    )


def test_decrement_by_an_equal_order_ends_both() -> None:
    alice = Exchange().trader("alice")
    own = terms_of(alice.buy("1", at="100"), 1)
    batch = alice.sell("1", at="100", self_trade_prevention=DECREMENT)
    taker = terms_of(batch, 2)
    assert batch.events == (
        OrderAccepted(taker, 2),
        prevented(0, taker, own, 3, lost=("1", "1"), leaves=("0", "0")),
        expired(own, 5, ExpireReason.SELF_TRADE, prevented="1", prevented_id=0),
        expired(taker, 6, ExpireReason.SELF_TRADE, prevented="1", prevented_id=0),
        book_updated(2, bids={"100": "0"}),
        balances_changed(alice, BTC=("100", "0"), USDT=("100000", "0")),
    )


def test_decrement_between_other_makers_numbers_each_prevention() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    near = terms_of(bob.buy("1", at="103"), 1)
    first = terms_of(alice.buy("1", at="102"), 2)
    far = terms_of(bob.buy("1", at="101"), 3)
    second = terms_of(alice.buy("5", at="100"), 4)
    batch = alice.sell("4.5", at="100", self_trade_prevention=DECREMENT)
    taker = terms_of(batch, 5)
    assert batch.events == (
        OrderAccepted(taker, 5),
        trade(1, execution(taker, 6, ("1", "103"), leaves="3.5"), execution(near, 7, ("1", "103"))),
        prevented(0, taker, first, 8, lost=("1", "1"), leaves=("2.5", "0"), cum=("1", "0"), cum_quote=("103", "0")),
        expired(first, 10, ExpireReason.SELF_TRADE, prevented="1", prevented_id=0),
        trade(
            2,
            execution(taker, 11, ("1", "101"), leaves="1.5", cum=("2", "204"), prevented="1"),
            execution(far, 12, ("1", "101")),
        ),
        prevented(
            1,
            taker,
            second,
            13,
            lost=("1.5", "1.5"),
            leaves=("0", "3.5"),
            cum=("2", "0"),
            cum_quote=("204", "0"),
            total=("2.5", "1.5"),
        ),
        expired(taker, 15, ExpireReason.SELF_TRADE, cum=("2", "204"), prevented="2.5", prevented_id=1),
        book_updated(5, bids={"103": "0", "102": "0", "101": "0", "100": "3.5"}, best_bid=("100", "3.5")),
        balances_changed(alice, BTC=("98", "0"), USDT=("99854", "350")),
        balances_changed(bob, BTC=("102", "0"), USDT=("99796", "0")),
    )


def test_a_decremented_market_buy_holds_only_what_it_can_trade() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice", {"BTC": "1", "USDT": "100"}), exchange.trader("bob")
    own = terms_of(alice.sell("1", at="99"), 1)
    other = terms_of(bob.sell("1", at="100"), 2)
    batch = alice.buy("2", self_trade_prevention=DECREMENT)
    taker = terms_of(batch, 3)
    assert batch.events == (
        OrderAccepted(taker, 3),
        prevented(0, taker, own, 4, lost=("1", "1"), leaves=("1", "0")),
        expired(own, 6, ExpireReason.SELF_TRADE, prevented="1", prevented_id=0),
        trade(1, execution(taker, 7, ("1", "100"), prevented="1"), execution(other, 8, ("1", "100"))),
        book_updated(3, asks={"99": "0", "100": "0"}),
        balances_changed(alice, USDT=("0", "0"), BTC=("2", "0")),
        balances_changed(bob, USDT=("100100", "0"), BTC=("99", "0")),
    )


def test_a_market_order_by_quote_amount_passes_over_own_orders_that_would_expire() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    own = terms_of(alice.sell("1", at="99"), 1)
    other = terms_of(bob.sell("3", at="100"), 2)
    batch = alice.buy(worth="200", self_trade_prevention=MAKER)
    taker = terms_of(batch, 3, quantity=quantity("2"))
    assert batch.events == (
        OrderAccepted(taker, 3),
        prevented(0, taker, own, 4, lost=("0", "1"), leaves=("2", "0")),
        expired(own, 6, ExpireReason.SELF_TRADE, prevented="1", prevented_id=0),
        trade(1, execution(taker, 7, ("2", "100")), execution(other, 8, ("2", "100"), leaves="1")),
        book_updated(3, asks={"99": "0", "100": "1"}, best_ask=("100", "1")),
        balances_changed(alice, USDT=("99800", "0"), BTC=("102", "0")),
        balances_changed(bob, USDT=("100200", "0"), BTC=("97", "1")),
    )


def test_a_fok_order_may_be_used_up_by_decrement_and_trades_together() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    own = terms_of(alice.sell("1", at="100"), 1)
    other = terms_of(bob.sell("1", at="100"), 2)
    batch = alice.buy("2", at="100", time_in_force=FOK, self_trade_prevention=DECREMENT)
    taker = terms_of(batch, 3)
    assert batch.events == (
        OrderAccepted(taker, 3),
        prevented(0, taker, own, 4, lost=("1", "1"), leaves=("1", "0")),
        expired(own, 6, ExpireReason.SELF_TRADE, prevented="1", prevented_id=0),
        trade(1, execution(taker, 7, ("1", "100"), prevented="1"), execution(other, 8, ("1", "100"))),
        book_updated(3, asks={"100": "0"}),
        balances_changed(alice, USDT=("99900", "0"), BTC=("101", "0")),
        balances_changed(bob, USDT=("100100", "0"), BTC=("99", "0")),
    )


def test_the_incoming_orders_mode_decides_not_the_resting_ones() -> None:
    alice = Exchange().trader("alice")
    alice.sell("1", at="100", self_trade_prevention=TAKER)
    alice.buy("1", at="100", self_trade_prevention=NONE)
    assert alice.found(1).status is OrderStatus.FILLED


def test_an_order_without_a_mode_takes_the_instruments_default() -> None:
    exchange = Exchange(listing(instrument_rules=rules(default_self_trade_prevention=BOTH)))
    alice = exchange.trader("alice")
    batch = alice.sell("1", at="100")
    assert batch.events[0] == OrderAccepted(terms_of(batch, 1, self_trade_prevention=BOTH), 1)
    alice.buy("1", at="100")
    assert (alice.found(1).status, alice.found(2).status) == (OrderStatus.EXPIRED, OrderStatus.EXPIRED)


def test_a_mode_the_instrument_does_not_allow_is_rejected() -> None:
    exchange = Exchange(listing(instrument_rules=rules(self_trade_prevention=(MAKER,))))
    alice = exchange.trader("alice")
    assert reasons(alice.buy("1", at="100", self_trade_prevention=NONE)) == (
        RejectReason.SELF_TRADE_PREVENTION_UNSUPPORTED,
    )
    assert reasons(alice.buy("1", at="100", self_trade_prevention=MAKER)) == ()


@pytest.mark.parametrize("mode", [TAKER, MAKER, BOTH, DECREMENT])
def test_orders_of_one_account_that_do_not_cross_are_left_in_peace(mode: SelfTradePrevention) -> None:
    alice = Exchange().trader("alice")
    alice.sell("1", at="100.01")
    batch = alice.buy("1", at="100", self_trade_prevention=mode)
    assert batch.events == (
        OrderAccepted(terms_of(batch, 2), 2),
        book_updated(2, bids={"100": "1"}, best_bid=("100", "1"), best_ask=("100.01", "1")),
        balances_changed(alice, USDT=("99900", "100")),
    )


def test_prevented_matches_are_kept_for_their_owner() -> None:
    alice = Exchange().trader("alice")
    own = terms_of(alice.sell("1", at="100"), 1)
    batch = alice.buy("3", at="100", self_trade_prevention=BOTH)
    (kept,) = alice.exchange.venue.views.prevented(alice.account_id, SYMBOL)
    assert kept.ts_ns == batch.ts_ns
    assert kept.event == prevented(0, terms_of(batch, 2), own, 3, lost=("3", "1"), leaves=("0", "0"))
    assert kept.event.price == price("100")
