"""Hidden orders: in the book and not to be seen. Kraken and Bitfinex name them so; Binance has none."""

from builders import FOK, IOC, quantity
from order_kinds import BUY, OCO, SELL, Floor, amend, leg, place_list, trigger
from simexchange.domain.enums import SelfTradePrevention
from simexchange.domain.events import BookUpdated


def test_a_hidden_order_is_in_no_depth_no_best_price_and_no_update() -> None:
    floor = Floor()
    batch = floor.alice.sell("2", at="101", hidden=True)
    assert floor.told(batch, money=True) == ["accepted 1", "alice has 98 + 2 BTC"]
    book = floor.venue.markets["BTC/USDT"].book
    assert book.depth(SELL, 10) == []
    assert book.best(SELL) == (0, 0)
    assert book.update_id == 0


def test_a_best_price_passes_over_levels_with_nothing_to_see() -> None:
    floor = Floor()
    floor.alice.sell("2", at="101", hidden=True)
    batch = floor.bob.sell("1", at="102")
    update = next(event for event in batch.events if isinstance(event, BookUpdated))
    assert (update.best_ask, update.best_ask_quantity) == (10200, quantity("1"))
    assert floor.venue.markets["BTC/USDT"].book.depth(SELL, 1) == [(10200, quantity("1"))]


def test_hidden_stands_behind_visible_at_the_same_price_and_before_any_other_price() -> None:
    floor = Floor()
    floor.alice.sell("1", at="101", hidden=True)
    floor.alice.sell("1", at="102")
    floor.bob.sell("1", at="101")
    floor.bob.sell("2", at="101", display_quantity=quantity("1"))
    assert floor.told(floor.carol.buy("5", at="102")) == [
        "accepted 5",
        "trade: 5 takes 1 @ 101 from 3",
        "trade: 5 takes 1 @ 101 from 4",
        "trade: 5 takes 1 @ 101 from 4",
        "trade: 5 takes 1 @ 101 from 1",
        "trade: 5 takes 1 @ 102 from 2",
        "book: bids -, asks 101=0 102=0",
    ]


def test_hidden_orders_among_themselves_go_by_age() -> None:
    floor = Floor()
    floor.alice.sell("1", at="101", hidden=True)
    floor.bob.sell("1", at="101", hidden=True)
    assert floor.told(floor.carol.buy("1.5", at="101")) == [
        "accepted 3",
        "trade: 3 takes 1 @ 101 from 1",
        "trade: 3 takes 0.5 @ 101 from 2",
    ]


def test_a_trade_with_a_hidden_order_changes_no_level() -> None:
    floor = Floor()
    floor.alice.sell("2", at="101", hidden=True)
    assert floor.told(floor.bob.buy("1", at="101", time_in_force=IOC), money=True) == [
        "accepted 2",
        "trade: 2 takes 1 @ 101 from 1",
        "bob has 99899 + 0 USDT",
        "bob has 101 + 0 BTC",
        "alice has 100101 + 0 USDT",
        "alice has 98 + 1 BTC",
    ]
    assert floor.told(floor.alice.cancel(1)) == ["canceled 1: requested, 1 done"]


def test_a_hidden_order_that_takes_hides_only_its_rest() -> None:
    floor = Floor()
    floor.bob.sell("1", at="101")
    assert floor.told(floor.alice.buy("3", at="101", hidden=True)) == [
        "accepted 2",
        "trade: 2 takes 1 @ 101 from 1",
        "book: bids -, asks 101=0",
    ]
    assert floor.venue.markets["BTC/USDT"].book.depth(BUY, 10) == []


def test_a_post_only_order_is_rejected_for_a_hidden_one_it_would_take() -> None:
    floor = Floor()
    floor.alice.sell("1", at="101", hidden=True)
    assert floor.told(floor.bob.buy("1", at="101", post_only=True)) == ["rejected: post_only_would_take"]


def test_fill_or_kill_and_market_orders_count_hidden_quantity() -> None:
    floor = Floor()
    floor.alice.sell("1", at="101")
    floor.alice.sell("1", at="101", hidden=True)
    assert floor.told(floor.bob.buy("2", at="101", time_in_force=FOK))[-1] == "book: bids -, asks 101=0"
    floor.alice.sell("5", at="100", hidden=True)
    assert floor.told(floor.bob.buy(worth="300"))[1] == "trade: 5 takes 3 @ 100 from 4"


def test_prevention_finds_hidden_orders() -> None:
    floor = Floor()
    floor.alice.sell("3", at="101", hidden=True)
    batch = floor.alice.buy("1", at="101", self_trade_prevention=SelfTradePrevention.DECREMENT)
    assert floor.told(batch) == [
        "accepted 2",
        "prevented: 2 loses 1, 1 loses 1",
        "expired 2: self_trade, 0 left",
    ]
    assert floor.told(floor.alice.buy("1", at="101"))[1:] == [
        "prevented: 3 loses 0, 1 loses 2",
        "expired 1: self_trade, 0 left",
        "book: bids 101=1, asks -",
    ]


def test_hidden_wins_over_a_display_quantity() -> None:
    floor = Floor()
    floor.alice.sell("3", at="101", hidden=True, display_quantity=quantity("1"))
    assert floor.venue.markets["BTC/USDT"].book.depth(SELL, 10) == []
    assert floor.told(floor.bob.buy("3", at="101")) == ["accepted 2", "trade: 2 takes 3 @ 101 from 1"]


def test_amending_a_hidden_order_shows_nothing() -> None:
    floor = Floor()
    floor.alice.sell("3", at="101", hidden=True)
    assert floor.told(amend(floor.alice, 1, "1"), money=True) == ["amended 1: 1, 1 left", "alice has 99 + 1 BTC"]


def test_a_hidden_order_wakes_hidden() -> None:
    floor = Floor()
    floor.alice.sell("3", at="120", hidden=True, trigger=trigger("95"))
    assert floor.told(floor.move("95"))[2:] == ["triggered 1 @ 120", "book: bids -, asks 95=0"]


def test_a_hidden_leg_of_a_pair_gives_way_like_any_other() -> None:
    floor = Floor()
    hidden = leg(SELL, "1", "110", "above", hidden=True)
    place_list(floor.alice, OCO, hidden, leg(SELL, "1", "120", "below", trigger=trigger("90")))
    assert floor.told(floor.move("90"))[2:] == [
        "triggered 2 @ 120",
        "expired 1: sibling_worked, 1 left",
        "book: bids -, asks 90=0 120=1",
    ]


def test_an_instrument_without_hidden_orders_says_so() -> None:
    floor = Floor(hidden=False)
    assert floor.told(floor.alice.sell("1", at="101", hidden=True)) == ["rejected: hidden_unsupported"]


def test_a_level_of_many_hidden_orders_is_swept_in_order() -> None:
    floor = Floor()
    for _ in range(90):
        floor.alice.sell("0.1", at="101", hidden=True)
    told = floor.told(floor.bob.buy("9", at="101"))
    assert told[1:] == [f"trade: 91 takes 0.1 @ 101 from {order_id}" for order_id in range(1, 91)]
