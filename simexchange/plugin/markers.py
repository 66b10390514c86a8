"""What a test wants its exchange to be: the markers on it, the nearest one first, and the run's own seed."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from simexchange.services.likeness import did_you_mean

MARKER = "simx"


class MarkerError(ValueError):
    """A marker that makes no sense; the message says what was given and what would pass."""


class Wanted(Struct, frozen=True):
    """One exchange, as it was asked for. Equal ones share a server. None is as the scenario has it."""

    scenario: str = "calm"
    seed: int | None = None
    clock: str | None = "manual"
    venues: tuple[str, ...] | None = None
    limits: str = "venue"
    accounts: int = 0
    speed: str | None = None
    start: str | None = None


def wanted_by(markers: Iterable[pytest.Mark], default: Wanted) -> Wanted:
    """What the markers of a test (the nearest first) say together. Raises MarkerError."""
    said: dict[str, Any] = {}
    for marker in markers:
        said = {**_arguments(marker), **said}
    try:
        return msgspec.convert(msgspec.structs.asdict(default) | said, Wanted)
    except msgspec.ValidationError as error:
        raise MarkerError(f"@pytest.mark.{MARKER}: {error}") from None


def _arguments(marker: pytest.Mark) -> Mapping[str, Any]:
    names = Wanted.__struct_fields__
    if marker.args:
        raise MarkerError(
            f"@pytest.mark.{MARKER} takes names alone, and was given {marker.args[0]!r}: scenario={marker.args[0]!r}?"
        )
    for name in marker.kwargs:
        if name not in names:
            raise MarkerError(f"@pytest.mark.{MARKER} has no argument {name!r}; {did_you_mean(name, names)}")
    return {name: _plain(name, value) for name, value in marker.kwargs.items()}


def _plain(name: str, value: Any) -> Any:
    if name == "scenario":
        return str(value)  # a path too
    if name == "venues" and isinstance(value, str):
        return (value,)
    if name == "speed" and value is not None:
        return str(value)
    return value
