import pytest

from builders import (
    CROSS,
    SYMBOL,
    Exchange,
    balances_changed,
    book_updated,
    listing,
    price,
    quantity,
    reasons,
    rules,
    terms_of,
)
from simexchange.domain.commands import ChangeRules, SetTradingStatus
from simexchange.domain.enums import CancelReason, OrderStatus, TradingStatus
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import (
    CommandRejected,
    OrderCanceled,
    OrderRejected,
    RulesChanged,
    TradingStatusChanged,
)
from simexchange.domain.order import OrderTerms


def closed(order: OrderTerms, execution_id: int) -> OrderCanceled:
    return OrderCanceled(order, execution_id, 0, 0, 0, CancelReason.INSTRUMENT_CLOSED)


@pytest.mark.parametrize(
    "status", [TradingStatus.HALTED, TradingStatus.CANCEL_ONLY, TradingStatus.POST_ONLY, TradingStatus.CLOSED]
)
def test_an_instrument_that_does_not_trade_takes_no_taking_orders(status: TradingStatus) -> None:
    exchange = Exchange()
    alice = exchange.trader("alice")
    assert exchange.execute(SetTradingStatus(SYMBOL, status)).events == (TradingStatusChanged(SYMBOL, status),)
    refused = (
        OrderRejected(alice.account_id, SYMBOL, RejectReason.INSTRUMENT_NOT_TRADING, f"{SYMBOL} is {status.value}"),
    )
    assert alice.buy("1", at="100").events == refused
    assert alice.buy("1").events == refused


def test_post_only_status_takes_orders_that_rest_and_no_others() -> None:
    exchange = Exchange()
    alice = exchange.trader("alice")
    exchange.execute(SetTradingStatus(SYMBOL, TradingStatus.POST_ONLY))
    assert reasons(alice.buy("1", at="100", post_only=True)) == ()
    assert reasons(alice.sell("1", at="100", post_only=True)) == (RejectReason.POST_ONLY_WOULD_TAKE,)
    assert reasons(alice.buy("1", at="99")) == (RejectReason.INSTRUMENT_NOT_TRADING,)


@pytest.mark.parametrize("status", [TradingStatus.HALTED, TradingStatus.CANCEL_ONLY, TradingStatus.POST_ONLY])
def test_orders_rest_through_a_halt_and_may_be_canceled(status: TradingStatus) -> None:
    exchange = Exchange()
    alice = exchange.trader("alice")
    alice.buy("1", at="100")
    alice.buy("1", at="99")
    assert exchange.execute(SetTradingStatus(SYMBOL, status)).events == (TradingStatusChanged(SYMBOL, status),)
    alice.cancel(1)
    assert (alice.found(1).status, alice.found(2).status) == (OrderStatus.CANCELED, OrderStatus.NEW)


def test_trading_resumes_with_the_book_as_it_was() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    alice.sell("1", at="100")
    exchange.execute(SetTradingStatus(SYMBOL, TradingStatus.HALTED))
    exchange.execute(SetTradingStatus(SYMBOL, TradingStatus.CONTINUOUS))
    bob.buy("1", at="100")
    assert alice.found(1).status is OrderStatus.FILLED


def test_closing_an_instrument_cancels_everything_on_it_and_nothing_elsewhere() -> None:
    exchange = Exchange(listing(), listing(CROSS))
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    of_bob = terms_of(bob.sell("2", at="101"), 1)
    first = terms_of(alice.buy("1", at="100"), 2)
    second = terms_of(alice.sell("1", at="102"), 3)
    elsewhere = alice.buy("1", at="0.05", symbol=CROSS)
    batch = exchange.execute(SetTradingStatus(SYMBOL, TradingStatus.CLOSED))
    assert batch.events == (
        TradingStatusChanged(SYMBOL, TradingStatus.CLOSED),
        closed(first, 4),
        closed(second, 5),
        closed(of_bob, 6),
        book_updated(4, bids={"100": "0"}, asks={"102": "0", "101": "0"}),
        balances_changed(alice, USDT=("100000", "0"), BTC=("99.95", "0.05")),
        balances_changed(bob, BTC=("100", "0")),
    )
    assert [order.terms for order in exchange.venue.views.open_orders(alice.account_id)] == [terms_of(elsewhere, 1)]


def test_closing_twice_cancels_nothing_twice() -> None:
    exchange = Exchange()
    exchange.trader("alice").buy("1", at="100")
    exchange.execute(SetTradingStatus(SYMBOL, TradingStatus.CLOSED))
    assert exchange.execute(SetTradingStatus(SYMBOL, TradingStatus.CLOSED)).events == (
        TradingStatusChanged(SYMBOL, TradingStatus.CLOSED),
    )


def test_new_rules_bind_new_orders_and_leave_resting_ones_alone() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    alice.sell("0.0003", at="100.01")
    new = rules(tick_size=price("0.5"), lot_size=quantity("0.1"), min_quantity=quantity("0.1"))
    assert exchange.execute(ChangeRules(SYMBOL, new)).events == (RulesChanged(SYMBOL, new),)
    assert reasons(alice.sell("0.1", at="100.01")) == (RejectReason.PRICE_OFF_TICK,)
    assert reasons(alice.sell("0.0003", at="100.5")) == (RejectReason.QUANTITY_TOO_SMALL,)
    batch = bob.buy("0.1", at="100.5")
    assert [type(event).__name__ for event in batch.events[:2]] == ["OrderAccepted", "Trade"]
    assert alice.found(1).status is OrderStatus.FILLED


def test_an_order_that_new_rules_would_not_take_can_still_be_canceled() -> None:
    exchange = Exchange()
    alice = exchange.trader("alice")
    order = terms_of(alice.buy("0.0003", at="100.01"), 1)
    exchange.execute(ChangeRules(SYMBOL, rules(tick_size=price("0.5"), min_quantity=quantity("1"))))
    assert alice.cancel(1).events == (
        OrderCanceled(order, 2, 0, 0, 0, CancelReason.REQUESTED),
        book_updated(2, bids={"100.01": "0"}),
        balances_changed(alice, USDT=("100000", "0")),
    )


def test_rules_and_status_of_an_unknown_instrument_are_rejected() -> None:
    exchange = Exchange()
    expected = (CommandRejected(RejectReason.INSTRUMENT_UNKNOWN, "no instrument DOGE/USDT"),)
    assert exchange.execute(ChangeRules("DOGE/USDT", rules())).events == expected
    assert exchange.execute(SetTradingStatus("DOGE/USDT", TradingStatus.HALTED)).events == expected
