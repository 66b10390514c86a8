"""One canonical spelling of a batch in bytes, for comparing runs. Secrets are spelled as their mask."""

from typing import Any

import msgspec

from simexchange.domain.events import Batch
from simexchange.domain.secret import Secret


def _masked(value: Any) -> str:
    if isinstance(value, Secret):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no canonical spelling")


_ENCODER = msgspec.json.Encoder(enc_hook=_masked, order="deterministic")


def encode(batch: Batch) -> bytes:
    """The batch with the type of its command and of each event, ending in a newline."""
    names = [type(value).__name__ for value in (batch.command, *batch.events)]
    return _ENCODER.encode([names, batch]) + b"\n"
