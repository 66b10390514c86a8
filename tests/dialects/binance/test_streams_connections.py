"""A market stream connection's life: pings, pongs, its 24 hours, its message rate, and how many there may be."""

from dialects.binance.stream_bench import PEER, START_MS, Bench, Socket

MINUTE = 60_000
HOUR = 60 * MINUTE


def answer_pings(bench: Bench, socket: Socket, milliseconds: int) -> None:
    """Let time pass while every ping is answered with its copy."""
    for _ in range(milliseconds // 20_000):
        bench.advance(20_000)
        for payload in socket.sink.pings[-1:]:
            socket.session.on_pong(payload)


def test_a_ping_with_the_time_comes_every_20_seconds() -> None:
    bench = Bench()
    socket = bench.connect("/ws")
    bench.advance(19_999)
    assert socket.sink.pings == []
    bench.advance(1)
    assert socket.sink.pings == [str(START_MS + 20_000).encode()]
    bench.advance(20_000)
    assert socket.sink.pings[1:] == [str(START_MS + 40_000).encode()]


def test_a_client_that_never_pongs_is_closed_a_minute_after_the_ping() -> None:
    bench = Bench()
    socket = bench.connect("/ws/btcusdt@depth")
    bench.advance(79_999)
    assert not socket.is_closed
    bench.advance(1)
    assert socket.sink.closed == (1008, "Pong timeout")
    assert bench.dialect.streams.hub.topics == 0


def test_only_a_copy_of_the_payload_counts_as_a_pong() -> None:
    bench = Bench()
    socket = bench.connect("/ws")
    for _ in range(4):
        bench.advance(20_000)
        socket.session.on_pong(b"")
        socket.session.on_pong(b"unsolicited")
    assert socket.sink.closed == (1008, "Pong timeout")


def test_a_pong_answers_all_pings_before_it() -> None:
    bench = Bench()
    socket = bench.connect("/ws")
    bench.advance(60_000)
    socket.session.on_pong(socket.sink.pings[-1])
    bench.advance(60_000)
    assert not socket.is_closed


def test_a_connection_lives_24_hours() -> None:
    bench = Bench()
    socket = bench.connect("/ws/btcusdt@depth")
    answer_pings(bench, socket, 24 * HOUR - 20_000)
    assert not socket.is_closed
    answer_pings(bench, socket, 20_000)
    assert socket.sink.closed == (1001, "Connection is valid for 24 hours")


def test_five_messages_a_second_are_heard_and_the_sixth_ends_it() -> None:
    bench = Bench()
    socket = bench.connect("/ws")
    for _ in range(2):
        for number in range(5):
            socket.ask({"method": "LIST_SUBSCRIPTIONS", "id": number})
        bench.second()
    for number in range(5):
        socket.ask({"method": "LIST_SUBSCRIPTIONS", "id": number})
    bench.advance(999)
    socket.say({"method": "LIST_SUBSCRIPTIONS", "id": 6})
    assert socket.take() == []
    assert socket.sink.closed == (1008, "Too many requests")


def test_pings_and_pongs_of_the_client_count_as_messages() -> None:
    bench = Bench()
    socket = bench.connect("/ws")
    for _ in range(3):
        socket.session.on_ping(b"")
        socket.session.on_pong(b"")
    assert socket.sink.closed == (1008, "Too many requests")


def test_garbage_counts_as_a_message_too() -> None:
    bench = Bench()
    socket = bench.connect("/ws")
    for _ in range(6):
        socket.say("garbage")
    assert socket.sink.closed == (1008, "Too many requests")


def test_a_closed_connection_hears_nothing_more() -> None:
    bench = Bench()
    socket = bench.connect("/ws")
    for _ in range(7):
        socket.session.on_ping(b"")
    socket.say({"method": "SUBSCRIBE", "params": ["btcusdt@trade"], "id": 1})
    socket.session.on_pong(b"")
    socket.leave()
    assert bench.dialect.streams.hub.topics == 0
    assert bench.dialect.streams.sessions == {}


def test_the_301st_connection_of_an_address_in_five_minutes_is_refused() -> None:
    bench = Bench()
    for _ in range(300):
        bench.connect("/ws").leave()
    refusal = bench.handshake("/ws")
    assert (refusal.status, refusal.body) == (
        429,
        b'{"code":-1003,"msg":"Too many connections; current limit is 300 connections per 5 MINUTE."}',
    )
    bench.connect("/ws", peer="127.0.0.2").leave()
    bench.connect("/ws-api/v3").leave()
    bench.advance(5 * MINUTE)
    bench.connect("/ws", peer=PEER)


def test_a_connection_that_ends_leaves_no_timer() -> None:
    bench = Bench()
    due = bench.clock.next_due_ns()
    bench.connect("/ws/btcusdt@depth/!miniTicker@arr/btcusdt@kline_1m").leave()
    bench.connect("/ws-api/v3").leave()
    assert bench.clock.next_due_ns() == due
