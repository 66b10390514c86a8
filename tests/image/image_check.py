"""Builds the Dockerfile and uses the image as its users do: `make image-check`.

With a Docker engine it uses that. Without one it builds the same file with buildah, on a base that debootstrap makes
under the name the file asks for, and starts what the image says on a read-only root in namespaces of its own. It says
which of the two it did. Nothing is pulled from anywhere but the package mirrors that this machine uses.
"""

import argparse
import hmac
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
TAG: Final = "simexchange:check"
SUITE: Final = "bookworm"
BASE_PACKAGES: Final = "python3,python3-pip,python3-venv,ca-certificates"
MOST_BYTES: Final = 100 * 1000 * 1000
"""What the image may add to its base."""
BUILD_S: Final = 900
START_S: Final = 30
STOP_S: Final = 5
PORT: Final = 8788
TOKEN: Final = "image-check-token-0123456789"
CERTIFICATES: Final = Path("/etc/ssl/certs")


class CheckFailed(Exception):
    """The image is not what it says it is; the message is for the person who built it."""


class Missing(Exception):
    """There is nothing to build with."""


def run(*command: str, seconds: float = BUILD_S, environment: Mapping[str, str] | None = None) -> str:
    """Run to the end; its output, or CheckFailed with the end of what it said."""
    print("+", shlex.join(command[:12]), flush=True)
    ended = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=seconds, check=False
    )
    if ended.returncode != 0:
        raise CheckFailed(
            f"{shlex.join(command)} ended with {ended.returncode}:\n{ended.stdout[-2000:]}{ended.stderr[-3000:]}"
        )
    return ended.stdout


def has_engine() -> bool:
    if shutil.which("docker") is None:
        return False
    asked = subprocess.run(["docker", "info"], capture_output=True, timeout=30, check=False)
    return asked.returncode == 0


def pip_settings(folder: Path) -> Path:
    """This machine's settings of pip as one file, to be handed to the build as its secret."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, timeout=60, check=True
    ).stdout
    lines = ["[global]"]
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        option, setting = name.rpartition(".")[2], value.strip().strip("'")
        is_here_only = "file:" in setting or (setting.startswith("/") and option != "cert")
        if not is_here_only:
            lines.append(f"{option} = {setting}")
    path = folder / "pip.conf"
    path.write_text("\n".join(dict.fromkeys(lines)) + "\n")
    return path


class Image:
    """A built image: what it says of itself, and a way to run it."""

    config: dict[str, Any]
    added_bytes: int

    def start(self, environment: Mapping[str, str]) -> "subprocess.Popen[str]":
        """The image's own command as the image's own user, its root not writable."""
        raise NotImplementedError

    def ask_health(self) -> bool:
        """Whether the image's health check passes."""
        raise NotImplementedError

    def stop(self, process: "subprocess.Popen[str]") -> int:
        """What `docker stop` does; the exit code."""
        raise NotImplementedError


class DockerImage(Image):
    """Built and run by a Docker engine."""

    NAME: Final = "simexchange-image-check"

    def __init__(self, folder: Path) -> None:
        base = base_name()
        run("docker", "build", "--secret", f"id=pip,src={pip_settings(folder)}", "--tag", TAG, ".")
        described = json.loads(run("docker", "image", "inspect", TAG))[0]
        self.config = described["Config"]
        self.added_bytes = described["Size"] - json.loads(run("docker", "image", "inspect", base))[0]["Size"]

    def start(self, environment: Mapping[str, str]) -> "subprocess.Popen[str]":
        variables = [part for name, value in environment.items() for part in ("--env", f"{name}={value}")]
        command = ["docker", "run", "--rm", "--read-only", "--name", self.NAME]
        command += ["--publish", f"127.0.0.1:{PORT}:{PORT}", *variables, TAG]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def ask_health(self) -> bool:
        asked = subprocess.run(
            ["docker", "exec", self.NAME, *self.config["Healthcheck"]["Test"][1:]],
            capture_output=True,
            timeout=10,
            check=False,
        )
        return asked.returncode == 0

    def stop(self, process: "subprocess.Popen[str]") -> int:
        subprocess.run(["docker", "stop", self.NAME], capture_output=True, timeout=30, check=True)
        return process.wait(STOP_S)


