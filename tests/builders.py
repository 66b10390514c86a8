"""One constructor per part, with a default for everything: a test names only what it is about.

Numbers are written as decimal text. The default instrument BTC/USDT has 2 price decimals, 4 quantity decimals and
assets of 8, so every factor between units differs from 1.
"""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import structs
from msgspec.structs import replace

from simexchange.domain.commands import (
    CancelAllOrders,
    CancelOrder,
    Command,
    CreateAccount,
    Deposit,
    ListInstrument,
    PlaceOrder,
)
from simexchange.domain.enums import (
    ExpireReason,
    Liquidity,
    OrderStatus,
    OrderType,
    SelfTradePrevention,
    Side,
    TimeInForce,
)
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import (
    BalancesChanged,
    Batch,
    BookUpdated,
    Execution,
    OrderExpired,
    OrderRejected,
    Trade,
)
from simexchange.domain.ids import FIRST_ACCOUNT, AccountId, AssetName, OrderId, Symbol
from simexchange.domain.instrument import Asset, Instrument, Rules
from simexchange.domain.order import Order, OrderTerms
from simexchange.domain.units import parse_units
from simexchange.venue.venue import Venue

PRICE_DECIMALS: Final = 2
QUANTITY_DECIMALS: Final = 4
ASSET_DECIMALS: Final = 8
START_NS: Final = 1_700_000_000_000_000_000
STEP_NS: Final = 1_000_000
SYMBOL: Final = "BTC/USDT"
CROSS: Final = "ETH/BTC"


def price(text: str) -> int:
    return parse_units(text, PRICE_DECIMALS)


def quantity(text: str) -> int:
    return parse_units(text, QUANTITY_DECIMALS)


def amount(text: str) -> int:
    return parse_units(text, ASSET_DECIMALS)


def rate(text: str) -> int:
    """A fraction such as ``"0.001"`` as a rate."""
    return parse_units(text, 8)


def asset(name: AssetName = "BTC", decimals: int = ASSET_DECIMALS, precision: int = ASSET_DECIMALS) -> Asset:
    return Asset(name, decimals, precision)


def instrument(symbol: Symbol = SYMBOL, **changes: Any) -> Instrument:
    base, quote = symbol.split("/")
    values: dict[str, Any] = {
        "base": asset(base),
        "quote": asset(quote),
        "price_decimals": PRICE_DECIMALS,
        "quantity_decimals": QUANTITY_DECIMALS,
    }
    return Instrument(symbol, **(values | changes))


def rules(**changes: Any) -> Rules:
    """No bounds but a tick of 0.01 and a lot of 0.0001."""
    return Rules(**({"tick_size": price("0.01"), "lot_size": quantity("0.0001")} | changes))


def listing(
    symbol: Symbol = SYMBOL,
    instrument_rules: Rules | None = None,
    maker_fee: str = "0",
    taker_fee: str = "0",
    **changes: Any,
) -> ListInstrument:
    return ListInstrument(instrument(symbol), instrument_rules or rules(), rate(maker_fee), rate(taker_fee), **changes)


def limit_order(
    side: Side = Side.BUY, size: str = "1", at: str = "100", account_id: AccountId = FIRST_ACCOUNT, **changes: Any
) -> PlaceOrder:
    values: dict[str, Any] = {"symbol": SYMBOL, "client_order_id": "order", "quantity": quantity(size)}
    return PlaceOrder(
        account_id=account_id, side=side, order_type=OrderType.LIMIT, price=price(at), **(values | changes)
    )


def market_order(
    side: Side = Side.BUY, size: str = "1", account_id: AccountId = FIRST_ACCOUNT, **changes: Any
) -> PlaceOrder:
    values: dict[str, Any] = {"symbol": SYMBOL, "client_order_id": "order", "quantity": quantity(size)}
    return PlaceOrder(account_id=account_id, side=side, order_type=OrderType.MARKET, **(values | changes))


