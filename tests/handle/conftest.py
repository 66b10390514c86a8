"""One exchange, and both ways to lay hands on it: from its own process, and over the control API."""

from collections.abc import Iterator

import pytest

import simexchange
from simexchange.handle.simx import Simx


@pytest.fixture(scope="module")
def served() -> Iterator[Simx]:
    with simexchange.serve(scenario="calm", seed=7, clock="manual", start="2026-01-05T00:00:00Z") as simx:
        yield simx


@pytest.fixture(scope="module", params=["in process", "over the control API"])
def either(served: Simx, request: pytest.FixtureRequest) -> Simx:
    if request.param == "in process":
        return served
    return simexchange.attach(served.control_url, served.control_token)


@pytest.fixture
def handle(either: Simx) -> Simx:
    """At its start."""
    either.clock.set("manual")
    either.reset()
    return either
