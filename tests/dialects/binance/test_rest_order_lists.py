"""Order lists over REST: what makes one, what is refused and how, what fills, triggers and cancels do to the others."""

from typing import Any, Final

import pytest

from dialects.binance.orders_story import (
    OCO,
    OLD_OCO,
    OPO,
    OPOCO,
    OTO,
    OTOCO,
    STOP,
    SYMBOL,
    Market,
    amend,
    place,
    status,
)
from simexchange.domain.commands import SetTradingStatus
from simexchange.domain.enums import Contingency, TradingStatus

KINDS: Final = {
    "order/oco": OLD_OCO,
    "orderList/oco": OCO,
    "orderList/oto": OTO,
    "orderList/otoco": OTOCO,
    "orderList/opo": OPO,
    "orderList/opoco": OPOCO,
}
COMBINATION: Final = "Combination of optional parameters invalid."
PRICES: Final = (400, -2010, "The relationship of the prices for the orders is not correct.")
DUPLICATE: Final = (400, -2010, "Duplicate order sent.")
UNKNOWN: Final = (400, -2011, "Unknown order sent.")
NO_LIST: Final = (400, -2018, "Order list does not exist.")


@pytest.fixture
def bench() -> Market:
    return Market()


def not_required(name: str) -> tuple[int, int, str]:
    return 400, -1106, f"Parameter '{name}' sent when not required."


def missing(name: str) -> tuple[int, int, str]:
    return 400, -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."


def neither(one: str, other: str) -> tuple[int, int, str]:
    return 400, -1102, f"Param '{one}' or '{other}' must be sent, but both were empty/null!"


def filter_failure(name: str) -> tuple[int, int, str]:
    return 400, -1013, f"Filter failure: {name}"


BUY: Final = OCO | {
    "side": "BUY",
    "aboveType": "STOP_LOSS",
    "aboveStopPrice": "61000",
    "abovePrice": None,
    "belowType": "LIMIT_MAKER",
    "belowPrice": "59000",
    "belowStopPrice": None,
    "belowTimeInForce": None,
}
BOTH_STOPS: Final = {"belowType": "STOP_LOSS", "belowPrice": None, "belowTimeInForce": None}
TAKE_PROFIT_BELOW: Final = {**BOTH_STOPS, "belowType": "TAKE_PROFIT"}


