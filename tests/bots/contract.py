"""What a mission asks of a bot, and what a bot says it knows."""

from decimal import Decimal
from typing import NamedTuple, Protocol


class Beliefs(NamedTuple):
    """What a bot would act on at this instant; None where it says itself that it does not know."""

    position: Decimal | None
    """How much it has bought."""
    working: frozenset[Decimal] | None
    """The prices of its working orders."""
    top: tuple[Decimal, Decimal] | None
    """Best bid and best ask."""
    book: tuple[dict[str, str], dict[str, str]]
    """Its book: bids and asks."""


class Bot(Protocol):
    """A bot that is told what to do and lets time pass while it does it."""

    reports: list[str]
    """What it told its operator."""

    def start(self) -> None: ...

    def enter(self, intent: str, price: Decimal, quantity: Decimal) -> None:
        """Rest one order to buy."""

    def move(self, intent: str, price: Decimal) -> None:
        """Take an intent's order off and rest what is left of it at another price."""

    def leave(self) -> None:
        """Take everything off."""

    def run(self, nanoseconds: int) -> None:
        """Keep going for so long."""

    def beliefs(self) -> Beliefs: ...
