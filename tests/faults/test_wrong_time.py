from typing import Any

import pytest

from fault_bench import FaultBench, HttpAnswer
from simexchange.services.clock import MILLISECOND, MINUTE, SECOND
from simexchange.services.faults.reading import RuleRefused

AHEAD = (400, -1021, "Timestamp for this request was 1000ms ahead of the server's time.")
LATE = (400, -1021, "Timestamp for this request is outside of the recvWindow.")


def told_ms(bench: FaultBench) -> int:
    """How far ahead the venue says it is, in milliseconds."""
    answer = bench.ask(bench.raw("GET", "/api/v3/time"))
    shown: int = answer.json["serverTime"]
    return shown - bench.now_ms


def account(bench: FaultBench, **params: Any) -> HttpAnswer:
    return bench.ask(bench.request(bench.alice, "GET", "/api/v3/account", **params))


@pytest.mark.parametrize(("by", "ahead_ms", "refusal"), [("90s", 90_000, LATE), ("-2s", -2_000, AHEAD)])
def test_a_skewed_clock_is_told_and_judged_by(by: str, ahead_ms: int, refusal: tuple[int, int, str]) -> None:
    bench = FaultBench()
    rule = bench.arm("clock-skew", by=by)
    assert told_ms(bench) == ahead_ms
    assert account(bench).refusal == refusal
    assert account(bench, timestamp=bench.now_ms + ahead_ms).status == 200
    assert [(fired.kind, fired.ordinal) for fired in bench.fired] == [("clock-skew", 1)]
    bench.plan.remove(rule.id)
    assert told_ms(bench) == 0
    assert account(bench).status == 200


def test_orders_keep_their_true_times_while_the_clock_is_wrong() -> None:
    bench = FaultBench()
    bench.arm("clock-skew", by="3s")
    answer = bench.ask(bench.order(bench.alice))
    assert answer.json["transactTime"] == bench.now_ms


def test_skews_of_two_rules_add_up() -> None:
    bench = FaultBench()
    bench.arm("clock-skew", by="3s")
    second = bench.arm("clock-skew", by="-1s")
    assert told_ms(bench) == 2_000
    bench.plan.change(second.id, {"by": "1s"})
    assert told_ms(bench) == 4_000


@pytest.mark.parametrize(
    ("rule", "ahead_ms"), [({}, 1_200), ({"ppm": -1_000}, -60), ({"per_minute": "1.5s"}, 1_500), ({"ppm": 0}, 0)]
)
def test_a_drifting_clock_goes_wrong_by_and_by(rule: dict[str, Any], ahead_ms: int) -> None:
    bench = FaultBench()
    bench.arm("clock-drift", **rule)
    assert told_ms(bench) == 0
    bench.advance(MINUTE)
    assert told_ms(bench) == ahead_ms


def test_the_time_endpoint_may_lie_while_timestamps_are_judged_by_the_truth() -> None:
    bench = FaultBench()
    bench.arm("server-clock-step", step="30s")
    assert told_ms(bench) == 30_000
    assert account(bench).status == 200
    assert account(bench, timestamp=bench.now_ms + 30_000).refusal == AHEAD


def test_a_step_may_be_of_the_clock_itself_and_begin_and_end_with_a_window() -> None:
    bench = FaultBench()
    bench.arm("server-clock-step", step="-30s", endpoint_only=False, when={"window": ["1s", "3s"]})
    seen = []
    for _ in range(4):
        seen.append((told_ms(bench), account(bench).status))
        bench.advance(SECOND)
    assert seen == [(0, 200), (-30_000, 400), (-30_000, 400), (0, 200)]


@pytest.mark.parametrize(("kind", "refusal"), [("clock-ahead", AHEAD), ("recvwindow-expired", LATE)])
def test_a_timestamp_is_refused_whatever_it_says(kind: str, refusal: tuple[int, int, str]) -> None:
    bench = FaultBench()
    bench.arm(kind, match={"account": "alice"}, when={"count": 1})
    assert bench.ask(bench.raw("GET", "/api/v3/depth?symbol=BTCUSDT", bench.alice.api_key)).status == 200
    assert bench.ask(bench.order(bench.alice)).refusal == refusal
    assert bench.ask(bench.order(bench.alice, newClientOrderId="again")).status == 200
    assert bench.ask(bench.order(bench.bob)).status == 200
    assert bench.open_orders(bench.alice) == ["again"]
    assert told_ms(bench) == 0


def test_a_timestamp_is_refused_over_the_websocket_api_too() -> None:
    bench = FaultBench()
    bench.arm("clock-ahead")
    socket = bench.stream("/ws-api/v3?returnRateLimits=false")
    socket.say({"id": 7, "method": "account.status", "params": {"apiKey": bench.alice.api_key}})
    assert socket.messages() == [{"id": 7, "status": 400, "error": {"code": AHEAD[1], "msg": AHEAD[2]}}]


def test_an_order_that_expires_in_the_queue_is_refused_and_counted() -> None:
    bench = FaultBench()
    bench.arm("recvwindow-expired-in-queue", when={"count": 1})
    assert bench.ask(bench.order(bench.alice)).refusal == LATE
    assert bench.open_orders(bench.alice) == []
    answer = bench.ask(bench.order(bench.alice))
    assert (answer.headers["x-mbx-order-count-10s"], answer.headers["x-mbx-order-count-1d"]) == ("2", "2")


def test_an_order_that_never_gets_to_the_queue_is_answered_as_ever() -> None:
    answers = []
    for armed in (False, True):
        bench = FaultBench()
        if armed:
            bench.arm("recvwindow-expired-in-queue")
        answers.append(bench.ask(bench.order(bench.alice, symbol="NOPE")).raw)
    assert answers[0] == answers[1]


@pytest.mark.parametrize("name", ["account", "endpoint", "symbol"])
def test_a_clock_is_the_venues_alone(name: str) -> None:
    bench = FaultBench()
    with pytest.raises(RuleRefused, match=rf"match\.{name}: clock-skew befalls the venue as a whole: venue passes"):
        bench.arm("clock-skew", match={name: "alice"})


def test_a_clock_does_not_go_wrong_every_other_time() -> None:
    bench = FaultBench()
    with pytest.raises(RuleRefused, match=r"when\.every_nth: clock-drift happens once, to all at a time"):
        bench.arm("clock-drift", when={"every_nth": 2})


@pytest.mark.parametrize(
    "kind", ["clock-skew", "clock-drift", "server-clock-step", "clock-ahead", "recvwindow-expired"]
)
def test_nothing_is_left_once_the_rule_is_gone(kind: str) -> None:
    answers = []
    for armed in (False, True):
        bench = FaultBench()
        if armed:
            rule = bench.arm(kind)
            bench.ask(bench.order(bench.alice, timestamp=bench.now_ms - 10_000), bench.wire("127.0.0.9"))
            bench.plan.remove(rule.id)
        bench.advance(50 * MILLISECOND)
        answers.append(
            [
                bench.ask(bench.raw("GET", "/api/v3/time")).raw,
                bench.ask(bench.order(bench.alice, newClientOrderId="a")).raw,
                account(bench).raw,
            ]
        )
    assert answers[0] == answers[1]
