from builders import (
    CROSS,
    FOK,
    IOC,
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
from simexchange.domain.enums import ExpireReason
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import OrderAccepted, OrderRejected


def test_a_market_order_takes_what_it_wants_at_the_makers_prices() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    near = terms_of(alice.sell("1", at="100"), 1)
    far = terms_of(alice.sell("1", at="102"), 2)
    batch = bob.buy("1.5")
    taker = terms_of(batch, 3)
    assert batch.events == (
        OrderAccepted(taker, 3),
        trade(1, execution(taker, 4, ("1", "100"), leaves="0.5"), execution(near, 5, ("1", "100"))),
        trade(
            2,
            execution(taker, 6, ("0.5", "102"), cum=("1.5", "151")),
            execution(far, 7, ("0.5", "102"), leaves="0.5"),
        ),
        book_updated(3, asks={"100": "0", "102": "0.5"}, best_ask=("102", "0.5")),
        balances_changed(bob, USDT=("99849", "0"), BTC=("101.5", "0")),
        balances_changed(alice, USDT=("100151", "0"), BTC=("98", "0.5")),
    )


def test_a_market_sell_that_exhausts_the_book_expires_with_the_rest() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    maker = terms_of(alice.buy("1", at="100"), 1)
    batch = bob.sell("1.5")
    taker = terms_of(batch, 2)
    assert batch.events == (
        OrderAccepted(taker, 2),
        trade(1, execution(taker, 3, ("1", "100"), leaves="0.5"), execution(maker, 4, ("1", "100"))),
        expired(taker, 5, ExpireReason.NO_LIQUIDITY, leaves="0.5", cum=("1", "100")),
        book_updated(2, bids={"100": "0"}),
        balances_changed(bob, BTC=("99", "0"), USDT=("100100", "0")),
        balances_changed(alice, BTC=("101", "0"), USDT=("99900", "0")),
    )


def test_a_market_buy_that_exhausts_the_book_pays_for_what_it_got() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    maker = terms_of(alice.sell("1", at="100"), 1)
    batch = bob.buy("1.5")
    taker = terms_of(batch, 2)
    assert batch.events == (
        OrderAccepted(taker, 2),
        trade(1, execution(taker, 3, ("1", "100"), leaves="0.5"), execution(maker, 4, ("1", "100"))),
        expired(taker, 5, ExpireReason.NO_LIQUIDITY, leaves="0.5", cum=("1", "100")),
        book_updated(2, asks={"100": "0"}),
        balances_changed(bob, USDT=("99900", "0"), BTC=("101", "0")),
        balances_changed(alice, USDT=("100100", "0"), BTC=("99", "0")),
    )


def test_a_market_order_on_an_empty_book_is_accepted_and_expires() -> None:
    bob = Exchange().trader("bob")
    bought, sold = bob.buy("1"), bob.sell("1")
    assert bought.events == (
        OrderAccepted(terms_of(bought, 1), 1),
        expired(terms_of(bought, 1), 2, ExpireReason.NO_LIQUIDITY, leaves="1"),
        balances_changed(bob, USDT=("100000", "0")),
    )
    assert sold.events == (
        OrderAccepted(terms_of(sold, 2), 3),
        expired(terms_of(sold, 2), 4, ExpireReason.NO_LIQUIDITY, leaves="1"),
        balances_changed(bob, BTC=("100", "0")),
    )


def test_a_market_buy_needs_money_for_what_the_book_offers_and_no_more() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob", {"USDT": "150"})
    alice.sell("1", at="100")
    alice.sell("1", at="102")
    assert bob.buy("1.5").events == (
        OrderRejected(bob.account_id, "BTC/USDT", RejectReason.INSUFFICIENT_BALANCE, "needs 151 USDT, free 150"),
    )
    assert reasons(bob.buy("1.4901")) == ()


def test_a_market_sell_needs_all_it_wants_to_sell() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob", {"BTC": "1"})
    alice.buy("0.5", at="100")
    assert reasons(bob.sell("1.0001")) == (RejectReason.INSUFFICIENT_BALANCE,)
    assert reasons(bob.sell("1")) == ()


def test_a_market_buy_by_quote_amount_spends_no_more_than_it_says() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    near = terms_of(alice.sell("1", at="100"), 1)
    far = terms_of(alice.sell("5", at="300"), 2)
    batch = bob.buy(worth="200")
    taker = terms_of(batch, 3, quantity=quantity("1.3333"))
    assert taker.quote_quantity == amount("200")
    assert batch.events == (
        OrderAccepted(taker, 3),
        trade(1, execution(taker, 4, ("1", "100"), leaves="0.3333"), execution(near, 5, ("1", "100"))),
        trade(
            2,
            execution(taker, 6, ("0.3333", "300"), cum=("1.3333", "199.99")),
            execution(far, 7, ("0.3333", "300"), leaves="4.6667"),
        ),
        book_updated(3, asks={"100": "0", "300": "4.6667"}, best_ask=("300", "4.6667")),
        balances_changed(bob, USDT=("99800.01", "0"), BTC=("101.3333", "0")),
        balances_changed(alice, USDT=("100199.99", "0"), BTC=("94", "4.6667")),
    )


def test_a_market_sell_by_quote_amount_sells_what_brings_it_in() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    maker = terms_of(alice.buy("5", at="300"), 1)
    batch = bob.sell(worth="200")
    taker = terms_of(batch, 2, quantity=quantity("0.6666"))
    assert batch.events == (
        OrderAccepted(taker, 2),
        trade(1, execution(taker, 3, ("0.6666", "300")), execution(maker, 4, ("0.6666", "300"), leaves="4.3334")),
        book_updated(2, bids={"300": "4.3334"}, best_bid=("300", "4.3334")),
        balances_changed(bob, BTC=("99.3334", "0"), USDT=("100199.98", "0")),
        balances_changed(alice, BTC=("100.6666", "0"), USDT=("98500", "1300.02")),
    )


def test_an_order_by_quote_amount_larger_than_the_book_takes_the_book() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    maker = terms_of(alice.sell("1", at="100"), 1)
    batch = bob.buy(worth="5000")
    taker = terms_of(batch, 2, quantity=quantity("1"))
    assert batch.events == (
        OrderAccepted(taker, 2),
        trade(1, execution(taker, 3, ("1", "100")), execution(maker, 4, ("1", "100"))),
        book_updated(2, asks={"100": "0"}),
        balances_changed(bob, USDT=("99900", "0"), BTC=("101", "0")),
        balances_changed(alice, USDT=("100100", "0"), BTC=("99", "0")),
    )


def test_an_order_by_quote_amount_takes_whole_market_lots() -> None:
    exchange = Exchange(listing(instrument_rules=rules(market_lot_size=quantity("0.5"))))
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    maker = terms_of(alice.sell("9", at="100"), 1)
    batch = bob.buy(worth="199")
    taker = terms_of(batch, 2, quantity=quantity("1.5"))
    assert batch.events == (
        OrderAccepted(taker, 2),
        trade(1, execution(taker, 3, ("1.5", "100")), execution(maker, 4, ("1.5", "100"), leaves="7.5")),
        book_updated(2, asks={"100": "7.5"}, best_ask=("100", "7.5")),
        balances_changed(bob, USDT=("99850", "0"), BTC=("101.5", "0")),
        balances_changed(alice, USDT=("100150", "0"), BTC=("91", "7.5")),
    )


def test_an_order_by_quote_amount_is_rejected_on_an_empty_book_and_below_one_lot() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    assert bob.buy(worth="200").events == (
        OrderRejected(bob.account_id, "BTC/USDT", RejectReason.BOOK_EMPTY, "no orders on the book to take"),
    )
    alice.sell("1", at="100")
    assert bob.buy(worth="0.0099").events == (
        OrderRejected(bob.account_id, "BTC/USDT", RejectReason.BOOK_BELOW_LOT, "the book and the amount allow 0 only"),
    )
    assert reasons(bob.buy(worth="0.01")) == ()


def test_a_market_order_by_quote_amount_that_is_negative_or_zero_is_rejected() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    alice.sell("1", at="100")
    assert reasons(bob.buy(worth="-5")) == (RejectReason.NOTIONAL_TOO_SMALL,)
    assert reasons(bob.buy(worth="0")) == (RejectReason.QUANTITY_TOO_SMALL,)


def test_a_market_order_may_be_fill_or_kill() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    alice.sell("1", at="100")
    batch = bob.buy("1.5", time_in_force=FOK)
    taker = terms_of(batch, 2)
    assert batch.events == (
        OrderAccepted(taker, 2),
        expired(taker, 3, ExpireReason.FOK_UNFILLED, leaves="1.5"),
        balances_changed(bob, USDT=("100000", "0")),
    )


def test_a_market_order_that_is_immediate_or_cancel_still_ends_for_want_of_liquidity() -> None:
    bob = Exchange().trader("bob")
    batch = bob.buy("1", time_in_force=IOC)
    assert batch.events == (
        OrderAccepted(terms_of(batch, 1), 1),
        expired(terms_of(batch, 1), 2, ExpireReason.NO_LIQUIDITY, leaves="1"),
        balances_changed(bob, USDT=("100000", "0")),
    )


def test_a_market_order_on_the_cross_pays_in_its_quote_asset() -> None:
    exchange = Exchange(listing(), listing(CROSS))
    alice = exchange.trader("alice", {"BTC": "10", "ETH": "100"})
    bob = exchange.trader("bob", {"BTC": "10", "ETH": "100"})
    maker = terms_of(alice.sell("2", at="0.05", symbol=CROSS), 1)
    batch = bob.buy("2", symbol=CROSS)
    taker = terms_of(batch, 2)
    assert maker.price == price("0.05")
    assert batch.events == (
        OrderAccepted(taker, 2),
        trade(1, execution(taker, 3, ("2", "0.05")), execution(maker, 4, ("2", "0.05"))),
        book_updated(2, asks={"0.05": "0"}, symbol=CROSS),
        balances_changed(bob, BTC=("9.9", "0"), ETH=("102", "0")),
        balances_changed(alice, BTC=("10.1", "0"), ETH=("98", "0")),
    )
