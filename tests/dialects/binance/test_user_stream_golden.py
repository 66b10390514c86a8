"""Whole user data streams: what one account hears, event by event and key by key, from an order's birth to its end.

Each story's payloads lie in ``golden/streams_user.json``, written by the tables of "User Data Streams for Binance"
(conditional fields, reject and expiry reasons); the order of events is the one that ``user_events`` states.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest

from dialects.binance.stream_bench import BTC, Socket, units
from dialects.binance.user_bench import OrdersBench, listen, stop, take_profit
from simexchange.domain.commands import AmendOrder, CancelOrder, CancelOrderList, SetTradingStatus, Withdraw
from simexchange.domain.enums import Contingency, OrderType, PegReference, Side, TimeInForce, TradingStatus, TriggerKind
from simexchange.domain.trigger import Peg, Trigger
from simexchange.domain.units import RATE_ONE, parse_units

GOLDEN: Final = json.loads((Path(__file__).parent / "golden" / "streams_user.json").read_text())
Story: TypeAlias = Callable[[OrdersBench], None]


def stop_limit(bench: OrdersBench) -> None:
    """Dormant, set off by a trade below its trigger, resting, filled."""
    bench.place(bench.alice, Side.SELL, "1", "94", trigger=stop("95"))
    bench.trade("94.5")
    bench.place(bench.carol, Side.BUY, "1", "94")


def stop_market(bench: OrdersBench) -> None:
    """Set off when the book can fill a part of it."""
    bench.place(bench.carol, Side.BUY, "0.4", "93")
    bench.place(bench.alice, Side.SELL, "1", trigger=stop("95"))
    bench.trade("95")


def take_profit_limit(bench: OrdersBench) -> None:
    bench.place(bench.alice, Side.BUY, "1", "96", trigger=take_profit("95"), strategy_id=3, strategy_type=1_000_000)
    bench.trade("95")
    bench.door.submit(CancelOrder(bench.alice, BTC, client_order_id="order-3", request_id="enough"))


def trailing(bench: OrdersBench) -> None:
    """Follows from 104 on, 5 percent below the highest price: 106 to 100.7."""
    trigger = Trigger(TriggerKind.TAKE_PROFIT, units("104"), trail_rate=RATE_ONE // 20)
    bench.place(bench.alice, Side.SELL, "1", "99", trigger=trigger)
    for price in ("104", "106", "100.71"):
        bench.trade(price)
    bench.place(bench.carol, Side.BUY, "0.5", "100.7")
    bench.place(bench.bob, Side.SELL, "0.1", "100.7")


def trailing_without_a_stop_price(bench: OrdersBench) -> None:
    trigger = Trigger(TriggerKind.STOP, trail_rate=RATE_ONE // 100)
    bench.place(bench.alice, Side.BUY, "1", trigger=trigger)
    bench.door.submit(CancelOrder(bench.alice, BTC, client_order_id="order-3", request_id="enough"))


def iceberg(bench: OrdersBench) -> None:
    """Three tips of one, taken one by one; what is left is canceled."""
    bench.place(bench.alice, Side.SELL, "3", "101", display_quantity=units("1"))
    bench.place(bench.carol, Side.BUY, "2.5", "101")
    bench.door.submit(CancelOrder(bench.alice, BTC, client_order_id="order-3", request_id="enough"))


def amended(bench: OrdersBench) -> None:
    """Less of an order that is filled in part, then less under a new name."""
    bench.place(bench.alice, Side.BUY, "3", "99")
    bench.place(bench.bob, Side.SELL, "1", "99")
    bench.door.submit(AmendOrder(bench.alice, BTC, client_order_id="order-3", quantity=units("2.5")))
    bench.door.submit(
        AmendOrder(bench.alice, BTC, client_order_id="order-3", quantity=units("2"), new_client_order_id="renamed")
    )
    bench.place(bench.bob, Side.SELL, "1", "99")


def pegged(bench: OrdersBench) -> None:
    bench.place(bench.bob, Side.SELL, "1", "101")
    bench.place(bench.bob, Side.SELL, "1", "102")
    bench.place(bench.alice, Side.SELL, "1", peg=Peg(PegReference.PRIMARY), **LIMIT_WITHOUT_PRICE)
    bench.place(bench.alice, Side.BUY, "1", peg=Peg(PegReference.MARKET, 1), **LIMIT_WITHOUT_PRICE | IOC)


def pegged_stop(bench: OrdersBench) -> None:
    """The price comes from the book when it is triggered."""
    bench.place(bench.bob, Side.SELL, "1", "101")
    bench.place(bench.alice, Side.SELL, "1", trigger=stop("95"), peg=Peg(PegReference.PRIMARY), **LIMIT_WITHOUT_PRICE)
    bench.trade("95")
    bench.place(bench.carol, Side.BUY, "1.5", "101")


def cancel_and_replace(bench: OrdersBench) -> None:
    """As it should be; then the second half is rejected, and the first stands."""
    bench.place(bench.bob, Side.SELL, "1", "101")
    bench.place(bench.alice, Side.BUY, "1", "99")
    users = bench.dialect.streams.users
    for price in ("99.5", "101"):
        bench.door.submit(CancelOrder(bench.alice, BTC, bench.last_order_id(), request_id=f"for-{price}"))
        with users.replacing():
            bench.place(bench.alice, Side.BUY, "1", price, post_only=True)
    bench.place(bench.alice, Side.BUY, "1", "101", post_only=True)


def oco_filled_above(bench: OrdersBench) -> None:
    """A partial fill of one order ends the other; the list ends when the one is filled."""
    bench.place_list(Contingency.OCO, *bench.bracket())
    bench.place(bench.carol, Side.BUY, "0.4", "110")
    bench.place(bench.carol, Side.BUY, "0.6", "110")


def oco_triggered_below(bench: OrdersBench) -> None:
    bench.place(bench.carol, Side.BUY, "2", "89.5")
    bench.place_list(Contingency.OCO, *bench.bracket())
    bench.trade("90")


def oco_canceled_by_a_leg(bench: OrdersBench) -> None:
    bench.place_list(Contingency.OCO, *bench.bracket())
    bench.door.submit(CancelOrder(bench.alice, BTC, client_order_id="order-4", request_id="enough"))


def oco_canceled(bench: OrdersBench) -> None:
    bench.place_list(Contingency.OCO, *bench.bracket())
    bench.door.submit(CancelOrderList(bench.alice, BTC, client_list_id="list-1", request_id="enough"))


def oco_ended_by_the_venue(bench: OrdersBench) -> None:
    bench.place_list(Contingency.OCO, *bench.bracket())
    bench.door.submit(SetTradingStatus(BTC, TradingStatus.CLOSED))


def oco_with_a_renamed_leg(bench: OrdersBench) -> None:
    """Both orders of the pair shrink; the list is told again because one has another name."""
    bench.place_list(Contingency.OCO, *bench.bracket("2"))
    bench.door.submit(
        AmendOrder(bench.alice, BTC, client_order_id="order-3", quantity=units("1"), new_client_order_id="renamed")
    )
    bench.door.submit(CancelOrderList(bench.alice, BTC, client_list_id="list-1", request_id="enough"))


def oto_released(bench: OrdersBench) -> None:
    """The pending order waits for the last of the working one."""
    bench.place_list(Contingency.OTO, bench.leg(Side.BUY, "1", "99"), bench.leg(Side.SELL, "1", "105"))
    bench.place(bench.bob, Side.SELL, "0.4", "99")
    bench.place(bench.bob, Side.SELL, "0.6", "99")
    bench.place(bench.carol, Side.BUY, "1", "105")


def oto_filled_at_once(bench: OrdersBench) -> None:
    bench.place(bench.bob, Side.SELL, "1", "99")
    bench.place_list(Contingency.OTO, bench.leg(Side.BUY, "1", "99"), bench.leg(Side.SELL, "1", trigger=stop("95")))


def oto_expired(bench: OrdersBench) -> None:
    working = bench.leg(Side.BUY, "1", "99", **IOC)
    bench.place_list(Contingency.OTO, working, bench.leg(Side.SELL, "1", "105"))


def oto_canceled(bench: OrdersBench) -> None:
    bench.place_list(Contingency.OTO, bench.leg(Side.BUY, "1", "99"), bench.leg(Side.SELL, "1", "105"))
    bench.door.submit(CancelOrder(bench.alice, BTC, client_order_id="order-4", request_id="enough"))


def oto_without_the_money(bench: OrdersBench) -> None:
    """Nothing is held for a pending order: what it needs may be gone when it is released."""
    bench.place_list(Contingency.OTO, bench.leg(Side.BUY, "1", "99"), bench.leg(Side.SELL, "2", "105"))
    bench.door.submit(Withdraw(bench.alice, "BTC", parse_units("1000000", 16)))
    bench.place(bench.bob, Side.SELL, "1", "99")


def otoco(bench: OrdersBench) -> None:
    bench.place_list(Contingency.OTO, bench.leg(Side.BUY, "1", "99"), *bench.bracket())
    bench.place(bench.bob, Side.SELL, "1", "99")
    bench.place(bench.carol, Side.BUY, "1", "110")


def otoco_canceled(bench: OrdersBench) -> None:
    bench.place_list(Contingency.OTO, bench.leg(Side.BUY, "1", "99"), *bench.bracket())
    bench.door.submit(CancelOrderList(bench.alice, BTC, client_list_id="list-1", request_id="enough"))


def opo(bench: OrdersBench) -> None:
    """The pending order sells what was received; the fee comes out of what is free."""
    bench.place_list(Contingency.OTO, bench.leg(Side.BUY, "1", "99"), bench.leg(Side.SELL, "0", "105"), pays_other=True)
    bench.place(bench.bob, Side.SELL, "1", "99")


def opoco(bench: OrdersBench) -> None:
    bench.place_list(Contingency.OTO, bench.leg(Side.BUY, "1", "99"), *bench.bracket("0"), pays_other=True)
    bench.place(bench.bob, Side.SELL, "1", "99")
    bench.place(bench.carol, Side.BUY, "0.1", "110")


def a_stop_sets_off_a_stop(bench: OrdersBench) -> None:
    """The first one's trade sets off the second in the same instant."""
    bench.place(bench.carol, Side.BUY, "1", "93")
    bench.place(bench.carol, Side.BUY, "1", "92")
    bench.place(bench.alice, Side.SELL, "1", trigger=stop("93"))
    bench.place(bench.alice, Side.SELL, "1", trigger=stop("95"))
    bench.trade("95")


