"""Two ways to have the venues' real names lead to a served exchange, for clients that know nothing of it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import pytest

from client_environments import client_python
from command_line import command, environment, simexchange
from conformance.harness import TESTS, Seen, Served, run_client, serve
from simexchange.front import all_hosts

ENVIRONMENT = "ccxt"
REDIRECTED = Path(__file__).resolve().parent / "redirected"
TOOLS = ("unshare", "nsenter", "ip", "mount")
ENTERED = """set -e
ip link set lo up
mount --bind "$1" /etc/hosts
mount --bind "$2" "$3"
shift 3
exec "$@"
"""


class Network(Protocol):
    """An exchange, and clients that find it by the names they were released with."""

    served: Served

    def run(self, script: str, flavor: str) -> Seen: ...


def variables(ca_dir: Path) -> dict[str, str]:
    """What `simexchange ca env` prints."""
    printed = simexchange("ca", "env", "--ca-dir", str(ca_dir)).stdout
    return dict(line.split("=", 1) for line in printed.splitlines())


def certifi_file() -> Path:
    """The clients' own bundle of public authorities."""
    asked = [str(client_python(ENVIRONMENT)), "-c", "import certifi; print(certifi.where())"]
    return Path(subprocess.run(asked, capture_output=True, text=True, timeout=30, check=True).stdout.strip())


def trusting_bundle(folder: Path, ca_dir: Path) -> Path:
    """A copy of the clients' bundle to which `simexchange ca export --append` was applied."""
    bundle = Path(shutil.copy(certifi_file(), folder / "cacert.pem"))
    ended = simexchange("ca", "export", "--ca-dir", str(ca_dir), "--append", str(bundle))
    assert ended.returncode == 0, ended.stderr
    return bundle


class Redirected:
    """A resolver patch in the client's interpreter, and free ports."""

    def __init__(self, served: Served, ca_dir: Path, bundle: Path) -> None:
        self.served = served
        self._variables = variables(ca_dir) | {"SIMX_TRUSTED": str(bundle), "PYTHONPATH": str(REDIRECTED)}

    def run(self, script: str, flavor: str) -> Seen:
        return run_client(self.served, ENVIRONMENT, script, flavor, **self._variables)


class OwnNetwork:
    """A network namespace with nothing but a loopback: names by its /etc/hosts, the very ports that clients ask for."""

    def __init__(self, served: Served, ca_dir: Path) -> None:
        self.served = served
        self._variables = variables(ca_dir)

    @property
    def through(self) -> tuple[str, ...]:
        user = () if os.geteuid() == 0 else ("--user", "--preserve-credentials")
        return ("nsenter", *user, "--net", "--mount", f"--wd={TESTS}", "--target", str(self.served.pid), "--")

    def run(self, script: str, flavor: str) -> Seen:
        return run_client(self.served, ENVIRONMENT, script, flavor, self.through, **self._variables)

    def simexchange(self, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """The command, run where the clients are."""
        variables = environment(**self._variables, **more)
        return subprocess.run(
            [*self.through, *command(*arguments)],
            env=variables,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@contextmanager
def redirected(folder: Path) -> Iterator[Network]:
    ca_dir = folder / "ca"
    bundle = trusting_bundle(folder, ca_dir)
    with serve(folder / "log", "--tls", "--tls-ports", "0", "--ca-dir", str(ca_dir)) as served:
        yield Redirected(served, ca_dir, bundle)


@contextmanager
def own_network(folder: Path) -> Iterator[OwnNetwork]:
    """Skips, with the reason, where the system does not let this user have one."""
    unshare = _unshare()
    ca_dir, hosts = folder / "ca", folder / "hosts"
    bundle = trusting_bundle(folder, ca_dir)
    hosts.write_text("127.0.0.1 localhost\n" + "".join(f"127.0.0.1 {host}\n" for host in all_hosts()))
    entered = ("sh", "-c", ENTERED, "sh", str(hosts), str(bundle), str(certifi_file()))
    options = ("--tls", "--tls-ports", "443,9443", "--ca-dir", str(ca_dir))
    with serve(folder / "log", *options, through=(*unshare, *entered)) as served:
        yield OwnNetwork(served, ca_dir)


def _unshare() -> tuple[str, ...]:
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"a network namespace takes {', '.join(missing)}, which is not installed")
    user = () if os.geteuid() == 0 else ("--map-root-user",)
    command = ("unshare", *user, "--net", "--mount")
    tried = subprocess.run([*command, "true"], capture_output=True, text=True, timeout=30, check=False)
    if tried.returncode != 0:
        pytest.skip(f"this user may have no network namespace of its own: {tried.stderr.strip()}")
    return command
