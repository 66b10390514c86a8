"""A bot that lives through the venue's bad days. Read it as an example; ``naive_bot`` is what it is not.

Three habits carry it. Everything goes out through one gate, so that a wait is kept by all. What became of a request is
one of three: done, rejected, or unknown; and unknown is looked up before anything else is done. What streams tell is
believed as long as it is fresh, and is checked against REST now and then.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from bots.contract import Beliefs
from bots.gate import Gate, Halted, Rejected, Unknown
from bots.local_book import LocalBook
from bots.orders import Order, State
from bots.venue_client import Socket, VenueClient
from simexchange.services.clock import MILLISECOND, MINUTE, SECOND

ZERO: Final = Decimal(0)
SYMBOL: Final = "BTCUSDT"
ORDER: Final = "/api/v3/order"
TICK_NS: Final = 100 * MILLISECOND
MAX_AGE_NS: Final = 3 * SECOND
"""How old a price may be that it would act on."""
RECEIVE_WINDOW_MS: Final = MAX_AGE_NS // MILLISECOND
"""No order is to reach the book later than that."""
COMPARE_NS: Final = 2 * SECOND
"""How often it holds its book against the venue's."""
DOUBT_NS: Final = 5 * SECOND
"""How long it trusts no book after one that was wrong."""
RECONCILE_NS: Final = 5 * SECOND
"""How often it asks for its orders and fills."""
ATTEMPTS: Final = 8
NOT_NOW: Final = ("insufficient balance", "Market is closed")
NOT_NOW_NS: Final = 3 * SECOND
FARTHEST: Final = Decimal("0.03")
"""How far from the market it would rest an order."""
PATIENCE_NS: Final = 2 * MINUTE
"""How long it waits for a market in which an order makes sense."""
LOOKUP_NS: Final = SECOND
NOT_FOUND_BEFORE_BELIEVED: Final = 5
MOST_LOOKUPS: Final = 60

OFF_THE_GRID: Final = (-1013, -1111)


