"""What an account is told about its orders, trades and balances: which rows, in which order, for which question."""

from typing import Any, Final

import pytest

from dialects.binance.rest_bench import START_MS, Answer, Bench
from simexchange.dialects.binance.settings import BinanceSettings

SYMBOL: Final = {"symbol": "BTCUSDT"}
DAY_MS: Final = 86_400_000
TOO_LONG: Final = (400, -1127, "More than 24 hours between startTime and endTime.")
BAD_COMBINATION: Final = (400, -1128, "Combination of optional parameters invalid.")
END_MISSING: Final = (400, -1102, "Mandatory parameter 'endTime' was not sent, was empty/null, or malformed.")


@pytest.fixture
def bench() -> Bench:
    """Five orders of alice, a second apart, each filled at once in two halves."""
    bench = Bench()
    for number in range(5):
        bench.alice.order(newClientOrderId=f"a-{number}", quantity="0.02")
        for _ in range(2):
            bench.bob.order(side="SELL", quantity="0.01")
        bench.advance(1_000)
    return bench


def ids(answer: Answer, key: str) -> list[int]:
    return [row[key] for row in answer.body]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, [1, 4, 7, 10, 13]),
        ({"limit": 2}, [10, 13]),
        ({"limit": 0}, [1, 4, 7, 10, 13]),
        ({"orderId": 4}, [4, 7, 10, 13]),
        ({"orderId": 5, "limit": 2}, [7, 10]),
        ({"orderId": 99}, []),
        ({"startTime": START_MS + 2_000}, [7, 10, 13]),
        ({"startTime": START_MS + 2_001, "limit": 1}, [10]),
        ({"endTime": START_MS + 2_000}, [1, 4, 7]),
        ({"endTime": START_MS + 2_000, "limit": 1}, [7]),
        ({"startTime": START_MS + 1_000, "endTime": START_MS + 2_000}, [4, 7]),
        ({"startTime": (START_MS + 1_000) * 1000, "endTime": (START_MS + 2_000) * 1000}, [4, 7]),
        ({"startTime": START_MS, "endTime": START_MS + DAY_MS, "orderId": 7}, [7, 10, 13]),
    ],
)
def test_all_orders_are_found_by_id_and_time(bench: Bench, params: dict[str, Any], expected: list[int]) -> None:
    assert ids(bench.alice.ask("GET", "/api/v3/allOrders", **SYMBOL, **params), "orderId") == expected


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        ({"limit": 3}, [8, 9, 10]),
        ({"fromId": 4, "limit": 3}, [4, 5, 6]),
        ({"orderId": 4}, [3, 4]),
        ({"orderId": 4, "fromId": 4}, [4]),
        ({"startTime": START_MS + 1_000, "limit": 3}, [3, 4, 5]),
        ({"endTime": START_MS + 1_000}, [1, 2, 3, 4]),
        ({"endTime": START_MS + 1_000, "limit": 1}, [4]),
        ({"startTime": START_MS + 1_000, "endTime": START_MS + 2_000}, [3, 4, 5, 6]),
        ({"startTime": START_MS, "endTime": START_MS + DAY_MS}, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    ],
)
def test_own_trades_are_found_in_every_documented_way(
    bench: Bench, params: dict[str, Any], expected: list[int]
) -> None:
    assert ids(bench.alice.ask("GET", "/api/v3/myTrades", **SYMBOL, **params), "id") == expected


@pytest.mark.parametrize(
    "params",
    [
        {"fromId": 1, "startTime": START_MS},
        {"fromId": 1, "endTime": START_MS},
        {"orderId": 1, "startTime": START_MS},
        {"orderId": 1, "startTime": START_MS, "endTime": START_MS},
        {"orderId": 1, "fromId": 1, "endTime": START_MS},
    ],
)
def test_own_trades_are_refused_in_any_other_way(bench: Bench, params: dict[str, Any]) -> None:
    assert bench.alice.ask("GET", "/api/v3/myTrades", **SYMBOL, **params).refusal == BAD_COMBINATION


@pytest.mark.parametrize("path", ["myTrades", "allOrders"])
@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (START_MS, START_MS + DAY_MS, None),
        (START_MS, START_MS + DAY_MS + 1, TOO_LONG),
        (START_MS * 1000, (START_MS + DAY_MS) * 1000, None),
        (START_MS * 1000, (START_MS + DAY_MS + 1) * 1000, TOO_LONG),
        (START_MS, START_MS, None),
        (START_MS + 1, START_MS, END_MISSING),
    ],
)
def test_two_times_lie_in_order_and_within_a_day(
    bench: Bench, path: str, start: int, end: int, expected: tuple[int, int, str] | None
) -> None:
    answer = bench.alice.ask("GET", f"/api/v3/{path}", **SYMBOL, startTime=start, endTime=end)
    if expected is None:
        assert answer.status == 200
    else:
        assert answer.refusal == expected


