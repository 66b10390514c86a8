"""Instruments that take cancels alone, or post-only orders alone. Their status comes back as the rule ends."""

from typing import Final

from simexchange.domain.commands import SetTradingStatus
from simexchange.domain.enums import TradingStatus
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.fault import Fault, Params
from simexchange.services.faults.kinds import Kind
from simexchange.services.faults.stage import Stage


class ModeParams(Params, frozen=True):
    """Nothing to set: ``match.symbol`` says which instrument, all by default."""


class Mode(Fault[ModeParams]):
    """Who changed the status meanwhile keeps his way: only what is still this rule's is put back."""

    status = TradingStatus.CANCEL_ONLY

    def __init__(self, params: ModeParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self.before: list[tuple[str, str, TradingStatus]] = []

    def arm(self) -> None:
        self.armed.fires(None)
        match = self.armed.spec.match
        for venue in self.venues:
            door = self.stage.door(venue)
            for symbol, market in door.venue.markets.items():
                if match.fits_place(venue, symbol) and market.status is not self.status:
                    self.before.append((venue, symbol, market.status))
        for venue, symbol, _ in self.before:
            self.stage.door(venue).submit(SetTradingStatus(symbol, self.status))

    def disarm(self) -> None:
        for venue, symbol, status in self.before:
            door = self.stage.door(venue)
            if door.venue.markets[symbol].status is self.status:
                door.submit(SetTradingStatus(symbol, status))
        self.before.clear()


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
