"""Order lists: OCO, OTO and OTOCO. Binance REST, "New Order list - OCO / OTO / OTOCO", "Cancel Order list"."""

import pytest
from msgspec.structs import replace

from builders import START_NS, price, quantity
from order_kinds import BUY, OCO, OTO, SELL, TAKE_PROFIT, Floor, cancel_list, leg, place_list, sell_pair, trigger
from simexchange.domain.commands import (
    CancelAllOrders,
    ExpireOrders,
    PlaceOrder,
    PlaceOrderList,
    SetAccountStatus,
    SetTradingStatus,
)
from simexchange.domain.enums import OrderStatus, SelfTradePrevention, TimeInForce, TradingStatus, TriggerSource
from simexchange.domain.events import OrderAccepted, OrderList, OrderListPlaced

SYMBOL = "BTC/USDT"
MARK = TriggerSource.MARK


def buy_pair(size: str = "2", below: str = "90", stop: str = "110", at: str | None = None) -> tuple[PlaceOrder, ...]:
    return leg(BUY, size, at, "above", trigger=trigger(stop)), leg(BUY, size, below, "below")


def test_an_oco_is_placed_with_the_whole_list_of_events() -> None:
    floor = Floor()
    batch = place_list(floor.alice, OCO, *sell_pair())
    found = OrderList(1, "list", floor.alice.account_id, SYMBOL, OCO, ((1, "above"), (2, "below")), batch.ts_ns)
    above, below = floor.alice.found(1).terms, floor.alice.found(2).terms
    assert batch.events[:3] == (OrderListPlaced(found), OrderAccepted(above, 1), OrderAccepted(below, 2))
    assert (above.list_id, above.working_ns, below.list_id, below.working_ns) == (1, batch.ts_ns, 1, -1)
    assert floor.told(batch, money=True) == [
        "list 1 placed: 1 2",
        "accepted 1",
        "accepted 2",
        "book: bids -, asks 110=2",
        "alice has 98 + 2 BTC",
    ]


def test_a_pair_of_sells_holds_what_one_of_them_needs() -> None:
    floor = Floor()
    place_list(floor.alice, OCO, *sell_pair("60", at="89"))
    assert floor.alice.balance("BTC") == (40 * 10**8, 60 * 10**8)


@pytest.mark.parametrize(("stop_limit", "held"), [("111", 222), ("120", 240), (None, 220)])
def test_a_pair_of_buys_holds_what_the_dearer_of_them_needs(stop_limit: str | None, held: int) -> None:
    floor = Floor()
    place_list(floor.alice, OCO, *buy_pair(at=stop_limit))
    assert floor.alice.balance("USDT") == ((100000 - held) * 10**8, held * 10**8)
    floor.alice.cancel(1)
    assert floor.alice.balance("USDT") == (100000 * 10**8, 0)


def test_a_pair_that_cannot_be_paid_is_rejected_whole() -> None:
    floor = Floor()
    assert floor.told(place_list(floor.alice, OCO, *sell_pair("101"))) == ["list rejected: insufficient_balance"]
    assert floor.alice.balance("BTC") == (100 * 10**8, 0)
    assert floor.told(place_list(floor.alice, OCO, *sell_pair("100")))[0] == "list 1 placed: 1 2"


def test_the_limit_leg_partly_filled_expires_the_other() -> None:
    """ "activation of one order immediately cancels the other" """
    floor = Floor()
    place_list(floor.alice, OCO, *sell_pair())
    batch = floor.bob.buy("0.5", at="110")
    assert floor.told(batch, money=True) == [
        "accepted 3",
        "trade: 3 takes 0.5 @ 110 from 1",
        "expired 2: sibling_worked, 2 left",
        "book: bids -, asks 110=1.5",
        "bob has 99945 + 0 USDT",
        "bob has 100.5 + 0 BTC",
        "alice has 100055 + 0 USDT",
        "alice has 98 + 1.5 BTC",
    ]
    assert floor.told(floor.bob.buy("1.5", at="110")) == [
        "accepted 4",
        "trade: 4 takes 1.5 @ 110 from 1",
        "list 1 ended",
        "book: bids -, asks 110=0",
    ]


