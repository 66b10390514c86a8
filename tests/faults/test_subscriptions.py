"""Subscriptions that never came to be, and credentials of user data that end before their time."""

from typing import Any

import pytest

from fault_bench import FaultBench, StreamWire
from simexchange.services.clock import SECOND

INTERNAL = {"code": -1001, "msg": "Internal error; unable to process your request. Please try again."}
SUBSCRIBE = {"method": "SUBSCRIBE", "params": ["btcusdt@trade"], "id": 7}


def trade(bench: FaultBench) -> None:
    bench.alice.order(side="SELL", quantity="0.001")
    bench.bob.order(side="BUY", quantity="0.001")


def signed(bench: FaultBench, method: str) -> dict[str, Any]:
    params = {"apiKey": bench.bob.api_key, "timestamp": bench.now_ms}
    signature = bench.bob.signer.sign("&".join(f"{key}={params[key]}" for key in sorted(params)))
    return {"id": 7, "method": method, "params": params | {"signature": signature}}


def subscriber(bench: FaultBench) -> StreamWire:
    """A WebSocket API socket that listens to bob."""
    socket = bench.stream("/ws-api/v3")
    socket.say(signed(bench, "userDataStream.subscribe.signature"))
    assert socket.messages()[0]["result"] == {"subscriptionId": 0}
    return socket


def events(socket: StreamWire) -> list[str]:
    return [message.get("event", message)["e"] for message in socket.messages()]


# Subscribing.


@pytest.mark.parametrize(
    ("mode", "answers", "names", "trades"),
    [
        ("no_ack", [], ["btcusdt@trade"], 1),
        ("error", [{"error": INTERNAL}], [], 0),
        ("ack_no_data", [{"result": None}], [], 0),
    ],
)
def test_a_market_subscription_is_lost_in_one_of_three_ways(
    mode: str, answers: list[dict[str, Any]], names: list[str], trades: int
) -> None:
    bench = FaultBench()
    socket = bench.stream("/ws")
    bench.arm("ws-subscribe-lost", mode=mode, when={"count": 1})
    socket.say(SUBSCRIBE)
    assert socket.messages() == [answer | {"id": 7} for answer in answers]
    trade(bench)
    assert len(socket.messages()) == trades
    socket.say({"method": "LIST_SUBSCRIPTIONS", "id": 8})
    assert socket.messages() == [{"result": names, "id": 8}]
    socket.say(SUBSCRIBE)
    assert socket.texts() == ['{"result":null,"id":7}'], "the next try works"
    trade(bench)
    assert len(socket.messages()) == 1


@pytest.mark.parametrize(("mode", "status", "is_told"), [("no_ack", None, True), ("ack_no_data", 200, False)])
def test_a_user_data_subscription_is_lost_the_same_way(mode: str, status: int | None, is_told: bool) -> None:
    bench = FaultBench()
    socket = bench.stream("/ws-api/v3")
    bench.arm("ws-subscribe-lost", mode=mode, match={"account": "bob"})
    socket.say(signed(bench, "userDataStream.subscribe.signature"))
    answers = socket.messages()
    assert [answer["status"] for answer in answers] == ([] if status is None else [status])
    assert [answer["result"] for answer in answers] == ([] if status is None else [{"subscriptionId": 0}])
    assert all(answer["rateLimits"] for answer in answers)
    trade(bench)
    assert ("executionReport" in events(socket)) is is_told


