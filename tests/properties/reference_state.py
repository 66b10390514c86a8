"""What the reference exchange knows: plain lists, and sums made anew for every question."""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from simexchange.domain.commands import PlaceOrder
from simexchange.domain.enums import OrderType, SelfTradePrevention, Side, TimeInForce, TradingStatus, TriggerSource
from simexchange.domain.instrument import Instrument, Rules
from simexchange.domain.trigger import Peg, Trigger

Fact: TypeAlias = tuple[Any, ...]
MINUTE = 60_000_000_000
ONE = 10**8
FEES = 1


@dataclass(eq=False)
class Order:
    order_id: int
    account: int
    client_order_id: str
    side: Side
    price: int
    quantity: int
    leaves: int
    mode: SelfTradePrevention
    is_market: bool = False
    post_only: bool = False
    time_in_force: TimeInForce = TimeInForce.GTC
    expires: int | None = None
    trigger: Trigger | None = None
    peg: Peg | None = None
    display: int = 0
    hidden: bool = False
    members: "OrderList | None" = None
    state: str = "accepted"
    """accepted, pending, asleep, set off, working, resting or gone"""
    end: str = ""
    """Why it is gone."""
    seat: int = 0
    """Its place in time among the resting orders."""
    tip: int = 0
    """What an iceberg shows."""
    extreme: int = 0
    """Best price seen while trailing; 0 before it follows."""
    reserve: int = 0
    cum: int = 0
    cum_quote: int = 0
    cum_fee: int = 0
    prevented: int = 0
    amends: int = 0

    @property
    def shown(self) -> int:
        return 0 if self.hidden else self.tip if self.display else self.leaves


def new_order(c: PlaceOrder, order_id: int, quantity: int, mode: SelfTradePrevention) -> Order:
    order = Order(order_id, c.account_id, c.client_order_id, c.side, c.price, quantity, quantity, mode)
    order.is_market, order.post_only = c.order_type is OrderType.MARKET, c.post_only
    order.time_in_force, order.expires = c.time_in_force, c.expires_ns
    order.trigger, order.peg, order.display, order.hidden = c.trigger, c.peg, c.display_quantity, c.hidden
    return order


@dataclass(eq=False)
class OrderList:
    list_id: int
    client_list_id: str
    account: int
    symbol: str
    is_oco: bool
    legs: list[Order]
    pays_other: bool
    is_released: bool = False
    ended: bool = False
    receipt: int = 0
    receipt_seen: tuple[int, int] = (0, 0)

    @property
    def working(self) -> Order | None:
        return None if self.is_oco or self.is_released else self.legs[0]

    @property
    def pair(self) -> list[Order]:
        return self.legs if self.is_oco else self.legs[1:]


