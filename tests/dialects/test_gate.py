"""What the gate makes of verdicts, with kinds of fault made for these tests alone, over real wire protocols."""

import json
from typing import Any, NoReturn

import pytest
from msgspec.structs import replace

from fault_bench import FaultBench, HttpAnswer
from simexchange.dialects.base import Request
from simexchange.dialects.errands import KEPT_BODY
from simexchange.domain.commands import Command, Deposit, PlaceOrder
from simexchange.domain.events import Batch
from simexchange.services.anatomy import Role
from simexchange.services.clock import SECOND
from simexchange.services.faults.facts import Call, Purpose
from simexchange.services.faults.fault import Fault, Params
from simexchange.services.faults.kinds import BOTH, Kind
from simexchange.services.faults.verdicts import Breakage, Delivery, Trouble, TroubleKind, Verdict
from simexchange.services.journal import RequestEntry

VERDICT: dict[str, Verdict] = {}


class Told(Fault[Params]):
    """Does what the test says."""

    state_role = Role.STATE

    def on_call(self, call: Call) -> Verdict:
        verdict = VERDICT["now"]
        if self.armed.spec.effect is None:
            return verdict
        return Verdict(
            verdict.trouble,
            self.armed.spec.effect,
            verdict.delivery,
            verdict.hold_before_ns,
            verdict.hold_after_ns,
            verdict.before,
            verdict.after,
            verdict.edit,
            at_engine=verdict.at_engine,
        )


def bench_with(verdict: Verdict, **rule: Any) -> FaultBench:
    """alice's requests get this verdict."""
    VERDICT["now"] = verdict
    bench = FaultBench()
    for name, effects in (("told", ()), ("told-effect", BOTH)):
        bench.plan.catalogue.add(Kind(name, "test", "P0", "Does as told.", "Passes.", Params, Told, effects))
    bench.arm("told-effect" if "effect" in rule else "told", **({"match": {"account": "alice"}} | rule))
    bench.world.keep(bench.dialect)
    bench.world.snapshots.begin()
    return bench


def trouble(text: str = "no") -> Trouble:
    return Trouble(TroubleKind.CUSTOM, status=400, code=-9, message=text)


def test_a_trouble_without_effect_keeps_the_request_from_the_dialect() -> None:
    bench = bench_with(Verdict(trouble=trouble()))
    answer = bench.ask(bench.order(bench.alice))
    assert answer.refusal == (400, -9, "no")
    assert bench.open_orders(bench.alice) == []


@pytest.mark.parametrize(("effect", "orders"), [("apply", ["a"]), ("discard", [])])
def test_a_trouble_with_effect_sounds_the_same_whatever_the_engine_knows(effect: str, orders: list[str]) -> None:
    bench = bench_with(Verdict(trouble=trouble()), effect=effect)
    told = bench.ask(bench.order(bench.alice, newClientOrderId="a"))
    assert told.refusal == (400, -9, "no")
    assert bench.open_orders(bench.alice) == orders


def test_apply_and_discard_are_the_same_bytes() -> None:
    answers = []
    for effect in ("apply", "discard"):
        bench = bench_with(Verdict(trouble=trouble()), effect=effect)
        answers.append(bench.ask(bench.order(bench.alice, newClientOrderId="a")).raw)
    assert answers[0] == answers[1]


@pytest.mark.parametrize("how", [Breakage.TRUNCATE, Breakage.TWICE, Breakage.GARBLE])
def test_where_the_client_sees_some_truth_a_discarded_order_is_rehearsed_and_taken_back(how: Breakage) -> None:
    seen = []
    for effect in ("apply", "discard"):
        bench = bench_with(Verdict(delivery=Delivery(how, alter=bytes.upper)), effect=effect)
        wire = bench.wire()
        wire.feed(bench.order(bench.alice, newClientOrderId="a"))
        seen.append((wire.take(), wire.end))
        assert bench.open_orders(bench.alice) == (["a"] if effect == "apply" else [])
    assert seen[0] == seen[1]
    assert seen[0][0]


