"""OPO and OPOCO. Source: Binance FAQ "One Pays the Other (OPO)"."""

from typing import Any

import pytest

from builders import Trader, amount, quantity
from order_kinds import BUY, OTO, SELL, Floor, cancel_list, every_kind, leg, place_list, sell_pair, trigger
from simexchange.domain.commands import ChangeRules, PlaceOrder, Withdraw
from simexchange.domain.enums import OrderStatus, SelfTradePrevention, TimeInForce
from simexchange.domain.events import Batch
from simexchange.venue.accounts import Account

FEES = ("0.001", "0.001")
COINLESS = {"USDT": "100000"}


def opo(floor: Floor, size: str = "2", *pending: PlaceOrder, funds: dict[str, str] | None = None) -> Batch:
    """A buyer with no coins of his own buys at 90 and sells what he gets."""
    buyer = floor.trader("buyer", COINLESS if funds is None else funds)
    legs = pending or (leg(SELL, "0", "120", "p"),)
    return place_list(buyer, OTO, leg(BUY, size, "90", "w"), *legs, pays_other=True)


def owner(floor: Floor) -> Account:
    account = floor.venue.views.account_named("buyer")
    assert account is not None
    return account


def coins(floor: Floor) -> tuple[int, int]:
    balance = owner(floor).balance("BTC")
    return balance.free, balance.held


def test_the_only_balance_needed_is_that_of_the_working_order() -> None:
    floor = Floor()
    assert floor.told(opo(floor), money=True) == [
        "list 1 placed: 1 2",
        "accepted 1",
        "accepted 2 pending",
        "book: bids 90=2, asks -",
        "buyer has 99820 + 180 USDT",
    ]


def test_what_was_received_is_locked_until_the_pending_order_takes_it() -> None:
    """ "The received funds from the working order are locked ... not available for trading or withdrawal." """
    floor = Floor()
    opo(floor)
    assert floor.told(floor.bob.sell("0.5", at="90"), money=True)[-2:] == [
        "buyer has 0 + 0.5 BTC",
        "buyer has 99820 + 135 USDT",
    ]
    buyer = owner(floor)
    refused = floor.execute(Withdraw(buyer.account_id, "BTC", amount("0.1")))
    assert floor.told(refused) == ["refused: insufficient_balance"]
    assert floor.venue.views.held_for_orders(buyer.account_id) == {"USDT": amount("135"), "BTC": amount("0.5")}
    assert floor.told(floor.bob.sell("1.5", at="90"), money=True) == [
        "accepted 4",
        "trade: 4 takes 1.5 @ 90 from 1",
        "released 2: 2",
        "book: bids 90=0, asks 120=2",
        "bob has 98 + 0 BTC",
        "bob has 100180 + 0 USDT",
        "buyer has 0 + 2 BTC",
        "buyer has 99820 + 0 USDT",
    ]


@pytest.mark.parametrize("how", ["order", "list"])
def test_a_list_canceled_before_the_release_unlocks_what_was_received(how: str) -> None:
    floor = Floor()
    opo(floor)
    floor.bob.sell("0.5", at="90")
    buyer = Trader(floor, owner(floor).account_id, "buyer")
    batch = buyer.cancel(1) if how == "order" else cancel_list(buyer, 1)
    told = floor.told(batch)[:3]
    assert told == ["canceled 1: requested, 0.5 done", "canceled 2: list_canceled, 0 done", "list 1 ended"]
    assert coins(floor) == (amount("0.5"), 0)


def test_a_working_order_that_expires_unlocks_what_was_received() -> None:
    floor = Floor()
    floor.bob.sell("0.5", at="90")
    buyer = floor.trader("buyer", COINLESS)
    working = leg(BUY, "2", "90", "w", time_in_force=TimeInForce.IOC)
    batch = place_list(buyer, OTO, working, leg(SELL, "0", "120", "p"), pays_other=True)
    assert floor.told(batch)[-4:] == [
        "expired 2: ioc_remainder, 1.5 left",
        "expired 3: working_order_ended, 0 left",
        "list 1 ended",
        "book: bids -, asks 90=0",
    ]
    assert coins(floor) == (amount("0.5"), 0)


