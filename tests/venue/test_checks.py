"""Every reason to reject an order, and which comes first when several apply."""

from typing import Any

import pytest

from builders import (
    SYMBOL,
    Exchange,
    Trader,
    amount,
    limit_order,
    listing,
    market_order,
    price,
    quantity,
    rate,
    reasons,
    rules,
)
from simexchange.domain.commands import ChangeRules, PlaceOrder, SetAccountStatus, SetTradingStatus
from simexchange.domain.enums import OrderType, SelfTradePrevention, Side, TradingStatus
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import OrderRejected
from simexchange.domain.instrument import PriceBand, Rules

STRICT = rules(
    tick_size=price("0.5"),
    lot_size=quantity("0.1"),
    min_price=price("10"),
    max_price=price("1000"),
    min_quantity=quantity("0.2"),
    max_quantity=quantity("50"),
    market_lot_size=quantity("0.2"),
    market_min_quantity=quantity("0.4"),
    market_max_quantity=quantity("20"),
    min_notional=amount("50"),
    max_notional=amount("4000"),
    price_band=PriceBand(rate("2"), rate("0.5"), rate("3"), rate("0.8")),
    max_open_orders=2,
    max_position=quantity("130"),
)


def strict(**changes: Any) -> tuple[Exchange, Trader]:
    """A venue with every bound set, the last price 100, and one trader with 100 BTC and 100,000 USDT."""
    values = {name: getattr(STRICT, name) for name in STRICT.__struct_fields__}
    exchange = Exchange(listing(instrument_rules=Rules(**(values | changes)), last_price=price("100")))
    return exchange, exchange.trader("alice")


@pytest.mark.parametrize(
    ("order", "reason", "rule"),
    [
        (limit_order(symbol="DOGE/USDT"), RejectReason.INSTRUMENT_UNKNOWN, "no instrument DOGE/USDT"),
        (limit_order(account_id=99), RejectReason.ACCOUNT_UNKNOWN, "no account 99"),
        (limit_order(at="9.5"), RejectReason.PRICE_TOO_LOW, "price 9.5 is below the minimum 10"),
        (limit_order(at="0"), RejectReason.PRICE_TOO_LOW, "price 0 is below the minimum 10"),
        (limit_order(at="-20"), RejectReason.PRICE_TOO_LOW, "price -20 is below the minimum 10"),
        (limit_order(at="1000.5"), RejectReason.PRICE_TOO_HIGH, "price 1000.5 is above the maximum 1000"),
        (limit_order(at="100.25"), RejectReason.PRICE_OFF_TICK, "price 100.25 is not a multiple of 0.5"),
        (limit_order(at="200.5"), RejectReason.PRICE_OUTSIDE_BAND, "price 200.5 is not within 50 to 200"),
        (limit_order(at="49.5"), RejectReason.PRICE_OUTSIDE_BAND, "price 49.5 is not within 50 to 200"),
        (
            limit_order(Side.SELL, at="79.5"),
            RejectReason.PRICE_OUTSIDE_BAND,
            "price 79.5 is not within 80 to 300",
        ),
        (limit_order(size="0.1"), RejectReason.QUANTITY_TOO_SMALL, "quantity 0.1 is below the minimum 0.2"),
        (limit_order(size="0"), RejectReason.QUANTITY_TOO_SMALL, "quantity 0 is below the minimum 0.2"),
        (limit_order(size="-1"), RejectReason.QUANTITY_TOO_SMALL, "quantity -1 is below the minimum 0.2"),
        (limit_order(size="50.1"), RejectReason.QUANTITY_TOO_LARGE, "quantity 50.1 is above the maximum 50"),
        (limit_order(size="1.05"), RejectReason.QUANTITY_OFF_LOT, "quantity 1.05 is not a multiple of 0.1"),
        (market_order(size="0.25"), RejectReason.QUANTITY_OFF_LOT, "quantity 0.25 is not a multiple of 0.1"),
        (
            market_order(size="20.3"),
            RejectReason.MARKET_QUANTITY_TOO_LARGE,
            "quantity 20.3 is above the maximum 20",
        ),
        (
            market_order(size="0.3"),
            RejectReason.MARKET_QUANTITY_TOO_SMALL,
            "quantity 0.3 is below the minimum 0.4",
        ),
        (
            market_order(size="20.2"),
            RejectReason.MARKET_QUANTITY_TOO_LARGE,
            "quantity 20.2 is above the maximum 20",
        ),
        (
            market_order(size="1.1"),
            RejectReason.MARKET_QUANTITY_OFF_LOT,
            "quantity 1.1 is not a multiple of 0.2",
        ),
        (limit_order(size="0.4"), RejectReason.NOTIONAL_TOO_SMALL, "notional 40 is below the minimum 50"),
        (market_order(size="0.4"), RejectReason.NOTIONAL_TOO_SMALL, "notional 40 is below the minimum 50"),
        (
            market_order(quantity=0, quote_quantity=amount("49.99")),
            RejectReason.NOTIONAL_TOO_SMALL,
            "notional 49.99 is below the minimum 50",
        ),
        (limit_order(size="40.1"), RejectReason.NOTIONAL_TOO_LARGE, "notional 4010 is above the maximum 4000"),
        (limit_order(size="30.1"), RejectReason.POSITION_EXCEEDED, "position 130.1 is above the maximum 130"),
    ],
)
def test_a_broken_rule_is_named_with_what_was_sent_and_what_passes(
    order: PlaceOrder, reason: RejectReason, rule: str
) -> None:
    exchange, _ = strict()
    assert exchange.execute(order).events == (OrderRejected(order.account_id, order.symbol, reason, rule),)


