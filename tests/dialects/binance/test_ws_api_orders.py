"""Orders of every kind over the WebSocket API: the same answers as over REST, in this API's envelope."""

import json
from collections.abc import Callable
from typing import Any, Final

import pytest

from dialects.binance.orders_story import (
    OCO,
    OLD_OCO,
    OPO,
    OPOCO,
    OTO,
    OTOCO,
    REPLACE,
    STOP_LIMIT,
    SYMBOL,
    Market,
)
from dialects.binance.rest_bench import ORDER, PEER, Client
from dialects.binance.stream_bench import Socket
from simexchange.dialects.base import Reply, Request
from simexchange.dialects.binance.operations import OPERATIONS
from simexchange.dialects.binance.settings import BinanceSettings, LimitSettings

OLD: Final = ORDER | {"newClientOrderId": "old", "price": "59500"}
TAKES: Final = {"type": "LIMIT_MAKER", "timeInForce": None, "price": "60010"}
ASK: Final[dict[str, dict[str, Any]]] = {
    "order.place": ORDER | STOP_LIMIT | {"newClientOrderId": "new", "newOrderRespType": "FULL", "trailingDelta": "100"},
    "order.test": ORDER | STOP_LIMIT,
    "order.cancelReplace": REPLACE,
    "order.amend.keepPriority": {**SYMBOL, "origClientOrderId": "old", "newQty": "0.05", "newClientOrderId": "new"},
    "order.amendments": {**SYMBOL, "orderId": 6},
    "order.status": {**SYMBOL, "orderId": 6},
    "order.cancel": {**SYMBOL, "orderId": 6, "newClientOrderId": "cancel"},
    "orderList.place": OLD_OCO,
    "orderList.place.oco": OCO,
    "orderList.place.oto": OTO,
    "orderList.place.otoco": OTOCO,
    "orderList.place.opo": OPO,
    "orderList.place.opoco": OPOCO,
    "orderList.cancel": {**SYMBOL, "orderListId": 1},
    "orderList.status": {"orderListId": 1},
    "openOrderLists.status": {},
    "allOrderLists": {},
    "openOrders.status": SYMBOL,
    "openOrders.cancelAll": SYMBOL,
    "sor.order.place": {**SYMBOL, "side": "BUY", "type": "LIMIT", "quantity": "0.1"},
    "sor.order.test": {**SYMBOL, "side": "BUY", "type": "LIMIT", "quantity": "0.1"},
    "myAllocations": SYMBOL,
}
REST: Final = {operation.ws: operation.rest for operation in OPERATIONS if operation.rest is not None}


def connect(market: Market) -> Socket:
    session = market.dialect.open_stream(Request("GET", "/ws-api/v3", "", {}, b"", PEER))
    assert not isinstance(session, Reply)
    return Socket(session)


def request(client: Client, method: str, params: dict[str, Any]) -> dict[str, Any]:
    """Numbers go as numbers where they are ones, as this API lets a client choose."""
    sent = {name: value for name, value in params.items() if value is not None}
    sent |= {"apiKey": client.api_key, "timestamp": client.bench.now_ms}
    text = "&".join(f"{name}={sent[name]}" for name in sorted(sent))
    return {"id": 1, "method": method, "params": {**sent, "signature": client.signer.sign(text)}}


def with_old_order(market: Market) -> None:
    market.alice.order(**OLD)


def with_list(market: Market) -> None:
    market.alice.ask("POST", "/api/v3/orderList/oco", **OCO)


def as_it_is(market: Market) -> None:
    """Nothing happened yet."""


BEFORE: Final[dict[str, Callable[[Market], None]]] = {
    "order.cancelReplace": with_old_order,
    "order.amend.keepPriority": with_old_order,
    "order.amendments": with_old_order,
    "order.status": with_list,
    "order.cancel": with_list,
    "orderList.cancel": with_list,
    "orderList.status": with_list,
    "openOrderLists.status": with_list,
    "allOrderLists": with_list,
    "openOrders.status": with_list,
    "openOrders.cancelAll": with_list,
}


