"""What a scenario says, as typed values in the shape of the scenario file.

Decimals are texts in the units of the instrument or asset; "0" switches a bound off. Unknown fields are refused when a
file is decoded. Only what a world is built from: timelines, faults and expectations have no values yet.
"""

from typing import Literal, TypeAlias

from msgspec import Struct

Decimal: TypeAlias = str
PreventionName: TypeAlias = Literal["none", "expire_taker", "expire_maker", "expire_both", "decrement", "transfer"]


class Spec(Struct, frozen=True, forbid_unknown_fields=True):
    """One mapping of a scenario file."""


class FeeSpec(Spec, frozen=True):
    maker: Decimal = "0.001"
    taker: Decimal = "0.001"


class BandSpec(Spec, frozen=True):
    """How far prices may lie from the recent average: at most ``up`` times, at least ``down`` times."""

    up: Decimal = "5"
    down: Decimal = "0.2"
    minutes: int = 5


class TrailSpec(Spec, frozen=True):
    """The least and the most a trailing order may trail by, as shares of the price: "0.001" is 0.1 %."""

    least: Decimal = "0.001"
    most: Decimal = "0.2"


class MarketSpec(Spec, frozen=True):
    """Who trades when no bot does. ``volatility`` is per year, 0.6 for 60 %; ``drift`` per hour, 0.01 for 1 %.

    ``trade_value`` is what a mean trade is worth, in the quote asset; ``sizes`` multiplies the sizes of resting orders.
    An instrument whose base and quote both trade against cash takes its moves from theirs, and its own ``volatility``
    and ``drift`` count for nothing.
    """

    mid: Decimal
    model: Literal["maker_and_noise", "none"] = "maker_and_noise"
    spread_ticks: int = 2
    levels: int = 50
    sizes: Decimal = "1"
    volatility: float = 0.6
    drift: float = 0.0
    trades_per_second: float = 1.0
    trade_value: Decimal = "600"


class InstrumentSpec(Spec, frozen=True):
    """One listed pair and its rules. ``first_trade_id`` is the id of the first trade after the start."""

    symbol: str
    tick: Decimal
    lot: Decimal
    market: MarketSpec
    min_price: Decimal | None = None
    """Default: one tick."""
    max_price: Decimal = "0"
    min_quantity: Decimal | None = None
    """Default: one lot."""
    max_quantity: Decimal = "0"
    market_max_quantity: Decimal = "0"
    min_notional: Decimal = "0"
    max_notional: Decimal = "0"
    band: BandSpec | None = None
    max_open_orders: int = 0
    order_types: tuple[Literal["limit", "market"], ...] = ("limit", "market")
    post_only: bool = True
    triggers: tuple[Literal["stop_market", "stop_limit", "take_profit_market", "take_profit_limit"], ...] = ()
    """Which triggered orders are taken: what triggers them and what they become."""
    trailing: TrailSpec | None = None
    max_triggered_orders: int = 0
    max_iceberg_parts: int = 0
    """0: no icebergs at all."""
    max_iceberg_orders: int = 0
    order_lists: tuple[Literal["oco", "oto"], ...] = ()
    pays_other: bool = False
    """Whether pending orders may sell what the working order of their list buys."""
    max_order_lists: int = 0
    amend: bool = False
    max_amends: int = 0
    pegs: bool = False
    max_position: Decimal = "0"
    self_trade_prevention: tuple[PreventionName, ...] = (
        "none",
        "expire_taker",
        "expire_maker",
        "expire_both",
        "decrement",
        "transfer",
    )
    fees: FeeSpec = FeeSpec()
    price_decimals: int = 8
    quantity_decimals: int = 8
    first_trade_id: int = 3_000_000_000


class AccountSpec(Spec, frozen=True):
    """One account with one key. ``ip_allow`` holds networks in CIDR notation; empty allows every address."""

    name: str
    permissions: tuple[Literal["read", "trade", "withdraw"], ...] = ("read", "trade")
    balances: dict[str, Decimal] = {}
    ip_allow: tuple[str, ...] = ()


class VenueSpec(Spec, frozen=True):
    """One exchange. ``key_length`` is that of its API keys and secrets, in letters and digits."""

    instruments: tuple[InstrumentSpec, ...]
    accounts: tuple[AccountSpec, ...] = ()
    key_length: int = 64


class Scenario(Spec, frozen=True):
    name: str
    venues: dict[str, VenueSpec]
    seed: int = 42
    version: Literal[1] = 1