@pytest.mark.parametrize(
    "order",
    [
        limit_order(at="50"),
        limit_order(at="200"),
        limit_order(Side.SELL, at="80"),
        limit_order(Side.SELL, at="300"),
        limit_order(size="0.5"),
        limit_order(size="30"),
        limit_order(Side.SELL, size="40"),
        market_order(Side.SELL, size="20"),
        market_order(Side.SELL, size="0.6"),
    ],
)
def test_what_lies_on_a_bound_passes(order: PlaceOrder) -> None:
    exchange, _ = strict()
    assert reasons(exchange.execute(order)) == ()


def test_a_zero_bound_is_no_bound_but_prices_and_quantities_stay_above_zero() -> None:
    exchange = Exchange(listing(instrument_rules=Rules(tick_size=0, lot_size=0)))
    exchange.trader("alice", {"USDT": "1000000000"})
    assert reasons(exchange.execute(limit_order(size="0.0001", at="0.01"))) == ()
    big = limit_order(size="99999.9999", at="1234.56", client_order_id="big")
    assert reasons(exchange.execute(big)) == ()
    assert exchange.execute(limit_order(at="0")).events == (
        OrderRejected(2, SYMBOL, RejectReason.PRICE_TOO_LOW, "price 0 is not above 0"),
    )
    assert exchange.execute(limit_order(size="0")).events == (
        OrderRejected(2, SYMBOL, RejectReason.QUANTITY_TOO_SMALL, "quantity 0 is not above 0"),
    )


def test_an_account_that_may_not_trade_is_told_so() -> None:
    exchange, alice = strict()
    exchange.execute(SetAccountStatus(alice.account_id, can_trade=False))
    assert alice.buy("1", at="100").events == (
        OrderRejected(alice.account_id, SYMBOL, RejectReason.ACCOUNT_DISABLED, "alice may not trade"),
    )


def test_an_order_type_post_only_or_quote_amount_the_instrument_does_not_take_is_rejected() -> None:
    _, alice = strict(order_types=(OrderType.LIMIT,), post_only=False, quote_quantity_market=False)
    assert alice.buy("1").events == (
        OrderRejected(
            alice.account_id, SYMBOL, RejectReason.ORDER_TYPE_UNSUPPORTED, f"{SYMBOL} takes no market orders"
        ),
    )
    assert alice.buy("1", at="100", post_only=True).events == (
        OrderRejected(
            alice.account_id, SYMBOL, RejectReason.POST_ONLY_UNSUPPORTED, f"{SYMBOL} takes no post-only orders"
        ),
    )
    _, alice = strict(quote_quantity_market=False)
    assert alice.buy(worth="100").events == (
        OrderRejected(
            alice.account_id,
            SYMBOL,
            RejectReason.QUOTE_QUANTITY_UNSUPPORTED,
            f"{SYMBOL} takes no orders by quote amount",
        ),
    )