@pytest.mark.parametrize(
    ("kind", "changes", "expected"),
    [
        ("orderList/oco", {"aboveType": None}, missing("aboveType")),
        ("orderList/oco", {"belowType": None}, missing("belowType")),
        ("orderList/oco", {"quantity": None}, missing("quantity")),
        ("orderList/oco", {"aboveType": "LIMITED"}, (400, -1116, "Invalid orderType.")),
        ("orderList/oco", {"aboveType": "LIMIT"}, (400, -1158, "Order type not supported in OCO.")),
        ("orderList/oco", {"belowType": "MARKET"}, (400, -1158, "Order type not supported in OCO.")),
        (
            "orderList/oco",
            {"belowType": "LIMIT_MAKER", "belowStopPrice": None, "belowTimeInForce": None},
            (400, -1168, "At least one OCO order must be contingent."),
        ),
        (
            "orderList/oco",
            {"side": "BUY"},
            (400, -1165, "A limit order in a buy OCO must be below."),
        ),
        (
            "orderList/oco",
            BUY | {"side": "SELL", "aboveType": "TAKE_PROFIT"},
            (400, -1166, "A limit order in a sell OCO must be above."),
        ),
        (
            "orderList/oco",
            BUY | {"belowType": "STOP_LOSS", "belowPrice": None, "belowStopPrice": "59000"},
            (400, -1196, "A stop loss order in a buy OCO must be above."),
        ),
        (
            "orderList/oco",
            {"aboveType": "STOP_LOSS", "abovePrice": None, "aboveStopPrice": "61000"},
            (400, -1197, "A stop loss order in a sell OCO must be below."),
        ),
        (
            "orderList/oco",
            BUY | {"aboveType": "TAKE_PROFIT"},
            (400, -1198, "A take profit order in a buy OCO must be below."),
        ),
        ("orderList/oco", TAKE_PROFIT_BELOW, (400, -1199, "A take profit order in a sell OCO must be above.")),
        ("orderList/oco", {"aboveTimeInForce": "GTC"}, not_required("aboveTimeInForce")),
        ("orderList/oco", {"aboveStopPrice": "61000"}, not_required("aboveStopPrice")),
        ("orderList/oco", {"abovePrice": None}, missing("abovePrice")),
        ("orderList/oco", {"belowStopPrice": None}, neither("belowStopPrice", "belowTrailingDelta")),
        ("orderList/oco", {"belowTimeInForce": None}, missing("belowTimeInForce")),
        (
            "orderList/oco",
            {"belowIcebergQty": "0.01", "belowTimeInForce": "IOC"},
            (
                400,
                -1160,
                "Parameter 'belowIcebergQty' is not supported if `aboveTimeInForce`/`belowTimeInForce` is not GTC.",
            ),
        ),
        (
            "orderList/oco",
            {"abovePrice": "61000.123456789"},
            (400, -1111, "Parameter 'abovePrice' has too much precision."),
        ),
        ("orderList/oco", {"quantity": "0"}, (400, -1013, "Invalid quantity.")),
        ("orderList/oco", {"abovePrice": "61000.001"}, filter_failure("PRICE_FILTER")),
        ("orderList/oco", {"belowTrailingDelta": "3000"}, filter_failure("TRAILING_DELTA")),
        ("orderList/oco", {"abovePrice": "60000"}, PRICES),
        ("orderList/oco", {"belowStopPrice": "60000"}, PRICES),
        ("orderList/oco", {"abovePrice": "58000"}, PRICES),
        ("orderList/oco", {"quantity": "2.1"}, (400, -2010, "Account has insufficient balance for requested action.")),
        ("orderList/oco", {"aboveClientOrderId": "below"}, DUPLICATE),
        ("orderList/oco", BUY | {"belowPrice": "60010"}, PRICES),
        ("order/oco", {"price": None}, missing("price")),
        ("order/oco", {"stopPrice": None}, neither("stopPrice", "trailingDelta")),
        (
            "order/oco",
            {"stopLimitTimeInForce": None},
            (
                400,
                -1128,
                f"{COMBINATION} Recommendation: 'stopLimitTimeInForce' should also be sent.",
            ),
        ),
        ("order/oco", {"stopLimitPrice": None}, not_required("stopLimitTimeInForce")),
        (
            "order/oco",
            {"stopLimitPrice": None, "stopLimitTimeInForce": None, "stopIcebergQty": "0.01"},
            not_required("stopIcebergQty"),
        ),
        ("order/oco", {"price": "60000"}, PRICES),
        ("order/oco", {"limitIcebergQty": "0.2"}, (400, -2010, "IcebergQty exceeds QTY.")),
        ("orderList/oto", {"workingType": "STOP_LOSS"}, (400, -1116, "Invalid orderType.")),
        ("orderList/oto", {"workingPrice": None}, missing("workingPrice")),
        ("orderList/oto", {"workingTimeInForce": None}, missing("workingTimeInForce")),
        ("orderList/oto", {"workingQuantity": None}, missing("workingQuantity")),
        ("orderList/oto", {"pendingQuantity": None}, missing("pendingQuantity")),
        ("orderList/oto", {"pendingType": "LIMIT", "pendingTimeInForce": "GTC"}, missing("pendingPrice")),
        ("orderList/oto", {"pendingSide": "LONG"}, (400, -1117, "Invalid side.")),
        ("orderList/oto", {"workingType": "LIMIT_MAKER"}, not_required("workingTimeInForce")),
        (
            "orderList/oto",
            {"workingType": "LIMIT_MAKER", "workingTimeInForce": None, "workingPrice": "60010"},
            (400, -2010, "Order would immediately match and take."),
        ),
        ("orderList/oto", {"workingStrategyType": "5"}, (400, -1134, "`strategyType` was less than 1000000.")),
        ("orderList/oto", {"pendingClientOrderId": "a.b"}, None),
        ("orderList/otoco", {"pendingAboveType": "MARKET"}, (400, -1158, "Order type not supported in OCO.")),
        ("orderList/otoco", {"pendingBelowType": None}, missing("pendingBelowType")),
        ("orderList/otoco", {"pendingSide": "BUY"}, (400, -1165, "A limit order in a buy OCO must be below.")),
        ("orderList/otoco", {"pendingAbovePrice": "58000"}, PRICES),
        ("orderList/opo", {"workingSide": "SELL"}, (400, -1222, "Working order in an OPO list must be a bid.")),
        ("orderList/opo", {"pendingSide": "BUY"}, (400, -1223, "Pending orders in an OPO list must be asks.")),
        ("orderList/opoco", {"pendingSide": "BUY"}, (400, -1223, "Pending orders in an OPO list must be asks.")),
        (
            "orderList/opo",
            {"pendingQuantity": "0.1"},
            (400, -1104, "Not all sent parameters were read; read '13' parameter(s) but was sent '14'."),
        ),
    ],
)
def test_a_list_that_breaks_a_rule_is_refused_in_the_venues_words(
    bench: Market, kind: str, changes: dict[str, Any], expected: tuple[int, int, str] | None
) -> None:
    refusal = place(bench.alice, kind, KINDS[kind], **changes).refusal
    assert refusal == expected if expected is not None else refusal[1] == -1100
    assert bench.alice.ask("GET", "/api/v3/allOrders", **SYMBOL).body == []
    assert bench.alice.ask("GET", "/api/v3/allOrderList").body == []


