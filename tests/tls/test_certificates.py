"""Certificates as clients judge them: a real TLS client in memory decides what passes."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from simexchange.services.clock import NANOSECONDS, WorldClock
from simexchange.transports.certificates import (
    BadIdentity,
    Identity,
    ends_soon,
    is_own,
    make_authority,
    make_leaf,
    moment,
    uncovered,
)
from simexchange.transports.tls import Contexts, server_context

DAY_NS = 86_400 * NANOSECONDS
NOW_NS = WorldClock().wall_ns()
HOSTS = ("api.venue.example", "stream.venue.example")
AUTHORITY = make_authority(HOSTS, NOW_NS)
LEAF = make_leaf(AUTHORITY, HOSTS, NOW_NS)


def verdict(leaf: Identity, name: str, authority: Identity = AUTHORITY) -> str:
    """What a client that trusts the authority says of the leaf for that name; "" if it is content."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.load_verify_locations(cadata=authority.certificate_pem())
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting.wrap_bio(to_client, to_server, server_hostname=name)
    server = server_context(leaf).wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server, client):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLCertVerificationError as error:
            return error.verify_message
    return ""


def extension(certificate: x509.Certificate, kind: type[x509.ExtensionType]) -> tuple[bool, object]:
    found = certificate.extensions.get_extension_for_class(kind)
    return found.critical, found.value


@pytest.mark.parametrize("name", HOSTS)
def test_a_leaf_passes_for_each_of_its_names(name: str) -> None:
    assert verdict(LEAF, name) == ""


def test_this_machine_s_names_pass() -> None:
    leaf = make_leaf(AUTHORITY, ("localhost", "127.0.0.1", "::1"), NOW_NS)
    assert [verdict(leaf, name) for name in ("localhost", "127.0.0.1", "::1")] == ["", "", ""]


def test_a_leaf_does_not_pass_for_another_name() -> None:
    assert verdict(LEAF, "www.venue.example") == "Hostname mismatch, certificate is not valid for 'www.venue.example'."


@pytest.mark.parametrize("name", ["www.bank.example", "venue.example", "www.venue.example", "192.0.2.1"])
def test_the_authority_vouches_for_nobody_else(name: str) -> None:
    assert verdict(make_leaf(AUTHORITY, (name,), NOW_NS), name) == "permitted subtree violation"


def test_the_authority_makes_no_other_authority() -> None:
    below = make_authority(HOSTS, NOW_NS)
    constraints = AUTHORITY.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (constraints.ca, constraints.path_length) == (True, 0)
    assert verdict(make_leaf(below, HOSTS, NOW_NS), HOSTS[0]) == "unable to get local issuer certificate"


def test_an_expired_leaf_does_not_pass() -> None:
    assert verdict(make_leaf(AUTHORITY, HOSTS, NOW_NS, is_expired=True), HOSTS[0]) == "certificate has expired"


def test_clocks_that_are_half_an_hour_apart_do_no_harm() -> None:
    ahead = make_authority(HOSTS, NOW_NS + 1_800 * NANOSECONDS)
    assert verdict(make_leaf(ahead, HOSTS, NOW_NS + 1_800 * NANOSECONDS), HOSTS[0], ahead) == ""


