"""Changing open orders. Binance FAQ "Order Amend Keep Priority"; errors.md, -2038; filters.md, MAX_NUM_ORDER_AMENDS."""

import pytest

from builders import SYMBOL, amount, balances_changed, book_updated, price, quantity
from order_kinds import (
    BUY,
    OCO,
    OTO,
    SELL,
    TAKE_PROFIT,
    Floor,
    amend,
    leg,
    place_list,
    sell_pair,
    trigger,
)
from simexchange.domain.commands import AmendOrder, SetAccountStatus, SetTradingStatus
from simexchange.domain.enums import OrderStatus, SelfTradePrevention, TradingStatus
from simexchange.domain.events import OrderAmended


def test_a_smaller_quantity_keeps_order_id_and_place() -> None:
    """The FAQ's book: order 15 of 5.50 at 87,000 between two others becomes 5.00."""
    floor = Floor(last="87000")
    floor.bob.sell("1", at="87000")
    floor.alice.sell("5.5", at="87000")
    floor.bob.sell("4", at="87000")
    previous = floor.alice.found(2).terms
    batch = amend(floor.alice, 2, "5")
    terms = floor.alice.found(2).terms
    assert batch.events == (
        OrderAmended(terms, previous, 4, OrderStatus.NEW, quantity("5"), 0, 0, 0),
        book_updated(4, asks={"87000": "10"}, best_ask=("87000", "10")),
        balances_changed(floor.alice, BTC=("95", "5")),
    )
    assert (terms.order_id, terms.quantity, previous.quantity) == (2, quantity("5"), quantity("5.5"))
    assert floor.told(floor.carol.buy("1.1", at="87000"))[1:3] == [
        "trade: 4 takes 1 @ 87000 from 1",
        "trade: 4 takes 0.1 @ 87000 from 2",
    ]


def test_a_partly_filled_order_is_amended_by_its_total() -> None:
    floor = Floor()
    floor.alice.buy("10", at="90")
    floor.bob.sell("4", at="90")
    assert floor.told(amend(floor.alice, 1, "6"), money=True) == [
        "amended 1: 6, 2 left",
        "book: bids 90=2, asks -",
        "alice has 99460 + 180 USDT",
    ]
    assert floor.alice.found(1).status is OrderStatus.PARTIALLY_FILLED


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        ("4", "amend_below_filled"),
        ("3.9999", "amend_below_filled"),
        ("10", "amend_without_change"),
        ("0", "amend_without_change"),
        ("10.0001", "amend_not_smaller"),
    ],
)
def test_a_quantity_that_is_filled_already_the_same_or_larger_is_rejected(size: str, reason: str) -> None:
    """ "newQty must be less than the order quantity"; "The requested action would change no state"."""
    floor = Floor()
    floor.alice.buy("10", at="90")
    floor.bob.sell("4", at="90")
    assert floor.told(amend(floor.alice, 1, size)) == [f"amend rejected: {reason}"]
    assert floor.alice.found(1).leaves_quantity == quantity("6")


def test_a_prevented_quantity_counts_as_done() -> None:
    floor = Floor()
    floor.alice.buy("10", at="90")
    floor.alice.sell("4", at="90", self_trade_prevention=SelfTradePrevention.DECREMENT)
    assert floor.told(amend(floor.alice, 1, "4")) == ["amend rejected: amend_below_filled"]
    assert floor.told(amend(floor.alice, 1, "5")) == ["amended 1: 5, 1 left", "book: bids 90=1, asks -"]


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        ("1.0001", "quantity_off_lot"),
        ("0.4", "quantity_too_small"),
        ("0.5", "notional_too_small"),
        ("1", None),
    ],
)
def test_the_amended_order_keeps_the_filters(size: str, reason: str | None) -> None:
    """ "If the request fails for any reason (e.g. fails the filters ...), the order remains unchanged." """
    floor = Floor(lot_size=quantity("0.1"), min_quantity=quantity("0.5"), min_notional=amount("90"))
    floor.alice.buy("10", at="90")
    told = floor.told(amend(floor.alice, 1, size))
    assert told[0] == ("amended 1: 1, 1 left" if reason is None else f"amend rejected: {reason}")


