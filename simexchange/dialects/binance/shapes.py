"""Neutral values other than orders as this venue's JSON: key order and number formats as documented.

Builders give plain dicts in the documented key order; encoding is the caller's. Times come in nanoseconds and go
out in the unit the client asked for. Source: Binance REST, the responses of each endpoint.
"""

from collections.abc import Iterable
from typing import Any, Final

from simexchange.dialects.binance import names
from simexchange.dialects.binance.names import amount8, text8
from simexchange.domain.enums import Side
from simexchange.domain.events import TradePrevented
from simexchange.domain.units import Price, Quantity, Rate
from simexchange.venue.accounts import Fill, Prevented

Json = dict[str, Any]
NO_LIST: Final = -1
ZERO: Final = "0.00000000"


def account_trade(symbol: str, entry: Fill, unit_ns: int) -> Json:
    """One execution of the account. "Account trade list (USER_DATA)"."""
    execution = entry.execution
    terms = execution.order
    return {
        "symbol": symbol,
        "id": entry.trade_id,
        "orderId": terms.order_id,
        "orderListId": NO_LIST if terms.list_id is None else terms.list_id,
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


def lost(reply: Json, event: TradePrevented) -> None:
    """What each side of a prevented match lost to it."""
    if event.taker_prevented_quantity:
        reply["takerPreventedQuantity"] = text8(event.taker_prevented_quantity)
    if event.maker_prevented_quantity:
        reply["makerPreventedQuantity"] = text8(event.maker_prevented_quantity)


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
    lost(reply, event)
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
