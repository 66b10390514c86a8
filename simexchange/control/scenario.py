"""The scenario that is played: as data in the shape of its file, how far it has come, and another one in its place."""

from typing import Any, Final

from msgspec import Struct

from simexchange.control.operations import Asked, Operation
from simexchange.control.problems import Problem, bad
from simexchange.control.reading import Body
from simexchange.runs.runner import Runner, ScenarioConflict
from simexchange.scenario import Scenario, ScenarioError, UnknownScenario, load
from simexchange.scenario.parse import parse_plain, parse_scenario
from simexchange.scenario.specs import to_plain


class ScenarioView(Struct, frozen=True):
    name: str
    seed: int
    """The one in use, which may not be the file's own."""
    scenario: dict[str, Any]
    """The file's contents; what is as usual is left out."""


class ScenarioStatus(Struct, frozen=True):
    """How far it has come. Times of entries count from the scenario's start."""

    scenario: str
    started: str | None
    now: str
    elapsed: str | None
    ends: str | None
    """When it ends by itself."""
    ended: bool
    entries: list[dict[str, Any]]
    """Its timeline: what, when, and whether it was done."""
    expectations: list[dict[str, Any]]
    """What is expected of the bot: passed, failed or pending."""


class ScenarioBody(Body, frozen=True):
    """Exactly one of them. The world goes back to its start and plays it; instruments and accounts must be the same."""

    name: str | None = None
    """A shipped one, as `simexchange scenario list` has them."""
    yaml: str | None = None
    """The text of a scenario file."""
    scenario: dict[str, Any] | None = None
    """A scenario as data, as GET /scenario shows it."""


def show(asked: Asked) -> ScenarioView:
    scenario = _runner(asked).scenario
    return ScenarioView(scenario.name, asked.controls.world.seed, to_plain(scenario))


def status(asked: Asked) -> ScenarioStatus:
    return ScenarioStatus(**_runner(asked).status())


def put(asked: Asked) -> ScenarioView:
    try:
        scenario = _read(asked.body)
        _runner(asked).load(scenario)
    except ScenarioError as error:
        lines = error.lines()
        raise Problem(422, f"{len(lines)} mistakes, of which the first: {lines[0]}", mistakes=lines) from None
    except UnknownScenario as error:
        raise bad("name", str(error), sent=asked.body.name) from None
    except ScenarioConflict as error:
        raise Problem(409, str(error)) from None
    return show(asked)


def _read(body: ScenarioBody) -> Scenario:
    from simexchange.scenario_checks import all_checks

    said = [name for name in body.__struct_fields__ if getattr(body, name) is not None]
    if len(said) != 1:
        raise bad("", "one of name, yaml and scenario is wanted, and not several", passes='{"name": "flash-crash"}')
    if body.name is not None:
        if "/" in body.name or "." in body.name:
            raise bad("name", "names a shipped scenario, no file", sent=body.name, passes='a file\'s text as "yaml"')
        return load(body.name)
    if body.yaml is not None:
        return parse_scenario(body.yaml, "", all_checks())
    return parse_plain(body.scenario, all_checks())


def _runner(asked: Asked) -> Runner:
    return asked.controls.exchange.runner


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("GET", "/scenario", "The scenario that is played", show, ScenarioView),
    Operation(
        "PUT",
        "/scenario",
        "Play another one on the same world, from the start",
        put,
        ScenarioView,
        body=ScenarioBody,
        problems=(409,),
        example={"name": "flash-crash"},
    ),
    Operation("GET", "/scenario/status", "How far it has come, and what of it is passed", status, ScenarioStatus),
)
