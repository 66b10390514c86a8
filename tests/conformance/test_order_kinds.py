"""Orders that wait, follow, hide, hang together or change, through each client's own methods for them.

Exception classes are those each client documents for the venue's code or message.
"""

from typing import Any

import pytest

from conformance.harness import Observe, Seen

pytestmark = pytest.mark.conformance


@pytest.fixture(scope="module")
def by_ccxt(observe: Observe) -> Seen:
    return observe("ccxt", "ccxt_order_kinds", "sync")


@pytest.fixture(scope="module")
def by_python_binance(observe: Observe) -> Seen:
    return observe("ccxt", "python_binance_order_kinds", "sync")


@pytest.fixture(scope="module")
def by_connector(observe: Observe) -> Seen:
    return observe("connector", "connector_order_kinds", "sync")


@pytest.mark.parametrize("kind", ["stop_loss", "stop_loss_limit", "take_profit_limit"])
def test_ccxt_places_reads_and_cancels_a_triggered_order(by_ccxt: Seen, kind: str) -> None:
    placed, read = by_ccxt.value(kind), by_ccxt.value(f"{kind}_read")
    assert (placed["status"], read["status"]) == ("open", "open")
    assert read["triggerPrice"] == placed["triggerPrice"] > 0
    assert read["type"] == ("market" if kind == "stop_loss" else "limit")
    assert by_ccxt.value(f"{kind}_canceled")["status"] == "canceled"


def test_ccxt_trails_by_a_percentage(by_ccxt: Seen) -> None:
    info = by_ccxt.value("trailing_read")["info"]
    assert (info["type"], info["trailingDelta"]) == ("STOP_LOSS", 150)
    assert by_ccxt.value("trailing_canceled")["status"] == "canceled"


def test_ccxt_hides_most_of_an_iceberg(by_ccxt: Seen) -> None:
    assert by_ccxt.value("iceberg_read")["info"]["icebergQty"] == "0.20000000"


def test_ccxt_says_so_when_a_trigger_is_met_already(by_ccxt: Seen) -> None:
    raised = by_ccxt.raised("met_already")
    assert raised["class"] == "OrderImmediatelyFillable"
    assert "Order would trigger immediately." in raised["message"]


def test_ccxt_edits_by_cancel_and_replace(by_ccxt: Seen) -> None:
    assert by_ccxt.value("edited")["amount"] == 2
    assert by_ccxt.value("replaced")["status"] == "canceled"


def test_ccxt_sees_a_stop_fire_and_fill(by_ccxt: Seen) -> None:
    assert by_ccxt.value("dormant") == "open"
    fired = by_ccxt.value("fired")
    assert (fired["status"], fired["filled"]) == ("closed", 1)


def test_ccxt_handles_an_order_list(by_ccxt: Seen) -> None:
    placed = by_ccxt.value("oco")
    assert (placed["contingencyType"], placed["listOrderStatus"], len(placed["orders"])) == ("OCO", "EXECUTING", 2)
    assert [one["orderListId"] for one in by_ccxt.value("oco_open")] == [placed["orderListId"]]
    assert by_ccxt.value("oco_canceled")["listOrderStatus"] == "ALL_DONE"
    assert by_ccxt.raised("oco_canceled_again")["class"] == "OrderNotFound"
    raised = by_ccxt.raised("oco_wrong")
    assert raised["class"] == "InvalidOrder"
    assert "The relationship of the prices for the orders is not correct." in raised["message"]


def assert_list_life(seen: Seen) -> None:
    placed: Any = seen.value("oco")
    assert (placed["contingencyType"], placed["listStatusType"]) == ("OCO", "EXEC_STARTED")
    assert {report["type"] for report in placed["orderReports"]} == {"LIMIT_MAKER", "STOP_LOSS"}
    assert seen.value("oco_read")["orderListId"] == placed["orderListId"]
    assert seen.value("oco_canceled")["listOrderStatus"] == "ALL_DONE"


def test_python_binance_handles_order_lists(by_python_binance: Seen) -> None:
    assert_list_life(by_python_binance)
    placed = by_python_binance.value("oco")["orderListId"]
    assert [one["orderListId"] for one in by_python_binance.value("open_oco")] == [placed]
    reports = by_python_binance.value("oto")["orderReports"]
    assert sorted(report["status"] for report in reports) == ["NEW", "PENDING_NEW"]


def test_python_binance_names_the_refusal_of_a_met_trigger(by_python_binance: Seen) -> None:
    raised = by_python_binance.raised("met_already")
    assert (raised["class"], raised["code"]) == ("BinanceAPIException", -2010)
    assert "Order would trigger immediately." in raised["message"]


def test_python_binance_replaces_a_stop_once(by_python_binance: Seen) -> None:
    done = by_python_binance.value("replaced")
    assert (done["cancelResult"], done["newOrderResult"]) == ("SUCCESS", "SUCCESS")
    raised = by_python_binance.raised("replaced_again")
    assert (raised["class"], raised["code"], raised["status"]) == ("BinanceAPIException", -2022, 400)


def test_the_connector_handles_order_lists(by_connector: Seen) -> None:
    assert_list_life(by_connector)
    placed = by_connector.value("oco")["orderListId"]
    assert placed in [one["orderListId"] for one in by_connector.value("oco_open")]
    assert placed in [one["orderListId"] for one in by_connector.value("oco_all")]


def test_the_connector_replaces_an_order_once(by_connector: Seen) -> None:
    done = by_connector.value("replaced")
    assert (done["cancelResult"], done["newOrderResult"]) == ("SUCCESS", "SUCCESS")
    raised = by_connector.raised("replaced_again")
    assert (raised["class"], raised["code"], raised["status"]) == ("ClientError", -2022, 400)