def test_a_partly_filled_leg_of_a_pair_of_buys_gives_back_what_only_the_other_needed() -> None:
    floor = Floor()
    place_list(floor.alice, OCO, *buy_pair())
    assert floor.alice.balance("USDT")[1] == 220 * 10**8
    floor.bob.sell("0.5", at="90")
    assert floor.alice.balance("USDT") == ((100000 - 180) * 10**8, 135 * 10**8)


def test_the_stop_leg_triggered_expires_the_limit_leg_before_it_works() -> None:
    floor = Floor()
    place_list(floor.alice, OCO, *sell_pair())
    floor.bob.buy("1", at="90")
    floor.bob.buy("5", at="85")
    batch = floor.carol.sell("1", at="90")
    assert floor.told(batch, money=True)[:6] == [
        "accepted 5",
        "trade: 5 takes 1 @ 90 from 3",
        "triggered 2",
        "expired 1: sibling_worked, 2 left",
        "trade: 2 takes 2 @ 85 from 4",
        "list 1 ended",
    ]
    assert floor.alice.balance("BTC") == (98 * 10**8, 0)
    assert floor.alice.balance("USDT") == (100170 * 10**8, 0)


def test_a_triggered_stop_limit_leg_rests_alone() -> None:
    floor = Floor()
    place_list(floor.alice, OCO, *sell_pair(at="91"))
    assert floor.told(floor.move("90"))[2:] == [
        "triggered 2 @ 91",
        "expired 1: sibling_worked, 2 left",
        "book: bids -, asks 90=0 110=0 91=2",
    ]
    assert floor.told(floor.alice.cancel(2))[:2] == ["canceled 2: requested, 0 done", "list 1 ended"]


def test_both_legs_reachable_in_one_sweep_the_first_trade_decides() -> None:
    floor = Floor()
    place_list(floor.alice, OCO, *sell_pair())
    floor.carol.sell("1", trigger=trigger("110", TAKE_PROFIT))
    floor.bob.buy("1", at="90")
    dave = floor.trader("dave")
    assert floor.told(dave.buy("1", at="110")) == [
        "accepted 5",
        "trade: 5 takes 1 @ 110 from 1",
        "expired 2: sibling_worked, 2 left",
        "triggered 3",
        "trade: 3 takes 1 @ 90 from 4",
        "book: bids 90=0, asks 110=1",
    ]


def test_a_leg_that_was_set_off_and_waits_its_turn_still_gives_way_to_its_sibling() -> None:
    """One trade at 90 sets off carol's stop at 92, which buys from alice's limit leg, and alice's stop at 90."""
    floor = Floor()
    floor.carol.buy("1", trigger=trigger("92", TAKE_PROFIT))
    place_list(floor.alice, OCO, *sell_pair())
    floor.bob.buy("1", at="90")
    dave = floor.trader("dave")
    assert floor.told(dave.sell("1", at="90")) == [
        "accepted 5",
        "trade: 5 takes 1 @ 90 from 4",
        "triggered 1",
        "trade: 1 takes 1 @ 110 from 2",
        "expired 3: sibling_worked, 2 left",
        "book: bids 90=0, asks 110=1",
    ]
    assert floor.alice.found(3).terms.working_ns == -1


def test_a_pair_of_two_triggers_leaves_one() -> None:
    floor = Floor()
    above = leg(SELL, "1", "109", "above", trigger=trigger("110", TAKE_PROFIT))
    place_list(floor.alice, OCO, above, leg(SELL, "1", "89", "below", trigger=trigger("90")))
    assert floor.alice.balance("BTC") == (99 * 10**8, 10**8)
    assert floor.told(floor.move("110"))[2:] == [
        "triggered 1 @ 109",
        "expired 2: sibling_worked, 1 left",
        "book: bids -, asks 110=0 109=1",
    ]


