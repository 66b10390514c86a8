"""Every fault that a client can tell from an answer makes it raise what its documentation says: unmodified clients."""

import pytest

from conformance.fault_table import ROWS, Row
from conformance.harness import Observe, Seen

pytestmark = pytest.mark.conformance

CLIENTS = {"ccxt": "ccxt", "python-binance": "ccxt", "connector": "connector"}
"""Client -> the environment it is installed in."""


@pytest.fixture(scope="module", params=list(CLIENTS))
def client(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def seen(client: str, observe: Observe) -> Seen:
    return observe(CLIENTS[client], "faults", client)


def expected(row: Row, client: str) -> str:
    return {"ccxt": row.ccxt, "python-binance": row.python_binance, "connector": row.connector}[client]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name.replace(" ", "-"))
def test_a_fault_raises_what_the_client_documents(row: Row, client: str, seen: Seen) -> None:
    raised = seen.raised(row.name)
    assert raised["class"] == expected(row, client), raised
    if row.code is None or client == "ccxt":  # which words its own messages
        return
    if raised["class"] == "ServerError":  # which has the body as it came, and no code
        assert f'"code":{row.code}' in raised["message"]
    else:
        assert raised["code"] == row.code


def test_no_rule_was_left_behind_and_every_row_was_met(seen: Seen) -> None:
    assert seen.value("done") == len(ROWS)
