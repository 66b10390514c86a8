import hashlib
import hmac
import json
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dialects.binance.rest_bench import PEER, Bench, Client
from simexchange.dialects.base import Request, SignatureCheck

SECRET = "secret-of-alice"
QUERY = "symbol=BTCUSDT&side=BUY&quantity=0.1&timestamp=1767600000123"


def mac(text: str, secret: str = SECRET, digest: str = "sha256") -> str:
    return hmac.new(secret.encode(), text.encode(), digest).hexdigest()


def check(client: Client, signature: str, query: str = QUERY, body: str = "", method: str = "POST") -> SignatureCheck:
    sent = f"{query}&signature={signature}" if query else ""
    if not query:
        body += f"&signature={signature}"
    headers = {b"x-mbx-apikey": client.api_key.encode()}
    request = Request(method, "/api/v3/order", sent, headers, body.encode(), PEER)
    found = client.bench.dialect.explain_signature(request)
    assert found is not None
    assert SECRET not in repr(found)
    assert mac(found.canonical) not in repr(found), "what would pass is never told"
    return found


@pytest.fixture
def alice() -> Client:
    return Bench().alice


def test_what_fits_is_said_to_fit(alice: Client) -> None:
    found = check(alice, mac(QUERY))
    assert (found.verdict, found.canonical, found.signed, found.mistake) == ("fits", QUERY, None, "")


def test_query_and_body_stand_one_behind_the_other_with_nothing_between(alice: Client) -> None:
    body = "price=60000"
    assert check(alice, mac(QUERY + body), body=body).verdict == "fits"
    for signed, mistake in (
        (body + QUERY, "wrong order"),
        (f"{QUERY}&{body}", "an & was put between"),
        (QUERY, "only the query"),
        (body, "only the body"),
    ):
        found = check(alice, mac(signed), body=body)
        assert (found.verdict, found.signed) == ("differs", signed)
        assert mistake in found.mistake


@pytest.mark.parametrize(
    ("signed", "mistake"),
    [
        ("&".join(sorted(QUERY.split("&"))), "the parameters were sorted"),
        (QUERY.lower(), "lower case"),
        (QUERY.replace("&timestamp=1767600000123", ""), "timestamp was not signed"),
        (f"?{QUERY}", "the question mark"),
        (f"{QUERY}&", "an & at the end"),
        (f"{QUERY}&signature=", "the empty signature parameter"),
        (f"/api/v3/order?{QUERY}", "the path"),
        (f"POST/api/v3/order{QUERY}", "the path"),
        (json.dumps(dict(part.split("=") for part in QUERY.split("&")), separators=(",", ":")), "as JSON"),
        ("", "an empty string"),
    ],
)
def test_the_string_that_was_signed_by_mistake_is_found(alice: Client, signed: str, mistake: str) -> None:
    found = check(alice, mac(signed))
    assert (found.verdict, found.canonical, found.signed) == ("differs", QUERY, signed)
    assert mistake in found.mistake


def test_another_encoding_than_was_sent_is_found(alice: Client) -> None:
    listed = quote('["BTCUSDT"]')
    sent = f"symbols={listed}&timestamp=1"
    found = check(alice, mac('symbols=["BTCUSDT"]&timestamp=1'), query=sent)
    assert (found.canonical, found.signed) == (sent, 'symbols=["BTCUSDT"]&timestamp=1')
    assert "before" in found.mistake


def test_the_right_string_signed_wrongly_is_found(alice: Client) -> None:
    for signature, mistake in (
        (mac(QUERY, SECRET + "\n"), "a line break stands behind the secret"),
        (mac(QUERY, f'"{SECRET}"'), "with its quotes"),
        (mac(QUERY, alice.api_key), "the API key in place of the secret"),
        (mac(QUERY, digest="sha512"), "an HMAC of SHA512"),
        (hashlib.sha256(QUERY.encode()).hexdigest(), "without the secret"),
        (mac(QUERY, "secret-of-bob"), "another key, one of bob's"),
    ):
        found = check(alice, signature)
        assert (found.verdict, found.signed) == ("differs", QUERY)
        assert mistake in found.mistake


def test_what_fits_nothing_is_said_to_fit_nothing(alice: Client) -> None:
    found = check(alice, "no signature at all")
    assert (found.verdict, found.signed) == ("differs", None)
    assert "fits none" in found.mistake


def test_keys_with_a_public_half_are_explained_too() -> None:
    client = Bench().open_account("carol", secret=Ed25519PrivateKey.generate())
    signed = "&".join(sorted(QUERY.split("&")))
    assert check(client, quote(client.signer.sign(QUERY), safe="")).verdict == "fits"
    found = check(client, quote(client.signer.sign(signed), safe=""))
    assert (found.verdict, found.signed) == ("differs", signed)


def message(client: Client, signature: str | None, **params: str) -> SignatureCheck | None:
    said = {"symbol": "BTCUSDT", "apiKey": client.api_key, "timestamp": "1767600000123"} | params
    if signature is not None:
        said["signature"] = signature
    text = json.dumps({"id": 1, "method": "order.test", "params": said})
    return client.bench.dialect.explain_signature(text)


def test_messages_are_signed_sorted_and_unencoded(alice: Client) -> None:
    canonical = f"apiKey={alice.api_key}&symbol=BTCUSDT&timestamp=1767600000123"
    unsorted = f"symbol=BTCUSDT&apiKey={alice.api_key}&timestamp=1767600000123"
    fits, differs = message(alice, mac(canonical)), message(alice, mac(unsorted))
    assert fits is not None
    assert differs is not None
    assert (fits.verdict, fits.canonical) == ("fits", canonical)
    assert (differs.verdict, differs.signed) == ("differs", unsorted)
    assert differs.mistake == "the parameters were not sorted by name"
    missing = message(alice, None)
    assert missing is not None
    assert missing.verdict == "missing"


def test_what_needs_no_signature_and_what_is_no_request_is_told_apart(alice: Client) -> None:
    request = Request("GET", "/api/v3/ping", "", {}, b"", PEER)
    found = alice.bench.dialect.explain_signature(request)
    assert found is not None
    assert found.verdict == "unsigned"
    assert alice.bench.dialect.explain_signature("no JSON") is None
