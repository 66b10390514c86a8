"""Icebergs. filters.md: ICEBERG_PARTS, LOT_SIZE (icebergQty), MAX_NUM_ICEBERG_ORDERS; enums.md, order types."""

import pytest

from builders import FOK, quantity
from order_kinds import BUY, SELL, Floor, amend, trigger
from simexchange.domain.enums import OrderStatus, SelfTradePrevention, Side


def tip(text: str) -> dict[str, int]:
    return {"display_quantity": quantity(text)}


def depth(floor: Floor, side: Side = SELL) -> list[tuple[int, int]]:
    return floor.venue.markets["BTC/USDT"].book.depth(side, 10)


def test_the_book_shows_the_tip_and_the_account_holds_the_whole() -> None:
    floor = Floor()
    batch = floor.alice.sell("10", at="101", **tip("2"))
    assert floor.told(batch, money=True) == [
        "accepted 1",
        "book: bids -, asks 101=2",
        "alice has 90 + 10 BTC",
    ]
    assert depth(floor) == [(10100, quantity("2"))]


def test_a_fill_of_part_of_the_tip_keeps_the_place_in_the_queue() -> None:
    floor = Floor()
    floor.alice.sell("10", at="101", **tip("2"))
    floor.bob.sell("1", at="101")
    assert floor.told(floor.carol.buy("1.5", at="101")) == [
        "accepted 3",
        "trade: 3 takes 1.5 @ 101 from 1",
        "book: bids -, asks 101=1.5",
    ]
    assert floor.told(floor.carol.buy("1", at="101"))[1:3] == [
        "trade: 4 takes 0.5 @ 101 from 1",
        "trade: 4 takes 0.5 @ 101 from 2",
    ]


def test_a_used_up_tip_is_refilled_at_the_back_of_the_level() -> None:
    floor = Floor()
    floor.alice.sell("5", at="101", **tip("2"))
    floor.bob.sell("3", at="101")
    assert floor.told(floor.carol.buy("2", at="101")) == [
        "accepted 3",
        "trade: 3 takes 2 @ 101 from 1",
    ]
    assert depth(floor) == [(10100, quantity("5"))]
    assert floor.told(floor.carol.buy("4", at="101")) == [
        "accepted 4",
        "trade: 4 takes 3 @ 101 from 2",
        "trade: 4 takes 1 @ 101 from 1",
        "book: bids -, asks 101=1",
    ]


def test_several_refills_in_one_sweep_alternate_between_icebergs() -> None:
    floor = Floor()
    floor.alice.sell("5", at="101", **tip("2"))
    floor.bob.sell("4", at="101", **tip("3"))
    batch = floor.carol.buy("20", at="101")
    assert floor.told(batch) == [
        "accepted 3",
        "trade: 3 takes 2 @ 101 from 1",
        "trade: 3 takes 3 @ 101 from 2",
        "trade: 3 takes 2 @ 101 from 1",
        "trade: 3 takes 1 @ 101 from 2",
        "trade: 3 takes 1 @ 101 from 1",
        "book: bids 101=11, asks 101=0",
    ]
    assert [floor.alice.found(1).status, floor.bob.found(2).status] == [OrderStatus.FILLED] * 2


def test_an_iceberg_that_takes_trades_its_whole_and_shows_a_tip_of_the_rest() -> None:
    floor = Floor()
    floor.bob.sell("4", at="101")
    assert floor.told(floor.alice.buy("10", at="101", **tip("2"))) == [
        "accepted 2",
        "trade: 2 takes 4 @ 101 from 1",
        "book: bids 101=2, asks 101=0",
    ]


def test_cancel_of_a_half_filled_iceberg_frees_what_is_left_of_it() -> None:
    floor = Floor()
    floor.alice.buy("10", at="99", **tip("2"))
    floor.bob.sell("5", at="99")
    assert depth(floor, BUY) == [(9900, quantity("1"))]
    assert floor.told(floor.alice.cancel(1), money=True) == [
        "canceled 1: requested, 5 done",
        "book: bids 99=0, asks -",
        "alice has 99505 + 0 USDT",
    ]


def test_a_decrement_takes_from_the_whole_of_an_iceberg_and_refills_its_tip() -> None:
    """STP FAQ, DECREMENT: both lose the amount of the prevented match, whatever the book shows of it."""
    floor = Floor()
    floor.alice.sell("10", at="101", **tip("2"))
    floor.bob.sell("1", at="101")
    batch = floor.alice.buy("5", at="101", self_trade_prevention=SelfTradePrevention.DECREMENT)
    assert floor.told(batch, money=True) == [
        "accepted 3",
        "prevented: 3 loses 5, 1 loses 5",
        "expired 3: self_trade, 0 left",
        "alice has 100000 + 0 USDT",
        "alice has 95 + 5 BTC",
    ]
    assert floor.told(floor.carol.buy("2", at="101"))[1:3] == [
        "trade: 4 takes 1 @ 101 from 2",
        "trade: 4 takes 1 @ 101 from 1",
    ]


def test_a_decrement_within_the_tip_keeps_the_place() -> None:
    floor = Floor()
    floor.alice.sell("10", at="101", **tip("2"))
    floor.bob.sell("1", at="101")
    batch = floor.alice.buy("0.5", at="101", self_trade_prevention=SelfTradePrevention.DECREMENT)
    assert floor.told(batch)[-1] == "book: bids -, asks 101=2.5"
    assert floor.told(floor.carol.buy("1", at="101"))[1] == "trade: 4 takes 1 @ 101 from 1"


