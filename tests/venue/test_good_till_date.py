"""Orders with an end in time (FIX TimeInForce GTD): venues other than Binance have them; the core ends them."""

from typing import Any

from builders import START_NS, STEP_NS, SYMBOL
from order_kinds import Floor, trigger
from simexchange.domain.commands import ExpireOrders
from simexchange.domain.enums import OrderStatus, TimeInForce


def until(steps: int) -> dict[str, Any]:
    """An end ``steps`` commands after the first one of the exchange."""
    return {"time_in_force": TimeInForce.GTD, "expires_ns": START_NS + steps * STEP_NS}


def expire(floor: Floor) -> list[str]:
    return floor.told(floor.execute(ExpireOrders(SYMBOL)), money=True)


def test_an_order_ends_at_its_time_and_not_before() -> None:
    floor = Floor()
    soon = (floor.now_ns - START_NS) // STEP_NS + 3
    floor.alice.buy("1", at="90", **until(soon))
    assert expire(floor) == []
    floor.now_ns = START_NS + soon * STEP_NS - 1
    assert expire(floor) == []
    floor.now_ns = START_NS + soon * STEP_NS
    assert expire(floor) == [
        "expired 1: time_reached, 1 left",
        "book: bids 90=0, asks -",
        "alice has 100000 + 0 USDT",
    ]
    assert floor.alice.found(1).status is OrderStatus.EXPIRED
    assert expire(floor) == []


def test_a_partly_filled_order_ends_with_its_rest() -> None:
    floor = Floor()
    floor.alice.buy("2", at="90", **until(1))
    floor.bob.sell("0.5", at="90")
    assert expire(floor)[0] == "expired 1: time_reached, 1.5 left"
    assert floor.alice.balance("USDT") == (99955 * 10**8, 0)


def test_a_filled_or_canceled_order_does_not_end_again() -> None:
    floor = Floor()
    floor.alice.buy("1", at="90", **until(1))
    floor.alice.buy("1", at="90", **until(1))
    floor.bob.sell("1", at="90")
    floor.alice.cancel(2)
    assert expire(floor) == []
    assert floor.venue.markets[SYMBOL].expiries == {}


def test_several_end_in_the_order_in_which_they_came() -> None:
    floor = Floor()
    floor.alice.buy("1", at="90", **until(2))
    floor.bob.buy("1", at="91", **until(1))
    floor.carol.buy("1", at="92", **until(10**9))
    assert expire(floor)[:3] == [
        "expired 1: time_reached, 1 left",
        "expired 2: time_reached, 1 left",
        "book: bids 90=0 91=0, asks -",
    ]


def test_a_sleeping_order_ends_in_its_sleep() -> None:
    floor = Floor()
    floor.alice.buy("1", trigger=trigger("110"), **until(1))
    assert expire(floor) == ["expired 1: time_reached, 1 left", "alice has 100000 + 0 USDT"]
    assert floor.triggered_by("110") == []


def test_an_unknown_instrument_has_nothing_to_end() -> None:
    floor = Floor()
    assert floor.told(floor.execute(ExpireOrders("DOGE/USDT"))) == ["cancel rejected: instrument_unknown"]