def test_a_trailing_leg_follows_and_cancels_the_limit_leg() -> None:
    """Trailing Stop FAQ: "if the trailing stop condition is triggered, the limit leg of the OCO will be canceled"."""
    floor = Floor()
    above = sell_pair(above="120")[0]
    trailing = leg(SELL, "2", "80", "below", trigger=trigger(trail="0.1"))
    place_list(floor.alice, OCO, above, trailing)
    assert floor.triggered_by("110", "99.01", "99") == [2]
    assert floor.alice.found(1).status is OrderStatus.EXPIRED


def test_canceling_one_leg_cancels_the_list() -> None:
    """ "Canceling an individual order from an order list will cancel the entire order list." """
    floor = Floor()
    place_list(floor.alice, OCO, *sell_pair())
    assert floor.told(floor.alice.cancel(2), money=True) == [
        "canceled 2: requested, 0 done",
        "canceled 1: list_canceled, 0 done",
        "list 1 ended",
        "book: bids -, asks 110=0",
        "alice has 100 + 0 BTC",
    ]


@pytest.mark.parametrize("named", [{"list_id": 1}, {"name": "list"}, {"list_id": 1, "name": "list"}])
def test_a_list_is_canceled_by_id_by_name_or_by_both(named: dict[str, object]) -> None:
    floor = Floor()
    place_list(floor.alice, OCO, *sell_pair())
    list_id, name = named.get("list_id"), named.get("name")
    batch = cancel_list(floor.alice, list_id if isinstance(list_id, int) else None, str(name) if name else None)
    assert floor.told(batch) == [
        "canceled 1: requested, 0 done",
        "canceled 2: list_canceled, 0 done",
        "list 1 ended",
        "book: bids -, asks 110=0",
    ]


def test_a_list_that_is_not_there_is_not_canceled() -> None:
    floor = Floor()
    place_list(floor.alice, OCO, *sell_pair())
    wrong = ["cancel rejected: order_list_unknown"]
    assert floor.told(cancel_list(floor.alice, 2, "list")) == wrong
    assert floor.told(cancel_list(floor.alice, 1, "other")) == wrong
    assert floor.told(cancel_list(floor.alice)) == wrong
    assert floor.told(cancel_list(floor.bob, 1)) == wrong
    cancel_list(floor.alice, 1)
    assert floor.told(cancel_list(floor.alice, 1)) == wrong


def test_a_prevented_leg_expires_and_takes_its_sibling_along() -> None:
    floor = Floor()
    place_list(floor.alice, OCO, *sell_pair())
    batch = floor.alice.buy("1", at="110")
    assert floor.told(batch, money=True) == [
        "accepted 3",
        "prevented: 3 loses 0, 1 loses 2",
        "expired 1: self_trade, 0 left",
        "expired 2: sibling_worked, 2 left",
        "list 1 ended",
        "book: bids 110=1, asks 110=0",
        "alice has 99890 + 110 USDT",
        "alice has 100 + 0 BTC",
    ]


def test_a_decremented_leg_stays_and_the_pair_keeps_the_money_of_the_larger() -> None:
    """STP FAQ, DECREMENT: a prevented quantity is no fill, so the stop still covers all of it."""
    floor = Floor()
    place_list(floor.alice, OCO, *sell_pair("5"))
    batch = floor.alice.buy("2", at="110", self_trade_prevention=SelfTradePrevention.DECREMENT)
    assert floor.told(batch)[1:] == [
        "prevented: 3 loses 2, 1 loses 2",
        "expired 3: self_trade, 0 left",
        "book: bids -, asks 110=3",
    ]
    assert floor.alice.balance("BTC") == (95 * 10**8, 5 * 10**8)
    floor.bob.buy("10", at="80")
    floor.carol.sell("1", at="90")
    batch = floor.bob.buy("1", at="90")
    assert "trade: 2 takes 5 @ 80 from 4" in floor.told(batch)
    assert floor.alice.balance("BTC") == (95 * 10**8, 0)