OTO_ONLY: Final = (Contingency.OTO,)
OCO_ONLY: Final = (Contingency.OCO,)
NO_OCO: Final = (400, -1013, "OCO orders are not supported for this symbol")
NO_OTO: Final = (400, -1013, "OTO orders are not supported for this symbol.")
NO_OPO: Final = (400, -1013, "OPO orders are not supported for this symbol.")


@pytest.mark.parametrize(
    ("rules", "kind", "expected"),
    [
        ({"order_lists": OTO_ONLY}, "orderList/oco", NO_OCO),
        ({"order_lists": OTO_ONLY}, "order/oco", NO_OCO),
        ({"order_lists": OTO_ONLY}, "orderList/otoco", NO_OCO),
        ({"order_lists": OCO_ONLY}, "orderList/oto", NO_OTO),
        ({"order_lists": OCO_ONLY}, "orderList/otoco", NO_OTO),
        ({"order_lists": OCO_ONLY}, "orderList/opo", NO_OTO),
        ({"pays_other": False}, "orderList/opo", NO_OPO),
        ({"pays_other": False}, "orderList/opoco", NO_OPO),
        ({"triggers": ()}, "orderList/oco", (400, -1013, "Stop loss limit orders are not supported for this symbol.")),
        ({"post_only": False}, "orderList/oco", (400, -1013, "Limit maker orders are not supported for this symbol.")),
        ({"max_open_orders": 1}, "orderList/oco", filter_failure("MAX_NUM_ORDERS")),
        ({"max_open_orders": 2}, "orderList/otoco", filter_failure("MAX_NUM_ORDERS")),
    ],
)
def test_what_the_symbol_does_not_take_is_refused_by_name(
    bench: Market, rules: dict[str, Any], kind: str, expected: tuple[int, int, str]
) -> None:
    bench.change_rules(**rules)
    assert place(bench.alice, kind, KINDS[kind]).refusal == expected


