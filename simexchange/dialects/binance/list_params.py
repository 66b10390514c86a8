"""What the requests for order lists call the parameters of their orders, and which each of them takes.

An order of a list has the parameters of a plain one, each with the order's place in front: ``aboveStopPrice``. Source:
Binance REST, "Order lists", in the documented order of parameters.
"""

from typing import Final

from simexchange.dialects.binance import errors, params
from simexchange.dialects.binance.order_command import Words
from simexchange.dialects.binance.params import Param, Reader
from simexchange.dialects.binance.trading import (
    PEG_OFFSET_TYPE,
    PEG_PRICE_TYPE,
    RESPONSE,
    SELF_TRADE_PREVENTION,
    SIDE,
    SYMBOL,
    TIME_IN_FORCE,
    TYPE,
)

_READERS: Final[dict[str, Reader]] = {
    "type": TYPE,
    "side": SIDE,
    "newClientOrderId": params.client_id,
    "price": params.decimal,
    "quantity": params.decimal,
    "stopPrice": params.decimal,
    "trailingDelta": params.long,
    "icebergQty": params.decimal,
    "timeInForce": TIME_IN_FORCE,
    "strategyId": params.long,
    "strategyType": params.strategy_type,
    "pegPriceType": PEG_PRICE_TYPE,
    "pegOffsetType": PEG_OFFSET_TYPE,
    "pegOffsetValue": params.long,
}
_LABELS: Final = ("strategyId", "strategyType", "pegPriceType", "pegOffsetType", "pegOffsetValue")
_STOPS: Final = ("price", "stopPrice", "trailingDelta")
_MANDATORY: Final = frozenset({"type", "side", "quantity"})


def _words(place: str, **shared: str) -> Words:
    """The names of an order's parameters; ``shared`` are those that it has in common with others."""
    words = {name: place + name[0].upper() + name[1:] for name in _READERS}
    return {**words, "newClientOrderId": f"{place}ClientOrderId", "selfTradePreventionMode": STP, **shared}


STP: Final = SELF_TRADE_PREVENTION.name
_OF_PAIR: Final = {"side": "side", "quantity": "quantity"}
_OF_PENDING: Final = {"side": "pendingSide", "quantity": "pendingQuantity"}
ABOVE: Final = _words("above", **_OF_PAIR)
BELOW: Final = _words("below", **_OF_PAIR)
WORKING: Final = _words("working")
PENDING: Final = _words("pending")
PENDING_ABOVE: Final = _words("pendingAbove", **_OF_PENDING)
PENDING_BELOW: Final = _words("pendingBelow", **_OF_PENDING)
OLD_LIMIT: Final[Words] = {
    **_OF_PAIR,
    "price": "price",
    "newClientOrderId": "limitClientOrderId",
    "strategyId": "limitStrategyId",
    "strategyType": "limitStrategyType",
    "icebergQty": "limitIcebergQty",
    "selfTradePreventionMode": STP,
}
OLD_STOP: Final[Words] = {
    **_OF_PAIR,
    "stopPrice": "stopPrice",
    "trailingDelta": "trailingDelta",
    "price": "stopLimitPrice",
    "timeInForce": "stopLimitTimeInForce",
    "newClientOrderId": "stopClientOrderId",
    "strategyId": "stopStrategyId",
    "strategyType": "stopStrategyType",
    "icebergQty": "stopIcebergQty",
    "selfTradePreventionMode": STP,
}


def _leg(words: Words, *names: str) -> tuple[Param, ...]:
    return tuple(Param(words[name], _READERS[name], mandatory=name in _MANDATORY) for name in names)


_LIST_ID: Final = Param("listClientOrderId", params.client_id)
_OLD_NAMES: Final = (
    *((OLD_LIMIT, name) for name in ("newClientOrderId", "price", "strategyId", "strategyType", "icebergQty")),
    *((OLD_STOP, name) for name in ("trailingDelta", "newClientOrderId", "stopPrice", "strategyId", "strategyType")),
    *((OLD_STOP, name) for name in ("price", "icebergQty", "timeInForce")),
)
OLD_OCO_PARAMS: Final = (
    SYMBOL,
    _LIST_ID,
    *_leg(ABOVE, "side", "quantity"),
    *(Param(words[name], _READERS[name], mandatory=words[name] == "price") for words, name in _OLD_NAMES),
    RESPONSE,
    SELF_TRADE_PREVENTION,
)
_OF_OCO: Final = ("type", "newClientOrderId", "icebergQty", *_STOPS, "timeInForce", *_LABELS)
OCO_PARAMS: Final = (
    SYMBOL,
    _LIST_ID,
    *_leg(ABOVE, "side", "quantity", *_OF_OCO),
    *_leg(BELOW, *_OF_OCO),
    RESPONSE,
    SELF_TRADE_PREVENTION,
)
_WORKING_TYPE: Final = Param(
    "workingType",
    params.choice({word: word for word in ("LIMIT", "LIMIT_MAKER")}, errors.BAD_ORDER_TYPE),
    mandatory=True,
)
_OTO_HEAD: Final = (
    SYMBOL,
    _LIST_ID,
    RESPONSE,
    SELF_TRADE_PREVENTION,
    _WORKING_TYPE,
    *_leg(WORKING, "side", "newClientOrderId", "price", "quantity", "icebergQty", "timeInForce", *_LABELS),
)
_OF_PENDING_PAIR: Final = ("type", "newClientOrderId", *_STOPS, "icebergQty", "timeInForce", *_LABELS)
_PENDING_PAIR: Final = (*_leg(PENDING_ABOVE, *_OF_PENDING_PAIR), *_leg(PENDING_BELOW, *_OF_PENDING_PAIR))
_PENDING_HEAD: Final = ("type", "side", "newClientOrderId", *_STOPS)
_PENDING_TAIL: Final = ("icebergQty", "timeInForce", *_LABELS)
OTO_PARAMS: Final = (*_OTO_HEAD, *_leg(PENDING, *_PENDING_HEAD, "quantity", *_PENDING_TAIL))
OPO_PARAMS: Final = (*_OTO_HEAD, *_leg(PENDING, *_PENDING_HEAD, *_PENDING_TAIL))
OTOCO_PARAMS: Final = (*_OTO_HEAD, *_leg(PENDING, "side", "quantity"), *_PENDING_PAIR)
OPOCO_PARAMS: Final = (*_OTO_HEAD, *_leg(PENDING, "side"), *_PENDING_PAIR)
