"""Accounts: balances, fees, and the orders and executions an owner may ask about."""

from collections.abc import Iterable

from msgspec import Struct, field

from simexchange.domain.enums import OrderStatus
from simexchange.domain.events import Execution, TradePrevented
from simexchange.domain.ids import AccountId, AssetName, ClientOrderId, OrderId, Symbol, TradeId
from simexchange.domain.order import Order
from simexchange.domain.units import Amount, Rate


class Balance(Struct):
    """What an account has of one asset: free to use, and held for open orders."""

    free: Amount = 0
    held: Amount = 0


class Fill(Struct, frozen=True):
    """One execution as its owner's history keeps it."""

    ts_ns: int
    trade_id: TradeId
    counter_order_id: OrderId
    execution: Execution
    counter_account_id: AccountId
    counter_fee: Amount


class Prevented(Struct, frozen=True):
    ts_ns: int
    event: TradePrevented


class Account(Struct):
    """One owner. ``house`` accounts (makers, noise) keep no history of closed orders and fills: their orders are the
    open ones, in the same dictionaries."""

    account_id: AccountId
    name: str
    house: bool = False
    maker_fee: Rate | None = None
    taker_fee: Rate | None = None
    instrument_fees: dict[Symbol, tuple[Rate, Rate]] = field(default_factory=dict)
    can_trade: bool = True
    can_withdraw: bool = True
    can_deposit: bool = True
    updated_ns: int = 0
    balances: dict[AssetName, Balance] = field(default_factory=dict)
    open_orders: dict[Symbol, dict[OrderId, Order]] = field(default_factory=dict)
    orders: dict[Symbol, dict[OrderId, Order]] = field(default_factory=dict)
    by_client_order_id: dict[tuple[Symbol, ClientOrderId], Order] = field(default_factory=dict)
    fills: dict[Symbol, list[Fill]] = field(default_factory=dict)
    prevented: dict[Symbol, list[Prevented]] = field(default_factory=dict)

    def balance(self, asset: AssetName) -> Balance:
        balance = self.balances.get(asset)
        if balance is None:
            balance = self.balances[asset] = Balance()
        return balance

    def add_order(self, order: Order) -> None:
        terms = order.terms
        symbol, order_id = terms.symbol, terms.order_id
        open_orders = self.open_orders.get(symbol)
        if open_orders is None:
            open_orders = self.open_orders[symbol] = {}
            self.orders[symbol] = open_orders if self.house else {}
        open_orders[order_id] = order
        self.orders[symbol][order_id] = order
        self.by_client_order_id[symbol, terms.client_order_id] = order

    def close_order(self, order: Order, status: OrderStatus, ts_ns: int) -> None:
        """An order reached a final status: it leaves the open ones; of the house's nothing stays behind."""
        terms = order.terms
        order.status = status
        order.updated_ns = ts_ns
        del self.open_orders[terms.symbol][terms.order_id]
        if self.house:
            key = (terms.symbol, terms.client_order_id)
            if self.by_client_order_id.get(key) is order:
                del self.by_client_order_id[key]

    def all_open_orders(self) -> Iterable[Order]:
        for orders in self.open_orders.values():
            yield from orders.values()
