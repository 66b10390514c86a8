"""The house: all models of a world, and the timers that drive them."""

from collections.abc import Callable
from typing import Final

from simexchange.domain.ids import Symbol
from simexchange.services.clock import SECOND, Clock, Timer
from simexchange.services.market_models.instrument_market import InstrumentMarket

LOOK_NS: Final = SECOND
STAGGER_NS: Final = SECOND // 7
"""Makers look one after the other, not all at the same instant."""


class NoMarket(LookupError):
    """Nobody makes a market in that instrument; the message says where somebody does."""


class House:
    """All markets of a world: ``open_book`` fills the books, ``start`` arms the timers, ``stop`` ends them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._markets: dict[tuple[str, Symbol], InstrumentMarket] = {}
        self._timers: dict[int, Timer] = {}

    def add(self, market: InstrumentMarket) -> None:
        self._markets[market.venue_name, market.symbol] = market

    def market(self, venue_name: str, symbol: Symbol) -> InstrumentMarket:
        """The market of an instrument, to be moved and reshaped. Raises NoMarket."""
        market = self._markets.get((venue_name, symbol))
        if market is None:
            made = ", ".join(f"{symbol} on {venue}" for venue, symbol in self._markets)
            raise NoMarket(f"nobody makes a market in {symbol} on {venue_name}; made are {made or 'none'}")
        return market

    def open_book(self) -> None:
        """Have every maker put its orders on the book now."""
        for market in self._markets.values():
            market.maker.look()

    def start(self) -> None:
        """Arm the timers; whoever is armed already stays as it is."""
        if self._timers:
            return
        markets = self._markets.values()
        for place, market in enumerate(markets):
            first_ns = LOOK_NS + place * STAGGER_NS % LOOK_NS
            self._repeat(len(self._timers), first_ns, market.maker.look, lambda: LOOK_NS)
        for market in markets:
            self._repeat(len(self._timers), market.noise.wait_ns(), market.noise.trade, market.noise.wait_ns)

    def stop(self) -> None:
        """Nobody acts any more; what rests stays on the book."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _repeat(self, key: int, delay_ns: int, act: Callable[[], None], next_ns: Callable[[], int]) -> None:
        """Act after ``delay_ns``, and again: counted from when it happened, so a late clock causes no burst."""

        def again() -> None:
            act()
            if key in self._timers:
                self._timers[key] = self._clock.after(next_ns(), again)

        self._timers[key] = self._clock.after(delay_ns, again)