def test_a_limit_leg_that_takes_at_once_expires_its_sibling() -> None:
    floor = Floor()
    floor.bob.buy("1", at="112")
    batch = place_list(floor.alice, OCO, *sell_pair())
    assert floor.told(batch, money=True) == [
        "list 1 placed: 2 3",
        "accepted 2",
        "accepted 3",
        "trade: 2 takes 1 @ 112 from 1",
        "expired 3: sibling_worked, 2 left",
        "book: bids 112=0, asks 110=1",
        "alice has 98 + 1 BTC",
        "alice has 100112 + 0 USDT",
        "bob has 101 + 0 BTC",
        "bob has 99888 + 0 USDT",
    ]


@pytest.mark.parametrize(
    ("above", "below"),
    [
        (leg(SELL, "1", "100", "a"), leg(SELL, "1", None, "b", trigger=trigger("90"))),
        (leg(SELL, "1", "110", "a"), leg(SELL, "1", None, "b", trigger=trigger("100"))),
        (leg(SELL, "1", "89", "a"), leg(SELL, "1", None, "b", trigger=trigger("90"))),
        (leg(BUY, "1", None, "a", trigger=trigger("100")), leg(BUY, "1", "90", "b")),
        (leg(BUY, "1", None, "a", trigger=trigger("110")), leg(BUY, "1", "100", "b")),
        (
            leg(SELL, "1", "100", "a", trigger=trigger("110", TAKE_PROFIT)),
            leg(SELL, "1", None, "b", trigger=trigger("90")),
        ),
    ],
)
def test_the_last_price_lies_between_the_two_orders(above: PlaceOrder, below: PlaceOrder) -> None:
    """Price restrictions of "New Order list - OCO"; errors.md: "The relationship of the prices ... not correct." """
    floor = Floor()
    assert floor.told(place_list(floor.alice, OCO, above, below)) == ["list rejected: list_prices_wrong"]


@pytest.mark.parametrize(
    "legs",
    [
        (leg(SELL, "1", "110", "a"), leg(SELL, "1", "90", "b")),
        (leg(SELL, "1", "110", "a"), leg(SELL, "1", None, "b")),
        (leg(SELL, "1", "110", "a"), leg(BUY, "1", None, "b", trigger=trigger("120"))),
        (leg(SELL, "1", "110", "a"), leg(SELL, "2", None, "b", trigger=trigger("90"))),
        (*sell_pair(), leg(SELL, "2", None, "c", trigger=trigger("80"))),
        (leg(SELL, "1", "110", "a"), leg(SELL, "0", None, "b", trigger=trigger("90"), quote_quantity=1)),
    ],
)
def test_two_orders_that_could_both_trade_are_no_pair(legs: tuple[PlaceOrder, ...]) -> None:
    """errors.md -1168: at least one OCO order must be contingent; one quantity and side for both orders."""
    floor = Floor()
    assert floor.told(place_list(floor.alice, OCO, *legs)) == ["list rejected: order_list_unsupported"]


def test_a_working_order_is_a_limit_order() -> None:
    floor = Floor()
    legs = leg(BUY, "1", None, "w"), leg(SELL, "1", "110", "p")
    assert floor.told(place_list(floor.alice, OTO, *legs)) == ["list rejected: order_list_unsupported"]


def test_an_instrument_takes_only_the_lists_its_rules_name() -> None:
    floor = Floor(order_lists=(OTO,))
    otoco = leg(BUY, "1", "90", "w"), *sell_pair("1")
    for contingency, legs in ((OCO, sell_pair()), (OTO, otoco)):
        batch = place_list(floor.alice, contingency, *legs)
        assert floor.told(batch) == ["list rejected: order_list_unsupported"]
    assert floor.told(place_list(floor.alice, OTO, *otoco[:2]))[0] == "list 1 placed: 1 2"


