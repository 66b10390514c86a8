"""Neutral values as this venue's JSON: key order and number formats as documented.

Builders give plain dicts in the documented key order; encoding is the caller's. Times come in nanoseconds and go
out in the unit the client asked for. Source: Binance REST, the responses of each endpoint.
"""

from collections.abc import Iterable
from typing import Any, Final

from simexchange.dialects.binance import names
from simexchange.dialects.binance.names import amount8, text8
from simexchange.domain.enums import OrderStatus, OrderType, Side, TimeInForce
from simexchange.domain.events import (
    BookUpdated,
    Event,
    Execution,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    Trade,
    TradePrevented,
)
from simexchange.domain.order import Order, OrderTerms
from simexchange.domain.units import Price, Quantity, Rate
from simexchange.venue.accounts import Fill, Prevented

Json = dict[str, Any]
NO_LIST: Final = -1
ZERO: Final = "0.00000000"


def order_ack(symbol: str, terms: OrderTerms, unit_ns: int) -> Json:
    """ACK: that the order is known."""
    return {
        "symbol": symbol,
        "orderId": terms.order_id,
        "orderListId": NO_LIST,
        "clientOrderId": terms.client_order_id,
        "transactTime": terms.created_ns // unit_ns,
    }


class _Progress:
    """How far an order came within the batch that brought it."""

    __slots__ = ("expired", "fills", "prevented", "quantity", "quote", "status", "total_prevented")

    def __init__(self) -> None:
        self.quantity = 0
        self.quote = 0
        self.status = "NEW"
        self.fills: list[tuple[int, Execution]] = []
        self.prevented: list[TradePrevented] = []
        self.total_prevented = 0
        self.expired: OrderExpired | None = None


_UNTOUCHED: Final = _Progress()
"""Of an order that met nobody: what most orders come to at first."""


def _progress(terms: OrderTerms, events: tuple[Event, ...]) -> _Progress:
    # Whatever happened to the order itself comes before the book's change, which tells at a glance.
    if type(events[1]) is BookUpdated:
        return _UNTOUCHED
    progress = _Progress()
    for event in events:
        if isinstance(event, Trade):
            taker = event.taker
            progress.quantity, progress.quote = taker.cum_quantity, taker.cum_quote
            progress.status = names.STATUS_WORDS[taker.status]
            progress.fills.append((event.trade_id, taker))
        elif isinstance(event, TradePrevented):
            progress.prevented.append(event)
            progress.total_prevented = event.taker_total_prevented
        elif isinstance(event, OrderExpired) and event.order is terms:
            progress.expired = event
            progress.status = expired_word(event)
    return progress


def expired_word(event: OrderExpired) -> str:
    """EXPIRED, or EXPIRED_IN_MATCH for what self-trade prevention ended."""
    return "EXPIRED" if event.prevented_id is None else names.EXPIRED_IN_MATCH


def placed_order(symbol: str, accepted: OrderAccepted, events: tuple[Event, ...], unit_ns: int, *, full: bool) -> Json:
    """RESULT or, with fills, FULL: the order after it met the book. "New order (TRADE)"."""
    terms = accepted.order
    progress = _progress(terms, events)
    created = terms.created_ns // unit_ns
    reply: Json = {
        "symbol": symbol,
        "orderId": terms.order_id,
        "orderListId": NO_LIST,
        "clientOrderId": terms.client_order_id,
        "transactTime": created,
        "price": text8(terms.price),
        "origQty": text8(terms.quantity),
        "executedQty": text8(progress.quantity),
        "origQuoteOrderQty": amount8(terms.quote_quantity),
        "cummulativeQuoteQty": amount8(progress.quote),
        "status": progress.status,
        "timeInForce": names.TIME_IN_FORCE_WORDS[terms.time_in_force],
        "type": names.order_type_word(terms),
        "side": names.SIDE_WORDS[terms.side],
        "workingTime": created,
    }
    if full:
        reply["fills"] = [fill(trade_id, execution) for trade_id, execution in progress.fills]
        if progress.prevented:
            reply["preventedMatches"] = [_prevented_match(event) for event in progress.prevented]
    _strategy(reply, terms)
    reply["selfTradePreventionMode"] = names.SELF_TRADE_PREVENTION_WORDS[terms.self_trade_prevention]
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
    _lost(reply, event)
    return reply


def _lost(reply: Json, event: TradePrevented) -> None:
    if event.taker_prevented_quantity:
        reply["takerPreventedQuantity"] = text8(event.taker_prevented_quantity)
    if event.maker_prevented_quantity:
        reply["makerPreventedQuantity"] = text8(event.maker_prevented_quantity)


def _words(reply: Json, terms: OrderTerms) -> None:
    reply["timeInForce"] = names.TIME_IN_FORCE_WORDS[terms.time_in_force]
    reply["type"] = names.order_type_word(terms)
    reply["side"] = names.SIDE_WORDS[terms.side]


def _strategy(reply: Json, terms: OrderTerms) -> None:
    if terms.strategy_id is not None:
        reply["strategyId"] = terms.strategy_id
    if terms.strategy_type is not None:
        reply["strategyType"] = terms.strategy_type


