"""Prints a digest of every batch of a random run: started in processes of its own by ``test_determinism.py``."""

import hashlib
import sys

from builders import START_NS
from properties.encoding import encode
from properties.random_commands import RandomCommands, opening
from simexchange.domain import commands
from simexchange.domain.enums import KeyKind, Permission
from simexchange.domain.secret import Secret
from simexchange.venue.venue import Venue


def run(seed: int, count: int) -> bytes:
    """The encoded batches of ``count`` random commands on a fresh venue."""
    venue, generator, now_ns = Venue("test"), RandomCommands(seed), START_NS
    key = commands.CreateKey(2, "key", KeyKind.HMAC, Secret("never shown"), (Permission.READ,))
    encoded = [encode(venue.execute(command, now_ns)) for command in (*opening(), key)]
    for _ in range(count):
        command, pause_ns = generator.next()
        now_ns += pause_ns
        batch = venue.execute(command, now_ns)
        generator.observe(batch)
        encoded.append(encode(batch))
    return b"".join(encoded)


if __name__ == "__main__":
    text = run(int(sys.argv[1]), int(sys.argv[2]))
    sys.stdout.write(f"{len(text)} {hashlib.sha256(text).hexdigest()}\n")