def test_an_order_is_amended_twice_and_not_beyond_the_cap() -> None:
    floor = Floor(max_amends=2)
    floor.alice.buy("10", at="90")
    assert floor.told(amend(floor.alice, 1, "9"))[0] == "amended 1: 9, 9 left"
    assert floor.told(amend(floor.alice, 1, "8"))[0] == "amended 1: 8, 8 left"
    assert floor.told(amend(floor.alice, 1, "7")) == ["amend rejected: amends_exceeded"]


def test_a_sleeping_order_is_amended_in_its_sleep() -> None:
    floor = Floor()
    floor.alice.buy("4", trigger=trigger("110"))
    assert floor.told(amend(floor.alice, 1, "1"), money=True) == [
        "amended 1: 1, 1 left",
        "alice has 99890 + 110 USDT",
    ]
    floor.bob.sell("4", at="110")
    assert "trade: 1 takes 1 @ 110 from 2" in floor.told(floor.carol.buy("1", at="110"))


def test_a_new_name_replaces_the_old_one() -> None:
    """ "amended orders get a new client order ID": the old one is free again, the new one must be."""
    floor = Floor()
    floor.alice.buy("10", at="90", client_order_id="first")
    floor.alice.buy("1", at="90", client_order_id="second")
    duplicate = amend(floor.alice, 1, "9", new_client_order_id="second")
    assert floor.told(duplicate) == ["amend rejected: client_order_id_duplicate"]
    renamed = amend(floor.alice, 1, "9", new_client_order_id="third")
    assert floor.told(renamed) == ["amended 1: 9 as third, 9 left", "book: bids 90=10, asks -"]
    assert floor.told(floor.alice.cancel(client_order_id="first")) == ["cancel rejected: order_unknown"]
    assert floor.told(floor.alice.buy("1", at="80", client_order_id="first"))[0] == "accepted 3"
    assert floor.told(floor.alice.cancel(client_order_id="third"))[0] == "canceled 1: requested, 0 done"
    same = amend(floor.alice, 2, "0.5", new_client_order_id="second")
    assert floor.told(same)[0] == "amended 2: 0.5, 0.5 left"


def test_unknown_orders_and_disagreeing_names_are_not_amended() -> None:
    floor = Floor()
    floor.alice.buy("10", at="90", client_order_id="first")
    assert floor.told(amend(floor.alice, 2, "9")) == ["amend rejected: order_unknown"]
    assert floor.told(amend(floor.bob, 1, "9")) == ["amend rejected: order_unknown"]
    own = floor.alice.account_id
    wrong = AmendOrder(own, SYMBOL, 1, "second", quantity("9"))
    assert floor.told(floor.execute(wrong)) == ["amend rejected: client_order_id_mismatch"]
    unknown = AmendOrder(own, "DOGE/USDT", 1, None, quantity("9"))
    assert floor.told(floor.execute(unknown)) == ["amend rejected: instrument_unknown"]
    assert floor.told(floor.execute(AmendOrder(99, SYMBOL, 1, None, 1))) == ["amend rejected: account_unknown"]
    floor.alice.cancel(1)
    assert floor.told(amend(floor.alice, 1, "9")) == ["amend rejected: order_unknown"]


def test_a_barred_account_and_a_halted_instrument_amend_nothing() -> None:
    floor = Floor()
    floor.alice.buy("10", at="90")
    floor.execute(SetTradingStatus(SYMBOL, TradingStatus.HALTED))
    assert floor.told(amend(floor.alice, 1, "9")) == ["amend rejected: instrument_not_trading"]
    floor.execute(SetTradingStatus(SYMBOL, TradingStatus.CONTINUOUS))
    floor.execute(SetAccountStatus(floor.alice.account_id, can_trade=False))
    assert floor.told(amend(floor.alice, 1, "9")) == ["amend rejected: account_disabled"]


def test_an_instrument_without_amendments_says_so() -> None:
    """errors.md: "Order amend is not supported for this symbol." """
    floor = Floor(amend=False)
    floor.alice.buy("10", at="90")
    assert floor.told(amend(floor.alice, 1, "9")) == ["amend rejected: amend_unsupported"]


# Order lists.