def test_too_many_open_lists_are_refused(bench: Market) -> None:
    bench.change_rules(max_order_lists=1)
    assert place(bench.alice, "orderList/oco", OCO).status == 200
    names = {"listClientOrderId": "2", "aboveClientOrderId": "3", "belowClientOrderId": "4"}
    assert place(bench.alice, "orderList/oco", OCO, **names).refusal == filter_failure("MAX_NUM_ORDER_LISTS")


def test_a_list_may_take_the_name_of_one_that_is_done(bench: Market) -> None:
    assert place(bench.alice, "orderList/oco", OCO).status == 200
    others = {"aboveClientOrderId": None, "belowClientOrderId": None}
    assert place(bench.alice, "orderList/oco", OCO, **others).refusal == DUPLICATE
    bench.alice.ask("DELETE", "/api/v3/orderList", **SYMBOL, listClientOrderId="list")
    assert place(bench.alice, "orderList/oco", OCO).status == 200


@pytest.mark.parametrize("kind", KINDS)
def test_names_that_were_not_given_are_made_up(bench: Market, kind: str) -> None:
    names = {name: None for name in KINDS[kind] if name.endswith("ClientOrderId")}
    body = place(bench.alice, kind, KINDS[kind], **names).body
    made = [body["listClientOrderId"], *(order["clientOrderId"] for order in body["orders"])]
    assert len(set(made)) == len(made)
    assert {(len(name), name.isalnum()) for name in made} == {(22, True)}


def test_a_pair_holds_the_money_of_one_of_its_orders(bench: Market) -> None:
    place(bench.alice, "orderList/oco", OCO, quantity="1.5")
    assert bench.alice.ask("GET", "/api/v3/account").body["balances"][0]["locked"] == "1.50000000"


@pytest.mark.parametrize("filled", ["0.04", "0.1"])
def test_a_fill_of_the_limit_order_expires_the_stop(bench: Market, filled: str) -> None:
    place(bench.alice, "orderList/oco", OCO)
    bench.bob.ask("DELETE", "/api/v3/openOrders", **SYMBOL)
    bench.bob.order(price="61000", quantity=filled)
    stop = status(bench.alice, "below")
    assert (stop["status"], stop["expiryReason"]) == ("EXPIRED", "OCO_TRIGGER")
    assert status(bench.alice, "above")["executedQty"] == f"{filled:0<10}"
    found = bench.alice.ask("GET", "/api/v3/orderList", orderListId=1).body
    assert found["listOrderStatus"] == ("ALL_DONE" if filled == "0.1" else "EXECUTING")


def test_a_trigger_of_the_stop_expires_the_limit_order(bench: Market) -> None:
    place(bench.alice, "orderList/oco", OCO)
    bench.trade_at("59000", bid="58900")
    limit = status(bench.alice, "above")
    assert (limit["status"], limit["expiryReason"]) == ("EXPIRED", "OCO_TRIGGER")
    assert status(bench.alice, "below")["status"] == "FILLED"
    assert bench.alice.ask("GET", "/api/v3/openOrderList").body == []


def test_a_list_changes_when_it_is_told_to_have_changed(bench: Market) -> None:
    def changed() -> int:
        return int(bench.alice.ask("GET", "/api/v3/orderList", orderListId=1).body["transactionTime"])

    place(bench.alice, "orderList/otoco", OTOCO)
    placed = bench.now_ms
    bench.advance(1_000)
    bench.trade_at("59500")
    assert changed() == placed
    bench.advance(1_000)
    amend(bench.alice, origClientOrderId="above", newQty="0.05")
    assert changed() == bench.now_ms
    bench.advance(1_000)
    bench.alice.ask("DELETE", "/api/v3/orderList", **SYMBOL, orderListId=1)
    assert changed() == bench.now_ms


