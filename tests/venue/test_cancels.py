import pytest

from builders import (
    CROSS,
    SYMBOL,
    Exchange,
    amount,
    balances_changed,
    book_updated,
    listing,
    order_terms,
    quantity,
    reasons,
    terms_of,
)
from simexchange.domain.commands import CancelAllOrders, CancelOrder
from simexchange.domain.enums import CancelReason, OrderStatus
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import CancelRejected, OrderAccepted, OrderCanceled
from simexchange.domain.order import OrderTerms


def canceled(
    order: OrderTerms, execution_id: int, cum: tuple[str, str] = ("0", "0"), request_id: str = ""
) -> OrderCanceled:
    return OrderCanceled(order, execution_id, quantity(cum[0]), amount(cum[1]), 0, CancelReason.REQUESTED, request_id)


def test_a_canceled_order_leaves_the_book_and_frees_its_money() -> None:
    alice = Exchange().trader("alice")
    order = terms_of(alice.buy("1", at="100"), 1)
    assert alice.cancel(1, request_id="cancel-1").events == (
        canceled(order, 2, request_id="cancel-1"),
        book_updated(2, bids={"100": "0"}),
        balances_changed(alice, USDT=("100000", "0")),
    )
    assert alice.found(1).status is OrderStatus.CANCELED


def test_an_order_is_canceled_by_its_client_order_id() -> None:
    alice = Exchange().trader("alice")
    order = terms_of(alice.sell("1", at="100", client_order_id="mine"), 1)
    assert alice.cancel(client_order_id="mine").events == (
        canceled(order, 2),
        book_updated(2, asks={"100": "0"}),
        balances_changed(alice, BTC=("100", "0")),
    )


def test_an_order_is_canceled_by_both_ids_when_they_agree() -> None:
    alice = Exchange().trader("alice")
    order = terms_of(alice.sell("1", at="100", client_order_id="mine"), 1)
    assert alice.cancel(1, "mine").events == (
        canceled(order, 2),
        book_updated(2, asks={"100": "0"}),
        balances_changed(alice, BTC=("100", "0")),
    )


def test_ids_of_two_different_orders_cancel_neither() -> None:
    alice = Exchange().trader("alice")
    alice.sell("1", at="100", client_order_id="first")
    alice.sell("1", at="101", client_order_id="second")
    assert alice.cancel(1, "second").events == (
        CancelRejected(alice.account_id, SYMBOL, RejectReason.CLIENT_ORDER_ID_MISMATCH),
    )
    assert alice.found(1).status is OrderStatus.NEW
    assert alice.found(2).status is OrderStatus.NEW


def test_the_other_orders_of_a_level_stay() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    alice.buy("1", at="100")
    middle = terms_of(bob.buy("2", at="100"), 2)
    alice.buy("4", at="100")
    assert bob.cancel(2).events == (
        canceled(middle, 4),
        book_updated(4, bids={"100": "5"}, best_bid=("100", "5")),
        balances_changed(bob, USDT=("100000", "0")),
    )


def test_a_partly_filled_order_is_canceled_with_what_it_got() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    order = terms_of(alice.buy("1", at="100"), 1)
    bob.sell("0.4", at="100")
    assert alice.cancel(1).events == (
        canceled(order, 5, cum=("0.4", "40")),
        book_updated(3, bids={"100": "0"}),
        balances_changed(alice, USDT=("99960", "0")),
    )


@pytest.mark.parametrize("by", ["order_id", "client_order_id"])
def test_an_order_is_canceled_only_once(by: str) -> None:
    alice = Exchange().trader("alice")
    alice.buy("1", at="100", client_order_id="mine")
    assert reasons(alice.cancel(1)) == ()
    again = alice.cancel(1) if by == "order_id" else alice.cancel(client_order_id="mine")
    assert again.events == (CancelRejected(alice.account_id, SYMBOL, RejectReason.ORDER_UNKNOWN),)


def test_a_filled_order_cannot_be_canceled() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    alice.buy("1", at="100")
    bob.sell("1", at="100")
    assert alice.cancel(1).events == (CancelRejected(alice.account_id, SYMBOL, RejectReason.ORDER_UNKNOWN),)
    assert bob.cancel(2).events == (CancelRejected(bob.account_id, SYMBOL, RejectReason.ORDER_UNKNOWN),)


def test_nobody_cancels_the_orders_of_another() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    alice.buy("1", at="100", client_order_id="mine")
    expected = (CancelRejected(bob.account_id, SYMBOL, RejectReason.ORDER_UNKNOWN),)
    assert bob.cancel(1).events == expected
    assert bob.cancel(client_order_id="mine").events == expected


def test_a_cancel_that_names_no_order_is_rejected() -> None:
    alice = Exchange().trader("alice")
    alice.buy("1", at="100")
    assert alice.cancel().events == (CancelRejected(alice.account_id, SYMBOL, RejectReason.ORDER_UNKNOWN),)


def test_a_cancel_on_an_unknown_instrument_or_account_says_so() -> None:
    alice = Exchange().trader("alice")
    assert alice.cancel(1, symbol="DOGE/USDT").events == (
        CancelRejected(alice.account_id, "DOGE/USDT", RejectReason.INSTRUMENT_UNKNOWN),
    )
    assert alice.exchange.execute(CancelOrder(99, SYMBOL, 1)).events == (
        CancelRejected(99, SYMBOL, RejectReason.ACCOUNT_UNKNOWN),
    )


