"""`simexchange serve --tls` as a user meets it."""

import json
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from command_line import PATIENCE_S, environment, running, simexchange
from fake_venue import HOST, run
from simexchange.app import Exchange, Options, StartFailure
from simexchange.banner import banner
from simexchange.description import Description, TlsDescription, TlsOptions
from simexchange.front import all_hosts, hosts_of
from simexchange.serving import UsageError, read_ports
from simexchange.transports.server import open_socket
from simexchange.venues import VENUES
from small_world import small_world
from tls.fronted import calling


def fetch(url: str) -> bytes:
    with urlopen(url, timeout=PATIENCE_S) as response:
        content: bytes = response.read()
        return content


async def ping(port: int, context: ssl.SSLContext) -> int:
    async with calling(port, "api.binance.com", context) as wire:
        await wire.send(b"GET /api/v3/ping HTTP/1.1\r\nHost: api.binance.com\r\n\r\n")
        return (await wire.read_reply())[0]


def test_the_json_line_and_the_variables_tell_of_it(tmp_path: Path) -> None:
    ca_dir, env_out = tmp_path / "ca", tmp_path / "env"
    with running(tmp_path, "--tls", "--ca-dir", str(ca_dir), "--env-out", str(env_out)) as exchange:
        tls = exchange.described["tls"]
        (port,) = tls["ports"]
        assert tls == {"ca_file": str(ca_dir / "ca.pem"), "ports": [port], "hosts": hosts_of(["binance"])}
        assert list(exchange.described)[-1] == "tls"
        lines = env_out.read_text().splitlines()
        assert f"SIMX_CA_FILE={ca_dir / 'ca.pem'}" in lines
        assert f"SIMX_TLS_PORTS={port}" in lines
        assert run(ping(port, ssl.create_default_context(cafile=tls["ca_file"]))) == 200
        handed_out = fetch(f"{exchange.described['control_url']}/ca.pem")
        assert handed_out == (ca_dir / "ca.pem").read_bytes()


def test_without_it_nothing_tells_of_it(tmp_path: Path) -> None:
    env_out = tmp_path / "env"
    with running(tmp_path, "--env-out", str(env_out), SIMX_CA_DIR=str(tmp_path / "ca")) as exchange:
        assert "tls" not in exchange.described
        with pytest.raises(HTTPError) as refused:
            fetch(f"{exchange.described['control_url']}/ca.pem")
        assert refused.value.code == 404
        assert json.load(refused.value)["detail"] == (
            "there is no TLS front here, and no authority: `simexchange serve --tls` has both"
        )
        refused.value.close()
        assert not any("TLS" in line or "CA_FILE" in line for line in env_out.read_text().splitlines())
        assert not (tmp_path / "ca").exists()


def test_variables_switch_it_on_and_an_authority_in_memory_is_handed_out(tmp_path: Path) -> None:
    variables = {"SIMX_TLS": "1", "SIMX_TLS_PORTS": "0", "SIMX_CA_DIR": "none", "XDG_DATA_HOME": str(tmp_path)}
    with running(tmp_path, **variables) as exchange:
        tls = exchange.described["tls"]
        assert tls["ca_file"] is None
        pem = fetch(f"{exchange.described['control_url']}/ca.pem").decode()
        assert run(ping(tls["ports"][0], ssl.create_default_context(cadata=pem))) == 200
    assert not (tmp_path / "simexchange").exists()


def test_idle_clients_hold_up_no_end_and_leave_no_complaint(tmp_path: Path) -> None:
    ca_dir = tmp_path / "ca"
    with running(tmp_path, "--tls", "--ca-dir", str(ca_dir), "--log-level", "warning") as exchange:
        tls = exchange.described["tls"]
        context = ssl.create_default_context(cafile=tls["ca_file"])
        with (
            socket.create_connection((HOST, tls["ports"][0]), 10) as raw,
            context.wrap_socket(raw, server_hostname="api.binance.com") as idle,
            socket.create_connection((HOST, tls["ports"][0]), 10),
        ):
            idle.sendall(b"GET /api/v3/ping HTTP/1.1\r\nHost: api.binance.com\r\n\r\n")
            assert idle.recv(15) == b"HTTP/1.1 200 OK"
            exchange.signal(signal.SIGTERM)
            assert exchange.end() == (0, b"")
        assert exchange.log() == ""


def test_a_taken_port_is_explained_and_nothing_is_left_behind(tmp_path: Path) -> None:
    async def work() -> None:
        with open_socket(HOST, 0) as taken:
            port = taken.getsockname()[1]
            options = Options(port_base=0, tls=TlsOptions((0, port), None))
            with pytest.raises(StartFailure) as failure:
                await Exchange(options, small_world).start()
        assert str(failure.value) == (
            f"port {port} on 127.0.0.1, wanted for TLS, is taken; `ss -ltnp 'sport = :{port}'` shows by whom.\n"
            "Choose others with --tls-ports (SIMX_TLS_PORTS): 0 takes a free one."
        )

    run(work())


def test_a_folder_that_cannot_be_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = simexchange("serve", "--port-base", "0", "--tls", "--ca-dir", str(tmp_path / "file" / "ca"))
    assert ended.returncode == 1
    assert "the certificate authority cannot be kept in" in ended.stderr


@pytest.mark.parametrize(
    ("text", "ports"), [(None, None), ("443", (443,)), ("443, 9443", (443, 9443)), ("0", (0,)), ("443,443", (443,))]
)
def test_ports_are_read(text: str | None, ports: tuple[int, ...] | None) -> None:
    assert read_ports(text) == ports


@pytest.mark.parametrize("text", ["", "x", "443,", "-1", "65536", "4430000", "44\u0663"])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_ports(text)
    assert str(refused.value) == f"--tls-ports {text!r} is no list of ports: 443,9443 passes, or 0 for a free one"


def test_a_neighbor_s_host_is_answered_for_only_while_it_is_not_there() -> None:
    hosts = hosts_of(["binance"])["binance"]
    assert hosts[0] == "api.binance.com"
    assert hosts[-3:] == ["binance.localhost", "fapi.binance.com", "dapi.binance.com"]


def test_no_two_venues_have_a_host_in_common() -> None:
    own = [host for kind in VENUES.values() for host in kind.hosts]
    assert len(own) == len(set(own))
    shared = [host for hosts in hosts_of(VENUES).values() for host in hosts]
    assert len(shared) == len(set(shared))
    assert set(all_hosts()) == {host for host in shared if not host.endswith(".localhost")}


def test_the_banner_tells_of_it() -> None:
    tls = TlsDescription("ca.pem", [443, 9443], {"binance": ["api.binance.com", "stream.binance.com"]})
    told = banner(Description(7, "calm", "http://127.0.0.1:8787", {}, tls=tls), in_color=False)
    assert "TLS  by their real names, such as api.binance.com, on port 443, 9443\n" in told
    assert "     clients trust ca.pem; `simexchange ca doctor` tells what is missing\n" in told
    assert "TLS" not in banner(Description(7, "calm", "http://127.0.0.1:8787", {}), in_color=False)


def test_help_tells_of_the_options() -> None:
    text = " ".join(simexchange("serve", "--help").stdout.split())
    for option in ("SIMX_TLS", "SIMX_TLS_PORTS", "SIMX_CA_DIR"):
        assert f"env var: {option}]" in text


def test_nothing_of_it_is_imported_without_it() -> None:
    code = "import sys, simexchange.cli, simexchange.app, simexchange.serving; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    loaded = set(ended.stdout.split())
    assert not {"simexchange.front", "simexchange.transports.certificates", "simexchange.transports.tls"} & loaded