def test_amending_one_of_a_pair_amends_both() -> None:
    """ "OCO order pairs must have the same quantity ... amending either order affects both orders." """
    floor = Floor()
    place_list(floor.alice, OCO, *sell_pair("5"))
    assert floor.told(amend(floor.alice, 2, "2", new_client_order_id="renamed"), money=True) == [
        "amended 2: 2 as renamed, 2 left",
        "amended 1: 2, 2 left",
        "list 1 names: above renamed",
        "book: bids -, asks 110=2",
        "alice has 98 + 2 BTC",
    ]
    assert floor.told(floor.move("90"))[2:4] == ["triggered 2", "expired 1: sibling_worked, 2 left"]


def test_a_pair_of_buys_is_amended_with_the_money_of_the_dearer() -> None:
    floor = Floor()
    place_list(floor.alice, OCO, leg(BUY, "10", "120", "a", trigger=trigger("110")), leg(BUY, "10", "90", "b"))
    assert floor.alice.balance("USDT")[1] == 1200 * 10**8
    amend(floor.alice, 2, "5")
    assert floor.alice.balance("USDT")[1] == 600 * 10**8
    amend(floor.alice, 1, "1")
    assert floor.alice.balance("USDT")[1] == 120 * 10**8


def test_a_pair_is_not_amended_below_what_either_of_them_lost() -> None:
    floor = Floor()
    place_list(floor.alice, OCO, *sell_pair("5"))
    floor.alice.buy("2", at="110", self_trade_prevention=SelfTradePrevention.DECREMENT)
    assert floor.told(amend(floor.alice, 2, "2")) == ["amend rejected: amend_below_filled"]
    assert floor.told(amend(floor.alice, 2, "3"), money=True) == [
        "amended 2: 3, 3 left",
        "amended 1: 3, 1 left",
        "book: bids -, asks 110=1",
        "alice has 97 + 3 BTC",
    ]


def test_working_and_pending_orders_are_amended_one_by_one() -> None:
    """ "For OTO orders, the working and pending orders can be amended individually." """
    floor = Floor()
    place_list(floor.alice, OTO, leg(BUY, "5", "90", "w"), leg(SELL, "5", "120", "p"))
    assert floor.told(amend(floor.alice, 2, "3"), money=True) == ["amended 2: 3, 3 left"]
    assert floor.alice.found(2).status is OrderStatus.PENDING
    assert floor.told(amend(floor.alice, 1, "4"), money=True) == [
        "amended 1: 4, 4 left",
        "book: bids 90=4, asks -",
        "alice has 99640 + 360 USDT",
    ]
    assert floor.told(floor.bob.sell("4", at="90"))[2] == "released 2: 3"


def test_the_pending_pair_of_an_otoco_is_amended_together() -> None:
    floor = Floor()
    place_list(floor.alice, OTO, leg(BUY, "5", "90", "w"), *sell_pair("5", stop="80"))
    assert floor.told(amend(floor.alice, 3, "2")) == ["amended 3: 2, 2 left", "amended 2: 2, 2 left"]


def test_a_pending_order_without_a_size_yet_is_not_amended() -> None:
    """ "A pending OPO order's quantity may not be amended until the working order has been fully filled." """
    floor = Floor()
    place_list(floor.alice, OTO, leg(BUY, "5", "90", "w"), leg(SELL, "0", "120", "p"), pays_other=True)
    assert floor.told(amend(floor.alice, 2, "1")) == ["amend rejected: amend_not_possible"]
    floor.bob.sell("5", at="90")
    assert floor.told(amend(floor.alice, 2, "1"))[0] == "amended 2: 1, 1 left"


# Losing priority, as venues other than Binance amend.


def test_a_moved_order_goes_to_the_back_of_its_level() -> None:
    floor = Floor()
    floor.alice.sell("1", at="101")
    floor.bob.sell("1", at="101")
    assert floor.told(amend(floor.alice, 1, "2", keep_priority=False), money=True) == [
        "amended 1: 2, 2 left",
        "book: bids -, asks 101=3",
        "alice has 98 + 2 BTC",
    ]
    assert floor.told(floor.carol.buy("1", at="101"))[1] == "trade: 3 takes 1 @ 101 from 2"


