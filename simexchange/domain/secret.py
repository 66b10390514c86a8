"""What must never be printed: a value whose every printed and encoded form is a mask, and runs that look secret."""

import re
from typing import Final, NoReturn

MASK: Final = "***"
LEAST_LENGTH: Final = 40
"""No order id, symbol or number is as long as this; every key, signature and listen key is."""
_RUN: Final = re.compile(rf"[A-Za-z0-9]{{{LEAST_LENGTH},}}")


def mask_runs(text: str) -> str:
    """A text in which every run of letters and digits that is as long as a key is masked, whatever it was."""
    return _RUN.sub(MASK, text)


class Secret:
    """Holds a text (HMAC secret, passphrase, PEM); only ``reveal`` gives it back."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is never pickled")
