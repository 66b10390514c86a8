"""The scenario that is played, as data in the shape of its file."""

from typing import Any, Final

from msgspec import Struct

from simexchange.control.operations import Asked, Operation
from simexchange.scenario import load
from simexchange.scenario.specs import to_plain


class ScenarioView(Struct, frozen=True):
    name: str
    seed: int
    """The one in use, which may not be the file's own."""
    scenario: dict[str, Any]
    """The file's contents; what is as usual is left out."""


def show(asked: Asked) -> ScenarioView:
    options = asked.controls.exchange.options
    spec = options.spec or load(options.scenario)
    return ScenarioView(spec.name, options.seed, to_plain(spec))


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("GET", "/scenario", "The scenario that is played", show, ScenarioView),
)
