"""Which requests reach an endpoint, and that whatever comes is answered: never an exception, never a secret."""

import json
import logging
import re
from typing import Final
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialects.binance.rest_bench import ORDER, PEER, Answer, Bench
from simexchange.dialects.base import Request
from simexchange.dialects.binance.operations import OPERATIONS
from simexchange.dialects.binance.settings import LIMITS_OFF, BinanceSettings

ROUTES: Final = [tuple(operation.rest.split(" ")) for operation in OPERATIONS if operation.rest is not None]
NOT_FOUND: Final = b"<html><body><h2>404 Not found</h2></body></html>"


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v3/nothing"),
        ("GET", "/api/v1/ping"),
        ("GET", "/api/v3/ping/"),
        ("GET", "/API/v3/ping"),
        ("POST", "/api/v3/ping"),
        ("HEAD", "/api/v3/ping"),
        ("get", "/api/v3/ping"),
        ("PATCH", "/api/v3/order"),
        ("GET", "/"),
        ("GET", ""),
        ("GET", "/sapi/v1/nothing"),
    ],
)
def test_what_is_not_served_is_not_found(bench: Bench, method: str, path: str) -> None:
    assert (bench.send(method, path).status, bench.send(method, path).bytes) == (404, b"")
    answer = bench.send(method, path, accept="text/html,*/*")
    assert (answer.status, answer.bytes, answer.content_type) == (404, NOT_FOUND, b"text/html")
    assert bench.dialect.unknown_endpoints == {(method, path): 3}


def test_the_wrong_method_on_sapi_is_named(bench: Bench) -> None:
    answer = bench.send("POST", "/sapi/v1/system/status")
    assert answer.refusal == (405, -1000, "Request method 'POST' not supported")


def test_the_count_of_unknown_endpoints_is_bounded(bench: Bench) -> None:
    for number in range(1_100):
        bench.send("GET", f"/{number}")
    bench.send("GET", "/0")
    assert len(bench.dialect.unknown_endpoints) == 1_000
    assert bench.dialect.unknown_endpoints["GET", "/0"] == 2


def test_the_unknown_is_free_and_carries_no_weight(bench: Bench) -> None:
    assert bench.send("GET", "/api/v3/nothing").headers == {}
    assert bench.get("/api/v3/ping").headers["x-mbx-used-weight"] == "1"


SOR_ORDER: Final = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": "0.1"}


@pytest.mark.parametrize("path", ["/api/v3/sor/order", "/api/v3/sor/order/test"])
def test_smart_order_routing_is_answered_as_on_a_symbol_without_it(bench: Bench, path: str) -> None:
    assert bench.alice.ask("POST", path, **SOR_ORDER).refusal == (400, -1013, "This symbol has no SOR.")
    assert bench.alice.ask("POST", path, **(SOR_ORDER | {"symbol": "NOPE"})).refusal[1] == -1121
    assert bench.alice.ask("POST", path, **(SOR_ORDER | {"type": "STOP_LOSS"})).refusal[1] == -1116


def test_what_no_symbol_has_is_signed_all_the_same(bench: Bench) -> None:
    path = "/api/v3/sor/order"
    assert bench.send("POST", path, urlencode(SOR_ORDER)).refusal[1] == -1102
    assert bench.send("POST", path, urlencode(SOR_ORDER) + "&timestamp=1&signature=x").refusal[1] == -2014


def is_an_answer_of_the_venue(answer: Answer) -> bool:
    if answer.status == 404:
        return answer.bytes in (b"", NOT_FOUND)
    if answer.status == 200:
        return isinstance(answer.body, dict | list)
    body = answer.body
    known = {400, 401, 405, 409, 418, 429}
    keys = ["code", "msg", "data"] if body["code"] in (-2021, -2022) else ["code", "msg"]
    return answer.status in known and list(body) == keys and body["code"] < 0 and "{" not in body["msg"][:20]


TEXT = st.one_of(st.text(max_size=30), st.from_regex(r"[a-zA-Z0-9=&%+\[\]\",.]*", fullmatch=True))
NAMES = sorted({param.name for operation in OPERATIONS for param in operation.params} | {"timestamp", "signature"})
VALUES = st.one_of(
    TEXT,
    st.integers(min_value=-(10**22), max_value=10**22).map(str),
    st.sampled_from(["BTCUSDT", '["BTCUSDT"]', "BUY", "LIMIT", "MARKET", "1m", "true", "GTC", "0.1", "1e5", "NaN"]),
)
PAIRS = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=8)
FUZZ = settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FUZZ
@given(
    route=st.one_of(st.sampled_from(ROUTES), st.tuples(TEXT, TEXT)),
    query=TEXT,
    body=st.binary(max_size=60),
    headers=st.dictionaries(
        st.sampled_from([b"x-mbx-apikey", b"x-mbx-time-unit", b"accept", b"content-type"]), st.binary(max_size=70)
    ),
    peer=st.one_of(st.just(PEER), st.text(max_size=20)),
)
def test_any_bytes_on_any_route_are_answered_as_the_venue_would(
    shared_bench: Bench,
    route: tuple[str, str],
    query: str,
    body: bytes,
    headers: dict[bytes, bytes],
    peer: str,
) -> None:
    request = Request(route[0], route[1], query, headers, body, peer)
    assert is_an_answer_of_the_venue(Answer(shared_bench.dialect.handle(request)))


@FUZZ
@given(route=st.sampled_from(ROUTES), pairs=PAIRS)
def test_any_values_of_known_parameters_are_answered_even_when_signed(
    shared_bench: Bench, route: tuple[str, str], pairs: list[tuple[str, str]]
) -> None:
    params = dict(pairs)
    params.pop("signature", None)
    params.pop("timestamp", None)
    assert is_an_answer_of_the_venue(shared_bench.alice.ask(route[0], route[1], **params))
    query = "&".join(f"{name}={value}" for name, value in pairs)
    assert is_an_answer_of_the_venue(shared_bench.alice.send(route[0], route[1], query))


@pytest.fixture(scope="module")
def shared_bench() -> Bench:
    return Bench(BinanceSettings(LIMITS_OFF))


def test_fuzzed_orders_leave_the_books_balanced(shared_bench: Bench) -> None:
    assert set(shared_bench.door.venue.views.trial_balance().values()) == {0}


def test_no_secret_is_in_any_reply_repr_or_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    canary = "canary-7f3a" * 4
    bench = Bench()
    client = bench.open_key("canary", bench.alice.account_id, secret=canary)
    texts = [client.ask(method, path, **ORDER).bytes.decode() for method, path in ROUTES]
    texts += [
        client.send(method, path, f"timestamp={canary}&signature={canary[::-1]}").bytes.decode()
        for method, path in ROUTES
    ]
    key = bench.door.venue.keys[client.api_key]
    things = (key, bench.dialect, bench.dialect.keyring, vars(bench.dialect.keyring), *bench.world.journal)
    texts += [repr(thing) for thing in things] + [json.dumps(repr(client.order()))]
    texts += [record.getMessage() for record in caplog.records]
    digests = list(bench.dialect.keyring._verifiers.values())
    texts += [repr(digest) for digest in digests]
    assert digests
    assert not [text for text in texts if re.search("canary-7f3a", text)]
