"""Scenarios: a world described as plain values (``specs``), read from a text (``parse``), shipped (``library``), and
made (``build``).
"""

from simexchange.scenario.build import BuiltAccount, BuiltWorld, build_world
from simexchange.scenario.calm import calm
from simexchange.scenario.library import UnknownScenario, load
from simexchange.scenario.problems import ScenarioError
from simexchange.scenario.specs import (
    AccountSpec,
    BandSpec,
    FeeSpec,
    InstrumentSpec,
    MarketSpec,
    Scenario,
    TrailSpec,
    VenueSpec,
)

__all__ = [
    "AccountSpec",
    "BandSpec",
    "BuiltAccount",
    "BuiltWorld",
    "FeeSpec",
    "InstrumentSpec",
    "MarketSpec",
    "Scenario",
    "ScenarioError",
    "TrailSpec",
    "UnknownScenario",
    "VenueSpec",
    "build_world",
    "calm",
    "load",
]
