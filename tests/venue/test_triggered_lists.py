"""OTO and OTOCO. Binance REST, "New Order list - OTO", "New Order list - OTOCO"."""

import pytest

from builders import IOC, quantity
from order_kinds import BUY, OTO, SELL, Floor, leg, place_list, sell_pair, trigger
from simexchange.domain.commands import PlaceOrder
from simexchange.domain.enums import OrderStatus, SelfTradePrevention, TriggerSource

SYMBOL = "BTC/USDT"
MARK = TriggerSource.MARK


def test_an_oto_holds_for_the_working_order_only_and_waits() -> None:
    """ "Initially, only the working order goes on the order book." """
    floor = Floor()
    batch = place_list(floor.alice, OTO, leg(BUY, "2", "90", "w"), leg(SELL, "2", "120", "p"))
    assert floor.told(batch, money=True) == [
        "list 1 placed: 1 2",
        "accepted 1",
        "accepted 2 pending",
        "book: bids 90=2, asks -",
        "alice has 99820 + 180 USDT",
    ]
    assert floor.alice.found(2).status is OrderStatus.PENDING
    assert floor.alice.found(2).terms.working_ns == -1


def test_a_pending_order_works_when_the_working_one_is_filled_whole_and_not_before() -> None:
    """ "The pending order is only placed on the order book when the working order gets fully filled." """
    floor = Floor()
    place_list(floor.alice, OTO, leg(BUY, "2", "90", "w"), leg(SELL, "2", "120", "p"))
    assert floor.told(floor.bob.sell("1", at="90")) == [
        "accepted 3",
        "trade: 3 takes 1 @ 90 from 1",
        "book: bids 90=1, asks -",
    ]
    batch = floor.bob.sell("1", at="90")
    assert floor.told(batch) == [
        "accepted 4",
        "trade: 4 takes 1 @ 90 from 1",
        "released 2: 2",
        "book: bids 90=0, asks 120=2",
    ]
    assert floor.alice.found(2).terms.working_ns == batch.ts_ns
    assert floor.alice.found(2).status is OrderStatus.NEW
    assert floor.told(floor.carol.buy("2", at="120"))[2] == "list 1 ended"


def test_an_immediate_complete_fill_releases_in_the_same_batch_after_the_pending_was_shown() -> None:
    """ "the placement response will show the working order as FILLED but the pending order ... as PENDING_NEW" """
    floor = Floor()
    floor.bob.sell("2", at="99")
    batch = place_list(floor.alice, OTO, leg(BUY, "2", "99", "w"), leg(SELL, "2", "120", "p"))
    assert floor.told(batch) == [
        "list 1 placed: 2 3",
        "accepted 2",
        "accepted 3 pending",
        "trade: 2 takes 2 @ 99 from 1",
        "released 3: 2",
        "book: bids -, asks 99=0 120=2",
    ]


@pytest.mark.parametrize("which", [1, 2])
def test_canceling_either_order_of_an_oto_cancels_both(which: int) -> None:
    """ "If either the working order or the pending order is cancelled individually, the other ... also canceled" """
    floor = Floor()
    place_list(floor.alice, OTO, leg(BUY, "2", "90", "w"), leg(SELL, "2", "120", "p"))
    floor.bob.sell("1", at="90")
    told = floor.told(floor.alice.cancel(which))
    done = {1: "1 done", 2: "0 done"}
    other = 3 - which
    assert told == [
        f"canceled {which}: requested, {done[which]}",
        f"canceled {other}: list_canceled, {done[other]}",
        "list 1 ended",
        "book: bids 90=0, asks -",
    ]


def test_a_working_order_that_expires_ends_the_pending_ones() -> None:
    floor = Floor()
    floor.bob.sell("1", at="99")
    working = leg(BUY, "2", "99", "w", time_in_force=IOC)
    batch = place_list(floor.alice, OTO, working, *sell_pair("2"))
    assert floor.told(batch) == [
        "list 1 placed: 2 3 4",
        "accepted 2",
        "accepted 3 pending",
        "accepted 4 pending",
        "trade: 2 takes 1 @ 99 from 1",
        "expired 2: ioc_remainder, 1 left",
        "expired 3: working_order_ended, 2 left",
        "expired 4: working_order_ended, 2 left",
        "list 1 ended",
        "book: bids -, asks 99=0",
    ]


def test_a_working_order_that_is_prevented_ends_the_pending_one() -> None:
    floor = Floor()
    floor.alice.sell("1", at="99")
    working = leg(BUY, "2", "99", "w", self_trade_prevention=SelfTradePrevention.EXPIRE_TAKER)
    batch = place_list(floor.alice, OTO, working, leg(SELL, "2", "120", "p"))
    assert floor.told(batch)[3:] == [
        "prevented: 2 loses 2, 1 loses 0",
        "expired 2: self_trade, 0 left",
        "expired 3: working_order_ended, 2 left",
        "list 1 ended",
    ]