def test_a_leg_that_breaks_a_rule_is_named() -> None:
    floor = Floor(max_quantity=quantity("5"), min_price=price("1"))
    above, below = sell_pair(at="0.5")
    assert floor.told(place_list(floor.alice, OCO, above, below)) == ["list rejected: price_too_low (leg 1)"]
    legs = leg(BUY, "6", "90", "w"), leg(SELL, "1", "110", "p")
    assert floor.told(place_list(floor.alice, OTO, *legs)) == ["list rejected: quantity_too_large (leg 0)"]
    post_only = leg(BUY, "1", "101", "w", post_only=True), leg(SELL, "1", "110", "p")
    floor.bob.sell("1", at="101")
    assert floor.told(place_list(floor.alice, OTO, *post_only)) == ["list rejected: post_only_would_take (leg 0)"]
    assert floor.told(floor.alice.buy("1", at="50"))[0] == "accepted 2"


def test_names_are_unique_among_open_lists_and_within_a_list() -> None:
    """ "A new order list with the same listClientOrderId is accepted only when the previous one is ... expired." """
    floor = Floor()
    place_list(floor.alice, OCO, *sell_pair())
    legs = leg(SELL, "1", "110", "x"), leg(SELL, "1", None, "y", trigger=trigger("90"))
    duplicate = ["list rejected: client_order_id_duplicate"]
    assert floor.told(place_list(floor.alice, OCO, *legs)) == duplicate
    same = leg(SELL, "1", "110", "x"), leg(SELL, "1", None, "x", trigger=trigger("90"))
    assert floor.told(place_list(floor.alice, OCO, *same, name="other")) == duplicate
    taken = leg(SELL, "1", "110", "above"), leg(SELL, "1", None, "y", trigger=trigger("90"))
    assert floor.told(place_list(floor.alice, OCO, *taken, name="other")) == [f"{duplicate[0]} (leg 0)"]
    cancel_list(floor.alice, 1)
    assert floor.told(place_list(floor.alice, OCO, *legs))[0] == "list 2 placed: 3 4"


def test_the_caps_count_every_order_of_a_list() -> None:
    """filters.md: MAX_NUM_ORDERS (an OCO adds 2 orders, an OTOCO 3), MAX_NUM_ALGO_ORDERS, MAX_NUM_ORDER_LISTS."""
    floor = Floor(max_open_orders=3)
    floor.alice.buy("1", at="50")
    otoco = leg(BUY, "1", "90", "w"), *sell_pair("1")
    assert floor.told(place_list(floor.alice, OTO, *otoco)) == ["list rejected: open_orders_exceeded"]
    assert floor.told(place_list(floor.alice, OCO, *sell_pair()))[0] == "list 1 placed: 2 3"
    floor = Floor(max_triggered_orders=1)
    above = leg(SELL, "2", "110", "above", trigger=trigger("105", TAKE_PROFIT))
    batch = place_list(floor.alice, OCO, above, sell_pair()[1])
    assert floor.told(batch) == ["list rejected: triggered_orders_exceeded"]
    floor = Floor(max_iceberg_orders=1)
    icebergs = [leg(SELL, "2", "110", "a", display_quantity=quantity("1")), sell_pair(at="89")[1]]
    icebergs[1] = leg(SELL, "2", "89", "b", trigger=trigger("90"), display_quantity=quantity("1"))
    assert floor.told(place_list(floor.alice, OCO, *icebergs)) == ["list rejected: iceberg_orders_exceeded"]
    floor = Floor(max_order_lists=1)
    place_list(floor.alice, OCO, *sell_pair())
    more = leg(SELL, "1", "110", "x"), leg(SELL, "1", None, "y", trigger=trigger("90"))
    batch = place_list(floor.alice, OCO, *more, name="other")
    assert floor.told(batch) == ["list rejected: order_lists_exceeded"]


