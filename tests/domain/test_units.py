import pytest
from hypothesis import given
from hypothesis import strategies as st

from simexchange.domain.units import (
    UnitsError,
    format_trimmed,
    format_units,
    mul_div,
    parse_units,
    round_down,
)


@pytest.mark.parametrize(
    ("text", "decimals", "value"),
    [
        ("60000.10", 8, 6_000_010_000_000),
        ("0", 8, 0),
        ("-0", 2, 0),
        ("0.00000001", 8, 1),
        ("-12.5", 1, -125),
        ("007", 0, 7),
        ("1.500", 1, 15),
        ("1.000000000000", 0, 1),
        ("12.", 0, None),
        ("9" * 40, 2, int("9" * 40 + "00")),
        ("0.5", 0, None),
        ("1.23", 1, None),
    ],
)
def test_decimal_text_is_read_exactly_or_not_at_all(text: str, decimals: int, value: int | None) -> None:
    if value is None:
        with pytest.raises(UnitsError):
            parse_units(text, decimals)
    else:
        assert parse_units(text, decimals) == value


@pytest.mark.parametrize(
    "text",
    [
        *("", "-", ".", ".5", "5.", "-.5", "--5", "+5", " 5", "5 ", "5\n", "1e5", "1_000", "1,5", "0x10", "NaN", "inf"),
        *("\u0665", "1.\u0665", "\u00b2", "1.2.3", "1.-2", "five", "\x00", "5\x00"),
    ],
)
def test_anything_but_a_plain_decimal_number_is_an_error(text: str) -> None:
    with pytest.raises(UnitsError):
        parse_units(text, 8)


@pytest.mark.parametrize("text", ["9" * 5000, "-" + "9" * 5000, "0" * 5000 + ".5", "1." + "1" * 5000])
def test_a_number_too_long_to_mean_anything_is_an_error_of_the_same_kind(text: str) -> None:
    with pytest.raises(UnitsError):
        parse_units(text, 8)


@given(st.text(max_size=12), st.integers(0, 18))
def test_any_text_gives_an_int_or_a_units_error(text: str, decimals: int) -> None:
    try:
        value = parse_units(text, decimals)
    except UnitsError:
        return
    assert parse_units(format_units(value, decimals), decimals) == value


@given(st.integers(-(10**30), 10**30), st.integers(0, 18))
def test_what_is_written_is_read_back(value: int, decimals: int) -> None:
    assert parse_units(format_units(value, decimals), decimals) == value
    assert parse_units(format_trimmed(value, decimals), decimals) == value


@pytest.mark.parametrize(
    ("value", "decimals", "places", "text"),
    [
        (6_000_010_000_000, 8, None, "60000.10000000"),
        (1, 8, None, "0.00000001"),
        (-1, 8, None, "-0.00000001"),
        (0, 8, None, "0.00000000"),
        (12, 0, None, "12"),
        (12, 0, 2, "12.00"),
        (199_999_999, 8, 2, "1.99"),
        (199_999_999, 8, 0, "1"),
        (-199_999_999, 8, 2, "-1.99"),
        (-1, 8, 2, "0.00"),
        (5, 1, 3, "0.500"),
        (10**16, 16, 8, "1.00000000"),
    ],
)
def test_a_value_is_written_with_the_places_asked_for(value: int, decimals: int, places: int | None, text: str) -> None:
    assert format_units(value, decimals, places) == text


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(50_000_000, 8, "0.5"), (1_200_000_000, 8, "12"), (0, 8, "0"), (100, 0, "100"), (-150, 2, "-1.5")],
)
def test_the_shortest_text_has_no_zeros_to_spare(value: int, decimals: int, text: str) -> None:
    assert format_trimmed(value, decimals) == text


@pytest.mark.parametrize(
    ("value", "numerator", "denominator", "down", "up"),
    [
        (10, 1, 3, 3, 4),
        (9, 1, 3, 3, 3),
        (-10, 1, 3, -3, -4),
        (-9, 1, 3, -3, -3),
        (0, 7, 3, 0, 0),
        (10, -1, 3, -3, -4),
        (10**40, 10**40, 10**39 + 1, 10**80 // (10**39 + 1), 10**80 // (10**39 + 1) + 1),
    ],
)
def test_a_quotient_rounds_toward_zero_or_away_from_it(
    value: int, numerator: int, denominator: int, down: int, up: int
) -> None:
    assert mul_div(value, numerator, denominator) == down
    assert mul_div(value, numerator, denominator, up=True) == up


@pytest.mark.parametrize(("value", "step", "rounded"), [(17, 5, 15), (15, 5, 15), (4, 5, 0), (0, 5, 0), (7, 1, 7)])
def test_rounding_down_to_a_step(value: int, step: int, rounded: int) -> None:
    assert round_down(value, step) == rounded
