"""A trading desk: one house account on one instrument, which thinks in ticks and lots."""

from simexchange.domain.commands import CancelAllOrders, CancelOrder, PlaceOrder
from simexchange.domain.enums import CONTINUOUS, LIMIT, OrderType, Side, TimeInForce
from simexchange.domain.events import OrderAccepted
from simexchange.domain.ids import AccountId, OrderId, Symbol
from simexchange.domain.order import Order
from simexchange.matching.order_book import OrderBook
from simexchange.services.market_models.door import TradingDoor


class Desk:
    """Places and cancels through the door. Client order ids are ``prefix`` and a running number."""

    def __init__(self, door: TradingDoor, symbol: Symbol, account_id: AccountId, prefix: str) -> None:
        self.door = door
        self.symbol = symbol
        self.name = f"{door.name}/{symbol}"
        self._account_id = account_id
        self._prefix = prefix
        self._count = 0
        self._account = door.venue.accounts[account_id]
        self._market = door.venue.markets[symbol]
        self.rules = self._market.rules

    def refresh_rules(self) -> bool:
        """Take over the instrument's rules of now; whether they are new."""
        changed = self.rules is not self._market.rules
        self.rules = self._market.rules
        return changed

    @property
    def is_trading(self) -> bool:
        return self._market.status is CONTINUOUS

    @property
    def book(self) -> OrderBook:
        """The instrument's book; read, never changed."""
        return self._market.book

    def open_orders(self) -> dict[OrderId, Order]:
        """The desk's own resting orders; read, never changed."""
        return self._account.open_orders.get(self.symbol, {})

    def best_tick(self, side: Side) -> int:
        """The best price of a side in ticks, 0 if the side is empty."""
        return self._market.book.best(side)[0] // self.rules.tick_size

    def least_lots(self, tick: int) -> int:
        """The fewest lots an order at ``tick`` may have."""
        rules = self.rules
        worth = tick * rules.tick_size * rules.lot_size * self._market.quote_factor
        return max(-(-rules.min_notional // worth), -(-rules.min_quantity // rules.lot_size), 1)

    def place(
        self,
        side: Side,
        tick: int,
        lots: int,
        time_in_force: TimeInForce = TimeInForce.GTC,
        order_type: OrderType = LIMIT,
    ) -> OrderId:
        """One order at ``tick`` (ignored by a market order); its id, or 0 if the venue rejected it."""
        self._count += 1
        rules = self.rules
        batch = self.door.submit(
            PlaceOrder(
                self._account_id,
                self.symbol,
                side,
                order_type,
                f"{self._prefix}{self._count}",
                lots * rules.lot_size,
                tick * rules.tick_size if order_type is LIMIT else 0,
                time_in_force=time_in_force,
            )
        )
        accepted = batch.events[0]
        return accepted.order.order_id if isinstance(accepted, OrderAccepted) else 0

    def cancel(self, order_id: OrderId) -> None:
        """Cancel one order if it still rests."""
        if order_id in self.open_orders():
            self.door.submit(CancelOrder(self._account_id, self.symbol, order_id))

    def cancel_all(self) -> None:
        if self.open_orders():
            self.door.submit(CancelAllOrders(self._account_id, self.symbol))
