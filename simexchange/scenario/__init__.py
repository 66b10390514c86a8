"""Scenarios: a world described as plain values (``specs``), a built-in one (``calm``), and its making (``build``)."""

from simexchange.scenario.build import BUILT_IN, BuiltAccount, BuiltWorld, UnknownScenario, build_world
from simexchange.scenario.calm import calm
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
    "BUILT_IN",
    "AccountSpec",
    "BandSpec",
    "BuiltAccount",
    "BuiltWorld",
    "FeeSpec",
    "InstrumentSpec",
    "MarketSpec",
    "Scenario",
    "TrailSpec",
    "UnknownScenario",
    "VenueSpec",
    "build_world",
    "calm",
]
