"""What the venue does that nobody asked for: fills out of turn, ends, annulled trades, refusals of its own making."""

from typing import Any

import pytest

from builders import (
    CROSS,
    SYMBOL,
    Exchange,
    amount,
    balances_changed,
    book_updated,
    execution,
    limit_order,
    listing,
    order_terms,
    price,
    quantity,
    rules,
    terms_of,
    trade,
)
from order_kinds import OCO, OTO, SELL, Floor, leg, place_list, sell_pair, trigger
from simexchange.domain.commands import (
    AmendOrder,
    BustTrade,
    CancelAllOrders,
    CancelOrder,
    CancelOrderList,
    FillOrder,
    PlaceOrderList,
    RejectRequest,
    SetTradingStatus,
    Withdraw,
)
from simexchange.domain.enums import (
    CancelReason,
    Contingency,
    SelfTradePrevention,
    Side,
    TimeInForce,
    TradingStatus,
)
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import (
    AmendRejected,
    BalancesChanged,
    CancelRejected,
    CommandRejected,
    OrderAccepted,
    OrderListRejected,
    OrderRejected,
    OrderTriggered,
    TradeBusted,
)
from simexchange.domain.ids import EXTERNAL_ACCOUNT, FEE_ACCOUNT
from simexchange.domain.order import OrderTerms


def fill(exchange: Exchange, order_id: int, size: str, at: str = "0", symbol: str = SYMBOL) -> Any:
    return exchange.execute(FillOrder(symbol, order_id, quantity(size), price(at)))


def outside(ts_ns: int, order_id: int, side: Side, size: str, at: str) -> OrderTerms:
    """The terms of the order from outside that takes."""
    asked = limit_order(
        side, size, at, EXTERNAL_ACCOUNT, client_order_id=f"outside-{order_id}", time_in_force=TimeInForce.IOC
    )
    return order_terms(
        asked, order_id, created_ns=ts_ns, working_ns=ts_ns, self_trade_prevention=SelfTradePrevention.NONE
    )


def money_outside(exchange: Exchange, base: str, quote: str) -> BalancesChanged:
    """What the outside has after a trade in which it paid ``base``; the outside began with what it gave to others."""
    balances = exchange.venue.accounts[EXTERNAL_ACCOUNT].balances
    return BalancesChanged(EXTERNAL_ACCOUNT, tuple((name, balances[name].free, 0) for name in (base, quote)))


def assert_sound(exchange: Exchange) -> None:
    assert set(exchange.venue.views.trial_balance().values()) == {0}
    for account_id, account in exchange.venue.accounts.items():
        held = {name: balance.held for name, balance in account.balances.items() if balance.held}
        assert held == {
            name: needed for name, needed in exchange.venue.views.held_for_orders(account_id).items() if needed
        }


def test_a_resting_order_is_filled_by_an_order_from_outside_in_one_trade() -> None:
    exchange = Exchange()
    alice = exchange.trader("alice")
    maker = terms_of(alice.buy("1", at="100"), 1)
    batch = fill(exchange, 1, "1")
    taker = outside(batch.ts_ns, 2, Side.SELL, "1", "100")
    assert batch.events == (
        OrderAccepted(taker, 2),
        trade(1, execution(taker, 3, ("1", "100")), execution(maker, 4, ("1", "100"))),
        book_updated(2, bids={"100": "0"}),
        money_outside(exchange, "BTC", "USDT"),
        balances_changed(alice, BTC=("101", "0"), USDT=("99900", "0")),
    )
    assert_sound(exchange)


