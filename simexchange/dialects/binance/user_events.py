"""What a batch means for the accounts that are listened to: which events, in which order.

The order is the batch's own (``domain.events``), so that of one request an account hears:

=======================================  ==============================================================================
request                                  events
=======================================  ==============================================================================
new order                                NEW, then as it works: TRADE | TRADE_PREVENTION, EXPIRED, the aftermath
new order list                           listStatus EXEC_STARTED, NEW per order in the order they were given (a pending
                                         one with status PENDING_NEW), the work of each, the aftermath
amend, keeping priority                  REPLACED (of a pair: for both), if a leg got a new name listStatus UPDATED
cancel an order                          CANCELED
cancel an order list or a leg of it      CANCELED for the order named, then per other open leg; listStatus ALL_DONE
cancel all                               the same per order in the order of their ids, lists as they are reached
the venue closes the symbol              EXPIRED per order, listStatus ALL_DONE per list
the venue ends an order                  EXPIRED, and so for the other open legs of its list; listStatus ALL_DONE
deposit, withdrawal, transfer            balanceUpdate
a trade is annulled                      balanceUpdate for what is given back, then for what comes back
rejected order, where it is reported     REJECTED, for the reasons that have a word
rejected list, where it is reported      listStatus RESPONSE, for the reasons that have a word
=======================================  ==============================================================================

*The aftermath*: what fills, triggers and ends do to order lists (EXPIRED with OCO_TRIGGER or OTO_PHASE_ONE_EXPIRED,
NEW of a pending order that is released, listStatus ALL_DONE), then the stops that the trades set off (NEW once more
where that is switched on, its OCO sibling's EXPIRED, its work). A match is told to the taker first. Last comes one
outboundAccountPosition per account whose money changed. The venue documents none of this but the market order's
sequence ("Market orders FAQ").
"""

from collections.abc import Callable, Container, Iterator
from typing import TypeAlias

from simexchange.dialects.binance import execution_reports, user_encoders
from simexchange.dialects.binance.chronicle import is_by_venue
from simexchange.dialects.binance.execution_reports import Payload, Progress
from simexchange.dialects.binance.stream_settings import StreamSettings
from simexchange.dialects.binance.user_encoders import ALL_DONE, REJECTED, STARTED, UPDATED
from simexchange.domain.commands import PlaceOrder, PlaceOrderList, RejectRequest
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import (
    BalanceAdjusted,
    BalancesChanged,
    Batch,
    BookUpdated,
    OrderAccepted,
    OrderAmended,
    OrderCanceled,
    OrderExpired,
    OrderList,
    OrderListEnded,
    OrderListPlaced,
    OrderListRejected,
    OrderListUpdated,
    OrderRejected,
    OrderReleased,
    OrderTriggered,
    Trade,
    TradeBusted,
    TradePrevented,
)
from simexchange.domain.ids import AccountId
from simexchange.domain.order import OrderTerms
from simexchange.venue.venue import Venue

Write: TypeAlias = Callable[[int], Payload]
"""A time unit in ns -> the event."""
PrivateEvent: TypeAlias = tuple[AccountId, Write]

REJECT_WORDS = {
    RejectReason.INSUFFICIENT_BALANCE: "INSUFFICIENT_BALANCES",
    RejectReason.WOULD_TRIGGER_IMMEDIATELY: "STOP_PRICE_WOULD_TRIGGER_IMMEDIATELY",
    RejectReason.POST_ONLY_WOULD_TAKE: "WOULD_MATCH_IMMEDIATELY",
    RejectReason.LIST_PRICES_WRONG: "OCO_BAD_PRICES",
}
"""Order reject reasons, as documented. What is turned away for any other reason never reached the matching engine."""
LIST_STATUSES = {OrderListPlaced: STARTED, OrderListUpdated: UPDATED, OrderListEnded: ALL_DONE}
NO_ID = -1
"""In place of an id, or of a time, that a rejected order never got."""


