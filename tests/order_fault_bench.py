"""What tests of faults about orders and markets share: a listener, the reports it hears, a house, a sound ledger."""

from typing import Any

from dialects.binance.rest_bench import START_MS, Client, amount, units
from fault_bench import FaultBench, HttpAnswer, StreamWire
from simexchange.domain.commands import CreateAccount, Deposit, PlaceOrder
from simexchange.domain.enums import LIMIT, Side

HOUSE = 90


class OrderFaultBench(FaultBench):
    """``FaultBench`` with a house account that can rest orders, and a socket that hears of alice."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.door.submit(CreateAccount(HOUSE, "house", house=True))
        for asset in ("BTC", "USDT"):
            self.door.submit(Deposit(HOUSE, asset, amount("10000000")))
        self.hears_alice = self.listen(self.alice)

    def listen(self, client: Client) -> StreamWire:
        """A socket that is told of an account, by listenKey."""
        return self.stream(f"/ws/{self.dialect.listen_keys.start(client.account_id)}")

    def rest(self, side: Side, size: str, at: str, name: str = "") -> None:
        """Have the house rest an order."""
        name = name or f"house-{side.value}-{at}"
        self.door.submit(PlaceOrder(HOUSE, "BTC/USDT", side, LIMIT, name, units(size), units(at)))

    def told(self) -> list[Any]:
        """What alice was told since the last call."""
        return self.hears_alice.messages()

    def told_briefly(self) -> list[str]:
        """The same in short: status and what is filled of an order, changes of balances."""
        brief = []
        for event in self.told():
            if event["e"] == "executionReport":
                brief.append(f"{event['x']} {event['X']} {event['z']}")
            else:
                brief.append(event["e"])
        return brief

    def place(self, client: Client | None = None, /, **changes: Any) -> HttpAnswer:
        """Alice (or another) sends an order named a1, unless the changes say otherwise, and is answered at once."""
        return self.ask(self.order(client or self.alice, **({"newClientOrderId": "a1"} | changes)))

    def get(self, path: str, client: Client | None = None, /, **params: Any) -> Any:
        """A signed GET."""
        return self.ask(self.request(client or self.alice, "GET", path, **params))

    def cancel(self, **params: Any) -> HttpAnswer:
        """Alice cancels a1, unless the parameters say otherwise."""
        params = {"symbol": "BTCUSDT", "origClientOrderId": "a1", "newClientOrderId": "c1"} | params
        return self.ask(self.request(self.alice, "DELETE", "/api/v3/order", **params))

    def found(self, name: str = "a1") -> Any:
        """Alice's order as the engine knows it: (status, filled quantity)."""
        order = self.door.venue.views.order(self.alice.account_id, "BTC/USDT", None, name)
        return None if order is None else (order.status.value, order.cum_quantity)

    def assert_sound(self) -> None:
        """Money adds up to nothing, and what is held is what open orders need."""
        views = self.door.venue.views
        assert set(views.trial_balance().values()) == {0}
        for account_id, account in self.door.venue.accounts.items():
            held = {name: balance.held for name, balance in account.balances.items() if balance.held}
            assert held == {name: needed for name, needed in views.held_for_orders(account_id).items() if needed}


def report(**changes: Any) -> dict[str, Any]:
    """The NEW executionReport of a1, with changes."""
    return {
        "e": "executionReport",
        "E": START_MS,
        "s": "BTCUSDT",
        "c": "a1",
        "S": "BUY",
        "o": "LIMIT",
        "f": "GTC",
        "q": "0.10000000",
        "p": "60000.00000000",
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
        "T": START_MS,
        "t": -1,
        "I": 1,
        "w": True,
        "m": False,
        "M": False,
        "O": START_MS,
        "Z": "0.00000000",
        "Y": "0.00000000",
        "Q": "0.00000000",
        "W": START_MS,
        "V": "EXPIRE_MAKER",
    } | changes


def position(*balances: tuple[str, str, str], at: int = START_MS) -> dict[str, Any]:
    listed = [{"a": asset, "f": free, "l": held} for asset, free, held in balances]
    return {"e": "outboundAccountPosition", "E": at, "u": at, "B": listed}