def test_a_part_of_an_order_is_filled_and_both_sides_pay_their_fees() -> None:
    exchange = Exchange(listing(SYMBOL, None, "0.001", "0.002"))
    alice = exchange.trader("alice")
    maker = terms_of(alice.sell("1", at="100"), 1)
    batch = fill(exchange, 1, "0.37")
    taker = outside(batch.ts_ns, 2, Side.BUY, "0.37", "100")
    assert batch.events == (
        OrderAccepted(taker, 2),
        trade(
            1,
            execution(taker, 3, ("0.37", "100"), fee="0.00074"),
            execution(maker, 4, ("0.37", "100"), leaves="0.63", fee="0.037"),
        ),
        book_updated(2, asks={"100": "0.63"}, best_ask=("100", "0.63")),
        money_outside(exchange, "USDT", "BTC"),
        balances_changed(alice, USDT=("100036.963", "0"), BTC=("99", "0.63")),
    )
    fees = exchange.venue.accounts[FEE_ACCOUNT].balances
    assert (fees["BTC"].free, fees["USDT"].free) == (amount("0.00074"), amount("0.037"))
    assert_sound(exchange)


def test_a_fill_passes_over_price_and_time_of_others() -> None:
    exchange = Exchange()
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    bob.buy("1", at="101")
    bob.buy("1", at="100")
    alice.buy("1", at="100")
    fill(exchange, 3, "0.5")
    assert alice.found(3).cum_quantity == quantity("0.5")
    assert [bob.found(order_id).cum_quantity for order_id in (1, 2)] == [0, 0]
    exchange.trader("carol").sell("2", at="100")
    assert alice.found(3).cum_quantity == quantity("0.5"), "its place in the queue is what it was"


def test_a_better_price_leaves_the_owner_what_it_saved() -> None:
    exchange = Exchange()
    alice = exchange.trader("alice")
    alice.buy("2", at="100")
    fill(exchange, 1, "1", at="99")
    assert alice.balance("USDT") == (amount("99801"), amount("100"))
    fill(exchange, 1, "1", at="98")
    assert alice.balance("USDT") == (amount("99803"), 0)
    assert exchange.venue.markets[SYMBOL].last_price == price("98")
    assert_sound(exchange)


@pytest.mark.parametrize("size", ["1", "2"])
def test_a_leg_filled_at_a_better_price_frees_everything_that_is_not_needed(size: str) -> None:
    floor = Floor()
    pair = (leg(Side.BUY, "2", None, "above", trigger=trigger("110")), leg(Side.BUY, "2", "90", "below"))
    place_list(floor.alice, OCO, *pair)
    batch = fill(floor, 2, size, at="80")
    assert floor.told(batch)[:3] == [
        "accepted 3",
        f"trade: 3 takes {size} @ 80 from 2",
        "expired 1: sibling_worked, 2 left",
    ]
    assert_sound(floor)


def test_an_iceberg_is_filled_beyond_its_tip_and_shows_the_next_part() -> None:
    exchange = Exchange(listing(SYMBOL, rules(max_iceberg_parts=10)))
    alice = exchange.trader("alice")
    alice.buy("1", at="100", display_quantity=quantity("0.2"))
    fill(exchange, 1, "0.5")
    book = exchange.venue.markets[SYMBOL].book
    assert book.depth(Side.BUY, 5) == [(price("100"), quantity("0.2"))]
    assert alice.found(1).leaves_quantity == quantity("0.5")
    assert_sound(exchange)


def test_a_fill_sets_off_the_triggers_that_its_price_meets() -> None:
    floor = Floor()
    floor.bob.sell("1", trigger=trigger("95"))
    floor.alice.buy("1", at="95")
    batch = fill(floor, 2, "0.5")
    assert [event.order.order_id for event in batch.events if isinstance(event, OrderTriggered)] == [1]
    assert_sound(floor)


