"""X.509 for one purpose: a certificate authority that can vouch for the venues' names and nothing else, and its leaves.

RFC 5280 throughout. The authority's name constraints are critical, so that whoever trusts it, or steals its key, gets
no further than the hosts simulated here: never a bank's, never a venue's web site. Times are the machine's, because
clients check certificates against their own clocks. A key never appears in a repr or an error.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from simexchange.services.clock import NANOSECONDS

AUTHORITY_NAME: Final = "simexchange local authority"
LOCAL_NAMES: Final = ("localhost", "127.0.0.1", "::1")
AUTHORITY_LIFE: Final = timedelta(days=3650)
LEAF_LIFE: Final = timedelta(days=30)
RENEWED_BEFORE_END: Final = timedelta(days=60)
"""An authority that ends sooner is replaced when an exchange starts."""
_CLOCKS_APART: Final = timedelta(hours=1)
"""Certificates begin in the past: containers' and machines' clocks differ."""


class BadIdentity(ValueError):
    """The PEM text holds no certificate with its key."""


class Identity:
    """A certificate and its private key."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self.certificate = certificate
        self._key = key

    def __repr__(self) -> str:
        return f"Identity({self.fingerprint[:16]})"

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Key and certificate from one text. Raises BadIdentity."""
        try:
            key = load_pem_private_key(pem, None)
            certificate = x509.load_pem_x509_certificate(pem)
        except (TypeError, ValueError) as error:
            raise BadIdentity("there is no certificate with its private key in it") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
            raise BadIdentity("the private key in it is not the certificate's")
        return cls(certificate, key)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, in hexadecimal."""
        return self.certificate.fingerprint(SHA256()).hex()

    def certificate_pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode("ascii")

    def reveal_pem(self) -> bytes:
        """The private key, then the certificate: what a server loads, and nobody else may read."""
        key = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return key + self.certificate.public_bytes(Encoding.PEM)

    def sign(self, builder: x509.CertificateBuilder) -> x509.Certificate:
        return builder.sign(self._key, SHA256())


def moment(at_ns: int) -> datetime:
    """An instant of the machine's time as certificates tell it: whole seconds, UTC."""
    return datetime.fromtimestamp(at_ns // NANOSECONDS, UTC)


def make_authority(names: Iterable[str], now_ns: int) -> Identity:
    """An authority that may vouch for these hosts, those below them, and this machine; it holds for ten years."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = moment(now_ns)
    # The date tells two authorities apart in a list of trusted ones.
    own_name = _name(f"{AUTHORITY_NAME} {now:%Y-%m-%d}")
    permitted = [_constraint(name) for name in sorted({*names, *LOCAL_NAMES})]
    builder = (
        _builder(own_name, own_name, key, now - _CLOCKS_APART, now + AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return Identity(builder.sign(key, SHA256()), key)


def make_leaf(
    authority: Identity, names: Sequence[str], now_ns: int, ends: timedelta = LEAF_LIFE, is_expired: bool = False
) -> Identity:
    """A server's certificate for these names, signed by the authority; an expired one ended a day ago."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = moment(now_ns)
    issuer = authority.certificate
    begins, until = now - _CLOCKS_APART, min(now + ends, issuer.not_valid_after_utc)
    if is_expired:
        begins, until = now - ends, now - timedelta(days=1)
    issuer_id = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        _builder(_name(names[0]), issuer.subject, key, begins, until)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_id), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return Identity(authority.sign(builder), key)


def uncovered(authority: x509.Certificate, names: Iterable[str]) -> list[str]:
    """The hosts among these that the authority may not vouch for."""
    try:
        constraints = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return list(names)
    domains = {
        subtree.value.lower() for subtree in constraints.permitted_subtrees or () if isinstance(subtree, x509.DNSName)
    }
    return [name for name in names if not any(name == domain or name.endswith(f".{domain}") for domain in domains)]


def is_own(authority: x509.Certificate) -> bool:
    """Whether it was made here, rather than put there by somebody."""
    names = authority.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return any(str(name.value).startswith(AUTHORITY_NAME) for name in names)


def ends_soon(authority: x509.Certificate, now_ns: int) -> bool:
    """Whether it has ended, or will before long."""
    return authority.not_valid_after_utc - RENEWED_BEFORE_END < moment(now_ns)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, begins: datetime, ends: datetime
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=begins,
        not_valid_after=ends,
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "simexchange"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _key_usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name)
    except ValueError:
        return None


def _general_name(name: str) -> x509.GeneralName:
    address = _address(name)
    return x509.DNSName(name) if address is None else x509.IPAddress(address)


def _constraint(name: str) -> x509.GeneralName:
    """A host and all below it, or one address."""
    address = _address(name)
    return x509.DNSName(name) if address is None else x509.IPAddress(ip_network(address))