def test_nobody_else_hears_of_a_rehearsed_order() -> None:
    bench = bench_with(Verdict(delivery=Delivery(Breakage.TRUNCATE)), effect="discard")
    socket = bench.stream("/ws/btcusdt@depth@100ms")
    before = bench.door.venue.seq
    bench.wire().feed(bench.order(bench.alice))
    bench.advance(SECOND)
    assert (socket.texts(), bench.door.venue.seq) == ([], before)
    assert socket.end is None


def test_a_request_that_is_wrong_anyway_is_no_less_lost() -> None:
    bench = bench_with(Verdict(delivery=Delivery(Breakage.CLOSE)), effect="discard")
    wire = bench.wire()
    wire.feed(bench.raw("POST", "/api/v3/order?symbol=BTCUSDT", bench.alice.api_key))
    assert (wire.take(), wire.end) == (b"", "closed")


def test_a_held_request_is_looked_at_when_its_time_has_come_and_those_behind_it_wait_in_order() -> None:
    bench = bench_with(Verdict(hold_before_ns=2 * SECOND), when={"count": 1})
    wire = bench.wire()
    wire.feed(bench.order(bench.alice, newClientOrderId="a"))
    wire.feed(bench.raw("GET", "/api/v3/time"))
    assert (wire.take(), bench.open_orders(bench.alice)) == (b"", [])
    bench.advance(2 * SECOND)
    written = wire.take()
    first = HttpAnswer(written)
    size = int(first.headers["content-length"])
    assert json.loads(first.body[:size])["clientOrderId"] == "a"
    assert json.loads(HttpAnswer(first.body[size:]).body) == {"serverTime": bench.now_ms}


def test_a_held_answer_comes_late_while_the_order_rests_already() -> None:
    bench = bench_with(Verdict(hold_after_ns=3 * SECOND), effect="apply")
    wire = bench.wire()
    wire.feed(bench.order(bench.alice, newClientOrderId="a"))
    assert (wire.take(), bench.open_orders(bench.alice)) == (b"", ["a"])
    bench.advance(3 * SECOND)
    assert HttpAnswer(wire.take()).json["clientOrderId"] == "a"


def test_a_client_that_left_hears_nothing_and_breaks_nothing() -> None:
    bench = bench_with(Verdict(hold_after_ns=3 * SECOND), effect="apply")
    wire = bench.wire()
    wire.feed(bench.order(bench.alice, newClientOrderId="a"))
    wire.hang_up()
    bench.advance(3 * SECOND)
    assert (wire.take(), bench.open_orders(bench.alice)) == (b"", ["a"])


def test_what_is_held_when_the_world_goes_back_is_never_answered() -> None:
    bench = bench_with(Verdict(hold_after_ns=3 * SECOND), effect="apply")
    bench.world.snapshots.before_turning_back.append(bench.gate.drop_held)
    wire = bench.wire()
    wire.feed(bench.order(bench.alice))
    bench.world.reset()
    bench.advance(10 * SECOND)
    assert (wire.take(), bench.open_orders(bench.alice)) == (b"", [])


def test_before_and_after_run_on_either_side_of_the_engine() -> None:
    seen: list[tuple[str, int]] = []

    def after(call: Call, batches: tuple[Batch, ...]) -> None:
        seen.append((type(batches[0].command).__name__, len(bench.open_orders(bench.alice))))

    verdict = Verdict(before=lambda call: seen.append(("before", len(bench.open_orders(bench.alice)))), after=after)
    bench = bench_with(verdict, effect="apply")
    assert bench.ask(bench.order(bench.alice)).status == 200
    assert seen == [("before", 0), ("PlaceOrder", 1)]


def test_an_edit_rewrites_the_body_and_its_length() -> None:
    bench = bench_with(Verdict(edit=lambda body: body + b" "), effect="apply")
    answer = bench.ask(bench.order(bench.alice))
    assert answer.body.endswith(b"} ")
    assert answer.is_whole


