"""The shipped scenarios, and how a name or a path becomes one.

They lie beside the package in a checkout, and inside of it once installed.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from simexchange.scenario.calm import calm
from simexchange.scenario.specs import Scenario
from simexchange.services.likeness import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.resources.abc import Traversable

    from simexchange.scenario.parse import Checks

SUFFIX: Final = ".yaml"
DEFAULT: Final = "calm"


class UnknownScenario(ValueError):
    """There is no scenario of that name; the message says which there are."""


def folder() -> "Traversable":
    """Where the shipped scenarios are."""
    from importlib.resources import files  # like the parser below: most servers start without

    installed = files("simexchange") / "scenarios"
    return installed if installed.is_dir() else Path(__file__).resolve().parents[2] / "scenarios"


def names() -> list[str]:
    """The names of all shipped scenarios; the default one comes first."""
    found = [entry.name.removesuffix(SUFFIX) for entry in folder().iterdir() if entry.name.endswith(SUFFIX)]
    return sorted(found, key=lambda name: (name != DEFAULT, name))


def text_of(name: str) -> str:
    """The file of a shipped scenario. Raises UnknownScenario."""
    known = names()
    if name not in known:
        raise UnknownScenario(f"there is no scenario {name!r}; {did_you_mean(name, known)}")
    return (folder() / f"{name}{SUFFIX}").read_text(encoding="utf-8")


def load(name_or_path: str, checks: "Callable[[], Checks] | None" = None) -> Scenario:
    """A shipped scenario by its name, or the one in a file. Raises UnknownScenario, or ScenarioError for a bad file.

    ``checks`` gives what else is to be checked, and is not asked where there is nothing to check.
    """
    if name_or_path == DEFAULT:
        return calm()  # the same as its file (a test says so), without a parser to import: most servers start with it
    from simexchange.scenario.parse import NO_CHECKS, parse_scenario, read_scenario

    chosen = checks() if checks is not None else NO_CHECKS
    if is_path(name_or_path):
        return read_scenario(Path(name_or_path), chosen)
    return parse_scenario(text_of(name_or_path), f"{name_or_path}{SUFFIX}", chosen)


def is_path(name_or_path: str) -> bool:
    """Whether a file is meant: it has a suffix or a folder. A file of a bare name is ``./name``."""
    return name_or_path.endswith((SUFFIX, ".yml", ".json")) or "/" in name_or_path or "\\" in name_or_path


def summary(scenario: Scenario) -> str:
    """The first sentence of a description."""
    text = " ".join(scenario.description.split())
    return text.partition(". ")[0].rstrip(".")
