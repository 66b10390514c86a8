"""Live requests on a market stream socket: every answer and complaint, whole."""

from typing import Any

import pytest

from dialects.binance.stream_bench import START_MS, Bench, Socket
from simexchange.domain.enums import Side

VARIANTS = "expected one of `SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`"


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def socket(bench: Bench) -> Socket:
    return bench.connect("/ws")


def request(method: str, params: Any = None, request_id: Any = 1) -> dict[str, Any]:
    message = {"method": method, "id": request_id}
    return message if params is None else {**message, "params": params}


@pytest.mark.parametrize("request_id", [1, 0, -5, 2**63 - 1, "a1", "5f0c4a1e-6b54-4b8e-9a5c-2d1f6f2f3a10", None])
def test_a_request_is_answered_under_its_own_id(socket: Socket, request_id: Any) -> None:
    socket.say(request("SUBSCRIBE", ["btcusdt@trade"], request_id))
    encoded = "null" if request_id is None else f'"{request_id}"' if isinstance(request_id, str) else str(request_id)
    assert [message.decode() for message in socket.raw()] == [f'{{"result":null,"id":{encoded}}}']


def test_subscriptions_are_listed_in_order_of_asking(socket: Socket) -> None:
    socket.subscribe("btcusdt@trade", "btcusdt@depth@100ms", "btcusdt@trade")
    socket.ask(request("UNSUBSCRIBE", ["btcusdt@trade", "never@asked"]))
    socket.subscribe("nosuchcoin@miniTicker")
    assert socket.ask(request("LIST_SUBSCRIPTIONS", request_id=3)) == {
        "result": ["btcusdt@depth@100ms", "nosuchcoin@miniTicker"],
        "id": 3,
    }


def test_nothing_comes_after_unsubscribing(bench: Bench, socket: Socket) -> None:
    socket.subscribe("btcusdt@bookTicker", "btcusdt@depth@100ms")
    bench.place(bench.alice, Side.BUY, "1", "99")
    assert socket.ask(request("UNSUBSCRIBE", ["btcusdt@bookTicker", "btcusdt@depth@100ms"], 312)) == {
        "result": None,
        "id": 312,
    }
    bench.place(bench.alice, Side.BUY, "1", "100")
    bench.second()
    assert socket.raw() == []


@pytest.mark.parametrize(("target", "combined"), [("/ws", False), ("/ws/", False), ("/stream", True)])
def test_the_path_decides_whether_events_are_wrapped(bench: Bench, target: str, combined: bool) -> None:
    socket = bench.connect(target)
    assert socket.ask(request("GET_PROPERTY", ["combined"], 2)) == {"result": combined, "id": 2}
    socket.subscribe("btcusdt@bookTicker")
    bench.place(bench.alice, Side.BUY, "1", "99")
    [event] = socket.take()
    assert ("stream" in event) is combined


def test_wrapping_can_be_switched_while_streams_run(bench: Bench, socket: Socket) -> None:
    socket.subscribe("btcusdt@bookTicker")
    assert socket.ask(request("SET_PROPERTY", ["combined", True], 5)) == {"result": None, "id": 5}
    bench.place(bench.alice, Side.BUY, "1", "99")
    assert socket.take() == [
        {
            "stream": "btcusdt@bookTicker",
            "data": {
                "u": 1,
                "s": "BTCUSDT",
                "b": "99.00000000",
                "B": "1.00000000",
                "a": "0.00000000",
                "A": "0.00000000",
            },
        }
    ]
    socket.ask(request("SET_PROPERTY", ["combined", False]))
    bench.place(bench.alice, Side.BUY, "1", "100")
    assert "stream" not in socket.take()[0]


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        (
            '{"method":"SUBSCRIBE","params":["a@trade"]}',
            {"error": {"code": 2, "msg": "Invalid request: request ID must be an unsigned integer"}},
        ),
        (
            '{"method":"SUBSCRIBE","params":["a@trade"],"id":true}',
            {"error": {"code": 2, "msg": "Invalid request: request ID must be an unsigned integer"}},
        ),
        (
            '{"method":"SUBSCRIBE","params":["a@trade"],"id":"' + "x" * 37 + '"}',
            {"error": {"code": 2, "msg": "Invalid request: request ID must be an unsigned integer"}},
        ),
        (
            '{"method":"SUBSCRIBE","params":["a@trade"],"id":9223372036854775808}',
            {"error": {"code": 2, "msg": "Invalid request: request ID must be an unsigned integer"}},
        ),
        (
            '{"params":["a@trade"],"id":1}',
            {"error": {"code": 2, "msg": "Invalid request: missing field `method` at line 1 column 29"}, "id": 1},
        ),
        (
            '{"method":"SUBSCRIPE","id":1}',
            {
                "error": {
                    "code": 2,
                    "msg": f"Invalid request: unknown variant `SUBSCRIPE`, {VARIANTS} at line 1 column 29",
                },
                "id": 1,
            },
        ),
        (
            '{"method":"SUBSCRIBE","params":["nostream"],"id":1}',
            {"error": {"code": 2, "msg": "Invalid request: invalid stream"}, "id": 1},
        ),
        (
            '{"method":"SUBSCRIBE","params":[7],"id":1}',
            {
                "error": {
                    "code": 2,
                    "msg": "Invalid request: invalid type: integer `7`, expected a string at line 1 column 42",
                },
                "id": 1,
            },
        ),
        (
            '{"method":"LIST_SUBSCRIPTIONS","params":[1],"id":1}',
            {"error": {"code": 2, "msg": "Invalid request: too many parameters"}, "id": 1},
        ),
        (
            '{"method":"GET_PROPERTY","params":["combined",1],"id":1}',
            {"error": {"code": 2, "msg": "Invalid request: too many parameters"}, "id": 1},
        ),
        (
            '{"method":"GET_PROPERTY","params":[],"id":1}',
            {"error": {"code": 2, "msg": "Invalid request: property name must be a string"}, "id": 1},
        ),
        (
            '{"method":"SET_PROPERTY","params":[1,true],"id":1}',
            {"error": {"code": 2, "msg": "Invalid request: property name must be a string"}, "id": 1},
        ),
        (
            '{"method":"SET_PROPERTY","params":["colour",true],"id":"q"}',
            {"error": {"code": 0, "msg": "Unknown property"}, "id": "q"},
        ),
        (
            '{"method":"SET_PROPERTY","params":["combined","yes"],"id":null}',
            {"error": {"code": 1, "msg": "Invalid value type: expected Boolean"}, "id": None},
        ),
        ("subscribe", {"error": {"code": 3, "msg": "Invalid JSON: expected value at line 1 column 1"}}),
        ('{"method":\n ?}', {"error": {"code": 3, "msg": "Invalid JSON: expected value at line 2 column 2"}}),
        ("", {"error": {"code": 3, "msg": "Invalid JSON: expected value at line 1 column 1"}}),
    ],
)
def test_a_bad_request_is_complained_about_and_the_socket_lives_on(
    socket: Socket, message: str, answer: dict[str, Any]
) -> None:
    assert socket.ask(message) == answer
    assert socket.ask(request("LIST_SUBSCRIPTIONS")) == {"result": [], "id": 1}


