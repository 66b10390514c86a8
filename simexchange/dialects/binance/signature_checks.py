"""Why a signature was not accepted: the string that should have been signed, and the one that perhaps was.

For people who look into the journal, never for clients. The given signature is held against what clients sign by
mistake; neither a secret nor a signature that would pass leaves this module.
Source: Binance REST, "SIGNED Endpoint security"; Public WebSocket API, "Request security".
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote, quote_plus, unquote, unquote_plus, urlencode

import msgspec

from simexchange.dialects.base import Request, SignatureCheck
from simexchange.dialects.binance.auth import Verifier, signed_payload, without_signature
from simexchange.dialects.binance.errors import BinanceRefusal
from simexchange.dialects.binance.operations import by_method
from simexchange.dialects.binance.ws_requests import parse, signed_text
from simexchange.domain.enums import KeyKind
from simexchange.venue.keys import ApiKey

if TYPE_CHECKING:
    from simexchange.dialects.binance.dialect import BinanceDialect

_REST_RULE: Final = (
    "query string and body one after the other, exactly as they are sent, without the signature parameter;"
    " HMAC-SHA256 in hex, or RSA or Ed25519 in base64"
)
_WS_RULE: Final = (
    "all parameters but the signature, sorted by name, as name=value joined with &, not percent-encoded;"
    " HMAC-SHA256 in hex, or RSA or Ed25519 in base64"
)
_OPTIONAL: Final = ("timestamp", "recvWindow", "apiKey")


class Proof:
    """What one request or message proves with: key name, payload as the venue builds it, the signature it came with."""

    def __init__(self, api_key: str, canonical: str, signature: str | None, rule: str) -> None:
        self.api_key = api_key
        self.canonical = canonical
        self.signature = signature
        self.rule = rule


def explain(dialect: "BinanceDialect", request: Request | str) -> SignatureCheck | None:
    """How the venue came to its verdict about this signature; None for a message that is no request."""
    if isinstance(request, Request):
        operation = dialect.operation_at(request.method, request.path)
        if operation is None or not operation.security.signed:
            return SignatureCheck("unsigned", advice="nothing is signed there")
        proof, mistakes = _of_request(request), _request_mistakes(request)
    else:
        try:
            parsed = parse(request)
        except BinanceRefusal:
            return None
        method = by_method(dialect.settings).get(parsed.method)
        if "signature" not in parsed.params and (method is None or not method.security.signed):
            return SignatureCheck("unsigned", advice="nothing is signed there")
        canonical = signed_text(parsed.params).decode("utf-8", "replace")
        proof = Proof(parsed.params.get("apiKey", ""), canonical, parsed.params.get("signature"), _WS_RULE)
        mistakes = _message_mistakes(parsed.params)
    return _judge(dialect, proof, mistakes)


def _judge(dialect: "BinanceDialect", proof: Proof, mistakes: Iterator[tuple[str, str]]) -> SignatureCheck:
    key = dialect.door.venue.keys.get(proof.api_key)
    shown = {"canonical": proof.canonical, "rule": proof.rule}
    if not proof.signature:
        return SignatureCheck("missing", **shown, advice="send a signature parameter, as the last one")
    if key is None:
        return SignatureCheck("unknown key", **shown, advice="no key of that name was ever issued here")
    payload = proof.canonical.encode("latin-1", "replace") if proof.rule is _REST_RULE else proof.canonical.encode()
    verifier = Verifier(key)
    if verifier.accepts(payload, proof.signature):
        return SignatureCheck("fits", **shown, advice="it is the key's over exactly this string")
    for text, mistake in mistakes:
        if text != proof.canonical and verifier.accepts(text.encode("utf-8", "replace"), proof.signature):
            return SignatureCheck("differs", **shown, signed=text, mistake=mistake, advice="sign the expected string")
    mistake = _misused(dialect, key, payload, proof.signature)
    if mistake:
        return SignatureCheck("differs", **shown, signed=proof.canonical, mistake=mistake, advice="the string is right")
    return SignatureCheck(
        "differs",
        **shown,
        mistake="it fits none of the strings that clients sign by mistake",
        advice="compare the string your code signs with the expected one, byte for byte, and the secret with the key's",
    )


def _of_request(request: Request) -> Proof:
    body = _body(request)
    said = dict(parse_qsl(request.query, keep_blank_values=True)) | dict(parse_qsl(body, keep_blank_values=True))
    api_key = request.headers.get(b"x-mbx-apikey", b"").decode("latin-1")
    canonical = signed_payload(request.query, body).decode("latin-1")
    return Proof(api_key, canonical, said.get("signature"), _REST_RULE)


def _body(request: Request) -> str:
    return "" if request.method == "GET" or not request.body else request.body.decode("latin-1")


def _request_mistakes(request: Request) -> Iterator[tuple[str, str]]:
    """Strings that a client may have signed instead, each with what is wrong about it."""
    query, body = without_signature(request.query), without_signature(_body(request))
    pairs = parse_qsl(query, keep_blank_values=True) + parse_qsl(body, keep_blank_values=True)
    if query and body:
        yield body + query, "body and query stand in the wrong order: the query comes first"
        yield f"{query}&{body}", "an & was put between query and body: nothing stands between them"
        yield f"{body}&{query}", "the body stands before the query, and an & between them"
        yield query, "only the query was signed: the body belongs to it"
        yield body, "only the body was signed: the query comes before it"
    whole = query + body
    yield urlencode(sorted(pairs)), "the parameters were sorted to be signed, but sent in another order"
    yield urlencode(pairs), "the parameters were signed in another encoding than they were sent in"
    yield urlencode(pairs, quote_via=quote), "blanks were signed as %20, but not sent so"
    yield "&".join(f"{name}={value}" for name, value in pairs), "the values were signed before they were encoded"
    yield unquote(whole), "the string was signed before it was percent-encoded"
    yield unquote_plus(whole), "the string was signed before it was percent-encoded"
    yield quote(whole, safe="=&"), "the string was percent-encoded once more to be signed"
    yield quote_plus(whole, safe="=&"), "the string was percent-encoded once more to be signed"
    yield whole.lower(), "the string was signed in lower case"
    yield from _left_out(pairs)
    yield f"?{whole}", "the question mark was signed"
    yield f"{whole}&", "an & at the end was signed"
    yield f"{whole}&signature=", "the empty signature parameter was signed"
    for path in (request.path, f"{request.method}{request.path}", f"{request.method} {request.path}"):
        yield f"{path}?{whole}", "the path was signed"
        yield path + whole, "the path was signed"
    yield msgspec.json.encode(dict(pairs)).decode(), "the parameters were signed as JSON"
    yield "", "an empty string was signed"


def _message_mistakes(params: dict[str, str]) -> Iterator[tuple[str, str]]:
    kept = [(name, value) for name, value in params.items() if name != "signature"]
    yield "&".join(f"{name}={value}" for name, value in kept), "the parameters were not sorted by name"
    yield urlencode(sorted(kept)), "the values were percent-encoded: on this interface they are signed as they are"
    yield urlencode(kept), "the parameters were neither sorted nor left as they are"
    ignoring_case = sorted(kept, key=lambda pair: pair[0].lower())
    yield "&".join(f"{name}={value}" for name, value in ignoring_case), "the names were sorted without regard to case"
    yield from _left_out(sorted(kept))
    yield msgspec.json.encode(dict(kept)).decode(), "the parameters were signed as JSON"
    yield "", "an empty string was signed"


def _left_out(pairs: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for left_out in _OPTIONAL:
        rest = [(name, value) for name, value in pairs if name != left_out]
        if len(rest) < len(pairs):
            yield urlencode(rest), f"{left_out} was not signed"


def _misused(dialect: "BinanceDialect", key: ApiKey, payload: bytes, signature: str) -> str:
    """What is wrong with how the right string was signed; empty where nothing is found."""
    for other in dialect.door.venue.keys.values():
        if other.api_key != key.api_key and other.kind is key.kind and Verifier(other).accepts(payload, signature):
            owner = dialect.door.venue.accounts[other.account_id].name
            return f"it was signed with the secret of another key, one of {owner}'s"
    if key.kind is not KeyKind.HMAC:
        return ""
    if Verifier(key).accepts(payload, _as_hex(signature)):
        return "it is in base64: hex is wanted of an HMAC key"
    secret = key.material.reveal().encode()
    for used, mistake in (
        (key.api_key.encode(), "it was signed with the API key in place of the secret"),
        (secret + b"\n", "a line break stands behind the secret"),
        (secret + b" ", "a blank stands behind the secret"),
        (b'"' + secret + b'"', "the secret was used with its quotes"),
        (b"", "it was signed with an empty secret"),
    ):
        if _is_mac(used, payload, "sha256", signature):
            return mistake
    for digest in ("sha512", "sha384", "sha1", "md5"):
        if _is_mac(secret, payload, digest, signature):
            return f"it is an HMAC of {digest.upper()}: SHA256 is wanted"
    if hmac.compare_digest(hashlib.sha256(payload).hexdigest(), _ascii(signature)):
        return "it is a plain SHA256 without the secret"
    return ""


def _is_mac(secret: bytes, payload: bytes, digest: str, signature: str) -> bool:
    return hmac.compare_digest(hmac.new(secret, payload, digest).hexdigest(), _ascii(signature))


def _ascii(signature: str) -> str:
    return signature.lower() if signature.isascii() else ""


def _as_hex(signature: str) -> str:
    try:
        return base64.b64decode(signature.replace(" ", "+"), validate=True).hex()
    except (binascii.Error, ValueError):
        return ""
