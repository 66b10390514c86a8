"""Whole payloads of every kind of order, byte for byte: conditional fields, order lists, amendments, cancel-replace."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from dialects.binance.orders_story import (
    FULL,
    OCO,
    OLD_OCO,
    OPO,
    OPOCO,
    OTO,
    OTOCO,
    RESULT,
    STOP,
    STOP_LIMIT,
    SYMBOL,
    Market,
    amend,
    place,
    replace,
)
from dialects.binance.rest_bench import Answer
from simexchange.dialects.binance.settings import BinanceSettings, LimitSettings

GOLDEN: Final = Path(__file__).parent / "golden" / "rest_orders"
KEYS: Final[dict[str, Any]] = json.loads((GOLDEN.parent / "rest_orders_keys.json").read_text())
Case = Callable[[Market], Answer]


def new(**changes: Any) -> Case:
    return lambda bench: bench.alice.order(**({"newClientOrderId": "new"} | changes))


def order_list(kind: str, params: dict[str, Any], **changes: Any) -> Case:
    return lambda bench: place(bench.alice, kind, params, **changes)


def ask(method: str, path: str, **params: Any) -> Case:
    return lambda bench: bench.alice.ask(method, f"/api/v3/{path}", **params)


def after(*steps: Case | Callable[[Market], None]) -> Case:
    """The last step's answer, a second after the one before it."""

    def run(bench: Market) -> Answer:
        for step in steps[:-1]:
            step(bench)
            bench.advance(1_000)
        answer = steps[-1](bench)
        assert answer is not None
        return answer

    return run


def trade_at(price: str, bid: str | None = None) -> Callable[[Market], None]:
    return lambda bench: bench.trade_at(price, bid)


