"""What the doctor finds, line by line, with a real exchange beside it and names that lead where the test says."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from command_line import running, simexchange
from simexchange import doctor, trust
from simexchange.doctor import Patient, examine, is_near
from simexchange.front import all_hosts, hosts_of
from simexchange.services.clock import NANOSECONDS, WorldClock
from simexchange.transports.authority import open_authority, read_certificate

NOW_NS = WorldClock().wall_ns()
DAY_NS = 86_400 * NANOSECONDS
VARIABLES = (*trust.REPLACING, *trust.ADDING)
NAMES = [host for host in hosts_of(["binance"])["binance"] if not host.endswith(".localhost")]
FAR = "1.1.1.1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("doctor") / "ca"


@pytest.fixture(scope="module")
def port(folder: Path) -> Iterator[int]:
    with running(folder.parent, "--tls", "--ca-dir", str(folder)) as exchange:
        yield exchange.described["tls"]["ports"][0]


@pytest.fixture(autouse=True)
def no_system_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust, "system_authorities", lambda: None)


@pytest.fixture
def names_lead(monkeypatch: pytest.MonkeyPatch) -> Any:
    def lead(*addresses: str, port: int = 443) -> None:
        monkeypatch.setattr(doctor, "where_names_lead", lambda names: {name: list(addresses) for name in names})
        monkeypatch.setattr(doctor, "HTTPS_PORT", port)

    return lead


def lines(folder: Path, port: int, **environment: str) -> list[str]:
    return [str(finding) for finding in examine(Patient(folder, ports=str(port), environment=environment))]


def until(folder: Path) -> str:
    certificate = read_certificate(folder)
    assert certificate is not None
    return f"{certificate.not_valid_after_utc:%Y-%m-%d}"


def notes_about_trust(names: tuple[str, ...] = VARIABLES) -> list[str]:
    import certifi

    notes = [f"note {name} is not set ({doctor._WHO[name]}). `simexchange ca env` prints it" for name in names]
    return [
        *notes,
        (
            f"note certifi of {sys.executable} has not the authority (ccxt trusts nothing else)."
            f" `simexchange ca export --append {certifi.where()}`"
        ),
        (
            "note the system's authorities have it not (programs that heed no variable). `simexchange ca export` into"
            " the system's folder for them, then `update-ca-certificates` or `trust anchor`"
        ),
    ]


def test_all_is_well(folder: Path, port: int, names_lead: Any) -> None:
    names_lead("127.0.0.1", port=port)
    file = str(folder / "ca.pem")
    secure = f"ok   api.binance.com on 127.0.0.1:{port} speaks TLSv1.3 with a certificate of the authority"
    assert lines(folder, port, **dict.fromkeys(VARIABLES, file)) == [
        f"ok   the authority in {file} holds until {until(folder)}",
        f"ok   {len(NAMES)} of {len(NAMES)} host names lead to this machine or a private network",
        f"ok   something listens on 127.0.0.1:{port}",
        secure,
        secure,
        *(f"ok   {name} has the authority ({doctor._WHO[name]})" for name in VARIABLES),
        *notes_about_trust(()),
    ]


def test_names_that_lead_to_the_real_venue_are_bad_and_nobody_goes_there(
    folder: Path, port: int, names_lead: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = []
    connect = socket.create_connection

    def create_connection(address: tuple[str, int], *more: Any) -> Any:
        called.append(address[0])
        return connect(address, *more)

    names_lead(FAR)
    monkeypatch.setattr(socket, "create_connection", create_connection)
    found = lines(folder, port)
    assert found[1] == (
        f"BAD  {len(NAMES)} host names lead to the real venue (api.binance.com: {FAR}), so that a bot would go there."
        f" Where the bot runs, put into /etc/hosts: `127.0.0.1 {' '.join(NAMES)}`; or, with containers, give the"
        " exchange these names as network aliases; or patch the bot's resolver"
    )
    assert set(called) == {"127.0.0.1"}


def test_names_that_lead_nowhere_are_bad(folder: Path, port: int, names_lead: Any) -> None:
    names_lead()
    assert lines(folder, port)[1].startswith(f"BAD  {len(NAMES)} host names lead nowhere (api.binance.com). Where the")


def test_a_machine_on_which_nothing_trusts_the_authority_is_bad(folder: Path, port: int, names_lead: Any) -> None:
    names_lead("127.0.0.1", port=port)
    assert lines(folder, port)[5:] == [
        *notes_about_trust(),
        "BAD  no client library here would trust the authority. One of the notes above is to be followed",
    ]


def test_a_variable_that_names_another_file_is_bad(folder: Path, port: int, names_lead: Any, tmp_path: Path) -> None:
    names_lead("127.0.0.1", port=port)
    other = tmp_path / "other.pem"
    other.write_text("")
    assert lines(folder, port, SSL_CERT_FILE=str(other))[5] == (
        f"BAD  SSL_CERT_FILE names {other}, which has not the authority (aiohttp, websockets, httpx and whatever else"
        " asks OpenSSL). `simexchange ca env`"
    )


def test_another_exchange_s_certificate_is_bad(port: int, names_lead: Any, tmp_path: Path) -> None:
    names_lead()
    open_authority(tmp_path / "ca", all_hosts(), NOW_NS)
    assert lines(tmp_path / "ca", port)[3] == (
        f"BAD  api.binance.com on 127.0.0.1:{port} has a certificate that is not the authority's: unable to get local"
        " issuer certificate. Something else listens there, or an exchange with another --ca-dir (SIMX_CA_DIR)"
    )


def test_a_plain_port_is_bad(folder: Path, tmp_path: Path, names_lead: Any) -> None:
    names_lead()
    with running(tmp_path) as plain:
        found = lines(folder, plain.port)[3]
    assert found.startswith(f"BAD  no TLS with api.binance.com on 127.0.0.1:{plain.port}: ")
    assert found.endswith(". Is that `simexchange serve --tls`, with this venue opened?")


def test_a_front_on_another_port_than_clients_look_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_listens", lambda _address, port: port in (8443, 9443))
    ports, found = doctor._front("127.0.0.1", None)
    assert ports == [8443, 9443]
    assert [str(finding) for finding in found] == [
        (
            "BAD  the front listens on 127.0.0.1:8443 and not on 443, where clients look. Run it where it may use port"
            " 443 (as root, in a container, or with"
            " `sysctl net.ipv4.ip_unprivileged_port_start=443`), or map 443 to 8443"
        ),
        "ok   something listens on 127.0.0.1:9443",
    ]


@pytest.mark.parametrize(
    ("made_ns", "hosts", "said"),
    [
        (NOW_NS - 3_600 * DAY_NS, all_hosts(), "ends on "),
        (NOW_NS - 3_700 * DAY_NS, all_hosts(), "ended on "),
        (NOW_NS, all_hosts()[1:], f"may not vouch for {all_hosts()[0]}. The next `simexchange serve --tls` makes"),
    ],
)
def test_an_authority_that_is_not_fit_is_bad(
    made_ns: int, hosts: list[str], said: str, names_lead: Any, tmp_path: Path
) -> None:
    names_lead()
    open_authority(tmp_path, hosts, made_ns)
    assert lines(tmp_path, 1)[0].startswith(f"BAD  the authority in {tmp_path / 'ca.pem'} {said}")


def test_a_key_that_others_may_read_is_bad(names_lead: Any, tmp_path: Path) -> None:
    names_lead()
    open_authority(tmp_path, all_hosts(), NOW_NS)
    key = tmp_path / "ca-key.pem"
    key.chmod(0o640)
    assert lines(tmp_path, 1)[1] == f"BAD  others may read the authority's key {key}. `chmod 600 {key}`"


def test_a_python_that_is_none_is_told(folder: Path, tmp_path: Path) -> None:
    missing = tmp_path / "python"
    found = str(doctor._certifi(missing, "pem"))
    assert found.startswith(f"BAD  {missing} cannot be asked for its certifi: ")
    assert found.endswith(". --python names the bot's Python")


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "10.1.2.3", "172.17.0.2", "192.168.1.9", "fd00::1", "fe80::1%l"]
)
def test_private_addresses_are_near(address: str) -> None:
    assert is_near(address)


@pytest.mark.parametrize("address", [FAR, "198.18.0.5", "100.64.0.1", "2606:4700::1", "203.0.113.7"])
def test_all_others_are_not(address: str) -> None:
    assert not is_near(address)


def test_names_are_asked_of_the_system() -> None:
    assert set(doctor.where_names_lead(["localhost"])["localhost"]) <= {"127.0.0.1", "::1"}
    assert doctor.where_names_lead([]) == {}


def test_the_command_says_the_same(folder: Path, port: int) -> None:
    ended = simexchange("ca", "doctor", "--tls-ports", str(port), "--venue", "binance", SIMX_CA_DIR=str(folder))
    assert (ended.returncode, ended.stderr) == (1, "")
    assert ended.stdout.startswith(f"ok   the authority in {folder / 'ca.pem'} holds until {until(folder)}\n")
