"""Runs of pytest within a run of pytest."""

import importlib

import pytest

import simexchange


@pytest.fixture(scope="session", autouse=True)
def _everything_is_imported() -> None:
    """A run within this one forgets what it imported, and two copies of a module know nothing of each other."""
    importlib.import_module("simexchange.plugin.session")
    importlib.import_module("simexchange.scenario_checks")
    with simexchange.serve(scenario="thin-book") as simx:
        simx.faults.catalogue()
        simexchange.attach(simx.control_url, simx.control_token)
