"""What this venue tells of the past and the core does not keep: why orders ended, how they were amended, when order
lists last changed, what was deposited and withdrawn. Written from events, read by the queries; house accounts are
left out.
"""

from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from simexchange.dialects.binance import names
from simexchange.domain.commands import CancelOrder, Deposit, SetTradingStatus, Withdraw
from simexchange.domain.enums import CancelReason, ExpireReason
from simexchange.domain.events import (
    BalanceAdjusted,
    Batch,
    Event,
    OrderAmended,
    OrderCanceled,
    OrderExpired,
    OrderListEnded,
    OrderListPlaced,
    OrderListUpdated,
)
from simexchange.domain.ids import AccountId, AssetName, OrderId, Symbol
from simexchange.domain.units import Amount
from simexchange.venue.accounts import Account


class Ending(Struct, frozen=True, gc=False):
    """How an order ended that its owner did not end: status and reason in the venue's words ("": none is told)."""

    status: str
    reason: str = ""


class Amendment(Struct, frozen=True):
    ts_ns: int
    event: OrderAmended


class Withdrawal(Struct, frozen=True):
    """Money that left the account; ``amount`` and the ``fee`` in it are the asset's."""

    withdrawal_id: str
    ts_ns: int
    asset: AssetName
    amount: Amount
    fee: Amount
    address: str


class Arrival(Struct, frozen=True):
    """Money that came to the account; ``number`` is that of the batch."""

    number: int
    ts_ns: int
    asset: AssetName
    amount: Amount


CLOSED_BY_VENUE: Final = Ending("EXPIRED", "EXCHANGE_CANCELED")
_ENDINGS: Final = {
    reason: Ending(names.EXPIRED_IN_MATCH)
    if reason is ExpireReason.SELF_TRADE
    else Ending("EXPIRED", names.EXPIRY_REASON_WORDS[reason])
    for reason in ExpireReason
}


def is_by_venue(batch: Batch, reason: CancelReason) -> bool:
    """Whether it is the venue that cancels; a leg goes with the list it is part of, by whoever ended the first."""
    if reason is CancelReason.LIST_CANCELED:
        command = batch.command
        return isinstance(command, SetTradingStatus) or (
            isinstance(command, CancelOrder) and command.reason is CancelReason.VENUE
        )
    return reason is not CancelReason.REQUESTED


class Chronicle:
    """One venue's notes, by order and by order list."""

    def __init__(self, accounts: dict[AccountId, Account], next_withdrawal_id: Callable[[], str]) -> None:
        self._accounts = accounts
        self._next_withdrawal_id = next_withdrawal_id
        self._withdrawals: dict[AccountId, list[Withdrawal]] = {}
        self._deposits: dict[AccountId, list[Arrival]] = {}
        self._endings: dict[tuple[Symbol, OrderId], Ending] = {}
        self._amendments: dict[tuple[Symbol, OrderId], list[Amendment]] = {}
        self._list_changes: dict[int, int] = {}

    def ending(self, symbol: Symbol, order_id: OrderId) -> Ending | None:
        """How an order ended; None if it is open or filled, or its owner canceled it."""
        return self._endings.get((symbol, order_id))

    def amendments(self, symbol: Symbol, order_id: OrderId) -> list[Amendment]:
        """The amendments of an order, the first one first."""
        return self._amendments.get((symbol, order_id), [])

    def list_changed_ns(self, list_id: int) -> int:
        """When an order list was last told to have changed: placed, a leg renamed, or all done."""
        return self._list_changes[list_id]

    def withdrawals(self, account_id: AccountId) -> list[Withdrawal]:
        """What an account withdrew, the first one first."""
        return self._withdrawals.get(account_id, [])

    def deposits(self, account_id: AccountId) -> list[Arrival]:
        """What was paid in to an account since it is served, the first one first."""
        return self._deposits.get(account_id, [])

    def on_batch(self, batch: Batch) -> None:
        for event in batch.events:
            note = _NOTES.get(type(event))
            if note is not None:
                note(self, batch, event)

    def _note_expired(self, batch: Batch, event: OrderExpired) -> None:  # noqa: ARG002  (all notes are called alike)
        terms = event.order
        if not self._accounts[terms.account_id].house:
            self._endings[terms.symbol, terms.order_id] = _ENDINGS[event.reason]

    def _note_canceled(self, batch: Batch, event: OrderCanceled) -> None:
        """The venue's cancels are expiries on this wire; a leg goes as the order goes whose end ends its list."""
        if is_by_venue(batch, event.reason) and not self._accounts[event.order.account_id].house:
            self._endings[event.order.symbol, event.order.order_id] = CLOSED_BY_VENUE

    def _note_amended(self, batch: Batch, event: OrderAmended) -> None:
        terms = event.order
        if not self._accounts[terms.account_id].house:
            self._amendments.setdefault((terms.symbol, terms.order_id), []).append(Amendment(batch.ts_ns, event))

    def _note_adjustment(self, batch: Batch, event: BalanceAdjusted) -> None:
        """A deposit or a withdrawal; other adjustments have no place in the wallet's lists."""
        command = batch.command
        if self._accounts[event.account_id].house:
            return
        if isinstance(command, Deposit):
            came = Arrival(batch.seq, batch.ts_ns, event.asset, command.amount)
            self._deposits.setdefault(event.account_id, []).append(came)
        elif isinstance(command, Withdraw):
            made = Withdrawal(
                self._next_withdrawal_id(), batch.ts_ns, event.asset, command.amount, command.fee, command.address
            )
            self._withdrawals.setdefault(event.account_id, []).append(made)

    def _note_list(self, batch: Batch, event: OrderListPlaced | OrderListUpdated | OrderListEnded) -> None:
        self._list_changes[event.order_list.list_id] = batch.ts_ns


_NOTES: Final[dict[type[Event], Callable[[Chronicle, Batch, Any], None]]] = {
    OrderExpired: Chronicle._note_expired,
    OrderCanceled: Chronicle._note_canceled,
    OrderAmended: Chronicle._note_amended,
    BalanceAdjusted: Chronicle._note_adjustment,
    OrderListPlaced: Chronicle._note_list,
    OrderListUpdated: Chronicle._note_list,
    OrderListEnded: Chronicle._note_list,
}