def test_an_unknown_instrument_or_account_or_a_barred_one_gets_no_list() -> None:
    floor = Floor()
    command = PlaceOrderList(floor.alice.account_id, SYMBOL, "list", OCO, sell_pair())
    unknown = floor.execute(replace(command, symbol="DOGE/USDT"))
    assert floor.told(unknown) == ["list rejected: instrument_unknown"]
    assert floor.told(floor.execute(replace(command, account_id=99))) == ["list rejected: account_unknown"]
    floor.execute(SetAccountStatus(floor.alice.account_id, can_trade=False))
    assert floor.told(floor.execute(command)) == ["list rejected: account_disabled"]


def test_a_pending_order_whose_time_is_up_ends_the_list() -> None:
    floor = Floor()
    dated = {"time_in_force": TimeInForce.GTD, "expires_ns": START_NS + 1}
    place_list(floor.alice, OTO, leg(BUY, "1", "90", "w"), leg(SELL, "1", "120", "p", **dated))
    assert floor.told(floor.execute(ExpireOrders(SYMBOL))) == [
        "expired 2: time_reached, 1 left",
        "expired 1: sibling_worked, 1 left",
        "list 1 ended",
        "book: bids 90=0, asks -",
    ]
    assert floor.alice.balance("USDT") == (100000 * 10**8, 0)


def test_a_leg_of_a_pair_whose_time_is_up_takes_the_other_along() -> None:
    floor = Floor()
    dated = leg(SELL, "2", "110", "above", time_in_force=TimeInForce.GTD, expires_ns=START_NS + 1)
    place_list(floor.alice, OCO, dated, sell_pair()[1])
    assert floor.told(floor.execute(ExpireOrders(SYMBOL)), money=True) == [
        "expired 1: time_reached, 2 left",
        "expired 2: sibling_worked, 2 left",
        "list 1 ended",
        "book: bids -, asks 110=0",
        "alice has 100 + 0 BTC",
    ]


def test_cancel_all_ends_each_list_once() -> None:
    floor = Floor()
    place_list(floor.alice, OCO, *sell_pair())
    floor.alice.buy("1", at="50")
    place_list(floor.alice, OTO, leg(BUY, "1", "60", "w"), leg(SELL, "1", "120", "p"), name="second")
    assert floor.told(floor.execute(CancelAllOrders(floor.alice.account_id))) == [
        "canceled 1: requested, 0 done",
        "canceled 2: list_canceled, 0 done",
        "list 1 ended",
        "canceled 3: requested, 0 done",
        "canceled 4: requested, 0 done",
        "canceled 5: list_canceled, 0 done",
        "list 2 ended",
        "book: bids 50=0 60=0, asks 110=0",
    ]


def test_closing_the_instrument_ends_its_lists() -> None:
    floor = Floor()
    place_list(floor.alice, OCO, *sell_pair())
    assert floor.told(floor.execute(SetTradingStatus(SYMBOL, TradingStatus.CLOSED))) == [
        "status closed",
        "canceled 1: instrument_closed, 0 done",
        "canceled 2: list_canceled, 0 done",
        "list 1 ended",
        "book: bids -, asks 110=0",
    ]


def test_views_find_lists_by_id_by_name_and_all_in_order() -> None:
    floor = Floor()
    place_list(floor.alice, OCO, *sell_pair())
    cancel_list(floor.alice, 1)
    place_list(floor.alice, OCO, *sell_pair())
    views, account_id = floor.venue.views, floor.alice.account_id
    latest = views.order_list(account_id, client_list_id="list")
    assert latest is not None
    assert (latest.order_list.list_id, latest.ended) == (2, False)
    assert [found.ended for found in views.order_lists(account_id)] == [True, False]
    first = views.order_list(account_id, 1)
    assert first is not None
    assert first.order_list.orders == ((1, "above"), (2, "below"))
    assert views.order_list(floor.bob.account_id, 1) is None
    assert views.order_list(account_id, client_list_id="nothing") is None