def test_open_orders_are_of_one_symbol_or_of_all(bench: Bench) -> None:
    bench.list_instrument("ETH/USDT")
    bench.alice.order(symbol="ETHUSDT", price="3000")
    bench.alice.order(price="50000")
    rows = bench.alice.ask("GET", "/api/v3/openOrders").body
    assert sorted(row["symbol"] for row in rows) == ["BTCUSDT", "ETHUSDT"]
    rows = bench.alice.ask("GET", "/api/v3/openOrders", symbol="ETHUSDT").body
    assert [row["price"] for row in rows] == ["3000.00000000"]
    assert bench.alice.ask("GET", "/api/v3/openOrders", symbol="NOPE").refusal == (400, -1121, "Invalid symbol.")


@pytest.mark.parametrize(("omit", "assets"), [(None, ["BTC", "USDT", "ETH"]), ("true", ["BTC", "USDT"])])
def test_zero_balances_are_listed_unless_they_are_to_be_omitted(
    bench: Bench, omit: str | None, assets: list[str]
) -> None:
    bench.list_instrument("ETH/USDT")
    rows = bench.alice.ask("GET", "/api/v3/account", omitZeroBalances=omit).body["balances"]
    assert [row["asset"] for row in rows] == assets


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"preventedMatchId": 1}, [1]),
        ({"preventedMatchId": 9}, []),
        ({"orderId": 16}, [0, 1]),
        ({"orderId": 17}, [0]),
        ({"orderId": 16, "fromPreventedMatchId": 1}, [1]),
        ({"orderId": 16, "fromPreventedMatchId": 0, "limit": 1}, [0]),
    ],
)
def test_prevented_matches_are_found_by_match_or_by_order(
    bench: Bench, params: dict[str, Any], expected: list[int]
) -> None:
    bench.alice.order(side="SELL", price="61000")
    for _ in range(2):
        bench.alice.order(price="61000", selfTradePreventionMode="EXPIRE_TAKER")
    answer = bench.alice.ask("GET", "/api/v3/myPreventedMatches", **SYMBOL, **params)
    assert ids(answer, "preventedMatchId") == expected


def test_prevented_matches_must_be_named(bench: Bench) -> None:
    text = "Param 'preventedMatchId' or 'orderId' must be sent, but both were empty/null!"
    assert bench.alice.ask("GET", "/api/v3/myPreventedMatches", **SYMBOL).refusal == (400, -1102, text)
    both = {"preventedMatchId": 1, "orderId": 1}
    assert bench.alice.ask("GET", "/api/v3/myPreventedMatches", **SYMBOL, **both).refusal == BAD_COMBINATION


@pytest.mark.parametrize("path", ["openOrderList", "allOrderList"])
def test_there_are_no_order_lists(bench: Bench, path: str) -> None:
    assert bench.alice.ask("GET", f"/api/v3/{path}").body == []


LISTEN_KEY: Final = "/api/v3/userDataStream"


def test_a_listen_key_lives_for_an_hour_from_its_last_keepalive(bench: Bench) -> None:
    key = bench.alice.send("POST", LISTEN_KEY).body["listenKey"]
    assert len(key) == 64
    assert bench.alice.send("POST", LISTEN_KEY).body == {"listenKey": key}
    bench.advance(59 * 60_000)
    assert bench.alice.send("PUT", LISTEN_KEY, f"listenKey={key}").body == {}
    bench.advance(60 * 60_000 - 1)
    assert bench.dialect.listen_keys.account_of(key) == bench.alice.account_id
    bench.advance(1)
    assert bench.dialect.listen_keys.account_of(key) is None
    gone = (400, -1125, "This listenKey does not exist.")
    assert bench.alice.send("PUT", LISTEN_KEY, f"listenKey={key}").refusal == gone
    assert bench.alice.send("POST", LISTEN_KEY).body["listenKey"] != key


def test_a_listen_key_is_closed_by_its_owner_alone(bench: Bench) -> None:
    ended: list[tuple[str, int]] = []
    bench.dialect.listen_keys.on_end = lambda key, account_id: ended.append((key, account_id))
    key = bench.alice.send("POST", LISTEN_KEY).body["listenKey"]
    gone = (400, -1125, "This listenKey does not exist.")
    assert bench.bob.send("PUT", LISTEN_KEY, f"listenKey={key}").refusal == gone
    assert bench.bob.send("DELETE", LISTEN_KEY, f"listenKey={key}").refusal == gone
    assert bench.alice.send("DELETE", LISTEN_KEY, body=f"listenKey={key}").body == {}
    assert bench.alice.send("DELETE", LISTEN_KEY, f"listenKey={key}").refusal == gone
    bench.advance(2 * 3_600_000)
    assert ended == [(key, bench.alice.account_id)]


def test_listen_keys_need_a_key_but_no_signature_and_can_be_switched_off(bench: Bench) -> None:
    assert bench.send("POST", LISTEN_KEY).refusal == (401, -2014, "API-key format invalid.")
    assert bench.send("POST", LISTEN_KEY, **{"x-mbx-apikey": "k" * 64}).status == 401
    answer = bench.alice.send("PUT", LISTEN_KEY, "listenKey=x&timestamp=1&signature=2")
    assert answer.refusal == (400, -1101, "Too many parameters; expected '1' and received '3'.")
    modern = Bench(BinanceSettings(listen_keys=False))
    assert modern.alice.send("POST", LISTEN_KEY).status == 404
