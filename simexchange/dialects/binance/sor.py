"""Smart order routing: documented and served, but no symbol has it, so every order is answered as on one that has none.

Source: Binance REST, "SOR"; the answer is seen in public logs.
"""

from typing import Final, NoReturn

from simexchange.dialects.base import Fidelity
from simexchange.dialects.binance import errors, params
from simexchange.dialects.binance.account import own
from simexchange.dialects.binance.context import Context, Operation, Security
from simexchange.dialects.binance.errors import BinanceRefusal
from simexchange.dialects.binance.order_history import END, LIMIT, START
from simexchange.dialects.binance.params import Args, Param
from simexchange.dialects.binance.trading import (
    COMMISSION_RATES,
    RESPONSE,
    SELF_TRADE_PREVENTION,
    SIDE,
    SYMBOL,
    TIME_IN_FORCE,
    dry_run_weight,
)


def no_sor(context: Context, args: Args) -> NoReturn:
    """POST /api/v3/sor/order and sor/order/test, sor.order.place and sor.order.test."""
    context.symbols.market(args["symbol"])
    raise BinanceRefusal(errors.NO_SOR)


def no_allocations(context: Context, args: Args) -> object:
    """GET /api/v3/myAllocations, myAllocations: only smart order routing makes allocations."""
    context.symbols.market(args["symbol"])
    return []


_NOTE: Final = f"no symbol has it: answers {errors.NO_SOR.code} {errors.NO_SOR.text}"
SOR_PARAMS: Final = (
    SYMBOL,
    Param("side", SIDE, mandatory=True),
    Param("type", params.choice({word: word for word in ("LIMIT", "MARKET")}, errors.BAD_ORDER_TYPE), mandatory=True),
    Param("timeInForce", TIME_IN_FORCE),
    Param("quantity", params.decimal, mandatory=True),
    Param("price", params.decimal),
    Param("newClientOrderId", params.client_id),
    Param("strategyId", params.long),
    Param("strategyType", params.strategy_type),
    Param("icebergQty", params.decimal),
    RESPONSE,
    SELF_TRADE_PREVENTION,
)
OPERATIONS: Final = (
    Operation(
        "New order using SOR",
        "POST /api/v3/sor/order",
        "sor.order.place",
        Security.TRADE,
        1,
        SOR_PARAMS,
        no_sor,
        orders=1,
        free_when_successful=True,
        fidelity=Fidelity.SIMPLIFIED,
        note=_NOTE,
    ),
    Operation(
        "Test new order using SOR",
        "POST /api/v3/sor/order/test",
        "sor.order.test",
        Security.TRADE,
        dry_run_weight,
        (*SOR_PARAMS, COMMISSION_RATES),
        no_sor,
        fidelity=Fidelity.SIMPLIFIED,
        note=_NOTE,
    ),
    own(
        "Query allocations",
        "myAllocations",
        "myAllocations",
        20,
        no_allocations,
        SYMBOL,
        START,
        END,
        Param("fromAllocationId", params.long),
        LIMIT,
        Param("orderId", params.long),
    ),
)