def test_a_working_order_filled_and_decremented_counts_as_filled() -> None:
    floor = Floor()
    floor.alice.sell("1", at="98", self_trade_prevention=SelfTradePrevention.DECREMENT)
    floor.bob.sell("1", at="99")
    working = leg(BUY, "2", "99", "w", self_trade_prevention=SelfTradePrevention.DECREMENT)
    batch = place_list(floor.alice, OTO, working, leg(SELL, "2", "120", "p"))
    assert floor.told(batch)[3:] == [
        "prevented: 3 loses 1, 1 loses 1",
        "expired 1: self_trade, 0 left",
        "trade: 3 takes 1 @ 99 from 2",
        "released 4: 2",
        "book: bids -, asks 98=0 99=0 120=2",
    ]


def test_a_release_the_account_cannot_pay_is_refused() -> None:
    floor = Floor()
    poor = floor.trader("poor", {"USDT": "100"})
    place_list(poor, OTO, leg(BUY, "1", "90", "w"), leg(SELL, "2", "120", "p"))
    batch = floor.bob.sell("1", at="90")
    assert floor.told(batch) == [
        "accepted 3",
        "trade: 3 takes 1 @ 90 from 1",
        "expired 2: release_refused, 2 left",
        "list 1 ended",
        "book: bids 90=0, asks -",
    ]
    assert poor.balance("BTC") == (10**8, 0)


@pytest.mark.parametrize(
    "pending",
    [
        leg(SELL, "1", None, "p", trigger=trigger("95")),
        leg(SELL, "1", "80", "p", post_only=True),
    ],
)
def test_a_release_that_would_trigger_or_take_at_once_is_refused(pending: PlaceOrder) -> None:
    floor = Floor()
    place_list(floor.alice, OTO, leg(BUY, "1", "90", "w"), pending)
    floor.carol.buy("1", at="85")
    assert floor.told(floor.bob.sell("1", at="90"))[2:4] == ["expired 2: release_refused, 1 left", "list 1 ended"]
    assert floor.alice.balance("BTC") == (101 * 10**8, 0)


def test_a_release_measures_a_mark_trigger_against_the_mark_price() -> None:
    floor = Floor()
    floor.reference(MARK, "100")
    pending = leg(SELL, "1", "80", "p", trigger=trigger("95", source=MARK))
    place_list(floor.alice, OTO, leg(BUY, "1", "90", "w"), pending)
    assert floor.told(floor.bob.sell("1", at="90"))[2] == "released 2: 1"
    assert floor.told(floor.reference(MARK, "95"))[1] == "triggered 2 @ 80"


def test_a_released_market_order_trades_at_once() -> None:
    floor = Floor()
    place_list(floor.alice, OTO, leg(BUY, "1", "90", "w"), leg(SELL, "1", None, "p"))
    floor.carol.buy("1", at="89")
    assert floor.told(floor.bob.sell("1", at="90")) == [
        "accepted 4",
        "trade: 4 takes 1 @ 90 from 1",
        "released 2: 1",
        "trade: 2 takes 1 @ 89 from 3",
        "list 1 ended",
        "book: bids 90=0 89=0, asks -",
    ]


@pytest.mark.parametrize(("funds", "told"), [("100", "expired 2: release_refused, 1 left"), ("200", "released 2: 1")])
def test_a_released_market_buy_pays_what_the_book_asks(funds: str, told: str) -> None:
    floor = Floor()
    poor = floor.trader("poor", {"USDT": funds})
    place_list(poor, OTO, leg(BUY, "1", "90", "w"), leg(BUY, "1", None, "p"))
    floor.carol.sell("1", at="101")
    batch = floor.bob.sell("1", at="90")
    assert floor.told(batch)[2] == told


def test_a_released_trailing_order_follows_from_the_fill_and_not_from_what_the_sweep_saw_before() -> None:
    floor = Floor()
    floor.bob.sell("1", at="99")
    floor.bob.sell("1", at="103")
    floor.bob.sell("1", at="101")
    pending = leg(SELL, "1", "80", "p", trigger=trigger(trail_by="1"))
    batch = place_list(floor.alice, OTO, leg(BUY, "3", "103", "w"), pending)
    assert floor.told(batch)[3:] == [
        "trade: 4 takes 1 @ 99 from 1",
        "trade: 4 takes 1 @ 101 from 3",
        "trade: 4 takes 1 @ 103 from 2",
        "released 5: 1",
        "book: bids -, asks 99=0 101=0 103=0",
    ]
    assert floor.triggered_by("102.01", "102") == [5]


