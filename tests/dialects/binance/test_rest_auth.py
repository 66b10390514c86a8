"""Who may ask: keys, permissions, addresses, times and signatures, each refused with the venue's code and status."""

import json
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from dialects.binance.rest_bench import START_MS, Bench
from simexchange.dialects.binance.auth import signed_payload
from simexchange.domain.commands import ChangeKey, CreateKey, RevokeKey
from simexchange.domain.enums import KeyKind, Permission
from simexchange.domain.secret import Secret
from simexchange.services.clock import MILLISECOND

VECTORS: Final[list[dict[str, str]]] = json.loads((Path(__file__).parent / "golden" / "signatures.json").read_text())
BAD_FORMAT: Final = (401, -2014, "API-key format invalid.")
BAD_KEY: Final = (401, -2015, "Invalid API-key, IP, or permissions for action.")
UNAUTHORIZED: Final = (401, -1002, "You are not authorized to execute this request.")
NOT_AUTHORIZED: Final = (401, -1002, "You are not authorized to execute this request.")
BAD_SIGNATURE: Final = (400, -1022, "Signature for this request is not valid.")
OUTSIDE: Final = (400, -1021, "Timestamp for this request is outside of the recvWindow.")
AHEAD: Final = (400, -1021, "Timestamp for this request was 1000ms ahead of the server's time.")
ACCOUNT: Final = "/api/v3/account"


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_a_published_signature_is_accepted_and_any_other_is_not(bench: Bench, vector: dict[str, str]) -> None:
    kind = KeyKind.HMAC if "secret" in vector else KeyKind.ED25519
    material = Secret(vector.get("secret") or vector["public_key"])
    bench.door.submit(CreateKey(bench.alice.account_id, "k" * 64, kind, material, (Permission.READ,)))
    keyring, key = bench.dialect.keyring, bench.door.venue.keys["k" * 64]
    payload = vector["payload"].encode()
    keyring.check_signature(key, payload, vector["signature"])
    for wrong_payload, signature in (
        (payload + b"0", vector["signature"]),
        (payload, vector["signature"][:-4] + "abcd"),
        (payload, ""),
        (payload, "é"),
        (payload, "0" * 64),
    ):
        with pytest.raises(Exception, match="Signature for this request is not valid"):
            keyring.check_signature(key, wrong_payload, signature)


@pytest.mark.parametrize("secret", ["short", "s" * 64, "s" * 65, "é" * 70])
def test_an_hmac_signature_is_accepted_whatever_the_length_of_the_secret(bench: Bench, secret: str) -> None:
    client = bench.open_key("long", bench.alice.account_id, secret=secret)
    assert client.ask("GET", ACCOUNT).status == 200


def test_an_hmac_signature_may_be_in_upper_case(bench: Bench) -> None:
    text, _, signature = bench.alice.signed_text().rpartition("=")
    assert bench.alice.send("GET", ACCOUNT, f"{text}={signature.upper()}").status == 200


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_a_private_key_signs_what_its_public_key_was_given_for(bench: Bench, kind: str) -> None:
    private = generate_private_key(65537, 2048) if kind == "rsa" else Ed25519PrivateKey.generate()
    client = bench.open_key(kind, bench.alice.account_id, secret=private)
    assert client.ask("GET", ACCOUNT).status == 200
    text = client.signed_text()
    assert client.send("GET", ACCOUNT, text.swapcase()).status != 200
    assert client.send("GET", ACCOUNT, "omitZeroBalances=true&" + text).refusal == BAD_SIGNATURE
    raw = f"timestamp={bench.now_ms}"
    assert (
        client.send("GET", ACCOUNT, f"{raw}&signature={quote(bench.alice.signer.sign(raw))}").refusal == BAD_SIGNATURE
    )


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("{all}&signature={signature}", ""),
        ("", "{all}&signature={signature}"),
        ("{first}", "{second}&signature={signature}"),
        ("{first}&signature={signature}", "{second}"),
        ("signature={signature}&{all}", ""),
        ("{first}", "signature={signature}&{second}"),
    ],
)
def test_query_and_body_are_signed_one_after_the_other_as_sent(bench: Bench, query: str, body: str) -> None:
    first = f"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.10&timestamp={bench.now_ms}"
    second = "price=60000.0&newClientOrderId=mine"
    split = "{all}" not in query + body
    together = first + second if split else f"{first}&{second}"
    values = {"first": first, "second": second, "all": together, "signature": bench.alice.signer.sign(together)}
    answer = bench.alice.send("POST", "/api/v3/order", query.format(**values), body.format(**values))
    assert (answer.status, answer.body.get("clientOrderId")) == (200, "mine")