def test_the_fee_in_coins_is_deducted_and_the_rest_adjusted_to_the_lot_and_unlocked() -> None:
    """ "The received quantity will have commission deducted ... quantity adjusted to meet [LOT_SIZE]." """
    floor = Floor(fees=FEES, lot_size=quantity("0.01"))
    opo(floor)
    assert floor.told(floor.bob.sell("2", at="90"))[2] == "released 2: 1.99"
    assert coins(floor) == (amount("0.008"), amount("1.99"))


def test_the_fee_is_taken_from_free_funds_where_there_are_enough() -> None:
    """ "The commission is taken from the available funds instead ... [if] there are enough available funds." """
    floor = Floor(fees=FEES, lot_size=quantity("0.01"))
    opo(floor, funds=COINLESS | {"BTC": "0.002"})
    assert floor.told(floor.bob.sell("2", at="90"))[2] == "released 2: 2"
    assert coins(floor) == (0, amount("2"))
    floor = Floor(fees=FEES, lot_size=quantity("0.01"))
    opo(floor, funds=COINLESS | {"BTC": "0.0019"})
    assert floor.told(floor.bob.sell("2", at="90"))[2] == "released 2: 1.99"
    assert coins(floor) == (amount("0.0099"), amount("1.99"))


def test_the_market_lot_counts_for_a_pending_market_order_and_for_a_pair_with_one() -> None:
    floor = Floor(lot_size=quantity("0.1"), market_lot_size=quantity("0.5"))
    opo(floor, "2.3", leg(SELL, "0", None, "p", trigger=trigger("80")))
    assert floor.told(floor.bob.sell("2.3", at="90"))[2] == "released 2: 2"
    floor = Floor(lot_size=quantity("0.1"), market_lot_size=quantity("0.5"))
    opo(floor, "2.3", *sell_pair("0", stop="80"))
    assert floor.told(floor.bob.sell("2.3", at="90"))[2:4] == ["released 2: 2", "released 3: 2"]
    assert coins(floor) == (amount("0.3"), amount("2"))


def test_the_largest_quantity_of_the_filter_is_what_is_sold() -> None:
    floor = Floor(max_quantity=quantity("5"))
    opo(floor, "5")
    floor.execute(ChangeRules("BTC/USDT", every_kind(max_quantity=quantity("3"))))
    assert floor.told(floor.bob.sell("3", at="90"))[1] == "trade: 3 takes 3 @ 90 from 1"
    assert floor.told(floor.bob.sell("2", at="90"))[2] == "released 2: 3"
    assert coins(floor) == (amount("2"), amount("3"))


@pytest.mark.parametrize(
    "bounds",
    [
        {"min_notional": amount("170")},
        {"min_quantity": quantity("2"), "lot_size": quantity("0.0001")},
    ],
)
def test_the_filters_are_evaluated_after_the_fill_and_a_quantity_that_fails_is_refused(
    bounds: dict[str, Any],
) -> None:
    """ "The quantity of the pending order(s) are evaluated (e.g. filters) after the working order fully fills." """
    floor = Floor(fees=FEES, **bounds)
    opo(floor, "2", leg(SELL, "0", "85", "p", post_only=True))
    assert floor.told(floor.bob.sell("2", at="90"))[2:4] == [
        "expired 2: release_refused, 1.998 left",
        "list 1 ended",
    ]
    assert coins(floor) == (amount("1.998"), 0)


def test_an_opoco_shares_what_was_received() -> None:
    floor = Floor(fees=FEES)
    opo(floor, "2", *sell_pair("0", stop="80"))
    assert floor.told(floor.bob.sell("2", at="90"))[2:] == [
        "released 2: 1.998",
        "released 3: 1.998",
        "book: bids 90=0, asks 110=1.998",
    ]
    assert coins(floor) == (0, amount("1.998"))
    assert floor.told(floor.move("80"))[2] == "triggered 3"


