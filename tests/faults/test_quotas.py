from typing import Any

import pytest

from fault_bench import FaultBench, HttpAnswer
from simexchange.services.clock import SECOND

BAD_KEY = (401, -2015, "Invalid API-key, IP, or permissions for action.")


def too_many_orders(limit: int, interval: str) -> tuple[int, int, str]:
    return 429, -1015, f"Too many new orders; current limit is {limit} orders per {interval}."


def too_much(limit: int, interval: str) -> str:
    return (
        f"Too much request weight used; current limit is {limit} request weight per {interval}."
        " Please use WebSocket Streams for live updates to avoid polling the API."
    )


def get(bench: FaultBench, path: str, source: str = "127.0.0.1") -> HttpAnswer:
    return bench.ask(bench.raw("GET", path), bench.wire(source))


def test_orders_beyond_the_limit_are_refused_until_the_window_ends() -> None:
    bench = FaultBench()
    bench.arm("order-count-limit", limit=2, interval="10s")
    answers = [bench.ask(bench.order(bench.alice)) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[2].refusal == too_many_orders(2, "10 SECOND")
    assert answers[2].headers["retry-after"] == "10"
    assert bench.ask(bench.order(bench.bob)).status == 200
    assert len(bench.open_orders(bench.alice)) == 2
    assert len(bench.fired) == 1
    bench.advance(10 * SECOND)
    assert bench.ask(bench.order(bench.alice)).status == 200


def test_without_a_limit_of_its_own_every_order_is_one_too_many_of_the_venues() -> None:
    bench = FaultBench()
    bench.arm("order-count-limit", tells_wait=False)
    answer = bench.ask(bench.order(bench.alice))
    assert answer.refusal == too_many_orders(100, "10 SECOND")
    assert "retry-after" not in answer.headers
    assert bench.ask(bench.request(bench.alice, "GET", "/api/v3/openOrders")).json == []


def test_an_order_limit_is_told_over_the_websocket_api_with_the_orders_counted() -> None:
    bench = FaultBench()
    bench.arm("order-count-limit", match={"endpoint": "order.place"}, interval="1d")
    socket = bench.stream("/ws-api/v3")
    socket.say({"id": 1, "method": "order.place", "params": {"apiKey": bench.alice.api_key}})
    (refusal,) = socket.messages()
    assert (refusal["status"], refusal["error"]["code"], refusal["error"]["msg"]) == too_many_orders(100, "1 DAY")
    assert [row["rateLimitType"] for row in refusal["rateLimits"]] == ["ORDERS", "ORDERS", "REQUEST_WEIGHT"]


def test_an_endpoint_has_a_limit_of_its_own() -> None:
    bench = FaultBench()
    bench.arm("endpoint-limit", match={"endpoint": "GET /api/v3/depth"}, limit=2, interval="1s")
    answers = [get(bench, "/api/v3/depth?symbol=BTCUSDT") for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[2].refusal == (429, -1003, too_much(2, "1 SECOND"))
    assert answers[2].headers["retry-after"] == "1"
    assert get(bench, "/api/v3/depth?symbol=BTCUSDT", "127.0.0.2").status == 200
    assert get(bench, "/api/v3/ping").status == 200
    bench.advance(SECOND)
    assert get(bench, "/api/v3/depth?symbol=BTCUSDT").status == 200


@pytest.mark.parametrize(("per", "second"), [("key", 200), ("account", 200), ("everyone", 429), ("source", 429)])
def test_an_endpoints_limit_counts_by_whoever_it_says(per: str, second: int) -> None:
    bench = FaultBench()
    bench.arm("endpoint-limit", limit=1, per=per)
    assert bench.ask(bench.request(bench.alice, "GET", "/api/v3/openOrders")).status == 200
    assert bench.ask(bench.request(bench.alice, "GET", "/api/v3/openOrders")).status == 429
    assert bench.ask(bench.request(bench.bob, "GET", "/api/v3/openOrders")).status == second


def test_abuse_costs_the_key_and_removal_gives_it_back() -> None:
    bench = FaultBench()
    rule = bench.arm("abuse-revokes-key", limit=1, refusals=2, interval="1m")
    answers = [bench.ask(bench.request(bench.alice, "GET", "/api/v3/account")) for _ in range(5)]
    assert [answer.status for answer in answers] == [200, 429, 429, 401, 401]
    assert answers[1].refusal == (429, -1003, too_much(1, "1 MINUTE"))
    assert answers[3].refusal == answers[4].refusal == BAD_KEY
    assert bench.door.venue.keys[bench.alice.api_key].revoked
    assert bench.ask(bench.request(bench.bob, "GET", "/api/v3/account")).status == 200
    bench.plan.remove(rule.id)
    assert bench.ask(bench.request(bench.alice, "GET", "/api/v3/account")).status == 200


@pytest.mark.parametrize("path", ["/ws/btcusdt@trade", "/ws-api/v3"])
def test_who_says_too_much_on_a_socket_is_disconnected(path: str) -> None:
    bench = FaultBench()
    bench.arm("ws-inbound-limit", limit=2)
    talker, listener = bench.stream(path), bench.stream(path)
    for number in range(3):
        talker.say({"id": number, "method": "LIST_SUBSCRIPTIONS"})
    assert len(talker.messages()) == 2
    assert (talker.close_code, talker.close_reason) == (1008, "Too many requests")
    listener.say({"id": 9, "method": "LIST_SUBSCRIPTIONS"})
    assert (len(listener.messages()), listener.close_code) == (1, None)


def test_who_says_too_much_may_be_told_so_instead() -> None:
    bench = FaultBench()
    bench.arm("ws-inbound-limit", limit=1, action="error")
    market, orders = bench.stream("/ws"), bench.stream("/ws-api/v3")
    for socket in (market, orders):
        socket.say({"id": 1, "method": "ping"})
        socket.say({"id": 2, "method": "ping"})
    assert market.messages()[1] == {"error": {"code": -1003, "msg": too_much(1, "1 SECOND")}, "id": 2}
    assert orders.messages()[1]["error"]["msg"] == too_much(1, "1 SECOND")
    bench.advance(SECOND)
    orders.say({"id": 3, "method": "ping"})
    assert orders.messages()[0]["status"] == 200


def test_too_many_handshakes_are_refused_until_the_window_ends() -> None:
    bench = FaultBench()
    bench.arm("ws-connect-limit", limit=2, interval="1m")
    sockets = [bench.stream("/ws") for _ in range(3)]
    assert [socket.is_accepted for socket in sockets] == [True, True, False]
    refusal = sockets[2].refusal
    assert refusal is not None
    assert refusal.refusal == (429, -1003, "Too many connections; current limit is 2 connections per 1 MINUTE.")
    assert refusal.headers["retry-after"] == "60"
    assert bench.stream("/ws", "127.0.0.2").is_accepted
    bench.advance(60 * SECOND)
    assert bench.stream("/ws").is_accepted


def test_the_firewall_may_refuse_handshakes() -> None:
    bench = FaultBench()
    bench.arm("ws-connect-limit", status=403)
    refusal = bench.stream("/ws").refusal
    assert refusal is not None
    assert (refusal.status, refusal.headers["content-type"]) == (403, "text/html")


@pytest.mark.parametrize(
    ("kind", "status"),
    [("order-count-limit", 429), ("endpoint-limit", 429), ("abuse-revokes-key", 429), ("ws-connect-limit", 200)],
)
def test_nothing_is_left_once_the_rule_is_gone(kind: str, status: int) -> None:
    answers: list[list[Any]] = []
    for armed in (False, True):
        bench = FaultBench()
        if armed:
            rule = bench.arm(kind, limit=0, match={"source_ip": "127.0.0.9"}, **extra(kind))
            assert bench.ask(bench.order(bench.alice), bench.wire("127.0.0.9")).status == status
            bench.stream("/ws", "127.0.0.9")
            assert bench.fired
            bench.plan.remove(rule.id)
        if kind == "ws-connect-limit" and not armed:
            bench.ask(bench.order(bench.alice), bench.wire("127.0.0.9"))
        answer = bench.ask(bench.order(bench.alice, newClientOrderId="a1")).raw
        answers.append([answer, bench.stream("/ws").is_accepted])
    assert answers[0] == answers[1]


def extra(kind: str) -> dict[str, int]:
    return {"refusals": 1} if kind == "abuse-revokes-key" else {}
