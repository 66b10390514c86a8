"""Integers inside, text at the wire: the only place where decimal text and rounding live.

A price is a whole number of 10**-price_decimals of its instrument, a quantity likewise, an amount a whole
number of 10**-decimals of its asset, a rate (fee, price-band multiplier) a whole number of 10**-RATE_DECIMALS.
Nothing here ever sees a float.
"""

from typing import Final, TypeAlias

Price: TypeAlias = int
Quantity: TypeAlias = int
Amount: TypeAlias = int
Rate: TypeAlias = int

RATE_DECIMALS: Final = 8
RATE_ONE: Final = 10**RATE_DECIMALS
LONGEST_TEXT: Final = 100
"""Characters of decimal text that are read at all: no price needs more, and Python refuses thousands of digits."""


class UnitsError(ValueError):
    """Decimal text that cannot be held exactly at the wanted number of decimals."""


def parse_units(text: str, decimals: int) -> int:
    """Decimal text such as ``"60000.10"`` as a whole number of 10**-decimals; exact or UnitsError.

    Accepts an optional leading minus and plain digits with at most one dot; no exponent, no blanks, no plus.
    """
    if len(text) > LONGEST_TEXT:
        raise UnitsError(f"a number of {len(text)} characters is longer than {LONGEST_TEXT}")
    whole, dot, fraction = text.partition(".")
    digits = whole[1:] if whole[:1] == "-" else whole
    if not digits.isascii() or not digits.isdigit() or (dot and not (fraction.isascii() and fraction.isdigit())):
        raise UnitsError(f"{text!r} is not a plain decimal number such as '12.5'")
    if len(fraction) > decimals:
        if fraction[decimals:].strip("0"):
            raise UnitsError(f"{text!r} has more than {decimals} decimals")
        fraction = fraction[:decimals]
    magnitude = int(digits + fraction.ljust(decimals, "0"))
    return -magnitude if whole[:1] == "-" else magnitude


def format_units(value: int, decimals: int, places: int | None = None) -> str:
    """A whole number of 10**-decimals as text with exactly ``places`` decimals (default: all of them).

    Fewer places than decimals truncates toward zero, as venues print balances.
    """
    sign = "-" if value < 0 else ""
    value = -value if value < 0 else value
    if places is not None and places != decimals:
        value = value // 10 ** (decimals - places) if places < decimals else value * 10 ** (places - decimals)
        decimals = places
        if value == 0:
            sign = ""
    if decimals == 0:
        return f"{sign}{value}"
    text = str(value).rjust(decimals + 1, "0")
    return f"{sign}{text[:-decimals]}.{text[-decimals:]}"


def format_trimmed(value: int, decimals: int) -> str:
    """The shortest text of a value: no trailing zeros, no bare dot (``"0.5"``, ``"12"``)."""
    text = format_units(value, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


def mul_div(value: int, numerator: int, denominator: int, *, up: bool = False) -> int:
    """value * numerator / denominator in whole numbers, rounded toward zero, or away from zero when ``up``.

    All three take part exactly; the denominator is positive.
    """
    product = value * numerator
    if product >= 0:
        return -(-product // denominator) if up else product // denominator
    return product // denominator if up else -(-product // denominator)


def round_down(value: int, step: int) -> int:
    """The largest multiple of ``step`` not above ``value`` (both >= 0, step > 0)."""
    return value - value % step