def test_an_immediate_fill_releases_at_once() -> None:
    floor = Floor(fees=FEES)
    floor.bob.sell("1", at="89")
    floor.bob.sell("1", at="90")
    assert floor.told(opo(floor))[3:] == [
        "trade: 3 takes 1 @ 89 from 1",
        "trade: 3 takes 1 @ 90 from 2",
        "released 4: 1.998",
        "book: bids -, asks 89=0 90=0 120=1.998",
    ]


def test_a_decremented_working_order_pays_only_with_what_was_bought() -> None:
    floor = Floor()
    buyer = floor.trader("buyer", {"USDT": "1000", "BTC": "1"})
    buyer.sell("1", at="89")
    floor.bob.sell("1", at="90")
    working = leg(BUY, "2", "90", "w", self_trade_prevention=SelfTradePrevention.DECREMENT)
    batch = place_list(buyer, OTO, working, leg(SELL, "0", "120", "p"), pays_other=True)
    assert floor.told(batch)[-2:] == ["released 4: 1", "book: bids -, asks 89=0 90=0 120=1"]
    assert coins(floor) == (amount("1"), amount("1"))


@pytest.mark.parametrize(
    ("working", "pending"),
    [
        (leg(SELL, "2", "110", "w"), leg(BUY, "0", "90", "p")),
        (leg(SELL, "2", "110", "w"), leg(SELL, "0", "120", "p")),
        (leg(BUY, "2", "90", "w"), leg(BUY, "0", "80", "p")),
    ],
)
def test_only_a_buy_pays_only_for_sells(working: PlaceOrder, pending: PlaceOrder) -> None:
    """ "Only working orders on the BUY side and pending order(s) on the SELL side are accepted." """
    floor = Floor()
    batch = place_list(floor.alice, OTO, working, pending, pays_other=True)
    assert floor.told(batch) == ["list rejected: order_list_unsupported"]


def test_an_instrument_without_opo_says_so_and_one_without_the_pair_too() -> None:
    """ "OPOCO: otoAllowed, opoAllowed, and ocoAllowed" """
    floor = Floor(pays_other=False)
    assert floor.told(opo(floor)) == ["list rejected: order_list_unsupported"]
    floor = Floor(order_lists=(OTO,))
    assert floor.told(opo(floor, "2", *sell_pair("0"))) == ["list rejected: order_list_unsupported"]
    assert (
        floor.told(place_list(floor.bob, OTO, leg(BUY, "1", "90", "w"), leg(SELL, "0", "99", "p"), pays_other=True))[0]
        == "list 1 placed: 1 2"
    )


def test_a_pending_order_is_checked_at_once_in_all_but_its_size() -> None:
    floor = Floor(tick_size=100)
    batch = opo(floor, "2", leg(SELL, "0", "120.5", "p"))
    assert floor.told(batch) == ["list rejected: price_off_tick (leg 1)"]
    assert floor.venue.order_lists == {}


def test_the_house_pays_the_other_too() -> None:
    """The house keeps no fills; what it received is known all the same."""
    floor = Floor(fees=FEES)
    house = floor.trader("house", COINLESS, house=True)
    place_list(house, OTO, leg(BUY, "2", "90", "w"), leg(SELL, "0", "120", "p"), pays_other=True)
    assert floor.told(floor.bob.sell("2", at="90"))[2] == "released 2: 1.998"
    assert house.found(2).status is OrderStatus.NEW


def test_two_lists_filled_by_one_sweep_share_what_there_is_for_their_fees() -> None:
    """The first list's fee is paid from the second's receipt; the second keeps what is left of it."""
    floor = Floor(fees=FEES)
    buyer = floor.trader("buyer", COINLESS)
    for name in ("a", "b"):
        legs = (leg(BUY, "2", "90", f"w{name}"), leg(SELL, "0", "120", f"p{name}"))
        place_list(buyer, OTO, *legs, pays_other=True, name=name)
    floor.bob.sell("4", at="90")
    sizes = [order.terms.quantity for order in floor.venue.views.open_orders(owner(floor).account_id)]
    assert sizes == [quantity("2"), quantity("1.996")]
    assert coins(floor) == (0, amount("3.996"))
