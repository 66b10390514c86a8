"""Cancel-replace and amendments over REST: what is looked at first, what becomes of either half, what is counted."""

from typing import Any, Final

import pytest

from dialects.binance.orders_story import OCO, STOP_LIMIT, SYMBOL, Market, amend, place, replace, status
from dialects.binance.rest_bench import Answer, Client
from simexchange.dialects.binance.settings import BinanceSettings, LimitSettings

UNKNOWN: Final = {"code": -2011, "msg": "Unknown order sent."}
WOULD_TAKE: Final = {"code": -2010, "msg": "Order would immediately match and take."}
TOO_MANY: Final = {"code": -1015, "msg": "Too many new orders; current limit is 1 orders per 10 SECOND."}
TAKES: Final = {"type": "LIMIT_MAKER", "timeInForce": None, "price": "60010"}


@pytest.fixture
def bench() -> Market:
    return Market()


def old(client: Client, **changes: Any) -> Answer:
    return client.order(**({"newClientOrderId": "old", "price": "59500"} | changes))


def order_count(client: Client) -> int:
    return int(client.ask("GET", "/api/v3/rateLimit/order").body[0]["count"])


def results(answer: Answer) -> tuple[int, int | None, str, str]:
    """HTTP status, code, and what became of the cancel and of the new order."""
    body = answer.body
    data = body.get("data", body)
    return answer.status, body.get("code"), data["cancelResult"], data["newOrderResult"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"cancelReplaceMode": None},
            (400, -1102, "Mandatory parameter 'cancelReplaceMode' was not sent, was empty/null, or malformed."),
        ),
        ({"cancelReplaceMode": "HOPE"}, (400, -1130, "Data sent for parameter 'cancelReplaceMode' is not valid.")),
        (
            {"cancelOrigClientOrderId": None},
            (
                400,
                -1102,
                "Param 'cancelOrigClientOrderId' or 'cancelOrderId' must be sent, but both were empty/null!",
            ),
        ),
        ({"cancelRestrictions": "NONE"}, (400, -1145, "Invalid cancelRestrictions")),
        (
            {"orderRateLimitExceededMode": "WAIT"},
            (400, -1130, "Data sent for parameter 'orderRateLimitExceededMode' is not valid."),
        ),
        ({"price": None}, (400, -1102, "Mandatory parameter 'price' was not sent, was empty/null, or malformed.")),
        ({"stopPrice": "1"}, (400, -1106, "Parameter 'stopPrice' sent when not required.")),
        ({"price": "59600.001"}, (400, -1013, "Filter failure: PRICE_FILTER")),
        ({"quantity": "0.00001"}, (400, -1013, "Filter failure: NOTIONAL")),
        ({"symbol": "NOPE"}, (400, -1121, "Invalid symbol.")),
        (STOP_LIMIT | {"trailingDelta": "1"}, (400, -1013, "Filter failure: TRAILING_DELTA")),
    ],
)
def test_what_can_be_seen_beforehand_refuses_the_whole_and_cancels_nothing(
    bench: Market, changes: dict[str, Any], expected: tuple[int, int, str]
) -> None:
    old(bench.alice)
    assert replace(bench.alice, **changes).refusal == expected
    assert status(bench.alice, "old")["status"] == "NEW"


def test_filters_count_the_old_order_too(bench: Market) -> None:
    bench.change_rules(max_open_orders=1)
    old(bench.alice)
    assert replace(bench.alice).refusal == (400, -1013, "Filter failure: MAX_NUM_ORDERS")
    assert status(bench.alice, "old")["status"] == "NEW"


def test_the_money_of_the_old_order_pays_for_the_new_one(bench: Market) -> None:
    old(bench.alice, quantity="1.6")
    assert results(replace(bench.alice, quantity="1.6")) == (200, None, "SUCCESS", "SUCCESS")


def test_the_new_order_may_have_the_name_of_the_old_one(bench: Market) -> None:
    old(bench.alice)
    assert results(replace(bench.alice, newClientOrderId="old")) == (200, None, "SUCCESS", "SUCCESS")
    assert status(bench.alice, "old")["price"] == "59600.00000000"


def test_the_new_order_may_be_of_any_type(bench: Market) -> None:
    old(bench.alice)
    body = replace(bench.alice, **STOP_LIMIT, newOrderRespType="RESULT").body["newOrderResponse"]
    assert (body["type"], body["stopPrice"], body["workingTime"]) == ("STOP_LOSS_LIMIT", "59000.00000000", -1)


