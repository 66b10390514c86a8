"""An exchange that takes every kind of order, and its batches told in short sentences.

A test of a whole event list stays readable when each event is one line: ``told(batch)`` names every event with the
ids, quantities, prices and reasons that make it what it is.
"""

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from builders import (
    ASSET_DECIMALS,
    PRICE_DECIMALS,
    QUANTITY_DECIMALS,
    SYMBOL,
    Exchange,
    Trader,
    limit_order,
    listing,
    market_order,
    price,
    quantity,
    rate,
    rules,
)
from simexchange.domain import events
from simexchange.domain.commands import AmendOrder, CancelOrderList, PlaceOrder, PlaceOrderList, SetReferencePrice
from simexchange.domain.enums import Contingency, OrderType, Side, TimeInForce, TriggerKind, TriggerSource
from simexchange.domain.events import Batch, Event
from simexchange.domain.instrument import Rules
from simexchange.domain.trigger import Trigger
from simexchange.domain.units import format_trimmed

STOP: Final = TriggerKind.STOP
TAKE_PROFIT: Final = TriggerKind.TAKE_PROFIT
OCO: Final = Contingency.OCO
OTO: Final = Contingency.OTO
BUY: Final = Side.BUY
SELL: Final = Side.SELL


def every_kind(**changes: Any) -> Rules:
    """Rules that take every kind of order; bounds only where a test names them."""
    taken: dict[str, Any] = {
        "max_iceberg_parts": 10,
        "trail_above": (rate("0.0001"), rate("0.5")),
        "trail_below": (rate("0.0001"), rate("0.5")),
        "triggers": tuple((kind, order_type) for kind in TriggerKind for order_type in OrderType),
        "amend": True,
        "pegs": True,
        "hidden": True,
        "order_lists": tuple(Contingency),
        "pays_other": True,
    }
    return rules(**(taken | changes))


class Floor(Exchange):
    """An exchange for every kind of order, with alice, bob and carol, and two who only move the last price."""

    def __init__(self, last: str = "100", fees: tuple[str, str] = ("0", "0"), **rule_changes: Any) -> None:
        super().__init__(listing(SYMBOL, every_kind(**rule_changes), *fees, last_price=price(last)))
        self.alice = self.trader("alice")
        self.bob = self.trader("bob")
        self.carol = self.trader("carol")
        funds = {"BTC": "1000000", "USDT": "1000000000"}
        self._movers = self.trader("mover", funds), self.trader("shaker", funds)

    def move(self, *prices: str) -> Batch:
        """Trade a sliver at each price, away from everybody else's orders; the batch of the last trade."""
        maker, taker = self._movers
        batch = None
        for at in prices:
            maker.sell("0.0001", at=at)
            batch = taker.buy("0.0001", at=at, time_in_force=TimeInForce.IOC)
        assert batch is not None, "no price to move to"
        return batch

    def triggered_by(self, *prices: str) -> list[int]:
        """The ids of the orders that a move to the last of these prices triggers; those before must trigger none."""
        for at in prices[:-1]:
            assert _triggered(self.move(at)) == [], f"triggered at {at} already"
        return _triggered(self.move(prices[-1]))

    def reference(self, source: TriggerSource, at: str) -> Batch:
        return self.execute(SetReferencePrice(SYMBOL, source, price(at)))

    def told(self, batch: Batch, *, money: bool = False) -> list[str]:
        """The batch in sentences; what accounts have afterwards only where a test is about money."""
        told = [TELL[type(event)](event) for event in batch.events if type(event) in TELL]
        for event in batch.events:
            if money and isinstance(event, events.BalancesChanged):
                name = self.venue.accounts[event.account_id].name
                told += [
                    f"{name} has {_amount(free)} + {_amount(held)} {asset}" for asset, free, held in event.balances
                ]
        return told


def _triggered(batch: Batch) -> list[int]:
    return [event.order.order_id for event in batch.events if isinstance(event, events.OrderTriggered)]


def trigger(
    at: str = "0",
    kind: TriggerKind = STOP,
    source: TriggerSource = TriggerSource.LAST,
    trail: str = "0",
    trail_by: str = "0",
) -> Trigger:
    """``trail`` is a fraction of the best price, ``trail_by`` a price difference."""
    return Trigger(kind, price(at), source, rate(trail), price(trail_by))


def leg(side: Side, size: str, at: str | None = None, name: str = "", **changes: Any) -> PlaceOrder:
    """One order of a list; ``name`` must differ within a list."""
    changes = {"client_order_id": name or f"leg-{side.value}-{at}-{changes.get('trigger')}"} | changes
    if at is None:
        return market_order(side, size, **changes)
    return limit_order(side, size, at, **changes)


