"""Order lists as this venue's JSON, and cancels, which may end them. Key order as documented.

Source: Binance REST, "Order lists", "Cancel All Open Orders on a Symbol", "Query Order list".
"""

from typing import Final

from simexchange.dialects.binance import names, order_shapes
from simexchange.dialects.binance.shapes import Json
from simexchange.domain.events import Batch, OrderCanceled, OrderList, OrderListEnded

EXECUTING: Final = ("EXEC_STARTED", "EXECUTING")
ALL_DONE: Final = ("ALL_DONE", "ALL_DONE")


def order_list(symbol: str, found: OrderList, state: tuple[str, str], changed_ns: int, unit_ns: int) -> Json:
    """An order list with the names of its orders. ``state`` is its status type and order status."""
    return {
        "orderListId": found.list_id,
        "contingencyType": names.CONTINGENCY_WORDS[found.contingency],
        "listStatusType": state[0],
        "listOrderStatus": state[1],
        "listClientOrderId": found.client_list_id,
        "transactionTime": changed_ns // unit_ns,
        "symbol": symbol,
        "orders": _orders(symbol, found),
    }


def amended_list(symbol: str, found: OrderList) -> Json:
    """What an amendment says of the list that the order is part of. "Order Amend Keep Priority (TRADE)"."""
    return {
        "orderListId": found.list_id,
        "contingencyType": names.CONTINGENCY_WORDS[found.contingency],
        "listOrderStatus": EXECUTING[1],
        "listClientOrderId": found.client_list_id,
        "symbol": symbol,
        "orders": _orders(symbol, found),
    }


def _orders(symbol: str, found: OrderList) -> list[Json]:
    return [
        {"symbol": symbol, "orderId": order_id, "clientOrderId": client_order_id}
        for order_id, client_order_id in found.orders
    ]


def canceled(symbol: str, batch: Batch, unit_ns: int) -> list[Json]:
    """Everything a cancel ended, in that order: single orders, and each list as one with reports of its orders."""
    rows: list[Json] = []
    reports: dict[int, list[Json]] = {}
    lists: dict[int, Json] = {}
    for event in batch.events:
        if isinstance(event, OrderCanceled):
            report = order_shapes.canceled_order(symbol, event, batch.ts_ns, unit_ns)
            list_id = event.order.list_id
            if list_id is None:
                rows.append(report)
                continue
            if list_id not in reports:
                reports[list_id], lists[list_id] = [], {}
                rows.append(lists[list_id])
            reports[list_id].append(report)
        elif isinstance(event, OrderListEnded):
            found = event.order_list
            lists[found.list_id].update(order_list(symbol, found, ALL_DONE, batch.ts_ns, unit_ns))
            in_order = sorted(reports[found.list_id], key=lambda report: int(report["orderId"]))
            lists[found.list_id]["orderReports"] = in_order
    return rows