def order_terms(command: PlaceOrder | None = None, order_id: OrderId = 1, **changes: Any) -> OrderTerms:
    """What the venue makes of an order command: the same, with an id, a time and a self-trade prevention mode."""
    asked = command or limit_order()
    values: dict[str, Any] = {
        "order_id": order_id,
        "client_order_id": asked.client_order_id,
        "account_id": asked.account_id,
        "symbol": asked.symbol,
        "side": asked.side,
        "order_type": asked.order_type,
        "time_in_force": asked.time_in_force,
        "price": asked.price,
        "quantity": asked.quantity,
        "quote_quantity": asked.quote_quantity,
        "post_only": asked.post_only,
        "self_trade_prevention": asked.self_trade_prevention or SelfTradePrevention.EXPIRE_MAKER,
        "created_ns": START_NS,
        "strategy_id": asked.strategy_id,
        "strategy_type": asked.strategy_type,
    }
    terms = OrderTerms(**(values | changes))
    return structs.replace(terms, working_ns=terms.created_ns) if terms.working_ns == -1 else terms


def resting(order_id: OrderId = 1, side: Side = Side.SELL, size: str = "1", at: str = "100", **changes: Any) -> Order:
    """An order as the book holds it."""
    terms = order_terms(limit_order(side, size, at, **changes), order_id)
    return Order(terms, terms.quantity, held=0, updated_ns=START_NS)


class Exchange:
    """A venue with BTC/USDT listed, and a clock that moves one millisecond per command."""

    def __init__(self, *listings: ListInstrument, start_ns: int = START_NS) -> None:
        self.venue = Venue("test")
        self.now_ns = start_ns
        for command in listings or (listing(),):
            self.execute(command)
        self._next_account_id = FIRST_ACCOUNT

    def execute(self, command: Command) -> Batch:
        batch = self.venue.execute(command, self.now_ns)
        self.now_ns += STEP_NS
        return batch

    def trader(self, name: str = "alice", funds: Mapping[AssetName, str] | None = None, **account: Any) -> "Trader":
        """A new account with money: 100 BTC and 100,000 USDT unless told otherwise."""
        account_id = self._next_account_id
        self._next_account_id += 1
        self.execute(CreateAccount(account_id, name, **account))
        for asset_name, text in ({"BTC": "100", "USDT": "100000"} if funds is None else funds).items():
            self.execute(Deposit(account_id, asset_name, amount(text)))
        return Trader(self, account_id, name)


class Trader:
    """One account and the orders it sends; client order ids are ``alice-1``, ``alice-2``, ..."""

    def __init__(self, exchange: Exchange, account_id: AccountId, name: str) -> None:
        self.exchange = exchange
        self.account_id = account_id
        self.name = name
        self._orders = 0

    def buy(self, size: str = "1", at: str | None = None, **changes: Any) -> Batch:
        return self.order(Side.BUY, size, at, **changes)

    def sell(self, size: str = "1", at: str | None = None, **changes: Any) -> Batch:
        return self.order(Side.SELL, size, at, **changes)

    def order(self, side: Side, size: str = "1", at: str | None = None, **changes: Any) -> Batch:
        """A limit order at ``at``, or a market order without; ``worth`` makes it one by quote amount."""
        worth = changes.pop("worth", None)
        if worth is not None:
            changes |= {"quantity": 0, "quote_quantity": amount(worth)}
        self._orders += 1
        changes = {"client_order_id": f"{self.name}-{self._orders}"} | changes
        command = (
            market_order(side, size, self.account_id, **changes)
            if at is None
            else limit_order(side, size, at, self.account_id, **changes)
        )
        return self.exchange.execute(command)

    def cancel(
        self,
        order_id: OrderId | None = None,
        client_order_id: str | None = None,
        symbol: Symbol = SYMBOL,
        request_id: str = "",
    ) -> Batch:
        return self.exchange.execute(CancelOrder(self.account_id, symbol, order_id, client_order_id, request_id))

    def cancel_all(self, symbol: Symbol | None = None, request_id: str = "") -> Batch:
        return self.exchange.execute(CancelAllOrders(self.account_id, symbol, request_id))

    def found(self, order_id: OrderId, symbol: Symbol = SYMBOL) -> Order:
        order = self.exchange.venue.views.order(self.account_id, symbol, order_id)
        assert order is not None, f"{self.name} has no order {order_id}"
        return order

    def balance(self, asset_name: AssetName) -> tuple[int, int]:
        """(free, held)"""
        balance = self.exchange.venue.accounts[self.account_id].balance(asset_name)
        return balance.free, balance.held


