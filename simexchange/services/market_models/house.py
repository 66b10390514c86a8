"""The house: all models of a world, and the timers that drive them."""

from collections.abc import Callable
from typing import Final

from simexchange.services.clock import SECOND, Clock, Timer
from simexchange.services.market_models.market_maker import MarketMaker
from simexchange.services.market_models.noise_traders import NoiseTrader

LOOK_NS: Final = SECOND
STAGGER_NS: Final = SECOND // 7
"""Makers look one after the other, not all at the same instant."""


class House:
    """Makers and noise traders: ``open_book`` fills the books, ``start`` arms the timers, ``stop`` ends them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._makers: list[MarketMaker] = []
        self._noise: list[NoiseTrader] = []
        self._timers: dict[int, Timer] = {}

    def add_maker(self, maker: MarketMaker) -> None:
        self._makers.append(maker)

    def add_noise(self, noise: NoiseTrader) -> None:
        self._noise.append(noise)

    def open_book(self) -> None:
        """Have every maker put its orders on the book now."""
        for maker in self._makers:
            maker.look()

    def start(self) -> None:
        """Arm the timers; whoever is armed already stays as it is."""
        if self._timers:
            return
        for place, maker in enumerate(self._makers):
            first_ns = LOOK_NS + place * STAGGER_NS % LOOK_NS
            self._repeat(len(self._timers), first_ns, maker.look, lambda: LOOK_NS)
        for noise in self._noise:
            self._repeat(len(self._timers), noise.wait_ns(), noise.trade, noise.wait_ns)

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