def test_a_moved_order_that_crosses_trades_under_its_id() -> None:
    floor = Floor()
    floor.alice.buy("3", at="90")
    floor.bob.sell("1", at="101")
    assert floor.told(amend(floor.alice, 1, at="102", keep_priority=False), money=True) == [
        "amended 1: 3 @ 102, 3 left",
        "trade: 1 takes 1 @ 101 from 2",
        "book: bids 90=0 102=2, asks 101=0",
        "alice has 99695 + 204 USDT",
        "alice has 101 + 0 BTC",
        "bob has 100101 + 0 USDT",
        "bob has 99 + 0 BTC",
    ]


def test_a_moved_order_that_trades_sets_off_what_waits_for_its_price() -> None:
    floor = Floor()
    floor.carol.sell("1", at="120", trigger=trigger("102", TAKE_PROFIT))
    floor.alice.buy("1", at="90")
    floor.bob.sell("1", at="102")
    assert floor.told(amend(floor.alice, 2, at="102", keep_priority=False))[1:3] == [
        "trade: 2 takes 1 @ 102 from 3",
        "triggered 1 @ 120",
    ]


def test_moving_a_partly_filled_order_pays_for_what_is_left_of_it() -> None:
    """10 at 100 with 9 filled, moved to 12 at 90: the open 3 need 270 where 100 are held."""
    floor = Floor()
    poor = floor.trader("poor", {"USDT": "1170"})
    poor.buy("10", at="100")
    floor.bob.sell("9", at="100")
    batch = amend(poor, 1, "12.0001", at="90", keep_priority=False)
    assert floor.told(batch) == ["amend rejected: insufficient_balance"]
    batch = amend(poor, 1, "12", at="90", keep_priority=False)
    assert floor.told(batch, money=True) == [
        "amended 1: 12 @ 90, 3 left",
        "book: bids 100=0 90=3, asks -",
        "poor has 0 + 270 USDT",
    ]


def test_moving_up_a_partly_filled_order_asks_only_for_what_its_rest_costs_more() -> None:
    floor = Floor()
    poor = floor.trader("poor", {"USDT": "1010"})
    poor.buy("10", at="100")
    floor.bob.sell("9", at="100")
    assert floor.told(amend(poor, 1, at="110", keep_priority=False), money=True)[-1] == "poor has 0 + 110 USDT"


def test_a_post_only_order_is_not_moved_to_where_it_would_take() -> None:
    floor = Floor()
    floor.alice.buy("1", at="90", post_only=True)
    floor.bob.sell("1", at="101")
    assert floor.told(amend(floor.alice, 1, at="101", keep_priority=False)) == ["amend rejected: post_only_would_take"]
    assert floor.told(amend(floor.alice, 1, at="100", keep_priority=False))[0] == "amended 1: 1 @ 100, 1 left"


def test_a_moved_order_keeps_the_price_filters() -> None:
    floor = Floor(tick_size=price("0.5"), max_price=price("1000"), min_price=price("1"))
    floor.alice.buy("1", at="90")
    for at, reason in (("90.25", "price_off_tick"), ("1000.5", "price_too_high"), ("0.5", "price_too_low")):
        batch = amend(floor.alice, 1, at=at, keep_priority=False)
        assert floor.told(batch) == [f"amend rejected: {reason}"]


def test_a_price_alone_is_not_changed_while_keeping_priority() -> None:
    floor = Floor()
    floor.alice.buy("2", at="90")
    assert floor.told(amend(floor.alice, 1, "1", at="91")) == ["amend rejected: amend_not_smaller"]


def test_sleeping_orders_and_legs_of_lists_are_not_moved() -> None:
    floor = Floor()
    floor.alice.sell("1", at="90", trigger=trigger("95"))
    place_list(floor.alice, OCO, *sell_pair())
    for order_id in (1, 2):
        batch = amend(floor.alice, order_id, "5", keep_priority=False)
        assert floor.told(batch) == ["amend rejected: amend_not_possible"]


def test_a_halted_instrument_says_so_before_it_looks_at_the_new_price() -> None:
    floor = Floor(tick_size=price("0.5"))
    floor.alice.buy("1", at="90")
    floor.execute(SetTradingStatus(SYMBOL, TradingStatus.HALTED))
    batch = amend(floor.alice, 1, at="90.25", keep_priority=False)
    assert floor.told(batch) == ["amend rejected: instrument_not_trading"]
