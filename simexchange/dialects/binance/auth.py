"""Who is asking: keys, addresses, permissions, times and signatures.

Payloads are hashed exactly as they were sent. Nothing here keeps, logs or returns a secret.
Source: Binance REST, "Request Security", "SIGNED Endpoint security", "Timing security".
"""

import base64
import binascii
import hashlib
import re
from hmac import compare_digest
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from simexchange.dialects.binance import errors
from simexchange.dialects.binance.context import NEEDED_PERMISSION, Security
from simexchange.dialects.binance.errors import BinanceRefusal
from simexchange.domain.enums import KeyKind
from simexchange.services.clock import MILLISECOND, SECOND
from simexchange.services.gateway_time import GatewayTime
from simexchange.venue.keys import ApiKey
from simexchange.venue.venue import Venue

DEFAULT_RECV_WINDOW: Final = 5_000 * MILLISECOND
AHEAD_ALLOWED: Final = SECOND
_KEY_FORM: Final = re.compile("[A-Za-z0-9]{64}", re.ASCII)
_HASH_BLOCK: Final = 64


class Verifier:
    """A key's material made ready: for HMAC the two hash states, for a public key the parsed key."""

    __slots__ = ("_inner", "_outer", "_public", "key", "material")

    def __init__(self, key: ApiKey) -> None:
        self.key = key
        self.material = key.material
        self._public: RSAPublicKey | Ed25519PublicKey | None = None
        if key.kind is KeyKind.HMAC:
            self._inner, self._outer = _hmac_states(key.material.reveal().encode())
        else:
            public = load_pem_public_key(key.material.reveal().encode())
            assert isinstance(public, RSAPublicKey | Ed25519PublicKey), "neither an RSA nor an Ed25519 key"
            self._public = public

    def accepts(self, payload: bytes, signature: str) -> bool:
        """Whether ``signature`` is this key's over ``payload``: hex for HMAC (any case), else base64."""
        public = self._public
        if public is None:
            inner = self._inner.copy()
            inner.update(payload)
            outer = self._outer.copy()
            outer.update(inner.digest())
            return signature.isascii() and compare_digest(outer.hexdigest(), signature.lower())
        try:
            raw = base64.b64decode(signature, validate=True)
            if isinstance(public, RSAPublicKey):
                public.verify(raw, payload, PKCS1v15(), SHA256())
            else:
                public.verify(raw, payload)
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


def _hmac_states(secret: bytes) -> "tuple[hashlib._Hash, hashlib._Hash]":
    """HMAC-SHA256 (RFC 2104) with the key already absorbed: copying these beats keying anew for each request."""
    if len(secret) > _HASH_BLOCK:
        secret = hashlib.sha256(secret).digest()
    padded = secret.ljust(_HASH_BLOCK, b"\0")
    return (
        hashlib.sha256(bytes(byte ^ 0x36 for byte in padded)),
        hashlib.sha256(bytes(byte ^ 0x5C for byte in padded)),
    )


class Keyring:
    """The venue's keys, ready for use; notices new material and new address lists by itself."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._verifiers: dict[str, Verifier] = {}
        self._networks: dict[tuple[str, ...], tuple[IPv4Network | IPv6Network, ...]] = {}

    def named(self, api_key: bytes | str | None) -> ApiKey | None:
        """The key a request names, whatever it may do; -2014 (401) for a name that no key could have."""
        if isinstance(api_key, bytes):
            api_key = api_key.decode("latin-1")
        key = self._venue.keys.get(api_key) if api_key is not None else None
        if key is None and (api_key is None or _KEY_FORM.fullmatch(api_key) is None):
            raise BinanceRefusal(errors.BAD_KEY_FORMAT)
        return key

    def find(self, api_key: str | None, security: Security, peer: str, now_ns: int) -> ApiKey:
        """The key of that name, if it may do this from there and now; else -2014 or -2015."""
        return self.usable(self.named(api_key), security, peer, now_ns)

    def usable(self, key: ApiKey | None, security: Security, peer: str, now_ns: int) -> ApiKey:
        """That key, if it exists and may do this from there and now; else -2015, or -1002 from the wallet (401)."""
        if key is None or not self.is_usable(key, security, peer, now_ns):
            lacks_permission = (
                security is Security.WITHDRAW
                and key is not None
                and self.is_usable(key, Security.API_KEY, peer, now_ns)
            )
            raise BinanceRefusal(errors.UNAUTHORIZED if lacks_permission else errors.BAD_KEY)
        return key

    def is_usable(self, key: ApiKey, security: Security, peer: str, now_ns: int) -> bool:
        """Whether a key is alive, allowed from ``peer`` and permitted; asked again on every use of a session."""
        if key.revoked or (key.expires_ns is not None and now_ns >= key.expires_ns):
            return False
        needed = NEEDED_PERMISSION[security]
        if needed is not None and needed not in key.permissions:
            return False
        return not key.ip_allow or self._is_listed(key.ip_allow, peer)

    def check_signature(self, key: ApiKey, payload: bytes, signature: str) -> None:
        """-1022 unless the signature is the key's over these very bytes."""
        verifier = self._verifiers.get(key.api_key)
        if verifier is None or verifier.key is not key or verifier.material is not key.material:
            verifier = self._verifiers[key.api_key] = Verifier(key)
        if not verifier.accepts(payload, signature):
            raise BinanceRefusal(errors.BAD_SIGNATURE)

    def _is_listed(self, ip_allow: tuple[str, ...], peer: str) -> bool:
        networks = self._networks.get(ip_allow)
        if networks is None:
            networks = tuple(ip_network(entry, strict=False) for entry in ip_allow)
            self._networks[ip_allow] = networks
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in networks)


def check_timing(timestamp_ns: int, recv_window_ns: int, gateway: GatewayTime, now_ns: int) -> None:
    """-1021 unless ``timestamp < now + 1 s`` and ``now - timestamp <= recvWindow``. "Timing security".

    ``now_ns`` is virtual time, which refusals go by; any other of the gateway's references may accept.
    """
    server_ns = gateway.shown(now_ns) if gateway.deviations else now_ns
    if server_ns - recv_window_ns <= timestamp_ns < server_ns + AHEAD_ALLOWED:
        return
    for reference_ns in gateway.references()[1:]:
        if reference_ns - recv_window_ns <= timestamp_ns < reference_ns + AHEAD_ALLOWED:
            return
    is_ahead = timestamp_ns >= server_ns + AHEAD_ALLOWED
    raise BinanceRefusal(errors.AHEAD_OF_SERVER if is_ahead else errors.OUTSIDE_RECV_WINDOW)


def signed_payload(query: str, body: str) -> bytes:
    """What a client signed: query and body one after the other as sent, without the signature parameter."""
    signed = without_signature(query)
    signed += body if signed is not query else without_signature(body)
    return signed.encode("latin-1", "replace")


def without_signature(text: str) -> str:
    """``a=1&signature=x&b=2`` -> ``a=1&b=2``; a text without a signature comes back as the same object."""
    start = text.rfind("&signature=")
    if start >= 0:
        end = text.find("&", start + 11)
        return text[:start] if end < 0 else text[:start] + text[end:]
    if text.startswith("signature="):
        return text.partition("&")[2]
    return text
