"""Durations and instants as people write them: "400ms", "1m30s", "3d"; 2026-01-05T00:00:00Z. Nanoseconds inside."""

import re
from datetime import UTC, datetime
from typing import Final

from simexchange.domain.units import parse_units
from simexchange.services.clock import DAY, HOUR, MILLISECOND, MINUTE, SECOND

UNITS: Final = {"d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND, "ms": MILLISECOND, "us": 1_000, "ns": 1}
PASSES: Final = "400ms, 7s, 1m30s, 24h and 3d pass"
LONGEST: Final = 3_650 * DAY
_PART: Final = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)(d|h|ms|m|us|s|ns)", re.ASCII)
_DECIMALS: Final = 9
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = 1_000


class Duration(int):
    """A length of time in nanoseconds that remembers how it was written."""

    text: str

    def __new__(cls, value: object) -> "Duration":
        nanoseconds = value if isinstance(value, Duration) else parse_duration(value)
        duration = super().__new__(cls, nanoseconds)
        duration.text = value.text if isinstance(value, Duration) else str(value)
        return duration

    @classmethod
    def of(cls, nanoseconds: int) -> "Duration":
        return cls(format_duration(nanoseconds))

    def __str__(self) -> str:
        return self.text


def parse_duration(value: object, *, signed: bool = True) -> int:
    """``"1m30s"`` -> nanoseconds; negative ("-90s") where ``signed``. Raises ValueError, which says what passes."""
    if isinstance(value, int) and not isinstance(value, bool):
        raise ValueError(f"{value} has no unit: {PASSES}")
    text = value.strip() if isinstance(value, str) else ""
    digits = text.removeprefix("-")
    if text == "0":
        return 0
    total, at = 0, 0
    for part in _PART.finditer(digits):
        if part.start() != at:
            break
        at = part.end()
        amount, too_fine = divmod(parse_units(part[1], _DECIMALS) * UNITS[part[2]], 10**_DECIMALS)
        if too_fine:
            raise ValueError(f"{value!r} is finer than a nanosecond: {PASSES}")
        total += amount
    if not digits or at != len(digits):
        raise ValueError(f"{value!r} is no duration: {PASSES}")
    if total > LONGEST:
        raise ValueError(f"{value!r} is longer than {format_duration(LONGEST)}: {PASSES}")
    if digits == text:
        return total
    if not signed:
        raise ValueError(f"{value!r} is negative: {PASSES}")
    return -total


def format_duration(nanoseconds: int) -> str:
    """The shortest way to write it that ``parse_duration`` reads back: 90,000,000,000 -> ``1m30s``."""
    if not nanoseconds:
        return "0s"
    left, parts = abs(nanoseconds), []
    for unit, length in UNITS.items():
        count, left = divmod(left, length)
        if count:
            parts.append(f"{count}{unit}")
    return ("-" if nanoseconds < 0 else "") + "".join(parts)


def parse_instant(value: object) -> int:
    """An ISO 8601 instant with its offset -> nanoseconds since the epoch. Raises ValueError, which says what passes."""
    try:
        instant = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"{value!r} is no instant: 2026-01-05T00:00:00Z passes") from None
    if instant.tzinfo is None:
        raise ValueError(f"{value!r} does not say its offset from UTC: 2026-01-05T00:00:00Z passes")
    since = instant - _EPOCH
    return since.days * DAY + since.seconds * SECOND + since.microseconds * _MICROSECOND


def format_instant(ts_ns: int) -> str:
    """Nanoseconds since the epoch as ISO 8601 in UTC, to the microsecond where it is not a whole second."""
    seconds, rest = divmod(ts_ns, SECOND)
    instant = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // _MICROSECOND)
    return instant.isoformat().replace("+00:00", "Z")
