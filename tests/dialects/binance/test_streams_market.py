"""Market stream events, whole and as documented: what each channel says, and when."""

from itertools import pairwise

import msgspec
import pytest

from dialects.binance.stream_bench import BTC, START_MS, Bench, Socket
from simexchange.domain.enums import Side

NOW = START_MS


@pytest.fixture
def bench() -> Bench:
    return Bench()


def quoted(bench: Bench, target: str) -> Socket:
    """A book of 2 bids and 2 asks, then a socket."""
    bench.place(bench.alice, Side.BUY, "1", "99")
    bench.place(bench.alice, Side.BUY, "2", "98")
    bench.place(bench.alice, Side.SELL, "1.5", "101")
    bench.place(bench.alice, Side.SELL, "3", "102")
    return bench.connect(target)


def text(message: bytes) -> str:
    return message.decode()


def test_every_match_is_one_trade_event_at_once(bench: Bench) -> None:
    socket = quoted(bench, "/ws/btcusdt@trade")
    bench.place(bench.bob, Side.BUY, "2", "102")
    assert [text(message) for message in socket.raw()] == [
        f'{{"e":"trade","E":{NOW},"s":"BTCUSDT","t":1,"p":"101.00000000","q":"1.50000000","T":{NOW},"m":false,"M":true}}',
        f'{{"e":"trade","E":{NOW},"s":"BTCUSDT","t":2,"p":"102.00000000","q":"0.50000000","T":{NOW},"m":false,"M":true}}',
    ]


def test_a_selling_taker_makes_the_buyer_the_maker(bench: Bench) -> None:
    socket = quoted(bench, "/ws/btcusdt@trade")
    bench.place(bench.bob, Side.SELL, "1", "99")
    [event] = socket.take()
    assert event["m"] is True


def test_fills_of_one_order_at_one_price_are_one_aggregate(bench: Bench) -> None:
    socket = quoted(bench, "/ws/btcusdt@aggTrade")
    bench.place(bench.alice, Side.SELL, "1", "101")
    bench.place(bench.bob, Side.BUY, "3", "102")
    first, second = socket.raw()
    assert text(first) == (
        f'{{"e":"aggTrade","E":{NOW},"s":"BTCUSDT","a":{msgspec.json.decode(first)["a"]},"p":"101.00000000",'
        f'"q":"2.50000000","f":1,"l":2,"T":{NOW},"m":false,"M":true}}'
    )
    assert msgspec.json.decode(second) == {
        "e": "aggTrade",
        "E": NOW,
        "s": "BTCUSDT",
        "a": msgspec.json.decode(first)["a"] + 1,
        "p": "102.00000000",
        "q": "0.50000000",
        "f": 3,
        "l": 3,
        "T": NOW,
        "m": False,
        "M": True,
    }


def test_a_depth_update_gathers_the_changes_of_one_second(bench: Bench) -> None:
    socket = quoted(bench, "/ws/btcusdt@depth")
    bench.place(bench.alice, Side.BUY, "4", "97")
    bench.place(bench.bob, Side.BUY, "2", "102")
    bench.place(bench.bob, Side.BUY, "0.5", "99")
    assert socket.raw() == []
    bench.second()
    assert [text(message) for message in socket.raw()] == [
        (
            f'{{"e":"depthUpdate","E":{NOW + 1000},"s":"BTCUSDT","U":5,"u":7,'
            '"b":[["99.00000000","1.50000000"],["97.00000000","4.00000000"]],'
            '"a":[["101.00000000","0.00000000"],["102.00000000","2.50000000"]]}'
        )
    ]
    bench.second()
    assert socket.raw() == []


def test_a_depth_update_holds_only_what_changed_since_the_last(bench: Bench) -> None:
    socket = quoted(bench, "/ws/btcusdt@depth@100ms")
    bench.place(bench.alice, Side.BUY, "4", "97")
    bench.place(bench.alice, Side.SELL, "4", "103")
    bench.advance(100)
    socket.take()
    bench.place(bench.alice, Side.BUY, "5", "96")
    bench.place(bench.alice, Side.SELL, "5", "104")
    bench.advance(100)
    assert [(event["b"], event["a"]) for event in socket.take()] == [
        ([["96.00000000", "5.00000000"]], [["104.00000000", "5.00000000"]])
    ]


@pytest.mark.parametrize(("name", "period"), [("depth", 1000), ("depth@1000ms", 1000), ("depth@100ms", 100)])
def test_depth_speeds_keep_to_the_clock(bench: Bench, name: str, period: int) -> None:
    bench.advance(37)
    socket = bench.connect(f"/ws/btcusdt@{name}")
    bench.place(bench.alice, Side.BUY, "1", "99")
    bench.advance(period - 38)
    assert socket.raw() == []
    bench.advance(1)
    [event] = socket.take()
    assert event["E"] == NOW + period


