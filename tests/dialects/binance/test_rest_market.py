"""Public questions beyond the golden payloads: forms of asking, selections, windows, time zones, statuses."""

from typing import Any, Final

import pytest

from dialects.binance.rest_bench import RULES, START_MS, Bench, units
from simexchange.dialects.binance.tickers import percent3
from simexchange.domain.commands import ListInstrument, SetTradingStatus
from simexchange.domain.enums import TradingStatus
from simexchange.domain.instrument import Asset, Instrument

SYMBOL: Final = {"symbol": "BTCUSDT"}
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS


@pytest.fixture
def bench() -> Bench:
    """BTC/USDT trades, ETH/USDT is halted, SOL/USDT can only be canceled on."""
    bench = Bench()
    for symbol, status in (("ETH/USDT", TradingStatus.HALTED), ("SOL/USDT", TradingStatus.CANCEL_ONLY)):
        bench.list_instrument(symbol)
        bench.door.submit(SetTradingStatus(symbol, status))
    return bench


def trade(bench: Bench, price: str = "60000", quantity: str = "0.01", seller_takes: bool = True) -> None:
    first, second = ("BUY", "SELL") if seller_takes else ("SELL", "BUY")
    bench.alice.order(side=first, price=price, quantity=quantity)
    bench.bob.order(side=second, price=price, quantity=quantity)


def symbols_of(answer: Any) -> list[str]:
    rows = answer.body["symbols"] if isinstance(answer.body, dict) else answer.body
    return [row["symbol"] for row in rows]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["BTCUSDT", "ETHUSDT", "SOLUSDT"]),
        ("symbol=ETHUSDT", ["ETHUSDT"]),
        ("symbols=[%22SOLUSDT%22,%22BTCUSDT%22]", ["SOLUSDT", "BTCUSDT"]),
        ("symbols=[]", []),
        ("permissions=SPOT", ["BTCUSDT", "ETHUSDT", "SOLUSDT"]),
        ("permissions=[%22MARGIN%22,%22SPOT%22]", ["BTCUSDT", "ETHUSDT", "SOLUSDT"]),
        ("permissions=MARGIN", []),
        ("symbolStatus=TRADING", ["BTCUSDT"]),
        ("symbolStatus=HALT", ["ETHUSDT"]),
        ("symbolStatus=CANCEL_ONLY", ["SOLUSDT"]),
        ("symbolStatus=BREAK&permissions=SPOT", []),
    ],
)
def test_exchange_info_lists_what_was_asked_for(bench: Bench, query: str, expected: list[str]) -> None:
    assert symbols_of(bench.send("GET", "/api/v3/exchangeInfo", query)) == expected


def test_exchange_info_shows_the_status_and_hides_permission_sets_when_told(bench: Bench) -> None:
    rows = bench.get("/api/v3/exchangeInfo", showPermissionSets="false").body["symbols"]
    assert [(row["status"], row["permissionSets"]) for row in rows] == [
        ("TRADING", []),
        ("HALT", []),
        ("CANCEL_ONLY", []),
    ]


def test_a_symbol_listed_later_is_found(bench: Bench) -> None:
    assert bench.get("/api/v3/depth", symbol="ADAUSDT").status == 400
    bench.list_instrument("ADA/USDT")
    assert bench.get("/api/v3/depth", symbol="ADAUSDT").body == {"lastUpdateId": 0, "bids": [], "asks": []}


@pytest.mark.parametrize("path", ["ticker/24hr", "ticker", "ticker/tradingDay", "ticker/price", "ticker/bookTicker"])
def test_a_ticker_is_an_object_for_one_symbol_and_an_array_for_a_list(bench: Bench, path: str) -> None:
    one = bench.get(f"/api/v3/{path}", symbol="ETHUSDT").body
    assert one["symbol"] == "ETHUSDT"
    rows = bench.get(f"/api/v3/{path}", symbols='["SOLUSDT","ETHUSDT"]')
    assert symbols_of(rows) == ["SOLUSDT", "ETHUSDT"]
    assert rows.body[1] == one
    halted = bench.get(f"/api/v3/{path}", symbols='["SOLUSDT","ETHUSDT"]', symbolStatus="HALT")
    assert symbols_of(halted) == ["ETHUSDT"]
    mismatch = bench.get(f"/api/v3/{path}", symbol="ETHUSDT", symbolStatus="TRADING")
    assert mismatch.refusal == (400, -1220, "The symbol's status does not match the requested symbolStatus.")


@pytest.mark.parametrize("path", ["ticker/24hr", "ticker/price", "ticker/bookTicker"])
def test_a_ticker_without_symbols_is_of_all(bench: Bench, path: str) -> None:
    assert symbols_of(bench.get(f"/api/v3/{path}")) == ["BTCUSDT", "ETHUSDT", "SOLUSDT"]


