"""The WebSocket API: envelopes, errors, signatures and limits, whole."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dialects.binance.stream_bench import BTC, PEER, SECRET, START_MS, Bench, Socket, key_of, sign
from simexchange.dialects.base import Request
from simexchange.dialects.binance.settings import BinanceSettings, LimitSettings
from simexchange.domain.commands import CreateKey, RevokeKey
from simexchange.domain.enums import KeyKind, Permission, Side
from simexchange.domain.secret import Secret

NOW = START_MS
CONNECTED = 2
"""The weight that connecting costs."""


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def socket(bench: Bench) -> Socket:
    return bench.connect("/ws-api/v3")


def weight(count: int) -> dict[str, Any]:
    return {
        "rateLimitType": "REQUEST_WEIGHT",
        "interval": "MINUTE",
        "intervalNum": 1,
        "limit": 6000,
        "count": count,
    }


def orders(seconds: int, day: int | None = None) -> list[dict[str, Any]]:
    return [
        {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 100, "count": seconds},
        {
            "rateLimitType": "ORDERS",
            "interval": "DAY",
            "intervalNum": 1,
            "limit": 200000,
            "count": seconds if day is None else day,
        },
    ]


def request(method: str, params: Any = None, request_id: Any = 1) -> dict[str, Any]:
    message = {"id": request_id, "method": method}
    return message if params is None else {**message, "params": params}


def signed(bench: Bench, method: str, account: str = "alice", secret: str = SECRET, **params: Any) -> dict[str, Any]:
    now = bench.clock.now_ns() // 1_000_000
    return request(method, sign({"apiKey": key_of(account), "timestamp": now, **params}, secret))


def limit_order(**changes: Any) -> dict[str, Any]:
    return {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "2",
        "price": "100",
        "newClientOrderId": "mine",
    } | changes


def error(socket: Socket, message: Any) -> tuple[int, int, str]:
    answer = socket.ask(message)
    return answer["status"], answer["error"]["code"], answer["error"]["msg"]


# The envelope.


def test_an_answer_has_its_parts_in_the_documented_order(socket: Socket) -> None:
    socket.say(request("time", request_id="5f0c4a1e-6b54-4b8e-9a5c-2d1f6f2f3a10"))
    assert [message.decode() for message in socket.raw()] == [
        (
            '{"id":"5f0c4a1e-6b54-4b8e-9a5c-2d1f6f2f3a10","status":200,'
            f'"result":{{"serverTime":{NOW}}},'
            '"rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,'
            '"limit":6000,"count":3}]}'
        )
    ]


@pytest.mark.parametrize("request_id", [0, -1, 2**63 - 1, "a", "x" * 36, None])
def test_ids_are_echoed_as_they_came(socket: Socket, request_id: Any) -> None:
    assert socket.ask(request("ping", request_id=request_id)) == {
        "id": request_id,
        "status": 200,
        "result": {},
        "rateLimits": [weight(CONNECTED + 1)],
    }


def test_a_method_may_name_its_version(socket: Socket) -> None:
    assert socket.ask(request("v3/ping"))["result"] == {}


BAD_ID = "Invalid 'id' in JSON request; expected an integer, a string matching '^[a-zA-Z0-9-_]{1,36}$', or null."


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        ("garbage", "Invalid JSON Request"),
        ("", "Invalid JSON Request"),
        ("[]", "Invalid JSON Request"),
        ('{"method":"ping"}', BAD_ID),
        ('{"id":1.5,"method":"ping"}', BAD_ID),
        ('{"id":true,"method":"ping"}', BAD_ID),
        ('{"id":"","method":"ping"}', BAD_ID),
        ('{"id":"a b","method":"ping"}', BAD_ID),
        ('{"id":"' + "x" * 37 + '","method":"ping"}', BAD_ID),
        ('{"id":1}', "Invalid 'method' in JSON request; expected a string."),
        ('{"id":1,"method":["ping"]}', "Invalid 'method' in JSON request; expected a string."),
        ('{"id":1,"method":"ping","params":[1]}', "Invalid 'params' in JSON request; expected an object."),
        ('{"id":1,"method":"ping","params":"x"}', "Invalid 'params' in JSON request; expected an object."),
    ],
)
def test_a_frame_without_form_is_refused_under_no_id(socket: Socket, frame: str, text: str) -> None:
    assert socket.ask(frame) == {"id": None, "status": 400, "error": {"code": -1135, "msg": text}}


def test_the_third_frame_without_form_ends_the_connection(socket: Socket) -> None:
    for _ in range(3):
        assert not socket.is_closed
        socket.say("garbage")
    assert len(socket.take()) == 3
    assert socket.sink.closed == (1008, "disconnected")


def test_an_unknown_method_is_not_supported(socket: Socket) -> None:
    assert socket.ask(request("order.magic")) == {
        "id": 1,
        "status": 400,
        "error": {"code": -1020, "msg": "This operation is not supported."},
        "rateLimits": [weight(CONNECTED + 1)],
    }


@pytest.mark.parametrize(
    ("target", "params", "shown"),
    [
        ("/ws-api/v3", {"returnRateLimits": False}, False),
        ("/ws-api/v3?returnRateLimits=false", None, False),
        ("/ws-api/v3?returnRateLimits=false", {"returnRateLimits": True}, True),
        ("/ws-api/v3?returnRateLimits=true", {"returnRateLimits": False}, False),
    ],
)
def test_rate_limits_are_shown_or_not_as_asked(bench: Bench, target: str, params: Any, shown: bool) -> None:
    socket = bench.connect(target)
    assert ("rateLimits" in socket.ask(request("ping", params))) is shown
    assert ("rateLimits" in socket.ask(request("depth", {**(params or {}), "symbol": "NOPE"}))) is shown


def test_times_are_microseconds_where_the_address_says_so(bench: Bench) -> None:
    socket = bench.connect("/ws-api/v3?timeUnit=MICROSECOND")
    assert socket.ask(request("time"))["result"] == {"serverTime": NOW * 1000}


# The same handlers as REST.

MIRRORS = {
    "ping": "/api/v3/ping",
    "time": "/api/v3/time",
    "exchangeInfo": "/api/v3/exchangeInfo",
    "depth": "/api/v3/depth?symbol=BTCUSDT",
    "trades.recent": "/api/v3/trades?symbol=BTCUSDT",
    "trades.historical": "/api/v3/historicalTrades?symbol=BTCUSDT",
    "trades.aggregate": "/api/v3/aggTrades?symbol=BTCUSDT",
    "klines": "/api/v3/klines?symbol=BTCUSDT&interval=1m",
    "uiKlines": "/api/v3/uiKlines?symbol=BTCUSDT&interval=1m",
    "avgPrice": "/api/v3/avgPrice?symbol=BTCUSDT",
    "ticker.24hr": "/api/v3/ticker/24hr?symbol=BTCUSDT",
    "ticker.tradingDay": "/api/v3/ticker/tradingDay?symbol=BTCUSDT",
    "ticker": "/api/v3/ticker?symbol=BTCUSDT",
    "ticker.price": "/api/v3/ticker/price?symbol=BTCUSDT",
    "ticker.book": "/api/v3/ticker/bookTicker?symbol=BTCUSDT",
}


@pytest.mark.parametrize("method", list(MIRRORS))
def test_market_data_methods_answer_as_rest_does(bench: Bench, socket: Socket, method: str) -> None:
    bench.place(bench.alice, Side.SELL, "2", "100")
    bench.place(bench.bob, Side.BUY, "1", "100")
    path, _, query = MIRRORS[method].partition("?")
    params = dict(pair.split("=") for pair in query.split("&") if pair)
    reply = bench.dialect.handle(Request("GET", path, query, {}, b"", PEER))
    assert reply.status == 200, reply.body
    answer = socket.ask(request(method, params))
    assert answer["status"] == 200
    assert msgspec.json.encode(answer["result"]) == reply.body


def test_the_key_that_older_clients_send_with_old_trades_is_ignored(bench: Bench, socket: Socket) -> None:
    bench.place(bench.alice, Side.SELL, "2", "100")
    bench.place(bench.bob, Side.BUY, "1", "100")
    asked = {"symbol": "BTCUSDT", "apiKey": "no key at all"}
    assert len(socket.ask(request("trades.historical", asked))["result"]) == 1
    assert error(socket, request("trades.recent", asked))[1] == -1104


def test_a_list_of_symbols_is_a_json_array(bench: Bench, socket: Socket) -> None:
    answer = socket.ask('{"id":1,"method":"ticker.price","params":{"symbols":["BTCUSDT", "ETHUSDT"]}}')
    assert [row["symbol"] for row in answer["result"]] == ["BTCUSDT", "ETHUSDT"]


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("depth", {}, -1102),
        ("depth", {"symbol": "btcusdt"}, -1100),
        ("depth", {"symbol": "NOPE"}, -1121),
        ("depth", {"symbol": "BTCUSDT", "limit": "x"}, -1100),
        ("depth", {"symbol": "BTCUSDT", "limit": -5}, -1100),
        ("ping", {"x": 1}, -1101),
        ("depth", {"symbol": "BTCUSDT", "colour": 1}, -1104),
        ("klines", {"symbol": "BTCUSDT", "interval": "7m"}, -1120),
        ("time", {"returnRateLimits": "perhaps"}, -1100),
    ],
)
def test_parameters_are_found_fault_with_as_on_rest(
    socket: Socket, method: str, params: dict[str, Any], code: int
) -> None:
    answer = socket.ask(request(method, params))
    assert (answer["id"], answer["status"], answer["error"]["code"]) == (1, 400, code)
    assert answer["rateLimits"][0]["rateLimitType"] == "REQUEST_WEIGHT"


# Orders.


def test_an_order_is_placed_and_its_unfilled_count_shown(bench: Bench, socket: Socket) -> None:
    assert socket.ask(signed(bench, "order.place", **limit_order())) == {
        "id": 1,
        "status": 200,
        "result": {
            "symbol": "BTCUSDT",
            "orderId": 1,
            "orderListId": -1,
            "clientOrderId": "mine",
            "transactTime": NOW,
            "price": "100.00000000",
            "origQty": "2.00000000",
            "executedQty": "0.00000000",
            "origQuoteOrderQty": "0.00000000",
            "cummulativeQuoteQty": "0.00000000",
            "status": "NEW",
            "timeInForce": "GTC",
            "type": "LIMIT",
            "side": "BUY",
            "workingTime": NOW,
            "fills": [],
            "selfTradePreventionMode": "EXPIRE_MAKER",
        },
        "rateLimits": [*orders(1), weight(CONNECTED)],
    }


def test_an_order_that_fails_is_charged_and_shows_the_order_count_too(bench: Bench, socket: Socket) -> None:
    assert socket.ask(signed(bench, "order.place", **limit_order(quantity="90000", price="100"))) == {
        "id": 1,
        "status": 400,
        "error": {"code": -2010, "msg": "Account has insufficient balance for requested action."},
        "rateLimits": [*orders(0), weight(CONNECTED + 1)],
    }


def test_numbers_may_be_json_numbers(bench: Bench, socket: Socket) -> None:
    params = limit_order(quantity=0.1, price=99)
    assert socket.ask(signed(bench, "order.place", **params))["result"]["price"] == "99.00000000"


def test_an_order_lives_its_life(bench: Bench, socket: Socket) -> None:
    socket.ask(signed(bench, "order.place", **limit_order()))
    query = {"symbol": "BTCUSDT", "origClientOrderId": "mine"}
    assert socket.ask(signed(bench, "order.status", **query))["result"]["status"] == "NEW"
    assert len(socket.ask(signed(bench, "openOrders.status"))["result"]) == 1
    canceled = socket.ask(signed(bench, "order.cancel", symbol="BTCUSDT", orderId="1"))
    assert canceled["result"]["status"] == "CANCELED"
    assert [row["rateLimitType"] for row in canceled["rateLimits"]] == ["REQUEST_WEIGHT"]
    assert error(socket, signed(bench, "order.cancel", symbol="BTCUSDT", orderId=1)) == (
        400,
        -2011,
        "Unknown order sent.",
    )
    assert error(socket, signed(bench, "order.status", symbol="BTCUSDT", orderId=9)) == (
        400,
        -2013,
        "Order does not exist.",
    )
    assert [row["orderId"] for row in socket.ask(signed(bench, "allOrders", symbol="BTCUSDT"))["result"]] == [1]


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("order.test", limit_order()),
        ("account.status", {}),
        ("myTrades", {"symbol": "BTCUSDT"}),
        ("account.rateLimits.orders", {}),
        ("myPreventedMatches", {"symbol": "BTCUSDT", "orderId": 1}),
        ("account.commission", {"symbol": "BTCUSDT"}),
        ("openOrders.status", {"symbol": "BTCUSDT"}),
    ],
)
def test_signed_methods_of_the_account_answer(
    bench: Bench, socket: Socket, method: str, params: dict[str, Any]
) -> None:
    assert socket.ask(signed(bench, method, **params))["status"] == 200


def test_all_open_orders_of_a_symbol_are_canceled_at_once(bench: Bench, socket: Socket) -> None:
    bench.place(bench.alice, Side.BUY, "1", "99")
    bench.place(bench.alice, Side.BUY, "1", "98")
    answer = socket.ask(signed(bench, "openOrders.cancelAll", symbol="BTCUSDT"))
    assert [row["status"] for row in answer["result"]] == ["CANCELED", "CANCELED"]
    assert error(socket, signed(bench, "openOrders.cancelAll", symbol="BTCUSDT"))[1] == -2011


def test_own_events_come_before_the_answer(bench: Bench, socket: Socket) -> None:
    socket.ask(signed(bench, "userDataStream.subscribe.signature"))
    socket.say(signed(bench, "order.place", **limit_order()))
    new, held, answer = socket.take()
    assert [new["event"]["e"], held["event"]["e"]] == ["executionReport", "outboundAccountPosition"]
    assert answer["status"] == 200


# Signatures.


def test_the_published_signature_is_accepted(bench: Bench) -> None:
    vectors = json.loads((Path(__file__).parent / "golden" / "streams_ws_api_signature.json").read_text())
    bench.door.submit(
        CreateKey(
            bench.alice,
            vectors["apiKey"],
            KeyKind.HMAC,
            Secret(vectors["secretKey"]),
            (Permission.READ, Permission.TRADE),
        )
    )
    bench.clock._now_ns = vectors["params"]["timestamp"] * 1_000_000
    socket = bench.connect("/ws-api/v3")
    answer = socket.ask(request("order.place", vectors["params"]))
    assert (answer["status"], answer["result"]["price"]) == (200, "52000.00000000")
    wrong = vectors["params"] | {"price": "52000.01"}
    assert error(socket, request("order.place", wrong)) == (400, -1022, "Signature for this request is not valid.")


@pytest.mark.parametrize("missing", ["apiKey", "timestamp", "signature"])
def test_what_proves_a_request_is_mandatory(bench: Bench, socket: Socket, missing: str) -> None:
    message = signed(bench, "account.status")
    del message["params"][missing]
    assert error(socket, message) == (
        400,
        -1102,
        f"Mandatory parameter '{missing}' was not sent, was empty/null, or malformed.",
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"apiKey": "short"}, (401, -2014, "API-key format invalid.")),
        ({"apiKey": "x" * 64}, (401, -2015, "Invalid API-key, IP, or permissions for action.")),
        ({"timestamp": NOW - 5_001}, (400, -1021, "Timestamp for this request is outside of the recvWindow.")),
        (
            {"timestamp": NOW + 1_000},
            (400, -1021, "Timestamp for this request was 1000ms ahead of the server's time."),
        ),
        ({"recvWindow": 60_001}, (400, -1131, "'recvWindow' must be less than 60000.")),
        ({"recvWindow": 10, "timestamp": NOW - 10}, None),
    ],
)
def test_proofs_are_examined(bench: Bench, socket: Socket, changes: dict[str, Any], expected: Any) -> None:
    params = sign({"apiKey": key_of("alice"), "timestamp": NOW, **changes})
    answer = socket.ask(request("account.status", params))
    if expected is None:
        assert answer["status"] == 200
    else:
        assert (answer["status"], answer["error"]["code"], answer["error"]["msg"]) == expected


def test_a_key_may_only_do_what_it_is_permitted_to(bench: Bench, socket: Socket) -> None:
    bench.door.submit(CreateKey(bench.alice, key_of("reader"), KeyKind.HMAC, Secret(SECRET), (Permission.READ,)))
    assert socket.ask(signed(bench, "account.status", "reader"))["status"] == 200
    assert error(socket, signed(bench, "order.place", "reader", **limit_order()))[:2] == (401, -2015)


# Limits.


def test_weights_are_shared_with_rest(bench: Bench, socket: Socket) -> None:
    reply = bench.dialect.handle(Request("GET", "/api/v3/depth", "symbol=BTCUSDT&limit=5000", {}, b"", PEER))
    assert reply.status == 200
    assert socket.ask(request("ping"))["rateLimits"] == [weight(CONNECTED + 250 + 1)]
    elsewhere = bench.connect("/ws-api/v3", peer="127.0.0.2")
    assert elsewhere.ask(request("ping"))["rateLimits"] == [weight(CONNECTED + 1)]


def limited(**changes: int) -> Bench:
    return Bench(BinanceSettings(limits=LimitSettings(**changes)))


def test_too_much_weight_is_refused_with_the_time_to_come_back() -> None:
    bench = limited(request_weight=10)
    socket = bench.connect("/ws-api/v3")
    answer = socket.ask(request("exchangeInfo"))
    assert answer == {
        "id": 1,
        "status": 429,
        "error": {
            "code": -1003,
            "msg": "Too much request weight used; current limit is 10 request weight per 1 MINUTE. "
            "Please use WebSocket Streams for live updates to avoid polling the API.",
            "data": {"serverTime": NOW, "retryAfter": NOW + 40_000},
        },
        "rateLimits": [{**weight(answer["rateLimits"][0]["count"]), "limit": 10}],
    }
    assert not socket.is_closed


def test_a_limit_that_is_off_is_not_listed() -> None:
    socket = limited(request_weight=0).connect("/ws-api/v3")
    assert socket.ask(request("ping")) == {"id": 1, "status": 200, "result": {}, "rateLimits": []}


def test_going_on_regardless_is_banned_and_hung_up_on() -> None:
    bench = limited(request_weight=10, refusals_before_ban=3)
    socket = bench.connect("/ws-api/v3")
    statuses = []
    while not socket.is_closed:
        socket.say(request("exchangeInfo"))
        statuses.append(socket.take()[0]["status"])
    assert statuses == [429, 429, 429, 418]
    assert socket.sink.closed == (1008, "disconnected")
    refusal = bench.handshake("/ws-api/v3")
    assert refusal.status == 418
    assert (b"retry-after", b"120") in refusal.headers


def test_too_many_unfilled_orders_are_refused() -> None:
    bench = limited(orders_10s=2)
    socket = bench.connect("/ws-api/v3")
    for number in range(2):
        socket.ask(signed(bench, "order.place", **limit_order(newClientOrderId=f"n{number}")))
    answer = socket.ask(signed(bench, "order.place", **limit_order(newClientOrderId="n3")))
    assert (answer["status"], answer["error"]["code"]) == (429, -1015)
    assert answer["error"]["data"] == {"serverTime": NOW, "retryAfter": NOW + 10_000}
    assert not socket.is_closed


def test_this_socket_has_no_limit_of_messages_per_second(socket: Socket) -> None:
    for _ in range(50):
        assert socket.ask(request("ping"))["status"] == 200


# Sessions.


def test_a_pong_that_answers_no_ping_ends_the_connection(bench: Bench, socket: Socket) -> None:
    bench.advance(20_000)
    socket.session.on_pong(b"")
    socket.session.on_pong(socket.sink.pings[0])
    socket.session.on_pong(socket.sink.pings[0])
    assert not socket.is_closed
    socket.session.on_pong(b"made up")
    assert socket.sink.closed == (1008, "Invalid pong payload")


def test_a_server_that_stops_says_so_and_closes(bench: Bench, socket: Socket) -> None:
    bench.dialect.streams.shut_down()
    assert socket.take() == [{"event": {"e": "serverShutdown", "E": NOW}}]
    assert socket.sink.closed == (1001, "Server shutdown")


def test_the_retired_listen_key_methods_still_work(bench: Bench, socket: Socket) -> None:
    key = {"apiKey": key_of("alice")}
    listen_key = socket.ask(request("userDataStream.start", key))["result"]["listenKey"]
    named = key | {"listenKey": listen_key}
    assert socket.ask(request("userDataStream.ping", named))["result"] == {}
    listener = bench.connect(f"/ws/{listen_key}")
    bench.place(bench.alice, Side.BUY, "1", "99")
    assert len(listener.take()) == 2
    assert socket.ask(request("userDataStream.stop", named))["result"] == {}
    assert error(socket, request("userDataStream.ping", named)) == (400, -1125, "This listenKey does not exist.")


def test_the_retired_listen_key_methods_can_be_switched_off() -> None:
    bench = Bench(BinanceSettings(listen_keys=False))
    socket = bench.connect("/ws-api/v3")
    assert error(socket, request("userDataStream.start", {"apiKey": key_of("alice")}))[1] == -1020


def test_a_revoked_key_is_refused(bench: Bench, socket: Socket) -> None:
    bench.door.submit(RevokeKey(key_of("alice")))
    assert error(socket, signed(bench, "account.status"))[:2] == (401, -2015)
    bench.place(bench.bob, Side.BUY, "1", "99", symbol=BTC)