def test_notional_bounds_may_leave_market_orders_out() -> None:
    _, alice = strict(min_notional_for_market=False)
    assert reasons(alice.sell("0.4")) == ()
    _, alice = strict(max_notional=amount("1000"))
    assert reasons(alice.sell("20")) == ()
    _, alice = strict(max_notional=amount("1000"), max_notional_for_market=True)
    assert reasons(alice.sell("20")) == (RejectReason.NOTIONAL_TOO_LARGE,)


def test_open_orders_are_capped_per_instrument_and_the_house_is_not() -> None:
    exchange, alice = strict()
    maker = exchange.trader("maker", house=True)
    for at in ("100", "101"):
        assert reasons(alice.buy("1", at=at)) == ()
    assert alice.buy("1", at="102").events == (
        OrderRejected(alice.account_id, SYMBOL, RejectReason.OPEN_ORDERS_EXCEEDED, "2 open orders, at most 2"),
    )
    alice.cancel(1)
    assert reasons(alice.buy("1", at="102")) == ()
    for at in ("120", "121", "122"):
        assert reasons(maker.sell("1", at=at)) == ()


def test_a_position_counts_what_is_held_and_what_open_buys_may_bring() -> None:
    _, alice = strict()
    alice.sell("10", at="150")
    assert reasons(alice.buy("20", at="100")) == ()
    assert alice.buy("10.1", at="100").events == (
        OrderRejected(
            alice.account_id,
            SYMBOL,
            RejectReason.OPEN_ORDERS_EXCEEDED,
            "2 open orders, at most 2",
        ),
    )
    alice.cancel(1)
    assert reasons(alice.buy("10.1", at="100")) == (RejectReason.POSITION_EXCEEDED,)
    assert reasons(alice.buy("10", at="100")) == ()


def test_a_price_band_follows_the_average_of_recent_trades() -> None:
    exchange, alice = strict(max_open_orders=0)
    bob = exchange.trader("bob")
    alice.sell("1", at="200")
    bob.buy("1", at="200")
    assert reasons(bob.buy("1", at="400")) == ()
    assert reasons(bob.buy("1", at="99.5")) == (RejectReason.PRICE_OUTSIDE_BAND,)


def test_a_price_band_without_any_price_yet_lets_all_prices_pass() -> None:
    exchange = Exchange(listing(instrument_rules=rules(price_band=STRICT.price_band)))
    assert reasons(exchange.trader("alice").buy("1", at="0.01")) == ()


def test_the_client_order_id_of_an_open_order_is_taken() -> None:
    _, alice = strict()
    alice.buy("1", at="100", client_order_id="mine")
    assert alice.buy("1", at="100", client_order_id="mine").events == (
        OrderRejected(
            alice.account_id,
            SYMBOL,
            RejectReason.CLIENT_ORDER_ID_DUPLICATE,
            "an open order is already called 'mine'",
        ),
    )


def test_money_is_needed_in_the_asset_an_order_pays_with() -> None:
    exchange = Exchange()
    poor = exchange.trader("poor", {"USDT": "99.99"})
    assert poor.buy("1", at="100").events == (
        OrderRejected(poor.account_id, SYMBOL, RejectReason.INSUFFICIENT_BALANCE, "needs 100 USDT, free 99.99"),
    )
    assert poor.sell("1", at="100").events == (
        OrderRejected(poor.account_id, SYMBOL, RejectReason.INSUFFICIENT_BALANCE, "needs 1 BTC, free 0"),
    )
    assert reasons(poor.buy("0.9999", at="100")) == ()


def test_what_is_held_cannot_be_used_twice() -> None:
    exchange = Exchange()
    alice = exchange.trader("alice", {"USDT": "100"})
    assert reasons(alice.buy("0.6", at="100")) == ()
    assert reasons(alice.buy("0.6", at="100")) == (RejectReason.INSUFFICIENT_BALANCE,)
    alice.cancel(1)
    assert reasons(alice.buy("0.6", at="100")) == ()


WRONG_IN_EVERY_WAY: dict[str, Any] = {
    "at": "9.75",
    "size": "0.15",
    "post_only": True,
    "self_trade_prevention": SelfTradePrevention.NONE,
    "client_order_id": "open",
}
"""What ``test_the_first_rule_that_fails_wins`` sends; each row of it mends the first fault that is left."""


