"""Sessions of the WebSocket API: logging on and out, user data subscriptions, and what a lost key does."""

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dialects.binance.stream_bench import START_MS, Bench, Socket, key_of, sign
from simexchange.dialects.binance.settings import BinanceSettings
from simexchange.dialects.binance.stream_settings import StreamSettings
from simexchange.domain.commands import ChangeKey, CreateKey, RevokeKey
from simexchange.domain.enums import KeyKind, Permission, Side
from simexchange.domain.ids import AccountId
from simexchange.domain.secret import Secret

NOW = START_MS
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = key_of("alice-ed")
BAD_KEY = {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}


def issue(bench: Bench, account_id: AccountId, api_key: str, permissions: tuple[Permission, ...]) -> None:
    pem = PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    bench.door.submit(CreateKey(account_id, api_key, KeyKind.ED25519, Secret(pem), permissions))


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    issue(bench, bench.alice, KEY, (Permission.READ, Permission.TRADE))
    return bench


@pytest.fixture
def socket(bench: Bench) -> Socket:
    return bench.connect("/ws-api/v3?returnRateLimits=false")


def sign_ed25519(params: dict[str, Any]) -> dict[str, Any]:
    text = "&".join(f"{name}={value}" for name, value in sorted(params.items()))
    return {**params, "signature": base64.b64encode(PRIVATE.sign(text.encode())).decode()}


def ask(socket: Socket, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
    """The answer to one request, without its id."""
    message = {"id": 1, "method": method}
    answer: dict[str, Any] = socket.ask(message if params is None else {**message, "params": params})
    assert answer.pop("id") == 1
    return answer


def log_on(socket: Socket, api_key: str = KEY) -> dict[str, Any]:
    return ask(socket, "session.logon", sign_ed25519({"apiKey": api_key, "timestamp": NOW}))


def status(**changes: Any) -> dict[str, Any]:
    return {
        "status": 200,
        "result": {
            "apiKey": None,
            "authorizedSince": None,
            "connectedSince": NOW,
            "returnRateLimits": False,
            "serverTime": NOW,
            "userDataStream": False,
        }
        | changes,
    }


def refused(code: int, text: str, http: int = 400) -> dict[str, Any]:
    return {"status": http, "error": {"code": code, "msg": text}}


ACTIVE = refused(-2035, "User Data Stream subscription already active.")
INACTIVE = refused(-2036, "User Data Stream subscription not active.")
EXHAUSTED = refused(-2042, "Maximum subscription ID reached for this connection.")


def test_logging_on_says_who_and_since_when(bench: Bench) -> None:
    socket = bench.connect("/ws-api/v3")
    bench.advance(500)
    answer = ask(socket, "session.logon", sign_ed25519({"apiKey": KEY, "timestamp": NOW + 400}))
    assert answer["result"] == {
        "apiKey": KEY,
        "authorizedSince": NOW + 500,
        "connectedSince": NOW,
        "returnRateLimits": True,
        "serverTime": NOW + 500,
        "userDataStream": False,
    }
    assert list(answer["result"]) == [
        "apiKey",
        "authorizedSince",
        "connectedSince",
        "returnRateLimits",
        "serverTime",
        "userDataStream",
    ]
    assert answer["rateLimits"][0]["count"] == 4


def test_a_session_stands_in_for_key_and_signature_but_not_for_the_time(bench: Bench, socket: Socket) -> None:
    log_on(socket)
    placed = ask(
        socket,
        "order.place",
        {
            "symbol": "BTCUSDT",
            "side": "BUY",
            "type": "LIMIT",
            "timeInForce": "GTC",
            "quantity": "1",
            "price": "99",
            "timestamp": NOW,
        },
    )
    assert placed["status"] == 200
    assert ask(socket, "account.status") == refused(
        -1102, "Mandatory parameter 'timestamp' was not sent, was empty/null, or malformed."
    )
    assert ask(socket, "account.status", {"timestamp": NOW - 5_001})["error"]["code"] == -1021


def test_another_key_may_sign_a_single_request_of_a_session(bench: Bench, socket: Socket) -> None:
    log_on(socket)
    bench.place(bench.bob, Side.BUY, "1", "99")
    own = ask(socket, "openOrders.status", {"timestamp": NOW})
    bobs = ask(socket, "openOrders.status", sign({"apiKey": key_of("bob"), "timestamp": NOW}))
    assert (len(own["result"]), len(bobs["result"])) == (0, 1)
    unsigned = ask(socket, "openOrders.status", {"apiKey": key_of("bob"), "timestamp": NOW})
    assert unsigned["error"]["code"] == -1102


def test_status_and_logout_follow_the_session(bench: Bench, socket: Socket) -> None:
    assert ask(socket, "session.status") == status()
    assert ask(socket, "session.logout") == status()
    log_on(socket)
    assert ask(socket, "session.status") == status(apiKey=KEY, authorizedSince=NOW)
    ask(socket, "userDataStream.subscribe")
    assert ask(socket, "session.status") == status(apiKey=KEY, authorizedSince=NOW, userDataStream=True)


def test_only_ed25519_keys_log_on(bench: Bench, socket: Socket) -> None:
    answer = ask(socket, "session.logon", sign({"apiKey": key_of("bob"), "timestamp": NOW}))
    assert answer == refused(-1022, "Signature for this request is not valid.")
    assert ask(socket, "session.status") == status()


def test_logging_on_again_changes_the_key(bench: Bench, socket: Socket) -> None:
    issue(bench, bench.bob, key_of("bob-ed"), (Permission.READ,))
    log_on(socket)
    log_on(socket, key_of("bob-ed"))
    bench.place(bench.bob, Side.BUY, "1", "99")
    assert len(ask(socket, "openOrders.status", {"timestamp": NOW})["result"]) == 1
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "1", "timestamp": NOW}
    assert ask(socket, "order.place", order) == {"status": 401, "error": BAD_KEY}


