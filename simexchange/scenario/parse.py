"""From the text of a scenario file to a Scenario, or to everything that is wrong with it.

YAML, and so JSON as well. Nothing in a text is executed, included or fetched.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeAlias

from msgspec import Struct

from simexchange.scenario.checks import check_scenario
from simexchange.scenario.nodes import LARGEST, Mapping, Node, plain_nodes, read_nodes
from simexchange.scenario.problems import Problem, ScenarioError
from simexchange.scenario.reading import INVALID, Reading
from simexchange.scenario.specs import Scenario

CheckFault: TypeAlias = Callable[[dict[str, Any]], object]
"""Raises ValueError for a rule that makes no sense; the error may carry the ``field`` that is wrong."""
CheckLimits: TypeAlias = Callable[[str, str], object]
"""Raises ValueError for limits a venue does not have; takes the venue and the text."""


class Checks(Struct, frozen=True):
    """What other parts of the program say about a scenario: faults, limits, and which venues there are."""

    fault: CheckFault | None = None
    limits: CheckLimits | None = None
    venues: tuple[str, ...] | None = None


NO_CHECKS: Final = Checks()


def parse_scenario(text: str, file: str = "", checks: Checks = NO_CHECKS) -> Scenario:
    """The scenario a text describes. Raises ScenarioError with every problem found; ``file`` is for its messages."""
    try:
        node = read_nodes(text)
    except ScenarioError as error:
        raise ScenarioError(error.problems, file) from None
    return _scenario(node, file, checks)


def parse_plain(data: Any, checks: Checks = NO_CHECKS) -> Scenario:
    """The scenario in plain data (a JSON body, ``to_plain``). Raises ScenarioError; everything stands in line 1."""
    return _scenario(plain_nodes(data), "", checks)


def _scenario(node: Node, file: str, checks: Checks) -> Scenario:
    reading = Reading()
    scenario = reading.read(Scenario, node, "")
    _check_header(reading, node)
    if scenario is not INVALID and not reading.problems:
        check_scenario(scenario, reading, checks.fault, checks.limits, checks.venues)
    if reading.problems:
        raise ScenarioError(sorted(reading.problems, key=lambda one: (one.line, one.column)), file)
    assert isinstance(scenario, Scenario)
    return scenario


def read_scenario(path: Path, checks: Checks = NO_CHECKS) -> Scenario:
    """The scenario in a file. Raises ScenarioError, also for a file that cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise ScenarioError([Problem("", f"cannot be read: {error.strerror}", 1, 1)], str(path)) from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ScenarioError([Problem("", "this is no UTF-8 text", line, 1)], str(path)) from error
    return parse_scenario(text, str(path), checks)


def _check_header(reading: Reading, node: Node) -> None:
    """A file says which version of this format it is written in; a scenario made in code need not."""
    if isinstance(node, Mapping) and not any(key.text == "version" for key, _ in node.items):
        reading.wrong(node, "", "'version' is missing; this is version 1")
