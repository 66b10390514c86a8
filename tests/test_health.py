import subprocess
import sys
from pathlib import Path

import pytest

from command_line import environment, running, simexchange
from simexchange.health import address, is_ready


@pytest.mark.parametrize(
    ("variables", "asked"),
    [
        ({}, ("127.0.0.1", 8787)),
        ({"SIMX_PORT_BASE": "9000"}, ("127.0.0.1", 9000)),
        ({"SIMX_HOST": "0.0.0.0"}, ("127.0.0.1", 8787)),
        ({"SIMX_HOST": "0.0.0.0", "SIMX_CONTROL_HOST": "127.0.0.2"}, ("127.0.0.2", 8787)),
        ({"SIMX_HOST": "10.0.0.7"}, ("10.0.0.7", 8787)),
    ],
)
def test_it_asks_where_the_same_variables_put_the_control_port(
    variables: dict[str, str], asked: tuple[str, int]
) -> None:
    assert address(variables) == asked


def test_a_ready_exchange_is_healthy_and_a_gone_one_is_not(tmp_path: Path) -> None:
    with running(tmp_path) as served:
        port = int(served.described["control_url"].rpartition(":")[2])
        assert is_ready("127.0.0.1", port) == (True, '{"status":"ready"}')
    ready, said = is_ready("127.0.0.1", port)
    assert not ready
    assert said.startswith(f"nobody answers on 127.0.0.1:{port}: ")


def test_the_command_says_so_by_its_exit_code() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "simexchange.health"],
        env=environment(SIMX_PORT_BASE="1"),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("nobody answers on 127.0.0.1:1: ")


def test_the_control_port_may_stay_here_while_the_venues_are_open_to_others(tmp_path: Path) -> None:
    with running(tmp_path, "--host", "0.0.0.0", "--control-host", "127.0.0.1") as served:
        assert served.described["control_url"].startswith("http://127.0.0.1:")
        assert served.venue["rest_url"].startswith("http://0.0.0.0:")


def test_a_control_port_open_to_others_needs_a_token_that_somebody_chose() -> None:
    ended = simexchange("serve", "--host", "0.0.0.0", "--port-base", "0")
    assert ended.returncode == 1
    assert "--control-token (SIMX_CONTROL_TOKEN)" in ended.stderr
    assert "--control-host 127.0.0.1" in ended.stderr


def test_a_control_host_that_is_no_address_of_this_machine_is_named_with_its_option() -> None:
    ended = simexchange("serve", "--control-host", "203.0.113.9", "--port-base", "0")
    assert ended.returncode == 1
    assert "--control-host (SIMX_CONTROL_HOST) names the address" in ended.stderr
