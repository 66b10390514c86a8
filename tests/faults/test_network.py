import pytest

from fault_bench import FaultBench, HttpAnswer, Wire
from simexchange.services.clock import MILLISECOND, SECOND
from simexchange.services.faults.reading import RuleRefused
from simexchange.transports.hot_path import MOST_PIPELINED
from simexchange.transports.websocket import MOST_UNHEARD

PING = "/api/v3/ping"


def ping(bench: FaultBench, wire: Wire | None = None) -> HttpAnswer:
    return bench.ask(bench.raw("GET", PING), wire)


def test_a_request_may_take_its_time_to_the_engine() -> None:
    bench = FaultBench()
    bench.arm("latency", request="400ms")
    wire = bench.wire()
    wire.feed(bench.order(bench.alice))
    bench.advance(399 * MILLISECOND)
    assert (wire.take(), bench.open_orders(bench.alice)) == (b"", [])
    bench.advance(MILLISECOND)
    answer = HttpAnswer(wire.take())
    assert answer.json["transactTime"] == bench.now_ms
    assert len(bench.open_orders(bench.alice)) == 1


def test_an_answer_may_take_its_time_back_while_the_order_is_at_work() -> None:
    bench = FaultBench()
    bench.arm("latency", response="1s")
    wire = bench.wire()
    wire.feed(bench.order(bench.alice, newClientOrderId="mine"))
    assert (wire.take(), bench.open_orders(bench.alice)) == (b"", ["mine"])
    bench.advance(SECOND)
    assert HttpAnswer(wire.take()).status == 200


def test_a_slow_request_may_grow_too_old_on_its_way() -> None:
    bench = FaultBench()
    bench.arm("latency", request="6s")
    wire = bench.wire()
    wire.feed(bench.order(bench.alice))
    bench.advance(6 * SECOND)
    assert HttpAnswer(wire.take()).refusal == (400, -1021, "Timestamp for this request is outside of the recvWindow.")


def test_pipelined_requests_wait_for_those_before_them() -> None:
    bench = FaultBench()
    bench.arm("latency", when={"count": 1})
    wire = bench.wire()
    wire.feed(bench.raw("GET", PING) + bench.raw("GET", "/api/v3/time"))
    assert wire.take() == b""
    bench.advance(400 * MILLISECOND)
    assert wire.take().count(b"HTTP/1.1 200") == 2


def test_nothing_is_read_from_a_client_that_has_too_many_requests_waiting_until_they_are_answered() -> None:
    bench = FaultBench()
    bench.arm("latency", when={"count": 1})
    wire = bench.wire()
    wire.feed(bench.raw("GET", PING))
    for _ in range(MOST_PIPELINED):
        assert wire.reads
        wire.feed(bench.raw("GET", PING))
    assert not wire.reads
    bench.advance(400 * MILLISECOND)
    assert wire.take().count(b"HTTP/1.1 200") == 1 + MOST_PIPELINED
    assert wire.reads


def test_nothing_is_read_from_a_socket_that_has_too_many_messages_waiting_until_they_are_heard() -> None:
    bench = FaultBench()
    stream = bench.stream("/ws-api/v3")
    bench.arm("latency", match={"endpoint": "ping"}, when={"count": 1})
    for number in range(1 + MOST_UNHEARD):
        assert stream.reads
        stream.say({"id": number, "method": "ping"})
    assert not stream.reads
    assert stream.messages() == []
    bench.advance(400 * MILLISECOND)
    assert [message["id"] for message in stream.messages()] == list(range(1 + MOST_UNHEARD))
    assert stream.reads


def test_latencies_add_up_with_other_rules_and_decide_nothing() -> None:
    bench = FaultBench()
    bench.arm("latency", request="1s")
    bench.arm("latency", request="2s")
    bench.arm("html-error")
    wire = bench.wire()
    wire.feed(bench.raw("GET", PING))
    bench.advance(3 * SECOND - 1)
    assert wire.take() == b""
    bench.advance(1)
    assert HttpAnswer(wire.take()).status == 502


