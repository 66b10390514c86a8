"""What the generated history of an instrument is like: how much it moves and how much it trades.

Assets move with the market as a whole and on their own. An instrument moves as its base does less its quote does,
so the histories of ETH/USDT, BTC/USDT and ETH/BTC agree with each other: at the ends of months nearly to the tick, in
between mostly to within a percent, since each instrument's bars keep bounds of their own.
"""

from math import isqrt
from typing import Final

from msgspec import Struct

from simexchange.domain.ids import AssetName
from simexchange.domain.instrument import Instrument, Rules
from simexchange.domain.units import RATE_ONE, Price, Quantity, Rate
from simexchange.services.clock import DAY, SECOND
from simexchange.services.market_data.history_split import LOTS_A_TRADE

YEAR_SECONDS: Final = 365 * DAY // SECOND
LEAST_LOTS: Final = 8 * LOTS_A_TRADE
PLAIN_VOLATILITY: Final = 60 * RATE_ONE // 100
PLAIN_TRADES_A_DAY: Final = 86_400
PLAIN_NOTIONALS: Final = 100
"""A usual trade is this many times the smallest order allowed."""


class HistoryPlan(Struct, frozen=True):
    """Moves are rates per square root of a year: ``market`` with everything, ``own`` each named asset's (signed).

    ``trade_quantity`` is the mean size of a trade in quantity units.
    """

    market: Rate
    own: tuple[tuple[AssetName, Rate], ...]
    trades_a_day: int
    trade_quantity: Quantity


def plain_plan(instrument: Instrument, rules: Rules, last_price: Price) -> HistoryPlan:
    """The plan of an instrument nobody described: 60 % a year, about a trade a second."""
    lots = LEAST_LOTS
    if rules.min_notional and last_price:
        usual = PLAIN_NOTIONALS * rules.min_notional // (last_price * instrument.quote_factor * rules.lot_size)
        lots = max(lots, usual)
    return HistoryPlan(0, ((instrument.base.name, PLAIN_VOLATILITY),), PLAIN_TRADES_A_DAY, lots * rules.lot_size)


def per_span(rate: Rate, span_ns: int) -> int:
    """A rate per square root of a year as parts per billion per square root of ``span_ns``."""
    root = isqrt(10**12 * (span_ns // SECOND) // YEAR_SECONDS)
    return rate * 10 * root // 10**6