QUERY: Final = ask("GET", "order", **SYMBOL, origClientOrderId="new")
CANCEL: Final = ask("DELETE", "order", **SYMBOL, origClientOrderId="new", newClientOrderId="cancel")
TRAILING: Final = STOP | {"stopPrice": None, "trailingDelta": "100"}
PEG: Final = {"price": None, "pegPriceType": "PRIMARY_PEG"}
PEG_DEEPER: Final = PEG | {"pegOffsetType": "PRICE_LEVEL", "pegOffsetValue": "1", "price": "59000"}
PEGGED_STOP: Final = STOP_LIMIT | {"price": None, "pegPriceType": "MARKET_PEG"}
OLD: Final = new(newClientOrderId="old", price="59500")
SELL_OCO: Final = order_list("orderList/oco", OCO, belowIcebergQty="0.05")
BUY_OCO: Final = order_list(
    "orderList/oco",
    {
        **SYMBOL,
        "side": "BUY",
        "quantity": "0.1",
        "aboveType": "STOP_LOSS",
        "aboveTrailingDelta": "200",
        "aboveStrategyId": "7",
        "aboveStrategyType": "1000007",
        "aboveClientOrderId": "above",
        "belowType": "TAKE_PROFIT_LIMIT",
        "belowPrice": "58500",
        "belowStopPrice": "59000",
        "belowTimeInForce": "GTC",
        "belowIcebergQty": "0.02",
        "belowClientOrderId": "below",
        "listClientOrderId": "list",
    },
    **FULL,
)
CASES: Final[dict[str, Case]] = {
    "stop_ack": new(**STOP),
    "stop_limit_result": new(**STOP_LIMIT, **RESULT),
    "take_profit_full": new(**(STOP | {"type": "TAKE_PROFIT", "stopPrice": "61000"}), **FULL),
    "trailing": new(**TRAILING, **RESULT),
    "trailing_from_a_price": new(**(TRAILING | {"stopPrice": "59500"}), **RESULT, strategyId=1, strategyType=1000000),
    "iceberg": new(icebergQty="0.03", price="59900"),
    "pegged": new(**PEG),
    "pegged_deeper": new(**PEG_DEEPER),
    "pegged_stop": new(**PEGGED_STOP, **RESULT),
    "stop_canceled": after(new(**STOP_LIMIT, icebergQty="0.05"), CANCEL),
    "trailing_canceled": after(new(**TRAILING), CANCEL),
    "pegged_canceled": after(new(**PEG_DEEPER), CANCEL),
    "query_stop_asleep": after(new(**STOP_LIMIT), QUERY),
    "query_stop_at_work": after(new(**STOP_LIMIT), trade_at("58950"), QUERY),
    "query_trailing_asleep": after(new(**(TRAILING | {"stopPrice": "59500"})), QUERY),
    "query_trailing_following": after(new(**(TRAILING | {"stopPrice": "59500"})), trade_at("59400"), QUERY),
    "query_iceberg": after(new(icebergQty="0.03", price="59900"), QUERY),
    "query_pegged": after(new(**PEG_DEEPER), QUERY),
    "query_pegged_stop_asleep": after(new(**PEGGED_STOP), QUERY),
    "query_sibling_expired": after(
        SELL_OCO, trade_at("58950"), ask("GET", "order", **SYMBOL, origClientOrderId="above")
    ),
    "query_pending": after(
        order_list("orderList/oto", OTO), ask("GET", "order", **SYMBOL, origClientOrderId="pending")
    ),
    "open_orders_of_a_list": after(SELL_OCO, ask("GET", "openOrders", **SYMBOL)),
    "old_oco": order_list("order/oco", OLD_OCO),
    "old_oco_to_buy": order_list(
        "order/oco",
        OLD_OCO,
        side="BUY",
        price="59000",
        stopPrice="61000",
        stopLimitPrice=None,
        stopLimitTimeInForce=None,
        limitIcebergQty="0.02",
    ),
    "oco_to_sell": SELL_OCO,
    "oco_to_buy_full": BUY_OCO,
    "oco_ack": order_list("orderList/oco", OCO, newOrderRespType="ACK"),
    "oto": order_list("orderList/oto", OTO),
    "oto_filled_at_once": order_list("orderList/oto", OTO, workingPrice="60010", **FULL),
    "oto_expired_at_once": order_list("orderList/oto", OTO, workingTimeInForce="IOC"),
    "otoco": order_list("orderList/otoco", OTOCO),
    "opo": order_list("orderList/opo", OPO),
    "opoco": order_list("orderList/opoco", OPOCO),
    "list_canceled": after(SELL_OCO, ask("DELETE", "orderList", **SYMBOL, orderListId=1, newClientOrderId="cancel")),
    "list_canceled_by_its_leg": after(
        SELL_OCO, ask("DELETE", "order", **SYMBOL, origClientOrderId="above", newClientOrderId="cancel")
    ),
    "query_list": after(SELL_OCO, ask("GET", "orderList", orderListId=1)),
    "query_list_done": after(
        SELL_OCO, trade_at("58950", bid="58900"), ask("GET", "orderList", origClientOrderId="list")
    ),
    "open_lists": after(SELL_OCO, ask("GET", "openOrderList")),
    "all_lists": after(
        SELL_OCO,
        ask("DELETE", "orderList", **SYMBOL, orderListId=1),
        order_list("orderList/otoco", OTOCO),
        ask("GET", "allOrderList"),
    ),
    "amended": after(OLD, lambda bench: amend(bench.alice, orderId=6, newQty="0.06", newClientOrderId="new")),
    "amended_pending": after(
        order_list("orderList/oto", OTO),
        lambda bench: amend(bench.alice, origClientOrderId="pending", newQty="0.04", newClientOrderId="new"),
    ),
    "amendments": after(
        OLD,
        lambda bench: amend(bench.alice, orderId=6, newQty="0.06", newClientOrderId="new"),
        lambda bench: amend(bench.alice, orderId=6, newQty="0.05", newClientOrderId="new"),
        ask("GET", "order/amendments", **SYMBOL, orderId=6),
    ),
    "replaced": after(OLD, lambda bench: replace(bench.alice)),
    "replace_without_old": lambda bench: replace(bench.alice),
    "replace_without_old_allowed": lambda bench: replace(
        bench.alice, cancelReplaceMode="ALLOW_FAILURE", newOrderRespType="ACK"
    ),
    "replace_refused": after(
        OLD, lambda bench: replace(bench.alice, type="LIMIT_MAKER", timeInForce=None, price="60010")
    ),
    "replace_both_refused": lambda bench: replace(
        bench.alice, cancelReplaceMode="ALLOW_FAILURE", type="LIMIT_MAKER", timeInForce=None, price="60010"
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_reply_is_the_documented_one_to_the_byte(name: str) -> None:
    answer = CASES[name](Market())
    golden = json.loads((GOLDEN / f"{name}.json").read_text())
    assert answer.bytes.decode() == json.dumps(golden["body"], separators=(",", ":"))
    assert answer.status == golden["status"]


def test_canceling_all_lists_single_orders_and_order_lists_in_the_order_of_their_ids() -> None:
    bench = Market()
    for step in (OLD, SELL_OCO, new(**STOP)):
        step(bench)
    body = ask("DELETE", "openOrders", **SYMBOL)(bench).body
    single = json.loads((GOLDEN / "stop_canceled.json").read_text())["body"]
    whole = json.loads((GOLDEN / "list_canceled.json").read_text())["body"]
    assert [list(row) for row in body] == [
        [key for key in single if key not in ("stopPrice", "icebergQty")],
        list(whole),
        [key for key in single if key != "icebergQty"],
    ]
    assert [row.get("orderId", row.get("orderListId")) for row in body] == [6, 1, 9]
    reports = body[1]["orderReports"]
    assert [list(row) for row in reports] == [list(row) for row in whole["orderReports"]]
    assert len({row["clientOrderId"] for row in (body[0], *reports, body[2])}) == 1


def test_a_new_order_beyond_the_order_count_is_refused_and_the_old_one_canceled_on_demand() -> None:
    bench = Market(settings=BinanceSettings(LimitSettings(orders_10s=1)))
    bench.advance(20_000)
    OLD(bench)
    answer = replace(bench.alice, orderRateLimitExceededMode="CANCEL_ONLY")
    assert answer.status == 429
    partly = json.loads((GOLDEN / "replace_refused.json").read_text())["body"]
    assert list(answer.body) == list(partly)
    assert answer.body["code"] == -2021
    data = answer.body["data"]
    assert {**data, "cancelResponse": None} == {
        "cancelResult": "SUCCESS",
        "newOrderResult": "FAILURE",
        "cancelResponse": None,
        "newOrderResponse": {
            "code": -1015,
            "msg": "Too many new orders; current limit is 1 orders per 10 SECOND.",
        },
    }
    assert list(data["cancelResponse"]) == list(partly["data"]["cancelResponse"])


def test_every_golden_payload_is_asked_for() -> None:
    assert sorted(path.stem for path in GOLDEN.glob("*.json")) == sorted(CASES)


@pytest.mark.parametrize("name", KEYS)
def test_the_golden_payload_has_the_documented_keys_in_their_order(name: str) -> None:
    body = json.loads((GOLDEN / f"{name}.json").read_text())["body"]
    for key, expected in KEYS[name].items():
        found = body
        for step in key.split(".") if key else ():
            found = found[int(step) if step.isdigit() else step]
        assert list(found) == expected