def test_the_authority_is_made_as_the_standard_has_it() -> None:
    certificate = AUTHORITY.certificate
    begins = datetime.fromtimestamp(NOW_NS // NANOSECONDS, UTC)
    assert certificate.issuer == certificate.subject
    assert certificate.subject.rfc4514_string() == f"CN=simexchange local authority {begins:%Y-%m-%d},O=simexchange"
    assert certificate.not_valid_before_utc == begins - timedelta(hours=1)
    assert certificate.not_valid_after_utc == begins + timedelta(days=3650)
    assert extension(certificate, x509.BasicConstraints) == (True, x509.BasicConstraints(ca=True, path_length=0))
    critical, usage = extension(certificate, x509.KeyUsage)
    assert isinstance(usage, x509.KeyUsage)
    assert (critical, usage.key_cert_sign, usage.crl_sign, usage.digital_signature) == (True, True, True, False)
    permitted = [
        x509.IPAddress(ip_network("127.0.0.1/32")),
        x509.IPAddress(ip_network("::1/128")),
        *(x509.DNSName(name) for name in ("api.venue.example", "localhost", "stream.venue.example")),
    ]
    assert extension(certificate, x509.NameConstraints) == (True, x509.NameConstraints(permitted, None))


def test_a_leaf_is_made_as_the_standard_has_it() -> None:
    certificate = LEAF.certificate
    assert certificate.issuer == AUTHORITY.certificate.subject
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == timedelta(days=30, hours=1)
    assert extension(certificate, x509.BasicConstraints) == (True, x509.BasicConstraints(ca=False, path_length=None))
    names = x509.SubjectAlternativeName([x509.DNSName(name) for name in HOSTS])
    assert extension(certificate, x509.SubjectAlternativeName) == (False, names)
    use = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    assert extension(certificate, x509.ExtendedKeyUsage) == (False, use)
    certificate.verify_directly_issued_by(AUTHORITY.certificate)


def test_a_leaf_ends_no_later_than_its_authority() -> None:
    late_ns = NOW_NS + 3_640 * DAY_NS
    assert make_leaf(AUTHORITY, HOSTS, late_ns).certificate.not_valid_after_utc == (
        AUTHORITY.certificate.not_valid_after_utc
    )


def test_hosts_an_authority_lacks_are_told() -> None:
    asked = ["api.venue.example", "eu.api.venue.example", "venue.example", "notapi.venue.example", "localhost"]
    assert uncovered(AUTHORITY.certificate, asked) == ["venue.example", "notapi.venue.example"]


def test_what_was_made_elsewhere_covers_nothing() -> None:
    assert (is_own(AUTHORITY.certificate), is_own(LEAF.certificate)) == (True, False)
    assert uncovered(LEAF.certificate, ["api.venue.example"]) == ["api.venue.example"]


def test_an_authority_ends_soon_two_months_before_its_end() -> None:
    assert not ends_soon(AUTHORITY.certificate, NOW_NS + 3_589 * DAY_NS)
    assert ends_soon(AUTHORITY.certificate, NOW_NS + 3_591 * DAY_NS)
    assert ends_soon(AUTHORITY.certificate, NOW_NS + 4_000 * DAY_NS)


def test_an_identity_survives_its_file() -> None:
    again = Identity.from_pem(LEAF.reveal_pem())
    assert (again.certificate, again.reveal_pem()) == (LEAF.certificate, LEAF.reveal_pem())
    assert again.fingerprint == LEAF.fingerprint


@pytest.mark.parametrize(
    "pem", [b"", b"nonsense", LEAF.certificate_pem().encode(), LEAF.reveal_pem().partition(b"-----BEGIN CERT")[0]]
)
def test_a_text_without_certificate_or_key_is_no_identity(pem: bytes) -> None:
    with pytest.raises(BadIdentity, match="there is no certificate with its private key in it"):
        Identity.from_pem(pem)


def test_another_s_key_is_told() -> None:
    key = AUTHORITY.reveal_pem().partition(b"-----BEGIN CERT")[0]
    with pytest.raises(BadIdentity, match="the private key in it is not the certificate's"):
        Identity.from_pem(key + LEAF.certificate_pem().encode())


def test_a_repr_holds_no_key() -> None:
    assert repr(LEAF) == f"Identity({LEAF.fingerprint[:16]})"


def test_a_venue_s_certificate_is_renewed_a_week_before_it_ends() -> None:
    now_ns = NOW_NS
    contexts = Contexts(AUTHORITY, HOSTS, lambda: now_ns)
    first = contexts.good()
    now_ns = NOW_NS + 23 * DAY_NS
    assert contexts.good() is first
    now_ns = NOW_NS + 23 * DAY_NS + NANOSECONDS
    assert contexts.good() is not first


def test_a_moment_is_in_whole_seconds() -> None:
    assert moment(1_500_000_000) == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
