"""``simexchange ca doctor``: why a bot with built-in host names does not reach the exchange, and what to do about it.

Looks, and changes nothing. It may ask the system where a name leads, and never connects to an address that could be a
real venue's.
"""

import os
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final

from msgspec import Struct

from simexchange import trust
from simexchange.front import DEFAULT_PORTS, HTTPS_PORT, UNPRIVILEGED, all_hosts, hosts_of
from simexchange.services.clock import WorldClock
from simexchange.serving import UsageError, read_ports
from simexchange.transports.authority import CERTIFICATE_FILE, KEY_FILE, AuthorityUnusable, read_certificate
from simexchange.transports.certificates import ends_soon, moment, uncovered
from simexchange.venues import VENUES

PATIENCE_S: Final = 3.0
_ANY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}
# Narrower than is_private: some proxies lead real names through addresses that are set aside for other purposes.
_PRIVATE: Final = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10")))
_OTHERS_MAY: Final = stat.S_IRWXG | stat.S_IRWXO
_WHO: Final = {
    "SSL_CERT_FILE": "aiohttp, websockets, httpx and whatever else asks OpenSSL",
    "REQUESTS_CA_BUNDLE": "requests: python-binance's Client, pybit, krakenex",
    "CURL_CA_BUNDLE": "curl",
    "NODE_EXTRA_CA_CERTS": "Node",
}


class Patient(Struct, frozen=True):
    """What is to be examined."""

    folder: Path
    host: str = "127.0.0.1"
    ports: str | None = None
    venues: tuple[str, ...] = ()
    python: Path | None = None
    environment: Mapping[str, str] = os.environ

    def front_address(self) -> str:
        return _ANY_ADDRESS.get(self.host, self.host)

    def hosts(self) -> dict[str, list[str]]:
        """The names of each venue, without those that need nobody's help. Raises UsageError."""
        for venue in self.venues:
            if venue not in VENUES:
                raise UsageError(f"there is no venue {venue!r}; there is {', '.join(VENUES)}")
        named = hosts_of(self.venues or VENUES)
        return {venue: [host for host in hosts if not host.endswith(".localhost")] for venue, hosts in named.items()}


class Finding(Struct, frozen=True):
    """One line: what was found and, where it is not well, what to do."""

    mark: str
    text: str
    remedy: str = ""

    @property
    def is_bad(self) -> bool:
        return self.mark == "BAD"

    def __str__(self) -> str:
        return f"{self.mark:<5}{self.text}{'. ' if self.remedy else ''}{self.remedy}"


def good(text: str) -> Finding:
    return Finding("ok", text)


def note(text: str, remedy: str) -> Finding:
    return Finding("note", text, remedy)


def bad(text: str, remedy: str) -> Finding:
    return Finding("BAD", text, remedy)


def examine(patient: Patient) -> list[Finding]:
    """All findings, in the order in which a connection comes about. Raises UsageError."""
    hosts, ports = patient.hosts(), read_ports(patient.ports)
    findings = list(_authority(patient))
    leads = where_names_lead([host for names in hosts.values() for host in names])
    findings += _names(leads)
    open_ports, port_findings = _front(patient.front_address(), ports)
    findings += port_findings
    certificate = patient.folder / CERTIFICATE_FILE
    if any(finding.is_bad for finding in _authority(patient)):
        return findings
    for venue, names in hosts.items():
        if open_ports:
            findings.append(_handshake(certificate, patient.front_address(), open_ports[0], names[0]))
        if leads[names[0]] and all(map(is_near, leads[names[0]])):
            findings.append(_handshake(certificate, leads[names[0]][0], HTTPS_PORT, names[0]))
        elif not open_ports:
            findings.append(bad(f"{venue}: there is nothing to shake hands with", "See above"))
    findings += _trust(patient, certificate.read_text(encoding="ascii"))
    return findings


def _authority(patient: Patient) -> Iterator[Finding]:
    file = patient.folder / CERTIFICATE_FILE
    try:
        certificate = read_certificate(patient.folder)
    except AuthorityUnusable as unusable:
        yield bad(str(unusable), "")
        return
    if certificate is None:
        yield bad(
            f"there is no certificate authority in {patient.folder}",
            "`simexchange serve --tls` makes it, or `simexchange ca export`; --ca-dir names another folder",
        )
        return
    now_ns = WorldClock().wall_ns()
    until = f"{certificate.not_valid_after_utc:%Y-%m-%d}"
    missing = uncovered(certificate, all_hosts())
    if ends_soon(certificate, now_ns):
        word = "ended" if certificate.not_valid_after_utc < moment(now_ns) else "ends"
        yield bad(f"the authority in {file} {word} on {until}", "The next `simexchange serve --tls` makes another")
    elif missing:
        yield bad(
            f"the authority in {file} may not vouch for {', '.join(missing)}",
            "The next `simexchange serve --tls` makes another; clients that took a copy need the new one",
        )
    else:
        yield good(f"the authority in {file} holds until {until}")
    key = patient.folder / KEY_FILE
    if os.name == "posix" and key.exists() and key.stat().st_mode & _OTHERS_MAY:
        yield bad(f"others may read the authority's key {key}", f"`chmod 600 {key}`")


def is_near(address: str) -> bool:
    """Whether an address is this machine's or a private network's, so that no real venue can be there."""
    there = ip_address(address.partition("%")[0])
    return there.is_loopback or any(there in network for network in _PRIVATE)


