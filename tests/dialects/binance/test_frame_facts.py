"""What rules can match of every message that this venue's sockets send."""

from collections.abc import Callable
from typing import Any

import pytest

from dialects.binance.stream_bench import BTC, Bench, Socket
from dialects.binance.user_bench import listen
from simexchange.domain.commands import Deposit
from simexchange.domain.enums import Side
from simexchange.services.faults.facts import Subject

RAW = (
    ("btcusdt@aggTrade", "aggTrade", "aggTrade", Subject.TRADES, BTC),
    ("btcusdt@trade", "trade", "trade", Subject.TRADES, BTC),
    ("btcusdt@kline_1m", "kline_1m", "kline", Subject.CANDLES, BTC),
    ("btcusdt@kline_1d@+08:00", "kline_1d@+08:00", "kline", Subject.CANDLES, BTC),
    ("btcusdt@miniTicker", "miniTicker", "24hrMiniTicker", Subject.STATISTICS, BTC),
    ("btcusdt@ticker", "ticker", "24hrTicker", Subject.STATISTICS, BTC),
    ("btcusdt@ticker_1h", "ticker_1h", "1hTicker", Subject.STATISTICS, BTC),
    ("btcusdt@ticker_4h", "ticker_4h", "4hTicker", Subject.STATISTICS, BTC),
    ("btcusdt@ticker_1d", "ticker_1d", "1dTicker", Subject.STATISTICS, BTC),
    ("btcusdt@bookTicker", "bookTicker", "", Subject.BEST_QUOTES, BTC),
    ("btcusdt@avgPrice", "avgPrice", "avgPrice", Subject.STATISTICS, BTC),
    ("btcusdt@depth5", "depth5", "", Subject.BOOK, BTC),
    ("btcusdt@depth20@100ms", "depth20@100ms", "", Subject.BOOK, BTC),
    ("btcusdt@depth", "depth", "depthUpdate", Subject.BOOK_CHANGES, BTC),
    ("btcusdt@depth@100ms", "depth@100ms", "depthUpdate", Subject.BOOK_CHANGES, BTC),
    ("!miniTicker@arr", "!miniTicker@arr", "24hrMiniTicker", Subject.STATISTICS, ""),
    ("!ticker@arr", "!ticker@arr", "24hrTicker", Subject.STATISTICS, ""),
    ("!ticker_1h@arr", "!ticker_1h@arr", "1hTicker", Subject.STATISTICS, ""),
)
"""Stream, and what each of its messages is about: channel, event, subject, symbol."""


def told(bench: Bench, socket: Socket) -> list[dict[str, Any]]:
    """The facts of all messages that came, with the empty ones filled in."""
    empty = {"channel": "", "event": "", "symbol": "", "account": "", "subject": Subject.OTHER}
    return [empty | bench.dialect.describe_frame(socket.session, payload) for payload in socket.raw()]


def make_things_happen(bench: Bench) -> None:
    bench.place(bench.bob, Side.SELL, "2", "100")
    bench.place(bench.alice, Side.BUY, "1", "100")
    bench.place(bench.alice, Side.BUY, "1", "99")
    bench.advance(3_000)


@pytest.mark.parametrize(("stream", "channel", "event", "subject", "symbol"), RAW)
@pytest.mark.parametrize("path", ["/ws/{}", "/stream?streams={}"])
def test_every_message_of_a_stream_is_told_apart(
    path: str, stream: str, channel: str, event: str, subject: Subject, symbol: str
) -> None:
    bench = Bench()
    socket = bench.connect(path.format(stream.replace("+", "%2B") if "?" in path else stream))
    make_things_happen(bench)
    facts = told(bench, socket)
    assert facts
    expected = {"channel": channel, "event": event, "subject": subject, "symbol": symbol, "account": ""}
    assert facts == [expected] * len(facts)


def test_a_raw_message_that_may_be_of_several_channels_has_the_plain_name() -> None:
    bench = Bench()
    socket = bench.connect("/ws/btcusdt@depth@100ms/btcusdt@depth/ethusdt@depth")
    make_things_happen(bench)
    assert {(facts["channel"], facts["symbol"]) for facts in told(bench, socket)} == {("depth", BTC)}


def test_partial_depth_of_two_instruments_on_a_raw_socket_has_no_symbol() -> None:
    bench = Bench()
    socket = bench.connect("/ws/btcusdt@depth5/ethusdt@depth5")
    make_things_happen(bench)
    assert {(facts["channel"], facts["symbol"]) for facts in told(bench, socket)} == {("depth5", "")}


def raw_listener(bench: Bench) -> Socket:
    return listen(bench, bench.alice)


def combined_listener(bench: Bench) -> Socket:
    return bench.connect(f"/stream?streams={bench.dialect.listen_keys.start(bench.alice)}/btcusdt@depth")


@pytest.mark.parametrize("listener", [raw_listener, combined_listener])
def test_user_data_is_about_its_account_and_never_names_the_listen_key(listener: Callable[[Bench], Socket]) -> None:
    bench = Bench()
    socket = listener(bench)
    make_things_happen(bench)
    bench.door.submit(Deposit(bench.alice, "USDT", 10**16))
    facts = [fact for fact in told(bench, socket) if fact["account"]]
    assert [(fact["event"], fact["subject"], fact["symbol"]) for fact in facts] == [
        ("executionReport", Subject.ORDER, BTC),
        ("executionReport", Subject.FILL, BTC),
        ("outboundAccountPosition", Subject.MONEY, ""),
        ("executionReport", Subject.ORDER, BTC),
        ("outboundAccountPosition", Subject.MONEY, ""),
        ("balanceUpdate", Subject.MONEY, ""),
        ("outboundAccountPosition", Subject.MONEY, ""),
    ]
    assert all(fact["channel"] == fact["event"] and fact["account"] == "alice" for fact in facts)
    orders = [(fact["order_id"], fact["client_order_id"], fact["side"]) for fact in facts if "order_id" in fact]
    assert orders == [(2, "order-2", Side.BUY), (2, "order-2", Side.BUY), (3, "order-3", Side.BUY)]
    listen_key = bench.dialect.listen_keys.start(bench.alice)
    assert listen_key not in repr(facts)
    assert listen_key not in repr(socket.session.channels())


def test_the_end_of_a_listen_key_and_of_the_server_are_notices() -> None:
    bench = Bench()
    socket = listen(bench, bench.alice)
    bench.dialect.end_stream_key(bench.alice, tells=True, closes=False)
    bench.dialect.streams.shut_down()
    assert [(fact["channel"], fact["subject"]) for fact in told(bench, socket)] == [
        ("listenKeyExpired", Subject.NOTICE),
        ("serverShutdown", Subject.NOTICE),
    ]


@pytest.mark.parametrize("path", ["/ws", "/stream", "/ws-api/v3"])
@pytest.mark.parametrize("text", ['{"method":"LIST_SUBSCRIPTIONS","id":1}', '{"method":"ping","id":null}', "rubbish"])
def test_answers_and_complaints_are_replies(path: str, text: str) -> None:
    bench = Bench()
    socket = bench.connect(path)
    socket.say(text)
    (answer,) = socket.raw()
    assert bench.dialect.describe_frame(socket.session, answer) == {"is_reply": True}