def test_percent_encoded_text_is_signed_encoded_and_read_decoded(bench: Bench) -> None:
    text = f"symbol=%42TCUSDT&orderId=1&timestamp={bench.now_ms}"
    signed = f"{text}&signature={bench.alice.signer.sign(text)}"
    assert bench.alice.send("GET", "/api/v3/order", signed).refusal == (400, -2013, "Order does not exist.")


@pytest.mark.parametrize(
    ("query", "body", "payload"),
    [
        ("a=1&signature=x", "", b"a=1"),
        ("a=1&signature=x&b=2", "", b"a=1&b=2"),
        ("signature=x&b=2", "", b"b=2"),
        ("a=1", "b=2&signature=x", b"a=1b=2"),
        ("signature=x", "b=2", b"b=2"),
        ("a=1", "", b"a=1"),
        ("", "", b""),
        ("a=\xff\u20ac", "", b"a=\xff?"),
    ],
)
def test_the_signature_itself_is_not_part_of_what_is_signed(query: str, body: str, payload: bytes) -> None:
    assert signed_payload(query, body) == payload


def test_the_body_of_a_get_is_neither_read_nor_signed(bench: Bench) -> None:
    assert bench.alice.send("GET", ACCOUNT, bench.alice.signed_text(), body="x=1").status == 200


@pytest.mark.parametrize("api_key", [None, "", "short", "k" * 63, "k" * 65, "k" * 63 + "!", "\xe9" * 64])
def test_a_key_of_the_wrong_form_is_refused(bench: Bench, api_key: str | None) -> None:
    headers = {} if api_key is None else {"x-mbx-apikey": api_key}
    assert bench.send("GET", ACCOUNT, bench.alice.signed_text(), **headers).refusal == BAD_FORMAT


def test_an_unknown_key_is_refused(bench: Bench) -> None:
    assert bench.send("GET", ACCOUNT, bench.alice.signed_text(), **{"x-mbx-apikey": "k" * 64}).refusal == BAD_KEY


def test_another_accounts_secret_does_not_sign(bench: Bench) -> None:
    assert bench.alice.send("GET", ACCOUNT, bench.bob.signed_text()).refusal == BAD_SIGNATURE


def test_an_expired_key_is_refused_from_that_instant_on(bench: Bench) -> None:
    client = bench.open_key("brief", bench.alice.account_id, expires_ns=(START_MS + 10) * MILLISECOND)
    bench.advance(9)
    assert client.ask("GET", ACCOUNT).status == 200
    bench.advance(1)
    assert client.ask("GET", ACCOUNT).refusal == BAD_KEY


def test_a_revoked_key_is_refused_and_the_accounts_other_key_is_not(bench: Bench) -> None:
    other = bench.open_key("other", bench.alice.account_id)
    bench.door.submit(RevokeKey(bench.alice.api_key))
    assert bench.alice.ask("GET", ACCOUNT).refusal == BAD_KEY
    assert other.ask("GET", ACCOUNT).status == 200


