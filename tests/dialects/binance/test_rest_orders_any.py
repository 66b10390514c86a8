"""Orders of every kind in any combination, plausible or not: always an answer of the venue, and books that balance."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialects.binance.orders_story import OCO, OLD_OCO, OPO, OPOCO, OTO, OTOCO, REPLACE, STOP, STOP_LIMIT, SYMBOL
from dialects.binance.rest_bench import EVERYTHING, ORDER, Answer, Bench, Client, amount
from simexchange.dialects.binance.operations import OPERATIONS
from simexchange.dialects.binance.order_types import TYPE_RULES
from simexchange.dialects.binance.settings import LIMITS_OFF, BinanceSettings
from simexchange.domain.commands import Deposit

PLACING: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "order": (ORDER, ORDER | {"side": "SELL"}, ORDER | STOP, ORDER | STOP_LIMIT),
    "order/test": (ORDER, ORDER | STOP_LIMIT),
    "order/oco": (OLD_OCO,),
    "order/cancelReplace": (REPLACE,),
    "orderList/oco": (OCO,),
    "orderList/oto": (OTO,),
    "orderList/otoco": (OTOCO,),
    "orderList/opo": (OPO,),
    "orderList/opoco": (OPOCO,),
}
PARAMS: Final = {
    path: [
        param.name for operation in OPERATIONS if operation.rest == f"POST /api/v3/{path}" for param in operation.params
    ]
    for path in PLACING
}
PRICES: Final = st.sampled_from(["59000", "59900", "59990", "60000", "60010", "60100", "61000", "0", "60000.001"])
QUANTITIES: Final = st.sampled_from(["0.001", "0.03", "0.1", "0.5", "0.5", "2", "0", "0.00001"])
CHOICES: Final[dict[str, st.SearchStrategy[str]]] = {
    "Side": st.sampled_from(["BUY", "SELL"]),
    "Type": st.sampled_from(list(TYPE_RULES)),
    "TimeInForce": st.sampled_from(["GTC", "IOC", "FOK"]),
    "Price": PRICES,
    "Qty": QUANTITIES,
    "Quantity": QUANTITIES,
    "Delta": st.sampled_from(["0", "10", "100", "2000", "2001"]),
    "PegPriceType": st.sampled_from(["PRIMARY_PEG", "MARKET_PEG"]),
    "PegOffsetType": st.just("PRICE_LEVEL"),
    "PegOffsetValue": st.sampled_from(["0", "1", "2", "101"]),
    "StrategyId": st.just("1"),
    "StrategyType": st.sampled_from(["1000000", "1"]),
    "RespType": st.sampled_from(["ACK", "RESULT", "FULL"]),
    "PreventionMode": st.sampled_from(["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT", "TRANSFER"]),
    "Restrictions": st.sampled_from(["ONLY_NEW", "ONLY_PARTIALLY_FILLED"]),
    "ReplaceMode": st.sampled_from(["STOP_ON_FAILURE", "ALLOW_FAILURE"]),
    "ExceededMode": st.sampled_from(["DO_NOTHING", "CANCEL_ONLY"]),
    "OrderId": st.integers(1, 900).map(str),
    "Rates": st.sampled_from(["true", "false"]),
}


def values(name: str) -> st.SearchStrategy[str | None]:
    """Something that a parameter of this name may hold, or nothing."""
    capital = name[0].upper() + name[1:]
    endings = sorted((ending for ending in CHOICES if capital.endswith(ending)), key=len)
    if not endings:
        return st.none()
    return st.integers(0, 5).flatmap(lambda chance: CHOICES[endings[-1]] if chance else st.none())


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A placement with some parameters changed; half of them keep the shape that the documentation gives them."""
    path = draw(st.sampled_from([*PLACING, *["order"] * 8]))
    params = dict(draw(st.sampled_from(PLACING[path])))
    for name in ("price", "side", "quantity"):
        if path == "order" and name in params and params[name] is not None:
            params[name] = draw(CHOICES[name.capitalize()].filter(lambda value: value not in ("0", "60000.001")))
    if path == "order/cancelReplace":
        params |= {"cancelOrigClientOrderId": None, "cancelOrderId": draw(CHOICES["OrderId"])}
    for name in draw(st.lists(st.sampled_from(PARAMS[path]), max_size=3, unique=True)):
        if name != "symbol":
            params[name] = draw(values(name))
    for name in [name for name in params if name.endswith("ClientOrderId") and not name.startswith("cancel")]:
        params[name] = None
    return path, params


