"""Whatever a client sends, in whatever order: an answer of the venue or a close, never a traceback."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialects.binance.stream_bench import PEER, Bench, sign
from simexchange.dialects.base import Reply, Request
from simexchange.dialects.binance.settings import LIMITS_OFF, BinanceSettings
from simexchange.dialects.binance.stream_settings import StreamSettings

OPEN = BinanceSettings(limits=LIMITS_OFF, streams=StreamSettings(messages_per_second=0, connections=0))
BENCH = Bench(OPEN)
"""One for all examples: what a client says must not matter to the next one either."""

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
    max_leaves=8,
)
STREAM_NAMES = st.one_of(
    st.sampled_from(
        [
            "btcusdt@trade",
            "btcusdt@depth@100ms",
            "btcusdt@kline_1m@+08:00",
            "!ticker@arr",
            "@",
            "!",
            "a@b@c",
            "ethusdt@",
        ]
    ),
    st.text(max_size=20),
)
STREAM_METHODS = st.sampled_from(
    ["SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY", "subscribe", ""]
)
API_METHODS = st.one_of(st.sampled_from(list(BENCH.dialect.streams.methods)), st.text(max_size=10))
API_PARAMS = st.dictionaries(
    st.sampled_from(
        [
            "symbol",
            "symbols",
            "side",
            "type",
            "timeInForce",
            "quantity",
            "price",
            "limit",
            "interval",
            "apiKey",
            "timestamp",
            "recvWindow",
            "signature",
            "subscriptionId",
            "returnRateLimits",
            "listenKey",
            "orderId",
        ]
    ),
    st.one_of(st.sampled_from(["BTCUSDT", "BUY", "LIMIT", "GTC", "1", "100", "1m", "a" * 64]), JSON),
    max_size=8,
)


def encoded(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def a_request(methods: st.SearchStrategy[str], params: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    request = st.fixed_dictionaries({}, optional={"id": SCALARS, "method": methods, "params": params})
    return request.map(encoded)


MARKET_FRAMES = st.one_of(
    st.text(),
    JSON.map(encoded),
    a_request(STREAM_METHODS, st.one_of(st.lists(STREAM_NAMES, max_size=4), JSON)),
    a_request(STREAM_METHODS, st.tuples(st.just("combined"), JSON)),
)
API_FRAMES = st.one_of(st.text(), JSON.map(encoded), a_request(API_METHODS, st.one_of(API_PARAMS, JSON)))


@given(st.lists(st.one_of(MARKET_FRAMES, st.binary()), max_size=6))
@settings(max_examples=300)
def test_a_market_socket_answers_anything(frames: list[str | bytes]) -> None:
    socket = BENCH.connect("/ws/btcusdt@trade")
    for frame in frames:
        if isinstance(frame, bytes):
            socket.session.on_binary(frame)
        else:
            socket.say(frame)
        [answer] = socket.take()
        assert answer.keys() <= {"result", "error", "id"}
        assert ("result" in answer) != ("error" in answer)
    BENCH.advance(1_000)
    socket.leave()


@given(st.lists(st.one_of(API_FRAMES, st.binary()), max_size=6))
@settings(max_examples=300)
def test_an_api_socket_answers_anything(frames: list[str | bytes]) -> None:
    socket = BENCH.connect("/ws-api/v3")
    for frame in frames:
        if socket.is_closed:
            break
        if isinstance(frame, bytes):
            socket.session.on_binary(frame)
        else:
            socket.say(frame)
        [answer] = socket.take()
        assert list(answer)[:2] == ["id", "status"]
        assert ("result" in answer) != ("error" in answer)
        assert 200 <= answer["status"] < 500
    socket.leave()


@given(API_METHODS, API_PARAMS)
@settings(max_examples=300)
def test_a_signed_request_is_answered_whatever_else_it_says(method: str, params: dict[str, Any]) -> None:
    socket = BENCH.connect("/ws-api/v3")
    proof = {"apiKey": "alice".ljust(64, "0"), "timestamp": BENCH.clock.now_ns() // 1_000_000}
    texts = {name: value if isinstance(value, str) else encoded(value) for name, value in params.items()}
    answer = socket.ask({"id": 1, "method": method, "params": sign({**texts, **proof})})
    assert 200 <= answer["status"] < 500
    socket.leave()


@given(st.text(), st.text())
@settings(max_examples=300)
def test_any_handshake_is_a_session_or_a_refusal(path: str, query: str) -> None:
    for start in ("/ws/", "/stream", "/ws-api/v3", ""):
        answer = BENCH.dialect.open_stream(Request("GET", start + path, f"streams={query}", {}, b"", PEER))
        if isinstance(answer, Reply):
            assert 400 <= answer.status < 500


@given(st.lists(st.binary(max_size=125), max_size=20))
@settings(max_examples=100)
def test_any_ping_or_pong_is_borne(payloads: list[bytes]) -> None:
    for target in ("/ws", "/ws-api/v3"):
        socket = BENCH.connect(target)
        for payload in payloads:
            socket.session.on_ping(payload)
            socket.session.on_pong(payload)
        socket.leave()


@pytest.mark.parametrize("depth", [10, 100_000])
def test_deeply_nested_json_is_garbage_like_any_other(depth: int) -> None:
    for target in ("/ws", "/ws-api/v3"):
        socket = BENCH.connect(target)
        socket.say("[" * depth)
        socket.say('{"id":1,"method":' + "[" * depth + "]" * depth + "}")
        assert all("error" in answer for answer in socket.take())
        socket.leave()