def canceled_order(symbol: str, event: OrderCanceled, ts_ns: int, unit_ns: int) -> Json:
    """The reply to a cancel; ``clientOrderId`` names the cancel, ``origClientOrderId`` the order."""
    terms = event.order
    reply: Json = {
        "symbol": symbol,
        "origClientOrderId": terms.client_order_id,
        "orderId": terms.order_id,
        "orderListId": NO_LIST,
        "clientOrderId": event.request_id,
        "transactTime": ts_ns // unit_ns,
        "price": text8(terms.price),
        "origQty": text8(terms.quantity),
        "executedQty": text8(event.cum_quantity),
        "origQuoteOrderQty": amount8(terms.quote_quantity),
        "cummulativeQuoteQty": amount8(event.cum_quote),
        "status": "CANCELED",
    }
    _words(reply, terms)
    _strategy(reply, terms)
    reply["selfTradePreventionMode"] = names.SELF_TRADE_PREVENTION_WORDS[terms.self_trade_prevention]
    return reply


def order_status(symbol: str, order: Order, unit_ns: int) -> Json:
    """An order as it stands. "Query order (USER_DATA)"; the same in openOrders and allOrders."""
    terms = order.terms
    created = terms.created_ns // unit_ns
    status = names.STATUS_WORDS[order.status]
    in_match = order.status is OrderStatus.EXPIRED and order.prevented_id is not None and not order.leaves_quantity
    reply: Json = {
        "symbol": symbol,
        "orderId": terms.order_id,
        "orderListId": NO_LIST,
        "clientOrderId": terms.client_order_id,
        "price": text8(terms.price),
        "origQty": text8(terms.quantity),
        "executedQty": text8(order.cum_quantity),
        "cummulativeQuoteQty": amount8(order.cum_quote),
        "status": names.EXPIRED_IN_MATCH if in_match else status,
    }
    _words(reply, terms)
    reply["stopPrice"] = ZERO
    reply["icebergQty"] = ZERO
    reply["time"] = created
    reply["updateTime"] = order.updated_ns // unit_ns
    reply["isWorking"] = True
    reply["workingTime"] = created
    reply["origQuoteOrderQty"] = amount8(terms.quote_quantity)
    _strategy(reply, terms)
    reply["selfTradePreventionMode"] = names.SELF_TRADE_PREVENTION_WORDS[terms.self_trade_prevention]
    if order.prevented_id is not None:
        reply["preventedMatchId"] = order.prevented_id
        reply["preventedQuantity"] = text8(order.prevented_quantity)
    if order.status is OrderStatus.EXPIRED and not in_match:
        reply["expiryReason"] = _expiry_reason(terms)
    return reply


def _expiry_reason(terms: OrderTerms) -> str:
    """Why an order of these terms expires; each kind can for one reason only."""
    if terms.time_in_force is TimeInForce.FOK:
        return "UNFILLED_FOK_ORDER_EXPIRED"
    if terms.order_type is OrderType.MARKET:
        return "INSUFFICIENT_LIQUIDITY"
    return "UNFILLED_IOC_QUANTITY_EXPIRED"


def account_trade(symbol: str, entry: Fill, unit_ns: int) -> Json:
    """One execution of the account. "Account trade list (USER_DATA)"."""
    execution = entry.execution
    terms = execution.order
    return {
        "symbol": symbol,
        "id": entry.trade_id,
        "orderId": terms.order_id,
        "orderListId": NO_LIST,
        "price": text8(execution.last_price),
        "qty": text8(execution.last_quantity),
        "quoteQty": amount8(execution.last_quote),
        "commission": amount8(execution.fee),
        "commissionAsset": execution.fee_asset,
        "time": entry.ts_ns // unit_ns,
        "isBuyer": terms.side is Side.BUY,
        "isMaker": execution.liquidity.value == "maker",
        "isBestMatch": True,
    }


def prevented_match(symbol: str, entry: Prevented, unit_ns: int) -> Json:
    """One prevented match. "Query Prevented Matches (USER_DATA)"."""
    event = entry.event
    reply: Json = {
        "symbol": symbol,
        "preventedMatchId": event.prevented_id,
        "takerOrderId": event.taker.order_id,
        "makerSymbol": symbol,
        "makerOrderId": event.maker.order_id,
        "tradeGroupId": -1,
        "selfTradePreventionMode": names.SELF_TRADE_PREVENTION_WORDS[event.mode],
        "price": text8(event.price),
    }
    _lost(reply, event)
    reply["transactTime"] = entry.ts_ns // unit_ns
    return reply


def levels(side: Iterable[tuple[Price, Quantity]]) -> list[tuple[str, str]]:
    return [(text8(price), text8(quantity)) for price, quantity in side]


def commission(maker: Rate, taker: Rate) -> dict[str, str]:
    return {"maker": text8(maker), "taker": text8(taker)}


def commission_by_side(maker: Rate, taker: Rate) -> dict[str, str]:
    return {"maker": text8(maker), "taker": text8(taker), "buyer": ZERO, "seller": ZERO}


DISCOUNT: Final = {
    "enabledForAccount": False,
    "enabledForSymbol": False,
    "discountAsset": "BNB",
    "discount": ZERO,
}
"""No discount for paying fees in another asset: fees are charged in what an order receives."""