def test_an_order_of_another_instrument_with_the_same_id_is_not_meant() -> None:
    exchange = Exchange(listing(), listing(CROSS))
    alice = exchange.trader("alice")
    alice.buy("1", at="0.05", symbol=CROSS)
    assert alice.cancel(1).events == (CancelRejected(alice.account_id, SYMBOL, RejectReason.ORDER_UNKNOWN),)


def test_cancel_all_ends_every_order_of_one_instrument_in_order_of_age() -> None:
    exchange = Exchange(listing(), listing(CROSS))
    alice = exchange.trader("alice")
    bid = terms_of(alice.buy("1", at="100"), 1)
    ask = terms_of(alice.sell("1", at="110"), 2)
    alice.buy("1", at="0.05", symbol=CROSS)
    assert alice.cancel_all(SYMBOL, request_id="all-1").events == (
        canceled(bid, 3, request_id="all-1"),
        canceled(ask, 4, request_id="all-1"),
        book_updated(3, bids={"100": "0"}, asks={"110": "0"}),
        balances_changed(alice, USDT=("100000", "0"), BTC=("99.95", "0.05")),
    )
    assert [order.terms.symbol for order in exchange.venue.views.open_orders(alice.account_id)] == [CROSS]


def test_cancel_all_without_an_instrument_ends_every_order_everywhere() -> None:
    exchange = Exchange(listing(), listing(CROSS))
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    cross = terms_of(alice.buy("1", at="0.05", symbol=CROSS), 1)
    bid = terms_of(alice.buy("1", at="100"), 1)
    bob.buy("2", at="100")
    assert alice.cancel_all().events == (
        canceled(cross, 2),
        book_updated(2, bids={"0.05": "0"}, symbol=CROSS),
        canceled(bid, 3),
        book_updated(3, bids={"100": "2"}, best_bid=("100", "2")),
        balances_changed(alice, BTC=("100", "0"), USDT=("100000", "0")),
    )


def test_cancel_all_with_nothing_to_cancel_is_rejected() -> None:
    exchange = Exchange()
    alice = exchange.trader("alice")
    alice.buy("1", at="100")
    alice.cancel(1)
    assert alice.cancel_all(SYMBOL).events == (CancelRejected(alice.account_id, SYMBOL, RejectReason.ORDER_UNKNOWN),)
    assert alice.cancel_all().events == (CancelRejected(alice.account_id, None, RejectReason.ORDER_UNKNOWN),)


def test_cancel_all_of_an_unknown_instrument_or_account_says_so() -> None:
    exchange = Exchange()
    alice = exchange.trader("alice")
    assert alice.cancel_all("DOGE/USDT").events == (
        CancelRejected(alice.account_id, "DOGE/USDT", RejectReason.INSTRUMENT_UNKNOWN),
    )
    assert exchange.execute(CancelAllOrders(99)).events == (CancelRejected(99, None, RejectReason.ACCOUNT_UNKNOWN),)


def test_an_open_client_order_id_is_refused_and_a_closed_one_may_be_used_again() -> None:
    alice = Exchange().trader("alice")
    alice.buy("1", at="100", client_order_id="mine")
    assert reasons(alice.buy("1", at="99", client_order_id="mine")) == (RejectReason.CLIENT_ORDER_ID_DUPLICATE,)
    alice.cancel(client_order_id="mine")
    batch = alice.buy("1", at="99", client_order_id="mine")
    assert batch.events == (
        OrderAccepted(terms_of(batch, 2), 3),
        book_updated(3, bids={"99": "1"}, best_bid=("99", "1")),
        balances_changed(alice, USDT=("99901", "99")),
    )
    found = alice.exchange.venue.views.order(alice.account_id, SYMBOL, client_order_id="mine")
    assert found is alice.found(2)


def test_the_same_client_order_id_serves_another_account_or_instrument() -> None:
    exchange = Exchange(listing(), listing(CROSS))
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    alice.buy("1", at="100", client_order_id="mine")
    assert reasons(alice.buy("1", at="0.05", symbol=CROSS, client_order_id="mine")) == ()
    assert reasons(bob.buy("1", at="99", client_order_id="mine")) == ()


def test_a_filled_order_frees_its_client_order_id() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    alice.sell("1", at="100", client_order_id="maker")
    bob.buy("1", at="100", client_order_id="taker")
    assert reasons(alice.sell("1", at="100", client_order_id="maker")) == ()
    assert reasons(bob.buy("0.1", at="90", client_order_id="taker")) == ()


def test_order_terms_carry_what_the_owner_sent() -> None:
    alice = Exchange().trader("alice")
    batch = alice.buy("1", at="100", strategy_id=7, strategy_type=1_000_001, post_only=True)
    expected = order_terms(
        order_id=1,
        client_order_id="alice-1",
        account_id=alice.account_id,
        created_ns=batch.ts_ns,
        strategy_id=7,
        strategy_type=1_000_001,
        post_only=True,
    )
    assert batch.events[0] == OrderAccepted(expected, 1)
