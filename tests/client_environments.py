"""Where the real client libraries live: one environment for each tests/conformance/requirements-NAME.txt."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def client_python(name: str, root: Path = ROOT) -> Path:
    """The interpreter of the environment `name`; skips the test, and says why, where it is not installed."""
    environment = root / ".venvs" / name
    if (environment / "ready").exists():
        return environment / "bin" / "python"
    unavailable = environment / "unavailable"
    if unavailable.exists():
        pytest.skip(f"the {name} clients could not be installed: {unavailable.read_text().strip()}")
    pytest.skip(f"the {name} clients are not installed: run `make conformance`")
