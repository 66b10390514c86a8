import pytest

from fault_bench import FaultBench
from simexchange.services.clock import SECOND

POST_ORDER = {"match": {"venue": "binance", "account": "alice", "endpoint": "POST /api/v3/order"}}


@pytest.mark.parametrize("effect", ["apply", "discard"])
@pytest.mark.parametrize(("sees", "end"), [("fin", "closed"), ("rst", "reset"), ("timeout", None)])
def test_a_lost_answer_leaves_no_byte_and_the_effect_it_says(effect: str, sees: str, end: str | None) -> None:
    bench = FaultBench()
    bench.arm("response-lost", **POST_ORDER, effect=effect, client_sees=sees, when={"count": 1})
    wire = bench.wire()
    wire.feed(bench.order(bench.alice, newClientOrderId="mine"))
    assert (wire.take(), wire.end) == (b"", end)
    assert bench.open_orders(bench.alice) == (["mine"] if effect == "apply" else [])
    (fired,) = bench.fired
    assert (fired.kind, fired.ordinal, fired.effect, fired.client_order_id) == ("response-lost", 1, effect, "mine")


def test_a_lost_request_never_reaches_the_engine_and_the_limits_count_it_like_any_other() -> None:
    counts = []
    for kind in ("response-lost", "request-lost"):
        bench = FaultBench()
        bench.arm(kind, when={"count": 1})
        wire = bench.wire()
        wire.feed(bench.order(bench.alice))
        assert (wire.take(), wire.end) == (b"", "closed")
        counts.append((len(bench.open_orders(bench.alice)), dict(bench.dialect.limits.raw.counts)))
    assert counts == [(1, {"127.0.0.1": 1}), (0, {"127.0.0.1": 1})]


@pytest.mark.parametrize("effect", ["apply", "discard"])
@pytest.mark.parametrize(("sees", "end"), [("fin", "closed"), ("rst", "reset"), ("timeout", None)])
def test_a_lost_answer_to_a_cancel_leaves_no_byte_and_the_order_as_the_effect_says(
    effect: str, sees: str, end: str | None
) -> None:
    bench = FaultBench()
    bench.arm("cancel-ack-lost", effect=effect, client_sees=sees, when={"count": 1})
    assert bench.ask(bench.order(bench.alice, newClientOrderId="mine")).status == 200
    wire = bench.wire()
    wire.feed(bench.request(bench.alice, "DELETE", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="mine"))
    assert (wire.take(), wire.end) == (b"", end)
    assert bench.open_orders(bench.alice) == ([] if effect == "apply" else ["mine"])
    (fired,) = bench.fired
    assert (fired.kind, fired.ordinal, fired.effect, fired.endpoint) == (
        "cancel-ack-lost",
        1,
        effect,
        "DELETE /api/v3/order",
    )


def test_the_client_may_wait_for_what_never_comes() -> None:
    bench = FaultBench()
    bench.arm("response-lost", client_sees="rst", after="3s")
    wire = bench.wire()
    wire.feed(bench.order(bench.alice))
    ends = []
    for step in (3 * SECOND - 1, 1):
        bench.advance(step)
        ends.append(wire.end)
    assert ends == [None, "reset"]
    assert len(bench.open_orders(bench.alice)) == 1


def test_reads_are_answered_while_commands_are_lost() -> None:
    bench = FaultBench()
    bench.arm("response-lost")
    assert bench.ask(bench.request(bench.alice, "GET", "/api/v3/openOrders")).json == []
    assert not bench.fired


def test_other_accounts_get_the_same_bytes_as_without_the_rule() -> None:
    answers = []
    for armed in (False, True):
        bench = FaultBench()
        if armed:
            bench.arm("response-lost", **POST_ORDER)
        answers.append(bench.ask(bench.order(bench.bob, newClientOrderId="b1")).raw)
    assert answers[0] == answers[1]


def test_an_order_over_the_websocket_api_is_lost_the_same_way() -> None:
    bench = FaultBench()
    bench.arm("response-lost", match={"endpoint": "POST /api/v3/order"}, when={"count": 1}, client_sees="timeout")
    socket = bench.stream("/ws-api/v3")
    params: dict[str, object] = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "0.1",
    }
    params |= {"price": "60000", "newClientOrderId": "w1", "apiKey": bench.alice.api_key, "timestamp": bench.now_ms}
    text = "&".join(f"{name}={params[name]}" for name in sorted(params))
    signed = params | {"signature": bench.alice.signer.sign(text)}
    socket.say({"id": 1, "method": "order.place", "params": signed})
    assert socket.messages() == []
    assert bench.open_orders(bench.alice) == ["w1"]
    socket.say({"id": 2, "method": "ping"})
    assert [message["id"] for message in socket.messages()] == [2]
