from typing import Any

import pytest

from fault_bench import FaultBench, HttpAnswer
from simexchange.services.clock import DAY, HOUR, MILLISECOND, MINUTE, SECOND

TOO_MUCH = (
    "Too much request weight used; current limit is {} request weight per {}."
    " Please use WebSocket Streams for live updates to avoid polling the API."
)
BANNED = (
    "Way too much request weight used; IP banned until {}. Please use WebSocket Streams for live updates to avoid bans."
)
ELSEWHERE = "127.0.0.2"


def ping(bench: FaultBench, source: str = "127.0.0.1") -> HttpAnswer:
    return bench.ask(bench.raw("GET", "/api/v3/ping"), bench.wire(source))


def order_socket(bench: FaultBench, message: dict[str, Any]) -> Any:
    socket = bench.stream("/ws-api/v3")
    socket.say(message)
    return socket.messages()


def test_a_rate_limit_answers_429_with_the_wait_and_the_limit_in_the_venues_words() -> None:
    bench = FaultBench()
    bench.arm("rate-limited", retry_after="7s")
    answer = bench.ask(bench.order(bench.alice))
    assert answer.refusal == (429, -1003, TOO_MUCH.format(6000, "1 MINUTE"))
    assert answer.headers == {
        "content-type": "application/json;charset=UTF-8",
        "content-length": str(len(answer.body)),
        "x-mbx-used-weight": "1",
        "x-mbx-used-weight-1m": "1",
        "retry-after": "7",
    }
    assert bench.open_orders(bench.alice) == []


def test_the_limit_and_the_interval_are_those_the_rule_names() -> None:
    bench = FaultBench()
    bench.arm("rate-limited", limit=1200, interval="10s")
    assert ping(bench).refusal == (429, -1003, TOO_MUCH.format(1200, "10 SECOND"))


def test_the_venue_keeps_its_word_about_the_wait() -> None:
    bench = FaultBench()
    bench.arm("rate-limited", retry_after="7s")
    assert ping(bench).headers["retry-after"] == "7"
    bench.advance(3 * SECOND)
    assert ping(bench).headers["retry-after"] == "4"
    bench.advance(4 * SECOND)
    assert ping(bench).status == 200
    assert ping(bench, ELSEWHERE).status == 429


def test_refusals_may_last_longer_than_the_wait_they_name() -> None:
    bench = FaultBench()
    bench.arm("rate-limited", retry_after="2s", lasts="5s")
    waits = []
    for _ in range(5):
        waits.append(ping(bench).headers.get("retry-after"))
        bench.advance(2 * SECOND)
    assert waits == ["2", "2", "2", None, None]


def test_asking_on_during_the_wait_brings_a_ban() -> None:
    bench = FaultBench()
    bench.arm("rate-limited", retry_after="7s", strikes_to_ban=2)
    assert [ping(bench).status for _ in range(4)] == [429, 429, 429, 418]
    banned = ping(bench)
    until_ms = bench.now_ms + 2 * 60_000
    assert banned.refusal == (418, -1003, BANNED.format(until_ms))
    assert banned.headers["retry-after"] == "120"
    bench.advance(2 * MINUTE)
    assert ping(bench).status == 200


def test_when_picks_the_requests_that_are_refused() -> None:
    bench = FaultBench()
    bench.arm("rate-limited", when={"skip": 1, "every_nth": 2, "count": 2})
    assert [ping(bench).status for _ in range(8)] == [200, 200, 429, 200, 429, 200, 200, 200]
    assert [fired.ordinal for fired in bench.fired] == [3, 5]


@pytest.mark.parametrize("rule", [("rate-limited", {"retry_after": None}), ("rate-limit-429-no-retry-after", {})])
def test_without_a_wait_no_header_says_one(rule: tuple[str, dict[str, Any]]) -> None:
    bench = FaultBench()
    bench.arm(rule[0], **rule[1])
    answers = [ping(bench) for _ in range(20)]
    assert {answer.status for answer in answers} == {429}
    assert "retry-after" not in answers[0].headers
    bench.advance(MINUTE)
    assert ping(bench).status == 200


def test_a_rule_may_be_changed_so_that_it_tells_no_wait_and_keeps_that() -> None:
    bench = FaultBench()
    rule = bench.arm("rate-limited")
    bench.plan.change(rule.id, {"retry_after": None})
    bench.plan.change(rule.id, {"limit": 5})
    answer = ping(bench)
    assert answer.refusal == (429, -1003, TOO_MUCH.format(5, "1 MINUTE"))
    assert "retry-after" not in answer.headers


def test_an_order_socket_hears_the_instant_in_milliseconds() -> None:
    bench = FaultBench()
    bench.arm("rate-limited", retry_after="7s", match={"endpoint": "time"})
    assert order_socket(bench, {"id": "a", "method": "time"}) == [
        {
            "id": "a",
            "status": 429,
            "error": {
                "code": -1003,
                "msg": TOO_MUCH.format(6000, "1 MINUTE"),
                "data": {"serverTime": bench.now_ms, "retryAfter": bench.now_ms + 7_000},
            },
            "rateLimits": [
                {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000, "count": 3}
            ],
        }
    ]


