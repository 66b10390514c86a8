"""What a scenario says, as typed values in the shape of the scenario file: one struct for each mapping.

All that a file may hold is here and in ``venue_specs``, ``timeline_specs`` and ``expectation_specs``; the reader and
the JSON Schema follow from these types alone.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, field

from simexchange.scenario.expectation_specs import AtEnd, Bounds, Expectation, ReportCard
from simexchange.scenario.timeline_specs import (
    BalanceSpec,
    DelistSpec,
    Entry,
    EventSpec,
    FaultSpec,
    FillSpec,
    HaltSpec,
    KeySpec,
    MatchSpec,
    MoveSpec,
    ResumeSpec,
    RulesSpec,
    SpreadSpec,
    WhenSpec,
)
from simexchange.scenario.values import Duration, Instant, Name
from simexchange.scenario.venue_specs import (
    ACCOUNTS,
    BALANCES,
    INSTRUMENTS,
    AccountSpec,
    BandSpec,
    FeeSpec,
    InstrumentSpec,
    LatencySpec,
    MarketSpec,
    Percentiles,
    Spec,
    TrailSpec,
    VenueSpec,
)

__all__ = [
    "ACCOUNTS",
    "BALANCES",
    "INSTRUMENTS",
    "AccountSpec",
    "AtEnd",
    "BalanceSpec",
    "BandSpec",
    "Bounds",
    "ClockSpec",
    "DelistSpec",
    "Entry",
    "EventSpec",
    "Expectation",
    "FaultSpec",
    "FeeSpec",
    "FillSpec",
    "HaltSpec",
    "InstrumentSpec",
    "KeySpec",
    "LatencySpec",
    "MarketSpec",
    "MatchSpec",
    "MoveSpec",
    "Percentiles",
    "ReportCard",
    "ResumeSpec",
    "RulesSpec",
    "Scenario",
    "Spec",
    "SpreadSpec",
    "TrailSpec",
    "VenueSpec",
    "WhenSpec",
    "to_plain",
]


class ClockSpec(Spec, frozen=True):
    """What drives the world's time, how fast (scaled only), and when it begins (by default: now)."""

    mode: Literal["real", "scaled", "manual"] = "real"
    speed: Annotated[float, Meta(ge=0.001, le=100_000)] | None = None
    """Seconds of the world per second of the machine; 20 by default."""
    start: Instant | None = None


def _usual_venues() -> dict[Name, VenueSpec]:
    return {"binance": VenueSpec()}


class Scenario(Spec, frozen=True):
    """A world, what happens in it, and what is expected of the bot that trades in it."""

    name: Name
    venues: dict[Name, VenueSpec] = field(default_factory=_usual_venues)
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 42
    version: Literal[1] = 1
    description: str = ""
    clock: ClockSpec = ClockSpec()
    ends_after: Duration | None = None
    timeline: tuple[Entry, ...] = ()
    expect: tuple[Expectation, ...] = ()


def to_plain(scenario: Scenario) -> dict[str, Any]:
    """A scenario as plain data in the shape of the file, defaults left out; ``parse_scenario`` reads it back."""
    plain: dict[str, Any] = {"version": scenario.version} | msgspec.to_builtins(scenario, enc_hook=str)
    for entry, said in zip(plain.get("timeline", ()), scenario.timeline, strict=False):
        if said.fault is not None:
            entry["fault"] = said.fault.as_rule()
    return plain
