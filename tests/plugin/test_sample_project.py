"""The built wheel in a project of somebody else's: another folder, another environment, two workers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from client_environments import ROOT, client_python
from command_line import environment
from plugin.sample_project import BOT, SETTINGS, TESTS
from readme import blocks

PATIENCE_S = 240

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel installed in it, to be put before an environment's own packages."""
    wheels, site = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(wheels), str(ROOT)]
    subprocess.run(build, check=True, timeout=PATIENCE_S)
    (wheel,) = wheels.iterdir()
    install = [*pip, "install", "--no-deps", "--no-index", "--target", str(site), str(wheel)]
    subprocess.run(install, check=True, timeout=PATIENCE_S)
    return site


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "bot.py").write_text(BOT)
    (tmp_path / "test_bot.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text(SETTINGS)
    return tmp_path


def run(project: Path, site: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(client_python("plugin")), "-m", "pytest", "-p", "no:cacheprovider", *options],
        cwd=project,
        env=environment(PYTHONPATH=os.pathsep.join((str(site), str(project)))),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def test_its_tests_pass_with_two_workers(project: Path, site: Path) -> None:
    ended = run(project, site, "-n", "2", "--durations=5")
    assert "11 passed" in ended.stdout, ended.stdout + ended.stderr


def test_what_the_readme_shows_passes_as_it_stands(tmp_path: Path, site: Path) -> None:
    (text,) = blocks("pytest", "python")
    (tmp_path / "test_my_bot.py").write_text(text)
    (tmp_path / "pytest.ini").write_text(SETTINGS)
    ended = run(tmp_path, site)
    assert "2 passed" in ended.stdout, ended.stdout + ended.stderr


def test_its_tests_pass_in_one_process_and_say_what_happened_where_they_fail(project: Path, site: Path) -> None:
    failing = (
        "\n\ndef test_fails(simx):\n    Bot(simx.binance.ccxt('alice')).find('BTC/USDT', 'nobody')\n    assert 0\n"
    )
    (project / "test_bot.py").write_text(TESTS + failing)
    ended = run(project, site)
    assert "1 failed, 11 passed" in ended.stdout, ended.stdout + ended.stderr
    assert "alice GET /api/v3/order " in ended.stdout
    assert '-> 400 {"code":-2013,"msg":"Order does not exist."}' in ended.stdout


def test_one_exchange_for_all_is_refused_to_workers(project: Path, site: Path) -> None:
    for option in ("--simx-keep", "--simx-url=http://127.0.0.1:8787"):
        ended = run(project, site, "-n", "2", option)
        assert ended.returncode == pytest.ExitCode.USAGE_ERROR
        name = option.partition("=")[0]
        assert f"{name} is for one exchange, and xdist's workers have one each: leave out -n" in ended.stderr