@pytest.mark.parametrize(
    ("mode", "has_old", "order", "expected", "counted"),
    [
        ("STOP_ON_FAILURE", True, {}, (200, None, "SUCCESS", "SUCCESS"), 2),
        ("STOP_ON_FAILURE", False, {}, (400, -2022, "FAILURE", "NOT_ATTEMPTED"), 1),
        ("STOP_ON_FAILURE", True, TAKES, (409, -2021, "SUCCESS", "FAILURE"), 2),
        ("ALLOW_FAILURE", True, {}, (200, None, "SUCCESS", "SUCCESS"), 2),
        ("ALLOW_FAILURE", False, TAKES, (400, -2022, "FAILURE", "FAILURE"), 1),
        ("ALLOW_FAILURE", False, {}, (409, -2021, "FAILURE", "SUCCESS"), 1),
        ("ALLOW_FAILURE", True, TAKES, (409, -2021, "SUCCESS", "FAILURE"), 2),
    ],
)
def test_each_half_succeeds_or_fails_as_the_table_of_outcomes_says(
    bench: Market,
    mode: str,
    has_old: bool,
    order: dict[str, Any],
    expected: tuple[int, int | None, str, str],
    counted: int,
) -> None:
    if has_old:
        old(bench.alice)
    answer = replace(bench.alice, cancelReplaceMode=mode, **order)
    assert results(answer) == expected
    data = answer.body.get("data", answer.body)
    assert has_old or data["cancelResponse"] == UNKNOWN
    assert not (order and expected[3] == "FAILURE") or data["newOrderResponse"] == WOULD_TAKE
    assert (data["newOrderResponse"] is None) is (expected[3] == "NOT_ATTEMPTED")
    assert order_count(bench.alice) == counted
    used = int(answer.headers["x-mbx-used-weight"])
    assert int(replace(bench.alice, symbol="NOPE").headers["x-mbx-used-weight"]) == used + 41


@pytest.mark.parametrize(
    ("mode", "has_old", "expected"),
    [
        ("STOP_ON_FAILURE", False, (429, -2022, "FAILURE", "NOT_ATTEMPTED")),
        ("STOP_ON_FAILURE", True, (429, -2021, "SUCCESS", "FAILURE")),
        ("ALLOW_FAILURE", False, (400, -2022, "FAILURE", "FAILURE")),
        ("ALLOW_FAILURE", True, (409, -2021, "SUCCESS", "FAILURE")),
    ],
)
def test_beyond_the_order_count_the_cancel_alone_goes_through_where_that_is_asked_for(
    mode: str, has_old: bool, expected: tuple[int, int, str, str]
) -> None:
    bench = Market(settings=BinanceSettings(LimitSettings(orders_10s=1)))
    bench.advance(20_000)
    old(bench.alice)
    name = {} if has_old else {"cancelOrigClientOrderId": "other"}
    refused = replace(bench.alice, cancelReplaceMode=mode, **name)
    assert refused.refusal == (429, *TOO_MANY.values())
    assert int(refused.headers["retry-after"]) > 0
    assert status(bench.alice, "old")["status"] == "NEW"
    answer = replace(bench.alice, cancelReplaceMode=mode, **name, orderRateLimitExceededMode="CANCEL_ONLY")
    assert results(answer) == expected
    told = refused.headers["retry-after"] if expected[0] == 429 else None
    assert answer.headers.get("retry-after") == told
    placed = answer.body["data"]["newOrderResponse"]
    assert placed == (None if expected[3] == "NOT_ATTEMPTED" else TOO_MANY)
    assert status(bench.alice, "old")["status"] == ("CANCELED" if has_old else "NEW")


def test_the_cancel_may_be_restricted_to_a_status(bench: Market) -> None:
    old(bench.alice)
    answer = replace(bench.alice, cancelRestrictions="ONLY_PARTIALLY_FILLED")
    assert answer.body["data"]["cancelResponse"] == {
        "code": -2011,
        "msg": "Order was not canceled due to cancel restrictions.",
    }
    assert status(bench.alice, "old")["status"] == "NEW"
    assert replace(bench.alice, cancelRestrictions="ONLY_NEW").status == 200


def test_two_names_of_different_orders_cancel_nothing(bench: Market) -> None:
    old(bench.alice)
    answer = replace(bench.alice, cancelOrderId=6, cancelOrigClientOrderId="other")
    assert answer.body["data"]["cancelResponse"]["code"] == -2039
    assert replace(bench.alice, cancelOrderId=6).status == 200


def test_replacing_a_leg_ends_its_list(bench: Market) -> None:
    place(bench.alice, "orderList/oco", OCO)
    answer = replace(bench.alice, cancelOrigClientOrderId="above")
    assert answer.body["cancelResponse"]["listOrderStatus"] == "ALL_DONE"
    assert [row["clientOrderId"] for row in bench.alice.ask("GET", "/api/v3/openOrders").body] == ["new"]


