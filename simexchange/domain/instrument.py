"""Assets, instruments and their rules. Rules are data and may change while orders rest."""

from msgspec import Struct

from simexchange.domain.enums import Contingency, OrderType, SelfTradePrevention, TriggerKind
from simexchange.domain.ids import AssetName, Symbol
from simexchange.domain.units import Amount, Price, Quantity, Rate


class Asset(Struct, frozen=True, gc=False):
    """A currency. ``decimals`` is the ledger's grain; ``precision`` the grain of fees and of what is shown."""

    name: AssetName
    decimals: int = 16
    precision: int = 8

    @property
    def quantum(self) -> Amount:
        """The smallest amount a fee is charged in."""
        return int(10 ** (self.decimals - self.precision))


class PriceBand(Struct, frozen=True, gc=False):
    """How far a price may lie from the average of the last ``minutes``; multipliers as rates (1.0 == RATE_ONE)."""

    bid_up: Rate
    bid_down: Rate
    ask_up: Rate
    ask_down: Rate
    minutes: int = 5


class Rules(Struct, frozen=True, gc=False):
    """What an order must satisfy. Prices, quantities in the instrument's units, notionals in quote amounts.

    A zero switches the bound off.
    """

    tick_size: Price
    lot_size: Quantity
    min_price: Price = 0
    max_price: Price = 0
    min_quantity: Quantity = 0
    max_quantity: Quantity = 0
    market_lot_size: Quantity = 0
    market_min_quantity: Quantity = 0
    market_max_quantity: Quantity = 0
    min_notional: Amount = 0
    max_notional: Amount = 0
    min_notional_for_market: bool = True
    max_notional_for_market: bool = False
    price_band: PriceBand | None = None
    max_open_orders: int = 0
    max_position: Quantity = 0
    max_triggered_orders: int = 0
    """Cap on open orders with a trigger, dormant or not."""
    max_iceberg_orders: int = 0
    max_iceberg_parts: int = 0
    """0: no icebergs at all."""
    max_amends: int = 0
    max_order_lists: int = 0
    trail_above: tuple[Rate, Rate] | None = None
    """Least and greatest trailing rate of stop buys and take-profit sells; None: no trailing orders at all."""
    trail_below: tuple[Rate, Rate] | None = None
    order_types: tuple[OrderType, ...] = (OrderType.LIMIT, OrderType.MARKET)
    post_only: bool = True
    quote_quantity_market: bool = True
    triggers: tuple[tuple[TriggerKind, OrderType], ...] = ()
    """Which triggered orders are taken: (kind, what it becomes)."""
    amend: bool = False
    pegs: bool = False
    hidden: bool = False
    order_lists: tuple[Contingency, ...] = ()
    pays_other: bool = False
    default_self_trade_prevention: SelfTradePrevention = SelfTradePrevention.EXPIRE_MAKER
    self_trade_prevention: tuple[SelfTradePrevention, ...] = tuple(SelfTradePrevention)


class Instrument(Struct, frozen=True, gc=False):
    """A traded pair: its units are fixed for life, its rules are not part of it (see ``venue.market``)."""

    symbol: Symbol
    base: Asset
    quote: Asset
    price_decimals: int = 8
    quantity_decimals: int = 8

    def __post_init__(self) -> None:
        if self.quote.decimals < self.price_decimals + self.quantity_decimals:
            raise ValueError(
                f"{self.symbol}: quote decimals {self.quote.decimals} < price decimals {self.price_decimals}"
                f" + quantity decimals {self.quantity_decimals}: settlement would have to round"
            )
        if self.base.decimals < self.quantity_decimals:
            raise ValueError(f"{self.symbol}: base decimals {self.base.decimals} < quantity decimals")

    @property
    def base_factor(self) -> int:
        """Amount units of the base asset in one quantity unit."""
        return int(10 ** (self.base.decimals - self.quantity_decimals))

    @property
    def quote_factor(self) -> int:
        """Amount units of the quote asset in one price unit times one quantity unit."""
        return int(10 ** (self.quote.decimals - self.price_decimals - self.quantity_decimals))

    def notional(self, price: Price, quantity: Quantity) -> Amount:
        """price * quantity in quote amount units; exact."""
        return price * quantity * self.quote_factor
