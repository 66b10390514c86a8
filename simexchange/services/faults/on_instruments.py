"""What faults about instruments share: which they are about, doing something to each, and the house that trades them.

A rule acts when it is armed, on every instrument that it matches, and counts one firing for each. One that is
changed has acted on those instruments already: what it sets is set anew, as it says now, and counted no more.
"""

from collections.abc import Iterator
from typing import Final, Generic, TypeVar

from simexchange.domain.commands import SetTradingStatus
from simexchange.domain.enums import TradingStatus
from simexchange.domain.ids import Symbol
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.facts import Place
from simexchange.services.faults.fault import Fault, Params
from simexchange.services.faults.order_tools import Later
from simexchange.services.faults.reading import RuleRefused, nearest_hint
from simexchange.services.faults.stage import FaultyDoor, Stage
from simexchange.services.market_models.house import House, NoMarket
from simexchange.services.market_models.instrument_market import InstrumentMarket, Reshaping
from simexchange.venue.market import Market

MATCHES: Final = ("venue", "symbol")
"""What a rule about instruments may match."""
InstrumentT = TypeVar("InstrumentT", bound=Params)


def lay_status(stage: Stage, rule: str, door: FaultyDoor, market: Market, status: TradingStatus) -> None:
    """Give an instrument a status for as long as a rule lives, unless a later rule gave it another one."""
    _set_status(door, market, stage.layers.put((door.name, market.symbol, "status"), rule, status, market.status))


def lift_status(stage: Stage, rule: str, door: FaultyDoor, market: Market) -> None:
    """The rule goes: the status that other rules gave, or the one there was."""
    _set_status(door, market, stage.layers.take((door.name, market.symbol, "status"), rule, market.status))


def _set_status(door: FaultyDoor, market: Market, status: TradingStatus) -> None:
    if market.status is not status:
        door.submit(SetTradingStatus(market.symbol, status))


class OnInstruments(Later[InstrumentT], Generic[InstrumentT]):
    """Acts once on each instrument that the rule matches."""

    def __init__(self, params: InstrumentT, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self.acted: set[tuple[str, Symbol]] = set()
        if not any(self.matched()):
            listed = [symbol for venue in self.venues for symbol in stage.door(venue).venue.markets]
            wanted = armed.spec.match.symbol or ""
            raise RuleRefused("match.symbol", f"there is no instrument {wanted!r}{nearest_hint(wanted, listed)}")

    def act(self, door: FaultyDoor, market: Market) -> None:
        """Do it to one instrument."""
        raise NotImplementedError

    def matched(self) -> Iterator[tuple[FaultyDoor, Market]]:
        """The instruments that the rule is about."""
        for venue in self.venues:
            door = self.stage.door(venue)
            for symbol, market in tuple(door.venue.markets.items()):
                if self.armed.spec.match.fits_place(venue, symbol):
                    yield door, market

    def is_over(self, venue: str, symbol: Symbol) -> bool:  # noqa: ARG002
        """Whether what the rule did to an instrument before it was changed had come to its end by itself."""
        return False

    def arm(self) -> None:
        for door, market in self.matched():
            place = door.name, market.symbol
            if place in self.acted and not self.is_over(*place):
                self.act(door, market)
            elif place not in self.acted or self.armed.spec.when.count is not None:
                self._begin_with(door, market)

    def _begin_with(self, door: FaultyDoor, market: Market) -> None:
        """Count one firing and act, if ``when`` has it so."""
        if self.armed.fires(Place(door.name, symbol=market.symbol)) is not None:
            self.acted.add((door.name, market.symbol))
            self.act(door, market)

    def take_over(self, before: Fault[InstrumentT]) -> None:
        if isinstance(before, OnInstruments):
            self.acted |= before.acted


class OnMarkets(OnInstruments[InstrumentT], Generic[InstrumentT]):
    """The same of instruments whose market the house makes, all of them given back their shape when the rule goes."""

    def __init__(self, params: InstrumentT, armed: Armed, stage: Stage) -> None:
        if stage.house is None:
            raise RuleRefused("kind", f"{armed.spec.kind} needs a house that makes markets, and this world has none")
        self.reshaped: list[tuple[str, str, Reshaping]] = []
        super().__init__(params, armed, stage)

    def matched(self) -> Iterator[tuple[FaultyDoor, Market]]:
        for door, market in super().matched():
            try:
                self.made(door.name, market.symbol)
            except NoMarket:
                continue
            yield door, market

    def made(self, venue: str, symbol: str) -> InstrumentMarket:
        """The house's market of an instrument. Raises NoMarket."""
        house: House = self.stage.house
        return house.market(venue, symbol)

    def keep(self, market: InstrumentMarket, reshaping: Reshaping) -> None:
        """Remember a change of shape that ends with the rule."""
        self.reshaped.append((market.venue_name, market.symbol, reshaping))

    def disarm(self) -> None:
        super().disarm()
        while self.reshaped:
            venue, symbol, reshaping = self.reshaped.pop()
            self.made(venue, symbol).undo(reshaping)