LIMIT_WITHOUT_PRICE: Final[dict[str, Any]] = {"order_type": OrderType.LIMIT}
IOC: Final[dict[str, Any]] = {"time_in_force": TimeInForce.IOC}
STORIES: Final[dict[str, Story]] = {
    story.__name__: story
    for story in (
        stop_limit,
        stop_market,
        take_profit_limit,
        trailing,
        trailing_without_a_stop_price,
        iceberg,
        amended,
        pegged,
        pegged_stop,
        cancel_and_replace,
        oco_filled_above,
        oco_triggered_below,
        oco_canceled_by_a_leg,
        oco_canceled,
        oco_ended_by_the_venue,
        oco_with_a_renamed_leg,
        oto_released,
        oto_filled_at_once,
        oto_expired,
        oto_canceled,
        oto_without_the_money,
        otoco,
        otoco_canceled,
        opo,
        opoco,
        a_stop_sets_off_a_stop,
    )
}


def hear(story: Story) -> Socket:
    """What Alice is sent while the story runs."""
    bench = OrdersBench()
    socket = listen(bench, bench.alice)
    story(bench)
    return socket


@pytest.mark.parametrize("name", STORIES)
def test_a_story_is_told_event_by_event_and_key_by_key(name: str) -> None:
    told = [message.decode() for message in hear(STORIES[name]).raw()]
    assert told == [json.dumps(event, separators=(",", ":")) for event in GOLDEN[name]]


def test_every_golden_story_is_told() -> None:
    assert set(GOLDEN) == set(STORIES)