def test_an_edit_leaves_a_refusal_as_it_is() -> None:
    bench = bench_with(Verdict(edit=lambda _body: b"[]"))
    answer = bench.ask(bench.request(bench.alice, "GET", "/api/v3/order", symbol="BTCUSDT", orderId=1))
    assert answer.refusal == (400, -2013, "Order does not exist.")


def test_a_say_at_the_engine_comes_after_all_checks_of_the_dialect_and_may_submit_something_else_first() -> None:
    seen: list[str] = []

    def say(call: Call, command: Command) -> Command:
        seen.append(f"{call.names[0]} {type(command).__name__}")
        bench.door.submit(Deposit(bench.alice.account_id, "USDT", 1))
        return replace(command, client_order_id="other") if isinstance(command, PlaceOrder) else command

    bench = bench_with(Verdict(at_engine=say))
    wrong = bench.raw("POST", "/api/v3/order?symbol=BTCUSDT&signature=0&timestamp=1", bench.alice.api_key)
    assert bench.ask(wrong).status == 400
    assert seen == []
    assert bench.ask(bench.order(bench.alice, newClientOrderId="mine")).json["clientOrderId"] == "other"
    assert seen == ["POST /api/v3/order PlaceOrder"]
    assert bench.open_orders(bench.alice) == ["other"]
    bench.ask(bench.order(bench.bob))
    bench.door.submit(Deposit(bench.alice.account_id, "USDT", 1))
    assert len(seen) == 1, "what others ask of the engine is their own"


def test_two_says_at_the_engine_follow_one_another() -> None:
    def named(name: str) -> Verdict:
        return Verdict(at_engine=lambda _call, command: replace(command, client_order_id=f"{_name(command)}{name}"))

    bench = bench_with(named("1").joined(named("2")))
    assert bench.ask(bench.order(bench.alice, newClientOrderId="a")).json["clientOrderId"] == "a12"


def _name(command: Command) -> str:
    assert isinstance(command, PlaceOrder)
    return command.client_order_id


def test_a_refused_handshake_is_answered_in_http_and_counts_as_a_connection_attempt() -> None:
    verdict = Verdict(trouble=Trouble(TroubleKind.EDGE_ERROR, status=502))
    bench = bench_with(verdict, match={"endpoint": "CONNECT"})
    socket = bench.stream("/ws/btcusdt@trade")
    assert socket.refusal is not None
    assert (socket.refusal.status, socket.end) == (502, "closed")
    assert not bench.gate.sockets()


def test_a_handshake_may_be_held() -> None:
    bench = bench_with(Verdict(hold_before_ns=SECOND), match={"endpoint": "CONNECT"})
    socket = bench.stream("/ws/btcusdt@trade")
    assert not socket.is_accepted
    bench.advance(SECOND)
    socket.read_handshake()
    assert socket.is_accepted


def test_messages_of_a_socket_are_answered_in_order_even_if_one_is_held() -> None:
    bench = bench_with(Verdict(hold_before_ns=SECOND), match={"endpoint": "time"}, when={"count": 1})
    socket = bench.stream("/ws-api/v3")
    for number, method in enumerate(("time", "ping", "ping"), 1):
        socket.say({"id": number, "method": method})
    assert socket.messages() == []
    bench.advance(SECOND)
    assert [message["id"] for message in socket.messages()] == [1, 2, 3]


def test_the_venues_own_events_go_out_while_an_answer_is_held() -> None:
    bench = bench_with(Verdict(hold_after_ns=SECOND), effect="apply", match={"endpoint": "order.place"})
    socket = bench.stream("/ws-api/v3")

    def ask(number: int, method: str, **params: Any) -> None:
        params |= {"apiKey": bench.alice.api_key, "timestamp": bench.now_ms}
        text = "&".join(f"{name}={params[name]}" for name in sorted(params))
        socket.say({"id": number, "method": method, "params": params | {"signature": bench.alice.signer.sign(text)}})

    ask(1, "userDataStream.subscribe.signature")
    assert [message["id"] for message in socket.messages()] == [1]
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.1"}
    ask(2, "order.place", price="60000", **order)
    assert [message["event"]["e"] for message in socket.messages()] == ["executionReport", "outboundAccountPosition"]
    bench.advance(SECOND)
    assert [message["id"] for message in socket.messages()] == [2]