class BuildahImage(Image):
    """Built by buildah without an engine, run in a mount namespace on the image's read-only file system."""

    def __init__(self, folder: Path, storage: Path) -> None:
        for tool in ("buildah", "debootstrap", "unshare"):
            if shutil.which(tool) is None:
                raise Missing(f"there is no Docker engine, and no {tool}: install docker, or buildah and debootstrap")
        if os.geteuid() != 0:
            raise Missing("there is no Docker engine, and debootstrap needs root")
        storage.mkdir(parents=True, exist_ok=True)
        self._buildah = ("buildah", "--root", str(storage / "root"), "--runroot", str(storage / "run"))
        self._environment = os.environ | {"STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"}
        base = base_name()
        if not self._has(base):
            self._make_base(base, folder)
        build = ["bud", "--isolation", "chroot", "--format", "docker", "--pull-never", "--tag", TAG]
        build += ["--secret", f"id=pip,src={pip_settings(folder)}"]
        if CERTIFICATES.is_dir():
            build += ["--volume", f"{CERTIFICATES}:{CERTIFICATES}:ro"]
        self._call(*build, ".")
        described = json.loads(self._call("inspect", "--type", "image", TAG))
        self.config = described["Docker"]["config"]
        container = self._call("from", "--pull-never", TAG).strip()
        self._root = Path(self._call("mount", container).strip())
        self.added_bytes = sum(
            file.lstat().st_size for file in (self._root / "opt/simexchange").rglob("*") if not file.is_dir()
        )

    def _call(self, *arguments: str) -> str:
        return run(*self._buildah, *arguments, environment=self._environment)

    def _has(self, name: str) -> bool:
        return name in self._call("images", "--format", "{{.Name}}:{{.Tag}}").split()

    def _make_base(self, name: str, folder: Path) -> None:
        print(f"making {name} of Debian {SUITE} with debootstrap", flush=True)
        system = folder / "base"
        run("debootstrap", "--variant=minbase", f"--include={BASE_PACKAGES}", SUITE, str(system))
        container = self._call("from", "scratch").strip()
        self._call("copy", "--quiet", container, str(system), "/")
        self._call("commit", "--quiet", "--format", "docker", "--rm", container, name)
        shutil.rmtree(system)

    def _inside(self, command: Sequence[str], environment: Mapping[str, str]) -> list[str]:
        """A command on the image's read-only root, as its user, with its environment."""
        settings = [*self.config["Env"], *(f"{name}={value}" for name, value in environment.items())]
        root = shlex.quote(str(self._root))
        user = self.config["User"]
        change = f"cd {shlex.quote(self.config['WorkingDir'])} && exec {shlex.join(command)}"
        script = (
            f"mount --bind {root} {root} && mount -o remount,bind,ro {root} && mount --rbind /dev {root}/dev"
            f" && mount --rbind /proc {root}/proc"
            f" && exec env -i {shlex.join(settings)} chroot --userspec={user} {root} sh -c {shlex.quote(change)}"
        )
        return ["unshare", "--mount", "sh", "-c", script]

    def start(self, environment: Mapping[str, str]) -> "subprocess.Popen[str]":
        command = [*self.config["Entrypoint"], *self.config["Cmd"]]
        return subprocess.Popen(
            self._inside(command, environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def ask_health(self) -> bool:
        check = self.config["Healthcheck"]["Test"]
        assert check[0] == "CMD", check
        asked = subprocess.run(self._inside(check[1:], {}), capture_output=True, timeout=10, check=False)
        return asked.returncode == 0

    def stop(self, process: "subprocess.Popen[str]") -> int:
        process.send_signal(signal.SIGTERM)
        return process.wait(STOP_S)


def base_name() -> str:
    """What the Dockerfile builds upon."""
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    name = next(line.partition("=")[2] for line in lines if line.startswith("ARG BASE="))
    return name if "/" in name else f"docker.io/library/{name}"


@contextmanager
def started(image: Image, environment: Mapping[str, str]) -> Iterator["subprocess.Popen[str]"]:
    process = image.start(environment)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=STOP_S)


def wait_until_healthy(image: Image, process: "subprocess.Popen[str]") -> float:
    """Seconds until the health check passed."""
    began = time.monotonic()
    while time.monotonic() - began < START_S:
        if process.poll() is not None:
            _, errors = process.communicate()
            raise CheckFailed(f"it ended with {process.returncode} before it was healthy:\n{errors[-3000:]}")
        if image.ask_health():
            return time.monotonic() - began
        time.sleep(0.1)
    raise CheckFailed(f"it was not healthy within {START_S} s")


def trade(described: Mapping[str, Any]) -> str:
    """Place an order as alice would, and cancel it; what the venue called its status."""
    account = next(one for one in described["venues"]["binance"]["accounts"] if one["name"] == "alice")
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    placed = signed(account, "POST", order | {"quantity": "0.001", "price": "50000"})
    if placed["status"] != "NEW":
        raise CheckFailed(f"an order far from the market came back as {placed}")
    canceled = signed(account, "DELETE", {"symbol": "BTCUSDT", "orderId": placed["orderId"]})
    return str(canceled["status"])


def signed(account: Mapping[str, Any], method: str, params: Mapping[str, Any]) -> dict[str, Any]:
    query = urllib.parse.urlencode(dict(params) | {"timestamp": int(time.time() * 1000)})
    signature = hmac.new(account["api_secret"].encode(), query.encode(), "sha256").hexdigest()
    request = urllib.request.Request(
        f"http://127.0.0.1:{PORT}/api/v3/order?{query}&signature={signature}",
        method=method,
        headers={"X-MBX-APIKEY": account["api_key"]},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def check(image: Image) -> None:
    config = image.config
    if config["User"] in ("", "root", "0", "0:0"):
        raise CheckFailed(f"the image runs as {config['User'] or 'root'}")
    if not config.get("Healthcheck"):
        raise CheckFailed("the image has no health check")
    print(f"user {config['User']}, {image.added_bytes / 1e6:.1f} MB over its base")
    if image.added_bytes > MOST_BYTES:
        raise CheckFailed(f"the image adds {image.added_bytes / 1e6:.1f} MB to its base; {MOST_BYTES / 1e6:.0f} pass")
    with started(image, {"SIMX_JSON": "true", "SIMX_SEED": "7"}) as process:
        print(f"healthy after {wait_until_healthy(image, process):.1f} s on a read-only root")
        assert process.stdout is not None
        described = json.loads(process.stdout.readline())
        if described["seed"] != 7:
            raise CheckFailed(f"SIMX_SEED=7 gave the seed {described['seed']}")
        print(f"an order was placed, and canceled: {trade(described)}")
        began = time.monotonic()
        code = image.stop(process)
        print(f"ended with {code}, {time.monotonic() - began:.2f} s after SIGTERM")
        if code != 0:
            raise CheckFailed(f"SIGTERM ended it with {code}; 0 passes")
    with started(image, {"SIMX_CONTROL_HOST": "0.0.0.0"}) as process:
        code = process.wait(START_S)
        if code != 1:
            raise CheckFailed(f"an open control port without a token was accepted: exit code {code}")
    print("an open control port without a token is refused")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--storage", type=Path, default=ROOT / ".venvs" / "image", help="where buildah keeps its images"
    )
    chosen = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="simexchange-image-") as folder:
            if has_engine():
                print("building with the Docker engine")
                check(DockerImage(Path(folder)))
            else:
                print("there is no Docker engine: building the same Dockerfile with buildah")
                check(BuildahImage(Path(folder), chosen.storage))
    except Missing as missing:
        print(f"image-check could not be run: {missing}", file=sys.stderr)
        return 3
    except CheckFailed as failed:
        print(f"image-check failed: {failed}", file=sys.stderr)
        return 1
    print("image-check passed")
    return 0


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
