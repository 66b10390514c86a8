"""Parameters' own types: read from text or numbers, kept as ints, shown as they were written."""

from ipaddress import ip_network
from typing import Final

from simexchange.domain.units import UnitsError, parse_units

PPB_DECIMALS: Final = 9
PPM_DECIMALS: Final = 6
PPB: Final = 10**PPB_DECIMALS
PPM: Final = 10**PPM_DECIMALS


class Probability:
    """How likely, in billionths: "0.02", 0.02 and "2%" are 20,000,000."""

    __slots__ = ("ppb", "text")

    def __init__(self, value: object) -> None:
        self.ppb = _parts(value, PPB_DECIMALS)
        self.text = str(value)
        if not 0 <= self.ppb <= PPB:
            raise ValueError(f"{value} is no probability: 0 to 1 passes, as 0.02 or 2%")

    def __str__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Probability) and other.ppb == self.ppb

    def __hash__(self) -> int:
        return hash(self.ppb)


class Ratio:
    """A share of something, in millionths: "0.37", 0.37 and "37%" are 370,000; may be negative ("-12%")."""

    __slots__ = ("ppm", "text")

    def __init__(self, value: object) -> None:
        self.ppm = _parts(value, PPM_DECIMALS)
        self.text = str(value)

    def __str__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ratio) and other.ppm == self.ppm

    def __hash__(self) -> int:
        return hash(self.ppm)

    def of(self, amount: int) -> int:
        """That share of an amount, rounded towards zero."""
        share = abs(amount * self.ppm) // PPM
        return share if (amount >= 0) is (self.ppm >= 0) else -share


def _parts(value: object, decimals: int) -> int:
    text = str(value).strip()
    sign = -1 if text.startswith("-") else 1
    number, percent, _ = text.removeprefix("-").partition("%")
    try:
        return sign * parse_units(number, decimals - 2 if percent else decimals)
    except UnitsError:
        raise ValueError(f"{value!r} is no share, or too fine a one: 0.02 and 2% pass") from None


class Source(str):
    """An address or a network in CIDR notation."""

    __slots__ = ()

    def __new__(cls, value: object) -> "Source":
        try:
            ip_network(str(value), strict=False)
        except ValueError:
            raise ValueError(f"{value!r} is neither an address nor a network: 10.0.0.7 and 10.0.0.0/8 pass") from None
        return super().__new__(cls, str(value))