@pytest.mark.parametrize(("filled", "pending"), [("0.04", "PENDING_NEW"), ("0.1", "FILLED")])
def test_the_whole_fill_of_the_working_order_releases_the_pending_one(bench: Market, filled: str, pending: str) -> None:
    place(bench.alice, "orderList/oto", OTO, workingPrice="60000", pendingQuantity="0.09")
    bench.carol.order(side="SELL", price="60000", quantity=filled)
    assert status(bench.alice, "pending")["status"] == pending


def test_the_end_of_the_working_order_expires_the_pending_one(bench: Market) -> None:
    place(bench.alice, "orderList/oto", OTO, workingTimeInForce="IOC")
    pending = status(bench.alice, "pending")
    assert (pending["status"], pending["expiryReason"]) == ("EXPIRED", "OTO_PHASE_ONE_EXPIRED")
    assert bench.alice.ask("GET", "/api/v3/orderList", orderListId=1).body["listOrderStatus"] == "ALL_DONE"


def test_a_released_pair_works_as_any_oco(bench: Market) -> None:
    place(bench.alice, "orderList/otoco", OTOCO, workingPrice="60010")
    assert [status(bench.alice, name)["status"] for name in ("working", "above", "below")] == ["FILLED", "NEW", "NEW"]
    bench.trade_at("59000", bid="58900")
    assert [status(bench.alice, name)["status"] for name in ("above", "below")] == ["EXPIRED", "FILLED"]


def test_an_order_that_breaks_a_rule_when_it_is_released_is_rejected(bench: Market) -> None:
    place(bench.alice, "orderList/oto", OTO, pendingQuantity="2", pendingType="STOP_LOSS", pendingStopPrice="50000")
    bench.alice.order(side="SELL", quantity="1", price="70000")
    bench.bob.ask("DELETE", "/api/v3/openOrders", **SYMBOL)
    bench.bob.order(side="SELL", price="59500")
    pending = status(bench.alice, "pending")
    assert (pending["status"], pending["expiryReason"]) == ("EXPIRED", "REJECTED")


def test_one_pays_the_other_with_what_it_received(bench: Market) -> None:
    place(bench.alice, "orderList/opo", OPO, workingPrice="60010", pendingType="STOP_LOSS", pendingStopPrice="59000")
    pending = status(bench.alice, "pending")
    assert (pending["status"], pending["origQty"]) == ("NEW", "0.10000000")


def test_a_pending_order_without_a_size_may_not_be_amended(bench: Market) -> None:
    place(bench.alice, "orderList/opo", OPO)
    refusal = amend(bench.alice, origClientOrderId="pending", newQty="0.01").refusal
    assert refusal == (400, -2038, "Order amend (pending OPO order) is not supported.")


def test_amending_one_of_a_pair_amends_both(bench: Market) -> None:
    place(bench.alice, "orderList/oco", OCO)
    assert amend(bench.alice, origClientOrderId="above", newQty="0.04").status == 200
    assert [row["origQty"] for row in bench.alice.ask("GET", "/api/v3/openOrders").body] == ["0.04000000"] * 2


