from typing import Any

import pytest

from fault_bench import FaultBench, HttpAnswer
from simexchange.services.anatomy import Role
from simexchange.services.clock import MILLISECOND, SECOND

GONE = (503, -1016, "This service is no longer available.")
PING = "/api/v3/ping"


class FakePort:
    """Writes down what is done to it."""

    state_role = Role.RECORD

    def __init__(self) -> None:
        self.done: list[tuple[Any, ...]] = []

    def keep_out(self, cause: str, swallow: bool = False) -> None:
        self.done.append(("keep out", cause, swallow))

    def let_in(self, cause: str) -> None:
        self.done.append(("let in", cause))

    def reset_connections(self, streams: bool = True) -> None:
        self.done.append(("reset", streams))


def ported() -> tuple[FaultBench, FakePort]:
    bench, port = FaultBench(), FakePort()
    bench.world.stage.ports["binance"] = port
    return bench, port


def ping(bench: FaultBench) -> HttpAnswer:
    return bench.ask(bench.raw("GET", PING))


def test_a_venue_that_is_down_closes_its_port_and_cuts_whoever_is_there() -> None:
    bench, port = ported()
    stream = bench.stream("/ws/btcusdt@trade")
    rule = bench.arm("downtime", id="gone")
    assert port.done == [("keep out", "gone", False), ("reset", True)]
    assert stream.end == "reset"
    bench.plan.remove(rule.id)
    assert port.done[2:] == [("let in", "gone")]
    assert ping(bench).status == 200


@pytest.mark.parametrize("mode", ["refused", "reset"])
def test_requests_that_come_nevertheless_are_reset_unheard(mode: str) -> None:
    bench, port = ported()
    bench.arm("downtime", mode=mode)
    assert port.done[-1] == ("reset", True)
    assert len(port.done) == (2 if mode == "refused" else 1)
    wire = bench.wire()
    wire.feed(bench.order(bench.alice))
    assert (wire.take(), wire.end, bench.open_orders(bench.alice)) == (b"", "reset", [])
    assert bench.stream("/ws").end == "reset"
    assert bench.dialect.limits.raw.counts == {}
    assert [(fired.ordinal, fired.detail) for fired in bench.fired] == [(1, "down"), (2, ""), (3, "")]


def test_downtime_of_one_account_leaves_the_port_open() -> None:
    bench, port = ported()
    bench.arm("downtime", match={"account": "alice"})
    wire = bench.wire()
    wire.feed(bench.order(bench.alice))
    assert (wire.take(), wire.end) == (b"", "reset")
    assert bench.ask(bench.order(bench.bob)).status == 200
    assert port.done == []


def test_a_hanging_venue_answers_nobody_and_cuts_the_hung_sockets_in_the_end() -> None:
    bench, _ = ported()
    stream = bench.stream("/ws/btcusdt@trade")
    rule = bench.arm("downtime", mode="hang")
    wire, late = bench.wire(), bench.stream("/ws")
    wire.feed(bench.raw("GET", PING))
    stream.say({"id": 1, "method": "LIST_SUBSCRIPTIONS"})
    bench.advance(60 * SECOND)
    assert (wire.take(), wire.end, late.is_accepted, late.end) == (b"", None, False, None)
    assert (stream.texts(), stream.end) == ([], None)
    bench.plan.remove(rule.id)
    assert stream.end == "reset"
    assert ping(bench).status == 200


@pytest.mark.parametrize("rule", [{"mode": "http"}, {"mode": "html", "template": "cloudflare", "status": 522}])
def test_a_front_may_answer_in_the_venues_place(rule: dict[str, Any]) -> None:
    bench, port = ported()
    stream = bench.stream("/ws")
    bench.arm("downtime", **rule)
    stream.texts()
    assert (stream.close_code, port.done) == (1001, [])
    answer = bench.ask(bench.order(bench.alice))
    if rule["mode"] == "http":
        assert answer.refusal == GONE
    else:
        assert (answer.status, answer.headers["content-type"]) == (522, "text/html")
        assert b"Connection timed out" in answer.body
    refusal = bench.stream("/ws").refusal
    assert refusal is not None
    assert refusal.status == answer.status
    assert bench.open_orders(bench.alice) == []