def is_an_answer_of_the_venue(answer: Answer) -> bool:
    body = answer.body
    if answer.status == 200:
        return isinstance(body, dict | list)
    keys = ["code", "msg", "data"] if body["code"] in (-2021, -2022) else ["code", "msg"]
    return answer.status in (400, 409) and list(body) == keys and "{" not in body["msg"]


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """Everything happens on one venue, so that orders of one example meet those of another."""
    shared = Bench(BinanceSettings(LIMITS_OFF), rules=EVERYTHING)
    shared.change_rules(max_triggered_orders=0, max_open_orders=0, max_order_lists=0)
    for client in (shared.alice, shared.bob):
        shared.door.submit(Deposit(client.account_id, "USDT", amount("10000000")))
        shared.door.submit(Deposit(client.account_id, "BTC", amount("200")))
    yield shared
    views = shared.door.venue.views
    assert set(views.trial_balance().values()) == {0}
    for client in (shared.alice, shared.bob):
        balances = shared.door.venue.accounts[client.account_id].balances
        held = {name: balance.held for name, balance in balances.items() if balance.held}
        needed = {name: amount for name, amount in views.held_for_orders(client.account_id).items() if amount}
        assert held == needed


def look_around(client: Client) -> None:
    """Every question about orders, while they are as they are."""
    for path, params in (
        ("openOrders", SYMBOL),
        ("allOrders", SYMBOL),
        ("openOrderList", {}),
        ("allOrderList", {}),
        ("myTrades", SYMBOL),
    ):
        rows = client.ask("GET", f"/api/v3/{path}", **params)
        assert rows.status == 200, rows.bytes
    for row in client.ask("GET", "/api/v3/openOrders").body[:3]:
        assert client.ask("GET", "/api/v3/order", **SYMBOL, orderId=row["orderId"]).body == row


@settings(max_examples=1_200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(request=requests(), is_alice=st.booleans(), chance=st.integers(0, 39), order_id=st.integers(1, 900))
def test_any_order_is_answered_and_what_became_of_it_can_be_asked(
    bench: Bench, request: tuple[str, dict[str, Any]], is_alice: bool, chance: int, order_id: int
) -> None:
    client = bench.alice if is_alice else bench.bob
    path, params = request
    bench.advance(10)
    answer = client.ask("POST", f"/api/v3/{path}", **params)
    assert is_an_answer_of_the_venue(answer), (path, params, answer.bytes)
    if chance == 0:
        look_around(client)
    elif chance == 1:
        assert is_an_answer_of_the_venue(client.ask("DELETE", "/api/v3/openOrders", **SYMBOL))
    elif chance < 5:
        amended = client.ask("PUT", "/api/v3/order/amend/keepPriority", **SYMBOL, orderId=order_id, newQty="0.02")
        assert is_an_answer_of_the_venue(amended)
    elif chance < 8:
        assert is_an_answer_of_the_venue(client.ask("DELETE", "/api/v3/order", **SYMBOL, orderId=order_id))


def test_the_examples_as_they_are_all_make_orders() -> None:
    for path, examples in PLACING.items():
        for params in examples:
            bench = Bench(rules=EVERYTHING)
            bench.bob.order(side="SELL", quantity="0.01")
            bench.alice.order(quantity="0.01")
            bench.bob.order(price="59990")
            bench.alice.order(newClientOrderId="old", price="59000")
            answer = bench.alice.ask("POST", f"/api/v3/{path}", **params)
            assert answer.status == 200, (path, json.dumps(params), answer.bytes)