def where_names_lead(names: Iterable[str]) -> dict[str, list[str]]:
    """The addresses of each name; none where the system knows none, or not in time."""
    wanted = list(names)
    pool = ThreadPoolExecutor(len(wanted) or 1)
    asked = {name: pool.submit(socket.getaddrinfo, name, HTTPS_PORT, type=socket.SOCK_STREAM) for name in wanted}
    done, _ = wait(asked.values(), PATIENCE_S)
    pool.shutdown(wait=False, cancel_futures=True)
    return {
        name: sorted({str(found[4][0]) for found in answer.result()})
        if answer in done and answer.exception() is None
        else []
        for name, answer in asked.items()
    }


def _names(leads: Mapping[str, list[str]]) -> Iterator[Finding]:
    away = {name: addresses for name, addresses in leads.items() if not all(map(is_near, addresses))}
    nowhere = [name for name, addresses in leads.items() if not addresses]
    here = [name for name in leads if name not in away and name not in nowhere]
    if here:
        yield good(f"{len(here)} of {len(leads)} host names lead to this machine or a private network")
    if away:
        example, addresses = next(iter(away.items()))
        yield bad(
            f"{len(away)} host names lead to the real venue ({example}: {addresses[0]}), so that a bot would go there",
            _have_them_lead_here(away),
        )
    if nowhere:
        yield bad(f"{len(nowhere)} host names lead nowhere ({nowhere[0]})", _have_them_lead_here(nowhere))


def _have_them_lead_here(names: Iterable[str]) -> str:
    return (
        "Where the bot runs, put into /etc/hosts: `127.0.0.1 " + " ".join(names) + "`; or, with containers, give the"
        " exchange these names as network aliases; or patch the bot's resolver"
    )


def _front(address: str, ports: tuple[int, ...] | None) -> tuple[list[int], list[Finding]]:
    """The ports that listen, and what to say about them."""
    wanted = ports or DEFAULT_PORTS
    findings, listening = [], []
    for port in wanted:
        other = UNPRIVILEGED.get(port) if ports is None else None
        if _listens(address, port):
            listening.append(port)
            findings.append(good(f"something listens on {address}:{port}"))
        elif other is not None and _listens(address, other):
            listening.append(other)
            findings.append(
                bad(
                    f"the front listens on {address}:{other} and not on {port}, where clients look",
                    f"Run it where it may use port {port} (as root, in a container, or with"
                    f" `sysctl net.ipv4.ip_unprivileged_port_start={port}`), or map {port} to {other}",
                )
            )
        else:
            findings.append(
                bad(f"nobody listens on {address}:{port}", "`simexchange serve --tls`; --tls-ports names other ports")
            )
    return listening, findings


def _listens(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), PATIENCE_S):
            return True
    except OSError:
        return False


def _handshake(certificate: Path, address: str, port: int, name: str) -> Finding:
    """Shake hands as a client would that trusts the authority alone."""
    try:
        context = ssl.create_default_context(cafile=str(certificate))
        with (
            socket.create_connection((address, port), PATIENCE_S) as raw,
            context.wrap_socket(raw, server_hostname=name) as wrapped,
        ):
            return good(f"{name} on {address}:{port} speaks {wrapped.version()} with a certificate of the authority")
    except ssl.SSLCertVerificationError as error:
        return bad(
            f"{name} on {address}:{port} has a certificate that is not the authority's: {error.verify_message}",
            "Something else listens there, or an exchange with another --ca-dir (SIMX_CA_DIR)",
        )
    except OSError as error:
        return bad(
            f"no TLS with {name} on {address}:{port}: {getattr(error, 'reason', None) or error.strerror or error}",
            "Is that `simexchange serve --tls`, with this venue opened?",
        )


def _trust(patient: Patient, pem: str) -> Iterator[Finding]:
    sources = [*_variables(patient.environment, pem), _certifi(patient.python, pem), _system(pem)]
    yield from sources
    if not any(source.mark == "ok" for source in sources):
        yield bad("no client library here would trust the authority", "One of the notes above is to be followed")


def _variables(environment: Mapping[str, str], pem: str) -> Iterator[Finding]:
    for name in (*trust.REPLACING, *trust.ADDING):
        value = environment.get(name)
        if value is None:
            yield note(f"{name} is not set ({_WHO[name]})", "`simexchange ca env` prints it")
        elif trust.holds(Path(value), pem):
            yield good(f"{name} has the authority ({_WHO[name]})")
        else:
            yield bad(f"{name} names {value}, which has not the authority ({_WHO[name]})", "`simexchange ca env`")


def _certifi(python: Path | None, pem: str) -> Finding:
    """The bundle that ccxt trusts whatever the variables say."""
    interpreter = str(python or sys.executable)
    try:
        asked = subprocess.run(
            [interpreter, "-c", "import certifi; print(certifi.where())"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return bad(f"{interpreter} cannot be asked for its certifi: {error}", "--python names the bot's Python")
    if asked.returncode != 0:
        return note(f"{interpreter} has no certifi (ccxt and requests would bring it)", "--python names the bot's")
    file = Path(asked.stdout.strip())
    if trust.holds(file, pem):
        return good(f"certifi of {interpreter} has the authority (ccxt, and requests without the variable)")
    return note(
        f"certifi of {interpreter} has not the authority (ccxt trusts nothing else)",
        f"`simexchange ca export --append {file}`",
    )


def _system(pem: str) -> Finding:
    file = trust.system_authorities()
    if file is not None and trust.holds(file, pem):
        return good(f"the system's authorities in {file} have it")
    return note(
        "the system's authorities have it not (programs that heed no variable)",
        "`simexchange ca export` into the system's folder for them, then `update-ca-certificates` or `trust anchor`",
    )
