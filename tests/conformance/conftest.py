"""One exchange for all client scripts, each run once, however many tests read what it saw."""

from collections.abc import Iterator

import pytest

from conformance.harness import Observe, Seen, Served, run_client, serve


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve(tmp_path_factory.mktemp("served") / "exchange.log") as running:
        yield running


@pytest.fixture(scope="session")
def observe(served: Served) -> Observe:
    """(environment, script, flavor) -> what that client saw; the first question runs the script."""
    runs: dict[tuple[str, str, str], Seen] = {}

    def seen(environment: str, script: str, flavor: str) -> Seen:
        key = (environment, script, flavor)
        if key not in runs:
            runs[key] = run_client(served, environment, script, flavor)
        return runs[key]

    return seen
