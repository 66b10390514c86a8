from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

import simexchange
from simexchange.handle.simx import Simx
from simexchange.plugin.failure_report import FIRINGS, ORDERS, REQUESTS, WIDTH, describe, request_line


@pytest.fixture
def handle() -> Iterator[Simx]:
    with simexchange.serve(seed=7, clock="manual", start="2026-01-05T00:00:00Z") as simx:
        yield simx


def ask(simx: Simx, target: str) -> None:
    try:
        urlopen(simx.binance.rest_url + target, timeout=10).close()
    except HTTPError as error:
        error.close()


def test_an_exchange_that_saw_nothing_says_so(handle: Simx) -> None:
    assert describe(handle).splitlines() == [
        "<simexchange calm, seed 7, binance>, <manual time, now 2026-01-05T00:00:00Z>",
        "last requests: none",
        "faults fired: none",
        "rules in force: none",
        "open orders: none",
    ]


def test_what_it_saw_is_told_in_lines(handle: Simx) -> None:
    handle.binance.place("bob", "BTC/USDT", "buy", "0.01", 30_000, client_order_id="mine")
    rule = handle.faults.add("html-error", endpoint="GET /api/v3/time", count=1, status=502)
    ask(handle, "/api/v3/ping")
    handle.advance("1500ms")
    ask(handle, "/api/v3/time?a=b")
    (order,) = handle.binance.orders("bob")
    lines = describe(handle, ["api.binance.com"]).splitlines()
    assert lines[:3] == [
        "<simexchange calm, seed 7, binance>, <manual time, now 2026-01-05T00:00:01.500000Z>",
        "last requests:",
        "  00:00:00 nobody GET /api/v3/ping -> 200 {}",
    ]
    assert lines[3].startswith("  00:00:01.500000 nobody GET /api/v3/time a=b -> 502 <html>")
    assert lines[4:] == [
        "faults fired:",
        f"  00:00:01.500000 html-error {rule['id']} GET /api/v3/time apply",
        "rules in force:",
        f"  {rule['id']} html-error: matched 1, fired 1",
        "open orders:",
        f"  binance bob {order['order_id']} mine: buy limit 0.01 BTC/USDT at 30000, filled 0, new",
        "hosts refused:",
        "  api.binance.com",
    ]


def test_it_is_bounded_in_lines_and_width(handle: Simx) -> None:
    handle.faults.add("html-error", endpoint="GET /api/v3/time")
    for _ in range(REQUESTS + 5):
        ask(handle, f"/api/v3/time?long={'x' * 300}")
    for price in range(30_000, 30_000 + ORDERS + 7):
        handle.binance.place("alice", "BTC/USDT", "buy", "0.001", price)
    lines = describe(handle, [f"h{number}" for number in range(50)]).splitlines()
    assert len(lines) <= 6 + REQUESTS + FIRINGS + 1 + ORDERS + 5 + 10
    assert max(map(len, lines)) == WIDTH
    assert "  ... 5 before these" in lines
    assert "  ... 7 before these" in lines


def test_no_key_and_no_signature_is_told(handle: Simx) -> None:
    alice = handle.binance.account("alice")
    from urllib.request import Request

    target = f"{handle.binance.rest_url}/api/v3/account?timestamp=1&signature={'ab' * 32}"
    with pytest.raises(HTTPError) as refused:
        urlopen(Request(target, headers={"X-MBX-APIKEY": alice.api_key}), timeout=10)
    refused.value.close()
    text = describe(handle)
    assert "alice GET /api/v3/account timestamp=1&signature=*** -> 400 " in text
    assert alice.api_key not in text
    assert "abab" not in text


@pytest.mark.parametrize(
    ("entry", "end"),
    [
        ({"reply": None, "fate": ""}, "-> no answer yet"),
        ({"reply": None, "fate": "reset"}, "-> reset"),
        ({"reply": {"status": 200, "body": "{}"}, "fate": "truncate"}, "-> 200 {} (truncate)"),
        ({"reply": {"message": "{}"}, "fate": ""}, "-> {'message': '{}'}"),
    ],
)
def test_what_came_back_is_told(entry: dict[str, Any], end: str) -> None:
    asked = {"ts": "2026-01-05T10:00:00Z", "account": "", "endpoint": "order.place", "message": "m"}
    assert request_line(asked | entry) == f"10:00:00 nobody order.place m {end}"


def test_an_exchange_that_has_ended_is_told_too() -> None:
    with simexchange.serve(clock="manual") as simx:
        pass
    lines = describe(simx).splitlines()
    assert lines[0] == "time: the exchange is served no more"
    assert len(lines) == 5


def test_a_failing_tests_report_says_what_its_exchange_saw(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        from urllib.request import urlopen

        def test_passes(simx):
            urlopen(simx.binance.rest_url + "/api/v3/time").close()

        def test_fails(simx):
            urlopen(simx.binance.rest_url + "/api/v3/ping").close()
            simx.binance.place("alice", "BTC/USDT", "buy", "0.01", 30_000)
            assert simx.binance.orders("alice") == []

        def test_fails_without_it():
            assert 0

        @pytest.fixture
        def ends_badly(simx):
            yield
            assert 0, "in the end"

        def test_ends_badly(ends_badly):
            pass

        def test_verifies(simx):
            simx.verify("GET", "/api/v3/ping")
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=2, failed=3, errors=1)
    told = result.stdout.str()
    assert told.count("<simexchange calm, seed 42, binance>, <manual time") == 3
    assert told.count("last requests: none") == 2
    result.stdout.fnmatch_lines(
        [
            "*- simexchange -*",
            "last requests:",
            "  * nobody GET /api/v3/ping -> 200 {}",
            "open orders:",
            "  binance alice *: buy limit 0.01 BTC/USDT at 30000, filled 0, new",
            "E *AssertionError: GET /api/v3/ping: at least 1 wanted, 0 seen",
        ]
    )
    result.stdout.no_fnmatch_line("*require(self._backend*")