@pytest.mark.parametrize(
    ("permissions", "method", "path", "allowed"),
    [
        ((Permission.READ,), "GET", ACCOUNT, True),
        ((Permission.READ,), "POST", "/api/v3/order/test", False),
        ((Permission.READ,), "POST", "/api/v3/order", False),
        ((Permission.READ,), "DELETE", "/api/v3/openOrders", False),
        ((Permission.TRADE,), "GET", ACCOUNT, False),
        ((Permission.TRADE,), "POST", "/api/v3/order", True),
        ((Permission.READ, Permission.TRADE), "POST", "/sapi/v1/capital/withdraw/apply", False),
        ((Permission.WITHDRAW,), "POST", "/sapi/v1/capital/withdraw/apply", True),
    ],
)
def test_a_key_does_what_its_permissions_allow(
    bench: Bench, permissions: tuple[Permission, ...], method: str, path: str, allowed: bool
) -> None:
    client = bench.open_key("key", bench.alice.account_id, permissions=permissions)
    params: dict[str, Any] = {}
    if "order" in path:
        params = {
            "symbol": "BTCUSDT",
            "side": "BUY",
            "type": "LIMIT",
            "timeInForce": "GTC",
            "quantity": "1",
            "price": "9",
        }
    elif "openOrders" in path:
        params = {"symbol": "BTCUSDT"}
    elif "withdraw" in path:
        params = {"coin": "BTC", "amount": "1", "address": "somewhere"}
    answer = client.ask(method, path, **params)
    if allowed:
        assert answer.status == 200
    else:
        assert answer.refusal == (UNAUTHORIZED if "withdraw" in path else BAD_KEY)


def test_a_withdrawal_from_elsewhere_is_refused_for_the_address_first(bench: Bench) -> None:
    client = bench.open_key("key", bench.alice.account_id, permissions=(Permission.READ,), ip_allow=("203.0.113.7",))
    text = client.signed_text(coin="BTC", amount="1", address="somewhere")
    path = "/sapi/v1/capital/withdraw/apply"
    assert client.send("POST", path, text).refusal == BAD_KEY
    assert client.send("POST", path, text, peer="203.0.113.7").refusal == UNAUTHORIZED


def test_a_permission_taken_away_is_gone_at_once(bench: Bench) -> None:
    bench.door.submit(ChangeKey(bench.alice.api_key, permissions=(Permission.READ,)))
    assert bench.alice.order().refusal == BAD_KEY


@pytest.mark.parametrize(
    ("ip_allow", "peer", "allowed"),
    [
        (("203.0.113.7",), "203.0.113.7", True),
        (("203.0.113.7",), "203.0.113.8", False),
        (("10.0.0.0/8", "203.0.113.0/24"), "203.0.113.200", True),
        (("203.0.113.7/24",), "203.0.113.200", True),
        (("2001:db8::/32",), "2001:db8::1", True),
        (("2001:db8::/32",), "203.0.113.7", False),
        (("203.0.113.7",), "not an address", False),
    ],
)
def test_only_listed_addresses_use_a_key_with_a_list(
    bench: Bench, ip_allow: tuple[str, ...], peer: str, allowed: bool
) -> None:
    client = bench.open_key("listed", bench.alice.account_id, ip_allow=ip_allow)
    answer = client.send("GET", ACCOUNT, client.signed_text(), peer=peer)
    if allowed:
        assert answer.status == 200
    else:
        assert answer.refusal == BAD_KEY


def test_a_forwarded_address_is_not_the_peers(bench: Bench) -> None:
    client = bench.open_key("listed", bench.alice.account_id, ip_allow=("203.0.113.7",))
    forwarded = {"x-forwarded-for": "203.0.113.7", "x-real-ip": "203.0.113.7", "forwarded": "for=203.0.113.7"}
    assert client.send("GET", ACCOUNT, client.signed_text(), **forwarded).refusal == BAD_KEY


def test_a_changed_address_list_counts_at_once(bench: Bench) -> None:
    client = bench.open_key("listed", bench.alice.account_id, ip_allow=("203.0.113.7",))
    bench.door.submit(ChangeKey(client.api_key, ip_allow=("127.0.0.0/8",)))
    assert client.ask("GET", ACCOUNT).status == 200


@pytest.mark.parametrize(
    ("offset", "params", "expected"),
    [
        (0, {}, None),
        (-5000, {}, None),
        (-5001, {}, OUTSIDE),
        (999, {}, None),
        (1000, {}, AHEAD),
        (-60000, {"recvWindow": "60000"}, None),
        (-60001, {"recvWindow": "60000"}, OUTSIDE),
        (-1, {"recvWindow": "1"}, None),
        (-2, {"recvWindow": "1.999"}, OUTSIDE),
        (-2, {"recvWindow": "2.000"}, None),
        (-1, {"recvWindow": "0"}, OUTSIDE),
        (-(10**12), {}, OUTSIDE),
    ],
)
def test_a_request_is_good_from_a_second_ahead_until_its_window_ends(
    bench: Bench, offset: int, params: dict[str, Any], expected: tuple[int, int, str] | None
) -> None:
    answer = bench.alice.ask("GET", ACCOUNT, timestamp=bench.now_ms + offset, **params)
    if expected is None:
        assert answer.status == 200
    else:
        assert answer.refusal == expected


