"""The fair price that makers quote around: seeded random walks with a mild pull back to where they began.

Instruments move with shared factors (the market, and each asset's own), so that ETH/BTC is ETH/USDT over BTC/USDT at
every moment. Logarithms of prices walk in steps of one second; the pull halves a distance in a few days. No jumps, no
volatility clusters, and nothing anybody trades moves it. What somebody orders (``move``) adds to the walk.
"""

from math import exp, sqrt
from typing import Final

from simexchange.domain.ids import AssetName
from simexchange.domain.units import RATE_ONE, Rate
from simexchange.services.clock import DAY, HOUR, SECOND
from simexchange.services.market_data.history_plan import YEAR_SECONDS, HistoryPlan
from simexchange.services.market_models.course import Course
from simexchange.services.randomness import Randomness

STEP_NS: Final = SECOND
STEP_DEVIATION: Final = sqrt(1 / YEAR_SECONDS)
PULL_NS: Final = 5 * DAY
STEP_KEEPS: Final = 1 - STEP_NS / PULL_NS
LONGEST_WALK: Final = 4 * HOUR // STEP_NS
"""Steps that are taken one by one. Whoever was away for longer (a world set back in real time, a machine that slept)
leaps most of the way: a day's steps would stop everybody for a tenth of a second."""
MARKET: Final = "market"


class Factor:
    """One source of movement: how far it has walked, in units of a year's standard deviation."""

    __slots__ = ("_gauss", "level")

    def __init__(self, randomness: Randomness, name: str) -> None:
        self._gauss = randomness.stream(f"price-path/{name}").gauss
        self.level = 0.0

    def step(self) -> None:
        self.level = self.level * STEP_KEEPS + self._gauss(0.0, STEP_DEVIATION)

    def leap(self, steps: int) -> None:
        """As far as so many steps lead, drawn at once: their sum has this very distribution."""
        kept = STEP_KEEPS**steps
        deviation = STEP_DEVIATION * sqrt((1 - kept * kept) / (1 - STEP_KEEPS * STEP_KEEPS))
        self.level = self.level * kept + self._gauss(0.0, deviation)


class PricePath:
    """Fair prices of all instruments of a world, advanced on demand to the time asked for."""

    def __init__(self, randomness: Randomness, start_ns: int) -> None:
        self._randomness = randomness
        self._factors: dict[AssetName, Factor] = {}
        self._at_ns = start_ns

    def add(self, plan: HistoryPlan, base: Course | None = None, quote: Course | None = None) -> "FairPrice":
        """The path of one instrument; all are added before time moves.

        ``base`` and ``quote`` are the courses of its assets, shared with other instruments of the venue; none for cash.
        """
        parts = [(MARKET, plan.market), *plan.own]
        factors = [(self._factor(name), rate / RATE_ONE) for name, rate in parts if rate]
        return FairPrice(self, factors, base or Course(self._at_ns), quote)

    def _factor(self, name: str) -> Factor:
        factor = self._factors.get(name)
        if factor is None:
            factor = self._factors[name] = Factor(self._randomness, name)
        return factor

    def advance_to(self, now_ns: int) -> None:
        """Take every step due by ``now_ns``."""
        missed = (now_ns - self._at_ns) // STEP_NS - LONGEST_WALK
        if missed > 0:
            self._at_ns += missed * STEP_NS
            for factor in self._factors.values():
                factor.leap(missed)
        while self._at_ns + STEP_NS <= now_ns:
            self._at_ns += STEP_NS
            for factor in self._factors.values():
                factor.step()


class FairPrice:
    """One instrument's price as a multiple of what it started at."""

    def __init__(self, path: PricePath, parts: list[tuple[Factor, float]], base: Course, quote: Course | None) -> None:
        self._path = path
        self._parts = parts
        self._base = base
        self._quote = quote

    def ratio(self, now_ns: int) -> float:
        """Price now over price at the start."""
        self._path.advance_to(now_ns)
        level = sum(factor.level * share for factor, share in self._parts) + self._base.level(now_ns)
        return exp(level - self._quote.level(now_ns) if self._quote is not None else level)

    def move(self, by: Rate, over_ns: int, now_ns: int) -> Rate:
        """Move the price by a part of it, smoothly over ``over_ns``; the move that takes it back. Raises MoveError.

        It is the base asset that moves, so the venue's other instruments of that asset move along.
        """
        return self._base.move(by, over_ns, now_ns)
