"""The single writer of one exchange: a command goes in, one batch of events comes out, and nothing else happens.

Deterministic: the same commands with the same times give the same batches. No clock, no randomness, no I/O.
"""

from collections.abc import Callable
from typing import Any, Final

from simexchange.domain import commands
from simexchange.domain.commands import Command
from simexchange.domain.events import Batch, Event
from simexchange.venue import administration, amending, canceling, interventions, listing, placing
from simexchange.venue.state import VenueState
from simexchange.venue.views import Views

HANDLERS: Final[dict[type, Callable[[VenueState, Any, int], list[Event]]]] = {
    commands.PlaceOrder: placing.place,
    commands.PlaceOrderList: listing.place_list,
    commands.AmendOrder: amending.amend,
    commands.CancelOrder: canceling.cancel,
    commands.CancelOrderList: canceling.cancel_list,
    commands.CancelAllOrders: canceling.cancel_all,
    commands.FillOrder: interventions.fill_order,
    commands.BustTrade: interventions.bust_trade,
    commands.RejectRequest: interventions.reject,
    commands.ExpireOrders: canceling.expire_due,
    commands.SetReferencePrice: administration.set_reference_price,
    commands.CreateAccount: administration.create_account,
    commands.SetAccountStatus: administration.set_account_status,
    commands.SetFees: administration.set_fees,
    commands.Deposit: administration.deposit,
    commands.Withdraw: administration.withdraw,
    commands.CreateKey: administration.create_key,
    commands.ChangeKey: administration.change_key,
    commands.RevokeKey: administration.revoke_key,
    commands.RestoreKey: administration.restore_key,
    commands.ListInstrument: administration.list_instrument,
    commands.ChangeRules: administration.change_rules,
    commands.SetTradingStatus: administration.set_trading_status,
}


class Venue(VenueState):
    """One exchange. ``execute`` writes, ``views`` reads."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.views = Views(self)

    def execute(self, command: Command, ts_ns: int) -> Batch:
        """Carry out one command at ``ts_ns`` (never before the last one); all that came of it."""
        events = HANDLERS[type(command)](self, command, ts_ns)
        events.extend(self.ledger.take_changes(ts_ns))
        self.seq += 1
        return Batch(self.seq, ts_ns, command, tuple(events))
