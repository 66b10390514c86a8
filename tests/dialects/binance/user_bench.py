"""What the user data tests share: listeners, expected events, and a market in which every kind of order is taken."""

from typing import Any, Final

from dialects.binance.stream_bench import BTC, START_MS, Bench, Socket, units
from simexchange.dialects.binance.settings import BinanceSettings
from simexchange.domain.commands import ChangeRules, PlaceOrder, PlaceOrderList
from simexchange.domain.enums import Contingency, OrderType, Side, TriggerKind
from simexchange.domain.events import Batch
from simexchange.domain.instrument import Rules
from simexchange.domain.trigger import Trigger
from simexchange.domain.units import RATE_ONE

NOW: Final = START_MS
EVERY_ORDER: Final = Rules(
    tick_size=units("0.01"),
    lot_size=units("0.00001"),
    max_iceberg_parts=100,
    trail_above=(RATE_ONE // 1000, RATE_ONE // 5),
    trail_below=(RATE_ONE // 1000, RATE_ONE // 5),
    triggers=tuple((kind, order_type) for kind in TriggerKind for order_type in OrderType),
    amend=True,
    pegs=True,
    hidden=True,
    order_lists=tuple(Contingency),
    pays_other=True,
)


def listen(bench: Bench, account_id: int) -> Socket:
    """A raw socket by listenKey."""
    return bench.connect(f"/ws/{bench.dialect.listen_keys.start(account_id)}")


def report(**changes: Any) -> dict[str, Any]:
    """A NEW executionReport of a limit buy of 2 at 100, with changes."""
    return {
        "e": "executionReport",
        "E": NOW,
        "s": "BTCUSDT",
        "c": "order-1",
        "S": "BUY",
        "o": "LIMIT",
        "f": "GTC",
        "q": "2.00000000",
        "p": "100.00000000",
        "P": "0.00000000",
        "F": "0.00000000",
        "g": -1,
        "C": "",
        "x": "NEW",
        "X": "NEW",
        "r": "NONE",
        "i": 1,
        "l": "0.00000000",
        "z": "0.00000000",
        "L": "0.00000000",
        "n": "0",
        "N": None,
        "T": NOW,
        "t": -1,
        "I": 1,
        "w": True,
        "m": False,
        "M": False,
        "O": NOW,
        "Z": "0.00000000",
        "Y": "0.00000000",
        "Q": "0.00000000",
        "W": NOW,
        "V": "EXPIRE_MAKER",
    } | changes


def position(*balances: tuple[str, str, str], at: int = NOW) -> dict[str, Any]:
    listed = [{"a": asset, "f": free, "l": held} for asset, free, held in balances]
    return {"e": "outboundAccountPosition", "E": at, "u": at, "B": listed}


class OrdersBench(Bench):
    """A third account, rules that take every order, and a last price of 100."""

    def __init__(self, settings: BinanceSettings | None = None) -> None:
        super().__init__(settings)
        self.carol = self.open_account("carol")
        self.door.submit(ChangeRules(BTC, EVERY_ORDER))
        self.trade("100")
        self._lists = 0

    def trade(self, price: str, quantity: str = "0.1") -> None:
        """Carol buys from Bob, a millisecond later; whoever rests at a better price goes first."""
        self.advance(1)
        self.place(self.carol, Side.BUY, quantity, price)
        self.place(self.bob, Side.SELL, quantity, price)

    def last_order_id(self) -> int:
        """The id of the order that came last."""
        return self.door.venue.markets[BTC].next_order_id - 1

    def leg(self, side: Side, quantity: str, price: str = "0", **changes: Any) -> PlaceOrder:
        """An order of Alice's to be part of a list."""
        self._orders += 1
        values: dict[str, Any] = {
            "order_type": OrderType.LIMIT if price != "0" else OrderType.MARKET,
            "client_order_id": f"order-{self._orders}",
            "quantity": units(quantity),
            "price": units(price),
        }
        return PlaceOrder(self.alice, BTC, side, **(values | changes))

    def place_list(self, contingency: Contingency, *legs: PlaceOrder, pays_other: bool = False) -> Batch:
        self._lists += 1
        return self.door.submit(PlaceOrderList(self.alice, BTC, f"list-{self._lists}", contingency, legs, pays_other))

    def bracket(self, quantity: str = "1") -> tuple[PlaceOrder, PlaceOrder]:
        """What closes a long position: sell at 110, or at 89 once the price falls to 90."""
        above = self.leg(Side.SELL, quantity, "110", post_only=True)
        below = self.leg(Side.SELL, quantity, "89", trigger=stop("90"))
        return above, below


def stop(price: str) -> Trigger:
    return Trigger(TriggerKind.STOP, units(price))


def take_profit(price: str) -> Trigger:
    return Trigger(TriggerKind.TAKE_PROFIT, units(price))


def story_of(events: list[dict[str, Any]]) -> list[str]:
    """One line per event: who, what happened, what it is now, on the book or not, why."""
    lines = []
    for event in events:
        if event["e"] == "executionReport":
            on_book = "book" if event["w"] else "off"
            lines.append(" ".join(filter(None, (event["c"], event["x"], event["X"], on_book, event.get("eR")))))
        elif event["e"] == "listStatus":
            lines.append(f"{event['C']} {event['l']} {event['L']}")
        else:
            lines.append("money")
    return lines
