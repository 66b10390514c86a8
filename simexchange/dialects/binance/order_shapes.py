"""Orders as this venue's JSON: placed, canceled, amended, asked about. Key order and number formats as documented.

"Conditional fields in Order Responses" appear only where the documentation says so; each has one place in every reply.
Source: Binance REST, the responses of "Trading endpoints" and "Account Endpoints".
"""

from collections.abc import Iterable
from typing import Final

from simexchange.dialects.binance import names
from simexchange.dialects.binance.chronicle import Amendment, Ending
from simexchange.dialects.binance.names import amount8, text8
from simexchange.dialects.binance.shapes import NO_LIST, ZERO, Json, lost
from simexchange.domain.enums import PENDING
from simexchange.domain.events import (
    BookUpdated,
    Event,
    Execution,
    OrderAccepted,
    OrderAmended,
    OrderCanceled,
    OrderExpired,
    OrderReleased,
    OrderTriggered,
    Trade,
    TradePrevented,
)
from simexchange.domain.order import Order, OrderTerms

NOT_YET: Final = -1
"""In place of a time that has not come."""


def time_or_never(ts_ns: int, unit_ns: int) -> int:
    return ts_ns // unit_ns if ts_ns >= 0 else NOT_YET


def list_id_of(terms: OrderTerms) -> int:
    return NO_LIST if terms.list_id is None else terms.list_id


def order_ack(symbol: str, terms: OrderTerms, unit_ns: int) -> Json:
    """ACK: that the order is known."""
    return {
        "symbol": symbol,
        "orderId": terms.order_id,
        "orderListId": list_id_of(terms),
        "clientOrderId": terms.client_order_id,
        "transactTime": terms.created_ns // unit_ns,
    }


class _Progress:
    """How far an order came by its own coming in: what it set off afterwards is not in its reply."""

    __slots__ = ("expired", "fills", "prevented", "quantity", "quote", "status", "total_prevented")

    def __init__(self, accepted: OrderAccepted, events: Iterable[Event]) -> None:
        order_id = accepted.order.order_id
        self.quantity = 0
        self.quote = 0
        self.status = names.STATUS_WORDS[accepted.status]
        self.fills: list[tuple[int, Execution]] = []
        self.prevented: list[TradePrevented] = []
        self.total_prevented = 0
        self.expired: OrderExpired | None = None
        for event in events:
            kind = type(event)
            if kind is BookUpdated:
                # Whatever happened to an order comes before the book's change: most orders end here at a glance.
                break
            if isinstance(event, Trade):
                taker = event.taker
                if taker.order.order_id == order_id:
                    self.quantity, self.quote = taker.cum_quantity, taker.cum_quote
                    self.status = names.STATUS_WORDS[taker.status]
                    self.fills.append((event.trade_id, taker))
            elif isinstance(event, TradePrevented):
                if event.taker.order_id == order_id:
                    self.prevented.append(event)
                    self.total_prevented = event.taker_total_prevented
            elif isinstance(event, OrderExpired):
                if event.order.order_id == order_id and accepted.status is not PENDING:
                    self.expired = event
                    self.status = expired_word(event)
            elif kind is OrderTriggered or kind is OrderReleased:
                break


def expired_word(event: OrderExpired) -> str:
    """EXPIRED, or EXPIRED_IN_MATCH for what self-trade prevention ended."""
    return "EXPIRED" if event.prevented_id is None else names.EXPIRED_IN_MATCH


