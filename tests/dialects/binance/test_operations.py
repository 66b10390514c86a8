"""The tables behind the REST face are whole: operations, errors, coverage."""

import json
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest

import simexchange.dialects.binance as package
from simexchange.dialects.base import Fidelity
from simexchange.dialects.binance import errors
from simexchange.dialects.binance.account import LISTEN_KEY_OPERATIONS
from simexchange.dialects.binance.context import Security
from simexchange.dialects.binance.never_sent import NEVER_SENT
from simexchange.dialects.binance.operations import OPERATIONS, by_method, coverage, served
from simexchange.dialects.binance.settings import BinanceSettings
from simexchange.domain.errors import RejectReason

DOCUMENTED: Final[dict[str, Any]] = json.loads((Path(__file__).parent / "golden" / "rest_documented.json").read_text())
BAD_JSON_OF_THE_WEBSOCKET_API: Final = -1135
SOURCES: Final = {
    path.name: path.read_text() for path in Path(str(package.__file__)).parent.glob("*.py") if path.name != "errors.py"
}


def test_every_documented_endpoint_has_its_row() -> None:
    rows = {operation.rest for operation in OPERATIONS}
    assert [endpoint for endpoint in DOCUMENTED["endpoints"] if endpoint not in rows] == []


@pytest.mark.parametrize("face", ["rest", "ws"])
def test_no_name_is_taken_twice(face: str) -> None:
    names = Counter(getattr(operation, face) for operation in OPERATIONS)
    del names[None]
    assert [name for name, count in names.items() if count > 1] == []


def test_listen_keys_are_served_only_while_switched_on() -> None:
    assert set(LISTEN_KEY_OPERATIONS) <= set(served(BinanceSettings()))
    modern = BinanceSettings(listen_keys=False)
    assert not set(LISTEN_KEY_OPERATIONS) & set(served(modern))
    assert "userDataStream.start" not in by_method(modern)
    assert "userDataStream.start" in by_method(BinanceSettings())


def test_every_operation_that_changes_something_needs_a_signature() -> None:
    changing = [operation for operation in OPERATIONS if operation.rest and not operation.rest.startswith("GET")]
    unsigned = [operation for operation in changing if not operation.security.signed]
    assert unsigned == list(LISTEN_KEY_OPERATIONS)
    trading = {operation.rest for operation in OPERATIONS if operation.security is Security.TRADE}
    assert {"POST /api/v3/order", "DELETE /api/v3/order", "DELETE /api/v3/openOrders"} <= trading


@pytest.mark.parametrize("reason", RejectReason)
def test_every_reject_has_its_line(reason: RejectReason) -> None:
    for table in (errors.REJECTS, errors.CANCEL_REJECTS, errors.AMEND_REJECTS):
        entry = table[reason]
        assert entry.code < 0
        assert "{" not in entry.text


def test_every_documented_code_is_in_the_table_or_said_to_be_never_sent() -> None:
    sent = {entry.code for entry in errors.TABLE}
    assert not sent & set(NEVER_SENT)
    left = [code for code in DOCUMENTED["codes"] if code not in sent | set(NEVER_SENT)]
    assert left == [BAD_JSON_OF_THE_WEBSOCKET_API]


def test_every_entry_of_the_table_is_used() -> None:
    text = "".join(SOURCES.values())
    mapped = list(errors.REJECTS.values()) + list(errors.CANCEL_REJECTS.values())
    names = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, errors.Entry) and value not in mapped and f"errors.{name}" not in text
    }
    assert names <= {"FILTER"}


def test_a_refusal_fills_its_template() -> None:
    for entry in errors.TABLE:
        places = entry.text.count("{}")
        refusal = errors.BinanceRefusal(entry, *range(places))
        assert (refusal.status, refusal.code) == (entry.status, entry.code)
        assert "{" not in refusal.text
        assert str(refusal) == refusal.text


def test_the_coverage_names_everything_once() -> None:
    rows = Counter((row.kind, row.name) for row in coverage())
    assert [name for name, count in rows.items() if count > 1] == []
    assert {row.kind for row in coverage()} == {"endpoint", "parameter", "order type", "error", "limit"}


def test_whatever_is_simplified_or_missing_says_why() -> None:
    assert [row for row in coverage() if row.fidelity is not Fidelity.SAME and not row.note] == []


def test_the_coverage_holds_every_documented_filter_apart() -> None:
    same = {entry.text for entry in errors.REJECTS.values() if entry.text.startswith("Filter failure: ")}
    names = {text.removeprefix("Filter failure: ") for text in same}
    assert names <= {*DOCUMENTED["filters"], "PERCENT_PRICE_BY_SIDE"}