class ReconcilingBot:
    def __init__(self, client: VenueClient) -> None:
        self.client = client
        self.gate = Gate(client)
        self.reports: list[str] = []
        self.is_halted = False
        self._orders: dict[str, list[Order]] = {}
        """Intent -> its orders, the latest last."""
        self._fills: dict[int, tuple[int, Decimal]] = {}
        """Trade id -> order and quantity: the only thing that makes a position."""
        self._last_trade_by_rest = -1
        self._reconciled_ns = self._snapshot_ns = self._fresh_ns = -MINUTE
        self._compared_ns = self._doubted_ns = -MINUTE
        self._tick_size = self._lot_size = Decimal(0)
        self._book = LocalBook()
        self._sockets: dict[str, Socket] = {}

    # What an operator asks for.

    def start(self) -> None:
        self.client.while_waiting = self.hear
        self._dare(self.gate.set_clock)
        self._dare(self._load_rules)
        self.run(SECOND)

    def enter(self, intent: str, price: Decimal, quantity: Decimal) -> None:
        orders = self._orders.setdefault(intent, [])
        orders.append(Order(f"{intent}-{len(orders)}", price, quantity))
        self._dare(lambda: self._place(orders[-1]))

    def move(self, intent: str, price: Decimal) -> None:
        order = self._orders[intent][-1]
        self._dare(lambda: self._cancel(order))
        left = order.quantity - order.filled
        if order.state is State.OVER and left > 0:
            self.enter(intent, price, left)

    def leave(self) -> None:
        for order in self._all_orders():
            self._dare(lambda order=order: self._cancel(order))  # type: ignore[misc]

    def run(self, nanoseconds: int) -> None:
        until_ns = self.client.now_ns + nanoseconds
        while self.client.now_ns < until_ns:
            self.client.sleep(TICK_NS)
            self._dare(self._tick)

    def beliefs(self) -> Beliefs:
        now_ns, orders = self.client.now_ns, self._all_orders()
        is_sure = now_ns - self._reconciled_ns <= RECONCILE_NS + SECOND and not self.is_halted
        is_clear = is_sure and all(order.state is not State.UNKNOWN for order in orders)
        return Beliefs(
            self._filled() if is_sure else None,
            frozenset(order.price for order in orders if order.state is State.WORKING) if is_clear else None,
            self._book.top() if self._is_to_be_trusted else None,
            (self._book.bids, self._book.asks),
        )

    # Orders.

    def _place(self, order: Order) -> None:
        """Bring one order about, under one name, however often it takes. One that is there unseen stays unknown."""
        has_landed = False
        for _ in range(ATTEMPTS):
            try:
                if self.gate.has_lost_touch:
                    self._reconcile()
                if not self._makes_sense(order):
                    break
                self._learn(order, self.gate.ask("POST", ORDER, **self._terms(order)))
                return
            except Unknown:
                pass
            except Rejected as no:
                if no.code in OFF_THE_GRID and self._load_rules():
                    continue
                if any(text in no.text for text in NOT_NOW):
                    self.client.sleep(NOT_NOW_NS)
                    continue
                has_landed |= "Duplicate" in no.text
                if not has_landed:
                    self.reports.append(f"{order.name}: {no}")
                    break
            if self._look_up(order):
                return
        if not has_landed:
            order.state = State.OVER
        self.reports.append(f"{order.name} is given up")

    def _makes_sense(self, order: Order) -> bool:
        """Wait for a market whose price is known and not far from the order's; False if there is none for long."""
        until_ns = self.client.now_ns + PATIENCE_NS
        while self.client.now_ns < until_ns:
            self._compare_book()
            top = self.beliefs().top
            if top is not None and abs((top[0] + top[1]) / 2 - order.price) <= order.price * FARTHEST:
                return True
            self.client.sleep(TICK_NS)
            self._tick()
        return False

    def _cancel(self, order: Order) -> None:
        """End an order, or find out how it ended."""
        for _ in range(ATTEMPTS):
            if order.state is State.OVER:
                return
            try:
                self._learn(order, self.gate.ask("DELETE", ORDER, symbol=SYMBOL, origClientOrderId=order.name))
            except (Unknown, Rejected):
                self._look_up(order)
        self.reports.append(f"{order.name} cannot be canceled")

    def _look_up(self, order: Order) -> bool:
        """Ask until somebody knows; False if the venue has not heard of the order for long enough to believe it."""
        before, not_found = order.state, 0
        for _ in range(MOST_LOOKUPS):
            self.client.sleep(LOOKUP_NS)
            if order.state > before:
                return True
            try:
                self._learn(order, self.gate.ask("GET", ORDER, symbol=SYMBOL, origClientOrderId=order.name))
                return True
            except Rejected:
                not_found += 1
                if not_found >= NOT_FOUND_BEFORE_BELIEVED:
                    return False
            except Unknown:
                continue
        raise Unknown(f"what became of {order.name}")

    def _learn(self, order: Order, answer: Any) -> None:
        order.learn(answer["orderId"], answer["status"], answer["executedQty"])

    def _terms(self, order: Order) -> dict[str, Any]:
        order.price -= order.price % self._tick_size
        order.quantity -= order.quantity % self._lot_size
        what = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "recvWindow": RECEIVE_WINDOW_MS}
        return {**what, "price": order.price, "quantity": order.quantity, "newClientOrderId": order.name}

    def _load_rules(self) -> bool:
        """Fetch the grid of prices and quantities; whether it has changed."""
        before = self._tick_size, self._lot_size
        (listed,) = self.gate.ask("GET", "/api/v3/exchangeInfo", signed=False, symbol=SYMBOL)["symbols"]
        filters = {entry["filterType"]: entry for entry in listed["filters"]}
        self._tick_size = Decimal(filters["PRICE_FILTER"]["tickSize"])
        self._lot_size = Decimal(filters["LOT_SIZE"]["stepSize"])
        return before != (self._tick_size, self._lot_size)

    def _filled(self, wanted: Order | None = None) -> Decimal:
        """How much of one order was filled, or of all."""
        return sum((size for number, size in self._fills.values() if wanted is None or number == wanted.number), ZERO)

    def _all_orders(self) -> list[Order]:
        return [order for orders in self._orders.values() for order in orders]

    # Reconciliation and streams.

    def _tick(self) -> None:
        self._keep_streams()
        now_ns = self.client.now_ns
        if self._book.needs_snapshot and now_ns - self._snapshot_ns >= SECOND:
            self._snapshot_ns = now_ns
            self._book.on_snapshot(self.gate.ask("GET", "/api/v3/depth", signed=False, symbol=SYMBOL, limit=1000))
        self._compare_book()
        if now_ns - self._reconciled_ns >= RECONCILE_NS:
            self._reconcile()

    def _compare_book(self) -> None:
        """Hold the book against a second source, if that is due."""
        if self.client.now_ns - self._compared_ns < COMPARE_NS:
            return
        self._book.compare(self.gate.ask("GET", "/api/v3/depth", signed=False, symbol=SYMBOL, limit=100))
        self._compared_ns = self.client.now_ns

    @property
    def _is_to_be_trusted(self) -> bool:
        """Whether the book is fresh, and was not found wrong a moment ago."""
        now_ns = self.client.now_ns
        if self._book.was_wrong:
            self._book.was_wrong, self._doubted_ns = False, now_ns
        return now_ns - self._fresh_ns <= MAX_AGE_NS and now_ns - self._doubted_ns > DOUBT_NS

    def _reconcile(self) -> None:
        """Ask for what streams should have told. One that did not tell everything is replaced."""
        began_ns = self.client.now_ns
        trades = self.gate.ask("GET", "/api/v3/myTrades", symbol=SYMBOL, fromId=self._last_trade_by_rest + 1)
        missed = [trade for trade in trades if trade["id"] not in self._fills]
        for trade in trades:
            self._fills[trade["id"]] = trade["orderId"], Decimal(trade["qty"])
            self._last_trade_by_rest = max(self._last_trade_by_rest, trade["id"])
        if missed and "user" in self._sockets:
            self._sockets["user"].close()
        listed = self.gate.ask("GET", "/api/v3/openOrders", symbol=SYMBOL)
        open_now = {answer["clientOrderId"]: answer for answer in listed}
        for order in self._all_orders():
            order.add_up(self._filled(order))
            if order.name in open_now:
                self._learn(order, open_now[order.name])
            elif order.state is State.WORKING:
                try:
                    self._learn(order, self.gate.ask("GET", ORDER, symbol=SYMBOL, origClientOrderId=order.name))
                except Rejected:
                    continue  # neither open nor known: nobody says that it is over, so it is not
        self._reconciled_ns = began_ns
        self.gate.has_lost_touch = False

    def _keep_streams(self) -> None:
        """Open what is not open; give up what has gone silent or tells old news."""
        if self._is_open("depth") and self.client.now_ns - self._fresh_ns > MAX_AGE_NS:
            self._sockets["depth"].close()
        if not self._is_open("depth"):
            self._book.invalidate()
            self._sockets["depth"] = self.gate.through(self.client.depth_stream)
            self._fresh_ns = self.client.now_ns
        if not self._is_open("user"):
            self._sockets["user"] = self.gate.through(self.client.user_stream)
            self._reconcile()

    def _is_open(self, name: str) -> bool:
        return name in self._sockets and self._sockets[name].is_open

    def hear(self) -> None:
        """Take in what the streams have told; asks nothing, so it may happen at any time."""
        for message in self._sockets["depth"].messages() if "depth" in self._sockets else ():
            if message.get("e") == "depthUpdate":
                self._on_diff(message)
        for message in self._sockets["user"].messages() if "user" in self._sockets else ():
            self._on_event(message.get("event", message))

    def _on_diff(self, diff: Any) -> None:
        if self.client.now_ns - self._fresh_ns > MAX_AGE_NS:
            self._book.invalidate()
        if self._book.on_diff(diff):
            told_ns = (diff["E"] - self.client.offset_ms) * MILLISECOND
            self._fresh_ns = max(self._fresh_ns, min(told_ns, self.client.now_ns))

    def _on_event(self, event: Any) -> None:
        if event.get("e") in ("eventStreamTerminated", "listenKeyExpired"):
            self._sockets["user"].close()
        if event.get("e") != "executionReport":
            return
        if event["x"] == "TRADE":
            self._fills[event["t"]] = event["i"], Decimal(event["l"])
        for order in self._all_orders():
            if order.name in (event["c"], event["C"]):
                order.learn(event["i"], event["X"], event["z"])

    def _dare(self, action: Callable[[], object]) -> None:
        """Do something unless all is lost; what is left open is taken up again by the next tick."""
        if self.is_halted:
            return
        try:
            action()
        except (Unknown, Rejected) as trouble:
            self.reports.append(f"{type(trouble).__name__}: {trouble}")
        except Halted as loss:
            self.is_halted = True
            left = [order.name for order in self._all_orders() if order.state is not State.OVER]
            self.reports.append(f"halted: {loss}; open: {', '.join(left)}")