def test_the_complete_fill_of_a_working_order_releases_the_pending_one() -> None:
    floor = Floor()
    place_list(floor.alice, OTO, leg(Side.BUY, "1", "100", "working"), leg(SELL, "1", "120", "pending"))
    assert floor.told(fill(floor, 1, "1"))[:3] == ["accepted 3", "trade: 3 takes 1 @ 100 from 1", "released 2: 1"]
    assert_sound(floor)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (FillOrder("DOGE/USDT", 1, 1), RejectReason.INSTRUMENT_UNKNOWN),
        (FillOrder(SYMBOL, 9, 1), RejectReason.ORDER_UNKNOWN),
        (FillOrder(SYMBOL, 2, 1), RejectReason.ORDER_UNKNOWN),
        (FillOrder(SYMBOL, 1, 0), RejectReason.QUANTITY_TOO_SMALL),
        (FillOrder(SYMBOL, 1, quantity("1.0001")), RejectReason.QUANTITY_TOO_LARGE),
        (FillOrder(SYMBOL, 1, 1, price("100.01")), RejectReason.PRICE_TOO_HIGH),
        (FillOrder(SYMBOL, 1, 1, -1), RejectReason.PRICE_TOO_LOW),
        (FillOrder(SYMBOL, 3, 1, price("119")), RejectReason.PRICE_TOO_LOW),
    ],
)
def test_a_fill_that_cannot_be_is_rejected_and_changes_nothing(command: FillOrder, reason: RejectReason) -> None:
    floor = Floor()
    floor.alice.buy("1", at="100")
    floor.alice.sell("1", trigger=trigger("90"))
    floor.alice.sell("1", at="120")
    (event,) = floor.execute(command).events
    assert isinstance(event, CommandRejected)
    assert event.reason is reason
    assert event.rule
    assert_sound(floor)


def test_nothing_is_filled_while_nothing_trades() -> None:
    exchange = Exchange()
    exchange.trader("alice").buy("1", at="100")
    exchange.execute(SetTradingStatus(SYMBOL, TradingStatus.HALTED))
    assert fill(exchange, 1, "1").events == (
        CommandRejected(RejectReason.INSTRUMENT_NOT_TRADING, f"{SYMBOL} is halted"),
    )


def test_the_outside_keeps_no_history() -> None:
    exchange = Exchange()
    exchange.trader("alice").buy("1", at="100")
    fill(exchange, 1, "1")
    account = exchange.venue.accounts[EXTERNAL_ACCOUNT]
    assert (account.fills, account.open_orders, account.by_client_order_id) == ({}, {SYMBOL: {}}, {})


def test_the_venue_ends_an_order_and_with_it_the_rest_of_its_list() -> None:
    floor = Floor()
    place_list(floor.alice, OCO, *sell_pair())
    batch = floor.execute(CancelOrder(floor.alice.account_id, SYMBOL, 1, reason=CancelReason.VENUE))
    assert floor.told(batch)[:3] == ["canceled 1: venue, 0 done", "canceled 2: list_canceled, 0 done", "list 1 ended"]


def busted_story() -> tuple[Exchange, Any, Any]:
    """Alice bought 1 BTC at 100 from bob, who paid 0.2 USDT as maker would; she paid 0.001 BTC."""
    exchange = Exchange(listing(SYMBOL, None, "0.002", "0.001"))
    alice, bob = exchange.trader("alice"), exchange.trader("bob")
    bob.sell("1", at="100")
    alice.buy("1", at="100")
    return exchange, alice, bob


def test_an_annulled_trade_gives_everything_back_fees_too() -> None:
    exchange, alice, bob = busted_story()
    batch = exchange.execute(BustTrade(SYMBOL, 1))
    one, hundred = quantity("1"), amount("100")
    fees = amount("0.001"), amount("0.2")
    assert batch.events == (
        TradeBusted(SYMBOL, 1, price("100"), one, hundred, alice.account_id, bob.account_id, *fees),
        balances_changed(alice, BTC=("100", "0"), USDT=("100000", "0")),
        balances_changed(bob, BTC=("100", "0"), USDT=("100000", "0")),
    )
    views = exchange.venue.views
    assert views.fills(alice.account_id, SYMBOL) == views.fills(bob.account_id, SYMBOL) == []
    assert alice.found(2).cum_quantity == one, "the orders stay as they are"
    assert {name: one.free for name, one in exchange.venue.accounts[FEE_ACCOUNT].balances.items()} == {
        "BTC": 0,
        "USDT": 0,
    }
    assert_sound(exchange)