def placed_order(
    symbol: str,
    accepted: OrderAccepted,
    events: Iterable[Event],
    unit_ns: int,
    *,
    full: bool,
    trailing_ns: int = NOT_YET,
) -> Json:
    """RESULT or, with fills, FULL: the order after it met the book. "New order (TRADE)".

    ``trailing_ns`` is when a trailing order began to follow the price, if it did.
    """
    terms = accepted.order
    progress = _Progress(accepted, events)
    reply = order_ack(symbol, terms, unit_ns)
    _price(reply, terms)
    if terms.quantity or accepted.status is not PENDING:
        reply["origQty"] = text8(terms.quantity)
    reply["executedQty"] = text8(progress.quantity)
    reply["origQuoteOrderQty"] = amount8(terms.quote_quantity)
    reply["cummulativeQuoteQty"] = amount8(progress.quote)
    reply["status"] = progress.status
    _words(reply, terms)
    if terms.trigger is not None:
        _trigger(reply, terms, trailing_ns, unit_ns)
    reply["workingTime"] = time_or_never(terms.working_ns, unit_ns)
    if terms.display_quantity:
        reply["icebergQty"] = text8(terms.display_quantity)
    if full:
        reply["fills"] = [fill(trade_id, execution) for trade_id, execution in progress.fills]
        if progress.prevented:
            reply["preventedMatches"] = [_prevented_match(event) for event in progress.prevented]
    _labels(reply, terms)
    if progress.total_prevented:
        reply["preventedQuantity"] = text8(progress.total_prevented)
    if progress.expired is not None and progress.expired.reason in names.EXPIRY_REASON_WORDS:
        reply["expiryReason"] = names.EXPIRY_REASON_WORDS[progress.expired.reason]
    return reply


def fill(trade_id: int, execution: Execution) -> Json:
    return {
        "price": text8(execution.last_price),
        "qty": text8(execution.last_quantity),
        "commission": amount8(execution.fee),
        "commissionAsset": execution.fee_asset,
        "tradeId": trade_id,
    }


def _prevented_match(event: TradePrevented) -> Json:
    reply: Json = {
        "preventedMatchId": event.prevented_id,
        "makerOrderId": event.maker.order_id,
        "price": text8(event.price),
    }
    lost(reply, event)
    return reply


def _price(reply: Json, terms: OrderTerms) -> None:
    """The price asked for; beside it, for a peg, what it hangs on and the price the book gave."""
    peg = terms.peg
    if peg is None:
        reply["price"] = text8(terms.price)
        return
    reply["price"] = text8(terms.asked_price)
    reply["pegPriceType"] = names.PEG_REFERENCE_WORDS[peg.reference]
    if peg.levels:
        reply["pegOffsetType"] = names.PEG_OFFSET
        reply["pegOffsetValue"] = peg.levels
    if terms.working_ns >= 0:
        reply["peggedPrice"] = text8(terms.price)


def _words(reply: Json, terms: OrderTerms) -> None:
    reply["timeInForce"] = names.TIME_IN_FORCE_WORDS[terms.time_in_force]
    reply["type"] = names.order_type_word(terms)
    reply["side"] = names.SIDE_WORDS[terms.side]


def _trigger(reply: Json, terms: OrderTerms, trailing_ns: int, unit_ns: int) -> None:
    trigger = terms.trigger
    assert trigger is not None, "only for orders with a trigger"
    if trigger.price or not trigger.is_trailing:
        reply["stopPrice"] = text8(trigger.price)
    if trigger.is_trailing:
        _trail(reply, terms, trailing_ns, unit_ns)


def _trail(reply: Json, terms: OrderTerms, trailing_ns: int, unit_ns: int) -> None:
    trigger = terms.trigger
    if trigger is not None and trigger.is_trailing:
        reply["trailingDelta"] = trigger.trail_rate // names.BASIS_POINT
        reply["trailingTime"] = time_or_never(trailing_ns, unit_ns)


def _labels(reply: Json, terms: OrderTerms) -> None:
    """The owner's labels, and the prevention mode, which every order has."""
    if terms.strategy_id is not None:
        reply["strategyId"] = terms.strategy_id
    if terms.strategy_type is not None:
        reply["strategyType"] = terms.strategy_type
    reply["selfTradePreventionMode"] = names.SELF_TRADE_PREVENTION_WORDS[terms.self_trade_prevention]