@pytest.mark.parametrize(
    "names", [{"orderListId": 1}, {"listClientOrderId": "list"}, {"orderListId": 1, "listClientOrderId": "list"}]
)
def test_a_list_is_canceled_by_either_name_or_both(bench: Market, names: dict[str, Any]) -> None:
    place(bench.alice, "orderList/oco", OCO)
    assert bench.alice.ask("DELETE", "/api/v3/orderList", **SYMBOL, **names).body["listOrderStatus"] == "ALL_DONE"
    assert bench.alice.ask("DELETE", "/api/v3/orderList", **SYMBOL, **names).refusal == UNKNOWN
    assert bench.alice.ask("GET", "/api/v3/openOrders").body == []


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, neither("orderListId", "listClientOrderId")),
        ({"orderListId": 2}, UNKNOWN),
        ({"orderListId": 1, "listClientOrderId": "other"}, UNKNOWN),
        ({"orderListId": 1, "symbol": "NOPE"}, (400, -1121, "Invalid symbol.")),
    ],
)
def test_a_list_that_is_not_there_is_not_canceled(
    bench: Market, params: dict[str, Any], expected: tuple[int, int, str]
) -> None:
    place(bench.alice, "orderList/oco", OCO)
    assert bench.alice.ask("DELETE", "/api/v3/orderList", **(SYMBOL | params)).refusal == expected
    assert bench.bob.ask("DELETE", "/api/v3/orderList", **SYMBOL, orderListId=1).refusal == UNKNOWN


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, neither("orderListId", "origClientOrderId")),
        ({"orderListId": 2}, NO_LIST),
        ({"origClientOrderId": "other"}, NO_LIST),
        ({"orderListId": 1, "origClientOrderId": "other"}, NO_LIST),
    ],
)
def test_a_list_that_is_not_there_is_not_found(
    bench: Market, params: dict[str, Any], expected: tuple[int, int, str]
) -> None:
    place(bench.alice, "orderList/oco", OCO)
    assert bench.alice.ask("GET", "/api/v3/orderList", **params).refusal == expected
    assert bench.bob.ask("GET", "/api/v3/orderList", orderListId=1).refusal == NO_LIST


@pytest.mark.parametrize(
    ("params", "ids"),
    [
        ({}, [3, 2, 1]),
        ({"limit": 2}, [3, 2]),
        ({"fromId": 2}, [2, 3]),
        ({"fromId": 1, "limit": 2}, [1, 2]),
        ({"startTime": 2_000}, [2, 3]),
        ({"startTime": 2_000, "endTime": 2_500}, [2]),
        ({"endTime": 2_500}, [2, 1]),
    ],
)
def test_all_lists_come_upwards_from_an_id_or_time_and_else_the_latest_first(
    bench: Market, params: dict[str, int], ids: list[int]
) -> None:
    origin = bench.now_ms
    names = {"listClientOrderId": None, "aboveClientOrderId": None, "belowClientOrderId": None}
    for _ in range(3):
        bench.advance(1_000)
        place(bench.alice, "orderList/oco", OCO, **names)
    asked = {name: value + origin if name.endswith("Time") else value for name, value in params.items()}
    rows = bench.alice.ask("GET", "/api/v3/allOrderList", **asked).body
    assert [row["orderListId"] for row in rows] == ids
    assert bench.bob.ask("GET", "/api/v3/allOrderList", **asked).body == []


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"fromId": 1, "startTime": 1}, (400, -1128, COMBINATION)),
        ({"startTime": 1, "endTime": 86_400_002}, (400, -1127, "More than 24 hours between startTime and endTime.")),
    ],
)
def test_all_lists_are_not_asked_for_like_this(
    bench: Market, params: dict[str, int], expected: tuple[int, int, str]
) -> None:
    assert bench.alice.ask("GET", "/api/v3/allOrderList", **params).refusal == expected


def test_what_the_venue_ends_is_expired_by_the_venue(bench: Market) -> None:
    place(bench.alice, "orderList/oco", OCO)
    bench.alice.order(**STOP, newClientOrderId="stop")
    bench.door.submit(SetTradingStatus("BTC/USDT", TradingStatus.CLOSED))
    for name in ("above", "below", "stop"):
        ended = status(bench.alice, name)
        assert (ended["status"], ended["expiryReason"]) == ("EXPIRED", "EXCHANGE_CANCELED")


def test_executions_of_a_leg_name_its_list(bench: Market) -> None:
    place(bench.alice, "orderList/oto", OTO, workingPrice="60010")
    rows = bench.alice.ask("GET", "/api/v3/myTrades", **SYMBOL).body
    assert [row["orderListId"] for row in rows] == [1, 1]