@pytest.mark.parametrize("method", ["UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "GET_PROPERTY"])
def test_other_requests_of_a_socket_are_answered(method: str) -> None:
    bench = FaultBench()
    socket = bench.stream("/ws")
    bench.arm("ws-subscribe-lost")
    socket.say({"method": method, "params": ["combined"] if method == "GET_PROPERTY" else [], "id": 1})
    assert [message["id"] for message in socket.messages()] == [1]
    assert not bench.fired


def test_a_subscription_without_form_is_complained_about_as_ever() -> None:
    for mode in ("error", "ack_no_data"):
        bench = FaultBench()
        socket = bench.stream("/ws")
        bench.arm("ws-subscribe-lost", mode=mode)
        socket.say({"method": "SUBSCRIBE", "params": [], "id": 1.5})
        (answer,) = socket.messages()
        assert "id" not in answer
        assert "error" in answer


# listenKeys.


@pytest.mark.parametrize("send_event", [True, False])
@pytest.mark.parametrize("keep_socket_open", [True, False])
def test_a_listen_key_ends_before_its_time(send_event: bool, keep_socket_open: bool) -> None:
    bench = FaultBench()
    listen_key = bench.dialect.listen_keys.start(bench.bob.account_id)
    others_key = bench.dialect.listen_keys.start(bench.alice.account_id)
    bob, alice = bench.stream(f"/ws/{listen_key}"), bench.stream(f"/ws/{others_key}")
    armed = bench.arm(
        "listenkey-expiry", match={"account": "bob"}, send_event=send_event, keep_socket_open=keep_socket_open
    )
    told = [{"e": "listenKeyExpired", "E": bench.now_ms, "listenKey": listen_key}] if send_event else []
    assert bob.messages() == told
    assert bob.close_code == (None if keep_socket_open else 1001)
    put = bench.ask(bench.raw("PUT", f"/api/v3/userDataStream?listenKey={listen_key}", bench.bob.api_key))
    assert put.refusal == (400, -1125, "This listenKey does not exist.")
    trade(bench)
    assert events(bob) == []
    assert "executionReport" in events(alice)
    assert [(fired.account, fired.endpoint) for fired in bench.fired] == [("bob", "stream key")]
    assert listen_key not in repr([fired.shown() for fired in bench.fired])
    new_key = bench.ask(bench.raw("POST", "/api/v3/userDataStream", bench.bob.api_key)).json["listenKey"]
    assert new_key != listen_key
    again = bench.stream(f"/ws/{new_key}")
    bench.plan.remove(armed.id)
    trade(bench)
    assert "executionReport" in events(again)


def test_keys_end_oldest_first_until_the_count_is_up() -> None:
    bench = FaultBench()
    for client in (bench.bob, bench.alice):
        bench.dialect.listen_keys.start(client.account_id)
    bench.arm("listenkey-expiry", when={"count": 1})
    assert bench.dialect.listen_keys.owners == (bench.alice.account_id,)


# Credentials of subscriptions.


def test_a_user_data_subscription_ends_and_the_socket_stays() -> None:
    bench = FaultBench()
    socket, market = subscriber(bench), bench.stream("/ws/btcusdt@trade")
    bench.arm("ws-token-expired", match={"account": "bob"})
    assert socket.messages() == [{"subscriptionId": 0, "event": {"e": "eventStreamTerminated", "E": bench.now_ms}}]
    trade(bench)
    assert events(socket) == []
    assert events(market) == ["trade"]
    socket.say(signed(bench, "userDataStream.subscribe.signature"))
    assert socket.messages()[0]["result"] == {"subscriptionId": 1}
    trade(bench)
    assert "executionReport" in events(socket), "a fresh credential works"


def test_a_subscription_may_live_on_for_a_while_and_for_good_if_the_rule_goes() -> None:
    bench = FaultBench()
    armed = bench.arm("ws-token-expired", after="5s")
    socket = subscriber(bench)
    bench.advance(5 * SECOND - 1)
    assert events(socket) == []
    bench.advance(1)
    assert events(socket) == ["eventStreamTerminated"]
    other = subscriber(bench)
    bench.plan.remove(armed.id)
    bench.advance(9 * SECOND)
    assert events(other) == []


def test_a_listen_key_socket_has_no_such_credential() -> None:
    bench = FaultBench()
    socket = bench.stream("/ws/" + bench.dialect.listen_keys.start(bench.bob.account_id))
    bench.arm("ws-token-expired")
    trade(bench)
    assert "executionReport" in events(socket)
    assert not bench.fired
