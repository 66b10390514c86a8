from builders import (
    CROSS,
    Exchange,
    balances_changed,
    book_updated,
    execution,
    listing,
    terms_of,
    trade,
)
from simexchange.domain.events import OrderAccepted


def test_a_limit_order_that_meets_nobody_rests() -> None:
    alice = Exchange().trader("alice")
    batch = alice.buy("1.5", at="100")
    assert batch.events == (
        OrderAccepted(terms_of(batch, 1), 1),
        book_updated(1, bids={"100": "1.5"}, best_bid=("100", "1.5")),
        balances_changed(alice, USDT=("99850", "150")),
    )


def test_a_sell_order_holds_the_base_asset() -> None:
    alice = Exchange().trader("alice")
    batch = alice.sell("1.5", at="100")
    assert batch.events == (
        OrderAccepted(terms_of(batch, 1), 1),
        book_updated(1, asks={"100": "1.5"}, best_ask=("100", "1.5")),
        balances_changed(alice, BTC=("98.5", "1.5")),
    )


def test_two_equal_orders_fill_each_other_whole() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    maker = terms_of(alice.sell("1", at="100"), 1)
    batch = bob.buy("1", at="100")
    taker = terms_of(batch, 2)
    assert batch.events == (
        OrderAccepted(taker, 2),
        trade(1, execution(taker, 3, ("1", "100")), execution(maker, 4, ("1", "100"))),
        book_updated(2, asks={"100": "0"}),
        balances_changed(bob, USDT=("99900", "0"), BTC=("101", "0")),
        balances_changed(alice, USDT=("100100", "0"), BTC=("99", "0")),
    )


def test_a_small_taker_fills_the_maker_partly() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    maker = terms_of(alice.buy("1", at="100"), 1)
    batch = bob.sell("0.4", at="100")
    taker = terms_of(batch, 2)
    assert batch.events == (
        OrderAccepted(taker, 2),
        trade(1, execution(taker, 3, ("0.4", "100")), execution(maker, 4, ("0.4", "100"), leaves="0.6")),
        book_updated(2, bids={"100": "0.6"}, best_bid=("100", "0.6")),
        balances_changed(bob, BTC=("99.6", "0"), USDT=("100040", "0")),
        balances_changed(alice, BTC=("100.4", "0"), USDT=("99900", "60")),
    )


def test_a_large_taker_rests_with_what_the_book_could_not_fill() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    maker = terms_of(alice.sell("0.4", at="100"), 1)
    batch = bob.buy("1", at="100")
    taker = terms_of(batch, 2)
    assert batch.events == (
        OrderAccepted(taker, 2),
        trade(1, execution(taker, 3, ("0.4", "100"), leaves="0.6"), execution(maker, 4, ("0.4", "100"))),
        book_updated(2, bids={"100": "0.6"}, asks={"100": "0"}, best_bid=("100", "0.6")),
        balances_changed(bob, USDT=("99900", "60"), BTC=("100.4", "0")),
        balances_changed(alice, USDT=("100040", "0"), BTC=("99.6", "0")),
    )


def test_a_buyer_trades_at_the_makers_price_and_gets_back_what_it_held_too_much() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    maker = terms_of(alice.sell("0.4", at="90"), 1)
    batch = bob.buy("1", at="100")
    taker = terms_of(batch, 2)
    assert batch.events == (
        OrderAccepted(taker, 2),
        trade(1, execution(taker, 3, ("0.4", "90"), leaves="0.6"), execution(maker, 4, ("0.4", "90"))),
        book_updated(2, bids={"100": "0.6"}, asks={"90": "0"}, best_bid=("100", "0.6")),
        balances_changed(bob, USDT=("99904", "60"), BTC=("100.4", "0")),
        balances_changed(alice, USDT=("100036", "0"), BTC=("99.6", "0")),
    )


def test_a_seller_trades_at_the_makers_higher_price() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    maker = terms_of(alice.buy("1", at="110"), 1)
    batch = bob.sell("1", at="100")
    taker = terms_of(batch, 2)
    assert batch.events == (
        OrderAccepted(taker, 2),
        trade(1, execution(taker, 3, ("1", "110")), execution(maker, 4, ("1", "110"))),
        book_updated(2, bids={"110": "0"}),
        balances_changed(bob, BTC=("99", "0"), USDT=("100110", "0")),
        balances_changed(alice, BTC=("101", "0"), USDT=("99890", "0")),
    )