def test_a_released_stop_does_not_see_the_trades_that_released_it() -> None:
    """The working buy takes 99 and 105; a stop at 102 is not met by 105, and 99 was before its time."""
    floor = Floor()
    floor.bob.sell("1", at="99")
    floor.bob.sell("1", at="105")
    pending = leg(SELL, "1", "80", "p", trigger=trigger("102"))
    batch = place_list(floor.alice, OTO, leg(BUY, "2", "105", "w"), pending)
    assert floor.told(batch)[-2:] == ["released 4: 1", "book: bids -, asks 99=0 105=0"]
    assert floor.triggered_by("102") == [4]


def test_an_otoco_releases_a_pair_that_shares_its_money() -> None:
    floor = Floor()
    place_list(floor.alice, OTO, leg(BUY, "2", "90", "w"), *sell_pair("2", above="110", stop="80"))
    assert floor.told(floor.bob.sell("2", at="90"), money=True) == [
        "accepted 4",
        "trade: 4 takes 2 @ 90 from 1",
        "released 2: 2",
        "released 3: 2",
        "book: bids 90=0, asks 110=2",
        "bob has 98 + 0 BTC",
        "bob has 100180 + 0 USDT",
        "alice has 100 + 2 BTC",
        "alice has 99820 + 0 USDT",
    ]
    assert floor.told(floor.carol.buy("1", at="110"))[2] == "expired 3: sibling_worked, 2 left"
    assert floor.told(floor.carol.buy("1", at="110"))[2] == "list 1 ended"


def test_of_a_pair_that_may_not_both_work_neither_does() -> None:
    floor = Floor()
    place_list(floor.alice, OTO, leg(BUY, "2", "90", "w"), *sell_pair("2", above="110", stop="95"))
    assert floor.told(floor.bob.sell("2", at="90"))[2:] == [
        "expired 2: release_refused, 2 left",
        "expired 3: release_refused, 2 left",
        "list 1 ended",
        "book: bids 90=0, asks -",
    ]


def test_an_iceberg_as_working_order_releases_once_however_many_parts_filled_it() -> None:
    floor = Floor()
    working = leg(BUY, "3", "90", "w", display_quantity=quantity("1"))
    place_list(floor.alice, OTO, working, *sell_pair("3", above="110", stop="80"))
    assert floor.told(floor.bob.sell("3", at="90")) == [
        "accepted 4",
        "trade: 4 takes 1 @ 90 from 1",
        "trade: 4 takes 1 @ 90 from 1",
        "trade: 4 takes 1 @ 90 from 1",
        "released 2: 3",
        "released 3: 3",
        "book: bids 90=0, asks 110=3",
    ]


def test_the_pair_of_an_otoco_keeps_its_order_of_prices() -> None:
    floor = Floor()
    wrong = leg(SELL, "1", "80", "above"), leg(SELL, "1", None, "below", trigger=trigger("80"))
    batch = place_list(floor.alice, OTO, leg(BUY, "1", "90", "w"), *wrong)
    assert floor.told(batch) == ["list rejected: list_prices_wrong"]


def test_two_lists_released_by_one_sweep_go_one_after_the_other() -> None:
    floor = Floor()
    place_list(floor.alice, OTO, leg(BUY, "1", "90", "w"), leg(SELL, "1", None, "p"))
    place_list(floor.bob, OTO, leg(BUY, "1", "90", "w"), leg(SELL, "1", "70", "p", trigger=trigger("89")))
    floor.carol.buy("2", at="88")
    dave = floor.trader("dave")
    assert floor.told(dave.sell("2", at="90")) == [
        "accepted 6",
        "trade: 6 takes 1 @ 90 from 1",
        "trade: 6 takes 1 @ 90 from 3",
        "released 2: 1",
        "trade: 2 takes 1 @ 88 from 5",
        "list 1 ended",
        "expired 4: release_refused, 1 left",
        "list 2 ended",
        "book: bids 90=0 88=1, asks -",
    ]


def test_a_pair_placed_through_a_sleeping_entry_waits_for_the_entry_to_be_filled() -> None:
    """The core takes a working order with a trigger, as other venues' brackets have; Binance's dialect does not."""
    floor = Floor()
    entry = leg(BUY, "1", "106", "w", trigger=trigger("105"))
    place_list(floor.alice, OTO, entry, *sell_pair("1", above="120", stop="90"))
    floor.bob.sell("1", at="105.5")
    batch = floor.carol.sell("0.1", at="105")
    assert floor.told(batch)[0] == "accepted 5"
    assert floor.told(floor.carol.buy("0.1", at="105", self_trade_prevention=SelfTradePrevention.NONE))[1:] == [
        "trade: 6 takes 0.1 @ 105 from 5",
        "triggered 1 @ 106",
        "trade: 1 takes 1 @ 105.5 from 4",
        "released 2: 1",
        "released 3: 1",
        "book: bids -, asks 105=0 105.5=0 120=1",
    ]
