"""What a model sees of a venue: its door. The same commands, views and refusals as everybody has."""

from typing import Protocol

from simexchange.domain.commands import Command
from simexchange.domain.events import Batch
from simexchange.services.clock import WorldClock
from simexchange.venue.venue import Venue


class TradingDoor(Protocol):
    """Submit commands, read the venue, ask the time."""

    name: str
    venue: Venue
    clock: WorldClock

    def submit(self, command: Command) -> Batch: ...