def test_better_prices_fill_first_and_older_orders_first_at_one_price() -> None:
    exchange = Exchange()
    alice, bob, carol = exchange.trader("alice"), exchange.trader("bob"), exchange.trader("carol")
    late_price = terms_of(alice.sell("1", at="101"), 1)
    early = terms_of(alice.sell("1", at="100"), 2)
    late = terms_of(bob.sell("1", at="100"), 3)
    batch = carol.buy("2.5", at="101")
    taker = terms_of(batch, 4)
    assert batch.events == (
        OrderAccepted(taker, 4),
        trade(1, execution(taker, 5, ("1", "100"), leaves="1.5"), execution(early, 6, ("1", "100"))),
        trade(
            2,
            execution(taker, 7, ("1", "100"), leaves="0.5", cum=("2", "200")),
            execution(late, 8, ("1", "100")),
        ),
        trade(
            3,
            execution(taker, 9, ("0.5", "101"), cum=("2.5", "250.5")),
            execution(late_price, 10, ("0.5", "101"), leaves="0.5"),
        ),
        book_updated(4, asks={"100": "0", "101": "0.5"}, best_ask=("101", "0.5")),
        balances_changed(carol, USDT=("99749.5", "0"), BTC=("102.5", "0")),
        balances_changed(alice, USDT=("100150.5", "0"), BTC=("98", "0.5")),
        balances_changed(bob, USDT=("100100", "0"), BTC=("99", "0")),
    )


def test_a_partly_filled_order_keeps_its_place_in_the_queue() -> None:
    exchange = Exchange()
    alice, bob, carol = exchange.trader("alice"), exchange.trader("bob"), exchange.trader("carol")
    first = terms_of(alice.sell("1", at="100"), 1)
    bob.sell("1", at="100")
    carol.buy("0.3", at="100")
    batch = carol.buy("0.7", at="100")
    taker = terms_of(batch, 4)
    assert batch.events == (
        OrderAccepted(taker, 6),
        trade(2, execution(taker, 7, ("0.7", "100")), execution(first, 8, ("0.7", "100"), cum=("1", "100"))),
        book_updated(4, asks={"100": "1"}, best_ask=("100", "1")),
        balances_changed(carol, USDT=("99900", "0"), BTC=("101", "0")),
        balances_changed(alice, USDT=("100100", "0"), BTC=("99", "0")),
    )


def test_an_order_that_ends_where_a_level_began_leaves_the_level_behind_it_alone() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    maker = terms_of(alice.sell("1", at="100"), 1)
    alice.sell("1", at="101")
    batch = bob.buy("1", at="105")
    taker = terms_of(batch, 3)
    assert batch.events == (
        OrderAccepted(taker, 3),
        trade(1, execution(taker, 4, ("1", "100")), execution(maker, 5, ("1", "100"))),
        book_updated(3, asks={"100": "0"}, best_ask=("101", "1")),
        balances_changed(bob, USDT=("99900", "0"), BTC=("101", "0")),
        balances_changed(alice, USDT=("100100", "0"), BTC=("98", "1")),
    )


def test_order_and_trade_numbers_belong_to_one_instrument() -> None:
    exchange = Exchange(listing(), listing(CROSS, first_trade_id=500))
    alice = exchange.trader("alice", {"BTC": "100", "ETH": "100", "USDT": "100000"})
    bob = exchange.trader("bob", {"BTC": "100", "ETH": "100", "USDT": "100000"})
    alice.sell("1", at="100")
    maker = terms_of(alice.sell("1", at="0.5", symbol=CROSS), 1)
    batch = bob.buy("1", at="0.5", symbol=CROSS)
    taker = terms_of(batch, 2)
    assert batch.events == (
        OrderAccepted(taker, 2),
        trade(500, execution(taker, 3, ("1", "0.5")), execution(maker, 4, ("1", "0.5"))),
        book_updated(2, asks={"0.5": "0"}, symbol=CROSS),
        balances_changed(bob, BTC=("99.5", "0"), ETH=("101", "0")),
        balances_changed(alice, BTC=("99.5", "1"), ETH=("99", "0")),
    )