@pytest.mark.parametrize("priced", [False, True])
def test_a_symbol_that_never_traded_has_an_empty_ticker(bench: Bench, priced: bool) -> None:
    """A price to begin at is no trade."""
    instrument = Instrument("ADA/USDT", Asset("ADA"), Asset("USDT"))
    bench.door.submit(ListInstrument(instrument, RULES, 0, 0, last_price=units("60000") if priced else 0))
    zero = "0.00000000"
    prices = dict.fromkeys(("openPrice", "highPrice", "lowPrice", "lastPrice"), zero)
    sums = {"volume": zero, "quoteVolume": zero, "firstId": -1, "lastId": -1, "count": 0}
    change = {"priceChange": zero, "priceChangePercent": "0.000", "weightedAvgPrice": zero}
    best = dict.fromkeys(("prevClosePrice", "lastQty", "bidPrice", "bidQty", "askPrice", "askQty"), zero)
    for path, expected in (
        ("ticker/24hr", change | best | prices | sums),
        ("ticker", change | prices | sums),
        ("ticker/tradingDay", change | prices | sums),
        ("ticker/24hr?type=MINI", prices | sums),
    ):
        path, _, query = path.partition("?")
        body = bench.send("GET", f"/api/v3/{path}", f"symbol=ADAUSDT&{query}".rstrip("&")).body
        assert body["openTime"] < body["closeTime"]
        assert body == {"symbol": "ADAUSDT"} | expected | {name: body[name] for name in ("openTime", "closeTime")}


@pytest.mark.parametrize(("limit", "levels"), [(None, 3), (2, 2), (0, 3), (6000, 3)])
def test_depth_has_the_best_levels_first(bench: Bench, limit: int | None, levels: int) -> None:
    for price in ("59000", "59002", "59001"):
        bench.alice.order(price=price, quantity="0.01")
        bench.bob.order(side="SELL", price=f"6{price[1:]}", quantity="0.01")
    query = "symbol=BTCUSDT" + ("" if limit is None else f"&limit={limit}")
    body = bench.send("GET", "/api/v3/depth", query).body
    bids = [["59002.00000000", "0.01000000"], ["59001.00000000", "0.01000000"], ["59000.00000000", "0.01000000"]]
    asks = [["69000.00000000", "0.01000000"], ["69001.00000000", "0.01000000"], ["69002.00000000", "0.01000000"]]
    assert body == {"lastUpdateId": 6, "bids": bids[:levels], "asks": asks[:levels]}


def test_trades_of_one_order_at_one_price_are_one_aggregate(bench: Bench) -> None:
    for _ in range(2):
        bench.alice.order(quantity="0.01")
    bench.bob.order(side="SELL", quantity="0.02")
    trade(bench, seller_takes=False)
    rows = bench.get("/api/v3/aggTrades", **SYMBOL).body
    assert [(row["a"], row["q"], row["f"], row["l"], row["m"]) for row in rows] == [
        (1, "0.02000000", 1, 2, True),
        (2, "0.01000000", 3, 3, False),
    ]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, [1, 2, 3, 4]),
        ({"limit": 2}, [3, 4]),
        ({"fromId": 2, "limit": 2}, [2, 3]),
        ({"startTime": START_MS + 1_000}, [2, 3, 4]),
        ({"startTime": START_MS + 1_000, "limit": 1}, [2]),
        ({"endTime": START_MS + 1_000}, [1, 2]),
        ({"endTime": START_MS + 1_000, "limit": 1}, [2]),
        ({"startTime": START_MS + 1_000, "endTime": START_MS + 2_000}, [2, 3]),
        ({"startTime": (START_MS + 1_000) * 1000, "endTime": (START_MS + 2_000) * 1000}, [2, 3]),
    ],
)
def test_aggregate_trades_are_found_by_id_and_time(bench: Bench, params: dict[str, Any], expected: list[int]) -> None:
    for _ in range(4):
        trade(bench)
        bench.advance(1_000)
    assert [row["a"] for row in bench.get("/api/v3/aggTrades", **SYMBOL, **params).body] == expected


def test_recent_trades_are_the_last_ones_and_old_ones_start_at_an_id(bench: Bench) -> None:
    for _ in range(4):
        trade(bench)
    for path, params, expected in (
        ("trades", {"limit": 2}, [3, 4]),
        ("historicalTrades", {"limit": 2}, [3, 4]),
        ("historicalTrades", {"limit": 2, "fromId": 2}, [2, 3]),
        ("historicalTrades", {"fromId": 9}, []),
    ):
        assert [row["id"] for row in bench.get(f"/api/v3/{path}", **SYMBOL, **params).body] == expected


def opens(bench: Bench, **params: Any) -> list[int]:
    return [row[0] for row in bench.get("/api/v3/klines", **SYMBOL, **params).body]