def test_a_cancel_without_a_name_of_its_own_gets_one(bench: Market) -> None:
    old(bench.alice)
    name = replace(bench.alice, cancelNewClientOrderId=None).body["cancelResponse"]["clientOrderId"]
    assert len(name) == 22


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"orderId": 6}, (-1102, "Mandatory parameter 'newQty' was not sent, was empty/null, or malformed.")),
        (
            {"newQty": "1"},
            (-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"),
        ),
        ({"orderId": 6, "newQty": "0"}, (-1013, "Invalid quantity.")),
        ({"orderId": 6, "newQty": "0.000000001"}, (-1111, "Parameter 'newQty' has too much precision.")),
        ({"orderId": 6, "newQty": "0.2"}, (-2038, "Order amend (quantity increase) is not supported.")),
        ({"orderId": 6, "newQty": "0.1"}, (-2038, "The requested action would change no state; rejecting")),
        ({"orderId": 6, "newQty": "0.02"}, (-2038, "Order amend (quantity increase) is not supported.")),
        ({"orderId": 6, "newQty": "0.050001"}, (-2038, "Filter failure: LOT_SIZE")),
        ({"orderId": 99, "newQty": "0.05"}, (-2038, "Unknown order sent.")),
        (
            {"orderId": 6, "origClientOrderId": "x", "newQty": "0.05"},
            (-2039, "Client order ID is not correct for this order ID."),
        ),
        ({"orderId": 6, "newQty": "0.05", "newClientOrderId": "other"}, (-2038, "Duplicate order sent.")),
    ],
)
def test_an_amendment_that_breaks_a_rule_is_refused_and_changes_nothing(
    bench: Market, params: dict[str, Any], expected: tuple[int, str]
) -> None:
    old(bench.alice, price="59995")
    bench.alice.order(price="59000", quantity="0.01", newClientOrderId="other")
    bench.carol.order(side="SELL", price="59995", quantity="0.02")
    assert amend(bench.alice, **params).refusal == (400, *expected)
    assert status(bench.alice, "old")["origQty"] == "0.10000000"
    assert bench.alice.ask("GET", "/api/v3/order/amendments", **SYMBOL, orderId=6).body == []


def test_a_symbol_may_take_no_amendments(bench: Market) -> None:
    old(bench.alice)
    bench.change_rules(amend=False)
    refusal = amend(bench.alice, orderId=6, newQty="0.05").refusal
    assert refusal == (400, -2038, "Order amend is not supported for this symbol.")


def test_too_many_amendments_of_one_order_are_refused(bench: Market) -> None:
    bench.change_rules(max_amends=2)
    old(bench.alice)
    assert [amend(bench.alice, orderId=6, newQty=quantity).status for quantity in ("0.09", "0.08")] == [200, 200]
    refusal = amend(bench.alice, orderId=6, newQty="0.07").refusal
    assert refusal == (400, -2038, "Filter failure: MAX_NUM_ORDER_AMENDS")


def test_an_amended_order_keeps_its_place_and_frees_its_money(bench: Market) -> None:
    old(bench.alice, price="59990")
    later = bench.carol.order(price="59990", newClientOrderId="later")
    assert later.status == 200
    amend(bench.alice, origClientOrderId="old", newQty="0.06", newClientOrderId="old")
    assert bench.alice.ask("GET", "/api/v3/account").body["balances"][1]["locked"] == "3599.40000000"
    bench.bob.ask("DELETE", "/api/v3/openOrders", **SYMBOL)
    bench.bob.order(side="SELL", price="59990", quantity="0.06")
    assert status(bench.alice, "old")["status"] == "FILLED"
    assert status(bench.carol, "later")["executedQty"] == "0.00000000"


def test_an_amended_order_gets_a_new_name_unless_it_is_given_one(bench: Market) -> None:
    old(bench.alice)
    name = amend(bench.alice, orderId=6, newQty="0.09").body["amendedOrder"]["clientOrderId"]
    assert len(name) == 22
    assert amend(bench.alice, origClientOrderId="old", newQty="0.08").refusal[1:] == (-2038, "Unknown order sent.")
    kept = amend(bench.alice, origClientOrderId=name, newQty="0.08", newClientOrderId=name)
    assert kept.body["amendedOrder"]["clientOrderId"] == name


def test_amendments_cost_weight_and_no_orders(bench: Market) -> None:
    old(bench.alice)
    before = order_count(bench.alice)
    answer = amend(bench.alice, orderId=6, newQty="0.05")
    assert int(answer.headers["x-mbx-used-weight"]) == 40 + 4
    assert order_count(bench.alice) == before


def test_the_history_of_amendments_is_read_in_parts_and_by_its_owner(bench: Market) -> None:
    old(bench.alice)
    ids = [amend(bench.alice, orderId=6, newQty=quantity).body["executionId"] for quantity in ("0.09", "0.08", "0.07")]

    def history(client: Client, **params: Any) -> list[int]:
        rows = client.ask("GET", "/api/v3/order/amendments", **SYMBOL, orderId=6, **params).body
        return [row["executionId"] for row in rows]

    assert history(bench.alice) == ids
    assert history(bench.alice, fromExecutionId=ids[1]) == ids[1:]
    assert history(bench.alice, limit=2) == ids[:2]
    assert history(bench.bob) == []
