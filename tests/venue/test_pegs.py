"""Orders priced by the book. Source: Binance FAQ "Pegged orders"; errors.md, messages about pegged orders."""

from typing import Any

import pytest

from builders import IOC, amount, price, quantity, rate
from order_kinds import BUY, OCO, OTO, SELL, Floor, every_kind, leg, place_list, trigger
from simexchange.domain.commands import ChangeRules
from simexchange.domain.enums import PegReference, Side
from simexchange.domain.instrument import PriceBand
from simexchange.domain.trigger import Peg

PRIMARY, MARKET = PegReference.PRIMARY, PegReference.MARKET


def ladder(**rules: Any) -> Floor:
    """Bids 99, 98, 97 and asks 101, 102, 103, all bob's; last price 100."""
    floor = Floor(**rules)
    for at in ("99", "98", "97"):
        floor.bob.buy("1", at=at)
    for at in ("101", "102", "103"):
        floor.bob.sell("1", at=at)
    return floor


@pytest.mark.parametrize(
    ("side", "reference", "levels", "at"),
    [
        (BUY, PRIMARY, 0, "99"),
        (BUY, PRIMARY, 2, "97"),
        (SELL, PRIMARY, 0, "101"),
        (SELL, PRIMARY, 1, "102"),
        (BUY, MARKET, 0, "101"),
        (BUY, MARKET, 2, "103"),
        (SELL, MARKET, 0, "99"),
        (SELL, MARKET, 1, "98"),
    ],
)
def test_the_price_is_that_of_a_level_on_its_own_or_the_other_side(
    side: Side, reference: PegReference, levels: int, at: str
) -> None:
    """ "PRIMARY: best price on the same side ... PRICE_LEVEL: ... existing price levels, deeper into the book" """
    floor = ladder()
    floor.alice.order(side, "0.5", at="0", peg=Peg(reference, levels))
    terms = floor.alice.found(7).terms
    assert (terms.price, terms.asked_price, terms.peg) == (price(at), 0, Peg(reference, levels))


def test_a_primary_peg_queues_behind_the_best_price_and_does_not_move_later() -> None:
    floor = ladder()
    batch = floor.alice.buy("2", at="0", peg=Peg(PRIMARY))
    assert floor.told(batch, money=True) == ["accepted 7", "book: bids 99=3, asks -", "alice has 99802 + 198 USDT"]
    floor.carol.buy("1", at="100")
    assert floor.alice.found(7).terms.price == price("99")


def test_a_market_peg_takes_the_best_price_and_only_that() -> None:
    """ "BUY or best offer, IOC: to cherry-pick the sellers at the lowest price, and only that price" """
    floor = ladder()
    assert floor.told(floor.alice.buy("2", at="0", peg=Peg(MARKET), time_in_force=IOC)) == [
        "accepted 7",
        "trade: 7 takes 1 @ 101 from 4",
        "expired 7: ioc_remainder, 1 left",
        "book: bids -, asks 101=0",
    ]


@pytest.mark.parametrize("reference", [PRIMARY, MARKET])
def test_a_book_that_is_not_deep_enough_gives_no_price(reference: PegReference) -> None:
    """errors.md: "Order book liquidity is too low for this pegged order." """
    floor = ladder()
    too_deep = floor.alice.buy("1", at="0", peg=Peg(reference, 3))
    assert floor.told(too_deep) == ["rejected: peg_without_price"]
    assert floor.told(Floor().alice.buy("1", at="0", peg=Peg(reference))) == ["rejected: peg_without_price"]


def test_a_level_that_shows_nothing_gives_no_price() -> None:
    floor = Floor()
    floor.bob.sell("1", at="101", hidden=True)
    floor.bob.sell("1", at="102", display_quantity=quantity("0.5"))
    floor.alice.sell("1", at="0", peg=Peg(PRIMARY))
    assert floor.alice.found(3).terms.price == price("102")


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({"tick_size": price("2")}, "price_off_tick"),
        ({"max_price": price("100")}, "price_too_high"),
        ({"min_notional": amount("101.5")}, "notional_too_small"),
        ({"price_band": PriceBand(rate("1.005"), rate("0.9"), rate("1.1"), rate("0.9"))}, "price_outside_band"),
    ],
)
def test_the_price_found_passes_the_filters(rules: dict[str, object], reason: str) -> None:
    """ "Pegged orders are required to pass all applicable filters with the selected price" """
    floor = ladder()
    floor.execute(ChangeRules("BTC/USDT", every_kind(**rules)))
    assert floor.told(floor.alice.buy("1", at="0", peg=Peg(MARKET))) == [f"rejected: {reason}"]


def test_a_price_beside_the_peg_passes_them_too_and_is_kept() -> None:
    """ "If a pegged order specifies price, it must pass validation at both price and peggedPrice." """
    floor = ladder(max_price=price("1000"))
    assert floor.told(floor.alice.buy("1", at="1000.01", peg=Peg(PRIMARY))) == ["rejected: price_too_high"]
    floor.alice.buy("1", at="95", peg=Peg(PRIMARY))
    terms = floor.alice.found(7).terms
    assert (terms.price, terms.asked_price) == (price("99"), price("95"))


