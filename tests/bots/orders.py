"""What a bot that survives remembers of its orders."""

from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from typing import Final

OVER: Final = ("FILLED", "CANCELED", "REJECTED", "EXPIRED", "EXPIRED_IN_MATCH")


class State(IntEnum):
    """An order's state only ever grows."""

    UNKNOWN = 0
    WORKING = 1
    OVER = 2


@dataclass
class Order:
    """One order of ours. The venue and we call it by ``name``, from before it is sent."""

    name: str
    price: Decimal
    quantity: Decimal
    number: int = -1
    """The venue's name for it."""
    state: State = State.UNKNOWN
    filled: Decimal = Decimal(0)

    def learn(self, number: int, status: str, filled: str) -> None:
        """Take in what was true once: late news does not turn anything back."""
        self.number = number
        self.state = max(self.state, State.OVER if status in OVER else State.WORKING)
        self.add_up(Decimal(filled))

    def add_up(self, filled: Decimal) -> None:
        """So much of it was filled at least."""
        self.filled = max(self.filled, filled)
        if self.filled >= self.quantity:
            self.state = State.OVER