def test_a_ban_begins_at_once_and_names_its_end() -> None:
    bench = FaultBench()
    bench.arm("ip-banned")
    answer = ping(bench)
    assert answer.refusal == (418, -1003, BANNED.format(bench.now_ms + 120_000))
    assert answer.headers["retry-after"] == "120"
    assert ping(bench, ELSEWHERE).status == 418
    bench.advance(2 * MINUTE)
    assert ping(bench).status == 200


def test_a_ban_grows_step_by_step_for_a_client_that_keeps_sending() -> None:
    bench = FaultBench()
    bench.arm("ip-banned", strikes_to_grow=2)
    waits = [int(ping(bench).headers["retry-after"]) * SECOND for _ in range(11)]
    steps = [2 * MINUTE, 10 * MINUTE, HOUR, DAY, 3 * DAY]
    assert waits == [step for step in steps for _ in range(2)] + [3 * DAY]
    assert bench.now_ms * MILLISECOND + 3 * DAY > bench.clock.now_ns()


def test_a_ban_may_come_after_so_many_refusals_and_last_as_long_as_one_likes() -> None:
    bench = FaultBench()
    bench.arm("ip-banned", strikes_to_ban=2, retry_after="60s")
    answers = [ping(bench) for _ in range(3)]
    assert [(answer.status, answer.headers["retry-after"]) for answer in answers] == [
        (429, "60"),
        (429, "60"),
        (418, "60"),
    ]


@pytest.mark.parametrize("closes", [True, False])
def test_a_ban_closes_the_order_sockets_of_the_address_and_no_others(closes: bool) -> None:
    bench = FaultBench()
    mine, theirs, market = bench.stream("/ws-api/v3"), bench.stream("/ws-api/v3", ELSEWHERE), bench.stream("/ws")
    bench.arm("ip-banned", close_ws=closes, match={"source_ip": "127.0.0.1"})
    mine.say({"id": 1, "method": "ping"})
    bench.advance(0)
    (refusal,) = mine.messages()
    assert (refusal["status"], refusal["error"]["data"]["retryAfter"]) == (418, bench.now_ms + 120_000)
    assert mine.close_code == (1008 if closes else None)
    assert (theirs.texts(), theirs.close_code, market.texts(), market.close_code) == ([], None, [], None)


def test_a_banned_address_may_not_connect_either() -> None:
    bench = FaultBench()
    bench.arm("ip-banned")
    refusal = bench.stream("/ws-api/v3").refusal
    assert refusal is not None
    assert refusal.refusal == (418, -1003, BANNED.format(bench.now_ms + 120_000))


def test_the_firewall_answers_with_a_page_and_every_request_begins_the_penalty_anew() -> None:
    bench = FaultBench()
    bench.arm("http-waf-403-html", penalty="5m")
    answer = bench.ask(bench.order(bench.alice))
    assert (answer.status, answer.headers["content-type"]) == (403, "text/html")
    assert b"Request blocked." in answer.body
    assert set(answer.headers) == {"content-type", "content-length"}
    bench.advance(4 * MINUTE)
    assert ping(bench).status == 403
    bench.advance(4 * MINUTE)
    assert ping(bench).status == 403
    bench.advance(5 * MINUTE)
    assert ping(bench).status == 200
    assert bench.open_orders(bench.alice) == []


def test_the_firewalls_page_and_its_wait_may_be_chosen() -> None:
    bench = FaultBench()
    bench.arm("http-waf-403-html", template="cloudflare", retry_after="30s", status=429)
    answer = ping(bench)
    assert (answer.status, answer.headers["retry-after"]) == (429, "30")
    assert b"Cloudflare Ray ID" in answer.body


@pytest.mark.parametrize("effect", ["apply", "discard"])
def test_an_overload_may_look_like_a_rate_limit_whatever_became_of_the_order(effect: str) -> None:
    bench = FaultBench()
    bench.arm("overload-disguised-as-429", effect=effect, when={"count": 1})
    answer = bench.ask(bench.order(bench.alice, newClientOrderId="mine"))
    text = "Server is currently overloaded with other requests. Please try again in a few minutes."
    assert answer.refusal == (429, -1008, text)
    assert bench.open_orders(bench.alice) == (["mine"] if effect == "apply" else [])


def rule_of(kind: str) -> dict[str, str]:
    return {"effect": "discard"} if kind == "overload-disguised-as-429" else {}


@pytest.mark.parametrize(
    "kind",
    ["rate-limited", "rate-limit-429-no-retry-after", "ip-banned", "http-waf-403-html", "overload-disguised-as-429"],
)
def test_nothing_is_left_once_the_rule_is_gone_and_other_accounts_never_noticed(kind: str) -> None:
    answers = []
    for armed in (False, True):
        bench = FaultBench()
        seen = []
        if armed:
            rule = bench.arm(kind, match={"account": "alice"}, **rule_of(kind))
            assert bench.ask(bench.order(bench.alice), bench.wire(ELSEWHERE)).status >= 400
            seen.append(bench.ask(bench.order(bench.bob, newClientOrderId="b1")).raw)
            bench.plan.remove(rule.id)
        else:
            seen.append(bench.ask(bench.order(bench.bob, newClientOrderId="b1")).raw)
        seen.append(ping(bench, "127.0.0.3").raw)
        seen.append(bench.ask(bench.request(bench.alice, "GET", "/api/v3/account"), bench.wire("127.0.0.3")).raw)
        answers.append(seen)
    assert answers[0] == answers[1]
