"""What the README shows is run as it is written there: taken out of the file, never typed again."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
import yaml

from client_environments import client_python
from command_line import environment, running, simexchange
from readme import blocks, section
from simexchange.plugin.markers import Wanted
from simexchange.scenario.parse import parse_scenario
from simexchange.scenario_checks import all_checks
from simexchange.services.faults.kinds import load_catalogue
from simexchange.venues import VENUES

PATIENCE_S = 90


def bash(script: str, folder: Path, *tools: Path) -> "subprocess.CompletedProcess[str]":
    """Run a block as a reader would paste it, `simexchange` and the tools at hand."""
    path = os.pathsep.join((*map(str, tools), str(Path(sys.executable).parent), os.environ["PATH"]))
    return subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=folder,
        env=environment(PATH=path),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def test_the_ci_section_runs(tmp_path: Path) -> None:
    (tmp_path / "my_integration_tests.py").write_text(
        "import json, sys, urllib.request\n"
        "described = json.load(open(sys.argv[1]))\n"
        "venue = described['venues']['binance']\n"
        "assert {'api_key', 'api_secret', 'permissions', 'balances'} <= set(venue['accounts'][0])\n"
        "with urllib.request.urlopen(venue['rest_url'] + '/api/v3/ping') as answer:\n"
        "    print(answer.status)\n"
    )
    (script,) = blocks("CI and containers", "bash")
    ended = bash(script, tmp_path)
    assert (ended.returncode, ended.stdout) == (0, "200\n"), ended.stderr


def test_the_job_of_the_ci_section_names_what_there_is() -> None:
    (text,) = blocks("CI and containers", "yaml")
    job = yaml.safe_load(text)["jobs"]["bot"]
    service = job["services"]["exchange"]
    offered = simexchange("serve", "--help").stdout
    assert all(f"env var: {name}" in " ".join(offered.split()) for name in service["env"])
    assert service["ports"] == ["8787:8787", f"{8787 + VENUES['binance'].port_offset}:8788"]
    token = service["env"]["SIMX_CONTROL_TOKEN"]
    assert job["steps"][-1]["run"] == f"pytest --simx-url http://{token}@127.0.0.1:8787"


def test_the_locust_section_runs(tmp_path: Path) -> None:
    locust = client_python("locust").parent
    (file,) = blocks("Locust", "python")
    (script,) = blocks("Locust", "bash")
    (tmp_path / "locustfile.py").write_text(file)
    ended = bash(script, tmp_path, locust)
    assert ended.returncode == 0, ended.stdout[-1500:] + ended.stderr[-3000:]
    assert "Where this load meets the venue's limits" in ended.stdout
    assert (tmp_path / "load.html").exists()


@pytest.mark.parametrize("title", ["Faults", "Time, snapshots, reset"])
def test_every_ctl_command_shown_is_understood(title: str, tmp_path: Path) -> None:
    commands = [
        shlex.split(line, comments=True)
        for block in blocks(title, "")
        for line in block.splitlines()
        if line.startswith("simexchange ctl")
    ]
    assert len(commands) >= 4
    with running(tmp_path) as served:
        told = {
            "SIMX_CONTROL_URL": served.described["control_url"],
            "SIMX_CONTROL_TOKEN": served.described["control_token"],
        }
        for command in commands:
            ended = simexchange(*command[1:], **told)
            assert ended.returncode == 0, f"{command}: {ended.stderr}"


def test_the_control_section_arms_its_fault_and_counts(tmp_path: Path) -> None:
    (block,) = blocks("Control", "")
    words = shlex.split(block.replace("\\\n", " "), comments=True)
    body, target = words[words.index("-d") + 1], words[words.index("-d") - 1]
    verify = shlex.split(next(line for line in block.splitlines() if "ctl verify" in line), comments=True)
    with running(tmp_path) as served:
        url, token = served.described["control_url"], served.described["control_token"]
        told = {"SIMX_CONTROL_URL": url, "SIMX_CONTROL_TOKEN": token}
        held = {"Authorization": f"Bearer {token}"}
        request = Request(f"{url}{urlsplit(target).path}", body.encode(), held)
        with urlopen(request, timeout=PATIENCE_S) as answer:
            assert (answer.status, json.load(answer)["kind"]) == (201, "response-lost")
        assert simexchange(*verify[1:], **told).returncode == 1


def test_the_pytest_section_names_every_fixture_and_what_the_marker_takes() -> None:
    shown = set(re.findall(r"`(\w+)[`(]", section("pytest")))
    assert {"simx_server", "simx_ccxt", *Wanted.__struct_fields__} <= shown


def test_the_scenario_shown_is_one() -> None:
    (text,) = blocks("Scenarios", "yaml")
    scenario = parse_scenario(text, "README.md", all_checks())
    assert (scenario.name, len(scenario.timeline), len(scenario.expect)) == ("two-bad-minutes", 4, 4)


def test_every_option_of_serve_that_is_shown_is_one() -> None:
    shown = {
        word
        for title in ("Five minutes", "CI and containers", "Locust")
        for language in ("", "bash")
        for block in blocks(title, language)
        for line in block.splitlines()
        if line.lstrip().startswith("simexchange serve")
        for word in shlex.split(line.replace("&", ""), comments=True)
        if word.startswith("--") and word != "--help"
    }
    offered = simexchange("serve", "--help").stdout
    assert shown
    assert not {option for option in shown if f"{option} " not in offered}


@pytest.mark.parametrize("family", re.findall(r"^\| ([a-z ]+) \| (`.*`) \|$", section("Faults"), re.MULTILINE))
def test_every_kind_of_fault_shown_is_one(family: tuple[str, str]) -> None:
    kinds = re.findall(r"`([a-z0-9-]+)`", family[1])
    assert kinds
    assert not [kind for kind in kinds if load_catalogue().find(kind) is None]