def test_a_trade_with_the_outside_or_with_oneself_can_be_annulled_too() -> None:
    exchange = Exchange(listing(SYMBOL, None, "0.002", "0.001"))
    alice = exchange.trader("alice")
    alice.buy("1", at="100")
    fill(exchange, 1, "1")
    alice.sell("1", at="100", self_trade_prevention=SelfTradePrevention.NONE)
    alice.buy("1", at="100", self_trade_prevention=SelfTradePrevention.NONE)
    for trade_id in (2, 1):
        assert isinstance(exchange.execute(BustTrade(SYMBOL, trade_id)).events[0], TradeBusted)
    assert (alice.balance("BTC"), alice.balance("USDT")) == ((amount("100"), 0), (amount("100000"), 0))
    assert exchange.venue.views.fills(alice.account_id, SYMBOL) == []
    assert_sound(exchange)


def test_a_trade_is_not_annulled_twice_nor_one_of_the_house_nor_one_of_another_instrument() -> None:
    exchange, _, _ = busted_story()
    house = exchange.trader("house", house=True)
    house.buy("1", at="100", self_trade_prevention=SelfTradePrevention.NONE)
    house.sell("1", at="100", self_trade_prevention=SelfTradePrevention.NONE)
    exchange.execute(BustTrade(SYMBOL, 1))
    for trade_id in (1, 2, 3):
        assert exchange.execute(BustTrade(SYMBOL, trade_id)).events == (
            CommandRejected(RejectReason.TRADE_UNKNOWN, f"no trade {trade_id} of {SYMBOL} is kept"),
        )
    assert exchange.execute(BustTrade("DOGE/USDT", 1)).events == (
        CommandRejected(RejectReason.INSTRUMENT_UNKNOWN, "no instrument DOGE/USDT"),
    )


def test_who_has_spent_what_the_trade_brought_keeps_the_trade() -> None:
    exchange, alice, _ = busted_story()
    exchange.execute(Withdraw(alice.account_id, "BTC", alice.balance("BTC")[0]))
    assert exchange.execute(BustTrade(SYMBOL, 1)).events == (
        CommandRejected(RejectReason.INSUFFICIENT_BALANCE, "alice has to give back 0.999 BTC, free 0"),
    )
    assert len(exchange.venue.views.fills(alice.account_id, SYMBOL)) == 1
    assert_sound(exchange)


NO = RejectReason.INSUFFICIENT_BALANCE
SAYS = "the venue says so"
ORDER = limit_order(account_id=2)


@pytest.mark.parametrize(
    ("request_", "event"),
    [
        (ORDER, OrderRejected(2, SYMBOL, NO, SAYS)),
        (
            PlaceOrderList(2, SYMBOL, "list", Contingency.OCO, (ORDER, ORDER)),
            OrderListRejected(2, SYMBOL, NO, None, SAYS),
        ),
        (AmendOrder(2, SYMBOL, 1), AmendRejected(2, SYMBOL, NO, SAYS)),
        (CancelOrder(2, SYMBOL, 1), CancelRejected(2, SYMBOL, NO)),
        (CancelOrderList(2, SYMBOL, 1), CancelRejected(2, SYMBOL, NO)),
        (CancelAllOrders(2), CancelRejected(2, None, NO)),
    ],
)
def test_the_venue_can_say_no_to_anything_about_orders_and_nothing_happens(request_: Any, event: Any) -> None:
    exchange = Exchange()
    exchange.trader("alice").buy("1", at="100")
    assert exchange.execute(RejectRequest(request_, NO)).events == (event,)
    assert RejectRequest(request_, NO).account_id == 2
    assert len(exchange.venue.views.open_orders(2)) == 1


def test_delisting_cancels_what_rests_as_closing_does() -> None:
    exchange = Exchange(listing(), listing(CROSS))
    exchange.trader("alice").buy("1", at="100")
    told = [
        [type(event).__name__ for event in exchange.execute(SetTradingStatus(SYMBOL, status)).events]
        for status in (TradingStatus.DELISTED, TradingStatus.CONTINUOUS)
    ]
    assert told == [
        ["TradingStatusChanged", "OrderCanceled", "BookUpdated", "BalancesChanged"],
        ["TradingStatusChanged"],
    ]