def test_prevention_that_expires_the_maker_takes_an_iceberg_whole() -> None:
    floor = Floor()
    floor.alice.sell("10", at="101", **tip("2"))
    assert floor.told(floor.alice.buy("1", at="101"), money=True) == [
        "accepted 2",
        "prevented: 2 loses 0, 1 loses 10",
        "expired 1: self_trade, 0 left",
        "book: bids 101=1, asks 101=0",
        "alice has 99899 + 101 USDT",
        "alice has 100 + 0 BTC",
    ]


def test_fill_or_kill_counts_what_icebergs_keep_back() -> None:
    floor = Floor()
    floor.alice.sell("10", at="101", **tip("2"))
    assert floor.told(floor.bob.buy("10.0001", at="101", time_in_force=FOK))[1].startswith("expired")
    assert floor.told(floor.bob.buy("10", at="101", time_in_force=FOK))[-1] == "book: bids -, asks 101=0"


def test_fill_or_kill_does_not_count_the_part_of_an_iceberg_behind_its_own_order() -> None:
    """The tip trades, then bob meets his own order, before the iceberg's next part: it would not fill whole."""
    floor = Floor()
    floor.alice.sell("10", at="101", **tip("2"))
    floor.bob.sell("1", at="101")
    mode = SelfTradePrevention.EXPIRE_TAKER
    batch = floor.bob.buy("5", at="101", time_in_force=FOK, self_trade_prevention=mode)
    assert floor.told(batch) == ["accepted 3", "expired 3: fok_unfilled, 5 left"]


def test_a_market_buy_needs_no_more_money_than_its_trades_past_an_iceberg_cost() -> None:
    """Tip 1 of 10 at 101, then 3 of its own that prevention takes off, then 1 more of the iceberg: 202, not 505."""
    floor = Floor()
    poor = floor.trader("poor", {"USDT": "202", "BTC": "3"})
    floor.alice.sell("10", at="101", **tip("1"))
    poor.sell("3", at="101")
    batch = poor.buy("5", self_trade_prevention=SelfTradePrevention.DECREMENT)
    assert floor.told(batch) == [
        "accepted 3",
        "trade: 3 takes 1 @ 101 from 1",
        "prevented: 3 loses 3, 2 loses 3",
        "expired 2: self_trade, 0 left",
        "trade: 3 takes 1 @ 101 from 1",
        "book: bids -, asks 101=1",
    ]


def test_a_market_order_by_amount_counts_what_icebergs_keep_back() -> None:
    floor = Floor()
    floor.alice.sell("10", at="100", **tip("1"))
    batch = floor.bob.buy(worth="500")
    assert floor.told(batch)[1:] == ["trade: 2 takes 1 @ 100 from 1"] * 5


@pytest.mark.parametrize(
    ("size", "shown", "reason"),
    [
        ("10", "1", None),
        ("10", "10", None),
        ("10.0001", "1", "iceberg_parts_exceeded"),
        ("10", "10.0001", "iceberg_exceeds_quantity"),
        ("1", "0.05", "quantity_too_small"),
    ],
)
def test_the_parts_and_the_tip_keep_their_filters(size: str, shown: str, reason: str | None) -> None:
    """ICEBERG_PARTS is CEIL(qty / icebergQty); LOT_SIZE holds for icebergQty too; "IcebergQty exceeds QTY." """
    floor = Floor(min_quantity=quantity("0.1"))
    told = floor.told(floor.alice.sell(size, at="101", **tip(shown)))
    assert told[0] == ("accepted 1" if reason is None else f"rejected: {reason}")


def test_the_tip_is_in_whole_lots() -> None:
    floor = Floor(lot_size=quantity("0.001"))
    assert floor.told(floor.alice.sell("10", at="101", **tip("1.0005"))) == ["rejected: quantity_off_lot"]


def test_the_cap_on_icebergs_counts_open_ones() -> None:
    floor = Floor(max_iceberg_orders=1)
    floor.alice.sell("2", at="101", **tip("1"))
    assert floor.told(floor.alice.sell("2", at="101", **tip("1"))) == ["rejected: iceberg_orders_exceeded"]
    assert floor.told(floor.alice.sell("2", at="101"))[0] == "accepted 2"
    floor.alice.cancel(1)
    assert floor.told(floor.alice.sell("2", at="101", **tip("1")))[0] == "accepted 3"


def test_an_instrument_without_icebergs_says_so() -> None:
    """errors.md: "Iceberg orders are not supported for this symbol." """
    floor = Floor(max_iceberg_parts=0)
    assert floor.told(floor.alice.sell("2", at="101", **tip("1"))) == ["rejected: iceberg_unsupported"]


def test_a_triggered_iceberg_shows_its_tip_once_it_works() -> None:
    floor = Floor()
    floor.alice.sell("4", at="99", trigger=trigger("95"), **tip("1"))
    assert floor.told(floor.move("95"))[2:] == ["triggered 1 @ 99", "book: bids -, asks 95=0 99=1"]


def test_amending_an_iceberg_takes_from_what_it_keeps_back() -> None:
    """Order Amend FAQ: "visible quantity will only change if newQty is below the pre-amended visible quantity"."""
    floor = Floor()
    floor.alice.sell("10", at="101", **tip("4"))
    floor.bob.sell("1", at="101")
    assert floor.told(amend(floor.alice, 1, "5"), money=True) == ["amended 1: 5, 5 left", "alice has 95 + 5 BTC"]
    assert floor.told(amend(floor.alice, 1, "3")) == ["amended 1: 3, 3 left", "book: bids -, asks 101=4"]
    assert floor.told(floor.carol.buy("3.5", at="101"))[1:3] == [
        "trade: 3 takes 3 @ 101 from 1",
        "trade: 3 takes 0.5 @ 101 from 2",
    ]