@pytest.mark.parametrize("how", ["revoked", "address"])
def test_a_key_that_is_lost_ends_the_session_with_the_next_request(bench: Bench, socket: Socket, how: str) -> None:
    log_on(socket)
    ask(socket, "userDataStream.subscribe")
    bench.door.submit(RevokeKey(KEY) if how == "revoked" else ChangeKey(KEY, ip_allow=("203.0.113.7",)))
    socket.say({"id": 1, "method": "ping"})
    assert socket.take() == [
        {"id": None, "status": 401, "error": BAD_KEY},
        {"subscriptionId": 0, "event": {"e": "eventStreamTerminated", "E": NOW}},
    ]
    assert ask(socket, "session.status") == status()


def test_a_session_subscribes_to_its_account(bench: Bench, socket: Socket) -> None:
    log_on(socket)
    assert ask(socket, "userDataStream.subscribe") == {"status": 200, "result": {"subscriptionId": 0}}
    bench.place(bench.alice, Side.BUY, "1", "99")
    bench.place(bench.bob, Side.BUY, "1", "99")
    assert [(message["subscriptionId"], message["event"]["e"]) for message in socket.take()] == [
        (0, "executionReport"),
        (0, "outboundAccountPosition"),
    ]


def test_subscribing_without_a_session_needs_a_signature(bench: Bench, socket: Socket) -> None:
    assert ask(socket, "userDataStream.subscribe") == {"status": 401, "error": BAD_KEY}
    assert ask(socket, "userDataStream.subscribe.signature", {"timestamp": NOW})["error"]["code"] == -1102
    log_on(socket)
    assert ask(socket, "userDataStream.subscribe.signature", {"timestamp": NOW})["error"]["code"] == -1102


def subscribe(socket: Socket, name: str) -> dict[str, Any]:
    return ask(socket, "userDataStream.subscribe.signature", sign({"apiKey": key_of(name), "timestamp": NOW}))