def test_the_first_rule_that_fails_wins() -> None:
    exchange, alice = strict(
        max_open_orders=1,
        max_position=quantity("100"),
        post_only=False,
        self_trade_prevention=(SelfTradePrevention.EXPIRE_MAKER,),
        order_types=(OrderType.MARKET,),
    )
    order = dict(WRONG_IN_EVERY_WAY)

    def answer(**mended: Any) -> RejectReason | None:
        order.update(mended)
        given = reasons(alice.order(Side.BUY, **order))
        return given[0] if given else None

    def change(**changes: Any) -> None:
        market = exchange.venue.markets[SYMBOL]
        values = {name: getattr(market.rules, name) for name in market.rules.__struct_fields__}
        exchange.execute(ChangeRules(SYMBOL, Rules(**(values | changes))))

    exchange.execute(SetAccountStatus(alice.account_id, can_trade=False))
    exchange.execute(SetTradingStatus(SYMBOL, TradingStatus.HALTED))
    found = [answer(symbol="DOGE/USDT")]
    found.append(answer(symbol=SYMBOL))
    exchange.execute(SetAccountStatus(alice.account_id))
    found.append(answer())
    exchange.execute(SetTradingStatus(SYMBOL, TradingStatus.CONTINUOUS))
    found.append(answer())
    change(order_types=tuple(OrderType))
    found.append(answer())
    change(post_only=True)
    found.append(answer())
    found.append(answer(self_trade_prevention=None))
    found.append(answer(at="1000.75"))
    found.append(answer(at="999.75"))
    found.append(answer(at="999.5"))
    exchange.trader("bob").sell("5", at="120")
    found.append(answer(at="150"))
    found.append(answer(size="50.15"))
    found.append(answer(size="0.25"))
    found.append(answer(size="0.3"))
    found.append(answer(size="40"))
    assert reasons(alice.sell("1", at="160", client_order_id="open")) == ()
    found.append(answer(size="25"))
    change(max_open_orders=0)
    found.append(answer())
    change(max_position=0)
    found.append(answer())
    alice.exchange.venue.accounts[alice.account_id].balance("USDT").free -= amount("99000")
    found.append(answer(client_order_id="new"))
    alice.exchange.venue.accounts[alice.account_id].balance("USDT").free += amount("99000")
    found.append(answer())
    found.append(answer(at="100"))
    assert found == [
        RejectReason.INSTRUMENT_UNKNOWN,
        RejectReason.ACCOUNT_DISABLED,
        RejectReason.INSTRUMENT_NOT_TRADING,
        RejectReason.ORDER_TYPE_UNSUPPORTED,
        RejectReason.POST_ONLY_UNSUPPORTED,
        RejectReason.SELF_TRADE_PREVENTION_UNSUPPORTED,
        RejectReason.PRICE_TOO_LOW,
        RejectReason.PRICE_TOO_HIGH,
        RejectReason.PRICE_OFF_TICK,
        RejectReason.PRICE_OUTSIDE_BAND,
        RejectReason.QUANTITY_TOO_SMALL,
        RejectReason.QUANTITY_TOO_LARGE,
        RejectReason.QUANTITY_OFF_LOT,
        RejectReason.NOTIONAL_TOO_SMALL,
        RejectReason.NOTIONAL_TOO_LARGE,
        RejectReason.OPEN_ORDERS_EXCEEDED,
        RejectReason.POSITION_EXCEEDED,
        RejectReason.CLIENT_ORDER_ID_DUPLICATE,
        RejectReason.INSUFFICIENT_BALANCE,
        RejectReason.POST_ONLY_WOULD_TAKE,
        None,
    ]
    precedence = list(RejectReason)
    places = [precedence.index(reason) for reason in found if reason is not None]
    assert places == sorted(places)


def test_an_unknown_instrument_goes_before_an_unknown_account() -> None:
    exchange = Exchange()
    both = limit_order(symbol="DOGE/USDT", account_id=99)
    assert reasons(exchange.execute(both)) == (RejectReason.INSTRUMENT_UNKNOWN,)


def test_a_reject_leaves_no_trace() -> None:
    exchange, alice = strict()
    for order in (limit_order(at="100.25"), limit_order(size="1000"), limit_order(account_id=99)):
        exchange.execute(order)
    assert exchange.venue.views.orders(alice.account_id, SYMBOL) == []
    assert alice.balance("USDT") == (amount("100000"), 0)
    assert alice.buy("1", at="100").events[0].order.order_id == 1  # type: ignore[union-attr]