class UserEvents:
    """Finds the private events of a batch."""

    def __init__(self, venue: Venue, settings: StreamSettings) -> None:
        self._venue = venue
        self.settings = settings
        self.reports_rejects = settings.report_rejects

    def of(self, batch: Batch, listened: Container[AccountId]) -> Iterator[PrivateEvent]:
        """What to tell the accounts that are ``listened`` to, in order; the table above."""
        ts_ns = batch.ts_ns
        meetings: dict[int, TradePrevented] = {}
        for event in batch.events:
            match event:
                case BookUpdated():
                    continue
                case BalancesChanged(account_id=account_id) if account_id in listened:
                    yield account_id, _position(event, ts_ns)
                case Trade():
                    for execution in (event.taker, event.maker):
                        if execution.order.account_id in listened:
                            yield _report(execution.order, execution_reports.traded(event, execution), ts_ns)
                case TradePrevented() if event.taker.account_id in listened:
                    meetings[event.prevented_id] = event
                    yield from _decrements(event, ts_ns)
                case OrderExpired(order=terms) if terms.account_id in listened:
                    meeting = None if event.prevented_id is None else meetings[event.prevented_id]
                    yield _report(terms, execution_reports.expired(event, meeting), ts_ns)
                case OrderCanceled(order=terms) if terms.account_id in listened:
                    by_owner = not is_by_venue(batch, event.reason)
                    yield _report(terms, execution_reports.canceled(event, by_owner=by_owner), ts_ns)
                case BalanceAdjusted(account_id=account_id) if account_id in listened:
                    yield account_id, _adjustment(event, ts_ns)
                case OrderAccepted() | OrderTriggered() | OrderReleased() | OrderAmended():
                    if event.order.account_id in listened:
                        yield from self._lives(event, ts_ns)
                case OrderListPlaced() | OrderListUpdated() | OrderListEnded():
                    if event.order_list.account_id in listened:
                        yield _list_status(event.order_list, LIST_STATUSES[type(event)], ts_ns)
                case OrderRejected(account_id=account_id) | OrderListRejected(account_id=account_id):
                    if account_id in listened and self.reports_rejects:
                        yield from self._rejected(batch, event.reason)
                case TradeBusted():
                    yield from _busted(event, self._venue, listened, ts_ns)
                case _:
                    pass

    def _lives(
        self, event: OrderAccepted | OrderTriggered | OrderReleased | OrderAmended, ts_ns: int
    ) -> Iterator[PrivateEvent]:
        """An open order begins, or goes on otherwise than before."""
        terms = event.order
        match event:
            case OrderAccepted():
                yield _report(terms, execution_reports.accepted(event), ts_ns)
            case OrderTriggered():
                if self.settings.report_triggers:
                    yield _report(terms, execution_reports.triggered(event), ts_ns)
            case OrderReleased():
                yield _report(terms, execution_reports.released(event, ts_ns), ts_ns)
            case OrderAmended():
                yield _report(terms, execution_reports.amended(event), ts_ns)

    def _rejected(self, batch: Batch, reason: RejectReason) -> Iterator[PrivateEvent]:
        """A request that made no order, for a reason that has a word."""
        word, command, ts_ns = REJECT_WORDS.get(reason), batch.command, batch.ts_ns
        if word is None:
            return
        if isinstance(command, RejectRequest):
            command = command.request
        if isinstance(command, PlaceOrder):
            if command.test_only:
                return
            progress = Progress("REJECTED", "REJECTED", NO_ID, reject_reason=word)
            yield _report(self._terms(command), progress, ts_ns)
        elif isinstance(command, PlaceOrderList):
            yield command.account_id, _rejected_list(command, word, ts_ns)

    def _terms(self, command: PlaceOrder) -> OrderTerms:
        """The terms an order would have had. Its creation comes out as -1 in every unit."""
        default = self._venue.markets[command.symbol].rules.default_self_trade_prevention
        return OrderTerms(
            NO_ID,
            command.client_order_id,
            command.account_id,
            command.symbol,
            command.side,
            command.order_type,
            command.time_in_force,
            command.price,
            command.quantity,
            command.quote_quantity,
            command.post_only,
            command.self_trade_prevention or default,
            NO_ID,
            command.strategy_id,
            command.strategy_type,
            trigger=command.trigger,
            display_quantity=command.display_quantity,
            peg=command.peg,
            asked_price=command.price,
        )


def _busted(event: TradeBusted, venue: Venue, listened: Container[AccountId], ts_ns: int) -> Iterator[PrivateEvent]:
    """What either side gave back, then what it got back. The venue has no word for a trade that never was."""
    market = venue.markets[event.symbol]
    base, quote = market.base_name, market.quote_name
    bought = event.quantity * market.base_factor
    for account_id, changes in (
        (event.buyer, ((base, event.buyer_fee - bought), (quote, event.quote))),
        (event.seller, ((quote, event.seller_fee - event.quote), (base, bought))),
    ):
        if account_id in listened:
            for asset, delta in changes:
                yield account_id, _adjustment(BalanceAdjusted(account_id, asset, delta), ts_ns)


def _decrements(event: TradePrevented, ts_ns: int) -> Iterator[PrivateEvent]:
    """The sides that lost quantity and live on; a side that ends is reported with its expiry."""
    if event.taker_prevented_quantity and event.taker_leaves_quantity:
        yield _report(event.taker, execution_reports.decremented(event, taker=True), ts_ns)
    if event.maker_prevented_quantity and event.maker_leaves_quantity:
        yield _report(event.maker, execution_reports.decremented(event, taker=False), ts_ns)


def _report(terms: OrderTerms, progress: Progress, ts_ns: int) -> PrivateEvent:
    return terms.account_id, lambda unit: execution_reports.execution_report(terms, progress, ts_ns, unit)


def _list_status(found: OrderList, status: tuple[str, str], ts_ns: int) -> PrivateEvent:
    return found.account_id, lambda unit: user_encoders.list_status(
        found.list_id, found.client_list_id, found.symbol, found.contingency, status, found.orders, ts_ns, unit
    )


def _rejected_list(command: PlaceOrderList, word: str, ts_ns: int) -> Write:
    return lambda unit: user_encoders.list_status(
        NO_ID, command.client_list_id, command.symbol, command.contingency, REJECTED, (), ts_ns, unit, word
    )


def _adjustment(event: BalanceAdjusted, ts_ns: int) -> Write:
    return lambda unit: user_encoders.balance_update(event, ts_ns, unit)


def _position(event: BalancesChanged, ts_ns: int) -> Write:
    return lambda unit: user_encoders.account_position(event, ts_ns, unit)
