from itertools import pairwise

import pytest

from simexchange.domain.units import RATE_ONE
from simexchange.services.clock import HOUR, SECOND
from simexchange.services.market_models.course import Course, MoveError

START_NS = 1_767_571_200_000_000_000
DOWN = -RATE_ONE * 12 // 100


def test_a_move_takes_its_time_and_is_smooth() -> None:
    course = Course(START_NS)
    course.move(DOWN, 90 * SECOND, START_NS)
    levels = [course.level(START_NS + second * SECOND) for second in range(0, 91, 10)]
    steps = [before - after for before, after in pairwise(levels)]
    assert levels[0] == 0.0
    assert levels[-1] == course.level(START_NS + HOUR) == pytest.approx(-0.12783337)
    assert min(steps) > 0
    assert steps[0] == pytest.approx(steps[-1])
    assert steps[0] < steps[4] / 3


def test_moves_add_up_and_each_can_be_taken_back_at_any_time() -> None:
    course = Course(START_NS)
    back = course.move(DOWN, 90 * SECOND, START_NS)
    again = course.move(RATE_ONE // 2, 10 * SECOND, START_NS + 40 * SECOND)
    course.move(back, 5 * SECOND, START_NS + 60 * SECOND)
    course.move(again, 0, START_NS + 200 * SECOND)
    assert course.level(START_NS + 201 * SECOND) == pytest.approx(0.0, abs=1e-8)


def test_how_often_it_is_asked_makes_no_difference() -> None:
    often, once = Course(START_NS, 0.02), Course(START_NS, 0.02)
    for course in (often, once):
        course.move(DOWN, 90 * SECOND, START_NS + SECOND)
    for second in range(100):
        often.level(START_NS + second * SECOND)
    assert often.level(START_NS + HOUR) == once.level(START_NS + HOUR)


def test_a_drift_of_two_percent_is_gained_every_hour() -> None:
    course = Course(START_NS, 0.02)
    assert course.level(START_NS) == 0.0
    assert course.level(START_NS + HOUR) == pytest.approx(0.019802627)
    assert course.level(START_NS + 10 * HOUR) == pytest.approx(0.19802627)


@pytest.mark.parametrize(
    ("by", "over_ns", "why"),
    [
        (-RATE_ONE, SECOND, "by -99 % at least"),
        (100 * RATE_ONE, SECOND, "9900 % at most"),
        (DOWN, -1, "takes no time or some"),
    ],
)
def test_a_move_that_no_price_can_make_is_refused(by: int, over_ns: int, why: str) -> None:
    with pytest.raises(MoveError, match=why):
        Course(START_NS).move(by, over_ns, START_NS)
