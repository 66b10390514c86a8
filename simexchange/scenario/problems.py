"""What is wrong with a scenario: every problem with its place, and the one exception that carries them."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

SHOWN: Final = 60
"""Characters of what was sent that a message repeats."""


class Problem(Struct, frozen=True):
    """One thing that is wrong: where in the scenario (``venues.binance``), where in the text, and what would pass."""

    where: str
    what: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.where}: {self.what}" if self.where else self.at_top()

    def at_top(self) -> str:
        return f"{self.line}:{self.column}: {self.what}"


class ScenarioError(ValueError):
    """A text that is no scenario. ``problems`` are all that were found, in the order of the text."""

    def __init__(self, problems: Sequence[Problem], file: str = "") -> None:
        self.problems = tuple(problems)
        self.file = file
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """One line for each problem: ``file:line:column: where: what``."""
        prefix = f"{self.file}:" if self.file else ""
        return [f"{prefix}{problem}" for problem in self.problems]


def brief(text: str) -> str:
    """A text somebody sent, quoted, of a bearable length, and with nothing in it that a terminal would obey."""
    return repr(text) if len(text) <= SHOWN else f"{text[:SHOWN]!r}..."
