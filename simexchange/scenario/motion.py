"""How the instruments of a venue move together: volatilities of single pairs as shares of common causes.

The leading asset moves as the market does. Every other one moves partly with it and partly on its own, and a pair of
two such assets moves by the difference, so that no path through the pairs is worth more than another.
"""

from math import sqrt
from typing import Final

from simexchange.domain.ids import AssetName
from simexchange.domain.units import RATE_ONE, Rate, parse_units
from simexchange.scenario.specs import InstrumentSpec, VenueSpec
from simexchange.services.clock import DAY, SECOND
from simexchange.services.market_data.history_plan import HistoryPlan
from simexchange.services.market_models.course import Course

CASH: Final = frozenset({"USDT", "USDC", "USD", "EUR"})
LEADER: Final[AssetName] = "BTC"
COMPANY: Final = 0.8
"""How far an asset other than the leader moves with the market: its correlation with it."""


def history_plans(spec: VenueSpec) -> dict[str, HistoryPlan]:
    """The plan of each instrument, by symbol."""
    causes: dict[AssetName, tuple[Rate, Rate]] = dict.fromkeys(CASH, (0, 0))
    for instrument in spec.instruments:
        base, _, quote = instrument.symbol.partition("/")
        if quote in CASH:
            causes.setdefault(base, _causes(base, instrument.market.volatility))
    return {instrument.symbol: _plan(instrument, causes) for instrument in spec.instruments}


def courses(spec: VenueSpec, start_ns: int) -> dict[AssetName, Course]:
    """The course of each asset that is not cash: its drift is that of its pair against cash, if it has one."""
    found: dict[AssetName, Course] = {}
    for instrument in sorted(spec.instruments, key=lambda one: one.symbol.partition("/")[2] not in CASH):
        base, _, quote = instrument.symbol.partition("/")
        found.setdefault(base, Course(start_ns, instrument.market.drift))
        if quote not in CASH:
            found.setdefault(quote, Course(start_ns))
    return found


def _causes(asset: AssetName, volatility: float) -> tuple[Rate, Rate]:
    """What the market and the asset itself contribute, each as a rate per square root of a year."""
    company = 1.0 if asset == LEADER else COMPANY
    own = sqrt(1 - company * company)
    return round(volatility * company * RATE_ONE), round(volatility * own * RATE_ONE)


def _plan(spec: InstrumentSpec, causes: dict[AssetName, tuple[Rate, Rate]]) -> HistoryPlan:
    base, _, quote = spec.symbol.partition("/")
    market = spec.market
    base_market, base_own = causes.get(base) or _causes(base, market.volatility)
    quote_market, quote_own = causes.get(quote, (0, 0))
    own = tuple((name, rate) for name, rate in ((base, base_own), (quote, -quote_own)) if rate)
    mid = parse_units(market.mid, spec.price_decimals)
    lot = parse_units(spec.lot, spec.quantity_decimals)
    worth = parse_units(market.trade_value, spec.price_decimals)
    lots = max(1, worth * 10**spec.quantity_decimals // (mid * lot))
    trades_a_day = round(market.trades_per_second * (DAY // SECOND))
    return HistoryPlan(base_market - quote_market, own, trades_a_day, lots * lot)