def terms_of(batch: Batch, order_id: OrderId, **changes: Any) -> OrderTerms:
    """The terms an order command of a batch should get."""
    assert isinstance(batch.command, PlaceOrder)
    return order_terms(batch.command, order_id, **({"created_ns": batch.ts_ns} | changes))


def execution(
    order: OrderTerms,
    execution_id: int,
    last: tuple[str, str],
    *,
    leaves: str = "0",
    cum: tuple[str, str] | None = None,
    fee: str = "0",
    prevented: str = "0",
) -> Execution:
    """One side of a trade. ``last`` is (quantity, price), ``cum`` (quantity, quote amount) if it was not the first.

    ``trade`` turns the second of its two into the maker's.
    """
    last_quantity, last_price = last
    instrument_of = instrument(order.symbol)
    last_quote = instrument_of.notional(price(last_price), quantity(last_quantity))
    return Execution(
        order,
        Liquidity.TAKER,
        OrderStatus.FILLED if quantity(leaves) == 0 else OrderStatus.PARTIALLY_FILLED,
        execution_id,
        quantity(last_quantity),
        price(last_price),
        last_quote,
        quantity(leaves),
        quantity(cum[0]) if cum else quantity(last_quantity),
        amount(cum[1]) if cum else last_quote,
        quantity(prevented),
        amount(fee),
        instrument_of.base.name if order.side is Side.BUY else instrument_of.quote.name,
    )


def trade(trade_id: int, taker: Execution, maker: Execution) -> Trade:
    return Trade(
        taker.order.symbol,
        trade_id,
        maker.last_price,
        maker.last_quantity,
        maker.last_quote,
        taker.order.side,
        taker,
        replace(maker, liquidity=Liquidity.MAKER),
    )


def expired(
    order: OrderTerms,
    execution_id: int,
    reason: ExpireReason,
    leaves: str = "0",
    cum: tuple[str, str] = ("0", "0"),
    prevented: str = "0",
    prevented_id: int | None = None,
) -> OrderExpired:
    return OrderExpired(
        order,
        execution_id,
        quantity(leaves),
        quantity(cum[0]),
        amount(cum[1]),
        quantity(prevented),
        reason,
        prevented_id,
    )


def book_updated(
    update_id: int,
    bids: Mapping[str, str] | None = None,
    asks: Mapping[str, str] | None = None,
    best_bid: tuple[str, str] = ("0", "0"),
    best_ask: tuple[str, str] = ("0", "0"),
    symbol: Symbol = SYMBOL,
) -> BookUpdated:
    """Changed levels as {price: new total}, best prices as (price, quantity)."""
    return BookUpdated(
        symbol,
        update_id,
        tuple((price(level), quantity(total)) for level, total in (bids or {}).items()),
        tuple((price(level), quantity(total)) for level, total in (asks or {}).items()),
        price(best_bid[0]),
        quantity(best_bid[1]),
        price(best_ask[0]),
        quantity(best_ask[1]),
    )


def balances_changed(trader: Trader, **balances: tuple[str, str]) -> BalancesChanged:
    """Assets as ``USDT=(free, held)``, in touch order."""
    return BalancesChanged(
        trader.account_id,
        tuple((name, amount(free), amount(held)) for name, (free, held) in balances.items()),
    )


def reasons(batch: Batch) -> tuple[RejectReason, ...]:
    """Why the events of a batch say no; empty where they do not."""
    return tuple(event.reason for event in batch.events if isinstance(event, OrderRejected))


IOC: Final = TimeInForce.IOC
FOK: Final = TimeInForce.FOK