@pytest.mark.parametrize(("offset_us", "ok"), [(0, True), (999_999, True), (1_000_000, False), (-5_000_001, False)])
def test_a_timestamp_may_be_in_microseconds(bench: Bench, offset_us: int, ok: bool) -> None:
    answer = bench.alice.ask("GET", ACCOUNT, timestamp=bench.now_ms * 1000 + offset_us)
    assert (answer.status == 200) is ok


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"timestamp": None}, (-1102, "Mandatory parameter 'timestamp' was not sent, was empty/null, or malformed.")),
        ({"timestamp": ""}, (-1105, "Parameter 'timestamp' was empty.")),
        (
            {"timestamp": "now"},
            (-1100, "Illegal characters found in parameter 'timestamp'; legal range is '^[0-9]{1,20}$'."),
        ),
        ({"timestamp": "9" * 20}, (-1108, "Parameter 'timestamp' overflowed.")),
        ({"recvWindow": "60000.001"}, (-1131, "'recvWindow' must be less than 60000.")),
        ({"recvWindow": "60001"}, (-1131, "'recvWindow' must be less than 60000.")),
        (
            {"recvWindow": "1.2345"},
            (
                -1100,
                r"Illegal characters found in parameter 'recvWindow'; legal range is '^([0-9]{1,20})(\.[0-9]{1,3})?$'.",
            ),
        ),
        (
            {"recvWindow": "-1"},
            (
                -1100,
                r"Illegal characters found in parameter 'recvWindow'; legal range is '^([0-9]{1,20})(\.[0-9]{1,3})?$'.",
            ),
        ),
    ],
)
def test_malformed_times_are_refused(bench: Bench, params: dict[str, Any], expected: tuple[int, str]) -> None:
    assert bench.alice.ask("GET", ACCOUNT, **params).refusal == (400, *expected)


def test_a_request_without_a_signature_is_refused(bench: Bench) -> None:
    answer = bench.alice.send("GET", ACCOUNT, f"timestamp={bench.now_ms}")
    assert answer.refusal == (
        400,
        -1102,
        "Mandatory parameter 'signature' was not sent, was empty/null, or malformed.",
    )


def test_the_signature_then_the_time_are_missed_before_the_key_is_looked_at(bench: Bench) -> None:
    missing = "Mandatory parameter '{}' was not sent, was empty/null, or malformed."
    assert bench.send("GET", ACCOUNT, "").refusal == (400, -1102, missing.format("signature"))
    assert bench.send("GET", ACCOUNT, "signature=x").refusal == (400, -1102, missing.format("timestamp"))
    assert bench.send("GET", ACCOUNT, "timestamp=1&signature=x").refusal == BAD_FORMAT


def test_parameters_are_looked_at_before_the_time_the_key_and_the_signature(bench: Bench) -> None:
    answer = bench.send("GET", "/api/v3/order", "timestamp=1&signature=x", **{"x-mbx-apikey": "k" * 64})
    assert answer.refusal[1:] == (-1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.")
    answer = bench.send("GET", ACCOUNT, "timestamp=1&signature=x", **{"x-mbx-apikey": "k" * 64})
    assert answer.refusal == OUTSIDE
    answer = bench.send("GET", ACCOUNT, f"timestamp={bench.now_ms}&signature=x", **{"x-mbx-apikey": "k" * 64})
    assert answer.refusal == BAD_KEY


def test_public_questions_take_no_notice_of_a_key(bench: Bench) -> None:
    assert bench.send("GET", "/api/v3/ping", **{"x-mbx-apikey": "nonsense"}).status == 200


def test_each_key_sees_its_own_account(bench: Bench) -> None:
    assert bench.alice.ask("GET", ACCOUNT).body["uid"] != bench.bob.ask("GET", ACCOUNT).body["uid"]