@dataclass
class Market:
    instrument: Instrument
    rules: Rules
    fees: tuple[int, int]
    last_price: int
    next_trade: int
    status: TradingStatus = TradingStatus.CONTINUOUS
    mark: int = 0
    index: int = 0
    next_order: int = 1
    next_prevented: int = 0
    next_seat: int = 1
    open: list[Order] = field(default_factory=list)
    """In the order in which they were accepted."""
    trades: list[tuple[int, int, int]] = field(default_factory=list)
    """(minute, price, quantity)"""
    deals: list[tuple[int, tuple[int, int, int], tuple[int, int, int]]] = field(default_factory=list)
    """(trade id, (buyer, base, fee), (seller, quote, fee))"""
    news: list[int] = field(default_factory=list)
    """Prices of trades that the triggers have not seen yet."""
    stirred: list[Order] = field(default_factory=list)
    """Orders of lists to which something happened."""

    @property
    def symbol(self) -> str:
        return self.instrument.symbol

    def quote(self, price: int, quantity: int) -> int:
        i = self.instrument
        return int(price * quantity * 10**i.quote.decimals // 10 ** (i.price_decimals + i.quantity_decimals))

    def base(self, quantity: int) -> int:
        i = self.instrument
        return int(quantity * 10**i.base.decimals // 10**i.quantity_decimals)

    def pays(self, side: Side) -> str:
        return self.instrument.quote.name if side is Side.BUY else self.instrument.base.name

    def resting(self, side: Side) -> list[Order]:
        return [order for order in self.open if order.state == "resting" and order.side is side]

    def front(self, side: Side) -> Order | None:
        """The order an incoming one of ``side`` meets first: price, then visible before hidden, then time."""
        sign = 1 if side is Side.BUY else -1
        return min(
            self.resting(side.opposite), key=lambda order: (sign * order.price, order.hidden, order.seat), default=None
        )

    def sit(self, order: Order) -> None:
        """To the back of its price; an iceberg shows its next part."""
        order.state = "resting"
        order.seat = self.next_seat
        self.next_seat += 1
        order.tip = min(order.display, order.leaves)

    def reduce(self, order: Order, quantity: int) -> None:
        order.leaves -= quantity
        order.tip -= min(order.tip, quantity)
        if order.display and not order.hidden and order.leaves and not order.tip:
            self.sit(order)

    def within(self, side: Side, limit: int, order: Order) -> bool:
        if limit == 0:
            return True
        return order.price <= limit if side is Side.BUY else order.price >= limit

    def crosses(self, side: Side, price: int) -> bool:
        front = self.front(side)
        return front is not None and self.within(side, price, front)

    def average(self, now: int, minutes: int) -> int:
        """Volume-weighted, over the current minute and those before it, ``minutes`` in all; else the last price."""
        recent = [(p, q) for minute, p, q in self.trades if minute > now // MINUTE - minutes]
        total = sum(q for _, q in recent)
        return sum(p * q for p, q in recent) // total if total else self.last_price

    def reference(self, source: TriggerSource) -> int:
        known = {TriggerSource.LAST: 0, TriggerSource.MARK: self.mark, TriggerSource.INDEX: self.index}[source]
        return known or self.last_price

    def depth(self, side: Side) -> dict[int, int]:
        levels: dict[int, int] = {}
        for order in self.open:
            if order.state == "resting" and order.side is side and order.shown:
                levels[order.price] = levels.get(order.price, 0) + order.shown
        return levels

    def need(self, order: Order) -> int:
        """What an order may cost, in what it pays with."""
        if order.side is Side.SELL:
            return self.base(order.leaves)
        return self.quote(order.price or order.reserve, order.leaves)


@dataclass
class Account:
    fees: tuple[int | None, int | None]
    house: bool
    may_trade: bool = True
    may_withdraw: bool = True
    may_deposit: bool = True
    fees_by_symbol: dict[str, tuple[int, int]] = field(default_factory=dict)
    used: list[str] = field(default_factory=list)
    """Instruments in the order of the first order on each."""
    owned: dict[str, int] = field(default_factory=dict)
    """Everything, free or held; what is held follows from the open orders."""


class State:
    """Accounts, markets and order lists; and what can be worked out from them."""

    def __init__(self) -> None:
        self.markets: dict[str, Market] = {}
        self.accounts: dict[int, Account] = {0: Account((None, None), True), FEES: Account((None, None), True)}
        self.assets: set[str] = set()
        self.lists: list[OrderList] = []
        self.next_list = 1
        self.now = 0

    def held(self, account_id: int, asset: str, apart_from: Order | None = None) -> int:
        """Each order holds what it may cost; those of one list together what the dearest of them may cost."""
        total = 0
        for market in self.markets.values():
            if asset not in (market.instrument.base.name, market.instrument.quote.name):
                continue
            by_list: dict[int, int] = {}
            for order in market.open:
                if order.account != account_id or order.state == "pending" or order is apart_from:
                    continue
                if market.pays(order.side) != asset:
                    continue
                need = market.need(order)
                if order.members is None:
                    total += need
                else:
                    list_id = order.members.list_id
                    by_list[list_id] = max(by_list.get(list_id, 0), need)
            total += sum(by_list.values())
        for found in self.lists:
            if found.account == account_id and self.markets[found.symbol].instrument.base.name == asset:
                total += found.receipt
        return total

    def free(self, account_id: int, asset: str, apart_from: Order | None = None) -> int:
        return self.accounts[account_id].owned.get(asset, 0) - self.held(account_id, asset, apart_from)

    def open_of(self, account_id: int, symbol: str) -> list[Order]:
        return [order for order in self.markets[symbol].open if order.account == account_id]

    def move(self, asset: str, source: int, target: int, amount: int) -> None:
        for account_id, delta in ((source, -amount), (target, amount)):
            owned = self.accounts[account_id].owned
            owned[asset] = owned.get(asset, 0) + delta

    def rates(self, account_id: int, symbol: str) -> tuple[int, int]:
        account, market = self.accounts[account_id], self.markets[symbol]
        if symbol in account.fees_by_symbol:
            return account.fees_by_symbol[symbol]
        maker, taker = account.fees
        return market.fees[0] if maker is None else maker, market.fees[1] if taker is None else taker
