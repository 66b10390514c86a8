"""Documented operations that are not built: each is answered as on a symbol or account that does not enable it.

They are signed, charged and counted like any other, and listed as missing in the fidelity table.
"""

from typing import Final

from simexchange.dialects.base import Fidelity
from simexchange.dialects.binance import errors, params
from simexchange.dialects.binance.context import Context, Handler, Operation, Security
from simexchange.dialects.binance.errors import BinanceRefusal, Entry
from simexchange.dialects.binance.params import Args, Param


def _refusing(entry: Entry, *arguments: object) -> Handler:
    def refuse(context: Context, args: Args) -> object:
        if "symbol" in args:
            context.symbols.market(args["symbol"])
        raise BinanceRefusal(entry, *arguments)

    return refuse


_SYMBOL: Final = Param("symbol", params.symbol, mandatory=True)


def _missing(
    title: str, rest: str, ws: str | None, weight: int, entry: Entry, *arguments: object, asks: bool = False
) -> Operation:
    return Operation(
        title,
        rest,
        ws,
        Security.USER_DATA if asks else Security.TRADE,
        weight,
        () if asks or rest.startswith("DELETE") else (_SYMBOL,),
        _refusing(entry, *arguments),
        fidelity=Fidelity.MISSING,
        note=f"answers {entry.code} {entry.text.format(*arguments)}",
    )


_LIST: Final = "Order list"
OPERATIONS: Final = (
    _missing(
        "Cancel an existing order and send a new order",
        "POST /api/v3/order/cancelReplace",
        "order.cancelReplace",
        1,
        errors.CANCEL_REPLACE_NOT_SUPPORTED,
    ),
    _missing(
        "Order amend keep priority",
        "PUT /api/v3/order/amend/keepPriority",
        "order.amend.keepPriority",
        4,
        errors.AMEND_NOT_SUPPORTED,
    ),
    _missing("New OCO (deprecated)", "POST /api/v3/order/oco", "orderList.place", 1, errors.OCO_NOT_SUPPORTED),
    _missing("New order list: OCO", "POST /api/v3/orderList/oco", "orderList.place.oco", 1, errors.OCO_NOT_SUPPORTED),
    _missing(
        "New order list: OTO", "POST /api/v3/orderList/oto", "orderList.place.oto", 1, errors.NOT_SUPPORTED, "OTO"
    ),
    _missing(
        "New order list: OTOCO",
        "POST /api/v3/orderList/otoco",
        "orderList.place.otoco",
        1,
        errors.NOT_SUPPORTED,
        "OTOCO",
    ),
    _missing(
        "New order list: OPO", "POST /api/v3/orderList/opo", "orderList.place.opo", 1, errors.NOT_SUPPORTED, "OPO"
    ),
    _missing(
        "New order list: OPOCO",
        "POST /api/v3/orderList/opoco",
        "orderList.place.opoco",
        1,
        errors.NOT_SUPPORTED,
        "OPOCO",
    ),
    _missing("Cancel order list", "DELETE /api/v3/orderList", "orderList.cancel", 1, errors.CANCEL_REJECTED),
    _missing("Query order list", "GET /api/v3/orderList", "orderList.status", 4, errors.ORDER_UNKNOWN, asks=True),
    _missing("New order using SOR", "POST /api/v3/sor/order", "sor.order.place", 1, errors.NOT_SUPPORTED, "SOR"),
    _missing(
        "Test new order using SOR", "POST /api/v3/sor/order/test", "sor.order.test", 1, errors.NOT_SUPPORTED, "SOR"
    ),
)
