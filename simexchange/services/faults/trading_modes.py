"""Instruments that take cancels alone, or post-only orders alone. Their status comes back as the rule ends."""

from typing import Final

from simexchange.domain.enums import TradingStatus
from simexchange.domain.ids import Symbol
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.fault import Fault, Params
from simexchange.services.faults.kinds import Kind
from simexchange.services.faults.on_instruments import lay_status, lift_status
from simexchange.services.faults.stage import Stage


class ModeParams(Params, frozen=True):
    """Nothing to set: ``match.symbol`` says which instrument, all by default."""


class Mode(Fault[ModeParams]):
    """Who changed the status meanwhile keeps his way: only what is still a rule's is put back."""

    status = TradingStatus.CANCEL_ONLY

    def __init__(self, params: ModeParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self.changed: list[tuple[str, Symbol]] = []

    def arm(self) -> None:
        self.armed.fires(None)
        match = self.armed.spec.match
        for venue in self.venues:
            door = self.stage.door(venue)
            for symbol, market in tuple(door.venue.markets.items()):
                if match.fits_place(venue, symbol):
                    self.changed.append((venue, symbol))
                    lay_status(self.stage, self.armed.id, door, market, self.status)

    def disarm(self) -> None:
        while self.changed:
            venue, symbol = self.changed.pop()
            door = self.stage.door(venue)
            lift_status(self.stage, self.armed.id, door, door.venue.markets[symbol])


class PostOnlyMode(Mode):
    status = TradingStatus.POST_ONLY


_FAMILY: Final = "downtime"
_MATCHES: Final = ("venue", "symbol")

KINDS: Final = (
    Kind(
        name="cancel-only-mode",
        family=_FAMILY,
        priority="P1",
        summary="Orders may be canceled and nothing else; nothing trades.",
        correct_bot="Cancels what is a risk, sends nothing new, waits.",
        params=ModeParams,
        make=Mode,
        matches=_MATCHES,
        evidence=("ccxt/ccxt, Kraken error map: EService:Market in cancel_only mode",),
    ),
    Kind(
        name="post-only-mode",
        family=_FAMILY,
        priority="P1",
        summary="Post-only orders are taken, and nothing that could trade at once.",
        correct_bot="Posts or waits; a refused market order is not sent again and again.",
        params=ModeParams,
        make=PostOnlyMode,
        matches=_MATCHES,
        evidence=("dougdellolio/coinbasepro-csharp#208", "askmike/gekko#2695"),
    ),
)