def test_the_journal_tells_the_request_its_answer_and_what_became_of_it() -> None:
    bench = bench_with(Verdict(hold_after_ns=SECOND, delivery=Delivery(Breakage.RESET)), effect="apply")
    bench.wire().feed(bench.order(bench.alice))
    bench.advance(SECOND)
    requests = [entry for entry in bench.world.journal.entries() if isinstance(entry, RequestEntry)]
    (entry,) = requests
    assert isinstance(entry.request, Request)
    assert (entry.request.path, entry.fate, entry.answered_ns - entry.ts_ns) == ("/api/v3/order", "reset", SECOND)
    assert entry.reply.status == 200
    assert bench.fired[0].request == entry.seq


def test_of_a_long_message_the_journal_keeps_the_beginning() -> None:
    bench = FaultBench()
    bench.stream("/ws-api/v3").frame(0x1, b'{"id":1,"method":"' + b"x" * 20_000 + b'"}')
    entry = bench.world.journal.requests[-1]
    assert (len(entry.request), entry.request_left_out) == (KEPT_BODY, 20_020 - KEPT_BODY)


def test_a_bug_in_the_dialect_is_a_plain_500_with_or_without_rules(caplog: pytest.LogCaptureFixture) -> None:
    bench = bench_with(Verdict(hold_after_ns=0), match={"account": "alice"})
    bench.dialect.handle = lambda request: 1 // 0  # type: ignore[method-assign, assignment, return-value]
    answers = [bench.ask(bench.order(client)) for client in (bench.alice, bench.bob)]
    bench.plan.clear()
    answers.append(bench.ask(bench.order(bench.bob)))
    assert [(answer.status, answer.body) for answer in answers] == [(500, b"Internal Server Error")] * 3
    assert caplog.text.count("POST /api/v3/order of binance failed") == 3
    assert bench.alice.api_key not in caplog.text
    assert "signature" not in caplog.text


def test_a_listen_key_is_in_no_log_of_a_bug(caplog: pytest.LogCaptureFixture) -> None:
    """It stands in the path of a stream, and whatever fails may quote it."""
    bench = FaultBench()
    canary = "Canary1" * 9

    def fail(request: Request) -> NoReturn:
        raise KeyError(request.path)

    bench.dialect.handle = fail  # type: ignore[method-assign]
    bench.dialect.open_stream = fail  # type: ignore[method-assign]
    assert bench.ask(bench.raw("GET", f"/ws/{canary}")).status == 500
    refusal = bench.stream(f"/ws/btcusdt@trade/{canary}").refusal
    assert refusal is not None
    assert refusal.status == 500
    assert "bug: GET /ws/*** of binance failed\nTraceback" in caplog.text
    assert "bug: binance could not open a stream at /ws/btcusdt@trade/***\nTraceback" in caplog.text
    assert caplog.text.count("KeyError: '/ws/") == 2
    assert "Canary" not in caplog.text


def test_the_facts_of_a_call_name_both_faces_and_whose_it_is() -> None:
    bench = FaultBench()
    text = bench.alice.signed_text(symbol="BTCUSDT", side="BUY", newClientOrderId="c1")
    headers = {b"x-mbx-apikey": bench.alice.api_key.encode()}
    call = bench.dialect.describe(Request("POST", "/api/v3/order", text, headers, b"", "10.0.0.1"))
    assert call.names == ("POST /api/v3/order", "order.place")
    assert (call.purpose, call.account, call.symbol, call.client_order_id) == (
        Purpose.PLACE,
        "alice",
        "BTC/USDT",
        "c1",
    )
    assert (call.source, call.key) == ("10.0.0.1", bench.alice.api_key)