def test_candles_ascend_to_the_one_under_way(bench: Bench) -> None:
    minute = START_MS - 123
    for _ in range(3):
        trade(bench)
        bench.advance(MINUTE_MS)
    assert opens(bench, interval="1m") == [minute + number * MINUTE_MS for number in range(4)]
    assert opens(bench, interval="1m", limit=2) == [minute + 2 * MINUTE_MS, minute + 3 * MINUTE_MS]
    assert opens(bench, interval="1m", startTime=minute + 1, limit=1) == [minute + MINUTE_MS]
    assert opens(bench, interval="1m", endTime=minute + MINUTE_MS) == [minute, minute + MINUTE_MS]
    assert opens(bench, interval="1m", startTime=minute + MINUTE_MS, endTime=minute) == []


@pytest.mark.parametrize(
    ("zone", "hours"),
    [("0", 0), ("8", 16), ("+8", 16), ("08:00", 16), ("-1:00", 1), ("05:45", 18.25), ("-12", 12), ("14", 10)],
)
def test_a_day_opens_at_midnight_of_the_time_zone(bench: Bench, zone: str, hours: float) -> None:
    trade(bench)
    day = START_MS - START_MS % (24 * HOUR_MS)
    expected = day + int(hours * HOUR_MS)
    if expected > START_MS:
        expected -= 24 * HOUR_MS
    assert opens(bench, interval="1d", timeZone=zone) == [expected]


@pytest.mark.parametrize("zone", ["-12:01", "14:01", "15", "1:60", "1:5", "a", "--1", "1:00:00"])
def test_a_time_zone_beyond_the_earth_is_refused(bench: Bench, zone: str) -> None:
    answer = bench.get("/api/v3/klines", **SYMBOL, interval="1d", timeZone=zone)
    assert answer.refusal == (400, -1130, "Data sent for parameter 'timeZone' is not valid.")


def test_every_documented_interval_is_known(bench: Bench) -> None:
    trade(bench)
    intervals = ["1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M"]
    assert [len(opens(bench, interval=interval)) for interval in intervals] == [1] * 16


def test_a_window_opens_on_a_whole_minute(bench: Bench) -> None:
    bench.advance(59_000)
    body = bench.get("/api/v3/ticker", **SYMBOL, windowSize="2m").body
    assert (body["openTime"], body["closeTime"]) == (START_MS - 123 - 2 * MINUTE_MS, START_MS + 59_000)


def test_a_window_leaves_out_what_is_older(bench: Bench) -> None:
    trade(bench, price="59000")
    bench.advance(3 * MINUTE_MS)
    trade(bench, price="61000")
    assert bench.get("/api/v3/ticker", **SYMBOL, windowSize="1m").body["lowPrice"] == "61000.00000000"
    assert bench.get("/api/v3/ticker", **SYMBOL, windowSize="3m").body["lowPrice"] == "59000.00000000"
    assert bench.get("/api/v3/ticker", **SYMBOL).body["lowPrice"] == "59000.00000000"


@pytest.mark.parametrize("window", ["0m", "60m", "24h", "8d", "1w", "1d2h", "1", "m"])
def test_a_window_of_no_documented_size_is_refused(bench: Bench, window: str) -> None:
    answer = bench.get("/api/v3/ticker", **SYMBOL, windowSize=window)
    assert answer.refusal == (400, -1130, "Data sent for parameter 'windowSize' is not valid.")


def test_a_trading_day_follows_its_time_zone(bench: Bench) -> None:
    body = bench.get("/api/v3/ticker/tradingDay", **SYMBOL, timeZone="-9").body
    day = START_MS - START_MS % (24 * HOUR_MS) - 15 * HOUR_MS
    assert (body["openTime"], body["closeTime"]) == (day, day + 24 * HOUR_MS - 1)


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (1, 3, "33.333"),
        (2, 3, "66.667"),
        (-1, 3, "-33.333"),
        (0, 5, "0.000"),
        (5, 0, "0.000"),
        (-1, 10**9, "0.000"),
        (1, 200_000, "0.001"),
        (12, 1, "1200.000"),
    ],
)
def test_a_change_in_percent_has_three_decimals(part: int, whole: int, expected: str) -> None:
    assert percent3(part, whole) == expected


def test_times_of_market_data_come_in_microseconds_when_asked_for(bench: Bench) -> None:
    trade(bench)
    headers = {"x-mbx-time-unit": "MICROSECOND"}
    kline = bench.send("GET", "/api/v3/klines", "symbol=BTCUSDT&interval=1m", **headers).body[0]
    assert (kline[0], kline[6]) == ((START_MS - 123) * 1000, (START_MS - 123 + MINUTE_MS) * 1000 - 1)
    assert bench.send("GET", "/api/v3/trades", "symbol=BTCUSDT", **headers).body[0]["time"] == START_MS * 1000
