"""The name somebody may have meant: one measure of likeness for every message that asks."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

LONGEST: Final = 60
"""Characters of a name that are looked at; comparing takes longer by the square of them."""


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The one that is most like a name that was given, if any is like it at all."""
    found = get_close_matches(name[:LONGEST], tuple(names), n=1)
    return found[0] if found else None


def did_you_mean(name: str, names: Iterable[str], otherwise: str = "") -> str:
    """What to say after "there is no ...": ``did you mean 'calm'?``, or else ``otherwise``, or all there are."""
    known = tuple(names)
    near = nearest(name, known)
    if near is not None:
        return f"did you mean {near!r}?"
    return otherwise or f"there is {', '.join(known) or 'none'}"