def test_when_picks_requests_where_a_front_answers() -> None:
    bench = FaultBench()
    bench.arm("downtime", mode="http", when={"skip": 1, "count": 2})
    assert [ping(bench).status for _ in range(5)] == [200, 503, 503, 200, 200]


def test_downtime_may_come_and_go_with_a_window() -> None:
    bench, port = ported()
    bench.arm("downtime", id="gone", when={"window": ["5s", "9s"]})
    assert ping(bench).status == 200
    assert port.done == []
    bench.advance(5 * SECOND)
    assert port.done == [("keep out", "gone", False), ("reset", True)]
    bench.advance(4 * SECOND)
    assert port.done[2:] == [("let in", "gone")]
    assert ping(bench).status == 200


def test_under_maintenance_only_the_status_is_told() -> None:
    bench = FaultBench()
    stream = bench.stream("/ws-api/v3")
    rule = bench.arm("maintenance")
    stream.texts()
    assert stream.close_code == 1001
    assert ping(bench).refusal == GONE
    assert bench.ask(bench.order(bench.alice)).refusal == GONE
    status = bench.ask(bench.raw("GET", "/sapi/v1/system/status"))
    assert (status.status, status.body) == (200, b'{"status":1,"msg":"system_maintenance"}')
    refusal = bench.stream("/ws").refusal
    assert refusal is not None
    assert refusal.refusal == GONE
    bench.plan.remove(rule.id)
    assert bench.ask(bench.raw("GET", "/sapi/v1/system/status")).json == {"status": 0, "msg": "normal"}


def test_sockets_may_outlive_maintenance_and_hear_of_it() -> None:
    bench = FaultBench()
    socket = bench.stream("/ws-api/v3?returnRateLimits=false")
    bench.arm("maintenance", close_ws=False)
    socket.say({"id": 1, "method": "ping"})
    assert socket.messages() == [{"id": 1, "status": GONE[0], "error": {"code": GONE[1], "msg": GONE[2]}}]


@pytest.mark.parametrize("cancels", [False, True])
def test_orders_may_be_gone_when_the_venue_is_back(cancels: bool) -> None:
    bench = FaultBench()
    for client in (bench.alice, bench.bob):
        assert bench.ask(bench.order(client, newClientOrderId=client.name)).status == 200
    rule = bench.arm("maintenance", cancel_all_on_return=cancels, match={"account": "alice"})
    bench.plan.remove(rule.id)
    assert bench.open_orders(bench.alice) == ([] if cancels else ["alice"])
    assert bench.open_orders(bench.bob) == ["bob"]


def test_a_restart_is_announced_then_cuts_everybody_and_is_over() -> None:
    bench, port = ported()
    raw, combined, orders = (
        bench.stream("/ws"),
        bench.stream("/stream?streams=btcusdt@trade"),
        bench.stream("/ws-api/v3"),
    )
    bench.arm("server-restart", id="again", lead="10s", lasts="5s")
    event = {"e": "serverShutdown", "E": bench.now_ms}
    assert raw.messages() == [event]
    assert combined.messages() == [{"stream": "!serverShutdown", "data": event}]
    assert orders.messages() == [{"event": event}]
    assert ping(bench).status == 200
    bench.advance(10 * SECOND)
    for stream in (raw, combined, orders):
        stream.texts()
    assert [stream.close_code for stream in (raw, combined, orders)] == [1001] * 3
    assert port.done == [("keep out", "again", False), ("reset", False)]
    wire = bench.wire()
    wire.feed(bench.raw("GET", PING))
    assert (wire.take(), wire.end) == (b"", "reset")
    bench.advance(5 * SECOND)
    assert port.done[2:] == [("let in", "again")]
    assert ping(bench).status == 200
    assert [(fired.ordinal, fired.detail) for fired in bench.fired] == [(1, "announced"), (2, "down"), (3, "")]