def test_depth_updates_join_on_without_a_gap(bench: Bench) -> None:
    socket = bench.connect("/ws/btcusdt@depth@100ms")
    for step in range(40):
        bench.place(bench.alice, Side.BUY, "1", str(50 + step))
        if step % 3 == 0:
            bench.advance(100)
    bench.advance(100)
    spans = [(event["U"], event["u"]) for event in socket.take()]
    assert spans[0][0] == 1
    assert spans[-1][1] == 40
    assert all(after[0] == before[1] + 1 for before, after in pairwise(spans))


def test_partial_depth_shows_the_best_levels(bench: Bench) -> None:
    socket = quoted(bench, "/ws/btcusdt@depth5")
    for step in range(6):
        bench.place(bench.alice, Side.BUY, "1", str(90 - step))
    bench.second()
    assert [text(message) for message in socket.raw()] == [
        (
            '{"lastUpdateId":10,"bids":[["99.00000000","1.00000000"],["98.00000000","2.00000000"],'
            '["90.00000000","1.00000000"],["89.00000000","1.00000000"],["88.00000000","1.00000000"]],'
            '"asks":[["101.00000000","1.50000000"],["102.00000000","3.00000000"]]}'
        )
    ]
    bench.second()
    assert socket.raw() == []


@pytest.mark.parametrize("levels", [5, 10, 20])
def test_partial_depth_comes_in_three_sizes(bench: Bench, levels: int) -> None:
    for step in range(30):
        bench.place(bench.alice, Side.SELL, "1", str(101 + step))
    socket = bench.connect(f"/ws/btcusdt@depth{levels}@100ms")
    bench.advance(100)
    [event] = socket.take()
    assert len(event["asks"]) == levels
    assert event["bids"] == []


def test_the_book_ticker_speaks_when_the_best_changes_and_only_then(bench: Bench) -> None:
    socket = quoted(bench, "/ws/btcusdt@bookTicker")
    bench.place(bench.alice, Side.BUY, "5", "97")
    assert socket.raw() == []
    bench.place(bench.alice, Side.BUY, "0.25", "99")
    assert [text(message) for message in socket.raw()] == [
        '{"u":6,"s":"BTCUSDT","b":"99.00000000","B":"1.25000000","a":"101.00000000","A":"1.50000000"}'
    ]


def test_an_empty_side_is_zero_in_the_book_ticker(bench: Bench) -> None:
    socket = bench.connect("/ws/btcusdt@bookTicker")
    bench.place(bench.alice, Side.BUY, "1", "99")
    assert socket.take() == [
        {"u": 1, "s": "BTCUSDT", "b": "99.00000000", "B": "1.00000000", "a": "0.00000000", "A": "0.00000000"}
    ]


def test_microseconds_are_spoken_where_they_are_asked_for(bench: Bench) -> None:
    socket = quoted(bench, "/stream?streams=btcusdt@trade/btcusdt@depth&timeUnit=MICROSECOND")
    bench.place(bench.bob, Side.BUY, "1", "101")
    bench.second()
    trade, depth = (message["data"] for message in socket.take())
    assert (trade["E"], trade["T"]) == (NOW * 1000, NOW * 1000)
    assert depth["E"] == (NOW + 1000) * 1000


def test_combined_events_carry_the_name_that_was_asked_for(bench: Bench) -> None:
    socket = quoted(bench, "/stream?streams=btcusdt@depth@1000ms/btcusdt@trade")
    bench.place(bench.bob, Side.BUY, "1", "101")
    bench.second()
    assert [message["stream"] for message in socket.take()] == ["btcusdt@trade", "btcusdt@depth@1000ms"]


def test_another_instrument_is_none_of_a_streams_business(bench: Bench) -> None:
    socket = bench.connect("/ws/ethusdt@trade/ethusdt@depth/ethusdt@bookTicker")
    bench.place(bench.alice, Side.SELL, "1", "101", symbol=BTC)
    bench.place(bench.bob, Side.BUY, "1", "101", symbol=BTC)
    bench.second()
    assert socket.raw() == []


def test_a_stream_of_an_instrument_yet_to_be_listed_finds_its_voice(bench: Bench) -> None:
    socket = bench.connect("/ws/ethbtc@bookTicker")
    bench.list_instrument("ETH/BTC")
    bench.place(bench.alice, Side.BUY, "1", "0.05", symbol="ETH/BTC")
    assert [event["s"] for event in socket.take()] == ["ETHBTC"]
