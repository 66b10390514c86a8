from pathlib import Path

import pytest

from client_environments import client_python


def test_an_installed_environment_gives_its_interpreter(tmp_path: Path) -> None:
    environment = tmp_path / ".venvs" / "ccxt"
    environment.mkdir(parents=True)
    (environment / "ready").touch()
    assert client_python("ccxt", tmp_path) == environment / "bin" / "python"


def test_a_failed_installation_skips_with_the_recorded_reason(tmp_path: Path) -> None:
    environment = tmp_path / ".venvs" / "ccxt"
    environment.mkdir(parents=True)
    (environment / "unavailable").write_text("No matching distribution\n")
    with pytest.raises(pytest.skip.Exception, match=r"could not be installed: No matching distribution$"):
        client_python("ccxt", tmp_path)


def test_a_missing_environment_skips_and_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(pytest.skip.Exception, match="run `make conformance`"):
        client_python("ccxt", tmp_path)