@pytest.mark.parametrize("method", ASK)
def test_a_method_answers_as_its_endpoint_does(method: str) -> None:
    over_rest, over_socket = Market(), Market()
    for market in (over_rest, over_socket):
        BEFORE.get(method, as_it_is)(market)
        market.advance(1_000)
    verb, path = str(REST[method]).split(" ")
    expected = over_rest.alice.ask(verb, path, **ASK[method])
    answer = connect(over_socket).ask(request(over_socket.alice, method, ASK[method]))
    assert answer["status"] == expected.status
    part = "result" if expected.status == 200 else "error"
    assert list(answer) == ["id", "status", part, "rateLimits"]
    assert json.dumps(answer[part]) == json.dumps(expected.body)


@pytest.mark.parametrize(
    ("method", "count"),
    [
        ("order.place", 1),
        ("orderList.place", 2),
        ("orderList.place.oco", 2),
        ("orderList.place.oto", 2),
        ("orderList.place.otoco", 3),
        ("orderList.place.opo", 2),
        ("orderList.place.opoco", 3),
        ("order.cancelReplace", 2),
        ("order.amend.keepPriority", None),
        ("orderList.cancel", None),
    ],
)
def test_unfilled_orders_are_shown_to_whoever_places_some(method: str, count: int | None) -> None:
    market = Market()
    BEFORE.get(method, as_it_is)(market)
    rows = connect(market).ask(request(market.alice, method, ASK[method]))["rateLimits"]
    kinds = [(row["rateLimitType"], row["interval"]) for row in rows]
    weight = ("REQUEST_WEIGHT", "MINUTE")
    assert kinds == ([weight] if count is None else [("ORDERS", "SECOND"), ("ORDERS", "DAY"), weight])
    assert count is None or [row["count"] for row in rows[:2]] == [count, count]


@pytest.mark.parametrize(
    ("has_old", "changes", "status", "code", "cancel", "new_order"),
    [
        (False, {}, 400, -2022, "FAILURE", "NOT_ATTEMPTED"),
        (True, TAKES, 409, -2021, "SUCCESS", "FAILURE"),
        (False, {"cancelReplaceMode": "ALLOW_FAILURE"}, 409, -2021, "FAILURE", "SUCCESS"),
    ],
)
def test_a_replacement_that_fails_in_part_tells_of_either_half(
    has_old: bool, changes: dict[str, Any], status: int, code: int, cancel: str, new_order: str
) -> None:
    market = Market()
    if has_old:
        with_old_order(market)
    answer = connect(market).ask(request(market.alice, "order.cancelReplace", REPLACE | changes))
    assert list(answer) == ["id", "status", "error", "rateLimits"]
    error = answer["error"]
    assert list(error) == ["code", "msg", "data"]
    assert (answer["status"], error["code"]) == (status, code)
    assert (error["data"]["cancelResult"], error["data"]["newOrderResult"]) == (cancel, new_order)


def test_a_replacement_beyond_the_order_count_says_when_to_come_back() -> None:
    market = Market(settings=BinanceSettings(LimitSettings(orders_10s=1)))
    market.advance(20_000)
    with_old_order(market)
    answer = connect(market).ask(request(market.alice, "order.cancelReplace", REPLACE))
    assert (answer["status"], answer["error"]["code"]) == (429, -1015)
    assert list(answer["error"]["data"]) == ["serverTime", "retryAfter"]


def test_numbers_may_be_numbers() -> None:
    market = Market()
    params = OTO | {"workingPrice": 59500, "workingQuantity": 0.1, "pendingQuantity": 0.05}
    answer = connect(market).ask(request(market.alice, "orderList.place.oto", params))
    assert [report["origQty"] for report in answer["result"]["orderReports"]] == ["0.10000000", "0.05000000"]
