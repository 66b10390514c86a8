"""Candles, tickers and averages on the clock: whole events, and when they come."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dialects.binance.stream_bench import START_MS, Bench, Socket, units
from simexchange.dialects.binance.settings import BinanceSettings
from simexchange.dialects.binance.stream_settings import StreamSettings
from simexchange.domain.commands import ListInstrument
from simexchange.domain.enums import Side
from simexchange.domain.instrument import Asset, Instrument, Rules

NOW = START_MS
DAY = 86_400_000
MINUTE_START = NOW - 20_000
"""The bench begins 20 seconds into a minute."""
GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / "streams_statistics.json").read_text())


@pytest.fixture
def bench() -> Bench:
    return Bench()


def trade(bench: Bench, price: str, quantity: str = "1", side: Side = Side.BUY, symbol: str = "BTC/USDT") -> None:
    """One match at a price, the taker on ``side``."""
    bench.place(bench.alice, side.opposite, quantity, price, symbol=symbol)
    bench.place(bench.bob, side, quantity, price, symbol=symbol)


def three_trades(bench: Bench) -> None:
    """100, 110, 95 in one second, the last one sold; then a book of 94 x 2 to 111 x 3."""
    trade(bench, "100")
    trade(bench, "110", "0.5")
    trade(bench, "95", "2", Side.SELL)
    bench.place(bench.alice, Side.BUY, "2", "94")
    bench.place(bench.alice, Side.SELL, "3", "111")


@pytest.mark.parametrize("stream", list(GOLDEN))
def test_events_are_whole_and_as_documented(bench: Bench, stream: str) -> None:
    socket = bench.connect(f"/ws/{stream}")
    three_trades(bench)
    bench.advance(2_000)
    event = socket.raw()[-1]
    assert event.decode() == json.dumps(GOLDEN[stream], separators=(",", ":"))


def test_a_candle_is_pushed_every_two_seconds(bench: Bench) -> None:
    socket = bench.connect("/ws/btcusdt@kline_1m")
    three_trades(bench)
    bench.advance(1_999)
    assert socket.raw() == []
    bench.advance(4_001)
    assert [event["E"] - NOW for event in socket.take()] == [2_000, 4_000, 6_000]


def test_a_candle_says_its_last_word_when_it_closes(bench: Bench) -> None:
    socket = bench.connect("/ws/btcusdt@kline_1m")
    three_trades(bench)
    bench.advance(39_000)
    trade(bench, "97")
    bench.advance(1_000)
    closing = socket.take()[-1]
    assert (closing["E"], closing["k"]["t"], closing["k"]["T"]) == (NOW + 40_000, MINUTE_START, NOW + 39_999)
    assert (closing["k"]["x"], closing["k"]["c"], closing["k"]["n"]) == (True, "97.00000000", 4)
    assert (closing["k"]["f"], closing["k"]["L"]) == (1, 4)
    trade(bench, "98")
    bench.advance(2_000)
    [opened] = socket.take()
    assert (opened["k"]["t"], opened["k"]["x"], opened["k"]["o"]) == (NOW + 40_000, False, "98.00000000")
    assert (opened["k"]["f"], opened["k"]["L"]) == (5, 5)


def test_a_candle_without_trades_repeats_the_last_close(bench: Bench) -> None:
    three_trades(bench)
    socket = bench.connect("/ws/btcusdt@kline_1s")
    bench.advance(3_000)
    candles = [event["k"] for event in socket.take()]
    assert [candle["x"] for candle in candles] == [True, True, True]
    assert [(candle["o"], candle["c"], candle["n"]) for candle in candles] == [
        ("100.00000000", "95.00000000", 3),
        ("95.00000000", "95.00000000", 0),
        ("95.00000000", "95.00000000", 0),
    ]
    assert (candles[1]["f"], candles[1]["L"]) == (-1, -1)


def test_a_late_clock_skips_no_closed_candle(bench: Bench) -> None:
    socket = bench.connect("/ws/btcusdt@kline_1s")
    three_trades(bench)
    bench.clock._now_ns += 3_500_000_000
    bench.clock.run_due()
    assert [(event["k"]["t"] - NOW, event["k"]["x"], event["k"]["n"]) for event in socket.take()] == [
        (0, True, 3),
        (1_000, True, 0),
        (2_000, True, 0),
    ]


def test_trades_after_the_boundary_belong_to_the_next_candle_even_when_the_clock_is_late(bench: Bench) -> None:
    socket = bench.connect("/ws/btcusdt@kline_1s")
    three_trades(bench)
    bench.clock._now_ns += 1_200_000_000
    trade(bench, "96")
    bench.clock.run_due()
    assert [(event["k"]["n"], event["k"]["f"], event["k"]["L"]) for event in socket.take()] == [(3, 1, 3)]


@pytest.mark.parametrize(
    "interval",
    ["1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M"],
)
@pytest.mark.parametrize("zone", ["", "@+08:00"])
def test_every_interval_has_its_candle_stream_in_both_zones(bench: Bench, interval: str, zone: str) -> None:
    three_trades(bench)
    socket = bench.connect(f"/stream?streams=btcusdt@kline_{interval}{zone}")
    bench.advance(2_000)
    message = socket.take()[0]
    candle = message["data"]["k"]
    assert message["stream"] == f"btcusdt@kline_{interval}{zone}"
    assert (candle["i"], candle["s"], candle["n"]) == (interval, "BTCUSDT", 3)
    assert candle["t"] <= NOW <= candle["T"]


def test_days_at_plus_eight_hours_open_at_16_utc(bench: Bench) -> None:
    three_trades(bench)
    socket = bench.connect("/ws/btcusdt@kline_1d@+08:00")
    bench.advance(2_000)
    [event] = socket.take()
    assert event["k"]["t"] % DAY == 16 * 3_600_000


def test_times_of_a_candle_may_be_microseconds(bench: Bench) -> None:
    three_trades(bench)
    socket = bench.connect("/ws/btcusdt@kline_1m?timeUnit=microsecond")
    bench.advance(2_000)
    [event] = socket.take()
    assert event["E"] == (NOW + 2_000) * 1000
    assert (event["k"]["t"], event["k"]["T"]) == (MINUTE_START * 1000, (MINUTE_START + 60_000) * 1000 - 1)


@pytest.mark.parametrize("name", ["miniTicker", "ticker", "ticker_1h", "avgPrice"])
def test_a_statistic_speaks_once_a_second_when_it_changed(bench: Bench, name: str) -> None:
    three_trades(bench)
    socket = bench.connect(f"/ws/btcusdt@{name}")
    bench.advance(3_000)
    assert [event["E"] - NOW for event in socket.take()] == [1_000]
    trade(bench, "105")
    bench.advance(3_000)
    assert [event["E"] - NOW for event in socket.take()] == [4_000]


def test_the_ticker_also_follows_the_best_prices(bench: Bench) -> None:
    three_trades(bench)
    socket = bench.connect("/ws/btcusdt@ticker")
    bench.advance(1_000)
    socket.take()
    bench.place(bench.alice, Side.BUY, "7", "94.5")
    bench.advance(1_000)
    assert [(event["b"], event["B"]) for event in socket.take()] == [("94.50000000", "7.00000000")]


def test_whoever_joins_is_told_at_the_next_second(bench: Bench) -> None:
    three_trades(bench)
    bench.connect("/ws/btcusdt@miniTicker")
    bench.advance(1_000)
    late = bench.connect("/ws/btcusdt@miniTicker")
    bench.advance(1_000)
    assert [event["c"] for event in late.take()] == ["95.00000000"]


@pytest.mark.parametrize("name", ["adausdt@ticker", "adausdt@miniTicker", "adausdt@ticker_1h"])
def test_a_symbol_that_never_traded_has_empty_statistics(bench: Bench, name: str) -> None:
    """A price to begin at is no trade."""
    instrument = Instrument("ADA/USDT", Asset("ADA"), Asset("USDT"))
    rules = Rules(tick_size=units("0.01"), lot_size=units("0.00001"))
    bench.door.submit(ListInstrument(instrument, rules, 0, 0, last_price=units("60000")))
    socket = bench.connect(f"/ws/{name}")
    bench.advance(1_000)
    [event] = socket.take()
    numbers = {value for key, value in event.items() if key not in {"e", "E", "s", "O", "C"}}
    assert numbers <= {"0.00000000", "0.000", -1, 0}


def symbols(socket: Socket) -> list[list[str]]:
    return [[event["s"] for event in message] for message in socket.take()]


@pytest.mark.parametrize("name", ["!miniTicker@arr", "!ticker@arr", "!ticker_1h@arr"])
def test_all_market_streams_hold_only_what_changed(bench: Bench, name: str) -> None:
    trade(bench, "100")
    trade(bench, "50", symbol="ETH/USDT")
    socket = bench.connect(f"/ws/{name}")
    bench.advance(1_000)
    assert symbols(socket) == [["BTCUSDT", "ETHUSDT"]]
    trade(bench, "51", symbol="ETH/USDT")
    bench.advance(1_000)
    assert symbols(socket) == [["ETHUSDT"]]
    bench.advance(5_000)
    assert symbols(socket) == []


def test_all_mini_tickers_come_every_three_seconds_for_older_clients(bench: Bench) -> None:
    trade(bench, "100")
    every_second, slow = bench.connect("/ws/!miniTicker@arr@1000ms"), bench.connect("/ws/!miniTicker@arr@3000ms")
    for price in ("101", "102", "103"):
        bench.advance(1_000)
        trade(bench, price)
    assert len(every_second.take()) == 3
    assert len(slow.take()) == 1


def test_an_all_market_stream_is_wrapped_as_one_array(bench: Bench) -> None:
    trade(bench, "100")
    socket = bench.connect("/stream?streams=!miniTicker@arr")
    bench.advance(1_000)
    [message] = socket.take()
    assert message["stream"] == "!miniTicker@arr"
    assert [event["e"] for event in message["data"]] == ["24hrMiniTicker", "24hrMiniTicker"]


def test_the_retired_ticker_of_all_markets_can_be_switched_off() -> None:
    bench = Bench(BinanceSettings(streams=StreamSettings(all_tickers=False)))
    trade(bench, "100")
    socket = bench.connect("/ws/!ticker@arr")
    bench.advance(5_000)
    assert socket.raw() == []


def test_a_rolling_window_opens_on_a_full_minute(bench: Bench) -> None:
    three_trades(bench)
    socket = bench.connect("/ws/btcusdt@ticker_4h")
    bench.advance(1_000)
    [event] = socket.take()
    assert event["e"] == "4hTicker"
    assert (event["O"], event["C"]) == (MINUTE_START - 4 * 3_600_000, NOW + 1_000)


def test_a_trade_leaves_the_window_after_its_time(bench: Bench) -> None:
    three_trades(bench)
    bench.advance(3_600_000)
    trade(bench, "105")
    bench.advance(60_000)
    socket = bench.connect("/ws/btcusdt@ticker_1h/btcusdt@ticker_4h")
    bench.advance(1_000)
    hour, four_hours = sorted(socket.take(), key=lambda event: str(event["e"]))
    assert (hour["n"], hour["o"], hour["F"], hour["L"]) == (1, "105.00000000", 4, 4)
    assert (four_hours["n"], four_hours["p"], four_hours["P"]) == (4, "5.00000000", "5.000")


def test_documented_keys_stand_in_the_documented_order(bench: Bench) -> None:
    documented = json.loads((Path(__file__).parent / "golden" / "streams_keys.json").read_text())
    names = "/".join(f"btcusdt@{name}" for name in documented)
    socket = bench.connect(f"/stream?streams={names}")
    three_trades(bench)
    bench.advance(2_000)
    seen = {message["stream"].partition("@")[2]: message["data"] for message in socket.take()}
    assert {name: list(event) for name, event in seen.items()} == documented
    assert list(seen["kline_1m"]["k"]) == msgspec.json.decode(
        b'["t","T","s","i","f","L","o","c","h","l","v","n","x","q","V","Q","B"]'
    )
