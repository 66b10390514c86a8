"""The one source of randomness: named streams, each derived from the world's seed alone.

A stream never influences another, so adding a consumer leaves everybody else's numbers as they were.
"""

import hashlib
import random
import secrets
import string
from typing import Final, TypeAlias

ALPHANUMERIC: Final = string.ascii_letters + string.digits
Stream: TypeAlias = random.Random
"""One consumer's generator."""


class Randomness:
    """Seeded randomness of one world."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def digest(self, name: str) -> bytes:
        """64 bytes that depend on the seed and ``name`` only."""
        return hashlib.sha512(f"{self.seed}/{name}".encode()).digest()

    def stream(self, name: str) -> Stream:
        """An independent generator for one consumer; the same name gives the same numbers in every process."""
        return Stream(int.from_bytes(self.digest(name)[:16], "big"))

    def token(self, name: str, length: int, alphabet: str = ALPHANUMERIC) -> str:
        """A text of ``length`` characters of ``alphabet``, the same on every machine (keys, secrets, ids)."""
        chooser = self.stream(f"token/{name}")
        return "".join(chooser.choice(alphabet) for _ in range(length))


def process_token() -> str:
    """A secret of this process, from the machine's entropy: what guards the controls must not follow from a seed."""
    return secrets.token_urlsafe(24)
