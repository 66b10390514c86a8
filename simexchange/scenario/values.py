"""The values a scenario file is written in: decimals, shares, durations, instants, names. All are texts in the file.

Those that are counted with (``Share``, ``Instant``, ``Duration``) are ints that remember how they were written; money
and prices stay texts until the units of their instrument or asset are known. Nothing here ever sees a float.
"""

from typing import Annotated, Final, TypeAlias

from msgspec import Meta

from simexchange.domain.units import RATE_DECIMALS, RATE_ONE, UnitsError, format_trimmed, parse_units
from simexchange.services.durations import Duration, parse_instant

__all__ = ["NUMBERS", "Address", "Decimal", "Duration", "Instant", "Name", "PositiveDecimal", "Share", "Symbol", "Word"]

Decimal: TypeAlias = Annotated[str, Meta(title="decimal", pattern=r"^\d{1,40}(\.\d{1,18})?$", examples=["0.01"])]
PositiveDecimal: TypeAlias = Annotated[
    str,
    Meta(title="positive decimal", pattern=r"^(?=.*[1-9])\d{1,40}(\.\d{1,18})?$", examples=["0.01"]),
]
NUMBERS: Final = ("decimal", "positive decimal")
"""Titles of the texts that look like numbers, and must be quoted in a file for it."""
Name: TypeAlias = Annotated[
    str, Meta(title="name", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$", examples=["alice", "flash-crash"])
]
Symbol: TypeAlias = Annotated[
    str, Meta(title="symbol", pattern=r"^[A-Z0-9]{1,20}/[A-Z0-9]{1,20}$", examples=["BTC/USDT"])
]
Word: TypeAlias = Annotated[
    str, Meta(title="word", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@/:* -]{0,127}$", examples=["order_accepted"])
]
Address: TypeAlias = Annotated[
    str, Meta(title="address or network", pattern=r"^[0-9A-Fa-f.:]{2,45}(/\d{1,3})?$", examples=["127.0.0.1/32"])
]


class Share(int):
    """A part of something as a rate (RATE_ONE is the whole), remembering its text: "-12%", "0.37"."""

    text: str

    def __new__(cls, value: str) -> "Share":
        text = value.strip()
        try:
            number = text.removesuffix("%")
            rate = parse_units(number, RATE_DECIMALS if number == text else RATE_DECIMALS - 2)
        except UnitsError:
            raise ValueError(f"{value!r} is no share: -12% and 0.37 pass, with 8 decimals at most") from None
        share = super().__new__(cls, rate)
        share.text = text
        return share

    @classmethod
    def of(cls, rate: int) -> "Share":
        return cls(format_trimmed(rate, RATE_DECIMALS))

    def __str__(self) -> str:
        return self.text


class Instant(int):
    """A point in time as nanoseconds since the epoch, remembering its text: 2026-01-05T00:00:00Z."""

    text: str

    def __new__(cls, value: str) -> "Instant":
        instant = super().__new__(cls, parse_instant(value.strip()))
        instant.text = value.strip()
        return instant

    def __str__(self) -> str:
        return self.text


WHOLE: Final = Share.of(RATE_ONE)
