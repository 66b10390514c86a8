"""What people write first. Every line of it works, as long as nothing happens.

It takes an error for a failure and tries again under a new client order id, at once; it believes the last answer and
the status words it knows; it adds up changes of the book without looking at their ids; it never reconnects, never
waits, never asks what became of anything.
"""

from contextlib import suppress
from decimal import Decimal
from typing import Any, Final

from bots.contract import Beliefs
from bots.venue_client import NoAnswer, Socket, VenueClient
from simexchange.services.clock import MILLISECOND

ATTEMPTS: Final = 5
ORDER: Final = "/api/v3/order"


class NaiveBot:
    def __init__(self, client: VenueClient) -> None:
        self.client = client
        self.reports: list[str] = []
        self._position = Decimal(0)
        self._orders: dict[str, tuple[str, Decimal, Decimal]] = {}
        """Intent -> client order id, price, quantity."""
        self._working: set[Decimal] = set()
        self._bids: dict[str, str] = {}
        self._asks: dict[str, str] = {}
        self._user: Socket | None = None
        self._depth: Socket | None = None
        self._sent = 0

    def start(self) -> None:
        self._user = self.client.user_stream()
        self._depth = self.client.depth_stream()
        snapshot = self.client.ask("GET", "/api/v3/depth", signed=False, symbol="BTCUSDT", limit=1000).json
        self._bids, self._asks = dict(snapshot["bids"]), dict(snapshot["asks"])
        self.client.while_waiting = self.hear

    def enter(self, intent: str, price: Decimal, quantity: Decimal) -> None:
        for _ in range(ATTEMPTS):
            self._sent += 1
            name = f"{intent}-{self._sent}"
            try:
                answer = self.client.ask(
                    "POST",
                    ORDER,
                    symbol="BTCUSDT",
                    side="BUY",
                    type="LIMIT",
                    timeInForce="GTC",
                    price=price,
                    quantity=quantity,
                    newClientOrderId=name,
                )
            except NoAnswer:
                continue
            if answer.status == 200:
                self._orders[intent] = (name, price, quantity)
                self._working.add(price)
                return

    def move(self, intent: str, price: Decimal) -> None:
        if intent in self._orders:
            _, _, quantity = self._orders[intent]
            self._cancel(intent)
            self.enter(intent, price, quantity)

    def leave(self) -> None:
        for intent in tuple(self._orders):
            self._cancel(intent)

    def run(self, nanoseconds: int) -> None:
        until_ns = self.client.now_ns + nanoseconds
        while self.client.now_ns < until_ns:
            self.client.sleep(100 * MILLISECOND)

    def beliefs(self) -> Beliefs:
        bids, asks = map(Decimal, self._bids), map(Decimal, self._asks)
        top = (max(bids, default=Decimal(0)), min(asks, default=Decimal(0)))
        return Beliefs(self._position, frozenset(self._working), top, (self._bids, self._asks))

    def hear(self) -> None:
        for message in self._depth.messages() if self._depth else ():
            if message["e"] == "depthUpdate":
                self._on_diff(message)
        for message in self._user.messages() if self._user else ():
            event = message.get("event", message)
            if event["e"] == "executionReport":
                self._on_report(event)

    def _on_report(self, event: Any) -> None:
        if event["X"] == "NEW":
            self._working.add(Decimal(event["p"]))
        elif event["X"] == "FILLED":
            self._position += Decimal(event["q"])
            self._working.discard(Decimal(event["p"]))

    def _on_diff(self, diff: Any) -> None:
        for side, levels in ((self._bids, diff["b"]), (self._asks, diff["a"])):
            for price, quantity in levels:
                side[price] = quantity
                if not Decimal(quantity):
                    del side[price]

    def _cancel(self, intent: str) -> None:
        name, price, _ = self._orders.pop(intent)
        with suppress(NoAnswer):
            self.client.ask("DELETE", ORDER, symbol="BTCUSDT", origClientOrderId=name)
        self._working.discard(price)