def sell_pair(size: str = "2", above: str = "110", stop: str = "90", at: str | None = None) -> tuple[PlaceOrder, ...]:
    """The two orders of an OCO: a limit order above, a stop below."""
    return leg(SELL, size, above, "above"), leg(SELL, size, at, "below", trigger=trigger(stop))


def place_list(
    trader: Trader, contingency: Contingency, *legs: PlaceOrder, name: str = "list", pays_other: bool = False
) -> Batch:
    own = tuple(replace(one, account_id=trader.account_id) for one in legs)
    return trader.exchange.execute(PlaceOrderList(trader.account_id, SYMBOL, name, contingency, own, pays_other))


def cancel_list(trader: Trader, list_id: int | None = None, name: str | None = None) -> Batch:
    return trader.exchange.execute(CancelOrderList(trader.account_id, SYMBOL, list_id, name))


def amend(trader: Trader, order_id: int, size: str = "0", at: str = "0", **changes: Any) -> Batch:
    command = AmendOrder(trader.account_id, SYMBOL, order_id, None, quantity(size), price(at), **changes)
    return trader.exchange.execute(command)


def _price(value: int) -> str:
    return format_trimmed(value, PRICE_DECIMALS)


def _quantity(value: int) -> str:
    return format_trimmed(value, QUANTITY_DECIMALS)


def _amount(value: int) -> str:
    return format_trimmed(value, ASSET_DECIMALS)


def _levels(levels: tuple[tuple[int, int], ...]) -> str:
    return " ".join(f"{_price(level)}={_quantity(total)}" for level, total in levels) or "-"


def _tell_amended(event: events.OrderAmended) -> str:
    terms = event.order
    renamed = "" if terms.client_order_id == event.previous.client_order_id else f" as {terms.client_order_id}"
    at = f" @ {_price(terms.price)}" if terms.price != event.previous.price else ""
    return (
        f"amended {terms.order_id}: {_quantity(terms.quantity)}{at}{renamed}, {_quantity(event.leaves_quantity)} left"
    )


TELL: Final[dict[type[Event], Callable[[Any], str]]] = {
    events.OrderAccepted: lambda e: f"accepted {e.order.order_id}{' pending' if e.status.value == 'pending' else ''}",
    events.OrderRejected: lambda e: f"rejected: {e.reason.value}",
    events.OrderTriggered: lambda e: (
        f"triggered {e.order.order_id}" + (f" @ {_price(e.order.price)}" if e.order.price else "")
    ),
    events.OrderReleased: lambda e: f"released {e.order.order_id}: {_quantity(e.order.quantity)}",
    events.OrderAmended: _tell_amended,
    events.AmendRejected: lambda e: f"amend rejected: {e.reason.value}",
    events.OrderListPlaced: lambda e: (
        f"list {e.order_list.list_id} placed: " + " ".join(str(order_id) for order_id, _ in e.order_list.orders)
    ),
    events.OrderListUpdated: lambda e: (
        f"list {e.order_list.list_id} names: " + " ".join(name for _, name in e.order_list.orders)
    ),
    events.OrderListEnded: lambda e: f"list {e.order_list.list_id} ended",
    events.OrderListRejected: lambda e: (
        f"list rejected: {e.reason.value}" + ("" if e.leg is None else f" (leg {e.leg})")
    ),
    events.Trade: lambda e: (
        f"trade: {e.taker.order.order_id} takes {_quantity(e.quantity)} @ {_price(e.price)}"
        f" from {e.maker.order.order_id}"
    ),
    events.TradePrevented: lambda e: (
        f"prevented: {e.taker.order_id} loses {_quantity(e.taker_prevented_quantity)},"
        f" {e.maker.order_id} loses {_quantity(e.maker_prevented_quantity)}"
    ),
    events.OrderExpired: lambda e: f"expired {e.order.order_id}: {e.reason.value}, {_quantity(e.leaves_quantity)} left",
    events.OrderCanceled: lambda e: f"canceled {e.order.order_id}: {e.reason.value}, {_quantity(e.cum_quantity)} done",
    events.CancelRejected: lambda e: f"cancel rejected: {e.reason.value}",
    events.ReferencePriceSet: lambda e: f"{e.source.value} price {_price(e.price)}",
    events.TradingStatusChanged: lambda e: f"status {e.status.value}",
    events.CommandRejected: lambda e: f"refused: {e.reason.value}",
    events.BookUpdated: lambda e: f"book: bids {_levels(e.bids)}, asks {_levels(e.asks)}",
}