def test_one_connection_listens_to_several_accounts_each_under_its_id(bench: Bench, socket: Socket) -> None:
    assert subscribe(socket, "alice")["result"] == {"subscriptionId": 0}
    assert subscribe(socket, "bob")["result"] == {"subscriptionId": 1}
    assert ask(socket, "session.subscriptions") == {
        "status": 200,
        "result": [{"subscriptionId": 0}, {"subscriptionId": 1}],
    }
    bench.place(bench.bob, Side.BUY, "1", "99")
    assert {message["subscriptionId"] for message in socket.take()} == {1}


def test_an_account_is_subscribed_to_once(bench: Bench, socket: Socket) -> None:
    log_on(socket)
    ask(socket, "userDataStream.subscribe")
    assert ask(socket, "userDataStream.subscribe") == ACTIVE
    assert subscribe(socket, "alice") == ACTIVE


def test_unsubscribing_ends_one_subscription_and_says_so(bench: Bench, socket: Socket) -> None:
    subscribe(socket, "alice")
    subscribe(socket, "bob")
    socket.say({"id": 7, "method": "userDataStream.unsubscribe", "params": {"subscriptionId": 0}})
    assert socket.take() == [
        {"id": 7, "status": 200, "result": {}},
        {"subscriptionId": 0, "event": {"e": "eventStreamTerminated", "E": NOW}},
    ]
    assert ask(socket, "userDataStream.unsubscribe", {"subscriptionId": 0}) == INACTIVE
    bench.place(bench.alice, Side.BUY, "1", "99")
    assert socket.take() == []
    assert subscribe(socket, "alice")["result"] == {"subscriptionId": 2}


def test_unsubscribing_without_an_id_ends_them_all(bench: Bench, socket: Socket) -> None:
    subscribe(socket, "alice")
    subscribe(socket, "bob")
    socket.say({"id": 7, "method": "userDataStream.unsubscribe"})
    assert [message.get("subscriptionId") for message in socket.take()] == [None, 0, 1]
    assert ask(socket, "session.subscriptions")["result"] == []
    assert ask(socket, "userDataStream.unsubscribe") == INACTIVE


def test_logging_out_ends_what_the_session_subscribed_and_nothing_else(bench: Bench, socket: Socket) -> None:
    log_on(socket)
    ask(socket, "userDataStream.subscribe")
    subscribe(socket, "bob")
    socket.say({"id": 7, "method": "session.logout"})
    answer, ended = socket.take()
    assert answer == {"id": 7} | status(userDataStream=True)
    assert ended == {"subscriptionId": 0, "event": {"e": "eventStreamTerminated", "E": NOW}}
    bench.place(bench.alice, Side.BUY, "1", "99")
    bench.place(bench.bob, Side.BUY, "1", "98")
    assert {message["subscriptionId"] for message in socket.take()} == {1}


@pytest.mark.parametrize(
    ("limits", "again"),
    [
        (StreamSettings(user_subscriptions=1), {"status": 200, "result": {"subscriptionId": 1}}),
        (StreamSettings(user_subscriptions_ever=1), EXHAUSTED),
    ],
)
def test_subscriptions_are_limited(limits: StreamSettings, again: dict[str, Any]) -> None:
    bench = Bench(BinanceSettings(streams=limits))
    socket = bench.connect("/ws-api/v3?returnRateLimits=false")
    subscribe(socket, "alice")
    assert subscribe(socket, "bob") == EXHAUSTED
    socket.say({"id": 7, "method": "userDataStream.unsubscribe"})
    assert subscribe(socket, "bob") == again


def test_a_connection_that_ends_takes_its_subscriptions_with_it(bench: Bench, socket: Socket) -> None:
    log_on(socket)
    ask(socket, "userDataStream.subscribe")
    subscribe(socket, "bob")
    socket.leave()
    bench.place(bench.alice, Side.BUY, "1", "99")
    assert socket.raw() == []
    assert bench.dialect.streams.users.accounts == 0


def test_parameters_that_are_not_known_are_refused(bench: Bench, socket: Socket) -> None:
    assert ask(socket, "userDataStream.subscribe", {"symbol": "BTCUSDT"}) == refused(
        -1101, "Too many parameters; expected '0' and received '1'."
    )