def test_a_connection_listens_to_1024_streams_and_no_more(bench: Bench, socket: Socket) -> None:
    names = [f"coin{number}@trade" for number in range(1024)]
    socket.subscribe(*names[:1000])
    assert socket.ask(request("SUBSCRIBE", [*names, "one@more"], 19)) == {
        "error": {"code": 4, "msg": "Too many subscriptions"},
        "id": 19,
    }
    assert len(socket.ask(request("LIST_SUBSCRIPTIONS"))["result"]) == 1000
    socket.subscribe(*names)
    assert len(socket.ask(request("LIST_SUBSCRIPTIONS"))["result"]) == 1024


def test_an_address_with_too_many_streams_is_hung_up_on(bench: Bench) -> None:
    names = "/".join(f"coin{number}@trade" for number in range(1025))
    socket = bench.connect(f"/stream?streams={names}")
    assert socket.sink.closed == (1008, "Invalid request")
    assert bench.dialect.streams.hub.topics == 0


@pytest.mark.parametrize(
    "name", ["BTCUSDT@trade", "btcusdt@Trade", "nosuch@trade", "btcusdt@depth7", "!bookTicker@arr"]
)
def test_a_name_that_no_channel_knows_is_accepted_and_silent(bench: Bench, socket: Socket, name: str) -> None:
    socket.subscribe(name)
    bench.place(bench.alice, Side.SELL, "1", "101")
    bench.place(bench.bob, Side.BUY, "1", "101")
    bench.advance(5000)
    assert socket.raw() == []


def test_an_index_in_the_path_is_an_unknown_name_and_subscribing_works_there(bench: Bench) -> None:
    socket = bench.connect("/ws/0")
    socket.subscribe("btcusdt@bookTicker")
    bench.place(bench.alice, Side.BUY, "1", "99")
    assert [event["u"] for event in socket.take()] == [1]


def test_several_names_may_stand_in_the_path(bench: Bench) -> None:
    socket = bench.connect("/ws/btcusdt@bookTicker/ethusdt@bookTicker")
    bench.place(bench.alice, Side.BUY, "1", "99", symbol="ETH/USDT")
    bench.place(bench.alice, Side.BUY, "1", "99")
    assert [event["s"] for event in socket.take()] == ["ETHUSDT", "BTCUSDT"]


def test_addresses_may_be_percent_encoded(bench: Bench) -> None:
    socket = bench.connect("/stream?streams=btcusdt%40kline_1m%40%2B08%3A00%2Fbtcusdt%40trade")
    assert socket.ask(request("LIST_SUBSCRIPTIONS"))["result"] == ["btcusdt@kline_1m@+08:00", "btcusdt@trade"]


def test_a_bad_time_unit_is_refused_at_the_door(bench: Bench) -> None:
    refusal = bench.handshake("/ws?timeUnit=NANOSECOND")
    assert (refusal.status, refusal.body) == (
        400,
        b'{"code":-1194,"msg":"Invalid value for time unit; expected either MICROSECOND or MILLISECOND."}',
    )


@pytest.mark.parametrize("path", ["/", "/wss", "/streams", "/ws-api", "/ws-api/v2", "/api/v3/ping"])
def test_other_paths_hold_no_socket(bench: Bench, path: str) -> None:
    assert bench.handshake(path).status == 404


def test_a_binary_message_is_read_as_text(socket: Socket) -> None:
    socket.session.on_binary(b'{"method":"LIST_SUBSCRIPTIONS","id":1}')
    socket.session.on_binary(b"\xff\xfe\x00")
    listed, complaint = socket.take()
    assert listed == {"result": [], "id": 1}
    assert complaint["error"]["code"] == 3


@pytest.mark.parametrize(("target", "wrapped"), [("/ws", False), ("/stream", True)])
def test_a_server_that_stops_says_so_and_closes(bench: Bench, target: str, wrapped: bool) -> None:
    socket = bench.connect(target)
    bench.dialect.streams.shut_down()
    event = {"e": "serverShutdown", "E": START_MS}
    assert socket.take() == [{"stream": "!serverShutdown", "data": event} if wrapped else event]
    assert socket.sink.closed == (1001, "Server shutdown")
