import pytest

from run_bench import RunBench
from simexchange.domain.commands import CreateKey, RevokeKey
from simexchange.domain.enums import KeyKind, Permission
from simexchange.domain.secret import Secret

LOOKS = {
    "order_query": ("alice", "/api/v3/order", {"symbol": "BTCUSDT", "orderId": "1"}),
    "order_query_by_client_id": ("alice", "/api/v3/order", {"symbol": "BTCUSDT", "origClientOrderId": "a1"}),
    "open_orders_query": ("alice", "/api/v3/openOrders", {}),
    "account_query": ("alice", "/api/v3/account", {}),
    "rules_query": ("", "/api/v3/exchangeInfo", {}),
    "time_query": ("", "/api/v3/time", {}),
    "book_snapshot": ("", "/api/v3/depth", {"symbol": "BTCUSDT"}),
}


def look(bench: RunBench, sign: str) -> bytes:
    name, path, params = LOOKS[sign]
    return bench.ask_as(name, "GET", path, **params) if name else bench.get(path, **params)


def waiting(*signs: str) -> RunBench:
    """Something has happened that alice is to follow with a look."""
    expectations = [f"{{within: 10s, after: order_accepted, see: {sign}, account: alice}}" for sign in signs]
    bench = RunBench.expecting(*expectations)
    bench.place("a1")
    bench.pass_time(1)
    return bench


@pytest.mark.parametrize("sign", LOOKS)
def test_a_look_is_seen_and_no_other_is_taken_for_it(sign: str) -> None:
    bench = waiting(*LOOKS)
    assert b" 200 " in look(bench, sign)
    seen = {name for name, verdict in zip(LOOKS, bench.verdicts, strict=True) if verdict.state.value == "passed"}
    expected = {sign} | ({"order_query"} if sign == "order_query_by_client_id" else set())
    assert seen == expected


@pytest.mark.parametrize("sign", LOOKS)
def test_a_look_that_is_refused_shows_nothing(sign: str) -> None:
    bench = waiting(sign)
    bench.arm("rate-limited", when={"count": 1})
    assert b" 429 " in look(bench, sign)
    bench.pass_time(10)
    assert bench.end() == ["failed"]


def test_a_look_over_the_websocket_api_is_one() -> None:
    bench = waiting("time_query", "book_snapshot")
    socket = bench.stream("/ws-api/v3")
    socket.say({"id": 1, "method": "time"})
    socket.say({"id": 2, "method": "depth", "params": {"symbol": "BTCUSDT"}})
    assert [message["status"] for message in socket.messages()] == [200, 200]
    assert bench.end() == ["passed", "passed"]


def test_a_look_of_somebody_else_is_not_alices() -> None:
    bench = waiting("open_orders_query")
    bench.ask_as("bob", "GET", "/api/v3/openOrders")
    bench.pass_time(10)
    assert bench.end() == ["failed"]


def test_any_call_to_withdraw_or_transfer_is_seen_even_one_that_the_venue_does_not_have() -> None:
    for path in ("/sapi/v1/capital/withdraw/apply", "/sapi/v1/asset/transfer"):
        bench = RunBench.expecting("{never: withdraw_request, account: alice}")
        bench.ask_as("alice", "GET", "/api/v3/account")
        assert bench.states[0].value == "pending"
        bench.ask_as("alice", "POST", path, coin="BTC", amount="1")
        assert bench.end() == ["failed"]


REFUSALS = ("timestamp_rejected", "signature_rejected", "permission_rejected")


def refusals() -> RunBench:
    return RunBench.expecting(*(f"{{never: {sign}, account: alice}}" for sign in REFUSALS))


def test_a_refusal_is_seen_for_what_it_says() -> None:
    bench = refusals()
    bench.ask_as("alice", "GET", "/api/v3/account", timestamp=bench.now_ms - 60_000)
    assert bench.end() == ["failed", "passed", "passed"]
    bench = refusals()
    text = f"timestamp={bench.now_ms}&signature={'0' * 64}"
    bench.say(bench.raw("GET", f"/api/v3/account?{text}", bench.alice.api_key))
    assert bench.end() == ["passed", "failed", "passed"]
    bench = refusals()
    bench.ask_as("alice", "POST", "/sapi/v1/capital/withdraw/apply", coin="BTC", address="x", amount="1")
    assert bench.end() == ["passed", "passed", "failed"]


def test_what_a_fault_has_the_venue_say_is_held_against_nobody() -> None:
    bench = refusals()
    bench.arm("signature-rejected-sporadic", when={"count": 1})
    assert b"-1022" in bench.ask_as("alice", "GET", "/api/v3/account")
    assert bench.end() == ["passed", "passed", "passed"]


def replaced() -> RunBench:
    """Alice has a new key, and her old one is dead."""
    bench = RunBench.expecting("{never: dead_key_used, account: alice}", "{never: new_key_used, account: alice}")
    key = CreateKey(bench.alice.account_id, "n" * 64, KeyKind.HMAC, Secret("new"), (Permission.READ, Permission.TRADE))
    bench.door.submit(key)
    bench.door.submit(RevokeKey(bench.alice.api_key))
    return bench


def test_a_dead_key_is_seen() -> None:
    bench = replaced()
    bench.ask_as("alice", "GET", "/api/v3/account")
    assert bench.end() == ["failed", "passed"]


def test_the_key_that_replaced_another_is_seen() -> None:
    bench = replaced()
    bench.alice.api_key, bench.alice.signer.secret = "n" * 64, "new"
    bench.ask_as("alice", "GET", "/api/v3/account")
    assert bench.end() == ["passed", "failed"]


def test_a_key_of_before_that_lives_is_neither() -> None:
    bench = RunBench.expecting("{never: dead_key_used}", "{never: new_key_used}")
    bench.ask_as("alice", "GET", "/api/v3/account")
    assert bench.end() == ["passed", "passed"]


def leaking(path: str = "/api/v3/account", **params: str) -> list[str]:
    bench = RunBench.expecting("{never: secret_leaked, account: alice}")
    bench.ask_as("alice", "GET", path, **params)
    states = bench.end()
    assert "secret-of-alice" not in str(bench.verdicts)
    assert bench.alice.api_key not in str(bench.verdicts)
    return states


def test_a_secret_anywhere_in_a_request_is_seen() -> None:
    assert leaking(note="secret-of-alice") == ["failed"]
    assert leaking("/api/v3/order", symbol="BTCUSDT", origClientOrderId="secret-of-alice") == ["failed"]


def test_a_key_in_an_address_is_seen_and_one_in_its_header_is_not() -> None:
    assert leaking(apiKey="alice".ljust(64, "0")) == ["failed"]
    assert leaking() == ["passed"]
