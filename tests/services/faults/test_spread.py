import pytest

from simexchange.services.faults.quantities import PPB
from simexchange.services.faults.spread import deviation, drawn, power

ONE = 1 << 40
MS = 1_000_000


@pytest.mark.parametrize(
    ("distribution", "draw", "length"),
    [
        ("fixed", 990_000_000, 4 * MS),
        ("lognormal", 500_000_000, 4 * MS),
        ("lognormal", 990_000_000, 40 * MS),
        ("lognormal", 10_000_000, 400_000),
        ("uniform", 500_000_000, 4 * MS),
        ("uniform", 990_000_000, 40 * MS),
        ("uniform", 0, 0),
    ],
)
def test_a_length_has_the_median_and_the_percentile_it_should(distribution: str, draw: int, length: int) -> None:
    found = drawn(distribution, 4 * MS, 40 * MS, draw)  # type: ignore[arg-type]  # pytest gives plain texts
    assert abs(found - length) <= max(length // 10_000, 1)


def test_lengths_grow_with_the_draw_and_are_never_negative() -> None:
    lengths = [drawn("lognormal", 50 * MS, 900 * MS, draw) for draw in range(0, PPB, PPB // 1_000)]
    assert lengths == sorted(lengths)
    assert lengths[0] > 0


def test_a_tail_at_the_median_leaves_no_spread() -> None:
    assert {drawn("lognormal", 7, 7, draw) for draw in (0, PPB // 2, PPB - 1)} == {7}
    assert drawn("lognormal", 0, 50, PPB - 1) == 0


@pytest.mark.parametrize(("draw", "millionths"), [(500_000_000, 0), (841_344_746, 1_000_000), (22_750_132, -2_000_000)])
def test_deviations_are_those_of_the_normal_distribution(draw: int, millionths: int) -> None:
    assert abs(deviation(draw) - millionths) < 10_000


def test_powers_are_right_to_the_millionth() -> None:
    assert power(10 * ONE, ONE // 2) * 1_000_000 // ONE == 3_162_277
    assert power(2 * ONE, 5 * ONE // 2) * 1_000 // ONE == 5_656
    assert power(7 * ONE, 0) == ONE