def waits(bench: FaultBench, count: int) -> list[int]:
    """How long each of so many pings takes, in ms."""
    found = []
    for _ in range(count):
        wire, since = bench.wire(), bench.clock.now_ns()
        wire.feed(bench.raw("GET", PING))
        while not wire.written:
            bench.advance(MILLISECOND)
        found.append((bench.clock.now_ns() - since) // MILLISECOND)
    return found


def test_lengths_are_drawn_from_the_seed_and_the_matchs_number_alone() -> None:
    found = []
    for others in (0, 3):
        bench = FaultBench()
        for _ in range(others):
            bench.arm("latency", request="0s", match={"endpoint": "GET /api/v3/nothing"})
        bench.arm("latency", id="slow", request="40ms", request_p99="400ms", distribution="lognormal")
        found.append(waits(bench, 30))
    assert found[0] == found[1]
    assert len(set(found[0])) > 20
    assert 20 <= sorted(found[0])[15] <= 80


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"request": "40ms", "request_p99": "4ms", "distribution": "uniform"}, "above the median"),
        ({"request": "40ms", "request_p99": "400ms"}, "distribution uniform or lognormal passes"),
        ({"response": "40ms", "distribution": "lognormal"}, "lognormal lengths need response_p99 beside response"),
        ({"request": "-1ms"}, "request -1ms is negative: 400ms passes"),
    ],
)
def test_lengths_that_make_no_sense_are_refused(params: dict[str, str], says: str) -> None:
    with pytest.raises(RuleRefused, match=says):
        FaultBench().arm("latency", **params)


def test_answers_come_in_at_the_bandwidth_there_is() -> None:
    bench = FaultBench()
    whole = ping(bench).raw
    bench.arm("bandwidth", bytes_per_second=100)
    wire = bench.wire()
    wire.feed(bench.raw("GET", PING))
    assert wire.take() == whole[:5]
    bench.advance(50 * MILLISECOND)
    assert wire.take() == whole[5:10]
    bench.advance(10 * SECOND)
    rest = wire.take()
    assert whole[:10] + rest == whole.replace(b"used-weight: 1", b"used-weight: 2").replace(b"-1m: 1", b"-1m: 2")
    assert wire.end is None


def test_a_body_may_dribble_in_behind_its_head() -> None:
    bench = FaultBench()
    bench.arm("slow-body", bytes_per_second=2, when={"count": 1})
    wire = bench.wire()
    wire.feed(bench.raw("GET", PING))
    first = wire.take()
    assert first.endswith(b"\r\n\r\n{")
    bench.advance(500 * MILLISECOND)
    assert wire.take() == b"}"
    assert ping(bench, wire).json == {}


def test_the_head_may_dribble_too() -> None:
    bench = FaultBench()
    bench.arm("slow-body", bytes_per_second=1_000, chunk=4, head_too=True)
    wire = bench.wire()
    wire.feed(bench.raw("GET", PING))
    assert wire.take() == b"HTTP"


@pytest.mark.parametrize("effect", ["apply", "discard"])
@pytest.mark.parametrize(("kind", "sees", "end"), [("rst", "rst", "reset"), ("fin", "fin", "closed")])
def test_a_connection_is_cut_before_any_answer(kind: str, sees: str, end: str, effect: str) -> None:
    del kind
    bench = FaultBench()
    bench.arm("connection-reset", client_sees=sees, effect=effect, match={"account": "alice"})
    wire = bench.wire()
    wire.feed(bench.order(bench.alice, newClientOrderId="mine"))
    assert (wire.take(), wire.end) == (b"", end)
    assert bench.open_orders(bench.alice) == (["mine"] if effect == "apply" else [])
    assert ping(bench).status == 200


def test_a_reset_befalls_reads_and_handshakes_too() -> None:
    bench = FaultBench()
    bench.arm("close-before-response")
    wire = bench.wire()
    wire.feed(bench.raw("GET", PING))
    socket = bench.stream("/ws")
    assert (wire.take(), wire.end, socket.is_accepted, socket.end) == (b"", "reset", False, "reset")


