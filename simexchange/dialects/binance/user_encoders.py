"""Events of the user data stream other than executionReport, in the venue's words and the documented key order.

One function per event; each gives a plain dict to be encoded once for all who listen to the account. Source: "User
Data Streams for Binance".
"""

from collections.abc import Iterable

from simexchange.dialects.binance.execution_reports import Payload
from simexchange.dialects.binance.names import CONTINGENCY_WORDS, amount8, wire_symbol
from simexchange.domain.enums import Contingency
from simexchange.domain.events import BalanceAdjusted, BalancesChanged
from simexchange.domain.ids import ClientOrderId, OrderId, Symbol

STARTED = ("EXEC_STARTED", "EXECUTING")
UPDATED = ("UPDATED", "EXECUTING")
ALL_DONE = ("ALL_DONE", "ALL_DONE")
REJECTED = ("RESPONSE", "REJECT")
"""What there is to tell of an order list: (listStatusType, listOrderStatus)."""


def list_status(
    list_id: int,
    client_list_id: ClientOrderId,
    symbol: Symbol,
    contingency: Contingency,
    status: tuple[str, str],
    orders: Iterable[tuple[OrderId, ClientOrderId]],
    ts_ns: int,
    unit: int,
    reject_reason: str = "NONE",
) -> Payload:
    """An order list began, changed or ended; ``orders`` are its legs with the names they have now."""
    at, word = ts_ns // unit, wire_symbol(symbol)
    kind, order_status = status
    return {
        "e": "listStatus",
        "E": at,
        "s": word,
        "g": list_id,
        "c": CONTINGENCY_WORDS[contingency],
        "l": kind,
        "L": order_status,
        "r": reject_reason,
        "C": client_list_id,
        "T": at,
        "O": [{"s": word, "i": order_id, "c": client_order_id} for order_id, client_order_id in orders],
    }


def account_position(event: BalancesChanged, ts_ns: int, unit: int) -> Payload:
    at = ts_ns // unit
    balances = [{"a": asset, "f": amount8(free), "l": amount8(held)} for asset, free, held in event.balances]
    return {"e": "outboundAccountPosition", "E": at, "u": at, "B": balances}


def balance_update(event: BalanceAdjusted, ts_ns: int, unit: int) -> Payload:
    at = ts_ns // unit
    return {"e": "balanceUpdate", "E": at, "a": event.asset, "d": amount8(event.delta), "T": at}


def stream_terminated(ts_ns: int, unit: int) -> Payload:
    return {"e": "eventStreamTerminated", "E": ts_ns // unit}


def listen_key_expired(listen_key: str, ts_ns: int, unit: int) -> Payload:
    return {"e": "listenKeyExpired", "E": ts_ns // unit, "listenKey": listen_key}