def test_a_restart_may_come_without_a_word_and_end_early() -> None:
    bench, port = ported()
    stream = bench.stream("/ws")
    rule = bench.arm("server-restart", id="again", announced=False)
    assert (stream.texts(), stream.close_code) == ([], 1001)
    bench.plan.remove(rule.id)
    assert port.done == [("keep out", "again", False), ("reset", False), ("let in", "again")]
    bench.advance(60 * SECOND)
    assert len(port.done) == 3
    assert ping(bench).status == 200


@pytest.mark.parametrize(("kind", "swallows"), [("tcp-connect-refused", False), ("tcp-connect-blackhole", True)])
def test_a_port_may_be_closed_or_dead_to_newcomers_alone(kind: str, swallows: bool) -> None:
    bench, port = ported()
    stream = bench.stream("/ws")
    bench.arm(kind, id="shut", ttl="30s")
    assert port.done == [("keep out", "shut", swallows)]
    assert (ping(bench).status, stream.end) == (200, None)
    bench.advance(30 * SECOND)
    assert port.done[1:] == [("let in", "shut")]


@pytest.mark.parametrize(
    ("status", "content_type"), [(502, "text/html"), (403, "text/html"), (429, "application/json;charset=UTF-8")]
)
def test_reconnects_are_refused_so_many_times(status: int, content_type: str) -> None:
    bench = FaultBench()
    bench.arm("reconnect-refused", times=2, status=status)
    sockets = [bench.stream("/ws") for _ in range(3)]
    assert [socket.is_accepted for socket in sockets] == [False, False, True]
    refusal = sockets[0].refusal
    assert refusal is not None
    assert (refusal.status, refusal.headers["content-type"]) == (status, content_type)
    assert ping(bench).status == 200


@pytest.mark.parametrize(
    ("kind", "rule"),
    [("downtime", {}), ("server-restart", {"announced": False}), ("tcp-connect-blackhole", {})],
)
def test_a_world_that_goes_back_into_a_downtime_closes_its_port_again(kind: str, rule: dict[str, Any]) -> None:
    bench, port = ported()
    armed = bench.arm(kind, id="shut", **rule)
    then = bench.world.snapshot()
    bench.plan.remove(armed.id)
    port.done.clear()
    bench.world.revert(then.snapshot_id)
    assert port.done == [("keep out", "shut", kind == "tcp-connect-blackhole")]
    bench.advance(3_600 * SECOND)
    bench.plan.clear()
    assert port.done[-1] == ("let in", "shut")


def test_rules_of_the_port_add_up() -> None:
    bench, port = ported()
    first = bench.arm("tcp-connect-refused", id="one")
    bench.arm("downtime", id="two")
    bench.plan.remove(first.id)
    assert [done[:2] for done in port.done] == [
        ("keep out", "one"),
        ("keep out", "two"),
        ("reset", True),
        ("let in", "one"),
    ]


@pytest.mark.parametrize(
    "kind",
    ["downtime", "maintenance", "server-restart", "tcp-connect-refused", "tcp-connect-blackhole", "reconnect-refused"],
)
def test_nothing_is_left_once_the_rule_is_gone(kind: str) -> None:
    answers = []
    for armed in (False, True):
        bench = FaultBench()
        if armed:
            rule = bench.arm(kind)
            bench.wire("127.0.0.9").feed(bench.order(bench.alice))
            bench.plan.remove(rule.id)
        elif kind in ("tcp-connect-refused", "tcp-connect-blackhole", "server-restart", "reconnect-refused"):
            bench.wire("127.0.0.9").feed(bench.order(bench.alice))
        bench.advance(20 * MILLISECOND)
        answers.append(
            [
                ping(bench).raw,
                bench.ask(bench.raw("GET", "/api/v3/exchangeInfo")).raw,
                bench.ask(bench.order(bench.bob, newClientOrderId="b1")).raw,
                bench.stream("/ws").is_accepted,
            ]
        )
    assert answers[0] == answers[1]