@pytest.mark.parametrize("effect", ["apply", "discard"])
def test_a_hanging_connection_never_answers_again(effect: str) -> None:
    bench = FaultBench()
    rule = bench.arm("http-hang", effect=effect, when={"count": 1})
    wire = bench.wire()
    wire.feed(bench.order(bench.alice, newClientOrderId="mine"))
    bench.plan.remove(rule.id)
    wire.feed(bench.raw("GET", PING))
    bench.advance(3_600 * SECOND)
    assert (wire.take(), wire.end) == (b"", None)
    assert bench.open_orders(bench.alice) == (["mine"] if effect == "apply" else [])


def test_a_hanging_connection_may_be_reset_in_the_end() -> None:
    bench = FaultBench()
    bench.arm("http-hang", lasts="30s")
    wire = bench.wire()
    wire.feed(bench.raw("GET", PING))
    bench.advance(30 * SECOND - 1)
    assert not wire.is_closing()
    bench.advance(1)
    assert (wire.take(), wire.end) == (b"", "reset")


@pytest.mark.parametrize("effect", ["discard", "apply"])
def test_a_connection_that_was_kept_open_is_reset_as_it_is_used_again(effect: str) -> None:
    bench = FaultBench()
    old = bench.wire()
    ping(bench, old)
    bench.arm("http-keepalive-reset", effect=effect)
    old.feed(bench.order(bench.alice, newClientOrderId="mine"))
    assert (old.take(), old.end) == (b"", "reset")
    assert bench.open_orders(bench.alice) == (["mine"] if effect == "apply" else [])
    used = dict(bench.dialect.limits.raw.counts)
    assert used == {"127.0.0.1": 2 if effect == "apply" else 1}
    fresh = bench.wire()
    assert ping(bench, fresh).status == 200
    fresh.feed(bench.raw("GET", PING))
    assert (fresh.take(), fresh.end) == (b"", "reset")


def test_a_connection_that_was_idle_for_a_moment_only_is_left_alone() -> None:
    bench = FaultBench()
    bench.arm("http-keepalive-reset", idle="5s")
    wire = bench.wire()
    assert ping(bench, wire).status == 200
    bench.advance(4 * SECOND)
    assert ping(bench, wire).status == 200
    bench.advance(5 * SECOND)
    wire.feed(bench.raw("GET", PING))
    assert wire.end == "reset"


def test_the_same_answer_may_come_twice() -> None:
    bench = FaultBench()
    bench.arm("duplicate-answer", when={"count": 1})
    wire = bench.wire()
    wire.feed(bench.order(bench.alice, newClientOrderId="mine"))
    data = wire.take()
    half = len(data) // 2
    assert data[:half] == data[half:]
    assert bench.open_orders(bench.alice) == ["mine"]
    assert ping(bench, wire).json == {}


def test_an_order_sockets_answer_may_come_late_or_twice() -> None:
    bench = FaultBench()
    bench.arm("bandwidth", bytes_per_second=1_000)
    bench.arm("duplicate-answer")
    socket = bench.stream("/ws-api/v3?returnRateLimits=false")
    bench.advance(SECOND)
    socket.read_handshake()
    assert socket.is_accepted
    socket.say({"id": 1, "method": "ping"})
    assert socket.messages() == []
    bench.advance(SECOND)
    assert socket.messages() == [{"id": 1, "status": 200, "result": {}}]


@pytest.mark.parametrize(
    "kind",
    [
        "latency",
        "bandwidth",
        "slow-body",
        "connection-reset",
        "http-hang",
        "http-keepalive-reset",
        "duplicate-answer",
    ],
)
def test_nothing_is_left_once_the_rule_is_gone_and_others_never_noticed(kind: str) -> None:
    answers = []
    for armed in (False, True):
        bench = FaultBench()
        wire = bench.wire("127.0.0.9")
        if armed:
            rule = bench.arm(kind, match={"account": "alice"})
        for client in (bench.bob, bench.alice):
            wire.feed(bench.request(client, "GET", "/api/v3/account"))
        seen = [bench.ask(bench.order(bench.bob, newClientOrderId="b1")).raw]
        if armed:
            bench.plan.remove(rule.id)
        seen.append(bench.ask(bench.order(bench.alice, newClientOrderId="a1")).raw)
        answers.append(seen)
    assert answers[0] == answers[1]
