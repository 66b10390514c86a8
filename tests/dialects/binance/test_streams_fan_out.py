"""One message for all who listen: encoded once, the same bytes object; and no work at all for nobody."""

import pytest

from dialects.binance.stream_bench import BTC, Bench, Socket
from simexchange.dialects.binance import encoders
from simexchange.domain.enums import Side

EVERY_CHANNEL = (
    "btcusdt@trade",
    "btcusdt@aggTrade",
    "btcusdt@depth",
    "btcusdt@depth@100ms",
    "btcusdt@depth5",
    "btcusdt@depth20@100ms",
    "btcusdt@bookTicker",
    "btcusdt@kline_1s",
    "btcusdt@kline_1m",
    "btcusdt@kline_1d@+08:00",
    "btcusdt@miniTicker",
    "btcusdt@ticker",
    "btcusdt@ticker_1h",
    "btcusdt@avgPrice",
    "!miniTicker@arr",
    "!ticker@arr",
    "!ticker_4h@arr",
)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def live(bench: Bench) -> None:
    """A trade, a new best bid, and time for every period to end."""
    bench.place(bench.alice, Side.SELL, "1", "101")
    bench.place(bench.bob, Side.BUY, "0.5", "101")
    bench.place(bench.bob, Side.BUY, "0.5", "99")
    bench.advance(2_000)


@pytest.mark.parametrize("name", EVERY_CHANNEL)
def test_all_listeners_of_a_stream_get_the_very_same_bytes(bench: Bench, name: str) -> None:
    raw = [bench.connect(f"/ws/{name}") for _ in range(3)]
    combined = [bench.connect(f"/stream?streams={name}") for _ in range(3)]
    live(bench)
    first, *others = [socket.raw() for socket in raw]
    wrapped, *other_wrapped = [socket.raw() for socket in combined]
    assert first
    for sent in others:
        assert [id(message) for message in sent] == [id(message) for message in first]
    for sent in other_wrapped:
        assert [id(message) for message in sent] == [id(message) for message in wrapped]
    assert wrapped == [b'{"stream":"%s","data":%s}' % (name.encode(), message) for message in first]


def test_a_trade_is_encoded_once_for_a_hundred_listeners(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[int] = []
    encode = encoders.trade

    def count(*arguments: object) -> bytes:
        encoded.append(1)
        return encode(*arguments)  # type: ignore[arg-type]  # passed through as they came

    monkeypatch.setattr(encoders, "trade", count)
    sockets = [bench.connect("/ws/btcusdt@trade", peer=f"127.0.0.{number}") for number in range(100)]
    bench.place(bench.alice, Side.SELL, "1", "101")
    bench.place(bench.bob, Side.BUY, "1", "101")
    assert encoded == [1]
    assert all(len(socket.take()) == 1 for socket in sockets)


def test_streams_without_listeners_cost_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("trade", "aggregate_trade", "depth_update", "partial_depth", "book_ticker", "kline"):
        monkeypatch.setattr(encoders, name, _never)
    bench.connect("/ws/ethusdt@trade/btcusdt@avgPrice")
    live(bench)


def _never(*_: object) -> bytes:
    raise AssertionError("encoded for nobody")


@pytest.mark.parametrize("name", EVERY_CHANNEL)
def test_a_streams_timer_goes_with_its_last_listener(bench: Bench, name: str) -> None:
    due = bench.clock.next_due_ns()
    first, second = (bench.connect("/ws") for _ in range(2))
    for socket in (first, second):
        socket.subscribe(name)
    unsubscribe(first, name)
    second.leave()
    live(bench)
    assert first.raw() == []
    first.leave()
    assert bench.clock.next_due_ns() == due
    assert bench.dialect.streams.hub.topics == 0


def unsubscribe(socket: Socket, name: str) -> None:
    assert socket.ask({"method": "UNSUBSCRIBE", "params": [name], "id": 2}) == {"result": None, "id": 2}


def test_a_listener_that_leaves_during_a_message_does_not_disturb_the_others(bench: Bench) -> None:
    leaver, stayer = (bench.connect("/ws/btcusdt@bookTicker") for _ in range(2))
    leaver.sink.send = lambda payload: leaver.leave()  # type: ignore[method-assign]  # a sink that gives up
    bench.place(bench.alice, Side.BUY, "1", "99", symbol=BTC)
    bench.place(bench.alice, Side.BUY, "1", "100", symbol=BTC)
    assert [event["u"] for event in stayer.take()] == [1, 2]