def canceled_order(symbol: str, event: OrderCanceled, ts_ns: int, unit_ns: int) -> Json:
    """The reply to a cancel; ``clientOrderId`` names the cancel, ``origClientOrderId`` the order."""
    terms = event.order
    reply: Json = {
        "symbol": symbol,
        "origClientOrderId": terms.client_order_id,
        "orderId": terms.order_id,
        "orderListId": list_id_of(terms),
        "clientOrderId": event.request_id,
        "transactTime": ts_ns // unit_ns,
    }
    _price(reply, terms)
    reply["origQty"] = text8(terms.quantity)
    reply["executedQty"] = text8(event.cum_quantity)
    reply["origQuoteOrderQty"] = amount8(terms.quote_quantity)
    reply["cummulativeQuoteQty"] = amount8(event.cum_quote)
    reply["status"] = "CANCELED"
    _words(reply, terms)
    if terms.trigger is not None:
        _trigger(reply, terms, terms.trailing_ns, unit_ns)
    if terms.display_quantity:
        reply["icebergQty"] = text8(terms.display_quantity)
    _labels(reply, terms)
    return reply


def amended_order(symbol: str, event: OrderAmended, unit_ns: int) -> Json:
    """An order as an amendment left it. "Order Amend Keep Priority (TRADE)"."""
    terms = event.order
    reply: Json = {
        "symbol": symbol,
        "orderId": terms.order_id,
        "orderListId": list_id_of(terms),
        "origClientOrderId": event.previous.client_order_id,
        "clientOrderId": terms.client_order_id,
    }
    _price(reply, terms)
    reply["qty"] = text8(terms.quantity)
    reply["executedQty"] = text8(event.cum_quantity)
    reply["preventedQty"] = text8(event.prevented_quantity)
    reply["quoteOrderQty"] = amount8(terms.quote_quantity)
    reply["cumulativeQuoteQty"] = amount8(event.cum_quote)
    reply["status"] = names.STATUS_WORDS[event.status]
    _words(reply, terms)
    if terms.trigger is not None:
        _trigger(reply, terms, terms.trailing_ns, unit_ns)
    if terms.working_ns >= 0:
        reply["workingTime"] = terms.working_ns // unit_ns
    if terms.display_quantity:
        reply["icebergQty"] = text8(terms.display_quantity)
    _labels(reply, terms)
    return reply


def amendment(symbol: str, entry: Amendment, unit_ns: int) -> Json:
    """One row of "Query Order Amendments (USER_DATA)"."""
    event = entry.event
    return {
        "symbol": symbol,
        "orderId": event.order.order_id,
        "executionId": event.execution_id,
        "origClientOrderId": event.previous.client_order_id,
        "newClientOrderId": event.order.client_order_id,
        "origQty": text8(event.previous.quantity),
        "newQty": text8(event.order.quantity),
        "time": entry.ts_ns // unit_ns,
    }


def order_status(symbol: str, order: Order, ending: Ending | None, unit_ns: int) -> Json:
    """An order as it stands. "Query order (USER_DATA)"; the same in openOrders and allOrders."""
    terms = order.terms
    reply: Json = {
        "symbol": symbol,
        "orderId": terms.order_id,
        "orderListId": list_id_of(terms),
        "clientOrderId": terms.client_order_id,
    }
    _price(reply, terms)
    reply["origQty"] = text8(terms.quantity)
    reply["executedQty"] = text8(order.cum_quantity)
    reply["cummulativeQuoteQty"] = amount8(order.cum_quote)
    reply["status"] = names.STATUS_WORDS[order.status] if ending is None else ending.status
    _words(reply, terms)
    reply["stopPrice"] = ZERO if terms.trigger is None else text8(terms.trigger.price)
    _trail(reply, terms, terms.trailing_ns, unit_ns)
    reply["icebergQty"] = text8(terms.display_quantity)
    reply["time"] = terms.created_ns // unit_ns
    reply["updateTime"] = order.updated_ns // unit_ns
    reply["isWorking"] = terms.working_ns >= 0
    reply["workingTime"] = time_or_never(terms.working_ns, unit_ns)
    reply["origQuoteOrderQty"] = amount8(terms.quote_quantity)
    _labels(reply, terms)
    if order.prevented_id is not None:
        reply["preventedMatchId"] = order.prevented_id
        reply["preventedQuantity"] = text8(order.prevented_quantity)
    if ending is not None and ending.reason:
        reply["expiryReason"] = ending.reason
    return reply
