from builders import (
    FOK,
    IOC,
    Exchange,
    balances_changed,
    book_updated,
    execution,
    expired,
    terms_of,
    trade,
)
from simexchange.domain.enums import ExpireReason, OrderStatus, SelfTradePrevention
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import OrderAccepted, OrderExpired, OrderRejected, Trade, TradePrevented


def test_ioc_takes_what_it_can_and_expires_with_the_rest() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    maker = terms_of(alice.sell("1", at="99"), 1)
    alice.sell("1", at="101")
    batch = bob.buy("3", at="100", time_in_force=IOC)
    taker = terms_of(batch, 3)
    assert batch.events == (
        OrderAccepted(taker, 3),
        trade(1, execution(taker, 4, ("1", "99"), leaves="2"), execution(maker, 5, ("1", "99"))),
        expired(taker, 6, ExpireReason.IOC_REMAINDER, leaves="2", cum=("1", "99")),
        book_updated(3, asks={"99": "0"}, best_ask=("101", "1")),
        balances_changed(bob, USDT=("99901", "0"), BTC=("101", "0")),
        balances_changed(alice, USDT=("100099", "0"), BTC=("98", "1")),
    )


def test_ioc_that_meets_nobody_expires_whole_and_leaves_the_book_alone() -> None:
    exchange = Exchange()
    bob = exchange.trader("bob")
    batch = bob.buy("3", at="100", time_in_force=IOC)
    assert batch.events == (
        OrderAccepted(terms_of(batch, 1), 1),
        expired(terms_of(batch, 1), 2, ExpireReason.IOC_REMAINDER, leaves="3"),
        balances_changed(bob, USDT=("100000", "0")),
    )
    assert bob.found(1).status is OrderStatus.EXPIRED


def test_ioc_that_fills_whole_does_not_expire() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    maker = terms_of(alice.sell("1", at="99"), 1)
    batch = bob.buy("1", at="100", time_in_force=IOC)
    taker = terms_of(batch, 2)
    assert batch.events == (
        OrderAccepted(taker, 2),
        trade(1, execution(taker, 3, ("1", "99")), execution(maker, 4, ("1", "99"))),
        book_updated(2, asks={"99": "0"}),
        balances_changed(bob, USDT=("99901", "0"), BTC=("101", "0")),
        balances_changed(alice, USDT=("100099", "0"), BTC=("99", "0")),
    )


def test_fok_expires_without_a_trade_when_depth_is_short_by_one_lot() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    alice.sell("1", at="100")
    alice.sell("1", at="101")
    batch = bob.buy("2.0001", at="101", time_in_force=FOK)
    taker = terms_of(batch, 3)
    assert batch.events == (
        OrderAccepted(taker, 3),
        expired(taker, 4, ExpireReason.FOK_UNFILLED, leaves="2.0001"),
        balances_changed(bob, USDT=("100000", "0")),
    )


def test_fok_does_not_count_depth_beyond_its_price() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    alice.buy("1", at="100")
    alice.buy("1", at="99.99")
    batch = bob.sell("1.5", at="100", time_in_force=FOK)
    taker = terms_of(batch, 3)
    assert batch.events == (
        OrderAccepted(taker, 3),
        expired(taker, 4, ExpireReason.FOK_UNFILLED, leaves="1.5"),
        balances_changed(bob, BTC=("100", "0")),
    )


def test_fok_fills_when_depth_is_exactly_enough() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    near = terms_of(alice.sell("1", at="100"), 1)
    far = terms_of(alice.sell("1", at="101"), 2)
    batch = bob.buy("2", at="101", time_in_force=FOK)
    taker = terms_of(batch, 3)
    assert batch.events == (
        OrderAccepted(taker, 3),
        trade(1, execution(taker, 4, ("1", "100"), leaves="1"), execution(near, 5, ("1", "100"))),
        trade(2, execution(taker, 6, ("1", "101"), cum=("2", "201")), execution(far, 7, ("1", "101"))),
        book_updated(3, asks={"100": "0", "101": "0"}),
        balances_changed(bob, USDT=("99799", "0"), BTC=("102", "0")),
        balances_changed(alice, USDT=("100201", "0"), BTC=("98", "0")),
    )


def test_fok_does_not_count_own_orders_that_prevention_would_expire() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    bob.sell("1", at="100")
    alice.sell("1", at="100")
    batch = bob.buy("2", at="100", time_in_force=FOK)
    taker = terms_of(batch, 3)
    assert batch.events == (
        OrderAccepted(taker, 3),
        expired(taker, 4, ExpireReason.FOK_UNFILLED, leaves="2"),
        balances_changed(bob, USDT=("100000", "0")),
    )


def test_fok_passes_over_own_orders_when_the_rest_is_enough() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    bob.sell("1", at="100")
    alice.sell("2", at="100")
    batch = bob.buy("2", at="100", time_in_force=FOK)
    kinds = [type(event) for event in batch.events[:4]]
    assert kinds == [OrderAccepted, TradePrevented, OrderExpired, Trade]
    assert bob.found(1).status is OrderStatus.EXPIRED
    assert bob.found(3).status is OrderStatus.FILLED


def test_fok_that_would_be_stopped_by_its_own_order_expires_without_a_trade() -> None:
    for mode in (SelfTradePrevention.EXPIRE_TAKER, SelfTradePrevention.EXPIRE_BOTH):
        exchange = Exchange()
        alice, bob = exchange.trader("alice"), exchange.trader("bob")
        alice.sell("1", at="99")
        bob.sell("1", at="100")
        alice.sell("2", at="101")
        batch = bob.buy("2", at="101", time_in_force=FOK, self_trade_prevention=mode)
        taker = terms_of(batch, 4)
        assert batch.events == (
            OrderAccepted(taker, 4),
            expired(taker, 5, ExpireReason.FOK_UNFILLED, leaves="2"),
            balances_changed(bob, USDT=("100000", "0")),
        )


def test_a_post_only_order_that_would_take_is_rejected() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    alice.sell("1", at="100")
    assert bob.buy("1", at="100", post_only=True).events == (
        OrderRejected(bob.account_id, "BTC/USDT", RejectReason.POST_ONLY_WOULD_TAKE, "buy would take from the book"),
    )
    bob.buy("1", at="99")
    assert alice.sell("1", at="98", post_only=True).events == (
        OrderRejected(alice.account_id, "BTC/USDT", RejectReason.POST_ONLY_WOULD_TAKE, "sell would take from the book"),
    )


def test_a_post_only_order_one_tick_away_rests() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    alice.sell("1", at="100")
    batch = bob.buy("1", at="99.99", post_only=True)
    assert batch.events == (
        OrderAccepted(terms_of(batch, 2), 2),
        book_updated(2, bids={"99.99": "1"}, best_bid=("99.99", "1"), best_ask=("100", "1")),
        balances_changed(bob, USDT=("99900.01", "99.99")),
    )


def test_a_post_only_order_that_would_meet_only_its_owner_is_rejected_too() -> None:
    alice = Exchange().trader("alice")
    alice.sell("1", at="100")
    assert alice.buy("1", at="100", post_only=True).events == (
        OrderRejected(alice.account_id, "BTC/USDT", RejectReason.POST_ONLY_WOULD_TAKE, "buy would take from the book"),
    )