def test_a_post_only_peg_rests_or_is_rejected() -> None:
    floor = ladder()
    assert floor.told(floor.alice.buy("1", at="0", peg=Peg(PRIMARY), post_only=True))[0] == "accepted 7"
    market = floor.alice.buy("1", at="0", peg=Peg(MARKET), post_only=True)
    assert floor.told(market) == ["rejected: post_only_would_take"]


def test_a_pegged_stop_takes_the_price_of_the_moment_it_is_triggered() -> None:
    """ "stop orders use the best price at the time when they are triggered" """
    floor = Floor()
    floor.alice.buy("2", at="0", peg=Peg(MARKET), trigger=trigger("105"))
    assert floor.alice.balance("USDT") == (99790 * 10**8, 210 * 10**8)
    floor.bob.sell("1", at="105")
    floor.bob.sell("1", at="107")
    assert floor.told(floor.carol.buy("1", at="105"), money=True) == [
        "accepted 4",
        "trade: 4 takes 1 @ 105 from 2",
        "triggered 1 @ 107",
        "trade: 1 takes 1 @ 107 from 3",
        "book: bids 107=1, asks 105=0 107=0",
        "carol has 99895 + 0 USDT",
        "carol has 101 + 0 BTC",
        "bob has 100212 + 0 USDT",
        "bob has 98 + 0 BTC",
        "alice has 99786 + 107 USDT",
        "alice has 101 + 0 BTC",
    ]


def test_a_pegged_stop_gives_back_what_its_price_makes_cheaper() -> None:
    floor = Floor()
    floor.alice.buy("2", at="0", peg=Peg(PRIMARY), trigger=trigger("105"))
    floor.bob.buy("1", at="80")
    assert "triggered 1 @ 80" in floor.told(floor.move("105"))
    assert floor.alice.balance("USDT") == (99840 * 10**8, 160 * 10**8)


@pytest.mark.parametrize(("funds", "told"), [("215", "expired 1: insufficient_balance, 2 left"), ("220", "triggered")])
def test_a_pegged_stop_that_becomes_too_dear_expires(funds: str, told: str) -> None:
    floor = Floor()
    poor = floor.trader("poor", {"USDT": funds})
    poor.buy("2", at="0", peg=Peg(MARKET), trigger=trigger("105"))
    floor.bob.sell("1", at="105")
    floor.bob.sell("1", at="110")
    batch = floor.carol.buy("1", at="105")
    assert any(line.startswith(told) for line in floor.told(batch))
    if told != "triggered":
        assert poor.balance("USDT") == (amount(funds), 0)


@pytest.mark.parametrize(
    ("stop_side", "stop"),
    [(BUY, "105"), (SELL, "95")],
)
def test_a_pegged_stop_triggered_into_an_empty_book_expires(stop_side: Side, stop: str) -> None:
    """ "Contingent pegged orders ... are (re)validated at the trigger time and may be rejected later." """
    floor = Floor()
    floor.alice.order(stop_side, "2", at="0", peg=Peg(MARKET), trigger=trigger(stop))
    assert floor.told(floor.move(stop))[2:] == [
        "triggered 1",
        "expired 1: release_refused, 2 left",
        f"book: bids -, asks {stop}=0",
    ]
    assert floor.alice.balance("USDT") == (100000 * 10**8, 0)
    assert floor.alice.balance("BTC") == (100 * 10**8, 0)


def test_a_pending_peg_takes_its_price_when_the_working_order_is_filled() -> None:
    """ "Pegged pending limit order enters at the best price after the working order has been filled." """
    floor = Floor()
    place_list(floor.alice, OTO, leg(BUY, "1", "90", "w"), leg(SELL, "1", "0", "p", peg=Peg(PRIMARY)))
    floor.bob.sell("1", at="130")
    assert floor.told(floor.carol.sell("1", at="90")) == [
        "accepted 4",
        "trade: 4 takes 1 @ 90 from 1",
        "released 2: 1",
        "book: bids 90=0, asks 130=2",
    ]


def test_a_pending_peg_that_finds_no_price_is_refused() -> None:
    floor = Floor()
    place_list(floor.alice, OTO, leg(BUY, "1", "90", "w"), leg(SELL, "1", "0", "p", peg=Peg(PRIMARY)))
    assert floor.told(floor.carol.sell("1", at="90"))[2:4] == ["expired 2: release_refused, 1 left", "list 1 ended"]


def test_a_pegged_leg_of_a_pair_has_its_price_at_once() -> None:
    floor = ladder()
    pegged = leg(SELL, "1", "0", "above", peg=Peg(PRIMARY, 1), post_only=True)
    batch = place_list(floor.alice, OCO, pegged, leg(SELL, "1", None, "below", trigger=trigger("90")))
    assert floor.told(batch)[-1] == "book: bids -, asks 102=2"


def test_an_instrument_without_pegs_says_so() -> None:
    """errors.md: "Pegged orders are not supported for this symbol." """
    floor = ladder(pegs=False)
    assert floor.told(floor.alice.buy("1", at="0", peg=Peg(PRIMARY))) == ["rejected: peg_unsupported"]
