"""The `simexchange ca` commands, each in a process of its own."""

import ssl
from pathlib import Path

import certifi
import pytest

from command_line import simexchange


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "ca"


def ca(folder: Path, *arguments: str) -> tuple[int, str, str]:
    ended = simexchange("ca", *arguments, SIMX_CA_DIR=str(folder))
    return ended.returncode, ended.stdout, ended.stderr


def test_export_prints_the_certificate_and_makes_it_first(folder: Path) -> None:
    code, printed, told = ca(folder, "export")
    assert (code, told) == (0, "")
    assert printed == (folder / "ca.pem").read_text()
    assert "PRIVATE" not in printed
    ssl.create_default_context(cadata=printed)
    assert ca(folder, "export") == (0, printed, "")


def test_export_writes_a_file(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "trusted.pem"
    assert ca(folder, "export", str(file)) == (0, f"{file}: written\n", "")
    assert file.read_text() == (folder / "ca.pem").read_text()


@pytest.mark.parametrize("before", ["-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----", "# a comment\n"])
def test_export_puts_it_into_a_bundle_once(folder: Path, tmp_path: Path, before: str) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(before)
    assert ca(folder, "export", "--append", str(bundle)) == (0, f"{bundle}: the certificate is in it now\n", "")
    after = bundle.read_text()
    assert after == f"{before.rstrip()}\n{(folder / 'ca.pem').read_text()}"
    assert ca(folder, "export", "--append", str(bundle)) == (0, f"{bundle}: the certificate is in it already\n", "")
    assert bundle.read_text() == after


def test_a_bundle_that_is_not_there_is_told(folder: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing.pem"
    expected = (1, "", f"simexchange: {missing}: No such file or directory\n")
    assert ca(folder, "export", "--append", str(missing)) == expected


def test_env_names_the_certificate_to_each_kind_of_client(folder: Path) -> None:
    file = folder / "ca.pem"
    lines = [f"{name}={file}" for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")]
    assert ca(folder, "env") == (0, "\n".join([*lines, f"NODE_EXTRA_CA_CERTS={file}", ""]), "")


def test_env_keeps_the_public_authorities_in_a_bundle(folder: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    code, printed, _ = ca(folder, "env", "--bundle", str(bundle))
    assert code == 0
    variables = dict(line.split("=") for line in printed.splitlines())
    assert variables == {
        **dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), str(bundle)),
        "NODE_EXTRA_CA_CERTS": str(folder / "ca.pem"),
    }
    public, both = ssl.create_default_context(cafile=certifi.where()), ssl.create_default_context(cafile=str(bundle))
    assert len(both.get_ca_certs()) == len(public.get_ca_certs()) + 1


@pytest.mark.parametrize("arguments", [("export",), ("env",), ("doctor",)])
def test_an_authority_in_memory_is_nobody_else_s(arguments: tuple[str, ...]) -> None:
    ended = simexchange("ca", *arguments, "--ca-dir", "none")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "in memory" in ended.stderr


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, printed, told = ca(tmp_path / "file" / "ca", "export")
    assert (code, printed) == (1, "")
    assert told == (
        f"simexchange: the certificate authority cannot be kept in {tmp_path / 'file' / 'ca'}: Not a directory;"
        " --ca-dir (SIMX_CA_DIR) names another folder, and 'none' keeps it in memory\n"
    )


def test_the_doctor_fails_where_nothing_is_there_and_says_what_to_do(folder: Path) -> None:
    code, printed, told = ca(folder, "doctor", "--tls-ports", "1")
    assert (code, told) == (1, "")
    lines = printed.splitlines()
    assert lines[0] == (
        f"BAD  there is no certificate authority in {folder}. `simexchange serve --tls` makes it, or `simexchange ca"
        " export`; --ca-dir names another folder"
    )
    assert lines[-1] == ("BAD  nobody listens on 127.0.0.1:1. `simexchange serve --tls`; --tls-ports names other ports")
    assert not folder.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--tls-ports", "x"), "--tls-ports 'x' is no list of ports: 443,9443 passes, or 0 for a free one"),
        (("--venue", "mtgox"), "there is no venue 'mtgox'; there is binance"),
    ],
)
def test_wrong_usage_is_told(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    code, _, told = ca(folder, "doctor", *arguments)
    assert code == 2
    assert said in " ".join(told.split())
