"""What a scenario says about its venues: instruments and their rules, who trades, accounts, latency and limits.

Decimals are texts in the units of the instrument or asset; "0" switches a bound off. Rules a file does not name are
those of an ordinary spot instrument that takes every kind of order.
"""

from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from msgspec import Meta, Struct

from simexchange.scenario.values import Address, Decimal, Duration, Name, PositiveDecimal, Share, Symbol, Word

Permissions: TypeAlias = tuple[Literal["read", "trade", "withdraw"], ...]
PreventionName: TypeAlias = Literal["none", "expire_taker", "expire_maker", "expire_both", "decrement", "transfer"]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=1_000_000)]
Levels: TypeAlias = Annotated[int, Meta(ge=0, le=500)]
Ticks: TypeAlias = Annotated[int, Meta(ge=1, le=1_000_000)]
Places: TypeAlias = Annotated[int, Meta(ge=0, le=8)]


class Spec(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One mapping of a scenario file.

    Of each group in ``ONE_OF`` exactly one field is given, of each in ``ANY_OF`` at least one.
    """

    ONE_OF: ClassVar[tuple[tuple[str, ...], ...]] = ()
    ANY_OF: ClassVar[tuple[tuple[str, ...], ...]] = ()


class FeeSpec(Spec, frozen=True):
    """What a trade costs, as a share of its worth: "0.001" is 0.1 %."""

    maker: Decimal = "0.001"
    taker: Decimal = "0.001"


class BandSpec(Spec, frozen=True):
    """How far prices may lie from the recent average: at most ``up`` times, at least ``down`` times."""

    up: PositiveDecimal = "5"
    down: Decimal = "0.2"
    minutes: Annotated[int, Meta(ge=0, le=60)] = 5


class TrailSpec(Spec, frozen=True):
    """The least and the most a trailing order may trail by, as shares of the price: "0.001" is 0.1 %."""

    least: PositiveDecimal = "0.001"
    most: PositiveDecimal = "0.2"


class MarketSpec(Spec, frozen=True):
    """Who trades when no bot does.

    An instrument whose base and quote both trade against cash takes its moves from theirs; its own ``volatility`` and
    ``drift`` count for nothing.
    """

    mid: PositiveDecimal
    """The price it starts at."""
    model: Literal["maker_and_noise", "none"] = "maker_and_noise"
    """none: an empty book, and nobody but the bots."""
    spread_ticks: Ticks = 2
    levels: Levels = 50
    """Of the maker, a side, beside the quotes; behind them stand about as many far ones."""
    sizes: Share = Share("1")
    """Multiplies the sizes of the maker's orders."""
    volatility: Annotated[float, Meta(ge=0, le=50)] = 0.6
    """Per year: 0.6 is 60 %."""
    drift: Annotated[float, Meta(ge=-0.9, le=9)] = 0.0
    """Per hour: 0.01 is 1 % upwards."""
    trades_per_second: Annotated[float, Meta(gt=0, le=1_000)] = 1.0
    trade_value: PositiveDecimal = "600"
    """What a mean trade is worth, in the quote asset."""


class InstrumentSpec(Spec, frozen=True):
    """One listed pair and its rules."""

    symbol: Symbol
    tick: PositiveDecimal
    lot: PositiveDecimal
    market: MarketSpec
    min_price: Decimal | None = None
    """By default one tick."""
    max_price: Decimal = "1000000"
    min_quantity: Decimal | None = None
    """By default one lot."""
    max_quantity: Decimal = "9000000"
    market_max_quantity: Decimal = "1000000"
    min_notional: Decimal = "0"
    max_notional: Decimal = "9000000"
    band: BandSpec | None = BandSpec()
    max_open_orders: Count = 200
    order_types: tuple[Literal["limit", "market"], ...] = ("limit", "market")
    post_only: bool = True
    triggers: tuple[Literal["stop_market", "stop_limit", "take_profit_market", "take_profit_limit"], ...] = (
        "stop_market",
        "stop_limit",
        "take_profit_market",
        "take_profit_limit",
    )
    """Which triggered orders are taken: what triggers them and what they become."""
    trailing: TrailSpec | None = TrailSpec()
    max_triggered_orders: Count = 5
    max_iceberg_parts: Count = 100
    """0: no icebergs at all."""
    max_iceberg_orders: Count = 0
    order_lists: tuple[Literal["oco", "oto"], ...] = ("oco", "oto")
    pays_other: bool = True
    """Whether pending orders may sell what the working order of their list buys."""
    max_order_lists: Count = 20
    amend: bool = True
    max_amends: Count = 10
    pegs: bool = True
    max_position: Decimal = "0"
    self_trade_prevention: tuple[PreventionName, ...] = (
        "expire_taker",
        "expire_maker",
        "expire_both",
        "decrement",
        "transfer",
    )
    fees: FeeSpec = FeeSpec()
    price_decimals: Places = 8
    quantity_decimals: Places = 8
    first_trade_id: Annotated[int, Meta(ge=1, le=10**15)] = 3_000_000_000
    """The id of the first trade after the start."""


class AccountSpec(Spec, frozen=True):
    """One account with one key. ``ip_allow`` holds networks in CIDR notation; empty allows every address."""

    name: Name
    permissions: Permissions = ("read", "trade")
    balances: dict[Word, Decimal] = {}
    ip_allow: tuple[Address, ...] = ()


class Percentiles(Spec, frozen=True):
    """A delay: half of all are shorter than ``p50``, one in a hundred is longer than ``p99``."""

    p50: Duration
    p99: Duration


class LatencySpec(Spec, frozen=True):
    """How long a venue takes to answer a request, and its streams to tell of an event."""

    request: Percentiles | None = None
    stream: Percentiles | None = None


BALANCES: Final = {"USDT": "100000", "BTC": "2", "ETH": "20", "SOL": "500", "BNB": "10"}

ACCOUNTS: Final = (
    AccountSpec("alice", ("read", "trade"), BALANCES),
    AccountSpec("bob", ("read", "trade"), BALANCES),
    AccountSpec("reader", ("read",), BALANCES),
    AccountSpec("mallory", ("read", "trade", "withdraw"), BALANCES),
    AccountSpec("locked", ("read", "trade"), BALANCES, ip_allow=("203.0.113.7/32",)),
)
"""Those of a venue that names none. ``locked`` may only come from a documentation network, which nobody has."""

INSTRUMENTS: Final = (
    InstrumentSpec(
        "BTC/USDT",
        "0.01",
        "0.00001",
        MarketSpec("60000", volatility=0.55, trade_value="900"),
        min_notional="5",
        max_quantity="9000",
        market_max_quantity="120",
    ),
    InstrumentSpec(
        "ETH/USDT",
        "0.01",
        "0.0001",
        MarketSpec("3000", volatility=0.75, trade_value="700"),
        min_notional="5",
        max_quantity="9000",
        market_max_quantity="2500",
    ),
    InstrumentSpec(
        "SOL/USDT",
        "0.01",
        "0.001",
        MarketSpec("150", volatility=0.9, trade_value="400"),
        min_notional="5",
        max_price="10000",
        max_quantity="90000",
        market_max_quantity="15000",
    ),
    InstrumentSpec(
        "ETH/BTC",
        "0.00001",
        "0.0001",
        MarketSpec("0.05", spread_ticks=1, trade_value="0.01"),
        min_notional="0.0001",
        max_price="922327",
        max_quantity="100000",
        market_max_quantity="1000",
    ),
    InstrumentSpec(
        "BNB/USDT",
        "0.01",
        "0.001",
        MarketSpec("600", volatility=0.6, trade_value="400"),
        min_notional="5",
        max_price="100000",
        max_quantity="900000",
        market_max_quantity="2000",
    ),
)
"""Those of a venue that names none; rules are those of the real ones, as their venue publishes them."""


class VenueSpec(Spec, frozen=True):
    """One exchange: its instruments and accounts, or the usual ones."""

    instruments: tuple[InstrumentSpec, ...] = INSTRUMENTS
    accounts: tuple[AccountSpec, ...] = ACCOUNTS
    latency: LatencySpec | None = None
    limits: dict[Word, Annotated[int, Meta(ge=0, le=10**15)]] | Literal["venue", "off"] = "venue"
    """Rate limits: as the venue has them, off, or some of your own by name (0 switches one off)."""
    key_length: Annotated[int, Meta(ge=16, le=256)] = 64
    """Of API keys and secrets, in letters and digits."""

    @property
    def limits_text(self) -> str:
        """The limits as ``serve --limits`` takes them."""
        if isinstance(self.limits, str):
            return self.limits
        return ",".join(f"{name}={value}" for name, value in self.limits.items()) or "venue"
