from copy import copy
from typing import Any

import pytest

from dialects.binance.rest_bench import Client
from fault_bench import HttpAnswer
from order_fault_bench import OrderFaultBench
from simexchange.domain.commands import ChangeKey, RevokeKey
from simexchange.domain.enums import Permission
from simexchange.services.clock import SECOND
from simexchange.venue.keys import ApiKey

ALICE = {"match": {"account": "alice"}}
DENIED = (401, -2015, "Invalid API-key, IP, or permissions for action.")


def key_of(bench: OrderFaultBench, client: Client | None = None) -> ApiKey:
    return bench.door.venue.keys[(client or bench.alice).api_key]


def account(bench: OrderFaultBench, client: Client | None = None) -> HttpAnswer:
    answer: HttpAnswer = bench.get("/api/v3/account", client)
    return answer


@pytest.mark.parametrize("kind", ["key-revoked", "key-revoked-midrun", "key-expired", "key-ip-not-allowlisted"])
def test_a_key_that_is_gone_gets_the_same_no_to_everything_and_works_again_afterwards(kind: str) -> None:
    bench, plain = OrderFaultBench(), OrderFaultBench()
    for one in (bench, plain):
        one.place()
    before = copy(key_of(bench))
    rule = bench.arm(kind, **ALICE)
    assert account(bench).refusal == bench.place(newClientOrderId="a2").refusal == bench.cancel().refusal == DENIED
    assert bench.open_orders(bench.alice) == ["a1"]
    assert account(bench, bench.bob).body == account(plain, plain.bob).body
    assert [(fired.kind, fired.venue, fired.account) for fired in bench.fired] == [(rule.spec.kind, "binance", "alice")]
    bench.plan.remove(rule.id)
    assert key_of(bench) == before
    assert bench.cancel().json["status"] == "CANCELED"


def test_a_rule_without_an_account_is_about_every_owner_and_none_of_the_house() -> None:
    bench = OrderFaultBench()
    bench.arm("key-revoked")
    assert account(bench).refusal == account(bench, bench.bob).refusal == DENIED
    assert [fired.account for fired in bench.fired] == ["alice", "bob"]


def test_a_rule_may_name_one_key_of_several() -> None:
    bench = OrderFaultBench()
    other = bench.open_key("second", bench.alice.account_id)
    bench.arm("key-revoked", match={"key": other.api_key})
    assert account(bench, other).refusal == DENIED
    assert account(bench).status == account(bench, bench.bob).status == 200
    assert [fired.account for fired in bench.fired] == ["alice"]


def test_a_key_that_was_dead_before_stays_dead() -> None:
    bench = OrderFaultBench()
    bench.door.submit(RevokeKey(bench.alice.api_key))
    bench.plan.remove(bench.arm("key-revoked").id)
    assert account(bench).refusal == DENIED


def test_an_expiry_that_lay_ahead_is_put_back() -> None:
    bench = OrderFaultBench()
    ends_ns = bench.clock.now_ns() + 60 * SECOND
    bench.door.submit(ChangeKey(bench.alice.api_key, expires_ns=ends_ns))
    rule = bench.arm("key-expired", **ALICE)
    assert key_of(bench).expires_ns == bench.clock.now_ns()
    bench.plan.remove(rule.id)
    assert key_of(bench).expires_ns == ends_ns


@pytest.mark.parametrize(
    ("which", "reads", "trades"), [("trade", 200, 401), ("read", 401, 200), ("withdraw", 200, 200)]
)
def test_a_key_loses_one_permission_and_keeps_the_others(which: str, reads: int, trades: int) -> None:
    bench = OrderFaultBench()
    rule = bench.arm("permission-lost", **ALICE, which=which)
    assert (account(bench).status, bench.place().status) == (reads, trades)
    bench.plan.remove(rule.id)
    assert key_of(bench).permissions == (Permission.READ, Permission.TRADE)


def test_a_key_works_from_the_addresses_the_rule_names_alone() -> None:
    bench = OrderFaultBench()
    bench.arm("key-ip-not-allowlisted", **ALICE, allow=["10.0.0.0/8", "192.0.2.1"])
    data = bench.request(bench.alice, "GET", "/api/v3/account")
    seen = [
        bench.ask(data, bench.wire(source)).status for source in ("127.0.0.1", "10.1.2.3", "192.0.2.1", "192.0.2.2")
    ]
    assert seen == [401, 200, 200, 401]


def logged_on(bench: OrderFaultBench) -> Any:
    """A WebSocket API connection that hears of alice."""
    socket = bench.stream("/ws-api/v3")
    params = {"apiKey": bench.alice.api_key, "timestamp": bench.now_ms}
    text = "&".join(f"{name}={params[name]}" for name in sorted(params))
    signed = params | {"signature": bench.alice.signer.sign(text)}
    socket.say({"id": 1, "method": "userDataStream.subscribe.signature", "params": signed})
    assert socket.messages()[0]["status"] == 200
    return socket


def test_sockets_stay_open_or_end_with_the_key() -> None:
    bench = OrderFaultBench()
    socket, others = logged_on(bench), bench.listen(bench.bob)
    bench.plan.remove(bench.arm("key-revoked", **ALICE).id)
    assert (socket.messages(), socket.end) == ([], None)
    bench.arm("key-revoked", **ALICE, close_ws=True)
    assert [message["event"]["e"] for message in socket.messages()] == ["eventStreamTerminated"]
    assert (socket.close_code, others.messages(), others.end) == (1008, [], None)
    bench.told()
    assert bench.hears_alice.close_code == 1008


def test_a_window_and_a_ttl_bring_the_key_back() -> None:
    bench = OrderFaultBench()
    bench.arm("key-revoked", **ALICE, when={"window": ["1s", "2s"]})
    bench.arm("key-expired", match={"account": "bob"}, ttl="1s")
    seen = []
    for _ in range(3):
        seen.append((account(bench).status, account(bench, bench.bob).status))
        bench.advance(SECOND)
    assert seen == [(200, 401), (401, 200), (200, 200)]


def test_an_account_that_does_not_exist_is_refused_with_the_nearest_name() -> None:
    bench = OrderFaultBench()
    with pytest.raises(ValueError, match="there is no account 'alcie'; did you mean 'alice'"):
        bench.arm("key-revoked", match={"account": "alcie"})
    assert not bench.plan.rules
